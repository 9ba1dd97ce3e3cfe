"""Sync imports: what became of a table that went to a platform as files: part by part, and row by row of what it refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pydantic_core import to_json

from workbench.engine.import_states import OPEN_STATES
from workbench.engine.personal import masking
from workbench.engine.sync_read import remote_import
from workbench.errors import NotFound, Refused
from workbench.models.run import Run, Table
from workbench.models.sync import ImportPart, ImportReport, RefusedRow, RemoteImport
from workbench.models.work import LIVE, RowFilter
from workbench.sentence import Sentence, say

from .import_failed import REASON, Failed
from .import_finding import MOST_PAGES
from .roles import operator, viewer
from .run_looking import TYPED
from .sync_calling import ShopLine

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.import_store import KeptPart, KeptRefusal

    from .import_doors import ImportDoors
    from .runs import Runs
    from .sync_looking import SyncLooked

MOST_PAGE: Final = 500
MOST_CORRECTED: Final = 100_000
"""Rows of a corrected file that come in one call; ``corrected_lines`` gives any number, on one's own workbench."""
PIECE: Final = 1 << 16


class SyncImports:
    """What a person can do with imports. Planning, checking and starting one is ``bench.runs``'s, its job is ``bench.work``'s."""

    def __init__(self, doors: ImportDoors, runs: Runs) -> None:
        """Take the doors that ``Looks`` was given too."""
        self.doors, self.runs = doors, runs
        self.house = doors.house

    # -- looking -------------------------------------------------------------------------------------------------------

    @viewer
    async def report(self, run_id: str) -> ImportReport:
        """Return how all parts of an import stand, as one. NotFound for a run that is no import."""
        run = await self._import(run_id)
        parts = [one.part for one in await self.doors.imports.parts(run_id)]
        joined, unjoined = await self.doors.imports.refused_counts(run_id)
        return ImportReport(
            run_id=run_id, parts=tuple(parts), rows=sum(part.rows for part in parts), success=sum(part.success for part in parts),
            errors=sum(part.errors for part in parts), joined=joined, unjoined=unjoined, done=await self._is_done(run, parts),
        )  # fmt: skip

    @viewer
    async def refused(self, run_id: str, after: int = 0, limit: int = 100) -> list[RefusedRow]:
        """Return what the platform said of refused rows, without the first ``after``; who may only look sees no cell, contacts masked."""
        await self._import(run_id)
        found = await self.doors.imports.refused(run_id, after, max(1, min(limit, MOST_PAGE)))
        if not found:
            return []
        failed = await Failed.open(self.doors, run_id)
        looked = await failed.looked([one.row for one in found if one.row])
        return [self._shown(failed, one, looked.get(one.row)) for one in found]

    @viewer
    async def remote(self, shop_id: str) -> list[RemoteImport]:
        """Return the imports that the platform lists, whoever began them, the newest first: a call for each page of its list."""
        line = await ShopLine.open(self.house, await self.doors.shops.get(shop_id))
        found: list[RemoteImport] = []
        link = ""
        for _ in range(MOST_PAGES):
            outcome, page, _entry = await line.listed("imports", link)
            if not outcome.ok:
                raise Refused(outcome.sentence)
            found += [one for item in page.items if (one := remote_import(item)) is not None]
            link = page.next
            if not link:
                break
        return sorted(found, key=lambda one: one.created_at, reverse=True)

    # -- mending -------------------------------------------------------------------------------------------------------

    @operator
    async def corrected(self, run_id: str, spreadsheet: bool = False) -> str:
        """Return a CSV of only the failed rows, as in the source, with the reason in a last column that the next import ignores.

        ``spreadsheet``: no text in it is run as a formula by a spreadsheet; else each cell comes back exactly.
        """
        lines: list[str] = []
        async for line in self.corrected_lines(run_id, spreadsheet=spreadsheet):
            if len(lines) > MOST_CORRECTED:
                raise Refused(say(
                    "More than {most} rows failed. Import them again with “mend”, or write the file on your own workbench.",
                    most=MOST_CORRECTED,
                ))  # fmt: skip
            lines.append(line)
        return "".join(lines)

    async def corrected_lines(self, run_id: str, *, spreadsheet: bool = False) -> AsyncIterator[str]:
        """Give the same line by line, however many. Embedded only: no route leads here."""
        await self._import(run_id)
        failed = await Failed.open(self.doors, run_id)
        async for line in failed.lines(spreadsheet=spreadsheet):
            yield line

    @operator
    async def mend(self, run_id: str) -> Run:
        """Return a new run over only the failed rows, planned like the first, so that they are mended and imported again.

        Raises Refused where no row failed, or nobody can tell which.
        """
        run = await self._import(run_id)
        failed = await Failed.open(self.doors, run_id)
        async for _ in failed.rows():
            break
        else:
            raise Refused(_nothing_to_mend([one.part for one in await self.doors.imports.parts(run_id)]))
        table = await self._kept(failed)
        title = str(say("{title}: failed rows", title=run.plan.title))[:120]
        plan = run.plan.model_copy(update={"table_id": table.id, "title": title})
        try:
            return await self.runs.plan(plan)
        except BaseException:
            await self.doors.tables.delete(table.id)
            raise

    @operator
    async def look_again(self, run_id: str) -> ImportReport:
        """Ask again for parts that were still running, for uploads that may have arrived, and for reports that could not be read.

        Nothing is uploaded a second time by this. Raises Refused where there is nothing of the kind, or it was asked too often.
        """
        run = await self._import(run_id)
        again = [one for one in await self.doors.imports.parts(run_id) if _is_open(one)]
        if not again or run.job_id is None:
            raise Refused(say("No part of this import waits to be looked at again."))
        work = self.doors.work
        assert work is not None, "whoever asks again has the work"
        wanted = RowFilter(states=("uncertain",))
        preview = await work.preview_replay(run.job_id, wanted)
        if not preview.total:
            raise Refused(
                say("This import was looked at too often. Look at the platform's own list for its ids.")
            )
        for one in again:
            await self.doors.imports.change(run_id, one.part.number, _anew)
        await work.replay(run.job_id, wanted, preview.token)
        return await self.report(run_id)

    # ------------------------------------------------------------------------------------------------------------------

    async def _import(self, run_id: str) -> Run:
        run = (await self.doors.rows.run(run_id)).run
        if run.plan.sync is None or run.plan.sync.how != "import":
            raise NotFound(say("This run is no import."))
        return run

    async def _is_done(self, run: Run, parts: list[ImportPart]) -> bool:
        """Return whether nothing of an import goes on by itself any more."""
        if not parts or run.state != "started" or run.job_id is None:
            return False
        if all(part.state not in OPEN_STATES for part in parts):
            return True
        try:
            return (await self.house.ledger.job(run.job_id)).job.state not in LIVE
        except NotFound:
            return True

    def _shown(self, failed: Failed, one: KeptRefusal, looked: SyncLooked | None) -> RefusedRow:
        """Return a line of a report beside its row, as the person who asks may see it."""
        told, look = failed.opened(one), failed.look
        shown = RefusedRow(
            row=one.row, part=one.part, line=one.line, field=told.field, message=told.message,
            recipient=look.recipient(looked) if looked else "", cells=dict(looked.cells) if looked else {},
        )  # fmt: skip
        if self.house.person.may("operator"):
            return shown
        hidden = [*(look.hidden(looked) if looked else ()), *([told.key] if told.key else ())]
        mask = masking(hidden, self.house.home.salt)
        return shown.model_copy(
            update={"cells": {}, "message": mask(told.message), "field": mask(told.field)}
        )

    async def _kept(self, failed: Failed) -> Table:
        """Keep the failed rows as a table: of texts where they were, else with their values as they are."""
        if failed.table.format in TYPED:
            lines = failed.lines(spreadsheet=False)
            return await self.doors.tables.keep(
                failed.table.name, _chunks(lines), encoding="utf-8", delimiter=","
            )
        return await self.doors.tables.keep(failed.table.name, _objects(failed))


async def _chunks(lines: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """Give lines in pieces of some size: each is sealed on its own."""
    piece = b""
    async for line in lines:
        piece += line.encode("utf-8", "replace")
        if len(piece) >= PIECE:
            yield piece
            piece = b""
    yield piece


async def _objects(failed: Failed) -> AsyncIterator[bytes]:
    async def lines() -> AsyncIterator[str]:
        async for one in failed.rows():
            yield to_json({**one.looked.cells, REASON: one.reason}, inf_nan_mode="constants").decode() + "\n"

    async for chunk in _chunks(lines()):
        yield chunk


def _is_open(kept: KeptPart) -> bool:
    """Return whether a part that ended without a word may have one by now."""
    part = kept.part
    lost = part.state == "failed" and kept.begun_at is not None and not part.import_id
    return part.state == "still_running" or lost or (part.state == "partial" and part.report == "unreadable")


def _anew(kept: KeptPart) -> KeptPart:
    """Return a part that is asked for as if for the first time. One whose upload may have arrived is looked for, never uploaded at once."""
    part = kept.part
    if part.state == "still_running":
        part = part.model_copy(update={"state": "in_progress", "sentence": None})
    elif part.state == "failed":
        part = part.model_copy(update={"state": "waiting", "sentence": None})
    return replace(kept, part=part, asked_since=None, asked=0, missed=0)


def _nothing_to_mend(parts: list[ImportPart]) -> Sentence:
    if any(part.state == "partial" and part.report != "joined" for part in parts):
        return say(
            "Rows were refused, but the platform's report could not be read, so nobody can tell which. Look again for it first."
        )
    if any(part.state in OPEN_STATES for part in parts):
        return say("This import still goes on. Wait for its end, then mend what failed.")
    return say("No row of this import failed: there is nothing to mend.")
