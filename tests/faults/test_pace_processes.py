"""Several processes, each with several workers, keep to one pace; those that are killed take no more with them than what they held."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import workbench
from workbench.adapters.budgets import Budgets
from workbench.adapters.clock import SystemClock
from workbench.adapters.database import Database
from workbench.adapters.home import open_home
from workbench.models.pace import Rate

CALLERS = """
import asyncio, sys, time
from pathlib import Path
from workbench.adapters.budgets import Budgets
from workbench.adapters.clock import SystemClock
from workbench.adapters.database import Database
from workbench.adapters.home import open_home

folder, url, workers, wanted, for_s = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])

async def main():
    database = Database.open(url or None, open_home(folder))
    budgets = Budgets(database, SystemClock())
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.monotonic() + for_s

    async def work():
        while (before := time.monotonic()) < end:
            granted, wait_s = await budgets.take("a", wanted)
            if granted:
                stamp_s = budgets._mine()["a"][0]
                print(before, stamp_s, time.monotonic(), granted, flush=True)
            else:
                await asyncio.sleep(min(wait_s, 1.0))

    await asyncio.gather(*(work() for _ in range(workers)))
    await database.close()

asyncio.run(main())
"""


@dataclass(frozen=True)
class Given:
    """Permits, as the process saw it: asked for, granted (by the budgets' clock), held."""

    asked_s: float
    stamp_s: float
    held_s: float
    count: int


class Callers:
    """A process that calls as fast as it may."""

    def __init__(self, folder: Path, url: str | None, workers: int, wanted: int, for_s: float) -> None:
        environ = {**os.environ, "PYTHONPATH": str(Path(workbench.__file__).parents[1])}
        words = [sys.executable, "-c", CALLERS, str(folder), url or "", str(workers), str(wanted), str(for_s)]
        self.process = subprocess.Popen(
            words,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def given(self, killed: bool = False) -> list[Given]:
        out, said = self.process.communicate()
        assert self.process.returncode == (-9 if killed else 0), said
        lines = [line.split() for line in out.splitlines(keepends=True) if line.endswith("\n")]
        return [
            Given(float(asked), float(stamp), float(held), int(count)) for asked, stamp, held, count in lines
        ]


def started(
    folder: Path, url: str | None, processes: int, workers: int, wanted: int, for_s: float
) -> list[Callers]:
    callers = [Callers(folder, url, workers, wanted, for_s) for _ in range(processes)]
    for one in callers:
        one.wait_until_ready()
    for one in callers:
        one.go()
    return callers


async def set_pace(folder: Path, url: str | None, rates: tuple[Rate, ...]) -> None:
    database = Database.open(url, open_home(folder))
    await Budgets(database, SystemClock()).set_rates("a", rates, "person")
    await database.close()


def assert_no_window_is_over(given: list[Given], rates: tuple[Rate, ...]) -> None:
    """By the stamps exactly; and by what any process can have seen of it, for the stamps are the budgets' own."""
    given = sorted(given, key=lambda one: one.stamp_s)
    for rate in rates:
        for last in given:
            lately = [one for one in given if last.stamp_s - rate.per_s < one.stamp_s <= last.stamp_s]
            assert sum(one.count for one in lately) <= rate.limit
            surely = [
                one for one in given if last.held_s - rate.per_s < one.asked_s and one.held_s <= last.held_s
            ]
            assert sum(one.count for one in surely) <= rate.limit


def used(given: list[Given], rates: tuple[Rate, ...], for_s: float) -> float:
    return sum(one.count for one in given) / min(rate.limit * for_s / rate.per_s for rate in rates)


FAST = (Rate(limit=200, per_s=1.0),)
TWO = (Rate(limit=30, per_s=0.5), Rate(limit=150, per_s=3.0))


@pytest.mark.parametrize(
    ("processes", "workers", "wanted", "rates", "for_s"),
    [
        (1, 1, 64, FAST, 3.0),
        (1, 8, 7, FAST, 3.0),
        (2, 4, 1, TWO, 6.0),
        (4, 8, 7, FAST, 3.0),
        (3, 2, 64, TWO, 6.0),
    ],
)
async def test_no_window_is_over_and_most_of_it_is_used(
    tmp_path: Path, processes: int, workers: int, wanted: int, rates: tuple[Rate, ...], for_s: float
) -> None:
    folder = tmp_path / "home"
    await set_pace(folder, None, rates)
    given = [
        one for callers in started(folder, None, processes, workers, wanted, for_s) for one in callers.given()
    ]
    assert_no_window_is_over(given, rates)
    # at least 95 % by a virtual clock (tests/engine/test_pace.py); here the machine's own hurry counts too
    assert used(given, rates, for_s) >= 0.6


async def test_a_team_that_shares_a_database_keeps_to_one_pace(tmp_path: Path, postgres_url: str) -> None:
    await set_pace(tmp_path / "home", postgres_url, FAST)
    callers = [Callers(tmp_path / f"home {number}", postgres_url, 4, 16, 3.0) for number in range(3)]
    for one in callers:
        one.wait_until_ready()
    for one in callers:
        one.go()
    given = [one for each in callers for one in each.given()]
    assert_no_window_is_over(given, FAST)
    assert used(given, FAST, 3.0) >= 0.6


async def test_the_killed_take_only_what_they_held(tmp_path: Path) -> None:
    """Killed at any moment, most of them within a write: the others go on, at the pace that there was."""
    folder, rates, for_s = tmp_path / "home", (Rate(limit=600, per_s=1.0),), 6.0
    await set_pace(folder, None, rates)
    survivor = started(folder, None, 1, 2, 1, for_s)[0]
    killed: list[Given] = []
    for number in range(4):
        victims = started(folder, None, 2, 2, 1, 60.0)
        for one in victims:
            await asyncio.sleep(0.1 + 0.037 * number)
            one.process.kill()
        killed += [given for one in victims for given in one.given(killed=True)]
    database = Database.open(
        None, open_home(folder)
    )  # what the dead left can be read, and is no more than was given
    left = await Budgets(database, SystemClock()).budget("a")
    await database.close()
    assert left.used[0] <= 600
    survived = survivor.given()
    assert_no_window_is_over(survived + killed, rates)
    assert killed
    assert survived


async def test_a_restart_keeps_the_window(tmp_path: Path) -> None:
    """Processes one after the other, each of which takes what it can and is gone."""
    folder, rates = tmp_path / "home", (Rate(limit=9, per_s=600.0),)
    await set_pace(folder, None, rates)
    given = [one for _ in range(3) for one in started(folder, None, 1, 2, 5, 0.3)[0].given()]
    assert sum(one.count for one in given) == 9
