"""CONSENT: what stands of a contact point's events, and whether it may be written to, with the record and the rule that say so.

A state is nothing but the events that still stand, so that it can be rebuilt as of any moment: ``fold`` the events up to then. In which
order they came does not matter: they are ordered by the provider's time, else ours, then by the message's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from workbench.models.consent import (
    ComplianceProfile,
    ConsentAsk,
    ConsentDecision,
    ConsentEvent,
    ConsentSettings,
    ConsentSource,
    ConsentStatus,
    Enforcement,
)
from workbench.models.phone import number_key
from workbench.sentence import N_, Sentence, say

from .consent_profiles import Asked, asked_of, enforcement_of

__all__ = ["TABLE", "as_of", "decide", "fold", "happened_at", "in_order"]

TABLE: Final[Mapping[tuple[Enforcement, ConsentStatus], bool]] = {
    ("restrictive", "opted_out"): False,
    ("restrictive", "not_set"): False,
    ("restrictive", "opted_in"): True,
    ("non_restrictive", "opted_out"): False,
    ("non_restrictive", "not_set"): True,
    ("non_restrictive", "opted_in"): True,
    ("disabled", "opted_out"): True,
    ("disabled", "not_set"): True,
    ("disabled", "opted_in"): True,
}
"""Whether is sent:
https://github.com/MicrosoftDocs/customer-insights/blob/main/ci-docs/journeys/real-time-marketing-email-text-consent.md
"""

SOURCES: Final[Mapping[ConsentSource, str]] = {
    "inbound": N_("a text message"),
    "report": N_("a delivery report"),
    "form": N_("a form"),
    "import": N_("an import"),
    "person": N_("a person, by hand"),
    "provider": N_("the provider"),
    "replay": N_("a replay"),
}

Standing = tuple[ConsentEvent, ...]
"""The events of one contact point that still stand, in their order."""
_Key = tuple[object, ...]


# -- The fold ----------------------------------------------------------------------------------------------------------


def happened_at(event: ConsentEvent) -> datetime:
    """Return when a change happened: at the provider's time where there is one, but never after we heard of it."""
    return min(event.provider_at, event.at) if event.provider_at else event.at


def in_order(event: ConsentEvent) -> tuple[datetime, str, str]:
    """Return by what events are ordered: when they happened, then the message's id, then their own (R-SMS-23)."""
    return happened_at(event), event.message_id, event.id


def fold(events: Iterable[ConsentEvent]) -> Standing:
    """Return what stands of one contact point's events, in whichever order they come.

    A later event takes the place of one of the same reach. START takes away what STOP to the same sender did, so that what was before
    stands again; it opts nobody in. A carrier's block stands apart, and only a text from the handset lifts it.
    """
    standing: dict[_Key, ConsentEvent] = {}
    for event in sorted(events, key=in_order):
        if event.carrier and event.status != "opted_out":
            if event.source == "inbound":
                _drop(
                    standing,
                    [
                        key
                        for key, one in standing.items()
                        if one.carrier and (not one.sender or _same(one.sender, event.sender))
                    ],
                )
        elif event.word == "start":
            _drop(
                standing,
                [key for key, one in standing.items() if one.word == "stop" and _same(one.to, event.to)],
            )
        else:
            standing.pop(_reach(event), None)  # so that it stands at its place in the order
            standing[_reach(event)] = event
    return tuple(standing.values())


def as_of(events: Iterable[ConsentEvent], moment: datetime) -> Standing:
    """Return what stood at a moment, as it was known then: what had not arrived yet does not count."""
    return fold(event for event in events if event.at <= moment)


def _reach(event: ConsentEvent) -> _Key:
    if event.carrier:
        return (True, number_key(event.sender))
    heard = (
        number_key(event.to) if event.word else ""
    )  # a START to one sender leaves a STOP to another as it is
    return (
        False, event.word, heard, event.profile, event.scope, event.purpose, event.topic, number_key(event.sender),
    )  # fmt: skip


def _drop(standing: dict[_Key, ConsentEvent], keys: Iterable[_Key]) -> None:
    for key in keys:
        del standing[key]


def _same(one: str, other: str) -> bool:
    return number_key(one) == number_key(other)


# -- The decision ------------------------------------------------------------------------------------------------------


def decide(
    ask: ConsentAsk,
    standing: Standing,
    profiles: Sequence[ComplianceProfile],
    settings: ConsentSettings,
    shown: str,
) -> ConsentDecision:
    """Return whether a contact point may be written to, and why.

    Args:
        ask: the question. Without a sender, what one of them may not do counts: nobody said that it is another.
        standing: what ``fold`` gives of the point's events.
        profiles: the compliance profiles; Refused where the one that is asked about, or its purpose or topic, is not there.
        settings: the rule of 2023, and the profile that counts where none is named.
        shown: the point as it may be shown.
    """
    asked = asked_of(ask, profiles, settings)
    enforcement = enforcement_of(asked.purpose, ask.channel, strict_2023=settings.strict_2023)
    forced = enforcement != enforcement_of(asked.purpose, ask.channel)
    carrier = next((one for one in standing if one.carrier and _is_asked(one, ask)), None)
    record = _record(standing, ask, asked)
    status: ConsentStatus = record.status if record else "not_set"
    topic = _topic_record(standing, asked)
    topic_status: ConsentStatus | None = None if asked.topic is None else topic.status if topic else "not_set"
    because: ConsentEvent | None = record
    if carrier is not None:
        send, rule, because, reason = False, "carrier", carrier, _by_carrier(carrier)
    elif record is not None and status == "opted_out" and record.scope in ("sender", "all"):
        send, rule = False, "sender" if record.scope == "sender" else "stop_all"
        reason = _by_reach(record)
    elif not TABLE[enforcement, status]:
        send, rule = False, "strict_2023" if forced else enforcement
        reason = _blocked(asked, record, forced=forced)
    elif topic_status is not None and not TABLE[enforcement, topic_status]:
        send, rule, because, reason = False, "topic", topic, _by_topic(asked, topic)
    else:
        send, rule = True, "strict_2023" if forced else enforcement
        reason = _allowed(asked, enforcement, record, forced=forced)
    return ConsentDecision(
        send=send, point=shown, status=status, enforcement=enforcement, reason=reason, rule=rule,
        event_id=because.id if because else "", since=happened_at(because) if because else None, topic_status=topic_status,
    )  # fmt: skip


def _record(standing: Standing, ask: ConsentAsk, asked: Asked) -> ConsentEvent | None:
    """Return the event that the purpose's status hangs on: what was said to this sender alone, where that is no; else the latest."""
    fitting = [one for one in standing if _covers(one, ask, asked)]
    latest: dict[str, ConsentEvent] = {number_key(one.sender): one for one in fitting if one.sender}
    refused = [one for one in latest.values() if one.status == "opted_out"]
    if refused:
        return refused[-1]
    return fitting[-1] if fitting else None


def _covers(event: ConsentEvent, ask: ConsentAsk, asked: Asked) -> bool:
    if event.carrier or event.topic or not _is_asked(event, ask):
        return False
    if event.scope in ("all", "sender"):
        return True
    if event.profile != asked.profile.key:
        return False
    if event.scope == "commercial":
        return asked.purpose.kind == "commercial"
    return event.purpose in ("", asked.purpose.key)


def _is_asked(event: ConsentEvent, ask: ConsentAsk) -> bool:
    """Return whether an event counts for the sender that is asked about; with none named, every no counts."""
    if not event.sender:
        return True
    return _same(event.sender, ask.sender) if ask.sender else event.status == "opted_out"


def _topic_record(standing: Standing, asked: Asked) -> ConsentEvent | None:
    if asked.topic is None:
        return None
    fitting = [
        one
        for one in standing
        if one.topic == asked.topic.key
        and one.purpose == asked.purpose.key
        and one.profile == asked.profile.key
    ]
    return fitting[-1] if fitting else None


# -- What is said of it ------------------------------------------------------------------------------------------------


def _how(event: ConsentEvent) -> Sentence:
    """Return how and when somebody opted in or out."""
    since = f"{happened_at(event):%Y-%m-%d %H:%M}"
    if event.word:
        return say(
            "by texting {word} to {to} on {since} UTC", word=event.word.upper(), to=event.to, since=since
        )
    return say("by {source} on {since} UTC", source=Sentence(SOURCES[event.source]), since=since)


def _by_carrier(event: ConsentEvent) -> Sentence:
    return say(
        "Will not send: the carrier blocks {sender} for this recipient, as it told us on {since} UTC. Only a START from their own handset "
        "lifts that.",
        sender=event.sender or say("every sender"), since=f"{happened_at(event):%Y-%m-%d %H:%M}",
    )  # fmt: skip


def _by_reach(event: ConsentEvent) -> Sentence:
    if event.scope == "sender":
        return say(
            "Will not send: they opted out {how}, and that holds for everything from {sender}.",
            how=_how(event), sender=event.sender,
        )  # fmt: skip
    return say(
        "Will not send: they opted out {how}, and that holds for every message, also where no consent is asked for.",
        how=_how(event),
    )


def _blocked(asked: Asked, record: ConsentEvent | None, *, forced: bool) -> Sentence:
    if record is not None and record.status == "opted_out":
        return say(
            "Will not send: they opted out of “{purpose}” {how}.",
            purpose=_name(asked.purpose.name),
            how=_how(record),
        )
    if forced:
        return say(
            "Will not send: the rule of 2023 is switched on, by which every text message needs an opt-in, and there is none on record."
        )
    return say(
        "Will not send: “{purpose}” goes only to those who opted in, and there is no opt-in on record.",
        purpose=_name(asked.purpose.name),
    )


def _by_topic(asked: Asked, record: ConsentEvent | None) -> Sentence:
    assert asked.topic is not None, "it was asked for"
    if record is not None and record.status == "opted_out":
        return say(
            "Will not send: “{purpose}” is allowed, but they opted out of the topic “{topic}” {how}. Both have to allow it.",
            purpose=_name(asked.purpose.name), topic=asked.topic.name, how=_how(record),
        )  # fmt: skip
    return say(
        "Will not send: “{purpose}” is allowed, but there is no opt-in to the topic “{topic}” on record. Both have to allow it.",
        purpose=_name(asked.purpose.name), topic=asked.topic.name,
    )  # fmt: skip


def _allowed(
    asked: Asked, enforcement: Enforcement, record: ConsentEvent | None, *, forced: bool
) -> Sentence:
    purpose = _name(asked.purpose.name)
    if enforcement == "disabled":
        if record is not None and record.status == "opted_out":
            return say(
                "Will send, although they opted out {how}: “{purpose}” asks for no consent.",
                how=_how(record), purpose=purpose,
            )  # fmt: skip
        return say("Will send: “{purpose}” asks for no consent.", purpose=purpose)
    if record is None or record.status == "not_set":
        return say("Will send: “{purpose}” goes to everybody who did not opt out.", purpose=purpose)
    if forced:
        return say("Will send: they opted in {how}, as the rule of 2023 demands.", how=_how(record))
    return say("Will send: they opted in to “{purpose}” {how}.", purpose=purpose, how=_how(record))


def _name(text: str) -> Sentence:
    """Return a purpose's name as a sentence: those of the first day are translated, a person's own stay as they are."""
    return Sentence(text.replace("{", "{{").replace("}", "}}"))
