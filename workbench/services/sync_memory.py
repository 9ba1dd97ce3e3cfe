"""SYNC MEMORY: what was last sent of a shop's records: known again by salted digests, opened again by the shop's own key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json, to_json

from workbench.engine.shop_records import Record
from workbench.engine.sync_calls import exact_json
from workbench.engine.sync_diff import fingerprint
from workbench.models.base import JsonValue
from workbench.models.request import Mode
from workbench.models.sync_platform import Entity

from .house import House

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.sealed_rows import RowKey
    from workbench.adapters.sync_marks import MarkState, SyncMark, SyncMarks

DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record as it goes to the platform by a single call, whence ever it is known. ``hash`` is salted.

    ``proof`` is what the row it comes from says of the contact's consent: the source, and the time in ISO 8601.
    """

    key: str
    call: str
    parts: dict[str, str] = field(repr=False)
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, JsonValue] = field(default_factory=dict, repr=False)
    identifiers: dict[str, str] = field(default_factory=dict, repr=False)
    hash: str = ""
    proof: tuple[str, str] = ("", "")

    @property
    def text(self) -> str:
        """The body as it goes out: JSON with exact numbers."""
        return exact_json(self.body).decode()

    def data(self) -> dict[str, Any]:
        """Return it as the ledger and the memory keep it, sealed by them."""
        return {
            "key": self.key, "call": self.call, "parts": self.parts, "query": self.query, "body": self.text,
            "identifiers": self.identifiers, "hash": self.hash, "proof": self.proof,
        }  # fmt: skip

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Outgoing | None:
        """Return what was kept; None where it is no record that can go."""
        body = data.get("body")
        if not isinstance(body, str) or not data.get("call"):
            return None
        return cls(
            str(data["key"]), str(data["call"]), dict(data["parts"]), dict(data["query"]), read_exact(body),
            dict(data["identifiers"]), str(data["hash"]), _pair(data.get("proof")),
        )  # fmt: skip


def read_exact(text: str) -> Any:
    """Return the JSON value of a text, its numbers with a point as ``Decimal``: written again they are the same digits."""
    return json.loads(text, parse_float=Decimal)


class Memory:
    """What was sent of one shop in this mode. A rehearsal reached nobody, so each mode has a memory of its own."""

    def __init__(self, house: House, marks: SyncMarks, shop_id: str, key: RowKey) -> None:
        self._house, self._marks, self._key = house, marks, key
        self.scope = scope_of(house, shop_id)

    @classmethod
    async def open(cls, house: House, marks: SyncMarks, shop_id: str) -> Memory:
        """Return a shop's memory; its key is made with the first call. Raises MissingSecret where the vault does not open it."""
        from workbench.adapters.sealed_rows import RowKey

        scope = scope_of(house, shop_id)
        sealed = await marks.sealed_key(scope, lambda: house.vault.seal_data(RowKey.new().text.encode()))
        return cls(
            house, marks, shop_id, RowKey((await asyncio.to_thread(house.vault.open_data, sealed)).decode())
        )

    # -- digests -------------------------------------------------------------------------------------------------------

    def digest(self, entity: Entity, key: str) -> str:
        """Return what stands for a record's key."""
        return self._digest(entity, key)

    def hash(self, entity: Entity, record: Record) -> str:
        """Return what stands for all that is sent of a record."""
        return self._digest(entity, fingerprint(entity, record))

    def outgoing(self, entity: Entity, record: Record, proof: tuple[str, str] = ("", "")) -> Outgoing:
        """Return a record as it goes out by a single call."""
        return Outgoing(
            record.key, record.call, record.parts, record.query, record.body, record.identifiers, self.hash(entity, record), proof
        )  # fmt: skip

    # -- marks ---------------------------------------------------------------------------------------------------------

    async def find(self, entity: Entity, keys: Sequence[str]) -> dict[str, SyncMark]:
        """Return by key what is known of these records."""
        digests = {self.digest(entity, key): key for key in keys}
        found = await self._marks.find(self.of(entity), list(digests))
        return {digests[digest]: mark for digest, mark in found.items()}

    async def known(self, entity: Entity, keys: Sequence[str]) -> dict[str, Outgoing]:
        """Return by key the records that were sent and can be sent again."""
        found = await self.find(entity, keys)
        opened = {key: self.opened(mark) for key, mark in found.items()}
        return {key: one for key, one in opened.items() if one is not None}

    async def keep(self, entity: Entity, sent: Sequence[tuple[Outgoing, str]], *, whole: bool = True) -> None:
        """Keep what was taken, each with its owner. Without ``whole`` only that it was: of a million, its content is not kept."""
        if sent:
            new = await asyncio.to_thread(
                lambda: [self.mark(entity, one, "taken", owner, whole=whole) for one, owner in sent]
            )
            await self._marks.keep(self.of(entity), new)

    def mark(
        self, entity: Entity, one: Outgoing, state: MarkState, owner: str, *, whole: bool = True
    ) -> SyncMark:
        """Return a record's mark, its content sealed."""
        from workbench.adapters.sync_marks import SyncMark

        body = self._key.seal(to_json(one.data())) if whole else None
        return SyncMark(self.digest(entity, one.key), one.hash, state, owner, self._house.clock.now(), body)

    def opened(self, mark: SyncMark) -> Outgoing | None:
        """Return what was sent; None where only that was kept that something was."""
        return None if mark.body is None else Outgoing.of(from_json(self._key.open(mark.body)))

    def of(self, entity: Entity) -> str:
        """Return the scope of an entity's marks."""
        return f"{self.scope}/{entity}"

    def _digest(self, entity: Entity, text: str) -> str:
        salt = self._house.home.salt
        told = f"{self.scope}\n{entity}\n{text}".encode("utf-8", "surrogatepass")
        return blake2b(told, key=salt, digest_size=DIGEST_BYTES).hexdigest()


def _pair(value: Any) -> tuple[str, str]:
    return (
        (str(value[0]), str(value[1])) if isinstance(value, (list, tuple)) and len(value) == 2 else ("", "")
    )


def scope_of(house: House, shop_id: str) -> str:
    """Return the scope of a shop's memory."""
    return scope_in(house.mode, shop_id)


def scope_in(mode: Mode, shop_id: str) -> str:
    """Return the scope of a shop's memory in a mode, whichever this house is in."""
    return f"{mode}/{shop_id}"
