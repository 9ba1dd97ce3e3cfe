"""Checks: what Connectif would not take of a body: by the fields that the platform declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from workbench.models.base import JsonValue
from workbench.models.sync_platform import ShopField
from workbench.providers.connectif import PLATFORM

from .refusals import Wrong

CONTACT: Final = {field.id: field for field in PLATFORM.fields["contact"]}
PRODUCT: Final = {field.id: field for field in PLATFORM.fields["product"] if field.write}
PURCHASE: Final = {field.id: field for field in PLATFORM.fields["purchase"] if field.write}
ITEM: Final = {field.id: field for field in PLATFORM.item_fields}
_TEXTS: Final = frozenset({"text", "email", "phone", "url", "radio", "date"})
_LISTS: Final = frozenset({"texts", "checkbox"})
_NUMBERS: Final = frozenset({"decimal", "money"})


def wrong_contact(body: Mapping[str, JsonValue], custom: Sequence[str] | None) -> list[Wrong]:
    """Return what is wrong with a contact's fields; ``custom`` are the ids of its own ones (None: any that begin otherwise)."""
    found = []
    for name, value in body.items():
        field = CONTACT.get(name)
        if field is None and (
            name.startswith("_") or name == "id" or (custom is not None and name not in custom)
        ):
            found.append((_pointer(name), "is not a field of contacts"))
        elif field is not None and value is not None and (reason := wrong_value(field, value)):
            found.append((_pointer(name), reason))
    return found


def wrong_product(body: Mapping[str, JsonValue]) -> list[Wrong]:
    """Return what is wrong with a product's fields."""
    return list(_wrong(PRODUCT, body, ""))


def wrong_purchase(body: Mapping[str, JsonValue]) -> list[Wrong]:
    """Return what is wrong with a purchase: a field that is missing, of another kind, or unknown; its lines too."""
    found = [*_missing(PURCHASE, body, ""), *_wrong(PURCHASE, body, "")]
    lines = body.get("products")
    for index, line in enumerate(lines if isinstance(lines, list) else ()):
        at = f"/products/{index}"
        if isinstance(line, dict):
            found += [*_missing(ITEM, line, at), *_wrong(ITEM, line, at)]
        else:
            found.append((at, "must be an object"))
    return found


def wrong_value(field: ShopField, value: JsonValue) -> str:
    """Return why a field does not take a value; an empty text where it does."""
    if field.type in _TEXTS:
        return _wrong_text(field, value) if isinstance(value, str) else "must be string"
    if field.type in _LISTS:
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return "" if fits else "must be array of strings"
    if field.type == "items":
        return "" if isinstance(value, list) and value else "must be array with at least 1 item"
    if field.type == "boolean":
        return "" if isinstance(value, bool) else "must be boolean"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "must be number" if field.type in _NUMBERS else "must be integer"
    if field.type == "integer" and not isinstance(value, int):
        return "must be integer"
    if field.least is not None and value < field.least:
        return f"must be >= {field.least:g}"
    return f"must be <= {field.most:g}" if field.most is not None and value > field.most else ""


def foreign(urls: Iterable[tuple[str, JsonValue]], domains: Sequence[str]) -> list[str]:
    """Return the ids of the products whose address is on none of the domains; without domains all are allowed."""
    known = {_host(domain) for domain in domains}
    return [id for id, url in urls if known and isinstance(url, str) and url and _host(url) not in known]


@lru_cache(maxsize=1024)
def _host(address: str) -> str:
    try:
        return (urlsplit(address if "://" in address else f"https://{address}").hostname or "").lower()
    except ValueError:
        return ""


def _wrong(fields: Mapping[str, ShopField], body: Mapping[str, JsonValue], at: str) -> Iterator[Wrong]:
    for name, value in body.items():
        field = fields.get(name)
        if field is None:
            yield at + _pointer(name), "is not a known field"
        elif value is not None and (reason := wrong_value(field, value)):
            yield at + _pointer(name), reason


def _missing(fields: Mapping[str, ShopField], body: Mapping[str, JsonValue], at: str) -> Iterator[Wrong]:
    for name, field in fields.items():
        if field.required and body.get(name) is None:
            yield at + _pointer(name), "is required"


def _wrong_text(field: ShopField, value: str) -> str:
    if field.type == "email":
        local, at, domain = value.rpartition("@")
        return "" if at and local and "." in domain and " " not in value else "must match format email"
    if field.type == "radio":
        return "" if value in field.choices else f"must be one of {', '.join(field.choices)}"
    if field.type == "date":
        return "" if _is_moment(value) else "must match format date-time"
    if field.type == "url":
        return "" if value.startswith(("http://", "https://")) and _host(value) else "must match format uri"
    return ""


def _is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")
