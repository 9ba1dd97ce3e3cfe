"""From where a call comes: what a proxy on this machine says of it counts, what a caller writes himself does not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from workbench.server.forwarded import LOCAL, Forwarded, first_stranger

PROXY = ("127.0.0.1", 5000)


async def _where(request: Request) -> JSONResponse:
    return JSONResponse([request.client.host if request.client else None, request.scope["workbench.peer"]])


async def where(peer: tuple[str, int], *forwarded: str) -> Any:
    app = Forwarded(Starlette(routes=[Route("/", _where)]))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=peer), base_url="http://127.0.0.1"
    ) as http:
        return (await http.get("/", headers=[("X-Forwarded-For", value) for value in forwarded])).json()


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (PROXY, ("198.51.100.7",), "198.51.100.7"),
        (PROXY, ("10.0.0.1, 198.51.100.7",), "198.51.100.7"),
        (PROXY, ("10.0.0.1", "198.51.100.7"), "198.51.100.7"),
        (PROXY, ("198.51.100.7, 127.0.0.1",), "198.51.100.7"),
        (("::1", 1), ("2001:db8::7",), "2001:db8::7"),
        (PROXY, ("127.0.0.1, ::1",), "127.0.0.1"),
        (PROXY, ("",), "127.0.0.1"),
        (PROXY, (), "127.0.0.1"),
        (("198.51.100.9", 1), ("127.0.0.1",), "198.51.100.9"),
        (("198.51.100.9", 1), ("10.0.0.1, 127.0.0.1",), "198.51.100.9"),
    ],
)  # fmt: skip
async def test_the_last_address_that_is_no_proxy_is_the_callers(
    peer: tuple[str, int], forwarded: tuple[str, ...], client: str
) -> None:
    assert await where(peer, *forwarded) == [client, peer[0]]


@given(
    st.lists(st.ip_addresses().map(str) | st.text("x,. ", max_size=5)),
    st.ip_addresses(v=4, network="198.51.100.0/24").map(str),
)
def test_nothing_that_a_caller_writes_before_the_proxys_word_counts(written: list[str], real: str) -> None:
    assert first_stranger(", ".join([*written, real]), LOCAL) == real
    assert first_stranger(", ".join([*written, real, "127.0.0.1"]), LOCAL) == real
