"""SYNC ONE: one contact, product or purchase: composed, looked at as it goes out, sent, and read back from the platform."""

from __future__ import annotations

from typing import Final

from workbench.adapters.clock import SystemClock
from workbench.engine.shop_fields import By, key_field
from workbench.models.base import JsonValue, Problem
from workbench.models.sending import Preview
from workbench.models.shop import Shop
from workbench.models.sync_platform import Entity
from workbench.providers import platform as platform_of
from workbench.sentence import N_, say

from . import look
from .exchange import findings
from .fields import ChoiceField
from .fold import Place, visible
from .latest import Latest
from .messages import Messages
from .page import Frame
from .piece import said
from .request_sheet import RequestSheet
from .sync_one_form import RecordForm, totals_of
from .sync_one_samples import sample_of
from .sync_one_send import Fire, RecordSend, Typed
from .sync_options import BY, FIRE
from .sync_words import entity_options, no_shop, shop_options

__all__ = ["SyncOne"]

ENTITIES: Final[tuple[Entity, ...]] = ("contact", "product", "purchase")


class SyncOne:
    """The part of the page on which one record is composed. What is typed names people, so no address holds it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.shops: dict[str, Shop] = {}
        self.preview: Preview | None = None
        self.messages = Messages()
        self.shop = ChoiceField(N_("Shop"), [])
        self.entity = ChoiceField(
            N_("What it is"), entity_options(ENTITIES), value="contact", style="segmented"
        )
        self.by = ChoiceField(
            N_("What names a contact"),
            [(key, said(text)) for key, text in BY],
            value="email",
            style="segmented",
        )
        self.fire = ChoiceField(N_("Start the platform's automations"), FIRE, value="auto", style="radio")
        self.form = RecordForm(self._changed)
        sample, empty = look.button(N_("Fill in an example")), look.button(N_("Empty the fields"), "quiet")
        self.sums = look.button(N_("Work out the totals"))
        frame.click(sample, self.fill_sample, self.messages)
        empty.on_click(lambda _: self.form.empty())
        frame.click(self.sums, self.work_out, self.messages)
        self.sums_row = look.buttons(self.sums, align="start")
        self.state, self.rest, self.sheet = look.show(""), Place(), RequestSheet()
        self.send = RecordSend(frame, self.typed, self.wrong)
        self._told: object = None
        self.checking = Latest(lambda: self.messages.guard(self.check()))
        for field in (self.shop, self.entity, self.by, self.fire):
            field.observe(lambda _: self._chosen(), "value")
        beside = look.stack(
            look.card(N_("What goes out"), self.state, self.rest.widget, self.sheet.widget), self.send.widget
        )
        beside.add_class("wb-event-beside")
        form = look.card(
            N_("One record"), self.shop, self.entity, self.by, look.buttons(sample, empty, align="start"), self.form.widget,
            self.sums_row, self.fire,
            subtitle=N_("Typed by hand, looked at by the same rules as a table's rows."),
        )  # fmt: skip
        self.work = look.columns(form, beside, weights=(1, 1))
        self.empty = look.card(
            "", no_shop(N_("A record goes to a shop's platform, and there is no shop yet. Add one first."))
        )
        self.widget = look.stack(
            look.sheets("events_compose.css"),
            self.messages.widget,
            self.empty,
            self.work,
        )
        visible(self.work, False)

    def __repr__(self) -> str:
        return f"<SyncOne {self.entity.value}>"

    async def refresh(self) -> None:
        """Read the shops anew; what is typed stays."""
        self.shops = {shop.id: shop for shop in await self.frame.bench.shops.list()}
        shops = list(self.shops.values())
        self.shop.options = shop_options(shops)
        if shops and self.shop.value not in self.shops:
            self.shop.value = shops[0].id
        visible(self.shop, len(shops) > 1)
        visible(self.empty, not shops)
        visible(self.work, bool(shops))
        if shops:
            self._shape()
            await self.check()

    async def go(self, place: str) -> None:
        """Choose what a link names: ``product``, or ``shop=shp_1``."""
        kind, _, id = place.partition("=")
        if kind in ENTITIES:
            self.entity.value = kind
        elif kind == "shop" and id in self.shops:
            self.shop.value = id

    async def fill_sample(self) -> None:
        """Fill in an example of the record."""
        self.form.fill(sample_of(self._entity, self.shops[self.shop.value].settings, SystemClock().now()))

    async def work_out(self) -> None:
        """Fill in the totals of a purchase by its lines."""
        totals = totals_of(self.form.values().get("products", []))
        if totals is None:
            self.messages.show(
                "warn", N_("Give each line a whole quantity and a price first, such as 2 and 39.80.")
            )
            return
        self.form.fill(dict(zip(("totalQuantity", "totalPrice"), totals, strict=True)))

    def typed(self) -> Typed | None:
        """Return what is to be sent, None where there is nothing."""
        values = self.form.values()
        if not values or self.shop.value not in self.shops:
            return None
        shop = self.shops[self.shop.value]
        key = key_field(platform_of(shop.settings.platform), self._entity, self._by)
        named: JsonValue = values.get("_email") if self._entity == "contact" else values.get(key)
        return Typed(shop.id, self._entity, values, self._by, self._fire, str(named or ""))

    def wrong(self, problems: list[Problem]) -> None:
        """Show what keeps the record back, and lead to the first field that is wrong."""
        self._show(problems)
        self.form.lead(problems)

    async def check(self) -> None:
        """Show the record as it would go out now, and what is said of it."""
        typed = self.typed()
        if typed is None:
            self.preview = None
            self._show([])
            self.sheet.show(None)
            self.state.value = look.banner_markup(
                "info", N_("Fill in the fields, or an example: the request stands here at once.")
            )
            return
        preview = await self.frame.bench.sync.preview(
            typed.shop_id, typed.entity, typed.record, typed.by, typed.fire
        )
        if self.checking.overtaken:
            return
        self.preview = preview
        self._show(list(preview.problems))
        self.sheet.show(preview)
        self.state.value = _state(preview)

    @property
    def _entity(self) -> Entity:
        return self.entity.value  # type: ignore[return-value]  # one of the options

    @property
    def _by(self) -> By:
        return "external_id" if self._entity == "contact" and self.by.value == "external_id" else "email"

    @property
    def _fire(self) -> Fire:
        return self.fire.value if self._entity == "purchase" else "auto"  # type: ignore[return-value]  # one of the options

    def _show(self, problems: list[Problem]) -> None:
        left = self.form.show(problems)
        if left != self._told:  # a place that is drawn at every keystroke flickers
            self._told = left
            self.rest.put(*findings(left))

    def _chosen(self) -> None:
        if self.shop.value in self.shops:
            self.send.clear()
            self._shape()
            self._changed()

    def _changed(self) -> None:
        self.send.put_away()
        self.checking.ask()

    def _shape(self) -> None:
        shop = self.shops[self.shop.value].settings
        visible(self.by, self._entity == "contact")
        visible(self.fire, self._entity == "purchase")
        visible(self.sums_row, self._entity == "purchase")
        self.form.open(platform_of(shop.platform), shop, self._entity, self._by)
        self.send.shape(self._entity)


def _state(preview: Preview) -> look.Html:
    wrong = sum(problem.blocks for problem in preview.problems)
    if wrong:
        return look.banner_markup(
            "error", say("Not ready: {count} to correct. Each is said beside its field.", count=wrong)
        )
    doubts = sum(problem.level == "warning" for problem in preview.problems)
    if doubts:
        return look.banner_markup(
            "warn", say("It can go out. Worth a look: {count}.", count=doubts), N_("Ready")
        )
    return look.banner_markup("ok", N_("It goes out exactly as shown here."), N_("Ready"))
