"""TAGS FORM: what is asked for one thing to tell: a field for each value, a small table for products, each error at its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import ipywidgets

from workbench.engine.strict_json import parse, plain
from workbench.models.base import JsonValue, Problem
from workbench.sentence import N_, Sentence, say

from . import look
from .events_compose_grid import ArrayGrid
from .fields import ChoiceField, TextField
from .fold import Fold, Place
from .piece import said
from .tags_words import FIELDS, LINE_COLUMNS, SAMPLES, Asked

__all__ = ["TellForm"]

FIRST: Final = 4
"""So many values of a long form are shown at once; the others wait in a fold."""
_CELL: Final = re.compile(r"products\.(\d+)\.(\w+)")
_PAIR: Final = re.compile(r"\s*([^=\s]+)\s*=\s*(.*)")


class TellForm:
    """The fields of a kind. What is typed stays when another kind asks for the same value; ``changed`` is called at each change."""

    def __init__(self, changed: Callable[[], object]) -> None:
        self.kind = ""
        self.fields: dict[str, TextField | ChoiceField | ArrayGrid] = {}
        self._asked: Sequence[Asked] = ()
        self._changed, self._quiet = changed, False
        self.fold: Fold | None = None
        self.place, self.rest = Place(), Place()
        style = look.sheets("events_compose.css")  # the table's own
        self.widget = look.stack(style, self.place.widget, self.rest.widget)

    def __repr__(self) -> str:
        return f"<TellForm of {self.kind!r}>"

    def ask(self, kind: str) -> None:
        """Ask for the values of a kind, with what was typed for the one before, and an example of the rest."""
        typed = {key: value for key, value in self._typed().items() if value}
        name = kind.replace("-", "_")
        self.kind, self._asked = kind, FIELDS[name]
        self._quiet = True
        self.fields = {one.key: self._field(one) for one in self._asked}
        self.put({**SAMPLES.get(name, {}), **typed})
        self._quiet = False
        self._draw()
        self.show(())

    def put(self, values: Mapping[str, Any]) -> None:
        """Fill fields in; those that are not named become empty."""
        for key, field in self.fields.items():
            value = values.get(key, "")
            if isinstance(field, ArrayGrid):
                field.rows = [dict(row) for row in value or ()]
            else:
                field.value = str(value)

    def data(self) -> dict[str, JsonValue]:
        """Return what is typed by the names of the wire, empty values left out. Raises Invalid for a payload that is no JSON."""
        found: dict[str, JsonValue] = {}
        for one in self._asked:
            found |= _value(one, self._typed()[one.key])
        return found

    def show(self, problems: Iterable[Problem]) -> bool:
        """Show each error at its field, others below the form; return whether there is none."""
        cells: dict[str, Any] = {}
        texts: dict[str, Sentence] = {}
        left: list[Problem] = []
        for problem in problems:
            cell = _CELL.fullmatch(problem.field)
            if cell and cell[2] in LINE_COLUMNS and "products" in self.fields:
                cells.setdefault(f"{cell[1]}.{cell[2]}", _in_row(int(cell[1]) + 1, problem.sentence))
            elif problem.field in self.fields and problem.field != "products":
                texts.setdefault(problem.field, problem.sentence)
            elif "fields" in self.fields:
                texts.setdefault("fields", problem.sentence)
            else:
                left.append(problem)
        for key, field in self.fields.items():
            if isinstance(field, ArrayGrid):
                field.errors = cells
            else:
                field.error = texts.get(key, "")
        if self.fold is not None and set(texts) & {one.key for one in self._asked[FIRST:]}:
            self.fold.open()
        self.rest.put(*(look.banner("error", problem.sentence) for problem in left))
        return not (cells or texts or left)

    def _draw(self) -> None:
        shown = [one.key for one in self._asked]
        long = len(shown) > 10
        widgets = [self.fields[key] for key in (shown[:FIRST] if long else shown)]
        self.fold = (
            Fold(N_("More values"), *_pairs([self.fields[key] for key in shown[FIRST:]])) if long else None
        )
        empty = [look.show(N_("It needs no values."), "wb-hint")] if not shown else []
        self.place.put(*_pairs(widgets), *empty, *([self.fold.widget] if self.fold else []))

    def _field(self, one: Asked) -> TextField | ChoiceField | ArrayGrid:
        made: TextField | ChoiceField | ArrayGrid
        if one.kind == "lines":
            columns = [
                {"name": name, "type": "", "title": said(title)} for name, title in LINE_COLUMNS.items()
            ]
            made = ArrayGrid(
                one.label, columns, hint=one.hint, empty=N_("No product: the cart is shown as emptied.")
            )
            made.observe(lambda _: self._heard(), "rows")
            return made
        if one.kind == "choice":
            options = [
                ("", said(N_("left open"))),
                ("instock", said(N_("in stock"))),
                ("outofstock", said(N_("out of stock"))),
            ]
            made = ChoiceField(one.label, options)
        else:
            made = TextField(
                one.label, hint=one.hint, placeholder=one.placeholder, required=one.needed,
                multiline=one.kind in ("list", "json", "pairs"), rows=3, monospace=one.kind in ("json", "pairs"),
            )  # fmt: skip
        made.observe(lambda _: self._heard(), "value")
        return made

    def _heard(self) -> None:
        if not self._quiet:
            self._changed()

    def _typed(self) -> dict[str, Any]:
        return {
            key: field.rows if isinstance(field, ArrayGrid) else field.value
            for key, field in self.fields.items()
        }


def _value(one: Asked, typed: Any) -> dict[str, JsonValue]:
    if one.kind == "lines":
        return {one.key: [{name: cell for name, cell in row.items() if cell.strip()} for row in typed]}
    text = typed.strip()
    if one.kind == "json":
        return {one.key: plain(parse(text, field=one.key)) if text else {}}
    if one.kind == "pairs":
        found = [_PAIR.fullmatch(line) for line in text.splitlines() if line.strip()]
        return {(pair[1] if pair else ""): (pair[2] if pair else "?") for pair in found}
    if not text:
        return {}
    return {one.key: text.splitlines() if one.kind == "list" else text}


def _pairs(fields: Sequence[ipywidgets.Widget]) -> list[ipywidgets.Widget]:
    """Return the fields two in a row; tables and texts of several lines stand alone."""
    made: list[ipywidgets.Widget] = []
    waiting: list[ipywidgets.Widget] = []
    for field in fields:
        if isinstance(field, ArrayGrid) or getattr(field, "multiline", False):
            made += [*waiting, field]
            waiting = []
            continue
        waiting.append(field)
        if len(waiting) == 2:
            made.append(look.columns(*waiting))
            waiting = []
    return [*made, *waiting]


def _in_row(number: int, sentence: Sentence) -> Sentence:
    return say("Row {number}: {sentence}", number=number, sentence=sentence)
