"""Products that the platform would refuse, or show wrongly (R-SYNC-04, R-SYNC-05)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.shop_tables import SHOP, told
from workbench.engine.shop_products import category_of, check_product, host_in
from workbench.models.shop import ShopSettings
from workbench.models.shop_data import Product


def product(**fields: Any) -> Product:
    right: dict[str, Any] = {
        "id": "P1",
        "name": "Pan",
        "url": "https://shop.example/p1",
        "unit_price": Decimal("9.90"),
    }
    return Product(**{**right, **fields})


def said(**fields: Any) -> dict[str, str]:
    return told(check_product(product(**fields), SHOP))


def test_a_right_product_has_no_problem() -> None:
    assert said() == {}
    assert (
        said(
            unit_price_original=Decimal("12.90"),
            discounted_amount=Decimal("3.00"),
            discounted_percentage=Decimal(23),
        )
        == {}
    )


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"id": " "}, "productId", "nothing goes without it"),
        ({"id": ".."}, "productId", "another folder"),
        ({"name": ""}, "name", "nothing goes without it"),
        ({"url": ""}, "productDetailUrl", "nothing goes without it"),
        ({"url": "shop.example/p"}, "productDetailUrl", "no absolute address"),
        ({"url": "//shop.example/p"}, "productDetailUrl", "neither http nor https"),
        ({"url": "ftp://shop.example/p"}, "productDetailUrl", "no absolute address"),
        ({"url": "https://shop.example/a b"}, "productDetailUrl", "blank"),
        ({"url": "https://[shop.example/p"}, "productDetailUrl", "typing errors"),
        ({"url": "https%3A%2F%2Fshop.example"}, "productDetailUrl", "percent-encoded as a whole"),
        ({"url": "https://other.example/p"}, "productDetailUrl", "allowed domains"),
        ({"image_url": "pic.png"}, "imageUrl", "no absolute address"),
        ({"unit_price": None}, "unitPrice", "nothing goes without it"),
        ({"unit_price": Decimal("-0.01")}, "unitPrice", "less than 0"),
        ({"discounted_percentage": Decimal(101)}, "discountedPercentage", "100 is the most"),
        ({"unit_price_original": Decimal("9.00")}, "unitPriceOriginal", "Exchange the two"),
        ({"unit_price_original": Decimal("12.90"), "discounted_amount": Decimal("2.00")}, "discountedAmount", "Write 3.00"),
        ({"unit_price_original": Decimal("12.90"), "discounted_percentage": Decimal(10)}, "discountedPercentage", "Write 23.26"),
        ({"categories": ("Pans", " / ")}, "categories", "blank"),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_its_fix(fields: dict[str, Any], field: str, words: str) -> None:
    found = check_product(product(**fields), SHOP)
    assert [one.field for one in found if one.blocks] == [field]
    assert words in str(found[0].sentence)


def test_a_discount_without_its_original_price_is_doubted() -> None:
    found = check_product(product(discounted_amount=Decimal(1), discounted_percentage=Decimal(5)), SHOP)
    assert [(one.field, one.level) for one in found] == [
        ("discountedAmount", "warning"),
        ("discountedPercentage", "warning"),
    ]


def test_domains_are_read_as_the_platform_writes_them() -> None:
    """E0103's own sample has ``http://www.mysite.com``."""
    for url in ("http://www.shop.example/p", "https://SHOP.example:443/p", "https://shop.example./p"):
        assert said(url=url) == {}
    below = check_product(product(url="https://m.shop.example/p"), SHOP)
    assert [one.level for one in below] == ["warning"], "whether it takes what lies below is not known"
    assert "productDetailUrl" in said(url="https://notshop.example/p")
    assert check_product(product(url="https://any.example/p"), ShopSettings()) == (), "no list: all are taken"
    assert host_in("https://Pão.example") == "xn--po-sia.example"


def test_fields_are_led_by_their_place() -> None:
    assert [one.field for one in check_product(product(name=""), SHOP, at="products.2.")] == [
        "products.2.name"
    ]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("/Home / Pans/", "/Home/Pans"),
        ("Home", "Home"),
        ("a//b", "a/b"),
        ("/", "/"),
        ("  ", ""),
        ("a /b", "a/b"),
    ],
)
def test_categories(text: str, right: str) -> None:
    assert category_of(text) == right


@settings(max_examples=40)
@given(st.text("ab/ ", max_size=12))
def test_a_category_put_right_stays_so(text: str) -> None:
    assert category_of(category_of(text)) == category_of(text)


@settings(max_examples=60)
@given(st.decimals(0, 10**6, places=2), st.decimals(0, 10**6, places=2))
def test_a_discount_that_was_reckoned_is_taken(price: Decimal, off: Decimal) -> None:
    original = price + off
    percentage = (off * 100 / original).quantize(Decimal(1)) if original else Decimal(0)
    assert (
        said(
            unit_price=price,
            unit_price_original=original,
            discounted_amount=off,
            discounted_percentage=percentage,
        )
        == {}
    )
