"""Run: a table sent row by row through an integration, or as an event: looked through first, then sent, then told row by row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.bench import Workbench
from workbench.engine.outcome_file import outcome_lines
from workbench.errors import CannotWrite, Invalid, Refused
from workbench.models.run import CheckedFilter, Mapped, Preflight, RowOutcome, Run, RunPlan, Table
from workbench.models.work import JobConfirmation
from workbench.sentence import N_, say

from .codes import INPUT, OK, code_of_job
from .contacts import read_variable
from .following import work_on
from .frame import command
from .send import AllowHost, ConfirmHost, Var
from .session import Session, at_a_terminal
from .steering import invalid

PAGE = 500
TOLD = 20
"""Rows with problems that are told one by one."""

ConfirmRows = Annotated[
    int | None,
    typer.Option("--confirm-rows", metavar="NUMBER", help=N_("With --live: how many rows you mean to send."), show_default=False),
]  # fmt: skip


@command(
    "run", N_("Send a table row by row: look at every row first, then send those that can go."), busy=True
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
            table_id=table.id, mapping=_mapping(mapping or (), var or ()), on_bad="skip" if skip_bad else "stop", dry_run=dry_run,
            guard=guard_min > 0, guard_min=guard_min, ask_consent=consent, at_once=at_once,
        )  # fmt: skip
        made = await _planned(session, bench, plan, table)
        made = await bench.runs.check(made.id)
        made = await bench.runs.wait(made.id)
        seen = made.preflight or Preflight()
        await _tell(session, bench, made, seen)
        if (seen.bad and not skip_bad) or not seen.ready:
            session.show(_document(session, made, seen, None), ())
            await bench.runs.delete(made.id)
            return INPUT
        made = await bench.runs.start(made.id, _confirmed(session, seen, confirm_host, confirm_rows, dry_run))
        made = await bench.runs.wait(made.id)
        code = await _followed(session, bench, made, seen)
        if outcomes is not None:
            await _write(session, bench, made, outcomes, spreadsheet)
            session.tell(say("What became of each row stands in {file}.", file=str(outcomes)))
        return code


async def _way(bench: Workbench, through: str, event: str) -> str:
    if through:
        return (await bench.integrations.get(through)).id
    if event:
        return (await bench.events.get(event)).integration_id or ""
    raise invalid("through", say("Say what sends it: --through INTEGRATION, or --event EVENT."))


async def _event(bench: Workbench, event: str) -> str | None:
    return (await bench.events.get(event)).id if event else None


def _mapping(columns: Sequence[str], constants: Sequence[str]) -> tuple[Mapped, ...]:
    """Return which column, or which constant, fills which field, as the person said it."""
    found = []
    for text in columns:
        target, sign, column = text.partition("=")
        if not sign or not target or not column:
            raise invalid("map", say("“{text}” maps nothing. Write it as field=column.", text=text[:60]))
        found.append(Mapped(target=target, column=column))
    return (*found, *(Mapped(target=name, constant=value) for name, value in map(read_variable, constants)))


async def _planned(session: Session, bench: Workbench, plan: RunPlan, table: Table) -> Run:
    """Return the run with what was named, and columns of the same name for all fields that were not."""
    # what is wrong with one of the first rows is told of that row, as of every other
    blocking = [problem for problem in table.problems if problem.blocks and problem.line in (None, 1)]
    if blocking:
        raise Invalid(blocking)
    unknown = [one.column for one in plan.mapping if one.column and one.column not in table.columns]
    if unknown:
        raise invalid(
            "map",
            say(
                "There is no column “{column}”. The table has: {columns}.",
                column=unknown[0][:60],
                columns=", ".join(table.columns)[:400],
            ),
        )
    made = await bench.runs.plan(plan.model_copy(update={"mapping": ()}))
    named, used = {one.target for one in plan.mapping}, {one.column for one in plan.mapping if one.column}
    found = [one for one in made.plan.mapping if one.target not in named and one.column not in used]
    whole = (*plan.mapping, *found)
    return await bench.runs.change(made.id, made.plan.model_copy(update={"mapping": whole}))


async def _tell(session: Session, bench: Workbench, made: Run, seen: Preflight) -> None:
    """Say what looking at every row found."""
    if session.json:
        return
    session.tell(
        say(
            "{total} rows: {ready} can go, {bad} cannot, {left_out} are left out.",
            total=seen.total, ready=seen.ready, bad=seen.bad, left_out=seen.left_out,
        ),
        fg="green" if seen.ready == seen.total else "yellow",
    )  # fmt: skip
    for found in seen.problems:
        session.tell(
            say(
                "  {count} × {field}: {sentence}",
                count=found.rows,
                field=found.field,
                sentence=found.sentence,
            )
        )
    wanted = CheckedFilter(states=("bad", "left_out"), limit=TOLD)
    for row in await bench.runs.rows(made.id, wanted):
        why = row.problems[-1].sentence if row.problems else N_("left out")
        session.tell(say("  row {row}: {sentence}", row=row.number, sentence=why))
    if seen.seconds:
        session.tell(
            say("At the account's pace this takes about {seconds} s.", seconds=max(1, round(seen.seconds)))
        )


def _confirmed(
    session: Session, seen: Preflight, host: str | None, rows: int | None, dry_run: bool
) -> JobConfirmation | None:
    """Return the second, deliberate step of a live run: from the options, else asked; a rehearsal and a dry run need none."""
    if not session.live or dry_run:
        return None
    if host is not None and rows is not None:
        return JobConfirmation(host=host, rows=rows)
    if session.json or not at_a_terminal():
        raise Refused(
            say(
                "This really sends {rows} messages. Confirm it with --confirm-host and --confirm-rows {rows}.",
                rows=seen.ready,
            )
        )
    session.tell(
        say(
            "This really sends {rows} messages. Type host and number; anything else stops it.",
            rows=seen.ready,
        ),
        fg="yellow",
    )
    return JobConfirmation(
        host=host or typer.prompt(session.text(N_("Host")), err=True),
        rows=rows if rows is not None else typer.prompt(session.text(N_("Messages")), type=int, err=True),
    )


async def _followed(session: Session, bench: Workbench, made: Run, seen: Preflight) -> int:
    """Stay until every row is at its end, and say how it went."""
    job_id = made.job_id or ""
    progress = await work_on(session, bench, job_id, f"workbench work resume {job_id}")
    summary = await bench.runs.summary(made.id)

    def lines() -> Iterator[str]:
        if made.plan.dry_run:
            yield session.text(
                say("Nothing was sent: {count} requests were made, as a dry run.", count=summary.rehearsed)
            )
            return
        counts = progress.job.counts
        yield session.text(
            say(
                "{accepted} accepted, {failed} failed, {uncertain} uncertain, {invalid} not sent. Job {job}.",
                accepted=counts.accepted, failed=counts.failed, uncertain=counts.uncertain, invalid=counts.invalid, job=job_id,
            )
        )  # fmt: skip

    session.show(_document(session, made, seen, progress.job.counts.model_dump()), lines())
    if made.plan.dry_run:
        return OK
    code = code_of_job(progress.job)
    return INPUT if code == OK and (seen.bad or seen.left_out) else code


def _document(
    session: Session, made: Run, seen: Preflight, counts: dict[str, int] | None
) -> dict[str, object]:
    return {
        "run": made.id, "job": made.job_id, "dry_run": made.plan.dry_run, "total": seen.total, "ready": seen.ready, "bad": seen.bad,
        "left_out": seen.left_out, "counts": counts,
        "problems": [
            {"field": one.field, "rows": one.rows, "first": one.first, "sentence": session.text(one.sentence)} for one in seen.problems
        ],
    }  # fmt: skip


async def _write(session: Session, bench: Workbench, made: Run, file: Path, spreadsheet: bool) -> None:
    """Write what became of each row; the file is complete or, where it cannot be written, CannotWrite says why."""
    rows = [one async for one in _all(bench, made)]
    try:
        with file.open("w", encoding="utf-8", newline="") as opened:
            opened.writelines(outcome_lines(rows, spreadsheet=spreadsheet, words=session.text))
    except OSError as error:
        raise CannotWrite(
            say("{file} cannot be written: {reason}.", file=str(file), reason=error.strerror or "")
        ) from None


async def _all(bench: Workbench, made: Run) -> AsyncIterator[RowOutcome]:
    after = 0
    while page := await bench.runs.outcomes(made.id, after, PAGE):
        for one in page:
            yield one
        after = page[-1].row
