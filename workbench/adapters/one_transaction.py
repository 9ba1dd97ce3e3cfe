"""ONE TRANSACTION: a database as a single transaction sees and changes it, for those who open one of their own for each piece of work."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import sqlalchemy as sa

from workbench.sentence import Sentence

from . import seeing
from .database import Database, Schema

T = TypeVar("T")


class OneTransaction(Database):
    """A team's database within the transaction of a connection: all that is done here is kept with it, or nothing of it."""

    def __init__(
        self, database: Database, connection: sa.Connection
    ) -> None:  # nothing is opened, so nothing is set up
        self._connection = connection
        self._path = None
        self.sight = seeing.EVERYTHING
        self.where, self.kind, self.notices = database.where, database.kind, database.notices

    def prepare(self, schema: Schema) -> None:
        """Do nothing: the tables are there."""

    def read_now(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what the work finds."""
        return work(self._connection)

    def write_now(self, work: Callable[[sa.Connection], T], taken: Sentence | None = None) -> T:
        """Return what the work did."""
        return work(self._connection)

    @contextlib.contextmanager
    def held(self) -> Iterator[sa.Connection]:
        """Give the connection."""
        yield self._connection
