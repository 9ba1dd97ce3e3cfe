"""Calls: the rows of the job that answers a hold. First what is written back, then the rejects, then the finish.

Each row is sealed under the hold's key: whoever forgets the key forgets the addresses and ids in the ledger too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from workbench.engine.answer_calls import pace_of
from workbench.engine.effects import Effects, effects_of, identifier_of
from workbench.errors import Refused
from workbench.models.contact import Contact
from workbench.models.gate import GateSettings
from workbench.models.hold import Hold
from workbench.models.integration import IdentifierType, Integration
from workbench.models.rules import Verdict
from workbench.models.work import Job, JobOptions
from workbench.sentence import say

from .answering import KIND
from .gate_house import GateHouse, Opened, dumped, loaded
from .integrations import KIND as INTEGRATIONS

if TYPE_CHECKING:
    from workbench.adapters.holds import KeptItem

PIECE: Final = 1000
"""Contacts that are read, and rows that are added, at a time."""


class Filled(NamedTuple):
    """How many rows of each kind a job got, and whether the last of them is the finish."""

    writes: int = 0
    cancels: int = 0
    finishes: bool = True


def job_for(gates: GateHouse, hold: Hold, settings: GateSettings, job_id: str, who: str) -> Job:
    """Return the job that answers a hold, not kept yet and without rows. Every call may be made again without a second effect."""
    now = gates.house.clock.now()
    return Job(
        id=job_id, kind=KIND, title=hold.sendout_name[:120] or hold.finish, mode=gates.house.mode, who=who,
        account=account_of(hold), host=hold.host, spec={"hold": hold.id},
        options=JobOptions(at_once=max(2, settings.answering.at_once), repeat="always", record="outcome"),  # the finish waits in one
        repeatable=True, created_at=now, changed_at=now,
    )  # fmt: skip


def account_of(hold: Hold) -> str:
    """Return the name of the account whose pace the calls keep to: this gate's at this host."""
    return f"gate:{hold.gate_id}:{hold.host}"


def finishes(hold: Hold) -> bool:
    """Return whether the finish is called at all.

    A rejected single needs none, and one that came all the same could release it; and where everybody is rejected, but rows of the file are
    no contact that could be, the finish would send those.
    """
    tally = hold.tally
    return bool(tally.accepted) or (hold.kind == "batch" and not tally.bad)


async def fill(gates: GateHouse, hold: Hold, opened: Opened, settings: GateSettings, job: Job) -> Filled:
    """Keep the job and add all its rows; it does not run yet. Raises Refused where a pool has too few codes."""
    await gates.house.budgets.declare(job.account, pace_of(settings.answering.per_second))
    await gates.house.ledger.create(job)
    return await _Filling(gates, hold, opened, settings, job.id).fill()


class _Filling:
    """One job on its way to its rows."""

    def __init__(
        self, gates: GateHouse, hold: Hold, opened: Opened, settings: GateSettings, job_id: str
    ) -> None:
        self._gates = gates
        self._hold = hold
        self._hook, self._key = opened
        self._job_id = job_id
        self._effects: Effects = effects_of(settings, self._hook.actions)
        self._missing: dict[str, int] = {}
        self._seen: set[str] = set()

    async def fill(self) -> Filled:
        identifiers = {id: await self._identifier(id) for id in self._effects.sends}
        writes = 0
        if self._effects.calls_each:
            async for piece in self._pieces("accept"):
                first = [item for item in piece if item.key not in self._seen]
                self._seen.update(item.key for item in first)
                codes = await self._codes(first)
                writes = await self._added(
                    await asyncio.to_thread(self._writes, first, codes, identifiers), writes
                )
        if self._missing:
            pool, count = next(iter(self._missing.items()))
            raise Refused(say(
                "The pool “{pool}” has too few codes: {count} contacts would get none. Add codes, then answer again.",
                pool=pool, count=count,
            ))  # fmt: skip
        total = writes
        async for piece in self._pieces("reject"):
            rows = await asyncio.to_thread(self._cancels, piece)
            total = await self._added(rows, total)
        filled = Filled(writes, total - writes, finishes(self._hold))
        if filled.finishes:
            await self._added([self._sealed("finish", self._hook.finish_uri, writes, total)], total)
        return filled

    async def _pieces(self, verdict: Verdict) -> AsyncIterator[Sequence[KeptItem]]:
        after = 0
        while found := await self._gates.holds.kept_items(self._hold.id, verdict, after, PIECE):
            yield found
            after = found[-1].number

    async def _codes(self, items: Sequence[KeptItem]) -> dict[str, list[str]]:
        """Return the codes of each pool for these contacts: the same again for those that have theirs."""
        taken: dict[str, list[str]] = {}
        for pool in dict.fromkeys(pool for pool, _ in self._effects.codes):
            codes = await self._gates.pools.take(pool, self._hold.id, [item.key for item in items])
            if missing := sum(code is None for code in codes):
                self._missing[pool] = self._missing.get(pool, 0) + missing
            taken[pool] = [code or "" for code in codes]
        return taken

    def _writes(
        self, items: Sequence[KeptItem], codes: dict[str, list[str]], identifiers: dict[str, IdentifierType]
    ) -> list[str]:
        rows = []
        for at, item in enumerate(items):
            contact, _, properties = loaded(self._key.open(item.sealed))
            if self._effects.writes:
                own = {name: codes[pool][at] for pool, name in self._effects.codes}
                rows.append(
                    self._sealed("write", contact, {**self._effects.properties, **own}, sorted(own.values()))
                )
            for id, kind in identifiers.items():
                known = properties or {}
                message = Contact(
                    identifiers={kind.key: identifier_of(kind, contact, known)},
                    variables={
                        "id": contact,
                        **known,
                        **{name: codes[pool][at] for pool, name in self._effects.codes},
                    },
                )
                rows.append(self._sealed("send", contact, id, message.model_dump_json(exclude_defaults=True)))
        return rows

    def _cancels(self, items: Sequence[KeptItem]) -> list[str]:
        opened = (loaded(self._key.open(item.sealed)) for item in items)
        return [self._sealed("cancel", contact, uri) for contact, uri, _ in opened]

    def _sealed(self, *values: Any) -> str:
        return self._key.seal(dumped(*values))

    async def _added(self, rows: list[str], total: int) -> int:
        """Add the rows; return how many the job has now."""
        return await self._gates.house.ledger.add(self._job_id, rows) if rows else total

    async def _identifier(self, integration: str) -> IdentifierType:
        document = await asyncio.to_thread(self._gates.house.catalogue.get, INTEGRATIONS, integration)
        return Integration.model_validate(document).settings.identifier
