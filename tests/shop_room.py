"""A house with shops whose platform answers what the test says: for the service of shops, its receiver and its page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request as AsgiRequest
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.adapters.budgets import Budgets
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.clock import Clock, SystemClock
from workbench.adapters.consent_log import ConsentLog
from workbench.adapters.database import Database
from workbench.adapters.home import Home, open_home
from workbench.adapters.journal import Journal
from workbench.adapters.ledger import Ledger
from workbench.adapters.tokens import Tokens
from workbench.adapters.vault import Vault
from workbench.adapters.wire import Wire
from workbench.models.callback import Acknowledgement
from workbench.models.person import Person
from workbench.models.request import Request
from workbench.models.shop import Shop, ShopSettings
from workbench.models.sync_platform import ShopField
from workbench.services.consent import Consent
from workbench.services.house import House
from workbench.services.shops import Shops
from workbench.services.visible_catalogue import VisibleCatalogue
from workbench.services.visible_vault import VisibleVault

KEY = "pL4ntedKey0123456789ab:s3cr3tHalf0123456789cd"
"""A planted key of the form that the platform's keys have."""
PUBLIC = "https://hub.shop.example"
ENVIRON = {"WORKBENCH_KEYRING": "off"}


@dataclass
class Answers:
    """The platform: it gives ``reply`` to every call, and remembers what was asked."""

    reply: Response = field(default_factory=lambda: PlainTextResponse("Unauthorized", 401))
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def route(self, _: Request) -> ASGIApp:
        return self.app

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = AsgiRequest(scope)
        self.asked.append((request.method, str(request.url), request.headers.get("authorization", "")))
        await self.reply(scope, receive, send)


@dataclass(frozen=True)
class ShopRoom:
    """A house, its shops, and the platform that answers them."""

    house: House
    shops: Shops
    consent: Consent
    answers: Answers

    def settings(self, name: str = "Our shop", key: str = KEY, **more: Any) -> ShopSettings:
        """Return settings that pass every check, their key in the vault."""
        given: dict[str, Any] = {
            "site": "https://www.shop.example", "domains": ("www.shop.example",),
            "fields": (ShopField(id="loyalty", type="radio", choices=("gold", "silver")),), **more,
        }  # fmt: skip
        return ShopSettings(name=name, api_key=self.house.vault.seal_text(key), **given)

    async def shop(self, name: str = "Our shop", **more: Any) -> Shop:
        """Return a saved shop."""
        return await self.shops.save(self.settings(name, **more))

    async def path(self, shop: Shop, what: str = "subscribe") -> str:
        """Return the path that the platform calls."""
        addresses = await self.shops.addresses(shop.id)
        return str(getattr(addresses, what)).removeprefix(PUBLIC)

    async def hear(self, shop: Shop, what: str, email: str, ip: str = "192.0.2.7") -> Acknowledgement:
        """Take a call as the server does."""
        token = (await self.path(shop)).split("/")[2]
        query = f"email={email}&ip={ip}".encode()
        return await self.shops.newsletter.taken(token, what, query)  # type: ignore[arg-type]


def room_in(home: Home, database: Database, clock: Clock | None = None, *, on_disk: bool = False) -> ShopRoom:
    """Return a room of its own over a database that others share; its catalogue and vault are in memory, unless the files matter."""
    clock, answers = clock or SystemClock(), Answers()
    wire = Wire.rehearsal(answers.route)
    catalogue = VisibleCatalogue(Catalogue(home) if on_disk else Catalogue.in_memory())
    vault = Vault.open(home, ENVIRON) if on_disk else Vault.in_memory()
    house = House(
        home=home, catalogue=catalogue, vault=VisibleVault(vault, catalogue),
        journal=Journal(database), ledger=Ledger(database, clock), budgets=Budgets(database, clock), wire=wire,
        tokens=Tokens(clock, wire.send), clock=clock, owner=Person(name="ana", role="admin"),
    )  # fmt: skip
    consent = Consent(house, ConsentLog(database))
    return ShopRoom(house, Shops(house, public_at=PUBLIC, consent=consent), consent, answers)


@contextmanager
def shared(folder: Path) -> Iterator[tuple[Home, Database]]:
    """Give a home in ``folder`` and its database, for as many rooms as a file of tests needs."""
    home = open_home(folder, ENVIRON)
    database = Database.open(None, home)
    yield home, database
    asyncio.run(database.close())


def planted_in(home: Home, *planted: str) -> list[tuple[str, str]]:
    """Return which of the planted texts are in which files of a home."""
    files = [path for path in home.folder.rglob("*") if path.is_file()]
    assert any(path.name == "journal.sqlite" for path in files)
    return [(path.name, text) for path in files for text in planted if text.encode() in path.read_bytes()]
