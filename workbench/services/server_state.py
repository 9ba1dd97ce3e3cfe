"""Server state: counts of the whole database and the processes on its list, read for those who look after the server."""

from __future__ import annotations

from workbench.errors import StorageFault
from workbench.models.hold import WAITING
from workbench.models.server_state import ServerState, WorkingProcess
from workbench.models.work import OPEN

from .health import Health
from .house import House


async def server_state(house: House) -> ServerState:
    """Return how much the database holds and who works on it; where it does not answer, only which kind it is."""
    kind = house.database.kind
    census = await Health(house).census()
    if census is None:
        return ServerState(database=kind)
    try:
        workers = await house.ledger.workers()
    except StorageFault:  # it went away between the two
        return ServerState(database=kind)
    return ServerState(
        database=kind, counted=True, bytes=census.bytes, entries=census.entries,
        workers=tuple(WorkingProcess(host=one.host, pid=one.pid, jobs=tuple(sorted(one.jobs))) for one in workers),
        jobs_running=sum(count for (state, _), count in census.jobs.items() if state == "running"),
        rows_open=sum(census.rows.get(state, 0) for state in OPEN),
        rate_per_s=census.rate_per_s, budgets=census.budgets, resting=census.resting,
        holds=sum(census.holds.get(state, 0) for state in WAITING), holds_until=census.holds_until,
        callbacks_undone=census.callbacks_undone,
    )  # fmt: skip
