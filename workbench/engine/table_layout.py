"""TABLE LAYOUT: what a table's first bytes and lines tell: its format, encoding and delimiter, its columns, and what is wrong with them."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import orjson

from workbench.models.base import JsonValue, Problem
from workbench.sentence import Sentence, say

from .strict_json import clip
from .table_rows import LONGEST_CELL, MOST_COLUMNS

DELIMITERS: Final = (",", ";", "\t", "|")
ENCODINGS: Final = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
"""The encodings a table can have: those that spreadsheets and databases write."""

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig", "utf-8"),
    (b"\xff\xfe", "utf-16", "utf-16-le"),
    (b"\xfe\xff", "utf-16", "utf-16-be"),
)
"""Byte order marks: https://www.unicode.org/faq/utf_bom.html#bom4"""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]{5,}[0-9]")
_DIRECTIVE = re.compile(r"sep=(.)\s*", re.IGNORECASE)

Content = Literal["csv", "jsonl", "json", "parquet", "workbook", "packed", "empty"]


class Encoding(NamedTuple):
    """An encoding: its name for people, the codec that decodes it, and the length of its byte order mark in this file."""

    name: str
    codec: str
    skip: int = 0


class Layout(NamedTuple):
    """How the rows of a text table are read. ``skip``: the lines before the first row."""

    delimiter: str
    columns: tuple[str, ...]
    skip: int
    problems: tuple[Problem, ...] = ()


def content_of(start: bytes) -> Content:
    """Return what a file is by its first bytes (some thousand of them), whatever its name says."""
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "workbook"
    if start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")):
        return "packed"
    encoding = encoding_of(start, is_utf8=True)
    text = start[encoding.skip :].decode(encoding.codec, "ignore").lstrip()
    if not text:
        return "empty"
    if text[0] == "{":
        return "jsonl"
    return "json" if text[0] == "[" else "csv"


def encoding_of(start: bytes, *, is_utf8: bool, chosen: str = "") -> Encoding:
    """Return the encoding of a text by its first bytes; ``is_utf8`` says whether all of it can be read as UTF-8.

    A person's choice counts, where it can: a byte order mark is never read as text. What is neither marked nor UTF-8 was saved by a
    Western spreadsheet, in cp1252 (https://encoding.spec.whatwg.org/#names-and-labels reads Latin-1 so too).
    """
    mark = next((found for found in _MARKS if start.startswith(found[0])), None)
    if mark is not None and chosen in ("", mark[1], mark[2]):
        return Encoding(mark[1], mark[2], len(mark[0]))
    if chosen:
        return Encoding(chosen, {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(chosen, chosen))
    # Of Western text in UTF-16 every second byte is zero; of other text still the digits, separators and line ends.
    odd, even = start[1:2000:2].count(0), start[:2000:2].count(0)
    if (odd + even) * 10 > len(start[:2000]) and min(odd, even) * 10 < max(odd, even):
        codec = "utf-16-le" if odd > even else "utf-16-be"
        return Encoding(codec, codec)
    return Encoding("utf-8", "utf-8") if is_utf8 else Encoding("cp1252", "cp1252")


def layout_of(lines: Sequence[str], delimiter: str = "") -> Layout:
    """Return how a CSV is read, by its first lines. ``delimiter`` is a person's choice.

    A first line ``sep=;`` (which spreadsheets heed) names the delimiter. Lines before the header may be empty.
    """
    skip = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    if skip < len(lines) and (said := _DIRECTIVE.fullmatch(lines[skip])):
        delimiter, skip = delimiter or said[1], skip + 1
    rest = lines[skip:]
    if not any(line.strip() for line in rest):
        return Layout(delimiter or ",", (), skip, (_wrong(None, empty()),))
    delimiter = delimiter or _best(rest)
    reader = csv.reader(rest, delimiter=delimiter, strict=True)
    try:
        header = next((cells for cells in reader if any(cell.strip() for cell in cells)), [])
        lines_read = reader.line_num
    except csv.Error:
        header, lines_read = [cell.strip('"') for cell in rest[0].rstrip("\r\n").split(delimiter)], 1
    columns, problems = _named(header, skip + lines_read)
    return Layout(delimiter, columns, skip + lines_read, problems)


def _best(lines: Sequence[str]) -> str:
    """Return the delimiter that cuts the most of the first rows into the same number of cells, and into the most."""

    def fit(delimiter: str) -> tuple[int, int]:
        widths = [len(cells) for cells in _first_rows(lines, delimiter)]
        if not widths or widths[0] < 2:
            return 0, 0
        return sum(width == widths[0] for width in widths), widths[0]

    return max(DELIMITERS, key=fit)


def _first_rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(lines[:200], delimiter=delimiter)
    try:
        for cells in reader:
            if cells:
                rows.append(cells)
            if len(rows) == 50:
                break
    except csv.Error:
        return rows
    return rows


def _named(header: Sequence[str], line: int) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Return the columns, each under a name of its own, and what is wrong with the header."""
    problems: list[Problem] = []
    if len(header) > MOST_COLUMNS:
        problems.append(_wrong(line, say(
            "The table has more than {most} columns. Delete those that are not needed.", most=MOST_COLUMNS
        )))  # fmt: skip
        header = header[:MOST_COLUMNS]
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        name = cell.strip()
        if _is_data(name):
            problems.append(_wrong(line, say(
                "The first row looks like data, not like names: column {number} holds a contact. Put a row with the columns' names "
                "above it.",
                number=number,
            )))  # fmt: skip
            name = ""
        if not name:
            name = _free(f"column {number}", names)
        elif name in names:
            new = _free(name, names)
            problems.append(_wrong(line, say(
                "Two columns are called “{name}”. The second is shown as “{new}”: rename one, so that none is taken for the other.",
                name=clip(name), new=clip(new),
            ), "warning"))  # fmt: skip
            name = new
        if len(name) > LONGEST_CELL or "\0" in name:
            name = _free(f"column {number}", names)
        names.append(name.encode("utf-8", "replace").decode())
    return tuple(names), tuple(problems)


def _is_data(name: str) -> bool:
    return _EMAIL.fullmatch(name) is not None or _NUMBER.fullmatch(name) is not None


def _free(name: str, taken: Sequence[str]) -> str:
    """Return the name, with a number behind it where it is taken."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name} ({number})", number + 1
    return found


def json_columns(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of JSON lines: the keys of the objects in these lines, in the order they first come."""
    names: dict[str, None] = {}
    for line in lines:
        try:
            value: JsonValue = orjson.loads(line)
        except ValueError:
            continue  # the row itself says what is wrong
        if isinstance(value, dict):
            names.update(dict.fromkeys(value))
        if len(names) > MOST_COLUMNS:
            break
    return tuple(names)[:MOST_COLUMNS]


def empty() -> Sentence:
    """Return what is said of a table without rows."""
    return say("The table is empty. Its first row has to name the columns, and a row for each contact follows.")  # fmt: skip


def refusal(content: Content) -> Sentence | None:
    """Return why a file of this content is no table, or None."""
    match content:
        case "workbook":
            return say("This is a spreadsheet's workbook or an archive. Save the sheet as CSV UTF-8, then choose that file.")  # fmt: skip
        case "packed":
            return say("The file is packed. Unpack it, then choose the table inside.")
        case "empty":
            return empty()
        case _:
            return None


def _wrong(line: int | None, sentence: Sentence, level: Literal["error", "warning"] = "error") -> Problem:
    return Problem(field="table", sentence=sentence, level=level, line=line)
