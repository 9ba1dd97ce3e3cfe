"""Cluster: processes on this machine or others that do pieces of large works and help with jobs, each with a workbench of its own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import Sentence

from .base import JsonValue, Noun
from .person import Person


class Membership(Noun):
    """What a worker has to know to open the right workbench. It holds no secret: key and database are of the worker's own environment.

    ``home`` is the id of the workbench that is to be opened, ``version`` the one whose code the others run. ``near``: it runs on the
    machine and in the account of the one who works here, and has the same rights.
    """

    home: str
    version: str
    live: bool = False
    allowed_hosts: tuple[str, ...] = ()
    sandbox_at: str = ""
    server_at: str = ""
    public_at: str = ""
    near: bool = False


class Errand(Noun):
    """One piece on its way to a worker, and who it is done for."""

    service: str
    method: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    person: Person | None = None


class Brought(Noun):
    """What a worker brings back: the piece's result, or the error it raised (JSON, as the server writes one), or why it was not begun."""

    result: JsonValue = None
    error: str = ""
    not_here: Sentence | None = None


class Effort(Noun):
    """A job that a worker is at, and its rows a second there."""

    job_id: str
    title: str
    rate_per_s: float = 0.0


class Figures(Noun):
    """What a worker tells of itself, every second or so. ``trouble``: why its workbench is not open. Empty at first: it is being opened."""

    worker_id: str = ""
    trouble: Sentence | None = None
    jobs: tuple[Effort, ...] = ()
    pieces_now: int = 0
    pieces_done: int = 0


ClusterWorkerState = Literal["opening", "ready", "trouble"]


class ClusterWorker(Noun):
    """One worker as it may be shown: where it runs, how it stands, what it is at, and what that takes of its machine.

    ``cpu`` is in percent of one processor; ``memory`` in bytes.
    """

    name: str
    address: str
    state: ClusterWorkerState = "opening"
    trouble: Sentence | None = None
    at_once: int = 1
    memory: int = 0
    cpu: float = 0.0
    jobs: tuple[Effort, ...] = ()
    pieces_now: int = 0
    pieces_done: int = 0

    @property
    def rate_per_s(self) -> float:
        """Rows a second, of all jobs it is at."""
        return sum(effort.rate_per_s for effort in self.jobs)


class ClusterState(Noun):
    """The cluster as this workbench sees it. ``address`` is empty where none was joined: all is done in this process then.

    ``connected``: its scheduler answers; ``lost_at`` is since when it does not. ``waiting`` counts pieces that are not done yet.
    """

    address: Annotated[str, Field(max_length=300)] = ""
    connected: bool = False
    lost_at: AwareDatetime | None = None
    notice: Sentence | None = None
    workers: tuple[ClusterWorker, ...] = ()
    waiting: int = 0

    @property
    def ready(self) -> int:
        """How many workers have their workbench open."""
        return sum(worker.state == "ready" for worker in self.workers)
