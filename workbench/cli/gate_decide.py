"""Gate decide: the contacts of a whole file decided by a saved gate's rules, with a reason for each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.models.decided import DecidedFile
from workbench.sentence import N_, say

from .codes import INPUT, OK
from .frame import command
from .session import Session


@command(
    "gate decide", N_("Decide the contacts of a file by a gate's rules; nothing is sent."), busy=True, spreads=True
)  # fmt: skip
async def decide(
    session: Session,
    gate: Annotated[str, typer.Argument(metavar="GATE", help=N_("Its id, key or name."), show_default=False)],
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help=N_("Lines of JSON, CSV or Parquet; one contact each, with its id."), show_default=False),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", metavar="FOLDER", help=N_("An empty folder for the verdicts."), show_default=False),
    ],
    csv: Annotated[bool, typer.Option("--csv", help=N_("Write the verdicts as CSV, not as lines of JSON."))] = False,
    action: Annotated[
        list[str] | None,
        typer.Option("--action", metavar="NAME", help=N_("An action of the sendout that rules count for."), show_default=False),
    ] = None,
) -> int:  # fmt: skip
    """Say what was decided, counted by reason. The code is 0 where every row is a contact, else 2. Called again it goes on."""
    async with session.bench() as bench:
        told = await bench.decisions.decide(
            gate, file, output, form="csv" if csv else "ndjson", actions=action or ()
        )
    session.show(told.model_dump(mode="json"), _lines(session, told, output))
    return INPUT if told.bad else OK


def _lines(session: Session, told: DecidedFile, output: Path) -> list[str]:
    lines = [session.text(say(
        "Decided: {accepted} accepted, {rejected} rejected, {bad} rows that are no contact.",
        accepted=told.accepted, rejected=told.rejected, bad=told.bad,
    ))]  # fmt: skip
    width = max((len(str(one.rows)) for one in told.reasons), default=1)
    for one in told.reasons:
        reason = session.text(one.reason) or session.text(say("No rule fits."))
        lines.append(f"  {one.rows:>{width}}  {one.verdict}  {one.rule or '–'}: {reason}")
    if told.fell_back:
        lines.append(session.text(say(
            "For {count} values a live check gave no answer, so its stated fallback counted.", count=told.fell_back
        )))  # fmt: skip
    written = say("The verdicts are in {folder} ({files} files).", folder=str(output), files=len(told.files))
    return [*lines, session.text(written)]
