"""SYNC DIFF: one digest for what is sent of a record, the same exactly when the same would be sent again (R-SYNC-27)."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.sync_platform import Entity

from .shop_money import plain_amount
from .shop_records import Record

_encoded: Final = json.JSONEncoder(
    sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=True
).encode


def fingerprint(entity: Entity, record: Record) -> str:
    """Return 32 hex digits for what is sent of a record, whatever the order of its fields; 1.5, 1.50 and "1.5" as a number are one amount.

    It is no secret and no protection: who keeps it beside a contact keys it with the salt of the home.
    """
    told = _encoded([entity, record.key, canonical(record.body)])
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def canonical(value: JsonValue) -> JsonValue:
    """Return a value in which what means the same is the same: numbers are ``["#", their plain digits]``, so that no text equals one."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is int:
        return ["#", str(value)]
    if kind is Decimal or kind is float:
        amount = value if kind is Decimal else Decimal(repr(value))
        return ["#", plain_amount(amount) if amount.is_finite() else str(amount)]
    if isinstance(value, dict):
        return {str(name): canonical(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return ["[", *(canonical(one) for one in value)]
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def changed_fields(before: JsonValue, after: JsonValue) -> tuple[str, ...]:
    """Return the names of the fields in which two bodies differ, in the order of the second, then of the first."""
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    return tuple(name for name in dict.fromkeys((*new, *old)) if not same(old.get(name), new.get(name)))


def same(first: JsonValue, second: JsonValue) -> bool:
    """Return whether two values mean the same to the platform: 1.5 and 1.50 do, 1 and "1" do not."""
    return bool(canonical(first) == canonical(second))
