"""Event mapping: from a nested source (a shop's webhook) to an event's variables (R-EVT-23)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.models.event import EventInput, FieldPath
from workbench.sentence import Sentence, say

from .event_findings import problem
from .event_paths import Step, path_of, steps_of, values_at
from .event_paths_found import paths_in
from .event_plan import RESERVED
from .event_proposals import propose, propose_columns
from .strict_json import clip

__all__ = ["mapped", "paths_in", "propose", "propose_columns"]

_COLUMN: Final = re.compile(r"(.+)\[\]\.(.+)", re.DOTALL)


def mapped(mapping: Sequence[FieldPath], sample: JsonValue) -> tuple[EventInput, list[Problem]]:
    """Return what a mapping makes of one sample, and what it could not take over; never raises.

    The fields of an array (``products[].id``) are filled from the elements of a list (``order.items[].sku``), row by row; a path without
    ``[]`` fills the field of every row alike. Values keep their types.
    """
    problems: list[Problem] = []
    values: dict[str, JsonValue] = {}
    arrays: dict[str, dict[str, tuple[Step, ...]]] = {}
    taken: set[str] = set()
    for item in mapping:
        steps = steps_of(item.path)
        if item.variable in taken:
            problems.append(
                problem(
                    item.variable,
                    say(
                        "“{variable}” is mapped twice. Keep one of the two paths.",
                        variable=clip(item.variable),
                    ),
                )
            )
        elif not steps:
            problems.append(
                problem(
                    item.variable,
                    say(
                        "“{path}” is no path. Write it like {example}.",
                        path=clip(item.path),
                        example="order.items[].sku",
                    ),
                )
            )
        elif column := _COLUMN.fullmatch(item.variable):
            arrays.setdefault(column[1], {})[column[2]] = steps
        else:
            value, wrong = _single(item, steps, sample)
            problems += [problem(item.variable, wrong, "warning")] if wrong else []
            values[item.variable] = value
        taken.add(item.variable)
    for name, columns in arrays.items():
        values[name] = _rows(name, columns, sample, problems)
    given = {name: values.pop(name, None) for name in RESERVED}
    values = {name: value for name, value in values.items() if value is not None}
    return EventInput(values=values, **given), problems


def _single(item: FieldPath, steps: tuple[Step, ...], sample: JsonValue) -> tuple[JsonValue, Sentence | None]:
    """Return the one value at a path, all of them where they are rows, and what is to be said of it."""
    found = list(values_at(sample, steps))
    if not found:
        return None, say(
            "Nothing lies at “{path}” in this sample, so “{variable}” stays empty. Correct the path, or fill it elsewhere.",
            path=clip(item.path, 80),
            variable=clip(item.variable),
        )
    if None not in steps:
        return found[0], None
    if all(isinstance(value, dict) for value in found):
        return found, None
    if len(found) > 1:
        return found[0], say(
            "{count} values lie at “{path}”, and “{variable}” takes the first. Name one, such as [0].",
            count=len(found),
            path=clip(item.path, 80),
            variable=clip(item.variable),
        )
    return found[0], None


def _rows(
    name: str, columns: dict[str, tuple[Step, ...]], sample: JsonValue, problems: list[Problem]
) -> JsonValue:
    """Return the rows of one array: each list of the source is gone through once, and its elements fill the fields beside each other."""
    filled: dict[str, list[JsonValue]] = {}
    alike: dict[str, JsonValue] = {}
    for column, steps in columns.items():
        cut = next((len(steps) - at for at, step in enumerate(reversed(steps)) if step is None), 0)
        if not cut:
            alike[column] = next(values_at(sample, steps), None)
            continue
        filled[column] = [
            next(values_at(element, steps[cut:]), None) for element in values_at(sample, steps[:cut])
        ]
        if all(value is None for value in filled[column]):
            problems.append(_nothing(name, column, steps))
    count = max((len(cells) for cells in filled.values()), default=0) if filled else 1
    if len({len(cells) for cells in filled.values()}) > 1:
        problems.append(
            problem(
                name,
                say(
                    "The fields of “{name}” come from lists of different lengths. Take them from one list.",
                    name=clip(name),
                ),
                "warning",
            )
        )
    rows = [_row(columns, filled, alike, place) for place in range(count)]
    return rows if filled or any(rows) else None


def _row(
    columns: dict[str, tuple[Step, ...]],
    filled: dict[str, list[JsonValue]],
    alike: dict[str, JsonValue],
    place: int,
) -> JsonValue:
    row = {}
    for column in columns:
        cells = filled.get(column)
        value = alike.get(column) if cells is None else cells[place] if place < len(cells) else None
        if value is not None:
            row[column] = value
    return row


def _nothing(name: str, column: str, steps: tuple[Step, ...]) -> Problem:
    field = f"{name}[].{column}"
    sentence = say(
        "Nothing lies at “{path}” in this sample, so “{variable}” stays empty. Correct the path, or fill it elsewhere.",
        path=clip(path_of(steps), 80),
        variable=clip(field),
    )
    return problem(field, sentence, "warning")
