"""SHOP LINES: a purchase's lines out of a row: the columns that fill ``products[].productId`` and its like, put together line by line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from workbench.models.base import JsonValue, Problem
from workbench.models.run import Mapped
from workbench.sentence import say

from .event_findings import problem
from .shop_reading import is_blank, json_list
from .shop_wire import LINES

_FIELD: Final = re.compile(rf"{LINES}\[(?P<index>[0-9]{{0,3}})\]\.(?P<name>.+)")


class LineColumn(NamedTuple):
    """One field of the lines: of line ``number`` (None: of all, from lists), and where its value comes from."""

    number: int | None
    name: str
    column: str
    constant: JsonValue


def line_columns(mapping: Sequence[Mapped]) -> tuple[LineColumn, ...]:
    """Return the fields of lines that a mapping fills."""
    found = ((one, _FIELD.fullmatch(one.target)) for one in mapping)
    return tuple(
        LineColumn(int(match["index"]) if match["index"] else None, match["name"], one.column, one.constant)
        for one, match in found
        if match
    )


def lines_in(
    columns: Sequence[LineColumn], cells: Mapping[str, JsonValue], problems: list[Problem]
) -> list[JsonValue]:
    """Return the lines that a row's cells make: numbered fields each fill their line, lists one line for each of their values."""
    lines: dict[int, dict[str, JsonValue]] = {}
    lengths: dict[str, int] = {}
    constants: dict[str, JsonValue] = {}
    for at, name, column, constant in columns:
        value = cells.get(column) if column else constant
        if is_blank(value):
            continue
        if at is not None:
            lines.setdefault(at, {})[name] = value
        elif not column:
            constants[name] = value
        else:
            values = listed(value)
            lengths[name] = len(values)
            for number, one in enumerate(values):
                lines.setdefault(number, {})[name] = one
    if len(set(lengths.values())) > 1:
        problems.append(problem(LINES, say(
            "The fields of “{array}” have different numbers of values: {counts}. Give each the same number.",
            array=LINES, counts=", ".join(f"{name} {count}" for name, count in lengths.items()),
        )))  # fmt: skip
    return [{**constants, **lines[number]} for number in sorted(lines)]


def listed(value: JsonValue) -> list[JsonValue]:
    """Return the values of one cell: a list, a JSON list in a text, or the value alone."""
    if isinstance(value, list):
        return value
    found = json_list(value) if type(value) is str else None
    return [value] if found is None else found
