"""SHOP FIGURES: whole numbers, amounts, and what is true or false, as a record has them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.sync_platform import ShopField
from workbench.sentence import Sentence, say

from .event_emails import BLANKS
from .event_findings import shown
from .event_types import truth_in
from .shop_money import is_short, money_text, read_money
from .shop_reading import Reading, Value, quoted, refused, rewritten
from .strict_json import clip

MOST_DIGITS: Final = 15
"""Digits of a whole number that every JSON reader keeps exactly."""

_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})", re.ASCII)
_WHOLE_POINT: Final = re.compile(r"(-?(?:0|[1-9][0-9]{0,14}))[.,]0{1,4}", re.ASCII)


def integer_value(field: ShopField, value: JsonValue) -> Value:
    """Read a whole number: digits alone, or what is one without a doubt, such as 12.0."""
    id = field.id
    if (type(value) is float and value.is_integer()) or (
        type(value) is Decimal and is_short(value) and value == value.to_integral_value()
    ):
        value = int(value)
    if type(value) is int:
        if abs(value) < 10**MOST_DIGITS:
            return _bounded(field, value, str(value))
    elif type(value) is str:
        text = value.strip(BLANKS)
        if _WHOLE.fullmatch(text):
            return _bounded(field, int(text), str(int(text)))
        if point := _WHOLE_POINT.fullmatch(text):
            whole = str(int(point[1]))
            read = _bounded(field, int(whole), whole)
            return read._replace(problems=(*read.problems, rewritten(id, text, whole)))
        if text.lstrip("+-").isdecimal() and text.isascii():
            return refused(id, _other_whole(id, text))
    return refused(id, say(
        "“{field}” has to be a whole number, but it is {value}. Write its digits alone.", field=clip(id), value=quoted(value)
    ))  # fmt: skip


def _other_whole(id: str, text: str) -> Sentence:
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > MOST_DIGITS:
        return say(
            "“{field}” has more than {most} digits, which no program keeps exactly. Make its field a text.",
            field=clip(id), most=MOST_DIGITS,
        )  # fmt: skip
    return say(
        "“{field}” is “{value}”: a number has neither a plus nor zeros before it. Write {right}, or make its field a text.",
        field=clip(id), value=shown(text), right=shown(f"-{digits}" if text.startswith("-") else digits),
    )  # fmt: skip


def amount_value(field: ShopField, reading: Reading, value: JsonValue) -> Value:
    """Read an amount, exactly as it is written."""
    amount = read_money(value, field=field.id, comma=reading.comma)
    return (
        refused(field.id, amount)
        if isinstance(amount, Sentence)
        else _bounded(field, amount, money_text(amount))
    )


def _bounded(field: ShopField, amount: int | Decimal, text: str) -> Value:
    if field.least is not None and amount < Decimal(repr(field.least)):
        return refused(field.id, say(
            "“{field}” is {value}, and {least} is the least it can be. Compare it with the source.",
            field=clip(field.id), value=text, least=_figure(field.least),
        ))  # fmt: skip
    if field.most is not None and amount > Decimal(repr(field.most)):
        return refused(field.id, say(
            "“{field}” is {value}, and {most} is the most it can be. Compare it with the source.",
            field=clip(field.id), value=text, most=_figure(field.most),
        ))  # fmt: skip
    return Value(amount, text)


def _figure(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else repr(bound)


def boolean_value(id: str, value: JsonValue) -> Value:
    """Read a yes or a no, in the four languages of the workbench."""
    if type(value) is bool:
        return Value(value, "true" if value else "false")
    truth = truth_in(value)
    if truth is None:
        return refused(id, say(
            "“{field}” has to be true or false, but it is {value}. Write true or false.", field=clip(id), value=quoted(value)
        ))  # fmt: skip
    return Value(truth, "true" if truth else "false")
