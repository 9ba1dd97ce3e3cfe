"""The receiver over a real port: who sends slowly or too much is answered and holds up nobody; only POST says anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.queues import served
from workbench import Workbench
from workbench.adapters.holds import Holds
from workbench.models.gate import Gate, GateSettings
from workbench.models.hold import HoldFilter
from workbench.models.person import Person
from workbench.server import make_app
from workbench.services.receiving import BODY_BYTES, Receiving

TOKEN = "a-gate-token-of-many-letters"


def a_hook(number: int) -> bytes:
    base = f"https://gate.example/rest/1/s-{number:06}"
    return json.dumps(
        {"finishUri": f"{base}/finish", "itemDownloadUri": f"{base}/items", "sendoutName": "Day 1"}
    ).encode()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as made:
        house = made.house
        now, value = house.clock.now(), house.vault.seal_text(TOKEN)
        settings = GateSettings(name="G", key="main", auth="header", header="X-Gate", header_value=value)
        gate = Gate(id="gat_1", settings=settings, created_at=now, changed_at=now)
        house.catalogue.update("gates", gate.id, lambda _: gate.model_dump(mode="json"))
        yield made


@pytest.fixture
def receiving(bench: Workbench) -> Receiving:
    return Receiving(bench.house, Holds(bench.house.journal.database, bench.house.clock))


@pytest.fixture
async def address(bench: Workbench, receiving: Receiving) -> AsyncIterator[str]:
    people = {sha256(b"t").hexdigest(): Person(name="Ada", role="admin")}
    hosts = ("127.0.0.1", "gate.shop.example")
    async with served(make_app(bench, people, hosts, receiving=receiving, body_s=1.5)) as at:
        yield at


def client(address: str, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=address, headers={"X-Gate": TOKEN, **headers}, timeout=30)


async def test_a_hook_is_taken_without_a_token_of_ours(address: str, receiving: Receiving) -> None:
    async with client(address) as http:
        for kind in ("application/json", "text/plain", ""):
            answer = await http.post("/gate/main", content=a_hook(1), headers={"Content-Type": kind})
            assert answer.status_code == 202
            assert answer.json()["received"] is True
        assert (await http.post("/gate/other", content=a_hook(1))).status_code == 404
        refused = await http.post("/gate/main", content=a_hook(1), headers={"X-Gate": "wrong"})
    assert refused.status_code == 401
    (hold,) = await receiving.holds.holds(HoldFilter())
    assert hold.duplicates == 2


async def test_the_public_name_is_answered_and_another_is_not(address: str) -> None:
    async with client(address) as http:
        for host, status in (
            ("GATE.shop.example", 202),
            ("gate.shop.example:443", 202),
            ("evil.example", 421),
        ):
            answer = await http.post("/gate/main", content=a_hook(1), headers={"Host": host})
            assert answer.status_code == status


async def test_only_post_says_anything(address: str, receiving: Receiving) -> None:
    async with client(address) as http:
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"):
            answer = await http.request(method, "/gate/main", content=a_hook(1))
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert await receiving.holds.holds(HoldFilter()) == []


async def test_what_is_no_hook_gets_our_own_words(address: str) -> None:
    async with client(address) as http:
        for body in (b"", b"{", b"[]", b"\xff", b'{"finishUri": 5}'):
            answer = await http.post("/gate/main", content=body)
            assert answer.status_code == 400
            assert "detail" not in answer.json()
            assert answer.json()["problems"]


async def test_what_is_too_large_is_refused_declared_or_not(address: str, receiving: Receiving) -> None:
    """A client may see the connection end while it still writes: then it has its answer too, or the end."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES // 65536 + 2):
            yield b"x" * 65536

    async with client(address) as http:
        assert (await http.post("/gate/main", content=b" " * (BODY_BYTES + 1))).status_code == 413
        assert (await http.post("/gate/main", content=pieces())).status_code == 413
        assert (await http.post("/gate/main", content=a_hook(1) + b" " * 500_000)).status_code == 202
    assert len(await receiving.holds.holds(HoldFilter())) == 1


async def opened(address: str, rest: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"POST /gate/main HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Gate: {TOKEN}\r\nContent-Length: 5000\r\n\r\n"
    writer.write(head.encode() + rest)
    await writer.drain()
    return reader, writer


async def asked(address: str, body: bytes) -> tuple[int, Any]:
    """Post a hook over a connection of its own, as a platform does."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"POST /gate/main HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Gate: {TOKEN}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), json.loads(answer.partition(b"\r\n\r\n")[2])


async def test_fifty_who_send_slowly_hold_up_nobody(address: str, receiving: Receiving) -> None:
    async with AsyncExitStack() as stack:
        slow = [await opened(address, b'{"finishUri":') for _ in range(50)]
        for _, writer in slow:
            stack.callback(writer.close)
        async with client(address) as http:
            answers = [
                (await http.post("/gate/main", content=a_hook(number))).status_code for number in range(20)
            ]
            other = await http.get("/health")
        unanswered = [reader for reader, _ in slow if not reader.at_eof()]
        assert answers == [202] * 20
        assert other.status_code == 200
        assert len(unanswered) == 50
        for reader, _ in slow:  # each is told, and its connection ended
            told = await reader.read()
            assert told.startswith(b"HTTP/1.1 408 ")
            assert b"connection: close" in told.lower()
    assert len(await receiving.holds.holds(HoldFilter())) == 20


async def test_who_breaks_off_leaves_nothing(address: str, receiving: Receiving) -> None:
    for _ in range(5):
        _, writer = await opened(address, a_hook(1))  # whole JSON, but less than was said
        writer.transport.abort()
    async with client(address) as http:
        assert (await http.post("/gate/main", content=a_hook(2))).status_code == 202
    assert len(await receiving.holds.holds(HoldFilter())) == 1


async def test_many_at_once_are_all_on_the_disk_when_they_are_acknowledged(
    address: str, receiving: Receiving
) -> None:
    answers = await asyncio.gather(*(asked(address, a_hook(number % 100)) for number in range(200)))
    assert {status for status, _ in answers} == {202}
    holds = await receiving.holds.holds(HoldFilter(limit=500))
    assert {body["hold"] for _, body in answers} == {hold.id for hold in holds}
    assert (len(holds), {hold.duplicates for hold in holds}) == (100, {1})
