"""SMS CALLBACKS: the list of what providers called us with, as long as somebody looks, and each call with what it said and did."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import ipywidgets

from workbench.adapters.clock import SystemClock
from workbench.errors import WorkbenchError
from workbench.models.callback import CallbackFilter, ReceivedCallback
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import ChoiceField
from .fold import Fold, Place, visible
from .headline import Headline
from .language import when
from .listing import provider_name
from .messages import Messages
from .page import Frame
from .piece import said
from .pulse import Pulse
from .sms_callback_words import GENUINE, KINDS, ROUTES, callback_row, item_row, meaning
from .tables import RowList, table

__all__ = ["CallbackLog"]

LIVELY_S, CALM_S = 2.0, 5.0
"""Seconds between two looks: while calls come in; while none did for a minute."""
STEP: Final = 25
"""How many callbacks the list grows by."""
MOST_ITEMS: Final = 100
"""Parts of one call that are shown."""

COLUMNS: list[Mapping[str, str]] = [
    {"key": "at", "label": N_("When (UTC)")},
    {"key": "account", "label": N_("Account"), "kind": "strong"},
    {"key": "what", "label": N_("What came")},
    {"key": "genuine", "label": N_("Genuine")},
    {"key": "did", "label": N_("What it did")},
    {"key": "again", "label": N_("Repeated"), "kind": "muted"},
]


class CallbackLog:
    """The live list of callbacks. ``shown`` is false while the part is off the page: then nothing is looked at again."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.shown = True
        self.found: list[ReceivedCallback] = []
        self.accounts: dict[str, str] = {}
        self._clock, self._turn = SystemClock(), asyncio.Lock()
        self._quiet, self._wanted = False, STEP
        self.messages, self.lost, self.detail = Messages(), Place(), Place()
        self.account = ChoiceField(N_("Account"), [("", said(N_("All")))])
        self.genuine = _choice(N_("Genuine"), {key: text for key, (text, _) in GENUINE.items()})
        self.kind = _choice(N_("What came"), KINDS)
        self.fields = (self.account, self.genuine, self.kind)
        filters = look.Row(list(self.fields))
        filters.add_class("wb-filters")
        self.list = RowList(N_("Callbacks"), columns=COLUMNS)
        self.older = look.button(N_("Show older"))
        self.pulse = Pulse(self.look)
        for field in self.fields:
            field.observe(lambda _: self._narrow(), "value")
        self.list.observe(lambda _: frame.start(self._open_selected(), self.messages), "selected")
        self.list.on_open(lambda id: frame.start(self.open(id, focus=True), self.messages))
        frame.click(self.older, self.show_older, self.messages)
        self.widget = look.stack(
            look.card(
                N_("Callbacks"),
                filters,
                self.messages.widget,
                self.lost.widget,
                self.list,
                look.buttons(self.older, align="start"),
                self.pulse,
                subtitle=N_(
                    "What providers called this workbench with: delivery reports, inbound texts, handshakes. New ones show by themselves."
                ),
            ),
            self.detail.widget,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<CallbackLog of {len(self.found)}>"

    def wanted(self, limit: int) -> CallbackFilter:
        """Return the filter as the service takes it."""
        return CallbackFilter.model_validate(
            {
                "account_id": self.account.value,
                "genuine": self.genuine.value,
                "kind": self.kind.value,
                "limit": limit,
            }
        )

    async def refresh(self) -> None:
        """Read the callbacks anew, and look again by itself from now on."""
        self.shown = True
        await self._read()
        self.pulse.again()

    async def look(self) -> float | None:
        """Read the callbacks anew as long as the part is shown; returns the seconds until the next look."""
        if not self.shown:
            return None
        try:
            await self._read()
        except WorkbenchError as error:
            text = N_("The list is from before, and is looked at again by itself:")
            self.lost.put(look.banner("warn", error.sentence, text))
            return CALM_S
        if self.lost.widget.children:
            self.lost.put()
        newest = self.found[0].at if self.found else None
        return LIVELY_S if newest and self._clock.now() - newest < timedelta(minutes=1) else CALM_S

    async def show_older(self) -> None:
        """Show more of the list."""
        self._wanted = min(self._wanted + STEP, 500)
        await self._read()

    async def open(self, id: str, focus: bool = False) -> None:
        """Show one callback whole, below the list."""
        callback = await self.frame.bench.callbacks.callback(id)
        self.place = f"callback={id}"
        self.frame.stand(self.place)
        self.detail.put(callback_card(callback, self.accounts, focus))

    async def go(self, place: str) -> None:
        """Open the callback, or show those of the account, that a link names."""
        kind, _, id = place.partition("=")
        if kind == "callback":
            await self.open(id)
            if any(one.id == id for one in self.found):
                self.list.selected = id
        elif kind == "account" and id in self.accounts:
            self.account.value = id

    async def _read(self) -> None:
        async with self._turn:  # never in parallel with itself: an older answer would come last
            wanted = self.wanted(self._wanted)
            found = list(await self.frame.bench.callbacks.callbacks(wanted))
            await self._name_accounts(found)
            if wanted != self.wanted(self._wanted):
                return  # the filter was changed meanwhile, and the answer to that one is under way
            if self.found and found and found[0].id != self.found[0].id:
                self.pulse.news = said(say("{count} callbacks, the newest just now", count=len(found)))
            self.found = found
            narrowed = any(field.value for field in self.fields)
            self.list.empty = (
                N_("Nothing fits this filter.")
                if narrowed
                else N_(
                    "No callback has come yet. Set up the callback addresses of an account, or play some with the studio below."
                )
            )
            rows = [callback_row(one, self.accounts) for one in found]
            if rows != self.list.rows:
                self.list.rows = rows
            visible(self.older, len(found) == self._wanted and self._wanted < 500)

    async def _name_accounts(self, found: list[ReceivedCallback]) -> None:
        """Read the accounts anew where a callback is of one not seen yet."""
        if self.accounts and all(one.account_id in self.accounts for one in found):
            return
        listed = await self.frame.bench.sms_accounts.list()
        named = {one.account.id: one.account.name for one in listed}
        named.update(
            {one.account_id: provider_name(one.provider) for one in found if one.account_id not in named}
        )
        if named != self.accounts:
            self.accounts = named
            self._quiet = True
            chosen = self.account.value
            self.account.options = [("", said(N_("All"))), *named.items()]
            self.account.value = chosen
            self._quiet = False

    def _narrow(self) -> None:
        if not self._quiet:
            self._wanted = STEP
            self.frame.start(self._read(), self.messages)

    async def _open_selected(self) -> None:
        if self.list.selected:
            await self.open(self.list.selected)


def callback_card(
    callback: ReceivedCallback, accounts: Mapping[str, str], focus: bool = False
) -> ipywidgets.Widget:
    """Return one callback: what it was, whether it was genuine, what it said in our words and in the provider's, and what it did."""
    provider = provider_name(callback.provider)
    title = say("A call of {provider}, {at} UTC", provider=provider, at=when(callback.at))
    text, kind = GENUINE[callback.genuine]
    parts: list[ipywidgets.Widget] = [
        Headline(title, focus=focus),
        look.banner(kind, callback.reason or meaning(callback), text),
        look.key_value_table(
            [
                (N_("Account"), accounts.get(callback.account_id) or callback.account_id),
                (N_("Address for"), said(ROUTES[callback.route])),
                (N_("Answered with"), str(callback.status or "?")),
                (N_("Repeated"), said(N_("The same call came again, and had no second effect.")) if callback.duplicate else ""),
            ]
        ),
    ]  # fmt: skip
    if callback.effects:
        parts.append(_effects(callback.effects))
    if callback.items:
        shown = callback.items[:MOST_ITEMS]
        headings = [N_("Part"), N_("Of whom"), N_("State"), N_("In the provider's words")]
        parts.append(table(headings, [item_row(item) for item in shown], caption=N_("What it said")))
        raw = [item.raw for item in shown if item.raw is not None]
        if raw:
            words = json.dumps(raw[0] if len(raw) == 1 else raw, ensure_ascii=False, indent=2)
            parts.append(
                Fold(N_("The provider's own words, numbers masked"), look.code_block(words, "JSON")).widget
            )
    return look.card("", *parts)


def _effects(effects: tuple[Sentence, ...]) -> ipywidgets.Widget:
    items = look.Html("").join(look.markup("<li>{text}</li>", text=said(one)) for one in effects[:MOST_ITEMS])
    return look.show(
        look.markup(
            '<p class="wb-caption">{title}</p><ul>{items}</ul>', title=said(N_("What it did")), items=items
        )
    )


def _choice(label: str, options: Mapping[str, Any]) -> ChoiceField:
    return ChoiceField(label, [("", said(N_("All"))), *((key, said(text)) for key, text in options.items())])
