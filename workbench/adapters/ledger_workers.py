"""LEDGER WORKERS: the list of the processes that work on jobs, and what each of them works on."""

from __future__ import annotations

import platform
from collections import defaultdict
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite

from workbench.models.work import Worker

from .ledger_tables import jobs, leases, rows, state_is, workers
from .processes import is_running
from .statement import Statement


def _insert(kind: str, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    return sqlite.insert(table) if kind == "sqlite" else postgresql.insert(table)


def _rate(kind: str) -> sa.ClauseElement:
    made = _insert(kind, leases)
    return made.on_conflict_do_update(index_elements=["worker", "job"], set_={"rate": made.excluded.rate})


_LISTED = Statement(  # whoever takes its rows over waits for this transaction
    sa.select(workers.c.beat).where(workers.c.id == bindparam("of")).with_for_update(read=True, key_share=True), "of"
)  # fmt: skip
_ENTER = Statement(
    lambda kind: _insert(kind, workers).on_conflict_do_nothing(), "id", "host", "pid", "began", "beat"
)
_LEASE = Statement(lambda kind: _insert(kind, leases).on_conflict_do_nothing(), "worker", "job")
_RATE = Statement(_rate, "worker", "job", "rate")


def is_listed(connection: sa.Connection, worker_id: str) -> bool:
    """Return whether the worker is on the list, and keep it so until the end of this transaction."""
    return bool(_LISTED.rows(connection, worker_id))


def hold(connection: sa.Connection, worker_id: str) -> None:
    """Wait until no transaction of the worker is under way, and let none begin before this one ends."""
    connection.execute(sa.select(workers.c.id).where(workers.c.id == worker_id).with_for_update())


def enter(connection: sa.Connection, worker: Worker) -> None:
    """Put a worker on the list; one that is on it stays as it is."""
    _ENTER.run(connection, [(worker.id, worker.host, worker.pid, worker.began, worker.beat)])


def beat(connection: sa.Connection, worker_id: str) -> None:
    """Count a worker's beat up."""
    query = sa.update(workers).where(workers.c.id == worker_id)
    connection.execute(query.values(beat=workers.c.beat + 1))


def set_jobs(connection: sa.Connection, worker_id: str, job_ids: Collection[str]) -> None:
    """Note what a worker works on: these jobs and no others."""
    other = sa.delete(leases).where(leases.c.worker == worker_id, leases.c.job.not_in(job_ids))
    connection.execute(other)
    _LEASE.run(connection, [(worker_id, job_id) for job_id in sorted(job_ids)])


def set_rate(connection: sa.Connection, worker_id: str, job_id: str, rate_per_s: float) -> None:
    """Note how fast a worker goes on a job."""
    _RATE.run(connection, [(worker_id, job_id, rate_per_s)])


def leave(connection: sa.Connection, worker_id: str) -> None:
    """Take a worker off the list, unless it still holds rows."""
    hold(connection, worker_id)
    set_jobs(connection, worker_id, ())
    holds = sa.select(rows.c.id).where(rows.c.worker == worker_id, state_is("in_flight")).limit(1)
    if connection.execute(holds).first() is None:
        remove(connection, worker_id)


def remove(connection: sa.Connection, worker_id: str) -> None:
    """Take a worker off the list, whatever it holds."""
    connection.execute(sa.delete(leases).where(leases.c.worker == worker_id))
    connection.execute(sa.delete(workers).where(workers.c.id == worker_id))


def jobs_of(connection: sa.Connection, worker_id: str) -> Sequence[str]:
    """Return the jobs of which a worker holds rows, always in the same order: so that two who lock them do not wait for each other."""
    held = sa.select(rows.c.job).where(rows.c.worker == worker_id, state_is("in_flight"))
    return connection.scalars(sa.select(jobs.c.id).where(jobs.c.no.in_(held)).order_by(jobs.c.no)).all()


def all_of(connection: sa.Connection) -> list[Worker]:
    """Return the workers on the list, dead or alive."""
    named: defaultdict[str, set[str]] = defaultdict(set)
    for worker_id, job_id in connection.execute(sa.select(leases.c.worker, leases.c.job)):
        named[worker_id].add(job_id)
    return [
        Worker(one.id, one.host, one.pid, one.began, one.beat, frozenset(named[one.id]))
        for one in connection.execute(sa.select(workers).order_by(workers.c.id))
    ]


def efforts(connection: sa.Connection) -> dict[str, list[float]]:
    """Return for each job the rates of those that work on it. One of this machine whose process is gone does not count."""
    query = sa.select(leases.c.job, leases.c.rate, workers).join(workers, workers.c.id == leases.c.worker)
    found: defaultdict[str, list[float]] = defaultdict(list)
    alive: dict[str, bool] = {}
    for one in connection.execute(query):
        if one.id not in alive:
            alive[one.id] = one.host != platform.node() or is_running(one.pid, one.began)
        if alive[one.id]:
            found[one.job].append(one.rate)
    return found
