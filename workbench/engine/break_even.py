"""BREAK-EVEN: how far a setting of a scenario can go with the answer still in time, and what becomes of the contacts on the way.

All runs share their draws, so one setting alone makes the difference. "In time" asks of the clock: the finish is called, if no guard keeps
it back, while the platform still takes it. The last such moment is asked of the rules; the rest is found by bisection, on whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from workbench.models.scenario import BreakEven, Curve, Scenario
from workbench.sentence import N_

from .crowd import Crowd, making_of
from .draws import Draws
from .in_time import NEVER, last_that, latest_ms, smallest_gap_ms
from .scenario_answer import MINUTE, SLOW, Tempo, finishes, minutes, tempo_of
from .scenario_settings import SETTINGS, with_setting
from .simulation import play

FIGURE = N_("Contacts that are answered in time")
LARGEST_CALL_US = 600_000_000
LARGEST_SIZE = 1_000_000
SIZES_TRIED = (20_000, 200_000, LARGEST_SIZE)
"""A larger crowd is drawn only where all of a smaller one is still in time."""
LARGEST_START_MS = 100_000 * MINUTE
POINTS = 21
"""How many points a curve of the break-even has."""
SIZES = 9
"""How many where each has a crowd of its own."""

Crowds = Callable[[Scenario], Crowd]


class Reuse:
    """Crowds that are made from one another: alike ones are the same, and those of fewer contacts the beginning of a larger one."""

    def __init__(self, crowd: Crowd | None = None) -> None:
        self._crowd = crowd

    def __call__(self, scenario: Scenario) -> Crowd:
        """Return the crowd of the scenario."""
        making, known = making_of(scenario), self._crowd
        if known is not None and known.making == making:
            return known
        if (
            known is not None
            and known.making == making._replace(size=known.making.size)
            and making.size < known.making.size
        ):
            return known.first(making.size)
        draws = known.draws if known is not None and _serves(known.draws, making.seed, making.size) else None
        self._crowd = Crowd(making, draws)
        return self._crowd


def _serves(draws: Draws, seed: int, size: int) -> bool:
    return draws.seed == seed and draws.size >= size


def sweep(scenario: Scenario, setting: str, values: Iterable[float], crowd: Crowd | None = None) -> Curve:
    """Return how many contacts are answered in time for each value of a setting; it turns at the first value that changes the figure."""
    crowds = Reuse(crowd)
    asked = [(float(value), with_setting(scenario, setting, value)) for value in values]
    if setting == "size" and asked:  # the largest first: the others are its beginnings
        crowds(max((one for _, one in asked), key=lambda one: one.size))
    points = tuple((value, float(play(one, crowds(one)).figures.answered)) for value, one in asked)
    turns_at = next((value for value, figure in points if figure != points[0][1]), None)
    return Curve(
        setting=setting, unit=SETTINGS[setting].unit, figure=FIGURE, points=points, turns_at=turns_at
    )


def anew(scenario: Scenario, setting: str) -> bool:
    """Return whether each value of this setting has a crowd of its own, which takes far longer than a play."""
    return setting in ("consent", "at_once", "spread") or (setting == "size" and scenario.codes)


def break_even(scenario: Scenario, crowd: Crowd | None = None) -> BreakEven:
    """Return how far each setting can go; a figure is None where no value of it will do, or every one.

    A profile that never comes to its finish has none but the latest moment of one.
    """
    latest = latest_ms(scenario)
    latest_finish = None if latest == NEVER else minutes(latest)
    if not finishes(scenario.answering):
        return BreakEven(latest_finish_min=latest_finish)
    crowds = Reuse(crowd)
    units = crowds(scenario).last_end()
    tempo = tempo_of(scenario)
    gap = smallest_gap_ms(scenario, tempo.stamp(units))
    found: dict[str, float | None] = {
        "call_ms": None if latest is None else _largest_call_ms(scenario, tempo, units, latest),
        "size": None if latest is None else _largest_size(scenario, latest),
        "start_min": None if latest is None else _latest_start_min(scenario, tempo, units, latest),
    }
    if scenario.timing.flow == "campaign_manager":
        found["next_step_min"] = minutes(gap)
    size = found["size"]
    return BreakEven(
        largest_call_ms=found["call_ms"],
        largest_size=None if size is None else int(size),
        latest_start_min=found["start_min"],
        latest_finish_min=latest_finish,
        smallest_gap_min=minutes(gap),
        curves=tuple(_curve(scenario, name, turns_at, crowds) for name, turns_at in found.items()),
    )


def _largest_call_ms(scenario: Scenario, tempo: Tempo, units: int, latest: int) -> float | None:
    times = SLOW if scenario.answering.profile == "slow" else 1

    def in_time(us: int) -> bool:
        return tempo._replace(call_us=us * times).stamp(units) <= latest

    largest = last_that(in_time, LARGEST_CALL_US + 1)
    return None if largest in (NEVER, LARGEST_CALL_US) else largest / 1000


def _latest_start_min(scenario: Scenario, tempo: Tempo, units: int, latest: int) -> float | None:
    work = tempo.stamp(units) - round(scenario.answering.start_min * MINUTE)  # from the start on
    start = latest - work
    return start / MINUTE if 0 <= start < LARGEST_START_MS else None


def _largest_size(scenario: Scenario, latest: int) -> int | None:
    """Return the largest size whose answer is in time.

    The crew is busy until the end, so that the sum of the calls bounds its time from both sides: within the bounds a few crowds are made.
    """
    making = making_of(scenario)
    for most in SIZES_TRIED:
        whole = Draws(making.seed, most)
        low, high = _bounds(scenario, whole, latest)
        if high < most:
            break

    def fits(size: int) -> bool:
        one = scenario.model_copy(update={"size": size})
        return tempo_of(one).stamp(Crowd(making._replace(size=size), whole).last_end()) <= latest

    if low < 0 and not fits(0):
        return None
    low = max(low, 0)
    found = low + last_that(lambda more: fits(low + more), high - low + 1)
    return None if found >= LARGEST_SIZE else found


def _bounds(scenario: Scenario, draws: Draws, latest: int) -> tuple[int, int]:
    """Return a size that is surely in time (-1: none is known) and one above which surely none is."""
    everyone = Crowd(making_of(scenario)._replace(size=draws.size, codes=False, at_once=1), draws)
    calls = draws.calls(scenario.answering.spread)
    made = calls if scenario.codes else np.where(everyone.rejected, calls, 0)
    busy = np.cumsum(made)
    longest = np.maximum.accumulate(made)
    lanes = scenario.answering.at_once

    def ends(size: int, spare: int) -> int:
        one = tempo_of(scenario.model_copy(update={"size": size}))
        return one.stamp(int(busy[size - 1]) // lanes + spare * int(longest[size - 1]) if size else 0)

    past = draws.size + 1
    surely = last_that(lambda size: ends(size, 1) <= latest, past)
    perhaps = last_that(lambda size: ends(size, 0) <= latest, past)
    return surely, max(perhaps, 0)


def _curve(scenario: Scenario, name: str, turns_at: float | None, crowds: Crowds) -> Curve:
    """Return the curve from nothing to twice the break-even, or twice what is set where there is none."""
    points = tuple(
        (value, float(play(one, crowds(one)).figures.answered))
        for value in _values(scenario, name, turns_at)
        for one in (with_setting(scenario, name, value),)
    )
    return Curve(setting=name, unit=SETTINGS[name].unit, figure=FIGURE, points=points, turns_at=turns_at)


def _values(scenario: Scenario, name: str, turns_at: float | None) -> Sequence[float]:
    set_to = {
        "call_ms": scenario.answering.call_ms,
        "size": scenario.size,
        "start_min": scenario.answering.start_min,
        "next_step_min": min(scenario.timing.next_steps_min, default=60.0),
    }[name]
    most = {"call_ms": 600_000, "size": LARGEST_SIZE, "start_min": 100_000}.get(name, 43_200)
    top = min(most, max(2 * (turns_at or set_to), set_to, 1))
    count = SIZES if name == "size" else POINTS
    values = {top * place / (count - 1) for place in range(count)} | {float(set_to)}
    if name == "size":
        values = {float(round(value)) for value in values}
    return sorted(values | ({turns_at} if turns_at is not None else set()))
