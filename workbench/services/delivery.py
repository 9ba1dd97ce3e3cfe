"""Delivery: send one message through a saved integration, or look at the exact request without sending."""

from __future__ import annotations

from workbench.engine.template import check_template, compile_template
from workbench.errors import Invalid, MissingVariable
from workbench.models.base import JsonValue, Problem
from workbench.models.contact import Contact
from workbench.models.integration import Settings
from workbench.models.sending import Confirmation, Preview, Sent

from .consent_asking import Ledger, warnings
from .dispatch import Dispatch
from .integrations import Integrations
from .roles import operator, viewer


class Delivery:
    """What a person can do with saved integrations."""

    def __init__(self, dispatch: Dispatch, integrations: Integrations, ledger: Ledger | None = None) -> None:
        self.dispatch = dispatch
        self.integrations = integrations
        self.ledger = ledger

    @viewer
    async def preview(self, integration: str, contact: Contact, payload: str | None = None) -> Preview:
        """Return the exact request, masked, for a contact and optionally another payload; nothing is sent.

        A contact that opted out by the consent ledger is warned of.
        """
        settings = await self._settings(integration, payload)
        preview = await self.dispatch.preview(settings, contact)
        told = await warnings(self.ledger, settings, contact)
        return preview.model_copy(update={"problems": (*preview.problems, *told)}) if told else preview

    @operator
    async def send(
        self,
        integration: str,
        contact: Contact,
        payload: str | None = None,
        confirmation: Confirmation | None = None,
    ) -> Sent:
        """Send one message and write it in the journal. Live mode wants the confirmation.

        A contact that opted out by the consent ledger is warned of, and sent to: a person asked for this one message.
        """
        saved = await self.integrations.get(integration)
        settings = await self._settings(integration, payload)
        prepared = await self.dispatch.prepare(settings, contact, integration_id=saved.id)
        told = await warnings(self.ledger, settings, contact)
        sent = await self.dispatch.send(prepared, "send", confirmation)
        return sent.model_copy(update={"problems": (*sent.problems, *told)}) if told else sent

    @operator
    async def test(
        self, integration: str, contact: Contact, confirmation: Confirmation | None = None
    ) -> Sent:
        """Test a saved integration and keep the result with it: its badge follows."""
        saved = await self.integrations.get(integration)
        prepared = await self.dispatch.prepare(saved.settings, contact, integration_id=saved.id)
        sent = await self.dispatch.send(prepared, "test", confirmation)
        await self.integrations.record_test(saved.id, sent.entry, saved.settings)
        return sent

    @viewer
    async def check_payload(self, text: str, known: list[str] | None = None) -> list[Problem]:
        """Return errors and warnings of a payload template, with line and column."""
        return list(check_template(text, known))

    @viewer
    async def render(self, text: str, values: dict[str, JsonValue]) -> str:
        """Return the payload filled with values, as the exact text that would be sent; Invalid says what is wrong, and where."""
        try:
            return compile_template(text).render(values).decode()
        except MissingVariable as error:
            raise Invalid([Problem(field="payload", sentence=error.sentence)]) from error

    async def _settings(self, integration: str, payload: str | None) -> Settings:
        settings = (await self.integrations.get(integration)).settings
        return settings if payload is None else settings.model_copy(update={"payload": payload})
