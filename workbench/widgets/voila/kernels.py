"""KERNELS: so many workspaces and no more. Every visit to a page starts one, and closing the tab does not end it at once."""

from __future__ import annotations

from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from traitlets import Integer


class LimitedKernels(AsyncMappingKernelManager):
    """Voila's kernels, at most ``most`` at a time: one visitor who reloads without end does not fill the machine."""

    most = Integer(32, min=1, help="How many kernels may run at a time.").tag(config=True)

    async def start_kernel(self, **given: Any) -> str:  # type: ignore[override]
        """Start a kernel and return its id; 503 when there are as many as there may be."""
        if len(self) >= self.most:
            raise HTTPError(
                503,
                "As many pages are open as this machine may hold. Close some, or try again in ten minutes.",
            )
        return str(await super().start_kernel(**given))
