"""SYNC CALLING: a shop with its key open: its calls are made, sent, read, and written in the journal without key and contacts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from workbench.adapters.clock import new_id
from workbench.engine.pace import Learned
from workbench.engine.read import json_of
from workbench.engine.redact import mask_identifier
from workbench.engine.sync_calls import (
    Query,
    account_of_shop,
    base_of,
    check_path,
    import_request,
    next_request,
    request_of,
)
from workbench.engine.sync_private import recipient_of
from workbench.engine.sync_read import Page, learned_of, page, read_answer, stated_limit
from workbench.engine.urls import check_url, host_of
from workbench.errors import Invalid, Refused
from workbench.models.base import JsonValue, Problem
from workbench.models.journal import Entry, EntryKind
from workbench.models.pace import Rate
from workbench.models.request import Failure, Outcome, Reply, ReplyView, Request, RequestView
from workbench.models.shop import Shop, ShopSettings
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import SyncPlatform
from workbench.providers import platform as platform_of
from workbench.sentence import say

from .house import House
from .sync_showing import Showing

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.wire import Wire

KIND: Final[EntryKind] = "sync"
PATIENCE_S: Final = 30.0
"""So long a single call waits for its turn in the account's pace before it says so."""
UPLOAD_S: Final = 300.0
"""So long a file may take on its way, whatever the shop says of single calls."""


class ShopLine:
    """A shop with its key open: never shown, never kept. ``host`` is where its calls go, ``account`` whose pace they keep to."""

    def __init__(self, house: House, shop: Shop, key: str, who: str | None = None) -> None:
        self.house, self.shop = house, shop
        self.settings: ShopSettings = shop.settings
        self.platform: SyncPlatform = platform_of(shop.settings.platform)
        self.base = base_of(self.platform, shop.settings)
        self.host = host_of(self.base)
        self.account = account_of_shop(shop.id, shop.settings)
        self._key = key
        self._who = who
        self._showing = Showing(self.platform, shop.settings, key, house.home.salt)
        self._limit: int | None = None

    def __repr__(self) -> str:
        return f"<ShopLine to {self.host}>"

    @classmethod
    async def open(cls, house: House, shop: Shop, *, who: str | None = None) -> ShopLine:
        """Return the line of a shop; its account's pace is agreed on. Raises Invalid with all that is missing for a call.

        ``who`` is named in the journal's entries; without it, who makes the running call.
        """
        settings = shop.settings
        problems = _problems(platform_of(settings.platform), settings)
        secrets, missing = await asyncio.to_thread(house.open_secrets, settings.secrets())
        if missing:
            sentence = say("The API key is not in this vault. Type it again.")
            problems.append(Problem(field="api_key", sentence=sentence))
        if problems:
            raise Invalid(problems)
        assert settings.api_key is not None, "without one there is a problem"
        line = cls(house, shop, secrets[settings.api_key.handle], who)
        await line._agree()
        return line

    # -- making --------------------------------------------------------------------------------------------------------

    def request(
        self, call: str, parts: Mapping[str, str] | None = None, query: Query | None = None, body: JsonValue = None
    ) -> Request:  # fmt: skip
        """Return the frozen request of a call, with the real key: for the wire, and for redacted views of it. Raises Invalid."""
        return request_of(self.platform, self.settings, self._key, call, parts, query, body)

    def import_request(self, sync: SyncPlan, file: bytes, name: str = "import.csv") -> Request:
        """Return the frozen request that uploads one file. Raises Invalid."""
        return import_request(self.platform, self.settings, self._key, sync, file, name)

    def next_request(self, url: str) -> Request:
        """Return the request for a list's next page. Raises Refused where the link leads to another server."""
        return next_request(self.platform, self.settings, self._key, url)

    # -- sending -------------------------------------------------------------------------------------------------------

    def wire(self, at_once: int) -> Wire:
        """Return a wire for a job of many calls, at most so many at once; whoever asked for it closes it."""
        return self.house.wire_for(self.base, local_test=self.settings.local_test).bulk(at_once)

    async def turn(self, patience_s: float = PATIENCE_S) -> None:
        """Wait for a permit of the account's pace. Raises Refused where that takes longer than ``patience_s``."""
        waited_s = 0.0
        while True:
            granted, wait_s = await self.house.budgets.take(self.account, 1)
            if granted:
                return
            if waited_s + wait_s > patience_s:
                raise Refused(
                    say(
                        "{platform} takes no more calls of this shop for {seconds} seconds: its limit is used up, by a run perhaps. "
                        "Wait, then try again.",
                        platform=self.platform.name, seconds=max(1, round(wait_s)),
                    )
                )  # fmt: skip
            await self.house.clock.sleep(wait_s)
            waited_s += wait_s

    async def send(
        self, request: Request, wire: Wire | None = None, *, total_s: float | None = None
    ) -> Reply | Failure:
        """Return the answer, or why there is none; never raises for the network. Takes no permit; a new limit it states is kept to."""
        own = wire or self.house.wire_for(request.url, local_test=self.settings.local_test)
        try:
            answer = await own.send(
                request, connect_s=self.settings.connect_s, total_s=total_s or self._patience(request)
            )
        finally:
            if own is not wire and own is not self.house.wire:
                await own.close()
        if isinstance(answer, Reply):
            await self._heed(answer)
        return answer

    def learned(self, answer: Reply | Failure) -> Learned | None:
        """Return what an answer says about the account's pace: for ``Attempt.learned``, or ``house.budgets.learn``."""
        return learned_of(answer, self.house.clock.now()) if isinstance(answer, Reply) else None

    # -- reading and writing down --------------------------------------------------------------------------------------

    def record(
        self, call: str, request: Request, answer: Reply | Failure, *, kind: EntryKind = KIND, who: str | None = None,
        recipient: str = "", job_id: str | None = None, exchange: bool = True,
    ) -> tuple[Outcome, Entry]:  # fmt: skip
        """Return what became of a call and the journal's entry of it, which is not written yet; both may be kept.

        ``recipient`` is whom it is about (else that is read from the call), shown as a pseudonym. Without ``exchange`` the entry of an
        accepted call keeps neither request nor reply.
        """
        now = self.house.clock.now()
        outcome = read_answer(self.platform, call, answer, now)
        reply = answer if isinstance(answer, Reply) else None
        recipient = recipient or recipient_of(self.platform, self.settings, call, request)
        whole = exchange or not outcome.ok
        shown = self._showing.exchange(call, request, reply, outcome, recipient) if whole else None
        outcome = outcome if shown is None else shown.outcome
        return outcome, Entry(
            id=new_id("ent"), at=now, kind=kind, mode=self.house.mode, who=who or self._who or self.house.person.name,
            integration_id=self.shop.id or None, integration_name=self.shop.name or None, provider=self.platform.key,
            recipient=mask_identifier(recipient, self.house.home.salt) if recipient else None,
            request=shown and shown.request, reply=shown and shown.reply, outcome=outcome, job_id=job_id,
        )  # fmt: skip

    async def call(
        self, call: str, parts: Mapping[str, str] | None = None, query: Query | None = None, body: JsonValue = None, *,
        kind: EntryKind = KIND, who: str | None = None, recipient: str = "", job_id: str | None = None, record: bool = True,
        wire: Wire | None = None, paced: bool = True,
    ) -> tuple[Outcome, Reply | Failure, Entry]:  # fmt: skip
        """Make one call: wait for its turn (``paced``), send, read, let the pace learn, and write it in the journal (``record``).

        The reply is the real one: it may name contacts. Never raises for the network; raises what ``request`` and ``turn`` raise.
        """
        request = self.request(call, parts, query, body)
        outcome, answer, entry = await self._made(
            call, request, kind=kind, who=who, recipient=recipient, job_id=job_id, wire=wire, paced=paced
        )
        if record:
            await self.house.journal.append(entry)
        return outcome, answer, entry

    async def listed(
        self,
        call: str,
        after: str = "",
        query: Query | None = None,
        *,
        who: str | None = None,
        paced: bool = True,
    ) -> tuple[Outcome, Page, Entry]:
        """Return one page of a list; ``after`` is the link that the page before gave.

        Raises Refused for a link, given or found, that leads to another server.
        """
        request = self.next_request(after) if after else self.request(call, query=query)
        outcome, answer, entry = await self._made(call, request, who=who, paced=paced)
        await self.house.journal.append(entry)
        body = json_of(answer) if isinstance(answer, Reply) and outcome.ok else None
        return outcome, page(body, self.base), entry

    def view(self, call: str, request: Request) -> RequestView:
        """Return a request as it may be shown: without the key, contacts as pseudonyms, an import without its file."""
        return self._showing.view(call, request)

    def reply_view(self, call: str, request: Request, reply: Reply) -> ReplyView:
        """Return a reply as it may be shown: without the key, contacts as pseudonyms."""
        return self._showing.reply(call, request, reply)

    # -- inside --------------------------------------------------------------------------------------------------------

    async def _made(
        self, call: str, request: Request, *, kind: EntryKind = KIND, who: str | None = None, recipient: str = "",
        job_id: str | None = None, wire: Wire | None = None, paced: bool = True,
    ) -> tuple[Outcome, Reply | Failure, Entry]:  # fmt: skip
        await asyncio.to_thread(self.house.home.check_writable)
        if paced:
            await self.turn()
        answer = await self.send(request, wire)
        news = self.learned(answer)
        if news is not None:
            await self.house.budgets.learn(self.account, news)
        outcome, entry = self.record(
            call, request, answer, kind=kind, who=who, recipient=recipient, job_id=job_id
        )
        return outcome, answer, entry

    async def _agree(self) -> None:
        """Let the account have a pace: the shop's own, else what its answers stated before, else the platform's."""
        if own := self.settings.calls_per_min:
            await self.house.budgets.declare(self.account, (Rate(limit=own, per_s=60.0),))
            return
        known = await self.house.budgets.budget(self.account)
        if not known.rates:
            await self.house.budgets.declare(self.account, (self.platform.rate,))

    async def _heed(self, reply: Reply) -> None:
        """Keep to the limit that an answer states in place of the one that was assumed: it may be the higher one, too."""
        stated = stated_limit(reply)
        if stated is None or stated == self._limit or self.settings.calls_per_min:
            return
        self._limit = stated
        await self.house.budgets.declare(self.account, (Rate(limit=stated, per_s=self.platform.rate.per_s),))

    def _patience(self, request: Request) -> float:
        upload = (request.header("Content-Type") or "").startswith("multipart/")
        return max(UPLOAD_S, self.settings.total_s) if upload else self.settings.total_s


def _problems(platform: SyncPlatform, settings: ShopSettings) -> list[Problem]:
    """Return what stands against any call at all."""
    found: list[Problem] = []
    wrong = check_url(base_of(platform, settings), local_test=settings.local_test, campaign=False)
    if wrong:
        found.append(Problem(field="base_url", sentence=wrong))
    if settings.api_key is None:
        sentence = say(
            "The shop has no API key yet. Make one in {platform} and paste it here.", platform=platform.name
        )
        found.append(Problem(field="api_key", sentence=sentence))  # fmt: skip
    known = {call.key for call in platform.calls}
    changed = ((key, path) for key, path in settings.paths.items() if key in known and path.strip())
    return found + [problem for key, path in changed for problem in check_path(platform, key, path)]
