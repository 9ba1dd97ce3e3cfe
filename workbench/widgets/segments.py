"""SEGMENTS: a whole as a bar of its parts, with every count beside it: what the colours and patterns say stands there in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .language import number
from .look import Html, markup
from .piece import Said, said

__all__ = ["Segment", "segmented"]


class Segment(NamedTuple):
    """One part: what it is called, its tone (``accepted``, ``failed``, … as rows of a job have), how much of it there is.

    One that is not ``drawn`` is counted beside the bar, and is no part of the whole.
    """

    name: Said
    tone: str
    amount: int
    drawn: bool = True


def segmented(segments: Sequence[Segment], whole: Said, total: int) -> Html:
    """Return the bar and the counts; ``whole`` names the total. Empty parts are named, and take no room in the bar."""
    words = ", ".join(f"{said(one.name)}: {number(one.amount)}" for one in segments if one.amount)
    sum_of = f"{said(whole)}: {number(total)}"
    bars = Html("").join(
        markup(
            '<span class="wb-segment wb-segment-{tone}" style="flex-grow: {share}"></span>', tone=one.tone, share=one.amount / (total or 1)
        )
        for one in segments
        if one.amount and one.drawn
    )  # fmt: skip
    tiles = Html("").join(
        markup(
            '<div class="{none}"><dt><span class="wb-swatch wb-segment-{tone}" aria-hidden="true"></span>{name}</dt><dd>{count}</dd></div>',
            none="wb-count-some" if one.amount else "wb-count-none", tone=one.tone, name=said(one.name), count=number(one.amount),
        )
        for one in segments
    )  # fmt: skip
    return markup(
        '<div class="wb-segmented" role="img" aria-label="{words}">{bars}</div>'
        '<dl class="wb-counts">{tiles}<div class="wb-count-total"><dt>{all}</dt><dd>{total}</dd></div></dl>',
        words=f"{sum_of}. {words}" if words else sum_of, bars=bars, tiles=tiles, all=said(whole), total=number(total),
    )  # fmt: skip
