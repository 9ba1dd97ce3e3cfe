"""Bodies: reading what a client posted, whatever it is: JSON, XML, a form, a form with files, far too much, or rubbish."""

from __future__ import annotations

import json
from email import message_from_string
from email.message import Message
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Receive

from workbench.engine.forms import nested_tree
from workbench.engine.xml_values import xml_read
from workbench.models.base import JsonValue
from workbench.models.provider import Encoding

PARTS: Final = 1000
FIELDS: Final = 10_000


class Unreadable(ValueError):
    """The body is not what its endpoint takes."""


async def read_body(receive: Receive, most: int) -> bytes | None:
    """Return the whole body, or None where it is longer than ``most`` bytes or the client went away.

    What is too much is read and dropped, so that the client can finish writing and then read its refusal.
    """
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            chunks.clear()
        else:
            chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks) if size <= most else None


def parse_body(body: bytes, content_type: str, encoding: Encoding) -> JsonValue:
    """Return the body as JSON gives it, a form as an object, XML as its tree; raises Unreadable.

    Repeated keys of a plain form are lists; the names of a nested or a multipart form say themselves what is a list.
    """
    try:
        if encoding == "json":
            return _json(body)
        if encoding == "xml":
            return xml_read(body)
        pairs = (
            _multipart(body, content_type)
            if content_type.lower().startswith("multipart/form-data")
            else parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
        )
        return nested_tree(pairs) if encoding in ("multipart", "nested_form") else _gathered(pairs)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error


def _json(body: bytes) -> JsonValue:
    parsed = json.loads(body)
    if not isinstance(parsed, (dict, list)):
        raise Unreadable
    return parsed


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, JsonValue]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Return the fields of a multipart form (https://www.rfc-editor.org/rfc/rfc7578); a file counts by its name."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if not boundary:
        raise Unreadable
    parts = body.split(b"--" + boundary.encode())
    if len(parts) < 2 or len(parts) > PARTS or not parts[-1].startswith(b"--"):
        raise Unreadable
    return [_part(part) for part in parts[1:-1]]


def _part(part: bytes) -> tuple[str, str]:
    head, found, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    headers = message_from_string(head.decode() + "\r\n\r\n")  # of bytes it would know ASCII names alone
    name = headers.get_param("name", header="content-disposition")
    if not found or not isinstance(name, str):
        raise Unreadable
    filename = headers.get_filename()
    return name, filename if filename is not None else content.removesuffix(b"\r\n").decode()
