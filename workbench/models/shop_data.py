"""What a shop knows: contacts, products, carts and purchases, each once; API body, HTML tag and script event are written from these.

Money is ``Decimal`` throughout.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import Sentence

from .base import JsonValue, Noun

Availability = Literal["instock", "outofstock"]


class Product(Noun):
    """A product. ``id`` is the shop's own (store identifier). Empty texts and None are not sent."""

    id: str
    name: str = ""
    url: str = ""
    unit_price: Decimal | None = None
    availability: Availability | None = None
    image_url: str = ""
    thumbnail_url: str = ""
    description: str = ""
    brand: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    priority: int | None = None
    rating: Decimal | None = None
    rating_count: int | None = None
    review_count: int | None = None
    unit_price_original: Decimal | None = None
    unit_price_without_vat: Decimal | None = None
    discounted_amount: Decimal | None = None
    discounted_percentage: Decimal | None = None
    custom_1: str = ""
    custom_2: str = ""
    custom_3: str = ""
    in_stock_units: int | None = None
    is_blacklisted: bool | None = None
    published_at: AwareDatetime | None = None


class Line(Noun):
    """One line of a cart or purchase: a product, how many of it, and what they cost together."""

    product: Product
    quantity: int
    price: Decimal


class Cart(Noun):
    """A cart, whole. An empty one is a cart too: it says that the contact emptied it."""

    id: str
    lines: tuple[Line, ...] = ()
    total_quantity: int = 0
    total_price: Decimal = Decimal(0)


class Purchase(Noun):
    """A purchase. ``at`` has its zone."""

    id: str
    cart_id: str = ""
    email: str = ""
    at: AwareDatetime | None = None
    payment_method: str = ""
    lines: tuple[Line, ...] = ()
    total_quantity: int = 0
    total_price: Decimal = Decimal(0)


class ContactRecord(Noun):
    """A contact as the platform keeps it: the key it goes by, and its fields by their ids on the wire."""

    email: str = ""
    external_id: str = ""
    fields: dict[str, JsonValue] = Field(default_factory=dict)


class CouponSet(Noun):
    """A set of coupons as it was read. ``quantity`` and ``available`` None is unlimited; ``assigned`` and ``available`` lag up to 10 s."""

    id: str
    name: str = ""
    type: str = ""
    code: str = ""
    quantity: int | None = None
    available: int | None = None
    assigned: int | None = None
    workflows: tuple[str, ...] = ()
    created_at: str = ""
    updated_at: str = ""


class CouponSets(Noun):
    """One page of a shop's coupon sets; ``after`` is the next page's, empty where there is none."""

    sets: tuple[CouponSet, ...] = ()
    after: str = ""
    note: Sentence | None = None
    """What lags."""
