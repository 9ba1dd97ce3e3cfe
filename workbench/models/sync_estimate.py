"""What a sync will take: how many rows of what, and by single calls and by imports how many calls, how long, and which is better."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.sentence import Sentence

from .base import Noun
from .sync_platform import Entity

Rows = Annotated[int, Field(ge=0, le=1_000_000_000)]


class SyncAsk(Noun):
    """How much is to be synced, and what is expected of the platform.

    ``row_bytes`` are the bytes of a row in an import's file, by entity; what is not named has a usual row. ``calls_per_min`` 0 is the
    platform's own limit. ``call_s`` is the time of one call, ``at_once`` how many are under way at a time. ``import_start_s`` passes before
    the platform begins an import, ``import_rows_per_s`` it takes of one; no document says either, so a person may set them.
    """

    platform: str = "connectif"
    rows: dict[Entity, Rows] = Field(default_factory=dict)
    row_bytes: dict[Entity, Annotated[int, Field(ge=1, le=1_000_000)]] = Field(default_factory=dict)
    calls_per_min: Annotated[int, Field(ge=0, le=100_000)] = 0
    call_s: Annotated[float, Field(ge=0.001, le=300)] = 0.3
    at_once: Annotated[int, Field(ge=1, le=1024)] = 8
    import_start_s: Annotated[float, Field(ge=0, le=86_400)] = 30.0
    import_rows_per_s: Annotated[float, Field(ge=0.01, le=1_000_000)] = 200.0


class Way(Noun):
    """One way to sync an entity: its calls (an import's: files uploaded, looks at them, error reports), seconds, and files."""

    calls: int
    seconds: float
    parts: int = 0


class SyncStep(Noun):
    """One entity of the plan. ``single`` and ``imported`` are None where the platform has no such way; ``advice`` is the better one.

    ``break_even`` is the number of rows from which an import takes less time than single calls, None where it never does or cannot be.
    """

    entity: Entity
    rows: int
    single: Way | None = None
    imported: Way | None = None
    advice: Literal["single", "import"]
    why: Sentence
    break_even: int | None = None

    @property
    def advised(self) -> Way:
        """The way that is advised."""
        way = self.imported if self.advice == "import" else self.single
        assert way is not None, "what is advised is there"
        return way


class WayPoint(Noun):
    """The seconds that a number of rows takes by single calls and by import."""

    rows: int
    single_s: float
    import_s: float


class SyncEstimate(Noun):
    """The whole plan: its steps in the order in which they have to go, and their calls and seconds by the ways that are advised.

    ``curve`` compares both ways over the number of rows of ``curve_of``, the largest entity that can go both ways.
    """

    calls_per_min: int
    steps: tuple[SyncStep, ...] = ()
    calls: int = 0
    seconds: float = 0.0
    notes: tuple[Sentence, ...] = ()
    curve_of: Entity | None = None
    curve: tuple[WayPoint, ...] = ()


class SyncDay(Noun):
    """A day of single calls, played on a virtual clock: what the workers got through of what the limit allows.

    ``allowed`` are the calls that the limit allows in the time that passed, ``refused`` those that the platform turned away, ``most`` the
    most that it counted in any window of the limit. ``share`` is done of allowed, and 1 where all rows were done before.
    """

    rows: int
    workers: int
    seconds: float
    done: int
    refused: int
    allowed: int
    most: int
    hours: tuple[int, ...] = ()
    """Rows done in each hour."""

    @property
    def share(self) -> float:
        """Done of what was allowed."""
        return self.done / self.allowed if self.allowed else 1.0
