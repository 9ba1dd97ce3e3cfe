"""CENSUS: how much a workbench's database holds, counted in a few small queries: for operators, who look every few seconds.

Counts alone: no name, no address, nothing that belongs to one contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from workbench.engine import pace
from workbench.models.hold import WAITING
from workbench.models.work import ROW_STATES

from .database import Database, moment
from .deliveries_tables import callbacks
from .holds_tables import holds
from .ledger_tables import jobs, leases, workers

_budgets = sa.table("workbench_budgets", sa.column("state", sa.Text), sa.column("ahead", sa.Double))
_jobs_and_rows: Final = sa.select(
    jobs.c.state.label("of"),
    jobs.c.kind,
    sa.func.count().label("jobs"),
    *(sa.func.sum(jobs.c[state]).label(f"rows_{state}") for state in ROW_STATES),
).group_by(jobs.c.state, jobs.c.kind)
_holds: Final = sa.select(
    holds.c.state, sa.func.count().label("holds"), sa.func.min(holds.c.limit_at).label("soonest")
).group_by(holds.c.state)
_undone: Final = sa.select(sa.func.count()).where(callbacks.c.done.is_(sa.false()))
_server_time: Final = sa.select(sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double))
_SIZES: Final = {
    # SQLite numbers the rows of a table that is added to and emptied from the far end one after the other
    "sqlite": (
        sa.text("SELECT coalesce(max(rowid) - min(rowid) + 1, 0) FROM workbench_entries"),
        sa.text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
    ),
    # an estimate (https://www.postgresql.org/docs/current/catalog-pg-class.html, reltuples): to count millions takes seconds
    "postgresql": (
        sa.text(
            "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass('workbench_entries')"
        ),
        sa.text("SELECT pg_database_size(current_database())"),
    ),
}
"""For each kind of database: how long the journal is, and how much all of it takes, without reading it through."""


@dataclass(frozen=True, slots=True)
class Census:
    """What was counted. ``jobs`` by state and kind; ``entries`` is about how long the journal is, ``bytes`` what all of it takes.

    ``holds_until`` is when the platform gives up the first of the holds that it waits for; ``resting`` counts the accounts that asked
    to be left alone for a while.
    """

    jobs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    rate_per_s: float = 0.0
    workers: int = 0
    holds: Mapping[str, int] = field(default_factory=dict)
    holds_until: datetime | None = None
    budgets: int = 0
    resting: int = 0
    callbacks_undone: int = 0
    entries: int = 0
    bytes: int = 0


async def take(database: Database, monotonic_s: float) -> Census:
    """Return what the database holds now; ``monotonic_s`` is this machine's own clock, by which budgets go. Raises StorageFault."""
    return await database.read(lambda connection: _count(connection, database.kind, monotonic_s))


def _count(connection: sa.Connection, kind: str, monotonic_s: float) -> Census:
    found_jobs: dict[tuple[str, str], int] = {}
    rows: dict[str, int] = dict.fromkeys(ROW_STATES, 0)
    for found in connection.execute(_jobs_and_rows).mappings():
        found_jobs[found["of"], found["kind"]] = found["jobs"]
        for state in ROW_STATES:
            rows[state] += int(found[f"rows_{state}"])
    kept_holds = connection.execute(_holds).all()
    soonest = [one.soonest for one in kept_holds if one.state in WAITING]
    budgets = connection.execute(sa.select(_budgets.c.state, _budgets.c.ahead)).all()
    now_s = monotonic_s if kind == "sqlite" else float(connection.scalar(_server_time) or 0.0)
    entries, size = _SIZES[kind]
    return Census(
        jobs=found_jobs,
        rows=rows,
        rate_per_s=float(connection.scalar(sa.select(sa.func.sum(leases.c.rate))) or 0.0),
        workers=int(connection.scalar(sa.select(sa.func.count()).select_from(workers)) or 0),
        holds={one.state: one.holds for one in kept_holds},
        holds_until=moment(min(soonest)) if soonest else None,
        budgets=len(budgets),
        resting=sum(_rests(one.state, now_s - one.ahead) for one in budgets),
        callbacks_undone=int(connection.scalar(_undone) or 0),
        entries=int(connection.scalar(entries) or 0),
        bytes=int(connection.scalar(size) or 0),
    )


def _rests(text: str, now_s: float) -> bool:
    """Return whether an account asked to be left alone until after ``now_s``."""
    try:
        return pace.resting_until(pace.load(text), now_s) is not None
    except ValueError:  # what cannot be read is said where the account is used
        return False
