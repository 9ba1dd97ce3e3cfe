"""People: who may come in through the server, by token. Only a token's hash is kept."""

from __future__ import annotations

import asyncio
import hashlib
import secrets

from workbench.adapters.clock import new_id
from workbench.models.person import Person, Role

from .house import House
from .roles import admin

KIND = "people"
PREFIX = "wbk_"


class People:
    """The people of a workbench, and the tokens they come in with."""

    def __init__(self, house: House) -> None:
        self.house = house

    @admin
    async def add(self, name: str, role: Role = "viewer") -> str:
        """Add a person and return the token; it is shown this once."""
        token = PREFIX + secrets.token_urlsafe(24)
        document = {"name": name, "role": role, "token": digest(token)}
        await asyncio.to_thread(self.house.catalogue.put, KIND, new_id("per"), document)
        return token

    @admin
    async def list_all(self) -> list[Person]:
        """Return everybody with a token, by name."""
        found = await asyncio.to_thread(self.house.catalogue.all, KIND)
        return sorted(
            (Person(name=item["name"], role=item["role"]) for item in found), key=lambda person: person.name
        )

    @admin
    async def remove(self, name: str) -> int:
        """Take every token of a name back and return how many there were."""

        def take_back() -> int:
            with self.house.catalogue.transaction(KIND) as documents:
                gone = [key for key, item in documents.items() if item["name"] == name]
                for key in gone:
                    del documents[key]
            return len(gone)

        return await asyncio.to_thread(take_back)

    async def by_token(self, token: str) -> Person | None:
        """Return whose token this is, or None. Not a route."""
        wanted = digest(token)
        for item in await asyncio.to_thread(self.house.catalogue.all, KIND):
            if secrets.compare_digest(item["token"], wanted):
                return Person(name=item["name"], role=item["role"])
        return None


def digest(token: str) -> str:
    """Return the SHA-256 of a token; tokens are random and long, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
