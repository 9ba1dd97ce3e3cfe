"""Script events: JSON in a script, which nothing in it can end, and which says what was meant (R-SYNC-21)."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.tags.told import PURCHASES, TEXTS
from workbench.engine.tags.comparing import plain
from workbench.engine.tags.page import Page
from workbench.engine.tags.script import READY, code, event_script, loader, told
from workbench.errors import Invalid
from workbench.models.tags import SCRIPT_KINDS, ScriptKind

KNIFE: dict[str, Any] = {
    "productId": "p1",
    "name": "Knife",
    "productDetailUrl": "https://shop.example/p1",
    "unitPrice": "60,25",
}
GIVEN: dict[ScriptKind, dict[str, Any]] = {
    "page-visit": {}, "login": {}, "register": {}, "product-visited": KNIFE, "product-searched": KNIFE,
    "product-not-found": {"productId": "p9"}, "search": {"searchText": "knife"}, "newsletter-subscribe": {"email": "ana@example.com"},
    "cart": {"cartId": "c1", "products": [{**KNIFE, "quantity": 1, "price": 60.25}]},
    "purchase": {"purchaseId": "o1", "products": [{**KNIFE, "quantity": 1, "price": "60,25"}]},
    "custom": {"eventId": "size-chosen", "payload": {"size": 38, "deep": [{"__proto__": None}]}},
}  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | TEXTS
    | st.decimals(allow_nan=False, allow_infinity=False, places=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def variable(script: str, name: str) -> Any:
    """Return what a variable of the script holds, by a JSON reader: what we write is JSON."""
    start = script.index(f"var {name} = ") + len(f"var {name} = ")
    return json.JSONDecoder().raw_decode(script[start:].replace('["__proto__"]:', '"__proto__":'))[0]


@pytest.mark.parametrize("kind", SCRIPT_KINDS)
def test_everything_can_be_told_and_waits_for_the_platforms_script(kind: ScriptKind) -> None:
    script = event_script(kind, GIVEN[kind], {"primaryKey": "ana@example.com"})
    events, options = variable(script, "events"), variable(script, "options")
    assert options["entityInfo"] == {"primaryKey": "ana@example.com"}
    assert [one["type"] for one in events] == ([] if kind == "cart" else [kind])
    assert ("cart" in options) == (kind == "cart")
    assert READY in script
    assert "window.connectif.managed.sendEvents(events, options)" in script


@settings(max_examples=25)
@given(JSON)
def test_code_is_json_without_a_sign_that_ends_a_script(value: Any) -> None:
    text = code(value)
    assert not re.search("[<>&\u2028\u2029]", text)
    assert plain(json.loads(text, parse_float=Decimal)) == plain(value)


@settings(max_examples=25)
@given(PURCHASES)
def test_a_purchase_in_a_script_stays_one_script_for_any_reader_of_html(data: dict[str, Any]) -> None:
    script = event_script("purchase", data)
    page = Page(f"<body>{script}<p class=after>")
    assert [element.name for element in page.elements].count("script") == 1
    assert page.first("after") is not None
    events, _ = told("purchase", data)
    assert plain(variable(script, "events")) == plain(json.loads(json.dumps(events, default=float)))


def test_amounts_stand_digit_for_digit() -> None:
    assert (
        code({"a": Decimal("0.10"), "b": Decimal("1E+3"), "c": 10**20})
        == '{\n    "a": 0.10,\n    "b": 1000,\n    "c": 100000000000000000000\n  }'
    )


def test_a_name_that_means_another_thing_in_braces_stays_a_name() -> None:
    assert '["__proto__"]: 1' in code({"__proto__": 1})


@pytest.mark.parametrize("payload", [[1], "x", {"a": float("nan")}, {"a": "\ud800"}])
def test_a_payload_that_is_no_json_object_is_refused(payload: Any) -> None:
    with pytest.raises(Invalid) as caught:
        told("custom", {"eventId": "e", "payload": payload})
    assert caught.value.problems[0].field == "payload"


def test_a_payload_nested_without_end_is_refused() -> None:
    deep: Any = {}
    for _ in range(500):
        deep = {"a": deep}
    with pytest.raises(Invalid):
        told("custom", {"eventId": "e", "payload": deep})


def test_the_loader_has_the_ids_that_the_platform_looks_for() -> None:
    text = loader(" eu8/0f3c6a1e-77aa ")
    assert '<script async id="__cn_generic_script__0f3c6a1e-77aa">' in text
    assert "https://cdn.connectif.cloud/eu8/client-script/0f3c6a1e-77aa" in text
    assert "__cn_client_script_0f3c6a1e-77aa" in text
    assert "https://cdn.connectif.cloud/client-script/abcd" in loader("abcd")


@pytest.mark.parametrize("id", ["", "a b", "https://cdn.connectif.cloud/x", '"><script>', "a" * 80, "é123"])
def test_what_is_no_id_makes_no_loader(id: str) -> None:
    with pytest.raises(Invalid):
        loader(id)
