"""PHONES: one spelling for every number, and what a number says of itself: its country, its time zones, its kind.

``phonenumbers`` knows the numbering plans; its tables cost some 45 ms, so it is loaded when it is first asked.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from workbench.models.phone import SHORT_DIGITS
from workbench.sentence import Sentence, say

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

LEAST_SHORT: Final = 3
"""Digits of the shortest short code that any country gives out."""
MOST_CHARACTERS: Final = 120
NORTH_AMERICA: Final = 1
"""The calling code that the United States, Canada and twenty more countries share."""

_TEL: Final = re.compile(r"tel:(?://)?", re.IGNORECASE)
_SIGNS: Final = re.compile(r"[\s().\-/\u2010-\u2015\u2212\u00b7\u2022]")
_PREFIXED_SHORT: Final = re.compile(r"[A-Za-z]{2}-([0-9]{3,6})", re.ASCII)
"""A short code as LINK Mobility writes it, ``NO-2333``."""
_LETTERS: Final = re.compile(r"[^\W\d_]")


def normal_number(text: str, region: str = "") -> str | Sentence:
    """Return ``+46701234567`` for any spelling of a number, ``72345`` for a short code, or what is wrong with it.

    Blanks, brackets, dots, hyphens, ``tel:``, a leading 00 and digits of other scripts are taken. ``region`` (ISO 3166) reads a number as
    it is dialled there; without it a number needs its country code. What comes out goes in unchanged.
    """
    plain = _plain(text)
    if isinstance(plain, Sentence):
        return plain
    bare = plain.lstrip("+")
    if len(bare) <= SHORT_DIGITS and not bare.startswith("00"):
        return _short_code(plain)
    if plain.startswith("+"):
        return _international(plain)
    if bare.startswith("00"):
        return _international(f"+{bare[2:]}")
    if region and isinstance(national := _spelled(bare, region.upper()), str):
        return national
    if bare.startswith("0"):
        return say(
            "“{number}” is written as it is dialled inside a country. Put the country code, such as +46, in place of the first 0.",
            number=shown(bare),
        )
    return _international(f"+{bare}")


def shown(text: str) -> str:
    """Return a number as a sentence may repeat it: the middle of a long one is left out."""
    text = " ".join(text.split())
    return text if len(text) <= SHORT_DIGITS else f"{text[:3]}…{text[-2:]}"


@lru_cache(maxsize=4096)
def region_of(number: str) -> str:
    """Return the country of a normal number (ISO 3166), or an empty text: for a short code, a shared code, a number nobody can have."""
    found = _parsed(number)
    if found is None:
        return ""
    from phonenumbers import region_code_for_number

    region = region_code_for_number(found) or ""
    return "" if region in ("001", "ZZ") or not region.isalpha() else str(region)


@lru_cache(maxsize=4096)
def time_zones_of(number: str) -> tuple[str, ...]:
    """Return the time zones that a normal number may be in (IANA names); none where that is not known."""
    found = _parsed(number)
    if found is None:
        return ()
    from phonenumbers.timezone import time_zones_for_number

    return tuple(zone for zone in time_zones_for_number(found) if zone != "Etc/Unknown")


def calling_code(region: str) -> int:
    """Return the calling code of a country (ISO 3166); 0 where there is none."""
    from phonenumbers import country_code_for_region

    return int(country_code_for_region(region.strip().upper()))


def shares_north_america(number: str) -> bool:
    """Return whether a normal number lies in the plan of the United States, Canada and their neighbours."""
    return number.startswith(f"+{NORTH_AMERICA}") and len(number) == 12


def is_toll_free_abroad(number: str) -> bool:
    """Return whether a normal number outside of North America is one that costs its caller nothing."""
    found = _parsed(number)
    if found is None:
        return False
    from phonenumbers import PhoneNumberType, number_type

    return bool(number_type(found) == PhoneNumberType.TOLL_FREE)


def _plain(text: str) -> str | Sentence:
    """Return the digits of a text, a leading plus before them where it has one, or what is wrong with it."""
    if len(text) > MOST_CHARACTERS:
        return say(
            "The number has {length} characters; at most {most} are allowed. Paste one number only.",
            length=len(text),
            most=MOST_CHARACTERS,
        )
    seen = "".join(_ascii(sign) for sign in unicodedata.normalize("NFKC", text) if not _is_invisible(sign))
    seen = _TEL.sub("", seen.strip(), count=1).partition(";")[0].strip()  # RFC 3966: parameters follow a ;
    prefixed = _PREFIXED_SHORT.fullmatch(seen)
    if prefixed:
        return prefixed.group(1)
    bare = _SIGNS.sub("", seen)
    if not bare:
        return say("The number is empty. Type it with its country code, such as +46 70 123 45 67.")
    if _LETTERS.search(bare):
        return say(
            "“{number}” holds letters, and a number has digits only. Type the digits, with the country code.",
            number=shown(seen[:MOST_CHARACTERS]),
        )
    digits = bare.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        return say(
            "“{number}” holds a sign that no phone number has. Keep the digits and a leading +.",
            number=shown(seen[:MOST_CHARACTERS]),
        )
    return bare


def _ascii(sign: str) -> str:
    """Return a digit of any script as 0 to 9, anything else as it is."""
    value = unicodedata.digit(sign, -1)
    return str(value) if value >= 0 else sign


def _is_invisible(sign: str) -> bool:
    """Return whether a sign is one of those that come along when a number is copied, such as direction marks."""
    return unicodedata.category(sign) in ("Cf", "Cc") and not sign.isspace()


def _short_code(plain: str) -> str | Sentence:
    if plain.startswith("+"):
        return say(
            "“{number}” is too short for a number with a country code. A short code has no +: remove it, or type the whole number.",
            number=plain,
        )
    if len(plain) < LEAST_SHORT:
        return say(
            "“{number}” has too few digits. A short code has 5 or 6, a phone number has its country code before it.",
            number=plain,
        )
    return plain


def _international(plus: str) -> str | Sentence:
    return _spelled(plus, None)


@lru_cache(maxsize=4096)
def _spelled(text: str, region: str | None) -> str | Sentence:
    """Return a number as E.164 writes it, or what is wrong with it."""
    from phonenumbers import (
        NumberParseException,
        PhoneNumberFormat,
        ValidationResult,
        format_number,
        is_possible_number_with_reason,
        parse,
    )

    try:
        found = parse(text, region)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            return say(
                "“{number}” begins with no country code that exists. Begin with the + and the code, such as +46 for Sweden.",
                number=shown(text),
            )
        return _wrong_length(text)
    if (
        is_possible_number_with_reason(found) != ValidationResult.IS_POSSIBLE
    ):  # one without its area code is none
        return _wrong_length(text)
    normal = str(format_number(found, PhoneNumberFormat.E164))
    return normal if 7 < len(normal) <= 16 else _wrong_length(text)


def _wrong_length(text: str) -> Sentence:
    return say(
        "“{number}” has too few or too many digits for its country. Compare it with the number at your provider.",
        number=shown(text),
    )


@lru_cache(maxsize=4096)
def _parsed(number: str) -> PhoneNumber | None:
    """Return what ``phonenumbers`` makes of a normal number; None for a short code, a sender id, and what cannot be a number."""
    if not number.startswith("+"):
        return None
    from phonenumbers import NumberParseException, parse

    try:
        return parse(number, None)
    except NumberParseException:
        return None
