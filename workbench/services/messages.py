"""Messages: write a text, see what it will be for each recipient and provider, send it, and rehearse what happens when a provider fails."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbench.adapters.clock import new_id
from workbench.engine.message_cost import EXAMPLE_PRICES, audience_of, estimate, price_of
from workbench.engine.message_text import MessageText
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import JsonValue
from workbench.models.message import Message, Sent
from workbench.models.message_draft import (
    MESSAGE_PRICES,
    Compared,
    Estimate,
    EstimateAsk,
    FailoverPlan,
    FailoverRun,
    Lengths,
    MessageChecked,
    MessageDraft,
    PriceTable,
    Transliterated,
)
from workbench.models.request import RequestView
from workbench.models.sending import Confirmation
from workbench.providers import provider as provider_of
from workbench.sentence import say

from .dispatch import PENDING_TOKEN, confirm
from .house import House
from .meanwhile import check_seen
from .message_comparing import compared
from .message_failover import rehearsed
from .message_fit import EXAMPLE_NUMBER
from .message_line import MessageLine, account_of, sender_of, shown_text
from .message_plan import Aim, Plan, lengths_of, plan_of
from .message_sending import Batch, MessageSending
from .roles import operator, viewer

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.deliveries import Deliveries

    from .consent import Consent
    from .sms_accounts import SmsAccounts

ONE = "prices"
MOST_SAMPLES = 10_000


class Messages:
    """What a person can do with texts. Nothing is sent to anybody whose consent was not asked for first."""

    def __init__(self, house: House, accounts: SmsAccounts, deliveries: Deliveries, consent: Consent) -> None:
        self.house, self.accounts, self.deliveries, self.consent = house, accounts, deliveries, consent

    @viewer
    async def check(self, draft: MessageDraft) -> MessageChecked:
        """Return what is said of a draft: problems, lengths, the consent decision for each recipient, and the cost. Nothing is sent."""
        plan = await self._plan(draft)
        aims = tuple(aim.checked for aim in plan.aims)
        checked = MessageChecked(
            designation=plan.designation, problems=tuple(plan.problems), lengths=plan.lengths, recipients=aims
        )  # fmt: skip
        if plan.line is None:
            return checked
        return checked.model_copy(
            update={
                "requests": len(plan.together),
                "cost": await self._cost(plan),
                "host": plan.line.host,
                "recipient": recipient_words(plan.going),
            }
        )

    @viewer
    async def meter(self, text: str, samples: list[dict[str, JsonValue]] | None = None) -> Lengths:
        """Return how long a text is over sample rows: shortest, typical and longest. A page measures it itself, in its own kernel."""
        return await asyncio.to_thread(lengths_of, MessageText(text), (samples or [])[:MOST_SAMPLES], False)

    @viewer
    async def transliterate(self, text: str) -> Transliterated:
        """Return a text in GSM-7 with what was changed; unchanged where it is GSM-7 already, or can never be."""
        from workbench.engine.transliteration import transliterated

        return transliterated(text)

    @viewer
    async def preview(self, draft: MessageDraft) -> RequestView:
        """Return the exact request of a draft's first recipient, secrets and number masked. Raises Invalid where there can be none."""
        line, message = await self._first(draft)
        return line.view(message, PENDING_TOKEN)

    @viewer
    async def curl(self, draft: MessageDraft) -> str:
        """Return the same request as a cURL command, with variables in place of secrets and numbers. Raises Invalid as ``preview``."""
        line, message = await self._first(draft)
        return line.snippet(message, PENDING_TOKEN)

    @viewer
    async def compare(self, draft: MessageDraft) -> list[Compared]:
        """Return the draft as each SMS provider would get it, side by side: request, spelling, segments, cost, and what it loses."""
        plan = await self._plan(draft)
        return await compared(self.house, self.accounts, plan, await self.prices())

    @viewer
    async def estimate(self, ask: EstimateAsk) -> Estimate:
        """Return what a text costs and how long it takes over an audience by country. Raises Invalid where no sender is chosen."""
        account = await account_of(self.accounts, ask.draft)
        sender, provider = sender_of(account, ask.draft), provider_of(account.settings.provider)
        if provider.sms is None:
            raise Refused(say("{provider} sends no texts. Choose another account.", provider=provider.name))
        text = MessageText(ask.draft.text)
        rows = ask.draft.samples or tuple(one.values for one in ask.draft.recipients)
        found = await asyncio.to_thread(lengths_of, text, rows, ask.draft.transliterate)
        prices = ask.prices or await self.prices()
        return estimate(provider, sender.type, found, ask.audience, prices, senders=ask.senders)

    @viewer
    async def prices(self) -> PriceTable:
        """Return the price table: as it was edited, or the example."""
        try:
            return PriceTable.model_validate(
                await asyncio.to_thread(self.house.catalogue.get, MESSAGE_PRICES, ONE)
            )
        except NotFound:
            return EXAMPLE_PRICES

    @operator
    async def save_prices(self, table: PriceTable, seen: PriceTable | None = None) -> PriceTable:
        """Keep an edited price table; of two prices for the same country and provider the later one stays.

        ``seen`` is the table that was changed: Refused where somebody else saved another one meanwhile.
        """
        prices = {(one.region.strip().upper(), one.provider.strip()): one.amount for one in table.prices}
        tidy: dict[str, Any] = {
            "currency": table.currency,
            "note": table.note,
            "prices": [
                {"region": region, "provider": provider, "amount": amount}
                for (region, provider), amount in prices.items()
            ],
        }
        kept = PriceTable.model_validate(tidy)

        def change(before: dict[str, Any] | None) -> dict[str, Any]:
            check_seen(
                seen, PriceTable.model_validate(before) if before else EXAMPLE_PRICES, say("The price table")
            )
            return kept.model_dump(mode="json")

        await asyncio.to_thread(self.house.catalogue.update, MESSAGE_PRICES, ONE, change)
        return kept

    @operator
    async def send(self, draft: MessageDraft, confirmation: Confirmation | None = None) -> list[Sent]:
        """Send a text to those who may get it, and return what became of each request, and why the others get none.

        Live mode wants the confirmation. Raises Invalid with every problem that blocks the draft, and Refused.
        """
        plan = await self._plan(draft)
        wrong = [problem for problem in plan.problems if problem.blocks]
        if wrong or plan.line is None:
            raise Invalid(wrong)
        line, shown = plan.line, shown_text(draft.text)
        sending = MessageSending(line, self.deliveries)
        if plan.going:
            confirm(self.house.mode, confirmation, line.host, recipient_words(plan.going))
        together = [
            Batch(line.message(new_id("msg"), numbers, text, draft, plan.designation), shown)
            for text, numbers in plan.together
        ]
        sent = await sending.all(together, draft.local_test)
        return sent + [await self._withheld(plan, sending, aim) for aim in plan.aims if not aim.checked.goes]

    @operator
    async def rehearse_failover(self, plan: FailoverPlan) -> FailoverRun:
        """Return what happens to the first recipient's text when its provider fails as planned. Nothing is sent, in live mode neither."""
        return await rehearsed(self.house, self.accounts, self.consent, plan)

    # ------------------------------------------------------------------------------------------------------------------

    async def _first(self, draft: MessageDraft) -> tuple[MessageLine, Message]:
        """Return the message of a draft's first request, to an example number where nobody would get it. Raises Invalid."""
        plan = await self._plan(draft)
        if plan.line is None:
            raise Invalid(plan.problems)
        body, numbers = next(iter(plan.together), (plan.text.text, [EXAMPLE_NUMBER]))
        return plan.line, plan.line.message(new_id("msg"), numbers, body, draft, plan.designation)

    async def _plan(self, draft: MessageDraft) -> Plan:
        return await plan_of(self.house, self.accounts, self.consent, draft)

    async def _cost(self, plan: Plan) -> Estimate | None:
        assert plan.line is not None
        going = plan.going
        if not going:
            return None
        rows = [
            one.values for one, aim in zip(plan.draft.recipients, plan.aims, strict=True) if aim.checked.goes
        ]
        found = lengths_of(plan.text, rows, plan.draft.transliterate)
        audience = audience_of(aim.number for aim in going)
        prices = await self.prices()
        told = estimate(plan.line.provider, plan.line.sender.type, found, audience, prices)
        exact = [price_of(prices, aim.checked.region, plan.line.provider.key) for aim in going]
        if any(price is None for price in exact):
            return told
        amount = sum(
            (price * aim.checked.segments for price, aim in zip(exact, going, strict=True) if price is not None), Decimal(0)
        )  # fmt: skip
        segments = sum(aim.checked.segments for aim in going)
        return told.model_copy(update={"amount": amount, "segments": segments})

    async def _withheld(self, plan: Plan, sending: MessageSending, aim: Aim) -> Sent:
        assert plan.line is not None
        number = aim.number or aim.checked.number
        message: Message = plan.line.message(new_id("msg"), [number], aim.text, plan.draft, plan.designation)
        reason = aim.checked.why_not or say("Consent was not asked for.")
        return await sending.withheld(Batch(message, shown_text(plan.draft.text)), reason)


def recipient_words(going: list[Aim]) -> str:
    """Return what a live send is confirmed by: the first number, and how many more there are."""
    if not going:
        return ""
    more = f" (+{len(going) - 1})" if len(going) > 1 else ""
    return going[0].number + more
