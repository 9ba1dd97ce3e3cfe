"""The contact store: where properties and codes are written back to, as a customer's client of the vendor's API does it (facts A8).

``PUT lists/{listId}/contacts/{originalId}/update?force=`` with the header ``X-Carma-Authentication-Token``, properties as texts:
https://github.com/moonwalker/carmaclient ; imports at most hourly: https://help.symplify.com/hc/en-us/articles/360011086120
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Final, NamedTuple, TypeVar

from workbench.models.base import JsonValue
from workbench.models.gate import TOKEN_HEADER
from workbench.sandbox.answers import Rendered, written

from .contacts import PROPERTIES, Contact
from .endpoints import Asked
from .moments import MINUTE_MS

WRONG: Final = ("wrong", "invalid", "revoked")
"""A token that holds one of these words is refused, so that a refusal can be rehearsed."""

KNOWN: Final = (*PROPERTIES, "code", "promo_code", "tag", "tags")
"""Properties that the account has from the start; ``force=true`` makes others."""

FIELDS: Final = frozenset(
    (
        "active", "audioUnsubscribed", "blockedUntil", "bounced", "city", "country", "dateCreated", "dateModified", "dateOfBirth",
        "dateOfInvalidation", "emailAddress", "firstName", "id", "lastName", "listId", "middleName", "mobileNumber", "mobileUnsubscribed",
        "namedProperties", "optOutAudioDate", "optOutDate", "optOutMobileDate", "originalId", "preferredContentVersionId", "properties",
        "sex", "title", "unsubscribed", "zipcode",
    )
)  # fmt: skip
"""The keys of a contact in the vendor's JSON."""

IMPORT_EVERY_MIN: Final = 60
KEPT: Final = 1_000_000
"""Contacts whose written properties are remembered; the oldest are forgotten."""
NAMES: Final = 500
"""Properties that an account can have, and lists and imports that are remembered."""

HISTORY: Final = 8
"""Writes of one contact that are told apart; older ones are one."""

Kept = TypeVar("Kept")


class Write(NamedTuple):
    """One write to a contact: its number among all, its moment, and the properties."""

    number: int
    at_ms: int
    properties: dict[str, str]


Find = Callable[[str], Contact | None]
Wrote = Callable[[str], None]


class Store:
    """The contacts of the account. ``find`` makes one by its original id, ``wrote`` is told whose properties were written."""

    def __init__(self, now_ms: Callable[[], int], find: Find, wrote: Wrote) -> None:
        self._now_ms = now_ms
        self._find = find
        self._wrote = wrote
        self._properties: OrderedDict[str, list[Write]] = OrderedDict()
        self._known = set(KNOWN)
        self._imports: OrderedDict[str, str] = OrderedDict()
        self._imported_ms: OrderedDict[str, int] = OrderedDict()
        self._batches: OrderedDict[str, str] = OrderedDict()
        self._numbers = count(1)
        self.writes = 0

    def written(self, id: str, at_ms: float = math.inf, writes: float = math.inf) -> dict[str, str]:
        """Return what was written back to a contact until a moment, within the first ``writes`` of all: some share a millisecond."""
        found: dict[str, str] = {}
        for write in self._properties.get(id, ()):
            if write.at_ms <= at_ms and write.number <= writes:
                found.update(write.properties)
        return found

    async def show(self, asked: Asked) -> Rendered:
        """Answer ``GET lists/{list}/contacts/{id}``."""
        refusal, person = self._asked_for(asked)
        return refusal or written(200, [], self._as_json(asked.names["list"], person))

    async def update(self, asked: Asked) -> Rendered:
        """Answer ``PUT lists/{list}/contacts/{id}/update``: 400 for what the vendor refuses, 404 for an unknown contact."""
        refusal, person = self._asked_for(asked)
        if refusal is not None:
            return refusal
        parsed = asked.json()
        wrong = self._wrong_in(parsed, forced=asked.query.get("force", "").lower() == "true")
        if wrong:
            return written(400, [], {"message": wrong})
        properties: dict[str, str] = parsed.get("properties", {})
        self._keep(person.id, properties)
        return written(200, [], self._as_json(asked.names["list"], person))

    async def consent(self, asked: Asked) -> Rendered:
        """Answer ``GET consents/{id}``, which stands in for a consent service of the customer's own: no token is asked for."""
        person = self._find(asked.names["id"])
        if person is None:
            return written(404, [], {"message": "Nobody of this id is known."})
        known = {**person.properties, **self.written(person.id)}
        return written(200, [], {"contact": person.id, "consent": known.get("consent") == "yes"})

    async def properties(self, asked: Asked) -> Rendered:
        """Answer ``GET properties``: the names that the account has."""
        return _refusal(asked) or written(200, [], sorted(self._known))

    async def open_import(self, asked: Asked) -> Rendered:
        """Answer ``POST lists/{list}/imports`` with the id of the import."""
        refusal = _refusal(asked)
        if refusal is not None:
            return refusal
        parsed = asked.json()
        if not isinstance(parsed, dict) or parsed.get("identityColumn") not in ("originalId", "emailAddress"):
            return written(
                400, [], {"message": "An import names its identityColumn: originalId or emailAddress."}
            )
        id = str(next(self._numbers))
        _remember(
            self._imports, asked.names["list"], id, NAMES
        )  # the last one opened is the one that can be filled
        return written(200, [], {"id": id})

    async def fill_import(self, asked: Asked) -> Rendered:
        """Answer ``POST lists/{list}/recipients/{import}`` with the id of the batch; 429 within an hour of the last one."""
        refusal = _refusal(asked)
        if refusal is not None:
            return refusal
        list_id, now_ms = asked.names["list"], self._now_ms()
        if self._imports.get(list_id) != asked.names["import"]:
            return written(404, [], {"message": "There is no such import."})
        free_ms = self._imported_ms.get(list_id, -IMPORT_EVERY_MIN * MINUTE_MS) + IMPORT_EVERY_MIN * MINUTE_MS
        if now_ms < free_ms:
            wait_s = -(-(free_ms - now_ms) // 1000)
            message = "Imports into a list are taken once an hour."
            return written(429, [("Retry-After", str(wait_s))], {"message": message})
        _remember(self._imported_ms, list_id, now_ms, NAMES)
        id = str(next(self._numbers))
        _remember(self._batches, id, "FINISHED" if asked.body.strip() else "ERROR", NAMES)
        return written(200, [], {"batchId": id})

    async def batch(self, asked: Asked) -> Rendered:
        """Answer ``GET batches/{batch}``."""
        state = self._batches.get(asked.names["batch"])
        if state is None:
            return _refusal(asked) or written(404, [], {"message": "There is no such batch."})
        return _refusal(asked) or written(200, [], {"id": asked.names["batch"], "status": state})

    def _asked_for(self, asked: Asked) -> tuple[Rendered | None, Contact]:
        nobody = Contact("", {})
        refusal = _refusal(asked)
        if refusal is not None:
            return refusal, nobody
        person = self._find(asked.names["id"])
        if person is None:
            return written(404, [], {"message": "There is no such contact."}), nobody
        return None, person

    def _wrong_in(self, parsed: JsonValue, *, forced: bool) -> str:
        """Return what the vendor would refuse in an update, or an empty text."""
        if not isinstance(parsed, dict) or not isinstance(parsed.get("properties", {}), dict):
            return "A contact is an object, and its properties are one too."
        strange = sorted(str(name)[:60] for name in parsed if name not in FIELDS)
        if strange:
            return f"A contact has no field {strange[0]}."
        for name, value in parsed.get("properties", {}).items():
            if not isinstance(value, str):
                return f"The property {name[:60]} is no text."
            if name not in self._known and not forced:
                return f"The account has no property {name[:60]}. Add force=true to make it."
            if not name or len(name) > 120:
                return "A property has a name of at most 120 characters."
        if len(self._known.union(parsed.get("properties", {}))) > NAMES:
            return f"An account has at most {NAMES} properties."
        return ""

    def _keep(self, id: str, properties: dict[str, str]) -> None:
        self._known.update(properties)
        self.writes += 1
        history = [*self._properties.get(id, ()), Write(self.writes, self._now_ms(), dict(properties))]
        if len(history) > HISTORY:
            first, second, *rest = history
            history = [second._replace(properties={**first.properties, **second.properties}), *rest]
        _remember(self._properties, id, history, KEPT)
        if any(value.strip() for value in properties.values()):
            self._wrote(id)

    def _as_json(self, list_id: str, person: Contact) -> JsonValue:
        properties = {**person.properties, **self.written(person.id)}
        return {
            "id": person.id,
            "originalId": person.id,
            "listId": list_id,
            "emailAddress": properties["email"],
            "firstName": properties["firstname"],
            "lastName": properties["lastname"],
            "country": properties["country"],
            "active": True,
            "properties": properties,
        }


def _remember(kept: OrderedDict[str, Kept], key: str, value: Kept, most: int) -> None:
    """Keep a value under its key; the oldest of more than ``most`` is forgotten."""
    kept[key] = value
    if len(kept) > most:
        kept.popitem(last=False)


def _refusal(asked: Asked) -> Rendered | None:
    """Return a 401 for a request without the account's key, or with one that is meant to be refused."""
    key = asked.headers.get(TOKEN_HEADER, "") or asked.headers.get("authorization", "")
    if not key.strip() or any(word in key.lower() for word in WRONG):
        return written(401, [], {"message": f"Name the account's token in the header {TOKEN_HEADER}."})
    return None
