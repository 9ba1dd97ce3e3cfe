"""A workbench with one gate and the platform that it answers: what the tests of deciding and answering work in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from tests.gate_platform import GatePlatform
from workbench import Workbench
from workbench.adapters.clock import Clock, VirtualClock
from workbench.adapters.code_pools import CodePools
from workbench.adapters.consent_lists import ConsentLists
from workbench.adapters.holds import Holds as HoldsTable
from workbench.adapters.wire import Wire
from workbench.models.gate import GATES, AddCode, AnswerOptions, Gate, GateSettings, Meaning, WriteBack
from workbench.models.hold import Hold
from workbench.models.rules import Comparison, Rule, RuleSet
from workbench.services.answering import KIND, answering
from workbench.services.crew import Crew
from workbench.services.gate_house import GateHouse
from workbench.services.holds import Holds
from workbench.services.receiving import Receiving

T = TypeVar("T")
ENVIRON = {"WORKBENCH_KEYRING": "off"}
NO_CONSENT = RuleSet(
    rules=(
        Rule(
            name="consent",
            when=Comparison(field="consent", operator="equals", value="no"),
            reason="No consent",
        ),
    )
)
CODE = {"identifier": "promo-code", "details": "SPRING"}


@dataclass
class Room:
    """One gate's whole house. ``clock`` is virtual where the test wanted it."""

    bench: Workbench
    gates: GateHouse
    crew: Crew
    holds: Holds
    gate: Gate
    platform: GatePlatform

    async def receive(self, hook: dict[str, Any] | None = None) -> str:
        """Let the platform's hook come in; return the hold's id."""
        receiving = Receiving(self.gates.house, self.gates.holds)
        receipt = await receiving.message(
            self.gate, json.dumps(hook or self.platform.hook()).encode(), via="hand"
        )
        assert receipt.status == 202, receipt
        return receipt.hold

    async def settled(self, hook: dict[str, Any] | None = None) -> Hold:
        """Let the hook come in and the hold go to its next rest."""
        return await self.holds.settle(await self.receive(hook))

    async def steps(self, id: str) -> list[str]:
        return [event.step for event in await self.holds.events(id)]

    async def change(self, **settings: Any) -> None:
        """Change the gate's settings."""
        changed = self.gate.settings.model_copy(update=settings)
        self.gate = self.gate.model_copy(update={"settings": changed})
        self.gates.house.catalogue.update(GATES, self.gate.id, lambda _: self.gate.model_dump(mode="json"))


def settings_of(platform: GatePlatform, **more: Any) -> GateSettings:
    """Return settings that reject who has no consent, and answer at once."""
    return GateSettings(**{
        "name": "Front", "key": "front", "hosts": (platform.base.split("/")[2],), "rules": NO_CONSENT,
        "answering": AnswerOptions(at_once=8), **more,
    })  # fmt: skip


def with_codes(platform: GatePlatform, pool: str = "spring") -> dict[str, Any]:
    """Return the settings by which each accepted contact gets a code."""
    return {
        "meanings": (Meaning(identifier="promo-code", does=AddCode(pool=pool, property="code")),),
        "write_back": WriteBack(base_url=f"{platform.base}/rest/1", list_id="7"),
    }


@asynccontextmanager
async def room(
    home: Path, platform: GatePlatform, *, clock: Clock | None = None, live: Sequence[str] = (), gate: Gate | None = None, **settings: Any
) -> AsyncIterator[Room]:  # fmt: skip
    """Open a workbench with a gate that answers this platform: in process, or on loopback where ``live`` names its host."""
    async with Workbench.open(
        home, live=bool(live), allowed_hosts=live, clock=clock, environ=ENVIRON
    ) as bench:
        house = bench.house if live else replace(bench.house, wire=Wire.rehearsal(platform.route))
        database = house.journal.database
        gates = GateHouse(
            house, HoldsTable(database, house.clock), CodePools(database), ConsentLists(house.home)
        )
        crew = Crew(house, {KIND: answering(gates)})
        now = house.clock.now()
        kept = gate or Gate(
            id="gat_1", settings=settings_of(platform, **settings), created_at=now, changed_at=now
        )
        house.catalogue.update(GATES, kept.id, lambda _: kept.model_dump(mode="json"))
        made = Room(bench, gates, crew, Holds(gates, crew), kept, platform)
        try:
            yield made
        finally:
            await made.holds.close()
            await crew.close()
            await house.wire.close()


async def hurried(clock: VirtualClock, work: Awaitable[T], step_s: float = 1.0) -> T:
    """Return what the work gives, the virtual clock moving on in steps while it waits."""
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait([task], timeout=0.004)
        await clock.advance(step_s)
    return task.result()
