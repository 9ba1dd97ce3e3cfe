"""Forms: the parts of an upload, its file as bytes (``bodies`` reads forms whose files do not matter)."""

from __future__ import annotations

from email.message import Message
from typing import NamedTuple

from workbench.sandbox.bodies import Unreadable

PARTS = 50


class Part(NamedTuple):
    """One part of a form: its value, and of a file its name and type."""

    value: bytes
    filename: str | None = None
    content_type: str = ""


def read_form(body: bytes, content_type: str) -> dict[str, Part]:
    """Return the parts of a form by their names (https://www.rfc-editor.org/rfc/rfc7578). Raises Unreadable."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if not boundary:
        raise Unreadable
    mark = b"\r\n--" + boundary.encode("latin-1", "replace")
    pieces = (b"\r\n" + body).split(mark)
    if len(pieces) < 2 or len(pieces) > PARTS or not pieces[-1].startswith(b"--"):
        raise Unreadable
    return dict(_part(piece) for piece in pieces[1:-1])


def _part(piece: bytes) -> tuple[str, Part]:
    head, found, value = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not found:
        raise Unreadable
    headers = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        title, _, text = line.partition(":")
        headers[title.strip()] = text.strip()
    name = headers.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise Unreadable
    filename = headers.get_filename()
    return name, Part(value, filename, headers.get_content_type() if filename is not None else "")
