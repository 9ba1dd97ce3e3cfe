"""SYNC: the page of what goes to a shop's platform: shops, the plan, tables with their imports, one record, coupon sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.sentence import N_

from .headline import Headline
from .page import Frame
from .parts_page import Part, PartsPage

__all__ = ["PARTS", "PLACES", "SyncPage", "sync"]

PARTS: Final[Mapping[str, str]] = {
    "shops": N_("Shops"), "plan": N_("Plan"), "runs": N_("Syncs and imports"), "one": N_("One record"), "coupons": N_("Coupon sets"),
}  # fmt: skip
PLACES: Final[Mapping[str, str]] = {"shop": "shops", "new": "shops", "run": "runs"}
"""What a link names, and the part of the page that shows it; beside these, the parts themselves (``plan=contact=12000``)."""


class SyncPage(PartsPage):
    """The content of the page."""

    def __init__(self, frame: Frame) -> None:
        title = Headline(
            N_("Sync"),
            N_("Bring contacts, products, purchases and coupons to a shop's platform: every row looked at, within its limits, with proof."),
            level=1, focus=False,
        )  # fmt: skip
        super().__init__(frame, title, PARTS, PLACES, self._make_part, "sync.css")

    async def begin(self) -> None:
        """Show the runs, and the shops while there is none."""
        await self.go("runs" if list(await self.frame.bench.shops.list()) else "shops")

    async def prepare(self, shop_id: str, place: str) -> None:
        """Begin a new sync as the plan advises: ``contact=import``, for this shop."""
        await self.go(f"runs=new={place}={shop_id}")

    def _make_part(self, key: str, frame: Frame) -> Sequence[Part]:
        if key == "plan":
            from .sync_planner import SyncPlanner

            return (SyncPlanner(frame, self.prepare),)
        if key == "coupons":
            from .sync_coupons import CouponShelf

            return (CouponShelf(frame, self.prepare),)
        return _made(key, frame)


def _made(key: str, frame: Frame) -> Sequence[Part]:
    """Return a part of the page, loaded when it is first shown so that the page itself opens fast."""
    if key == "runs":
        from .sync_runs import SyncRuns

        return (SyncRuns(frame),)
    if key == "one":
        from .sync_one import SyncOne

        return (SyncOne(frame),)
    if key == "shops":
        from .shops import ShopShelf

        return (ShopShelf(frame),)
    raise KeyError(key)


async def sync(frame: Frame) -> SyncPage:
    """Return the page of a shop's sync: at its runs, and at the shops while there is none."""
    page = SyncPage(frame)
    await page.begin()
    return page
