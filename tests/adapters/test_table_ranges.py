"""Ranges of tables: read one by one they give exactly the rows of one reading, wherever their blocks were cut."""

from __future__ import annotations

import io
import random
from pathlib import Path

import polars
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.adapters.home import open_home
from workbench.adapters.tables import Tables, look, text
from workbench.adapters.vault import Vault
from workbench.engine import table_ranges
from workbench.engine.table_layout import Encoding
from workbench.engine.table_ranges import Joiner, TableRange, cuts, read_csv_block, read_json_block
from workbench.engine.table_rows import Mark, TableRow, csv_rows, json_rows
from workbench.errors import Refused

COLUMNS = ("a", "b")
UTF8, UTF16 = Encoding("utf-8", "utf-8"), Encoding("utf-16-le", "utf-16-le")


def joined(data: bytes, encoding: Encoding, block: int, kind: str) -> tuple[list[TableRange], int]:
    """Return a table's ranges, and how many blocks had to be read once more."""
    source, joiner, again = io.BytesIO(data), Joiner(Mark()), 0

    def read(at: int, until: int, row: int | None = None) -> table_ranges.Block:
        ends = text.line_start(source, encoding.codec, until, 0)
        begins = text.line_start(source, encoding.codec, at, 0) if row is None else row
        own = text.pieces(source, encoding, begins, ends)
        if kind == "jsonl":
            return table_ranges.Block(begins, ends, read_json_block(own, ends))

        def behind() -> object:
            yield from own
            yield from text.pieces(source, encoding, ends)

        found = read_csv_block(behind(), ends, len(data), ",", lambda lines: text.size_of(lines, encoding.codec))  # type: ignore[arg-type]  # fmt: skip
        return table_ranges.Block(begins, ends, found)

    for at, until in cuts(0, len(data), block):
        place = joiner.take(read(at, until))
        if place is not None:
            again += 1
            assert joiner.take(read(at, until, place)) is None
    return joiner.ranges, again


def rows_of(data: bytes, encoding: Encoding, kind: str, at: Mark) -> list[TableRow]:
    found = text.pieces(io.BytesIO(data), encoding, at.offset)
    return list(json_rows(found, at=at) if kind == "jsonl" else csv_rows(found, COLUMNS, ",", at=at))


def check(data: bytes, encoding: Encoding, block: int, kind: str = "csv") -> int:
    whole = rows_of(data, encoding, kind, Mark())
    ranges, again = joined(data, encoding, block, kind)
    found: list[TableRow] = []
    for one in ranges:
        assert one.number == len(found)
        assert one.rows
        found += rows_of(data, encoding, kind, one.mark)[: one.rows]
    assert found == whole
    return again


WORDS = st.lists(
    st.sampled_from(['"', '"', ",", "\n", "\n", "\r\n", "\r", "a", "=", '""', '","', '"\n', "é", "xyz"]),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(words=WORDS, block=st.integers(1, 30), wide=st.booleans())
@example(words=['"', "a", "\n", "a", "\n", "a", '"', "\n", "a", "\n"], block=4, wide=False)
@example(words=["\r\n", "\r", "\n", '"', "\r", "\n"], block=1, wide=True)
def test_the_ranges_of_any_csv_give_its_rows(words: list[str], block: int, wide: bool) -> None:
    encoding = UTF16 if wide else UTF8
    check("".join(words).encode(encoding.codec), encoding, block)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None)
@given(words=WORDS, block=st.integers(1, 30), wide=st.booleans())
def test_the_ranges_of_very_many_csvs_give_their_rows(words: list[str], block: int, wide: bool) -> None:
    encoding = UTF16 if wide else UTF8
    check("".join(words).encode(encoding.codec), encoding, block)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=60), block=st.integers(1, 20), wide=st.booleans())
def test_the_ranges_of_any_bytes_give_their_rows(data: bytes, block: int, wide: bool) -> None:
    check(data, UTF16 if wide else UTF8, block)


@settings(max_examples=60, deadline=None)
@given(words=st.lists(st.sampled_from(['{"a": 1}', "\n", "\r\n", " ", "[", "\r"]), max_size=30), block=st.integers(1, 30))  # fmt: skip
def test_the_ranges_of_json_lines_give_their_rows(words: list[str], block: int) -> None:
    check("".join(words).encode(), UTF8, block, "jsonl")


@pytest.mark.parametrize("seed", range(20))
def test_lines_too_long_for_a_row_are_the_same_row_in_each_range(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "PIECE", 16)
    monkeypatch.setattr(text, "LONGEST_LINE", 32)
    chosen = random.Random(seed)
    words = ["a,b", '"a\n', 'b",c', "\n", "\r", "\r\n", "x" * 40, "x" * 31, '"', ",\n"]
    data = "".join(chosen.choices(words, k=40)).encode()
    check(data, UTF8, chosen.randint(1, 60))
    check(data, UTF8, chosen.randint(1, 60), "jsonl")


def test_no_block_of_a_table_whose_quotes_fit_is_read_twice() -> None:
    rows = [f'{number},"first line\r\nsecond, line ""{number}"""\r\n' for number in range(2_000)]
    assert check("".join(rows).encode(), UTF8, 1_000) == 0
    assert check("".join(f"{number},plain\n" for number in range(2_000)).encode(), UTF8, 700) == 0


# -- of tables that are kept, or lie elsewhere -------------------------------------------------------------------------


@pytest.fixture
def shelf(tmp_path: Path) -> Tables:
    return Tables(open_home(tmp_path / "home", {}), Vault.in_memory())


def cut(shelf: Tables, id: str, size: int) -> list[TableRange]:
    joiner = Joiner(shelf.first_row(id))
    for at, until in shelf.blocks(id, size):
        place = joiner.take(shelf.read_block(id, at, until))
        if place is not None:
            assert joiner.take(shelf.read_block(id, at, until, place)) is None
    return joiner.ranges


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("placed", [False, True], ids=["kept", "placed"])
async def test_a_table_is_cut_behind_its_header(
    shelf: Tables, tmp_path: Path, codec: str, placed: bool
) -> None:
    said = '\nmail,"the\nnote"\n' + "".join(f'ana{n}@example.com,"é {n},\nand more"\n\n' for n in range(300))
    data = said.encode(codec)
    if placed:
        (tmp_path / "x.csv").write_bytes(data)
    table = await (shelf.place(tmp_path / "x.csv") if placed else shelf.keep("x.csv", [data]))
    ranges = cut(shelf, table.id, 997)
    assert len(ranges) > 10
    whole = list(shelf.rows(table.id))
    assert len(whole) == 300
    with pytest.raises(Refused, match="read in another way"):
        next(shelf.rows(table.id, within=ranges[1]))
    shelf.cut(table, ranges)
    assert [row for one in ranges for row in shelf.rows(table.id, within=one)] == whole
    middle = ranges[3]
    assert [row.number for row in shelf.rows(table.id, after=middle.number + 1, within=middle)][:1] == [middle.number + 2]  # fmt: skip
    assert shelf.ranges(table.id) == tuple(ranges)
    assert (await shelf.get(table.id)).rows == 300
    await shelf.change(table.id, delimiter=";")
    assert shelf.ranges(table.id) == ()
    with pytest.raises(Refused, match="read in another way"):
        shelf.cut(table, ranges)


@pytest.mark.parametrize("placed", [False, True], ids=["kept", "placed"])
async def test_a_parquet_file_is_cut_by_its_row_groups(shelf: Tables, tmp_path: Path, placed: bool) -> None:
    frame = polars.DataFrame({"n": range(1_000), "mail": [f"ana{n}@example.com" for n in range(1_000)]})
    frame.write_parquet(tmp_path / "x.parquet", row_group_size=300)
    if placed:
        table = await shelf.place(tmp_path / "x.parquet")
    else:
        table = await shelf.keep("x", [(tmp_path / "x.parquet").read_bytes()])
    ranges = shelf.ranges(table.id)
    assert len(ranges) > 2
    assert shelf.blocks(table.id) == []
    read = [row for one in ranges for row in shelf.rows(table.id, within=one)]
    assert read == list(shelf.rows(table.id))
    assert [row.cells["n"] for row in read] == list(range(1_000))


@settings(max_examples=60, deadline=None)
@given(data=st.one_of(st.binary(max_size=80), st.text(max_size=40).map(str.encode)), chunk=st.integers(1, 9))
def test_blocks_looked_at_apart_are_the_file_looked_at_once(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, chunk: int
) -> None:
    path = tmp_path_factory.mktemp("look") / "file"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(look, "BLOCK", 8)
        patched.setattr(look, "PIECE", chunk + 4)
        once = look.Look()
        for at in range(0, len(data), chunk):
            once.take(data[at : at + chunk])
        once.end()
        blocks = [look.look_at(path, at, min(at + 8, len(data))) for at in range(0, len(data), 8)]
        apart = look.Look.joined(data[: chunk + 4], len(data), blocks)
    assert (apart.digest, apart.is_utf8, apart.size, apart.start) == (once.digest, once.is_utf8, once.size, once.start)  # fmt: skip
