"""HOLDS: the sendouts that wait at the gates. A hook is on the disk before it is acknowledged, and has one effect however often it comes.

Hooks that come at the same time go to the disk in one transaction: two hundred of them cost about as much as one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.errors import NotFound, Refused
from workbench.models.hold import (
    WAITING,
    Decided,
    DecidedFilter,
    Hold,
    HoldEvent,
    HoldFilter,
    HoldState,
    Tally,
)
from workbench.models.journal import Entry
from workbench.models.rules import Verdict
from workbench.sentence import Sentence, say

from . import holds_items, journal, seeing
from .clock import SystemClock
from .database import Database, microseconds, storable
from .holds_items import PIECE
from .holds_tables import SCHEMA, KeptItem, events, hold_of, hold_text, holds, is_waiting, item_values
from .statement import Statement
from .together import Together

if TYPE_CHECKING:
    from .clock import Clock

__all__ = ["Holds", "KeptItem"]

MOVED: Final[frozenset[HoldState]] = frozenset({"received", "deciding", "answering"})
"""The states from which a hold goes on by itself."""

_COLUMNS = ("id", "gate", "state", "limit_at", "digest", "sealed", "row_key", "hold", "unit")
_NEW = Statement(
    lambda kind: (
        (sqlite if kind == "sqlite" else postgresql)
        .insert(holds)
        .on_conflict_do_nothing(index_elements=["digest"])
    ),
    *_COLUMNS,
)
_EVENT = Statement(sa.insert(events), "hold", "event")


@dataclass(slots=True)
class _Arrival:
    """One hook on its way to the disk."""

    digest: str
    gate: str
    values: tuple[Any, ...] = field(repr=False)
    events: Sequence[str]
    entry: Callable[[str, bool], Entry] | None


class Holds:
    """The holds of a home, or of a team that shares a database.

    Its methods raise NotFound for a hold that is not there, Refused for one whose state does not allow it, and StorageFault.
    """

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Take the database; the tables are made or brought up to date. Raises TooNew and StorageFault."""
        self._database = database
        self._clock: Clock = clock or SystemClock()
        self._arrivals = Together(database, _keep_all, lambda one: one.digest, "hooks to the disk")
        database.prepare(SCHEMA)

    # -- hooks that come -----------------------------------------------------------------------------------------------

    async def receive(
        self,
        hold: Hold,
        sealed: str,
        digest: str,
        key: str,
        *,
        events: Sequence[HoldEvent] = (),
        entry: Callable[[str, bool], Entry] | None = None,
    ) -> tuple[str, bool]:
        """Keep a new hold; return its id, and whether its hook had come before: then it is only counted.

        On return it is on the disk. ``sealed`` is the hook under a key of its own, ``key`` that key, itself sealed by the vault, ``digest``
        stands for the finish address. ``entry`` makes the journal's entry, kept with it, from what is returned; ``events`` begin the
        timeline of a new hold.
        """
        values = (
            hold.id, hold.gate_id, hold.state, microseconds(hold.limit_at), digest, sealed, key, hold_text(hold),
        )  # fmt: skip
        return await self._arrivals.keep(
            _Arrival(digest, hold.gate_id, values, [_event_text(one) for one in events], entry)
        )

    # -- holds ---------------------------------------------------------------------------------------------------------

    async def hold(self, id: str) -> Hold:
        """Return a hold."""
        return hold_of(await self._row(id))

    async def unit(self, id: str) -> str:
        """Return the unit that a hold belongs to; empty: nobody's in particular. What comes of it is theirs too."""
        query = sa.select(holds.c.unit).where(holds.c.id == id)
        return await self._database.read(lambda connection: connection.scalar(query) or "")

    async def holds(self, wanted: HoldFilter) -> list[Hold]:
        """Return the holds that fit, the newest first."""
        query = sa.select(holds.c.hold, holds.c.duplicates).where(*self._seen())
        query = query.order_by(holds.c.no.desc()).limit(wanted.limit)
        if wanted.gate_id is not None:
            query = query.where(holds.c.gate == wanted.gate_id)
        if wanted.waiting:
            query = query.where(is_waiting())
        return await self._holds(query)

    async def due(self, *, unclaimed: bool = False, limit: int = 500) -> list[Hold]:
        """Return the holds that go on by themselves, and those past the platform's limit; those with the least time left first.

        With ``unclaimed`` those that a process works on are left out.
        """
        past = holds.c.limit_at <= microseconds(self._clock.now())
        query = sa.select(holds.c.hold, holds.c.duplicates).where(is_waiting())
        query = query.where(sa.or_(holds.c.state.in_(sorted(MOVED)), past))
        if unclaimed:
            query = query.where(holds.c.worker.is_(None))
        return await self._holds(query.order_by(holds.c.limit_at, holds.c.no).limit(limit))

    async def change(
        self, id: str, to: HoldState | None, among: Collection[HoldState], **fields: object
    ) -> Hold:
        """Change a hold that is in one of the states ``among``: its state (None: it stays) and any other field; return it.

        Refused names the state it is in otherwise. One that comes to its end without ``ended_at`` gets it now.
        """

        def work(connection: sa.Connection) -> Hold:
            no, hold = _lock(connection, id)
            if hold.state not in among:
                raise Refused(
                    say(
                        "The hold is “{state}” now, and this cannot be done with it any more.",
                        state=Sentence(hold.state),
                    )
                )
            now = self._clock.now()
            update = {"state": to or hold.state, "changed_at": now, **fields}
            if update["state"] not in WAITING and hold.ended_at is None:
                update.setdefault("ended_at", now)
            return _save(connection, no, Hold(**{**_plain(hold), **update}))

        return await self._database.write(work)

    # -- what is secret ------------------------------------------------------------------------------------------------

    async def sealed(self, id: str) -> str:
        """Return the hook as it was sealed. Raises NotFound, also when it was forgotten."""
        return _remembered((await self._row(id)).sealed)

    async def key(self, id: str) -> str:
        """Return the sealed key to the hook and the contacts. Raises NotFound, also when it was forgotten."""
        return _remembered((await self._row(id)).row_key)

    async def forget_secrets(self, id: str) -> None:
        """Forget the hook, and the key: nobody can read its addresses and contacts any more, nor call one."""

        def work(connection: sa.Connection) -> None:
            no, _ = _lock(connection, id)
            connection.execute(sa.update(holds).where(holds.c.no == no).values(sealed=None, row_key=None))

        await self._database.write(work)
        await self._database.empty_log()

    # -- whose turn it is ----------------------------------------------------------------------------------------------

    async def claim(self, id: str, worker_id: str) -> bool:
        """Return whether the hold is this worker's now: nobody else had it. Asking again changes nothing."""

        def work(connection: sa.Connection) -> bool:
            if not seeing.check_change(connection, holds, holds.c.id == id):
                return _none()
            mine = sa.or_(holds.c.worker.is_(None), holds.c.worker == worker_id)
            query = sa.update(holds).where(holds.c.id == id, mine).values(worker=worker_id)
            if connection.execute(query).rowcount:
                return True
            _number(connection, id)
            return False

        return await self._database.write(work)

    async def release(self, id: str, worker_id: str) -> None:
        """Let go of a hold, if it is this worker's."""
        query = sa.update(holds).where(holds.c.id == id, holds.c.worker == worker_id).values(worker=None)
        await self._database.write(lambda connection: connection.execute(query))

    async def free(self, worker_id: str) -> int:
        """Let go of every hold of a worker that left or died; return how many there were."""
        query = sa.update(holds).where(holds.c.worker == worker_id).values(worker=None)
        freed: int = await self._database.write(lambda connection: connection.execute(query).rowcount)
        return freed

    async def claimants(self) -> set[str]:
        """Return the workers that have claimed a waiting hold, dead or alive."""
        query = sa.select(holds.c.worker).where(is_waiting(), holds.c.worker.is_not(None)).distinct()
        return await self._database.read(lambda connection: set(connection.scalars(query)))

    # -- contacts ------------------------------------------------------------------------------------------------------

    async def add_items(self, id: str, items: Sequence[KeptItem]) -> None:
        """Keep contacts of a hold; one whose number is there already takes its place, so that adding may begin anew after a crash."""
        no = await self._no(id)
        for first in range(0, len(items), PIECE):
            rows = [item_values(no, item) for item in items[first : first + PIECE]]
            await self._database.write(partial(_add_items, rows))

    async def clear_items(self, id: str) -> None:
        """Delete all contacts of a hold."""
        no = await self._no(id)
        while await self._database.write(lambda connection: holds_items.clear(connection, no)):
            continue

    async def items(self, id: str, wanted: DecidedFilter) -> list[Decided]:
        """Return the contacts that fit as they may be shown, in the order of the file; the next page is ``after`` the last number."""
        return await self._database.read(
            lambda connection: holds_items.page(connection, _number(connection, id), wanted)
        )

    async def kept_items(
        self, id: str, verdict: Verdict | None, after: int = 0, limit: int = 1000
    ) -> list[KeptItem]:
        """Return the contacts of a verdict (None: all rows, those that are no contact too), with what is sealed."""
        return await self._database.read(
            lambda connection: holds_items.kept(connection, _number(connection, id), verdict, after, limit)
        )

    async def set_verdict(self, id: str, numbers: Collection[int] | None, verdict: Verdict, who: str) -> int:
        """Give contacts (None: all) a verdict by hand, and count the hold's tally anew; return how many had the other one."""

        def work(connection: sa.Connection) -> int:
            no, hold = _lock(connection, id)
            changed = holds_items.set_verdict(connection, no, numbers, verdict, who)
            counted = {"tally": holds_items.tally(connection, no), "changed_at": self._clock.now()}
            _save(connection, no, hold.model_copy(update=counted))
            return changed

        return await self._database.write(work)

    async def tally(self, id: str) -> Tally:
        """Count the contacts of a hold as they are kept now."""
        return await self._database.read(
            lambda connection: holds_items.tally(connection, _number(connection, id))
        )

    # -- timeline ------------------------------------------------------------------------------------------------------

    async def log(self, id: str, event: HoldEvent) -> None:
        """Add a step to a hold's timeline."""
        text = _event_text(event)
        await self._database.write(
            lambda connection: _EVENT.run(connection, [(_number(connection, id), text)])
        )

    async def events(self, id: str) -> list[HoldEvent]:
        """Return a hold's timeline, the first step first."""

        def work(connection: sa.Connection) -> list[HoldEvent]:
            query = sa.select(events.c.event).where(events.c.hold == _number(connection, id))
            found = connection.scalars(query.order_by(events.c.no))
            return [HoldEvent.model_validate_json(text) for text in found]

        return await self._database.read(work)

    # ------------------------------------------------------------------------------------------------------------------

    async def _row(self, id: str) -> sa.Row[Any]:
        query = sa.select(holds).where(holds.c.id == id, *self._seen())
        return _found(await self._database.read(lambda connection: connection.execute(query).first()))

    def _seen(self) -> list[sa.ColumnElement[bool]]:
        return seeing.seen(self._database.sight, holds)

    async def _no(self, id: str) -> int:
        return await self._database.read(lambda connection: _number(connection, id))

    async def _holds(self, query: sa.Select[Any]) -> list[Hold]:
        return await self._database.read(
            lambda connection: [hold_of(one) for one in connection.execute(query)]
        )


def _keep_all(together: Sequence[_Arrival], connection: sa.Connection) -> list[tuple[str, bool]]:
    """Keep every hook that is new, count every other, and write the journal's entry of each."""
    results = [_keep(connection, one) for one in together]
    entries = [
        one.entry(*result) for one, result in zip(together, results, strict=True) if one.entry is not None
    ]
    journal.insert(connection, journal.rows_of(entries))
    return results


def _keep(connection: sa.Connection, arrival: _Arrival) -> tuple[str, bool]:
    unit = seeing.sight_of(connection).unit_for(
        arrival.gate
    )  # here, in the thread that writes: a hook waits for no other
    is_new = _NEW.run(connection, [(*arrival.values, unit)]) == 1
    row = connection.execute(sa.select(holds.c.no, holds.c.id).where(holds.c.digest == arrival.digest)).one()
    if is_new:
        _EVENT.run(connection, [(row.no, text) for text in arrival.events])
    else:
        count = sa.update(holds).where(holds.c.no == row.no).values(duplicates=holds.c.duplicates + 1)
        connection.execute(count)
    return row.id, not is_new


def _add_items(rows: Sequence[tuple[Any, ...]], connection: sa.Connection) -> None:
    holds_items.add(connection, rows)


def _lock(connection: sa.Connection, id: str) -> tuple[int, Hold]:
    """Return a hold and its number, and let nobody else change it before this transaction ends."""
    row = _found(connection.execute(sa.select(holds).where(holds.c.id == id).with_for_update()).first())
    if not seeing.check_change(connection, holds, holds.c.no == row.no):
        return _none()
    return row.no, hold_of(row)


def _save(connection: sa.Connection, no: int, hold: Hold) -> Hold:
    values = {"state": hold.state, "limit_at": microseconds(hold.limit_at), "hold": hold_text(hold)}
    connection.execute(sa.update(holds).where(holds.c.no == no).values(values))
    return hold


def _number(connection: sa.Connection, id: str) -> int:
    row = _found(connection.execute(sa.select(holds.c.no).where(holds.c.id == id)).first())
    if not seeing.may_see(connection, holds, holds.c.no == row.no):
        return _none()
    return int(row.no)


def _found(row: sa.Row[Any] | None) -> sa.Row[Any]:
    return _none() if row is None else row


def _none() -> NoReturn:
    raise NotFound(say("There is no such hold. It may have been deleted."))


def _remembered(text: str | None) -> str:
    if text is None:
        raise NotFound(
            say("The hook of this hold was forgotten, and its addresses with it: it cannot be answered.")
        )
    return text


def _plain(hold: Hold) -> dict[str, Any]:
    return {name: getattr(hold, name) for name in type(hold).model_fields}


def _event_text(event: HoldEvent) -> str:
    return storable(event.model_dump_json())
