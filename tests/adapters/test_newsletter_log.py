"""Newsletter log: one alone of two at the same moment turns what was heard; the latest calls are kept, and listed a page at a time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from workbench.adapters.database import Database
from workbench.adapters.journal import Journal
from workbench.adapters.newsletter_log import Last, NewsletterLog
from workbench.models.journal import Entry
from workbench.models.shop import NewsletterCall

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def log(database: Database) -> NewsletterLog:
    return NewsletterLog(database)


def call(id: str, what: str = "subscribe", shop: str = "shp_1") -> NewsletterCall:
    return NewsletterCall(id=id, shop_id=shop, what=what, recipient="a***@example.com #1", at=AT)


async def ids(log: NewsletterLog, shop: str = "shp_1", after: str = "", limit: int = 50) -> list[str]:
    return [one.id for one in await log.calls(shop, after, limit)]


async def test_what_was_last_heard_turns_only_from_what_it_was(log: NewsletterLog) -> None:
    assert await log.last("shp_1", "p") == Last()
    assert await log.turn(call("1"), "p", Last())
    assert not await log.turn(call("2"), "p", Last()), "somebody was first"
    assert await log.last("shp_1", "p") == Last("subscribe", 1)
    assert await log.turn(call("3", "unsubscribe"), "p", Last("subscribe", 1))
    assert not await log.turn(call("4"), "p", Last("subscribe", 1))
    assert await log.last("shp_1", "p") == Last("unsubscribe", 2)
    assert await log.last("shp_2", "p") == await log.last("shp_1", "q") == Last()
    assert await ids(log) == ["3", "1"], "what did not turn is not kept"


async def test_of_many_at_the_same_moment_one_alone_turns(log: NewsletterLog) -> None:
    done = await asyncio.gather(*(log.turn(call(str(number)), "p", Last()) for number in range(8)))
    assert sorted(done) == [False] * 7 + [True]
    assert len(await ids(log)) == 1


async def test_the_latest_calls_of_each_shop_are_kept(
    log: NewsletterLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.adapters.newsletter_log.MOST_CALLS", 3)
    await log.keep(call("other", shop="shp_2"))
    for number in range(5):
        await log.keep(call(str(number)))
    assert await ids(log) == ["4", "3", "2"]
    assert await ids(log, after="3") == ["2"]
    assert await ids(log, limit=1) == ["4"]
    assert await ids(log, after="gone") == []
    assert await log.calls("shp_2", "", 50) == [call("other", shop="shp_2")]


async def test_a_call_and_its_line_in_the_journal_are_kept_together_or_not_at_all(
    log: NewsletterLog, database: Database
) -> None:
    journal = Journal(database)
    entry = Entry(id="ent_1", at=AT, kind="callback", mode="rehearsal", who="connectif")
    assert await log.turn(call("1"), "p", Last(), entry)
    assert not await log.turn(call("2"), "p", Last(), entry.model_copy(update={"id": "ent_2"}))
    assert (await journal.entry("ent_1")).who == "connectif"
    assert [one.id for one in await log.calls("shp_1", "", 9)] == ["1"]
