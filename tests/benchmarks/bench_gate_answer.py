"""How fast a hold is answered, whole, beside a bare client: python -m tests.benchmarks.bench_gate_answer.

A loopback sink in a process of its own takes 10,000 rejects and the finish; 64 calls are under way at once. "Whole" is what the answering
job does from its rows on the disk to the finish: unseal, call, read, judge, ledger and journal. The bare client posts the same requests
with the same transport and keeps nothing. The ways take turns, round by round, and medians are told, as ratios within this run.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import aiohttp

from tests.benchmarks.bench_send import drive, sinking
from tests.benchmarks.figures import sheet_of
from tests.gate_platform import GatePlatform
from tests.gate_room import Room, room
from workbench.adapters.clock import new_id
from workbench.models.gate import PLATFORM, AnswerOptions
from workbench.models.request import Request
from workbench.services.calls import fill, job_for

ROUNDS = int(os.environ.get("WORKBENCH_BENCH_ROUNDS", "3"))
ROWS = int(os.environ.get("WORKBENCH_BENCH_ROWS", "10000"))
AT_ONCE = 64


async def bare(made: Room, uris: list[str]) -> float:
    """Return the calls a second of the wire alone."""
    wire = made.gates.house.wire.bulk(AT_ONCE)
    requests = [Request(method="POST", url=uri, headers=(), provider=PLATFORM) for uri in uris]
    began = perf_counter()
    await drive(len(requests), lambda number: wire.send(requests[number]))
    took = perf_counter() - began
    await wire.close()
    return len(requests) / took


async def bare_transport(uris: list[str]) -> float:
    """Return the calls a second of the library under the wire, used as its page says."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def send(number: int) -> None:
            async with session.post(uris[number]) as answer:
                await answer.read()

        began = perf_counter()
        await drive(len(uris), send)
        return len(uris) / (perf_counter() - began)


async def whole(made: Room, hold_id: str) -> tuple[float, float]:
    """Return the calls a second of the answering job, and of filling it: each time a new job of the same hold."""
    gates, house = made.gates, made.gates.house
    hold = await gates.holds.change(hold_id, "answering", {"held_back", "answering"}, job_id=new_id("job"))
    opened = await gates.opened(hold_id)
    assert hold.job_id is not None
    job = job_for(gates, hold, made.gate.settings, hold.job_id, "bench")
    began = perf_counter()
    filled = await fill(gates, hold, opened, made.gate.settings, job)
    filling = perf_counter() - began
    assert (filled.cancels, filled.finishes) == (ROWS, True)
    await house.ledger.change(job.id, "running", {"filling"})
    began = perf_counter()
    await made.crew.start(job.id)
    await made.crew.wait(job.id)
    took = perf_counter() - began
    end = (await house.ledger.job(job.id)).job
    assert end.counts.accepted == ROWS + 1, end
    return (ROWS + 1) / took, ROWS / filling


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="wb-bench") as folder:
        async with sinking() as url:
            host = url.split("/")[2]
            platform = GatePlatform.of(ROWS, rejected=range(1, ROWS + 1), base=f"http://{host}")
            options = AnswerOptions(at_once=AT_ONCE)
            async with room(Path(folder) / "home", platform, live=[host], answering=options) as made:
                await measure(made, platform)


async def measure(made: Room, platform: GatePlatform) -> None:
    id = await made.receive()
    await decided(made, platform, id)
    uris = [platform.cancel_uri(contact) for contact, _ in platform.people]
    rates: dict[str, list[float]] = {"whole": [], "filling": [], "wire": [], "bare transport": []}
    for _ in range(ROUNDS):
        job, filling = await whole(made, id)
        rates["whole"].append(job)
        rates["filling"].append(filling)
        rates["wire"].append(await bare(made, uris))
        rates["bare transport"].append(await bare_transport(uris))
    found = {name: median(rounds) for name, rounds in rates.items()}
    sheet_of(
        "gate_answer", f"A hold answered: {ROWS:,} rejects and the finish, 64 calls at once", "calls/s", rates, ours="whole",
        ceilings=("wire", "bare transport"), parts=("filling",),
    ).tell()  # fmt: skip
    print(f"making the rows ready took {ROWS / found['filling']:.1f} s before")


async def decided(made: Room, platform: GatePlatform, id: str) -> None:
    """Decide the hold without its file: the sink has none."""
    from workbench.engine.item_rows import Item
    from workbench.services.deciding import Deciding

    hold = await made.gates.holds.hold(id)
    hook, key = await made.gates.opened(id)
    deciding = Deciding(made.gates, hold, hook, key, made.gate.settings)
    items = [
        (number, Item(id=contact, cancel_uri=platform.cancel_uri(contact), properties=known))
        for number, (contact, known) in enumerate(platform.people, 1)
    ]
    await deciding.take_items(items)
    tally = await made.gates.holds.tally(id)
    await made.gates.holds.change(id, "held_back", {"received"}, tally=tally)


if __name__ == "__main__":
    try:
        import uvloop
    except ImportError:  # Windows has none
        asyncio.run(main())
    else:
        uvloop.run(main())
