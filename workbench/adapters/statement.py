"""STATEMENT: a statement of SQLAlchemy Core, compiled once and then run with plain tuples: for what runs a thousand times a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

Values = tuple[Any, ...]


class Statement:
    """A statement whose values come as tuples, in the order of ``names`` (its bind parameters, or an insert's columns).

    Core's own way compiles nothing anew either, but takes and checks a dictionary for each row, and makes a result and its context for each
    statement: twice the time for each row, and 30 us for each statement (measured).
    ``make`` gives the statement for a kind of database; constants in it are literals.
    """

    def __init__(self, make: Callable[[str], sa.ClauseElement] | sa.ClauseElement, *names: str) -> None:
        self._make = make
        self._names = names
        self._compiled: dict[str, tuple[str, Callable[[Values], Values] | None]] = {}

    def run(self, connection: sa.Connection, rows: Sequence[Values]) -> int:
        """Run it once for each row of values; return how many rows of the table were touched in all."""
        if not rows:
            return 0
        text, arrange = self._for(connection.dialect)
        wanted = rows if arrange is None else [arrange(row) for row in rows]
        cursor = _executed(connection, text, wanted if len(wanted) > 1 else wanted[0], len(wanted) > 1)
        count: int = cursor.rowcount
        cursor.close()
        return count

    def rows(self, connection: sa.Connection, *values: Any) -> Sequence[Values]:
        """Run it once and return all rows that it finds."""
        text, arrange = self._for(connection.dialect)
        cursor = _executed(connection, text, values if arrange is None else arrange(values), many=False)
        found: Sequence[Values] = cursor.fetchall()
        cursor.close()
        return found

    def _for(self, dialect: sa.Dialect) -> tuple[str, Callable[[Values], Values] | None]:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = self._compile(dialect)
        return found

    def _compile(self, dialect: sa.Dialect) -> tuple[str, Callable[[Values], Values] | None]:
        statement = self._make if isinstance(self._make, sa.ClauseElement) else self._make(dialect.name)
        columns = list(self._names) if isinstance(statement, sa.Insert) else None
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        wanted: list[str] = list(getattr(compiled, "positiontup", None) or ())
        if wanted == list(self._names):
            return str(compiled), None
        own = [name for name in wanted if name not in self._names]  # what the database's dialect adds
        constants = tuple(compiled.params[name] for name in own)
        names = [*self._names, *own]
        if len(wanted) == 1:
            return str(compiled), lambda values: (values + constants)[:1]
        pick = itemgetter(*map(names.index, wanted))
        return str(compiled), lambda values: pick(values + constants)


def _executed(connection: sa.Connection, text: str, values: Any, many: bool) -> Any:
    """Return the driver's cursor after it has run the text. What it raises is what SQLAlchemy makes of it elsewhere."""
    cursor = connection.connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(text, values)
    except connection.dialect.loaded_dbapi.Error as error:
        gone = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
        if gone:
            connection.invalidate(error)
        base = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(
            text,
            None,
            error,
            base,
            hide_parameters=True,
            connection_invalidated=gone,
            dialect=connection.dialect,
        ) from error
    return cursor
