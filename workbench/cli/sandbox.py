"""Sandbox: the stand-ins of all providers on a port, for any client: an SDK, curl, a shop's own code."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault, parse_fault
from workbench.sandbox.port import serve
from workbench.sentence import N_, Sentence, say

from .frame import command
from .session import Session
from .up import SANDBOX, SANDBOX_PORT, OwnPort, example
from .watch import Place, reserve, until_asked

FaultOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        help=N_(
            "What goes wrong: throttled, or sendgrid:latency;seconds=0.2;share=0.5;seed=7. May be repeated."
        ),
        show_default=False,
    ),
]


@command("sandbox", N_("Serve the stand-ins of all providers on a port. Ctrl-C stops it."))
async def sandbox(session: Session, port: OwnPort = SANDBOX_PORT, fault: FaultOption = None) -> int:
    """Serve the sandbox until Ctrl-C or SIGTERM."""
    stand_ins = Sandbox(faults=_faults(fault or ()))
    (number,) = reserve([Place(Sentence(SANDBOX), "--port", port)])

    def announce(address: str) -> None:
        session.announce({"sandbox": address, "providers": list(stand_ins.apps)}, [address, example(address)])

    return await until_asked(serve(number, stand_ins, ready=announce))


def _faults(texts: list[str] | tuple[()]) -> dict[str, tuple[Fault, ...]]:
    """Return the faults by provider; one without a provider's key is for all of them."""
    known = Sandbox().apps
    found: dict[str, tuple[Fault, ...]] = {}
    for text in texts:
        provider, sign, rest = text.partition(":")
        key, fault = (provider, rest) if sign else ("*", text)
        if key != "*" and key not in known:
            sentence = say(
                "There is no stand-in “{key}”. Known are: {known}.", key=key[:40], known=", ".join(known)
            )
            raise Invalid([Problem(field="fault", sentence=sentence)])
        found[key] = (*found.get(key, ()), parse_fault(fault))
    return found
