"""CLUSTER: who helps with large works: each worker, what it is at, how fast, and what that takes of its machine. It is only looked at."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.bench import Workbench
from workbench.errors import WorkbenchError
from workbench.models.cluster import ClusterState, ClusterWorker, ClusterWorkerState
from workbench.sentence import N_, Sentence, say

from . import look
from .fold import Place, visible
from .language import begin, number
from .look import Html
from .page import styles
from .piece import said
from .pulse import Pulse
from .tables import table_markup

__all__ = ["ClusterFace", "ClusterPanel", "cluster_panel"]

LIVELY_S, CALM_S = 2.0, 10.0
"""Seconds between two looks: while a worker does something or just comes; while all rest."""
MEGABYTE = 1_000_000
STATES: Mapping[ClusterWorkerState, tuple[str, look.Kind]] = {
    "opening": (N_("Opens"), "info"),
    "ready": (N_("Ready"), "ok"),
    "trouble": (N_("Cannot help"), "error"),
}
COLUMNS = (
    N_("Worker"), N_("State"), N_("Works on"), N_("Rows/s"), N_("Pieces done"), N_("Memory (MB)"), N_("Processor (%)"),
)  # fmt: skip
NUMERIC = (3, 4, 5, 6)


class ClusterFace:
    """The cluster on a page. Without one nothing is shown of it: ``widget`` is not visible then."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._said: Sentence | None = None
        self.state = ClusterState()
        self.summary, self.table, self.told = look.show(""), look.show(""), Place()
        self.pulse = Pulse(self.look)
        self.widget = look.card(N_("Cluster"), self.summary, self.told.widget, self.table, self.pulse)
        visible(self.widget, False)

    async def look(self) -> float | None:
        """Look how the cluster stands, and show it; returns the seconds until the next look, None where there is no cluster."""
        try:
            self.state = await self._bench.cluster.state()
        except WorkbenchError as error:  # the server may come back
            self._tell(error.sentence)
            return CALM_S
        self.show(self.state)
        return pause_after(self.state)

    def show(self, state: ClusterState) -> None:
        """Show how the cluster stands."""
        visible(self.widget, bool(state.address))
        self._tell(state.notice)
        line = said(_summary(state))
        self.summary.value = look.markup("<p>{line}</p>", line=line)
        self.table.value = table_markup(
            COLUMNS,
            [_row(worker) for worker in state.workers],
            N_("Workers of the cluster"),
            N_("No worker has joined yet."),
            NUMERIC,
        )
        self.pulse.news = said(say("{ready} workers are ready", ready=state.ready))

    def _tell(self, notice: Sentence | None) -> None:
        """Say what is wrong; it is drawn anew only when it is another thing, so that it is not read aloud at each look."""
        if notice != self._said:
            self._said = notice
            self.told.put(*([look.banner("warn", notice, N_("The cluster:"))] if notice else []))


class ClusterPanel(look.Stack):
    """The cluster in a notebook. ``await shown.look()`` brings what is shown up to date."""

    def __init__(self, face: ClusterFace) -> None:
        super().__init__([*styles(), face.widget])
        self._face = face
        for class_name in ("wb-page", "wb-stack"):
            self.add_class(class_name)

    async def look(self) -> int:
        """Show how the cluster stands now; returns how many workers are ready."""
        await self._face.look()
        return self._face.state.ready

    def __repr__(self) -> str:
        return "<workers of a cluster>"


async def cluster_panel(bench: Workbench) -> ClusterPanel:
    """Return the workers of a workbench's cluster, to be shown in a notebook."""
    begin()
    panel = ClusterPanel(ClusterFace(bench))
    await panel.look()
    return panel


def pause_after(state: ClusterState) -> float | None:
    """Return the seconds until the cluster is worth another look, None where there is none."""
    if not state.address:
        return None
    busy = state.waiting or any(
        worker.state == "opening" or worker.jobs or worker.pieces_now for worker in state.workers
    )
    return LIVELY_S if busy else CALM_S


def _summary(state: ClusterState) -> Sentence:
    return say(
        "{address}: {ready} of {count} workers are ready. {rate} rows a second; {waiting} pieces wait.",
        address=state.address,
        ready=number(state.ready),
        count=number(len(state.workers)),
        rate=number(round(sum(worker.rate_per_s for worker in state.workers))),
        waiting=number(state.waiting),
    )


def _row(worker: ClusterWorker) -> list[object]:
    text, kind = STATES[worker.state]
    badge = look.badge(text, kind)
    return [
        worker.name,
        badge
        if worker.trouble is None
        else look.markup("{badge} {why}", badge=badge, why=said(worker.trouble)),
        _works_on(worker),
        number(round(worker.rate_per_s)),
        number(worker.pieces_done),
        number(worker.memory // MEGABYTE),
        number(round(worker.cpu)),
    ]


def _works_on(worker: ClusterWorker) -> Html | str:
    """Return the jobs that a worker is at, and its pieces; nothing where it rests."""
    parts = [effort.title for effort in worker.jobs]
    if worker.pieces_now:
        parts.append(said(say("{count} pieces", count=number(worker.pieces_now))))
    return Html("<br>").join(parts) if parts else said(N_("Rests"))
