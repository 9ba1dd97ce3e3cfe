"""Lab: scenarios of held sendouts, played in a moment: how they end, how far each setting can go, and which open questions matter.

Nothing here touches the world: a play asks no platform and keeps nothing. A large one runs in a thread, so that nobody else waits for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from math import isfinite
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar, cast

from pydantic import ValidationError

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.platform import Path
from workbench.models.scenario import BreakEven, Curve, Doubt, Moved, Result, Scenario, Traced
from workbench.sentence import Sentence, say

from .roles import viewer

if TYPE_CHECKING:  # NumPy is loaded by the first play: a page that connects never needs it
    from workbench.engine.crowd import Crowd, Making
    from workbench.engine.simulation import Played

AT_ONCE: Final = 20_000
"""Contacts up to which a play is too short to be worth a thread."""
TURNS: Final = 2
"""Large plays that run at a time: each holds a hundred bytes or so for a contact."""
KEPT_CONTACTS: Final = 1_500_000
KEPT_ANSWERS: Final = 64
MOST_TRACED: Final = 1000
MOST_VALUES: Final = 500
MOST_CROWDS: Final = 20_000_000
"""Contacts that one curve may make anew, where each value has a crowd of its own."""

Found = TypeVar("Found")


class Lab:
    """The gate lab. The same scenario gives the same answer, to the byte; what was asked lately is not played again."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, Scenario], object] = OrderedDict()
        self._crowds: OrderedDict[Making, Crowd] = OrderedDict()
        self._lock = Lock()
        self._turns = asyncio.Semaphore(TURNS)

    @viewer
    async def check(self, scenario: Scenario) -> list[Problem]:
        """Return what is wrong with a scenario, in the order of the form; only errors keep it from being played."""
        from workbench.engine.scenario_checks import check_scenario

        return check_scenario(scenario)

    @viewer
    async def run(self, scenario: Scenario) -> Result:
        """Return how the scenario ends; Invalid where it cannot be played."""
        return await self._told("run", scenario, self._result)

    @viewer
    async def trace(
        self, scenario: Scenario, path: Path | None = None, after: int = 0, limit: int = 50
    ) -> list[Traced]:
        """Return contacts one by one, those on ``path`` alone where it is named, after number ``after``; 1,000 at most."""
        _check(scenario)
        from workbench.engine.simulation import traced

        most = max(0, min(limit, MOST_TRACED))
        return await self._worked(
            scenario.size, lambda: traced(self._play(scenario), path, min(max(0, after), scenario.size), most)
        )

    @viewer
    async def break_even(self, scenario: Scenario) -> BreakEven:
        """Return how far call time, size, start, finish and next step can go with the answer still in time, with a curve for each."""
        from workbench.engine.break_even import break_even

        return await self._told("break_even", scenario, lambda one: break_even(one, self._crowd(one)))

    @viewer
    async def doubts(self, scenario: Scenario) -> list[Doubt]:
        """Return for each of the vendor's open questions whether this scenario hangs on it, and what each answer makes of it."""
        from workbench.engine.scenario_doubts import doubts

        return list(await self._told("doubts", scenario, lambda one: tuple(doubts(one, self._crowd(one)))))

    @viewer
    async def compare(self, one: Scenario, two: Scenario) -> list[Moved]:
        """Return which contacts end on another path in the second scenario: contact by contact, of those that both have."""
        _check(one)
        _check(two)
        from workbench.engine.scenario_doubts import moved

        return await self._worked(max(one.size, two.size), lambda: moved(self._play(one), self._play(two)))

    @viewer
    async def sweep(self, scenario: Scenario, setting: str, values: list[float]) -> Curve:
        """Return how many contacts are answered in time for each value of one setting; Invalid where it cannot take a value."""
        _check(scenario)
        from workbench.engine.break_even import anew, sweep

        if len(values) > MOST_VALUES:
            raise _invalid(
                say(
                    "{count} values are more than the {most} of one curve. Take fewer.",
                    count=len(values),
                    most=MOST_VALUES,
                )
            )
        if not values:
            raise _invalid(say("A curve needs at least one value of the setting. Give some."))
        wanted = _swept(scenario, setting, values)
        if anew(scenario, setting) and sum(one.size for one in wanted) > MOST_CROWDS:
            raise _invalid(
                say(
                    "A curve over this setting plays every contact anew for each value, and {count} are more than {most}."
                    " Take fewer values, or a smaller sendout.",
                    count=sum(one.size for one in wanted),
                    most=MOST_CROWDS,
                )
            )
        work = max((one.size for one in wanted), default=0) * len(values)
        return await self._worked(work, lambda: sweep(scenario, setting, values, self._crowd(scenario)))

    async def _told(self, kind: str, scenario: Scenario, work: Callable[[Scenario], Found]) -> Found:
        """Return what the work tells of a scenario, kept from the last time where it is."""
        _check(scenario)
        key = (kind, scenario)
        if key in self._answers:
            self._answers.move_to_end(key)
            return cast(Found, self._answers[key])
        # a break-even tries sizes of its own, up to the largest
        told = await self._worked(
            AT_ONCE + 1 if kind == "break_even" else scenario.size, lambda: work(scenario)
        )
        self._answers[key] = told
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)
        return told

    async def _worked(self, contacts: int, work: Callable[[], Found]) -> Found:
        """Return what the work gives: done here where it is short, else in a thread, a few at a time."""
        if contacts <= AT_ONCE:
            return work()
        async with self._turns:
            return await asyncio.to_thread(work)

    def _result(self, scenario: Scenario) -> Result:
        from workbench.engine.simulation import result_of

        return result_of(self._play(scenario))

    def _play(self, scenario: Scenario) -> Played:
        from workbench.engine.simulation import play

        return play(scenario, self._crowd(scenario))

    def _crowd(self, scenario: Scenario) -> Crowd:
        """Return the scenario's crowd, of which the last few are kept: most sliders leave it as it is. Called from threads too."""
        from workbench.engine.crowd import Crowd, making_of

        making = making_of(scenario)
        with self._lock:
            known = self._crowds.pop(making, None)
        crowd = known or Crowd(making)
        with self._lock:
            self._crowds[making] = crowd
            while len(self._crowds) > 1 and sum(each.size + 1000 for each in self._crowds) > KEPT_CONTACTS:
                self._crowds.popitem(last=False)
        return crowd


def _check(scenario: Scenario) -> None:
    """Raise Invalid for a scenario that cannot be played."""
    from workbench.engine.scenario_checks import check_scenario

    if problems := [problem for problem in check_scenario(scenario) if problem.blocks]:
        raise Invalid(problems)


def _swept(scenario: Scenario, setting: str, values: list[float]) -> list[Scenario]:
    """Return the scenarios of a curve; Invalid where the setting cannot take one of the values."""
    from workbench.engine.scenario_settings import with_setting

    swept = []
    for value in values:
        try:
            if not isfinite(value):
                raise _invalid(say("{value} is no number that a setting can have.", value=str(value)))
            swept.append(with_setting(scenario, setting, value))
            _check(swept[-1])
        except ValidationError:
            raise _invalid(
                say("{value} is out of the bounds of “{setting}”.", value=value, setting=setting)
            ) from None
    return swept


def _invalid(sentence: Sentence) -> Invalid:
    return Invalid([Problem(field="values", sentence=sentence)])
