"""CSV for machines and for spreadsheets (anchors-features.md 3.3 no. 12)."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.spreadsheet import csv_line, csv_text, sheltered, unsheltered

TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30) | st.from_regex(
    r"\A'{0,2}[=+\-@\t\r ].{0,9}\Z"
)
PHONES = st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z")
DANGER = re.compile(r"\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@settings(max_examples=30)
@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=5))
def test_machine_mode_comes_back_to_the_byte(rows: list[list[str]]) -> None:
    text = csv_text(("a", "b", "c"), rows, spreadsheet=False)
    found = read(text)
    assert found == [["a", "b", "c"], *rows]
    assert csv_text(found[0], found[1:], spreadsheet=False) == text


@settings(max_examples=30)
@given(st.lists(st.tuples(TEXTS, PHONES, st.integers() | st.floats(allow_nan=False, allow_infinity=False)), max_size=5))  # fmt: skip
def test_spreadsheet_mode_runs_no_text_and_touches_no_phone_and_no_number(
    rows: list[tuple[str, str, float]],
) -> None:
    types = {"text": "string", "phone": "phone", "number": "number"}
    found = read(csv_text(("text", "phone", "number"), rows, spreadsheet=True, types=types))[1:]  # type: ignore[arg-type]
    for (text, phone, number), cells in zip(rows, found, strict=True):
        assert cells[1] == phone
        assert json.loads(cells[2]) == number
        assert unsheltered(cells[0]) == text
        assert not DANGER.match(cells[0]) or re.fullmatch(r"\+[1-9][0-9]{6,14}", cells[0])


@settings(max_examples=30)
@given(PHONES)
def test_a_phone_is_never_touched_whatever_its_column_is(phone: str) -> None:
    for kind in ("any", "string", "phone", "number", "date"):
        assert sheltered(phone, kind) == phone  # type: ignore[arg-type]


@settings(max_examples=30)
@given(TEXTS)
def test_a_shelter_is_taken_away_exactly(text: str) -> None:
    assert unsheltered(sheltered(text)) == text
    assert unsheltered(sheltered(text, "string")) == text


@pytest.mark.parametrize(
    "text",
    ["=cmd|' /C calc'!A0", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "+55 11 9", "'=1"],
)
def test_what_a_spreadsheet_would_run_is_sheltered(text: str) -> None:
    assert sheltered(text, "any") == "'" + text
    assert sheltered(text, "phone") == "'" + text


def test_a_number_in_a_column_of_texts_is_a_text() -> None:
    assert [sheltered("-12.5", kind) for kind in ("any", "number", "string")] == ["-12.5", "-12.5", "'-12.5"]  # type: ignore[arg-type]


def test_headers_are_sheltered_and_separators_of_all_spreadsheets_quoted() -> None:
    text = csv_text(("=a", "b"), [["x;=1", None], ["a\tb", True], [[1, {"k": 2}], ""]], spreadsheet=True)
    assert text == "'=a,b\r\n\"x;=1\",\r\n\"a\tb\",true\r\n\"[1,{\"\"k\"\":2}]\",\r\n"  # fmt: skip


def test_one_empty_cell_is_still_a_row() -> None:
    assert read(csv_text(("a",), [[""], ["x"]], spreadsheet=False)) == [["a"], [""], ["x"]]


@settings(max_examples=30)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from(",;\t|"))
def test_a_line_comes_back_whatever_stands_between_its_cells(cells: list[str], delimiter: str) -> None:
    text = csv_line(cells, delimiter)
    assert text.endswith("\r\n")
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) == [cells]
