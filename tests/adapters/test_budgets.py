"""One pace for an account, whoever asks, in whatever process, before and after a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from workbench.adapters import budgets as module
from workbench.adapters.budgets import FRESH_S, Budgets
from workbench.adapters.clock import Clock, SystemClock, VirtualClock, new_id
from workbench.adapters.database import Database
from workbench.adapters.home import open_home
from workbench.engine.pace import TAKEN, Learned
from workbench.errors import Damaged
from workbench.models.pace import Budget, Rate

Opener = Callable[..., Budgets]

FIVE = (Rate(limit=5, per_s=9.0),)
THROTTLED = Learned(throttled=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """None for a file in the home; else a PostgreSQL URL with a schema of the test's own."""
    if request.param == "sqlite":
        return None
    server = request.getfixturevalue("postgres_url")
    schema = new_id("test")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    parsed = sa.make_url(server)
    return parsed.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(
        hide_password=False
    )


@pytest.fixture
async def opened(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Opener]:
    """Opens the budgets as another process would; each with its own connections."""
    databases: list[Database] = []
    at = request.getfixturevalue("url") if "url" in request.fixturenames else None

    def open_them(clock: Clock | None = None) -> Budgets:
        databases.append(Database.open(at, open_home(tmp_path / "home")))
        return Budgets(databases[-1], clock or SystemClock())

    yield open_them
    for database in databases:
        await database.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def written() -> Iterator[list[str]]:
    """The statements that the database was given since, without what every transaction begins with."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement.split()[0])

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


# -- on both databases: windows so long that the test's own time does not matter ---------------------------------------

MINUTES = (Rate(limit=40, per_s=600.0),)


async def test_an_account_that_nobody_knows_may_be_called(opened: Opener, url: str | None) -> None:
    assert await opened().take("a", 1000) == (1000, 0.0)
    assert await opened().budget("a") == Budget(account="a")


async def test_two_processes_share_one_window(opened: Opener, url: str | None) -> None:
    one, other = opened(), opened()
    await one.set_rates("a", (Rate(limit=8, per_s=600.0),), "person")
    assert await one.take("a", 5) == (5, 0.0)
    granted, wait_s = await other.take("a", 5)
    assert granted == 3
    assert 600 < wait_s < 615
    assert (await one.take("a", 1))[0] == 0
    assert await other.take("b", 7) == (7, 0.0)
    assert (await opened().budget("a")).used == (8,)


async def test_tasks_that_ask_at_the_same_time_get_no_more_together(opened: Opener, url: str | None) -> None:
    one, other = opened(), opened()
    await one.set_rates("a", MINUTES, "person")
    taken = await asyncio.gather(*(budgets.take("a", 1) for budgets in [one, other] * 30))
    assert sum(granted for granted, _ in taken) == 10  # a tenth of the window: forty are spread a little
    assert (await one.budget("a")).used == (10,)


async def test_what_was_not_used_is_free_again(opened: Opener, url: str | None) -> None:
    one, other = opened(), opened()
    await one.set_rates("a", (Rate(limit=8, per_s=600.0),), "person")
    await one.take("a", 8)
    await one.give_back("a", 5)
    assert (await other.take("a", 9))[0] == 5
    await one.give_back("a", 9)  # it holds no more than three
    assert (await opened().take("a", 9))[0] == 3


async def test_only_what_was_taken_can_be_given_back(opened: Opener, url: str | None) -> None:
    one, other = opened(), opened()
    await one.take("a", 5)  # when there was no window
    await one.set_rates("a", (Rate(limit=8, per_s=600.0),), "person")
    await other.take("a", 8)
    await one.give_back("a", 5)
    await one.give_back("nobody's", 5)
    await asyncio.create_task(other.give_back("a", 5))  # another task: it took nothing
    assert (await other.take("a", 9))[0] == 0


async def test_a_rest_is_everybodys(opened: Opener, url: str | None) -> None:
    one, other = opened(), opened()
    await one.learn("a", Learned(throttled=True, hold_s=30.0))
    assert (await one.take("a", 5))[0] == 0
    granted, wait_s = await other.take("a", 5)
    assert granted == 0
    assert 28 < wait_s <= 30
    held_until = (await other.budget("a")).held_until
    assert held_until is not None
    assert timedelta(seconds=28) < held_until - SystemClock().now() <= timedelta(seconds=30)


async def test_windows_have_an_origin(opened: Opener, url: str | None) -> None:
    budgets = opened()
    await budgets.declare("a", MINUTES)
    assert await opened().budget("a") == Budget(account="a", rates=MINUTES, origin="provider", used=(0,))
    await budgets.learn("a", Learned(taken=True, rates=(Rate(limit=3, per_s=60.0),)))
    assert await opened().budget("a") == Budget(
        account="a", rates=(*MINUTES, Rate(limit=3, per_s=60.0)), origin="answers", used=(0, 0)
    )
    await budgets.set_rates("a", FIVE, "person")
    await opened().declare("a", MINUTES)
    assert await opened().budget("a") == Budget(account="a", rates=FIVE, origin="person", used=(0,))
    await budgets.set_rates("a", (), "person")
    await opened().declare("a", MINUTES)
    assert await opened().take("a", 99) == (99, 0.0)


async def test_a_state_that_cannot_be_read_is_said_and_can_be_set_anew(
    opened: Opener, url: str | None
) -> None:
    budgets = opened()
    await budgets.set_rates("a", MINUTES, "person")
    await budgets._database.write(
        lambda connection: connection.execute(sa.text("UPDATE workbench_budgets SET state = '{'"))
    )
    for asked in (opened().take("a", 1), opened().budget("a"), opened().hold("a", 1.0)):
        with pytest.raises(Damaged, match="pace of a cannot be read"):
            await asked
    await opened().set_rates("a", FIVE, "person")
    assert (await opened().take("a", 9))[0] == 5


# -- PostgreSQL's time of day ------------------------------------------------------------------------------------------


@pytest.fixture
def set_server_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    time_of_day = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)
    return lambda by_s: monkeypatch.setattr(module, "_server_time", sa.select(time_of_day + by_s))


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_server_clock_that_is_set_forth_and_back_lets_nobody_through(
    opened: Opener, url: str, set_server_clock: Callable[[float], None]
) -> None:
    one = opened()
    await one.set_rates("a", (Rate(limit=5, per_s=600.0),), "person")
    assert (await one.take("a", 5))[0] == 5
    for by_s in (3600.0, 90_000.0, 700.0, -3600.0, 0.0, 10_000.0):
        set_server_clock(by_s)
        seen = one._known["a"]  # as if it had looked long ago: it asks the server
        one._known["a"] = replace(seen, now_s=seen.now_s - FRESH_S, seen_s=seen.seen_s - FRESH_S)
        granted, wait_s = await one.take("a", 5)
        assert granted == 0
        assert 500 < wait_s < 613
        granted, wait_s = await opened().take("a", 5)  # a process that did not see it jump
        assert granted == 0
        assert 500 < wait_s < 613


# -- on SQLite, whose clock is ours ------------------------------------------------------------------------------------


async def test_time_makes_room(opened: Opener, clock: VirtualClock) -> None:
    budgets = opened(clock)
    await budgets.set_rates("a", FIVE, "person")
    assert await budgets.take("a", 3) == (3, 0.0)
    await clock.advance(4.0)
    granted, wait_s = await budgets.take("a", 3)
    assert (granted, wait_s) == (2, pytest.approx(5.18))
    await clock.advance(wait_s + 0.001)
    assert await budgets.take("a", 3) == (3, 0.0)


async def test_what_ran_out_cannot_be_given_back(opened: Opener, clock: VirtualClock) -> None:
    one, other = opened(clock), opened(clock)
    await one.set_rates("a", FIVE, "person")
    await one.take("a", 5)
    await clock.advance(9.5)
    assert await other.take("a", 5) == (5, 0.0)
    await one.give_back("a", 5)
    await clock.advance(FRESH_S)
    assert (await other.take("a", 5))[0] == 0


async def test_a_restart_keeps_the_window_also_when_the_clock_starts_anew(
    opened: Opener, clock: VirtualClock
) -> None:
    await clock.advance(1e6)
    before = opened(clock)
    await before.set_rates("a", FIVE, "person")
    await before.take("a", 5)
    await clock.advance(3.0)
    granted, wait_s = await opened(clock).take("a", 5)
    assert (granted, wait_s) == (0, pytest.approx(6.18))
    anew = VirtualClock()
    budgets = opened(anew)
    granted, wait_s = await budgets.take("a", 5)
    assert granted == 0
    assert 6 < wait_s <= 9.18
    await anew.advance(wait_s + 0.001)
    assert (await budgets.take("a", 5))[0] == 5


async def test_the_time_of_day_does_not_matter(opened: Opener) -> None:
    class Wrong(SystemClock):
        def now(self):  # type: ignore[no-untyped-def]
            return super().now() - timedelta(days=400 * (time.monotonic_ns() % 3))

    budgets = opened(Wrong())
    await budgets.set_rates("a", (Rate(limit=5, per_s=600.0),), "person")
    assert [(await opened(Wrong()).take("a", 2))[0] for _ in range(6)] == [2, 2, 1, 0, 0, 0]


async def test_another_process_is_heard_within_a_second(opened: Opener, clock: VirtualClock) -> None:
    one, other = opened(clock), opened(clock)
    assert await one.take("a", 5) == (5, 0.0)
    await other.hold("a", 60.0)
    assert (await other.take("a", 5))[0] == 0
    await clock.advance(FRESH_S)
    assert (await one.take("a", 5))[0] == 0
    await other.set_rates("b", FIVE, "person")
    await one.take("b", 5)
    await other.set_rates("b", (), "person")
    await clock.advance(FRESH_S)
    assert await one.take("b", 50) == (50, 0.0)


async def test_a_hold_by_this_process_is_heard_at_once(opened: Opener, clock: VirtualClock) -> None:
    budgets = opened(clock)
    assert await budgets.take("a", 5) == (5, 0.0)
    await budgets.hold("a", 2.0)
    await budgets.hold("a", 1.0)
    assert await budgets.take("a", 5) == (0, pytest.approx(2.0))
    await clock.advance(2.0)
    assert await budgets.take("a", 5) == (5, 0.0)


async def test_it_costs_nothing_where_nothing_changes(
    opened: Opener, clock: VirtualClock, written: list[str]
) -> None:
    budgets = opened(clock)
    await budgets.take("free", 5)
    await budgets.set_rates("a", FIVE, "person")
    await budgets.take("a", 5)
    written.clear()
    for _ in range(50):
        await budgets.take("free", 5)
        await budgets.take("a", 5)
        await budgets.learn("free", TAKEN)
        await budgets.learn("a", TAKEN)
        await budgets.learn("a", Learned(taken=True, rates=(Rate(limit=50, per_s=9.0),)))
    assert written == []
    await clock.advance(FRESH_S)
    assert (await budgets.take("a", 5))[0] == 0
    await budgets.declare("free", ())
    await budgets.learn("free", Learned(taken=True))
    assert set(written) <= {"BEGIN", "SELECT"}


# -- storms ------------------------------------------------------------------------------------------------------------


class Provider:
    """Takes no more than its limit in fixed windows of its own; says so in its answers, or just says no."""

    def __init__(self, clock: VirtualClock, limit: int, per_s: float, says: str) -> None:
        self.clock, self.limit, self.per_s, self.says = clock, limit, per_s, says
        self.calls: list[float] = []
        self.refused: list[float] = []

    async def call(self) -> Learned:
        now_s = self.clock.monotonic()
        lately = sum(1 for at in self.calls if at // self.per_s == now_s // self.per_s)
        left_s = self.per_s - now_s % self.per_s
        taken = lately < self.limit
        (self.calls if taken else self.refused).append(now_s)
        await self.clock.sleep(0.05)
        if self.says == "left":
            counted = {"remaining": max(0, self.limit - lately - 1), "reset_s": left_s}
        else:
            counted = {"hold_s": left_s} if self.says == "retry after" and not taken else {}
        return Learned(throttled=not taken, taken=taken, **counted)  # type: ignore[arg-type]


async def call_all(
    budgets: Budgets, clock: VirtualClock, provider: Provider, at_once: int, rows: int
) -> None:
    """What a job does: so many at once, and each that was refused again."""
    waiting = rows

    async def work() -> None:
        nonlocal waiting
        while waiting > 0:
            granted, wait_s = await budgets.take("a", 1)
            if not granted:
                await clock.sleep(min(wait_s, 1.0))
                continue
            waiting -= 1
            learned = await provider.call()
            waiting += learned.throttled
            await budgets.learn("a", learned)

    workers = [asyncio.create_task(work()) for _ in range(at_once)]
    for _ in range(200_000):
        if all(worker.done() for worker in workers):
            break
        await asyncio.sleep(0.0002)  # for the threads in which the database works
        await clock.advance(0.05)
    await asyncio.gather(*workers)


@pytest.mark.parametrize(
    ("says", "most_refused"),
    [("retry after", 8 + 1), ("left", 8), ("nothing", 8 + 4)],
)
async def test_a_storm_costs_what_is_under_way_and_one_call_for_each_rest(
    opened: Opener, clock: VirtualClock, says: str, most_refused: int
) -> None:
    """No window is known: the first volley learns it, then one call at a time finds out."""
    budgets, provider = opened(clock), Provider(clock, 20, 10.0, says)
    await call_all(budgets, clock, provider, at_once=8, rows=60)
    assert len(provider.calls) == 60
    windows = len({at // 10.0 for at in provider.refused})
    assert len(provider.refused) <= most_refused * max(1, windows)


async def test_with_its_windows_known_nothing_is_refused(opened: Opener, clock: VirtualClock) -> None:
    budgets, provider = opened(clock), Provider(clock, 20, 10.0, "nothing")
    await budgets.declare("a", (Rate(limit=20, per_s=10.0),))
    await call_all(budgets, clock, provider, at_once=8, rows=60)
    assert len(provider.calls) == 60
    assert provider.refused == []
