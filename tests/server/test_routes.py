"""Every route of the server, by its own description: no 5xx whatever is sent, and nothing without the role it needs.

The calls are made by schemathesis of the OpenAPI document, deterministically; where an argument names something, half of them name what a
full workbench really has. https://schemathesis.readthedocs.io/
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from tests.units_room import Planted, plant
from workbench import Workbench
from workbench.adapters.remote import path_of
from workbench.bench import SERVICES
from workbench.engine.operations import operations
from workbench.models.person import RANK, Pass, Person, Role
from workbench.sandbox.app import Sandbox
from workbench.server import make_app

ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")
PEOPLE = {role: Person(name=f"a {role}", role=role) for role in ROLES}
TOKENS = {**PEOPLE, "page": Pass(name="pages", role="admin", visitors=True)}

NAMES: Mapping[str, str] = {
    "integration": "int", "integration_id": "int", "other": "int", "gate": "gat", "gate_id": "gat", "event_id": "evt", "shop_id": "shp",
    "run_id": "run", "table_id": "tab", "account_id": "sms", "account": "sms", "job_id": "job", "hold_id": "hld", "draft_id": "smd",
    "cassette_id": "cas",
}  # fmt: skip
"""What begins the ids that a field of this name may hold; any other one of these may hold any id."""
NAMING = (
    "id",
    "ids",
    "before",
    "after",
    "upload",
    "entry_id",
    "delivery_id",
    "sender_id",
    "message_id",
    "delivery_ids",
)


@dataclass
class Server:
    """The server's app over a full workbench, on a loop of its own thread: schemathesis and hypothesis call from this one."""

    portal: BlockingPortal
    app: FastAPI
    http: httpx.AsyncClient
    planted: Planted
    statuses: Counter[int] = field(default_factory=Counter)

    def call(self, path: str, token: str, content: bytes | str = b"{}", **headers: str) -> httpx.Response:
        """Post to a route with a token, and give the answer."""
        given = {**({"Authorization": f"Bearer {token}"} if token else {}), **headers}

        async def post() -> httpx.Response:
            return await self.http.post(path, content=content, headers=given)

        answer = self.portal.call(post)
        self.statuses[answer.status_code] += 1
        return answer


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Give a server with one of everything."""
    with start_blocking_portal() as portal:
        server = portal.call(_opened, portal, folder)
        try:
            yield server
        finally:
            portal.call(server.http.aclose)
            portal.call(server.app.state.bench.close)


async def _opened(portal: BlockingPortal, folder: Path) -> Server:
    sandbox = Sandbox()
    bench = Workbench.open(
        folder / "home", sandbox=sandbox, environ={"WORKBENCH_KEYRING": "off"}, public_at="https://hub.shop.example",
    )  # fmt: skip
    planted = await plant(bench, sandbox, "North", "planted")
    app = make_app(bench, {sha256(token.encode()).hexdigest(): person for token, person in TOKENS.items()})
    app.state.bench = bench
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return Server(
        portal, app, httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60), planted
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("routes")) as made:
        yield made


# -- nothing without its role --------------------------------------------------------------------------------------------

ROUTES = {
    path_of(name, one.name): one.role
    for name, service in SERVICES.items()
    for one in operations(service).values()
}
STRANGERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "nobody": ("", {}),
    "unknown token": ("wbk_unknown", {}),
    "digest for a token": (sha256(b"admin").hexdigest(), {}),
    "proxy's header from a stranger": ("", {"Remote-User": "root", "X-Forwarded-User": "root"}),
    "visitor without a pass": ("", {"X-Workbench-Visitor": "root"}),
    "visitor with a person's token": ("admin", {"X-Workbench-Visitor": "root"}),
    "pass without a visitor": ("page", {}),
    "pass with a visitor without a rule": ("page", {"X-Workbench-Visitor": "root"}),
    "token in a cookie": ("", {"Cookie": "token=admin; Authorization=Bearer admin"}),
    "basic": ("", {"Authorization": "Basic YWRtaW46YWRtaW4="}),
}


EACH = ("nobody", "unknown token", "pass without a visitor", "visitor with a person's token")
"""The strangers that every route is tried with; all of them try one route of each service."""


def test_no_route_lets_a_stranger_in(server: Server) -> None:
    firsts = {
        path_of(name, one) for name, service in SERVICES.items() for one in list(operations(service))[:1]
    }
    refused = 0
    for path in ROUTES:
        for who in STRANGERS if path in firsts else EACH:
            token, headers = STRANGERS[who]
            answer = server.call(path, token, **headers)
            assert answer.status_code in (401, 403), (path, who, answer.text)
            assert "planted" not in answer.text
            refused += 1
    print(f"{len(ROUTES)} routes: {refused} calls of strangers, none let in")


def test_no_route_lets_a_lower_role_in(server: Server) -> None:
    refused = 0
    for path, needed in ROUTES.items():
        for role in ROLES:
            if RANK[role] < RANK[needed]:
                answer = server.call(path, role)
                assert answer.status_code == 403, (path, role)
                assert answer.json()["sentence"]["values"]["have"]["text"] == role
                refused += 1
    print(f"{len(ROUTES)} routes: {refused} calls of a lower role, none let in")


def test_every_route_that_is_no_operation_is_known(server: Server) -> None:
    """What is open without a token: how the server is, its description, and where platforms call, each with a proof of its own."""
    others = {getattr(route, "path", "") for route in server.app.routes} - set(ROUTES)
    assert others <= {
        "/health", "/ready", "/metrics", "/openapi.json", "/gate/{key}", "/sms/{token}/delivery", "/sms/{token}/inbound",
        "/shops/{token}/subscribe", "/shops/{token}/unsubscribe",
    }  # fmt: skip


# -- no 5xx --------------------------------------------------------------------------------------------------------------


DRAFT = {
    "id": "dra_1",
    "settings": {"credential_kind": "none of these"},
    "updated_at": "2026-01-05T09:00:00Z",
}
FOUND: list[tuple[str, Any, int]] = [
    ("/api/lab/sweep", {"scenario": {}, "setting": "", "values": []}, 422),
    ("/api/activity/entries", {"wanted": {"limit": 2**70}}, 409),
    ("/api/activity/export_csv", {"wanted": {"limit": 2**70}}, 409),
    ("/api/integrations/preview", {"draft": DRAFT, "contact": {}}, 200),
    ("/api/integrations/test", {"draft": DRAFT, "contact": {}}, 422),
    ("/api/integrations/check_token", {"draft": DRAFT}, 200),
]
"""Calls that once made a server error, and what they are answered with now."""


def test_what_once_was_an_error_is_a_sentence(server: Server) -> None:
    for path, body, status in FOUND:
        answer = server.call(path, "admin", json.dumps(body))
        assert answer.status_code == status, (path, answer.text)


def test_no_call_makes_a_server_error(server: Server) -> None:
    fuzz(server, examples=2, wrong_for_each=16)


@pytest.mark.soak
def test_no_call_of_many_makes_a_server_error(tmp_path: Path) -> None:
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        with serving(folder) as server:
            fuzz(server, examples=40, number=number)


def fuzz(server: Server, examples: int, number: int = 0, wrong_for_each: int = 1) -> None:
    """Call every operation so many times with what fits its description; one in ``wrong_for_each`` as often with what does not."""
    described = json.loads(json.dumps(server.app.openapi()))
    _name_the_planted(described, list(server.planted.ids.values()))
    schema = schemathesis.openapi.from_dict(described)
    failed: list[str] = []
    operations_seen = 0

    def call(case: schemathesis.Case) -> None:
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
        content = json.dumps(sent["json"]) if "json" in sent else sent.get("data") or b""
        answer = server.call(case.path, "admin", content)
        if answer.status_code >= 500:
            failed.append(f"{answer.status_code} {case.path} {str(content)[:400]} {answer.text[:200]}")

    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.method.upper() != "POST":
            continue
        operations_seen += 1
        modes = [
            GenerationMode.POSITIVE,
            *([GenerationMode.NEGATIVE] if operations_seen % wrong_for_each == 0 else []),
        ]
        for mode in modes:
            strategy = operation.as_strategy(generation_mode=mode)
            bounded = settings(
                max_examples=examples, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            bounded(seed(number)(given(case=strategy)(call)))()
    told = ", ".join(f"{status}: {count}" for status, count in sorted(server.statuses.items()))
    print(f"{operations_seen} operations, statuses so far {told}")
    assert operations_seen == len(ROUTES)
    assert not failed, "\n".join(failed)


def _name_the_planted(document: Any, ids: list[str]) -> None:
    """Let every field that names something name what there is, half of the time."""
    if isinstance(document, list):
        for one in document:
            _name_the_planted(one, ids)
    if not isinstance(document, dict):
        return
    fields = document.get("properties")
    if isinstance(fields, dict):
        for name, of in fields.items():
            if name in NAMES or name in NAMING:
                fitting = [id for id in ids if id.startswith(NAMES.get(name, ""))] or ids
                _offer(of, fitting)
    for one in document.values():
        _name_the_planted(one, ids)


def _offer(of: Any, ids: list[str]) -> None:
    if not isinstance(of, dict):
        return
    if of.get("type") == "string" and "enum" not in of:
        plain = dict(of)
        of.clear()
        of["anyOf"] = [{"enum": ids}, plain]
    elif of.get("type") == "array":
        _offer(of.get("items"), ids)
    else:
        for one in of.get("anyOf", ()):
            _offer(one, ids)
