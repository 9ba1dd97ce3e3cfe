"""IMPORT ROWS: the rows of a run that go, read from its table again: the same rows, as the same lines, each time.

Whoever cuts a table into parts, uploads one, or asks which row a report speaks of, walks here. So no plain contact is kept on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from workbench.engine.import_join import PartRows
from workbench.engine.import_parts import line
from workbench.engine.table_ranges import WHOLE, TableRange
from workbench.engine.table_rows import TableRow
from workbench.errors import Refused
from workbench.models.base import JsonValue
from workbench.models.run import Table
from workbench.models.run_kept import KeptRow
from workbench.models.sync import ImportPart, SyncPlan
from workbench.sentence import Sentence, say

from .import_doors import ImportDoors
from .run_keeping import fixes_of
from .sync_looking import SyncLooked

if TYPE_CHECKING:
    from workbench.adapters.sealed_rows import RowKey

BATCH: Final = 1_000


class LineLook(Protocol):
    """What makes lines of a table's rows: an ``ImportLook``."""

    table: Table
    sync: SyncPlan

    @property
    def header(self) -> bytes:
        """The first line of every part."""
        ...

    def look(self, row: TableRow, fixes: Mapping[str, JsonValue] | None = None) -> SyncLooked:
        """Return a row as it would go out."""
        ...


class ImportRows:
    """The rows of one run's table that go, as its look makes them."""

    def __init__(self, doors: ImportDoors, run_id: str, look: LineLook, key: RowKey) -> None:
        self._doors, self._run_id, self._look, self._key = doors, run_id, look, key
        self._turn = asyncio.Lock()  # a look is made for one thread at a time

    async def walk(
        self, after: int = 0, last: int | None = None, within: TableRange = WHOLE
    ) -> AsyncIterator[list[SyncLooked]]:
        """Give what goes of the rows behind row ``after``, up to row ``last``, some at a time; made in a thread.

        With ``within`` nothing before that range of the table is read. Raises Refused where the table was changed since.
        """
        async for batch in self._doors.tables.batches(self._look.table.id, after=after, size=BATCH, within=within):  # fmt: skip
            if last is not None and batch and batch[-1].number > last:
                batch = [row for row in batch if row.number <= last]
            if not batch:
                return
            kept = await self._doors.rows.between(self._run_id, batch[0].number, batch[-1].number)
            async with self._turn:
                looked = await asyncio.to_thread(self._looked, batch, kept)
            yield looked
            if batch[-1].number == last:
                return

    async def file(self, part: ImportPart) -> bytes:
        """Return a part's file. Raises Refused where its rows are not those that were cut off any more."""
        delimiter = self._look.sync.delimiter
        pieces, rows = [self._look.header], 0
        async for looked in self.walk(part.first - 1, part.last):
            pieces.append(await asyncio.to_thread(_lines, looked, delimiter))
            rows += len(looked)
        if rows != part.rows or sum(map(len, pieces)) != part.size:
            raise Refused(changed())
        return b"".join(pieces)

    async def index(self, part: ImportPart) -> PartRows:
        """Return which row of the table is where in a part's file."""
        found = PartRows()
        async for looked in self.walk(part.first - 1, part.last):
            await asyncio.to_thread(_add, found, looked)
        return found

    def _looked(self, batch: Sequence[TableRow], kept: Mapping[int, KeptRow]) -> list[SyncLooked]:
        found: list[SyncLooked] = []
        for row in batch:
            known = kept.get(row.number)
            if known is None or known.state == "ready":
                looked = self._look.look(row, fixes_of(self._key, known))
                if looked.data is not None:
                    found.append(looked)
        return found


def cells_of(looked: SyncLooked) -> tuple[str, ...]:
    """Return a row's cells in the order of the file's columns."""
    assert looked.record is not None, "only rows that go come here"
    return looked.record.csv


def _lines(looked: Sequence[SyncLooked], delimiter: str) -> bytes:
    return b"".join([line(cells_of(one), delimiter) for one in looked])


def _add(index: PartRows, looked: Sequence[SyncLooked]) -> None:
    for one in looked:
        index.add(one.number, cells_of(one))


def changed() -> Sentence:
    """Return what is said where a started import would not upload what was looked at."""
    return say(
        "The table, or how its rows are read, changed since this import was started, so the rest of it was not uploaded. "
        "Cancel it and plan it again."
    )
