"""Run steps: what the commands that send a table share: the mapping, what looking at every row found, the confirmation, the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import typer

from workbench.bench import Workbench
from workbench.engine.event_mapping import propose_columns
from workbench.engine.outcome_file import outcome_lines
from workbench.errors import CannotWrite, Invalid, Refused
from workbench.models.run import CheckedFilter, Mapped, Preflight, RowOutcome, Run, RunPlan, Table
from workbench.models.work import JobConfirmation
from workbench.sentence import N_, say

from .codes import INPUT, OK, code_of_job
from .contacts import read_variable
from .following import work_on
from .session import Session, at_a_terminal
from .steering import invalid

PAGE = 500
TOLD = 20
"""Rows with problems that are told one by one."""


class Confirm(NamedTuple):
    """What a live run is confirmed with on the command line; both, or the person is asked."""

    host: str | None = None
    rows: int | None = None


async def carried_out(
    session: Session,
    bench: Workbench,
    plan: RunPlan,
    table: Table,
    confirm: Confirm,
    *,
    outcomes: Path | None = None,
    spreadsheet: bool = False,
) -> tuple[int, Run | None]:
    """Look at every row, send what can go, and say how it went.

    Returns the exit code, 0 only when every row was taken, and the run; None where nothing was sent, and the run is deleted again.
    """
    made = await planned(bench, plan, table)
    made = await bench.runs.check(made.id)
    made = await bench.runs.wait(made.id)
    seen = made.preflight or Preflight()
    await tell_seen(session, bench, made, seen)
    if (seen.bad and plan.on_bad == "stop") or not seen.ready:
        session.show(document(session, made, seen, None), ())
        await bench.runs.delete(made.id)
        return INPUT, None
    made = await bench.runs.start(made.id, await _confirmed(session, bench, made, seen, confirm))
    made = await bench.runs.wait(made.id)
    code = await followed(session, bench, made, seen)
    if outcomes is not None:
        await write_outcomes(session, bench, made, outcomes, spreadsheet=spreadsheet)
        session.tell(say("What became of each row stands in {file}.", file=str(outcomes)))
    return code, made


def read_mapping(columns: Sequence[str], constants: Sequence[str]) -> tuple[Mapped, ...]:
    """Return which column, or which constant, fills which field, as the person said it."""
    found = []
    for text in columns:
        target, sign, column = text.partition("=")
        if not sign or not target or not column:
            raise invalid("map", say("“{text}” maps nothing. Write it as field=column.", text=text[:60]))
        found.append(Mapped(target=target, column=column))
    return (*found, *(Mapped(target=name, constant=value) for name, value in map(read_variable, constants)))


async def planned(bench: Workbench, plan: RunPlan, table: Table) -> Run:
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
    named, used = {one.target for one in plan.mapping}, {one.column for one in plan.mapping if one.column}
    targets = [
        one
        for one in await bench.runs.targets(plan.integration_id, plan.event_id, plan.sync)
        if one.key not in named
    ]
    found = propose_columns(targets, [column for column in table.columns if column not in used])
    return await bench.runs.plan(plan.model_copy(update={"mapping": (*plan.mapping, *found)}))


async def tell_seen(session: Session, bench: Workbench, made: Run, seen: Preflight) -> None:
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


async def _confirmed(
    session: Session, bench: Workbench, made: Run, seen: Preflight, confirm: Confirm
) -> JobConfirmation | None:
    """Return the second, deliberate step of a live run: from the options, else asked; a rehearsal and a dry run need none."""
    if not session.live or made.plan.dry_run:
        return None
    if confirm.host is not None and confirm.rows is not None:
        return JobConfirmation(host=confirm.host, rows=confirm.rows)
    host = await bench.runs.host(made.id)
    if session.json or not at_a_terminal():
        raise Refused(
            say(
                "This really sends {rows} rows. Confirm it with --confirm-host {host} --confirm-rows {rows}.",
                rows=seen.ready,
                host=host,
            )
        )
    session.tell(
        say(
            "This really sends {rows} rows to {host}. Type both again; anything else stops it.",
            rows=seen.ready,
            host=host,
        ),
        fg="yellow",
    )
    return JobConfirmation(
        host=confirm.host or typer.prompt(session.text(N_("Host")), err=True),
        rows=confirm.rows
        if confirm.rows is not None
        else typer.prompt(session.text(N_("Rows")), type=int, err=True),
    )


async def followed(session: Session, bench: Workbench, made: Run, seen: Preflight) -> int:
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
        if made.plan.sync is not None and made.plan.sync.how == "import":
            yield session.text(
                say("{taken} of {parts} files were taken whole. Job {job}.", taken=counts.accepted, parts=counts.total, job=job_id)
            )  # fmt: skip
            return
        yield session.text(
            say(
                "{accepted} accepted, {failed} failed, {uncertain} uncertain, {invalid} not sent. Job {job}.",
                accepted=counts.accepted, failed=counts.failed, uncertain=counts.uncertain, invalid=counts.invalid, job=job_id,
            )
        )  # fmt: skip

    session.show(document(session, made, seen, summary.counts.model_dump()), lines())
    if made.plan.dry_run:
        return OK
    code = code_of_job(progress.job)
    return INPUT if code == OK and (seen.bad or seen.left_out) else code


def document(
    session: Session, made: Run, seen: Preflight, counts: dict[str, int] | None
) -> dict[str, object]:
    """Return a run as a machine reads it."""
    return {
        "run": made.id, "job": made.job_id, "dry_run": made.plan.dry_run, "total": seen.total, "ready": seen.ready, "bad": seen.bad,
        "left_out": seen.left_out, "counts": counts,
        "problems": [
            {"field": one.field, "rows": one.rows, "first": one.first, "sentence": session.text(one.sentence)} for one in seen.problems
        ],
    }  # fmt: skip


async def write_outcomes(
    session: Session, bench: Workbench, made: Run, file: Path, spreadsheet: bool
) -> None:
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
