"""Visible tables: the tables that the running call may see. Whose each is stands in the catalogue; those of nobody stand nowhere."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from workbench.adapters.tables import Tables
from workbench.adapters.tables.shelf import Kept, TableShelf
from workbench.errors import Forbidden, NotFound
from workbench.models.run import Table
from workbench.models.unit import TABLES
from workbench.sentence import say

from .visibility import eyes, forbidden

if TYPE_CHECKING:
    from workbench.adapters.blobs import Blobs
    from workbench.adapters.home import Home

    from .visible_catalogue import VisibleCatalogue
    from .visible_vault import VisibleVault


class VisibleTables(Tables):
    """The tables of a workbench as the running call sees them: one that is another unit's is not there."""

    def __init__(
        self, documents: VisibleCatalogue, home: Home, vault: VisibleVault, blobs: Blobs | None = None
    ) -> None:
        """Take the catalogue that says whose the tables are, and what ``Tables`` takes."""
        super().__init__(home, vault, blobs)
        self._shelf = self._seen = VisibleShelf(documents, home, vault, blobs)

    async def change(self, id: str, *, encoding: str = "", delimiter: str = "") -> Table:
        """Read a table in another way from now on. Raises Forbidden for one that is nobody's, where the caller works for some units."""
        await asyncio.to_thread(self._seen.check, id, change=True)
        return await super().change(id, encoding=encoding, delimiter=delimiter)


class VisibleShelf(TableShelf):
    """What is kept of the tables that the running call sees."""

    def __init__(
        self, documents: VisibleCatalogue, home: Home, vault: VisibleVault, blobs: Blobs | None
    ) -> None:
        super().__init__(home, vault, blobs)
        self._documents = documents

    def ids(self) -> list[str]:
        """Return the ids of the tables that the caller sees."""
        look = eyes()
        return [id for id in super().ids() if look.see(self._documents.unit_now(id))]

    def get(self, id: str) -> Kept:
        """Return what is known of a table. Raises NotFound."""
        self.check(id)
        return super().get(id)

    def put(self, kept: Kept) -> None:
        """Keep what is known of a table; a new one belongs to whom the call works for."""
        id = kept.table.id
        if self._documents.unit_for() and not self._is_kept(id):
            self._documents.put(TABLES, id, {"id": id})
        super().put(kept)

    def delete(self, id: str) -> None:
        """Delete a table. Raises NotFound, and Forbidden for one that is nobody's, where the caller works for some units."""
        self.check(id, change=True)
        super().delete(id)
        with contextlib.suppress(NotFound, Forbidden):  # it was nobody's
            self._documents.delete(TABLES, id)

    def _is_kept(self, id: str) -> bool:
        try:
            super().get(id)
        except NotFound:
            return False
        return True

    def check(self, id: str, *, change: bool = False) -> None:
        """Raise NotFound unless the caller sees a table, and Forbidden unless it may be changed."""
        look = eyes()
        if look.units is None:
            return
        unit = self._documents.unit_now(id)
        if not look.see(unit):
            raise NotFound(say("There is no table “{id}”. It may have been deleted meanwhile.", id=id[:80]))
        if change and not look.may_change(unit):
            raise forbidden()
