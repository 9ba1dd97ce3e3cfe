"""SendPulse's own Python SDK works unchanged against the sandbox on a port; its seven measured faults are named, and absent in ours.

The faults are those of facts/events-sync-sms.md A5, measured with pysendpulse 0.1.8. Each test looks at the SDK first, then at ours.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.golden.cases import FOLDER
from tests.oracles import clients_sendpulse as sdk
from tests.oracles.test_sdks import run
from tests.sandbox.running import running
from workbench import Contact, Settings, Workbench
from workbench.engine.event_values import composed
from workbench.models.base import SecretRef
from workbench.models.event import EVENT_PAYLOAD, Event, EventInput
from workbench.models.sending import Sent
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault
from workbench.sandbox.tokens import TokenServer

pytestmark = pytest.mark.oracle

GOLDEN = json.loads((FOLDER / "sendpulse" / "sendpulse.json").read_text("utf-8"))
Call = tuple[str, str, str]
"""Method, the path as it was sent, and the Authorization header."""


class Recording(Sandbox):
    """A sandbox on a port that notes what it is called with."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.calls: list[Call] = []

    def on_a_port(self) -> Starlette:
        app = super().on_a_port()
        app.add_middleware(_Noting, calls=self.calls)
        return app


class _Noting:
    def __init__(self, app: ASGIApp, calls: list[Call]) -> None:
        self.app, self.calls = app, calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
            path = scope["raw_path"].decode().removeprefix("/sendpulse") + query
            self.calls.append((scope["method"], path, headers.get(b"authorization", b"").decode()))
        await self.app(scope, receive, send)


class Played:
    """One run of the SDK: what it returned, and what each stand-in saw."""

    def __init__(self, results: dict[str, Any], strict: Recording, refusing: Recording) -> None:
        self.results, self.strict, self.refusing = results, strict, refusing


@pytest.fixture(scope="module")
def played(sendpulse: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The SDK runs once; each test looks at another side of it."""
    return asyncio.run(play(sendpulse, tmp_path_factory.mktemp("tokens")))


async def play(python: Path, folder: Path) -> Played:
    strict = Recording(tokens=TokenServer(clients={sdk.ID: sdk.SECRET}))
    refusing = Recording(tokens=TokenServer(lifetime_s=0))
    throttled = Sandbox(faults={"sendpulse": (Fault(kind="throttled", seconds=1),)})
    for name in ("kept", "refused", "slow"):
        (folder / name).mkdir()
    (folder / "slow" / _store_name()).write_text("any-token")
    async with running(strict) as address, running(refusing) as no, running(throttled) as slow:
        script = str(Path(sdk.__file__))
        results = await run(python, script, str(folder), address, no, slow)
    return Played(results, strict, refusing)


def _store_name() -> str:
    return hashlib.md5(f"{sdk.ID}::{sdk.SECRET}".encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(tokens=TokenServer(clients={sdk.ID: sdk.SECRET}))


@pytest.fixture
async def bench(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Workbench]:
    async with Workbench.open(
        tmp_path / "home", sandbox=sandbox, environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        yield bench


async def ours(
    bench: Workbench, event: str = "registration", secret: SecretRef | None = None, **more: Any
) -> Sent:
    """Send the SDK's own event through an integration of ours."""
    draft = await bench.integrations.start("sendpulse")
    assert bench.house is not None
    secret = secret or bench.house.vault.seal_text(sdk.SECRET)
    settings = Settings.model_validate({
        **draft.settings.model_dump(), "name": "Ours", "payload": EVENT_PAYLOAD, **more,
        "credential": {"event": event, "client_id": sdk.ID, "client_secret": secret.model_dump()},
    })  # fmt: skip
    contact = Contact(
        identifiers={"email": sdk.ANA["email"], "phone": sdk.ANA["phone"]}, variables={"event": sdk.ANA}
    )
    return await bench.integrations.test(draft.model_copy(update={"settings": settings}), contact)


# it works unchanged ------------------------------------------------------------------------------------------------


async def test_the_sdk_gets_from_the_stand_in_what_was_recorded(played: Played) -> None:
    recorded = {case["name"]: case for case in GOLDEN["cases"]}
    for name in ("send_event", "fresh_process"):
        assert played.results[name]["parsed"] == recorded["send_event"]["parsed"] == {"result": True}
    assert played.results["empty_name"]["parsed"] == recorded["send_event_empty_name"]["parsed"]
    token, event = played.strict.calls[:2]
    assert token[:2] == ("POST", recorded["token"]["request"]["raw_target"])
    assert event[:2] == ("POST", recorded["send_event"]["request"]["raw_target"])
    first = played.strict.events.received[0]
    assert (first.endpoint, first.event, first.body) == ("rest", "registration", sdk.ANA)
    assert len(played.strict.events.received) == 2


async def test_a_token_that_is_refused_is_renewed_as_recorded(played: Played) -> None:
    """The recorded sequence of three calls: the event, a token, the event."""
    recorded = next(case for case in GOLDEN["cases"] if case["name"] == "token_refresh_on_401")
    again = played.strict.calls[2:5]
    assert [call[:2] for call in again] == [(step[0], step[1]) for step in recorded["sequence"]]


# its seven faults --------------------------------------------------------------------------------------------------


async def test_fault_1_the_path_starts_with_two_slashes(played: Played, bench: Workbench) -> None:
    assert played.strict.calls[1][1] == "//events/name/registration"
    sent = await ours(bench)
    assert sent.outcome.kind == "accepted"
    assert sent.request.url == "https://api.sendpulse.com/events/name/registration"


async def test_fault_2_the_events_name_is_not_encoded(
    played: Played, bench: Workbench, sandbox: Sandbox
) -> None:
    assert any(path == "//events/name/a%20b/c?d" for _, path, _ in played.strict.calls)
    assert played.results["strange_name"]["parsed"]["data"]["http_code"] == 404
    sent = await ours(bench, sdk.STRANGE)
    assert sent.request.url == "https://api.sendpulse.com/events/name/a%20b%2Fc%3Fd"
    assert sandbox.events.received[-1].event == sdk.STRANGE


async def test_fault_3_a_kept_token_is_sent_as_the_text_of_its_bytes(
    played: Played, bench: Workbench, sandbox: Sandbox
) -> None:
    fresh = played.strict.calls[2]
    assert fresh[2].startswith("Bearer b'wbt_")
    assert bench.house is not None
    secret = bench.house.vault.seal_text(sdk.SECRET)
    for event in ("registration", "purchase", "registration"):
        assert (await ours(bench, event, secret)).outcome.kind == "accepted"
    assert sandbox.tokens.calls == 1  # kept by account, whichever of its events asked for it
    assert [one.event for one in sandbox.events.received] == ["registration", "purchase", "registration"]


async def test_fault_4_a_permanent_401_is_repeated_without_bound(played: Played, tmp_path: Path) -> None:
    assert played.results["refused_forever"] == {"exception": "RecursionError"}
    assert len(played.refusing.calls) > 40
    refusing = Sandbox(faults={"sendpulse": (Fault(kind="unauthorized"),)})
    async with Workbench.open(
        tmp_path / "other", sandbox=refusing, environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        sent = await ours(bench)
    assert (sent.outcome.kind, sent.reply and sent.reply.status) == ("refused", 401)
    assert (refusing.apps["sendpulse"].drawings[0].used, refusing.tokens.calls) == (2, 2)


@pytest.mark.parametrize(
    ("event", "status", "message"), [("unknown", 400, "Event not exists"), ("x", 429, "Too many requests")]
)
async def test_fault_5_the_servers_message_is_lost(
    played: Played, tmp_path: Path, event: str, status: int, message: str
) -> None:
    found = played.results["unknown_event" if status == 400 else "throttled"]["parsed"]
    recorded = next(error for error in GOLDEN["errors"] if error["http"] == status)
    assert found == recorded["sdk_returns"] == {"data": {"is_error": True, "http_code": status}}
    faults = {"sendpulse": (Fault(kind="throttled"),)} if status == 429 else {}
    async with Workbench.open(
        tmp_path / "other", sandbox=Sandbox(faults=faults), environ={"WORKBENCH_KEYRING": "off"}
    ) as bench:
        sent = await ours(bench, event)
    assert sent.reply is not None
    assert sent.reply.json_body == recorded["response"]
    assert message in str(sent.outcome.sentence)
    assert sent.entry.reply is not None
    assert sent.entry.reply.json_body == recorded["response"]


async def test_fault_6_an_event_for_nobody_is_sent(played: Played) -> None:
    assert (
        played.results["nobody"]["parsed"]["data"]["http_code"] == 422
    )  # it left, and the stand-in alone stopped it
    made = composed(Event(name="registration"), EventInput(values={"var_1": "x"}))
    assert not made.ok


async def test_fault_7_no_time_limit_and_the_token_in_clear(
    played: Played, bench: Workbench, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert set(played.results["timeouts"]) == {None}
    ((name, stored),) = played.results["stored"].items()
    assert name == _store_name()
    assert stored in played.strict.tokens.issued
    assert (await ours(bench)).outcome.kind == "accepted"
    (token,) = sandbox.tokens.issued
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if token.encode() in path.read_bytes()]
    late = Sandbox(faults={"sendpulse": (Fault(kind="latency", seconds=30),)})
    async with Workbench.open(tmp_path / "late", sandbox=late, environ={"WORKBENCH_KEYRING": "off"}) as other:
        assert (await ours(other, total_s=1.0)).outcome.kind == "uncertain"
