"""A scheduler that others run: found by its address, told what it needs, lost in the middle and back again. All of it in this process."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import dask
import distributed
import pytest

from tests.cluster.pieces import Pieces
from tests.cluster.room import PIECES, Room
from tests.loopback import quiet_port
from tests.sink import sink
from workbench import Workbench
from workbench.adapters import cluster as door
from workbench.adapters.shared_jobs import SharedJobs
from workbench.errors import NotFound, Refused, Unreachable
from workbench.models.cluster import ClusterState
from workbench.models.person import Person
from workbench.models.spread import Done, Piece
from workbench.services import cluster
from workbench.services.roles import caller

ENVIRON = {"WORKBENCH_KEYRING": "off"}
NO_PAGES = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}


@asynccontextmanager
async def running(port: int, workers: int = 1) -> AsyncIterator[None]:
    """Run a scheduler and workers as their commands would, but in this process."""
    async with AsyncExitStack() as stack:
        stack.enter_context(dask.config.set(NO_PAGES))
        scheduler = distributed.Scheduler(
            host="127.0.0.1", port=port, dashboard=False, dashboard_address="127.0.0.1:0"
        )
        await stack.enter_async_context(scheduler)
        for _ in range(workers):
            worker = distributed.Worker(scheduler.address, nthreads=1, memory_limit=0)
            await stack.enter_async_context(worker)
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that the workers find by their environment."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cluster, "ENTRY", PIECES)
    monkeypatch.setattr(door, "LOOK_S", 0.1)
    return tmp_path / "home"


def at(home: Path, port: int) -> Workbench:
    return Workbench.open(home, cluster=f"tcp://127.0.0.1:{port}", environ=ENVIRON)


async def all_of(bench: Workbench, *pieces: Piece) -> list[Done]:
    return sorted([done async for done in bench.cluster.each(pieces)], key=lambda done: done.place)


def piece(method: str, **arguments: object) -> Piece:
    return Piece(service="pieces", method=method, arguments=arguments)


async def seen(bench: Workbench, connected: bool) -> ClusterState:
    while (state := await bench.cluster.state()).connected != connected:
        await bench.house.clock.sleep(0.05)
    return state


async def told(*words: str) -> tuple[str, int]:
    """Return what a command says, and its exit code."""
    command = [sys.executable, "-m", "workbench", *words]
    environ = os.environ | {"WORKBENCH_KEYRING": "off"}
    process = await asyncio.create_subprocess_exec(
        *command, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return out.decode(), process.returncode


async def test_a_scheduler_that_is_lost_and_comes_back(home: Path, tmp_path: Path) -> None:
    port, log = quiet_port(), tmp_path / "log"
    async with AsyncExitStack() as first:
        await first.enter_async_context(running(port))
        async with at(home, port) as bench:
            assert [done.result for done in await all_of(bench, piece("pid"), piece("pid"))] == [
                os.getpid()
            ] * 2
            slow = piece("note", path=str(log), number=7, seconds=0.5)
            doing = asyncio.create_task(all_of(bench, slow, piece("pid")))
            while not log.exists():
                await bench.house.clock.sleep(0.02)
            await first.aclose()
            state = await seen(bench, connected=False)
            assert state.lost_at is not None
            assert str(port) in str(state.notice)
            assert "does not answer any more. Nothing is lost" in str(state.notice)
            assert state.waiting == 2
            async with running(port):
                assert [done.result for done in await doing] == [7, os.getpid()]
                state = await seen(bench, connected=True)
                assert (state.lost_at, state.notice, state.waiting) == (None, None, 0)


async def test_a_piece_is_done_for_the_person_who_asked(home: Path) -> None:
    port = quiet_port()
    async with running(port), at(home, port) as bench:
        owner = bench.house.owner
        [done] = await all_of(bench, piece("person"))
        assert done.result == f"{owner.name}, admin"
        caller.set(Person(name="Eve", role="operator"))
        [done] = await all_of(bench, piece("person"))
        assert done.result == "Eve, operator"


async def test_nobody_at_the_address(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "CONNECT_S", 0.5)
    with pytest.raises(Unreachable, match=r"No cluster answers at tcp://127\.0\.0\.1"):
        async with at(home, quiet_port()):
            pass


async def test_workers_of_another_workbench_do_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "another"))
    port = quiet_port()
    async with running(port), at(home, port) as bench:
        with pytest.raises(Refused, match="opens another workbench"):
            await all_of(bench, piece("pid"))
        [worker] = (await bench.cluster.state()).workers
        assert worker.state == "trouble"
        assert "Give it the same WORKBENCH_DATABASE" in str(worker.trouble)


async def test_workers_of_another_version_do_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.server.cluster_worker.package_version", lambda: "0.0.1")
    port = quiet_port()
    async with running(port), at(home, port) as bench:
        with pytest.raises(Refused, match=r"runs version 0\.0\.1 of the workbench"):
            await all_of(bench, piece("pid"))


async def test_pieces_may_be_let_go(home: Path, tmp_path: Path) -> None:
    port, log = quiet_port(), tmp_path / "log"
    async with running(port), at(home, port) as bench:
        pieces = [piece("note", path=str(log), number=n, seconds=0.01) for n in range(50)]
        each = bench.cluster.each(pieces)
        async for done in each:
            assert done.result == done.place
            break
        await each.aclose()  # type: ignore[attr-defined]
        assert (await bench.cluster.state()).waiting == 0
        assert log.read_text().count("begun") < 50
        with pytest.raises(NotFound, match="There is no path"):
            await all_of(bench, piece("lack", what="path"))


async def test_a_worker_that_leaves_brings_its_rows_to_their_end(home: Path) -> None:
    """Its rows are never sent twice, for it was not killed: it ends as dask ends a worker, which waits for it."""
    port = quiet_port()
    async with sink(lambda _, __: 0.3) as taking, AsyncExitStack() as stack:
        address = f"tcp://127.0.0.1:{port}"
        bench = await stack.enter_async_context(
            Workbench.open(home, live=True, allowed_hosts=[taking.host], cluster=None, environ=ENVIRON)
        )
        helping = Room(bench, taking, home)
        job = await helping.new_job(60, "never", at_once=4)
        async with running(port):
            beside = Workbench.open(
                home, live=True, allowed_hosts=[taking.host], cluster=address, environ=ENVIRON
            )
            async with beside:
                await beside.cluster.ready()
                await bench.house.ledger.change(job, "running", {"filling"})
                await SharedJobs(bench.house.database).share(job)
                await taking.reach(6)
        left = (await bench.work.job(job)).job.counts
        assert left.in_flight == left.uncertain == 0
        assert left.accepted == taking.count >= 6
        assert left.waiting == 60 - left.accepted


async def test_the_command_shows_the_workers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ENTRY", "workbench.server.cluster_worker")
    address = f"tcp://127.0.0.1:{(port := quiet_port())}"
    async with running(port):
        out, code = await told("cluster", "status", "--cluster", address, "--home", str(home))
    assert f"Cluster {address}: 1 of 1 workers are ready, 0 pieces wait." in out
    assert code == 0


async def test_the_pieces_of_these_tests_are_what_they_say() -> None:
    assert await Pieces().pid() == os.getpid()
