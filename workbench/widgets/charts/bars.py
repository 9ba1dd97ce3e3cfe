"""BARS: a few figures, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.widgets.look import Html
from workbench.widgets.piece import Said, said

from .drawing import Form, fit, frame, rectangle, text, text_width

__all__ = ["Bar", "bars"]

ROW = 25.0
LETTERS = 12.5
THINNEST = 2.0


class Bar(NamedTuple):
    """One figure: what it is, how much, and its tone (a path's name, or ``plain``)."""

    name: Said
    value: float
    tone: str = "plain"


def bars(
    key: str, title: Said, description: Said, rows: Sequence[Bar], *, form: Form, width: float = 720.0
) -> Html:
    """Return the picture: names to the left, bars by value, figures to the right."""
    names = [said(row.name) for row in rows]
    name_room = min(max((text_width(name, LETTERS) for name in names), default=0), width * 0.5) + 2
    left = name_room + 12
    figures = [form(row.value) for row in rows]
    right = max((text_width(figure, LETTERS) for figure in figures), default=0) + 12
    scale = (width - left - right) / max([1e-9, *(row.value for row in rows)])
    shapes = []
    for at, (row, name, figure) in enumerate(zip(rows, names, figures, strict=True)):
        y = ROW * at
        long = max(row.value * scale, THINNEST if row.value > 0 else 0)
        shapes += [
            text(fit(name, name_room, LETTERS), 0, y + 16, "wb-c-label", whole=name),
            rectangle(
                left, y + 5, long, 14, f"wb-c-bar wb-c-{row.tone}", radius=3, words=f"{name}: {figure}"
            ),
            text(figure, left + long + 7, y + 16, "wb-c-figure"),
        ]
    return frame(
        key,
        title,
        description,
        width,
        max(ROW * len(rows), 1),
        Html("").join(shapes),
        headings=[title, ""],
        rows=list(zip(names, figures, strict=True)),
    )
