"""People: who may come in through the server, by token. Only a token's hash is kept."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from typing import Any

from workbench.adapters.clock import new_id
from workbench.engine.checks import blocking
from workbench.engine.identity import check_identity, check_person
from workbench.errors import Invalid, Refused
from workbench.models.person import IdentitySettings, Person, Role
from workbench.sentence import say

from .house import House
from .roles import admin

KIND = "people"
PREFIX = "wbk_"
IDENTITY = "identity"


class People:
    """The people of a workbench, and the tokens they come in with."""

    def __init__(self, house: House) -> None:
        self.house = house

    @admin
    async def add(self, name: str, role: Role = "viewer", units: tuple[str, ...] = ()) -> str:
        """Add a person, for some business units or (without any) for all, and return the token; it is shown this once.

        Raises Invalid where the name or a unit cannot be one.
        """
        problems = check_person(name, units)
        if problems:
            raise Invalid(problems)
        token = PREFIX + secrets.token_urlsafe(24)
        document = {"name": name.strip(), "role": role, "units": list(units), "token": digest(token)}
        await asyncio.to_thread(self.house.catalogue.put, KIND, new_id("per"), document)
        return token

    @admin
    async def list_all(self) -> list[Person]:
        """Return everybody with a token, by name."""
        found = await asyncio.to_thread(self.house.catalogue.all, KIND)
        return sorted(map(_person, found), key=lambda person: person.name)

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

    @admin
    async def identity(self) -> IdentitySettings:
        """Return how people come in beside tokens (a proxy, JupyterHub), and by which rules they have which role."""
        return await self.settings()

    @admin
    async def save_identity(self, settings: IdentitySettings) -> IdentitySettings:
        """Keep how people come in, in place of what was; it holds from the next call on. Raises Invalid with all problems.

        ``version`` is that of the settings it was made of: Refused where somebody changed them meanwhile.
        """
        problems = blocking(check_identity(settings))
        if problems:
            raise Invalid(problems)

        def change(before: dict[str, Any] | None) -> dict[str, Any]:
            if settings.version != (before or {}).get("version", 0):
                raise Refused(
                    say(
                        "Somebody changed how people come in meanwhile. Look at it again, then make your change."
                    )
                )
            return settings.model_copy(update={"version": settings.version + 1}).model_dump(mode="json")

        kept = await asyncio.to_thread(self.house.catalogue.update, IDENTITY, IDENTITY, change)
        return IdentitySettings.model_validate(kept)

    async def settings(self) -> IdentitySettings:
        """Return how people come in. Not a route: ``identity`` is what an admin asks."""
        found = await asyncio.to_thread(self.house.catalogue.all, IDENTITY)
        return IdentitySettings.model_validate(found[0]) if found else IdentitySettings()

    async def by_token(self, token: str) -> Person | None:
        """Return whose token this is, or None. Not a route."""
        wanted = digest(token)
        for item in await asyncio.to_thread(self.house.catalogue.all, KIND):
            if secrets.compare_digest(item["token"], wanted):
                return _person(item)
        return None


def _person(document: dict[str, Any]) -> Person:
    """Return a person as kept; one of an earlier version works for all units."""
    return Person(name=document["name"], role=document["role"], units=tuple(document.get("units", ())))


def digest(token: str) -> str:
    """Return the SHA-256 of a token; tokens are random and long, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
