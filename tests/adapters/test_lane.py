"""The lane: many requests over few connections. What it shares with single sends is in tests/faults/test_wire_*.py."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import http_exceptions
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench
from tests.loopback import listener
from workbench.adapters.guard import Guard
from workbench.adapters.lane import Lane
from workbench.adapters.lookups import remembered
from workbench.adapters.outgoing import Heads, Ready
from workbench.adapters.wire import ASGIApp, Wire, locate, outgoing_headers
from workbench.errors import Refused
from workbench.models.request import Failure, Headers, Reply, Request
from workbench.sentence import Sentence

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"


async def until(reached: Callable[[], bool]) -> None:
    """Wait for a state of a server in this loop."""
    async with asyncio.timeout(30):
        while not reached():  # noqa: ASYNC110 - counters are what is looked at
            await asyncio.sleep(0.01)


class Sink:
    """A server that answers each request with its own path; it counts connections, requests, and how many are under way."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = self.open = self.most_at_once = self.now = 0
        self.paths: Counter[bytes] = Counter()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.closes_after = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.open += 1
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            assert self.open  # the client went, or the test is over
        finally:
            self.open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answered = 0
        while not self.closes_after or answered < self.closes_after:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(2)
            path = head.split()[1]
            self.paths[path] += 1
            self.now += 1
            self.most_at_once = max(self.most_at_once, self.now)
            try:
                await self.may_answer.wait()
            finally:
                self.now -= 1
            writer.write(ANSWER % (len(path), path))
            answered += 1

    async def everybody_left(self) -> None:
        await until(lambda: self.open == 0)


@asynccontextmanager
async def sinking() -> AsyncIterator[Sink]:
    sink = Sink()
    server = await asyncio.start_server(sink, sock=listener())
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        for task in sink.tasks:
            task.cancel()
        await asyncio.gather(*sink.tasks, return_exceptions=True)
        await server.wait_closed()


@asynccontextmanager
async def bulk(at_once: int) -> AsyncIterator[Wire]:
    wire = Wire.live({"127.0.0.1"}).bulk(at_once)
    try:
        yield wire
    finally:
        await wire.close()


def post(port: int, path: str = "/", headers: Headers = (), body: bytes = b"{}") -> Request:
    return Request(method="POST", url=f"http://127.0.0.1:{port}{path}", headers=headers, body=body)


async def worked(wire: Wire, requests: list[Request], workers: int) -> list[Reply | Failure]:
    """Return the answers of so many workers over one iterator."""
    rows = iter(requests)
    answers: list[Reply | Failure] = []

    async def worker() -> None:
        for row in rows:
            answers.append(await wire.send(row, connect_s=30, total_s=60))

    await asyncio.gather(*(worker() for _ in range(workers)))
    return answers


# Many requests


async def test_each_of_many_requests_is_answered_once_over_few_connections(each_loop: None) -> None:
    async with sinking() as sink, bulk(64) as wire:
        requests = [post(sink.port, f"/{number}", (("X-Row", str(number)),)) for number in range(2_000)]
        answers = await worked(wire, requests, 64)
        assert Counter(answer.body for answer in answers if isinstance(answer, Reply)) == sink.paths
        assert set(sink.paths.values()) == {1}
        assert (len(sink.paths), sink.connections <= 64) == (2_000, True)
    gc.collect()  # what was left open would warn now


async def test_connections_that_the_server_ends_are_replaced_and_nothing_is_sent_twice(
    each_loop: None,
) -> None:
    async with sinking() as sink, bulk(8) as wire:
        sink.closes_after = 10
        answers = await worked(wire, [post(sink.port, f"/{number}") for number in range(400)], 8)
        # Without an announcement a request may meet the end of its connection: that is told, and it is not sent again.
        lost = {(one.kind, one.sent) for one in answers if isinstance(one, Failure)}
        assert lost <= {("reset", True)}
        assert len(answers) == 400
        assert sum(sink.paths.values()) == sum(isinstance(answer, Reply) for answer in answers) >= 350
        assert set(sink.paths.values()) == {1}


async def test_no_more_than_was_allowed_are_under_way(each_loop: None) -> None:
    async with sinking() as sink, bulk(2) as wire:
        sink.may_answer.clear()
        tasks = [asyncio.create_task(wire.send(post(sink.port, f"/{number}"))) for number in range(6)]
        await until(lambda: sink.now == 2)
        sink.may_answer.set()
        assert all(isinstance(answer, Reply) for answer in await asyncio.gather(*tasks))
        assert (sink.most_at_once, sink.connections) == (2, 2)


async def test_a_send_that_ends_badly_makes_room_for_the_next(each_loop: None) -> None:
    async with sinking() as sink, bulk(1) as wire:
        sink.may_answer.clear()
        failure = await wire.send(post(sink.port), total_s=0.2)
        assert isinstance(failure, Failure)
        assert (failure.kind, failure.sent) == ("timeout", True)
        task = asyncio.create_task(wire.send(post(sink.port)))
        await until(lambda: sink.connections == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        sink.may_answer.set()
        assert isinstance(await wire.send(post(sink.port)), Reply)


async def test_a_cancelled_job_leaves_no_connection_behind(each_loop: None) -> None:
    async with sinking() as sink, bulk(16) as wire:
        await worked(wire, [post(sink.port, f"/{number}") for number in range(50)], 16)
        sink.may_answer.clear()
        job = asyncio.create_task(worked(wire, [post(sink.port, "/late")] * 100, 16))
        await until(lambda: sink.now == 16)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        sink.may_answer.set()
        assert isinstance(await wire.send(post(sink.port, "/after")), Reply)
        await wire.close()
        await sink.everybody_left()
    gc.collect()


async def test_an_idle_connection_is_closed_after_its_time() -> None:
    async with sinking() as sink:
        lane = Lane(Guard({"127.0.0.1"}), ssl.create_default_context(), keep_s=0.05)
        wire = Wire("live", lane, at_once=4)
        assert isinstance(await wire.send(post(sink.port)), Reply)
        await sink.everybody_left()
        assert isinstance(await wire.send(post(sink.port)), Reply)
        assert sink.connections == 2
        await wire.close()


# Its own connections


async def test_every_bulk_wire_has_its_own_connections() -> None:
    async with sinking() as sink:
        wire = Wire.live({"127.0.0.1"})
        one, other = wire.bulk(4), wire.bulk(4)
        third = one.bulk(4)
        assert {one.mode, other.mode, third.mode} == {"live"}
        for each in (one, one, other, third, wire):
            assert isinstance(await each.send(post(sink.port)), Reply)
        assert sink.connections == 4
        await one.close()
        assert isinstance(await other.send(post(sink.port)), Reply)
        assert sink.connections == 4
        for each in (other, third, wire):
            await each.close()
        await sink.everybody_left()


async def test_a_closed_bulk_wire_opens_again() -> None:
    async with sinking() as sink, bulk(4) as wire:
        for _ in range(2):
            assert isinstance(await wire.send(post(sink.port)), Reply)
            await wire.close()
        await wire.close()
        assert sink.connections == 2


async def test_a_name_is_looked_up_once_for_many_connections_and_each_is_judged() -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",)

    async with sinking() as sink:
        for allowed, expected in (({"api.example"}, Reply), (set(), Failure)):
            asked.clear()
            wire = Wire.live(allowed, resolve=resolve).bulk(16)
            requests = [
                post(sink.port).model_copy(update={"url": f"http://api.example:{sink.port}/{number}"})
                for number in range(64)
            ]
            answers = await worked(wire, requests, 16)
            assert {type(answer) for answer in answers} == {expected}
            assert asked == ["api.example"]
            await wire.close()
        assert sum(sink.paths.values()) == 64


async def test_what_was_remembered_is_judged_again_when_it_changes() -> None:
    """Rebinding: a later connection is refused, though the first was allowed to go out."""
    answers = iter([("127.0.0.1",), ("169.254.169.254",)])

    async def rebinding(host: str, port: int) -> tuple[str, ...]:
        return next(answers)

    async with sinking() as sink:
        sink.closes_after = 1
        guard = Guard({"api.example"}, remembered(rebinding, good_s=0))
        wire = Wire("live", Lane(guard, ssl.create_default_context(), keep_s=4), at_once=1)
        request = post(sink.port).model_copy(update={"url": f"http://api.example:{sink.port}/"})
        assert isinstance(await wire.send(request), Reply)
        await sink.everybody_left()
        second = await wire.send(request)
        assert isinstance(second, Failure)
        assert (second.kind, second.sent) == ("blocked", False)
        await wire.close()


# Every error of aiohttp has its kind

AIOHTTP_KINDS = {
    "ClientConnectionError": "reset",
    "ClientConnectionResetError": "reset",
    "ClientConnectorCertificateError": "tls",
    "ClientConnectorDNSError": "reset",
    "ClientConnectorError": "reset",
    "ClientConnectorSSLError": "tls",
    "ClientOSError": "reset",
    "ClientPayloadError": "reset",
    "ClientProxyConnectionError": "reset",
    "ClientSSLError": "reset",
    "ConnectionTimeoutError": "timeout",
    "EofStream": "reset",
    "ServerConnectionError": "reset",
    "ServerDisconnectedError": "reset",
    "ServerFingerprintMismatch": "reset",
    "ServerTimeoutError": "timeout",
    "SocketTimeoutError": "timeout",
}
"""All others say that what came is not HTTP."""


def exceptions_of(module: Any) -> dict[str, type[Exception]]:
    """Return its own exceptions, without those of web sockets and without warnings."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Exception)
        and not issubclass(value, Warning)
        and value.__module__.startswith("aiohttp")
        and not name.startswith(("WS", "WebSocket"))
    }


def made(kind: type[Exception]) -> Exception:
    """Return one of them without its own making, which wants a request: what it says is never shown."""
    error = kind.__new__(kind)
    error.args = ("s3cr3t",)
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_code = 1
    return error


RAISED = {**exceptions_of(aiohttp), **exceptions_of(http_exceptions)}


def test_the_table_names_exceptions_that_there_are() -> None:
    assert set(AIOHTTP_KINDS) <= set(RAISED)
    assert len(RAISED) > 30


@pytest.mark.parametrize("name", sorted(RAISED))
async def test_every_exception_of_aiohttp_is_a_failure(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(pool: Any, call: Any, traces: Any, times: Any) -> None:
        call.trip.sending()
        raise made(RAISED[name])

    monkeypatch.setattr(aiohttp.BaseConnector, "connect", failing)
    async with bulk(1) as wire:
        failure = await wire.send(post(80))
    assert isinstance(failure, Failure)
    assert failure.kind == AIOHTTP_KINDS.get(name, "protocol")
    assert failure.sent
    assert "s3cr3t" not in str(failure.sentence)


# Heads that are remembered


@settings(max_examples=200)
@given(
    requests=st.lists(
        st.builds(
            Request,
            method=st.sampled_from(["GET", "POST", "PUT", "P T"]),
            url=st.sampled_from(
                ["https://a.example", "https://a.example/?", "http://b.example:81/x", "b.example"]
            ),
            headers=st.lists(
                st.sampled_from(
                    [
                        ("A", "1"),
                        ("a", "2"),
                        ("Host", "h"),
                        ("Content-Length", "2"),
                        ("User-Agent", "me"),
                        ("B", " "),
                    ]
                ),
                max_size=3,
            ).map(tuple),
            body=st.sampled_from([b"", b"{}", b"[1]"]),
        ),
        max_size=20,
    ),
    kept=st.integers(0, 3),
)
def test_what_is_remembered_changes_nothing(requests: list[Request], kept: int) -> None:
    heads = Heads(locate, kept)
    for request in requests:
        expected = made_ready(Heads(locate), request)
        assert made_ready(heads, request) == expected
        assert isinstance(expected, Sentence) or expected.headers == outgoing_headers(request)


def made_ready(heads: Heads, request: Request) -> Ready | Sentence:
    try:
        ready = heads.ready(request)
    except Refused as refusal:
        return refusal.sentence
    lines = "".join(f"{name}: {value}\r\n" for name, value in ready.headers)
    assert ready.written.decode("ascii") == f"{request.method} {ready.head.target} HTTP/1.1\r\n{lines}\r\n"
    return ready


# The rehearsal


def answering(seen: list[Any]) -> ASGIApp:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        seen.append((scope["raw_path"], scope["headers"], message["body"]))
        await send({"type": "http.response.start", "status": 201, "headers": [(b"X-Id", b"1")]})
        await send({"type": "http.response.body", "body": b"ok"})

    return app


async def test_a_bulk_rehearsal_meets_the_same_stand_ins() -> None:
    singly: list[Any] = []
    in_bulk: list[Any] = []
    requests = [post(443, f"/{number}?", (("X-Row", str(number % 3)),)) for number in range(20)]
    for wire in (
        Wire.rehearsal(lambda request: answering(singly)),
        Wire.rehearsal(lambda request: answering(in_bulk)).bulk(4),
    ):
        assert wire.mode == "rehearsal"
        for request in requests:
            reply = await wire.send(request)
            assert isinstance(reply, Reply)
            assert (reply.status, reply.headers, reply.body) == (201, (("X-Id", "1"),), b"ok")
        await wire.close()
    assert singly == in_bulk
    assert len(in_bulk) == 20


async def test_a_bulk_rehearsal_sends_nothing_without_a_stand_in() -> None:
    failure = await Wire.rehearsal(lambda request: None).bulk(4).send(post(80))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == ("blocked", False)


# Its place


def test_nobody_else_imports_aiohttp() -> None:
    root = Path(workbench.__path__[0])
    importers = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if any(
            line.lstrip().startswith(("import aiohttp", "from aiohttp"))
            for line in path.read_text().splitlines()
        )
    ]
    assert importers == ["adapters/lane.py"]
