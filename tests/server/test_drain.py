"""SIGTERM to the real server process: ready says no first, hooks are still kept, what is under way is settled, then it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from tests.loopback import quiet_port
from tests.sink import TAKEN, Sink, sink
from workbench import Contact, Settings, Workbench
from workbench.models.gate import Gate, GateSettings
from workbench.models.hold import HoldFilter
from workbench.models.work import JobConfirmation, JobOptions, Progress

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sends signals")
ENVIRON = {"WORKBENCH_KEYRING": "off"}
TOKEN = "wbk_drain-token"
SILENT_S = 3_600.0
ROWS, AT_ONCE = 40, 4
HOOK = {
    "finishUri": "https://gate.example/1/finish",
    "itemDownloadUri": "https://gate.example/1/items",
    "sendoutName": "N",
}


@dataclass
class Served:
    """A server process with a job under way at a sink that does not answer yet."""

    process: Process
    http: httpx.AsyncClient
    taking: Sink
    job: str

    async def ready(self) -> tuple[int, str]:
        answer = await self.http.get("/ready")
        return answer.status_code, answer.text

    async def until_ready_says(self, wanted: int) -> None:
        """Return once the server answers, and says this."""
        async with asyncio.timeout(120):
            while True:
                assert self.process.returncode is None
                with contextlib.suppress(httpx.TransportError):
                    if (await self.ready())[0] == wanted:
                        return
                await asyncio.sleep(0.02)

    async def answer_all(self) -> None:
        """Let the sink answer what it was asked, and from now on at once."""
        self.taking.behave = None
        for connection in [*self.taking.open]:
            connection.write(TAKEN)

    async def ended(self) -> list[dict[str, object]]:
        """Return the lines of its log once it has ended."""
        async with asyncio.timeout(60):
            _, told = await self.process.communicate()
        return [json.loads(line) for line in told.decode().splitlines()]


async def prepared(home: Path, taking: Sink) -> str:
    """Make a home with a gate and a job that waits to be started; return its id."""
    async with Workbench.open(home, live=True, allowed_hosts=[taking.host], environ=ENVIRON) as bench:
        now = bench.house.clock.now()
        gate = Gate(id="gat_1", settings=GateSettings(name="G", key="main"), created_at=now, changed_at=now)
        bench.house.catalogue.update("gates", gate.id, lambda _: gate.model_dump(mode="json"))
        draft = await bench.integrations.start()
        settings = Settings(
            name="Sink", local_test=True, url=taking.url, payload='{"to": "${User Identifier}"}', total_s=60.0
        )
        saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
        job = (await bench.work.create(saved.id, JobOptions(at_once=AT_ONCE))).job
        people = [Contact(identifiers={"email": f"ana{number}@example.com"}) for number in range(ROWS)]
        await bench.work.add(job.id, people)
        return job.id


@asynccontextmanager
async def served(home: Path, notice: str = "") -> AsyncIterator[Served]:
    async with sink(lambda received, number: SILENT_S) as taking:
        job = await prepared(home, taking)
        port = quiet_port()
        people = {sha256(TOKEN.encode()).hexdigest(): {"name": "Ada", "role": "operator"}}
        environ = os.environ | ENVIRON | {
            "WORKBENCH_HOME": str(home), "WORKBENCH_PEOPLE": json.dumps(people), "WORKBENCH_LIVE": "1",
            "WORKBENCH_ALLOW": taking.host, "WORKBENCH_LOG": "info", "WORKBENCH_NOTICE": notice,
        }  # fmt: skip
        words = [
            "-m",
            "uvicorn",
            "--factory",
            "workbench.server:app_from_environment",
            "--port",
            str(port),
            "--log-level",
            "warning",
        ]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            "--no-access-log",
            "--timeout-graceful-shutdown",
            "3",
            env=environ,
            stderr=PIPE,
        )
        headers = {"Authorization": f"Bearer {TOKEN}"}
        try:
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60
            ) as http:
                found = Served(process, http, taking, job)
                await found.until_ready_says(200)
                confirmation = JobConfirmation(host="127.0.0.1", rows=ROWS)
                body = {"id": job, "confirmation": confirmation.model_dump()}
                started = await http.post("/api/work/start", json=body)
                assert started.status_code == 200, started.text
                await taking.reach(AT_ONCE)
                yield found
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()


async def left(home: Path, job: str) -> tuple[Progress, int]:
    """Return the job as it was left, and how many hooks were kept."""
    async with Workbench.open(home, live=True, environ=ENVIRON) as bench:
        return await bench.work.job(job), len(await bench.holds.holds(HoldFilter()))


async def test_it_ends_what_is_under_way_and_keeps_what_comes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with served(home) as one:
        one.process.send_signal(signal.SIGTERM)
        await one.until_ready_says(503)
        status, text = await one.ready()
        assert status == 503
        assert "about to stop" in text
        # what comes from platforms is kept, what people read is answered, and nothing new begins
        assert (await one.http.post("/gate/main", json=HOOK)).status_code == 202
        assert (await one.http.post("/api/work/jobs", json={})).status_code == 200
        refused = await one.http.post("/api/work/resume", json={"id": one.job})
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert "about to stop" in refused.text
        figures = (await one.http.get("/metrics")).text
        assert "workbench_draining 1.0" in figures
        assert (await one.http.get("/health")).status_code == 200
        assert one.taking.count == AT_ONCE, "no row was begun after the signal"
        await one.answer_all()
        lines = await one.ended()
        taken = one.taking.count
    progress, hooks = await left(home, one.job)
    assert progress.job.counts.in_flight == 0
    assert progress.job.counts.accepted == taken == AT_ONCE
    assert progress.job.counts.waiting == ROWS - AT_ONCE
    assert progress.job.state == "running", "the next process goes on with it"
    assert progress.workers == 0
    assert hooks == 1
    events = [line["event"] for line in lines]
    assert events.index("draining") < events.index("drained")
    begun = next(line for line in lines if line.get("route") == "/api/work/start")
    assert (begun["who"], begun["status"]) == ("Ada", 200)
    assert "ana0@example.com" not in json.dumps(lines)
    assert not [line for line in lines if line["level"] == "error"]


@pytest.mark.soak
async def test_a_second_signal_hurries_and_the_next_process_knows_what_was_under_way(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with served(home, notice="0.7") as one:
        one.process.send_signal(signal.SIGTERM)
        await one.until_ready_says(503)
        one.process.send_signal(signal.SIGTERM)  # the same request, to a whole group of processes
        assert (await one.ready())[0] == 503
        await asyncio.sleep(0.8)
        assert one.process.returncode is None, "what is under way is still waited for"
        one.process.send_signal(signal.SIGTERM)
        lines = await one.ended()
        assert "hurried" in [line["event"] for line in lines]
        assert "drained" not in [line["event"] for line in lines]
        async with Workbench.open(home, live=True, allowed_hosts=[one.taking.host], environ=ENVIRON) as bench:
            await bench.work.crew.take_over_the_dead()
            counts = (await bench.work.job(one.job)).job.counts
    assert counts.in_flight == 0
    assert counts.total == ROWS
    assert counts.accepted == 0
    assert counts.waiting == ROWS - AT_ONCE
