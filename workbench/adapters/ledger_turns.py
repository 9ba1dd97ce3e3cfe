"""LEDGER TURNS: settling what has ended and claiming what is due, both in one transaction, for the workers of this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from workbench.errors import NotFound, StorageFault
from workbench.models.work import Claimed, Settled, Worker
from workbench.sentence import say

from . import journal, ledger_steps, ledger_workers
from .database import Database
from .ledger_tables import ROOM

RATE_EVERY_S = 0.5
"""Seconds between two writes of how fast a worker goes: nobody looks more often, and each turn would pay for it."""

_Mine = tuple[str, str]  # a worker and a job


class Turns:
    """The turns of this process. ``joined`` are its workers, by their ids."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self.joined: dict[str, Worker] = {}
        self._database = database
        self._now = now
        self._floors: dict[str, int] = {}
        self._held: dict[_Mine, set[int]] = {}
        self._doubtful: set[_Mine] = set()
        self._told: dict[_Mine, float] = {}

    def turn(
        self, worker_id: str, job_id: str, settled: Sequence[Settled], want: int, rate_per_s: float | None
    ) -> list[Claimed]:
        """Settle and claim: see ``Ledger.turn``."""
        rows = journal.rows_of(one.entry for one in settled if one.entry is not None)
        entries = journal.with_units(
            self._database.sight, rows
        )  # before the transaction: it may ask for documents
        mine = (worker_id, job_id)
        held = self._held.get(mine, set())
        floor = self._floor(job_id, settled)
        rate = rate_per_s if time.monotonic() >= self._told.get(mine, 0.0) + RATE_EVERY_S else None

        def work(connection: sa.Connection) -> tuple[list[Claimed], int]:
            now = self._now()
            self.stay(connection, worker_id)
            job = ledger_steps.lock(connection, job_id)
            ledger_steps.settle(connection, job, worker_id, settled, now)
            if mine in self._doubtful:
                lost = ledger_steps.strays(connection, job, worker_id, held)
                ledger_steps.settle(connection, job, worker_id, lost, now)
            journal.insert(connection, entries)
            claimed: tuple[list[Claimed], int] = [], floor
            if job.state == "running" and want > 0:
                claimed = ledger_steps.claim(connection, job, worker_id, want, floor, now)
            if settled or claimed[0] or mine in self._doubtful:
                ledger_steps.save(connection, job, now)
            if rate is not None:
                ledger_workers.set_rate(connection, worker_id, job_id, rate)
            return claimed

        try:
            claimed, self._floors[job_id] = self._database.write_now(work)
        except StorageFault:
            self._doubtful.add(mine)  # it may have been done, and only the word of it was lost
            raise
        self._doubtful.discard(mine)
        if rate is not None:
            self._told[mine] = time.monotonic()
        held = held.difference(one.number for one in settled)
        # One that was taken over while this process was thought dead, and comes back to it, is under way here already.
        new = [row for row in claimed if row.number not in held]
        self._hold(mine, held.union(row.number for row in new))
        return new

    def stay(self, connection: sa.Connection, worker_id: str) -> None:
        """Keep a worker on the list until this transaction ends; put it there again if it was taken for dead. Raises NotFound."""
        if ledger_workers.is_listed(connection, worker_id):
            return
        worker = self.joined.get(worker_id)
        if worker is None:
            raise NotFound(
                say("This process is not among those that work on jobs. It has to join them first.")
            )
        ledger_workers.enter(connection, worker)

    def let_go(self, worker_id: str) -> None:
        """Forget what a worker of this process holds: it will not settle that any more."""
        for mine in [mine for mine in self._held if mine[0] == worker_id]:
            del self._held[mine]

    def _hold(self, mine: _Mine, held: set[int]) -> None:
        if held:
            self._held[mine] = held
        else:
            self._held.pop(mine, None)

    def _floor(self, job_id: str, settled: Sequence[Settled]) -> int:
        """Return a number below which hardly a row waits, so that PostgreSQL need not pass what it has not yet cleared away there."""
        if self._database.kind == "sqlite":
            return 0
        back = (one.number - 1 for one in settled if one.state == "waiting")
        return min(self._floors.get(job_id, 0), *back, ROOM)
