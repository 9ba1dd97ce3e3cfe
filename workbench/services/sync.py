"""Sync: what a person does with a shop's records beside runs: compare, preview, send one, read one back, and see what waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

import orjson

from workbench.engine.shop_rows import gather, gathering_of
from workbench.engine.sync_read import coupon_set
from workbench.errors import NotFound, Refused
from workbench.models.base import JsonValue
from workbench.models.request import Reply
from workbench.models.run import Run, Table
from workbench.models.sending import Confirmation, Preview, Sent
from workbench.models.shop import SHOPS, ShopCheck
from workbench.models.shop_data import CouponSets
from workbench.models.sync import BeforeAfter, ConsentConflict, Diff, Waiting
from workbench.models.sync_platform import Entity
from workbench.sentence import say

from .roles import operator, viewer
from .run_look import SyncLooks
from .shop_jobs import live_jobs
from .sync_calling import ShopLine
from .sync_diffing import READS, conflicts_of, diffed, effect_of
from .sync_looking import SyncDoors
from .sync_memory import Memory, scope_of
from .sync_rows import SyncRows
from .sync_single import By, Fire, Single
from .visibility import require_all_units

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.engine.table_rows import TableRow

MOST_SAMPLE: Final = 20
PIECE: Final = 1_000
ONE: Final[dict[Entity, tuple[str, str]]] = {
    "contact": READS["contact"], "product": READS["product"], "purchase": ("purchase_by_store_id", "id"), "coupon": ("coupon_set", "id"),
}  # fmt: skip
"""The call that reads one record, and the place in its path that the key fills."""


class Sync:
    """What a person can do with a shop's records. A sync of a table is a run: ``bench.runs``, with a plan that holds a ``SyncPlan``."""

    def __init__(self, doors: SyncDoors, looks: SyncLooks) -> None:
        from workbench.adapters.run_store import RunStore

        self.doors, self.looks = doors, looks
        self._store = RunStore(doors.house.database)
        self._single = Single(doors, looks)

    # -- comparing -----------------------------------------------------------------------------------------------------

    @viewer
    async def diff(self, run_id: str) -> Diff:
        """Return what of a run's rows is new, changed or the same since it was last sent, and what is gone. Nothing is sent or deleted."""
        return await diffed(self.doors, await self._rows(run_id))

    @viewer
    async def conflicts(self, run_id: str) -> list[ConsentConflict]:
        """Return a run's rows that subscribe somebody who is known here as unsubscribed, at most 200; contacts are masked."""
        return await conflicts_of(self.doors, await self._rows(run_id))

    @viewer
    async def effect(self, run_id: str, rows: list[int] | None = None, sample: int = 5) -> list[BeforeAfter]:
        """Return what a run's options make of existing records: each field before, in the file and after, for these rows or the first few.

        The records are read from the platform. Who may only look sees no contact's values.
        """
        return await effect_of(await self._rows(run_id), rows or [], max(1, min(sample, MOST_SAMPLE)))

    @viewer
    async def waiting(self, shop_id: str) -> list[Waiting]:
        """Return the rows that wait for a contact or a product that the platform does not know, the newest first."""
        shop = await self.doors.shops.get(shop_id)
        memory = await Memory.open(self.doors.house, self.doors.marks, shop.id)
        found: list[Waiting] = []
        rows = await self.doors.marks.waiting(memory.scope)
        there = {job: await self._is_there(job) for job in {one.job for one in rows}}
        for one in rows:
            if not there[one.job]:  # its job was deleted, with its rows
                continue
            sent = await self.doors.marks.find(
                f"{memory.scope}/{one.entity}", [digest for _, digest in one.keys]
            )
            known = one.known or all(digest in sent and sent[digest].body for _, digest in one.keys)
            found.append(Waiting.model_validate({
                "run_id": one.run, "row": one.row, "entity": one.entity, "keys": tuple(shown for shown, _ in one.keys), "known": known,
                "tried": one.tried, "sentence": one.sentence,
            }))  # fmt: skip
        return found

    # -- reading -------------------------------------------------------------------------------------------------------

    @viewer
    async def get(self, shop_id: str, entity: Entity, key: str) -> ShopCheck:
        """Return what the platform has of one record (a contact by its e-mail address, the others by the shop's own id), masked."""
        line = await self._line(shop_id)
        call, place = ONE[entity]
        request = line.request(call, {place: key.strip()})
        outcome, answer, entry = await line.call(call, {place: key.strip()})
        reply = line.reply_view(call, request, answer) if isinstance(answer, Reply) else None
        return ShopCheck(request=line.view(call, request), reply=reply, outcome=entry.outcome or outcome)

    @viewer
    async def coupon_sets(self, shop_id: str, after: str = "") -> CouponSets:
        """Return a page of a shop's coupon sets; the next one is ``after`` this one's ``after``. Raises Refused with why there is none."""
        line = await self._line(shop_id)
        outcome, page, _ = await line.listed("coupon_sets", after)
        if not outcome.ok:
            raise Refused(outcome.sentence)
        sets = tuple(found for item in page.items if (found := coupon_set(item)) is not None)
        note = say(
            "“Assigned” and “available” lag up to ten seconds behind: right after an import they are not up to date."
        )
        return CouponSets(sets=sets, after=page.next, note=note)

    # -- one record ----------------------------------------------------------------------------------------------------

    @viewer
    async def preview(
        self,
        shop_id: str,
        entity: Entity,
        record: dict[str, JsonValue],
        by: By = "email",
        fire: Fire = "auto",
    ) -> Preview:
        """Return the request that one record makes, masked, and everything that is to be said of it; nothing is sent."""
        return await self._single.preview(shop_id, entity, record, by, fire)

    @operator
    async def send(
        self, shop_id: str, entity: Entity, record: dict[str, JsonValue], by: By = "email", fire: Fire = "auto",
        confirmation: Confirmation | None = None,
    ) -> Sent:  # fmt: skip
        """Send one record. Live mode wants the host and the record's key confirmed. Raises Invalid with what keeps it back.

        A purchase that may be there already is looked up first; what it waits for is created where that is known here.
        """
        return await self._single.send(shop_id, entity, record, by, fire, confirmation)

    @operator
    async def delete_contact(
        self, shop_id: str, email: str, confirmation: Confirmation | None = None
    ) -> Sent:
        """Delete one contact at the platform, and what is kept of it here. Live mode wants the host and the address confirmed.

        The only deletion there is: no sync deletes.
        """
        return await self._single.delete_contact(shop_id, email, confirmation)

    @operator
    async def forget(self, shop_id: str) -> None:
        """Forget all that was sent to a shop in this mode; its platform is not called. Then every record is new, and none is gone.

        Raises Refused while a sync of the shop is not at its end. A shop that was deleted goes by its id.
        """
        house = self.doors.house
        try:
            shop_id = (await self.doors.shops.get(shop_id)).id
        except NotFound:
            require_all_units()  # whose it was is not known any more
            shop_id = shop_id.strip()
        else:
            await asyncio.to_thread(house.catalogue.require_change, SHOPS, shop_id)
        for job in await live_jobs(house, shop_id, [house.mode]):
            raise Refused(say(
                "“{job}” is not at its end, and needs to know what it sent. Let it end, or cancel it.", job=job.title
            ))  # fmt: skip
        await self.doors.marks.forget_shop(scope_of(house, shop_id))

    # -- tables --------------------------------------------------------------------------------------------------------

    @operator
    async def gather(self, table_id: str, by: str = "") -> Table:
        """Return a new table with one row for each purchase, made of one with a line for each of its items.

        ``by`` is the column that names the purchase, where it is not called so. Raises Refused for a table that cannot be gathered.
        """
        tables = self.doors.tables
        table = await tables.get(table_id)
        how = gathering_of(table.columns, by)
        found = gather((_readable(row) for row in tables.rows(table.id)), how.by)
        return await tables.keep(say("{name} by purchase", name=table.name).render(str), _lines(found))

    # ------------------------------------------------------------------------------------------------------------------

    async def _rows(self, run_id: str) -> SyncRows:
        run: Run = (await self._store.run(run_id)).run
        rows = await SyncRows.open(self.doors, self.looks, self._store, run)
        if rows is None:
            raise Refused(say("This run sends messages; there is no shop to compare it with."))
        return rows

    async def _is_there(self, job_id: str) -> bool:
        try:
            await self.doors.house.ledger.job(job_id)
        except NotFound:
            return False
        return True

    async def _line(self, shop_id: str) -> ShopLine:
        return await ShopLine.open(self.doors.house, await self.doors.shops.get(shop_id))


def _readable(row: TableRow) -> dict[str, JsonValue]:
    """Return a row's cells. Raises Refused for one that cannot be read: a purchase without one of its lines is a wrong purchase."""
    if row.problem is not None:
        raise Refused(say("Line {line}: {sentence}", line=row.line, sentence=row.problem))
    return row.cells


async def _lines(found: Iterator[dict[str, JsonValue]]) -> AsyncIterator[bytes]:
    """Give rows as JSON lines, a thousand at a time, made beside everything else."""

    def piece() -> bytes:
        return b"".join(orjson.dumps(row, default=str) + b"\n" for row in islice(found, PIECE))

    while made := await asyncio.to_thread(piece):
        yield made
