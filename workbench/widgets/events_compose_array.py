"""EVENT ARRAY: the editor of an array variable: a row for each object, pasted cells, or CSV taken as a whole (R-EVT-10)."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from workbench.models.base import JsonValue, Problem
from workbench.models.event import EventVariable, Fix
from workbench.sentence import N_, Sentence, say

from . import look
from .events_compose_fields import Mend, notes, offers, text_of
from .events_compose_grid import MOST_ROWS, ArrayGrid
from .fields import TextField
from .fold import Fold, Place
from .piece import said

__all__ = ["ArrayField", "rows_of_csv"]

_CELL: Final = re.compile(r'\[(\d+)\](?:\.([^.\[]+)|\["(.+?)"\])')
TYPES: Final[Mapping[str, str]] = {
    "string": N_("text"),
    "number": N_("number"),
    "date": N_("date"),
    "boolean": N_("yes or no"),
}


class ArrayField:
    """An array. Cells stay texts: the contract says what each column is read as; an empty cell is left out of its object."""

    def __init__(self, variable: EventVariable, changed: Callable[[], object], mend: Mend) -> None:
        self.variable, self._changed, self._mend = variable, changed, mend
        self._told: object = None
        name = Sentence("{name}", {"name": variable.name})
        self.grid = ArrayGrid(name, self._columns([]), hint=variable.about, empty=N_("No row yet."))
        self.text = TextField(
            N_("Rows as CSV"),
            multiline=True,
            rows=5,
            monospace=True,
            placeholder="id,name,price\nB-1,Blue shirt,19.90",
            hint=N_("With or without a line of names; comma, semicolon or tab between the cells."),
        )
        take, more = look.button(N_("Put these rows in")), look.button(N_("Add them below"), "quiet")
        take.on_click(lambda _: self._take(add=False))
        more.on_click(lambda _: self._take(add=True))
        self.csv = Fold(N_("Paste rows as CSV"), self.text, look.buttons(take, more, align="start"))
        self.below = Place()
        self.widget = look.stack(self.grid, self.below.widget, self.csv.widget, gap="small")
        self.grid.observe(lambda _: self._changed(), "rows")

    def __repr__(self) -> str:
        return f"<ArrayField {self.variable.name!r} of {len(self.grid.rows)}>"

    def value(self) -> JsonValue:
        """Return the rows as objects; None where there is none."""
        found = [{name: cell for name, cell in row.items() if cell.strip()} for row in self.grid.rows]
        return found or None

    def put(self, value: JsonValue) -> None:
        """Fill the rows in; what is no list of objects empties the table."""
        rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        self._fill([{str(name): text_of(cell) for name, cell in row.items()} for row in rows])

    def show(self, problems: Sequence[Problem], fixes: Sequence[Fix]) -> None:
        """Show each error at its cell, what is of no cell below the table, and a button for each way to mend one."""
        told = (tuple(problems), tuple(fixes))
        if told == self._told:
            return
        self._told = told
        errors: dict[str, Any] = {}
        rest: list[Problem] = []
        for problem in problems:
            place = _CELL.match(problem.field.removeprefix(self.variable.name))
            column = place and (place[2] or place[3])
            if problem.blocks and place and column:
                sentence = _at_row(int(place[1]) + 1, column, problem.sentence)
                errors.setdefault(f"{place[1]}.{column}", sentence)
            else:
                rest.append(problem)
        self.grid.errors = errors
        self.below.put(*notes(rest), *offers(fixes, self._mend))

    def focus(self) -> None:
        """Put the keyboard's focus into the first wrong cell."""
        self.grid.focus()

    def _take(self, *, add: bool) -> None:
        rows, wrong = rows_of_csv(self.text.value, [column["name"] for column in self.grid.columns])
        self.text.error = wrong or ""
        if wrong is None:
            self._fill([*self.grid.rows, *rows] if add else rows)
            self.text.value = ""

    def _fill(self, rows: Sequence[Mapping[str, str]]) -> None:
        columns = self._columns(rows)
        if columns != self.grid.columns:
            self.grid.columns = columns
        self.grid.rows = [{column["name"]: row.get(column["name"], "") for column in columns} for row in rows]

    def _columns(self, rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
        """Return the declared columns, and those that only rows have."""
        types = {column.name: said(TYPES[column.type]) for column in self.variable.columns}
        for row in rows:
            for name in row:
                types.setdefault(name, "" if not self.variable.columns else said(N_("not declared")))
        return [{"name": name, "type": type_} for name, type_ in (types or {"id": "", "name": ""}).items()]


def rows_of_csv(text: str, columns: Sequence[str]) -> tuple[list[dict[str, str]], Sentence | None]:
    """Return the rows of a pasted table, or what is wrong with it. A first line that names a known column is the line of names."""
    lines = text.strip().splitlines(keepends=True)
    if not lines:
        return [], say("Paste at least one row here.")
    delimiter = max("\t;,", key=lambda sign: lines[0].count(sign))
    try:
        cells = [
            row for row in csv.reader(lines, delimiter=delimiter, strict=True) if any(map(str.strip, row))
        ]
    except csv.Error:
        return [], say("A quotation mark is not closed. Close it, or take it out.")
    head = [cell.strip() for cell in cells[0]]
    if set(head) & set(columns):
        names, body = head, cells[1:]
    else:
        names, body = list(columns), cells
    if "" in names or len(set(names)) < len(names):
        return [], say("Two columns have the same name, or one has none. Give each its own.")
    if len(body) > MOST_ROWS:
        return [], say(
            "This has {rows} rows; {most} fit here. Send the others as events of their own.",
            rows=len(body),
            most=MOST_ROWS,
        )
    if wide := next((at for at, row in enumerate(body, 1) if len(row) > len(names)), None):
        return [], say(
            "Row {row} has more cells than there are columns ({columns}).", row=wide, columns=len(names)
        )
    return [dict(zip(names, (cell.strip() for cell in row), strict=False)) for row in body], None


def _at_row(number: int, column: str, sentence: Sentence) -> Sentence:
    return say("Row {number}, {column}: {sentence}", number=number, column=column, sentence=sentence)
