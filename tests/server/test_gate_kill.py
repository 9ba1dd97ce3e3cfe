"""The server process is killed while hooks come in: every hook that was acknowledged is on the disk, and none of them twice."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loopback import listener
from workbench import Workbench
from workbench.adapters.holds import Holds
from workbench.models.gate import Gate, GateSettings
from workbench.models.hold import HoldFilter

ENVIRON = {"WORKBENCH_KEYRING": "off"}
KILLS = 5


def a_hook(number: int) -> bytes:
    base = f"https://gate.example/rest/1/s-{number:06}"
    return json.dumps(
        {"finishUri": f"{base}/finish", "itemDownloadUri": f"{base}/items", "sendoutName": f"{number}"}
    ).encode()


async def posted(port: int, body: bytes) -> bool:
    """Return whether a hook was acknowledged; a server that is gone acknowledges nothing."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /gate/main HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.read()
        writer.close()
    except OSError:
        return False
    return answer.startswith(b"HTTP/1.1 202 ")


def started(port: int, home: Path) -> subprocess.Popen[bytes]:
    """Start the server process of this home."""
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "workbench.server:app_from_environment",
        "--port",
        str(port),
    ]
    environ = {**os.environ, **ENVIRON, "WORKBENCH_HOME": str(home)}
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)


async def until_it_answers(port: int) -> None:
    async with asyncio.timeout(120):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


@pytest.mark.soak
async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as bench:
        now = bench.house.clock.now()
        gate = Gate(id="gat_1", settings=GateSettings(name="G", key="main"), created_at=now, changed_at=now)
        bench.house.catalogue.update("gates", gate.id, lambda _: gate.model_dump(mode="json"))
    free = listener()
    port = free.getsockname()[1]
    free.close()
    chance = random.Random(4)
    acknowledged: set[int] = set()
    sent = 0
    for _ in range(KILLS):
        server = started(port, tmp_path / "home")
        try:
            await until_it_answers(port)
            numbers = range(sent, sent + 200)
            sent += 200
            posting = [asyncio.create_task(posted(port, a_hook(number))) for number in numbers]
            target = chance.randrange(1, 150)
            for one in itertools.islice(asyncio.as_completed(posting), target):
                await one
        finally:
            server.kill()
            server.wait()
        taken = await asyncio.gather(*posting)
        acknowledged |= {number for number, yes in zip(numbers, taken, strict=True) if yes}
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as bench:
        holds = Holds(bench.house.journal.database)
        kept = [
            hold.sendout_name for wanted in (HoldFilter(limit=500),) for hold in await holds.holds(wanted)
        ]
        assert len(kept) == len(set(kept))
        page = {int(name) for name in kept}
        for number in (
            acknowledged - page
        ):  # beyond the page of five hundred: the hook is known when it comes again
            receipt = await bench.receiving.http("main", (), a_hook(number), "::1")
            assert receipt.duplicate, number
    assert acknowledged
