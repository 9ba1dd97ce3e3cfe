"""SHOP MONEY: amounts as ``Decimal``, read from what tables and answers hold and written exactly; no sum is ever made with floats.

A point is the decimal point, as in every program's own spelling. A decimal comma is refused with the fix, or read where a person said
that the table has them; separators of thousands are refused with the fix. A price is never guessed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from workbench.models.base import JsonValue
from workbench.sentence import Sentence, say

from .event_findings import shown
from .strict_json import clip

CENT: Final = Decimal("0.01")
"""How far a total may lie beside the sum of its lines."""
MOST: Final = Decimal(10) ** 15
"""Amounts from here on are a mistake of the source: no platform keeps them exactly."""
LONGEST: Final = 40

_PLAIN: Final = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,18})?", re.ASCII)
_COMMA: Final = re.compile(r"-?[0-9]{1,20},[0-9]{1,18}", re.ASCII)
_GROUPED: Final = re.compile(r"-?[0-9]{1,3}(?:[., '\u00a0\u202f\u2019][0-9]{3})+(?:[.,][0-9]+)?", re.ASCII)
_SPACED: Final = re.compile(r"\s")
_SCIENTIFIC: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+", re.ASCII)
_FIGURE: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)*", re.ASCII)


def read_money(value: JsonValue, *, field: str, comma: bool = False) -> Decimal | Sentence:
    """Return the amount that a cell holds, exactly as it is written, or what is wrong with it; blank cells are the caller's.

    ``comma``: a person said that the table's decimals stand behind a comma; a point is refused then. A float is the amount of its shortest
    spelling, which is the one that was written.
    """
    if type(value) is str:
        return _written(value.strip(), field, comma)
    if type(value) is int or type(value) is Decimal:
        found = Decimal(value)
    elif type(value) is float:
        found = Decimal(repr(value))
    else:
        return _no_amount(value, field)
    if not found.is_finite():
        return say(
            "“{field}” is {value}, which is no amount. Write a number, or leave it empty.",
            field=clip(field),
            value=str(found),
        )
    return _in_reach(found, field)


def _written(text: str, field: str, comma: bool) -> Decimal | Sentence:
    if (_COMMA if comma else _PLAIN).fullmatch(text) or (
        comma and text.removeprefix("-").isdecimal() and text.isascii()
    ):
        return _in_reach(Decimal(text.replace(",", ".")), field)
    if _SCIENTIFIC.fullmatch(text):
        return say(
            "“{field}” is “{value}”: a spreadsheet shortened it to powers of ten. Format the column as a number, and save again.",
            field=clip(field), value=clip(text),
        )  # fmt: skip
    if comma and _PLAIN.fullmatch(text):
        return say(
            "“{field}” is “{value}”, with a point, and this table was said to have decimal commas. Write {right}, or set the decimals of "
            "the table to a point.",
            field=clip(field), value=clip(text), right=clip(text.replace(".", ",")),
        )  # fmt: skip
    if _GROUPED.fullmatch(text) and not (
        _SPACED.search(text) and shown(text) != text
    ):  # that is a phone number
        return _grouped(text, field, comma)
    if _COMMA.fullmatch(text):
        return say(
            "“{field}” is “{value}”, with a decimal comma, and only a point is read. Write {right}, or say that the table has decimal "
            "commas.",
            field=clip(field), value=clip(text), right=clip(text.replace(",", ".")),
        )  # fmt: skip
    if len(text) <= LONGEST and (bare := _FIGURE.search(text)) and bare[0] != text == shown(text):
        right = _written(bare[0], field, comma)
        if isinstance(right, Sentence):
            return right  # its separators are the greater matter
        return say(
            "“{field}” is “{value}”, and an amount has digits alone. Remove the currency and other signs; leave {right}.",
            field=clip(field), value=shown(text), right=clip(bare[0]),
        )  # fmt: skip
    return _no_amount(text, field)


def _grouped(text: str, field: str, comma: bool) -> Sentence:
    """Refuse an amount with separators of thousands, with every number that it may mean."""
    point = "," if comma else "."
    whole = re.sub(r"[., '\u00a0\u202f\u2019]", "", text)
    signs = re.findall(r"[^0-9-]", text)
    if len(signs) > 1 and signs[-1] in ".," and signs[-1] != signs[0]:
        cut = text.rindex(signs[-1])
        right = re.sub(r"[^0-9-]", "", text[:cut]) + point + text[cut + 1 :]
        return _thousands(text, right, field)
    if len(signs) > 1 or signs[0] not in ".,":
        return _thousands(text, whole, field)
    either = text.replace(signs[0], point)
    return say(
        "“{field}” is “{value}”, which may be {whole} or {part}. Write the one that is meant.",
        field=clip(field), value=clip(text), whole=whole, part=either,
    )  # fmt: skip


def _thousands(text: str, right: str, field: str) -> Sentence:
    return say(
        "“{field}” is “{value}”, with a separator of thousands, which is not read. Write {right}.",
        field=clip(field), value=clip(text), right=clip(right),
    )  # fmt: skip


def _in_reach(found: Decimal, field: str) -> Decimal | Sentence:
    if not is_short(found) or abs(found) >= MOST:
        return say(
            "“{field}” has too many digits for an amount. Compare it with the source.", field=clip(field)
        )
    return found


def _no_amount(value: JsonValue, field: str) -> Sentence:
    return say(
        "“{field}” has to be an amount, but it is {value}. Write digits with a point for the decimals, such as 12.50.",
        field=clip(field), value=say("“{text}”", text=shown(value)) if type(value) is str else shown(value),
    )  # fmt: skip


def money_text(amount: Decimal) -> str:
    """Return an amount as it is written everywhere: digits and a point, never a power of ten. ``0.10`` stays ``0.10``."""
    return format(amount, "f")


def same_amount(first: Decimal, second: Decimal) -> bool:
    """Return whether two amounts differ by a cent at most."""
    return abs(first - second) <= CENT


def is_short(number: Decimal) -> bool:
    """Return whether a number can be written without powers of ten in a line: JSON may hold one with a thousand million zeros."""
    if not number.is_finite():
        return False
    _, digits, exponent = number.as_tuple()
    return len(digits) <= LONGEST and abs(int(exponent)) <= LONGEST


def plain_amount(amount: Decimal) -> str:
    """Return an amount without zeros at its end: what two spellings of one amount share."""
    text = money_text(amount)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
