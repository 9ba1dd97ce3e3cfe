"""ROWS: the rows of a job, page by page: which they are, whom they were for, what was said of them, and the way to their exchange."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import ipywidgets

from workbench.engine.standing import ROW_NAMES
from workbench.models.work import Row, RowFilter, RowState
from workbench.sentence import N_, say

from . import look
from .around import Around
from .bar import PageLinks
from .fields import ChoiceField
from .fold import Place
from .headline import Headline
from .language import when
from .messages import Messages
from .paged import Paged
from .piece import said
from .standing import row_badge
from .tables import RowList

__all__ = ["NOT_TAKEN", "JobRows"]

STEP = 50
"""How many rows a page shows."""
NOT_TAKEN: tuple[RowState, ...] = ("failed", "uncertain", "invalid")
"""The states of rows that came to their end without the provider's word that it took them."""

COLUMNS: list[Mapping[str, str]] = [
    {"key": "number", "label": N_("Row"), "kind": "number"},
    {"key": "state", "label": N_("State")},
    {"key": "recipient", "label": N_("Recipient"), "kind": "strong"},
    {"key": "sentence", "label": N_("What was said")},
    {"key": "attempts", "label": N_("Attempts"), "kind": "number"},
]


class JobRows(Paged):
    """The rows of one job in a card. ``on_closed`` is called when the person is done with them."""

    def __init__(
        self,
        around: Around,
        job_id: str,
        on_closed: Callable[[], Awaitable[object]],
        states: tuple[RowState, ...] = NOT_TAKEN,
    ) -> None:
        self.around, self._job_id = around, job_id
        self.rows: list[Row] = []
        super().__init__(around, Messages(), STEP, N_("Earlier rows"), N_("Later rows"))
        self.which = ChoiceField(
            N_("Which rows"),
            [("not_taken", say("Not taken: failed, uncertain and invalid")), ("", say("All rows"))]
            + [(state, said(text)) for state, text in ROW_NAMES.items()],
            value="not_taken" if states == NOT_TAKEN else "",
        )
        self.list = RowList(N_("Rows of the job"), columns=COLUMNS, empty=N_("No row is in this state."))
        again, close = look.button(N_("Look again"), "quiet"), look.button(N_("Close the rows"), "quiet")
        self.count = look.show("", "wb-count")
        self.detail = Place()
        self.which.observe(lambda _: around.start(self.first(), self.messages), "value")
        self.list.observe(lambda _: self.choose(self.list.selected), "selected")
        self.list.on_open(lambda id: self.choose(id, focus=True))
        around.click(again, self.read, self.messages)
        around.click(close, on_closed, self.messages)
        self.widget = look.stack(
            Headline(N_("Rows")),
            self.which,
            self.messages.widget,
            self.list,
            look.buttons(self.count, self.earlier, self.later, again, close, align="start"),
            self.detail.widget,
        )
        self.widget.add_class("wb-panel")

    @property
    def _last(self) -> int:
        return self.rows[-1].number

    async def read(self) -> None:
        """Read this page anew."""
        wanted = self._wanted()
        found = await self.around.bench.work.rows(self._job_id, wanted)
        if wanted != self._wanted():
            return  # another choice was made meanwhile, and its answer is under way
        # One more than a page was asked for: it says whether there is a next one.
        self.rows = found[:STEP]
        self.list.rows = [_cells(row) for row in self.rows]
        self.choose(
            self.list.selected if any(str(row.number) == self.list.selected for row in self.rows) else ""
        )
        self._turned(len(found))
        shown = say("Rows {first} to {last}", first=self._at + 1, last=self._at + len(self.rows))
        self.count.value = look.escape(said(shown)) if self.rows else ""

    def choose(self, id: str, focus: bool = False) -> None:
        """Show one row whole, below the list."""
        if self.list.selected != id:
            self.list.selected = id
        row = next((row for row in self.rows if str(row.number) == id), None)
        self.detail.put(*(_whole(row, focus) if row else ()))

    def _wanted(self) -> RowFilter:
        chosen = self.which.value
        states = NOT_TAKEN if chosen == "not_taken" else (chosen,) if chosen else ()
        return RowFilter.model_validate({"states": states, "after": self._behind, "limit": STEP + 1})


def _cells(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.number),
        "number": row.number,
        "state": row_badge(row.state),
        "recipient": row.recipient,
        "sentence": row.sentence,
        "attempts": row.attempts,
    }


def _whole(row: Row, focus: bool) -> tuple[ipywidgets.Widget, ...]:
    link = {
        "page": "activity",
        "place": f"entry={row.entry_id}",
        "label": said(N_("See the exchange in the activity")),
        "code": "await activity_page(bench)",
    }
    facts = [
        (N_("State"), said(ROW_NAMES[row.state])),
        (N_("Recipient"), row.recipient),
        (N_("What was said"), row.sentence),
        (N_("Attempts"), str(row.attempts)),
        (N_("Last change (UTC)"), when(row.changed_at)),
        (N_("Due again (UTC)"), when(row.due_at) if row.due_at else None),
        (N_("Id under which it is sent"), row.key),
    ]
    shown = [fact for fact in facts if fact[1] is not None]
    more = [PageLinks([link], label=said(N_("More")))] if row.entry_id else []
    return (
        Headline(say("Row {number}", number=row.number), level=3, focus=focus),
        look.key_value_table(shown),
        *more,
    )
