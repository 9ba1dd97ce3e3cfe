"""SEND MARKS TABLES: how it is kept that something went: a salted fingerprint, the send's key and the time; nothing of its contact."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .database import Id, Schema
from .statement import Statement

_tables = sa.MetaData()

marks = sa.Table(
    "workbench_marks",
    _tables,
    sa.Column("mark", Id, primary_key=True),
    sa.Column("key", Id, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),  # microseconds since 1970
    sa.Column("entry_id", sa.Text),
    sa.Index("workbench_marks_at", "at"),
    sa.Index("workbench_marks_key", "key"),
)
SCHEMA: Final = Schema("send_marks", _tables)

new_mark = Statement(
    lambda kind: (sqlite if kind == "sqlite" else postgresql).insert(marks).on_conflict_do_nothing(),
    "mark", "key", "at", "entry_id",
)  # fmt: skip
