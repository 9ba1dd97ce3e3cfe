"""The cluster on the command line: who helps, what is wrong with whom, and which commands it may help with."""

from __future__ import annotations

import json
from typing import Any, Self

import pytest

from workbench.bench import Workbench
from workbench.cli import cluster
from workbench.cli.frame import COMMANDS
from workbench.models.cluster import ClusterState, ClusterWorker, Effort
from workbench.sentence import say

HELPED = {"run", "server", "sync import", "up", "work replay", "work resume", "work start", "cluster status"}
READY = ClusterWorker(
    name="0", address="tcp://a:1", state="ready", memory=151_000_000, cpu=12.6, pieces_done=4, pieces_now=1,
    jobs=(Effort(job_id="job_1", title="Spring", rate_per_s=41.6),),
)  # fmt: skip
LAME = ClusterWorker(name="1", address="tcp://a:2", state="trouble", trouble=say("It has no key."))


class Bench:
    """A workbench with a cluster whose workers come one after the other."""

    def __init__(self, *states: ClusterState) -> None:
        self.cluster = self.house = self.clock = self
        self._states = list(states)

    async def state(self) -> ClusterState:
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]

    async def sleep(self, _: float) -> None:
        """Time passes."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """With what the command opened its workbench, whose second worker needs a moment."""
    given: list[dict[str, Any]] = []
    early = ClusterState(address="local:2", workers=(READY, LAME.model_copy(update={"state": "opening"})))
    late = ClusterState(
        address="local:2", connected=True, workers=(READY, LAME), waiting=3, notice=say("Look.")
    )

    def open_(*_: object, **named: Any) -> Bench:
        given.append(named)
        return Bench(early, late)

    monkeypatch.setattr(Workbench, "open", open_)
    return given


def test_it_shows_what_each_worker_is_at(run, opened):
    result = run("cluster", "status", "--cluster", "local:2")
    assert result.exit_code == 0
    assert opened[0]["cluster"] == "local:2"
    assert result.stdout.splitlines() == [
        "Cluster local:2: 1 of 2 workers are ready, 3 pieces wait.",
        "Look.",
        "0: ready, 4 pieces done, 1 under way, 151 MB, 13 % of a processor",
        "  Spring: 42 rows/s",
        "1: cannot help, 0 pieces done, 0 under way, 0 MB, 0 % of a processor",
        "  It has no key.",
    ]


def test_a_machine_gets_the_same(run, opened):
    document = json.loads(run("cluster", "status", "--cluster", "local:2", "--json").stdout)
    assert (document["ready"], document["waiting"], document["notice"]) == (1, 3, "Look.")
    assert [worker["trouble"] for worker in document["workers"]] == [None, "It has no key."]
    assert document["workers"][0]["jobs"] == [{"job_id": "job_1", "title": "Spring", "rate_per_s": 41.6}]


def test_it_has_to_be_named(run):
    result = run("cluster", "status")
    assert result.exit_code == 6
    assert "Say which cluster" in result.stderr


def test_a_server_without_one_says_so(run, monkeypatch):
    monkeypatch.setattr(Workbench, "connect", lambda *_: Bench(ClusterState()))
    result = run("cluster", "status", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "This server has no cluster: it does all by itself." in result.stdout


def test_these_are_the_commands_that_a_cluster_helps_with(run):
    assert {entry.words for entry in COMMANDS if entry.spreads} >= HELPED
    assert "--cluster" in run("run", "--help").output
    assert "--cluster" not in run("integrations", "list", "--help").output


@pytest.mark.parametrize("address", ["local", "somewhere:8786"])
def test_what_is_no_cluster_is_refused_before_anything_is_done(run, address):
    result = run("work", "resume", "job_none", "--cluster", address)
    assert result.exit_code == 6
    assert "is no cluster. Give local:2" in result.stderr


async def test_workers_are_not_waited_for_for_ever():
    early = ClusterState(address="a", workers=(ClusterWorker(name="0", address="b"),))
    assert await cluster._settled(Bench(early), 1.0) == early  # type: ignore[arg-type]
