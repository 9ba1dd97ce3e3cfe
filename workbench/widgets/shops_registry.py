"""REGISTRY: a shop's own contact fields, as rows to add, change and remove, or as a list that is pasted (R-SYNC-03)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.engine.shop_registry import CHOOSING, NUMBERS, REGISTRY_TYPES, read_registry
from workbench.models.base import JsonValue
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import ChoiceField, TextField
from .fold import Fold, Place, visible
from .gates_fields import Number
from .gates_rows import Rows
from .piece import said
from .secrets import Changed
from .shops_words import TYPES

__all__ = ["Registry", "number_text"]


class FieldRow:
    """One field: its id, its type, what it is called; its choices or bounds where its type has them."""

    def __init__(self, value: Mapping[str, JsonValue], changed: Changed) -> None:
        kind = str(value.get("type") or "text")
        types: list[tuple[str, str]] = [(key, said(TYPES[key])) for key in REGISTRY_TYPES]
        if kind not in REGISTRY_TYPES:  # what an older form kept is shown, and the verdict says so
            types.append((kind, kind))
        self.id = TextField(
            N_("Field id"),
            value=str(value.get("id", "")),
            required=True,
            monospace=True,
            placeholder="loyalty_level",
        )
        self.type = ChoiceField(N_("Type"), types, value=kind, required=True)
        self.title = TextField(
            N_("Title"), value=str(value.get("title", "")), placeholder=N_("Loyalty level")
        )
        self.choices = TextField(
            N_("Choices"), value="\n".join(value.get("choices", ())), multiline=True, rows=3,
            hint=N_("One a line, spelled as the platform does."),
        )  # fmt: skip
        self.least = TextField(N_("Least"), value=number_text(value.get("least")), input_type="number")
        self.most = TextField(N_("Greatest"), value=number_text(value.get("most")), input_type="number")
        self.bounds = look.columns(self.least, self.most)
        self._numbers = {name: Number(getattr(self, name), False, lambda: None) for name in ("least", "most")}
        self.fields = {
            "id": self.id, "type": self.type, "title": self.title, "choices": self.choices, "least": self.least, "most": self.most,
        }  # fmt: skip
        self.widget = look.stack(
            look.columns(self.id, self.type, self.title, weights=(1, 1, 1)),
            self.choices,
            self.bounds,
            gap="small",
        )
        for field in self.fields.values():
            field.observe(lambda change: self._typed(change.owner, changed), "value")
        self._arrange()

    def value(self) -> JsonValue:
        """Return the field as a document."""
        return {
            "id": self.id.value.strip(), "type": self.type.value, "title": self.title.value.strip(),
            "choices": [line.strip() for line in self.choices.value.splitlines() if line.strip()] if self.type.value in CHOOSING else [],
            **({name: one.value() for name, one in self._numbers.items()} if self.type.value in NUMBERS else {}),
        }  # fmt: skip

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside the field that ``rest`` names, else beside the id; None takes all away."""
        if sentence is None:
            for field in self.fields.values():
                field.error = ""
            return
        self.fields.get(rest[0] if rest else "", self.id).error = sentence

    def focus(self) -> None:
        """Put the keyboard's focus into the first wrong field, else into the id."""
        next((field for field in self.fields.values() if field.error), self.id).focus()

    def miss(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    def _typed(self, field: TextField | ChoiceField, changed: Changed) -> None:
        field.error = ""
        self._arrange()
        changed()

    def _arrange(self) -> None:
        visible(self.choices, self.type.value in CHOOSING)
        visible(self.bounds, self.type.value in NUMBERS)


class Registry:
    """All fields of a shop's own. Its value is a list of documents."""

    def __init__(self, values: Sequence[Mapping[str, JsonValue]], changed: Changed) -> None:
        self.rows = Rows(
            lambda value: FieldRow(value, changed), values, name=lambda number: say("Field {number}", number=number),
            add=N_("Add a field"), empty=N_("No field of its own yet: contacts have only those that every contact has."),
            blank={"type": "text"}, changed=changed, ordered=False,
        )  # fmt: skip
        self.text = TextField(
            N_("Fields, one a line"), multiline=True, rows=5, monospace=True,
            placeholder="loyalty_level, radio, Loyalty level, gold | silver\nshoe_size, integer",
            hint=N_("Id, type, title, choices; with commas, semicolons or tabs between them, as copied from a table."),
        )  # fmt: skip
        self.told = Place()
        take = look.button(N_("Take them over"))
        take.on_click(lambda _: self.take())
        self.text.observe(lambda _: self._typed(), "value")
        self.paste = Fold(
            N_("Paste many at once"), self.text, self.told.widget, look.buttons(take, align="start")
        )
        self.widget = look.stack(self.rows.widget, self.paste.widget)

    def __repr__(self) -> str:
        return f"<Registry of {len(self.rows.rows)}>"

    def value(self) -> JsonValue:
        """Return the fields as documents."""
        return self.rows.value()

    def take(self) -> None:
        """Add the pasted fields as rows; where a line cannot be read, say which, and add none."""
        fields, problems = read_registry(self.text.value)
        if problems:
            self.text.error = problems[0].sentence
            self.text.focus()
            return
        for field in fields:
            self.rows.add(field.model_dump(mode="json"))
        self.text.value = ""
        self.told.put(look.banner("ok", say("{count} fields were added.", count=len(fields))))

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error in the row that ``rest`` names."""
        self.rows.show(rest, sentence)

    def focus(self) -> None:
        """Put the keyboard's focus into the first wrong row, else into the first one."""
        found = [
            one.input
            for one in self.rows.rows
            if any(field.error for field in getattr(one.input, "fields", {}).values())
        ]
        (found[0] if found else self.rows).focus()

    def miss(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    def _typed(self) -> None:
        self.text.error = ""
        if self.text.value:
            self.told.put()


def number_text(value: JsonValue) -> str:
    """Return a number as it is typed; an empty text for none."""
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
