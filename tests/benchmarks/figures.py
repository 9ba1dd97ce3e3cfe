"""FIGURES: what the measurements found, printed and kept, so that the README's table is made of them: see ``table``.

A sheet is one comparison of one run: ours, peers and the ceiling took turns, round by round. What counts is the ratio within a round;
figures of two runs, or of two machines, are never put side by side.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

FOLDER = Path(os.environ.get("WORKBENCH_BENCH_FOLDER", "build/bench"))
Role = Literal["ours", "peer", "ceiling", "part", "step"]


@dataclass(frozen=True)
class Way:
    """One way of doing a thing: its figure in each round, and what it is to ours.

    A ``part`` is a part of ours, told for itself; a ``step`` is ours with fewer rows than the last step, which is ``ours``.
    """

    name: str
    rounds: tuple[float, ...]
    role: Role = "peer"
    note: str = ""

    @property
    def middle(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the most."""
        return min(self.rounds), max(self.rounds)


@dataclass
class Sheet:
    """One comparison. ``less`` says that less is better; ``unit`` is that of the figures."""

    script: str
    topic: str
    unit: str
    less: bool = False
    ways: list[Way] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, rounds: Sequence[float], role: Role = "peer", note: str = "") -> None:
        """Put a way down, in the order in which the table is to tell them."""
        self.ways.append(Way(name, tuple(rounds), role, note))

    def leave_out(self, name: str, why: str) -> None:
        """Put down a peer that could not be measured here, and why."""
        self.left_out[name] = why

    @property
    def ours(self) -> Way:
        """The way that is ours."""
        return next(way for way in self.ways if way.role == "ours")

    def ratio(self, way: Way) -> tuple[float, float, float]:
        """Return how many times as good ours is beside another way: the median, the least and the most of the rounds.

        Rounds are compared with each other; where one has fewer (npm's tools are asked once), its median is compared with all of ours.
        """
        mine, other = self.ours.rounds, way.rounds
        if len(mine) != len(other):
            other = (way.middle,) * len(mine)
        found = [b / a if self.less else a / b for a, b in zip(mine, other, strict=True)]
        return median(found), min(found), max(found)

    def tell(self) -> None:
        """Print the comparison, and keep it for the table."""
        print(self.topic)
        for way in self.ways:
            low, high = way.spread
            line = f"  {way.name:44}{number(way.middle):>12} {self.unit} ({number(low)} to {number(high)})"
            if way.role in ("peer", "ceiling"):
                middle, least, most = self.ratio(way)
                line += f"   ours is {number(middle)} x ({number(least)} to {number(most)})"
            print(f"{line}   {way.note}".rstrip())
        for name, why in self.left_out.items():
            print(f"  {name:44}not measured: {why}")
        sys.stdout.flush()
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{self.script}.json"
        kept = [sheet for sheet in read(path) if sheet.topic != self.topic]
        path.write_text(json.dumps([asdict(sheet) for sheet in (*kept, self)], indent=1))


def read(path: Path) -> list[Sheet]:
    """Return the sheets that a script kept."""
    if not path.exists():
        return []
    return [
        Sheet(**{**sheet, "ways": [Way(**{**way, "rounds": tuple(way["rounds"])}) for way in sheet["ways"]]})
        for sheet in json.loads(path.read_text())
    ]


def sheet_of(
    script: str, topic: str, unit: str, rates: Mapping[str, Sequence[float]], *, ours: str, ceilings: Sequence[str] = (),
    parts: Sequence[str] = (), less: bool = False,
) -> Sheet:  # fmt: skip
    """Return the sheet of ways by their names."""
    sheet = Sheet(script, topic, unit, less)
    for name, rounds in rates.items():
        role: Role = (
            "ours" if name == ours else "ceiling" if name in ceilings else "part" if name in parts else "peer"
        )
        sheet.add(name, rounds, role)
    return sheet


def number(value: float) -> str:
    """Return a figure with as many digits as mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
