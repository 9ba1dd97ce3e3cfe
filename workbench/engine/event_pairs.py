"""Event pairs: a start event and the one that stops its flow have to mean the same contact (R-EVT-26)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.models.base import Problem
from workbench.models.event import IDENTIFIERS, Event
from workbench.sentence import say

from .event_findings import problem
from .strict_json import clip


def check_pair(event: Event, others: Sequence[Event]) -> Iterator[Problem]:
    """Give what keeps a start event and the one that stops its flow from meaning the same contact (R-EVT-26)."""
    if not event.stopped_by:
        return
    if event.id and event.stopped_by == event.id:
        yield problem(
            "stopped_by", say("An event cannot stop the flow that it starts. Choose another event.")
        )
        return
    stop = next((other for other in others if other.id == event.stopped_by), None)
    if stop is None:
        if others:
            yield problem(
                "stopped_by",
                say("The event that stops the flow does not exist any more. Choose another one, or none."),
            )
        return
    if stop.stopped_by and stop.stopped_by == event.id:
        yield problem(
            "stopped_by",
            say(
                "“{name}” and this event stop each other. One of them has to be the start.",
                name=clip(stop.name),
            ),
            "warning",
        )
    if event.automation_id and stop.automation_id and event.automation_id != stop.automation_id:
        yield problem(
            "stopped_by",
            say(
                "This event starts the flow {start}, and “{name}” goes to the flow {stop}. Give both the same flow.",
                start=str(event.automation_id),
                name=clip(stop.name),
                stop=str(stop.automation_id),
            ),
            "warning",
        )
    yield from _check_same_identifier(event, stop)


def _check_same_identifier(event: Event, stop: Event) -> Iterator[Problem]:
    start_by, stop_by = identified_by(event), identified_by(stop)
    if start_by and stop_by and not start_by & stop_by:
        yield problem(
            "stopped_by",
            say(
                "This event goes by {start}, and “{name}” by {stop}: the flow would never be stopped. Let both carry the same identifier.",
                start=_named(start_by),
                name=clip(stop.name),
                stop=_named(stop_by),
            ),
        )
    elif not (start_by and stop_by):
        open_, closed = (event, stop) if not start_by else (stop, event)
        sentence = say(
            "“{name}” does not say by which identifier it goes: it may come with another than “{other}”. Choose one for both.",
            name=clip(open_.name),
            other=clip(closed.name),
        )
        yield problem("stopped_by", sentence, "warning")


def identified_by(event: Event) -> frozenset[str]:
    """Return the identifiers that an event carries for certain: those it asks for, else those that its mapping fills."""
    return frozenset(event.identified_by) or frozenset(
        item.variable for item in event.mapping if item.variable in IDENTIFIERS
    )


def _named(kinds: frozenset[str]) -> str:
    return ", ".join(kind for kind in IDENTIFIERS if kind in kinds)
