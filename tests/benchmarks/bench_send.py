"""How fast a bulk job goes, whole, beside the usual senders: python -m tests.benchmarks.bench_send.

A loopback sink in a process of its own answers 200 with a little JSON; 64 requests are under way at once. The ways take turns, round by
round, and medians are told, as ratios within this run. "Whole" is what a job does: render, compose, send, read, redact, ledger and
journal, on the disk. "Without ledger" is the same without ledger and journal: the difference is what those two cost.

Newman and Bruno take part where npm can install them, their start left out; Newman's requests go one after the other, as it works. wrk
(Debian's) is the ceiling: it is written in C and keeps nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import aiohttp
import httpx

from tests.benchmarks import npm_tools
from tests.benchmarks.figures import sheet_of
from tests.loopback import listener
from workbench import Contact, Settings, Workbench
from workbench.models.work import Claimed, JobOptions
from workbench.services.runner import Answered
from workbench.services.sending import Sending

ROUNDS = int(os.environ.get("WORKBENCH_BENCH_ROUNDS", "3"))
ROWS = int(os.environ.get("WORKBENCH_BENCH_ROWS", "10000"))
HTTPX_ROWS = max(500, ROWS // 10)
SLOW_ROWS = max(100, ROWS // 20)
WRK_S = 4
AT_ONCE = 64
OURS = "ours, the whole job"
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

    async def aiohttp_session(self) -> float:
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


def pysendpulse_loop(url: str, folder: Path) -> float:
    """Return what the SDK of SendPulse sends a second, one after the other as its manual shows; it has a client of its own."""
    from pysendpulse import pysendpulse

    logging.disable(logging.CRITICAL)
    pysendpulse.PySendPulse._PySendPulse__api_url = url.rpartition("/")[0]  # no argument sets it
    client = pysendpulse.PySendPulse("id", "secret", "FILE", f"{folder}/")
    body = {"email": "ana@example.com", "text": "x" * 350}
    began = perf_counter()
    for _ in range(SLOW_ROWS):
        assert client.send_event("purchase", body)["result"] is True
    took = perf_counter() - began
    logging.disable(logging.NOTSET)
    return SLOW_ROWS / took


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
        ways: dict[str, Callable[[], Awaitable[float]]] = {
            OURS: made.whole,
            "without ledger and journal": made.without_ledger,
            "our lane alone": made.lane,
            "aiohttp, bare": made.aiohttp_session,
            "httpx.AsyncClient": made.httpx_client,
            "pysendpulse, a loop": lambda: asyncio.to_thread(pysendpulse_loop, url, folder),
            "Newman": lambda: asyncio.to_thread(npm_tools.newman, url, SLOW_ROWS),
            "Bruno CLI": lambda: asyncio.to_thread(npm_tools.bruno, url, SLOW_ROWS, parallel=False),
            "Bruno CLI, parallel": lambda: asyncio.to_thread(npm_tools.bruno, url, SLOW_ROWS, parallel=True),
            "wrk, which keeps nothing": lambda: asyncio.to_thread(npm_tools.wrk, url, AT_ONCE, WRK_S),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        missing: dict[str, str] = {}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                try:
                    if name not in missing:
                        rates[name].append(await way())
                except (npm_tools.Missing, ModuleNotFoundError) as why:
                    missing[name] = str(why)
    sheet = sheet_of(
        "send", f"A job of {ROWS:,} messages, {AT_ONCE} at once, to a sink on loopback", "messages/s",
        {name: rounds for name, rounds in rates.items() if name not in missing}, ours=OURS,
        ceilings=("aiohttp, bare", "wrk, which keeps nothing"), parts=("without ledger and journal", "our lane alone"),
    )  # fmt: skip
    for name, why in missing.items():
        sheet.leave_out(name, why)
    sheet.tell()
    found = {name: median(rounds) for name, rounds in rates.items() if rounds}
    print(
        f"ledger and journal cost {1 - found[OURS] / found['without ledger and journal']:.0%} of the run; "
        f"a row costs {made.cpu_us:.0f} us of processor time"
    )


if __name__ == "__main__":
    try:
        import uvloop
    except ImportError:  # Windows has none
        asyncio.run(main())
    else:
        uvloop.run(main())
