"""Spellings of phone numbers and sender ids that the wire needs. What a number means (its country, its type) is for ``engine.phones``."""

from __future__ import annotations

import re
from typing import Final

SHORT_DIGITS: Final = 6
"""A number of at most so many digits is a short code: it never gets a ``+`` or a country code."""

_NO_DIGITS: Final = re.compile(r"[^0-9]")
_NUMBER: Final = re.compile(r"(?:tel:)?\+?[0-9()\s./-]+", re.ASCII | re.IGNORECASE)


def is_number(text: str) -> bool:
    """Return whether a text is written like a phone number or short code, not like an alphanumeric sender id."""
    return bool(_NUMBER.fullmatch(text.strip())) and any(sign.isdigit() for sign in text)


def digits(text: str) -> str:
    """Return the digits of a phone number, as providers want it that take no ``+``."""
    return _NO_DIGITS.sub("", text)


def with_plus(text: str) -> str:
    """Return an international number as E.164; a short code and an alphanumeric sender id stay as they are."""
    text = text.strip()
    if not is_number(text):
        return text
    plain = digits(text)
    return plain if len(plain) <= SHORT_DIGITS else f"+{plain}"


def number_key(text: str) -> str:
    """Return what is the same for every spelling of a number or sender id: its digits, or the id in small letters.

    A country-prefixed short number (``NO-2333``, as LINK Mobility writes it) has the short number's key.
    """
    text = text.strip()
    if is_number(text):
        return digits(text)
    prefix, dash, rest = text.partition("-")
    if dash and len(prefix) == 2 and prefix.isalpha() and rest.isdigit():
        return rest
    return text.casefold()
