"""SHOP PRODUCTS: what the platform would refuse of a product, or take and show wrongly (R-SYNC-04, R-SYNC-05)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from workbench.models.base import JsonValue, Level, Problem
from workbench.models.shop import ShopSettings
from workbench.models.shop_data import Product
from workbench.sentence import Sentence, say

from .event_findings import problem
from .shop_money import money_text, same_amount
from .shop_reading import Reader, Value, rewritten
from .shop_texts import LIST_SIGN, wrong_url
from .strict_json import clip

POINTS: Final = Decimal(1)
"""How many points a discount's percentage may lie beside the prices: shops round it."""
_LEVELS: Final = re.compile(r"\s*/\s*")


def check_product(product: Product, shop: ShopSettings | None = None, *, at: str = "") -> tuple[Problem, ...]:
    """Return what is wrong with a product. ``shop`` knows the allowed domains (none: all are). ``at`` leads each field (``products.0.``).

    What must be: an id, a name, an absolute address on an allowed domain (else E0103 or E0201), a unit price of at least 0, and a discount
    that the prices bear out (https://support.connectif.ai/hc/en-us/articles/360014588839-Product-import).
    """
    return tuple(
        problem(f"{at}{field}", sentence, level)
        for field, sentence, level in _found(product, shop.domains if shop else ())
    )


Found = tuple[str, Sentence, Level]


def _found(product: Product, domains: Sequence[str]) -> Iterator[Found]:
    for field, text in (("productId", product.id), ("name", product.name), ("productDetailUrl", product.url)):
        if not text.strip():
            yield (
                field,
                say("“{field}” is empty, and nothing goes without it. Fill it in.", field=field),
                "error",
            )
    if product.id in (".", ".."):
        yield "productId", say("“{field}” is “{value}”, which in an address means another folder. Give it a name of its own.",
                               field="productId", value=product.id), "error"  # fmt: skip
    if product.url.strip():
        yield from _address(product.url, domains)
    for field, text in (("imageUrl", product.image_url), ("thumbnailUrl", product.thumbnail_url)):
        if text and (wrong := wrong_url(field, text)):
            yield field, wrong, "error"
    if product.unit_price is None:
        yield (
            "unitPrice",
            say("“{field}” is empty, and nothing goes without it. Fill it in.", field="unitPrice"),
            "error",
        )
    yield from _amounts(product)
    yield from _discount(product)
    for category in product.categories:
        if not category_of(category).strip("/"):
            yield "categories", say("A category is blank. Name it, or leave it out."), "error"
            break


def _address(url: str, domains: Sequence[str]) -> Iterator[Found]:
    if wrong := wrong_url("productDetailUrl", url):
        yield "productDetailUrl", wrong, "error"
        return
    host = host_in(url)
    if not host:
        yield (
            "productDetailUrl",
            say(
                "The host of “{field}” cannot be read. Check it for typing errors.", field="productDetailUrl"
            ),
            "error",
        )
        return
    fit = _fit(host, tuple(domains))
    if not fit:
        yield "productDetailUrl", say(
            "“{field}” leads to “{host}”, which is not among the shop's allowed domains ({domains}). Correct it, or allow the domain at "
            "the platform and in the shop.",
            field="productDetailUrl", host=clip(host), domains=clip(", ".join(domains), 120),
        ), "error"  # fmt: skip
    elif fit == "below":
        yield "productDetailUrl", say(
            "“{field}” leads to “{host}”, which lies below an allowed domain and is not one itself. See whether the platform allows it.",
            field="productDetailUrl", host=clip(host),
        ), "warning"  # fmt: skip


@lru_cache(maxsize=4096)  # a catalogue's addresses share a few hosts
def _fit(host: str, domains: tuple[str, ...]) -> str:
    """Return ``listed``, ``below`` one that is listed, or an empty text for neither."""
    listed = {host_in(domain) for domain in domains if domain.strip()}
    if not listed or host in listed:
        return "listed"
    return "below" if any(host.endswith(f".{one}") for one in listed) else ""


def host_in(domain: str) -> str:
    """Return the host of an allowed domain or an address, however it is written (``http://www.shop.example``), in small letters."""
    text = domain.strip()
    try:
        found = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    found = found.rstrip(".").lower()
    try:
        return found if found.isascii() else found.encode("idna").decode()
    except UnicodeError:
        return found


def _amounts(product: Product) -> Iterator[Found]:
    for field, amount in (
        ("unitPrice", product.unit_price), ("unitPriceOriginal", product.unit_price_original),
        ("unitPriceWithoutVAT", product.unit_price_without_vat), ("discountedAmount", product.discounted_amount),
        ("discountedPercentage", product.discounted_percentage), ("rating", product.rating),
        ("ratingCount", product.rating_count), ("reviewCount", product.review_count),
    ):  # fmt: skip
        if amount is not None and amount < 0:
            yield field, say("“{field}” is {value}, and it cannot be less than 0. Compare it with the source.",
                             field=field, value=money_text(Decimal(amount))), "error"  # fmt: skip
    if product.discounted_percentage is not None and product.discounted_percentage > 100:
        yield "discountedPercentage", say(
            "“{field}” is {value}, and 100 is the most it can be. Write the percentage without a sign.",
            field="discountedPercentage", value=money_text(product.discounted_percentage),
        ), "error"  # fmt: skip


def _discount(product: Product) -> Iterator[Found]:
    """Give what does not fit between price, original price, and the discount's amount and percentage."""
    price, original = product.unit_price, product.unit_price_original
    amount, percentage = product.discounted_amount, product.discounted_percentage
    if original is None:
        for field, given in (("discountedAmount", amount), ("discountedPercentage", percentage)):
            if given:
                yield field, say(
                    "“{field}” is given and “unitPriceOriginal” is not, so nobody can tell from what. Give the price before the discount.",
                    field=field,
                ), "warning"  # fmt: skip
        return
    if price is None or price < 0 or original < 0:
        return
    if original < price:
        yield "unitPriceOriginal", say(
            "“unitPriceOriginal” is {original}, less than “unitPrice”, {price}. Exchange the two, or leave it out.",
            original=money_text(original), price=money_text(price),
        ), "error"  # fmt: skip
        return
    off = original - price
    if amount is not None and not same_amount(amount, off):
        yield "discountedAmount", say(
            "“discountedAmount” is {amount}, but from {original} to {price} it is {right}. Write {right}.",
            amount=money_text(amount), original=money_text(original), price=money_text(price), right=money_text(off),
        ), "error"  # fmt: skip
    if percentage is not None and original and abs(percentage * original - off * 100) > POINTS * original:
        right = (off * 100 / original).quantize(Decimal("0.01"))
        yield "discountedPercentage", say(
            "“discountedPercentage” is {percentage}, but from {original} to {price} it is {right}. Write {right}.",
            percentage=money_text(percentage), original=money_text(original), price=money_text(price), right=money_text(right),
        ), "error"  # fmt: skip


def category_of(text: str) -> str:
    """Return a category with no blanks around its levels and no empty level: `` /Home / Pans/`` is ``/Home/Pans``."""
    levels = _LEVELS.split(text.strip())
    first = "/" if levels[0] == "" and len(levels) > 1 else ""
    return first + "/".join(level for level in levels if level)


def categories_value(id: str, read: Reader, value: JsonValue) -> Value:
    """Read categories as ``read`` reads texts, and put each right, with a note where that changes one."""
    found = read(value)
    if found.body is None:
        return found
    made = [category_of(text) for text in found.body]
    notes = tuple(
        rewritten(id, before, after)
        for before, after in zip(found.body, made, strict=True)
        if before != after
    )
    return Value(made, LIST_SIGN.join(made), (*found.problems, *notes)) if notes else found
