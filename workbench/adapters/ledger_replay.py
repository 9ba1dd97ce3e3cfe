"""LEDGER REPLAY: which rows would go again, a token for exactly these, and setting them going, in pieces of bounded size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from workbench.models.work import ReplayPreview, Row, RowFilter, RowState

from .database import microseconds
from .ledger_steps import ONE, Held
from .ledger_tables import ROOM, ROW_COLUMNS, row_of, rows, state_is

REPLAYABLE: Final[tuple[RowState, ...]] = ("failed", "uncertain", "invalid", "accepted", "cancelled")
MOST_REPLAYS: Final = 3
"""A row is replayed so often at most: whoever wants more makes a new job, and sees it as one."""
PIECE: Final = 5000
"""Rows that are changed in one transaction: some 50 ms."""
SAMPLE: Final = 10

_SEEN = (rows.c.number, rows.c.generation, rows.c.replays, rows.c.unsure, rows.c.changed_at)


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows of one state from ``first`` to ``last`` that may go again, as they were seen."""

    state: RowState
    first: int
    last: int
    digest: bytes


@dataclass(slots=True)
class Look:
    """What a look at all rows that fit has found."""

    pieces: list[Piece] = field(default_factory=list)
    never_taken: int = 0
    perhaps_twice: int = 0
    surely_twice: int = 0
    held_back: int = 0
    twice: list[int] = field(default_factory=list)

    def note(self, state: RowState, found: Sequence[Any]) -> None:
        """Count the rows that were found, and remember them as one piece."""
        able = [row for row in found if row.replays < MOST_REPLAYS]
        self.held_back += len(found) - len(able)
        doubtful: list[int] = []
        for row in able:
            if (
                state == "accepted" or row.generation
            ):  # what was accepted before is what a generation stands for
                self.surely_twice += 1
            elif state == "uncertain" or row.unsure:
                self.perhaps_twice += 1
            else:
                self.never_taken += 1
                continue
            doubtful.append(row.number)
        self.twice = sorted([*self.twice, *doubtful[:SAMPLE]])[:SAMPLE]
        if able:
            self.pieces.append(Piece(state, able[0].number, able[-1].number, _digest(able)))

    def token(self, job_id: str) -> str:
        """Return what stands for exactly these rows as they are."""
        return hashlib.blake2b(
            b"".join([job_id.encode(), *(piece.digest for piece in self.pieces)]), digest_size=16
        ).hexdigest()

    def preview(self, job_id: str, sample: Iterable[Row]) -> ReplayPreview:
        """Return the look as a person sees it."""
        return ReplayPreview(
            job_id=job_id, never_taken=self.never_taken, perhaps_twice=self.perhaps_twice, surely_twice=self.surely_twice,
            held_back=self.held_back, sample=tuple(sample), token=self.token(job_id),
        )  # fmt: skip


def conditions(no: int, wanted: RowFilter) -> list[sa.ColumnElement[bool]]:
    """Return what makes a row of job ``no`` one that is wanted, apart from its state."""
    fits = [rows.c.job == no]
    if wanted.since is not None:
        fits.append(rows.c.changed_at >= microseconds(wanted.since))
    if wanted.until is not None:
        fits.append(rows.c.changed_at < microseconds(wanted.until))
    return fits


def in_order(
    query: sa.Select[Any], no: int, state: RowState | None, after: int, last: int = ROOM - 1
) -> sa.Select[Any]:
    """Return the query for rows of one state (or any) from ``after`` on, in their order, by the index that has it."""
    if state is None or state == "accepted":
        query = query.where(rows.c.id > no * ROOM + after, rows.c.id <= no * ROOM + last).order_by(rows.c.id)
        return query if state is None else query.where(state_is("accepted"))
    if state == "in_flight":  # few, and found by their worker
        query = query.where(rows.c.worker > "")
    return query.where(state_is(state), rows.c.number > after, rows.c.number <= last).order_by(rows.c.number)


def states_of(wanted: RowFilter) -> list[RowState]:
    """Return the states whose rows can be replayed, of those that are wanted."""
    return [state for state in REPLAYABLE if not wanted.states or state in wanted.states]


def look_at(
    no: int, state: RowState, wanted: RowFilter, after: int, connection: sa.Connection
) -> Sequence[Any]:
    """Return the next rows that fit, at most one piece of them. What was erased cannot go again."""
    query = sa.select(*_SEEN).where(*conditions(no, wanted), rows.c.data.is_not(None))
    return connection.execute(in_order(query, no, state, after).limit(PIECE)).all()


def sample_of(connection: sa.Connection, no: int, job_id: str, numbers: Sequence[int]) -> list[Row]:
    """Return the rows of these numbers, as they may be shown."""
    query = sa.select(*ROW_COLUMNS).where(rows.c.id.in_([no * ROOM + number for number in numbers]))
    return [row_of(job_id, found) for found in connection.execute(query.order_by(rows.c.id))]


def set_going(connection: sa.Connection, job: Held, piece: Piece, wanted: RowFilter, now: int) -> int:
    """Let the rows of a piece wait again; return how many, 0 when they are not as they were seen."""
    able = (*conditions(job.no, wanted), rows.c.data.is_not(None), rows.c.replays < MOST_REPLAYS)
    query = in_order(sa.select(*_SEEN).where(*able), job.no, piece.state, piece.first - 1, piece.last)
    found = connection.execute(query).all()
    if _digest(found) != piece.digest:
        return 0
    low, high = job.no * ROOM + piece.first, job.no * ROOM + piece.last
    changed = {
        "state": sa.literal_column("'waiting'"), "attempts": 0, "replays": rows.c.replays + ONE, "changed_at": now, "due_at": None,
        "generation": rows.c.generation + (1 if piece.state == "accepted" else 0),
    }  # fmt: skip
    these = sa.update(rows).where(*able, state_is(piece.state), rows.c.id.between(low, high))
    count = connection.execute(these.values(changed)).rowcount
    job.move(piece.state, "waiting", count)
    return count


def _digest(found: Sequence[Any]) -> bytes:
    return hashlib.blake2b("".join(map(str, map(tuple, found))).encode(), digest_size=16).digest()
