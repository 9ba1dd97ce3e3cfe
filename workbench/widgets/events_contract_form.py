"""CONTRACT FORM: an event from its name to its guard, with the verdict below it while it is being filled in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from pydantic import ValidationError

from workbench.engine.checks import blocking
from workbench.engine.event_urls import flow_id_of
from workbench.engine.wording import problems_of
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem
from workbench.models.event import Event
from workbench.models.integration import Integration
from workbench.sentence import N_, Sentence, say

from . import look
from .events_compose_fields import text_of
from .events_contract_rows import FlowRow, MessageRow, VariableRow
from .events_contract_way import WayForm, way_name
from .exchange import findings
from .fields import ChoiceField, SwitchField, TextField
from .fold import Fold, Place
from .form import Input, Inputs, Plain
from .gates_fields import Number
from .gates_rows import Rows
from .headline import Headline
from .latest import Latest
from .messages import Messages
from .page import Frame
from .piece import said

__all__ = ["ContractForm"]

WHO: Final[Mapping[str, str]] = {
    "": N_("E-mail or phone: one of them is enough"),
    "email": N_("Always the e-mail"),
    "phone": N_("Always the phone"),
    "email+phone": N_("Both"),
}


class ContractForm:
    """The form of a contract. ``on_saved`` is given what was kept, ``on_closed`` is called when the person gives up."""

    def __init__(
        self,
        frame: Frame,
        event: Event,
        others: Sequence[Event],
        ways: Sequence[Integration],
        on_saved: Callable[[Event], Awaitable[object]],
        on_closed: Callable[[], Awaitable[object]],
    ) -> None:
        self.frame, self.event, self.others, self._on_saved = frame, event, others, on_saved
        self.messages, self.verdict, self.guest = Messages(), Place(), Place()
        self._told: tuple[Problem, ...] | None = None
        self.judged = Messages()  # what is said of a save stays while the verdict is given anew
        self.judging = Latest(lambda: self.judged.guard(self.judge()))
        self._ready = False
        self._make(event.model_dump(mode="json"), ways)
        save, close = (
            look.button(N_("Save the event"), "primary"),
            look.button(N_("Close without saving"), "quiet"),
        )
        frame.click(save, self.save, self.messages)
        frame.click(close, on_closed, self.messages)
        title = say("Change the event “{name}”", name=event.name) if event.id else N_("New event")
        foot = look.card(
            "",
            self.verdict.widget,
            self.judged.widget,
            self.messages.widget,
            look.buttons(save, close, align="start"),
        )
        self.widget = look.stack(
            Headline(
                title,
                N_("A contract: what the event is called, which variables it carries, and how it is sent."),
            ),
            *self._cards(),
            foot,
        )
        self._ready = True

    def __repr__(self) -> str:
        return "<ContractForm>"

    # -- what is filled in ---------------------------------------------------------------------------------------------

    def document(self) -> dict[str, JsonValue]:
        """Return what is filled in; it need not be right."""
        flow = str(self.flow.value).strip()
        return {
            **self.event.model_dump(mode="json"),
            "name": self.name.value,
            "integration_id": self.way.value or None,
            "variables": self.variables.value(),
            "flows": self.flows.value(),
            "messages": self.texts.value(),
            "automation_id": _flow(flow) if flow else None,
            "identified_by": [kind for kind in ("email", "phone") if kind in self.who.value],
            "stopped_by": self.stop.value or None,
            "notes": self.notes.value.strip(),
            "transactional": self.transactional.value,
            "default_region": self.region.value.strip().upper(),
            "guard_min": self.guard.value(),
        }

    def read(self) -> tuple[Event | None, list[Problem]]:
        """Return the event as it is filled in, or what cannot be read of it."""
        try:
            return Event.model_validate(self.document()), []
        except ValidationError as error:
            return None, problems_of(error)

    async def judge(self) -> Sequence[Problem]:
        """Give the verdict on what is filled in, below the form while it is typed; each error goes to its field when it is saved."""
        event, problems = self.read()
        if event is not None:
            problems = await self.frame.bench.events.check(event)
        if tuple(problems) != self._told:
            self._told = tuple(problems)
            self.verdict.put(*_verdict(problems))
        return problems

    async def save(self) -> None:
        """Keep the event; what is wrong is shown beside its field."""
        problems = list(await self.judge())
        event, _ = self.read()
        if event is None or blocking(problems):
            self._show(problems)
            return
        try:
            kept = await self.frame.bench.events.save(event)
        except Invalid as error:
            self._show(list(error.problems))
            return
        await self._on_saved(kept)

    def _show(self, problems: Sequence[Problem]) -> None:
        left = [problem for problem in self.inputs.show(problems) if problem.blocks]
        self.verdict.put(*findings(left))
        self._told = None
        self.messages.show("error", say("Not saved. To correct: {count}.", count=len(blocking(problems))))

    # -- how it is sent ------------------------------------------------------------------------------------------------

    async def new_way(self) -> None:
        """Ask for what an integration needs, in place: the tab, and its key or its address."""

        async def made(saved: Integration) -> None:
            self.guest.put()
            self._offer_ways([*self._ways, saved])
            self.way.value = saved.id

        form = WayForm(self.frame, self.name.value, made, self.guest.put)
        await form.open()
        self.guest.put(form.widget)

    def _offer_ways(self, ways: Sequence[Integration]) -> None:
        self._ways = list(ways)
        self.way.options = [
            ("", said(N_("None yet: it can be composed, not sent"))),
            *((one.id, way_name(one)) for one in ways),
        ]

    # -- the fields ----------------------------------------------------------------------------------------------------

    def _make(self, value: Mapping[str, JsonValue], ways: Sequence[Integration]) -> None:
        self.name = TextField(
            N_("Event name"),
            value=value["name"],
            required=True,
            placeholder="registration",
            hint=N_("As it is called in SendPulse's Events Manager; 1 to 100 characters."),
        )
        self.way = ChoiceField(N_("Sent through"), hint=N_("One integration for each event."))
        self._offer_ways(ways)
        self.way.value = (
            value["integration_id"] if any(one.id == value["integration_id"] for one in ways) else ""
        )
        self.variables = self._rows(
            VariableRow,
            value["variables"],
            N_("Variable {number}"),
            N_("Add a variable"),
            N_("No variable yet: the address alone goes out."),
        )
        self.flows = self._rows(
            FlowRow,
            value["flows"],
            N_("Flow {number}"),
            N_("Add a flow"),
            N_("No flow is listed: every number is taken."),
            ordered=False,
        )
        self.texts = self._rows(
            MessageRow,
            value["messages"],
            N_("Message {number}"),
            N_("Add a message"),
            N_("No message yet. Paste the texts of the flow to preview them."),
        )
        self.flow = TextField(
            N_("Default flow"),
            value=text_of(value["automation_id"]),
            placeholder="12345",
            hint=N_("Its number or its address; empty: every flow that begins with this event."),
        )
        self.stop = ChoiceField(
            N_("Stopped by"),
            [("", said(N_("No event"))), *((one.id, one.name) for one in self.others)],
            value=value["stopped_by"] or "",
            hint=N_("The event that ends the flow which this one begins."),
        )
        self.who = ChoiceField(
            N_("Whom it is for"),
            [(key, said(text)) for key, text in WHO.items()],
            value="+".join(value["identified_by"]),
            hint=N_("What every occurrence has to carry."),
        )
        self.region = TextField(
            N_("Country of numbers without a code"),
            value=value["default_region"],
            placeholder="BR",
            hint=N_("Two letters; empty: every number has its code."),
        )
        self.guard = Number(
            TextField(
                N_("Double-send guard, in minutes"),
                value=str(value["guard_min"]),
                input_type="number",
                hint=N_(
                    "The same event, contact and values need a second word within this time. 0: no guard."
                ),
            ),
            True,
            self._edited,
        )
        self.transactional = SwitchField(
            N_("Transactional"),
            value=bool(value["transactional"]),
            hint=N_(
                "Sent without a commercial consent: only for what the contact asked for, such as a receipt."
            ),
        )
        self.notes = TextField(N_("Notes"), value=value["notes"], multiline=True, rows=2)
        plain = {
            "name": self.name,
            "integration_id": self.way,
            "automation_id": self.flow,
            "stopped_by": self.stop,
            "identified_by": self.who,
            "default_region": self.region,
            "transactional": self.transactional,
            "notes": self.notes,
        }
        inputs: dict[str, Input] = {key: Plain(field, self._edited) for key, field in plain.items()}
        inputs |= {
            "guard_min": self.guard,
            "variables": self.variables,
            "flows": self.flows,
            "messages": self.texts,
        }
        self.more = Fold(
            N_("More settings"),
            look.columns(self.who, self.region, self.guard.widget),
            self.transactional,
            self.notes,
        )
        self.inputs = Inputs(
            inputs,
            dict.fromkeys(
                ("identified_by", "default_region", "guard_min", "transactional", "notes"), self.more
            ),
        )

    def _rows(
        self,
        row: Callable[[Mapping[str, JsonValue], Callable[[], object]], Input],
        values: Sequence[Mapping[str, JsonValue]],
        name: str,
        add: str,
        empty: str,
        *,
        ordered: bool = True,
    ) -> Rows:
        return Rows(
            lambda value: row(value, self._edited),
            values,
            name=lambda number: Sentence(name, {"number": number}),
            add=add,
            empty=empty,
            blank={},
            changed=self._edited,
            ordered=ordered,
        )

    def _cards(self) -> list[look.Stack]:
        new = look.button(N_("Set up a way to send it"))
        self.frame.click(new, self.new_way, self.messages)
        return [
            look.card(
                N_("The event"),
                self.name,
                self.way,
                look.buttons(new, align="start"),
                self.guest.widget,
                self.more.widget,
            ),
            look.card(
                N_("Variables"),
                self.variables.widget,
                subtitle=N_(
                    "What an event carries beside e-mail, phone and flow. Types count: a Number goes out without quotation marks."
                ),
            ),
            look.card(
                N_("Flows"),
                look.columns(self.flow, self.stop),
                self.flows.widget,
                subtitle=N_("The flows that may be named, so that a wrong number is seen before it is sent."),
            ),
            look.card(
                N_("Messages"),
                self.texts.widget,
                subtitle=N_("For the preview: which variables a message wants, and which it leaves unused."),
            ),
        ]

    def _edited(self) -> None:
        if self._ready:  # the fields are made one after the other
            self.judging.ask()


def _flow(text: str) -> JsonValue:
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    return flow_id_of(text) or text


def _verdict(problems: Sequence[Problem]) -> list[look.Stack]:
    """Return what is to be said of the whole, errors first: a line each."""
    if not problems:
        return [look.banner("ok", N_("The contract is in order."))]
    return findings(sorted(problems, key=lambda problem: not problem.blocks)[:8])
