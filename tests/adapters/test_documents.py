"""A team's rows by kind and id: read when they changed and only then, changed by one at a time, and written where they differ."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.adapters import database as module
from workbench.adapters.database import Database
from workbench.adapters.documents import Documents
from workbench.adapters.home import Home
from workbench.errors import CannotWrite, StorageFault

KIND = "things"


@pytest.fixture
def pair(team_url: str, home: Home) -> Iterator[tuple[Documents, Documents]]:
    databases = [Database.open(team_url, home) for _ in range(2)]
    yield Documents(databases[0]), Documents(databases[1])
    for database in databases:
        asyncio.run(database.close())


def put(documents: Documents, **texts: str) -> None:
    with documents.changing(KIND) as held:
        held.texts.update(texts)


def test_what_one_kept_the_other_reads_once(pair: tuple[Documents, Documents]) -> None:
    one, two = pair
    assert two.read(KIND).texts == {}
    put(one, a="1", b="2")
    kept = two.read(KIND)
    assert dict(kept.texts) == {"a": "1", "b": "2"}
    assert two.read(KIND) is kept, "as long as nothing changes nothing is read anew"
    put(one, b="3")
    assert dict(two.read(KIND).texts) == {"a": "1", "b": "3"}
    put(two, b="4")
    assert dict(one.read(KIND).texts) == {"a": "1", "b": "4"}
    assert one.mark(KIND) == two.read(KIND).mark


def test_only_what_differs_is_written(documents: Documents, team_url: str) -> None:
    def written() -> dict[str, str]:
        with psycopg.connect(team_url) as connection:
            found = connection.execute("SELECT id, xmin::text FROM workbench_document_rows").fetchall()
        return dict(found)

    put(documents, **{f"k{n}": str(n) for n in range(5)})
    before = written()
    with documents.changing(KIND) as held:
        held.texts |= {"k1": "other", "k2": "2", "k9": "new"}
        del held.texts["k3"]
    after = written()
    assert sorted(after) == ["k0", "k1", "k2", "k4", "k9"]
    assert {id for id in after if before.get(id) != after[id]} == {"k1", "k9"}
    mark = documents.mark(KIND)
    put(documents, k1="other")
    assert written() == after
    assert documents.mark(KIND) == mark


def test_a_block_that_fails_changes_nothing(documents: Documents) -> None:
    put(documents, a="1")
    before = documents.read(KIND)

    def fail() -> None:
        with documents.changing(KIND) as held:
            held.texts["a"] = "2"
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert documents.read(KIND) == before
    with documents.changing(KIND) as held:
        assert held.texts == {"a": "1"}


def test_who_comes_second_sees_what_the_first_one_kept(pair: tuple[Documents, Documents]) -> None:
    one, two = pair
    put(two, n="0")
    inside, seen = threading.Event(), []

    def second() -> None:
        inside.wait()
        with two.changing(KIND) as held:
            seen.append(held.texts["n"])
            held.texts["n"] += "2"

    thread = threading.Thread(target=second)
    thread.start()
    with one.changing(KIND) as held:
        inside.set()
        assert two.read(KIND).texts["n"] == "0", "a reader does not wait"
        held.texts["n"] += "1"
    thread.join()
    assert seen == ["01"]
    assert one.read(KIND).texts["n"] == "012"


def test_two_that_begin_a_kind_at_the_same_time_both_keep(pair: tuple[Documents, Documents]) -> None:
    def work(documents: Documents, name: str) -> None:
        for n in range(10):
            with documents.changing(f"kind{n}") as held:
                held.texts[name] = "x"

    threads = [threading.Thread(target=work, args=(one, name)) for one, name in zip(pair, "ab", strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(dict(pair[0].read(f"kind{n}").texts) == {"a": "x", "b": "x"} for n in range(10))


def test_a_kind_that_is_held_too_long_is_said(
    pair: tuple[Documents, Documents], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair
    monkeypatch.setattr(module, "BUSY_S", 0.05)
    asyncio.run(two._database.close())  # its connections begin with the shorter patience
    with (
        one.changing(KIND),
        pytest.raises(CannotWrite, match="in use by another process"),
        two.changing(KIND),
    ):
        pass
    with two.changing(KIND) as held:
        assert held.texts == {}


def test_what_was_read_before_a_backup_was_restored_is_not_taken_for_what_is_there_now(
    documents: Documents, team_url: str
) -> None:
    put(documents, a="1")
    put(documents, a="2")
    assert documents.read(KIND).texts["a"] == "2"
    with psycopg.connect(team_url) as connection:  # as an older dump brings it back
        connection.execute("DELETE FROM workbench_document_rows")
        connection.execute("DELETE FROM workbench_document_kinds")
    assert documents.mark(KIND) is None
    assert documents.read(KIND).texts == {}
    put(documents, b="1")
    put(documents, b="2")
    assert dict(documents.read(KIND).texts) == {"b": "2"}


def test_rows_are_gone_when_the_tables_are(documents: Documents, team_url: str) -> None:
    put(documents, a="1")
    with psycopg.connect(team_url) as connection:
        connection.execute("DROP TABLE workbench_document_kinds")
    for ask in (lambda: documents.read(KIND), lambda: put(documents, a="2")):
        with pytest.raises(StorageFault, match=r"did not do what was asked \(42P01\)"):
            ask()


strange = st.text(max_size=4) | st.sampled_from(["\0", '"', '"\0', "\ud800", "é", '"a"'])
storable = st.text(st.characters(exclude_characters="\0", codec="utf-8"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(strange, storable, max_size=4))
def test_whatever_the_ids_are_they_come_back(documents: Documents, texts: dict[str, str]) -> None:
    with documents.changing(KIND) as held:
        held.texts.clear()
        held.texts.update(texts)
    fresh = Documents(documents._database)
    assert dict(fresh.read(KIND).texts) == texts


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from("abcd"), st.none() | st.sampled_from("xyz")), max_size=12
    )
)
def test_each_of_several_readers_sees_what_is_there_however_late_it_looks(
    documents: Documents, steps: list[tuple[int, str, str | None]]
) -> None:
    """Rows are added, changed and removed by one of three, who each know another moment of the past."""
    three, model = [Documents(documents._database) for _ in range(3)], dict(documents.read(KIND).texts)
    for who, id, text in steps:
        with three[who].changing(KIND) as held:
            assert held.texts == model
            if text is None:
                held.texts.pop(id, None)
                model.pop(id, None)
            else:
                held.texts[id] = model[id] = text
        assert dict(three[(who + 1) % 3].read(KIND).texts) == model
