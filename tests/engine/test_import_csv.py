"""A file looked at before it is uploaded: encodings, headers, rows, double keys, sizes (R-SYNC-12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.shop_tables import NOW, PLATFORM, SHOP, plan
from workbench.engine.import_csv import CsvCheck, check_csv

HEADER = "_email,_name,_points\r\n"
GOOD = HEADER + "ana@example.com,Ana,1\r\nbo@example.com,Bo,2\r\n"


def check(data: bytes | str | Iterable[bytes], *, encoding: str = "", **sync: Any) -> CsvCheck:
    chunks = [data.encode()] if isinstance(data, str) else [data] if isinstance(data, bytes) else data
    return check_csv(chunks, PLATFORM, SHOP, plan(how="import", **sync), now=NOW, encoding=encoding)


def said(found: CsvCheck, level: str = "error") -> str:
    """Return all that is said of a file and its rows at one level."""
    told = [str(one.sentence) for one in (*found.problems, *found.rows_with) if one.level == level]
    return " ".join(told)


def rows_told(found: CsvCheck) -> dict[str, tuple[int, int]]:
    """Return how many rows have a problem of each field, and the first of them."""
    return {one.field: (one.rows, one.first) for one in found.rows_with if one.level == "error"}


def test_a_right_file() -> None:
    found = check(GOOD)
    assert found == CsvCheck(columns=("_email", "_name", "_points"), rows=2, size=len(GOOD), parts=1)
    assert found.ok


# -- bytes -------------------------------------------------------------------------------------------------------------


def test_a_byte_order_mark_is_removed_and_told() -> None:
    found = check(b"\xef\xbb\xbf" + GOOD.encode())
    assert (found.ok, found.encoding, found.offered, found.rows) == (True, "utf-8-sig", "", 2)
    assert "byte order mark" in said(found, "note")


@pytest.mark.parametrize(
    ("codec", "named"),
    [("cp1252", "cp1252"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")],
)
def test_other_encodings_are_detected_and_offered(codec: str, named: str) -> None:
    found = check((HEADER + "ana@example.com,José,1\r\n").encode(codec))
    assert (found.ok, found.encoding, found.offered, found.rows, found.bad) == (False, named, named, 1, 0)
    assert f"is in {named}, and the platform reads UTF-8 alone" in said(found)


def test_another_encoding_behind_the_first_bytes_is_found_too() -> None:
    filler = "".join(f"p{at}@example.com,Ana,1\r\n" for at in range(4000))
    found = check([(HEADER + filler).encode(), "z@example.com,José,1\r\n".encode("cp1252")])
    assert (found.encoding, found.offered, found.rows, found.bad) == ("utf-8", "cp1252", 4001, 1)
    assert "cp1252" in said(found)
    assert rows_told(found) == {"row": (1, 4001)}
    chosen = check(
        [(HEADER + filler).encode(), "z@example.com,José,1\r\n".encode("cp1252")], encoding="cp1252"
    )
    assert (chosen.encoding, chosen.bad, chosen.rows) == ("cp1252", 0, 4001)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\r\n \r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"PK\x03\x04" + b"x" * 99, "workbook"),
        (b"\x1f\x8b" + b"x" * 99, "packed"),
        (b'{"_email": "ana@example.com"}\n', "no CSV"),
        (b"PAR1xxxx", "no CSV"),
    ],
)
def test_what_is_no_csv(data: bytes, words: str) -> None:
    found = check(data)
    assert not found.ok
    assert words in said(found)
    assert (found.rows, found.size) == (0, len(data))


def test_a_header_alone() -> None:
    found = check(HEADER)
    assert not found.ok
    assert "no row below it" in said(found)


# -- the header --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("_email,_name,_name", "Columns 2 and 3 are both called “_name”"),
        ("_email,,_name", "Column 2 has no name"),
        ("_email, _name,_points", "blanks or signs that cannot be seen around it"),
        ("_email,_nam,_points", "Did you mean “_name”?"),
        ("_email,zzz,_points", "no field “zzz”"),
        ("email,_name,_points", "Call the column “email” so"),
        ("_name,_surname,_points", "No column is called “_email”"),
        ("ana@example.com,Ana,1", "looks like data"),
    ],
)
def test_headers(header: str, words: str) -> None:
    found = check(f"{header}\r\nana@example.com,Ana,1\r\n")
    assert not found.ok
    assert words in said(found)


def test_a_key_under_another_name_is_read_all_the_same() -> None:
    found = check("Email,_points\r\nana@example.com,x\r\nbo.example.com,1\r\n")
    assert {field: rows for field, (rows, _) in rows_told(found).items()} == {"_points": 1, "_email": 1}


def test_coupons_have_one_column() -> None:
    assert check("code\r\nA\r\nB\r\n", entity="coupon").ok
    for header in ("code,name", "Code", "code,code"):
        found = check(f"{header}\r\nA,B\r\n", entity="coupon")
        assert "one column alone, called “code”" in said(found)
        assert not found.ok


def test_the_separator_has_to_be_the_imports() -> None:
    data = GOOD.replace(",", ";")
    assert check(data, delimiter=";").ok
    assert "Choose “;”" in said(check(data))
    assert "does not take" in said(check(GOOD.replace(",", "\t")))
    assert "only spreadsheets understand" in said(check("sep=;\r\n" + data, delimiter=";"))
    assert "begins with an empty line" in said(check("\r\n" + GOOD))


def test_products_by_their_names() -> None:
    header = "productId,name,productDetailUrl,unitPrice,tags\r\n"
    assert check(header + "P1,Pan,https://shop.example/p1,9.90,a|b\r\n", entity="product").ok
    found = check(header + 'P1,Pan,https://shop.example/p1,"9,90",\r\nP2,,x,1,\r\n', entity="product")
    assert set(rows_told(found)) == {"unitPrice", "name", "productDetailUrl"}
    assert found.bad == 2


# -- rows --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("ana@example.com,Ana", "This row has 2 cells, the first row 3"),
        ("ana@example.com,Ana,1,more", "This row has 4 cells"),
        ('ana@example.com,"Ana,1', "double quotes"),
        ("ana@example.com,=cmd|' /C calc'!A0,1", "formula"),
        ("ana@example.com,A\0na,1", "NUL"),
        ("ana.example.com,Ana,1", "no “@”"),
        (",Ana,1", "nothing goes without it"),
        ("ana@example.com,Ana,1.5", "whole number"),
        ("bo@example.com,Ana,1", "row 1 and row 2"),
        ("BO@EXAMPLE.com,Ana,1", "row 1 and row 2"),
    ],
)
def test_each_fault_of_a_row_is_told_and_the_rows_around_it_are_read(row: str, words: str) -> None:
    found = check(f"{HEADER}bo@example.com,Bo,2\r\n{row}\r\nz@example.com,Z,3\r\n")
    assert not found.ok
    assert words in said(found)
    assert (found.rows, found.bad) == (3, 1)
    [one] = [one for one in found.rows_with if one.level == "error"]
    assert (one.rows, one.first) == (1, 2)


def test_line_breaks_and_quotes_inside_of_cells_belong_to_their_row() -> None:
    found = check(HEADER + 'ana@example.com,"Ana ""the\r\nfirst""",1\r\nbo@example.com,Bo,2\r\n')
    assert (found.ok, found.rows) == (True, 2)
    assert "several lines" in said(found, "note")


def test_double_keys_are_counted_over_the_whole_file() -> None:
    lines = [f"p{at % 900}@example.com,A,1" for at in range(1000)]
    found = check(HEADER + "\r\n".join(lines))
    assert (found.rows, found.bad, rows_told(found)) == (1000, 100, {"_email": (100, 901)})


def test_many_rows_of_one_fault_are_one_line() -> None:
    found = check(HEADER + "".join(f"p{at}@example.com,A,x{at}\r\n" for at in range(300)))
    assert rows_told(found) == {"_points": (300, 1)}


# -- the whole ---------------------------------------------------------------------------------------------------------


def test_a_large_file_is_split_and_never_held() -> None:
    line = b"p%d@example.com," + b"A" * 100_000 + b",1\r\n"

    def chunks() -> Iterator[bytes]:
        yield HEADER.encode()
        for at in range(520):
            yield line % at

    found = check(chunks())
    assert (found.ok, found.rows, found.parts) == (True, 520, 2)
    assert found.size > PLATFORM.imports.bytes
    assert "about 2 parts" in said(found, "note")


def test_a_line_without_an_end_is_told_and_left_behind() -> None:
    found = check([HEADER.encode(), b"a" * 3_000_000, b"a" * 3_000_000, b"\r\nbo@example.com,Bo,2\r\n"])
    assert "too long to be a row" in said(found)
    assert (found.rows, found.bad) == (2, 1)


def test_old_line_ends() -> None:
    assert check(GOOD.replace("\r\n", "\n")).ok
    assert check(GOOD.replace("\r\n", "\r")).ok


CELLS = st.text(st.sampled_from(['"', ",", "\r", "\n", "a", "é", "=", "\0", ";", "1", "@"]), max_size=40)


@settings(max_examples=60)
@given(CELLS, st.integers(1, 7), st.sampled_from(["utf-8", "cp1252", "utf-16"]))
def test_where_the_bytes_are_cut_makes_no_difference(text: str, size: int, codec: str) -> None:
    data = (HEADER + text).encode(codec)
    whole = check(data)
    assert check([data[at : at + size] for at in range(0, len(data), size)]) == whole
    assert whole.bad <= whole.rows
    assert whole.size == len(data)


@settings(max_examples=40)
@given(st.binary(max_size=60))
def test_no_bytes_raise(data: bytes) -> None:
    assert check(data).size == len(data)
    assert check(HEADER.encode() + data).size == len(HEADER) + len(data)
