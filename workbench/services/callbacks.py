"""Callbacks: what providers reported and what people wrote, and what became of each text; and asking a provider how one stands."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from workbench.adapters.clock import new_id
from workbench.engine import callback_items
from workbench.engine.read import read
from workbench.engine.redact import Redactor, hint_of
from workbench.engine.sms import dialect, read_status, reading_request
from workbench.errors import Invalid, MissingSecret, NotFound, Refused
from workbench.models.base import Problem
from workbench.models.callback import CallbackFilter, DeliveryReport, ReceivedCallback
from workbench.models.journal import Entry
from workbench.models.message import Delivery, DeliveryCount, DeliveryFilter, Step
from workbench.models.phone import number_key
from workbench.models.provider import Provider
from workbench.models.request import Failure, Reply, Request
from workbench.models.sms_account import SmsAccount
from workbench.providers import provider as provider_of
from workbench.sentence import say

from .callback_effects import Effects
from .callback_work import opened_call, read_items
from .house import House
from .roles import admin, operator, viewer

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.deliveries import Deliveries

    from .consent import Consent
    from .sms_accounts import SmsAccounts


class Callbacks:
    """What a person can do with callbacks and deliveries. Numbers are masked in everything that is returned."""

    def __init__(
        self, house: House, deliveries: Deliveries, accounts: SmsAccounts, consent: Consent | None = None
    ) -> None:
        self.house = house
        self.kept = deliveries
        self.accounts = accounts
        self.effects = Effects(house, deliveries, consent)

    @viewer
    async def callbacks(self, wanted: CallbackFilter | None = None) -> list[ReceivedCallback]:
        """Return the callbacks that fit, the newest first, without the texts that people wrote and the providers' own words."""
        return await self.kept.callbacks(wanted or CallbackFilter())

    @viewer
    async def callback(self, id: str) -> ReceivedCallback:
        """Return one callback with its texts and the provider's own words; without them where the call was forgotten."""
        received, sealed = await self.kept.callback(id), await self.kept.stored(id)
        if sealed is None:
            return received
        try:
            call = await asyncio.to_thread(opened_call, self.house, sealed)
            items = read_items(provider_of(received.provider), call)
        except (
            MissingSecret,
            NotFound,
        ):  # another home's key, or a provider that is gone: what was kept beside it is shown
            return received
        salt = self.house.home.salt
        return received.model_copy(
            update={"items": callback_items.shown(items, callback_items.people_of(items, salt), salt)}
        )

    @viewer
    async def deliveries(self, wanted: DeliveryFilter | None = None) -> list[Delivery]:
        """Return the deliveries that fit, the newest first."""
        return await self.kept.deliveries(wanted or DeliveryFilter())

    @viewer
    async def delivery(self, id: str) -> Delivery:
        """Return one delivery; NotFound when there is none of this id."""
        return await self.kept.delivery(id)

    @viewer
    async def steps(self, delivery_id: str) -> list[Step]:
        """Return a delivery's steps, in the order in which they came in."""
        return await self.kept.steps(delivery_id)

    @viewer
    async def counts(self) -> list[DeliveryCount]:
        """Return how many deliveries each account has in each state."""
        return await self.kept.counts()

    @operator
    async def fetch(self, delivery_id: str) -> Delivery:
        """Ask the provider how a text stands, by its status call, and return the delivery as it is then.

        Raises Refused where the provider has no such call, the message has no id there, or the answer is no report.
        """
        delivery = await self.kept.delivery(delivery_id)
        account = await self.accounts.account(delivery.account_id)
        provider, credential, secrets = await self.accounts.opened(account)
        declared = dialect(provider)
        if not declared.status or declared.read_status is None:
            raise Refused(
                say(
                    "{provider} has no status call. Its reports come by callback alone.",
                    provider=provider.name,
                )
            )
        if not delivery.provider_id:
            raise Refused(
                say(
                    "{provider} gave this text no id, so it cannot be asked for it. Wait for its report.",
                    provider=provider.name,
                )
            )
        now = self.house.clock.now()
        names = {"message_id": delivery.provider_id}
        request = reading_request(declared.status, provider, credential, secrets, now, names=names)
        answer = await self.house.wire.send(request)
        reports = read_status(provider, answer) if isinstance(answer, Reply) else ()
        number = await self.effects.number(delivery_id)
        salt = self.house.home.salt
        redactor = Redactor(
            {secret: hint_of(secret) for secret in secrets.values()}, callback_items.spellings(number, salt)
        )
        refusal = await self._noted(account, provider, delivery, request, answer, redactor)
        mine = [one for one in reports if one.provider_id == delivery.provider_id and _is_for(one, number)]
        for report in callback_items.tidied(mine):
            if isinstance(report, DeliveryReport):
                await self.effects.report(account, provider, report, now, origin="fetch")
        if not mine:
            raise refusal
        return await self.kept.delivery(delivery_id)

    @admin
    async def forget_calls(self, days: int = 30) -> int:
        """Forget the calls themselves, texts and numbers with them, that are older than so many days; return how many there were.

        That they came and what they did stays. Raises Invalid for fewer than three days.
        """
        if not 3 <= days <= 36_500:
            sentence = say(
                "“{days}” days are not possible. Choose 3 or more: a provider may call again until then.",
                days=days,
            )
            raise Invalid([Problem(field="days", sentence=sentence)])
        return await self.kept.forget_calls(self.house.clock.now() - timedelta(days=days))

    async def _noted(
        self,
        account: SmsAccount,
        provider: Provider,
        delivery: Delivery,
        request: Request,
        answer: Reply | Failure,
        redactor: Redactor,
    ) -> Refused:
        """Write the status call in the journal, and return what is said where it told nothing."""
        outcome = redactor.outcome(read(provider, answer, self.house.clock.now()))
        await self.house.journal.append(
            Entry(
                id=new_id("ent"), at=self.house.clock.now(), kind="callback", mode=self.house.mode, who=self.house.person.name,
                integration_id=account.id, integration_name=account.name, provider=provider.key, recipient=delivery.to,
                request=redactor.request(request), reply=redactor.reply(answer) if isinstance(answer, Reply) else None,
                outcome=outcome, detail="asked for the status of a text",
            )
        )  # fmt: skip
        if outcome.ok:
            return Refused(
                say(
                    "{provider} answered, but says nothing of this text. Try again in a minute.",
                    provider=provider.name,
                )
            )
        return Refused(outcome.sentence)


def _is_for(report: DeliveryReport, number: str) -> bool:
    """Return whether a report is of this recipient, where both are known."""
    return not report.to or not number or number_key(report.to) == number_key(number)
