"""A process that works on a job until it is killed: ``python -m tests.faults.worker`` takes lines of ``HOME HOST JOB`` and forks."""

from __future__ import annotations

from tests.faults.forked import serve_lines
from workbench import Workbench


async def work(home: str, host: str, job: str) -> None:
    async with Workbench.open(
        home, live=True, allowed_hosts=[host], environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        await bench.work.resume(job)
        await bench.work.crew.wait(job)


if __name__ == "__main__":
    serve_lines(work)
