"""IMPORT STORE TABLES: the parts of imports, and what the platform said of the rows that it refused, sealed with the run's own key."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .database import Big, Id, Schema
from .statement import Statement

_tables = sa.MetaData()

parts = sa.Table(
    "workbench_import_parts",
    _tables,
    sa.Column("run", Id, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("scope", Id, nullable=False),  # mode and shop
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("import_id", Id, nullable=False),  # the platform's; empty before it is known
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("begun_at", sa.BigInteger),  # microseconds since 1970: its upload may have arrived
    sa.Column("asked_since", sa.BigInteger),
    sa.Column(
        "seen_at", sa.BigInteger, nullable=False, server_default="0"
    ),  # when the platform was last heard of it
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("missed", sa.Integer, nullable=False),
    sa.Index("workbench_import_parts_scope", "scope", "state"),
)
refused = sa.Table(
    "workbench_import_refused",
    _tables,
    sa.Column("run", Id, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # its place in the report
    sa.Column("row", Big, nullable=False),  # the table's, 0 where it fits none
    sa.Column("line", Big, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),  # sealed
    sa.Index("workbench_import_refused_row", "run", "row"),
)
SCHEMA: Final = Schema("import_store", _tables)

new_part = Statement(
    lambda kind: (sqlite if kind == "sqlite" else postgresql).insert(parts).on_conflict_do_nothing(),
    "run", "number", "scope", "state", "import_id", "part", "asked", "missed",
)  # fmt: skip
new_refused = Statement(
    lambda kind: (sqlite if kind == "sqlite" else postgresql).insert(refused).on_conflict_do_nothing(),
    "run", "part", "number", "row", "line", "detail",
)  # fmt: skip
