"""TABLE SHELF: what is kept of a table: a sealed document that says how it is read, and its sealed rows beside it.

Both are files of the workbench: in its home, or in the database that a team shares, so that every machine of it reads the same.
"""

from __future__ import annotations

import io
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from workbench.adapters.blobs import Blobs, Place
from workbench.adapters.blobs_folder import FolderBlobs
from workbench.adapters.home import Home
from workbench.adapters.sealed_rows import RowKey
from workbench.engine.table_layout import Encoding
from workbench.engine.table_ranges import TableRange
from workbench.errors import Damaged, NotFound, Refused, StorageFault
from workbench.models.run import Table
from workbench.sentence import say

from .sealed import SealedFile

FOLDER: Final = "tables"
LEFT_BEHIND_S: Final = 86_400
"""Seconds after which rows without their document are swept: an upload whose process was killed leaves them."""
UTF8: Final = Encoding("utf-8", "utf-8")
_ID = re.compile(r"tab_[a-z0-9]+")


class Sealer(Protocol):
    """What the vault does for tables."""

    def seal_data(self, data: bytes) -> str:
        """Return the data sealed."""
        ...

    def open_data(self, sealed: str) -> bytes:
        """Return what was sealed."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A table with how it is read: its key, its encoding, the lines before its first row, and when a file elsewhere was last changed.

    ``ranges`` cut its rows into such that can be read each for itself; none while nobody looked for them.
    """

    table: Table
    key: str = ""
    encoding: Encoding = UTF8
    skip: int = 0
    is_utf8: bool = True
    changed: int = 0
    readable: bool = True
    ranges: tuple[TableRange, ...] = ()


class TableShelf:
    """The tables of one workbench as they are kept. Calls block."""

    def __init__(self, home: Home, vault: Sealer, blobs: Blobs | None = None) -> None:
        """Take where files are kept; by default that is the home's folder."""
        self._vault = vault
        self._blobs: Blobs = blobs or FolderBlobs(home.folder)

    def path(self, id: str, kind: str) -> Place:
        """Return where a table's ``table`` (the document) or ``rows`` lie. Raises NotFound for what is no table's id."""
        if not _ID.fullmatch(id):
            raise _none(id)
        return Place(self._blobs, f"{FOLDER}/{id}.{kind}")

    def ids(self) -> list[str]:
        """Return the ids of all tables; what a killed process left behind is swept: an upload without its document."""
        there = self._blobs.all(f"{FOLDER}/tab_")
        found = [_id_of(blob.name) for blob in there if blob.name.endswith(".table")]
        known = set(found)
        for blob in there:
            if _id_of(blob.name) not in known and time.time() - blob.at > LEFT_BEHIND_S:
                self._blobs.delete(blob.name)
        self._blobs.sweep(LEFT_BEHIND_S)
        return found

    def put(self, kept: Kept) -> None:
        """Keep what is known of a table, in place of what was."""
        document = {
            "table": kept.table.model_dump(mode="json"),
            "key": kept.key, "encoding": list(kept.encoding), "skip": kept.skip, "is_utf8": kept.is_utf8,
            "changed": kept.changed, "readable": kept.readable, "ranges": kept.ranges,
        }  # fmt: skip
        sealed = self._vault.seal_data(json.dumps(document).encode())
        self._blobs.put(self.path(kept.table.id, "table").name, sealed.encode())

    def get(self, id: str) -> Kept:
        """Return what is known of a table. Raises NotFound, and MissingSecret where this vault cannot open it."""
        place = self.path(id, "table")
        raw = self._blobs.read(place.name)
        if raw is None:
            raise _none(id)
        try:
            document = json.loads(self._vault.open_data(raw.decode("ascii", "replace")))
        except ValueError:
            raise Damaged(say("{file} cannot be read: it is not a whole file of the workbench.", file=place.name)) from None  # fmt: skip
        table = Table.model_validate(document.pop("table"))
        ranges = tuple(TableRange(*one) for one in document.pop("ranges", ()))
        return Kept(table, **{**document, "encoding": Encoding(*document["encoding"]), "ranges": ranges})

    def delete(self, id: str) -> None:
        """Delete a table with its key; a file that lies elsewhere stays there. Raises NotFound."""
        if not self._blobs.delete(self.path(id, "table").name):
            raise _none(id)
        self._blobs.delete(self.path(id, "rows").name)

    def source(self, kept: Kept) -> io.RawIOBase | io.BufferedIOBase:
        """Return a table's bytes, to be closed. Raises Refused when a file that lies elsewhere was changed since it was looked at."""
        table = kept.table
        try:
            if not table.path:
                return SealedFile(self.path(table.id, "rows"), RowKey(kept.key), table.size)
            path = Path(table.path)
            if changed_at(path) != (table.size, kept.changed):
                raise Refused(say("{file} was changed since it was looked at. Choose it again.", file=table.name))  # fmt: skip
            return path.open("rb")
        except OSError as error:
            raise unreadable(table.name or table.id, error) from None


def changed_at(path: Path) -> tuple[int, int]:
    """Return a file's size in bytes and when it was last changed, in nanoseconds."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def unreadable(name: str, error: OSError) -> StorageFault:
    """Return the error that says why a file cannot be read."""
    return StorageFault(say("{file} cannot be read: {reason}.", file=name, reason=error.strerror or ""))


def _none(id: str) -> NotFound:
    return NotFound(say("There is no table “{id}”. It may have been deleted meanwhile.", id=id[:80]))


def _id_of(name: str) -> str:
    return Path(name).stem
