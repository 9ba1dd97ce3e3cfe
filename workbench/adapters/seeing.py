"""SEEING: what the running call may see and change of a database that several business units share.

Each table of nouns has a column ``unit``; empty, what it holds belongs to nobody in particular. Lists filter in the query, and a row that
may not be seen is as if it were not there. What the floor above knows of the caller comes in by ``Database.sight``: this floor asks.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import sqlalchemy as sa

from workbench.errors import Forbidden
from workbench.models.unit import NOBODYS

OPTION: Final = "workbench_database"
"""The execution option by which a connection knows the database it belongs to."""


class Sight(Protocol):
    """What the running call may see."""

    @property
    def units(self) -> frozenset[str] | None:
        """The units of the caller; None: all of them, and what belongs to none too."""
        ...

    def unit_for(self, *named: str) -> str:
        """Return the unit of something new that names these: of what is named, else of whom it is made for; empty: nobody's."""
        ...


class Everything:
    """The sight of a workbench without units: all is seen, and belongs to nobody in particular."""

    units: frozenset[str] | None = None

    def unit_for(self, *_: str) -> str:
        """Return nobody's."""
        return ""


EVERYTHING: Final[Sight] = Everything()


def column() -> sa.Column[str]:
    """Return the column in which a table keeps whose its rows are."""
    return sa.Column("unit", sa.Text, nullable=False, server_default="")


def index(name: str, table: sa.Table, *behind: sa.Column[Any]) -> sa.Index:
    """Return the index of a table's rows that belong to a unit: one without units pays nothing for it."""
    of_units = table.c.unit != sa.literal_column("''")
    return sa.Index(name, table.c.unit, *behind, sqlite_where=of_units, postgresql_where=of_units)


def add_column(connection: sa.Connection, table: sa.Table, *indexes: sa.Index) -> None:
    """Bring a table of the version before units up to date: what is in it belongs to nobody in particular."""
    connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN unit TEXT DEFAULT '' NOT NULL")
    for one in indexes:
        one.create(connection)


KEPT_IN: Final = {
    "job": "workbench_jobs", "run": "workbench_runs", "hld": "workbench_holds", "dlv": "workbench_deliveries",
    "cbk": "workbench_callbacks", "ent": "workbench_entries",
}  # fmt: skip
"""The table that keeps what the ids of a prefix name."""


def unit_of_kept(connection: sa.Connection, id: str) -> str:
    """Return the unit of a job, a run, a hold, a delivery, a callback or an entry, whoever asks; empty: nobody's, or there is none."""
    table = sa.table(KEPT_IN[id.partition("_")[0]], sa.column("id"), sa.column("unit"))
    return connection.scalar(sa.select(table.c.unit).where(table.c.id == id)) or ""


def sight_of(connection: sa.Connection) -> Sight:
    """Return what the running call may see, by its connection."""
    database = connection.get_execution_options().get(OPTION)
    sight: Sight = EVERYTHING if database is None else database.sight
    return sight


def seen(sight: Sight, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for the rows that the running call sees: those of its units, and those that are nobody's."""
    units = sight.units
    return [] if units is None else [table.c.unit.in_(sorted({*units, ""}))]


def changed(sight: Sight, table: sa.Table) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for the rows that the running call may change: those of its units."""
    units = sight.units
    return [] if units is None else [table.c.unit.in_(sorted(units))]


def may_see(connection: sa.Connection, table: sa.Table, *which: sa.ColumnElement[bool]) -> bool:
    """Return whether the running call may see the row: there is none where this is False, as far as it is concerned."""
    units = sight_of(connection).units
    if units is None:
        return True
    unit = connection.scalar(sa.select(table.c.unit).where(*which))
    return unit is not None and (unit == "" or unit in units)


def check_change(connection: sa.Connection, table: sa.Table, *which: sa.ColumnElement[bool]) -> bool:
    """Return whether the running call may see the row. Raises Forbidden where it sees it and may not change it."""
    units = sight_of(connection).units
    if units is None:
        return True
    unit = connection.scalar(sa.select(table.c.unit).where(*which))
    if unit == "":
        raise Forbidden(NOBODYS)
    return unit is not None and unit in units
