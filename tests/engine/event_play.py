"""The plain oracle of the simulation: every call an event in a heap, every contact settled by itself, nothing vectorised.

It shares two things with what it checks: the draws, which are the scenario's chances and no result, and the rules of ``hold.settle``.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from workbench.engine.draws import Draws
from workbench.engine.hold import settle
from workbench.models.platform import Ending
from workbench.models.scenario import Scenario


@dataclass
class Contact:
    place: int
    segment: int
    rejected: bool
    thousandths: int
    """How long its call takes, in thousandths of the median call."""
    fails: tuple[bool, bool]
    write_fails: tuple[bool, bool]
    called: bool = False
    cancelled_ms: int | None = None
    after_finish: bool = False
    stored_ms: int | None = None
    ending: Ending | None = None
    verdict: str = ""
    answered_ms: int | None = None


class Call(NamedTuple):
    """One call: when it comes, which, for the contact at which place, and whether it fails."""

    ms: int
    kind: Literal["write", "cancel", "finish"]
    place: int = 0
    fails: bool = False


@dataclass
class Play:
    contacts: list[Contact]
    finish_ms: int | None = None
    last_ms: int | None = None
    figures: dict[str, int] = field(default_factory=dict)
    decided_by: Counter[str] = field(default_factory=Counter)
    flows: Counter[tuple[str, str, str, bool]] = field(default_factory=Counter)
    calls: list[Call] = field(default_factory=list)
    """The calls in their order, as a platform sees them: also those that the platform does not take."""


def contacts_of(scenario: Scenario) -> list[Contact]:
    """Draw each contact by itself."""
    size, answering = scenario.size, scenario.answering
    draws = Draws(scenario.seed, size)
    total = sum(segment.share for segment in scenario.segments)
    contacts = []
    for number in range(size):
        chance, reached, dealt = float(draws.segment[number]), 0.0, 0
        for place, segment in enumerate(scenario.segments):
            reached += segment.share
            dealt = place
            if reached / total >= 1 or chance < reached / total:
                break
        contacts.append(
            Contact(
                place=number,
                segment=dealt,
                rejected=not float(draws.consent[number]) < scenario.segments[dealt].consent,
                thousandths=int(draws.calls(answering.spread)[number]),
                fails=tuple(float(draws.cancel(turn)[number]) < answering.failing for turn in (0, 1)),
                write_fails=tuple(
                    float(draws.write(turn)[number]) < answering.failing_writes for turn in (0, 1)
                ),
            )
        )
    return contacts


def event_play(scenario: Scenario) -> Play:
    """Play the scenario event by event."""
    play = Play(contacts_of(scenario))
    answering = scenario.answering
    begins_ms = round(answering.start_min * 60_000) + round(scenario.size * answering.work_ms)
    call_us = round(answering.call_ms * 1000) * (10 if answering.profile == "slow" else 1)

    def ms(thousandths: int) -> int:
        return begins_ms + thousandths * call_us // 1_000_000

    calls = [c for c in play.contacts if not c.rejected] if scenario.codes else []
    calls += [c for c in play.contacts if c.rejected]
    most = {"partial": len(calls) * 3 // 5, "crash_half": len(calls) // 2, "never": 0}
    made = calls[: most.get(answering.profile, len(calls))]
    now = 0
    for turn in range(2 if answering.profile == "double" else 1):
        waiting, under_way = deque(made), []
        while waiting or under_way:
            while waiting and len(under_way) < answering.at_once:
                contact = waiting.popleft()
                contact.called = True
                heapq.heappush(under_way, (now + contact.thousandths, len(waiting), contact))
            now, _, contact = heapq.heappop(under_way)
            play.last_ms = ms(now)
            fails = contact.fails[turn] if contact.rejected else contact.write_fails[turn]
            kind: Literal["cancel", "write"] = "cancel" if contact.rejected else "write"
            play.calls.append(Call(ms(now), kind, contact.place, fails))
            if not fails:
                _taken(contact, ms(now), play.finish_ms is not None)
        if answering.profile in ("healthy", "slow", "double"):
            lost = answering.leak_guard and any(c.rejected and c.cancelled_ms is None for c in calls)
            unwritten = answering.code_guard and any(not c.rejected and c.stored_ms is None for c in calls)
            if not lost and not unwritten:
                play.finish_ms = ms(now) if play.finish_ms is None else play.finish_ms
                play.calls.append(Call(ms(now), "finish"))
    _settle(scenario, play)
    return play


def _taken(contact: Contact, now_ms: int, finished: bool) -> None:
    if contact.rejected and contact.cancelled_ms is None:
        contact.cancelled_ms, contact.after_finish = now_ms, finished
    if not contact.rejected and contact.stored_ms is None:
        contact.stored_ms = now_ms


def _settle(scenario: Scenario, play: Play) -> None:
    finish = None if play.finish_ms is None else play.finish_ms / 60_000
    figures: Counter[str] = Counter()
    for contact in play.contacts:
        answer, at, by = None, None, None
        contact.verdict = "unanswered"
        contact.answered_ms = contact.cancelled_ms
        if contact.cancelled_ms is not None:
            answer, at, by, contact.verdict = "reject", contact.cancelled_ms / 60_000, finish, "reject"
            if contact.after_finish and finish == at:  # in the same millisecond, but after it
                at = math.nextafter(at, math.inf)
        elif finish is not None:
            answer, at, contact.answered_ms = "accept", finish, play.finish_ms
            contact.verdict = "reject" if contact.rejected else "accept"
        elif contact.called and contact.rejected:
            contact.verdict = "reject"
        ending = settle(
            scenario.timing,
            scenario.switches,
            answer=answer,
            answer_min=at,
            finish_min=by,
            hook_failed=not scenario.answering.acknowledged,
        )
        contact.ending = ending
        figures[ending.path] += 1
        figures["sent"] += ending.sent
        figures["leaked"] += ending.sent and contact.rejected
        figures["refused"] += answer == "reject" and ending.answer == 410
        figures["without_code"] += _without_code(scenario, contact, ending)
        play.decided_by[ending.decided_by] += 1
        segment = scenario.segments[contact.segment].name
        play.flows[segment, contact.verdict, ending.path, ending.sent] += 1
    names = ("accepted", "rejected", "timed_out", "left_flow", "sent", "leaked", "without_code")
    play.figures = {name: figures[name] for name in names}
    failed = not scenario.answering.acknowledged
    called = finish is not None and settle(
        scenario.timing, scenario.switches, answer="accept", answer_min=finish, hook_failed=failed
    )
    play.figures["refused"] = figures["refused"] + (called and called.answer == 410)


def _without_code(scenario: Scenario, contact: Contact, ending: Ending) -> bool:
    if not scenario.codes or not ending.sent:
        return False
    if scenario.switches.properties_used == "at_generation" or contact.stored_ms is None:
        return True
    return contact.stored_ms > round((ending.sent_min or 0) * 60_000)
