"""FORM: the inputs of a model, made from its fields; each problem is shown beside the input it belongs to.

A thin face: what is right is decided elsewhere (``bench.integrations.check``), and comes back as ``Problem``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, get_args, get_origin

from pydantic.fields import FieldInfo

from workbench.models.base import JsonValue, Noun, Problem, SecretRef
from workbench.models.credential import TokenParameter
from workbench.sentence import N_, Sentence

from . import look
from .fields import ChoiceField, HeaderRows, SecretField, SwitchField, TextField
from .fold import Fold, Place
from .piece import Said, said
from .secrets import Changed, Desk, KeptRows, KeptSecret, ref_of

__all__ = ["Form", "Input", "Inputs", "Plain"]

SEGMENTS = 4
SEGMENT_LETTERS = 56
"""So many options, of so many letters together, still fit side by side on a narrow page."""

MORE = N_("More settings")

Wording = Mapping[str, Mapping[str, Said]]
"""For the options of a choice: field name to value to the words that a person reads."""


class Input(Protocol):
    """What a form holds: something to show, with a value and a place for an error."""

    widget: Any

    def value(self) -> JsonValue:
        """Return what is typed or chosen."""

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error; ``rest`` is what follows the input's own path (``("2", "value")``). None takes it away."""

    def focus(self) -> None:
        """Put the keyboard's focus here."""

    def miss(self, absent: set[str]) -> None:
        """Ask again for a secret that is not in this vault."""


class Plain:
    """A field whose value is no secret. Its error goes away as soon as something else is typed."""

    def __init__(self, field: Any, changed: Changed = lambda: None) -> None:
        self.widget = field
        self._changed = changed
        field.observe(self._typed, "value")

    def __repr__(self) -> str:
        return f"<Plain {self.widget.label!r}>"

    def value(self) -> JsonValue:
        """Return the field's value."""
        return self.widget.value

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside the field; None takes it away."""
        self.widget.error = sentence or ""

    def focus(self) -> None:
        """Put the keyboard's focus into the field."""
        self.widget.focus()

    def miss(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    def _typed(self, _change: object) -> None:
        self.widget.error = ""
        self._changed()


class Inputs:
    """The inputs of a form by the path of their field, in the order of the page."""

    def __init__(self, inputs: Mapping[str, Input], folds: Mapping[str, Fold] | None = None) -> None:
        self.inputs = dict(inputs)
        self.folds = dict(folds or {})

    def __repr__(self) -> str:
        return f"<Inputs {', '.join(self.inputs)}>"

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its input and put the focus into the first wrong one.

        Returns the problems that found no place here: those of other fields, and whatever does not block.
        """
        left: list[Problem] = []
        wrong: set[str] = set()
        for one in self.inputs.values():
            one.show((), None)
        for problem in problems:
            path = self._path(problem.field) if problem.blocks else None
            if path is None:
                left.append(problem)
                continue
            rest = problem.field[len(path) :].strip(".")
            self.inputs[path].show(rest.split(".") if rest else [], problem.sentence)
            wrong.add(path)
            if path in self.folds:
                self.folds[path].open()
        for path, one in self.inputs.items():
            if path in wrong:
                one.focus()
                break
        return left

    def miss(self, absent: set[str]) -> None:
        """Ask again for every secret that this vault cannot open."""
        for one in self.inputs.values():
            one.miss(absent)

    def _path(self, field: str) -> str | None:
        fitting = [path for path in self.inputs if field == path or field.startswith(path + ".")]
        return max(fitting, key=len, default=None)


class Form:
    """The form of a model: a title, a hint, an example and an input for each of its fields.

    Args:
        model: the pydantic model; titles, descriptions and examples of its fields are what a person reads.
        values: what is already filled in, by field; secrets as handles.
        desk: where secrets are handed in.
        changed: called whenever something is typed, chosen or locked.
        prefix: what the problems' paths begin with (``credential``).
        folded: fields that are shown in a fold, under ``fold_title``.
        beside: groups of short fields that stand side by side.
        wording: what the options of choices are called.
        header: names of secret fields that travel in a header as they are, with the header's name.
    """

    def __init__(
        self,
        model: type[Noun],
        values: Mapping[str, JsonValue],
        desk: Desk,
        *,
        changed: Changed = lambda: None,
        prefix: str = "",
        folded: Sequence[str] = (),
        fold_title: Said = MORE,
        beside: Sequence[Sequence[str]] = (),
        wording: Wording | None = None,
        header: Mapping[str, str] | None = None,
    ) -> None:
        self.model = model
        self.desk = desk
        self._changed = changed
        self._wording = wording or {}
        self._header = header or {}
        self.inputs = {
            name: self._input(name, info, values.get(name, info.get_default()))
            for name, info in model.model_fields.items()
        }
        self._groups = {name: group for group in beside for name in group}
        plain = self._rows([name for name in self.inputs if name not in folded])
        self.fold = Fold(fold_title, *self._rows(folded)) if folded else None
        self.banner = Place()
        self.widget = look.stack(self.banner.widget, *plain, *([self.fold.widget] if self.fold else []))
        dotted = f"{prefix}." if prefix else ""
        self._inputs = Inputs(
            {dotted + name: one for name, one in self.inputs.items()},
            {dotted + name: self.fold for name in folded} if self.fold else None,
        )

    def __repr__(self) -> str:
        return f"<Form of {self.model.__name__}>"

    def values(self) -> dict[str, JsonValue]:
        """Return what is filled in, as a document; a secret is its handle, an absent one is left out."""
        found = {name: one.value() for name, one in self.inputs.items()}
        return {name: value for name, value in found.items() if value is not None}

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its field, the others in a banner on top; return what was not shown."""
        left = self._inputs.show(problems)
        errors = [problem for problem in left if problem.blocks]
        self.banner.put(*(look.banner("error", problem.sentence) for problem in errors))
        return [problem for problem in left if not problem.blocks]

    def place(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its field and return all that found no place; no banner is made."""
        return self._inputs.show(problems)

    def fill(self, values: Mapping[str, JsonValue]) -> None:
        """Put plain values into the fields they name; secrets and rows stay as they are."""
        for name, value in values.items():
            one = self.inputs.get(name)
            if isinstance(one, Plain):
                one.widget.value = value

    def miss(self, absent: set[str]) -> None:
        """Ask again for every secret that this vault cannot open."""
        self._inputs.miss(absent)

    def _rows(self, names: Sequence[str]) -> list[Any]:
        """Return the widgets of these fields, those of a group in one row."""
        groups = dict.fromkeys(tuple(self._groups.get(name, (name,))) for name in names)
        rows = [[self.inputs[name].widget for name in group] for group in groups]
        return [row[0] if len(row) == 1 else look.columns(*row) for row in rows]

    def _input(self, name: str, info: FieldInfo, value: Any) -> Input:
        words: dict[str, Any] = {"label": info.title or name, "hint": info.description or ""}
        example = str(info.examples[0]) if info.examples else ""
        kind = info.annotation
        if kind is SecretRef or SecretRef in get_args(kind):
            secret = SecretField(**words, required=info.is_required(), placeholder=example)
            return KeptSecret(self.desk, secret, ref_of(value), self._changed, self._header.get(name, ""))
        if get_origin(kind) is tuple and TokenParameter in get_args(kind):
            rows = [_pair(row) for row in value or ()]
            return KeptRows(self.desk, HeaderRows(**words), rows, self._changed)
        if get_origin(kind) is Literal:
            return Plain(
                self._choice(name, words, [str(one) for one in get_args(kind)], str(value)), self._changed
            )
        if kind is bool:
            return Plain(SwitchField(**words, value=bool(value)), self._changed)
        text = TextField(
            **words,
            value=value if isinstance(value, str) else "",
            placeholder=example,
            required=info.is_required(),
            input_type="url" if name.endswith("url") else "text",
        )
        return Plain(text, self._changed)

    def _choice(self, name: str, words: Mapping[str, Any], values: Sequence[str], value: str) -> ChoiceField:
        shown = {one: said(self._wording.get(name, {}).get(one, "")) or one for one in values}
        short = len(values) <= SEGMENTS and sum(map(len, shown.values())) <= SEGMENT_LETTERS
        options = [(one, label, "") for one, label in shown.items()]
        style = "segmented" if short else "select"
        return ChoiceField(
            **words, options=options, value=value if value in shown else values[0], style=style
        )


def _pair(row: JsonValue) -> tuple[str, str | SecretRef]:
    document = row.model_dump() if isinstance(row, TokenParameter) else row
    return str(document.get("name", "")), ref_of(document.get("value")) or str(document.get("value") or "")
