"""A process that brings a run to its end until it is killed: ``python -m tests.faults.run_worker``.

It takes lines of ``HOME HOST RUN`` and forks for each. It adds rows in small pieces, so that a death comes in the midst of them too.
It has loaded everything beforehand, so that a death and a new start cost no more than the workbench's own opening.
"""

from __future__ import annotations

import phonenumbers  # noqa: F401 - loaded before the fork

import workbench.adapters.consent_log
import workbench.adapters.send_marks
import workbench.adapters.tables  # noqa: F401 - loaded before the fork
from tests.faults.forked import serve_lines
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


if __name__ == "__main__":
    serve_lines(work)
