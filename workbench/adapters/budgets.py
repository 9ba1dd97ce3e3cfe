"""BUDGETS: each account's pace, kept in the one database, so that all processes share it and a restart does not forget it.

pyrate-limiter (4.5, its source was read) is not used: what its processes share goes by the time of day, which can be set back and forth, it
gives all of a batch or nothing, it keeps a row for each permit, and it knows nothing of what answers say.

On SQLite the clock is the machine's monotonic one, which its processes have in common; on PostgreSQL it is the server's. That is a time of
day, so it is compared with our own: what it jumped ahead since we looked is subtracted, for everybody, from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from workbench.engine import pace
from workbench.engine.pace import TAKEN, Learned, State
from workbench.errors import Damaged
from workbench.models.pace import Budget, Rate
from workbench.sentence import say

from .clock import Clock
from .database import Schema

if TYPE_CHECKING:
    from .database import Database

T = TypeVar("T")
Change = Callable[[State, float], tuple[T, State]]
"""Returns what is wanted and the new state, the very same one when nothing changes."""

FRESH_S: Final = 1.0
"""So long this process goes by what it knows of an account; then it looks whether another one changed it."""
JUMP_S: Final = 0.01
DRIFT: Final = 0.001
"""Two clocks may differ by this much more, and by this part of the time between two looks, before it is called a jump."""

_tables = sa.MetaData()
_budgets = sa.Table(
    "workbench_budgets",
    _tables,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("ahead", sa.Double, nullable=False),  # seconds that the database's clock jumped ahead
)
SCHEMA: Final = Schema("pace", _tables)

_columns = _budgets.c
_find = sa.select(_columns.state, _columns.ahead).where(_columns.account == sa.bindparam("of"))
_find_and_lock = _find.with_for_update()  # left out on SQLite, where a write locks the whole file
_add = sa.insert(_budgets)
_add_if_missing = postgresql.insert(_budgets).on_conflict_do_nothing()
_update = (
    sa.update(_budgets)
    .where(_columns.account == sa.bindparam("of"))
    .values(state=sa.bindparam("now"), ahead=sa.bindparam("jumped"))
)
_server_time = sa.select(sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double))


@dataclass(frozen=True, slots=True)
class Known:
    """What this process knows of an account: its state at ``now_s`` of the budgets' clock, which was at ``seen_s`` of our own."""

    state: State
    now_s: float
    seen_s: float


class Budgets:
    """The pace of every account. Every method may raise StorageFault; what it asked for was not done then.

    Accounts are told apart by name alone. One without windows that was not asked to rest may always be called.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        """Make the table. Raises TooNew and StorageFault."""
        database.prepare(SCHEMA)
        self._database = database
        self._clock = clock
        self._known: dict[str, Known] = {}
        self._given: WeakKeyDictionary[asyncio.Task[object], dict[str, tuple[float, int]]] = (
            WeakKeyDictionary()
        )

    async def take(self, account: str, wanted: int) -> tuple[int, float]:
        """Return how many calls may be made now, at most ``wanted``, and in how many seconds more may (0 when all of them may).

        Each permit is for one call that is begun at once, or is to be given back.
        """
        known = self._known.get(account)
        fresh = known is not None and self._clock.monotonic() - known.seen_s < FRESH_S
        if known is None or (not fresh and pace.is_free(known.state, self._time(known))):
            known, fresh = await self._look(account), True
        now_s = self._time(known)
        if fresh and pace.is_free(known.state, now_s):
            self._mine().pop(account, None)
            return wanted, 0.0
        went_back = now_s < known.state.at_s  # the clock did, and that has to be kept
        if fresh and not went_back and (guess := pace.grant(known.state, now_s, wanted)).granted == 0:
            return 0, guess.wait_s  # nobody can have made room but by giving back, which is seen soon enough
        return await self._take(account, wanted)

    async def _take(self, account: str, wanted: int) -> tuple[int, float]:
        def change(state: State, now_s: float) -> tuple[tuple[pace.Grant, float], State]:
            given = pace.grant(state, now_s, wanted)
            return (given, now_s), given.state if given.granted else state

        given, now_s = await self._change(account, change)
        self._mine()[account] = (now_s, given.granted)
        return given.granted, given.wait_s

    async def give_back(self, account: str, count: int) -> None:
        """Give back permits of this task's last ``take`` for the account: their calls were never made."""
        stamp_s, held = self._mine().get(account, (0.0, 0))
        count = min(count, held)
        if count > 0:
            self._mine()[account] = (stamp_s, held - count)
            await self._change(
                account, lambda state, now_s: (None, pace.give_back(state, now_s, count, stamp_s))
            )

    async def learn(self, account: str, learned: Learned) -> None:
        """Take in what an answer said. Costs next to nothing when it says nothing new."""
        known = self._known.get(account)
        if known is None:
            known = await self._look(account)
        # a call that was taken matters to an account that rests, and who made one that finds that out knows that it does
        fresh = learned == TAKEN or self._clock.monotonic() - known.seen_s < FRESH_S
        if fresh and pace.learn(known.state, self._time(known), learned) is known.state:
            return
        await self._change(account, lambda state, now_s: (None, pace.learn(state, now_s, learned)))

    async def hold(self, account: str, seconds: float) -> None:
        """Let nothing go to the account for so many seconds; a longer hold stays."""
        await self._change(account, lambda state, now_s: (None, pace.hold(state, now_s, now_s + seconds)))

    async def set_rates(self, account: str, rates: tuple[Rate, ...], origin: str) -> None:
        """Set the account's windows; with none it may be called as fast as we can."""

        def change(state: State, now_s: float) -> tuple[None, State]:
            return None, pace.with_rates(state, now_s, rates, origin)

        await self._change(account, change, anew=True)

    async def declare(self, account: str, rates: tuple[Rate, ...]) -> None:
        """Set the windows that the provider documents, unless a person set others."""

        def change(state: State, now_s: float) -> tuple[None, State]:
            said = state.origin == "person" or state.rates == rates
            return None, state if said else pace.with_rates(state, now_s, rates, "provider")

        known = self._known.get(account) or await self._look(account)
        if change(known.state, known.now_s)[1] is not known.state:
            await self._change(account, change)

    async def budget(self, account: str) -> Budget:
        """Return the account's windows, what of them is used, and until when it is left alone."""
        known = await self._look(account)
        now_s = self._time(known)
        state = pace.at(known.state, now_s)
        until_s = pace.resting_until(state, now_s)
        return Budget(
            account=account,
            rates=state.effective,
            origin="answers" if state.stated else state.origin,
            used=tuple(window.used for window in state.windows[: len(state.effective)]),
            held_until=None if until_s is None else self._clock.now() + timedelta(seconds=until_s - now_s),
        )

    # -- the database --------------------------------------------------------------------------------------------------

    async def _look(self, account: str) -> Known:
        """Return what is kept of the account, and remember it unless something was changed meanwhile."""
        before = self._known.get(account)

        def work(connection: sa.Connection) -> Known:
            return self._read(connection, account, _row(connection, _find, account))[0]

        known = await self._database.read(work)
        if self._known.get(account) is before:
            self._known[account] = known
        return known

    async def _change(self, account: str, change: Change[T], anew: bool = False) -> T:
        """Change the account's state with nobody else doing so. ``anew``: one that cannot be read is begun anew."""

        def work(connection: sa.Connection) -> tuple[T, Known]:
            row = _row(connection, _find_and_lock, account)
            if (
                row is None and self._database.kind == "postgresql"
            ):  # where only a row that is there can be locked
                connection.execute(
                    _add_if_missing, {"account": account, "state": pace.dump(State()), "ahead": 0.0}
                )
                row = _row(connection, _find_and_lock, account)
            known, ahead = self._read(connection, account, row, anew)
            now_s, before = known.now_s, known.state
            went_back = now_s < before.at_s  # kept at once: the next look must not move it once more
            result, state = change(pace.at(before, now_s) if went_back else before, now_s)
            if row is None and state is not before:
                connection.execute(_add, {"account": account, "state": pace.dump(state), "ahead": ahead})
            elif row is not None and (state is not before or ahead != row[1]):
                connection.execute(_update, {"of": account, "now": pace.dump(state), "jumped": ahead})
            return result, Known(state, now_s, known.seen_s)

        result, known = await self._database.write(work)
        latest = self._known.get(account)
        if latest is None or known.seen_s >= latest.seen_s:
            self._known[account] = known
        return result

    def _read(
        self, connection: sa.Connection, account: str, row: tuple[str, float] | None, anew: bool = False
    ) -> tuple[Known, float]:
        """Return the state with the time it is, and by how much the database's clock is ahead of that."""
        text, ahead = row or (None, 0.0)
        try:
            state = State() if text is None else pace.load(text)
        except ValueError:
            if not anew:
                raise Damaged(
                    say(
                        "What is kept of the pace of {account} cannot be read. Set its pace anew.",
                        account=account,
                    )
                ) from None
            state = State()
        seen_s = self._clock.monotonic()
        if self._database.kind == "sqlite":
            return Known(state, seen_s, seen_s), 0.0
        now_s: float = connection.execute(_server_time).scalar_one() - ahead
        jumped = self._jumped(account, now_s)
        return Known(state, now_s - jumped, seen_s), ahead + jumped

    def _jumped(self, account: str, now_s: float) -> float:
        """Return by how much the database's clock went ahead faster than ours since the last look; 0 is as good as nothing."""
        known = self._known.get(account)
        if known is None:
            return 0.0
        passed = (
            self._clock.monotonic() - known.seen_s
        )  # from before that look to after this one: certainly enough
        excess = now_s - known.now_s - passed
        return excess if excess > JUMP_S + passed * DRIFT else 0.0

    def _time(self, known: Known) -> float:
        """Return what the budgets' clock shows now, by ours."""
        return known.now_s + self._clock.monotonic() - known.seen_s

    def _mine(self) -> dict[str, tuple[float, int]]:
        """Return when this task was given its last permits, and how many of them it holds, account by account."""
        task = asyncio.current_task()
        assert task is not None  # this is called by coroutines alone
        return self._given.setdefault(task, {})


def _row(connection: sa.Connection, query: sa.Select[Any], account: str) -> tuple[str, float] | None:
    """Return an account's state and how far the clock was ahead, or None."""
    found = connection.execute(query, {"of": account}).one_or_none()
    return None if found is None else (found.state, found.ahead)
