"""POSTMAN: collections 2.1 and 2.0 with their folders, variables and authorization, and environment files.

Variables keep their value where an address or a header needs one, and become slots in a body.
https://schema.postman.com/collection/json/v2.1.0/docs/index.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from workbench.models.base import JsonValue
from workbench.sentence import Sentence, say

from .body_kinds import FILE, body_of_type
from .documents import mapping, rows, texts, words
from .found import Body, Found, Gathered, too_many
from .marked import Marks, Variable
from .postman_auth import let_in
from .secrecy import is_secret_name

MAX_DEPTH: Final = 50
MAX_NAME: Final = 200
_PATH_VARIABLE: Final = re.compile(r"(?<=/):([A-Za-z_][\w-]*)(?=[/?]|$)")
_LANGUAGES: Final[Mapping[str, str]] = {
    "json": "application/json",
    "xml": "application/xml",
    "html": "text/html",
    "text": "text/plain",
}


def is_collection(document: Mapping[str, JsonValue]) -> bool:
    """Return whether a document is a collection."""
    return isinstance(document.get("item"), list) and isinstance(document.get("info"), dict)


def is_environment(document: Mapping[str, JsonValue]) -> bool:
    """Return whether a document is an environment's file or the globals'."""
    return isinstance(document.get("values"), list) and (
        "_postman_variable_scope" in document or "name" in document
    )


def read_postman(
    collections: Sequence[Mapping[str, JsonValue]],
    environments: Sequence[Mapping[str, JsonValue]],
    marks: Marks,
) -> Gathered:
    """Return the requests of collections, with the variables of all environments. Never raises."""
    gathered = Gathered(title=_name(mapping(collections[0].get("info"))) if collections else "")
    shared = {name: pair for one in environments for name, pair in _pairs(one.get("values")).items()}
    if not collections:
        gathered.blame(
            say(
                "This is a Postman environment without a collection. Choose the collection's file first, then this one."
            )
        )
    for collection in collections:
        own = _pairs(collection.get("variable"))
        _Collection(gathered, marks, {**own, **shared}).read(collection)
    if collections and not gathered.requests:
        gathered.blame(say("The collection has no request in it."))
    return gathered


def _pairs(values: JsonValue) -> dict[str, tuple[str, bool]]:
    """Return the variables of a list by name: value, and whether it is secret. An environment's goes before a collection's."""
    return {
        words(row.get("key")) or words(row.get("id")): (words(row.get("value")), row.get("type") == "secret")
        for row in rows(values)
        if row.get("enabled") is not False and not row.get("disabled")
    }


def _name(item: Mapping[str, JsonValue]) -> str:
    return words(item.get("name"))[:MAX_NAME]


class _Collection:
    """One collection: its requests, read folder by folder."""

    def __init__(self, gathered: Gathered, marks: Marks, pairs: Mapping[str, tuple[str, bool]]) -> None:
        self.gathered, self.marks = gathered, marks
        self.pairs = pairs
        self.made: dict[str, Variable] = {}

    def mark(self, text: str) -> str:
        """Return a text with its variables as marks."""
        return self._marked(text, 0)

    def _marked(self, text: str, depth: int) -> str:
        if "{{" not in text:
            return text
        names = {found.strip() for found in re.findall(r"\{\{([^{}\n\r]{1,200})\}\}", text)}
        return self.marks.of_braces(text, {name: self._variable(name, depth) for name in names})

    def _variable(self, name: str, depth: int) -> Variable:
        if name not in self.made:
            value, secret = self.pairs.get(name, ("", False))
            inner = self._marked(value, depth + 1) if value and depth < 10 else value
            self.made[name] = Variable(name, inner or None, secret or is_secret_name(name))
        return self.made[name]

    def read(self, collection: Mapping[str, JsonValue]) -> None:
        """Read the whole collection."""
        schema = words(mapping(collection.get("info")).get("schema"))
        if schema and not re.search(r"v2\.[01]", schema):
            self.gathered.leave(
                "schema",
                say("The collection has a schema that is not known here: {schema}", schema=schema[:100]),
            )
        self._scripts(collection, self.gathered.title)
        self._folder(collection.get("item"), (), collection.get("auth"), 0)

    def _folder(self, items: JsonValue, folder: tuple[str, ...], auth: JsonValue, depth: int) -> None:
        for item in rows(items):
            if self.gathered.full:
                self.gathered.leave("limit", too_many())
                return
            own = item.get("auth") if mapping(item.get("auth")).get("type") not in (None, "inherit") else auth
            if "item" in item:
                if depth >= MAX_DEPTH:
                    self.gathered.leave(
                        "limit",
                        say("Folders are read {most} deep.", most=MAX_DEPTH),
                        place="/".join(folder)[:200],
                    )
                    continue
                self._scripts(item, "/".join((*folder, _name(item))))
                self._folder(item.get("item"), (*folder, _name(item)), own, depth + 1)
            elif "request" in item:
                self.gathered.requests.append(self._request(item, folder, own))

    def _scripts(self, item: Mapping[str, JsonValue], place: str) -> None:
        for event in rows(item.get("event")):
            if _runs(event):
                self.gathered.leave("script", _no_script(event), place=place[:200])

    # -- one request --------------------------------------------------------------------------------------------------

    def _request(self, item: Mapping[str, JsonValue], folder: tuple[str, ...], auth: JsonValue) -> Found:
        request = item.get("request")
        known = mapping(request)
        url = self._url(request if isinstance(request, str) else known.get("url"))
        method = words(known.get("method")).upper() or "GET"
        found = Found(method=method, url=url[0], name=_name(item), folder=folder, escapes=url[1])
        found.headers = self._headers(known.get("header"), found)
        own = known.get("auth")
        let_in(found, own if mapping(own).get("type") not in (None, "inherit") else auth, self.mark)
        found.body = self._body(mapping(known.get("body")), found)
        self._left_out(item, known, found)
        return found

    def _left_out(
        self, item: Mapping[str, JsonValue], request: Mapping[str, JsonValue], found: Found
    ) -> None:
        for event in rows(item.get("event")):
            if _runs(event):
                found.leave("script", _no_script(event))
        examples = len(rows(item.get("response")))
        if examples:
            sentence = say(
                "{count} saved answers were left out. Make checks from an answer of your own test instead.",
                count=examples,
            )
            found.leave("example", sentence)
        if request.get("certificate"):
            found.leave("certificate", say("Its client certificate is left out: the workbench has none."))
        if request.get("proxy"):
            found.leave("proxy", say("Its proxy is left out: the workbench goes straight to the host."))
        behaviour = mapping(item.get("protocolProfileBehavior"))
        if behaviour.get("strictSSL") is False:
            found.leave(
                "insecure",
                say("It switches the check of the server's certificate off. The workbench always checks it."),
            )
        if behaviour.get("followRedirects") or behaviour.get("followOriginalHttpMethod"):
            found.leave(
                "redirect",
                say(
                    "It follows redirects; the workbench never does, so that no credential goes to another host."
                ),
            )

    def _url(self, url: JsonValue) -> tuple[str, list[str]]:
        """Return an address with its variables, and the names of its path variables without a value."""
        known = mapping(url)
        raw = url if isinstance(url, str) else words(known.get("raw")) or _joined(known)
        if isinstance(known.get("query"), list):
            raw = raw.partition("#")[0].partition("?")[0]
            pairs = [_query(row) for row in rows(known.get("query")) if not row.get("disabled")]
            raw += "?" + "&".join(pairs) if pairs else ""
        values = {
            words(row.get("key")) or words(row.get("id")): words(row.get("value"))
            for row in rows(known.get("variable"))
        }
        missing: list[str] = []

        def filled(found: re.Match[str]) -> str:
            value = values.get(found[1], "")
            if not value:
                missing.append(found[1])
            return (value if "{{" in value else quote(value, safe="")) or found[0]

        base, sign, query = raw.strip().partition("?")
        return self.mark(_PATH_VARIABLE.sub(filled, base) + sign + query), missing

    def _headers(self, headers: JsonValue, found: Found) -> list[tuple[str, str]]:
        if isinstance(headers, str):  # 2.0 allows them as one text
            pairs = [line.partition(":") for line in headers.splitlines() if line.strip()]
            return [(name.strip(), self.mark(value.strip())) for name, _, value in pairs]
        kept = [row for row in rows(headers) if not row.get("disabled") and words(row.get("key")).strip()]
        self._disabled("header", rows(headers), found)
        return [
            (self.mark(words(row.get("key")).strip()), self.mark(words(row.get("value")))) for row in kept
        ]

    def _disabled(self, what: str, given: list[dict[str, JsonValue]], found: Found) -> None:
        names = [words(row.get("key")) for row in given if row.get("disabled") and words(row.get("key"))]
        if names:
            sentence = say("Switched off, and so left out: {names}.", names=", ".join(names)[:200])
            found.leave("header" if what == "header" else "parameter", sentence)

    def _body(self, body: Mapping[str, JsonValue], found: Found) -> Body:
        mode = words(body.get("mode"))
        if body.get("disabled") or not mode:
            return Body()
        if mode == "raw":
            language = words(mapping(mapping(body.get("options")).get("raw")).get("language"))
            kind = found.header("content-type") or _LANGUAGES.get(language, "")
            text = self.mark(words(body.get("raw")))
            if kind.startswith("application/x-www-form-urlencoded") or not self._bare(text):
                return body_of_type(text, kind)
            return Body("json", text)
        if mode in ("urlencoded", "formdata"):
            given = rows(body.get(mode))
            self._disabled("field", given, found)
            pairs = [self._pair(row) for row in given if not row.get("disabled")]
            return Body("multipart" if mode == "formdata" else "form", "", pairs)
        if mode == "graphql":
            return self._graphql(mapping(body.get("graphql")))
        if mode == "file":
            found.leave(
                "file", say("Its body is a file, which an import does not have. Write the payload by hand.")
            )
        else:
            found.leave(
                "body", say("Its body is of the kind “{mode}”, which is not known here.", mode=mode[:40])
            )
        return Body()

    def _bare(self, text: str) -> bool:
        """Return whether a text is JSON that only its bare variables (``{"age": {{age}}}``) keep from looking so."""
        return self.marks.has(text) and text.lstrip()[:1] in ("{", "[")

    def _pair(self, row: Mapping[str, JsonValue]) -> tuple[str, str]:
        value = FILE if row.get("type") == "file" else self.mark(words(row.get("value")))
        return self.mark(words(row.get("key"))), value

    def _graphql(self, inside: Mapping[str, JsonValue]) -> Body:
        """Return what GraphQL over HTTP sends (https://graphql.org/learn/serving-over-http/)."""
        parts = ['"query": ' + json.dumps(self.mark(words(inside.get("query"))), ensure_ascii=False)]
        variables = inside.get("variables")
        given = (
            self.mark(variables)
            if isinstance(variables, str)
            else json.dumps(variables)
            if isinstance(variables, dict)
            else ""
        )
        if given.strip():
            parts.append('"variables": ' + given)
        if operation := words(inside.get("operationName")):
            parts.append('"operationName": ' + json.dumps(operation))
        return Body("json", "{" + ", ".join(parts) + "}")


def _runs(event: Mapping[str, JsonValue]) -> bool:
    """Return whether an event has a script that does something."""
    return bool("".join(texts(mapping(event.get("script")).get("exec"))).strip())


def _no_script(event: Mapping[str, JsonValue]) -> Sentence:
    before = words(event.get("listen")) == "prerequest"
    if before:
        return say(
            "Its pre-request script is left out: an import runs no code. What it sets has to come with the contact."
        )
    return say("Its test script is left out: an import runs no code. Propose checks from an answer instead.")


def _query(row: Mapping[str, JsonValue]) -> str:
    key, value = words(row.get("key")), row.get("value")
    return key if value is None else f"{key}={words(value)}"


def _joined(url: Mapping[str, JsonValue]) -> str:
    """Return the address of its parts."""
    host, path = url.get("host"), url.get("path")
    name = host if isinstance(host, str) else ".".join(texts(host))
    where = path if isinstance(path, str) else "/".join(texts(path) if not isinstance(path, list) else (
        words(step) or words(mapping(step).get("value")) for step in path))  # fmt: skip
    port = words(url.get("port"))
    scheme = words(url.get("protocol"))
    return (
        (f"{scheme}://" if scheme else "")
        + name
        + (f":{port}" if port else "")
        + ("/" + where.lstrip("/") if where else "")
    )
