"""SMS uses: where an account or a sender is used, so that nobody takes it away unasked (R-SMS-10)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from workbench.errors import NotFound
from workbench.models.phone import number_key
from workbench.models.sms_account import SenderUse, SmsAccount
from workbench.models.work import JobFilter
from workbench.sentence import N_, Sentence, say

from .house import House

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.deliveries import Deliveries

_KINDS: Final = (("integrations", "integration"), ("gates", "gate"), ("channel_designs", "channel"))
"""Kinds of the catalogue whose documents may name an account, and what a use of each is called."""
_WORDS: Final = {
    "delivery": N_("{count} deliveries"),
    "job": N_("the job “{name}”"),
    "integration": N_("the integration “{name}”"),
    "gate": N_("the gate “{name}”"),
    "channel": N_("the channel “{name}”"),
}


async def uses_of(
    house: House, deliveries: Deliveries | None, account: SmsAccount, sender_id: str
) -> list[SenderUse]:
    """Return the uses of an account, or of one of its senders. Raises NotFound for a sender that it does not have."""
    senders = [one for one in account.settings.senders if sender_id in ("", one.id)]
    if sender_id and not senders:
        raise NotFound(say("The sender is not in the account “{account}” any more.", account=account.name))
    found: list[SenderUse] = []
    if deliveries is not None:
        counts = await deliveries.sender_counts(account.id)
        keys = {number_key(one.value): one for one in senders}
        for value, count in sorted(counts.items()):
            sender = keys.get(number_key(value))
            if sender is not None or not sender_id:
                name = (sender.name or sender.value) if sender is not None else value
                found.append(
                    SenderUse(what="delivery", id=sender.id if sender else value, name=name, count=count)
                )
    wanted = [sender_id] if sender_id else [account.id, *(one.id for one in senders if one.id)]
    for progress in await house.ledger.jobs(JobFilter(limit=500)):
        job = progress.job
        if job.state not in ("done", "cancelled") and _names(json.dumps(job.spec), wanted):
            found.append(SenderUse(what="job", id=job.id, name=job.title))
    return found + await asyncio.to_thread(_documents, house, wanted)


def uses_told(uses: Sequence[SenderUse]) -> Sentence:
    """Return the uses as a list of words; deliveries are one item."""
    sent = sum(one.count for one in uses if one.what == "delivery")
    items = [Sentence(_WORDS["delivery"], {"count": sent})] if sent else []
    items += [Sentence(_WORDS[one.what], {"name": one.name}) for one in uses if one.what != "delivery"]
    return _joined(items[:10])


def _joined(items: Sequence[Sentence]) -> Sentence:
    first, *rest = items
    return say("{first}, {rest}", first=first, rest=_joined(rest)) if rest else first


def _documents(house: House, wanted: Sequence[str]) -> list[SenderUse]:
    found = []
    for kind, what in _KINDS:
        for document in house.catalogue.all(kind):
            if _names(json.dumps(document), wanted):
                settings = document.get("settings", document)
                found.append(SenderUse(what=what, id=str(document["id"]), name=str(settings.get("name", ""))))
    return found


def _names(text: str, ids: Sequence[str]) -> bool:
    """Return whether a document names one of these ids; they are random and long, so the text says enough."""
    return any(id and f'"{id}"' in text for id in ids)
