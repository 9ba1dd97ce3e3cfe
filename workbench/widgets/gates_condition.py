"""GATE CONDITION: whom a rule fits: rows of field, operator and value that all, any or none must fit; what is deeper is written as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from workbench.models.base import JsonValue
from workbench.models.rules import OPERATOR_LABELS
from workbench.sentence import N_, Sentence, say

from . import look
from .editor import JsonEditor
from .fields import ChoiceField, TextField
from .fold import Place, close, visible
from .gates_fields import Options
from .piece import said
from .secrets import Changed

__all__ = ["ConditionInput", "Known", "flat", "grouped"]

WITHOUT_VALUE: Final = frozenset({"is_empty", "is_present"})
OF_LIST: Final = frozenset({"on_list", "not_on_list"})
OF_CHECK: Final = frozenset({"consents", "refuses"})
SEVERAL: Final = frozenset({"in", "not_in"})
NUMBERS: Final = frozenset({"less_than", "at_most", "more_than", "at_least"})
JOINED: Final = {
    "all": N_("all of these fit"),
    "any": N_("any of these fits"),
    "none": N_("none of these fits"),
    "json": N_("written as JSON"),
}
BLANK: Final[Mapping[str, JsonValue]] = {"kind": "comparison", "field": "", "operator": "equals", "value": ""}


class Known:
    """What a value may name: the consent lists there are, and the live checks of the same form, as they are called now."""

    def __init__(self, lists: Options, checks: Callable[[], Options]) -> None:
        self.lists, self.checks = lists, checks

    def __repr__(self) -> str:
        return "<Known>"


class _Comparison:
    """One row: field, operator, value."""

    def __init__(
        self, value: Mapping[str, JsonValue], known: Known, changed: Changed, gone: Callable[[Any], object]
    ) -> None:
        self._known, self._changed = known, changed
        self._was = value.get("value")
        self.field = TextField(
            N_("Field"), value=str(value.get("field") or ""), placeholder="id, consent, country"
        )
        operators = [(key, said(text)) for key, text in OPERATOR_LABELS.items()]
        self.operator = ChoiceField(N_("Operator"), operators, value=str(value.get("operator") or "equals"))
        self._told = write_value(self._was)
        self.text = TextField(N_("Value"), value=self._told)
        self.named = ChoiceField(N_("Value"), value=self._told)
        self.remove = look.button("✕", "quiet", tooltip=N_("Remove this condition"))
        self.remove.on_click(lambda _: gone(self))
        for one in (self.field, self.operator, self.text, self.named):
            one.observe(self._edited, "value")
        self.widget = look.columns(
            self.field, self.operator, look.stack(self.text, self.named), self.remove, weights=(3, 3, 4, 0)
        )
        self.widget.add_class("wb-gate-condition")
        self._arrange()

    def value(self) -> dict[str, JsonValue]:
        """Return the comparison as a document."""
        return {
            "kind": "comparison",
            "field": self.field.value.strip(),
            "operator": self.operator.value,
            "value": self._value(),
        }

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside the field it is of."""
        places = {"field": self.field, "operator": self.operator}
        for one in (self.field, self.operator, self.text, self.named):
            one.error = ""
        if sentence is not None:
            value = self.named if self.operator.value in OF_LIST | OF_CHECK else self.text
            places.get(rest[0] if rest else "value", value).error = sentence

    def focus(self) -> None:
        """Put the keyboard's focus into the field."""
        self.field.focus()

    def _value(self) -> JsonValue:
        operator = self.operator.value
        if operator in WITHOUT_VALUE:
            return None
        if operator in OF_LIST | OF_CHECK:
            return self.named.value
        if self.text.value == self._told and self._was is not None:
            return self._was  # what was not touched stays what it was, a number or yes and no too
        return read_value(operator, self.text.value)

    def _edited(self, _change: object) -> None:
        self._arrange()
        self.show((), None)
        self._changed()

    def _arrange(self) -> None:
        operator = self.operator.value
        named = operator in OF_LIST | OF_CHECK
        if named:
            options = list(self._known.lists if operator in OF_LIST else self._known.checks())
            held = self.named.value
            if held and held not in {key for key, _ in options}:
                options.append((held, held))
            self.named.options = options
        visible(self.named, named)
        visible(self.text, not named and operator not in WITHOUT_VALUE)
        self.text.placeholder = _example(operator)


class ConditionInput:
    """The input of a condition. Its value is the condition's document."""

    def __init__(self, value: Mapping[str, JsonValue] | None, known: Known, changed: Changed) -> None:
        self._known, self._changed = known, changed
        shape = flat(value) if value else ("all", [BLANK])
        self.joined = ChoiceField(
            N_("The rule counts where"), [(key, said(text)) for key, text in JOINED.items()]
        )
        self.rows: list[_Comparison] = []
        self.place, self.text_place, self.trouble = look.stack(gap="small"), Place(), Place()
        self.add_button = look.button(N_("Add a condition"), "quiet")
        self.add_button.on_click(lambda _: self.add(BLANK))
        self.editor: JsonEditor | None = None
        self.widget = look.stack(
            self.joined, self.trouble.widget, self.place, look.buttons(self.add_button, align="start"), self.text_place.widget,
            gap="small",
        )  # fmt: skip
        if shape is None:
            self.joined.value = "json"
            self._write(value or {})
        else:
            self._fill(*shape)
        self.joined.observe(self._rejoined, "value")

    def __repr__(self) -> str:
        return f"<ConditionInput {self.joined.value}>"

    def add(self, value: Mapping[str, JsonValue]) -> None:
        """Add a row."""
        self.rows.append(_Comparison(value, self._known, self._changed, self._take_out))
        self._draw()
        self._changed()

    def value(self) -> JsonValue:
        """Return the condition; JSON that cannot be read is returned as the text it is, and the verdict says so."""
        if self.editor is None:
            return grouped(self.joined.value, [row.value() for row in self.rows])
        try:
            return json.loads(self.editor.value)
        except (ValueError, RecursionError):
            return self.editor.value

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error in the row it is of."""
        self.trouble.put()
        for row in self.rows:
            row.show((), None)
        if sentence is None:
            return
        steps = [part for part in rest if part != "of"]
        at = int(steps[0]) if steps and steps[0].isdigit() else 0
        numbered = bool(steps) and steps[0].isdigit()
        if self.editor is None and at < len(self.rows) and (numbered or len(self.rows) == 1):
            self.rows[at].show(steps[1:] if numbered else steps, sentence)
        else:
            self.trouble.put(look.banner("error", sentence))

    def focus(self) -> None:
        """Put the keyboard's focus into the first row."""
        if self.rows:
            self.rows[0].focus()

    def miss(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    def _fill(self, joined: str, comparisons: Sequence[Mapping[str, JsonValue]]) -> None:
        self.editor = None
        self.text_place.put()
        self.joined.value = joined
        self.rows = [
            _Comparison(one, self._known, self._changed, self._take_out) for one in comparisons or [BLANK]
        ]
        self._draw()

    def _write(self, condition: JsonValue) -> None:
        """Show the condition as JSON: what is deeper than one group has no rows."""
        text = json.dumps(condition, indent=2, ensure_ascii=False)
        self.editor = JsonEditor(
            text, N_("Condition as JSON"), height="180px",
            hint=N_("kind is comparison, all, any or not; of holds what is inside. Groups may lie in groups."),
        )  # fmt: skip
        self.editor.observe(lambda _: self._changed(), "value")
        self.rows = []
        self._draw()
        self.text_place.put(self.editor)

    def _rejoined(self, _change: object) -> None:
        wanted = self.joined.value
        if wanted == "json" and self.editor is None:
            before = self.rows
            condition = grouped("all", [row.value() for row in before])
            self._write(condition)
            for row in before:
                close(row.widget)
        elif wanted != "json" and self.editor is not None:
            shape = flat(self.value())
            if shape is None:
                self.joined.value = "json"
                self.joined.error = say(
                    "Groups inside groups cannot be shown as rows. Flatten them first, or stay with JSON."
                )
                return
            self._fill(wanted, shape[1])
        self.joined.error = ""
        self._changed()

    def _take_out(self, row: _Comparison) -> None:
        self.rows.remove(row)
        self._draw()
        close(row.widget)
        self._changed()

    def _draw(self) -> None:
        self.place.children = [row.widget for row in self.rows]
        visible(self.add_button, self.editor is None)
        for row in self.rows:
            visible(row.remove, len(self.rows) > 1)


def flat(condition: JsonValue) -> tuple[str, list[Mapping[str, JsonValue]]] | None:
    """Return a condition as one group of comparisons, or None where it is deeper than that or no condition."""
    if not isinstance(condition, Mapping):
        return None
    kind, inner = condition.get("kind"), condition.get("of")
    if kind == "comparison":
        return "all", [condition]
    if (
        kind in ("all", "any")
        and isinstance(inner, (list, tuple))
        and all(_is_comparison(one) for one in inner)
    ):
        return (str(kind), list(inner)) if inner else None
    if kind == "not" and isinstance(inner, Mapping) and _is_comparison(inner):
        return "none", [inner]
    if kind == "not" and isinstance(inner, Mapping) and inner.get("kind") == "any":
        shape = flat(inner)
        return ("none", shape[1]) if shape else None
    return None


def grouped(joined: str, comparisons: Sequence[JsonValue]) -> JsonValue:
    """Return the condition of one group of comparisons; ``flat`` gives it back."""
    if joined == "none":
        inner = comparisons[0] if len(comparisons) == 1 else {"kind": "any", "of": list(comparisons)}
        return {"kind": "not", "of": inner}
    if len(comparisons) == 1:
        return comparisons[0]
    return {"kind": joined, "of": list(comparisons)}


def read_value(operator: str, text: str) -> JsonValue:
    """Return what a typed value means to an operator: a list between commas, a number, or the text."""
    if operator in SEVERAL:
        return [part.strip() for part in text.split(",") if part.strip()]
    if operator in NUMBERS:
        try:
            return int(text) if text.strip().lstrip("+-").isdigit() else float(text.replace(",", "."))
        except ValueError:
            return text.strip()
    return text


def write_value(value: JsonValue) -> str:
    """Return a value as it is typed."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return ", ".join(write_value(one) for one in value)
    return json.dumps(value, ensure_ascii=False)


def _is_comparison(condition: JsonValue) -> bool:
    return isinstance(condition, Mapping) and condition.get("kind") == "comparison"


def _example(operator: str) -> str:
    if operator in SEVERAL:
        return "SE, NO, DK"
    if operator in NUMBERS:
        return "18"
    if operator in ("before", "after"):
        return "2026-11-22"
    if operator == "matches":
        return r"^[A-Z]{2}\d+$"
    return "yes"
