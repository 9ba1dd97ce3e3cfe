"""Event pasted rows: a table from a spreadsheet's clipboard or a small CSV file as the rows of an event's array (R-EVT-10)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.models.event import EventColumn
from workbench.sentence import Sentence, say

from .event_arrays import READERS
from .event_findings import ABSENT, UNFIT, Findings, problem
from .event_types import Reader, read_any
from .strict_json import clip

MOST_PASTED: Final = 10_000


def pasted_rows(
    text: str, columns: Sequence[EventColumn] = ()
) -> tuple[list[dict[str, JsonValue]], list[Problem]]:
    """Return the rows of a pasted table with a header row (separated by comma, semicolon, tab or bar), each cell as its column is declared.

    A row that cannot be read is left out, and a problem with its line says why; at most 10,000 rows are taken. Never raises.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
    lines = [f"{line}\n" for line in plain.split("\n")]
    header = next((line for line in lines if line.strip()), "")
    delimiter = max((",", ";", "\t", "|"), key=header.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    kinds = {column.name: READERS[column.type] for column in columns}
    rows: list[dict[str, JsonValue]] = []
    problems: list[Problem] = []
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [cell.strip() for cell in cells]
                if wrong := _misnamed(names):
                    return [], [_at(reader.line_num, wrong)]
            elif len(cells) != len(names):
                problems.append(_at(reader.line_num, _ragged(cells, names)))
            elif row := _read_row(dict(zip(names, cells, strict=True)), kinds, reader.line_num, problems):
                rows.append(row)
            if len(rows) == MOST_PASTED:
                break
    except csv.Error:
        problems.append(_at(reader.line_num, _open_quote()))
    return rows, problems


def _misnamed(names: Sequence[str]) -> Sentence | None:
    wrong = next((name for index, name in enumerate(names) if not name or name in names[:index]), None)
    if wrong is None:
        return None
    return say(
        "The first row has to name every column once; “{name}” does not. Correct it.", name=clip(wrong)
    )


def _ragged(cells: Sequence[str], names: Sequence[str]) -> Sentence:
    return say(
        "This row has {cells} cells, the first row {columns}. Correct it.",
        cells=len(cells),
        columns=len(names),
    )


def _open_quote() -> Sentence:
    return say(
        "The double quotes of this row do not fit. Close each text, and write a quote inside of one twice."
    )


def _read_row(
    cells: Mapping[str, str], kinds: Mapping[str, Reader], line: int, problems: list[Problem]
) -> dict[str, JsonValue] | None:
    found = Findings(typed=True)
    row: dict[str, JsonValue] = {}
    for name, cell in cells.items():
        value = kinds.get(name, read_any)(cell, name, found)
        if value is not ABSENT and value is not UNFIT:
            row[name] = value
    problems += [item.model_copy(update={"line": line}) for item in found.problems]
    return None if found.blocked else row


def _at(line: int, sentence: Sentence) -> Problem:
    return problem("rows", sentence).model_copy(update={"line": line})
