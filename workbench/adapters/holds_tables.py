"""HOLDS TABLES: how holds, their contacts and their timelines are kept.

A contact's ``id`` is its hold's ``no`` * 2**32 + its number, so that a hold's contacts lie together and in the order of the file.
Addresses of the platform and ids of contacts are in ``sealed`` alone, under the hold's own key: without ``row_key`` nobody reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from workbench.models.hold import WAITING, Decided, Hold
from workbench.models.rules import Verdict
from workbench.sentence import Sentence

from . import seeing
from .database import Big, Id, Schema, storable
from .ledger_tables import sentence_of, sentence_text

ROOM: Final = 1 << 32
"""Ids of contacts that each hold has room for."""

_tables = sa.MetaData()

holds = sa.Table(
    "workbench_holds",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("gate", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("limit_at", sa.BigInteger, nullable=False),  # all times are microseconds since 1970
    sa.Column("digest", Id, nullable=False, unique=True),
    sa.Column("worker", Id),
    sa.Column("duplicates", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sealed", sa.Text),  # none when it was forgotten
    sa.Column("row_key", sa.Text),
    sa.Column("hold", sa.Text, nullable=False),
    seeing.column(),
    sa.Index("workbench_holds_gate", "gate", "no"),
)
items = sa.Table(
    "workbench_hold_items",
    _tables,
    sa.Column("id", Big, primary_key=True, autoincrement=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("contact", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("code", sa.Boolean, nullable=False),
    sa.Column("by_hand", sa.Text, nullable=False),
    sa.Column("sentence", sa.Text),
)
events = sa.Table(
    "workbench_hold_events",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("hold", sa.Integer, nullable=False, index=True),
    sa.Column("event", sa.Text, nullable=False),
)


def is_waiting() -> sa.ColumnElement[bool]:
    """Return the condition by which a database finds the index of the holds that the platform waits for."""
    return holds.c.state.in_([sa.literal_column(f"'{state}'") for state in sorted(WAITING)])


def verdict_is(verdict: Verdict | None) -> sa.ColumnElement[bool]:
    """Return the condition for contacts of a verdict; None: for rows that are no contact. Literals find the index of some rows."""
    return (
        items.c.verdict.is_(None) if verdict is None else items.c.verdict == sa.literal_column(f"'{verdict}'")
    )


sa.Index("workbench_holds_waiting", holds.c.no, sqlite_where=is_waiting(), postgresql_where=is_waiting())
for _name, _where in (("reject", verdict_is("reject")), ("bad", verdict_is(None))):  # the few among the many
    sa.Index(f"workbench_hold_items_{_name}", items.c.id, sqlite_where=_where, postgresql_where=_where)

_of_units = seeing.index("workbench_holds_unit", holds, holds.c.no)
SCHEMA: Final = Schema(
    "gate_holds", _tables, {1: lambda connection: seeing.add_column(connection, holds, _of_units)}
)


@dataclass(frozen=True, slots=True)
class KeptItem:
    """One row of a sendout's file as it is kept. Without a verdict it is no contact, and ``sentence`` says why.

    ``sealed`` holds id and address under the hold's own key, ``contact`` the masked id, ``key`` a salted digest of the id.
    """

    number: int
    sealed: str = field(repr=False)
    contact: str = ""
    key: str = field(default="", repr=False)
    verdict: Verdict | None = None
    rule: str = ""
    reason: str = ""
    code: bool = False
    by_hand: str = ""
    sentence: Sentence | None = None


ITEM_COLUMNS: Final = tuple(column.name for column in items.columns)


def item_values(no: int, item: KeptItem) -> tuple[Any, ...]:
    """Return a contact's values in the order of the columns. Raises ValueError for a number outside the hold's room."""
    if not 0 < item.number < ROOM:
        raise ValueError("a contact's number is its row in the file, from 1 on")
    return (
        no * ROOM + item.number,
        item.sealed,
        storable(item.contact),
        item.key,
        item.verdict,
        storable(item.rule),
        storable(item.reason),
        item.code,
        storable(item.by_hand),
        sentence_text(item.sentence),
    )


def item_of(kept: sa.Row[Any]) -> KeptItem:
    """Return the contact of a whole row of its table."""
    return KeptItem(
        number=kept.id % ROOM,
        sealed=kept.sealed,
        contact=kept.contact,
        key=kept.key,
        verdict=kept.verdict,
        rule=kept.rule,
        reason=kept.reason,
        code=bool(kept.code),
        by_hand=kept.by_hand,
        sentence=sentence_of(kept.sentence),
    )


def decided_of(kept: sa.Row[Any]) -> Decided:
    """Return the contact of a row of its table as it may be shown."""
    return Decided(
        number=kept.id % ROOM,
        contact=kept.contact,
        verdict=kept.verdict,
        rule=kept.rule,
        reason=kept.reason,
        by_hand=kept.by_hand,
        code=bool(kept.code),
        sentence=sentence_of(kept.sentence),
    )


def hold_of(kept: sa.Row[Any]) -> Hold:
    """Return the hold of a row of its table."""
    return Hold.model_validate_json(kept.hold).model_copy(update={"duplicates": kept.duplicates})


def hold_text(hold: Hold) -> str:
    """Return a hold as it is kept: JSON, in which a zero is an escape that every database takes."""
    return hold.model_dump_json(exclude={"duplicates"})
