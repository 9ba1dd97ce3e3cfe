"""The courier: brings a stand-in's reports and inbound texts to their addresses in the background: so many wait, each is tried so often."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from workbench.adapters.clock import Clock
from workbench.adapters.wire import Wire
from workbench.models.callback import Callback
from workbench.models.request import Failure, Request
from workbench.sandbox.platform.delivery import on_this_machine

MOST_WAITING: Final = 10_000
TRIES: Final = 3
AGAIN_S: Final = 2.0
"""Seconds before the second try; twice as many before the third."""
PATIENCE_S: Final = 5.0
REMEMBERED: Final = 200

Deliver = Callable[[Callback], Awaitable[int]]
"""Takes a call to its address and gives the HTTP status of the answer, 0 where nobody answered. Raises nothing for the network."""
Make = Callable[[], Awaitable[Callback | None]]
"""Writes a call when its moment has come; None where there is nothing to bring any more."""


class Posted(NamedTuple):
    """What became of one try to bring a call. ``host`` is the server on this machine that it went to, empty for another one."""

    at: datetime
    host: str
    status: int
    tries: int


class _Errand(NamedTuple):
    due: datetime
    turn: int
    make: Make
    tries: int


class Courier:
    """Brings calls when they are due. ``deliver`` takes them in process; without it they go over HTTP, on this machine only.

    ``posted`` is what became of the last tries, ``dropped`` counts what found no room or was tried in vain.
    """

    def __init__(self, clock: Clock, deliver: Deliver | None = None) -> None:
        self.clock = clock
        self.deliver = deliver
        self.posted: deque[Posted] = deque(maxlen=REMEMBERED)
        self.dropped = 0
        self._errands: list[_Errand] = []
        self._turns = count()
        self._news = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._calm = asyncio.Event()
        self._calm.set()
        self._wires: dict[str, Wire] = {}

    def reaches(self, url: str) -> bool:
        """Return whether a call to this address would be brought: never one that leaves this machine."""
        return bool(url) and (self.deliver is not None or _here(url) is not None)

    def bring(self, due: datetime, make: Make) -> None:
        """Bring a call when it is due; it is dropped where too many wait."""
        self._put(_Errand(due, next(self._turns), make, 0))

    async def settle(self) -> None:
        """Return when nothing waits and nothing is under way. With a clock that stands still, only what is due is waited for."""
        await self._calm.wait()

    async def close(self) -> None:
        """Forget what waits, and close the connections."""
        self._errands.clear()
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        for wire in self._wires.values():
            await wire.close()
        self._wires.clear()

    def _put(self, errand: _Errand) -> None:
        if len(self._errands) >= MOST_WAITING:
            self.dropped += 1
            return
        heapq.heappush(self._errands, errand)
        self._news.set()
        if self._due() is not None:
            self._calm.clear()
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._go())

    def _due(self) -> _Errand | None:
        first = self._errands[0] if self._errands else None
        return first if first is not None and first.due <= self.clock.now() else None

    async def _go(self) -> None:
        """Bring one call after the other, until none waits."""
        try:
            while self._errands:
                if self._due() is None:
                    self._calm.set()
                    await self._wait()
                else:
                    self._calm.clear()
                    await self._once(heapq.heappop(self._errands))
        finally:
            self._calm.set()

    async def _wait(self) -> None:
        """Return when the first call is due, or another one came that may be sooner."""
        self._news.clear()
        left = (self._errands[0].due - self.clock.now()).total_seconds()
        waits = [asyncio.ensure_future(self.clock.sleep(left)), asyncio.ensure_future(self._news.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _once(self, errand: _Errand) -> None:
        callback = await errand.make()
        if callback is None:
            return
        tries = errand.tries + 1
        status = await (self.deliver or self._post)(callback)
        self.posted.append(Posted(self.clock.now(), _here(callback.url) or "", status, tries))
        if 200 <= status < 300:
            return
        if tries >= TRIES:
            self.dropped += 1
            return
        due = self.clock.now() + timedelta(seconds=AGAIN_S * 2**errand.tries)
        self._put(_Errand(due, next(self._turns), _same(callback), tries))

    async def _post(self, callback: Callback) -> int:
        """Bring a call over HTTP to this machine; the address was named by the person whose message it is of."""
        authority = _here(callback.url)
        if authority is None:
            return 0
        if authority not in self._wires:
            self._wires[authority] = Wire.live({authority})
        request = Request(
            method=callback.method, url=callback.url, headers=callback.headers, body=callback.body
        )
        answer = await self._wires[authority].send(request, connect_s=PATIENCE_S, total_s=PATIENCE_S)
        return 0 if isinstance(answer, Failure) else answer.status


def _here(url: str) -> str | None:
    """Return the server on this machine that an address names, as ``host:port``; None for any other address, and for none at all."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not on_this_machine(host):
        return None
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def _same(callback: Callback) -> Make:
    """Return what brings the very same bytes again, as providers do."""

    async def again() -> Callback:
        return callback

    return again
