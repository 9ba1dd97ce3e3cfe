"""Store: what the stand-in took, as plain objects: contacts by email, products by the shop's id, purchases by theirs, sets of coupons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Final

from workbench.models.base import JsonValue

Record = dict[str, JsonValue]

MADE: Final = "2026-01-05T09:00:00+00:00"
_UNLIMITED: Final = {"quantity": None, "available": None}


def _coupon_sets() -> dict[str, Record]:
    sets: list[Record] = [
        {"id": "65a000000000000000000001", "name": "Welcome 10 %", "type": "single", "code": "WELCOME10", "quantity": 500,
         "available": 380, "assigned": 120, "usedInWorkflows": [{"workflowId": "65b000000000000000000001"}]},
        {"id": "65a000000000000000000002", "name": "Free delivery", "type": "single", "code": "FREE", **_UNLIMITED,
         "assigned": 42, "usedInWorkflows": []},
        {"id": "65a000000000000000000003", "name": "Birthday", "type": "multiple", "quantity": 0, "available": 0, "assigned": 0,
         "usedInWorkflows": []},
    ]  # fmt: skip
    return {str(one["id"]): {**one, "createdAt": MADE, "updatedAt": MADE} for one in sets}


class Store:
    """The records of one shop. A contact without an email is kept under ``external:`` and its id."""

    def __init__(self) -> None:
        self.contacts: dict[str, Record] = {}
        self.products: dict[str, Record] = {}
        self.purchases: dict[str, Record] = {}
        self.coupon_sets: dict[str, Record] = _coupon_sets()
        self.coupons: dict[str, dict[str, None]] = {}
        self._external: dict[str, str] = {}
        self._by_id: dict[str, Record] = {}
        self._count = count(1)

    def new_id(self) -> str:
        """Return an id as the platform makes them: 24 hexadecimal digits."""
        return f"65c{next(self._count):021x}"

    def contact(self, *, email: str = "", external: str = "") -> Record | None:
        """Return a contact by its email (in any case of letters) or its external id."""
        return self.contacts.get(
            email.lower() if email else self._external.get(external, f"external:{external}")
        )

    def put_contact(
        self, body: Mapping[str, JsonValue], *, email: str = "", external: str = ""
    ) -> tuple[Record, bool]:
        """Return the contact with what was sent put into it, and whether it is new.

        Raises ValueError with the field that names another contact.
        """
        found = self.contact(email=email, external=external)
        own, other = ("_email", "_externalId") if email else ("_externalId", "_email")
        named = body.get(other)
        if isinstance(named, str) and named:
            twin = self.contact(external=named) if email else self.contact(email=named)
            if twin is not None and twin is not found:
                if found is not None or twin.get(own):
                    raise ValueError(other)
                found = twin
        record = found if found is not None else {"id": self.new_id()}
        self._drop(record)
        record |= {name: value for name, value in body.items() if value is not None}
        for name in [name for name, value in body.items() if value is None]:
            record.pop(name, None)
        record |= {"_email": email.lower()} if email else {"_externalId": external}
        self._keep(record)
        return record, found is None

    def drop_contact(self, email: str) -> bool:
        """Forget a contact; False where there is none."""
        found = self.contact(email=email)
        if found is not None:
            self._drop(found)
        return found is not None

    def put_product(self, id: str, body: Mapping[str, JsonValue], now: datetime) -> tuple[Record, bool]:
        """Return the product with what was sent put into it, and whether it is new."""
        found = self.products.get(id)
        stamp = now.isoformat()
        record = (
            found
            if found is not None
            else {"id": self.new_id(), "availability": "instock", "createdAt": stamp}
        )
        record |= {name: value for name, value in body.items() if value is not None}
        record |= {"productId": id, "updatedAt": stamp}
        self.products[id] = record
        self._by_id[str(record["id"])] = record
        return record, found is None

    def put_purchase(self, body: Record) -> Record:
        """Return a purchase as it is kept; one with the same id takes the place of the first, which the platform does not document."""
        contact = self.contact(email=str(body["contactEmail"]))
        record = {"id": self.new_id(), "contactId": contact["id"] if contact else None, **body}
        self.purchases[str(body["purchaseId"])] = record
        self._by_id[str(record["id"])] = record
        return record

    def by_id(self, id: str) -> Record | None:
        """Return a product or a purchase by the platform's own id."""
        return self._by_id.get(id)

    def _keep(self, record: Record) -> None:
        external = record.get("_externalId")
        email = record.get("_email")
        key = str(email).lower() if email else f"external:{external}"
        self.contacts[key] = record
        if external:
            self._external[str(external)] = key

    def _drop(self, record: Record) -> None:
        external, email = record.get("_externalId"), record.get("_email")
        self.contacts.pop(str(email).lower() if email else f"external:{external}", None)
        self._external.pop(str(external), None)
