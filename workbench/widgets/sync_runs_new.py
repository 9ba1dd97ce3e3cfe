"""SYNC RUNS NEW: a table is planned for a shop: what it holds, how its rows go, which column fills what; then every row is looked at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.run import Run, RunPlan, Table, Target
from workbench.models.shop import Shop
from workbench.models.sync import SyncPlan
from workbench.models.sync_estimate import SyncAsk
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import ChoiceField, TextField
from .fold import Place, visible
from .headline import Headline
from .language import number
from .page import Frame
from .piece import said
from .runs_form import Made, RunForm
from .sync_options import SyncOptions
from .sync_words import ENTITY_NAMES, entity_options, no_shop, shop_options, way_of
from .unsaved import Unsaved

__all__ = ["NewSync"]

ONE_WAY = {
    "purchase": N_("The platform imports no purchases: each one is a call of its own."),
    "coupon": N_("Coupons only go by import."),
}
HOW = (
    (
        "single",
        N_("Single calls"),
        N_("One call for each row, within the limit; each row has its own answer."),
    ),
    ("import", N_("Import"), N_("Files of many rows. Far fewer calls; what is refused is told at the end.")),
)


class NewSync(RunForm):
    """The form of a run that syncs a shop."""

    MOST_EMPTY: ClassVar[int | None] = 4

    def __init__(
        self, frame: Frame, shops: Sequence[Shop], on_made: Made, on_closed: Callable[[], Awaitable[object]], run: Run | None = None
    ) -> None:  # fmt: skip
        self.shops = {shop.id: shop for shop in shops}
        self.shop = ChoiceField(
            N_("Shop"), shop_options(shops), value=shops[0].id if len(shops) == 1 else "", required=True
        )
        self.entity = ChoiceField(
            N_("What the table holds"), entity_options(), value="contact", style="segmented"
        )
        self.how = ChoiceField(N_("How its rows go"), HOW, value="single", style="radio")
        self.only_way, self.advice, self.wrong = Place(), Place(), Place()
        self.options = SyncOptions(frame, self._plan_of_shop, self._gathered)
        self.part_bytes = TextField(
            N_("Bytes of a file"), value="", input_type="number", placeholder="0",
            hint=N_("The header included. Empty: as large as the platform takes, with a margin."),
        )  # fmt: skip
        head = Headline(
            N_("Change the sync") if run else N_("New sync"),
            N_("A table, one row for each record. Every row is looked at before the first one goes; nothing is sent from here."),
        )  # fmt: skip
        super().__init__(
            frame, on_made, on_closed, run, head,
            what=[self.shop, self.entity, self.how, self.only_way.widget, self.options.widget],
            more=[[self.part_bytes]],
            invitation=None if shops else no_shop(N_("A sync goes to a shop's platform, and there is no shop yet. Add one first.")),
        )  # fmt: skip
        self.table.widget.children = (
            *self.table.widget.children,
            self.options.lines.widget,
            self.advice.widget,
        )
        self.told.widget.children = ()
        self.unsaved = Unsaved()
        self.widget.children = (*self.widget.children, self.unsaved)
        for field in (self.shop, self.entity, self.how):
            field.observe(lambda _: frame.start(self._other(), self.messages), "value")
        self.options.by.observe(lambda _: frame.start(self._remap(), self.messages), "value")
        self._shape()
        self._draw()

    async def open(self, place: str = "") -> None:
        """Show the plan of the run that is changed; for a new one what a link names: ``contact=import=shp_1``."""
        if self.run is not None:
            await self.show(self.run)
            return
        entity, how, shop = (*place.split("="), "", "", "")[:3]
        if entity in ENTITY_NAMES:
            self.entity.value = entity
        if how in [key for key, _, _ in HOW]:
            self.how.value = how
        if shop in self.shops:
            self.shop.value = shop

    async def make(self) -> None:
        """Keep the plan, and let every row be looked at; what does not go together is said beside its field."""
        try:
            await super().make()
        except Invalid as error:
            left = self._placed(error.problems)
            if left:
                raise Invalid(left) from None

    # -- what differs --------------------------------------------------------------------------------------------------

    def _wanting(self) -> bool:
        self.shop.error = ""
        self.options.clear()
        if not self._chosen:
            self.shop.error = N_("Choose the shop.")
            self.shop.focus()
        return not self._chosen

    @property
    def _chosen(self) -> bool:
        return self.shop.value in self.shops

    async def _targets(self) -> Sequence[Target]:
        return list(await self.frame.bench.runs.targets("", None, self._sync()))

    def _own(self) -> dict[str, Any]:
        typed = self.part_bytes.value.strip() if self._way == "import" else ""
        sync, table = self._sync(), self.table.table
        named = self.title.value.strip() or (table.name if table else "")
        return {
            "sync": {**sync.model_dump(), "part_bytes": typed or 0},
            **({} if named else {"title": way_of(sync)}),
        }

    def _take(self, plan: RunPlan) -> None:
        sync = plan.sync
        assert sync is not None, "only a sync is changed here"
        self.shop.value, self.entity.value, self.how.value = sync.shop_id, sync.entity, sync.how
        self.part_bytes.value = str(sync.part_bytes or "")
        self.options.take(sync)
        self._shape()

    def _marks(self) -> Sequence[tuple[str, TextField, str]]:
        size = (
            "sync",
            self.part_bytes,
            N_("Type a whole number of bytes, up to 50000000, or leave it empty."),
        )
        return (size, *super()._marks())

    # ------------------------------------------------------------------------------------------------------------------

    @property
    def _way(self) -> str:
        return {"purchase": "single", "coupon": "import"}.get(self.entity.value, self.how.value)

    def _sync(self) -> SyncPlan:
        """Return what is decided of the sync itself."""
        told = {"shop_id": self.shop.value, "entity": self.entity.value, "how": self._way}
        return SyncPlan.model_validate({**told, **self.options.values()})

    def _plan_of_shop(self) -> SyncPlan | None:
        return self._sync() if self._chosen else None

    async def _gathered(self, by: str) -> None:
        """Take the table with one row for each purchase in place of the one with a row for each of its products."""
        table = self.table.table
        if table is not None:
            await self.table.take(await self.frame.bench.sync.gather(table.id, by))

    async def _other(self) -> None:
        self.shop.error = ""
        self._shape()
        await self._remap()

    def _shape(self) -> None:
        """Show what fits what is chosen."""
        only = ONE_WAY.get(self.entity.value)
        visible(self.how, only is None)
        self.only_way.put(*([look.show(only, "wb-hint")] if only else []))
        self.options.shape(self._sync())
        visible(self.part_bytes, self._way == "import")

    async def _remap(self) -> None:
        self.unsaved.typed = self.table.table is not None
        await super()._remap()
        self.options.offer(self._columns)
        await self._advise()

    async def _advise(self) -> None:
        """Say how long the table takes both ways."""
        table, entity = self.table.table, self.entity.value
        rows = _about(table) if table is not None else 0
        if not rows or not self._chosen:
            self.advice.put()
            return
        settings = self.shops[self.shop.value].settings
        ask = SyncAsk.model_validate({
            "platform": settings.platform, "rows": {entity: rows}, "calls_per_min": settings.calls_per_min,
        })  # fmt: skip
        [step] = (await self.frame.bench.sync_planning.estimate(ask)).steps
        better = step.advice == "import" != self._way
        words = _beside(step.why, rows)
        self.advice.put(
            look.banner("warn" if better else "info", words, N_("An import is better:") if better else "")
        )

    def _placed(self, problems: Sequence[Problem]) -> list[Problem]:
        """Say each problem beside its field; returns those that have none here."""
        return self.options.show(problems)


def _about(table: Table) -> int:
    """Return how many rows a table has; of a CSV that was not counted as far as its size tells, else 0."""
    if table.rows is not None or not table.sample or table.format != "csv":
        return table.rows or 0
    shown = sum(len(str(cell).encode()) + 1 for row in table.sample for cell in row)
    head = sum(len(name.encode()) + 1 for name in table.columns)
    return max(round((table.size - head) / shown * len(table.sample)), len(table.sample))


def _beside(why: Sentence, rows: int) -> Sentence:
    return say("About {rows} rows. {why}", rows=number(rows), why=said(why))
