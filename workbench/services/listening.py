"""Listening: hooks that come through a queue. Each is kept before it is deleted there; one that comes twice has one effect.

A message that is no hook is left to the queue's redrive policy, which sets it aside; where there is none it is told in the journal and
deleted, for it would come again for days.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from workbench.errors import MissingSecret, StorageFault, WorkbenchError
from workbench.models.base import Noun
from workbench.models.gate import Gate, GateSettings
from workbench.sentence import Sentence, say

from .defects import tell_defect
from .house import House
from .receiving import Receiving

if TYPE_CHECKING:
    from workbench.adapters.queue import Message, Queue

LOOK_S: Final = 1.0
"""Seconds between two looks at which gates are open."""
FIRST_S, MOST_S = 1.0, 60.0
"""How long a fault is waited out: at first, and at most."""
VISIBLE_S: Final = 30
"""Seconds for which a message is ours, and those by which it is extended when half of them are over."""
QUIET_S: Final = 1.0
"""Seconds between two calls of a queue that says at once that it is empty, although it was asked to wait."""
CLOSING_S: Final = 0.5
"""Seconds that what is being kept may still take when listening ends."""

ListeningState = Literal["off", "listening", "waiting"]


class Listened(Noun):
    """How listening to a gate's queue goes. ``waiting`` after a fault, which ``notice`` tells; ``off``: nobody listens here."""

    state: ListeningState = "off"
    notice: Sentence | None = None
    received: int = 0
    duplicates: int = 0
    no_hooks: int = 0
    last_at: datetime | None = None


@dataclass(slots=True)
class _Ear:
    """One gate that is listened to: what it was set to when it began, and how it goes."""

    gate: Gate
    task: asyncio.Task[None] | None = None
    standing: Listened = field(default_factory=lambda: Listened(state="listening"))

    def note(self, **changes: object) -> None:
        self.standing = self.standing.model_copy(update=changes)


class Listening:
    """Listens to the queue of every open gate that has one, as long as this process serves."""

    def __init__(self, house: House, receiving: Receiving, allowed_hosts: Collection[str] = ()) -> None:
        """Take the house. ``allowed_hosts`` are those that who started this process lets us call although they are not Amazon's."""
        self.house = house
        self.receiving = receiving
        self._allowed_hosts = allowed_hosts
        self._ears: dict[str, _Ear] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._chance = random.Random()  # noqa: S311 - only so that two who wait do not come together

    async def serve(self) -> None:
        """From now on listen to every open gate's queue; gates that are opened, closed or changed are noticed within a second."""
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep(), name="listening")
            self._keeper.add_done_callback(tell_defect)

    def state(self, gate_id: str) -> Listened:
        """Return how listening to a gate's queue goes in this process."""
        ear = self._ears.get(gate_id)
        return ear.standing if ear is not None else Listened()

    async def close(self) -> None:
        """Stop listening, within a second. What was received and not kept yet comes again to whom listens next."""
        tasks = [self._keeper, *(ear.task for ear in self._ears.values())]
        going = [task for task in tasks if task is not None]
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        self._ears.clear()
        self._keeper = None

    # ------------------------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Begin and end listening as the gates are opened, changed and closed."""
        while True:
            with contextlib.suppress(StorageFault):  # the gates cannot be read just now: those known go on
                await self._look()
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        doors = (await self.receiving.doorway.doors()).values()
        wanted = {
            door.gate.id: door.gate
            for door in doors
            if door.gate.open and door.settings.kind == "sqs" and door.settings.queue_url
        }
        for id, ear in list(self._ears.items()):
            if id not in wanted or _way_in(wanted[id].settings) != _way_in(ear.gate.settings):
                del self._ears[id]
                if ear.task is not None:
                    ear.task.cancel()
        for id, gate in wanted.items():
            if id not in self._ears:
                self._ears[id] = new = _Ear(gate)
                new.task = asyncio.create_task(self._listen(new), name=f"listening for {id}")
                new.task.add_done_callback(tell_defect)
            self._ears[id].gate = gate

    async def _listen(self, ear: _Ear) -> None:
        """Listen until this task is cancelled; a fault is told, and waited out longer each time."""
        wait_s = FIRST_S
        while True:
            queue: Queue | None = None
            try:
                queue = await self._open(ear.gate.settings)
                sets_aside = await queue.sets_aside()
                ear.note(state="listening", notice=None)
                while True:
                    await self._take(ear, queue, sets_aside)
                    ear.note(state="listening", notice=None)
                    wait_s = FIRST_S
            except WorkbenchError as fault:
                ear.note(state="waiting", notice=fault.sentence)
            finally:
                if queue is not None:
                    queue.close()
            await self.house.clock.sleep(wait_s * self._chance.uniform(0.5, 1.0))
            wait_s = min(MOST_S, wait_s * 2)

    async def _open(self, settings: GateSettings) -> Queue:
        """Return the gate's queue. Raises what a person has to mend: no such queue, wrong keys, a key that the vault cannot open."""
        from workbench.adapters.queue import Queue

        secret = ""
        if settings.auth == "iam":
            if settings.secret_access_key is None:
                raise MissingSecret(
                    say("The gate has no secret access key to its queue. Enter it in the gate.")
                )
            secret = await asyncio.to_thread(self.house.vault.open_text, settings.secret_access_key.handle)
        return Queue(
            settings.queue_url,
            mode=self.house.mode,
            region=settings.queue_region,
            access_key_id=settings.access_key_id if settings.auth == "iam" else "",
            secret=secret,
            allowed_hosts=self._allowed_hosts,
        )

    async def _take(self, ear: _Ear, queue: Queue, sets_aside: bool) -> None:
        """Receive once, and keep what came; all of a batch go to the disk together. When cancelled, what is being kept may still end."""
        clock = asyncio.get_running_loop().time
        began = clock()
        messages = await queue.receive(visible_s=VISIBLE_S)
        if not messages:
            await asyncio.sleep(QUIET_S if clock() - began < QUIET_S else 0)
            return
        tasks = [asyncio.create_task(self._work(ear, queue, one, sets_aside)) for one in messages]
        extending = asyncio.create_task(_extend(queue, messages))
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            await asyncio.wait(tasks, timeout=CLOSING_S)
            raise
        finally:
            for task in (*tasks, extending):
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(extending, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _work(self, ear: _Ear, queue: Queue, message: Message, sets_aside: bool) -> None:
        """Keep one message, then delete it. One that is no hook is left to be set aside, where it is."""
        body = message.body.encode("utf-8", "surrogatepass")
        receipt = await self.receiving.message(
            ear.gate, body, sent_at=message.sent_at, quietly=sets_aside and message.count > 1
        )
        standing, now = ear.standing, self.house.clock.now()
        if receipt.status == 202:
            ear.note(
                received=standing.received + (not receipt.duplicate),
                duplicates=standing.duplicates + receipt.duplicate,
                last_at=now,
            )
        else:
            ear.note(no_hooks=standing.no_hooks + 1, last_at=now)
            if sets_aside:
                return
        await queue.delete(message)


async def _extend(queue: Queue, messages: list[Message]) -> None:
    """Keep messages ours while they are worked on. A fault here is met again by whoever deletes them."""
    while True:
        await asyncio.sleep(VISIBLE_S / 2)
        with contextlib.suppress(WorkbenchError):
            for message in messages:
                await queue.extend(message, VISIBLE_S)


def _way_in(settings: GateSettings) -> tuple[object, ...]:
    """Return what a connection to the queue hangs on."""
    return (
        settings.queue_url,
        settings.queue_region,
        settings.auth,
        settings.access_key_id,
        settings.secret_access_key,
    )
