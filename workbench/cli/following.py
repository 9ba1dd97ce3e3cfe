"""Following: a job in the foreground. Ctrl-C pauses one that this process works on; of one on a server it stops the looking only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator

from workbench.bench import Workbench
from workbench.errors import Refused
from workbench.models.work import Progress
from workbench.sentence import Sentence, say

from .codes import STOPPED
from .session import Session
from .standing import LiveLine
from .watch import asked_to_stop

LOOK_S = 0.5


async def work_on(session: Session, bench: Workbench, id: str, resume: str) -> Progress:
    """Stay until this process has nothing more to do for the job, and return how it stands.

    The first Ctrl-C pauses it: what is under way is brought to its end. The second ends the process at once; the ledger knows which
    rows were under way. ``resume`` is the command to go on with.
    """
    ended = asyncio.create_task(bench.work.crew.wait(id))
    pausing = False
    async with _looking(session) as (line, asked):
        while not await _done(ended, asked):
            progress = await bench.work.job(id)
            line.show(progress, asyncio.get_running_loop().time())
            if not asked.is_set():
                continue
            asked.clear()
            if pausing:
                line.end()
                _leave(session, resume)
            pausing = True
            line.end()
            session.tell(
                say("Pausing: what is under way is brought to its end. Ctrl-C again leaves at once.")
            )
            with contextlib.suppress(Refused):  # it came to its end in this moment
                await bench.work.pause(id)
    return await bench.work.job(id)


async def look_on(session: Session, bench: Workbench, id: str, status: str) -> tuple[Progress, bool]:
    """Look at a job that a server works on until it rests or ends; return how it stands, and whether a person stopped looking."""
    async with _looking(session) as (line, asked):
        while True:
            progress = await bench.work.job(id)
            line.show(progress, asyncio.get_running_loop().time())
            if progress.job.state != "running" and not progress.job.counts.in_flight:
                return progress, False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), LOOK_S)
            if asked.is_set():
                line.end()
                session.tell(say("The server goes on with it. Look again with: {command}", command=status))
                return await bench.work.job(id), True


@contextlib.asynccontextmanager
async def _looking(session: Session) -> AsyncIterator[tuple[LiveLine, asyncio.Event]]:
    line = LiveLine(session)
    async with asked_to_stop() as asked:
        try:
            yield line, asked
        finally:
            line.end()


async def _done(ended: asyncio.Task[None], asked: asyncio.Event) -> bool:
    """Wait a moment, or until somebody asks; return whether the work has ended."""
    asking = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({ended, asking}, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    return ended.done()


def _leave(session: Session, resume: str) -> None:
    """End the process without waiting for any answer."""
    session.tell(_left(resume), fg="yellow")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(STOPPED)


def _left(resume: str) -> Sentence:
    return say("Left at once. Rows under way are kept as such. Go on with: {command}", command=resume)
