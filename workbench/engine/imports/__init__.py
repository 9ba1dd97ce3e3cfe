"""IMPORTS: a foreign text becomes integrations: cURL commands, a Postman collection, an OpenAPI description, a browser's recording.

Nothing of the text is run, fetched or trusted. What could not be carried over is listed with the reason, and no secret of the text is in
what comes out: each one is asked for.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

from workbench.engine.redact import MASK, Redactor
from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.imported import Imported, ImportedRequest, ImportFormat
from workbench.models.integration import Header, Settings
from workbench.models.provider import Provider
from workbench.sentence import Sentence, say

from .becoming import Becoming
from .curl_command import COMMAND, read_curl
from .documents import Unreadable, json_documents, mapping
from .found import Gathered
from .har import read_har
from .marked import Marks
from .openapi import is_openapi, read_openapi, read_yaml
from .postman import is_collection, is_environment, read_postman
from .secrecy import SHORTEST

__all__ = ["MAX_BYTES", "filled", "read_import"]

MAX_BYTES: Final = 5_000_000
_YAML: Final = re.compile(r"^[ \t{]*[\"']?(?:openapi|swagger|asyncapi)[\"']?[ \t]*:", re.MULTILINE)
_OTHER_COPIES: Final = re.compile(
    r"\bInvoke-(?:WebRequest|RestMethod)\b|^\s*(?:await\s+)?fetch\(", re.MULTILINE
)


def read_import(text: str, providers: Mapping[str, Provider]) -> Imported:
    """Return what ``text`` asks to be sent, as integrations; what it is is found out. Never raises: what is wrong is said, with its line.

    At most 5 MB and 500 requests are read. No secret of the text is in what is returned.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        return _nothing(
            say("Nothing is pasted yet. Paste cURL commands, or choose a file of Postman, OpenAPI or HAR.")
        )
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        size, most = round(len(text) / 1e6, 1), MAX_BYTES // 1_000_000
        return _nothing(
            say(
                "The text has {size} MB; at most {most} MB are read. Export a part of it.",
                size=size,
                most=most,
            )
        )
    text = text.encode("utf-8", "replace").decode()  # halves of characters cannot be kept
    try:
        marks = Marks(text)
        kind, gathered = _gathered(text, marks)
    except Unreadable as unreadable:
        return _nothing(unreadable.sentence, unreadable.line, unreadable.column)
    except ValueError:
        return _nothing(say("The text holds signs that no text of these formats has. Copy it again."))
    becoming = Becoming(providers, marks)
    requests = tuple(
        becoming.request(found, f"r{number}") for number, found in enumerate(gathered.requests, 1)
    )
    read = Imported(
        format=kind, title=gathered.title, requests=requests, secrets=tuple(becoming.book.wanted), left_out=tuple(gathered.left_out),
        problems=tuple(gathered.problems),
    )  # fmt: skip
    return _without(read, list(becoming.book.values))


def filled(request: ImportedRequest, secrets: Mapping[str, SecretRef]) -> Settings:
    """Return a request's settings with its secrets put in, by their keys; one that is missing stays empty, and the wizard asks for it."""
    settings = request.settings
    headers = list(settings.headers)
    credential: dict[str, JsonValue] = dict(settings.credential)
    for fill in request.fills:
        ref = secrets.get(fill.secret)
        if ref is None:
            continue
        kind, _, place = fill.place.partition(".")
        if kind == "credential":
            credential[place] = ref.model_dump()
        else:
            index = int(place.partition(".")[0])
            headers[index] = Header(name=headers[index].name, value=ref)
    return settings.model_copy(update={"headers": tuple(headers), "credential": credential})


def _nothing(sentence: Sentence, line: int | None = None, column: int | None = None) -> Imported:
    return Imported(problems=(Problem(field="text", sentence=sentence, line=line, column=column),))


def _gathered(text: str, marks: Marks) -> tuple[ImportFormat, Gathered]:
    """Find out what a text is and read it. Raises Unreadable."""
    start = text.lstrip()[:1]
    if (start == "{" and not re.match(r"\{[ \t]*printf[ \t]", text.lstrip())) or start == "[":
        return _of_documents(json_documents(text), marks)
    if _YAML.search(text) and not re.match(r"\s*curl\b", text):
        return _of_documents([read_yaml(text)], marks)
    if COMMAND.search(text):
        return "curl", read_curl(text, marks)
    if _OTHER_COPIES.search(text):
        raise Unreadable(
            say("This was copied as code. In the developer tools choose “Copy as cURL” instead.")
        )
    raise Unreadable(
        say(
            "This is no cURL command, Postman collection, OpenAPI description or HAR recording. Export it as one of these."
        )
    )


def _of_documents(documents: list[JsonValue], marks: Marks) -> tuple[ImportFormat, Gathered]:
    """Read JSON documents by what they are; a dump of Postman holds collections and environments in one."""
    flat: list[JsonValue] = []
    for document in documents:
        known = mapping(document)
        inner = [*_list(known.get("collections")), *_list(known.get("environments"))]
        flat += inner or (
            [mapping(known.get("collection"))] if isinstance(known.get("collection"), dict) else [document]
        )
    objects = [mapping(document) for document in flat]
    collections = [one for one in objects if is_collection(one)]
    environments = [one for one in objects if is_environment(one)]
    if collections or (environments and len(environments) == len(objects)):
        return "postman", read_postman(collections, environments, marks)
    for one in objects:
        if "entries" in mapping(one.get("log")):
            return "har", read_har(one)
        if is_openapi(one):
            return "openapi", read_openapi(one, marks)
    raise Unreadable(_unknown(objects[0] if objects else {}))


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _unknown(document: Mapping[str, JsonValue]) -> Sentence:
    """Return what is said of a document that is none of ours, by what it seems to be."""
    if "swagger" in document:
        return say("This is Swagger 2.0. Convert it to OpenAPI 3 first, for example with the Swagger Editor.")
    if str(document.get("openapi", "")).strip():
        return say("This is OpenAPI {version}; 3.0 and 3.1 are read.", version=str(document["openapi"])[:20])
    if document.get("_type") == "export" or str(document.get("type", "")).startswith("collection.insomnia"):
        return say("This is an export of Insomnia. Export it as HAR instead.")
    if str(document.get("format", "")).startswith("integration-workbench/"):
        return say("This is an export of the workbench itself. Import it on the page Integrations.")
    if isinstance(document.get("requests"), list):
        return say("This is a Postman collection of version 1. Export it as Collection v2.1.")
    return say("This is JSON, but no Postman collection, OpenAPI description or HAR recording.")


def _without(read: Imported, secrets: list[str]) -> Imported:
    """Return what was read with every secret of the text replaced, wherever it still stands."""
    tree = {"read": read.model_dump(mode="json")}
    said = "\n".join(_texts(tree))
    left = [secret for secret in secrets if any(form in said for form in _forms(secret))]
    if not left:
        return read
    shown = Redactor(dict.fromkeys(left, MASK)).tree(tree)["read"]
    return Imported.model_validate(shown)


def _forms(secret: str) -> set[str]:
    """Return how a secret may stand in a payload, an address or a header."""
    encoded = {
        base64.b64encode(b" " * shift + secret.encode("utf-8", "replace")).decode()[shift and 4 : -4]
        for shift in (0, 1, 2)
    }
    plain = {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret, safe=""),
        quote_plus(secret),
    }
    return plain | {form for form in encoded if len(form) >= SHORTEST}


def _texts(tree: JsonValue) -> Iterator[str]:
    """Yield every text of a tree, names too."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for name, value in tree.items():
            yield name
            yield from _texts(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from _texts(item)
