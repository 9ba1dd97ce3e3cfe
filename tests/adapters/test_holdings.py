"""Holdings: of one moment, whoever writes meanwhile; rows of other versions; and what does not arrive as it was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.adapters import holdings as module
from workbench.adapters import holdings_rows
from workbench.adapters.blobs import Blobs
from workbench.adapters.blobs_database import blobs_of
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.database import Database, Schema
from workbench.adapters.documents import VAULT_KIND, Documents
from workbench.adapters.holdings import Holdings
from workbench.adapters.holdings_parts import Given, check_arrived, counted
from workbench.adapters.home import Home
from workbench.adapters.team import team_home
from workbench.errors import Damaged, Refused, StorageFault, TooNew
from workbench.models.backup import Part

NAME = "tables/tab_1.rows"
_tables = sa.MetaData()
notes = sa.Table(
    "workbench_notes",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False, server_default="nobody"),
)
NOTES = Schema("noted", _tables, {1: lambda connection: None})


class Tokens:
    """The tokens of a home, which has no need of a key here."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def tokens(self) -> Mapping[str, str]:
        return dict(self.kept)

    def put_tokens(self, tokens: Mapping[str, str]) -> None:
        self.kept.update(tokens)


class Room:
    """One workbench's holdings with the doors through which others change what is held."""

    def __init__(self, home: Home, database: Database) -> None:
        self.database = database
        self.home = team_home(database, home) if database.shared else home
        documents = Documents(database) if database.shared else None
        self.catalogue = Catalogue(self.home, documents=documents)
        self.blobs: Blobs = blobs_of(home.folder, database)
        self.tokens = Tokens()
        database.prepare(NOTES)
        self.holdings = Holdings(self.home, database, self.tokens)

    def note(self, text: str) -> None:
        self.database.write_now(lambda connection: connection.execute(sa.insert(notes).values(text=text)))

    def notes(self) -> list[tuple[Any, ...]]:
        return self.database.read_now(
            lambda connection: [tuple(row) for row in connection.execute(sa.select(notes))]
        )


@pytest.fixture
def room(home: Home, database: Database) -> Room:
    return Room(home, database)


def read(parts: Iterator[Given]) -> dict[str, bytes]:
    return {given.name: b"".join(data for _, data in given.batches) for given in parts}


def test_what_is_read_is_of_one_moment(room: Room) -> None:
    room.catalogue.put("words", "a", {"text": "before"})
    room.blobs.put(NAME, b"before")
    room.blobs.put("tables/tab_2.rows", b"before")
    room.note("before")

    def work(parts: Iterator[Given]) -> dict[str, bytes]:
        room.catalogue.put("words", "a", {"text": "after"})
        room.catalogue.put("words", "b", {"text": "after"})
        room.blobs.put(NAME, b"after, and longer")
        room.blobs.delete("tables/tab_2.rows")
        room.note("after")
        return read(parts)

    found = room.holdings.read(work)
    assert found["documents/words.jsonl"] == b'["a",{"text":"before"}]\n'
    assert found["tables/noted/workbench_notes.jsonl"] == b'[1,"before","nobody"]\n'
    assert (found[f"files/{NAME}"], found["files/tables/tab_2.rows"]) == (b"before", b"before")
    again = room.holdings.read(read)
    assert again["tables/noted/workbench_notes.jsonl"].count(b"\n") == 2
    assert again[f"files/{NAME}"] == b"after, and longer"
    assert "files/tables/tab_2.rows" not in again
    assert list(room.home.folder.glob(".snapshot-*")) == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_moment_without_changes_is_looked_for_and_not_for_ever(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0)
    fixed, changes = Holdings._fixed, [3]

    def changing(self: Holdings, blobs: Blobs) -> Any:
        if changes[0]:
            changes[0] -= 1
            room.catalogue.put("words", "a", {"n": changes[0]})
        return fixed(self, blobs)

    monkeypatch.setattr(Holdings, "_fixed", changing)
    assert room.holdings.read(read)["documents/words.jsonl"] == b'["a",{"n":0}]\n'
    changes[0] = 1_000
    with pytest.raises(StorageFault, match="changes all the time"):
        room.holdings.read(read)


def test_it_is_empty_until_something_is_put_anywhere(room: Room) -> None:
    assert room.holdings.is_empty()
    room.catalogue.put("words", "a", {})
    assert not room.holdings.is_empty()
    room.catalogue.delete("words", "a")
    assert room.holdings.is_empty()
    room.blobs.put(NAME, b"")
    assert not room.holdings.is_empty()
    room.blobs.delete(NAME)
    room.note("one")
    assert not room.holdings.is_empty()
    assert room.holdings.has_only_rows() == room.database.shared
    room.catalogue.put("words", "a", {})
    with pytest.raises(Refused, match="There is a workbench"):
        room.holdings.fill(iter(()))


def given(
    columns: tuple[str, ...], version: int, *lines: bytes, name: str = "noted/workbench_notes"
) -> list[Given]:
    return [Given(f"tables/{name}.jsonl", iter([(len(lines), b"".join(lines))]), columns, version)]


def test_rows_of_an_older_version_get_what_is_new_in_them(room: Room) -> None:
    about = next(iter(room.holdings.read(list)))
    room.holdings.fill([about, *given(("no", "text"), 1, b'[7,"old"]\n', b'[9,"older"]\n')])
    assert room.notes() == [(7, "old", "nobody"), (9, "older", "nobody")]
    room.note("next")
    assert room.notes()[-1] == (10, "next", "nobody")


@pytest.mark.parametrize(
    ("columns", "version", "error"),
    [
        (("no", "text", "unit"), 3, TooNew),
        (("no", "text", "colour"), 1, Refused),
        (("no",), 1, Refused),
        (("no", "text", "unit"), 1, Refused),  # what else changed then is not known
    ],
)
def test_rows_that_do_not_fit_are_refused_and_nothing_is_kept(
    room: Room, columns: tuple[str, ...], version: int, error: type[Exception]
) -> None:
    with pytest.raises(error, match="workbench_notes"):
        room.holdings.fill(given(columns, version, b"[1]\n"))
    assert room.holdings.is_empty()
    with pytest.raises(Refused, match="has no table"):
        room.holdings.fill(given(("no",), 1, b"[1]\n", name="noted/other"))


@pytest.mark.parametrize("line", [b"[1]\n", b'{"no":1}\n', b"[1,\n", b"\xff\n"])
def test_lines_that_are_no_rows_are_damaged(room: Room, line: bytes) -> None:
    with pytest.raises(Damaged, match="cannot be read"):
        room.holdings.fill(given(("no", "text", "unit"), 2, line))
    assert room.holdings.is_empty()


def test_a_team_keeps_tokens_and_its_id_where_everybody_finds_them(room: Room) -> None:
    salt = bytes(range(32)).hex() if room.database.shared else room.home.salt.hex()
    id = "home_other" if room.database.shared else room.home.id
    about = f'{{"id": "{id}", "salt": "{salt}"}}\n'.encode()
    room.holdings.fill(
        [
            Given("home.json", iter([(1, about)])),
            Given("secrets.jsonl", iter([(1, b'["sec_1","x"]\n')]), (), 1),
        ]
    )
    parts = room.holdings.read(read)
    assert (parts["home.json"], parts["secrets.jsonl"]) == (about, b'["sec_1","x"]\n')
    if room.database.shared:
        assert Documents(room.database).read(VAULT_KIND).texts == {"sec_1": "x"}
    else:
        assert room.tokens.kept == {"sec_1": "x"}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_home_with_other_pseudonyms_is_refused(room: Room) -> None:
    about = b'{"id": "home_other", "salt": "00"}\n'
    with pytest.raises(Refused, match="belongs to another workbench"):
        room.holdings.fill([Given("home.json", iter([(1, about)]))])


def part(name: str = "tables/a/b.jsonl", count: int = 1, digest: str = "0", version: int = 1) -> Part:
    return Part(name=name, count=count, size=1, sha256=digest * 64, schema_version=version)


def test_what_arrives_is_compared_with_what_was_sent() -> None:
    check_arrived([part()], [part()], "there")
    check_arrived([part(), part("gone", count=0)], [part(), part("new", count=0)], "there")
    check_arrived([part(version=1)], [part(digest="1", version=2)], "there")  # brought up to date
    for sent, here in (
        ([part()], [part(digest="1")]), ([part()], [part(count=2)]), ([part()], []), ([], [part()]),
        ([part(version=1)], [part(count=2, version=2)]),
    ):  # fmt: skip
        with pytest.raises(Damaged, match="did not arrive in there"):
            check_arrived(sent, here, "there")


def test_the_order_of_rows_is_that_of_their_bytes(room: Room) -> None:
    words = ["Zoë", "zoë", "Ana", "ö", "_", "Ångström", "a b", "ab"]
    for word in words:
        room.catalogue.put("words", word, {})
    listed = room.holdings.read(counted)
    assert [one.count for one in listed if one.name == "documents/words.jsonl"] == [len(words)]
    table = sa.Table("workbench_words", sa.MetaData(), sa.Column("word", sa.Text, primary_key=True))

    def work(connection: sa.Connection) -> bytes:
        table.create(connection)
        connection.execute(sa.insert(table), [{"word": word} for word in words])
        return b"".join(lines for _, lines in holdings_rows.batches(connection, table))

    found = room.database.write_now(work).decode().splitlines()
    assert found == [f'["{word}"]' for word in sorted(words, key=lambda word: word.encode())]
