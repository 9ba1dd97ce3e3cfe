"""Rows of CSV and JSON lines: ragged rows, open quotes, formulas, and reading on from a place."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.spreadsheet import csv_text
from workbench.engine.table_layout import content_of, encoding_of, json_columns, layout_of
from workbench.engine.table_rows import Mark, Piece, TableRow, csv_rows, json_rows

COLUMNS = ("email", "phone", "total")


def lines(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


def read(text: str, *, delimiter: str = ",", after: int = 0) -> list[TableRow]:
    return list(csv_rows([Piece(lines(text))], COLUMNS, delimiter, at=Mark(line=1), after=after))


def said(row: TableRow) -> str:
    return str(row.problem)


def test_cells_stay_the_texts_they_are() -> None:
    [row] = read("ana@example.com,1e10,007\r\n")
    assert row == TableRow(1, 2, {"email": "ana@example.com", "phone": "1e10", "total": "007"})


def test_a_text_may_hold_separators_quotes_and_line_breaks() -> None:
    first, second = read('"a,b","say ""hi""","two\r\nlines"\nc,d,e\n')
    assert first.cells == {"email": "a,b", "phone": 'say "hi"', "total": "two\r\nlines"}
    assert (second.number, second.line) == (2, 4)


def test_ragged_rows_say_which_line_and_keep_what_they_hold() -> None:
    short, long, padded = read("a,b\na,b,c,d\na,b,c,,\n")
    assert said(short).startswith("This row has 2 cells, the first row 3.")
    assert short.cells == {"email": "a", "phone": "b"}
    assert "in double quotes" in said(long)
    assert padded.problem is None


def test_empty_rows_are_no_rows() -> None:
    assert [(row.number, row.line) for row in read("\n,,\na,b,c\n\r\n1,2,3")] == [(1, 4), (2, 6)]


def test_an_open_quote_costs_its_own_row_only() -> None:
    before, broken, after, last = read('a,b,c\n"open,b,c\nd,e,f\ng,h,i\n')
    assert before.problem is None
    assert "quotes of this row do not fit" in said(broken)
    assert (broken.number, broken.line) == (2, 3)
    assert [after.cells["email"], after.line, last.cells["email"], last.number] == ["d", 4, "g", 4]


def test_an_open_quote_in_a_long_table_holds_no_more_than_a_cell() -> None:
    text = '"open,b,c\n' + "d,e,f\n" * 25_000
    rows = read(text)
    assert len(rows) == 25_001
    assert [row.number for row in rows if row.problem] == [1]


def test_what_follows_a_closed_quote_is_told() -> None:
    broken, fine = read('"a"b,c,d\ne,f,g\n')
    assert "quotes of this row do not fit" in said(broken)
    assert fine.cells["email"] == "e"


def test_a_formula_is_told_and_a_phone_or_a_negative_number_is_none() -> None:
    formula, quoted, fine = read("=1+1,b,c\n" + 'a,"=HYPERLINK(""x"")",c\n' + "a=b,+5511987654321,-12\n")
    assert "“email” holds a formula" in said(formula)
    assert "“phone” holds a formula" in said(quoted)
    assert fine.problem is None


def test_what_no_text_holds_is_told() -> None:
    nul, other = read("a\0,b,c\na,caf\udce9,c\n")
    assert "NUL" in said(nul)
    assert "another encoding" in said(other)


def test_a_line_that_is_too_long_is_one_row() -> None:
    pieces = [
        Piece(["a,b,c\n"]),
        Piece(["x" * 100], offset=6, cut=True),
        Piece(["d,e,f\n"], offset=900),
    ]
    rows = list(csv_rows(pieces, COLUMNS, ",", at=Mark(line=1)))
    assert [(row.number, row.line, row.problem is None) for row in rows] == [
        (1, 2, True),
        (2, 3, False),
        (3, 4, True),
    ]


@settings(max_examples=50)
@given(
    rows=st.lists(
        st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")), min_size=3, max_size=3).filter(
            lambda cells: any(cells) and not any(cell.lstrip().startswith("=") for cell in cells)
        ),
        max_size=12,
    ),
    cut=st.integers(1, 40),
    after=st.integers(0, 12),
)  # fmt: skip
def test_rows_come_back_however_the_text_is_cut(rows: list[list[str]], cut: int, after: int) -> None:
    text = csv_text(COLUMNS, rows, spreadsheet=False)
    body = lines(text)[1:]
    pieces = [Piece(body[at : at + cut], offset=at) for at in range(0, len(body), cut)]
    marks: list[Mark] = []
    found = list(csv_rows(pieces, COLUMNS, ",", at=Mark(), after=after, marked=marks.append))
    assert [list(row.cells.values()) for row in found] == rows[after:]
    assert all(row.problem is None for row in found)
    for mark in marks:  # reading on from any place that was marked gives the same rows
        rest = [piece for piece in pieces if piece.offset >= mark.offset]
        again = list(csv_rows(rest, COLUMNS, ",", at=mark, after=after))
        assert again == [row for row in found if row.number > mark.number]


def test_the_reader_agrees_with_the_standard_one() -> None:
    text = 'a,"b\n""c""",d\ne,f,"g"\n'
    assert [list(row.cells.values()) for row in read(text)] == list(csv.reader(lines(text)))


def test_json_lines_keep_types_and_whole_numbers() -> None:
    text = '{"a": 1, "b": [1, 2]}\n\n{"a": 12345678901234567890123}\nnonsense\n[1]\n{"a": NaN}\n'
    rows = list(json_rows([Piece(lines(text))], at=Mark()))
    assert rows[0].cells == {"a": 1, "b": [1, 2]}
    assert (rows[1].cells, rows[1].number, rows[1].line) == ({"a": 12345678901234567890123}, 2, 3)
    assert [row.number for row in rows if row.problem] == [3, 4, 5]
    assert json_columns(lines(text)) == ("a", "b")


# -- layout ------------------------------------------------------------------------------------------------------------


def test_the_delimiter_that_cuts_all_rows_alike_is_taken() -> None:
    assert layout_of(lines("a;b;c\n1,5;2;3\n4,5;5;6\n")).delimiter == ";"
    assert layout_of(lines("a\tb\n1\t2\n")).delimiter == "\t"
    assert layout_of(lines("a|b\n1|2\n")).delimiter == "|"
    assert layout_of(lines("email\nana@x.de\n")).delimiter == ","
    assert layout_of(lines("a;b\n1;2\n"), ",").columns == ("a;b",)
    assert layout_of(lines("sep=|\na|b\n")) [:3] == ("|", ("a", "b"), 2)  # fmt: skip


def test_headers_that_lack_or_stand_twice_are_told() -> None:
    twice = layout_of(lines("id,id,\n1,2,3\n"))
    assert twice.columns == ("id", "id (2)", "column 3")
    assert [problem.level for problem in twice.problems] == ["warning"]
    none = layout_of(lines("ana@example.com,+5511987654321\nb@example.com,1\n"))
    assert {problem.level for problem in none.problems} == {"error"}
    assert "ana@example.com" not in str(none)
    assert "looks like data" in str(none.problems[0].sentence)
    assert "empty" in str(layout_of([]).problems[0].sentence)


def test_encodings_are_told_by_mark_and_content() -> None:
    assert encoding_of("é".encode("utf-8-sig"), is_utf8=True) == ("utf-8-sig", "utf-8", 3)
    assert encoding_of("é,b".encode("utf-16"), is_utf8=False)[1:] == ("utf-16-le", 2)
    assert encoding_of("abcdef".encode("utf-16-be"), is_utf8=True).codec == "utf-16-be"
    assert encoding_of("é".encode("cp1252"), is_utf8=False).codec == "cp1252"
    assert encoding_of(b"\xff\xfe" + b"a\0", is_utf8=False, chosen="cp1252") == ("cp1252", "cp1252", 0)


def test_the_content_counts_not_the_name() -> None:
    told = [content_of(start) for start in (b"PAR1..", b"PK\x03\x04", b"\x1f\x8b", b" \n", b'{"a":1}', b"[{}]", b"a,b")]  # fmt: skip
    assert told == ["parquet", "workbook", "packed", "empty", "jsonl", "json", "csv"]
