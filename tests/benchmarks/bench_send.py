"""How fast a bulk job goes, whole, beside the usual senders: python tests/benchmarks/bench_send.py.

A loopback sink in a process of its own answers 200 with a little JSON; 64 requests are under way at once. The ways take turns, round by
round, and medians are told, as ratios within this run. "Whole" is what a job does: render, compose, send, read, redact, ledger and
journal, on the disk. "Without ledger" is the same without ledger and journal: the difference is what those two cost.

``newman`` takes part where npm can install it; its requests go one after the other, as it works.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import aiohttp
import httpx

from tests.loopback import listener
from workbench import Contact, Settings, Workbench
from workbench.models.work import Claimed, JobOptions
from workbench.services.runner import Answered
from workbench.services.sending import Sending

ROUNDS = int(os.environ.get("WORKBENCH_BENCH_ROUNDS", "3"))
ROWS = int(os.environ.get("WORKBENCH_BENCH_ROWS", "10000"))
HTTPX_ROWS = max(500, ROWS // 10)
NEWMAN_ROWS = 300
AT_ONCE = 64
VARIABLES = {f"v{number}": f'São "Paulo" \\ {number}\n' for number in range(9)}
PAYLOAD = json.dumps(
    {
        "from": {"email": "news@example.com", "name": "Example Shop"},
        "to": "${User Identifier}",
        "subject": "{{ v0 }}",
        "content": "Hello {{ v1 }}, your cart is waiting",
        "data": {name: f"{{{{ {name} }}}}" for name in list(VARIABLES)[2:]},
    }
)


def contact(number: int) -> Contact:
    return Contact(identifiers={"email": f"ana{number}@example.com"}, variables=VARIABLES)


async def drive(rows: int, send: Callable[[int], Awaitable[object]]) -> None:
    """Call ``send`` for every row, 64 at once, never one task a row."""
    numbers = iter(range(rows))

    async def worker() -> None:
        for number in numbers:
            await send(number)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


class Bench:
    """One sink, one home, and the ways to send to it: each returns requests a second."""

    def __init__(self, url: str, bench: Workbench, integration: str) -> None:
        self.url = url
        self.bench = bench
        self.integration = integration
        self.body = b"x" * 400
        self.headers = {"Content-Type": "application/json", "Authorization": "Basic dTpw"}
        self.cpu_us = 0.0

    async def whole(self) -> float:
        work = self.bench.work
        job = (await work.create(self.integration, JobOptions(at_once=AT_ONCE))).job
        for start in range(0, ROWS, 1000):
            await work.add(job.id, [contact(number) for number in range(start, min(ROWS, start + 1000))])
        await self.bench.house.ledger.change(job.id, "running", {"filling"})
        began, cpu = perf_counter(), process_time()
        await work.crew.start(job.id)
        await work.crew.wait(job.id)
        took = perf_counter() - began
        self.cpu_us = (process_time() - cpu) / ROWS * 1e6
        end = (await work.job(job.id)).job
        assert end.counts.accepted == ROWS, end
        return ROWS / took

    async def without_ledger(self) -> float:
        job = (await self.bench.work.create(self.integration, JobOptions(at_once=AT_ONCE))).job
        sending = await Sending.open(self.bench.house, job)
        rows = [
            Claimed(n, f"{job.id}-{n}", 1, contact(n).model_dump_json(exclude_defaults=True))
            for n in range(ROWS)
        ]
        began = perf_counter()
        batches = iter(range(0, ROWS, AT_ONCE))
        ready: list[tuple[Claimed, Any]] = []
        answered: list[Answered] = []

        async def send(_: int) -> None:
            if not ready:
                batch = rows[(start := next(batches)) : start + AT_ONCE]
                ready.extend(zip(batch, await sending.prepare(batch), strict=True))
            answered.append(await sending.attempt(*ready.pop()))
            if len(answered) >= AT_ONCE:
                come = answered[:]
                answered.clear()
                for one in come:
                    sending.conclude(one)

        await drive(ROWS, send)
        took = perf_counter() - began
        await sending.close()
        return ROWS / took

    async def lane(self) -> float:
        job = (await self.bench.work.create(self.integration)).job
        sending = await Sending.open(self.bench.house, job)
        request, _ = sending._line.request(contact(1).model_dump_json(exclude_defaults=True), "k", None)
        began = perf_counter()
        await drive(ROWS, lambda _: sending._send(request))
        took = perf_counter() - began
        await sending.close()
        return ROWS / took

    async def bare_transport(self) -> float:
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        ) as session:

            async def send(_: int) -> None:
                async with session.post(self.url, data=self.body, headers=self.headers) as answer:
                    await answer.read()

            began = perf_counter()
            await drive(ROWS, send)
            return ROWS / (perf_counter() - began)

    async def httpx_client(self) -> float:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=AT_ONCE)) as client:
            began = perf_counter()
            await drive(HTTPX_ROWS, lambda _: client.post(self.url, content=self.body, headers=self.headers))
            return HTTPX_ROWS / (perf_counter() - began)


def newman(url: str, folder: Path) -> float | None:
    """Return Newman's requests a second; None where npm or node are missing, or npm cannot get it."""
    npm = shutil.which("npm")
    if npm is None or os.environ.get("WORKBENCH_BENCH_NEWMAN") == "0":
        return None
    installed = folder / "node_modules" / ".bin" / "newman"
    try:
        if not installed.exists():
            subprocess.run(
                [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), "newman@6.2.2"],
                check=True, capture_output=True, timeout=300,
            )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    collection = {
        "info": {"name": "bench", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
        "item": [{"name": "send", "request": {
            "method": "POST", "url": url, "header": [{"key": "Content-Type", "value": "application/json"}],
            "body": {"mode": "raw", "raw": "x" * 400},
        }}],
    }  # fmt: skip
    (folder / "collection.json").write_text(json.dumps(collection))
    took = []
    for rows in (
        1,
        NEWMAN_ROWS + 1,
    ):  # the start of Node is left out: the difference is what the requests took
        began = perf_counter()
        subprocess.run(
            [str(installed), "run", str(folder / "collection.json"), "-n", str(rows), "--silent"],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        took.append(perf_counter() - began)
    return NEWMAN_ROWS / (took[1] - took[0])


@contextlib.asynccontextmanager
async def sinking() -> AsyncIterator[str]:
    """Start the sink as a process of its own."""
    with listener() as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.sink_process", str(port), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield f"http://127.0.0.1:{port}/send"
    finally:
        process.terminate()
        await process.wait()


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="wb-bench") as folder:
        async with sinking() as url:
            await measure(url, Path(folder))


async def measure(url: str, folder: Path) -> None:
    host = url.split("/")[2]
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(folder / "home", live=True, allowed_hosts=[host], environ=environ) as bench:
        secret = bench.house.vault.seal_text("a-secret-that-is-redacted-71")
        settings = Settings(
            name="Bench", url=url, local_test=True, payload=PAYLOAD, credential_kind="basic",
            credential={"username": "u", "password": secret.model_dump()},
        )  # fmt: skip
        draft = await bench.integrations.start()
        saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
        made = Bench(url, bench, saved.id)
        ways = (made.whole, made.without_ledger, made.lane, made.bare_transport, made.httpx_client)
        rates: dict[str, list[float]] = {way.__name__: [] for way in ways}
        for _ in range(ROUNDS):
            for way in ways:
                rates[way.__name__].append(await way())
    found = {name: median(rounds) for name, rounds in rates.items()}
    whole = found["whole"]
    print(f"{'way':16} {'requests/s':>12} {'whole job is':>16}")
    for name, rate in found.items():
        print(
            f"{name:16} {rate:12,.0f} {whole / rate:14.2f} x   ({', '.join(f'{one:,.0f}' for one in rates[name])})"
        )
    if (postman := newman(url, folder)) is not None:
        print(f"{'newman':16} {postman:12,.0f} {whole / postman:14.2f} x")
    else:
        print("newman           not measured: npm is missing, or could not install it")
    print(
        f"ledger and journal cost {1 - whole / found['without_ledger']:.0%} of the run; a row costs {made.cpu_us:.0f} us of processor time"
    )
    print(f"goals: 20 x httpx (now {whole / found['httpx_client']:.1f}), a third of the bare transport (now "
          f"{whole / found['bare_transport']:.2f}), 40 x newman, ledger and journal below 33 %")  # fmt: skip


if __name__ == "__main__":
    try:
        import uvloop
    except ImportError:  # Windows has none
        asyncio.run(main())
    else:
        uvloop.run(main())
