"""What is old goes and nothing else, in pieces; and the census counts what is there: on a real SQLite and a real PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from workbench.adapters import ageing, census
from workbench.adapters.budgets import Budgets
from workbench.adapters.clock import VirtualClock, new_id
from workbench.adapters.database import Database
from workbench.adapters.deliveries import Deliveries
from workbench.adapters.holds import Holds
from workbench.adapters.journal import Journal
from workbench.adapters.ledger import Ledger
from workbench.models.hold import Hold
from workbench.models.journal import Entry, EntryFilter
from workbench.models.work import Job

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Room:
    database: Database
    clock: VirtualClock
    journal: Journal
    ledger: Ledger
    holds: Holds
    budgets: Budgets

    async def entries(self, count: int, at: datetime) -> None:
        await self.journal.append_many(
            [Entry(id=new_id("ent"), at=at, kind="change", mode="rehearsal", who="ana") for _ in range(count)]
        )

    async def job(self, rows: int, state: str) -> str:
        now = self.clock.now()
        made = Job(
            id=new_id("job"), kind="send", title="Winter", mode="rehearsal", who="ana", account="acc", created_at=now, changed_at=now
        )  # fmt: skip
        await self.ledger.create(made)
        await self.ledger.add(made.id, ['{"to": "ada@example.com"}'] * rows)
        if state == "cancelled":
            await self.ledger.cancel(made.id)
        return made.id

    async def hold(self, state: str) -> str:
        now = self.clock.now()
        hold = Hold(
            id=new_id("hld"), gate_id="gat_1", kind="batch", state=state, mode="rehearsal", opened_at=now, limit_at=now, changed_at=now
        )  # type: ignore[arg-type]  # fmt: skip
        return (await self.holds.receive(hold, "sealed", new_id("dig"), "key"))[0]


@pytest.fixture
def room(database: Database) -> Room:
    clock = VirtualClock(START)
    Deliveries(database, clock)
    return Room(
        database,
        clock,
        Journal(database),
        Ledger(database, clock),
        Holds(database, clock),
        Budgets(database, clock),
    )


async def test_old_entries_go_piece_by_piece_and_younger_ones_stay(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ageing, "PIECE", 10)
    await room.entries(25, START - DAY)
    await room.entries(5, START)
    assert await ageing.count_entries(room.database, START) == 25
    assert await ageing.purge_entries(room.database, START) == 25
    assert await ageing.purge_entries(room.database, START) == 0
    assert await room.journal.count(EntryFilter()) == 5


async def test_jobs_are_due_once_they_ended_long_ago_and_until_they_are_forgotten(room: Room) -> None:
    ended, going = await room.job(3, "cancelled"), await room.job(2, "filling")
    await room.clock.advance(DAY.total_seconds())
    young = await room.job(1, "cancelled")
    limit = START + DAY / 2
    assert await ageing.ended_jobs(room.database, limit) == [(ended, 3)]
    await room.ledger.forget(ended)
    assert await ageing.ended_jobs(room.database, limit) == []
    assert {id for id, _ in await ageing.ended_jobs(room.database, START + 9 * DAY)} == {young}
    assert await room.ledger.row_data(going, 1) == '{"to": "ada@example.com"}'


async def test_holds_are_due_when_nobody_waits_for_them_and_until_they_are_forgotten(room: Room) -> None:
    ended, waiting = await room.hold("finished"), await room.hold("ready")
    assert await ageing.ended_holds(room.database, START) == []
    assert await ageing.ended_holds(room.database, START + DAY) == [ended]
    await room.holds.forget_secrets(ended)
    assert await ageing.ended_holds(room.database, START + DAY) == []
    assert (await room.holds.hold(waiting)).state == "ready"


async def test_the_census_counts_what_is_there(room: Room) -> None:
    assert (await census.take(room.database, room.clock.monotonic())).jobs == {}
    await room.entries(4, START)
    await room.job(3, "filling")
    await room.job(2, "cancelled")
    await room.hold("ready")
    await room.hold("finished")
    await room.budgets.hold("acc", 60.0)
    await room.budgets.hold("other", 0.0)
    if room.database.kind == "postgresql":
        await room.database.write(lambda connection: connection.execute(sa.text("ANALYZE workbench_entries")))
    found = await census.take(room.database, room.clock.monotonic())
    assert found.jobs == {("filling", "send"): 1, ("cancelled", "send"): 1}
    assert (found.rows["waiting"], found.rows["cancelled"], found.rows["accepted"]) == (3, 2, 0)
    assert found.holds == {"ready": 1, "finished": 1}
    assert found.holds_until == START
    assert (found.resting, found.workers, found.callbacks_undone) == (1, 0, 0)
    assert found.entries == 4
    assert found.bytes > 10_000


async def test_an_account_that_rested_long_enough_is_not_held_any_more(room: Room) -> None:
    if room.database.kind == "postgresql":
        pytest.skip("goes by the server's own clock")
    await room.budgets.hold("acc", 60.0)
    assert (await census.take(room.database, room.clock.monotonic() + 59)).resting == 1
    assert (await census.take(room.database, room.clock.monotonic() + 61)).resting == 0
