"""Readiness found: what a check found, before it is evidence: who, when and in which mode are added when it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.engine.readiness_kept import kept_reply, kept_request
from workbench.engine.readiness_pages import Judged
from workbench.engine.readiness_plan import CHECKS
from workbench.models.base import JsonValue
from workbench.models.journal import Entry
from workbench.models.readiness import Evidence, Given, Source, Validation
from workbench.models.sending import Confirmation
from workbench.models.shop import Shop
from workbench.sentence import Sentence

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from .house import House


@dataclass(frozen=True, slots=True)
class Doing:
    """One check that is being done: of which validation and shop, with what a person gave and confirmed."""

    validation: Validation
    shop: Shop
    check: str
    given: Given
    confirmation: Confirmation | None


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. ``next_step`` is what to do where it is not so; without it the plan says it.

    ``early``: there is nothing to look at yet. It is not so, but nobody has to hear it who did not ask for this very check.
    """

    ok: bool
    sentence: Sentence
    source: Source
    next_step: Sentence | None = None
    notes: tuple[Sentence, ...] = ()
    body: JsonValue = None
    entries: tuple[Entry, ...] = ()
    calls: tuple[str, ...] = ()
    note: str = ""
    early: bool = False

    @classmethod
    def judged(cls, verdict: Judged, source: Source, body: JsonValue = None) -> Found:
        """Return a verdict as what was found."""
        return cls(verdict.ok, verdict.sentence, source, verdict.next_step, verdict.notes, body)


def evidence_of(house: House, check: str, found: Found, id: str) -> Evidence:
    """Return what was found as evidence, with name, time and mode. The exchange of the first entry is shown, and the last one's answer."""
    first, last = (found.entries[0], found.entries[-1]) if found.entries else (None, None)
    return Evidence(
        id=id, check=check, source=found.source, state="passed" if found.ok else "failed", sentence=found.sentence,
        next_step=None if found.ok else found.next_step or Sentence(CHECKS[check].missing), at=house.clock.now(), who=house.person.name,
        mode=house.mode, note=found.note, request=kept_request(first.request if first else None),
        reply=kept_reply(last.reply if last else None), body=found.body, notes=found.notes[:20],
        entries=tuple(entry.id for entry in found.entries if entry.id), calls=found.calls,
    )  # fmt: skip
