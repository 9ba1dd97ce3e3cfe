"""Health: whether a server can do its work: the database answers, the disk takes files, the vault opens, and it is not about to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final

from workbench.adapters import census, logs
from workbench.adapters.census import Census
from workbench.errors import MissingSecret, StorageFault, WorkbenchError
from workbench.models.upkeep import Readiness
from workbench.sentence import N_, Sentence, say

from .house import House

FRESH_S: Final = 1.0
"""Seconds that an answer is given again: who asks a thousand times a second costs no more than one who asks once."""
PATIENCE_S: Final = 5.0
"""Seconds after which a part that does not answer counts as one that is not there."""

_WRONG: Final[Mapping[str, Sentence]] = {
    "database": say("The database does not answer or takes nothing. See the server's log, line “not ready”, for the reason."),
    "disk": say("The disk is full or takes no new files. Free at least 1 MB, or give the server's account its rights back."),
    "vault": say("The vault does not open: the key that locked it is missing. Bring WORKBENCH_KEY or the key file back."),
}  # fmt: skip
DRAINING: Final = N_("The server is about to stop. It ends what is under way and begins nothing new.")


class Health:
    """Looks after the doors of one house. Asked often, it looks once a second; what hangs is not asked twice."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.draining = False
        self._looking: asyncio.Task[tuple[str, ...]] | None = None
        self._looked_s = float("-inf")
        self._counting: asyncio.Task[Census | None] | None = None
        self._counted_s = float("-inf")

    async def readiness(self) -> Readiness:
        """Return whether the server can do its work, and what is wrong otherwise, in words that hold no path and no secret."""
        now_s = self.house.clock.monotonic()
        if self._looking is None or (self._looking.done() and now_s - self._looked_s >= FRESH_S):
            self._looking, self._looked_s = (
                asyncio.create_task(self._look(), name="look after the doors"),
                now_s,
            )
        done, _ = await asyncio.wait([self._looking], timeout=PATIENCE_S)
        found = self._looking.result() if done else ("database",)
        wrong = tuple(_WRONG[name] for name in found)
        if self.draining:
            wrong = (Sentence(DRAINING), *wrong)
        return Readiness(ready=not wrong, draining=self.draining, wrong=wrong)

    async def census(self) -> Census | None:
        """Return what the database holds, at most a second old; None while it does not answer."""
        now_s = self.house.clock.monotonic()
        if self._counting is None or (self._counting.done() and now_s - self._counted_s >= FRESH_S):
            self._counting, self._counted_s = asyncio.create_task(self._count(), name="count"), now_s
        done, _ = await asyncio.wait([self._counting], timeout=PATIENCE_S)
        return self._counting.result() if done else None

    async def _look(self) -> tuple[str, ...]:
        """Return what is wrong; why stands in the log. A team's vault lies in its database: it is not looked at while that is gone."""
        wrong: list[str] = []
        for name, look in self._looks():
            if name == "vault" and "database" in wrong and self.house.database.shared:
                continue
            if await _fails(name, look):
                wrong.append(name)
        return tuple(wrong)

    def _looks(self) -> Iterator[tuple[str, Callable[[], Awaitable[object]]]]:
        house = self.house
        yield "database", house.database.check_writable
        yield "disk", lambda: asyncio.to_thread(house.home.check_writable)
        yield "vault", lambda: asyncio.to_thread(_opens, house)

    async def _count(self) -> Census | None:
        try:
            return await census.take(self.house.database, self.house.clock.monotonic())
        except StorageFault as fault:
            logs.tell("not counted", "warning", error=type(fault).__name__)
            return None


async def _fails(name: str, look: Callable[[], Awaitable[object]]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await look()
    except TimeoutError:
        logs.tell("not ready", "warning", part=name, error="it does not answer in time")
    except (WorkbenchError, OSError) as fault:
        logs.tell_defect("not ready", fault, part=name)
    else:
        return False
    return True


def _opens(house: House) -> None:
    """Raise MissingSecret unless the vault's key is here: what was sealed in it opens again, and its secrets do."""
    vault = house.vault
    handles = vault.handles()
    if handles and not any(map(vault.has, handles)):
        raise MissingSecret(say("None of the saved secrets can be opened with the keys at hand."))
    vault.open_data(vault.seal_data(b"ready"))
