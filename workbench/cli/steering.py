"""Steering: what the commands that work on a job have in common: which job, where it is worked on, and staying with it."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import typer

from workbench.bench import Workbench
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import Problem
from workbench.models.work import JobFilter, Progress, ReplayPreview, Row, RowState
from workbench.sentence import N_, Sentence, say

from . import standing
from .codes import INPUT, OK, STOPPED, code_of_job
from .filling import Filled
from .following import look_on, work_on
from .session import Session

SHORTEST = 6
"""Characters of an id's beginning that may stand for the whole."""
MOST_JOBS = 500
NOT_TAKEN: tuple[RowState, ...] = ("failed", "uncertain", "invalid")
"""The states of rows at their end that the provider did not say it took."""

Id = Annotated[
    str,
    typer.Argument(
        metavar="JOB", help=N_("Its id, or the first six characters of it or more."), show_default=False
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        envvar="WORKBENCH_URL",
        help=N_(
            "The server process that does it, with the token in WORKBENCH_TOKEN; else this process does."
        ),
        show_default=False,
    ),
]
Detach = Annotated[
    bool, typer.Option("--detach", help=N_("With --url: return at once; the server goes on with it."))
]


async def one(bench: Workbench, id: str) -> Progress:
    """Return the job of this id, or the only one whose id begins so; NotFound otherwise."""
    try:
        return await bench.work.job(id)
    except NotFound:
        if len(id) < SHORTEST:
            raise
    jobs = await bench.work.jobs(JobFilter(limit=MOST_JOBS))
    found = [progress for progress in jobs if progress.job.id.startswith(id)]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(
            say("{count} jobs have ids that begin with “{id}”. Type more of it.", count=len(found), id=id)
        )
    raise NotFound(say("No job has the id “{id}”. “workbench work list --all” shows the jobs.", id=id[:40]))


def show(session: Session, progress: Progress, rows: list[Row] | None = None, **more: Any) -> None:
    """Give a job and how it goes, and rows of it if they were asked for."""
    document = standing.document(session, progress) | more
    if rows is not None:
        document["rows"] = [standing.row_document(session, row) for row in rows]

    def lines() -> Iterator[str]:
        yield from standing.lines(session, progress)
        yield from standing.row_lines(session, rows or ())

    session.show(document, lines())


async def follow(
    session: Session,
    bench: Workbench,
    progress: Progress,
    url: str | None,
    detach: bool,
    filled: Filled | None = None,
    preview: ReplayPreview | None = None,
) -> int:
    """Stay with a job that has begun, show how it stands then, and return the exit code."""
    id, left = progress.job.id, False
    if detach:
        code = OK
    elif url:
        progress, left = await look_on(session, bench, id, _again(session, "status", id, url))
        code = STOPPED if left else code_of_job(progress.job)
    else:
        progress = await work_on(session, bench, id, _again(session, "resume", id, None))
        code = code_of_job(progress.job)
    more: dict[str, Any] = {}
    if filled is not None:
        more["unread"] = {"total": filled.unread, "problems": session.problems(filled.problems)}
    if preview is not None:
        more["preview"] = standing.preview_document(session, preview)
    show(session, progress, **more)
    if not left:
        _advise(session, progress, url)
    return INPUT if code == OK and filled is not None and filled.unread else code


def _advise(session: Session, progress: Progress, url: str | None) -> None:
    """Say which command comes next, where one does."""
    job, counts = progress.job, progress.job.counts
    if job.state in ("paused", "stopped") or progress.interrupted:
        session.tell(say("Go on with: {command}", command=_again(session, "resume", job.id, url)))
    elif wrong := [state for state in NOT_TAKEN if getattr(counts, state)]:
        rows = [word for state in wrong for word in ("--rows", state)]
        session.tell(say("See why with: {command}", command=_again(session, "status", job.id, url, *rows)))


def _again(session: Session, verb: str, id: str, url: str | None, *more: str) -> str:
    """Return the command line that does something with this job, in this home or on this server, and in this mode."""
    words = ["workbench", "work", verb, id, *more]
    if url is not None:
        words += ["--url", url]
    elif session.home is not None:
        words += ["--home", str(session.home)]
    return shlex.join([*words, *(["--live"] if session.live and verb != "status" else [])])


@contextlib.asynccontextmanager
async def joined(
    session: Session, url: str | None, detach: bool, allowed: list[str] | None
) -> AsyncIterator[Workbench]:
    """Give the workbench that a job is worked on with: this process's own, or a server's of the mode that the person means."""
    if detach and not url:
        raise invalid("detach", say("Without a server nobody would go on with it. Give --url, or leave --detach out."))  # fmt: skip
    if allowed and url:
        raise invalid("allow-host", say("The server decides which hosts may be called. Start it with --allow-host."))  # fmt: skip
    async with session.bench(allowed or (), url) as bench:
        if url:
            mode = (await bench.about.facts()).mode
            if mode == "live" and not session.live:
                raise Refused(
                    say(
                        "The server is live: it really reaches people. Repeat the command with --live if you mean it."
                    )
                )
            if mode == "rehearsal" and session.live:
                raise Refused(
                    say(
                        "The server rehearses: nothing would reach anybody. Start it with --live, or leave --live out here."
                    )
                )
        yield bench


def invalid(option: str, sentence: Sentence) -> Invalid:
    """Return the error of one option."""
    return Invalid([Problem(field=option, sentence=sentence)])
