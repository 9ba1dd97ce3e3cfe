"""SYNC COUPONS: a shop's coupon sets as the platform lists them: kind, how many there are, are left, were given out, and where used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from workbench.models.shop_data import CouponSet, CouponSets
from workbench.sentence import N_, say

from . import look
from .fields import ChoiceField
from .fold import Place, visible
from .language import number
from .look import Html, markup
from .messages import Messages
from .page import Frame
from .piece import said
from .sync_words import ENTITY_NAMES, no_shop, shop_options
from .tables import table_markup

__all__ = ["CouponShelf"]

TYPES = {
    "single": N_("One code for many"),
    "multiple": N_("Many codes, each once"),
}
UNLIMITED = N_("unlimited")


class CouponShelf:
    """The coupon sets. They are read when the button is pressed, for that is a call to the platform.

    ``use`` is called with the shop's id and what is to be synced (``coupon=import``) when codes are to be imported into a set.
    """

    def __init__(self, frame: Frame, use: Callable[[str, str], Awaitable[object]] | None = None) -> None:
        self.frame, self._use = frame, use
        self.place = ""
        self.found: list[CouponSet] = []
        self._after = ""
        self.messages, self.told = Messages(), Place()
        self.shop = ChoiceField(N_("Shop"), [])
        self.list = look.show("")
        read = look.button(N_("Read the sets"), "primary")
        self.more = look.button(N_("Read more sets"))
        frame.click(read, self.read, self.messages)
        frame.click(self.more, self.read_more, self.messages)
        ways = [read]
        if use is not None and frame.may("operator"):
            ways.append(look.button(say("Prepare: {entity}", entity=said(ENTITY_NAMES["coupon"]))))
            frame.click(ways[-1], self._prepare, self.messages)
        self.shop.observe(lambda _: self._put([], None), "value")
        self.work = look.card(
            N_("Coupon sets"), self.shop, look.buttons(*ways, align="start"), self.messages.widget, self.told.widget, self.list,
            look.buttons(self.more, align="start"),
            subtitle=N_("Codes are made in the shop first, then imported into a set. Reading the list is a call to the platform."),
        )  # fmt: skip
        self.empty = look.card(
            "",
            no_shop(N_("Coupon sets belong to a shop's platform, and there is no shop yet. Add one first.")),
        )
        self.widget = look.stack(self.empty, self.work)
        visible(self.more, False)

    def __repr__(self) -> str:
        return f"<CouponShelf of {len(self.found)}>"

    async def refresh(self) -> None:
        """Read the shops anew; the sets stay as they were read."""
        shops = list(await self.frame.bench.shops.list())
        self.shop.options = shop_options(shops)
        if shops and self.shop.value not in {shop.id for shop in shops}:
            self.shop.value = shops[0].id
        visible(self.shop, len(shops) > 1)
        visible(self.empty, not shops)
        visible(self.work, bool(shops))

    async def go(self, place: str) -> None:
        """Choose the shop that a link names."""
        kind, _, id = place.partition("=")
        if kind == "shop" and any(option[0] == id for option in self.shop.options):
            self.shop.value = id

    async def read(self) -> None:
        """Read the first sets."""
        page = await self.frame.bench.sync.coupon_sets(self.shop.value)
        self._put(list(page.sets), page)

    async def read_more(self) -> None:
        """Read the sets behind those that are shown."""
        page = await self.frame.bench.sync.coupon_sets(self.shop.value, self._after)
        self._put([*self.found, *page.sets], page)

    async def _prepare(self) -> None:
        assert self._use is not None, "the button is there only then"
        await self._use(self.shop.value, "coupon=import")

    def _put(self, found: list[CouponSet], page: CouponSets | None) -> None:
        self.found, self._after = found, page.after if page else ""
        self.list.value = (
            markup('<div class="wb-sync-coupons">{table}</div>', table=_table(found)) if page else ""
        )
        self.told.put(*([look.banner("info", page.note)] if page and page.note and found else []))
        visible(self.more, bool(self._after))


def _table(found: Sequence[CouponSet]) -> Html:
    heads = (
        N_("Set"), N_("Kind"), N_("Codes"), N_("Available"), N_("Given out"), N_("Workflows"), N_("Changed"),
    )  # fmt: skip
    rows = [
        (
            _name(one), look.badge(TYPES.get(one.type, one.type or "–"), "info" if one.type == "multiple" else "quiet"),
            _amount(one.quantity), _left(one), number(one.assigned or 0),
            markup('<span class="wb-sync-flows">{names}</span>', names=_workflows(one)),
            markup('<span class="wb-sync-day">{day}</span>', day=one.updated_at[:16].replace("T", " ")),
        )
        for one in found
    ]  # fmt: skip
    return table_markup(
        heads, rows, empty=N_("The platform lists no coupon set. Make one there first."), numeric=(2, 4)
    )


def _name(one: CouponSet) -> Html:
    code = markup("<br><code>{code}</code>", code=one.code) if one.code else Html("")
    return markup(
        '<strong>{name}</strong><br><span class="wb-hint">{id}</span>{code}',
        name=one.name,
        id=one.id,
        code=code,
    )


def _amount(count: int | None) -> str:
    return said(UNLIMITED) if count is None else number(count)


def _left(one: CouponSet) -> Html:
    """Return how many codes are left, with a bar where their number is known."""
    if one.available is None or not one.quantity:
        return markup("{amount}", amount=_amount(one.available))
    share = 100 * min(one.available / one.quantity, 1)
    words = say("{left} of {all} left", left=number(one.available), all=number(one.quantity))
    return markup(
        '<span class="wb-sync-left" title="{words}"><span class="wb-sync-track"><span class="wb-sync-fill{low}" style="width: {share}%">'
        "</span></span><span>{left}</span></span>",
        words=said(words), low=" wb-sync-low" if share < 10 else "", share=f"{share:.1f}", left=number(one.available),
    )  # fmt: skip


def _workflows(one: CouponSet) -> str:
    shown = ", ".join(one.workflows[:3])
    if len(one.workflows) <= 3:
        return shown or "–"
    return said(say("{names} and {count} more", names=shown, count=len(one.workflows) - 3))
