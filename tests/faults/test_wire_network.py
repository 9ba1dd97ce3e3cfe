"""The live wire against real sockets that misbehave: every fault is an answer or a failure that says what it was."""

from __future__ import annotations

import asyncio
import gc
import gzip
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.loopback import listener
from tests.ways import Live
from workbench.adapters.wire import BODY_LIMIT, Wire, outgoing_headers
from workbench.models.request import Failure, Headers, Reply, Request

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A socket on loopback that does with each connection what it was told, and keeps what it was sent."""

    handler: Callable[[Server, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    port: int = 0
    connections: int = 0
    left: int = 0
    seen: list[bytes] = field(default_factory=list)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.running.add(asyncio.current_task())  # type: ignore[arg-type]
        try:
            await self.handler(self, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            self.left += 1  # the client went, or the test is over
        finally:
            writer.close()

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        """Return one request as it came: head and body."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        self.seen.append(head + await reader.readexactly(length))
        return self.seen[-1]


@asynccontextmanager
async def serving(handler: Callable[..., Awaitable[None]]) -> AsyncIterator[Server]:
    server = Server(handler)
    listening = await asyncio.start_server(server, sock=listener())
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in server.running:
            task.cancel()
        await asyncio.gather(*server.running, return_exceptions=True)
        await listening.wait_closed()


def saying(*parts: bytes) -> Callable[[Server, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Return a handler that reads one request, says ``parts`` and closes."""

    async def handler(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        for part in parts:
            writer.write(part)
            await writer.drain()

    return handler


def said(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def request(port: int, path: str = "/send?key=s3cr3t", headers: Headers = (), body: bytes = b"{}") -> Request:
    return Request(method="POST", url=f"http://127.0.0.1:{port}{path}", headers=headers, body=body)


@pytest.fixture
def wire(live: Live) -> Wire:
    return live({"127.0.0.1"})


async def replied(wire: Wire, *parts: bytes) -> Reply:
    async with serving(saying(*parts)) as server:
        answer = await wire.send(request(server.port))
    assert isinstance(answer, Reply), answer
    return answer


async def failed(wire: Wire, handler: Callable[..., Awaitable[None]], **times: float) -> Failure:
    async with serving(handler) as server:
        answer = await wire.send(request(server.port), **times)
    assert isinstance(answer, Failure), answer
    assert "s3cr3t" not in str(answer.sentence)
    assert "127.0.0.1" in str(answer.sentence)
    assert answer.elapsed_ms > 0
    return answer


async def test_the_exact_bytes_arrive(wire: Wire) -> None:
    headers = (("X-One", "1"), ("x-one", "a  b"), ("Empty", ""), ("Content-Type", "application/json"))
    body = b"\x00\xff" + "ünï".encode()
    async with serving(saying(said("200 OK"))) as server:
        await wire.send(request(server.port, "//a/./b/../%7e;x?q='(*)|%20&&a=b+c?/#f", headers, body))
    assert server.seen == [
        b"POST //a/./b/../%7e;x?q='(*)|%20&&a=b+c?/ HTTP/1.1\r\n"
        + f"Host: 127.0.0.1:{server.port}\r\n".encode()
        + b"X-One: 1\r\nx-one: a  b\r\nEmpty: \r\nContent-Type: application/json\r\n"
        + b"Content-Length: 7\r\nAccept-Encoding: gzip, deflate\r\nUser-Agent: integration-workbench\r\n\r\n"
        + body
    ]


@pytest.mark.parametrize("target", ["?", "/?", "/a?", "/a??", "/a?b=", "//", "/.", "/%zz", "/a;b?c"])
async def test_the_target_goes_out_as_it_is_written(wire: Wire, target: str) -> None:
    async with serving(saying(said("200 OK"))) as server:
        await wire.send(request(server.port, target))
    expected = target if target.startswith("/") else "/" + target
    assert server.seen[0].split(b"\r\n")[0] == f"POST {expected} HTTP/1.1".encode()


async def test_host_goes_first_and_the_method_as_it_is(wire: Wire) -> None:
    headers = (("X-A", "1"), ("hOST", "other.example"), ("X-B", "2"), ("Content-LENGTH", "2"))
    sent = request(0, headers=headers).model_copy(update={"method": "Notify"})
    async with serving(saying(said("200 OK"))) as server:
        sent = sent.model_copy(update={"url": f"http://127.0.0.1:{server.port}/"})
        await wire.send(sent)
    told = "".join(f"{name}: {value}\r\n" for name, value in outgoing_headers(sent))
    assert server.seen == [f"Notify / HTTP/1.1\r\n{told}\r\n{{}}".encode()]
    assert outgoing_headers(sent)[:3] == (("hOST", "other.example"), ("X-A", "1"), ("X-B", "2"))


TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
NAMES = st.text("abcXYZ-_019", min_size=1, max_size=8).map(lambda name: "X-" + name)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    target=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=20),
    headers=st.lists(st.tuples(NAMES, TEXTS.map(str.strip)), max_size=4).map(tuple),
    body=st.binary(max_size=200),
)
async def test_any_request_goes_out_byte_for_byte(
    wire: Wire, method: str, target: str, headers: Headers, body: bytes
) -> None:
    async with serving(keeping) as server:
        url = f"http://127.0.0.1:{server.port}/{target}"
        sent = Request(method=method, url=url, headers=headers, body=body)
        reply = await wire.send(sent)
        await wire.close()
    assert isinstance(reply, Reply)
    told = "".join(f"{name}: {value}\r\n" for name, value in outgoing_headers(sent))
    assert server.seen == [f"{method} /{target} HTTP/1.1\r\n{told}\r\n".encode() + body]


async def test_a_long_body_arrives_whole(wire: Wire) -> None:
    body = bytes(range(256)) * 20_000
    async with serving(saying(said("200 OK"))) as server:
        assert isinstance(await wire.send(request(server.port, body=body)), Reply)
    assert server.seen[0].endswith(b"\r\n\r\n" + body)


async def test_an_answer_comes_back_whole(wire: Wire) -> None:
    reply = await replied(wire, said("202 Accepted", b'{"id":"1"}', "X-Id: 1", "X-id: 2"))
    assert (reply.status, reply.body, reply.truncated) == (202, b'{"id":"1"}', False)
    assert reply.headers == (("Content-Length", "10"), ("X-Id", "1"), ("X-id", "2"))
    assert reply.elapsed_ms > 0


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\n", 200, b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, b"ab"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 201, b""),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" + said("200 OK", b"x"), 200, b"x"),
        (said("200 OK", b"<html>no", "Content-Type: text/html"), 200, b"<html>no"),
        (said("200 OK", b"[1]", "Content-Type: application/json; charset=nonsense"), 200, b"[1]"),
        (
            said("200 OK", b"\xff\xfe\x00", "Content-Type: application/json; charset=utf-8"),
            200,
            b"\xff\xfe\x00",
        ),
        (said("200 OK", b"not packed", "Content-Encoding: gzip"), 200, b"not packed"),
        (b"HTTP/1.1 599 \xe9\r\nContent-Length: 0\r\n\r\n", 599, b""),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nabcde", 204, b""),
        (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 204, b""),
        (said("200 OK", b"x")[:-1] + b"x and more than was announced", 200, b"x"),
        (said("200 OK", b"x") + said("200 OK", b"another"), 200, b"x"),
        (said("200 OK", b"x", "X-Long: " + "x" * 20_000), 200, b"x"),
        (said("200 OK", b"x", *["X-Many: x"] * 200), 200, b"x"),
        (b"HTTP/1.1 200 OK\nContent-Length: 1\n\nx", 200, b"x"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + said("200 OK", b"\r\n\r\n"), 200, b"\r\n\r\n"),
    ],
)
async def test_odd_answers_are_answers(wire: Wire, answer: bytes, status: int, body: bytes) -> None:
    reply = await replied(wire, answer)
    assert (reply.status, reply.body) == (status, body)
    reply.text()


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
async def test_a_redirect_is_never_followed(wire: Wire, status: str) -> None:
    async with serving(saying(said("200 OK"))) as elsewhere:
        target = f"Location: http://127.0.0.1:{elsewhere.port}/stolen"
        async with serving(saying(said(f"{status} Moved", b"", target))) as server:
            reply = await wire.send(request(server.port, headers=(("X-Api-Key", "k"),)))
        assert isinstance(reply, Reply)
        assert reply.status == int(status)
        assert reply.header("location") == target.removeprefix("Location: ")
        assert (len(server.seen), elsewhere.connections) == (1, 0)


async def test_a_huge_answer_is_read_to_the_limit(wire: Wire) -> None:
    reply = await replied(wire, said("200 OK", b"x" * 2_000_000))
    assert (len(reply.body), reply.truncated) == (BODY_LIMIT, True)


async def test_an_endless_answer_is_read_to_the_limit(wire: Wire) -> None:
    async def endless(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with serving(endless) as server:
        reply = await wire.send(request(server.port))
    assert isinstance(reply, Reply)
    assert (len(reply.body), reply.truncated) == (BODY_LIMIT, True)


async def test_a_bomb_unpacks_to_the_limit(wire: Wire) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    reply = await replied(wire, said("200 OK", bomb, "Content-Encoding: gzip"))
    assert (len(reply.body), reply.truncated) == (BODY_LIMIT, True)


async def test_nobody_listens(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    failure = await wire.send(request(port))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == ("connect", False)
    assert str(failure.sentence) == (
        "127.0.0.1 refused the connection, so nothing was sent. Check the host and port, or try again later."
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [(socket.EAI_NONAME, "No server is known"), (socket.EAI_AGAIN, "cannot be looked up now")],
)
async def test_a_name_that_leads_nowhere(live: Live, code: int, words: str) -> None:
    async def nowhere(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(code, "s3cr3t")

    wire = live(resolve=nowhere)
    failure = await wire.send(Request(method="GET", url="https://api.example/?s3cr3t", headers=()))
    await wire.close()
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == ("dns", False)
    assert words in str(failure.sentence)
    assert "api.example" in str(failure.sentence)
    assert "s3cr3t" not in str(failure.sentence)


async def test_a_name_that_is_too_long_to_look_up(wire: Wire) -> None:
    failure = await wire.send(Request(method="GET", url=f"https://{'a' * 64}.example/", headers=()))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == ("protocol", False)


async def test_a_connection_that_does_not_come_about_in_time(live: Live) -> None:
    async def never(host: str, port: int) -> tuple[str, ...]:
        await asyncio.Event().wait()
        return ()

    wire = live(resolve=never)
    failure = await wire.send(Request(method="GET", url="https://api.example/", headers=()), connect_s=0.05)
    await wire.close()
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == ("connect_timeout", False)
    assert str(failure.sentence) == (
        "api.example was not reached within 0.05 s, so nothing was sent. Check the host, or allow more time."
    )


async def test_a_host_is_reached_by_its_second_address(live: Live) -> None:
    async def two(host: str, port: int) -> tuple[str, ...]:
        return ("127.0.0.2", "127.0.0.1")  # nobody listens at the first

    both = live({"api.example"}, resolve=two)
    async with serving(saying(said("200 OK"))) as server:
        reply = await both.send(Request(method="GET", url=f"http://api.example:{server.port}/", headers=()))
        await both.close()
    assert isinstance(reply, Reply)
    assert f"Host: api.example:{server.port}".encode() in server.seen[0]


async def test_silence(wire: Wire) -> None:
    async def silent(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        await asyncio.Event().wait()

    failure = await failed(wire, silent, total_s=1.0)
    assert (failure.kind, failure.sent) == ("timeout", True)


async def test_a_drip_does_not_stretch_the_time(wire: Wire) -> None:
    async def dripping(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    failure = await failed(wire, dripping, total_s=1.0)
    assert (failure.kind, failure.sent) == ("timeout", True)


async def test_a_server_that_reads_nothing(wire: Wire) -> None:
    async def deaf(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with serving(deaf) as server:
        failure = await wire.send(request(server.port, body=b"x" * 30_000_000), total_s=1.0)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == ("timeout", True)


def resetting(after_reading: bool) -> Callable[..., Awaitable[None]]:
    async def handler(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if after_reading:
            await server.request(reader)
        linger = struct.pack("ii", 1, 0)  # close with a reset
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    return handler


@pytest.mark.parametrize(
    "handler",
    [
        resetting(after_reading=True),
        resetting(after_reading=False),
        saying(),
        saying(b"HTTP/1.1 200 OK\r\nContent-"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        saying(b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["reset", "reset unread", "closed", "half a head", "half a body", "half a chunk", "continue only"],
)
async def test_a_connection_that_breaks_off(wire: Wire, handler: Callable[..., Awaitable[None]]) -> None:
    failure = await failed(wire, handler)
    assert (failure.kind, failure.sent) == ("reset", True)
    assert "may have been taken" in str(failure.sentence)


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"220 mail.example ESMTP\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46" * 10 + b"\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 000 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nabc",
    ],
)
async def test_what_is_not_http(wire: Wire, garbage: bytes) -> None:
    failure = await failed(wire, saying(garbage))
    assert (failure.kind, failure.sent) == ("protocol", True)
    assert "did not answer in HTTP" in str(failure.sentence)


async def test_a_body_that_turns_into_garbage_later(wire: Wire) -> None:
    async def turning(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await asyncio.sleep(0.05)
        writer.write(b"zz\r\n")
        await reader.read()

    failure = await failed(wire, turning)
    assert (failure.kind, failure.sent) == ("protocol", True)


async def test_a_reset_in_the_middle_of_a_body(wire: Wire) -> None:
    async def breaking(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
        await asyncio.sleep(0.05)
        await resetting(after_reading=False)(server, reader, writer)

    failure = await failed(wire, breaking)
    assert (failure.kind, failure.sent) == ("reset", True)


@pytest.mark.parametrize("length", ["5", "0"])
async def test_a_head_has_no_body(wire: Wire, length: str) -> None:
    async with serving(saying(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())) as server:
        url = f"http://127.0.0.1:{server.port}/"
        reply = await wire.send(Request(method="HEAD", url=url, headers=()))
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body, reply.header("content-length")) == (200, b"", length)


async def test_a_server_may_answer_before_it_has_read_all(wire: Wire) -> None:
    async def early(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said("413 Too Large", b"no"))
        await writer.drain()
        while await reader.read(65_536):
            pass

    async with serving(early) as server:
        reply = await wire.send(request(server.port, body=b"x" * 5_000_000))
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (413, b"no")


async def keeping(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer request after request on one connection."""
    while True:
        await server.request(reader)
        writer.write(said("200 OK", b"ok"))
        await writer.drain()


async def test_a_connection_is_used_again(wire: Wire) -> None:
    async with serving(keeping) as server:
        for _ in range(3):
            assert isinstance(await wire.send(request(server.port)), Reply)
        assert (len(server.seen), server.connections) == (3, 1)
        await wire.close()
        assert isinstance(await wire.send(request(server.port)), Reply)
        assert server.connections == 2
        await wire.close()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST", "OPTIONS"])
async def test_a_request_is_never_sent_twice(wire: Wire, method: str) -> None:
    """Not even one that could be repeated, on a kept connection that breaks off without a word."""

    async def once(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        writer.write(said("200 OK", b"ok"))
        await server.request(reader)

    async with serving(once) as server:
        sent = request(server.port).model_copy(update={"method": method})
        first, second = [await wire.send(sent) for _ in range(2)]
        await asyncio.gather(*server.running)
    assert isinstance(first, Reply)
    assert isinstance(second, Failure)
    assert (second.kind, second.sent) == ("reset", True)
    assert (len(server.seen), server.connections) == (2, 1)


async def test_a_connection_that_was_closed_while_it_was_idle_is_not_used(wire: Wire) -> None:
    closed = asyncio.Event()

    async def closing(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        writer.write(said("200 OK", b"ok"))
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with serving(closing) as server:
        for _ in range(5):
            closed.clear()
            assert isinstance(await wire.send(request(server.port)), Reply)
            await closed.wait()
    assert (len(server.seen), server.connections) == (5, 5)


@pytest.mark.parametrize("more", [said("200 OK", b"of nothing"), b"HTTP/1.1 200 OK\r\nX-", b"garbage"])
async def test_what_was_said_unasked_answers_no_request(wire: Wire, more: bytes) -> None:
    idle, said_more = asyncio.Event(), asyncio.Event()

    async def talking(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        writer.write(said("200 OK", b"ok"))
        if server.connections == 1:
            await idle.wait()
            writer.write(more)
            await writer.drain()
            said_more.set()
        await reader.read()

    async with serving(talking) as server:
        assert isinstance(await wire.send(request(server.port)), Reply)
        idle.set()
        await said_more.wait()
        reply = await wire.send(request(server.port))
        await wire.close()
    assert isinstance(reply, Reply), reply
    assert reply.body == b"ok"
    assert (len(server.seen), server.connections) == (2, 2)


async def test_a_cut_answer_leaves_no_rest_on_the_connection(wire: Wire) -> None:
    async def long_then_short(
        server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await server.request(reader)
        writer.write(
            said("200 OK", b"x" * 3_000_000) if server.connections == 1 else said("201 Created", b"short")
        )
        await writer.drain()

    async with serving(long_then_short) as server:
        first, second = [await wire.send(request(server.port)) for _ in range(2)]
    assert isinstance(first, Reply)
    assert isinstance(second, Reply)
    assert (first.truncated, second.status, second.body) == (True, 201, b"short")


async def test_after_a_cancelled_send_the_wire_goes_on(wire: Wire) -> None:
    begun = asyncio.Event()

    async def first_hangs(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        begun.set()
        if server.connections == 1:
            await asyncio.Event().wait()
        writer.write(said("200 OK"))

    async with serving(first_hangs) as server:
        task = asyncio.create_task(wire.send(request(server.port)))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert isinstance(await wire.send(request(server.port)), Reply)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc"])
async def test_a_cancelled_send_closes_its_connection(wire: Wire, answer: bytes) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hanging(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        writer.write(answer)
        begun.set()
        assert await reader.read() == b""
        ended.set()

    async with serving(hanging) as server:
        task = asyncio.create_task(wire.send(request(server.port)))
        await begun.wait()
        await asyncio.sleep(0.05)  # so that what was answered may be on its way
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        del task
        async with asyncio.timeout(30):
            await ended.wait()
    gc.collect()  # a connection that was left open would warn now


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc"])
async def test_a_wire_that_is_closed_ends_what_is_under_way(wire: Wire, answer: bytes) -> None:
    begun = asyncio.Event()

    async def hanging(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.request(reader)
        writer.write(answer)
        begun.set()
        await reader.read()

    async with serving(hanging) as server:
        task = asyncio.create_task(wire.send(request(server.port), total_s=600))
        await begun.wait()
        await asyncio.sleep(0.05)  # so that what was answered may be on its way
        await wire.close()
        async with asyncio.timeout(30):
            failure = await task
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == ("reset", True)


async def test_many_at_once(wire: Wire) -> None:
    async with serving(keeping) as server:
        answers = await asyncio.gather(*(wire.send(request(server.port, f"/{n}")) for n in range(150)))
        await wire.close()
    assert {answer.status if isinstance(answer, Reply) else answer for answer in answers} == {200}
    assert len({head.split()[1] for head in server.seen}) == 150


async def test_the_environment_is_not_asked(
    live: Live, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password pw")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with serving(saying(said("200 OK"))) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        fresh = live({"127.0.0.1"})
        async with serving(saying(said("200 OK"))) as server:
            assert isinstance(await fresh.send(request(server.port)), Reply)
            await fresh.close()
        assert (len(server.seen), proxy.connections) == (1, 0)
        assert b"authorization" not in server.seen[0].lower()
