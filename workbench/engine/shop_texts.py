"""SHOP TEXTS: texts, keys, choices, lists of texts and addresses of pages, as a record has them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.models.sync_platform import ShopField
from workbench.sentence import Sentence, say

from .event_emails import BLANKS
from .event_findings import problem, shown
from .shop_money import is_short, money_text
from .shop_reading import Reading, Value, json_list, no_text, refused, rewritten
from .slots import nearest
from .strict_json import clip

LIST_SIGN: Final = "|"
"""What separates the texts of a list in an import's file.

https://support.connectif.ai/hc/en-us/articles/360014588839-Product-import
"""
MOST_TEXTS: Final = 1_000
"""Texts of one list."""

_POWERS: Final = re.compile(r"\+?[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}", re.ASCII)
_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CALL: Final = re.compile(r"[+\-@][\s\d+-]*[A-Za-z_.]+[(|!]")
"""A call of a function: https://owasp.org/www-community/attacks/CSV_Injection"""
_PERCENT: Final = re.compile(r"https?%3a", re.IGNORECASE)
_HTTP: Final = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)


def text_value(id: str, reading: Reading, value: JsonValue) -> Value:
    """Read a text. A whole number is its digits; other numbers, lists and objects are none."""
    if type(value) is str:
        if value.isprintable() and value[0] not in " =+-@":
            return Value(value, value)
        return _odd_text(id, reading, value)
    if (type(value) is int or type(value) is Decimal) and is_short(Decimal(value)):
        text = money_text(Decimal(value))
        return Value(text, text)
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        text = str(int(value))
        return Value(text, text)
    return no_text(id, value)


def _odd_text(id: str, reading: Reading, value: str) -> Value:
    """Read a text that holds line ends or signs that cannot be seen, or that a spreadsheet may run."""
    if _ODD.search(value):
        return refused(id, say(
            "“{field}” holds a NUL or another sign that cannot be seen. Type the text again, or save the file as UTF-8.", field=clip(id)
        ))  # fmt: skip
    if value.lstrip().startswith("="):
        formula = say(
            "“{field}” begins with “=”, as a formula does. Copy the column in the spreadsheet, paste it as values, and save again.",
            field=clip(id),
        )
        return (
            refused(id, formula) if reading.file else Value(value, value, (problem(id, formula, "warning"),))
        )
    if _CALL.match(value):
        return Value(value, value, (problem(id, say(
            "“{field}” begins like a formula, which a spreadsheet that opens an export of it would run. Compare it with the source.",
            field=clip(id),
        ), "warning"),))  # fmt: skip
    return Value(value, value)


def id_value(id: str, reading: Reading, value: JsonValue) -> Value:
    """Read a key: a text without outer blanks that can stand in a path."""
    found = text_value(id, reading, value)
    if found.body is None:
        return found
    text = str(found.body).strip(BLANKS)
    if text in (".", ".."):
        return refused(id, say(
            "“{field}” is “{value}”, which in an address means another folder. Give it a name of its own.", field=clip(id), value=text
        ))  # fmt: skip
    if _POWERS.fullmatch(text) and "e" in text.lower():
        doubt = say(
            "“{field}” is “{value}”, which looks like a number that a spreadsheet shortened. Compare it with the source.",
            field=clip(id), value=clip(text),
        )  # fmt: skip
        return Value(text, text, (*found.problems, problem(id, doubt, "warning")))
    return found if text == found.body else Value(text, text, found.problems)


def radio_value(field: ShopField, value: JsonValue) -> Value:
    """Read one of the choices. Capitals do not count; what is only read is left out."""
    if type(value) is not str:
        return text_value(field.id, Reading(), value) if not field.choices else _no_choice(field, value)
    text = value.strip(BLANKS)
    if not field.choices:
        return text_value(field.id, Reading(), text)
    if text in field.choices:
        return Value(text, text)
    if text in field.read_choices:
        return Value(None, "", (problem(field.id, say(
            "“{field}” is “{value}”, which is only read and never written. It is left out; the platform keeps what it has.",
            field=clip(field.id), value=clip(text),
        ), "warning"),))  # fmt: skip
    same = next((choice for choice in field.choices if choice.casefold() == text.casefold()), None)
    return _no_choice(field, text) if same is None else Value(same, same, (rewritten(field.id, text, same),))


def _no_choice(field: ShopField, value: JsonValue) -> Value:
    near = nearest(value, field.choices) if type(value) is str else None
    if near:
        return refused(field.id, say(
            "“{field}” cannot be “{value}”. Did you mean “{near}”?", field=clip(field.id), value=shown(value), near=near
        ))  # fmt: skip
    return refused(field.id, say(
        "“{field}” cannot be “{value}”. Write one of: {choices}.",
        field=clip(field.id), value=shown(value), choices=clip(", ".join(field.choices), 200),
    ))  # fmt: skip


def texts_value(field: ShopField, reading: Reading, value: JsonValue) -> Value:
    """Read a list of texts: a list, a JSON list in a cell, or texts with ``|`` between them."""
    given = _parted(value)
    if given is None or any(type(one) not in (str, int) for one in given):
        return refused(field.id, say(
            "“{field}” has to be a list of texts. Write them with {sign} between them.", field=clip(field.id), sign=LIST_SIGN
        ))  # fmt: skip
    texts = [text for one in given if (text := str(one).strip(BLANKS))]
    if len(texts) > MOST_TEXTS:
        return refused(field.id, say(
            "“{field}” has {count} texts; at most {most} are allowed. Leave some out.",
            field=clip(field.id), count=len(texts), most=MOST_TEXTS,
        ))  # fmt: skip
    problems: list[Problem] = []
    if len(texts) < len(given):
        problems.append(problem(field.id, say(
            "“{field}” has empty texts between its separators; they are left out.", field=clip(field.id)
        ), "note"))  # fmt: skip
    if field.choices:
        for number, text in enumerate(texts):
            found = radio_value(field, text)
            problems += found.problems
            texts[number] = found.cell or text
    if reading.file and any(LIST_SIGN in text for text in texts):
        problems.append(problem(field.id, say(
            "A text of “{field}” holds the sign {sign}, which separates texts in an import. Replace it, or send the rows one by one.",
            field=clip(field.id), sign=LIST_SIGN,
        )))  # fmt: skip
    if any(_ODD.search(text) for text in texts):
        problems.append(problem(field.id, say(
            "“{field}” holds a NUL or another sign that cannot be seen. Type the text again, or save the file as UTF-8.",
            field=clip(field.id),
        )))  # fmt: skip
    if any(one.blocks for one in problems):
        return Value(None, "", tuple(problems))
    return Value(texts, LIST_SIGN.join(texts), tuple(problems))


def _parted(value: JsonValue) -> list[JsonValue] | None:
    if isinstance(value, list):
        return value
    if type(value) is int:
        return [value]
    if type(value) is not str:
        return None
    if value.lstrip().startswith("["):
        found = json_list(value)
        return found if found is not None else value.split(LIST_SIGN)
    return value.split(LIST_SIGN)


def url_value(id: str, reading: Reading, value: JsonValue) -> Value:
    """Read an address: absolute, http or https."""
    if type(value) is not str:
        return refused(
            id,
            say(
                "“{field}” has to be an address, but it is {value}. Write it from https:// on.",
                field=clip(id),
                value=shown(value),
            ),
        )
    text = value.strip(BLANKS)
    wrong = wrong_url(id, text)
    return refused(id, wrong) if wrong else Value(text, text)


def wrong_url(id: str, text: str) -> Sentence | None:
    """Return what keeps a text from being an absolute http address, or None."""
    if _PERCENT.match(text):
        return say(
            "“{field}” is percent-encoded as a whole. Write the address as the browser shows it, from https:// on.",
            field=clip(id),
        )
    if _HTTP.fullmatch(text) and _ODD.search(text) is None:
        return None
    if any(sign.isspace() for sign in text):
        return say(
            "“{field}” holds a blank, which no address has. Write %20 in its place, or remove it.",
            field=clip(id),
        )
    if text.startswith("//"):
        return say(
            "“{field}” begins with //, and says neither http nor https. Write it from https:// on.",
            field=clip(id),
        )
    return say(
        "“{field}” is “{value}”, which is no absolute address. Write it whole, from https:// on.",
        field=clip(id),
        value=shown(text[:60]),
    )


def items_value(id: str, value: JsonValue) -> Value:
    """Read a list of objects: nested values, or JSON in a cell. What the objects hold is read elsewhere."""
    found = json_list(value) if type(value) is str else value
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return refused(id, say(
            "“{field}” has to be a JSON list of objects, one for each line, such as {example}.",
            field=clip(id), example='[{"productId": "P1", "quantity": 1, "price": 9.90}]',
        ))  # fmt: skip
    return Value(found)
