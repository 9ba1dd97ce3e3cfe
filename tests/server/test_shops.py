"""The receiver of newsletter calls over a real port: what platforms ask, what strangers and slow ones send (R-SYNC-31)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from tests.queues import served
from tests.shop_room import KEY, PUBLIC, ShopRoom, room_in, shared
from workbench import Workbench
from workbench.models.shop import Shop, ShopSettings
from workbench.server import make_app
from workbench.server.guard import Guard
from workbench.server.shops import add_shop_receiver


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("receiver")


@pytest.fixture
def room(folder: Path) -> Iterator[ShopRoom]:
    with shared(folder) as (home, database):
        yield room_in(home, database)


@pytest.fixture
async def address(room: ShopRoom) -> AsyncIterator[str]:
    app = FastAPI()
    app.add_middleware(Guard, hosts=("127.0.0.1",), most=4_000_000)
    add_shop_receiver(app, room.shops.newsletter)
    async with served(app) as at:
        yield at


async def heard(room: ShopRoom, shop: Shop) -> list[tuple[str, str]]:
    return [(call.what, call.recipient.partition(" ")[0]) for call in await room.shops.calls(shop.id)]


async def test_a_platform_calls_and_strangers_learn_nothing(address: str, room: ShopRoom) -> None:
    shop = await room.shop()
    subscribe, unsubscribe = await room.path(shop), await room.path(shop, "unsubscribe")
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        given = {"email": "ana+news@example.com", "ip": "192.0.2.7"}
        first, again = await http.get(subscribe, params=given), await http.get(subscribe, params=given)
        assert (
            (first.status_code, first.text) == (again.status_code, again.text) == (200, '{"received": true}')
        )
        assert first.headers["content-type"].startswith("application/json")
        assert (first.headers["cache-control"], first.headers["x-content-type-options"]) == (
            "no-store",
            "nosniff",
        )
        assert (await http.get(unsubscribe, params=given)).status_code == 200
        wrong = await http.get(subscribe, params={"email": "nobody"})
        assert wrong.status_code == 400
        assert "not an e-mail address" in wrong.json()["reason"]
        for path in (
            subscribe.replace("/shops/", "/shops/x"),
            "/shops/%2e%2e/subscribe",
            f"{subscribe}/more",
        ):
            assert (await http.get(path, params=given)).status_code == 404
        assert (await http.get(subscribe, params=given, headers={"Host": "evil.example"})).status_code == 421
    assert await heard(room, shop) == [
        ("subscribe", ""), ("unsubscribe", "a***@example.com"), ("subscribe", "a***@example.com"), ("subscribe", "a***@example.com"),
    ]  # fmt: skip


async def test_the_server_takes_the_calls_of_its_own_workbench(tmp_path: Path) -> None:
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "home", environ=environ, public_at=PUBLIC) as bench:
        shop = await bench.shops.save(ShopSettings(name="Our shop", api_key=bench.secrets.keep_text(KEY)))
        path = (await bench.shops.addresses(shop.id)).subscribe.removeprefix(PUBLIC)
        app = make_app(bench, {}, ("127.0.0.1", "hub.shop.example"))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=PUBLIC) as http:
            answer = await http.get(path, params={"email": "ana@example.com"})
        assert answer.status_code == 200
        assert [call.what for call in await bench.shops.calls(shop.id)] == ["subscribe"]


async def test_only_get_does_anything(address: str, room: ShopRoom) -> None:
    shop = await room.shop()
    path = await room.path(shop)
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        for method in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
            answer = await http.request(method, path, params={"email": "ana@example.com"})
            assert answer.status_code == 405, method
            assert "GET" in answer.headers["allow"]
    assert await heard(room, shop) == []


async def test_too_many_calls_are_sent_away_without_a_body(
    address: str, room: ShopRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.services.newsletter.CALLS_A_MINUTE", 1)
    path = await room.path(await room.shop())
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        answers = [await http.get(path, params={"email": f"ana{number}@example.com"}) for number in range(3)]
    late = answers[-1]
    assert (late.status_code, late.content, late.headers["retry-after"]) == (429, b"", "60")


async def test_a_body_is_never_waited_for_and_slow_callers_hold_up_nobody(
    address: str, room: ShopRoom
) -> None:
    shop = await room.shop()
    path = await room.path(shop)
    at = urlsplit(address)
    head = f"GET {path}?email=slow@example.com HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    halves = [await asyncio.open_connection(at.hostname, at.port) for _ in range(30)]
    for _, writer in halves:  # they begin, and say no more
        writer.write(head[:40].encode())
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    writer.write(f"{head}Content-Length: 3999999\r\n\r\nonly this".encode())
    answer = await asyncio.wait_for(reader.read(), 20)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer.lower()
    for _, other in (*halves, (reader, writer)):
        other.close()
    assert await heard(room, shop) == [("subscribe", "s***@example.com")]
