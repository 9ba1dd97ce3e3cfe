"""SHOP PEOPLE: the e-mail addresses and phone numbers of a record (R-SYNC-02)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.sentence import Sentence, say

from .event_emails import BLANKS, LONGEST, domain_of, wrong_with
from .event_findings import problem, shown
from .phones import normal_number
from .phones import shown as middle_out
from .shop_reading import Reading, Value, no_text, refused, rewritten
from .strict_json import clip

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_BARE_PHONE: Final = re.compile(r"[0-9]{6,15}")
_POWERS: Final = re.compile(r"\+?[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}", re.ASCII)
_ADDRESS: Final = re.compile(
    r"([\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*)@([0-9A-Za-z.-]{1,180})", re.ASCII
)


def email_value(id: str, reading: Reading, value: JsonValue) -> Value:
    """Read an e-mail address: its domain in small letters and in its wire form, the rest as it is written unless told otherwise."""
    if type(value) is not str:
        return no_text(id, value)
    plain = _ADDRESS.fullmatch(value)
    if plain is None or len(value) > LONGEST:
        return _thoroughly(id, reading, value.strip(BLANKS))
    local, name = plain.groups()
    domain = domain_of(name)
    if not domain.valid:
        return _thoroughly(id, reading, value)
    lower = name.lower()
    if lower != name or reading.lower_local:
        value = f"{local.lower() if reading.lower_local else local}@{lower}"
    return Value(value, value, _meant(id, lower, domain.meant) if domain.meant else ())


def _thoroughly(id: str, reading: Reading, value: str) -> Value:
    wrong = wrong_with(value)
    if wrong is not None:
        return refused(id, say("“{field}”: {sentence}", field=clip(id), sentence=wrong))
    local, _, name = value.rpartition("@")
    domain = domain_of(name)
    address = f"{local.lower() if reading.lower_local else local}@{domain.wire.lower()}"
    problems = list(_meant(id, domain.wire, domain.meant)) if domain.meant else []
    if not name.isascii():
        problems.append(problem(id, say(
            "The domain “{name}” of the e-mail address goes out in its wire form, “{wire}”.", name=clip(name), wire=clip(domain.wire)
        ), "note"))  # fmt: skip
    return Value(address, address, tuple(problems))


@lru_cache(maxsize=512)
def _meant(id: str, name: str, meant: str) -> tuple[Problem, ...]:
    return (
        problem(
            id,
            say("The e-mail address ends in “{name}”. Was “{meant}” meant?", name=clip(name), meant=meant),
            "warning",
        ),
    )


def phone_value(id: str, reading: Reading, value: JsonValue) -> Value:
    """Read a number: in international form, or for a file also without the country code, which the platform then puts before it."""
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if type(value) is int:
        value = str(value)
    if type(value) is not str:
        return refused(id, say(
            "“{field}” has to be a text, but it is {value}. Write one number, like +46701234567.", field=clip(id), value=shown(value)
        ))  # fmt: skip
    text = value.strip(BLANKS)
    if _E164.fullmatch(text):
        return Value(text, text)
    if _POWERS.fullmatch(text):
        return refused(id, say(
            "“{field}” is {value}: a spreadsheet made a number of it and lost digits. Format the column as text, and export it again.",
            field=clip(id), value=clip(text),
        ))  # fmt: skip
    return _national(id, reading, text) if not text.startswith(("+", "00")) else _spelled(id, text)


def _spelled(id: str, text: str) -> Value:
    made = normal_number(text)
    if isinstance(made, Sentence):
        return refused(id, say("“{field}”: {sentence}", field=clip(id), sentence=made))
    return Value(made, made, (rewritten(id, middle_out(text), middle_out(made)),))


def _national(id: str, reading: Reading, text: str) -> Value:
    digits = re.sub(r"[\s().\-/]", "", text)
    if not _BARE_PHONE.fullmatch(digits):
        made = normal_number(f"+{digits}" if digits.isdigit() else text)
        wrong = (
            made if isinstance(made, Sentence) else say("It has too few digits. Compare it with the source.")
        )
        return refused(id, say("“{field}”: {sentence}", field=clip(id), sentence=wrong))
    if not reading.file:
        return refused(id, say(
            "“{field}” {value} has no country code. Write + and the country code before it, like +46701234567.",
            field=clip(id), value=middle_out(digits),
        ))  # fmt: skip
    return Value(digits, digits, (problem(id, say(
        "“{field}” {value} has no country code, so the platform puts the account's before it. Write + and the code where it is another.",
        field=clip(id), value=middle_out(digits),
    ), "warning"),))  # fmt: skip
