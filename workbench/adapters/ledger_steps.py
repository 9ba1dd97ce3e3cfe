"""LEDGER STEPS: what happens to a job's rows within one transaction, each step with the job's counts.

Every step begins with ``lock``: whoever changes a row of a job holds that job, so that its counts are true and no two processes get
the same row. In SQLite one transaction writes at a time anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import bindparam, literal_column

from workbench.errors import NotFound, Refused
from workbench.models.work import OPEN, ROW_STATES, Claimed, Job, JobState, RowState, Settled
from workbench.sentence import N_, Sentence, say

from .database import microseconds, storable
from .ledger_tables import ROOM, is_due, job_of, jobs, key_of, rows, sentence_text, state_is
from .seeing import check_change, may_see
from .statement import Statement, Values

ONE: Final[sa.ColumnElement[int]] = literal_column("1")

_JOB = Statement(
    sa.select(jobs.c.no, jobs.c.id, jobs.c.title, jobs.c.state, jobs.c.reason, jobs.c.repeatable, *(jobs.c[name] for name in ROW_STATES))
    .where(jobs.c.id == bindparam("of")).with_for_update(),
    "of",
)  # fmt: skip
_SAVE = Statement(
    sa.update(jobs).where(jobs.c.no == bindparam("of")).values(
        {name: bindparam(f"new_{name}") for name in ("state", "reason", "changed_at", *ROW_STATES)}
    ),
    *(f"new_{name}" for name in ("state", "reason", "changed_at", *ROW_STATES)), "of",
)  # fmt: skip
_ADD = Statement(sa.insert(rows), "id", "job", "number", "state", "changed_at", "data")
_DUE = Statement(
    sa.select(rows.c.number, rows.c.attempts, rows.c.generation, rows.c.data)
    .where(rows.c.job == bindparam("of"), is_due(), rows.c.due_at <= bindparam("now"))
    .order_by(rows.c.due_at).limit(bindparam("most", type_=sa.Integer)),
    "of", "now", "most",
)  # fmt: skip
_WAITING = Statement(
    sa.select(rows.c.number, rows.c.attempts, rows.c.generation, rows.c.data)
    .where(rows.c.job == bindparam("of"), state_is("waiting"), rows.c.number > bindparam("after"))
    .order_by(rows.c.number).limit(bindparam("most", type_=sa.Integer)),
    "of", "after", "most",
)  # fmt: skip
_CLAIM = Statement(
    sa.update(rows).where(rows.c.id == bindparam("of")).values(
        state=literal_column("'in_flight'"), attempts=rows.c.attempts + ONE, worker=bindparam("by"), changed_at=bindparam("now"),
        due_at=sa.null(),
    ),
    "now", "by", "of",
)  # fmt: skip
_CLAIM_RUN = Statement(  # one statement for many: with PostgreSQL each costs a round
    sa.update(rows).where(rows.c.id.between(bindparam("first"), bindparam("last"))).values(
        state=literal_column("'in_flight'"), attempts=rows.c.attempts + ONE, worker=bindparam("by"), changed_at=bindparam("now"),
        due_at=sa.null(),
    ),
    "now", "by", "first", "last",
)  # fmt: skip
_HELD = (rows.c.id == bindparam("of"), rows.c.worker == bindparam("by"), state_is("in_flight"))
_SETTLE = Statement(
    sa.update(rows).where(*_HELD).values(
        state=bindparam("to"), changed_at=bindparam("now"), due_at=bindparam("due"), worker=sa.null(), outcome=bindparam("ended"),
        sentence=bindparam("said"), recipient=bindparam("whom"), entry_id=bindparam("entry"),
        unsure=rows.c.unsure.bitwise_or(bindparam("perhaps", type_=sa.SmallInteger)),
    ),
    "to", "perhaps", "now", "due", "ended", "said", "whom", "entry", "of", "by",
)  # fmt: skip
_RELEASE = Statement(  # what is not told stays as the last attempt left it
    sa.update(rows).where(*_HELD).values(
        state=bindparam("to"), changed_at=bindparam("now"), due_at=bindparam("due"), worker=sa.null(),
        attempts=rows.c.attempts - ONE, outcome=sa.func.coalesce(bindparam("ended", type_=sa.Text), rows.c.outcome),
        sentence=sa.func.coalesce(bindparam("said", type_=sa.Text), rows.c.sentence),
        recipient=sa.func.coalesce(bindparam("whom", type_=sa.Text), rows.c.recipient),
        entry_id=sa.func.coalesce(bindparam("entry", type_=sa.Text), rows.c.entry_id),
        unsure=rows.c.unsure.bitwise_or(bindparam("perhaps", type_=sa.SmallInteger)),
    ),
    "to", "perhaps", "now", "due", "ended", "said", "whom", "entry", "of", "by",
)  # fmt: skip
_STRAYS = Statement(
    sa.select(rows.c.number).where(rows.c.worker == bindparam("by"), state_is("in_flight"), rows.c.job == bindparam("of")), "by", "of"
)  # fmt: skip


@dataclass(slots=True)
class Held:
    """A job that this transaction holds, and its counts as they change."""

    no: int
    id: str
    title: str
    state: JobState
    reason: str | None
    repeatable: bool
    counts: dict[RowState, int]

    @property
    def open(self) -> int:
        """The rows that are not at their end."""
        return sum(self.counts[state] for state in OPEN)

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.counts.values())

    def move(self, before: RowState, after: RowState, count: int) -> None:
        """Count rows that went from one state to another."""
        self.counts[before] -= count
        self.counts[after] += count

    def require(self, *states: JobState) -> None:
        """Raise Refused, with a sentence that names the state it is in, unless it is one of these."""
        if self.state not in states:
            raise Refused(Sentence(_NOT_NOW[self.state], {"job": self.title}))


_NOT_NOW: Final[dict[JobState, str]] = {
    "filling": N_("The job {job} is still being filled; this can be done once it was started."),
    "running": N_("The job {job} is running; pause or cancel it first."),
    "paused": N_("The job {job} is paused; resume or cancel it first."),
    "stopped": N_("The job {job} was stopped; resume or cancel it first."),
    "cancelled": N_("The job {job} was cancelled; it can only be replayed, or made anew."),
    "done": N_("The job {job} is done; it can only be replayed, or made anew."),
}


_LOST: Final = say("The process that sent this row ended before it heard the answer. It may have arrived.")
_NOT_BEGUN: Final[tuple[RowState, ...]] = ("waiting", "retrying")


def no_job() -> NotFound:
    """Return the error that there is no such job."""
    return NotFound(say("There is no job of this id. It may have been deleted."))


def lock(connection: sa.Connection, job_id: str, *, anyones: bool = False) -> Held:
    """Return the job, held by this transaction until its end, to change it. Raises NotFound, and Forbidden.

    ``anyones``: whoever's it is, for what the crew does with jobs that nobody asked for.
    """
    found = _JOB.rows(connection, job_id)
    if not found or not (anyones or check_change(connection, jobs, jobs.c.id == job_id)):
        raise no_job()
    no, id, title, state, reason, repeatable, *counts = found[0]
    return Held(no, id, title, state, reason, bool(repeatable), dict(zip(ROW_STATES, counts, strict=True)))


def number_of(connection: sa.Connection, job_id: str) -> int:
    """Return the job's ``no``, without holding it. Raises NotFound."""
    no: int | None = connection.scalar(sa.select(jobs.c.no).where(jobs.c.id == job_id))
    if no is None or not may_see(connection, jobs, jobs.c.no == no):
        raise no_job()
    return no


def whole(connection: sa.Connection, job_id: str) -> Job:
    """Return the job as the ledger keeps it. Raises NotFound."""
    found = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).first()
    if found is None or not may_see(connection, jobs, jobs.c.id == job_id):
        raise no_job()
    return job_of(found)


def save(connection: sa.Connection, job: Held, now: int) -> None:
    """Keep the job's state, reason and counts."""
    counts = (job.counts[state] for state in ROW_STATES)
    _SAVE.run(connection, [(job.state, job.reason, now, *counts, job.no)])


def add(connection: sa.Connection, job: Held, data: Sequence[str], now: int) -> None:
    """Add rows that wait, numbered on from the last."""
    number, base = job.total, job.no * ROOM
    _ADD.run(
        connection,
        [
            (base + at, job.no, at, "waiting", now, storable(text))
            for at, text in enumerate(data, start=number + 1)
        ],
    )  # fmt: skip
    job.counts["waiting"] += len(data)


def add_at(connection: sa.Connection, job: Held, first: int, data: Sequence[str], now: int) -> int:
    """Add rows that wait under the numbers from ``first`` on, but for those whose number is there; return how many were added."""
    base = job.no * ROOM
    mine = rows.c.id.between(base + first, base + first + len(data) - 1)
    there = set(connection.scalars(sa.select(rows.c.number).where(mine)))
    new = [
        (base + at, job.no, at, "waiting", now, storable(text))
        for at, text in enumerate(data, start=first)
        if at not in there
    ]
    _ADD.run(connection, new)
    job.counts["waiting"] += len(new)
    return len(new)


def last_number(connection: sa.Connection, job_id: str) -> int:
    """Return the highest number of a job's rows, 0 without any: of a job that was filled from several places, some may lack before it."""
    base = number_of(connection, job_id) * ROOM
    mine = rows.c.id.between(base, base + ROOM - 1)
    last = connection.scalar(sa.select(sa.func.max(rows.c.id)).where(mine))
    return 0 if last is None else last - base


def settle(
    connection: sa.Connection, job: Held, worker_id: str, settled: Sequence[Settled], now: int
) -> None:
    """Put the ends of attempts down. A row that the worker holds no more is left as it is."""
    ends: defaultdict[tuple[RowState, bool], list[Values]] = defaultdict(list)
    base = job.no * ROOM
    for one in settled:
        state = _end(job, one)
        due = (now if one.due_at is None else microseconds(one.due_at)) if state == "retrying" else None
        ends[state, one.released].append(
            (
                state, int(one.outcome == "uncertain"), now, due, one.outcome or None, sentence_text(one.sentence),
                storable(one.recipient) or None, None if one.entry is None else one.entry.id, base + one.number, worker_id,
            )
        )  # fmt: skip
    for (state, released), values in ends.items():
        job.move("in_flight", state, (_RELEASE if released else _SETTLE).run(connection, values))


def _end(job: Held, one: Settled) -> RowState:
    """Return the state a row comes to: nothing of a cancelled job goes on."""
    if one.state == "in_flight":
        raise ValueError("an attempt does not end in flight")
    if job.state != "cancelled" or one.state not in OPEN:
        return one.state
    return "uncertain" if one.outcome == "uncertain" else "cancelled"


def claim(
    connection: sa.Connection, job: Held, worker_id: str, want: int, floor: int, now: int
) -> tuple[list[Claimed], int]:
    """Return up to ``want`` rows, now in flight, and the number of the last that waited (else ``floor``).

    First come those that are due again, then those that wait above ``floor``, then the others that wait.
    """
    due: Sequence[Any] = _DUE.rows(connection, job.no, now, want) if job.counts["retrying"] else ()
    most = min(want - len(due), job.counts["waiting"])
    waiting: Sequence[Any] = _WAITING.rows(connection, job.no, floor, most) if most else ()
    if len(waiting) < most and floor:
        waiting = _WAITING.rows(connection, job.no, 0, most)
    base, id = job.no * ROOM, job.id
    alone = [*due, *waiting]
    if waiting and waiting[-1][0] - waiting[0][0] == len(waiting) - 1:
        alone = [*due]
        _CLAIM_RUN.run(connection, [(now, worker_id, base + waiting[0][0], base + waiting[-1][0])])
    _CLAIM.run(connection, [(now, worker_id, base + number) for number, _, _, _ in alone])
    job.move("retrying", "in_flight", len(due))
    job.move("waiting", "in_flight", len(waiting))
    claimed = [
        Claimed(number, key_of(id, number, generation), attempts + 1, data)
        for number, attempts, generation, data in [*due, *waiting]
    ]
    return claimed, waiting[-1][0] if waiting else floor


def strays(connection: sa.Connection, job: Held, worker_id: str, known: set[int]) -> list[Settled]:
    """Return how to settle the rows that the worker holds without knowing: it never heard that they were claimed."""
    found = (number for (number,) in _STRAYS.rows(connection, worker_id, job.no))
    return [Settled(number, "waiting", released=True) for number in found if number not in known]


def take_over(connection: sa.Connection, job: Held, worker_id: str, now: int) -> int:
    """Bring the rows of a job that a worker holds to where they can go on; return how many."""
    after: RowState = "retrying" if job.repeatable and job.state != "cancelled" else "uncertain"
    changed = {
        "state": after, "due_at": now if after == "retrying" else None, "changed_at": now, "worker": None, "unsure": 1,
        "outcome": "uncertain", "sentence": sentence_text(_LOST),
    }  # fmt: skip
    held = (rows.c.worker == worker_id, state_is("in_flight"), rows.c.job == job.no)
    count = connection.execute(sa.update(rows).where(*held).values(changed)).rowcount
    job.move("in_flight", after, count)
    return count


def leave_undone(connection: sa.Connection, job: Held, most: int, now: int) -> int:
    """Bring up to ``most`` rows of each kind that wait to their end without an attempt; return how many."""
    total = 0
    for state in _NOT_BEGUN:
        if job.counts[state]:
            first = sa.select(rows.c.id).where(rows.c.job == job.no, state_is(state)).limit(most)
            query = sa.update(rows).where(rows.c.id.in_(first.order_by(rows.c.number)))
            count = connection.execute(query.values(state="cancelled", due_at=None, changed_at=now)).rowcount
            job.move(state, "cancelled", count)
            total += count
    return total


def erase(connection: sa.Connection, job: Held, first: int, count: int) -> None:
    """Erase what the rows from number ``first`` on say of people."""
    low = job.no * ROOM + first
    query = sa.update(rows).where(rows.c.id.between(low, low + count - 1))
    connection.execute(query.values(data=None, recipient=None, sentence=None))


def delete(connection: sa.Connection, job: Held, most: int) -> int:
    """Delete up to ``most`` rows, and count them off; return how many. Where there are none, the job itself goes."""
    mine = rows.c.id.between(job.no * ROOM, job.no * ROOM + ROOM - 1)
    ids = connection.scalars(sa.select(rows.c.id).where(mine).order_by(rows.c.id).limit(most)).all()
    if not ids:
        connection.execute(sa.delete(jobs).where(jobs.c.no == job.no))
        return 0
    these = rows.c.id.between(ids[0], ids[-1])
    for state, count in connection.execute(
        sa.select(rows.c.state, sa.func.count()).where(these).group_by(rows.c.state)
    ):
        job.counts[state] -= count
    connection.execute(sa.delete(rows).where(these))
    return len(ids)
