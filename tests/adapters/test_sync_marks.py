"""Marks of a sync: one alone begins a purchase, what was taken stays, and a shop that is forgotten leaves nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workbench.adapters.database import Database
from workbench.adapters.sync_marks import NAMED, KeptWaiting, SyncMark, SyncMarks
from workbench.sentence import say

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCOPE = "live/shp_1/purchase"


@pytest.fixture
def marks(database: Database) -> SyncMarks:
    return SyncMarks(database)


def going(key: str, owner: str = "job-1", content: str = "h") -> SyncMark:
    return SyncMark(key, content, "going", owner, AT, f"sealed {key}")


def taken(key: str, content: str = "h") -> SyncMark:
    return SyncMark(key, content, "taken", "job-1", AT)


async def test_one_alone_begins_and_is_known_again_after_a_crash(marks: SyncMarks) -> None:
    first = going("k")
    assert await marks.begin(SCOPE, [first]) == {}
    assert await marks.begin(SCOPE, [going("k", "job-1", "other")]) == {"job-1": first}
    assert await marks.begin(SCOPE, [going("k", "job-2"), going("n", "job-3")]) == {"job-2": first}
    assert await marks.find(SCOPE, ["k", "n", "x"]) == {"k": first, "n": going("n", "job-3")}
    assert await marks.find("live/shp_1/contact", ["k"]) == {}
    assert await marks.begin(SCOPE, []) == {}


async def test_of_two_rows_of_one_call_the_first_one_gets_it(marks: SyncMarks) -> None:
    assert await marks.begin(SCOPE, [going("k", "1"), going("k", "2")]) == {"2": going("k", "1")}


async def test_of_many_who_begin_at_the_same_moment_one_alone_gets_it(marks: SyncMarks) -> None:
    wanted = [[going(f"k{n}", f"{who}-{n}") for n in range(30)] for who in range(6)]
    found = await asyncio.gather(*(marks.begin(SCOPE, one) for one in wanted))
    assert sum(len(one) for one in found) == 5 * 30


async def test_what_did_not_go_is_taken_back_by_its_owner_alone_and_what_was_taken_stays(
    marks: SyncMarks,
) -> None:
    await marks.begin(SCOPE, [going("a", "1"), going("b", "2"), going("c", "3")])
    await marks.keep(SCOPE, [replace(going("c", "3"), state="taken")])
    await marks.let_go(SCOPE, [("a", "1"), ("b", "1"), ("c", "3")])
    assert set(await marks.find(SCOPE, ["a", "b", "c"])) == {"b", "c"}


async def test_a_mark_is_taken_over_only_as_it_was_seen(marks: SyncMarks) -> None:
    seen = going("k", "1")
    await marks.begin(SCOPE, [seen])
    mine = replace(going("k", "2"), at=AT + timedelta(seconds=9))
    assert await marks.take(SCOPE, seen, mine)
    assert not await marks.take(SCOPE, seen, going("k", "3"))
    assert await marks.find(SCOPE, ["k"]) == {"k": mine}
    await marks.leave(SCOPE, "k", "1", "heir")
    await marks.leave(SCOPE, "k", "2", "heir")
    assert (await marks.find(SCOPE, ["k"]))["k"].owner == "heir"


async def test_what_was_taken_is_counted_and_read_page_by_page(marks: SyncMarks) -> None:
    await marks.keep(SCOPE, [taken(f"k{n:04}") for n in range(NAMED + 7)])
    await marks.keep(SCOPE, [taken("k0000", "newer")])
    await marks.begin(SCOPE, [going("k-going")])
    assert await marks.count(SCOPE) == NAMED + 7
    first = await marks.page(SCOPE)
    rest = await marks.page(SCOPE, first[-1].key)
    assert [one.key for one in (*first, *rest)] == [f"k{n:04}" for n in range(NAMED + 7)]
    assert first[0].hash == "newer"
    assert len(await marks.find(SCOPE, [f"k{n:04}" for n in range(NAMED + 7)])) == NAMED + 7
    await marks.forget(SCOPE, ["k0000", "k0001"])
    assert await marks.count(SCOPE) == NAMED + 5


async def test_the_first_key_of_a_shop_stays(marks: SyncMarks) -> None:
    names = iter("abcdef")
    found = await asyncio.gather(*(marks.sealed_key("live/shp_1", lambda: next(names)) for _ in range(5)))
    assert len(set(found)) == 1
    assert await marks.sealed_key("live/shp_2", lambda: "other") == "other"


async def test_rows_wait_until_they_are_done(marks: SyncMarks) -> None:
    row = KeptWaiting(
        "job", 7, "contact", "run", (("a***", "digest"),), known=False, tried=1, sentence=say("E0101")
    )
    await marks.wait("live/shp_1", [row], AT)
    again = replace(row, tried=2, known=True)
    await marks.wait("live/shp_1", [again], AT)
    await marks.wait("live/shp_1", [replace(row, row=8)], AT + timedelta(seconds=1))
    assert await marks.waiting("live/shp_1") == [replace(row, row=8), again]
    assert await marks.waiting("rehearsal/shp_1") == []
    await marks.done([("job", 7), ("job", 9)])
    assert [one.row for one in await marks.waiting("live/shp_1")] == [8]


async def test_a_shop_that_is_forgotten_leaves_nothing_and_no_other_one_is_touched(marks: SyncMarks) -> None:
    for shop in ("shp_1", "shp_10", "shp%"):
        await marks.keep(f"live/{shop}/contact", [taken("k")])
        await marks.wait(f"live/{shop}", [KeptWaiting(f"job {shop}", 1, "contact", "run")], AT)
        await marks.sealed_key(f"live/{shop}", lambda: "old")
    await marks.forget_shop("live/shp_1")
    assert await marks.count("live/shp_1/contact") == 0
    assert await marks.waiting("live/shp_1") == []
    assert await marks.sealed_key("live/shp_1", lambda: "new") == "new"
    for shop in ("shp_10", "shp%"):
        assert await marks.count(f"live/{shop}/contact") == 1
        assert len(await marks.waiting(f"live/{shop}")) == 1
        assert await marks.sealed_key(f"live/{shop}", lambda: "new") == "old"
