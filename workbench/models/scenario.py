"""Scenarios: a sendout, the way the connected system answers it, and how it ends; for the gate lab."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.sentence import Sentence

from .base import Noun
from .platform import Path, Switches, Timing

Profile = Literal["healthy", "slow", "partial", "double", "crash_half", "never"]
"""How the connected system behaves: quick; slow; answers a part only; answers everything twice; dies after half; never answers."""


class Answering(Noun):
    """How the connected system answers. Times in milliseconds; a call's time is lognormal around ``call_ms`` (its median) with ``spread``.

    The crew makes ``at_once`` calls at a time: write-backs and cancels in the file's order, and the finish when all have ended.
    ``work_ms`` is what a contact costs before its call can be made (download, decision); ``failing`` is the share of cancels
    that fail for good, ``failing_writes`` that of write-backs. ``leak_guard`` keeps the finish back where a cancel failed, ``code_guard``
    where a write-back did. ``acknowledged``: the hook is acknowledged in time; where it is not, A-11 says what becomes of the hold.
    """

    profile: Profile = "healthy"
    at_once: Annotated[int, Field(ge=1, le=10_000)] = 4
    start_min: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 0.0
    work_ms: Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)] = 0.0
    call_ms: Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)] = 150.0
    spread: Annotated[float, Field(ge=0, le=3, allow_inf_nan=False)] = 0.3
    failing: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    failing_writes: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    leak_guard: bool = True
    code_guard: bool = False
    acknowledged: bool = True


class Segment(Noun):
    """A part of the sendout's contacts: its share of all and the share of it that consents."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    share: Annotated[float, Field(ge=0, le=1)] = 1.0
    consent: Annotated[float, Field(ge=0, le=1)] = 0.8


class Scenario(Noun):
    """What the lab plays. The same scenario gives the same outcome, to the byte: every draw comes from ``seed``.

    A contact without consent is rejected; each accepted contact gets a write-back (a code) where ``codes`` is on. A warning comes where
    less than ``margin_min`` minutes lie between the answer and the moment from which it would be too late.
    """

    title: Annotated[str, Field(max_length=80)] = ""
    size: Annotated[int, Field(ge=0, le=1_000_000)] = 10_000
    segments: Annotated[tuple[Segment, ...], Field(min_length=1, max_length=12)] = (Segment(name="all"),)
    codes: bool = False
    answering: Answering = Answering()
    timing: Timing = Timing()
    switches: Switches = Switches()
    margin_min: Annotated[float, Field(ge=0, le=1440, allow_inf_nan=False)] = 5.0
    seed: int = 1


class Flow(Noun):
    """Contacts of one segment that were decided alike and ended alike: one ribbon of the flow picture."""

    segment: str
    verdict: Literal["accept", "reject", "unanswered"]
    path: Path
    sent: bool
    count: int


class Result(Noun):
    """How a scenario ends. ``accepted + rejected + timed_out + left_flow = size``; ``sent`` counts messages that left.

    ``leaked`` were sent although they should have been rejected; ``without_code`` were sent before their code was stored;
    ``finish_min`` is when the finish was called (None: never), ``last_answer_min`` when the last call ended, ``refused`` counts calls that
    came too late. ``decided_by`` counts the contacts by the rule that ended them (``D A7``, ``A-4`` ...). ``switches`` are those in force.
    """

    scenario: Scenario
    accepted: int = 0
    rejected: int = 0
    timed_out: int = 0
    left_flow: int = 0
    sent: int = 0
    leaked: int = 0
    without_code: int = 0
    refused: int = 0
    finish_min: float | None = None
    last_answer_min: float | None = None
    flows: tuple[Flow, ...] = ()
    decided_by: tuple[tuple[str, int], ...] = ()
    timeline: tuple[tuple[float, Sentence], ...] = ()
    warnings: tuple[Sentence, ...] = ()


class Traced(Noun):
    """One contact of a scenario: its number, segment, what was decided, when its call ended, how it ended and by which rule."""

    number: int
    segment: str
    verdict: Literal["accept", "reject", "unanswered"]
    answered_min: float | None = None
    path: Path
    sent: bool
    words: str
    decided_by: str


class Curve(Noun):
    """What becomes of one figure when one setting moves: pairs of setting and figure, and where it turns (None: it does not)."""

    setting: str
    unit: str
    figure: str
    points: tuple[tuple[float, float], ...]
    turns_at: float | None = None


class BreakEven(Noun):
    """How far a setting can go with everything still answered in time; None where nothing, or anything, will do.

    The slowest call, the largest sendout, the latest start and finish, the smallest gap to the next step.
    """

    largest_call_ms: float | None = None
    largest_size: int | None = None
    latest_start_min: float | None = None
    latest_finish_min: float | None = None
    smallest_gap_min: float | None = None
    curves: tuple[Curve, ...] = ()


class Doubt(Noun):
    """One open question and how much of this scenario hangs on it: the result under each other answer."""

    number: str
    switch: str
    question: Sentence
    answers: tuple[tuple[str, int, int], ...]
    """Each possible answer with the messages sent and the contacts that end on another path than by default."""
    matters: bool = False


class Moved(Noun):
    """Contacts that changed path between two runs."""

    before: Path
    after: Path
    count: int
