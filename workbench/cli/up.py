"""Up: the whole workbench: the server process, the published dashboards connected to it, and the sandbox on a port.

Loopback only. The dashboards and their kernels hold no key: they get the server's address and a token of their own, nothing
else of this environment. No token stands on a command line: who lists the processes of this machine sees none.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from workbench.adapters.home import Home
from workbench.adapters.logs import Level as LogLevel
from workbench.adapters.processes import Processes, Program
from workbench.engine.urls import host_of
from workbench.errors import Refused
from workbench.models.person import Pass, Person, ProxyIdentity, Role
from workbench.sentence import N_, Sentence, say

from .frame import command
from .pages import folder_of
from .send import AllowHost
from .session import Session
from .watch import Place, reserve, together, without_secrets

PAGES_PORT, SERVER_PORT, SANDBOX_PORT = 8866, 8867, 8868
FIRST_PAGE = "home.ipynb"
NOT_THE_SERVERS = (
    "WORKBENCH_TOKEN",
    "WORKBENCH_URL",
    "WORKBENCH_LIVE",
    "WORKBENCH_SANDBOX",
    "WORKBENCH_ENTRY",
)
LOOPBACK = "127.0.0.1"
SHORTEST_ENTRY = 24
DRAIN_S = 30.0
"""Seconds that the server may take to end what is under way: the workers' own patience, and room for the disk."""
WARM = 1
"""Kernels started ahead for each dashboard: the first visitor waits for none, and the machine is not filled with them."""

MOST = 32
"""Kernels at a time: some 2 GB of memory when all of them are in use."""

DASHBOARDS, SERVER, SANDBOX = N_("the dashboards"), N_("the server"), N_("the sandbox")

Port = Annotated[
    int,
    typer.Option("--port", metavar="NUMBER", help=N_("The port of the dashboards; 0 takes any free one.")),
]
ServerPort = Annotated[
    int, typer.Option("--server-port", metavar="NUMBER", help=N_("The port of the server process."))
]
SandboxPort = Annotated[
    int, typer.Option("--sandbox-port", metavar="NUMBER", help=N_("The port of the sandbox."))
]
PagesRole = Annotated[
    Role,
    typer.Option(
        "--role",
        help=N_(
            "What visitors of the dashboards may do: viewer reads, operator builds and sends, admin all."
        ),
    ),
]
HostName = Annotated[
    list[str] | None,
    typer.Option(
        "--host-name",
        metavar="NAME",
        help=N_("A further name that the server is called by, behind a proxy. May be repeated."),
        show_default=False,
    ),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(
        "--public-url",
        metavar="URL",
        help=N_("The address by which providers reach the server from outside, through your proxy."),
        show_default=False,
    ),
]
Visitors = Annotated[
    bool,
    typer.Option(
        "--visitors",
        help=N_(
            "The proxy in front says who each visitor is: everybody has the own rights, at most those of --role."
        ),
    ),
]
NoSandbox = Annotated[bool, typer.Option("--no-sandbox", help=N_("Leave the sandbox out."))]
Bind = Annotated[
    str,
    typer.Option(
        "--bind",
        metavar="ADDRESS",
        help=N_(
            "The address of this machine to listen at; another than 127.0.0.1 only behind a proxy that speaks https."
        ),
    ),
]
Notice = Annotated[
    float,
    typer.Option(
        "--notice",
        metavar="SECONDS",
        min=0,
        max=300,
        help=N_(
            "How long calls are still taken after SIGTERM while /ready says 503, so that a balancer notices."
        ),
    ),
]
Log = Annotated[
    LogLevel,
    typer.Option("--log", metavar="LEVEL", help=N_("What goes to the log: debug, info, warning or error.")),
]
OwnPort = Annotated[int, typer.Option("--port", metavar="NUMBER", help=N_("The port; 0 takes any free one."))]


@dataclass(frozen=True, slots=True)
class Running:
    """How the server process runs: where it listens, how it ends, what it tells and to whom."""

    bind: str = LOOPBACK
    notice_s: float = 0.0
    log: LogLevel = "warning"
    told: Callable[[str], None] | None = None


@command("up", N_("Start the workbench: dashboards, server and sandbox. Ctrl-C stops them."), spreads=True)
async def up(
    session: Session,
    port: Port = PAGES_PORT,
    server_port: ServerPort = SERVER_PORT,
    sandbox_port: SandboxPort = SANDBOX_PORT,
    role: PagesRole = "operator",
    no_sandbox: NoSandbox = False,
    allow_host: AllowHost = None,
    public_url: PublicUrl = None,
    visitors: Visitors = False,
) -> int:
    """Start everything, print the addresses once all of it answers, and stop it together."""
    places = [
        Place(Sentence(DASHBOARDS), "--port", port),
        Place(Sentence(SERVER), "--server-port", server_port),
        *([] if no_sandbox else [Place(Sentence(SANDBOX), "--sandbox-port", sandbox_port)]),
    ]
    pages_at, server_at, *sandbox_at = (f"http://127.0.0.1:{number}" for number in reserve(places))
    home = await opened(session)
    named_in = await _named_in(session) if visitors else None
    entry, pass_ = entry_token(os.environ), secrets.token_urlsafe(32)
    people: dict[str, Person] = {pass_: Pass(name=f"{_account()} (dashboard)", role=role, visitors=visitors)}
    with tempfile.TemporaryDirectory(prefix="workbench-", ignore_cleanup_errors=True) as scratch:
        programs = [
            server_program(
                session, home, server_at, people, allow_host or (), sandbox_at, public_url=public_url
            ),
            pages_program(
                session, pages_at, entry, server_at, pass_, Path(scratch), sandbox_at, visitors=named_in
            ),
            *(sandbox_program(address) for address in sandbox_at),
        ]

        def announce(processes: Processes) -> None:
            shown = "" if os.environ.get("WORKBENCH_ENTRY") else entry  # who gave it knows it
            addresses = {"dashboards": _first_page(pages_at, shown), "server": f"{server_at}/health"}
            addresses |= dict(zip(["sandbox"], sandbox_at, strict=False))
            session.announce(
                {**addresses, "mode": _mode(session), "pids": processes.pids}, _lines(session, addresses)
            )
            say_mode(session)

        return await together(session, programs, announce, hidden=(entry, pass_))


@command("server", N_("Start the server process alone, for people with a token."), spreads=True)
async def server(
    session: Session,
    port: OwnPort = SERVER_PORT,
    allow_host: AllowHost = None,
    host_name: HostName = None,
    public_url: PublicUrl = None,
    bind: Bind = LOOPBACK,
    notice: Notice = 0.0,
    log: Log = "info",
) -> int:
    """Start the server and stop it with Ctrl-C or SIGTERM: what is under way is ended first. Its log goes to standard error."""
    check_bind(bind, [*(host_name or ()), *([public_url] if public_url else [])])
    (number,) = reserve([Place(Sentence(SERVER), "--port", port)])
    own = LOOPBACK if ip_address(bind).is_unspecified else bind
    address = f"http://{own}:{number}"
    home = await opened(session)
    program = server_program(
        session, home, address, {}, allow_host or (), host_names=[*(host_name or ()), own], public_url=public_url,
        running=Running(bind, notice, log, lambda line: typer.echo(line, err=True)),
    )  # fmt: skip

    def announce(processes: Processes) -> None:
        session.announce(
            {"server": f"{address}/health", "mode": _mode(session), "pids": processes.pids},
            _lines(session, {"server": f"{address}/health"}),
        )
        say_mode(session)

    return await together(session, [program], announce)


def server_program(
    session: Session,
    home: Home,
    address: str,
    people: dict[str, Person],
    allowed: Sequence[str],
    sandbox_at: Sequence[str] = (),
    host_names: Sequence[str] = (),
    public_url: str | None = None,
    running: Running = Running(),
) -> Program:
    """Return the server process: the one that holds key, catalogue, journal and wire. ``people`` are known to it by digest.

    It is told its own address, where a platform's stand-in calls it, that of the sandbox, where it may call back, and the one by which
    providers reach it from outside, whose name it answers to.
    """
    public = public_address(public_url) if public_url else ""
    digests = {
        hashlib.sha256(token.encode()).hexdigest(): person.model_dump() for token, person in people.items()
    }
    environ = {name: value for name, value in os.environ.items() if name not in NOT_THE_SERVERS}
    environ |= {
        "WORKBENCH_HOME": str(home.folder),
        **({"WORKBENCH_DATABASE": session.database} if session.database else {}),
        **({"WORKBENCH_CLUSTER": session.cluster} if session.cluster else {}),
        "WORKBENCH_PEOPLE": json.dumps(digests),
        "WORKBENCH_ALLOW": ",".join(allowed),
        "WORKBENCH_SERVER": address,
        "WORKBENCH_HOSTS": ",".join([*host_names, *([host_of(public)] if public else [])]),
        "WORKBENCH_LOG": running.log,
        "WORKBENCH_NOTICE": f"{running.notice_s:g}",
        **({"WORKBENCH_PUBLIC": public} if public else {}),
        **({"WORKBENCH_SANDBOX": sandbox_at[0]} if sandbox_at else {}),
        **({"WORKBENCH_LIVE": "1"} if session.live else {}),
    }
    words = [
        "uvicorn", "--factory", "workbench.server:app_from_environment", "--host", running.bind, "--port", address.rpartition(":")[2],
        "--log-level", "warning", "--no-access-log", "--no-server-header", "--no-proxy-headers", "--timeout-graceful-shutdown", "3",
    ]  # fmt: skip
    stop_s = DRAIN_S + running.notice_s
    return Program(Sentence(SERVER), words, f"{address}/health", environ, told=running.told, stop_s=stop_s)


def entry_token(environ: Mapping[str, str]) -> str:
    """Return the token that opens the pages: a new one, or that of ``WORKBENCH_ENTRY``, which a proxy in front knows too.

    Raises Refused where that one is short enough to be guessed, or no header could hold it.
    """
    given = environ.get("WORKBENCH_ENTRY", "")
    if not given:
        return secrets.token_urlsafe(24)
    if len(given) < SHORTEST_ENTRY or not re.fullmatch(r"[A-Za-z0-9._~-]+", given):
        raise Refused(
            say(
                "WORKBENCH_ENTRY is no token: it takes {least} letters and digits or more. Make one with “openssl rand -hex 24”.",
                least=SHORTEST_ENTRY,
            )
        )
    return given


def check_bind(bind: str, names: Sequence[str]) -> None:
    """Raise Refused where the server would be reached from outside and answer to no name there."""
    try:
        address = ip_address(bind)
    except ValueError:
        raise Refused(
            say(
                "“{value}” is no address of a machine for --bind. Write it like 127.0.0.1 or 0.0.0.0.",
                value=bind[:60],
            )
        ) from None
    if isinstance(address, IPv6Address):
        raise Refused(
            say("--bind takes an address like 10.0.0.5 or 0.0.0.0, not “{value}”.", value=bind[:60])
        )
    if not address.is_loopback and not names:
        raise Refused(
            say(
                "With --bind {value} others can reach the server, and it would answer to none of them. Name it with --host-name or "
                "--public-url, and put a proxy in front that speaks https.",
                value=bind,
            )
        )


def public_address(text: str) -> str:
    """Return the address by which providers reach the server, without a slash at its end. Raises Refused where it is none."""
    parts = urlsplit(text.strip())
    if (
        parts.scheme not in ("https", "http")
        or not parts.hostname
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise Refused(
            say(
                "“{value}” is not an address for --public-url. Write it like https://hooks.example.com.",
                value=text,
            )
        )
    return text.strip().rstrip("/")


def pages_program(
    session: Session,
    address: str,
    entry: str,
    server_at: str,
    pass_: str,
    scratch: Path,
    sandbox_at: Sequence[str] = (),
    *,
    visitors: ProxyIdentity | None = None,
) -> Program:
    """Return the published dashboards. Their kernels are connected: they hold no key, and no secret of this environment.

    ``visitors`` says in which headers the proxy in front names who is there; without it everybody is the one person of the pass.
    """
    settings = {
        "page": str(folder_of("dashboards")),
        "port": int(address.rpartition(":")[2]),
        "token": entry,
        "warm": WARM,
        "most": MOST,
        "lang": session.language.code,
        **(
            {"visitor_header": visitors.name_header, "groups_header": visitors.groups_header}
            if visitors
            else {}
        ),
    }
    language = session.named or os.environ.get("WORKBENCH_LANGUAGE")  # else each visitor's browser says it
    environ = without_secrets() | {
        "WORKBENCH_URL": server_at,
        "WORKBENCH_TOKEN": pass_,
        "WORKBENCH_PAGES": json.dumps(settings),
        **({"WORKBENCH_LANGUAGE": language} if language else {}),
        **({"WORKBENCH_SANDBOX": sandbox_at[0]} if sandbox_at else {}),
        # neither a person's own settings of Jupyter nor start-up files of IPython belong on a published page
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(scratch / "ipython"),
        "TMPDIR": str(scratch),
    }
    words = ["workbench.widgets.voila"]
    return Program(
        Sentence(DASHBOARDS), words, f"{address}/", environ, {"Authorization": f"token {entry}"}, scratch
    )


def sandbox_program(address: str) -> Program:
    """Return the sandbox on its port; it needs no home and no secret."""
    words = ["workbench", "sandbox", "--port", address.rpartition(":")[2]]
    return Program(Sentence(SANDBOX), words, f"{address}/health", without_secrets())


async def opened(session: Session) -> Home:
    """Return the home once all of it could be opened; what a person should know of it is said now, not first on a page."""
    async with session.bench() as bench:
        facts = await bench.about.facts()
        for notice in facts.notices:
            session.tell(notice, fg="yellow")
        return bench.house.home


async def _named_in(session: Session) -> ProxyIdentity:
    """Return the headers in which the proxy in front names people: those that were set, else the usual ones."""
    async with session.bench() as bench:
        return (await bench.people.identity()).proxy or ProxyIdentity(trusted=())


def _first_page(address: str, entry: str) -> str:
    page = f"voila/render/{FIRST_PAGE}" if (folder_of("dashboards") / FIRST_PAGE).exists() else ""
    return f"{address}/{page}?token={entry}" if entry else f"{address}/{page}"


def _lines(session: Session, addresses: dict[str, str]) -> list[str]:
    titles = {"dashboards": N_("Dashboards"), "server": N_("Server"), "sandbox": N_("Sandbox")}
    lines = [f"{session.text(titles[name]):12} {address}" for name, address in addresses.items()]
    if "sandbox" in addresses:
        lines.append(f"{'':12} {example(addresses['sandbox'])}")
    return lines


def example(address: str) -> str:
    """Return a call of the sandbox that answers as SendGrid does."""
    return (
        f"curl -i {address}/sendgrid/v3/mail/send -H 'Authorization: Bearer SG.any' -H 'Content-Type: application/json' "
        """-d '{"personalizations":[{"to":[{"email":"ada@example.com"}]}],"from":{"email":"shop@example.com"},"""
        """"subject":"Hi","content":[{"type":"text/plain","value":"Hello"}]}'"""
    )


def _mode(session: Session) -> str:
    return "live" if session.live else "rehearsal"


def say_mode(session: Session) -> None:
    """Say whether this is a rehearsal, or what is sent really reaches people."""
    if session.live:
        session.tell(
            say("LIVE: what is sent here really reaches people. Ctrl-C stops everything."),
            fg="red",
            bold=True,
        )
    else:
        session.tell(say("A rehearsal: nothing leaves this machine. Ctrl-C stops everything."))


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "owner"
