"""CALLBACK ADDRESSES: where a provider reports deliveries and hands on replies: to copy, with its own steps, and to change."""

from __future__ import annotations

from typing import Final

from workbench.models.sms_account import CallbackAddresses, SmsAccount
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import ChoiceField
from .fold import Place
from .headline import Headline
from .language import when
from .messages import Messages
from .piece import said
from .sms_accounts_words import provider_name

__all__ = ["AddressPanel"]

OVERLAPS: Final = (
    ("1", N_("One hour")),
    ("24", N_("One day")),
    ("168", N_("One week")),
    ("0", N_("Not at all")),
)
"""How many hours the old addresses go on working after they were replaced."""


class AddressPanel:
    """The callback addresses of a saved account. They hold a secret, so only who may operate the account is shown them."""

    def __init__(self, around: Around, account: SmsAccount) -> None:
        self.around, self.account = around, account
        self.messages, self.body, self.question = Messages(), Place(), Place()
        rotate = look.button(N_("Replace the addresses"), "quiet")
        around.click(rotate, self.ask, self.messages)
        self.widget = look.stack(
            self.body.widget, look.buttons(rotate, align="start"), self.messages.widget, self.question.widget
        )  # fmt: skip

    def __repr__(self) -> str:
        return "<AddressPanel>"

    async def open(self) -> None:
        """Read the addresses and show them."""
        self._show(await self.around.bench.sms_accounts.addresses(self.account.id))

    async def ask(self) -> None:
        """Ask how long the old addresses go on working, then replace them."""
        overlap = ChoiceField(
            N_("How long the old addresses still work"),
            [(hours, Sentence(text)) for hours, text in OVERLAPS],
            value="24",
            hint=N_("Long enough to set the new ones at the provider; at once if somebody else knows the old ones."),
        )  # fmt: skip
        go, stay = look.button(N_("Replace them now"), "danger"), look.button(N_("Leave them"))
        self.around.click(go, lambda: self._rotate(float(overlap.value)), self.messages)
        stay.on_click(lambda _: self.question.put())
        panel = look.stack(
            Headline(N_("Replace the addresses?"), level=3),
            look.show(
                N_("Each address holds a secret that nobody can guess. New ones have to be set at the provider, as the old ones were.")
            ),
            overlap,
            look.buttons(stay, go, align="start"),
        )  # fmt: skip
        panel.add_class("wb-panel")
        self.question.put(panel)

    async def _rotate(self, hours: float) -> None:
        told = await self.around.bench.sms_accounts.rotate(self.account.id, hours)
        self.question.put()
        self._show(told)
        self.messages.show("ok", N_("The addresses are new. Set them at the provider now."))

    def _show(self, told: CallbackAddresses) -> None:
        parts: list[look.Stack | look.Markup] = []
        if not told.reachable:
            parts.append(look.banner("warn", _unreachable(self.around, told)))
        if told.old_until is not None:
            parts.append(
                look.banner("info", say("The addresses before these work until {when} (UTC).", when=when(told.old_until)))
            )  # fmt: skip
        if told.setup.by == "support":
            parts += self._by_support(told)
        else:
            parts += [
                _one(N_("Delivery reports"), told.delivery, told.setup.delivery),
                _one(N_("Incoming messages"), told.inbound, told.setup.inbound),
            ]
        if told.setup.source_url:
            parts.append(look.show(_source(told.setup.source_url)))
        self.body.put(*parts)

    def _by_support(self, told: CallbackAddresses) -> list[look.Stack | look.Markup]:
        name = said(provider_name(self.account.settings.provider))
        text = (
            say(
                "{provider} sets these addresses for you. Send this letter to {contact}.",
                provider=name,
                contact=told.setup.contact,
            )
            if told.setup.contact
            else say(
                "{provider} sets these addresses for you. Send this letter to its support.", provider=name
            )
        )
        return [
            look.banner("info", text),
            look.code_block(told.letter, said(N_("Letter to the support")), N_("Copy the letter")),
            _one(N_("Delivery reports"), told.delivery, told.setup.delivery),
            _one(N_("Incoming messages"), told.inbound, told.setup.inbound),
        ]


def _one(title: str, address: str, steps: tuple[str, ...]) -> look.Stack:
    """Return one address with the steps that set it at the provider."""
    items = look.Html("").join(look.markup("<li>{text}</li>", text=said(step)) for step in steps)
    shown = [look.show(look.markup('<ol class="wb-todo">{items}</ol>', items=items))] if steps else []
    return look.stack(
        look.heading(title, 3), look.code_block(address, said(N_("Address")), N_("Copy the address")), *shown, gap="small"
    )  # fmt: skip


def _unreachable(around: Around, told: CallbackAddresses) -> Sentence:
    if told.delivery.startswith("/"):
        return say(
            "This workbench runs in a notebook and takes no calls. Start it with “workbench up”: then the whole addresses stand here. "
            "The callback studio plays them here all the same."
        )
    if around.facts.mode == "rehearsal":
        return say(
            "These addresses are on this machine: the stand-ins reach them, a provider in the internet does not. "
            "Before you go live, start the workbench with --public-url and your public https address."
        )
    return say(
        "No provider can reach these addresses: they are on this machine. Start the workbench with --public-url and your public "
        "https address, then copy them anew."
    )


def _source(url: str) -> look.Html:
    return look.markup(
        '<p class="wb-sms-source"><a href="{url}" target="_blank" rel="noopener noreferrer">{text}</a></p>',
        url=url, text=said(N_("The provider's own instructions")),
    )  # fmt: skip
