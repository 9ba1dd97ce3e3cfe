"""Event values: what was given for one occurrence becomes the body exactly as it goes out, or every reason why not (R-EVT-05 to 13).

The body's order: ``email``, ``phone``, ``automation_id``, the declared variables in their order, then those that nobody declared. How each
value is read is said in ``event_emails``, ``event_phones``, ``event_flow_ids``, ``event_types``, ``event_dates``, ``event_arrays`` and,
for everything that JSON does not have, ``event_plain``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import orjson

from workbench.models.base import JsonValue, trusted
from workbench.models.event import AUTOMATION_ID, Composed, Event, EventInput, Fix
from workbench.sentence import say

from .event_emails import read_email
from .event_findings import ABSENT, UNFIT, Findings, Mark
from .event_flow_ids import read_automation_id
from .event_phones import no_country, read_phone
from .event_plain import simple
from .event_plan import RESERVED, Plan, plan_of
from .event_types import read_any

MOST_BYTES: Final = 65_536
"""The size above which a body is warned of; the provider names no limit (facts A3)."""
MOST_SENT: Final = 1_000_000
"""The size above which no body goes out."""


def composed(event: Event, given: EventInput, *, today: date | None = None) -> Composed:
    """Return ``given`` as the body that goes out for ``event``, what was converted on the way, and what blocks it; never raises.

    ``body`` is None where anything blocks; the identifiers that could be read are there all the same. ``today`` orders the days that a
    two-digit year may mean.
    """
    plan = plan_of(event)
    found = Findings(typed=given.typed, today=today)
    body: dict[str, JsonValue] = {}
    identifiers = _identified(plan, given, found, body)
    _directed(plan, given, found, body)
    _filled(plan, given.values, found, body)
    size = 0 if found.blocked else _measured(body, found)
    return trusted(
        Composed,
        {
            "body": None if found.blocked else body,
            "identifiers": identifiers,
            "problems": tuple(found.problems),
            "fixes": tuple(found.fixes),
            "size": size,
        },
    )


def _identified(plan: Plan, given: EventInput, found: Findings, body: dict[str, JsonValue]) -> dict[str, str]:
    """Put the identifiers in the body and return them; at least one is needed, and every one that the event asks for."""
    identifiers: dict[str, str] = {}
    email = read_email(given.email, found)
    phone = read_phone(given.phone, found, plan.region)
    for kind, value in (("email", email), ("phone", phone)):
        if type(value) is not Mark:
            body[kind] = identifiers[kind] = value
        elif value is ABSENT and kind in plan.identified_by:
            found.error(kind, say("“{field}” is missing, and this event goes by it. Fill it in.", field=kind))
    number = identifiers.get("phone", "+")
    if not number.startswith("+") and ("email" not in identifiers or "phone" in plan.identified_by):
        found.error("phone", no_country(number))
    if not identifiers and email is ABSENT and phone is ABSENT and not plan.identified_by:
        found.error(
            "email",
            say(
                "Neither “email” nor “phone” was given, and one of them has to say whom the event is about. Fill in one."
            ),
        )
    return identifiers


def _directed(plan: Plan, given: EventInput, found: Findings, body: dict[str, JsonValue]) -> None:
    """Put the flow's id in the body: the given one, or else the event's own."""
    id = read_automation_id(given.automation_id, found)
    if id is ABSENT and plan.automation_id is not None:
        id = read_automation_id(plan.automation_id, found)
    if type(id) is Mark:
        return
    body[AUTOMATION_ID] = id
    if doubt := plan.of_flow(id):
        found.problems.append(doubt)


def _filled(plan: Plan, values: Mapping[str, Any], found: Findings, body: dict[str, JsonValue]) -> None:
    """Put the variables in the body: the declared ones, then all others."""
    taken = 0
    typed = found.typed
    for slot in plan.slots:
        value = values.get(slot.name)
        if value is None:
            taken += slot.name in values
        else:
            taken += 1
            if typed and type(value) is str and not value.strip():
                value = ABSENT
            else:
                value = slot.read(value, slot.name, found)
                if type(value) is not Mark and not (
                    slot.required and type(value) is str and not value.strip()
                ):
                    body[slot.name] = value
                    continue
            if value is UNFIT:
                continue
        if slot.missing is not None:
            found.problems.append(slot.missing)
            found.blocked = found.blocked or slot.required
    if taken < len(values):
        _undeclared(plan, values, found, body)


def _undeclared(plan: Plan, values: Mapping[str, Any], found: Findings, body: dict[str, JsonValue]) -> None:
    for name, given in values.items():
        if name in plan.declared:
            continue
        said = plan.undeclared(name)
        if said.blocks:
            if name in RESERVED and (given := simple(given)) is None:
                continue
            found.problems.append(said)
            found.blocked = True
            if name in RESERVED:
                found.fix(name, say("Move it to the field “{name}”.", name=name), given)
            continue
        value = read_any(given, name, found)
        if type(value) is not Mark:
            body[name] = value
            found.problems.append(said)


def _measured(body: dict[str, JsonValue], found: Findings) -> int:
    """Return the body's length in bytes, as compact JSON in UTF-8."""
    size = len(orjson.dumps(body))
    if size > MOST_SENT:
        found.error(
            "body",
            say(
                "The body has {size} kB; more than {most} kB are not sent. Leave out what no message uses.",
                size=size // 1000,
                most=MOST_SENT // 1000,
            ),
        )
    elif size > MOST_BYTES:
        found.warn(
            "body",
            say(
                "The body has {size} bytes; more than {most} are a risk. Leave out what no message uses.",
                size=size,
                most=MOST_BYTES,
            ),
        )
    return size


def event_fingerprint(
    event_name: str, identifiers: Mapping[str, str], body: Mapping[str, JsonValue], salt: str | bytes
) -> str:
    """Return 32 hex digits for an event, its contact and its body: the same for the same, whatever the order of the names.

    The salt is BLAKE2b's key (https://www.rfc-editor.org/rfc/rfc7693): without it nobody can try out whom a fingerprint stands for.
    """
    secret = salt.encode("utf-8", "surrogatepass") if isinstance(salt, str) else bytes(salt)
    key = hashlib.blake2b(secret).digest()
    canonical = json.dumps(
        [event_name, identifiers, body], sort_keys=True, separators=(",", ":"), default=str
    )
    return hashlib.blake2b(canonical.encode(), key=key, digest_size=16).hexdigest()


_CELL: Final = re.compile(r"(.+?)\[(\d{1,6})\](?:\.([^.\[\]\"]+))?", re.DOTALL)


def mended(given: EventInput, fix: Fix) -> EventInput:
    """Return ``given`` with one fix applied: an identifier, the flow's id, a variable, or one cell of an array (``products[0].price``)."""
    if fix.field in RESERVED:
        values = {name: value for name, value in given.values.items() if name != fix.field}
        return given.model_copy(update={fix.field: fix.value, "values": values})
    cell = _CELL.fullmatch(fix.field) if fix.field not in given.values else None
    rows = simple(given.values.get(cell[1])) if cell else None
    if not cell or not isinstance(rows, list) or int(cell[2]) >= len(rows):
        return given.model_copy(update={"values": {**given.values, fix.field: fix.value}})
    rows = list(rows)
    at = int(cell[2])
    rows[at] = fix.value if cell[3] is None else {**dict(rows[at]), cell[3]: fix.value}
    return given.model_copy(update={"values": {**given.values, cell[1]: rows}})
