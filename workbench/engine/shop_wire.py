"""SHOP WIRE: products, lines, carts, purchases and contacts as the API's JSON and back; ``shop_names`` says what everything is called.

One conversion for API bodies, tags and script events: what is shown as equal is equal because it comes from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final, Generic, NamedTuple, TypeVar

from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.shop_data import Cart, ContactRecord, Line, Product, Purchase
from workbench.models.sync_platform import ShopField
from workbench.sentence import say

from .event_findings import problem
from .shop_fields import unknown_field
from .shop_moments import moment_text
from .shop_names import CART, LINE, PRODUCT, PURCHASE, Named, Shape
from .shop_products import categories_value
from .shop_reading import Reader, Reading, is_blank
from .shop_texts import id_value
from .shop_values import reader_of

Noun = TypeVar("Noun")

LINES: Final = "products"
"""What the lines of a cart and a purchase are called."""
READ_ONLY: Final = frozenset({"id", "createdAt", "updatedAt", "contactId"})
"""What the platform adds to what it gives out, and takes from nobody."""

_TYPES: Final[Mapping[Shape, Any]] = {
    "text": "text", "whole": "integer", "money": "money", "texts": "texts", "flag": "boolean", "moment": "date",
}  # fmt: skip
_URLS: Final = frozenset({"url", "image_url", "thumbnail_url"})
_AVAILABILITY: Final = ShopField(
    id="availability",
    type="radio",
    choices=("instock", "outofstock"),
    read_choices=("unverified", "discontinued"),
)


class Read(NamedTuple, Generic[Noun]):
    """What a JSON object was read as (None where a problem blocks it), and what is wrong with it."""

    noun: Noun | None
    problems: tuple[Problem, ...] = ()


# -- to the wire -------------------------------------------------------------------------------------------------------


def to_api(noun: Product | Line | Cart | Purchase | ContactRecord) -> dict[str, JsonValue]:
    """Return a noun as the API has it: wire names in the order of ``shop_names``, money as ``Decimal``, moments as ISO 8601.

    Empty texts, empty lists and None are left out; a cart's and purchase's ``products`` and totals never are. A line is its product with
    ``quantity`` and ``price``. A contact is its fields (its key goes in the path).
    https://api-docs.connectif.cloud/connectif-api/reference/purchases
    """
    match noun:
        case ContactRecord():
            return dict(noun.fields)
        case Product():
            return _written(noun, PRODUCT)
        case Line():
            return {**_written(noun.product, PRODUCT), **_written(noun, LINE)}
        case Cart():
            return {**_written(noun, CART), LINES: [to_api(line) for line in noun.lines]}
        case Purchase():
            return {**_written(noun, PURCHASE), LINES: [to_api(line) for line in noun.lines]}


def _written(noun: object, names: tuple[Named, ...]) -> dict[str, JsonValue]:
    made: dict[str, JsonValue] = {}
    for name in names:
        value = getattr(noun, name.attribute)
        if value is None or value == "" or value == ():
            continue
        match value:
            case tuple():
                made[name.key] = list(value)
            case datetime():
                made[name.key] = moment_text(value)
            case _:
                made[name.key] = value
    return made


# -- from the wire -----------------------------------------------------------------------------------------------------


def read_product(value: JsonValue, at: str = "", reading: Reading = Reading()) -> Read[Product]:  # noqa: B008 - a value
    """Return the product that an object with the API's names is; numbers may be texts. Never raises. ``at`` leads each problem's field."""
    return _read(value, _PRODUCT, at, reading)


def read_line(value: JsonValue, at: str = "", reading: Reading = Reading()) -> Read[Line]:  # noqa: B008
    """Return the line that an object is: a product with ``quantity`` and ``price``. Never raises."""
    return _read(value, _LINE, at, reading)


def read_cart(value: JsonValue, reading: Reading = Reading()) -> Read[Cart]:  # noqa: B008
    """Return the cart that an object with the API's names is. Never raises."""
    return _read(value, _CART, "", reading, lines=True)


def read_purchase(value: JsonValue, reading: Reading = Reading()) -> Read[Purchase]:  # noqa: B008
    """Return the purchase that an object with the API's names is. Never raises."""
    return _read(value, _PURCHASE, "", reading, lines=True)


def product_of(value: Mapping[str, JsonValue]) -> Product:
    """Return the product that an object with the API's names is. Raises Invalid with every problem."""
    return _sure(read_product(value))


def line_of(value: Mapping[str, JsonValue]) -> Line:
    """Return the line that an object is. Raises Invalid."""
    return _sure(read_line(value))


def cart_of(value: Mapping[str, JsonValue]) -> Cart:
    """Return the cart that an object is. Raises Invalid."""
    return _sure(read_cart(value))


def purchase_of(value: Mapping[str, JsonValue]) -> Purchase:
    """Return the purchase that an object is. Raises Invalid."""
    return _sure(read_purchase(value))


def contact_of(value: Mapping[str, JsonValue], *, email: str = "", external_id: str = "") -> ContactRecord:
    """Return an object of the API as a contact under its key; ``_email`` and ``_externalId`` in it stand in where the key is not given."""
    fields = {name: one for name, one in value.items() if name not in READ_ONLY and not is_blank(one)}
    email = email or str(fields.get("_email", ""))
    external_id = external_id or str(fields.get("_externalId", ""))
    return ContactRecord(email=email, external_id=external_id, fields=fields)


def _sure(read: Read[Noun]) -> Noun:
    if read.noun is None:
        raise Invalid([one for one in read.problems if one.blocks])
    return read.noun


class _Shape(NamedTuple, Generic[Noun]):
    """How one kind of object is read: what its names stand for, those that it cannot do without, and what makes the noun."""

    names: Mapping[str, Named]
    needed: tuple[str, ...]
    make: Callable[[dict[str, Any]], Noun]


def _line(found: dict[str, Any]) -> Line:
    quantity, price = found.pop("quantity"), found.pop("price")
    return Line(product=Product(**found), quantity=quantity, price=price)


def _shape(names: tuple[Named, ...], make: Callable[[dict[str, Any]], Noun]) -> _Shape[Noun]:
    needed = tuple(
        name.key
        for name in names
        if name.attribute == "id" or name in LINE or name.attribute.startswith("total_")
    )
    return _Shape({name.key: name for name in names}, needed, make)


_PRODUCT: Final = _shape(PRODUCT, lambda found: Product(**found))
_LINE: Final = _shape((*PRODUCT, *LINE), _line)
_CART: Final = _shape(CART, lambda found: Cart(**found))
_PURCHASE: Final = _shape(PURCHASE, lambda found: Purchase(**found))


def _read(
    value: JsonValue, shape: _Shape[Noun], at: str, reading: Reading, *, lines: bool = False
) -> Read[Noun]:
    """Return the noun that an object is, with every problem of it and of its lines."""
    if not isinstance(value, Mapping):
        return Read(
            None, (problem(at.rstrip("."), say("A JSON object with names and values is expected here.")),)
        )
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    if lines:
        found["lines"] = _lines(value.get(LINES), reading, problems)
    for key, given in value.items():
        name = shape.names.get(key)
        if name is not None:
            if not is_blank(given):
                _take(name, f"{at}{key}", given, reading, found, problems)
        elif key not in READ_ONLY and not (lines and key == LINES):
            problems.append(_ignored(key, shape, f"{at}{key}"))
    problems += [missing(f"{at}{key}") for key in shape.needed if is_blank(value.get(key))]
    if any(one.level == "error" for one in problems):
        return Read(None, tuple(problems))
    return Read(shape.make(found), tuple(problems))


def _ignored(key: object, shape: _Shape[Noun], field: str) -> Problem:
    return unknown_field(str(key), tuple(shape.names), field).model_copy(update={"level": "warning"})


def _take(
    name: Named, field: str, value: JsonValue, reading: Reading, found: dict[str, Any], problems: list[Problem]
) -> None:  # fmt: skip
    """Read one value into ``found``."""
    body, _, said = _reader(name, field, reading)(value)
    problems += said
    if body is None:
        return
    if name.shape == "texts":
        body = tuple(body)
    elif name.shape == "money":
        body = Decimal(body)
    elif name.shape == "moment":
        body = datetime.fromisoformat(body)
    found[name.attribute] = body


@lru_cache(maxsize=4096)  # lines have the same fields again and again
def _reader(name: Named, field: str, reading: Reading) -> Reader:
    """Return what reads a value of ours: its shape says how."""
    if name.attribute == "availability":
        return reader_of(_AVAILABILITY.model_copy(update={"id": field}), reading, remember=False)
    if name.attribute in ("id", "cart_id"):
        return lambda value: id_value(field, reading, value)
    kind = "email" if name.attribute == "email" else "url" if name.attribute in _URLS else _TYPES[name.shape]
    read = reader_of(ShopField(id=field, type=kind), reading, moment=name.attribute == "at", remember=False)
    return partial(categories_value, field, read) if name.attribute == "categories" else read


def _lines(value: JsonValue, reading: Reading, problems: list[Problem]) -> tuple[Line, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        problems.append(
            problem(LINES, say("“{field}” has to be a list, with one object for each line.", field=LINES))
        )
        return ()
    lines: list[Line] = []
    for number, one in enumerate(value):
        read = read_line(one, f"{LINES}.{number}.", reading)
        problems += read.problems
        if read.noun is not None:
            lines.append(read.noun)
    return tuple(lines)


def missing(field: str) -> Problem:
    """Return what is said of a value that is needed and not there."""
    return problem(field, say("“{field}” is empty, and nothing goes without it. Fill it in.", field=field))
