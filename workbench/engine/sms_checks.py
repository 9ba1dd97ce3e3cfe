"""SMS CHECKS: the verdict on an account at an SMS provider, step by step, without asking anybody (R-SMS-03, 06 to 10, 18).

What a credential must look like beyond its model's patterns is data here, keyed by provider and field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import ValidationError

from workbench.models.base import JsonValue, Problem, SecretRef, is_ref
from workbench.models.credential import Credential
from workbench.models.phone import number_key
from workbench.models.provider import Provider
from workbench.models.sms_account import ACCOUNT_STEPS, AccountStep, Sender, SmsAccount, SmsSettings
from workbench.sentence import Sentence, say

from .checks import problems_of
from .credential_shapes import IN_USE, check_shapes, completed, tidy_text, title_of
from .name_checks import odd_name
from .senders import check_path, check_sender, tidy_path, tidy_sender
from .urls import check_url

DESCRIPTION_LENGTH: Final = 500
MANY_SENDERS: Final = 50
"""Senders of one account above which it is asked whether that is meant (facts C7)."""
STOP_IS_CARRIERS: Final = frozenset({"azure_communication_services"})
"""Providers whose STOP needs no setting: carriers and the provider do it (Azure's SMS FAQ). All others are third parties (R-SMS-18)."""


def check_account(
    settings: SmsSettings,
    provider: Provider | None,
    *,
    others: Sequence[SmsAccount] = (),
    step: AccountStep | None = None,
    secrets: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Return what is wrong with an account up to and including ``step``, of all of it without one, in the order of the form.

    ``provider`` is the declaration of ``settings.provider``, None where there is none. ``others`` are the accounts there already are,
    ``secrets`` the opened ones by handle; one that is not opened is not judged.
    """
    wanted = ACCOUNT_STEPS[: ACCOUNT_STEPS.index(step) + 1] if step else ACCOUNT_STEPS
    problems: list[Problem] = []
    if "provider" in wanted:
        problems += _check_provider(settings, provider, others)
    if provider is None or provider.sms is None:
        return problems
    if "credentials" in wanted:
        problems += check_credentials(settings, provider, secrets or {})
    if "senders" in wanted:
        problems += check_senders(settings, provider, others)
    if "review" in wanted:
        problems += check_consent(settings, provider)
    return problems


def tidy_account(settings: SmsSettings, secrets: Mapping[str, str] | None = None) -> SmsSettings:
    """Return the settings as they are kept: blanks and line ends around texts gone, numbers and addresses in their one spelling.

    Secrets are handles here; ``tidy_text`` does the same to what they stand for. With ``secrets`` opened, a host that is part of one is
    filled in.
    """
    credential = {
        name: tidy_text(value) if isinstance(value, str) else value
        for name, value in settings.credential.items()
    }
    credential = completed(settings.provider, credential, texts_of(credential, secrets or {}))
    return settings.model_copy(update={
        "name": " ".join(settings.name.split()), "description": settings.description.strip(),
        "business_unit": tidy_path(settings.business_unit), "credential": credential, "url": tidy_text(settings.url),
        "senders": tuple(tidy_sender(sender) for sender in settings.senders), "topic": settings.topic.strip(),
    })  # fmt: skip


# -- step 1 --------------------------------------------------------------------------------------------------------------


def _check_provider(
    settings: SmsSettings, provider: Provider | None, others: Sequence[SmsAccount]
) -> list[Problem]:
    problems: list[Problem] = []
    if provider is None or provider.sms is None:
        sentence = (
            say("This workbench has no SMS provider “{key}”. Choose one from the list.", key=settings.provider[:40])
            if settings.provider
            else say("Choose the provider whose account this is.")
        )  # fmt: skip
        problems.append(Problem(field="provider", sentence=sentence))
    wrong = _check_name(settings.name.strip(), others)
    if wrong:
        problems.append(Problem(field="name", sentence=wrong))
    if len(settings.description) > DESCRIPTION_LENGTH:
        sentence = say(
            "The description has {length} characters; at most {most} are allowed. Shorten it.",
            length=len(settings.description), most=DESCRIPTION_LENGTH,
        )  # fmt: skip
        problems.append(Problem(field="description", sentence=sentence))
    return problems + check_path(settings.business_unit, "business_unit")


def _check_name(name: str, others: Sequence[SmsAccount]) -> Sentence | None:
    if not name:
        return say("Give the account a name. Messages and reports show it.")
    if any(name.casefold() == other.name.strip().casefold() for other in others):
        return say("There already is an account named “{name}”. Choose another name.", name=name)
    return odd_name(name)


# -- step 2 --------------------------------------------------------------------------------------------------------------


def check_credentials(settings: SmsSettings, provider: Provider, secrets: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with the credential: its fields by their model, then their shapes and how they fit together (R-SMS-03)."""
    try:
        model = provider.credential(settings.credential_kind)
    except KeyError:
        return [Problem(field="credential_kind", sentence=say("Choose how the provider lets you in."))]
    shaped = check_shapes(provider.key, model, texts_of(settings.credential, secrets))
    told = {problem.field for problem in shaped if problem.blocks}
    typed = [
        problem for problem in _typed(model, settings.credential)[1] if problem.field not in told
    ]  # what names the cause goes before what names the form
    problems = [*typed, *shaped, *_check_in_use(settings, provider.key, model)]
    if settings.url or needs_url(provider):
        wrong = check_url(settings.url, local_test=True, campaign=False)
        problems += [Problem(field="url", sentence=wrong)] if wrong else []
    return problems


def _check_in_use(settings: SmsSettings, provider: str, model: type[Credential]) -> list[Problem]:
    """Return a problem where a choice needs a secret that is not there."""
    choice, value, secret = IN_USE.get(provider, ("", "", ""))
    if (
        not choice
        or settings.credential.get(choice) != value
        or ref_of(settings.credential.get(secret)) is not None
    ):
        return []
    sentence = say(
        "“{title}” is to be used, but it is empty. Lock it in, or use the other one.",
        title=title_of(model, secret),
    )
    return [Problem(field=f"credential.{secret}", sentence=sentence)]


def credential_of_account(
    settings: SmsSettings, provider: Provider
) -> tuple[Credential | None, tuple[Problem, ...]]:
    """Return the typed credential of an account, or None with the problems of its fields."""
    try:
        model = provider.credential(settings.credential_kind)
    except KeyError:
        return None, (Problem(field="credential_kind", sentence=say("Choose how the provider lets you in.")),)
    return _typed(model, settings.credential)


def needs_url(provider: Provider) -> bool:
    """Return whether an account has to say where its messages go: the declaration names no host."""
    return "://" not in provider.endpoint().url


def secrets_of_account(settings: SmsSettings) -> dict[str, SecretRef]:
    """Return the handles of an account's secrets by the name of their field, in the order of the form."""
    found = {}
    for name, value in settings.credential.items():
        ref = ref_of(value)
        if ref is not None:
            found[name] = ref
    return found


def ref_of(value: JsonValue) -> SecretRef | None:
    """Return the handle that a document's value holds, or None."""
    if isinstance(value, SecretRef):
        return value
    if is_ref(value):
        try:
            return SecretRef.model_validate(value)
        except ValidationError:
            return None
    return None


def texts_of(credential: Mapping[str, JsonValue], secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that can be judged: plain texts, and secrets that were opened."""
    found = {}
    for name, value in credential.items():
        ref = ref_of(value)
        if ref is not None and ref.handle in secrets:
            found[name] = secrets[ref.handle]
        elif isinstance(value, str):
            found[name] = value
    return found


def _typed(
    model: type[Credential], credential: Mapping[str, JsonValue]
) -> tuple[Credential | None, tuple[Problem, ...]]:
    try:
        return model.model_validate(dict(credential)), ()
    except ValidationError as error:
        return None, problems_of(error, model, "credential")


# -- step 3 --------------------------------------------------------------------------------------------------------------


def check_senders(
    settings: SmsSettings, provider: Provider, others: Sequence[SmsAccount] = ()
) -> list[Problem]:
    """Return what is wrong with the senders, each by itself and beside the others (R-SMS-06 to 09)."""
    if not settings.senders:
        sentence = say("Add at least one sender: a number, short code or sender id that texts come from.")
        return [Problem(field="senders", sentence=sentence)]
    problems: list[Problem] = []
    for index, sender in enumerate(settings.senders):
        found = check_sender(sender, settings, provider)
        found += check_twins(sender, settings.senders[:index], settings, others)
        problems += [
            problem.model_copy(update={"field": f"senders.{index}.{problem.field}"}) for problem in found
        ]
    if len(settings.senders) > MANY_SENDERS:
        sentence = say(
            "The account has {count} senders. That is possible; make sure that all of them are yours.",
            count=len(settings.senders),
        )
        problems.append(Problem(field="senders", sentence=sentence, level="note"))
    return problems


def check_twins(
    sender: Sender, before: Sequence[Sender], settings: SmsSettings, others: Sequence[SmsAccount]
) -> list[Problem]:
    """Return where this sender is already: in the same account that is refused, in another one it is a warning (R-SMS-08)."""
    problems: list[Problem] = []
    key = number_key(sender.value)
    if key and any(number_key(one.value) == key for one in before):
        sentence = say(
            "“{value}” is in this account twice. Remove one of the two; capital letters and blanks make no difference.",
            value=sender.value,
        )
        problems.append(Problem(field="value", sentence=sentence))
    else:
        there = [
            other.name
            for other in others
            if any(number_key(one.value) == key for one in other.settings.senders)
        ]
        if key and there:
            sentence = say(
                "“{value}” is also a sender of the account “{account}”. Replies reach the one that its provider calls; keep it in one.",
                value=sender.value, account=there[0],
            )  # fmt: skip
            problems.append(Problem(field="value", sentence=sentence, level="warning"))
    if sender.name and (unit := _named_twice(sender, before, settings, others)) is not None:
        sentence = say(
            "There already is a sender with the friendly name “{name}” in {unit}. Choose another name.",
            name=sender.name, unit=unit or say("the whole company"),
        )  # fmt: skip
        problems.append(Problem(field="name", sentence=sentence))
    return problems


def _named_twice(
    sender: Sender, before: Sequence[Sender], settings: SmsSettings, others: Sequence[SmsAccount]
) -> str | None:
    """Return the business unit in which another sender has this friendly name, or None."""
    unit = tidy_path(sender.business_unit or settings.business_unit)
    named = [(one.name, one.business_unit or settings.business_unit) for one in before]
    for other in others:
        named += [
            (one.name, one.business_unit or other.settings.business_unit) for one in other.settings.senders
        ]
    twin = any(
        name.casefold() == sender.name.casefold() and tidy_path(path).casefold() == unit.casefold()
        for name, path in named
    )
    return unit if twin else None


# -- review --------------------------------------------------------------------------------------------------------------


def check_consent(settings: SmsSettings, provider: Provider) -> list[Problem]:
    """Return the notice that STOP has to be set up with the provider itself, until somebody says that it is (R-SMS-18)."""
    if settings.consent_at_provider or not wants_consent(provider):
        return []
    sentence = say(
        "Set up with {provider} what happens when somebody texts STOP: the provider blocks them. Tick the box when that is done.",
        provider=provider.name,
    )
    return [Problem(field="consent_at_provider", sentence=sentence, level="warning")]


def wants_consent(provider: Provider) -> bool:
    """Return whether STOP has to be set up with this provider."""
    return provider.key not in STOP_IS_CARRIERS
