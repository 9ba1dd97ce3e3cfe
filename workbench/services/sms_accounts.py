"""SMS accounts: set one up in steps, with its senders and its callback addresses; find it, change it, carry it elsewhere.

A draft is never an account: only ``save`` makes one, of a draft that passes every check.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from workbench.adapters.clock import new_id
from workbench.engine.read import read
from workbench.engine.redact import Redactor, hint_of
from workbench.engine.sms import dialect, reading_request
from workbench.engine.sms_checks import secrets_of_account
from workbench.errors import NotFound, Refused
from workbench.models.journal import Entry
from workbench.models.provider import Provider
from workbench.models.request import Failure, Outcome, Reply
from workbench.models.sms_account import (
    SMS_ACCOUNTS,
    CallbackAddresses,
    ListedAccount,
    ProviderFacts,
    SmsAccount,
)
from workbench.providers import every
from workbench.sentence import say

from .roles import operator, viewer
from .sms_carrying import SmsCarrying
from .sms_facts import facts_of, listed, wanted_secrets
from .sms_senders import SmsSenders
from .sms_shelf import ask_first

OVERLAP_H: Final = 24.0


class SmsAccounts(SmsCarrying, SmsSenders):
    """What a person can do with accounts at SMS providers."""

    # -- accounts ------------------------------------------------------------------------------------------------------

    @viewer
    async def providers(self) -> list[ProviderFacts]:
        """Return what the wizard says of each SMS provider. The form is made of the credential models, by key and kind."""
        return [facts_of(provider) for provider in every().values() if provider.sms is not None]

    @operator
    async def delete(self, id: str, confirm: bool = False) -> None:
        """Delete an account, its secrets and its callback addresses. What was sent and heard stays.

        Refused with the list of its uses while there are any, unless it is confirmed.
        """
        account = await self.get(id)
        if not confirm:
            ask_first(account.name, await self.uses(account.id))
        await asyncio.to_thread(self.house.catalogue.delete, SMS_ACCOUNTS, account.id)
        refs = [*secrets_of_account(account.settings).values(), *(token.ref for token in account.tokens)]
        await self._forget(*refs)
        await self._note("deleted", account)

    @operator
    async def tick_consent(self, id: str, done: bool) -> SmsAccount:
        """Note whether STOP is set up with the provider itself (R-SMS-18)."""
        account = await self._changeable(id)
        settings = account.settings.model_copy(update={"consent_at_provider": done})
        return await self._put(account, settings, "consent set up" if done else "consent not set up")

    @operator
    async def authenticate(self, id: str) -> Outcome:
        """Ask the provider whether it lets the credential in, by a call that only reads; nothing is ever sent to try it (R-SMS-04)."""
        account = await self.get(id)
        provider, credential, secrets = await self.opened(account)
        url = dialect(provider).authenticate
        if not url:
            raise Refused(
                say(
                    "{provider} has no call that only reads, so the credential is tried by the first message.",
                    provider=provider.name,
                )
            )
        now = self.house.clock.now()
        request = reading_request(url, provider, credential, secrets, now)
        answer = await self.house.wire.send(request)
        shown = await asyncio.to_thread(_redactor, secrets)
        outcome = shown.outcome(_let_in(provider, answer) or read(provider, answer, now))
        await self.house.journal.append(
            Entry(
                id=new_id("ent"), at=now, kind="test", mode=self.house.mode, who=self.house.person.name,
                integration_id=account.id, integration_name=account.name, provider=provider.key, request=shown.request(request),
                reply=shown.reply(answer) if isinstance(answer, Reply) else None, outcome=outcome, detail="authenticate",
            )
        )  # fmt: skip
        return outcome

    # -- callback addresses --------------------------------------------------------------------------------------------

    @operator
    async def addresses(self, id: str) -> CallbackAddresses:
        """Return where the provider of an account calls, with the steps there or the letter to its support. The addresses are secret."""
        account = await self._changeable(id)
        return await asyncio.to_thread(self.at.of, account, every()[account.settings.provider])

    @operator
    async def rotate(self, id: str, overlap_h: float = OVERLAP_H) -> CallbackAddresses:
        """Give an account new callback addresses; the old ones work for ``overlap_h`` more hours, so that no report is lost."""
        account = await self._changeable(id)
        self.at.check_overlap(overlap_h)
        token = await asyncio.to_thread(self.at.new_token)
        try:

            def change(document: dict[str, Any] | None) -> dict[str, Any]:
                if document is None:
                    raise NotFound(say("The account was deleted in the meantime."))
                now = SmsAccount.model_validate(document)
                turned = self.at.rotated(now.tokens, token, overlap_h)
                return now.model_copy(update={"tokens": turned}).model_dump(mode="json")

            await asyncio.to_thread(self.house.catalogue.update, SMS_ACCOUNTS, account.id, change)
        finally:  # whatever the account refers to now, or does not, stays or goes
            await self._forget(token.ref, *(old.ref for old in account.tokens))
        await self._note("callback addresses renewed", account)
        return await self.addresses(account.id)

    @viewer
    async def list(self) -> list[ListedAccount]:
        """Return the accounts by name, each with what is still to be done before it is ready."""
        found = sorted(await self.all(), key=lambda one: one.name.casefold())
        return [await self._listed(account) for account in found]

    async def _listed(self, account: SmsAccount) -> ListedAccount:
        problems = (
            [] if account.read_only else await asyncio.to_thread(self.problems, account.settings, (), None)
        )
        missing = await asyncio.to_thread(self._missing, account)
        sent = sum((await self.deliveries.sender_counts(account.id)).values()) if self.deliveries else 0
        return listed(account, problems, missing, self.at.reachable, self.house.mode, sent)

    def _missing(self, account: SmsAccount) -> tuple[str, ...]:
        """Return the fields whose secret is not there, or not in this vault."""
        provider = every().get(account.settings.provider)
        wanted = wanted_secrets(provider, account.settings) if provider is not None else ()
        refs = secrets_of_account(account.settings).items()
        return wanted + tuple(
            f"credential.{name}" for name, ref in refs if not self.house.vault.has(ref.handle)
        )


def _let_in(provider: Provider, answer: Reply | Failure) -> Outcome | None:
    """Return the good news where an answer says that the credential is known; None for ``read`` to say what it was."""
    if isinstance(answer, Reply) and (
        200 <= answer.status < 300 or answer.status in dialect(provider).let_in
    ):
        sentence = say("{provider} lets the credential in. No message was sent.", provider=provider.name)
        return Outcome(kind="accepted", sentence=sentence)
    return None


def _redactor(secrets: Mapping[str, str]) -> Redactor:
    return Redactor({secret: hint_of(secret) for secret in secrets.values()})
