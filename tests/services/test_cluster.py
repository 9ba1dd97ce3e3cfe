"""The cluster that is named, and the workbench without one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbench import Workbench
from workbench.errors import NotFound, Refused
from workbench.models.cluster import ClusterState, Membership
from workbench.models.spread import Piece
from workbench.services.cluster import Wanted

MEMBERSHIP = Membership(home="home_a", version="1")


@pytest.mark.parametrize(
    "address", ["", "local", "local:0", "local:x", "local:100", "scheduler:8786", "http://scheduler:80", "tcp://me:secret@host:1", "tcp://"],
)  # fmt: skip
def test_what_is_no_cluster_is_refused(address: str) -> None:
    with pytest.raises(Refused, match=r"is no cluster\. Give local:2") as refused:
        Wanted.read(address, MEMBERSHIP, {})
    assert "secret" not in str(refused.value)


def test_workers_of_this_machine_get_what_this_process_opens_by_and_no_way_to_a_server() -> None:
    environ = {
        "WORKBENCH_KEY": "k",
        "WORKBENCH_HOME": "/h",
        "WORKBENCH_TOKEN": "t",
        "WORKBENCH_URL": "u",
        "PATH": "p",
    }
    local = Wanted.read("local:2", MEMBERSHIP, environ)
    assert local.environ == {"WORKBENCH_KEY": "k", "WORKBENCH_HOME": "/h"}
    assert local.membership.near
    elsewhere = Wanted.read("tls://scheduler.example.com:8786", MEMBERSHIP, environ)
    assert (elsewhere.environ, elsewhere.membership.near) == ({}, False)


async def test_without_a_cluster_pieces_are_done_here_in_their_order(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as bench:
        assert await bench.cluster.state() == ClusterState()
        assert bench.cluster.workers == 1
        facts = Piece(service="about", method="facts")
        done = [done async for done in bench.cluster.each([facts, facts])]
        assert [one.place for one in done] == [0, 1]
        lack = Piece(service="work", method="job", arguments={"id": "job_none"})
        with pytest.raises(NotFound):
            async for _ in bench.cluster.each([lack]):
                pass


async def test_the_library_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "workbench.adapters.cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    bench = Workbench.open(tmp_path / "home", cluster="local:2", environ={"WORKBENCH_KEYRING": "off"})
    with pytest.raises(Refused, match=r"Install it with: pip install “integration-workbench\[cluster\]”"):
        await bench.cluster.join()
    assert "not installed" in str((await bench.cluster.state()).notice)
    await bench.close()


def test_nobody_loads_the_library_who_has_no_cluster() -> None:
    """Neither a page's kernel, nor the command line, nor an embedded workbench."""
    program = """
import sys, tempfile
import workbench, workbench.widgets, workbench.cli
from workbench import Workbench
with tempfile.TemporaryDirectory() as folder:
    Workbench.open(folder + "/home", environ={"WORKBENCH_KEYRING": "off"})
print(sorted({name.partition(".")[0] for name in sys.modules} & {"distributed", "dask"}))
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
