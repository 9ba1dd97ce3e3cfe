"""A process that works on a job until it is killed: ``python -m tests.faults.worker`` takes lines of ``HOME HOST JOB`` and forks.

It has loaded everything beforehand, so that a death and a new start cost no more than the workbench's own opening.
"""

from __future__ import annotations

import asyncio
import os
import sys

import aiohttp  # noqa: F401 - loaded before the fork
import sqlalchemy.dialects.sqlite  # noqa: F401 - loaded before the fork

import workbench.adapters.ledger
import workbench.adapters.vault
import workbench.sandbox.app  # noqa: F401 - loaded before the fork
from workbench import Workbench


async def work(home: str, host: str, job: str) -> None:
    async with Workbench.open(
        home, live=True, allowed_hosts=[host], environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        await bench.work.resume(job)
        await bench.work.crew.wait(job)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(work(*line.split()))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(f"ended {status}", flush=True)


if __name__ == "__main__":
    main()
