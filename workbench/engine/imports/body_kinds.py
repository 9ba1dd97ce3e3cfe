"""BODY KINDS: a body's text by its Content-Type: JSON, the fields of a form, XML, or a text of no such kind."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_plus

from .found import Body

MAX_FIELDS: Final = 2000
_BOUNDARY: Final = re.compile(r"\A(--[^\r\n]{1,200})\r?\n")
_BLANK_LINE: Final = re.compile(r"\r?\n\r?\n")
_NAME: Final = re.compile(r'\bname="((?:[^"\\]|\\.)*)"', re.IGNORECASE)


def body_of_type(text: str, content_type: str) -> Body:
    """Return the body of ``text``; one without a usual type is judged by how it begins."""
    kind = content_type.partition(";")[0].strip().lower()
    if not text:
        return Body()
    if kind.endswith(("/json", "+json")):
        return Body("json", text)
    if kind == "application/x-www-form-urlencoded":
        return Body("form", text, form_pairs(text))
    if kind == "multipart/form-data":
        pairs = multipart_pairs(text)
        return Body("multipart", text, pairs) if pairs else Body("text", text)
    if kind.endswith(("/xml", "+xml")):
        return Body("xml", text)
    if text.lstrip()[:1] in ("{", "["):
        return Body("json", text)
    return Body("text", text)


def form_pairs(text: str) -> list[tuple[str, str]]:
    """Return the fields of a form in their order, decoded; at most 2,000."""
    pairs = [piece.partition("=") for piece in text.split("&", MAX_FIELDS)[:MAX_FIELDS] if piece]
    return [(unquote_plus(name), unquote_plus(value, errors="surrogateescape")) for name, _, value in pairs]


def multipart_pairs(text: str) -> list[tuple[str, str]]:
    """Return the fields of a multipart body, files left out (their value is empty and begins with a NUL); [] where it is none."""
    opening = _BOUNDARY.match(text)
    if opening is None:
        return []
    pairs: list[tuple[str, str]] = []
    for piece in text.split(opening[1], MAX_FIELDS + 1)[1 : MAX_FIELDS + 1]:
        blank = _BLANK_LINE.search(piece)
        head = piece[: blank.start()] if blank else ""
        name = _NAME.search(head)
        if blank is None or name is None:
            continue
        value = piece[blank.end() :].removesuffix("\n").removesuffix("\r")
        content = FILE if re.search(r"\bfilename\*?=", head, re.IGNORECASE) else value
        pairs.append((name[1].replace('\\"', '"'), content))
    return pairs


FILE: Final = "\0"
"""Stands for a file's content."""
