"""Run: a table sent row by row through an integration, or as an event: looked through first, then sent, then told row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.bench import Workbench
from workbench.models.run import RunPlan
from workbench.sentence import N_, say

from .frame import command
from .run_steps import Confirm, carried_out, read_mapping
from .send import AllowHost, ConfirmHost, Var
from .session import Session
from .steering import invalid

ConfirmRows = Annotated[
    int | None,
    typer.Option("--confirm-rows", metavar="NUMBER", help=N_("With --live: how many rows you mean to send."), show_default=False),
]  # fmt: skip


@command(
    "run",
    N_("Send a table row by row: look at every row first, then send those that can go."),
    busy=True,
    spreads=True,
)
async def run(
    session: Session,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=N_("The table: CSV, Parquet or JSON lines."), show_default=False)
    ],
    through: Annotated[
        str, typer.Option("--through", metavar="INTEGRATION", help=N_("The integration that sends it: its id or name."), show_default=False)
    ] = "",
    event: Annotated[
        str, typer.Option("--event", metavar="EVENT", help=N_("The event that each row becomes: its id or name."), show_default=False)
    ] = "",
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="FIELD=COLUMN",
            help=N_("Which column fills a field; columns of the same name are found by themselves. May be repeated."), show_default=False,
        ),
    ] = None,
    var: Var = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help=N_("Send the rows that can go, and leave bad ones out; else one bad row stops all."))
    ] = False,
    consent: Annotated[
        Literal["", "commercial", "transactional"],
        typer.Option("--consent", help=N_("Ask the consent ledger before each row, for messages of this kind."), show_default=False),
    ] = "",
    guard_min: Annotated[
        int, typer.Option("--guard", metavar="MINUTES", min=0, max=10_080, help=N_("Leave out what went so within so many minutes."))
    ] = 10,
    encoding: Annotated[
        str, typer.Option("--encoding", metavar="NAME", help=N_("Of a text file; else it is found out."), show_default=False)
    ] = "",
    delimiter: Annotated[
        str, typer.Option("--delimiter", metavar="SIGN", help=N_("Between cells; else it is found out."), show_default=False)
    ] = "",
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help=N_("How you find it again; else the file's name."), show_default=False)
    ] = "",
    at_once: Annotated[
        int, typer.Option("--at-once", metavar="NUMBER", min=1, max=1024, help=N_("How many may be under way together."))
    ] = 64,
    outcomes: Annotated[
        Path | None,
        typer.Option("--outcomes", metavar="FILE", help=N_("Where to write what became of each row, as CSV."), show_default=False),
    ] = None,
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help=N_("With --outcomes: made safe for a spreadsheet, which runs cells like =A1."))
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=N_("Make every request and send none."))] = False,
    confirm_host: ConfirmHost = None,
    confirm_rows: ConfirmRows = None,
    allow_host: AllowHost = None,
) -> int:  # fmt: skip
    """Look through a table, send it, and say how it went. The code is 0 only when every row was taken."""
    async with session.bench(allow_host or ()) as bench:
        table = await bench.runs.place(file, encoding=encoding, delimiter=delimiter)
        plan = RunPlan(
            title=title or table.name[:120], integration_id=await _way(bench, through, event), event_id=await _event(bench, event),
            table_id=table.id, mapping=read_mapping(mapping or (), var or ()), on_bad="skip" if skip_bad else "stop", dry_run=dry_run,
            guard=guard_min > 0, guard_min=guard_min, ask_consent=consent, at_once=at_once,
        )  # fmt: skip
        confirm = Confirm(confirm_host, confirm_rows)
        code, _ = await carried_out(
            session, bench, plan, table, confirm, outcomes=outcomes, spreadsheet=spreadsheet
        )
        return code


async def _way(bench: Workbench, through: str, event: str) -> str:
    if through:
        return (await bench.integrations.get(through)).id
    if event:
        return (await bench.events.get(event)).integration_id or ""
    raise invalid("through", say("Say what sends it: --through INTEGRATION, or --event EVENT."))


async def _event(bench: Workbench, event: str) -> str | None:
    return (await bench.events.get(event)).id if event else None
