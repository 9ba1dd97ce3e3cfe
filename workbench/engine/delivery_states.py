"""Delivery states: what a message's reports say all together, in whatever order and however often they come (R-SMS-17).

What was said is gathered as ``Evidence``, and the state is read from it: the furthest that anybody reported. So it only goes forward, a
repeated report changes nothing, and late ones end as they would have in order. A report may be wrong all the same: carriers confirm what
never arrived, and refuse what did. Of reports that contradict each other ``delivered`` counts: a handset that has the message has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from pydantic import Field

from workbench.models.base import Noun
from workbench.models.callback import DeliveryReport
from workbench.models.message import FINAL, DeliveryState
from workbench.sentence import N_, Sentence

ORDER: Final[tuple[DeliveryState, ...]] = (
    "accepted", "scheduled", "queued", "sending", "sent", "unknown", "canceled", "expired", "rejected", "failed", "undelivered",
    "delivered", "read",
)  # fmt: skip
"""From the first to the furthest. ``unknown`` is an end that nobody knows: a real end still goes beyond it."""

STATE_WORDS: Final[Mapping[DeliveryState, str]] = {
    "accepted": N_("accepted"),
    "scheduled": N_("scheduled"),
    "queued": N_("queued"),
    "sending": N_("sending"),
    "sent": N_("sent"),
    "delivered": N_("delivered"),
    "read": N_("read"),
    "undelivered": N_("undelivered"),
    "failed": N_("failed"),
    "rejected": N_("rejected"),
    "expired": N_("expired"),
    "canceled": N_("canceled"),
    "unknown": N_("unknown"),
    "received": N_("received"),
}
FAILED: Final[frozenset[DeliveryState]] = FINAL - {"delivered", "read"}
"""The ends at which nobody got the message."""

_RANK: Final[Mapping[str, int]] = {state: rank for rank, state in enumerate(ORDER)}
_WHOLE: Final = _RANK["delivered"]
_LONG_AGO: Final = datetime(1, 1, 2, tzinfo=UTC)


class Said(Noun):
    """What the provider said with a state: its own words, kept beside ours. ``reason`` is what we make of its code."""

    at: datetime | None = None
    raw_state: str = ""
    code: str = ""
    words: str = ""
    price: str = ""
    currency: str = ""
    reason: Sentence | None = None


class Evidence(Noun):
    """All that was said of one message. ``whole`` is the furthest that was said of all of it, ``parts`` of each part of a long one.

    ``partly`` is the furthest that was said of any part, where a part that arrived only counts as sent: the others are still to come.
    """

    whole: DeliveryState | None = None
    parts: dict[str, DeliveryState] = Field(default_factory=dict)
    partly: DeliveryState | None = None
    said: dict[DeliveryState, Said] = Field(default_factory=dict)


class Moved(NamedTuple):
    """What a report led to. ``late``: it tells of a state that was passed already, and changed nothing."""

    evidence: Evidence
    state: DeliveryState
    late: bool


def moved(state: DeliveryState, report: DeliveryReport) -> tuple[DeliveryState, bool]:
    """Return the state after a report of the whole message, and whether the report came too late to change it."""
    after = _later(state, report.state)
    return after, _rank(report.state) < _rank(state)


def heard(
    evidence: Evidence, report: DeliveryReport, *, segments: int = 1, reason: Sentence | None = None
) -> Moved:
    """Return the evidence with one more report, the state that it gives, and whether the report was late.

    Any order and any repetition of the same reports gives the same. ``segments`` is how many parts the message was sent in.
    """
    before = state_of(evidence, segments)
    if report.state not in _RANK:  # an inbound message's word: says nothing of one that went out
        return Moved(evidence, before, True)
    said = Said(
        at=aware(report.at),
        raw_state=report.raw_state,
        code=report.code,
        words=report.words,
        price=report.price,
        currency=report.currency,
        reason=reason if report.state in FAILED or report.state == "unknown" else None,
    )
    changed: dict[str, object] = {"said": _with_words(evidence.said, report.state, said)}
    if report.part:
        passed = _rank(evidence.parts.get(report.part))
        changed["parts"] = {
            **evidence.parts,
            report.part: _later(evidence.parts.get(report.part), report.state),
        }
        changed["partly"] = _later(evidence.partly, report.state if _rank(report.state) < _WHOLE else "sent")
    else:
        passed = _rank(before)
        changed["whole"] = _later(evidence.whole, report.state)
    after = evidence.model_copy(update=changed)
    state = state_of(after, segments)
    return Moved(after, state, state == before and _rank(report.state) < passed)


def state_of(evidence: Evidence, segments: int = 1) -> DeliveryState:
    """Return the state that the evidence gives: delivered in parts when ``segments`` of them are; unknown where nothing was said."""
    arrived = sorted(
        (_rank(state) for state in evidence.parts.values() if _rank(state) >= _WHOLE), reverse=True
    )
    wanted = max(segments, 1)
    by_parts = ORDER[arrived[wanted - 1]] if len(arrived) >= wanted else evidence.partly
    if by_parts is None:
        return evidence.whole or "unknown"
    return _later(evidence.whole, by_parts)


def said_of(evidence: Evidence, state: DeliveryState) -> Said:
    """Return what the provider said with a state; its price is the one it told last, with whichever state."""
    said = evidence.said.get(state, Said())
    if not said.price:
        priced = [
            evidence.said[one] for one in reversed(ORDER) if one in evidence.said and evidence.said[one].price
        ]
        if priced:
            return said.model_copy(update={"price": priced[0].price, "currency": priced[0].currency})
    return said


def aware(at: datetime | None) -> datetime | None:
    """Return a provider's time with its zone; one that names none is taken as UTC."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _later(one: DeliveryState | None, other: DeliveryState) -> DeliveryState:
    return one if one is not None and _rank(one) >= _rank(other) else other


def _rank(state: str | None) -> int:
    return _RANK.get(state or "", -1)


def _with_words(
    said: Mapping[DeliveryState, Said], state: DeliveryState, new: Said
) -> dict[DeliveryState, Said]:
    """Return what was said with each state; of two that told the same state, the later one's words, whichever came first."""
    known = said.get(state)
    return {**said, state: new if known is None or _key(new) > _key(known) else known}


def _key(said: Said) -> tuple[datetime, str, str, str, str, str]:
    at = aware(said.at) or _LONG_AGO
    return at, said.code, said.raw_state, said.words, said.price, said.currency
