"""Event plain: any Python value as the JSON value it becomes, by stated rules, or what no JSON can hold (R-EVT-12).

    None, pandas' NA and NaT, NumPy's NaT      not given
    true and false, numbers, texts             as they are; NaN, infinity and numbers beyond 64 bits are refused
    NumPy's scalars and arrays, tuples         the number, text or list they hold
    Decimal                                    a whole number where it is one, else the nearest number; exact in a String
    date, datetime, time                       ISO 8601; in a Date the day alone
    UUID, members of an Enum                   the text, the member's value
    DataFrames (pandas, polars)                the list of their rows
    bytes, sets, everything else               refused by name

No text holds half of a character or a control character other than tab and line ends, no name is longer than 100 characters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from workbench.models.base import JsonValue
from workbench.models.event import AUTOMATION_ID
from workbench.sentence import Sentence, say

from .event_findings import ABSENT, UNFIT, Findings, Mark, masked, shown
from .strict_json import LARGEST_INTEGER, SMALLEST_INTEGER, clip

MOST_NAME: Final = 100
"""Characters of a variable's name (SILENT in the provider's pages; facts A1)."""
MOST_DEPTH: Final = 30
EXACT: Final = 2**53
"""Whole numbers beyond it lose digits in readers that know only floating-point numbers, as JavaScript does."""

_AS_THEY_ARE: Final = frozenset({type(None), bool, int, float, str, list, dict, date, datetime})
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def simple(value: object) -> Any:
    """Return None, a bool, int, float, str, list, dict, finite Decimal, date or datetime for any value; ``UNFIT`` where there is none."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, Enum):
        return simple(value.value)
    library = kind.__module__.partition(".")[0]
    if library == "numpy":
        return _of_numpy(value)
    if library in ("pandas", "polars"):
        return _of_frames(value)
    return _of_python(value)


def _of_python(value: object) -> Any:
    """Return a subclass as its plain kind, and what has one spelling as that."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__add__(value, 0)
    if isinstance(value, float):
        return float.__add__(value, 0.0)
    if isinstance(value, Decimal):
        if value.is_finite():
            return value
        return math.nan if value.is_nan() else math.inf if value > 0 else -math.inf
    if isinstance(value, date):
        return value
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    if type(value).__module__ == "uuid":
        return str(value)
    return value.isoformat() if isinstance(value, time) else UNFIT


def _of_numpy(value: Any) -> Any:
    if type(value).__name__ == "MaskedConstant":
        return None
    if getattr(value, "ndim", 0):
        return [simple(item) for item in value]
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind == "M":
        item = value.item()  # of nanoseconds it makes a number, of NaT nothing
        return value.astype("datetime64[us]").item() if type(item) is int else item
    if kind == "f":
        return float(value)
    return simple(value.item()) if kind in ("b", "i", "u", "U", "O") else UNFIT


def _of_frames(value: Any) -> Any:
    name = type(value).__name__
    if name in ("NAType", "NaTType"):
        return None
    if name == "DataFrame":
        return value.to_dicts() if hasattr(value, "to_dicts") else value.to_dict("records")
    if name == "Series":
        return value.to_list()
    return value if isinstance(value, date) else UNFIT


def plain(value: object, field: str, found: Findings, depth: int = 0) -> Any:
    """Return ``value`` as JSON has it, ``ABSENT`` for nothing, ``UNFIT`` where it has none; every problem at any depth is found.

    ``automation_id`` is refused inside every list and object: its place is the top of the body (R-EVT-07).
    """
    if type(value) is str:
        return value if value.isprintable() else text(value, field, found)
    value = simple(value)
    if value is None:
        return ABSENT
    if type(value) is bool:
        return value
    if type(value) is str:
        return text(value, field, found)
    if isinstance(value, int | float | Decimal):
        return number(value, field, found)
    if isinstance(value, date):
        return value.isoformat()
    if depth == MOST_DEPTH and isinstance(value, list | dict):
        sentence = say(
            "“{field}” is nested deeper than {most} levels. Make it flatter.",
            field=clip(field),
            most=MOST_DEPTH,
        )
        return found.error(field, sentence)
    if isinstance(value, list):
        return _plain_list(value, field, found, depth + 1)
    if isinstance(value, dict):
        return plain_object(value, field, found, depth + 1)
    return found.error(field, no_json(field, value))


def _plain_list(items: list[object], field: str, found: Findings, depth: int) -> Any:
    made: list[JsonValue] = []
    for index, item in enumerate(items):
        one = plain(item, f"{field}[{index}]", found, depth)
        if one is UNFIT and len(found.problems) > 100:  # enough is known of a list that is wrong throughout
            return UNFIT
        made.append(None if one is ABSENT else one)
    return UNFIT if UNFIT in made else made


def plain_object(members: Mapping[Any, object], field: str, found: Findings, depth: int = 1) -> Any:
    """Return an object as JSON has it; its names are checked, and none of them may be ``automation_id``."""
    made: dict[str, JsonValue] = {}
    fit = True
    for name, value in members.items():
        if type(name) is not str:
            name = simple(name)
        if type(name) is not str:
            found.error(
                field,
                say(
                    "“{field}” holds a field whose name is {name} and no text. Name it by a text.",
                    field=clip(field),
                    name=shown(name),
                ),
            )
            fit = False
            continue
        path = inside(field, name)
        if wrong := check_name(name, path):
            found.error(path, wrong)
            fit = False
            continue
        one = plain(value, path, found, depth)
        fit = fit and one is not UNFIT
        made[name] = None if one is ABSENT else one
    return made if fit else UNFIT


_FLAT_NAME: Final = re.compile(r"[^.\[\]\"]+")


def inside(field: str, name: str) -> str:
    """Return the path of a field in an object."""
    return f"{field}.{name}" if _FLAT_NAME.fullmatch(name) else f'{field}["{name[:MOST_NAME]}"]'


def check_name(name: str, path: str) -> Sentence | None:
    """Return what is wrong with a name inside of a variable, or None."""
    if name == AUTOMATION_ID:
        return say(
            "automation_id stands inside of “{path}”, and the provider reads it at the top of the body alone. Move it out of there.",
            path=clip(path, 100),
        )
    return unfit_name(name)


def unfit_name(name: str) -> Sentence | None:
    """Return what is wrong with any variable's or field's name, or None."""
    if not name or name.isspace():
        return say("A variable has no name. Give it one, such as product_name.")
    if len(name) > MOST_NAME:
        return say(
            "The name “{name}” has {length} characters; at most {most} are allowed. Shorten it.",
            name=clip(masked(name)),
            length=len(name),
            most=MOST_NAME,
        )
    if name != name.strip():
        return say("The name “{name}” begins or ends with a blank. Remove it.", name=masked(name.strip()))
    if not name.isprintable():
        return say(
            "The name “{name}” holds a line break or another sign that cannot be seen. Type it again.",
            name=masked(name),
        )
    return None


def text(value: str, field: str, found: Findings) -> str | Mark:
    """Return a text that JSON can hold and people can read, or ``UNFIT``: no half of a character, no control character."""
    if value.isprintable() or (unseen := _UNSEEN.search(value)) is None:
        return value
    if _SURROGATE.match(unseen[0]):
        sentence = say(
            "“{field}” holds half of a character (a lone surrogate) at position {at}. Type it again, or remove it.",
            field=clip(field),
            at=unseen.start() + 1,
        )
    else:
        sentence = say(
            "“{field}” holds a control character ({code}) at position {at}. Remove it: nobody can see it, and readers stumble over it.",
            field=clip(field),
            code=f"U+{ord(unseen[0]):04X}",
            at=unseen.start() + 1,
        )
    found.fix(
        field, say("Remove what cannot be seen from “{field}”.", field=clip(field)), _UNSEEN.sub("", value)
    )
    return found.error(field, sentence)


def number(value: float | Decimal, field: str, found: Findings) -> int | float | Mark:
    """Return a number that JSON can hold, or ``UNFIT``; what may lose digits on the way is said."""
    if isinstance(value, Decimal):
        return _decimal(value, field, found)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return _no_number(value, field, found)
    if not SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
        sentence = say(
            "The number in “{field}” is larger than readers of JSON can hold. Declare “{field}” as String, and give it as a text.",
            field=clip(field),
        )
        return found.error(field, sentence)
    if not -EXACT <= value <= EXACT:
        found.warn(
            field,
            say(
                "The number in “{field}” has more digits than many readers of JSON keep. Give it as a text.",
                field=clip(field),
            ),
        )
    return value


def _decimal(value: Decimal, field: str, found: Findings) -> int | float | Mark:
    if value.adjusted() > 30:
        return number(LARGEST_INTEGER + 1, field, found)
    if value == value.to_integral_value():
        return number(int(value), field, found)
    near = float(value)
    if Decimal(repr(near)) != value:
        found.warn(
            field,
            say(
                "“{field}” has more decimals than a number keeps: {number} goes out. Declare it as String to keep them.",
                field=clip(field),
                number=repr(near),
            ),
        )
    return near


def not_finite(value: float) -> str:
    """Return NaN or Infinity as JavaScript spells them, for a sentence."""
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _no_number(value: float, field: str, found: Findings) -> Mark:
    found.fix(field, say("Leave “{field}” empty.", field=clip(field)), None)
    return found.error(
        field,
        say(
            "“{field}” is {value}, which JSON has no way to write. Give a number, or leave it empty.",
            field=clip(field),
            value=not_finite(value),
        ),
    )


def no_json(field: str, value: object) -> Sentence:
    """Return what is said of a value of a kind that JSON has not."""
    return say(
        "“{field}” is {value}, which JSON has not. Give a text, a number, true or false, a date, or a list of objects.",
        field=clip(field),
        value=shown(value),
    )
