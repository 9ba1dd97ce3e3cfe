"""SendPulse's stand-in: the token, the three tabs, the questions, and what it remembers of what arrived."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.providers.filled import EVENT_URL
from tests.sandbox.running import running
from workbench.adapters.clock import VirtualClock
from workbench.adapters.wire import Wire
from workbench.engine.compose import content_type_of, encoded
from workbench.models.provider import Encoding
from workbench.models.request import Reply, Request
from workbench.sandbox import sendpulse
from workbench.sandbox.app import Sandbox
from workbench.sandbox.tokens import TokenServer

API = "https://api.sendpulse.com"
ANA: dict[str, Any] = {"email": "ana@example.com", "automation_id": 12345, "products": [{"id": "1"}]}
HASH = "0123456789abcdef0123456789abcdef"


async def ask(
    sandbox: Sandbox,
    url: str,
    body: Any = None,
    *,
    method: str = "POST",
    token: str = "any",
    encoding: Encoding = "json",
) -> Reply:
    content = b"" if body is None else encoded(body, encoding)
    headers = [("Content-Type", content_type_of(encoding, content))]
    if token:
        headers.append(("Authorization", f"Bearer {token}"))
    request = Request(method=method, url=url, headers=tuple(headers), body=content, provider="sendpulse")
    answer = await Wire.rehearsal(sandbox.route).send(request)
    assert isinstance(answer, Reply), answer
    return answer


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


async def test_a_named_event_is_taken_and_remembered(sandbox: Sandbox) -> None:
    answer = await ask(sandbox, f"{API}/events/name/a%20b%2Fc", ANA)
    assert (answer.status, json.loads(answer.body)) == (200, {"result": True})
    (arrived,) = sandbox.events.received
    assert (arrived.endpoint, arrived.event, arrived.body) == ("rest", "a b/c", ANA)
    assert sandbox.events.taken == 1


async def test_two_slashes_are_taken_as_one(sandbox: Sandbox) -> None:
    assert (await ask(sandbox, f"{API}//events/name/x", ANA)).status == 200
    assert sandbox.events.received[0].event == "x"


@pytest.mark.parametrize(
    ("encoding", "endpoint", "body"),
    [
        ("json", "raw", ANA),
        ("multipart", "form", {**ANA, "automation_id": "12345"}),
        ("nested_form", "urlencoded", {**ANA, "automation_id": "12345"}),
    ],
)
async def test_an_events_url_takes_every_tab_without_a_key(
    sandbox: Sandbox, encoding: Encoding, endpoint: str, body: Any
) -> None:
    assert (await ask(sandbox, EVENT_URL, ANA, token="", encoding=encoding)).status == 200
    (arrived,) = sandbox.events.received
    assert (arrived.endpoint, arrived.body) == (endpoint, body)
    assert arrived.event == "https://events.sendpulse.com/events/id/**** 3663"
    assert HASH not in repr(arrived)


async def test_a_named_event_wants_a_token_or_a_key(sandbox: Sandbox) -> None:
    for token in ("", "wrong-key", "wbt_never-given-out", "b'wbt_x'"):
        assert (await ask(sandbox, f"{API}/events/name/x", ANA, token=token)).status == 401
    assert not sandbox.events.received
    assert (await ask(sandbox, f"{API}/events/name/x", ANA, token="sp_apikey")).status == 200


async def test_a_strict_one_believes_its_own_keys_and_url_alone() -> None:
    expected = {"sendpulse": {"event_url": EVENT_URL, "api_key": "right", "event": "x"}}
    sandbox = Sandbox(expected=expected)
    assert (await ask(sandbox, f"{API}/events/name/x", ANA, token="other")).status == 401
    assert (await ask(sandbox, f"{API}/events/name/x", ANA, token="right")).status == 200
    assert (await ask(sandbox, EVENT_URL, ANA, token="")).status == 200
    other = await ask(sandbox, EVENT_URL.replace("0123", "9999"), ANA, token="")
    assert (other.status, json.loads(other.body)["message"]) == (400, "Event not exists")
    assert len(sandbox.events.received) == 2


@pytest.mark.parametrize("url", [f"{API}/events/name/unknown-one", EVENT_URL.replace(HASH, "unknown")])
async def test_an_event_that_does_not_exist_can_be_rehearsed(sandbox: Sandbox, url: str) -> None:
    answer = await ask(sandbox, url, ANA)
    assert (answer.status, json.loads(answer.body)) == (
        400,
        {"message": "Event not exists", "error_code": 102},
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"x": 1}, "email or phone"),
        ({"email": "", "phone": None}, "email or phone"),
        ({"phone": 79991234567}, "phone must be a string"),
        ({**ANA, "automation_id": "77"}, "automation_id must be a number"),
        ({**ANA, "automation_id": True}, "automation_id must be a number"),
        ({**ANA, "automation_id": [77]}, "automation_id must be a number"),
        ([ANA], "must be an object"),
    ],
)
async def test_what_would_be_a_silent_mistake_is_refused(sandbox: Sandbox, body: Any, words: str) -> None:
    answer = await ask(sandbox, f"{API}/events/name/x", body)
    assert answer.status == 422
    assert words in json.loads(answer.body)["message"]
    assert not sandbox.events.received


async def test_who_and_the_flows_can_be_asked_for(sandbox: Sandbox) -> None:
    assert json.loads((await ask(sandbox, f"{API}/user/info", method="GET")).body)["id"]
    flow = json.loads((await ask(sandbox, f"{API}/a360/autoresponders/12345", method="GET")).body)
    assert flow == {"id": 12345, "name": "Welcome", "status": 1}
    old = json.loads((await ask(sandbox, f"{API}/a360/autoresponders/12347", method="GET")).body)
    assert old["status"] == 0
    assert (await ask(sandbox, f"{API}/a360/autoresponders/1", method="GET")).status == 404
    listed = json.loads((await ask(sandbox, f"{API}/a360/autoresponders/list", method="GET")).body)
    assert [one["id"] for one in listed["data"]] == list(sandbox.events.flows)
    for path in ("/user/info", "/a360/autoresponders/12345"):
        assert (await ask(sandbox, API + path, method="GET", token="")).status == 401
        assert (await ask(sandbox, API + path, {}, method="DELETE")).status == 404


async def test_when_it_arrived_is_the_sandboxs_own_time() -> None:
    clock = VirtualClock()
    sandbox = Sandbox(clock=clock)
    await ask(sandbox, f"{API}/events/name/x", ANA)
    assert sandbox.events.received[0].at == clock.now()


async def test_of_too_many_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendpulse, "KEPT", 2)
    sandbox = Sandbox()
    for name in ("a", "b", "c"):
        await ask(sandbox, f"{API}/events/name/{name}", ANA)
    assert [one.event for one in sandbox.events.received] == ["b", "c"]
    assert sandbox.events.taken == 3


async def test_on_a_port_it_hands_out_tokens_and_tells_what_arrived() -> None:
    sandbox = Sandbox(tokens=TokenServer(clients={"id-1": "secret-1"}))
    async with running(sandbox) as address, httpx.AsyncClient(base_url=address, trust_env=False) as client:
        keys = {"grant_type": "client_credentials", "client_id": "id-1", "client_secret": "secret-1"}
        for base in ("/sendpulse", ""):  # some clients keep only the host of an address
            token = (await client.post(f"{base}/oauth/access_token", json=keys)).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            taken = await client.post(f"{base}/events/name/{base[1:] or 'bare'}", json=ANA, headers=headers)
            assert taken.json() == {"result": True}
            assert (await client.get(f"{base}/user/info", headers=headers)).status_code == 200
        by_url = f"/sendpulse{EVENT_URL.removeprefix('https://events.sendpulse.com')}"
        assert (await client.post(by_url, data={"email": "ana@example.com"})).json() == {"result": True}
        told = (await client.get("/sendpulse/received")).json()
        assert told["count"] == 3
        assert [one["event"][:9] for one in told["received"]] == ["sendpulse", "bare", "https://e"]
        assert (await client.get("/sendpulse/received?event=bare")).json()["count"] == 1
        assert (await client.get("/")).json()["events"] == "/sendpulse/received"
        assert (
            await client.post("/oauth/access_token", json={**keys, "client_secret": "no"})
        ).status_code == 401
