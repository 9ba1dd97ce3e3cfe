"""What the workers of a test's cluster run: the real one, which has besides a service of the test's own, and tells of every permit.

``WORKBENCH_TEST_PERMITS`` names the folder in which each process writes its permits down: asked for, granted (by the budgets' clock), held.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from weakref import WeakKeyDictionary

from workbench import Workbench
from workbench.adapters.budgets import Budgets
from workbench.errors import NotFound
from workbench.models.cluster import Membership
from workbench.sentence import say
from workbench.server.cluster_worker import Member
from workbench.services import crew
from workbench.services.roles import caller


def join(membership: str) -> WithPieces:
    crew.BEAT_S = 0.5  # type: ignore[misc]  # a worker that was killed is missed soon, and a job that begins is seen soon
    if folder := os.environ.get("WORKBENCH_TEST_PERMITS"):
        tell_permits(Path(folder))
    return WithPieces(Membership.model_validate_json(membership))


class WithPieces(Member):
    def _open(self) -> Workbench:
        bench = super()._open()
        bench.pieces = Pieces()  # type: ignore[attr-defined]
        return bench


class Pieces:
    """Pieces of work for a test."""

    async def pid(self) -> int:
        return os.getpid()

    async def person(self) -> str:
        person = caller.get()
        return "" if person is None else f"{person.name}, {person.role}"

    async def lack(self, what: str) -> None:
        raise NotFound(say("There is no {what}.", what=what))

    async def break_(self) -> None:
        raise ZeroDivisionError("a defect")

    async def note(self, path: str, number: int, seconds: float) -> int:
        """Write down who begins, take a while, and write down who ends."""
        _say(path, f"begun {number} {os.getpid()}\n")
        await asyncio.sleep(seconds)
        _say(path, f"done {number} {os.getpid()}\n")
        return number


def _say(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(line)


def tell_permits(folder: Path) -> None:
    """From now on write each permit of this process down, and take from those what was given back because no call was made of it."""
    take, give_back = Budgets.take, Budgets.give_back
    if getattr(take, "told", False):
        return
    file = str(folder / f"{os.getpid()}")
    lately: WeakKeyDictionary[asyncio.Task[object], str] = WeakKeyDictionary()

    async def told(self: Budgets, account: str, wanted: int) -> tuple[int, float]:
        before = time.monotonic()
        granted, wait_s = await take(self, account, wanted)
        if granted and account in self._mine():
            lately[task()] = f"{before} {self._mine()[account][0]} {time.monotonic()}"
            _say(file, f"{lately[task()]} {granted}\n")
        return granted, wait_s

    async def told_back(self: Budgets, account: str, count: int) -> None:
        if count := min(count, self._mine().get(account, (0.0, 0))[1]):
            _say(file, f"{lately[task()]} {-count}\n")
        await give_back(self, account, count)

    told.told = True  # type: ignore[attr-defined]
    Budgets.take, Budgets.give_back = told, told_back  # type: ignore[method-assign]


def task() -> asyncio.Task[object]:
    """Return the running task: permits are a task's own."""
    running = asyncio.current_task()
    assert running is not None
    return running
