"""IMPORT ASKING: how a part stands at the platform: more and more seldom, and not for ever (R-SYNC-14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workbench.engine.import_states import GIVE_UP, OPEN_STATES, ask_again_s, told
from workbench.engine.schedule import Verdict
from workbench.engine.sync_read import remote_import, report_url
from workbench.models.sync import ImportPart, PartState, RemoteImport
from workbench.models.work import Job
from workbench.sentence import say

from .import_ends import Ended, Heard, again, at_end, not_known, silent, standing, still_running, stops, waits
from .import_kept import Parts
from .import_reports import Reports

if TYPE_CHECKING:
    from workbench.adapters.import_store import KeptPart
    from workbench.adapters.wire import Wire

    from .import_looking import ImportLook

MISSES: Final = 3
"""So often an id that was given to us may be unknown, one question after the other, before it counts as gone."""


class Asking:
    """Asks for the parts of one import."""

    def __init__(self, look: ImportLook, job: Job, parts: Parts, reports: Reports, wire: Wire) -> None:
        self._line, self._job = look.line, job
        self._parts, self._reports, self._wire = parts, reports, wire

    async def ask(self, kept: KeptPart) -> Ended:
        """Ask for a part by the id that the platform gave it."""
        request = self._line.request("import_get", {"id": kept.part.import_id})
        answer = await self._line.send(request, self._wire)
        heard = Heard.of(self._line, "import_get", request, answer, self._job.id, self._job.who)
        found = remote_import(heard.body)
        if found is None:
            return await self.unanswered(kept, heard)
        part = told(kept.part, found, self._parts.now)
        if part.state in OPEN_STATES:
            return await self._goes_on(kept, part, found, heard)
        part = await self._reports.joined(part, report_url(heard.body))
        await self._parts.asked(kept, part)
        return at_end(part, heard)

    async def unanswered(self, kept: KeptPart, heard: Heard) -> Ended:
        """Go on after a question that was not answered as one would like, as long as for an import that goes on."""
        if heard.stops:
            return stops(heard)
        missed = kept.missed + (heard.status == 404 and bool(kept.part.import_id))
        if missed >= MISSES and heard.status == 404 and kept.part.import_id:
            sentence = say("The platform does not know the import {id} any more.", id=kept.part.import_id)
            await self._parts.ended(kept, "failed", sentence)
            return Ended(Verdict("failed"), heard, outcome=heard.outcome)
        since = await self._parts.asked(kept, kept.part, missed=missed)
        if self._parts.now - since < GIVE_UP:
            return waits(heard)
        state: PartState = "still_running" if kept.part.import_id else "failed"
        sentence = silent(kept.part.import_id) if kept.part.import_id else not_known()
        await self._parts.ended(kept, state, sentence)
        return Ended(Verdict("uncertain"), heard, sentence)

    async def _goes_on(self, kept: KeptPart, part: ImportPart, found: RemoteImport, heard: Heard) -> Ended:
        """Ask again later, but not for ever. The journal is told when the platform's word changes."""
        since = await self._parts.asked(kept, part)
        if self._parts.now - since >= GIVE_UP:
            await self._parts.ended(kept, "still_running", still_running(found))
            return Ended(Verdict("uncertain"), heard, still_running(found))
        news = found.status != kept.part.status
        return again(ask_again_s(kept.asked + 1), heard, standing(found), noted=news)
