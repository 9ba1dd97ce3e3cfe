"""A sandbox on a real port of this machine, for the length of a block."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.loopback import quiet_port
from workbench.sandbox.app import Sandbox
from workbench.sandbox.port import served


@asynccontextmanager
async def running(sandbox: Sandbox | None = None) -> AsyncIterator[str]:
    """Serve the sandbox on a free port, at which no client of a kernel that ended knocks, and give its address."""
    async with served(sandbox or Sandbox(), quiet_port()) as address:
        yield address
