"""Work: jobs of many messages: started, watched, paused, resumed, cancelled and replayed.

Without ``--url`` this process works on the job while the command runs. With it a server process does, and the command looks on.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench.bench import Workbench
from workbench.errors import NotFound, Refused
from workbench.models.work import (
    ROW_STATES,
    Job,
    JobConfirmation,
    JobFilter,
    JobOptions,
    ReplayPreview,
    RowFilter,
    RowState,
)
from workbench.sentence import N_, say

from . import standing
from .codes import OK, REFUSED_HERE, REFUSED_THERE, STOPPED, code_of_job
from .filling import fill
from .frame import command
from .send import AllowHost, ConfirmHost, Name
from .session import Session, at_a_terminal
from .steering import MOST_JOBS, Detach, Id, Url, follow, invalid, joined, one, show

MOST_ROWS = 50

Yes = Annotated[bool, typer.Option("--yes", help=N_("Do not ask."))]
ConfirmRows = Annotated[
    int | None,
    typer.Option(
        "--confirm-rows",
        metavar="NUMBER",
        help=N_("With --live: how many messages you mean to send."),
        show_default=False,
    ),
]


@command("work list", N_("List the jobs that are not at their end."))
async def list_all(
    session: Session,
    every: Annotated[bool, typer.Option("--all", help=N_("Those that have ended too."))] = False,
    url: Url = None,
) -> None:
    """List the jobs, the newest first."""
    async with session.bench(url=url) as bench:
        found = await bench.work.jobs(JobFilter(live=not every, limit=MOST_JOBS))
    nothing = session.text(N_("There is no such job. Start one with “workbench work start”."))
    session.show(
        [standing.document(session, progress) for progress in found],
        standing.table(session, found) if found else [nothing],
    )


@command("work status", N_("Say how a job goes, and why rows were not taken."))
async def status(
    session: Session,
    job: Id,
    rows: Annotated[
        list[str] | None,
        typer.Option(
            "--rows", metavar="STATE", help=N_("Rows in this state too. May be repeated."), show_default=False
        ),
    ] = None,
    url: Url = None,
) -> int:
    """Say how a job goes. The code is 0 while nothing went wrong."""
    states = row_states("rows", rows or ())
    async with session.bench(url=url) as bench:
        progress = await one(bench, job)
        wanted = RowFilter(states=states, limit=MOST_ROWS)
        found = await bench.work.rows(progress.job.id, wanted) if states else None
    show(session, progress, found)
    if progress.interrupted:
        return REFUSED_THERE
    code = code_of_job(progress.job)
    return OK if code == STOPPED else code


@command("work start", N_("Send to many contacts through a saved integration."), busy=True, spreads=True)
async def start(
    session: Session,
    integration: Name,
    contacts: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=N_("The contacts: CSV with a header row, JSON lines, a JSON list, or one identifier a line; - reads standard input."),
            show_default=False,
        ),
    ],
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help=N_("How you find it again; else the integration's name."), show_default=False)
    ] = "",
    at_once: Annotated[
        int, typer.Option("--at-once", metavar="NUMBER", min=1, max=1024, help=N_("How many may be under way together."))
    ] = 64,
    repeat: Annotated[
        Literal["idempotent", "always", "never"],
        typer.Option(
            "--repeat",
            help=N_("Messages of unknown end go again: if the call takes each id once (idempotent), always, or never."),
        ),
    ] = "idempotent",
    record: Annotated[
        Literal["exchange", "outcome"],
        typer.Option("--record", help=N_("What the journal keeps of accepted messages: the exchange, or its outcome alone.")),
    ] = "exchange",
    confirm_host: ConfirmHost = None,
    confirm_rows: ConfirmRows = None,
    allow_host: AllowHost = None,
    detach: Detach = False,
    url: Url = None,
) -> int:  # fmt: skip
    """Make a job, fill it from the file, start it, and stay with it."""
    if len(title) > 120:
        raise invalid("title", say("The title is longer than 120 characters. Shorten it."))
    options = JobOptions(title=title, at_once=at_once, repeat=repeat, record=record)
    async with joined(session, url, detach, allow_host) as bench:
        filled = await fill(session, bench, integration, contacts, options)
        async with _undone(bench, filled.job.id):
            confirmation = confirmed(session, filled.job, confirm_host, confirm_rows)
            progress = await bench.work.start(filled.job.id, confirmation)
        return await follow(session, bench, progress, url, detach, filled)


@command("work pause", N_("Let a job rest; what is under way is brought to its end."))
async def pause(session: Session, job: Id, url: Url = None) -> None:
    """Pause a job, whichever process works on it."""
    async with session.bench(url=url) as bench:
        progress = await bench.work.pause((await one(bench, job)).job.id)
    show(session, progress)


@command(
    "work resume", N_("Go on with a job that rests, was stopped or was interrupted."), busy=True, spreads=True
)
async def resume(
    session: Session, job: Id, allow_host: AllowHost = None, detach: Detach = False, url: Url = None
) -> int:
    """Go on with a job where it was."""
    async with joined(session, url, detach, allow_host) as bench:
        progress = await bench.work.resume((await one(bench, job)).job.id)
        return await follow(session, bench, progress, url, detach)


@command("work cancel", N_("End a job for good; what waits stays undone."))
async def cancel(session: Session, job: Id, yes: Yes = False, url: Url = None) -> None:
    """Cancel a job, whichever process works on it."""
    async with session.bench(url=url) as bench:
        found = (await one(bench, job)).job
        if not yes:
            question = say(
                "Cancel “{title}”? {count} messages stay undone.", title=found.title, count=found.counts.open
            )
            session.sure(question, say("Nothing was cancelled."))
        progress = await bench.work.cancel(found.id)
    show(session, progress)


@command(
    "work replay",
    N_("Send rows again that failed: first shows who would get what twice."),
    busy=True,
    spreads=True,
)
async def replay(
    session: Session,
    job: Id,
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help=N_("Rows that are failed (as without this), uncertain, invalid, cancelled or accepted. May be repeated."),
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="TIME", help=N_("Rows that ended then or later: 2026-03-01T08:00, in UTC."), show_default=False
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help=N_("Rows that ended then or earlier."), show_default=False)
    ] = None,
    yes: Yes = False,
    allow_host: AllowHost = None,
    detach: Detach = False,
    url: Url = None,
) -> int:  # fmt: skip
    """Show who would get what twice, ask, and attempt those rows again."""
    wanted = RowFilter(
        states=row_states("state", state or ["failed"]),
        since=moment("since", since),
        until=moment("until", until),
    )
    async with joined(session, url, detach, allow_host) as bench:
        found = (await one(bench, job)).job
        preview = await bench.work.preview_replay(found.id, wanted)
        if not preview.total:
            raise NotFound(say("No row of “{title}” fits. Name others with --state.", title=found.title))
        if not session.json:
            session.show(None, standing.preview_lines(session, preview))
        if not yes:
            if session.json or not at_a_terminal():
                return _only_shown(session, preview)
            question = say("Send to these {count} again?", count=preview.total)
            session.sure(question, say("Nothing was sent."))
        progress = await bench.work.replay(found.id, wanted, preview.token)
        return await follow(session, bench, progress, url, detach, preview=preview)


def confirmed(session: Session, job: Job, host: str | None, rows: int | None) -> JobConfirmation | None:
    """Return the second, deliberate step of a live job: from the options, else asked; a rehearsal needs none."""
    total = job.counts.total
    if job.mode == "rehearsal":
        return None
    if host is not None and rows is not None:
        return JobConfirmation(host=host, rows=rows)
    if session.json or not at_a_terminal():
        raise Refused(
            say(
                "This really sends {rows} messages. Confirm it with --confirm-host {host} --confirm-rows {rows}.",
                rows=total, host=job.host,
            )
        )  # fmt: skip
    session.tell(
        say(
            "This really sends {rows} messages through {host}. Type both again; anything else stops it.",
            rows=total, host=job.host,
        ),
        fg="yellow",
    )  # fmt: skip
    return JobConfirmation(
        host=host or typer.prompt(session.text(N_("Host")), err=True),
        rows=rows if rows is not None else typer.prompt(session.text(N_("Messages")), type=int, err=True),
    )


def row_states(option: str, texts: Sequence[str]) -> tuple[RowState, ...]:
    """Return the states of rows that a person typed."""
    found = tuple(state for state in ROW_STATES if state in texts)
    for text in texts:
        if text not in ROW_STATES:
            raise invalid(
                option,
                say(
                    "“{text}” is no state of a row. Choose among: {states}.",
                    text=text[:40],
                    states=", ".join(ROW_STATES),
                ),
            )
    return found


def moment(option: str, text: str | None) -> datetime | None:
    """Return a moment that a person typed, in UTC where no other zone is named."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(option, say("This is no time. Write it like 2026-03-01T08:00, in UTC.")) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _only_shown(session: Session, preview: ReplayPreview) -> int:
    """End where nobody can say yes: the preview is the result."""
    sentence = say("Nothing was sent. Repeat the command with --yes if you mean it.")
    session.tell(sentence, fg="yellow")
    if session.json:
        session.show({"preview": standing.preview_document(session, preview), "sent": False}, ())
    return REFUSED_HERE


@contextlib.asynccontextmanager
async def _undone(bench: Workbench, id: str) -> AsyncIterator[None]:
    """Cancel a job that was filled and could not be started, so that nobody starts it later by mistake."""
    try:
        yield
    except BaseException:
        await bench.work.cancel(id)
        raise
