"""Live mode on loopback: nothing goes out without the confirmation, a private address only by name, nothing when the disk is full."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.loopback import listener
from workbench import Confirmation, Contact, Settings, Workbench
from workbench.adapters.remote import ServerClient
from workbench.errors import CannotWrite, Invalid, Refused
from workbench.models.integration import Draft
from workbench.models.person import Person
from workbench.server import make_app

from .conftest import ENVIRON

ANA = Contact(identifiers={"email": "ana@example.com"})


class Endpoint:
    """A real endpoint on a loopback port that counts what it gets."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.read(65536))
        writer.write(
            b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\nConnection: close\r\n\r\n{"id": "m-1"}'
        )
        await writer.drain()
        writer.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    served = Endpoint()
    async with await asyncio.start_server(served.serve, sock=listener()) as server:
        served.port = server.sockets[0].getsockname()[1]
        yield served


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with Workbench.open(tmp_path / "home", live=True, environ=ENVIRON) as bench:
        yield bench


async def draft(bench: Workbench, endpoint: Endpoint, host: str = "127.0.0.1", **more: object) -> Draft:
    made = Settings(
        name="Local",
        url=f"http://{host}:{endpoint.port}/send",
        payload='{"to": "${User Identifier}"}',
        local_test=True,
    )
    return await bench.integrations.keep(
        (await bench.integrations.start()).model_copy(update={"settings": made.model_copy(update=more)})
    )


async def test_only_the_named_host_and_recipient_let_it_out(live: Workbench, endpoint: Endpoint) -> None:
    made = await draft(live, endpoint)
    preview = await live.integrations.preview(made, ANA)
    assert (preview.host, preview.recipient) == ("127.0.0.1", "ana@example.com")
    for confirmation in (
        None,
        Confirmation(host="127.0.0.1", recipient="else"),
        Confirmation(host="else", recipient="ana@example.com"),
    ):
        with pytest.raises(Refused):
            await live.integrations.test(made, ANA, confirmation)
    assert endpoint.requests == []
    sent = await live.integrations.test(
        made, ANA, Confirmation(host=preview.host, recipient=preview.recipient)
    )
    assert sent.outcome.kind == "accepted"
    assert sent.outcome.ids == ("m-1",)
    assert sent.entry.mode == "live"
    assert len(endpoint.requests) == 1
    assert endpoint.requests[0].endswith(b'{"to":"ana@example.com"}')


async def test_a_private_address_needs_the_local_mark(live: Workbench, endpoint: Endpoint) -> None:
    with pytest.raises(Invalid, match="private network"):
        await live.integrations.test(
            await draft(live, endpoint, local_test=False),
            ANA,
            Confirmation(host="127.0.0.1", recipient="ana@example.com"),
        )
    assert endpoint.requests == []


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "127.0.0.1.nip.io."])
async def test_a_disguised_private_address_is_refused_at_connect_time(
    live: Workbench, endpoint: Endpoint, host: str
) -> None:
    url = f"https://{host}:{endpoint.port}/send"
    made = await draft(live, endpoint, local_test=False, url=url)
    sent = await live.integrations.test(made, ANA, Confirmation(host=host, recipient="ana@example.com"))
    assert sent.outcome.kind in ("blocked", "unreachable")
    assert endpoint.requests == []


async def test_nothing_is_sent_that_could_not_be_written_down(
    live: Workbench, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await draft(live, endpoint)

    def full(_: object) -> None:
        raise CannotWrite("{file} is full", file="disk")

    monkeypatch.setattr(type(live.house.home), "check_writable", full)
    with pytest.raises(CannotWrite):
        await live.integrations.test(made, ANA, Confirmation(host="127.0.0.1", recipient="ana@example.com"))
    assert endpoint.requests == []


async def test_through_a_server_the_local_mark_is_not_enough(live: Workbench, endpoint: Endpoint) -> None:
    people = {sha256(b"op").hexdigest(): Person(name="Op", role="operator")}
    connected = Workbench.connect(client=ServerClient.in_process(make_app(live, people), "op"))
    made = await draft(connected, endpoint)
    sent = await connected.integrations.test(
        made, ANA, Confirmation(host="127.0.0.1", recipient="ana@example.com")
    )
    assert sent.outcome.kind == "blocked"
    assert endpoint.requests == []


async def test_whoever_starts_it_allows_a_host_by_name(tmp_path: Path, endpoint: Endpoint) -> None:
    people = {sha256(b"op").hexdigest(): Person(name="Op", role="operator")}
    async with Workbench.open(
        tmp_path / "home", live=True, allowed_hosts=[f"127.0.0.1:{endpoint.port}"], environ=ENVIRON
    ) as bench:
        connected = Workbench.connect(client=ServerClient.in_process(make_app(bench, people), "op"))
        made = await draft(connected, endpoint)
        sent = await connected.integrations.test(
            made, ANA, Confirmation(host="127.0.0.1", recipient="ana@example.com")
        )
    assert sent.outcome.kind == "accepted"
    assert len(endpoint.requests) == 1
