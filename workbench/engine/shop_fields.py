"""SHOP FIELDS: what an entity's fields are called and may hold: the platform's own, then those of the shop's registry (R-SYNC-03)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from workbench.models.base import Problem
from workbench.models.run import Target
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import ApiCall, Entity, FieldType, ShopField, SyncPlatform
from workbench.sentence import say

from .event_findings import problem
from .slots import nearest
from .strict_json import clip

By = Literal["email", "external_id"]

TYPES: Final[dict[FieldType, Literal["string", "number", "date", "boolean", "array"]]] = {
    "integer": "number", "decimal": "number", "money": "number", "date": "date", "boolean": "boolean",
    "checkbox": "array", "texts": "array", "items": "array",
}  # fmt: skip
"""What a run's target calls a field's type; every other one is a text."""
_PART: Final = re.compile(r"\{(\w+)\}")


def fields_of(platform: SyncPlatform, shop: ShopSettings, entity: Entity) -> tuple[ShopField, ...]:
    """Return the fields of an entity: the platform's, then for contacts those of the shop's registry, each id once."""
    own = platform.fields.get(entity, ())
    if entity != "contact":
        return own
    taken = {field.id for field in own}
    return (
        *own,
        *(field for field in {one.id: one for one in shop.fields}.values() if field.id not in taken),
    )


def written_fields(platform: SyncPlatform, shop: ShopSettings, entity: Entity) -> dict[str, ShopField]:
    """Return the fields of an entity that can be written, by id."""
    return {field.id: field for field in fields_of(platform, shop, entity) if field.write}


def key_field(platform: SyncPlatform, entity: Entity, by: By = "email") -> str:
    """Return the id of the field that names a record: of a contact its address or external id, else the first that is required."""
    fields = platform.fields.get(entity, ())
    if entity == "contact":
        wanted = {field.id for field in fields}
        found = "_email" if by == "email" else "_externalId"
        return found if found in wanted else next(iter(wanted), found)
    return next((field.id for field in fields if field.required), fields[0].id if fields else "")


def write_call(platform: SyncPlatform, entity: Entity, by: By = "email") -> ApiCall | None:
    """Return the call that writes one record of an entity; None for what only goes by import."""
    found = [call for call in platform.calls if call.entity == entity and call.method in ("PATCH", "POST")]
    if entity == "contact":
        found = [call for call in found if by in parts_of(call)] or found[:1]
    return found[0] if found else None


def parts_of(call: ApiCall) -> tuple[str, ...]:
    """Return the names of the parts that a call's path takes."""
    return tuple(_PART.findall(call.path))


def target_of(field: ShopField, *, required: bool, identifier: bool = False) -> Target:
    """Return a field as something that a table's column can fill."""
    return Target(
        key=field.id, kind="identifier" if identifier else "variable", type=TYPES.get(field.type, "string"), required=required,
        about=field.title,
    )  # fmt: skip


def unknown_field(id: str, known: Sequence[str], field: str = "") -> Problem:
    """Return what is said of a field that nobody knows, with the one that was probably meant (R-SYNC-03)."""
    near = nearest(id, known)
    if near:
        return problem(field or id, say(
            "There is no field “{field}” here. Did you mean “{near}”?", field=clip(id), near=clip(near)
        ))  # fmt: skip
    return problem(field or id, say(
        "There is no field “{field}” here. Add it to the shop's fields with its type, or leave it out.", field=clip(id)
    ))  # fmt: skip
