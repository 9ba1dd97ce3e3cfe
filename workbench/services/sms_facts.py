"""SMS facts: what the pages say of a provider and of an account: what it offers, and what is still to be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.engine.sms import dialect
from workbench.engine.sms_checks import needs_url, ref_of, wants_consent
from workbench.models.base import Problem
from workbench.models.provider import Provider
from workbench.models.request import Mode
from workbench.models.sms_account import (
    ChecklistItem,
    CredentialFacts,
    ListedAccount,
    ProviderFacts,
    SmsAccount,
    SmsSettings,
)
from workbench.providers import every
from workbench.sentence import N_, say

VOLUME: Final = N_(
    "More than 100,000 messages a month: ask {provider} for an enterprise account with an invoice."
)
LARGE_VOLUMES: Final[Mapping[str, str]] = {"telesign": VOLUME, "twilio": VOLUME}
"""Providers that want to be asked (the setup page of Customer Insights - Journeys)."""


def facts_of(provider: Provider) -> ProviderFacts:
    """Return what the wizard says of a provider."""
    sms = dialect(provider)
    return ProviderFacts(
        key=provider.key,
        name=provider.name,
        about=provider.about,
        notes=provider.notes,
        credentials=tuple(
            CredentialFacts(kind=one.kind, label=one.label, about=one.about) for one in provider.credentials
        ),
        sender_types=sms.sender_types,
        regions=sms.regions,
        setup=sms.setup,
        stop_notice=wants_consent(provider),
        needs_url=needs_url(provider),
        authenticates=bool(sms.authenticate),
        volume_note=LARGE_VOLUMES.get(provider.key, ""),
    )


def listed(
    account: SmsAccount,
    problems: Sequence[Problem],
    missing: Sequence[str],
    reachable: bool,
    mode: Mode,
    sent: int,
) -> ListedAccount:
    """Return an account with its checklist; it is ready when every item is done. ``missing`` are the fields of absent secrets.

    A rehearsal needs no public address.
    """
    provider = every().get(account.settings.provider)
    if account.read_only or provider is None:
        sentence = say(
            "This workbench does not have the provider “{key}”. The account is kept as it is.",
            key=account.settings.provider,
        )
        item = ChecklistItem(
            key="provider",
            title=N_("Provider"),
            done=False,
            problem=Problem(field="provider", sentence=sentence),
        )
        return ListedAccount(account=account, ready=False, checklist=(item,), sent=sent)
    items = [
        _item("provider", N_("Name and business unit"), problems, ("provider", "name", "description", "business_unit")),
        _item("credentials", N_("Credentials"), problems, ("credential", "credential_kind", "url")),
        _item("senders", N_("Senders"), problems, ("senders",)),
    ]  # fmt: skip
    if wants_consent(provider):
        items.append(
            _item(
                "consent",
                N_("STOP is set up with the provider"),
                problems,
                ("consent_at_provider",),
                any_level=True,
            )
        )
    if mode == "live":
        sentence = say(
            "Providers cannot reach the callback addresses. Give the server's public https address in WORKBENCH_PUBLIC."
        )
        wrong = None if reachable else Problem(field="addresses", sentence=sentence)
        items.append(
            ChecklistItem(key="addresses", title=N_("Callback addresses"), done=reachable, problem=wrong)
        )
    return ListedAccount(
        account=account,
        ready=all(item.done for item in items),
        checklist=tuple(items),
        missing_secrets=tuple(missing),
        sent=sent,
    )


def _item(
    key: str, title: str, problems: Sequence[Problem], fields: Sequence[str], any_level: bool = False
) -> ChecklistItem:
    first = next(
        (one for one in problems if one.field.split(".")[0] in fields and (any_level or one.blocks)), None
    )
    return ChecklistItem(key=key, title=title, done=first is None, problem=first)


def wanted_secrets(provider: Provider, settings: SmsSettings) -> tuple[str, ...]:
    """Return the fields of the secrets that are still to be typed, in the order of the form."""
    model = next((one for one in provider.credentials if one.kind == settings.credential_kind), None)
    if model is None:
        return ()
    return tuple(
        f"credential.{name}"
        for name in model.secret_fields()
        if model.model_fields[name].is_required() and ref_of(settings.credential.get(name)) is None
    )
