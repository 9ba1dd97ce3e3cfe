"""TIMELINE: moments and spans on one axis. Labels never stand on each other, nor does a leader run through one.

A label that begins at its moment stands above the axis, one that ends at it (as there is no more room to its right) below. Above, the
rows fall from left to right wherever a label would reach over a later leader; below it is the mirror image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from workbench.widgets.look import Html, markup
from workbench.widgets.piece import Said, said

from .drawing import Form, fit, frame, line, px, rectangle, text, text_width, ticks

__all__ = ["Mark", "Span", "round_minutes", "rows_above", "timeline"]

STEPS = (
    *(seconds / 60 for seconds in (1, 2, 5, 10, 15, 30)), 1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720,
    1440, 2880, 7200, 14_400, 43_200,
)  # fmt: skip
"""Minutes that lie between two ticks."""
ROW = 19.0
LETTERS = 12.0
PAD = 9.0
LANE = 24.0
SIDE = 8.0
"""Room at both ends of the axis."""


class Mark(NamedTuple):
    """A moment: when, in minutes, what happens, and its tone (``start``, ``limit``, ``next``, ``done``, ``bad``, ``plain``)."""

    minute: float
    words: Said
    tone: str = "plain"


class Span(NamedTuple):
    """A time that lasts, in minutes."""

    start: float
    end: float
    words: Said
    tone: str = "plain"


class _Axis(NamedTuple):
    """Where a minute stands."""

    left: float
    begin: float
    last: float
    scale: float

    def at(self, minute: float) -> float:
        """Return the place of a minute."""
        return self.left + (minute - self.begin) * self.scale


class _Label(NamedTuple):
    x: float
    words: str
    width: float
    mark: Mark


def timeline(
    key: str,
    title: Said,
    description: Said,
    marks: Sequence[Mark],
    spans: Sequence[Span] = (),
    *,
    form: Form,
    width: float = 720.0,
) -> Html:
    """Return the picture; ``form`` writes a moment (``45 min``)."""
    names = [fit(said(span.words), 150, LETTERS) for span in spans]
    left = max([SIDE, *(text_width(name, LETTERS) + 12 for name in names)])
    begin = min([0.0, *(mark.minute for mark in marks), *(span.start for span in spans)])
    last = max([begin + 1e-3, *(mark.minute for mark in marks), *(span.end for span in spans)])
    axes = _Axis(left, begin, last, (width - left - SIDE - 4) / (last - begin))
    labels = [_label(mark, axes.at(mark.minute), width, form) for mark in sorted(marks, key=_when)]
    above = [one for one in labels if one.x + one.width + 6 <= width]
    below = [one for one in labels if one not in above]
    up = rows_above([(one.x, one.width + PAD) for one in above])
    down = rows_above([(width - one.x, one.width + PAD) for one in reversed(below)])[::-1]
    axis = ROW * (max(up, default=0) + 1) + 14
    lanes = axis + (ROW * (max(down) + 1) + 16 if down else 14)
    bottom = lanes + LANE * len(spans)
    shapes = [
        *_grid(axes, axis, bottom, width, form),
        *_lanes(spans, names, axes, lanes),
        line(left, axis, width - SIDE, axis, "wb-c-axis"),
        *(_above(one, row, axis) for one, row in zip(above, up, strict=True)),
        *(_below(one, row, axis) for one, row in zip(below, down, strict=True)),
        *(_dot(one, axis) for one in labels),
    ]
    return frame(
        key,
        title,
        description,
        width,
        bottom + 24,
        Html("").join(shapes),
        headings=[title, ""],
        rows=[
            *((form(mark.minute), said(mark.words)) for mark in sorted(marks, key=_when)),
            *((f"{form(span.start)} – {form(span.end)}", said(span.words)) for span in spans),
        ],
    )


def round_minutes(begin: float, last: float, at_most: int) -> list[float]:
    """Return round moments between two minutes: whole seconds, minutes, hours or days as people count them, at most one more than told."""
    span = last - begin
    step = next((step for step in STEPS if step * at_most >= span), None)
    if step is None or span < STEPS[0]:
        return ticks(begin, last, at_most)
    first, end = math.ceil(begin / step - 1e-9), math.floor(last / step + 1e-9)
    return [number * step for number in range(first, end + 1)]


def rows_above(labels: Sequence[tuple[float, float]]) -> list[int]:
    """Return the row of each label, 0 next to the axis: places from left to right, each with the width of its words.

    A label lies higher than every later one whose place it reaches over, so that no leader runs through a label.
    """
    rows = [0] * len(labels)
    for at in range(len(labels) - 1, -1, -1):
        x, width = labels[at]
        reached = [rows[later] for later in range(at + 1, len(labels)) if labels[later][0] < x + width]
        rows[at] = max(reached, default=-1) + 1
    return rows


def _when(mark: Mark) -> float:
    return mark.minute


def _label(mark: Mark, x: float, width: float, form: Form) -> _Label:
    """Return the label of a moment, shortened where even the longer side has no room for it."""
    room = max(width - x - 6, x) - 6
    words = fit(f"{form(mark.minute)}  {said(mark.words)}", room, LETTERS)
    return _Label(x, words, text_width(words, LETTERS), mark)


def _grid(axes: _Axis, axis: float, bottom: float, width: float, form: Form) -> list[Html]:
    shapes = []
    end = -1.0
    for minute in round_minutes(axes.begin, axes.last, 8):
        x, words = axes.at(minute), form(minute)
        half = text_width(words, 11) / 2
        at = min(max(x, half), width - half)
        if at - half < end:
            continue
        end = at + half + 8
        shapes.append(line(x, axis, x, bottom + 4, "wb-c-grid"))
        shapes.append(text(words, at, bottom + 18, "wb-c-tick", anchor="middle"))
    return shapes


def _lanes(spans: Sequence[Span], names: Sequence[str], axes: _Axis, top: float) -> list[Html]:
    shapes = []
    for at, (span, name) in enumerate(zip(spans, names, strict=True)):
        y = top + LANE * at
        long = max((span.end - span.start) * axes.scale, 3)
        shapes.append(text(name, axes.left - 10, y + 14, "wb-c-lane", anchor="end", whole=span.words))
        shapes.append(
            rectangle(axes.at(span.start), y + 4, long, 12, f"wb-c-span wb-c-{span.tone}", radius=3, words=span.words)
        )  # fmt: skip
    return shapes


def _above(one: _Label, row: int, axis: float) -> Html:
    y = axis - 14 - ROW * row
    return Html("").join(
        (
            line(one.x, axis, one.x, y - 9, "wb-c-leader"),
            text(one.words, one.x + 5, y, "wb-c-label", whole=one.mark.words),
        )
    )


def _below(one: _Label, row: int, axis: float) -> Html:
    y = axis + 22 + ROW * row
    return Html("").join(
        (
            line(one.x, axis, one.x, y, "wb-c-leader"),
            text(one.words, one.x - 5, y, "wb-c-label", anchor="end", whole=one.mark.words),
        )
    )


def _dot(one: _Label, axis: float) -> Html:
    return markup(
        '<circle cx="{x}" cy="{y}" r="4.5" class="wb-c-dot wb-c-{tone}"><title>{words}</title></circle>',
        x=px(one.x),
        y=px(axis),
        tone=one.mark.tone,
        words=one.words,
    )
