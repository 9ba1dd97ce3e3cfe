"""HOLDS ITEMS: the contacts of one hold: added by the thousand, read page by page, counted, and changed by hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.models.hold import Decided, DecidedFilter, Tally
from workbench.models.rules import Verdict

from .database import storable
from .holds_tables import (
    ITEM_COLUMNS,
    ROOM,
    KeptItem,
    decided_of,
    item_of,
    items,
    verdict_is,
)
from .statement import Statement

PIECE: Final = 5000
"""Contacts that one transaction adds or deletes, so that a hook that comes meanwhile does not wait."""
NAMED: Final = 500
"""Numbers that one statement names."""


def _upsert(kind: str) -> sa.ClauseElement:
    made = (sqlite if kind == "sqlite" else postgresql).insert(items)
    newer = {name: made.excluded[name] for name in ITEM_COLUMNS if name != "id"}
    statement: sa.ClauseElement = made.on_conflict_do_update(index_elements=["id"], set_=newer)
    return statement


_ADD = Statement(_upsert, *ITEM_COLUMNS)


def add(connection: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add contacts; one whose number is there already takes its place."""
    _ADD.run(connection, rows)


def clear(connection: sa.Connection, no: int) -> int:
    """Delete up to ``PIECE`` contacts of a hold; return how many."""
    piece = sa.select(items.c.id).where(*_of(no, 0)).order_by(items.c.id).limit(PIECE)
    gone: int = connection.execute(sa.delete(items).where(items.c.id.in_(piece))).rowcount
    return gone


def page(connection: sa.Connection, no: int, wanted: DecidedFilter) -> list[Decided]:
    """Return the contacts that fit, in the order of the file, as they may be shown."""
    query = sa.select(items).where(*_of(no, wanted.after))
    if wanted.bad:
        query = query.where(verdict_is(None))
    elif wanted.verdict is not None:
        query = query.where(verdict_is(wanted.verdict))
    if wanted.rule:
        query = query.where(items.c.rule == storable(wanted.rule))
    return [decided_of(one) for one in connection.execute(query.order_by(items.c.id).limit(wanted.limit))]


def kept(
    connection: sa.Connection, no: int, verdict: Verdict | None, after: int, limit: int
) -> list[KeptItem]:
    """Return the contacts of a verdict, or all rows, in the order of the file, with what is sealed."""
    query = sa.select(items).where(*_of(no, after))
    if verdict is not None:
        query = query.where(verdict_is(verdict))
    return [item_of(one) for one in connection.execute(query.order_by(items.c.id).limit(limit))]


def set_verdict(
    connection: sa.Connection, no: int, numbers: Collection[int] | None, verdict: Verdict, who: str
) -> int:
    """Give contacts (None: all of them) the other verdict by hand; return how many had not got it."""
    change = (
        sa.update(items)
        .where(*_of(no, 0), items.c.verdict.is_not(None), items.c.verdict != verdict)
        .values(verdict=verdict, by_hand=storable(who))
    )
    if numbers is None:
        return connection.execute(change).rowcount
    ids = sorted({no * ROOM + number for number in numbers if 0 < number < ROOM})
    pieces = [ids[first : first + NAMED] for first in range(0, len(ids), NAMED)]
    return sum(connection.execute(change.where(items.c.id.in_(piece))).rowcount for piece in pieces)


def tally(connection: sa.Connection, no: int) -> Tally:
    """Count the contacts of a hold."""
    accepted = sa.func.count(sa.case((verdict_is("accept"), 1)))
    rejected = sa.func.count(sa.case((verdict_is("reject"), 1)))
    keys = sa.func.count(sa.distinct(sa.case((items.c.verdict.is_not(None), items.c.key))))
    query = sa.select(sa.func.count(), accepted, rejected, keys).where(*_of(no, 0))
    rows, yes, refused, different = connection.execute(query).one()
    contacts = yes + refused
    return Tally(
        contacts=contacts, accepted=yes, rejected=refused, bad=rows - contacts, doubles=contacts - different
    )


def _of(no: int, after: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the condition for a hold's contacts behind a number."""
    return items.c.id > no * ROOM + max(0, min(after, ROOM - 1)), items.c.id < (no + 1) * ROOM
