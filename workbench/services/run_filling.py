"""RUN FILLING: the rows of a run that was started go into the ledger, in the table's order, each sealed and with its number.

A crash in between doubles nothing and loses nothing: the ledger says which row was added last, and takes more only behind exactly so many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pydantic_core import from_json, to_json

from workbench.engine.table_rows import TableRow
from workbench.errors import StorageFault
from workbench.models.run import Run
from workbench.models.run_kept import KeptRow
from workbench.models.work import JobConfirmation

from .double_send import MARK
from .house import House
from .run_keeping import fixes_of
from .run_look import Look
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

    async def run(self, run: Run, look: Look, key: RowKey) -> None:
        """Add what is not in the ledger yet, then start the job. A disk that is full is waited for."""
        assert run.job_id is not None, "a run that starts has its job's id"
        while True:
            try:
                await self._fill(run, run.job_id, look, key)
            except StorageFault:
                await self._house.clock.sleep(FAULT_S)
            else:
                return

    async def _fill(self, run: Run, job_id: str, look: Look, key: RowKey) -> None:
        job = (await self._house.ledger.job(job_id)).job
        if job.state != "filling":
            return
        total = job.counts.total
        after = await self._last(job_id, total, key)
        async for batch in self._tables.batches(look.table.id, after=after, size=BATCH):
            if batch:
                kept = await self._store.between(run.id, batch[0].number, batch[-1].number)
                data = await asyncio.to_thread(self._data, batch, kept, look, key)
                total = await self._house.ledger.add(job_id, data, after=total)
        await self._work.start(job_id, JobConfirmation(host=job.host, rows=total))

    async def _last(self, job_id: str, total: int, key: RowKey) -> int:
        """Return the number in the table of the row that was added last."""
        if not total:
            return 0
        told = from_json(key.open(await self._house.ledger.row_data(job_id, total)))
        return int(told[ROW])

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
