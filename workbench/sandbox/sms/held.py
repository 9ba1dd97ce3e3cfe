"""Held: the messages that a stand-in took, with what is reported of each by now."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from workbench.models.callback import DeliveryReport, InboundMessage
from workbench.models.message import FINAL, DeliveryState
from workbench.models.sms_dialect import Held

MOST: Final = 10_000
"""Messages that a stand-in holds; the oldest is forgotten first."""
MOST_INBOUND: Final = 1000


class Kept:
    """One message and its course: reports with the moment at which each is true."""

    __slots__ = ("_shown", "course", "held")

    def __init__(self, held: Held, course: tuple[DeliveryReport, ...]) -> None:
        self.held = held
        self.course = course
        self._shown = held

    def by(self, now: datetime) -> Held:
        """Return the message with its reports by ``now``."""
        count = len(self.course)
        while count and _moment(self.course[count - 1]) > now:
            count -= 1
        if len(self._shown.reports) != count or self._shown.reports != self.course[:count]:
            self._shown = self.held.model_copy(update={"reports": self.course[:count]})
        return self._shown

    def end(self, report: DeliveryReport, now: datetime) -> bool:
        """End the course with ``report`` now; False where it had ended."""
        told = self.by(now).reports
        if any(each.state in FINAL for each in told):
            return False
        self.course = (*told, report)
        return True


class Messages:
    """The messages of one stand-in by their provider's id, and the texts that came in, both newest first and bounded."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._inbound: deque[InboundMessage] = deque(maxlen=MOST_INBOUND)

    def __len__(self) -> int:
        return len(self._kept)

    def hold(self, kept: Kept) -> None:
        """Hold a message; one of the same id is replaced."""
        self._kept.pop(kept.held.provider_id, None)
        self._kept[kept.held.provider_id] = kept
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)

    def get(self, provider_id: str) -> Kept | None:
        """Return a message, or None where it is not held any more."""
        return self._kept.get(provider_id)

    def newest(self, now: datetime, asked_for: Collection[str] = ()) -> tuple[Held, ...]:
        """Return all messages as they are now; only those whose id is ``asked_for``, where one of them is held."""
        named = [self._kept[id] for id in asked_for if id in self._kept]
        return tuple(kept.by(now) for kept in named or [self._kept[id] for id in reversed(self._kept)])

    def change(self, states: Mapping[str, DeliveryState], now: datetime) -> list[tuple[Held, DeliveryReport]]:
        """End messages in the state that a call wants; return those that had not ended, each with the report of it."""
        changed = []
        for provider_id, state in states.items():
            kept = self._kept.get(provider_id)
            if kept is None:
                continue
            report = report_of(kept.held, state, now, raw_state=state)
            if kept.end(report, now):
                changed.append((kept.held, report))
        return changed

    def hear(self, message: InboundMessage) -> None:
        """Keep a text that came in."""
        self._inbound.appendleft(message)

    @property
    def inbound(self) -> tuple[InboundMessage, ...]:
        """The texts that came in, newest first."""
        return tuple(self._inbound)


def report_of(
    held: Held, state: DeliveryState, at: datetime, *, raw_state: str = "", code: str = "", words: str = ""
) -> DeliveryReport:
    """Return what the provider reports of a message at a moment."""
    return DeliveryReport(
        provider_id=held.provider_id,
        state=state,
        raw_state=raw_state,
        code=code,
        words=words,
        to=held.to,
        sender=held.heard.sender,
        tag=held.heard.tag,
        at=at,
    )


def _moment(report: DeliveryReport) -> datetime:
    assert report.at is not None, "every report of a course has its moment"
    return report.at
