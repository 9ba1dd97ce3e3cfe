"""SHOP RECORDS: a row of a table becomes what is sent of it: path, query and body of a single call, or a line of an import's file.

Everything that can be decided before the first row is decided once for each column, so that a million rows take seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from workbench.models.base import JsonValue, Problem, trusted
from workbench.models.run import Mapped, Target
from workbench.models.shop import ShopSettings
from workbench.models.shop_data import Product
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import FieldType, ShopField, SyncPlatform
from workbench.sentence import say

from .event_findings import problem
from .shop_fields import By, key_field, parts_of, target_of, unknown_field, write_call, written_fields
from .shop_lines import line_columns, lines_in
from .shop_names import PRODUCT
from .shop_products import categories_value, check_product
from .shop_purchases import check_purchase, fires
from .shop_reading import Reader, Reading, is_blank
from .shop_texts import id_value
from .shop_values import reader_of
from .shop_wire import LINES, missing, read_purchase, to_api
from .strict_json import clip

UNEVEN: Final[frozenset[FieldType]] = frozenset({"phone", "date", "integer", "decimal", "radio"})
"""Types whose column an import takes only where every row has a value.

https://support.connectif.ai/hc/en-us/articles/360014217640-Importing-contacts
"""


@dataclass(slots=True, repr=False)
class Record:
    """What one row gives.

    ``key`` names the record whatever the case of an address's letters (an e-mail address, an external id, a product's or purchase's id, a
    coupon's code): for marks and duplicates. ``call`` is the platform's call for it (``ApiCall.key``; empty where only imports go),
    ``parts`` fill that call's path, ``query`` its query; ``body`` has the wire's names, money as ``Decimal``, and never the key that
    stands in the path. ``csv`` is the row's cells in the order of ``csv_columns``. ``identifiers`` name the contact (``email``, ``phone``,
    ``external_id``). Nothing goes out unless ``ok``.
    """

    key: str = ""
    call: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, JsonValue] = field(default_factory=dict)
    csv: tuple[str, ...] = ()
    identifiers: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    ok: bool = True

    def __repr__(self) -> str:
        """Name no contact: a stray representation cannot leak one."""
        return f"<Record {self.call or 'import'} {len(self.body)} fields, {len(self.problems)} problems>"

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What does not keep it back and should be looked at."""
        return tuple(one for one in self.problems if one.level == "warning")


# -- what a row can fill -----------------------------------------------------------------------------------------------


def targets_for(platform: SyncPlatform, shop: ShopSettings, sync: SyncPlan) -> tuple[Target, ...]:
    """Return the fields that a table's columns can fill: the entity's, by their ids on the wire, the key first, then the shop's own.

    A purchase's lines are ``products`` (a JSON list, nested values, or a table gathered by ``shop_rows.gather``), or their fields by
    themselves (``products[].productId``). The columns of ``sync.proof`` are no targets: they are read by their names.
    """
    key = key_field(platform, sync.entity, sync.by)
    targets: list[Target] = []
    for one in _in_order(platform, shop, sync):
        names = one.id == key or (one.type == "email" and sync.entity in ("contact", "purchase"))
        targets.append(target_of(one, required=one.required or one.id == key, identifier=names))
        if one.type == "items":
            targets += [
                target_of(inner, required=False).model_copy(update={"key": f"{one.id}[].{inner.id}"})
                for inner in platform.item_fields
                if inner.write
            ]
    return tuple(targets)


def csv_columns(
    platform: SyncPlatform, shop: ShopSettings, sync: SyncPlan, mapping: Sequence[Mapped]
) -> tuple[str, ...]:
    """Return the header of an import's file: the ids of the mapped fields in the order of ``targets_for``; only ``code`` for coupons."""
    mapped = {one.target for one in mapping}
    return tuple(one.id for one in _in_order(platform, shop, sync) if one.id in mapped)


def check_fields(mapping: Sequence[Mapped], targets: Sequence[Target]) -> list[Problem]:
    """Return the mapping's targets that are no field, each with the one that was probably meant (R-SYNC-03)."""
    known = [target.key for target in targets]
    return [
        unknown_field(one.target, known)
        for one in mapping
        if one.target not in known and _general(one.target) not in known
    ]


def _general(target: str) -> str:
    before, bracket, rest = target.partition("[")
    return f"{before}[]{rest.partition(']')[2]}" if bracket else target


def _in_order(platform: SyncPlatform, shop: ShopSettings, sync: SyncPlan) -> tuple[ShopField, ...]:
    """Return the fields that are written, the key first."""
    key = key_field(platform, sync.entity, sync.by)
    fields = written_fields(platform, shop, sync.entity).values()
    return tuple(sorted(fields, key=lambda one: one.id != key))


# -- one table's records -----------------------------------------------------------------------------------------------


class _Column(NamedTuple):
    """How one field is filled: from a column, or by a constant; ``missing`` is said of a blank cell (None: nothing)."""

    id: str
    column: str
    constant: JsonValue
    read: Reader
    missing: Problem | None


class Records:
    """The records of one table. Make one for each walk: it is not shared between threads."""

    def __init__(
        self, platform: SyncPlatform, shop: ShopSettings, sync: SyncPlan, mapping: Sequence[Mapped]
    ) -> None:
        self.targets = targets_for(platform, shop, sync)
        """``targets_for``."""
        self.columns = csv_columns(platform, shop, sync, mapping)
        """``csv_columns``."""
        self._shop, self._sync, self._entity = shop, sync, sync.entity
        self._file = sync.how == "import"
        self._key = key_field(platform, sync.entity, sync.by)
        call = write_call(platform, sync.entity, sync.by)
        self._call = call.key if call else ""
        self._part = next(iter(parts_of(call)), "") if call else ""
        self._event = str(platform.more.get("purchase_event", ""))
        fields = written_fields(platform, shop, sync.entity)
        self._named = [(one.id, _named(one, sync.by)) for one in fields.values() if _named(one, sync.by)]
        reading = Reading(comma=sync.decimals == "comma", file=self._file, lower_local=shop.lower_local)
        self._reading = reading
        by_target = {one.target: one for one in mapping}
        columns = [(fields[id], by_target[id]) for id in self.columns]
        self._columns = [self._column(one, mapped, reading) for one, mapped in columns]
        self._lines = line_columns(mapping)
        self._unfilled = None if self._key in self.columns else missing(self._key)

    def _column(self, one: ShopField, mapped: Mapped, reading: Reading) -> _Column:
        read = _reader(one, reading, key=one.id == self._key)
        lacks = missing(one.id) if one.required or one.id == self._key else None
        if (
            lacks is None
            and self._file
            and self._entity == "contact"
            and one.type in UNEVEN
            and mapped.column
        ):
            lacks = _uneven(one.id)
        return _Column(one.id, mapped.column, mapped.constant, read, lacks)

    def row(self, cells: Mapping[str, JsonValue], *, now: datetime) -> Record:
        """Return what the cells of one row give; never raises for what they hold. ``now`` (aware) decides what is in the future."""
        if self._entity == "purchase":
            return self._purchase(cells, now)
        body: dict[str, JsonValue] = {}
        csv: list[str] = []
        problems: list[Problem] = [] if self._unfilled is None else [self._unfilled]
        for id, column, constant, read, lacks in self._columns:
            value = cells.get(column) if column else constant
            if value is None or value == "" or is_blank(value):
                csv.append("")
                if lacks is not None:
                    problems.append(lacks)
                continue
            made, cell, found = read(value)
            csv.append(cell)
            if made is not None:
                body[id] = made
            if found:
                problems += found
        if self._entity == "product":
            problems += self._product(body, problems)
        return self._record(body, tuple(csv), problems)

    def _record(self, body: dict[str, JsonValue], csv: tuple[str, ...], problems: list[Problem]) -> Record:
        identifiers = {name: str(body[id]) for id, name in self._named if id in body} if self._named else {}
        key = str(body.pop(self._key, ""))
        ok = not problems or not any(one.level == "error" for one in problems)
        return Record(
            key.casefold() if self._key == "_email" else key, self._call, {self._part: key} if self._part else {}, {}, body, csv,
            identifiers, tuple(problems), ok,
        )  # fmt: skip

    # -- products ------------------------------------------------------------------------------------------------------

    def _product(self, body: Mapping[str, JsonValue], problems: Sequence[Problem]) -> list[Problem]:
        """Return what is wrong between the fields of a product; of a field that was refused already nothing more is said."""
        known = {one.field for one in problems if one.level == "error"}
        return [one for one in check_product(_product_in(body), self._shop) if one.field not in known]

    # -- purchases -----------------------------------------------------------------------------------------------------

    def _purchase(self, cells: Mapping[str, JsonValue], now: datetime) -> Record:
        problems: list[Problem] = []
        given: dict[str, JsonValue] = {}
        csv: list[str] = []
        for id, column, constant, read, _ in self._columns:
            value = cells.get(column) if column else constant
            if is_blank(value):
                continue
            if id == LINES:
                found = read(value)
                problems += found.problems
                value = found.body
            given[id] = value
        if self._lines:
            given[LINES] = lines_in(self._lines, cells, problems)
        read_as = read_purchase(given, self._reading)
        problems += read_as.problems
        if read_as.noun is None:
            email, key = given.get("contactEmail"), given.get("purchaseId")
            named = {"email": email.strip()} if isinstance(email, str) else {}
            return Record(
                str(key or ""), self._call, {}, {}, {}, tuple(csv), named, tuple(problems), ok=False
            )
        purchase = read_as.noun
        known = {one.field for one in problems if one.level == "error"}
        problems += [one for one in check_purchase(purchase, now, self._shop) if one.field not in known]
        fire = fires(purchase.at, self._sync.fire, now)
        if self._sync.fire == "yes" and not fires(purchase.at, "auto", now):
            problems.append(_fires_history())
        query = {self._event: "true" if fire else "false"} if self._event else {}
        return Record(
            purchase.id, self._call, {}, query, to_api(purchase), tuple(csv), {"email": purchase.email} if purchase.email else {},
            tuple(problems), not any(one.level == "error" for one in problems),
        )  # fmt: skip


_EMPTY_PRODUCT: Final[dict[str, Any]] = {
    name: info.get_default() for name, info in Product.model_fields.items() if name != "id"
}
_ATTRIBUTES: Final = {name.key: name.attribute for name in PRODUCT}


def _product_in(body: Mapping[str, JsonValue]) -> Product:
    """Return the product of a body whose values were read already: nothing is looked at twice."""
    found = {"id": "", **_EMPTY_PRODUCT}
    for key, value in body.items():
        if key in _ATTRIBUTES:
            found[_ATTRIBUTES[key]] = tuple(value) if isinstance(value, list) else value
    return trusted(Product, found)


def _reader(one: ShopField, reading: Reading, *, key: bool) -> Reader:
    """Return what reads a field; a key is a text that can stand in a path, and categories are put right level by level."""
    if one.id == "categories":
        return partial(categories_value, one.id, reader_of(one, reading))
    if key and one.type not in ("email", "integer"):
        return partial(id_value, one.id, reading)
    return reader_of(one, reading)


def _named(one: ShopField, by: By) -> str:
    """Return what a contact is called by this field's value; an empty text for a field that names nobody."""
    match one.type:
        case "email":
            return "email" if one.id in ("_email", "contactEmail") else one.id
        case "phone":
            return "phone" if not one.custom else one.id
        case _:
            return "external_id" if one.id == "_externalId" else ""


def _uneven(id: str) -> Problem:
    return problem(id, say(
        "“{field}” is empty. The platform imports such a field only where every row of the file has it: fill it in, or import the rows "
        "that have one by themselves.",
        field=clip(id),
    ), "warning")  # fmt: skip


def _fires_history() -> Problem:
    return problem("purchaseDate", say(
        "This purchase is older than 24 hours, and it starts the platform's automations as if it were new. Choose “auto” unless you mean "
        "it."
    ), "warning")  # fmt: skip
