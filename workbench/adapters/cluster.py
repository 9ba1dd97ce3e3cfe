"""CLUSTER: the door to dask.distributed: a scheduler on this machine or another, and the workers that have joined it.

What travels is plain JSON: which piece to do, and what came of it. Each worker opens a workbench of its own, on a thread of its own
(the plugin below), and gets it again when it is started anew: the scheduler gives the plugin to whoever joins.
See https://distributed.dask.org/en/stable/plugins.html#worker-plugins.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Final, Protocol, cast
from uuid import uuid4

import dask
import distributed
from distributed.scheduler import KilledWorker

from workbench.errors import Refused, Unreachable
from workbench.models.cluster import Brought, Figures
from workbench.sentence import Sentence, say

LOOK_S: Final = 1.0
"""How often the scheduler is asked how its workers stand."""
CONNECT_S: Final = 10.0
PART_S: Final = 40.0
"""So long the workers of this machine have to bring what is under way to its end, before they are ended."""
GONE_S: Final = 30.0
"""After so long without a word a worker of this machine is begun anew; one that was killed is back by itself long before."""
TRIES: Final = 10
"""So many workers may die with the same piece before it counts as the piece's fault."""
QUIET: Final = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.gil.enabled": False,
}
"""A cluster of this machine serves no page, and nobody profiles it."""
LOGGERS: Final = ("distributed", "distributed.nanny", "distributed.worker", "distributed.scheduler")

Lost = OSError
"""What is raised where the scheduler does not answer: a closed connection, a refused one, and a time that is over are all of this kind."""


class Member(Protocol):
    """What does the pieces in a worker's process: a workbench of its own."""

    async def do(self, errand: str) -> str:
        """Return what came of a piece (``Brought`` as JSON)."""
        ...

    def figures(self) -> str:
        """Return what it tells of itself (``Figures`` as JSON), at once."""
        ...

    def close(self) -> None:
        """Bring what is under way to its end; return when it has."""
        ...


class Joining(distributed.WorkerPlugin):
    """What a worker is given when it joins: the name of the module that makes its ``Member``, and what that has to know."""

    def __init__(self, name: str, entry: str, membership: str) -> None:
        self.name = name
        self.entry = entry
        self._membership = membership
        self._member: Member | None = None

    def __reduce__(self) -> tuple[type[Joining], tuple[str, str, str]]:
        return Joining, (self.name, self.entry, self._membership)

    async def setup(self, worker: distributed.Worker) -> None:
        """Begin to open the workbench; it says itself when it has, or why it cannot."""
        module = await asyncio.to_thread(import_module, self.entry)
        self._member = cast(Member, module.join(self._membership))
        worker.metrics[self.name] = self._told

    async def teardown(self, worker: distributed.Worker) -> None:
        """Close the workbench; what it held of jobs goes on elsewhere."""
        worker.metrics.pop(self.name, None)
        if self._member is not None:
            await asyncio.to_thread(self._member.close)

    async def do(self, errand: str) -> str:
        """Return what came of a piece."""
        if self._member is None:
            return _NOT_YET
        return await self._member.do(errand)

    def _told(self, worker: distributed.Worker) -> str:
        return "" if self._member is None else self._member.figures()


_NOT_YET = Brought(not_here=say("This worker has not opened its workbench yet.")).model_dump_json()


async def _do(name: str, errand: str) -> str:
    """Do a piece in a worker's process: the task that travels."""
    plugin = distributed.get_worker().plugins.get(name)
    return await plugin.do(errand) if isinstance(plugin, Joining) else _NOT_YET


@dataclass(frozen=True, slots=True)
class Seen:
    """One worker as the scheduler sees it; ``figures`` is what it tells of itself, empty before it does."""

    name: str
    address: str
    threads: int
    memory: int
    cpu: float
    figures: str


@dataclass(frozen=True, slots=True)
class Local:
    """A cluster that is started here: how many workers, and what their environment has beside this process's."""

    workers: int
    environ: Mapping[str, str]


class Link:
    """The connection to one cluster, on the event loop that opened it. It is made anew for as long as it is lost."""

    def __init__(self, place: str | Local, plugin: Joining) -> None:
        self._place = place
        self._plugin = plugin
        self._cluster: Any = None  # distributed's own classes are typed in part only
        self._client: Any = None
        self._scheduler_id = ""
        self._keeper: asyncio.Task[None] | None = None
        self._linked = asyncio.Event()
        self.lost_at: datetime | None = None
        self.seen: tuple[Seen, ...] = ()
        self._away: dict[Any, float] = {}

    @property
    def connected(self) -> bool:
        """Whether the scheduler answered lately."""
        return self._linked.is_set()

    async def open(self) -> None:
        """Connect, and let the workers join. Raises Unreachable where nobody answers."""
        if isinstance(self._place, Local):
            await self._start(self._place)
        try:
            await self._connect()
            await self._look()
        except (Lost, ImportError) as why:
            await self.close()
            raise Unreachable(
                say(
                    "No cluster answers at {address}. Start its scheduler with “dask scheduler”, or correct the address.",
                    address=self.address,
                )
            ) from why
        except BaseException:
            await self.close()
            raise
        self._keeper = asyncio.create_task(self._keep(), name="cluster")

    @property
    def address(self) -> str:
        """Where the scheduler is."""
        if isinstance(self._place, str):
            return self._place
        return "" if self._cluster is None else str(self._cluster.scheduler_address)

    async def do(self, errand: str) -> Brought:
        """Return what came of a piece, whoever of the workers did it. One whose worker or scheduler is lost is given to another."""
        killed = 0
        while True:
            client = await self._ready()
            try:
                future = client.submit(
                    _do, self._plugin.name, errand, key=f"workbench-{uuid4().hex}", pure=False
                )
            except Exception:
                if client.status == "running":
                    raise
                continue  # it was lost in this very moment
            try:
                why = await future.exception()  # it waits; what was cancelled is told too, and nothing raised
                if future.status == "finished":
                    brought = Brought.model_validate_json(await future.result())
                    if brought.not_here is None:
                        return brought
                    self._check_any()
                    await asyncio.sleep(LOOK_S / 4)
                elif future.status == "error":
                    killed = self._failed(why, killed)
                else:  # the scheduler is gone, and with it what it knew of this piece
                    self._lose()
            finally:
                with contextlib.suppress(Lost):
                    future.release()

    def _failed(self, why: BaseException | None, killed: int) -> int:
        """Return how many workers have died with the piece; raise what the piece itself raised."""
        if isinstance(why, KilledWorker) and killed < TRIES:
            return killed + 1
        if isinstance(why, KilledWorker):
            raise Refused(
                say(
                    "{count} workers of the cluster died while they did the same piece of work, perhaps for want of memory. "
                    "Give the workers more memory, then begin again.",
                    count=killed,
                )
            ) from why
        if isinstance(why, ImportError):
            raise Refused(
                say(
                    "A worker of the cluster has no workbench installed. Install the same version on every worker."
                )
            ) from why
        assert why is not None, "a task that failed has its error"
        raise why

    def _check_any(self) -> None:
        """Raise what keeps the workers from opening their workbench, if it keeps all of them."""
        found = [trouble_of(seen) for seen in self.seen]
        if found and (trouble := found[0]) is not None and all(found):
            raise Refused(trouble)

    async def close(self) -> None:
        """Let go of the connection. The workers of a cluster that was started here end."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._linked.clear()
        if self._client is not None:
            with contextlib.suppress(Lost):
                if self._cluster is not None:  # dask would give its workers two seconds
                    await asyncio.wait_for(self._client.unregister_worker_plugin(self._plugin.name), PART_S)
                await self._client.close()
        if self._cluster is not None:
            await self._cluster.close()
        self._client = self._cluster = None

    # ------------------------------------------------------------------------------------------------------------------

    async def _start(self, local: Local) -> None:
        """Start scheduler and workers on this machine: on loopback, for this process alone (TLS with a key of its own)."""
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what is lost is said by ``state``
        _fork_from_a_server(self._plugin.entry)
        with dask.config.set(QUIET):
            made: Any = distributed.LocalCluster
            self._cluster = await made(
                n_workers=local.workers, threads_per_worker=1, processes=True, host="127.0.0.1", security=True,
                scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"}, dashboard_address=None,
                memory_limit=0, env=dict(local.environ), silence_logs=logging.CRITICAL, asynchronous=True,
            )  # fmt: skip

    async def _connect(self) -> None:
        place = self._cluster if self._cluster is not None else self.address
        made: Any = distributed.Client
        self._client = await made(place, asynchronous=True, timeout=CONNECT_S, set_as_default=False)

    async def _ready(self) -> Any:
        """Return the connection once there is one."""
        while True:
            await self._linked.wait()
            if self._client is not None and self._client.status == "running":
                return self._client
            self._lose()

    def _lose(self) -> None:
        """Note that the scheduler does not answer."""
        self._linked.clear()
        self.seen = ()
        self.lost_at = self.lost_at or datetime.now(UTC)

    async def _keep(self) -> None:
        """Look how the workers stand, and connect again when the connection is lost."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                if self._client is None or self._client.status == "closed":
                    await self._connect()
                await self._look()
            except Lost:
                self._lose()
            else:
                await self._bring_back()

    async def _bring_back(self) -> None:
        """Begin workers of this machine anew that are gone for good: dask gives up one that was killed while it began."""
        if not isinstance(self._place, Local):
            return
        now, here, keepers = time.monotonic(), {one.name for one in self.seen}, self._cluster.workers
        self._away = {name: self._away.get(name, now) for name in keepers if str(name) not in here}
        late = [name for name, since in self._away.items() if now - since > GONE_S]
        gone = [keepers.pop(name) for name in late]
        for name in late:
            del self._away[name]  # the one that comes in its place has as much time
        closing = (asyncio.wait_for(keeper.close(), CONNECT_S) for keeper in gone)
        await asyncio.gather(*closing, return_exceptions=True)  # it may have failed half-way already
        if len(keepers) < self._place.workers:
            self._cluster.scale(self._place.workers)

    async def _look(self) -> None:
        """Ask the scheduler how its workers stand. A new one is given what lets workers join."""
        client = self._client
        if client is None or client.status != "running" or client.scheduler is None:
            raise OSError("not connected")
        async with asyncio.timeout(CONNECT_S):
            found: dict[str, Any] = await client.scheduler.identity(n_workers=-1)
            if found["id"] != self._scheduler_id:
                await client.register_plugin(self._plugin, name=self._plugin.name)
                self._scheduler_id = found["id"]
        self.seen = tuple(
            Seen(
                name=str(one["name"]), address=address, threads=one["nthreads"], memory=one["metrics"].get("memory", 0),
                cpu=one["metrics"].get("cpu", 0.0), figures=one["metrics"].get(self._plugin.name) or "",
            )
            for address, one in found["workers"].items()
        )  # fmt: skip
        self.lost_at = None
        self._linked.set()


def _fork_from_a_server(entry: str) -> None:
    """Let this process's workers be forks of a server that has loaded ``entry`` and what it needs: each begins in a part of the time.

    Where systems have no such server (Windows) each loads it by itself. dask's own way would load all it knows here too, such as pandas.
    """
    if "forkserver" in multiprocessing.get_all_start_methods():
        multiprocessing.get_context("forkserver").set_forkserver_preload(["distributed.nanny", entry])
        setattr(distributed.utils, "_forkserver_preload_set", True)  # noqa: B010 - it is theirs
        dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})


def trouble_of(seen: Seen) -> Sentence | None:
    """Return why a worker cannot open its workbench, if it said so."""
    return Figures.model_validate_json(seen.figures).trouble if seen.figures else None
