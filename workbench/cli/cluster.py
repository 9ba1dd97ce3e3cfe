"""Cluster: the workers that help with large works, as a person wants to see them: who is ready, what each does, and what it takes."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.bench import Workbench
from workbench.errors import Refused
from workbench.models.cluster import ClusterState, ClusterWorker
from workbench.sentence import N_, Sentence, say

from .codes import OK, REFUSED_THERE
from .frame import command
from .session import Session
from .steering import Url

STATES = {
    "opening": N_("opens its workbench"),
    "ready": N_("ready"),
    "trouble": N_("cannot help"),
}
WAIT_S = 30.0
"""So long workers that have just begun are waited for."""
LOOK_S = 0.2


@command("cluster status", N_("Show the workers of a cluster, or of a server's."), spreads=True)
async def status(session: Session, url: Url = None) -> int:
    """Show the cluster once its workers have opened their workbench. The code is 0 only when one of them can help."""
    if not (session.cluster or url):
        raise Refused(
            say("Say which cluster: --cluster local:2, --cluster ADDRESS, or --url for that of a server.")
        )
    async with session.bench(url=url) as bench:
        state = await _settled(bench, 0.0 if url else WAIT_S)
    session.show(_document(session, state), _lines(session, state))
    return OK if state.ready else REFUSED_THERE


async def _settled(bench: Workbench, wait_s: float) -> ClusterState:
    """Return how the cluster stands once no worker is just opening its workbench, or the time is over."""
    state = await bench.cluster.state()
    while wait_s > 0 and any(worker.state == "opening" for worker in state.workers):
        await bench.house.clock.sleep(LOOK_S)
        wait_s -= LOOK_S
        state = await bench.cluster.state()
    return state


def _document(session: Session, state: ClusterState) -> dict[str, object]:
    """Return the state for a machine, its sentences in the language of this run."""
    workers = [
        worker.model_dump(mode="json")
        | {
            "trouble": None if worker.trouble is None else session.text(worker.trouble),
            "rate_per_s": worker.rate_per_s,
        }
        for worker in state.workers
    ]
    notice = None if state.notice is None else session.text(state.notice)
    return state.model_dump(mode="json") | {"notice": notice, "workers": workers, "ready": state.ready}


def _lines(session: Session, state: ClusterState) -> Iterator[str]:
    if not state.address:
        yield session.text(N_("This server has no cluster: it does all by itself."))
        return
    yield session.text(
        say(
            "Cluster {address}: {ready} of {count} workers are ready, {waiting} pieces wait.",
            address=state.address,
            ready=state.ready,
            count=len(state.workers),
            waiting=state.waiting,
        )
    )
    if state.notice is not None:
        yield session.text(state.notice)
    for worker in state.workers:
        yield session.text(_line(session, worker))
        if worker.trouble is not None:
            yield "  " + session.text(worker.trouble)
        for effort in worker.jobs:
            yield "  " + session.text(
                say("{title}: {rate} rows/s", title=effort.title, rate=f"{effort.rate_per_s:.0f}")
            )


def _line(session: Session, worker: ClusterWorker) -> Sentence:
    return say(
        "{name}: {state}, {pieces} pieces done, {now} under way, {memory} MB, {cpu} % of a processor",
        name=worker.name,
        state=session.text(STATES[worker.state]),
        pieces=worker.pieces_done,
        now=worker.pieces_now,
        memory=worker.memory // 1_000_000,
        cpu=round(worker.cpu),
    )
