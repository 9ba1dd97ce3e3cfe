"""SYNC PLANNER: how many calls, how long, and single calls or an import: worked out while the rows are typed, before anything is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from pydantic import ValidationError

from workbench.models.shop import Shop
from workbench.models.sync_estimate import SyncAsk, SyncEstimate
from workbench.models.sync_platform import ENTITIES
from workbench.sentence import N_, say

from . import look
from .fields import ChoiceField, TextField
from .fold import Fold, Place, visible
from .language import number
from .latest import Latest
from .messages import Messages
from .page import Frame
from .piece import said
from .sync_planner_view import break_even, steps_markup, totals_markup
from .sync_words import ENTITY_NAMES, shop_options

__all__ = ["SyncPlanner"]

Use = Callable[[str, str], Awaitable[object]]
WHOLE: Final = N_("Type a whole number, such as 12000.")
EXPECTED: Final = (
    ("calls_per_min", N_("Calls a minute"), "", N_("Empty: the shop's limit, else the platform's.")),
    ("call_s", N_("Seconds of one call"), "0.3", ""),
    ("at_once", N_("Calls at a time"), "8", ""),
    ("import_start_s", N_("Seconds until an import begins"), "30", N_("No document says it: set what you have seen.")),
    ("import_rows_per_s", N_("Rows of an import a second"), "200", N_("No document says it: set what you have seen.")),
)  # fmt: skip
BYTES: Final = (
    ("contact", N_("Bytes of a contact's row"), "120"),
    ("product", N_("Bytes of a product's row"), "400"),
)


class SyncPlanner:
    """The planner. ``use`` is called with the shop's id and what is to be synced (``contact=import``) when a step is to be prepared."""

    def __init__(self, frame: Frame, use: Use | None = None) -> None:
        self.frame, self._use = frame, use
        self.place = ""
        self.shops: list[Shop] = []
        self.found: SyncEstimate | None = None
        self.messages, self.result = Messages(), Place()
        self._working = Latest(lambda: self.messages.guard(self.work_out()))
        self.shop = ChoiceField(
            N_("Shop"), [("", said(N_("Any shop")))], hint=N_("Its limit is planned with.")
        )
        self.rows = {
            entity: TextField(ENTITY_NAMES[entity], input_type="number", placeholder="0")
            for entity in ENTITIES
        }
        self.expected = {
            name: TextField(label, value=value, input_type="number", hint=hint)
            for name, label, value, hint in EXPECTED
        }
        self.bytes = {
            entity: TextField(label, value=value, input_type="number") for entity, label, value in BYTES
        }
        fields = list(self.expected.values())
        self.more = Fold(
            N_("What is expected of the platform"),
            look.columns(*fields[:3]), look.columns(*fields[3:]), look.columns(*self.bytes.values()),
        )  # fmt: skip
        for field in (self.shop, *self.rows.values(), *self.expected.values(), *self.bytes.values()):
            field.observe(lambda _: self._working.ask(), "value")
        self.widget = look.stack(
            look.card(
                N_("Plan"), self.shop, look.columns(*self.rows.values()), self.more.widget, self.messages.widget,
                subtitle=N_("Type how many rows there are. Nothing is read or sent: these are figures alone."),
            ),
            self.result.widget,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<SyncPlanner of {len(self.found.steps) if self.found else 0} steps>"

    async def refresh(self) -> None:
        """Read the shops anew; the plan follows at once."""
        self.shops = list(await self.frame.bench.shops.list())
        first = self.shops[0].id if self.shops and len(self.shop.options) == 1 else self.shop.value
        self.shop.options = [("", said(N_("Any shop"))), *shop_options(self.shops)]
        self.shop.value = first if any(shop.id == first for shop in self.shops) else ""
        visible(self.shop, bool(self.shops))
        self._working.ask()

    async def go(self, place: str) -> None:
        """Take over rows that a link names: ``contact=12000``, or ``shop=shp_1``."""
        kind, _, value = place.partition("=")
        if kind in self.rows and value.isdigit():
            self.rows[kind].value = value
        elif kind == "shop" and any(shop.id == value for shop in self.shops):
            self.shop.value = value

    async def work_out(self) -> None:
        """Plan what is typed, and show it; what cannot be read is said beside its field."""
        ask = self._ask()
        if ask is None:
            return
        found = await self.frame.bench.sync_planning.estimate(ask) if any(ask.rows.values()) else None
        if self._working.overtaken or (found == self.found and self.result.widget.children):
            return
        self.found = found
        self.result.put(self._drawn(found) if found is not None else look.banner("info", _invited()))

    def _ask(self) -> SyncAsk | None:
        fields: dict[str, TextField] = {**self.expected}
        fields |= {f"rows.{entity}": field for entity, field in self.rows.items()}
        fields |= {f"row_bytes.{entity}": field for entity, field in self.bytes.items()}
        for field in fields.values():
            field.error = ""
        shop = next((one for one in self.shops if one.id == self.shop.value), None)
        told: dict[str, Any] = {
            name: field.value.strip() for name, field in self.expected.items() if field.value.strip()
        }
        if shop is not None:
            told["platform"] = shop.settings.platform
            told.setdefault("calls_per_min", shop.settings.calls_per_min)
        told["rows"] = {
            entity: field.value.strip() for entity, field in self.rows.items() if field.value.strip()
        }
        told["row_bytes"] = {
            entity: field.value.strip() for entity, field in self.bytes.items() if field.value.strip()
        }
        try:
            return SyncAsk.model_validate(told)
        except ValidationError as error:
            for item in error.errors(include_input=False, include_url=False, include_context=False):
                name = ".".join(str(part) for part in item["loc"][:2])
                fields[name].error = (
                    WHOLE if "int" in item["type"] else N_("This number is too small or too large.")
                )
        return None

    def _drawn(self, found: SyncEstimate) -> look.Stack:
        picture = break_even(found)
        parts = [
            look.show(totals_markup(found)),
            look.show(steps_markup(found)),
            *([self._ways(found)] if self._use is not None and self.frame.may("operator") else []),
            *([look.heading(N_("Break-even"), 3), look.show(picture)] if picture else []),
            *(look.show(note, "wb-hint") for note in found.notes),
        ]
        return look.card(N_("What it takes"), *parts)

    def _ways(self, found: SyncEstimate) -> look.Row:
        """Return a button for each step that leads on to preparing it."""
        buttons = []
        for step in found.steps:
            name = said(ENTITY_NAMES[step.entity])
            button = look.button(say("Prepare: {entity}", entity=name))
            self.frame.click(button, partial(self._on, f"{step.entity}={step.advice}"), self.messages)
            buttons.append(button)
        return look.buttons(*buttons, align="start")

    async def _on(self, place: str) -> None:
        assert self._use is not None, "the button is there only then"
        await self._use(self.shop.value, place)


def _invited() -> str:
    return said(
        say(
            "Type a number above, such as {many} contacts: calls, time and the better way stand here at once.",
            many=number(50_000),
        )
    )
