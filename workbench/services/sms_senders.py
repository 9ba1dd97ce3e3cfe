"""SMS senders: the numbers, short codes and ids of a saved account, one by one (R-SMS-05 to 10)."""

from __future__ import annotations

import asyncio
from typing import Any

from workbench.adapters.clock import new_id
from workbench.engine.senders import DEFAULT_ROUTES, RouteRule, check_rule, check_sender
from workbench.engine.sms_checks import check_twins, tidy_account
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import Problem
from workbench.models.phone import number_key
from workbench.models.sms_account import SMS_ROUTES, Sender, SmsAccount, SmsSettings
from workbench.providers import every
from workbench.sentence import say

from .meanwhile import check_seen
from .roles import operator, viewer
from .sms_shelf import SmsShelf, ask_first, raise_blocking

OWN = "own"
MOST_ROUTES = 500


def _whole(kept: dict[str, Any] | None) -> list[RouteRule]:
    """Return the matrix: the lines that are kept, and those of everybody."""
    return [*(RouteRule.model_validate(one) for one in (kept or {}).get("routes", ())), *DEFAULT_ROUTES]


class SmsSenders(SmsShelf):
    """What a person can do with the senders of an account."""

    @viewer
    async def routes(self) -> list[RouteRule]:
        """Return the matrix of what reaches where: the lines of one's own first, since the first that fits decides (R-SMS-07)."""
        try:
            kept = await asyncio.to_thread(self.house.catalogue.get, SMS_ROUTES, OWN)
        except NotFound:
            kept = None
        return _whole(kept)

    @operator
    async def save_routes(
        self, routes: list[RouteRule], seen: list[RouteRule] | None = None
    ) -> list[RouteRule]:
        """Keep lines of one's own in the matrix, in place of those before; return the whole of it. Raises Invalid.

        ``seen`` is the whole as it was before the change: Refused where somebody else changed it meanwhile.
        """
        wrong = [
            problem
            for at, rule in enumerate(routes[: MOST_ROUTES + 1])
            for problem in check_rule(rule, f"routes.{at}")
        ]
        if len(routes) > MOST_ROUTES:
            wrong.append(
                Problem(field="routes", sentence=say("At most {most} lines are kept.", most=MOST_ROUTES))
            )
        if wrong:
            raise Invalid(wrong)
        kept = {"routes": [rule.model_dump(mode="json") for rule in routes]}

        def change(before: dict[str, Any] | None) -> dict[str, Any]:
            check_seen(seen, _whole(before), say("The table of who sends where"))
            return kept

        await asyncio.to_thread(self.house.catalogue.update, SMS_ROUTES, OWN, change)
        return await self.routes()

    @operator
    async def check_sender(self, account_id: str, sender: Sender) -> list[Problem]:
        """Return what is wrong with one sender of a saved account: ``value``, ``type``, ``name``, ``business_unit``, ``region``."""
        account = await self.get(account_id)
        return self._sender_problems(account, _tidied(account.settings, sender), await self.all())

    @operator
    async def add_sender(self, account_id: str, sender: Sender) -> SmsAccount:
        """Add a sender to an account. Raises Invalid with all problems."""
        account = await self._changeable(account_id)
        made = _tidied(account.settings, sender.model_copy(update={"id": new_id("snd")}))
        raise_blocking(self._sender_problems(account, made, await self.all()))
        settings = account.settings.model_copy(update={"senders": (*account.settings.senders, made)})
        return await self._put(account, settings, "sender added")

    @operator
    async def edit_sender(self, account_id: str, sender: Sender, confirm: bool = False) -> SmsAccount:
        """Change the sender of this id. Another value for one in use is refused with the list of uses, unless it is confirmed."""
        account = await self._changeable(account_id)
        before = _sender(account, sender.id)
        changed = _tidied(account.settings, sender)
        if number_key(before.value) != number_key(changed.value) and not confirm:
            ask_first(before.name or before.value, await self.uses(account.id, before.id))
        raise_blocking(self._sender_problems(account, changed, await self.all()))
        senders = tuple(changed if one.id == sender.id else one for one in account.settings.senders)
        return await self._put(
            account, account.settings.model_copy(update={"senders": senders}), "sender changed"
        )

    @operator
    async def delete_sender(self, account_id: str, sender_id: str, confirm: bool = False) -> SmsAccount:
        """Take a sender out of an account; what was sent from it stays. Refused with the list of uses, unless it is confirmed."""
        account = await self._changeable(account_id)
        gone = _sender(account, sender_id)
        if not confirm:
            ask_first(gone.name or gone.value, await self.uses(account.id, sender_id))
        senders = tuple(one for one in account.settings.senders if one.id != sender_id)
        if not senders:
            sentence = say("This is the account's only sender. Add another one first, or delete the account.")
            raise Refused(sentence)
        return await self._put(
            account, account.settings.model_copy(update={"senders": senders}), "sender deleted"
        )

    def _sender_problems(
        self, account: SmsAccount, sender: Sender, everyone: list[SmsAccount]
    ) -> list[Problem]:
        beside = [one for one in account.settings.senders if one.id != sender.id]
        others = [one for one in everyone if one.id != account.id]
        found = check_sender(sender, account.settings, every().get(account.settings.provider))
        return found + check_twins(sender, beside, account.settings, others)


def _tidied(settings: SmsSettings, sender: Sender) -> Sender:
    return tidy_account(settings.model_copy(update={"senders": (sender,)})).senders[0]


def _sender(account: SmsAccount, id: str) -> Sender:
    for one in account.settings.senders:
        if one.id == id:
            return one
    raise NotFound(say("The sender is not in the account “{account}” any more.", account=account.name))
