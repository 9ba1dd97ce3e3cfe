"""CELLS: contacts of a scenario that end alike, counted and told by the rules of ``hold.settle`` alone.

One cell are those whose cancels were taken between two moments at which an answer begins to mean something else. So the rules are asked a
dozen times, whether there are ten contacts or a million.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from math import floor, inf, isfinite, nextafter
from typing import Literal, NamedTuple, get_args

from workbench.models.platform import Ending, Switches
from workbench.models.scenario import Scenario

from .crowd import Crowd, Fits, Numbers
from .hold import Answer as Said
from .hold import hour_ends, settle
from .scenario_answer import MINUTE, Answer, minutes

Shown = Literal["accept", "reject", "unanswered"]


class Cell(NamedTuple):
    """Contacts that end alike: how they were decided, how they end, how many there are by segment, and who they are.

    ``taken_ms`` is when the answer of one of them came, which stands for all.
    """

    verdict: Shown
    said: Said | None
    taken_ms: int | None
    ending: Ending
    counts: Numbers
    members: Callable[[], Numbers]

    @property
    def size(self) -> int:
        """How many contacts it has."""
        return int(self.counts.sum())


def cells_of(scenario: Scenario, crowd: Crowd, done: Answer) -> Iterator[Cell]:
    """Give the cells: those to be accepted, those whose cancels were taken, and those whose were not."""
    finish = done.finish_ms
    by_finish: Said | None = (
        None if finish is None else "accept"
    )  # what is said for those who were not cancelled
    if crowd.accepted_by_segment.any():
        yield Cell(
            verdict="unanswered" if finish is None else "accept",
            said=by_finish,
            taken_ms=finish,
            ending=ending_of(scenario, done, by_finish, finish),
            counts=crowd.accepted_by_segment,
            members=crowd.accepted,
        )
    begun = crowd.order < done.made - crowd.writes.size  # by the order of the ends
    left = begun
    for turn in range(done.turns):
        lost = crowd.lost_cancels(scenario.answering.failing, turn)
        yield from _cancelled(scenario, crowd, done, turn, left & ~lost)
        left = left & lost
    verdicts: tuple[tuple[Shown, Fits], ...] = (("reject", left), ("unanswered", ~begun))
    for verdict, rest in verdicts:
        if rest.any():  # no cancel of theirs was taken: a finish accepts them, for all that
            ending = ending_of(scenario, done, by_finish, finish)
            counts = crowd.count(crowd.sorted_segments, rest)
            yield Cell(verdict, by_finish, finish, ending, counts, _picker(crowd.sorted_cancels, rest))


def _cancelled(scenario: Scenario, crowd: Crowd, done: Answer, turn: int, taken: Fits) -> Iterator[Cell]:
    """Give the cells of those whose cancels were taken in this turn, told by the order of the ends."""
    for low, high in _spans(scenario, crowd, done, turn):
        fits = taken[low:high]
        if not fits.any():
            continue
        end = int(crowd.sorted_ends[low + int(fits.argmax())])
        ms = done.tempo.stamp(end + turn * done.turn_units)
        ending = ending_of(scenario, done, "reject", ms, turn)
        counts = crowd.count(crowd.sorted_segments[low:high], fits)
        yield Cell("reject", "reject", ms, ending, counts, _picker(crowd.sorted_cancels[low:high], fits))


def _picker(numbers: Numbers, fits: Fits) -> Callable[[], Numbers]:
    return lambda: numbers[fits]


def ending_of(scenario: Scenario, done: Answer, said: Said | None, ms: int | None, turn: int = 0) -> Ending:
    """Return how a contact ends for which ``said`` came at ``ms``, in the crew's turn: the rules' own word.

    A cancel of a turn after the finish comes after it, though it may be in the same millisecond.
    """
    at, finish = minutes(ms), minutes(done.finish_ms)
    if at is not None and finish is not None and done.finish_turn is not None and turn > done.finish_turn:
        at = max(at, nextafter(finish, inf))
    return settle(
        scenario.timing,
        scenario.switches,
        answer=said,
        answer_min=at,
        finish_min=finish if said == "reject" else None,
        hook_failed=not scenario.answering.acknowledged,
    )


def _spans(scenario: Scenario, crowd: Crowd, done: Answer, turn: int) -> Iterator[tuple[int, int]]:
    """Give the ranges of the sorted cancels between two moments at which the rules may change, in one turn of the crew."""
    offset = turn * done.turn_units
    low = 0
    for edge in [*_edges(scenario, done.finish_ms), None]:
        high = crowd.sorted_ends.size
        if edge is not None:
            high = bisect_left(
                crowd.sorted_ends, edge, key=lambda units: done.tempo.stamp(offset + int(units))
            )
        if high > low:
            yield low, high
        low = high


_HOURS = tuple(
    Switches(hour_starts=starts, last_step=last)
    for starts in get_args(Switches.model_fields["hour_starts"].annotation)
    for last in get_args(Switches.model_fields["last_step"].annotation)
)


def _edges(scenario: Scenario, finish_ms: int | None) -> list[int]:
    """Return the milliseconds at which an answer may begin to mean something else: just before, on and after each date of the hold."""
    timing = scenario.timing
    dates = [timing.scheduled_min, *timing.next_steps_min]
    # not only its own hour: an answer that another one would not have taken is told by its switch
    dates += [hour_ends(timing, switches) for switches in _HOURS]
    if finish_ms is not None:
        dates.append(finish_ms / MINUTE)
    return sorted({floor(date * MINUTE) + near for date in dates if isfinite(date) for near in (-1, 0, 1, 2)})
