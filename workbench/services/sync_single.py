"""SYNC SINGLE: one record of a shop, written by hand: looked at by the same rules as a table's rows, and sent as those are."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Literal

from workbench.adapters.clock import new_id
from workbench.engine.shop_consent import Proof
from workbench.engine.shop_records import Record, Records, check_fields, targets_for
from workbench.engine.snippets.curl_command import curl
from workbench.engine.sync_calls import request_of
from workbench.errors import Invalid, Refused
from workbench.models.base import JsonValue, Problem
from workbench.models.journal import Entry
from workbench.models.request import Outcome, ReplyView, Request
from workbench.models.run import Mapped
from workbench.models.sending import Confirmation, Preview, Sent
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import Entity
from workbench.models.work import Claimed
from workbench.sentence import say

from .dispatch import confirm
from .run_look import SyncLooks
from .sync_calling import ShopLine
from .sync_guard import SyncGuard
from .sync_known import Known
from .sync_looking import SyncDoors
from .sync_memory import Memory, Outgoing
from .sync_purchases import ENDED, Purchases
from .sync_ready import Ready

By = Literal["email", "external_id"]
Fire = Literal["auto", "yes", "no"]
KEY_NAME: Final = "$API_KEY"
"""What stands for the key in a snippet."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """One record as it would go, with the open line it would take."""

    line: ShopLine
    memory: Memory
    sync: SyncPlan
    record: Record
    problems: tuple[Problem, ...]

    @property
    def one(self) -> Outgoing:
        """The record as it goes out."""
        return self.memory.outgoing(self.sync.entity, self.record)


class Single:
    """Looks at one record, and sends it."""

    def __init__(self, doors: SyncDoors, looks: SyncLooks) -> None:
        self._doors, self._looks, self._house = doors, looks, doors.house

    async def preview(
        self, shop_id: str, entity: Entity, record: dict[str, JsonValue], by: By, fire: Fire
    ) -> Preview:
        """Return the masked request; problems are listed, not raised."""
        try:
            looked = await self._looked(shop_id, entity, record, by, fire)
        except Invalid as error:
            return Preview(request=None, problems=error.problems)
        if any(one.blocks for one in looked.problems):
            return Preview(request=None, problems=looked.problems, host=looked.line.host)
        try:
            request = _request(looked)
        except Invalid as error:
            return Preview(request=None, problems=(*looked.problems, *error.problems), host=looked.line.host)
        return Preview(
            request=looked.line.view(looked.record.call, request), problems=looked.problems, host=looked.line.host,
            recipient=looked.record.key, curl=_snippet(looked.line, looked.record),
        )  # fmt: skip

    async def send(
        self, shop_id: str, entity: Entity, record: dict[str, JsonValue], by: By, fire: Fire, confirmation: Confirmation | None
    ) -> Sent:  # fmt: skip
        """Send it once. Raises Invalid with every problem that keeps it back, Refused without the confirmation that live mode wants."""
        looked = await self._looked(shop_id, entity, record, by, fire)
        if any(one.blocks for one in looked.problems):
            raise Invalid([one for one in looked.problems if one.blocks])
        request = _request(looked)
        confirm(self._house.mode, confirmation, looked.line.host, looked.record.key)
        if entity == "purchase":
            return await self._purchase(looked, request)
        one = looked.one
        outcome, _, entry = await looked.line.call(one.call, one.parts, one.query, one.body)
        if outcome.ok:
            await looked.memory.keep(entity, [(one, entry.id)])
        return _sent(looked, request, entry, entry.outcome or outcome)

    async def delete_contact(self, shop_id: str, email: str, confirmation: Confirmation | None) -> Sent:
        """Delete a contact there and forget it here."""
        line = await self._line(shop_id)
        memory = await Memory.open(self._house, self._doors.marks, line.shop.id)
        parts = {"email": email.strip()}
        request = line.request("contact_delete", parts)
        confirm(self._house.mode, confirmation, line.host, email.strip())
        outcome, _, entry = await line.call("contact_delete", parts, recipient=email.strip())
        if outcome.ok:
            await self._doors.marks.forget(
                memory.of("contact"), [memory.digest("contact", email.strip().casefold())]
            )
        record = Record(key=email.strip(), call="contact_delete", parts=parts)
        return Sent(
            entry=entry, request=line.view("contact_delete", request), reply=entry.reply, outcome=entry.outcome or outcome,
            curl=_snippet(line, record),
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------------------------

    async def _purchase(self, looked: _Looked, request: Request) -> Sent:
        """Send a purchase as a job's row: marked before it goes, looked up where it may be there already."""
        one, line, memory, marks = looked.one, looked.line, looked.memory, self._doors.marks
        owner = new_id("one")
        mark = memory.mark("purchase", one, "going", owner)
        before = (await marks.begin(memory.of("purchase"), [mark])).get(owner)
        await line.turn()
        purchases = Purchases(
            self._doors, None, line, memory, Known(self._doors, self._looks, memory, line.shop)
        )
        done = await purchases.send(Claimed(1, owner, 1, ""), Ready(1, owner, one, request, before))
        if done.outcome is None or done.entry is None:
            raise Refused(say(
                "This purchase is on its way at this moment, in a run or from another page. Nothing was sent a second time. Look again "
                "in a minute."
            ))  # fmt: skip
        if done.outcome.ok:
            await memory.keep("purchase", [(one, owner)])
        elif done.untaken:
            await marks.let_go(memory.of("purchase"), [(mark.key, owner)])
        else:  # nobody knows whether it arrived: whoever sends it next looks first
            await marks.leave(memory.of("purchase"), mark.key, owner, ENDED)
        if done.learned is not None:
            await self._house.budgets.learn(line.account, done.learned)
        await self._house.journal.append(done.entry)
        return _sent(looked, request, done.entry, done.outcome)

    async def _looked(
        self, shop_id: str, entity: Entity, record: dict[str, JsonValue], by: By, fire: Fire
    ) -> _Looked:
        line = await self._line(shop_id)
        sync = SyncPlan(shop_id=line.shop.id, entity=entity, by=by, fire=fire)
        if entity == "coupon":
            raise Invalid(
                [Problem(field="entity", sentence=say("Coupons only go by import. Choose “import”."))]
            )
        settings = line.shop.settings
        mapping = [Mapped(target=name, column=name) for name in record]
        unknown = check_fields(mapping, targets_for(line.platform, settings, sync))
        if unknown:
            raise Invalid(unknown)
        made = await asyncio.to_thread(
            lambda: Records(line.platform, settings, sync, mapping).row(record, now=self._house.clock.now())
        )
        memory = await Memory.open(self._house, self._doors.marks, line.shop.id)
        warned = await self._warned(memory, sync, made)
        return _Looked(line, memory, sync, made, (*made.problems, *warned))

    async def _warned(self, memory: Memory, sync: SyncPlan, record: Record) -> tuple[Problem, ...]:
        """Return a warning where one contact is subscribed that unsubscribed: by hand, it is the person's own word."""
        if sync.entity != "contact" or not record.ok:
            return ()
        [held] = await SyncGuard(memory, self._doors.consent, sync).held([(record, Proof())])
        return () if held is None else (Problem(field=held[0], level="warning", sentence=held[1]),)

    async def _line(self, shop_id: str) -> ShopLine:
        return await ShopLine.open(self._house, await self._doors.shops.get(shop_id))


def _request(looked: _Looked) -> Request:
    record = looked.record
    return looked.line.request(record.call, record.parts, record.query, record.body)


def _snippet(line: ShopLine, record: Record) -> str:
    """Return the request as cURL, with a variable in place of the key."""
    body = record.body if line.platform.call(record.call).method in ("POST", "PATCH") else None
    request = request_of(
        line.platform, line.settings, KEY_NAME, record.call, record.parts, record.query, body
    )
    return curl(request, [KEY_NAME])


def _sent(looked: _Looked, request: Request, entry: Entry, outcome: Outcome) -> Sent:
    reply: ReplyView | None = entry.reply
    return Sent(
        entry=entry, request=looked.line.view(looked.record.call, request), reply=reply, outcome=outcome,
        curl=_snippet(looked.line, looked.record), problems=looked.problems,
    )  # fmt: skip
