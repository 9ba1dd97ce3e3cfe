"""Rules: what a requirement means for bodies of any shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.models.provider import Answer, Endpoint, Requirement
from workbench.sandbox.rules import LONGEST_LIST, addresses_in, refusal_of, refused_items, satisfied

NO = Answer(status=400, body={"message": "no"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["to", "email", "from", "a"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def rule(*paths: str, **more: Any) -> Requirement:
    return Requirement(paths=paths, refusal=NO, **more)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"a": 1}, True),
        ({"a": 0}, True),
        ({"b": "x"}, True),
        ({"a": "", "b": "x"}, True),
        ({"a": ""}, False),
        ({"a": None}, False),
        ({"a": []}, False),
        ({"a": {}}, False),
        ({"a": False}, False),
        ({}, False),
        ([], False),
        ("a", False),
        (None, False),
    ],
)
def test_present_is_one_of_the_paths_with_something_in_it(body: Any, kept: bool) -> None:
    assert satisfied(rule("a", "b"), body) is kept


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"p": [{"to": [1]}]}, True),
        ({"p": [{"to": [1]}, {"to": [2]}]}, True),
        ({"p": [{"to": [1]}, {}]}, False),
        ({"p": [{"to": [1]}, {"to": []}]}, False),
        ({"p": [{"to": [1]}, None]}, False),
        ({"p": []}, False),
        ({"p": {"to": [1]}}, False),
        ({"p": "to"}, False),
    ],
)
def test_behind_brackets_every_element_counts(body: Any, kept: bool) -> None:
    assert satisfied(rule("p[].to[0]"), body) is kept


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"to": [{"email": "a@example.com"}]}, True),
        ({"to": [{"email": "a@example.com"}, {"email": "b@example.com"}]}, True),
        ({"to": [{"email": "a@example.com"}, {"email": "b"}]}, False),
        ({"to": [{"email": "a@example.com"}, {}]}, False),
        ({"to": [{"email": ["a@example.com"]}]}, False),
        ({"to": [{"email": "a" * 400 + "@example.com"}]}, False),
        ({"v": [{"to": [{"email": "a@example.com"}]}]}, True),
        ({"to": [{"email": "x"}], "v": [{"to": [{"email": "a@example.com"}]}]}, False),
        ({}, False),
    ],
)
def test_email_wants_an_address_wherever_one_stands(body: Any, kept: bool) -> None:
    assert satisfied(rule("to[].email", "v[].to[].email", rule="email"), body) is kept


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a@example.com", ["a@example.com"]),
        (" Ana <a@example.com> ", ["a@example.com"]),
        ("a@example.com, B <b@example.com>", ["a@example.com", "b@example.com"]),
        ('"Lima, Ana" <a@example.com>,b@example.com', ["a@example.com", "b@example.com"]),
        ('"a\\", b" <a@example.com>', ["a@example.com"]),
        (["a@example.com", "b@example.com"], ["a@example.com", "b@example.com"]),
        ({"email": "a@example.com", "name": "A"}, ["a@example.com"]),
        ("a@example.com,", ["a@example.com", ""]),
        ("", [""]),
        (7, [""]),
        ({}, [""]),
    ],
)
def test_addresses_are_found_in_every_spelling(value: Any, found: list[str]) -> None:
    assert addresses_in(value) == found


@pytest.mark.parametrize(
    ("to", "kept"),
    [
        ("Ana <a@example.com>, b@example.com", True),
        (["a@example.com", "Ana <b@example.com>"], True),
        ("a@example.com, b", False),
        ("a@example.com,", False),
        ("Lima, Ana <a@example.com>", False),
        ("x" * (LONGEST_LIST + 1), False),
    ],
)
def test_address_wants_all_of_them_to_be_addresses(to: Any, kept: bool) -> None:
    assert satisfied(rule("to", rule="address"), {"to": to}) is kept


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"to": [1, 2], "cc": [3]}, True),
        ({"to": [1, 2], "cc": [3, 4]}, False),
        ({"to": "a@example.com, b@example.com, c@example.com"}, True),
        ({"to": "a@example.com, b@example.com", "cc": "c@example.com, d@example.com"}, False),
        ({"to": ", , ,"}, True),
        ({}, True),
        ({"to": 9}, True),
    ],
)
def test_most_counts_what_the_paths_hold_together(body: Any, kept: bool) -> None:
    assert satisfied(rule("to", "cc", most=3), body) is kept


@settings(deadline=None)
@given(
    JSON,
    st.sampled_from(["to", "to[].email", "$", "[].a", "a[0].to", "to[][].email"]),
    st.sampled_from(["present", "email", "address"]),
)
def test_any_body_gets_a_verdict(body: Any, path: str, kind: str) -> None:
    assert satisfied(rule(path, rule=kind), body) in (True, False)
    assert satisfied(rule(path, most=1), body) in (True, False)


# of the whole, and of each ----------------------------------------------------------------------------------------


def endpoint(each: str | None, *rules: Requirement) -> Endpoint:
    return Endpoint(
        key="k",
        title="t",
        url="https://x.example/y",
        accepted=Answer(status=200, each=each),
        requirements=rules,
    )


def test_the_first_broken_rule_refuses() -> None:
    other = Answer(status=422)
    made = endpoint(None, rule("a"), Requirement(paths=("b",), refusal=other))
    assert refusal_of(made, {}) == NO
    assert refusal_of(made, {"a": 1}) == other
    assert refusal_of(made, {"a": 1, "b": 1}) is None
    assert refused_items(made, {}) == {}


@pytest.mark.parametrize(
    ("each", "path", "wrap"), [("$", "[].to", list), ("items", "items[].to", lambda x: {"items": x})]
)
def test_rules_of_an_element_refuse_that_element_alone(each: str, path: str, wrap: Any) -> None:
    made = endpoint(each, rule(path))
    body = wrap([{"to": "a"}, {"to": ""}, {}, 7])
    assert refusal_of(made, body) is None
    assert {index: element for index, (_, element) in refused_items(made, body).items()} == {
        1: {"to": ""},
        2: {},
        3: 7,
    }
    assert refused_items(made, {"items": None}) == {}


def test_a_rule_about_the_number_of_elements_is_one_of_the_whole() -> None:
    made = endpoint("$", rule("$", most=2), rule("[].to"))
    assert refusal_of(made, [{"to": 1}] * 3) == NO
    assert refusal_of(made, [{}] * 2) is None
