"""ASKING: the live consent checks of a gate. Each value is asked about once; where no answer comes, the stated fallback counts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from workbench.engine.consent_answers import address_for, check_place, read_answer
from workbench.errors import NotFound, Refused
from workbench.models.base import SecretRef
from workbench.models.gate import LiveCheck
from workbench.models.request import Failure, Headers, Request
from workbench.sentence import Sentence, Value, say

if TYPE_CHECKING:
    from workbench.adapters.wire import Wire

    from .house import House

PATIENCE_S: Final = 60.0
"""When a service gave no answer at all for so long, the values that follow get the fallback at once: a dead one would outlast the hold."""
SILENCES: Final = 10
"""So many values in a row have to be without an answer, too."""
REST_S: Final = 5.0
"""So often a silent service is asked about one more value, to hear whether it is back."""

Pair = tuple[str, str]
"""The key of a check, and the value it is asked about."""


class LiveChecks:
    """The checks of a gate, for the length of a hold's decisions: what was answered is remembered as long as this lives.

    ``fell_back`` counts the values for which the fallback had to do; ``notes`` says why. A service that gave no answer at all for a minute
    is left alone, but for a value every few seconds: the fallback counts at once until it is heard again. Close it at the end, or use
    ``async with``.
    """

    def __init__(self, house: House, checks: Iterable[LiveCheck]) -> None:
        self._house = house
        self._asked = {check.key: _Asked(check) for check in checks}

    async def ask(self, pairs: Iterable[Pair]) -> dict[Pair, bool]:
        """Return for each pair whether the value has consent; every pair is asked about once, however often it comes.

        Raises, before anything is asked, NotFound for a check that the gate does not have, Refused for one whose address has no place for
        the value, and MissingSecret where the vault does not open the value of its header. Nothing that a network can do is raised.
        """
        wanted: dict[str, dict[str, None]] = {}
        asked_for = list(pairs)
        for key, value in asked_for:
            wanted.setdefault(key, {})[value] = None
        for key in wanted:
            await self._set_up(key)
        async with asyncio.TaskGroup() as together:
            for key, values in wanted.items():
                together.create_task(self._asked[key].ask(values))
        return {(key, value): self._asked[key].known[value] for key, value in asked_for}

    @property
    def fell_back(self) -> int:
        """How many values got the fallback, because no answer that can be read came."""
        return sum(asked.fell_back.total() for asked in self._asked.values())

    def notes(self) -> list[Sentence]:
        """Return what to tell of the fallbacks: for each check and each reason how many there were, the most frequent first."""
        return [note for asked in self._asked.values() for note in asked.notes()]

    async def close(self) -> None:
        """Close the connections."""
        for asked in self._asked.values():
            if asked.wire is not None:
                await asked.wire.close()
                asked.wire = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _set_up(self, key: str) -> None:
        """Look at a check before it is asked for the first time, and open its secret and its connections."""
        asked = self._asked.get(key)
        if asked is None:
            raise NotFound(
                say(
                    "The gate has no live check “{check}”. Add it, or change the rule that names it.",
                    check=key,
                )
            )
        async with asked.turn:
            if asked.wire is not None:
                return
            check = asked.check
            if wrong := check_place(check):
                raise Refused(wrong)
            value = check.header_value
            if isinstance(value, SecretRef):
                value = await asyncio.to_thread(self._house.vault.open_text, value.handle)
            asked.headers = ((check.header, value),) if check.header else ()
            asked.wire = self._house.wire.bulk(check.at_once)


@dataclass(slots=True, repr=False)
class _Asked:
    """One check, and what it said."""

    check: LiveCheck
    known: dict[str, bool] = field(default_factory=dict)
    fell_back: Counter[str] = field(default_factory=Counter)
    whys: dict[str, Sentence] = field(default_factory=dict)
    headers: Headers = ()
    wire: Wire | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    silent_since: float | None = None
    silences: int = 0
    asked_at: float = 0.0

    async def ask(self, values: Iterable[str]) -> None:
        """Ask about the values that are not known yet, ``at_once`` at a time."""
        async with self.turn:  # another call may be asking about the same ones
            unknown = [value for value in values if value not in self.known]
            each = iter(unknown)
            if _now() - self.asked_at > PATIENCE_S:  # so that nothing is known of how it is now
                self.heard()
            async with asyncio.TaskGroup() as together:
                for _ in range(min(self.check.at_once, len(unknown))):
                    together.create_task(self._ask_each(each))

    def heard(self) -> None:
        """Note that the service speaks, or that nothing is known of it."""
        self.silent_since, self.silences = None, 0

    async def _ask_each(self, values: Iterator[str]) -> None:
        for value in values:
            said = await self._said(value)
            if isinstance(said, Sentence):
                self.fell_back[str(said)] += 1
                self.whys[str(said)] = said
                said = self.check.fallback == "accept"
            self.known[value] = said

    async def _said(self, value: str) -> bool | Sentence:
        """Return what the service says, or why it says nothing. Its own words are not repeated: they may hold the value."""
        assert self.wire is not None  # _set_up was there before
        check = self.check
        url = address_for(check, value)
        if isinstance(url, Sentence):
            return url
        if self._rests():
            return say(
                "It had given no answer at all for {seconds} s, so it was not asked.",
                seconds=f"{PATIENCE_S:g}",
            )
        self.asked_at = _now()
        request = Request(method="GET", url=url, headers=(("Accept", "application/json"), *self.headers))
        answer = await self.wire.send(request, connect_s=check.timeout_s, total_s=check.timeout_s)
        if isinstance(answer, Failure):
            self.silent_since = self.silent_since or _now()
            self.silences += 1
            return self._silence(answer)
        self.heard()
        if not 200 <= answer.status < 300:
            return say("It answered with the status {status}.", status=answer.status)
        if answer.truncated:
            return say("Its answer is longer than 1 MiB.")
        return read_answer(check, answer.body)

    def _rests(self) -> bool:
        """Return whether the service has been silent for so long that it is left alone for now."""
        if self.silent_since is None or self.silences < SILENCES or _now() - self.silent_since < PATIENCE_S:
            return False
        return _now() - self.asked_at < REST_S

    def _silence(self, failure: Failure) -> Sentence:
        """Return why no answer came, without the wire's advice for messages: to ask once more would do no harm."""
        if failure.kind in ("timeout", "connect_timeout"):
            return say("No answer came within {seconds} s.", seconds=f"{self.check.timeout_s:g}")
        if failure.kind == "reset":
            return say("It broke off the connection before its answer was complete.")
        return failure.sentence

    def notes(self) -> Iterator[Sentence]:
        """Give for each reason how often the fallback was taken."""
        for text, count in self.fell_back.most_common():
            values: dict[str, Value] = {"check": self.check.key, "count": count, "why": self.whys[text]}
            if self.check.fallback == "accept":
                yield say(
                    "Values that were let through because the live check “{check}” gave no answer: {count}. {why}",
                    **values,
                )
            else:
                yield say(
                    "Values that count as without consent because the live check “{check}” gave no answer: {count}. {why}",
                    **values,
                )


def _now() -> float:
    return asyncio.get_running_loop().time()
