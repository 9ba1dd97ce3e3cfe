"""AUTHENTICATE: step 2: the method, its form, and for OAuth2 the question to the token URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from string import Formatter
from typing import Any, ClassVar

from workbench.engine.auth import credentials_for
from workbench.models.base import JsonValue, Problem
from workbench.models.credential import OAUTH2_PRESETS, Credential, HeaderKey, OAuth2
from workbench.models.integration import Draft, Settings, Stage
from workbench.models.sending import TokenCheck
from workbench.providers import provider as provider_of
from workbench.sentence import N_, Sentence, say
from workbench.widgets import look
from workbench.widgets.exchange import exchange
from workbench.widgets.fields import ChoiceField
from workbench.widgets.fold import Fold, Place, visible
from workbench.widgets.form import Form, Inputs, Plain
from workbench.widgets.secrets import Changed, Desk

from .aside import aside
from .step import warnings

TOKEN_REQUEST = ("placement", "client_id_key", "client_secret_key", "grant_type", "token_path", "parameters")
"""The fields of OAuth2 that only an unusual token URL needs."""

BESIDE = (("client_id_key", "client_secret_key"), ("grant_type", "token_path"))

PLACEMENTS = {
    "placement": {
        "form": N_("Form body"),
        "json": N_("JSON body"),
        "basic": N_("Basic header"),
        "headers": N_("Own headers"),
    }
}


class Authenticate:
    """The second step. ``ask`` asks the token URL with a draft's credentials."""

    stage: ClassVar[Stage] = "authenticate"

    def __init__(
        self,
        settings: Settings,
        desk: Desk,
        changed: Changed,
        ask: Callable[[Draft], Any],
        checked: TokenCheck | None = None,
    ) -> None:
        self._desk = desk
        self._changed = changed
        self._ask = ask
        self._filling = False
        self._kept: dict[str, dict[str, JsonValue]] = {settings.credential_kind: settings.credential}
        self.provider = provider_of(settings.provider)
        self._fitting = credentials_for(self.provider, self.provider.endpoint(settings.endpoint))
        kinds = {one.kind: one for one in self._fitting}
        self._kind = settings.credential_kind if settings.credential_kind in kinds else next(iter(kinds))
        self.checked = checked
        self.method = ChoiceField(
            N_("Method"),
            [(one.kind, Sentence(one.label), Sentence(one.about)) for one in kinds.values()],
            value=self._kind,
            style="radio",
        )
        self.preset = ChoiceField(
            N_("Start from"),
            [(name, Sentence(name)) for name in OAUTH2_PRESETS],
            hint=N_("Sets what the token request looks like; everything can be changed below."),
        )
        self.forms = Place()
        self.token = Place()
        self.noted = Place()
        self.form: Form
        self._make_form()
        self.widget = look.columns(
            look.stack(self._card(), self.noted.widget, self.token.widget),
            aside(self.provider),
            weights=(2, 1),
        )
        self._chosen = Inputs({"credential_kind": Plain(self.method, changed)})
        self.method.observe(self._method_chosen, "value")
        self.preset.observe(self._preset_chosen, "value")
        self._show_token()

    def __repr__(self) -> str:
        return "<Authenticate>"

    # -- what the wizard asks ----------------------------------------------------------------------------------------

    def settings(self, settings: Settings) -> Settings:
        """Return the settings with the method and its credential put in."""
        return settings.model_copy(update={"credential_kind": self._kind, "credential": self.form.values()})

    def problems(self) -> list[Problem]:
        """Return nothing: settings hold whatever is typed here."""
        return []

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show the errors of this step beside their fields and return the other problems."""
        return self.form.place(self._chosen.show(problems))

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not block."""
        self.noted.put(*warnings(one for one in problems if one.field.startswith("credential")))

    def enter(self, absent: set[str]) -> None:
        """Ask again for secrets that this vault cannot open."""
        self.form.miss(absent)

    async def leave(self, draft: Draft) -> bool:
        """Ask the token URL where the method has one; a refusal is shown beside it, and Next goes no further."""
        self.checked = None
        self._show_token()
        if self._kind != "oauth2":
            return True
        self.token.put(look.banner("info", N_("Asking the token URL…")))
        try:
            self.checked = await self._ask(draft)
        finally:
            self._show_token()
        self.show(self.checked.problems)
        return self.checked.ok

    # -- method and preset -------------------------------------------------------------------------------------------

    def _make_form(self) -> None:
        model = self.provider.credential(self._kind)
        self.form = Form(
            model,
            self._kept.get(self._kind, {}),
            self._desk,
            changed=self._edited,
            prefix="credential",
            folded=_folded(model),
            fold_title=N_("Token request: keys, placement, more parameters"),
            beside=BESIDE if self._kind == "oauth2" else (),
            wording=PLACEMENTS,
            header=_headers_of(model),
        )
        visible(self.preset, model is OAuth2)  # a provider's own token URL is set as it wants it
        self.preset.value = _preset_of(self.form.values())
        self.forms.put(*([self.form.widget] if model.model_fields else []))

    def _card(self) -> Any:
        """Return the card of the method: a choice where there is one, else its name."""
        only = self._fitting[0]
        if len(self._fitting) > 1:
            return look.card("", self.method, self.preset, self.forms.widget)
        return look.card(only.label, self.preset, self.forms.widget, subtitle=only.about)

    def _method_chosen(self, _change: object) -> None:
        if self.method.value == self._kind:
            return
        typed = self._kept[self._kind] = self.form.values()
        self._kind = self.method.value
        self._kept.setdefault(self._kind, _shared(typed, self.provider.credential(self._kind)))
        self.checked = None
        self._make_form()
        self._show_token()
        self._changed()

    def _preset_chosen(self, _change: object) -> None:
        preset = OAUTH2_PRESETS.get(self.preset.value)
        if preset is None or self._kind != "oauth2" or self.preset.value == _preset_of(self.form.values()):
            return
        self._filling = True
        self.form.fill(preset)
        self._filling = False

    def _edited(self) -> None:
        if not self._filling:
            self.preset.value = _preset_of(self.form.values())
        if self.checked is not None:
            self.checked = None
            self._show_token()
        self._changed()

    def _show_token(self) -> None:
        self.token.put(*([look.card(N_("Token"), token_view(self.checked))] if self.checked else []))


def _preset_of(values: Mapping[str, JsonValue]) -> str:
    """Return the name of the preset that these values are, or the empty text."""
    fitting = (
        name
        for name, preset in OAUTH2_PRESETS.items()
        if all(values.get(key) == value for key, value in preset.items())
    )
    return next(fitting, "")


def token_view(check: TokenCheck) -> Any:
    """Return how the token URL answered: one sentence, and folded the masked exchange."""
    shown = exchange(check.request, check.reply, None)
    fold = Fold(N_("What was asked and answered"), shown, opened=not check.ok)
    return look.stack(token_banner(check), fold.widget, gap="small")


def token_banner(check: TokenCheck) -> Any:
    """Return the answer of the token URL in one sentence."""
    if not check.ok or check.outcome is None:
        return look.banner(
            "error", next((one.sentence for one in check.problems if one.blocks), N_("No token was given."))
        )
    if check.expires_in_s is None:
        return look.banner("ok", say("Token ok: {hint}.", hint=check.token_hint))
    return look.banner(
        "ok",
        say(
            "Token ok: {hint}, valid for {seconds} s.",
            hint=check.token_hint,
            seconds=round(check.expires_in_s),
        ),
    )


def _folded(model: type[Credential]) -> tuple[str, ...]:
    """Return the fields that only an unusual token URL needs; of a provider with a token URL of its own that address too."""
    if not issubclass(model, OAuth2):
        return ()
    return TOKEN_REQUEST if model.model_fields["token_url"].is_required() else ("token_url", *TOKEN_REQUEST)


def _shared(typed: Mapping[str, JsonValue], model: type[Credential]) -> dict[str, JsonValue]:
    """Return what was typed for one method and is a field of another too, such as the event's name; a secret is not carried over."""
    own = set(model.model_fields) - set(OAuth2.model_fields) - set(model.secret_fields())
    return {name: value for name, value in typed.items() if name in own}


def _headers_of(model: type[Credential]) -> dict[str, str]:
    """Return the secrets that travel in a header as they are typed, with that header's name."""
    auth = model.auth
    if not isinstance(auth, HeaderKey):
        return {}
    named = {name for _, name, _, _ in Formatter().parse(auth.value) if name}
    return dict.fromkeys(named, "value" if "{" in auth.header else auth.header)  # the name may be typed later


__all__ = ["Authenticate", "token_banner", "token_view"]
