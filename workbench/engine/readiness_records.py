"""READINESS RECORDS: the records that a validation writes to see them come back, and whether they came back as they went.

Each is marked as a test, sold out and never fired: nothing a visitor sees, nothing that starts an automation.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from workbench.models.base import JsonValue
from workbench.models.readiness import Validation
from workbench.models.shop import ShopSettings
from workbench.models.shop_data import Line, Product, Purchase
from workbench.sentence import Sentence, say

from .urls import host_of

Record = Literal["contact", "product", "purchase"]
RECORDS: Final[Mapping[str, Record]] = {
    "contacts.api": "contact", "product.api": "product", "purchase.api": "purchase",
}  # fmt: skip
READS: Final[Mapping[Record, tuple[str, str]]] = {
    "contact": ("contact_get", "email"), "product": ("product_get", "id"), "purchase": ("purchase_by_store_id", "id"),
}  # fmt: skip
"""The call that reads a record, and the part of its path that names it."""
WRITES: Final[Mapping[Record, tuple[str, str]]] = {
    "contact": ("contact_by_email", "email"), "product": ("product", "id"), "purchase": ("purchase", ""),
}  # fmt: skip
PRICE: Final = Decimal("1.00")


def trial_key(record: Record, validation: Validation) -> str:
    """Return the id of the test product or purchase of a validation; a contact's address is the person's to give."""
    return "" if record == "contact" else f"workbench-readiness-{validation.id.rpartition('_')[2][:12]}"


def trial_product(settings: ShopSettings, validation: Validation) -> Product:
    """Return a product that nobody can buy, on the first allowed domain."""
    host = next(iter(settings.domains), "") or host_of(settings.site) or "example.com"
    return Product(
        id=trial_key("product", validation), name="Readiness test", url=f"https://{host}/workbench-readiness", unit_price=PRICE,
        availability="outofstock",
    )  # fmt: skip


def trial_purchase(product: Product, email: str, validation: Validation, now: datetime) -> Purchase:
    """Return a purchase of that product."""
    id = trial_key("purchase", validation)
    return Purchase(
        id=id, cart_id=id, email=email, at=now, payment_method="test", lines=(Line(product=product, quantity=1, price=PRICE),),
        total_quantity=1, total_price=PRICE,
    )  # fmt: skip


def differing(went: Mapping[str, JsonValue], came: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the plain values of a record that came back otherwise than they went; what it does not give back is none."""
    return tuple(
        key
        for key, value in went.items()
        if isinstance(value, (str, int, float, Decimal))
        and came.get(key) is not None
        and not _same(value, came[key])
    )


def told(record: Record, key: str) -> Sentence:
    """Return that a record came back, by what it is."""
    match record:
        case "contact":
            return say("The platform has the contact {key}.", key=key)
        case "product":
            return say("The platform has the product {key}.", key=key)
        case "purchase":
            return say("The platform has the purchase {key}.", key=key)


def missing(record: Record, key: str) -> Sentence:
    """Return that the platform does not know a record."""
    match record:
        case "contact":
            return say("The platform does not know the contact {key}.", key=key)
        case "product":
            return say("The platform does not know the product {key}.", key=key)
        case "purchase":
            return say("The platform does not know the purchase {key}.", key=key)


def _same(went: JsonValue, came: JsonValue) -> bool:
    """Return whether two values are the same: numbers by what they are worth, moments as moments, texts as texts."""
    if went == came or str(went) == str(came):
        return True
    try:
        return Decimal(str(went)) == Decimal(str(came))
    except InvalidOperation:
        return _moment(went) is not None and _moment(went) == _moment(came)


def _moment(value: JsonValue) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
