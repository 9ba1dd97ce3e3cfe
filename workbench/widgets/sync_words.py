"""SYNC WORDS: how what is synced, the ways and the parts of an import are called on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.models.shop import Shop
from workbench.models.sync import PartState, SyncPlan
from workbench.models.sync_platform import ENTITIES, Entity
from workbench.sentence import N_

from . import look
from .bar import PageLinks
from .piece import Said, said

__all__ = [
    "ENTITY_NAMES",
    "PART_STATES",
    "PART_TONES",
    "WAYS",
    "entity_options",
    "no_shop",
    "shop_options",
    "way_of",
]

ENTITY_NAMES: Final[Mapping[Entity, str]] = {
    "contact": N_("Contacts"), "product": N_("Products"), "purchase": N_("Purchases"), "coupon": N_("Coupons"),
}  # fmt: skip
WAYS: Final[Mapping[str, str]] = {"single": N_("Single calls"), "import": N_("Import")}
PART_STATES: Final[Mapping[PartState, tuple[str, look.Kind]]] = {
    "waiting": (N_("Not uploaded yet"), "quiet"),
    "queued": (N_("Queued there"), "info"),
    "in_progress": (N_("Being read"), "info"),
    "finished": (N_("Taken"), "ok"),
    "partial": (N_("Partly taken"), "warn"),
    "failed": (N_("Failed"), "error"),
    "cancelled": (N_("Cancelled"), "quiet"),
    "unknown": (N_("Unknown state"), "warn"),
    "still_running": (N_("Still running there"), "warn"),
}
PART_TONES: Final[Mapping[PartState, str]] = {
    "waiting": "waiting", "queued": "retrying", "in_progress": "in_flight", "finished": "accepted", "partial": "uncertain",
    "failed": "failed", "cancelled": "cancelled", "unknown": "uncertain", "still_running": "uncertain",
}  # fmt: skip
"""The bar's tone of a part: green for one that was taken whole, amber for what is not clear or only partly done."""


def way_of(sync: SyncPlan) -> str:
    """Return what goes and how, such as “Contacts · Import”."""
    return f"{said(ENTITY_NAMES[sync.entity])} · {said(WAYS[sync.how])}"


def entity_options(entities: Sequence[Entity] = ENTITIES) -> list[tuple[str, str]]:
    """Return what can be synced, as options of a choice."""
    return [(entity, said(ENTITY_NAMES[entity])) for entity in entities]


def shop_options(shops: Sequence[Shop]) -> list[tuple[str, str]]:
    """Return the shops as options of a choice."""
    return [(shop.id, shop.name) for shop in shops]


def no_shop(text: Said) -> look.Stack:
    """Return what stands in place of a form while there is no shop: why, and the way to a first one."""
    label = said(N_("Add a shop"))
    link = {"page": "sync", "place": "new", "label": label, "code": "await sync_page(bench)"}
    return look.stack(look.banner("info", text), PageLinks([link], label=label))
