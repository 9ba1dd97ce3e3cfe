"""Visibility: which business units the running call sees, and whose the things are that it makes.

There is one door to the documents (``VisibleCatalogue``), one to the secrets (``VisibleVault``), and one sight for the queries of the
database; each asks here. Who works for no unit in particular sees everything, and so does what works in the background.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from workbench.errors import Forbidden
from workbench.models.custom_channel import CHANNEL_DESIGNS
from workbench.models.gate import GATES
from workbench.models.readiness import READINESS
from workbench.models.shop import SHOPS
from workbench.models.sms_account import SMS_ACCOUNTS, SMS_DRAFTS
from workbench.models.unit import NOBODYS, TABLES
from workbench.sentence import Sentence, say

from .roles import caller

UNIT: Final = "unit"
"""The field of a document that says whose it is. The nouns do not know of it: the door takes it off and puts it on."""

KIND_OF: Final[Mapping[str, str]] = {
    "int": "integrations", "dra": "drafts", "gat": GATES, "shp": SHOPS, "sms": SMS_ACCOUNTS, "smd": SMS_DRAFTS, "evt": "events",
    "chn": CHANNEL_DESIGNS, "cas": "cassettes", "env": "environments", "val": READINESS, "tab": TABLES,
}  # fmt: skip
"""The kind of document that ids of a prefix name."""

_NAMES: Final = re.compile(rf"\b(?:{'|'.join(KIND_OF)})_[0-9a-z]{{6,}}\b")

SEE_ALL: Final[Sentence] = say(
    "This concerns the whole workbench, and you work for some of its units. Ask somebody who works for all of them."
)

working_for: ContextVar[str | None] = ContextVar("working_for", default=None)
"""The unit that what runs in the background works for: a job's, a hold's. None: what runs is a person's call."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """What one call sees: taken when it begins, for its work may be done in another's thread."""

    units: frozenset[str] | None

    def see(self, unit: str) -> bool:
        """Return whether something of this unit is seen."""
        return self.units is None or not unit or unit in self.units

    def may_change(self, unit: str) -> bool:
        """Return whether something of this unit may be changed."""
        return self.units is None or unit in self.units


def eyes() -> Eyes:
    """Return what the running call sees."""
    person = caller.get()
    return Eyes(frozenset(person.units) if person is not None and person.units else None)


def require_all_units() -> None:
    """Raise Forbidden where the caller works for some units only: for what concerns the whole workbench."""
    if eyes().units is not None:
        raise Forbidden(SEE_ALL)


def in_background(unit: str = "") -> None:
    """Let this task see everything from now on, and work for ``unit``. Who it was started by stays, for the journal."""
    person = caller.get()
    if person is not None and person.units:
        caller.set(person.model_copy(update={"units": ()}))
    working_for.set(unit)


def named_in(text: str) -> set[str]:
    """Return the ids in a text that may name a document that belongs to somebody."""
    return set(in_order(text))


def in_order(text: str) -> list[str]:
    """Return the same ids in the order in which they stand there."""
    return _NAMES.findall(text)


def text_of(document: Mapping[str, Any]) -> str:
    """Return a document as a text in which ids and handles are found."""
    return json.dumps(document, default=str)


def forbidden() -> Forbidden:
    """Return the error that what is nobody's is changed by those alone who work for all units."""
    return Forbidden(NOBODYS)
