"""SYNC DIFFING: a table against what was last sent of it (R-SYNC-27), and what an import's options would make of it (R-SYNC-30)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workbench.engine.import_effect import effect
from workbench.engine.read import json_of
from workbench.engine.sync_diff import changed_fields
from workbench.errors import Refused
from workbench.models.base import Problem
from workbench.models.request import Reply
from workbench.models.sync import BeforeAfter, Change, ConsentConflict, Diff
from workbench.models.sync_platform import Entity
from workbench.sentence import say

from .house import House
from .sync_guard import SyncGuard
from .sync_looking import SyncDoors, SyncLooked, shown_key
from .sync_memory import Memory
from .sync_rows import SyncRows

SAMPLE: Final = 50
"""Changes that are shown one by one."""
SAMPLE_GONE: Final = 20
MOST_CONFLICTS: Final = 200
HIDDEN: Final = "****"
READS: Final[dict[Entity, tuple[str, str]]] = {
    "contact": ("contact_get", "email"),
    "product": ("product_get", "id"),
}
"""The call that reads a record of an entity, and the place in its path that the key fills."""


async def diffed(doors: SyncDoors, rows: SyncRows) -> Diff:
    """Return what is new, changed, the same and gone since it was last sent. Nothing is changed, here or there."""
    walk = _Walk(doors.house, rows)
    async for batch in rows.every():
        await walk.take(batch)
    gone = await walk.gone(doors)
    problems = (Problem(field="gone", level="note", sentence=say(
        "{count} records were sent once and are not in this table. Nothing is ever deleted by itself: look at them, and delete a contact "
        "by hand where that is meant.",
        count=gone,
    )),) if gone else ()  # fmt: skip
    return Diff(
        creates=walk.counts["create"], updates=walk.counts["update"], unchanged=walk.counts["unchanged"], gone=gone,
        problems=problems, sample=tuple(walk.sample),
    )  # fmt: skip


class _Walk:
    """One walk over a table, with what it met: the digests of the keys, counts, and the first changes."""

    def __init__(self, house: House, rows: SyncRows) -> None:
        self._house, self._rows, self._entity = house, rows, rows.look.sync.entity
        self._memory: Memory = rows.look.memory
        self._met: set[str] = set()
        self.counts = {"create": 0, "update": 0, "unchanged": 0}
        self.sample: list[Change] = []

    async def take(self, batch: Sequence[tuple[SyncLooked, bool]]) -> None:
        """Compare some rows with what was sent. One that is kept back is not counted, and not gone either."""
        rows = [
            (one.number, one.record, goes) for one, goes in batch if one.record is not None and one.record.key
        ]
        sent = await self._memory.find(self._entity, [record.key for _, record, _ in rows])
        for number, record, goes in rows:
            mark = sent.get(record.key)
            known = mark is not None and mark.state == "taken"
            if mark is not None and known:
                self._met.add(mark.key)
            if not goes:
                continue
            if mark is None or not known:
                self._count(Change(row=number, kind="create", key=self._shown(record.key)))
            elif mark.hash == self._memory.hash(self._entity, record):
                self._count(Change(row=number, kind="unchanged"))
            else:
                last = self._memory.opened(mark)
                fields = changed_fields(last.body, record.body) if last is not None else ()
                self._count(Change(row=number, kind="update", key=self._shown(record.key), fields=fields))

    async def gone(self, doors: SyncDoors) -> int:
        """Return how many records were sent and are not in the table; the first of them go into the sample."""
        scope, after, shown = self._memory.of(self._entity), "", 0
        count = await doors.marks.count(scope) - len(self._met)
        while count > 0 and shown < min(count, SAMPLE_GONE):
            page = await doors.marks.page(scope, after)
            if not page:
                break
            after = page[-1].key
            for mark in page:
                if mark.key not in self._met and shown < SAMPLE_GONE:
                    last = self._memory.opened(mark)
                    self.sample.append(Change(row=0, kind="gone", key=self._shown(last.key) if last else ""))
                    shown += 1
        return max(0, count)

    def _count(self, change: Change) -> None:
        self.counts[change.kind] += 1
        if change.kind != "unchanged" and len(self.sample) < SAMPLE:
            self.sample.append(change)

    def _shown(self, key: str) -> str:
        return shown_key(self._house, self._entity, key)


async def conflicts_of(doors: SyncDoors, rows: SyncRows) -> list[ConsentConflict]:
    """Return the first rows that subscribe somebody who is known here as unsubscribed, those that are left out too."""
    look, found = rows.look, list[ConsentConflict]()
    guard = SyncGuard(look.memory, doors.consent, rows.run.plan.sync or look.sync)
    async for batch in rows.every():
        looked = {row.number: row for row, _ in batch}
        subscribed = [(row.number, row.record, row.proof) for row, _ in batch if row.record is not None]
        for one in await guard.conflicts(subscribed):
            found.append(one.model_copy(update={"recipient": look.recipient(looked[one.row])}))
        if len(found) >= MOST_CONFLICTS:
            break
    return found[:MOST_CONFLICTS]


async def effect_of(rows: SyncRows, numbers: Sequence[int], sample: int) -> list[BeforeAfter]:
    """Return, for these rows or the first few, each field before, in the file and after. The records are read from the platform.

    Raises Refused where the entity cannot be read, or the platform does not give a record.
    """
    look = rows.look
    if look.sync.entity not in READS:
        raise Refused(
            say(
                "Only contacts and products that exist already are changed by an import; there is nothing to compare."
            )
        )
    chosen = [row for number in numbers[:SAMPLE] if (row := await rows.row(number)) is not None]
    if not numbers:
        async for batch in rows.batches():
            chosen += batch[: sample - len(chosen)]
            if len(chosen) >= sample:
                break
    return [await _one(rows, row) for row in chosen]


async def _one(rows: SyncRows, row: SyncLooked) -> BeforeAfter:
    look, record = rows.look, row.record
    assert record is not None, "it can go"
    call, place = READS[look.sync.entity]
    key = record.identifiers.get("email", record.key) if look.sync.entity == "contact" else record.key
    outcome, answer, _ = await look.line.call(call, {place: key})
    there = isinstance(answer, Reply) and answer.status == 404
    before = json_of(answer) if isinstance(answer, Reply) and outcome.ok else {}
    if not outcome.ok and not there:
        raise Refused(outcome.sentence)
    sync = rows.run.plan.sync or look.sync
    made = effect(
        before if isinstance(before, dict) else {}, record.body, sync, key=shown_key(look.house, sync.entity, record.key)
    )  # fmt: skip
    if look.house.person.may("operator") or sync.entity != "contact":
        return made
    hidden = tuple((name, *(HIDDEN if value else value for value in values)) for name, *values in made.fields)
    return made.model_copy(update={"fields": hidden})
