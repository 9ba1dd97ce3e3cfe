"""Gate serve: the server process with the addresses that platforms call, and beside it the stand-in that can play the platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from workbench.adapters.processes import Processes
from workbench.models.gate import Gate
from workbench.sentence import N_, Sentence, say

from .frame import command
from .send import AllowHost
from .session import Session
from .up import (
    SANDBOX,
    SANDBOX_PORT,
    SERVER,
    SERVER_PORT,
    HostName,
    NoSandbox,
    SandboxPort,
    opened,
    sandbox_program,
    say_mode,
    server_program,
)
from .watch import Place, reserve, together

GatePort = Annotated[
    int, typer.Option("--port", metavar="NUMBER", help=N_("The port of the server; 0 takes any free one."))
]


@command("gate serve", N_("Receive the hooks of platforms, decide and answer them. Ctrl-C stops it."))
async def serve(
    session: Session,
    port: GatePort = SERVER_PORT,
    sandbox_port: SandboxPort = SANDBOX_PORT,
    no_sandbox: NoSandbox = False,
    allow_host: AllowHost = None,
    host_name: HostName = None,
) -> int:
    """Start the server, and in a rehearsal the sandbox, and say each gate's address."""
    sandbox = not (no_sandbox or session.live)
    places = [Place(Sentence(SERVER), "--port", port)]
    places += [Place(Sentence(SANDBOX), "--sandbox-port", sandbox_port)] if sandbox else []
    server_at, *sandbox_at = (f"http://127.0.0.1:{number}" for number in reserve(places))
    # without a sandbox of ours, “gate verify --port” may play the platform there
    plays_at = sandbox_at or ([] if session.live else [f"http://127.0.0.1:{sandbox_port}"])
    home = await opened(session)
    async with session.bench() as bench:
        gates = await bench.gates.list()
    programs = [
        server_program(session, home, server_at, {}, allow_host or (), plays_at, host_name or ()),
        *(sandbox_program(address) for address in sandbox_at),
    ]

    def announce(processes: Processes) -> None:
        document = {
            "server": f"{server_at}/health",
            "gates": {gate.settings.key: _where(server_at, gate) for gate in gates},
            **({"sandbox": sandbox_at[0]} if sandbox_at else {}),
            "pids": processes.pids,
        }
        session.announce(document, _lines(session, server_at, gates))
        say_mode(session)

    return await together(session, programs, announce)


def _where(server_at: str, gate: Gate) -> str:
    """Return where the platform delivers: the server's address for this gate, or its queue."""
    return gate.settings.queue_url if gate.settings.kind == "sqs" else f"{server_at}/gate/{gate.settings.key}"


def _lines(session: Session, server_at: str, gates: list[Gate]) -> Iterator[str]:
    if not gates:
        yield session.text(
            N_("There is no gate yet. Make one on the page “Send gates”; its address works at once.")
        )
    for gate in gates:
        state = N_("open") if gate.open else N_("closed")
        yield session.text(
            say(
                "{name} ({state}): {address}",
                name=gate.settings.name, state=Sentence(state), address=_where(server_at, gate),
            )
        )  # fmt: skip
