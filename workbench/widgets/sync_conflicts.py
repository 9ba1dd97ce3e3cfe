"""SYNC CONFLICTS: rows that subscribe somebody who is known here as unsubscribed: since when, what the row proves, and whether it goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.models.run import Run
from workbench.models.sync import ConsentConflict
from workbench.sentence import N_

from . import look
from .fold import Fold, Place
from .language import number, when
from .messages import Messages
from .page import Frame
from .piece import said
from .tables import RowList

__all__ = ["ConflictsFold"]

COLUMNS: list[Mapping[str, str]] = [
    {"key": "row", "label": N_("Row"), "kind": "number"},
    {"key": "recipient", "label": N_("Contact"), "kind": "strong"},
    {"key": "field", "label": N_("Field"), "kind": "code"},
    {"key": "since", "label": N_("Unsubscribed since (UTC)"), "kind": "muted"},
    {"key": "proof", "label": N_("Agreed, as the row says"), "kind": "muted"},
    {"key": "goes", "label": N_("Goes")},
    {"key": "sentence", "label": N_("Why")},
]


class ConflictsFold:
    """Closed until it is asked for: every row is walked through, and nothing is changed."""

    def __init__(self, frame: Frame, run: Run) -> None:
        self.frame, self.run = frame, run
        self.messages, self.found = Messages(), Place()
        ask = look.button(N_("Compare the consent"))
        frame.click(ask, self.compare, self.messages)
        self.widget = Fold(
            N_("Contacts whose consent differs from what is known here"),
            look.show(N_("The rows that subscribe somebody who unsubscribed. Only looked at."), "wb-hint"),
            look.buttons(ask, align="start"), self.messages.widget, self.found.widget,
        ).widget  # fmt: skip

    async def compare(self) -> None:
        """Show the first rows that differ; contacts are masked."""
        found = await self.frame.bench.sync.conflicts(self.run.id)
        self.found.put(RowList(
            N_("Contacts whose consent differs"), columns=COLUMNS, rows=[_cells(at, one) for at, one in enumerate(found)],
            empty=N_("No row subscribes somebody who is known here as unsubscribed."),
        ))  # fmt: skip


def _cells(at: int, one: ConsentConflict) -> dict[str, Any]:
    goes = (
        {"text": said(N_("yes")), "kind": "warn"} if one.goes else {"text": said(N_("no")), "kind": "quiet"}
    )
    proof = ", ".join(filter(None, (one.source, when(one.agreed_at) if one.agreed_at else "")))
    return {
        "id": str(at), "row": number(one.row), "recipient": one.recipient, "field": one.field,
        "since": when(one.since) if one.since else "–", "proof": proof or "–", "goes": goes, "sentence": one.sentence,
    }  # fmt: skip
