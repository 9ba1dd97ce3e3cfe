"""Lines of a table gathered to purchases: adjacent or not, in bounded memory, and what cannot be done is said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.shop_tables import record, told
from workbench.engine.shop_rows import Gathering, gather, gathered, gathering_of
from workbench.errors import Refused

HOW = Gathering("order", ("email",), (("sku", "productId"), ("qty", "quantity")))


def row(order: object, sku: str = "P1", **more: object) -> dict[str, Any]:
    return {"order": order, "email": f"{order}@example.com", "sku": sku, "qty": "1", **more}


def test_lines_that_stand_apart_come_together_in_the_order_of_their_beginnings() -> None:
    rows = [row("A"), row("B"), row("A", "P2", email="")]
    found = [
        (one.cells["order"], [item["productId"] for item in one.cells["products"]])
        for one in gathered(rows, HOW)
    ]
    assert found == [("A", ["P1", "P2"]), ("B", ["P1"])]


def test_a_gathered_row_is_a_purchase() -> None:
    rows = [
        {"purchaseId": "A1", "cartId": "c1", "contactEmail": "ana@example.com", "purchaseDate": "2026-03-01T11:00:00Z",
         "totalQuantity": "3",
         "totalPrice": "25.10", "productId": sku, "quantity": quantity, "price": price}
        for sku, quantity, price in (("P1", "2", "20.00"), ("P2", "1", "5.10"))
    ]  # fmt: skip
    [cells] = gather(rows)
    found = record(cells, entity="purchase")
    assert found.ok, told(found.problems)
    assert [line["price"] for line in found.body["products"]] == [Decimal("20.00"), Decimal("5.10")]


def test_columns_are_known_by_their_names() -> None:
    how = gathering_of(("order_id", "email", "total", "sku", "qty", "unit_price", "line_total"), "order_id")
    assert how == Gathering(
        "order_id",
        ("email", "total"),
        (("sku", "productId"), ("unit_price", "unitPrice"), ("qty", "quantity"), ("line_total", "price")),
    )
    assert gathering_of(("order id", "sku")).by == "order id"
    assert "name" not in dict(gathering_of(("order_id", "name", "sku")).lines), "it may be the customer's"
    assert dict(gathering_of(("purchaseId", "name", "productId")).lines) == {
        "productId": "productId",
        "name": "name",
    }


@pytest.mark.parametrize(
    ("columns", "by", "words"),
    [
        (("a", "sku"), "", "names the purchase"),
        (("a", "sku"), "order", "names the purchase"),
        (("order_id", "a"), "", "product of a line"),
    ],
)
def test_what_no_name_tells_is_asked(columns: tuple[str, ...], by: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        gathering_of(columns, by)


def test_lines_that_do_not_agree_are_told() -> None:
    [found] = gathered([row("A"), row("A", "P2", email="bo@example.com")], HOW)
    assert found.problem is not None
    assert "email" in str(found.problem)
    assert found.lines == 2
    with pytest.raises(Refused, match="Purchase “A”"):
        list(gather([row("A"), row("A", email="x@example.com")], "order"))


def test_a_line_of_nobody_is_told() -> None:
    [found] = gathered([row("", email="")], HOW)
    assert found.problem is not None
    assert "nobody knows whose line" in str(found.problem)


def test_a_purchase_that_comes_back_too_late_is_refused_with_the_fix() -> None:
    rows = [row("A"), row("B"), row("C"), row("D"), row("A")]
    walk = gathered(rows, HOW, most=2)
    assert [next(walk).cells["order"], next(walk).cells["order"]] == ["A", "B"], (
        "the oldest is given out first"
    )
    with pytest.raises(Refused, match="Sort the table by “order”"):
        list(walk)


def test_a_column_of_something_else_is_found_out() -> None:
    with pytest.raises(Refused, match="more than 10000 lines"):
        list(gathered((row("EUR", f"P{at}") for at in range(10_002)), HOW))


def test_no_row_no_purchase() -> None:
    assert list(gather([])) == []


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(0, 99)), max_size=30))
def test_no_line_is_lost_and_none_is_doubled(lines: list[tuple[str, int]]) -> None:
    found = list(gathered([row(order, f"P{at}") for order, at in lines], HOW))
    assert sum(one.lines for one in found) == len(lines)
    assert [one.cells["order"] for one in found] == list(dict.fromkeys(order for order, _ in lines))
    for one in found:
        assert [item["productId"] for item in one.cells["products"]] == [
            f"P{at}" for order, at in lines if order == one.cells["order"]
        ]


@settings(max_examples=40)
@given(st.lists(st.integers(1, 5), max_size=30))
def test_a_sorted_table_of_any_length_needs_room_for_one_purchase(counts: list[int]) -> None:
    rows = [row(f"A{at}", f"P{number}") for at, count in enumerate(counts) for number in range(count)]
    assert [one.lines for one in gathered(rows, HOW, most=1)] == counts
