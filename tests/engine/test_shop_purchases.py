"""Carts and purchases whose numbers do not add up, or that cannot have happened (R-SYNC-06, R-SYNC-07)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.shop_tables import NOW, SHOP, told
from workbench.engine.shop_purchases import check_cart, check_purchase, fire_told, fires
from workbench.models.shop_data import Cart, Line, Product, Purchase

PAN = Product(id="P1", name="Pan", url="https://shop.example/p1", unit_price=Decimal("10.00"))
POT = Product(id="P2")


def line(product: Product = PAN, quantity: int = 2, price: str = "20.00") -> Line:
    return Line(product=product, quantity=quantity, price=Decimal(price))


def purchase(**fields: Any) -> Purchase:
    right: dict[str, Any] = {
        "id": "A1", "cart_id": "c1", "email": "ana@example.com", "at": NOW - timedelta(hours=1),
        "lines": (line(), line(POT, 1, "5.00")), "total_quantity": 3, "total_price": Decimal("25.00"),
    }  # fmt: skip
    return Purchase(**{**right, **fields})


def test_a_right_purchase_has_no_problem() -> None:
    assert check_purchase(purchase(), NOW, SHOP) == ()


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"id": ""}, "purchaseId", "Fill it in"),
        ({"cart_id": " "}, "cartId", "the purchase's own id"),
        ({"email": ""}, "contactEmail", "Fill it in"),
        ({"email": "ana.example.com"}, "contactEmail", "no “@”"),
        ({"at": None}, "purchaseDate", "Fill it in"),
        ({"at": NOW + timedelta(minutes=5)}, "purchaseDate", "in the future"),
        ({"total_quantity": 2}, "totalQuantity", "Write 3"),
        ({"total_price": Decimal("25.02")}, "totalPrice", "Write 25.00"),
        ({"total_price": Decimal("-1.00")}, "totalPrice", "less than 0"),
        ({"lines": (line(), line(PAN, 1, "5.00"))}, "products.1.productId", "Make one line of the two"),
        (
            {"lines": (line(), line(POT, 1, "-5.00")), "total_price": Decimal("15.00")},
            "products.1.price",
            "less than 0",
        ),
        ({"lines": (line(), line(POT, 0, "5.00")), "total_quantity": 2}, "products.1.quantity", "at least 1"),
        ({"lines": (), "total_quantity": 0, "total_price": Decimal(0)}, "products", "no products"),
    ],
)
def test_each_fault_is_told_with_its_fix(fields: dict[str, Any], field: str, words: str) -> None:
    found = [one for one in check_purchase(purchase(**fields), NOW, SHOP) if one.blocks]
    assert [one.field for one in found] == [field]
    assert words in str(found[0].sentence)


def test_a_cent_is_rounding() -> None:
    assert check_purchase(purchase(total_price=Decimal("25.01")), NOW, SHOP) == ()


def test_a_line_that_costs_one_piece_is_doubted() -> None:
    found = check_purchase(
        purchase(lines=(line(price="10.00"),), total_quantity=2, total_price=Decimal("10.00")), NOW, SHOP
    )
    assert [(one.field, one.level) for one in found] == [("products.0.price", "warning")]
    assert "2 cost 20.00" in str(found[0].sentence)
    off = check_purchase(
        purchase(lines=(line(price="17.00"),), total_quantity=2, total_price=Decimal("17.00")), NOW, SHOP
    )
    assert [one.level for one in off] == ["warning"], "a discount of the cart is no fault"


def test_a_line_names_its_product_and_nothing_more_is_needed() -> None:
    assert check_purchase(purchase(lines=(line(POT, 3, "25.00"),)), NOW, SHOP) == ()
    foreign = Product(id="P3", url="https://other.example/p")
    found = check_purchase(purchase(lines=(line(foreign, 3, "25.00"),)), NOW, SHOP)
    assert list(told(found)) == ["products.0.productDetailUrl"], "E0103 is foreseen"


def test_a_page_knows_neither_address_nor_cart() -> None:
    assert check_purchase(purchase(email="", cart_id="", at=None), NOW, SHOP, api=False) == ()


def test_the_address_is_masked() -> None:
    found = check_purchase(purchase(email="ana.maria@example"), NOW, SHOP)
    assert "ana.maria" not in str(found[0].sentence)


def test_an_emptied_cart_is_a_cart() -> None:
    assert check_cart(Cart(id="c1")) == ()
    assert list(told(check_cart(Cart(id="", total_quantity=1)))) == ["cartId", "totalQuantity"]
    assert check_cart(Cart(id="c1", lines=(line(),), total_quantity=2, total_price=Decimal("20.00"))) == ()


@pytest.mark.parametrize(
    ("age", "fire", "fired"),
    [
        (1, "auto", True),
        (24, "auto", True),
        (25, "auto", False),
        (25, "yes", True),
        (1, "no", False),
        (None, "auto", False),
    ],
)
def test_history_starts_no_automation_by_itself(
    age: int | None, fire: Literal["auto", "yes", "no"], fired: bool
) -> None:
    assert fires(None if age is None else NOW - timedelta(hours=age), fire, NOW) is fired
    assert str(fire_told(True)) != str(fire_told(False))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 50), st.decimals(0, 10**5, places=2)), min_size=1, max_size=6))
def test_totals_that_are_the_sums_are_taken_and_others_never(lines: list[tuple[int, Decimal]]) -> None:
    made = tuple(
        Line(product=Product(id=f"P{at}"), quantity=quantity, price=price)
        for at, (quantity, price) in enumerate(lines)
    )
    quantity, price = sum(one.quantity for one in made), sum((one.price for one in made), Decimal(0))
    assert check_purchase(purchase(lines=made, total_quantity=quantity, total_price=price), NOW) == ()
    wrong = check_purchase(
        purchase(lines=made, total_quantity=quantity + 1, total_price=price + Decimal("0.02")), NOW
    )
    assert list(told(wrong)) == ["totalQuantity", "totalPrice"]
