"""GATE LAB FIELDS: inputs made from the fields of a model, by a table: a number, a share, a choice, a switch, a slider.

Each input reads and fills one dotted path of a document; the model gives the verdict, and its errors come back as our own sentences.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from workbench.models.base import JsonValue, Problem
from workbench.sentence import Sentence, say

from .fields import ChoiceField, SwitchField, TextField
from .language import number
from .piece import Said, said
from .slider import Slider

__all__ = ["Entry", "Ready", "choice", "figure", "minutes_list", "problems_of", "scale", "toggle"]

Changed = Callable[[], None]


class Entry:
    """One input: its path in the document, how what is shown becomes what is kept and back, and the factor between both."""

    def __init__(
        self,
        path: str,
        widget: Any,
        changed: Changed,
        *,
        read: Callable[[Any], JsonValue] = lambda shown: shown,
        write: Callable[[Any], Any] = lambda kept: kept,
        times: float = 1.0,
    ) -> None:
        self.path, self.widget, self.times = path, widget, times
        self._changed, self._read, self._write = changed, read, write
        widget.observe(self._typed, "at" if isinstance(widget, Slider) else "value")

    def __repr__(self) -> str:
        return f"<Entry {self.path}>"

    def value(self) -> JsonValue:
        """Return what the document is to hold."""
        return self._read(self.widget.value)

    def fill(self, kept: JsonValue) -> None:
        """Show what a document holds."""
        self.widget.value = self._write(kept)

    def show(self, sentence: Sentence | None) -> None:
        """Show an error beside the input; None takes it away."""
        self.widget.error = sentence or ""

    def _typed(self, _change: object) -> None:
        self.widget.error = ""
        self._changed()


class Ready(NamedTuple):
    """What is filled in, as a model, or what is wrong with it."""

    value: Any
    problems: tuple[Problem, ...]


def figure(
    path: str, label: Said, kept: float, changed: Changed, *, hint: Said = "", times: float = 1.0, **more: Any
) -> Entry:
    """Return a number field; what is shown is ``times`` what is kept (100 for a share shown in percent)."""
    widget = TextField(label, hint=hint, value=_plain(kept * times), input_type="number", **more)
    return Entry(
        path,
        widget,
        changed,
        read=lambda shown: _number(shown, times),
        write=lambda value: _plain(value * times),
        times=times,
    )


def minutes_list(
    path: str, label: Said, kept: Sequence[float], changed: Changed, *, hint: Said = "", **more: Any
) -> Entry:
    """Return a field for some numbers, apart by commas, semicolons or blanks."""
    widget = TextField(label, hint=hint, value=", ".join(map(_plain, kept)), **more)
    return Entry(
        path,
        widget,
        changed,
        read=lambda shown: [_number(part, 1.0) for part in re.split(r"[,;\s]+", shown.strip()) if part],
        write=lambda value: ", ".join(map(_plain, value)),
    )


def choice(
    path: str,
    label: Said,
    options: Sequence[Sequence[Said]],
    kept: str,
    changed: Changed,
    *,
    style: str = "select",
    hint: Said = "",
) -> Entry:
    """Return one of several."""
    shown = [tuple(said(part) if at else str(part) for at, part in enumerate(option)) for option in options]
    return Entry(path, ChoiceField(label, shown, value=kept, style=style, hint=hint), changed)


def toggle(path: str, label: Said, kept: bool, changed: Changed, *, hint: Said = "") -> Entry:
    """Return on or off."""
    return Entry(path, SwitchField(label, value=kept, hint=hint), changed)


def scale(
    path: str,
    label: Said,
    stops: Sequence[float],
    kept: float,
    form: Callable[[float], Said],
    changed: Changed,
    *,
    hint: Said = "",
) -> Entry:
    """Return a slider over figures."""
    return Entry(path, Slider(label, stops, kept, form, hint), changed)


def problems_of(error: ValidationError, times: Callable[[str], float]) -> tuple[Problem, ...]:
    """Return what is wrong, each with the path of its field and what to type instead; ``times`` is the factor that the field shows."""
    problems = []
    for item in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in item["loc"])
        problems.append(
            Problem(field=path, sentence=_sentence(item["type"], item.get("ctx", {}), times(path)))
        )
    return tuple(problems)


def _sentence(kind: str, context: Mapping[str, Any], times: float) -> Sentence:
    bound = float(context.get("ge", context.get("le", 0))) * times
    match kind:
        case "int_parsing" | "int_type" | "int_from_float":
            return say("Type a whole number.")
        case "greater_than_equal" | "less_than_equal":
            least = (kind == "greater_than_equal") == (times > 0)
            if least:
                return say("Type {least} or more.", least=number(bound))
            return say("Type {most} at most.", most=number(bound))
        case "string_too_short":
            return say("Type at least one letter.")
        case "string_too_long":
            return say("Write {most} letters at most.", most=context["max_length"])
        case "too_long":
            return say("Name {most} at most.", most=context["max_length"])
        case _:
            return say("Type a number.")


def _number(shown: str, times: float) -> JsonValue:
    """Return the number that is typed, or the text itself where it is none: the model says so then."""
    text = shown.strip().replace(",", ".")
    try:
        value = float(text) / times
    except ValueError:
        return text
    if not math.isfinite(value):
        return text
    return int(value) if value == int(value) and abs(value) < 1e15 else round(value, 9)


def _plain(value: float) -> str:
    """Return a number as it is typed."""
    rounded = round(value, 6)
    return str(int(rounded) if rounded == int(rounded) else rounded)
