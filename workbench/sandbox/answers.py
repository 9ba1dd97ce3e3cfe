"""Answers: a vendor's declared reply becomes status, headers and bytes, its slots filled from the request."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from starlette.types import Send

from workbench.engine.paths import first
from workbench.engine.template import Template, compile_template
from workbench.engine.xml_values import xml_written
from workbench.models.base import JsonValue
from workbench.models.provider import Answer

RESET_S = 2
"""How far ahead a throttled answer puts its time of reset."""


class Rendered(NamedTuple):
    """One complete reply, as it goes onto the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def render(
    answer: Answer,
    names: Mapping[str, str],
    parsed: JsonValue,
    refused: Mapping[int, JsonValue] | None = None,
) -> Rendered:
    """Return the answer with its slots filled: ``names`` are those of the path, ``parsed`` is the request's body.

    ``refused`` holds, by the index of the element, what takes the place of an item that the vendor would not take.
    """
    now = datetime.now(UTC)
    values: dict[str, JsonValue] = {
        **names,
        "id": secrets.token_urlsafe(16).replace("-", "x").replace("_", "y"),
        "uuid": str(uuid.uuid4()),
        "hex": secrets.token_hex(8),
        "number": str(10**16 + secrets.randbelow(9 * 10**16)),
        "now": now.isoformat(),
        "reset": str(int(now.timestamp()) + RESET_S),
        "count": _count(parsed),
        "request": parsed if isinstance(parsed, dict) else {},
        "inner": _inner(parsed),
    }
    headers = [(name, str(fill(value, values))) for name, value in answer.headers]
    if answer.each is not None:
        made = _items(answer, values, first(parsed, answer.each), refused or {})
        return written(answer.status, headers, {answer.into: made} if answer.into else made)
    return written(answer.status, headers, None if answer.body is None else fill(answer.body, values))


def written(status: int, headers: list[tuple[str, str]], body: JsonValue) -> Rendered:
    """Return a reply of ``body``: nothing for None, plain text for a text, else JSON. A Content-Type in ``headers`` wins, XML's too."""
    if body is None:
        return Rendered(status, headers, b"")
    if isinstance(body, str):
        return Rendered(status, [("Content-Type", "text/plain"), *headers], body.encode())
    if any("xml" in value for name, value in headers if name == "Content-Type"):
        return Rendered(status, headers, xml_written(body))
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Rendered(status, [("Content-Type", "application/json"), *headers], content)


def fill(value: JsonValue, values: Mapping[str, JsonValue]) -> JsonValue:
    """Return a declared value with its slots filled."""
    return _compiled(json.dumps({"value": value})).tree(values)["value"]


async def respond(send: Send, reply: Rendered) -> None:
    """Send one complete response; of two headers of one name the last one goes out."""
    last = {name.lower(): value for name, value in reply.headers}
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in last.items()]
    length = (b"content-length", str(len(reply.body)).encode())
    await send({"type": "http.response.start", "status": reply.status, "headers": [*raw, length]})
    await send({"type": "http.response.body", "body": reply.body})


@lru_cache(maxsize=512)
def _compiled(text: str) -> Template:
    return compile_template(text)


def _items(
    answer: Answer, values: Mapping[str, JsonValue], elements: JsonValue, refused: Mapping[int, JsonValue]
) -> list[JsonValue]:
    return [
        refused[index]
        if index in refused
        else fill(answer.item, {**values, "item": item, "item_uuid": str(uuid.uuid4())})
        for index, item in enumerate(elements if isinstance(elements, list) else [])
    ]


def _inner(parsed: JsonValue) -> dict[str, JsonValue]:
    """Return the object in a body whose only member is a text that is JSON, as custom channels post it; an empty one for others."""
    texts = list(parsed.values()) if isinstance(parsed, dict) and len(parsed) == 1 else []
    if not texts or not isinstance(texts[0], str) or texts[0][:1] != "{":
        return {}
    try:
        found = json.loads(texts[0])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _count(parsed: JsonValue) -> int:
    """Return how many recipients the body lists, under the names that vendors whose answers count them have for it."""
    found = (first(parsed, name) for name in ("recipients", "personalizations"))
    return next((len(recipients) for recipients in found if isinstance(recipients, list)), 1)
