"""EVENT FORM: whom it is for, which flow, and a typed field for each variable of the contract. A thin face: it judges nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from workbench.engine.event_values import mended
from workbench.models.base import JsonValue, Problem
from workbench.models.event import AUTOMATION_ID, Composed, Event, EventInput, Fix
from workbench.sentence import N_, say

from . import look
from .events_compose_array import ArrayField
from .events_compose_fields import Occurring, ValueField, field_of, text_of
from .fields import ChoiceField, TextField
from .fold import Fold, Place, visible

__all__ = ["OccurrenceForm"]


class OccurrenceForm:
    """The fields. ``on_changed`` is called after each change, ``on_chosen`` when another event is chosen."""

    def __init__(self, on_changed: Callable[[], object], on_chosen: Callable[[], object]) -> None:
        self.events: list[Event] = []
        self._on_changed, self._on_chosen = on_changed, on_chosen
        self._filling = False
        self._shown: Event | None = None
        self.fields: dict[str, Occurring] = {}
        self.choice = ChoiceField(N_("Event"), required=True, hint=N_("What happened."))
        self.email = ValueField(
            TextField(N_("E-mail"), placeholder="ana.lima@example.com"),
            self._changed,
            self._mend,
        )
        self.phone = ValueField(
            TextField(N_("Phone"), input_type="tel", placeholder="+5511987654321"), self._changed, self._mend
        )
        self.flow = ValueField(
            TextField(
                N_("Flow (automation_id)"),
                placeholder="12345",
                hint=N_("Optional. The number behind /flow/id/ in the flow's address, or the whole address."),
            ),
            self._changed,
            self._mend,
        )
        self.others = TextField(
            N_("Variables that the contract does not declare"),
            multiline=True,
            rows=4,
            monospace=True,
            placeholder='{"coupon": "MAY-10"}',
            hint=N_("A JSON object. They go out behind the declared ones, with a warning."),
        )
        self.others.observe(lambda _: self._changed(), "value")
        self.more = Fold(N_("Other variables"), self.others)
        self.declared = Place()
        self.none = look.show(N_("The contract declares no variable: an address alone is enough."), "wb-hint")
        self.choice.observe(lambda _: self._chosen(), "value")
        self.tools = Place()
        self.widget = look.card(
            N_("The event"),
            self.choice,
            self.tools.widget,
            look.columns(self.email.widget, self.phone.widget),
            look.show(
                N_("An e-mail address or a phone number: one of them is enough, both may be given."),
                "wb-hint",
            ),
            self.flow.widget,
            self.declared.widget,
            self.none,
            self.more.widget,
        )
        visible(self.none, False)

    def __repr__(self) -> str:
        return f"<OccurrenceForm of {len(self.events)} events>"

    # -- which event ---------------------------------------------------------------------------------------------------

    @property
    def event(self) -> Event | None:
        """The event that is chosen."""
        return next((event for event in self.events if event.id == self.choice.value), None)

    def offer(self, events: Sequence[Event]) -> None:
        """Offer the events; the one that was chosen stays, and what is typed in its fields."""
        self.events = list(events)
        held = self.choice.value
        self._filling = True
        try:
            self.choice.options = [(event.id, event.name, event.notes[:120]) for event in events]
            self.choice.value = (
                held if any(event.id == held for event in events) else (events[0].id if events else "")
            )
        finally:
            self._filling = False
        if self.event != self._shown:
            self._draw(
                keep=self._shown is not None and self.event is not None and self.event.id == self._shown.id
            )

    def choose(self, id: str) -> None:
        """Choose an event by its id, where it is offered."""
        if any(event.id == id for event in self.events):
            self.choice.value = id

    # -- what is filled in ---------------------------------------------------------------------------------------------

    def given(self) -> EventInput:
        """Return what is typed; the other variables are left out where they are no JSON, and that is said beside them."""
        values: dict[str, JsonValue] = {}
        for name, one in self.fields.items():
            value = one.value()
            if value is not None:
                values[name] = value
        values |= self._others()
        return EventInput(
            email=self.email.value(),
            phone=self.phone.value(),
            automation_id=self.flow.value(),
            values=values,
            typed=True,
        )

    def fill(self, given: EventInput) -> None:
        """Fill the fields, as one change."""
        self._filling = True
        try:
            self.email.put(given.email)
            self.phone.put(given.phone)
            self.flow.put(given.automation_id)
            for name, one in self.fields.items():
                one.put(given.values.get(name))
            rest = {name: value for name, value in given.values.items() if name not in self.fields}
            self.others.value = json.dumps(rest, ensure_ascii=False, indent=2) if rest else ""
        finally:
            self._filling = False
        self._changed()

    def empty(self) -> None:
        """Empty every field."""
        self.fill(EventInput())

    def show(self, made: Composed) -> list[Problem]:
        """Show each problem and each fix at its field; return the problems that have none."""
        places = self._places()
        by_field: dict[str, list[Problem]] = {name: [] for name in places}
        left: list[Problem] = []
        for problem in made.problems:
            by_field.get(_root(problem.field, places), left).append(problem)
        for name, one in places.items():
            one.show(by_field[name], [fix for fix in made.fixes if _root(fix.field, places) == name])
        return left

    def lead(self, made: Composed) -> None:
        """Put the keyboard's focus into the first field that is wrong."""
        places = self._places()
        wrong = {_root(problem.field, places) for problem in made.problems if problem.blocks}
        for name, one in places.items():
            if name in wrong:
                one.focus()
                return

    def _places(self) -> dict[str, Occurring]:
        """Return the fields by name, in their order; an address is never taken for a variable of its name."""
        return {**self.fields, "email": self.email, "phone": self.phone, AUTOMATION_ID: self.flow}

    def unread(self) -> bool:
        """Return whether the other variables cannot be read; they are led to."""
        self._others()
        if self.others.error:
            self.more.open()
            self.others.focus()
        return bool(self.others.error)

    def _others(self) -> dict[str, JsonValue]:
        """Return the undeclared variables; what cannot be read is said beside the field."""
        self.others.error = ""
        text = self.others.value.strip()
        if not text:
            return {}
        try:
            found = json.loads(
                text
            )  # NaN and Infinity are taken here: the contract names the field that holds them
        except (ValueError, RecursionError):
            self.others.error = say(
                "This is no JSON. Write it like {example}.", example='{"coupon": "MAY-10"}'
            )
            return {}
        if not isinstance(found, dict):
            self.others.error = say(
                "This must be a JSON object, with a name for each value: {example}.",
                example='{"coupon": "MAY-10"}',
            )
            return {}
        return {str(name): value for name, value in found.items()}

    # -- the fields ----------------------------------------------------------------------------------------------------

    def _draw(self, *, keep: bool = False) -> None:
        """Make the fields of the chosen event; ``keep`` keeps what is typed in those that are still there."""
        event, held = self.event, self.given() if keep else None
        self._shown = event
        self.fields = {}
        for variable in event.variables if event else ():
            made: Occurring = (
                ArrayField(variable, self._changed, self._mend)
                if variable.type == "array"
                else field_of(variable, self._changed, self._mend)
            )
            self.fields[variable.name] = made
        self.declared.put(*_pairs(self.fields))
        visible(self.none, event is not None and not self.fields)
        if event is not None and event.automation_id is not None:
            self.flow.field.placeholder = text_of(event.automation_id)
        if held is not None:
            self.fill(held)

    def _mend(self, fix: Fix) -> None:
        """Put right what one click puts right."""
        self.fill(mended(self.given(), fix))

    def _chosen(self) -> None:
        if not self._filling:
            self._draw()
            self._on_chosen()

    def _changed(self) -> None:
        if not self._filling:
            self._on_changed()


def _root(field: str, names: Iterable[str]) -> str:
    """Return the field that a problem's path begins with: ``products`` of ``products[0].id``; empty where it is none of them."""
    path = field.removeprefix("values.")
    fitting = [name for name in names if path == name or path.startswith((f"{name}.", f"{name}["))]
    return max(fitting, key=len, default="")


def _pairs(fields: Mapping[str, Occurring]) -> list[look.Stack | look.Row]:
    """Return the fields two in a row; an array has a row of its own."""
    shown: list[look.Stack | look.Row] = []
    pair: list[Occurring] = []

    def close() -> None:
        if pair:
            shown.append(look.columns(*(one.widget for one in pair)))
            pair.clear()

    for one in fields.values():
        if isinstance(one, ArrayField):
            close()
            shown.append(one.widget)
            continue
        pair.append(one)
        if len(pair) == 2:
            close()
    close()
    return shown
