"""TRANSLITERATION: a text brought into GSM-7, if all of it can be: typographic signs made plain, accents that GSM-7 lacks left out.

“Promoção — até 50%” is UCS-2, with 70 characters a segment; “Promocao - até 50%” is GSM-7, with 160. What GSM-7 has stays: é, à, ñ, ü.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from workbench.models.message_draft import Forcing, Transliterated

from . import gsm7
from .segments import MOST_NAMED, meter, name_of

_MARKED: Final = re.compile("[^\u0300-\u036f][\u0300-\u036f]*|[\u0300-\u036f]+", re.DOTALL)
"""A character with the combining marks behind it: decomposed, é is two characters."""


def transliterated(text: str) -> Transliterated:
    """Return the text in GSM-7 with what was changed, 20 characters at most; unchanged where it is GSM-7 already, or never can be."""
    before = meter(text)
    if before.encoding == "gsm7":
        return Transliterated(text=text, before=before, after=before)
    found = written(text)
    if found == text:
        return Transliterated(text=text, before=before, after=before)
    return Transliterated(text=found, changes=_changes(text), before=before, after=meter(found))


def written(text: str) -> str:
    """Return the text alone, in GSM-7 where it can be; else as it was."""
    if not gsm7.foreign(text):
        return text
    parts = []
    for marked in _MARKED.findall(text):
        instead = gsm7.like(marked) if gsm7.foreign(marked) else marked
        if instead is None:
            return text
        parts.append(instead)
    return "".join(parts)


def _changes(text: str) -> tuple[Forcing, ...]:
    first: dict[str, int] = {}
    counted: Counter[str] = Counter()
    for found in _MARKED.finditer(text):
        marked = found[0]
        if gsm7.foreign(marked):
            first.setdefault(marked, found.start() + 1)
            counted[marked] += 1
    return tuple(
        Forcing(character=marked, name=name_of(marked), place=place, count=counted[marked], instead=gsm7.like(marked))
        for marked, place in list(first.items())[:MOST_NAMED]
    )  # fmt: skip
