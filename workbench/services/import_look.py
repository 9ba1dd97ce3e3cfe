"""IMPORT LOOK: a shop's table looked at row by row as lines of files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final

from workbench.engine.import_parts import line, part_bytes, too_long
from workbench.engine.redact import Redactor
from workbench.engine.shop_consent import Proof
from workbench.engine.shop_records import Record
from workbench.engine.table_rows import TableRow
from workbench.models.base import JsonValue
from workbench.models.shop import ShopSettings

from .import_doors import ImportDoors
from .run_look import Looked
from .sync_looking import SyncLook, SyncLooked

QUESTIONS: Final = 10
"""Calls that are reckoned with for a part beside its upload."""


class FileLook(SyncLook):
    """How the rows of one import are looked at: as lines of its files."""

    @property
    def import_doors(self) -> ImportDoors:
        """The doors, with those of imports."""
        assert isinstance(self.doors, ImportDoors), "imports are opened with their own doors"
        return self.doors

    @cached_property
    def header(self) -> bytes:
        """The first line of every part."""
        return line(self.records.columns, self.sync.delimiter)

    @cached_property
    def limit(self) -> int:
        """The most bytes of a part."""
        return part_bytes(self.platform.imports, self.sync)

    @property
    def reading(self) -> str:
        """A digest of what decides how rows are read and where they go: another one, and the parts would not be those that were cut."""
        told = _reading(self.shop.settings).model_dump_json()
        return blake2b(
            f"{told}\n{self.table.digest}".encode("utf-8", "surrogatepass"), digest_size=16
        ).hexdigest()

    def read_at(self, moment: datetime) -> None:
        """Read rows as at that moment, so that what is decided by the time (a date in the future) is decided the same each time."""
        self._now = moment

    def data(self, record: Record, proof: Proof) -> tuple[dict[str, Any], int]:
        """Return what is known of a record that can go, and the bytes of its line. The ledger is given parts, not rows."""
        return {"identifiers": record.identifiers}, len(line(record.csv, self.sync.delimiter))

    def look(self, row: TableRow, fixes: Mapping[str, JsonValue] | None = None) -> SyncLooked:
        """Return a row as it would go out; one that is too long for any part is bad."""
        looked = super().look(row, fixes)
        if looked.data is None:
            return looked
        problem = too_long(len(self.header), looked.size, self.limit)
        if problem is not None:
            return replace(looked, data=None, problems=(*looked.problems, problem))
        self.weight += looked.size
        return looked

    def body(self, looked: Looked) -> str:
        """Return the row's line under the header, its contact masked; empty where it does not go."""
        if not isinstance(looked, SyncLooked) or looked.record is None or looked.data is None:
            return ""
        text = (self.header + line(looked.record.csv, self.sync.delimiter)).decode()
        return Redactor({}).naming(self.hidden(looked)).text(text)

    def calls(self, rows: int) -> int:
        """Return how many calls the parts are that so many of the rows make that were looked at: each upload, and the questions after."""
        room = max(1, self.limit - len(self.header))
        return math.ceil(max(self.weight, rows) / room) * (1 + QUESTIONS) if rows else 0


def _reading(settings: ShopSettings) -> ShopSettings:
    """Return of a shop's settings what decides how rows are read and where they go; key, name and patience may change meanwhile."""
    return ShopSettings(
        platform=settings.platform, base_url=settings.base_url, paths=settings.paths, domains=settings.domains, fields=settings.fields,
        lower_local=settings.lower_local,
    )  # fmt: skip
