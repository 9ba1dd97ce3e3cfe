"""THE JOINT: opens a workbench. Joins the floors, and decides between rehearsal and live.

Only ``open`` loads the doors to vault, storage and sandbox: the kernel of a dashboard connects, and holds none of them.
"""

from __future__ import annotations

import asyncio
import functools
import getpass
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from .adapters.remote import ServerClient, proxy
from .errors import Refused, Unreachable
from .models.cluster import Membership
from .models.person import Person
from .sentence import say
from .services.about import About
from .services.activity import Activity
from .services.backups import Backups
from .services.callback_studio import CallbackStudio
from .services.callbacks import Callbacks
from .services.cassettes import Cassettes
from .services.channels import Channels
from .services.cluster import Cluster, Wanted
from .services.consent import Consent
from .services.crew import Crew, Kinds
from .services.decisions import Decisions
from .services.delivery import Delivery
from .services.dispatch import Dispatch
from .services.environments import Environments
from .services.events import Events
from .services.gates import Gates
from .services.holds import Holds
from .services.imports import Imports
from .services.integrations import Integrations
from .services.lab import Lab
from .services.messages import Messages
from .services.people import People
from .services.push import Push
from .services.readiness import Readiness
from .services.rehearsal import Rehearsal
from .services.runs import Runs
from .services.secrets import Secrets
from .services.sending import KIND as SEND
from .services.sending import sending
from .services.shops import Shops
from .services.sms_accounts import SmsAccounts
from .services.snippets import Snippets
from .services.spread import Here
from .services.sync import Sync
from .services.sync_imports import SyncImports
from .services.sync_planning import SyncPlanning
from .services.tags import Tags
from .services.units import BusinessUnits
from .services.upkeep import Upkeep
from .services.work import Work

if TYPE_CHECKING:
    from .adapters.clock import Clock
    from .adapters.wire import Wire
    from .models.gate import Action
    from .models.platform import Target
    from .models.verification import Sheet
    from .sandbox.app import Sandbox
    from .sandbox.platform.app import Platform
    from .sandbox.platform.delivery import Taken
    from .services.callback_receiving import CallbackReceiving
    from .services.house import House
    from .services.listening import Listening
    from .services.receiving import Receiving

HUBS_OWN = "JUPYTERHUB_API_TOKEN"
"""Where a notebook server of a JupyterHub has its token: https://jupyterhub.readthedocs.io/en/stable/reference/spawners.html."""

SERVICES: Mapping[str, type] = {
    "about": About,
    "integrations": Integrations,
    "delivery": Delivery,
    "activity": Activity,
    "backups": Backups,
    "secrets": Secrets,
    "people": People,
    "units": BusinessUnits,
    "work": Work,
    "gates": Gates,
    "holds": Holds,
    "lab": Lab,
    "rehearsal": Rehearsal,
    "sms_accounts": SmsAccounts,
    "messages": Messages,
    "callbacks": Callbacks,
    "studio": CallbackStudio,
    "consent": Consent,
    "channels": Channels,
    "events": Events,
    "runs": Runs,
    "snippets": Snippets,
    "imports": Imports,
    "cassettes": Cassettes,
    "environments": Environments,
    "shops": Shops,
    "sync": Sync,
    "sync_imports": SyncImports,
    "sync_planning": SyncPlanning,
    "tags": Tags,
    "push": Push,
    "readiness": Readiness,
    "upkeep": Upkeep,
    "decisions": Decisions,
    "cluster": Cluster,
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
    backups: Backups
    secrets: Secrets
    people: People
    units: BusinessUnits
    work: Work
    gates: Gates
    holds: Holds
    lab: Lab
    rehearsal: Rehearsal
    sms_accounts: SmsAccounts
    messages: Messages
    callbacks: Callbacks
    studio: CallbackStudio
    consent: Consent
    channels: Channels
    events: Events
    runs: Runs
    snippets: Snippets
    imports: Imports
    cassettes: Cassettes
    environments: Environments
    shops: Shops
    sync: Sync
    sync_imports: SyncImports
    sync_planning: SyncPlanning
    tags: Tags
    push: Push
    readiness: Readiness
    upkeep: Upkeep
    decisions: Decisions
    cluster: Cluster

    def __init__(
        self,
        services: Mapping[str, object],
        *,
        where: str,
        house: House | None = None,
        hooks: Hooks | None = None,
        platform: Platform | None = None,
        client: ServerClient | None = None,
    ) -> None:
        for name, service in services.items():
            setattr(self, name, service)
        self._where = where
        self._house = house
        self._hooks = hooks
        self._platform = platform
        self._scratch: TemporaryDirectory[str] | None = None
        self._client = client

    @classmethod
    def open(
        cls,
        home: Path | str | None = None,
        *,
        live: bool = False,
        database: str | None = None,
        allowed_hosts: Collection[str] = (),
        sandbox: Sandbox | None = None,
        clock: Clock | None = None,
        sandbox_at: str = "",
        server_at: str = "",
        public_at: str = "",
        cluster: str | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """Return an embedded workbench.

        Args:
            home: the folder that holds everything, or a team's locks and copies; else ``WORKBENCH_HOME``, else the person's own default.
            live: let requests out. Without it every provider is answered by a local stand-in, and everything else is refused.
            database: the ``postgresql://`` URL of a team's database, which then holds everything; else ``WORKBENCH_DATABASE``, else
                files of the home.
            allowed_hosts: exact names that may lie in a private network in live mode.
            sandbox: stand-ins of your own making (faults, expected keys); ignored in live mode.
            clock: another clock, for rehearsing time.
            sandbox_at: the address of a sandbox on a port of this machine, which plays the platform that holds; else one in this process.
            server_at: the address at which this process takes a platform's hooks, where it serves any.
            public_at: the address by which providers reach this process from outside, through a proxy; else ``server_at``.
            cluster: who helps: ``local:2`` starts two workers on this machine, an address is that of a dask scheduler; else nobody.
            environ: where ``WORKBENCH_HOME``, ``WORKBENCH_DATABASE`` and ``WORKBENCH_KEY`` are read from.
        """
        if not live and sandbox is None:
            from .sandbox.app import Sandbox

            sandbox = Sandbox(clock=clock)
        house = _open_house(
            Path(home) if home is not None else None,
            database,
            clock,
            environ,
            _wire(live, allowed_hosts, sandbox, sandbox_at),
        )
        if database:
            environ = {**environ, "WORKBENCH_DATABASE": database}
        wanted = _wanted(cluster, house, allowed_hosts, sandbox_at, server_at, public_at, environ)
        services, hooks = _services(
            house, allowed_hosts, sandbox_at, server_at, public_at or server_at, wanted
        )
        platform = sandbox.platform if sandbox is not None and not sandbox_at else None
        if sandbox is not None:
            sandbox.joined(hooks.studio.subscribed, hooks.studio.deliver)
            hooks.sandbox = sandbox
        if platform is not None:
            platform.deliver = hooks.deliver
        return cls(services, where="embedded", house=house, hooks=hooks, platform=platform)

    @classmethod
    def scratch(cls, *, cluster: str | None = None) -> Self:
        """Return an embedded workbench whose home is a temporary folder: closed, it leaves nothing behind. Always a rehearsal.

        ``cluster`` is who helps, as with ``open``; ``local:2`` rehearses what a cluster does.
        """
        folder = TemporaryDirectory(prefix="workbench-", ignore_cleanup_errors=True)
        bench = cls.open(folder.name, cluster=cluster)
        bench._scratch = folder
        return bench

    @classmethod
    def connect(
        cls,
        url: str | None = None,
        token: str | None = None,
        *,
        visitor: str | None = None,
        groups: Sequence[str] = (),
        client: ServerClient | None = None,
    ) -> Self:
        """Return the workbench of a server process, by ``url`` and ``token`` (else ``WORKBENCH_URL`` and ``WORKBENCH_TOKEN``).

        In a notebook of a JupyterHub whose ``WORKBENCH_URL`` names the server, the token is the notebook's own of the hub; it goes to no
        other address.

        ``visitor`` is who is in front of a dashboard, by the name and the ``groups`` that the proxy gives: where the token is a pass
        that may name one, each call has the visitor's rights, and the journal names the visitor.
        """
        token = token or os.environ.get("WORKBENCH_TOKEN") or ("" if url else os.environ.get(HUBS_OWN, ""))
        url = url or os.environ.get("WORKBENCH_URL", "")
        if not url and client is None:
            raise Unreachable(
                say("There is no server to connect to. Start one with “workbench up”, or give its address.")
            )
        client = client or ServerClient(url, token, visitor=visitor, groups=groups)
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

    @property
    def receiving(self) -> Receiving:
        """Where an embedded workbench takes platforms' hooks; a connected one takes none."""
        if self._hooks is None:
            raise Unreachable(say("A connected workbench takes no hooks: the server process does."))
        return self._hooks.receiving

    @property
    def callback_receiving(self) -> CallbackReceiving:
        """Where an embedded workbench takes SMS providers' calls; a connected one takes none."""
        if self._hooks is None:
            raise Unreachable(say("A connected workbench takes no callbacks: the server process does."))
        return self._hooks.callbacks

    async def serve(self) -> None:
        """From now on pick up jobs, holds and queues by itself. For the one long-lived process."""
        await self.work.crew.serve()
        await self.cluster.state()  # joins it; where nobody answers, that is said there, and all is done here
        if self._hooks is not None:
            await self.holds.serve()
            await self._hooks.listening.serve()
            await self._hooks.callbacks.catch_up()
            await self.runs.catch_up()
            await self.upkeep.serve()

    async def rest(self) -> None:
        """Begin nothing more and bring what is under way to its end; hooks and callbacks are still taken and kept.

        For the one long-lived process, before it ends. What rests goes on where another process, or the next one, takes it up.
        """
        if self._hooks is not None:
            await self.upkeep.close()
            await self._hooks.listening.close()
            await self.holds.close()
            await self.runs.close()
            await self.work.crew.close()

    async def verify(self, gate: str, *, rows: int = 300, wait_s: float = 20.0) -> Sheet:
        """Return the pass or fail sheet of a saved gate (by id, key or name), with the stand-in in this process playing the platform.

        The workbench has to serve (``await bench.serve()``), or nobody answers. ``verify_endpoint`` does the same with any endpoint.
        """
        if self._hooks is None or self._platform is None:
            raise Refused(
                say(
                    "A gate is verified where it is embedded, and in a rehearsal. Use “workbench gate verify”."
                )
            )
        from .sandbox.verifying import play

        target = await asyncio.to_thread(self.rehearsal.target, gate)
        return await play(self._platform, self._hooks.deliver, target, rows, wait_s, quiet_s=1.0)

    async def close(self) -> None:
        """Bring what is under way to its end, and close the doors, or the connection to the server."""
        if self._house is not None and self._hooks is not None:
            if self._hooks.sandbox is not None:
                await self._hooks.sandbox.close()
            await self.upkeep.close()
            await self._hooks.studio.close()
            await self._hooks.listening.close()
            await self._hooks.callbacks.close()
            await self.holds.close()
            await self.runs.close()
            await asyncio.gather(self.work.crew.close(), self.cluster.close())
            await self._house.wire.close()
            await self._house.journal.close()
        if self._client is not None:
            await self._client.close()
        if self._scratch is not None:
            self._scratch.cleanup()

    async def __aenter__(self) -> Self:
        if self._house is not None:
            await self.cluster.join()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<Workbench {'connected' if self._house is None else self._house.mode}>"


def _wire(live: bool, allowed_hosts: Collection[str], sandbox: Sandbox | None, sandbox_at: str) -> Wire:
    """Return the way out: the network, or the stand-ins; one that is served on a port of this machine is truly called."""
    from .adapters.wire import Wire

    if live or sandbox is None:
        return Wire.live(allowed_hosts)
    return Wire.rehearsal(sandbox.route, [urlsplit(sandbox_at).netloc] if sandbox_at else ())


def _open_house(
    home: Path | None, url: str | None, clock: Clock | None, environ: Mapping[str, str], wire: Wire
) -> House:
    """Return the doors of an embedded workbench, loaded here and nowhere else."""
    from .adapters.budgets import Budgets
    from .adapters.catalogue import Catalogue
    from .adapters.clock import SteadyClock, SystemClock
    from .adapters.database import Database, named_database
    from .adapters.home import open_home
    from .adapters.journal import Journal
    from .adapters.ledger import Ledger
    from .adapters.tokens import Tokens
    from .adapters.vault import Vault
    from .services.house import House
    from .services.visible_catalogue import CallersSight, VisibleCatalogue
    from .services.visible_vault import VisibleVault

    place = open_home(home, environ)
    clock = clock or SystemClock()
    database = Database.open(url or named_database(environ), place)
    documents = None
    if database.shared:
        from .adapters.documents import Documents
        from .adapters.team import team_home

        place, documents = team_home(database, place), Documents(database)
    catalogue = VisibleCatalogue(Catalogue(place, documents=documents))
    database.sight = CallersSight(catalogue)
    return House(
        home=place,
        catalogue=catalogue,
        vault=VisibleVault(Vault.open(place, environ, documents), catalogue),
        journal=Journal(database),
        ledger=Ledger(database, SteadyClock(clock)),
        budgets=Budgets(database, clock),
        wire=wire,
        tokens=Tokens(clock, wire.send),
        clock=clock,
        owner=Person(name=_user_name(), role="admin"),
    )


def _wanted(
    cluster: str | None, house: House, allowed_hosts: Collection[str], sandbox_at: str, server_at: str, public_at: str,
    environ: Mapping[str, str],
) -> Wanted | None:  # fmt: skip
    """Return the cluster that was named, and what its workers have to know; on this machine they open the same home and database."""
    if not cluster:
        return None
    membership = Membership(
        home=house.home.id, version=package_version(), live=house.mode == "live", allowed_hosts=tuple(sorted(allowed_hosts)),
        sandbox_at=sandbox_at, server_at=server_at, public_at=public_at,
    )  # fmt: skip
    return Wanted.read(cluster, membership, {**environ, "WORKBENCH_HOME": str(house.home.folder)})


@dataclass(slots=True)
class Hooks:
    """How calls come in: platforms' hooks by calls and from queues, SMS providers' callbacks, and in a rehearsal the stand-ins' own."""

    receiving: Receiving
    listening: Listening
    callbacks: CallbackReceiving
    studio: CallbackStudio
    sandbox: Sandbox | None = None

    async def deliver(self, target: Target, body: bytes, ack_s: float) -> Taken:
        """Take a hook from the stand-in in this process, as the server would over HTTP."""
        from .sandbox.platform.delivery import Taken, headers_of

        key = urlsplit(target.url).path.rpartition("/")[2]
        try:
            async with asyncio.timeout(ack_s):
                receipt = await self.receiving.http(key, headers_of(target), body, "127.0.0.1")
        except TimeoutError:
            return Taken("late")
        return Taken("acknowledged" if receipt.status < 300 else "refused", receipt.status)


def _services(
    house: House,
    allowed_hosts: Collection[str],
    sandbox_at: str,
    server_at: str,
    public_at: str,
    wanted: Wanted | None = None,
) -> tuple[dict[str, object], Hooks]:
    from .adapters.blobs_database import blobs_of
    from .adapters.code_pools import CodePools
    from .adapters.consent_lists import ConsentLists
    from .adapters.consent_log import ConsentLog
    from .adapters.deliveries import Deliveries
    from .adapters.holds import Holds as HoldStore
    from .adapters.import_store import ImportStore
    from .adapters.run_store import RunStore
    from .adapters.send_marks import SendMarks
    from .adapters.sync_marks import SyncMarks
    from .services.answering import KIND as ANSWER
    from .services.answering import answering
    from .services.callback_receiving import CallbackReceiving
    from .services.changes import tell_changes
    from .services.gate_house import GateHouse
    from .services.hub_lists import HubLists
    from .services.import_doors import ImportDoors
    from .services.import_looking import KIND as IMPORT
    from .services.import_looking import ImportLook
    from .services.importing import importing
    from .services.listening import Listening
    from .services.receiving import Receiving
    from .services.sync_looking import KIND as SYNC
    from .services.sync_looking import Looks
    from .services.syncing import syncing
    from .services.visible_tables import VisibleTables

    database = house.database
    blobs = blobs_of(house.home.folder, database)
    consent = Consent(house, ConsentLog(database))
    lists = HubLists(ConsentLists(house.home, blobs if database.shared else None), consent.doors)
    doors = GateHouse(house, HoldStore(database, house.clock), CodePools(database), lists)
    marks = SendMarks(database)
    tables = VisibleTables(house.catalogue, house.home, house.vault, blobs)
    sync_marks = SyncMarks(database)
    shops = Shops(house, public_at=public_at, consent=consent, marks=sync_marks)
    shop_doors = ImportDoors(
        house=house, shops=shops, tables=tables, marks=sync_marks, consent=consent,
        imports=ImportStore(database), rows=RunStore(database),
    )  # fmt: skip
    looks = Looks(shop_doors, {"import": ImportLook})
    kinds: Kinds = {
        SEND: sending(consent, marks),
        ANSWER: answering(doors),
        SYNC: syncing(shop_doors, looks),
        IMPORT: importing(shop_doors),
    }
    crew = Crew(house, kinds)
    services: dict[str, object] = {}
    cluster = Cluster(house, Here(lambda name, method: getattr(services[name], method)), crew, wanted)
    dispatch = Dispatch(house)
    integrations = Integrations(house, dispatch)
    delivery = Delivery(dispatch, integrations, consent)
    holds = Holds(doors, crew)
    receiving = Receiving(house, doors.holds)
    receiving.on_received = holds.wake
    deliveries = Deliveries(database, house.clock)
    accounts = SmsAccounts(house, public_at=public_at, deliveries=deliveries)
    callbacks = CallbackReceiving(house, accounts, deliveries, consent, public_at=public_at)
    studio = CallbackStudio(house, accounts, deliveries, callbacks, server_at=server_at)
    work = Work(house, integrations, crew)
    events = Events(house, integrations, delivery, marks)
    shop_doors = replace(shop_doors, work=work)  # what starts an import's job
    looks = Looks(shop_doors, {"import": ImportLook})
    runs = Runs(house, integrations, events, work, tables, marks, consent, looks)
    if wanted is not None:
        runs.spread = cluster
    sync_imports, tags, push = SyncImports(shop_doors, runs), Tags(), Push(house, shops)
    gates = Gates(house, doors.pools, doors.lists, doors.holds, server=server_at)
    services |= {
        "cluster": cluster,
        "upkeep": Upkeep(house, deliveries, holds, server_at=server_at, public_at=public_at),
        "decisions": Decisions(house, gates, tables, cluster),
        "about": About(house, package_version()),
        "integrations": integrations,
        "delivery": delivery,
        "activity": Activity(house, delivery),
        "backups": Backups(house, package_version()),
        "secrets": Secrets(house),
        "people": People(house),
        "units": BusinessUnits(house),
        "work": work,
        "gates": gates,
        "holds": holds,
        "lab": Lab(),
        "rehearsal": Rehearsal(
            house, at=f"{sandbox_at}/platform" if sandbox_at else None, server=server_at or None
        ),
        "sms_accounts": accounts,
        "messages": Messages(house, accounts, deliveries, consent),
        "callbacks": Callbacks(house, deliveries, accounts, consent),
        "studio": studio,
        "consent": consent,
        "channels": Channels(house),
        "events": events,
        "runs": runs,
        "snippets": Snippets(house, integrations, delivery),
        "imports": Imports(house, integrations),
        "cassettes": Cassettes(house, integrations, delivery, runs),
        "environments": Environments(house, integrations),
        "shops": shops,
        "sync": Sync(shop_doors, looks),
        "sync_imports": sync_imports,
        "sync_planning": SyncPlanning(),
        "tags": tags,
        "push": push,
        "readiness": Readiness(house, shops, sync_imports, tags, push, runs),
    }
    tell_changes(house, services)
    return services, Hooks(receiving, Listening(house, receiving, allowed_hosts), callbacks, studio)


async def verify_endpoint(
    target: Target,
    *,
    rows: int = 1000,
    wait_s: float = 20.0,
    actions: Sequence[Action] = (),
    reach: Collection[str] = (),
    callback: str | None = None,
    port: int = 0,
) -> Sheet:
    """Return the pass or fail sheet of somebody's own gate endpoint, with the stand-in playing the platform.

    ``target`` is its address or queue with the key it expects; on this machine, unless its host is in ``reach``. ``callback`` is the
    address by which it reaches the stand-in, where that is not ``port`` of this machine. It takes up to ``wait_s`` seconds and three more.
    """
    from .sandbox.verifying import verify

    return await verify(
        target, rows=rows, wait_s=wait_s, actions=actions, reach=reach, base_url=callback, port=port
    )


@functools.cache
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
