"""STEPS: what the wizard of an SMS account asks, step by step: provider, credentials, senders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from string import Formatter
from typing import Any, ClassVar, Protocol

from workbench.engine.credential_shapes import CONNECTION_STRINGS, HOSTS
from workbench.engine.senders import tidy_sender
from workbench.engine.sms_checks import needs_url
from workbench.models.base import JsonValue, Problem
from workbench.models.credential import Credential, HeaderKey
from workbench.models.sms_account import AccountStep, Sender, SmsSettings
from workbench.providers import provider as provider_of
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import ChoiceField, TextField
from .fold import Place
from .form import Form, Input, Inputs, Plain
from .piece import Said, said
from .secrets import Changed, Desk
from .sms_accounts_about import about_card, regions_note
from .sms_accounts_senders import SenderList, Uses
from .sms_accounts_words import offered, provider_name, warnings

__all__ = ["CredentialStep", "ProviderStep", "SenderStep", "Step"]

WORDING = {"key_in_use": {"primary": N_("Primary"), "secondary": N_("Secondary")}}
"""What the options of a credential's choices are called, where their values are no words for people."""

Check = Callable[[SmsSettings, AccountStep], Awaitable[Sequence[Problem]]]


class Step(Protocol):
    """One step: it gives settings back with what was typed, and shows what is wrong with them."""

    step: ClassVar[AccountStep]
    widget: Any

    def settings(self, settings: SmsSettings) -> SmsSettings:
        """Return the settings with this step's input put in."""

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its field and return the other problems."""

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not block."""

    def enter(self, absent: set[str]) -> None:
        """Ask again for the secrets that this vault cannot open."""


class ProviderStep:
    """The first step: which provider, and what the account is called here. ``known`` are settings typed before, by their provider."""

    step: ClassVar[AccountStep] = "provider"

    def __init__(self, settings: SmsSettings, changed: Changed, known: Mapping[str, SmsSettings]) -> None:
        self._was, self._changed, self._known = settings, changed, known
        self.about, self.noted, self.away = Place(), Place(), Place()
        self.provider = ChoiceField(
            N_("Provider"),
            [(one.key, provider_name(one.key), Sentence(one.about)) for one in offered()],
            value=settings.provider,
            style="radio",
            required=True,
        )
        self.name = TextField(
            N_("Name"), value=settings.name, required=True, placeholder=N_("Twilio, Sweden"),
            hint=N_("As your colleagues will find the account. Recipients never see it."),
        )  # fmt: skip
        self.description = TextField(N_("Description"), value=settings.description, multiline=True, rows=2)
        self.unit = TextField(
            N_("Business unit"), value=settings.business_unit, placeholder=N_("Europe/Sweden"),
            hint=N_("A path, from the large to the small. Empty: the whole company. Senders may lie below it."),
        )  # fmt: skip
        self.inputs = Inputs({
            "provider": Plain(self.provider, self._chosen), "name": Plain(self.name, changed),
            "description": Plain(self.description, changed), "business_unit": Plain(self.unit, changed),
        })  # fmt: skip
        self.widget = look.columns(
            look.stack(
                look.card("", self.provider, self.away.widget),
                look.card("", self.name, self.description, self.unit),
                self.noted.widget,
            ),
            self.about.widget,
            weights=(2, 1),
        )  # fmt: skip
        self._tell()

    def settings(self, settings: SmsSettings) -> SmsSettings:
        """Return the settings with this step's input put in; another provider has another credential."""
        update: dict[str, Any] = {
            "provider": self.provider.value, "name": self.name.value, "description": self.description.value,
            "business_unit": self.unit.value,
        }  # fmt: skip
        kept = self._known.get(self.provider.value, SmsSettings())
        update |= {
            "credential_kind": kept.credential_kind, "credential": kept.credential, "url": kept.url, "topic": kept.topic,
            "consent_at_provider": kept.consent_at_provider,
        }  # fmt: skip
        if not update["credential_kind"] and self.provider.value:
            update["credential_kind"] = provider_of(self.provider.value).credentials[0].kind
        return settings.model_copy(update=update)

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its field and return the other problems."""
        return self.inputs.show(problems)

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not block."""
        self.noted.put(*warnings(problems, self.step))

    def enter(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    def _chosen(self) -> None:
        self._tell()
        self._changed()

    def _tell(self) -> None:
        other = self._was.credential and self.provider.value != self._was.provider
        self.away.put(*([look.banner("warn", _put_away(self._was))] if other else []))
        if not self.provider.value:
            self.about.put()
            return
        provider = provider_of(self.provider.value)
        self.about.put(look.stack(*regions_note(provider), about_card(provider)))


class CredentialStep:
    """The second step: the credential that the provider's file declares, as a form."""

    step: ClassVar[AccountStep] = "credentials"

    def __init__(self, settings: SmsSettings, desk: Desk, changed: Changed) -> None:
        self._desk, self._changed = desk, changed
        self.provider = provider_of(settings.provider)
        self.noted, self.place = Place(), Place()
        kinds = {one.kind: one for one in self.provider.credentials}
        self._kind = settings.credential_kind if settings.credential_kind in kinds else next(iter(kinds))
        self._typed: dict[str, dict[str, JsonValue]] = {self._kind: settings.credential}
        self.method = ChoiceField(
            N_("Method"),
            [
                (one.kind, Sentence(one.label), Sentence(one.about) if one.about else "")
                for one in kinds.values()
            ],
            value=self._kind,
            style="radio",
        )
        self.form: Form
        self.extra = self._extra(settings)
        self._make()
        self.method.observe(lambda _: self._turned(), "value")
        head = [self.method] if len(kinds) > 1 else []
        only = self.provider.credentials[0]
        more = [one.widget for one in self.extra.inputs.values()]
        title, line = ("", "") if head else (only.label, only.about)
        card = look.card(title, *head, self.place.widget, *more, subtitle=line)
        self.widget = look.columns(
            look.stack(card, self.noted.widget), look.stack(*regions_note(self.provider), about_card(self.provider)), weights=(2, 1)
        )  # fmt: skip

    def settings(self, settings: SmsSettings) -> SmsSettings:
        """Return the settings with the credential put in."""
        return settings.model_copy(update={
            "credential_kind": self._kind, "credential": self.form.values(),
            **{name: one.value() for name, one in self.extra.inputs.items()},
        })  # fmt: skip

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its field and return the other problems."""
        return self.form.place(
            self.extra.show(problems)
        )  # the form stands above: the focus goes to its first wrong field

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not block."""
        self.noted.put(*warnings(problems, self.step))

    def enter(self, absent: set[str]) -> None:
        """Ask again for secrets that this vault cannot open."""
        self.form.miss(absent)

    def _make(self) -> None:
        model = self.provider.credential(self._kind)
        typed = self._typed.get(self._kind, {})
        told = tells_host(self.provider.key, model)
        rare = [
            name
            for name, field in model.model_fields.items()
            if not field.is_required() and field.default in (None, "")
        ]
        self.form = Form(
            model,
            typed,
            self._desk,
            changed=self._changed,
            prefix="credential",
            folded=(*(rare if 1 < len(rare) < len(model.model_fields) else ()), *told),
            fold_title=N_("Only in some accounts"),
            wording=WORDING,
            header=headers_of(model),
        )
        for name in told:
            host: Any = self.form.inputs[name].widget
            host.required, host.hint = False, N_("Empty: as it stands in the connection string.")
        if self.form.fold is not None:
            self.form.fold.open(any(typed.get(name) for name in rare))
        self.place.put(*([self.form.widget] if model.model_fields else []))

    def _turned(self) -> None:
        if self.method.value != self._kind:
            self._typed[self._kind] = self.form.values()
            self._kind = self.method.value
            self._make()
            self._changed()

    def _extra(self, settings: SmsSettings) -> Inputs:
        """Return what an account has beside the credential: the custom channel's address, the topic of Azure's events."""
        inputs: dict[str, Input] = {}
        if needs_url(self.provider):
            url = TextField(
                N_("Outbound address"), value=settings.url, required=True, input_type="url",
                placeholder="https://sms.example.com/send", hint=N_("Where your own channel takes the messages. It starts with https://."),
            )  # fmt: skip
            inputs["url"] = Plain(url, self._changed)
        if (
            self.provider.sms is not None
            and self.provider.sms.setup.by == "you"
            and "OPTIONS" in self.provider.sms.handshake_methods
        ):
            topic = TextField(
                N_("Event Grid topic"), value=settings.topic,
                hint=N_(
                    "The resource id of your Communication Services resource, from its page Properties in the Azure portal. Then events of "
                    "another resource are refused. It may stay empty: all are taken."
                ),
            )  # fmt: skip
            inputs["topic"] = Plain(topic, self._changed)
        return Inputs(inputs)


class SenderStep:
    """The third step: what the messages come from. ``half`` is a sender that was being typed when the step was left."""

    step: ClassVar[AccountStep] = "senders"

    def __init__(
        self, around: Around, settings: SmsSettings, changed: Changed, check: Check, uses: Uses,
        half: tuple[int, Sender] | None = None,
    ) -> None:  # fmt: skip
        self._settings, self._changed, self._check = settings, changed, check
        provider = provider_of(settings.provider)
        self.error, self.noted = Place(), Place()
        self.list = SenderList(
            around, self._keep, self._drop, provider.sms.sender_types if provider.sms else (), uses
        )  # fmt: skip
        self.list.put(settings.senders)
        if half is not None:
            self.list.reopen(half)
        self.widget = look.stack(
            look.card("", self.error.widget, self.list.widget), *regions_note(provider), self.noted.widget
        )

    def settings(self, settings: SmsSettings) -> SmsSettings:
        """Return the settings with the senders put in."""
        return settings.model_copy(update={"senders": tuple(self.list.senders)})

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show what is wrong with the senders above their list, and return the other problems."""
        mine: list[Problem] = []
        left: list[Problem] = []
        for one in problems:
            (mine if one.blocks and one.field.split(".")[0] == "senders" else left).append(one)
        self.error.put(*(look.banner("error", self._named(one)) for one in mine))
        return left

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not block."""
        self.noted.put(*warnings(problems, self.step))

    def enter(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    def _named(self, problem: Problem) -> Said:
        """Return a problem with the sender it is of."""
        number = problem.field.split(".")[1] if "." in problem.field else ""
        if not number.isdigit() or int(number) >= len(self.list.senders):
            return problem.sentence
        return say("{sender}: {text}", sender=self.list.senders[int(number)].value, text=problem.sentence)

    async def _keep(self, number: int, sender: Sender, _confirmed: bool) -> Sequence[Problem]:
        """Keep a sender in the draft, spelled as providers want it, unless something blocks it; return what is said of it."""
        senders = list(self.list.senders)
        senders[number : number + 1] = [tidy_sender(sender)]
        found = await self._check(self._settings.model_copy(update={"senders": tuple(senders)}), self.step)
        problems = [
            one
            for one in found
            if one.field.startswith(f"senders.{number}.") or one.field == f"senders.{number}"
        ]
        if not any(one.blocks for one in problems):
            self._now(senders)
        return problems

    async def _drop(self, number: int) -> None:
        senders = list(self.list.senders)
        del senders[number]
        self._now(senders)

    def _now(self, senders: Sequence[Sender]) -> None:
        self.error.put()
        self.list.put(senders)
        self._changed()


def _put_away(was: SmsSettings) -> Sentence:
    return say(
        "Another provider has other credentials: those of {provider} are put away. Choose it again to get them back; its secrets may "
        "have to be typed anew.",
        provider=said(provider_name(was.provider)),
    )


def headers_of(model: type[Credential]) -> dict[str, str]:
    """Return the secrets that travel in a header as they are typed, with that header's name: their characters are checked too."""
    auth = model.auth
    if not isinstance(auth, HeaderKey):
        return {}
    named = {name for _, name, _, _ in Formatter().parse(auth.value) if name}
    return dict.fromkeys(named, auth.header)


def tells_host(provider: str, model: type[Credential]) -> tuple[str, ...]:
    """Return the field of the host where a connection string of the same credential names it too: it need not be typed."""
    strings = [name for name in CONNECTION_STRINGS.get(provider, ()) if name in model.model_fields]
    host = HOSTS[provider].field if provider in HOSTS else ""
    return (host,) if strings and host in model.model_fields else ()
