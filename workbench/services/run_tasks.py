"""RUN TASKS: what is under way with the rows of runs in this process: they are looked at, or added; and what became of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

from workbench.errors import NotFound, Refused, WorkbenchError
from workbench.models.run import Preflight, ProblemCount, Run, RunState
from workbench.models.run_kept import KeptRun
from workbench.sentence import Sentence, say

from .defects import tell_defect
from .house import House
from .work import Work

if TYPE_CHECKING:
    from workbench.adapters.run_store import RunStore

SOON_S: Final = 0.4
"""Seconds that a call waits for what it began: short tables are looked through, and added, before it returns."""

Rows = Coroutine[Any, Any, None]


class RunTasks:
    """One task for each run at the most. Its end, good or bad, stands with the run, where any process reads it."""

    def __init__(self, house: House, store: RunStore, work: Work) -> None:
        self._house, self._store, self._work = house, store, work
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def knows(self, id: str) -> bool:
        """Return whether this process has done something with a run's rows."""
        return id in self._tasks

    async def look(self, id: str, turn: str, rows: Rows) -> None:
        """Let rows be looked at; what goes wrong in the first moment is raised here, and all of it is kept with the run."""
        await self._soon(id, self._look(id, turn, rows))

    async def add(self, run: Run, rows: Rows) -> None:
        """Let rows be added to the run's job; errors as with ``look``."""
        await self._soon(run.id, self._add(run, rows))

    async def wait(self, id: str) -> None:
        """Return when nothing is under way with a run's rows here."""
        task = self._tasks.get(id)
        if task is not None:
            await asyncio.wait([task])

    async def stop(self, id: str) -> None:
        """Let go of what is under way with a run's rows."""
        task = self._tasks.pop(id, None)
        if task is not None and not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Let go of everything; it goes on when it is asked for again."""
        for id in list(self._tasks):
            await self.stop(id)

    async def told(self, id: str, why: Sentence) -> None:
        """Keep with the run what held it up, so that a page can say it; not where somebody else has moved it on meanwhile."""
        told = ProblemCount(field="run", sentence=why, rows=0, first=0)

        def noted(kept: KeptRun) -> KeptRun:
            seen = kept.run.preflight or Preflight()
            others = tuple(one for one in seen.problems if one.field != "run")
            seen = seen.model_copy(update={"problems": (told, *others)})
            return KeptRun(kept.run.model_copy(update={"preflight": seen}), kept.key, kept.turn, kept.basis)

        with contextlib.suppress(Refused, NotFound):
            await self._store.change(id, {"checking", "starting"}, noted)

    async def _look(self, id: str, turn: str, rows: Rows) -> None:
        try:
            await rows
        except Exception as error:
            await self.told(id, _why(error))
            with contextlib.suppress(Refused, NotFound):
                await self._move(id, "checking", "planned", turn)
            raise

    async def _add(self, run: Run, rows: Rows) -> None:
        try:
            await rows
        except Exception as error:
            if not await self._is_cancelled(run):
                await self.told(run.id, _why(error))
                raise
        await self._move(run.id, "starting", "cancelled" if await self._is_cancelled(run) else "started")

    async def _soon(self, id: str, work: Rows) -> None:
        await self.stop(id)
        task = asyncio.create_task(work, name=f"run {id}")
        self._tasks[id] = task
        done, _ = await asyncio.wait([task], timeout=SOON_S)
        if done:
            task.result()
        else:
            task.add_done_callback(_ended)

    async def _move(self, id: str, before: RunState, to: RunState, turn: str | None = None) -> None:
        def moved(kept: KeptRun) -> KeptRun:
            run = kept.run.model_copy(update={"state": to, "changed_at": self._house.clock.now()})
            return KeptRun(run, kept.key, kept.turn, kept.basis)

        await self._store.change(id, {before}, moved, turn=turn)

    async def _is_cancelled(self, run: Run) -> bool:
        """Return whether a person cancelled, or deleted, the job while rows were being added to it."""
        try:
            return (await self._work.job(run.job_id or "")).job.state == "cancelled"
        except NotFound:
            return True


def _why(error: Exception) -> Sentence:
    if isinstance(error, WorkbenchError):
        return error.sentence
    return say(
        "The workbench met a defect of its own ({name}). Nothing was sent; try again, and tell who runs it.",
        name=type(error).__name__,
    )


def _ended(task: asyncio.Task[None]) -> None:
    """Tell a defect; what a person can mend is kept with the run."""
    tell_defect(task, but=(WorkbenchError,))
