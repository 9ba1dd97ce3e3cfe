"""Consent files: the audit as a file, events brought in from one, and a month of texts and events played through in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Literal

from workbench.adapters.clock import new_id
from workbench.engine.consent import in_order
from workbench.engine.consent_profiles import asked_of
from workbench.engine.consent_rows import ReadRow, audit_lines, audit_row, audit_table, read_rows
from workbench.errors import Refused
from workbench.models.base import Problem
from workbench.models.consent import ConsentAsk, ConsentEvent, ConsentImport, ConsentReplay
from workbench.sentence import say

from .consent_hearing import Rules, hear
from .consent_house import record_of

if TYPE_CHECKING:
    from .consent_hearing import Hearing
    from .consent_house import ConsentHouse

MOST_EXPORTED: Final = 200_000
"""Events of one audit file."""
MOST_TOLD: Final = 200
"""Problems of a file that are told."""


class ConsentFiles:
    """Reads and writes files of consent events."""

    def __init__(self, doors: ConsentHouse, hearing: Hearing) -> None:
        self._doors, self._hearing = doors, hearing

    async def export(
        self, until: datetime | None, since: datetime | None, form: Literal["csv", "ndjson"]
    ) -> str:
        """Return every event of a time in the order it came, points masked."""
        rows = []
        async for piece in self._doors.log.each(until):
            shown = await self._doors.in_words(piece)
            rows += [
                audit_row(event, kept.digest)
                for event, kept in zip(shown, piece, strict=True)
                if since is None or event.at >= since
            ]
            if len(rows) > MOST_EXPORTED:
                raise Refused(say(
                    "The audit has more than {most} events. Narrow it to a shorter time, and export one after the other.",
                    most=MOST_EXPORTED,
                ))  # fmt: skip
        return await asyncio.to_thread(audit_table if form == "csv" else audit_lines, rows)

    async def bring_in(self, text: str) -> ConsentImport:
        """Keep the events of a file; each of a known time once, however often the file comes."""
        now = self._doors.house.clock.now()
        rows, problems = await asyncio.to_thread(read_rows, text, now)
        rules = await self._hearing.rules()
        found: list[tuple[ConsentEvent, str]] = []
        for row in rows:
            event = self._imported(row, rules, now)
            if isinstance(event, Problem):
                problems.append(event)
            else:
                found.append((event, self._once(event) if row.dated else ""))
        kept = await self._doors.log.add(await self._doors.all_kept(found)) if found else []
        told = sorted(problems, key=lambda problem: problem.line or 0)[:MOST_TOLD]
        return ConsentImport(kept=sum(kept), known=len(kept) - sum(kept), problems=tuple(told))

    def _imported(self, row: ReadRow, rules: Rules, now: datetime) -> ConsentEvent | Problem:
        event = row.event
        if event is None:
            return Problem(field="rows", line=row.line, sentence=say(
                "This row is an inbound text, no consent: it has no status. Play such a file through with replay."
            ))  # fmt: skip
        if event.status == "opted_in" and not row.dated:
            return Problem(field="rows", line=row.line, sentence=say(
                "The opt-in does not say when it was given. Add the column “at”, such as {example}.", example="2026-03-01T09:30:00Z"
            ))  # fmt: skip
        ask = ConsentAsk(
            channel=event.channel, point=event.point, profile=event.profile, purpose=event.purpose, topic=event.topic
        )  # fmt: skip
        try:
            asked = asked_of(ask, rules.profiles, rules.settings)
        except Refused as refused:
            return Problem(field="rows", line=row.line, sentence=refused.sentence)
        purpose = asked.purpose.key if event.scope == "purpose" else event.purpose
        happened = min(event.provider_at or event.at, now)
        return event.model_copy(
            update={"id": new_id("con"), "at": now, "provider_at": happened, "purpose": purpose, "who": self._doors.house.person.name}
        )  # fmt: skip

    def _once(self, event: ConsentEvent) -> str:
        """Return what is the same whenever this change is brought in again."""
        named = event.model_dump_json(exclude={"id", "at", "point", "who"})
        point = self._doors.digest(event.channel, event.point)
        return f"import|{blake2b((point + named).encode(), digest_size=16).hexdigest()}"

    async def replay(self, text: str, moment: datetime | None, asks: Sequence[ConsentAsk]) -> ConsentReplay:
        """Play a file through the rules of now; nothing is kept."""
        now = self._doors.house.clock.now()
        rows, problems = await asyncio.to_thread(read_rows, text, now)
        rules = await self._hearing.rules()
        return await asyncio.to_thread(self._replayed, rows, problems, rules, moment or now, asks, now)

    def _replayed(
        self, rows: Sequence[ReadRow], problems: Sequence[Problem], rules: Rules, until: datetime, asks: Sequence[ConsentAsk], now: datetime
    ) -> ConsentReplay:  # fmt: skip
        events: list[ConsentEvent] = []
        reviews = 0
        for row in rows:
            if row.event is not None:
                events.append(row.event.model_copy(update={"id": f"row {row.line:07}"}))
            elif row.inbound is not None:
                heard = hear(row.inbound, rules, row.inbound.at or now)
                reviews += heard.likely
                events += [
                    one.model_copy(update={"id": f"row {row.line:07}.{at}"})
                    for at, one in enumerate(heard.events)
                ]
        standing, shown = self._doors.in_memory(event for event in events if event.at <= until)
        decisions = [
            self._doors.decided(
                ask,
                standing.get(self._doors.digest(ask.channel, ask.point), ()),
                rules.profiles,
                rules.settings,
            )
            for ask in asks
        ]
        lines = [(event, digest) for digest, found in shown.items() for event in found]
        lines.sort(key=lambda one: in_order(one[0]))
        records = [record_of(event, digest) for digest, found in standing.items() for event in found]
        return ConsentReplay(
            events=len(events), moment=until, reviews=reviews, decisions=tuple(decisions), problems=tuple(problems[:MOST_TOLD]),
            records=tuple(sorted(records, key=lambda one: one.changed_at, reverse=True)),
            audit=audit_lines(audit_row(event, digest) for event, digest in lines),
        )  # fmt: skip
