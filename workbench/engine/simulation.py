"""SIMULATION: how a scenario's contacts end, all of them at once, and equal to playing them event by event.

What one setting changes is played in a moment where the crowd is there already: the crew's clock is set, and the cells are counted.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.models.platform import PATHS, Ending, Path
from workbench.models.scenario import Flow, Result, Scenario, Traced

from .crowd import Crowd, making_of
from .scenario_answer import MINUTE, Answer, answer, minutes
from .scenario_cells import Cell, Shown, cells_of, ending_of
from .scenario_story import timeline_of, warnings_of


class Played(NamedTuple):
    """A scenario that was played: its crowd, what the crew did, and the cells."""

    scenario: Scenario
    crowd: Crowd
    answer: Answer
    cells: tuple[Cell, ...]

    def cell_numbers(self) -> NDArray[np.uint8]:
        """Return each contact's cell."""
        found = np.empty(self.scenario.size, dtype=np.uint8)
        for number, cell in enumerate(self.cells):
            found[cell.members()] = number
        return found

    def paths(self) -> NDArray[np.uint8]:
        """Return each contact's path, as its place in ``PATHS``."""
        paths = [PATHS.index(cell.ending.path) for cell in self.cells]
        return np.array(paths, dtype=np.uint8)[self.cell_numbers()]

    @property
    def figures(self) -> Figures:
        """The counts of the result."""
        return _figures(self)


class Figures(NamedTuple):
    """The counts of a result, by their names there."""

    accepted: int
    rejected: int
    timed_out: int
    left_flow: int
    sent: int
    leaked: int
    without_code: int
    refused: int

    @property
    def answered(self) -> int:
        """How many contacts end on the path of an answer."""
        return self.accepted + self.rejected


def simulate(scenario: Scenario, crowd: Crowd | None = None) -> Result:
    """Return how the scenario ends. ``crowd`` saves making it anew, where one is at hand."""
    return result_of(play(scenario, crowd))


def play(scenario: Scenario, crowd: Crowd | None = None) -> Played:
    """Return the scenario, played."""
    crowd = crowd or Crowd(making_of(scenario))
    if crowd.making != making_of(scenario):
        raise ValueError("this crowd belongs to another scenario")
    done = answer(crowd, scenario)
    return Played(scenario, crowd, done, tuple(cells_of(scenario, crowd, done)))


def result_of(played: Played) -> Result:
    """Return what a person is told of a play."""
    scenario, done = played.scenario, played.answer
    flows: Counter[tuple[int, Shown, int, bool]] = Counter()
    rules: Counter[str] = Counter()
    for cell in played.cells:
        rules[cell.ending.decided_by] += cell.size
        for segment in np.flatnonzero(cell.counts).tolist():
            key = (segment, cell.verdict, PATHS.index(cell.ending.path), cell.ending.sent)
            flows[key] += int(cell.counts[segment])
    figures = played.figures
    return Result(
        scenario=scenario,
        **figures._asdict(),
        finish_min=minutes(done.finish_ms),
        last_answer_min=minutes(done.last_ms),
        flows=tuple(
            Flow(
                segment=scenario.segments[segment].name,
                verdict=verdict,
                path=PATHS[path],
                sent=sent,
                count=count,
            )
            for (segment, verdict, path, sent), count in sorted(flows.items())
        ),
        decided_by=tuple(sorted(rules.items())),
        timeline=timeline_of(scenario, played.crowd, done),
        warnings=warnings_of(scenario, done, figures.leaked, figures.without_code, figures.refused),
    )


def traced(played: Played, path: Path | None = None, after: int = 0, limit: int = 50) -> list[Traced]:
    """Return contacts by number (from 1), those on ``path`` alone where one is named, after number ``after``."""
    cells = played.cell_numbers()
    wanted = [path is None or cell.ending.path == path for cell in played.cells]
    places = after + np.flatnonzero(np.array(wanted, dtype=np.bool_)[cells[after:]])[:limit]
    return [_traced(played, place, played.cells[cells[place]]) for place in places.tolist()]


# What is counted --------------------------------------------------------------------------------------------------------


def _figures(played: Played) -> Figures:
    paths: Counter[str] = Counter()
    sent = leaked = 0
    scenario, done = played.scenario, played.answer
    late = done.finish_ms is not None and ending_of(scenario, done, "accept", done.finish_ms).answer == 410
    refused = int(late)  # the finish is one call, whoever it is for
    for cell in played.cells:
        ending, size = cell.ending, cell.size
        paths[ending.path] += size
        sent += size * ending.sent
        leaked += size * (ending.sent and cell.verdict == "reject")
        if ending.answer == 410 and cell.said == "reject":
            refused += size
    return Figures(
        accepted=paths["accepted"],
        rejected=paths["rejected"],
        timed_out=paths["timed_out"],
        left_flow=paths["left_flow"],
        sent=sent,
        leaked=leaked,
        without_code=_without_code(played),
        refused=refused,
    )


def _without_code(played: Played) -> int:
    """Return how many messages left before their code was stored (A-7); a leaked one never has a code."""
    if not played.scenario.codes:
        return 0
    missing = 0
    for cell in played.cells:
        if not cell.ending.sent:
            continue
        if cell.verdict == "accept" and played.scenario.switches.properties_used == "at_release":
            missing += _late_codes(played, cell.ending)
        else:
            missing += cell.size
    return missing


def _late_codes(played: Played, ending: Ending) -> int:
    """Return how many of the accepted had no code stored when their message left: the finish comes after every turn before it."""
    crowd, done, share = played.crowd, played.answer, played.scenario.answering.failing_writes
    lost = crowd.lost_writes(share, 0)
    if done.turns == 1 or not lost.any() or ending.sent_min is None:
        return int(lost.sum())
    never = crowd.lost_writes(share, 1)
    again = done.tempo.stamp(crowd.write_ends[lost & ~never] + done.turn_units)
    return int(never.sum() + (again > round(ending.sent_min * MINUTE)).sum())


def _traced(played: Played, place: int, cell: Cell) -> Traced:
    scenario, crowd = played.scenario, played.crowd
    ms = cell.taken_ms
    ending = cell.ending
    if cell.said == "reject":
        ms, turn = _taken(played, place)
        ending = ending_of(scenario, played.answer, "reject", ms, turn)
    return Traced(
        number=place + 1,
        segment=scenario.segments[int(crowd.segment[place])].name,
        verdict=cell.verdict,
        answered_min=minutes(ms),
        path=ending.path,
        sent=ending.sent,
        words=ending.words,
        decided_by=ending.decided_by,
    )


def _taken(played: Played, place: int) -> tuple[int, int]:
    """Return when this contact's cancel was taken, and in which turn: in the second where it failed in the first."""
    crowd, done = played.crowd, played.answer
    end = int(crowd.cancel_ends[np.searchsorted(crowd.cancels, place)])
    turn = int(crowd.draws.cancel()[place] < played.scenario.answering.failing)
    return done.tempo.stamp(end + turn * done.turn_units), turn
