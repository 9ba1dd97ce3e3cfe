"""CONSENT WORDS: how consents, changes and rules are called and shown in the consent centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from workbench.engine.consent import SOURCES
from workbench.models.consent import ComplianceProfile, ConsentEvent, ConsentRecord
from workbench.sentence import N_, Sentence, say

from . import look
from .language import when
from .piece import Said, said

STATUSES: Mapping[str, tuple[str, look.Kind]] = {
    "opted_in": (N_("Opted in"), "ok"),
    "opted_out": (N_("Opted out"), "error"),
    "not_set": (N_("Not set"), "quiet"),
}
CHANNELS: Mapping[str, str] = {
    "sms": N_("Text message"),
    "email": N_("E-mail"),
    "custom": N_("Custom channel"),
}
KINDS: Mapping[str, str] = {
    "commercial": N_("Commercial"),
    "transactional": N_("Transactional"),
    "tracking": N_("Tracking"),
}
ENFORCEMENTS: Mapping[str, str] = {
    "restrictive": N_("Restrictive: only those who opted in"),
    "non_restrictive": N_("Non-restrictive: all but those who opted out"),
    "disabled": N_("Disabled: everybody"),
}
SCOPES: Mapping[str, str] = {
    "sender": N_("The sender they texted, and nothing else"),
    "purpose": N_("The commercial purpose"),
    "commercial": N_("Everything commercial to their number"),
    "all": N_("Everything to their number"),
}
RECORD_COLUMNS: Sequence[Mapping[str, str]] = (
    {"key": "point", "label": N_("Contact point"), "kind": "strong"},
    {"key": "channel", "label": N_("Type")},
    {"key": "status", "label": N_("Status")},
    {"key": "covers", "label": N_("Holds for")},
    {"key": "source", "label": N_("Source"), "kind": "muted"},
    {"key": "changed", "label": N_("Modified (UTC)"), "kind": "muted"},
)
EXAMPLE_MOMENT = "2026-03-01 09:30"


def record_row(record: ConsentRecord, profiles: Sequence[ComplianceProfile]) -> dict[str, Any]:
    """Return a consent as a row of the list, with the columns of ``RECORD_COLUMNS``."""
    text, kind = STATUSES[record.status]
    return {
        "id": record.event_id,
        "point": record.point,
        "channel": said(CHANNELS[record.channel]),
        "status": {"text": said(text), "kind": kind},
        "covers": said(covers(record, profiles)),
        "source": said(SOURCES[record.source]),
        "changed": when(record.changed_at),
    }


def event_cells(event: ConsentEvent, profiles: Sequence[ComplianceProfile]) -> list[Any]:
    """Return a change as a row of the history: when, what, for what, by whom, and what was said."""
    text, kind = STATUSES[event.status]
    shown: Said = say("texted {word}", word=event.word.upper()) if event.word else text
    who = event.who or said(SOURCES[event.source])
    return [when(event.at), look.badge(shown, kind), said(covers(event, profiles)), who, event.words]


def covers(one: ConsentRecord | ConsentEvent, profiles: Sequence[ComplianceProfile]) -> Sentence:
    """Return what a consent holds for, in words."""
    if one.carrier:
        return say("the carrier's own block of {sender}", sender=one.sender or say("every sender"))
    if one.scope == "all":
        return say("everything")
    if one.scope == "sender":
        return say("everything from {sender}", sender=one.sender)
    if one.scope == "commercial":
        return say("everything commercial")
    profile = next((each for each in profiles if each.key == one.profile), None)
    purpose = next((each for each in profile.purposes if each.key == one.purpose), None) if profile else None
    name = said(purpose.name) if purpose else one.purpose
    if one.topic:
        topic = (
            next((each.name for each in purpose.topics if each.key == one.topic), one.topic)
            if purpose
            else one.topic
        )
        return say("{purpose}, topic {topic}", purpose=name, topic=topic)
    if one.sender:
        return say("{purpose}, from {sender} alone", purpose=name, sender=one.sender)
    return say("{purpose}", purpose=name)


def options(words: Mapping[str, str], everything: str = "") -> list[tuple[str, str]]:
    """Return the options of a choice; with ``everything``, one before them that narrows nothing."""
    first = [("", said(everything))] if everything else []
    return [*first, *((key, said(text)) for key, text in words.items())]


def moment_in(text: str) -> datetime | None:
    """Return the moment that a person wrote, in UTC where no zone is named; None for no text. Raises ValueError for no moment."""
    if not text.strip():
        return None
    found = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
