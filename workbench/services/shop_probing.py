"""Probing a shop's key: one call that only reads a list; its outcome says which permission a refusal speaks of (R-SYNC-01, 18)."""

from __future__ import annotations

from workbench.engine.sync_calls import path_of
from workbench.errors import Invalid, Refused
from workbench.models.base import Problem
from workbench.models.sending import Confirmation
from workbench.models.shop import Shop, ShopCheck
from workbench.models.sync_platform import ApiCall, SyncPlatform
from workbench.sentence import Sentence, say

from .house import House
from .sync_calling import ShopLine


def list_call(platform: SyncPlatform) -> ApiCall | None:
    """Return the call that a key is tried by: one that reads a list and needs to know nothing; a documented path before others."""
    lists = [one for one in platform.calls if one.method == "GET" and "{" not in one.path]
    return min(lists, key=lambda one: not one.verified, default=None)


async def probe_shop(house: House, shop: Shop, confirmation: Confirmation | None) -> ShopCheck:
    """Return what the platform says to a shop's key; ``problems`` alone where the settings keep the call back.

    In live mode the person names the host first; the name of the shop stands for the recipient. Raises Refused.
    """
    try:
        line = await ShopLine.open(house, shop)
    except Invalid as error:
        return ShopCheck(problems=error.problems)
    call = list_call(line.platform)
    if call is None:
        raise Refused(
            say("{platform} has no call that only reads, so its key is tried by the first sync.", platform=line.platform.name)
        )  # fmt: skip
    if house.mode == "live":
        _confirm(confirmation, line.host, shop.name)
    outcome, _, entry = await line.call(call.key)
    if not outcome.ok:
        return ShopCheck(
            request=entry.request, reply=entry.reply, outcome=outcome, problems=_doubt(line, call)
        )
    let_in = say("{platform} lets the key in. Nothing was changed there.", platform=line.platform.name)
    outcome = outcome.model_copy(update={"sentence": let_in})
    return ShopCheck(request=entry.request, reply=entry.reply, outcome=outcome)


def _confirm(confirmation: Confirmation | None, host: str, name: str) -> None:
    if confirmation is None:
        raise Refused(
            say("This really asks {host}; nothing is changed there. Confirm it by naming the host {host} and the shop {name}.",
                host=host, name=name)
        )  # fmt: skip
    if (confirmation.host.strip().lower(), confirmation.recipient.strip()) != (host, name):
        raise Refused(
            say("The confirmation does not fit: the call would go to {host}, for the shop {name}. Nothing was asked.", host=host, name=name)
        )  # fmt: skip


def _doubt(line: ShopLine, call: ApiCall) -> tuple[Problem, ...]:
    """Return that a refusal may lie in the path, where no document shows it."""
    path, verified = path_of(line.platform, line.settings, call.key)
    if verified:
        return ()
    sentence = say(
        "The path {path} of “{call}” is not documented, so the refusal may lie there. See the platform's manual.",
        path=path, call=Sentence(call.title),
    )  # fmt: skip
    return (Problem(field=f"paths.{call.key}", sentence=sentence, level="warning"),)
