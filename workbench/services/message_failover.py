"""MESSAGE FAILOVER: what happens to one text when its provider fails: played by the rules of real sends, with nothing sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.adapters.clock import new_id
from workbench.engine.failover import Side, play
from workbench.engine.senders import check_route
from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.consent import ConsentAsk
from workbench.models.message_draft import FailoverEnd, FailoverPlan, FailoverRun
from workbench.models.phone import number_key
from workbench.sentence import Sentence, say

from .house import House
from .message_line import MessageLine
from .message_plan import Aim, Plan, plan_of

if TYPE_CHECKING:
    from .consent import Consent
    from .sms_accounts import SmsAccounts


async def rehearsed(
    house: House, accounts: SmsAccounts, consent: Consent, wanted: FailoverPlan
) -> FailoverRun:
    """Return the run of a failover for the first recipient. Invalid has what keeps the draft or the second sender from being used."""
    first = wanted.draft.model_copy(update={"recipients": wanted.draft.recipients[:1]})
    plan = await plan_of(house, accounts, consent, first)
    wrong = [problem for problem in plan.problems if problem.blocks]
    if wrong or plan.line is None:
        raise Invalid(wrong)
    second = await _second(house, accounts, wanted)
    aim, request_id = plan.aims[0], new_id("msg")
    if not aim.checked.goes:
        reason = aim.checked.why_not or say("Consent was not asked for.")
        return FailoverRun(
            recipient=aim.checked.number,
            request_id=request_id,
            end="not_sent",
            steps=(),
            arrived=0,
            sentence=reason,
        )
    against = await _against(plan, aim, second, consent)
    sides = (
        Side(plan.line.account.name, plan.line.provider, plan.line.sender.value, wanted.primary),
        Side(second.account.name, second.provider, second.sender.value, wanted.secondary),
    )
    played = play(sides, against, request_id, house.clock.now(), arrives=wanted.arrives)
    return FailoverRun(
        recipient=aim.checked.number, request_id=request_id, end=played.end, steps=played.steps, arrived=played.arrived,
        sentence=_told(played.end, sides),
    )  # fmt: skip


async def _second(house: House, accounts: SmsAccounts, wanted: FailoverPlan) -> MessageLine:
    draft = wanted.draft.model_copy(
        update={"account": wanted.secondary_account, "sender": wanted.secondary_sender}
    )
    try:
        return await MessageLine.open(house, accounts, draft)
    except Invalid as error:
        raise Invalid([
            Problem(field=f"secondary_{problem.field}", sentence=problem.sentence) for problem in error.problems
        ]) from error  # fmt: skip


async def _against(plan: Plan, aim: Aim, second: MessageLine, consent: Consent) -> Sentence | None:
    """Return why the second sender may not be used for a recipient: it is the first, does not reach the country, or consent forbids it."""
    assert plan.line is not None
    same = number_key(plan.line.sender.value) == number_key(second.sender.value)
    if same and plan.line.account.id == second.account.id:
        return say("it is the same sender of the same account. Choose another one.")
    route = check_route(second.provider, second.sender, aim.checked.region, plan.routes)
    if route is not None and route.blocks:
        return route.sentence
    draft = plan.draft
    ask = ConsentAsk(
        point=aim.number, profile=draft.profile, purpose=draft.purpose, designation=plan.designation, topic=draft.topic,
        sender=second.sender.value,
    )  # fmt: skip
    [decision] = await consent.decide([ask])
    return None if decision.send else decision.reason


def _told(end: FailoverEnd, sides: tuple[Side, Side]) -> Sentence:
    if end == "sent":
        return say("One text, through {provider}.", provider=sides[0].provider.name)
    if end == "sent_by_secondary":
        return say("One text, through {provider} as the second sender.", provider=sides[1].provider.name)
    if end == "uncertain":
        return say(
            "One text at most: it may have arrived, so nobody sends it again. Look for its report, or ask the provider."
        )
    return say("No text: nobody took it, and nothing arrived.")
