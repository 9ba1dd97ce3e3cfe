"""SAVING: step 4: everything once more, masked, with what is known of its test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import ipywidgets

from workbench.engine.checks import tidy
from workbench.engine.fingerprint import fingerprint
from workbench.engine.identifiers import TITLES as IDENTIFIERS
from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.integration import Draft, IdentifierType, Settings, Stage
from workbench.models.provider import Provider
from workbench.providers import provider as provider_of
from workbench.sentence import N_, Sentence, say
from workbench.widgets import look
from workbench.widgets.exchange import OUTCOMES, body_text, headers_markup
from workbench.widgets.fold import Fold, Place
from workbench.widgets.look import Html, Kind
from workbench.widgets.piece import Said
from workbench.widgets.secrets import ref_of

from .authenticate import PLACEMENTS, TOKEN_REQUEST
from .step import CHANNELS, warnings


class Saving:
    """The fourth step: shows, and changes nothing."""

    stage: ClassVar[Stage] = "save"

    def __init__(self, draft: Draft) -> None:
        settings = tidy(draft.settings)
        provider = provider_of(settings.provider)
        self.noted = Place()
        self.tested = test_state(draft)
        self.widget = look.stack(
            _tested_banner(draft, *self.tested),
            self.noted.widget,
            look.columns(
                look.card(N_("Integration"), look.key_value_table(_configured(settings, provider))),
                look.card(N_("Authentication"), look.key_value_table(_authenticated(settings, provider))),
                weights=(1, 1),
            ),
            look.card(N_("HTTP header parameters"), look.show(headers_markup(_headers(settings)))),
            look.card("", Fold(N_("Payload"), look.code_block(body_text(settings.payload), "JSON")).widget),
        )

    def __repr__(self) -> str:
        return "<Saving>"

    def settings(self, settings: Settings) -> Settings:
        """Return the settings as they are."""
        return settings

    def problems(self) -> list[Problem]:
        """Return nothing: nothing is typed here."""
        return []

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return all of them: every field is in another step."""
        return list(problems)

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not keep the integration from being saved, but deserves a look."""
        self.noted.put(*warnings(problems))

    def enter(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""

    async def leave(self, draft: Draft) -> bool:
        """Go on: saving itself has the last word."""
        return True


def test_state(draft: Draft) -> tuple[Said, Kind]:
    """Return the badge of a draft: tested, taken without a yes, failed, changed since the test, or not tested."""
    if draft.tested is None:
        return N_("Not tested"), "quiet"
    if draft.tested.fingerprint != fingerprint(tidy(draft.settings)):
        return N_("Changed since test"), "warn"
    if draft.tested.outcome == "unconfirmed":
        return N_("Accepted, not confirmed"), "warn"
    if draft.tested.outcome != "accepted":
        return N_("Test failed"), "error"
    return N_("Tested"), "ok"


test_state.__test__ = False  # type: ignore[attr-defined]  # no test of pytest's, whatever its name says


def _tested_banner(draft: Draft, words: Said, kind: Kind) -> ipywidgets.HTML:
    tested = draft.tested
    if tested is None:
        sentence = say("It can be saved as it is; the list of integrations says that no test was made.")
        return look.banner("info", sentence, words)
    at = tested.at.strftime("%Y-%m-%d %H:%M UTC")
    mode = say("in rehearsal") if tested.mode == "rehearsal" else say("live")
    sentence = say(
        "{outcome} {mode}, {at}.", outcome=Sentence(str(OUTCOMES[tested.outcome][0])), mode=mode, at=at
    )
    return look.banner(kind, sentence, words)


def _configured(settings: Settings, provider: Provider) -> Iterator[tuple[Said, Any]]:
    yield N_("Name"), settings.name
    yield N_("Provider"), provider.name
    yield N_("Channel"), Sentence(CHANNELS[settings.channel])
    if len(provider.endpoints) > 1:
        yield N_("Endpoint"), Sentence(provider.endpoint(settings.endpoint).title)
    yield N_("HTTP Post URL"), look.markup('<span class="wb-mono">{url}</span>', url=settings.url)
    yield N_("Identifier type"), _identifier(settings.identifier)
    if settings.campaign_name:
        yield N_("Campaign name"), settings.campaign_name
    yield (
        N_("Time limits"),
        say(
            "{connect} s to connect, {total} s in all",
            connect=f"{settings.connect_s:g}",
            total=f"{settings.total_s:g}",
        ),
    )
    if settings.idempotency_header:
        yield (
            N_("Idempotency header"),
            look.markup('<span class="wb-mono">{name}</span>', name=settings.idempotency_header),
        )
    if settings.local_test:
        yield N_("Local test"), say("on")
    if settings.allow_several:
        yield N_("Allow several"), say("on")


def _identifier(kind: IdentifierType) -> Sentence:
    if kind.kind != "custom":
        return Sentence(IDENTIFIERS[kind.kind])
    return say("{title}: {name}", title=Sentence(IDENTIFIERS["custom"]), name=kind.name)


def _authenticated(settings: Settings, provider: Provider) -> Iterator[tuple[Said, Any]]:
    model = provider.credential(settings.credential_kind)
    yield N_("Method"), Sentence(model.label)
    for name, field in model.model_fields.items():
        value = settings.credential.get(name, field.get_default())
        if value in (None, "", (), []) or (name in TOKEN_REQUEST and value == field.get_default()):
            continue
        yield field.title or name, _shown(name, value)


def _shown(name: str, value: JsonValue) -> Said | Html:
    """Return a credential's value as it may be shown: a secret as its mask, rows one under the other."""
    ref = ref_of(value)
    if ref is not None:
        return look.markup('<span class="wb-mono">{mask}</span>', mask=ref.hint)
    if isinstance(value, (list, tuple)):
        rows = [f"{row['name']}: {ref_of(row.get('value')) or row.get('value', '')}" for row in value]
        return Html("<br>").join(rows)
    words = PLACEMENTS.get(name, {}).get(str(value))
    return Sentence(words) if words else look.escape(str(value))


def _headers(settings: Settings) -> tuple[tuple[str, str], ...]:
    return tuple(
        (one.name, one.value.hint if isinstance(one.value, SecretRef) else one.value)
        for one in settings.headers
    )


__all__ = ["Saving", "test_state"]
