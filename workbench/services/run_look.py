"""RUN LOOK: what every run's rows are looked at with, whatever they become: messages through an integration, or a shop's records."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Protocol

from workbench.engine.table_ranges import TableRange
from workbench.engine.table_rows import TableRow
from workbench.models.base import JsonValue, Problem
from workbench.models.message import Designation
from workbench.models.pace import Rate
from workbench.models.run import CheckState, RowOutcome, Run, RunPlan, Table, Target
from workbench.models.sync import SyncPlan
from workbench.models.work import Counts, Job, RowState
from workbench.sentence import Sentence

if TYPE_CHECKING:
    from workbench.adapters.sealed_rows import RowKey

    from .consent_asking import AskedChannel
    from .house import House
    from .spread import Spread

MOST_SEEN: Final = 300_000
"""What of a table's rows is remembered for finding doubles; one behind them is found when it is about to go."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A row that was looked at. ``data`` is what the ledger is given of it; None for one that cannot go."""

    number: int
    cells: dict[str, JsonValue] = field(repr=False)
    problems: tuple[Problem, ...] = ()
    data: dict[str, Any] | None = field(default=None, repr=False)
    size: int = 0
    mark: str = ""

    @property
    def state(self) -> CheckState:
        """Whether it can go out, as far as the row alone says."""
        return "bad" if self.data is None else "ready"

    @property
    def identifiers(self) -> dict[str, str]:
        """Whom it is for."""
        return dict(self.data.get("identifiers", {})) if self.data else {}


class Filler(Protocol):
    """Brings what a run sends into the ledger, resumably, and lets its job begin."""

    async def run(self, run: Run, look: Look, key: RowKey, spread: Spread) -> None:
        """Add what is not in the ledger yet, then start the job. A disk that is full is waited for."""
        ...

    async def piece(self, run: Run, look: Look, key: RowKey, within: TableRange) -> JsonValue:
        """Do what one range of the table's rows needs, and return what of it counts for the whole. Twice has the effect of once."""
        ...


class Telling(Protocol):
    """Tells what became of a run's rows where the ledger's rows are not the table's."""

    async def page(self, after: int, limit: int, state: RowState | None = None) -> list[RowOutcome]:
        """Return the outcomes of the rows behind row ``after`` of the table, in their order; of one ``state``, or all."""
        ...

    async def counts(self) -> Counts:
        """Return how many of the table's rows that the ledger has, in whatever pieces, are in each state."""
        ...


class SyncLooks(Protocol):
    """What opens the looks of runs that hold a ``SyncPlan``."""

    async def open(self, table: Table, plan: RunPlan) -> Look:
        """Return the look. Raises Invalid with what keeps every row from going."""
        ...

    async def targets(self, sync: SyncPlan) -> tuple[Target, ...]:
        """Return the fields that a sync can fill."""
        ...

    def telling(self, run: Run) -> Telling | None:
        """Return what tells what became of a run's rows; None where the ledger's rows are the table's."""
        ...

    async def checked(self, sync: SyncPlan) -> SyncPlan:
        """Return a plan with the shop's id in place of its name. Raises Invalid for options that do not go together, NotFound."""
        ...


class Look(ABC):
    """How the rows of one run are looked at, and what they become. Made anew for each walk; holds secrets, so it is never shown."""

    def __init__(self, house: House, plan: RunPlan, table: Table, targets: tuple[Target, ...]) -> None:
        self.house, self.plan, self.table, self.targets = house, plan, table, targets
        self.seen: dict[str, Any] = {}
        """What was said by rows so far, by its digest, so that a later one that says the same is found."""
        self.weight = 0
        """Bytes of the rows that were looked at and can go, where their number does not tell how many calls they are."""

    @property
    @abstractmethod
    def host(self) -> str:
        """Where the rows go: what is confirmed before a live run."""

    @property
    @abstractmethod
    def account(self) -> str:
        """Whose pace the run keeps to."""

    @property
    @abstractmethod
    def rates(self) -> tuple[Rate, ...]:
        """What the provider declares that the account may be called with."""

    @property
    def channel(self) -> AskedChannel | None:
        """The channel that consent is asked for; None where nobody is asked."""
        return None

    @property
    def designation(self) -> Designation | None:
        """What consent is asked for."""
        return self.plan.ask_consent or None

    @property
    def guard_min(self) -> int:
        """The minutes in which the same does not go twice; 0 without the guard."""
        return self.plan.guard_min if self.plan.guard else 0

    @property
    def basis(self) -> str:
        """A digest of everything that decides what becomes of a row: another one, and the rows have to be looked at again."""
        plan = self.plan.model_copy(update={"title": "", "at_once": 1, "on_bad": "stop", "dry_run": False})
        told = json.dumps([plan.model_dump_json(), *self.decides, self.table.digest])
        return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    @property
    @abstractmethod
    def decides(self) -> tuple[str, ...]:
        """What beside plan and table decides what becomes of a row, as texts."""

    @abstractmethod
    def look(self, row: TableRow, fixes: Mapping[str, JsonValue] | None = None) -> Looked:
        """Return a row as it would go out, with the cells that a person mended; never raises for what it holds."""

    @abstractmethod
    def body(self, looked: Looked) -> str:
        """Return what goes out of a row, its contact masked; empty where nothing does."""

    @abstractmethod
    def recipient(self, looked: Looked) -> str:
        """Return the masked name of what a row is about, as far as it has one."""

    @abstractmethod
    def hidden(self, looked: Looked) -> dict[str, str]:
        """Return the contact points in a row by their masks: what may not stand in a sentence that is shown to everybody."""

    async def left_out(self, ready: Sequence[Looked]) -> list[tuple[str, Sentence] | None]:
        """Return for each row why the look itself leaves it out: the field's name and the reason; None for one that may go."""
        return [None] * len(ready)

    def remember(self, looked: Sequence[Looked]) -> bool:
        """Note what rows say that come before those to be looked at; return whether more such rows are wanted."""
        if not self.guard_min:
            return False
        for one in looked:
            if one.mark and one.mark not in self.seen and len(self.seen) < MOST_SEEN:
                self.seen[one.mark] = one.number
        return len(self.seen) < MOST_SEEN

    def calls(self, rows: int) -> int:
        """Return how many calls so many rows are."""
        return rows

    def filling(self) -> Filler | None:
        """Return what brings its pieces into the ledger, where these are not the table's rows."""
        return None

    @abstractmethod
    async def new_job(self, run: Run, sealed_key: str) -> Job:
        """Return the job that does a run's rows, not kept yet. Raises Invalid with what keeps it from being done."""
