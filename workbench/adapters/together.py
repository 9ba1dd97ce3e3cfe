"""TOGETHER: writes that come at the same time go to the disk in one transaction: two hundred of them cost about as much as one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from .database import Database

MOST: Final = 500
"""Writes that one transaction takes at most."""

Arrival = TypeVar("Arrival")
Kept = TypeVar("Kept")


@dataclass(slots=True)
class _Waiting(Generic[Arrival, Kept]):
    """One write on its way to the disk, and who waits for it."""

    arrival: Arrival
    kept: asyncio.Future[Kept]

    def settle(self, result: Kept | Exception) -> None:
        if self.kept.done():  # whoever waited is gone; what came is kept all the same
            return
        if isinstance(result, Exception):
            self.kept.set_exception(result)
        else:
            self.kept.set_result(result)


class Together(Generic[Arrival, Kept]):
    """Brings what comes to the disk: ``keep_all`` writes several and gives the result of each, in their order.

    ``order`` gives what they are sorted by, so that two processes never wait for each other. ``name`` is that of its thread: one of its
    own, since who calls waits for a second or some, and the threads of everybody may be busy for longer.
    """

    def __init__(
        self,
        database: Database,
        keep_all: Callable[[Sequence[Arrival], Any], Sequence[Kept]],
        order: Callable[[Arrival], str],
        name: str,
    ) -> None:
        self._database, self._keep_all, self._order, self._name = database, keep_all, order, name
        self._waiting: list[_Waiting[Arrival, Kept]] = []
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._storing: asyncio.Task[None] | None = None

    async def keep(self, arrival: Arrival) -> Kept:
        """Return the result once it is on the disk. Raises what the transaction raised that it was in."""
        loop = asyncio.get_running_loop()
        one: _Waiting[Arrival, Kept] = _Waiting(arrival, loop.create_future())
        self._waiting.append(one)
        if self._storing is None or self._storing.done() or self._storing.get_loop() is not loop:
            self._storing = loop.create_task(self._store(), name=self._name)
        return await one.kept

    async def _store(self) -> None:
        """Bring what has come to the disk, all that came meanwhile together, until nothing is left."""
        while self._waiting:
            together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            together.sort(key=lambda one: self._order(one.arrival))
            work = partial(self._keep_all, [one.arrival for one in together])
            try:
                results = await asyncio.get_running_loop().run_in_executor(
                    self._thread, partial(self._database.write_now, work)
                )
            except Exception as fault:  # noqa: BLE001 - it is raised again to everybody who waits
                for one in together:
                    one.settle(fault)
                continue
            for one, result in zip(together, results, strict=True):
                one.settle(result)
