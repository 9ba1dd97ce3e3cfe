"""The receiver of SMS providers over a real port: their calls as they make them, and what strangers send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from tests.callback_room import KEYS, NUMBER, PUBLIC, Room, report, room, text
from tests.queues import served
from workbench import Workbench
from workbench.models.callback import Callback, CallbackFilter
from workbench.models.person import Person
from workbench.server import make_app
from workbench.server.sms import add_sms_receiver
from workbench.services.callback_receiving import BODY_BYTES


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    environ = {"WORKBENCH_KEYRING": "off"}
    async with Workbench.open(tmp_path / "home", environ=environ, public_at=PUBLIC) as made:
        yield made


@pytest.fixture
async def address(bench: Workbench) -> AsyncIterator[str]:
    people = {sha256(b"t").hexdigest(): Person(name="Ada", role="admin")}
    async with served(make_app(bench, people, ("127.0.0.1", "hub.shop.example"))) as at:
        yield at


def client(address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=address, timeout=30)


async def made(http: httpx.AsyncClient, call: Callback, **headers: str) -> httpx.Response:
    """Make the call, to the port in place of the public address."""
    path = call.url.removeprefix(PUBLIC)
    return await http.request(call.method, path, content=call.body, headers={**dict(call.headers), **headers})


async def test_every_provider_reports_and_passes_a_text_on(address: str, bench: Workbench) -> None:
    async with client(address) as http:
        for key in KEYS:
            at = await room(bench, key)
            sent = await at.sent(provider_id="a1b2c3")
            for call in (at.reports(report("delivered", "a1b2c3")), at.inbound(text("Hello", "a1b2c4"))):
                answered = await made(http, call)
                wanted = at.dialect.acknowledgement
                assert (answered.status_code, answered.text) == (wanted.status, wanted.body)
                assert answered.headers["content-type"].startswith(wanted.content_type)
                assert answered.headers["x-content-type-options"] == "nosniff"
            await at.receiving.settled()
            assert (await bench.callbacks.delivery(sent.id)).state == "delivered"
    assert {one.route for one in await bench.callbacks.callbacks()} == {"delivery", "inbound"}


async def test_the_signature_is_checked_over_the_public_address_whatever_the_host_header(
    address: str, bench: Workbench
) -> None:
    twilio = await room(bench, "twilio")
    url = f"{twilio.url()}?b=%2f&a=1+2&b=%c3%a9"
    call = twilio.dialect.write_reports((report(),), url, twilio.values, bench.house.clock.now())
    async with client(address) as http:
        for host in ("127.0.0.1", "hub.shop.example", "HUB.shop.example:443"):
            assert (await made(http, call, Host=host)).status_code == 200
        assert (await made(http, call, Host="evil.example")).status_code == 421
        forged = call.model_copy(update={"url": url.replace("%2f", "%2F")})
        assert (await made(http, forged)).status_code == 403


async def test_link_reports_by_get_and_put_too(address: str, bench: Workbench) -> None:
    link = await room(bench, "link_mobility")
    one, two = await link.sent(provider_id="a1"), await link.sent(provider_id="a2")
    async with client(address) as http:
        got = await http.get(f"/sms/{link.token}/delivery", params={"id": "a1", "resultCode": "1001"})
        put = await http.put(f"/sms/{link.token}/delivery", json={"id": "a2", "resultCode": 1001})
        assert (got.status_code, put.status_code) == (200, 200)
    await link.receiving.settled()
    assert (await bench.callbacks.delivery(one.id)).state == "delivered"
    assert (await bench.callbacks.delivery(two.id)).state == "delivered"


async def test_both_handshakes_of_event_grid_are_answered(address: str, bench: Workbench) -> None:
    azure = await room(bench, "azure_communication_services")
    assert azure.dialect.write_handshake is not None
    call = azure.dialect.write_handshake(azure.url(), azure.values, bench.house.clock.now())
    async with client(address) as http:
        answered = await made(http, call)
        code = json.loads(call.body)[0]["data"]["validationCode"]
        assert (answered.status_code, answered.json()) == (200, {"validationResponse": code})
        assert answered.headers.get_list("content-type") == ["application/json"]
        path = f"/sms/{azure.token}/inbound"
        asked = await http.options(path, headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
        assert asked.status_code == 200
        assert asked.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
        assert (await http.options(path)).status_code == 400


async def test_strangers_get_nothing_back(address: str, bench: Workbench) -> None:
    twilio = await room(bench, "twilio")
    script = "<script>alert(1)"
    async with client(address) as http:
        for path in (
            "/sms/none/delivery",
            "/sms/%2e%2e/delivery",
            f"/sms/{script}/inbound",
            "/sms/%00/delivery",
        ):
            answered = await http.post(path, content=script)
            assert (answered.status_code, answered.text) == (404, '{"received": false}')
            assert answered.headers["connection"] == "close"
        for path in (
            f"/sms/{twilio.token}",
            f"/sms/{twilio.token}/other",
            f"/sms/{twilio.token}/delivery/x",
            "/sms/",
        ):
            assert (await http.post(path, content=script)).status_code == 404
        for method, status in (
            ("GET", 405),
            ("HEAD", 405),
            ("PUT", 405),
            ("OPTIONS", 405),
            ("DELETE", 405),
            ("PATCH", 405),
        ):
            assert (await http.request(method, f"/sms/{twilio.token}/delivery")).status_code == status
        refused = await http.post(f"/sms/{twilio.token}/inbound", content=f"Body={script}&From={NUMBER}")
        assert (refused.status_code, refused.text) == (403, '{"received": false}')
    assert [one.genuine for one in await bench.callbacks.callbacks()] == ["refused"]


async def test_what_is_too_large_is_refused_declared_or_not(address: str, bench: Workbench) -> None:
    infobip = await room(bench, "infobip")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES // 65536 + 2):
            yield b" " * 65536

    path = f"/sms/{infobip.token}/delivery"
    async with client(address) as http:
        assert (await http.post(path, content=b" " * (BODY_BYTES + 1))).status_code == 413
        assert (await http.post(path, content=pieces())).status_code == 413
        call = infobip.reports(report("delivered", "a1"))
        padded = call.model_copy(update={"body": call.body + b" " * (BODY_BYTES - len(call.body))})
        assert (await made(http, padded)).status_code == 200
    assert len(await bench.callbacks.callbacks()) == 1


async def test_who_sends_slowly_or_breaks_off_holds_up_nobody(bench: Workbench) -> None:
    infobip = await room(bench, "infobip")
    app = FastAPI()
    add_sms_receiver(app, bench.callback_receiving, body_s=0.5)
    async with served(app) as address:
        parts = urlsplit(address)
        head = (
            f"POST /sms/{infobip.token}/delivery HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n".encode()
        )
        slow = [await asyncio.open_connection(parts.hostname, parts.port) for _ in range(20)]
        for _, writer in slow:
            writer.write(head + b'{"results":')
        gone = (await asyncio.open_connection(parts.hostname, parts.port))[1]
        gone.write(head + b"{")
        gone.transport.abort()
        async with client(address) as http:
            assert (await made(http, infobip.reports(report("delivered", "a1")))).status_code == 200
        for reader, writer in slow:
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
            writer.close()
    assert len(await bench.callbacks.callbacks()) == 1


async def test_many_at_once_are_all_on_the_disk_when_they_are_acknowledged(
    address: str, bench: Workbench
) -> None:
    twilio: Room = await room(bench, "twilio")
    calls = [twilio.reports(report("delivered", f"SM{n % 40:032}")) for n in range(80)]
    async with httpx.AsyncClient(
        base_url=address, timeout=30, limits=httpx.Limits(max_connections=50)
    ) as http:
        answers = await asyncio.gather(*(made(http, call) for call in calls))
    assert {one.status_code for one in answers} == {200}
    await twilio.receiving.settled()
    found = await bench.callbacks.callbacks(CallbackFilter(limit=500))
    assert (len(found), {one.duplicate for one in found}) == (40, {True})
