"""TLS is always verified against the name in the URL, and each way it fails has its own sentence."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.authority import Authority
from tests.loopback import listener
from tests.ways import Live
from workbench.adapters.wire import Wire
from workbench.errors import Refused
from workbench.models.request import Failure, Reply, Request

HOST = "provider.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"), "trusted")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"), "stranger")


async def loopback(host: str, port: int) -> tuple[str, ...]:
    return ("127.0.0.1",)


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def kept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            assert task in tasks  # the client went, or the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(kept, sock=listener(), ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    await writer.drain()


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def dropping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.transport.abort()


async def sent(wire: Wire, port: int, host: str = HOST, **times: float) -> Reply | Failure:
    request = Request(method="GET", url=f"https://{host}:{port}/?key=s3cr3t", headers=(("X-Key", "s3cr3t"),))
    try:
        return await wire.send(request, **times)
    finally:
        await wire.close()


def wire_to(live: Live, authority: Authority) -> Wire:
    return live({HOST, "127.0.0.1"}, authorities=authority.file, resolve=loopback)


async def failed(wire: Wire, port: int, **more: Any) -> Failure:
    failure = await sent(wire, port, **more)
    assert isinstance(failure, Failure), failure
    assert more.get("host", HOST) in str(failure.sentence)
    assert "s3cr3t" not in str(failure.sentence)
    return failure


async def test_a_good_certificate_for_the_name_in_the_url(live: Live, authority: Authority) -> None:
    asked: list[str | None] = []
    tls = authority.server(HOST)
    tls.sni_callback = lambda connection, name, context: asked.append(name)
    async with serving(greeting, tls) as port:
        reply = await sent(wire_to(live, authority), port)
    assert isinstance(reply, Reply), reply
    assert reply.body == b"ok"
    assert asked == [HOST]  # not the address that was connected to


async def test_an_untrusted_authority(live: Live, authority: Authority, stranger: Authority) -> None:
    async with serving(greeting, stranger.server(HOST)) as port:
        failure = await failed(wire_to(live, authority), port)
    assert (failure.kind, failure.sent) == ("tls", False)
    assert str(failure.sentence) == (
        "No authority that is trusted here vouches for provider.example, so nothing was sent. Check the host."
    )


async def test_without_the_extra_authority_its_certificates_are_worth_nothing(
    live: Live, authority: Authority
) -> None:
    async with serving(greeting, authority.server(HOST)) as port:
        failure = await failed(live({HOST}, resolve=loopback), port)
    assert (failure.kind, failure.sent) == ("tls", False)


async def test_the_certificate_of_another_name(live: Live, authority: Authority) -> None:
    async with serving(greeting, authority.server("other.example")) as port:
        failure = await failed(wire_to(live, authority), port)
    assert (failure.kind, failure.sent) == ("tls", False)
    assert "certificate of another name" in str(failure.sentence)


async def test_a_certificate_for_a_name_is_none_for_an_address(live: Live, authority: Authority) -> None:
    async with serving(greeting, authority.server(HOST)) as port:
        failure = await failed(wire_to(live, authority), port, host="127.0.0.1")
    assert (failure.kind, failure.sent) == ("tls", False)
    assert "certificate of another name" in str(failure.sentence)


async def test_an_expired_certificate(live: Live, authority: Authority) -> None:
    async with serving(greeting, authority.server(HOST, days=-1)) as port:
        failure = await failed(wire_to(live, authority), port)
    assert (failure.kind, failure.sent) == ("tls", False)
    assert "out of date" in str(failure.sentence)


async def speaking_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def ending(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65_536)


@pytest.mark.parametrize("handler", [speaking_http, dropping, ending])
async def test_a_port_that_speaks_no_tls(live: Live, authority: Authority, handler: Handler) -> None:
    async with serving(handler, None) as port:
        failure = await failed(wire_to(live, authority), port)
    assert (failure.kind, failure.sent) == ("tls", False)
    assert "speak https" in str(failure.sentence)


async def test_silence_after_the_request(live: Live, authority: Authority) -> None:
    async with serving(hanging, authority.server(HOST)) as port:
        failure = await failed(wire_to(live, authority), port, total_s=2.0)
    assert (failure.kind, failure.sent) == ("timeout", True)


async def test_a_handshake_that_hangs(live: Live, authority: Authority) -> None:
    async with serving(hanging, None) as port:
        failure = await failed(wire_to(live, authority), port, connect_s=0.1)
    assert (failure.kind, failure.sent) == ("connect_timeout", False)


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    linger = struct.pack("ii", 1, 0)  # close with a reset
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


@pytest.mark.parametrize("handler", [closing, resetting])
async def test_a_server_that_breaks_off_after_the_request(
    live: Live, authority: Authority, handler: Handler
) -> None:
    async with serving(handler, authority.server(HOST)) as port:
        failure = await failed(wire_to(live, authority), port)
    assert (failure.kind, failure.sent) == ("reset", True)


async def test_old_protocols_are_refused(live: Live, authority: Authority) -> None:
    tls = authority.server(HOST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.maximum_version = ssl.TLSVersion.TLSv1_1
    tls.set_ciphers("ALL:@SECLEVEL=0")
    async with serving(greeting, tls) as port:
        failure = await failed(wire_to(live, authority), port)
    assert (failure.kind, failure.sent) == ("tls", False)


async def test_a_handshake_that_is_given_up_closes_its_connection(live: Live, authority: Authority) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def listening_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        begun.set()
        while await reader.read(65_536):
            pass
        ended.set()

    async with serving(listening_only, None) as port:
        task = asyncio.create_task(sent(wire_to(live, authority), port))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        del task
        async with asyncio.timeout(30):
            await ended.wait()


def test_authorities_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("not a certificate")
    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(Refused, match=name):
            Wire.live(authorities=tmp_path / name)
