"""The mother of the workspaces: what is born of her is a kernel like any other, and ends as one; without her, kernels start as ever."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient

from tests.pages.fresh import environment
from workbench.widgets.voila.kernels import LimitedKernels, Provisioner, Workspace
from workbench.widgets.voila.mother import Born, Gone, Mother, begin

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere kernels start as Jupyter starts them"
)
OF_IPYTHON = {
    "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "GIT_PAGER", "JPY_PARENT_PID", "MPLBACKEND", "PAGER", "PYDEVD_USE_FRAME_EVAL", "TERM",
}  # fmt: skip
"""What a kernel puts into its environment itself."""
LOOK = """
import json, os, random, sys, threading, uuid
import ipywidgets
told = {"parent": os.getppid(), "session": os.getsid(0), "pid": os.getpid(), "folder": os.getcwd(), "names": sorted(os.environ),
        "loaded": "workbench.widgets.home" in sys.modules, "random": random.random(), "uuid": str(uuid.uuid4()),
        "widget": bool(ipywidgets.Text().comm), "stdin": os.readlink("/proc/self/fd/0"), "files": len(os.listdir("/proc/self/fd"))}
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def mother() -> Iterator[Mother]:
    found = begin()
    assert found is not None
    yield found
    found.close()
    with pytest.raises(ProcessLookupError):
        os.kill(found.pid, 0)


@pytest.fixture
def of_the_mother(mother: Mother, monkeypatch: pytest.MonkeyPatch) -> Mother:
    monkeypatch.setattr(Provisioner, "_mothers", [mother])
    return mother


@asynccontextmanager
async def kernel(
    tmp_path: Path, kernels: LimitedKernels | None = None
) -> AsyncIterator[tuple[Workspace, AsyncKernelClient]]:
    kernels = LimitedKernels(connection_dir=str(tmp_path)) if kernels is None else kernels
    id = await kernels.start_kernel(
        kernel_name="python3", env=environment(tmp_path) | {"PLANTED": "1"}, cwd=str(tmp_path)
    )
    found = kernels.get_kernel(id)
    client = found.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        yield found, client
    finally:
        client.stop_channels()
        if id in kernels:
            await kernels.shutdown_kernel(id, now=True)


async def told(client: AsyncKernelClient) -> dict[str, object]:
    written: list[str] = []

    def heard(message: dict[str, dict[str, str]]) -> None:
        if message["header"]["msg_type"] == "stream":
            written.append(message["content"]["text"])

    reply = await client.execute_interactive(LOOK, output_hook=heard, timeout=60)
    assert reply["content"]["status"] == "ok", reply
    return dict(json.loads("".join(written)))


async def test_a_workspace_is_a_process_of_its_own_with_what_it_was_given_and_no_more(
    of_the_mother: Mother, tmp_path: Path
) -> None:
    kernels = LimitedKernels(connection_dir=str(tmp_path))
    async with kernel(tmp_path, kernels) as (_, one), kernel(tmp_path, kernels) as (_, two):
        first, second = await told(one), await told(two)
    assert first["parent"] == second["parent"] == of_the_mother.pid
    assert first["pid"] == first["session"] != second["pid"]
    assert Path(str(first["folder"])) == tmp_path
    assert first["loaded"], "of what the mother loaded"
    assert first["widget"]
    assert first["stdin"] == "/dev/null"
    assert "PLANTED" in first["names"]
    given = set(environment(tmp_path)) | {"PLANTED"}
    assert set(first["names"]) - given <= OF_IPYTHON
    for name in ("random", "uuid"):
        assert first[name] != second[name]


async def test_a_workspace_that_is_ended_is_gone_and_another_stays(
    of_the_mother: Mother, tmp_path: Path
) -> None:
    kernels = LimitedKernels(connection_dir=str(tmp_path))
    async with kernel(tmp_path, kernels) as (one, _), kernel(tmp_path, kernels) as (_, two):
        process = one.provisioner.process
        assert isinstance(process, Born)
        assert await one.is_alive()
        await kernels.shutdown_kernel(one.kernel_id, now=True)
        assert process.wait() == process.poll() == 0
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)
        assert (await told(two))["parent"] == of_the_mother.pid


async def test_when_the_mother_is_gone_workspaces_start_as_jupyter_starts_them_and_another_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = begin()
    assert lost is not None
    os.kill(lost.pid, signal.SIGKILL)
    await asyncio.to_thread(os.waitpid, lost.pid, 0)
    with pytest.raises(Gone):
        lost.bear(["ipykernel_launcher"], {}, str(tmp_path))
    monkeypatch.setattr(Provisioner, "_mothers", [lost])
    async with kernel(tmp_path) as (_, client):
        assert (await told(client))["parent"] == os.getpid()
    assert Provisioner._mothers == []


def test_she_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_MOTHER", "off")
    assert begin() is None


async def test_she_does_not_end_at_a_ctrl_c_which_is_voilas_to_answer(mother: Mother) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(mother.pid, number)
    born = await asyncio.to_thread(mother.bear, ["ipykernel_launcher", "--version"], dict(os.environ), "/")
    assert await asyncio.to_thread(born.wait) == 0
