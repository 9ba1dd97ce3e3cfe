"""Working on callbacks: what a stored call says is done, item by item, and written down; also what was left when a process ended.

Every call may be worked on again without a second effect: a crash at any point is caught up.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from workbench.adapters.clock import new_id
from workbench.engine import callback_items
from workbench.engine.redact import Redactor
from workbench.engine.sms import callback_of, items_of
from workbench.errors import MissingSecret, NotFound, StorageFault, WorkbenchError
from workbench.models.callback import (
    BadItem,
    Callback,
    CallbackItem,
    DeliveryReport,
    InboundMessage,
    OtherEvent,
)
from workbench.models.journal import Entry
from workbench.models.provider import Provider
from workbench.models.sms_account import SmsAccount
from workbench.providers import provider as provider_of
from workbench.sentence import Sentence, say

from .callback_effects import Effects
from .defects import tell_defect
from .house import House
from .visibility import in_background

if TYPE_CHECKING:
    from workbench.adapters.deliveries import Deliveries

    from .consent import Consent
    from .sms_accounts import SmsAccounts

WAITING_WORK: Final = 1000
"""Calls that wait in memory to be worked on; more wait on the disk."""


@dataclass(slots=True)
class _Work:
    """A stored call to be worked on. Without ``items`` it is opened again from the disk."""

    id: str
    items: tuple[CallbackItem, ...] | None = field(default=None, repr=False)
    account: SmsAccount | None = field(default=None, repr=False)


class CallbackWork:
    """Works on stored calls, one after the other, so that those of one message come in their order."""

    def __init__(
        self, house: House, accounts: SmsAccounts, deliveries: Deliveries, consent: Consent | None
    ) -> None:
        self.house = house
        self.accounts = accounts
        self.deliveries = deliveries
        self.effects = Effects(house, deliveries, consent)
        self._work: deque[_Work] = deque()
        self._working: asyncio.Task[None] | None = None
        self._behind = False
        deliveries.on_known = self._known

    def add(self, id: str, items: tuple[CallbackItem, ...], account: SmsAccount) -> None:
        """Work on a call that was stored just now, soon."""
        if len(self._work) < WAITING_WORK:
            self._work.append(_Work(id, items, account))
        else:
            self._behind = True
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._go(), name="work on callbacks")
            self._working.add_done_callback(tell_defect)

    async def settled(self) -> None:
        """Return when every call that was stored so far in this process has been worked on."""
        while self._working is not None and not self._working.done():
            await asyncio.wait([self._working])

    async def catch_up(self) -> int:
        """Work on the calls that were stored and not worked on, as after a crash; return how many.

        What the disk does not take now is left for the next time.
        """
        done = 0
        self._behind = False
        seen: set[str] = set()
        try:
            while found := [id for id in await self.deliveries.unfinished() if id not in seen]:
                seen.update(found)
                for id in found:
                    await self._apply(_Work(id))
                    done += 1
            while found := [id for id in await self.deliveries.known() if id not in seen]:
                seen.update(found)
                await self._known(found)
                done += len(found)
        except StorageFault:
            self._behind = True
        return done

    async def _go(self) -> None:
        """Work on what was stored until nothing is left. What the disk does not take now waits there for the next one."""
        in_background()
        try:
            while self._work or self._behind:
                if self._work:
                    await self._apply(self._work.popleft())
                    continue
                await self.catch_up()
                if self._behind and not self._work:
                    return
        except StorageFault:
            self._work.clear()
            self._behind = True

    async def _apply(self, work: _Work) -> None:
        """Work on one stored call. One that breaks the workbench itself is said to, and not tried for ever. Raises StorageFault."""
        try:
            await self._do(work)
        except StorageFault:
            raise
        except Exception as defect:  # noqa: BLE001 - the calls after it must not wait for it
            tell(defect, "work on a callback")
            kept = await self.deliveries.callback(work.id)
            await self.deliveries.finish(work.id, kept.status, kept.items, [_broken(defect)])

    async def _do(self, work: _Work) -> None:
        """Work on one stored call: each of its items by itself, so that a bad one does not stop the rest."""
        account, items = work.account, work.items
        received = await self.deliveries.callback(work.id)
        if account is None or items is None:
            reopened = await self._reopened(work.id)
            if isinstance(reopened, Sentence):
                await self.deliveries.finish(work.id, received.status, received.items, [reopened])
                return
            account, items = reopened
        provider = provider_of(account.settings.provider)
        effects: list[Sentence] = []
        for item in items:
            effects += await self._effects_of(account, provider, item, work.id, received.at)
        salt = self.house.home.salt
        people = callback_items.people_of(items, salt)
        shown, told = callback_items.kept(items, people, salt), callback_items.masked_effects(effects, people)
        entry = call_entry(self.house, account, _told(items))
        await self.deliveries.finish(work.id, received.status, shown, told, entry)

    async def _effects_of(
        self, account: SmsAccount, provider: Provider, item: CallbackItem, callback_id: str, at: datetime
    ) -> tuple[Sentence, ...]:
        try:
            if isinstance(item, DeliveryReport):
                return await self.effects.report(account, provider, item, at, callback_id=callback_id)
            if isinstance(item, InboundMessage):
                return await self.effects.inbound(account, item, at, callback_id=callback_id)
        except StorageFault:
            raise
        except WorkbenchError as why:
            return (say("A part of the call could not be worked on: {why}", why=why.sentence),)
        except Exception as defect:  # noqa: BLE001 - one item must not stop the rest; what is wrong is told
            tell(defect, "work on a part of a callback")
            return (_broken(defect),)
        if isinstance(item, OtherEvent):
            name = callback_items.masked_words(item.name, Redactor({})) or "?"
            return (
                say(
                    "An event of a kind that is not known here, “{name}”: kept, and nothing else.", name=name
                ),
            )
        return ()

    async def _known(self, callback_ids: Sequence[str]) -> None:
        """Work again on calls that told of a message before it was known here. Raises nothing: the message itself went out."""
        for id in callback_ids:
            try:
                await self._apply_waited(id)
            except StorageFault:  # they are found again with the next call, or at the next start
                self._behind = True
            except Exception as defect:  # noqa: BLE001 - as above
                tell(defect, "work on a callback that waited")
                with contextlib.suppress(StorageFault):  # then it is tried, and told, once more
                    await self.deliveries.waited(id)

    async def _apply_waited(self, id: str) -> None:
        reopened = await self._reopened(id)
        if isinstance(reopened, Sentence):
            await self.deliveries.waited(id)
            return
        account, items = reopened
        received = await self.deliveries.callback(id)
        provider = provider_of(account.settings.provider)
        effects: list[Sentence] = []
        for item in items:
            if isinstance(item, DeliveryReport) and await self.effects.matching(account.id, item):
                effects += await self._effects_of(account, provider, item, id, received.at)
                await self.deliveries.waited(id, item.provider_id)
        if effects:
            people = callback_items.people_of(items, self.house.home.salt)
            await self.deliveries.add_effects(id, callback_items.masked_effects(effects, people))

    async def _reopened(self, id: str) -> tuple[SmsAccount, tuple[CallbackItem, ...]] | Sentence:
        """Return a stored call's account and items, read again; or why that cannot be done any more."""
        received, sealed = await self.deliveries.callback(id), await self.deliveries.stored(id)
        if sealed is None:
            return say("What the call told was forgotten before it could be worked on.")
        try:
            callback = await asyncio.to_thread(opened_call, self.house, sealed)
            account = await self.accounts.account(received.account_id)
            provider = provider_of(account.settings.provider)
        except (MissingSecret, NotFound) as why:
            return say("The call could not be worked on: {why}", why=why.sentence)
        return account, read_items(provider, callback)


def _broken(defect: Exception) -> Sentence:
    return say(
        "A part of the call could not be worked on, by an error of the workbench itself ({kind}).",
        kind=type(defect).__name__,
    )


def read_items(provider: Provider, callback: Callback) -> tuple[CallbackItem, ...]:
    """Return what a call says, made fit to be worked on. Never raises: what a stranger's bytes break is told to the log."""
    unread = say("The call cannot be read: it is no {provider} callback.", provider=provider.name)
    try:
        items = callback_items.tidied(items_of(provider, callback))
    except Exception as defect:  # noqa: BLE001 - a stranger's bytes found a gap: told, and the call is kept
        tell(defect, f"read a call of {provider.key}")
        return (BadItem(sentence=unread),)
    return items or ((BadItem(sentence=unread),) if callback.kind == "unreadable" else ())


def tell(defect: Exception, what: str) -> None:
    """Let the log have an error of the program that was caught."""
    asyncio.get_running_loop().call_exception_handler({"message": f"“{what}” failed", "exception": defect})


def sealed_call(house: House, callback: Callback) -> str:
    """Return a call as it came, sealed. It blocks for a moment."""
    told = {
        "method": callback.method, "url": callback.url, "headers": callback.headers,
        "body": base64.b64encode(callback.body).decode(), "at": callback.at.isoformat(),
    }  # fmt: skip
    return house.vault.seal_data(json.dumps(told).encode("utf-8", "surrogatepass"))


def opened_call(house: House, sealed: str) -> Callback:
    """Return a call as it came, its body parsed. Raises MissingSecret when no key opens it, or it is no call."""
    try:
        told = json.loads(house.vault.open_data(sealed).decode("utf-8", "surrogatepass"))
        headers = tuple((str(name), str(value)) for name, value in told["headers"])
        body, at = base64.b64decode(told["body"]), datetime.fromisoformat(told["at"])
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise MissingSecret(say("What was sealed of this call cannot be read.")) from None
    return callback_of(told["method"], told["url"], headers, body, at)


def call_entry(house: House, account: SmsAccount | None, detail: Sentence) -> Entry:
    """Return the journal's line of a call: who called is a provider, or a stranger."""
    provider = account.settings.provider if account else None
    return Entry(
        id=new_id("ent"), at=house.clock.now(), kind="callback", mode=house.mode, who=provider or "stranger",
        integration_id=account.id if account else None, integration_name=account.name if account else None,
        provider=provider, detail=callback_items.one_line(str(detail)),
    )  # fmt: skip


def _told(items: Sequence[CallbackItem]) -> Sentence:
    counts = Counter(item.kind for item in items)
    return say(
        "A call came: {reports} reports, {inbound} inbound texts, {other} other events, {bad} unreadable parts.",
        reports=counts["report"], inbound=counts["inbound"], other=counts["other"], bad=counts["bad"],
    )  # fmt: skip
