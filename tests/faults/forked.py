"""A process that is killed over and over: it loads everything once, and forks for each line of its standard input.

So a death and a new start cost no more than the workbench's own opening. ``serve_lines`` is the process's side, ``worker`` the test's.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp  # noqa: F401 - loaded before the fork
import sqlalchemy.dialects.sqlite  # noqa: F401 - loaded before the fork

import workbench.adapters.ledger
import workbench.adapters.vault
import workbench.sandbox.app  # noqa: F401 - loaded before the fork


def serve_lines(work: Callable[..., Coroutine[object, object, None]]) -> None:
    """Do ``work`` with the words of each line in a fork of its own; print the fork's id, and then how it ended."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(work(*line.split()))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(f"ended {status}", flush=True)


class Turn(NamedTuple):
    """One fork at work, and how it will have ended."""

    pid: int
    ending: asyncio.Task[int]

    def kill(self) -> None:
        """Kill it at once."""
        os.kill(self.pid, signal.SIGKILL)


class Worker:
    """The process, as a test has it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def begin(self, *words: object) -> int:
        """Let it begin with what the words say; return the id of the fork to kill."""
        assert self.process.stdin is not None
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        return int(await self.line())

    async def turns(self, *words: object) -> AsyncIterator[Turn]:
        """Let it begin again and again, until it ends by itself; each turn may be killed."""
        status = -1
        while status != 0:
            turn = Turn(await self.begin(*words), asyncio.create_task(self.ended()))
            yield turn
            status = await turn.ending
            assert status in (0, signal.SIGKILL), "it ends by itself only well"

    async def ended(self) -> int:
        """Wait until the fork has ended, and return how: 0, or the signal that killed it."""
        return int((await self.line()).split()[1])

    async def line(self) -> str:
        """Return the next line that the process says."""
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        assert line, "the worker is gone"
        return line


@asynccontextmanager
async def worker(module: str) -> AsyncIterator[Worker]:
    """Give the process that ``python -m tests.faults.MODULE`` is, and end it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.faults.{module}", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Worker(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
