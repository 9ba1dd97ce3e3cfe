"""IMPORT FINDING: a part whose upload may have arrived, looked for in the platform's own list (R-SYNC-32)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from workbench.engine.import_states import ROUNDING, SKEW, perhaps_ours
from workbench.engine.sync_read import page, remote_import
from workbench.models.request import Reply
from workbench.models.sync import RemoteImport
from workbench.models.work import Job

from .import_doors import ImportDoors
from .import_ends import Heard
from .sync_memory import scope_of

if TYPE_CHECKING:
    from workbench.adapters.import_store import KeptPart
    from workbench.adapters.wire import Wire

    from .import_looking import ImportLook

MOST_PAGES: Final = 20
LOOKS: Final = 3
"""So often the list is looked through without finding a part before it counts as not arrived: a list may lag."""
PATIENCE_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at the list found; ``candidates`` is None where the list did not come. ``heard`` is its last page's answer."""

    heard: Heard
    candidates: list[RemoteImport] | None = None

    def looked_enough(self, kept: KeptPart) -> bool:
        """Return whether with this look the list was looked through often enough."""
        return kept.missed + 1 >= LOOKS


class Finding:
    """Looks for parts in the platform's list of imports."""

    def __init__(self, doors: ImportDoors, look: ImportLook, job: Job, wire: Wire) -> None:
        self._house, self._store, self._look, self._job, self._wire = (
            doors.house,
            doors.imports,
            look,
            job,
            wire,
        )

    async def find(self, kept: KeptPart) -> Found:
        """Return the imports in the list that may be a part whose upload was begun. The first page has its permit already."""
        line, listed = self._look.line, list[RemoteImport]()
        heard = await self._page("")
        if heard.reply is None or not heard.outcome.ok:
            return Found(heard)
        begun, skew = self._begun(kept, heard.reply)
        for _ in range(MOST_PAGES):
            items, link = page(heard.body, line.base)
            listed += [one for item in items if (one := remote_import(item)) is not None]
            if not link:
                break
            await line.turn(PATIENCE_S)
            heard = await self._page(link)
            if not heard.outcome.ok:
                return Found(heard)
        known = await self._store.known_ids(scope_of(self._house, self._look.shop.id))
        kind = dict(line.platform.imports.types)[self._look.sync.entity]
        return Found(heard, perhaps_ours(listed, kind, kept.part.rows, begun, skew, known))

    async def _page(self, link: str) -> Heard:
        line = self._look.line
        request = line.next_request(link) if link else line.request("imports")
        answer = await line.send(request, self._wire)
        return Heard.of(line, "imports", request, answer, self._job.id, self._job.who)

    def _begun(self, kept: KeptPart, answer: Reply) -> tuple[datetime, timedelta]:
        """Return when the upload was begun by the platform's clock, as its answer's ``Date`` tells it, and by how much that may be off."""
        assert kept.begun_at is not None, "only what was begun is looked for"
        try:
            there = parsedate_to_datetime(answer.header("Date") or "")
            return kept.begun_at + (there - self._house.clock.now()), ROUNDING
        except (TypeError, ValueError):  # no Date, one that cannot be read, or one without a zone
            return kept.begun_at, SKEW
