"""A team's database that goes away, and comes back: what was begun is known again, nothing is lost, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from tests.databases import own_schema, with_options
from tests.postgres import NoPostgres, Server, own_server
from tests.proxy import Cut, Proxy, proxied
from tests.sink import Sink, sink
from workbench import Contact, Settings, Workbench
from workbench.adapters.catalogue import Catalogue
from workbench.adapters.database import Database
from workbench.adapters.documents import Documents
from workbench.adapters.home import open_home
from workbench.errors import StorageFault
from workbench.models.journal import EntryFilter
from workbench.models.work import JobConfirmation, JobOptions, Progress
from workbench.services import runner

KIND = "things"
ENVIRON = {"WORKBENCH_KEYRING": "off", "WORKBENCH_KEY": Fernet.generate_key().decode()}
COMMIT = b"COMMIT"
CUTS = 25


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server of these tests' own. Stopped, it is started again by who stopped it."""
    try:
        with own_server() as server:
            yield server
    except NoPostgres as why:
        pytest.skip(str(why))


@pytest.fixture
def url(own: Server) -> str:
    return own_schema(own.url)


@pytest.fixture
def proxy(own: Server) -> Iterator[Proxy]:
    with proxied(own.socket) as between:
        yield between


def through(proxy: Proxy, url: str) -> str:
    """Return the URL of the same schema by way of the proxy."""
    return with_options(proxy.url, str(sa.make_url(url).query["options"]))


# -- documents ---------------------------------------------------------------------------------------------------------


def put(documents: Documents, id: str, text: str) -> None:
    with documents.changing(KIND) as held:
        held.texts[id] = text


@pytest.mark.parametrize("at_once", [False, True], ids=["stopped", "crashed"])
async def test_what_was_kept_is_there_when_the_server_is_back(
    at_once: bool, own: Server, url: str, tmp_path: Path
) -> None:
    database = Database.open(url, open_home(tmp_path))
    documents = Documents(database)
    put(documents, "a", "1")
    before = documents.read(KIND)
    own.stop(at_once=at_once)
    try:
        for ask in (
            lambda: documents.read(KIND),
            lambda: put(documents, "a", "2"),
            lambda: documents.mark(KIND),
        ):
            with pytest.raises(StorageFault, match="does not let us in or does not answer"):
                ask()
    finally:
        own.start()
    assert documents.read(KIND) == before
    put(documents, "b", "2")
    assert dict(documents.read(KIND).texts) == {"a": "1", "b": "2"}
    await database.close()


async def test_a_server_that_stops_in_mid_transaction_keeps_nothing_of_it(
    own: Server, url: str, tmp_path: Path
) -> None:
    database = Database.open(url, open_home(tmp_path))
    documents = Documents(database)
    put(documents, "a", "1")

    def change() -> None:
        with documents.changing(KIND) as held:
            held.texts["a"] = "2"
            own.stop()

    try:
        with pytest.raises(StorageFault, match="does not let us in or does not answer"):
            change()
    finally:
        own.start()
    assert dict(documents.read(KIND).texts) == {"a": "1"}
    await database.close()


@pytest.mark.parametrize(("cut", "kept"), [("before", "1"), ("after", "2")])
async def test_a_connection_cut_at_the_commit_is_never_taken_for_success(
    cut: Cut, kept: str, proxy: Proxy, url: str, tmp_path: Path
) -> None:
    database = Database.open(through(proxy, url), open_home(tmp_path))
    documents = Documents(database)
    put(documents, "a", "1")
    proxy.decide = lambda data: cut if COMMIT in data else None
    with pytest.raises(StorageFault):
        put(documents, "a", "2")
    proxy.decide = lambda data: None
    assert proxy.cuts == 1
    assert dict(documents.read(KIND).texts) == {"a": kept}, (
        "what the server did is seen, whatever was heard of it"
    )
    put(documents, "a", "2")
    assert dict(documents.read(KIND).texts) == {"a": "2"}
    await database.close()


async def test_cut_anywhere_a_change_is_whole_or_not_there(proxy: Proxy, url: str, tmp_path: Path) -> None:
    """Two documents that always change together are never seen apart, and who heard no fault finds the change."""
    database = Database.open(through(proxy, url), open_home(tmp_path))
    catalogue, dice = Catalogue(None, documents=Documents(database)), random.Random(8)
    with catalogue.transaction(KIND) as documents:
        documents |= {"a": {"n": 0}, "b": {"n": 0}}
    proxy.decide = lambda data: dice.choice(("before", "after")) if dice.random() < 0.06 else None
    sure = 0
    for n in range(1, 120):
        try:
            with catalogue.transaction(KIND) as documents:
                documents |= {"a": {"n": n}, "b": {"n": n}}
            sure = n
        except StorageFault:
            pass
        try:
            found = {one["n"] for one in catalogue.all(KIND)}
        except StorageFault:
            continue
        assert len(found) == 1
        assert found <= {*range(sure, n + 1)}
    assert proxy.cuts > 10
    await database.close()


# -- jobs --------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def going(folder: Path, url: str) -> AsyncIterator[tuple[Workbench, Sink, str]]:
    """Give a team's workbench, where it sends to, and its integration."""
    async with sink() as taking:
        opened = Workbench.open(folder, database=url, live=True, allowed_hosts=[taking.host], environ=ENVIRON)
        async with opened as bench:
            settings = Settings(
                name="Sink", local_test=True, url=taking.url, payload='{"to": "${User Identifier}"}', total_s=5.0,
                idempotency_header="Idempotency-Key",
            )  # fmt: skip
            draft = await bench.integrations.start()
            saved = await bench.integrations.save(draft.model_copy(update={"settings": settings}))
            yield bench, taking, saved.id


async def begin(bench: Workbench, integration: str, rows: int, **options: object) -> str:
    job = (await bench.work.create(integration, JobOptions(**options))).job  # type: ignore[arg-type]
    await bench.work.add(job.id, [Contact(identifiers={"email": f"a{n}@example.com"}) for n in range(rows)])
    await bench.work.start(job.id, JobConfirmation(host="127.0.0.1", rows=rows))
    return job.id


async def when(bench: Workbench, id: str, fits: Callable[[Progress], bool]) -> Progress:
    """Return the job's progress once it fits; that nobody answers meanwhile is what these tests are about."""
    async with asyncio.timeout(60):
        while True:
            try:
                progress = await bench.work.job(id)
            except StorageFault:
                await asyncio.sleep(0.05)
                continue
            assert progress.job.counts.total == sum(progress.job.counts.model_dump().values())
            if fits(progress):
                return progress
            await asyncio.sleep(0.05)


async def proved(bench: Workbench, taking: Sink, id: str, rows: int) -> None:
    """Each row went once, under its own id; its end is in the ledger and its entry in the journal, once."""
    progress = await when(bench, id, lambda one: one.job.state != "running")
    assert (progress.job.state, progress.job.reason) == ("done", None), "nobody has to start it again"
    assert progress.job.counts.accepted == rows
    assert taking.keys == {f"{id}-{number}": 1 for number in range(1, rows + 1)}
    entries = await bench.activity.entries(EntryFilter(kind="send", limit=10_000))
    assert len(entries) == rows


async def test_a_server_that_is_stopped_in_the_middle_of_a_job_and_started_again_loses_nothing(
    own: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "FAULT_S", 0.1)
    async with going(tmp_path / "home", url) as (bench, taking, integration):
        id = await begin(bench, integration, 400, at_once=8)
        for share, at_once in ((40, False), (160, True)):
            await taking.reach(share)
            await asyncio.to_thread(own.stop, at_once=at_once)
            try:
                with pytest.raises(StorageFault, match="does not let us in or does not answer"):
                    await bench.work.job(id)
            finally:
                await asyncio.to_thread(own.start)
        await proved(bench, taking, id, 400)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 40))])
async def test_a_job_whose_connections_are_cut_again_and_again_loses_nothing(
    seed: int, proxy: Proxy, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "FAULT_S", 0.02)
    dice = random.Random(seed)

    def cut(data: bytes) -> Cut | None:
        return dice.choice(("before", "after")) if proxy.cuts < CUTS and dice.random() < 0.04 else None

    async with going(tmp_path / "home", through(proxy, url)) as (bench, taking, integration):
        id = await begin(bench, integration, 800, at_once=4)
        proxy.decide = cut
        await proved(bench, taking, id, 800)
        assert proxy.cuts > 10
