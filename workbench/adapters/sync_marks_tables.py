"""SYNC MARKS TABLES: what was sent of a shop's records, by salted digests; whatever names a contact is sealed or masked."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .database import Id, Schema
from .statement import Statement

_tables = sa.MetaData()

marks = sa.Table(
    "workbench_sync_records",
    _tables,
    sa.Column("scope", Id, primary_key=True),  # mode, shop and entity
    sa.Column("key", Id, primary_key=True),  # a salted digest of the record's key
    sa.Column("hash", sa.Text, nullable=False),  # a salted digest of what was sent
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),  # the job's row that sends it, or did
    sa.Column("at", sa.BigInteger, nullable=False),  # microseconds since 1970
    sa.Column("body", sa.Text),  # what was sent, sealed with the shop's key
)
waiting = sa.Table(
    "workbench_sync_waiting",
    _tables,
    sa.Column("job", Id, primary_key=True),
    sa.Column("row", sa.BigInteger, primary_key=True),  # its number in the table
    sa.Column("entity", sa.Text, primary_key=True),
    sa.Column("scope", Id, nullable=False),  # mode and shop
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("keys", sa.Text, nullable=False),  # JSON: what is shown of each key that lacks, and its digest
    sa.Column("known", sa.Boolean, nullable=False),
    sa.Column("tried", sa.BigInteger, nullable=False),
    sa.Column("sentence", sa.Text),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("workbench_sync_waiting_scope", "scope"),
)
keys = sa.Table(
    "workbench_sync_keys",
    _tables,
    sa.Column("scope", Id, primary_key=True),  # mode and shop
    sa.Column("sealed", sa.Text, nullable=False),  # the key of what was sent, sealed by the vault
)
SCHEMA: Final = Schema("sync_marks", _tables)


def _put(kind: str) -> sa.ClauseElement:
    made = (sqlite if kind == "sqlite" else postgresql).insert(marks)
    newer = {name: made.excluded[name] for name in ("hash", "state", "owner", "at", "body")}
    statement: sa.ClauseElement = made.on_conflict_do_update(index_elements=["scope", "key"], set_=newer)
    return statement


def _begin(kind: str) -> sa.ClauseElement:
    statement: sa.ClauseElement = (
        (sqlite if kind == "sqlite" else postgresql).insert(marks).on_conflict_do_nothing()
    )
    return statement


COLUMNS: Final = ("scope", "key", "hash", "state", "owner", "at", "body")
put_mark = Statement(_put, *COLUMNS)
begin_mark = Statement(_begin, *COLUMNS)
