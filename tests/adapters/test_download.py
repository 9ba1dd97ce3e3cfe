"""Downloads from a real server on loopback and from stand-ins: parts as they come, and every way in which they can stop."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.loopback import listener
from tests.ways import Live
from workbench.adapters.download import CutShort, Download
from workbench.adapters.wire import ASGIApp, Wire
from workbench.errors import Refused
from workbench.models.request import Failure, Reply, Request

Say = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
MANY = 32 * 1024 * 1024
"""More than the system's own buffers hold between two sockets."""


@asynccontextmanager
async def serving(say: Say, heads: list[bytes] | None = None) -> AsyncIterator[int]:
    """Serve what ``say`` says after each request; give the port. ``heads`` notes the requests."""
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.add(asyncio.current_task())  # type: ignore[arg-type]
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if heads is not None:
                    heads.append(head)
                await say(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went, or the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(connected, sock=listener())
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()


def saying(*parts: bytes, then: str = "go on") -> Say:
    """Return what says the parts, and then goes on, is silent, or ends the connection."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if then == "silence":
            await asyncio.Event().wait()
        elif then == "end":
            raise ConnectionResetError

    return say


def head(status: str = "200 OK", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


def request(port: int, path: str = "/items?key=s3cr3t") -> Request:
    return Request(method="GET", url=f"http://127.0.0.1:{port}{path}", headers=())


@pytest.fixture
def wire(live: Live) -> Wire:
    return live({"127.0.0.1"})


async def read_all(got: Download) -> bytes:
    chunks = [chunk async for chunk in got.chunks]
    assert all(chunks)
    return b"".join(chunks)


async def whole(wire: Wire, asked: Request, **more: Any) -> tuple[Download, bytes]:
    async with wire.download(asked, **more) as got:
        assert isinstance(got, Download), got
        body = await read_all(got)
        assert got.read == len(body)
        return got, body


async def cut(wire: Wire, asked: Request, **more: Any) -> tuple[Failure, int]:
    """Return why a download ended in the middle, and how much had come."""
    async with wire.download(asked, **more) as got:
        assert isinstance(got, Download), got
        with pytest.raises(CutShort) as caught:
            await read_all(got)
        assert [chunk async for chunk in got.chunks] == []
    assert caught.value.failure.sent
    assert "s3cr3t" not in f"{caught.value} {got!r}"
    assert "127.0.0.1" in str(caught.value)
    return caught.value.failure, got.read


async def test_a_body_comes_in_parts_and_no_more_than_a_part_is_held(wire: Wire) -> None:
    piece = bytes(range(256)) * 256
    sent = 0

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(head("200 OK", f"Content-Length: {MANY}", "X-Kind: items"))
        while sent < MANY:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)

    async with serving(say) as port, wire.download(request(port)) as got:
        assert isinstance(got, Download)
        assert (got.status, got.ok, got.size, got.header("x-kind")) == (200, True, MANY, "items")
        first = await anext(got.chunks)
        for _ in range(20):
            await asyncio.sleep(0.005)  # time in which a reader without bounds would take all of it
        assert sent < MANY
        largest = len(first)
        async for chunk in got.chunks:
            largest = max(largest, len(chunk))
        assert (got.read, largest < MANY // 4) == (MANY, True)


async def test_a_connection_is_used_again_after_all_was_read_and_closed_before_that(wire: Wire) -> None:
    ports = set()

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports.add(writer.get_extra_info("peername")[1])
        writer.write(head("200 OK", "Content-Length: 300000") + b"x" * 300_000)
        await writer.drain()

    async with serving(say) as port:
        for _ in range(2):
            assert (await whole(wire, request(port)))[1] == b"x" * 300_000
        assert len(ports) == 1
        async with wire.download(request(port)) as got:
            assert isinstance(got, Download)
            assert await anext(got.chunks)
        assert len(ports) == 1
        assert isinstance(await wire.send(request(port)), Reply)
        assert len(ports) == 2


@pytest.mark.parametrize("length", ["chunked", "to the end"])
async def test_a_body_without_a_length(wire: Wire, length: str) -> None:
    chunked = b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    say = (
        saying(head("200 OK", "Transfer-Encoding: chunked"), chunked)
        if length == "chunked"
        else saying(head("200 OK", "Connection: close"), b"one", b"two", then="end")
    )
    async with serving(say) as port:
        got, body = await whole(wire, request(port))
    assert (body, got.size) == (b"onetwo", None)


async def test_what_is_packed_stays_packed(wire: Wire) -> None:
    packed = gzip.compress(b'{"id": "ana"}\n' * 1000)
    heads: list[bytes] = []
    say = saying(head("200 OK", f"Content-Length: {len(packed)}", "Content-Encoding: gzip"), packed)
    async with serving(say, heads) as port:
        got, body = await whole(wire, request(port))
        assert (got.header("Content-Encoding"), body) == ("gzip", packed)
        own = Request(method="GET", url=request(port).url, headers=(("accept-encoding", "identity"),))
        await whole(wire, own)
    assert [b"ncoding: gzip\r\n" in told for told in heads] == [True, False]
    assert b"accept-encoding: identity\r\n" in heads[1]


@pytest.mark.parametrize("status", ["204 No Content", "302 Found", "404 Not Found", "410 Gone", "500 Oh"])
async def test_every_status_is_a_head_and_none_is_followed(wire: Wire, status: str) -> None:
    heads: list[bytes] = []
    body = b"" if status.startswith("204") else b"gone"
    told = head(status, f"Content-Length: {len(body)}", "Location: http://127.0.0.1:1/elsewhere")
    async with serving(saying(told + body), heads) as port:
        got, read = await whole(wire, request(port))
    assert (got.status, got.ok, read) == (int(status[:3]), status.startswith("2"), body)
    assert len(heads) == 1


@pytest.mark.parametrize("length", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
async def test_a_body_that_is_cut_is_told(wire: Wire, length: str) -> None:
    part = b"x" * 100 if length.startswith("Content") else b"64\r\n" + b"x" * 100 + b"\r\n"
    async with serving(saying(head("200 OK", length), part, then="end")) as port:
        failure, read = await cut(wire, request(port))
    assert (failure.kind, read) == ("reset", 100)
    assert "broke off the connection in the middle of the file, after 100 bytes" in str(failure.sentence)


async def test_chunks_that_are_none_are_told(wire: Wire) -> None:
    say = saying(head("200 OK", "Transfer-Encoding: chunked"), b"3\r\none\r\nno number\r\n", then="silence")
    async with serving(say) as port:
        failure, _ = await cut(wire, request(port), idle_s=5)
    assert failure.kind == "protocol"


async def test_a_body_that_is_too_long_is_cut_short(wire: Wire) -> None:
    say = saying(head("200 OK", "Content-Length: 1000000"), b"x" * 1_000_000)
    async with serving(say) as port:
        failure, read = await cut(wire, request(port), most_bytes=200_000)
        assert (failure.kind, read > 200_000) == ("blocked", True)
        assert "longer than 200000 bytes" in str(failure.sentence)
        assert len((await whole(wire, request(port), most_bytes=1_000_000))[1]) == 1_000_000


async def test_without_a_head_there_is_a_failure(wire: Wire) -> None:
    async with wire.download(request(1)) as got:
        assert isinstance(got, Failure)
        assert (got.kind, got.sent) == ("connect", False)
    async with serving(saying(then="end")) as port, wire.download(request(port)) as got:
        assert isinstance(got, Failure)
        assert (got.kind, got.sent) == ("reset", True)
    async with wire.download(Request(method="GET", url="ftp://x/", headers=())) as got:
        assert isinstance(got, Failure)
        assert got.kind == "protocol"


async def test_a_server_that_is_silent_stops_or_dawdles_is_told() -> None:
    async def dawdle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK", "Content-Length: 1000000"))
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def silent(wire: Wire) -> None:
        async with serving(saying(then="silence")) as port, wire.download(request(port), idle_s=1) as got:
            assert isinstance(got, Failure)
            assert (got.kind, got.sent) == ("timeout", True)

    async def stopping(wire: Wire) -> None:
        say = saying(head("200 OK", "Content-Length: 1000"), b"x" * 10, then="silence")
        async with serving(say) as port:
            failure, read = await cut(wire, request(port), idle_s=1)
        assert (failure.kind, read) == ("timeout", 10)
        assert "after 10 bytes nothing came for 1 s" in str(failure.sentence)

    async def dawdling(wire: Wire) -> None:
        async with serving(dawdle) as port:
            failure, read = await cut(wire, request(port), idle_s=30, total_s=1)
        assert failure.kind == "timeout"
        assert read < 1_000_000
        assert "did not give the whole file within 1 s" in str(failure.sentence)

    single = Wire.live({"127.0.0.1"})
    bulk = single.bulk(at_once=10)
    await asyncio.gather(*(told(wire) for told in (silent, stopping, dawdling) for wire in (single, bulk)))
    for wire in (single, bulk):
        await wire.close()


async def test_private_addresses_stay_closed(live: Live) -> None:
    async with (
        serving(saying(head("200 OK", "Content-Length: 0"))) as port,
        live().download(request(port)) as got,
    ):
        assert isinstance(got, Failure)
        assert (got.kind, got.sent) == ("blocked", False)


async def test_who_goes_in_the_middle_leaves_nothing_open(wire: Wire) -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        writer.write(head("200 OK", "Content-Length: 1000") + b"x")
        await reader.read()
        gone.set()

    async def leave() -> None:
        async with wire.download(request(port)) as got:
            assert isinstance(got, Download)
            async for _ in got.chunks:
                raise ZeroDivisionError

    async with serving(say) as port:
        with pytest.raises(ZeroDivisionError):
            await leave()
        await gone.wait()
        came.clear()
        gone.clear()
        task = asyncio.create_task(whole(wire, request(port)))
        await came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone.wait()


# The rehearsal


def answering(
    *parts: bytes, status: int = 200, ends: BaseException | None = None, more: bool = False
) -> ASGIApp:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.request"
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"x-path", scope["raw_path"])]}
        )
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        if ends is not None:
            raise ends
        if not more:
            await send({"type": "http.response.body"})

    return app


def rehearsing(app: ASGIApp | None) -> Wire:
    return Wire.rehearsal(lambda request: app)


@pytest.mark.parametrize("bulk", [False, True])
async def test_a_stand_in_is_downloaded_from_as_a_server_is(bulk: bool) -> None:
    wire = rehearsing(answering(b"one", b"", b"two"))
    wire = wire.bulk(at_once=2) if bulk else wire
    got, body = await whole(wire, request(1, "/a%2Fb?c"))
    assert (got.status, got.header("X-Path"), body) == (200, "/a%2Fb", b"onetwo")
    assert (await whole(rehearsing(answering(status=410)), request(1)))[0].status == 410
    async with rehearsing(None).download(request(1)) as nothing:
        assert isinstance(nothing, Failure)
        assert (nothing.kind, nothing.sent) == ("blocked", False)


async def test_a_stand_in_runs_no_further_than_is_read() -> None:
    sent, ended = 0, asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200})
        try:
            for _ in range(1000):
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
                sent += 1
        finally:
            ended.set()

    async with rehearsing(app).download(request(1)) as got:
        assert isinstance(got, Download)
        for _ in range(10):
            await anext(got.chunks)
        assert sent < 20
    assert ended.is_set()


async def test_a_stand_in_that_fails_is_told_as_a_server_is() -> None:
    for app in (answering(b"x" * 7, ends=ConnectionResetError()), answering(b"x" * 7, more=True)):
        failure, read = await cut(rehearsing(app), request(1))
        assert (failure.kind, read) == ("reset", 7)
    for error in (ConnectionResetError(), OSError()):

        async def app(scope: Any, receive: Any, send: Any, error: OSError = error) -> None:
            raise error

        async with rehearsing(app).download(request(1)) as got:
            assert isinstance(got, Failure)
            assert got.kind == "reset"

    async def hangs(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await asyncio.Event().wait()

    failure, read = await cut(rehearsing(hangs), request(1), idle_s=0.5)
    assert (failure.kind, read) == ("timeout", 0)


@pytest.mark.parametrize(
    "answer", [answering(b"x", ends=ZeroDivisionError()), answering(ends=ZeroDivisionError())]
)
async def test_a_defect_of_a_stand_in_is_raised(answer: ASGIApp) -> None:
    with pytest.raises(ZeroDivisionError):
        await whole(rehearsing(answer), request(1))


# A rehearsal that calls this machine


@pytest.mark.parametrize("bulk", [False, True])
async def test_named_servers_of_this_machine_are_truly_called(bulk: bool) -> None:
    say = saying(head("200 OK", "Content-Length: 4") + b"real")
    async with serving(say) as port, serving(say) as other:
        stand_in = answering(b"stand-in")
        wire = Wire.rehearsal(lambda request: stand_in, real=[f"127.0.0.1:{port}"])
        assert wire.mode == "rehearsal"
        ways = [wire, wire.bulk(at_once=2)] if bulk else [wire]
        for one in ways:
            for asked, expected in ((port, b"real"), (other, b"stand-in")):
                reply = await one.send(request(asked))
                assert isinstance(reply, Reply)
                assert reply.body == expected
                assert (await whole(one, request(asked)))[1] == expected
            for url in (
                f"http://localhost:{port}/",
                f"http://127.0.0.1.example:{port}/",
                "http://127.0.0.1/",
            ):
                reply = await one.send(Request(method="GET", url=url, headers=()))
                assert isinstance(reply, Reply)
                assert reply.body == b"stand-in"
        for one in ways:
            await one.close()


async def test_localhost_is_this_machine_whatever_its_name_may_stand_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    say = saying(head("200 OK", "Content-Length: 4") + b"real")
    async with serving(say) as port:
        wire = Wire.rehearsal(lambda request: None, real=[f"LOCALHOST:{port}"])
        asked = Request(method="GET", url=f"http://localhost:{port}/", headers=())
        reply = await wire.send(asked)
        assert isinstance(reply, Reply)
        assert reply.body == b"real"
        await wire.close()
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (ip, port)) for ip in ("192.0.2.1", "10.0.0.1")]

        async def elsewhere(*_: object, **__: object) -> object:
            return found

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", elsewhere)
        failure = await wire.send(asked)
        assert isinstance(failure, Failure)
        assert (failure.kind, failure.sent) == ("dns", False)
        await wire.close()


async def test_what_a_rehearsal_answers_is_known_beforehand() -> None:
    wire = Wire.rehearsal(
        lambda request: answering() if request.provider == "custom" else None, real=["[::1]:8080"]
    )
    cases = {
        ("https://api.example/", "custom"): True,
        ("https://api.example/", "other"): False,
        ("http://[::1]:8080/a", "other"): True,
        ("http://[::1]:8081/a", "other"): False,
        ("javascript:alert(1)", "custom"): False,
    }
    for (url, provider), known in cases.items():
        asked = Request(method="POST", url=url, headers=(), provider=provider)
        assert wire.rehearses(asked) is known
        assert wire.bulk(at_once=1).rehearses(asked) is known
        assert Wire.live({"api.example"}).rehearses(asked) is False
    await wire.close()


@pytest.mark.parametrize(
    "name",
    [
        "127.0.0.1",
        "localhost",
        "192.168.0.1:80",
        "api.example:443",
        "0.0.0.0:80",
        "[::2]:80",
        "127.1:80",
        "x y:80",
    ],
)
def test_only_servers_of_this_machine_can_be_named(name: str) -> None:
    with pytest.raises(Refused, match=r"no server of this machine|is not a host"):
        Wire.rehearsal(lambda request: None, real=[name])
