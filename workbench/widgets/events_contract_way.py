"""CONTRACT WAY: how an event is sent, set up in place: the tab of SendPulse's Events Manager, and its key or its secret address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from workbench.engine.checks import blocking
from workbench.models.base import Problem
from workbench.models.credential import Credential
from workbench.models.event import EVENT_PAYLOAD
from workbench.models.integration import Integration, Settings
from workbench.providers import provider as provider_of
from workbench.sentence import N_, say

from . import look
from .fields import ChoiceField, TextField
from .fold import Place
from .form import Form
from .messages import Messages
from .page import Frame
from .piece import said
from .secrets import Desk, ref_of

__all__ = ["WayForm", "way_name"]

PROVIDER: Final = "sendpulse"
WAYS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "keys": (
        "rest",
        "oauth2",
        N_("REST API POST, with ID and secret"),
        N_("The address is no secret; a token is fetched and renewed by itself."),
    ),
    "key": (
        "rest",
        "sendpulse_api_key",
        N_("REST API POST, with an API key"),
        N_("One long-lived key; it can be taken back in SendPulse."),
    ),
    "raw": (
        "raw",
        "sendpulse_event_url",
        N_("POST raw"),
        N_("JSON to the address of the tab; the address itself is the secret."),
    ),
    "form": (
        "form",
        "sendpulse_event_url",
        N_("POST form-data (multipart)"),
        N_("Every value becomes a text."),
    ),
    "urlencoded": (
        "urlencoded",
        "sendpulse_event_url",
        N_("POST form-data (urlencoded)"),
        N_("Every value becomes a text."),
    ),
}
"""Each way by its key: the provider's endpoint, the kind of credential, what it is called, and one line about it."""


def way_name(saved: Integration) -> str:
    """Return what a list calls an integration that sends events: its name, and the tab."""
    endpoint = provider_of(saved.settings.provider).endpoint(saved.settings.endpoint)
    return f"{saved.name} · {said(endpoint.title)}"


class WayForm:
    """The form in the contract. ``on_made`` is given the integration that was saved."""

    def __init__(
        self,
        frame: Frame,
        event_name: str,
        on_made: Callable[[Integration], Awaitable[object]],
        on_closed: Callable[[], object],
    ) -> None:
        self.frame, self._event, self._on_made = frame, event_name.strip(), on_made
        self.messages, self.form_place = Messages(), Place()
        self.desk = Desk(frame.bench.secrets)
        self.way = ChoiceField(
            N_("Which tab of the Events Manager do you use?"),
            [(key, said(title), said(about)) for key, (_, _, title, about) in WAYS.items()],
            value="keys",
            style="radio",
        )
        self.name = TextField(
            N_("Name of the integration"),
            required=True,
            value=said(say("Event {name}", name=self._event)) if self._event else "",
        )
        self.form: Form
        self._make()
        self.way.observe(lambda _: self._make(), "value")
        save, close = look.button(N_("Save this way")), look.button(N_("Cancel"), "quiet")
        frame.click(save, self.save, self.messages)
        close.on_click(lambda _: on_closed())
        self.widget = look.stack(
            look.heading(N_("How it is sent"), 3),
            self.way,
            self.name,
            self.form_place.widget,
            self.messages.widget,
            look.buttons(save, close, align="start"),
        )
        self.widget.add_class("wb-panel")

    def __repr__(self) -> str:
        return "<WayForm>"

    async def open(self) -> None:
        """Ask for the key that secrets are sealed with."""
        await self.desk.open()

    async def save(self) -> None:
        """Keep the integration; what is wrong is shown beside its field."""
        await self.desk.idle()
        self.name.error = ""
        draft = await self.frame.bench.integrations.start(PROVIDER)
        draft = draft.model_copy(update={"settings": self._settings(draft.settings)})
        problems = [*await self.frame.bench.integrations.check(draft, "save"), *await self._address()]
        if blocking(problems):
            self._show([*blocking(problems)])
            await self.frame.bench.integrations.discard(draft.id)
            return
        saved = await self.frame.bench.integrations.save(draft)
        await self._on_made(saved)

    def _show(self, problems: list[Problem]) -> None:
        left = self.form.place(problems)
        for problem in left:
            if problem.field == "name":
                self.name.error = problem.sentence
        rest = [problem for problem in left if problem.field != "name"]
        if rest:
            self.messages.show("error", rest[0].sentence)

    async def _address(self) -> list[Problem]:
        """Return what is wrong with the locked address of a tab (R-EVT-14)."""
        ref = ref_of(self.form.values().get("event_url"))
        return await self.frame.bench.events.check_address(ref) if ref is not None else []

    def _settings(self, blank: Settings) -> Settings:
        key, kind, _, _ = WAYS[self.way.value]
        endpoint = provider_of(PROVIDER).endpoint(key)
        return blank.model_copy(
            update={
                "name": self.name.value.strip(),
                "endpoint": key,
                "url": endpoint.url,
                "credential_kind": kind,
                "credential": self.form.values(),
                "payload": EVENT_PAYLOAD,
            }
        )

    def _make(self) -> None:
        """Make the form of the chosen way's credential."""
        kind = WAYS[self.way.value][1]
        model: type[Credential] = provider_of(PROVIDER).credential(kind)
        self.form = Form(
            model,
            {"event": self._event},
            self.desk,
            prefix="credential",
            folded=tuple(name for name in model.model_fields if name in _UNUSUAL),
            fold_title=N_("More of the token request"),
        )
        self.form_place.put(self.form.widget)


_UNUSUAL: Final = (
    "token_url",
    "placement",
    "client_id_key",
    "client_secret_key",
    "grant_type",
    "token_path",
    "parameters",
    "scope",
    "header",
    "prefix",
)
