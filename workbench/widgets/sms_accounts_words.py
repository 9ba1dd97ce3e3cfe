"""SMS ACCOUNTS, IN WORDS: steps, kinds of senders, and how an account stands, as lists and forms say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from workbench.engine.senders import TYPE_NAMES
from workbench.models.base import Problem
from workbench.models.message import SenderType
from workbench.models.provider import Provider
from workbench.models.sms_account import AccountStep, ListedAccount, Sender, SmsDraft
from workbench.providers import every
from workbench.sentence import N_, Sentence, say

from . import look
from .language import when
from .piece import Said, said

__all__ = [
    "SENDER_NOTES", "STEPS", "SUBTITLES", "account_row", "draft_line", "draft_name", "elsewhere", "offered",
    "provider_name", "sender_row", "state_of", "step_of", "warnings",
]  # fmt: skip

STEPS: Final[Mapping[AccountStep, str]] = {
    "provider": N_("Provider"),
    "credentials": N_("Credentials"),
    "senders": N_("Senders"),
    "review": N_("Review"),
    "callbacks": N_("Callback addresses"),
}
SUBTITLES: Final[Mapping[AccountStep, str]] = {
    "provider": N_("Who carries your text messages, and what the account is called here."),
    "credentials": N_("How the provider knows that it is you. Secrets are encrypted before they are kept."),
    "senders": N_("The numbers and sender ids that your messages come from."),
    "review": N_("A last look at everything. Nothing is active before you save."),
    "callbacks": N_("Where the provider reports deliveries and hands on replies. Set these up there now."),
}
SENDER_NOTES: Final[Mapping[SenderType, str]] = {
    "toll_free": N_("With + and country code, such as +18005550123. Carriers handle STOP themselves."),
    "short_code": N_("Its digits alone, without + and country code, such as 12345."),
    "long_code": N_("A registered number of ten digits with + and country code, such as +12065550123."),
    "mobile": N_("With + and country code, such as +46701234567."),
    "alphanumeric": N_("Up to 11 letters, digits and blanks, such as ACME. Recipients cannot reply to it."),
}
LAST_PROVIDER: Final = "custom_channel"

_FIELDS: Final[Mapping[AccountStep, tuple[str, ...]]] = {
    "provider": ("name", "description", "business_unit", "provider"),
    "credentials": ("credential", "credential_kind", "url", "topic"),
    "senders": ("senders",),
    "review": ("consent_at_provider",),
    "callbacks": (),
}


def offered() -> list[Provider]:
    """Return the providers that carry texts, by name, the custom channel last."""
    found = [provider for provider in every().values() if provider.sms is not None]
    return sorted(found, key=lambda one: (one.key == LAST_PROVIDER, one.name.casefold()))


def provider_name(key: str) -> Said:
    """Return a provider's name; one that is not known here shows as its key."""
    found = every().get(key)
    return Sentence(found.name) if found else key


def state_of(item: ListedAccount) -> tuple[str, look.Kind]:
    """Return how an account stands, in a word or two."""
    if item.account.read_only:
        return N_("Read only"), "quiet"
    if item.missing_secrets:
        return N_("Secret missing"), "error"
    return (N_("Ready"), "ok") if item.ready else (N_("Not ready yet"), "warn")


def account_row(item: ListedAccount) -> dict[str, Any]:
    """Return an account as a row of the list."""
    settings = item.account.settings
    text, kind = state_of(item)
    senders = ", ".join(sender.value for sender in settings.senders[:3])
    more = len(settings.senders) - 3
    return {
        "id": item.account.id,
        "name": settings.name,
        "provider": provider_name(settings.provider),
        "senders": said(say("{senders} and {more} more", senders=senders, more=more))
        if more > 0
        else senders,
        "unit": settings.business_unit,
        "sent": item.sent,
        "state": {"text": said(text), "kind": kind},
    }


def sender_row(number: int, sender: Sender) -> dict[str, Any]:
    """Return a sender as a row of a list; its place in it is its id there."""
    return {
        "id": str(number),
        "value": sender.value,
        "name": sender.name,
        "type": said(TYPE_NAMES[sender.type]),
        "unit": sender.business_unit,
    }


def draft_name(draft: SmsDraft) -> str:
    """Return what a draft is called: by its own name, or by its provider."""
    return draft.settings.name or said(provider_name(draft.settings.provider)) or said(N_("Unnamed account"))


def draft_line(draft: SmsDraft) -> Sentence:
    """Return where a draft was left."""
    return say(
        "at the step {step}, last changed {when} (UTC)", step=Sentence(STEPS[draft.step]), when=when(draft.updated_at)
    )  # fmt: skip


def step_of(problem: Problem) -> AccountStep | None:
    """Return the step whose form holds the problem's field."""
    first = problem.field.split(".")[0]
    return next((step for step, fields in _FIELDS.items() if first in fields), None)


def elsewhere(problem: Problem, here: AccountStep) -> Said:
    """Return the problem's sentence, with the step it belongs to where that is another one."""
    step = step_of(problem)
    if step is None or step == here:
        return problem.sentence
    return say("In step {step}: {sentence}", step=Sentence(STEPS[step]), sentence=problem.sentence)


def warnings(problems: Iterable[Problem], step: AccountStep | None = None) -> list[Any]:
    """Return a banner for each problem that does not block, of one step only where it is given."""
    kinds: dict[str, look.Kind] = {"warning": "warn", "note": "info"}
    mine = [one for one in problems if not one.blocks and step in (None, step_of(one))]
    return [look.banner(kinds[one.level], one.sentence) for one in mine]
