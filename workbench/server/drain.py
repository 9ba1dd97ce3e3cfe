"""DRAIN: how the server process ends when it is asked to, by SIGTERM or Ctrl-C.

First /ready says 503 and nothing new begins; hooks and callbacks are still acknowledged and stored. What is under way at providers is
brought to its end and settled. Then the process ends. Asked a second time, it ends at once: what it had claimed is taken over by the
next process, as after a crash.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any, Final

from fastapi import FastAPI

from workbench.adapters import logs
from workbench.bench import Workbench
from workbench.services.health import Health

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
SAME_S: Final = 0.5
"""Two requests to end that come this close are one: a service manager may tell a whole group of processes at once."""

Handler = Callable[[int, FrameType | None], Any]


class Drain:
    """Ends one server. ``notice_s``: so long calls are still taken after /ready says 503, for a balancer to notice."""

    def __init__(self, bench: Workbench, health: Health) -> None:
        self._bench = bench
        self._health = health
        self.notice_s = 0.0
        self._going: asyncio.Task[None] | None = None
        self._began_s = 0.0
        self.on = False

    def ask(self, out: Callable[[], object], now: Callable[[], object]) -> None:
        """Begin to end; ``out`` is called when nothing is under way any more. Asked again, what is under way is left and ``now`` called."""
        loop = asyncio.get_running_loop()
        if self._going is None:
            self._began_s = loop.time()
            self._going = loop.create_task(self._go(out), name="drain")
        elif loop.time() - self._began_s >= SAME_S:
            logs.tell("hurried", "warning")
            self._going.cancel()
            now()

    async def _go(self, out: Callable[[], object]) -> None:
        self.on = self._health.draining = self._bench.upkeep.draining = True
        logs.tell("draining")
        try:
            await asyncio.sleep(self.notice_s)
            await self._bench.rest()
        except asyncio.CancelledError:
            raise
        except Exception as defect:  # noqa: BLE001 - whatever goes wrong with resting, the process has to end
            logs.tell_defect("drained badly", defect)
        logs.tell("drained")
        out()


def drained_by_signals(app: FastAPI, drain: Drain) -> FastAPI:
    """Return the app, which from its start on drains when this process is asked to end, and only then lets the port go.

    The port's own handlers were set before the app starts; they are called when the drain is done.
    """
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(of: FastAPI) -> AsyncIterator[Any]:
        async with inner(of) as state:
            with _listening(drain):
                yield state

    app.router.lifespan_context = lifespan
    return app


@contextlib.contextmanager
def _listening(drain: Drain) -> Any:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in SIGNALS}
    loop = asyncio.get_running_loop()

    def call(number: signal.Signals) -> None:
        handler = before[number]
        if callable(handler):
            handler(number, None)

    def out() -> None:
        call(signal.SIGTERM)

    def now() -> None:
        call(signal.SIGTERM)
        call(signal.SIGINT)  # the second word tells uvicorn to leave open calls and its own closing

    for number in SIGNALS:
        loop.add_signal_handler(number, drain.ask, out, now)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
