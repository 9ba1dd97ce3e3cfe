"""The port: the whole sandbox over real TCP, for any client that can be pointed at another address.

An official SDK, curl or a shop's own code talks to ``http://127.0.0.1:PORT/{provider key}`` as it would to the vendor.
Loopback only: the stand-ins take any key, so nobody else on the network may reach them.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from workbench.errors import Refused, WorkbenchError
from workbench.sentence import Sentence, say

from .app import Sandbox
from .faults import CUT

LOOPBACK = "127.0.0.1"
CLOSING_S = 2
"""How long open connections may take to end when the sandbox stops."""

_LINGER_OFF = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""SO_LINGER with no time: closing then sends a reset (RST) instead of an orderly end (FIN)."""


async def serve(
    port: int, sandbox: Sandbox, host: str = LOOPBACK, ready: Callable[[str], None] | None = None
) -> None:
    """Serve the sandbox until the task is cancelled, then close the port.

    Args:
        port: where to listen; 0 takes a free one.
        sandbox: the stand-ins, with their faults and expected keys.
        host: a loopback address.
        ready: called once with the address, like ``http://127.0.0.1:8899``, as soon as a client can connect.

    Raises:
        Refused: the host is not this machine's loopback.
        WorkbenchError: the port is taken or may not be used.
    """
    listener = _listen(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    server = _Server(_config(sandbox.on_a_port()))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await _started(server, serving)
        if ready is not None:
            ready(address)
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        try:
            await serving
        finally:
            listener.close()


@asynccontextmanager
async def served(sandbox: Sandbox, port: int = 0) -> AsyncIterator[str]:
    """Serve the sandbox on a loopback port for the length of a block, and give its address. Raises as ``serve``."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(port, sandbox, ready=ready.set_result))
    waited: set[asyncio.Future[Any]] = {serving, ready}
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            serving.result()
        yield ready.result()
    finally:
        serving.cancel()
        await asyncio.wait([serving])


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: who calls ``serve`` decides what Ctrl-C means, by cancelling it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Cuttable(H11Protocol):
    """HTTP/1.1 that offers each request the extension ``workbench.cut``, which resets its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app = _with_cut(self.app, transport)


def _with_cut(app: Any, transport: asyncio.Transport) -> ASGIApp:
    def cut() -> None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        transport.abort()

    async def offered(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "extensions": {**scope.get("extensions", {}), CUT: cut}}, receive, send)

    return offered


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Cuttable,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=CLOSING_S,
    )


async def _started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    """Wait until the server answers; an error that ends it earlier is raised."""
    while not server.started:
        if serving.done():
            serving.result()
            return
        await asyncio.sleep(0.01)


def _listen(host: str, port: int) -> socket.socket:
    if not _is_loopback(host):
        raise Refused(
            say(
                "The sandbox listens on this machine only, and “{host}” is not a loopback address. Use 127.0.0.1.",
                host=host,
            )
        )
    if not 0 <= port <= 65535:
        raise Refused(say("{port} is not a port. Use a number from 1024 to 65535.", port=port))
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    # a port in its minutes after use may be taken again, one in use may not; Windows has that meaning by default
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise WorkbenchError(_why(error, port)) from error
    return listener


def _why(error: OSError, port: int) -> Sentence:
    if error.errno == errno.EADDRINUSE:
        return say(
            "Port {port} is taken by another program. Stop that one, or choose another port with --port.",
            port=port,
        )
    if error.errno == errno.EACCES:
        return say("Port {port} may not be used without special rights. Choose one above 1023.", port=port)
    return say(
        "Port {port} cannot be opened: {reason}.", port=port, reason=error.strerror or type(error).__name__
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
