"""Error reports in every shape that makes sense, joined with the rows they are about (R-SYNC-15)."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.import_join import Counting, PartRows
from workbench.engine.import_report import MOST_LINES, MOST_LINES_OF_ROW, ReportReader
from workbench.engine.import_report_words import ReportLine

COLUMNS = ("_email", "_name", "note")


def read(data: bytes, size: int = 7, columns: Sequence[str] = COLUMNS) -> tuple[list[ReportLine], str]:
    """Return what a report says, pushed in pieces of some bytes, and why it could not be read."""
    reader = ReportReader(columns)
    found = [line for at in range(0, len(data), size) for line in reader.feed(data[at : at + size])]
    return found + reader.close(), str(reader.problem or "")


def said(data: str | bytes) -> list[tuple[int | None, str, str, str]]:
    """Return line, key, field and message of each refused row; in small pieces and as a whole it is the same."""
    data = data.encode() if isinstance(data, str) else data
    found, problem = read(data)
    assert problem == ""
    assert read(data, len(data) + 1)[0] == read(data, 1)[0] == found
    return [one[:4] for one in found]


SHAPES = {
    "csv": "line,field,error\r\n3,_email,is not valid\r\n5,_name,too long\r\n",
    "semicolons": "line;field;error\n3;_email;is not valid\n5;_name;too long\n",
    "tabs": "Line\tField\tError\n3\t_email\tis not valid\n5\t_name\ttoo long",
    "a mark, blanks, capitals": "\ufeffLine Number, Field , Error Message\n3,_email,is not valid\n5,_name,too long\n",
    "a spreadsheet's": "sep=;\nlinea;campo;descripción\n3;_email;is not valid\n5;_name;too long\n",
    "json lines": '{"line": 3, "field": "_email", "error": "is not valid"}\n{"line":"5","column":"_name","message":"too long"}\n',
    "json list": '[{"lineNumber":3,"path":"/_email","reason":"is not valid"},\n {"lineNumber":5,"path":"/_name","reason":"too long"}]',
    "json object": json.dumps({"total": 2, "errors": [
        {"line": 3, "field": "_email", "error": "is not valid"}, {"line": 5, "field": "_name", "error": "too long"},
    ]}, indent=1),
    "nested": '{"row": {"_email": "", "_name": "x"}, "line": 3, "errors": [{"field": "_email", "message": "is not valid"}]}\n'
              '{"line": 5, "validationErrors": [{"path": "/_name", "reason": "too long"}]}\n',
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_lines_with_numbers(shape: str) -> None:
    assert said(SHAPES[shape]) == [(3, "", "_email", "is not valid"), (5, "", "_name", "too long")]


def test_the_refused_rows_with_the_reason_behind() -> None:
    text = '_email,_name,note,error\r\na@x.com,Ana,"two\r\nlines, ""quoted""",_email is not valid\r\nb@x.com,,,too long\r\n'
    assert said(text) == [(None, "a@x.com", "", "_email is not valid"), (None, "b@x.com", "", "too long")]
    assert said(text.split("\r\n", 1)[1]) == said(text), "without a header the cells are one more than ours"


def test_only_words() -> None:
    assert said("Line 3: is not valid\nRow 5 - too long\n") == [
        (3, "", "", "is not valid"),
        (5, "", "", "too long"),
    ]
    assert said("3: is not valid\n") == [(3, "", "", "is not valid")]
    assert said("error\nerror on line 12: no such field\n")[0][:1] == (12,)
    assert said("something went wrong\n") == [(None, "", "", "something went wrong")]


def test_a_message_with_line_breaks_and_quotes_is_one() -> None:
    text = 'line,error\r\n3,"first ""line""\r\nsecond, line"\r\n4,plain\r\n'
    assert said(text) == [(3, "", "", 'first "line"\r\nsecond, line'), (4, "", "", "plain")]


def test_a_quote_that_is_never_closed_takes_no_other_line_along() -> None:
    assert [one[0] for one in said('line,error\n3,"open\n4,next\n5,last\n')] == [3, 4, 5]


def test_codes_and_several_messages() -> None:
    assert said('{"line":3,"code":"E0201","message":"domain"}\n') == [(3, "", "", "E0201: domain")]
    assert said('{"line":3,"errors":["one","two"]}\n') == [(3, "", "", "one; two")]
    assert said('["Line 3: one", "Line 4: two"]') == [(3, "", "", "one"), (4, "", "", "two")]


def test_gzip_and_old_encodings() -> None:
    assert said(gzip.compress(SHAPES["csv"].encode())) == said(SHAPES["csv"])
    assert said("line,error\n3,não é válido\n".encode("cp1252")) == [(3, "", "", "não é válido")]
    assert said("line,error\n3,não\n".encode("utf-16")) == [(3, "", "", "não")]


@pytest.mark.parametrize(("data", "why"), [
    (b"", "empty"), (b"\xef\xbb\xbf \n", "empty"), (b"<html><body>Access denied</body></html>", "web page"),
    (b"<?xml version='1.0'?><Error/>", "web page"), (gzip.compress(b"line,error\n" * 90)[:-12], "damaged"),
    (b"\x1f\x8bnonsense", "damaged"), (b'[{"line": 3, "error": "x"}, {"line"', "damaged"), (b'{"line": 3, ', "damaged"),
], ids=["empty", "blank", "page", "xml", "cut", "broken", "list", "object"])  # fmt: skip
def test_what_cannot_be_read_says_why(data: bytes, why: str) -> None:
    assert why in read(data)[1]


def test_what_swells_comes_out_whole_and_what_has_no_end_is_not_held() -> None:
    long = b"line,error\n" + b"".join(b"%d,%s\n" % (number, b"x" * 90) for number in range(2, 30_000))
    found, problem = read(gzip.compress(long), 3_000)
    assert ([one.line for one in found], problem) == (list(range(2, 30_000)), "")
    assert "damaged" in read(b"line,error\n5," + b"x" * (5 << 20), 1 << 20)[1]


def test_a_report_without_end_is_not_read_on() -> None:
    reader, found = ReportReader(COLUMNS, 3), 0
    for _ in range(20):
        found += len(reader.feed(b"line,error\n" + b"2,no\n" * 200))
    assert found == MOST_LINES + 3 * MOST_LINES_OF_ROW
    assert "much longer than the file" in str(reader.problem)
    assert reader.feed(b"2,no\n") == reader.close() == []


@settings(max_examples=60)
@given(st.binary(max_size=400), st.integers(1, 50))
def test_nothing_that_is_read_raises(data: bytes, size: int) -> None:
    read(data, size)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**6), st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40)
        ),
        max_size=20,
    )
)
def test_any_message_comes_back_from_a_csv(lines: list[tuple[int, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("line", "error"), *lines])
    assert [(one.line, one.message) for one in read(out.getvalue().encode())[0]] == [
        (line, text.strip()) for line, text in lines
    ]


# -- joined ------------------------------------------------------------------------------------------------------------

ROWS = [
    (11, ("a@x.com", "Ana", "")), (12, ("b@x.com", "Bea", "one\ntwo\r\nthree")), (15, ("c@x.com", "", "")), (16, ("D@x.com", "", "")),
]  # fmt: skip
"""In the file: lines 2, 3 to 5, 6 and 7; records 2 to 5; rows 1 to 4."""


def part(rows: Sequence[tuple[int, tuple[str, ...]]] = ROWS) -> PartRows:
    found = PartRows()
    for row, cells in rows:
        found.add(row, cells)
    return found


def joined(
    lines: Sequence[ReportLine], rows: PartRows | None = None
) -> tuple[Counting, list[tuple[int, int]]]:
    rows = rows or part()
    way = rows.counting(lines)
    return way, [rows.joined(one, way) for one in lines]


@pytest.mark.parametrize(("numbers", "way", "found"), [
    ((2, 6, 7), "line", [11, 15, 16]), ((4, 5), "line", [12, 12]), ((1, 4), "row", [11, 16]), ((0, 3), "index", [11, 16]),
])  # fmt: skip
def test_what_the_numbers_count_is_told_by_where_they_fit(
    numbers: tuple[int, ...], way: str, found: list[int]
) -> None:
    assert joined([ReportLine(number) for number in numbers]) == (
        way,
        [(row, {11: 2, 12: 3, 15: 6, 16: 7}[row]) for row in found],
    )


def test_a_column_called_row_counts_records_first() -> None:
    assert joined([ReportLine(4, counts="row"), ReportLine(5, counts="row")]) == (
        "record",
        [(15, 6), (16, 7)],
    )
    assert joined([ReportLine(1, counts="row")])[0] == "row"
    assert joined([ReportLine(1, counts="index")]) == ("index", [(12, 3)])


def test_keys_tell_what_the_numbers_count_and_count_more() -> None:
    lines = [ReportLine(4, "c@x.com"), ReportLine(5, "d@X.com"), ReportLine(3)]
    assert joined(lines) == ("record", [(15, 6), (16, 7), (12, 3)])
    assert joined([ReportLine(2, "d@x.com")])[1] == [(16, 7)], (
        "the key names the record; the number may count anything"
    )


def test_a_key_that_stands_twice_goes_by_the_line() -> None:
    rows = part([*ROWS, (20, ("a@x.com", "again", ""))])
    assert joined([ReportLine(8, "a@x.com"), ReportLine(2, "a@x.com")], rows)[1] == [(20, 8), (11, 2)]
    assert joined([ReportLine(None, "a@x.com")], rows)[1] == [(0, 0)]


def test_what_fits_no_row_is_kept_apart() -> None:
    assert joined([ReportLine(2), ReportLine(99, "nobody@x.com"), ReportLine(None, "", "", "words")])[1] == [
        (11, 2),
        (0, 99),
        (0, 0),
    ]


@settings(max_examples=80)
@given(
    cells=st.lists(st.tuples(st.just(""), st.text('ab\n\r"é', max_size=8)), min_size=1, max_size=20),
    way=st.sampled_from(["line", "record"]),
)
def test_each_line_of_the_file_finds_its_row(cells: list[tuple[str, str]], way: Counting) -> None:
    from workbench.engine.import_parts import line

    rows, start = PartRows(), 2
    for number, one in enumerate(cells, 101):
        rows.add(number, one)
    reader = csv.reader(io.StringIO(b"".join(line(one, ",") for one in cells).decode(), newline=""))
    for at, _ in enumerate(reader):
        number = start if way == "line" else at + 2
        assert rows.joined(ReportLine(number), way) == (101 + at, start)
        start = 2 + reader.line_num
