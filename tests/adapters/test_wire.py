"""The wire without a network: what goes out, the rehearsal, and the sentence for everything that can fail."""

from __future__ import annotations

import asyncio
import gzip
import inspect
import socket
import ssl
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench
from tests.loopback import listener
from workbench.adapters.wire import BODY_LIMIT, NO_ANSWER, ASGIApp, Wire, client, outgoing_headers
from workbench.errors import NotRehearsed, Refused
from workbench.models.request import Failure, Headers, Reply, Request
from workbench.sentence import say

URL = "https://api.example/send"


def post(url: str = URL, headers: Headers = (), body: bytes = b"{}", method: str = "POST") -> Request:
    return Request(method=method, url=url, headers=headers, body=body)


def answering(
    status: int = 200,
    headers: Iterable[tuple[bytes, bytes]] = (),
    *parts: bytes,
    seen: list[Any] | None = None,
) -> ASGIApp:
    """Return a stand-in that answers so, and notes scope and body of what it was sent."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        if seen is not None:
            seen.append((scope, body))
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


def raising(error: BaseException) -> ASGIApp:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    return app


def rehearsing(app: ASGIApp | None) -> Wire:
    return Wire.rehearsal(lambda request: app)


async def failed(app: ASGIApp | None, request: Request | None = None, **times: float) -> Failure:
    answer = await rehearsing(app).send(request or post(), **times)
    assert isinstance(answer, Failure)
    return answer


async def answered(app: ASGIApp, request: Request | None = None) -> Reply:
    answer = await rehearsing(app).send(request or post())
    assert isinstance(answer, Reply)
    return answer


# What goes out


async def test_the_stand_in_gets_the_exact_request() -> None:
    seen: list[Any] = []
    url = "https://api.example:8443//v1/../a%2Fb;x=1/é"[:-1] + "?q=%7E~'(*)&&a=b+c?/#part"
    headers = (("X-One", "1"), ("x-one", "two  words"), ("Empty", ""), ("User-Agent", "mine"))
    reply = await answered(answering(202, [], b"ok", seen=seen), post(url, headers, b"\x00\xffbody"))
    ((scope, body),) = seen
    assert (reply.status, reply.body, reply.truncated) == (202, b"ok", False)
    assert body == b"\x00\xffbody"
    assert scope["raw_path"] == b"//v1/../a%2Fb;x=1/"
    assert scope["path"] == "//v1/../a/b;x=1/"
    assert scope["query_string"] == b"q=%7E~'(*)&&a=b+c?/"
    assert scope["headers"] == [
        (b"host", b"api.example:8443"),
        (b"x-one", b"1"),
        (b"x-one", b"two  words"),
        (b"empty", b""),
        (b"user-agent", b"mine"),
        (b"content-length", b"6"),
        (b"accept-encoding", b"gzip, deflate"),
    ]


def test_what_the_wire_adds() -> None:
    added = (("Accept-Encoding", "gzip, deflate"), ("User-Agent", "integration-workbench"))
    host = ("Host", "api.example")
    assert outgoing_headers(post()) == (host, ("Content-Length", "2"), *added)
    assert outgoing_headers(post(body=b"")) == (host, ("Content-Length", "0"), *added)
    assert outgoing_headers(post(body=b"", method="GET")) == (host, *added)
    own = (
        ("host", "other.example"),
        ("content-length", "2"),
        ("accept-encoding", "br"),
        ("USER-AGENT", "me"),
    )
    assert outgoing_headers(post(headers=own)) == own
    assert outgoing_headers(post("https://api.example:443/"))[0] == host
    assert outgoing_headers(post("http://[::1]:81/"))[0] == ("Host", "[::1]:81")
    assert outgoing_headers(post("https://bücher.example/"))[0] == ("Host", "xn--bcher-kva.example")


UNSENDABLE = {
    "no scheme": post("api.example/send"),
    "other scheme": post("ftp://api.example/send"),
    "missing": post(""),
    "no host": post("https:///send"),
    "no host but a port": post("https://:443/send"),
    "user": post("https://me:s3cr3t@api.example/"),
    "backslash user": post("https://api.example\\@evil.example/"),
    "blank in path": post(URL + "/a b"),
    "accent in path": post(URL + "/é"),
    "line break in path": post(URL + "/a\r\nX-Evil: 1"),
    "line break in host": post("https://api.ex\nample/"),
    "NUL": post(URL + "\x00"),
    "port too large": post("https://api.example:65536/"),
    "port 0": post("https://api.example:0/"),
    "port is a word": post("https://api.example:http/"),
    "open bracket": post("https://[::1/"),
    "host with a dash ahead": post("https://-ü.example/"),
    "method": post(method="POST /"),
    "empty method": post(method=""),
    "empty header name": post(headers=(("", "s3cr3t"),)),
    "colon in a header name": post(headers=(("A:", "s3cr3t"),)),
    "blank in a header name": post(headers=(("A B", "s3cr3t"),)),
    "accent in a header name": post(headers=(("é", "s3cr3t"),)),
    "line break in a header": post(headers=(("A", "s3cr3t\nB: 1"),)),
    "line break after a header": post(headers=(("A", "s3cr3t\n"),)),
    "blank before a header's value": post(headers=(("A", " s3cr3t"),)),
    "blank after a header's value": post(headers=(("A", "s3cr3t "),)),
    "accent in a header": post(headers=(("A", "s3cr3té"),)),
    "emoji in a header": post(headers=(("A", "s3cr3t🙂"),)),
    "NUL in a header": post(headers=(("A", "s3cr3t\x00"),)),
    "wrong length": post(headers=(("Content-Length", "3"),)),
    "length is a word": post(headers=(("Content-Length", "s3cr3t"),)),
    "two lengths": post(headers=(("Content-Length", "2"), ("content-length", "2"))),
    "two hosts": post(headers=(("Host", "a.example"), ("host", "b.example"))),
    "chunked": post(headers=(("Transfer-Encoding", "chunked"),)),
}


@pytest.mark.parametrize("name", UNSENDABLE)
async def test_what_cannot_be_sent_is_refused_before_anything_is(name: str) -> None:
    seen: list[Any] = []
    failure = await failed(answering(seen=seen), UNSENDABLE[name])
    assert (failure.kind, failure.sent) == ("protocol", False)
    assert seen == []
    assert "s3cr3t" not in str(failure.sentence)
    with pytest.raises(Refused):
        outgoing_headers(UNSENDABLE[name])


@settings(deadline=None)
@given(
    url=st.text(max_size=30).map(lambda text: text if text[:1] in "h" else "https://" + text),
    method=st.text(max_size=8),
    headers=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=3).map(tuple),
    body=st.binary(max_size=20),
)
async def test_no_request_makes_the_wire_raise(url: str, method: str, headers: Headers, body: bytes) -> None:
    seen: list[Any] = []
    request = Request(method=method, url=url, headers=headers, body=body)
    answer = await rehearsing(answering(seen=seen)).send(request)
    if isinstance(answer, Failure):
        assert (answer.kind, seen) == ("protocol", [])
    else:
        assert seen[0][1] == body


# The rehearsal


async def test_without_a_stand_in_nothing_is_sent() -> None:
    failure = await failed(None, post("https://api.example/send?key=s3cr3t"))
    assert (failure.kind, failure.sent) == ("blocked", False)
    assert str(failure.sentence) == (
        "The rehearsal has no stand-in for api.example, so nothing was sent. "
        "Choose its provider, or send it live."
    )


async def test_the_route_chooses_by_the_request() -> None:
    one, other = answering(201), answering(202)
    wire = Wire.rehearsal(lambda request: one if request.provider == "one" else other)
    assert wire.mode == "rehearsal"
    for provider, status in (("one", 201), ("two", 202)):
        reply = await wire.send(post().model_copy(update={"provider": provider}))
        assert isinstance(reply, Reply)
        assert reply.status == status
    await wire.close()


async def test_a_rehearsal_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    assert (await answered(answering())).status == 200
    assert (await failed(None)).kind == "blocked"


async def test_headers_of_the_answer_keep_their_order_and_bytes() -> None:
    raw = [(b"X-B", b"1"), (b"X-A", b"2"), (b"X-B", b"3"), (b"X-Utf", "é".encode()), (b"X-Latin", b"\xe9")]
    reply = await answered(answering(200, raw))
    assert reply.headers == (("X-B", "1"), ("X-A", "2"), ("X-B", "3"), ("X-Utf", "é"), ("X-Latin", "é"))


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 400, 401, 429, 500, 503])
async def test_every_status_is_an_answer(status: int) -> None:
    seen: list[Any] = []
    reply = await answered(answering(status, [(b"Location", b"https://elsewhere.example/")], seen=seen))
    assert reply.status == status
    assert len(seen) == 1


async def test_a_long_body_is_cut() -> None:
    reply = await answered(answering(200, [], *[b"x" * 65_536] * 32))
    assert (len(reply.body), reply.truncated) == (BODY_LIMIT, True)
    whole = await answered(answering(200, [], b"x" * BODY_LIMIT))
    assert (len(whole.body), whole.truncated) == (BODY_LIMIT, False)


async def test_a_stand_in_that_hangs_is_a_timeout() -> None:
    async def hanging(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    failure = await failed(hanging, total_s=0.05)
    assert (failure.kind, failure.sent) == ("timeout", True)
    assert str(failure.sentence) == (
        "api.example did not answer within 0.05 s. The request may have been taken: "
        "check there before you send it again."
    )
    assert failure.elapsed_ms > 0


async def test_the_connect_time_does_not_count_once_it_is_sent() -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        await answering(200)(scope, receive, send)

    answer = await rehearsing(slow).send(post(), connect_s=0.01, total_s=30)
    assert isinstance(answer, Reply)


async def test_a_cancelled_send_is_cancelled() -> None:
    begun = asyncio.Event()

    async def hanging(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(rehearsing(hanging).send(post()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_defect_of_a_stand_in_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await rehearsing(raising(ZeroDivisionError())).send(post())


@pytest.mark.parametrize(
    ("error", "kind", "sent"),
    [
        (ConnectionResetError(), "reset", True),
        (ConnectionAbortedError(), "reset", True),
        (BrokenPipeError(), "reset", True),
        (ConnectionRefusedError(), "connect", False),
        (OSError("odd"), "reset", True),
        (TimeoutError(), "timeout", True),
        (socket.gaierror(socket.EAI_NONAME, "no"), "dns", False),
        (ssl.SSLError("no"), "tls", True),
        (UnicodeError("no"), "protocol", True),
        (NotRehearsed(say("not today")), "blocked", False),
    ],
)
async def test_what_a_stand_in_raises_fails_as_on_the_network(
    error: Exception, kind: str, sent: bool
) -> None:
    failure = await failed(raising(error))
    assert (failure.kind, failure.sent) == (kind, sent)


@pytest.mark.parametrize(
    ("error", "kind"),
    [(ConnectionResetError(), "reset"), (TimeoutError(), "connect_timeout"), (OSError(), "reset")],
)
async def test_what_a_route_raises_happened_before_sending(error: Exception, kind: str) -> None:
    def route(request: Request) -> ASGIApp | None:
        raise error

    failure = await Wire.rehearsal(route).send(post())
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == (kind, False)
    assert "may have been taken" not in str(failure.sentence)


# Every error of httpx and httpcore has its kind

HTTPX_KINDS = {
    "CloseError": "reset",
    "ConnectError": "connect",
    "ConnectTimeout": "connect_timeout",
    "CookieConflict": "protocol",
    "DecodingError": "protocol",
    "HTTPError": "protocol",
    "HTTPStatusError": "protocol",
    "InvalidURL": "protocol",
    "LocalProtocolError": "protocol",
    "NetworkError": "reset",
    "PoolTimeout": "connect_timeout",
    "ProtocolError": "protocol",
    "ProxyError": "connect",
    "ReadError": "reset",
    "ReadTimeout": "timeout",
    "RemoteProtocolError": "protocol",
    "RequestError": "protocol",
    "RequestNotRead": "protocol",
    "ResponseNotRead": "protocol",
    "StreamClosed": "protocol",
    "StreamConsumed": "protocol",
    "StreamError": "protocol",
    "TimeoutException": "timeout",
    "TooManyRedirects": "protocol",
    "TransportError": "protocol",
    "UnsupportedProtocol": "protocol",
    "WriteError": "reset",
    "WriteTimeout": "timeout",
}


def exceptions_of(module: Any) -> dict[str, type[Exception]]:
    named = {name: getattr(module, name) for name in module.__all__}
    return {
        name: value
        for name, value in named.items()
        if isinstance(value, type) and issubclass(value, Exception)
    }


def made(kind: type[Exception], message: str = "s3cr3t") -> Exception:
    wanted = inspect.signature(kind.__init__).parameters
    if kind is httpx.HTTPStatusError:
        return httpx.HTTPStatusError(message, request=httpx.Request("GET", URL), response=httpx.Response(500))
    return kind(message) if "message" in wanted or "args" in wanted else kind()


def test_the_table_names_every_exception_of_httpx() -> None:
    assert set(exceptions_of(httpx)) == set(HTTPX_KINDS)


@pytest.mark.parametrize("name", HTTPX_KINDS)
async def test_every_exception_of_httpx_is_a_failure(name: str) -> None:
    failure = await failed(raising(made(exceptions_of(httpx)[name])))
    assert failure.kind == HTTPX_KINDS[name]
    assert failure.sent is (failure.kind not in ("connect", "connect_timeout"))
    assert "api.example" in str(failure.sentence)
    assert "s3cr3t" not in str(failure.sentence)


# ConnectionNotAvailable is a signal inside httpcore's pool and never comes out of it.
@pytest.mark.parametrize("name", sorted(set(exceptions_of(httpcore)) - {"ConnectionNotAvailable"}))
async def test_every_exception_of_httpcore_reaches_the_wire_as_a_failure(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = exceptions_of(httpcore)[name]

    async def failing(pool: Any, request: Any) -> None:
        await request.extensions["trace"]("http11.send_request_headers.started", {})
        raise kind("s3cr3t")

    wire = Wire.live()
    monkeypatch.setattr(httpcore.AsyncConnectionPool, "handle_async_request", failing)
    failure = await wire.send(post())
    assert isinstance(failure, Failure)
    assert failure.kind == HTTPX_KINDS.get(name, "protocol")
    assert "s3cr3t" not in str(failure.sentence)
    await wire.close()


async def test_a_connection_that_breaks_in_the_handshake_is_a_failure_of_tls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def failing(pool: Any, request: Any) -> None:
        await request.extensions["trace"]("connection.start_tls.started", {})
        raise httpcore.ConnectError("s3cr3t")

    wire = Wire.live()
    monkeypatch.setattr(httpcore.AsyncConnectionPool, "handle_async_request", failing)
    failure = await wire.send(post())
    await wire.close()
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == ("tls", False)
    assert str(failure.sentence) == (
        "api.example does not set up a secure connection. Check that the host and port speak https."
    )


# Packed bodies


def packed(*codings: Callable[[bytes], bytes]) -> bytes:
    body = b"hello " * 100
    for coding in codings:
        body = coding(body)
    return body


def deflate(data: bytes) -> bytes:
    return zlib.compress(data)


def raw_deflate(data: bytes) -> bytes:
    return deflate(data)[2:-4]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", packed(gzip.compress)),
        (b"x-gzip", packed(gzip.compress)),
        (b"GZIP", packed(gzip.compress)),
        (b"deflate", packed(deflate)),
        (b"deflate", packed(raw_deflate)),
        (b"deflate, gzip", packed(deflate, gzip.compress)),
        (b"identity", packed()),
        (b"", packed()),
        (b"identity, gzip", packed(gzip.compress)),
    ],
)
async def test_a_packed_body_is_unpacked(coding: bytes, body: bytes) -> None:
    reply = await answered(answering(200, [(b"Content-Encoding", coding)], body))
    assert (reply.body, reply.truncated) == (packed(), False)


@pytest.mark.parametrize(
    "coding", [b"gzip", b"deflate", b"br", b"zstd", b"nonsense", b"gzip, gzip, gzip, gzip"]
)
async def test_a_body_that_is_not_what_it_says_stays_as_it_is(coding: bytes) -> None:
    reply = await answered(answering(200, [(b"Content-Encoding", coding)], b"plain all the same"))
    assert reply.body == b"plain all the same"


async def test_half_a_packed_body_gives_its_first_half() -> None:
    whole = b"".join(str(number).encode() for number in range(10_000))
    half = gzip.compress(whole)[:5_000]
    reply = await answered(answering(200, [(b"Content-Encoding", b"gzip")], half))
    assert 1_000 < len(reply.body) < len(whole)
    assert whole.startswith(reply.body)


async def test_a_bomb_unpacks_no_further_than_the_limit() -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * 60_000_000))
    reply = await answered(answering(200, [(b"Content-Encoding", b"gzip, gzip")], bomb))
    assert (len(reply.body), reply.truncated) == (BODY_LIMIT, True)


# The client for the workbench's own server


async def test_the_client_speaks_to_an_app_in_process() -> None:
    seen: list[Any] = []
    async with client(
        "http://workbench.local", app=answering(200, [], b"hi", seen=seen), headers={"X-Token": "t"}
    ) as ours:
        answer = await ours.post("/jobs", content=b"x")
    assert (answer.status_code, answer.content) == (200, b"hi")
    assert (b"x-token", b"t") in seen[0][0]["headers"]


async def test_the_client_follows_no_redirect_and_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    seen: list[Any] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, sock=listener())
    port = server.sockets[0].getsockname()[1]
    async with server, client(f"http://127.0.0.1:{port}") as ours:
        assert (await ours.get("/health")).status_code == 302
    assert len(seen) == 1
    with pytest.raises(NO_ANSWER):
        async with client(f"http://127.0.0.1:{port}") as ours:
            await ours.get("/health")


def test_nobody_else_imports_httpx() -> None:
    root = Path(workbench.__path__[0])
    importers = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if any(
            line.lstrip().startswith(("import httpx", "from httpx")) for line in path.read_text().splitlines()
        )
    ]
    assert importers == ["adapters/wire.py"]
