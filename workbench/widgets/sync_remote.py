"""SYNC REMOTE: the imports as the platform itself lists them, whoever began them; read when it is asked for, for that is a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.engine.import_states import moment_of, state_of
from workbench.models.shop import Shop
from workbench.models.sync import RemoteImport
from workbench.sentence import N_

from . import look
from .fields import ChoiceField
from .fold import Fold, visible
from .language import number, when
from .messages import Messages
from .page import Frame
from .piece import said
from .sync_words import PART_STATES, shop_options
from .tables import RowList

__all__ = ["RemoteImports"]

COLUMNS: list[Mapping[str, str]] = [
    {"key": "id", "label": N_("Import there"), "kind": "code"},
    {"key": "type", "label": N_("What")},
    {"key": "state", "label": N_("State")},
    {"key": "total", "label": N_("Rows"), "kind": "number"},
    {"key": "taken", "label": N_("Taken"), "kind": "number"},
    {"key": "refused", "label": N_("Refused"), "kind": "number"},
    {"key": "origin", "label": N_("Begun by"), "kind": "muted"},
    {"key": "created", "label": N_("Created (UTC)"), "kind": "muted"},
]


class RemoteImports:
    """The list, folded away until somebody wants to see it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.messages = Messages()
        self.shop = ChoiceField(N_("Shop"), [])
        self.list = RowList(
            N_("Imports at the platform"),
            columns=COLUMNS,
            empty=N_("Read the list to see what the platform knows."),
        )
        read = look.button(N_("Read the list"))
        frame.click(read, self.read, self.messages)
        fold = Fold(
            N_("Imports as the platform lists them"), self.shop, look.buttons(read, align="start"), self.messages.widget, self.list
        )  # fmt: skip
        self.widget = look.card("", fold.widget)
        visible(self.widget, False)

    def offer(self, shops: Sequence[Shop]) -> None:
        """Offer the shops whose imports can be listed."""
        self.shop.options = shop_options(shops)
        if shops and self.shop.value not in {shop.id for shop in shops}:
            self.shop.value = shops[0].id
        visible(self.shop, len(shops) > 1)
        visible(self.widget, bool(shops))

    async def read(self) -> None:
        """Ask the platform for its imports."""
        found = list(await self.frame.bench.sync_imports.remote(self.shop.value))
        self.list.empty = N_("The platform lists no import.")
        self.list.rows = [_cells(one) for one in found]


def _cells(one: RemoteImport) -> dict[str, Any]:
    text, kind = PART_STATES[state_of(one)]
    created = moment_of(one.created_at)
    words = said(text) if state_of(one) != "unknown" else one.status
    return {
        "id": one.id, "type": one.type, "state": {"text": words, "kind": kind}, "total": "" if one.total is None else number(one.total),
        "taken": number(one.success), "refused": number(one.errors), "origin": one.origin,
        "created": when(created) if created else one.created_at,
    }  # fmt: skip
