"""Deciding: the contacts of a held sendout are read as they come, decided with reasons, and kept sealed.

A crash begins it again: what was kept is cleared, and each contact gets the code again that it had.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from workbench.adapters.download import CutShort
from workbench.engine.effects import Effects, effects_of
from workbench.engine.items import BadRow, Item, ItemReader
from workbench.engine.redact import mask_identifier
from workbench.engine.rule_checks import comparisons
from workbench.engine.rules import rules_of
from workbench.engine.rules_compiled import compile_rules
from workbench.errors import Damaged, MissingSecret, NotFound, Refused
from workbench.models.gate import PLATFORM, TOKEN_HEADER, GateSettings, Hook
from workbench.models.hold import Hold, HoldState, Tally
from workbench.models.request import Failure, Headers, Request
from workbench.models.rules import Decision, RuleSet
from workbench.sentence import Sentence, say

from .asking import LiveChecks
from .gate_house import GateHouse, dumped, foreign_host

if TYPE_CHECKING:
    from workbench.adapters.download import Download
    from workbench.adapters.holds import KeptItem
    from workbench.adapters.sealed_rows import RowKey

BATCH: Final = 2000
"""Contacts that are decided, given codes and kept together."""
RETRIES_S: Final = (1.0, 2.0, 5.0)
"""Seconds between two tries to get the file."""
CONNECT_S: Final = 5.0
IDLE_S: Final = 30.0
TOTAL_S: Final = 3600.0


class Ends(Exception):
    """Deciding ends in this state, for this reason."""

    def __init__(self, state: HoldState, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.state = state
        self.sentence = sentence


class _Again(Exception):
    """The file did not come, and may come if it is asked for again. ``state`` is where it ends if it does not."""

    def __init__(self, sentence: Sentence, state: HoldState = "failed") -> None:
        super().__init__(str(sentence))
        self.state: HoldState = state
        self.sentence = sentence


@dataclass(slots=True)
class _Seen:
    """What of the file went by: ids by their verdict, so that a repeated one is decided like the first, and codes that were missing."""

    accepted: set[int] = field(default_factory=set)
    rejected: set[int] = field(default_factory=set)
    missing: dict[str, int] = field(default_factory=dict)
    cut: Sentence | None = None


class Deciding:
    """Decides one hold, from its hook to its contacts on the disk."""

    def __init__(self, gates: GateHouse, hold: Hold, hook: Hook, key: RowKey, settings: GateSettings) -> None:
        self._gates = gates
        self._hold = hold
        self._hook = hook
        self._key = key
        self._settings = settings
        self._salt = gates.house.home.salt
        self._effects: Effects = effects_of(settings, hook.actions)
        self._known_hosts: set[str] = set()
        self._seen = _Seen()
        self._token = ""

    @classmethod
    async def decide(cls, gates: GateHouse, hold: Hold) -> Hold:
        """Bring a received hold to where it can be answered, or to its end; return it, in its new state.

        The state is "deciding" still where it may be answered at once.
        """
        hold = await gates.move(
            hold, "deciding", {"received", "deciding"}, say("The contacts are being read and decided.")
        )
        try:
            gate = await gates.gate(hold.gate_id)
            hook, key = await gates.opened(hold.id)
            return await cls(gates, hold, hook, key, gate.settings)._decide()
        except Ends as end:
            state, sentence = end.state, end.sentence
        except (
            NotFound,
            MissingSecret,
            Refused,
            Damaged,
        ) as error:  # Damaged: a consent list, set aside by now
            state, sentence = "held_back", error.sentence
        tally = await gates.holds.tally(hold.id)
        return await gates.move(hold, state, {"deciding"}, sentence, notice=sentence, tally=tally)

    async def _decide(self) -> Hold:
        self._check_hosts(self._hook.finish_uri, self._hook.item_download_uri or self._hook.finish_uri)
        if self._effects.writes and not self._settings.write_back.base_url:
            raise Ends("held_back", say(
                "The sendout's actions write to contacts, but the gate has no address for write-backs. Fill it in, then answer again."
            ))  # fmt: skip
        self._token = await self._gates.secret(self._settings.account_token)
        async with await self._opened() as self._live:
            await self._read()
            return await self._decided()

    async def take_items(self, items: Sequence[tuple[int, Item]]) -> None:
        """Decide these contacts and keep them, without a file."""
        async with await self._opened() as self._live:
            for first in range(0, len(items), BATCH):
                await self._take(items[first : first + BATCH])

    async def _opened(self) -> LiveChecks:
        """Make the rules ready: compiled, the lists that they name opened; return what asks live."""
        rules = rules_of(self._settings, self._hook.actions)
        lists = {key: await asyncio.to_thread(self._gates.lists.open, key) for key in _lists_in(rules)}
        self._compiled = compile_rules(rules, lists=lists)
        return LiveChecks(self._gates.house, self._settings.live_checks)

    async def _decided(self) -> Hold:
        """Say what was decided, and where it has to wait for a person."""
        gates, hold = self._gates, self._hold
        tally = await gates.holds.tally(hold.id)
        hold = await gates.holds.change(
            hold.id, None, {"deciding"}, tally=tally, unknown_actions=self._effects.unknown
        )
        await gates.tell(hold, "decided", say(
            "Decided: {accepted} accepted, {rejected} rejected, {bad} rows that are no contact, {doubles} repeated.",
            accepted=tally.accepted, rejected=tally.rejected, bad=tally.bad, doubles=tally.doubles,
        ))  # fmt: skip
        for note in self._live.notes():
            await gates.tell(hold, "fallback", note)
        if reason := self._doubt(tally):
            raise Ends("held_back", reason)
        return hold

    def _doubt(self, tally: Tally) -> Sentence | None:
        """Return why this sendout is not answered without a person's word, or None."""
        seen = self._seen
        if self._effects.unknown:
            return say(
                "Nobody said what the action “{action}” means, so the sendout was not answered. Give it a meaning in the gate, then "
                "answer again.",
                action="”, “".join(self._effects.unknown),
            )  # fmt: skip
        if seen.missing:
            pool, count = next(iter(seen.missing.items()))
            return say(
                "The pool “{pool}” has too few codes: {count} contacts would get none. Add codes, then answer again.",
                pool=pool, count=count,
            )  # fmt: skip
        if seen.cut is not None:
            return say(
                "{why} More contacts may be missing, and would be sent undecided. Reject all, or let the platform send it again.",
                why=seen.cut,
            )  # fmt: skip
        if tally.bad and self._settings.answering.leak_guard:
            return say(
                "{count} rows of the file are no contact that can be decided, and would be sent undecided. Look at them, then answer.",
                count=tally.bad,
            )  # fmt: skip
        return None

    # -- the file ------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Read and decide all contacts, from the beginning again where the file did not come whole."""
        if self._hook.items:
            await self._gates.holds.clear_items(self._hold.id)
            contact = self._hook.items[0]
            await self._take([(1, Item(id=contact.contact_id, cancel_uri=contact.reject_uri, properties={}))])
            return
        for wait_s in (*RETRIES_S, None):
            try:
                self._seen = _Seen()
                await self._gates.holds.clear_items(self._hold.id)
                await self._download()
            except _Again as again:
                if wait_s is None:
                    raise Ends(again.state, again.sentence) from None
                await self._gates.house.clock.sleep(wait_s)
            else:
                return

    async def _download(self) -> None:
        house = self._gates.house
        assert self._hook.item_download_uri is not None, "a batch names its file"
        headers: Headers = ((TOKEN_HEADER, self._token),) if self._token else ()
        request = Request(method="GET", url=self._hook.item_download_uri, headers=headers, provider=PLATFORM)
        reader = ItemReader()
        pending: list[tuple[int, Item] | BadRow] = []
        async with house.wire.download(request, connect_s=CONNECT_S, idle_s=IDLE_S, total_s=TOTAL_S) as file:
            if isinstance(file, Failure):
                raise self._no_file(file.sentence, again=file.kind != "blocked")
            if not file.ok:
                self._refused(file)
            try:
                async for chunk in file.chunks:
                    pending += reader.feed(chunk)
                    while len(pending) >= BATCH:
                        await self._take(pending[:BATCH])
                        del pending[:BATCH]
            except CutShort as cut:
                raise _Again(cut.sentence) from None
        await self._take([*pending, *reader.close()])
        self._seen.cut = reader.cut

    @staticmethod
    def _no_file(why: Sentence, *, again: bool) -> Exception:
        return _Again(why) if again else Ends("held_back", why)

    @staticmethod
    def _refused(file: Download) -> None:
        """Raise for a file that the platform does not give: a link is readable until the hold closes, then it is a 410 (facts A4)."""
        if file.status == 410:
            raise Ends(
                "expired",
                say("The link to the contacts has expired (410): the platform has closed the hold."),
            )
        sentence = say("The platform does not give the file of contacts (HTTP {status}).", status=file.status)
        if file.status in (401, 403):
            raise Ends("held_back", sentence)
        raise _Again(sentence)

    def _check_hosts(self, *uris: str) -> None:
        """Raise unless every address leads to a host that may be called."""
        for uri in uris:
            host = uri.partition("://")[2].partition("/")[0]
            if host in self._known_hosts and uri.startswith(("https://", "http://")):
                continue
            if foreign := self._gates.foreign(uri, self._settings):
                raise Ends("held_back", foreign_host(foreign))
            self._known_hosts.add(host)

    # -- contacts ------------------------------------------------------------------------------------------------------

    async def _take(self, rows: Sequence[tuple[int, Item] | BadRow]) -> None:
        """Decide the rows and keep them."""
        if not rows:
            return
        good = [row for row in rows if not isinstance(row, BadRow)]
        items = [item for _, item in good]
        self._check_hosts(*(item.cancel_uri for item in items if item.cancel_uri))
        # in a thread: a rule may ask the hub's ledger, which lies in a database
        pairs = [pair for asked in await asyncio.to_thread(self._compiled.asks, items) for pair in asked]
        live = await self._live.ask(pairs) if pairs else {}
        verdicts = [
            self._compiled.decisions[at] for at in await asyncio.to_thread(self._compiled.decide, items, live)
        ]
        decided = [self._like_the_first(item, verdict) for item, verdict in zip(items, verdicts, strict=True)]
        keys = [self._digest(item.id) for item in items]
        with_code = await self._codes(keys, decided)
        kept = await asyncio.to_thread(self._kept, good, decided, keys, with_code)
        kept += [_bad(row) for row in rows if isinstance(row, BadRow)]
        await self._gates.holds.add_items(self._hold.id, kept)

    def _like_the_first(self, item: Item, decision: Decision) -> tuple[Decision, bool]:
        """Return the decision of a contact and whether it repeats one: then the first decides (R-GATE-13)."""
        seen, number = self._seen, hash(item.id)
        if number in seen.accepted or number in seen.rejected:
            first = "accept" if number in seen.accepted else "reject"
            if decision.verdict != first:
                decision = Decision(verdict=first, rule=decision.rule, reason=decision.reason)
            return decision, True
        (seen.accepted if decision.verdict == "accept" else seen.rejected).add(number)
        return decision, False

    async def _codes(self, keys: Sequence[str], decided: Sequence[tuple[Decision, bool]]) -> set[str]:
        """Take a code of each pool for each accepted contact; return those that have all of theirs."""
        wanted = [
            key
            for key, (decision, double) in zip(keys, decided, strict=True)
            if decision.verdict == "accept" and not double
        ]
        if not wanted or not self._effects.codes:
            return set()
        served = set(wanted)
        for pool in dict.fromkeys(pool for pool, _ in self._effects.codes):
            codes = await self._gates.pools.take(pool, self._hold.id, wanted)
            without = {key for key, code in zip(wanted, codes, strict=True) if code is None}
            if without:
                self._seen.missing[pool] = self._seen.missing.get(pool, 0) + len(without)
                served -= without
        return served

    def _kept(
        self, rows: Sequence[tuple[int, Item]], decided: Sequence[tuple[Decision, bool]], keys: Sequence[str], with_code: set[str]
    ) -> list[KeptItem]:  # fmt: skip
        from workbench.adapters.holds import KeptItem

        made = []
        for (number, item), (decision, double), key in zip(rows, decided, keys, strict=True):
            properties = item.properties if self._effects.sends else None
            made.append(
                KeptItem(
                    number=number,
                    sealed=self._key.seal(dumped(item.id, item.cancel_uri, properties)),
                    contact=mask_identifier(item.id, self._salt),
                    key=key,
                    verdict=decision.verdict,
                    rule=decision.rule,
                    reason=decision.reason,
                    code=key in with_code,
                    sentence=_DOUBLE if double else None,
                )
            )
        return made

    def _digest(self, contact_id: str) -> str:
        return hmac.digest(self._salt, contact_id.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]


def _lists_in(rules: RuleSet) -> list[str]:
    """Return the consent lists that the rules name."""
    found = (one for rule in rules.rules for _, one in comparisons(rule.when))
    return list(dict.fromkeys(str(one.value) for one in found if one.operator in ("on_list", "not_on_list")))


_DOUBLE: Final = say("This contact is in the file more than once; the first decides for all.")


def _bad(row: BadRow) -> KeptItem:
    from workbench.adapters.holds import KeptItem

    return KeptItem(number=row.number, sealed="", sentence=row.sentence)
