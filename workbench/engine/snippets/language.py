"""LANGUAGE: how Python, PHP and JavaScript write a text, a variable of the environment, and several of them joined."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from .pieces import HeaderLine, Piece, after

MOST_LINES: Final = 60
"""A body of more lines is written as one literal: no compiler has to join thousands of them."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language's own way of writing. ``literal`` gives a text, ``variable`` what the environment holds, ``plus`` joins two."""

    literal: Callable[[str], str]
    variable: Callable[[str], str]
    plus: str
    encoded: Callable[[str], str]
    """Writes the base64 of an expression."""

    def said(self, pieces: Iterable[Piece]) -> str:
        """Return the pieces as one expression, on one line."""
        return self.plus.join(self._parts(pieces)) or self.literal("")

    def header(self, line: HeaderLine) -> str:
        """Return a header's value as an expression."""
        if line.basic:
            return self.literal("Basic ") + self.plus + self.encoded(self.said(line.value))
        return self.said(line.value)

    def header_line(self, line: HeaderLine) -> str:
        """Return ``Name: value`` as an expression."""
        if line.basic:
            return self.literal(f"{line.name}: Basic ") + self.plus + self.encoded(self.said(line.value))
        return self.said(after(f"{line.name}: ", line.value))

    def lines(self, pieces: Iterable[Piece]) -> list[str]:
        """Return the pieces as expressions to be joined, a literal for each line of a text of several lines."""
        return self._parts(by_line(pieces))

    def _parts(self, pieces: Iterable[Piece]) -> list[str]:
        return [self.variable(one.variable) if one.variable else self.literal(one.text) for one in pieces]


def by_line(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Return the pieces with texts of several lines cut into lines, each with its line feed, unless there are very many."""
    pieces = tuple(pieces)
    if not 2 <= sum(one.text.count("\n") for one in pieces) <= MOST_LINES:
        return pieces
    return tuple(
        piece for one in pieces for piece in ((one,) if one.variable else map(Piece, _LINE.findall(one.text)))
    )


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def is_bytes(pieces: Iterable[Piece]) -> bool:
    """Return whether a piece holds a byte that is not UTF-8."""
    return any("\ud800" <= sign <= "\udfff" for one in pieces for sign in one.text)


def _escaped(text: str, quote: str, other: Callable[[str], str]) -> str:
    return quote + "".join(
        f"\\{sign}" if sign in (quote, "\\") else sign if sign.isprintable() else _SHORT.get(sign) or other(sign)
        for sign in text
    ) + quote  # fmt: skip


_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _quote(text: str) -> str:
    return '"' if "'" in text and '"' not in text else "'"


# -- Python --------------------------------------------------------------------------------------------------------------


def python_bytes(piece: Piece) -> str:
    """Return a piece as an expression of bytes."""
    if piece.variable:
        return f'os.environ["{piece.variable}"].encode()'
    return repr(piece.text.encode("utf-8", "surrogateescape"))


PYTHON: Final = Language(
    literal=repr,  # valid for every text, what cannot be printed is escaped
    variable=lambda name: f'os.environ["{name}"]',
    plus=" + ",
    encoded=lambda value: f"base64.b64encode(({value}).encode()).decode()",
)


# -- PHP -----------------------------------------------------------------------------------------------------------------


def _php(text: str) -> str:
    """Return a text as PHP writes it, https://www.php.net/manual/en/language.types.string.php: bytes, nothing is looked for in them."""
    if text.isprintable():
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return '"' + "".join(_php_sign(sign) for sign in text) + '"'


def _php_sign(sign: str) -> str:
    if sign in '"\\$':
        return f"\\{sign}"
    if sign.isprintable():
        return sign
    return _SHORT.get(sign) or "".join(f"\\x{byte:02x}" for byte in sign.encode("utf-8", "surrogateescape"))


PHP: Final = Language(
    literal=_php,
    variable=lambda name: f"getenv('{name}')",
    plus=" . ",
    encoded=lambda value: f"base64_encode({value})",
)


# -- JavaScript ----------------------------------------------------------------------------------------------------------


def _javascript(text: str) -> str:
    return _escaped(text, _quote(text), _units)


def _units(sign: str) -> str:
    data = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{data[at]:02x}{data[at + 1]:02x}" for at in range(0, len(data), 2))


def javascript_bytes(piece: Piece) -> str:
    """Return a piece as a Buffer; its signs are bytes, so that any byte can be written."""
    if piece.variable:
        return f"Buffer.from(process.env.{piece.variable})"
    data = piece.text.encode("utf-8", "surrogateescape")
    literal = "".join(
        sign if sign.isascii() else _byte(sign) for sign in _escaped(data.decode("latin-1"), "'", _byte)
    )
    return f'Buffer.from({literal}, "latin1")'


def _byte(sign: str) -> str:
    return f"\\x{ord(sign):02x}"


JAVASCRIPT: Final = Language(
    literal=_javascript,
    variable=lambda name: f"process.env.{name}",
    plus=" + ",
    encoded=lambda value: f'Buffer.from({value}).toString("base64")',
)
