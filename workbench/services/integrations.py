"""Integrations: build one in four steps, test it, save it, find it again, carry it to another workbench."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from workbench.adapters.clock import new_id
from workbench.engine.checks import blocking, check_authenticate, check_configure, tidy
from workbench.engine.event_urls import address_secret, check_address, shared_with
from workbench.engine.fingerprint import fingerprint
from workbench.engine.template import check_template
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.contact import Contact
from workbench.models.integration import STAGES, Draft, Integration, Listed, Settings, Stage, Tested
from workbench.models.journal import Entry
from workbench.models.request import OutcomeKind
from workbench.models.sending import Confirmation, Preview, Sent, TokenCheck
from workbench.providers import provider as provider_of
from workbench.sentence import say

from .dispatch import Dispatch
from .house import House
from .meanwhile import check_seen, keep_draft
from .portable import from_portable, portable, wanted_secrets
from .roles import admin, operator, viewer

KIND = "integrations"
DRAFTS = "drafts"


_BADGES: Final[Mapping[OutcomeKind, Literal["tested", "unconfirmed"]]] = {
    "accepted": "tested",
    "unconfirmed": "unconfirmed",
}
"""The badge of a test by its outcome; every other one is a failed test."""


class Integrations:
    """What a person can do with channel integrations."""

    def __init__(self, house: House, dispatch: Dispatch) -> None:
        self.house = house
        self.dispatch = dispatch

    # -- drafts ------------------------------------------------------------------------------------------------------

    @operator
    async def start(self, provider: str = "custom") -> Draft:
        """Return a new draft for this provider, filled with what the provider declares."""
        chosen = provider_of(provider)
        template = chosen.templates[0].text if chosen.templates else "{}"
        kind = chosen.credentials[0].kind
        settings = Settings(
            provider=chosen.key,
            channel=chosen.channel,
            url=chosen.endpoints[0].url,
            credential_kind=kind,
            payload=template,
        )
        return await self.keep(Draft(id=new_id("dra"), settings=settings, updated_at=self.house.clock.now()))

    @operator
    async def edit(self, id: str) -> Draft:
        """Return a draft of a saved integration; saving it replaces the integration and keeps its id."""
        saved = await self.get(id)
        draft = Draft(
            id=new_id("dra"),
            settings=saved.settings,
            integration_id=id,
            seen=saved.updated_at,
            tested=saved.tested,
            updated_at=self.house.clock.now(),
        )
        return await self.keep(draft)

    @operator
    async def keep(self, draft: Draft, seen: datetime | None = None) -> Draft:
        """Keep a draft as it is, however incomplete; a closed browser finds it again.

        ``seen`` is the ``updated_at`` of the draft that was changed: where somebody else kept it since, theirs stays, and what is returned
        has an id of its own.
        """
        return await self._keep(draft, seen)

    async def _keep(self, draft: Draft, seen: datetime | None, *, apart: bool = True) -> Draft:
        kept = draft.model_copy(update={"updated_at": self.house.clock.now()})
        document = kept.model_dump(mode="json")
        id, known = await asyncio.to_thread(
            keep_draft, self.house.catalogue, DRAFTS, document, seen, apart=apart
        )
        if known is not None:
            settings = Draft.model_validate(known).settings
            if set(settings.secrets()) - set(kept.settings.secrets()):
                await self._forget(settings)  # a secret was replaced or removed
        return kept.model_copy(update={"id": id})

    @operator
    async def drafts(self) -> list[Draft]:
        """Return every draft, the newest first."""
        found = [
            Draft.model_validate(item) for item in await asyncio.to_thread(self.house.catalogue.all, DRAFTS)
        ]
        return sorted(found, key=lambda draft: draft.updated_at, reverse=True)

    @operator
    async def draft(self, id: str) -> Draft:
        """Return one draft; NotFound when it was saved or discarded."""
        return Draft.model_validate(await asyncio.to_thread(self.house.catalogue.get, DRAFTS, id))

    @operator
    async def discard(self, id: str) -> None:
        """Delete a draft and the secrets that only it refers to."""
        draft = await self.draft(id)
        await asyncio.to_thread(self.house.catalogue.delete, DRAFTS, id)
        await self._forget(draft.settings)

    # -- the four steps ----------------------------------------------------------------------------------------------

    @operator
    async def check(self, draft: Draft, stage: Stage) -> list[Problem]:
        """Return the problems of every step up to and including ``stage``; none that blocks means Next is allowed."""
        settings, provider = tidy(draft.settings), provider_of(draft.settings.provider)
        others = [
            (item.name, item.settings.channel) for item in await self.all() if item.id != draft.integration_id
        ]
        problems = list(check_configure(settings, provider, others))
        if stage != "configure":
            problems += [
                p for p in check_authenticate(settings, provider) if not p.field.startswith("headers")
            ]
            problems += await self._check_address(settings, draft.integration_id)
        if stage in STAGES[2:]:
            problems += check_template(settings.payload)
        return problems

    async def _check_address(self, settings: Settings, own_id: str | None) -> list[Problem]:
        """Return what is wrong with a secret that is the whole address, and a warning where another integration has the same."""
        if provider_of(settings.provider).channel != "event":
            return []
        others = [
            item for item in await self.all()
            if item.id != own_id and item.settings.provider == settings.provider
        ]  # fmt: skip
        return await asyncio.to_thread(self._look_at_address, settings, others)

    def _look_at_address(self, settings: Settings, others: list[Integration]) -> list[Problem]:
        found = check_address(settings, provider_of(settings.provider), self._open(settings))
        own = self._address(settings)
        if own is None or blocking(found):
            return found
        taken = {item.name: there[1] for item in others if (there := self._address(item.settings))}
        twin = shared_with(own[1], taken)
        if twin is not None:
            sentence = say(
                "The integration “{name}” has the same event URL: what is sent through either arrives at one event. "
                "For a test environment make an event of its own in SendPulse.",
                name=twin,
            )
            found.append(Problem(field=f"credential.{own[0]}", sentence=sentence, level="warning"))
        return found

    def _address(self, settings: Settings) -> tuple[str, str] | None:
        return address_secret(settings, provider_of(settings.provider), self._open(settings))

    def _open(self, settings: Settings) -> dict[str, str]:
        return self.house.open_secrets(settings.secrets())[0]

    @operator
    async def check_token(self, draft: Draft) -> TokenCheck:
        """Ask the token URL with the draft's credentials, as Next of step 2 does; other methods have nothing to ask."""
        return await self.dispatch.check_token(tidy(draft.settings))

    @operator
    async def preview(self, draft: Draft, contact: Contact) -> Preview:
        """Return the exact request, masked, that a test would send now."""
        return await self.dispatch.preview(tidy(draft.settings), contact)

    @operator
    async def test(
        self,
        draft: Draft,
        contact: Contact,
        confirmation: Confirmation | None = None,
        seen: datetime | None = None,
    ) -> Sent:
        """Send one test, write it in the journal, and keep its result with the draft. Live mode wants the confirmation.

        ``seen`` as with ``keep``: a draft that somebody else kept since stays as it is, and the journal alone has the result.
        """
        settings = tidy(draft.settings)
        prepared = await self.dispatch.prepare(settings, contact, integration_id=draft.integration_id)
        sent = await self.dispatch.send(prepared, "test", confirmation)
        tested = draft.model_copy(update={"settings": settings, "tested": _tested(sent.entry, settings)})
        await self._keep(tested, seen, apart=False)
        return sent

    @operator
    async def save(self, draft: Draft) -> Integration:
        """Save a draft that passes every check; raises Invalid with all problems otherwise. An untested one is saved and says so.

        Refused where somebody else saved the integration after the draft was begun: the draft stays.
        """
        problems = blocking(await self.check(draft, "save"))
        if problems:
            raise Invalid(problems)
        settings, now = tidy(draft.settings), self.house.clock.now()
        id = draft.integration_id or new_id("int")
        replaced: list[Settings] = []

        def change(documents: dict[str, Any]) -> None:
            others = [Integration.model_validate(item) for key, item in documents.items() if key != id]
            names = [(item.name, item.settings.channel) for item in others]
            clash = blocking(check_configure(settings, provider_of(settings.provider), names))
            if clash:
                raise Invalid(clash)
            before = Integration.model_validate(documents[id]) if id in documents else None
            if before is not None:
                check_seen(draft.seen, before.updated_at, before.name)
                replaced.append(before.settings)
            created = before.created_at if before is not None else now
            saved = Integration(
                id=id, settings=settings, fingerprint=fingerprint(settings), tested=draft.tested, created_at=created, updated_at=now,
            )  # fmt: skip
            documents[id] = saved.model_dump(mode="json")

        await asyncio.to_thread(self._transact, change)
        await asyncio.to_thread(self._drop_draft, draft.id)
        for settings_before in replaced:
            await self._forget(settings_before)
        await self._note("saved", id, settings.name)
        return await self.get(id)

    # -- the catalogue -----------------------------------------------------------------------------------------------

    @viewer
    async def list_all(self) -> list[Listed]:
        """Return the saved integrations by name, with the badge and the missing secrets that the catalogue shows."""
        found = sorted(await self.all(), key=lambda item: item.name.casefold())
        return await asyncio.to_thread(lambda: [self._listed(item) for item in found])

    @viewer
    async def get(self, id: str) -> Integration:
        """Return one integration by its id, or by its exact name; NotFound otherwise."""
        try:
            return Integration.model_validate(await asyncio.to_thread(self.house.catalogue.get, KIND, id))
        except NotFound:
            named = [item for item in await self.all() if item.name == id]
            if named:
                return named[0]
            raise

    @operator
    async def rename(self, id: str, name: str) -> Integration:
        """Give an integration another name; everything that refers to it keeps doing so, by its id."""
        saved = await self.get(id)
        draft = Draft(
            id=new_id("dra"), settings=saved.settings.model_copy(update={"name": name}), integration_id=saved.id, tested=saved.tested,
            seen=saved.updated_at, updated_at=self.house.clock.now(),
        )  # fmt: skip
        return await self.save(draft)

    @admin
    async def delete(self, id: str) -> None:
        """Delete an integration and its secrets. The journal keeps what was sent through it."""
        saved = await self.get(id)
        await asyncio.to_thread(self.house.catalogue.delete, KIND, saved.id)
        await self._forget(saved.settings)
        await self._note("deleted", saved.id, saved.name)

    @admin
    async def export(self, id: str) -> dict[str, JsonValue]:
        """Return an integration as a document without any secret: in their place stand the questions an import asks."""
        return portable(await self.get(id))

    @operator
    async def wanted(self, document: dict[str, JsonValue]) -> list[str]:
        """Return the places of an exported document that need a secret, in order (``credential.password``)."""
        return wanted_secrets(document)

    @operator
    async def import_(self, document: dict[str, JsonValue], secrets: dict[str, SecretRef]) -> Draft:
        """Return a draft of an exported document; ``secrets`` fills the places that ``wanted`` named. It is checked like any other."""
        settings = from_portable(document, secrets)
        return await self.keep(Draft(id=new_id("dra"), settings=settings, updated_at=self.house.clock.now()))

    async def all(self) -> list[Integration]:
        """Return every saved integration, in no order. Not a route: ``list_all`` is what pages ask."""
        return [
            Integration.model_validate(item)
            for item in await asyncio.to_thread(self.house.catalogue.all, KIND)
        ]

    async def record_test(self, id: str, entry: Entry, settings: Settings) -> None:
        """Keep the result of a test of a saved integration with it."""
        tested = _tested(entry, settings).model_dump(mode="json")

        def change(before: dict[str, Any] | None) -> dict[str, Any]:
            if before is None:
                raise Refused(say("The integration was deleted in the meantime."))
            return {**before, "tested": tested}

        await asyncio.to_thread(self.house.catalogue.update, KIND, id, change)

    def _listed(self, item: Integration) -> Listed:
        missing = tuple(ref.hint for ref in item.settings.secrets() if not self.house.vault.has(ref.handle))
        unit = self.house.catalogue.unit_of(item.id)
        if item.tested is None:
            return Listed(integration=item, badge="untested", missing_secrets=missing, unit=unit)
        if item.tested.fingerprint != item.fingerprint:
            return Listed(integration=item, badge="changed", missing_secrets=missing, unit=unit)
        return Listed(
            integration=item,
            badge=_BADGES.get(item.tested.outcome, "failed"),
            missing_secrets=missing,
            unit=unit,
        )

    def _transact(self, change: Any) -> None:
        with self.house.catalogue.transaction(KIND) as documents:
            change(documents)

    def _drop_draft(self, id: str) -> None:
        try:
            self.house.catalogue.delete(DRAFTS, id)
        except NotFound:
            return  # saved without having been kept as a draft

    async def _forget(self, settings: Settings) -> None:
        """Forget the secrets of settings that are gone, except those another draft or integration still refers to."""
        used = {ref.handle for item in await self.all() for ref in item.settings.secrets()}
        used |= {ref.handle for draft in await self.drafts() for ref in draft.settings.secrets()}
        for ref in settings.secrets():
            if ref.handle not in used:
                await asyncio.to_thread(self.house.vault.forget, ref.handle)

    async def _note(self, what: str, id: str, name: str) -> None:
        entry = Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="change", mode=self.house.mode, who=self.house.person.name,
            integration_id=id, integration_name=name, detail=what,
        )  # fmt: skip
        await self.house.journal.append(entry)


def _tested(entry: Entry, settings: Settings) -> Tested:
    assert entry.outcome is not None
    return Tested(
        at=entry.at,
        mode=entry.mode,
        outcome=entry.outcome.kind,
        fingerprint=fingerprint(settings),
        entry_id=entry.id,
    )
