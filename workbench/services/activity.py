"""Activity: the journal as people read it: filter, open one exchange, compare two, repeat one as a dry run, carry it away."""

from __future__ import annotations

import json
from datetime import datetime

from workbench.engine.diff import Difference, differences
from workbench.engine.spreadsheet import csv_text
from workbench.errors import Refused
from workbench.models.base import JsonValue, Noun
from workbench.models.contact import Contact
from workbench.models.journal import Entry, EntryFilter, OutcomeCount, OutcomeSpan
from workbench.models.request import ReplyView, RequestView
from workbench.models.sending import Preview
from workbench.sentence import say

from .delivery import Delivery
from .house import House
from .roles import admin, operator, viewer

COLUMNS = (
    "id", "at", "kind", "mode", "who", "integration", "provider", "recipient", "outcome", "status", "elapsed_ms", "ids",
)  # fmt: skip
"""The columns of the journal as CSV."""


class Comparison(Noun):
    """Two exchanges side by side: what differs in the request and in the reply, path by path."""

    before: Entry
    after: Entry
    request: tuple[Difference, ...]
    reply: tuple[Difference, ...]


class Activity:
    """What a person can do with the journal."""

    def __init__(self, house: House, delivery: Delivery) -> None:
        self.house = house
        self.delivery = delivery

    @viewer
    async def entries(self, wanted: EntryFilter | None = None) -> list[Entry]:
        """Return the journal's entries that fit, the newest first."""
        return await self.house.journal.entries(wanted or EntryFilter())

    @viewer
    async def entry(self, id: str) -> Entry:
        """Return one entry; NotFound when there is none of this id."""
        return await self.house.journal.entry(id)

    @viewer
    async def outcomes(self, wanted: OutcomeSpan) -> list[OutcomeCount]:
        """Return how the messages of a time ended, span by span: what a chart is drawn of."""
        return await self.house.journal.outcomes(wanted)

    @viewer
    async def compare(self, before: str, after: str) -> Comparison:
        """Return what differs between two exchanges, in the request and in the reply."""
        one, two = await self.entry(before), await self.entry(after)
        return Comparison(
            before=one,
            after=two,
            request=tuple(differences(_request(one.request), _request(two.request))),
            reply=tuple(differences(_reply(one.reply), _reply(two.reply))),
        )

    @operator
    async def repeat(self, id: str, contact: Contact) -> Preview:
        """Return what the same integration would send now for a contact: a dry run.

        The journal holds no addresses, so the contact is given.
        """
        entry = await self.entry(id)
        if entry.integration_id is None or entry.kind == "sync":
            raise Refused(say("This entry belongs to no saved integration, so it cannot be repeated."))
        return await self.delivery.preview(entry.integration_id, contact)

    @admin
    async def export_csv(self, wanted: EntryFilter | None = None) -> str:
        """Return the entries as CSV with a header row. A cell that a spreadsheet would run as a formula starts with an apostrophe."""
        return csv_text(COLUMNS, map(_row, await self.entries(wanted)), spreadsheet=True)

    @admin
    async def purge(self, older_than: datetime) -> int:
        """Delete the entries older than a moment and return how many there were."""
        return await self.house.journal.purge(older_than)


def _row(entry: Entry) -> list[str]:
    outcome, reply = entry.outcome, entry.reply
    return [
        entry.id, entry.at.isoformat(), entry.kind, entry.mode, entry.who, entry.integration_name or "", entry.provider or "",
        entry.recipient or "", outcome.kind if outcome else "", str(reply.status) if reply else "",
        f"{reply.elapsed_ms:.0f}" if reply else "", " ".join(outcome.ids) if outcome else "",
    ]  # fmt: skip


def _request(view: RequestView | None) -> JsonValue:
    if view is None:
        return None
    return {
        "method": view.method,
        "url": view.url,
        "headers": _headers(view.headers),
        "body": _body(view.body),
    }


def _reply(view: ReplyView | None) -> JsonValue:
    return (
        None
        if view is None
        else {"status": view.status, "headers": _headers(view.headers), "body": _body(view.body)}
    )


def _headers(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def _body(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
