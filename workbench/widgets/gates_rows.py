"""GATE ROWS: inputs that come and go: rows to add, move and remove, and a choice of kinds with the part that belongs to each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.models.base import JsonValue
from workbench.sentence import N_, Sentence

from . import look
from .fields import ChoiceField
from .fold import Place, close, visible
from .form import Input
from .piece import Said, said
from .secrets import Changed

__all__ = ["OneOf", "Rows"]

Make = Callable[[Mapping[str, JsonValue]], Input]


class _Row:
    """One row: its number, what can be done with it, and its input."""

    def __init__(self, rows: Rows, one: Input) -> None:
        self.input = one
        self.title = look.show("")
        self.up = look.button("↑", "quiet")
        self.down = look.button("↓", "quiet")
        self.remove = look.button(N_("Remove"), "quiet")
        self.up.on_click(lambda _: rows.move(self, -1))
        self.down.on_click(lambda _: rows.move(self, 1))
        self.remove.on_click(lambda _: rows.take_out(self))
        head = look.buttons(self.title, self.up, self.down, self.remove, align="between")
        head.add_class("wb-gate-row-head")
        self.widget = look.stack(head, one.widget, gap="small")
        self.widget.add_class("wb-gate-row")


class Rows:
    """Inputs one under the other. Its value is a list; ``name`` says how the row of a number is called (``Rule {number}``)."""

    def __init__(
        self,
        make: Make,
        values: Sequence[Mapping[str, JsonValue]],
        *,
        name: Callable[[int], Sentence],
        add: Said,
        empty: Said,
        blank: Mapping[str, JsonValue],
        changed: Changed,
        ordered: bool = True,
    ) -> None:
        self._make, self._name, self._blank, self._changed, self._ordered = (
            make,
            name,
            blank,
            changed,
            ordered,
        )
        self.rows = [_Row(self, make(value)) for value in values]
        self.trouble, self.place = Place(), look.stack()
        self.empty = look.show(empty, "wb-hint")
        self.add_button = look.button(add)
        self.add_button.on_click(lambda _: self.add())
        self.widget = look.stack(
            self.trouble.widget, self.empty, self.place, look.buttons(self.add_button, align="start")
        )
        self._draw()

    def __repr__(self) -> str:
        return f"<Rows {len(self.rows)}>"

    def add(self, value: Mapping[str, JsonValue] | None = None) -> None:
        """Add a row at the end, and put the focus into it."""
        row = _Row(self, self._make(self._blank if value is None else value))
        self.rows.append(row)
        self._draw()
        row.input.focus()
        self._changed()

    def move(self, row: Any, by: int) -> None:
        """Move a row up (-1) or down (1)."""
        at = self.rows.index(row)
        to = at + by
        if 0 <= to < len(self.rows):
            self.rows[at], self.rows[to] = self.rows[to], self.rows[at]
            self._draw()
            self._changed()

    def take_out(self, row: Any) -> None:
        """Remove a row."""
        self.rows.remove(row)
        self._draw()
        close(row.widget)
        self._changed()

    def value(self) -> JsonValue:
        """Return the rows as documents."""
        return [row.input.value() for row in self.rows]

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error in the row that ``rest`` names, above all where it names none; None takes all away."""
        if sentence is None:
            self.trouble.put()
            for row in self.rows:
                row.input.show((), None)
        elif rest and rest[0].isdigit() and int(rest[0]) < len(self.rows):
            self.rows[int(rest[0])].input.show(rest[1:], sentence)
        else:
            self.trouble.put(look.banner("error", sentence))

    def focus(self) -> None:
        """Put the keyboard's focus into the first row."""
        if self.rows:
            self.rows[0].input.focus()

    def miss(self, absent: set[str]) -> None:
        """Ask again for secrets that are not in this vault."""
        for row in self.rows:
            row.input.miss(absent)

    def _draw(self) -> None:
        for at, row in enumerate(self.rows):
            name = said(self._name(at + 1))
            row.title.value = look.markup('<h4 class="wb-h4">{name}</h4>', name=name)
            row.up.tooltip = f"{name}: {said(N_('move up'))}"
            row.down.tooltip = f"{name}: {said(N_('move down'))}"
            row.remove.tooltip = f"{name}: {said(N_('remove'))}"
            visible(row.up, self._ordered and len(self.rows) > 1)
            visible(row.down, self._ordered and len(self.rows) > 1)
            row.up.disabled, row.down.disabled = at == 0, at == len(self.rows) - 1
        self.place.children = [row.widget for row in self.rows]
        visible(self.empty, not self.rows)


class OneOf:
    """A choice of kind, and the part of the chosen one. Its value is that part's document, with its ``kind``.

    ``choice`` is put where its owner wants it; ``widget`` is the place of the part alone.
    """

    def __init__(
        self, label: Said, kinds: Mapping[str, Said], make: Callable[[str, Mapping[str, JsonValue]], Input],
        value: Mapping[str, JsonValue], changed: Changed,
    ) -> None:  # fmt: skip
        self._make, self._changed = make, changed
        chosen = str(value.get("kind") or next(iter(kinds)))
        self.choice = ChoiceField(label, [(key, said(text)) for key, text in kinds.items()], value=chosen)
        self.part = make(chosen, value)
        self.place = look.stack(self.part.widget)
        self.choice.observe(self._chosen, "value")
        self.widget = self.place

    def __repr__(self) -> str:
        return f"<OneOf {self.choice.value}>"

    def value(self) -> JsonValue:
        """Return the document of the chosen kind."""
        return {"kind": self.choice.value, **self.part.value()}

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside the field that ``rest`` names."""
        self.choice.error = ""
        if sentence is not None and rest and rest[0] == "kind":
            self.choice.error = sentence
        else:
            self.part.show(rest, sentence)

    def focus(self) -> None:
        """Put the keyboard's focus into the choice."""
        self.choice.focus()

    def miss(self, absent: set[str]) -> None:
        """Ask again for secrets that are not in this vault."""
        self.part.miss(absent)

    def _chosen(self, _change: object) -> None:
        self.part = self._make(self.choice.value, {})
        before, self.place.children = self.place.children, [self.part.widget]
        for widget in before:
            close(widget)
        self._changed()
