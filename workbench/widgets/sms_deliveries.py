"""SMS DELIVERIES: what became of the texts that went out: in pictures, as a list, and each with its steps and its reason."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import ipywidgets

from workbench.adapters.clock import SystemClock
from workbench.engine.delivery_states import ORDER
from workbench.errors import WorkbenchError
from workbench.models.message import Delivery, DeliveryCount, DeliveryFilter, Step
from workbench.providers import every
from workbench.sentence import N_, say

from . import look
from .charts import Bar, bars
from .fields import ChoiceField
from .fold import Place, visible
from .headline import Headline
from .language import number, when
from .listing import provider_name
from .messages import Messages
from .page import Frame
from .piece import said
from .pulse import Pulse
from .sms_callback_words import STATES, delivery_row, step_row, tally, tone_of
from .tables import RowList, table

__all__ = ["DeliveryBoard"]

LIVELY_S, CALM_S = 2.0, 5.0
"""Seconds between two looks: while something is under way; while nothing changed for a minute."""
COUNT_S = 10.0
"""Seconds after which all deliveries are counted anew although none of those shown has changed."""
STEP: Final = 25
"""How many deliveries the list grows by."""

COLUMNS: list[Mapping[str, str]] = [
    {"key": "at", "label": N_("Sent (UTC)")},
    {"key": "account", "label": N_("Account"), "kind": "strong"},
    {"key": "sender", "label": N_("Sender"), "kind": "code"},
    {"key": "to", "label": N_("To"), "kind": "code"},
    {"key": "state", "label": N_("State")},
    {"key": "reason", "label": N_("Reason")},
    {"key": "mode", "label": N_("Mode")},
]
MAY_BE_WRONG = N_(
    "Reported, and it may be wrong: carriers confirm texts that never arrived, and report as failed what did arrive."
)


class DeliveryBoard:
    """The deliveries. ``shown`` is false while the part is off the page: then nothing is looked at again."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.shown = True
        self.found: list[Delivery] = []
        self.counts: list[DeliveryCount] = []
        self.opened: Delivery | None = None
        self.accounts: dict[str, str] = {}
        self._clock, self._turn, self._wanted = SystemClock(), asyncio.Lock(), STEP
        self._counted_at = float("-inf")
        self.messages, self.lost, self.detail = Messages(), Place(), Place()
        self.tally, self.picture = look.show("", "wb-count"), look.show("")
        self.provider = ChoiceField(N_("Provider"), [("", said(N_("All")))])
        states = [(state, said(text)) for state, (text, _) in STATES.items() if state != "received"]
        self.state = ChoiceField(N_("State"), [("", said(N_("All"))), *states])
        filters = look.Row([self.provider, self.state])
        filters.add_class("wb-filters")
        self.list = RowList(N_("Deliveries"), columns=COLUMNS)
        self.older = look.button(N_("Show older"))
        self.pulse = Pulse(self.look)
        for field in (self.provider, self.state):
            field.observe(lambda _: self._narrow(), "value")
        self.list.observe(lambda _: frame.start(self._open_selected(), self.messages), "selected")
        self.list.on_open(lambda id: frame.start(self.open(id, focus=True), self.messages))
        frame.click(self.older, self.show_older, self.messages)
        self.widget = look.stack(
            look.card(
                N_("Deliveries"),
                self.lost.widget,
                self.tally,
                self.picture,
                filters,
                self.messages.widget,
                self.list,
                look.buttons(self.older, align="start"),
                self.pulse,
                subtitle=N_("What became of each text, as its provider reports it. Numbers are masked."),
            ),
            self.detail.widget,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<DeliveryBoard of {len(self.found)}>"

    async def refresh(self) -> None:
        """Read the deliveries anew, and look again by itself from now on."""
        self.shown = True
        await self._read()
        self.pulse.again()

    async def look(self) -> float | None:
        """Read the deliveries anew as long as the part is shown; returns the seconds until the next look."""
        if not self.shown:
            return None
        try:
            await self._read()
            await self._follow()
        except WorkbenchError as error:
            text = N_("The list is from before, and is looked at again by itself:")
            self.lost.put(look.banner("warn", error.sentence, text))
            return CALM_S
        if self.lost.widget.children:
            self.lost.put()
        newest = max((one.changed_at for one in self.found), default=None)
        return LIVELY_S if newest and self._clock.now() - newest < timedelta(minutes=1) else CALM_S

    async def show_older(self) -> None:
        """Show more of the list."""
        self._wanted = min(self._wanted + STEP, 500)
        await self._read()

    async def open(self, id: str, focus: bool = False) -> None:
        """Show one delivery with its steps, below the list."""
        delivery = await self.frame.bench.callbacks.delivery(id)
        steps = list(await self.frame.bench.callbacks.steps(id))
        self.opened = delivery
        self.place = f"delivery={id}"
        self.frame.stand(self.place)
        self.detail.put(self._card(delivery, steps, focus))

    async def fetch(self, id: str) -> None:
        """Ask the provider how the text stands, and show it as it is then."""
        await self.frame.bench.callbacks.fetch(id)
        await self._read()
        await self.open(id)

    async def go(self, place: str) -> None:
        """Open the delivery that a link names."""
        kind, _, id = place.partition("=")
        if kind == "delivery":
            await self.open(id)
            if any(one.id == id for one in self.found):
                self.list.selected = id

    async def _read(self) -> None:
        async with self._turn:  # never in parallel with itself: an older answer would come last
            wanted = self._filter()
            found = list(await self.frame.bench.callbacks.deliveries(wanted))
            counts = await self._count(found)
            if {one.account_id for one in found} - self.accounts.keys():
                listed = await self.frame.bench.sms_accounts.list()
                self.accounts = {one.account_id: provider_name(one.provider) for one in found}
                self.accounts |= {one.account.id: one.account.name for one in listed}
            if wanted != self._filter():
                return  # the filter was changed meanwhile, and the answer to that one is under way
            self._show(counts, found)

    async def _count(self, found: list[Delivery]) -> list[DeliveryCount]:
        """Return the counts: read anew where the list changed, else from time to time, for they are of all that was ever sent."""
        now = self._clock.monotonic()
        if found == self.found and now - self._counted_at < COUNT_S:
            return self.counts
        counts = list(await self.frame.bench.callbacks.counts())
        self._counted_at = now
        return counts

    def _show(self, counts: list[DeliveryCount], found: list[Delivery]) -> None:
        if counts != self.counts:
            self._draw(counts)
        self.found = found
        self.list.empty = (
            N_("Nothing fits this filter.")
            if self.provider.value or self.state.value
            else N_("No text has been sent yet. Compose one, and it stands here at once.")
        )
        live = any(one.mode == "live" for one in found)
        self.list.columns = COLUMNS if live else COLUMNS[:-1]
        rows = [delivery_row(one, self.accounts) for one in found]
        self.list.rows = rows
        visible(self.older, len(found) == self._wanted and self._wanted < 500)

    def _draw(self, counts: list[DeliveryCount]) -> None:
        self.counts = counts
        self.tally.value = look.escape(said(tally(counts)))
        self.picture.value = chart(counts) if counts else ""
        providers = sorted({one.provider for one in counts})
        options = [["", said(N_("All")), ""], *([key, provider_name(key), ""] for key in providers)]
        if [item[0] for item in options] != [item[0] for item in self.provider.options]:
            self.provider.options = [item[:2] for item in options]

    def _filter(self) -> DeliveryFilter:
        return DeliveryFilter.model_validate(
            {"provider": self.provider.value, "state": self.state.value or None, "limit": self._wanted}
        )

    async def _follow(self) -> None:
        """Show the opened delivery anew where it has changed."""
        if self.opened is None:
            return
        now = await self.frame.bench.callbacks.delivery(self.opened.id)
        if now != self.opened:
            await self.open(now.id)

    def _narrow(self) -> None:
        self._wanted = STEP
        self.frame.start(self._read(), self.messages)

    async def _open_selected(self) -> None:
        if self.list.selected:
            await self.open(self.list.selected)

    def _card(self, delivery: Delivery, steps: Sequence[Step], focus: bool) -> ipywidgets.Widget:
        text, kind = STATES[delivery.state]
        parts: list[ipywidgets.Widget] = [
            Headline(say("Text to {to}, {at} UTC", to=delivery.to, at=when(delivery.sent_at)), focus=focus),
            look.banner(kind if kind != "quiet" else "info", delivery.reason or _plainly(delivery), text),
        ]
        if delivery.reported:
            parts.append(look.show(look.markup('<p class="wb-hint">{text}</p>', text=said(MAY_BE_WRONG))))
        parts.append(look.key_value_table(_facts(delivery, self.accounts)))
        headings = [
            N_("When (UTC)"),
            N_("Provider's time (UTC)"),
            N_("By"),
            N_("State"),
            N_("In the provider's words"),
            N_("Late"),
        ]
        parts.append(
            table(
                headings,
                [step_row(step) for step in steps],
                caption=N_("Steps"),
                empty=N_("No step has been told yet."),
            )
        )
        if self.frame.may("operator") and _can_be_asked(delivery):
            messages = Messages()
            ask = look.button(N_("Fetch status"), tooltip=N_("Ask the provider how this text stands now"))
            self.frame.click(ask, lambda: self.fetch(delivery.id), messages)
            parts += [look.buttons(ask, align="start"), messages.widget]
        return look.card("", *parts)


def chart(counts: Sequence[DeliveryCount]) -> look.Html:
    """Return the picture of deliveries by provider and state."""
    found: dict[tuple[str, int], int] = {}
    for one in counts:
        key = (one.provider, ORDER.index(one.state) if one.state in ORDER else 0)
        found[key] = found.get(key, 0) + one.count
    rows = []
    for (provider, at), count in sorted(
        found.items(), key=lambda pair: (provider_name(pair[0][0]), -pair[0][1])
    ):
        name = say("{provider}: {state}", provider=provider_name(provider), state=said(STATES[ORDER[at]][0]))
        rows.append(Bar(name, count, tone_of(ORDER[at])))
    return bars("deliveries", N_("Deliveries by provider and state"), said(tally(counts)), rows, form=number)


def _plainly(delivery: Delivery) -> str:
    if delivery.state in ("delivered", "read"):
        return N_("The provider reports that it arrived.")
    if delivery.state == "unknown":
        return N_("Nobody knows its end. It does not count as delivered.")
    if delivery.state == "canceled":
        return N_("It was canceled before it was sent.")
    return N_("It is under way, or its provider has not reported yet.")


def _facts(delivery: Delivery, accounts: Mapping[str, str]) -> list[tuple[str, object]]:
    account = accounts.get(delivery.account_id) or delivery.account_id
    return [
        (N_("Account"), f"{account} ({provider_name(delivery.provider)})"),
        (N_("Sender"), delivery.sender),
        (N_("Text"), delivery.body),
        (N_("Parts of the text"), number(delivery.segments)),
        (N_("Price"), f"{delivery.price} {delivery.currency}".strip()),
        (N_("Provider's state and code"), " · ".join(filter(None, (delivery.raw_state, delivery.code)))),
        (N_("Provider's id"), delivery.provider_id),
    ]


def _can_be_asked(delivery: Delivery) -> bool:
    """Return whether its provider has a status call, and gave it an id to ask for."""
    found = every().get(delivery.provider)
    return bool(found is not None and found.sms is not None and found.sms.status and delivery.provider_id)
