"""COMPARISON: two exchanges of the journal side by side: what differs, place by place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal

import ipywidgets

from workbench.engine.diff import Difference
from workbench.models.base import JsonValue
from workbench.models.journal import Entry
from workbench.sentence import N_, Sentence, say

from . import look
from .exchange import OUTCOMES
from .fold import Place
from .headline import Headline
from .language import when
from .messages import Messages
from .page import Frame
from .piece import said
from .tables import table

CHANGES: Mapping[str, tuple[str, look.Kind]] = {
    "changed": (N_("changed"), "warn"),
    "added": (N_("only in B"), "info"),
    "removed": (N_("only in A"), "info"),
}


class Compared:
    """The card with A and B; it appears when the first of them is chosen, and compares when both are."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.chosen: dict[str, Entry] = {}
        self.messages = Messages()
        self.place = Place()

    async def choose(self, side: Literal["a", "b"], entry: Entry) -> None:
        """Take an entry as A or B."""
        self.chosen[side] = entry
        await self._show()

    async def swap(self) -> None:
        """Let A and B change places."""
        self.chosen = {{"a": "b", "b": "a"}[side]: entry for side, entry in self.chosen.items()}
        await self._show()

    async def forget(self) -> None:
        """Put the comparison away."""
        self.chosen = {}
        self.place.put()

    async def _show(self) -> None:
        close = look.button(N_("Close the comparison"), "quiet")
        self.frame.click(close, self.forget, self.messages)
        parts: list[ipywidgets.Widget] = [
            Headline(N_("Compare two exchanges"), focus=len(self.chosen) == 2),
            look.key_value_table([("A", _line(self.chosen.get("a"))), ("B", _line(self.chosen.get("b")))]),
        ]
        buttons = [close]
        if len(self.chosen) == 2:
            result = await self.frame.bench.activity.compare(self.chosen["a"].id, self.chosen["b"].id)
            parts += [_table(N_("Request"), result.request), _table(N_("Reply"), result.reply)]
            buttons.insert(0, look.button(N_("Swap A and B")))
            self.frame.click(buttons[0], self.swap, self.messages)
        self.place.put(look.card("", *parts, look.buttons(*buttons, align="start")))


def _line(entry: Entry | None) -> Sentence:
    if entry is None:
        return say("Choose an exchange in the list above, and take it below as the other one.")
    name, at = entry.integration_name or entry.provider or "", when(entry.at)
    if entry.outcome is None:
        return say("{name}, {at} UTC", name=name, at=at)
    return say("{name}, {at} UTC: {outcome}", name=name, at=at, outcome=said(OUTCOMES[entry.outcome.kind][0]))


def _table(title: str, found: Sequence[Difference]) -> ipywidgets.Widget:
    rows = [
        (
            look.markup("<code>{path}</code>", path=item.path),
            look.badge(*CHANGES[item.kind]),
            _value(item.before, item.kind != "added"),
            _value(item.after, item.kind != "removed"),
        )
        for item in found
    ]
    columns = (N_("Place"), N_("Difference"), "A", "B")
    return table(columns, rows, caption=title, empty=say("{title}: no difference.", title=said(title)))


def _value(value: JsonValue, there: bool) -> look.Html | None:
    if not there:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return look.markup('<span class="wb-value">{text}</span>', text=text)
