"""CONTRACT ROWS: the inputs of one variable, one flow, one message of a contract."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from workbench.engine.event_urls import flow_id_of
from workbench.models.base import JsonValue
from workbench.models.event import ScalarType
from workbench.sentence import N_, Sentence

from . import look
from .events_compose_fields import text_of
from .fields import ChoiceField, SwitchField, TextField
from .fold import Fold, visible
from .piece import said
from .secrets import Changed

__all__ = ["TYPES", "FlowRow", "MessageRow", "VariableRow", "columns_of", "columns_text"]

TYPES: Final[Mapping[str, str]] = {
    "string": N_("String: a text"),
    "number": N_("Number"),
    "date": N_("Date"),
    "boolean": N_("Boolean: yes or no"),
    "array": N_("Array: rows of fields"),
}
_WORDS: Final[Mapping[str, ScalarType]] = {
    "": "string",
    "string": "string",
    "text": "string",
    "number": "number",
    "date": "date",
    "boolean": "boolean",
    "bool": "boolean",
}


class _Row:
    """What the rows share: fields by name, errors beside them, the focus."""

    def __init__(self, fields: Mapping[str, Any], widget: Any, changed: Changed) -> None:
        self.fields, self.widget = dict(fields), widget
        for field in self.fields.values():
            field.observe(lambda change: self._typed(change.owner, changed), "value")

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside the field that ``rest`` names, else beside the first one; None takes all away."""
        if sentence is None:
            for field in self.fields.values():
                field.error = ""
            return
        field = self.fields.get(rest[0] if rest else "") or next(iter(self.fields.values()))
        field.error = sentence

    def focus(self) -> None:
        """Put the keyboard's focus into the first wrong field, else into the first one."""
        found = [field for field in self.fields.values() if field.error]
        (found or list(self.fields.values()))[0].focus()

    def miss(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    @staticmethod
    def _typed(field: Any, changed: Changed) -> None:
        field.error = ""
        changed()


class VariableRow(_Row):
    """One declared variable. The columns show for an array alone."""

    def __init__(self, value: Mapping[str, JsonValue], changed: Changed) -> None:
        self.name = TextField(
            N_("Name"),
            value=str(value.get("name", "")),
            required=True,
            placeholder="product_name",
            monospace=True,
        )
        self.type = ChoiceField(
            N_("Type"),
            [(key, said(text)) for key, text in TYPES.items()],
            value=str(value.get("type", "string")),
        )
        self.required = SwitchField(N_("Required"), value=bool(value.get("required", False)))
        self.used_by = TextField(
            N_("Used in the messages"),
            value=", ".join(value.get("used_by", ())),
            hint=N_("Names with commas between them."),
        )
        self.sample = TextField(
            N_("Example"), value=text_of(value.get("sample")), hint=N_("For samples and hints.")
        )
        self.columns = TextField(
            N_("Fields of each row"),
            value=columns_text(value.get("columns", ())),
            monospace=True,
            placeholder="id, name, price: number",
            hint=N_("Names with commas between them; behind a colon number, date or boolean."),
        )
        self.about = TextField(N_("What it is"), value=str(value.get("about", "")))
        fields = {
            "name": self.name,
            "type": self.type,
            "required": self.required,
            "columns": self.columns,
            "used_by": self.used_by,
            "sample": self.sample,
            "about": self.about,
        }
        self.more = Fold(
            N_("What it is, where it is used, an example"),
            self.about,
            look.columns(self.used_by, self.sample),
        )
        widget = look.stack(
            _line(self.name, self.type, self.required, weights=(4, 4, 3)),
            self.columns,
            self.more.widget,
            gap="small",
        )
        super().__init__(fields, widget, changed)
        self.type.observe(lambda _: self._arrange(), "value")
        self._arrange()

    def value(self) -> JsonValue:
        """Return the variable as a document; a type that is none stays as it is typed, and the verdict names it."""
        array = self.type.value == "array"
        return {
            "name": self.name.value.strip(),
            "type": self.type.value,
            "required": self.required.value,
            "about": self.about.value.strip(),
            "used_by": [one.strip() for one in self.used_by.value.split(",") if one.strip()],
            "columns": columns_of(self.columns.value) if array else [],
            "sample": _sample(self.sample.value, self.type.value),
        }

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside the field it is of, also where that is folded away."""
        super().show(rest, sentence)
        if sentence is not None and rest and rest[0] in ("about", "used_by", "sample"):
            self.more.open()

    def _arrange(self) -> None:
        visible(self.columns, self.type.value == "array")


class FlowRow(_Row):
    """One flow: its number, or its address, which is taken for the number."""

    def __init__(self, value: Mapping[str, JsonValue], changed: Changed) -> None:
        self.id = TextField(
            N_("Number or address"), value=text_of(value.get("id")), required=True, placeholder="12345"
        )
        self.name = TextField(N_("Name"), value=str(value.get("name", "")))
        self.active = SwitchField(N_("It runs"), value=bool(value.get("active", True)))
        fields = {"id": self.id, "name": self.name, "active": self.active}
        super().__init__(fields, _line(*fields.values(), weights=(4, 4, 2)), changed)

    def value(self) -> JsonValue:
        """Return the flow as a document; what is no number stays a text, and the verdict names it."""
        text = self.id.value.strip()
        number: JsonValue = (
            int(text) if text.isascii() and text.isdigit() and len(text) < 19 else flow_id_of(text)
        )
        return {
            "id": text if number is None else number,
            "name": self.name.value.strip(),
            "active": self.active.value,
        }


class MessageRow(_Row):
    """One message of the flow: its name, and its text with variables in it."""

    def __init__(self, value: Mapping[str, JsonValue], changed: Changed) -> None:
        self.name = TextField(
            N_("Name"), value=str(value.get("name", "")), required=True, placeholder=N_("Welcome e-mail")
        )
        self.text = TextField(
            N_("Text"),
            value=str(value.get("text", "")),
            multiline=True,
            rows=4,
            hint=Sentence(
                "{one}   {all}",
                {"one": "{{ product_name }}", "all": "{% for item in products %}{{ item.name }}{% endfor %}"},
            ),
        )
        super().__init__(
            {"name": self.name, "text": self.text}, look.stack(self.name, self.text, gap="small"), changed
        )

    def value(self) -> JsonValue:
        """Return the message as a document."""
        return {"name": self.name.value.strip(), "text": self.text.value}


def columns_of(text: str) -> list[JsonValue]:
    """Return the fields of an array's rows; a type that nobody knows stays as it is typed."""
    found: list[JsonValue] = []
    for part in text.replace("\n", ",").split(","):
        name, _, kind = part.partition(":")
        if name.strip():
            word = kind.strip().lower()
            found.append({"name": name.strip(), "type": _WORDS.get(word, word)})
    return found


def columns_text(columns: Sequence[Mapping[str, Any]]) -> str:
    """Return the fields as they are typed."""
    return ", ".join(
        column["name"] if column.get("type", "string") == "string" else f"{column['name']}: {column['type']}"
        for column in columns
    )


def _sample(text: str, kind: str) -> JsonValue:
    """Return an example as the contract keeps it: a number, a yes or no and rows as JSON, everything else as it is typed."""
    if not text.strip():
        return None
    if kind in ("number", "boolean", "array"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _line(*fields: Any, weights: Sequence[int]) -> look.Row:
    """Return short fields side by side, also on a page that is too narrow for two columns of others."""
    row = look.columns(*fields, weights=weights)
    row.add_class("wb-event-line")
    return row
