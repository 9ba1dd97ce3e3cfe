"""Many rows at once, by COPY where the database has it: nothing of them is different from one row after the other."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from workbench.adapters.database import Database, Schema
from workbench.adapters.statement import COPIED, Statement, Values
from workbench.errors import CannotWrite, Refused
from workbench.sentence import say

NAMES = ("id", "n", "text", "data", "yes", "ratio")
_tables = sa.MetaData()
_things = sa.Table(
    "things", _tables,
    sa.Column("id", sa.Text, primary_key=True), sa.Column("n", sa.BigInteger), sa.Column("text", sa.Text, unique=True),
    sa.Column("data", sa.LargeBinary), sa.Column("yes", sa.Boolean), sa.Column("ratio", sa.Float),
)  # fmt: skip


def _of(kind: str) -> postgresql.Insert | sqlite.Insert:
    return (sqlite if kind == "sqlite" else postgresql).insert(_things)


INSERT = Statement(sa.insert(_things), *NAMES)
PASS_OVER = Statement(lambda kind: _of(kind).on_conflict_do_nothing(), *NAMES)
PASS_OVER_SAME_ID = Statement(lambda kind: _of(kind).on_conflict_do_nothing(index_elements=["id"]), *NAMES)
REPLACE = Statement(
    lambda kind: _of(kind).on_conflict_do_update(index_elements=["id"], set_={"n": _of(kind).excluded.n}), *NAMES
)  # fmt: skip


@pytest.fixture
def things(database: Database) -> Database:
    database.prepare(Schema("things", _tables))
    return database


def row(id: object, n: int = 0, text: str | None = None) -> Values:
    return (str(id), n, text, b"\0\\x\t\n", True, 0.1)


def kept(database: Database) -> list[Values]:
    query = sa.select(_things).order_by(_things.c.n, _things.c.id)
    return database.read_now(lambda connection: [tuple(found) for found in connection.execute(query)])


def did(database: Database, statement: Statement, rows: list[Values]) -> int:
    return database.write_now(lambda connection: statement.run(connection, rows), taken=say("It is there."))


@pytest.mark.parametrize("count", [1, COPIED - 1, COPIED, 1000])
async def test_however_many_they_are_they_are_kept_and_counted(count: int, things: Database) -> None:
    rows = [row(f"{n:04}", n) for n in range(count)]
    assert did(things, INSERT, rows) == count
    assert kept(things) == rows


texts = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=6)
strange = texts | st.sampled_from(
    ["", "\\N", "\\.", "\\", "\t", "\n", "\r\n", "NULL", '"', "a\tb", "\u2028", "\x7f"]
)
odd_rows = st.tuples(
    st.none() | strange,
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.binary(max_size=5),
    st.none() | st.booleans(),
    st.none() | st.floats(allow_nan=False),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        odd_rows,
        min_size=COPIED,
        max_size=COPIED + 3,
        unique_by=lambda one: object() if one[0] is None else one[0],
    )
)
async def test_whatever_they_hold_comes_back(things: Database, odd: list[Values]) -> None:
    rows = [
        (f"{n:04}", number, text, data, yes, ratio) for n, (text, number, data, yes, ratio) in enumerate(odd)
    ]
    await things.write(lambda connection: connection.execute(sa.delete(_things)))
    assert did(things, INSERT, rows) == len(rows)
    assert sorted(kept(things)) == rows


async def test_a_key_that_is_there_keeps_all_of_them_out(things: Database) -> None:
    did(things, INSERT, [row("0007", 70)])
    with pytest.raises(Refused, match="It is there"):
        did(things, INSERT, [row(f"{n:04}", n) for n in range(20)])
    assert kept(things) == [row("0007", 70)]


async def test_what_may_be_there_is_left_as_it_is_and_the_others_are_added(things: Database) -> None:
    did(things, INSERT, [row("0007", 70), row("0011", 110)])
    fresh = [row(f"{n:04}", n) for n in range(20)]

    def work(connection: sa.Connection) -> int:
        first = PASS_OVER.run(connection, fresh)
        assert PASS_OVER.run(connection, fresh) == 0, "and the transaction goes on after it"
        return first + PASS_OVER.run(connection, [row(f"{n:04}", n) for n in range(20, 40)])

    assert things.write_now(work) == 38
    assert [n for _, n, *_ in kept(things)] == [n for n in range(40) if n not in (7, 11)] + [70, 110]


async def test_what_is_twice_among_them_is_added_once(things: Database) -> None:
    assert did(things, PASS_OVER, [row(n % 10, n) for n in range(20)]) == 10
    assert [n for _, n, *_ in kept(things)] == [*range(10)]


async def test_another_key_than_the_one_that_may_be_there_is_refused(things: Database) -> None:
    did(things, INSERT, [row("old", 1, "the same")])
    with pytest.raises(Refused, match="It is there"):
        did(things, PASS_OVER_SAME_ID, [row(n, n, "the same" if n == 5 else None) for n in range(20)])
    assert len(kept(things)) == 1


async def test_what_replaces_goes_on_replacing(things: Database) -> None:
    did(things, INSERT, [row(f"{n:04}", 100 + n) for n in range(20)])
    assert did(things, REPLACE, [row(f"{n:04}", n) for n in range(30)]) == 30
    assert [n for _, n, *_ in kept(things)] == [*range(30)]


async def test_what_cannot_be_kept_is_said_and_the_connection_goes_on(things: Database) -> None:
    for statement in (INSERT, PASS_OVER):
        if things.kind == "postgresql":
            with pytest.raises((CannotWrite, Refused)) as caught:
                did(things, statement, [row(n, n, f"words\0{n}") for n in range(20)])
            assert "words" not in str(caught.value)
        assert did(things, statement, [row(f"{id(statement)}{n}", n) for n in range(10)]) == 10
