"""Shops: the online shops that are synced with a platform: set one up, change it, try its key, carry it elsewhere (R-SYNC-01, 31)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, get_args

from workbench.adapters.clock import new_id
from workbench.engine.checks import blocking
from workbench.engine.credential_shapes import tidy_text
from workbench.engine.shop_checks import check_shop, tidy_shop
from workbench.errors import Invalid, NotFound, Refused, WorkbenchError
from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.journal import Entry
from workbench.models.request import Mode
from workbench.models.sending import Confirmation
from workbench.models.shop import SHOPS, NewsletterCall, Shop, ShopCallbacks, ShopCheck, ShopSettings
from workbench.models.sync_platform import SyncPlatform
from workbench.providers import platforms
from workbench.sentence import say

from .fresh import Fresh, marks_of
from .house import House
from .meanwhile import check_seen
from .newsletter import Newsletter
from .roles import operator, viewer
from .shop_addresses import ShopAddresses
from .shop_jobs import live_jobs
from .shop_portable import loaded_shop, portable_shop
from .shop_probing import probe_shop
from .sync_memory import scope_in

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.sync_marks import SyncMarks

    from .consent import Consent

OVERLAP_H: Final = 24.0
MODES: Final[tuple[Mode, ...]] = get_args(Mode)


class Shops:
    """What a person can do with shops. ``public_at`` is the address that platforms reach this workbench by.

    ``newsletter`` takes the calls that a platform makes when somebody subscribes or unsubscribes; with ``consent`` they change it.
    ``marks`` is what was last sent of each shop's records: it goes with its shop.
    """

    def __init__(
        self, house: House, *, public_at: str = "", consent: Consent | None = None, marks: SyncMarks | None = None
    ) -> None:  # fmt: skip
        self.house, self._marks = house, marks
        self.at = ShopAddresses(house, public_at)
        self.newsletter = Newsletter(house, self.by_token, consent)
        self._known = Fresh(marks_of(house, SHOPS), self._read)

    # -- looking -------------------------------------------------------------------------------------------------------

    @viewer
    async def get(self, id: str) -> Shop:
        """Return one shop by its id or its name; NotFound otherwise."""
        wanted = id.strip().casefold()
        for one in await asyncio.to_thread(self._read):
            if id == one.id or wanted == one.name.casefold():
                return one
        raise NotFound(
            say("There is no shop “{name}”. Look at the list of shops for its name.", name=id[:80])
        )

    @viewer
    async def platforms(self) -> list[SyncPlatform]:
        """Return the platforms that a shop can be synced with, as they declare themselves: calls, fields, codes, limits."""
        return [*platforms().values()]

    @viewer
    async def check(self, settings: ShopSettings, id: str = "") -> list[Problem]:
        """Return everything that is to be said of settings, in the order of the form; ``id`` names the shop that they would replace."""
        return [*await asyncio.to_thread(lambda: self._problems(tidy_shop(settings), self._read(), id))]

    @viewer
    async def export(self, id: str) -> dict[str, JsonValue]:
        """Return a shop as a document without its key and without its callback addresses."""
        return portable_shop((await self.get(id)).settings)

    @viewer
    async def calls(self, shop_id: str, after: str = "", limit: int = 50) -> list[NewsletterCall]:
        """Return the subscribe and unsubscribe calls that came in, the newest first; the next page is ``after`` the last id. Masked."""
        return await self.newsletter.calls((await self.get(shop_id)).id, after, limit)

    # -- changing ------------------------------------------------------------------------------------------------------

    @operator
    async def save(
        self, settings: ShopSettings, id: str | None = None, seen: ShopSettings | None = None
    ) -> Shop:
        """Keep settings that pass every check as a new shop, or in place of the shop ``id``. Raises Invalid with all problems.

        The shop's id and callback addresses stay. A key that nothing refers to any more is forgotten. ``seen`` are the settings that were
        changed: Refused where somebody else saved others meanwhile.
        """
        kept = await asyncio.to_thread(self._key_tidied, tidy_shop(settings))
        try:
            shop = await self._put(kept, id, "shop saved", strict=True, seen=seen)
        except WorkbenchError:
            await self._forget([ref for ref in kept.secrets() if ref not in settings.secrets()])
            raise
        await self._forget(settings.secrets())  # that with blanks around it, where there was one
        return shop

    @operator
    async def load(self, document: dict[str, JsonValue]) -> Shop:
        """Take in an exported document: a shop that only lacks its key; one of the same name is replaced, and keeps its key where the
        key still goes to the same place. Raises Invalid, TooNew.
        """  # noqa: D205 - one sentence
        settings = tidy_shop(loaded_shop(document))
        found = await asyncio.to_thread(self._read)
        same = next((one for one in found if one.name.casefold() == settings.name.casefold()), None)
        if same is not None and _same_place(same.settings, settings):
            settings = settings.model_copy(update={"api_key": same.settings.api_key})
        return await self._put(settings, same.id if same else None, "shop imported", strict=False)

    @operator
    async def delete(self, id: str) -> None:
        """Delete a shop, its key, its callback addresses, and what is kept of its records to compare with. Runs and history stay.

        Refused while a sync of it runs.
        """
        shop = await self.get(id)
        for job in await live_jobs(self.house, shop.id, MODES):
            raise Refused(say(
                "“{job}” still works for the shop “{name}”. Cancel it, or wait for its end.", job=job.title, name=shop.name
            ))  # fmt: skip
        await asyncio.to_thread(self.house.catalogue.delete, SHOPS, shop.id)
        await self._forget([*shop.settings.secrets(), *(token.ref for token in shop.tokens)])
        if self._marks is not None:
            for mode in MODES:
                await self._marks.forget_shop(scope_in(mode, shop.id))
        await self._note("shop deleted", shop)

    # -- callback addresses --------------------------------------------------------------------------------------------

    @operator
    async def addresses(self, id: str) -> ShopCallbacks:
        """Return where the platform calls when somebody subscribes or unsubscribes. The addresses are secret."""
        shop = await self.get(id)
        return await asyncio.to_thread(self.at.of, shop)

    @operator
    async def renew_addresses(self, id: str, overlap_h: float = OVERLAP_H) -> ShopCallbacks:
        """Give a shop new callback addresses; the old ones work for ``overlap_h`` more hours, so that no call is lost."""
        shop = await self.get(id)
        self.at.tokens.check_overlap(overlap_h)
        token = await asyncio.to_thread(self.at.tokens.new_token)
        try:

            def change(document: dict[str, Any] | None) -> dict[str, Any]:
                if document is None:
                    raise _gone()
                now = Shop.model_validate(document)
                turned = self.at.tokens.rotated(now.tokens, token, overlap_h)
                return now.model_copy(update={"tokens": turned}).model_dump(mode="json")

            await asyncio.to_thread(self.house.catalogue.update, SHOPS, shop.id, change)
        finally:  # whatever the shop refers to now, or does not, stays or goes
            await self._forget([token.ref, *(old.ref for old in shop.tokens)])
        await self._note("callback addresses renewed", shop)
        return await self.addresses(shop.id)

    # -- the key -------------------------------------------------------------------------------------------------------

    @operator
    async def probe(self, id: str, confirmation: Confirmation | None = None) -> ShopCheck:
        """Ask the platform whether it lets the key in, by one call that only reads a list; nothing is changed there.

        A live call is confirmed by its host and the shop's name.
        """
        return await probe_shop(self.house, await self.get(id), confirmation)

    @viewer
    async def list(self) -> list[Shop]:
        """Return the shops by name. Their keys are handles."""
        return sorted(await asyncio.to_thread(self._read), key=lambda one: one.name.casefold())

    # -- for the other services: no routes -----------------------------------------------------------------------------

    async def open(self, id: str) -> Shop:
        """Return the shop of this id; NotFound where it was deleted."""
        try:
            document = await asyncio.to_thread(self.house.catalogue.get, SHOPS, id)
        except NotFound:
            raise NotFound(
                say("The shop was deleted. What was sent to its platform is still listed.")
            ) from None
        return Shop.model_validate(document)

    async def by_token(self, token: str) -> Shop | None:
        """Return whose callback address has this token now, or None; it takes as long either way."""
        return self.at.tokens.owner(token, await self._known.now())

    # ------------------------------------------------------------------------------------------------------------------

    def _read(self) -> Sequence[Shop]:
        return [Shop.model_validate(item) for item in self.house.catalogue.all(SHOPS)]

    def _problems(self, settings: ShopSettings, known: Sequence[Shop], id: str = "") -> Sequence[Problem]:
        """Return what is wrong with settings, their key opened; a key that this vault does not have is a problem."""
        secrets, missing = self.house.open_secrets(settings.secrets())
        key = next(iter(secrets.values()), None)
        others = [one.name for one in known if one.id != id]
        platform = platforms().get(settings.platform)
        problems = check_shop(settings, platform, others=others, key=key)
        if platform is None:
            sentence = say(
                "This workbench has no platform “{key}”. Choose one from the list.",
                key=settings.platform[:40],
            )
            problems.insert(0, Problem(field="platform", sentence=sentence))
        if missing:
            problems.append(
                Problem(field="api_key", sentence=say("This secret is not in this vault. Type it again."))
            )
        return problems

    def _key_tidied(self, settings: ShopSettings) -> ShopSettings:
        """Return the settings with a key that has blanks or line ends around it sealed anew without them."""
        secrets, _ = self.house.open_secrets(settings.secrets())
        for text in secrets.values():
            if tidy_text(text) != text:
                return settings.model_copy(update={"api_key": self.house.vault.seal_text(tidy_text(text))})
        return settings

    async def _put(
        self,
        settings: ShopSettings,
        id: str | None,
        what: str,
        *,
        strict: bool,
        seen: ShopSettings | None = None,
    ) -> Shop:
        """Keep a shop under its id or a new one. Where it may lack its key (not ``strict``), that alone is let pass."""
        key, now = id or new_id("shp"), self.house.clock.now()
        token = await asyncio.to_thread(self.at.tokens.new_token)
        replaced: list[SecretRef] = []
        kept: list[Shop] = []

        def change() -> None:
            with self.house.catalogue.transaction(SHOPS) as documents:
                known = {one: Shop.model_validate(item) for one, item in documents.items()}
                if id is not None and id not in known:
                    raise _gone()
                wrong = blocking(self._problems(settings, [*known.values()], key))
                if [one for one in wrong if strict or one.field != "api_key"]:
                    raise Invalid(wrong)
                before = known.get(key)
                if before is not None:
                    check_seen(seen, before.settings, before.name)
                replaced.extend(before.settings.secrets() if before else ())
                made = Shop(
                    id=key, settings=settings, tokens=(before.tokens if before else ()) or (token,),
                    created_at=before.created_at if before else now, updated_at=now,
                )  # fmt: skip
                documents[key] = made.model_dump(mode="json")
                kept.append(made)

        try:
            await asyncio.to_thread(change)
        finally:  # the address of a shop that had one, or that was not made; the key that was there before
            await self._forget([token.ref, *replaced])
        await self._note(what, kept[0])
        return kept[0]

    async def _forget(self, refs: Sequence[SecretRef]) -> None:
        """Forget the secrets that no shop refers to any more."""

        def forget() -> None:
            used: set[str] = set()
            for shop in self._read():
                used.update(
                    ref.handle for ref in (*shop.settings.secrets(), *(one.ref for one in shop.tokens))
                )
            for ref in refs:
                if ref.handle not in used:
                    self.house.vault.forget(ref.handle)

        await asyncio.to_thread(forget)

    async def _note(self, what: str, shop: Shop) -> None:
        entry = Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="change", mode=self.house.mode, who=self.house.person.name,
            integration_id=shop.id, integration_name=shop.name, provider=shop.settings.platform, detail=what,
        )  # fmt: skip
        await self.house.journal.append(entry)


def _gone() -> NotFound:
    return NotFound(say("The shop was deleted in the meantime."))


def _same_place(before: ShopSettings, after: ShopSettings) -> bool:
    """Return whether a key that was typed for the settings before still goes to the same platform at the same address."""
    return (before.platform, before.base_url) == (after.platform, after.base_url)
