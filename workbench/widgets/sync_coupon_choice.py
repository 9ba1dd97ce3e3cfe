"""SYNC COUPON CHOICE: into which coupon set an import's codes go: typed, or chosen from the platform's own list once it was read."""

from __future__ import annotations

from collections.abc import Callable

from workbench.models.sync import SyncPlan
from workbench.sentence import N_

from . import look
from .fields import ChoiceField, TextField
from .fold import visible
from .messages import Messages
from .page import Frame

__all__ = ["CouponChoice"]


class CouponChoice:
    """The id of a coupon set. The list is read when the button is pressed, for that is a call to the platform."""

    def __init__(self, frame: Frame, plan: Callable[[], SyncPlan | None]) -> None:
        self.frame, self._plan = frame, plan
        self.messages = Messages()
        self.typed = TextField(
            N_("Coupon set"), required=True, monospace=True, hint=N_("Its id at the platform. The codes are added to this set.")
        )  # fmt: skip
        self.choice = ChoiceField(N_("Sets at the platform"), [])
        read = look.button(N_("Read the sets"))
        frame.click(read, self.read, self.messages)
        self.choice.observe(lambda _: self._chosen(), "value")
        visible(self.choice, False)
        ways = [look.buttons(read, align="start")] if frame.may("operator") else []
        self.widget = look.stack(
            look.columns(self.typed, self.choice), *ways, self.messages.widget, gap="small"
        )

    @property
    def value(self) -> str:
        """The set's id."""
        return self.typed.value.strip()

    @value.setter
    def value(self, id: str) -> None:
        self.typed.value = id

    async def read(self) -> None:
        """Ask the platform for its sets, and offer them."""
        plan = self._plan()
        if plan is None:
            self.messages.show("warn", N_("Choose the shop first."))
            return
        found = await self.frame.bench.sync.coupon_sets(plan.shop_id)
        self.choice.options = [("", ""), *((one.id, f"{one.name} ({one.id})") for one in found.sets)]
        visible(self.choice, True)
        if not found.sets:
            self.messages.show("info", N_("The platform lists no coupon set. Make one there first."))

    def _chosen(self) -> None:
        if self.choice.value:
            self.typed.value, self.typed.error = self.choice.value, ""
