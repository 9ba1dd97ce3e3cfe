"""A process that brings a run to its end until it is killed: ``python -m tests.faults.run_worker``.

It takes lines of ``HOME HOST RUN`` and forks for each. It adds rows in small pieces, so that a death comes in the midst of them too.
It has loaded everything beforehand, so that a death and a new start cost no more than the workbench's own opening.
"""

from __future__ import annotations

import asyncio
import os
import sys

import aiohttp  # noqa: F401 - loaded before the fork
import phonenumbers  # noqa: F401 - loaded before the fork
import sqlalchemy.dialects.sqlite  # noqa: F401 - loaded before the fork

import workbench.adapters.consent_log
import workbench.adapters.ledger
import workbench.adapters.send_marks
import workbench.adapters.tables
import workbench.adapters.vault
import workbench.sandbox.app  # noqa: F401 - loaded before the fork
from workbench import Workbench
from workbench.models.work import JobConfirmation
from workbench.services import run_filling

run_filling.BATCH = 20  # type: ignore[misc]  # small pieces: a death comes between two of them


async def work(home: str, host: str, run: str) -> None:
    async with Workbench.open(
        home, live=True, allowed_hosts=[host], environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        found = await bench.runs.get(run)
        if found.state != "started":  # live: it says again what it was confirmed with
            assert found.preflight is not None
            await bench.runs.start(
                run, JobConfirmation(host=host.partition(":")[0], rows=found.preflight.ready)
            )
        found = await bench.runs.wait(run)
        assert found.job_id is not None
        progress = await bench.work.job(found.job_id)
        if progress.job.state == "running":
            await bench.work.resume(found.job_id)
        await bench.work.crew.wait(found.job_id)


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
