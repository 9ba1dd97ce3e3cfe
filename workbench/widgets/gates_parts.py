"""GATE PARTS: the sections of a gate's form: the endpoint, time limits, what actions mean, live checks, write-back, answering."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from workbench.engine.hub_keys import hub_key
from workbench.models.base import JsonValue, Noun
from workbench.models.gate import (
    AddCode,
    AddTag,
    AnswerOptions,
    CallEndpoint,
    CheckConsent,
    GateSettings,
    LiveCheck,
    Meaning,
    SetProperty,
    TimeLimit,
    WriteBack,
)
from workbench.sentence import N_, Sentence, say

from . import look
from .fold import visible
from .form import Input
from .gates_fields import Options, Part, Word
from .gates_rows import OneOf, Rows
from .gates_words import (
    ANSWERING,
    AUTH,
    BASIC,
    HEADER,
    IAM,
    KINDS,
    LIMIT,
    LIVE,
    MEANINGS,
    NAMES,
    OPTIONS,
    SAFETY,
    SQS,
    WRITE_BACK,
)
from .piece import said
from .secrets import Changed, Desk

__all__ = ["Endpoint", "Offered", "answering", "limits", "live_checks", "meanings", "safety", "write_back"]

Document = Mapping[str, JsonValue]
MODELS: Mapping[str, type[Noun]] = {
    "check_consent": CheckConsent, "add_code": AddCode, "tag": AddTag, "set_property": SetProperty, "call_endpoint": CallEndpoint,
}  # fmt: skip
NONE_OF_IT: tuple[str, str] = ("", N_("none"))


class Offered:
    """What a form offers to choose from: code pools, consent lists, integrations; and the live checks of the form itself."""

    def __init__(self, pools: Options, lists: Options, integrations: Options) -> None:
        self.pools, self.lists, self.integrations = pools, lists, integrations
        self.checks: Callable[[], Options] = tuple

    @property
    def allowing(self) -> Options:
        """The lists of those who may be written to: an action rejects who is not on one."""
        return [one for one in self.lists if (hub := hub_key(str(one[0]))) is None or hub.allowed]

    def __repr__(self) -> str:
        return "<Offered>"


class Endpoint:
    """Name, key, kind of the endpoint, and how the platform is let in: only what the choice needs is shown."""

    def __init__(self, value: Document, desk: Desk, changed: Changed) -> None:
        self._changed = changed
        kind = str(value.get("kind") or "http")
        options = {"kind": OPTIONS["kind"], "auth": AUTH[kind]}
        self.names = Part(
            GateSettings,
            NAMES,
            value,
            desk,
            self._edited,
            options=options,
            beside=(("name", "key"), ("kind", "auth")),
        )
        self.parts = {
            "basic": Part(GateSettings, BASIC, value, desk, changed, beside=(("username", "password"),)),
            "header": Part(GateSettings, HEADER, value, desk, changed, beside=(("header", "header_value"),)),
            "sqs": Part(GateSettings, SQS, value, desk, changed),
            "iam": Part(
                GateSettings, IAM, value, desk, changed, beside=(("access_key_id", "secret_access_key"),)
            ),
        }
        self.widget = look.stack(self.names.widget, *(part.widget for part in self.parts.values()))
        self._kind = kind
        self._arrange()

    def __repr__(self) -> str:
        return "<Endpoint>"

    def value(self) -> JsonValue:
        """Return what is filled in and belongs to the choice; what is hidden is left out, its secrets too."""
        found = dict(self.names.value())
        for name in self._shown():
            found.update(self.parts[name].value())
        return found

    def paths(self) -> Mapping[str, Input]:
        """Return the inputs by the path of their field."""
        return {name: one for part in (self.names, *self.parts.values()) for name, one in part.inputs.items()}

    def miss(self, absent: set[str]) -> None:
        """Ask again for secrets that are not in this vault."""
        for part in self.parts.values():
            part.miss(absent)

    def _edited(self) -> None:
        self._arrange()
        self._changed()

    def _shown(self) -> Sequence[str]:
        kind, auth = self.names.inputs["kind"].value(), self.names.inputs["auth"].value()
        wanted = {
            "http": ((), {"basic": ("basic",), "header": ("header",)}),
            "sqs": (("sqs",), {"iam": ("iam",)}),
        }
        always, by_auth = wanted[str(kind)]
        return (*always, *by_auth.get(str(auth), ()))

    def _arrange(self) -> None:
        kind = str(self.names.inputs["kind"].value())
        if kind != self._kind:
            self._kind = kind
            auth = self.names.inputs["auth"].widget
            auth.options = [(key, said(text)) for key, text in AUTH[kind]]
            auth.value = AUTH[kind][0][0]
        for name, part in self.parts.items():
            visible(part.widget, name in self._shown())


def safety(value: Document, desk: Desk, changed: Changed) -> Part:
    """Return the inputs of what may be called and who may call."""
    return Part(GateSettings, SAFETY, value, desk, changed, beside=(("hosts", "source_ips"),))


def limits(values: Sequence[Document], desk: Desk, changed: Changed) -> Rows:
    """Return the rows of time limits. In Campaign Manager the minutes stand fast (R-GATE-19)."""
    return Rows(
        lambda value: _Limit(value, desk, changed), values, name=lambda number: say("Time limit {number}", number=number),
        add=N_("Add a time limit"), empty=N_("No limit yet: one hour counts, as in "
            "Campaign Manager."), blank={"flow": "journey", "minutes": 60},
        changed=changed,
    )  # fmt: skip


class _Limit(Part):
    """One time limit."""

    def __init__(self, value: Document, desk: Desk, changed: Changed) -> None:
        def edited() -> None:
            self._arrange()
            changed()

        super().__init__(
            TimeLimit, LIMIT, value, desk, edited, options={"flow": OPTIONS["flow"]}, beside=(("journey_name", "flow", "minutes"),)
        )  # fmt: skip
        self._arrange()

    def _arrange(self) -> None:
        campaign = self.inputs["flow"].value() == "campaign_manager"
        minutes = self.inputs["minutes"].widget
        if campaign and minutes.value != "60":
            minutes.value = "60"
        minutes.disabled = campaign


def meanings(values: Sequence[Document], offered: Offered, desk: Desk, changed: Changed) -> Rows:
    """Return the rows of what actions mean; each kind has a small form of its own."""
    return Rows(
        lambda value: _Meaning(value, offered, desk, changed), values, name=lambda number: say("Action {number}", number=number),
        add=N_("Add an action"), changed=changed, ordered=False, blank={},
        empty=N_("No action yet. A sendout that asks for an action without a meaning is held back, and says so."),
    )  # fmt: skip


class _Meaning:
    """One identifier and what it makes happen."""

    def __init__(self, value: Document, offered: Offered, desk: Desk, changed: Changed) -> None:
        words = {
            "identifier": Word(
                N_("Identifier of the action"),
                N_("Exactly as it stands in the platform; capital letters matter."),
                "check-consent",
            )
        }
        self.part = Part(Meaning, words, value, desk, changed)

        def make(kind: str, does: Document) -> Input:
            return _does(kind, does, offered, desk, changed)

        self.does = OneOf(N_("What it does"), KINDS, make, value.get("does") or {}, changed)
        self.widget = look.stack(look.columns(self.part.widget, self.does.choice), self.does.place)

    def value(self) -> JsonValue:
        """Return the meaning as a document."""
        return {**self.part.value(), "does": self.does.value()}

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error beside the field."""
        if sentence is None:
            self.part.show((), None)
            self.does.show((), None)
        elif rest and rest[0] == "does":
            self.does.show(rest[1:], sentence)
        else:
            self.part.show(rest, sentence)

    def focus(self) -> None:
        """Put the keyboard's focus into the identifier."""
        self.part.focus()

    def miss(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""


def _does(kind: str, value: Document, offered: Offered, desk: Desk, changed: Changed) -> Part:
    options = {
        "pool": offered.pools, "consent_list": (NONE_OF_IT, *offered.allowing), "live_check": (NONE_OF_IT, *offered.checks()),
        "integration_id": offered.integrations,
    }  # fmt: skip
    wanted = {name: options[name] for name in MEANINGS[kind] if name in options}
    return Part(
        MODELS[kind],
        MEANINGS[kind],
        value,
        desk,
        changed,
        options=wanted,
        beside=(tuple(MEANINGS[kind])[:2],),
    )


def live_checks(values: Sequence[Document], desk: Desk, changed: Changed) -> Rows:
    """Return the rows of live checks."""
    beside = (("key", "fallback"), ("header", "header_value"), ("path", "yes"), ("timeout_s", "at_once"))
    words = {
        name: LIVE[name]
        for name in (
            "key",
            "fallback",
            "url",
            "header",
            "header_value",
            "path",
            "yes",
            "timeout_s",
            "at_once",
        )
    }
    return Rows(
        lambda value: Part(LiveCheck, words, value, desk, changed, options={"fallback": OPTIONS["fallback"]}, beside=beside),
        values, name=lambda number: say("Live check {number}", number=number), add=N_("Add a live check"), changed=changed,
        ordered=False, blank={}, empty=N_("No live check. Add one if a service of yours knows who consents now."),
    )  # fmt: skip


def write_back(value: Document, desk: Desk, changed: Changed) -> Part:
    """Return the inputs of where properties are written."""
    return Part(WriteBack, WRITE_BACK, value, desk, changed, beside=(("list_id", "token"),))


def answering(value: Document, desk: Desk, changed: Changed) -> Part:
    """Return the inputs of how a sendout is answered."""
    options = {name: OPTIONS[name] for name in ("start", "when_late", "on_failed_write")}
    beside = (
        ("start", "when_late"),
        ("at_once", "per_second", "margin_min"),
        ("on_failed_write", "leak_guard"),
    )
    return Part(AnswerOptions, ANSWERING, value, desk, changed, options=options, beside=beside)
