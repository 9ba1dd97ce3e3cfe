"""Cassette making: an exchange of the journal becomes a cassette: masked, with checks proposed, with a made-up contact to play it for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from workbench.engine.kept_answer import answer_of, masked_tree
from workbench.engine.paths import first
from workbench.engine.personal import (
    Mask,
    constants_of,
    example_of,
    filled_in,
    form_of,
    impersonal,
    masking,
    texts_of,
)
from workbench.engine.template import compile_template
from workbench.errors import Invalid, MissingSecret, NotFound
from workbench.models.assertion import Assertion, Capture
from workbench.models.base import JsonValue
from workbench.models.cassette import Answer
from workbench.models.contact import Contact
from workbench.models.integration import Integration, Settings
from workbench.models.journal import Entry
from workbench.models.payload import Slot
from workbench.models.request import Outcome, RequestView
from workbench.models.work import RowFilter
from workbench.sentence import Sentence

from .house import House
from .sending import opened_key


@dataclass(frozen=True, slots=True)
class Impersonal:
    """An exchange as it may be kept: what came from the contact and every secret is masked."""

    request: RequestView | None
    answer: Answer | None
    outcome: Outcome | None


class Masks:
    """What is taken out of one exchange: the integration's secrets, the contact's texts, what looks like an address or a number."""

    def __init__(self, mask: Mask, constants: frozenset[str]) -> None:
        self.mask = mask
        self._constants = constants

    @classmethod
    async def of(
        cls,
        house: House,
        integration: Integration | None,
        contact: Contact | None = None,
        request: RequestView | None = None,
    ) -> Masks:
        """Return what masks an exchange: of a contact where it is known, and of what the request itself shows to be filled in."""
        settings = integration.settings if integration else None
        constants = constants_of(_payload(settings)) if settings else frozenset[str]()
        values = dict.fromkeys(texts_of(contact) if contact else ())
        values |= dict.fromkeys(filled_in(request, constants) if request else ())
        secrets = await asyncio.to_thread(_secrets, house, settings) if settings else {}
        return cls(masking(values, house.home.salt, secrets), constants)

    def exchange(self, entry: Entry) -> Impersonal:
        """Return a journal's exchange as it may be kept."""
        return Impersonal(
            request=impersonal(entry.request, self._constants, self.mask) if entry.request else None,
            answer=answer_of(entry.reply, self.mask) if entry.reply else None,
            outcome=self.outcome(entry.outcome) if entry.outcome else None,
        )

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return an outcome with the same masked in its sentence and in the provider's words."""
        errors = tuple(
            error.model_copy(update={"message": self.mask(error.message)}) for error in outcome.errors
        )
        return outcome.model_copy(
            update={
                "sentence": self._sentence(outcome.sentence),
                "errors": errors,
                "ids": tuple(map(self.mask, outcome.ids)),
            }
        )

    def assertion(self, assertion: Assertion) -> Assertion:
        """Return a check that compares with no secret and no person's value: these become what they are in a masked answer."""
        return assertion.model_copy(
            update={"path": self.mask(assertion.path), "expected": masked_tree(assertion.expected, self.mask)}
        )

    def capture(self, capture: Capture) -> Capture:
        """Return a capture without a secret in its place."""
        return capture.model_copy(update={"path": self.mask(capture.path)})

    def _sentence(self, sentence: Sentence) -> Sentence:
        values = {
            name: self._sentence(value)
            if isinstance(value, Sentence)
            else self.mask(value)
            if isinstance(value, str)
            else value
            for name, value in sentence.values.items()
        }
        return Sentence(sentence.text, values)


def example_contact(settings: Settings, request: RequestView | None, contact: Contact | None) -> Contact:
    """Return a made-up contact that fills the payload: of the shape of ``contact`` where it is known, else of what was sent."""
    kind = settings.identifier.key
    if contact is not None:
        return example_of(contact, kind)
    try:
        slots: Sequence[Slot] = compile_template(settings.payload).slots
    except Invalid:
        slots = ()
    sent = _sent(request)
    variables: dict[str, Any] = {}
    user_data: dict[str, dict[str, JsonValue]] = {}
    for slot in slots:
        value = _at(sent, slot.path) if slot.whole else None
        value = "text" if value is None else value
        if slot.kind in ("variable", "text") and slot.key not in ("email", "phone"):
            _put(variables, slot.key.split(".") if slot.kind == "variable" else [slot.key], value)
        elif slot.kind == "user_data":
            _, _, rest = slot.key.partition("|")
            feed, _, name = rest.partition("|")
            user_data.setdefault(feed, {})[name] = value
    identifiers = dict.fromkeys(("email", "phone", kind), "")
    return example_of(Contact(identifiers=identifiers, variables=variables, user_data=user_data), kind)


async def contact_of_row(house: House, entry: Entry) -> Contact | None:
    """Return the contact of the job's row that an entry is of; None where there is no such row, or it was erased."""
    if entry.job_id is None:
        return None
    after = 0
    try:
        key = await opened_key(house, (await house.ledger.job(entry.job_id)).job)
        while rows := await house.ledger.rows(entry.job_id, RowFilter(after=after, limit=1000)):
            for row in rows:
                if row.entry_id == entry.id:
                    data = await house.ledger.row_data(entry.job_id, row.number)
                    return contact_in(key.open(data).decode() if key else data)
            after = rows[-1].number
    except (NotFound, MissingSecret):
        return None
    return None


def contact_in(data: str) -> Contact | None:
    """Return the contact in a row of a job; None where it is none."""
    try:
        found = json.loads(data)
        parts: Mapping[str, Any] = {
            name: found[name] for name in ("identifiers", "variables", "user_data") if name in found
        }
        return Contact.model_validate(parts)
    except (ValueError, TypeError, ValidationError):
        return None


def _payload(settings: Settings) -> JsonValue:
    """Return the payload's JSON with its slots as they are written; None where it is none."""
    try:
        return json.loads(settings.payload)
    except (ValueError, RecursionError):
        return None


def _secrets(house: House, settings: Settings) -> dict[str, str]:
    opened, _ = house.open_secrets(settings.secrets())
    return {secret: ref.hint for ref in settings.secrets() if (secret := opened.get(ref.handle))}


def _sent(request: RequestView | None) -> JsonValue:
    """Return the values that a request's body holds; of one that cannot be taken apart, that it names somebody."""
    try:
        return json.loads(request.body) if request else None
    except (ValueError, RecursionError):
        pairs = form_of(request) if request else None
        named = {name: value for name, value in pairs or () if "[" not in name}
        return named or {"email": "", "phone": ""}


def _at(tree: JsonValue, path: str) -> JsonValue:
    return first(tree, path or "$")


def _put(into: dict[str, Any], steps: Sequence[str], value: JsonValue) -> None:
    """Put a value under nested names; a name that holds something else already stays as it is."""
    for step in steps[:-1]:
        below = into.setdefault(step, {})
        if not isinstance(below, dict):
            return
        into = cast(dict[str, Any], below)
    into.setdefault(steps[-1], value)
