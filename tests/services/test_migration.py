"""Migration, backup and restore: what arrives is what was there, in a home or in a team's database; and nothing half, whenever it ends."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.databases import own_schema
from tests.full_room import ANA, ENVIRON, NUMBER, SECRET, filled, opened
from workbench import Workbench
from workbench.adapters import holdings as holdings_module
from workbench.adapters.archive import Archive
from workbench.adapters.home import UNFINISHED, open_home
from workbench.adapters.journal import Journal
from workbench.adapters.new_home import ARRIVING
from workbench.errors import Damaged, NotFound, Refused, StorageFault
from workbench.models.backup import Part
from workbench.models.consent import ConsentAsk
from workbench.models.journal import Entry
from workbench.models.work import JobFilter
from workbench.services.backups import checked, holdings_of
from workbench.services.migration import Place, migrate, restore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds something of everything, not to be changed."""
    home = tmp_path_factory.mktemp("full") / "home"
    asyncio.run(filled(home))
    return home


@pytest.fixture
def home(full: Path, tmp_path: Path) -> Path:
    """A home of a test's own that holds something of everything."""
    return Path(shutil.copytree(full, tmp_path / "home"))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up workers of a full home are known to be dead soon."""
    monkeypatch.setattr("workbench.services.migration.ALIVE_S", 0.05)


def at(home: Path | None, url: str | None = None) -> Place:
    return Place(home, url, opened)


async def held(home: Path | None, url: str | None = None) -> tuple[Part, ...]:
    async with opened(home, url) as bench:
        return await asyncio.to_thread(holdings_of(bench.house).tally)


async def archived(home: Path, file: Path) -> Path:
    async with opened(home) as bench:
        await bench.backups.write(file)
    return file


async def check_alive(bench: Workbench) -> None:
    """Check that what is there can be worked with: secrets open, pseudonyms fit, numbers go on behind those that came."""
    integration = (await bench.integrations.list_all())[0].integration
    assert integration.settings.name == "Zoë's reminders"
    handles = bench.house.vault.handles()
    assert SECRET in {bench.house.vault.open_text(handle) for handle in handles}
    assert bench.gates.lists_of.open("news").contain([ANA, "cy@example.com"]) == [True, False]
    [decision] = await bench.consent.decide([ConsentAsk(channel="sms", point=NUMBER)])
    assert not decision.send
    [run] = [one for one in await bench.runs.runs() if one.plan.table_id]
    batches = [batch async for batch in bench.runs.tables.batches(run.plan.table_id)]
    assert [row.cells["mail"] for batch in batches for row in batch][:2] == [
        "ana0@example.com",
        "ana1@example.com",
    ]
    jobs = {one.job.id for one in await bench.house.ledger.jobs(JobFilter())}
    made = (await bench.work.create(integration.id)).job
    assert made.id not in jobs
    assert len(await bench.house.ledger.jobs(JobFilter())) == len(jobs) + 1
    assert (await bench.gates.pools_of.add("spring", ["NEW"])).total == 2_501


def test_a_full_workbench_has_something_in_every_part(full: Path) -> None:
    parts = asyncio.run(held(full))
    assert [part.name for part in parts if not part.count] == []
    assert {part.kind for part in parts} == {"home", "documents", "secrets", "tables", "files"}


# -- over and back -------------------------------------------------------------------------------------------------------


async def test_over_to_a_database_and_back_nothing_is_another(
    home: Path, tmp_path: Path, postgres_url: str
) -> None:
    url, before = own_schema(postgres_url), await held(home)
    async with opened(home) as bench:
        moved = await migrate(bench.house, at(tmp_path / "machine", url))
    assert moved.parts == before
    assert (moved.locked, moved.under_way, moved.stopped) == (0, 1, 0)
    assert await held(tmp_path / "another machine", url) == before
    async with opened(tmp_path / "machine", url) as bench:
        back = await migrate(bench.house, at(tmp_path / "back"))
    assert back.parts == before == await held(tmp_path / "back") == await held(home)
    assert back.totals.rows == sum(part.count for part in before if part.kind == "tables")
    assert _texts(tmp_path / "back") == _texts(home)
    async with opened(tmp_path / "machine", url) as bench:
        await check_alive(bench)
    async with opened(tmp_path / "back") as bench:
        await check_alive(bench)


def _texts(home: Path) -> dict[str, bytes]:
    """Return the files that hold no more than what was put in: the same bytes in a home that is the same."""
    found = {
        str(path.relative_to(home)): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.suffix in {".json", ".rows", ".table", ".list"}
    }
    return {name: data for name, data in found.items() if b'"documents": {}' not in data}


async def test_what_is_not_empty_is_refused_and_stays(home: Path, tmp_path: Path, postgres_url: str) -> None:
    url = own_schema(postgres_url)
    async with opened(tmp_path / "other", url) as bench:
        await bench.people.add("Ada", "admin")
    async with opened(tmp_path / "third") as bench:
        await bench.people.add("Ada", "admin")
    for place in (at(tmp_path / "other", url), at(tmp_path / "third")):
        async with opened(home) as bench:
            with pytest.raises(Refused, match="There is a workbench in"):
                await migrate(bench.house, place)
        assert [
            part.count for part in await held(place.home, place.database) if part.kind == "documents"
        ] == [1]


async def test_a_home_comes_to_the_database_that_was_its_journal_alone(
    tmp_path: Path, postgres_url: str
) -> None:
    """As it was with WORKBENCH_JOURNAL: entries in the database, everything else in the home."""
    url, folder = own_schema(postgres_url), tmp_path / "home"
    async with opened(folder) as bench:
        bench.house.catalogue.put("words", "a", {"text": "kept"})
        home, secret = bench.house.home, bench.house.vault.seal_text(SECRET)
    journal = Journal.open(url, open_home(folder, ENVIRON))
    await journal.append(Entry(id="ent_1", at=NOW, kind="send", mode="rehearsal", who="Eve"))
    await journal.close()
    async with opened(folder) as bench:
        moved = await migrate(bench.house, at(folder, url))
    assert (moved.totals.documents, moved.totals.secrets, moved.totals.rows) == (1, 1, 1)
    async with opened(folder, url) as bench:
        assert bench.house.home.salt == home.salt
        assert bench.house.vault.open_text(secret.handle) == SECRET
        assert [entry.id for entry in await bench.activity.entries()] == ["ent_1"]
        await bench.people.add("Eve")
    async with opened(tmp_path / "other") as bench:
        bench.house.catalogue.put("words", "b", {})
        with pytest.raises(Refused, match="There is a workbench in"):
            await migrate(bench.house, at(folder, url))


async def test_rows_never_come_to_rows(home: Path, tmp_path: Path, postgres_url: str) -> None:
    url = own_schema(postgres_url)
    journal = Journal.open(url, open_home(home, ENVIRON))
    await journal.append(Entry(id="ent_1", at=NOW, kind="send", mode="rehearsal", who="Eve"))
    await journal.close()
    async with opened(home) as bench:
        with pytest.raises(Refused, match="There is a workbench in"):
            await migrate(bench.house, at(home, url))
    async with opened(tmp_path / "machine", url) as bench:
        assert await asyncio.to_thread(holdings_of(bench.house).has_only_rows)
        assert [entry.id for entry in await bench.activity.entries()] == ["ent_1"]


async def test_what_had_arrived_already_is_no_error(home: Path, tmp_path: Path, postgres_url: str) -> None:
    url = own_schema(postgres_url)
    for place in (at(tmp_path / "machine", url), at(tmp_path / "copy")):
        async with opened(home) as bench:
            first = await migrate(bench.house, place)
            assert not first.before
            assert await migrate(bench.house, place) == first.model_copy(update={"before": True})


async def test_a_workbench_that_somebody_works_with_is_not_moved(home: Path, tmp_path: Path) -> None:
    async with opened(home) as bench:
        ledger = bench.house.ledger
        counted = asyncio.create_task(_beats(bench, (await ledger.workers())[0].id))
        try:
            with pytest.raises(Refused, match="Somebody works with this workbench now"):
                await migrate(bench.house, at(tmp_path / "copy"))
        finally:
            counted.cancel()
    assert not (tmp_path / "copy").exists()


async def _beats(bench: Workbench, worker: str) -> None:
    while True:
        await bench.house.ledger.beat(worker, ())
        await asyncio.sleep(0)


# -- backup and restore --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", [False, True], ids=["home", "database"])
async def test_a_backup_restored_in_an_empty_place_equals_the_original(
    home: Path, tmp_path: Path, postgres_url: str, shared: bool
) -> None:
    before = await held(home)
    file = await archived(home, tmp_path / "b.zip")
    assert checked(file).parts == before
    place = at(tmp_path / "machine", own_schema(postgres_url)) if shared else at(tmp_path / "new")
    moved = await restore(file, place)
    assert moved.parts == before
    assert (moved.stopped, moved.under_way, moved.locked) == (1, 0, 0)
    after = {part.name: part for part in await held(place.home, place.database)}
    changed = [part.name for part in before if after.pop(part.name) != part]
    assert (changed, after) == (["tables/ledger/workbench_jobs.jsonl"], {})
    async with opened(place.home, place.database) as bench:
        [stopped] = await bench.house.ledger.jobs(JobFilter(state="stopped"))
        assert "restored from a backup" in str(stopped.job.reason)
        await check_alive(bench)


async def test_neither_key_nor_secret_is_in_a_backup(home: Path, tmp_path: Path) -> None:
    file = await archived(home, tmp_path / "b.zip")
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        written = b"".join(archive.read(name) for name in archive.namelist())
    for hidden in (SECRET, ENVIRON["WORKBENCH_KEY"], "ana7@example.com"):
        assert hidden.encode() not in written


async def test_without_the_key_a_restored_workbench_says_what_cannot_be_opened(
    home: Path, tmp_path: Path
) -> None:
    file = await archived(home, tmp_path / "b.zip")

    def without(folder: Path | None, url: str | None) -> Workbench:
        return Workbench.open(folder, database=url, environ={"WORKBENCH_KEYRING": "off"})

    moved = await restore(file, Place(tmp_path / "new", None, without))
    async with opened(home) as bench:
        assert moved.locked == len(bench.house.vault.handles()) > 0
    async with opened(tmp_path / "new") as bench:  # the key came back
        await check_alive(bench)


async def test_a_key_that_lies_there_already_stays(home: Path, tmp_path: Path) -> None:
    file = await archived(home, tmp_path / "b.zip")
    (tmp_path / "new").mkdir(mode=0o700)
    key = tmp_path / "new" / "vault.key"
    key.write_text(ENVIRON["WORKBENCH_KEY"] + "\n")
    key.chmod(0o600)

    def by_file(folder: Path | None, url: str | None) -> Workbench:
        return Workbench.open(folder, database=url, environ={"WORKBENCH_KEYRING": "off"})

    assert (await restore(file, Place(tmp_path / "new", None, by_file))).locked == 0


def _cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def _without_its_end(raw: bytes) -> bytes:
    return raw[:-30]


def _bit(place: float) -> Callable[[bytes], bytes]:
    def change(raw: bytes) -> bytes:
        at = int(len(raw) * place)
        return raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :]

    return change


@pytest.mark.parametrize(
    "damage", [_cut, _without_its_end, lambda raw: b"", lambda raw: b"PDF" * 100, *map(_bit, (0.02, 0.3, 0.6, 0.9))]
)  # fmt: skip
async def test_a_damaged_backup_is_refused_before_anything_is_written(
    archive: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "b.zip"
    await asyncio.to_thread(lambda: file.write_bytes(damage(archive.read_bytes())))
    with pytest.raises(Damaged):
        await restore(file, at(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


@pytest.fixture(scope="module")
def archive(full: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(archived(full, tmp_path_factory.mktemp("archive") / "b.zip"))


async def test_no_backup_no_restore(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        await restore(tmp_path / "none.zip", at(tmp_path / "new"))
    with pytest.raises(NotFound, match="is a folder"):
        await restore(tmp_path, at(tmp_path / "new"))


# -- killed in between ---------------------------------------------------------------------------------------------------

KILLED = """
import asyncio, os, sys
from pathlib import Path
from tests.full_room import opened
from workbench.adapters import holdings, new_home
from workbench.services.migration import Place, restore

what, number, file, home, url = sys.argv[1], int(sys.argv[2]), *map(Path, sys.argv[3:5]), sys.argv[5] or None
left = [number]

def counted(*_):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), 9)

if what == "filling":
    take = holdings.Holdings._take
    holdings.Holdings._take = lambda *given: (take(*given), counted())
else:
    put = new_home.NewHome._put
    new_home.NewHome._put = staticmethod(lambda *given: (put(*given), counted()))
asyncio.run(restore(file, Place(home, url, opened)))
"""


async def killed(what: str, number: int, file: Path, home: Path, url: str | None) -> None:
    words = [sys.executable, "-c", KILLED, what, str(number), str(file), str(home), url or ""]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = await asyncio.to_thread(subprocess.run, words, env=environ, capture_output=True, check=False)
    assert ended.returncode == -9, ended.stderr.decode()


async def check_killed_while_filling(archive: Path, place: Place, number: int) -> None:
    assert place.home is not None
    await killed("filling", number, archive, place.home, place.database)
    if place.database or any(place.home.glob("*.json")):
        async with opened(place.home, place.database) as bench:
            assert await asyncio.to_thread(holdings_of(bench.house).is_empty)
    assert (await restore(archive, place)).parts == checked(archive).parts
    assert not (place.home / ARRIVING).exists()


async def check_killed_while_put_in_place(archive: Path, home: Path, number: int) -> None:
    await killed("putting", number, archive, home, None)
    with pytest.raises(Refused, match="is not all there"):
        opened(home)
    assert (await restore(archive, at(home))).parts == checked(archive).parts
    assert not (home / UNFINISHED).exists()
    assert not (home / ARRIVING).exists()
    async with opened(home) as bench:
        await check_alive(bench)


@pytest.mark.soak
async def test_killed_while_a_home_is_filled_nothing_is_there(archive: Path, tmp_path: Path) -> None:
    await check_killed_while_filling(archive, at(tmp_path / "new"), 9)


async def test_killed_while_a_database_is_filled_nothing_is_there(
    archive: Path, tmp_path: Path, postgres_url: str
) -> None:
    await check_killed_while_filling(archive, at(tmp_path / "machine", own_schema(postgres_url)), 12)


async def test_killed_while_it_is_put_in_place_it_is_not_opened_before_it_is_whole(
    archive: Path, tmp_path: Path
) -> None:
    await check_killed_while_put_in_place(archive, tmp_path / "new", 2)


@pytest.mark.soak
async def test_killed_anywhere(archive: Path, tmp_path: Path, postgres_url: str) -> None:
    for number in range(len(checked(archive).parts)):
        await check_killed_while_filling(archive, at(tmp_path / f"home {number}"), number)
        url = own_schema(postgres_url)
        await check_killed_while_filling(archive, at(tmp_path / f"machine {number}", url), number)
    for number in range(8):
        await check_killed_while_put_in_place(archive, tmp_path / f"put {number}", number)


async def test_an_archive_that_is_read_half_way_is_let_go(archive: Path) -> None:
    with Archive(archive) as opened_one:
        batches = iter(next(opened_one.parts()).batches)
        next(batches)
        assert [one.path for one in psutil.Process().open_files() if one.path == str(archive)]
    assert not [one.path for one in psutil.Process().open_files() if one.path == str(archive)]


async def test_a_database_that_goes_away_while_it_is_filled_holds_nothing(
    archive: Path, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = at(tmp_path / "machine", own_schema(postgres_url))
    take, taken = holdings_module.Holdings._take, []

    def cut(self: Any, connection: Any, *rest: Any) -> None:
        take(self, connection, *rest)
        taken.append(1)
        if len(taken) == 15:
            connection.connection.dbapi_connection.close()

    with monkeypatch.context() as patch:
        patch.setattr(holdings_module.Holdings, "_take", cut)
        with pytest.raises(StorageFault):
            await restore(archive, place)
    async with opened(place.home, place.database) as bench:
        assert await asyncio.to_thread(holdings_of(bench.house).is_empty)
    assert (await restore(archive, place)).parts == checked(archive).parts


# -- at one moment -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", [False, True], ids=["home", "database"])
async def test_a_backup_of_a_workbench_that_works_is_of_one_moment(
    tmp_path: Path, postgres_url: str, shared: bool
) -> None:
    """A document names a secret that is made before it, and forgotten after it; both are whole in every copy."""
    async with opened(tmp_path / "home", own_schema(postgres_url) if shared else None) as bench:
        house, stop = bench.house, asyncio.Event()

        async def change() -> None:
            while not stop.is_set():
                await asyncio.to_thread(renew)
                await asyncio.sleep(0.003)

        def renew() -> None:
            fresh = house.vault.seal_text(SECRET)
            old = [one.get("secret") for one in house.catalogue.all("notes")]
            house.catalogue.put("notes", "one", {"secret": fresh.handle})
            for handle in old:
                house.vault.forget(handle)

        task = asyncio.create_task(change())
        try:
            for number in range(5):
                file = tmp_path / f"{number}.zip"
                await bench.backups.write(file)
                parts = lines_of(file)
                known = {handle for handle, _ in parts["secrets.jsonl"]}
                assert {note["secret"] for _, note in parts.get("documents/notes.jsonl", ())} <= known
        finally:
            stop.set()
            await task


def lines_of(file: Path) -> dict[str, list[Any]]:
    """Return the lines of an archive's parts that are lines."""
    with Archive(file) as archive:
        return {
            given.name: [json.loads(line) for _, data in given.batches for line in data.splitlines()]
            for given in archive.parts()
            if not given.name.startswith("files/")
        }
