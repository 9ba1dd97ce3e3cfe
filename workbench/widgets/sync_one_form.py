"""SYNC ONE FORM: the fields of one contact, product or purchase, made from what the platform and the shop's registry declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from workbench.engine.shop_fields import By, key_field, written_fields
from workbench.models.base import JsonValue, Problem
from workbench.models.event import EventColumn, EventVariable
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import Entity, ShopField, SyncPlatform
from workbench.sentence import N_, Sentence

from .events_compose_array import ArrayField
from .events_compose_fields import Occurring, ValueField, choice_of
from .fields import ChoiceField, TextField
from .fold import Fold, Place
from .piece import said

__all__ = ["RecordForm", "totals_of"]

COMMON: Final = frozenset(
    {"_name", "_surname", "_newsletterSubscriptionStatus", "availability", "imageUrl", "paymentMethod"}
)
"""Fields that most people fill, beside those that are needed; the others stand in a fold."""
LINE: Final = ("productId", "quantity", "price")
"""The columns of a purchase's lines that are always there; others come with pasted rows."""
EXAMPLES: Final[Mapping[str, str]] = {
    "email": "ana.lima@example.com", "phone": "+46701740605", "date": "2026-05-28T10:00:00Z", "money": "19.90", "decimal": "4.5",
    "integer": "12", "url": "https://shop.example.com/p/1", "texts": "shirts|summer", "checkbox": "one|two",
}  # fmt: skip


class RecordForm:
    """The fields. ``changed`` is called whenever something is typed; what is typed stays a text, the rules say what it is read as."""

    def __init__(self, changed: Callable[[], object]) -> None:
        self._changed = changed
        self.fields: dict[str, Occurring] = {}
        self._made: object = None
        self.place = Place()
        self.more: Fold | None = None
        self._folded: frozenset[str] = frozenset()
        self.widget = self.place.widget

    def open(self, platform: SyncPlatform, shop: ShopSettings, entity: Entity, by: By) -> None:
        """Show the fields of an entity; what is typed stays while the same fields are asked for."""
        wanted = (platform.key, shop.fields, entity, by)
        if wanted == self._made:
            return
        before = self.values() if self.fields else {}
        self._made = wanted
        key = key_field(platform, entity, by)
        declared = sorted(written_fields(platform, shop, entity).values(), key=lambda one: one.id != key)
        self.fields = {
            one.id: self._field(one, needed=one.required or one.id == key, platform=platform)
            for one in declared
        }
        first = [one.id for one in declared if one.required or one.id == key or one.id in COMMON]
        rest = [one.id for one in declared if one.id not in first]
        self._folded = frozenset(rest)
        self.more = Fold(N_("More fields"), *(self.fields[id].widget for id in rest)) if rest else None
        self.place.put(*(self.fields[id].widget for id in first), *([self.more.widget] if self.more else []))
        self.fill(before)

    def values(self) -> dict[str, JsonValue]:
        """Return what is typed, by field; empty ones are left out."""
        found = {id: field.value() for id, field in self.fields.items()}
        return {id: value for id, value in found.items() if value not in (None, "", [])}

    def fill(self, values: Mapping[str, JsonValue]) -> None:
        """Fill fields in, those that are not named stay."""
        for id, value in values.items():
            if id in self.fields:
                self.fields[id].put(value)

    def empty(self) -> None:
        """Empty every field."""
        for field in self.fields.values():
            field.put(None)

    def show(self, problems: Sequence[Problem]) -> list[Problem]:
        """Show each problem beside its field; returns those of no field that is shown."""
        by_field: dict[str, list[Problem]] = {id: [] for id in self.fields}
        left: list[Problem] = []
        for problem in problems:
            id, _, inside = problem.field.partition(".")
            if id not in by_field:
                left.append(problem)
                continue
            row, _, column = inside.partition(".")  # ``products.0.price``, as the rules say it
            field = f"{id}[{row}].{column}" if column else problem.field
            by_field[id].append(problem.model_copy(update={"field": field}))
            if problem.blocks and id in self._folded and self.more is not None:
                self.more.open()
        for id, found in by_field.items():
            self.fields[id].show(found, ())
        return left

    def lead(self, problems: Sequence[Problem]) -> None:
        """Put the keyboard's focus into the first wrong field."""
        wrong = {problem.field.partition(".")[0] for problem in problems if problem.blocks}
        first = next((id for id in self.fields if id in wrong), None)
        if first is not None:
            self.fields[first].focus()

    def _field(self, one: ShopField, *, needed: bool, platform: SyncPlatform) -> Occurring:
        if one.type == "items":
            titles = {inner.id: said(inner.title) for inner in platform.item_fields if inner.id in LINE}
            columns = tuple(EventColumn(name=name) for name in LINE if name in titles)
            variable = EventVariable(
                name=one.id, type="array", about=one.id, required=needed, columns=columns
            )
            return LinesField(variable, said(one.title), titles, self._changed)
        field: TextField | ChoiceField
        label = _plain(said(one.title) or one.id)
        hint = _plain(one.id) if one.title else ""  # what a table's column and a message call it
        if one.type == "boolean":
            field = choice_of(str(said(one.title) or one.id), hint, needed)
        elif one.choices:
            options = [("", said(N_("Left out"))), *((choice, choice) for choice in one.choices)]
            field = ChoiceField(label, options, hint=hint, required=needed)
        else:
            field = TextField(label, hint=hint, placeholder=EXAMPLES.get(one.type, ""), required=needed)
        return ValueField(field, self._changed, _never)


class LinesField(ArrayField):
    """A purchase's lines: their columns are called by their titles."""

    def __init__(
        self, variable: EventVariable, label: str, titles: Mapping[str, str], changed: Callable[[], object]
    ) -> None:
        self._titles = titles
        super().__init__(variable, changed, _never)
        self.grid.label = label

    def _columns(self, rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
        columns = super()._columns(rows)
        return [
            {**one, "type": "", "title": self._titles[one["name"]]} if one["name"] in self._titles else one
            for one in columns
        ]


def _plain(text: str) -> Sentence:
    return Sentence("{text}", {"text": text})


def _never(_fix: Any) -> None:
    """Mend nothing: the rules of a shop offer no way by one click."""


def totals_of(lines: JsonValue) -> tuple[str, str] | None:
    """Return quantity and price of all lines together, as they are written; None where a line's cannot be read."""
    try:
        quantity = sum(int(str(line["quantity"])) for line in lines)
        price = sum((Decimal(str(line["price"])) for line in lines), Decimal(0))
    except (TypeError, KeyError, ValueError, InvalidOperation):
        return None
    return str(quantity), f"{price:f}"
