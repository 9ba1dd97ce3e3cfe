"""GATE FIELDS: the inputs of a noun, made from its fields. A part is itself an input, so that parts can hold parts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from workbench.models.base import JsonValue, Noun, SecretRef
from workbench.sentence import Sentence

from . import look
from .fields import ChoiceField, SecretField, SwitchField, TextField
from .fold import Place
from .form import Input, Plain
from .piece import Said, said
from .secrets import Changed, Desk, KeptSecret, ref_of

__all__ = ["Lines", "Number", "Part", "Word"]

SEGMENT_LETTERS = 48
"""So many letters of all options together still fit side by side on a narrow page."""

Options = Sequence[tuple[str, Said]]


class Word(NamedTuple):
    """What is said of one field."""

    label: str
    hint: str = ""
    example: str = ""


class Number(Plain):
    """A number as it is typed; what is none stays text, and the verdict says so."""

    def __init__(self, field: TextField, whole: bool, changed: Changed) -> None:
        super().__init__(field, changed)
        self._whole = whole

    def value(self) -> JsonValue:
        """Return the number, the text where it is none, or None where nothing is typed."""
        text = self.widget.value.strip().replace(",", ".")
        if not text:
            return None
        try:
            return int(text) if self._whole else float(text)
        except ValueError:
            return text


class Lines(Plain):
    """Several values, one a line; ``read`` makes a value of a line, ``write`` a line of a value."""

    def __init__(
        self, field: TextField, changed: Changed, *, read: Callable[[str], JsonValue] = str, write: Callable[[Any], str] = str,
        value: Sequence[Any] = (),
    ) -> None:  # fmt: skip
        field.value = "\n".join(write(one) for one in value)
        super().__init__(field, changed)
        self._read = read

    def value(self) -> JsonValue:
        """Return the values of the lines that hold anything."""
        return [self._read(line.strip()) for line in self.widget.value.splitlines() if line.strip()]

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error under the lines, whichever of them it is of."""
        self.widget.error = sentence or ""


class Part:
    """The inputs of those fields of a noun that ``words`` names, in its order. Its value is a document."""

    def __init__(
        self,
        model: type[Noun],
        words: Mapping[str, Word],
        value: Mapping[str, JsonValue],
        desk: Desk,
        changed: Changed = lambda: None,
        *,
        options: Mapping[str, Options] | None = None,
        beside: Sequence[Sequence[str]] = (),
        given: Mapping[str, JsonValue] | None = None,
    ) -> None:
        self.model, self.desk = model, desk
        self._changed, self._options, self._given = changed, options or {}, dict(given or {})
        self.inputs: dict[str, Input] = {name: self._input(name, word, value) for name, word in words.items()}
        self.trouble = Place()
        groups = {name: tuple(group) for group in beside for name in group}
        rows = [
            [self.inputs[name].widget for name in group]
            for group in dict.fromkeys(groups.get(n, (n,)) for n in words)
        ]
        shown = [row[0] if len(row) == 1 else look.columns(*row) for row in rows]
        self.widget = look.stack(self.trouble.widget, *shown)

    def __repr__(self) -> str:
        return f"<Part of {self.model.__name__}>"

    def value(self) -> JsonValue:
        """Return what is filled in; what is left empty is left out, so that its default counts."""
        found = {name: one.value() for name, one in self.inputs.items()}
        return {**self._given, **{name: value for name, value in found.items() if value is not None}}

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside the field that ``rest`` names, above all of them where it names none; None takes all away."""
        if sentence is None:
            self.trouble.put()
            for one in self.inputs.values():
                one.show((), None)
        elif rest and rest[0] in self.inputs:
            self.inputs[rest[0]].show(rest[1:], sentence)
        else:
            self.trouble.put(look.banner("error", sentence))

    def focus(self) -> None:
        """Put the keyboard's focus into the first field."""
        for one in self.inputs.values():
            one.focus()
            return

    def miss(self, absent: set[str]) -> None:
        """Ask again for secrets that are not in this vault."""
        for one in self.inputs.values():
            one.miss(absent)

    def _input(self, name: str, word: Word, value: Mapping[str, JsonValue]) -> Input:
        info = self.model.model_fields[name]
        kind, held = (
            info.annotation,
            value.get(name, None if info.is_required() else info.get_default(call_default_factory=True)),
        )
        words: dict[str, Any] = {"label": word.label, "hint": word.hint}
        if name in self._options or get_origin(kind) is Literal:
            return Plain(self._choice(name, words, kind, held), self._changed)
        if kind is SecretRef or SecretRef in get_args(kind):
            return KeptSecret(
                self.desk, SecretField(**words, placeholder=word.example), ref_of(held), self._changed
            )
        if kind is bool:
            return Plain(SwitchField(**words, value=bool(held)), self._changed)
        if get_origin(kind) is tuple:
            return self._lines(name, words, word.example, held)
        if kind in (int, float) or float in _kinds(kind):
            text = "" if held is None else f"{held:g}" if isinstance(held, float) else str(held)
            field = TextField(**words, value=text, placeholder=word.example, input_type="number")
            return Number(field, kind is int, self._changed)
        url = name.endswith("url")
        return Plain(
            TextField(**words, value=str(held or ""), placeholder=word.example, input_type="url" if url else "text"), self._changed
        )  # fmt: skip

    def _choice(self, name: str, words: Mapping[str, Any], kind: Any, held: Any) -> ChoiceField:
        options = list(self._options.get(name) or [(one, str(one)) for one in get_args(kind)])
        if held and held not in {value for value, _ in options}:
            options.append(
                (str(held), str(held))
            )  # what is named and not there any more is shown, and the verdict says so
        shown = [(value, said(label)) for value, label in options]
        short = 1 < len(shown) <= 4 and sum(len(label) for _, label in shown) <= SEGMENT_LETTERS
        style = "segmented" if short and get_origin(kind) is Literal else "select"
        return ChoiceField(**words, options=shown, value=str(held or ""), style=style)

    def _lines(self, name: str, words: Mapping[str, Any], example: str, held: Sequence[Any]) -> Lines:
        texts = self.model.model_fields[name].annotation == tuple[str, ...]
        field = TextField(
            **words, multiline=True, rows=max(2, min(5, len(held) + 1)), monospace=True, placeholder=example
        )
        if texts:
            return Lines(field, self._changed, value=held)
        return Lines(field, self._changed, value=held, read=_read_json, write=_write_json)


def _kinds(annotation: Any) -> set[Any]:
    """Return the types of a union, without what is annotated to them."""
    return {one.__origin__ if get_origin(one) is Annotated else one for one in get_args(annotation)}


def _read_json(line: str) -> JsonValue:
    """Return a line as JSON (``true``, ``1``), or as the text it is."""
    try:
        return json.loads(line)
    except ValueError:
        return line


def _write_json(value: JsonValue) -> str:
    """Return the line that is read as ``value``."""
    if isinstance(value, str) and _read_json(value) == value and not value.startswith('"'):
        return value
    return json.dumps(value, ensure_ascii=False)
