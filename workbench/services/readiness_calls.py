"""Readiness calls: the checks that the platform itself answers: the key, its permissions, and records that come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.engine.read import json_of
from workbench.engine.readiness_kept import kept_record
from workbench.engine.readiness_records import (
    READS,
    RECORDS,
    WRITES,
    Record,
    differing,
    missing,
    told,
    trial_key,
    trial_product,
    trial_purchase,
)
from workbench.engine.redact import mask_identifier
from workbench.engine.shop_wire import to_api
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.journal import Entry
from workbench.models.readiness import Ask
from workbench.models.request import Outcome, Reply
from workbench.providers import platform as platform_of
from workbench.sentence import Sentence, say

from .dispatch import confirm
from .house import House
from .readiness_found import Doing, Found
from .shop_probing import list_call
from .shops import Shops
from .sync_calling import ShopLine


@dataclass(frozen=True, slots=True)
class _Made:
    """One call that was made."""

    key: str
    outcome: Outcome
    reply: Reply | None
    entry: Entry


class PlatformChecks:
    """The checks of key and records. Each asks the platform; in a rehearsal its stand-in answers."""

    def __init__(self, house: House, shops: Shops) -> None:
        self.house, self.shops = house, shops

    async def ask(self, doing: Doing) -> Ask:
        """Return what a check will do at the platform, and by which words it is confirmed in live mode."""
        line = await ShopLine.open(self.house, doing.shop)
        if not doing.given.write:
            sentence = say("{host} is asked for it. Nothing is changed there.", host=line.host)
        elif RECORDS[doing.check] == "contact":
            sentence = say(
                "A contact is written to {host}, its address alone, if it is not there yet; then it is read back.",
                host=line.host,
            )
        else:
            sentence = say(
                "A test record is written to {host} and read back. It stays there: delete it in the platform afterwards.", host=line.host
            )  # fmt: skip
        return Ask(
            check=doing.check, sentence=sentence, host=line.host, recipient=self._recipient(doing), live=self.house.mode == "live"
        )  # fmt: skip

    async def let_in(self, doing: Doing) -> Found:
        """Return whether the platform lets the key in."""
        probed = await self.shops.probe(doing.shop.id, doing.confirmation)
        if probed.outcome is None:
            first = next(iter(probed.problems), None)
            return Found(False, first.sentence if first else say("The shop's settings are not complete."), "settings", say(
                "Put it right in the shop's settings on the page “Sync”."
            ))  # fmt: skip
        call = list_call(platform_of(doing.shop.settings.platform))
        ok = probed.outcome.ok
        entry = Entry(
            id="", at=self.house.clock.now(), kind="sync", mode=self.house.mode, who=self.house.person.name, request=probed.request,
            reply=probed.reply, outcome=probed.outcome,
        )  # fmt: skip
        return Found(
            ok, say("The platform lets the key in.") if ok else probed.outcome.sentence, "answer",
            notes=tuple(one.sentence for one in probed.problems), entries=(entry,), calls=(call.key,) if call and ok else (),
        )  # fmt: skip

    async def areas(self, doing: Doing) -> Found:
        """Return whether the key may read each list that the platform has."""
        line = await self._open(doing)
        if isinstance(line, Found):
            return line
        confirm(self.house.mode, doing.confirmation, line.host, doing.shop.name)
        lists = [call for call in line.platform.calls if call.method == "GET" and "{" not in call.path]
        made = [await self._called(line, call.key) for call in lists]
        refused = [(call, one) for call, one in zip(lists, made, strict=True) if not one.outcome.ok]
        calls = tuple(one.key for one in made if one.outcome.ok)
        entries = tuple(one.entry for one in made)
        if refused:
            call, one = refused[0]
            text = say(
                "“{call}” is not let through: {why}", call=Sentence(call.title), why=one.outcome.sentence
            )
            return Found(False, text, "answer", entries=(one.entry,), calls=calls)
        return Found(
            True,
            say("Lists that were read: {count}.", count=len(lists)),
            "answer",
            entries=entries,
            calls=calls,
        )

    async def record(self, doing: Doing) -> Found:
        """Return whether a record is at the platform; where the person wants it, it is written first."""
        record = RECORDS[doing.check]
        line = await self._open(doing)
        if isinstance(line, Found):
            return line
        key = self._key(doing, record)
        if not key:
            raise Invalid([Problem(field="key", sentence=_wanted(record))])
        confirm(self.house.mode, doing.confirmation, line.host, self._recipient(doing))
        wrote: Sequence[_Made] = ()
        went: Mapping[str, JsonValue] = {}
        if doing.given.write:
            wrote, went = await self._write(line, doing, record, key)
            lost = next((one for one in wrote if not one.outcome.ok), None)
            if lost is not None:
                return Found(
                    False, lost.outcome.sentence, "answer", entries=(lost.entry,), calls=_answered(wrote)
                )
        return await self._read_back(line, record, key, wrote, went)

    async def _read_back(
        self, line: ShopLine, record: Record, key: str, wrote: Sequence[_Made], went: Mapping[str, JsonValue]
    ) -> Found:  # fmt: skip
        call, part = READS[record]
        read = await self._called(line, call, {part: key})
        calls = _answered((*wrote, read))
        entries = (wrote[-1].entry, read.entry) if wrote else (read.entry,)
        shown = mask_identifier(key, self.house.home.salt) if record == "contact" else key[:120]
        if read.reply is not None and read.reply.status == 404:
            return Found(False, missing(record, shown), "answer", entries=entries, calls=calls)
        if not read.outcome.ok or read.reply is None:
            return Found(False, read.outcome.sentence, "answer", entries=entries, calls=calls)
        value = json_of(read.reply)
        came = value if isinstance(value, dict) else {}
        body = kept_record(read.entry.reply.json_body if read.entry.reply else None, self.house.home.salt)
        other = differing(went, came)
        if other:
            text = say(
                "It came back with other values than it went: {fields}.", fields=", ".join(other)[:200]
            )
            return Found(False, text, "answer", body=body, entries=entries, calls=calls)
        return Found(True, told(record, shown), "answer", body=body, entries=entries, calls=calls)

    async def _write(
        self, line: ShopLine, doing: Doing, record: Record, key: str
    ) -> tuple[Sequence[_Made], Mapping[str, JsonValue]]:
        """Write a test record, and what it needs; return the calls up to the first that is not taken, and what the last one sent."""
        call, part = WRITES[record]
        if record == "contact":
            return [await self._called(line, call, {part: key}, body={})], {}
        email = doing.given.email.strip()
        if record == "purchase" and not email:
            sentence = say("Say whose purchase it is: the address of a contact of your own.")
            raise Invalid([Problem(field="email", sentence=sentence)])
        product = trial_product(doing.shop.settings, doing.validation)
        body = {name: value for name, value in to_api(product).items() if name != "productId"}
        made = [await self._called(line, *_product(product.id), body=body)]
        if record == "product" or not made[0].outcome.ok:
            return made, body
        contact_call, contact_part = WRITES["contact"]
        made.append(await self._called(line, contact_call, {contact_part: email}, body={}))
        if not made[-1].outcome.ok:
            return made, {}
        sent = to_api(trial_purchase(product, email, doing.validation, self.house.clock.now()))
        event = str(line.platform.more.get("purchase_event", ""))
        made.append(await self._called(line, call, query={event: False} if event else None, body=sent))
        return made, {name: value for name, value in sent.items() if name != "contactEmail"}

    async def _called(
        self, line: ShopLine, call: str, parts: Mapping[str, str] | None = None, *, query: Mapping[str, bool] | None = None,
        body: JsonValue = None,
    ) -> _Made:  # fmt: skip
        outcome, answer, entry = await line.call(call, parts, query, body, kind="sync")
        return _Made(call, outcome, answer if isinstance(answer, Reply) else None, entry)

    async def _open(self, doing: Doing) -> ShopLine | Found:
        """Return the shop's line; where its settings keep every call back, that is what was found."""
        try:
            return await ShopLine.open(self.house, doing.shop)
        except Invalid as error:
            return Found(
                False,
                error.sentence,
                "settings",
                say("Put it right in the shop's settings on the page “Sync”."),
            )

    def _key(self, doing: Doing, record: Record) -> str:
        own = trial_key(record, doing.validation) if doing.given.write else ""
        return own or doing.given.key.strip()

    def _recipient(self, doing: Doing) -> str:
        """Return what a person names to confirm it: the shop for a call that only reads, what is written for one that writes."""
        record = RECORDS.get(doing.check)
        return self._key(doing, record) if record and doing.given.write else doing.shop.name


def _product(id: str) -> tuple[str, dict[str, str]]:
    call, part = WRITES["product"]
    return call, {part: id}


def _answered(made: Sequence[_Made]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.key for one in made if one.outcome.ok))


def _wanted(record: Record) -> Sentence:
    match record:
        case "contact":
            return say("Give the address of a contact, like your own.")
        case "product":
            return say("Give the id of a product, as the shop calls it.")
        case "purchase":
            return say("Give the id of a purchase, as the shop calls it.")
