"""Consent: who may be written to, why, and since when: the one ledger that messages, jobs and gates ask."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from workbench.adapters.clock import new_id
from workbench.engine.consent import as_of
from workbench.engine.consent_profiles import DEFAULT_PROFILE, asked_of, check_point, check_profile
from workbench.engine.keywords import check_settings, settings_of, tidy_settings, verdict
from workbench.errors import Invalid, MissingSecret, NotFound, Refused
from workbench.models.base import Problem
from workbench.models.callback import DeliveryReport, InboundMessage
from workbench.models.consent import (
    KEYWORD_SETTINGS,
    PROFILES,
    ComplianceProfile,
    ConsentAsk,
    ConsentChannel,
    ConsentDecision,
    ConsentEvent,
    ConsentFilter,
    ConsentImport,
    ConsentRecord,
    ConsentReplay,
    ConsentSettings,
    ConsentStatus,
    KeywordVerdict,
    Review,
    StopScope,
)
from workbench.models.phone import is_number
from workbench.models.sms_account import SmsAccount
from workbench.sentence import Sentence, say

from .consent_files import ConsentFiles
from .consent_hearing import Hearing, reach
from .consent_house import SETTINGS_ID, ConsentHouse, record_of
from .house import House
from .meanwhile import check_seen
from .roles import admin, operator, viewer

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.consent_log import ConsentLog

MOST_ASKED: Final = 20_000
"""Questions of one call."""
LONGEST_REASON: Final = 300


class Consent:
    """What a person can do with consent; and what the receiver of callbacks, the jobs and the gates ask of it."""

    def __init__(self, house: House, log: ConsentLog) -> None:
        self.doors = ConsentHouse(house, log)
        self._hearing = Hearing(self.doors)
        self._files = ConsentFiles(self.doors, self._hearing)

    # -- asking --------------------------------------------------------------------------------------------------------

    @viewer
    async def decide(self, asks: list[ConsentAsk]) -> list[ConsentDecision]:
        """Return for each question whether it may be sent, and why: the rule, and the record it hangs on. Points are masked.

        Raises Refused where a profile, a purpose or a topic that is asked about is not there.
        """
        if len(asks) > MOST_ASKED:
            raise Refused(
                say("One call answers at most {most} questions. Ask in several calls.", most=MOST_ASKED)
            )
        return await self.doors.decide(asks)

    @viewer
    async def explain(self, ask: ConsentAsk, at: datetime | None = None) -> ConsentDecision:
        """Return one decision, as it is now or as it was at a moment, by the events that were known then and the rules of now."""
        _checked_point(ask.channel, ask.point)
        if at is None:
            return (await self.doors.decide([ask]))[0]
        known = await self.doors.log.history(self.doors.digest(ask.channel, ask.point))
        standing = as_of((kept.event for kept in known), _moment(at))
        settings, profiles = await self.doors.settings(), await self.doors.profiles()
        return self.doors.decided(ask, standing, profiles, settings)

    @viewer
    async def what(self, text: str) -> KeywordVerdict:
        """Return what the keyword engine makes of an inbound text."""
        return verdict(text, await self.doors.settings(), await self.doors.keywords())

    # -- looking -------------------------------------------------------------------------------------------------------

    @viewer
    async def records(self, wanted: ConsentFilter | None = None) -> list[ConsentRecord]:
        """Return what stands, the latest change first; with ``until``, what stood then. A page goes on ``before`` the last event's id."""
        wanted = wanted or ConsentFilter()
        if wanted.until is not None:
            return await self.at(wanted.until, wanted)
        found = await self.doors.log.records(wanted, self._digests(wanted))
        return [record_of(kept.event, kept.digest) for kept in found]

    @viewer
    async def at(self, moment: datetime, wanted: ConsentFilter | None = None) -> list[ConsentRecord]:
        """Return what stood at a moment, as it was known then: the events are played again up to it."""
        wanted = wanted or ConsentFilter()
        found = await self.doors.log.at(_moment(moment), wanted, self._digests(wanted))
        return [record_of(kept.event, kept.digest) for kept in found]

    @viewer
    async def events(self, wanted: ConsentFilter | None = None) -> list[ConsentEvent]:
        """Return the history, newest first: every change, with what was texted or why somebody changed it."""
        wanted = wanted or ConsentFilter()
        return await self.doors.in_words(await self.doors.log.events(wanted, self._digests(wanted)))

    @viewer
    async def reviews(self) -> list[Review]:
        """Return the texts that sound like an opt-out and wait for a person, the oldest first."""
        found = await self.doors.log.waiting()
        opened = await self.doors.opened(kept.sealed for kept in found)
        return [
            kept.review.model_copy(update={"words": known[1] if known else ""})
            for kept, known in zip(found, opened, strict=True)
        ]

    @viewer
    async def profiles(self) -> list[ComplianceProfile]:
        """Return the compliance profiles, the default one first."""
        return await self.doors.profiles()

    @viewer
    async def settings(self) -> ConsentSettings:
        """Return the word lists, how far STOP reaches, and whether the rule of 2023 is switched on."""
        return await self.doors.settings()

    @viewer
    async def export(
        self,
        until: datetime | None = None,
        form: Literal["csv", "ndjson"] = "csv",
        since: datetime | None = None,
    ) -> str:
        """Return the audit as a file's text: every event in the order it came, points masked. No cell runs as a formula.

        Raises Refused for more than 200,000 events: narrow it by ``since`` and ``until``.
        """
        return await self._files.export(
            None if until is None else _moment(until), None if since is None else _moment(since), form
        )

    @viewer
    async def check_profile(self, profile: ComplianceProfile) -> list[Problem]:
        """Return what is wrong with a profile."""
        others = [one for one in await self.doors.profiles() if one.key != profile.key]
        return check_profile(profile, others)

    @viewer
    async def check_settings(self, settings: ConsentSettings) -> list[Problem]:
        """Return what is wrong with settings: a word in two lists, one that a journey uses, a profile that is not there."""
        problems = check_settings(tidy_settings(settings), await self.doors.keywords())
        if all(one.key != settings.profile for one in await self.doors.profiles()):
            problems.append(Problem(field="profile", sentence=say(
                "There is no compliance profile “{key}”. Choose one of those there are.", key=settings.profile[:40]
            )))  # fmt: skip
        return problems

    # -- changing ------------------------------------------------------------------------------------------------------

    @operator
    async def record(
        self, point: str, status: ConsentStatus, reason: str, channel: ConsentChannel = "sms", key: str = "", profile: str = "",
        purpose: str = "", topic: str = "", sender: str = "", scope: StopScope = "purpose", source: Literal["person", "form"] = "person",
    ) -> ConsentEvent:  # fmt: skip
        """Change consent by hand, with a reason that stays. ``key`` names a record's point in place of ``point``.

        A carrier's block is not lifted so: that takes a START from the recipient's own handset. Raises Invalid.
        """
        point, channel = await self._point_of(key) if key else (point.strip(), channel)
        problems = [
            Problem(field=field, sentence=sentence)
            for field, sentence in (("point", check_point(channel, point)), ("reason", _check_reason(reason)))
            if sentence is not None
        ]
        if problems:
            raise Invalid(problems)
        settings, profiles = await self.doors.settings(), await self.doors.profiles()
        asked = asked_of(
            ConsentAsk(channel=channel, point=point, profile=profile, purpose=purpose, topic=topic), profiles, settings
        )  # fmt: skip
        event = ConsentEvent(
            id=new_id("con"), at=self._now(), channel=channel, point=point, status=status, profile=asked.profile.key,
            purpose=asked.purpose.key if scope == "purpose" else "", topic=topic if scope == "purpose" else "",
            sender=sender.strip(), scope=scope, source=source, who=self._who(), words=reason.strip(),
        )  # fmt: skip
        kept = await self.doors.kept(event)
        await self.doors.log.add([kept])
        await self.doors.tell(f"consent {status}", kept.event.point)
        return kept.event.model_copy(update={"words": event.words})

    @operator
    async def settle_review(self, id: str, opted_out: bool) -> Review:
        """Decide a text that sounds like an opt-out. As an opt-out it counts like a STOP at the time it was texted."""
        kept = await self.doors.log.settle(id, "opted_out" if opted_out else "left")
        [known] = await self.doors.opened([kept.sealed])
        if known is None:
            raise MissingSecret(say(
                "The vault does not open whose text this is any more, so that nobody could be opted out. Bring its key back."
            ))  # fmt: skip
        review, (point, words) = kept.review, known
        if opted_out:
            rules = await self._hearing.rules()
            event = ConsentEvent(
                id=new_id("con"), at=self._now(), provider_at=review.at, point=point, status="opted_out", word="stop",
                profile=rules.settings.profile, source="person", who=self._who(), words=words, to=review.sender,
            ).model_copy(update=reach(rules, review.sender))  # fmt: skip
            await self.doors.log.add([await self.doors.kept(event, f"review|{id}")])
        await self.doors.tell(f"consent review {kept.review.done}", review.point)
        return review.model_copy(update={"words": words})

    @operator
    async def import_events(self, text: str) -> ConsentImport:
        """Keep the consent events of a file (CSV with a header, or JSON lines): ``point`` and ``status`` at least.

        An opt-in has to say when it was given: else an old one would count more than a STOP that came since. What was imported before is
        known and has no second effect. Rows that cannot be read are told with their lines; the others are kept.
        """
        done = await self._files.bring_in(text)
        if done.kept or done.known:
            await self.doors.tell(f"consent imported: {done.kept}")
        return done

    @operator
    async def replay(
        self, text: str, moment: datetime | None = None, asks: list[ConsentAsk] | None = None
    ) -> ConsentReplay:
        """Play a file of inbound texts and consent events through the rules of now, in memory alone: nothing is kept.

        Returns what stood at ``moment`` (else at the end), the decisions of ``asks`` then, and the audit of it all.
        """
        return await self._files.replay(text, _moment(moment) if moment else None, asks or [])

    @operator
    async def rebuild(self) -> int:
        """Make what stands anew, of the events alone; return how many contact points there are."""
        return await self.doors.log.rebuild()

    @admin
    async def reveal(self, key: str) -> str:
        """Return the contact point behind a record's key, as it was written: for an authority that asks. The journal keeps that."""
        point, channel = await self._point_of(key)
        await self.doors.tell("consent point revealed", self.doors.shown(channel, point))
        return point

    @admin
    async def save_profile(
        self, profile: ComplianceProfile, seen: ComplianceProfile | None = None
    ) -> ComplianceProfile:
        """Keep a profile, in place of the one with its key. Raises Invalid with all problems.

        ``seen`` is the profile that was changed: Refused where somebody else saved another one meanwhile.
        """
        problems = await self.check_profile(profile)
        if problems:
            raise Invalid(problems)

        def change(before: dict[str, Any] | None) -> dict[str, Any]:
            old = ComplianceProfile.model_validate(before) if before is not None else None
            if old is None and profile.key == DEFAULT_PROFILE.key:
                old = DEFAULT_PROFILE
            check_seen(seen, old, profile.name)
            return profile.model_dump(mode="json")

        await asyncio.to_thread(self.doors.house.catalogue.update, PROFILES, profile.key, change)
        await self.doors.tell(f"compliance profile saved: {profile.key}")
        return profile

    @admin
    async def save_settings(
        self, settings: ConsentSettings, seen: ConsentSettings | None = None
    ) -> ConsentSettings:
        """Keep the word lists, how far STOP reaches, and the rule of 2023. STOP is always among the words. Raises Invalid.

        ``seen`` are the settings that were changed: Refused where somebody else saved others meanwhile.
        """
        problems = await self.check_settings(settings)
        if problems:
            raise Invalid(problems)
        tidied = tidy_settings(settings)

        def change(before: dict[str, Any] | None) -> dict[str, Any]:
            check_seen(seen, settings_of(before), say("Words and rules"))
            return tidied.model_dump(mode="json")

        await asyncio.to_thread(self.doors.house.catalogue.update, KEYWORD_SETTINGS, SETTINGS_ID, change)
        await self.doors.tell("consent settings saved")
        return tidied

    # -- what callbacks bring ------------------------------------------------------------------------------------------

    async def heard(
        self, inbound: InboundMessage, account: SmsAccount, *, message_id: str
    ) -> tuple[Sentence, ...]:
        """Record what an inbound text does (STOP, START, a text to look at), once for each ``message_id``; return what it did."""
        return await self._hearing.heard(inbound, account, message_id)

    async def reported(
        self, report: DeliveryReport, account: SmsAccount, number: str
    ) -> tuple[Sentence, ...]:
        """Record what a report tells that says that the recipient ``number`` (in full) opted out or is blocked; return what was done."""
        return await self._hearing.reported(report, account, number)

    # ------------------------------------------------------------------------------------------------------------------

    def _digests(self, wanted: ConsentFilter) -> list[str]:
        """Return what stands for the contact point that is searched for, in each channel it may be of; none where none is."""
        if wanted.key:
            return [wanted.key]
        point = wanted.point.strip()
        if not point:
            return []
        number = is_number(point)
        if wanted.channel is None and number:
            _checked_point("sms", point)
        channels: Sequence[ConsentChannel] = ("email", "custom") if "@" in point else ("sms", "custom")
        return [self.doors.digest(one, point) for one in ([wanted.channel] if wanted.channel else channels)]

    async def _point_of(self, key: str) -> tuple[str, ConsentChannel]:
        known = await self.doors.log.history(key)
        if not known:
            raise NotFound(say("There is no such contact point in the ledger."))
        [opened] = await self.doors.opened([known[-1].sealed])
        if opened is None:
            raise MissingSecret(
                say("The vault does not open this contact point any more. Bring its key back.")
            )
        return opened[0], known[-1].event.channel

    def _now(self) -> datetime:
        return self.doors.house.clock.now()

    def _who(self) -> str:
        return self.doors.house.person.name


def _checked_point(channel: ConsentChannel, point: str) -> None:
    wrong = check_point(channel, point)
    if wrong is not None:
        raise Invalid([Problem(field="point", sentence=wrong)])


def _check_reason(reason: str) -> Sentence | None:
    if not reason.strip():
        return say("There is no reason. Write why the consent is changed: it stays in the audit.")
    if len(reason) > LONGEST_REASON:
        return say("The reason is longer than {most} letters. Shorten it.", most=LONGEST_REASON)
    return None


def _moment(at: datetime) -> datetime:
    """Return a time with its zone; one without is in UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)
