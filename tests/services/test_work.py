"""Jobs over both ways in: made, filled, worked on, paused, resumed, cancelled, replayed; and every end of a row."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.services.conftest import ENVIRON, PLANTED, basic
from tests.sink import Behave, Received, Sink, reply, sink
from workbench import Contact, EntryFilter, Settings, Workbench
from workbench.adapters.clock import VirtualClock
from workbench.errors import Forbidden, Invalid, NotFound, Refused
from workbench.models.base import SecretRef
from workbench.models.pace import Rate
from workbench.models.person import Role
from workbench.models.work import JobConfirmation, JobFilter, JobOptions, Progress, RowFilter
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault

PAYLOAD = '{"to": "${User Identifier}", "n": "{{ n }}"}'


def contacts(count: int, first: int = 0) -> list[Contact]:
    return [
        Contact(identifiers={"email": f"ana{n}@example.com"}, variables={"n": n})
        for n in range(first, first + count)
    ]


async def saved(bench: Workbench, settings: Settings) -> str:
    draft = await bench.integrations.start()
    return (await bench.integrations.save(draft.model_copy(update={"settings": settings}))).id


async def ended(bench: Workbench, id: str, *states: str) -> Progress:
    """Return the job once it is in one of the states (done, if none is named)."""
    async with asyncio.timeout(30):
        while True:
            progress = await bench.work.job(id)
            if progress.job.state in (states or ("done",)) and not progress.job.counts.in_flight:
                return progress
            await asyncio.sleep(0.02)


async def filled(bench: Workbench, integration: str, count: int, **options: object) -> str:
    job = (await bench.work.create(integration, JobOptions(**options))).job  # type: ignore[arg-type]
    assert job.state == "filling"
    assert await bench.work.add(job.id, contacts(count)) == count
    return job.id


# -- from nothing to done, over both ways in ---------------------------------------------------------------------------


async def test_a_job_from_nothing_to_done(bench: Workbench, house: Workbench, secret: SecretRef) -> None:
    integration = await saved(bench, basic(secret, payload=PAYLOAD))
    id = await filled(bench, integration, 120, at_once=16)
    begun = await bench.work.start(id)
    assert begun.job.state in ("running", "done")
    progress = await ended(bench, id)
    assert progress.job.counts.accepted == progress.job.counts.total == 120
    assert progress.left_s in (None, 0)
    rows = await bench.work.rows(id, RowFilter(limit=1000))
    assert [row.number for row in rows] == list(range(1, 121))
    assert {row.key for row in rows} == {f"{id}-{n}" for n in range(1, 121)}
    assert all(row.attempts == 1 and "***@example.com #" in row.recipient for row in rows)
    assert rows[0].entry_id is not None
    entry = await bench.activity.entry(rows[0].entry_id)
    assert entry.job_id == id
    assert entry.request is not None
    assert PLANTED not in entry.model_dump_json()
    assert await house.house.journal.count(EntryFilter(kind="send")) == 120
    assert [found.job.id for found in await bench.work.jobs()] == [id]
    assert await bench.work.jobs(JobFilter(live=True)) == []


async def test_no_file_of_the_home_holds_the_secret(house: Workbench, secret: SecretRef) -> None:
    integration = await saved(house, basic(secret, payload=PAYLOAD))
    id = await filled(house, integration, 30)
    await house.work.start(id)
    await ended(house, id)
    for path in house.house.home.folder.rglob("*"):
        assert not path.is_file() or PLANTED.encode() not in path.read_bytes(), path.name


async def test_what_cannot_begin_says_why(bench: Workbench, secret: SecretRef) -> None:
    integration = await saved(bench, basic(secret, payload=PAYLOAD))
    with pytest.raises(NotFound):
        await bench.work.create("int_none")
    with pytest.raises(NotFound):
        await bench.work.job("job_none")
    empty = (await bench.work.create(integration)).job.id
    with pytest.raises(Refused, match="no rows"):
        await bench.work.start(empty)
    id = await filled(bench, integration, 1)
    await bench.work.start(id)
    await ended(bench, id)
    for verb in (bench.work.start, bench.work.pause, bench.work.resume):
        with pytest.raises(Refused):
            await verb(id)
    with pytest.raises(Refused):
        await bench.work.add(id, contacts(1))


async def test_who_may(house: Workbench, connected: Callable[[Role], Workbench], secret: SecretRef) -> None:
    integration = await saved(house, basic(secret, payload=PAYLOAD))
    viewer, operator = connected("viewer"), connected("operator")
    id = await filled(operator, integration, 1)
    assert (await viewer.work.job(id)).job.id == id
    assert (await viewer.work.rows(id))[0].recipient == ""
    for call in (
        viewer.work.start(id), viewer.work.pause(id), viewer.work.cancel(id), viewer.work.create(integration),
        viewer.work.set_pace(integration, []), viewer.work.preview_replay(id, RowFilter()), operator.work.forget(id),
        operator.work.delete(id),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await call
    await operator.work.start(id)
    assert (await ended(viewer, id)).job.counts.accepted == 1
    assert (await house.activity.entries())[0].who == "a operator"


async def test_the_integration_may_change_while_its_job_goes_on(bench: Workbench, secret: SecretRef) -> None:
    integration = await saved(bench, basic(secret, payload=PAYLOAD))
    id = await filled(bench, integration, 3)
    frozen = (await bench.work.job(id)).job.spec
    draft = await bench.integrations.edit(integration)
    changed = draft.settings.model_copy(update={"payload": '{"other": "${User Identifier}"}'})
    await bench.integrations.save(draft.model_copy(update={"settings": changed}))
    await bench.work.start(id)
    await ended(bench, id)
    row = (await bench.work.rows(id))[0]
    assert row.entry_id
    entry = await bench.activity.entry(row.entry_id)
    assert entry.request is not None
    assert '"n":0' in entry.request.body
    assert (await bench.work.job(id)).job.spec == frozen


# -- the ends of rows --------------------------------------------------------------------------------------------------


@asynccontextmanager
async def going(
    folder: Path,
    behave: Behave | None = None,
    *,
    clock: VirtualClock | None = None,
    total_s: float = 10.0,
    key: bool = False,
) -> AsyncIterator[tuple[Workbench, Sink, str]]:
    """A live workbench, a sink that behaves so, and an integration that sends to it."""
    async with (
        sink(behave) as taking,
        Workbench.open(
            folder / "home", live=True, allowed_hosts=[taking.host], environ=ENVIRON, clock=clock
        ) as bench,
    ):
        settings = Settings(
            name="Sink", local_test=True, url=taking.url, payload=PAYLOAD, total_s=total_s, connect_s=1.0,
            idempotency_header="Idempotency-Key" if key else "",
        )  # fmt: skip
        yield bench, taking, await saved(bench, settings)


async def started(bench: Workbench, integration: str, count: int, **options: object) -> str:
    id = await filled(bench, integration, count, **options)
    await bench.work.start(id, JobConfirmation(host="127.0.0.1", rows=count))
    return id


async def test_live_wants_the_host_and_the_number(tmp_path: Path) -> None:
    async with going(tmp_path) as (bench, taking, integration):
        id = await filled(bench, integration, 3)
        for confirmation in (
            None,
            JobConfirmation(host="127.0.0.1", rows=2),
            JobConfirmation(host="else", rows=3),
        ):
            with pytest.raises(Refused):
                await bench.work.start(id, confirmation)
        assert taking.count == 0
        await bench.work.start(id, JobConfirmation(host="127.0.0.1", rows=3))
        await ended(bench, id)
        assert taking.count == 3


async def test_a_job_is_never_continued_in_the_other_mode(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as rehearsal:
        integration = await saved(
            rehearsal, Settings(name="x", url="https://esp.example.com/s", payload=PAYLOAD)
        )
        id = await filled(rehearsal, integration, 2)
    async with Workbench.open(tmp_path / "home", live=True, environ=ENVIRON) as live:
        for verb in (live.work.start, live.work.resume):
            with pytest.raises(Refused, match="rehearsal"):
                await verb(id)


async def test_bad_rows_are_kept_apart_and_the_good_ones_go(tmp_path: Path) -> None:
    async with going(tmp_path) as (bench, taking, integration):
        job = (await bench.work.create(integration)).job
        rows = contacts(100)
        rows[10] = Contact(variables={"n": 1})
        rows[20] = Contact(identifiers={"email": "ana@example.com"})
        rows[30] = Contact(identifiers={"email": "not an address"}, variables={"n": 1})
        await bench.work.add(job.id, rows)
        await bench.work.start(job.id, JobConfirmation(host="127.0.0.1", rows=100))
        counts = (await ended(bench, job.id)).job.counts
        assert (counts.accepted, counts.invalid) == (97, 3)
        assert taking.count == 97
        bad = await bench.work.rows(job.id, RowFilter(states=("invalid",)))
        assert [row.number for row in bad] == [11, 21, 31]
        assert all(row.sentence is not None for row in bad)
        assert "{{ n }}" in str(bad[1].sentence)


async def test_each_row_carries_its_id_where_the_endpoint_takes_one(tmp_path: Path) -> None:
    async with going(tmp_path, key=True) as (bench, taking, integration):
        id = await started(bench, integration, 50)
        await ended(bench, id)
        assert taking.keys == {f"{id}-{n}": 1 for n in range(1, 51)}


async def test_a_refused_row_is_a_dead_letter_and_replayed_under_its_id(tmp_path: Path) -> None:
    def refuse_the_third(received: Received, number: int) -> bytes:
        return reply("400 Bad Request", b'{"message":"no such list"}') if number == 3 else reply()

    async with going(tmp_path, refuse_the_third, key=True) as (bench, taking, integration):
        id = await started(bench, integration, 10, at_once=1)
        counts = (await ended(bench, id)).job.counts
        assert (counts.accepted, counts.failed) == (9, 1)
        [row] = await bench.work.rows(id, RowFilter(states=("failed",)))
        assert "no such list" in str(row.sentence)
        wanted = RowFilter(states=("failed",))
        preview = await bench.work.preview_replay(id, wanted)
        assert (preview.total, preview.never_taken, preview.surely_twice) == (1, 1, 0)
        assert taking.count == 10, "a preview sends nothing"
        await bench.work.replay(id, wanted, preview.token)
        counts = (await ended(bench, id)).job.counts
        assert (counts.accepted, counts.failed) == (10, 0)
        assert taking.keys[row.key] == 2
        with pytest.raises(Refused):
            await bench.work.replay(id, wanted, preview.token)


async def test_who_was_accepted_gets_it_twice_only_after_the_preview_said_so(tmp_path: Path) -> None:
    async with going(tmp_path, key=True) as (bench, taking, integration):
        id = await started(bench, integration, 5)
        await ended(bench, id)
        wanted = RowFilter(states=("accepted",))
        preview = await bench.work.preview_replay(id, wanted)
        assert (preview.total, preview.surely_twice) == (5, 5)
        assert len(preview.sample) == 5
        await bench.work.replay(id, wanted, preview.token)
        await ended(bench, id)
        assert taking.count == 10
        assert taking.keys == {f"{id}-{n}": 1 for n in range(1, 6)} | {f"{id}-{n}-1": 1 for n in range(1, 6)}


async def test_no_answer_is_uncertain_and_never_repeated_by_itself(tmp_path: Path) -> None:
    def silent_at_four(received: Received, number: int) -> bytes | float:
        return 60.0 if number == 4 else reply()

    async with going(tmp_path, silent_at_four, total_s=1.0) as (bench, taking, integration):
        id = await started(bench, integration, 8, at_once=1)
        counts = (await ended(bench, id)).job.counts
        assert (counts.accepted, counts.uncertain) == (7, 1)
        assert taking.count == 8
        preview = await bench.work.preview_replay(id, RowFilter(states=("uncertain",)))
        assert preview.perhaps_twice == 1


@pytest.mark.parametrize(("status", "words"), [("410 Gone", "410"), ("401 Unauthorized", "401")])
async def test_what_concerns_every_row_stops_the_job_and_loses_no_row(
    tmp_path: Path, status: str, words: str
) -> None:
    healed: list[bool] = []

    def closed(received: Received, number: int) -> bytes:
        return reply() if healed or number < 5 else reply(status, b"{}")

    async with going(tmp_path, closed) as (bench, taking, integration):
        id = await started(bench, integration, 200, at_once=8)
        progress = await ended(bench, id, "stopped")
        assert words in str(progress.job.reason)
        assert progress.job.counts.accepted + progress.job.counts.waiting == 200
        assert taking.count <= 4 + 2 * 8
        healed.append(True)
        await bench.work.resume(id)
        assert (await ended(bench, id)).job.counts.accepted == 200


async def test_renewed_credentials_serve_the_rows_that_are_left(tmp_path: Path) -> None:
    good = "a-g00d-secret-77"

    def known(received: Received, number: int) -> bytes:
        expected = b64encode(f"u:{good}".encode()).decode()
        return (
            reply()
            if received.headers["authorization"] == f"Basic {expected}"
            else reply("401 Unauthorized", b"{}")
        )

    async with (
        sink(known) as taking,
        Workbench.open(tmp_path / "home", live=True, allowed_hosts=[taking.host], environ=ENVIRON) as bench,
    ):
        old = bench.house.vault.seal_text("an-0ld-secret-77")
        settings = Settings(
            name="Sink", local_test=True, url=taking.url, payload=PAYLOAD, credential_kind="basic",
            credential={"username": "u", "password": old.model_dump()},
        )  # fmt: skip
        integration = await saved(bench, settings)
        id = await started(bench, integration, 10)
        await ended(bench, id, "stopped")
        draft = await bench.integrations.edit(integration)
        new = bench.house.vault.seal_text(good)
        renewed = draft.settings.model_copy(
            update={"credential": {"username": "u", "password": new.model_dump()}}
        )
        await bench.integrations.save(draft.model_copy(update={"settings": renewed}))
        await bench.work.resume(id)
        assert (await ended(bench, id)).job.counts.accepted == 10


async def test_one_refresh_of_the_token_serves_every_row(tmp_path: Path) -> None:
    sandbox = Sandbox(faults={"custom": (Fault(kind="unauthorized_once"),)})
    async with Workbench.open(tmp_path / "home", sandbox=sandbox, environ=ENVIRON) as bench:
        secret = bench.house.vault.seal_text(PLANTED)
        credential = {
            "token_url": "https://auth.example.com/oauth/token", "client_id": "wb", "client_secret": secret.model_dump(),
            "grant_type": "client_credentials",
        }  # fmt: skip
        settings = Settings(
            name="O",
            url="https://esp.example.com/s",
            payload=PAYLOAD,
            credential_kind="oauth2",
            credential=credential,
        )
        id = await filled(bench, await saved(bench, settings), 40)
        await bench.work.start(id)
        assert (await ended(bench, id)).job.counts.accepted == 40
        assert len(sandbox.tokens.issued) <= 2


# -- time --------------------------------------------------------------------------------------------------------------


async def test_the_schedule_is_kept_and_success_on_try_three_makes_three_calls(tmp_path: Path) -> None:
    clock = VirtualClock()

    def third_time(received: Received, number: int) -> bytes:
        return reply() if number == 3 else reply("503 Service Unavailable", b"{}")

    async with going(tmp_path, third_time, clock=clock) as (bench, taking, integration):
        id = await started(bench, integration, 1)
        for tries, wait in ((1, 5), (2, 300)):
            await asyncio.wait_for(taking.reach(tries), 20)
            async with asyncio.timeout(20):
                while (await bench.work.job(id)).job.counts.retrying != 1:
                    await clock.advance(0.01)
                    await asyncio.sleep(0.01)
            [row] = await bench.work.rows(id)
            assert row.due_at is not None
            due_in = (row.due_at - clock.now()).total_seconds()
            assert wait * 0.9 - 1 <= due_in <= wait * 1.1
            await clock.advance(due_in - 0.5)
            await asyncio.sleep(0.05)
            assert taking.count == tries, "not before its time"
            async with asyncio.timeout(20):
                while taking.count == tries:
                    await clock.advance(0.2)
                    await asyncio.sleep(0.01)
        async with asyncio.timeout(20):
            while (await bench.work.job(id)).job.state != "done":
                await clock.advance(0.2)
                await asyncio.sleep(0.01)
        assert taking.count == 3


async def test_pause_brings_what_is_under_way_to_its_end_and_resume_goes_on(tmp_path: Path) -> None:
    async with going(tmp_path, lambda received, number: 0.01) as (bench, taking, integration):
        id = await started(bench, integration, 600, at_once=4)
        await taking.reach(20)
        await bench.work.pause(id)
        progress = await ended(bench, id, "paused")
        await bench.work.crew.wait(id)
        held = taking.count
        counts = (await bench.work.job(id)).job.counts
        assert counts.accepted == held < 600
        assert counts.waiting == 600 - held
        assert progress.job.counts.total == 600
        await asyncio.sleep(0.1)
        assert taking.count == held
        await bench.work.resume(id)
        assert (await ended(bench, id)).job.counts.accepted == 600
        assert taking.count == 600


async def test_cancel_at_any_point_leaves_counts_that_add_up(tmp_path: Path) -> None:
    async with going(tmp_path, lambda received, number: 0.002) as (bench, taking, integration):
        for point in (0, 1, 7, 33, 150):
            before = taking.count
            id = await started(bench, integration, 200, at_once=8)
            await taking.reach(before + point)
            await bench.work.cancel(id)
            await ended(bench, id, "cancelled")
            await bench.work.crew.wait(id)
            counts = (await bench.work.job(id)).job.counts
            assert counts.open == 0
            assert counts.accepted == taking.count - before
            assert counts.accepted + counts.cancelled == counts.total == 200


async def test_closing_the_workbench_brings_rows_to_their_end_and_another_one_goes_on(tmp_path: Path) -> None:
    async with sink(lambda received, number: 0.005) as taking:
        settings = Settings(name="Sink", local_test=True, url=taking.url, payload=PAYLOAD)
        async with Workbench.open(
            tmp_path / "home", live=True, allowed_hosts=[taking.host], environ=ENVIRON
        ) as first:
            integration = await saved(first, settings)
            id = await started(first, integration, 400, at_once=8)
            await taking.reach(50)
        async with Workbench.open(
            tmp_path / "home", live=True, allowed_hosts=[taking.host], environ=ENVIRON
        ) as second:
            left = await second.work.job(id)
            assert left.interrupted
            assert left.job.counts.in_flight == 0
            assert left.job.counts.accepted == taking.count
            await second.work.resume(id)
            assert (await ended(second, id)).job.counts.accepted == 400
        assert taking.count == 400


async def test_two_workbenches_share_a_job(tmp_path: Path) -> None:
    async with sink(lambda received, number: 0.005) as taking:
        home, hosts = tmp_path / "home", [taking.host]
        async with (
            Workbench.open(home, live=True, allowed_hosts=hosts, environ=ENVIRON) as one,
            Workbench.open(home, live=True, allowed_hosts=hosts, environ=ENVIRON) as two,
        ):
            integration = await saved(
                one, Settings(name="Sink", local_test=True, url=taking.url, payload=PAYLOAD)
            )
            id = await started(one, integration, 500, at_once=4)
            await two.work.resume(id)
            progress = await ended(two, id)
            assert progress.job.counts.accepted == taking.count == 500


async def test_a_serving_process_picks_up_what_nobody_works_on(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as bench:
        integration = await saved(bench, Settings(name="x", url="https://esp.example.com/s", payload=PAYLOAD))
        id = await filled(bench, integration, 20)
        await bench.house.ledger.change(id, "running", {"filling"})
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as server:
        await server.work.crew.serve()
        assert (await ended(server, id)).job.counts.accepted == 20


# -- pace --------------------------------------------------------------------------------------------------------------


async def test_the_account_is_paced_and_its_budget_is_told(
    bench: Workbench, house: Workbench, secret: SecretRef
) -> None:
    integration = await saved(bench, basic(secret, payload=PAYLOAD))
    assert (await bench.work.budget(integration)).rates == ()
    budget = await bench.work.set_pace(integration, [Rate(limit=20, per_s=1)])
    assert (budget.rates, budget.origin) == ((Rate(limit=20, per_s=1),), "person")
    id = await filled(bench, integration, 50)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await bench.work.start(id)
    await ended(bench, id)
    assert loop.time() - began >= 2, "50 rows at 20 a second take more than two windows"


async def test_a_throttled_job_waits_as_told_and_loses_nothing(tmp_path: Path) -> None:
    def busy(received: Received, number: int) -> bytes:
        return reply("429 Too Many Requests", b"{}", "Retry-After: 1") if number in (5, 6) else reply()

    async with going(tmp_path, busy) as (bench, taking, integration):
        id = await started(bench, integration, 30, at_once=2)
        assert (await ended(bench, id)).job.counts.accepted == 30
        assert taking.count == 32


# -- what is left behind -----------------------------------------------------------------------------------------------


async def test_an_ended_job_can_be_forgotten_and_deleted(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as bench:
        integration = await saved(bench, Settings(name="x", url="https://esp.example.com/s", payload=PAYLOAD))
        id = await filled(bench, integration, 5)
        with pytest.raises(Refused):
            await bench.work.forget(id)
        await bench.work.start(id)
        await ended(bench, id)
        assert await bench.work.forget(id) == 5
        assert (await bench.work.job(id)).job.counts.accepted == 5
        await bench.work.delete(id)
        with pytest.raises(NotFound):
            await bench.work.job(id)


async def test_an_integration_that_cannot_send_makes_no_job(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ=ENVIRON) as bench:
        secret = bench.house.vault.seal_text(PLANTED)
        integration = await saved(bench, basic(secret, payload=PAYLOAD))
        bench.house.vault.forget(secret.handle)
        with pytest.raises(Invalid):
            await bench.work.create(integration)
