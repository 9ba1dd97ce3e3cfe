"""SHELL OUTPUT: what commands print whose output can be told without running them: echo, printf, and cat with a here-document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .command_words import Simple

_ANSI: Final = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "E": "\x1b",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_OCTAL: Final = re.compile(r"[0-7]{1,3}")


def printed(simples: Sequence[Simple]) -> str | None:
    """Return what commands print one after the other; None where that cannot be told."""
    data = b""
    for simple in simples:
        words = [word.text for word in simple.words]
        if words[:1] == ["echo"]:
            rest = words[1:]
            bare = rest[:1] == ["-n"]
            data += (" ".join(rest[1:] if bare else rest) + ("" if bare else "\n")).encode(
                "utf-8", "surrogateescape"
            )
        elif words[:1] == ["printf"] and len(words) == 3 and words[1] in ("%s", "%s\\n", "%b"):
            data += words[2].encode("utf-8", "surrogateescape") + (b"\n" if words[1] == "%s\\n" else b"")
        elif words[:1] == ["printf"] and len(words) == 2 and "%" not in words[1].replace("%%", ""):
            data += _printf(words[1])
        elif words in (["cat"], ["cat", "-"]) and simple.stdin is not None:
            data += simple.stdin.encode("utf-8", "surrogateescape")
        else:
            return None
    return data.decode("utf-8", "surrogateescape")


def _printf(form: str) -> bytes:
    data, at = bytearray(), 0
    form = form.replace("%%", "%")
    while at < len(form):
        if form[at] == "\\" and at + 1 < len(form):
            piece, at = ansi_escape(form, at + 1)
            data += piece
        else:
            data += form[at].encode("utf-8", "surrogateescape")
            at += 1
    return bytes(data)


def ansi_escape(text: str, at: int) -> tuple[bytes, int]:
    """Return the bytes of the escape whose backslash stands before ``at``, and the offset behind it."""
    sign = text[at : at + 1]
    if octal := _OCTAL.match(text, at):
        return bytes([int(octal[0], 8) & 255]), octal.end()
    for mark, most in (("x", 2), ("u", 4), ("U", 8)):
        if sign == mark and (digits := re.compile(rf"[0-9a-fA-F]{{1,{most}}}").match(text, at + 1)):
            code = int(digits[0], 16)
            if mark == "x":
                return bytes([code]), digits.end()
            return (chr(code) if code < 0x110000 else "\ufffd").encode("utf-16-le", "surrogatepass").decode(
                "utf-16-le", "surrogatepass"
            ).encode("utf-8", "surrogatepass"), digits.end()
    known = _ANSI.get(sign)
    return ((known if known is not None else "\\" + sign).encode("utf-8", "surrogatepass"), at + 1)


def decoded(data: bytes) -> str:
    """Return the text of bytes in which the two halves of a character may have been escaped one by one."""
    try:
        text = data.decode("utf-8", "surrogatepass")
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeError:
        return data.decode("utf-8", "surrogateescape")
