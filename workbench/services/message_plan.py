"""MESSAGE PLAN: a draft thought through: to whom it would go, with which text, what stands against it, and whether consent allows it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.engine.callback_items import mask_number
from workbench.engine.message_checks import (
    MOST_TOLD,
    Filled,
    check_sender_is_fit,
    check_text,
    designation_of,
    fill,
    quiet,
    quiet_problem,
)
from workbench.engine.message_text import MessageText
from workbench.engine.phones import normal_number, region_of, shown, time_zones_of
from workbench.engine.segments import lengths, segments
from workbench.engine.senders import DEFAULT_ROUTES, RouteRule, check_route
from workbench.engine.transliteration import written
from workbench.errors import Invalid, MissingSecret, NotFound, Refused
from workbench.models.base import JsonValue, Problem
from workbench.models.consent import ConsentAsk
from workbench.models.message import Designation
from workbench.models.message_draft import Lengths, MessageDraft, RecipientChecked
from workbench.sentence import Sentence, say

from .house import House
from .message_fit import fit_problems
from .message_line import MessageLine

if TYPE_CHECKING:
    from .consent import Consent
    from .sms_accounts import SmsAccounts


@dataclass(slots=True)
class Aim:
    """One recipient of a plan: the normal number (empty where it is none), its text, and what is said of it."""

    number: str
    text: str
    checked: RecipientChecked


@dataclass(slots=True)
class Plan:
    """A draft thought through. ``line`` is None where its account or sender cannot be used: ``problems`` say why."""

    draft: MessageDraft
    text: MessageText
    designation: Designation
    lengths: Lengths
    line: MessageLine | None = None
    problems: list[Problem] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)
    routes: Sequence[RouteRule] = DEFAULT_ROUTES

    @property
    def going(self) -> list[Aim]:
        """Those who would get it."""
        return [aim for aim in self.aims if aim.checked.goes]

    @property
    def together(self) -> list[tuple[str, list[str]]]:
        """The texts, each with the numbers that get it in one request, in the order of the recipients."""
        assert self.line is not None
        most = self.line.dialect.most_recipients
        by_text: dict[str, list[str]] = {}
        for aim in self.going:
            by_text.setdefault(aim.text, []).append(aim.number)
        return [
            (text, some[at : at + most]) for text, some in by_text.items() for at in range(0, len(some), most)
        ]


async def plan_of(house: House, accounts: SmsAccounts, consent: Consent, draft: MessageDraft) -> Plan:
    """Return the plan of a draft, however incomplete that is; nothing is sent."""
    line: MessageLine | None = None
    problems: list[Problem] = []
    try:
        line = await MessageLine.open(house, accounts, draft)
    except Invalid as error:
        problems += error.problems
    except (Refused, NotFound, MissingSecret) as error:
        problems.append(Problem(field="account", sentence=error.sentence))
    # many rows take a moment, and numbers are read from tables that are loaded first: nobody else waits for that
    routes = await accounts.routes()
    plan = await asyncio.to_thread(_thought, house, draft, line, problems, routes)
    if line is not None:
        await _ask(plan, line, consent)
        at = draft.send_at or house.clock.now()
        plan.problems += await asyncio.to_thread(lambda: list(_quiet(plan, _zones(plan), at)))
    return plan


def _thought(
    house: House,
    draft: MessageDraft,
    line: MessageLine | None,
    problems: list[Problem],
    routes: Sequence[RouteRule],
) -> Plan:
    """Return all of a plan for which nobody else is asked."""
    text = MessageText(draft.text)
    rows = draft.samples or tuple(one.values for one in draft.recipients)
    designation = designation_of(draft.designation, line.sender.type if line is not None else "long_code")
    plan = Plan(
        draft, text, designation, lengths_of(text, rows, draft.transliterate), line, problems, routes=routes
    )
    filled = fill(text, [one.values for one in draft.recipients], change=draft.transliterate)
    plan.aims = [_aim(plan, house, at, filled) for at in range(len(draft.recipients))]
    _name_twins(plan.aims)
    if line is not None:
        plan.problems += _told(plan, line, filled)
    return plan


def lengths_of(text: MessageText, rows: Sequence[Mapping[str, JsonValue]], transliterate: bool) -> Lengths:
    """Return the lengths of a text over rows, or of its fixed parts where there are none."""
    return lengths(text, rows or ({},), written if transliterate else str)


def _aim(plan: Plan, house: House, at: int, filled: Sequence[Filled]) -> Aim:
    typed = plan.draft.recipients[at].number
    number = normal_number(typed, plan.draft.region)
    if isinstance(number, Sentence):
        return _nobody(typed, number)
    if not number.startswith("+"):
        wrong = say(
            "“{number}” is a short code, and texts go to phone numbers only. Type one with its country code.",
            number=number,
        )
        return _nobody(number, wrong)
    region, text = region_of(number), filled[at].text
    problem = None
    if plan.line is not None:
        problem = check_route(plan.line.provider, plan.line.sender, region, plan.routes)
    masked = mask_number(number, house.home.salt)
    return Aim(
        number, text, RecipientChecked(number=masked, region=region, problem=problem, segments=segments(text))
    )


def _nobody(typed: str, wrong: Sentence) -> Aim:
    return Aim(
        "", "", RecipientChecked(number=shown(typed), problem=Problem(field="recipients", sentence=wrong))
    )


def _name_twins(aims: list[Aim]) -> None:
    """Mark numbers that stand there a second time: each gets one text."""
    known: set[str] = set()
    for aim in aims:
        if aim.number and aim.number in known:
            sentence = say(
                "{number} stands here more than once. It gets one text.", number=aim.checked.number
            )
            aim.checked = aim.checked.model_copy(
                update={"problem": Problem(field="recipients", sentence=sentence)}
            )
        known.add(aim.number)


def _told(plan: Plan, line: MessageLine, filled: Sequence[Filled]) -> list[Problem]:
    rows = (
        filled
        if plan.draft.recipients
        else fill(plan.text, plan.draft.samples, change=plan.draft.transliterate)
    )
    found = check_text(
        plan.text, rows, designation=plan.designation, sender=line.sender, provider=line.provider, lengths=plan.lengths
    )  # fmt: skip
    unfit = check_sender_is_fit(line.sender, plan.designation)
    if not plan.draft.recipients:
        found.append(
            Problem(field="recipients", sentence=say("Nobody is named yet. Type at least one number."))
        )
    return [*found, *([unfit] if unfit else []), *fit_problems(line, plan.draft, plan.designation)]


async def _ask(plan: Plan, line: MessageLine, consent: Consent) -> None:
    """Ask for each number whether it may be written to."""
    aims = [aim for aim in plan.aims if aim.number]
    draft = plan.draft
    asks = [
        ConsentAsk(
            point=aim.number, profile=draft.profile, purpose=draft.purpose, designation=plan.designation, topic=draft.topic,
            sender=line.sender.value,
        )
        for aim in aims
    ]  # fmt: skip
    decisions = await consent.decide(asks) if asks else []
    for aim, decision in zip(aims, decisions, strict=True):
        aim.checked = aim.checked.model_copy(update={"decision": decision})


def _zones(plan: Plan) -> dict[str, list[ZoneInfo]]:
    """Return the time zones of the numbers that a commercial text goes to. Their tables are on the disk."""
    if plan.designation != "commercial":
        return {}
    return {
        aim.number: [zone for name in time_zones_of(aim.number) if (zone := _zone(name))]
        for aim in plan.going
    }


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:  # a machine without this zone: nothing is said of its hours
        return None


def _quiet(plan: Plan, zones: Mapping[str, Sequence[ZoneInfo]], at: datetime) -> Iterator[Problem]:
    told = 0
    for aim in plan.going:
        found = quiet(at, zones.get(aim.number, ()))
        if found is None:
            continue
        told += 1
        if told <= MOST_TOLD:
            yield quiet_problem(aim.checked.number, found)
    if told > MOST_TOLD:
        sentence = say("It is or may be quiet hours for {count} more recipients.", count=told - MOST_TOLD)
        yield Problem(field="recipients", sentence=sentence, level="warning")
