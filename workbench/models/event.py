"""The event: what happened to a contact, told to an event endpoint (SendPulse's Automation 360), which begins or ends a flow for it.

An event is a contract: its name, its declared variables with their types, and the messages that use them. What a person or a row gives
for one occurrence is an ``EventInput``; ``engine.event_values`` makes of it the body exactly as it goes out, or says what is wrong.
Sources: https://sendpulse.com/knowledge-base/email-service/automation360/automation-start and facts/events-sync-sms.md A1 to A3.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import N_, Sentence

from .base import JsonValue, Noun, Problem
from .contact import SAMPLE

EVENT_SAMPLE: Final = SAMPLE.model_copy(
    update={
        "variables": {
            **SAMPLE.variables,
            "event": {
                "email": SAMPLE.identifiers["email"],
                "phone": SAMPLE.identifiers["phone"],
                "first_name": "Ana",
                "order_total": 129.9,
                "event_date": "2026-11-22",
                "products": [{"id": "1001", "name": "Blue scarf"}],
            },
        }
    }
)
"""The contact that a new test of an event starts with: the sample contact, and an event as its contract would make it."""

ScalarType = Literal["string", "number", "date", "boolean"]
VariableType = Literal["string", "number", "date", "boolean", "array"]
EventMethod = Literal["rest", "raw", "form", "urlencoded"]
"""How an event is sent: the endpoint's key of the provider ``sendpulse`` (REST API POST, POST raw, POST form-data in two encodings)."""

IDENTIFIERS: Final = ("email", "phone")
AUTOMATION_ID: Final = "automation_id"
EVENT_PAYLOAD: Final = '"{{ event }}"'
"""The payload of an integration that sends events: the body that the contract made, whole. The contact holds it as variable ``event``."""


class EventColumn(Noun):
    """One field of the objects in an array."""

    name: str
    type: ScalarType = "string"
    sample: JsonValue = None


class EventVariable(Noun):
    """One declared variable. ``used_by`` names the messages of the flow that use it; ``columns`` are an array's fields."""

    name: str
    type: VariableType = "string"
    required: bool = False
    used_by: tuple[str, ...] = ()
    columns: tuple[EventColumn, ...] = ()
    sample: JsonValue = None
    about: str = ""


class Flow(Noun):
    """A flow as the local registry knows it: its id (the digits after ``/flow/id/``), its name, and whether it runs."""

    id: Annotated[int, Field(gt=0)]
    name: str = ""
    active: bool = True


class EventMessage(Noun):
    """A message of the flow, for the preview: a text with ``{{ name }}`` and ``{% for item in products %} … {% endfor %}``."""

    name: str
    text: str = ""


class FieldPath(Noun):
    """Where a variable's value lies in a nested source (a shop's webhook): ``order.items[].sku``; with the variable it fills."""

    variable: str
    path: str


class Event(Noun):
    """One event. ``name`` is the one path segment under which the provider knows it.

    ``stopped_by`` is the id of the event that stops the flow this one starts. ``flows`` is the local registry of ``automation_id``s.
    ``guard_min`` are the minutes in which the same event for the same contact with the same body needs a second word.
    ``identified_by`` are the identifiers that every occurrence has to carry; where there are none, one of the two will do.
    ``transactional`` events are sent without a commercial consent; ``default_region`` (ISO 3166) completes numbers without a plus.
    """

    id: str = ""
    name: Annotated[
        str,
        Field(
            title=N_("Event name"),
            description=N_("As it is called in SendPulse's Events Manager; 1 to 100 characters."),
        ),
    ] = ""
    integration_id: str | None = None
    variables: tuple[EventVariable, ...] = ()
    automation_id: int | None = None
    flows: tuple[Flow, ...] = ()
    stopped_by: str | None = None
    identified_by: tuple[Literal["email", "phone"], ...] = ()
    messages: tuple[EventMessage, ...] = ()
    mapping: tuple[FieldPath, ...] = ()
    transactional: bool = False
    default_region: str = ""
    guard_min: Annotated[int, Field(ge=0, le=10_080)] = 10
    notes: str = ""
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None

    def variable(self, name: str) -> EventVariable | None:
        """Return the declared variable of this name, or None."""
        return next((variable for variable in self.variables if variable.name == name), None)


class EventInput(Noun):
    """What was given for one occurrence, as it was typed or read: nothing is converted yet.

    ``typed`` says that values come from a form, a CSV file or another source that knows only texts: a text is then read as the
    variable's type (``"12"`` for a Number, ``"28.05.2021"`` for a Date; ``"05.06.2021"`` asks). Without it
    (JSON, Python) types count as they are, and ``"77"`` is not 77.
    ``automation_id`` may be a flow's address.
    """

    email: JsonValue = None
    phone: JsonValue = None
    automation_id: JsonValue = None
    values: dict[str, JsonValue] = Field(default_factory=dict)
    typed: bool = False


class Fix(Noun):
    """One click that mends one field: what it does, and the value that is put there."""

    field: str
    sentence: Sentence
    value: JsonValue = None


class Composed(Noun):
    """An occurrence made ready: ``body`` as it goes out (None where a problem blocks it), who it is for, and what is to be said of it.

    Problems of level ``note`` say what was converted (a blank trimmed, a date rewritten). ``size`` is the body's length in bytes as JSON.
    """

    body: dict[str, JsonValue] | None = None
    identifiers: dict[str, str] = Field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    fixes: tuple[Fix, ...] = ()
    size: int = 0

    @property
    def ok(self) -> bool:
        """Whether it can be sent."""
        return self.body is not None and not any(problem.blocks for problem in self.problems)


class Drift(Noun):
    """How a body or many differ from the contract: what lacks, what is undeclared, what has another type; with how many of them."""

    seen: int = 0
    missing: dict[str, int] = Field(default_factory=dict)
    undeclared: dict[str, int] = Field(default_factory=dict)
    mistyped: dict[str, int] = Field(default_factory=dict)
    proposed: tuple[EventVariable, ...] = ()

    @property
    def none(self) -> bool:
        """Whether contract and bodies agree."""
        return not (self.missing or self.undeclared or self.mistyped)


class MessagePreview(Noun):
    """A message filled with an occurrence's variables: its text, the variables it wants and lacks, and those it leaves unused."""

    name: str
    text: str = ""
    missing: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
