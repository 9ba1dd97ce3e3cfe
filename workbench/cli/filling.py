"""Filling: a job's rows out of a file, some thousands in memory at a time; what cannot be read is told and left out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workbench.bench import Workbench
from workbench.engine.contacts import contacts_in
from workbench.errors import Invalid, Refused
from workbench.models.base import Problem
from workbench.models.contact import Contact
from workbench.models.integration import IdentifierType
from workbench.models.work import Job, JobOptions
from workbench.sentence import say

from .contacts import opened_lines
from .session import Session
from .standing import LiveLine

BATCH = 1_000
BATCH_CHARACTERS = 500_000
"""A batch is one call of the server: at four bytes a character it stays below what that takes."""
TOLD = 100


@dataclass(frozen=True, slots=True)
class Filled:
    """A job with its rows; ``unread`` counts what could not be read, ``problems`` are the first hundred of that."""

    job: Job
    unread: int
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Unread:
    total: int = 0
    problems: list[Problem] = field(default_factory=list)

    def note(self, problem: Problem) -> None:
        self.total += 1
        if len(self.problems) < TOLD:
            self.problems.append(problem)


async def fill(
    session: Session, bench: Workbench, integration: str, file: Path, options: JobOptions
) -> Filled:
    """Return a new job with a row for each contact of the file. Raises Invalid where it holds none, and leaves no job then.

    If it is interrupted half-way, the job is cancelled: it would send to a part of the contacts.
    """
    saved = await bench.integrations.get(integration)
    unread, line, count = _Unread(), LiveLine(session), 0
    job: Job | None = None
    try:
        with opened_lines(file) as lines:
            for batch in _batches(lines, saved.settings.identifier, unread):
                job = job or (await bench.work.create(saved.id, options)).job
                count = await bench.work.add(job.id, batch)
                text = session.text(say("{count} contacts read", count=count))
                line.say(text, asyncio.get_running_loop().time())
    except BaseException:
        if job is not None:
            await bench.work.cancel(job.id)
        raise
    finally:
        line.end()
    if job is None:
        if unread.problems:
            raise Invalid(unread.problems)
        raise Refused(say("{file} holds no contact.", file=str(file)))
    _tell(session, unread)
    return Filled((await bench.work.job(job.id)).job, unread.total, tuple(unread.problems))


def _batches(lines: Iterable[str], identifier: IdentifierType, unread: _Unread) -> Iterator[list[Contact]]:
    """Give the contacts of the lines in batches that one call can carry."""
    batch: list[Contact] = []
    room = BATCH_CHARACTERS
    for found in contacts_in(lines, identifier):
        if isinstance(found, Problem):
            unread.note(found)
            continue
        size = len(found.model_dump_json(exclude_defaults=True))
        if batch and (len(batch) == BATCH or size > room):
            yield batch
            batch, room = [], BATCH_CHARACTERS
        batch.append(found)
        room -= size
    if batch:
        yield batch


def _tell(session: Session, unread: _Unread) -> None:
    """Say what could not be read: each line with its number, the first hundred of them."""
    if not unread.total:
        return
    session.tell(say("{count} contacts could not be read and are left out:", count=unread.total), fg="yellow")
    session.tell_problems(unread.problems)
    if more := unread.total - len(unread.problems):
        session.tell(say("And {count} more.", count=more))
