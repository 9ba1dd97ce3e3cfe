"""SHOP VALUES: one value of a record, read by the type of its field: what goes in a body, what goes in an import's file, and what is wrong.

A reader is made once for each column. It takes a value as a table or an answer holds it, never a blank one, and never raises. Nothing is
changed without a word: what loses nothing is put right with a note, everything else is refused with the fix.
"""

from __future__ import annotations

from functools import partial

from workbench.models.base import JsonValue
from workbench.models.sync_platform import ShopField

from .shop_figures import amount_value, boolean_value, integer_value
from .shop_moments import date_value, moment_value
from .shop_people import email_value, phone_value
from .shop_reading import Reader, Reading, Value
from .shop_texts import items_value, radio_value, text_value, texts_value, url_value

MOST_REMEMBERED = 20_000
"""Texts of one column that are remembered."""


def reader_of(field: ShopField, reading: Reading, *, moment: bool = False, remember: bool = True) -> Reader:
    """Return what reads a field's values.

    ``moment``: its dates are moments and need their time and zone. ``remember``: for a column, whose few different texts are read once.
    """
    kept = _remembered if remember else _plain
    match field.type:
        case "email":
            return partial(email_value, field.id, reading)
        case "phone":
            return partial(phone_value, field.id, reading)
        case "integer":
            return kept(partial(integer_value, field))
        case "decimal" | "money":
            return kept(partial(amount_value, field, reading))
        case "boolean":
            return kept(partial(boolean_value, field.id))
        case "date":
            return kept(partial(moment_value if moment else date_value, field.id, reading))
        case "radio":
            return kept(partial(radio_value, field))
        case "checkbox" | "texts":
            return kept(partial(texts_value, field, reading))
        case "url":
            return partial(url_value, field.id, reading)
        case "items":
            return partial(items_value, field.id)
        case _:
            return partial(text_value, field.id, reading)


def _plain(read: Reader) -> Reader:
    return read


def _remembered(read: Reader) -> Reader:
    """Return a reader that knows the texts it read already: most columns have few different values."""
    known: dict[str, Value] = {}

    def remembered(value: JsonValue) -> Value:
        if type(value) is not str:
            return read(value)
        found = known.get(value)
        if found is None:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            found = known[value] = read(value)
        return found

    return remembered
