"""Queues for tests, on real ports of this machine: moto's SQS and our own stand-in, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from tests.loopback import listener
from workbench.sandbox.port import _Server, _started
from workbench.sandbox.queues import Queues


@asynccontextmanager
async def served(app: ASGIApp, **settings: object) -> AsyncIterator[str]:
    """Serve an app on a port, and give its address."""
    bound = listener()
    bound.listen(512)
    bound.setblocking(False)
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1, **settings  # type: ignore[arg-type]
    )  # fmt: skip
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        await _started(server, serving)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        bound.close()


@asynccontextmanager
async def served_queues(queues: Queues) -> AsyncIterator[str]:
    """Serve our stand-in as the sandbox does, and give the address of its service."""
    async with served(Starlette(routes=queues.routes())) as address:
        yield f"{address}{queues.path}"


@contextmanager
def moto() -> Iterator[str]:
    """Run moto's server, and give its address."""
    from moto.server import ThreadedMotoServer

    free = listener()
    port = free.getsockname()[1]
    free.close()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
