"""SEGMENTS: how long a text is on the wire, and which character makes it so.

A segment carries 140 octets: 160 septets of GSM-7, or 70 UTF-16 code units of UCS-2. A longer text gives 6 octets of each segment to the
header that joins them: 153 and 67 (3GPP TS 23.040, section 9.2.3.24.1). An escape and its character, or the two halves of a surrogate
pair, are never parted.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from workbench.errors import MissingVariable, Refused
from workbench.models.base import JsonValue
from workbench.models.message_draft import Forcing, Lengths, Meter, SmsEncoding

from . import gsm7
from .message_text import MessageText

LIMITS: Final[Mapping[SmsEncoding, tuple[int, int]]] = {"gsm7": (160, 153), "ucs2": (70, 67)}
"""Units of a text that is one segment, and of each segment of a longer one."""
MOST_NAMED: Final = 20
"""Different characters that are named as the reason for UCS-2."""


def meter(text: str) -> Meter:
    """Return how long a text is, its segments, and the characters that force UCS-2, in the order of their first places."""
    encoding = encoding_of(text)
    parts = tuple(split(text, encoding))
    single, joined = LIMITS[encoding]
    most = single if len(parts) < 2 else joined
    return Meter(
        encoding=encoding,
        characters=len(text),
        units=units(text, encoding),
        segments=len(parts),
        per_segment=most,
        left=most - (units(parts[-1], encoding) if parts else 0),
        extended=gsm7.extended(text) if encoding == "gsm7" else 0,
        forcing=tuple(forcing(text)) if encoding == "ucs2" else (),
        parts=parts,
    )


def encoding_of(text: str) -> SmsEncoding:
    """Return GSM-7 where the text fits in it, else UCS-2."""
    return "ucs2" if gsm7.foreign(text) else "gsm7"


def units(text: str, encoding: SmsEncoding) -> int:
    """Return a text's septets, or its UTF-16 code units."""
    if encoding == "gsm7":
        return len(text) + gsm7.extended(text)
    return len(text) + _astral(text)


def segments(text: str) -> int:
    """Return how many segments a text takes: 0 where it is empty."""
    encoding = encoding_of(text)
    single, joined = LIMITS[encoding]
    whole = units(text, encoding)
    if whole <= single:
        return 1 if text else 0
    if whole == len(text):  # nothing takes two units, so nothing can be parted
        return -(-whole // joined)
    return sum(1 for _ in split(text, encoding))


def split(text: str, encoding: SmsEncoding) -> Iterator[str]:
    """Yield the texts of the segments: each as long as it can be, no pair parted. The empty text has none."""
    single, joined = LIMITS[encoding]
    if units(text, encoding) <= single:
        if text:
            yield text
        return
    cost: Callable[[str], int] = gsm7.septets if encoding == "gsm7" else _code_units
    start, used = 0, 0
    for at, character in enumerate(text):
        takes = cost(character)
        if used + takes > joined:
            yield text[start:at]
            start, used = at, 0
        used += takes
    yield text[start:]


def forcing(text: str) -> Iterator[Forcing]:
    """Yield the different characters that GSM-7 lacks, 20 at most, with first place, count, and what is like them."""
    first: dict[str, int] = {}
    counted: Counter[str] = Counter()
    for place, character in enumerate(text, 1):
        if character not in gsm7.ALPHABET:
            first.setdefault(character, place)
            counted[character] += 1
    for character, place in list(first.items())[:MOST_NAMED]:
        yield Forcing(
            character=character,
            name=name_of(character),
            place=place,
            count=counted[character],
            instead=gsm7.like(character),
        )


def name_of(character: str) -> str:
    """Return a character's name in Unicode, as “small letter a with tilde (U+00E3)” would be searched for; its code where it has none."""
    code = " ".join(f"U+{ord(one):04X}" for one in character)
    name = unicodedata.name(character[:1], "").lower()
    return f"{name} ({code})" if name else code


def lengths(
    text: MessageText, rows: Sequence[Mapping[str, JsonValue]], change: Callable[[str], str] = str
) -> Lengths:
    """Return what a text becomes over sample rows; its fixed parts alone where no row fills it. ``change`` is done to each text.

    The typical length is the median: half of the rows give at most so many units.
    """
    made: list[tuple[int, int, int]] = []
    texts: list[str] = []
    unfilled = 0
    for number, row in enumerate(rows, 1):
        try:
            filled = change(text.render(row))
        except (MissingVariable, Refused):
            unfilled += 1
            continue
        made.append((segments(filled), units(filled, encoding_of(filled)), number))
        texts.append(filled)
    if not made:
        fixed = meter(change(text.fixed))
        shares = ((fixed.segments, 1.0),)
        return Lengths(
            rows=len(rows), least=fixed, typical=fixed, most=fixed, shares=shares, unfilled=unfilled
        )
    order = sorted(range(len(made)), key=lambda at: made[at])
    least, typical, most = order[0], order[(len(order) - 1) // 2], order[-1]
    counted = Counter(count for count, _, _ in made)
    return Lengths(
        rows=len(rows),
        least=meter(texts[least]),
        typical=meter(texts[typical]),
        most=meter(texts[most]),
        shares=tuple((count, counted[count] / len(made)) for count in sorted(counted)),
        unfilled=unfilled,
        longest_row=made[most][2],
    )


def _code_units(character: str) -> int:
    return 2 if character > "\uffff" else 1


def _astral(text: str) -> int:
    """Return how many characters of a text take two code units."""
    return 0 if text.isascii() else sum(map("\uffff".__lt__, text))
