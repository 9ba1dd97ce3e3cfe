"""What the running call sees of a database that several units share: lists, single rows and changes, on both kinds of database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from workbench.adapters.clock import VirtualClock
from workbench.adapters.database import Database
from workbench.adapters.deliveries import Deliveries
from workbench.adapters.holds import Holds
from workbench.adapters.journal import Journal
from workbench.adapters.ledger import Ledger
from workbench.adapters.run_store import RunStore
from workbench.adapters.unit_moves import move
from workbench.errors import Forbidden, NotFound
from workbench.models.journal import Entry, EntryFilter, OutcomeSpan
from workbench.models.request import Outcome
from workbench.models.work import Job, JobFilter, JobOptions, RowFilter, Worker
from workbench.sentence import say

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Looking:
    """A sight that a test sets: the units that are seen, and whose the things are."""

    units: frozenset[str] | None = None
    owners: dict[str, str] = field(default_factory=dict)

    def unit_for(self, *named: str) -> str:
        return next((self.owners[name] for name in named if name in self.owners), "")


@dataclass
class Room:
    database: Database
    journal: Journal
    ledger: Ledger
    sight: Looking

    def seeing(self, *units: str) -> None:
        self.sight.units = frozenset(units) if units else None


@pytest.fixture
def room(database: Database) -> Room:
    sight = Looking(owners={"int_retail": "Retail", "int_travel": "Travel"})
    database.sight = sight
    return Room(database, Journal(database), Ledger(database, VirtualClock(NOW)), sight)


def entry(number: int, owner: str | None) -> Entry:
    outcome = Outcome(kind="accepted", sentence=say("Accepted."))
    return Entry(
        id=f"ent_{number}",
        at=NOW,
        kind="send",
        mode="rehearsal",
        who="ana",
        integration_id=owner,
        outcome=outcome,
    )


def job(number: int, owner: str | None) -> Job:
    return Job(
        id=f"job_{number}", kind="send", title="A job", mode="rehearsal", who="ana", account="a", host="h", integration_id=owner,
        repeatable=True, options=JobOptions(), spec={}, created_at=NOW, changed_at=NOW,
    )  # fmt: skip


async def planted(room: Room) -> None:
    """Let each unit, and nobody, have an entry and a job of two rows."""
    for number, owner in enumerate(("int_retail", "int_travel", None), start=1):
        await room.journal.append(entry(number, owner))
        await room.ledger.create(job(number, owner))
        await room.ledger.add(f"job_{number}", ["{}", "{}"])


async def test_lists_and_counts_hold_what_is_seen(room: Room) -> None:
    await planted(room)
    span = OutcomeSpan(since=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1))
    of: dict[tuple[str, ...], list[int]] = {
        (): [3, 2, 1], ("Retail",): [3, 1], ("Travel",): [3, 2], ("Retail", "Travel"): [3, 2, 1], ("Other",): [3],
    }  # fmt: skip
    for units, seen in of.items():
        room.seeing(*units)
        assert [one.id for one in await room.journal.entries(EntryFilter())] == [
            f"ent_{number}" for number in seen
        ]
        assert await room.journal.count(EntryFilter()) == len(seen)
        assert sum(one.count for one in await room.journal.outcomes(span)) == len(seen)
        assert [one.job.id for one in await room.ledger.jobs(JobFilter())] == [
            f"job_{number}" for number in seen
        ]


async def test_what_is_another_units_is_not_there(room: Room) -> None:
    await planted(room)
    room.seeing("Travel")
    wanted = RowFilter()
    for refused in (
        room.journal.entry("ent_1"), room.ledger.job("job_1"), room.ledger.rows("job_1", wanted), room.ledger.row_data("job_1", 1),
        room.ledger.counts_between("job_1", 1, 2), room.ledger.add("job_1", ["{}"]), room.ledger.cancel("job_1"),
        room.ledger.change("job_1", "running", {"filling"}), room.ledger.forget("job_1"), room.ledger.delete("job_1"),
        room.ledger.replay_preview("job_1", wanted), room.ledger.replay("job_1", wanted, "x"),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await refused
    assert (await room.ledger.add("job_2", ["{}"]), len(await room.ledger.rows("job_2", wanted))) == (3, 3)


async def test_what_is_nobodys_is_looked_at_and_not_changed(room: Room) -> None:
    await planted(room)
    room.seeing("Travel")
    assert (await room.journal.entry("ent_3")).id == "ent_3"
    assert len(await room.ledger.rows("job_3", RowFilter())) == 2
    for refused in (
        room.ledger.add("job_3", ["{}"]),
        room.ledger.cancel("job_3"),
        room.ledger.delete("job_3"),
    ):
        with pytest.raises(Forbidden, match="no unit in particular"):
            await refused
    assert await room.journal.purge(NOW + timedelta(days=1)) == 1
    room.seeing()
    assert [one.id for one in await room.journal.entries(EntryFilter())] == ["ent_3", "ent_1"]


async def test_what_died_is_taken_over_whosever_it_is(room: Room) -> None:
    """Who asks for a job lets the dead's rows go on first, of every unit."""
    await planted(room)
    worker = Worker("wrk_dead", "elsewhere", 1, 1.0)
    await room.ledger.join(worker)
    await room.ledger.change("job_1", "running", {"filling"})
    assert len(await room.ledger.turn("wrk_dead", "job_1", [], 2)) == 2
    room.seeing("Travel")
    assert await room.ledger.take_over("wrk_dead") == 2


async def test_what_is_moved_goes_in_pieces_and_only_once(room: Room) -> None:
    for store in (Holds, Deliveries, RunStore):
        store(room.database)
    await planted(room)
    assert await move(room.database, "int_retail", "Travel") == 2
    assert await move(room.database, "int_retail", "Travel") == 0
    room.seeing("Travel")
    assert (await room.journal.entry("ent_1")).id == "ent_1"
    assert (await room.ledger.job("job_1")).job.id == "job_1"


async def test_tables_of_the_version_before_get_the_column_and_its_index(room: Room) -> None:
    await planted(room)

    def back(connection: sa.Connection) -> None:
        for table, about in (("entries", "journal"), ("jobs", "ledger")):
            connection.exec_driver_sql(f"DROP INDEX workbench_{table}_unit")
            connection.exec_driver_sql(f"ALTER TABLE workbench_{table} DROP COLUMN unit")
            connection.exec_driver_sql(f"UPDATE workbench_{about} SET value = 1 WHERE name = 'schema'")

    await room.database.write(back)
    journal, ledger = Journal(room.database), Ledger(room.database, VirtualClock(NOW))
    room.seeing("Travel")
    assert [one.id for one in await journal.entries(EntryFilter())] == ["ent_3", "ent_2", "ent_1"]
    assert len(await ledger.jobs(JobFilter())) == 3
    indexes = await room.database.read(lambda connection: {
        one["name"] for table in ("workbench_entries", "workbench_jobs") for one in sa.inspect(connection).get_indexes(table)
    })  # fmt: skip
    assert {"workbench_entries_unit", "workbench_jobs_unit"} <= indexes
    await journal.append(entry(9, "int_retail"))
    assert await journal.count(EntryFilter()) == 3
