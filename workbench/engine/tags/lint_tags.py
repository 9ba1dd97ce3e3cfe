"""LINT TAGS: one tag of each kind: what of it the script drops, changes or never reads (R-SYNC-20)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from workbench.engine.shop_money import plain_amount, same_amount
from workbench.engine.shop_names import CART, LINE, Named
from workbench.sentence import say

from .lint_texts import EXAMPLE_MOMENT, check_choice, check_moment
from .lint_values import check_number, closed_early, found
from .noting import Notes, seen
from .page import Element
from .reading import (
    ITEM,
    PURCHASE_TAGGED,
    TAGGED,
    Value,
    cart_in,
    product_in,
    purchase_in,
)


def check_product(notes: Notes, element: Element, tag: str, *, line: bool = False) -> None:
    """Note what is lost of a product; with ``line`` also of its quantity and price."""
    _check_values(notes, element, tag, TAGGED)
    url = notes.page.first("url", element)
    text = notes.page.text(url) if url is not None else ""
    if url is not None and text and not text.lower().startswith(("http://", "https://")):
        notes.add(
            "url_not_whole", "warning", "advice", url, tag,
            say("“{value}” is sent as it is, and is no whole address: the platform cannot tell the product by it.", value=seen(text)),
            say("Write the whole address, with https:// and the shop's name."), field="url", value=text,
        )  # fmt: skip
    check_choice(notes, element, tag, "availability")
    near_names(notes, element, tag, [named.tag for named in (*TAGGED, *LINE)])
    if line:
        _check_line(notes, element, tag)


def check_cart(notes: Notes, element: Element) -> None:
    """Note what is lost of a cart, and of its products."""
    page = notes.page
    if not any(page.first(named.tag, element) for named in CART) and not page.first(ITEM, element):
        notes.add(
            "empty_cart_not_shown", "error", "dropped", element, "cn_cart",
            say("The cart is empty and has no values, so it is dropped: the cart of the page before stands, and counts as abandoned."),
            closed_early(element) or say("Show an emptied cart too: cart_id, total_quantity 0 and total_price 0."),
        )  # fmt: skip
        return
    _check_values(notes, element, "cn_cart", CART)
    _check_lines(notes, element, "cn_cart", cart_in(page, element))
    near_names(notes, element, "cn_cart", [*(named.tag for named in CART), ITEM])


def check_purchase(notes: Notes, element: Element) -> None:
    """Note what is lost of a purchase, and of its products."""
    page = notes.page
    _check_values(notes, element, "cn_purchase", PURCHASE_TAGGED)
    value = purchase_in(page, element)
    _check_lines(notes, element, "cn_purchase", value)
    near_names(notes, element, "cn_purchase", [*(named.tag for named in PURCHASE_TAGGED), ITEM])
    moment = page.first("purchase_date", element)
    if moment is not None and (text := page.text(moment)):
        check_moment(notes, moment, "cn_purchase", "purchase_date", text)
    elif moment is None:
        notes.add(
            "no_date", "note", "advice", element, "cn_purchase", say("There is no purchase_date in it."),
            say("Add it as {example}, with its zone.", example=EXAMPLE_MOMENT), field="purchase_date",
        )  # fmt: skip
    if page.first("cart_id", element) is None:
        notes.add(
            "no_cart_id", "warning", "advice", element, "cn_purchase",
            say("There is no cart_id in it, so the visitor's cart is not taken for bought and counts as abandoned."),
            say("Add the cart's cart_id."), field="cart_id",
        )  # fmt: skip
    if value is not None and not page.first(ITEM, element):
        notes.add(
            "no_products", "warning", "advice", element, "cn_purchase", say("The purchase has no products in it."),
            say("Add a product_basket_item for each product that was bought."),
        )  # fmt: skip


def near_names(notes: Notes, tag_element: Element, tag: str, known: Iterable[str]) -> None:
    """Note classes inside of a tag that are nearly those of a value which is not there."""
    page = notes.page
    absent = tuple(name for name in known if page.first(name, tag_element) is None)
    if not absent:
        return
    asked: set[str] = set()
    for element in page.inside(tag_element):
        for name in element.classes:
            if name in asked or name in _ALL or page.quirks:
                continue
            asked.add(name)
            near = notes.near(name, absent)
            if near:
                notes.add(
                    "near_name", "warning", "unread", element, tag,
                    say("{name} is read by nobody; {field} is what the script looks for.", name=name, field=near),
                    say('Write class="{field}".', field=near), field=name, value=page.text(element),
                )  # fmt: skip


def _check_values(notes: Notes, element: Element, tag: str, names: Iterable[Named]) -> None:
    for named in names:
        if named.shape in ("whole", "money"):
            check_number(notes, element, tag, named, loses=named.needed)
        elif named.shape != "texts":
            found(notes, element, tag, named.tag, loses=named.needed)


def _check_lines(notes: Notes, element: Element, tag: str, value: Value | None) -> None:
    page = notes.page
    lost = False
    for item in page.by_class(ITEM, element):
        outer = item.parent
        while outer is not None and outer is not element and ITEM not in outer.classes:
            outer = outer.parent
        if outer is not element and outer is not None:
            notes.add(
                "item_in_item", "warning", "changed", item, ITEM,
                say("This product lies inside of another one, whose values are mixed with its own."),
                say("Close the product before the next one begins."),
            )  # fmt: skip
            continue
        check_product(notes, item, ITEM, line=True)
        lost = lost or product_in(page, item, line=True) is None
    if value is not None and value["products"] and not lost:
        _check_sums(notes, element, tag, value)


def _check_sums(notes: Notes, element: Element, tag: str, value: Value) -> None:
    for named, total in zip(LINE, ("total_quantity", "total_price"), strict=True):
        parts = [one.get(named.key) for one in value["products"]]
        if any(part is None for part in parts):
            continue
        summed = sum((Decimal(repr(part)) for part in parts), Decimal(0))
        said = Decimal(repr(value[_KEYS[total]]))
        if not same_amount(summed, said) or (named.shape == "whole" and summed != said):
            place = notes.page.first(total, element) or element
            notes.add(
                "totals_differ", "warning", "advice", place, tag,
                say("{total} is {said}, and the products come to {sum}.", total=total, said=plain_amount(said), sum=plain_amount(summed)),
                say("Write the sum of the products' {field}: price is what a line costs together.", field=named.tag), field=total,
            )  # fmt: skip


def _check_line(notes: Notes, element: Element, tag: str) -> None:
    for named in LINE:
        if notes.page.first(named.tag, element) is None:
            notes.add(
                "line_without", "warning", "missing", element, tag,
                say("There is no {field} in it: the product is sent without.", field=named.tag),
                say('Add <span class="{field}">…</span> inside of the product.', field=named.tag), field=named.tag,
            )  # fmt: skip
        else:
            check_number(notes, element, tag, named, loses=False)


_KEYS: Final = {named.tag: named.key for named in CART}
_ALL: Final = frozenset(named.tag for named in (*TAGGED, *LINE, *CART, *PURCHASE_TAGGED)) | {ITEM}
