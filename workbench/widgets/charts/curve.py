"""CURVE: what becomes of one figure when another moves, with the point where it turns."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

from workbench.widgets.look import Html, markup
from workbench.widgets.piece import Said, said

from .drawing import Form, fit, frame, line, nice_ceiling, px, text, text_width, ticks

__all__ = ["curve"]

TICK = 11.0
WIDE_RANGE = 100
"""From this ratio of the last to the first place on, equal ratios are equal distances."""


def curve(
    key: str,
    title: Said,
    description: Said,
    points: Sequence[tuple[float, float]],
    *,
    across: Said,
    upward: Said,
    form: Form,
    form_across: Form | None = None,
    turns_at: float | None = None,
    turn_words: Said = "",
    now: float | None = None,
    beside: Sequence[tuple[float, float]] = (),
    names: tuple[Said, Said] = ("", ""),
    width: float = 720.0,
    height: float = 220.0,
) -> Html:
    """Return the picture of at least one point, in the order of the first figure; ``now`` marks where the setting stands.

    ``across`` and ``upward`` name the two figures with their units; ``turn_words`` say what happens where it turns. ``beside`` are the
    points of a second curve over the same places, to be compared; then ``names`` say which is which.
    """
    form_across = form_across or form
    points, beside = sorted(points), sorted(beside)
    low, high = points[0][0], points[-1][0]
    top = nice_ceiling(max(y for _, y in (*points, *beside)))
    steps = ticks(0, top, 4)
    left = max(text_width(form(step), TICK) for step in steps) + 12
    above, floor, right = 46.0, height - 44.0, 16.0
    place = _places(low, high, left, width - right)

    def rise(value: float) -> float:
        return floor - (floor - above) * value / top

    shapes = [
        text(fit(said(upward), width, TICK), 0, 12, "wb-c-heading"),
        text(fit(said(across), width - left, TICK), width - right, height - 4, "wb-c-heading", anchor="end"),
        *(line(left, rise(step), width - right, rise(step), "wb-c-grid") for step in steps),
        *(text(form(step), left - 7, rise(step) + 4, "wb-c-tick", anchor="end") for step in steps),
        *_across(low, high, place, floor, width, form_across),
        _turn(turns_at, turn_words, place, above, floor, left, width) if turns_at is not None else Html(""),
        *_beside(beside, names, place, rise),
        _line(points, place, rise, "wb-c-curve"),
        *(_point(x, y, place, rise, form_across, form) for x, y in points),
        *_named(points, names[0], place, rise),
        _now(now, place, rise, points) if now is not None and low <= now <= high else Html(""),
    ]
    return frame(
        key,
        title,
        description,
        width,
        height,
        Html("").join(shapes),
        headings=[across, *(names if beside else [upward])],
        rows=_rows(points, beside, form_across, form),
    )


def _rows(
    points: Sequence[tuple[float, float]],
    beside: Sequence[tuple[float, float]],
    form_across: Form,
    form: Form,
) -> list[tuple[str, ...]]:
    others = dict(beside)
    return [(form_across(x), form(y), *([form(others[x])] if x in others else [])) for x, y in points]


def _line(
    points: Sequence[tuple[float, float]], place: Callable[[float], float], rise: Callable[[float], float], css_class: str
) -> Html:  # fmt: skip
    along = " ".join(f"{px(place(x))},{px(rise(y))}" for x, y in points)
    return markup('<polyline points="{along}" class="{css_class}"/>', along=along, css_class=css_class)


def _beside(
    points: Sequence[tuple[float, float]], names: tuple[Said, Said], place: Callable[[float], float], rise: Callable[[float], float]
) -> list[Html]:  # fmt: skip
    """Return the second curve, its name above its last point."""
    if not points:
        return []
    x, y = points[-1]
    name = text(said(names[1]), place(x), rise(y) - 8, "wb-c-beside-name wb-c-halo", anchor="end")
    return [_line(points, place, rise, "wb-c-curve wb-c-beside"), name]


def _named(
    points: Sequence[tuple[float, float]], name: Said, place: Callable[[float], float], rise: Callable[[float], float]
) -> list[Html]:  # fmt: skip
    """Return the name of the curve, left of where three quarters of it are done; nothing where it has none."""
    if not name:
        return []
    x, y = points[len(points) * 3 // 4]
    return [text(said(name), place(x) - 10, rise(y) - 4, "wb-c-curve-name wb-c-halo", anchor="end")]


def _places(low: float, high: float, left: float, right: float) -> Callable[[float], float]:
    """Return where a figure stands between left and right: by ratio for a wide range, else by difference."""
    if high <= low:
        return lambda _: (left + right) / 2
    if low > 0 and high / low >= WIDE_RANGE:
        return lambda x: left + (right - left) * math.log(max(x, low) / low) / math.log(high / low)
    return lambda x: left + (right - left) * (x - low) / (high - low)


def _across(
    low: float, high: float, place: Callable[[float], float], floor: float, width: float, form: Form
) -> list[Html]:
    if low > 0 and high / low >= WIDE_RANGE:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        steps = [step for power in powers if low <= (step := 10.0**power) <= high]
    else:
        steps = ticks(low, high, 7)
    shapes = []
    end = -1.0
    for step in steps:
        words = form(step)
        half = text_width(words, TICK) / 2
        at = min(place(step), width - half)
        if at - half < end:
            continue
        end = at + half + 8
        shapes.append(line(place(step), floor, place(step), floor + 4, "wb-c-axis"))
        shapes.append(text(words, at, floor + 17, "wb-c-tick", anchor="middle"))
    return shapes


def _turn(
    at: float,
    words: Said,
    place: Callable[[float], float],
    above: float,
    floor: float,
    left: float,
    width: float,
) -> Html:
    x = min(max(place(at), left), width)
    to_right = x < (left + width) / 2
    room = (width - x if to_right else x) - 8
    return Html("").join(
        (
            line(x, above - 12, x, floor, "wb-c-turn"),
            text(
                fit(said(words), room, 12), x + (5 if to_right else -5), above - 16, "wb-c-turn-words",
                anchor="start" if to_right else "end", whole=words,
            ),
        )
    )  # fmt: skip


def _point(
    x: float,
    y: float,
    place: Callable[[float], float],
    rise: Callable[[float], float],
    form_across: Form,
    form: Form,
) -> Html:
    return markup(
        '<circle cx="{x}" cy="{y}" r="2.6" class="wb-c-point"><title>{words}</title></circle>',
        x=px(place(x)),
        y=px(rise(y)),
        words=f"{form_across(x)}: {form(y)}",
    )


def _now(
    now: float,
    place: Callable[[float], float],
    rise: Callable[[float], float],
    points: Sequence[tuple[float, float]],
) -> Html:
    return markup(
        '<circle cx="{x}" cy="{y}" r="6" class="wb-c-now"/>',
        x=px(place(now)),
        y=px(rise(_height(now, points))),
    )


def _height(now: float, points: Sequence[tuple[float, float]]) -> float:
    """Return the figure at ``now``, on the straight line between the points around it."""
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x0 <= now <= x1:
            return y0 if x1 == x0 else y0 + (y1 - y0) * (now - x0) / (x1 - x0)
    return points[0][1] if now <= points[0][0] else points[-1][1]
