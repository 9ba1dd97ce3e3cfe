"""Hearing: what inbound texts and delivery reports do to consent. The same message has its effect once, however often it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from workbench.adapters.clock import new_id
from workbench.engine.keywords import plain, verdict
from workbench.models.callback import DeliveryReport, InboundMessage
from workbench.models.consent import ComplianceProfile, ConsentEvent, ConsentSettings, Review, StopScope
from workbench.models.phone import number_key, with_plus
from workbench.models.sms_account import Keyword, SmsAccount
from workbench.sentence import Sentence, say

if TYPE_CHECKING:
    from .consent_house import ConsentHouse

HANDSET_WORDS = frozenset({"start", "unstop"})
"""What the carriers of the United States take as the end of a block; they take STOP alone as its beginning:
https://learn.microsoft.com/azure/communication-services/concepts/sms/sms-faq and
https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the keyword engine makes of an inbound text: the changes of consent, or a text for a person, or nothing."""

    meaning: Literal["stop", "start", "help", "keyword", "none"]
    word: str = ""
    likely: bool = False
    events: tuple[ConsentEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What inbound texts are judged by."""

    settings: ConsentSettings
    profiles: Sequence[ComplianceProfile]
    keywords: Sequence[Keyword]


def hear(
    inbound: InboundMessage, rules: Rules, now: datetime, *, provider: str = "", message_id: str = "", toll_free: bool = False
) -> Heard:  # fmt: skip
    """Return what an inbound text does. Points are in full; a provider's own verdict counts before ours.

    ``toll_free`` says that our number is one whose STOP and START the carriers handle: the block is noted apart.
    """
    found = verdict(inbound.body, rules.settings, rules.keywords)
    meaning = inbound.opt_out or found.meaning
    if meaning not in ("stop", "start"):
        return Heard(meaning, found.word, found.likely and not inbound.opt_out)
    word = found.word if found.meaning == meaning else meaning.upper()
    base = ConsentEvent(
        id=new_id("con"), at=now, provider_at=inbound.at, point=with_plus(inbound.sender),
        status="opted_out" if meaning == "stop" else "opted_in", profile=rules.settings.profile, source="inbound", words=word,
        message_id=message_id or inbound.provider_id, provider=provider, to=inbound.to,
    )  # fmt: skip
    events = [base.model_copy(update={"word": meaning, **reach(rules, inbound.to)})]
    handled = inbound.opt_out == meaning or (
        toll_free and plain(word) in (HANDSET_WORDS if meaning == "start" else {"stop"})
    )
    if handled:
        carrier = {"id": new_id("con"), "carrier": True, "sender": inbound.to, "scope": "sender"}
        events.append(base.model_copy(update=carrier))
    return Heard(meaning, word, events=tuple(events))


def reach(rules: Rules, sender: str) -> dict[str, str]:
    """Return how far a STOP to a sender goes, as fields of its event."""
    scope: StopScope = rules.settings.scope
    profile = next((one for one in rules.profiles if one.key == rules.settings.profile), None)
    kinds = {one.kind: one.key for one in reversed(profile.purposes)} if profile else {}
    return {
        "scope": scope,
        "sender": sender if scope == "sender" else "",
        "purpose": kinds.get("commercial", "") if scope == "purpose" else "",
    }


class Hearing:
    """Takes inbound texts and reports into the ledger."""

    def __init__(self, consent: ConsentHouse) -> None:
        self._consent = consent

    async def rules(self) -> Rules:
        """Return what inbound texts are judged by now."""
        consent = self._consent
        return Rules(await consent.settings(), await consent.profiles(), await consent.keywords())

    async def heard(
        self, inbound: InboundMessage, account: SmsAccount, message_id: str
    ) -> tuple[Sentence, ...]:
        """Record what an inbound text does, and return what it did."""
        provider = account.settings.provider
        sender = next(
            (one for one in account.settings.senders if number_key(one.value) == number_key(inbound.to)), None
        )
        heard = hear(
            inbound, await self.rules(), self._consent.house.clock.now(), provider=provider, message_id=message_id,
            toll_free=sender is not None and sender.type == "toll_free",
        )  # fmt: skip
        shown = self._consent.shown("sms", inbound.sender)
        once = f"{account.id}|{message_id}" if message_id else ""
        if heard.likely:
            return await self._review(inbound, account, once, shown)
        if heard.meaning == "keyword":
            return (say("{point} texted the keyword “{word}”.", point=shown, word=heard.word),)
        if heard.meaning == "help":
            return (say("{point} asks for help.", point=shown),)
        if not heard.events:
            return ()
        return await self._record(heard, once, shown)

    async def _record(self, heard: Heard, once: str, shown: str) -> tuple[Sentence, ...]:
        consent, first = self._consent, heard.events[0]
        digest = consent.digest("sms", first.point)
        before = (await consent.log.standing([digest])).get(digest, ())
        events = list(heard.events)
        blocked = any(
            one.carrier and (not one.sender or number_key(one.sender) == number_key(first.to))
            for one in before
        )
        if blocked and heard.meaning == "start" and len(events) == 1 and plain(heard.word) in HANDSET_WORDS:
            lifted = {"id": new_id("con"), "carrier": True, "sender": first.to, "scope": "sender", "word": ""}
            events.append(first.model_copy(update=lifted))
        kept = await consent.all_kept(
            [(event, once and f"{once}|{'carrier' if event.carrier else 'word'}") for event in events]
        )
        if not any(await consent.log.add(kept)):
            return (say("This message of {point} was known already; it has no second effect.", point=shown),)
        after = (await consent.log.standing([digest])).get(digest, ())
        done = [_told(first, shown, changed=before != after)]
        if heard.meaning == "start":
            left = dict.fromkeys(one.to for one in after if one.word == "stop")
            done += [
                say("Their STOP to {to} still stands: START has to be texted there too.", to=to)
                for to in left
            ]
        if len(events) > 1:
            done.append(
                say("The carrier blocks {sender} for {point} from now on.", sender=first.to, point=shown)
                if heard.meaning == "stop"
                else say(
                    "The carrier's block of {sender} for {point} is lifted.", sender=first.to, point=shown
                )
            )
        return tuple(done)

    async def _review(
        self, inbound: InboundMessage, account: SmsAccount, once: str, shown: str
    ) -> tuple[Sentence, ...]:
        from workbench.adapters.consent_log import KeptReview

        consent = self._consent
        review = Review(
            id=new_id("rvw"), at=inbound.at or consent.house.clock.now(), point=shown, sender=inbound.to, words="", account_id=account.id,
        )  # fmt: skip
        sealed = await consent.sealed(with_plus(inbound.sender), inbound.body)
        if not await consent.log.add_review(KeptReview(review, sealed, once)):
            return (say("This message of {point} was known already; it has no second effect.", point=shown),)
        return (
            say(
                "What {point} texted sounds like an opt-out, but is no keyword: a person has to look at it.",
                point=shown,
            ),
        )

    async def reported(
        self, report: DeliveryReport, account: SmsAccount, number: str
    ) -> tuple[Sentence, ...]:
        """Record the block that a report tells of, where none stands yet, and return what was done."""
        if not number:
            return ()
        consent, senders = self._consent, account.settings.senders
        sender = report.sender or (senders[0].value if len(senders) == 1 else "")
        digest, shown = consent.digest("sms", number), consent.shown("sms", number)
        standing = (await consent.log.standing([digest])).get(digest, ())
        if any(one.carrier and number_key(one.sender) == number_key(sender) for one in standing):
            return ()
        event = ConsentEvent(
            id=new_id("con"), at=consent.house.clock.now(), provider_at=report.at, point=with_plus(number), status="opted_out",
            profile=(await consent.settings()).profile, sender=sender, scope="sender", source="report", words=report.words[:200],
            message_id=report.provider_id, provider=account.settings.provider, carrier=True,
        )  # fmt: skip
        once = f"{account.id}|{report.provider_id}|blocked" if report.provider_id else ""
        if not any(await consent.log.add([await consent.kept(event, once)])):
            return ()
        return (
            say(
                "{provider} reports that {point} is opted out or blocked there: nothing more is sent to it from {sender}.",
                provider=account.settings.provider, point=shown, sender=sender or say("any sender"),
            ),
        )  # fmt: skip


def _told(event: ConsentEvent, shown: str, *, changed: bool) -> Sentence:
    if event.word == "start":
        if changed:
            return say("{point} texted START: what their STOP had taken away stands again.", point=shown)
        return say(
            "{point} texted START, and no STOP to {to} was standing: nothing changed.",
            point=shown,
            to=event.to,
        )
    if event.scope == "all":
        return say("{point} texted STOP: nothing is sent to it any more.", point=shown)
    if event.scope == "sender":
        return say("{point} texted STOP: nothing is sent to it from {to} any more.", point=shown, to=event.to)
    if event.scope == "purpose":
        return say("{point} texted STOP: it is opted out of “{purpose}”.", point=shown, purpose=event.purpose)
    return say("{point} texted STOP: it is opted out of everything commercial.", point=shown)
