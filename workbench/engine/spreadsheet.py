"""SPREADSHEET: rows as CSV, in two ways: for machines, exact to the character; and for spreadsheets, where no text is run as a formula.

A spreadsheet runs a cell that begins with = + - @ (https://owasp.org/www-community/attacks/CSV_Injection). For spreadsheets such a text
gets an apostrophe in front, and ``unsheltered`` takes it away again. A phone number in international form begins with + and a number
may begin with -: they hold digits alone, do no harm, and are never touched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from workbench.models.base import JsonValue

ColumnType = Literal["any", "string", "phone", "number", "date", "boolean", "array"]
"""What a column holds: the types of ``Target``, and ``phone``."""

SHELTER: Final = "'"
_FORMULA: Final = re.compile(r"'*\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet may run, also behind blanks and in the wide signs that Japanese ones take for the same; or is sheltered already."""
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_QUOTED: Final = re.compile(r'[",;|\t\r\n]|^\s|\s$')
"""What has to be in quotes: the separators of all spreadsheets, so that none cuts a text in two."""


def csv_text(
    columns: Sequence[str], rows: Iterable[Sequence[JsonValue]], *, spreadsheet: bool, types: Mapping[str, ColumnType] | None = None
) -> str:  # fmt: skip
    """Return a CSV with a header (https://www.rfc-editor.org/rfc/rfc4180): lines end with CR LF, and there is no byte order mark.

    Args:
        columns: the names of the columns.
        rows: cells in the order of the columns; None is an empty cell, lists and objects are written as JSON.
        spreadsheet: whether texts that a spreadsheet would run get an apostrophe; else every cell comes back exactly.
        types: what columns hold. A phone or a number is never touched where it is one; a column without a type may hold both.
    """
    return "".join(csv_lines(columns, rows, spreadsheet=spreadsheet, types=types))


def csv_lines(
    columns: Sequence[str], rows: Iterable[Sequence[JsonValue]], *, spreadsheet: bool, types: Mapping[str, ColumnType] | None = None
) -> Iterator[str]:  # fmt: skip
    """Give the lines of ``csv_text`` one by one, for a file of any length."""
    kinds: list[ColumnType] = [(types or {}).get(name, "any") for name in columns]
    yield csv_line([_text(name, "string", spreadsheet) for name in columns])
    for row in rows:
        yield csv_line([_text(value, kind, spreadsheet) for value, kind in zip(row, kinds, strict=True)])


def csv_line(cells: Sequence[str], delimiter: str = ",") -> str:
    """Return one row with its line end. One empty cell alone is written as quotes, since an empty line is no row."""
    quoted = ['"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell for cell in cells]
    return (delimiter.join(quoted) or '""') + "\r\n"


def sheltered(text: str, kind: ColumnType = "any") -> str:
    """Return the text as a spreadsheet may hold it. Phones, and numbers in columns that are not of texts, stay as they are."""
    if _FORMULA.match(text) is None or _E164.fullmatch(text):
        return text
    if kind in ("any", "number") and _NUMBER.fullmatch(text):
        return text
    return SHELTER + text


def unsheltered(cell: str) -> str:
    """Return the text that ``sheltered`` was given."""
    return cell[1:] if cell.startswith(SHELTER) and _FORMULA.match(cell) else cell


def written(value: JsonValue) -> str:
    """Return a cell's value as text: nothing for None, ``true`` and ``false``, a list or an object as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(value: JsonValue, kind: ColumnType, spreadsheet: bool) -> str:
    text = written(value)
    if spreadsheet and (isinstance(value, str) or not _NUMBER.fullmatch(text)):
        text = sheltered(text, kind)
    return text
