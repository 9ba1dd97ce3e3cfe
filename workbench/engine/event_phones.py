"""Event phones: E.164 out of what people write, completed by the event's country; what a spreadsheet broke is refused (R-EVT-06, 13)."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from typing import Any, Final

from workbench.sentence import Sentence, say

from .event_emails import BLANKS
from .event_findings import ABSENT, Findings, Mark, shown
from .event_plain import not_finite, simple
from .identifiers import E164
from .phones import normal_number
from .phones import shown as middle_out

FIELD: Final = "phone"
LONGEST: Final = 120
_INTERNATIONAL: Final = 11
"""Digits from which a number that does not begin with 0 most likely has its country code."""
LEAST, MOST = 7, 15
"""Digits of a number with its country code (ITU-T E.164); the vendor's own sample has nine."""

_SCIENTIFIC: Final = re.compile(r"[+-]?\d+(?:[.,]\d*)?[eE][+-]?\d{1,4}", re.ASCII)
_FRACTION: Final = re.compile(r"(\+?\d{6,})[.,]0{1,2}", re.ASCII)
_SIGNS: Final = re.compile(r"[\s().\-/\u2010-\u2015\u2212\u00b7\u2022\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_TEL: Final = re.compile(r"tel:(?://)?", re.IGNORECASE)
_ROUND: Final = re.compile(r"\d+0{4}", re.ASCII)


def read_phone(value: object, found: Findings, region: str = "") -> Any:
    """Return the number as it goes out, ``ABSENT`` for a blank one, ``UNFIT`` for none.

    What has a plus goes out as E.164, whether or not the number is in use. A number without one is completed by ``region`` (ISO 3166);
    where that cannot be done it goes out as its digits, with a warning and the fix.
    """
    if type(value) is str:
        if E164.fullmatch(value) and not _is_dummy(value):
            return value
        return _read(value, found, region)
    value = simple(value)
    if value is None:
        return ABSENT
    if type(value) is str:
        return _read(value, found, region)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _number(value, found, region)
    return found.error(
        FIELD,
        say(
            '“phone” must be a text, but it is {value}. Give one number in double quotes, like "+46701234567".',
            value=shown(value),
        ),
    )


def _number(value: float | Decimal, found: Findings, region: str) -> Mark:
    """Refuse a number: as a text it keeps its plus and its zeros. The text is offered where no digit can be lost."""
    if isinstance(value, float) and not math.isfinite(value):
        found.fix(FIELD, say("Leave “{field}” empty.", field=FIELD), None)
        return found.error(
            FIELD,
            say(
                "“{field}” is {value}, which is no number at all. Give a text, or leave it empty.",
                field=FIELD,
                value=not_finite(value),
            ),
        )
    whole = int(value) if 0 < value < 10**MOST else 0  # a Decimal may have a million digits
    digits = str(whole) if whole > 0 else ""
    lossy = isinstance(value, float) and _ROUND.fullmatch(digits)
    if digits and whole == value and not lossy:
        _offer(_likely(digits, region), found, say("Write “phone” as a text."))
    return found.error(
        FIELD,
        say(
            "“phone” is the number {value}, and it must be a text: a number loses its plus and its zeros. Write it in double quotes.",
            value=middle_out(digits) if digits else shown(value),
        ),
    )


def _read(given: str, found: Findings, region: str) -> str | Mark:
    value = given.strip(BLANKS)
    if not value:
        return ABSENT
    if len(value) > LONGEST:
        return found.error(
            FIELD,
            say(
                "“phone” has {length} characters; at most {most} are allowed. Give one number alone.",
                length=len(value),
                most=LONGEST,
            ),
        )
    if _SCIENTIFIC.fullmatch(value):
        return found.error(
            FIELD,
            say(
                "“phone” is {value}: a spreadsheet made a number of it and lost digits. Format the column as text, and export it again.",
                value=shown(value),
            ),
        )
    if cut := _FRACTION.fullmatch(value):
        _offer(_likely(cut[1], region), found, say("Remove the decimals from “phone”."))
        return found.error(
            FIELD,
            say(
                "“phone” is {value}: a program made a number of it. Write the digits without “.0”, and format the column as text.",
                value=middle_out(cut[1]),
            ),
        )
    bare = _SIGNS.sub("", _TEL.sub("", _ascii_digits(value), count=1))
    digits = bare.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return found.error(FIELD, _no_digits(value, digits))
    return _of_digits(given, bare, digits, found, region)


def _of_digits(given: str, bare: str, digits: str, found: Findings, region: str) -> str | Mark:
    """Return the number of a text that has nothing but digits and signs between them."""
    if _is_dummy(bare) and LEAST <= len(digits) <= MOST and not bare.startswith("+0"):
        return _dummy(given, bare, found)
    plus = bare if bare.startswith("+") else f"+{digits[2:]}" if digits.startswith("00") else ""
    if not plus and region:
        plus = _completed(digits, region)
    if plus:
        if not E164.fullmatch(plus):
            return found.error(FIELD, _no_e164(plus))
        if plus != given:
            found.note(
                FIELD,
                say("“phone” was rewritten in its international form, {value}.", value=middle_out(plus)),
            )
            _offer(plus, found, say("Write “phone” in its international form."))
        return plus
    if not LEAST <= len(digits) <= MOST:
        return found.error(FIELD, _no_e164(digits))
    _without_plus(digits, found, region)
    return digits


def _without_plus(digits: str, found: Findings, region: str) -> None:
    """Warn of a number without country code, and offer it with a plus where it may begin with one."""
    if digits.startswith("0") or region:
        found.warn(
            FIELD,
            say(
                "“phone” {value} has no country code. Write + and the country code before it, in place of a first 0.",
                value=middle_out(digits),
            ),
        )
        return
    found.warn(
        FIELD,
        say(
            "“phone” {value} has no + and no country code that can be told. Write it in international form, or give the event a country.",
            value=middle_out(digits),
        ),
    )
    _offer(f"+{digits}", found, say("Put + before “phone”, if it begins with the country code."))


def _dummy(given: str, bare: str, found: Findings) -> str:
    found.warn(
        FIELD,
        say(
            "“phone” {value} looks made up to fill the field. One identifier is enough: leave it empty.",
            value=middle_out(bare),
        ),
    )
    found.fix(FIELD, say("Leave “{field}” empty.", field=FIELD), None)
    return bare


def _is_dummy(bare: str) -> bool:
    """Return whether all digits but the first, which may be a country's, are the same."""
    return bare.count(bare[-1]) >= len(bare) - (2 if bare[0] == "+" else 0)


def no_country(number: str) -> Sentence:
    """Return what is said where a number without country code is all that tells whom the event is about: it cannot."""
    return say(
        "“phone” {value} has no + and country code, so that it names nobody. Write it like +46701234567, or give an e-mail address.",
        value=middle_out(number),
    )


def _likely(digits: str, region: str) -> str:
    """Return a number that lost its plus as it most likely was; as it stands where that cannot be told."""
    whole = len(digits) >= _INTERNATIONAL and E164.fullmatch(f"+{digits}")
    return _completed(digits, region) or (f"+{digits}" if whole else digits)


def _completed(digits: str, region: str) -> str:
    """Return a number as it is dialled in a country in its international form; an empty text where it is none there."""
    if digits.startswith("+") or not region:
        return ""
    made = normal_number(digits, region)
    return made if isinstance(made, str) and made.startswith("+") else ""


def _ascii_digits(value: str) -> str:
    """Return digits of any script as 0 to 9, full-width signs as their plain ones."""
    if value.isascii():
        return value
    value = unicodedata.normalize("NFKC", value)
    return "".join(str(unicodedata.digit(sign, sign)) for sign in value)


def _no_digits(value: str, digits: str) -> Sentence:
    if not digits:
        return say("“phone” has no digits. Write it like +46701234567, or leave it empty.")
    if any(sign.isalpha() for sign in value):
        return say(
            "“phone” {value} holds letters, and a number has digits only. Give one number, like +46701234567.",
            value=shown(value),
        )
    return say(
        "“phone” {value} holds a sign that no phone number has. Give one number, like +46701234567.",
        value=shown(value),
    )


def _no_e164(number: str) -> Sentence:
    digits = number.removeprefix("+")
    if digits.startswith("0"):
        return say(
            "“phone” {value} begins with 0 where the country code stands. Write it like +46701234567.",
            value=middle_out(number),
        )
    return say(
        "“phone” {value} has {count} digits; with its country code it has {least} to {most}. Compare it with the source.",
        value=middle_out(number),
        count=len(digits),
        least=LEAST,
        most=MOST,
    )


def _offer(value: str, found: Findings, sentence: Sentence) -> None:
    found.fix(FIELD, sentence, value)
