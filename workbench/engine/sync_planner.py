"""SYNC PLANNER: for so many rows of what, the calls and the time by single calls and by imports, which is better, and from where on.

Single calls keep to the account's pace (``engine.windows``); an import is a few calls and a wait at the platform. Nothing is sent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from workbench.models.pace import Rate
from workbench.models.sync_estimate import SyncAsk, SyncEstimate, SyncStep, Way, WayPoint
from workbench.models.sync_platform import ENTITIES, Entity, SyncPlatform
from workbench.sentence import Sentence, say

from .import_states import LONGEST_S, ask_again_s
from .standing import lasting
from .windows import fitted

__all__ = ["USUAL_BYTES", "WORTH_S", "estimate", "looks_in", "rate_of", "seconds_of_calls"]

USUAL_BYTES: Final[dict[Entity, int]] = {"contact": 120, "product": 400, "purchase": 600, "coupon": 14}
"""Bytes of a usual row in an import's file."""
WORTH_S: Final = 120.0
"""Up to two minutes' worth of single calls no import is proposed: each row has its own answer at once."""
MOST_ROWS: Final = 1_000_000_000
POINTS: Final = 25
AROUND: Final = 4
"""The curve goes this many times as far as the break-even."""


def estimate(platform: SyncPlatform, ask: SyncAsk) -> SyncEstimate:
    """Return what the sync takes, its steps in the order in which they have to go."""
    steps = tuple(
        _step(platform, ask, entity, ask.rows[entity]) for entity in ENTITIES if ask.rows.get(entity)
    )
    both = [step for step in steps if step.single and step.imported]
    largest = max(both, key=lambda step: step.rows, default=None)
    return SyncEstimate(
        calls_per_min=round(60 * rate_of(platform, ask).limit / rate_of(platform, ask).per_s),
        steps=steps,
        calls=sum(step.advised.calls for step in steps),
        seconds=sum(step.advised.seconds for step in steps),
        notes=tuple(_notes(steps)),
        curve_of=largest.entity if largest else None,
        curve=_curve(platform, ask, largest) if largest else (),
    )


def rate_of(platform: SyncPlatform, ask: SyncAsk) -> Rate:
    """Return the limit that is planned with: the asked one, else the platform's."""
    return Rate(limit=ask.calls_per_min, per_s=60.0) if ask.calls_per_min else platform.rate


def seconds_of_calls(rate: Rate, calls: int) -> float:
    """Return the seconds after which the last of so many calls is let go by the pace, where nothing went before."""
    rest, seconds = max(0, calls - 1), 0.0
    for window in sorted(fitted((), (rate,), 0.0), key=lambda one: -one.lasts_s):
        seconds += rest // window.limit * window.lasts_s
        rest %= window.limit
    return seconds


def looks_in(seconds: float) -> int:
    """Return how many times an import is looked at that takes so many seconds: the last look sees that it is done."""
    looks, passed, pause = 1, ask_again_s(0), ask_again_s(0)
    while passed < seconds and pause < LONGEST_S:
        pause = ask_again_s(looks)
        looks, passed = looks + 1, passed + pause
    return looks + max(0, math.ceil((seconds - passed) / LONGEST_S))


def _single(platform: SyncPlatform, ask: SyncAsk, entity: Entity, rows: int) -> Way | None:
    """Return the way of one call for each row; None where the platform has none: a call that writes the entity."""
    if not any(call.entity == entity and call.method in ("PATCH", "POST") for call in platform.calls):
        return None
    paced = seconds_of_calls(rate_of(platform, ask), rows) + ask.call_s
    return Way(calls=rows, seconds=max(paced, math.ceil(rows / ask.at_once) * ask.call_s))


def _imported(platform: SyncPlatform, ask: SyncAsk, entity: Entity, rows: int) -> Way | None:
    """Return the way by files, None where the platform imports no such thing. They wait for one another at the platform."""
    rules = platform.imports
    if entity not in dict(rules.types):
        return None
    size = ask.row_bytes.get(entity) or USUAL_BYTES[entity]
    parts = max(1, math.ceil(rows / max(1, rules.part_bytes // size)))
    part_s = ask.import_start_s + rows / parts / ask.import_rows_per_s
    early = min(parts, rules.queued)  # those after them each wait as long as the queue is
    looks = sum(looks_in(part_s * (at + 1)) for at in range(early)) + (parts - early) * looks_in(
        part_s * rules.queued
    )
    calls = parts + looks
    done_s = part_s * parts + ask.call_s
    return Way(calls=calls, seconds=max(done_s, seconds_of_calls(rate_of(platform, ask), calls)), parts=parts)


def _step(platform: SyncPlatform, ask: SyncAsk, entity: Entity, rows: int) -> SyncStep:
    single, imported = _single(platform, ask, entity, rows), _imported(platform, ask, entity, rows)
    by_import = imported is not None and (
        single is None or (single.seconds > WORTH_S and imported.seconds < single.seconds)
    )
    even = _break_even(platform, ask, entity) if single and imported else None
    return SyncStep(
        entity=entity, rows=rows, single=single, imported=imported, advice="import" if by_import else "single",
        why=_why(single, imported, by_import), break_even=even,
    )  # fmt: skip


def _why(single: Way | None, imported: Way | None, by_import: bool) -> Sentence:
    if imported is None:
        return say("The platform imports none of these: each one is a call of its own.")
    if single is None:
        return say("These only go by import: there is no call for one of them.")
    one_by_one, as_file = lasting(single.seconds), lasting(imported.seconds)
    if by_import:
        return say(
            "One by one these rows take {single}; an import takes about {imported}.",
            single=one_by_one, imported=as_file,
        )  # fmt: skip
    if imported.seconds < single.seconds:
        return say(
            "One by one these rows take {single}, and each has its own answer at once. An import takes about {imported}.",
            single=one_by_one, imported=as_file,
        )  # fmt: skip
    return say(
        "One by one these rows take {single}; an import would take about {imported}.", single=one_by_one, imported=as_file
    )  # fmt: skip


def _break_even(platform: SyncPlatform, ask: SyncAsk, entity: Entity) -> int | None:
    """Return from how many rows on an import is quicker, by bisection."""

    def quicker(rows: int) -> bool:
        single, imported = _single(platform, ask, entity, rows), _imported(platform, ask, entity, rows)
        return single is not None and imported is not None and imported.seconds < single.seconds

    high = 1
    while not quicker(high):
        high *= 2
        if high > MOST_ROWS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if quicker(middle) else (middle, high)
    return high


def _curve(platform: SyncPlatform, ask: SyncAsk, step: SyncStep) -> tuple[WayPoint, ...]:
    """Return both ways around the break-even; where there is none, as far as the rows go."""
    most = max(AROUND * step.break_even if step.break_even else step.rows, POINTS)
    points = []
    for rows in sorted({max(1, round(most * at / (POINTS - 1))) for at in range(1, POINTS)}):
        single, imported = (
            _single(platform, ask, step.entity, rows),
            _imported(platform, ask, step.entity, rows),
        )
        assert single is not None, "only what goes both ways is compared"
        assert imported is not None, "only what goes both ways is compared"
        points.append(WayPoint(rows=rows, single_s=single.seconds, import_s=imported.seconds))
    return tuple(points)


def _notes(steps: tuple[SyncStep, ...]) -> Iterator[Sentence]:
    there = {step.entity for step in steps}
    if "purchase" in there:
        yield say(
            "A purchase is refused while the platform does not know its contact and its products: contacts go first, then products, "
            "then purchases."
        )
    if any(step.imported for step in steps):
        yield say(
            "No document says how fast the platform takes an import. Set what you have seen, and the plan follows; a row that an import "
            "refuses is only told at its end."
        )
