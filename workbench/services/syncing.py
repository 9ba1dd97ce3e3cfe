"""Syncing: the kind of job whose rows are a shop's records, one call for each.

A row's data is sealed: what goes out (``sync_memory.Outgoing``), and its number in the table. Contacts and products may be written as often
as they come. A purchase is marked before it goes; one that is marked already is looked up before anything is sent (``sync_purchases``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic_core import from_json

from workbench.engine.schedule import Verdict
from workbench.engine.shop_consent import Proof
from workbench.errors import Invalid, MissingSecret, NotFound
from workbench.models.request import Reply
from workbench.models.shop import SHOPS, Shop
from workbench.models.sync import SyncPlan
from workbench.models.work import Claimed, Job
from workbench.sentence import say

from .double_send import send_key
from .house import House
from .run_filling import ROW
from .run_look import SyncLooks
from .runner import Answered, Attempt
from .sending import DRY_RUN, opened_key, rehearsed
from .sync_calling import ShopLine
from .sync_guard import SyncGuard
from .sync_known import Known
from .sync_looking import KIND, SyncDoors, shown_key
from .sync_memory import Memory, Outgoing
from .sync_purchases import Purchases
from .sync_ready import Done, Ready, as_record

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.sealed_rows import RowKey
    from workbench.adapters.sync_marks import SyncMark
    from workbench.adapters.wire import Wire

__all__ = ["KIND", "Syncing", "syncing"]


def syncing(doors: SyncDoors, looks: SyncLooks) -> Callable[[House, Job], Awaitable[Syncing]]:
    """Return what opens the sync of a job's rows, for the crew."""
    return lambda house, job: Syncing.open(doors, looks, house, job)


@dataclass(slots=True)
class _News:
    """What has to be written down of rows that ended, before the next ones begin."""

    taken: list[tuple[Outgoing, str]] = field(default_factory=list)
    undone: list[tuple[str, str]] = field(default_factory=list)
    ended: list[tuple[str, int]] = field(default_factory=list)


class Syncing:
    """Does the rows of one job."""

    def __init__(
        self, doors: SyncDoors, job: Job, sync: SyncPlan, line: ShopLine, wire: Wire, memory: Memory, key: RowKey | None,
        purchases: Purchases,
    ) -> None:  # fmt: skip
        self._doors, self._house, self._job, self._sync = doors, doors.house, job, sync
        self._line, self._wire, self._memory, self._key = line, wire, memory, key
        self._purchases = purchases
        self._guard = SyncGuard(memory, doors.consent, sync)
        self._dry = bool(job.spec.get(DRY_RUN))
        self._news = _News()
        self._unsent: dict[str, str] = {}

    @classmethod
    async def open(cls, doors: SyncDoors, looks: SyncLooks, house: House, job: Job) -> Syncing:
        """Return what does a job's rows. Raises WorkbenchError where nothing can be sent: the key is missing, the disk is full."""
        sync = SyncPlan.model_validate(job.spec["sync"])
        shop = await shop_of_now(house, job)
        await asyncio.to_thread(house.home.check_writable)
        line = await ShopLine.open(house, shop, who=job.who)
        memory = await Memory.open(house, doors.marks, shop.id)
        wire = line.wire(job.options.at_once)
        purchases = Purchases(doors, job, line, memory, Known(doors, looks, memory, shop), wire)
        return cls(doors, job, sync, line, wire, memory, await opened_key(house, job), purchases)

    # -- the runner's three steps --------------------------------------------------------------------------------------

    async def prepare(self, rows: Sequence[Claimed]) -> list[Ready]:
        """Return the rows' calls. Of contacts that are to be subscribed the ledger is asked again: a STOP that came a second ago counts."""
        await self._write_news()
        ready = [self._ready(row) for row in rows]
        if self._sync.entity == "contact":
            ready = await self._guarded(ready)
        if self._sync.entity == "purchase" and not self._dry:
            ready = await self._marked(ready)
        return ready

    async def attempt(self, row: Claimed, ready: Ready) -> Answered:
        """Make the call of one row; of a purchase all that belong to it."""
        self._unsent.pop(ready.owner, None)
        if ready.one is None or ready.request is None or self._dry:
            return Answered(row, (ready, Done()), plain=True)
        if self._sync.entity == "purchase":
            done = await self._purchases.send(row, ready)
            return Answered(row, (ready, done), plain=done.outcome is not None and done.outcome.ok)
        answer = await self._line.send(ready.request, self._wire)
        done = Done(answer=answer)
        return Answered(row, (ready, done), plain=isinstance(answer, Reply) and 200 <= answer.status < 300)

    def conclude(self, answered: Answered) -> Attempt:
        """Read the answer, and make the journal's entry of it."""
        ready, done = answered.what
        if ready.one is None or ready.request is None:
            return Attempt(problem=ready.problem, recipient=ready.recipient)
        if self._dry:
            return Attempt(verdict=Verdict("cancelled"), problem=rehearsed(), recipient=ready.recipient)
        if done.answer is not None:
            done.outcome, done.entry = self._line.record(
                ready.one.call, ready.request, done.answer, job_id=self._job.id, exchange=False
            )
            done.status = done.answer.status if isinstance(done.answer, Reply) else None
            done.learned = self._line.learned(done.answer)
        self._note(ready, done)
        if done.outcome is None:  # it was not attempted after all
            return Attempt(verdict=done.verdict, recipient=ready.recipient)
        return Attempt(
            done.outcome, done.status, ready.recipient, done.entry, None, done.learned, done.verdict
        )

    def hurry(self) -> None:
        """Let purchases that wait for a turn go back to the ledger."""
        self._purchases.hurry()

    async def close(self) -> None:
        """Close the connections; what was marked and did not go is let go."""
        await self._wire.close()
        self._news.undone += [(digest, owner) for owner, digest in self._unsent.items()]
        self._unsent.clear()
        await self._write_news()

    # -- making ready --------------------------------------------------------------------------------------------------

    def _ready(self, row: Claimed) -> Ready:
        owner = send_key(self._job.id, row.number)
        data = from_json(row.data if self._key is None else self._key.open(row.data))
        number, one = int(data.get(ROW, row.number)), Outgoing.of(data)
        if one is None:
            return Ready(number, owner, problem=say(
                "This row could go when it was looked at, and cannot any more. Look at the rows of the table again, in a new run."
            ))  # fmt: skip
        recipient = shown_key(self._house, self._sync.entity, one.key)
        try:
            request = self._line.request(one.call, one.parts, one.query, one.body)
        except Invalid as error:
            return Ready(number, owner, problem=error.sentence, recipient=recipient)
        return Ready(number, owner, one, request, recipient=recipient)

    async def _guarded(self, ready: list[Ready]) -> list[Ready]:
        asked = [one for one in ready if one.one is not None]
        held = await self._guard.held(
            [(as_record(one.one), _proof(one.one)) for one in asked if one.one is not None]
        )
        reasons = {one.row: reason[1] for one, reason in zip(asked, held, strict=True) if reason is not None}
        return [
            one if one.row not in reasons else one._replace(request=None, problem=reasons[one.row])
            for one in ready
        ]

    async def _marked(self, ready: list[Ready]) -> list[Ready]:
        """Mark purchases before they go: a crash leaves the mark, and the row its owner."""
        asked = [one for one in ready if one.one is not None]
        marks = [
            self._memory.mark("purchase", one.one, "going", one.owner) for one in asked if one.one is not None
        ]
        before = await self._doors.marks.begin(self._memory.of("purchase"), marks)
        found: dict[str, SyncMark] = {}
        for mark in marks:
            known = before.get(mark.owner)
            mine = known is not None and known.owner == mark.owner and mark.owner in self._unsent
            if known is None or mine:  # given back before it was begun, it surely did not go
                self._unsent[mark.owner] = mark.key
            else:
                found[mark.owner] = known
        return [one._replace(before=found.get(one.owner)) for one in ready]

    # -- what became of it ---------------------------------------------------------------------------------------------

    def _note(self, ready: Ready, done: Done) -> None:
        assert ready.one is not None, "it was sent"
        if done.outcome is not None and done.outcome.ok:
            self._news.taken.append((ready.one, ready.owner))
            self._news.ended.append((self._job.id, ready.row))
        elif done.untaken:
            self._news.undone.append((self._memory.digest("purchase", ready.one.key), ready.owner))

    async def _write_news(self) -> None:
        news, self._news = self._news, _News()
        await self._memory.keep(self._sync.entity, news.taken)
        await self._doors.marks.let_go(self._memory.of(self._sync.entity), news.undone)
        if self._sync.entity == "purchase":
            await self._doors.marks.done(news.ended)


def _proof(one: Outgoing) -> Proof:
    source, at = one.proof
    return Proof(source, datetime.fromisoformat(at)) if source and at else Proof()


async def shop_of_now(house: House, job: Job) -> Shop:
    """Return the shop as it was when the job was made, with the key that it has by now: a renewed one serves the rows that are left.

    Only where that key goes to the same platform at the same address.
    """
    frozen = Shop.model_validate(job.spec["shop"])
    try:
        document = await asyncio.to_thread(house.catalogue.get, SHOPS, frozen.id)
    except NotFound:
        raise MissingSecret(
            say("The shop was deleted, and its key with it. Set it up again, and plan a new run.")
        ) from None
    now = Shop.model_validate(document).settings
    if (now.platform, now.base_url) != (frozen.settings.platform, frozen.settings.base_url):
        return frozen
    return frozen.model_copy(update={"settings": frozen.settings.model_copy(update={"api_key": now.api_key})})
