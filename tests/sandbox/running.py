"""A sandbox on a real port of this machine, for the length of a block."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workbench.sandbox.app import Sandbox
from workbench.sandbox.port import serve


@asynccontextmanager
async def running(sandbox: Sandbox | None = None) -> AsyncIterator[str]:
    """Serve the sandbox on a free port and give its address."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(0, sandbox or Sandbox(), ready=ready.set_result))
    await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    try:
        yield await ready
    finally:
        serving.cancel()
        await asyncio.wait([serving])
