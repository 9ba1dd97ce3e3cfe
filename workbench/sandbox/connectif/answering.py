"""Answering: each call of the API over the store. What it returns is a status with a body, or a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from workbench.models.base import JsonValue

from .checks import foreign, wrong_contact, wrong_product, wrong_purchase
from .imports import Imports
from .refusals import Refusal, http_error, invalid, no_contact, no_products, product_domain, purchase_domain
from .settings import StandInSettings
from .store import Record, Store

WRITES: Final = frozenset({"contact_by_email", "contact_by_external_id", "product", "purchase"})
"""The calls whose body is a JSON object."""


class Call(NamedTuple):
    """One call as it came in. ``root`` is the address that the client knows the stand-in by, ``body`` what was sent, as bytes."""

    key: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    content_type: str
    root: str
    now: datetime


Answered = tuple[int, JsonValue] | Refusal


class Answering:
    """Answers calls of somebody who is let in."""

    def __init__(self, store: Store, imports: Imports) -> None:
        self.store, self.imports = store, imports

    def answer(self, call: Call, body: Record, settings: StandInSettings) -> Answered:
        """Return what a call gets; ``body`` is its JSON object, empty where it has none."""
        if call.key in WRITES:
            return self._write(call, body, settings)
        if call.key == "contact_delete":
            return (204, None) if self.store.drop_contact(call.parts["email"]) else http_error(404)
        if call.key == "import":
            return self._import(call, settings)
        if call.key in ("coupon_sets", "imports"):
            return self._list(call, settings)
        found = self._read(call, settings)
        return http_error(404) if found is None else (200, found)

    def _write(self, call: Call, body: Record, settings: StandInSettings) -> Answered:
        if call.key == "product":
            return self._product(call, body, settings)
        return (
            self._purchase(body, settings) if call.key == "purchase" else self._contact(call, body, settings)
        )

    def _contact(self, call: Call, body: Record, settings: StandInSettings) -> Answered:
        own = "_email" if call.key == "contact_by_email" else "_externalId"
        wrong = wrong_contact(body, settings.custom_fields)
        if own in body:  # its place is the path
            wrong.append((f"/{own}", "is not a field of this call"))
        email, external = call.parts.get("email", ""), call.parts.get("external_id", "")
        if email and ("@" not in email or "." not in email.rpartition("@")[2]):
            wrong.append(("/email", "must match format email"))
        if wrong:
            return invalid(wrong)
        try:
            record, new = self.store.put_contact(body, email=email, external=external)
        except ValueError as error:
            return invalid([(f"/{error}", "belongs to another contact")])
        return (201 if new else 200), record

    def _product(self, call: Call, body: Record, settings: StandInSettings) -> Answered:
        id = call.parts["id"]
        wrong = wrong_product(body)
        if body.get("productId", id) != id:
            wrong.append(("/productId", "must be the one of the path"))
        if wrong:
            return invalid(wrong)
        if foreign([(id, body.get("productDetailUrl"))], settings.domains):
            return product_domain(_origins(settings))
        record, new = self.store.put_product(id, body, call.now)
        return (201 if new else 200), record

    def _purchase(self, body: Record, settings: StandInSettings) -> Answered:
        if wrong := wrong_purchase(body):
            return invalid(wrong)
        if self.store.contact(email=body["contactEmail"]) is None:
            return no_contact(body["contactEmail"])
        lines: list[Record] = body["products"]
        missing = [line["productId"] for line in lines if line["productId"] not in self.store.products]
        if missing:
            return no_products(missing)
        if away := foreign(
            ((line["productId"], line.get("productDetailUrl")) for line in lines), settings.domains
        ):
            return purchase_domain(away, _origins(settings))
        return 201, self.store.put_purchase(body)

    def _import(self, call: Call, settings: StandInSettings) -> Answered:
        made = self.imports.take(call.body, call.content_type, settings, call.now)
        return (
            made
            if isinstance(made, Refusal)
            else (201, self.imports.told(made, call.now, _reports(call, settings)))
        )

    def _read(self, call: Call, settings: StandInSettings) -> Record | None:
        store, id = self.store, call.parts.get("id", "")
        if call.key == "contact_get":
            return store.contact(email=call.parts["email"])
        if call.key == "product_get":
            return store.products.get(id) or _having(store.by_id(id), "productId")
        if call.key == "purchase_by_store_id":
            return store.purchases.get(id)
        if call.key == "purchase_get":
            return _having(store.by_id(id), "purchaseId")
        if call.key == "coupon_set":
            return store.coupon_sets.get(id)
        one = self.imports.kept.get(id)
        return None if one is None else self.imports.told(one, call.now, _reports(call, settings))

    def _list(self, call: Call, settings: StandInSettings) -> Answered:
        """Return a page: the records from the query's ``from`` on, with the links to the pages around it."""
        items: list[Any] = (
            list(self.store.coupon_sets.values()) if call.key == "coupon_sets" else list(self.imports.kept.values())[::-1]
        )  # fmt: skip
        start, size = _whole(call.query.get("from", "0")), settings.page_size
        if start is None:
            return invalid([("/from", "must be integer")])
        shown = items[start : start + size]
        if call.key == "imports":
            shown = [self.imports.told(one, call.now, _reports(call, settings)) for one in shown]
        path = "coupon-sets" if call.key == "coupon_sets" else "imports"
        following = f"{call.root}/{path}?from={start + size}" if start + size < len(items) else None
        before = f"{call.root}/{path}?from={max(0, start - size)}" if start else None
        return 200, {"links": {"next": following, "prev": before}, "results": shown}


def body_of(content: bytes) -> Record | None:
    """Return a body's JSON object; None for all else."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def names_in(call: Call, body: Record) -> Iterable[str]:
    """Give the texts of a call in which a refusal may be planted: what its path names, and who bought what."""
    yield from call.parts.values()
    for name in ("contactEmail", "purchaseId"):
        if isinstance(value := body.get(name), str):
            yield value


def _having(record: Record | None, name: str) -> Record | None:
    return record if record is not None and name in record else None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _origins(settings: StandInSettings) -> list[str]:
    return [domain if "://" in domain else f"https://{domain}" for domain in settings.domains]


def _reports(call: Call, settings: StandInSettings) -> str:
    """Return where reports lie: at another host, or on a port beside the rest, where no other host could be reached."""
    return f"{call.root}/reports" if call.root.startswith("http://") else f"https://{settings.report_host}/reports"  # fmt: skip
