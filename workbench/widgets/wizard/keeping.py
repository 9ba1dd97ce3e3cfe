"""KEEPING: the wizard's draft, and when it is kept: at a rest in typing, before every step, never out of order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from workbench.engine.checks import tidy
from workbench.models.contact import Contact
from workbench.models.integration import Draft
from workbench.models.sending import Confirmation, Sent
from workbench.sentence import N_
from workbench.widgets.spawn import spawn

if TYPE_CHECKING:
    from workbench.services.integrations import Integrations


APART: Final = N_(
    "Somebody else changed this draft meanwhile. What you see was not lost: it goes on as a draft of its own, and theirs stays as it is."
)


class Keeper:
    """Holds the draft as it is now. One lock orders all that writes it, so that nothing older follows what is newer."""

    def __init__(
        self,
        integrations: Integrations,
        draft: Draft,
        pause_s: float,
        on_apart: Callable[[], object] = lambda: None,
    ) -> None:
        """``on_apart`` is called when somebody else changed the draft meanwhile: what is here goes on as another one."""
        self.integrations = integrations
        self._on_apart = on_apart
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
                kept = await self.integrations.keep(self.draft, self.draft.updated_at)
                apart = kept.id != self.draft.id
                self.put(id=kept.id, updated_at=kept.updated_at)
                if apart:
                    self._on_apart()

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
            before = self.draft
            sent = await self.integrations.test(before, contact, confirmation, before.updated_at)
            kept = await self.integrations.draft(before.id)
            if kept.settings == tidy(
                before.settings
            ):  # else somebody else changed it while the test was under way
                self.put(tested=kept.tested, updated_at=kept.updated_at)
        return sent

    async def save(self) -> Any:
        """Save the draft as an integration and return it; from then on there is no draft to keep."""
        async with self._lock:
            saved = await self.integrations.save(self.draft)
            self.ended = True
        return saved
