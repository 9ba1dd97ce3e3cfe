"""SMS drafts: an account on its way, kept at every change; only ``save`` makes an account of it (R-SMS-02)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from workbench.adapters.clock import new_id
from workbench.engine.credential_shapes import (
    CONNECTION_STRINGS,
    HOSTS,
    completed,
    misplaced_secrets,
    tidy_text,
)
from workbench.engine.sms_checks import secrets_of_account, texts_of, tidy_account
from workbench.errors import NotFound
from workbench.models.base import Problem
from workbench.models.phone import number_key
from workbench.models.sms_account import (
    SMS_ACCOUNTS,
    SMS_DRAFTS,
    AccountStep,
    Sender,
    SmsAccount,
    SmsDraft,
    SmsSettings,
)
from workbench.providers import every
from workbench.sentence import say

from .meanwhile import check_seen, keep_draft
from .roles import operator
from .sms_shelf import SmsShelf, ask_first, raise_blocking, unknown_provider


class SmsDrafts(SmsShelf):
    """What a person can do with drafts of accounts."""

    @operator
    async def drafts(self) -> list[SmsDraft]:
        """Return every draft, the newest first."""
        found = await asyncio.to_thread(self.house.catalogue.all, SMS_DRAFTS)
        drafts = [SmsDraft.model_validate(item) for item in found]
        return sorted(drafts, key=lambda draft: draft.updated_at, reverse=True)

    @operator
    async def draft(self, draft: SmsDraft | None = None, seen: datetime | None = None) -> SmsDraft:
        """Keep a draft as it is, however incomplete, or begin a new one. A secret in a field for plain text is left out of what is kept.

        ``seen`` is the ``updated_at`` of the draft that was changed: where somebody else kept it since, theirs stays, and what is returned
        has an id of its own.
        """
        now = self.house.clock.now()
        kept = draft or SmsDraft(id=new_id("smd"), updated_at=now)
        settings = await asyncio.to_thread(self._keepable, kept.settings)
        kept = kept.model_copy(update={"updated_at": now, "settings": settings})
        document = kept.model_dump(mode="json")
        id, known = await asyncio.to_thread(keep_draft, self.house.catalogue, SMS_DRAFTS, document, seen)
        if known is not None:
            await self._forget(*secrets_of_account(SmsDraft.model_validate(known).settings).values())
        return kept.model_copy(update={"id": id})

    @operator
    async def edit(self, id: str) -> SmsDraft:
        """Return a draft of a saved account (by id or name); saving it replaces the account and keeps its id and addresses."""
        account = await self.get(id)
        if account.settings.provider not in every():
            raise unknown_provider(account)
        return await self.draft(
            SmsDraft(
                id=new_id("smd"),
                settings=account.settings,
                account_id=account.id,
                seen=account.updated_at,
                updated_at=self.house.clock.now(),
            )
        )

    @operator
    async def discard(self, draft_id: str) -> None:
        """Delete a draft and the secrets that only it refers to."""
        draft = await self._draft(draft_id)
        await asyncio.to_thread(self.house.catalogue.delete, SMS_DRAFTS, draft_id)
        await self._forget(*secrets_of_account(draft.settings).values())

    @operator
    async def check(
        self, settings: SmsSettings, step: AccountStep | None = None, account_id: str = ""
    ) -> list[Problem]:
        """Return what is wrong with settings up to and including ``step``; ``account_id`` names the account they would replace."""
        others = [one for one in await self.all() if one.id != account_id]
        return await asyncio.to_thread(lambda: self.problems(self._tidied(settings), others, step))

    @operator
    async def save(self, draft_id: str, confirm: bool = False) -> SmsAccount:
        """Make an account of a draft that passes every check, or replace the one it is a draft of; Invalid has all problems otherwise.

        Refused where it takes away a sender that is in use, unless that is confirmed; what was sent stays. Refused too where somebody else
        changed the account after the draft was begun: the draft stays.
        """
        draft = await self._draft(draft_id)
        settings, now = await asyncio.to_thread(self._tidied, draft.settings), self.house.clock.now()
        id = draft.account_id or new_id("sms")
        if draft.account_id and not confirm:
            await self._ask_for_senders(await self.account(id), settings)
        settings = settings.model_copy(update={"senders": tuple(_named(one) for one in settings.senders)})
        others = [one for one in await self.all() if one.id != id]
        raise_blocking(await asyncio.to_thread(self.problems, settings, others, None))
        settings = await asyncio.to_thread(self._secrets_tidied, settings)
        token = await asyncio.to_thread(self.at.new_token)
        replaced: list[SmsAccount] = []
        kept: list[SmsAccount] = []

        def change(documents: dict[str, Any]) -> None:
            known = {key: SmsAccount.model_validate(item) for key, item in documents.items()}
            if draft.account_id and id not in known:
                raise NotFound(say("The account was deleted in the meantime."))
            raise_blocking(self.problems(settings, [one for key, one in known.items() if key != id], None))
            before = known.get(id)
            if before is not None:
                check_seen(draft.seen, before.updated_at, before.name)
            replaced.extend([before] if before else [])
            account = SmsAccount(
                id=id, settings=settings, tokens=(before.tokens if before else ()) or (token,),
                created_at=before.created_at if before else now, updated_at=now,
            )  # fmt: skip
            documents[id] = account.model_dump(mode="json")
            kept.append(account)

        try:
            await asyncio.to_thread(self._transact, SMS_ACCOUNTS, change)
        finally:
            # what the catalogue does not refer to: the address of an account that had one, secrets sealed anew for none
            await self._forget(token.ref, *secrets_of_account(settings).values())
        await asyncio.to_thread(self._drop, SMS_DRAFTS, draft.id)
        before = [draft.settings, *(account.settings for account in replaced)]
        gone = [ref for one in before for ref in secrets_of_account(one).values()]
        await self._forget(*gone)
        await self._note("saved", kept[0])
        return kept[0]

    def _tidied(self, settings: SmsSettings) -> SmsSettings:
        """Return the settings as they are kept, with what can be taken out of their secrets."""
        secrets, _ = self.house.open_secrets(secrets_of_account(settings).values())
        return tidy_account(settings, secrets)

    def _keepable(self, settings: SmsSettings) -> SmsSettings:
        """Return the settings without a secret in a field for plain text, and with the host that a connection string names."""
        misplaced = misplaced_secrets(settings.provider, settings.credential)
        credential = {name: value for name, value in settings.credential.items() if name not in misplaced}
        host = HOSTS.get(settings.provider)
        if host is not None and settings.provider in CONNECTION_STRINGS and not credential.get(host.field):
            secrets, _ = self.house.open_secrets(secrets_of_account(settings).values())
            credential = completed(settings.provider, credential, texts_of(credential, secrets))
        return settings.model_copy(update={"credential": credential})

    def _secrets_tidied(self, settings: SmsSettings) -> SmsSettings:
        """Return the settings with each secret that has blanks or line ends around it sealed anew without them."""
        credential = dict(settings.credential)
        for name, ref in secrets_of_account(settings).items():
            text = self.house.vault.open_text(ref.handle)
            if tidy_text(text) != text:
                credential[name] = self.house.vault.seal_text(tidy_text(text)).model_dump()
        return settings.model_copy(update={"credential": credential})

    async def _ask_for_senders(self, before: SmsAccount, after: SmsSettings) -> None:
        keys = {number_key(one.value) for one in after.senders}
        for sender in before.settings.senders:
            if number_key(sender.value) not in keys:
                ask_first(sender.name or sender.value, await self.uses(before.id, sender.id))

    async def _draft(self, id: str) -> SmsDraft:
        return SmsDraft.model_validate(await asyncio.to_thread(self.house.catalogue.get, SMS_DRAFTS, id))

    def _drop(self, kind: str, id: str) -> None:
        try:
            self.house.catalogue.delete(kind, id)
        except NotFound:
            return  # another page discarded it meanwhile


def _named(sender: Sender) -> Sender:
    return sender if sender.id else sender.model_copy(update={"id": new_id("snd")})
