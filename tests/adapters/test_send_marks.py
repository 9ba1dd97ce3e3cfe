"""Marks: who went first, one alone of two at the same moment, and nothing left of what did not go."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from workbench.adapters.database import Database
from workbench.adapters.send_marks import NAMED, Mark, SendMarks

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
MIN = timedelta(minutes=1)


@pytest.fixture
def marks(database: Database) -> SendMarks:
    return SendMarks(database)


async def test_the_first_one_wins_and_the_same_key_again_is_no_double(marks: SendMarks) -> None:
    await marks.keep([("m1", "a"), ("m2", "b")], AT)
    await marks.keep([("m1", "a"), ("m1", "c")], AT + MIN, entry_id="ent_1")
    assert await marks.first(["m1", "m2", "m3"], AT) == {"m1": Mark(AT, "a"), "m2": Mark(AT, "b")}
    assert await marks.first(["m1"], AT + MIN) == {"m1": Mark(AT + MIN, "c", "ent_1")}
    assert await marks.first(["m1"], AT + 2 * MIN) == {}


async def test_who_claims_what_another_has_is_told_when_it_went(marks: SendMarks) -> None:
    assert await marks.claim([("m1", "a"), ("m2", "b")], AT, AT - 10 * MIN) == {}
    assert await marks.claim([("m1", "a")], AT + MIN, AT - 9 * MIN) == {}, "it goes on after a crash"
    assert await marks.claim([("m1", "c"), ("m3", "d")], AT + MIN, AT - 9 * MIN) == {"c": Mark(AT, "a")}
    assert set(await marks.first(["m1", "m2", "m3"], AT - MIN)) == {"m1", "m2", "m3"}
    assert await marks.claim([("m1", "c")], AT + 11 * MIN, AT + MIN) == {}, "the window is over"
    assert await marks.first(["m1"], AT) == {"m1": Mark(AT, "a")}


async def test_of_two_rows_of_one_call_the_first_one_gets_it(marks: SendMarks) -> None:
    assert await marks.claim([("m", "1"), ("m", "2"), ("m", "3")], AT, AT - MIN) == {
        "2": Mark(AT, "1"),
        "3": Mark(AT, "1"),
    }


async def test_of_many_who_ask_at_the_same_moment_one_alone_gets_it(marks: SendMarks) -> None:
    wanted = [[(f"m{n}", f"{who}-{n}") for n in range(50)] for who in range(8)]
    taken = await asyncio.gather(*(marks.claim(one, AT, AT - MIN) for one in wanted))
    assert sum(len(one) for one in taken) == 7 * 50
    for n in range(50):
        assert sum(f"{who}-{n}" not in taken[who] for who in range(8)) == 1


async def test_what_did_not_go_leaves_no_mark(marks: SendMarks) -> None:
    await marks.claim([("m1", "a"), ("m2", "b")], AT, AT)
    await marks.let_go(["a", "unknown"])
    await marks.let_go([])
    assert await marks.claim([("m1", "c"), ("m2", "c2")], AT, AT) == {"c2": Mark(AT, "b")}


async def test_old_marks_are_forgotten(marks: SendMarks) -> None:
    await marks.keep([("m1", "a")], AT)
    await marks.keep([("m2", "b")], AT + MIN)
    assert await marks.forget(AT + MIN) == 1
    assert set(await marks.first(["m1", "m2"], AT)) == {"m2"}


async def test_more_marks_than_one_statement_names(marks: SendMarks) -> None:
    many = [(f"m{n}", f"k{n}") for n in range(2 * NAMED + 7)]
    assert await marks.claim(many, AT, AT) == {}
    assert len(await marks.first([mark for mark, _ in many], AT)) == len(many)
    assert len(await marks.claim([(mark, f"other {key}") for mark, key in many], AT, AT)) == len(many)
    assert await marks.claim([], AT, AT) == {}
