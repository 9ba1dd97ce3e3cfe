"""ONE ACCOUNT: how it stands, what is still to be done, its senders, and what may be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from workbench.engine.checks import blocking
from workbench.engine.sms_checks import wants_consent
from workbench.models.base import Problem
from workbench.models.person import Role
from workbench.models.sms_account import ChecklistItem, ListedAccount, Sender, SenderUse, SmsAccount
from workbench.providers import every
from workbench.sentence import N_, say

from . import look
from .bar import PageLinks
from .exchange import outcome_banner
from .fold import Place
from .headline import Headline
from .language import when
from .messages import Messages
from .page import Frame
from .piece import said
from .sms_accounts_about import consent_switch
from .sms_accounts_addresses import AddressPanel
from .sms_accounts_senders import SenderList, uses_table
from .sms_accounts_words import provider_name, state_of

__all__ = ["AccountFace"]


class Shelf(Protocol):
    """Where the account was chosen: what its face needs of it."""

    frame: Frame
    messages: Messages

    async def refresh(self) -> None: ...

    async def edit(self, account: SmsAccount) -> None: ...

    def forget(self) -> None: ...


class AccountFace:
    """One account below the list; each action opens below the facts."""

    def __init__(self, shelf: Shelf, item: ListedAccount, focus: bool = False) -> None:
        self.shelf, self.frame, self.item = shelf, shelf.frame, item
        self.account = item.account
        self.messages, self.action = Messages(), Place()
        self.noted, self.facts, self.todo = Place(), Place(), Place()
        self.senders = SenderList(
            self.frame, self._keep_sender, self._drop_sender, _types(self.account), self._uses,
            allowed=self.frame.may("operator") and not self.account.read_only,
        )  # fmt: skip
        settings = self.account.settings
        self.widget = look.card(
            "",
            Headline(say("{name}", name=settings.name), settings.description, focus=focus),
            self.noted.widget,
            *self._offer(),
            self.messages.widget,
            self.action.widget,
            self.todo.widget,
            look.heading(N_("Senders"), 3),
            self.senders.widget,
            look.heading(N_("Settings"), 3),
            self.facts.widget,
            PageLinks(_links(self.account), label=said(N_("More"))),
        )  # fmt: skip
        self.show(item)

    def __repr__(self) -> str:
        return f"<AccountFace {self.account.name!r}>"

    def show(self, item: ListedAccount) -> None:
        """Show the account as it stands now; what is open stays open."""
        self.item, self.account = item, item.account
        self.senders.put(self.account.settings.senders)
        self.facts.put(look.key_value_table(_facts(item)))
        self.noted.put(*self._warnings())
        self.todo.put(*self._checklist())

    # -- what may be done ----------------------------------------------------------------------------------------------

    def _offer(self) -> list[look.Row]:
        offered: list[tuple[str, look.Role, Role, Callable[[], Awaitable[object]]]] = [
            (N_("Callback addresses"), "secondary", "operator", self.addresses),
            (N_("Test the authentication"), "secondary", "operator", self.authenticate),
            (N_("Change"), "secondary", "operator", lambda: self.shelf.edit(self.account)),
            (N_("Delete"), "danger", "operator", self.ask_delete),
        ]
        if self.account.read_only:
            offered = offered[-1:]
        made = []
        for text, kind, role, work in offered:
            if self.frame.may(role):
                made.append(look.button(text, kind))
                self.frame.click(made[-1], work, self.messages)
        return [look.buttons(*made, align="start")] if made else []

    async def addresses(self) -> None:
        """Show the callback addresses, to copy."""
        panel = AddressPanel(self.frame, self.account)
        await panel.open()
        self._panel(Headline(N_("Callback addresses"), level=3), panel.widget, last=N_("Close"))

    async def authenticate(self) -> None:
        """Ask the provider whether the credential is let in; nothing is sent (R-SMS-04)."""
        outcome = await self.frame.bench.sms_accounts.authenticate(self.account.id)
        note = (
            N_("A rehearsal: the stand-in answered, in the provider's place. No message was sent.")
            if self.frame.facts.mode == "rehearsal"
            else N_("Asked by a call that only reads. No message was sent.")
        )
        self._panel(
            Headline(N_("Authentication"), level=3), outcome_banner(outcome), look.show(note, "wb-hint"), last=N_("Close")
        )  # fmt: skip

    async def ask_delete(self) -> None:
        """Say what goes and what stays, list the uses, and ask (R-SMS-10)."""
        uses = await self.frame.bench.sms_accounts.uses(self.account.id)
        sure = look.button(say("Delete “{name}”", name=self.account.name), "danger")
        self.frame.click(sure, self._delete, self.messages)
        text = N_(
            "Deleted are the account, its senders, its secrets and its callback addresses. Calls that still come are refused. "
            "What was sent and received stays in the history."
        )
        listed = [uses_table(uses)] if uses else []
        self._panel(
            Headline(say("Delete “{name}”?", name=self.account.name), level=3), look.banner("warn", text), *listed, buttons=[sure]
        )  # fmt: skip

    async def _delete(self) -> None:
        await self.frame.bench.sms_accounts.delete(self.account.id, confirm=True)
        self.shelf.forget()
        await self.shelf.refresh()
        self.shelf.messages.show("ok", say("“{name}” is deleted.", name=self.account.name))

    # -- senders -------------------------------------------------------------------------------------------------------

    async def _keep_sender(self, number: int, sender: Sender, confirmed: bool) -> Sequence[Problem]:
        accounts, new = self.frame.bench.sms_accounts, number == len(self.account.settings.senders)
        problems = list(await accounts.check_sender(self.account.id, sender))
        if blocking(problems):
            return problems
        if new:
            await accounts.add_sender(self.account.id, sender)
        else:
            await accounts.edit_sender(self.account.id, sender, confirm=confirmed)
        await self.shelf.refresh()
        return problems

    async def _drop_sender(self, number: int) -> None:
        sender = self.account.settings.senders[number]
        await self.frame.bench.sms_accounts.delete_sender(self.account.id, sender.id, confirm=True)
        await self.shelf.refresh()

    async def _uses(self, sender: Sender) -> Sequence[SenderUse]:
        return await self.frame.bench.sms_accounts.uses(self.account.id, sender.id)

    # -- how it stands -------------------------------------------------------------------------------------------------

    def _warnings(self) -> list[look.Markup]:
        if self.account.read_only:
            text = N_(
                "This workbench does not know the provider. The account is kept as it is; nothing is sent through it."
            )
            return [look.banner("warn", text)]
        if self.item.missing_secrets:
            return [
                look.banner(
                    "error",
                    N_(
                        "A secret of this account is not in this vault. Change the account and type it again."
                    ),
                )
            ]
        return []

    def _checklist(self) -> list[look.Stack | look.Markup]:
        """Return what is done and what is still to be done before the account is ready, with the tick for STOP."""
        parts: list[Any] = []
        if self.item.checklist:
            parts.append(look.show(_items(self.item.checklist)))
        settings = self.account.settings
        provider = every().get(settings.provider)
        if (
            provider is not None
            and wants_consent(provider)
            and self.frame.may("operator")
            and not self.account.read_only
        ):
            tick = consent_switch(settings.provider, settings.consent_at_provider)
            tick.observe(lambda change: self.frame.start(self._tick(change["new"]), self.messages), "value")
            parts.append(tick)
        return [look.heading(N_("Before you send"), 3), *parts] if parts else []

    async def _tick(self, done: bool) -> None:
        await self.frame.bench.sms_accounts.tick_consent(self.account.id, done)
        await self.shelf.refresh()

    def _panel(
        self,
        *parts: look.Stack | look.Markup | Headline,
        buttons: Sequence[Any] = (),
        last: str = N_("Cancel"),
    ) -> None:
        leave = look.button(last, "quiet")
        leave.on_click(lambda _: self.action.put())
        panel = look.stack(*parts, look.buttons(*buttons, leave, align="start"))
        panel.add_class("wb-panel")
        self.action.put(panel)


def _types(account: SmsAccount) -> tuple[Any, ...]:
    provider = every().get(account.settings.provider)
    return provider.sms.sender_types if provider is not None and provider.sms is not None else ()


def _items(checklist: Sequence[ChecklistItem]) -> look.Html:
    """Return the checklist: what is done, and for the rest what to do."""
    items = look.Html("").join(
        look.markup(
            "<li>{badge} {title}{text}</li>",
            badge=look.badge(N_("done"), "ok") if one.done else look.badge(N_("to do"), "warn"),
            title=said(one.title),
            text=look.markup('<div class="wb-hint">{text}</div>', text=said(one.problem.sentence))
            if one.problem
            else "",
        )
        for one in checklist
    )
    return look.markup('<ul class="wb-sms-todo">{items}</ul>', items=items)


def _facts(item: ListedAccount) -> list[tuple[str, Any]]:
    settings, (text, kind) = item.account.settings, state_of(item)
    return [
        (N_("State"), look.badge(text, kind)),
        (N_("Provider"), provider_name(settings.provider)),
        (N_("Business unit"), settings.business_unit or say("the whole company")),
        (N_("Messages sent"), str(item.sent)),
        (N_("Last change (UTC)"), when(item.account.updated_at)),
        (N_("Id"), item.account.id),
    ]


def _links(account: SmsAccount) -> list[dict[str, str]]:
    ways = ((N_("Write a text"), f"compose=account={account.id}"), (N_("See what was sent"), "deliveries"))
    return [{"page": "sms", "place": place, "label": said(text), "code": ""} for text, place in ways]
