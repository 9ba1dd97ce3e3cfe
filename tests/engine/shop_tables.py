"""What the tests of a shop's records share: a shop with fields of its own, a moment, and a mapping of columns that are called as fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from workbench.engine.shop_records import Record, Records
from workbench.models.base import JsonValue, Problem
from workbench.models.run import Mapped
from workbench.models.shop import ShopSettings
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import ShopField
from workbench.providers import platform

PLATFORM = platform("connectif")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = ShopSettings(
    name="Pans",
    domains=("http://www.shop.example", "shop.example"),
    fields=(
        ShopField(id="nick", type="text", custom=True),
        ShopField(id="second_email", type="email", custom=True),
        ShopField(id="first_seen", type="date", custom=True),
        ShopField(id="plan", type="radio", choices=("gold", "silver"), custom=True),
        ShopField(id="landline", type="phone", custom=True),
        ShopField(id="vip", type="boolean", custom=True),
        ShopField(id="spent", type="decimal", custom=True),
        ShopField(id="visits", type="integer", least=0, custom=True),
        ShopField(id="likes", type="checkbox", choices=("pans", "pots"), custom=True),
    ),
)


def plan(**fields: Any) -> SyncPlan:
    """Return the plan of a sync."""
    return SyncPlan(shop_id="shp_1", **fields)


def record(cells: Mapping[str, JsonValue], shop: ShopSettings = SHOP, **fields: Any) -> Record:
    """Return the record of one row whose columns are called as the fields."""
    mapping = [Mapped(target=name, column=name) for name in cells]
    return Records(PLATFORM, shop, plan(**fields), mapping).row(cells, now=NOW)


def told(problems: tuple[Problem, ...]) -> dict[str, str]:
    """Return what is said of each field, the first problem of each."""
    found: dict[str, str] = {}
    for one in problems:
        found.setdefault(one.field, str(one.sentence))
    return found
