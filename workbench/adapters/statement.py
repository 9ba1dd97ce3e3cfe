"""STATEMENT: a statement of SQLAlchemy Core, compiled once and then run with plain tuples: for what runs a thousand times a second.

Many rows at once go into PostgreSQL by COPY (https://www.postgresql.org/docs/current/sql-copy.html): less than half the time of the
driver's own way, into tables with indexes (measured).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.dml import OnConflictDoNothing
from sqlalchemy.exc import DBAPIError, IntegrityError

Values = tuple[Any, ...]
COPIED: Final = 8
"""From so many rows on PostgreSQL takes them by COPY; fewer are not worth its rounds."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement for one kind of database. ``copy`` is the COPY that does the same with many rows, where there is one.

    ``passes_over``: rows whose key is there already are left out, which COPY does not do by itself.
    """

    text: str
    arrange: Callable[[Values], Values] | None = None
    copy: str = ""
    passes_over: bool = False


class Statement:
    """A statement whose values come as tuples, in the order of ``names`` (its bind parameters, or an insert's columns).

    Core's own way compiles nothing anew either, but takes and checks a dictionary for each row, and makes a result and its context for each
    statement: twice the time for each row, and 30 us for each statement (measured).
    ``make`` gives the statement for a kind of database; constants in it are literals.
    """

    def __init__(self, make: Callable[[str], sa.ClauseElement] | sa.ClauseElement, *names: str) -> None:
        self._make = make
        self._names = names
        self._compiled: dict[str, Compiled] = {}

    def run(self, connection: sa.Connection, rows: Sequence[Values]) -> int:
        """Run it once for each row of values; return how many rows of the table were touched in all."""
        if not rows:
            return 0
        compiled = self._for(connection.dialect)
        if compiled.copy and len(rows) >= COPIED and _copied(connection, compiled, rows):
            return len(rows)
        wanted = rows if compiled.arrange is None else [compiled.arrange(row) for row in rows]
        cursor = _executed(
            connection, compiled.text, wanted if len(wanted) > 1 else wanted[0], len(wanted) > 1
        )
        count: int = cursor.rowcount
        cursor.close()
        return count

    def rows(self, connection: sa.Connection, *values: Any) -> Sequence[Values]:
        """Run it once and return all rows that it finds."""
        compiled = self._for(connection.dialect)
        wanted = values if compiled.arrange is None else compiled.arrange(values)
        cursor = _executed(connection, compiled.text, wanted, many=False)
        found: Sequence[Values] = cursor.fetchall()
        cursor.close()
        return found

    def _for(self, dialect: sa.Dialect) -> Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = self._compile(dialect)
        return found

    def _compile(self, dialect: sa.Dialect) -> Compiled:
        statement = self._make if isinstance(self._make, sa.ClauseElement) else self._make(dialect.name)
        columns = list(self._names) if isinstance(statement, sa.Insert) else None
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        wanted: list[str] = list(getattr(compiled, "positiontup", None) or ())
        if wanted == list(self._names):
            return Compiled(str(compiled), None, *_copy_of(statement, self._names, dialect))
        own = [name for name in wanted if name not in self._names]  # what the database's dialect adds
        constants = tuple(compiled.params[name] for name in own)
        names = [*self._names, *own]
        if len(wanted) == 1:
            return Compiled(str(compiled), lambda values: (values + constants)[:1])
        pick = itemgetter(*map(names.index, wanted))
        return Compiled(str(compiled), lambda values: pick(values + constants))


def _copy_of(statement: sa.ClauseElement, names: Sequence[str], dialect: sa.Dialect) -> tuple[str, bool]:
    """Return the COPY that does as the insert, and whether the insert passes over rows; nothing where there is none."""
    later = getattr(statement, "_post_values_clause", None)
    if dialect.name != "postgresql" or not isinstance(statement, sa.Insert):
        return "", False
    if later is not None and not isinstance(later, OnConflictDoNothing):
        return "", False
    quote = dialect.identifier_preparer
    columns = ", ".join(quote.quote(name) for name in names)
    return f"COPY {quote.format_table(statement.table)} ({columns}) FROM STDIN", later is not None


def _copied(connection: sa.Connection, compiled: Compiled, rows: Sequence[Values]) -> bool:
    """Put all rows in by COPY; False, and nothing done, where one that is to be passed over is among them."""
    if not compiled.passes_over:
        _copy(connection, compiled.copy, rows)
        return True
    before = connection.begin_nested()
    try:
        _copy(connection, compiled.copy, rows)
    except IntegrityError:
        before.rollback()
        return False
    before.commit()
    return True


def _copy(connection: sa.Connection, text: str, rows: Sequence[Values]) -> None:
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(text) as copy:  # psycopg's own
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_sqlalchemy(connection, cursor, text, error) from error
    cursor.close()


def _executed(connection: sa.Connection, text: str, values: Any, many: bool) -> Any:
    """Return the driver's cursor after it has run the text. What it raises is what SQLAlchemy makes of it elsewhere."""
    cursor = connection.connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(text, values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_sqlalchemy(connection, cursor, text, error) from error
    return cursor


def _as_sqlalchemy(connection: sa.Connection, cursor: Any, text: str, error: Any) -> BaseException:
    """Return the driver's error as SQLAlchemy raises it elsewhere; a connection that is gone is not used again."""
    dialect = connection.dialect
    gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
    if gone:
        connection.invalidate(error)
    base = dialect.loaded_dbapi.Error
    found: BaseException = DBAPIError.instance(
        text, None, error, base, hide_parameters=True, connection_invalidated=gone, dialect=dialect
    )
    return found
