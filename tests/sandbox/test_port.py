"""The sandbox on a real port: any client, raw sockets, real resets, a port that is taken, an orderly end."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.sandbox.running import running
from workbench.errors import Refused, WorkbenchError
from workbench.providers import every, platforms
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import HEADER, Fault
from workbench.sandbox.port import serve

MAIL = {
    "from": {"email": "a@example.com"},
    "subject": "s",
    "personalizations": [{"to": [{"email": "b@example.com"}]}],
    "content": [{"type": "text/plain", "value": "t"}],
}
KEY = {"Authorization": "Bearer SG.x"}
PATH = "/sendgrid/v3/mail/send"


async def raw(address: str, request: bytes, *, abandon: bool = False) -> bytes:
    """Return all bytes that a plain socket reads as the answer; raises what the system raises."""
    url = urlsplit(address)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    try:
        writer.write(request)
        await writer.drain()
        return b"" if abandon else await reader.read()
    finally:
        writer.close()


def posting(path: str = PATH, fault: str = "") -> bytes:
    body = json.dumps(MAIL).encode()
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Authorization: Bearer SG.x",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    head += [f"{HEADER}: {fault}"] if fault else []
    return "\r\n".join([*head, "", ""]).encode() + body


async def refused(serving: Coroutine[Any, Any, None]) -> None:
    """Wait for a serve that ends at once; one that goes on serving instead is ended."""
    async with asyncio.timeout(20):
        await serving


async def test_every_provider_is_under_its_key() -> None:
    async with running() as address, httpx.AsyncClient(base_url=address) as client:
        index = (await client.get("/")).json()
        assert set(index["providers"]) == {*every(), *platforms(), "oauth2"}
        assert (await client.get("/health")).status_code == 200
        for key, path in index["providers"].items():
            answer = await client.get(path + "/nothing-here")
            assert answer.status_code in (404, 405), key


async def test_a_message_is_taken_over_tcp() -> None:
    sandbox = Sandbox()
    async with running(sandbox) as address:
        assert address.startswith("http://127.0.0.1:")
        answer = await raw(address, posting())
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert b"x-message-id:" in answer.lower()
    assert sandbox.emulators["sendgrid"].taken == 1


@pytest.mark.parametrize(("kind", "taken"), [("reset", 0), ("lost", 1)])
async def test_a_broken_connection_is_a_real_reset(kind: str, taken: int) -> None:
    sandbox = Sandbox()
    async with running(sandbox) as address:
        with pytest.raises(ConnectionResetError):
            await raw(address, posting(fault=kind))
        assert sandbox.emulators["sendgrid"].taken == taken
        assert (await raw(address, posting())).startswith(b"HTTP/1.1 202 ")


async def test_a_reset_is_what_httpx_calls_a_read_error() -> None:
    async with running() as address, httpx.AsyncClient(base_url=address) as client:
        with pytest.raises(httpx.ReadError):
            await client.post(PATH, json=MAIL, headers={**KEY, HEADER: "lost"})


async def test_a_fault_by_setting_breaks_the_connection_too() -> None:
    sandbox = Sandbox(faults={"sendgrid": (Fault(kind="reset", times=1),)})
    async with running(sandbox) as address:
        with pytest.raises(ConnectionResetError):
            await raw(address, posting())
        assert (await raw(address, posting())).startswith(b"HTTP/1.1 202 ")


async def test_only_the_faulty_connection_breaks() -> None:
    async with running() as address:
        results = await asyncio.gather(
            *(raw(address, posting(fault="reset" if index % 2 else "")) for index in range(20)),
            return_exceptions=True,
        )
    assert [isinstance(result, ConnectionResetError) for result in results] == [False, True] * 10


async def test_a_client_that_goes_away_leaves_the_sandbox_standing() -> None:
    async with running() as address:
        for fault in ("latency;seconds=0.01", "huge", "reset", ""):
            await raw(address, posting(fault=fault), abandon=True)
        await raw(
            address, b"POST " + PATH.encode() + b" HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf", abandon=True
        )
        assert (await raw(address, posting())).startswith(b"HTTP/1.1 202 ")


async def test_what_is_not_http_is_answered_and_forgotten() -> None:
    async with running() as address:
        assert (await raw(address, b"\x16\x03\x01hello\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
        assert (await raw(address, posting())).startswith(b"HTTP/1.1 202 ")


async def test_a_path_without_prefix_goes_to_the_provider_whose_path_it_is() -> None:
    paths = {
        "/email": ("postmark", 401),
        "/email/batch": ("postmark", 401),
        "/v3/mail/send": ("sendgrid", 401),
        "/v3/mg.example.com/messages": ("mailgun", 401),
        "/api/v1/transmissions": ("sparkpost", 401),
        "/v3/smtp/email": ("brevo", 401),
        "/v2/email/outbound-emails": ("amazon_ses", 403),
    }
    async with running() as address, httpx.AsyncClient(base_url=address) as client:
        for path, (key, status) in paths.items():
            here, there = await client.post(path), await client.post(f"/{key}{path}")
            assert (here.status_code, there.status_code) == (status, status), path
            assert here.content == there.content
        unknown = await client.post("/nobodys/path")
    assert unknown.status_code == 404
    assert "/sendgrid" in unknown.json()["known"]


@pytest.mark.parametrize("path", ["/custom", "/custom/", "/custom/any/path"])
async def test_the_custom_endpoint_takes_any_path_and_none(path: str) -> None:
    async with running() as address, httpx.AsyncClient(base_url=address) as client:
        assert (await client.post(path, json={"to": "ana@example.com"})).status_code == 202


async def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(WorkbenchError, match=rf"Port {port} is taken.*choose another"):
            await refused(serve(port, Sandbox()))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::", ""])
async def test_only_the_loopback_is_served(host: str) -> None:
    with pytest.raises(Refused, match="this machine only"):
        await refused(serve(0, Sandbox(), host=host))


async def test_a_port_beyond_the_range_is_refused() -> None:
    with pytest.raises(Refused, match="70000 is not a port"):
        await refused(serve(70000, Sandbox()))


async def test_cancelling_closes_the_port_and_it_can_be_used_again() -> None:
    async with running() as address:
        port = urlsplit(address).port
        assert port
        assert (await raw(address, posting())).startswith(b"HTTP/1.1 202 ")
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)

    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(port, Sandbox(), ready=ready.set_result))
    assert await ready == address
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_a_held_connection_does_not_keep_it_from_closing() -> None:
    async with running() as address:
        url = urlsplit(address)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    assert (await reader.read()).endswith(b"}")
    writer.close()


async def test_two_sandboxes_stand_side_by_side() -> None:
    faulty = Sandbox(faults={"*": (Fault(kind="unavailable"),)})
    async with running() as one, running(faulty) as other:
        assert one != other
        assert (await raw(one, posting())).startswith(b"HTTP/1.1 202 ")
        assert (await raw(other, posting())).startswith(b"HTTP/1.1 503 ")
