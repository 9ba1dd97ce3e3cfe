"""SMS carrying: all accounts in one document without secrets, and back (R-SMS-40)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from workbench.adapters.clock import new_id
from workbench.engine.sms_checks import secrets_of_account
from workbench.models.base import JsonValue
from workbench.models.sms_account import (
    SMS_ACCOUNTS,
    Keyword,
    LoadedAccount,
    SmsAccount,
    SmsDraft,
    SmsSettings,
)
from workbench.providers import every

from .roles import operator
from .sms_drafts import SmsDrafts
from .sms_facts import wanted_secrets
from .sms_keywords import SmsKeywords
from .sms_portable import loaded_settings, portable_accounts


class SmsCarrying(SmsDrafts, SmsKeywords):
    """How accounts get from one workbench to another."""

    @operator
    async def export(self) -> dict[str, JsonValue]:
        """Return all accounts and keywords as a document without any secret and without callback addresses (R-SMS-40)."""
        return portable_accounts(await self.all(), await self.keywords())

    @operator
    async def load(self, document: dict[str, JsonValue]) -> list[LoadedAccount]:
        """Take in an exported document: a draft for each account, which only asks for its secrets; one of the same name is edited.

        An account of a provider that this workbench does not know is kept read-only. Raises Invalid, TooNew.
        """
        found = loaded_settings(document)
        kept = [await self._load_one(settings) for settings in found.accounts]
        await self._load_keywords(found.keywords)
        return kept

    async def _load_one(self, settings: SmsSettings) -> LoadedAccount:
        known, now = every().get(settings.provider), self.house.clock.now()
        same = next(
            (one for one in await self.all() if one.name.casefold() == settings.name.casefold()), None
        )
        if known is None or known.sms is None:
            id = same.id if same is not None and same.read_only else new_id("sms")
            account = SmsAccount(id=id, settings=settings, read_only=True, created_at=now, updated_at=now)
            await asyncio.to_thread(
                self.house.catalogue.put, SMS_ACCOUNTS, id, account.model_dump(mode="json")
            )
            return LoadedAccount(name=settings.name, provider=settings.provider, account=account)
        if same is not None and not same.read_only:
            settings = _with_secrets(settings, same.settings)
        draft = await self.draft(SmsDraft(
            id=new_id("smd"), settings=settings, step="credentials", updated_at=now,
            account_id=same.id if same is not None and not same.read_only else None,
        ))  # fmt: skip
        wanted = wanted_secrets(known, settings)
        return LoadedAccount(name=settings.name, provider=settings.provider, draft=draft, wanted=wanted)

    async def _load_keywords(self, keywords: Iterable[Keyword]) -> None:
        words = {one.word.casefold() for one in await self.keywords()}
        for keyword in keywords:
            if keyword.word.casefold() not in words:
                await self.save_keyword(keyword.model_copy(update={"id": ""}))
                words.add(keyword.word.casefold())


def _with_secrets(settings: SmsSettings, before: SmsSettings) -> SmsSettings:
    """Return imported settings with the secrets that the account of the same name has already."""
    if (settings.provider, settings.credential_kind) != (before.provider, before.credential_kind):
        return settings
    refs = {name: ref.model_dump() for name, ref in secrets_of_account(before).items()}
    return settings.model_copy(update={"credential": {**refs, **settings.credential}})
