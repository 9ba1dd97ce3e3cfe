"""SHOP PURCHASES: carts and purchases whose numbers do not add up, and purchases that cannot have happened (R-SYNC-06, R-SYNC-07)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from workbench.models.base import Problem
from workbench.models.shop import ShopSettings
from workbench.models.shop_data import Cart, Line, Purchase
from workbench.sentence import Sentence, say

from .event_findings import problem
from .shop_moments import moment_text
from .shop_money import CENT, money_text, same_amount
from .shop_people import email_value
from .shop_products import check_product
from .shop_reading import Reading
from .shop_wire import missing
from .strict_json import clip

FRESH: Final = timedelta(hours=24)
"""A purchase older than this is history: by itself it starts no automation."""
AHEAD: Final = timedelta(minutes=1)
"""How far a shop's clock may be before ours."""


def check_cart(cart: Cart, shop: ShopSettings | None = None) -> tuple[Problem, ...]:
    """Return what is wrong with a cart. An empty one is right: it says that the contact emptied it."""
    problems = [] if cart.id.strip() else [missing("cartId")]
    problems += _lines(cart.lines, shop)
    problems += _totals(cart.lines, cart.total_quantity, cart.total_price)
    return tuple(problems)


def check_purchase(
    purchase: Purchase, now: datetime, shop: ShopSettings | None = None, *, api: bool = True
) -> tuple[Problem, ...]:  # fmt: skip
    """Return what is wrong with a purchase at ``now`` (aware).

    ``api``: it goes by the API, which wants the contact's address, the cart and the time; a page's tag does without them.
    """
    problems = [] if purchase.id.strip() else [missing("purchaseId")]
    if api:
        problems += _whole(purchase)
    if purchase.email:
        problems += [
            one for one in email_value("contactEmail", Reading(), purchase.email).problems if one.blocks
        ]
    if purchase.at is not None and purchase.at > now + AHEAD:
        problems.append(problem("purchaseDate", say(
            "“purchaseDate” is {date}, which is in the future. Check the date and its zone.", date=moment_text(purchase.at)
        )))  # fmt: skip
    if not purchase.lines:
        problems.append(problem("products", say(
            "The purchase has no products, and one without any cannot have happened. Give its lines in “products”."
        )))  # fmt: skip
    problems += _lines(purchase.lines, shop)
    problems += _totals(purchase.lines, purchase.total_quantity, purchase.total_price)
    return tuple(problems)


def fires(purchase_at: datetime | None, fire: Literal["auto", "yes", "no"], now: datetime) -> bool:
    """Return whether a purchase starts the platform's automations: ``auto`` is no for one that is older than 24 hours, or has no time."""
    if fire != "auto":
        return fire == "yes"
    return purchase_at is not None and now - purchase_at <= FRESH


def fire_told(fires_now: bool) -> Sentence:
    """Return what ``triggerPurchaseEvent`` means, in plain words."""
    if fires_now:
        return say(
            "The purchase starts what the platform does after a purchase: workflows, messages, counters."
        )
    return say("The purchase is only written down: no workflow and no message starts from it.")


def _whole(purchase: Purchase) -> Iterator[Problem]:
    if not purchase.email.strip():
        yield missing("contactEmail")
    if not purchase.cart_id.strip():
        yield problem("cartId", say(
            "“cartId” is empty, and the API wants it. Give the cart's id; where the shop keeps none, the purchase's own id."
        ))  # fmt: skip
    if purchase.at is None:
        yield missing("purchaseDate")


def _lines(lines: Sequence[Line], shop: ShopSettings | None) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for at, line in enumerate(lines):
        yield from _line(line, f"products.{at}.", shop)
        first = seen.setdefault(line.product.id, at)
        if first != at and line.product.id:
            yield problem(f"products.{at}.productId", say(
                "Product “{id}” stands in line {first} and again in line {second}. Make one line of the two, with their quantity together.",
                id=clip(line.product.id), first=first + 1, second=at + 1,
            ))  # fmt: skip


def _line(line: Line, at: str, shop: ShopSettings | None) -> Iterator[Problem]:
    """Give what is wrong with one line. What it lacks of a product is no fault: the platform knows the product by its id."""
    for found in check_product(line.product, shop, at=at):
        if found.field.removeprefix(at) == "productId" or not _is_absent(line, found.field.removeprefix(at)):
            yield found
    if line.quantity < 1:
        yield problem(f"{at}quantity", say(
            "“{field}” is {value}, and a line has at least 1. Leave out lines without any.", field=f"{at}quantity", value=line.quantity
        ))  # fmt: skip
    if line.price < 0:
        yield _negative(f"{at}price", money_text(line.price))
    elif (
        line.quantity >= 1
        and line.product.unit_price is not None
        and (doubt := _doubt(line, line.product.unit_price))
    ):
        yield problem(f"{at}price", doubt, "warning")


def _is_absent(line: Line, field: str) -> bool:
    product = line.product
    return (field == "name" and not product.name) or (field == "productDetailUrl" and not product.url) or (
        field == "unitPrice" and product.unit_price is None
    )  # fmt: skip


def _doubt(line: Line, unit: Decimal) -> Sentence | None:
    """Return what is said of a line's price that is not about quantity times unit price; a cent for each piece is rounding."""
    right = unit * line.quantity
    if abs(line.price - right) <= CENT * line.quantity:
        return None
    if line.price == unit:
        return say(
            "The line's price is {price}, the price of one; {quantity} cost {right}. Write {right} as the price of the line.",
            price=money_text(line.price), quantity=line.quantity, right=money_text(right),
        )  # fmt: skip
    return say(
        "The line's price is {price}, but {quantity} times {unit} is {right}. Compare it with the source.",
        price=money_text(line.price), quantity=line.quantity, unit=money_text(unit), right=money_text(right),
    )  # fmt: skip


def _totals(lines: Sequence[Line], quantity: int, price: Decimal) -> Iterator[Problem]:
    """Give the totals that are not the sums of their lines."""
    if quantity < 0:
        yield _negative("totalQuantity", str(quantity))
    if price < 0:
        yield _negative("totalPrice", money_text(price))
    counted = sum(line.quantity for line in lines)
    if counted != quantity and quantity >= 0:
        yield problem("totalQuantity", say(
            "“totalQuantity” is {value}, but the lines have {right} together. Write {right}, or complete the lines.",
            value=quantity, right=counted,
        ))  # fmt: skip
    summed = sum((line.price for line in lines), Decimal(0))
    if not same_amount(summed, price) and price >= 0:
        yield problem("totalPrice", say(
            "“totalPrice” is {value}, but the lines cost {right} together. Write {right}; delivery and the like belong in a line of "
            "their own.",
            value=money_text(price), right=money_text(summed),
        ))  # fmt: skip


def _negative(field: str, value: str) -> Problem:
    return problem(
        field,
        say(
            "“{field}” is {value}, and it cannot be less than 0. Compare it with the source.",
            field=field,
            value=value,
        ),
    )
