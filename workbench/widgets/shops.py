"""SHOPS: the shops of a workbench: the list, one shop below it, or the form in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.models.base import Problem
from workbench.models.shop import Shop
from workbench.sentence import N_, say

from . import look
from .fold import visible
from .headline import Headline
from .page import Frame
from .piece import said
from .shelf import Shelf
from .shops_face import ShopFace
from .shops_words import shop_row
from .tables import RowList

__all__ = ["ShopShelf"]

COLUMNS: Final[Sequence[Mapping[str, str]]] = (
    {"key": "name", "label": N_("Name"), "kind": "strong"},
    {"key": "state", "label": N_("State")},
    {"key": "platform", "label": N_("Platform")},
    {"key": "site", "label": N_("Address"), "kind": "muted"},
    {"key": "fields", "label": N_("Own fields"), "kind": "number"},
    {"key": "changed", "label": N_("Last change (UTC)"), "kind": "muted"},
)


class ShopShelf(Shelf):
    """The shops of a workbench; the form and the import take the list's place while they are open. Places: ``shop=ID``, ``new``."""

    KIND = "shop"

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self.listed: dict[str, tuple[Shop, Sequence[Problem]]] = {}
        self.face: ShopFace | None = None
        self.list = RowList(N_("Shops"), columns=COLUMNS)
        self.empty = look.show(_invitation(frame.may("operator")))
        new, bring = look.button(N_("New shop"), "primary"), look.button(N_("Import"))
        frame.click(new, self.new, self.messages)
        frame.click(bring, self.bring_in, self.messages)
        self.list.observe(lambda _: self.choose(self.list.selected), "selected")
        self.list.on_open(lambda id: self.choose(id, focus=True))
        ways = [look.buttons(new, bring, align="start")] if frame.may("operator") else []
        self.shelf = look.stack(*ways, look.card("", self.list, self.empty), self.detail.widget)
        style = look.sheets("gates.css", "shops.css")
        self.widget = look.stack(style, self.messages.widget, self.shelf, self.guest.widget)
        visible(self.list, False)

    def __repr__(self) -> str:
        return f"<ShopShelf of {len(self.listed)}>"

    async def refresh(self) -> None:
        """Read the shops anew and leave what is open as it is."""
        shops = self.frame.bench.shops
        self.listed = {
            shop.id: (shop, await shops.check(shop.settings, shop.id)) for shop in await shops.list()
        }
        self.list.rows = [shop_row(shop, problems) for shop, problems in self.listed.values()]
        visible(self.list, bool(self.listed))
        visible(self.empty, not self.listed)
        if self.face is not None and self.face.shop.id in self.listed:
            self.face.show(*self.listed[self.face.shop.id])
        elif self.face is not None:
            self.forget()

    async def go(self, place: str) -> None:
        """Begin or show what a link names."""
        kind, _, id = place.partition("=")
        if kind == "new" and self.frame.may("operator"):
            await self.new()
        elif kind == "shop":
            self.list.selected = id

    def choose(self, id: str, focus: bool = False) -> None:
        """Show one shop below the list."""
        found = self.listed.get(id)
        if found is None:
            self.face = None
            self.detail.put()
        elif self.face is None or self.face.shop.id != id or focus:
            self.face = ShopFace(self, *found, focus=focus)
            self.detail.put(self.face.widget)
        self._stand(f"shop={id}" if found else "")

    # -- the form, and bringing in -----------------------------------------------------------------------------------

    async def new(self) -> None:
        """Set up a shop."""
        await self._form(None)
        self._stand("new")

    async def edit(self, shop: Shop) -> None:
        """Change a shop; it stays as it is until the form is saved."""
        await self._form(shop)

    async def bring_in(self) -> None:
        """Take in a shop that another workbench exported."""
        from .shops_carry import BringIn  # rarely wanted

        self._host(BringIn(self.frame, self._came, self.back).widget)

    async def _form(self, shop: Shop | None) -> None:
        from .shops_wizard import ShopWizard  # the list is drawn before the form's parts are loaded

        wizard = ShopWizard(self.frame, shop, self._saved, self.back)
        await wizard.open()
        title = say("Change “{name}”", name=shop.name) if shop else N_("New shop")
        self._host(Headline(title), wizard.widget)

    async def _saved(self, shop: Shop) -> None:
        await self._opened(shop)
        self.messages.show(
            "ok", say("“{name}” is saved. Try its key next, then set its callback addresses.", name=shop.name)
        )

    async def _came(self, shop: Shop) -> None:
        await self._opened(shop)
        if shop.settings.api_key is None:
            self.messages.show(
                "warn", say("“{name}” came in without its key. Change the shop and type it.", name=shop.name)
            )
        else:
            self.messages.show("ok", say("“{name}” came in, and kept its key.", name=shop.name))

    async def _opened(self, shop: Shop) -> None:
        self.face = None
        self.list.selected = ""
        await self.back()
        self.list.selected = shop.id


def _invitation(may: bool) -> look.Html:
    if not may:
        return look.markup(
            '<p class="wb-empty">{text}</p>', text=said(N_("No shop has been set up here yet."))
        )
    return look.markup(
        '<div class="wb-empty wb-invite"><h2>{title}</h2><p>{text}</p></div>',
        title=said(N_("Set up your first shop")),
        text=said(
            N_(
                "Choose the platform, lock in its API key, and list your domains and contact fields. "
                "In the rehearsal a stand-in answers in the platform's place, so any key of the right form will do."
            )
        ),
    )
