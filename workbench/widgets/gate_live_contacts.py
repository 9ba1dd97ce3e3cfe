"""HOLD CONTACTS: the contacts of a hold, page by page: what was decided of each and why; an operator may decide otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import ipywidgets

from workbench.models.hold import Decided, DecidedFilter, Hold
from workbench.models.rules import Verdict
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import ChoiceField, TextField
from .fold import Place
from .headline import Headline
from .messages import Messages
from .paged import Paged
from .piece import said
from .tables import RowList

__all__ = ["CHANGEABLE", "HoldContacts"]

STEP = 50
CHANGEABLE = frozenset({"ready", "held_back"})
"""States of holds whose contacts a person may decide otherwise: nothing is on its way."""

COLUMNS: Sequence[Mapping[str, str]] = (
    {"key": "number", "label": N_("Row"), "kind": "number"},
    {"key": "contact", "label": N_("Contact"), "kind": "strong"},
    {"key": "verdict", "label": N_("Verdict")},
    {"key": "reason", "label": N_("Reason")},
    {"key": "rule", "label": N_("Rule"), "kind": "muted"},
    {"key": "code", "label": N_("Code")},
    {"key": "hand", "label": N_("By hand"), "kind": "muted"},
)


class HoldContacts(Paged):
    """The contacts of one hold. ``changed`` is called after a person decided otherwise."""

    def __init__(self, around: Around, hold: Hold, changed: Callable[[], Awaitable[object]]) -> None:
        self.around, self.hold, self._changed = around, hold, changed
        self.found: list[Decided] = []
        super().__init__(around, Messages(), STEP, N_("Earlier contacts"), N_("Later contacts"))
        self.which = ChoiceField(
            N_("Which contacts"),
            [
                (key, said(text))
                for key, text in (
                    ("", N_("all")),
                    ("accept", N_("accepted")),
                    ("reject", N_("rejected")),
                    ("bad", N_("not readable")),
                )
            ],
            style="segmented",
        )
        self.rule = TextField(
            N_("Decided by the rule"), placeholder="no-consent", hint=N_("Its whole name. Empty: any.")
        )
        self.list = RowList(
            N_("Contacts of the sendout"), columns=COLUMNS, empty=N_("No contact is decided so.")
        )
        self.count, self.detail = look.show("", "wb-count"), Place()
        for one in (self.which, self.rule):
            one.observe(lambda _: around.start(self.first(), self.messages), "value")
        self.list.observe(lambda _: self.choose(self.list.selected), "selected")
        self.list.on_open(lambda id: self.choose(id, focus=True))
        self.widget = look.stack(
            look.columns(self.which, self.rule), self.messages.widget, self.list,
            look.buttons(self.count, self.earlier, self.later, align="start"), self.detail.widget,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<HoldContacts {len(self.found)}>"

    def show(self, hold: Hold) -> None:
        """Know how the hold stands: what may be done with a contact depends on it."""
        moved = hold.state != self.hold.state
        self.hold = hold
        if moved and self.list.selected:
            self.choose(self.list.selected)

    @property
    def _last(self) -> int:
        return self.found[-1].number

    async def read(self) -> None:
        """Read this page anew."""
        wanted = self._wanted()
        came = list(await self.around.bench.holds.decided(self.hold.id, wanted))
        if wanted != self._wanted():
            return  # another choice was made meanwhile, and its answer is under way
        self.found = came[:STEP]  # one more than a page was asked for: it says whether there is a next one
        self.list.rows = [_cells(one) for one in self.found]
        if not any(str(one.number) == self.list.selected for one in self.found):
            self.choose("")
        self._turned(len(came))
        shown = say("Contacts {first} to {last}", first=self._at + 1, last=self._at + len(self.found))
        self.count.value = look.escape(said(shown)) if self.found else ""

    def choose(self, id: str, focus: bool = False) -> None:
        """Show one contact whole, below the list."""
        if self.list.selected != id:
            self.list.selected = id
        one = next((one for one in self.found if str(one.number) == id), None)
        self.detail.put(*(self._whole(one, focus) if one else ()))

    def _whole(self, one: Decided, focus: bool) -> Sequence[ipywidgets.Widget]:
        facts = [
            (N_("Contact"), one.contact), (N_("Verdict"), said(_verdict(one)[0])), (N_("Reason"), said(_reason(one))),
            (N_("Rule"), one.rule), (N_("Decided by hand by"), one.by_hand),
        ]  # fmt: skip
        shown = [fact for fact in facts if fact[1]]
        ways = []
        if one.verdict and self.around.may("operator") and self.hold.state in CHANGEABLE:
            other: Verdict = "reject" if one.verdict == "accept" else "accept"
            text = N_("Reject this contact") if other == "reject" else N_("Accept this contact")
            go = look.button(text, "danger" if other == "accept" else "secondary")
            self.around.click(go, lambda: self._ask(one, other), self.messages)
            ways = [look.buttons(go, align="start")]
        return (
            Headline(say("Row {number}", number=one.number), level=4, focus=focus),
            look.key_value_table(shown),
            *ways,
        )

    async def _ask(self, one: Decided, verdict: Verdict) -> None:
        """Say what the change means, and ask."""
        text = (
            say(
                "{contact} is sent to when the sendout is released, although the rules rejected it.",
                contact=one.contact,
            )
            if verdict == "accept"
            else say(
                "{contact} is not sent to: its reject goes out before the sendout is released.",
                contact=one.contact,
            )
        )
        sure = (
            say("Accept {contact}", contact=one.contact)
            if verdict == "accept"
            else say("Reject {contact}", contact=one.contact)
        )
        go, stay = look.button(sure, "danger"), look.button(N_("Leave it"))
        self.around.click(go, lambda: self._decide(one, verdict), self.messages)
        stay.on_click(lambda _: self.choose(str(one.number)))
        panel = look.stack(
            Headline(N_("Decide by hand?"), level=4),
            look.banner("warn", text),
            look.buttons(stay, go, align="start"),
        )
        panel.add_class("wb-panel")
        self.detail.put(panel)

    async def _decide(self, one: Decided, verdict: Verdict) -> None:
        await self.around.bench.holds.decide(self.hold.id, [one.number], verdict)
        await self._changed()
        await self.read()
        self.choose(str(one.number), focus=True)

    def _wanted(self) -> DecidedFilter:
        chosen = self.which.value
        after = self._behind
        return DecidedFilter.model_validate({
            "verdict": chosen if chosen in ("accept", "reject") else None, "bad": chosen == "bad", "rule": self.rule.value.strip(),
            "after": after, "limit": STEP + 1,
        })  # fmt: skip


def _cells(one: Decided) -> dict[str, Any]:
    text, kind = _verdict(one)
    return {
        "id": str(one.number),
        "number": one.number,
        "contact": one.contact,
        "verdict": {"text": said(text), "kind": kind},
        "reason": said(_reason(one)),
        "rule": one.rule,
        "code": said(N_("yes")) if one.code else "",
        "hand": one.by_hand,
    }


def _verdict(one: Decided) -> tuple[str, str]:
    if one.verdict is None:
        return N_("not readable"), "warn"
    return (N_("accepted"), "ok") if one.verdict == "accept" else (N_("rejected"), "error")


def _reason(one: Decided) -> Sentence | str:
    return one.sentence or one.reason or ("" if one.rule else N_("no rule fitted"))
