"""DOCUMENTS: what a team's workbenches keep by kind and id, as rows of their database: the catalogue's documents and the vault's tokens.

Each kind has a mark that is another one after every change: as long as it stands, nothing is read anew, and then only what changed
since. A kind is changed by one process at a time, in one transaction, and only the rows that differ are written.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .database import Database, Id, Migration, Schema, storable
from .statement import Statement, Values

VAULT_KIND: Final = "vault"
"""The kind under which the vault keeps its tokens; no kind of the catalogue."""

MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""For each version of the tables that was ever released: how to leave it."""

_tables = sa.MetaData()
_kinds = sa.Table(
    "workbench_document_kinds",
    _tables,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column(
        "era", sa.Text, nullable=False
    ),  # another one when the kind was begun again, as after a restored backup
    sa.Column("changes", sa.BigInteger, nullable=False),
    sa.Column("removed", sa.BigInteger, nullable=False),  # the last change that took a row away
)
_rows = sa.Table(
    "workbench_document_rows",
    _tables,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", Id, primary_key=True),
    sa.Column("changed", sa.BigInteger, nullable=False),  # by which of the kind's changes
    sa.Column("document", sa.Text, nullable=False),
)
_MARKS = (_kinds.c.era, _kinds.c.changes, _kinds.c.removed)
_MARK = Statement(sa.select(*_MARKS).where(_kinds.c.kind == sa.bindparam("of")), "of")
_HOLD = Statement(sa.select(*_MARKS).where(_kinds.c.kind == sa.bindparam("of")).with_for_update(), "of")
_BEGIN = Statement(
    lambda kind: (sqlite if kind == "sqlite" else postgresql).insert(_kinds).on_conflict_do_nothing(),
    "kind", "version", "era", "changes", "removed",
)  # fmt: skip
_LOAD = Statement(  # mark and rows of one moment, for it is one statement
    sa.select(*_MARKS, _kinds.c.version, _rows.c.id, _rows.c.document)
    .select_from(
        _kinds.outerjoin(_rows, sa.and_(_rows.c.kind == _kinds.c.kind, _rows.c.changed > sa.bindparam("since")))
    )
    .where(_kinds.c.kind == sa.bindparam("of")),
    "since", "of",
)  # fmt: skip
_ADD = Statement(sa.insert(_rows), "kind", "id", "changed", "document")
_CHANGE = Statement(
    sa.update(_rows)
    .where(_rows.c.kind == sa.bindparam("of"), _rows.c.id == sa.bindparam("one"))
    .values(document=sa.bindparam("text"), changed=sa.bindparam("by")),
    "text", "by", "of", "one",
)  # fmt: skip
_REMOVE = Statement(
    sa.delete(_rows).where(_rows.c.kind == sa.bindparam("of"), _rows.c.id == sa.bindparam("one")),
    "of", "one",
)  # fmt: skip
_SAVE = Statement(
    sa.update(_kinds)
    .where(_kinds.c.kind == sa.bindparam("of"))
    .values(version=sa.bindparam("now"), changes=sa.bindparam("count"), removed=sa.bindparam("gone")),
    "now", "count", "gone", "of",
)  # fmt: skip
_KINDS = Statement(sa.select(_rows.c.kind).distinct().order_by(_rows.c.kind))


Mark = tuple[str, int, int]
"""The kind's era, and how many changes it had; and the last of them that took a row away."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows of a kind at one moment: the text of each by its id, not to be changed. ``mark`` is None where there never was one."""

    mark: Mark | None
    version: int
    texts: Mapping[str, str] = field(repr=False)


@dataclass(slots=True)
class Changing:
    """The rows of a kind, held against everybody else: change ``texts``."""

    version: int
    texts: dict[str, str] = field(repr=False)
    older: str = ""

    def bring_to(self, version: int) -> None:
        """Say that ``texts`` will be of this version; a copy of what was there is kept under a name that is no kind of anybody's."""
        self.older, self.version = f"@version-{self.version}", version


class Documents:
    """The rows of every kind in one database. Calls block for a moment: make them from a thread. Every one may raise StorageFault."""

    def __init__(self, database: Database, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
        """Take the database; the tables are made or brought up to date. Raises TooNew and StorageFault."""
        self._database = database
        self._seen: dict[str, Kept] = {}
        self.where = database.where
        database.prepare(Schema("documents", _tables, migrations))

    def kinds(self) -> list[str]:
        """Return the kinds that hold anything, in the order of the alphabet."""
        found = self._database.read_now(lambda connection: _KINDS.rows(connection))
        return [kind for (kind,) in found]

    def mark(self, kind: str) -> Mark | None:
        """Return what is another one after every change of the kind; None where there was none yet. One small query."""
        return self._database.read_now(lambda connection: _mark(_MARK.rows(connection, kind)))

    def read(self, kind: str) -> Kept:
        """Return the rows as they are now: one small query when nothing changed since the last time."""
        seen = self._seen.get(kind)

        def work(connection: sa.Connection) -> Kept:
            return _now(connection, kind, seen, _mark(_MARK.rows(connection, kind)))

        self._seen[kind] = kept = self._database.read_now(work)
        return kept

    @contextlib.contextmanager
    def changing(self, kind: str, newest: int = 1) -> Iterator[Changing]:
        """Give the rows to change, against all other threads and processes; they are kept together when the block ends well.

        ``newest`` is the version of a kind that is begun with this. Never open the same kind again inside the block.
        """
        with self._database.held() as connection:
            found = _HOLD.rows(connection, kind)
            if not found:
                _begin(connection, kind, newest)
                found = _HOLD.rows(connection, kind)  # another process may have begun it meanwhile
            before = _now(connection, kind, self._seen.get(kind), _mark(found))
            held = Changing(before.version, dict(before.texts))
            yield held
            after = _save(connection, kind, before, held)
        self._seen[kind] = after


def _mark(found: Sequence[Values]) -> Mark | None:
    return (found[0][0], found[0][1], found[0][2]) if found else None


def _now(connection: sa.Connection, kind: str, seen: Kept | None, mark: Mark | None) -> Kept:
    """Return the rows of a kind whose mark is this: those that were seen, and what changed since; all of them where some may be gone."""
    if mark is None:
        return Kept(None, 0, {})
    if seen is None or seen.mark is None or seen.mark[0] != mark[0]:
        return _load(connection, kind, -1, {})
    if seen.mark == mark:
        return seen
    later = _load(connection, kind, seen.mark[1], seen.texts)
    gone = later.mark is None or later.mark[0] != mark[0] or later.mark[2] > seen.mark[1]
    return _load(connection, kind, -1, {}) if gone else later


def _load(connection: sa.Connection, kind: str, since: int, before: Mapping[str, str]) -> Kept:
    found = _LOAD.rows(connection, since, kind)
    mark = _mark(found)
    if mark is None:  # the kind itself was taken away meanwhile
        return Kept(None, 0, {})
    texts = {_id_of(id): text for *_, id, text in found if id is not None}
    return Kept(mark, found[0][3], {**before, **texts})


def _save(connection: sa.Connection, kind: str, before: Kept, held: Changing) -> Kept:
    """Write what differs, and a new mark if anything does."""
    old, new = before.texts, held.texts
    added = [(id, text) for id, text in new.items() if id not in old]
    changed = [(id, text) for id, text in new.items() if id in old and old[id] != text]
    gone = [(kind, _kept_id(id)) for id in old if id not in new]
    if before.mark is None or not (added or changed or gone or held.version != before.version):
        return before
    era, count, removed = before.mark
    count += 1
    mark = era, count, count if gone else removed
    if held.older and old:
        _copy(connection, kind + held.older, before)
    _REMOVE.run(connection, gone)
    _CHANGE.run(connection, [(text, count, kind, _kept_id(id)) for id, text in changed])
    _ADD.run(connection, [(kind, _kept_id(id), count, text) for id, text in added])
    _SAVE.run(connection, [(held.version, *mark[1:], kind)])
    return Kept(mark, held.version, dict(new))


def _copy(connection: sa.Connection, name: str, before: Kept) -> None:
    # one of an earlier time may be there, from before an older backup was restored
    connection.execute(sa.delete(_rows).where(_rows.c.kind == name))
    connection.execute(sa.delete(_kinds).where(_kinds.c.kind == name))
    _begin(connection, name, before.version)
    _ADD.run(connection, [(name, _kept_id(id), 0, text) for id, text in before.texts.items()])


def _begin(connection: sa.Connection, kind: str, version: int) -> None:
    _BEGIN.run(connection, [(kind, version, secrets.token_hex(8), 0, 0)])


def _kept_id(id: str) -> str:
    """Return the id as PostgreSQL can keep it: in quotation marks where it holds what it cannot, such as a zero."""
    return json.dumps(id) if id.startswith('"') or id != storable(id) else id


def _id_of(kept: str) -> str:
    found: str = json.loads(kept) if kept.startswith('"') else kept
    return found
