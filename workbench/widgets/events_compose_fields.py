"""EVENT FIELDS: one input for each part of an occurrence: its error beside it, what was converted below it, and one click that mends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import ipywidgets

from workbench.models.base import JsonValue, Problem
from workbench.models.event import EventVariable, Fix
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import ChoiceField, TextField
from .fold import Place
from .piece import said

__all__ = ["Mend", "Occurring", "ValueField", "choice_of", "field_of", "notes", "offers", "text_of"]

Changed = Callable[[], object]
Mend = Callable[[Fix], object]
MOST_FIXES: Final = 4


class Occurring(Protocol):
    """An input of an occurrence: a value, and a place for what is said of it."""

    widget: ipywidgets.Widget

    def value(self) -> JsonValue:
        """Return what is typed."""

    def put(self, value: JsonValue) -> None:
        """Fill it in."""

    def show(self, problems: Sequence[Problem], fixes: Sequence[Fix]) -> None:
        """Show what is said of it, and offer what mends it."""

    def focus(self) -> None:
        """Put the keyboard's focus here."""


class ValueField:
    """A text, a number, a date or a yes and no. What is typed stays a text: the contract says what it is read as."""

    def __init__(self, field: TextField | ChoiceField, changed: Changed, mend: Mend) -> None:
        self.field, self._changed, self._mend = field, changed, mend
        self._told: object = None
        self.below = Place()
        self.below.widget.add_class("wb-event-below")
        self.widget = look.stack(field, self.below.widget, gap="small")
        field.observe(lambda _: self._changed(), "value")

    def __repr__(self) -> str:
        return f"<ValueField {self.field.label!r}>"

    def value(self) -> JsonValue:
        """Return what is typed; None where nothing is."""
        return self.field.value or None

    def put(self, value: JsonValue) -> None:
        """Fill it in, as a person would type it."""
        self.field.value = text_of(value)

    def show(self, problems: Sequence[Problem], fixes: Sequence[Fix]) -> None:
        """Show the first error beside the field, the rest below it, and a button for each way to mend it."""
        blocking = [problem for problem in problems if problem.blocks]
        self.field.error = blocking[0].sentence if blocking else ""
        told = (tuple(problems), tuple(fixes))
        if told != self._told:  # a place that is drawn at every keystroke flickers
            self._told = told
            self.below.put(
                *notes([*blocking[1:], *(one for one in problems if not one.blocks)]),
                *offers(fixes, self._mend),
            )

    def focus(self) -> None:
        """Put the keyboard's focus into the field."""
        self.field.focus()


def notes(problems: Sequence[Problem]) -> list[ipywidgets.Widget]:
    """Return what is said of a field beside its error: a quiet list, each line with the word of its weight."""
    if not problems:
        return []
    items = look.Html("").join(
        look.markup("<li>{badge} {text}</li>", badge=_badge(problem), text=said(problem.sentence))
        for problem in problems
    )
    return [look.show(look.markup('<ul class="wb-event-notes">{items}</ul>', items=items))]


def _badge(problem: Problem) -> look.Html:
    if problem.blocks:
        return look.badge(N_("Correct this"), "error")
    return (
        look.badge(N_("Look here"), "warn")
        if problem.level == "warning"
        else look.badge(N_("Converted"), "info")
    )


def offers(fixes: Sequence[Fix], mend: Mend) -> list[ipywidgets.Widget]:
    """Return a button for each way to mend a field; ``mend`` is given the one that is chosen."""
    made = [_offer(fix, mend) for fix in fixes[:MOST_FIXES]]
    return [look.buttons(*made, align="start")] if made else []


def _offer(fix: Fix, mend: Mend) -> ipywidgets.Button:
    button = look.button(fix.sentence)
    button.add_class("wb-event-fix")
    button.on_click(lambda _: mend(fix))
    return button


def field_of(variable: EventVariable, changed: Changed, mend: Mend) -> ValueField:
    """Return the input of a declared variable that is no array."""
    hint: Sentence | str = variable.about
    if not hint and variable.used_by:
        hint = say("Used in: {messages}.", messages=", ".join(variable.used_by))
    if variable.type == "boolean":
        return ValueField(choice_of(variable.name, hint, variable.required), changed, mend)
    example = text_of(variable.sample) or _EXAMPLES[variable.type]
    return ValueField(
        TextField(
            Sentence("{name}", {"name": variable.name}),
            hint=hint,
            placeholder=example,
            required=variable.required,
        ),
        changed,
        mend,
    )


_EXAMPLES: Final = {"string": "", "number": "12.5", "date": "2021-05-28"}


def choice_of(name: str, hint: Sentence | str, required: bool = False) -> ChoiceField:
    """Return the input of a yes or no that may be left out."""
    return ChoiceField(
        Sentence("{name}", {"name": name}),
        [("", said(N_("Left out"))), ("true", said(N_("Yes"))), ("false", said(N_("No")))],
        style="segmented",
        hint=hint,
        required=required,
    )


def text_of(value: JsonValue) -> str:
    """Return a value as it is typed into a field."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
