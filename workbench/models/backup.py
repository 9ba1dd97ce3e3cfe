"""Backup: what a workbench holds, counted and hashed part by part, and the archive that it is written to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from .base import Noun

DatabaseKind = Literal["sqlite", "postgresql"]


class Part(Noun):
    """One part of what is held: the documents of a kind, the sealed secrets, one table of the database, or one file.

    ``count`` is its documents, secrets or rows (1 for a file); ``sha256`` is that of its ``size`` bytes, which are the same wherever it is
    held. ``columns`` names what a row's values stand for, ``schema_version`` the version of its tables.
    """

    name: str
    count: int
    size: int
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    columns: tuple[str, ...] = ()
    schema_version: int = 0

    @property
    def kind(self) -> str:
        """What it is a part of: home, documents, secrets, tables or files."""
        return self.name.partition("/")[0].partition(".")[0]


class Totals(Noun):
    """How much is held."""

    documents: int = 0
    secrets: int = 0
    rows: int = 0
    files: int = 0


class Manifest(Noun):
    """What an archive says of itself, as its last member."""

    format: int = 1
    made_at: datetime
    version: str
    home: str
    database: DatabaseKind
    parts: tuple[Part, ...]

    @property
    def totals(self) -> Totals:
        """How much is in it."""
        return totals_of(self.parts)


class Backup(Noun):
    """An archive as it is listed: ``size`` in bytes; ``home`` is the id of the workbench that it was made of."""

    name: str
    size: int
    made_at: datetime
    version: str
    home: str
    database: DatabaseKind
    totals: Totals


def totals_of(parts: tuple[Part, ...]) -> Totals:
    """Return how much some parts hold together."""

    def count(kind: str) -> int:
        return sum(part.count for part in parts if part.kind == kind)

    return Totals(
        documents=count("documents"), secrets=count("secrets"), rows=count("tables"), files=count("files")
    )


class Moved(Noun):
    """What was carried from one place to another: which workbench, how much, and that it arrived as it was sent, part by part."""

    home: str
    source: str
    target: str
    totals: Totals
    parts: tuple[Part, ...]
    under_way: int = 0
    """Jobs that were running, and go on where the workbench is served."""
    stopped: int = 0
    """Jobs that were running when a backup was made, and rest now: what was done since then stands as not done."""
    before: bool = False
    """Whether all of it had arrived before: nothing was carried, only compared."""
    locked: int = 0
    """Secrets that no key at hand opens there."""


def elsewhere_of(parts: tuple[Part, ...]) -> int:
    """Return how many tables are read from files that lie elsewhere on a machine: what is kept of those goes along, not their rows."""
    names = {part.name for part in parts}
    tables = (name for name in names if name.startswith("files/tables/") and name.endswith(".table"))
    return sum(f"{name.removesuffix('.table')}.rows" not in names for name in tables)
