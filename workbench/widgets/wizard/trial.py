"""TRIAL: step 3: a contact, the payload, the request as it would go out, and one test call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from workbench.engine.checks import credential_of, tidy
from workbench.engine.compose import compose, values_of
from workbench.engine.lint import lint
from workbench.engine.redact import Redactor
from workbench.engine.template import Template, compile_template
from workbench.models.base import JsonValue, Problem
from workbench.models.contact import Contact
from workbench.models.credential import NoAuth
from workbench.models.integration import Draft, Settings, Stage
from workbench.models.request import RequestView
from workbench.models.sending import Confirmation, Preview, Sent, TokenCheck
from workbench.providers import provider as provider_of
from workbench.sentence import N_, say
from workbench.widgets import look
from workbench.widgets.confirming import question
from workbench.widgets.exchange import exchange, findings, headers_markup
from workbench.widgets.fields import TextField
from workbench.widgets.fold import Place
from workbench.widgets.form import Inputs, Plain
from workbench.widgets.payload import Composer
from workbench.widgets.secrets import Changed
from workbench.widgets.spawn import button_click

from .authenticate import token_view
from .contact import ContactForm

PENDING = "****"


class Trial:
    """The third step.

    Args:
        settings: as the two steps before left them.
        contact: whom the test is for; the wizard keeps it, and its ``texts``, between visits.
        changed: called whenever something is typed.
        send: sends the test; None where something kept it back, which is then already shown.
        preview: asks for the exact request; None likewise.
        live: whether the message really leaves this computer.
        checked: how the token URL has just answered.
    """

    stage: ClassVar[Stage] = "test"

    def __init__(
        self,
        settings: Settings,
        contact: Contact,
        changed: Changed,
        *,
        send: Callable[[Contact, Confirmation | None], Awaitable[Sent | None]],
        preview: Callable[[Contact], Awaitable[Preview | None]],
        live: bool,
        checked: TokenCheck | None = None,
        texts: tuple[str, str] | None = None,
    ) -> None:
        self._settings = settings
        self._changed = changed
        self._send = send
        self._preview = preview
        self._live = live
        self.provider = provider_of(settings.provider)
        self.contact = ContactForm(contact, settings.identifier, self._edited, live=live, texts=texts)
        self.campaign = TextField(
            N_("Campaign name"),
            hint=N_("Fills ${dyCampaignName}."),
            value=settings.campaign_name,
            placeholder="Spring sale",
        )
        self.composer = Composer(
            settings.payload,
            self.provider.templates,
            encoding=self.provider.endpoint(settings.endpoint).encoding,
            values=self._values,
            lint=self._lint,
            changed=self._typed,
            lacking=self.contact.offer,
        )
        self.inputs = Inputs(
            {"identifier": self.contact.address, "campaign_name": Plain(self.campaign, self._edited)}
        )
        self.button = look.button(N_("Test"), "primary")
        self.request = look.show("")
        self.asked = Place()
        self.result = Place()
        self.widget = self._composed(checked)
        button_click(self.button, self.test)
        self._draw_request()

    def __repr__(self) -> str:
        return "<Trial>"

    # -- what the wizard asks ----------------------------------------------------------------------------------------

    def settings(self, settings: Settings) -> Settings:
        """Return the settings with payload and campaign name put in."""
        return settings.model_copy(
            update={"payload": self.composer.text, "campaign_name": self.campaign.value}
        )

    def problems(self) -> list[Problem]:
        """Return nothing: settings hold whatever is typed here."""
        return []

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show the errors of this step beside their fields and return the other problems."""
        left = self.inputs.show(problems)
        self.composer.show(left)
        return [one for one in left if one.field != "payload" or not one.blocks]

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show nothing more: the composer has the payload's warnings as they arise."""

    def enter(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    async def leave(self, draft: Draft) -> bool:
        """Go on, tested or not: step 4 says which."""
        return True

    # -- the test ----------------------------------------------------------------------------------------------------

    async def test(self) -> None:
        """Send one test at once to the stand-in; in live mode ask first, naming host and recipient (R-ESP-26)."""
        self.asked.put()
        self.result.put()
        contact = self.contact.contact()
        if contact is None:
            return
        if not self._live:
            await self._go(contact, None)
            return
        preview = await self._preview(contact)
        if preview is None:
            return
        if preview.request is None:
            self.result.put(*findings(self.show(preview.problems)))
            return
        self._ask(contact, Confirmation(host=preview.host, recipient=preview.recipient))

    def _ask(self, contact: Contact, confirmation: Confirmation) -> None:
        card, go = question(confirmation, self.asked.put)
        button_click(go, lambda: self._go(contact, confirmation))
        self.asked.put(card)

    async def _go(self, contact: Contact, confirmation: Confirmation | None) -> None:
        self.asked.put()
        seconds = round(self._settings.total_s)
        self.result.put(look.banner("info", say("Sending. It takes {seconds} s at most.", seconds=seconds)))
        sent: Sent | None = None
        try:
            sent = await self._send(contact, confirmation)
        finally:
            self.result.put(*([_response(sent)] if sent else []))

    # -- the request as it would go out ------------------------------------------------------------------------------

    def _composed(self, checked: TokenCheck | None) -> Any:
        token = [token_view(checked)] if checked else []
        mode = (
            N_("A click on Test first shows host and recipient, and asks.")
            if self._live
            else N_(
                "Rehearsal: a stand-in on this computer answers as the provider would. Nothing leaves it."
            )
        )
        return look.stack(
            *token,
            look.columns(
                look.card(N_("Contact"), self.contact.widget),
                look.card(
                    N_("Request"),
                    self.request,
                    self.campaign,
                    subtitle=N_("As steps 1 and 2 make it. Secrets are masked."),
                ),
                weights=(1, 1),
            ),
            look.card(
                N_("Payload"),
                self.composer.widget,
                look.buttons(self.button, look.show(mode, "wb-hint"), align="start"),
            ),
            self.asked.widget,
            self.result.widget,
        )

    def _typed(self) -> None:
        self.asked.put()
        self._changed()

    def _edited(self) -> None:
        self._typed()
        self.composer.refresh()
        self._draw_request()

    def _draw_request(self) -> None:
        view = masked_request(self.settings(self._settings))
        self.request.value = look.markup(
            '<p class="wb-mono wb-address"><strong>{method}</strong> {url}</p>{headers}',
            method=view.method,
            url=view.url,
            headers=headers_markup(view.headers),
        )

    def _values(self) -> Mapping[str, JsonValue]:
        contact = self.contact.latest
        identifier = contact.identifiers.get(self._settings.identifier.key) or None
        return values_of(contact, identifier, self.campaign.value)

    def _lint(
        self, template: Template, tree: JsonValue, size: int, values: Mapping[str, JsonValue]
    ) -> Iterable[Problem]:
        return lint(self.provider, template, tree, size, values, self._settings.identifier)


def _response(sent: Sent) -> Any:
    worth_a_look = [one for one in sent.problems if one.level == "warning"]
    shown = exchange(sent.request, sent.reply, sent.outcome, sent.curl, worth_a_look)
    return look.card(N_("Response"), shown)


def masked_request(settings: Settings) -> RequestView:
    """Return method, address and headers as they would go out, every secret a mask; the body is left out.

    Composed in this process by the same code that makes the real one: it never has a secret to show.
    """
    settings = tidy(settings)
    provider = provider_of(settings.provider)
    credential, _ = credential_of(settings, provider)
    request = compose(
        settings, provider, credential or NoAuth(), compile_template("{}"), Contact(), identifier=None, secrets={},
        token=PENDING, now=datetime.now(UTC),
    )  # fmt: skip
    return Redactor({ref.hint: ref.hint for ref in settings.secrets()}).request(request)
