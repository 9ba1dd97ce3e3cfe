"""RUNS MAPPING: which column of the table fills which field; what fits by its name is chosen already."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from workbench.engine.event_mapping import propose_columns
from workbench.engine.row_mapping import check_mapping
from workbench.models.base import JsonValue
from workbench.models.run import Mapped, Target
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import ChoiceField, TextField
from .fold import Fold, Place, visible
from .piece import said

__all__ = ["MappingForm"]

CONSTANT = "="
"""What is chosen for a field that has one value for all rows; a column may bear any name, so columns are chosen by their place."""
NEEDED = N_("needed")
TYPES = {
    "string": N_("text"), "number": N_("number"), "date": N_("date"), "boolean": N_("yes or no"), "array": N_("list"),
}  # fmt: skip


class _Line:
    """One field: its column, or its one value."""

    def __init__(
        self, target: Target, columns: Sequence[str], before: Mapped | None, changed: Callable[[], object]
    ) -> None:
        self.target, self._columns = target, columns
        options = [
            ("", said(N_("Not filled"))),
            *((str(at), name) for at, name in enumerate(columns)),
            (CONSTANT, said(N_("One value for all rows"))),
        ]
        self.choice = ChoiceField(target.key, options, value=_value(before, columns), hint=_about(target))
        constant = before.constant if before and not before.column else None
        self.constant = TextField(
            say("Value of {field}", field=target.key), value="" if constant is None else _text(constant)
        )
        self.choice.observe(lambda _: self._changed(changed), "value")
        self.constant.observe(lambda _: self._changed(changed), "value")
        self.widget = look.columns(self.choice, self.constant)
        self._draw()

    @property
    def mapped(self) -> Mapped | None:
        """Return what is chosen, None where the field stays empty."""
        chosen = self.choice.value
        if chosen == CONSTANT:
            return Mapped(target=self.target.key, constant=_parsed(self.constant.value, self.target))
        return Mapped(target=self.target.key, column=self._columns[int(chosen)]) if chosen else None

    def _changed(self, changed: Callable[[], object]) -> None:
        self._draw()
        changed()

    def _draw(self) -> None:
        self.choice.error = ""
        visible(self.constant, self.choice.value == CONSTANT)


class MappingForm:
    """The mapping of a run, drawn anew for each table and each event.

    More than ``most_empty`` fields that nothing fills, and nobody needs, are folded away.
    """

    def __init__(self, changed: Callable[[], object], most_empty: int | None = None) -> None:
        self._changed, self._most_empty = changed, most_empty
        self.lines: list[_Line] = []
        self.targets: tuple[Target, ...] = ()
        self.columns: tuple[str, ...] = ()
        self.place = Place()
        self.widget = self.place.widget

    def open(self, targets: Sequence[Target], columns: Sequence[str], mapping: Sequence[Mapped] = ()) -> None:
        """Offer the columns for each field. What was chosen before stays where it still fits; else names decide."""
        chosen = {
            one.target: one for one in (mapping or self.mapping) if not one.column or one.column in columns
        }
        proposed = {one.target: one for one in propose_columns(targets, columns)}
        self.targets, self.columns = tuple(targets), tuple(columns)
        self.lines = [
            _Line(target, self.columns, chosen.get(target.key) or proposed.get(target.key), self._changed) for target in targets
        ]  # fmt: skip
        self._put()

    def _put(self) -> None:
        """Show the lines; where nothing fills a great many that are not needed, these stand in a fold."""
        empty = [line for line in self.lines if not line.target.required and not line.choice.value]
        if self._most_empty is None or len(empty) <= self._most_empty:
            self.place.put(*(line.widget for line in self.lines))
            return
        shown = [line.widget for line in self.lines if line not in empty]
        title = say("Fields that nothing fills ({count})", count=len(empty))
        self.place.put(*shown, Fold(title, *(line.widget for line in empty), opened=not shown).widget)

    @property
    def mapping(self) -> tuple[Mapped, ...]:
        """What is chosen."""
        return tuple(found for line in self.lines if (found := line.mapped) is not None)

    def check(self) -> list[Sentence]:
        """Say beside each field what is wrong with it, and return what belongs to none."""
        by_key = {line.target.key: line for line in self.lines}
        others: list[Sentence] = []
        for line in self.lines:
            line.choice.error = ""
        for problem in check_mapping(self.mapping, self.targets, self.columns):
            line = by_key.get(problem.field)  # type: ignore[assignment]  # there may be none
            if line is None:
                others.append(problem.sentence)
            elif not line.choice.error:
                line.choice.error = problem.sentence
        wrong = next((line for line in self.lines if line.choice.error), None)
        if wrong is not None:
            wrong.choice.focus()
            others.append(_put_right(wrong.target.key))
        return others


def _put_right(key: str) -> Sentence:
    """Return that a field has to be put right first."""
    return say("Put right what is said at “{field}” first.", field=key)


def _about(target: Target) -> str:
    parts = [said(TYPES[target.type])] if target.type in TYPES else []
    if target.required:
        parts.append(said(NEEDED))
    if target.about:
        parts.append(said(target.about))
    return " · ".join(parts)


def _value(before: Mapped | None, columns: Sequence[str]) -> str:
    if before is None:
        return ""
    if not before.column:
        return CONSTANT
    return str(columns.index(before.column)) if before.column in columns else ""


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parsed(text: str, target: Target) -> JsonValue:
    """Return a typed value as its field wants it: a number as a number, a list as a list; what cannot be read stays a text."""
    if target.type not in ("number", "boolean", "array") and target.kind != "flow":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
