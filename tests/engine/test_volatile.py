"""What changes each time: learned from repeated answers, guessed by look; proposals that hold for the next answer; the marked diff."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.assertions import check_assertion, run_checks
from workbench.engine.captures import capture, check_captures, with_values
from workbench.engine.proposals import MOST_PROPOSALS, every_place, propose
from workbench.engine.structural_diff import MOST_CHANGES, compare_answers
from workbench.engine.volatile import MOST_PLACES, general, is_learned, learn, look_of, looks_volatile, places
from workbench.models.assertion import Assertion, Capture
from workbench.models.cassette import Answer
from workbench.models.contact import Contact


def answer(tree: Any, **more: Any) -> Answer:
    return Answer(**{"status": 200, "is_json": True, "tree": tree, "elapsed_ms": 3.0, **more})


FIRST = answer({
    "messageId": "0f8b6d8e-7c55-4b5c-9b59-0d0c6e6f7a10", "status": "queued", "count": 2, "at": "2026-11-22T10:00:00Z", "balance": 12,
    "sent": 1763805600, "to": "a***@example.com #3f9a1c",
    "results": [{"id": "SM0123456789abcdef", "ok": True}, {"id": "SM9123456789abcdef", "ok": True}], "errors": [],
}, headers=(("Content-Type", "application/json"), ("Date", "Sun, 22 Nov 2026 10:00:00 GMT")))  # fmt: skip
SECOND = answer({
    **FIRST.tree, "messageId": "1a8b6d8e-7c55-4b5c-9b59-0d0c6e6f7a11", "at": "2026-11-22T10:05:00Z", "balance": 11, "sent": 1763805900,
    "results": [{"id": "SM1123456789abcdef", "ok": True}, {"id": "SM2123456789abcdef", "ok": True}],
}, headers=(("Content-Type", "application/json"), ("Date", "Sun, 22 Nov 2026 10:05:00 GMT")))  # fmt: skip

trees = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab-1", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=10,
)


def test_what_repeated_answers_differ_in_is_learned_one_place_for_all_elements() -> None:
    assert learn([FIRST, SECOND]) == (
        "header.date", "body.messageId", "body.at", "body.balance", "body.sent", "body.results[].id",
    )  # fmt: skip
    assert learn([FIRST, FIRST]) == ()


def test_another_shape_is_no_volatile_value() -> None:
    longer = answer({**FIRST.tree, "results": FIRST.tree["results"] * 2, "count": "2", "new": 1})
    assert learn([FIRST, longer]) == ()


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("body.x", "0f8b6d8e-7c55-4b5c-9b59-0d0c6e6f7a10", True),
        ("body.x", "2026-11-22T10:00:00.000Z", True),
        ("body.x", "2026-11-22", True),
        ("body.x", "123456789012", True),
        ("body.x", "SM0123456789abcdef0123456789abcdef", True),
        ("body.x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc123", True),
        ("body.x", "**** wxyz", True),
        ("body.x", "a***@example.com #3f9a1c", True),
        ("body.x", 1763805600, True),
        ("body.x", 1763805600123, True),
        ("body.message_id", "m-1", True),
        ("body.messageId", 7, True),
        ("body.createdAt", "now", True),
        ("body.results[0].id", 7, True),
        ("body.status", "queued", False),
        ("body.message", "Successfully sent", False),
        ("body.code", 0, False),
        ("body.paid", True, False),
        ("body.valid", "yes", False),
        ("body.id", None, False),
        ("header.date", "x", True),
        ("header.content-type", "application/json", False),
    ],
)
def test_a_value_tells_by_its_look_or_its_name(path: str, value: Any, expected: bool) -> None:
    assert looks_volatile(path, value) is expected


def test_proposals_hold_for_this_answer_and_for_the_next_one() -> None:
    found = propose(FIRST, ("body.balance",))
    for one in (FIRST, SECOND):
        assert [str(verdict.title) for verdict in run_checks(found, one) if not verdict.passed] == []
    by_path = {one.path: one for one in found if one.subject == "json" and one.operator != "length"}
    assert by_path["status"].expected == "queued"
    assert by_path["count"].operator == "equals"
    assert by_path["messageId"].operator == "matches"
    assert (by_path["balance"].operator, by_path["balance"].expected) == ("type", "integer")
    assert (by_path["sent"].operator, by_path["to"].operator) == ("type", "type")
    assert by_path["results[].id"].expected == "string"
    said = str([one.expected for one in found])
    for volatile in ("0f8b6d8e-7c55", "2026-11-22", "1763805600", "SM0123", "a***", "3f9a1c", "12,"):
        assert volatile not in said


@given(trees)
def test_every_proposal_can_be_asked_and_holds_for_its_own_answer(tree: Any) -> None:
    one = answer(tree)
    found = propose(one)
    assert len(found) <= MOST_PROPOSALS
    assert [problem for assertion in found for problem in check_assertion(assertion)] == []
    assert all(verdict.passed for verdict in run_checks(found, one))
    assert len(set(map(str, found))) == len(found)


def test_a_page_is_asserted_by_its_first_words_unless_an_id_is_in_them() -> None:
    page = Answer(
        status=200, text="\nOK, queued\nid 1", headers=(("Content-Type", "text/plain; charset=utf-8"),)
    )
    assert [one.expected for one in propose(page)][:3] == [200, "text/plain", "OK, queued"]
    assert all(
        one.subject != "text"
        for one in propose(Answer(status=200, text="OK 0f8b6d8e-7c55-4b5c-9b59-0d0c6e6f7a10"))
    )


def test_the_places_of_an_answer() -> None:
    assert every_place(answer({"a": [{"b": 1}, {}], "c": None})) == ["a[0].b", "a[1]", "c"]
    assert every_place(answer([1])) == ["[0]"]
    assert len(places(list(range(9000)))) == MOST_PLACES
    assert general("body.a[10][2].b") == "body.a[][].b"
    assert is_learned("body.results[3].id", ["body.results[].id"])
    assert is_learned("body.meta.x", ["body.meta"])
    assert not is_learned("body.metal", ["body.meta"])
    assert look_of("body.x", 3) == ""


# -- the diff ------------------------------------------------------------------------------------------------------------


def test_volatile_differences_are_marked_and_never_dropped() -> None:
    diff = compare_answers(FIRST, SECOND, ("body.balance",))
    why = {change.path: change.volatile for change in diff.changes}
    assert why == {
        "header.date": "looks", "body.messageId": "looks", "body.at": "looks", "body.balance": "learned", "body.sent": "looks",
        "body.results[0].id": "looks", "body.results[1].id": "looks",
    }  # fmt: skip
    assert diff.real == ()
    assert [change.path for change in compare_answers(FIRST, SECOND).real] == ["body.balance"]


def test_a_place_that_came_went_or_changed_its_type_always_means_something() -> None:
    one = answer({"id": "0f8b6d8e-7c55-4b5c-9b59-0d0c6e6f7a10", "token": "x"})
    other = answer({"id": 7, "trace": "y"})
    found = {
        (change.path, change.kind): change.volatile
        for change in compare_answers(one, other, ("body.id", "body.token")).changes
    }
    assert found == {("body.id", "type"): "", ("body.token", "removed"): "", ("body.trace", "added"): ""}


def test_an_element_put_in_is_one_difference() -> None:
    one, other = answer({"items": ["a", "b", "c"]}), answer({"items": ["new", "a", "b", "c"]})
    [change] = compare_answers(one, other).changes
    assert (change.path, change.kind, change.after) == ("body.items[0]", "added", "new")
    [gone] = compare_answers(other, one).changes
    assert (gone.path, gone.kind, gone.before) == ("body.items[0]", "removed", "new")


def test_status_texts_and_an_answer_that_is_no_json_any_more() -> None:
    page = Answer(status=503, text="<h1>Down</h1>")
    changes = compare_answers(answer({"a": 1}), page).changes
    assert [(change.path, change.kind) for change in changes] == [("status", "changed"), ("body", "type")]
    assert compare_answers(page, page).changes == ()
    [change] = compare_answers(page, page.model_copy(update={"text": "Up"})).changes
    assert change.after == "Up"


def test_a_long_difference_is_cut_and_says_so() -> None:
    diff = compare_answers(answer({"a": ["x"] * 900}), answer({"a": ["y"] * 900}))
    assert (len(diff.changes), diff.cut) == (MOST_CHANGES, True)
    [change] = compare_answers(answer("a" * 9000), answer("b" * 9000)).changes
    assert len(change.before) < 2100


@given(trees, trees)
def test_equal_answers_do_not_differ_and_others_do_in_both_directions(one: Any, other: Any) -> None:
    assert compare_answers(answer(one), answer(copy.deepcopy(one))).changes == ()
    there, back = compare_answers(answer(one), answer(other)), compare_answers(answer(other), answer(one))
    assert bool(there.changes) is bool(back.changes)
    assert bool(there.changes) is (one != other or str(one) != str(other))


# -- captures --------------------------------------------------------------------------------------------------------------


def test_values_are_captured_under_names_and_fill_a_later_request() -> None:
    wanted = [
        Capture(name="id", path="messageId"), Capture(name="code", subject="status"), Capture(name="when", subject="header", path="date"),
        Capture(name="gone", path="zebra"),
    ]  # fmt: skip
    found, told = capture(wanted, FIRST)
    assert found == {"id": FIRST.tree["messageId"], "code": 200, "when": "Sun, 22 Nov 2026 10:00:00 GMT"}
    assert [str(one) for one in told] == ["“gone” was not captured: nothing is at zebra."]
    contact = with_values(Contact(variables={"id": "old", "x": 1}), found)
    assert contact.variables["id"] == FIRST.tree["messageId"]
    assert contact.variables["x"] == 1


def test_a_masked_value_is_not_captured_nor_anything_of_no_answer() -> None:
    found, told = capture([Capture(name="token", path="t")], answer({"t": "**** wxyz"}))
    assert found == {}
    assert "is a secret, and masked" in str(told[0])
    assert capture([Capture(name="text", subject="text")], None)[0] == {}
    assert capture([Capture(name="text", subject="text")], answer({"a": 1}))[0] == {"text": '{"a": 1}'}


def test_what_is_wrong_with_captures_is_said() -> None:
    wrong = check_captures([
        Capture(name="1st", path="a"), Capture(name="a", path="a"), Capture(name="a", path="b"), Capture(name="c", path="")
    ])  # fmt: skip
    assert [problem.field for problem in wrong] == ["captures.0.name", "captures.2.name", "captures.3.path"]
    assert Assertion(path="a").operator == "exists"
