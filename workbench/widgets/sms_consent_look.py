"""CONSENT LOOK: whether somebody may be written to and why, now or then; and the list of all consents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ipywidgets

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.consent import (
    ComplianceProfile,
    ConsentAsk,
    ConsentDecision,
    ConsentFilter,
    ConsentRecord,
    ConsentStatus,
)
from workbench.sentence import N_, say

from . import look
from .around import Around
from .fields import ChoiceField, TextField
from .fold import Place, visible
from .language import when
from .messages import Messages
from .piece import said
from .sms_consent_point import PointFace
from .sms_consent_words import (
    CHANNELS,
    ENFORCEMENTS,
    EXAMPLE_MOMENT,
    KINDS,
    RECORD_COLUMNS,
    STATUSES,
    moment_in,
    options,
    record_row,
)
from .tables import RowList

__all__ = ["ConsentLook"]

STEP = 50
"""How many consents the list grows by."""


class ConsentLook:
    """The question, its answer, and the list, which shows who is searched for, or everybody."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.found: list[ConsentRecord] = []
        self.profiles: Sequence[ComplianceProfile] = ()
        self._asked: tuple[ConsentAsk, datetime | None, ConsentDecision] | None = None
        self.messages, self.answer, self.detail = Messages(), Place(), Place()
        self.point = TextField(
            N_("Phone number or e-mail address"), input_type="search", placeholder="+46 70 174 06 05",
            hint=N_("In any spelling, with its country code. Empty: everybody."),
        )  # fmt: skip
        self.kind = ChoiceField(N_("Message"), options(KINDS), value="commercial")
        self.sender = TextField(
            N_("Sender"), hint=N_("Your number or sender id. Empty: a block of any of yours counts.")
        )
        self.topic = ChoiceField(N_("Topic"), [("", said(N_("none")))])
        self.at = TextField(N_("As of (UTC)"), placeholder=EXAMPLE_MOMENT, hint=N_("Empty: as it is now."))
        go = look.button(N_("Look up"), "primary")
        around.click(go, self.ask, self.messages)
        for field in (self.point, self.sender, self.at):
            field.on_submit(lambda: around.start(self.ask(), self.messages))
        self.status = ChoiceField(N_("Status"), options({k: t for k, (t, _) in STATUSES.items()}, N_("All")))
        self.channel = ChoiceField(N_("Type"), options(CHANNELS, N_("All")))
        for choice in (self.status, self.channel):
            choice.observe(lambda _: around.start(self.read(), self.messages), "value")
        self.list = RowList(
            N_("Consents"), columns=RECORD_COLUMNS,
            empty=N_("Nothing is on record here. Consents come by texts, reports, imports, or by hand."),
        )  # fmt: skip
        self.list.observe(lambda _: self._choose(self.list.selected), "selected")
        self.list.on_open(lambda id: self._choose(id, focus=True))
        self.older = look.button(N_("Show older"))
        around.click(self.older, self.show_older, self.messages)
        self.new = _NewConsent(self)
        asked = look.card(
            N_("May they be written to?"), look.columns(self.point, self.kind, weights=(3, 2)),
            look.columns(self.sender, self.topic, self.at), look.buttons(go, align="start"), self.messages.widget, self.answer.widget,
        )  # fmt: skip
        listed = look.card(
            N_("Consents"), look.columns(self.status, self.channel), self.list, look.buttons(self.older, align="start"),
            subtitle=N_("What stands for each contact point, the latest change first."),
        )  # fmt: skip
        self.widget = look.stack(asked, listed, self.detail.widget)

    def __repr__(self) -> str:
        return f"<ConsentLook of {len(self.found)}>"

    async def refresh(self) -> None:
        """Read profiles and consents anew."""
        self.profiles = await self.around.bench.consent.profiles()
        topics = {
            topic.key: topic.name
            for profile in self.profiles
            for each in profile.purposes
            for topic in each.topics
        }
        self.topic.options = [("", said(N_("none"))), *topics.items()]
        visible(self.topic, bool(topics))
        await self.read_again()

    async def read_again(self) -> None:
        """Read the list anew, and the answer that stands above it: a STOP may have come since it was given."""
        await self.read()
        if self._asked is not None:
            ask, at, before = self._asked
            decision = await self.around.bench.consent.explain(ask, at)
            if decision != before:  # else what is being typed below it stays
                self._answer(ask, at, decision)

    async def read(self, before: str = "") -> None:
        """Read the list anew, of who is searched for, or of everybody."""
        moment = self._moment()
        wanted = ConsentFilter.model_validate({
            "point": self.point.value, "status": self.status.value or None, "channel": self.channel.value or None, "until": moment,
            "before": before, "limit": STEP,
        })  # fmt: skip
        found = await self.around.bench.consent.records(wanted)
        self.found = [*self.found, *found] if before else list(found)
        self.list.rows = [record_row(record, self.profiles) for record in self.found]
        visible(self.older, len(found) == STEP and moment is None)

    async def show_older(self) -> None:
        """Let the list grow."""
        await self.read(self.found[-1].event_id if self.found else "")

    async def ask(self) -> None:
        """Say whether the contact point may be written to, and show what stands of it."""
        self.point.error = self.at.error = ""
        self.answer.put()
        self._asked = None
        try:
            await self.read()
            if self.point.value.strip():
                ask, at = self._ask(), self._moment()
                self._answer(ask, at, await self.around.bench.consent.explain(ask, at))
        except Invalid as error:
            field = self.at if error.problems[0].field == "at" else self.point
            field.error = error.sentence
            field.focus()

    def _answer(self, ask: ConsentAsk, at: datetime | None, decision: ConsentDecision) -> None:
        self._asked = (ask, at, decision)
        self.answer.put(_verdict(decision), _facts(decision), *self.new.offered(ask, decision))

    async def go(self, key: str) -> None:
        """Show one contact point by its key."""
        found = await self.around.bench.consent.records(ConsentFilter(key=key, limit=1))
        if found:
            await self._show(found[0], focus=True)

    def _ask(self) -> ConsentAsk:
        point = self.point.value.strip()
        return ConsentAsk.model_validate({
            "channel": self.channel.value or ("email" if "@" in point else "sms"), "point": point, "designation": self.kind.value,
            "sender": self.sender.value.strip(), "topic": self.topic.value,
        })  # fmt: skip

    def _moment(self) -> datetime | None:
        """Return the moment that is asked about, None for now. Raises Invalid where what is written is none."""
        try:
            return moment_in(self.at.value)
        except ValueError:
            wrong = say("This is no moment. Write it like {example}.", example=EXAMPLE_MOMENT)
            raise Invalid([Problem(field="at", sentence=wrong)]) from None

    def _choose(self, id: str, focus: bool = False) -> None:
        record = next((one for one in self.found if one.event_id == id), None)
        if record is not None:
            self.around.start(self._show(record, focus), self.messages)

    async def _show(self, record: ConsentRecord, focus: bool = False) -> None:
        face = PointFace(self.around, record, self.profiles, self.read_again, focus)
        await face.refresh()
        self.detail.put(face.widget)


class _NewConsent:
    """A consent recorded by hand for a contact point that was just looked up."""

    def __init__(self, look_up: ConsentLook) -> None:
        self._look, self.around = look_up, look_up.around

    def offered(self, ask: ConsentAsk, decision: ConsentDecision) -> list[look.Stack]:
        """Return the form, for who may; nothing where something is on record: then the history below has it."""
        if not self.around.may("operator") or decision.event_id:
            return []
        reason = TextField(N_("Reason"), required=True, hint=N_("It stays in the audit."))
        granted, refused = look.button(N_("Record an opt-in")), look.button(N_("Record an opt-out"))
        self.around.click(granted, lambda: self._record(ask, "opted_in", reason), self._look.messages)
        self.around.click(refused, lambda: self._record(ask, "opted_out", reason), self._look.messages)
        return [look.stack(reason, look.buttons(granted, refused, align="start"))]

    async def _record(self, ask: ConsentAsk, status: ConsentStatus, reason: TextField) -> None:
        purpose = next(
            (
                one.key
                for profile in self._look.profiles[:1]
                for one in profile.purposes
                if one.kind == ask.designation
            ),
            "",
        )
        try:
            await self.around.bench.consent.record(
                ask.point, status, reason.value, channel=ask.channel, purpose=purpose, topic=ask.topic, sender=ask.sender
            )  # fmt: skip
        except Invalid as error:
            reason.error = error.sentence
            reason.focus()
            return
        await self._look.ask()


def _verdict(decision: ConsentDecision) -> ipywidgets.HTML:
    return look.banner(
        "ok" if decision.send else "error", decision.reason, say("{point}", point=decision.point)
    )


def _facts(decision: ConsentDecision) -> ipywidgets.HTML:
    text, kind = STATUSES[decision.status]
    topic = STATUSES[decision.topic_status] if decision.topic_status else None
    return look.key_value_table((
        (N_("Status"), look.badge(text, kind)), *([(N_("Status of the topic"), look.badge(*topic))] if topic else []),
        (N_("Rule"), said(ENFORCEMENTS[decision.enforcement])),
        (N_("Since (UTC)"), when(decision.since) if decision.since else None), (N_("Record"), decision.event_id),
    ))  # fmt: skip
