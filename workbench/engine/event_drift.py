"""Event drift: how bodies that were sent differ from the contract (R-EVT-21)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.event import (
    AUTOMATION_ID,
    IDENTIFIERS,
    Drift,
    Event,
    EventColumn,
    EventVariable,
    ScalarType,
    VariableType,
)

from .event_arrays import columns_in
from .event_dates import day_in
from .event_plain import unfit_name
from .event_plan import RESERVED, declared_in

MOST_NAMES: Final = 500
"""Names that are counted one by one; what comes after them is counted as one."""
REST: Final = "…"
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def drift(event: Event, bodies: Iterable[Mapping[str, JsonValue]]) -> Drift:
    """Return what the bodies lack, add or type otherwise, with how many of them do.

    A declared variable that a body lacks counts, required or not; ``email`` counts as missing where there is neither identifier. Fields
    of an array are told as ``products[].id``. ``proposed`` holds the variables that would end the drift: those that nobody declared, and
    declared ones with the type that the bodies have, where all agree on one.
    """
    return _Count(event).over(bodies)


class _Count:
    """What was counted so far."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._declared = declared_in(event)
        self._missing: Counter[str] = Counter()
        self._undeclared: Counter[str] = Counter()
        self._mistyped: Counter[str] = Counter()
        self._types: dict[str, set[VariableType]] = {}
        self._columns: dict[str, dict[str, set[VariableType]]] = {}
        self._nameless: set[str] = set()
        """Names with a value that no declared type has: an object, a list of single values."""

    def over(self, bodies: Iterable[Mapping[str, JsonValue]]) -> Drift:
        seen = 0
        for body in bodies:
            seen += 1
            self._one(body if isinstance(body, Mapping) else {})
        return Drift(
            seen=seen,
            missing=dict(self._missing),
            undeclared=dict(self._undeclared),
            mistyped=dict(self._mistyped),
            proposed=tuple(self._proposed()),
        )

    def _one(self, body: Mapping[str, JsonValue]) -> None:
        self._identified(body)
        for name, variable in self._declared.items():
            value = body.get(name)
            if value is None:
                self._missing[name] += 1
            elif not fits(value, variable.type):
                self._mistyped[name] += 1
                self._learn(name, value)
            elif variable.type == "array" and variable.columns:
                self._rows(variable, value)
        for name, value in body.items():
            if name not in self._declared and name not in RESERVED:
                name = _bounded(str(name), self._undeclared)
                self._undeclared[name] += 1
                self._learn(name, value)

    def _identified(self, body: Mapping[str, JsonValue]) -> None:
        wanted: tuple[str, ...] = self._event.identified_by
        given = [kind for kind in IDENTIFIERS if not _blank(body.get(kind))]
        if not wanted and not given:
            wanted = IDENTIFIERS[:1]
        for kind in wanted:
            if kind not in given:
                self._missing[kind] += 1
        for kind in given:
            if type(body[kind]) is not str:
                self._mistyped[kind] += 1
        flow = body.get(AUTOMATION_ID)
        if flow is not None and (type(flow) is not int or flow < 1):
            self._mistyped[AUTOMATION_ID] += 1

    def _rows(self, variable: EventVariable, rows: Sequence[JsonValue]) -> None:
        """Count each field once a body, however many rows lack it."""
        known = {column.name: column.type for column in columns_in(variable.columns)}
        lacking: set[str] = set()
        other: set[str] = set()
        more: set[str] = set()
        for row in rows:
            for name, kind in known.items():
                value = row.get(name)
                if value is None:
                    lacking.add(name)
                elif not fits(value, kind):
                    other.add(name)
            more.update(str(name) for name in row if name not in known)
        for counter, names in ((self._missing, lacking), (self._mistyped, other), (self._undeclared, more)):
            for name in names:
                counter[_bounded(f"{variable.name}[].{name}", counter)] += 1
        if other or more:
            self._learn(variable.name, list(rows))

    def _learn(self, name: str, value: JsonValue) -> None:
        if name == REST or value is None:
            return
        kind = type_of(value)
        if kind is None:
            self._nameless.add(name)
            return
        self._types.setdefault(name, set()).add(kind)
        if kind != "array":
            return
        columns = self._columns.setdefault(name, {})
        for row in value:
            for column, cell in row.items() if isinstance(row, dict) else ():
                known = type_of(cell)
                if known is not None and (column in columns or len(columns) < MOST_NAMES):
                    columns.setdefault(str(column), set()).add(known)

    def _proposed(self) -> Iterable[EventVariable]:
        for name, kinds in self._types.items():
            kind = _agreed(kinds)
            known = self._declared.get(name)
            if kind is None or name in self._nameless or (known is None and unfit_name(name)):
                continue
            columns = tuple(
                EventColumn(name=column, type=_scalar(types))
                for column, types in self._columns.get(name, {}).items()
            )
            if known is None:
                yield EventVariable(name=name, type=kind, columns=columns)
            else:
                kept = known.columns if kind == "array" else ()
                seen = {column.name: column for column in columns}
                merged = tuple(seen.pop(column.name, column) for column in kept)
                yield known.model_copy(
                    update={"type": kind, "columns": (*merged, *seen.values()), "sample": None}
                )


def fits(value: JsonValue, type_: VariableType) -> bool:
    """Return whether a body's value is of the declared type, as it goes out."""
    if type_ == "boolean":
        return type(value) is bool
    if type_ == "number":
        return type(value) in (int, float)
    if type_ == "array":
        return isinstance(value, list) and all(isinstance(row, dict) for row in value)
    if type_ == "date":
        return isinstance(value, str) and _is_day(value)
    return isinstance(value, str)


def type_of(value: JsonValue) -> VariableType | None:
    """Return the declared type that a value would need; None for null, for an object, and for a list of anything but objects."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "date" if _is_day(value) else "string"
    return (
        "array" if isinstance(value, list) and value and all(isinstance(row, dict) for row in value) else None
    )


def _is_day(text: str) -> bool:
    return _ISO.fullmatch(text) is not None and day_in(text).day is not None


def _agreed(kinds: set[VariableType]) -> VariableType | None:
    """Return the one type of all values; texts that are days in part are texts."""
    if kinds == {"date", "string"}:
        return "string"
    return next(iter(kinds)) if len(kinds) == 1 else None


def _scalar(kinds: set[VariableType]) -> ScalarType:
    kind = _agreed(kinds)
    return "string" if kind is None or kind == "array" else kind


def _bounded(name: str, counter: Counter[str]) -> str:
    return name if name in counter or len(counter) < MOST_NAMES else REST


def _blank(value: JsonValue) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
