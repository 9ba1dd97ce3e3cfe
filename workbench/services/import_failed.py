"""IMPORT FAILED: the rows of an import that the platform did not take, as they are in the table, each with the reason."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic_core import from_json

from workbench.engine.spreadsheet import csv_lines
from workbench.models.base import JsonValue
from workbench.models.run import Run, Table
from workbench.models.sync import ImportPart, PartState

from .import_doors import ImportDoors
from .import_look import FileLook
from .import_rows import BATCH, ImportRows
from .run_keeping import key_of
from .sync_looking import SyncLooked

if TYPE_CHECKING:
    from workbench.adapters.import_store import KeptRefusal
    from workbench.adapters.sealed_rows import RowKey

REASON: Final = "import_error"
"""The last column of a corrected file. No field is called so: the next import passes it over."""
NOT_TAKEN: Final[frozenset[PartState]] = frozenset({"failed", "cancelled"})
"""The states of parts whose rows all count as failed."""


class Told(NamedTuple):
    """What a report says of one row, opened. ``key`` is the record's as the report has it, where no row of the table fits."""

    field: str
    message: str
    key: str


class FailedRow(NamedTuple):
    """A row that was not taken: as it was looked at, and why, in the platform's words or ours."""

    looked: SyncLooked
    reason: str


class Failed:
    """Reads the failed rows of one import. Open it with ``open``."""

    def __init__(self, doors: ImportDoors, run: Run, look: FileLook, key: RowKey) -> None:
        self.run, self.look = run, look
        self.key = key
        self._store = doors.imports
        self._rows = ImportRows(doors, run.id, look, key)

    @classmethod
    async def open(cls, doors: ImportDoors, run_id: str) -> Failed:
        """Return them. Raises NotFound and Invalid where table or shop are gone, MissingSecret where the vault does not open the rows."""
        kept = await doors.rows.run(run_id)
        table = await doors.tables.get(kept.run.plan.table_id)
        look = await FileLook.open(doors, table, kept.run.plan)
        if kept.run.job_id is not None:
            look.read_at((await doors.house.ledger.job(kept.run.job_id)).job.created_at)
        return cls(doors, kept.run, look, await key_of(doors.house, kept))

    @property
    def table(self) -> Table:
        """The table that was imported."""
        return self.look.table

    async def rows(self) -> AsyncIterator[FailedRow]:
        """Give the failed rows in the table's order: none of a part that is not at its end, or whose report could not be read."""
        for kept in await self._store.parts(self.run.id):
            part = kept.part
            if part.state in NOT_TAKEN or (part.state == "partial" and part.report == "joined"):
                async for one in self._of(part):
                    yield one

    async def lines(self, *, spreadsheet: bool) -> AsyncIterator[str]:
        """Give them as a CSV, line by line, with a header and the reason in the last column."""
        columns = [name for name in self.table.columns if name != REASON]
        for line in csv_lines([*columns, REASON], (), spreadsheet=spreadsheet):
            yield line
        async for one in self.rows():
            cells: list[JsonValue] = [*(one.looked.cells.get(name) for name in columns), one.reason]
            _, line = csv_lines([*columns, REASON], [cells], spreadsheet=spreadsheet)
            yield line

    def opened(self, one: KeptRefusal) -> Told:
        """Return what was sealed of a report's line."""
        return Told(*from_json(self.key.open(one.detail)))

    def reason(self, one: KeptRefusal) -> str:
        """Return what a report's line says, the field in front where the message does not name it."""
        told = self.opened(one)
        return (
            f"{told.field}: {told.message}" if told.field and told.field not in told.message else told.message
        )

    async def looked(self, rows: Collection[int]) -> dict[int, SyncLooked]:
        """Return rows of the table as they went, by number; those that lie near each other are read in one walk."""
        wanted, found = sorted(set(rows)), dict[int, SyncLooked]()
        while wanted:
            near = [row for row in wanted if row < wanted[0] + BATCH]
            async for looked in self._rows.walk(near[0] - 1, near[-1]):
                found |= {one.number: one for one in looked if one.number in near}
            wanted = wanted[len(near) :]
        return found

    async def _of(self, part: ImportPart) -> AsyncIterator[FailedRow]:
        async for batch in self._rows.walk(part.first - 1, part.last):
            if not batch:
                continue
            said = await self._store.refused_from(self.run.id, batch[0].number, batch[-1].number)
            reasons: dict[int, list[str]] = {}
            for one in said:
                reasons.setdefault(one.row, []).append(self.reason(one))
            for looked in batch:
                if looked.number in reasons:
                    yield FailedRow(looked, "; ".join(dict.fromkeys(reasons[looked.number])))
                elif part.state in NOT_TAKEN:
                    yield FailedRow(looked, str(part.sentence or ""))
