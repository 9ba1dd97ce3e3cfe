"""Event arrays: a list of flat objects, such as a cart's products, each field read as it is declared (R-EVT-10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from workbench.models.base import JsonValue
from workbench.models.event import EventColumn
from workbench.sentence import say

from .event_dates import read_date
from .event_findings import ABSENT, UNFIT, Findings, shown
from .event_plain import check_name, inside, no_json, simple
from .event_types import Reader, read_any, read_boolean, read_number, read_string
from .strict_json import clip
from .strict_json import plain as value_of
from .strict_json import read as read_json

MOST_ROWS: Final = 100
"""Elements above which a warning is due; the provider names no limit (facts A3)."""
MOST_SAID: Final = 20
"""Rows of one array of which something is said one by one."""

READERS: Final[Mapping[str, Reader]] = {
    "string": read_string,
    "number": read_number,
    "date": read_date,
    "boolean": read_boolean,
    "any": read_any,
}


def columns_in(columns: Sequence[EventColumn]) -> tuple[EventColumn, ...]:
    """Return the declared fields of an array, each once; what cannot be a field's name is none (``check_event`` tells of it)."""
    return tuple(
        {column.name: column for column in columns if check_name(column.name, column.name) is None}.values()
    )


class ArrayReader:
    """Reads the values of one declared array."""

    def __init__(self, columns: Sequence[EventColumn]) -> None:
        self._columns: dict[str, Reader] = {
            column.name: READERS[column.type] for column in columns_in(columns)
        }

    def __call__(self, value: object, field: str, found: Findings) -> Any:
        """Return the rows as they go out, ``ABSENT`` or ``UNFIT``. Ragged, nested, empty and very many rows are warned of."""
        rows = _rows(value, field, found)
        if not isinstance(rows, list):
            return rows
        if not rows:
            found.warn(
                field,
                say(
                    "“{field}” is an empty list: a message that lists it shows nothing. Add a row.",
                    field=clip(field),
                ),
            )
        if len(rows) > MOST_ROWS:
            found.warn(
                field,
                say(
                    "“{field}” has {count} rows; more than {most} are a risk. Send the first ones.",
                    field=clip(field),
                    count=len(rows),
                    most=MOST_ROWS,
                ),
            )
        made, fit, ragged = [], True, 0
        known = list(self._columns)
        for number, row in enumerate(rows, 1):
            one = self._row(row, f"{field}[{number - 1}]", number, found)
            if one is UNFIT:
                fit = False
                if len(found.problems) > MOST_SAID * 5:  # enough is known of a list that is wrong throughout
                    return UNFIT
                continue
            made.append(one)
            known = known or list(one)
            if (
                ragged < MOST_SAID
                and known
                and (len(one) != len(known) or any(name not in one for name in known))
            ):
                ragged += _warn_ragged(field, number, known, one, found)
        return made if fit else UNFIT

    def _row(self, row: object, path: str, number: int, found: Findings) -> Any:
        """Return one element with its fields in their order; ``UNFIT`` where one of them cannot go out."""
        row = simple(row)
        if not isinstance(row, dict):
            return found.error(
                path,
                say(
                    "Row {number} of “{field}” is {value}, and every row must be an object. Write it like {example}.",
                    number=number,
                    field=clip(path.rpartition("[")[0]),
                    value=shown(row),
                    example='{"id": "1"}',
                ),
            )
        made: dict[str, JsonValue] = {}
        fit = True
        for name, value in row.items():
            one = self._cell(name, value, path, number, found)
            fit = fit and one is not UNFIT
            if one is not ABSENT and one is not UNFIT:
                made[name if type(name) is str else str(name)] = one
        return made if fit else UNFIT

    def _cell(self, name: Any, value: object, path: str, number: int, found: Findings) -> Any:
        if type(name) is not str and type(name := simple(name)) is not str:
            return found.error(
                path,
                say(
                    "Row {number} holds a field whose name is {name} and no text. Name it by a text.",
                    number=number,
                    name=shown(name),
                ),
            )
        reader = self._columns.get(name)
        if value is None:
            return ABSENT
        if reader is None and (wrong := check_name(name, field := inside(path, name))):
            return found.error(field, wrong)
        if reader is not None and type(value) is str and value.isprintable() and reader is read_string:
            return ABSENT if found.typed and not value.strip() else value
        one = (reader or read_any)(value, inside(path, name), found)
        if isinstance(one, list | dict):
            found.warn(
                inside(path, name),
                say(
                    "Row {number}: “{name}” is {value} inside of a row. Messages reach one level only: make it flat.",
                    number=number,
                    name=clip(name),
                    value=shown(one),
                ),
            )
        return one


def _warn_ragged(
    field: str, number: int, known: Sequence[str], row: Mapping[str, JsonValue], found: Findings
) -> int:
    """Warn of a row whose fields are not the declared ones, or those of the first row; return how many warnings were made."""
    lacking = [name for name in known if name not in row]
    more = [name for name in row if name not in known]
    path = f"{field}[{number - 1}]"
    if lacking:
        found.warn(
            path,
            say(
                "Row {number} of “{field}” has no {names}. Fill it in, or its place stays empty.",
                number=number,
                field=clip(field),
                names=_named(lacking),
            ),
        )
    if more:
        found.warn(
            path,
            say(
                "Row {number} of “{field}” has {names}, unlike the declared fields or the first row. Declare it, or leave it out.",
                number=number,
                field=clip(field),
                names=_named(more),
            ),
        )
    return bool(lacking) + bool(more)


def _named(names: Sequence[str]) -> str:
    return clip(", ".join(f"“{name}”" for name in names), 100)


def _rows(value: object, field: str, found: Findings) -> Any:
    """Return the elements of a list, also of one that is written as JSON in a table's cell."""
    value = simple(value)
    if value is None:
        return ABSENT
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        found.fix(field, say("Make “{field}” a list with this one row.", field=clip(field)), [value])
        return found.error(
            field,
            say(
                "“{field}” is one object, and an array is a list of them. Put it in square brackets.",
                field=clip(field),
            ),
        )
    if type(value) is str:
        return _rows_in(value, field, found)
    if value is UNFIT:
        return found.error(field, no_json(field, value))
    return found.error(
        field,
        say(
            "“{field}” is declared as an array, but it is {value}. Give a list of objects, like {example}.",
            field=clip(field),
            value=shown(value),
            example='[{"id": "1"}]',
        ),
    )


def _rows_in(text: str, field: str, found: Findings) -> Any:
    if found.typed and not text.strip():
        return ABSENT
    reading = (
        read_json(text, top_level_object=False, field=field) if text.lstrip()[:1] in ("[", "{") else None
    )
    if reading is None or reading.node is None or reading.problems:
        return found.error(
            field,
            say(
                "“{field}” is declared as an array, but it is a text that is no list. Write it like {example}.",
                field=clip(field),
                example='[{"id": "1"}]',
            ),
        )
    rows = value_of(reading.node)
    rows = rows if isinstance(rows, list) else [rows]
    if found.typed:
        return rows
    found.fix(field, say("Make “{field}” the list that the text holds.", field=clip(field)), rows)
    return found.error(
        field,
        say(
            "“{field}” is a text that holds a list. Give the list itself, without quotes around it.",
            field=clip(field),
        ),
    )
