"""HOLDINGS ROWS: the tables of a database as lines of JSON, one a row, in the order of their keys: the same whatever database it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import orjson
import sqlalchemy as sa

from workbench.errors import Damaged, Refused, TooNew
from workbench.sentence import say

from .database import Schema
from .holdings_parts import Batch
from .statement import Statement

BATCH: Final = 2_000
"""Rows that are read, and written, at once."""


def tables_of(schema: Schema) -> list[sa.Table]:
    """Return the tables whose rows are held: all but the one that says which version they are."""
    tables = sorted(schema.tables.tables.values(), key=lambda table: table.name)
    return [table for table in tables if table.name != schema.about.name]


def fix(connection: sa.Connection) -> None:
    """Let a transaction see one moment until its end. To be called before anything else in it.

    https://www.postgresql.org/docs/current/transaction-iso.html#XACT-REPEATABLE-READ; SQLite does so from its first reading on:
    https://www.sqlite.org/isolation.html
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.exec_driver_sql("SELECT 1")
    else:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")


def batches(connection: sa.Connection, table: sa.Table) -> Iterator[Batch]:
    """Give a table's rows, in bounded memory: each as the JSON list of its values, in the order of the columns."""
    query = sa.select(*table.columns).order_by(*_order(connection, table))
    options = {"stream_results": True, "yield_per": BATCH}
    for rows in connection.execute(query, execution_options=options).partitions():
        yield len(rows), b"".join(orjson.dumps(list(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def has_rows(connection: sa.Connection, table: sa.Table) -> bool:
    """Return whether there is anything in a table."""
    return connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None


def put(connection: sa.Connection, table: sa.Table, columns: Sequence[str], given: Iterable[Batch]) -> None:
    """Add rows that ``batches`` gave, also where they were another database's; what is numbered next comes behind them."""
    insert = Statement(sa.insert(table), *columns)
    for _, lines in given:
        insert.run(connection, [tuple(row) for row in _parsed(table.name, lines, len(columns))])
    _number_on(connection, table)


def check_fits(schema: Schema, table: sa.Table, columns: Sequence[str], version: int) -> None:
    """Raise TooNew or Refused where rows of another version of the tables cannot be put into these."""
    if version > schema.newest:
        raise TooNew(
            say(
                "The table {table} was written by a newer version of the workbench (format {found}, this one knows {known}). Update the "
                "workbench; nothing was written.",
                table=table.name, found=version, known=schema.newest,
            )
        )  # fmt: skip
    known = {column.name: column for column in table.columns}
    lacking = [column for name, column in known.items() if name not in columns]
    filled = all(column.nullable or column.server_default is not None for column in lacking)
    if set(columns) <= known.keys() and filled and (version == schema.newest or lacking):
        return
    raise Refused(
        say(
            "The table {table} was written by an older version of the workbench (format {found}, this one has {known}), and cannot be "
            "taken over as it is. Restore it with that version, then update.",
            table=table.name, found=version, known=schema.newest,
        )
    )  # fmt: skip


def _order(connection: sa.Connection, table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """Return a table's key, its texts in the order of their bytes: else each database would have an order of its own."""
    bytewise = connection.dialect.name == "postgresql"
    return [
        column.collate("C") if bytewise and isinstance(column.type, sa.String) else column
        for column in table.primary_key.columns
    ]


def _parsed(name: str, lines: bytes, width: int) -> list[list[Any]]:
    try:
        rows = orjson.loads(b"[" + b",".join(lines.splitlines()) + b"]")
    except orjson.JSONDecodeError:
        rows = [None]
    if not all(isinstance(row, list) and len(row) == width for row in rows):
        raise Damaged(say("The rows of {table} cannot be read: they are damaged.", table=name))
    found: list[list[Any]] = rows
    return found


def _number_on(connection: sa.Connection, table: sa.Table) -> None:
    """Let the database go on behind the highest number; SQLite does so by itself."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
    highest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
    connection.execute(sa.select(sa.func.setval(sequence, highest, sa.false())))
