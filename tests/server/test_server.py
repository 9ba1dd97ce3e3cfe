"""The server process: who may call it, by which name, with how much; and what its OpenAPI says."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.sink import Received, reply, sink
from workbench import Workbench
from workbench.adapters.remote import ServerClient
from workbench.bench import SERVICES
from workbench.engine.operations import operations
from workbench.errors import Forbidden, Unreachable, WorkbenchError
from workbench.models.person import Person
from workbench.server import BODY_BYTES, app_from_environment, make_app

TOKEN = "wbk_test-token"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as bench:
        yield make_app(bench, {sha256(TOKEN.encode()).hexdigest(): Person(name="Ada", role="admin")})


def client(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    given = {
        "Authorization": f"Bearer {TOKEN}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8700", headers=given
    )


async def test_health_needs_no_token(app: FastAPI) -> None:
    async with client(app, Authorization="") as http:
        answer = await http.get("/health")
    assert answer.json()["status"] == "ok"
    assert answer.json()["mode"] == "rehearsal"


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}"])
async def test_no_token_no_answer(app: FastAPI, authorization: str) -> None:
    async with client(app, Authorization=authorization) as http:
        answer = await http.post("/api/about/facts", content="{}")
    assert answer.status_code == 401
    assert "token is missing" in json.dumps(answer.json())


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]:80"])
async def test_another_host_name_is_refused(app: FastAPI, host: str) -> None:
    """DNS rebinding: a page of another site cannot talk to this server under its own name."""
    async with client(app, Host=host) as http:
        assert (await http.post("/api/about/facts", content="{}")).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8700", "[::1]:8700"])
async def test_loopback_names_are_fine(app: FastAPI, host: str) -> None:
    async with client(app, Host=host) as http:
        assert (await http.post("/api/about/facts", content="{}")).status_code == 200


async def test_a_large_call_is_refused_declared_or_not(app: FastAPI) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES // 65536 + 2):
            yield b"x" * 65536

    async with client(app) as http:
        assert (await http.post("/api/about/facts", content=b"x" * (BODY_BYTES + 1))).status_code == 413
        assert (await http.post("/api/about/facts", content=chunks())).status_code == 422


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"id": 5}', b'{"id": "x", "more": 1}', b"\xff\xfe", b"[" * 100_000]
)
async def test_no_body_makes_a_server_error(app: FastAPI, body: bytes) -> None:
    async with client(app) as http:
        answer = await http.post("/api/integrations/get", content=body)
    assert answer.status_code in (404, 422)
    assert answer.json()["sentence"]["text"]


async def test_openapi_describes_every_operation_and_nothing_else(app: FastAPI) -> None:
    async with client(app) as http:
        document = (await http.get("/openapi.json")).json()
    paths, schemas = document["paths"], document["components"]["schemas"]
    wanted = {
        f"/api/{name}/{op.rstrip('_')}" for name, service in SERVICES.items() for op in operations(service)
    }
    assert set(paths) == wanted | {"/health", "/ready", "/metrics"}
    described = paths["/api/integrations/get"]["post"]
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    assert schemas[schema["$ref"].rpartition("/")[2]]["required"] == ["id"]
    given = described["responses"]["200"]["content"]["application/json"]["schema"]
    assert "settings" in schemas[given["$ref"].rpartition("/")[2]]["properties"]
    references = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(schemas)
    assert "#/$defs" not in json.dumps(document)


async def test_answers_are_not_kept_by_browsers(app: FastAPI) -> None:
    async with client(app) as http:
        answer = await http.post("/api/about/facts", content="{}")
    assert answer.headers["cache-control"] == "no-store"


async def test_the_server_starts_from_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "h"))
    monkeypatch.setenv("WORKBENCH_KEYRING", "off")
    people = {sha256(TOKEN.encode()).hexdigest(): {"name": "Ada", "role": "viewer"}}
    monkeypatch.setenv("WORKBENCH_PEOPLE", json.dumps(people))
    app = app_from_environment()
    async with client(app) as http:
        facts = (await http.post("/api/about/facts", content="{}")).json()
        assert facts["person"] == {"name": "Ada", "role": "viewer", "units": []}
        assert str(tmp_path) not in json.dumps(facts)
    async with app.router.lifespan_context(app):
        pass


@pytest.mark.parametrize(
    ("given", "environ", "sent"),
    [
        (("token",), {"WORKBENCH_URL": "here", "WORKBENCH_TOKEN": "own"}, "Bearer token"),
        ((), {"WORKBENCH_URL": "here", "WORKBENCH_TOKEN": "own"}, "Bearer own"),
        ((), {"WORKBENCH_URL": "here"}, "Bearer of-the-hub"),
        (("here",), {}, None),
        (("here",), {"WORKBENCH_TOKEN": "own"}, "Bearer own"),
    ],
)
async def test_the_token_of_a_hubs_notebook_goes_to_the_server_that_its_environment_names_alone(
    given: tuple[str, ...], environ: dict[str, str], sent: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str | None] = []

    def behave(received: Received, _: int) -> bytes:
        told.append(received.headers.get("authorization"))
        return reply("401 Unauthorized", b'{"kind": "forbidden", "sentence": {"key": "No."}}')

    for name in ("WORKBENCH_URL", "WORKBENCH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    async with sink(behave) as there:
        at = f"http://127.0.0.1:{there.port}"
        for name, value in {**environ, "JUPYTERHUB_API_TOKEN": "of-the-hub"}.items():
            monkeypatch.setenv(name, at if value == "here" else value)
        url = at if "here" in given else None
        token = "token" if "token" in given else None
        async with Workbench.connect(url, token) as bench:
            with pytest.raises(WorkbenchError):
                await bench.about.facts()
    assert told == [sent]


async def test_without_a_token_it_says_so(app: FastAPI) -> None:
    async with Workbench.connect(client=ServerClient.in_process(app, "")) as bench:
        with pytest.raises(Forbidden, match="token is missing"):
            await bench.about.facts()


async def test_nobody_there_is_a_sentence() -> None:
    async with Workbench.connect("http://127.0.0.1:9", "token") as bench:
        with pytest.raises(Unreachable, match="does not answer"):
            await bench.about.facts()
    with pytest.raises(Unreachable, match="no server to connect"):
        Workbench.connect("")
