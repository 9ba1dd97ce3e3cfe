"""Secrets: what a page may do with them. It can hand one in, sealed; it can never get one back."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from workbench.adapters.clock import new_id
from workbench.engine.checks import check_header_value
from workbench.engine.spellings import SHORTEST, too_short
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.journal import Entry
from workbench.sentence import say

from .house import House
from .roles import admin, operator, viewer

MOST_CHARACTERS = 65_536


class Secrets:
    """The vault's front desk."""

    def __init__(self, house: House) -> None:
        self.house = house

    @viewer
    async def public_key(self) -> str:
        """Return the key a browser seals a secret with: a raw P-256 point, base64url; new with every server process."""
        return await asyncio.to_thread(self.house.vault.public_key)

    @operator
    async def keep(self, box: dict[str, JsonValue]) -> SecretRef:
        """Open a sealed box, encrypt its content into the vault, and return the handle with its mask."""
        return await asyncio.to_thread(lambda: self._keep(self.house.vault.unseal(box)))

    def keep_text(self, text: str) -> SecretRef:
        """Encrypt a text into the vault and return the handle. For the embedded workbench and the command line; no route leads here."""
        return self._keep(text)

    def _keep(self, text: str) -> SecretRef:
        if not text.strip():
            raise Invalid(
                [
                    Problem(
                        field="secret", sentence=say("The secret is empty. Type or paste it, then lock it.")
                    )
                ]
            )
        if too_short(text):
            sentence = say(
                "The secret has fewer than {least} characters: it could not be masked in an answer without blotting out other text. "
                "Ask your provider for a longer one.",
                least=SHORTEST,
            )
            raise Invalid([Problem(field="secret", sentence=sentence)])
        if len(text) > MOST_CHARACTERS:
            sentence = say(
                "The secret has {length} characters; at most {most} are allowed.",
                length=len(text),
                most=MOST_CHARACTERS,
            )
            raise Invalid([Problem(field="secret", sentence=sentence)])
        return self.house.vault.seal_text(text)

    @operator
    async def check_header(self, name: str, ref: SecretRef) -> list[Problem]:
        """Return what is wrong with a locked value as the value of the header ``name``; the value itself is not repeated."""
        secrets, missing = await asyncio.to_thread(self.house.open_secrets, [ref])
        if missing:
            return [Problem(field="secret", sentence=say("This secret is not in this vault. Type it again."))]
        wrong = check_header_value(secrets[ref.handle], name)
        return [Problem(field="secret", sentence=wrong)] if wrong else []

    @operator
    async def present(self, refs: list[SecretRef]) -> list[bool]:
        """Return for each handle whether this vault can open it."""
        return await asyncio.to_thread(lambda: [self.house.vault.has(ref.handle) for ref in refs])

    @admin
    async def rotate(self) -> int:
        """Encrypt every secret with a new key and return how many there are."""
        await asyncio.to_thread(self.house.vault.rotate)
        return len(await asyncio.to_thread(self.house.vault.handles))

    async def shut(self) -> list[str]:
        """Return the handles of what no key on this machine opens. Embedded only: each machine has keys of its own."""
        return await asyncio.to_thread(self.house.vault.shut)

    async def give_up(self, handles: Collection[str]) -> int:
        """Delete those of ``handles`` that no key on this machine opens, for good, and return how many. Embedded only, told in the journal.

        The way out where a key is lost: what they locked is typed again, and what was sealed with one of them cannot be read any more.
        """
        gone = await asyncio.to_thread(self.house.vault.drop_shut, handles)
        if gone:
            await self.house.journal.append(
                Entry(
                    id=new_id("ent"), at=self.house.clock.now(), kind="change", mode=self.house.mode, who=self.house.person.name,
                    detail=f"secrets given up, whose key is lost: {gone}",
                )
            )  # fmt: skip
        return gone
