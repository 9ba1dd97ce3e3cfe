"""SYNC GUARD: who unsubscribed is not subscribed again by a table, unless the row proves that the contact agreed since (R-SYNC-29)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from workbench.engine.consent_profiles import check_point
from workbench.engine.shop_consent import EMAIL_STATUS, SMS_STATUS, Proof, guarded, raises
from workbench.engine.shop_records import Record
from workbench.models.consent import ConsentAsk
from workbench.models.sync import ConsentConflict, SyncPlan
from workbench.models.sync_platform import Entity
from workbench.sentence import Sentence, say

from .sync_memory import Memory

if TYPE_CHECKING:
    from workbench.models.consent import ConsentDecision

    from .consent_asking import Ledger, PointChannel

CONTACT: Final[Entity] = "contact"
STATUSES: Final[dict[str, tuple[PointChannel, str]]] = {
    EMAIL_STATUS: ("email", "email"),
    SMS_STATUS: ("sms", "phone"),
}
"""The fields that subscribe somebody: the channel that each is about, and the identifier that names the contact there."""
_SAID: Final = {"opted_in": "subscribed", "opted_out": "unsubscribed"}


@dataclass(slots=True)
class Standing:
    """What is known here of one contact before the row: each field's status, and since when it unsubscribed."""

    before: dict[str, str] = field(default_factory=dict)
    since: datetime | None = None


class SyncGuard:
    """Asks the consent ledger, and what was sent before, about the contacts that rows subscribe."""

    def __init__(self, memory: Memory, consent: Ledger | None, sync: SyncPlan) -> None:
        self._memory, self._consent, self._sync = memory, consent, sync

    async def held(self, rows: Sequence[tuple[Record, Proof]]) -> list[tuple[str, Sentence] | None]:
        """Return for each record why it stays behind: the field's name and the reason; None for one that may go."""
        held: list[tuple[str, Sentence] | None] = [None] * len(rows)
        asked = [at for at, (record, _) in enumerate(rows) if raises(record)]
        standings = await self.standings([rows[at][0] for at in asked])
        for at, standing in zip(asked, standings, strict=True):
            held[at] = _verdict(*rows[at], standing, self._sync)
        return held

    async def conflicts(self, rows: Sequence[tuple[int, Record, Proof]]) -> list[ConsentConflict]:
        """Return the rows that subscribe somebody who is known here as unsubscribed, whether their proof lets them go or not."""
        asked = [(number, record, proof) for number, record, proof in rows if raises(record)]
        standings = await self.standings([record for _, record, _ in asked])
        found: list[ConsentConflict] = []
        for (number, record, proof), standing in zip(asked, standings, strict=True):
            fields = [name for name in raises(record) if standing.before.get(name) == "unsubscribed"]
            if not fields:
                continue
            held = _verdict(record, proof, standing, self._sync)
            told = guarded(record, standing.before, proof)
            sentence = held[1] if held is not None else next((problem.sentence for problem in told), None)
            found.append(ConsentConflict(
                row=number, field=fields[0], since=standing.since, source=proof.source, agreed_at=proof.at, goes=held is None,
                sentence=sentence,
            ))  # fmt: skip
        return found

    async def standings(self, records: Sequence[Record]) -> list[Standing]:
        """Return what is known here of the contacts that records subscribe, by the ledger and by what was sent before."""
        found = [Standing() for _ in records]
        if not records:
            return found
        sent = await self._memory.known(CONTACT, [record.key for record in records])
        for record, standing in zip(records, found, strict=True):
            last = sent.get(record.key)
            if last is not None:
                standing.before |= {name: str(last.body[name]) for name in STATUSES if last.body.get(name)}
        for at, name, decision in await self._decisions(records):
            if decision.event_id:  # the ledger's word is newer than what a table once said
                found[at].before[name] = _SAID.get(decision.status, "none")
                if decision.status == "opted_out":
                    found[at].since = decision.since
        return found

    async def _decisions(self, records: Sequence[Record]) -> list[tuple[int, str, ConsentDecision]]:
        """Return what the ledger says of each record's fields: the record's place, the field's name, the decision."""
        asks: list[tuple[int, str, ConsentAsk]] = []
        for at, record in enumerate(records):
            for name in raises(record):
                channel, kind = STATUSES.get(name, ("email", "email"))
                point = record.identifiers.get(kind, "")
                if point and check_point(channel, point) is None:
                    asks.append(
                        (at, name, ConsentAsk(channel=channel, point=point, designation="commercial"))
                    )
        if self._consent is None or not asks:
            return []
        decisions = await self._consent.decide([ask for _, _, ask in asks])
        return [(at, name, one) for (at, name, _), one in zip(asks, decisions, strict=True)]


def _verdict(record: Record, proof: Proof, standing: Standing, sync: SyncPlan) -> tuple[str, Sentence] | None:
    fields = raises(record)
    if standing.since is not None and proof.at is not None and proof.at <= standing.since:
        return fields[0], say(
            "The proof is of {at} UTC, and the contact unsubscribed after it, at {since} UTC. Leave the contact as it is, or give a "
            "newer proof.",
            at=f"{proof.at:%Y-%m-%d %H:%M}", since=f"{standing.since:%Y-%m-%d %H:%M}",
        )  # fmt: skip
    problems = guarded(record, standing.before, proof)
    if any(name not in standing.before for name in fields):  # what is not known may be an unsubscription
        problems += guarded(record, None, proof, sync)
    return next(((one.field, one.sentence) for one in problems if one.blocks), None)
