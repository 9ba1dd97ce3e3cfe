"""Whatever is done to a job, in whatever order, by two processes: its counts are its rows, and no row is held twice or lost."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from workbench.adapters.clock import VirtualClock, new_id
from workbench.adapters.database import Database
from workbench.adapters.home import open_home
from workbench.adapters.journal import Journal
from workbench.adapters.ledger import Ledger
from workbench.errors import Refused
from workbench.models.journal import Entry
from workbench.models.work import ROW_STATES, Claimed, Job, RowFilter, Settled, Worker

T = TypeVar("T")
START = datetime(2026, 3, 1, tzinfo=UTC)
ENDS = ("retrying", "accepted", "failed", "uncertain", "invalid")
REPLAYABLE = ("failed", "uncertain", "invalid", "accepted", "cancelled")
WORKERS = ("wrk_0", "wrk_1")


class Life(RuleBasedStateMachine):
    """One job on one file, and two ledgers, each with a worker of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="wb"))
        self.loop = asyncio.Runner()
        self.clock = VirtualClock(START)
        home = open_home(self.folder / "home")
        self.databases = [Database.open(None, home) for _ in range(2)]
        self.journals = [Journal(database) for database in self.databases]
        self.ledgers = [Ledger(database, self.clock) for database in self.databases]
        self.held: list[dict[int, Claimed]] = [{}, {}]
        self.total = self.entries = 0
        self.job = ""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    def tried(self, work: Coroutine[Any, Any, Any]) -> bool:
        """Do it, or be refused, which has to change nothing."""
        before = self.rows()
        try:
            self.run(work)
        except Refused:
            assert self.rows() == before
            return False
        return True

    def rows(self) -> list[Any]:
        query = sa.text(
            "SELECT number, state, attempts, worker, due_at, replays FROM workbench_rows ORDER BY id"
        )
        return list(self.databases[0].read_now(lambda connection: connection.execute(query).all()))

    @initialize(
        repeatable=st.booleans(), count=st.integers(0, 12), running=st.sampled_from((True, True, True, False))
    )
    def begin(self, repeatable: bool, count: int, running: bool) -> None:
        self.job = new_id("job")
        made = Job(
            id=self.job, kind="send", title="x", mode="rehearsal", who="ana", account="a", repeatable=repeatable, created_at=START,
            changed_at=START,
        )  # fmt: skip
        self.run(self.ledgers[0].create(made))
        for ledger, name in zip(self.ledgers, WORKERS, strict=True):
            self.run(ledger.join(Worker(name, "elsewhere", 1, 1.0)))
        self.add(0, count)
        if running:
            self.change(0, "running")

    @rule(at=st.integers(0, 1), count=st.integers(0, 6))
    def add(self, at: int, count: int) -> None:
        if self.tried(self.ledgers[at].add(self.job, ["{}"] * count)):
            self.total += count

    @rule(at=st.integers(0, 1), to=st.sampled_from(("running", "running", "running", "paused", "stopped")))
    def change(self, at: int, to: Any) -> None:
        self.tried(self.ledgers[at].change(self.job, to, {"filling", "running", "paused", "stopped"}))

    @rule(at=st.integers(0, 1), want=st.integers(1, 5))
    def claim(self, at: int, want: int) -> None:
        claimed = self.run(self.ledgers[at].turn(WORKERS[at], self.job, [], want))
        self.held[at].update({row.number: row for row in claimed})

    @precondition(lambda self: self.held[0] or self.held[1])
    @rule(at=st.integers(0, 1), want=st.integers(0, 5), data=st.data())
    def turn(self, at: int, want: int, data: st.DataObject) -> None:
        held = self.held[at]
        settled = []
        for number in sorted(held):
            end = data.draw(st.sampled_from((None, "released", *ENDS)))
            if end == "released":
                settled.append(Settled(number, "waiting", released=True))
            elif end is not None:
                due = (
                    self.clock.now() + timedelta(seconds=data.draw(st.integers(-5, 20)))
                    if end == "retrying"
                    else None
                )
                made = Entry(id=new_id("ent"), at=START, kind="send", mode="rehearsal", who="ana")
                outcome = data.draw(st.sampled_from(("uncertain", "throttled"))) if end == "retrying" else end
                settled.append(Settled(number, end, outcome, due_at=due, entry=made))
        if data.draw(st.booleans()):  # one that nobody holds
            settled.append(Settled(data.draw(st.integers(1, self.total + 1)), "accepted", "accepted"))
            settled = [one for one in settled[:-1] if one.number != settled[-1].number] + settled[-1:]
        before = {row.number: row for row in self.rows()}
        state = self.run(self.ledgers[at].job(self.job)).job.state
        claimed = self.run(self.ledgers[at].turn(WORKERS[at], self.job, settled, want))
        self.entries += sum(one.entry is not None for one in settled)
        for one in settled:
            held.pop(one.number, None)
        after = {row.number: row for row in self.rows()}
        for one in settled:
            if before.get(one.number) and before[one.number].worker not in (None, WORKERS[at]):
                assert after[one.number] == before[one.number], "what another holds is left alone"
        assert len(claimed) <= want
        assert not claimed or state == "running"
        for row in claimed:
            assert row.number not in held
            if row.number not in {one.number for one in settled}:
                assert before[row.number].state in ("waiting", "retrying")
                assert row.attempts == before[row.number].attempts + 1
            held[row.number] = row

    @precondition(lambda self: self.held[0] or self.held[1])
    @rule(at=st.integers(0, 1), end=st.sampled_from(ENDS))
    def settle_for_another(self, at: int, end: Any) -> None:
        before = self.rows()
        foreign = [row.number for row in before if row.worker == WORKERS[1 - at]]
        self.run(
            self.ledgers[at].turn(WORKERS[at], self.job, [Settled(number, end) for number in foreign], 0)
        )
        assert self.rows() == before, "what another holds is left alone"

    @rule(at=st.integers(0, 1), dead=st.integers(0, 1), alive=st.booleans())
    def take_over(self, at: int, dead: int, alive: bool) -> None:
        holds = sum(row.worker == WORKERS[dead] for row in self.rows())
        assert self.run(self.ledgers[at].take_over(WORKERS[dead], alive)) == holds
        if at == dead:  # it lets go of them
            self.held[dead].clear()

    @rule(at=st.integers(0, 1))
    def finish(self, at: int) -> None:
        self.run(self.ledgers[at].finish(self.job))

    @rule(at=st.integers(0, 1), sure=st.integers(0, 3))
    def cancel(self, at: int, sure: int) -> None:
        if not sure:
            self.tried(self.ledgers[at].cancel(self.job))

    @rule(at=st.integers(0, 1), states=st.sets(st.sampled_from(REPLAYABLE)), stale=st.booleans())
    def replay(self, at: int, states: set[Any], stale: bool) -> None:
        wanted = RowFilter(states=tuple(states))
        preview = self.run(self.ledgers[at].replay_preview(self.job, wanted))
        fit = [row for row in self.rows() if row.state in (states or REPLAYABLE)]
        assert preview.total == sum(row.replays < 3 for row in fit)
        assert preview.held_back == len(fit) - preview.total
        if self.tried(self.ledgers[1 - at].replay(self.job, wanted, "" if stale else preview.token)):
            assert not stale
            now = {row.number: row for row in self.rows()}
            for row in fit:
                again = row.replays < 3
                assert (now[row.number].state == "waiting") == again
                assert now[row.number].replays == row.replays + again

    @rule(seconds=st.integers(0, 15))
    def wait(self, seconds: int) -> None:
        self.run(self.clock.advance(seconds))

    @rule(at=st.integers(0, 1))
    def beat(self, at: int) -> None:
        self.run(self.ledgers[at].beat(WORKERS[at], [self.job]))

    @invariant()
    def counts_are_rows(self) -> None:
        if not self.job:
            return
        rows = self.rows()
        job = self.run(self.ledgers[1].job(self.job)).job
        counted = Counter(row.state for row in rows)
        assert {state: getattr(job.counts, state) for state in ROW_STATES} == {
            state: counted[state] for state in ROW_STATES
        }
        assert job.counts.total == len(rows) == self.total
        assert [row.number for row in rows] == list(range(1, self.total + 1))
        for row in rows:
            assert (row.worker is not None) == (row.state == "in_flight")
            assert (row.due_at is not None) == (row.state == "retrying")
            assert row.attempts >= (row.state == "in_flight")
            assert row.state != "in_flight" or row.number in self.held[WORKERS.index(row.worker)]
        assert job.state != "done" or job.counts.open == 0
        assert job.state != "cancelled" or job.counts.open == job.counts.in_flight
        count = sa.text("SELECT count(*) FROM workbench_entries")
        assert self.databases[0].read_now(lambda connection: connection.scalar(count)) == self.entries

    def teardown(self) -> None:
        for database in self.databases:
            self.run(database.close())
        self.loop.close()
        shutil.rmtree(self.folder)


class TestLife(Life.TestCase):
    settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


@pytest.mark.soak
class TestLongLife(Life.TestCase):
    settings = settings(max_examples=1000, stateful_step_count=60, deadline=None)
