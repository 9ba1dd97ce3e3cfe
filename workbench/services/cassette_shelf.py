"""Cassette shelf: where cassettes are kept: readable and masked in the catalogue, contacts sealed by the vault in a file of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from workbench.errors import MissingSecret, NotFound
from workbench.models.cassette import Cassette
from workbench.models.contact import Contact

from .house import House

KIND = "cassettes"
CONTACTS = "cassette_contacts"


class Shelf:
    """The cassettes of one home."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def all(self) -> list[Cassette]:
        """Return every cassette, the newest first."""
        found = await asyncio.to_thread(self.house.catalogue.all, KIND)
        return sorted(
            map(Cassette.model_validate, found), key=lambda one: (one.created_at, one.id), reverse=True
        )

    async def get(self, id: str) -> Cassette:
        """Return one cassette by its id, or by its exact name; NotFound otherwise."""
        try:
            return Cassette.model_validate(await asyncio.to_thread(self.house.catalogue.get, KIND, id))
        except NotFound:
            named = [one for one in await self.all() if one.name == id]
            if named:
                return named[0]
            raise

    async def put(self, cassette: Cassette) -> Cassette:
        """Keep a new cassette."""
        await asyncio.to_thread(self.house.catalogue.put, KIND, cassette.id, cassette.model_dump(mode="json"))
        return cassette

    async def change(
        self, id: str, check: Callable[[Cassette], None] | None = None, **fields: Any
    ) -> Cassette:
        """Keep some fields anew, all others as they are by then; NotFound where it was deleted meanwhile.

        ``check`` may refuse what it would be kept over.
        """
        now = self.house.clock.now()

        def change(before: dict[str, Any] | None) -> dict[str, Any]:
            if before is None:
                self.house.catalogue.get(KIND, id)  # says that it is gone
            kept = Cassette.model_validate(before)
            if check is not None:
                check(kept)
            return kept.model_copy(update={**fields, "changed_at": now}).model_dump(mode="json")

        return Cassette.model_validate(await asyncio.to_thread(self.house.catalogue.update, KIND, id, change))

    async def delete(self, id: str) -> None:
        """Delete a cassette, and the contact that was kept for it."""
        await asyncio.to_thread(self.house.catalogue.delete, KIND, id)
        try:
            await asyncio.to_thread(self.house.catalogue.delete, CONTACTS, id)
        except NotFound:
            return  # none was kept

    async def seal(self, id: str, contact: Contact) -> None:
        """Keep the contact that a cassette is played for, sealed."""
        await asyncio.to_thread(self.house.catalogue.require_change, KIND, id)
        data = contact.model_dump_json(exclude_defaults=True).encode("utf-8", "surrogatepass")
        sealed = await asyncio.to_thread(self.house.vault.seal_data, data)
        await asyncio.to_thread(self.house.catalogue.put, CONTACTS, id, {"id": id, "sealed": sealed})

    async def contact(self, id: str) -> Contact | None:
        """Return the contact that is kept for a cassette; None where there is none, or this vault cannot open it."""
        try:
            kept = await asyncio.to_thread(self.house.catalogue.get, CONTACTS, id)
            return Contact.model_validate_json(
                await asyncio.to_thread(self.house.vault.open_data, str(kept["sealed"]))
            )
        except (NotFound, MissingSecret):
            return None
