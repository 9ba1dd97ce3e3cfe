"""Cluster: the pieces and jobs of this workbench, done by the workers of a dask.distributed cluster; without one, here.

``local:2`` starts two workers on this machine, for as long as the workbench is open. An address is that of a scheduler, whose workers open
the same workbench by an environment of their own. Pace, progress, pause and cancel are the database's, and so the same in both.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from workbench.adapters.remote import read_error
from workbench.errors import Refused, Unreachable, WorkbenchError
from workbench.models.cluster import ClusterState, ClusterWorker, Errand, Figures, Membership
from workbench.models.person import Person
from workbench.models.spread import Done, Piece
from workbench.models.work import Job, JobFilter
from workbench.sentence import Sentence, say

from .house import House
from .roles import caller, viewer
from .spread import Here
from .visibility import eyes

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.cluster import Link, Seen
    from workbench.adapters.shared_jobs import SharedJobs

    from .crew import Crew

ENTRY: Final = "workbench.server.cluster_worker"
"""The module that a worker's process finds its part in."""
LOCAL: Final = re.compile(r"local:([1-9]\d?)")
SCHEMES: Final = ("tcp", "tls", "ws", "wss", "ucx")
UNKNOWN: Final = 2
"""So many workers a cluster is taken to have before it was asked, or while it does not answer."""
LOOK_S: Final = 0.1
ANYWHERE: Final = frozenset({"send"})
"""The kinds of jobs that a rehearsal shares too: what else a stand-in plays it remembers in one process, and there the job stays."""
UNSHARED: Final = ("WORKBENCH_URL", "WORKBENCH_TOKEN", "WORKBENCH_CLUSTER")
"""What is not passed on to workers on this machine."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The cluster that was named, and what its workers have to know. ``environ``: what those on this machine get besides."""

    address: str
    membership: Membership
    environ: Mapping[str, str]

    @classmethod
    def read(cls, address: str, membership: Membership, environ: Mapping[str, str]) -> Wanted:
        """Return it checked. Raises Refused where the address is none."""
        if LOCAL.fullmatch(address):
            near = membership.model_copy(update={"near": True})
            passed = {
                name: value
                for name, value in environ.items()
                if name.startswith("WORKBENCH_") and name not in UNSHARED
            }
            return cls(address, near, passed)
        parts = urlsplit(address)
        if parts.scheme in SCHEMES and parts.netloc and parts.username is None:
            return cls(address, membership, {})
        raise Refused(
            say(
                "“{address}” is no cluster. Give local:2 for two workers on this machine, or a scheduler's address such as "
                "tcp://scheduler.example.com:8786.",
                address=re.sub(r"//[^/]*@", "//", address)[:200],
            )
        )


class Cluster:
    """The cluster of this workbench, where it has one."""

    def __init__(self, house: House, here: Here, crew: Crew, wanted: Wanted | None) -> None:
        self.house = house
        self._here = here
        self._crew = crew
        self._wanted = wanted
        self._link: Link | None = None
        self._opening = asyncio.Lock()
        self._jobs: SharedJobs | None = None
        self._waiting = 0
        self._missed: Sentence | None = None
        if wanted is not None:
            crew.share_with(self._share)

    @viewer
    async def state(self) -> ClusterState:
        """Return the cluster's workers, what each of them is at, and whether the scheduler answers. Without a cluster it is empty."""
        if self._wanted is None:
            return ClusterState()
        try:
            link = await self._joined()
        except WorkbenchError as error:
            return ClusterState(address=self._wanted.address, notice=error.sentence)
        return ClusterState(
            address=self._wanted.address,
            connected=link.connected,
            lost_at=link.lost_at,
            notice=self._missed if link.connected else _lost(link),
            workers=await self._as_seen([_worker(seen) for seen in link.seen]),
            waiting=self._waiting,
        )

    async def _as_seen(self, workers: Sequence[ClusterWorker]) -> tuple[ClusterWorker, ...]:
        """Return the workers without the jobs that the caller does not see."""
        if eyes().units is None:
            return tuple(workers)
        seen = {one.job.id for one in await self.house.ledger.jobs(JobFilter(live=True, limit=500))}
        return tuple(
            one.model_copy(update={"jobs": tuple(job for job in one.jobs if job.job_id in seen)})
            for one in workers
        )

    # -- the pieces of a work --------------------------------------------------------------------------------------------

    @property
    def workers(self) -> int:
        """How many processes do pieces at the same time."""
        if self._wanted is None:
            return 1
        local = LOCAL.fullmatch(self._wanted.address)
        seen = sum(seen.threads for seen in self._link.seen) if self._link else 0
        return seen or (int(local[1]) if local else UNKNOWN)

    async def each(self, pieces: Sequence[Piece]) -> AsyncIterator[Done]:
        """Give each piece once it is done, in whatever order they end; raises what a piece raised, and begins no other then."""
        if self._wanted is None:
            async for done in self._here.each(pieces):
                yield done
            return
        link = await self._joined()
        under_way: set[asyncio.Task[Done]] = set()
        left = iter(enumerate(pieces))
        open_pieces = len(pieces)
        self._waiting += open_pieces
        try:
            while True:
                while len(under_way) < 2 * self.workers and (one := next(left, None)) is not None:
                    under_way.add(asyncio.create_task(self._one(link, *one), name="piece"))
                if not under_way:
                    return
                ended, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    open_pieces, self._waiting = open_pieces - 1, self._waiting - 1
                    yield task.result()
        finally:
            self._waiting -= open_pieces
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _one(self, link: Link, place: int, piece: Piece) -> Done:
        errand = Errand(
            service=piece.service, method=piece.method, arguments=piece.arguments, person=self._who()
        )
        brought = await link.do(errand.model_dump_json())
        if brought.error:
            raise read_error(brought.error.encode())
        return Done(place=place, result=brought.result)

    def _who(self) -> Person | None:
        """Return who a piece is done for. On this machine that goes without saying, unless a server's caller asked for it."""
        assert self._wanted is not None, "only a cluster is told"
        return caller.get() or (None if self._wanted.membership.near else self.house.owner)

    # -- joining -----------------------------------------------------------------------------------------------------------

    async def join(self) -> None:
        """Join the cluster that was named, if one was. Raises Refused where the library is missing, Unreachable where nobody answers."""
        if self._wanted is not None:
            await self._joined()

    async def ready(self, count: int = 1) -> ClusterState:
        """Return how the cluster stands once so many workers can do pieces; those of this machine are waited for all together.

        Raises Refused with what keeps a worker from opening its workbench, where it is not only on its way.
        """
        assert self._wanted is not None, "there is a cluster to wait for"
        local = LOCAL.fullmatch(self._wanted.address)
        count = int(local[1]) if local else count
        while (state := await self.state()).ready < count:
            if state.notice is not None:
                raise Unreachable(state.notice)
            if lame := [worker.trouble for worker in state.workers if worker.trouble is not None]:
                raise Refused(lame[0])
            await self.house.clock.sleep(LOOK_S)
        return state

    async def help(self, *, near: bool) -> None:
        """Help from now on with the jobs that are shared. For the worker of a cluster."""
        await self._shared_jobs().forget_ended()
        await self._crew.help(self._running, near=near)

    async def close(self) -> None:
        """Let go of the cluster. Workers of this machine end; others go on with what is shared."""
        async with self._opening:
            link, self._link, self._wanted = self._link, None, None
            if link is not None:
                await link.close()

    async def _joined(self) -> Link:
        async with self._opening:
            if self._link is None:
                if self._wanted is None:  # it was closed while somebody waited
                    raise Unreachable(say("This workbench is closed."))
                link = _link(self._wanted)
                await link.open()
                self._link = link
            return self._link

    # -- jobs ----------------------------------------------------------------------------------------------------------------

    async def _share(self, job: Job) -> None:
        """Let the workers help with a job that begins here. Where they cannot, it is done here, and ``state`` says why."""
        if self._wanted is None or not (job.mode == "live" or job.kind in ANYWHERE):
            return
        self._missed = None
        try:
            await self._shared_jobs().share(job.id)
            await self._joined()
        except WorkbenchError as error:
            self._missed = error.sentence

    async def _running(self) -> Collection[str]:
        return await self._shared_jobs().running(self.house.mode)

    def _shared_jobs(self) -> SharedJobs:
        if self._jobs is None:
            from workbench.adapters.shared_jobs import SharedJobs

            self._jobs = SharedJobs(self.house.database)
        return self._jobs


def _link(wanted: Wanted) -> Link:
    """Return the connection, not open yet. Raises Refused where the library is not installed."""
    try:
        from workbench.adapters.cluster import Joining, Link, Local
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("dask", "distributed"):
            raise
        raise Refused(
            say(
                "Work on a cluster needs dask.distributed, which is not installed. Install it with: "
                "pip install “integration-workbench[cluster]”"
            )
        ) from None
    membership = wanted.membership
    name = f"workbench {membership.home} {'live' if membership.live else 'rehearsal'}"
    local = LOCAL.fullmatch(wanted.address)
    place = Local(int(local[1]), wanted.environ) if local else wanted.address
    return Link(place, Joining(name, ENTRY, membership.model_dump_json()))


def _worker(seen: Seen) -> ClusterWorker:
    told = Figures.model_validate_json(seen.figures) if seen.figures else Figures()
    return ClusterWorker(
        name=seen.name, address=seen.address, trouble=told.trouble, at_once=seen.threads, memory=seen.memory,
        cpu=seen.cpu, jobs=told.jobs, pieces_now=told.pieces_now, pieces_done=told.pieces_done,
        state="trouble" if told.trouble else "ready" if told.worker_id else "opening",
    )  # fmt: skip


def _lost(link: Link) -> Sentence:
    return say(
        "The cluster's scheduler at {address} does not answer any more. Nothing is lost: jobs go on here, pieces wait, and the "
        "workers go on once it is back. Start it again with “dask scheduler”.",
        address=link.address,
    )
