"""Consent asking: whom of a job's rows, or of one message, the hub's ledger lets nobody write to, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from pydantic_core import from_json

from workbench.engine.consent_profiles import check_point
from workbench.errors import Refused
from workbench.models.base import Problem
from workbench.models.consent import ConsentAsk, ConsentDecision
from workbench.models.contact import Contact
from workbench.models.integration import Settings
from workbench.models.message import Designation
from workbench.sentence import Sentence, say

AskedChannel = Literal["sms", "email", "event"]
PointChannel = Literal["sms", "email"]


class Ledger(Protocol):
    """What is asked: ``bench.consent``."""

    async def decide(self, asks: list[ConsentAsk]) -> list[ConsentDecision]:
        """Return for each question whether it may be sent, and why."""


def asked_channel(settings: Settings) -> AskedChannel | None:
    """Return the channel whose consent counts for an integration's messages; None for pushes, which have no contact point.

    An event has none of its own: what its flow sends goes to the e-mail address and the phone number that it names (R-EVT-27).
    """
    return settings.channel if settings.channel in ("sms", "email", "event") else None


def check_asking(settings: Settings) -> AskedChannel:
    """Return the channel that consent is asked for. Raises Refused where an integration's rows name nobody that can be asked about."""
    channel = asked_channel(settings)
    if channel is None:
        raise Refused(say(
            "Consent is kept for phone numbers and e-mail addresses; this integration sends neither texts nor e-mail. "
            "Leave the question for consent out."
        ))  # fmt: skip
    return channel


async def held_back(
    ledger: Ledger, channel: AskedChannel, designation: Designation, rows: Sequence[str]
) -> list[tuple[str, Sentence] | None]:
    """Return for each row (a contact as JSON) the masked point and why nobody may write to it; None for one that may be sent.

    A row without a contact point of the channel is held back too: nobody can say that it may be sent. An event is asked about for each
    point that it names, and one that opted out of anything like it holds it back; there only a record counts, as when a single one is sent.
    """
    return await decided(ledger, channel, designation, [_identifiers(row) for row in rows])


async def decided(
    ledger: Ledger, channel: AskedChannel, designation: Designation, contacts: Sequence[Mapping[str, str]]
) -> list[tuple[str, Sentence] | None]:
    """Return what ``held_back`` does, for the identifiers of contacts."""
    points = [_points(identifiers, channel) for identifiers in contacts]
    asks = [
        ConsentAsk(channel=of, point=point, designation=designation)
        for several in points
        for of, point in several
    ]
    answers = iter(await ledger.decide(asks) if asks else ())
    found: list[tuple[str, Sentence] | None] = []
    for several in points:
        decisions = [next(answers) for _ in several]
        against = next(
            (one for one in decisions if not one.send and (one.event_id or channel != "event")), None
        )
        if not decisions:
            found.append(("", _nobody(channel)))
        else:
            found.append(None if against is None else (against.point, against.reason))
    return found


async def warnings(ledger: Ledger | None, settings: Settings, contact: Contact) -> tuple[Problem, ...]:
    """Return a warning where the contact of a single message opted out, or its carrier blocks it. Nothing is kept back."""
    channel = asked_channel(settings)
    points = _points(contact.identifiers, channel) if channel else []
    if ledger is None or not points:
        return ()
    decisions = await ledger.decide([ConsentAsk(channel=of, point=point) for of, point in points])
    return tuple(
        Problem(field="identifier", level="warning", sentence=say(
            "By the consent ledger {point} may not get commercial messages. {reason}", point=decision.point, reason=decision.reason,
        ))
        for decision in decisions
        if not decision.send and decision.event_id  # without a record it may be a test address as well
    )  # fmt: skip


def _identifiers(row: str) -> Mapping[str, str]:
    try:
        contact = from_json(row)
    except ValueError:
        return {}
    identifiers = contact.get("identifiers") if isinstance(contact, dict) else None
    return identifiers if isinstance(identifiers, dict) else {}


def _points(identifiers: Mapping[str, str], channel: AskedChannel) -> list[tuple[PointChannel, str]]:
    """Return the contact points that consent is asked for: the channel's, or for an event each that it names."""
    if channel != "event":
        point = _named(identifiers, channel)
        return [(channel, point)] if point else []
    kinds: tuple[tuple[PointChannel, str], ...] = (("email", "email"), ("sms", "phone"))
    named = [(of, str(identifiers.get(kind) or "")) for of, kind in kinds]
    return [(of, point) for of, point in named if point and check_point(of, point) is None]


def _named(identifiers: Mapping[str, str], channel: PointChannel) -> str:
    """Return the contact's point of the channel: what is named so, else whatever of it is one."""
    named = identifiers.get("phone" if channel == "sms" else "email", "")
    return next(
        (one for one in (named, *identifiers.values()) if one and check_point(channel, one) is None), ""
    )


def _nobody(channel: AskedChannel) -> Sentence:
    if channel == "sms":
        return say(
            "Not sent: the row has no phone number with a country code, so nobody can be asked about consent."
        )
    if channel == "event":
        return say(
            "Not sent: the row has neither an e-mail address nor a phone number, so nobody can be asked about consent."
        )
    return say("Not sent: the row has no e-mail address, so nobody can be asked about consent.")
