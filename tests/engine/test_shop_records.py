"""Rows as what is sent of them: paths, queries, bodies and lines of a file, and every refusal at its field (R-SYNC-02 to R-SYNC-07)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.shop_tables import NOW, PLATFORM, SHOP, plan, record, told
from workbench.engine.event_proposals import propose_columns
from workbench.engine.row_mapping import check_mapping
from workbench.engine.shop_records import Records, check_fields, csv_columns, targets_for
from workbench.models.run import Mapped

ITEMS = '[{"productId": "P1", "quantity": 2, "price": 20.00, "unitPrice": 10}, {"productId": "P2", "quantity": 1, "price": 5.10}]'
PURCHASE: dict[str, Any] = {
    "purchaseId": "A1", "cartId": "c1", "contactEmail": "Ana@EXAMPLE.com", "purchaseDate": "2026-03-01T11:00:00Z", "totalQuantity": "3",
    "totalPrice": "25.10", "products": ITEMS,
}  # fmt: skip
PRODUCT: dict[str, Any] = {
    "productId": "P1", "name": "Pan", "productDetailUrl": "https://shop.example/p1", "unitPrice": "9.90", "categories": "Home/ Pans|Gifts",
}  # fmt: skip


# -- contacts ----------------------------------------------------------------------------------------------------------


def test_a_contact_by_its_address() -> None:
    found = record(
        {"_email": "Ana+B@EXAMPLE.com", "_name": "Ana", "_mobilePhone": "+46701234567", "_externalId": 7}
    )
    assert found.ok
    assert (found.key, found.call, found.parts) == (
        "ana+b@example.com",
        "contact_by_email",
        {"email": "Ana+B@example.com"},
    )
    assert found.body == {"_name": "Ana", "_mobilePhone": "+46701234567", "_externalId": "7"}
    assert found.identifiers == {"email": "Ana+B@example.com", "phone": "+46701234567", "external_id": "7"}


def test_a_contact_by_its_external_id() -> None:
    found = record({"_externalId": " C-1 ", "_email": "ana@example.com"}, by="external_id")
    assert (found.key, found.call, found.parts) == ("C-1", "contact_by_external_id", {"external_id": "C-1"})
    assert found.body == {"_email": "ana@example.com"}


def test_the_documented_contact() -> None:
    golden = json.loads((Path(__file__).parents[1] / "golden/connectif/connectif.json").read_text())
    body = next(one for one in golden["cases"] if one["name"] == "upsert_contact")["request"]["body_json"]
    found = record({"_email": "john.doe@example.org", **body})
    assert (found.ok, found.body) == (True, body)


@pytest.mark.parametrize(
    "cells",
    [{"_name": "Ana"}, {"_email": " ", "_name": "Ana"}, {"_email": None}, {"_email": ["ana@example.com"]}],
)
def test_nobody_is_named(cells: dict[str, Any]) -> None:
    found = record(cells)
    assert not found.ok
    assert "_email" in told(found.problems)


def test_no_refusal_repeats_a_contact() -> None:
    found = record(
        {
            "_email": "ana.maria@example",
            "second_email": "bo.meyer@x",
            "landline": "0701234567",
            "spent": "ana.maria@x.example",
        }
    )
    said = " ".join(told(found.problems).values())
    assert not found.ok
    assert all(text not in said for text in ("ana.maria", "bo.meyer", "0701234567"))
    assert "***" in said


def test_a_constant_fills_every_row() -> None:
    mapping = [
        Mapped(target="_email", column="Mail"),
        Mapped(target="_newsletterSubscriptionStatus", constant="none"),
    ]
    found = Records(PLATFORM, SHOP, plan(), mapping).row({"Mail": "ana@example.com", "other": "x"}, now=NOW)
    assert found.body == {"_newsletterSubscriptionStatus": "none"}


def test_a_field_that_an_import_drops_with_gaps_is_told() -> None:
    found = record({"_email": "ana@example.com", "_points": "", "_name": ""}, how="import")
    assert found.ok
    assert "only where every row" in told(found.warnings)["_points"]
    assert "_name" not in told(found.problems)
    assert record({"_email": "ana@example.com", "_points": ""}).problems == ()


# -- products ----------------------------------------------------------------------------------------------------------


def test_a_product() -> None:
    found = record({**PRODUCT, "availability": "discontinued"}, entity="product")
    assert found.ok
    assert (found.key, found.call, found.parts) == ("P1", "product", {"id": "P1"})
    assert found.body == {
        "name": "Pan", "productDetailUrl": "https://shop.example/p1", "unitPrice": Decimal("9.90"), "categories": ["Home/Pans", "Gifts"],
    }  # fmt: skip
    assert told(found.warnings).keys() == {"availability"}, "what is only read is not sent back (R-SYNC-04)"


def test_a_products_file_has_its_key_first() -> None:
    cells = {
        "name": "Pan",
        "unitPrice": "9.90",
        "tags": "a|b",
        "productDetailUrl": "https://shop.example/p1",
        "productId": 12,
    }
    found = record(cells, entity="product", how="import")
    assert found.csv == ("12", "Pan", "https://shop.example/p1", "9.90", "a|b")
    sync = plan(entity="product", how="import")
    assert csv_columns(PLATFORM, SHOP, sync, [Mapped(target=name, column=name) for name in cells]) == (
        "productId", "name", "productDetailUrl", "unitPrice", "tags",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"unitPrice": "9,90"}, ["unitPrice"]),
        ({"unitPrice": "-1"}, ["unitPrice"]),
        ({"productDetailUrl": "https://other.example/p"}, ["productDetailUrl"]),
        ({"productId": ".."}, ["productId"]),
        ({"discountedAmount": "1.00", "unitPriceOriginal": "12.90"}, ["discountedAmount"]),
    ],
)
def test_a_products_fault_is_told_once(change: dict[str, str], fields: list[str]) -> None:
    found = record({**PRODUCT, **change}, entity="product")
    assert not found.ok
    assert [one.field for one in found.problems if one.blocks] == fields


# -- purchases ---------------------------------------------------------------------------------------------------------


def test_a_purchase() -> None:
    found = record(PURCHASE, entity="purchase")
    assert found.ok, told(found.problems)
    assert (found.key, found.call, found.parts, found.query) == (
        "A1",
        "purchase",
        {},
        {"triggerPurchaseEvent": "true"},
    )
    assert found.body == {
        "purchaseId": "A1", "cartId": "c1", "contactEmail": "Ana@example.com", "purchaseDate": "2026-03-01T11:00:00Z", "totalQuantity": 3,
        "totalPrice": Decimal("25.10"), "products": [
            {"productId": "P1", "unitPrice": Decimal(10), "quantity": 2, "price": Decimal("20.00")},
            {"productId": "P2", "quantity": 1, "price": Decimal("5.10")},
        ],
    }  # fmt: skip
    assert [str(one["price"]) for one in found.body["products"]] == ["20.00", "5.10"], "as they are written"
    assert found.identifiers == {"email": "Ana@example.com"}


def test_nested_lines_and_lines_by_their_fields_are_the_same() -> None:
    nested = record({**PURCHASE, "products": json.loads(ITEMS)}, entity="purchase")
    cells = {**PURCHASE, "sku": ["P1", "P2"], "qty": "[2, 1]", "line": ["20.00", "5.10"], "each": ["10", ""]}
    mapping = [Mapped(target=name, column=name) for name in PURCHASE if name != "products"]
    mapping += [
        Mapped(target=f"products[].{name}", column=column)
        for name, column in {
            "productId": "sku",
            "quantity": "qty",
            "price": "line",
            "unitPrice": "each",
        }.items()
    ]
    by_fields = Records(PLATFORM, SHOP, plan(entity="purchase"), mapping).row(cells, now=NOW)
    assert nested.ok
    assert by_fields.ok, told(by_fields.problems)
    assert by_fields.body == nested.body == record(PURCHASE, entity="purchase").body
    alone = Records(PLATFORM, SHOP, plan(entity="purchase"), mapping).row(
        {**cells, "sku": "P1", "qty": "3", "line": "25.10", "each": ""}, now=NOW
    )
    assert alone.body["products"] == [{"productId": "P1", "quantity": 3, "price": Decimal("25.10")}]
    ragged = Records(PLATFORM, SHOP, plan(entity="purchase"), mapping).row({**cells, "sku": ["P1"]}, now=NOW)
    assert "different numbers of values" in told(ragged.problems)["products"]


@pytest.mark.parametrize(
    ("date", "fire", "query", "warned"),
    [
        ("2026-02-27T11:00:00Z", "auto", "false", False),
        ("2026-02-27T11:00:00Z", "yes", "true", True),
        ("2026-03-01T11:00:00Z", "no", "false", False),
        ("2026-03-01T11:00:00Z", "yes", "true", False),
    ],
)
def test_history_is_quiet(date: str, fire: str, query: str, warned: bool) -> None:
    """R-SYNC-06: what is older than 24 hours starts no automation unless a person says so."""
    found = record({**PURCHASE, "purchaseDate": date}, entity="purchase", fire=fire)
    assert (found.ok, found.query["triggerPurchaseEvent"], bool(found.warnings)) == (True, query, warned)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"purchaseDate": "2026-03-01T11:00:00"}, "purchaseDate", "without its zone"),
        ({"purchaseDate": "2026-03-01"}, "purchaseDate", "without its zone"),
        ({"purchaseDate": "yesterday"}, "purchaseDate", "no time"),
        ({"purchaseDate": "2027-03-01T11:00:00Z"}, "purchaseDate", "in the future"),
        ({"totalPrice": "25,10"}, "totalPrice", "25.10"),
        ({"totalPrice": "25.50"}, "totalPrice", "Write 25.10"),
        ({"totalQuantity": "2"}, "totalQuantity", "Write 3"),
        ({"products": "P1"}, "products", "JSON list of objects"),
        ({"products": "[]"}, "products", "no products"),
        ({"products": '[{"productId": "P1", "quantity": "two", "price": 1}]'}, "products.0.quantity", "whole number"),
        ({"products": '["P1"]'}, "products", "JSON list of objects"),
        ({"contactEmail": "ana"}, "contactEmail", "no “@”"),
        ({"cartId": ""}, "cartId", "the API wants it"),
        ({"purchaseId": ""}, "purchaseId", "Fill it in"),
    ],
)  # fmt: skip
def test_each_fault_of_a_purchase_names_its_field(change: dict[str, Any], field: str, words: str) -> None:
    found = record({**PURCHASE, **change}, entity="purchase")
    assert not found.ok
    said = told(tuple(one for one in found.problems if one.blocks))
    assert words in said[field]


def test_decimal_commas_are_read_where_a_person_said_so() -> None:
    cells = {**PURCHASE, "totalPrice": "25,10"}
    assert record(cells, entity="purchase", decimals="comma").body["totalPrice"] == Decimal("25.10")
    assert record({**PRODUCT, "unitPrice": "9,90"}, entity="product", decimals="comma").body[
        "unitPrice"
    ] == Decimal("9.90")


# -- coupons, targets, mappings ----------------------------------------------------------------------------------------


def test_a_coupon_is_its_code() -> None:
    found = record({"code": "SAVE10"}, entity="coupon", how="import", coupon_set_id="cs_1")
    assert (found.ok, found.key, found.csv, found.call) == (True, "SAVE10", ("SAVE10",), "")
    assert [one.key for one in targets_for(PLATFORM, SHOP, plan(entity="coupon", how="import"))] == ["code"]


def test_targets_begin_with_the_key_and_end_with_the_registry() -> None:
    targets = targets_for(PLATFORM, SHOP, plan(by="external_id"))
    assert (targets[0].key, targets[0].required, targets[-1].key, targets[-1].type) == (
        "_externalId",
        True,
        "likes",
        "array",
    )
    assert [one.key for one in targets_for(PLATFORM, SHOP, plan()) if one.required] == ["_email"]
    products = [one.key for one in targets_for(PLATFORM, SHOP, plan(entity="product")) if one.required]
    assert products == ["productId", "name", "productDetailUrl", "unitPrice"]
    assert "createdAt" not in [one.key for one in targets_for(PLATFORM, SHOP, plan(entity="product"))]


def test_columns_of_a_spreadsheet_find_their_fields() -> None:
    targets = targets_for(PLATFORM, SHOP, plan())
    proposed = propose_columns(targets, ["E-mail", "Sobrenome", "Celular", "plan", "Birthdate"])
    found = {one.target: one.column for one in proposed}
    assert found == {
        "_email": "E-mail",
        "_surname": "Sobrenome",
        "_mobilePhone": "Celular",
        "plan": "plan",
        "_birthdate": "Birthdate",
    }
    assert check_mapping(proposed, targets, ["E-mail", "Sobrenome", "Celular", "plan", "Birthdate"]) == []


def test_an_unknown_field_is_refused_with_the_nearest() -> None:
    targets = targets_for(PLATFORM, SHOP, plan(entity="purchase"))
    mapping = [
        Mapped(target=name, column="x")
        for name in (
            "purchaseId",
            "products[].productId",
            "products[0].price",
            "cardId",
            "products[].qantity",
        )
    ]
    assert [(one.field, "Did you mean" in str(one.sentence)) for one in check_fields(mapping, targets)] == [
        ("cardId", True), ("products[].qantity", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "number",
    [
        "1e999999999",
        "0e999999999",
        "1e-999999999",
        "1e99999999999999999999",
        "9" * 5000,
        "NaN",
        "Infinity",
        "1" * 100,
    ],
)
def test_a_number_that_would_fill_the_memory_is_refused(number: str) -> None:
    lines = f'[{{"productId": {number}, "quantity": {number}, "price": {number}}}]'
    found = record({**PURCHASE, "products": lines}, entity="purchase")
    assert not found.ok
    assert sum(len(str(one.sentence)) for one in found.problems) < 2000


def test_a_stray_representation_names_nobody() -> None:
    found = record({"_email": "ana@example.com", "_name": "Ana"})
    assert repr(found) == "<Record contact_by_email 1 fields, 0 problems>"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["productId", "price", "quantity"]), inner, max_size=3)
    ),
    max_leaves=3,
)


@settings(max_examples=40)
@given(
    st.data(),
    st.sampled_from(["contact", "product", "purchase", "coupon"]),
    st.sampled_from(["single", "import"]),
)
def test_no_row_raises_and_a_file_has_a_cell_for_each_column(
    data: st.DataObject, entity: Any, how: Any
) -> None:
    sync = plan(entity=entity, how=how)
    names = data.draw(
        st.lists(st.sampled_from([one.key for one in targets_for(PLATFORM, SHOP, sync)]), unique=True)
    )
    cells = {name: data.draw(ANYTHING) for name in names}
    records = Records(PLATFORM, SHOP, sync, [Mapped(target=name, column=name) for name in names])
    found = records.row(cells, now=NOW)
    assert found.ok == (not any(one.blocks for one in found.problems))
    if entity != "purchase":
        assert len(found.csv) == len(records.columns)
    if found.ok:
        assert found.key
