"""TABLE: the README's figures, made of what ``make bench`` kept: python -m tests.benchmarks.table.

It writes between the two marks of the README, with the day and the machine; without kept figures it changes nothing and says so.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.figures import FOLDER, Sheet, number, read

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- measured: made by make bench -->", "<!-- measured: end -->"
ORDER = (
    "send", "render", "gate_decide", "gate_simulate", "gate_answer", "events", "sms", "sync", "journal", "page", "cluster",
)  # fmt: skip
"""The scripts as the table has them; others follow, and growth has a table of its own."""
GROWTH = "growth"


def main() -> int:
    """Put the figures into the README."""
    sheets = {path.stem: read(path) for path in sorted(FOLDER.glob("*.json"))}
    if not sheets:
        print(f"Nothing was measured yet: there are no figures in {FOLDER}. Run “make bench”.", file=sys.stderr)  # fmt: skip
        return 1
    text = README.read_text()
    made = f"{BEGIN}\n{rendered(sheets)}\n{END}"
    README.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: made, text, flags=re.DOTALL))
    return 0


def rendered(sheets: dict[str, list[Sheet]]) -> str:
    """Return the section's text."""
    names = [name for name in ORDER if name in sheets]
    names += [name for name in sheets if name not in names and name != GROWTH]
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, by `make bench`. Ways of a "
        "row took turns in one run; the ratio is the median of its rounds, the least and the most in brackets. A ceiling keeps nothing.",
        "",
        "| What | Ours | Beside | Theirs | Ours is |",
        "|---|--:|---|--:|--:|",
        *(line for name in names for sheet in sheets[name] for line in _lines(sheet)),
    ]
    if growth := sheets.get(GROWTH):
        lines += ["", *_growth(growth)]
    return "\n".join(lines)


def _lines(sheet: Sheet) -> Iterator[str]:
    topic, ours = sheet.topic, sheet.ours
    mine = f"{number(ours.middle)} {sheet.unit}" + (f", {ours.note}" if ours.note else "")
    for way in sheet.ways:
        if way.role in ("peer", "ceiling"):
            middle, least, most = sheet.ratio(way)
            name = f"{way.name} (ceiling)" if way.role == "ceiling" else way.name
            theirs = number(way.middle) + (f", {way.note}" if way.note else "")
            yield f"| {topic} | {mine} | {name} | {theirs} | {number(middle)} x ({number(least)} to {number(most)}) |"  # fmt: skip
            topic = mine = ""
        elif way.role == "part":
            yield f"| {topic} | {mine} | *{way.name}* | {number(way.middle)} | |"
            topic = mine = ""
    if topic:
        low, high = ours.spread
        yield f"| {topic} | {mine} ({number(low)} to {number(high)}) | | | |"
    for name in sheet.left_out:
        yield f"| | | {name} | not measured here | |"


def _growth(sheets: list[Sheet]) -> Iterator[str]:
    steps = max((sheet.ways for sheet in sheets), key=len)
    yield f"| rows/s, memory | {' | '.join(way.name for way in steps)} |"
    yield f"|---|{'--:|' * len(steps)}"
    for sheet in sheets:
        cells = [f"{number(way.middle)}, {way.note}" for way in sheet.ways]
        cells += [""] * (len(steps) - len(cells))
        yield f"| {sheet.topic.removeprefix('Growth: ')} | {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main())
