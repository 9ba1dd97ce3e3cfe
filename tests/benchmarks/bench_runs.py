"""How fast a table is looked through before its first row goes: python -m tests.benchmarks.bench_runs.

- A plain walk over the same file with the standard library's reader, which looks at nothing.
- The whole preflight: streamed from the disk, consent and the guard asked, what was found kept; one row in a hundred is bad.
"""

from __future__ import annotations

import asyncio
import csv
import os
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from workbench import Settings, Workbench
from workbench.models.event import EVENT_PAYLOAD, Event, EventVariable
from workbench.models.run import Mapped, RunPlan

ROWS = int(os.environ.get("WORKBENCH_BENCH_RUN_ROWS", "100000"))
VARIABLES = (
    EventVariable(name="n", type="number", required=True),
    EventVariable(name="price", type="number"),
    EventVariable(name="first_name"),
)
MAPPING = tuple(Mapped(target=name, column=name) for name in ("email", "n", "price", "first_name"))


def table_in(folder: Path) -> Path:
    path = folder / "people.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("email,n,price,first_name\n")
        file.writelines(
            f"ana{n}@example.com,{n if n % 100 else 'bad'},12.50,Ana {n}\n" for n in range(1, ROWS + 1)
        )
    return path


def told(what: str, began: tuple[float, float]) -> None:
    wall, cpu = perf_counter() - began[0], process_time() - began[1]
    print(f"{what}: {ROWS / wall:,.0f} rows/s ({ROWS / cpu:,.0f} by the processor's time)", flush=True)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = table_in(Path(folder))
        began = perf_counter(), process_time()
        with path.open(encoding="utf-8", newline="") as file:
            count = sum(1 for _ in csv.reader(file))
        assert count == ROWS + 1
        told("the standard library's reader", began)
        async with Workbench.open(Path(folder) / "home", environ={"WORKBENCH_KEYRING": "off"}) as bench:
            draft = await bench.integrations.start()
            settings = Settings(
                name="Events", channel="event", url="https://events.example.com/x", payload=EVENT_PAYLOAD
            )
            saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
            event = await bench.events.save(
                Event(name="bought", integration_id=saved.id, variables=VARIABLES)
            )
            table = await bench.runs.place(path)
            plan = RunPlan(event_id=event.id, table_id=table.id, mapping=MAPPING, on_bad="skip")
            for guard in (False, True):
                run = await bench.runs.plan(plan.model_copy(update={"guard": guard}))
                before = _peak_mb()
                began = perf_counter(), process_time()
                await bench.runs.check(run.id)
                run = await bench.runs.wait(run.id)
                told(f"looked through, {'with' if guard else 'without'} the guard", began)
                assert run.preflight is not None
                assert run.preflight.done
                assert (run.preflight.total, run.preflight.bad) == (ROWS, ROWS // 100)
                print(f"  memory at its peak: {_peak_mb():,} MB, {before:,} MB before it", flush=True)


def _peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    asyncio.run(main())
