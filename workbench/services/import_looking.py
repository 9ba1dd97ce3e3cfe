"""IMPORT LOOKING: a shop's table that is imported: looked at, cut into parts when its run starts, and told row by row.

Where several processes work, each tells how long the lines of its range are; cutting by these lengths is one process's, and costs little.
"""

from __future__ import annotations

import base64
import zlib
from array import array
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from workbench.engine.import_parts import Cut, Cutter
from workbench.engine.table_ranges import TableRange
from workbench.errors import StorageFault
from workbench.models.base import JsonValue
from workbench.models.run import Run
from workbench.models.spread import Piece
from workbench.models.sync import ImportPart
from workbench.models.work import Job, JobConfirmation

from .import_doors import ImportDoors
from .import_look import FileLook
from .import_outcomes import ImportTelling
from .import_rows import ImportRows
from .run_filling import FAULT_S
from .run_look import Filler, Look, Telling
from .run_ranges import SERVICE, Ranges, done_by, plain
from .spread import Spread
from .sync_looking import SyncDoors
from .sync_memory import scope_of

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.sealed_rows import RowKey

KIND: Final = "import"
"""The kind of the jobs whose rows are parts of a table; ``services.importing`` does them."""
PART: Final = "part"
"""Where a ledger row's data holds its part's number."""
READING: Final = "reading"
"""Where a job's ``spec`` holds a digest of what decides how rows are read."""
AT_ONCE: Final = 4
_SIZES: Final = "I"
"""The array's kind of the rows' sizes: whole numbers of four bytes."""


class ImportLook(FileLook):
    """How the rows of one import are looked at, and what they become: parts of the table."""

    def filling(self) -> Filler:
        """Return what cuts the table into parts."""
        return ImportFilling(self.import_doors)

    @classmethod
    def telling(cls, doors: SyncDoors, run: Run) -> Telling:
        """Return what tells what became of the table's rows: the ledger's are parts."""
        assert isinstance(doors, ImportDoors), "imports are opened with their own doors"
        return ImportTelling(doors, run)

    async def new_job(self, run: Run, sealed_key: str) -> Job:
        """Return the job that uploads the parts, not kept yet."""
        await self.import_doors.imports.sweep()
        job = self._job(KIND, run, sealed_key)
        options = job.options.model_copy(update={"at_once": min(self.plan.at_once, AT_ONCE)})
        return job.model_copy(update={"spec": {**job.spec, READING: self.reading}, "options": options})


class ImportFilling:
    """Cuts a table into parts and brings these into the ledger; after a crash it goes on behind the last one that is kept."""

    def __init__(self, doors: ImportDoors) -> None:
        self._doors, self._house = doors, doors.house

    async def run(self, run: Run, look: Look, key: RowKey, spread: Spread) -> None:
        """Add what is not in the ledger yet, then start the job. A disk that is full is waited for."""
        assert run.job_id is not None, "a run that starts has its job's id"
        assert isinstance(look, ImportLook), "an import's rows are looked at as such"
        while True:
            try:
                await self._fill(run.id, run.job_id, look, key, spread)
            except StorageFault:
                await self._house.clock.sleep(FAULT_S)
            else:
                return

    async def piece(self, run: Run, look: Look, key: RowKey, within: TableRange) -> JsonValue:
        """Return how many bytes each row of one range is as a line of a file, 0 for one that does not go: what parts are cut by."""
        assert isinstance(look, ImportLook), "an import's rows are looked at as such"
        assert within.rows is not None, "a piece of work has an end"
        look.read_at((await self._house.ledger.job(run.job_id or "")).job.created_at)
        sizes = array(_SIZES, bytes(within.rows * array(_SIZES).itemsize))
        async for looked in ImportRows(self._doors, run.id, look, key).walk(within=within):
            for one in looked:
                sizes[one.number - within.number - 1] = one.size
        return packed(sizes)

    async def _fill(self, run_id: str, job_id: str, look: ImportLook, key: RowKey, spread: Spread) -> None:
        assert self._doors.work is not None, "whoever starts runs has the work"
        job = (await self._house.ledger.job(job_id)).job
        if job.state != "filling":
            return
        kept = [one.part for one in await self._doors.imports.parts(run_id)]
        total = await self._added(job_id, kept, job.counts.total)
        behind = (
            Cut(kept[-1].number, kept[-1].first, kept[-1].last, kept[-1].rows, kept[-1].size)
            if kept
            else None
        )
        look.read_at(job.created_at)
        cutter = Cutter(len(look.header), look.limit, behind)
        async with aclosing(self._sizes(run_id, look, key, behind.last if behind else 0, spread)) as found:
            async for sized in found:
                cuts = [cut for number, size in sized if (cut := cutter.add(number, size)) is not None]
                total = await self._kept(run_id, job_id, look, cuts, total)
        last = cutter.end()
        total = await self._kept(run_id, job_id, look, [last] if last else [], total)
        await self._doors.work.start(job_id, JobConfirmation(host=job.host, rows=total))

    async def _sizes(
        self, run_id: str, look: ImportLook, key: RowKey, after: int, spread: Spread
    ) -> AsyncGenerator[list[tuple[int, int]], None]:
        """Give number and bytes of each row that goes behind row ``after``, in their order, some at a time."""
        ranges = await Ranges(self._doors.tables).of(look.table, spread)
        if len(ranges) == 1:
            async for looked in ImportRows(self._doors, run_id, look, key).walk(after):
                yield [(one.number, one.size) for one in looked]
            return
        wanted = [one for one in ranges if (one.last or 0) > after]
        pieces = [
            Piece(service=SERVICE, method="fill_over", arguments={"id": run_id, "within": plain(one)})
            for one in wanted
        ]
        early: dict[int, array[int]] = {}
        place = 0
        async with done_by(spread, pieces) as ended:
            async for done in ended:
                early[done.place] = unpacked(done.result)
                while place in early:
                    sizes = enumerate(early.pop(place), wanted[place].number + 1)
                    yield [(number, size) for number, size in sizes if size and number > after]
                    place += 1

    async def _kept(self, run_id: str, job_id: str, look: ImportLook, cuts: list[Cut], total: int) -> int:
        """Keep parts, then add them to the ledger: a crash in between leaves parts that are added the next time."""
        if not cuts:
            return total
        new = [ImportPart.model_validate(cut._asdict()) for cut in cuts]
        await self._doors.imports.add(run_id, scope_of(self._house, look.shop.id), new)
        return await self._added(job_id, new, total)

    async def _added(self, job_id: str, kept: list[ImportPart], total: int) -> int:
        data = [f'{{"{PART}":{one.number}}}' for one in kept if one.number > total]
        return await self._house.ledger.add(job_id, data, after=total) if data else total


def packed(sizes: array[int]) -> str:
    """Return sizes as a short text."""
    return base64.b64encode(zlib.compress(sizes.tobytes(), 1)).decode()


def unpacked(told: JsonValue) -> array[int]:
    """Return the sizes that a text holds."""
    found = array(_SIZES)
    found.frombytes(zlib.decompress(base64.b64decode(str(told))))
    return found
