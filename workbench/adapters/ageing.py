"""AGEING: what a workbench's database holds that is older than a time: counted, and taken out of it in small pieces.

Whatever else goes on has its turn between two pieces: a night's upkeep must not make a hook wait.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from workbench.models.hold import WAITING

from .database import Database, microseconds
from .deliveries_tables import callbacks
from .holds_tables import holds
from .ledger_tables import ROOM, jobs, rows

PIECE: Final = 1_000
"""Entries that one transaction deletes: some milliseconds."""
MOST_LISTED: Final = 500

_entries = sa.table("workbench_entries", sa.column("id", sa.Text), sa.column("at", sa.BigInteger))
_first = sa.cast(jobs.c.no, sa.BigInteger) * ROOM
_last_data = (
    sa.select(rows.c.data)
    .where(rows.c.id.between(_first, _first + ROOM - 1))
    .order_by(rows.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
"""What the last row of a job still says: rows are erased from the first on, so that it says nothing only when all is erased."""


async def count_entries(database: Database, before: datetime) -> int:
    """Return how many entries of the journal are from before a time."""
    query = sa.select(sa.func.count()).where(_entries.c.at < microseconds(before))
    return await database.read(lambda connection: connection.scalar(query) or 0)


async def purge_entries(database: Database, before: datetime) -> int:
    """Delete the entries of the journal from before a time for good, piece by piece, and return how many there were."""
    columns = _entries.c
    some = sa.select(columns.id).where(columns.at < microseconds(before)).order_by(columns.at).limit(PIECE)
    query = sa.delete(_entries).where(columns.id.in_(some.scalar_subquery()))
    clock, gone = asyncio.get_running_loop().time, 0
    while True:
        began = clock()
        count: int = await database.write(lambda connection: connection.execute(query).rowcount)
        gone += count
        if count < PIECE:
            break
        await asyncio.sleep(clock() - began)
    if gone:
        await database.empty_log()
    return gone


async def ended_jobs(database: Database, before: datetime) -> list[tuple[str, int]]:
    """Return the jobs that ended before a time and still say whom they were for, with their rows' number; the oldest first."""
    counts = sum(
        (jobs.c[state] for state in ("accepted", "failed", "uncertain", "invalid", "cancelled")),
        sa.literal(0),
    )
    query = (
        sa.select(jobs.c.id, counts.label("rows"))
        .where(
            jobs.c.state.in_(("done", "cancelled")),
            jobs.c.changed_at < microseconds(before),
            _last_data.is_not(None),
        )
        .order_by(jobs.c.no)
        .limit(MOST_LISTED)
    )
    return await database.read(
        lambda connection: [(one.id, int(one.rows)) for one in connection.execute(query)]
    )


async def ended_holds(database: Database, before: datetime) -> list[str]:
    """Return the ids of holds whose time was over before a time and that still hold contacts and addresses."""
    query = (
        sa.select(holds.c.id)
        .where(
            holds.c.limit_at < microseconds(before),
            holds.c.state.not_in(sorted(WAITING)),
            holds.c.sealed.is_not(None),
        )
        .order_by(holds.c.no)
        .limit(MOST_LISTED)
    )
    return await database.read(lambda connection: list(connection.scalars(query)))


async def count_callbacks(database: Database, before: datetime) -> int:
    """Return how many callbacks from before a time are still kept as they came."""
    old = callbacks.c.at < microseconds(before)
    query = sa.select(sa.func.count()).where(
        old, callbacks.c.sealed.is_not(None), callbacks.c.done.is_(sa.true())
    )
    return await database.read(lambda connection: connection.scalar(query) or 0)
