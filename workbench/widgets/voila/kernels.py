"""KERNELS: so many workspaces and no more. Every visit to a page starts one, and closing the tab does not end it at once."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from queue import Empty
from typing import Any, ClassVar

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from tornado.web import HTTPError
from traitlets import Integer, default
from voila import notebook_renderer

from .exporting import Exporter
from .mother import Gone, Mother, begin


class Provisioner(LocalProvisioner):
    """Starts a workspace: by its mother where there can be one, else as Jupyter does."""

    _mothers: ClassVar[list[Mother | None]] = []
    """The one of this process, once it was begun; None where there can be none."""

    @classmethod
    def mother(cls) -> Mother | None:
        """Return the mother of this process's workspaces; she is begun at the first call."""
        if not cls._mothers:
            cls._mothers.append(begin())
        return cls._mothers[0]

    async def launch_kernel(self, cmd: list[str], **given: Any) -> KernelConnectionInfo:
        """Start the workspace and return how to reach it."""
        mother = self.mother()
        if mother is None or "ipykernel_launcher" not in cmd:
            return await super().launch_kernel(cmd, **given)
        self.cwd = given.get("cwd") or str(Path.cwd())
        environ = given.get("env") or dict(os.environ)
        try:
            born = await asyncio.to_thread(mother.bear, cmd, environ, self.cwd)
        except Gone:
            self.log.warning("The process that workspaces are forked from has ended; another is begun.")
            self._mothers.clear()
            await asyncio.to_thread(mother.close)
            return await super().launch_kernel(cmd, **given)
        except ChildProcessError:
            return await super().launch_kernel(cmd, **given)
        self.process = born  # type: ignore[assignment]
        self.pid = self.pgid = born.pid  # a session of its own
        return self.connection_info


class Client(AsyncKernelClient):
    """Voila's way to a kernel, which waits no longer than it must."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the library calls it so
        """Wait until the kernel answers and its messages arrive. The library then listens 0.2 s more for old ones: here are none."""
        async with asyncio.timeout(timeout):
            while not await self._answered():
                if self.parent is None or not await self.parent.is_alive():
                    raise RuntimeError("The kernel ended before it answered.")

    async def _answered(self) -> bool:
        self.kernel_info()
        try:
            message = await self.shell_channel.get_msg(timeout=1)
            await self.iopub_channel.get_msg(timeout=0.2)
        except Empty:
            return False
        return bool(message["msg_type"] == "kernel_info_reply")


class Workspace(ServerKernelManager):
    """One kernel; it is started by our provisioner whatever the kernel's own specification says."""

    @default("client_factory")
    def _client_factory_default(self) -> type[Client]:
        return Client

    async def _async_pre_start_kernel(self, **given: Any) -> tuple[list[str], dict[str, Any]]:
        if self.provisioner is None:
            self.kernel_id = self.kernel_id or given.pop("kernel_id")
            self.provisioner = Provisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
        return await super()._async_pre_start_kernel(**given)


class LimitedKernels(AsyncMappingKernelManager):
    """Voila's kernels, at most ``most`` at a time: one visitor who reloads without end does not fill the machine."""

    most = Integer(32, min=1, help="How many kernels may run at a time.").tag(config=True)

    @default("kernel_manager_class")
    def _kernel_manager_class_default(self) -> str:
        return f"{__name__}.{Workspace.__name__}"

    def __init__(self, **given: Any) -> None:
        notebook_renderer.VoilaExporter = Exporter  # it has no setting for this
        super().__init__(**given)  # type: ignore[no-untyped-call]

    async def start_kernel(self, **given: Any) -> str:  # type: ignore[override]
        """Start a kernel and return its id; 503 when there are as many as there may be."""
        if len(self) >= self.most:
            raise HTTPError(
                503,
                "As many pages are open as this machine may hold. Close some, or try again in ten minutes.",
            )
        return str(await super().start_kernel(**given))
