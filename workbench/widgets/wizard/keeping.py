"""KEEPING: the wizard's draft, and when it is kept: at a rest in typing, before every step, never out of order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from workbench.models.contact import Contact
from workbench.models.integration import Draft
from workbench.models.sending import Confirmation, Sent
from workbench.widgets.spawn import spawn

if TYPE_CHECKING:
    from workbench.services.integrations import Integrations


class Keeper:
    """Holds the draft as it is now. One lock orders all that writes it, so that nothing older follows what is newer."""

    def __init__(self, integrations: Integrations, draft: Draft, pause_s: float) -> None:
        self.integrations = integrations
        self.draft = draft
        self.ended = False
        self._pause_s = pause_s
        self._lock = asyncio.Lock()
        self._waiting: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Keeper of a draft at {self.draft.stage}>"

    def put(self, **update: Any) -> None:
        """Change the draft; nothing is kept yet."""
        self.draft = self.draft.model_copy(update=update)

    async def now(self) -> None:
        """Keep the draft, unless it has become an integration or was left."""
        async with self._lock:
            if not self.ended:
                await self.integrations.keep(self.draft)

    def soon(self, then: Callable[[], Awaitable[object]]) -> None:
        """Do ``then`` after a rest; each call starts the rest anew."""
        self.stop_waiting()

        async def rest() -> None:
            await asyncio.sleep(self._pause_s)
            self._waiting = None
            await then()

        self._waiting = spawn(rest())

    def stop_waiting(self) -> None:
        """Forget a rest that has begun: what it would do is done now, in another way."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    async def test(self, contact: Contact, confirmation: Confirmation | None) -> Sent:
        """Send one test; the service keeps the draft with the result, which is taken over here."""
        async with self._lock:
            sent = await self.integrations.test(self.draft, contact, confirmation)
            kept = await self.integrations.draft(self.draft.id)
            self.put(tested=kept.tested)
        return sent

    async def save(self) -> Any:
        """Save the draft as an integration and return it; from then on there is no draft to keep."""
        async with self._lock:
            saved = await self.integrations.save(self.draft)
            self.ended = True
        return saved
