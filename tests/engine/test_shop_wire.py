"""One conversion between nouns and the API's JSON: both ways the same, money exact, and every problem told at its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.shop_names import CART, LINE, PRODUCT, PURCHASE
from workbench.engine.shop_wire import (
    cart_of,
    contact_of,
    line_of,
    product_of,
    purchase_of,
    read_cart,
    read_line,
    read_product,
    read_purchase,
    to_api,
)
from workbench.errors import Invalid
from workbench.models.shop_data import Cart, ContactRecord, Line, Product, Purchase

WORDS = (
    st.text("abcdefghijäß 12.-", min_size=1, max_size=10)
    .map(str.strip)
    .filter(lambda text: text not in ("", ".", ".."))
)
MONEY = st.decimals(min_value=0, max_value=10**9, places=2)
PRODUCTS = st.builds(
    Product, id=WORDS, name=st.just("") | WORDS, url=st.sampled_from(["", "https://shop.example/a?b=c"]), unit_price=st.none() | MONEY,
    availability=st.sampled_from([None, "instock", "outofstock"]),
    categories=st.lists(st.sampled_from(["/home/pans", "gifts"]), max_size=2).map(tuple),
    tags=st.lists(WORDS, max_size=2).map(tuple), priority=st.none() | st.integers(-5, 5), rating=st.none() | MONEY,
    is_blacklisted=st.sampled_from([None, True, False]), in_stock_units=st.none() | st.integers(0, 99),
    published_at=st.sampled_from([None, datetime(2024, 5, 1, 10, tzinfo=UTC)]),
)  # fmt: skip
LINES = st.builds(Line, product=PRODUCTS, quantity=st.integers(1, 99), price=MONEY)
PURCHASES = st.builds(
    Purchase, id=WORDS, cart_id=st.just("") | WORDS, email=st.sampled_from(["", "ana@example.com"]), payment_method=st.just("") | WORDS,
    at=st.sampled_from([None, datetime(2024, 5, 1, 10, 0, 0, 120_000, tzinfo=UTC)]), lines=st.lists(LINES, max_size=3).map(tuple),
    total_quantity=st.integers(0, 99), total_price=MONEY,
)  # fmt: skip


@settings(max_examples=60)
@given(PURCHASES)
def test_a_purchase_comes_back_as_it_went(purchase: Purchase) -> None:
    assert purchase_of(to_api(purchase)) == purchase
    cart = Cart(
        id=purchase.id,
        lines=purchase.lines,
        total_quantity=purchase.total_quantity,
        total_price=purchase.total_price,
    )
    assert cart_of(to_api(cart)) == cart
    assert [line_of(to_api(line)) for line in purchase.lines] == list(purchase.lines)
    assert [product_of(to_api(line.product)) for line in purchase.lines] == [
        line.product for line in purchase.lines
    ]


KEYS = st.sampled_from([name.key for name in (*PRODUCT, *LINE, *CART, *PURCHASE)] + ["products", "x"])
OBJECTS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=40)
@given(OBJECTS)
def test_no_object_raises(value: object) -> None:
    for read in (read_product, read_line, read_cart, read_purchase):
        found = read(value)
        assert found.noun is not None or any(one.blocks for one in found.problems)


def test_money_is_exact_and_what_is_empty_is_left_out() -> None:
    made = to_api(Product(id="P1", name="Pan", unit_price=Decimal("0.10"), tags=("a",)))
    assert made == {"productId": "P1", "name": "Pan", "unitPrice": Decimal("0.10"), "tags": ["a"]}
    assert str(made["unitPrice"]) == "0.10"
    assert to_api(Cart(id="c1")) == {
        "cartId": "c1",
        "totalQuantity": 0,
        "totalPrice": Decimal(0),
        "products": [],
    }


def test_a_line_is_its_product_with_quantity_and_price() -> None:
    line = Line(product=Product(id="P1", unit_price=Decimal("5.00")), quantity=2, price=Decimal("10.00"))
    assert to_api(line) == {
        "productId": "P1",
        "unitPrice": Decimal("5.00"),
        "quantity": 2,
        "price": Decimal("10.00"),
    }


def test_times_have_their_zone() -> None:
    at = datetime.fromisoformat("2024-05-01T10:00:00+02:00")
    assert to_api(Purchase(id="A1", at=at))["purchaseDate"] == "2024-05-01T10:00:00+02:00"
    assert to_api(Purchase(id="A1", at=at.astimezone(UTC)))["purchaseDate"] == "2024-05-01T08:00:00Z"


def test_what_is_only_read_is_not_written_back() -> None:
    """R-SYNC-04: ``unverified`` and ``discontinued`` come from the platform and never go there."""
    for word in ("unverified", "discontinued"):
        read = read_product(
            {"id": "x1", "createdAt": "2024", "productId": "P1", "name": "Pan", "availability": word}
        )
        assert read.noun is not None
        assert to_api(read.noun) == {"productId": "P1", "name": "Pan"}
        assert [(one.field, one.level) for one in read.problems] == [("availability", "warning")]


def test_every_problem_is_told_at_its_place() -> None:
    with pytest.raises(Invalid) as told:
        purchase_of(
            {
                "purchaseId": "A1",
                "totalQuantity": "x",
                "products": [{"productId": "P1", "price": "1,50", "quantity": 1}, {"price": 1}],
            }
        )
    fields = [one.field for one in told.value.problems]
    assert fields == [
        "products.0.price",
        "products.1.productId",
        "products.1.quantity",
        "totalQuantity",
        "totalPrice",
    ]


def test_a_field_nobody_knows_is_told_and_left_out() -> None:
    read = read_product({"productId": "P1", "productDetailURL": "https://shop.example"})
    assert read.noun == Product(id="P1")
    assert "productDetailUrl" in str(read.problems[0].sentence)
    assert read.problems[0].level == "warning"


def test_categories_are_trimmed_level_by_level() -> None:
    read = read_product({"productId": "P1", "categories": ["/Home / Pans/", "Gifts"]})
    assert read.noun is not None
    assert read.noun.categories == ("/Home/Pans", "Gifts")
    assert [one.level for one in read.problems] == ["note"]


def test_a_contact_is_its_fields_under_its_key() -> None:
    found = contact_of({"id": "c", "_email": "ana@example.com", "_name": "Ana", "_surname": ""})
    assert found == ContactRecord(
        email="ana@example.com", fields={"_email": "ana@example.com", "_name": "Ana"}
    )
    assert to_api(found) == found.fields


def test_the_documented_contact() -> None:
    """The body of the third-party client in the golden file is what its fields give."""
    golden = json.loads((Path(__file__).parents[1] / "golden/connectif/connectif.json").read_text())
    case = next(one for one in golden["cases"] if one["name"] == "upsert_contact")
    body = case["request"]["body_json"]
    assert to_api(contact_of(body, email="john.doe@example.org")) == body
