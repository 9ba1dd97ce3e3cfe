"""RUNS MEND: the rows that were looked at, page by page; one of them opened, its cells changed in place and looked at again at once."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import ipywidgets

from workbench.models.base import JsonValue
from workbench.models.run import CheckedFilter, CheckedRow, CheckState, Mapped, ProblemCount, Run
from workbench.sentence import N_, say

from . import look
from .exchange import findings
from .fields import ChoiceField, TextField
from .fold import Place, visible
from .headline import Headline
from .language import number
from .messages import Messages
from .page import Frame
from .paged import Paged
from .piece import said
from .runs_words import CHECK_STATES, checked_cells, field_name
from .tables import RowList

__all__ = ["CheckedRows"]

STEP = 25
COLUMNS: list[Mapping[str, str]] = [
    {"key": "number", "label": N_("Row"), "kind": "number"},
    {"key": "state", "label": N_("State")},
    {"key": "recipient", "label": N_("Recipient"), "kind": "strong"},
    {"key": "field", "label": N_("Field")},
    {"key": "sentence", "label": N_("What was found")},
]
KINDS: list[Mapping[str, str]] = [
    {"key": "field", "label": N_("Field"), "kind": "strong"},
    {"key": "sentence", "label": N_("What was found")},
    {"key": "rows", "label": N_("Rows"), "kind": "number"},
    {"key": "first", "label": N_("First row"), "kind": "number"},
]


class CheckedRows(Paged):
    """The rows of a run that was looked through. ``on_changed`` is called when a row was mended or left out.

    ``aside`` names columns that are no cells to change, ``body_kind`` what a row becomes.
    """

    aside: frozenset[str] = frozenset()
    body_kind = "JSON"

    def __init__(self, frame: Frame, run: Run, on_changed: Callable[[], Awaitable[object]]) -> None:
        self.frame, self.run, self._on_changed = frame, run, on_changed
        self.found: list[CheckedRow] = []
        self.field = ""
        super().__init__(frame, Messages(), STEP, N_("Earlier rows"), N_("Later rows"))
        self.told, self.detail = Place(), Place()
        self.kinds = RowList(
            N_("What was found, and in how many rows"),
            columns=KINDS,
            empty=N_("Nothing is wrong with any row."),
        )
        options = [(state, said(text)) for state, (text, _) in CHECK_STATES.items()]
        self.which = ChoiceField(N_("Which rows"), options, value="bad", style="segmented")
        self.list = RowList(N_("Rows"), columns=COLUMNS, empty=N_("No row is in this state."))
        self.all = look.button(N_("Leave these rows out"))
        self.count = look.show("", "wb-count")
        self.kinds.observe(lambda _: frame.start(self._narrow(), self.messages), "selected")
        self.which.observe(lambda _: frame.start(self.first(), self.messages), "value")
        self.list.observe(lambda _: frame.start(self.choose(self.list.selected), self.messages), "selected")
        frame.click(self.all, self.leave_all_out, self.messages)
        bulk = [self.all] if frame.may("operator") else []
        self.widget = look.stack(
            self.kinds, self.which, self.messages.widget, self.told.widget, self.list,
            look.buttons(self.count, self.earlier, self.later, *bulk, align="start"), self.detail.widget,
        )  # fmt: skip

    async def show(self, run: Run) -> None:
        """Show a run's rows as they stand now, on the page that is open."""
        self.run = run
        self.kinds.rows = [
            _kind(at, one) for at, one in enumerate(run.preflight.problems if run.preflight else ())
        ]
        await self.read()

    @property
    def _last(self) -> int:
        return self.found[-1].number

    async def read(self) -> None:
        """Read this page anew."""
        wanted = self._wanted()
        found = list(await self.frame.bench.runs.rows(self.run.id, wanted))
        if wanted != self._wanted():
            return  # another choice was made meanwhile, and its answer is under way
        self.found = found[:STEP]
        self.list.rows = [self._cells(row) for row in self.found]
        self._turned(len(found))
        visible(self.all, bool(self.found) and self.which.value == "bad" and self.run.state == "checked")
        shown = say("Rows on this page: {count}", count=number(len(self.found)))
        self.count.value = look.escape(said(shown)) if self.found else ""
        if not any(str(row.number) == self.list.selected for row in self.found):
            self.list.selected = ""
            self.detail.put()

    async def choose(self, id: str) -> None:
        """Open one row below the list."""
        row = next((row for row in self.found if str(row.number) == id), None)
        if row is not None:
            self.told.put()
        self.detail.put(*([RowForm(self, row).widget] if row else []))

    async def leave_all_out(self) -> None:
        """Leave the rows of this page out."""
        await self.frame.bench.runs.leave_out(self.run.id, [row.number for row in self.found])
        await self._on_changed()

    async def changed(self, row: CheckedRow) -> None:
        """Show a row as it is now, and everything that depends on it."""
        text, kind = CHECK_STATES[row.state]
        self.detail.put()
        await self._on_changed()
        self.told.put(look.banner(kind, say("Row {row}: {state}.", row=row.number, state=said(text))))
        if row.state == "bad":
            self.detail.put(RowForm(self, row).widget)

    def _cells(self, row: CheckedRow) -> dict[str, Any]:
        """Return a row as a row of the list."""
        return checked_cells(row)

    def told_of(self, row: CheckedRow) -> Sequence[ipywidgets.Widget]:
        """Return what stands above a row's cells beside its problems."""
        return ()

    def _wanted(self) -> CheckedFilter:
        state: CheckState = self.which.value  # type: ignore[assignment]  # one of the options
        field = "" if state == "ready" else self.field
        return CheckedFilter(states=(state,), field=field, after=self._behind, limit=STEP + 1)

    async def _narrow(self) -> None:
        """Show the rows that have the problem which is chosen."""
        problems = self.run.preflight.problems if self.run.preflight else ()
        chosen = self.kinds.selected
        one = problems[int(chosen)] if chosen.isdigit() and int(chosen) < len(problems) else None
        self.field = one.field if one else ""
        if one is not None:
            self.which.value = _state_of(one)
        await self.first()


class RowForm:
    """One row: its cells to be changed, what was found of it, and what would go out."""

    def __init__(self, rows: CheckedRows, row: CheckedRow) -> None:
        self.rows, self.row, self.frame = rows, row, rows.frame
        self.messages = Messages()
        open_ = rows.run.state == "checked" and self.frame.may("operator")
        by_column = _by_column(rows.run.plan.mapping)
        self.cells = {
            name: TextField(name, value=_text(value), monospace=True, disabled=not open_)
            for name, value in row.cells.items()
            if name not in rows.aside
        }
        others = []
        for problem in row.problems:
            field = self.cells.get(by_column.get(problem.field.partition("[")[0], problem.field))
            if field is not None and not field.error and problem.blocks:
                field.error = problem.sentence
            else:
                others.append(problem)
        parts: list[ipywidgets.Widget] = [
            Headline(say("Row {number}", number=row.number), row.recipient, level=3), *rows.told_of(row),
            *findings(others), *self.cells.values(), self.messages.widget,
        ]  # fmt: skip
        if open_:
            parts.append(look.buttons(*self._ways(), align="start"))
        if row.body:
            parts.append(look.code_block(row.body, rows.body_kind))
        if not row.cells:
            parts.append(look.show(N_("Cells are shown to operators alone."), "wb-hint"))
        self.widget = look.stack(*parts)
        self.widget.add_class("wb-panel")

    async def save(self) -> None:
        """Change the cells and look at the row again."""
        changed = {
            name: _value(field.value, self.row.cells[name])
            for name, field in self.cells.items()
            if field.value != _text(self.row.cells[name])
        }
        if not changed:
            self.messages.show("info", N_("No cell was changed."))
            return
        await self.rows.changed(await self.frame.bench.runs.fix(self.rows.run.id, self.row.number, changed))

    async def as_it_came(self) -> None:
        """Take every change of the row back."""
        await self.rows.changed(await self.frame.bench.runs.fix(self.rows.run.id, self.row.number, {}))

    async def leave_out(self, out: bool) -> None:
        """Leave the row out, or let it in again."""
        await self.frame.bench.runs.leave_out(self.rows.run.id, [self.row.number], out)
        self.rows.detail.put()
        await self.rows._on_changed()

    def _ways(self) -> list[ipywidgets.Widget]:
        save = look.button(N_("Save and look again"), "primary")
        self.frame.click(save, self.save, self.messages)
        by_hand = any(problem.field == "left_out" for problem in self.row.problems)
        aside = look.button(N_("Let it in again") if by_hand else N_("Leave this row out"))
        self.frame.click(aside, lambda: self.leave_out(not by_hand), self.messages)
        if not self.row.fixed:
            return [save, aside]
        back = look.button(N_("As it came"), "quiet")
        self.frame.click(back, self.as_it_came, self.messages)
        return [save, aside, back]


def _kind(at: int, one: ProblemCount) -> dict[str, object]:
    return {
        "id": str(at), "field": said(field_name(one.field)), "sentence": one.sentence,
        "rows": number(one.rows) if one.rows else "", "first": number(one.first) if one.first else "",
    }  # fmt: skip


def _state_of(one: ProblemCount) -> CheckState:
    if one.field in ("consent", "guard", "left_out"):
        return "left_out"
    return "bad" if one.level == "error" else "ready"


def _by_column(mapping: Sequence[Mapped]) -> dict[str, str]:
    """Return the column of each field that a problem may name; the contact is what a payload's mapping begins with."""
    columns = {one.target.partition("[")[0]: one.column for one in mapping if one.column}
    return {"identifier": next(iter(columns.values()), ""), **columns}


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _value(text: str, before: JsonValue) -> JsonValue:
    """Return a cell as its table holds it: a text in a CSV; elsewhere a number stays a number where it can be read as one."""
    if isinstance(before, str) or before is None:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
