from __future__ import annotations

import asyncio
import re
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.adapters import clock as module
from workbench.adapters.clock import Clock, SystemClock, VirtualClock, new_id

START = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


async def test_the_system_clock_tells_aware_utc_and_waits() -> None:
    clock: Clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.01)
    await clock.sleep(-1)
    assert clock.monotonic() >= before
    assert clock.now().utcoffset() == timedelta()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_virtual_clock_stands_still_until_it_is_moved() -> None:
    clock: VirtualClock = VirtualClock(START)
    assert clock.now() == clock.now() == START
    await clock.advance(3600)
    assert clock.now() == START + timedelta(hours=1)
    assert clock.monotonic() == 3600


def test_a_virtual_clock_starts_at_an_aware_time_and_tells_it_in_utc() -> None:
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001
    local = datetime.fromisoformat("2026-01-01T02:00:00+02:00")
    assert VirtualClock(local).now().isoformat() == "2026-01-01T00:00:00+00:00"


async def test_a_virtual_clock_is_never_moved_back() -> None:
    with pytest.raises(ValueError, match="back"):
        await VirtualClock().advance(-1)


async def test_sleepers_wake_in_the_order_of_their_time_and_see_it() -> None:
    clock = VirtualClock(START)
    woke: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woke.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as group:
        group.create_task(sleeper("b", 20, 5))
        group.create_task(sleeper("a", 10, 10, 10))
        group.create_task(sleeper("c", 0))
        await clock.advance(29.999)
        assert woke == [("c", 0), ("a", 10), ("b", 20), ("a", 20), ("b", 25)]
        await clock.advance(0.001)
    assert woke[-1] == ("a", 30)


async def test_a_cancelled_sleeper_disturbs_nobody() -> None:
    clock = VirtualClock()
    one, two = asyncio.ensure_future(clock.sleep(1)), asyncio.ensure_future(clock.sleep(2))
    await clock.advance(0)
    one.cancel()
    await clock.advance(5)
    assert one.cancelled()
    assert two.done()
    assert not two.cancelled()


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30))
def test_every_sleeper_wakes_exactly_on_time(milliseconds: list[int]) -> None:
    async def run() -> list[tuple[int, float]]:
        clock = VirtualClock()
        woke: list[tuple[int, float]] = []

        async def sleeper(wanted: int) -> None:
            await clock.sleep(wanted / 1000)
            woke.append((wanted, clock.monotonic()))

        tasks = [asyncio.ensure_future(sleeper(wanted)) for wanted in milliseconds]
        for _ in range(101):
            await clock.advance(0.1)
        await asyncio.gather(*tasks)
        return woke

    woke = asyncio.run(run())
    assert [wanted for wanted, _ in woke] == sorted(milliseconds)
    assert all(at == wanted / 1000 for wanted, at in woke)


def test_ids_have_a_prefix_and_only_grow() -> None:
    made = [new_id("ent") for _ in range(100_000)]
    assert made == sorted(set(made))
    assert re.fullmatch(r"ent_[0-9a-f]{26}", made[0])


def test_ids_tell_the_time_they_were_made() -> None:
    before = time.time_ns() // 1_000_000
    made = int(new_id("x").removeprefix("x_")[:12], 16)
    assert before <= made <= time.time_ns() // 1_000_000 + 100_000


def test_ids_grow_even_when_the_time_of_day_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id("x")
    monkeypatch.setattr(module.time, "time_ns", lambda: 0)
    assert new_id("x") > before


def test_threads_never_make_the_same_id() -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend([new_id("x") for _ in range(5_000)])) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id[:18] for id in made}) == 40_000
