"""IMPORT REPORTS: an import's error report fetched, read as it comes, and joined with the rows of the table (R-SYNC-15).

It is fetched without the key where another server has it, by the wire's rules of where a request may go. What it says of a row is sealed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic_core import to_json

from workbench.engine.import_join import Counting, PartRows
from workbench.engine.import_report import ReportReader
from workbench.engine.import_report_words import ReportLine
from workbench.engine.import_states import said
from workbench.engine.sync_calls import same_server
from workbench.engine.urls import check_url, host_of
from workbench.errors import Refused
from workbench.models.request import Failure, Request
from workbench.models.sync import ImportPart
from workbench.sentence import Sentence, say

from .import_doors import ImportDoors
from .import_rows import ImportRows
from .sync_looking import SyncLooked
from .sync_memory import Outgoing

if TYPE_CHECKING:
    from workbench.adapters.import_store import KeptRefusal
    from workbench.adapters.sealed_rows import RowKey

    from .import_looking import ImportLook

MOST_BYTES: Final = 1 << 30
"""Bytes of a report that are read, as they come."""
IDLE_S: Final = 60.0
TOTAL_S: Final = 3_600.0
FIRST: Final = 2_000
"""Lines of a report by which it is told what its numbers count."""
PIECE: Final = 1_000


class Reports:
    """Reads the error reports of one import."""

    def __init__(
        self, doors: ImportDoors, run_id: str, look: ImportLook, key: RowKey, rows: ImportRows
    ) -> None:
        self._doors, self._house, self._store = doors, doors.house, doors.imports
        self._run_id, self._look, self._key, self._rows = run_id, look, key, rows

    async def joined(self, part: ImportPart, url: str) -> ImportPart:
        """Return a part at its end with what its report says kept, and its rows remembered as sent where it is known which were taken."""
        if part.report in ("wanted", "unreadable"):
            problem = await self._said(part, url)
            part = part.model_copy(update={"report": "unreadable" if problem else "joined"})
            if problem is not None:
                return part.model_copy(update={"sentence": _unreadable(part, problem)})
        await self._remember(part)
        return part.model_copy(update={"sentence": said(part)})

    # -- reading -------------------------------------------------------------------------------------------------------

    async def _said(self, part: ImportPart, url: str) -> Sentence | None:
        """Keep what a report says; return why that cannot be done, also where the table is not the one that was uploaded any more."""
        try:
            return await self._read(part, url)
        except Refused as error:
            return error.sentence

    async def _read(self, part: ImportPart, url: str) -> Sentence | None:
        """Keep what a report says; return why it could not be read."""
        from workbench.adapters.download import CutShort

        if not url:
            return say("The platform names no report.")
        request = self._request(url)
        if isinstance(request, Sentence):
            return request
        await self._store.clear_refused(self._run_id, part.number)
        reader = ReportReader(self._look.records.columns, part.rows)
        join = _Join(await self._rows.index(part))
        wire = self._house.wire_for(url, local_test=self._look.shop.settings.local_test)
        try:
            async with wire.download(request, idle_s=IDLE_S, total_s=TOTAL_S, most_bytes=MOST_BYTES) as got:
                if isinstance(got, Failure):
                    return got.sentence
                if not got.ok:
                    return say(
                        "{host} answered {status} instead of the report.",
                        host=host_of(url),
                        status=got.status,
                    )
                async for chunk in got.chunks:
                    await self._kept(part, join.take(await asyncio.to_thread(reader.feed, chunk)))
                    if reader.problem is not None:  # no more of it is wanted
                        break
        except CutShort as cut:
            return cut.sentence
        await self._kept(part, join.take(await asyncio.to_thread(reader.close), ended=True))
        return reader.problem

    def _request(self, url: str) -> Request | Sentence:
        """Return the request for a report: with the key only where the platform's own server has it. A sentence where nothing is asked."""
        line = self._look.line
        if same_server(line.base, url):
            return line.next_request(url)
        wrong = check_url(url, local_test=self._look.shop.settings.local_test, campaign=False)
        return wrong or Request(
            method="GET", url=url, headers=(("Accept", "*/*"),), provider=line.platform.key
        )

    async def _kept(self, part: ImportPart, found: Sequence[tuple[ReportLine, int, int, int]]) -> None:
        for first in range(0, len(found), PIECE):
            piece = found[first : first + PIECE]
            await self._store.put_refused(
                self._run_id, await asyncio.to_thread(self._sealed, part.number, piece)
            )

    def _sealed(self, part: int, found: Sequence[tuple[ReportLine, int, int, int]]) -> list[KeptRefusal]:
        from workbench.adapters.import_store import KeptRefusal

        return [
            KeptRefusal(
                part,
                number,
                row,
                line,
                self._key.seal(to_json([one.field, one.message, "" if row else one.key])),
            )
            for one, number, row, line in found
        ]

    # -- remembering ---------------------------------------------------------------------------------------------------

    async def _remember(self, part: ImportPart) -> None:
        """Remember the rows that were taken, for the next comparison; none of a part of which it is not known which were."""
        refused, others = await self._store.refused_counts(self._run_id, part.number)
        if (
            part.state not in ("finished", "partial")
            or others
            or refused < part.errors
            or part.total not in (None, part.rows)
            or part.success + part.errors != part.rows
        ):
            return
        try:
            await self._keep(part)
        except (
            Refused
        ):  # the table is not the one that was uploaded any more: the rows go again the next time
            return

    async def _keep(self, part: ImportPart) -> None:
        memory, entity = self._look.memory, self._look.sync.entity
        async for looked in self._rows.walk(part.first - 1, part.last):
            if not looked:
                continue
            found = await self._store.refused_from(self._run_id, looked[0].number, looked[-1].number)
            kept_back = {one.row for one in found}
            taken = [one for one in looked if one.number not in kept_back]
            await memory.keep(entity, await asyncio.to_thread(self._outgoing, taken), whole=False)

    def _outgoing(self, taken: Sequence[SyncLooked]) -> list[tuple[Outgoing, str]]:
        memory, entity = self._look.memory, self._look.sync.entity
        return [
            (memory.outgoing(entity, one.record), f"{self._run_id}-{one.number}")
            for one in taken
            if one.record is not None
        ]


@dataclass(slots=True)
class _Join:
    """Joins a report's lines with rows, once it is known what its numbers count."""

    index: PartRows
    number: int = 0
    way: Counting | None = None
    first: list[ReportLine] = field(default_factory=list)

    def take(
        self, lines: Sequence[ReportLine], *, ended: bool = False
    ) -> list[tuple[ReportLine, int, int, int]]:
        """Return the lines that can be joined by now, each with its place in the report, its row and its line in the file."""
        if self.way is None:
            self.first += lines
            if len(self.first) < FIRST and not ended:
                return []
            self.way, lines, self.first = self.index.counting(self.first), self.first, []
        found = []
        for one in lines:
            self.number += 1
            found.append((one, self.number, *self.index.joined(one, self.way)))
        return found


def _unreadable(part: ImportPart, problem: Sentence) -> Sentence:
    return say(
        "{errors} of {rows} rows were refused, and the report that says which could not be read: {why}",
        errors=part.errors, rows=part.rows, why=problem,
    )  # fmt: skip
