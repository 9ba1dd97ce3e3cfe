"""BUILD: a shop's tags as HTML: hidden, every text escaped, every number with a point (R-SYNC-19)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Final

from workbench.engine.shop_money import money_text
from workbench.engine.shop_names import CART, LINE, PRODUCT, PURCHASE, Named
from workbench.models.base import JsonValue
from workbench.models.tags import TagKind

from .reading import CLIENT_KEYS, ITEM
from .telling import (
    Data,
    cart_told,
    contact_told,
    place_told,
    product_told,
    purchase_told,
    tagged,
    text_told,
    words_told,
)

_CLASSES: Final[Mapping[str, str]] = {key: tag for tag, key in CLIENT_KEYS.items()}
_NAMES: Final[Mapping[str, tuple[Named, ...]]] = {
    "cn_cart": CART, "cn_purchase": PURCHASE, "cn_product_visited": PRODUCT, "cn_product_searched": PRODUCT, ITEM: (*PRODUCT, *LINE),
}  # fmt: skip


def build(kind: TagKind, data: Data) -> str:
    """Return the HTML of a tag from values by the names of the wire. Raises Invalid with every problem.

    ``client_info``: ``primaryKey`` (the address), ``trackerId`` and fields by id. ``page_info``: ``categories`` and ``tags``. ``search``:
    ``searchText``. ``product_not_found``: ``productId``. ``newsletter_subscribe``: ``email``. ``banner``: ``id``.
    """
    match kind:
        case "cart":
            return _tag("cn_cart", _noun("cn_cart", tagged(cart_told(data))))
        case "purchase":
            return _tag("cn_purchase", _noun("cn_purchase", tagged(purchase_told(data))))
        case "product_visited" | "product_searched":
            return _tag(f"cn_{kind}", _noun(f"cn_{kind}", tagged(product_told(data))))
        case "product_not_found":
            return _tag("cn_product_not_found", [_value("product_id", text_told(data, "productId"))])
        case "search":
            return _tag("cn_search", [_value("search_text", text_told(data, "searchText"))])
        case "newsletter_subscribe":
            return _tag("cn_newsletter_subscribe", [_value("email", text_told(data, "email", email=True))])
        case "client_info":
            contact = contact_told(data)
            return _tag(
                "cn_client_info", [_value(_CLASSES.get(key, key), text(one)) for key, one in contact.items()]
            )
        case "page_info":
            words = [("cn_page_category", one) for one in words_told(data, "categories")]
            words += [("cn_page_tag", one) for one in words_told(data, "tags")]
            return "\n".join(_hidden("span", tag, escape(one)) for tag, one in words)
        case "banner":
            return f'<div class="cn_banner_placeholder" id="{escape(place_told(data))}"></div>'
        case "login" | "register":
            return _hidden("div", f"cn_{kind}", "")


def text(value: JsonValue) -> str:
    """Return a value as a tag's text: a number in digits with a point."""
    return money_text(value) if isinstance(value, Decimal) else str(value)


def _noun(tag: str, value: Mapping[str, JsonValue]) -> list[str]:
    lines = list(_values(value, _NAMES[tag]))
    for item in value.get("products", ()):
        lines += [f'<div class="{ITEM}">', *(f"  {line}" for line in _values(item, _NAMES[ITEM])), "</div>"]
    return lines


def _values(value: Mapping[str, JsonValue], names: Sequence[Named]) -> Iterator[str]:
    for named in names:
        if named.key in value:
            one = value[named.key]
            for each in one if isinstance(one, list) else [one]:
                yield _value(named.tag, text(each))


def _value(name: str, value: str) -> str:
    # a carriage return as it is would become a line feed; an entity stays what it is
    return f'<span class="{name}">{escape(value, quote=False).replace(chr(13), "&#13;")}</span>'


def _tag(tag: str, lines: Sequence[str]) -> str:
    return _hidden("div", tag, "\n" + "".join(f"  {line}\n" for line in lines))


def _hidden(element: str, tag: str, inside: str) -> str:
    return f'<{element} class="{tag}" style="display:none">{inside}</{element}>'
