"""Upkeep: how long what a workbench holds is kept, and its going when that time is over: each day by itself, in small steps."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from workbench.adapters.clock import new_id
from workbench.errors import Forbidden, NotFound, Refused, StorageFault
from workbench.models.journal import Entry
from workbench.models.server_state import PublishLook, ServerState
from workbench.models.upkeep import Due, Readiness, Retention, UpkeepState
from workbench.sentence import say

from .defects import tell_defect
from .house import House
from .roles import admin, viewer
from .visibility import require_all_units

if TYPE_CHECKING:
    from workbench.adapters.deliveries import Deliveries

    from .holds import Holds

KIND: Final = "upkeep"
BY_ITSELF: Final = "upkeep"
"""Who the journal names when nobody asked for it."""
LOOK_S: Final = 600.0
DAILY: Final = timedelta(hours=23)
"""So long after the last time it is done again: each day, and by one process of all that share a database."""


class Upkeep:
    """The upkeep of a workbench."""

    def __init__(
        self, house: House, deliveries: Deliveries, holds: Holds, *, server_at: str = "", public_at: str = ""
    ) -> None:
        self.house = house
        self._server_at, self._public_at = server_at, public_at
        self._deliveries = deliveries
        self._holds = holds
        self._keeper: asyncio.Task[None] | None = None
        self.draining = False
        """Whether the server process is about to stop; it says so itself."""

    @viewer
    async def health(self) -> Readiness:
        """Return whether the workbench can do its work now, and what is wrong where it cannot."""
        from .health import Health  # loads the doors, which a connected page has no use for

        health = Health(self.house)
        health.draining = self.draining
        return await health.readiness()

    @viewer
    async def server(self) -> ServerState:
        """Return how much the database holds and which processes work on it. Forbidden for people of some units: it is of all together."""
        require_all_units()
        from .server_state import server_state

        return await server_state(self.house)

    @admin
    async def publish(self) -> PublishLook:
        """Return what would be unsafe about the published pages, this server's settings and its own address. Nothing is changed."""
        require_all_units()
        from .publish_here import look_here

        public = self._public_at if self._public_at != self._server_at else ""
        return await look_here(self.house, self._server_at, public, os.environ)

    @viewer
    async def state(self) -> UpkeepState:
        """Return how long things are kept, what is due to go by that, and when it was done last. Forbidden for people of some units."""
        self._check_sees_all()
        kept = await self._kept()
        retention = Retention.model_validate(kept.get("retention", {}))
        return UpkeepState(
            retention=retention,
            due=await self._due(retention),
            done_at=kept.get("done_at"),
            done=kept.get("done"),
        )

    @admin
    async def set_retention(self, retention: Retention) -> UpkeepState:
        """Keep things this long from now on. Nothing goes at once: ``state`` says what is due, and it goes within a day."""
        self._check_sees_all()
        given = retention.model_dump()
        await self._change(lambda kept: {**kept, "retention": given})
        days = ", ".join(
            f"{name.removesuffix('_days')} {value or 'for good'}" for name, value in given.items()
        )
        await self._tell(f"how long things are kept, in days: {days}", self.house.person.name)
        return await self.state()

    @admin
    async def clean_now(self) -> Due:
        """Let go what is due, now, and return what went; it cannot be brought back. What is under way is left alone."""
        self._check_sees_all()
        return await self._clean(self.house.person.name)

    async def serve(self) -> None:
        """From now on do the upkeep each day. For the one long-lived process."""
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep_watch(), name=KIND)
            self._keeper.add_done_callback(tell_defect)

    async def close(self) -> None:
        """Begin nothing more; what was not reached goes the next day."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    # ------------------------------------------------------------------------------------------------------------------

    async def _keep_watch(self) -> None:
        while True:
            try:
                if await self._is_my_turn():
                    await self._clean(BY_ITSELF)
            except (StorageFault, Refused):  # said where it holds somebody up; the next day is soon enough
                pass
            await self.house.clock.sleep(LOOK_S)

    async def _is_my_turn(self) -> bool:
        """Return whether the day's upkeep is to be done by this process: nobody else began it within a day."""
        now, mine = self.house.clock.now(), False

        def take(kept: dict[str, Any]) -> dict[str, Any]:
            nonlocal mine
            began = kept.get("began_at")
            wanted = Retention.model_validate(kept.get("retention", {}))
            mine = wanted != Retention() and (began is None or now - datetime.fromisoformat(began) >= DAILY)
            return {**kept, "began_at": now.isoformat()} if mine else kept

        if (
            await self._kept()
        ):  # until somebody says how long things are kept there is nothing to do, nor to write
            await self._change(take)
        return mine

    async def _clean(self, who: str) -> Due:
        kept = await self._kept()
        retention = Retention.model_validate(kept.get("retention", {}))
        done = Due(
            holds=await self._forget_holds(self._before(retention.calls_days)),
            callbacks=await self._forget_callbacks(self._before(retention.calls_days)),
            **await self._forget_jobs(self._before(retention.contents_days)),
            entries=await self._purge(self._before(retention.journal_days)),
        )
        if done.total:
            await self._tell(
                f"upkeep: {done.entries} entries deleted, the contents of {done.jobs} jobs ({done.rows} rows), {done.callbacks} callbacks "
                f"and {done.holds} sendouts forgotten",
                who,
            )
        at = self.house.clock.now().isoformat()
        await self._change(lambda kept: {**kept, "done_at": at, "done": done.model_dump()})
        return done

    async def _due(self, retention: Retention) -> Due:
        from workbench.adapters import ageing

        database = self.house.database
        journal, contents, calls = map(
            self._before, (retention.journal_days, retention.contents_days, retention.calls_days)
        )
        jobs = await ageing.ended_jobs(database, contents) if contents else []
        return Due(
            entries=await ageing.count_entries(database, journal) if journal else 0,
            jobs=len(jobs),
            rows=sum(rows for _, rows in jobs),
            callbacks=await ageing.count_callbacks(database, calls) if calls else 0,
            holds=len(await ageing.ended_holds(database, calls)) if calls else 0,
        )

    async def _purge(self, before: datetime | None) -> int:
        from workbench.adapters import ageing

        return await ageing.purge_entries(self.house.database, before) if before else 0

    async def _forget_callbacks(self, before: datetime | None) -> int:
        return await self._deliveries.forget_calls(before) if before else 0

    async def _forget_jobs(self, before: datetime | None) -> dict[str, int]:
        from workbench.adapters import ageing

        jobs = rows = 0
        while before and (found := await ageing.ended_jobs(self.house.database, before)):
            gone = 0
            for id, count in found:
                if await _went(lambda id=id: self.house.ledger.forget(id)):  # type: ignore[misc]
                    gone, rows = gone + 1, rows + count
            jobs += gone
            if not gone:  # what is left is still under way
                break
        return {"jobs": jobs, "rows": rows}

    async def _forget_holds(self, before: datetime | None) -> int:
        from workbench.adapters import ageing

        count = 0
        while before and (found := await ageing.ended_holds(self.house.database, before)):
            gone = 0
            for id in found:
                gone += await _went(lambda id=id: self._holds.forget(id))  # type: ignore[misc]
            count += gone
            if not gone:
                break
        return count

    def _before(self, days: int | None) -> datetime | None:
        return None if days is None else self.house.clock.now() - timedelta(days=days)

    def _check_sees_all(self) -> None:
        if self.house.person.units:
            raise Forbidden(
                say("How long things are kept is for all units together. Ask somebody who sees all units.")
            )

    async def _kept(self) -> dict[str, Any]:
        found = await asyncio.to_thread(self.house.catalogue.all, KIND)
        return dict(found[0]) if found else {}

    async def _change(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        await asyncio.to_thread(
            self.house.catalogue.update, KIND, KIND, lambda kept: change(dict(kept or {}))
        )

    async def _tell(self, detail: str, who: str) -> None:
        entry = Entry(
            id=new_id("ent"),
            at=self.house.clock.now(),
            kind="change",
            mode=self.house.mode,
            who=who,
            detail=detail,
        )
        await self.house.journal.append(entry)


async def _went(forget: Callable[[], Awaitable[object]]) -> bool:
    """Return whether something was forgotten; what is gone, or under way again, is left."""
    try:
        await forget()
    except (NotFound, Refused):
        return False
    return True
