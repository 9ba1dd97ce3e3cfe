"""PYTHON TEXT: the parts of a Python program that both of its dialects write alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from workbench.engine.redact import MASK
from workbench.models.request import Request

from .known import repeated_names
from .language import PYTHON, by_line, is_bytes, python_bytes
from .notes import note_lines
from .pieces import HeaderLine, Pieces

OWN: Final = {"base64": "base64.b64encode(", "os": "os.environ[", "tempfile": "tempfile.TemporaryDirectory("}
"""Modules of the standard library, and the words by which a program uses them."""


def url_of(request: Request, pieces: Pieces) -> str:
    """Return the address as an expression."""
    return PYTHON.said(pieces.split(request.url))


def headers_of(request: Request, pieces: Pieces, *, pairs: bool) -> str:
    """Return the lines that give ``headers``: a dict, or pairs where a name comes more than once (or ``pairs`` says so)."""
    lines = pieces.headers(request)
    if pairs or repeated_names(request):
        inside = [f"    ({PYTHON.literal(line.name)}, {_value(line)})," for line in lines]
        return "headers = [\n" + "\n".join(inside) + "\n]\n" if inside else "headers = []\n"
    inside = [f"    {PYTHON.literal(line.name)}: {_value(line)}," for line in lines]
    return "headers = {\n" + "\n".join(inside) + "\n}\n" if inside else "headers = {}\n"


def body_of(request: Request, pieces: Pieces) -> str:
    """Return the lines that give ``body`` as bytes; nothing where there is none."""
    found = pieces.body(request)
    if not found:
        return ""
    if is_bytes(found):
        parts, end = [python_bytes(one) for one in by_line(found)], ""
    else:
        parts, end = PYTHON.lines(found), ".encode()"
    if len(parts) == 1:
        return f"body = {parts[0]}{end}\n"
    return "body = (\n    " + "\n    + ".join(parts) + f"\n){end}\n"


def program(imports: list[str], parts: list[str], pieces: Pieces, translate: Callable[[str], str]) -> str:
    """Return a whole program: the comment, the imports, the parts with an empty line between."""
    code = "\n".join(part for part in parts if part)
    own = [name for name, use in OWN.items() if use in code]
    head = "".join(f"import {name}\n" for name in own) + ("\n" if own else "")
    comment = "".join(f"# {line}\n" for line in note_lines(pieces.met(), MASK in code, translate))
    return comment + head + "".join(f"{line}\n" for line in imports) + "\n" + code


def _value(line: HeaderLine) -> str:
    value = PYTHON.header(line)
    plain = all(one.text.isascii() for one in line.value)
    return value if plain else f"({value}).encode()"
