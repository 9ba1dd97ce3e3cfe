"""Push: what a shop needs for web push: settings that are checked, files to try it with, and what a browser gave back (R-SYNC-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.adapters.clock import new_id
from workbench.engine.push_checks import check_push
from workbench.engine.push_look import read_worker
from workbench.engine.push_subscription import read_subscription
from workbench.engine.push_worker import push_kit
from workbench.engine.redact import Redactor
from workbench.engine.urls import host_of
from workbench.engine.vapid import vapid_key
from workbench.errors import Invalid, Refused
from workbench.models.base import Problem
from workbench.models.journal import Entry
from workbench.models.push import PushKit, PushSettings, PushSubscription, PushVerdict, PushWorkerLook
from workbench.models.readiness import Ask
from workbench.models.request import Failure, Outcome, Reply, Request
from workbench.models.sending import Confirmation
from workbench.models.shop import Shop
from workbench.sentence import say

from .dispatch import confirm
from .house import House
from .roles import operator, viewer

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from .shops import Shops


class Push:
    """What a person can do with web push. What is checked is not kept, but for what ``keep`` puts into the shop's settings."""

    def __init__(self, house: House, shops: Shops) -> None:
        self.house, self.shops = house, shops

    @viewer
    async def of(self, shop_id: str) -> PushSettings:
        """Return what a shop's settings say of web push; NotFound where there is no such shop."""
        settings = (await self.shops.get(shop_id)).settings
        return PushSettings(
            site=settings.site, vapid_public_key=settings.vapid_public_key, worker_url=settings.worker_url
        )

    @viewer
    async def check(self, settings: PushSettings) -> PushVerdict:
        """Return what the settings alone say, thing by thing; nothing is sent."""
        return check_push(settings)

    @viewer
    async def kit(self, settings: PushSettings) -> PushKit:
        """Return a worker and the lines that register it, for these settings. Invalid where what stands for the key is none.

        A private key that was put in by mistake must not be written into a page.
        """
        key = settings.vapid_public_key.strip()
        found = vapid_key(key)
        if key and found.point is None:
            assert found.sentence is not None, "what is no key is told"
            raise Invalid([Problem(field="vapid_public_key", sentence=found.sentence)])
        return push_kit(settings)

    @viewer
    async def subscription(self, text: str, settings: PushSettings | None = None) -> PushSubscription:
        """Return what is right and wrong with a subscription that a browser gave, or with our lines' report; nothing of it is kept."""
        return read_subscription(text, self.house.clock.now(), settings)

    @operator
    async def keep(self, shop_id: str, settings: PushSettings) -> Shop:
        """Keep the settings with the shop. Invalid where something in them is wrong: a private key is never written down."""
        verdict = check_push(settings)
        wrong = [problem for problem in verdict.problems if problem.blocks]
        if wrong:
            raise Invalid(wrong)
        shop = await self.shops.get(shop_id)
        changed = shop.settings.model_copy(
            update={
                "site": settings.site.strip(),
                "vapid_public_key": settings.vapid_public_key.strip(),
                "worker_url": verdict.worker,
            }
        )
        return await self.shops.save(changed, shop.id, seen=shop.settings)

    @operator
    async def ask(self, shop_id: str) -> Ask:
        """Return what ``look`` will ask and of whom, and by which words it is confirmed in live mode; nothing is sent."""
        shop = await self.shops.get(shop_id)
        host = host_of(check_push(await self.of(shop.id)).worker)
        sentence = say("{host} is asked for the worker's file, once.", host=host)
        return Ask(
            check="push.worker",
            sentence=sentence,
            host=host,
            recipient=shop.name,
            live=self.house.mode == "live",
        )

    @operator
    async def look(self, shop_id: str, confirmation: Confirmation | None = None) -> PushWorkerLook:
        """Ask the shop's own server for the worker, and say whether a browser would take it. It only reads, and is journalled.

        Live mode wants the shop's host and name confirmed. In a rehearsal there is no stand-in for a shop's site: its answer says so.
        """
        shop = await self.shops.get(shop_id)
        verdict = check_push(await self.of(shop.id))
        host = host_of(verdict.worker)
        if not host:
            raise Refused(
                say(
                    "The address of the worker is not known. Fill in the shop's address and the worker's path first."
                )
            )
        confirm(self.house.mode, confirmation, host, shop.name)
        request = Request(
            method="GET",
            url=verdict.worker,
            headers=(("Accept", "*/*"), ("Service-Worker", "script")),
            provider="shop_site",
        )
        wire = self.house.wire_for(request.url, local_test=shop.settings.local_test)
        try:
            answer = await wire.send(
                request, connect_s=shop.settings.connect_s, total_s=shop.settings.total_s
            )
        finally:
            if wire is not self.house.wire:
                await wire.close()
        look = read_worker(verdict, answer)
        await self._record(shop, request, answer, look)
        return look

    async def _record(
        self, shop: Shop, request: Request, answer: Reply | Failure, look: PushWorkerLook
    ) -> None:
        shown = Redactor({})
        first = next((one for one in look.findings if one.found == "error"), look.findings[0])
        blocked = isinstance(answer, Failure) and answer.kind == "blocked"
        lost = "blocked" if blocked else "unreachable"
        kind = lost if isinstance(answer, Failure) else "accepted" if look.ready else "refused"
        entry = Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="test", mode=self.house.mode, who=self.house.person.name,
            integration_id=shop.id, integration_name=shop.name, provider=shop.settings.platform, request=shown.request(request),
            reply=shown.reply(answer) if isinstance(answer, Reply) else None,
            outcome=Outcome.model_validate({"kind": kind, "sentence": first.sentence}), detail="service worker",
        )  # fmt: skip
        await self.house.journal.append(entry)
