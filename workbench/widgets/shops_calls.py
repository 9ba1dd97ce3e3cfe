"""NEWSLETTER CALLS: what the platform told of who subscribed and unsubscribed, the newest first, masked (R-SYNC-31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from workbench.models.shop import NewsletterCall
from workbench.sentence import N_

from . import look
from .around import Around
from .language import when
from .messages import Messages
from .paged import Paged
from .piece import said
from .tables import table_markup

__all__ = ["NewsletterCalls"]

STEP: Final = 20
"""How many calls a page shows."""
WHAT: Final[Mapping[str, str]] = {"subscribe": N_("Subscribed"), "unsubscribe": N_("Unsubscribed")}


class NewsletterCalls(Paged):
    """The calls of one shop. They are read when they are first shown, and when the person looks again."""

    def __init__(self, around: Around, shop_id: str) -> None:
        super().__init__(around, Messages(), STEP, N_("Later calls"), N_("Earlier calls"))
        self.around, self.shop_id = around, shop_id
        self.shown: Sequence[NewsletterCall] = ()
        self._ends = {0: ""}
        self.list = look.show("")
        again = look.button(N_("Look again"), "quiet")
        around.click(again, self.first, self.messages)
        self.widget = look.stack(
            look.heading(N_("Newsletter calls that came in"), 3),
            self.messages.widget,
            self.list,
            look.buttons(self.earlier, self.later, again, align="start"),
        )
        around.start(self.first(), self.messages)

    def __repr__(self) -> str:
        return f"<NewsletterCalls {len(self.shown)}>"

    @property
    def _last(self) -> int:
        return self._at + len(self.shown)

    async def read(self) -> None:
        """Read this page anew."""
        found = await self.around.bench.shops.calls(self.shop_id, self._ends[self._behind], STEP + 1)
        self.shown = found[:STEP]
        if self.shown:
            self._ends[self._last] = self.shown[-1].id
        self.list.value = _table(self.shown)
        self._turned(len(found))


def _table(calls: Sequence[NewsletterCall]) -> look.Html:
    columns = [N_("When (UTC)"), N_("What"), N_("Who"), N_("What became of it")]
    rows = [[when(call.at), _what(call), _who(call), _became(call)] for call in calls]
    return table_markup(
        columns,
        rows,
        empty=N_(
            "No call came in yet. Set the callback addresses in the platform, then subscribe once yourself."
        ),
    )


def _what(call: NewsletterCall) -> look.Html:
    return look.markup('<span class="wb-shop-word">{text}</span>', text=said(WHAT.get(call.what, call.what)))


def _who(call: NewsletterCall) -> look.Html | str:
    return (
        look.markup('<span class="wb-shop-who">{text}</span>', text=call.recipient) if call.recipient else ""
    )


def _became(call: NewsletterCall) -> Any:
    if call.problem is not None:
        badge = look.badge(N_("turned away"), "error")
        return look.markup("{badge} {text}", badge=badge, text=said(call.problem.sentence))
    if call.again:
        return look.badge(N_("known already"))
    return look.badge(N_("taken"), "ok")
