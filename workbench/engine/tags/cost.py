"""COST: what a month's events use up of the activities of a plan (R-SYNC-28).

Which kinds are counted: https://support.connectif.ai/hc/en-us/articles/360016806179. A plan may count otherwise; this is for planning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from workbench.models.tags import ActivityCost, CostTable, Way
from workbench.sentence import N_, Sentence, say

from .coverage import EVENTS, times_told

COUNTED: Final[Mapping[str, str]] = {
    "cart": N_("Products put in and taken out of carts, carts abandoned"),
    "contact-info": N_("Visitors recognised by their address"),
}
"""What is counted in place of the state that a page tells."""


def cost(volumes: Mapping[str, int], choices: Mapping[str, Sequence[Way]], allowance: int = 0) -> CostTable:
    """Return the activities of a month, event by event; what is told by two ways counts twice. An allowance of 0 is none given."""
    rows = []
    for thing in EVENTS:
        volume, times = volumes.get(thing.key, 0), times_told(thing.key, choices)
        rows.append(
            ActivityCost(
                key=thing.key,
                title=COUNTED.get(thing.key, thing.title),
                volume=volume,
                times=times,
                activities=volume * times if thing.billed else 0,
                billed=thing.billed,
            )
        )
    total = sum(row.activities for row in rows)
    extra = sum(row.volume * (row.times - 1) for row in rows if row.billed)
    return CostTable(
        rows=tuple(rows), total=total, extra=extra, allowance=allowance, sentence=_told(total, allowance)
    )


def _told(total: int, allowance: int) -> Sentence:
    if not allowance:
        return say("{total} activities a month.", total=total)
    if total > allowance:
        return say(
            "{total} activities a month, {over} more than the plan allows.",
            total=total,
            over=total - allowance,
        )
    share = round(100 * total / allowance)
    return say("{total} activities a month, {share} % of what the plan allows.", total=total, share=share)
