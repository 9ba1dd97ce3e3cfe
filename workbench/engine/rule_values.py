"""RULE VALUES: how a contact's value is read where a rule needs a number, a moment, a text or something to look up.

A file of comma-separated cells has nothing but texts, JSON has numbers and true and false as well. So that one rule fits both, a text that
is written as a number counts as that number beside a number, and "true" and "false" count as such beside true and false.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import lru_cache

from workbench.models.base import JsonValue

LONGEST_NUMBER = 60
"""Characters of a text that may be a number: more than that is nobody's age or price, and Python refuses thousands of digits."""
LONGEST_MOMENT = 40

_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\s*", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[Tt ]((?:[01]\d|2[0-3]):\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)([Zz]|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_TRUTH = {"true": True, "false": False}


def is_absent(value: JsonValue) -> bool:
    """Return whether there is nothing: no field, null, or a text of blanks alone."""
    return value is None or (type(value) is str and (not value or value.isspace()))


def number_of(value: JsonValue) -> int | float | None:
    """Return a number, or the number that a text is written as ("12", "-3.5", "1e3"); None for all else, also for true and false."""
    if type(value) is int:
        return value
    if type(value) is float:
        return value if math.isfinite(value) else None
    if type(value) is not str or len(value) > LONGEST_NUMBER or _NUMBER.fullmatch(value) is None:
        return None
    try:
        return int(value)
    except ValueError:
        number = float(value)
        return number if math.isfinite(number) else None


def truth_of(value: JsonValue) -> bool | None:
    """Return true or false, also where they are written as a text in any case of letters; None for all else."""
    if type(value) is bool:
        return value
    return _TRUTH.get(value.strip().lower()) if type(value) is str else None


def text_of(value: JsonValue) -> str | None:
    """Return a text as it is, and a number as JSON writes it; None for all else."""
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value) if abs(value) < 10**LONGEST_NUMBER else None
    if type(value) is float and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return None


def key_of(value: JsonValue) -> str | None:
    """Return what is looked up for a value, on a list or by a live check: its text; None where there is none but blanks."""
    text = text_of(value)
    return None if text is None or not text or text.isspace() else text


def moment_of(value: JsonValue) -> datetime | None:
    """Return the moment in UTC of a text in ISO 8601; None for all else.

    A date alone begins at midnight UTC, and a moment that does not say its zone is one of UTC.
    """
    return moment_in(value) if type(value) is str and len(value) <= LONGEST_MOMENT else None


@lru_cache(maxsize=8192)  # a million contacts were born on, or came on, some thousand days
def moment_in(text: str) -> datetime | None:
    """As ``moment_of``, for a text of at most ``LONGEST_MOMENT`` characters, of which some thousand are remembered."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    day, clock, zone = found.groups()
    zone = "+00:00" if zone is None or zone in "Zz" else zone
    clock = (clock or "00:00").replace(",", ".")
    whole, point, part = clock.partition(".")
    try:
        return datetime.fromisoformat(f"{day}T{whole}{point}{part[:6]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):  # 31 February; a zone that leads out of the years 1 to 9999
        return None
