"""Server state: how much a workbench's database holds and which processes work on it; and what a look for unsafe ways to publish found."""

from __future__ import annotations

from pydantic import AwareDatetime

from workbench.sentence import Sentence

from .backup import DatabaseKind
from .base import Noun
from .publish import PublishFinding


class WorkingProcess(Noun):
    """A process that works on jobs: its machine, its number there, and the ids of the jobs it is at."""

    host: str
    pid: int
    jobs: tuple[str, ...] = ()


class ServerState(Noun):
    """What was counted a moment ago, of all units together. ``counted`` is false while the database does not answer: then the rest is 0.

    ``bytes`` is what the database takes on its disk, ``entries`` about how long the journal is. ``budgets`` are accounts whose pace is
    kept, ``resting`` those of them that asked to be left alone for a while. ``holds`` are sendouts that a platform waits for, the first
    of them until ``holds_until``; ``callbacks_undone`` were taken and are not worked off yet.
    """

    database: DatabaseKind
    counted: bool = False
    bytes: int = 0
    entries: int = 0
    workers: tuple[WorkingProcess, ...] = ()
    jobs_running: int = 0
    rows_open: int = 0
    rate_per_s: float = 0.0
    budgets: int = 0
    resting: int = 0
    holds: int = 0
    holds_until: AwareDatetime | None = None
    callbacks_undone: int = 0


class PublishLook(Noun):
    """What was looked at for unsafe ways to publish, what could not be (with the reason), and what was found.

    ``notebooks`` counts the published pages, ``address`` is that of the server process (empty: it has none), ``public`` the one by which
    it is reached from outside.
    """

    notebooks: int = 0
    address: str = ""
    public: str = ""
    missed: Sentence | None = None
    found: tuple[PublishFinding, ...] = ()
