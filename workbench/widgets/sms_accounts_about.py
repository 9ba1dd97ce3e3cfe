"""ABOUT A PROVIDER: what is good to know of it beside a form: where it reaches, its documentation, and who handles STOP."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.models.provider import Provider
from workbench.sentence import N_, say

from . import look
from .documentation import documentation
from .fields import SwitchField
from .piece import Said, said
from .sms_accounts_words import provider_name

__all__ = ["about_card", "consent_card", "consent_switch", "regions_note"]

COUNTRIES = {"US": N_("the United States"), "CA": N_("Canada")}


def consent_switch(provider: str, done: bool) -> SwitchField:
    """Return the tick that STOP is set up in the settings of the provider."""
    label = say("Consent (STOP) is set up at {provider}", provider=said(provider_name(provider)))
    return SwitchField(
        label, value=done, hint=N_("Until this is switched on the account does not count as ready.")
    )


def consent_card(name: Said, switch: SwitchField) -> look.Stack:
    """Return what a person has to know of STOP and a third-party provider, with the tick (R-SMS-18)."""
    text = say(
        "{provider} itself blocks whoever texts STOP. Set up STOP, START and HELP in its own settings too, so that its list and the one "
        "kept here say the same.", provider=said(name),
    )  # fmt: skip
    return look.card(N_("STOP at the provider"), look.banner("warn", text), switch)


def regions_note(provider: Provider) -> list[look.Markup]:
    """Return the note of a provider that serves some countries only."""
    regions = provider.sms.regions if provider.sms is not None else ()
    if not regions:
        return []
    text = say(
        "{provider} reaches recipients in {regions} only.", provider=said(provider_name(provider.key)), regions=_named(regions)
    )  # fmt: skip
    return [look.banner("warn", text)]


def _named(regions: Sequence[str]) -> str:
    """Return countries by name where a provider's rule needs one, else by their two letters."""
    *others, last = (said(COUNTRIES.get(region, "")) or region for region in regions)
    return said(say("{others} and {last}", others=", ".join(others), last=last)) if others else last


def about_card(provider: Provider) -> look.Stack:
    """Return what is good to know of a provider of texts, and where its documentation is. Its notes are on Reconnect's wizard: not here."""
    shown = look.show(documentation(provider.sources))
    return look.card(provider_name(provider.key), shown, subtitle=provider.about)
