from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.conftest import PlainFolder
from workbench.adapters import files
from workbench.adapters.catalogue import MIGRATIONS, Catalogue, newest
from workbench.adapters.database import Database
from workbench.adapters.documents import Documents
from workbench.adapters.files import Json
from workbench.adapters.home import Home, open_home
from workbench.adapters.vault import Vault
from workbench.errors import CannotWrite, NotFound, StorageFault, TooNew

KIND = "integrations"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture(params=["disk", "memory", "team"])
def catalogue(request: pytest.FixtureRequest, home: Home) -> Catalogue:
    if request.param == "memory":
        return Catalogue.in_memory()
    return Catalogue(
        home, documents=request.getfixturevalue("documents") if request.param == "team" else None
    )


def test_what_is_put_comes_back(catalogue: Catalogue) -> None:
    catalogue.put(KIND, "int_2", {"id": "int_2", "name": "Zwei", "body": {"b": 1, "a": [None, 1.5, True]}})
    catalogue.put(KIND, "int_1", {"id": "int_1", "name": "Um — 1"})
    assert catalogue.get(KIND, "int_2") == {
        "id": "int_2",
        "name": "Zwei",
        "body": {"b": 1, "a": [None, 1.5, True]},
    }
    assert list(catalogue.get(KIND, "int_2")["body"]) == ["b", "a"], (
        "the order inside a document is the author's"
    )
    assert [document["id"] for document in catalogue.all(KIND)] == ["int_1", "int_2"]
    assert catalogue.all("drafts") == []


def test_a_document_is_replaced_whole(catalogue: Catalogue) -> None:
    catalogue.put(KIND, "int_1", {"name": "a", "old": True})
    catalogue.put(KIND, "int_1", {"name": "b"})
    assert catalogue.all(KIND) == [{"name": "b"}]


def test_what_is_not_there_is_not_found(catalogue: Catalogue) -> None:
    for ask in (catalogue.get, catalogue.delete):
        with pytest.raises(NotFound, match="nothing under “int_9”"):
            ask(KIND, "int_9")
    catalogue.put(KIND, "int_9", {})
    catalogue.delete(KIND, "int_9")
    with pytest.raises(NotFound):
        catalogue.get(KIND, "int_9")


def test_documents_are_copies(catalogue: Catalogue) -> None:
    mine = {"names": ["a"]}
    catalogue.put(KIND, "int_1", mine)
    mine["names"].append("b")
    catalogue.get(KIND, "int_1")["names"].append("c")
    catalogue.all(KIND)[0]["names"].append("d")
    assert catalogue.get(KIND, "int_1") == {"names": ["a"]}


def test_update_reads_and_writes_in_one_go(catalogue: Catalogue) -> None:
    def count(document: Json | None) -> Json:
        return {"count": (document or {"count": 0})["count"] + 1}

    assert catalogue.update(KIND, "int_1", count) == {"count": 1}
    assert catalogue.update(KIND, "int_1", count) == {"count": 2}
    with pytest.raises(ZeroDivisionError):
        catalogue.update(KIND, "int_1", lambda document: {"count": 1 // 0})
    assert catalogue.get(KIND, "int_1") == {"count": 2}


def test_a_transaction_sees_all_and_keeps_all_or_nothing(catalogue: Catalogue) -> None:
    catalogue.put(KIND, "a", {"name": "one"})
    catalogue.put(KIND, "b", {"name": "two"})
    with catalogue.transaction(KIND) as documents:
        assert documents == {"a": {"name": "one"}, "b": {"name": "two"}}
        documents["a"]["name"] = "uno"
        documents["c"] = {"name": "three"}
        del documents["b"]
    assert catalogue.all(KIND) == [{"name": "uno"}, {"name": "three"}]

    def fail() -> None:
        with catalogue.transaction(KIND) as documents:
            documents.clear()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert len(catalogue.all(KIND)) == 2


@pytest.mark.parametrize("bad", [{"a": {1, 2}}, {"a": float("nan")}, {"a": b"x"}])
def test_what_is_no_json_is_refused_before_anything_is_kept(bad: Json, catalogue: Catalogue) -> None:
    catalogue.put(KIND, "a", {"n": 1})
    with pytest.raises((TypeError, ValueError)):
        catalogue.put(KIND, "a", bad)
    with pytest.raises((TypeError, ValueError)), catalogue.transaction(KIND) as documents:
        documents.update({"0": {}, "a": bad, "z": {}})
    assert catalogue.all(KIND) == [{"n": 1}]


@pytest.mark.parametrize("kind", ["", "../x", "a b", "a.b", "a/b"])
def test_a_kind_is_one_word(kind: str, home: Home) -> None:
    with pytest.raises(ValueError, match="one word"):
        Catalogue(home).put(kind, "a", {})
    with pytest.raises(ValueError, match="one word"):
        Catalogue(home).all(kind)


def test_the_file_is_readable_for_people_and_ordered_by_id(home: Home) -> None:
    catalogue = Catalogue(home)
    catalogue.put(KIND, "b", {"name": "São Paulo"})
    catalogue.put(KIND, "a", {"name": "x"})
    assert home.path("integrations.json").read_text("utf-8") == (
        '{\n  "schema": 1,\n  "documents": {\n    "a": {\n      "name": "x"\n    },\n'
        '    "b": {\n      "name": "São Paulo"\n    }\n  }\n}\n'
    )


@pytest.fixture(params=["disk", "team"])
def pair(request: pytest.FixtureRequest, home: Home, team_url: str) -> Iterator[tuple[Catalogue, Catalogue]]:
    """Two catalogues of the same home or team, as two processes have them."""
    if request.param == "disk":
        yield Catalogue(home), Catalogue(home)
        return
    databases = [Database.open(team_url, home) for _ in range(2)]
    one, two = (Catalogue(home, documents=Documents(database)) for database in databases)
    yield one, two
    for database in databases:
        asyncio.run(database.close())


def test_a_change_that_changes_nothing_writes_nothing(catalogue: Catalogue) -> None:
    catalogue.put(KIND, "a", {"n": 1})
    before = catalogue.mark(KIND)
    with catalogue.transaction(KIND) as documents:
        documents["a"] = {"n": 1}
    with pytest.raises(NotFound):
        catalogue.delete(KIND, "b")
    assert catalogue.mark(KIND) == before


def test_a_mark_changes_with_its_kind_alone(pair: tuple[Catalogue, Catalogue]) -> None:
    one, two = pair
    assert one.mark(KIND) is None
    seen = set()
    for n in range(5):
        one.put(KIND, "a", {"n": n})
        assert one.mark(KIND) == two.mark(KIND)
        seen.add(two.mark(KIND))
    with two.transaction(KIND) as documents:
        documents["b"] = {}
    seen.add(one.mark(KIND))
    two.delete(KIND, "a")
    seen.add(one.mark(KIND))
    assert len(seen) == 7
    before = one.mark(KIND)
    one.put("drafts", "a", {})
    assert two.mark(KIND) == before
    assert Catalogue.in_memory().mark(KIND) is None


def test_the_kinds_are_those_that_hold_something(catalogue: Catalogue) -> None:
    assert catalogue.kinds() == []
    for kind in ("integrations", "drafts", "gates"):
        catalogue.put(kind, "a", {})
    catalogue.delete("gates", "a")
    assert catalogue.kinds() == ["drafts", "integrations"]


def test_what_the_vault_keeps_is_no_kind(home: Home, documents: Documents) -> None:
    for rows in (None, documents):
        Vault.open(home, {"WORKBENCH_KEYRING": "off"}, rows).seal_text("a secret of the tests")
        catalogue = Catalogue(home, documents=rows)
        assert catalogue.kinds() == []
        for ask in (catalogue.all, catalogue.mark):
            with pytest.raises(ValueError, match="one word"):
                ask("vault")


def test_two_homes_never_mix(home: Home, tmp_path: Path) -> None:
    Catalogue(home).put(KIND, "a", {"n": 1})
    assert Catalogue(open_home(tmp_path / "other")).all(KIND) == []


def test_what_another_process_wrote_is_seen_at_once(pair: tuple[Catalogue, Catalogue]) -> None:
    for n in range(20):
        reader, writer = pair[n % 2], pair[1 - n % 2]
        writer.put(KIND, "a", {"n": n})
        assert reader.get(KIND, "a") == {"n": n}
        assert reader.all(KIND) == [{"n": n}]


def test_what_an_editor_wrote_is_seen_at_once(home: Home) -> None:
    reader, writer = Catalogue(home), Catalogue(home)
    writer.put(KIND, "a", {"n": 19})
    assert reader.get(KIND, "a") == {"n": 19}
    path = home.path("integrations.json")
    path.write_text(path.read_text().replace("19", "20"))
    assert reader.get(KIND, "a") == {"n": 20}


def test_threads_lose_nothing(catalogue: Catalogue) -> None:
    def work(name: int) -> None:
        for n in range(25):
            catalogue.put(KIND, f"{name}_{n}", {"n": n})
            catalogue.update("counters", "all", lambda document: {"n": (document or {"n": 0})["n"] + 1})

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(catalogue.all(KIND)) == 200
    assert catalogue.get("counters", "all") == {"n": 200}


def test_what_waits_together_is_written_together_and_each_hears_its_own(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, writes, said = Catalogue(home), [], {}
    write = files.write_atomically
    monkeypatch.setattr(
        files, "write_atomically", lambda path, data: (writes.append(path), write(path, data))
    )

    def put(id: str) -> None:
        try:
            catalogue.update(KIND, id, lambda before: {"n": 1 // int(id)})
        except ZeroDivisionError as error:
            said[id] = error

    threads = [threading.Thread(target=put, args=(str(number),)) for number in range(6)]
    with catalogue.transaction("drafts"):
        for thread in threads:
            thread.start()
        while len(catalogue._queues.get(KIND, ())) < 6:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert len(writes) == 1
    assert len(catalogue.all(KIND)) == 5
    assert list(said) == ["0"]


def test_when_the_write_fails_everybody_who_waited_hears_it(plain_folder: PlainFolder) -> None:
    catalogue, said = Catalogue(open_home(plain_folder.path)), []

    def put(id: str) -> None:
        try:
            catalogue.put(KIND, id, {})
        except CannotWrite as error:
            said.append(error)

    threads = [threading.Thread(target=put, args=(str(number),)) for number in range(4)]
    with plain_folder.read_only():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(said) == 4
    assert catalogue.all(KIND) == []


def test_a_name_is_unique_when_checked_inside_the_transaction(catalogue: Catalogue) -> None:
    taken: list[str] = []

    def save(id: str) -> None:
        with catalogue.transaction(KIND) as documents:
            if any(document["name"] == "same" for document in documents.values()):
                taken.append(id)
                return
            documents[id] = {"name": "same"}

    threads = [threading.Thread(target=save, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(catalogue.all(KIND)) == 1
    assert len(taken) == 7


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\x00" * 4096,
        b"[]",
        b'{"schema": 1}',
        b'{"schema": 1, "documents": []}',
        b'{"schema": 1, "documents": {"a": 1}}',
    ],
)
@pytest.mark.parametrize("first", ["read", "write"])
def test_a_damaged_file_is_set_aside_reported_and_begun_anew(content: bytes, first: str, home: Home) -> None:
    home.path("integrations.json").write_bytes(content)
    catalogue = Catalogue(home)
    if first == "read":
        assert catalogue.all(KIND) == []
    catalogue.put(KIND, "a", {"n": 1})
    assert catalogue.all(KIND) == [{"n": 1}]
    (aside,) = home.folder.glob("integrations.json.damaged-*")
    assert aside.read_bytes() == content
    (notice,) = catalogue.notices
    assert aside.name in str(notice)
    assert "integrations.json could not be read and was set aside" in str(notice)


def test_a_file_damaged_at_any_byte_is_read_whole_or_set_aside(home: Home) -> None:
    Catalogue(home).put(KIND, "a", {"n": 1, "name": "São"})
    path = home.path("integrations.json")
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        catalogue = Catalogue(home)
        documents = catalogue.all(KIND)
        assert (documents == [] and len(catalogue.notices) == 1) or json.loads(whole[:cut]) == json.loads(
            whole
        )
        assert documents == [] or cut == len(whole) - 1, "only the last newline may be missed"


def rename(old: str, new: str) -> Callable[[Json], Json]:
    return lambda document: {new if name == old else name: value for name, value in document.items()}


STEPS = {
    KIND: {
        1: rename("title", "label"),
        2: rename("label", "name"),
        3: lambda document: {**document, "tags": []},
    }
}
OLD = {1: {"title": "x"}, 2: {"label": "x"}, 3: {"name": "x"}}


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("first", ["read", "write"])
def test_every_older_version_is_brought_up_to_date_and_a_copy_kept(
    version: int, first: str, home: Home
) -> None:
    path = home.path("integrations.json")
    old = json.dumps({"schema": version, "documents": {"a": OLD[version]}}).encode()
    path.write_bytes(old)
    catalogue = Catalogue(home, STEPS)
    if first == "read":
        assert catalogue.get(KIND, "a") == {"name": "x", "tags": []}
    else:
        catalogue.put(KIND, "b", {"name": "y", "tags": []})
        assert len(catalogue.all(KIND)) == 2
    assert json.loads(path.read_bytes())["schema"] == 4
    (copy,) = home.folder.glob(f"integrations.json.version-{version}-*")
    assert copy.read_bytes() == old
    assert Catalogue(home, STEPS).get(KIND, "a") == {"name": "x", "tags": []}
    assert len(list(home.folder.glob("integrations.json.version-*"))) == 1
    assert catalogue.notices == []


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("first", ["read", "write"])
def test_a_team_s_older_documents_are_brought_up_to_date_and_a_copy_kept(
    version: int, first: str, documents: Documents
) -> None:
    with documents.changing(KIND, version) as held:
        held.texts["a"] = json.dumps(OLD[version])
    catalogue = Catalogue(None, STEPS, documents)
    if first == "read":
        assert catalogue.get(KIND, "a") == {"name": "x", "tags": []}
    else:
        catalogue.put(KIND, "b", {"name": "y", "tags": []})
        assert len(catalogue.all(KIND)) == 2
    assert documents.read(KIND).version == 4
    copy = documents.read(f"{KIND}@version-{version}")
    assert copy.texts == {"a": json.dumps(OLD[version])}
    assert catalogue.kinds() == [KIND], "a copy is no kind"
    assert Catalogue(None, STEPS, documents).get(KIND, "a") == {"name": "x", "tags": []}


def test_a_team_s_migration_that_fails_leaves_everything_as_it_was(documents: Documents) -> None:
    with documents.changing(KIND) as held:
        held.texts |= {"a": "{}", "b": '{"x": 1}'}
    before = documents.read(KIND)
    for _ in range(2):
        with pytest.raises(KeyError):
            Catalogue(None, {KIND: {1: lambda document: {"y": document["x"]}}}, documents).all(KIND)
    assert documents.read(KIND) == before
    assert documents.kinds() == [KIND]


def test_a_team_s_newer_documents_are_left_untouched(documents: Documents) -> None:
    with documents.changing(KIND, 2) as held:
        held.texts["a"] = '{"n": 1}'
    before, catalogue = documents.read(KIND), Catalogue(None, documents=documents)
    attempts: list[Callable[[], Any]] = [
        lambda: catalogue.all(KIND),
        lambda: catalogue.put(KIND, "a", {}),
        lambda: catalogue.delete(KIND, "a"),
    ]
    for attempt in attempts:
        with pytest.raises(TooNew, match=r"“integrations” in .* Update the workbench"):
            attempt()
    assert documents.read(KIND) == before
    assert catalogue.all("drafts") == [], "other kinds go on"


def test_a_migration_that_fails_leaves_the_file_as_it_was(home: Home) -> None:
    old = b'{"schema": 1, "documents": {"a": {}, "b": {"x": 1}}}'
    home.path("integrations.json").write_bytes(old)
    for _ in range(2):
        with pytest.raises(KeyError):
            Catalogue(home, {KIND: {1: lambda document: {"y": document["x"]}}}).all(KIND)
    assert home.path("integrations.json").read_bytes() == old
    assert [path.name for path in home.folder.glob("integrations*")] == ["integrations.json"]


def test_every_kind_can_leave_every_version_it_ever_had() -> None:
    for steps in MIGRATIONS.values():
        assert sorted(steps) == list(range(1, newest(steps)))


def test_a_newer_file_is_left_untouched(home: Home) -> None:
    content = b'{"schema": 2, "documents": {"a": {"n": 1}}, "else": 1}'
    home.path("integrations.json").write_bytes(content)
    catalogue = Catalogue(home)
    attempts: list[Callable[[], Any]] = [
        lambda: catalogue.all(KIND),
        lambda: catalogue.get(KIND, "a"),
        lambda: catalogue.put(KIND, "a", {}),
        lambda: catalogue.delete(KIND, "a"),
    ]
    for attempt in attempts:
        with pytest.raises(TooNew, match="Update the workbench"):
            attempt()
    assert home.path("integrations.json").read_bytes() == content
    assert catalogue.all("drafts") == [], "other kinds go on"


def test_in_a_folder_that_is_read_only_one_can_read_and_is_told_on_writing(plain_folder: PlainFolder) -> None:
    home = open_home(plain_folder.path)
    catalogue = Catalogue(home)
    catalogue.put(KIND, "a", {"n": 1})
    for path in home.folder.iterdir():
        path.chmod(0o644)
    (home.folder / ".integrations.json.lock").unlink()
    with plain_folder.read_only():
        assert Catalogue(home).get(KIND, "a") == {"n": 1}
        for write in (lambda: catalogue.put(KIND, "a", {}), lambda: catalogue.delete(KIND, "a")):
            with pytest.raises(CannotWrite, match="not allowed to write"):
                write()
    assert Catalogue(home).all(KIND) == [{"n": 1}]


def test_a_file_that_may_not_be_read_is_not_taken_for_an_empty_one(plain_folder: PlainFolder) -> None:
    home = open_home(plain_folder.path)
    Catalogue(home).put(KIND, "a", {"n": 1})
    path = home.path("integrations.json")
    path.chmod(0)
    with plain_folder.read_only(), pytest.raises(StorageFault, match="cannot be read"):
        Catalogue(home).all(KIND)
    path.chmod(0o600)
    assert Catalogue(home).all(KIND) == [{"n": 1}]


names = st.text(max_size=3)
values = st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5) | st.none(), max_size=3)


class LikeADict(RuleBasedStateMachine):
    """Whatever is done to it, in memory and on the disk: the catalogue holds what a plain dict would hold."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = next(LikeADict.folders)
        self.catalogues = [Catalogue(open_home(self.folder)), Catalogue.in_memory()]
        self.catalogues += [Catalogue(None, documents=documents) for documents in LikeADict.of_a_team]
        for catalogue in self.catalogues:
            with catalogue.transaction(KIND) as documents:
                documents.clear()  # of the example before
        self.model: dict[str, Json] = {}

    folders: Iterator[Path]
    of_a_team: list[Documents]

    @rule(id=names, document=values)
    def put(self, id: str, document: Json) -> None:
        for catalogue in self.catalogues:
            catalogue.put(KIND, id, document)
        self.model[id] = document

    @rule(id=names)
    def delete(self, id: str) -> None:
        for catalogue in self.catalogues:
            if id in self.model:
                catalogue.delete(KIND, id)
            else:
                with pytest.raises(NotFound):
                    catalogue.delete(KIND, id)
        self.model.pop(id, None)

    @rule(changes=st.dictionaries(names, values, max_size=3), gone=st.sets(names, max_size=3))
    def change_several(self, changes: dict[str, Json], gone: set[str]) -> None:
        for catalogue in self.catalogues:
            with catalogue.transaction(KIND) as documents:
                documents.update(changes)
                for id in gone:
                    documents.pop(id, None)
        self.model = {id: document for id, document in {**self.model, **changes}.items() if id not in gone}

    @invariant()
    def holds_the_same(self) -> None:
        expected = [self.model[id] for id in sorted(self.model)]
        assert all(catalogue.all(KIND) == expected for catalogue in self.catalogues)
        for id, document in self.model.items():
            assert all(catalogue.get(KIND, id) == document for catalogue in self.catalogues)


def test_the_catalogue_behaves_like_a_dict(tmp_path: Path, documents: Documents) -> None:
    LikeADict.of_a_team = [documents]
    LikeADict.folders = (tmp_path / str(number) for number in range(10**9))
    machine = settings(max_examples=30, stateful_step_count=15, deadline=None)
    run_state_machine_as_test(LikeADict, settings=machine)


@given(st.dictionaries(st.text(), values, max_size=3))
def test_in_memory_keeps_what_a_file_would(documents: dict[str, Json]) -> None:
    catalogue = Catalogue.in_memory()
    for id, document in documents.items():
        catalogue.put(KIND, id, document)
    assert catalogue.all(KIND) == [documents[id] for id in sorted(documents)]
