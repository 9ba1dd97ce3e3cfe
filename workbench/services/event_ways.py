"""Event ways: what is to be said of the integration that an event is sent through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workbench.engine.template import compile_template
from workbench.errors import Invalid
from workbench.models.base import Level, Problem
from workbench.models.event import Event
from workbench.models.integration import Integration
from workbench.sentence import Sentence, say

FIELD: Final = "integration_id"
WHOLE: Final = "event"
"""The contact's variable that holds an event's whole body."""


def no_way(event: Event) -> Sentence:
    """Return what is said where an event that nothing sends shall be sent."""
    return say("“{name}” has no integration to be sent through. Choose one in its contract.", name=event.name)


def check_way(event: Event, saved: Integration | None, others: Sequence[Event]) -> list[Problem]:
    """Return what is wrong with the event's integration, ``saved``; ``others`` are the other events."""
    if not event.integration_id:
        return [
            _problem(
                say("The event has no integration yet, so it can be composed but not sent. Choose one."),
                "warning",
            )
        ]
    if saved is None:
        return [_problem(say("The integration is gone. Choose another one."))]
    if saved.settings.channel != "event":
        return [
            _problem(say("“{name}” sends no events. Choose an integration of SendPulse.", name=saved.name))
        ]
    found = _problems(event, saved)
    same = next((other.name for other in others if other.integration_id == event.integration_id), None)
    if same is not None:
        sentence = say("“{other}” is sent through the same integration. Give each event its own.", other=same)
        found.append(_problem(sentence, "warning"))
    return found


def _problems(event: Event, saved: Integration) -> list[Problem]:
    found: list[Problem] = []
    named = saved.settings.credential.get("event")
    if isinstance(named, str) and named.strip() and named.strip() != event.name.strip():
        sentence = say(
            "“{integration}” sends the event “{other}”, not “{name}”. Choose another integration, or correct the name.",
            integration=saved.name,
            other=named.strip(),
            name=event.name.strip(),
        )
        found.append(_problem(sentence))
    if not _takes_the_whole(saved.settings.payload):
        sentence = say(
            "“{integration}” has a payload of its own, so the body that this contract makes would not go out. "
            "Choose “The whole event” as its payload.",
            integration=saved.name,
        )
        found.append(_problem(sentence))
    return found


def _takes_the_whole(payload: str) -> bool:
    try:
        return any(slot.key.partition(".")[0] == WHOLE for slot in compile_template(payload).slots)
    except Invalid:
        return False


def _problem(sentence: Sentence, level: Level = "error") -> Problem:
    return Problem(field=FIELD, sentence=sentence, level=level)
