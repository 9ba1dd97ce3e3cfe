"""COMPARING: one cart or purchase as tag, as script event and as API body, each as it arrives, and where they differ (R-SYNC-22)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, Literal

from workbench.engine.shop_names import CART, LINE, PRODUCT, PURCHASE
from workbench.engine.shop_wire import to_api
from workbench.models.base import JsonValue
from workbench.models.shop_data import Cart
from workbench.models.tags import Comparison, Differing
from workbench.sentence import Sentence, say

from .build import build
from .page import Page
from .reading import cart_of, events_of
from .script import event_script
from .telling import Data, cart_told, purchase_told, tagged

ONLY_API: Final = frozenset(named.key for named in (*PRODUCT, *LINE, *CART, *PURCHASE) if not named.tag)
_BUYER: Final = say("A page says who the visitor is in cn_client_info or entityInfo, not in the purchase.")
_ALONE: Final = say("Only the API has a place for it.")
_DIGITS: Final = say("A page's numbers keep about 15 digits; the API keeps all of them.")
_GONE: Final = object()


def compare(kind: Literal["cart", "purchase"], data: Data) -> Comparison:
    """Return a cart or purchase told three ways. Raises Invalid where it cannot be told, with every problem."""
    noun = cart_told(data) if kind == "cart" else purchase_told(data)
    html = build(kind, data)
    api = None if isinstance(noun, Cart) else to_api(noun)
    return compared(kind, html, event_script(kind, data), as_read(html), tagged(noun), api)


def compared(
    kind: Literal["cart", "purchase"], html: str, code: str, tag: JsonValue, script: JsonValue, api: JsonValue
) -> Comparison:  # fmt: skip
    """Return what arrived by each way beside the others; ``api`` is None for a cart, which the API does not take."""
    ways = (tag, script) if api is None else (tag, script, api)
    differences = tuple(_differences([plain(way) for way in ways], ""))
    return Comparison(
        kind=kind,
        html=html,
        code=code,
        tag=_shown(tag),
        script=_shown(script),
        api=_shown(api),
        differences=differences,
    )


def as_read(html: str) -> JsonValue:
    """Return the cart or purchase that the platform's script reads from a tag; None where it drops it."""
    page = Page(f"<!doctype html><body>{html}")
    if page.first("cn_cart") is not None:
        return cart_of(page)
    return next((event["purchase"] for event in events_of(page) if event["type"] == "purchase"), None)


def plain(value: JsonValue) -> JsonValue:
    """Return a value so that equal ones are equal: numbers as they are worth, without empty lists and what is not there."""
    if isinstance(value, Mapping):
        made = {key: plain(one) for key, one in value.items() if one is not None}
        return {key: one for key, one in made.items() if one != [] or key == "products"}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return value
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    return number.normalize() if number else Decimal(0)


def _differences(ways: list[Any], path: str) -> Iterator[Differing]:
    if all(isinstance(one, dict) for one in ways):
        keys = dict.fromkeys(key for one in ways for key in one)
        for key in keys:
            yield from _differences([one.get(key, _GONE) for one in ways], f"{path}.{key}" if path else key)
    elif all(isinstance(one, list) for one in ways):
        for index in range(max(len(one) for one in ways)):
            inner = [one[index] if index < len(one) else _GONE for one in ways]
            yield from _differences(inner, f"{path}[{index}]")
    elif any(one != ways[0] for one in ways[1:]):
        tag, script, api = (_shown(None if one is _GONE else one) for one in (*ways, None)[:3])
        yield Differing(path=path or "·", tag=tag, script=script, api=api, known=_known(path, ways))


def _known(path: str, ways: list[Any]) -> Sentence | None:
    """Return why a difference has to be, None for one that is a fault."""
    key = path.rpartition(".")[2]
    if key in ONLY_API and all(one is _GONE for one in ways[:2]):
        return _BUYER if key == "contactEmail" else _ALONE
    if all(isinstance(one, Decimal) for one in ways) and len({repr(float(one)) for one in ways}) == 1:
        return _DIGITS
    return None


def _shown(value: JsonValue) -> JsonValue:
    """Return a value fit for JSON: an amount as the number that it is where that is exact, else as its digits."""
    if isinstance(value, Mapping):
        return {key: _shown(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(one) for one in value]
    if not isinstance(value, Decimal):
        return value
    if value == value.to_integral_value() and abs(value) < 2**53:
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else format(value, "f")
