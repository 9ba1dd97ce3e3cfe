"""Paths: finding values in parsed JSON of any shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.paths import find, first

BODY = {
    "results": {"id": 7, "none": None},
    "list": [{"a": 1}, {"a": 2}, {"b": 3}, "x"],
    "deep": [[{"a": 1}], [{"a": 2}]],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab$"), inner, max_size=3),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("results.id", [7]),
        ("results.none", [None]),
        ("results.missing", []),
        ("results.id.deeper", []),
        ("list[0].a", [1]),
        ("list[9].a", []),
        ("list[].a", [1, 2]),
        ("list[]", BODY["list"]),
        ("deep[][].a", [1, 2]),
        ("deep[1][0].a", [2]),
        ("results[0]", []),
        ("list.a", []),
        ("$", [BODY]),
        ("", [BODY]),
    ],
)
def test_a_path_leads_to_its_values(path: str, found: list[Any]) -> None:
    assert find(BODY, path) == found
    assert first(BODY, path) == (found[0] if found else None)


def test_a_list_is_entered_from_the_top() -> None:
    assert find([{"a": 1}, {"a": 2}], "[].a") == [1, 2]
    assert find([{"a": 1}, {"a": 2}], "[1].a") == [2]


@settings(deadline=None)
@given(JSON, st.text(alphabet="ab.[]$01 ", max_size=15))
def test_nothing_is_raised_whatever_the_path_and_the_data(value: Any, path: str) -> None:
    assert isinstance(find(value, path), list)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), JSON, min_size=1, max_size=3))
def test_every_member_is_found_under_its_name(value: dict[str, Any]) -> None:
    for name, item in value.items():
        assert find(value, name) == [item]
