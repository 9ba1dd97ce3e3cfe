"""SYNC TURNS: the calls that a row makes beside its own: each takes a permit of the account's pace, the row's first one has its own."""

from __future__ import annotations

from typing import Final

from workbench.engine.schedule import Verdict
from workbench.models.work import Job

from .sync_calling import ShopLine

PATIENCE_S: Final = 10.0
"""So long a row waits for its turn before it makes room for others."""
LOOK_S: Final = 1.0
"""How often it looks meanwhile whether its job still runs, and after how long it comes back."""
LATER: Final = Verdict("retrying", wait_s=LOOK_S, released=True)
"""What becomes of a row that got no turn: it comes back soon, as if it had not been attempted."""


class Turns:
    """Gives rows their turns. Without a job (a record sent by hand) a turn that takes too long is Refused."""

    def __init__(self, line: ShopLine, job: Job | None) -> None:
        self._line, self._job = line, job
        self._free: set[str] = set()
        self._closing = False

    def begin(self, owner: str) -> None:
        """Say that a row begins: the permit for its first call was taken with it."""
        self._free.add(owner)

    def close(self) -> None:
        """Let nobody wait any longer: the process ends, or its job rests."""
        self._closing = True

    async def take(self, owner: str) -> bool:
        """Wait until a row may make one more call; False where its job does not run any more here, or others have to go first."""
        if owner in self._free:
            self._free.discard(owner)
            return True
        if self._job is None:
            await self._line.turn()
            return True
        house, waited_s = self._line.house, 0.0
        while waited_s < PATIENCE_S and not self._closing:
            granted, wait_s = await house.budgets.take(self._line.account, 1)
            if granted:
                return True
            if (await house.ledger.job(self._job.id)).job.state != "running":
                return False
            wait_s = min(max(wait_s, 0.01), LOOK_S)
            await house.clock.sleep(wait_s)
            waited_s += wait_s
        return False

    def end(self, owner: str) -> None:
        """Say that a row's attempt is over."""
        self._free.discard(owner)
