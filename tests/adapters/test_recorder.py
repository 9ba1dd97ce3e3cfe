"""The recorder keeps requests byte for byte, answers each alike, and is not impressed by what is none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.loopback import listener
from workbench.adapters import recorder as module
from workbench.adapters.recorder import Recorder


@pytest.fixture
async def recorder() -> AsyncIterator[Recorder]:
    async with Recorder("t0ken", listener(), most=3) as made:
        yield made


async def call(recorder: Recorder, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(recorder.origin.rpartition(":")[2]))
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_it_keeps_method_target_headers_and_body(recorder: Recorder) -> None:
    body = bytes(range(256))
    head = b"PATCH //a/../b?x=[1]%zz HTTP/1.1\r\nHost: h\r\nX-A:  1 \r\nx-a: \r\nContent-Length: 256\r\n\r\n"
    answer = await call(recorder, head[:20], head[20:], body[:100], body[100:])
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["access_token"] == "t0ken"
    [came] = recorder.arrived
    assert (came.method, came.target, came.body) == ("PATCH", "//a/../b?x=[1]%zz", body)
    assert came.headers == (("Host", "h"), ("X-A", "1"), ("x-a", ""), ("Content-Length", "256"))


async def test_chunks_are_put_together_and_a_client_that_asks_may_go_on(recorder: Recorder) -> None:
    chunks = b"3;x=y\r\nab\n\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
    await call(recorder, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert recorder.arrived[-1].body == b"ab\n0123456789"
    answer = await call(
        recorder, b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", b"x"
    )
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert recorder.arrived[-1].body == b"x"


async def test_a_head_is_answered_without_a_body(recorder: Recorder) -> None:
    assert (await call(recorder, b"HEAD / HTTP/1.1\r\n\r\n")).endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f",  # a greeting of ZeroMQ
        b"GET / HTTP/1.1\r\nHost: h\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        b"hello there\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"x" * (module.MOST_HEAD + 10) + b"\r\n\r\n",
    ],
    ids=["nothing", "stranger", "half a head", "half a body", "minus", "huge", "no number", "huge chunk", "no HTTP", "long head"],
)  # fmt: skip
async def test_what_is_no_whole_request_leaves_no_trace(recorder: Recorder, data: bytes) -> None:
    with suppress(ConnectionResetError):  # it is closed before all of it was read
        assert await call(recorder, data) == b""
    assert recorder.arrived == []
    await call(recorder, b"GET /after HTTP/1.1\r\n\r\n")
    assert [one.target for one in recorder.arrived] == ["/after"]


async def test_the_newest_are_kept_and_its_repr_tells_nothing(recorder: Recorder) -> None:
    for at in range(5):
        await call(recorder, f"GET /{at} HTTP/1.1\r\n\r\n".encode())
    assert [one.target for one in recorder.arrived] == ["/2", "/3", "/4"]
    assert repr(recorder) == "<Recorder of 3 requests>"


async def test_it_ends_while_a_client_is_silent() -> None:
    async with Recorder() as made:
        port = int(made.origin.rpartition(":")[2])
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\n")
        await writer.drain()
    writer.close()
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", port)
