"""Newsletter calls: a platform tells a shop that somebody subscribed or unsubscribed (R-SYNC-31).

Who calls is not trusted but for the secret in the address. The same said twice has one effect, and what a call names as ip is never used.

Answers: 200 taken, also when it was known · 400 no e-mail address, with the reason · 404 no such address · 429 too many calls of a shop in
this minute · 503 the disk takes nothing, or too many calls at a time; both without a body. After the last two the platform may call again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from workbench.adapters.clock import new_id
from workbench.engine.consent_profiles import asked_of, point_key
from workbench.engine.newsletter_calls import Change, Heard, read_call
from workbench.engine.redact import mask_identifier
from workbench.errors import Refused, StorageFault
from workbench.models.base import Problem
from workbench.models.callback import Acknowledgement
from workbench.models.consent import ConsentAsk, ConsentEvent
from workbench.models.journal import Entry
from workbench.models.shop import NewsletterCall, Shop

from .house import House
from .told import Told

if TYPE_CHECKING:
    from workbench.adapters.newsletter_log import NewsletterLog

    from .consent import Consent

CALLS_A_MINUTE: Final = 600
"""Calls of one shop that are taken in a minute; more are turned away before anything is read or written."""
AT_ONCE: Final = 50
"""Calls that are worked on at a time."""
STRANGERS_A_MINUTE: Final = 1
MOST_LISTED: Final = 500
_TRIES: Final = 5
"""How often a call is done again because another one of the same person came in between."""


class Newsletter:
    """Takes the calls of all shops. ``owner`` gives the shop that a token opens, or None; with ``consent`` they can change it."""

    def __init__(
        self, house: House, owner: Callable[[str], Awaitable[Shop | None]], consent: Consent | None = None
    ) -> None:
        self.house, self.owner, self.consent = house, owner, consent
        self._strangers, self._heard = Told(house, STRANGERS_A_MINUTE), Told(house)
        self._minute, self._came, self._working = -1, Counter[str](), 0
        self.log = _log(house)

    async def calls(self, shop_id: str, after: str = "", limit: int = 50) -> list[NewsletterCall]:
        """Return the calls of a shop, the newest first; the next page is ``after`` the last id."""
        return await self.log.calls(shop_id, after, max(1, min(limit, MOST_LISTED)))

    async def taken(self, token: str, what: Change, query: bytes) -> Acknowledgement:
        """Take a call; return what is answered."""
        if self._working >= AT_ONCE:
            return _bare(503)
        self._working += 1
        try:
            shop = await self.owner(token[:200])
            if shop is None:
                await self._strangers.tell(self._entry(None, what))
                return Acknowledgement(status=404, body='{"received": false}')
            return await self._take(shop, what, query) if self._may_come(shop.id) else _bare(429)
        except StorageFault:
            return _bare(503)
        finally:
            self._working -= 1

    async def _take(self, shop: Shop, what: Change, query: bytes) -> Acknowledgement:
        heard = read_call(query)
        if heard.problem is not None:
            await self._keep(shop, self._call(shop, what).model_copy(update={"problem": heard.problem}))
            told = {"received": False, "reason": str(heard.problem.sentence)}
            return Acknowledgement(status=400, body=json.dumps(told, ensure_ascii=False))
        person = _person(shop.id, heard.email, self.house.home.salt)
        for _ in range(_TRIES):
            answer = await self._done(shop, what, heard, person)
            if answer is not None:
                return answer
        return _bare(503)

    async def _done(self, shop: Shop, what: Change, heard: Heard, person: str) -> Acknowledgement | None:
        """Do what a call says; return None where another call of the same person came in between, and it has to be looked at again.

        The consent goes first, under a name that this turn alone has: after a crash in between, the next call finds it done.
        """
        call = self._call(shop, what, mask_identifier(heard.email, self.house.home.salt))
        before = await self.log.last(shop.id, person)
        if before.what == what:
            await self.log.keep(call.model_copy(update={"again": True}))
            return _TAKEN
        problem = await self._consent(shop, what, heard, f"newsletter|{person}|{before.turns + 1}|{what}")
        if problem is not None:  # it is not done, so the platform shall call again
            await self._keep(shop, call.model_copy(update={"problem": problem}))
            return _bare(503)
        entry = self._heard.may_tell(self._entry(shop, what, call.recipient))
        return _TAKEN if await self.log.turn(call, person, before, entry) else None

    async def _consent(self, shop: Shop, what: Change, heard: Heard, once: str) -> Problem | None:
        """Change the consent to e-mail where the shop wants that; return why it could not be."""
        if self.consent is None or not shop.settings.newsletter_consent:
            return None
        doors = self.consent.doors
        settings, profiles = await doors.settings(), await doors.profiles()
        try:
            asked = asked_of(ConsentAsk(channel="email", point=heard.email), profiles, settings)
        except Refused as error:
            return Problem(field="consent", sentence=error.sentence)
        words = f"{what} ip={heard.ip}" if heard.ip else what
        event = ConsentEvent(
            id=new_id("con"), at=self.house.clock.now(), channel="email", point=heard.email,
            status="opted_in" if what == "subscribe" else "opted_out", profile=asked.profile.key, purpose=asked.purpose.key,
            source="provider", provider=shop.settings.platform, words=words,
        )  # fmt: skip
        await doors.log.add([await doors.kept(event, once)])
        return None

    async def _keep(self, shop: Shop, call: NewsletterCall) -> None:
        await self.log.keep(
            call, self._heard.may_tell(self._entry(shop, f"{call.what}: turned away", call.recipient))
        )

    def _may_come(self, shop_id: str) -> bool:
        """Count a call; return whether its shop had fewer than it may in this minute."""
        minute = int(self.house.clock.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._came = minute, Counter()
        self._came[shop_id] += 1
        return self._came[shop_id] <= CALLS_A_MINUTE

    def _call(self, shop: Shop, what: Change, recipient: str = "") -> NewsletterCall:
        return NewsletterCall(
            id=new_id("nws"), shop_id=shop.id, what=what, recipient=recipient, at=self.house.clock.now()
        )

    def _entry(self, shop: Shop | None, what: str, recipient: str = "") -> Entry:
        """Return the journal's line of a call: who called is a platform, or a stranger."""
        platform = shop.settings.platform if shop else None
        return Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="callback", mode=self.house.mode, who=platform or "stranger",
            integration_id=shop.id if shop else None, integration_name=shop.name if shop else None, provider=platform,
            recipient=recipient or None, detail=f"newsletter {what}",
        )  # fmt: skip


_TAKEN: Final = Acknowledgement(body='{"received": true}')


def _log(house: House) -> NewsletterLog:
    from workbench.adapters.newsletter_log import NewsletterLog

    return NewsletterLog(house.database)


def _bare(status: int) -> Acknowledgement:
    return Acknowledgement(status=status, body="", headers=(("Retry-After", "60"),))


def _person(shop_id: str, email: str, salt: bytes) -> str:
    """Return what stands for a person of a shop, the same for every spelling of the address; nobody can try addresses without the salt."""
    made = blake2b(key=salt[:64], digest_size=20, person=b"newsletter")
    made.update(f"{shop_id}|{point_key('email', email)}".encode())
    return made.hexdigest()
