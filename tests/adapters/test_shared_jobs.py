"""The jobs that a cluster works on: found by whoever joins while they run, in their mode, and forgotten when they have ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import own_schema
from workbench.adapters.clock import SystemClock
from workbench.adapters.database import Database
from workbench.adapters.home import open_home
from workbench.adapters.ledger import Ledger
from workbench.adapters.shared_jobs import SharedJobs
from workbench.models.request import Mode
from workbench.models.work import Job


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_what_is_shared_is_found_while_it_runs(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = own_schema(request.getfixturevalue("postgres_url")) if kind == "postgresql" else None
    database = Database.open(url, open_home(tmp_path / "home"))
    clock = SystemClock()
    ledger, shared = Ledger(database, clock), SharedJobs(database)
    modes: dict[str, Mode] = {"job_a": "live", "job_b": "rehearsal", "job_c": "live", "job_d": "live"}
    for id, mode in modes.items():
        now = clock.now()
        job = Job(
            id=id, kind="send", title=id, mode=mode, who="x", account="a", created_at=now, changed_at=now
        )
        await ledger.create(job)
        if id != "job_d":  # nobody shares this one
            await shared.share(id)
        await shared.share("job_a")  # again: it counts once
        await ledger.change(id, "running", {"filling"})
    assert await shared.running("live") == ["job_a", "job_c"]
    assert await shared.running("rehearsal") == ["job_b"]
    await ledger.change("job_a", "paused", {"running"})
    await ledger.cancel("job_c")
    assert await shared.running("live") == []
    await shared.forget_ended()
    await ledger.change("job_a", "running", {"paused"})
    assert await SharedJobs(database).running("live") == ["job_a"], "one that rests is not forgotten"
    await database.close()
