"""Whether a purchase that was found is the one that was sent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.sync_calls import exact_json
from workbench.engine.sync_same import differences

AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=2)
LINES = st.builds(
    lambda id, quantity, price: {"productId": id, "quantity": quantity, "price": price, "name": "x"},
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5), st.integers(1, 9), AMOUNTS,
)  # fmt: skip


@st.composite
def purchases(draw: st.DrawFn) -> dict[str, Any]:
    lines = draw(st.lists(LINES, min_size=1, max_size=4, unique_by=lambda line: line["productId"]))
    return {
        "purchaseId": "P-1", "cartId": "C-1", "contactEmail": draw(st.sampled_from(["ana@example.com", "Bo@example.com"])),
        "purchaseDate": "2026-01-10T12:00:00+00:00", "paymentMethod": draw(st.sampled_from(["card", "cash"])), "products": lines,
        "totalQuantity": sum(line["quantity"] for line in lines), "totalPrice": sum(line["price"] for line in lines),
    }  # fmt: skip


@settings(max_examples=40)
@given(purchases())
def test_what_was_sent_is_found_again_as_json_has_it(sent: dict[str, Any]) -> None:
    found = json.loads(exact_json(sent))
    assert differences(sent, {**found, "id": "65c", "createdAt": "2026-01-10T12:00:01Z"}) == ()
    assert differences(sent, {**found, "products": found["products"][::-1]}) == ()


@given(
    purchases(),
    st.sampled_from(
        ["totalPrice", "totalQuantity", "cartId", "contactEmail", "paymentMethod", "purchaseDate"]
    ),
)
def test_each_other_value_is_told(sent: dict[str, Any], name: str) -> None:
    others = {
        "totalPrice": sent["totalPrice"] + Decimal("0.01"), "totalQuantity": sent["totalQuantity"] + 1, "cartId": "C-2",
        "contactEmail": "other@example.com", "paymentMethod": "voucher", "purchaseDate": "2026-01-10T12:00:02Z",
    }  # fmt: skip
    assert differences(sent, {**sent, name: others[name]}) == (name,)
    without = {key: value for key, value in sent.items() if key != name}
    assert differences(sent, without) == (), "what the answer does not tell is no difference"


@settings(max_examples=40)
@given(purchases())
def test_other_lines_are_told(sent: dict[str, Any]) -> None:
    first, *rest = sent["products"]
    for lines in (
        [{**first, "quantity": first["quantity"] + 1}, *rest],
        rest,
        [*sent["products"], {**first, "productId": "other!"}],
    ):
        assert differences(sent, {**sent, "products": lines}) == ("products",)
    assert differences(sent, {**sent, "products": [{"id": "no product's id"}]}) == ()


@pytest.mark.parametrize(("one", "other"), [
    ("2026-01-10T12:00:00Z", "2026-01-10T13:00:00+01:00"),
    ("2026-01-10T12:00:00.500Z", "2026-01-10T12:00:00+00:00"),
    ("no date", "no date"),
])  # fmt: skip
def test_a_moment_in_another_spelling_is_the_same(one: str, other: str) -> None:
    assert differences({"purchaseDate": one}, {"purchaseDate": other}) == ()


def test_what_is_no_number_is_no_amount() -> None:
    assert differences({"totalPrice": Decimal(1)}, {"totalPrice": True}) == ("totalPrice",)
    assert differences({"totalPrice": Decimal(1)}, {"totalPrice": "one"}) == ("totalPrice",)
    assert differences({"totalPrice": Decimal("1.10")}, {"totalPrice": "1.1"}) == ()


@pytest.mark.parametrize(
    "amount", ["sNaN", "NaN", "Infinity", "1e9999999999", "one", "9" * 5_000, None, [], {}]
)
def test_no_amount_that_is_found_ends_the_comparison(amount: Any) -> None:
    found = {"totalPrice": amount, "products": [{"productId": "A", "quantity": amount, "price": amount}]}
    sent = {"totalPrice": Decimal(1), "products": [{"productId": "A", "quantity": 1, "price": Decimal(1)}]}
    assert differences(sent, found) == (() if amount is None else ("totalPrice", "products"))
