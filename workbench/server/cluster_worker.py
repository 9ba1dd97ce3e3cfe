"""CLUSTER WORKER: what the process of a cluster's worker runs: a workbench of its own, on an event loop of its own thread.

It does the pieces that it is given, and helps with the jobs that are shared with the cluster. Key and database are of its own
environment (``WORKBENCH_KEY``, ``WORKBENCH_DATABASE``, ``WORKBENCH_HOME``); who joins it tells no more than which workbench it has to be.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Final

from pydantic_core import to_json

# what opening a workbench loads: workers of one machine are forks of a process that has loaded this module, and begin at once
import workbench.adapters.catalogue
import workbench.adapters.lane
import workbench.adapters.ledger
import workbench.adapters.sealed_rows
import workbench.adapters.tables
import workbench.sandbox.app
import workbench.services.answering
import workbench.services.hub_lists
import workbench.services.importing
import workbench.services.listening
import workbench.services.syncing  # noqa: F401
from workbench.adapters.loops import new_loop
from workbench.adapters.remote import write_error
from workbench.bench import Workbench, package_version
from workbench.errors import Refused, WorkbenchError
from workbench.models.cluster import Brought, Errand, Figures, Membership
from workbench.sentence import Sentence, say
from workbench.services.roles import caller

AGAIN_S: Final = 5.0
"""So long after it could not open its workbench a worker tries again."""
TELL_S: Final = 0.5
CLOSE_S: Final = 30.0
ENDS: Final = say("This worker ends.")


def join(membership: str) -> Member:
    """Return what does pieces in this process from now on, for one workbench. It opens in the background."""
    return Member(Membership.model_validate_json(membership))


class Member:
    """A workbench in a worker's process, and the thread that it lives on."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership
        self._bench: Workbench | None = None
        self._trouble: Sentence | None = None
        self._now = self._done = 0
        self._told = Figures().model_dump_json()
        self._loop = new_loop()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._live, name="workbench", daemon=True)
        self._thread.start()

    # -- called by the worker, from its own thread -----------------------------------------------------------------------

    async def do(self, errand: str) -> str:
        """Return what came of a piece."""
        if self._ending.is_set():
            return Brought(not_here=ENDS).model_dump_json()
        here = asyncio.run_coroutine_threadsafe(self._do(Errand.model_validate_json(errand)), self._loop)
        return (await asyncio.wrap_future(here)).model_dump_json()

    def figures(self) -> str:
        """Return what it tells of itself."""
        return self._told

    def close(self) -> None:
        """Bring what is under way to its end, and close the workbench."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
            self._thread.join(CLOSE_S)

    # -- on the workbench's thread ---------------------------------------------------------------------------------------

    def _live(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._work())

    async def _work(self) -> None:
        """Open the workbench, again and again if need be, and help until the worker ends."""
        while not self._ending.is_set():
            try:
                await self._help(self._open())
            except WorkbenchError as error:
                self._trouble = error.sentence
                self._tell()
                await self._wait(AGAIN_S)

    async def _help(self, bench: Workbench) -> None:
        """Do pieces and help with jobs until the worker ends. Raises what keeps it from beginning."""
        async with bench:
            self._check(bench)
            await bench.cluster.help(near=self._membership.near)
            self._bench, self._trouble = bench, None
            while not self._ending.is_set():
                self._tell()
                await self._wait(TELL_S)
            self._bench = None

    def _open(self) -> Workbench:
        """Return this worker's workbench. Raises Refused where its code is of another version."""
        asked = self._membership
        if asked.version != package_version():
            raise Refused(
                say(
                    "This worker runs version {have} of the workbench, and {want} is asked for. Install the same on every worker.",
                    have=package_version(),
                    want=asked.version,
                )
            )
        return Workbench.open(
            live=asked.live, allowed_hosts=asked.allowed_hosts, sandbox_at=asked.sandbox_at, server_at=asked.server_at,
            public_at=asked.public_at,
        )  # fmt: skip

    def _check(self, bench: Workbench) -> None:
        """Raise Refused where this worker's workbench is not the one that was meant."""
        have, want = bench.house.home.id, self._membership.home
        if have != want:
            raise Refused(
                say(
                    "This worker opens another workbench ({have}) than the one that is meant ({want}). "
                    "Give it the same WORKBENCH_DATABASE and WORKBENCH_KEY.",
                    have=have,
                    want=want,
                )
            )

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            return

    def _tell(self) -> None:
        """Put down what the scheduler is told with the worker's next beat."""
        bench = self._bench
        figures = Figures(trouble=self._trouble)
        if bench is not None:
            crew = bench.work.crew
            figures = Figures(
                worker_id=crew.worker_id, jobs=crew.efforts(), pieces_now=self._now, pieces_done=self._done
            )
        self._told = figures.model_dump_json()

    async def _do(self, errand: Errand) -> Brought:
        while self._bench is None and self._trouble is None and not self._ending.is_set():
            await self._wait(TELL_S / 10)
        if self._bench is None:
            return Brought(not_here=self._trouble or ENDS)
        caller.set(errand.person)
        method = getattr(getattr(self._bench, errand.service), errand.method)
        self._now += 1
        try:
            return Brought(result=await method(**errand.arguments))
        except Exception as error:
            if (
                self._ending.is_set()
            ):  # what it met may be no more than that, and another worker does it again
                return Brought(not_here=ENDS)
            if isinstance(error, WorkbenchError):
                return Brought(error=to_json(write_error(error)).decode())
            raise
        finally:
            self._now -= 1
            self._done += 1
