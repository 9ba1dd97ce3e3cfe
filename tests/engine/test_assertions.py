"""Checks on an answer: each operator, values of all types, and data that is hostile to a check."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.assertions import TITLES, check_answer, check_assertion, run_checks, title_of
from workbench.engine.kept_answer import answer_of, body_text, json_type, same, too_deep
from workbench.models.assertion import JSON_TYPES, OPERATORS, Assertion
from workbench.models.cassette import Answer
from workbench.models.request import ReplyView

TREE = {
    "result": True,
    "count": 3,
    "ratio": 0.5,
    "name": "Ana",
    "phone": "77",
    "none": None,
    "empty": [],
    "items": [{"id": 1, "sku": "a"}, {"id": 2, "sku": "b"}],
    "some": [{"id": 1}, {"other": 2}],
    "nested": {"deep": {"er": ["x"]}},
}
ANSWER = Answer(
    status=200, headers=(("Content-Type", "application/json; charset=utf-8"), ("X-Id", "abc")), is_json=True, tree=TREE, elapsed_ms=120.4
)  # fmt: skip
PAGE = Answer(status=503, headers=(("Content-Type", "text/html"),), text="<h1>Down</h1>")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def state(answer: Answer = ANSWER, **fields: Any) -> str:
    return check_answer(Assertion(**fields), answer).state


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"subject": "status", "operator": "equals", "expected": 200}, "passed"),
        ({"subject": "status", "operator": "equals", "expected": "200"}, "failed"),
        ({"subject": "status", "operator": "one_of", "expected": [200, 202]}, "passed"),
        ({"subject": "status", "operator": "below", "expected": 300}, "passed"),
        ({"subject": "status", "operator": "below", "expected": 200}, "failed"),
        ({"subject": "header", "path": "content-TYPE", "operator": "contains", "expected": "json"}, "passed"),
        ({"subject": "header", "path": "x-id", "operator": "equals", "expected": "abc"}, "passed"),
        ({"subject": "header", "path": "x-id", "operator": "matches", "expected": "^[a-c]+$"}, "passed"),
        ({"subject": "header", "path": "x-none", "operator": "exists"}, "failed"),
        ({"subject": "header", "path": "x-none", "operator": "exists", "expected": False}, "passed"),
        ({"subject": "header", "path": "x-none", "operator": "equals", "expected": "a"}, "failed"),
        ({"path": "result", "operator": "equals", "expected": True}, "passed"),
        ({"path": "result", "operator": "equals", "expected": 1}, "failed"),
        ({"path": "count", "operator": "equals", "expected": 3.0}, "passed"),
        ({"path": "phone", "operator": "equals", "expected": 77}, "failed"),
        ({"path": "none", "operator": "exists"}, "passed"),
        ({"path": "none", "operator": "equals", "expected": None}, "passed"),
        ({"path": "gone", "operator": "exists"}, "failed"),
        ({"path": "gone", "operator": "exists", "expected": False}, "passed"),
        ({"path": "gone", "operator": "equals", "expected": 1}, "failed"),
        ({"path": "nested.deep.er[0]", "operator": "equals", "expected": "x"}, "passed"),
        ({"path": "items[].id", "operator": "type", "expected": "integer"}, "passed"),
        ({"path": "items[].sku", "operator": "matches", "expected": "^[ab]$"}, "passed"),
        ({"path": "items[].sku", "operator": "equals", "expected": "a"}, "failed"),
        ({"path": "some[].id", "operator": "exists"}, "failed"),
        ({"path": "some[].id", "operator": "type", "expected": "integer"}, "failed"),
        ({"path": "some[].zebra", "operator": "exists", "expected": False}, "passed"),
        ({"path": "empty[]", "operator": "type", "expected": "string"}, "failed"),
        ({"path": "empty", "operator": "length", "expected": 0}, "passed"),
        ({"path": "items", "operator": "length", "expected": "1..2"}, "passed"),
        ({"path": "items", "operator": "length", "expected": ">=3"}, "failed"),
        ({"path": "name", "operator": "length", "expected": "<4"}, "passed"),
        ({"path": "count", "operator": "length", "expected": 1}, "failed"),
        ({"path": "count", "operator": "type", "expected": "number"}, "passed"),
        ({"path": "ratio", "operator": "type", "expected": "integer"}, "failed"),
        ({"path": "$", "operator": "type", "expected": "object"}, "passed"),
        ({"path": "$", "operator": "contains", "expected": "result"}, "passed"),
        ({"path": "nested.deep.er", "operator": "contains", "expected": "x"}, "passed"),
        ({"path": "name", "operator": "contains", "expected": "na"}, "passed"),
        ({"path": "name", "operator": "one_of", "expected": ["Ana", "Bo"]}, "passed"),
        ({"path": "ratio", "operator": "below", "expected": 0.6}, "passed"),
        ({"path": "result", "operator": "below", "expected": 2}, "failed"),
        ({"path": "items", "operator": "matches", "expected": "x"}, "failed"),
        ({"subject": "text", "operator": "contains", "expected": '"result": true'}, "passed"),
        ({"subject": "time", "operator": "below", "expected": 121}, "passed"),
        ({"subject": "time", "operator": "below", "expected": 120}, "failed"),
    ],
)
def test_each_operator(fields: dict[str, Any], expected: str) -> None:
    assert state(**fields) == expected


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"subject": "time", "operator": "equals", "expected": 1}, "operator", "Choose one of: below"),
        ({"path": " ", "operator": "exists"}, "path", "Name the place"),
        ({"subject": "header", "operator": "exists"}, "path", "Name the header"),
        ({"path": "a..b", "operator": "exists"}, "path", "is no place"),
        ({"path": "a[x]", "operator": "exists"}, "path", "is no place"),
        ({"path": "a", "operator": "one_of", "expected": []}, "expected", "Give a list"),
        ({"path": "a", "operator": "type", "expected": "text"}, "expected", "Choose a type"),
        ({"path": "a", "operator": "length", "expected": "many"}, "expected", "Give a length"),
        ({"path": "a", "operator": "length", "expected": True}, "expected", "Give a length"),
        ({"path": "a", "operator": "below", "expected": "9"}, "expected", "Give a number"),
        ({"path": "a", "operator": "matches", "expected": "(a"}, "expected", "bracket"),
        ({"path": "a", "operator": "matches", "expected": 3}, "expected", "as text"),
        ({"path": "a", "operator": "exists", "expected": "yes"}, "expected", "has to be there or not"),
        ({"subject": "text", "operator": "contains", "expected": 3}, "expected", "Give a text"),
        ({"path": "a", "operator": "equals", "expected": "x" * 6000}, "expected", "longer than"),
    ],
)
def test_a_check_that_cannot_be_carried_out_says_which_field_is_wrong(
    fields: dict[str, Any], field: str, words: str
) -> None:
    [problem] = check_assertion(Assertion(**fields), "assertions.2")
    assert problem.field == f"assertions.2.{field}"
    assert words in str(problem.sentence)
    assert state(**fields) == "broken"


def test_json_is_asked_of_json_alone_and_nothing_of_no_answer() -> None:
    assert state(PAGE, path="a", operator="exists") == "broken"
    assert state(PAGE, subject="text", operator="contains", expected="Down") == "passed"
    cut = Answer(status=200, text='{"a": 1', cut=True)
    assert "longer than 64 kB" in str(check_answer(Assertion(path="a", operator="exists"), cut).sentence)
    assert [one.state for one in run_checks([Assertion(path="a", operator="exists")], None)] == ["broken"]


def test_why_it_failed_is_said_with_types_where_values_look_alike() -> None:
    verdict = check_answer(Assertion(path="phone", operator="equals", expected=77), ANSWER)
    assert str(verdict.sentence) == 'It is "77" (string), not 77 (integer).'
    assert str(verdict.title) == "phone is 77"
    assert verdict.found == '"77"'
    missing = check_answer(Assertion(path="some[].id", operator="exists"), ANSWER)
    assert str(missing.sentence) == "It is missing in 1 of 2 elements."


def test_every_check_that_can_be_asked_has_its_words() -> None:
    asked = {(subject, operator) for subject, operators in OPERATORS.items() for operator in operators}
    assert asked == {key for key in TITLES if key[1] != "absent"}
    assert str(title_of(Assertion(path="a", operator="exists", expected=False))) == "a is not there"


def test_an_expression_never_hangs() -> None:
    long = Answer(status=200, is_json=True, tree={"a": "a" * 50_000 + "!"})
    assert state(long, path="a", operator="matches", expected="(a+)+$") == "failed"


@given(
    values,
    values,
    st.sampled_from(["equals", "one_of", "contains", "length", "type", "below", "matches", "exists"]),
)
def test_no_data_makes_a_check_raise(tree: Any, expected: Any, operator: Any) -> None:
    answer = Answer(status=200, is_json=True, tree={"a": tree})
    verdict = check_answer(Assertion(path="a", operator=operator, expected=expected), answer)
    assert verdict.state in ("passed", "failed", "broken")
    assert str(verdict.sentence)
    assert len(verdict.found) < 220


@given(values)
def test_a_value_equals_itself_and_has_one_type(tree: Any) -> None:
    assert same(tree, json.loads(json.dumps(tree)))
    assert json_type(tree) in JSON_TYPES
    assert (
        state(
            Answer(status=200, is_json=True, tree={"a": tree}),
            path="a",
            operator="type",
            expected=json_type(tree),
        )
        == "passed"
    )


def test_a_reply_becomes_an_answer_with_its_texts_masked_and_its_names_kept() -> None:
    reply = ReplyView(
        status=200, headers=(("X-To", "ana"),), body='{"ana": "ana"}', elapsed_ms=1.0, json_body={"ana": "ana", "n": [1, "ana"]}
    )  # fmt: skip
    answer = answer_of(reply, lambda text: text.replace("ana", "***"))
    assert answer.tree == {"ana": "***", "n": [1, "***"]}
    assert answer.headers == (("X-To", "***"),)
    assert body_text(answer) == '{"ana": "***", "n": [1, "***"]}'
    assert answer_of(reply.model_copy(update={"cut": True})).is_json is False
    null = answer_of(ReplyView(status=200, headers=(), body="null", elapsed_ms=1.0))
    assert (null.is_json, null.tree) == (True, None)


def test_a_body_nested_too_deeply_is_text() -> None:
    tree: Any = 1
    for _ in range(150):
        tree = [tree]
    assert too_deep(tree)
    reply = ReplyView(status=200, headers=(), body=json.dumps(tree), elapsed_ms=1.0, json_body=tree)
    assert not answer_of(reply).is_json
