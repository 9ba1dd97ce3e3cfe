"""What the run store and the service of runs hand each other: plain and light, for there may be thousands a second."""

from __future__ import annotations

from dataclasses import dataclass, field

from .run import CheckState, Run


@dataclass(frozen=True, slots=True)
class KeptRow:
    """What is kept of one row. ``fixes`` are the cells a person changed, ``detail`` its problems and the contact's mask, both sealed."""

    number: int
    state: CheckState
    fields: tuple[str, ...] = ()
    by_hand: bool = False
    fixes: str | None = field(default=None, repr=False)
    detail: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run, its rows' sealed key, whose turn it is to look at them, and a digest of what they were looked at with."""

    run: Run
    key: str = field(repr=False)
    turn: str = ""
    basis: str = ""
