"""A room for tests of imports: a workbench on a virtual clock, a shop, the stand-in of its platform, and the services of an import."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.sync_room import ENVIRON, shop_of
from workbench import Workbench
from workbench.adapters.clock import SETTLING_TURNS, VirtualClock
from workbench.models.run import Mapped, Run, RunPlan
from workbench.models.shop import Shop
from workbench.models.sync import ImportReport, SyncPlan
from workbench.models.work import JobConfirmation, Progress
from workbench.sandbox.app import Sandbox
from workbench.sandbox.connectif.stand_in import ConnectifStandIn
from workbench.services.import_doors import ImportDoors
from workbench.services.runs import Runs
from workbench.services.sync_imports import SyncImports
from workbench.services.work import Work

HEADER = "_email,_name"
T = TypeVar("T")


class Threads(ThreadPoolExecutor):
    """The threads of the running loop, which says whether any is at work."""

    def __init__(self) -> None:
        super().__init__(4)
        self.busy = 0
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(self)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.busy += 1
        future = super().submit(fn, *args, **kwargs)
        self._loop.call_soon(
            future.add_done_callback, self._done
        )  # behind the loop's own, which wakes who waits
        return future

    def _done(self, _: Future[Any]) -> None:
        self._loop.call_soon_threadsafe(self._less)

    def _less(self) -> None:
        self.busy -= 1


@dataclass
class ImportRoom:
    """A workbench and what an import needs. ``platform`` is the stand-in."""

    bench: Workbench
    clock: VirtualClock
    threads: Threads
    platform: ConnectifStandIn
    shop: Shop

    @property
    def runs(self) -> Runs:
        return self.bench.runs

    @property
    def work(self) -> Work:
        return self.bench.work

    @property
    def imports(self) -> SyncImports:
        return self.bench.sync_imports

    @property
    def doors(self) -> ImportDoors:
        return self.bench.sync_imports.doors

    async def planned(self, text: str, entity: str = "contact", **more: Any) -> Run:
        """Plan an import of a CSV. Every column fills the field of its name."""
        table = await self.runs.paste(text)
        options = {key: more.pop(key) for key in list(more) if key in SyncPlan.model_fields}
        sync = SyncPlan.model_validate(
            {"shop_id": self.shop.id, "entity": entity, "how": "import", **options}
        )
        known = {target.key for target in await self.runs.targets("", None, sync)}
        mapping = tuple(Mapped(target=name, column=name) for name in table.columns if name in known)
        return await self.runs.plan(
            RunPlan.model_validate({"table_id": table.id, "sync": sync, "mapping": mapping, **more})
        )

    async def looked(self, text: str, entity: str = "contact", **more: Any) -> Run:
        """Plan an import and let its rows be looked through."""
        return await self.checked(await self.planned(text, entity, **more))

    async def checked(self, run: Run) -> Run:
        """Let a run's rows be looked through."""
        await self.runs.check(run.id)
        return await self.runs.wait(run.id)

    async def begun(self, run: Run) -> Run:
        """Start a run; its parts are in the ledger then."""
        assert run.preflight is not None
        host = await self.runs.host(run.id)
        await self.runs.start(run.id, JobConfirmation(host=host, rows=run.preflight.ready))
        return await self.runs.wait(run.id)

    async def ended(self, run: Run, step_s: float = 3.0) -> Progress:
        """Let time pass until nobody works on a run's job any more."""
        assert run.job_id is not None

        async def over() -> Progress | None:
            progress = await self.work.job(run.job_id or "")
            return progress if progress.job.state in ("done", "stopped", "cancelled", "paused") else None

        return await self.until(over, step_s)

    async def rest(self) -> None:
        """Return once nothing is under way but waiting: no thread is at work, and no task is ready."""
        while True:
            while self.threads.busy:  # noqa: ASYNC110 - threads tell no event
                await asyncio.sleep(0.0003)
            for _ in range(SETTLING_TURNS):
                await asyncio.sleep(0)
            if not self.threads.busy:
                return

    async def until(self, found: Callable[[], Awaitable[T | None]], step_s: float = 3.0) -> T:
        """Let time pass until there is something to be found."""
        async with asyncio.timeout(30):
            while (there := await found()) is None:
                await self.rest()  # else time would run away from a busy machine
                await self.clock.advance(step_s)
        return there

    async def imported(self, text: str, entity: str = "contact", **more: Any) -> tuple[Run, ImportReport]:
        """Bring rows to the platform; return the run and how its parts stand at their end."""
        run = await self.begun(await self.looked(text, entity, **more))
        await self.ended(run)
        return run, await self.imports.report(run.id)

    def calls(self, name: str) -> list[dict[str, Any]]:
        """Return the calls of one kind that the platform got."""
        return [one for one in self.platform.received if one["call"] == name]


@asynccontextmanager
async def import_room(
    home: Path, sandbox: Sandbox | None = None, clock: VirtualClock | None = None, **more: Any
) -> AsyncIterator[ImportRoom]:
    """Give a room with a shop of its own; ``more`` are its settings. A rehearsal, on a virtual clock; several may share a home."""
    clock, threads = clock or VirtualClock(), Threads()
    sandbox = sandbox or Sandbox(clock=clock)
    async with Workbench.open(home, sandbox=sandbox, clock=clock, environ=ENVIRON) as bench:
        others = len(await bench.shops.list())
        shop = await shop_of(bench, bench.shops, **{"name": f"Example shop {others}", **more})
        yield ImportRoom(bench, clock, threads, sandbox.shops, shop)


def contacts(count: int, **others: str) -> str:
    """Return a CSV of contacts; ``others`` gives the names of some by their number (``n3="e0101"``)."""
    return (
        "\n".join(
            [HEADER, *(f"ana{n}@example.com,{others.get(f'n{n}', f'Ana {n}')}" for n in range(1, count + 1))]
        )
        + "\n"
    )
