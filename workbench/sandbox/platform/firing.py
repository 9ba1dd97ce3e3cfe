"""Firing: the hooks of a sendout go out one after the other, each once, through the endpoint's circuit breaker."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from workbench.engine.breaker import Circuit, ask, note
from workbench.models.platform import Sendout
from workbench.sentence import N_

from .course import FIRED, Course
from .delivery import HOW, Courier, Deliver, Taken, time_for
from .moments import Moments

CIRCUITS: Final = 200
"""Endpoints whose circuit is remembered."""

OPENED: Final = N_("The circuit breaker opens: the endpoint is not called for a while.")
CLOSED: Final = N_("The circuit breaker closes.")


class Firing:
    """Delivers hooks. ``chosen`` gives what takes them to their target; where it gives None they go over HTTP or through the queue."""

    def __init__(self, moments: Moments, chosen: Callable[[], Deliver | None]) -> None:
        self._moments = moments
        self._chosen = chosen
        self.circuits: OrderedDict[str, Circuit] = OrderedDict()

    async def fire(self, course: Course) -> None:
        """Fire the hooks of a sendout one after the other, and note how each was taken."""
        courier = Courier()
        try:
            for number, hold in enumerate(course.holds):
                hold.open(self._moments.now_ms())
                course.note(self._moments.now_ms(), FIRED)
                taken = await self._deliver_one(course, number, self._chosen() or courier.deliver)
                hold.hook_failed = taken.how not in ("acknowledged", "nowhere")
                course.taken[taken.how] += 1
                course.note(self._moments.now_ms(), HOW[taken.how])
        finally:
            await courier.close()

    async def _deliver_one(self, course: Course, number: int, deliver: Deliver) -> Taken:
        sendout, target = course.sendout, course.sendout.target
        if not target.url:
            return Taken("nowhere")
        circuit, free = ask(self._circuit(target.url), sendout.breaker, self._moments.now_ms())
        self._changed(course, circuit)
        if not free:
            return Taken("lost")
        taken = Taken("unreachable")  # what the circuit learns where the delivery itself breaks down
        try:
            taken = await self._within(sendout, deliver, course.hook(number))
        finally:
            circuit, now_ms = self._circuit(target.url), self._moments.now_ms()
            self._changed(course, note(circuit, sendout.breaker, now_ms, taken=taken.how == "acknowledged"))
        return taken

    async def _within(self, sendout: Sendout, deliver: Deliver, hook: bytes) -> Taken:
        """Deliver a hook within the time for its acknowledgement, once or twice, whole or broken; the first time counts."""
        body = hook[: len(hook) // 2] if "broken_hook" in sendout.mischief else hook
        ack_s = time_for(sendout)
        taken: list[Taken] = []
        for _ in range(2 if "hook_twice" in sendout.mischief else 1):
            try:
                async with asyncio.timeout(ack_s):
                    taken.append(await deliver(sendout.target, body, ack_s))
            except TimeoutError:
                taken.append(Taken("late"))
        return taken[0]

    def _circuit(self, url: str) -> Circuit:
        return self.circuits.get(url, Circuit())

    def _changed(self, course: Course, circuit: Circuit) -> None:
        url = course.sendout.target.url
        before = self._circuit(url)
        if circuit.state != before.state and circuit.state != "half_open":
            course.note(self._moments.now_ms(), OPENED if circuit.state == "open" else CLOSED, again=True)
        self.circuits[url] = circuit
        self.circuits.move_to_end(url)
        if len(self.circuits) > CIRCUITS:
            self.circuits.popitem(last=False)
