"""SYNC KNOWN: what a purchase waits for, found here: sent before, in a table of the same shop, or in the purchase's own lines.

A contact is never made of nothing but the address in a purchase: nobody decided to sync it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from workbench.engine.shop_products import check_product
from workbench.engine.shop_records import Record
from workbench.engine.shop_wire import read_product, to_api
from workbench.errors import WorkbenchError
from workbench.models.base import JsonValue
from workbench.models.shop import Shop
from workbench.models.sync_platform import Entity

from .run_look import SyncLooks
from .sync_looking import SyncDoors
from .sync_memory import Memory, Outgoing
from .sync_rows import SyncRows

if TYPE_CHECKING:
    from workbench.adapters.run_store import RunStore

MOST_INDEXED: Final = 300_000
"""Rows of other tables that are looked at for what is missing."""
LOOKED_AT: Final = frozenset({"checked", "starting", "started"})
"""Runs whose rows somebody let every rule look at."""


class Known:
    """Finds records of one shop by their keys. Made for one job: where they stand in the tables is remembered."""

    def __init__(self, doors: SyncDoors, looks: SyncLooks, memory: Memory, shop: Shop) -> None:
        from workbench.adapters.run_store import RunStore

        self._doors, self._looks, self._memory, self._shop = doors, looks, memory, shop
        self._store: RunStore = RunStore(doors.house.database)
        self._indexes: dict[Entity, _Index] = {}
        self._turn = asyncio.Lock()

    async def find(
        self, entity: Entity, keys: Sequence[str], lines: Sequence[Mapping[str, JsonValue]] = ()
    ) -> dict[str, Outgoing]:
        """Return by key the records that can be created. ``lines`` are the purchase's own."""
        found = await self._memory.known(entity, keys)
        if entity == "product":
            own = self._of_lines(lines)
            found = {key: one for key, one in own.items() if key in keys} | found
        missing = [key for key in keys if key not in found]
        return {**found, **(await self._of_tables(entity, missing) if missing else {})}

    def _of_lines(self, lines: Sequence[Mapping[str, JsonValue]]) -> dict[str, Outgoing]:
        """Return the products that the lines describe so fully that the platform would take them."""
        found: dict[str, Outgoing] = {}
        for line in lines:
            described = {name: value for name, value in line.items() if name not in ("quantity", "price")}
            product = read_product(described).noun
            if product is None or any(one.blocks for one in check_product(product, self._shop.settings)):
                continue
            body = {name: value for name, value in to_api(product).items() if name != "productId"}
            record = Record(key=product.id, call="product", parts={"id": product.id}, body=body)
            found[product.id] = self._memory.outgoing("product", record)
        return found

    async def _of_tables(self, entity: Entity, keys: Sequence[str]) -> dict[str, Outgoing]:
        async with self._turn:  # of many rows that miss something at once, the first one reads the tables
            if entity not in self._indexes:
                self._indexes[entity] = await self._index(entity)
        return await self._indexes[entity].find(keys)

    async def _index(self, entity: Entity) -> _Index:
        index = _Index(self._memory, entity)
        for run in await self._store.runs():
            sync = run.plan.sync
            mine = sync is not None and (sync.shop_id, sync.entity) == (self._shop.id, entity)
            if not mine or run.state not in LOOKED_AT or index.full:
                continue
            try:
                rows = await SyncRows.open(self._doors, self._looks, self._store, run)
            except WorkbenchError:
                continue  # its table or a column of it is gone: nothing is known from it any more
            if rows is not None:
                await index.read(rows)
        return index


class _Index:
    """Where the records of an entity stand in the tables of a shop, the newest run first."""

    def __init__(self, memory: Memory, entity: Entity) -> None:
        self._memory, self._entity = memory, entity
        self._sources: list[SyncRows] = []
        self._places: dict[str, tuple[int, int]] = {}

    @property
    def full(self) -> bool:
        """Whether nothing more is read."""
        return len(self._places) >= MOST_INDEXED

    async def read(self, rows: SyncRows) -> None:
        """Note where the records of a table stand; rows that were kept back are no source."""
        source = len(self._sources)
        self._sources.append(rows)
        async for batch in rows.batches():
            for one in batch:
                assert one.record is not None, "it can go"
                self._places.setdefault(self._digest(one.record.key), (source, one.number))
            if self.full:
                return

    async def find(self, keys: Sequence[str]) -> dict[str, Outgoing]:
        """Return by key what the tables hold."""
        found: dict[str, Outgoing] = {}
        for key in keys:
            source, number = self._places.get(self._digest(key), (0, 0))
            row = await self._sources[source].row(number) if number else None
            if row is not None and row.record is not None:
                found[key] = replace(self._memory.outgoing(self._entity, row.record), key=key)
        return found

    def _digest(self, key: str) -> str:
        return self._memory.digest(self._entity, key)
