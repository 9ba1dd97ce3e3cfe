"""SYNC ROWS: the rows of a shop's run that can go, with the records they give: read again from the table, with what a person mended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from workbench.models.run import Run
from workbench.models.run_kept import KeptRow

from .run_keeping import fixes_of, key_of
from .run_look import SyncLooks
from .sync_looking import UNCHANGED, SyncDoors, SyncLook, SyncLooked

if TYPE_CHECKING:
    from workbench.adapters.run_store import RunStore
    from workbench.adapters.sealed_rows import RowKey
    from workbench.engine.table_rows import TableRow

PIECE: Final = 1_000


class SyncRows:
    """The rows of one run. ``look`` is what they are looked at with, as single records whatever way the run goes."""

    def __init__(self, doors: SyncDoors, store: RunStore, run: Run, look: SyncLook, key: RowKey) -> None:
        self.run, self.look = run, look
        self._doors, self._store, self._key = doors, store, key

    @classmethod
    async def open(cls, doors: SyncDoors, looks: SyncLooks, store: RunStore, run: Run) -> SyncRows | None:
        """Return the rows of a run; None where it is no sync. Raises WorkbenchError where its table or a column of it is gone."""
        if run.plan.sync is None:
            return None
        plan = run.plan.model_copy(update={"sync": run.plan.sync.model_copy(update={"how": "single"})})
        look = await looks.open(await doors.tables.get(plan.table_id), plan)
        assert isinstance(look, SyncLook), "a sync's rows are looked at so"
        return cls(doors, store, run, look, await key_of(doors.house, await store.run(run.id)))

    async def batches(self) -> AsyncIterator[list[SyncLooked]]:
        """Give the rows that can go, a thousand of the table at a time."""
        async for batch in self._doors.tables.batches(self.look.table.id, size=PIECE):
            yield await self._looked(batch)

    async def every(self) -> AsyncIterator[list[tuple[SyncLooked, bool]]]:
        """Give all rows of the table, and of each whether it can go, or would if only what changed did not go alone."""
        async for batch in self._doors.tables.batches(self.look.table.id, size=PIECE):
            kept = await self._kept(batch)
            rows = await asyncio.to_thread(self._all, batch, kept)
            yield [(row, row.data is not None and _goes(kept.get(row.number))) for row in rows]

    async def row(self, number: int) -> SyncLooked | None:
        """Return one row, None where it cannot go."""

        def read() -> list[TableRow]:
            return list(self._doors.tables.rows(self.look.table.id, after=number - 1, limit=1))

        found = await self._looked(await asyncio.to_thread(read)) if number > 0 else []
        return found[0] if found else None

    async def _looked(self, batch: Sequence[TableRow]) -> list[SyncLooked]:
        kept = await self._kept(batch)

        def work() -> list[SyncLooked]:
            ready = (row for row in batch if row.number not in kept or kept[row.number].state == "ready")
            found = [self._one(row, kept) for row in ready]
            return [one for one in found if one.data is not None and one.record is not None]

        return await asyncio.to_thread(work)

    async def _kept(self, batch: Sequence[TableRow]) -> dict[int, KeptRow]:
        if not batch:
            return {}
        return await self._store.between(self.run.id, batch[0].number, batch[-1].number)

    def _all(self, batch: Sequence[TableRow], kept: Mapping[int, KeptRow]) -> list[SyncLooked]:
        return [self._one(row, kept) for row in batch]

    def _one(self, row: TableRow, kept: Mapping[int, KeptRow]) -> SyncLooked:
        return self.look.look(row, fixes_of(self._key, kept.get(row.number)))


def _goes(kept: KeptRow | None) -> bool:
    return kept is None or kept.state == "ready" or (not kept.by_hand and UNCHANGED in kept.fields)
