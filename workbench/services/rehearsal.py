"""Rehearsal: has the stand-in of the platform hold a sendout for a saved gate, moves its clock, and tells how each contact ends."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from workbench.errors import Invalid, MissingSecret, NotFound, Refused, Unreachable
from workbench.models.base import Problem, SecretRef
from workbench.models.gate import GATES, Gate, GateSettings
from workbench.models.platform import Ended, Sendout, Standing, Target
from workbench.models.request import Failure, Reply, Request
from workbench.sentence import say

from .roles import operator, viewer

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from .house import House

PROVIDER: Final = "platform"
"""The key by which the wire finds the stand-in."""
IN_PROCESS: Final = "http://platform.sandbox.localhost"
"""Where the stand-in is, unless it is served on a port."""
GATE_IN_PROCESS: Final = "http://gate.sandbox.localhost"
"""Where a gate is, unless a server is told: whoever joins both delivers by the path alone."""

WAIT_S: Final = 15.0
"""Seconds for an answer of the stand-in, beyond those that it waits for an acknowledgement itself."""
MOST_ENDINGS: Final = 1000
MOST_MINUTES: Final = 1_000_000


class Rehearsal:
    """The stand-in of the platform, as a tester uses it. ``at`` is its address, ``server`` that of the process that receives its hooks."""

    def __init__(self, house: House, *, at: str | None = None, server: str | None = None) -> None:
        self.house = house
        self.at = (at or IN_PROCESS).rstrip("/")
        self.server = (server or GATE_IN_PROCESS).rstrip("/")

    @operator
    async def fire(self, gate: str, sendout: Sendout) -> Standing:
        """Hold a sendout and deliver its hook to a saved gate (by id, key or name); return where it stands then.

        Raises Refused in live mode and for a sendout that cannot be played, NotFound for the gate.
        """
        self._rehearsed()
        target = await asyncio.to_thread(self.target, gate)
        body = sendout.model_copy(update={"target": target}).model_dump_json().encode()
        answer = await self._ask(
            "POST", "/sendouts", body, wait_s=WAIT_S + max(WAIT_S, sendout.breaker.ack_s)
        )
        return Standing.model_validate(answer)

    @viewer
    async def standings(self) -> list[Standing]:
        """Return where every sendout stands, the newest first."""
        answer = await self._ask("GET", "/sendouts")
        return await self._seen([Standing.model_validate(item) for item in answer["sendouts"]])

    @viewer
    async def standing(self, id: str) -> Standing:
        """Return where a sendout stands. Raises NotFound."""
        seen = await self._seen([Standing.model_validate(await self._ask("GET", _path(id)))])
        if not seen:
            raise _unknown()
        return seen[0]

    @viewer
    async def endings(self, id: str, after: int = 0, limit: int = 50) -> list[Ended]:
        """Return how the contacts after number ``after`` ended, at most ``limit`` (up to 1,000) of them. Raises NotFound."""
        if self.house.person.units:
            await self.standing(id)  # NotFound where it is another unit's
        after, limit = max(0, min(after, 10**9 - 1)), max(0, min(limit, MOST_ENDINGS))
        answer = await self._ask("GET", f"{_path(id)}/endings?after={after}&limit={limit}")
        return [Ended.model_validate(item) for item in answer["endings"]]

    @operator
    async def advance(self, minutes: float) -> list[Standing]:
        """Move the platform's clock on by ``minutes``, and return where every sendout stands then, the newest first.

        Raises Refused while another unit's sendout waits: there is one clock for all.
        """
        if not 0 <= minutes <= MOST_MINUTES:
            raise Refused(
                say(
                    "The platform's clock is moved on by 0 to {most} minutes. Type such a number.",
                    most=MOST_MINUTES,
                )
            )
        there = await self._ask("GET", "/sendouts")
        waiting = [Standing.model_validate(item) for item in there["sendouts"] if item.get("waiting")]
        if len(await self._seen(waiting)) < len(waiting):
            raise Refused(
                say("A sendout of another unit waits on the same clock. Move it on when that one has ended.")
            )
        answer = await self._ask("POST", "/clock", json.dumps({"advance_min": minutes}).encode())
        return await self._seen([Standing.model_validate(item) for item in answer["sendouts"]])

    async def _seen(self, standings: list[Standing]) -> list[Standing]:
        """Return the sendouts that are not for a gate of a unit that the caller does not work for."""
        unseen = await asyncio.to_thread(self.house.catalogue.unseen, GATES)
        theirs = {self._at_gate(GateSettings.model_validate(one["settings"])) for one in unseen}
        return [one for one in standings if one.sendout.target.url not in theirs]

    async def _ask(
        self, method: str, path: str, body: bytes = b"", *, wait_s: float = WAIT_S
    ) -> dict[str, Any]:
        self._rehearsed()
        headers = (("Content-Type", "application/json"), ("Accept", "application/json"))
        request = Request(method=method, url=self.at + path, headers=headers, body=body, provider=PROVIDER)
        answer = await self.house.wire.send(request, total_s=wait_s)
        if isinstance(answer, Failure):
            raise Unreachable(
                say("The stand-in of the platform does not answer: {reason}", reason=answer.sentence)
            )
        return _read(answer)

    def _rehearsed(self) -> None:
        if self.house.mode != "rehearsal":
            raise Refused(
                say(
                    "This workbench is live, and the stand-in of the platform is for rehearsals only. "
                    "Start one without “live” to rehearse a sendout."
                )
            )

    def target(self, gate: str) -> Target:
        """Return where a gate's hooks go, with its key."""
        settings = self._gate(gate).settings
        if settings.kind == "sqs":
            return Target(
                kind="sqs",
                url=settings.queue_url,
                auth=settings.auth,
                name=settings.access_key_id,
                token=self._secret(settings.secret_access_key),
                region=settings.queue_region or Target().region,
            )
        name, key = _key_of(settings)
        return Target(
            url=self._at_gate(settings),
            auth=settings.auth,
            name=name,
            token=self._secret(key),
        )

    def _at_gate(self, settings: GateSettings) -> str:
        """Return where the hooks of a gate with these settings go."""
        return (
            settings.queue_url
            if settings.kind == "sqs"
            else f"{self.server}/gate/{quote(settings.key, safe='')}"
        )

    def _gate(self, wanted: str) -> Gate:
        gates = [Gate.model_validate(item) for item in self.house.catalogue.all(GATES)]
        by_name = wanted.strip().lower()
        for found in (
            [gate for gate in gates if gate.id == wanted],
            [gate for gate in gates if gate.settings.key == wanted],
            [gate for gate in gates if gate.settings.name.strip().lower() == by_name],
        ):
            if len(found) == 1:
                return found[0]
        raise NotFound(
            say("There is no gate “{gate}”. Make one first, or choose one of the list.", gate=wanted[:80])
        )

    def _secret(self, ref: SecretRef | None) -> str:
        if ref is None:
            return ""
        try:
            return self.house.vault.open_text(ref.handle)
        except MissingSecret:
            sentence = say("The gate's key is not in this vault. Open the gate and type it again.")
            raise Invalid([Problem(field="gate", sentence=sentence)]) from None


def _key_of(settings: GateSettings) -> tuple[str, SecretRef | None]:
    if settings.auth == "basic":
        return settings.username, settings.password
    if settings.auth == "header":
        return settings.header, settings.header_value
    return "", None


def _read(answer: Reply) -> dict[str, Any]:
    """Return what the stand-in answered, or raise what it refused."""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Unreachable(
            say("At the address of the rehearsal's platform something else answers. Start the sandbox again.")
        )
    if answer.status == 404:
        raise _unknown()
    if answer.status >= 400:
        raise Refused(say("The stand-in refused it: {reason}", reason=_reason(document)))
    return document


def _path(id: str) -> str:
    """Return the path of a sendout; NotFound for what cannot be the id of one."""
    if not (id.isascii() and id.replace("_", "").isalnum()):
        raise _unknown()
    return f"/sendouts/{id}"


def _unknown() -> NotFound:
    return NotFound(
        say("The stand-in knows no such sendout. It forgets the oldest ones, and all when it is restarted.")
    )


def _reason(document: dict[str, Any]) -> str:
    errors = document.get("errors") or []
    told = "; ".join(f"{error['field']}: {error['message']}" for error in errors[:3])
    return " ".join(part for part in (str(document.get("message", "")), told) if part)[:400]
