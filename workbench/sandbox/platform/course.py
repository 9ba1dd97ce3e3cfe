"""A sendout's course: its holds, its addresses, how its hooks were taken, and where it stands at a given moment."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Final

from workbench.adapters.clock import new_id
from workbench.engine.hold import hour_ends
from workbench.engine.hooks import merge_actions, write_hook
from workbench.models.gate import Hook, HookItem
from workbench.models.platform import Ended, Sendout, Standing
from workbench.sentence import N_

from . import contacts
from .addresses import Addresses
from .delivery import HOW, SOME_FAILED, How
from .hold import Hold, Sums
from .moments import MINUTE_MS

STEPS: Final = 100
"""Steps of a timeline that are kept."""

FIRED: Final = N_("The hook is fired, and the messages are held.")
LIMIT: Final = N_("The time limit is over.")
NEXT_STEP: Final = N_("The next step runs.")
FIRST_REJECT: Final = N_("The first reject is taken.")
LAST_REJECT: Final = N_("The last reject so far is taken.")
FINISHED: Final = N_("The finish is taken: everybody who was not rejected is accepted.")
FIRST_ACCEPT: Final = N_("The first message is accepted.")
LAST_ACCEPT: Final = N_("The last message so far is accepted.")
FINISH_LATE: Final = N_("The finish came too late.")
RELEASED: Final = N_("The accepted messages leave.")


class Course:
    """One sendout on its way. A batch is one hold, single messages are one hold each."""

    def __init__(self, sendout: Sendout, base_url: str, now_ms: int, writes: int = 0) -> None:
        self.id = new_id("so")
        self.sendout = sendout
        self.addresses = Addresses(base_url, self.id)
        self.fired_ms = now_ms
        self._writes = writes
        self.taken: Counter[How] = Counter()
        self.steps: list[tuple[int, str]] = []
        count = sendout.size if sendout.single else 1
        size = 1 if sendout.single else sendout.size
        self.holds = [Hold(sendout, index, size) for index in range(count)]
        self.actions = merge_actions(sendout.project_actions, sendout.sendout_actions).actions

    def hook(self, number: int) -> bytes:
        """Return the hook of a hold, as it goes out."""
        sendout = self.sendout
        finish = self.addresses.address("finish", number)
        items: tuple[HookItem, ...] = ()
        download = None
        if sendout.single:
            reject = self.addresses.address("reject", number)
            items = (HookItem(contact_id=contacts.contact_id(sendout, number), reject_uri=reject),)
        else:
            download = self.addresses.address("items", number)
        return write_hook(
            Hook(
                kind="single" if sendout.single else "batch",
                finish_uri=finish,
                actions=tuple(action.model_copy(update={"level": None}) for action in self.actions),
                project_name=sendout.project_name,
                journey_name=sendout.journey_name,
                sendout_name=sendout.name,
                item_download_uri=download,
                items=items,
            )
        )

    def cancel_address(self, index: int) -> str:
        """Return the address that rejects the contact at ``index`` of the batch."""
        return self.addresses.address("cancel", 0, index)

    def generated(self) -> tuple[float, float]:
        """Return when the contacts' data was taken: the moment, and how many write-backs there had been (facts A7, SCHED).

        Immediate generation takes it when the sendout is confirmed, delayed generation at the scheduled time.
        """
        timing = self.sendout.timing
        if self.sendout.generation == "delayed":
            return self.fired_ms + timing.scheduled_min * MINUTE_MS, math.inf
        return self.fired_ms + timing.generated_min * MINUTE_MS, self._writes

    def note(self, at_ms: int, text: str, *, again: bool = False) -> None:
        """Put a step on the timeline, while it is not full; what is there already only where it is told ``again``."""
        if len(self.steps) < STEPS and (again or all(told != text for _, told in self.steps)):
            self.steps.append((at_ms, text))

    def hold_of(self, index: int) -> tuple[Hold, int]:
        """Return the hold in which the contact at ``index`` of the sendout is, and its index there."""
        return (self.holds[index], 0) if self.sendout.single else (self.holds[0], index)

    def standing(self, now_ms: int) -> Standing:
        """Return where the sendout stands. The key of its target is not in it."""
        sums = self._sums(now_ms)
        target = self.sendout.target.model_copy(update={"token": ""})
        return Standing(
            id=self.id,
            sendout=self.sendout.model_copy(update={"target": target}),
            now_min=self._minute(now_ms),
            size=self.sendout.size,
            **sums._asdict(),
            hook=self._hook(),
            closed=all(hold.closed(now_ms) for hold in self.holds) and sums.waiting == 0,
            timeline=tuple(self._timeline(now_ms)),
        )

    def ended(self, now_ms: int, after: int, limit: int) -> list[Ended]:
        """Return the contacts after number ``after`` (they count from 1), at most ``limit`` of them."""
        return [self._ended(index, now_ms) for index in range(after, min(after + limit, self.sendout.size))]

    def _ended(self, index: int, now_ms: int) -> Ended:
        hold, place = self.hold_of(index)
        return Ended(
            number=index + 1,
            contact=contacts.contact_id(self.sendout, index),
            segment=contacts.segment(self.sendout, index),
            ending=hold.ending(place, now_ms),
        )

    def _sums(self, now_ms: int) -> Sums:
        each = [hold.sums(now_ms) for hold in self.holds]
        added = Sums(*(sum(column) for column in zip(*each, strict=True))) if each else Sums()
        if any(hold.written for hold in self.holds):
            bare = sum(sums.sent for hold, sums in zip(self.holds, each, strict=True) if not hold.written)
            return added._replace(sent_without_code=added.sent_without_code + bare)
        return added

    def _hook(self) -> str:
        kinds = [how for how in self.taken if self.taken[how]]
        if sum(self.taken.values()) < len(self.holds):
            return HOW["waiting"]
        if len(kinds) > 1:
            return SOME_FAILED
        return HOW[kinds[0]] if kinds else HOW["acknowledged"]

    def _timeline(self, now_ms: int) -> Iterator[tuple[float, str]]:
        steps = [*self.steps, *self._calls()]
        steps += [(at_ms, text) for at_ms, text in self._dates() if at_ms <= now_ms]
        for at_ms, text in sorted(steps, key=lambda step: step[0]):
            yield self._minute(at_ms), text

    def _calls(self) -> Iterator[tuple[int, str]]:
        """Return the decisions that were taken: the first and the last of each kind, over all holds."""
        cancels = [
            (hold.opened_ms or 0) + at_ms
            for hold in self.holds
            for at_ms in (hold.first_cancel_ms, hold.last_cancel_ms)
            if at_ms is not None
        ]
        yield from _ends(cancels, FIRST_REJECT, LAST_REJECT)
        called = [hold for hold in self.holds if hold.finish_ms is not None]
        taken = [(hold.opened_ms or 0) + (hold.finish_ms or 0) for hold in called if hold.finished]
        late = [(hold.opened_ms or 0) + (hold.finish_ms or 0) for hold in called if not hold.finished]
        yield from _ends(taken, FIRST_ACCEPT if self.sendout.single else FINISHED, LAST_ACCEPT)
        yield from _ends(late[:1], FINISH_LATE, FINISH_LATE)

    def _dates(self) -> Iterator[tuple[int, str]]:
        timing = self.sendout.timing
        for hold in self.holds[:1]:
            if hold.opened_ms is None:
                return
            ends = hour_ends(timing, self.sendout.switches)
            if ends != math.inf:
                yield hold.opened_ms + round(ends * MINUTE_MS), LIMIT
            if timing.flow == "campaign_manager":
                for step in sorted(set(timing.next_steps_min)):
                    yield hold.opened_ms + round(step * MINUTE_MS), NEXT_STEP
            if hold.finished and timing.scheduled_min * MINUTE_MS > (hold.finish_ms or 0):
                yield hold.opened_ms + round(timing.scheduled_min * MINUTE_MS), RELEASED

    def _minute(self, at_ms: int) -> float:
        return (at_ms - self.fired_ms) / MINUTE_MS


def _ends(moments: list[int], first: str, last: str) -> Iterator[tuple[int, str]]:
    """Return the first moment, and the last where it is another, each with its text."""
    if moments:
        yield min(moments), first
        if max(moments) > min(moments):
            yield max(moments), last
