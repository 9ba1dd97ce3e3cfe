"""CLOCK: the time of day, the time that passed, and waiting, so that a rehearsal can run hours in a second.

Everything above takes a ``Clock``: live the ``SystemClock``, in a rehearsal and in tests the
``VirtualClock``.
"""

from __future__ import annotations

import asyncio
import heapq
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

SETTLING_TURNS = 20
"""Turns of the event loop for woken tasks before a virtual clock moves on: enough for a chain of awaits."""


class Clock(Protocol):
    """What tells the time and waits."""

    def now(self) -> datetime:
        """Return the time of day, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; they never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``; at once, after the other ready tasks, when they are none or negative."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the time of day, aware and in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; they never go back, whatever is done to the time of day."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        await asyncio.sleep(max(0.0, seconds))


class SteadyClock:
    """Another clock without its steps: its time of day is read once, and from then on only what passes is added.

    For deadlines: a time of day that is set back or forth while a job runs moves none of them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start = clock.now() - timedelta(seconds=clock.monotonic())

    def now(self) -> datetime:
        """Return the time of day as it was at the beginning, plus what has passed; aware and in UTC."""
        return self._start + timedelta(seconds=self._clock.monotonic())

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; they never go back."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        await self._clock.sleep(seconds)


class VirtualClock:
    """A clock that stands still until ``advance`` moves it; sleepers wake in the order of their time.

    It belongs to one event loop and is not for use from several threads. Time is kept in whole microseconds,
    so that a thousand steps of a tenth are a hundred seconds.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        if start.tzinfo is None:
            raise ValueError("a virtual clock starts at an aware time")
        self._start = start.astimezone(UTC)
        self._passed = timedelta()
        self._sleepers: list[tuple[timedelta, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        """Return the virtual time of day, aware and in UTC."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Return the virtual seconds since the start."""
        return self._passed.total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Return once ``advance`` has moved the clock by ``seconds``; at once when none or negative."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1  # sleepers of the same moment wake in the order in which they lay down
        heapq.heappush(self._sleepers, (self._passed + timedelta(seconds=seconds), self._count, wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Move the clock by ``seconds``, with a stop at each sleeper's moment for what it does next."""
        if seconds < 0:
            raise ValueError("a clock is never moved back")
        end = self._passed + timedelta(seconds=seconds)
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            moment, _, wake = heapq.heappop(self._sleepers)
            if wake.done():  # its task was cancelled
                continue
            self._passed = max(self._passed, moment)
            wake.set_result(None)
            await self._settle()
        self._passed = end

    @staticmethod
    async def _settle() -> None:
        for _ in range(SETTLING_TURNS):
            await asyncio.sleep(0)


_id_lock = threading.Lock()
_last_moment = 0


def new_id(prefix: str) -> str:
    """Return a new id: ``prefix_`` and 26 hexadecimal digits, sorting after every one given before.

    Milliseconds since 1970 (12 digits), a counter within the millisecond (4) and 10 random digits: the idea
    of a version 7 UUID (https://www.rfc-editor.org/rfc/rfc9562#section-5.7). Within a process ids only grow,
    even when the time of day is set back; those of different processes differ by their random part.
    """
    global _last_moment
    with _id_lock:
        _last_moment = max(time.time_ns() // 1_000_000 << 16, _last_moment + 1)
        moment = _last_moment
    return f"{prefix}_{moment:016x}{secrets.token_hex(5)}"
