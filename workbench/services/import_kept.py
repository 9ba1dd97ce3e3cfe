"""IMPORT KEPT: what becomes known of a run's parts, put down in the store, one step at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from workbench.engine.import_states import ARRIVES, OPEN_STATES, told
from workbench.models.sync import ImportPart, PartState, RemoteImport
from workbench.sentence import Sentence

from .import_doors import ImportDoors

if TYPE_CHECKING:
    from workbench.adapters.import_store import KeptPart


class Parts:
    """The parts of one run."""

    def __init__(self, doors: ImportDoors, run_id: str) -> None:
        self._store, self._clock, self._run_id = doors.imports, doors.house.clock, run_id

    @property
    def now(self) -> datetime:
        """The time of day."""
        return self._clock.now()

    async def get(self, number: int) -> KeptPart:
        """Return one part. Raises NotFound."""
        return await self._store.part(self._run_id, number)

    async def begin(self, number: int, queued: int) -> int | None:
        """Put down that an upload is begun; where it may not begin yet, return how many parts wait in front of this one."""
        return await self._store.begin(self._run_id, number, queued, self.now, ARRIVES)

    async def not_begun(self, kept: KeptPart) -> None:
        """Put down that an upload did not arrive."""
        await self._change(kept, lambda now: replace(now, begun_at=None, missed=0))

    async def missed(self, kept: KeptPart) -> None:
        """Put down that the platform's list did not have it."""
        await self._change(kept, lambda now: replace(now, missed=now.missed + 1))

    async def known(self, kept: KeptPart, found: RemoteImport) -> None:
        """Put down the id that the platform gave a part: from now on it is asked by it."""
        at = self.now
        part = told(kept.part, found, at)
        if part.state not in OPEN_STATES:  # at its end already: it is asked once more, for its report
            part = part.model_copy(update={"state": "in_progress"})
        await self._change(kept, lambda now: replace(now, part=part, asked_since=at, asked=0, missed=0))

    async def asked(self, kept: KeptPart, part: ImportPart, *, missed: int = 0) -> datetime:
        """Put down what a question found, and return since when the part is asked for."""
        since = kept.asked_since or self.now
        await self._change(
            kept, lambda now: replace(now, part=part, asked_since=since, asked=now.asked + 1, missed=missed)
        )
        return since

    async def ended(self, kept: KeptPart, state: PartState, sentence: Sentence) -> None:
        """Put down how a part ended, with our own words."""
        changed = {"state": state, "sentence": sentence, "changed_at": self.now}
        await self._change(kept, lambda now: replace(now, part=now.part.model_copy(update=changed)))

    async def _change(self, kept: KeptPart, change: Callable[[KeptPart], KeptPart]) -> None:
        await self._store.change(self._run_id, kept.part.number, change)
