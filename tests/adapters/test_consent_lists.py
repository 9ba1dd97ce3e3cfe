"""Consent lists: who is on one, what of an import counts, and what becomes of a file that is damaged or replaced."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import PlainFolder
from workbench.adapters import consent_lists as module
from workbench.adapters.blobs_database import DatabaseBlobs
from workbench.adapters.consent_lists import HEAD_BYTES, ConsentLists
from workbench.adapters.database import Database
from workbench.adapters.home import Home, open_home
from workbench.errors import CannotWrite, Damaged, NotFound, Refused, TooNew

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LINES = ["ana@example.com", "+46701234567", "ID-7", "ID-8"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
def lists(home: Home) -> ConsentLists:
    return ConsentLists(home)


@pytest.fixture
def path(home: Home) -> Path:
    return home.path("consent-news.list")


def test_who_is_on_a_list(lists: ConsentLists) -> None:
    made = lists.import_lines("news", LINES, NOW)
    assert (made.key, made.size, made.doubles, made.skipped, made.imported_at) == ("news", 4, 0, 0, NOW)
    opened = lists.open("news")
    assert len(opened) == 4
    asked = {
        " ana@example.com\t": True,
        "ANA@Example.com": True,
        "ana@example.co": False,
        "ID-7": True,
        "id-7": False,  # ids keep their case
        "+46701234567": True,
        "46701234567": False,
        "": False,
        "   ": False,
        "ID-7\x00": False,
        "\udc00": False,
        "x" * 10_000: False,
    }
    assert dict(zip(asked, opened.contain(list(asked)), strict=True)) == asked
    assert opened.contain([]) == []


def test_text_and_bytes_count_the_same(lists: ConsentLists) -> None:
    texts = ["\ufeffÅsa@Exämple.com\r\n", "bo@example.com\n", "  cy@example.com  "]
    for key, lines in (("texts", texts), ("bytes", [line.encode() for line in texts])):
        assert lists.import_lines(key, lines, NOW).size == 3
        found = lists.open(key).contain(["åsa@exämple.com", "BO@example.com", "cy@example.com", "åsa"])
        assert found == [True, True, True, False]


def test_lines_that_say_nothing_new_or_nothing_are_counted(lists: ConsentLists) -> None:
    nothing = [b"", b" \r\n", b"\xff\xfe", b"a\x00b", b"tab\tinside", b"x" * 321, "line\u2028end".encode()]
    made = lists.import_lines(
        "news", [b"A", b"a", b" A ", b"x@Y.com", b"X@y.com\n", *nothing, b"x" * 320], NOW
    )
    assert (made.size, made.doubles, made.skipped) == (4, 2, len(nothing))
    assert lists.lists() == [made]


def test_a_list_without_a_value_leaves_the_old_one(lists: ConsentLists) -> None:
    made = lists.import_lines("news", LINES, NOW)
    for lines in ([], ["", " "]):
        with pytest.raises(
            Refused, match=f"None of the {len(lines)} lines for the list “news” holds a value"
        ):
            lists.import_lines("news", lines, NOW)
    assert lists.lists() == [made]


def test_a_list_that_is_too_long_is_refused(lists: ConsentLists, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 99)
    monkeypatch.setattr(module, "PIECE", 10)

    def endless() -> Iterator[str]:
        yield from map(str, range(10**9))

    with pytest.raises(Refused, match="more than 99 lines"):
        lists.import_lines("news", endless(), NOW)
    assert lists.import_lines("news", map(str, range(99)), NOW).size == 99


@settings(max_examples=40)
@given(
    known=st.lists(st.text(max_size=6), max_size=40),
    asked=st.lists(st.text(max_size=6), max_size=40),
    piece=st.integers(1, 9),
)
def test_a_list_is_a_set_of_what_is_compared(
    tmp_path_factory: pytest.TempPathFactory, known: list[str], asked: list[str], piece: int
) -> None:
    lists = ConsentLists(open_home(tmp_path_factory.getbasetemp() / "consent-home"))
    fits = [module._value(line) for line in known]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", piece)
        made = lists.import_lines("any", ["sure", *known], NOW)
    plain = {value for value in fits if value} | {b"sure"}
    assert made.size == len(plain)
    assert made.size + made.doubles + made.skipped == 1 + len(known)
    found = lists.open("any").contain(asked + known)
    assert found == [module._value(value) in plain for value in asked + known]


def test_no_value_stands_in_the_home(lists: ConsentLists, home: Home) -> None:
    lists.import_lines("news", LINES, NOW)
    written = b"".join(one.read_bytes() for one in home.folder.iterdir())
    assert not any(line.encode() in written for line in LINES)
    assert home.path("consent-news.list").stat().st_mode & 0o777 == 0o600


def test_lists_by_key(lists: ConsentLists, home: Home) -> None:
    home.path("consent-Not Ours.list").write_bytes(b"")
    for number, key in enumerate(["news", "a-list", "2026_spring"]):
        lists.import_lines(key, LINES[: number + 1], NOW + timedelta(days=number))
    assert [(one.key, one.size) for one in lists.lists()] == [("2026_spring", 3), ("a-list", 2), ("news", 1)]
    lists.delete("a-list")
    assert [one.key for one in lists.lists()] == ["2026_spring", "news"]
    for gone in (lambda: lists.delete("a-list"), lambda: lists.open("a-list")):
        with pytest.raises(NotFound, match="no consent list “a-list”"):
            gone()


@pytest.mark.parametrize("key", ["", "News", "a b", "../news", "-a", "x" * 41])
def test_a_list_has_a_plain_name(lists: ConsentLists, key: str) -> None:
    with pytest.raises(Refused, match="cannot name a consent list"):
        lists.import_lines(key, LINES, NOW)
    with pytest.raises(Refused, match="cannot name a consent list"):
        lists.open(key)


def test_who_has_a_list_open_goes_on_reading_it(lists: ConsentLists) -> None:
    lists.import_lines("news", [f"old {n}" for n in range(3000)], NOW)
    before = lists.open("news")
    lists.import_lines("news", ["new"], NOW)
    after = lists.open("news")
    assert before.contain(["old 0", "old 2999", "new"]) == [True, True, False]
    assert after.contain(["old 0", "new"]) == [False, True]
    lists.delete("news")
    assert (sum(before.contain([f"old {n}" for n in range(3000)])), after.contain(["new"])) == (3000, [True])


DAMAGE = {
    "cut": lambda raw: raw[:-3],
    "cut in its head": lambda raw: raw[:100],
    "empty": lambda raw: b"",
    "longer": lambda raw: raw + bytes(8),
    "another file": lambda raw: b"%PDF-1.7" + bytes(len(raw)),
    "head is no JSON": lambda raw: raw[:30] + b"}" + raw[31:],
    "a bit of a digest": lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
    "no size": lambda raw: raw.replace(b'"size":4', b'"size":0'),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_list_is_set_aside_and_told(lists: ConsentLists, path: Path, name: str) -> None:
    lists.import_lines("news", LINES, NOW)
    damaged = DAMAGE[name](path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(Damaged, match="Import the list “news” again") as caught:
        lists.open("news")
    (copy,) = path.parent.glob("consent-news.list.damaged-*")
    assert copy.name in str(caught.value)
    assert copy.read_bytes() == damaged
    assert not path.exists()
    lists.import_lines("news", LINES, NOW)
    assert len(lists.open("news")) == 4


def test_a_damaged_list_does_not_hide_the_others(lists: ConsentLists, path: Path) -> None:
    lists.import_lines("news", LINES, NOW)
    lists.import_lines("other", LINES, NOW)
    path.write_bytes(b"")
    assert [one.key for one in lists.lists()] == ["other"]
    (notice,) = lists.notices
    assert "set aside" in str(notice)
    assert not path.exists()


def test_a_list_of_another_home_says_nothing(lists: ConsentLists, path: Path, tmp_path: Path) -> None:
    lists.import_lines("news", LINES, NOW)
    other = open_home(tmp_path / "other")
    other.path(path.name).write_bytes(path.read_bytes())
    with pytest.raises(Damaged, match="made by another home"):
        ConsentLists(other).open("news")


def test_a_list_of_a_newer_workbench_is_left_alone(lists: ConsentLists, path: Path) -> None:
    lists.import_lines("news", LINES, NOW)
    newer = path.read_bytes().replace(b'"format":1,', b'"format":2,')
    path.write_bytes(newer)
    with pytest.raises(TooNew, match="format 2, this one knows 1"):
        lists.open("news")
    assert path.read_bytes() == newer
    assert len(newer.partition(b"\n")[0]) == HEAD_BYTES - 1


def test_a_home_that_cannot_be_written_keeps_the_old_list(plain_folder: PlainFolder) -> None:
    lists = ConsentLists(Home(plain_folder.path, "home_1", bytes(32)))
    made = lists.import_lines("news", LINES, NOW)
    os.chown(plain_folder.path / ".consent-news.list.lock", plain_folder.path.stat().st_uid, -1)
    os.chown(plain_folder.path / "consent-news.list", plain_folder.path.stat().st_uid, -1)
    with plain_folder.read_only(), pytest.raises(CannotWrite):
        lists.import_lines("news", ["other"], NOW)
    assert lists.lists() == [made]
    assert lists.open("news").contain(["ID-7", "other"]) == [True, False]


def test_readers_and_writers_at_the_same_time_see_whole_lists(lists: ConsentLists, home: Home) -> None:
    lists.import_lines("news", ["0"] * 2, NOW)
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            opened = ConsentLists(home).open("news")
            size = len(opened)
            if not all(opened.contain([str(n) for n in range(size)])):
                wrong.append(size)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for size in range(1, 60):
        lists.import_lines("news", [str(n) for n in range(size * 40)], NOW)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert not list(home.folder.glob("*.damaged-*"))


KILLED = """
import itertools, os, sys
from datetime import UTC, datetime
from pathlib import Path
from workbench.adapters import files
from workbench.adapters.consent_lists import ConsentLists
from workbench.adapters.home import open_home

through = files._write_through

def half(path, data):
    through(path, data[: len(data) // 2])
    os.kill(os.getpid(), 9)

files._write_through = half
ConsentLists(open_home(Path(sys.argv[1]))).import_lines("news", map(str, range(1000)), datetime.now(UTC))
"""


def test_an_import_that_is_killed_leaves_the_old_list_and_no_rest(lists: ConsentLists, home: Home) -> None:
    made = lists.import_lines("news", LINES, NOW)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(home.folder)], check=False)
    assert ended.returncode == -9
    assert lists.lists() == [made]
    assert lists.open("news").contain(["ID-7", "999"]) == [True, False]
    assert len(list(home.folder.glob(".*.tmp"))) == 1
    lists.import_lines("news", LINES, NOW)
    assert list(home.folder.glob(".*.tmp")) == []


# -- a team's, in its database -----------------------------------------------------------------------------------------


@pytest.fixture
def machines(team_url: str, tmp_path: Path) -> Iterator[list[ConsentLists]]:
    """The lists of a team as two of its machines see them."""
    homes = [Home(tmp_path / name, "home_1", bytes(32)) for name in ("one", "two")]
    for home in homes:
        home.folder.mkdir()
    databases = [Database.open(team_url, home) for home in homes]
    yield [
        ConsentLists(home, DatabaseBlobs.of(database))
        for home, database in zip(homes, databases, strict=True)
    ]
    for database in databases:
        asyncio.run(database.close())


def test_a_teams_list_is_the_same_on_every_machine(machines: list[ConsentLists], tmp_path: Path) -> None:
    here, there = machines
    made = here.import_lines("news", [f"old {n}" for n in range(100_000)], NOW)
    here.import_lines("other", LINES, NOW)
    assert [one.key for one in there.lists()] == ["news", "other"]
    assert list((tmp_path / "two").iterdir()) == []  # the lists were named, and not copied for that
    before = there.open("news")
    assert (len(before), before.contain(["old 7", "new"])) == (made.size, [True, False])
    here.import_lines("news", ["new"], NOW)
    assert there.open("news").contain(["old 7", "new"]) == [False, True]
    assert before.contain(["old 7", "new"]) == [True, False]  # who has it open goes on reading it
    copies = [path.name for path in (tmp_path / "two" / "cache").glob("consent-*")]
    assert len(copies) == 1
    there.delete("news")
    for lists in machines:
        with pytest.raises(NotFound, match="no consent list “news”"):
            lists.open("news")
        with pytest.raises(NotFound):
            lists.delete("news")


def test_a_damaged_copy_is_made_anew(machines: list[ConsentLists], tmp_path: Path) -> None:
    here, there = machines
    here.import_lines("news", LINES, NOW)
    assert len(there.open("news")) == 4
    [copy] = (tmp_path / "two" / "cache").glob("consent-*")
    copy.write_bytes(copy.read_bytes()[:-3])
    assert there.open("news").contain(["ID-7"]) == [True]


def test_a_teams_list_that_is_damaged_is_told(machines: list[ConsentLists]) -> None:
    here, there = machines
    here.import_lines("news", LINES, NOW)
    assert here._shared is not None
    here._shared.put("consent-news.list", (here._shared.read("consent-news.list") or b"")[:-3])
    with pytest.raises(Damaged):
        there.open("news")
    assert there.lists() == []
    assert "cannot be read" in str(there.notices[0])


@pytest.mark.soak
def test_ten_million_lines_take_bounded_memory(lists: ConsentLists) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = 10_000_000
    made = lists.import_lines("news", (b"person%d@example.com\n" % n for n in range(count)), NOW)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert (made.size, made.doubles, made.skipped) == (count, 0, 0)
    assert grown_mb < 160
    opened = lists.open("news")
    batch = [f"Person{n}@example.com" for n in range(0, 2 * count, 200)]
    assert opened.contain(batch) == [n < count for n in range(0, 2 * count, 200)]
