"""UNIT MOVES: what was done with a thing goes to another unit with it: entries, jobs, holds, deliveries, callbacks and runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from .deliveries_tables import callbacks, deliveries
from .holds_tables import holds
from .journal import ENTRIES
from .ledger_tables import jobs
from .run_store_tables import runs

if TYPE_CHECKING:
    from .database import Database

PIECE: Final = 5_000
"""Rows that one transaction changes, so that nobody waits long for its end."""


async def move(database: Database, id: str, unit: str) -> int:
    """Give what was done with a thing of this id to a unit; return how many records there were. Begun again, it goes on."""
    moved = 0
    for table, key, fits in _records(id):
        while count := await database.write(partial(_piece, table, key, fits, unit)):
            moved += count
    return moved


def _records(id: str) -> Iterator[tuple[sa.Table, sa.Column[str], sa.ColumnElement[bool]]]:
    """Give each table that keeps what was done with a thing, its key, and the condition for what names the thing."""
    yield ENTRIES, ENTRIES.c.id, ENTRIES.c.integration_id == id
    named = (jobs.c.spec.contains(id, autoescape=True), jobs.c.account.contains(id, autoescape=True))
    yield jobs, jobs.c.id, sa.or_(jobs.c.integration_id == id, *named)
    yield holds, holds.c.id, holds.c.gate == id
    yield deliveries, deliveries.c.id, deliveries.c.account == id
    yield callbacks, callbacks.c.id, callbacks.c.account == id
    yield runs, runs.c.id, runs.c.run.contains(id, autoescape=True)


def _piece(
    table: sa.Table, key: sa.Column[str], fits: sa.ColumnElement[bool], unit: str, connection: sa.Connection
) -> int:
    these = sa.select(key).where(fits, table.c.unit != unit).limit(PIECE)
    return connection.execute(sa.update(table).where(key.in_(these)).values(unit=unit)).rowcount
