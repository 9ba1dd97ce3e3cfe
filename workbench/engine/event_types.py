"""Event types: one given value read as a String, a Number or a Boolean (R-EVT-08), from a source of types or of texts alone.

A reader takes the value, the field's name and the findings. It returns the value as it goes out, ``ABSENT`` or ``UNFIT``, and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from workbench.models.base import JsonValue
from workbench.sentence import N_, Sentence, say

from .event_findings import ABSENT, UNFIT, Findings, shown
from .event_plain import no_json, number, plain, simple, text
from .strict_json import clip

Reader = Callable[[object, str, Findings], Any]

MOST_DIGITS: Final = 300
"""Characters of a text that may be a number; more is nobody's price."""

_MACHINE: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_ZEROS: Final = re.compile(r"-?0\d+", re.ASCII)
_SCIENTIFIC: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d{1,3}", re.ASCII)
_LOOSE: Final = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>\d{1,3}(?:(?P<sep>[.,\s'\u2019])\d{3})(?:(?P=sep)\d{3})*|\d*)(?:(?P<point>[.,])(?P<part>\d+))?"
)
_PHONE: Final = re.compile(r"\+\d[\d\s.-]{5,}", re.ASCII)
_NO_FIGURE: Final = re.compile(
    r"^(?:[^\w\s+.,-]|[A-Za-z]{1,3}\$?|[A-Za-z]{3})\s*(?=[\d+-])|(?<=\d)\s*(?:[^\w\s.,]|[A-Za-z]{3})$"
)
_TRUE: Final = frozenset(
    {"true", "1", "yes", "y", "sim", "s", "si", "sí", "oui", "o", "verdadeiro", "verdadero", "vrai", "on"}
)
_FALSE: Final = frozenset({"false", "0", "no", "n", "não", "nao", "non", "falso", "faux", "off"})


def read_string(value: object, field: str, found: Findings) -> Any:
    """Return a text as it is; a number or a yes is none, unless the source knows texts alone or has no JSON spelling of its own."""
    if type(value) is str:
        return value if value.isprintable() else text(value, field, found)
    value = simple(value)
    if value is None:
        return ABSENT
    if type(value) is str:
        return text(value, field, found)
    if isinstance(value, Decimal):
        return _written(
            format(value, "f") if abs(value.adjusted()) < MOST_DIGITS else str(value), field, found
        )
    if isinstance(value, date):
        return _written(value.isoformat(), field, found)
    if isinstance(value, bool | int | float):
        return _string_of(value, field, found)
    if isinstance(value, list | dict):
        return found.error(
            field,
            say(
                "“{field}” is declared as String, but it is {value}. Give one text, or declare it as an array.",
                field=clip(field),
                value=shown(value),
            ),
        )
    return found.error(field, no_json(field, value))


def _string_of(value: float | bool, field: str, found: Findings) -> Any:
    fit = value if isinstance(value, bool) else number(value, field, found)
    if fit is UNFIT:
        return UNFIT
    spelled = ("true" if value else "false") if isinstance(value, bool) else repr(value)
    if found.typed:
        return spelled
    _offer(field, spelled, found)
    return found.error(
        field, mistyped(field, N_("String"), value, say("Write it as a text, in double quotes."))
    )


def _written(spelled: str, field: str, found: Findings) -> str:
    found.note(field, say("“{field}” goes out as the text {value}.", field=clip(field), value=shown(spelled)))
    return spelled


def read_number(value: object, field: str, found: Findings) -> Any:
    """Return a number. A text is one where the source knows texts alone and it can be read in one way."""
    kind = type(value)
    if kind is str:
        return _number_in(str(value), field, found)
    value = simple(value)
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        offered = int(value)
        _offer(field, offered, found)
        return found.error(
            field, mistyped(field, N_("Number"), value, say("Give a number, or declare it as Boolean."))
        )
    if isinstance(value, int | float | Decimal):
        return number(value, field, found)
    if type(value) is str:
        return _number_in(value, field, found)
    if isinstance(value, list | dict | date):
        return found.error(field, mistyped(field, N_("Number"), value, say("Give one number.")))
    return found.error(field, no_json(field, value))


def _number_in(given: str, field: str, found: Findings) -> Any:
    """Return the number that a text is written as, where texts are read; else offer it."""
    stripped = given.strip()
    if found.typed:
        if not stripped:
            return ABSENT
        if _MACHINE.fullmatch(stripped) and len(stripped) <= MOST_DIGITS:
            return number(_figure(stripped), field, found)
    choices, why = numbers_in(stripped)
    for choice in choices:
        _offer(field, choice, found)
    if len(choices) == 1 and found.typed and why is None:
        found.note(
            field,
            say(
                "“{field}”: {value} was read as the number {number}.",
                field=clip(field),
                value=shown(given),
                number=shown(choices[0]),
            ),
        )
        return number(choices[0], field, found)
    if len(choices) > 1:
        sentence = say(
            "“{field}” is {value}, which can be {first} or {second}. Choose which, or write it with a decimal point.",
            field=clip(field),
            value=shown(given),
            first=shown(choices[0]),
            second=shown(choices[1]),
        )
        return found.error(field, sentence)
    if choices:
        return found.error(
            field,
            mistyped(
                field,
                N_("Number"),
                given,
                why or say("Write it without quotes: {number}.", number=shown(choices[0])),
            ),
        )
    return found.error(field, mistyped(field, N_("Number"), given, say("Give a number, such as 12.5.")))


def numbers_in(spelled: str) -> tuple[tuple[int | float, ...], Sentence | None]:
    """Return the numbers that a text may mean, the likelier first, and why none of them may be taken without a word (None where it may)."""
    spelled = spelled.strip()
    if not spelled or len(spelled) > MOST_DIGITS:
        return (), None
    if _ZEROS.fullmatch(spelled):
        return (int(spelled),), say(
            "As a number it loses its leading zeros. If they matter, declare it as String."
        )
    if _SCIENTIFIC.fullmatch(spelled):
        return _scientific(spelled)
    why = None
    if _PHONE.fullmatch(spelled):
        why = say("It looks like a phone number. Declare it as String, so that its plus stays.")
    if not (found := _LOOSE.fullmatch(spelled)):
        bare = _NO_FIGURE.sub("", spelled)
        found = _LOOSE.fullmatch(bare) if bare != spelled else None
        why = say("Write the number alone, without a currency or a unit.")
    if not found or not any(map(str.isdigit, found[0])) or (not found[0].isascii() and not _spaced(found[0])):
        return (), None
    return _loose(found), why


def _spaced(spelled: str) -> bool:
    return re.sub(r"[\s\u2019]", "", spelled).isascii()


def _loose(found: re.Match[str]) -> tuple[int | float, ...]:
    """Return the readings of a number with separators: ``1.234,5`` has one, ``1,234`` two."""
    sign, whole, sep, point, part = found.group("sign", "whole", "sep", "point", "part")
    minus = "-" if sign == "-" else ""
    if sep and sep == point:
        return ()
    bare = re.sub(r"\D", "", whole)
    if sep in (".", ",") and not point and whole.count(sep) == 1:
        # one separator before three digits: thousands, or a decimal sign
        grouped, decimal = _figure(minus + bare), _figure(minus + whole.replace(sep, "."))
        return (decimal, grouped) if sep == "." else (grouped, decimal)
    return (_figure(f"{minus}{bare or '0'}.{part}" if point else minus + bare),)


def _scientific(spelled: str) -> tuple[tuple[int | float, ...], Sentence | None]:
    value = float(spelled.replace(",", "."))
    if value in (float("inf"), float("-inf")):
        return (), None
    why = say(
        "A spreadsheet wrote it in scientific notation, and digits may be lost. Write it out, or take it as it is."
    )
    return (int(value) if value.is_integer() and abs(value) < 1e15 else value,), why


def _figure(spelled: str) -> int | float:
    return float(spelled) if "." in spelled else int(spelled)


def read_boolean(value: object, field: str, found: Findings) -> Any:
    """Return true or false. A text is one where the source knows texts alone."""
    value = simple(value)
    if type(value) is bool:
        return value
    if value is None:
        return ABSENT
    meant = truth_in(value)
    if type(value) is str and found.typed:
        if not value.strip():
            return ABSENT
        if meant is not None:
            if value.strip().lower() not in ("true", "false"):
                found.note(
                    field,
                    say(
                        "“{field}”: {value} was read as {truth}.",
                        field=clip(field),
                        value=shown(value),
                        truth=shown(meant),
                    ),
                )
            return meant
    if meant is not None:
        _offer(field, meant, found)
    if value is UNFIT:
        return found.error(field, no_json(field, value))
    return found.error(field, mistyped(field, N_("Boolean"), value, say("Give true or false.")))


def truth_in(value: object) -> bool | None:
    """Return what a word or a number says, in the four languages of the workbench; None where it says neither yes nor no."""
    if type(value) is str:
        word = value.strip().casefold()
        return True if word in _TRUE else False if word in _FALSE else None
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    return None


def read_any(value: object, field: str, found: Findings) -> Any:
    """Return an undeclared value as the JSON it is; a blank text of a source of texts is nothing."""
    if found.typed and type(value) is str and not value.strip():
        return ABSENT
    return plain(value, field, found)


def mistyped(field: str, wanted: str, value: object, fix: Sentence) -> Sentence:
    """Return what is said of a value that is not of its declared type."""
    return say(
        "“{field}” is declared as {type}, but it is {value}. {fix}",
        field=clip(field),
        type=Sentence(wanted),
        value=_with_kind(value),
        fix=fix,
    )


def _with_kind(value: object) -> Any:
    if isinstance(value, str):
        return say("the text {value}", value=shown(f"“{value}”" if len(value) < 40 else value))
    if isinstance(value, bool):
        return shown(value)
    if isinstance(value, int | float):
        return say("the number {value}", value=shown(value))
    return shown(value)


def _offer(field: str, value: JsonValue, found: Findings) -> None:
    spelled = f'"{shown(value)}"' if isinstance(value, str) else shown(value)
    found.fix(field, say("Put {value} in “{field}”.", value=spelled, field=clip(field)), value)
