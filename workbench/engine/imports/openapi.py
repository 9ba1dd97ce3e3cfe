"""OPENAPI: descriptions of an API, 3.0 and 3.1, in JSON and YAML (https://spec.openapis.org/oas/v3.1.0).

Nothing is fetched: references stay inside of the document. YAML is read as data only: no tags, no objects, no dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import yaml

from workbench.models.base import JsonValue
from workbench.sentence import Sentence, say

from .documents import Unreadable, mapping, rows, texts, words
from .found import Auth, Body, Found, Gathered, too_many
from .marked import Marks, Variable
from .openapi_samples import References, Sampler

METHODS: Final = ("post", "put", "patch", "delete", "get", "head", "options", "trace", "query")
MAX_NESTING: Final = 400
MAX_YAML: Final = 1_500_000
"""Characters of YAML that are read: a Megabyte takes some seconds."""
_YAML_VALUES: Final = (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]{0,300})$", "-0123456789"),
    ("tag:yaml.org,2002:float", r"^-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$", "-0123456789"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
)
"""What a plain word of YAML means, by its core schema (https://yaml.org/spec/1.2.2/#103-core-schema): ``no`` and ``on`` are words."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe, and with the plain values of YAML 1.2."""

    yaml_implicit_resolvers: Any = {}  # noqa: RUF012 - PyYAML wants the attribute of the class


for _tag, _form, _first in _YAML_VALUES:
    _Loader.add_implicit_resolver(_tag, re.compile(_form), [sign.replace("\0", "") for sign in _first])


def read_yaml(text: str) -> JsonValue:
    """Return the first document of a YAML text as plain values. Raises Unreadable, with its place."""
    if len(text) > MAX_YAML:
        raise Unreadable(
            say(
                "The document is longer than {limit} MB, which takes too long as YAML. Save it as JSON.",
                limit=MAX_YAML / 1e6,
            )
        )
    if _nesting(text) > MAX_NESTING:
        raise Unreadable(say("The document is nested too deeply, or holds a number that is too long."))
    try:
        loader = _Loader(text)
        try:
            return loader.get_data() if loader.check_data() else None
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        sentence = say(
            "This is no YAML that can be read: see line {line}, column {column}.", line=line, column=column
        )
        raise Unreadable(sentence, line, column) from None
    except (RecursionError, ValueError, TypeError):
        raise Unreadable(
            say("The document is nested too deeply, or holds a number that is too long.")
        ) from None


def _nesting(text: str) -> int:
    """Return how deep brackets and indents could nest at most; libyaml's own depth is the stack's."""
    depth = deepest = 0
    for sign in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if sign in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    dashes = max((line.count("- ") for line in re.findall(r"^[ \t]*(?:- )+", text, re.MULTILINE)), default=0)
    indents = max((len(indent) for indent in re.findall(r"^ {200,}", text, re.MULTILINE)), default=0)
    return max(deepest, dashes, indents // 2)


def is_openapi(document: Mapping[str, JsonValue]) -> bool:
    """Return whether a document describes an API in a version that is read here."""
    return words(document.get("openapi")).startswith("3.")


def read_openapi(document: Mapping[str, JsonValue], marks: Marks) -> Gathered:
    """Return the calls of a description that send something. Never raises."""
    gathered = Gathered(title=words(mapping(document.get("info")).get("title"))[:200])
    _Description(document, marks, gathered).read()
    return gathered


class _Description:
    """One description and its calls."""

    def __init__(self, document: Mapping[str, JsonValue], marks: Marks, gathered: Gathered) -> None:
        self.document, self.marks, self.gathered = document, marks, gathered
        self.references = References(document, lambda sentence: gathered.leave("reference", sentence))
        self.schemes = mapping(mapping(document.get("components")).get("securitySchemes"))

    def read(self) -> None:
        """Read every call, those that only read something counted."""
        reading = 0
        for path, item in mapping(self.document.get("paths")).items():
            known = self.references.followed(item)
            for method in METHODS:
                if method not in known:
                    continue
                if method in ("get", "head", "options", "trace", "query"):
                    reading += 1
                elif self.gathered.full:
                    self.gathered.leave("limit", too_many())
                    return
                else:
                    self.gathered.requests.append(
                        self._call(str(path), method, known, self.references.followed(known[method]))
                    )
        self._told(reading)

    def _told(self, reading: int) -> None:
        if reading:
            sentence = say(
                "{count} requests only read something (GET). An integration sends, so they were left out.",
                count=reading,
            )
            self.gathered.leave("method", sentence)
        for name in ("webhooks", "x-webhooks"):
            if count := len(mapping(self.document.get(name))):
                self.gathered.leave(
                    "schema",
                    say(
                        "{count} webhooks are calls that the provider makes; they were left out.", count=count
                    ),
                )
        if not self.gathered.requests:
            self.gathered.blame(say("The description has no call that sends something (POST, PUT or PATCH)."))

    def _call(
        self, path: str, method: str, item: Mapping[str, JsonValue], call: Mapping[str, JsonValue]
    ) -> Found:
        tags = tuple(texts(call.get("tags")))[:1]
        name = words(call.get("summary")) or words(call.get("operationId")) or f"{method.upper()} {path}"
        found = Found(method=method.upper(), url="", name=name[:200], folder=tags)
        parameters = {
            (words(one.get("in")), words(one.get("name"))): one
            for row in (*rows(item.get("parameters")), *rows(call.get("parameters")))
            if (one := self.references.followed(row))
        }
        found.url = self._server(call, item, found) + self._path(path, parameters, found)
        self._parameters(parameters, found)
        self._body(self.references.followed(call.get("requestBody")), found)
        self._security(call.get("security", self.document.get("security")), found)
        if mapping(call.get("callbacks")):
            found.leave("schema", say("Its callbacks are calls that the provider makes; they were left out."))
        return found

    # -- where it goes ------------------------------------------------------------------------------------------------

    def _server(self, call: Mapping[str, JsonValue], item: Mapping[str, JsonValue], found: Found) -> str:
        servers = next(
            (given for one in (call, item, self.document) if (given := rows(one.get("servers")))), []
        )
        if not servers:
            found.leave("variable", say("The description names no server. Type the address in step 1."))
            return ""
        variables = mapping(servers[0].get("variables"))

        def filled(part: re.Match[str]) -> str:
            known = mapping(variables.get(part[1]))
            choices = known.get("enum")
            value = words(known.get("default")) or (
                words(choices[0]) if isinstance(choices, list) and choices else ""
            )
            if not value:
                found.escapes.append(part[1])
            return value or part[0]

        url = re.sub(r"\{([^{}/]+)\}", filled, words(servers[0].get("url"))).rstrip("/")
        if "://" not in url:
            sentence = say(
                "The description names its server without a host (“{url}”). Type the address in step 1.",
                url=url[:80] or "/",
            )
            found.leave("variable", sentence)
        if len(servers) > 1:
            others = ", ".join(words(server.get("url")) for server in servers[1:6])
            found.leave(
                "parameter",
                say("It names further servers, of which the first was taken: {others}.", others=others[:200]),
            )
        return url

    def _path(
        self, path: str, parameters: Mapping[tuple[str, str], Mapping[str, JsonValue]], found: Found
    ) -> str:
        def filled(part: re.Match[str]) -> str:
            value = self._example(parameters.get(("path", part[1]), {}))
            if not value:
                found.escapes.append(part[1])
            return quote(value, safe="") if value else part[0]

        return re.sub(r"\{([^{}/]+)\}", filled, path)

    def _parameters(
        self, parameters: Mapping[tuple[str, str], Mapping[str, JsonValue]], found: Found
    ) -> None:
        """Put the parameters in that are required or fixed; the others are named."""
        left = []
        for (place, name), parameter in parameters.items():
            if not name or place == "path":
                continue
            value = self._example(parameter)
            if place == "cookie":
                found.leave(
                    "cookie", say("Cookies belong to one person's browser or session, and are not kept.")
                )
            elif not parameter.get("required") or not value:
                left.append(name)
            elif place == "query":
                found.url += (
                    "&" if "?" in found.url else "?"
                ) + f"{quote(name, safe='')}={quote(value, safe='')}"
            elif place == "header" and name.lower() not in ("accept", "content-type", "authorization"):
                found.headers.append((name, value))
        if left:
            found.leave(
                "parameter",
                say("Parameters without a value were left out: {names}.", names=", ".join(left)[:200]),
            )

    def _example(self, parameter: Mapping[str, JsonValue]) -> str:
        schema = self.references.followed(parameter.get("schema"))
        choices = schema.get("enum")
        examples = mapping(parameter.get("examples"))
        first = self.references.followed(next(iter(examples.values()), None)).get("value")
        several = schema.get("examples")
        given = (parameter.get("example"), first, schema.get("const"), schema.get("default"), schema.get("example"),
                 several[0] if isinstance(several, list) and several else None,
                 choices[0] if isinstance(choices, list) and choices else None)  # fmt: skip
        return next((text for value in given if (text := words(value))), "")

    # -- what it says -------------------------------------------------------------------------------------------------

    def _body(self, body: Mapping[str, JsonValue], found: Found) -> None:
        content = mapping(body.get("content"))
        kinds = {
            "json": [kind for kind in content if re.search(r"[/+]json\b", kind) or kind == "*/*"],
            "form": [kind for kind in content if kind.startswith("application/x-www-form-urlencoded")],
            "multipart": [kind for kind in content if kind.startswith("multipart/form-data")],
        }
        known = next(((kind, types[0]) for kind, types in kinds.items() if types), None)
        if known is None:
            if content:
                found.leave(
                    "body",
                    say(
                        "Its body is {kinds}, and a payload is JSON or a form.",
                        kinds=", ".join(content)[:100],
                    ),
                )
            return
        kind, content_type = known
        if content_type not in ("application/json", "*/*") and kind == "json":
            found.headers.append(("Content-Type", content_type))
        sampler = Sampler(self.references, self.marks)
        tree = self._example_or_sample(mapping(content[content_type]), sampler)
        found.samples = sampler.samples
        if sampler.cut:
            found.leave(
                "schema",
                say(
                    "The schema is larger than what a payload is made of here; the deepest parts were left out."
                ),
            )
        if isinstance(tree, (dict, list)):
            found.body = Body(
                "form" if kind == "form" else "multipart" if kind == "multipart" else "json", tree=tree
            )

    def _example_or_sample(self, media: Mapping[str, JsonValue], sampler: Sampler) -> JsonValue:
        if media.get("example") is not None:
            return sampler.plain(media["example"])
        for one in mapping(media.get("examples")).values():
            value = self.references.followed(one).get("value")
            if value is not None:
                return sampler.plain(value)
        schema = self.references.followed(media.get("schema"))
        several = schema.get("examples")
        if isinstance(several, list) and several and isinstance(several[0], dict):
            return sampler.plain(several[0])
        return sampler.sample(schema)

    # -- how it is let in ---------------------------------------------------------------------------------------------

    def _security(self, security: JsonValue, found: Found) -> None:
        """Take the first way in that the workbench has all of; the others are named."""
        ways = [way for way in rows(security) if way]
        usual = next(
            (way for way in ways if all(self._has(str(name)) for name in way)), ways[0] if ways else {}
        )
        for name, scopes in usual.items():
            self._scheme(str(name), scopes, found)
        others = [name for way in ways if way is not usual for name in way]
        if others:
            found.leave(
                "auth",
                say(
                    "There are other ways to be let in: {names}.",
                    names=", ".join(str(name) for name in others)[:200],
                ),
            )

    def _has(self, name: str) -> bool:
        scheme = self.references.followed(self.schemes.get(name))
        kind = words(scheme.get("type"))
        flows = mapping(scheme.get("flows"))
        return (
            (kind == "http" and words(scheme.get("scheme")).lower() in ("basic", "bearer"))
            or (kind == "apiKey" and scheme.get("in") == "header")
            or (kind == "oauth2" and "clientCredentials" in flows)
        )

    def _scheme(self, name: str, scopes: JsonValue, found: Found) -> None:
        scheme = self.references.followed(self.schemes.get(name))
        kind, way = words(scheme.get("type")), words(scheme.get("scheme")).lower()
        secret = self.marks.put(Variable(name, None, secret=True))
        flow = mapping(mapping(scheme.get("flows")).get("clientCredentials"))
        if kind == "http" and way == "basic":
            found.auth = Auth("basic", {"username": "", "password": secret})
        elif kind == "http" and way == "bearer":
            found.headers.append(("Authorization", f"Bearer {secret}"))
        elif kind == "apiKey" and scheme.get("in") == "header":
            key = words(scheme.get("name"))
            found.secret_names.add(key)
            found.headers.append((key, secret))
        elif kind == "apiKey" and scheme.get("in") == "query":
            key = words(scheme.get("name"))
            found.secret_names.add(key)
            found.url += ("&" if "?" in found.url else "?") + f"{quote(key, safe='')}={secret}"
        elif kind == "oauth2" and flow:
            values = {"token_url": words(flow.get("tokenUrl")), "client_secret": secret}
            found.auth = Auth("oauth2", values, scope=" ".join(texts(scopes)))
        else:
            found.leave("auth", _no_way(name, kind, way))


def _no_way(name: str, kind: str, way: str) -> Sentence:
    return say(
        "“{name}” ({kind}) is a way to be let in that the workbench does not have. Choose one in step 2.",
        name=name[:60], kind=" ".join(part for part in (kind, way) if part)[:60] or "?",
    )  # fmt: skip
