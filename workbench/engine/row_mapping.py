"""ROW MAPPING: a row of a table becomes what one contact is given: identifiers, variables, arrays of objects.

Cells stay as they are written: what a text means (a number, a date) is decided by the event's contract, never here. Two things are put
right without a loss: a whole number that names a contact becomes its digits, and a JSON list in a cell becomes the list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.models.contact import Contact
from workbench.models.event import AUTOMATION_ID, Event, EventInput
from workbench.models.integration import IdentifierType
from workbench.models.payload import Slot
from workbench.models.run import Mapped, Target
from workbench.sentence import N_, Sentence, say

from .slots import nearest
from .strict_json import clip

_SHORTENED = re.compile(r"\s*\+?[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}\s*")
_FIELD = re.compile(r"(?P<array>[^\[\]]+)\[(?P<index>[0-9]{0,3})\]\.(?P<name>.+)")
_EXACT: Final = 2**53
"""Up to here a float holds every whole number."""


@dataclass(slots=True)
class MappedRow:
    """What a row gives: identifiers by type, the flow, variables by name, user data by feed and property; and what is wrong."""

    identifiers: dict[str, JsonValue] = field(default_factory=dict)
    automation_id: JsonValue = None
    values: dict[str, JsonValue] = field(default_factory=dict)
    user_data: dict[str, dict[str, JsonValue]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def event_input(self, *, typed: bool) -> EventInput:
        """Return the row as an event's input, without its empty cells. ``typed``: they are texts (a CSV) that the contract reads."""
        return EventInput(
            email=self.identifiers.get("email"), phone=self.identifiers.get("phone"), automation_id=self.automation_id,
            values={name: value for name, value in self.values.items() if value is not None and value != ""}, typed=typed,
        )  # fmt: skip

    def contact(self) -> Contact:
        """Return the row as a contact. An empty cell is an empty text, which ``default`` in a payload replaces."""
        return Contact(
            identifiers={name: str(value) for name, value in self.identifiers.items()},
            variables={name: value for name, value in self.values.items() if value is not None},
            user_data=self.user_data,
        )


Put = Callable[[MappedRow, JsonValue, list[Problem]], None]


class RowMapping:
    """A mapping made ready for many rows. Give it one that ``check_mapping`` has nothing against."""

    def __init__(self, mapping: Sequence[Mapped], targets: Sequence[Target]) -> None:
        known = {target.key: target for target in targets}
        # An event's contract reads its phone numbers itself, and says there what a spreadsheet did to one.
        read_later = any(target.kind == "flow" for target in targets)
        self._wholes = [
            (one.column, one.constant, _put(known.get(one.target) or Target(key=one.target), read_later))
            for one in mapping
            if not _FIELD.fullmatch(one.target)
        ]
        arrays: dict[str, list[tuple[str, str, Mapped]]] = {}
        for one in mapping:
            if found := _FIELD.fullmatch(one.target):
                arrays.setdefault(found["array"], []).append((found["index"], found["name"], one))
        self._arrays = arrays

    def row(self, cells: Mapping[str, JsonValue]) -> MappedRow:
        """Return what the cells of one row give. Never raises for what they hold."""
        made, problems = MappedRow(), list[Problem]()
        for column, constant, put in self._wholes:
            put(made, cells.get(column) if column else constant, problems)
        for name, fields in self._arrays.items():
            _put_array(made, name, fields, cells, problems)
        made.problems = tuple(problems)
        return made


def mapped_row(
    mapping: Sequence[Mapped], targets: Sequence[Target], cells: Mapping[str, JsonValue]
) -> MappedRow:
    """Return what the cells of one row give; for many rows make one ``RowMapping``."""
    return RowMapping(mapping, targets).row(cells)


# -- what a run can fill -----------------------------------------------------------------------------------------------


def targets_of(event: Event) -> tuple[Target, ...]:
    """Return what a row can fill of an event: its identifiers, its flow, its variables, and the fields of its arrays."""
    targets = [
        Target(key="email", kind="identifier", type="string", about=N_("Email address of the contact")),
        Target(key="phone", kind="identifier", type="string", about=N_("Phone number with + and country code")),
        Target(key=AUTOMATION_ID, kind="flow", about=N_("The flow, where the event starts several")),
    ]  # fmt: skip
    for variable in event.variables:
        targets.append(
            Target(
                key=variable.name, type=variable.type, required=variable.required, about=variable.about
            )
        )  # fmt: skip
        targets += [
            Target(key=f"{variable.name}[].{column.name}", type=column.type, about=variable.about)
            for column in variable.columns
        ]
    return tuple(targets)


def targets_of_payload(slots: Iterable[Slot], identifier: IdentifierType) -> tuple[Target, ...]:
    """Return what a row can fill of a payload: the contact's identifier, and each value its slots name, once, in their order.

    A value is required unless each of its slots has a ``default``.
    """
    targets = {
        identifier.key: Target(
            key=identifier.key, kind="identifier", type="string", required=True
        )
    }  # fmt: skip
    for slot in slots:
        if slot.kind in ("identifier", "campaign") or slot.key == identifier.key:
            continue
        required = not any(call.name == "default" for call in slot.filters)
        before = targets.get(slot.key)
        if before is None or (required and not before.required):
            targets[slot.key] = Target(key=slot.key, required=required)
    return tuple(targets.values())


def check_mapping(
    mapping: Sequence[Mapped], targets: Sequence[Target], columns: Sequence[str]
) -> list[Problem]:
    """Return what is wrong with a mapping, before any row: unknown columns and targets, what is filled twice, what stays empty."""
    problems: list[Problem] = []
    filled: list[str] = []
    keys = {target.key for target in targets}
    for one in mapping:
        if one.column and one.column not in columns:
            near = nearest(one.column, columns)
            problems.append(_wrong(one.target, say(
                "The table has no column “{column}”. Did you mean “{near}”?", column=clip(one.column), near=clip(near)
            ) if near else say("The table has no column “{column}”. Choose another one.", column=clip(one.column))))  # fmt: skip
        if one.target in filled:
            twice = say("“{target}” is filled twice. Keep one of the two.", target=clip(one.target))
            problems.append(_wrong(one.target, twice))
        filled.append(one.target)
        found = _FIELD.fullmatch(one.target)
        general = f"{found['array']}[].{found['name']}" if found else one.target
        if one.target not in keys and general not in keys:
            problems.append(_wrong(one.target, say(
                "“{target}” is nothing that is sent. Remove it, or declare it first.", target=clip(one.target)
            )))  # fmt: skip
        if found and found["array"] in (other.target for other in mapping):
            problems.append(_wrong(one.target, say(
                "“{array}” is filled as a whole and by its fields. Keep one of the two.", array=clip(found["array"])
            )))  # fmt: skip
    arrays = {found["array"] for one in filled if (found := _FIELD.fullmatch(one))}
    for target in targets:
        if target.required and target.key not in filled and target.key not in arrays:
            problems.append(_wrong(target.key, say(
                "“{target}” is needed and no column fills it. Choose its column, or give one value for all rows.",
                target=clip(target.key),
            )))  # fmt: skip
    if {"email", "phone"} <= keys and not {"email", "phone"} & set(filled):
        problems.append(_wrong("email", say(
            "Nothing says whom a row is for. Choose the column with the email address or the phone number."
        )))  # fmt: skip
    return problems


# -- how one target is filled ------------------------------------------------------------------------------------------


def _put(target: Target, read_later: bool) -> Put:
    """Return what puts a value where this target wants it."""
    key = target.key
    if target.kind == "identifier":
        looked_at = key != "email" and not read_later
        return lambda made, value, problems: _identifier(made, key, value, problems, looked_at)
    if target.kind == "flow":
        return _flow
    if target.type == "array":
        return lambda made, value, problems: _array(made, key, value, problems)
    if key.startswith("User data|") and key.count("|") == 2:
        _, feed, name = key.split("|")

        def user_data(made: MappedRow, value: JsonValue, problems: list[Problem]) -> None:
            made.user_data.setdefault(feed, {})[name] = value

        return user_data

    def variable(made: MappedRow, value: JsonValue, problems: list[Problem]) -> None:
        made.values[key] = value

    return variable


def _identifier(
    made: MappedRow, key: str, value: JsonValue, problems: list[Problem], looked_at: bool
) -> None:
    value = _digits(value)
    if value is None or value == "":
        return
    if isinstance(value, str):
        if looked_at and _SHORTENED.fullmatch(value):
            problems.append(_wrong(key, say(
                "A spreadsheet has shortened this number to powers of ten, and digits are lost. Format the column as text, and save again."
            )))  # fmt: skip
        made.identifiers[key] = value
        return
    problems.append(
        _wrong(key, say("“{field}” has to be a text. Put the column into quotes.", field=clip(key)))
    )


def _flow(made: MappedRow, value: JsonValue, problems: list[Problem]) -> None:
    if value is not None and value != "":
        made.automation_id = int(value) if isinstance(value, float) and value.is_integer() else value


def _digits(value: JsonValue) -> JsonValue:
    """Return a whole number as its digits: a table of numbers holds phones so; every other value as it is."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _array(made: MappedRow, key: str, value: JsonValue, problems: list[Problem]) -> None:
    if isinstance(value, str) and value.strip():
        found = _listed(value)
        if found is None:
            problems.append(_wrong(key, say(
                "“{field}” has to be a JSON list of objects, such as {example}.", field=clip(key), example='[{"id": 1}]'
            )))  # fmt: skip
            return
        value = found
    made.values[key] = value


def _listed(text: str) -> list[JsonValue] | None:
    """Return the list that a cell holds as JSON, or None."""
    if not text.lstrip().startswith("["):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _put_array(
    made: MappedRow, name: str, fields: Sequence[tuple[str, str, Mapped]], cells: Mapping[str, JsonValue], problems: list[Problem]
) -> None:  # fmt: skip
    """Fill an array of objects by its fields: numbered ones (``items[0].id``), or one cell with the values of all (``items[].id``)."""
    objects: dict[int, dict[str, JsonValue]] = {}
    lengths: dict[str, int] = {}
    for index, key, one in fields:
        value = cells.get(one.column) if one.column else one.constant
        if value is None or value == "":
            continue
        if index:
            objects.setdefault(int(index), {})[key] = value
            continue
        values = value if isinstance(value, list) else (_listed(value) if isinstance(value, str) else None) or [value]  # fmt: skip
        lengths[key] = len(values)
        for number, inner in enumerate(values):
            objects.setdefault(number, {})[key] = inner
    if len(set(lengths.values())) > 1:
        problems.append(_wrong(name, say(
            "The fields of “{array}” have different numbers of values: {counts}. Give each the same number.",
            array=clip(name), counts=", ".join(f"{key} {count}" for key, count in lengths.items()),
        )))  # fmt: skip
    if objects:
        made.values[name] = [objects[number] for number in sorted(objects)]


def _wrong(key: str, sentence: Sentence) -> Problem:
    return Problem(field=key, sentence=sentence)
