"""Crew: the jobs this process works on, its place among the workers of a home, and the rows of those that died.

Where a cluster is joined each job that may be is shared with its workers; a worker's own crew helps with those that are shared.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Final

from workbench.adapters.clock import SteadyClock, new_id
from workbench.adapters.processes import began_at, is_running
from workbench.errors import StorageFault, WorkbenchError
from workbench.models.cluster import Effort
from workbench.models.person import Person
from workbench.models.work import Job, JobFilter, Worker
from workbench.sentence import Sentence, say

from .defects import tell_defect
from .house import House
from .roles import caller
from .runner import FAULT_S, Handler, Run
from .visibility import in_background

if TYPE_CHECKING:
    from workbench.adapters.clock import Clock

Share = Callable[[Job], Awaitable[None]]
"""Takes a job that begins here, so that others may help with it."""
Shared = Callable[[], Awaitable[Collection[str]]]
"""Gives the jobs that this process is to help with."""
Kinds = Mapping[str, Callable[[House, Job], Awaitable[Handler]]]
"""For each kind of job: how its rows are done."""

BEAT_S: Final = 2.0
SILENT_S: Final = 60.0
"""Seconds without a beat, by this process's own monotonic clock, after which a worker counts as dead whatever its machine says."""
GRACE_S: Final = 20.0
"""Seconds that what is under way is waited for when the process ends."""


class Crew:
    """The work of this process. A job goes on while this process lives, whoever watches it."""

    def __init__(self, house: House, kinds: Kinds) -> None:
        self.house = house
        self._kinds = kinds
        self._clock: Clock = SteadyClock(house.clock)
        self._worker = Worker(new_id("wrk"), platform.node(), os.getpid(), began_at(os.getpid()))
        self._runs: dict[str, Run] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._notices: dict[str, Sentence] = {}
        self._beats: dict[str, tuple[int, float]] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._serving = False
        self._joined = False
        self._share: Share | None = None
        self._shared: Shared | None = None
        self._near = False
        self._closing = False

    @property
    def worker_id(self) -> str:
        """The id of this process among the workers."""
        return self._worker.id

    async def join(self) -> None:
        """Be on the list of workers from now on, and look after those that died: for what is claimed by workers beside jobs."""
        await self._join()
        self._keep()

    async def start(self, job_id: str) -> None:
        """Work on a job from now on, in the background. On return this process is known to work on it."""
        task = self._tasks.get(job_id)
        run = self._runs.get(job_id)
        if task is None or task.done() or (run is not None and run.closing):
            task = asyncio.create_task(self._work(job_id, task), name=f"work on {job_id}")
            task.add_done_callback(tell_defect)
            self._tasks[job_id] = task
        await self._join()
        self._keep()
        if self._share is not None:
            await self._share((await self.house.ledger.job(job_id)).job)

    def rest(self, job_id: str) -> None:
        """Begin nothing more of a job, if this process works on it; what is under way is brought to its end."""
        if run := self._runs.get(job_id):
            run.close()

    def notice(self, job_id: str) -> Sentence | None:
        """Return what holds a job up in this process at the moment."""
        run = self._runs.get(job_id)
        return run.notice if run is not None else self._notices.get(job_id)

    async def wait(self, job_id: str) -> None:
        """Return when this process does not work on the job any more."""
        task = self._tasks.get(job_id)
        if task is not None:
            await asyncio.wait([task])

    async def serve(self) -> None:
        """From now on pick up every running job that nobody works on. For the one long-lived process."""
        self._serving = True
        self._keep()

    def share_with(self, share: Share) -> None:
        """Let others help from now on with each job that begins here."""
        self._share = share

    async def help(self, shared: Shared, *, near: bool) -> None:
        """From now on work on every job that is shared. For the worker of a cluster; a ``near`` one has its owner's own rights."""
        self._shared, self._near = shared, near
        await self.join()

    def efforts(self) -> tuple[Effort, ...]:
        """Return the jobs this process works on now, and how fast."""
        return tuple(
            Effort(job_id=id, title=run.job.title, rate_per_s=run.rate_per_s)
            for id, run in self._runs.items()
        )

    async def take_over_the_dead(self) -> None:
        """Bring the rows of workers that died to where they can go on."""
        for worker in await self.house.ledger.workers():
            if worker.id != self._worker.id and self._is_dead(worker):
                await self.house.ledger.take_over(worker.id)
                self._beats.pop(worker.id, None)

    async def close(self) -> None:
        """Bring what is under way to its end, and leave the workers. The jobs go on where another process takes them up."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._closing = True
        for run in self._runs.values():
            run.close()
        tasks = [task for task in self._tasks.values() if not task.done()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._joined:
            with contextlib.suppress(StorageFault):  # then its rows are taken over as those of one that died
                await self.house.ledger.leave(self._worker.id)

    # ------------------------------------------------------------------------------------------------------------------

    async def _work(self, job_id: str, before: asyncio.Task[None] | None) -> None:
        """Work on a job, once this process's earlier work on it has ended."""
        if before is not None:
            await asyncio.wait([before])
        in_background()
        try:
            run = await self._run_of(job_id)
            while run is None and not self._closing:  # the database is away: no fault of the job
                await self._clock.sleep(FAULT_S)
                run = await self._run_of(job_id)
            if run is not None:
                self._runs[job_id] = run
                self._notices.pop(job_id, None)
                await run.work()
        except WorkbenchError as error:
            await self._stopped(job_id, error.sentence)
        except Exception as defect:
            await self._stopped(
                job_id,
                say(
                    "The workbench met a defect of its own ({name}).",
                    name=type(defect).__name__,
                ),
            )
            raise
        finally:
            self._runs.pop(job_id, None)

    async def _run_of(self, job_id: str) -> Run | None:
        """Return this process's work on a job, in whose name it is done; None while what it needs cannot be read."""
        try:
            job = (await self.house.ledger.job(job_id)).job
            in_background(await self.house.ledger.unit(job_id))
            if self._serving or (self._shared is not None and not self._is_owners(job)):
                caller.set(Person(name=job.who, role="operator"))
            handler = await self._kinds[job.kind](self.house, job)
        except StorageFault as fault:
            self._notices[job_id] = fault.sentence
            return None
        return Run(self.house, self._worker.id, job, handler, self._clock)

    async def _stopped(self, job_id: str, reason: Sentence) -> None:
        self._notices[job_id] = reason
        with contextlib.suppress(
            WorkbenchError
        ):  # it is at its end already, or cannot be written: the notice stands
            await self.house.ledger.change(job_id, "stopped", {"running"}, reason)

    async def _join(self) -> None:
        """Be on the list of workers, with what this process works on now."""
        if not self._joined:
            await self.house.ledger.join(self._worker)
            self._joined = True
        await self.house.ledger.beat(self._worker.id, self._working_on())

    def _working_on(self) -> list[str]:
        return [id for id, task in self._tasks.items() if not task.done()]

    def _keep(self) -> None:
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep_watch(), name="crew")

    async def _keep_watch(self) -> None:
        """Say regularly that this process lives, look after those that died, and, serving, pick up what nobody works on."""
        in_background()
        while True:
            # A fault is said by the run whose rows it holds up; it is tried again in a moment.
            try:
                await self._join()
                await self.take_over_the_dead()
                if self._serving:
                    await self._pick_up()
                if self._shared is not None:
                    await self._help_with(await self._shared())
            except StorageFault:
                self._beats.clear()  # nobody could say a word meanwhile: silence counts from now on
            await asyncio.sleep(BEAT_S)

    async def _pick_up(self) -> None:
        for progress in await self.house.ledger.jobs(JobFilter(state="running", limit=500)):
            job = progress.job
            mine = self._tasks.get(job.id)
            if progress.workers == 0 and job.mode == self.house.mode and (mine is None or mine.done()):
                await self.start(job.id)

    async def _help_with(self, shared: Collection[str]) -> None:
        for job_id in shared:
            mine = self._tasks.get(job_id)
            if mine is None or mine.done():
                await self.start(job_id)

    def _is_owners(self, job: Job) -> bool:
        """Return whether a job is worked on with the rights of who owns this workbench: on the same machine, and in the same account."""
        return self._near and job.who == self.house.owner.name

    def _is_dead(self, worker: Worker) -> bool:
        """Return whether a worker died: its process is gone, or it has not said a word for a minute by our own clock."""
        if worker.host == self._worker.host and not is_running(worker.pid, worker.began):
            return True
        beat, since = self._beats.get(worker.id, (None, 0.0))
        now = self._clock.monotonic()
        if beat != worker.beat:
            self._beats[worker.id] = (worker.beat, now)
            return False
        return now - since > SILENT_S
