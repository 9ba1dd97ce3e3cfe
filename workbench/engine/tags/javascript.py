"""JAVASCRIPT: the few things of the language that the platform's page script does to a value, done exactly as a browser does them.

https://tc39.es/ecma262/#sec-parsefloat-string, https://tc39.es/ecma262/#sec-parseint-string-radix and
https://tc39.es/ecma262/#sec-string.prototype.trim.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final, NamedTuple

BLANKS: Final = (
    "\t\n\x0b\x0c\r \xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""White space and line ends of the language: other than Python's own, with the byte order mark, without U+0085 and U+001C to U+001F."""
MOST_SAFE: Final = 2**53
"""Integers below it are exact as a number of the language, which is always a double."""

_FLOAT: Final = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)", re.ASCII)
_INT: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_LONGEST: Final = 4000
"""Digits that Python turns into an integer at most; a double is infinite after 309."""


class NumberRead(NamedTuple):
    """What a text is read as: the number, None where it is none or not finite, and what stands behind it and was not looked at."""

    value: float | None
    rest: str


def trim(text: str) -> str:
    """Return ``text`` without the blanks at its ends, as ``String.prototype.trim`` has them."""
    return text.strip(BLANKS)


def parse_float(text: str) -> NumberRead:
    """Read a number as ``parseFloat`` does: the longest beginning that is one, whatever follows; a comma ends it."""
    text = text.lstrip(BLANKS)
    found = _FLOAT.match(text)
    if found is None:
        return NumberRead(None, text)
    value = float(found[0].replace("Infinity", "inf"))
    return NumberRead(value if math.isfinite(value) else None, text[found.end() :])


def parse_int(text: str) -> NumberRead:
    """Read a whole number as ``parseInt(text, 10)`` does: a point or an exponent ends it."""
    text = text.lstrip(BLANKS)
    found = _INT.match(text)
    if found is None:
        return NumberRead(None, text)
    value = float(found[0]) if len(found[0]) <= _LONGEST else math.inf
    return NumberRead(value if math.isfinite(value) else None, text[found.end() :])


def as_json(value: float) -> int | float:
    """Return a number as ``JSON.stringify`` writes it: without a fraction where it has none, and no minus before a zero."""
    return int(Decimal(repr(value))) if value == int(value) and abs(value) < 1e21 else value


def cut(text: str, units: int) -> str:
    """Return the first ``units`` UTF-16 units, as ``substring`` counts; half of a character, which no one can write, becomes U+FFFD."""
    raw = text.encode("utf-16-le", "surrogatepass")[: units * 2]
    return raw.decode("utf-16-le", "replace")


def length(text: str) -> int:
    """Return how long a text is in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
