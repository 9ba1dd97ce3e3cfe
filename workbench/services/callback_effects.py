"""What a call does: a report moves its delivery, an opt-out is told to the consent log, an inbound text is heard by it.

Used for calls that come in and for status calls that we make. What a report tells of a message that is not known yet is kept for later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from workbench.engine.callback_items import mask_number, masked_words, number_digest, spellings
from workbench.engine.delivery_states import FAILED, STATE_WORDS
from workbench.engine.redact import Redactor
from workbench.errors import MissingSecret
from workbench.models.callback import DeliveryReport, InboundMessage
from workbench.models.message import Delivery
from workbench.models.provider import Provider
from workbench.models.sms_account import SmsAccount
from workbench.models.sms_dialect import ErrorWord
from workbench.sentence import Sentence, say

from .house import House

if TYPE_CHECKING:
    from workbench.adapters.deliveries import Deliveries, NewDelivery

    from .consent import Consent


class Effects:
    """Does what reports and inbound texts say. Nothing here has a second effect when it is done again."""

    def __init__(self, house: House, deliveries: Deliveries, consent: Consent | None) -> None:
        self.house = house
        self.deliveries = deliveries
        self.consent = consent

    async def report(
        self,
        account: SmsAccount,
        provider: Provider,
        report: DeliveryReport,
        at: datetime,
        *,
        callback_id: str = "",
        origin: Literal["report", "fetch"] = "report",
    ) -> tuple[Sentence, ...]:
        """Let the deliveries have a report that it speaks of; return what it did. Without any it waits for one under ``callback_id``."""
        found = await self.matching(account.id, report)
        if not found and callback_id and report.provider_id:
            await self.deliveries.wait(callback_id, account.id, report.provider_id)
            found = await self.matching(account.id, report)  # it may have been sent in this very moment
            if found:
                await self.deliveries.waited(callback_id, report.provider_id)
        if not found:
            return (*await self._opted_out(account, provider, report, report.to), _unknown(report))
        told: list[Sentence] = []
        for delivery in found:
            told += await self._one(account, provider, report, delivery, at, origin)
        return tuple(told)

    async def inbound(
        self, account: SmsAccount, message: InboundMessage, at: datetime, *, callback_id: str
    ) -> tuple[Sentence, ...]:
        """Let the consent log hear a text that came in; return what it did. ``callback_id`` stands for a provider's id that is missing.

        ``at`` is when it came, and stands for the provider's time where it names none: worked on late, after a crash or where there is much
        to do, a START must not take away the STOP that was texted after it.
        """
        came = say("A text came from {number}.", number=mask_number(message.sender, self.house.home.salt))
        if self.consent is None:
            return (came,)
        timed = message if message.at is not None else message.model_copy(update={"at": at})
        heard = await self.consent.heard(timed, account, message_id=message.provider_id or callback_id)
        people = spellings(message.sender, self.house.home.salt)
        return (came, *(Redactor({}, people).sentence(one) for one in heard))

    async def matching(self, account_id: str, report: DeliveryReport) -> list[Delivery]:
        """Return the deliveries that a report speaks of: by the provider's id, else by our tag where the provider's id is not known yet."""
        digest = number_digest(report.to, self.house.home.salt) if report.to.strip() else ""
        found = await self.deliveries.by_provider_id(account_id, report.provider_id)
        if not found:
            return await self.deliveries.by_tag(account_id, report.tag, digest)
        if len(found) > 1 and digest:
            return [one for one in found if await self.deliveries.number_of(one.id) == digest] or found
        return found

    async def number(self, delivery_id: str) -> str:
        """Return a delivery's number, opened; an empty text where it was not kept or no key opens it."""
        sealed = await self.deliveries.sealed_number(delivery_id)
        if not sealed:
            return ""
        try:
            return (await asyncio.to_thread(self.house.vault.open_data, sealed)).decode()
        except MissingSecret:
            return ""

    async def _one(
        self,
        account: SmsAccount,
        provider: Provider,
        report: DeliveryReport,
        delivery: Delivery,
        at: datetime,
        origin: Literal["report", "fetch"],
    ) -> list[Sentence]:
        number = report.to or await self.number(delivery.id)
        redactor = Redactor({}, spellings(number, self.house.home.salt))
        stripped = masked_report(report, redactor)
        did = await self.deliveries.report(
            delivery.id, stripped, at, origin=origin, reason=reason_of(provider, stripped)
        )
        opted_out = await self._opted_out(account, provider, report, number)
        if did.repeated:
            return [*opted_out]
        before, after = Sentence(STATE_WORDS[did.before]), Sentence(STATE_WORDS[did.delivery.state])
        if did.delivery.state != did.before:
            told = say("The text to {to}: {before}, now {after}.", to=delivery.to, before=before, after=after)
        elif did.late:
            late = Sentence(STATE_WORDS[report.state])
            told = say(
                "The text to {to}: “{late}” came late, it stays {after}.",
                to=delivery.to,
                late=late,
                after=after,
            )
        else:
            told = say("The text to {to} stays {after}.", to=delivery.to, after=after)
        return [told, *opted_out]

    async def _opted_out(
        self, account: SmsAccount, provider: Provider, report: DeliveryReport, number: str
    ) -> tuple[Sentence, ...]:
        """Tell the consent log what a report says of an opt-out at the provider."""
        word = word_of(provider, report)
        if (
            self.consent is None
            or not number
            or not (report.opted_out or (word is not None and word.opted_out))
        ):
            return ()
        told = await self.consent.reported(report, account, number)
        redactor = Redactor({}, spellings(number, self.house.home.salt))
        return tuple(redactor.sentence(one) for one in told)


async def new_delivery(house: House, delivery: Delivery, number: str) -> NewDelivery:
    """Return a delivery as ``Deliveries.add`` takes it: its recipient's number as a salted digest, and sealed."""
    from workbench.adapters.deliveries import NewDelivery

    sealed = await asyncio.to_thread(house.vault.seal_data, number.encode("utf-8", "surrogatepass"))
    return NewDelivery(delivery, number_digest(number, house.home.salt), sealed)


def masked_report(report: DeliveryReport, redactor: Redactor) -> DeliveryReport:
    """Return a report as a delivery keeps it: without numbers, and without the provider's whole words, which are sealed with the call."""
    changed = {name: masked_words(getattr(report, name), redactor) for name in ("words", "raw_state", "code")}
    return report.model_copy(update={**changed, "to": "", "sender": "", "tag": "", "raw": None})


def word_of(provider: Provider, report: DeliveryReport) -> ErrorWord | None:
    """Return what the provider's declaration knows of a report's code."""
    known: Mapping[str, ErrorWord] = provider.sms.errors if provider.sms is not None else {}
    return known.get(report.code) or known.get(report.raw_state)


def reason_of(provider: Provider, report: DeliveryReport) -> Sentence | None:
    """Return what a failure means and what to do, else the provider's own words; None for what is no failure."""
    if report.state not in FAILED and report.state != "unknown":
        return None
    word = word_of(provider, report)
    if word is not None and word.advice:
        return say("{meaning} {advice}", meaning=Sentence(word.meaning), advice=Sentence(word.advice))
    if word is not None:
        return Sentence(word.meaning)
    words = report.words or report.raw_state
    if report.code and words and words != report.code:
        return say(
            "{provider} says “{words}”, with its code {code}.",
            provider=provider.name,
            words=words,
            code=report.code,
        )
    if report.code or words:
        return say(
            "{provider} gives the code {code} and no more.", provider=provider.name, code=report.code or words
        )
    return say("{provider} gives no reason.", provider=provider.name)


def _unknown(report: DeliveryReport) -> Sentence:
    if not report.provider_id:
        return say("A report names no message, so nothing could be done with it.")
    return say(
        "A report is of a message that is not known here, {id}. It is kept, and counts as soon as the message is recorded.",
        id=report.provider_id,
    )
