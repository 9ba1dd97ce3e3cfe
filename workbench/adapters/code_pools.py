"""CODE POOLS: codes that are handed out once each, in the order in which they came, and on the disk before anybody has them.

A pool's own row is locked while it gives or takes, so that no code goes to two, over threads, processes and machines. The codes are
kept as they are, for they have to be written to the platform; they are shown by nobody, and a sentence names their line alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import Problem
from workbench.models.gate import CodePool
from workbench.sentence import Sentence, say

from .database import Big, Id, Schema

if TYPE_CHECKING:
    from .database import Database

T = TypeVar("T")

LONGEST: Final = 200
"""Characters of a code."""
MOST_PROBLEMS: Final = 20
"""So many lines are told at once; who has more has another file in mind."""
PIECE: Final = 2_000
"""Codes that are added or deleted in one transaction, between which others have their turn."""
AT_ONCE: Final = 500
"""Values in one question to the database."""

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_tables = sa.MetaData()
_pools = sa.Table(
    "workbench_code_pools",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("key", Id, unique=True),  # none when the pool is being deleted
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("taken", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),  # the number of the youngest code
)
_codes = sa.Table(
    "workbench_codes",
    _tables,
    sa.Column("pool", sa.Integer, primary_key=True),
    sa.Column("number", Big, primary_key=True, autoincrement=False),
    sa.Column("code", Id, nullable=False),
    sa.Column("hold", Id),
    sa.Column("contact", sa.Text),  # a digest
    sa.UniqueConstraint("pool", "code"),
)
_is_free = _codes.c.hold.is_(None)
sa.Index(
    "workbench_codes_free", _codes.c.pool, _codes.c.number, sqlite_where=_is_free, postgresql_where=_is_free
)
_is_taken = _codes.c.hold.is_not(None)
sa.Index(
    "workbench_codes_taken",
    _codes.c.hold,
    _codes.c.pool,
    _codes.c.contact,
    unique=True,
    sqlite_where=_is_taken,
    postgresql_where=_is_taken,
)
SCHEMA: Final = Schema("pools", _tables)

_give = (
    sa.update(_codes)
    .where(_codes.c.pool == sa.bindparam("of"), _codes.c.number == sa.bindparam("one"))
    .values(hold=sa.bindparam("to"), contact=sa.bindparam("whom"))
)


class CodePools:
    """The pools of a home, or of a team that shares a database. Every method may raise StorageFault.

    A pool is known by its key: small letters, digits, hyphens and underscores, at most 40.
    """

    def __init__(self, database: Database) -> None:
        """Take the database; the tables are made or brought up to date. Raises TooNew and StorageFault."""
        database.prepare(SCHEMA)
        self._database = database

    async def add(self, key: str, codes: Iterable[str]) -> CodePool:
        """Add codes behind those the pool has, and return it; the first ones make it. Outer blanks and empty lines are no part of a code.

        ``doubles`` of what is returned counts codes that the pool had already, or that came twice: they are left out. All are looked at
        before any is added: Invalid names the line of each that cannot be a code. A crash in between leaves whole pieces of the
        beginning, and adding the same again adds the rest.
        """
        _check_key(key)
        wanted = _checked(codes)
        fresh = dict.fromkeys(wanted)
        doubles = len(wanted) - len(fresh)
        pool = await self._database.write(lambda connection: _pool_of(_made(connection, key)))
        for piece in _pieces(list(fresh), PIECE):
            pool, added = await self._database.write(partial(_add, key, piece))
            doubles += len(piece) - added
        return pool.model_copy(update={"doubles": doubles})

    async def pools(self) -> list[CodePool]:
        """Return all pools in the order of their keys."""
        query = sa.select(_pools).where(_pools.c.key.is_not(None)).order_by(_pools.c.key)
        return await self._database.read(
            lambda connection: [_pool_of(found) for found in connection.execute(query)]
        )

    async def pool(self, key: str) -> CodePool:
        """Return a pool. Raises NotFound."""
        return await self._database.read(lambda connection: _pool_of(_found(connection, key)))

    async def take(self, key: str, hold_id: str, contacts: Sequence[str]) -> list[str | None]:
        """Return one code for each contact, in their order; None for those at the end that the pool has no code for.

        On the disk before it returns, all of it or nothing. The same contact of the same hold always gets the same code, so that what was
        asked for before a crash is asked for again. Of contacts only a digest is kept. Raises NotFound where there is no such pool.
        """
        return await self._database.write(lambda connection: _take(connection, key, hold_id, contacts))

    async def codes_of(self, hold_id: str) -> int:
        """Return how many codes a hold's contacts have."""
        query = sa.select(sa.func.count()).where(_codes.c.hold == hold_id)
        return await self._database.read(lambda connection: connection.scalar(query) or 0)

    async def give_back(self, hold_id: str) -> int:
        """Let the codes of a hold be handed out again, at their old places; return how many there were.

        Only for a hold whose messages surely never left: else two people would have one code.
        """
        return await self._database.write(lambda connection: _give_back(connection, hold_id))

    async def delete(self, key: str) -> None:
        """Forget a pool and all its codes, also those that were handed out. Raises NotFound."""

        def hide(connection: sa.Connection) -> None:
            no = _found(connection, key, locked=True).no
            connection.execute(sa.update(_pools).where(_pools.c.no == no).values(key=None))

        await self._database.write(hide)
        while await self._database.write(_delete_some):  # what a killed process left behind, too
            continue
        await self._database.empty_log()


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise Refused(
            say(
                "“{key}” cannot name a code pool. Use at most 40 small letters, digits, hyphens and underscores, like {example}.",
                key=key[:60],
                example="spring-sale",
            )
        )


def _checked(codes: Iterable[str]) -> list[str]:
    """Return the codes without outer blanks and empty lines. Raises Invalid with every line that is no code, up to ``MOST_PROBLEMS``."""
    found: list[str] = []
    problems: list[Problem] = []
    for line, written in enumerate(codes, 1):
        code = written.strip()
        if not code:
            continue
        found.append(code)
        wrong = _wrong(code, line)
        if wrong is not None:
            problems.append(Problem(field="codes", sentence=wrong, line=line))
            if len(problems) == MOST_PROBLEMS:
                break
    if problems:
        raise Invalid(problems)
    return found


def _wrong(code: str, line: int) -> Sentence | None:
    """Return what is wrong with a code, which is not told itself."""
    if len(code) > LONGEST:
        return say(
            "The code in line {line} has {length} characters; at most {most} are taken. Put each code on a line of its own.",
            line=line,
            length=len(code),
            most=LONGEST,
        )
    if _UNFIT.search(code):
        return say(
            "The code in line {line} holds an invisible control character. Delete it, or export the codes as plain text again.",
            line=line,
        )
    return None


def _found(connection: sa.Connection, key: str, *, locked: bool = False) -> sa.Row[Any]:
    """Return a pool's row, which nobody else changes then if it is ``locked``; on SQLite a write has the whole file."""
    query = sa.select(_pools).where(_pools.c.key == key)
    found = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NotFound(
            say("There is no code pool “{key}”. Add codes to it first, or choose another one.", key=key[:60])
        )
    return found


def _made(connection: sa.Connection, key: str) -> sa.Row[Any]:
    """Return a pool's row, locked; an empty pool is made where there is none."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(_pools).values(key=key, total=0, taken=0, last=0).on_conflict_do_nothing())
    return _found(connection, key, locked=True)


def _pool_of(kept: sa.Row[Any]) -> CodePool:
    return CodePool(key=kept.key, total=kept.total, taken=kept.taken)


def _add(key: str, piece: Sequence[str], connection: sa.Connection) -> tuple[CodePool, int]:
    """Add what the pool does not have of ``piece``; return the pool and how many codes that were."""
    pool = _made(connection, key)
    known = {
        one
        for some in _pieces(piece, AT_ONCE)
        for one in connection.scalars(
            sa.select(_codes.c.code).where(_codes.c.pool == pool.no, _codes.c.code.in_(some))
        )
    }
    fresh = [code for code in piece if code not in known]
    if fresh:
        connection.execute(
            sa.insert(_codes),
            [{"pool": pool.no, "number": pool.last + n, "code": code} for n, code in enumerate(fresh, 1)],
        )
    changed = {"total": pool.total + len(fresh), "last": pool.last + len(fresh)}
    connection.execute(sa.update(_pools).where(_pools.c.no == pool.no).values(changed))
    return CodePool(key=key, total=changed["total"], taken=pool.taken), len(fresh)


def _take(connection: sa.Connection, key: str, hold_id: str, contacts: Sequence[str]) -> list[str | None]:
    pool = _found(connection, key, locked=True)
    digests = [_digest(hold_id, contact) for contact in contacts]
    has: dict[str, str] = {}
    for some in _pieces(digests, AT_ONCE):
        query = sa.select(_codes.c.contact, _codes.c.code).where(
            _codes.c.hold == hold_id, _codes.c.pool == pool.no, _codes.c.contact.in_(some)
        )
        has.update((found.contact, found.code) for found in connection.execute(query))
    without = [digest for digest in dict.fromkeys(digests) if digest not in has]
    free = connection.execute(
        sa.select(_codes.c.number, _codes.c.code)
        .where(_codes.c.pool == pool.no, _is_free)
        .order_by(_codes.c.number)
        .limit(len(without))
    ).all()
    if free:
        given = [
            {"of": pool.no, "one": one.number, "to": hold_id, "whom": digest}
            for one, digest in zip(free, without, strict=False)
        ]
        connection.execute(_give, given)
        connection.execute(
            sa.update(_pools).where(_pools.c.no == pool.no).values(taken=pool.taken + len(free))
        )
    has.update((digest, one.code) for one, digest in zip(free, without, strict=False))
    return [has.get(digest) for digest in digests]


def _give_back(connection: sa.Connection, hold_id: str) -> int:
    query = sa.select(_codes.c.pool).where(_codes.c.hold == hold_id).distinct()
    touched = sorted(connection.scalars(query))
    # the pools first, in one order for all, as those who take lock them
    locked = sa.select(_pools.c.no, _pools.c.taken).where(_pools.c.no.in_(touched)).order_by(_pools.c.no)
    total = 0
    for pool in connection.execute(locked.with_for_update()).all():
        freed = connection.execute(
            sa.update(_codes)
            .where(_codes.c.hold == hold_id, _codes.c.pool == pool.no)
            .values(hold=None, contact=None)
        ).rowcount
        connection.execute(sa.update(_pools).where(_pools.c.no == pool.no).values(taken=pool.taken - freed))
        total += freed
    return total


def _delete_some(connection: sa.Connection) -> bool:
    """Delete some codes of a pool that is to go, then the pool; return whether there may be more."""
    no = connection.scalar(sa.select(_pools.c.no).where(_pools.c.key.is_(None)).limit(1))
    if no is None:
        return False
    some = sa.select(_codes.c.number).where(_codes.c.pool == no).order_by(_codes.c.number).limit(PIECE)
    numbers = connection.scalars(some).all()
    if numbers:
        connection.execute(
            sa.delete(_codes).where(_codes.c.pool == no, _codes.c.number.between(numbers[0], numbers[-1]))
        )
    else:
        connection.execute(sa.delete(_pools).where(_pools.c.no == no))
    return True


def _digest(hold_id: str, contact: str) -> str:
    """Return what is kept of a contact: another one in each hold."""
    told = f"{hold_id}\n{contact}".encode("utf-8", "surrogatepass")
    return blake2b(told, digest_size=16).hexdigest()


def _pieces(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]
