"""Files of a workbench, in a folder and in a team's database: whole or not at all, read from any place, swept when nobody finished them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.adapters import blobs_database
from workbench.adapters.blobs import Blobs
from workbench.adapters.blobs_database import DatabaseBlobs, blobs_of
from workbench.adapters.blobs_folder import FolderBlobs, copy_of
from workbench.adapters.blobs_tables import pieces, versions
from workbench.adapters.database import Database
from workbench.adapters.home import Home
from workbench.errors import NotFound

NAME = "tables/tab_1.rows"


@pytest.fixture
def blobs(database: Database, home: Home) -> Blobs:
    return blobs_of(home.folder, database)


def whole(blobs: Blobs, name: str = NAME) -> bytes:
    with io.BufferedReader(blobs.open(name)) as file:
        return file.read()


def test_a_home_keeps_them_in_its_folder_and_a_team_in_its_database(blobs: Blobs, database: Database) -> None:
    assert isinstance(blobs, DatabaseBlobs if database.shared else FolderBlobs)


def test_written_listed_read_replaced_and_deleted(blobs: Blobs) -> None:
    assert (blobs.get(NAME), blobs.read(NAME), blobs.all()) == (None, None, [])
    with blobs.writer(NAME) as writer:
        for _ in range(3):
            writer.write(b"0123456789" * 40_000)
        assert blobs.get(NAME) is None
    blobs.put("consent-news.list", b"")
    first = blobs.get(NAME)
    assert first is not None
    assert (first.name, first.size, whole(blobs)) == (NAME, 1_200_000, b"0123456789" * 120_000)
    assert [blob.name for blob in blobs.all()] == ["consent-news.list", NAME]
    assert [blob.name for blob in blobs.all("tables/")] == [NAME]
    assert (blobs.read("consent-news.list"), whole(blobs, "consent-news.list")) == (b"", b"")
    blobs.put(NAME, b"other")
    second = blobs.get(NAME)
    assert second is not None
    assert second.mark != first.mark
    assert blobs.read(NAME) == b"other"
    assert (blobs.delete(NAME), blobs.delete(NAME)) == (True, False)
    with pytest.raises(FileNotFoundError):
        blobs.open(NAME)


def test_what_fails_in_between_leaves_what_was_there(blobs: Blobs, database: Database) -> None:
    blobs.put(NAME, b"before")

    def half() -> None:
        with blobs.writer(NAME) as writer:
            writer.write(bytes(700_000))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert blobs.read(NAME) == b"before"
    if database.shared:
        assert _counts(database) == (1, 1)


@pytest.mark.parametrize(
    "name", ["", "../x.rows", "/etc/passwd", "tables/../x.rows", "tables/.tab.rows", "a/b/c.rows", "Tab.rows"]
)
def test_a_name_leads_nowhere_else(blobs: Blobs, name: str) -> None:
    for call in (blobs.get, blobs.open, blobs.read, blobs.writer, blobs.delete):
        with pytest.raises(ValueError, match="a file's name"):
            call(name)


def test_it_is_read_from_any_place(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs_database, "PIECE", 100)
    data = bytes(range(256)) * 11
    blobs.put(NAME, data)

    @settings(max_examples=40)
    @given(st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 900)), max_size=6))
    def check(places: list[tuple[int, int]]) -> None:
        with io.BufferedReader(blobs.open(NAME), 64) as file:
            for at, size in places:
                file.seek(at)
                assert file.read(size) == data[at : at + size]

    check()


def test_it_is_copied_to_a_path(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put(NAME, b"x" * 3_000_000)
    copy_of(blobs, NAME, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"x" * 3_000_000
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileNotFoundError):
        copy_of(blobs, "tables/tab_2.rows", tmp_path / "none")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["copy"]


def _counts(database: Database) -> tuple[int, ...]:
    def work(connection: sa.Connection) -> tuple[int, ...]:
        return tuple(
            connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (versions, pieces)
        )

    return database.read_now(work)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_pieces_without_an_end_are_swept_and_no_version_stays_behind(
    blobs: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs_database, "PIECE", 100)
    blobs.put(NAME, bytes(950))
    blobs.put(NAME, bytes(250))
    assert _counts(database) == (1, 3)
    killed = blobs.writer("tables/tab_2.rows")
    killed.write(bytes(450))
    assert _counts(database) == (2, 7)
    blobs.sweep(3600)
    assert _counts(database) == (2, 7)
    blobs.sweep(-1)
    assert _counts(database) == (1, 3)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_who_reads_what_is_replaced_is_told(blobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs_database, "PIECE", 100)
    monkeypatch.setattr(blobs_database, "AHEAD", 1)
    blobs.put(NAME, bytes(950))
    with blobs.open(NAME) as file:
        assert file.read(50) == bytes(50)
        blobs.put(NAME, b"other")
        file.seek(500)
        with pytest.raises(NotFound, match="deleted or replaced"):
            file.read(10)
