"""READING: the tags of a page as the platform's page script reads them: its rules once more, in our own words, value by value.

After the script's version 1.3.0. An element counts wherever on the page it stands; a value is the first element of its class inside of
the tag; what is not there is left out. Names come from ``shop_names``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.engine.shop_names import CART, LINE, PRODUCT, PURCHASE, Named
from workbench.models.base import JsonValue

from .javascript import NumberRead, as_json, cut, parse_float, parse_int, trim
from .page import Element, Page

ITEM: Final = "product_basket_item"
CLIENT_KEYS: Final[Mapping[str, str]] = {
    "primary_key": "primaryKey", "tracker_id": "trackerId", "_email_status": "_emailStatus",
    "_newsletter_subscription_status": "_newsletterSubscriptionStatus",
}  # fmt: skip
"""The classes of a contact's values that are called otherwise on the wire; every other one goes by its class."""
MOST_WORDS: Final = 10
TAG_LENGTH: Final = 25
TITLE_LENGTH: Final = 50
TRACKER_LENGTH: Final = 24
TAGGED: Final = tuple(named for named in PRODUCT if named.tag)
PURCHASE_TAGGED: Final = tuple(named for named in PURCHASE if named.tag)

Value = dict[str, JsonValue]


def number_of(page: Page, element: Element, named: Named) -> NumberRead:
    """Return the number that the script reads of an element: whole ones by ``parseInt``, others by ``parseFloat``."""
    text = page.text(element)
    return parse_int(text) if named.shape == "whole" else parse_float(text)


def values_of(page: Page, tag: Element, names: tuple[Named, ...]) -> Value:
    """Return the values of a tag by the names of the wire, those that the script finds."""
    found: Value = {}
    for named in names:
        if named.shape == "texts":
            texts = (page.text(element) for element in page.by_class(named.tag, tag))
            found[named.key] = [text for text in texts if text]
            continue
        element = page.first(named.tag, tag)
        if element is None:
            continue
        if named.shape in ("whole", "money"):
            number = number_of(page, element, named).value
            if number is not None:
                found[named.key] = as_json(number)
        else:
            found[named.key] = page.text(element)
    return found


def kept(value: Value, names: tuple[Named, ...]) -> bool:
    """Whether the script keeps what it read: each needed text says something, each needed number is one, and not below 0."""
    for named in names:
        if named.needed and named.shape == "text" and not value.get(named.key):
            return False
        if named.needed and named.shape != "text":
            number = value.get(named.key)
            if number is None or number < 0:
                return False
    return True


def product_in(page: Page, tag: Element, *, line: bool = False) -> Value | None:
    """Return the product of a tag, with quantity and price for a cart's ``line``; None where the script drops it."""
    key = (tag.number, line)
    if key not in page.read:
        value = values_of(page, tag, (*TAGGED, *LINE) if line else TAGGED)
        page.read[key] = value if kept(value, TAGGED) else None  # also a line without quantity or price
    return page.read[key]


def lines_in(page: Page, tag: Element) -> list[JsonValue]:
    """Return the lines of a cart or purchase that the script keeps."""
    found = (product_in(page, element, line=True) for element in page.by_class(ITEM, tag))
    kept_ones = [value for value in found if value is not None]
    page.spend(len(kept_ones))
    return kept_ones


def cart_in(page: Page, tag: Element) -> Value | None:
    """Return the cart of a tag; None where the script drops it."""
    value = {**values_of(page, tag, CART), "products": lines_in(page, tag)}
    return value if kept(value, CART) else None


def purchase_in(page: Page, tag: Element) -> Value | None:
    """Return the purchase of a tag; None where the script drops it."""
    value = {**values_of(page, tag, PURCHASE_TAGGED), "products": lines_in(page, tag)}
    return value if kept(value, PURCHASE_TAGGED) else None


def cart_of(page: Page) -> Value | None:
    """Return the page's cart: the first tag alone counts, and where that is dropped there is none."""
    tag = page.first("cn_cart")
    return cart_in(page, tag) if tag is not None else None


def client_of(page: Page) -> Value:
    """Return who the page says the visitor is: the direct children of the first tag, by their whole class attribute."""
    tag = page.first("cn_client_info")
    found: Value = {}
    for child in tag.children if tag is not None else ():
        names = child.class_name.split()
        same = (
            [element for element in page.by_class(names[0], tag) if _has_all(page, element, names)]
            if names
            else []
        )
        if same:
            found[CLIENT_KEYS.get(child.class_name, child.class_name)] = page.text(same[0])
    return found


def events_of(page: Page) -> list[Value]:
    """Return the events that the page's tags tell, in the order in which the script gathers them; a visit of the page is always one."""
    found: list[Value] = []
    for kind in ("visited", "searched"):
        products = (product_in(page, tag) for tag in page.by_class(f"cn_product_{kind}"))
        found += [{"type": f"product-{kind}", "product": one} for one in products if one is not None]
    for tag in page.by_class("cn_product_not_found"):
        element = page.first("product_id", tag)
        if element is not None and (id := page.text(element)):
            found.append({"type": "product-not-found", "productId": id})
    found += [{"type": kind} for kind in ("login", "register") if page.first(f"cn_{kind}")]
    if text := text_of(page, "cn_search", "search_text"):
        found.append({"type": "search", "searchText": text})
    if page.first("cn_newsletter_subscribe"):
        email = text_of(page, "cn_newsletter_subscribe", "email")
        found.append({"type": "newsletter-subscribe"} | ({} if email is None else {"email": email}))
    purchases = (purchase_in(page, tag) for tag in page.by_class("cn_purchase"))
    found += [{"type": "purchase", "purchase": one} for one in purchases if one is not None]
    return [*found, {"type": "page-visit"}]


def text_of(page: Page, tag: str, name: str) -> str | None:
    """Return a text of the page's first tag of a kind; None where there is no such element."""
    element = page.first(tag)
    value = page.first(name, element) if element is not None else None
    return page.text(value) if value is not None else None


def page_info_of(page: Page) -> Value:
    """Return what the page says of itself: categories and words, ten of each at most, words cut; title and keywords of its head."""
    categories = [text for element in page.by_class("cn_page_category") if (text := page.text(element))]
    words = [text for element in page.by_class("cn_page_tag") if (text := page.text(element))]
    return {
        "categories": categories[:MOST_WORDS],
        "title": cut(page.title, TITLE_LENGTH),
        "keywords": page.keywords.split(",") if page.keywords else [],
        "tags": [cut(trim(word), TAG_LENGTH) for word in words][:MOST_WORDS],
    }


def placeholders_of(page: Page) -> list[str]:
    """Return the ids of the places for web content."""
    found = (element.attributes.get("id", "") for element in page.by_class("cn_banner_placeholder"))
    return [id for id in found if id]


def _has_all(page: Page, element: Element, names: list[str]) -> bool:
    if page.quirks:
        return {name.lower() for name in names} <= {one.lower() for one in element.classes}
    return set(names) <= set(element.classes)
