"""OUTCOME FILE: what became of each row of a run, as CSV: one row for each row of the table, contacts masked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.run import RowOutcome
from workbench.sentence import Sentence

from .spreadsheet import ColumnType, csv_lines

COLUMNS: Final = ("row", "recipient", "state", "outcome", "reason", "provider_id", "attempts", "changed_at")
TYPES: Final[Mapping[str, ColumnType]] = {
    "row": "number", "attempts": "number", "recipient": "string", "reason": "string",
}  # fmt: skip


def outcome_lines(
    outcomes: Iterable[RowOutcome], *, spreadsheet: bool, words: Callable[[Sentence], str] = str
) -> Iterator[str]:
    """Give the file line by line, with a header; for a spreadsheet with nothing in it that one would run as a formula."""
    return csv_lines(COLUMNS, (_cells(one, words) for one in outcomes), spreadsheet=spreadsheet, types=TYPES)


def _cells(one: RowOutcome, words: Callable[[Sentence], str]) -> list[JsonValue]:
    return [
        one.row, one.recipient, one.state, one.outcome, words(one.sentence) if one.sentence else "", one.provider_id, one.attempts,
        one.changed_at.isoformat() if one.changed_at else "",
    ]  # fmt: skip
