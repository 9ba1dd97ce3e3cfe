"""RUN FILLING: the rows of a run that was started go into the ledger, in the table's order, each sealed and with its number.

A crash in between doubles nothing and loses nothing: the ledger says which row was added last, and takes more only behind exactly so many.
Where several processes add, each has a range of the table, whose rows have numbers that are known beforehand; what is there stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pydantic_core import from_json, to_json

from workbench.engine.table_ranges import WHOLE, TableRange
from workbench.engine.table_rows import TableRow
from workbench.errors import StorageFault
from workbench.models.base import JsonValue
from workbench.models.run import Run
from workbench.models.run_kept import KeptRow
from workbench.models.spread import Piece
from workbench.models.work import JobConfirmation

from .double_send import MARK
from .house import House
from .run_keeping import fixes_of
from .run_look import Look
from .run_ranges import SERVICE, Ranges, done_by, plain
from .spread import Spread
from .work import Work

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.run_store import RunStore
    from workbench.adapters.sealed_rows import RowKey
    from workbench.adapters.tables import Tables

BATCH: Final = 1_000
FAULT_S: Final = 2.0
"""Seconds between two tries to write to a disk that does not take it."""
ROW: Final = "row"
"""Where a row's data holds its number in the table."""


class Filling:
    """Brings the rows of one run into the ledger, and lets its job begin."""

    def __init__(self, house: House, store: RunStore, tables: Tables, work: Work) -> None:
        self._house, self._store, self._tables, self._work = house, store, tables, work

    async def run(self, run: Run, look: Look, key: RowKey, spread: Spread) -> None:
        """Add what is not in the ledger yet, then start the job. A disk that is full is waited for."""
        assert run.job_id is not None, "a run that starts has its job's id"
        while True:
            try:
                await self._fill(run, run.job_id, look, key, spread)
            except StorageFault:
                await self._house.clock.sleep(FAULT_S)
            else:
                return

    async def piece(self, run: Run, look: Look, key: RowKey, within: TableRange) -> JsonValue:
        """Add the rows of one range at the numbers that they have in the ledger, as far as they lack there; return how many they are."""
        assert run.job_id is not None, "a run that starts has its job's id"
        ledger, first, number = self._house.ledger, within.number, await self._place(run.id, within.number)
        last = within.last
        wanted = None if last is None else await self._place(run.id, last) - number
        have, after = await self._have(run.job_id, number, wanted, key), first
        if have == wanted:
            return have
        if have:
            after = await self._row(run.job_id, number + have, key)
        async for batch in self._tables.batches(look.table.id, after=after, size=BATCH, within=within):
            if batch:
                data = await self._data_of(run.id, batch, look, key)
                await ledger.add_at(run.job_id, number + have + 1, data)
                have += len(data)
        return have

    async def _fill(self, run: Run, job_id: str, look: Look, key: RowKey, spread: Spread) -> None:
        job = (await self._house.ledger.job(job_id)).job
        if job.state != "filling":
            return
        total = job.counts.total
        ranges = await Ranges(self._tables).of(look.table, spread)
        if len(ranges) > 1:
            pieces = [
                Piece(service=SERVICE, method="fill_over", arguments={"id": run.id, "within": plain(one)})
                for one in ranges
            ]
            async with done_by(spread, pieces) as ended:
                async for _ in ended:
                    continue
            total = (await self._house.ledger.job(job_id)).job.counts.total
        elif await self._have(job_id, 0, total, key) < total:  # several processes were at it, and did not end
            await self.piece(run, look, key, WHOLE)
            total = (await self._house.ledger.job(job_id)).job.counts.total
        else:
            after = await self._row(job_id, total, key) if total else 0
            async for batch in self._tables.batches(look.table.id, after=after, size=BATCH):
                if batch:
                    data = await self._data_of(run.id, batch, look, key)
                    total = await self._house.ledger.add(job_id, data, after=total)
        await self._work.start(job_id, JobConfirmation(host=job.host, rows=total))

    async def _place(self, run_id: str, row: int) -> int:
        """Return how many of the table's rows up to this one go into the ledger."""
        return row - await self._store.kept_back(run_id, row) if row else 0

    async def _have(self, job_id: str, number: int, wanted: int | None, key: RowKey) -> int:
        """Return how many rows the ledger has behind row ``number`` without a gap: of ``wanted``, or as many as there are."""
        most = (await self._house.ledger.job(job_id)).job.counts.total if wanted is None else wanted
        if not most:
            return 0
        have = (await self._house.ledger.counts_between(job_id, number + 1, number + most)).total
        if 0 < have < most:
            # the rows of a range come in their order: those that are there are the first ones, or there are gaps
            there = (await self._house.ledger.counts_between(job_id, number + 1, number + have)).total
            return have if there == have else 0
        return have

    async def _row(self, job_id: str, number: int, key: RowKey) -> int:
        """Return the number in the table of a row of the ledger."""
        told = from_json(key.open(await self._house.ledger.row_data(job_id, number)))
        return int(told[ROW])

    async def _data_of(self, run_id: str, batch: Sequence[TableRow], look: Look, key: RowKey) -> list[str]:
        kept = await self._store.between(run_id, batch[0].number, batch[-1].number)
        return await asyncio.to_thread(self._data, batch, kept, look, key)

    def _data(
        self, batch: Sequence[TableRow], kept: Mapping[int, KeptRow], look: Look, key: RowKey
    ) -> list[str]:
        """Return the rows that go out, as the ledger keeps them."""
        found: list[str] = []
        for row in batch:
            known = kept.get(row.number)
            if known is not None and known.state != "ready":
                continue
            looked = look.look(row, fixes_of(key, known))
            # What was ready and is not any more (it is another day) is told by the sending: its variables lack.
            data = looked.data or {"identifiers": {}, "variables": {}}
            found.append(
                key.seal(to_json({**data, ROW: row.number, MARK: looked.mark}, inf_nan_mode="constants"))
            )
        return found
