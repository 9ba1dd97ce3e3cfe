"""Receiving: a hook comes in, by HTTP or from a queue. It is stored, then acknowledged, and what it asks for begins afterwards.

The platform waits one second at most and never sends a hook again; what was not acknowledged times out there
(https://help.symplify.com/hc/en-us/articles/360011230659-Webhooks). So nothing is done here but to keep the hook.

Answers: 202 stored, whether it came before or not (any 2xx acknowledges) · 400 no hook · 401 and 403 not from the platform · 404 no such
gate · 413 too large · 503 the gate is closed or the disk takes nothing: the platform has to see that nobody will answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from workbench.adapters.clock import new_id
from workbench.engine.hooks import finish_digest, mask_uri, read_hook
from workbench.errors import StorageFault
from workbench.models.base import Problem
from workbench.models.gate import CAMPAIGN_MANAGER_LIMIT_MIN, PLATFORM, Gate, GateSettings, Hook, ReadHook
from workbench.models.hold import Hold, HoldEvent
from workbench.models.journal import Entry
from workbench.models.request import Headers
from workbench.sentence import Sentence, say

from .doorway import Doorway, may_call_from
from .house import House
from .told import Told

if TYPE_CHECKING:
    from workbench.adapters.holds import Holds

BODY_BYTES: Final = 1_048_576
"""The largest hook: what a queue takes at most. One with a thousand actions is smaller."""
AT_ONCE: Final = 16_384
"""Bytes up to which reading a hook is done at once: that takes a few milliseconds."""

Via = Literal["http", "sqs", "hand"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is answered to a hook: the status and a small JSON. ``hold`` is the hold that it opened, or had opened before."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    hold: str = ""
    duplicate: bool = False


class Receiving:
    """Takes the hooks of all gates. ``on_received`` is called with the id of each new hold, so that work on it begins at once."""

    def __init__(self, house: House, holds: Holds) -> None:
        self.house = house
        self.holds = holds
        self.doorway = Doorway(house)
        self.on_received: Callable[[str], object] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hooks are sealed")
        self._strangers = Told(house)

    async def http(self, key: str, headers: Headers, body: bytes, peer: str) -> Receipt:
        """Take what was posted to the gate of this key; return what is answered. ``peer`` is the address that the call came from."""
        return await self.admits(key, headers, peer) or await self.taken(key, body)

    async def admits(self, key: str, headers: Headers, peer: str) -> Receipt | None:
        """Return why a call is turned away, before its body is read; None where it may come in."""
        try:
            return await self._admits(key, headers, peer)
        except StorageFault as fault:
            return _refusal(503, fault.sentence)

    async def taken(self, key: str, body: bytes) -> Receipt:
        """Take the body of a call that was admitted; return what is answered."""
        if len(body) > BODY_BYTES:
            return _refusal(413, say("The hook is larger than {most} bytes.", most=BODY_BYTES))
        try:
            door = (await self.doorway.doors()).get(key)
            if door is None:  # deleted while the body came
                return _refusal(404, say("There is no gate at this address."))
            return await self.message(door.gate, body, via="http")
        except StorageFault as fault:
            return _refusal(503, fault.sentence)

    async def message(
        self,
        gate: Gate,
        body: bytes,
        *,
        sent_at: datetime | None = None,
        via: Via = "sqs",
        quietly: bool = False,
    ) -> Receipt:
        """Take a hook that came from the gate's queue, or by hand; return what became of it: 202, or 400 where it is no hook.

        The platform's time runs since ``sent_at``. ``quietly`` leaves one that is no hook out of the journal: it was told before.
        Raises StorageFault: then it was not kept.
        """
        reading = await self._read(body)
        if reading.hook is None:
            if not quietly:
                await self._turned_away(gate, f"no hook: {_places(reading.problems)}")
            return _no_hook(reading.problems)
        return await self._keep(gate, reading.hook, body, via, sent_at)

    # ------------------------------------------------------------------------------------------------------------------

    async def _admits(self, key: str, headers: Headers, peer: str) -> Receipt | None:
        door = (await self.doorway.doors()).get(key)
        door = door if door is not None and door.settings.kind == "http" else None
        may_enter = self.doorway.may_enter(door, headers)
        if door is None:
            return _refusal(404, say("There is no gate at this address."))
        if not may_call_from(door.settings.source_ips, peer):
            await self._turned_away(door.gate, "turned away: it came from another address than those allowed")
            return _refusal(403, say("The gate does not take calls from this address."))
        if not may_enter:
            await self._turned_away(door.gate, "turned away: its user, password or header is not the gate's")
            return _refusal(401, say("The user, password or header is not the one that the gate expects."))
        if not door.gate.open:
            await self._turned_away(door.gate, "turned away: the gate is closed")
            return _refusal(503, say("The gate is closed. Open it in the workbench, then send again."))
        return None

    async def _read(self, body: bytes) -> ReadHook:
        if len(body) > BODY_BYTES:
            too_large = say("The hook is larger than {most} bytes.", most=BODY_BYTES)
            return ReadHook(problems=(Problem(field="hook", sentence=too_large),))
        return read_hook(body) if len(body) <= AT_ONCE else await asyncio.to_thread(read_hook, body)

    async def _keep(self, gate: Gate, hook: Hook, body: bytes, via: Via, sent_at: datetime | None) -> Receipt:
        now = self.house.clock.now()
        hold = _hold_of(gate, hook, self.house.mode, via, min(sent_at or now, now), now)
        loop = asyncio.get_running_loop()
        sealed, key = await loop.run_in_executor(self._thread, self._seal, body)
        digest = finish_digest(hook.finish_uri, self.house.home.salt)

        def entry(id: str, duplicate: bool) -> Entry:
            said = "the hook came again" if duplicate else "a hook came"
            return self._entry(
                gate, f"{said}: {hook.kind} of “{hook.sendout_name}”, {hold.finish}, hold {id}"
            )

        id, duplicate = await self.holds.receive(
            hold, sealed, digest, key, events=[_received(hold, now)], entry=entry
        )
        if not duplicate and self.on_received is not None:
            self.on_received(id)
        return Receipt(202, {"received": True, "hold": id}, id, duplicate)

    def _seal(self, body: bytes) -> tuple[str, str]:
        """Return the hook sealed with a key of its own, and that key sealed by the vault."""
        from workbench.adapters.sealed_rows import RowKey

        key = RowKey.new()
        return key.seal(body), self.house.vault.seal_data(key.text.encode())

    async def _turned_away(self, gate: Gate, detail: str) -> None:
        """Tell the journal of a call that had no effect, so many a minute; the next one tells how many were left out."""
        await self._strangers.tell(self._entry(gate, detail))

    def _entry(self, gate: Gate, detail: str) -> Entry:
        return Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="gate", mode=self.house.mode, who="platform", integration_id=gate.id,
            integration_name=gate.settings.name or gate.settings.key, provider=PLATFORM, detail=detail,
        )  # fmt: skip


def _hold_of(
    gate: Gate, hook: Hook, mode: Literal["rehearsal", "live"], via: Via, opened: datetime, now: datetime
) -> Hold:
    known = {meaning.identifier for meaning in gate.settings.meanings}
    actions = tuple(dict.fromkeys(hook.actions))
    unknown = dict.fromkeys(action.identifier for action in actions if action.identifier not in known)
    return Hold(
        id=new_id("hld"),
        gate_id=gate.id,
        kind=hook.kind,
        state="received",
        mode=mode,
        via=via,
        host=urlsplit(hook.finish_uri).netloc.lower(),
        finish=mask_uri(hook.finish_uri),
        project_name=hook.project_name,
        journey_name=hook.journey_name,
        sendout_name=hook.sendout_name,
        actions=actions,
        unknown_actions=tuple(unknown),
        opened_at=opened,
        limit_at=opened + timedelta(minutes=limit_min(gate.settings, hook.journey_name)),
        changed_at=now,
    )


def limit_min(settings: GateSettings, journey_name: str) -> int:
    """Return how many minutes the platform waits: the first limit that fits the name, else Campaign Manager's hour."""
    name = journey_name.strip().casefold()
    for limit in settings.limits:
        if limit.journey_name.strip().casefold() in ("", name):
            return limit.minutes
    return CAMPAIGN_MANAGER_LIMIT_MIN


def _received(hold: Hold, now: datetime) -> HoldEvent:
    via = {"http": say("by HTTP"), "sqs": say("by a queue"), "hand": say("by hand")}[hold.via]
    sentence = say("The hook came {via}, was stored, and acknowledged.", via=via)
    return HoldEvent(at=now, step="received", sentence=sentence, who="platform")


def _refusal(status: int, sentence: Sentence) -> Receipt:
    return Receipt(status, {"received": False, "reason": str(sentence)})


def _no_hook(problems: tuple[Problem, ...]) -> Receipt:
    told = [
        {"field": one.field, "line": one.line, "column": one.column, "reason": _reason(one)}
        for one in problems
        if one.blocks
    ]
    return Receipt(
        400, {"received": False, "reason": "This is no Send Gate Plus hook.", "problems": told[:20]}
    )


def _reason(problem: Problem) -> str:
    """Return a problem's sentence; those about the JSON itself repeat pieces of it, which may be of an address."""
    return str(say("The JSON cannot be read here.")) if problem.field == "hook" else str(problem.sentence)


def _places(problems: tuple[Problem, ...]) -> str:
    return "; ".join(
        f"{one.field} (line {one.line}, column {one.column})" for one in problems[:5] if one.blocks
    )
