"""IMPORT UPLOADING: a part's file is uploaded; one whose upload may have arrived is looked for in the platform's list first (R-SYNC-32)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.engine.import_states import LONGEST_S, ask_again_s, turn_s
from workbench.engine.schedule import OFFSETS_S, Verdict, judge
from workbench.engine.sync_read import decoded, remote_import
from workbench.errors import WorkbenchError
from workbench.models.request import OutcomeKind
from workbench.models.work import Claimed, Job
from workbench.sentence import say

from .import_ends import Ended, Heard, again, full, looking, not_known, several, standing, stops, waits
from .import_finding import Finding
from .import_kept import Parts
from .import_rows import ImportRows

if TYPE_CHECKING:
    from workbench.adapters.import_store import KeptPart
    from workbench.adapters.wire import Wire

    from .import_looking import ImportLook

WITHOUT_ID: tuple[OutcomeKind, ...] = ("accepted", "check_body", "unconfirmed")
"""An upload that was taken, and no id can be read of the answer: the platform's list tells it."""


class Uploading:
    """Uploads the parts of one import, one at a time."""

    def __init__(
        self, look: ImportLook, job: Job, parts: Parts, rows: ImportRows, finding: Finding, wire: Wire
    ) -> None:
        self._look, self._line, self._job = look, look.line, job
        self._parts, self._rows, self._finding, self._wire = parts, rows, finding, wire
        self._one = asyncio.Lock()  # a part is some 50 MB in memory, twice

    async def upload(self, row: Claimed, kept: KeptPart) -> Ended:
        """Upload a part, if the platform's queue has room."""
        queued, number = self._look.platform.imports.queued, kept.part.number
        async with self._one:
            before = await self._parts.begin(number, queued)
            if before is not None:
                return again(turn_s(before, queued), sentence=full(queued))
            try:
                file = await self._rows.file(kept.part)
            except WorkbenchError:
                await self._parts.not_begun(kept)
                raise
            request = self._line.import_request(self._look.sync, file, f"part-{number}.csv")
            answer = await self._line.send(request, self._wire)
            heard = Heard.of(self._line, "import", request, answer, self._job.id, self._job.who)
            return await self._taken(row, kept, heard)

    async def look_for(self, kept: KeptPart) -> Ended | Heard:
        """Look in the platform's list for a part whose upload may have arrived; a list that does not come is returned as it was heard."""
        found = await self._finding.find(kept)
        if found.candidates is None:
            return found.heard
        if len(found.candidates) == 1:
            await self._parts.known(kept, found.candidates[0])
            return again(0.0, found.heard, say("Found again in the platform's list."))
        if found.candidates:
            sentence = several(found.candidates)
            await self._parts.ended(kept, "failed", sentence)
            return Ended(Verdict("uncertain"), found.heard, sentence)
        if found.looked_enough(kept):
            await self._parts.not_begun(kept)
            return again(0.0, found.heard, say("It is not in the platform's list: it did not arrive."))
        await self._parts.missed(kept)
        return again(LONGEST_S, found.heard, looking())

    async def _taken(self, row: Claimed, kept: KeptPart, heard: Heard) -> Ended:
        """Keep what the answer to an upload says."""
        found, outcome = remote_import(heard.body), heard.outcome
        if found is not None:
            await self._parts.known(kept, found)
            return again(ask_again_s(0), heard, standing(found))
        is_full = heard.reply is not None and decoded(self._look.platform, heard.reply).full
        if not is_full and outcome.kind in (*WITHOUT_ID, "uncertain", "server_error"):
            return await self._perhaps(row, kept, heard)
        await self._parts.not_begun(kept)
        if is_full or outcome.kind == "throttled":
            return waits(heard, wrong=not is_full)
        if heard.stops:
            return stops(heard)
        verdict = judge(outcome, heard.status, attempts=row.attempts, key=row.key, repeatable=True)
        if verdict.state == "failed":
            await self._parts.ended(kept, "failed", outcome.sentence)
        return Ended(verdict, heard, outcome=outcome)

    async def _perhaps(self, row: Claimed, kept: KeptPart, heard: Heard) -> Ended:
        """Go on with an upload that may have arrived: it is looked for next, and not for ever uploaded again."""
        outcome = heard.outcome
        if outcome.kind in WITHOUT_ID and row.attempts < len(OFFSETS_S):
            return Ended(Verdict("retrying", ask_again_s(0)), heard, outcome.sentence)
        verdict = judge(outcome, heard.status, attempts=row.attempts, key=row.key, repeatable=True)
        if verdict.state == "retrying":
            return Ended(verdict, heard, outcome=outcome)
        await self._parts.ended(kept, "failed", not_known())
        taken = outcome.kind in WITHOUT_ID  # its words would say that all is well, or blame the address
        return Ended(Verdict("uncertain"), heard, not_known(), None if taken else outcome)
