"""REVIEW: the wizard's last look at an SMS account: everything once more, masked, and whether STOP is set up at the provider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from workbench.engine.senders import TYPE_NAMES
from workbench.engine.sms_checks import wants_consent
from workbench.models.base import Problem
from workbench.models.provider import Provider
from workbench.models.sms_account import AccountStep, SmsSettings
from workbench.providers import provider as provider_of
from workbench.sentence import N_, Sentence, say

from . import look
from .fold import Place
from .form import Inputs, Plain
from .piece import Said, said
from .secrets import Changed, ref_of
from .sms_accounts_about import consent_card, consent_switch
from .sms_accounts_words import provider_name, warnings
from .tables import table

__all__ = ["ReviewStep"]


class ReviewStep:
    """The fourth step: everything once more, and whether STOP is set up at the provider."""

    step: ClassVar[AccountStep] = "review"

    def __init__(self, settings: SmsSettings, changed: Changed) -> None:
        provider = provider_of(settings.provider)
        self.noted = Place()
        self.consent = consent_switch(settings.provider, settings.consent_at_provider)
        self.inputs = Inputs({"consent_at_provider": Plain(self.consent, changed)})
        rows = [
            [one.value, one.name, said(TYPE_NAMES[one.type]), one.business_unit] for one in settings.senders
        ]
        columns = [N_("Number or sender id"), N_("Friendly name"), N_("Type"), N_("Business unit")]
        stop = (
            [consent_card(provider_name(settings.provider), self.consent)] if wants_consent(provider) else []
        )
        self.widget = look.stack(
            look.columns(
                look.card(N_("Account"), look.key_value_table(_account(settings))),
                look.card(N_("Credentials"), look.key_value_table(_credential(settings, provider))),
                weights=(1, 1),
            ),
            look.card(
                N_("Senders"),
                table(columns, rows, empty=N_("No sender yet. Nothing can be sent without one.")),
            ),
            *stop,
            self.noted.widget,
        )

    def settings(self, settings: SmsSettings) -> SmsSettings:
        """Return the settings with the tick put in."""
        return settings.model_copy(update={"consent_at_provider": self.consent.value})

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its field and return the other problems."""
        return self.inputs.show(problems)

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not keep the account from being saved, but deserves a look; what STOP needs has its own card."""
        self.noted.put(*warnings(one for one in problems if one.field != "consent_at_provider"))

    def enter(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""


def _account(settings: SmsSettings) -> Iterator[tuple[Said, Any]]:
    yield N_("Name"), settings.name
    yield N_("Provider"), provider_name(settings.provider)
    yield N_("Description"), settings.description
    yield N_("Business unit"), settings.business_unit or say("the whole company")


def _credential(settings: SmsSettings, provider: Provider) -> Iterator[tuple[Said, Any]]:
    """Give the credential's fields as they may be shown: a secret as its mask."""
    model = (
        provider.credential(settings.credential_kind) if settings.credential_kind else provider.credentials[0]
    )
    yield N_("Method"), Sentence(model.label)
    for name, field in model.model_fields.items():
        value = settings.credential.get(name, field.get_default())
        ref = ref_of(value)
        if value not in (None, "", (), []):
            shown = look.markup('<span class="wb-mono">{text}</span>', text=ref.hint if ref else str(value))
            yield field.title or name, shown
    for title, text in ((N_("Outbound address"), settings.url), (N_("Event Grid topic"), settings.topic)):
        if text:
            yield title, look.markup('<span class="wb-mono">{text}</span>', text=text)
