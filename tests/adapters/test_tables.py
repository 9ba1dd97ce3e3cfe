"""Tables on the disk: encodings, formats, constant memory, sealing, and files that are not what their names say."""

from __future__ import annotations

import io
import json
import random
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.adapters.blobs import Place
from workbench.adapters.blobs_folder import FolderBlobs
from workbench.adapters.home import open_home
from workbench.adapters.sealed_rows import RowKey
from workbench.adapters.tables import Tables, keeping, text
from workbench.adapters.tables import shelf as shelf_mod
from workbench.adapters.tables.sealed import CHUNK, SealedFile, SealedWriter
from workbench.adapters.vault import Vault
from workbench.engine.table_layout import ENCODINGS, encoding_of, layout_of
from workbench.engine.table_rows import Mark, csv_rows
from workbench.errors import Damaged, MissingSecret, NotFound, Refused
from workbench.models.run import Table

PLANTED = "planted.contact@example.com"
CSV = f"email,first_name\n{PLANTED},Zoë\nbob@example.com,Bob\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def shelf(home: Path) -> Tables:
    return Tables(open_home(home, {}), Vault.in_memory())


def said(table: Table) -> str:
    return " ".join(str(problem.sentence) for problem in table.problems)


def on_disk(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def cells(shelf: Tables, table: Table) -> list[dict[str, Any]]:
    return [row.cells for row in shelf.rows(table.id)]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (CSV.encode(), "utf-8"),
        (CSV.encode("utf-8-sig"), "utf-8-sig"),
        (CSV.encode("utf-16"), "utf-16"),
        (CSV.encode("utf-16-le"), "utf-16-le"),
        (CSV.encode("utf-16-be"), "utf-16-be"),
        (CSV.encode("cp1252"), "cp1252"),
    ],
    ids=["utf-8", "utf-8-mark", "utf-16", "utf-16-le", "utf-16-be", "cp1252"],
)
@pytest.mark.parametrize("placed", [False, True], ids=["kept", "placed"])
async def test_each_encoding_is_found_out(
    shelf: Tables, tmp_path: Path, data: bytes, name: str, placed: bool
) -> None:
    if placed:
        (tmp_path / "contacts").write_bytes(data)
        table = await shelf.place(tmp_path / "contacts")
    else:
        table = await shelf.keep("contacts", [data[:7], data[7:]])
    assert (table.encoding, table.columns, table.problems) == (name, ("email", "first_name"), ())
    assert cells(shelf, table)[0] == {"email": PLANTED, "first_name": "Zoë"}
    assert table.sample[0] == (PLANTED, "Zoë")
    assert (await shelf.get(table.id)).rows == 2


async def test_a_file_that_begins_as_utf8_and_ends_otherwise_is_pointed_out(
    shelf: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PIECE", 1 << 10)
    begun = "a;b\n" + "é;2\n" * 4_000
    mixed = await shelf.keep("x.csv", [begun.encode() + "é;3\n".encode("cp1252")])
    assert mixed.encoding == "cp1252"
    assert [(one.field, one.level) for one in mixed.problems] == [("encoding", "warning")]
    for fine in (begun.encode(), begun.encode("cp1252"), b"a;b\n1;2\n"):
        assert (await shelf.keep("x.csv", [fine])).problems == ()


async def test_a_late_byte_decides_and_a_person_may_decide_otherwise(
    shelf: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PIECE", 1 << 10)
    data = b"a;b\n" + b"1;2\n" * 4_000 + "é;3\n".encode("cp1252")
    table = await shelf.keep("x.csv", [data])
    assert table.encoding == "cp1252"
    *_, last = shelf.rows(table.id)
    assert last.cells == {"a": "é", "b": "3"}
    forced = await shelf.change(table.id, encoding="utf-8")
    *_, last = shelf.rows(forced.id)
    assert "another encoding" in str(last.problem)
    assert (await shelf.change(table.id, delimiter=",")).columns == ("a;b",)
    with pytest.raises(Refused):
        await shelf.change(table.id, encoding="ebcdic")
    with pytest.raises(Refused):
        await shelf.change(table.id, delimiter='"')


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"a,b\n", "is empty"),
        (b"PK\x03\x04....", "Save the sheet as CSV"),
        (b"\x1f\x8b....", "Unpack it"),
        (b"PAR1....", "Parquet file cannot be read"),
        (b"[1, 2", "not a list of JSON objects"),
        (b"[1, 2]", "not a list of JSON objects"),
        (b"a,a\n1,2\n", "Two columns are called"),
        (b"ana@example.com\nbob@example.com\n", "looks like data"),
        (b"a,b\n1\n", "has 1 cells"),
    ],
    ids=["nothing", "header", "workbook", "packed", "parquet", "json", "list", "twice", "headless", "ragged"],
)
async def test_what_is_wrong_is_a_problem_never_an_exception(shelf: Tables, data: bytes, words: str) -> None:
    table = await shelf.keep("contacts.csv", [data])
    assert words in said(table)
    assert len(list(shelf.rows(table.id))) < 3
    assert said(await shelf.get(table.id)) == said(table)


async def test_the_name_says_nothing(shelf: Tables) -> None:
    frame = polars.DataFrame({"n": [1]})
    held = io.BytesIO()
    frame.write_parquet(held)
    assert (await shelf.keep("x.csv", [held.getvalue()])).format == "parquet"
    assert (await shelf.keep("x.parquet", [b'{"n": 1}\n'])).format == "jsonl"
    assert (await shelf.keep("x.json", [b"n\n1\n"])).format == "csv"
    listed = await shelf.keep("x.csv", [b'[{"n": 1}, {"m": 2}]'])
    assert (listed.format, listed.columns, cells(shelf, listed)) == ("jsonl", ("n", "m"), [{"n": 1}, {"m": 2}])  # fmt: skip


async def test_pasted_rows_of_a_spreadsheet(shelf: Tables) -> None:
    table = await shelf.paste("email\tphone\nana@example.com\t1e10\n")
    assert (table.delimiter, cells(shelf, table)) == ("\t", [{"email": "ana@example.com", "phone": "1e10"}])


# -- Parquet and DataFrames --------------------------------------------------------------------------------------------

FRAME = polars.DataFrame(
    {
        "phone": [5511987654321, 5511987654322],
        "at": [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)] * 2,
        "day": [date(2026, 1, 2), None],
        "price": [float("nan"), 1.5],
        "paid": [Decimal("1.10"), Decimal("2.00")],
        "items": [[{"id": 1}], []],
        "name": ["Zoë", None],
    }
)
ROWS = [
    {
        "phone": 5511987654321, "at": "2026-01-02T03:04:05+00:00", "day": "2026-01-02", "price": None, "paid": "1.10",
        "items": [{"id": 1}], "name": "Zoë",
    },
    {
        "phone": 5511987654322, "at": "2026-01-02T03:04:05+00:00", "day": None, "price": 1.5, "paid": "2.00",
        "items": [], "name": None,
    },
]  # fmt: skip


@pytest.mark.parametrize("placed", [False, True], ids=["kept", "placed"])
async def test_parquet_keeps_its_types(shelf: Tables, tmp_path: Path, placed: bool) -> None:
    FRAME.write_parquet(tmp_path / "x.parquet")
    table = (
        await shelf.place(tmp_path / "x.parquet")
        if placed
        else await shelf.keep("x", [(tmp_path / "x.parquet").read_bytes()])
    )
    assert (table.format, table.rows, table.columns) == ("parquet", 2, tuple(FRAME.columns))
    assert cells(shelf, table) == ROWS
    assert [row.number for row in shelf.rows(table.id, after=1)] == [2]


class Panda:
    """As much of a pandas DataFrame as is used of one, with the values that pandas gives."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.iloc = self

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> Panda:
        return Panda(self.rows[part])

    def to_dict(self, orient: str) -> list[dict[str, Any]]:
        assert orient == "records"
        return self.rows


class Arrow:
    """Whatever gives Arrow, and nothing else."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return FRAME.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "frame",
    [FRAME, FRAME.lazy(), FRAME.to_dicts(), Panda(FRAME.to_dicts()), Arrow()],
    ids=["polars", "lazy", "dicts", "pandas", "arrow"],
)
async def test_a_frame_becomes_rows(shelf: Tables, frame: Any) -> None:
    table = await shelf.from_frame(frame, "orders")
    assert (table.name, table.format) == ("orders", "jsonl")
    assert cells(shelf, table) == ROWS


async def test_what_is_no_frame_is_refused_and_leaves_nothing(shelf: Tables, home: Path) -> None:
    with pytest.raises(Refused, match="no table"):
        await shelf.from_frame(42)
    assert await shelf.all() == []
    assert list((home / "tables").glob("**/*rows*")) == []


@pytest.mark.parametrize("seed", range(12))
async def test_a_damaged_parquet_file_is_a_problem(shelf: Tables, seed: int) -> None:
    held, dice = io.BytesIO(), random.Random(seed)
    polars.DataFrame({"n": range(400), "t": [f"text {n}" for n in range(400)]}).write_parquet(
        held, row_group_size=100
    )
    data = bytearray(held.getvalue())
    for _ in range(6):
        data[dice.randrange(4, len(data) - 8)] ^= 1 + dice.randrange(255)
    table = await shelf.keep("x", [bytes(data)])
    rows = list(shelf.rows(table.id))
    assert table.problems or len(rows) == 400 or "Parquet" in str(rows[-1].problem)


@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=300) | st.text(alphabet='",;\n\r\t=ab\0', max_size=80).map(str.encode),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]),
    piece=st.integers(1, 40),
    chosen=st.sampled_from(["", *ENCODINGS]),
)
def test_no_bytes_whatsoever_raise(data: bytes, mark: bytes, piece: int, chosen: str) -> None:
    data = mark + data
    encoding = encoding_of(data, is_utf8=False, chosen=chosen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "PIECE", piece)
        patch.setattr(text, "LONGEST_LINE", 4 * piece)
        found = list(text.pieces(io.BytesIO(data), encoding, encoding.skip))
    layout = layout_of([line for one in found for line in one.lines])
    rows = list(csv_rows(found, layout.columns or ("a",), layout.delimiter, at=Mark()))
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [row.line for row in rows] == sorted(row.line for row in rows)
    json.dumps([row.cells for row in rows])
    assert all(len(row.cells) <= len(layout.columns or "a") for row in rows)


# -- reading on, and memory --------------------------------------------------------------------------------------------


def many(rows: int, note: bytes = b"") -> Iterator[bytes]:
    yield b"email,phone,note\n"
    for start in range(0, rows, 1_000):
        numbers = range(start, start + 1_000)
        yield b"".join(b'contact%d@example.com,+55119%08d,"note, %d%b"\n' % (n, n, n, note) for n in numbers)


@pytest.mark.parametrize("placed", [False, True], ids=["kept", "placed"])
async def test_a_long_table_is_read_in_constant_memory(
    shelf: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, placed: bool
) -> None:
    monkeypatch.setattr(text, "PIECE", 32 << 10)
    count, note = 10_000, b"x" * 500
    if placed:
        with (tmp_path / "long.csv").open("wb") as file:
            file.writelines(many(count, note))
        table = await shelf.place(tmp_path / "long.csv")
    else:
        table = await shelf.keep("long.csv", many(count, note))
    tracemalloc.start()
    read = sum(1 for _ in shelf.rows(table.id))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read == count
    assert most < 1_500_000, "a piece and its lines, however long the table is"
    assert table.size > 3 * most


async def test_reading_on_begins_near_the_place(shelf: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    table = await shelf.keep("long.csv", many(40_000))
    assert sum(1 for _ in shelf.rows(table.id)) == 40_000
    sources: list[int] = []

    def counted(source: Any, encoding: Any, offset: int) -> Any:
        sources.append(offset)
        return text.pieces(source, encoding, offset)

    monkeypatch.setattr(keeping, "pieces", counted)
    found = list(shelf.rows(table.id, after=35_000, limit=3))
    assert [(row.number, row.line) for row in found] == [(35_001, 35_002), (35_002, 35_003), (35_003, 35_004)]
    assert sources[0] > table.size / 2
    batches = [[row.number for row in batch] async for batch in shelf.batches(table.id, after=39_998, size=1)]
    assert batches == [[39_999], [40_000]]


async def test_lines_without_an_end_and_old_line_ends(shelf: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "PIECE", 64)
    monkeypatch.setattr(text, "LONGEST_LINE", 256)
    table = await shelf.keep("x", [b"a,b\n1,2\n" + b"x" * 1_000 + b"\n3,4\n"])
    rows = list(shelf.rows(table.id))
    assert [(row.number, row.line, bool(row.problem)) for row in rows] == [(1, 2, False), (2, 3, True), (3, 4, False)]  # fmt: skip
    old = await shelf.keep("x", [b"a,b\r" + b"1,2\r" * 100])
    assert len(cells(shelf, old)) == 100
    wide = await shelf.keep("x", [("a,b\n" + "ĊĊ,2\n" * 100).encode("utf-16-le")])
    assert wide.encoding == "utf-16-le"
    assert cells(shelf, wide) == [{"a": "ĊĊ", "b": "2"}] * 100


# -- on the disk -------------------------------------------------------------------------------------------------------


async def test_nothing_of_a_kept_table_is_readable_on_the_disk(shelf: Tables, home: Path) -> None:
    await shelf.keep("planted-name.csv", [CSV.encode()])
    await shelf.from_frame([{"email": PLANTED}])
    held = on_disk(home)
    for word in (PLANTED, "Zoë", "first_name", "planted-name"):
        assert word.encode() not in held
        assert word.encode("utf-16-le") not in held


async def test_a_deleted_table_is_gone_and_a_placed_file_stays(
    shelf: Tables, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "here.csv").write_text(CSV)
    placed, kept = await shelf.place(tmp_path / "here.csv"), await shelf.keep("x", [CSV.encode()])
    assert {table.id for table in await shelf.all()} == {placed.id, kept.id}
    await shelf.delete(placed.id)
    await shelf.delete(kept.id)
    assert (tmp_path / "here.csv").exists()
    assert list((home / "tables").iterdir()) == []
    for wrong in (kept.id, "../vault", ""):
        with pytest.raises(NotFound):
            await shelf.get(wrong)
        with pytest.raises(NotFound):
            await shelf.delete(wrong)


async def test_a_placed_file_that_changed_is_refused(shelf: Tables, tmp_path: Path) -> None:
    path = tmp_path / "here.csv"
    path.write_text(CSV)
    table = await shelf.place(path)
    path.write_text(CSV + "late@example.com,Late\n")
    with pytest.raises(Refused, match="was changed since"):
        list(shelf.rows(table.id))
    with pytest.raises(NotFound):
        await shelf.place(tmp_path / "nowhere.csv")
    with pytest.raises(NotFound):
        await shelf.place(tmp_path)


async def test_an_upload_that_breaks_off_or_is_too_long_leaves_nothing(
    shelf: Tables, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield CSV.encode()
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await shelf.keep("x", broken())
    monkeypatch.setattr(keeping, "MOST_KEPT", 1 << 10)
    with pytest.raises(Refused, match="larger than"):
        await shelf.keep("x", [CSV.encode() * 100])
    assert list((home / "tables").iterdir()) == []


async def test_what_a_killed_upload_left_is_swept_later(
    shelf: Tables, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = await shelf.keep("x", [CSV.encode()])
    left = home / "tables" / ".tab_0123.rows.tmp"
    left.write_bytes(b"sealed")
    assert len(await shelf.all()) == 1
    assert left.exists()
    monkeypatch.setattr(shelf_mod, "LEFT_BEHIND_S", -1)
    await shelf.all()
    assert not left.exists()
    assert len(cells(shelf, table)) == 2


def test_a_sealed_file_is_read_from_any_place_and_shows_every_change(tmp_path: Path) -> None:
    data, key, path = bytes(range(256)) * 2_000, RowKey.new(), tmp_path / "x.rows"
    place = Place(FolderBlobs(tmp_path), "x.rows")
    with SealedWriter(place, key) as writer:
        for start in range(0, len(data), 70_001):
            writer.write(data[start : start + 70_001])
    with SealedFile(place, key, len(data)) as file:
        assert file.read() == data
        file.seek(CHUNK - 3)
        assert file.read(3) == data[CHUNK - 3 : CHUNK]
        assert file.seek(-5, io.SEEK_END) == len(data) - 5
        assert file.read(9) == data[-5:]
    first, second, third = path.read_bytes().splitlines()
    for changed in ([second, first, third], [first, second], [first, second, third[:-4] + b"AAAA"]):
        path.write_bytes(b"\n".join(changed) + b"\n")
        with SealedFile(place, key, len(data)) as file, pytest.raises((Damaged, MissingSecret)):
            file.read()


def test_a_table_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "x.rows"
    path.write_bytes(b"before")

    def half() -> None:
        with SealedWriter(Place(FolderBlobs(tmp_path), path.name), RowKey.new()) as writer:
            writer.write(b"after")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert [found.name for found in tmp_path.iterdir()] == ["x.rows"]
    assert path.read_bytes() == b"before"


async def test_the_rows_of_a_numeric_column_are_json(shelf: Tables) -> None:
    table = await shelf.from_frame([{"n": 12345678901234567890123, "t": (1, 2)}])
    assert json.dumps(cells(shelf, table)) == '[{"n": 12345678901234567890123, "t": [1, 2]}]'
