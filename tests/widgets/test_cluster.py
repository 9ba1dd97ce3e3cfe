"""The panel of a cluster: nothing without one, every worker with what it does, and what is wrong in words."""

from __future__ import annotations

from typing import Any, cast

import pytest

from workbench import Workbench
from workbench.errors import Unreachable
from workbench.models.cluster import ClusterState, ClusterWorker, Effort
from workbench.sentence import say
from workbench.widgets import cluster_panel
from workbench.widgets.cluster import CALM_S, LIVELY_S, ClusterFace, pause_after

REST = ClusterWorker(
    name="0", address="tcp://a:1", state="ready", memory=150_400_000, cpu=2.4, pieces_done=12
)
BUSY = REST.model_copy(
    update={
        "name": "1",
        "jobs": (Effort(job_id="job_1", title="<b>Spring</b>", rate_per_s=41.6),),
        "pieces_now": 2,
    }
)
LAME = ClusterWorker(name="2", address="tcp://a:3", state="trouble", trouble=say("It has no key."))


class Bench:
    """A workbench of which only the cluster is asked."""

    def __init__(self, *states: ClusterState | Exception) -> None:
        self.cluster = self
        self._states = list(states)

    async def state(self) -> ClusterState:
        state = self._states.pop(0)
        if isinstance(state, Exception):
            raise state
        return state


def face(*states: ClusterState | Exception) -> ClusterFace:
    return ClusterFace(cast(Any, Bench(*states)))


async def test_without_a_cluster_nothing_is_shown(house: Workbench) -> None:
    shown = await cluster_panel(house)
    assert await shown.look() == 0
    assert shown._face.widget.layout.display == "none"
    assert await shown._face.look() is None


async def test_each_worker_says_what_it_does() -> None:
    made = face(ClusterState(address="local:3", connected=True, workers=(REST, BUSY, LAME), waiting=7))
    assert await made.look() == LIVELY_S
    assert made.widget.layout.display != "none"
    assert "local:3: 2 of 3 workers are ready. 42 rows a second; 7 pieces wait." in made.summary.value
    text = made.table.value
    assert "&lt;b&gt;Spring&lt;/b&gt;<br>2 pieces" in text
    assert "Rests" in text
    assert "Cannot help" in text
    assert "It has no key." in text
    assert '<td class="wb-num">150</td>' in text
    assert made.pulse.news == "2 workers are ready"


async def test_what_is_wrong_is_said_once_and_taken_back() -> None:
    lost = ClusterState(address="tcp://a:1", notice=say("The scheduler does not answer."))
    made = face(lost, lost, Unreachable(say("No server.")), ClusterState(address="tcp://a:1", connected=True))
    await made.look()
    [first] = made.told.widget.children
    assert "The scheduler does not answer." in first.value
    await made.look()
    assert made.told.widget.children == (first,)
    assert await made.look() == CALM_S
    assert "No server." in made.told.widget.children[0].value
    await made.look()
    assert made.told.widget.children == ()


@pytest.mark.parametrize(
    ("state", "pause"),
    [
        (ClusterState(), None),
        (ClusterState(address="a", workers=(REST,)), CALM_S),
        (ClusterState(address="a", workers=(REST, BUSY)), LIVELY_S),
        (ClusterState(address="a", workers=(REST,), waiting=1), LIVELY_S),
        (ClusterState(address="a", workers=(ClusterWorker(name="0", address="b"),)), LIVELY_S),
    ],
)
def test_a_busy_cluster_is_looked_at_more_often(state: ClusterState, pause: float | None) -> None:
    assert pause_after(state) == pause
