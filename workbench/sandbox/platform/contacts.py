"""Contacts: the people of a sendout, made from its seed; the same seed gives the same ones, and none is kept."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from workbench.models.platform import Sendout

FIRST_NAMES: Final = (
    "Ana", "Bruno", "Chloé", "Diego", "Elin", "Filip", "Greta", "Hugo", "Inês", "Jonas", "Karin", "Lucía", "Maël", "Nora", "Oskar", "Pilar",
)  # fmt: skip
LAST_NAMES: Final = (
    "Almeida", "Berg", "Costa", "Dubois", "Ek", "Ferreira", "García", "Holm", "Iglesias", "Jansson", "Klein", "Lopes", "Moreau", "Nilsson",
)  # fmt: skip
COUNTRIES: Final = ("BR", "CA", "DE", "ES", "FR", "PT", "SE", "US")
_PLAIN: Final = {
    name: name.lower().translate(str.maketrans("éêëí", "eeei")) for name in FIRST_NAMES + LAST_NAMES
}
"""The names as they stand in an address."""

_ID = re.compile(r"P(\d{1,20})-(\d{1,7})")
_MASK: Final = (1 << 64) - 1


class Contact(NamedTuple):
    """One person: the original id in the system that owns the data, and the properties, all of them texts as in the vendor's API."""

    id: str
    properties: dict[str, str]


def contact(sendout: Sendout, index: int) -> Contact:
    """Return the contact at ``index`` (from 0) of a sendout."""
    luck = _mixed(sendout.seed, index)
    first, last = FIRST_NAMES[luck >> 24 & 15], LAST_NAMES[(luck >> 28 & 255) % len(LAST_NAMES)]
    properties = {
        "email": f"{_PLAIN[first]}.{_PLAIN[last]}{index}@example.com",
        "firstname": first,
        "lastname": last,
        "segment": segment(sendout, index),
        "consent": "yes" if (luck & 0xFFFFFF) < sendout.consent_share * 0x1000000 else "no",
        "country": COUNTRIES[luck >> 36 & 7],
        "age": str(18 + (luck >> 40 & 255) % 60),
        "since": f"20{15 + (luck >> 48 & 255) % 11}-{1 + (luck >> 52 & 255) % 12:02}-{1 + (luck >> 56 & 255) % 28:02}",
    }
    return Contact(contact_id(sendout, index), properties)


PROPERTIES: Final = ("email", "firstname", "lastname", "segment", "consent", "country", "age", "since")


def contact_id(sendout: Sendout, index: int) -> str:
    """Return the original id of the contact at ``index``."""
    return f"P{sendout.seed & _MASK}-{index:07}"


def segment(sendout: Sendout, index: int) -> str:
    """Return the segment that the contact at ``index`` is dealt to."""
    return sendout.segments[index % len(sendout.segments)] if sendout.segments else ""


def place(id: str) -> tuple[int, int] | None:
    """Return the seed and the index that an original id holds, or None for an id that was never made here."""
    read = _ID.fullmatch(id)
    if read is None or f"P{int(read[1])}-{int(read[2]):07}" != id:
        return None
    return int(read[1]), int(read[2])


def _mixed(seed: int, index: int) -> int:
    """Return 64 bits that look drawn, the same for the same seed and index (the finish of SplitMix64, Steele et al. 2014)."""
    z = (seed * 0x9E3779B97F4A7C15 + (index + 1) * 0xD1B54A32D192ED03) & _MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & _MASK
    return z ^ (z >> 31)
