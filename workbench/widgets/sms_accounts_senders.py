"""SENDERS: the numbers and sender ids of an account: a list, a form for one, and a question before one goes that is in use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, cast

import ipywidgets

from workbench.engine.senders import TYPE_NAMES
from workbench.errors import Refused
from workbench.models.base import Problem
from workbench.models.message import SENDER_TYPES, SenderType
from workbench.models.sms_account import Sender, SenderUse
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import ChoiceField, TextField
from .fold import Place, visible
from .form import Inputs, Plain
from .headline import Headline
from .messages import Messages
from .piece import said
from .sms_accounts_words import SENDER_NOTES, sender_row, warnings
from .tables import RowList, table

__all__ = ["SenderList", "uses_table"]

Keep = Callable[[int, Sender, bool], Awaitable[Sequence[Problem]]]
"""Keeps a sender at a place of the list (its length: a new one) and returns what is wrong; what blocks is not kept.

The last says that the person was asked; Refused is raised where one has to be, since the sender is in use.
"""
Drop = Callable[[int], Awaitable[object]]
Uses = Callable[[Sender], Awaitable[Sequence[SenderUse]]]

COLUMNS: Final[Sequence[Mapping[str, str]]] = (
    {"key": "value", "label": N_("Number or sender id"), "kind": "strong"},
    {"key": "name", "label": N_("Friendly name")},
    {"key": "type", "label": N_("Type")},
    {"key": "unit", "label": N_("Business unit"), "kind": "muted"},
)
USES: Final[Mapping[str, str]] = {
    "integration": N_("Integration"),
    "job": N_("Job"),
    "delivery": N_("Messages sent"),
    "keyword": N_("Keyword"),
}


async def _no_uses(_sender: Sender) -> Sequence[SenderUse]:
    """Know of no use: the account is not saved yet."""
    return ()


class SenderForm:
    """The fields of one sender. What is wrong is shown beside them by ``show``."""

    def __init__(self, sender: Sender | None, types: Sequence[SenderType]) -> None:
        self._was = sender or Sender(type=types[0])
        shown = [*types, *([self._was.type] if self._was.type not in types else [])]
        self.type = ChoiceField(
            N_("Type"),
            [(one, Sentence(TYPE_NAMES[one])) for one in shown],
            value=self._was.type,
            required=True,
            hint=N_("Which types there are depends on the provider."),
        )
        self.value = TextField(N_("Number or sender id"), value=self._was.value, required=True)
        self.name = TextField(
            N_("Friendly name"),
            value=self._was.name,
            placeholder=N_("Shop, Sweden"),
            hint=N_("To tell it from the others. Recipients never see it."),
        )
        self.unit = TextField(
            N_("Business unit"),
            value=self._was.business_unit,
            placeholder=N_("Europe/Sweden"),
            hint=N_("The account's own, or one below it. Empty: the account's."),
        )
        self.region = TextField(
            N_("Country"), value=self._was.region, placeholder="SE",
            hint=N_("The country that gave out the short code, in two letters. It seldom works beyond it."),
        )  # fmt: skip
        self.inputs = Inputs({
            "type": Plain(self.type), "value": Plain(self.value), "name": Plain(self.name), "business_unit": Plain(self.unit),
            "region": Plain(self.region),
        })  # fmt: skip
        self.type.observe(lambda _: self._explain(), "value")
        self._explain()
        self.asked = Place()
        self.widget = look.stack(
            look.columns(self.type, self.value, weights=(1, 1)), self.region, look.columns(self.name, self.unit, weights=(1, 1)),
            self.asked.widget,
        )  # fmt: skip

    def sender(self) -> Sender:
        """Return the sender as it is typed."""
        return self._was.model_copy(update={
            "type": self.type.value, "value": self.value.value.strip(), "name": self.name.value.strip(),
            "business_unit": self.unit.value.strip(),
            "region": self.region.value.strip().upper() if self.type.value == "short_code" else "",
        })  # fmt: skip

    def show(self, problems: Sequence[Problem]) -> list[Problem]:
        """Show each error beside its field, wherever in the account the sender stands; return the others."""
        named = [one.model_copy(update={"field": one.field.rpartition(".")[2]}) for one in problems]
        return self.inputs.show(named)

    def _explain(self) -> None:
        self.value.hint = SENDER_NOTES[cast(SenderType, self.type.value)]
        visible(self.region, self.type.value == "short_code")


class SenderList:
    """The senders in a list, with what may be done with them. ``types`` are those that the provider takes."""

    def __init__(
        self,
        around: Around,
        keep: Keep,
        drop: Drop,
        types: Sequence[SenderType] = SENDER_TYPES,
        uses: Uses = _no_uses,
        allowed: bool = True,
    ) -> None:
        self.around, self.types, self.allowed = around, tuple(types) or SENDER_TYPES, allowed
        self._keep, self._drop, self._uses = keep, drop, uses
        self.senders: Sequence[Sender] = ()
        self.form: SenderForm | None = None
        self.at = 0
        self.messages, self.panel, self.noted = Messages(), Place(), Place()
        self.list = RowList(N_("Senders"), columns=COLUMNS)
        self.empty = look.show(
            look.markup(
                '<p class="wb-empty">{text}</p>',
                text=said(N_("No sender yet. Add the numbers or sender ids that the provider gave you.")),
            )
        )
        self.add_button = look.button(N_("Add a sender"))
        self.change_button = look.button(N_("Change sender"))
        self.delete_button = look.button(N_("Delete sender"), "danger")
        around.click(self.add_button, self.add, self.messages)
        around.click(self.change_button, self.change, self.messages)
        around.click(self.delete_button, self.ask_delete, self.messages)
        self.list.observe(lambda _: self._offer(), "selected")
        self.list.on_open(lambda _: around.start(self.change(), self.messages))
        self.levers = look.buttons(self.add_button, self.change_button, self.delete_button, align="start")
        self.widget = look.stack(
            self.list, self.empty, self.levers, self.messages.widget, self.noted.widget, self.panel.widget
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<SenderList of {len(self.senders)}>"

    def put(self, senders: Sequence[Sender]) -> None:
        """Show these senders."""
        self.senders = tuple(senders)
        self.list.rows = [sender_row(number, sender) for number, sender in enumerate(self.senders)]
        if not self.list.selected.isdigit() or int(self.list.selected) >= len(self.senders):
            self.list.selected = ""
        visible(self.list, bool(self.senders))
        visible(self.empty, not self.senders)
        self._offer()

    async def add(self) -> None:
        """Ask for a new sender."""
        self._ask(len(self.senders), None, N_("New sender"))

    async def change(self) -> None:
        """Ask how the chosen sender changes."""
        if self.allowed and self.list.selected:
            number = int(self.list.selected)
            self._ask(
                number, self.senders[number], say("Change “{sender}”", sender=self.senders[number].value)
            )

    async def ask_delete(self) -> None:
        """Delete the chosen sender; where it is in use, list the uses and ask first (R-SMS-10)."""
        number = int(self.list.selected)
        sender = self.senders[number]
        uses = await self._uses(sender)
        if not uses:
            await self._dropped(number, sender)
            return
        go, stay = look.button(N_("Delete it all the same"), "danger"), look.button(N_("Keep it"))
        self.around.click(go, lambda: self._dropped(number, sender), self.messages)
        stay.on_click(lambda _: self.panel.put())
        text = N_(
            "It is in use. What was sent stays in the history; replies to it are no longer understood as replies to a sender of yours."
        )
        self._panel(
            Headline(say("Delete “{sender}”?", sender=sender.value), level=3),
            look.banner("warn", text),
            uses_table(uses),
            look.buttons(stay, go, align="start"),
        )

    async def _dropped(self, number: int, sender: Sender) -> None:
        self.panel.put()
        self.list.selected = ""
        await self._drop(number)
        self.messages.show("ok", say("“{sender}” is deleted.", sender=sender.value))

    def half(self) -> tuple[int, Sender] | None:
        """Return what is typed of a sender and not in the list yet, with its place in it."""
        return (self.at, self.form.sender()) if self.form is not None and self.form.value.value else None

    def reopen(self, half: tuple[int, Sender]) -> None:
        """Ask again for what was half typed."""
        number, sender = half
        new = number >= len(self.senders)
        title = N_("New sender") if new else say("Change “{sender}”", sender=self.senders[number].value)
        self._ask(len(self.senders) if new else number, sender, title)

    async def settled(self) -> bool:
        """Take what is typed into the list; return False where something is wrong with it, said beside its field."""
        if self.form is not None and self.half() is None:
            self._closed()
        if self.form is not None:
            await self._take(self.at, self.form)
        return self.form is None

    def _ask(self, number: int, sender: Sender | None, title: str | Sentence) -> None:
        form, self.at = SenderForm(sender, self.types), number
        self.form = form
        ok = look.button(N_("Add it") if number == len(self.senders) else N_("Take the change"), "primary")
        leave = look.button(N_("Cancel"), "quiet")
        self.around.click(ok, lambda: self._take(number, form), self.messages)
        form.value.on_submit(lambda: self.around.start(self._take(number, form), self.messages))
        leave.on_click(lambda _: self._closed())
        self.messages.clear()
        self._panel(Headline(title, level=3), form.widget, look.buttons(ok, leave, align="start"))

    async def _take(self, number: int, form: SenderForm, confirmed: bool = False) -> None:
        """Keep what the form holds, or say beside its fields what is wrong; what is in use is asked for (R-SMS-10)."""
        try:
            problems = await self._keep(number, form.sender(), confirmed)
        except Refused as error:
            if confirmed:
                raise
            sure = look.button(N_("Change it all the same"), "danger")
            self.around.click(sure, lambda: self._take(number, form, confirmed=True), self.messages)
            form.asked.put(look.banner("warn", error.sentence), look.buttons(sure, align="start"))
            return
        left = form.show(problems)
        if any(problem.blocks for problem in problems):
            others = [one for one in left if one.blocks]
            if others:
                self.messages.show("error", others[0].sentence)
            return
        self._closed()
        self.noted.put(*warnings(problems))

    def _closed(self) -> None:
        self.form = None
        self.panel.put()

    def _panel(self, *children: look.Stack | Headline | look.Row) -> None:
        panel = look.stack(*children)
        panel.add_class("wb-panel")
        self.panel.put(panel)

    def _offer(self) -> None:
        visible(self.levers, self.allowed)
        for button in (self.change_button, self.delete_button):
            visible(button, bool(self.list.selected))


def uses_table(uses: Sequence[SenderUse]) -> ipywidgets.HTML:
    """Return what uses a sender, keyword or account, as a table."""
    rows = [[said(USES.get(one.what, one.what)), one.name, one.count] for one in uses]
    return table([N_("What"), N_("Name"), N_("How many")], rows, N_("Where it is in use"), numeric=(2,))
