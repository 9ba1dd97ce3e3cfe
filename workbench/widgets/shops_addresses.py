"""SHOP ADDRESSES: where the platform tells that somebody subscribed or unsubscribed: to copy, and to replace (R-SYNC-31)."""

from __future__ import annotations

from workbench.models.shop import Shop, ShopCallbacks
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import ChoiceField
from .fold import Place
from .headline import Headline
from .language import when
from .messages import Messages
from .piece import said
from .shops_words import platform_name
from .sms_accounts_addresses import OVERLAPS

__all__ = ["ShopAddressPanel"]


class ShopAddressPanel:
    """The callback addresses of a shop. They hold a secret, so only who may operate the shop is shown them."""

    def __init__(self, around: Around, shop: Shop) -> None:
        self.around, self.shop = around, shop
        self.messages, self.body, self.question = Messages(), Place(), Place()
        renew = look.button(N_("Replace the addresses"), "quiet")
        around.click(renew, self.ask, self.messages)
        self.widget = look.stack(
            self.body.widget, look.buttons(renew, align="start"), self.messages.widget, self.question.widget
        )

    def __repr__(self) -> str:
        return "<ShopAddressPanel>"

    async def open(self) -> None:
        """Read the addresses and show them."""
        self._show(await self.around.bench.shops.addresses(self.shop.id))

    async def ask(self) -> None:
        """Ask how long the old addresses go on working, then replace them."""
        overlap = ChoiceField(
            N_("How long the old addresses still work"), [(hours, Sentence(text)) for hours, text in OVERLAPS], value="24",
            hint=N_("Long enough to set the new ones in the platform; at once if somebody else knows the old ones."),
        )  # fmt: skip
        go, stay = look.button(N_("Replace them now"), "danger"), look.button(N_("Leave them"))
        self.around.click(go, lambda: self._renew(float(overlap.value)), self.messages)
        stay.on_click(lambda _: self.question.put())
        panel = look.stack(
            Headline(N_("Replace the addresses?"), level=3),
            look.show(
                N_(
                    "Each address holds a secret that nobody can guess. "
                    "New ones have to be set in the platform, as the old ones were."
                )
            ),
            overlap,
            look.buttons(stay, go, align="start"),
        )  # fmt: skip
        panel.add_class("wb-panel")
        self.question.put(panel)

    async def _renew(self, hours: float) -> None:
        told = await self.around.bench.shops.renew_addresses(self.shop.id, hours)
        self.question.put()
        self._show(told)
        self.messages.show("ok", N_("The addresses are new. Set them in the platform now."))

    def _show(self, told: ShopCallbacks) -> None:
        name = said(platform_name(self.shop.settings.platform))
        intro = say(
            "{platform} calls these addresses when somebody subscribes to the newsletter in it, or unsubscribes. "
            "Both are needed: fill them in where {platform} asks for the addresses of a custom integration.",
            platform=name,
        )
        notes: list[look.Stack | look.Markup] = [look.show(intro)]
        if not told.reachable:
            notes.append(look.banner("warn", _unreachable(self.around, told)))
        if told.old_until is not None:
            notes.append(
                look.banner("info", say("The addresses before these work until {when} (UTC).", when=when(told.old_until)))
            )  # fmt: skip
        self.body.put(
            *notes, _one(N_("Subscribe"), told.subscribe), _one(N_("Unsubscribe"), told.unsubscribe)
        )


def _one(title: str, address: str) -> look.Stack:
    return look.stack(
        look.heading(title, 3),
        look.code_block(address, said(N_("Address")), N_("Copy the address")),
        gap="small",
    )


def _unreachable(around: Around, told: ShopCallbacks) -> Sentence:
    if told.subscribe.startswith("/"):
        return say(
            "This workbench runs in a notebook and takes no calls. Start it with “workbench up”: then the whole addresses stand here."
        )
    if around.facts.mode == "rehearsal":
        return say(
            "These addresses are on this machine, where no platform in the internet reaches them. "
            "Before you go live, start the workbench with --public-url and your public https address."
        )
    return say(
        "No platform can reach these addresses: they are on this machine. Start the workbench with --public-url and your public "
        "https address, then copy them anew."
    )
