"""Event plan: what all occurrences of one event share, made once: its readers and the problems that are always the same."""

from __future__ import annotations

from typing import Any, Final

from workbench.models.base import Problem
from workbench.models.event import AUTOMATION_ID, IDENTIFIERS, Event, EventVariable
from workbench.sentence import Sentence, say

from .event_arrays import READERS, ArrayReader
from .event_findings import masked, problem, shown_id
from .event_plain import unfit_name
from .event_types import Reader
from .strict_json import clip

MOST_PLANS: Final = 64
MOST_REMEMBERED: Final = 1000
RESERVED: Final = (*IDENTIFIERS, AUTOMATION_ID)


def declared_in(event: Event) -> dict[str, EventVariable]:
    """Return the declared variables by name: neither an identifier nor what cannot be a name is one (``check_event`` tells of those)."""
    return {
        item.name: item
        for item in event.variables
        if item.name not in RESERVED and unfit_name(item.name) is None
    }


class Slot:
    """One declared variable: how it is read, and what is said where it was not given."""

    __slots__ = ("missing", "name", "read", "required")

    def __init__(self, variable: EventVariable) -> None:
        self.name = variable.name
        self.read: Reader = (
            ArrayReader(variable.columns) if variable.type == "array" else READERS[variable.type]
        )
        self.required = variable.required
        self.missing = _missing(variable)


def _missing(variable: EventVariable) -> Problem | None:
    name, used = clip(variable.name), clip(", ".join(f"“{message}”" for message in variable.used_by), 100)
    if variable.required and used:
        return problem(
            variable.name,
            say(
                "“{name}” is required and was not given; {messages} uses it. Give it a value.",
                name=name,
                messages=used,
            ),
        )
    if variable.required:
        return problem(
            variable.name, say("“{name}” is required and was not given. Give it a value.", name=name)
        )
    if used:
        return problem(
            variable.name,
            say(
                "“{name}” was not given, and {messages} uses it: its place stays empty. Give it a value.",
                name=name,
                messages=used,
            ),
            "warning",
        )
    return None


class Plan:
    """The plan of one event."""

    def __init__(self, event: Event) -> None:
        self.slots = tuple(Slot(item) for item in declared_in(event).values())
        self.declared = frozenset(slot.name for slot in self.slots)
        self.automation_id = event.automation_id
        self.region = event.default_region.strip().upper()
        self.identified_by = event.identified_by
        self._twins = {name.casefold(): name for name in (*RESERVED, *self.declared)}
        self._flows = {flow.id: flow for flow in event.flows}
        self._strangers: dict[str, Problem] = {}
        self._flow_problems: dict[int, Problem | None] = {}

    def undeclared(self, name: Any) -> Problem:
        """Return what is said of a name that the event does not declare: a warning, or an error where it cannot be a name."""
        known = self._strangers.get(name)
        if known is None:
            known = self._stranger(name)
            if len(self._strangers) < MOST_REMEMBERED:
                self._strangers[name] = known
        return known

    def _stranger(self, name: str) -> Problem:
        if name in RESERVED:
            return problem(
                name,
                say(
                    "“{name}” stands among the variables, and it has a field of its own. Move its value there.",
                    name=name,
                ),
            )
        if wrong := unfit_name(name):
            return problem(name, wrong)
        shown = clip(masked(name))
        if twin := self._twins.get(name.strip().casefold()):
            return problem(
                name,
                say(
                    "“{name}” is not declared, but “{twin}” is: capitals count. Write it as it is declared.",
                    name=shown,
                    twin=clip(twin),
                ),
                "warning",
            )
        return problem(
            name,
            say(
                "“{name}” is not declared in this event. Declare it, or leave it out; it goes out as it is.",
                name=shown,
            ),
            "warning",
        )

    def of_flow(self, id: int) -> Problem | None:
        """Return what is said of a flow's id that the event's list of flows does not know, or knows as switched off (R-EVT-20)."""
        if not self._flows:
            return None
        if id not in self._flow_problems:
            if len(self._flow_problems) >= MOST_REMEMBERED:
                self._flow_problems.clear()
            sentence = self._doubt(id)
            self._flow_problems[id] = problem(AUTOMATION_ID, sentence, "warning") if sentence else None
        return self._flow_problems[id]

    def _doubt(self, id: int) -> Sentence | None:
        flow = self._flows.get(id)
        if flow is None:
            return say(
                "The flow {id} is not in this event's list of flows. Add it, or correct automation_id.",
                id=shown_id(id),
            )
        if not flow.active:
            return say(
                "The flow “{name}” ({id}) does not run: the event starts nothing in it. Switch it on first.",
                name=flow.name,
                id=shown_id(id),
            )
        return None


_plans: dict[int, tuple[Event, Plan]] = {}


def plan_of(event: Event) -> Plan:
    """Return the event's plan. Those of the last events are kept: an event is frozen, so that the same one always has the same plan."""
    known = _plans.get(id(event))
    if known is not None and known[0] is event:
        return known[1]
    plan = Plan(event)
    while len(_plans) >= MOST_PLANS:
        _plans.pop(next(iter(_plans), 0), None)
    _plans[id(event)] = (event, plan)
    return plan
