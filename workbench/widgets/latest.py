"""LATEST: work that is asked for faster than it is done: one at a time, and after it only the newest of what was asked meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from .spawn import spawn

__all__ = ["Latest"]

CALM_S = 0.01
"""So long it waits for more of the same before it begins: what is typed or dragged comes in bursts."""


class Latest:
    """Does ``work`` whenever it is asked for; since two never run at once, no older outcome can come after a newer one."""

    def __init__(self, work: Callable[[], Awaitable[object]]) -> None:
        self._work = work
        self._asked = False
        self._running = False

    @property
    def busy(self) -> bool:
        """Whether something is under way or waits."""
        return self._running

    @property
    def overtaken(self) -> bool:
        """Whether something newer waits: what is under way will not be the last."""
        return self._asked

    def ask(self) -> None:
        """Want the work to be done with things as they are now, or a moment later."""
        self._asked = True
        if not self._running:
            self._running = True
            spawn(self._go())

    async def _go(self) -> None:
        try:
            while self._asked:
                await asyncio.sleep(CALM_S)
                self._asked = False
                await self._work()
        finally:
            self._running = False
