"""Standing: how jobs and their rows stand, as a table, as one line that changes while it goes on, and as a document."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import typer

from workbench.engine.standing import INTERRUPTED, JOB_NAMES, ROW_NAMES, lasting
from workbench.models.work import JobState, Progress, ReplayPreview, Row
from workbench.sentence import N_, Sentence, say

from .session import Session

COLOURS: Mapping[JobState, str] = {
    "filling": "cyan",
    "running": "cyan",
    "paused": "yellow",
    "stopped": "red",
    "cancelled": "white",
    "done": "green",
}
EVERY_S = 5.0
"""Seconds between two lines of progress where no terminal can change one line in its place."""


def document(session: Session, progress: Progress) -> dict[str, Any]:
    """Return a job and how it goes for a JSON document."""
    job = progress.job
    return {
        "id": job.id,
        "title": job.title,
        "state": "interrupted" if progress.interrupted else job.state,
        "reason": job.reason and session.text(job.reason),
        "notice": progress.notice and session.text(progress.notice),
        "mode": job.mode,
        "host": job.host,
        "integration": job.integration_id,
        "counts": {**job.counts.model_dump(), "total": job.counts.total},
        "rate_per_s": round(progress.rate_per_s, 2),
        "left_s": progress.left_s,
        "next_due_at": _moment(progress.next_due_at),
        "workers": progress.workers,
        "options": job.options.model_dump(),
        "created_at": _moment(job.created_at),
        "changed_at": _moment(job.changed_at),
    }


def row_document(session: Session, row: Row) -> dict[str, Any]:
    """Return a row for a JSON document; its recipient is masked already."""
    return {
        "number": row.number,
        "key": row.key,
        "state": row.state,
        "attempts": row.attempts,
        "recipient": row.recipient,
        "outcome": row.outcome,
        "sentence": row.sentence and session.text(row.sentence),
        "entry": row.entry_id,
        "due_at": _moment(row.due_at),
        "changed_at": _moment(row.changed_at),
    }


def preview_document(session: Session, preview: ReplayPreview) -> dict[str, Any]:
    """Return who would get what again for a JSON document."""
    return {
        "total": preview.total,
        **preview.model_dump(include={"never_taken", "perhaps_twice", "surely_twice", "held_back"}),
        "sample": [row_document(session, row) for row in preview.sample],
    }


def table(session: Session, found: Sequence[Progress]) -> Iterator[str]:
    """Give a line for each job, its columns under each other."""
    rows = [
        [
            progress.job.id,
            session.text(state(progress)[0]),
            progress.job.title,
            *counted(session, progress),
            *_pace(session, progress),
        ]
        for progress in found
    ]
    heads = [session.text(text) for text in (N_("Job"), N_("State"), N_("Title"), N_("Ended"), N_("Rows"))]
    heads += [session.text(text) for text in (N_("A second"), N_("Left"))]
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    yield typer.style(_aligned(heads, widths), bold=True)
    for progress, row in zip(found, rows, strict=True):
        yield typer.style(_aligned(row, widths), fg=state(progress)[1])


def counted(session: Session, progress: Progress) -> list[str]:
    """Return how many rows ended of how many, and how many are in other states than accepted or waiting."""
    counts = progress.job.counts
    others = [
        session.text(say("{state}: {count}", state=Sentence(name), count=count))
        for key, name in ROW_NAMES.items()
        if key not in ("accepted", "waiting") and (count := getattr(counts, key))
    ]
    ended = session.text(say("{ended} of {total}", ended=counts.total - counts.open, total=counts.total))
    return [ended, ", ".join(others)]


def _pace(session: Session, progress: Progress) -> list[str]:
    """Return rows a second and the time that is left, as the table's last cells; empty for a job that nobody works on."""
    if not goes(progress):
        return ["", ""]
    left = "" if progress.left_s is None else session.text(lasting(progress.left_s))
    return [session.language.number(_rounded(progress.rate_per_s)), left]


def goes(progress: Progress) -> bool:
    """Return whether somebody works on the job at the moment."""
    return progress.job.state == "running" and not progress.interrupted


def state(progress: Progress) -> tuple[str, str]:
    """Return a job's state in words, and its colour; one that nobody works on says so."""
    state = progress.job.state
    return (INTERRUPTED, "yellow") if progress.interrupted else (JOB_NAMES[state], COLOURS[state])


def lines(session: Session, progress: Progress) -> Iterator[str]:
    """Give a job and how it goes, a line for each thing."""
    job = progress.job
    text, colour = state(progress)
    yield typer.style(job.title, bold=True) + "  " + typer.style(session.text(text), fg=colour)
    yield f"{job.id}  {job.host}  {session.text(job.mode)}"
    for key, name in ROW_NAMES.items():
        if count := getattr(job.counts, key):
            yield f"  {session.text(name):20} {session.language.number(count):>12}"
    yield f"  {session.text(N_('All rows')):20} {session.language.number(job.counts.total):>12}"
    yield from (session.text(one) for one in _remarks(session, progress))


def _remarks(session: Session, progress: Progress) -> Iterator[Sentence]:
    job = progress.job
    if progress.interrupted:
        yield Sentence(N_("No process works on it. Nothing is lost: resume it, and it goes on where it was."))
    yield from _speed(progress)
    if job.counts.retrying and progress.next_due_at is not None:
        due = session.language.date(progress.next_due_at)
        yield say("{count} due again, the next at {at} UTC", count=job.counts.retrying, at=due)
    yield from (one for one in (job.reason, progress.notice) if one is not None)


def _speed(progress: Progress) -> Iterator[Sentence]:
    if goes(progress) and progress.rate_per_s > 0:
        yield say("{rate} rows a second", rate=_rounded(progress.rate_per_s))
        if progress.left_s is not None and progress.job.counts.open:
            yield say("about {time} left", time=lasting(progress.left_s))


def row_lines(session: Session, rows: Sequence[Row]) -> Iterator[str]:
    """Give a line for each row: its number, state, recipient, and what was said of it."""
    for row in rows:
        said = session.text(row.sentence) if row.sentence else ""
        yield f"  {row.number:>8}  {session.text(ROW_NAMES[row.state])}  {row.recipient}  {said}".rstrip()


def preview_lines(session: Session, preview: ReplayPreview) -> Iterator[str]:
    """Give who would get what again, the rows that would get it twice by name as far as it may be shown."""
    yield session.text(
        say("{count} rows would be attempted again. Nothing was sent yet.", count=preview.total)
    )
    told = (
        (N_("never taken: nobody gets it twice"), preview.never_taken),
        (N_("perhaps taken: these may get it twice"), preview.perhaps_twice),
        (N_("taken: these surely get it twice"), preview.surely_twice),
        (N_("held back: replayed too often already"), preview.held_back),
    )
    yield from (
        f"  {session.language.number(count):>12}  {session.text(name)}" for name, count in told if count
    )
    yield from row_lines(session, preview.sample)


class LiveLine:
    """One line on standard error that says how it goes: changed in its place at a terminal, else a new one every few seconds."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._terminal = sys.stderr.isatty()
        self._shown, self._at = "", float("-inf")

    def show(self, progress: Progress, now: float) -> None:
        """Say how a job goes; ``now`` is any clock's seconds."""
        session = self._session
        facts = [*_speed(progress), *([progress.notice] if progress.notice else [])]
        cells = [session.text(state(progress)[0]), *counted(session, progress), *map(session.text, facts)]
        self.say(" · ".join(filter(None, cells)), now)

    def say(self, text: str, now: float) -> None:
        """Put a text in the place of the last one."""
        if self._terminal:
            text = text[: shutil.get_terminal_size().columns - 1]
            typer.echo(f"\r\x1b[K{text}", nl=False, err=True)
        elif text != self._shown and now - self._at >= EVERY_S:
            typer.echo(text, err=True)
            self._at = now
        self._shown = text

    def end(self) -> None:
        """Leave the line, so that what is told next begins on its own."""
        if self._terminal and self._shown:
            typer.echo("\r\x1b[K", nl=False, err=True)
        self._shown = ""


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return the cells in columns."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _rounded(rate: float) -> float:
    return round(rate) if rate >= 10 else round(rate, 1)


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
