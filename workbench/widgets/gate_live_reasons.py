"""HOLD REASONS: why the contacts of a hold were decided as they were, as bars; most people look here first."""

from __future__ import annotations

from collections import Counter

from workbench.models.hold import Decided, DecidedFilter, Hold, Tally
from workbench.sentence import N_, say

from . import look
from .around import Around
from .charts import Bar, bars
from .language import number
from .piece import said

__all__ = ["HoldReasons"]

PAGE, MOST = 1000, 5000
"""Contacts of one call, and of all: what is more is a sample, and says so."""
SHOWN = 8


class HoldReasons:
    """The reasons of one hold. They are counted anew only when what was decided is another."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self._counted: Tally | None = None
        self.widget = look.show("")

    def __repr__(self) -> str:
        return "<HoldReasons>"

    async def show(self, hold: Hold) -> None:
        """Count and show the reasons, once the contacts are decided."""
        tally = hold.tally
        if (
            tally == self._counted
            or tally.accepted + tally.rejected == 0
            or hold.state in ("received", "deciding")
        ):
            return
        counts: Counter[tuple[str, str]] = Counter()
        after = read = 0
        while read < MOST:
            page = await self.around.bench.holds.decided(hold.id, DecidedFilter(after=after, limit=PAGE))
            counts.update(_why(one) for one in page)
            read += len(page)
            if len(page) < PAGE:
                break
            after = page[-1].number
        self._counted = tally
        self.widget.value = _drawn(counts, read, tally.contacts + tally.bad + tally.doubles)


def _why(one: Decided) -> tuple[str, str]:
    """Return the tone and the words of why a contact was decided so."""
    if one.verdict is None:
        return "left_flow", said(one.sentence) if one.sentence else said(N_("not readable"))
    words = one.reason or (one.rule and said(say("rule {name}", name=one.rule))) or said(N_("no rule fitted"))
    if one.by_hand:
        words = said(say("by hand: {why}", why=words))
    return ("accepted" if one.verdict == "accept" else "rejected"), words


def _drawn(counts: Counter[tuple[str, str]], read: int, all_of_them: int) -> look.Html:
    marks = {"accepted": N_("accepted"), "rejected": N_("rejected"), "left_flow": N_("not readable")}
    most = counts.most_common(SHOWN)
    rows = [
        Bar(say("{mark}: {why}", mark=said(marks[tone]), why=words), count, tone)
        for (tone, words), count in most
    ]
    rest = sum(counts.values()) - sum(count for _, count in most)
    if rest:
        rows.append(Bar(N_("other reasons"), rest))
    picture = bars(
        "wb-hold-reasons",
        N_("Decided, and why"),
        N_("How many contacts were decided for which reason."),
        rows,
        form=number,
    )
    if read >= MOST and all_of_them > read:
        note = said(say("Counted in the first {count} contacts.", count=number(read)))
        return look.markup('{picture}<p class="wb-hint">{note}</p>', picture=picture, note=note)
    return picture
