"""THE JOINT: opens a workbench. Joins the floors, and decides between rehearsal and live.

Only ``open`` loads the doors to vault, storage and sandbox: the kernel of a dashboard connects, and holds none of them.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Collection, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Self

from .adapters.remote import ServerClient, proxy
from .errors import Unreachable
from .models.person import Person
from .sentence import say
from .services.about import About
from .services.activity import Activity
from .services.crew import Crew
from .services.delivery import Delivery
from .services.dispatch import Dispatch
from .services.integrations import Integrations
from .services.people import People
from .services.secrets import Secrets
from .services.sending import KIND as SEND
from .services.sending import Sending
from .services.work import Work

if TYPE_CHECKING:
    from .adapters.clock import Clock
    from .sandbox.app import Sandbox
    from .services.house import House

SERVICES: Mapping[str, type] = {
    "about": About,
    "integrations": Integrations,
    "delivery": Delivery,
    "activity": Activity,
    "secrets": Secrets,
    "people": People,
    "work": Work,
}
"""The services by the name they have on a workbench and in the server's routes."""


class Workbench:
    """A workbench: ``bench.integrations.test(...)``, ``bench.delivery.send(...)``, ``bench.activity.entries()``.

    ``Workbench.open()`` is embedded and works with your own rights; it is a rehearsal unless ``live=True`` is typed.
    ``Workbench.connect(url)`` gives the same services through a server process, which checks your role.
    """

    about: About
    integrations: Integrations
    delivery: Delivery
    activity: Activity
    secrets: Secrets
    people: People
    work: Work

    def __init__(
        self,
        services: Mapping[str, object],
        *,
        where: str,
        house: House | None = None,
        client: ServerClient | None = None,
    ) -> None:
        for name, service in services.items():
            setattr(self, name, service)
        self._where = where
        self._house = house
        self._client = client

    @classmethod
    def open(
        cls,
        home: Path | str | None = None,
        *,
        live: bool = False,
        journal: str | None = None,
        allowed_hosts: Collection[str] = (),
        sandbox: Sandbox | None = None,
        clock: Clock | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """Return an embedded workbench.

        Args:
            home: the folder that holds catalogue, vault and journal; else ``WORKBENCH_HOME``, else the person's own default.
            live: let requests out. Without it every provider is answered by a local stand-in, and everything else is refused.
            journal: a ``postgresql://`` URL for a shared journal; else a SQLite file in the home.
            allowed_hosts: exact names that may lie in a private network in live mode.
            sandbox: stand-ins of your own making (faults, expected keys); ignored in live mode.
            clock: another clock, for rehearsing time.
            environ: where ``WORKBENCH_HOME`` and ``WORKBENCH_KEY`` are read from.
        """
        house = _open_house(
            Path(home) if home is not None else None, live, journal, allowed_hosts, sandbox, clock, environ
        )
        return cls(_services(house), where="embedded", house=house)

    @classmethod
    def connect(
        cls, url: str | None = None, token: str | None = None, *, client: ServerClient | None = None
    ) -> Self:
        """Return the workbench of a server process, by ``url`` and ``token`` (else ``WORKBENCH_URL`` and ``WORKBENCH_TOKEN``)."""
        url = url or os.environ.get("WORKBENCH_URL", "")
        if not url and client is None:
            raise Unreachable(
                say("There is no server to connect to. Start one with “workbench up”, or give its address.")
            )
        client = client or ServerClient(url, token or os.environ.get("WORKBENCH_TOKEN", ""))
        made: dict[str, object] = {
            name: proxy(name, service, client.post) for name, service in SERVICES.items()
        }
        return cls(made, where=url or "in process", client=client)

    @property
    def house(self) -> House:
        """The doors of an embedded workbench; a connected one has none."""
        if self._house is None:
            raise Unreachable(
                say("A connected workbench holds no key and no storage: the server process does.")
            )
        return self._house

    async def close(self) -> None:
        """Bring what is under way to its end, and close the doors, or the connection to the server."""
        if self._house is not None:
            await self.work.crew.close()
            await self._house.wire.close()
            await self._house.journal.close()
        if self._client is not None:
            await self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<Workbench {'connected' if self._house is None else self._house.mode}>"


def _open_house(
    home: Path | None,
    live: bool,
    journal: str | None,
    allowed_hosts: Collection[str],
    sandbox: Sandbox | None,
    clock: Clock | None,
    environ: Mapping[str, str],
) -> House:
    """Return the doors of an embedded workbench, loaded here and nowhere else."""
    from .adapters.budgets import Budgets
    from .adapters.catalogue import Catalogue
    from .adapters.clock import SteadyClock, SystemClock
    from .adapters.database import Database
    from .adapters.home import open_home
    from .adapters.journal import Journal
    from .adapters.ledger import Ledger
    from .adapters.tokens import Tokens
    from .adapters.vault import Vault
    from .adapters.wire import Wire
    from .sandbox.app import Sandbox
    from .services.house import House

    place = open_home(home, environ)
    clock = clock or SystemClock()
    wire = Wire.live(allowed_hosts) if live else Wire.rehearsal((sandbox or Sandbox()).route)
    database = Database.open(journal or environ.get("WORKBENCH_JOURNAL"), place)
    return House(
        home=place,
        catalogue=Catalogue(place),
        vault=Vault.open(place, environ),
        journal=Journal(database),
        ledger=Ledger(database, SteadyClock(clock)),
        budgets=Budgets(database, clock),
        wire=wire,
        tokens=Tokens(clock, wire.send),
        clock=clock,
        owner=Person(name=_user_name(), role="admin"),
    )


def _services(house: House) -> dict[str, object]:
    dispatch = Dispatch(house)
    integrations = Integrations(house, dispatch)
    delivery = Delivery(dispatch, integrations)
    return {
        "about": About(house, package_version()),
        "integrations": integrations,
        "delivery": delivery,
        "activity": Activity(house, delivery),
        "secrets": Secrets(house),
        "people": People(house),
        "work": Work(house, integrations, Crew(house, {SEND: Sending.open})),
    }


def package_version() -> str:
    """Return the installed version of the workbench."""
    try:
        return version("integration-workbench")
    except PackageNotFoundError:
        return "0"


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "owner"
