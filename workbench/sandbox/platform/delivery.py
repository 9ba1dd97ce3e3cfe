"""Delivery: how a hook gets to the endpoint: over HTTP with the account's key, or through a queue, within the time for the acknowledgement.

Fired once, never again; a 2xx within the time is an acknowledgement (facts A3): https://help.symplify.com/hc/en-us/articles/360011230659-Webhooks
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from workbench.adapters.wire import Wire
from workbench.errors import Refused, Unreachable, WorkbenchError
from workbench.models.gate import PLATFORM
from workbench.models.platform import Sendout, Target
from workbench.models.request import Failure, Headers, Request
from workbench.sentence import N_, say

if TYPE_CHECKING:
    from workbench.adapters.queue import Queue

QUEUE_S: Final = 15.0
"""Seconds that a queue may take to take a hook: the time for the acknowledgement is an endpoint's, and a queue has its own."""

How = Literal["acknowledged", "refused", "late", "unreachable", "lost", "nowhere", "waiting"]

HOW: Final[dict[How, str]] = {
    "acknowledged": N_("acknowledged"),
    "refused": N_("refused by the endpoint"),
    "late": N_("not acknowledged in time"),
    "unreachable": N_("the endpoint was not reached"),
    "lost": N_("not delivered: the circuit breaker is open"),
    "nowhere": N_("not delivered: the sendout has no endpoint"),
    "waiting": N_("on its way"),
}
SOME_FAILED: Final = N_("some were not acknowledged")


class Taken(NamedTuple):
    """What became of one delivery; ``status`` is the endpoint's answer, 0 without one."""

    how: How
    status: int = 0


Deliver = Callable[[Target, bytes, float], Awaitable[Taken]]
"""Takes a hook to its target: where to, the body, and the seconds for the acknowledgement. Raises nothing for the network."""


def time_for(sendout: Sendout) -> float:
    """Return the seconds within which a hook has to be taken."""
    return QUEUE_S if sendout.target.kind == "sqs" else sendout.breaker.ack_s


def check_target(target: Target, reach: Collection[str]) -> None:
    """Raise Refused where a rehearsal may not deliver to this address: it stays on this machine, unless a host is in ``reach``."""
    if not target.url:
        return
    try:
        parts = urlsplit(target.url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in ("http", "https") or not host:
        raise Refused(
            say(
                "“{url}” is no address that a hook can be delivered to. Begin it with http://.",
                url=target.url[:80],
            )
        )
    if not (on_this_machine(host) or host in reach or f"{host}:{port}" in reach):
        raise Refused(
            say(
                "The stand-in delivers hooks on this machine only, and “{host}” is elsewhere. Use an address on 127.0.0.1.",
                host=host,
            )
        )


def on_this_machine(host: str) -> bool:
    """Return whether a host's name can only be this machine."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Courier:
    """Delivers the hooks of one target over HTTP or through its queue, on connections that it keeps until it is closed.

    The target's host was named by the person who started the rehearsal, so it may be a private one.
    """

    def __init__(self) -> None:
        self._wires: dict[str, Wire] = {}
        self._queue: Queue | None = None

    async def deliver(self, target: Target, body: bytes, ack_s: float) -> Taken:
        """Deliver a hook, and return how it was taken."""
        if target.kind == "sqs":
            return await self._through_the_queue(target, body)
        wire = self._wire(urlsplit(target.url).netloc.rpartition("@")[2])
        request = Request(
            method="POST", url=target.url, headers=headers_of(target), body=body, provider=PLATFORM
        )
        answer = await wire.send(request, connect_s=ack_s, total_s=ack_s)
        if isinstance(answer, Failure):
            return Taken("late" if answer.kind in ("timeout", "connect_timeout") else "unreachable")
        return Taken("acknowledged" if 200 <= answer.status < 300 else "refused", answer.status)

    async def _through_the_queue(self, target: Target, body: bytes) -> Taken:
        """Put a hook into a queue: the queue's answer is the acknowledgement. The body is the same JSON, without an envelope (facts A3)."""
        from workbench.adapters.queue import Queue  # loads boto3

        try:
            if self._queue is None:
                here = on_this_machine(urlsplit(target.url).hostname or "")
                self._queue = Queue(
                    target.url,
                    mode="rehearsal" if here else "live",
                    region=target.region,
                    access_key_id=target.name,
                    secret=target.token,
                )
            await self._queue.send(body.decode())
        except Unreachable:
            return Taken("unreachable")
        except WorkbenchError:
            return Taken("refused")
        return Taken("acknowledged")

    async def close(self) -> None:
        """Close the connections."""
        if self._queue is not None:
            self._queue.close()
        for wire in self._wires.values():
            await wire.close()
        self._wires.clear()

    def _wire(self, authority: str) -> Wire:
        if authority not in self._wires:
            self._wires[authority] = Wire.live({authority})
        return self._wires[authority]


def headers_of(target: Target) -> Headers:
    """Return the headers of a hook: its type, and the key that the account's settings name."""
    """Return the headers of a hook, with the account's key."""
    headers: list[tuple[str, str]] = [("Content-Type", "application/json")]
    if target.auth == "basic":
        pair = base64.b64encode(f"{target.name}:{target.token}".encode()).decode("ascii")
        headers.append(("Authorization", f"Basic {pair}"))
    elif target.auth == "header" and target.name:
        headers.append((target.name, target.token))
    return tuple(headers)
