"""COMPOSE ESTIMATE: what the text costs and how long it takes over an audience by country, with prices that are yours to edit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets

from workbench.engine.standing import lasting
from workbench.models.message_draft import CostLine, Estimate, EstimateAsk, MessageDraft, PriceTable
from workbench.sentence import N_, Sentence, say

from . import look
from .charts import Bar, bars
from .exchange import findings
from .fields import TextField
from .fold import Fold, Place
from .language import number
from .messages import Messages
from .page import Frame
from .piece import Said, said
from .sms_compose_words import audience_of, money, pairs_of, prices_text, with_prices
from .tables import table

__all__ = ["ComposeEstimate"]

BEGIN = "SE 10000\nNO 5000\nUS 2000"
ELSEWHERE = N_("Elsewhere")
MOST_BARS = 12


class ComposeEstimate:
    """The audience and the prices as lines of text; cost and time as figures, a chart and a table."""

    def __init__(self, frame: Frame, draft: Callable[[], MessageDraft]) -> None:
        self.frame, self._draft = frame, draft
        self.table = PriceTable()
        self.audience = TextField(
            N_("Audience"), multiline=True, rows=4, monospace=True, value=BEGIN,
            hint=N_("A country's two letters and how many people there are, one country a line. * stands for everywhere else."),
        )  # fmt: skip
        self.senders = TextField(N_("Senders that share the work"), value="1", input_type="number")
        self.prices = TextField(
            N_("Price of a segment"),
            multiline=True,
            rows=8,
            monospace=True,
            hint=N_("A country's two letters and a price, one a line."),
        )
        self.currency = TextField(N_("Currency"), hint=N_("Three letters, such as EUR."))
        self.note = look.show("", "wb-hint")
        self.messages, self.result = Messages(), Place()
        self.button, self.keep = look.button(N_("Estimate")), look.button(N_("Save the prices"))
        frame.click(self.button, self.estimate, self.messages)
        frame.click(self.keep, self.save, self.messages)
        own = [look.buttons(self.keep, align="start")] if frame.may("operator") else []
        edit = Fold(N_("Prices"), self.note, look.columns(self.prices, self.currency), *own)
        self.widget = look.card(
            N_("Cost and time"),
            look.columns(self.audience, self.senders, weights=(2, 1)),
            edit.widget,
            look.buttons(self.button, align="start"),
            self.messages.widget,
            self.result.widget,
        )

    def __repr__(self) -> str:
        return "<ComposeEstimate>"

    async def refresh(self) -> None:
        """Read the price table, unless prices are being edited."""
        found = await self.frame.bench.messages.prices()
        if found != self.table and self.prices.value in ("", prices_text(self.table)):
            self._fill(found)

    async def estimate(self) -> None:
        """Show what it costs and how long it takes, with the prices as they are typed."""
        audience, prices, senders = pairs_of(self.audience.value), self._typed(), self.senders.value.strip()
        self.audience.error = audience.problem or ""
        whole = senders.isdecimal() and 1 <= int(senders) <= 1000
        self.senders.error = "" if whole else N_("Type a whole number from 1 to 1000.")
        if audience.problem is not None or prices is None or not whole:
            return
        ask = EstimateAsk(
            draft=self._draft(), audience=audience_of(audience.pairs), prices=prices, senders=int(senders)
        )
        self.result.put(*_shown(await self.frame.bench.messages.estimate(ask)))

    async def save(self) -> None:
        """Keep the prices for everybody."""
        prices = self._typed()
        if prices is not None:
            self._fill(await self.frame.bench.messages.save_prices(prices, seen=self.table))
            self.messages.show("ok", N_("The prices are saved."))

    def _typed(self) -> PriceTable | None:
        """Return the prices as they are typed, or None with the reason beside them."""
        pairs = pairs_of(self.prices.value)
        self.prices.error = pairs.problem or ""
        self.currency.error = ""
        if pairs.problem is not None:
            return None
        currency = self.currency.value.strip().upper()
        if self.prices.value == prices_text(self.table) and currency == self.table.currency:
            return self.table
        if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
            self.currency.error = N_("Type three letters, such as EUR.")
            return None
        try:
            return with_prices(self.table, pairs.pairs, currency)
        except ValueError:
            self.prices.error = N_("A price is a number from 0 to 1000 with six decimals at most.")
            return None

    def _fill(self, found: PriceTable) -> None:
        self.table = found
        self.prices.value, self.currency.value = prices_text(found), found.currency
        self.note.value = look.escape(said(found.note))


def _shown(found: Estimate) -> list[ipywidgets.Widget]:
    time = said(lasting(found.seconds)) if found.seconds is not None else said(N_("no rate is known"))
    facts: list[tuple[Said, object]] = [
        (N_("Recipients"), number(found.people)),
        (N_("Segments"), number(found.segments)),
        (N_("Cost"), money(found.amount, found.currency)),
        (N_("If every text were the shortest"), money(found.least, found.currency)),
        (N_("If every text were the longest"), money(found.most, found.currency)),
        (N_("Time to send"), time),
        (N_("Rate"), found.rate),
    ]
    return [
        look.banner("info", found.note),
        *findings(found.problems),
        look.key_value_table(facts),
        *_chart(found),
        _lines(found.lines, found.currency),
        *_shares(found),
    ]


def _chart(found: Estimate) -> list[ipywidgets.Widget]:
    rows = [
        Bar(_country(line), float(line.amount)) for line in found.lines[:MOST_BARS] if line.amount is not None
    ]
    if not rows:
        return []
    title = say("Cost by country, {currency}", currency=found.currency)
    words = say("What the text costs in each country, in {currency}.", currency=found.currency)
    return [look.show(bars("sms-cost", title, words, rows, form=number))]


def _lines(lines: Sequence[CostLine], currency: str) -> ipywidgets.Widget:
    heads = [N_("Country"), N_("Recipients"), N_("Segments"), N_("Price"), N_("Cost"), N_("Time")]
    rows = [
        [
            said(_country(line)), number(line.people), number(line.segments), money(line.price, currency), money(line.amount, currency),
            None if line.seconds is None else said(lasting(line.seconds)),
        ]
        for line in lines
    ]  # fmt: skip
    return table(heads, rows, N_("By country"), N_("The audience is empty."), numeric=(1, 2, 3, 4))


def _shares(found: Estimate) -> list[ipywidgets.Widget]:
    """Return how many segments which part of the recipients gets, where that differs."""
    if len(found.shares) < 2:
        return []
    rows = [[str(count), f"{number(round(share * 100, 1))} %"] for count, share in found.shares]
    return [
        table([N_("Segments"), N_("Of the recipients")], rows, N_("By the sample values"), numeric=(0, 1))
    ]


def _country(line: CostLine) -> Sentence:
    return say("{region}", region=line.region) if line.region else Sentence(ELSEWHERE)
