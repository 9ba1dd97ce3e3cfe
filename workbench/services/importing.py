"""Importing: the kind of job whose rows are parts of a table. Each attempt of a row is one call: an upload, or a question how it stands.

So a pause, a crash or a full disk finds the part between two calls, and all that is known of it in the store. A part whose upload may have
arrived is looked for in the platform's list before it is uploaded again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from pydantic_core import from_json

from workbench.engine.import_states import AT_PLATFORM
from workbench.engine.schedule import Verdict
from workbench.errors import Refused
from workbench.models.work import Claimed, Job
from workbench.sentence import say

from .house import House
from .import_asking import Asking
from .import_doors import ImportDoors
from .import_ends import Ended, at_end
from .import_finding import Finding
from .import_kept import Parts
from .import_looking import KIND, PART, READING, ImportLook
from .import_reports import Reports
from .import_rows import ImportRows, changed
from .import_uploading import Uploading
from .runner import Answered, Attempt
from .sending import DRY_RUN, opened_key

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.import_store import KeptPart
    from workbench.adapters.sealed_rows import RowKey
    from workbench.adapters.wire import Wire

__all__ = ["KIND", "ImportLook", "Importing", "importing"]


def importing(doors: ImportDoors) -> Callable[[House, Job], Awaitable[Importing]]:
    """Return what opens the work on an import's job."""
    return lambda house, job: Importing.open(house, job, doors)


class Importing:
    """Uploads the parts of one import, and asks how they stand until each is at its end."""

    def __init__(
        self, doors: ImportDoors, job: Job, run_id: str, look: ImportLook, key: RowKey, wire: Wire
    ) -> None:
        self._parts, self._wire = Parts(doors, run_id), wire
        self._rows = ImportRows(doors, run_id, look, key)
        self._uploading = Uploading(look, job, self._parts, self._rows, Finding(doors, look, job, wire), wire)
        self._asking = Asking(look, job, self._parts, Reports(doors, run_id, look, key, self._rows), wire)
        self._dry = bool(job.spec.get(DRY_RUN))

    @classmethod
    async def open(cls, house: House, job: Job, doors: ImportDoors) -> Importing:
        """Return it. Raises WorkbenchError where nothing can be done: the key is missing, the table or the shop's settings changed."""
        run_id = str(job.spec["run"])
        kept = await doors.rows.run(run_id)
        table = await doors.tables.get(kept.run.plan.table_id)
        look = await ImportLook.open(doors, table, kept.run.plan)
        if look.reading != job.spec.get(READING):
            raise Refused(changed())
        look.read_at(job.created_at)
        key = await opened_key(house, job)
        assert key is not None, "a run's rows have a key"
        await asyncio.to_thread(house.home.check_writable)
        return cls(doors, job, run_id, look, key, look.line.wire(job.options.at_once))

    async def prepare(self, rows: Sequence[Claimed]) -> list[int]:
        """Return the parts' numbers; what is known of each is read when it is its turn."""
        return [_part_of(row) for row in rows]

    async def attempt(self, row: Claimed, ready: int) -> Answered:
        """Bring a part one call further."""
        return Answered(row, await self._further(row, await self._parts.get(ready)), plain=False)

    def conclude(self, answered: Answered) -> Attempt:
        """Return how the attempt ended."""
        ended: Ended = answered.what
        heard = ended.heard
        if heard is None:
            return Attempt(ended.outcome, problem=ended.sentence, verdict=ended.verdict)
        entry = heard.entry if ended.noted else None
        return Attempt(ended.outcome, heard.status, "", entry, ended.sentence, heard.learned, ended.verdict)

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def _further(self, row: Claimed, kept: KeptPart) -> Ended:
        """Bring a part one call further, by all that is known of it."""
        part = kept.part
        if self._dry:
            await self._rows.file(part)
            return Ended(Verdict("cancelled"), sentence=say("Dry run: the file was made, and not uploaded."))
        if part.import_id:
            tells_more = part.state in AT_PLATFORM or part.report in ("wanted", "unreadable")
            return await self._asking.ask(kept) if tells_more else at_end(part)
        if kept.begun_at is None:
            return await self._uploading.upload(row, kept)
        ended = await self._uploading.look_for(kept)
        return ended if isinstance(ended, Ended) else await self._asking.unanswered(kept, ended)


def _part_of(row: Claimed) -> int:
    """Return the number of the part that a row of the ledger is."""
    return int(from_json(row.data)[PART])
