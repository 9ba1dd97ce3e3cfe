"""A cluster of real worker processes on one PostgreSQL, an endpoint that counts who comes, and jobs for them."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import sqlalchemy as sa

from tests.databases import own_schema
from tests.sink import Received, Sink, sink
from workbench import Contact, Settings, Workbench
from workbench.adapters.ledger_workers import jobs_of
from workbench.models.cluster import ClusterState
from workbench.models.work import JobOptions, Progress, Row, RowFilter

PIECES = "tests.cluster.pieces"


@dataclass
class Room:
    """The workbench that has the cluster, and what its messages come to."""

    bench: Workbench
    taking: Sink
    folder: Path
    made: int = field(default=0)

    async def new_job(self, rows: int, repeat: str = "always", at_once: int = 8) -> str:
        """Return a job that is filled, and begun by nobody."""
        integration = await self.integration()
        options = JobOptions(repeat=repeat, at_once=at_once)  # type: ignore[arg-type]
        job = (await self.bench.work.create(integration, options)).job
        contacts = [Contact(identifiers={"email": f"a{n}@example.com"}) for n in range(rows)]
        await self.bench.work.add(job.id, contacts)
        return job.id

    async def integration(self) -> str:
        """Return a new integration that sends to the endpoint."""
        self.made += 1
        settings = Settings(
            name=f"Job {self.made}", local_test=True, allow_several=True, url=self.taking.url,
            payload='{"to": "${User Identifier}", "note": "{{ note | default(0) }}"}', idempotency_header="Idempotency-Key",
        )  # fmt: skip
        draft = await self.bench.integrations.start()
        return (await self.bench.integrations.save(draft.model_copy(update={"settings": settings}))).id

    async def begin(self, job: str) -> None:
        """Let the job run, here and on the cluster."""
        await self.bench.house.ledger.change(job, "running", {"filling"})
        await self.bench.work.crew.start(job)

    async def ended(self, job: str) -> Progress:
        """Return the job once it has ended."""
        await self.bench.work.crew.wait(job)
        while (progress := await self.bench.work.job(job)).job.counts.open:  # others bring theirs to its end
            await self.bench.house.clock.sleep(0.05)
        return progress

    async def rows(self, job: str) -> list[Row]:
        """Return all rows of a job."""
        found: list[Row] = []
        while more := await self.bench.work.rows(
            job, RowFilter(limit=1000, after=found[-1].number if found else 0)
        ):
            found += more
        return found

    async def pids(self, job: str = "") -> dict[str, int]:
        """Return the processes that help, by their ids among the workers: of a job those that hold rows of it; this one is none of them."""
        house = self.bench.house
        others = [one for one in await house.ledger.workers() if one.pid != os.getpid() and _runs(one.pid)]
        if not job:
            return {one.id: one.pid for one in others}

        def holding(connection: sa.Connection) -> dict[str, int]:
            return {one.id: one.pid for one in others if job in jobs_of(connection, one.id)}

        return await house.database.read(holding)

    def worker_processes(self) -> list[psutil.Process]:
        """Return the processes of the workers, those that only begin too."""
        servers = [one for one in psutil.Process().children() if "forkserver" in " ".join(one.cmdline())]
        return [child for server in servers for child in server.children()]

    async def state(self, ready: int) -> ClusterState:
        """Return how the cluster stands once so many workers are ready."""
        while (state := await self.bench.cluster.state()).ready < ready:
            await self.bench.house.clock.sleep(0.1)
        return state

    async def kill_one(self, dice: random.Random, job: str = "") -> bool:
        """Kill a worker at once, one that holds rows of the job if one is named; False where there is none at the moment."""
        pids = await self.pids(job)
        if not pids:
            return False
        try:
            os.kill(dice.choice(sorted(pids.values())), signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def after_a_while(_: Received, __: int) -> bytes | float:
    """Take a message after a little while, so that there is always something under way."""
    return 0.03


@asynccontextmanager
async def room(folder: Path, server: str, workers: int) -> AsyncIterator[Room]:
    """Give a room for the length of a block."""
    permits = folder / "permits"
    permits.mkdir()
    environ = {"WORKBENCH_KEYRING": "off", "WORKBENCH_TEST_PERMITS": str(permits)}
    async with (
        sink(after_a_while) as taking,
        Workbench.open(
            folder / "home", live=True, allowed_hosts=[taking.host], database=own_schema(server),
            cluster=f"local:{workers}", environ=environ,
        ) as bench,
    ):  # fmt: skip
        yield Room(bench, taking, folder)
