"""No address of a private network is reached by a live request, however it is written or resolved, nor a byte sent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore
import pytest

from tests import loopback
from tests.ways import Live
from workbench.adapters import lane
from workbench.adapters.guard import Guard, system_resolve
from workbench.adapters.wire import Wire
from workbench.errors import AddressRefused, Refused
from workbench.models.request import Failure, Reply, Request


@dataclass
class Listener:
    """A server on loopback, at both addresses where there are two, that notes every connection and byte."""

    port: int = 0
    connections: int = 0
    bytes_seen: list[bytes] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.bytes_seen.append(await reader.read(65_536))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener, sock=loopback.listener())
    listener.port = server.sockets[0].getsockname()[1]
    servers = [server]
    if socket.has_ipv6:
        try:
            servers.append(await asyncio.start_server(listener, sock=loopback.listener("::1", listener.port)))
        except OSError:  # a machine without IPv6 on loopback has nothing to reach there
            assert listener.port
    try:
        yield listener
    finally:
        for one in servers:
            one.close()
            await one.wait_closed()


async def without_dns(host: str, port: int) -> tuple[str, ...]:
    """Resolve as the C library does, names only from a table: no test asks a name server."""
    names = {
        "localhost": ("127.0.0.1", "::1"),
        "localhost.": ("127.0.0.1",),
        "127.0.0.1.nip.example": ("127.0.0.1",),
        "mixed.example": ("1.1.1.1", "127.0.0.1"),
        "six.example": ("2606:4700:4700::1111", "::1"),
        "nat64.example": ("64:ff9b::7f00:1",),
        "sixtofour.example": ("2002:7f00:1::1",),
        "mapped.example": ("::ffff:127.0.0.1",),
        "metadata.example": ("169.254.169.254",),
        "zone.example": ("fe80::1%2",),
        "odd.example": ("localhost",),
    }
    if host in names:
        return names[host]
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )
    return tuple(str(address[0]) for *_, address in found)


async def sent(wire: Wire, host: str, port: int) -> Reply | Failure:
    url = f"http://{host}:{port}/send?key=s3cr3t"
    return await wire.send(
        Request(method="POST", url=url, headers=(("X-Api-Key", "s3cr3t"),), body=b"s3cr3t")
    )


# The 14 spellings of loopback; those that are no host of a URL go no further than the reading of it.
SPELLINGS = {
    "127.0.0.1": "blocked",
    "127.1": "blocked",
    "127.0.1": "blocked",
    "2130706433": "blocked",
    "0x7f000001": "blocked",
    "0x7f.1": "blocked",
    "0177.0.0.1": "protocol",
    "127.127.127.127": "blocked",
    "localhost": "blocked",
    "LOCALHOST.": "blocked",
    "[::1]": "blocked",
    "[::ffff:127.0.0.1]": "blocked",
    "１２７.０.０.１": "protocol",
    "①②⑦.0.0.1": "protocol",
}
OTHERS = {
    "0": "blocked",
    "0.0.0.0": "blocked",
    "[::]": "blocked",
    "[0:0:0:0:0:ffff:7f00:1]": "blocked",
    "[::127.0.0.1]": "blocked",
    "[64:ff9b::7f00:1]": "blocked",
    "[2002:7f00:1::1]": "blocked",
    "10.0.0.5": "blocked",
    "169.254.169.254": "blocked",
    "[fd00:ec2::254]": "blocked",
    "127.0.0.1.nip.example": "blocked",
    "mixed.example": "blocked",
    "six.example": "blocked",
    "nat64.example": "blocked",
    "sixtofour.example": "blocked",
    "mapped.example": "blocked",
    "metadata.example": "blocked",
    "zone.example": "blocked",
    "odd.example": "blocked",
    "127。0。0。1": "blocked",
    "%31%32%37.0.0.1": "dns",
    "[fe80::1%25lo]": "dns blocked",  # no address for Python's own event loop, one of a neighbour for uvloop's
}


@pytest.mark.parametrize(("host", "kind"), [*SPELLINGS.items(), *OTHERS.items()])
async def test_nothing_private_is_reached(live: Live, host: str, kind: str) -> None:
    wire = live(resolve=without_dns)
    async with listening() as listener:
        failure = await sent(wire, host, listener.port)
        await wire.close()
    assert isinstance(failure, Failure)
    assert failure.kind in kind.split()
    assert not failure.sent
    assert (listener.connections, listener.bytes_seen) == (0, [])
    assert "s3cr3t" not in str(failure.sentence)


async def test_the_machines_own_resolver_is_judged_too(live: Live) -> None:
    wire = live()
    async with listening() as listener:
        for host in ("localhost", "127.1"):
            failure = await sent(wire, host, listener.port)
            assert isinstance(failure, Failure)
            assert failure.kind == "blocked"
            assert "is this machine itself" in str(failure.sentence)
        await wire.close()
    assert listener.connections == 0
    assert "127.0.0.1" in await system_resolve("127.1", 80)


async def test_the_judged_address_is_the_one_that_is_connected_to(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the name leads to a public address while it is checked, and to this machine right after."""
    asked: list[str] = []
    dialled: list[str] = []

    async def rebinding(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("1.1.1.1",) if len(asked) == 1 else ("127.0.0.1",)

    def dialling(error: Exception) -> Any:
        async def dial(*where: Any) -> Any:
            dialled.extend(one for one in where if isinstance(one, str))
            raise error

        return dial

    # Both ways end here, on every event loop: nothing may go out to the public address.
    monkeypatch.setattr(
        httpcore.AnyIOBackend, "connect_tcp", dialling(httpcore.ConnectError("not in a test"))
    )
    monkeypatch.setattr(lane, "dialled", dialling(ConnectionRefusedError("not in a test")))
    wire = live(resolve=rebinding)
    async with listening() as listener:
        first = await sent(wire, "rebind.example", listener.port)
        assert isinstance(first, Failure)
        assert (first.kind, asked, dialled) == ("connect", ["rebind.example"], ["1.1.1.1"])
        second = await sent(wire, "rebind.example", listener.port)
        assert isinstance(second, Failure)
        # The lane remembers for a few seconds what the name led to; single sends ask again.
        assert second.kind == ("blocked" if len(asked) == 2 else "connect")
        assert set(dialled) == {"1.1.1.1"}
        await wire.close()
    assert listener.connections == 0


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "[::1]"])
async def test_an_exact_host_that_is_allowed_passes(live: Live, host: str) -> None:
    async with listening() as listener:
        wire = live({host}, resolve=without_dns)
        reply = await sent(wire, host, listener.port)
        await wire.close()
    if host == "[::1]" and isinstance(reply, Failure):
        assert reply.kind == "connect"  # a machine without IPv6 on loopback
    else:
        assert isinstance(reply, Reply)
        assert listener.connections == 1


async def test_a_port_can_be_part_of_what_is_allowed(live: Live) -> None:
    async with listening() as mine, listening() as other:
        wire = live({f"localhost:{mine.port}"}, resolve=without_dns)
        assert isinstance(await sent(wire, "localhost", mine.port), Reply)
        refused = await sent(wire, "localhost", other.port)
        await wire.close()
    assert isinstance(refused, Failure)
    assert (refused.kind, mine.connections, other.connections) == ("blocked", 1, 0)


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        ("localhost", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("example", "127.0.0.1.nip.example"),
        ("nip.example", "127.0.0.1.nip.example"),
        ("localhost", "localhost."),
        ("metadata.example", "metadata.example"),
        ("169.254.169.254", "169.254.169.254"),
    ],
)
async def test_what_is_not_the_exact_host_or_nobodys_own_stays_refused(
    live: Live, allowed: str, host: str
) -> None:
    async with listening() as listener:
        wire = live({allowed}, resolve=without_dns)
        failure = await sent(wire, host, listener.port)
        await wire.close()
    assert isinstance(failure, Failure)
    assert (failure.kind, listener.connections) == ("blocked", 0)


@pytest.mark.parametrize(
    "name", ["", "http://localhost", "localhost/x", "me@localhost", "local host", "[::1"]
)
def test_what_is_no_host_cannot_be_allowed(name: str) -> None:
    with pytest.raises(Refused):
        Wire.live({name})


def test_allowed_hosts_are_read_as_in_a_url() -> None:
    for name in ("LocalHost", "bücher.example", "::1", "[::1]:8080", "localhost:80"):
        Wire.live({name})


async def test_a_socket_file_is_never_connected_to() -> None:
    with pytest.raises(AddressRefused):
        await Guard().connect_unix_socket("/run/app.sock")


async def test_a_resolver_that_knows_nothing_is_an_unknown_name(live: Live) -> None:
    async def empty(host: str, port: int) -> tuple[str, ...]:
        return ()

    wire = live(resolve=empty)
    failure = await sent(wire, "api.example", 80)
    await wire.close()
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == ("dns", False)
