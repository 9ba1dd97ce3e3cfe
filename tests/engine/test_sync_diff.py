"""One digest for what is sent of a record: the same exactly when the same would go again (R-SYNC-27)."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.shop_tables import record
from workbench.engine.shop_records import Record
from workbench.engine.sync_diff import changed_fields, fingerprint, same

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.decimals(-9, 9, places=1)
    | st.text("1a#", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=3,
)
BODIES = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


def digest(body: dict[str, object], key: str = "ana@example.com") -> str:
    return fingerprint("contact", Record(key=key, body=body))


def test_spellings_that_mean_the_same_are_the_same() -> None:
    assert digest({"a": Decimal("1.50"), "b": "x"}) == digest({"b": "x", "a": 1.5})
    assert digest({"a": 1}) == digest({"a": Decimal("1.00")}) == digest({"a": 1.0})
    assert digest({"a": ("x",)}) == digest({"a": ["x"]})


def test_what_means_something_else_differs() -> None:
    told = [
        {"a": 1},
        {"a": "1"},
        {"a": True},
        {"a": None},
        {},
        {"a": [1]},
        {"a": ["#", "1"]},
        {"b": 1},
        {"a": {"#": 1}},
        {"a": ["x", "y"]},
        {"a": ["y", "x"]},
    ]
    assert len({digest(one) for one in told}) == len(told)
    assert digest({}, key="bo@example.com") != digest({})
    assert fingerprint("product", Record(key="1")) != fingerprint("contact", Record(key="1"))


def test_a_row_spelled_otherwise_is_unchanged() -> None:
    first = record({"_email": "Ana@EXAMPLE.com", "spent": "1.50", "vip": "sim", "_points": "7"})
    again = record({"_points": 7.0, "vip": True, "spent": 1.5, "_email": "ana@example.com"})
    assert fingerprint("contact", first) == fingerprint("contact", again)
    assert fingerprint("contact", first) != fingerprint(
        "contact", record({"_email": "ana@example.com", "spent": "1.51"})
    )


def test_fields_that_changed_are_named() -> None:
    assert changed_fields({"a": 1, "b": "x", "c": 1}, {"b": "y", "a": Decimal("1.0"), "d": 2}) == (
        "b",
        "d",
        "c",
    )
    assert changed_fields(None, {"a": 1}) == ("a",)


@settings(max_examples=30)
@given(BODIES, BODIES)
def test_equal_digests_are_equal_bodies(first: dict[str, object], second: dict[str, object]) -> None:
    assert (digest(first) == digest(second)) == same(first, second)
    assert digest(dict(reversed(first.items()))) == digest(first)
    assert (changed_fields(first, second) == ()) >= same(first, second)
