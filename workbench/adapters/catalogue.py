"""CATALOGUE: what people define (integrations, drafts, templates ...), one readable JSON file per kind, or a team's database.

TinyDB keeps them. Plain, it loses documents and whole files when two processes write; here it is opened anew
inside a lock that all processes share, on a storage that writes the file whole or not at all (in a database:
the rows that differ, in one transaction), and used through its public interface only. Every write looks at the
whole kind: this is for some thousand documents a kind, not for a journal.
"""

from __future__ import annotations

import contextlib
import json
import operator
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, cast

from tinydb import TinyDB
from tinydb.storages import MemoryStorage, Storage
from tinydb.table import Document, Table

from workbench.errors import Damaged, NotFound, TooNew
from workbench.sentence import Sentence, say

from . import files
from .documents import VAULT_KIND, Changing, Documents
from .files import Json
from .home import ABOUT_FILE, VAULT_FILE, Home

T = TypeVar("T")

ById = dict[str, Json]
Migration = Callable[[Json], Json]
"""Brings one document from the version it is listed under to the next one."""

Migrations = Mapping[str, Mapping[int, Migration]]

MIGRATIONS: Final[Migrations] = {}
"""For each kind: each version ever released, and how to leave it. A kind not listed is at version 1."""

TABLE = "documents"


class OneKind(Storage):
    """TinyDB's storage for the documents of one kind, changed in memory; a ``save`` of their own puts them where they are kept."""

    _documents: ById
    _changed = False

    def read(self) -> dict[str, ById]:
        """Return the one table, as TinyDB wants it."""
        return {TABLE: self._documents}

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Take the table over; ``save`` keeps it."""
        self._documents = data[TABLE]
        self._changed = True


class KindFile(OneKind):
    """TinyDB's storage for the file of one kind: read once, changed in memory, written whole by ``save``.

    Open it inside ``files.lock`` for one piece of work. An older file is brought up to date (a copy of it is
    kept), a damaged one is set aside with a notice; a newer one raises TooNew and stays as it is.
    """

    def __init__(self, path: Path, migrations: Mapping[int, Migration], notices: list[Sentence]) -> None:
        self._path = path
        self._newest = newest(migrations)
        self._documents = {}
        raw = files.read(path)
        if raw is None:
            return
        try:
            version, self._documents = parse(path, raw, self._newest)
        except Damaged:
            notices.append(files.was_set_aside(path, files.set_aside(path)))
        else:
            self._bring_up_to_date(version, migrations)

    def _bring_up_to_date(self, version: int, migrations: Mapping[int, Migration]) -> None:
        if version == self._newest:
            return
        documents = self._documents
        for step in range(version, self._newest):
            documents = {id: migrations[step](document) for id, document in documents.items()}
        files.keep_copy(self._path, f"version-{version}")
        self.write({TABLE: documents})
        self.save()

    def save(self) -> None:
        """Write the file, ordered by id, if anything changed. Raises CannotWrite."""
        if self._changed:
            ordered = dict(sorted(self._documents.items()))
            files.write_atomically(self._path, files.to_json({"schema": self._newest, TABLE: ordered}))
            self._changed = False


class KindRows(OneKind):
    """TinyDB's storage for the rows of one kind in a team's database: read once, changed in memory, handed over by ``save``.

    Older rows are brought up to date (a copy of them is kept); newer ones raise TooNew and stay as they are.
    """

    def __init__(
        self, held: Changing, before: ById, migrations: Mapping[int, Migration], version: int
    ) -> None:
        """Take the rows that are held, and their documents, which stay as they are."""
        self._held = held
        self._before = before
        self._documents = {id: dict(document) for id, document in before.items()}
        for step in range(held.version, version):
            self._documents = {id: migrations[step](document) for id, document in self._documents.items()}
        self._changed = held.version != version
        if self._changed:
            held.bring_to(version)

    def save(self) -> None:
        """Hand the rows over, if anything changed."""
        if self._changed:
            texts, before = self._held.texts, self._before
            self._held.texts = {
                id: texts[id] if id in before and _is_as_it_was(document, before[id]) else _text(document)
                for id, document in self._documents.items()
            }


class OwnIds(Table):
    """A table whose documents go by our own ids, which are strings."""

    document_id_class = str  # type: ignore[assignment]  # TinyDB's hints say int; its code takes any class


class Definitions(TinyDB):
    """A TinyDB of one table, under the name it has in the file."""

    table_class = OwnIds
    default_table_name = TABLE


class Job(Generic[T]):
    """A piece of work on a table, done by whichever thread's turn it is, and what came of it."""

    def __init__(self, work: Callable[[Table], T]) -> None:
        self._work = work
        self._value: list[T] = []
        self.error: Exception | None = None
        self.done = False

    def run(self, table: Table) -> None:
        """Do it; an error is kept for the one who handed it in, and is nobody else's."""
        try:
            self._value.append(self._work(table))
        except Exception as error:  # noqa: BLE001 - it is raised again to everybody who handed in a job
            self.error = error

    def result(self) -> T:
        """Return what the work returned, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self._value[0]


class Catalogue:
    """The documents of every kind, under ids that the caller chose.

    What is put in and given out is a copy in plain JSON. ``notices`` says what had to be repaired; ``shared``
    whether the documents are a team's, in its database. A call takes some milliseconds of disk or network: make
    it from a thread. Every method may raise CannotWrite (disk or lock), TooNew (a newer workbench wrote it) and
    StorageFault (it may not be read, or no database answers).
    """

    def __init__(
        self, home: Home | None, migrations: Migrations = MIGRATIONS, documents: Documents | None = None
    ) -> None:
        """Take the home that holds the files, or the ``documents`` of a team's database."""
        self._home = home
        self._rows = documents
        self._parsed: dict[str, tuple[Mapping[str, str], ById]] = {}
        self.shared = documents is not None
        self._migrations = migrations
        self._memory: dict[str, MemoryStorage] = {}
        self._seen: dict[str, tuple[bytes, ById]] = {}
        self._turn = threading.RLock()
        self._queues: dict[str, deque[Job[Any]]] = {}
        self.notices: list[Sentence] = []

    @classmethod
    def in_memory(cls) -> Catalogue:
        """Return an empty catalogue that keeps nothing on the disk."""
        return cls(None)

    def kinds(self) -> list[str]:
        """Return the kinds that hold a document, in the order of the alphabet."""
        if self._rows is not None:
            return [kind for kind in self._rows.kinds() if kind.isidentifier() and kind != VAULT_KIND]
        if self._home is None:
            return sorted(kind for kind in self._memory if self._documents(kind))
        names = {path.name for path in self._home.folder.glob("*.json")} - {ABOUT_FILE, VAULT_FILE}
        kinds = sorted(name.removesuffix(".json") for name in names)
        return [kind for kind in kinds if kind.isidentifier() and self._documents(kind)]

    def mark(self, kind: str) -> Hashable:
        """Return what is another one after every change of the kind; None where it was never written, or nothing tells."""
        _check_kind(kind)
        if self._rows is not None:
            return self._rows.mark(kind)
        return None if self._home is None else files.mark(self._path(self._home, kind))

    def get(self, kind: str, id: str) -> Json:
        """Return the document. Raises NotFound."""
        documents = self._documents(kind)
        if id not in documents:
            raise _not_found(id)
        return cast(Json, _plain(documents[id]))

    def all(self, kind: str) -> list[Json]:
        """Return all documents of the kind, in the order of their ids."""
        documents = self._documents(kind)
        return [cast(Json, _plain(documents[id])) for id in sorted(documents)]

    def put(self, kind: str, id: str, document: Json) -> None:
        """Keep the document under ``id``, in place of any that was there; on a return it is on the disk."""
        plain = cast(Json, _plain(document))
        self._do(kind, lambda table: _replace(table, id, plain))

    def delete(self, kind: str, id: str) -> None:
        """Delete the document. Raises NotFound."""

        def work(table: Table) -> None:
            if not table.contains(doc_id=cast(int, id)):
                raise _not_found(id)
            table.remove(doc_ids=[cast(int, id)])

        self._do(kind, work)

    def update(self, kind: str, id: str, change: Callable[[Json | None], Json]) -> Json:
        """Keep what ``change`` makes of the present document (None if there is none), and return it.

        No other process writes the kind in between; an exception from ``change`` leaves everything as it was.
        """

        def work(table: Table) -> Json:
            before = table.get(doc_id=cast(int, id))
            changed = _plain(change(cast(Json | None, _plain(before))))
            _replace(table, id, cast(Json, changed))
            return cast(Json, _plain(changed))

        return self._do(kind, work)

    @contextlib.contextmanager
    def transaction(self, kind: str) -> Iterator[ById]:
        """Give all documents of the kind by id, to look at and change; they are kept together at the end.

        No other process writes the kind meanwhile, so that a name can be checked to be unique. An exception
        inside the block, or one while writing, leaves everything as it was. Never open a second one inside
        the first.
        """
        with self._table(kind) as table:
            before = _by_id(table)
            documents = cast(ById, _plain(before))
            yield documents
            after = cast(ById, _plain(documents))
            for id, document in after.items():
                if before.get(id) != document:
                    _replace(table, id, document)
            if gone := [cast(int, id) for id in before if id not in after]:
                table.remove(doc_ids=gone)

    def _do(self, kind: str, work: Callable[[Table], T]) -> T:
        """Do the work and keep what it changed; what other threads hand in meanwhile goes along in the same write."""
        mine = Job(work)
        queue = self._queues.setdefault(kind, deque())
        queue.append(mine)
        with self._turn:
            if not mine.done:
                others = [job for job in (queue.popleft() for _ in range(len(queue))) if job is not mine]
                self._do_together(kind, [mine, *others])
        return mine.result()

    def _do_together(self, kind: str, jobs: list[Job[Any]]) -> None:
        try:
            with self._table(kind) as table:
                for job in jobs:
                    job.run(table)
        except Exception as error:  # noqa: BLE001 - it is raised again to everybody who handed in a job
            for job in jobs:
                job.error = error
        for job in jobs:
            job.done = True

    @contextlib.contextmanager
    def _table(self, kind: str) -> Iterator[Table]:
        """Hold the kind against all other threads and processes; keep what was changed if all went well."""
        with self._turn:
            if self._rows is not None:
                with self._table_of_rows(self._rows, kind) as table:
                    yield table
                return
            if self._home is None:
                storage = self._memory.setdefault(kind, MemoryStorage())  # type: ignore[no-untyped-call]
                yield Definitions(storage=lambda: storage).table(TABLE)
                return
            path = self._path(self._home, kind)
            with files.lock(path):
                file = KindFile(path, self._migrations.get(kind, {}), self.notices)
                yield Definitions(storage=lambda: file).table(TABLE)
                file.save()

    @contextlib.contextmanager
    def _table_of_rows(self, rows: Documents, kind: str) -> Iterator[Table]:
        _check_kind(kind)
        migrations = self._migrations.get(kind, {})
        current = newest(migrations)
        with rows.changing(kind, current) as held:
            self._check_version(rows, kind, held.version)
            storage = KindRows(held, self._parsed_from(kind, held.texts), migrations, current)
            yield Definitions(storage=lambda: storage).table(TABLE)
            storage.save()

    def _now_in(self, rows: Documents, kind: str) -> ById | None:
        """Return what a team keeps now; None where it has to be brought up to date first."""
        _check_kind(kind)
        kept = rows.read(kind)
        if kept.mark is None:
            return {}
        self._check_version(rows, kind, kept.version)
        if kept.version != newest(self._migrations.get(kind, {})):
            return None
        return self._parsed_from(kind, kept.texts)

    def _parsed_from(self, kind: str, texts: Mapping[str, str]) -> ById:
        """Return the documents of these texts; those that were parsed before are not parsed again."""
        before, documents = self._parsed.get(kind, ({}, {}))
        if texts is not before:
            documents = {
                id: documents[id] if before.get(id) is text else json.loads(text)
                for id, text in texts.items()
            }
            self._parsed[kind] = texts, documents
        return documents

    def _check_version(self, rows: Documents, kind: str, found: int) -> None:
        known = newest(self._migrations.get(kind, {}))
        if found > known:
            raise TooNew(
                say(
                    "“{kind}” in {database} was written by a newer version of the workbench (format {found}, this one knows {known}). "
                    "Update the workbench; nothing was touched.",
                    kind=kind, database=rows.where, found=found, known=known,
                )
            )  # fmt: skip

    def _documents(self, kind: str) -> ById:
        """Return what is kept now, not to be changed. Needs no lock: a file is always a whole one."""
        if self._rows is not None:
            documents = self._now_in(self._rows, kind)
            if documents is not None:
                return documents
        elif self._home is not None:
            path = self._path(self._home, kind)
            raw = files.read(path)
            if raw is None:
                return {}
            seen = self._seen.get(kind)
            if seen and seen[0] == raw:
                return seen[1]
            current = newest(self._migrations.get(kind, {}))
            with contextlib.suppress(Damaged):  # the lock's holder sets it aside, below
                version, documents = parse(path, raw, current)
                if version == current:
                    self._seen[kind] = (raw, documents)
                    return documents
        with self._table(kind) as table:
            return _by_id(table)

    @staticmethod
    def _path(home: Home, kind: str) -> Path:
        _check_kind(kind)
        return home.path(f"{kind}.json")


def _check_kind(kind: str) -> None:
    if not kind.isidentifier() or kind == VAULT_KIND:
        raise ValueError("a kind is one word, such as integrations")


def newest(migrations: Mapping[int, Migration]) -> int:
    """Return the version that this workbench writes: one more than the last that can be left."""
    return max(migrations, default=0) + 1


def parse(path: Path, raw: bytes, newest: int) -> tuple[int, ById]:
    """Return the version and the documents in ``raw``, the content of ``path``. Raises Damaged and TooNew."""
    value = files.from_json(path, raw, newest)
    documents = value.get(TABLE)
    if not isinstance(documents, dict) or not all(isinstance(one, dict) for one in documents.values()):
        raise Damaged(say("{file} cannot be read: its documents are missing.", file=str(path)))
    return value["schema"], documents


def _is_as_it_was(document: Json, before: Json) -> bool:
    """Return whether nobody replaced what the document holds: equal would not be enough, for 1 is True, and order counts too."""
    return (
        len(document) == len(before)
        and all(map(operator.is_, document, before))
        and all(map(operator.is_, document.values(), before.values()))
    )


def _text(document: Json) -> str:
    return json.dumps(document, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def _by_id(table: Table) -> ById:
    return {cast(str, document.doc_id): dict(document) for document in table.all()}


def _replace(table: Table, id: str, plain: Json) -> None:
    """Put the whole document in one change: TinyDB's own upsert would leave fields of the old one."""
    number = cast(int, id)  # see OwnIds

    def become(old: Any) -> None:
        old.clear()
        old.update(plain)

    if table.contains(doc_id=number):
        table.update(become, doc_ids=[number])
    else:
        table.insert(Document(plain, number))


def _plain(value: object) -> object:
    """Return a copy in plain JSON; what JSON cannot hold raises TypeError or ValueError."""
    return json.loads(json.dumps(value, allow_nan=False))


def _not_found(id: str) -> NotFound:
    return NotFound(say("There is nothing under “{id}”. It may have been deleted meanwhile.", id=id[:80]))
