"""LEDGER: jobs, their rows, and who works on them. What is to be attempted is on the disk before it is; so is its end.

All of a job changes under its lock and with its counts, so that the counts always add up to its rows, whatever is killed when.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from workbench.errors import NotFound, Refused
from workbench.models.work import (
    LIVE,
    Claimed,
    Counts,
    Job,
    JobFilter,
    JobState,
    Progress,
    ReplayPreview,
    Row,
    RowFilter,
    RowState,
    Settled,
    Worker,
)  # fmt: skip
from workbench.sentence import Sentence, say

from . import ledger_replay, ledger_steps, ledger_workers, seeing
from .database import Database, microseconds, moment
from .ledger_replay import PIECE
from .ledger_steps import lock, no_job, number_of, save, whole
from .ledger_tables import (
    ROOM,
    ROW_COLUMNS,
    SCHEMA,
    is_due,
    job_of,
    job_values,
    jobs,
    row_of,
    rows,
    sentence_text,
)
from .ledger_turns import Turns

if TYPE_CHECKING:
    from .clock import Clock

T = TypeVar("T")


class Ledger:
    """The work of a home, or of a team that shares a database.

    Its methods raise NotFound for a job that is not there, Refused for one whose state does not allow it, and StorageFault.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take the database; the tables are made or brought up to date. Raises TooNew and StorageFault."""
        self._database = database
        self._clock = clock
        self._turns = Turns(database, self._now)
        database.prepare(SCHEMA)

    # -- jobs ----------------------------------------------------------------------------------------------------------

    async def create(self, job: Job) -> None:
        """Keep a new job, without rows. Raises Refused when its id is taken."""
        named = (job.integration_id or "", job.account, json.dumps(job.spec, default=str))
        unit = await asyncio.to_thread(self._database.sight.unit_for, *named)
        query = sa.insert(jobs).values(unit=unit, **job_values(job))
        await self._database.write(
            lambda connection: connection.execute(query), taken=say("This job is in the ledger already.")
        )

    async def add(self, job_id: str, data: Sequence[str], *, after: int | None = None) -> int:
        """Add rows, each as JSON, to a job that is being filled: all of them or none. Returns how many it has now.

        With ``after`` they are added only behind so many rows, so that who adds the same again after a crash, or beside another process,
        doubles nothing: Refused where there are more or fewer.
        """

        def work(connection: sa.Connection) -> int:
            job = lock(connection, job_id)
            job.require("filling")
            if after is not None and job.total != after:
                raise Refused(
                    say("Rows were added to this job by another process meanwhile. Look at it again.")
                )
            now = self._now()
            ledger_steps.add(connection, job, data, now)
            save(connection, job, now)
            return job.total

        return await self._database.write(work)

    async def add_at(self, job_id: str, first: int, data: Sequence[str]) -> int:
        """Add rows, each as JSON, under the numbers from ``first`` on; one whose number is there stays as it is. Returns how many were new.

        So several processes fill a job at once, each its own span of numbers, and whoever begins one again doubles nothing. A job begins
        without gaps: see to it that all of them were added.
        """

        def work(connection: sa.Connection) -> int:
            job = lock(connection, job_id)
            job.require("filling")
            now = self._now()
            added = ledger_steps.add_at(connection, job, first, data, now)
            save(connection, job, now)
            return added

        return await self._database.write(work) if data else 0

    async def unit(self, id: str) -> str:
        """Return the unit that a job belongs to; empty: nobody's in particular. What comes of it is theirs too."""
        query = sa.select(jobs.c.unit).where(jobs.c.id == id)
        return await self._database.read(lambda connection: connection.scalar(query) or "")

    async def job(self, id: str) -> Progress:
        """Return a job and how it goes now."""
        found = await self._progress(jobs.c.id == id)
        if not found:
            raise no_job()
        return found[0]

    async def jobs(self, wanted: JobFilter) -> list[Progress]:
        """Return the jobs that fit and how they go now, the newest first."""
        conditions: list[sa.ColumnElement[bool]] = []
        if wanted.state is not None:
            conditions.append(jobs.c.state == wanted.state)
        if wanted.live:
            conditions.append(jobs.c.state.in_(sorted(LIVE)))
        return await self._progress(*conditions, limit=wanted.limit)

    async def change(
        self, id: str, to: JobState, among: Collection[JobState], reason: Sentence | None = None
    ) -> Job:
        """Change a job's state if it is one of ``among``; return the job. Refused names the state it is in otherwise."""

        def work(connection: sa.Connection) -> Job:
            job = lock(connection, id)
            job.require(*among)
            job.state, job.reason = to, sentence_text(reason)
            save(connection, job, self._now())
            return whole(connection, id)

        return await self._database.write(work)

    async def finish(self, job_id: str) -> bool:
        """End a running job of which nothing is open; return whether it is done now."""

        def work(connection: sa.Connection) -> bool:
            job = lock(connection, job_id)
            if job.state == "running" and not job.open:
                job.state = "done"
                save(connection, job, self._now())
            return job.state == "done"

        return await self._database.write(work)

    async def cancel(self, job_id: str) -> Job:
        """End a job for good: what waits stays undone, what is in flight is settled by its worker. Returns the job.

        A cancelled one may be cancelled again: what a crash left waiting is left undone then.
        """

        def work(connection: sa.Connection) -> None:
            job = lock(connection, job_id)
            if job.state != "cancelled":
                job.require(*LIVE)
                job.state, job.reason = "cancelled", None
                save(connection, job, self._now())

        await self._database.write(work)
        await self._leave_undone(job_id)
        return await self._database.read(lambda connection: whole(connection, job_id))

    async def forget(self, job_id: str) -> int:
        """Erase what the rows of an ended job say of people, for good: data, recipients and sentences. Returns how many rows it has."""
        total = await self._check_ended(job_id)
        last = await self._database.read(lambda connection: ledger_steps.last_number(connection, job_id))
        for first in range(1, last + 1, PIECE):
            await self._rested(partial(self._erase, job_id, first))
        await self._database.empty_log()
        return total

    async def delete(self, job_id: str) -> None:
        """Delete an ended job with its rows. The journal keeps what went out."""
        await self._check_ended(job_id)

        def work(connection: sa.Connection) -> int:
            job = lock(connection, job_id)
            job.require("done", "cancelled")
            count = ledger_steps.delete(connection, job, PIECE)
            if count:
                save(connection, job, self._now())
            return count

        while await self._rested(work):
            continue
        await self._database.empty_log()

    # -- rows ----------------------------------------------------------------------------------------------------------

    async def turn(
        self,
        worker_id: str,
        job_id: str,
        settled: Sequence[Settled],
        want: int,
        rate_per_s: float | None = None,
    ) -> list[Claimed]:
        """Settle what has ended and claim up to ``want`` rows that are due, in one transaction.

        A row that the worker holds no more is left as it is, but its entry goes into the journal. Rows that are due again come first, then
        those that wait, in their order; none are claimed unless the job runs. After a StorageFault the same may be asked again: nothing is
        settled or written twice. Raises NotFound for a worker that has not joined.
        """
        return await asyncio.to_thread(self._turns.turn, worker_id, job_id, settled, want, rate_per_s)

    async def next_due(self, job_id: str) -> datetime | None:
        """Return when the next row that is to be attempted again is due."""
        return (await self.job(job_id)).next_due_at

    async def rows(self, job_id: str, wanted: RowFilter) -> list[Row]:
        """Return the rows that fit, in their order; the next page is ``after`` the last number. ``since`` is included, ``until`` is not."""

        def work(connection: sa.Connection) -> list[Row]:
            no = number_of(connection, job_id)
            query = sa.select(*ROW_COLUMNS).where(*ledger_replay.conditions(no, wanted)).limit(wanted.limit)
            states: Sequence[RowState | None] = sorted(set(wanted.states)) or [None]
            found = [
                row_of(job_id, one)
                for state in states
                for one in connection.execute(ledger_replay.in_order(query, no, state, wanted.after))
            ]
            return sorted(found, key=lambda row: row.number)[: wanted.limit]

        return await self._database.read(work)

    async def counts_between(self, job_id: str, first: int, last: int) -> Counts:
        """Return how many of the rows from number ``first`` to ``last``, both included, are in each state."""

        def work(connection: sa.Connection) -> Counts:
            base = number_of(connection, job_id) * ROOM
            these = rows.c.id.between(base + max(first, 1), base + min(last, ROOM - 1))
            query = sa.select(rows.c.state, sa.func.count().label("rows")).where(these).group_by(rows.c.state)
            return Counts(**{kept.state: kept.rows for kept in connection.execute(query)})

        return await self._database.read(work)

    async def row_data(self, job_id: str, number: int) -> str:
        """Return a row's JSON as it was added. Raises NotFound, also when it was erased."""

        def work(connection: sa.Connection) -> str | None:
            query = sa.select(rows.c.data).where(rows.c.id == number_of(connection, job_id) * ROOM + number)
            return connection.scalar(query)

        data = await self._database.read(work) if 0 < number < ROOM else None
        if data is None:
            raise NotFound(say("There is no such row, or what it held was erased."))
        return data

    async def replay_preview(self, job_id: str, wanted: RowFilter) -> ReplayPreview:
        """Return who would get what again: all rows that fit and can be replayed, whatever ``limit`` says. Nothing is changed."""
        no = await self._database.read(lambda connection: number_of(connection, job_id))
        look = await self._look(no, wanted)
        sample = await self._database.read(
            lambda connection: ledger_replay.sample_of(connection, no, job_id, look.twice)
        )
        return look.preview(job_id, sample)

    async def replay(self, job_id: str, wanted: RowFilter, token: str) -> int:
        """Let the rows of a preview wait again, and the job run; return how many.

        Raises Refused when the token does not stand for exactly these rows as they are, when there are none, and for a job that rests: it
        would go on with other rows too. Should rows change in the midst of thousands, those that follow are left alone and not counted.
        """
        no = await self._database.read(lambda connection: number_of(connection, job_id))
        look = await self._look(no, wanted)
        if not look.pieces:
            raise Refused(say("None of these rows can be attempted again."))
        done = 0
        if look.token(job_id) == token:
            await self._leave_undone(job_id)
            for piece in look.pieces:
                count = await self._rested(partial(self._set_going, job_id, piece, wanted, not done))
                if not count:
                    break
                done += count
        if not done:
            raise Refused(
                say("Since you looked, some of these rows have changed. Look at them again, then decide.")
            )
        return done

    # -- workers -------------------------------------------------------------------------------------------------------

    async def join(self, worker: Worker) -> None:
        """Put a worker on the list of those that live, with the jobs it works on."""
        self._turns.joined[worker.id] = worker

        def work(connection: sa.Connection) -> None:
            ledger_workers.enter(connection, worker)
            ledger_workers.set_jobs(connection, worker.id, worker.jobs)

        await self._database.write(work)

    async def beat(self, worker_id: str, jobs: Collection[str]) -> None:
        """Say that a worker lives, and which jobs it works on. One that was taken for dead meanwhile is put on the list again."""

        def work(connection: sa.Connection) -> None:
            self._turns.stay(connection, worker_id)
            ledger_workers.beat(connection, worker_id)
            ledger_workers.set_jobs(connection, worker_id, jobs)

        await self._database.write(work)

    async def leave(self, worker_id: str) -> None:
        """Take a worker off the list. One that still holds rows stays on it, without jobs, until they are taken over."""
        self._turns.joined.pop(worker_id, None)
        await self._database.write(lambda connection: ledger_workers.leave(connection, worker_id))

    async def workers(self) -> list[Worker]:
        """Return the workers on the list, dead or alive."""
        return await self._database.read(ledger_workers.all_of)

    async def take_over(self, worker_id: str, alive: bool = False) -> int:
        """Bring the rows that a worker holds to where they can go on, and take it off the list, unless it is ``alive``.

        Where the job's rows may be repeated they are due again at once, under the same key; else they are uncertain, as are those of a
        cancelled job. A worker of this process lets go of them. Returns how many rows there were.
        """

        def work(connection: sa.Connection) -> int:
            now, taken = self._now(), 0
            ledger_workers.hold(connection, worker_id)
            for job_id in ledger_workers.jobs_of(connection, worker_id):
                job = lock(connection, job_id, anyones=True)
                taken += ledger_steps.take_over(connection, job, worker_id, now)
                save(connection, job, now)
            if not alive:
                ledger_workers.remove(connection, worker_id)
            return taken

        taken = await self._database.write(work)
        self._turns.let_go(worker_id)
        return taken

    # ------------------------------------------------------------------------------------------------------------------

    def _now(self) -> int:
        return microseconds(self._clock.now())

    async def _progress(self, *conditions: sa.ColumnElement[bool], limit: int = 1) -> list[Progress]:
        """Return the jobs that fit and how they go now, the newest first."""
        due = sa.select(sa.func.min(rows.c.due_at)).where(rows.c.job == jobs.c.no, is_due())
        mine = seeing.seen(self._database.sight, jobs)
        query = sa.select(jobs, due.scalar_subquery().label("due")).where(*conditions, *mine)
        query = query.order_by(jobs.c.no.desc()).limit(limit)

        def work(connection: sa.Connection) -> list[Progress]:
            efforts = ledger_workers.efforts(connection)
            return [_progress_of(kept, efforts.get(kept.id, ())) for kept in connection.execute(query)]

        return await self._database.read(work)

    async def _rested(self, work: Callable[[sa.Connection], T]) -> T:
        """Do a piece of something long, and leave others as much time as it took: SQLite's writers wait by naps, not in a line."""
        clock = asyncio.get_running_loop().time
        began = clock()
        done = await self._database.write(work)
        await asyncio.sleep(clock() - began)
        return done

    async def _leave_undone(self, job_id: str) -> None:
        """Bring what waits in a cancelled job to its end, piece by piece."""

        def work(connection: sa.Connection) -> int:
            job = lock(connection, job_id)
            if job.state != "cancelled":
                return 0
            count = ledger_steps.leave_undone(connection, job, PIECE, self._now())
            save(connection, job, self._now())
            return count

        while await self._rested(work):
            continue

    async def _check_ended(self, job_id: str) -> int:
        """Return how many rows an ended job has. Raises Refused unless nothing of it can go on."""
        await self._leave_undone(job_id)

        def work(connection: sa.Connection) -> int:
            job = lock(connection, job_id)
            job.require("done", "cancelled")
            if job.open:
                raise Refused(
                    say(
                        "Of the job {job} {rows} rows are still under way. Wait until they have ended, then try again.",
                        job=job.title,
                        rows=job.open,
                    )
                )
            return job.total

        return await self._database.write(work)

    async def _look(self, no: int, wanted: RowFilter) -> ledger_replay.Look:
        """Look at all rows that fit, piece by piece."""
        look = ledger_replay.Look()
        for state in ledger_replay.states_of(wanted):
            after = wanted.after
            while found := await self._database.read(
                partial(ledger_replay.look_at, no, state, wanted, after)
            ):
                look.note(state, found)
                after = found[-1].number
        return look

    def _erase(self, job_id: str, first: int, connection: sa.Connection) -> None:
        job = lock(connection, job_id)
        job.require("done", "cancelled")
        ledger_steps.erase(connection, job, first, PIECE)

    def _set_going(
        self,
        job_id: str,
        piece: ledger_replay.Piece,
        wanted: RowFilter,
        first: bool,
        connection: sa.Connection,
    ) -> int:
        job = lock(connection, job_id)
        if first:
            job.require("running", "done", "cancelled")
        elif job.state == "cancelled":  # a person ended it meanwhile
            return 0
        now = self._now()
        count = ledger_replay.set_going(connection, job, piece, wanted, now)
        if count and job.state in {"done", "cancelled"}:
            job.state, job.reason = "running", None
        save(connection, job, now)
        return count


def _progress_of(kept: sa.Row[Any], efforts: Collection[float]) -> Progress:
    job = job_of(kept)
    rate = sum(efforts) if job.state == "running" else 0.0
    return Progress(
        job=job,
        rate_per_s=rate,
        left_s=job.counts.open / rate if rate > 0 else None,
        next_due_at=None if kept.due is None else moment(kept.due),
        workers=len(efforts),
    )
