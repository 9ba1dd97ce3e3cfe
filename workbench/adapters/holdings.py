"""HOLDINGS: everything that a workbench holds, part by part, to be carried away whole and put down elsewhere.

The documents of each kind, the sealed secrets (never their key), each table of the database, each file, and by which id and salt the
workbench makes its pseudonyms. A part is the same bytes wherever it is held, so that its hash proves that it arrived.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from workbench.errors import Refused, StorageFault, TooNew
from workbench.models.backup import Part
from workbench.sentence import say

from . import files, holdings_rows
from .blobs_database import DatabaseBlobs
from .blobs_folder import FolderBlobs
from .catalogue import MIGRATIONS, Catalogue, newest
from .documents import VAULT_KIND, Documents
from .holdings_parts import (
    Counter,
    Given,
    Told,
    check_arrived,
    counted,
    files_of,
    heard,
    lines_of,
    not_empty,
    parsed,
    quiet,
)
from .one_transaction import OneTransaction
from .team import take_over, team_about

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .blobs import Blobs
    from .database import Database, Schema
    from .home import Home

T = TypeVar("T")

ABOUT: Final = "home.json"
SECRETS: Final = "secrets.jsonl"
CARRIED_OTHERWISE: Final = frozenset({"documents", "files", "team"})
"""Schemas of a team's database whose rows are documents, secrets, files, and the team's own id and salt."""
TRIES: Final = 40
PAUSE_S: Final = 0.05
LEFT_BEHIND_S: Final = 86_400


class Sealed(Protocol):
    """What the vault gives and takes: tokens, which only its key opens."""

    def tokens(self) -> Mapping[str, str]:
        """Return every token by its handle."""
        ...

    def put_tokens(self, tokens: Mapping[str, str]) -> None:
        """Keep tokens beside those that are there."""
        ...


class _Changed(Exception):
    """Something was written while it was looked at."""


class Holdings:
    """What one workbench holds. Calls block, for as long as reading all of it takes: make them from a thread."""

    def __init__(self, home: Home, database: Database, vault: Sealed) -> None:
        self._home, self._database, self._vault = home, database, vault

    def read(self, work: Callable[[Iterator[Given]], T]) -> T:
        """Return what ``work`` makes of all parts as they are at one moment; others go on working meanwhile.

        Raises StorageFault where a moment without changes is not found.
        """
        for _ in range(TRIES):
            with contextlib.suppress(_Changed):
                return self._database.read_now(lambda connection: self._at_one_moment(connection, work))
            time.sleep(PAUSE_S)
        raise StorageFault(
            say("What is defined in this workbench changes all the time, so that no whole copy can be made. Try again in a minute.")
        )  # fmt: skip

    def tally(self, told: Told = quiet) -> tuple[Part, ...]:
        """Return every part with its count and hash."""
        return self.read(lambda parts: counted(heard(parts, told)))

    def is_empty(self) -> bool:
        """Return whether nothing was ever put here."""
        return self._database.read_now(self._is_empty)

    def has_only_rows(self) -> bool:
        """Return whether this is a team's database with rows and nothing else: one that was a journal alone, as it could be once."""
        return self._database.shared and self._database.read_now(self._defines_nothing)

    def fill(self, parts: Iterable[Given], told: Told = quiet) -> tuple[Part, ...]:
        """Take all parts, look at what is here then, and return it: each part with its count and hash, which are those of what came.

        What goes to the database is kept together or not at all. Raises Refused where something is here already, Damaged where not all
        arrived as it was sent. Beside the rows of what was a home's journal alone, that home's documents, secrets and files are taken.
        """
        return self._database.write_now(lambda connection: self._fill(connection, parts, told))

    # -- reading -----------------------------------------------------------------------------------------------------

    def _at_one_moment(self, connection: Connection, work: Callable[[Iterator[Given]], T]) -> T:
        holdings_rows.fix(connection)
        with contextlib.ExitStack() as closing:
            before = self._marks()
            parts = self._parts(connection, lambda blobs: closing.enter_context(self._fixed(blobs)))
            if self._marks() != before:
                raise _Changed
            return work(parts)

    def _parts(
        self, connection: Connection, fixed: Callable[[Blobs], Blobs] = lambda blobs: blobs
    ) -> Iterator[Given]:
        """Return all parts. Documents and secrets are read now, what is much is read as it is asked for."""
        doors = _Doors(self, connection)
        about = json.dumps({"id": self._home.id, "salt": self._home.salt.hex()})
        if doors.team:
            about = json.dumps(doors.team)
        small = [
            Given(ABOUT, iter([(1, f"{about}\n".encode())])),
            *(doors.documents(kind) for kind in doors.catalogue.kinds()),
            Given(SECRETS, iter([lines_of(sorted(doors.tokens().items()))]), schema_version=1),
        ]
        return chain(small, self._rows(connection), files_of(fixed(doors.blobs)))

    def _rows(self, connection: Connection) -> Iterator[Given]:
        for schema in self._schemas():
            for table in holdings_rows.tables_of(schema):
                columns = tuple(column.name for column in table.columns)
                rows = holdings_rows.batches(connection, table)
                yield Given(f"tables/{schema.name}/{table.name}.jsonl", rows, columns, schema.newest)

    def _schemas(self) -> list[Schema]:
        found = [schema for name, schema in self._database.schemas.items() if name not in CARRIED_OTHERWISE]
        return sorted(found, key=lambda schema: schema.name)

    def _marks(self) -> object:
        """Return what changes when a file of the home is written. In a team's database all is seen at one moment anyway."""
        if self._database.shared:
            return None
        blobs = {blob.name: blob.mark for blob in FolderBlobs(self._home.folder).all()}
        return {path.name: files.mark(path) for path in self._home.folder.glob("*.json")}, blobs

    @contextlib.contextmanager
    def _fixed(self, blobs: Blobs) -> Iterator[Blobs]:
        """Give the files as they are now: a home's by a second name, under which they stay though they are replaced or deleted."""
        if self._database.shared:
            yield blobs
            return
        for left in self._home.folder.glob(".snapshot-*"):
            if time.time() - left.stat().st_mtime > LEFT_BEHIND_S:
                shutil.rmtree(left, ignore_errors=True)
        folder = self._home.folder / f".snapshot-{secrets.token_hex(6)}"
        try:
            folder.mkdir(mode=0o700)
            for blob in blobs.all():
                _link(self._home.folder / blob.name, folder / blob.name)
            yield FolderBlobs(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # -- writing -----------------------------------------------------------------------------------------------------

    def _is_empty(self, connection: Connection) -> bool:
        return self._defines_nothing(connection) and not self._has_rows(connection)

    def _defines_nothing(self, connection: Connection) -> bool:
        doors = _Doors(self, connection)
        return not (doors.catalogue.kinds() or doors.tokens() or doors.blobs.all())

    def _has_rows(self, connection: Connection) -> bool:
        tables = (table for schema in self._schemas() for table in holdings_rows.tables_of(schema))
        return any(holdings_rows.has_rows(connection, table) for table in tables)

    def _fill(self, connection: Connection, parts: Iterable[Given], told: Told) -> tuple[Part, ...]:
        doors, beside = _Doors(self, connection), self._has_rows(connection)
        if not self._defines_nothing(connection) or (beside and not self._database.shared):
            raise Refused(not_empty(self._database.where))
        team, sent = doors.team, []
        for given in heard(parts, told):
            counter = Counter(given)
            self._take(connection, doors, replace(given, batches=iter(counter)))
            sent.append(counter.part)
            other = given.name == ABOUT and doors.team != team
            if beside and (other or (counter.part.kind == "tables" and counter.part.count)):
                raise Refused(not_empty(self._database.where))
        here = counted(heard(self._parts(connection), told))
        check_arrived(
            sent, [part for part in here if not (beside and part.kind == "tables")], self._database.where
        )
        return here

    def _take(self, connection: Connection, doors: _Doors, given: Given) -> None:
        kind, _, rest = given.name.partition("/")
        if given.name == ABOUT:
            self._take_about(connection, given)
        elif given.name == SECRETS:
            doors.put_tokens(dict(parsed(given)))
        elif kind == "documents":
            _put_documents(doors.catalogue, rest.removesuffix(".jsonl"), given)
        elif kind == "files":
            with doors.blobs.writer(rest) as writer:
                for _, data in given.batches:
                    writer.write(data)
        else:
            _put_rows(connection, {schema.name: schema for schema in self._schemas()}, given)

    def _take_about(self, connection: Connection, given: Given) -> None:
        """Let the pseudonyms that are carried along be known again here. Raises Refused where a home makes others."""
        about = parsed(given)[0]
        if self._database.shared:
            take_over(OneTransaction(self._database, connection), about["id"], bytes.fromhex(about["salt"]))
        elif about != {"id": self._home.id, "salt": self._home.salt.hex()}:
            raise Refused(
                say(
                    "{where} belongs to another workbench: its pseudonyms are not the same. Choose an empty place.",
                    where=self._database.where,
                )
            )


class _Doors:
    """What holdings are read and changed through, within one transaction; in a home the documents and files beside the database."""

    def __init__(self, holdings: Holdings, connection: Connection) -> None:
        home, database, vault = holdings._home, holdings._database, holdings._vault
        self._vault: Sealed = vault
        self._within, self._rows = None, None
        if database.shared:
            self._within = OneTransaction(database, connection)
            self._rows = Documents(self._within)
            self.catalogue = Catalogue(home, documents=self._rows)
            self.blobs: Blobs = DatabaseBlobs(self._within.read_now, self._within.write_now)
        else:
            self.catalogue = Catalogue(home)
            self.blobs = FolderBlobs(home.folder)

    def documents(self, kind: str) -> Given:
        """Return the documents of a kind."""
        if self._rows is not None:
            kept = self._rows.read(kind)
            version, found = kept.version, {id: json.loads(text) for id, text in kept.texts.items()}
        else:
            with self.catalogue.transaction(kind) as documents:
                version, found = newest(MIGRATIONS.get(kind, {})), documents
        batch = lines_of(sorted(found.items()))
        return Given(f"documents/{kind}.jsonl", iter([batch]), schema_version=version)

    @property
    def team(self) -> dict[str, str] | None:
        """The team's id and salt as they are within the transaction."""
        return None if self._within is None else dict(sorted(team_about(self._within).items()))

    def tokens(self) -> Mapping[str, str]:
        """Return every token by its handle."""
        return self._vault.tokens() if self._rows is None else self._rows.read(VAULT_KIND).texts

    def put_tokens(self, tokens: Mapping[str, str]) -> None:
        """Keep tokens."""
        if self._rows is None:
            self._vault.put_tokens(tokens)
        else:
            with self._rows.changing(VAULT_KIND) as held:
                held.texts.update(tokens)


def _put_documents(catalogue: Catalogue, kind: str, given: Given) -> None:
    steps = MIGRATIONS.get(kind, {})
    current = newest(steps)
    if given.schema_version > current:
        raise TooNew(
            say("“{kind}” was written by a newer version of the workbench. Update the workbench; nothing was written.", kind=kind)
        )  # fmt: skip
    with catalogue.transaction(kind) as documents:
        for id, document in parsed(given):
            for step in range(given.schema_version, current):
                document = steps[step](document)
            documents[id] = document


def _put_rows(connection: Connection, schemas: Mapping[str, Schema], given: Given) -> None:
    _, name, table_name = given.name.removesuffix(".jsonl").split("/")
    schema = schemas.get(name)
    table = schema.tables.tables.get(table_name) if schema else None
    if schema is None or table is None:
        raise Refused(
            say("This version of the workbench has no table {table}. Use the version that wrote it, or a newer one.", table=table_name)
        )  # fmt: skip
    holdings_rows.check_fits(schema, table, given.columns, given.schema_version)
    holdings_rows.put(connection, table, given.columns, given.batches)


def _link(path: Path, second: Path) -> None:
    """Give a file a second name, or copy it where the disk knows no second names."""
    second.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        try:
            os.link(path, second)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(path, second)
    except FileNotFoundError:
        raise _Changed from None
    except OSError as error:
        raise files.cannot_write(second, error) from None
