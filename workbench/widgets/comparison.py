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
        swap, close = look.button(N_("Swap A and B")), look.button(N_("Close the comparison"), "quiet")
        self.frame.click(swap, self.swap, self.messages)
        self.frame.click(close, self.forget, self.messages)
        sides = look.key_value_table([("A", _line(self.chosen.get("a"))), ("B", _line(self.chosen.get("b")))])
        found = []
        if len(self.chosen) == 2:
            result = await self.frame.bench.activity.compare(self.chosen["a"].id, self.chosen["b"].id)
            found = [_table(N_("Request"), result.request), _table(N_("Reply"), result.reply)]
        card = look.card(
            "",
            Headline(N_("Compare two exchanges")),
            sides,
            self.messages.widget,
            *found,
            look.buttons(swap, close, align="start"),
        )
        self.place.put(card)


def _line(entry: Entry | None) -> Sentence:
    if entry is None:
        return say("Choose an exchange in the list above.")
    return say("{name}, {at}", name=entry.integration_name or entry.provider or "", at=when(entry.at))


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
