"""RUN STORE TABLES: how runs are kept, and of their tables' rows those that need a word: bad, left out, or mended by a person.

A row that is as it came and ready is not here, so that ten million good ones take no room. Cells and problems are sealed with the run's
own key, which is sealed itself.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.models.run import Run
from workbench.models.run_kept import KeptRow, KeptRun

from . import seeing
from .database import Big, Id, Schema
from .statement import Statement

ROOM: Final = 1 << 32
"""Numbers of rows that each run has room for."""
_tables = sa.MetaData()

runs = sa.Table(
    "workbench_runs",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),  # the rows' key, sealed
    sa.Column("turn", Id, nullable=False, server_default=""),  # whose looking at the rows counts
    sa.Column(
        "basis", sa.Text, nullable=False, server_default=""
    ),  # a digest of what the rows were looked at with
    seeing.column(),
)
rows = sa.Table(
    "workbench_run_rows",
    _tables,
    sa.Column("id", Big, primary_key=True, autoincrement=False),  # the run's no * 2**32 + the row's number
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("number", Big, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("fields", sa.Text, nullable=False),  # " email price "
    sa.Column("by_hand", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("fixes", sa.Text),  # sealed
    sa.Column("detail", sa.Text),  # sealed
    sa.Index("workbench_run_rows_state", "run", "state", "number"),
)
_of_units = seeing.index("workbench_runs_unit", runs, runs.c.no)
SCHEMA: Final = Schema(
    "run_store", _tables, {1: lambda connection: seeing.add_column(connection, runs, _of_units)}
)


def _upsert(kind: str) -> sa.ClauseElement:
    made = (sqlite if kind == "sqlite" else postgresql).insert(rows)
    newer = {name: made.excluded[name] for name in ("state", "fields", "detail")}
    statement: sa.ClauseElement = made.on_conflict_do_update(index_elements=["id"], set_=newer)
    return statement


put_verdict = Statement(_upsert, "id", "run", "number", "state", "fields", "by_hand", "fixes", "detail")


def kept_of(found: sa.Row[Any]) -> KeptRun:
    """Return the run of a row of its table."""
    return KeptRun(Run.model_validate_json(found.run), found.key, found.turn, found.basis)


def row_of(found: sa.Row[Any]) -> KeptRow:
    """Return what is kept of a row."""
    return KeptRow(
        found.number, found.state, tuple(found.fields.split()), bool(found.by_hand), found.fixes, found.detail
    )
