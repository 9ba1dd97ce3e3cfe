"""GATE SET-UP: how a gate is joined to the platform: its address to copy, the steps there, whence the platform calls."""

from __future__ import annotations

from workbench.models.gate import Gate
from workbench.sentence import N_, say
from workbench.services.gates import GateAddress

from . import look
from .around import Around
from .headline import Headline
from .piece import CopyButton, said
from .tables import table

__all__ = ["base_of", "setup"]


def base_of(around: Around) -> str:
    """Return the address by which this page reaches the server process, or an empty text where it holds the workbench itself."""
    where = around.bench.where if hasattr(around.bench, "where") else getattr(around.bench, "_where", "")
    return where if where.startswith("http") else ""


async def setup(around: Around, gate: Gate) -> look.Stack:
    """Return what a person needs to set a gate up in the platform."""
    told = await around.bench.gates.address(gate.id)
    if told.kind == "http" and told.url.startswith("/"):
        told = await around.bench.gates.address(gate.id, base_of(around))
    panel = look.stack(
        Headline(say("Set up “{name}” in the platform", name=gate.settings.name), level=3),
        *(
            look.banner("warn" if problem.level == "warning" else "info", problem.sentence)
            for problem in told.problems
        ),
        look.code_block(told.url, said(N_("Address") if told.kind == "http" else N_("Queue")), N_("Copy")),
        look.show(_steps(told)),
        *([_callers(told)] if told.kind == "http" else []),
        look.show(_sources(told)),
    )
    panel.add_class("wb-panel")
    return panel


def _steps(told: GateAddress) -> look.Html:
    items = look.Html("").join(look.markup("<li>{text}</li>", text=said(step)) for step in told.steps)
    return look.markup('<ol class="wb-todo">{items}</ol>', items=items)


def _callers(told: GateAddress) -> look.Stack:
    rows = [[server, address] for server, address in told.source_ips]
    every = "\n".join(address for _, address in told.source_ips)
    return look.stack(
        look.show(
            N_(
                "The platform calls from one of these addresses, by the name of your account's server. Let them through your firewall."
            )
        ),
        table([N_("Server"), N_("Address")], rows, N_("Addresses the platform calls from")),
        look.buttons(CopyButton(every, N_("Copy the addresses")), align="start"),
        gap="small",
    )


def _sources(told: GateAddress) -> look.Html:
    links = ((N_("Send Gate Plus"), told.source), (N_("Webhooks and their addresses"), told.source_ips_at))
    items = look.Html(" · ").join(
        look.markup('<a href="{url}" target="_blank" rel="noreferrer">{text}</a>', url=url, text=said(text))
        for text, url in links
    )
    return look.markup(
        '<p class="wb-hint">{title} {items}</p>', title=said(N_("In the platform's own help:")), items=items
    )
