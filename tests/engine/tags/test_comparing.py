"""One cart or purchase says the same as tag, as script event and as API body (R-SYNC-22)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings

from tests.engine.tags.told import CARTS, PURCHASES
from workbench.engine.tags.comparing import ONLY_API, as_read, compare, compared

KNIFE = {
    "productId": "p1",
    "name": "Knife",
    "productDetailUrl": "https://shop.example/p1",
    "unitPrice": "60.25",
    "quantity": 1,
    "price": "60.25",
}


@settings(max_examples=25)
@given(PURCHASES)
def test_a_purchase_is_the_same_by_all_three_ways(data: dict[str, Any]) -> None:
    found = compare("purchase", data)
    assert found.equal
    assert all(one.path.rpartition(".")[2] in ONLY_API for one in found.differences)
    type(found).model_validate_json(found.model_dump_json())


@settings(max_examples=25)
@given(CARTS)
def test_a_cart_is_the_same_by_both_ways(data: dict[str, Any]) -> None:
    found = compare("cart", data)
    assert found.equal
    assert found.differences == ()
    assert found.api is None


def test_what_only_the_api_has_a_place_for_is_told_as_such() -> None:
    found = compare(
        "purchase",
        {"purchaseId": "o", "contactEmail": "ana@example.com", "products": [{**KNIFE, "inStockUnits": 3}]},
    )
    known = {one.path: str(one.known) for one in found.differences}
    assert set(known) == {"contactEmail", "products[0].inStockUnits"}
    assert "cn_client_info" in known["contactEmail"]


def test_a_fault_is_no_known_difference() -> None:
    html = '<div class="cn_purchase" hidden><b class=purchase_id>o</b><b class=total_quantity>1</b><b class=total_price>60,25</b></div>'
    api = {"purchaseId": "o", "totalQuantity": 1, "totalPrice": Decimal("60.25"), "products": []}
    found = compared("purchase", html, "", as_read(html), api, api)
    assert not found.equal
    assert [(one.path, one.tag, one.script, one.api) for one in found.differences] == [
        ("totalPrice", 60, 60.25, 60.25)
    ]


def test_more_digits_than_a_page_keeps_are_said_so() -> None:
    found = compare(
        "purchase", {"purchaseId": "o", "products": [{**KNIFE, "unitPrice": "1.123456789012345678"}]}
    )
    assert found.equal
    assert [str(one.known)[:6] for one in found.differences] == ["A page"]
