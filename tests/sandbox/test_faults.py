"""Faults: each kind in process through the wire and on a real port, by header and by setting, seeded and repeatable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, get_args

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.sandbox.running import running
from workbench.adapters.wire import BODY_LIMIT, Wire
from workbench.engine.read import read
from workbench.errors import Refused
from workbench.models.request import Failure, Outcome, Reply, Request
from workbench.providers import provider
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import HEADER, REMEMBERED, Drawing, Fault, FaultKind, Faults, parse_fault

BODY = json.dumps(
    {
        "from": {"email": "a@example.com"},
        "subject": "s",
        "personalizations": [{"to": [{"email": "b@example.com"}]}],
        "content": [{"type": "text/plain", "value": "t"}],
    }
).encode()
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
Send = Callable[[str], Awaitable[Reply | Failure]]
"""Sends one message, with the text of the fault header (empty: without)."""


def message(fault: str, url: str = "https://api.sendgrid.com/v3/mail/send") -> Request:
    headers = (("Authorization", "Bearer SG.x"), ("Content-Type", "application/json"))
    return Request(
        method="POST",
        url=url,
        headers=(*headers, (HEADER, fault)) if fault else headers,
        body=BODY,
        provider="sendgrid",
    )


@asynccontextmanager
async def in_process(sandbox: Sandbox) -> AsyncIterator[Send]:
    wire = Wire.rehearsal(sandbox.route)
    yield lambda fault: wire.send(message(fault))


@asynccontextmanager
async def on_a_port(sandbox: Sandbox) -> AsyncIterator[Send]:
    async with running(sandbox) as address:
        host = address.removeprefix("http://")
        wire = Wire.live([host])
        try:
            yield lambda fault: wire.send(message(fault, f"{address}/sendgrid/v3/mail/send"))
        finally:
            await wire.close()


@pytest.fixture(params=[in_process, on_a_port], ids=["in-process", "port"])
def way(request: pytest.FixtureRequest) -> Any:
    return request.param


def told(answer: Reply | Failure) -> Outcome:
    return read(provider("sendgrid"), answer, datetime.now(UTC))


async def test_every_kind_is_tested_here(way: Any) -> None:
    """One table for all kinds, so that a new one cannot be forgotten: outcome, status, and whether the message was taken."""
    table: dict[FaultKind, tuple[str, int | None, int]] = {
        "latency": ("accepted", 202, 1),
        "reset": ("uncertain", None, 0),
        "lost": ("uncertain", None, 1),
        "unauthorized_once": ("refused", 401, 0),
        "unauthorized": ("refused", 401, 0),
        "throttled": ("throttled", 429, 0),
        "throttled_bare": ("throttled", 429, 0),
        "server_error": ("server_error", 500, 0),
        "unavailable": ("server_error", 503, 0),
        "malformed": ("accepted", 200, 0),  # SendGrid's own yes has no JSON in it either
        "html": ("check_body", 200, 0),
        "redirect": ("redirected", 302, 0),
        "huge": ("accepted", 200, 0),
    }
    assert set(table) == set(KINDS)
    for kind, (outcome, status, taken) in table.items():
        sandbox = Sandbox()
        async with way(sandbox) as send:
            answer = await send(f"{kind};seconds=0")
        assert told(answer).kind == outcome, kind
        assert (answer.status if isinstance(answer, Reply) else None) == status, kind
        assert sandbox.emulators["sendgrid"].taken == taken, kind


async def test_broken_connections_may_have_been_sent(way: Any) -> None:
    async with way(Sandbox()) as send:
        for kind in ("reset", "lost"):
            answer = await send(kind)
            assert isinstance(answer, Failure)
            assert answer.kind == "reset"
            assert answer.sent


async def test_401_then_fine(way: Any) -> None:
    async with way(Sandbox(faults={"sendgrid": (Fault(kind="unauthorized_once"),)})) as send:
        answers = [await send("") for _ in range(3)]
    assert [answer.status for answer in answers] == [401, 202, 202]


async def test_by_header_401_then_fine_for_the_same_text(way: Any) -> None:
    async with way(Sandbox()) as send:
        answers = [
            await send(text)
            for text in ("unauthorized_once", "unauthorized_once", "unauthorized_once;seed=2")
        ]
    assert [answer.status for answer in answers] == [401, 202, 401]


async def test_throttled_with_and_without_retry_after(way: Any) -> None:
    async with way(Sandbox()) as send:
        told_when, bare = await send("throttled;seconds=12"), await send("throttled_bare")
    assert told_when.header("Retry-After") == "12"
    assert told(told_when).retry_after_s == 12.0
    assert told_when.header("X-RateLimit-Reset").isdigit()
    assert bare.header("Retry-After") is None
    assert bare.header("X-RateLimit-Reset") is None
    assert told(bare).retry_after_s is None
    assert told(bare).errors[0].message == "too many requests"


async def test_throttled_by_times_lets_through_afterwards(way: Any) -> None:
    async with way(Sandbox()) as send:
        answers = [await send("throttled;times=2") for _ in range(4)]
    assert [answer.status for answer in answers] == [429, 429, 202, 202]


async def test_rubbish_is_not_json_and_never_followed(way: Any) -> None:
    async with way(Sandbox()) as send:
        malformed, html, redirect, huge = [
            await send(kind) for kind in ("malformed", "html", "redirect", "huge")
        ]
    with pytest.raises(ValueError):
        json.loads(malformed.text())
    assert html.header("Content-Type") == "text/html"
    assert "<script>" in html.text()
    assert redirect.header("Location") == "https://elsewhere.example/send"
    assert "elsewhere.example" in str(told(redirect).sentence)
    assert huge.truncated
    assert len(huge.body) == BODY_LIMIT


async def test_a_late_answer_is_waited_for_and_given_up_on_time() -> None:
    wire = Wire.rehearsal(Sandbox(faults={"*": (Fault(kind="latency", seconds=60),)}).route)
    answer = await wire.send(message(""), total_s=1)
    assert isinstance(answer, Failure)
    assert (answer.kind, answer.sent) == ("timeout", True)
    assert told(answer).kind == "uncertain"


async def test_an_unknown_fault_is_said_and_does_nothing(way: Any) -> None:
    sandbox = Sandbox()
    async with way(sandbox) as send:
        unknown, unreadable = await send("earthquake"), await send("latency;seconds=soon")
    assert (unknown.status, unreadable.status) == (400, 400)
    assert "“earthquake” is not a known fault" in json.loads(unknown.body)["message"]
    assert "latency;seconds=0.2" in json.loads(unreadable.body)["message"]
    assert sandbox.emulators["sendgrid"].taken == 0


async def test_a_header_replaces_the_settings_of_its_request() -> None:
    sandbox = Sandbox(faults={"sendgrid": (Fault(kind="unavailable"),)})
    async with in_process(sandbox) as send:
        assert (await send("throttled")).status == 429
        assert (await send("throttled;share=0")).status == 202
        assert (await send("")).status == 503


async def test_settings_of_all_come_before_those_of_one() -> None:
    faults = {"*": (Fault(kind="throttled", times=1),), "sendgrid": (Fault(kind="unavailable", times=1),)}
    async with in_process(Sandbox(faults=faults)) as send:
        assert [(await send("")).status for _ in range(3)] == [429, 503, 202]


async def test_faults_of_all_leave_token_urls_alone() -> None:
    sandbox = Sandbox(faults={"*": (Fault(kind="unavailable"),)})
    request = Request(
        method="POST",
        url="https://auth.example.com/token",
        headers=(("Content-Type", "application/x-www-form-urlencoded"),),
        body=b"grant_type=client_credentials&client_id=a&client_secret=b",
        provider="oauth2",
    )
    answer = await Wire.rehearsal(sandbox.route).send(request)
    assert isinstance(answer, Reply)
    assert answer.status == 200
    faulty = Sandbox(faults={"oauth2": (Fault(kind="html"),)})
    answer = await Wire.rehearsal(faulty.route).send(request)
    assert isinstance(answer, Reply)
    assert answer.header("Content-Type") == "text/html"


# luck ------------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(seed=st.integers(0, 10**9), share=st.floats(0, 1), count=st.integers(0, 60))
def test_the_same_seed_gives_the_same_sequence(seed: int, share: float, count: int) -> None:
    fault = Fault(kind="server_error", share=share, seed=seed)
    first, second = Drawing(fault), Drawing(fault)
    assert [first.draw() for _ in range(count)] == [second.draw() for _ in range(count)]


@settings(deadline=None)
@given(share=st.floats(0, 1), times=st.integers(1, 20), seed=st.integers(0, 1000))
def test_a_fault_strikes_at_most_so_often(share: float, times: int, seed: int) -> None:
    drawing = Drawing(Fault(kind="lost", share=share, times=times, seed=seed))
    hits = [drawing.draw() for _ in range(200)]
    assert sum(hits) == drawing.used <= times
    assert share > 0 or not any(hits)
    assert share < 1 or hits == [True] * times + [False] * (200 - times)


def test_a_share_is_kept_in_the_long_run() -> None:
    drawing = Drawing(Fault(kind="lost", share=0.3, seed=7))
    assert 2800 < sum(drawing.draw() for _ in range(10_000)) < 3200


async def test_two_sandboxes_of_one_seed_fail_alike(way: Any) -> None:
    def made() -> Sandbox:
        return Sandbox(faults={"*": (Fault(kind="unavailable", share=0.4, seed=42),)})

    sequences = []
    for _ in range(2):
        async with way(made()) as send:
            sequences.append([(await send("")).status for _ in range(25)])
    assert sequences[0] == sequences[1]
    assert set(sequences[0]) == {202, 503}


# the text of a fault -----------------------------------------------------------------------------------------------


def fault_texts() -> Iterator[tuple[str, Fault]]:
    yield "throttled", Fault(kind="throttled")
    yield (
        " latency ; seconds = 0.2 ;share=0.5; seed=7 ",
        Fault(kind="latency", seconds=0.2, share=0.5, seed=7),
    )
    yield "lost;times=3;", Fault(kind="lost", times=3)


@pytest.mark.parametrize(("text", "fault"), list(fault_texts()))
def test_a_fault_is_read_from_its_text(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "Latency",
        "latency;seconds",
        "latency;seconds=121",
        "latency;share=2",
        "lost;times=0",
        "lost;x=1",
        "lost;seed=1.5",
    ],
)
def test_a_text_that_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"fault"):
        parse_fault(text)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    kind = next((part.strip() for part in text.split(";") if part.strip()), "")
    assume(kind not in KINDS)
    with pytest.raises(Refused, match=r"is not a known fault"):
        parse_fault(text)


async def test_a_flood_of_header_texts_is_forgotten() -> None:
    sandbox = Sandbox()
    async with in_process(sandbox) as send:
        await asyncio.gather(*(send(f"unauthorized;seed={seed}") for seed in range(REMEMBERED + 50)))
    faults = sandbox.apps["sendgrid"]
    assert isinstance(faults, Faults)
    assert len(faults.by_header) == REMEMBERED


async def test_what_is_no_http_passes() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    await Faults(app, provider("custom").emulation)({"type": "lifespan"}, _nothing, _nothing)  # type: ignore[arg-type]
    assert seen == ["lifespan"]


async def _nothing(*_: Any) -> Any:
    return {"type": "http.disconnect"}


async def test_the_wire_is_not_needed_to_be_reset() -> None:
    async with running() as address, httpx.AsyncClient(base_url=address) as client:
        with pytest.raises(httpx.ReadError):
            await client.post("/brevo/v3/smtp/email", headers={HEADER: "reset"}, content=b"{}")
