"""RUN STORE: runs over tables, and the rows of them that are bad, left out or mended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Final

import sqlalchemy as sa

from workbench.errors import NotFound, Refused
from workbench.models.run import CheckedFilter, CheckState, Run, RunState
from workbench.models.run_kept import KeptRow, KeptRun
from workbench.sentence import Sentence, say

from . import seeing
from .database import Database
from .run_store_tables import ROOM, SCHEMA, kept_of, put_verdict, row_of, rows, runs

MOST_RUNS: Final = 200
PIECE: Final = 5000
Change = Callable[[KeptRun], KeptRun]


class RunStore:
    """The runs of a home, or of a team that shares a database. Its methods raise NotFound, Refused and StorageFault."""

    def __init__(self, database: Database) -> None:
        """Take the database; the tables are made or brought up to date. Raises TooNew and StorageFault."""
        self._database = database
        database.prepare(SCHEMA)

    # -- runs ----------------------------------------------------------------------------------------------------------

    async def add(self, run: Run, key: str) -> None:
        """Keep a new run; ``key`` is its rows' key, sealed."""
        text = run.model_dump_json()
        unit = await asyncio.to_thread(self._database.sight.unit_for, text)
        query = sa.insert(runs).values(id=run.id, state=run.state, run=text, key=key, unit=unit)
        await self._database.write(lambda connection: connection.execute(query))

    async def run(self, id: str) -> KeptRun:
        """Return a run."""
        return await self._database.read(lambda connection: _found(connection, id)[1])

    async def runs(self) -> list[Run]:
        """Return the runs, the newest first."""
        mine = seeing.seen(self._database.sight, runs)
        query = sa.select(runs).where(*mine).order_by(runs.c.no.desc()).limit(MOST_RUNS)
        return await self._database.read(
            lambda connection: [kept_of(found).run for found in connection.execute(query)]
        )

    async def change(
        self, id: str, among: Collection[RunState], change: Change, *, turn: str | None = None
    ) -> Run:
        """Change a run in one transaction, if its state is one of ``among``; return it. Refused names its state otherwise.

        With ``turn`` it is left as it is, and returned so, once somebody else's turn began.
        """

        def work(connection: sa.Connection) -> Run:
            no, kept = _found(connection, id, locked=True)
            if turn is not None and kept.turn != turn:
                return kept.run
            if kept.run.state not in among:
                raise Refused(_not_now(kept.run.state))
            return _save(connection, no, change(kept))

        return await self._database.write(work)

    async def delete(self, id: str) -> None:
        """Delete a run with all that is kept of its rows."""
        no = await self._database.write(lambda connection: _found(connection, id, locked=True)[0])

        def piece(connection: sa.Connection) -> int:
            ids = connection.scalars(sa.select(rows.c.id).where(rows.c.run == no).limit(PIECE)).all()
            connection.execute(sa.delete(rows).where(rows.c.id.in_(ids)))
            if not ids:
                connection.execute(sa.delete(runs).where(runs.c.no == no))
            return len(ids)

        while await self._database.write(piece):
            continue
        await self._database.empty_log()

    # -- rows ----------------------------------------------------------------------------------------------------------

    async def begin(self, id: str, among: Collection[RunState], change: Change) -> Run:
        """Change a run and forget what was found of its rows before; what a person mended or left out stays."""

        def work(connection: sa.Connection) -> Run:
            no, kept = _found(connection, id, locked=True)
            if kept.run.state not in among:
                raise Refused(_not_now(kept.run.state))
            mine = rows.c.run == no
            untouched = sa.and_(rows.c.fixes.is_(None), rows.c.by_hand.is_(sa.false()))
            connection.execute(sa.delete(rows).where(mine, untouched))
            return _save(connection, no, change(kept))

        return await self._database.write(work)

    async def put(self, id: str, turn: str, found: Sequence[KeptRow], change: Change) -> bool:
        """Keep what was found of rows, and the run as it is then; False, and nothing kept, once somebody else's turn began."""

        def work(connection: sa.Connection) -> bool:
            no, kept = _found(connection, id, locked=True)
            if kept.turn != turn or kept.run.state != "checking":
                return False
            put_verdict.run(connection, [_values(no, one) for one in found])
            _save(connection, no, change(kept))
            return True

        return await self._database.write(work)

    async def mend(self, id: str, changed: Sequence[KeptRow], change: Change) -> Run:
        """Keep rows as a person mended them or left them out, and the run as it is then. Only a run that was looked through."""

        def work(connection: sa.Connection) -> Run:
            no, kept = _found(connection, id, locked=True)
            if kept.run.state != "checked":
                raise Refused(_not_now(kept.run.state))
            for one in changed:
                connection.execute(sa.delete(rows).where(rows.c.id == no * ROOM + one.number))
            put_verdict.run(connection, [_values(no, one) for one in changed])
            return _save(connection, no, change(kept))

        return await self._database.write(work)

    async def page(self, id: str, wanted: CheckedFilter) -> list[KeptRow]:
        """Return the kept rows that fit, in their order."""

        def work(connection: sa.Connection) -> list[KeptRow]:
            no, _ = _found(connection, id)
            query = sa.select(rows).where(
                rows.c.run == no, rows.c.id > no * ROOM + max(0, min(wanted.after, ROOM - 1))
            )
            if wanted.states:
                query = query.where(rows.c.state.in_(wanted.states))
            if wanted.field:
                query = query.where(rows.c.fields.contains(f" {_word(wanted.field)} ", autoescape=True))
            found = connection.execute(query.order_by(rows.c.id).limit(wanted.limit))
            return [row_of(one) for one in found]

        return await self._database.read(work)

    async def between(self, id: str, first: int, last: int) -> dict[int, KeptRow]:
        """Return what is kept of the rows from number ``first`` to ``last``, both included, by number."""

        def work(connection: sa.Connection) -> dict[int, KeptRow]:
            base = _found(connection, id)[0] * ROOM
            query = sa.select(rows).where(rows.c.id.between(base + max(first, 1), base + min(last, ROOM - 1)))
            return {one.number: row_of(one) for one in connection.execute(query)}

        return await self._database.read(work)

    async def kept_back(self, id: str, until: int, state: CheckState | None = None) -> int:
        """Return how many rows up to number ``until`` do not go out: bad and left out, or those in one state."""

        def work(connection: sa.Connection) -> int:
            no, _ = _found(connection, id)
            states = (state,) if state else ("bad", "left_out")
            query = sa.select(sa.func.count()).where(
                rows.c.run == no, rows.c.state.in_(states), rows.c.number <= until
            )
            return int(connection.scalar(query) or 0)

        return await self._database.read(work)


def _found(connection: sa.Connection, id: str, *, locked: bool = False) -> tuple[int, KeptRun]:
    query = sa.select(runs).where(runs.c.id == id)
    found = connection.execute(query.with_for_update() if locked else query).first()
    allowed = seeing.check_change if locked else seeing.may_see
    if found is None or not allowed(connection, runs, runs.c.id == id):
        raise NotFound(say("There is no run of this id. It may have been deleted."))
    return found.no, kept_of(found)


def _save(connection: sa.Connection, no: int, kept: KeptRun) -> Run:
    values = {
        "state": kept.run.state, "run": kept.run.model_dump_json(), "turn": kept.turn, "basis": kept.basis,
    }  # fmt: skip
    connection.execute(sa.update(runs).where(runs.c.no == no).values(values))
    return kept.run


def _values(no: int, one: KeptRow) -> tuple[object, ...]:
    fields = " ".join(["", *sorted({_word(name) for name in one.fields}), ""])
    return (
        no * ROOM + one.number, no, one.number, one.state, fields, one.by_hand, one.fixes, one.detail
    )  # fmt: skip


def _word(field: str) -> str:
    """Return a field's name as one word: what is between blanks in ``fields``."""
    return "_".join(field.split())


def _not_now(state: RunState) -> Sentence:
    match state:
        case "planned":
            return say("The rows of this run were not looked through yet. Do that first.")
        case "checking":
            return say("The rows of this run are being looked through. Wait until that is done.")
        case "checked":
            return say("The rows of this run were looked through, and it was not started.")
        case "cancelled":
            return say("This run was cancelled. Plan a new one.")
        case "starting" | "started":
            return say("This run was started already; its rows stay as they were. Plan a new one.")
