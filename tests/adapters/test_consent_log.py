"""The consent log, on a real SQLite and a real PostgreSQL: what came stays, comes once, stands as the fold says, and names nobody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.adapters.consent_log import ConsentLog, KeptEvent, KeptReview
from workbench.adapters.consent_log_tables import standing
from workbench.adapters.database import Database
from workbench.adapters.home import Home
from workbench.engine.consent import fold
from workbench.errors import NotFound, Refused
from workbench.models.consent import ConsentEvent, ConsentFilter, Review

T0 = datetime(2026, 3, 1, tzinfo=UTC)
ANYBODY = ConsentFilter()


def kept(number: int, digest: str = "ana", once: str = "", **fields: Any) -> KeptEvent:
    given = {
        "id": f"con_{number:05}", "at": T0 + timedelta(seconds=number), "point": "+46***67", "status": "opted_in", "purpose": "commercial",
        "source": "form",
    }  # fmt: skip
    return KeptEvent(ConsentEvent.model_validate({**given, **fields}), digest, f"sealed {number}", once)


def stop(number: int, digest: str = "ana", **fields: Any) -> KeptEvent:
    texted = {
        "status": "opted_out",
        "word": "stop",
        "to": "+1555",
        "scope": "commercial",
        "purpose": "",
        "source": "inbound",
    }
    return kept(number, digest, **{**texted, **fields})


def start(number: int, digest: str = "ana", **fields: Any) -> KeptEvent:
    return stop(number, digest, **{"status": "opted_in", "word": "start", **fields})


@pytest.fixture
def log(database: Database) -> ConsentLog:
    return ConsentLog(database)


async def stands(log: ConsentLog, digest: str = "ana") -> list[str]:
    return [one.id for one in (await log.standing([digest])).get(digest, ())]


async def test_what_stands_follows_the_fold_in_any_order_of_arrival(log: ConsentLog) -> None:
    opted_in, stopped, started = kept(1), stop(2), start(3)
    assert await log.add([started]) == [True]
    assert await log.add([stopped, opted_in]) == [True, True]
    assert await stands(log) == ["con_00001"]
    await log.add([stop(4)])
    assert await stands(log) == ["con_00001", "con_00004"]
    assert [one.event.id for one in await log.history("ana")] == [
        "con_00003",
        "con_00002",
        "con_00001",
        "con_00004",
    ]


async def test_the_same_event_or_message_has_no_second_effect(log: ConsentLog) -> None:
    assert await log.add([stop(1, once="acc|SM1"), stop(1, once="acc|SM1")]) == [True, False]
    assert await log.add([stop(1)]) == [False], "the id is known"
    assert await log.add([stop(9, once="acc|SM1"), kept(10)]) == [False, True]
    assert await stands(log) == ["con_00001", "con_00010"]
    assert len(await log.events(ANYBODY)) == 2


async def test_two_processes_add_at_once_and_none_of_it_is_lost(
    url: str | None, home: Home, log: ConsentLog
) -> None:
    other = Database.open(url, home)
    try:
        second = ConsentLog(other)
        await asyncio.gather(*(
            one.add([kept(number, purpose=f"p{number}", once=f"m{number % 6}")])
            for one, numbers in ((log, range(6)), (second, range(6, 12))) for number in numbers
        ))  # fmt: skip
    finally:
        await other.close()
    events = await log.events(ANYBODY)
    assert len(events) == 6
    assert sorted(await stands(log)) == sorted(one.event.id for one in events)


async def test_thousands_are_looked_up_at_once(log: ConsentLog) -> None:
    await log.add([stop(number, f"digest {number}") for number in range(700)])
    found = await log.standing([f"digest {number}" for number in range(0, 24_000, 2)])
    assert len(found) == 350
    assert found["digest 698"][0].id == "con_00698"
    assert log.standing_now(["digest 2", "nobody"]).keys() == {"digest 2"}
    assert await log.standing([]) == {}


async def test_the_cache_is_made_anew_of_the_events_alone(log: ConsentLog, database: Database) -> None:
    await log.add([kept(1), stop(2), start(3), stop(4, "ben"), kept(5, "cy", status="opted_out")])
    expected = {digest: await stands(log, digest) for digest in ("ana", "ben", "cy")}
    await database.write(lambda connection: connection.execute(sa.delete(standing)))
    assert await stands(log) == []
    assert await log.rebuild() == 3
    assert {digest: await stands(log, digest) for digest in ("ana", "ben", "cy")} == expected


async def test_a_state_is_given_again_as_of_any_moment(log: ConsentLog) -> None:
    await log.add(
        [kept(1), stop(10), stop(15, "ben"), start(20), kept(30, status="opted_out", channel="sms")]
    )
    seen = {
        after: {one.event.id for one in await log.at(T0 + timedelta(seconds=after), ANYBODY)} for after in (0, 5, 12, 17, 25, 40)
    }  # fmt: skip
    assert seen == {
        0: set(), 5: {"con_00001"}, 12: {"con_00001", "con_00010"}, 17: {"con_00001", "con_00010", "con_00015"},
        25: {"con_00001", "con_00015"}, 40: {"con_00030", "con_00015"},
    }  # fmt: skip
    out = ConsentFilter(status="opted_out")
    assert [one.event.id for one in await log.at(T0 + timedelta(seconds=12), out, ["ana"])] == ["con_00010"]
    assert [one.event.id async for piece in log.each(T0 + timedelta(seconds=15)) for one in piece] == [
        "con_00001", "con_00010", "con_00015",
    ]  # fmt: skip
    assert fold(one.event for one in await log.history("ana")) == (await log.standing(["ana"]))["ana"]


async def test_records_and_events_are_filtered_and_turned_page_by_page(log: ConsentLog) -> None:
    await log.add([kept(1), stop(2, "ben"), kept(3, "cy", channel="email", source="import"), start(4, "ben")])
    assert [one.event.id for one in await log.records(ANYBODY)] == ["con_00003", "con_00001"]
    assert [one.event.id for one in await log.events(ANYBODY)] == [
        "con_00004",
        "con_00003",
        "con_00002",
        "con_00001",
    ]
    assert [one.digest for one in await log.records(ConsentFilter(channel="email"))] == ["cy"]
    assert [one.digest for one in await log.records(ConsentFilter(source="form"), ["cy", "ana"])] == ["ana"]
    assert [one.event.id for one in await log.events(ConsentFilter(status="opted_out"))] == ["con_00002"]
    first = await log.events(ConsentFilter(limit=2))
    rest = await log.events(ConsentFilter(limit=2, before=first[-1].event.id))
    assert [one.event.id for one in (*first, *rest)] == ["con_00004", "con_00003", "con_00002", "con_00001"]
    until = ConsentFilter(until=T0 + timedelta(seconds=2))
    assert [one.event.id for one in await log.events(until)] == ["con_00002", "con_00001"]
    assert first[0].sealed == "sealed 4"


async def test_a_text_is_looked_at_by_one_person_once(log: ConsentLog) -> None:
    review = Review(id="rvw_1", at=T0, point="+46***67", sender="+1555", words="")
    assert await log.add_review(KeptReview(review, "sealed words", "acc|SM1"))
    assert not await log.add_review(KeptReview(review.model_copy(update={"id": "rvw_2"}), "again", "acc|SM1"))
    [waiting] = await log.waiting()
    assert (waiting.review, waiting.sealed) == (review, "sealed words")
    assert (await log.settle("rvw_1", "left")).review.id == "rvw_1"
    assert await log.waiting() == []
    with pytest.raises(Refused, match="decided this text already"):
        await log.settle("rvw_1", "opted_out")
    with pytest.raises(NotFound):
        await log.settle("rvw_9", "left")


async def test_the_first_key_that_is_kept_counts(log: ConsentLog) -> None:
    assert await log.keys() == []
    await asyncio.gather(*(log.add_key(f"key {number}", 0) for number in range(4)))
    [first] = await log.keys()
    await log.add_key("another", 1)
    assert await log.keys() == [first, "another"]


async def test_words_that_a_database_cannot_keep_are_kept_as_question_marks(log: ConsentLog) -> None:
    await log.add([kept(1, provider="a\x00b\ud800")])
    [found] = await log.events(ANYBODY)
    assert found.event.id == "con_00001"
