"""CHOSEN: one integration of the catalogue: how it stands, and what can be done with it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import ipywidgets

from workbench.errors import Invalid
from workbench.models.integration import Listed, Settings
from workbench.models.person import Role
from workbench.providers import every
from workbench.sentence import N_, say

from . import look
from .bar import PageLinks
from .carry import Export
from .exchange import OUTCOMES
from .fields import TextField
from .fold import Place
from .headline import Headline
from .language import when
from .listing import auth_label, badge_markup, provider_name, state_badge
from .messages import Messages
from .page import Frame
from .piece import said
from .retest import Retest
from .wizard.step import CHANNELS


class Shelf(Protocol):
    """The page that an integration was chosen on: what the actions need of it."""

    frame: Frame
    messages: Messages

    async def refresh(self) -> None: ...  # noqa: D102

    async def reread(self) -> Sequence[Listed]: ...  # noqa: D102

    async def edit(self, id: str) -> None: ...  # noqa: D102


class Chosen:
    """One integration of the catalogue: how it stands, and the actions; each action opens below the facts."""

    def __init__(self, page: Shelf, item: Listed, focus: bool = False) -> None:
        self.page, self.frame, self.item = page, page.frame, item
        self.messages = Messages()
        self.action, self.warnings, self.facts = Place(), Place(), Place()
        link = {
            "page": "activity",
            "place": f"integration={item.integration.id}",
            "label": said(N_("See what was sent through it")),
        }
        self.widget = look.card(
            "",
            Headline(say("{name}", name=item.integration.name), focus=focus),
            self.warnings.widget,
            *self._offer(),
            self.messages.widget,
            self.action.widget,
            self.facts.widget,
            PageLinks([link], label=said(N_("More"))),
        )
        self._show(item)

    def _show(self, item: Listed) -> None:
        self.item = item
        self.warnings.put(*self._warnings())
        self.facts.put(look.key_value_table(_facts(item)))

    def _warnings(self) -> list[ipywidgets.Widget]:
        if self.item.missing_secrets:
            text = N_("A secret of this integration is not in this vault. Edit it and type the secret again.")
            return [look.banner("warn", text)]
        if self.item.badge == "changed":
            return [
                look.banner(
                    "warn", N_("It was changed after its last test. Test it again before you use it.")
                )
            ]
        return []

    def _offer(self) -> list[ipywidgets.Widget]:
        made: list[ipywidgets.Widget] = []
        offered: tuple[tuple[str, look.Role, Role, Callable[[], Awaitable[object]]], ...] = (
            (N_("Test again"), "secondary", "operator", self.test),
            (N_("Edit"), "secondary", "operator", lambda: self.page.edit(self.item.integration.id)),
            (N_("Rename"), "secondary", "operator", self.rename),
            (N_("Export"), "secondary", "admin", self.export),
            (N_("Delete"), "danger", "admin", self.delete),
        )
        for text, kind, role, work in offered:
            if self.frame.may(role):
                made.append(look.button(text, kind))
                self.frame.click(made[-1], work, self.messages)
        return [look.buttons(*made, align="start")] if made else []

    async def test(self) -> None:
        """Ask for a contact, and test."""
        form = Retest(self.frame, self.item.integration, self._tested, self.close)
        form.widget.add_class("wb-panel")
        self.action.put(form.widget)

    async def rename(self) -> None:
        """Ask for another name."""
        name = TextField(
            N_("New name"), value=self.item.integration.name, required=True,
            hint=N_("Campaigns and reports keep referring to it: they know it by its id, not by its name."),
        )  # fmt: skip
        save = look.button(N_("Rename"), "primary")

        async def work() -> None:
            name.error = ""
            try:
                saved = await self.frame.bench.integrations.rename(self.item.integration.id, name.value)
            except Invalid as error:
                named = [problem for problem in error.problems if problem.field == "name"]
                if not named:
                    raise
                name.error = named[0].sentence
                name.focus()
                return
            await self.page.refresh()
            self.page.messages.show("ok", say("It is called “{name}” now.", name=saved.name))

        self.frame.click(save, work, self.messages)
        name.on_submit(lambda: self.frame.start(work(), self.messages))
        self._ask(Headline(N_("Rename")), name, buttons=[save])

    async def export(self) -> None:
        """Show the document without secrets, to carry away."""
        document = await self.frame.bench.integrations.export(self.item.integration.id)
        carried = Export(self.item.integration.name, document, self.messages)
        self._ask(Headline(N_("Export")), carried.widget, buttons=[carried.download], last=N_("Close"))

    async def delete(self) -> None:
        """Name what would be deleted, and ask."""
        name, locked = self.item.integration.name, len(self.item.integration.settings.secrets())
        sure = look.button(say("Delete “{name}”", name=name), "danger")

        async def work() -> None:
            await self.frame.bench.integrations.delete(self.item.integration.id)
            await self.page.refresh()
            self.page.messages.show("ok", say("“{name}” is deleted.", name=name))

        self.frame.click(sure, work, self.messages)
        text = say(
            "Deleted are: the integration “{name}” with its settings and payload, and the secrets that are locked in it ({locked}). "
            "The activity keeps what was sent through it. This cannot be undone.",
            name=name,
            locked=locked,
        )
        self._ask(Headline(say("Delete “{name}”?", name=name)), look.banner("warn", text), buttons=[sure])

    async def close(self) -> None:
        """Close what an action has opened."""
        self.action.put()

    async def _tested(self) -> None:
        """Let list and card show the new state; the card stays, with the reply in it."""
        for item in await self.page.reread():
            if item.integration.id == self.item.integration.id:
                self._show(item)

    def _ask(
        self, *parts: ipywidgets.Widget, buttons: Sequence[ipywidgets.Widget], last: str = N_("Cancel")
    ) -> None:
        leave = look.button(last, "quiet")
        self.frame.click(leave, self.close, self.messages)
        panel = look.stack(*parts, look.buttons(*buttons, leave, align="start"))
        panel.add_class("wb-panel")
        self.action.put(panel)


def _address(settings: Settings) -> str:
    """Return the address with the credential's plain values in it, as ``https://{host}/v3`` has them; a secret stays a name."""
    provider = every().get(settings.provider)
    kinds = [
        kind for kind in (provider.credentials if provider else ()) if kind.kind == settings.credential_kind
    ]
    given = {name: field.default for kind in kinds for name, field in kind.model_fields.items()}
    values = {name: value for name, value in (given | settings.credential).items() if isinstance(value, str)}
    return re.sub(r"\{(\w+)\}", lambda slot: values.get(slot[1], slot[0]), settings.url)


def _facts(item: Listed) -> list[tuple[str, Any]]:
    integration, badge = item.integration, state_badge(item)
    settings, tested = integration.settings, integration.tested
    return [
        (N_("State"), badge_markup(badge)),
        (N_("Provider"), provider_name(settings.provider)),
        (N_("Address"), _address(settings)),
        (N_("Channel"), said(CHANNELS[settings.channel])),
        (N_("Authorization"), said(auth_label(integration))),
        (N_("Headers"), ", ".join(header.name for header in settings.headers)),
        (
            N_("Last test (UTC)"),
            f"{when(tested.at)} · {said(OUTCOMES[tested.outcome][0])}" if tested else None,
        ),
        (N_("Id"), integration.id),
    ]
