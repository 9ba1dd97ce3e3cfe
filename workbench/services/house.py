"""The house: the doors that the services work through, opened once by ``bench``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workbench.engine.urls import host_of, is_private
from workbench.errors import MissingSecret
from workbench.models.base import SecretRef
from workbench.models.person import Person
from workbench.models.request import Mode

from .roles import caller

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.budgets import Budgets
    from workbench.adapters.clock import Clock
    from workbench.adapters.database import Database
    from workbench.adapters.home import Home
    from workbench.adapters.journal import Journal
    from workbench.adapters.ledger import Ledger
    from workbench.adapters.tokens import Tokens
    from workbench.adapters.wire import Wire

    from .visible_catalogue import VisibleCatalogue
    from .visible_vault import VisibleVault


@dataclass(frozen=True, slots=True)
class House:
    """Everything the services need from the world. ``owner`` is who works here when nobody else is named."""

    home: Home
    catalogue: VisibleCatalogue
    vault: VisibleVault
    journal: Journal
    ledger: Ledger
    budgets: Budgets
    wire: Wire
    tokens: Tokens
    clock: Clock
    owner: Person

    @property
    def database(self) -> Database:
        """The one database of this home or team."""
        return self.journal.database

    @property
    def mode(self) -> Mode:
        """Rehearsal or live."""
        return self.wire.mode

    @property
    def served(self) -> bool:
        """Whether the running call came through the server process."""
        return caller.get() is not None

    @property
    def person(self) -> Person:
        """Who the running call is made for."""
        return caller.get() or self.owner

    def wire_for(self, url: str, *, local_test: bool) -> Wire:
        """Return the wire to an address: a local test may reach the private host that its address names, but no other.

        Only on a person's own workbench; through a server the ones who started it decide, by name: else each operator could look
        around in their network.
        """
        own = self.mode == "live" and not self.served
        if own and local_test and is_private(host_of(url)):
            from workbench.adapters.wire import Wire

            return Wire.live({urlsplit(url).netloc})
        return self.wire

    def open_secrets(self, refs: Iterable[SecretRef]) -> tuple[dict[str, str], list[SecretRef]]:
        """Return the secrets by handle, and the handles this vault cannot open."""
        found: dict[str, str] = {}
        missing: list[SecretRef] = []
        for ref in refs:
            try:
                found[ref.handle] = self.vault.open_text(ref.handle)
            except MissingSecret:
                missing.append(ref)
        return found, missing
