"""CONFIGURE: step 1: provider, name, channel, address, header parameters, identifier type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from workbench.engine.identifiers import TITLES as IDENTIFIERS
from workbench.engine.urls import host_of, is_private
from workbench.models.base import Problem
from workbench.models.integration import Draft, Header, IdentifierType, Settings, Stage
from workbench.models.provider import Provider
from workbench.providers import every
from workbench.sentence import N_, Sentence, say
from workbench.widgets import look
from workbench.widgets.fields import ChoiceField, HeaderRows, SwitchField, TextField
from workbench.widgets.fold import Fold, Place, visible
from workbench.widgets.form import Input, Inputs, Plain
from workbench.widgets.secrets import Changed, Desk, KeptRows

from .aside import aside
from .step import CHANNELS, warnings

IDENTIFIER_NOTES = {
    "email": N_("The address itself, such as ana@example.com."),
    "phone": N_("International form: + and digits only, such as +46701234567."),
    "email_sha256": N_("The hash of the lowercase address. Not documented by the product."),
    "custom": N_("Your own id of the contact, under a name you give."),
}
SECONDS = {
    "connect_s": N_("Time to connect, in seconds"),
    "total_s": N_("Time for the whole call, in seconds"),
}


class Configure:
    """The first step."""

    stage: ClassVar[Stage] = "configure"

    def __init__(self, settings: Settings, desk: Desk, changed: Changed) -> None:
        self._was = settings
        self._changed = changed
        self._shown = ""
        self.asked = Place()
        self.about = Place()
        self.noted = Place()
        self._make_fields(settings, desk)
        self.advanced = Fold(
            N_("Advanced"),
            self.idempotency_header,
            self.allow_several,
            look.columns(self.connect_s, self.total_s),
        )
        self.inputs = self._inputs()
        self.widget = look.columns(
            look.stack(
                look.card("", self.provider, self.asked.widget, self.endpoint, self.name, self.channel, self.url, self.local_test),
                look.card("", self.headers.widget),
                look.card("", self.identifier, self.identifier_name),
                self.noted.widget,
                self.advanced.widget,
            ),
            self.about.widget,
            weights=(2, 1),
        )  # fmt: skip
        self.provider.observe(self._provider_chosen, "value")
        self.endpoint.observe(self._endpoint_chosen, "value")
        self._arrange()

    def __repr__(self) -> str:
        return "<Configure>"

    # -- what the wizard asks ----------------------------------------------------------------------------------------

    def settings(self, settings: Settings) -> Settings:
        """Return the settings with this step's input put in."""
        return settings.model_copy(update={
            "provider": self._was.provider,
            "credential_kind": self._was.credential_kind,
            "credential": self._was.credential,
            "payload": self._was.payload,
            "name": self.name.value,
            "channel": self.channel.value,
            "endpoint": self._kept_endpoint(),
            "url": self.url.value,
            "local_test": self.local_test.value,
            "headers": tuple(Header(name=name, value=value) for name, value in self.headers.pairs()),
            "identifier": IdentifierType(kind=self.identifier.value, name=self.identifier_name.value),
            "idempotency_header": self.idempotency_header.value,
            "allow_several": self.allow_several.value,
            "connect_s": _seconds(self.connect_s.value) or settings.connect_s,
            "total_s": _seconds(self.total_s.value) or settings.total_s,
        })  # fmt: skip

    def problems(self) -> list[Problem]:
        """Return what is wrong with the time limits, and a change of provider that still waits for its answer."""
        found = []
        if self.provider.value != self._was.provider:
            sentence = say("Say first whether the provider changes: it would replace what you typed.")
            found.append(Problem(field="provider", sentence=sentence))
        for field, text in (("connect_s", self.connect_s.value), ("total_s", self.total_s.value)):
            if _seconds(text) is None:
                sentence = say(
                    "“{title}” is “{value}”. Write a number from 1 to 60.",
                    title=Sentence(SECONDS[field]),
                    value=text[:20],
                )
                found.append(Problem(field=field, sentence=sentence))
        return found

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show the errors of this step beside their fields and return the other problems."""
        return self.inputs.show(problems)

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not block, such as a header that looks like a secret."""
        self.noted.put(*warnings(problems))

    def enter(self, absent: set[str]) -> None:
        """Ask again for locked values that this vault cannot open."""
        self.inputs.miss(absent)

    async def leave(self, draft: Draft) -> bool:
        """Go on: the form's check is all there is."""
        return True

    # -- the fields --------------------------------------------------------------------------------------------------

    def _make_fields(self, settings: Settings, desk: Desk) -> None:
        self.provider = ChoiceField(
            N_("Provider"), [(one.key, one.name) for one in every().values()], value=settings.provider
        )
        endpoint = settings.endpoint or _first_endpoint(every()[settings.provider])
        self.endpoint = ChoiceField(N_("Endpoint"), value=endpoint)
        self.name = TextField(
            N_("Name"), hint=N_("Shown in campaigns and their reports."), value=settings.name, required=True
        )
        channels = [(key, Sentence(label)) for key, label in CHANNELS.items()]
        self.channel = ChoiceField(N_("Channel"), channels, value=settings.channel, style="segmented")
        self.url = TextField(
            N_("HTTP Post URL"),
            value=settings.url,
            required=True,
            input_type="url",
            placeholder="https://api.example.com/v1/send",
        )
        self.local_test = SwitchField(
            N_("Local test"),
            hint=N_("The address is on this computer or in a private network, and that is meant."),
            value=settings.local_test,
        )
        rows = HeaderRows(
            N_("HTTP header parameters"),
            hint=N_("Optional. The lock encrypts a value: from then on it is masked and never shown again."),
        )
        pairs = [(one.name, one.value) for one in settings.headers]
        self.headers = KeptRows(desk, rows, pairs, self._changed, headers=True)
        kinds = [
            (key, Sentence(label), Sentence(IDENTIFIER_NOTES[key])) for key, label in IDENTIFIERS.items()
        ]
        self.identifier = ChoiceField(
            N_("Identifier type"),
            kinds,
            hint=N_("What stands in the payload where it says ${User Identifier}."),
            value=settings.identifier.kind,
        )
        self.identifier_name = TextField(
            N_("Name of the custom identifier"),
            hint=N_("Exactly as the platform names it; capital letters matter."),
            value=settings.identifier.name,
            placeholder="customer_id",
        )
        self.idempotency_header = TextField(
            N_("Idempotency header"),
            hint=N_(
                "Only if your provider takes each message id once: the header it reads the id from. Then rows of a job "
                "whose end is not known go again by themselves, without being delivered twice."
            ),
            value=settings.idempotency_header,
            placeholder="Idempotency-Key",
        )
        self.allow_several = SwitchField(
            N_("Allow several"),
            hint=N_("An experiment: the platform itself allows one integration for each channel."),
            value=settings.allow_several,
        )
        self.connect_s = TextField(SECONDS["connect_s"], value=f"{settings.connect_s:g}", input_type="number")
        self.total_s = TextField(SECONDS["total_s"], value=f"{settings.total_s:g}", input_type="number")

    def _inputs(self) -> Inputs:
        plain: dict[str, Any] = {
            "provider": self.provider, "endpoint": self.endpoint, "name": self.name, "channel": self.channel,
            "url": self.url, "local_test": self.local_test,
        }  # fmt: skip
        late: dict[str, Any] = {
            "identifier.name": self.identifier_name, "identifier.kind": self.identifier,
            "idempotency_header": self.idempotency_header, "allow_several": self.allow_several,
            "connect_s": self.connect_s, "total_s": self.total_s,
        }  # fmt: skip
        inputs: dict[str, Input] = {path: Plain(field, self._edited) for path, field in plain.items()}
        inputs["headers"] = self.headers
        inputs.update({path: Plain(field, self._edited) for path, field in late.items()})
        folded = ("idempotency_header", "allow_several", "connect_s", "total_s")
        return Inputs(inputs, dict.fromkeys(folded, self.advanced) | {"channel": self.advanced})

    def _edited(self) -> None:
        self._arrange()
        self._changed()

    def _arrange(self) -> None:
        """Show what the present choice needs and hide the rest."""
        provider = every()[self._was.provider]
        visible(self.endpoint, len(provider.endpoints) > 1)
        self.endpoint.options = [(one.key, Sentence(one.title)) for one in provider.endpoints]
        self.channel.disabled = provider.key != "custom"
        self.url.hint = _url_hint(self.url.value)
        visible(self.local_test, self.local_test.value or is_private(host_of(self.url.value)))
        visible(self.identifier_name, self.identifier.value == "custom")
        if self._shown != provider.key:
            self._shown = provider.key
            self.about.put(aside(provider))

    def _kept_endpoint(self) -> str:
        """Return the chosen endpoint; the first of one's own stays unsaid where it was: looking at an integration changes nothing."""
        first = every()["custom"].endpoints[0].key
        if self._was.provider != "custom" or self.endpoint.value != first:
            return self.endpoint.value
        return self._was.endpoint if self._was.endpoint == first else ""

    # -- another provider, another endpoint --------------------------------------------------------------------------

    def _provider_chosen(self, _change: object) -> None:
        wanted = self.provider.value
        if wanted == self._was.provider:
            self.asked.put()
            return
        before, after = every()[self._was.provider], every()[wanted]
        typed = self._typed(before, after)
        if not typed:
            self._take(after)
            return
        go = look.button(say("Change to {provider}", provider=after.name))
        stay = look.button(say("Stay with {provider}", provider=before.name))
        go.on_click(lambda _button: self._take(after))
        stay.on_click(lambda _button: setattr(self.provider, "value", self._was.provider))
        sentence = say(
            "Changing to {provider} replaces what you typed: {what}.",
            provider=after.name,
            what=_listed(typed),
        )
        self.asked.put(look.banner("warn", sentence), look.buttons(go, stay, align="start"))

    def _typed(self, before: Provider, after: Provider) -> list[Sentence]:
        """Return what the person typed and the new provider would replace."""
        found = []
        if self.url.value.strip() not in {"", *(one.url for one in before.endpoints)}:
            found.append(say("the HTTP Post URL"))
        kinds = {one.kind for one in after.credentials}
        if self._was.credential and self._was.credential_kind not in kinds:
            found.append(say("the credentials"))
        if self._was.payload.strip() not in {"", "{}", *(one.text.strip() for one in before.templates)}:
            found.append(say("the payload"))
        return found

    def _take(self, provider: Provider) -> None:
        same = self._was.credential_kind in {one.kind for one in provider.credentials}
        self._was = self._was.model_copy(update={
            "provider": provider.key,
            "credential_kind": self._was.credential_kind if same else provider.credentials[0].kind,
            "credential": self._was.credential if same else {},
            "payload": provider.templates[0].text if provider.templates else "{}",
        })  # fmt: skip
        self.asked.put()
        self.provider.error = ""
        self.endpoint.value = _first_endpoint(provider)
        self.channel.value = provider.channel
        self.url.value = provider.endpoints[0].url
        self._edited()

    def _endpoint_chosen(self, _change: object) -> None:
        """Put the endpoint's address in; a host that was typed over the provider's own is kept."""
        provider = every()[self._was.provider]
        if not provider.endpoint(self.endpoint.value).url:
            return  # an address of one's own serves every endpoint
        if not self.endpoint.value or self.url.value in {one.url for one in provider.endpoints}:
            self.url.value = provider.endpoint(self.endpoint.value).url
            return
        typed, wanted = urlsplit(self.url.value), urlsplit(provider.endpoint(self.endpoint.value).url)
        if typed.netloc:
            self.url.value = urlunsplit(wanted._replace(scheme=typed.scheme, netloc=typed.netloc))


def _first_endpoint(provider: Provider) -> str:
    """Return the key of the endpoint that is chosen at first; a provider with one endpoint offers no choice."""
    return provider.endpoints[0].key if len(provider.endpoints) > 1 else ""


def _url_hint(url: str) -> str:
    if "{" in url.replace("${", ""):
        return N_("Names in {braces} are filled from step 2.")
    return N_("${dyCampaignName} in the path or the query becomes the campaign's name.")


def _listed(what: list[Sentence]) -> Sentence:
    if len(what) == 1:
        return what[0]
    return say("{first}, {rest}", first=what[0], rest=_listed(what[1:]))


def _seconds(text: str) -> float | None:
    """Return the seconds of a text, or None where it is no number from 1 to 60."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if 1 <= value <= 60 else None
