"""Cassette keeping: what makes a cassette of an exchange, and the integration of one that was carried here."""

from __future__ import annotations

import asyncio

from workbench.adapters.clock import new_id
from workbench.engine.assertions import check_assertion
from workbench.engine.proposals import propose
from workbench.engine.redact import mask_identifier
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.assertion import Assertion
from workbench.models.base import JsonValue
from workbench.models.cassette import Cassette
from workbench.models.contact import Contact
from workbench.models.integration import Integration
from workbench.models.journal import Entry
from workbench.models.work import RowFilter
from workbench.sentence import say

from .cassette_carrying import any_key
from .cassette_making import Masks, example_contact
from .cassette_shelf import Shelf
from .house import House
from .integrations import Integrations
from .portable import wanted_secrets


class Maker:
    """What makes the cassettes of one shelf."""

    def __init__(self, house: House, shelf: Shelf, integrations: Integrations) -> None:
        self.house, self.shelf, self.integrations = house, shelf, integrations

    async def keep(
        self, entry: Entry, name: str, assertions: list[Assertion] | None, contact: Contact | None
    ) -> Cassette:
        """Keep an exchange as a cassette; without ``assertions`` the proposed ones are taken. ``contact`` is sealed."""
        integration = await self.through(entry)
        masks = await Masks.of(self.house, integration, contact, entry.request)
        kept = masks.exchange(entry)
        wrong = [
            problem
            for at, one in enumerate(assertions or ())
            for problem in check_assertion(one, f"assertions.{at}")
        ]
        if wrong:
            raise Invalid(wrong)
        checks = (
            propose(kept.answer)
            if assertions is None and kept.answer
            else tuple(map(masks.assertion, assertions or ()))
        )
        now = self.house.clock.now()
        title = line_of(masks.mask(name), entry.integration_name or entry.provider or "")
        cassette = Cassette(
            id=new_id("cas"), name=title, mode=entry.mode, integration_id=integration.id if integration else None,
            integration_name=entry.integration_name or "", provider=entry.provider or "custom", fingerprint=entry.fingerprint or "",
            entry_id=entry.id, job_id=entry.job_id, recipient=entry.recipient or "", recorded_at=entry.at,
            request=kept.request, answer=kept.answer, outcome=kept.outcome, assertions=checks,
            example=example_contact(integration.settings, entry.request, contact) if integration else Contact(),
            contact_kept=contact is not None, who=self.house.person.name, created_at=now, changed_at=now,
        )  # fmt: skip
        if contact is not None:
            await self.shelf.seal(cassette.id, contact)
        return await self.shelf.put(cassette)

    async def entries(self, job_id: str, most: int = 5) -> list[Entry]:
        """Return exchanges of a job's first accepted rows, else of its first rows that have one."""
        for states in (("accepted",), ("failed", "uncertain")):
            found: list[Entry] = []
            rows = await self.house.ledger.rows(
                job_id, RowFilter.model_validate({"states": states, "limit": 50})
            )
            for row in rows:
                if row.entry_id is None:
                    continue
                try:
                    entry = await self.house.journal.entry(row.entry_id)
                except NotFound:
                    continue  # older than entries are kept
                if entry.request is not None and entry.reply is not None:
                    found.append(entry)
                if len(found) == most:
                    break
            if found:
                return found
        return []

    async def masks(self, cassette: Cassette) -> Masks:
        """Return what masks whatever is added to a cassette."""
        integration = await self.integration(cassette.integration_id)
        return await Masks.of(self.house, integration, await self.shelf.contact(cassette.id))

    async def integration(self, id: str | None) -> Integration | None:
        """Return an integration by its id; None where there is none any more."""
        try:
            return await self.integrations.get(id) if id else None
        except NotFound:
            return None

    async def through(self, entry: Entry) -> Integration | None:
        """Return the integration that an exchange went through: of a test before it was saved, the one with the very same settings."""
        found = await self.integration(entry.integration_id)
        if found is not None or entry.integration_id or not entry.fingerprint:
            return found
        return next(
            (one for one in await self.integrations.all() if one.fingerprint == entry.fingerprint), None
        )

    async def named(self, name: str) -> Integration | None:
        """Return the integration of this name; None where there is none."""
        return next((one for one in await self.integrations.all() if name and one.name == name), None)

    async def made(self, document: JsonValue) -> Integration:
        """Return the integration of a document, made for a rehearsal: any key is good there."""
        keys = {
            place: await asyncio.to_thread(self.house.vault.seal_text, any_key(document, place))
            for place in wanted_secrets(document)
        }
        draft = await self.integrations.import_(document, keys)
        several = draft.settings.model_copy(update={"allow_several": True})
        return await self.integrations.save(draft.model_copy(update={"settings": several}))

    def check_contact(self, entry: Entry, contact: Contact) -> None:
        """Raise Refused where a contact is not the one an exchange was made for: no identifier of it has that pseudonym."""
        if not entry.recipient:
            return
        salt = self.house.home.salt
        if entry.recipient not in {
            mask_identifier(value, salt) for value in contact.identifiers.values() if value
        }:
            raise Refused(
                say(
                    "This is not the contact of then, which was {recipient}. Give that one, or leave it out.",
                    recipient=entry.recipient,
                )
            )


def line_of(wanted: str, other: str) -> str:
    """Return a name that fits: one line, not too long; the other one where nothing is wanted."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in wanted).split()) or other
    return line[:120]
