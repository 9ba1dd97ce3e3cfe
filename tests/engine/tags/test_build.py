"""Tags are written so that the page's script reads from them what was meant, whatever stands in the texts (R-SYNC-19)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from tests.engine.tags.told import CARTS, PRODUCTS
from workbench.engine.tags.amounts import meant_by
from workbench.engine.tags.build import build
from workbench.engine.tags.comparing import as_read, plain
from workbench.engine.tags.lint import lint
from workbench.engine.tags.page import Page
from workbench.engine.tags.reading import client_of, events_of, page_info_of, placeholders_of
from workbench.engine.tags.telling import cart_told, product_told, tagged
from workbench.errors import Invalid
from workbench.models.tags import TAG_KINDS, TagKind

KNIFE: dict[str, Any] = {
    "productId": "p1", "name": "Knife", "productDetailUrl": "https://shop.example/p1", "unitPrice": "60.25",
}  # fmt: skip
GIVEN: dict[TagKind, dict[str, Any]] = {
    "cart": {"cartId": "c1", "products": [{**KNIFE, "quantity": 2, "price": "120.50"}]},
    "purchase": {
        "purchaseId": "o1",
        "cartId": "c1",
        "products": [{**KNIFE, "quantity": 1, "price": "60.25"}],
    },
    "product_visited": KNIFE,
    "product_searched": KNIFE,
    "product_not_found": {"productId": "p9"},
    "search": {"searchText": "  a <b> & 'c' "},
    "login": {},
    "register": {},
    "newsletter_subscribe": {"email": "ana@example.com"},
    "client_info": {
        "primaryKey": "ana@example.com",
        "_name": "Ana <3",
        "_newsletterSubscriptionStatus": "subscribed",
        "vip": True,
        "size": 38,
    },
    "page_info": {"categories": ["/home", " "], "tags": ["new"]},
    "banner": {"id": "top"},
}
READ: dict[TagKind, Any] = {
    "product_not_found": [{"type": "product-not-found", "productId": "p9"}],
    "search": [{"type": "search", "searchText": "a <b> & 'c'"}],
    "login": [{"type": "login"}],
    "register": [{"type": "register"}],
    "newsletter_subscribe": [{"type": "newsletter-subscribe", "email": "ana@example.com"}],
}


def problems(kind: TagKind, data: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        build(kind, data)
    return {one.field: str(one.sentence) for one in caught.value.problems}


@pytest.mark.parametrize("kind", TAG_KINDS)
def test_every_tag_can_be_written_and_none_of_it_is_lost(kind: TagKind) -> None:
    html = build(kind, GIVEN[kind])
    report = lint(f"<!doctype html>{html}")
    assert [one.rule for one in report.findings if one.effect not in ("advice", "missing")] == []
    assert report.tags
    assert all(tag.kept for tag in report.tags)
    page = Page(html)
    if kind in READ:
        assert events_of(page)[:-1] == READ[kind]
    if kind != "banner":
        assert 'style="display:none"' in html


def test_contact_words_and_places_arrive() -> None:
    assert client_of(Page(build("client_info", GIVEN["client_info"]))) == {
        "primaryKey": "ana@example.com", "_name": "Ana <3", "_newsletterSubscriptionStatus": "subscribed", "vip": "true", "size": "38",
    }  # fmt: skip
    info = page_info_of(Page(build("page_info", GIVEN["page_info"])))
    assert (info["categories"], info["tags"]) == (["/home"], ["new"])
    assert placeholders_of(Page(build("banner", GIVEN["banner"]))) == ["top"]


@settings(max_examples=25)
@given(CARTS)
def test_a_cart_is_read_from_its_tag_as_it_was_meant(data: dict[str, Any]) -> None:
    assert plain(as_read(build("cart", data))) == plain(tagged(cart_told(data)))


@settings(max_examples=25)
@given(PRODUCTS)
def test_a_product_is_read_from_its_tag_as_it_was_meant(data: dict[str, Any]) -> None:
    events = events_of(Page(build("product_visited", data)))
    assert plain(events[0]["product"]) == plain(tagged(product_told(data)))


def test_an_emptied_cart_is_shown_with_zeros() -> None:
    html = build("cart", {"cartId": "c1", "products": []} | {"totalQuantity": 0, "totalPrice": 0})
    assert as_read(html) == {"cartId": "c1", "totalQuantity": 0, "totalPrice": 0, "products": []}
    assert as_read(build("cart", {"cartId": "c1", "products": []})) == as_read(html)


@pytest.mark.parametrize(("written", "meant"), [
    ("60,25", "60.25"), ("€60.25", "60.25"), ("1.234,56 €", "1234.56"), ("1,234.56", "1234.56"), ("R$ 1 234,50", "1234.50"), ("12", "12"),
    ("1.234.567", "1234567"), ("0,500", "0.500"), ("1’234.50", "1234.50"),
])  # fmt: skip
def test_a_number_is_written_with_a_point_however_it_was_typed(written: str, meant: str) -> None:
    assert meant_by(written) == (Decimal(meant),)
    html = build("product_visited", {**KNIFE, "unitPrice": written})
    assert events_of(Page(html))[0]["product"]["unitPrice"] == float(meant)


@pytest.mark.parametrize("written", ["1,234", "1.2.3", "ten", "1 2", "1,2,3", "9" * 50])
def test_a_number_that_is_none_or_may_be_two_is_refused_and_never_guessed(written: str) -> None:
    assert "unitPrice" in problems("product_visited", {**KNIFE, "unitPrice": written})


def test_what_the_script_would_drop_is_not_written() -> None:
    found = problems("product_visited", {"productId": "p1"})
    assert set(found) == {"name", "productDetailUrl", "unitPrice"}
    assert all("drop" in one for one in found.values())
    lacking = problems("cart", {"cartId": "c", "products": [{"productId": "p", "quantity": 1, "price": 1}]})
    assert "products.0.name" in lacking
    assert set(problems("purchase", {"products": []})) == {"purchaseId"}


@pytest.mark.parametrize(("kind", "data", "field"), [
    ("search", {}, "searchText"), ("search", {"searchText": "a\x00"}, "searchText"), ("newsletter_subscribe", {"email": "ana"}, "email"),
    ("client_info", {}, "primaryKey"), ("client_info", {"primaryKey": "ana"}, "primaryKey"), ("client_info", {"a b": "1"}, "a b"),
    ("client_info", {"trackerId": "a" * 25}, "trackerId"), ("client_info", {"primary_key": "a@example.com"}, "primary_key"),
    ("client_info", {"size": [1]}, "size"), ("page_info", {"categories": list("abcdefghijk")}, "categories"),
    ("page_info", {"tags": ["x" * 26]}, "tags"), ("banner", {"id": 'a" onload="'}, "id"),
])  # fmt: skip
def test_a_wrong_value_is_named(kind: TagKind, data: dict[str, Any], field: str) -> None:
    assert field in problems(kind, data)
