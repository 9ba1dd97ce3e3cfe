"""PAYLOAD PAGE: write a payload, give it a contact's values, and see what would be sent. Nothing is kept and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.engine.compose import values_of
from workbench.engine.identifiers import identifier_of
from workbench.engine.lint import lint
from workbench.engine.template import Template
from workbench.models.base import JsonValue, Problem
from workbench.models.contact import SAMPLE
from workbench.models.integration import IdentifierType
from workbench.models.provider import Provider
from workbench.providers import every
from workbench.sentence import N_

from . import look
from .fields import ChoiceField, TextField
from .fold import Place
from .page import Frame
from .payload import Composer
from .wizard.contact import ContactForm

TITLE = N_("Payload")
START = "sendgrid"
CAMPAIGN = "Spring sale"


class PayloadPage:
    """The content of the payload page. ``text`` is the payload as it is typed."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        providers = [(key, provider.name, "") for key, provider in every().items() if provider.templates]
        self.provider = ChoiceField(
            N_("Written for"), providers, value=START, hint=N_("Its ready payloads and its limits.")
        )
        self.campaign = TextField(N_("Campaign name"), value=CAMPAIGN, hint=N_("Fills ${dyCampaignName}."))
        self.contact = ContactForm(SAMPLE, IdentifierType(), self._edited, live=False)
        self.composed = Place()
        self.composer = self._compose()
        self.provider.observe(lambda _: self._chosen(), "value")
        self.campaign.observe(lambda _: self._edited(), "value")
        self.widget = look.stack(
            look.heading(
                TITLE, 1,
                N_("A JSON text with slots. Each slot takes a value of the contact and keeps its type; no value can break the JSON."),
            ),
            look.columns(
                look.card("", self.provider, self.campaign),
                look.card(N_("Contact"), self.contact.widget, subtitle=N_("Whose values fill the slots.")),
                weights=(1, 1),
            ),
            look.card(N_("Payload"), self.composed.widget),
        )  # fmt: skip

    @property
    def text(self) -> str:
        """The payload as it is typed."""
        return self.composer.text

    async def go(self, place: str) -> None:
        """Stay: this page has one place."""

    def _compose(self) -> Composer:
        provider = self._provider()
        composer = Composer(
            provider.templates[0].text, provider.templates, encoding=provider.endpoint().encoding,
            values=self._values, lint=self._lint,
        )  # fmt: skip
        self.composed.put(composer.widget)
        return composer

    def _chosen(self) -> None:
        self.composer = self._compose()

    def _edited(self) -> None:
        self.composer.refresh()

    def _provider(self) -> Provider:
        return every()[self.provider.value]

    def _values(self) -> Mapping[str, JsonValue]:
        identifier, _ = identifier_of(IdentifierType(), self.contact.latest)
        return values_of(self.contact.latest, identifier, self.campaign.value)

    def _lint(
        self, template: Template, tree: JsonValue, size: int, values: Mapping[str, JsonValue]
    ) -> Iterable[Problem]:
        return lint(self._provider(), template, tree, size, values, IdentifierType())


async def payloads(frame: Frame) -> PayloadPage:
    """Return the payload page."""
    return PayloadPage(frame)
