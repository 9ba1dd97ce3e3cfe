"""What grows with the rows, and what does not: python -m tests.benchmarks.bench_growth [thousands of rows at the most].

From ten thousand rows to ten million, ten times as many at each step, each step in a process of its own: the rate should stay what it is,
and where rows are streamed the memory too. Told is the rate, as a ratio to that of the smallest step of the same run, and the most memory.

- decide: contacts of a sendout decided, from file to verdict; beside ours duckdb and polars, which hold more the more there are.
- read: a table read row by row, as runs read it.
- simulate: held contacts played, draws included (they are held: 10 million take some hundred MB).
- ledger: rows added to a job and claimed, a thousand at a time, on the disk; up to a million, for the disk's sake.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

from tests.benchmarks import bench_gate_decide
from tests.benchmarks.figures import Role, Sheet

ROUNDS = 3
FIRST, MOST = 10_000, 10_000_000
MOST_IN_LEDGER = 1_000_000
BATCH = 1_000


def decide(way: str) -> Callable[[Path, int], float]:
    def measured(folder: Path, rows: int) -> float:
        path = folder / f"items {rows}.ndjson"
        if not path.exists():
            bench_gate_decide.write(path, rows)
        run = bench_gate_decide.WAYS[way](path, rows, True)
        began = perf_counter()
        assert run().total() == rows
        return perf_counter() - began

    return measured


def read(folder: Path, rows: int) -> float:
    from workbench.adapters.home import open_home
    from workbench.adapters.tables import Tables
    from workbench.adapters.vault import Vault

    path = folder / f"table {rows}.csv"
    if not path.exists():
        with path.open("w") as file:
            file.write("email,name,city\n")
            file.writelines(f'ana{n}@example.com,"Ana, {n}",Lisboa\n' for n in range(rows))
    tables = Tables(open_home(folder / f"home {rows}"), Vault.in_memory())
    table = asyncio.run(tables.place(path))
    began = process_time()
    assert sum(1 for _ in tables.rows(table.id)) == rows
    return process_time() - began


def simulate(_: Path, rows: int) -> float:
    from tests.benchmarks.bench_gate_simulate import SENDOUT
    from workbench.engine.simulation import simulate

    began = process_time()
    simulate(SENDOUT.model_copy(update={"size": rows}))
    return process_time() - began


def ledger(folder: Path, rows: int) -> float:
    return asyncio.run(_ledger(folder / f"ledger {rows}", rows))


async def _ledger(folder: Path, rows: int) -> float:
    from workbench import Settings, Workbench
    from workbench.models.work import Settled, Worker

    async with Workbench.open(folder, environ={"WORKBENCH_KEYRING": "off"}) as bench:
        draft = await bench.integrations.start()
        settings = Settings(
            name="Grown", url="https://grown.example/send", payload='{"to": "${User Identifier}"}'
        )
        saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
        job = (await bench.work.create(saved.id)).job.id
        kept = bench.house.ledger
        await kept.join(Worker("wrk_growth", "here", 1, 1.0))
        began = perf_counter()
        for first in range(0, rows, BATCH):
            await kept.add(job, [json.dumps({"n": n}) for n in range(first, first + BATCH)])
        await kept.change(job, "running", {"filling"})
        ended: list[Settled] = []
        while claimed := await kept.turn("wrk_growth", job, ended, BATCH):
            ended = [Settled(row.number, "accepted") for row in claimed]
        took = perf_counter() - began
        assert (await kept.job(job)).job.counts.accepted == rows
        return took


TOPICS: dict[str, tuple[Callable[[Path, int], float], int]] = {
    "contacts decided": (decide("ours"), MOST),
    "contacts decided by duckdb": (decide("duckdb"), MOST),
    "contacts decided by polars, streaming": (decide("polars, streaming"), MOST),
    "rows of a table read": (read, MOST),
    "contacts simulated": (simulate, MOST),
    "rows added, claimed and settled in the ledger": (ledger, MOST_IN_LEDGER),
}


def measure(topic: str, folder: Path, rows: int) -> None:
    """Tell on standard output what so many rows took, in this process."""
    took = TOPICS[topic][0](folder, rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rate": rows / took, "mb": peak}))


def told(topic: str, folder: Path, rows: int) -> dict[str, float]:
    words = [sys.executable, "-m", "tests.benchmarks.bench_growth", topic, str(folder), str(rows)]
    done: dict[str, float] = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)
    return done


def main(most: int) -> None:
    with tempfile.TemporaryDirectory(prefix="wb-bench") as folder:
        for topic, (_, limit) in TOPICS.items():
            steps = [rows for rows in (FIRST, FIRST * 10, FIRST * 100, FIRST * 1000) if rows <= min(most, limit)]  # fmt: skip
            sheet = Sheet("growth", f"Growth: {topic}", "rows/s")
            for rows in steps:
                rounds = ROUNDS if rows <= 100_000 else 1  # larger ones take long enough to be steady
                found = [told(topic, Path(folder), rows) for _ in range(1 if "ledger" in topic else rounds)]
                memory = f"{max(one['mb'] for one in found):,.0f} MB"
                role: Role = "ours" if rows == steps[-1] else "step"
                sheet.add(f"{rows:,} rows", [one["rate"] for one in found], role, memory)
            sheet.tell()


if __name__ == "__main__":
    if len(sys.argv) == 4:
        measure(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) * 1000 if len(sys.argv) > 1 else MOST)
