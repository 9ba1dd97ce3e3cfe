"""The consent house: the ledger of consent with what it needs around it: settings, profiles, digests of contact points, and their seal."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from workbench.adapters.clock import new_id
from workbench.engine.consent import Standing, decide, fold, happened_at
from workbench.engine.consent_profiles import DEFAULT_PROFILE, point_key
from workbench.engine.keywords import settings_of
from workbench.engine.redact import mask_identifier
from workbench.errors import MissingSecret, NotFound
from workbench.models.consent import (
    KEYWORD_SETTINGS,
    PROFILES,
    ComplianceProfile,
    ConsentAsk,
    ConsentChannel,
    ConsentDecision,
    ConsentEvent,
    ConsentRecord,
    ConsentSettings,
)
from workbench.models.journal import Entry
from workbench.models.phone import with_plus
from workbench.models.sms_account import KEYWORDS, Keyword

from .house import House

if TYPE_CHECKING:
    from workbench.adapters.consent_log import ConsentLog, KeptEvent
    from workbench.adapters.sealed_rows import RowKey

SETTINGS_ID: Final = "settings"


class ConsentHouse:
    """The ledger and what is around it; the services of consent work through it. ``rules`` are read once for many questions."""

    def __init__(self, house: House, log: ConsentLog) -> None:
        self.house, self.log = house, log
        self._digest = blake2b(key=house.home.salt, digest_size=16, person=b"consent point")
        self._row_keys: list[RowKey] = []

    # -- what people set -----------------------------------------------------------------------------------------------

    def settings_now(self) -> ConsentSettings:
        """Return the settings, in this thread; those of the first day where nobody saved any."""
        try:
            return settings_of(self.house.catalogue.get(KEYWORD_SETTINGS, SETTINGS_ID))
        except NotFound:
            return settings_of(None)

    def profiles_now(self) -> list[ComplianceProfile]:
        """Return the compliance profiles, in this thread: the one of the first day, unless somebody changed it, and all others."""
        kept = [ComplianceProfile.model_validate(one) for one in self.house.catalogue.all(PROFILES)]
        first = [] if any(one.key == DEFAULT_PROFILE.key for one in kept) else [DEFAULT_PROFILE]
        return [*first, *sorted(kept, key=lambda one: (one.key != DEFAULT_PROFILE.key, one.name.casefold()))]

    def keywords_now(self) -> list[Keyword]:
        """Return the keywords of journeys, in this thread."""
        return [Keyword.model_validate(one) for one in self.house.catalogue.all(KEYWORDS)]

    async def settings(self) -> ConsentSettings:
        """Return the settings."""
        return await asyncio.to_thread(self.settings_now)

    async def profiles(self) -> list[ComplianceProfile]:
        """Return the compliance profiles."""
        return await asyncio.to_thread(self.profiles_now)

    async def keywords(self) -> list[Keyword]:
        """Return the keywords of journeys."""
        return await asyncio.to_thread(self.keywords_now)

    # -- contact points ------------------------------------------------------------------------------------------------

    def digest(self, channel: ConsentChannel, point: str) -> str:
        """Return what stands for a contact point, the same for every spelling; nobody can try numbers against it without the salt."""
        digest = self._digest.copy()
        digest.update(f"{channel}:{point_key(channel, point)}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def shown(self, channel: ConsentChannel, point: str) -> str:
        """Return a contact point as it may be shown."""
        return _whole(mask_identifier(_spelled(channel, point), self.house.home.salt))

    async def kept(self, event: ConsentEvent, once: str = "") -> KeptEvent:
        """Return an event, whose point is in full, as it is kept: masked, with point and words sealed."""
        return (await self.all_kept([(event, once)]))[0]

    async def all_kept(self, found: Sequence[tuple[ConsentEvent, str]]) -> list[KeptEvent]:
        """Return many events as they are kept, each with what it may come by once."""
        from workbench.adapters.consent_log import KeptEvent

        key = (await self._keys())[-1]

        def work() -> list[KeptEvent]:
            return [
                KeptEvent(self.masked(event), self.digest(event.channel, event.point), _sealed(key, event.point, event.words), once)
                for event, once in found
            ]  # fmt: skip

        return await asyncio.to_thread(work)

    def masked(self, event: ConsentEvent) -> ConsentEvent:
        """Return an event with its point masked and without its words."""
        return event.model_copy(update={"point": self.shown(event.channel, event.point), "words": ""})

    async def sealed(self, point: str, words: str) -> str:
        """Return a contact point and the words that came with it, sealed."""
        return _sealed((await self._keys())[-1], point, words)

    async def opened(self, sealed: Iterable[str]) -> list[tuple[str, str] | None]:
        """Return the contact point and the words of each; None where the vault does not open them any more."""
        ring, all_sealed = await self._keys(), list(sealed)
        return await asyncio.to_thread(lambda: [_opened(ring, one) for one in all_sealed])

    async def in_words(self, found: Sequence[KeptEvent]) -> list[ConsentEvent]:
        """Return events as they may be shown: points masked, with the words that came with them, as far as the vault opens them."""
        opened = await self.opened(kept.sealed for kept in found)
        return [
            kept.event.model_copy(update={"words": known[1]}) if known and known[1] else kept.event
            for kept, known in zip(found, opened, strict=True)
        ]

    # -- decisions -----------------------------------------------------------------------------------------------------

    async def decide(self, asks: Sequence[ConsentAsk]) -> list[ConsentDecision]:
        """Return for each question whether it may be sent and why; one look into the ledger for all of them."""
        settings, profiles = await asyncio.to_thread(lambda: (self.settings_now(), self.profiles_now()))
        digests = [self.digest(ask.channel, ask.point) for ask in asks]
        standing = await self.log.standing(digests)
        return [
            self.decided(ask, standing.get(digest, ()), profiles, settings)
            for ask, digest in zip(asks, digests, strict=True)
        ]

    def decided(
        self,
        ask: ConsentAsk,
        standing: Standing,
        profiles: Sequence[ComplianceProfile],
        settings: ConsentSettings,
    ) -> ConsentDecision:
        """Return the decision of one question by what stands."""
        return decide(ask, standing, profiles, settings, self.shown(ask.channel, ask.point))

    def in_memory(
        self, events: Iterable[ConsentEvent]
    ) -> tuple[Mapping[str, Standing], Mapping[str, list[ConsentEvent]]]:
        """Return what stands of events with points in full, and all of them masked, by their points' digests. Nothing is kept."""
        found: dict[str, list[ConsentEvent]] = {}
        for event in events:
            shown = event.model_copy(update={"point": self.shown(event.channel, event.point)})
            found.setdefault(self.digest(event.channel, event.point), []).append(shown)
        return {digest: fold(known) for digest, known in found.items()}, found

    # ------------------------------------------------------------------------------------------------------------------

    async def tell(self, detail: str, recipient: str | None = None) -> None:
        """Write into the journal that a person changed something of consent."""
        await self.house.journal.append(
            Entry(
                id=new_id("ent"), at=self.house.clock.now(), kind="change", mode=self.house.mode, who=self.house.person.name,
                recipient=recipient, detail=detail,
            )
        )  # fmt: skip

    async def _keys(self) -> list[RowKey]:
        """Return the keys to what is sealed in the ledger, the one that seals last. The vault alone opens them.

        Where it opens none any more, a new one is made: a STOP is recorded whatever became of old keys.
        """
        while not self._row_keys:
            sealed = await self.log.keys()
            self._row_keys = await asyncio.to_thread(self._open_keys, sealed)
            if not self._row_keys:
                await self.log.add_key(await asyncio.to_thread(self._new_key), len(sealed))
        return self._row_keys

    def _open_keys(self, sealed: Sequence[str]) -> list[RowKey]:
        from workbench.adapters.sealed_rows import RowKey

        found = []
        for one in sealed:
            with contextlib.suppress(MissingSecret):  # it may be opened again when the vault's key comes back
                found.append(RowKey(self.house.vault.open_data(one).decode()))
        return found

    def _new_key(self) -> str:
        from workbench.adapters.sealed_rows import RowKey

        return self.house.vault.seal_data(RowKey.new().text.encode())


def record_of(event: ConsentEvent, key: str) -> ConsentRecord:
    """Return an event that stands, masked already, as the consent centre lists it."""
    return ConsentRecord(
        key=key, point=event.point, channel=event.channel, profile=event.profile, purpose=event.purpose, topic=event.topic,
        sender=event.sender, scope=event.scope, word=event.word, status=event.status, source=event.source, carrier=event.carrier,
        changed_at=happened_at(event), event_id=event.id,
    )  # fmt: skip


def _spelled(channel: ConsentChannel, point: str) -> str:
    """Return a contact point in one spelling, so that its mask is one too."""
    return point.strip() if channel == "email" else with_plus(point_key(channel, point))


def _sealed(key: RowKey, point: str, words: str) -> str:
    return key.seal(json.dumps([point, words], ensure_ascii=False).encode("utf-8", "replace"))


def _opened(ring: Sequence[RowKey], sealed: str) -> tuple[str, str] | None:
    for key in reversed(ring):
        with contextlib.suppress(MissingSecret):
            point, words = json.loads(key.open(sealed))
            return point, words
    return None


def _whole(text: str) -> str:
    """Return a text with question marks for halves of characters, which providers send and no page can show."""
    return text.encode("utf-8", "replace").decode()
