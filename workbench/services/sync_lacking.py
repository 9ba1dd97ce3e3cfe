"""SYNC LACKING: what a purchase waits for is created if it is known here; else the row is listed as waiting (R-SYNC-08)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from workbench.engine.schedule import Verdict
from workbench.engine.shop_consent import Proof, raises
from workbench.engine.sync_read import Decoded
from workbench.models.base import JsonValue
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import Entity
from workbench.models.work import Claimed, Job

from .shop_jobs import live_jobs
from .sync_calling import ShopLine
from .sync_guard import SyncGuard
from .sync_known import Known
from .sync_looking import SyncDoors, shown_key
from .sync_memory import Memory, Outgoing
from .sync_ready import Done, Ready, as_record
from .sync_turns import Turns

LATER_S: Final = 30.0
"""Seconds after which a purchase goes again whose contact or product is on its way in another job; each time twice as many."""
MOST_WAITS: Final = 8
"""Attempts after which it is not waited for any more: about two hours."""


class Lacking:
    """Creates what purchases of one job lack, and lists the rows for which it cannot."""

    def __init__(
        self, doors: SyncDoors, job: Job | None, line: ShopLine, memory: Memory, known: Known, turns: Turns, wire: Any = None
    ) -> None:  # fmt: skip
        self._doors, self._house, self._job = doors, doors.house, job
        self._line, self._memory, self._known, self._turns, self._wire = line, memory, known, turns, wire
        self._guard = SyncGuard(memory, doors.consent, SyncPlan(shop_id=line.shop.id))
        self._creating = asyncio.Lock()
        self._created: set[tuple[Entity, str]] = set()

    async def create(self, entity: Entity, ready: Ready, told: Decoded) -> bool | None:
        """Create what an answer says that a purchase lacks.

        False where it is not known here, or the platform does not take it; None where there is no turn for that now. Of many rows that
        lack the same, one creates it.
        """
        keys = keys_of(entity, ready, told)
        known = await self._known.find(entity, keys, lines_of(ready))
        if not keys or len(known) < len(keys):
            return False
        async with self._creating:
            for record in known.values():
                if (entity, record.key) in self._created:
                    continue
                one = await self._harmless(entity, record)
                if not await self._turns.take(ready.owner):
                    return None
                outcome, _, _ = await self._line.call(
                    one.call, one.parts, one.query, one.body, job_id=self._job.id if self._job else None, wire=self._wire, paced=False
                )  # fmt: skip
                if not outcome.ok:
                    return False
                await self._memory.keep(entity, [(one, ready.owner)])
                self._created.add((entity, record.key))
        return True

    async def list(self, row: Claimed, ready: Ready, done: Done, entity: Entity, told: Decoded) -> None:
        """Put a row on the list of those that wait. While a job of the shop brings what lacks, it goes again by itself."""
        from workbench.adapters.sync_marks import KeptWaiting

        if self._job is None or done.outcome is None:
            return
        keys = keys_of(entity, ready, told)
        known = await self._known.find(entity, keys, lines_of(ready))
        shown = tuple((shown_key(self._house, entity, key), self._memory.digest(entity, key)) for key in keys)
        await self._doors.marks.wait(self._memory.scope, [KeptWaiting(
            self._job.id, ready.row, entity, str(self._job.spec.get("run", "")), shown, len(known) == len(keys) > 0, row.attempts,
            done.outcome.sentence,
        )], self._house.clock.now())  # fmt: skip
        if row.attempts < MOST_WAITS and await self._is_coming(entity):
            done.verdict = Verdict("retrying", wait_s=LATER_S * 2 ** (row.attempts - 1))

    async def _harmless(self, entity: Entity, one: Outgoing) -> Outgoing:
        """Return a record without what would subscribe a contact that unsubscribed since it was kept."""
        record = as_record(one)
        if entity != "contact" or not raises(record):
            return one
        [held] = await self._guard.held([(record, Proof())])
        if held is None:
            return one
        body = {name: value for name, value in one.body.items() if name not in raises(record)}
        return self._memory.outgoing(entity, as_record(replace(one, body=body)))

    async def _is_coming(self, entity: Entity) -> bool:
        """Return whether another job of the shop brings records of this entity now."""
        assert self._job is not None, "only a job's rows wait"
        for job in await live_jobs(self._house, self._line.shop.id, [self._house.mode]):
            sync = job.spec.get("sync")
            other = job.id != self._job.id and job.state in ("filling", "running")
            if other and isinstance(sync, Mapping) and sync.get("entity") == entity:
                return True
        return False


def keys_of(entity: Entity, ready: Ready, told: Decoded) -> list[str]:
    """Return the keys of what a purchase lacks: the contact's, or the products that the answer names, else all of its lines'."""
    assert ready.one is not None, "it was sent"
    if entity == "contact":
        email = str(ready.one.body.get("contactEmail") or "").strip()
        return [email.casefold()] if email else []
    own = [str(line["productId"]) for line in lines_of(ready) if line.get("productId")]
    return [key for key in own if key in told.ids] or own


def lines_of(ready: Ready) -> list[Mapping[str, JsonValue]]:
    """Return a purchase's lines."""
    assert ready.one is not None, "it was sent"
    products = ready.one.body.get("products")
    return (
        [line for line in products if isinstance(line, Mapping)]
        if isinstance(products, (list, tuple))
        else []
    )
