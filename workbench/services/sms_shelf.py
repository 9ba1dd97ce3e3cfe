"""SMS shelf: the accounts as they are kept, and the doors that all that is done with them goes through."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from workbench.adapters.clock import new_id
from workbench.engine.checks import blocking
from workbench.engine.sms_checks import check_account, credential_of_account, secrets_of_account
from workbench.errors import Invalid, MissingSecret, NotFound, Refused
from workbench.models.base import Problem, SecretRef
from workbench.models.credential import Credential
from workbench.models.journal import Entry
from workbench.models.provider import Provider
from workbench.models.sms_account import (
    SMS_ACCOUNTS,
    SMS_DRAFTS,
    AccountStep,
    SenderUse,
    SmsAccount,
    SmsSettings,
)
from workbench.providers import every
from workbench.sentence import Sentence, say

from .fresh import Fresh, marks_of
from .house import House
from .roles import viewer
from .sms_addresses import Addresses
from .sms_uses import uses_of, uses_told

if TYPE_CHECKING:  # a page that connects reads the services' signatures, and loads no door
    from workbench.adapters.deliveries import Deliveries

_HANDLE: Final = re.compile(r"sec_[a-z0-9]{8,40}")


class SmsShelf:
    """The accounts of a house. ``public_at`` is the address that providers reach this workbench by."""

    def __init__(self, house: House, *, public_at: str = "", deliveries: Deliveries | None = None) -> None:
        self.house, self.deliveries = house, deliveries
        self.at = Addresses(house, public_at)
        self._doors = Fresh(marks_of(house, SMS_ACCOUNTS), self._read)

    @viewer
    async def get(self, id: str) -> SmsAccount:
        """Return one account by its id or its name; NotFound otherwise."""
        wanted = id.strip().casefold()
        for one in await self.all():
            if id == one.id or wanted == one.name.casefold():
                return one
        raise NotFound(
            say("There is no SMS account “{name}”. Look at the list of accounts for its name.", name=id[:80])
        )

    @viewer
    async def uses(self, account_id: str, sender_id: str = "") -> list[SenderUse]:
        """Return where an account is used, or one of its senders: deliveries, jobs, integrations and what else names it."""
        account = await self.get(account_id)
        return await uses_of(self.house, self.deliveries, account, sender_id)

    # -- for the other services: no routes -----------------------------------------------------------------------------

    async def all(self) -> list[SmsAccount]:
        """Return every account, in no order."""
        return await asyncio.to_thread(self._read)

    async def account(self, id: str) -> SmsAccount:
        """Return the account of this id; NotFound otherwise."""
        try:
            document = await asyncio.to_thread(self.house.catalogue.get, SMS_ACCOUNTS, id)
        except NotFound:
            raise NotFound(
                say("The SMS account was deleted. What was sent through it is still listed.")
            ) from None
        return SmsAccount.model_validate(document)

    async def opened(self, account: SmsAccount) -> tuple[Provider, Credential, dict[str, str]]:
        """Return an account's provider, credential and opened secrets (by handle). Raises Refused, Invalid, MissingSecret."""
        provider = every().get(account.settings.provider)
        if account.read_only or provider is None or provider.sms is None:
            raise unknown_provider(account)
        credential, problems = credential_of_account(account.settings, provider)
        if credential is None:
            raise Invalid(problems)
        refs = secrets_of_account(account.settings)
        secrets, missing = await asyncio.to_thread(self.house.open_secrets, refs.values())
        if missing:
            title = next(name for name, ref in refs.items() if ref == missing[0])
            field = type(credential).model_fields.get(title)
            raise MissingSecret(
                say(
                    "“{title}” of the account “{account}” is not in this vault. Edit the account and type it again.",
                    title=Sentence(field.title) if field is not None and field.title else title, account=account.name,
                )
            )  # fmt: skip
        return provider, credential, secrets

    async def by_token(self, token: str) -> SmsAccount | None:
        """Return whose callback address has this token, or None. Old tokens count until their time is over; it takes as long either way."""
        return self.at.owner(token, await self._doors.now())

    # ------------------------------------------------------------------------------------------------------------------

    def problems(
        self, settings: SmsSettings, others: Sequence[SmsAccount], step: AccountStep | None
    ) -> list[Problem]:
        """Return what is wrong with settings, their secrets opened; a secret that this vault does not have is a problem."""
        refs = secrets_of_account(settings)
        secrets, missing = self.house.open_secrets(refs.values())
        problems = check_account(
            settings, every().get(settings.provider), others=others, step=step, secrets=secrets
        )
        if step != "provider":
            problems += [
                Problem(
                    field=f"credential.{name}",
                    sentence=say("This secret is not in this vault. Type it again."),
                )
                for name, ref in refs.items()
                if ref in missing
            ]
        return problems

    def _read(self) -> list[SmsAccount]:
        return [SmsAccount.model_validate(item) for item in self.house.catalogue.all(SMS_ACCOUNTS)]

    async def _put(self, account: SmsAccount, settings: SmsSettings, what: str) -> SmsAccount:
        """Keep other settings of an account, if nothing changed it in the meantime."""
        kept: list[SmsAccount] = []

        def change(document: dict[str, Any] | None) -> dict[str, Any]:
            if document is None:
                raise NotFound(say("The account was deleted in the meantime."))
            now = SmsAccount.model_validate(document)
            if now.settings != account.settings:
                raise Refused(
                    say("Somebody else has just changed the account. Look at it again, then repeat this.")
                )
            kept.append(now.model_copy(update={"settings": settings, "updated_at": self.house.clock.now()}))
            return kept[0].model_dump(mode="json")

        await asyncio.to_thread(self.house.catalogue.update, SMS_ACCOUNTS, account.id, change)
        await self._note(what, kept[0])
        return kept[0]

    async def _changeable(self, id: str) -> SmsAccount:
        account = await self.get(id)
        if account.read_only or account.settings.provider not in every():
            raise unknown_provider(account)
        return account

    def _transact(self, kind: str, change: Any) -> None:
        with self.house.catalogue.transaction(kind) as documents:
            change(documents)

    async def _forget(self, *refs: SecretRef) -> None:
        """Forget secrets that nothing in the catalogue of texts refers to any more."""

        def forget() -> None:
            used: set[str] = set()
            for kind in (SMS_ACCOUNTS, SMS_DRAFTS):
                used.update(_HANDLE.findall(json.dumps(self.house.catalogue.all(kind))))
            for ref in refs:
                if ref.handle not in used:
                    self.house.vault.forget(ref.handle)

        if refs:
            await asyncio.to_thread(forget)

    async def _note(self, what: str, account: SmsAccount) -> None:
        entry = Entry(
            id=new_id("ent"), at=self.house.clock.now(), kind="change", mode=self.house.mode, who=self.house.person.name,
            integration_id=account.id, integration_name=account.name, provider=account.settings.provider, detail=what,
        )  # fmt: skip
        await self.house.journal.append(entry)


def raise_blocking(problems: Iterable[Problem]) -> None:
    """Raise Invalid with the problems that block, where there are any."""
    found = blocking(problems)
    if found:
        raise Invalid(found)


def ask_first(name: str, uses: list[SenderUse]) -> None:
    """Raise Refused with the uses of what would be taken away, where there are any."""
    if uses:
        raise Refused(
            say(
                "“{name}” is in use: {uses}. What was sent stays listed. Confirm that this is meant.",
                name=name, uses=uses_told(uses),
            )
        )  # fmt: skip


def unknown_provider(account: SmsAccount) -> Refused:
    """Return why nothing can be done with an account of a provider that is not here, or was not when it was imported."""
    if account.settings.provider in every():
        return Refused(
            say(
                "The account “{name}” was imported before this workbench had its provider. Edit and save it, to take it into use.",
                name=account.name,
            )
        )
    return Refused(
        say(
            "The account “{name}” is of the provider “{key}”, which this workbench does not have. It is kept as it is, to be carried on.",
            name=account.name, key=account.settings.provider,
        )
    )  # fmt: skip
