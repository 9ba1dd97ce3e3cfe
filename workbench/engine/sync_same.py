"""SYNC SAME: whether the purchase that the platform has is the one that was sent (R-SYNC-09).

Only what both sides say is compared: what is read may lack fields that were written, and has others beside them.
https://api-docs.connectif.cloud/connectif-api/reference/purchases
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from workbench.models.base import JsonValue

SECOND: Final = 1.0
"""Moments that lie this close are the same: some platforms keep no milliseconds."""
_AMOUNTS: Final = ("totalPrice", "totalQuantity")
_TEXTS: Final = ("cartId", "paymentMethod")
_LINE: Final = ("quantity", "price")


def differences(sent: Mapping[str, JsonValue], found: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Return the fields in which the purchase that was found says something else than the one that was sent; none: it is the same."""
    different = [
        name for name in _AMOUNTS if _both(sent, found, name) and not _equal(sent[name], found[name])
    ]
    different += [
        name for name in _TEXTS if _both(sent, found, name) and _text(sent[name]) != _text(found[name])
    ]
    email = "contactEmail"
    if _both(sent, found, email) and _text(sent[email]).casefold() != _text(found[email]).casefold():
        different.append(email)
    date = "purchaseDate"
    if _both(sent, found, date) and not _same_moment(_text(sent[date]), _text(found[date])):
        different.append(date)
    if not _same_lines(_lines(sent), _lines(found)):
        different.append("products")
    return tuple(different)


def _both(sent: Mapping[str, JsonValue], found: Mapping[str, JsonValue], name: str) -> bool:
    return sent.get(name) is not None and found.get(name) is not None


def _equal(one: JsonValue, other: JsonValue) -> bool:
    """Return whether two numbers are equal, whether they came as numbers or as texts."""
    numbers = _number(one), _number(other)
    return None not in numbers and numbers[0] == numbers[1]


def _number(value: JsonValue) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        found = (
            value
            if isinstance(value, Decimal)
            else Decimal(repr(value) if isinstance(value, float) else str(value))
        )
    except (InvalidOperation, ValueError):
        return None
    return found if found.is_finite() else None  # a signalling NaN cannot even be compared


def _text(value: JsonValue) -> str:
    return str(value).strip()


def _same_moment(one: str, other: str) -> bool:
    moments = _moment(one), _moment(other)
    if moments[0] is None or moments[1] is None:
        return one == other
    return abs((moments[0] - moments[1]).total_seconds()) < SECOND


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _lines(purchase: Mapping[str, JsonValue]) -> dict[str, Mapping[str, JsonValue]] | None:
    """Return a purchase's lines by their product; None where it tells no lines, or not of which product they are."""
    products = purchase.get("products")
    if not isinstance(products, (list, tuple)):
        return None
    lines = {
        _text(line["productId"]): line
        for line in products
        if isinstance(line, Mapping) and line.get("productId")
    }
    return lines if len(lines) == len(products) else None


def _same_lines(
    sent: Mapping[str, Mapping[str, JsonValue]] | None, found: Mapping[str, Mapping[str, JsonValue]] | None
) -> bool:
    if sent is None or found is None:
        return True
    return sent.keys() == found.keys() and all(
        _equal(line[name], found[product][name])
        for product, line in sent.items()
        for name in _LINE
        if _both(line, found[product], name)
    )
