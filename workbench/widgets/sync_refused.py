"""SYNC REFUSED: what the platform refused, each line of its report beside the row that it is about, and the ways to mend it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import ipywidgets

from workbench.models.base import JsonValue
from workbench.models.run import Mapped, Run
from workbench.models.sync import ImportReport, RefusedRow
from workbench.sentence import N_, Sentence, say

from . import look
from .download import Download
from .fold import Place, visible
from .headline import Headline
from .language import number
from .messages import Messages
from .page import Frame
from .paged import Paged
from .piece import said
from .tables import RowList

__all__ = ["RefusedRows"]

STEP: Final = 25
COLUMNS: list[Mapping[str, str]] = [
    {"key": "row", "label": N_("Row"), "kind": "number"},
    {"key": "recipient", "label": N_("Record"), "kind": "strong"},
    {"key": "field", "label": N_("Field"), "kind": "code"},
    {"key": "message", "label": N_("What the platform said")},
    {"key": "line", "label": N_("Line of its file"), "kind": "number"},
]


class RefusedRows(Paged):
    """The refused rows of an import, page by page. ``mend`` begins a new run over them."""

    def __init__(self, frame: Frame, run: Run, mend: Callable[[], Awaitable[object]]) -> None:
        self.frame, self.run = frame, run
        self.found: list[RefusedRow] = []
        super().__init__(frame, Messages(), STEP, N_("Earlier rows"), N_("Later rows"))
        self.told, self.detail = Place(), Place()
        self.list = RowList(N_("Refused rows"), columns=COLUMNS, empty=N_("The platform refused no row."))
        self.list.observe(lambda _: self.choose(self.list.selected), "selected")
        self.count = look.show("", "wb-count")
        begin = look.button(N_("Mend and import again"), "primary")
        frame.click(begin, mend, self.messages)
        self.ways = look.buttons(begin, *self._files(), align="start")
        visible(self.ways, frame.may("operator"))
        self.widget = look.card(
            N_("Refused rows"), self.told.widget, self.list, look.buttons(self.count, self.earlier, self.later, align="start"),
            self.detail.widget, self.ways, self.messages.widget,
            subtitle=N_("The platform's error report, joined with the rows of your table. Mend them here, or as a file."),
        )  # fmt: skip

    @property
    def _last(self) -> int:
        return self._behind + len(self.found)

    async def show(self, report: ImportReport) -> None:
        """Show the rows that were refused by now; nothing of it where none was."""
        visible(self.widget, bool(report.errors))
        if not report.errors:
            return
        told = _told(report)
        self.told.put(*([look.banner("warn", told)] if told else []))
        await self.read()

    async def read(self) -> None:
        """Read this page anew."""
        found = list(await self.frame.bench.sync_imports.refused(self.run.id, self._behind, STEP + 1))
        self.found = found[:STEP]
        self.list.rows = [_cells(at, row) for at, row in enumerate(self.found)]
        self._turned(len(found))
        shown = say("Rows on this page: {count}", count=number(len(self.found)))
        self.count.value = look.escape(said(shown)) if self.found else ""
        if not any(row["id"] == self.list.selected for row in self.list.rows):
            self.list.selected = ""

    def choose(self, id: str) -> None:
        """Open one row below the list, as it stands in the table."""
        at = int(id) if id.isdigit() else -1
        self.detail.put(*([_whole(self.found[at], self.run)] if 0 <= at < len(self.found) else []))

    def _files(self) -> list[Download]:
        files = (
            (N_("Refused rows (CSV for the next import)"), "refused", False),
            (N_("Refused rows (for a spreadsheet)"), "refused-spreadsheet", True),
        )
        return [
            Download(label, f"{self.run.id}-{name}.csv", partial(self._file, spreadsheet), self.messages.guard, "text/csv")
            for label, name, spreadsheet in files
        ]  # fmt: skip

    async def _file(self, spreadsheet: bool) -> str:
        return str(await self.frame.bench.sync_imports.corrected(self.run.id, spreadsheet))


def _told(report: ImportReport) -> Sentence | None:
    """Return what is to be known of the joining, None where every line found its row."""
    missing = report.errors - report.joined - report.unjoined
    if any(part.report == "unreadable" for part in report.parts):
        return say(
            "An error report could not be read: which rows it is about is not known. Ask for it again above."
        )
    if report.unjoined:
        return say(
            "{count} lines of the report fit no row of the table; they stand below with row 0.", count=number(report.unjoined)
        )  # fmt: skip
    if missing > 0 and report.done:
        return say("The report says nothing of {count} of the refused rows.", count=number(missing))
    return None


def _cells(at: int, row: RefusedRow) -> dict[str, Any]:
    return {
        "id": str(at), "row": number(row.row), "recipient": row.recipient, "field": row.field, "message": row.message,
        "line": number(row.line),
    }  # fmt: skip


def _whole(row: RefusedRow, run: Run) -> look.Stack:
    """Return one row: what was said of it, and its cells, that of the field first and marked."""
    title = (
        say("Row {row} of the table", row=number(row.row))
        if row.row
        else say("A line that fits no row of the table")
    )
    about = say("Line {line} of file {part}", line=number(row.line), part=number(row.part))
    parts: list[ipywidgets.Widget] = [
        Headline(title, said(about), level=3),
        look.banner("warn", row.message or say("The platform gave no reason."), row.field),
    ]
    if row.cells:
        column = _column_of(row.field, run.plan.mapping, row.cells)
        names = sorted(row.cells, key=lambda name: name != column)
        parts.append(
            look.key_value_table([(_name(name, name == column), _text(row.cells[name])) for name in names])
        )
    elif row.row:
        parts.append(look.show(N_("Cells are shown to operators alone."), "wb-hint"))
    stack = look.stack(*parts)
    stack.add_class("wb-panel")
    return stack


def _column_of(field: str, mapping: tuple[Mapped, ...], cells: Mapping[str, JsonValue]) -> str:
    column = next((one.column for one in mapping if one.target == field), "")
    return column or (field if field in cells else "")


def _name(name: str, wrong: bool) -> str:
    return said(say("{column} (refused)", column=name)) if wrong else name


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
