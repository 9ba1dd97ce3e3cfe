"""Event lint: what is wrong with a contract before anything is sent by it (R-EVT-08, R-EVT-20, R-EVT-26)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from workbench.models.base import Problem
from workbench.models.event import AUTOMATION_ID, Event, EventColumn, EventVariable
from workbench.sentence import Sentence, say

from .event_arrays import READERS, ArrayReader
from .event_findings import Findings, masked, problem, shown_id
from .event_flow_ids import LARGEST
from .event_methods import compare_methods
from .event_pairs import check_pair
from .event_plain import check_name, unfit_name
from .event_plan import RESERVED
from .event_urls import event_segment
from .strict_json import clip

__all__ = ["check_event", "compare_methods"]

MOST_VARIABLES: Final = 200
_REGION_LENGTH: Final = 2


def check_event(event: Event, others: Sequence[Event] = ()) -> list[Problem]:
    """Return what is wrong with the event, in the order of the form; ``others`` are the events it may be stopped by.

    Fields are paths in the form: ``name``, ``variables.0.name``, ``variables.0.columns.1.name``, ``stopped_by``.
    """
    return [
        *_check_name(event, others),
        *_check_region(event),
        *_check_variables(event),
        *_check_flow(event),
        *_check_messages(event),
        *_check_mapping(event),
        *check_pair(event, others),
    ]


def _check_name(event: Event, others: Sequence[Event]) -> Iterator[Problem]:
    segment = event_segment(event.name)
    if isinstance(segment, Sentence):
        yield problem("name", segment)
        return
    if event.name != event.name.strip():
        yield problem(
            "name",
            say(
                "The event's name begins or ends with a blank, which is left out where it is sent. Remove it."
            ),
            "warning",
        )
    twin = next(
        (
            other
            for other in others
            if _same(other.name, event.name)
            and other.id != event.id
            and other.integration_id == event.integration_id
        ),
        None,
    )
    if twin is not None:
        yield problem(
            "name",
            say(
                "Another event is called “{name}” too. If they are one, keep one of them.",
                name=clip(twin.name),
            ),
            "warning",
        )


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _check_region(event: Event) -> Iterator[Problem]:
    region = event.default_region.strip()
    if region and not _is_region(region):
        yield problem(
            "default_region",
            say("“{region}” is no country. Write its two letters, such as SE or BR.", region=clip(region)),
        )


def _is_region(region: str) -> bool:
    from .phones import calling_code

    return (
        len(region) == _REGION_LENGTH and region.isascii() and region.isalpha() and calling_code(region) > 0
    )


# -- Variables -----------------------------------------------------------------------------------------------------------


def _check_variables(event: Event) -> Iterator[Problem]:
    if len(event.variables) > MOST_VARIABLES:
        yield problem(
            "variables",
            say(
                "The event declares {count} variables; at most {most} are allowed. Use an array.",
                count=len(event.variables),
                most=MOST_VARIABLES,
            ),
        )
    seen: dict[str, str] = {}
    for index, variable in enumerate(event.variables[:MOST_VARIABLES]):
        path = f"variables.{index}"
        yield from _name_problems(variable.name, f"{path}.name", seen, reserved=True)
        yield from _check_columns(variable, path)
        if wrong := _sample_problem(variable):
            yield problem(f"{path}.sample", wrong, "warning")
        for message in variable.used_by:
            if event.messages and message not in {known.name for known in event.messages}:
                yield problem(
                    f"{path}.used_by",
                    say(
                        "No message of this event is called “{message}”. Add it, or take it out.",
                        message=clip(message),
                    ),
                    "warning",
                )


def _name_problems(name: str, field: str, seen: dict[str, str], *, reserved: bool) -> Iterator[Problem]:
    """Give what is wrong with one name: unfit, reserved, there twice, or there with other capitals."""
    trimmed = name.strip()
    key = trimmed.casefold()
    wrong = unfit_name(name) if reserved else check_name(name, field)
    if wrong:
        yield problem(field, wrong)
    elif reserved and trimmed in RESERVED:
        yield problem(
            field, say("“{name}” is part of every event already. Take it out of the variables.", name=trimmed)
        )
    elif reserved and key in RESERVED:
        yield problem(
            field,
            say(
                "“{name}” and “{twin}” differ in capitals alone, and “{twin}” is part of every event. Take it out, or rename it.",
                name=masked(trimmed),
                twin=key,
            ),
            "warning",
        )
    if key and key in seen:
        if seen[key] == trimmed:
            yield problem(
                field, say("“{name}” is declared twice. Take one of the two out.", name=clip(masked(trimmed)))
            )
        else:
            yield problem(
                field,
                say(
                    "“{name}” and “{twin}” are two variables, as capitals count. Write both alike if they are one.",
                    name=clip(masked(trimmed)),
                    twin=clip(masked(seen[key])),
                ),
                "warning",
            )
    seen.setdefault(key, trimmed)


def _check_columns(variable: EventVariable, path: str) -> Iterator[Problem]:
    if variable.columns and variable.type != "array":
        yield problem(
            f"{path}.columns",
            say(
                "“{name}” is no array, so that its fields mean nothing. Take them out, or declare it as an array.",
                name=clip(variable.name),
            ),
            "warning",
        )
    seen: dict[str, str] = {}
    for index, column in enumerate(variable.columns):
        yield from _name_problems(column.name, f"{path}.columns.{index}.name", seen, reserved=False)
        if wrong := _sample_problem(column):
            yield problem(f"{path}.columns.{index}.sample", wrong, "warning")


def _sample_problem(item: EventVariable | EventColumn) -> Sentence | None:
    """Return why a sample does not fit its own type, or None."""
    if item.sample is None:
        return None
    found = Findings()
    if item.type == "array":
        ArrayReader(item.columns if isinstance(item, EventVariable) else ())(item.sample, item.name, found)
    else:
        READERS[item.type](item.sample, item.name, found)
    blocking = next((one for one in found.problems if one.blocks), None)
    return None if blocking is None else say("The sample does not fit. {why}", why=blocking.sentence)


# -- Flow, messages, mapping ---------------------------------------------------------------------------------------------


def _check_flow(event: Event) -> Iterator[Problem]:
    flow = event.automation_id
    if flow is not None and not 0 < flow <= LARGEST:
        yield problem(
            AUTOMATION_ID,
            say(
                "automation_id is {id}, which is no flow's number. Copy the digits after /flow/id/ from the flow's address.",
                id=shown_id(flow),
            ),
        )
    elif flow is not None and event.flows and flow not in {known.id for known in event.flows}:
        yield problem(
            AUTOMATION_ID,
            say(
                "The flow {id} is not in this event's list of flows. Add it, or correct automation_id.",
                id=shown_id(flow),
            ),
            "warning",
        )
    seen: set[int] = set()
    for index, known in enumerate(event.flows):
        if known.id in seen:
            yield problem(
                f"flows.{index}.id",
                say("The flow {id} is listed twice. Take one of the two out.", id=str(known.id)),
            )
        seen.add(known.id)


def _check_messages(event: Event) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, message in enumerate(event.messages):
        if not message.name.strip():
            yield problem(
                f"messages.{index}.name",
                say("The message has no name. Give it one, so that variables can say who uses them."),
            )
        elif message.name in seen:
            yield problem(
                f"messages.{index}.name",
                say("Two messages are called “{name}”. Rename one.", name=clip(message.name)),
            )
        seen.add(message.name)


def _check_mapping(event: Event) -> Iterator[Problem]:
    known = {*RESERVED, *(item.name for item in event.variables)}
    seen: set[str] = set()
    for index, item in enumerate(event.mapping):
        root = item.variable.partition("[]")[0]
        if item.variable in seen:
            yield problem(
                f"mapping.{index}.variable",
                say("“{variable}” is mapped twice. Keep one of the two paths.", variable=clip(item.variable)),
            )
        elif root not in known:
            yield problem(
                f"mapping.{index}.variable",
                say(
                    "“{variable}” is mapped, but not declared. Declare it, or take the path out.",
                    variable=clip(item.variable),
                ),
                "warning",
            )
        seen.add(item.variable)
