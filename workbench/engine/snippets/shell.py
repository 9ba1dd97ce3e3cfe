"""SHELL: texts and bodies as words of a POSIX shell's command, quoted so that no shell takes them for anything but text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from workbench.models.request import Request

from .pieces import Piece

ARGUMENT_LIMIT: Final = 64 * 1024
"""Bytes of a body given as an argument; Linux takes 128 KiB, https://man7.org/linux/man-pages/man2/execve.2.html."""

_PLAIN = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]*")
"""Text that survives being pasted into a terminal: no control character but the line feed, no byte that is not UTF-8."""


def quoted(pieces: Iterable[Piece]) -> str:
    """Return the pieces as one word of a command."""
    return "".join(f'"${one.variable}"' if one.variable else single(one.text) for one in pieces) or "''"


def single(text: str) -> str:
    """Return a text in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


def encoded_pair(pieces: Iterable[Piece]) -> str:
    """Return what a Basic credential is at run time, as a part of a word."""
    return f"\"$(printf %s {quoted(pieces)} | base64 | tr -d '\\n')\""


def is_argument(request: Request, pieces: Iterable[Piece]) -> bool:
    """Return whether a body can be given as an argument."""
    return len(request.body) <= ARGUMENT_LIMIT and all(_PLAIN.fullmatch(one.text) for one in pieces)


def piped(pieces: Iterable[Piece]) -> str:
    """Return what stands before a command that reads the body from its standard input."""
    printed = [f'printf %s "${one.variable}"' if one.variable else _printf(one.text) for one in pieces]
    return "{ " + "; ".join(printed) + "; } | "


def _printf(text: str) -> str:
    """Return the command that prints ``text`` to the byte; its format is ASCII where the text is not plain."""
    if _PLAIN.fullmatch(text):
        return f"printf %s {single(text)}"
    data = text.encode("utf-8", "surrogateescape")
    return "printf '" + "".join(_octal(byte) for byte in data) + "'"


def _octal(byte: int) -> str:
    character = chr(byte)
    bare = character.isascii() and character.isprintable() and character not in "%'\\-"
    return character if bare else f"\\{byte:03o}"
