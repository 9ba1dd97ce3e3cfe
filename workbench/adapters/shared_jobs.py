"""SHARED JOBS: which jobs the workers of a cluster help with, so that a worker that joins later, or again, finds them by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.models.request import Mode
from workbench.models.work import LIVE

from .database import Id, Schema
from .ledger_tables import jobs
from .statement import Statement

if TYPE_CHECKING:
    from .database import Database

_tables = sa.MetaData()
_shared = sa.Table("workbench_jobs_shared", _tables, sa.Column("job", Id, primary_key=True))
SCHEMA: Final = Schema("shared_jobs", _tables)

_SHARE = Statement(
    lambda kind: (sqlite if kind == "sqlite" else postgresql).insert(_shared).on_conflict_do_nothing(), "job"
)


class SharedJobs:
    """The jobs of a home or team that its cluster works on. Its methods raise StorageFault."""

    def __init__(self, database: Database) -> None:
        """Make the table. Raises TooNew and StorageFault."""
        database.prepare(SCHEMA)
        self._database = database

    async def share(self, job_id: str) -> None:
        """Let the cluster's workers help with a job, whenever it runs."""
        await self._database.write(lambda connection: _SHARE.run(connection, [(job_id,)]))

    async def forget_ended(self) -> None:
        """Forget the jobs that have ended. For those who see all of them: what is not seen would count as ended."""
        live = sa.select(jobs.c.id).where(jobs.c.state.in_(sorted(LIVE)))
        query = sa.delete(_shared).where(_shared.c.job.not_in(live))
        await self._database.write(lambda connection: connection.execute(query))

    async def running(self, mode: Mode) -> Sequence[str]:
        """Return the shared jobs of a mode that run, the oldest first."""
        query = sa.select(jobs.c.id).join(_shared, _shared.c.job == jobs.c.id)
        query = query.where(jobs.c.state == "running", jobs.c.mode == mode).order_by(jobs.c.no)
        return await self._database.read(lambda connection: connection.scalars(query).all())
