"""What operators ask a server, and what it answers: alive, ready, how much; to whom; and that no answer holds anything secret."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from workbench import Workbench
from workbench.errors import CannotWrite, StorageFault
from workbench.models.person import Person
from workbench.server import make_app

TOKEN, UNIT_TOKEN = "wbk_test-token", "wbk_unit-token"
PLANTED = "SG.planted-and-never-seen-4711"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as bench:
        yield bench


@pytest.fixture
def app(bench: Workbench) -> FastAPI:
    people = {
        TOKEN: Person(name="Ada", role="viewer"),
        UNIT_TOKEN: Person(name="Eve", role="admin", units=("north",)),
    }
    return make_app(bench, {sha256(token.encode()).hexdigest(): person for token, person in people.items()})


def client(app: FastAPI, peer: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx.ASGITransport(app, client=(peer, 4711), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8867", headers=given)


def figures(text: str) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def test_a_server_that_can_work_is_ready(app: FastAPI) -> None:
    async with client(app, peer="198.51.100.7") as http:
        answer = await http.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "wrong": []}


async def test_a_disk_that_takes_nothing_is_told_without_its_path(
    bench: Workbench, app: FastAPI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(_: object) -> None:
        raise CannotWrite(f"No room in {tmp_path}")

    monkeypatch.setattr(type(bench.house.home), "check_writable", full)
    async with client(app) as http:
        answer = await http.get("/ready")
    assert answer.status_code == 503
    assert any("disk is full" in one for one in answer.json()["wrong"])
    assert str(tmp_path) not in answer.text


async def test_a_database_that_is_gone_is_told(bench: Workbench, app: FastAPI, tmp_path: Path) -> None:
    path = tmp_path / "home" / "journal.sqlite"
    async with client(app) as http:
        assert (await http.get("/ready")).status_code == 200
        assert figures((await http.get("/metrics")).text)["workbench_database_up"] == 1
        await bench.house.database.close()
        for file in path.parent.glob("journal.sqlite*"):
            file.unlink()
        path.mkdir()
        await asyncio.sleep(1.05)  # an answer is given again for a second
        answer = await http.get("/ready")
        counted = figures((await http.get("/metrics")).text)
    assert answer.status_code == 503
    assert any("database does not answer" in one for one in answer.json()["wrong"])
    assert str(tmp_path) not in answer.text
    assert counted["workbench_database_up"] == 0
    assert counted["workbench_ready"] == 0
    path.rmdir()


async def test_a_vault_without_its_key_is_told(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as bench:
        bench.house.vault.seal_text(PLANTED)
    (tmp_path / "home" / "vault.key").unlink()
    async with (
        Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as bench,
        client(make_app(bench)) as http,
    ):
        answer = await http.get("/ready")
    assert answer.status_code == 503
    assert any("vault does not open" in one for one in answer.json()["wrong"])


async def test_a_team_s_vault_is_not_accused_while_its_database_is_gone(
    bench: Workbench, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_: object) -> None:
        raise StorageFault("nothing answers")

    def unread(_: object) -> list[str]:
        raise StorageFault("nothing answers")

    monkeypatch.setattr(type(bench.house.database), "shared", True)
    monkeypatch.setattr(type(bench.house.database), "check_writable", gone)
    monkeypatch.setattr(type(bench.house.vault), "handles", unread)
    async with client(app) as http:
        (wrong,) = (await http.get("/ready")).json()["wrong"]
    assert "database does not answer" in wrong


async def test_a_thousand_questions_at_once_look_once(
    bench: Workbench, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    look = bench.house.database.check_writable

    async def counted() -> None:
        nonlocal looks
        looks += 1
        await look()

    monkeypatch.setattr(bench.house.database, "check_writable", counted)
    async with client(app) as http:
        answers = await asyncio.gather(*(http.get("/ready") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert looks <= 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"X_Real_IP": "203.0.113.9"},
        {"Via": "1.1 proxy"},
    ],
)
async def test_figures_are_not_for_strangers_whom_a_proxy_here_lets_through(
    app: FastAPI, headers: dict[str, str]
) -> None:
    async with client(app, **headers) as http:
        assert (await http.get("/metrics")).status_code == 401


async def test_figures_are_for_this_machine_and_for_a_viewer_of_all_units(bench: Workbench) -> None:
    digests = {
        sha256(TOKEN.encode()).hexdigest(): Person(name="Ada"),
        sha256(UNIT_TOKEN.encode()).hexdigest(): Person(name="Eve", role="admin", units=("north",)),
    }
    app = make_app(bench, digests, ("127.0.0.1", "wb.example.com"))

    async def asked(peer: str = "198.51.100.7", **headers: str) -> int:
        async with client(app, peer, **headers) as http:
            return (await http.get("/metrics")).status_code

    assert await asked(peer="127.0.0.1") == 200
    assert await asked(peer="::ffff:127.0.0.1") == 200
    assert await asked(peer="127.0.0.1", Host="wb.example.com") == 401
    assert await asked() == 401
    assert await asked(Authorization="Bearer wrong") == 401
    assert await asked(Authorization=f"Bearer {TOKEN}") == 200
    assert await asked(Authorization=f"Bearer {UNIT_TOKEN}") == 403


async def test_calls_are_counted_by_the_route_as_it_is_declared(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="workbench.log")
    async with client(app, Authorization=f"Bearer {TOKEN}") as http:
        await http.post("/api/about/facts", content="{}")
        await http.post("/sms/a-token-that-is-secret/delivery", content="{}")
        await http.get("/nowhere/ada@example.com")
        await http.request("BREW", "/nowhere")
        text = (await http.get("/metrics")).text
    counted = figures(text)
    assert counted['workbench_calls_total{method="POST",route="/api/about/facts",status="200"}'] == 1
    assert counted['workbench_call_seconds_count{route="/api/about/facts"}'] == 1
    assert counted['workbench_calls_total{method="other",route="none",status="404"}'] == 1
    assert {record.fields["method"] for record in caplog.records} == {"POST", "GET", "other"}, (
        "no word of a stranger's"
    )
    assert any("/sms/{token}/delivery" in name for name in counted)
    assert "a-token-that-is-secret" not in text
    assert "ada@example.com" not in text


async def test_what_is_there_is_counted_and_nothing_of_it_named(bench: Workbench, app: FastAPI) -> None:
    ref = bench.house.vault.seal_text(PLANTED)
    async with client(app) as http:
        text = (await http.get("/metrics")).text
    counted = figures(text)
    assert counted['workbench_rows{state="waiting"}'] == 0
    assert counted["workbench_database_bytes"] > 0
    assert counted["workbench_budgets_held"] == 0
    assert counted["workbench_draining"] == 0
    assert re.search(r'workbench_info\{.*mode="rehearsal".*\} 1\.0', text)
    assert PLANTED not in text
    assert ref.handle not in text


async def test_each_answer_has_the_id_that_its_log_lines_have(app: FastAPI) -> None:
    async with client(app) as http:
        own = (await http.get("/health")).headers["x-request-id"]
        given = (await http.get("/health", headers={"X-Request-Id": "trace-7f3a9c"})).headers["x-request-id"]
        phone = (await http.get("/health", headers={"X-Request-Id": "4915112345678"})).headers["x-request-id"]
    assert own.startswith("req_")
    assert given == "trace-7f3a9c"
    assert phone.startswith("req_")


async def test_health_tells_nothing_but_mode_and_version(app: FastAPI) -> None:
    async with client(app, peer="198.51.100.7") as http:
        assert set(json.loads((await http.get("/health")).content)) == {"status", "mode", "version"}
