"""SYNC OPTIONS: what can be decided of a sync beside shop, table and way; only what fits the chosen ones is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from workbench.models.base import Problem
from workbench.models.sync import SyncPlan
from workbench.sentence import N_

from . import look
from .fields import ChoiceField, SwitchField
from .fold import Fold, Place, visible
from .messages import Messages
from .page import Frame
from .piece import said
from .sync_coupon_choice import CouponChoice

__all__ = ["SyncOptions"]

BY = (("email", N_("Email address")), ("external_id", N_("External id")))
FIRE = (
    ("auto", N_("Only for recent purchases"), N_("Those of the last 24 hours start automations; older ones are history.")),
    ("no", N_("For none"), N_("No automation is started: nobody gets a message because of this table.")),
    ("yes", N_("For all of them"), N_("Also old purchases start automations. Contacts may get messages about them.")),
)  # fmt: skip
DECIMALS = (("point", "1234.50"), ("comma", "1234,50"))
DELIMITERS = ((",", N_("Comma")), (";", N_("Semicolon")))
LOUD = N_(
    "Every purchase of this table starts the platform's automations, also one that is years old: confirmations, "
    "requests for a review. Choose this only if contacts shall hear of all of them."
)


class SyncOptions:
    """The fields. ``plan`` gives what is chosen by now, None without a shop; ``gather`` is asked to gather the table by a column.

    ``lines`` stands apart: it belongs below the table.
    """

    def __init__(
        self, frame: Frame, plan: Callable[[], SyncPlan | None], gather: Callable[[str], Awaitable[object]]
    ) -> None:
        self.frame, self._gather = frame, gather
        self.messages = Messages()
        self.by = ChoiceField(
            N_("What names a contact"),
            [(key, said(text)) for key, text in BY],
            value="email",
            style="segmented",
        )
        self.override = SwitchField(
            N_("Override what exists"), value=True,
            hint=N_("Records that the platform has already get the values of the file. Off: they stay as they are."),
        )  # fmt: skip
        self.only_empty = SwitchField(
            N_("Only empty fields"),
            hint=N_("Of records that exist only what is empty there is filled; what they have stays."),
        )
        self.delimiter = ChoiceField(
            N_("Separator of the uploaded file"), [(key, said(text)) for key, text in DELIMITERS], value=",", style="segmented"
        )  # fmt: skip
        self.coupons = CouponChoice(frame, plan)
        self.fire = ChoiceField(N_("Start the platform's automations"), FIRE, value="auto", style="radio")
        self.loud = Place()
        self.only_changes = SwitchField(
            N_("Only what changed"), hint=N_("Leaves out rows that went before and are the same now.")
        )
        self.decimals = ChoiceField(
            N_("Amounts are written like"), DECIMALS, value="point", style="segmented"
        )
        self.source = ChoiceField(N_("Where they agreed"), [("", said(N_("No column")))])
        self.moment = ChoiceField(N_("When they agreed"), [("", said(N_("No column")))])
        self.proof = Fold(
            N_("Proof of consent"),
            look.show(
                N_(
                    "Without these two columns nobody who unsubscribed is subscribed again: such rows are left out."
                ),
                "wb-hint",
            ),
            look.columns(self.source, self.moment),
        )
        self.gathered = ChoiceField(N_("Column of the purchase's id"), [("", said(N_("Choose a column")))])
        gather_now = look.button(N_("Gather the rows"))
        frame.click(gather_now, self._gather_rows, self.messages)
        self.lines = Fold(
            N_("The table has one row for each product of a purchase"),
            look.show(N_("Rows of the same purchase become one row, with all its products."), "wb-hint"),
            self.gathered, look.buttons(gather_now, align="start"),
        )  # fmt: skip
        self.overriding = look.columns(self.override, self.only_empty)
        self.reading = look.columns(self.delimiter, self.decimals)
        self.override.observe(lambda _: self._overridden(), "value")
        self.fire.observe(lambda _: self._fired(), "value")
        self.widget = look.stack(
            self.by, self.coupons.widget, self.overriding, self.fire, self.loud.widget, self.only_changes, self.reading,
            self.proof.widget, self.messages.widget,
        )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return what is chosen, of what fits the plan, by the names of ``SyncPlan``."""
        found: dict[str, Any] = {"decimals": self.decimals.value, "only_changes": self.only_changes.value}
        if self._shown(self.by):
            found["by"] = self.by.value
        if self._shown(self.overriding):
            found |= {
                "override_existing": self.override.value,
                "update_only_empty": self.only_empty.value and self.override.value,
            }
        if self._shown(self.delimiter):
            found["delimiter"] = self.delimiter.value
        if self._shown(self.coupons.widget):
            found["coupon_set_id"] = self.coupons.value
        if self._shown(self.fire):
            found["fire"] = self.fire.value
        if self._shown(self.proof.widget) and (self.source.value or self.moment.value):
            found["proof"] = tuple(name for name in (self.source.value, self.moment.value) if name)
        return found

    def take(self, sync: SyncPlan) -> None:
        """Show a plan's options."""
        self.by.value, self.delimiter.value, self.fire.value = sync.by, sync.delimiter, sync.fire
        self.override.value, self.only_empty.value = sync.override_existing, sync.update_only_empty
        self.only_changes.value, self.decimals.value = sync.only_changes, sync.decimals
        self.coupons.value = sync.coupon_set_id
        if sync.proof:
            self.offer(sync.proof)
            self.source.value, self.moment.value = (*sync.proof, "")[:2]
            self.proof.open()

    def shape(self, sync: SyncPlan) -> None:
        """Show the fields that fit what goes and how."""
        by_file, entity = sync.how == "import", sync.entity
        visible(self.by, entity == "contact" and not by_file)
        visible(self.coupons.widget, entity == "coupon")
        visible(self.overriding, by_file and entity in ("contact", "product"))
        visible(self.only_empty, self.override.value)
        visible(self.fire, entity == "purchase")
        visible(self.loud.widget, entity == "purchase" and self.fire.value == "yes")
        visible(self.delimiter, by_file)
        visible(self.decimals, entity in ("contact", "product", "purchase"))
        visible(self.proof.widget, entity == "contact")
        visible(self.lines.widget, entity == "purchase" and len(self.gathered.options) > 1)

    def offer(self, columns: Sequence[str]) -> None:
        """Offer the table's columns where one has to be named; what was chosen stays where it is still there."""
        for field, none in (
            (self.source, N_("No column")),
            (self.moment, N_("No column")),
            (self.gathered, N_("Choose a column")),
        ):
            kept = field.value
            field.options = [("", said(none)), *((name, name) for name in columns)]
            field.value = kept if kept in columns else ""
        if not self.gathered.value:
            self.gathered.value = next(
                (name for name in columns if name.replace("_", "").lower() in ("purchaseid", "orderid")), ""
            )
        visible(self.lines.widget, self._shown(self.fire) and bool(columns))
        names = {name.replace("_", "").lower() for name in columns}
        if self.gathered.value and "productid" in names and "products" not in names:
            self.lines.open()  # it looks like such a table, and without products no purchase goes

    def show(self, problems: Sequence[Problem]) -> list[Problem]:
        """Say each problem beside its field; returns those that have none here."""
        places = {
            "coupon_set_id": self.coupons.typed, "update_only_empty": self.only_empty, "override_existing": self.override,
            "delimiter": self.delimiter, "by": self.by, "proof": self.source,
        }  # fmt: skip
        left = []
        for problem in problems:
            field = places.get(problem.field)
            if field is None or not problem.blocks:
                left.append(problem)
            else:
                field.error = problem.sentence
        if any(problem.field == "proof" for problem in problems):
            self.proof.open()
        return left

    def clear(self) -> None:
        """Take every error away."""
        for field in (
            self.coupons.typed,
            self.only_empty,
            self.override,
            self.delimiter,
            self.by,
            self.source,
        ):
            field.error = ""

    async def _gather_rows(self) -> None:
        self.gathered.error = ""
        if not self.gathered.value:
            self.gathered.error = N_("Choose the column that says to which purchase a row belongs.")
            self.gathered.focus()
            return
        await self._gather(self.gathered.value)

    def _overridden(self) -> None:
        visible(self.only_empty, self.override.value)
        if not self.override.value:
            self.only_empty.value = False

    def _fired(self) -> None:
        self.loud.put(*([look.banner("warn", LOUD)] if self.fire.value == "yes" else []))

    @staticmethod
    def _shown(widget: Any) -> bool:
        return bool(widget.layout.display != "none")
