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

AskedChannel = Literal["sms", "email"]


class Ledger(Protocol):
    """What is asked: ``bench.consent``."""

    async def decide(self, asks: list[ConsentAsk]) -> list[ConsentDecision]:
        """Return for each question whether it may be sent, and why."""


def asked_channel(settings: Settings) -> AskedChannel | None:
    """Return the channel whose consent counts for an integration's messages; None for pushes, which have no contact point."""
    return settings.channel if settings.channel in ("sms", "email") else None


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

    A row without a contact point of the channel is held back too: nobody can say that it may be sent.
    """
    points = [_point(row, channel) for row in rows]
    asks = [ConsentAsk(channel=channel, point=point, designation=designation) for point in points if point]
    decided = iter(await ledger.decide(asks) if asks else ())
    found: list[tuple[str, Sentence] | None] = []
    for point in points:
        if not point:
            found.append(("", _nobody(channel)))
            continue
        decision = next(decided)
        found.append(None if decision.send else (decision.point, decision.reason))
    return found


async def warnings(ledger: Ledger | None, settings: Settings, contact: Contact) -> tuple[Problem, ...]:
    """Return a warning where the contact of a single message opted out, or its carrier blocks it. Nothing is kept back."""
    channel = asked_channel(settings)
    point = _named(contact.identifiers, channel) if channel else ""
    if ledger is None or channel is None or not point:
        return ()
    [decision] = await ledger.decide([ConsentAsk(channel=channel, point=point)])
    if decision.send or not decision.event_id:  # without a record it may be a test address as well
        return ()
    return (
        Problem(field="identifier", level="warning", sentence=say(
            "By the consent ledger {point} may not get commercial messages. {reason}", point=decision.point, reason=decision.reason,
        )),
    )  # fmt: skip


def _point(row: str, channel: AskedChannel) -> str:
    try:
        contact = from_json(row)
    except ValueError:
        return ""
    return _named(contact.get("identifiers", {}), channel) if isinstance(contact, dict) else ""


def _named(identifiers: Mapping[str, str], channel: AskedChannel) -> str:
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
    return say("Not sent: the row has no e-mail address, so nobody can be asked about consent.")
