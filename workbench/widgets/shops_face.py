"""ONE SHOP: how it stands, what may be done with it, the paths to be tried, and the calls that came in."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from workbench.engine.checks import blocking
from workbench.engine.sync_calls import base_of
from workbench.engine.urls import host_of
from workbench.models.base import Problem
from workbench.models.person import Role
from workbench.models.sending import Confirmation
from workbench.models.shop import Shop
from workbench.sentence import N_, say

from . import look
from .carry import file_name
from .download import Download
from .exchange import exchange, findings
from .fold import Place
from .headline import Headline
from .language import when
from .messages import Messages
from .page import Frame
from .shops_about import paths_table
from .shops_addresses import ShopAddressPanel
from .shops_calls import NewsletterCalls
from .shops_words import platform_name, platform_of, state_of

__all__ = ["ShopFace"]


class Shelf(Protocol):
    """Where the shop was chosen: what its face needs of it."""

    frame: Frame
    messages: Messages

    async def refresh(self) -> None: ...

    async def edit(self, shop: Shop) -> None: ...

    def forget(self) -> None: ...


class ShopFace:
    """One shop below the list; each action opens below the facts."""

    def __init__(self, shelf: Shelf, shop: Shop, problems: Sequence[Problem], focus: bool = False) -> None:
        self.shelf, self.frame, self.shop = shelf, shelf.frame, shop
        self.messages, self.action = Messages(), Place()
        self.noted, self.facts, self.paths = Place(), Place(), Place()
        self.calls = NewsletterCalls(self.frame, shop.id)
        self.headline = Headline(say("{name}", name=shop.name), shop.settings.site, focus=focus)
        self.widget = look.card(
            "",
            self.headline,
            self.noted.widget,
            *self._offer(),
            self.messages.widget,
            self.action.widget,
            self.facts.widget,
            look.heading(N_("Paths to be tried"), 3),
            self.paths.widget,
            self.calls.widget,
        )
        self.show(shop, problems)

    def __repr__(self) -> str:
        return f"<ShopFace {self.shop.name!r}>"

    def show(self, shop: Shop, problems: Sequence[Problem]) -> None:
        """Show the shop as it stands now; what is open stays open."""
        self.shop = shop
        self.headline.title, self.headline.subtitle = shop.name, shop.settings.site
        platform = platform_of(shop.settings.platform)
        self.facts.put(look.key_value_table(_facts(shop, problems)))
        self.paths.put(*([look.show(paths_table(platform, shop.settings))] if platform else []))
        self.noted.put(*findings(blocking(problems)))

    # -- what may be done ----------------------------------------------------------------------------------------------

    def _offer(self) -> list[look.Row]:
        offered: list[tuple[str, look.Role, Role, Callable[[], Awaitable[object]]]] = [
            (N_("Try the key"), "secondary", "operator", self.probe),
            (N_("Callback addresses"), "secondary", "operator", self.addresses),
            (N_("Change"), "secondary", "operator", lambda: self.shelf.edit(self.shop)),
            (N_("Delete"), "danger", "operator", self.ask_delete),
        ]
        made: list[Any] = []
        for text, kind, role, work in offered:
            if self.frame.may(role):
                made.append(look.button(text, kind))
                self.frame.click(made[-1], work, self.messages)
        made.insert(
            max(len(made) - 1, 0), Download(N_("Export"), file_name(self.shop.name), self._document, self.messages.guard)
        )  # fmt: skip
        return [look.buttons(*made, align="start")]

    async def probe(self) -> None:
        """Ask the platform whether it lets the key in; in live mode name the host first (R-SYNC-01)."""
        if self.frame.facts.mode == "rehearsal":
            await self._probe(None)
            return
        platform = platform_of(self.shop.settings.platform)
        host = host_of(base_of(platform, self.shop.settings)) if platform else ""
        sure = look.button(say("Ask {host}", host=host), "danger")
        self.frame.click(
            sure, lambda: self._probe(Confirmation(host=host, recipient=self.shop.name)), self.messages
        )
        text = say(
            "This is no rehearsal: {host} is really asked, with the shop's key. Nothing is changed there.",
            host=host,
        )
        self._panel(Headline(N_("Try the key?"), level=3), look.banner("warn", text), buttons=[sure])

    async def _probe(self, confirmation: Confirmation | None) -> None:
        check = await self.frame.bench.shops.probe(self.shop.id, confirmation)
        note = (
            N_("A rehearsal: the stand-in answered, in the platform's place.")
            if self.frame.facts.mode == "rehearsal"
            else N_("Asked by a call that only reads a list.")
        )
        shown = exchange(check.request, check.reply, check.outcome, problems=check.problems)
        asked = [look.show(note, "wb-hint")] if check.request is not None else []
        self._panel(Headline(N_("The key was tried"), level=3), shown, *asked, last=N_("Close"))

    async def addresses(self) -> None:
        """Show the callback addresses, to copy."""
        panel = ShopAddressPanel(self.frame, self.shop)
        await panel.open()
        self._panel(Headline(N_("Callback addresses"), level=3), panel.widget, last=N_("Close"))

    async def ask_delete(self) -> None:
        """Say what goes and what stays, and ask."""
        sure = look.button(say("Delete “{name}”", name=self.shop.name), "danger")
        self.frame.click(sure, self._delete, self.messages)
        text = N_(
            "Deleted are the shop, its key and its callback addresses. Calls that still come are refused. "
            "What was sent and heard stays in the history."
        )
        self._panel(
            Headline(say("Delete “{name}”?", name=self.shop.name), level=3),
            look.banner("warn", text),
            buttons=[sure],
        )

    async def _delete(self) -> None:
        await self.frame.bench.shops.delete(self.shop.id)
        self.shelf.forget()
        await self.shelf.refresh()
        self.shelf.messages.show("ok", say("“{name}” is deleted.", name=self.shop.name))

    async def _document(self) -> str:
        return json.dumps(await self.frame.bench.shops.export(self.shop.id), ensure_ascii=False, indent=2)

    def _panel(self, *parts: Any, buttons: Sequence[Any] = (), last: str = N_("Cancel")) -> None:
        leave = look.button(last, "quiet")
        leave.on_click(lambda _: self.action.put())
        panel = look.stack(*parts, look.buttons(*buttons, leave, align="start"))
        panel.add_class("wb-panel")
        self.action.put(panel)


def _facts(shop: Shop, problems: Sequence[Problem]) -> list[tuple[str, Any]]:
    settings, (text, kind) = shop.settings, state_of(problems)
    hint = settings.api_key.hint if settings.api_key else ""
    return [
        (N_("State"), look.badge(text, kind)),
        (N_("Platform"), platform_name(settings.platform)),
        (
            N_("API key"),
            look.markup('<span class="wb-mono">{text}</span>', text=hint) if hint else say("missing"),
        ),
        (N_("Allowed domains"), ", ".join(settings.domains) or say("not checked")),
        (N_("Contact fields of its own"), str(len(settings.fields))),
        (
            N_("Newsletter calls"),
            say("change the consent") if settings.newsletter_consent else say("are only listed"),
        ),
        (N_("Last change (UTC)"), when(shop.updated_at)),
        (N_("Id"), shop.id),
    ]
