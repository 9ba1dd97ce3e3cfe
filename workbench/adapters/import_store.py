"""IMPORT STORE: the parts that tables were cut into, how each stands at the platform, and the rows that were refused.

A part is numbers alone: its file is made from the table again when it is uploaded. Before that it is put down that it is begun, so that
after a crash somebody looks whether it arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from workbench.errors import NotFound
from workbench.models.sync import ImportPart
from workbench.sentence import say

from .database import Database, microseconds, moment
from .import_store_tables import SCHEMA, new_part, new_refused, parts, refused
from .run_store_tables import SCHEMA as RUNS
from .run_store_tables import runs

PIECE: Final = 5_000


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A part as it is kept. ``begun_at``: its upload was begun then, and may have arrived; None before, and once that is known not to be.

    ``asked_since`` is when it was first asked for, ``asked`` how often since. ``missed`` counts the looks at the platform's list that did
    not find it.
    """

    part: ImportPart
    begun_at: datetime | None = None
    asked_since: datetime | None = None
    asked: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class KeptRefusal:
    """What a report says of one row: the row of the table (0: none was found), the line of the file, field and message sealed."""

    part: int
    number: int
    row: int
    line: int
    detail: str = field(repr=False)


Change = Callable[[KeptPart], KeptPart]


class ImportStore:
    """The imports of a home, or of a team that shares a database. Its methods raise NotFound and StorageFault.

    ``scope`` names mode and shop.
    """

    def __init__(self, database: Database) -> None:
        """Take the database; the tables are made or brought up to date. Raises TooNew and StorageFault."""
        self._database = database
        database.prepare(RUNS)
        database.prepare(SCHEMA)

    # -- parts ---------------------------------------------------------------------------------------------------------

    async def add(self, run: str, scope: str, new: Sequence[ImportPart]) -> None:
        """Keep new parts; one that is kept already stays as it is."""
        rows = [
            (run, one.number, scope, one.state, one.import_id, one.model_dump_json(), 0, 0) for one in new
        ]
        await self._database.write(lambda connection: new_part.run(connection, rows))

    async def parts(self, run: str) -> list[KeptPart]:
        """Return a run's parts in their order."""
        query = sa.select(parts).where(parts.c.run == run).order_by(parts.c.number)
        return await self._database.read(
            lambda connection: [_part(found) for found in connection.execute(query)]
        )

    async def part(self, run: str, number: int) -> KeptPart:
        """Return one part."""
        return await self._database.read(lambda connection: _found(connection, run, number))

    async def change(self, run: str, number: int, change: Change) -> KeptPart:
        """Change a part in one transaction; return it."""

        def work(connection: sa.Connection) -> KeptPart:
            return _save(connection, run, change(_found(connection, run, number, locked=True)))

        return await self._database.write(work)

    async def begin(self, run: str, number: int, queued: int, at: datetime, within: timedelta) -> int | None:
        """Put down that a part's upload is begun; None once it is. Else return how many parts of the run wait in front of it.

        It may not begin while ``queued`` files of the shop wait at the platform, nor while there is another one whose upload was begun
        and of which nobody knows whether it arrived: of two, nobody could tell in the platform's list which is which. What nobody heard
        of ``within`` that time counts no more: its job was given up.
        """
        since = microseconds(at - within)

        def work(connection: sa.Connection) -> int | None:
            scope = connection.scalar(
                sa.select(parts.c.scope).where(parts.c.run == run, parts.c.number == number)
            )
            of_shop = sa.select(sa.func.count()).where(parts.c.scope == scope)
            there = of_shop.where(parts.c.state == "queued", parts.c.seen_at >= since)
            lost = of_shop.where(parts.c.state == "waiting", parts.c.begun_at >= since)
            if connection.scalar(lost) or int(connection.scalar(there) or 0) >= queued:
                before = sa.select(sa.func.count()).where(
                    parts.c.run == run, parts.c.number < number, parts.c.state == "waiting", parts.c.begun_at.is_(None)
                )  # fmt: skip
                return int(connection.scalar(before) or 0)
            query = sa.update(parts).where(parts.c.run == run, parts.c.number == number)
            connection.execute(query.values(begun_at=microseconds(at), missed=0))
            return None

        return await self._database.write(work)

    async def known_ids(self, scope: str) -> set[str]:
        """Return the platform's ids of all imports of a shop that are known to be ours."""
        query = sa.select(parts.c.import_id).where(parts.c.scope == scope, parts.c.import_id > "")
        return await self._database.read(lambda connection: set(connection.scalars(query)))

    # -- what was refused ----------------------------------------------------------------------------------------------

    async def put_refused(self, run: str, found: Sequence[KeptRefusal]) -> None:
        """Keep what a report says of rows."""
        rows = [(run, one.part, one.number, one.row, one.line, one.detail) for one in found]
        await self._database.write(lambda connection: new_refused.run(connection, rows))

    async def clear_refused(self, run: str, part: int) -> None:
        """Forget what a part's report says: it is read once more."""
        query = sa.delete(refused).where(refused.c.run == run, refused.c.part == part)
        await self._database.write(lambda connection: connection.execute(query))

    async def refused(self, run: str, after: int, limit: int) -> list[KeptRefusal]:
        """Return what reports say, part by part and in their order, without the first ``after``."""
        query = sa.select(refused).where(refused.c.run == run).order_by(refused.c.part, refused.c.number)
        return await self._refusals(query.offset(max(0, after)).limit(limit))

    async def refused_from(self, run: str, first: int, last: int) -> list[KeptRefusal]:
        """Return what reports say of the table's rows from ``first`` to ``last``, both included, in the rows' order."""
        fits = (refused.c.run == run, refused.c.row.between(max(1, first), last))
        query = sa.select(refused).where(*fits).order_by(refused.c.row, refused.c.part, refused.c.number)
        return await self._refusals(query)

    async def refused_counts(self, run: str, part: int | None = None) -> tuple[int, int]:
        """Return how many rows of the table were refused by what reports say, and how many of their lines fit none."""
        fits = [refused.c.run == run] + ([] if part is None else [refused.c.part == part])
        rows = sa.select(sa.func.count(sa.distinct(refused.c.row))).where(*fits, refused.c.row > 0)
        others = sa.select(sa.func.count()).select_from(refused).where(*fits, refused.c.row == 0)
        return await self._database.read(
            lambda connection: (int(connection.scalar(rows) or 0), int(connection.scalar(others) or 0))
        )

    # -- the end -------------------------------------------------------------------------------------------------------

    async def sweep(self) -> None:
        """Delete what is kept of runs that were deleted, some thousand rows at a time."""
        gone = sa.select(parts.c.run).where(parts.c.run.not_in(sa.select(runs.c.id))).limit(1)

        def piece(connection: sa.Connection) -> bool:
            run = connection.scalar(gone)
            if run is None:
                return False
            first = connection.execute(sa.select(refused).where(refused.c.run == run).limit(1)).first()
            if first is None:
                connection.execute(sa.delete(parts).where(parts.c.run == run))
            else:
                near = refused.c.number.between(first.number, first.number + PIECE)
                connection.execute(
                    sa.delete(refused).where(refused.c.run == run, refused.c.part == first.part, near)
                )
            return True

        while await self._database.write(piece):
            continue

    async def _refusals(self, query: sa.Select[Any]) -> list[KeptRefusal]:
        def work(connection: sa.Connection) -> list[KeptRefusal]:
            return [
                KeptRefusal(found.part, found.number, found.row, found.line, found.detail)
                for found in connection.execute(query)
            ]

        return await self._database.read(work)


def _found(connection: sa.Connection, run: str, number: int, *, locked: bool = False) -> KeptPart:
    query = sa.select(parts).where(parts.c.run == run, parts.c.number == number)
    found = connection.execute(query.with_for_update() if locked else query).first()
    if found is None:
        raise NotFound(
            say("There is no part {number} of this import. Its run may have been deleted.", number=number)
        )
    return _part(found)


def _save(connection: sa.Connection, run: str, kept: KeptPart) -> KeptPart:
    values = {
        "state": kept.part.state, "import_id": kept.part.import_id, "part": kept.part.model_dump_json(), "asked": kept.asked,
        "missed": kept.missed, "begun_at": _micro(kept.begun_at), "asked_since": _micro(kept.asked_since),
        "seen_at": _micro(kept.part.changed_at) or 0,
    }  # fmt: skip
    connection.execute(
        sa.update(parts).where(parts.c.run == run, parts.c.number == kept.part.number).values(values)
    )
    return kept


def _part(found: sa.Row[Any]) -> KeptPart:
    part = ImportPart.model_validate_json(found.part)
    return KeptPart(part, _moment(found.begun_at), _moment(found.asked_since), found.asked, found.missed)


def _micro(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
