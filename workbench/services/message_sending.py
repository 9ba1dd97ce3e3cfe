"""MESSAGE SENDING: one text goes out: kept first, sent, read, written down. What may have arrived is never sent again by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.adapters.clock import new_id
from workbench.engine.failover import wait_before
from workbench.engine.phones import region_of
from workbench.engine.segments import segments
from workbench.engine.sms import read_sent
from workbench.models.message import Delivery, Message, Sent, Step, Taken
from workbench.models.phone import number_key
from workbench.models.request import Failure, Outcome, Reply
from workbench.sentence import Sentence, say

from .callback_effects import new_delivery
from .message_line import MessageLine

if TYPE_CHECKING:
    from workbench.adapters.deliveries import Deliveries
    from workbench.adapters.wire import Wire

CONNECT_S = 5.0
TOTAL_S = 20.0
"""Seconds; R-CMN-04."""
_NOT_NOW = frozenset({"unreachable", "throttled", "blocked", "server_error", "uncertain", "unconfirmed"})
AT_ONCE = 4
"""Requests of one draft that are under way together."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Recipients who get the same text in one request. ``shown`` is what is kept of the text."""

    message: Message
    shown: str


@dataclass(frozen=True, slots=True)
class _Answered:
    answer: Reply | Failure
    outcome: Outcome
    taken: tuple[Taken, ...]
    token: str | None


class MessageSending:
    """Sends the batches of one draft through one line."""

    def __init__(self, line: MessageLine, deliveries: Deliveries) -> None:
        self.line, self.house, self.deliveries = line, line.house, deliveries
        self._wire: Wire | None = None
        self._stop: Sentence | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def all(self, batches: Sequence[Batch], local_test: bool = False) -> list[Sent]:
        """Return what became of each batch. After one that shows that no other can go (a wrong key, no connection) none is tried."""
        await asyncio.to_thread(self.house.home.check_writable)
        try:
            ends = await asyncio.gather(
                *(self._one(batch, local_test) for batch in batches), return_exceptions=True
            )
        finally:
            await self._close()
        sent: list[Sent] = []
        for end in ends:
            if isinstance(end, BaseException):  # not before all others have come to their end
                raise end
            sent.append(end)
        return sent

    async def withheld(self, batch: Batch, reason: Sentence) -> Sent:
        """Write down that a text is not sent, and why; return it."""
        outcome = Outcome(kind="blocked", sentence=reason)
        entry = await asyncio.to_thread(self.line.entry, batch.message, batch.shown, outcome, sent=False)
        await self.house.journal.append(entry)
        taken = [Taken(to=to, accepted=False, state="rejected") for to in batch.message.to]
        return self._shown(batch.message, outcome, taken, entry.id)

    async def _one(self, batch: Batch, local_test: bool) -> Sent:
        async with self._turns:
            if self._stop is not None:
                return await self.withheld(batch, say("It was not tried: {reason}", reason=self._stop))
            kept = await self._keep(batch)
            answered = await self._answer(batch.message, local_test)
            if _holds_for_all(answered):
                self._stop = answered.outcome.sentence
            return await self._record(batch, kept, answered)

    async def _keep(self, batch: Batch) -> dict[str, str]:
        """Keep a delivery for each recipient before anything goes out; return their ids by the number's key."""
        message, now = batch.message, self.house.clock.now()
        count = segments(message.body)
        tag_of = self.line.dialect.tag_of
        tag = (
            message.tag if tag_of is None else tag_of(message)
        )  # by it a report is matched where no answer came
        made = {
            number: Delivery(
                id=new_id("dlv"), message_id=message.id, account_id=self.line.account.id, provider=self.line.provider.key,
                sender=message.sender, to=self.line.masked(number), region=region_of(number), body=batch.shown,
                designation=message.designation, mode=self.house.mode, state="unknown", segments=count, tag=tag,
                sent_at=now, changed_at=now,
            )
            for number in message.to
        }  # fmt: skip
        await self.deliveries.add(
            [await new_delivery(self.house, one, number) for number, one in made.items()]
        )
        return {number_key(number): one.id for number, one in made.items()}

    async def _answer(self, message: Message, local_test: bool) -> _Answered:
        """Send until it is taken, refused, or may have arrived: three repetitions at most, and one new token on a 401."""
        token, attempts, renewed = await self.line.token(), 1, False
        while True:
            request = self.line.request(message, token)
            # one wire for all: a local test's own reads the certificates first, which holds up everybody for 40 ms
            self._wire = self._wire or self.house.wire_for(request.url, local_test=local_test)
            answer = await self._wire.send(request, connect_s=CONNECT_S, total_s=TOTAL_S)
            if token is not None and not renewed and isinstance(answer, Reply) and answer.status == 401:
                token, renewed = await self.line.token(refused=token), True
                continue
            outcome, taken = read_sent(self.line.provider, message, answer, self.house.clock.now())
            wait = wait_before(outcome, attempts, message.id)
            if wait is None:
                return _Answered(answer, outcome, taken, token)
            attempts += 1
            await self.house.clock.sleep(wait)

    async def _close(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None and wire is not self.house.wire:
            await wire.close()

    async def _record(self, batch: Batch, kept: dict[str, str], answered: _Answered) -> Sent:
        """Write down what the provider answered, in the journal and with each recipient's delivery."""
        message, token = batch.message, answered.token
        redactor = await asyncio.to_thread(self.line.redactor, token, message, batch.shown)
        entry = await asyncio.to_thread(
            self.line.entry, message, batch.shown, answered.outcome, answer=answered.answer, token=token
        )
        await self.house.journal.append(entry)
        taken = _for_each(message, answered.taken)
        words = await asyncio.to_thread(lambda: [redactor.text(one.words) for one in taken])
        taken = [one.model_copy(update={"words": text}) for one, text in zip(taken, words, strict=True)]
        for one in taken:
            await self._step(kept[number_key(one.to)], one)
        return self._shown(message, redactor.outcome(answered.outcome), taken, entry.id)

    async def _step(self, delivery_id: str, taken: Taken) -> None:
        step = Step(
            at=self.house.clock.now(), state=taken.state, origin="send", code=taken.code, words=taken.words
        )
        changes: dict[str, object] = {"reason": self._reason(taken)}
        if taken.message_id:
            changes["provider_id"] = taken.message_id
        if taken.segments:
            changes["segments"] = taken.segments
        await self.deliveries.step(delivery_id, step, **changes)

    def _reason(self, taken: Taken) -> Sentence | None:
        """Return what a refusal means and what to do: the provider's own words where its code is not known."""
        if taken.accepted:
            return None
        word = self.line.dialect.errors.get(taken.code)
        if word is not None and word.advice:
            return say("{meaning} {advice}", meaning=Sentence(word.meaning), advice=Sentence(word.advice))
        if word is not None:
            return Sentence(word.meaning)
        return (
            say("{provider} says “{words}”.", provider=self.line.provider.name, words=taken.words)
            if taken.words
            else None
        )

    def _shown(self, message: Message, outcome: Outcome, taken: Sequence[Taken], entry_id: str) -> Sent:
        """Return what became of a text as it may be shown: numbers masked, no address of ours."""
        masked = self.line.masked
        return Sent(
            message=message.model_copy(
                update={"to": tuple(masked(number) for number in message.to), "report_url": ""}
            ),
            account_id=self.line.account.id,
            provider=self.line.provider.key,
            outcome=outcome,
            taken=tuple(one.model_copy(update={"to": masked(one.to)}) for one in taken),
            entry_id=entry_id,
        )


def _for_each(message: Message, taken: Sequence[Taken]) -> list[Taken]:
    """Return one part for each recipient: who is not in the answer may have been taken or not."""
    known = {number_key(one.to): one for one in taken}
    return [
        known.get(number_key(number), Taken(to=number, accepted=False, state="unknown")).model_copy(
            update={"to": number}
        )
        for number in message.to
    ]


def _holds_for_all(answered: _Answered) -> bool:
    """Return whether an answer shows that the other texts would fare no better now: the key is wrong, or nobody answers as they should."""
    status = answered.answer.status if isinstance(answered.answer, Reply) else None
    return status in (401, 403) or answered.outcome.kind in _NOT_NOW
