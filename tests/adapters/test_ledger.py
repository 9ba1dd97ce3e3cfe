"""The ledger, on a real SQLite and a real PostgreSQL: jobs, rows, workers, and that the counts always are the rows."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.databases import own_schema
from workbench.adapters import database as database_module
from workbench.adapters import ledger_replay, ledger_steps, ledger_turns
from workbench.adapters.clock import VirtualClock, new_id
from workbench.adapters.database import Database
from workbench.adapters.home import Home, open_home
from workbench.adapters.journal import Journal
from workbench.adapters.ledger import Ledger
from workbench.adapters.processes import began_at
from workbench.errors import CannotWrite, NotFound, Refused, StorageFault
from workbench.models.journal import Entry, EntryFilter
from workbench.models.work import (
    ROW_STATES,
    Claimed,
    Counts,
    Job,
    JobFilter,
    JobOptions,
    RowFilter,
    RowState,
    Settled,
    Worker,
)
from workbench.sentence import say

START = datetime(2026, 3, 1, tzinfo=UTC)
ELSEWHERE = "another machine"
TAKEN = say("The provider took it ({status}).", status=202)


class Bench:
    """A ledger, its journal, its clock, and short words for what tests do with them."""

    def __init__(self, database: Database, clock: VirtualClock) -> None:
        self.database = database
        self.clock = clock
        self.journal = Journal(database)
        self.ledger = Ledger(database, clock)

    async def worker(self, id: str = "wrk_1", **fields: Any) -> str:
        await self.ledger.join(Worker(**{"id": id, "host": ELSEWHERE, "pid": 1, "began": 1.0, **fields}))
        return id

    async def job(self, rows: int = 0, state: str = "running", **fields: Any) -> str:
        made = job(created_at=self.clock.now(), changed_at=self.clock.now(), **fields)
        await self.ledger.create(made)
        await self.ledger.add(made.id, [f'{{"n": {n}}}' for n in range(1, rows + 1)])
        if state != "filling":
            await self.ledger.change(made.id, state, {"filling"})  # type: ignore[arg-type]
        return made.id

    async def counts(self, job_id: str) -> Counts:
        """Return the job's counts, which have to be its rows."""
        counts = (await self.ledger.job(job_id)).job.counts
        assert counts.model_dump(exclude_defaults=True) == counted(self.database, job_id)
        return counts

    async def turn(self, job_id: str, settled: list[Settled] | None = None, want: int = 0) -> list[Claimed]:
        return await self.ledger.turn("wrk_1", job_id, settled or [], want)

    async def settle_all(self, job_id: str, state: RowState = "accepted", **more: Any) -> list[int]:
        """Claim all that is due and settle it."""
        claimed = await self.turn(job_id, want=1000)
        await self.turn(job_id, [Settled(row.number, state, **more) for row in claimed])
        return [row.number for row in claimed]

    async def numbers(self, job_id: str, *states: RowState, **more: Any) -> list[int]:
        rows = await self.ledger.rows(job_id, RowFilter(**{"states": states, "limit": 1000, **more}))
        return [row.number for row in rows]


def job(**fields: Any) -> Job:
    made: dict[str, Any] = {
        "id": new_id("job"), "kind": "send", "title": "Winter", "mode": "rehearsal", "who": "ana", "account": "acc",
        "host": "api.example.com",
        "spec": {"settings": {"name": "x"}}, "created_at": START, "changed_at": START,
    }  # fmt: skip
    return Job.model_validate({**made, **fields})


def counted(database: Database, job_id: str) -> dict[str, int]:
    """Count the rows of a job themselves, by state."""
    query = sa.text(
        "SELECT r.state, count(*) FROM workbench_rows r JOIN workbench_jobs j ON j.no = r.job WHERE j.id = :id GROUP BY r.state"
    )
    with database._engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query, {"id": job_id})}


def entry(**fields: Any) -> Entry:
    made = {"id": new_id("ent"), "at": START, "kind": "send", "mode": "rehearsal", "who": "ana"}
    return Entry.model_validate({**made, **fields})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """None for a file in the home; else a PostgreSQL URL with a schema of the test's own."""
    return None if request.param == "sqlite" else own_schema(request.getfixturevalue("postgres_url"))


only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.fixture
async def opened(url: str | None, home: Home) -> AsyncIterator[Callable[[], Bench]]:
    """Opens the same ledger again and again, each with connections of its own, as processes do."""
    made: list[Bench] = []
    clock = VirtualClock(START)

    def open_it() -> Bench:
        made.append(Bench(Database.open(url, home), clock))
        return made[-1]

    yield open_it
    for bench in made:
        await bench.database.close()


@pytest.fixture
def bench(opened: Callable[[], Bench]) -> Bench:
    return opened()


# --- jobs -------------------------------------------------------------------------------------------------------------


async def test_a_job_comes_back_whole(bench: Bench, opened: Callable[[], Bench]) -> None:
    made = job(
        title="Zwölf\0 \N{SNOWMAN}",
        state="filling",
        reason=say("It said {why}.", why=say("no {what}", what="Umlaut Ä")),
        mode="live",
        integration_id="int_1",
        spec={"a": [1.5, None, {"b": "\0\N{SNOWMAN}", "c": 10**30}]},
        options=JobOptions(title="x", at_once=7, repeat="always", record="outcome"),
        repeatable=True,
        created_at=START - timedelta(microseconds=1),
    )
    await bench.ledger.create(made)
    kept = (await opened().ledger.job(made.id)).job
    assert kept == made.model_copy(update={"title": "Zwölf? \N{SNOWMAN}"})
    with pytest.raises(Refused, match="in the ledger already"):
        await bench.ledger.create(made)


async def test_what_is_not_there_is_not_found(bench: Bench) -> None:
    await bench.worker()
    ledger, fits = bench.ledger, RowFilter()
    for attempt in (
        ledger.job("job_0"), ledger.add("job_0", ["{}"]), ledger.change("job_0", "paused", {"running"}), ledger.finish("job_0"),
        ledger.cancel("job_0"), ledger.rows("job_0", fits), ledger.row_data("job_0", 1), ledger.next_due("job_0"), ledger.forget("job_0"),
        ledger.delete("job_0"), ledger.replay_preview("job_0", fits), ledger.replay("job_0", fits, ""), bench.turn("job_0", want=1),
    ):  # fmt: skip
        with pytest.raises(NotFound, match="no job of this id"):
            await attempt


async def test_rows_are_numbered_on_from_one(bench: Bench) -> None:
    id = await bench.job(state="filling")
    assert await bench.ledger.add(id, ['{"a": "\N{SNOWMAN}"}', "2"]) == 2
    assert await bench.ledger.add(id, []) == 2
    assert await bench.ledger.add(id, [str(n) for n in range(3, 2004)]) == 2003
    assert await bench.ledger.row_data(id, 1) == '{"a": "\N{SNOWMAN}"}'
    assert await bench.ledger.row_data(id, 2003) == "2003"
    for number in (0, -1, 2004, 1 << 32, (1 << 32) + 1, 1 << 64):
        with pytest.raises(NotFound, match="no such row"):
            await bench.ledger.row_data(id, number)
    assert (await bench.counts(id)).waiting == 2003
    first = (await bench.ledger.rows(id, RowFilter(limit=1)))[0]
    assert (first.number, first.key, first.state, first.attempts) == (1, f"{id}-1", "waiting", 0)


async def test_the_newest_jobs_come_first(bench: Bench) -> None:
    ids = [await bench.job(state=state) for state in ("filling", "running", "paused", "stopped")]
    await bench.ledger.cancel(ids[0])
    assert await bench.ledger.finish(ids[1])

    async def found(**wanted: Any) -> list[str]:
        return [progress.job.id for progress in await bench.ledger.jobs(JobFilter(**wanted))]

    assert await found() == ids[::-1]
    assert await found(limit=2) == ids[:1:-1]
    assert await found(live=True) == [ids[3], ids[2]]
    assert await found(state="paused") == [ids[2]]
    assert await found(state="done", live=True) == []


async def test_a_state_changes_only_from_where_it_may(bench: Bench) -> None:
    id = await bench.job()
    await bench.clock.advance(1)
    stopped = await bench.ledger.change(id, "stopped", {"running", "paused"}, say("The key was revoked."))
    assert (stopped.state, str(stopped.reason)) == ("stopped", "The key was revoked.")
    assert stopped.changed_at == START + timedelta(seconds=1)
    with pytest.raises(Refused, match="The job Winter was stopped"):
        await bench.ledger.change(id, "paused", {"running"})
    again = await bench.ledger.change(id, "running", {"stopped"})
    assert (again.state, again.reason) == ("running", None)


@pytest.mark.parametrize("state", ["filling", "running", "paused", "stopped", "cancelled", "done"])
async def test_each_refusal_names_the_state(bench: Bench, state: str) -> None:
    id = await bench.job(1, state="filling")
    if state == "cancelled":
        await bench.ledger.cancel(id)
    elif state != "filling":
        await bench.ledger.change(id, state, {"filling"})  # type: ignore[arg-type]
    words = {"filling": "being filled"}.get(state, state)
    with pytest.raises(Refused, match=rf"The job Winter (is|was) .*{words}"):
        await bench.ledger.change(id, "paused", ())
    if state != "filling":
        with pytest.raises(Refused, match=words):
            await bench.ledger.add(id, ["{}"])


async def test_a_job_is_done_when_nothing_is_open(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(2)
    assert not await bench.ledger.finish(id)
    claimed = await bench.turn(id, want=5)
    await bench.turn(id, [Settled(claimed[0].number, "accepted")])
    assert not await bench.ledger.finish(id)
    await bench.turn(id, [Settled(claimed[1].number, "retrying", due_at=START)])
    assert not await bench.ledger.finish(id)
    await bench.settle_all(id, "failed")
    assert await bench.ledger.finish(id)
    assert await bench.ledger.finish(id)
    assert (await bench.ledger.job(id)).job.state == "done"
    paused = await bench.job(0, state="paused")
    assert not await bench.ledger.finish(paused)


# --- turns ------------------------------------------------------------------------------------------------------------


async def test_rows_go_out_in_their_order_and_each_once(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(10)
    first = await bench.turn(id, want=4)
    assert [(row.number, row.key, row.attempts, row.data) for row in first] == [
        (n, f"{id}-{n}", 1, f'{{"n": {n}}}') for n in (1, 2, 3, 4)
    ]
    second = await bench.turn(id, [Settled(row.number, "accepted") for row in first], want=100)
    assert [row.number for row in second] == [5, 6, 7, 8, 9, 10]
    assert await bench.turn(id, want=5) == []
    assert await bench.counts(id) == Counts(accepted=4, in_flight=6)


@pytest.mark.parametrize("state", ["filling", "paused", "stopped", "cancelled", "done"])
async def test_nothing_goes_out_unless_the_job_runs(bench: Bench, state: str) -> None:
    await bench.worker()
    id = await bench.job(3, state="filling")
    if state != "filling":
        await bench.ledger.change(id, state, {"filling"})  # type: ignore[arg-type]
    assert await bench.turn(id, want=3) == []


async def test_what_is_under_way_when_a_job_is_paused_is_brought_to_its_end(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(3)
    one, two, three = await bench.turn(id, want=3)
    await bench.ledger.change(id, "paused", {"running"})
    due = START + timedelta(seconds=5)
    settled = [
        Settled(one.number, "accepted"),
        Settled(two.number, "retrying", due_at=due),
        Settled(three.number, "waiting", released=True),
    ]
    assert await bench.turn(id, settled, want=3) == []
    assert await bench.counts(id) == Counts(accepted=1, retrying=1, waiting=1)


async def test_an_end_is_kept_as_it_is_told(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(3)
    one, two, _ = await bench.turn(id, want=3)
    made = entry(detail="x")
    await bench.clock.advance(2)
    hard = say("{n} {text}", n=10**30, text="\ud83d \0 ä")
    await bench.turn(
        id,
        [
            Settled(one.number, "failed", "refused", TAKEN, "a***@example.com\0 #3f9a1c", None, made),
            Settled(two.number, "retrying", "throttled", hard, due_at=START + timedelta(seconds=7)),
        ],
    )
    first, second, third = await bench.ledger.rows(id, RowFilter())
    assert (first.state, first.outcome, first.sentence, first.recipient, first.entry_id) == (
        "failed", "refused", TAKEN, "a***@example.com? #3f9a1c", made.id,
    )  # fmt: skip
    assert (first.attempts, first.due_at, first.changed_at) == (1, None, START + timedelta(seconds=2))
    assert str(second.sentence) == f"{10**30} ? \0 ä"
    assert (second.state, second.due_at) == ("retrying", START + timedelta(seconds=7))
    assert (third.state, third.outcome, third.sentence, third.recipient) == ("in_flight", "", None, "")
    assert await bench.journal.entry(made.id) == made
    assert await bench.ledger.next_due(id) == START + timedelta(seconds=7)


async def test_what_is_due_again_goes_first_and_not_before_its_time(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(6)
    claimed = await bench.turn(id, want=3)
    waits = {1: 20, 2: 10, 3: 30}
    await bench.turn(
        id,
        [
            Settled(row.number, "retrying", due_at=START + timedelta(seconds=waits[row.number]))
            for row in claimed
        ],
    )
    assert await bench.ledger.next_due(id) == START + timedelta(seconds=10)
    assert [row.number for row in await bench.turn(id, want=1)] == [4]
    await bench.clock.advance(20)
    again = await bench.turn(id, want=3)
    assert [(row.number, row.attempts) for row in again] == [(2, 2), (1, 2), (5, 1)]
    assert [row.number for row in await bench.turn(id, want=9)] == [6]
    await bench.clock.advance(9.999)
    assert await bench.turn(id, want=9) == []
    await bench.clock.advance(0.001)
    assert [row.number for row in await bench.turn(id, want=9)] == [3]
    assert await bench.ledger.next_due(id) is None


async def test_an_attempt_that_was_not_made_does_not_count(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(3)
    await bench.settle_all(
        id, "retrying", outcome="throttled", sentence=TAKEN, recipient="a***", entry=None, due_at=START
    )
    claimed = await bench.turn(id, want=3)
    assert [row.attempts for row in claimed] == [2, 2, 2]
    await bench.turn(id, [Settled(row.number, "waiting", released=True) for row in claimed])
    assert [row.attempts for row in await bench.turn(id, want=2)] == [2, 2]
    left = (await bench.ledger.rows(id, RowFilter(after=2)))[0]
    assert (left.attempts, left.outcome, left.sentence, left.recipient) == (1, "throttled", TAKEN, "a***")


async def test_a_row_that_is_held_no_more_is_left_alone_but_its_entry_is_kept(bench: Bench) -> None:
    await bench.worker()
    await bench.worker("wrk_2")
    id = await bench.job(3)
    mine = await bench.turn(id, want=3)
    assert await bench.ledger.take_over("wrk_1") == 3
    late = [entry() for _ in mine]
    others = [Settled(row.number, "accepted", entry=one) for row, one in zip(mine, late, strict=True)]
    await bench.turn(id, [*others, Settled(99, "accepted")])
    assert await bench.counts(id) == Counts(uncertain=3)
    assert {one.id for one in await bench.journal.entries(EntryFilter())} == {one.id for one in late}
    stolen = [Settled(row.number, "failed") for row in mine]
    await bench.ledger.turn("wrk_2", id, stolen, 0)
    assert await bench.counts(id) == Counts(uncertain=3)


async def test_a_turn_that_is_asked_for_twice_is_done_once(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(2)
    one, two = await bench.turn(id, want=2)
    settled = [Settled(one.number, "accepted", entry=entry()), Settled(two.number, "failed", entry=entry())]
    for _ in range(2):
        await bench.turn(id, settled)
        assert await bench.counts(id) == Counts(accepted=1, failed=1)
        assert await bench.journal.count(EntryFilter()) == 2


async def test_rows_that_nobody_heard_of_are_not_held_for_ever(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word that a turn was done may be lost on its way from a database; then it is asked for again."""
    await bench.worker()
    id = await bench.job(6)
    known = await bench.turn(id, want=2)

    def lost(work: Callable[[sa.Connection], Any], *more: Any) -> Any:
        right(work, *more)
        raise StorageFault(say("Nothing was heard."))

    right = bench.database.write_now
    settled = [Settled(known[0].number, "accepted", entry=entry())]
    with monkeypatch.context() as patch:
        patch.setattr(bench.database, "write_now", lost)
        with pytest.raises(StorageFault):
            await bench.turn(id, settled, want=2)
    assert await bench.counts(id) == Counts(accepted=1, in_flight=3, waiting=2)
    again = await bench.turn(id, settled, want=2)
    assert [(row.number, row.attempts) for row in again] == [(3, 1), (4, 1)]
    assert await bench.counts(id) == Counts(accepted=1, in_flight=3, waiting=2)
    await bench.turn(id, [Settled(row.number, "accepted") for row in (known[1], *again)])
    assert await bench.counts(id) == Counts(accepted=4, waiting=2)


async def test_an_attempt_cannot_end_in_flight(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(1)
    await bench.turn(id, want=1)
    with pytest.raises(ValueError, match="in flight"):
        await bench.turn(id, [Settled(1, "in_flight")])
    assert await bench.counts(id) == Counts(in_flight=1)


async def test_two_workers_share_a_job(bench: Bench, opened: Callable[[], Bench]) -> None:
    other = opened()
    await bench.worker("wrk_1")
    await other.worker("wrk_2")
    id = await bench.job(400)
    turns = [
        (one.ledger.turn(name, id, [], 10))
        for _ in range(20)
        for one, name in ((bench, "wrk_1"), (other, "wrk_2"))
    ]
    numbers = [row.number for claimed in await asyncio.gather(*turns) for row in claimed]
    assert sorted(numbers) == list(range(1, 401))
    assert await bench.counts(id) == Counts(in_flight=400)


# --- rows as they are shown -------------------------------------------------------------------------------------------


async def mixed(bench: Bench) -> str:
    """Return a running job with two rows in each state, spread over its numbers; changed one second after the other."""
    await bench.worker()
    id = await bench.job(len(ROW_STATES) * 2)
    claimed = await bench.turn(id, want=100)
    states = [*ROW_STATES, *ROW_STATES]
    for row, state in zip(claimed, states, strict=True):
        await bench.clock.advance(1)
        if state != "in_flight":
            due = START + timedelta(days=1) if state == "retrying" else None
            await bench.turn(id, [Settled(row.number, state, due_at=due)])
    return id


async def test_rows_are_counted_between_two_numbers(bench: Bench) -> None:
    id = await mixed(bench)
    ledger = bench.ledger
    whole = (await ledger.job(id)).job.counts
    assert await ledger.counts_between(id, 1, whole.total) == whole
    assert await ledger.counts_between(id, 0, 10**12) == whole
    assert await ledger.counts_between(id, 3, 2) == Counts()
    ones = [await ledger.counts_between(id, number, number) for number in range(1, whole.total + 1)]
    rows = await ledger.rows(id, RowFilter(limit=1000))
    assert ones == [Counts(**{row.state: 1}) for row in rows]
    with pytest.raises(NotFound):
        await ledger.counts_between("job_none", 1, 2)


async def test_rows_are_found_by_their_state_and_page_by_page(bench: Bench) -> None:
    id = await mixed(bench)
    size = len(ROW_STATES)
    for at, state in enumerate(ROW_STATES, start=1):
        assert await bench.numbers(id, state) == [at, at + size]
        assert await bench.numbers(id, state, after=at) == [at + size]
        assert await bench.numbers(id, state, limit=1) == [at]
    everything = list(range(1, 2 * size + 1))
    assert await bench.numbers(id) == await bench.numbers(id, *ROW_STATES) == everything
    pages: list[list[int]] = []
    while not pages or pages[-1]:
        pages.append(
            await bench.numbers(
                id, "failed", "accepted", "waiting", limit=2, after=pages[-1][-1] if pages else 0
            )
        )
    assert pages == [[1, 4], [5, 9], [12, 13], []]


async def test_recovery_by_time_misses_none(bench: Bench) -> None:
    id = await mixed(bench)
    kept = [
        number for number in await bench.numbers(id) if number % 8 != 3
    ]  # those in flight changed when they were claimed
    for low in range(0, 18, 3):
        for high in range(low, 19, 3):
            since, until = START + timedelta(seconds=low), START + timedelta(seconds=high)
            expected = [number for number in kept if low <= number < high]
            found = await bench.numbers(id, since=since, until=until)
            assert [number for number in found if number % 8 != 3] == expected
            assert await bench.numbers(id, "failed", since=since, until=until) == [
                n for n in expected if n in (5, 13)
            ]


# --- cancelling -------------------------------------------------------------------------------------------------------


async def test_cancelling_leaves_undone_what_waits_and_lets_the_rest_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.adapters.ledger.PIECE", 2)
    await bench.worker()
    id = await bench.job(16)
    first = await bench.turn(id, want=7)
    settled = [Settled(row.number, "retrying", due_at=START + timedelta(days=1)) for row in first[:3]]
    await bench.turn(id, [*settled, Settled(first[3].number, "accepted")])
    cancelled = await bench.ledger.cancel(id)
    assert cancelled.state == "cancelled"
    assert cancelled.counts == await bench.counts(id) == Counts(cancelled=12, accepted=1, in_flight=3)
    assert await bench.turn(id, want=5) == []
    late = [row.number for row in first[4:]]
    await bench.turn(
        id,
        [
            Settled(late[0], "waiting", released=True),
            Settled(late[1], "retrying", "throttled", due_at=START),
            Settled(late[2], "retrying", "uncertain", due_at=START),
        ],
    )
    assert await bench.counts(id) == Counts(cancelled=14, accepted=1, uncertain=1)
    assert (await bench.ledger.cancel(id)).counts == await bench.counts(id)
    assert not await bench.ledger.finish(id)


@pytest.mark.parametrize("state", ["filling", "running", "paused", "stopped"])
async def test_every_job_that_is_not_at_its_end_can_be_cancelled(bench: Bench, state: str) -> None:
    id = await bench.job(3, state=state)
    assert (await bench.ledger.cancel(id)).counts == Counts(cancelled=3)


async def test_a_job_that_is_done_cannot_be_cancelled(bench: Bench) -> None:
    id = await bench.job()
    await bench.ledger.finish(id)
    with pytest.raises(Refused, match="is done"):
        await bench.ledger.cancel(id)


# --- workers ----------------------------------------------------------------------------------------------------------


async def test_a_worker_is_on_the_list_from_joining_to_leaving(
    bench: Bench, opened: Callable[[], Bench]
) -> None:
    made = Worker("wrk_1", ELSEWHERE, 4711, 12.25, jobs=frozenset({"job_1"}))
    await bench.ledger.join(made)
    await bench.ledger.join(made)
    assert await opened().ledger.workers() == [made]
    await bench.ledger.beat("wrk_1", ["job_2", "job_3"])
    (found,) = await bench.ledger.workers()
    assert (found.beat, found.jobs) == (1, {"job_2", "job_3"})
    await bench.ledger.beat("wrk_1", [])
    (found,) = await bench.ledger.workers()
    assert (found.beat, found.jobs) == (2, frozenset())
    await bench.ledger.leave("wrk_1")
    await bench.ledger.leave("wrk_1")
    assert await bench.ledger.workers() == []


async def test_one_that_leaves_with_rows_stays_to_be_taken_over(bench: Bench) -> None:
    id = await bench.job(2, repeatable=True)
    await bench.worker(jobs=frozenset({id}))
    await bench.turn(id, want=1)
    await bench.ledger.leave("wrk_1")
    assert await bench.counts(id) == Counts(waiting=1, in_flight=1)
    (left,) = await bench.ledger.workers()
    assert left.jobs == frozenset()
    assert await bench.ledger.take_over("wrk_1") == 1
    assert await bench.ledger.workers() == []


async def test_who_has_not_joined_gets_nothing(bench: Bench) -> None:
    id = await bench.job(2)
    for attempt in (bench.turn(id, want=1), bench.ledger.beat("wrk_1", [id])):
        with pytest.raises(NotFound, match="join"):
            await attempt
    assert await bench.counts(id) == Counts(waiting=2)


async def test_one_that_was_taken_for_dead_is_on_the_list_again_when_it_speaks(
    bench: Bench, opened: Callable[[], Bench]
) -> None:
    other = opened()
    await bench.worker()
    id = await bench.job(2)
    for speak in (bench.ledger.beat("wrk_1", [id]), bench.turn(id, want=1)):
        await other.ledger.take_over("wrk_1")
        assert await other.ledger.workers() == []
        await speak
        assert [worker.id for worker in await other.ledger.workers()] == ["wrk_1"]


async def test_a_row_that_comes_back_to_one_that_never_died_is_not_attempted_twice_at_a_time(
    bench: Bench, opened: Callable[[], Bench]
) -> None:
    await bench.worker()
    id = await bench.job(2, repeatable=True)
    await bench.turn(id, want=1)
    await opened().ledger.take_over("wrk_1")
    assert [row.number for row in await bench.turn(id, want=2)] == [2]
    assert await bench.counts(id) == Counts(in_flight=2)
    await bench.turn(id, [Settled(1, "accepted"), Settled(2, "accepted")])
    assert await bench.counts(id) == Counts(accepted=2)


@pytest.mark.parametrize(
    ("repeatable", "state", "ends"),
    [
        (True, "running", "retrying"),
        (True, "paused", "retrying"),
        (True, "cancelled", "uncertain"),
        (False, "running", "uncertain"),
        (False, "cancelled", "uncertain"),
    ],
)
async def test_the_rows_of_a_dead_worker_go_on_where_they_can(
    bench: Bench, repeatable: bool, state: str, ends: RowState
) -> None:
    await bench.worker()
    await bench.worker("wrk_2")
    other = await bench.job(2)
    await bench.ledger.turn("wrk_2", other, [], 1)
    await bench.turn(other, want=1)
    id = await bench.job(5, repeatable=repeatable)
    mine = await bench.turn(id, want=2)
    await bench.ledger.turn("wrk_2", id, [], 1)
    if state == "cancelled":
        await bench.ledger.cancel(id)
    elif state != "running":
        await bench.ledger.change(id, state, {"running"})  # type: ignore[arg-type]
    await bench.clock.advance(3)
    assert await bench.ledger.take_over("wrk_1") == 3
    assert [worker.id for worker in await bench.ledger.workers()] == ["wrk_2"]
    assert await bench.numbers(id, ends) == [row.number for row in mine]
    row = (await bench.ledger.rows(id, RowFilter()))[0]
    assert (row.state, row.attempts, row.outcome) == (ends, 1, "uncertain")
    assert row.due_at == (START + timedelta(seconds=3) if ends == "retrying" else None)
    assert "before it heard the answer" in str(row.sentence)
    assert (await bench.counts(id)).in_flight == (await bench.counts(other)).in_flight == 1
    if ends == "retrying" and state == "running":
        again = await bench.ledger.turn("wrk_2", id, [], 2)
        assert [(row.key, row.attempts) for row in again] == [(row.key, 2) for row in mine]
    assert await bench.ledger.take_over("wrk_1") == 0


async def test_one_that_lives_stays_on_the_list(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(1)
    await bench.turn(id, want=1)
    assert await bench.ledger.take_over("wrk_1", alive=True) == 1
    assert [worker.id for worker in await bench.ledger.workers()] == ["wrk_1"]


async def test_progress_tells_of_those_that_work_on_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_turns, "RATE_EVERY_S", 0.0)
    id = await bench.job(100)
    await bench.worker("wrk_1", jobs=frozenset({id}))
    await bench.worker("wrk_2", jobs=frozenset({id, "job_other"}))
    await bench.worker("wrk_3")
    await bench.ledger.turn("wrk_1", id, [], 10, 4.0)
    await bench.ledger.turn("wrk_2", id, [], 10, 16.0)
    progress = await bench.ledger.job(id)
    assert (progress.workers, progress.rate_per_s, progress.left_s) == (2, 20.0, 5.0)
    assert not progress.interrupted
    await bench.ledger.turn("wrk_2", id, [], 0, 6.0)
    assert (await bench.ledger.job(id)).rate_per_s == 10.0
    await bench.ledger.leave("wrk_1")
    await bench.ledger.beat("wrk_2", [])
    progress = (await bench.ledger.jobs(JobFilter()))[0]
    assert (progress.workers, progress.rate_per_s, progress.left_s) == (0, 0.0, None)
    assert progress.interrupted


async def test_a_dead_process_of_this_machine_does_not_count(bench: Bench) -> None:
    id = await bench.job(1)
    here, pid = platform.node(), os.getpid()
    await bench.worker("wrk_1", host=here, pid=pid, began=began_at(pid), jobs=frozenset({id}))
    await bench.worker("wrk_2", host=here, pid=pid, began=began_at(pid) - 60, jobs=frozenset({id}))
    assert (await bench.ledger.job(id)).workers == 1


# --- replay -----------------------------------------------------------------------------------------------------------

ANY = RowFilter()


async def ended(bench: Bench, *states: RowState, **fields: Any) -> str:
    """Return a job that is done, with one row in each of these states."""
    await bench.worker()
    id = await bench.job(len(states), **fields)
    claimed = await bench.turn(id, want=100)
    outcome = {"accepted": "accepted", "uncertain": "uncertain", "failed": "refused"}
    settled = [
        Settled(row.number, state, outcome.get(state, "")) for row, state in zip(claimed, states, strict=True)
    ]
    await bench.turn(id, settled)
    await bench.ledger.finish(id)
    return id


async def again(bench: Bench, id: str, wanted: RowFilter = ANY) -> int:
    preview = await bench.ledger.replay_preview(id, wanted)
    count = await bench.ledger.replay(id, wanted, preview.token)
    assert count == preview.total
    return count


async def test_a_replay_first_shows_who_would_get_what_twice(bench: Bench) -> None:
    id = await ended(bench, "failed", "accepted", "invalid", "uncertain", "failed", "cancelled")
    before = await bench.ledger.rows(id, ANY)
    preview = await bench.ledger.replay_preview(id, ANY)
    assert (preview.never_taken, preview.perhaps_twice, preview.surely_twice, preview.held_back) == (
        4,
        1,
        1,
        0,
    )
    assert [(row.number, row.state) for row in preview.sample] == [(2, "accepted"), (4, "uncertain")]
    assert preview.sample == (before[1], before[3])
    assert await bench.ledger.rows(id, ANY) == before, "looking changes nothing"
    assert (await bench.ledger.replay_preview(id, ANY)) == preview
    some = await bench.ledger.replay_preview(id, RowFilter(states=("failed", "waiting"), limit=1))
    assert (some.total, some.never_taken) == (2, 2), "whatever limit says"
    assert (await bench.ledger.replay_preview(id, RowFilter(states=("failed",), after=1))).total == 1
    assert (
        await bench.ledger.replay_preview(id, RowFilter(states=("waiting", "in_flight", "retrying")))
    ).total == 0


async def test_what_is_replayed_is_exactly_what_was_shown(bench: Bench) -> None:
    id = await ended(bench, "failed", "accepted", "invalid", "uncertain", "failed", "cancelled")
    await bench.clock.advance(5)
    wanted = RowFilter(states=("failed", "invalid", "uncertain"))
    assert await again(bench, id, wanted) == 4
    assert await bench.counts(id) == Counts(waiting=4, accepted=1, cancelled=1)
    progress = await bench.ledger.job(id)
    assert progress.job.state == "running"
    claimed = await bench.turn(id, want=10)
    assert [(row.number, row.key, row.attempts) for row in claimed] == [
        (n, f"{id}-{n}", 1) for n in (1, 3, 4, 5)
    ]
    assert (await bench.ledger.rows(id, RowFilter(states=("in_flight",))))[0].changed_at == START + timedelta(
        seconds=5
    )


async def test_what_was_accepted_goes_again_as_another_message(bench: Bench) -> None:
    id = await ended(bench, "accepted", "accepted")
    assert await again(bench, id) == 2
    (one, two) = await bench.turn(id, want=10)
    assert (one.key, two.key) == (f"{id}-1-1", f"{id}-2-1")
    await bench.turn(id, [Settled(1, "failed", "refused"), Settled(2, "accepted", "accepted")])
    preview = await bench.ledger.replay_preview(id, ANY)
    assert (preview.never_taken, preview.surely_twice) == (0, 2), "the one that failed had it before"
    await again(bench, id)
    assert [row.key for row in await bench.turn(id, want=10)] == [f"{id}-1-1", f"{id}-2-2"]
    assert [row.key for row in await bench.ledger.rows(id, ANY)] == [f"{id}-1-1", f"{id}-2-2"]


async def test_what_may_have_arrived_once_may_arrive_twice_however_it_ended(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(3, repeatable=True)
    await bench.settle_all(id, "retrying", outcome="uncertain", due_at=START)
    await bench.turn(id, want=1)
    await bench.ledger.take_over("wrk_1", alive=True)
    await bench.settle_all(id, "failed", outcome="refused")
    await bench.ledger.finish(id)
    assert (await bench.ledger.replay_preview(id, ANY)).perhaps_twice == 3


async def test_a_row_is_replayed_three_times_at_most(bench: Bench) -> None:
    id = await ended(bench, "failed", "failed")
    for _ in range(3):
        assert await again(bench, id, RowFilter(states=("failed",), after=1)) == 1
        await bench.settle_all(id, "failed")
    preview = await bench.ledger.replay_preview(id, ANY)
    assert (preview.total, preview.held_back) == (1, 1)
    assert await bench.ledger.replay(id, ANY, preview.token) == 1
    assert await bench.numbers(id, "waiting") == [1]
    with pytest.raises(Refused, match="None of these rows"):
        await bench.ledger.replay(id, RowFilter(states=("failed",)), preview.token)


async def test_a_preview_that_no_longer_holds_is_refused(bench: Bench) -> None:
    id = await ended(bench, "failed", "failed", "accepted")
    failed = RowFilter(states=("failed",))
    preview = await bench.ledger.replay_preview(id, failed)
    for wanted, token in (
        (ANY, preview.token),
        (failed, ""),
        (RowFilter(states=("failed",), after=1), preview.token),
    ):
        with pytest.raises(Refused, match="Look at them again"):
            await bench.ledger.replay(id, wanted, token)
    await again(bench, id, RowFilter(states=("failed",), after=1))
    with pytest.raises(Refused, match="Look at them again"):
        await bench.ledger.replay(id, failed, preview.token)
    await bench.clock.advance(1)
    await bench.settle_all(id, "failed")
    with pytest.raises(Refused, match="Look at them again"):
        await bench.ledger.replay(id, failed, preview.token)
    assert await bench.counts(id) == Counts(failed=2, accepted=1)


async def test_a_replay_in_the_midst_of_work_adds_to_it(bench: Bench) -> None:
    await bench.worker()
    id = await bench.job(4)
    one, _ = await bench.turn(id, want=2)
    await bench.turn(id, [Settled(one.number, "failed")])
    assert await again(bench, id, RowFilter(states=("failed",))) == 1
    assert [row.number for row in await bench.turn(id, want=10)] == [1, 3, 4]


@pytest.mark.parametrize("state", ["paused", "stopped"])
async def test_a_job_that_rests_is_not_set_going_by_a_replay(bench: Bench, state: str) -> None:
    await bench.worker()
    id = await bench.job(4)
    one, _ = await bench.turn(id, want=2)
    await bench.turn(id, [Settled(one.number, "failed")])
    await bench.ledger.change(id, state, {"running"})  # type: ignore[arg-type]
    preview = await bench.ledger.replay_preview(id, ANY)
    with pytest.raises(Refused, match="resume or cancel"):
        await bench.ledger.replay(id, ANY, preview.token)
    assert (await bench.counts(id)).failed == 1


async def test_what_a_cancelled_job_left_undone_stays_so_when_others_are_replayed(bench: Bench) -> None:
    """Also when the cancelling itself was interrupted before all rows knew of it."""
    await bench.worker()
    id = await bench.job(4)
    await bench.turn(id, [Settled(row.number, "failed") for row in await bench.turn(id, want=1)])
    await bench.ledger.change(id, "cancelled", {"running"})
    assert await again(bench, id, RowFilter(states=("failed",))) == 1
    assert await bench.counts(id) == Counts(waiting=1, cancelled=3)
    assert await again(bench, id, RowFilter(states=("cancelled",))) == 3
    assert await bench.numbers(id, "waiting") == [1, 2, 3, 4]


async def test_thousands_are_replayed_piece_by_piece(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_replay, "PIECE", 7)
    id = await ended(bench, *(("failed", "accepted", "uncertain") * 15))
    preview = await bench.ledger.replay_preview(id, ANY)
    assert (preview.never_taken, preview.perhaps_twice, preview.surely_twice) == (15, 15, 15)
    assert [row.number for row in preview.sample] == [2, 3, 5, 6, 8, 9, 11, 12, 14, 15]
    assert await bench.ledger.replay(id, ANY, preview.token) == 45
    assert await bench.counts(id) == Counts(waiting=45)
    assert [row.number for row in await bench.turn(id, want=100)] == list(range(1, 46))


async def test_what_changes_in_the_midst_of_a_long_replay_is_left_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_replay, "PIECE", 4)
    id = await ended(bench, *(("failed",) * 12))
    preview = await bench.ledger.replay_preview(id, ANY)
    right = bench.ledger._set_going

    def and_then_another(*more: Any) -> int:
        count = right(*more)
        monkeypatch.undo()
        query = sa.text("UPDATE workbench_rows SET changed_at = changed_at + 1 WHERE number = 10")
        more[-1].execute(query)
        return count

    monkeypatch.setattr(bench.ledger, "_set_going", and_then_another)
    assert await bench.ledger.replay(id, ANY, preview.token) == 8
    assert await bench.counts(id) == Counts(waiting=8, failed=4)


# --- forgetting and deleting ------------------------------------------------------------------------------------------


async def test_an_ended_job_can_be_made_to_forget_its_people(
    bench: Bench, home: Home, url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.adapters.ledger.PIECE", 4)
    await bench.worker()
    id = await bench.job(state="filling")
    await bench.ledger.add(id, [f'"a person called Ana{n}"' for n in range(10)])
    other = await bench.job(1)
    for state in ("running", "paused"):
        with pytest.raises(Refused, match=state.removeprefix("filling")):
            await bench.ledger.forget((await bench.ledger.change(id, state, {"filling", "running"})).id)  # type: ignore[arg-type]
    await bench.ledger.change(id, "running", {"paused"})
    await bench.settle_all(
        id, "failed", outcome="refused", sentence=say("No {who}.", who="Ana"), recipient="an***"
    )
    await bench.ledger.finish(id)
    assert await bench.ledger.forget(id) == 10
    assert await bench.counts(id) == Counts(failed=10)
    rows = await bench.ledger.rows(id, ANY)
    assert {(row.recipient, row.sentence, row.outcome, row.attempts) for row in rows} == {
        ("", None, "refused", 1)
    }
    with pytest.raises(NotFound, match="erased"):
        await bench.ledger.row_data(id, 1)
    with pytest.raises(Refused, match="None of these"):
        await bench.ledger.replay(id, ANY, (await bench.ledger.replay_preview(id, ANY)).token)
    assert await bench.ledger.row_data(other, 1) == '{"n": 1}'
    if url is None:
        assert all(b"called Ana" not in path.read_bytes() for path in home.folder.iterdir())


async def test_an_ended_job_can_be_deleted(
    bench: Bench, home: Home, url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.adapters.ledger.PIECE", 4)
    await bench.worker()
    kept, id = await bench.job(3), await bench.job(9)
    with pytest.raises(Refused, match="is running"):
        await bench.ledger.delete(id)
    made = entry()
    claimed = await bench.turn(id, want=5)
    await bench.turn(id, [Settled(row.number, "accepted", entry=made) for row in claimed[:1]])
    await bench.ledger.cancel(id)
    for attempt in (bench.ledger.delete(id), bench.ledger.forget(id)):
        with pytest.raises(Refused, match="4 rows are still under way"):
            await attempt
    await bench.turn(id, [Settled(row.number, "failed") for row in claimed[1:]])
    await bench.ledger.delete(id)
    with pytest.raises(NotFound):
        await bench.ledger.job(id)
    assert counted(bench.database, id) == {}
    assert await bench.journal.entry(made.id) == made
    assert await bench.counts(kept) == Counts(waiting=3)
    assert await bench.numbers(await bench.job(2)) == [1, 2], "a new job begins anew"
    if url is None:
        assert all(b'"n": 9' not in path.read_bytes() for path in home.folder.iterdir())


async def test_a_deleting_that_was_interrupted_can_be_repeated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.adapters.ledger.PIECE", 4)
    id = await ended(bench, *(("failed", "accepted") * 5))
    right, times = bench.database.write_now, iter(range(100))

    def dies(work: Callable[[sa.Connection], Any], *more: Any) -> Any:
        if next(times) == 4:
            raise CannotWrite(say("The disk is full."))
        return right(work, *more)

    with monkeypatch.context() as patch:
        patch.setattr(bench.database, "write_now", dies)
        with pytest.raises(CannotWrite):
            await bench.ledger.delete(id)
    assert 0 < (await bench.counts(id)).total < 10
    await bench.ledger.delete(id)
    with pytest.raises(NotFound):
        await bench.ledger.job(id)


# --- what can go wrong ------------------------------------------------------------------------------------------------


async def test_a_turn_that_cannot_be_written_changes_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.worker()
    id = await bench.job(4)
    claimed = await bench.turn(id, want=2)

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(ledger_steps, "claim", fail)
        with pytest.raises(ZeroDivisionError):
            await bench.turn(id, [Settled(row.number, "accepted", entry=entry()) for row in claimed], want=2)
    assert await bench.counts(id) == Counts(waiting=2, in_flight=2)
    assert await bench.journal.count(EntryFilter()) == 0


async def test_a_database_that_another_process_holds_is_said_and_nothing_is_lost(
    home: Home, url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_S", 0.05)
    database = Database.open(url, home)
    bench = Bench(database, VirtualClock(START))
    await bench.worker()
    id = await bench.job(4)
    claimed = await bench.turn(id, want=2)
    settled = [Settled(row.number, "accepted", entry=entry()) for row in claimed]
    other = sa.create_engine(
        database._engine.url, connect_args={"isolation_level": None} if url is None else {}
    )
    with other.connect() as connection:
        hold = "BEGIN IMMEDIATE" if url is None else "SELECT 1 FROM workbench_jobs FOR UPDATE"
        connection.exec_driver_sql(hold)
        for attempt in (
            bench.turn(id, settled, want=2), bench.ledger.add(id, ["{}"]), bench.ledger.cancel(id),
            bench.ledger.change(id, "paused", {"running"}),
        ):  # fmt: skip
            with pytest.raises(CannotWrite, match="in use by another process"):
                await attempt
        assert await bench.counts(id) == Counts(waiting=2, in_flight=2), "reading goes on"
        connection.exec_driver_sql("ROLLBACK")
    other.dispose()
    assert [row.number for row in await bench.turn(id, settled, want=2)] == [3, 4]
    assert await bench.counts(id) == Counts(accepted=2, in_flight=2)
    assert await bench.journal.count(EntryFilter()) == 2
    await database.close()


@only_sqlite
async def test_what_runs_for_every_row_and_every_page_is_found_by_an_index(bench: Bench) -> None:
    id = await mixed(bench)
    seen: set[str] = set()

    def follow(connection: sqlite3.Connection, *_: Any) -> None:
        connection.set_trace_callback(seen.add)

    sa.event.listen(bench.database._engine, "checkout", follow)
    await bench.clock.advance(100_000)
    claimed = await bench.turn(id, want=100)
    await bench.turn(id, [Settled(row.number, "failed") for row in claimed], want=1)
    await bench.turn(id, [Settled(row.number, "waiting", released=True) for row in claimed])
    await bench.turn(id, want=1)
    for state in ROW_STATES:
        await bench.numbers(id, state)
    await bench.ledger.jobs(JobFilter(live=True))
    await bench.ledger.beat("wrk_1", [id])
    await bench.ledger.replay_preview(id, ANY)
    await bench.ledger.take_over("wrk_1")
    await bench.ledger.cancel(id)
    sa.event.remove(bench.database._engine, "checkout", follow)
    await bench.database.close()
    plans: dict[str, list[str]] = {}
    with sqlite3.connect(bench.database.where) as connection:
        for text in seen:
            if text.split()[0] in {"SELECT", "UPDATE", "DELETE"}:
                plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")]
                plans[re.sub(r"\d+", "0", text)] = plan
    connection.close()
    assert len(plans) > 30
    scans = [
        (text, step)
        for text, plan in plans.items()
        for step in plan
        if "SCAN" in step and "workbench_rows" in step
    ]
    assert scans == []
    sorts = [
        text for text, plan in plans.items() for step in plan
        if "TEMP B-TREE FOR ORDER" in step and "in_flight" not in text.partition("ORDER")[0].replace("!= 'in_flight'", "")
    ]  # fmt: skip
    assert [text for text in sorts if "workbench_rows" in text] == [], (
        "only those in flight are few enough to sort"
    )
    used = " ".join(step for plan in plans.values() for step in plan)
    for index in ("workbench_rows_state", "workbench_rows_due", "workbench_rows_worker"):
        assert f"INDEX {index} (" in used


@only_postgresql
async def test_postgresql_finds_what_waits_without_having_counted_it(bench: Bench) -> None:
    id = await bench.job(3000)
    no = bench.database.read_now(lambda connection: ledger_steps.number_of(connection, id))
    text = ledger_steps._WAITING._for(bench.database._engine.dialect).text
    plan = bench.database.read_now(
        lambda connection: [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {text}", (no, 0, 100))]
    )
    assert any("Index Scan using workbench_rows_state" in line for line in plan), plan
    assert not any("Sort" in line for line in plan)
