"""SYNC WAITING: purchases that the platform did not take yet because it knows not who bought, or what: which, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.models.run import Run
from workbench.models.sync import Waiting
from workbench.sentence import N_, say

from . import look
from .fold import visible
from .language import number
from .messages import Messages
from .page import Frame
from .piece import said
from .runs_outcomes import RunOutcomes
from .sync_words import ENTITY_NAMES
from .tables import RowList

__all__ = ["SyncOutcomes"]

COLUMNS: list[Mapping[str, str]] = [
    {"key": "row", "label": N_("Row"), "kind": "number"},
    {"key": "entity", "label": N_("Waits for")},
    {"key": "keys", "label": N_("Which"), "kind": "strong"},
    {"key": "known", "label": N_("Known here")},
    {"key": "sentence", "label": N_("What was said")},
]


class SyncOutcomes:
    """What became of single calls: row by row, and above it the purchases that wait for a contact or a product."""

    def __init__(self, frame: Frame, run: Run) -> None:
        self.frame, self.run = frame, run
        self.messages = Messages()
        self.outcomes = RunOutcomes(frame, run)
        self.list = RowList(N_("Rows that wait"), columns=COLUMNS)
        again = look.button(N_("Look again"), "quiet")
        frame.click(again, self.read, self.messages)
        self.waiting = look.card(
            N_("Rows that wait"), self.list, look.buttons(again, align="start"), self.messages.widget,
            subtitle=N_("The platform knows these contacts or products not yet. Sync them first, then send the rows again."),
        )  # fmt: skip
        visible(self.waiting, False)
        self.widget = look.stack(self.waiting, self.outcomes.widget)

    async def read(self) -> None:
        """Read what waits, and the page of outcomes that is open."""
        await self.outcomes.read()
        sync = self.run.plan.sync
        if sync is None or sync.entity != "purchase":
            return
        found = [
            one for one in await self.frame.bench.sync.waiting(sync.shop_id) if one.run_id == self.run.id
        ]
        self.list.rows = [_cells(at, one) for at, one in enumerate(sorted(found, key=lambda one: one.row))]
        visible(self.waiting, bool(found))


def _cells(at: int, one: Waiting) -> dict[str, Any]:
    known = {"text": said(N_("yes")), "kind": "ok"} if one.known else {"text": said(N_("no")), "kind": "warn"}
    keys = ", ".join(one.keys[:5])
    if len(one.keys) > 5:
        keys = said(say("{keys} and {count} more", keys=keys, count=len(one.keys) - 5))
    return {
        "id": str(at), "row": number(one.row), "entity": said(ENTITY_NAMES[one.entity]), "keys": keys, "known": known,
        "sentence": one.sentence,
    }  # fmt: skip
