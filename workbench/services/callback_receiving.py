"""Taking callbacks: a provider calls with reports and inbound texts. The call is proved, stored, acknowledged, and then worked on.

Who calls is never trusted: not for his word (the account's secret proves him, or at least the unguessable address), not for the size of
what he sends, not for its form, and nothing of it is given back to him. A call that cannot be stored is answered with 503: every provider
calls again then, for hours.

Answers: the provider's own acknowledgement, also for a call that came before · the answer to a handshake · 400 cannot be read, or a
handshake that is none · 403 not from the provider, or older than its replay window · 404 no such address · 405 another method · 413 too
large · 503 the disk takes nothing, or the account's secret cannot be opened.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from workbench.adapters.clock import new_id
from workbench.engine import callback_items
from workbench.engine.callback_checks import handshake_problem, is_old, is_stale
from workbench.engine.sms import callback_of, dialect, proof, values_of_account
from workbench.errors import MissingSecret, NotFound, Refused, StorageFault
from workbench.models.callback import (
    Acknowledgement,
    BadItem,
    Callback,
    CallbackItem,
    CallbackRoute,
    Handshake,
    ReceivedCallback,
)
from workbench.models.provider import Provider
from workbench.models.request import Headers
from workbench.models.sms_account import SmsAccount
from workbench.providers import provider as provider_of
from workbench.sentence import Sentence, say

from .callback_work import CallbackWork, call_entry, read_items, sealed_call, tell
from .house import House
from .told import Told

if TYPE_CHECKING:
    from workbench.adapters.deliveries import Deliveries

    from .consent import Consent
    from .sms_accounts import SmsAccounts

BODY_BYTES: Final = 256 * 1024
"""The largest call that is taken (R-SMS-39)."""
URL_LENGTH: Final = 16_384
"""Characters of an address: a gate that reports by GET has all of its report there."""
STRANGERS_A_MINUTE: Final = 1


class CallbackReceiving:
    """Takes the calls of all accounts. ``public_at`` is the address that providers reach this workbench by: what they sign."""

    def __init__(
        self,
        house: House,
        accounts: SmsAccounts,
        deliveries: Deliveries,
        consent: Consent | None = None,
        *,
        public_at: str = "",
    ) -> None:
        self.house = house
        self.accounts = accounts
        self.deliveries = deliveries
        self.public_at = public_at.rstrip("/")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="callbacks are sealed")
        self._strangers, self._refused = Told(house, STRANGERS_A_MINUTE), Told(house)
        self.work = CallbackWork(house, accounts, deliveries, consent)

    # -- what comes in -------------------------------------------------------------------------------------------------

    async def admits(self, token: str, route: CallbackRoute, method: str) -> Acknowledgement | None:
        """Return why a call is turned away, before its body is read; None where it may come in."""
        try:
            account = await self.accounts.by_token(token[:200])
            if account is None:
                return await self._stranger()
            return _method_problem(account, method)
        except StorageFault:
            return _answer(503)

    async def taken(
        self, token: str, route: CallbackRoute, method: str, url: str, headers: Headers, body: bytes
    ) -> Acknowledgement:
        """Take a call; return what is answered. ``url`` is the raw path and query as they came, or the whole public URL."""
        if len(body) > BODY_BYTES:
            return _answer(413)
        if len(url) > URL_LENGTH:
            return _answer(414)
        try:
            account = await self.accounts.by_token(token[:200])
            if account is None:
                return await self._stranger()
            problem = _method_problem(account, method)
            if problem is not None:
                return problem
            whole = f"{self.public_at}{url}" if url.startswith("/") else url
            return await self._take(account, route, method, whole, headers, body)
        except StorageFault:
            return _answer(503)

    async def _take(
        self, account: SmsAccount, route: CallbackRoute, method: str, url: str, headers: Headers, body: bytes
    ) -> Acknowledgement:
        try:
            provider, credential, secrets = await self.accounts.opened(account)
        except (
            MissingSecret,
            Refused,
        ) as error:  # what cannot be proved is not taken; the provider calls again
            told = say("A call could not be checked: {why}", why=error.sentence)
            await self._refused.tell(call_entry(self.house, account, told))
            return _answer(503)
        now = self.house.clock.now()
        values = values_of_account(account.settings, credential, secrets)
        callback = callback_of(method, url, headers, body, now)
        signs = dialect(provider).prove is not None and dialect(provider).signs
        call = _Call(account, provider, route, callback, signs, account.settings.topic)
        problem = _not_genuine(provider, callback, values)
        if problem is not None:
            return await self._refuse(call, problem, 403)
        items = read_items(provider, callback)
        if any(isinstance(item, Handshake) for item in items):
            return await self._handshake(call, items)
        if signs and is_stale(items, now):
            why = say("All that the call tells is older than three days, so it is taken for a replay.")
            return await self._refuse(call, why, 403)
        return await self._keep(call, items)

    async def _keep(self, call: _Call, items: tuple[CallbackItem, ...]) -> Acknowledgement:
        """Store a call, and let it be worked on; the same one again is acknowledged and has no second effect."""
        callback, salt = call.callback, self.house.home.salt
        unreadable = callback.kind == "unreadable" and all(isinstance(item, BadItem) for item in items)
        answered = _answer(400) if unreadable else dialect(call.provider).acknowledgement
        received = call.received(
            answered.status, callback_items.kept(items, callback_items.people_of(items, salt), salt)
        )
        sealed = await asyncio.get_running_loop().run_in_executor(
            self._thread, sealed_call, self.house, callback
        )
        kept = await self.deliveries.keep(received, _digest(call, salt), sealed)
        if kept.new:
            self.work.add(received.id, items, call.account)
        elif is_old(kept.at, callback.at):
            # No provider tries for so long: somebody else has the call, and plays it again.
            why = say("The very same call came more than three days ago, so it is taken for a replay.")
            return await self._refuse(call, why, 403)
        return answered

    async def _handshake(self, call: _Call, items: Sequence[CallbackItem]) -> Acknowledgement:
        """Answer a handshake, if nothing speaks against it. The address in it is never called by ourselves (R-SMS-13)."""
        problem = handshake_problem(items, call.topic, call.callback.at)
        if problem is not None:
            return await self._refuse(call, problem, 400, items)
        (handshake,) = (item for item in items if isinstance(item, Handshake))
        answered = Acknowledgement(
            body="" if handshake.answer is None else json.dumps(handshake.answer),
            headers=tuple((name, callback_items.one_line(value, 300)) for name, value in handshake.headers),
        )
        shown = callback_items.kept(items, {}, self.house.home.salt)
        effect = say("The provider asked whether its calls are wanted here, and was told yes.")
        received = call.received(200, shown).model_copy(update={"effects": (effect,)})
        await self.deliveries.keep(
            received, received.id, None, call_entry(self.house, call.account, effect), done=True
        )
        return answered

    async def _refuse(
        self, call: _Call, why: Sentence, status: int, items: Sequence[CallbackItem] = ()
    ) -> Acknowledgement:
        """Turn a call away, and keep that it came, so many a minute. Its own digest is not kept: it shall shut out no genuine one."""
        salt = self.house.home.salt
        reason = callback_items.cleaned(why)
        entry = call_entry(self.house, call.account, say("A call was turned away: {why}", why=reason))
        told = self._refused.may_tell(entry)
        if told is not None:
            received = call.received(status, callback_items.kept(items, {}, salt)).model_copy(
                update={"genuine": "refused", "reason": reason}
            )
            await self.deliveries.keep(received, received.id, None, told, done=True)
        return _answer(status)

    async def _stranger(self) -> Acknowledgement:
        """Answer a call to an address that is none. They are counted, not kept: anybody can make them."""
        entry = call_entry(
            self.house, None, say("Calls came to a callback address that belongs to no account.")
        )
        await self._strangers.tell(entry)
        return _answer(404)

    # -- what is done with it ------------------------------------------------------------------------------------------

    async def settled(self) -> None:
        """Return when every call that was stored so far in this process has been worked on."""
        await self.work.settled()

    async def catch_up(self) -> int:
        """Work on the calls that were stored and not worked on, as after a crash; return how many. For the start of the server process."""
        return await self.work.catch_up()

    async def close(self) -> None:
        """Bring what is under way to its end."""
        await self.work.settled()
        await asyncio.to_thread(self._thread.shutdown)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call that came to an account's address."""

    account: SmsAccount
    provider: Provider
    route: CallbackRoute
    callback: Callback = field(repr=False)
    signs: bool
    topic: str

    def received(self, status: int, items: tuple[CallbackItem, ...]) -> ReceivedCallback:
        """Return it as it is kept."""
        return ReceivedCallback(
            id=new_id("cbk"), at=self.callback.at, account_id=self.account.id, provider=self.provider.key, route=self.route,
            genuine="signed" if self.signs else "token", status=status, items=items,
        )  # fmt: skip


def _not_genuine(provider: Provider, callback: Callback, values: Mapping[str, str]) -> Sentence | None:
    """Return why a call is not from the provider. Never raises: what cannot be proved is not let in."""
    try:
        return proof(provider, callback, values)
    except Exception as defect:  # noqa: BLE001 - a stranger's bytes found a gap: told, and not let in
        tell(defect, f"prove a call of {provider.key}")
        return say("The call could not be checked, so it was not let in.")


def _method_problem(account: SmsAccount, method: str) -> Acknowledgement | None:
    try:
        declared = dialect(provider_of(account.settings.provider))
    except (NotFound, LookupError):
        return _answer(404)
    allowed = (*declared.callback_methods, *declared.handshake_methods)
    if method in allowed:
        return None
    return _answer(405).model_copy(update={"headers": (("Allow", ", ".join(dict.fromkeys(allowed))),)})


def _answer(status: int) -> Acknowledgement:
    """Return an answer of our own: it says nothing of the call, nor of why."""
    return Acknowledgement(status=status, body='{"received": false}')


def _digest(call: _Call, salt: bytes) -> str:
    """Return what the same call has every time: its account, route, method, query and bytes. Headers change with every try.

    Of a signed form it is what Twilio signs: names and values in a row. Bytes alone would let in the same signature again, with ``%2b`` for
    ``%2B``, in another order, or cut so that a value swallows the next name and the message seems to be another one.
    """
    callback, (_, _, query) = call.callback, call.callback.url.partition("?")
    said = callback.body
    if call.signs and callback.kind == "form":
        row = "".join(name + value for name, value in sorted(set(callback.pairs)))
        query, said = "", (query + row).encode("utf-8", "surrogatepass")
    told = json.dumps([call.account.id, call.route, callback.method, query]).encode("utf-8", "surrogatepass")
    made = blake2b(key=salt[:64], digest_size=20, person=b"sms callback")
    made.update(len(told).to_bytes(8, "big") + told + said)
    return made.hexdigest()
