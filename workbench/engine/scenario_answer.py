"""ANSWERING: how a crew answers a scenario's hold on the virtual clock: which calls it makes, when they end, and whether it finishes.

The order is that of the real answer: the file is read and decided, then come the write-backs of the accepted, then the cancels of the
rejected, and when all of them have ended the finish, unless a guard keeps it back. Times are whole milliseconds from the hook.

A healthy crew does that once; a slow one takes ten times as long for each call. Twice ("double") means the whole answer again when the
first is done, with the finish after each turn: what was taken is not taken again, and a call that failed has a second chance. A partial
answer breaks off after three fifths of the calls, a crash after half of them, both without a finish.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from workbench.models.scenario import Answering, Scenario

from .crowd import Crowd
from .draws import UNIT, Whole

MINUTE = 60_000
SLOW = 10
"""How many times as long the calls of the slow profile take."""

Units = TypeVar("Units", int, Whole)


class Tempo(NamedTuple):
    """The clock of one answer: when its first call begins (ms), and how long a median call takes (µs)."""

    begins_ms: int
    call_us: int

    def stamp(self, units: Units) -> Units:
        """Return the millisecond for so many thousandths of a median call; exact, and rounded down at the end alone."""
        whole, rest = units // _SPLIT, units % _SPLIT  # so that no product leaves 64 bits
        return self.begins_ms + whole * self.call_us + rest * self.call_us // _SPLIT


_SPLIT = UNIT * 1000  # from thousandths of microseconds to milliseconds


class Answer(NamedTuple):
    """What the crew did. ``made`` calls of the first turn began, ``turns`` times all of them; ``turn_units`` is how long one takes.

    ``finish_ms`` is when the finish was called, after turn ``finish_turn``, None if it was not; ``kept_back`` says that a guard is why.
    ``last_ms`` is the end of the last call.
    """

    tempo: Tempo
    made: int
    turns: int
    turn_units: int
    finish_ms: int | None
    finish_turn: int | None
    kept_back: bool
    last_ms: int | None


def minutes(ms: int | None) -> float | None:
    """Return milliseconds as minutes, as exact as a float can be."""
    return None if ms is None else ms / MINUTE


def tempo_of(scenario: Scenario) -> Tempo:
    """Return the clock of a scenario's answer."""
    answering = scenario.answering
    begins = round(answering.start_min * MINUTE) + round(scenario.size * answering.work_ms)
    return Tempo(begins, round(answering.call_ms * 1000) * (SLOW if answering.profile == "slow" else 1))


def calls_made(answering: Answering, calls: int) -> int:
    """Return how many of the first turn's calls are ever begun."""
    return {"partial": calls * 3 // 5, "crash_half": calls // 2, "never": 0}.get(answering.profile, calls)


def finishes(answering: Answering) -> bool:
    """Return whether this profile comes to its finish at all."""
    return answering.profile in ("healthy", "slow", "double")


def answer(crowd: Crowd, scenario: Scenario) -> Answer:
    """Return what the crew did, by its profile and its guards."""
    answering = scenario.answering
    tempo = tempo_of(scenario)
    made = calls_made(answering, crowd.calls)
    turns = 2 if answering.profile == "double" else 1
    turn_units = crowd.last_end(made)
    finish_ms, turn, kept_back = None, None, False
    if finishes(answering):
        turn = next((turn for turn in range(turns) if not _kept_back(crowd, answering, turn)), None)
        kept_back = turn is None
        finish_ms = None if turn is None else tempo.stamp(turn_units * (turn + 1))
    last_ms = tempo.stamp(turn_units * turns) if made else None
    return Answer(tempo, made, turns, turn_units, finish_ms, turn, kept_back, last_ms)


def _kept_back(crowd: Crowd, answering: Answering, turn: int) -> bool:
    """Return whether a guard keeps the finish back after this turn: a call that it watches has failed each time."""
    if answering.leak_guard and crowd.lost_cancels(answering.failing, turn).any():
        return True
    return answering.code_guard and bool(crowd.lost_writes(answering.failing_writes, turn).any())
