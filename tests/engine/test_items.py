"""Item files in every form, whole, broken and hostile (R-GATE-12, R-GATE-13)."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.item_rows import MAX_LINE
from workbench.engine.items import BadRow, Item, ItemReader, Row
from workbench.sentence import Sentence

URI = "https://gate.example/rest/1234/sendgate/b-7f3a/c/"


def read(data: bytes, size: int = 0) -> tuple[list[Row], Sentence | None]:
    """Read a file in chunks of ``size`` bytes, or at once."""
    reader = ItemReader()
    rows: list[Row] = []
    for at in range(0, len(data), size or len(data) or 1):
        rows += reader.feed(data[at : at + (size or len(data))])
    return rows + reader.close(), reader.cut


def items(data: bytes) -> list[Item]:
    """Return the contacts of a file that has no bad row and is whole."""
    rows, cut = read(data)
    assert cut is None
    assert [row for row in rows if isinstance(row, BadRow)] == []
    return [row[1] for row in rows if not isinstance(row, BadRow)]


def told(data: bytes) -> list[tuple[int, str]]:
    """Return each row's number and its id, or what is wrong with it."""
    return [(row[0], str(row[1]) if isinstance(row, BadRow) else row[1].id) for row in read(data)[0]]


def lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def row(contact: object = "1", **more: Any) -> dict[str, Any]:
    return {"id": contact, "cancelUri": URI + "x", **more}


# -- Forms ------------------------------------------------------------------------------------------------------------

ROWS = [
    {"id": str(n), "cancelUri": f"{URI}{n}", "properties": {"name": f'Ana "{n}"; \\ é 😀', "n": str(n)}}
    for n in range(40)
]
EXPECTED = [Item(one["id"], one["cancelUri"], one["properties"]) for one in ROWS]  # type: ignore[arg-type]


def table(
    delimiter: str, end: str = "\n", header: tuple[str, ...] = ("id", "cancelUri", "name", "n")
) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end)
    writer.writerow(header)
    writer.writerows([one["id"], one["cancelUri"], *one["properties"].values()] for one in ROWS)  # type: ignore[attr-defined]
    return file.getvalue().encode()


FORMS = {
    "lines": lines(*ROWS),
    "lines, no last end": lines(*ROWS).rstrip(),
    "lines, CRLF": lines(*ROWS).replace(b"\n", b"\r\n"),
    "lines, not ASCII": "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in ROWS).encode(),
    "array": json.dumps(ROWS).encode(),
    "array, compact": json.dumps(ROWS, separators=(",", ":")).encode(),
    "array, indented": json.dumps(ROWS, indent=2).encode() + b"\n",
    "table": table(","),
    "table, CRLF": table(";", "\r\n"),
    "table, tabs": table("\t").rstrip(),
    "table, bars and synonyms": table("|", header=("originalId", "rejectUri", "name", "n")),
}
FORMS |= {f"{name}, with a mark": b"\xef\xbb\xbf" + data for name, data in FORMS.items()}
FORMS |= {f"{name}, gzip": gzip.compress(data) for name, data in FORMS.items()}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_in_every_chunking(name: str) -> None:
    for size in (0, 1, 2, 7, 64, 1000):
        rows, cut = read(FORMS[name], size)
        assert rows == [(number, item) for number, item in enumerate(EXPECTED, 1)]
        assert cut is None


def test_a_quick_file_and_a_large_one_are_numbered_through() -> None:
    data = b"".join(b'{"id":"%d","cancelUri":"https://gate.example/c/%d"}\n' % (n, n) for n in range(20_000))
    for form in (data, b"[" + data.rstrip().replace(b"\n", b",") + b"]"):
        rows, cut = read(form, 50_000)
        assert [number for number, _ in rows] == list(range(1, 20_001))
        assert rows[-1] == (20_000, Item("19999", "https://gate.example/c/19999", {}))
        assert cut is None


@pytest.mark.parametrize(
    "data",
    [b"", b"\n \n", b"[]", b" [ ] ", b"id,cancelUri\n", b"id;cancelUri", b"\xef\xbb\xbf", gzip.compress(b"")],
)
def test_an_empty_file_has_no_contacts_and_is_whole(data: bytes) -> None:
    for size in (0, 1):
        assert read(data, size) == ([], None)


def test_gzip_of_several_parts_and_padding() -> None:
    parts = b"".join(gzip.compress(lines(one)) for one in ROWS) + b"\0" * 20
    for size in (0, 1, 100):
        rows, cut = read(parts, size)
        assert [one[1] for one in rows] == EXPECTED
        assert cut is None


# -- Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["id", "contactId", "originalId", "ContactId"])
@pytest.mark.parametrize("uri", ["cancelUri", "rejectUri", "CancelURI"])
def test_synonyms(key: str, uri: str) -> None:
    assert items(lines({key: "A1", uri: URI + "1"})) == [Item("A1", URI + "1", {})]


def test_columns_and_properties_become_properties() -> None:
    more = row(
        contactId="1", email="a@x.se", vip=True, properties={"email": "b@x.se", "tags": ["a"], "n": None}
    )
    assert items(lines(more))[0].properties == {"email": "b@x.se", "vip": True, "tags": ["a"], "n": None}
    assert items(lines(row(properties=None)))[0].properties == {}


def test_ids_that_are_numbers_become_texts() -> None:
    data = lines(row(7), row(-1), row(10**30), row("007"))
    assert [item.id for item in items(data)] == ["7", "-1", str(10**30), "007"]


def test_numbers_and_texts_of_properties_stay_as_they_are() -> None:
    values = {"a": 10**25, "b": 0.1, "c": "0.10", "d": False, "e": "", "f": 1e300}
    assert items(lines(row(properties=values)))[0].properties == values


# -- Bad rows ---------------------------------------------------------------------------------------------------------

DEEP = b'{"id":"1","cancelUri":"https://g.example/x","properties":{"a":' + b"[" * 30 + b"]" * 30 + b"}}"
BAD: dict[str, tuple[bytes, str]] = {
    "no JSON": (b'{"id": "1", "cancelUri" "x"}', "not JSON: it goes wrong at character 25"),
    "two on a line": (lines(row()).strip() * 2, "not JSON"),
    "a text": (b'"4711"', "no object in braces"),
    "a list": (b'["4711"]', "no object in braces"),
    "no id": (b'{"cancelUri":"https://g.example/x"}', "has no id"),
    "a blank id": (lines(row(" ")).strip(), "has no id"),
    "an empty id": (lines(row("")).strip(), "has no id"),
    "a null id": (lines(row(None)).strip(), "has no id"),
    "an id of a wrong kind": (lines(row(1.5)).strip(), "neither a text nor a whole number"),
    "an id that is true": (lines(row(True)).strip(), "neither a text nor a whole number"),
    "two ids": (lines(row("1", contactId="2")).strip(), "two different ids"),
    "a long id": (lines(row("x" * 256)).strip(), "more than 255 characters"),
    "a long number": (lines(row(10**300)).strip(), "more than 255 characters"),
    "a thousand digits": (b'{"id":' + b"9" * 5000 + b"}", "too large"),
    "a control character": (lines(row("a\u0007b")).strip(), "control character"),
    "a line separator": ('{"id":"a\u2028b","cancelUri":"https://g.example/x"}'.encode(), "control character"),
    "a delete character": (b'{"id":"a\x7fb","cancelUri":"https://g.example/x"}', "control character"),
    "NUL in an id": (lines(row("a\0")).strip(), "control character"),
    "NUL in a property": (lines(row(properties={"a": "\0"})).strip(), "NUL or half of a character"),
    "NUL in a name": (lines(row(properties={"a\0": 1})).strip(), "NUL or half of a character"),
    "half a character": (b'{"id":"1","cancelUri":"https://g.example/x","a":"\\ud83d"}', "NUL or half of a character"),
    "no address": (b'{"id":"1"}', "no address"),
    "an empty address": (b'{"id":"1","rejectUri":""}', "no address"),
    "two addresses": (lines(row(rejectUri=URI)).strip(), "two different addresses"),
    "a relative address": (b'{"id":"1","cancelUri":"/c/1"}', "no whole web address"),
    "javascript": (b'{"id":"1","cancelUri":"javascript:alert(1)"}', "no whole web address"),
    "no host": (b'{"id":"1","cancelUri":"https:///x"}', "no whole web address"),
    "a user in the address": (b'{"id":"1","cancelUri":"https://a:b@g.example/x"}', "no whole web address"),
    "a blank in the address": (b'{"id":"1","cancelUri":"https://g.example/a b"}', "no whole web address"),
    "a line end in the address": (b'{"id":"1","cancelUri":"https://g.example/a\\nb"}', "no whole web address"),
    "an address of a wrong kind": (b'{"id":"1","cancelUri":5}', "no whole web address"),
    "a long address": (lines({"id": "1", "cancelUri": URI + "x" * 4000}).strip(), "more than 4000 characters"),
    "properties of a wrong kind": (lines(row(properties=[1])).strip(), "“properties” of this row"),
    "too deep": (DEEP, "nested deeper than 20"),
    "far too deep": (DEEP.replace(b"[", b"[" * 1000).replace(b"]", b"]" * 1000), "nested deeper than 20"),
    "too long": (lines(row(properties={"a": "x" * MAX_LINE})).strip(), f"longer than {MAX_LINE} bytes"),
    "no UTF-8": (b'{"id":"\xff","cancelUri":"https://g.example/x"}', "not UTF-8"),
    "not a number": (b'{"id":"1","cancelUri":"https://g.example/x","a":NaN}', "too large for JSON"),
    "infinite": (b'{"id":"1","cancelUri":"https://g.example/x","properties":{"a":1e999}}', "too large for JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("size", [0, 5000])
def test_a_bad_row_is_told_by_its_number_and_passed_over(name: str, size: int) -> None:
    bad, sentence = BAD[name]
    good = [line.strip() for line in lines(row("before"), row("behind")).split(b"\n")[:2]]
    for data in (
        b"\n".join([good[0], bad, good[1]]) + b"\n",
        b"[" + b",".join([good[0], bad, good[1]]) + b"]",
    ):
        if data.startswith(b"[") and name in ("no JSON", "two on a line"):
            continue  # where an element ends is not sure then
        rows, cut = read(data, size)
        assert [number for number, _ in rows] == [1, 2, 3]
        assert isinstance(rows[1], BadRow)
        assert sentence in str(rows[1].sentence)
        assert [one[1].id for one in (rows[0], rows[2])] == ["before", "behind"]  # type: ignore[union-attr]
        assert cut is None


def test_blank_lines_count_but_are_no_rows() -> None:
    data = lines(row("a")) + b"\n \r\n" + lines(row("b"))
    assert told(data) == [(1, "a"), (4, "b")]


def test_addresses_that_differ_in_their_beginning() -> None:
    data = lines(
        {"id": "1", "cancelUri": "https://a.example/1"}, {"id": "2", "cancelUri": "http://b.example:8080?x"}
    )
    assert [item.cancel_uri for item in items(data)] == ["https://a.example/1", "http://b.example:8080?x"]
    bad = lines(
        {"id": "1", "cancelUri": "https://a.example/1"}, {"id": "2", "cancelUri": "ftp://b.example/2"}
    )
    assert [number for number, said in told(bad) if "web address" in said] == [2]


def test_bad_places_of_an_array() -> None:
    good = lines(row("a")).strip()
    assert told(b"[" + good + b",," + good + b",]")[1] == (2, "There is nothing between two commas. Remove one of them.")  # fmt: skip
    behind = told(b"[" + good + b"] ] " + good)
    assert [number for number, _ in behind] == [1, 2]
    assert "behind the end" in behind[1][1]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("1", "has 1 cells, the header names 3"),
        (f"1,{URI}1,a,b", "has 4 cells, the header names 3"),
        (f',{URI}1,"a"', "has no id"),
        ("1,,a", "no address"),
        ("1,javascript:x,a", "no whole web address"),
        (f'1,{URI}1,"a"b', "quotes"),
        (f"1,{URI}1,a\0b", "NUL"),
        (f"1,{URI}1," + "x" * MAX_LINE, "longer than"),
        (f"a\tb,{URI}1,a", "control character"),
    ],
)
def test_bad_rows_of_a_table(cells: str, sentence: str) -> None:
    data = f'id,cancelUri,name\nbefore,{URI}0,"a\nb"\n{cells}\nbehind,{URI}2,x\n'.encode()
    for size in (0, 1000):
        rows, cut = read(data, size)
        assert [number for number, _ in rows] == [1, 2, 3]
        assert sentence in str(rows[1][1])
        assert rows[2] == (3, Item("behind", URI + "2", {"name": "x"}))
        assert cut is None


def test_a_table_that_is_not_utf8_or_names_a_column_twice() -> None:
    assert "UTF-8" in told(b"id,cancelUri\n\xff,https://g.example/x\n")[0][1]
    assert "two columns alike" in told(b"id,cancelUri,a,a\n1,https://g.example/x,1,2\n")[0][1]


def test_quotes_that_are_signs_of_a_cell_swallow_no_other_row() -> None:
    data = f'id,cancelUri,name\n1,{URI}1,5" pipe\n2,{URI}2,x\n3,{URI}3,"6\n4,{URI}4,y\n5,{URI}5,z\n'.encode()
    for size in (0, 1):
        rows, cut = read(data, size)
        good = [(number, found.id) for number, found in rows if isinstance(found, Item)]
        assert good == [(1, "1"), (2, "2"), (4, "4"), (5, "5")]
        assert "quotes" in str(rows[2][1])
        assert cut is None
    assert items(f'id,cancelUri,name\n1,{URI}1,5" pipe\n'.encode())[0].properties == {"name": '5" pipe'}
    many = b'id,cancelUri,name\n1,https://g.example/1,"' + b"2,https://g.example/2,x\n" * 30_000
    assert [isinstance(found, BadRow) for found in read(many, 60_000)[0]] == [True] + [False] * 29_999


QUICK = st.fixed_dictionaries(
    {
        "id": st.sampled_from(
            (
                "1",
                "é",
                "a b",
                " ",
                "",
                "x\x7f",
                "x\x85",
                "\u2028",
                "\u00a0",
                "a\nb",
                "\0",
                "7" * 255,
                "7" * 256,
            )
        ),
        "cancelUri": st.sampled_from(
            (
                *(URI + end for end in ("1", "é", "a b", "\n", "\x7f", "", "x" * 4000, '"<>\\', "\u00a0")),
                *("HTTPS://g.example:1/x#y", "https://g.example", "https://", "/x", "", "ftp://x/"),
            )
        ),
    },
    optional={
        "properties": st.sampled_from(({}, {"a": "é"}, {"a": "\\"}, {"a": "\0"}, {"a": [1]}, {"a": None}))
    },
)


@given(st.lists(QUICK, min_size=1, max_size=4), st.booleans())
@settings(max_examples=300, deadline=None)
def test_many_lines_at_once_are_read_as_each_for_itself(rows: list[dict[str, Any]], escaped: bool) -> None:
    each = [json.dumps(one, ensure_ascii=escaped, separators=(",", ":")).encode() + b"\n" for one in rows]
    assert read(b"".join(each))[0] == [
        found._replace(number=number) if isinstance(found, BadRow) else (number, found[1])
        for number, ((found,), _) in enumerate(map(read, each), 1)
    ]


def test_what_is_none_of_the_forms_is_told_row_by_row() -> None:
    assert [number for number, _ in told(b"hello\nworld\n")] == [1, 2]
    assert "not JSON" in told(b"PK\x03\x04\n")[0][1]
    assert "no id" in told(b'{"items": []}')[0][1]


def test_utf16_is_told_and_no_contact_is_made_of_it() -> None:
    rows, cut = read(lines(row()).decode().encode("utf-16"))
    assert rows == []
    assert cut is not None
    assert "UTF-16" in str(cut)


# -- Files that were cut ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in FORMS if "array" in name or "gzip" in name])
def test_a_cut_array_and_a_cut_gzip_are_told_wherever_they_were_cut(name: str) -> None:
    data = FORMS[name].rstrip() if "gzip" not in name else FORMS[name]
    for end in range(5, len(data), 37):
        rows, cut = read(data[:end], 500)
        assert cut is not None
        assert "ends in the middle" in str(cut)
        good = [one[1] for one in rows if not isinstance(one, BadRow)]
        assert good == EXPECTED[: len(good)]


def test_a_cut_last_line_is_told_and_one_without_an_end_is_not() -> None:
    data = lines(*ROWS[:3])
    starts = {at + 1 for at, byte in enumerate(data) if byte == 10}
    for end in range(1, len(data)):
        rows, cut = read(data[:end])
        whole = end in starts or end + 1 in starts
        assert (cut is None) is whole
        assert isinstance(rows[-1], BadRow) is not whole


def test_a_last_line_that_is_json_but_no_contact_is_a_bad_row_alone() -> None:
    rows, cut = read(lines(row()) + b'{"id": "2"}')
    assert isinstance(rows[1], BadRow)
    assert cut is None
    assert read(lines(row()) + b'{"id": "2", "properties": {}')[1] is not None


def test_a_table_that_was_cut_before_its_last_cell_is_told() -> None:
    assert read(f"id,cancelUri,a\n1,{URI}1,x\n2,{URI}2".encode())[1] is not None
    assert read(f'id,cancelUri,a\n1,{URI}1,x\n2,{URI}2,"y'.encode())[1] is not None
    assert read(f"id,cancelUri,a\n1,{URI}1,x\n2,{URI}2,y".encode())[1] is None


def test_damaged_gzip_is_told() -> None:
    data = bytearray(gzip.compress(lines(*ROWS)))
    data[len(data) // 2] ^= 0xFF
    assert read(bytes(data))[1] is not None
    assert "damaged" in str(read(gzip.compress(lines(row())) + b"\0\0rest")[1])


# -- Bounds -----------------------------------------------------------------------------------------------------------


def bomb(data: bytes, times: int) -> bytes:
    press = zlib.compressobj(9, wbits=31)
    return b"".join(press.compress(data) for _ in range(times)) + press.flush()


def peak_of(chunks: Iterator[bytes]) -> tuple[ItemReader, int, int]:
    """Return the reader, how many rows the chunks gave, and the most memory that reading took."""
    reader = ItemReader()
    tracemalloc.start()
    try:
        count = sum(len(reader.feed(chunk)) for chunk in chunks) + len(reader.close())
        return reader, count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("data", [b"\n" * 1_000_000, b"x" * 1_000_000])
def test_a_gzip_bomb_stops_at_a_stated_bound(data: bytes) -> None:
    packed = bomb(data, 40)
    reader, rows, peak = peak_of(packed[at : at + 65_536] for at in range(0, len(packed), 65_536))
    assert "swells" in str(reader.cut)
    assert rows == 0
    assert peak < 3_000_000


def test_a_gzip_bomb_of_rows_stops_as_well() -> None:
    rows, cut = read(bomb(b"7\n" * 100_000, 20))
    assert "swells" in str(cut)
    assert 100_000 < len(rows) < 200_000


def contacts(count: int) -> Iterator[bytes]:
    for start in range(0, count, 1000):
        yield b"".join(
            b'{"id":"c-%07d","cancelUri":"https://gate.example/rest/1234/c/%016x","properties":{"email":"u%d@example.com","n":%d}}\n'
            % (number, number * 2654435761, number, number)
            for number in range(start, start + 1000)
        )


@pytest.mark.parametrize("rows", [8000, pytest.param(200_000, marks=pytest.mark.soak)])
def test_memory_is_that_of_a_chunk_whatever_the_file_holds(rows: int) -> None:
    def array() -> Iterator[bytes]:
        yield b"["
        for number, block in enumerate(contacts(rows)):
            yield (b"," if number else b"") + block.rstrip().replace(b"\n", b",")
        yield b"]"

    def packed() -> Iterator[bytes]:
        press = zlib.compressobj(wbits=31)
        for block in contacts(rows):
            yield press.compress(block)
        yield press.flush()

    def rows_of_cells() -> Iterator[bytes]:
        yield b"id,cancelUri,email\n"
        for start in range(0, rows, 1000):
            yield b"".join(
                b"%d,https://gate.example/c/%d,u@example.com\n" % (n, n) for n in range(start, start + 1000)
            )

    for chunks in (contacts(rows), array(), packed(), rows_of_cells()):
        reader, count, peak = peak_of(chunks)
        assert reader.cut is None
        assert count == rows
        assert peak < 3_000_000  # 8,000 contacts take more than 5 million


# -- Anything at all --------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b'"',
            b"\\",
            b"\n",
            b"\r\n",
            b" ",
            b";",
            b"id",
            b"id;cancelUri\n",
        ),
        *(b'"id":"1"', b'"cancelUri":"https://g.example/x"', lines(row()), lines(row("2", a=[1, {"b": 2}]))),
        *(lines(row("3")).strip() + b",", b"\x00", b"\xff", b"\xef\xbb\xbf", "é".encode(), b"\x1f\x8b"),
    ]
)


@given(st.lists(PIECES, max_size=14).map(b"".join), st.lists(st.integers(0, 300), max_size=6))
@settings(max_examples=500, deadline=None)
def test_anything_is_read_alike_in_every_chunking_and_nothing_raises(data: bytes, places: list[int]) -> None:
    whole, cut = read(data)
    numbers = [number for number, _ in whole]
    assert numbers == sorted(set(numbers))
    for one in whole:
        if isinstance(one, BadRow):
            assert str(one.sentence)
        else:
            assert one[1].cancel_uri.startswith("http")
            assert one[1].id.strip()
    bounds = [0, *sorted(place for place in places if place < len(data)), len(data)]
    reader = ItemReader()
    rows = [one for start, end in pairwise(bounds) for one in reader.feed(data[start:end])]
    rows += reader.close()
    assert rows == whole
    assert reader.cut == cut
    assert read(data, 1) == (whole, cut)


def test_an_item_does_not_show_its_address() -> None:
    (item,) = items(lines(row(properties={"email": "a@x.se"})))
    assert repr(item) == "Item(id='1')"
