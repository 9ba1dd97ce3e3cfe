"""CATALOGUE: what people define (integrations, drafts, templates ...), one readable JSON file per kind.

TinyDB keeps them. Plain, it loses documents and whole files when two processes write; here it is opened anew
inside a lock that all processes share, on a storage that writes the file whole or not at all, and used
through its public interface only. Every write rewrites the file: this is for some thousand documents a kind,
not for a journal.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, cast

from tinydb import TinyDB
from tinydb.storages import MemoryStorage, Storage
from tinydb.table import Document, Table

from workbench.errors import Damaged, NotFound
from workbench.sentence import Sentence, say

from . import files
from .files import Json
from .home import Home

T = TypeVar("T")

Documents = dict[str, Json]
Migration = Callable[[Json], Json]
"""Brings one document from the version it is listed under to the next one."""

Migrations = Mapping[str, Mapping[int, Migration]]

MIGRATIONS: Final[Migrations] = {}
"""For each kind: each version ever released, and how to leave it. A kind not listed is at version 1."""

TABLE = "documents"


class KindFile(Storage):
    """TinyDB's storage for the file of one kind: read once, changed in memory, written whole by ``save``.

    Open it inside ``files.lock`` for one piece of work. An older file is brought up to date (a copy of it is
    kept), a damaged one is set aside with a notice; a newer one raises TooNew and stays as it is.
    """

    def __init__(self, path: Path, migrations: Mapping[int, Migration], notices: list[Sentence]) -> None:
        self._path = path
        self._newest = newest(migrations)
        self._documents: Documents = {}
        self._changed = False
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

    def read(self) -> dict[str, Documents]:
        """Return the one table, as TinyDB wants it."""
        return {TABLE: self._documents}

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Take the table over; ``save`` puts it on the disk."""
        self._documents = data[TABLE]
        self._changed = True

    def save(self) -> None:
        """Write the file, ordered by id, if anything changed. Raises CannotWrite."""
        if self._changed:
            ordered = dict(sorted(self._documents.items()))
            files.write_atomically(self._path, files.to_json({"schema": self._newest, TABLE: ordered}))
            self._changed = False


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

    What is put in and given out is a copy in plain JSON. ``notices`` says what had to be repaired. A call
    takes some milliseconds of disk: make it from a thread. Every method may raise CannotWrite (disk or lock),
    TooNew (the file is a newer workbench's) and StorageFault (it may not be read).
    """

    def __init__(self, home: Home | None, migrations: Migrations = MIGRATIONS) -> None:
        self._home = home
        self._migrations = migrations
        self._memory: dict[str, MemoryStorage] = {}
        self._seen: dict[str, tuple[bytes, Documents]] = {}
        self._turn = threading.RLock()
        self._queues: dict[str, deque[Job[Any]]] = {}
        self.notices: list[Sentence] = []

    @classmethod
    def in_memory(cls) -> Catalogue:
        """Return an empty catalogue that keeps nothing on the disk."""
        return cls(None)

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
            before = _by_id(table).get(id)
            changed = _plain(change(cast(Json | None, _plain(before))))
            _replace(table, id, cast(Json, changed))
            return cast(Json, _plain(changed))

        return self._do(kind, work)

    @contextlib.contextmanager
    def transaction(self, kind: str) -> Iterator[Documents]:
        """Give all documents of the kind by id, to look at and change; they are kept together at the end.

        No other process writes the kind meanwhile, so that a name can be checked to be unique. An exception
        inside the block, or one while writing, leaves everything as it was. Never open a second one inside
        the first.
        """
        with self._table(kind) as table:
            before = _by_id(table)
            documents = cast(Documents, _plain(before))
            yield documents
            after = cast(Documents, _plain(documents))
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
            if self._home is None:
                storage = self._memory.setdefault(kind, MemoryStorage())  # type: ignore[no-untyped-call]
                yield Definitions(storage=lambda: storage).table(TABLE)
                return
            path = self._path(self._home, kind)
            with files.lock(path):
                file = KindFile(path, self._migrations.get(kind, {}), self.notices)
                yield Definitions(storage=lambda: file).table(TABLE)
                file.save()

    def _documents(self, kind: str) -> Documents:
        """Return what is kept now, not to be changed. Needs no lock: a file is always a whole one."""
        if self._home is not None:
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
        if not kind.isidentifier():
            raise ValueError("a kind is one word, such as integrations")
        return home.path(f"{kind}.json")


def newest(migrations: Mapping[int, Migration]) -> int:
    """Return the version that this workbench writes: one more than the last that can be left."""
    return max(migrations, default=0) + 1


def parse(path: Path, raw: bytes, newest: int) -> tuple[int, Documents]:
    """Return the version and the documents in ``raw``, the content of ``path``. Raises Damaged and TooNew."""
    value = files.from_json(path, raw, newest)
    documents = value.get(TABLE)
    if not isinstance(documents, dict) or not all(isinstance(one, dict) for one in documents.values()):
        raise Damaged(say("{file} cannot be read: its documents are missing.", file=str(path)))
    return value["schema"], documents


def _by_id(table: Table) -> Documents:
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
