"""COLUMNS: how much there was in each span of a time, and of what; one column above another span's, parts stacked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.widgets.look import Html
from workbench.widgets.piece import Said, said

from .drawing import Form, frame, line, nice_ceiling, rectangle, text, text_width, ticks

__all__ = ["Column", "columns"]

HEIGHT = 150.0
FOOT = 22.0
LETTERS = 11.5
WIDEST = 46.0
THINNEST = 1.0


class Column(NamedTuple):
    """One span: what it is called, and its parts from the bottom up: tone and how much, in the order of ``parts``."""

    name: str
    values: tuple[float, ...]


def columns(
    key: str, title: Said, description: Said, parts: Sequence[tuple[Said, str]], rows: Sequence[Column], *, form: Form,
    width: float = 720.0,
) -> Html:  # fmt: skip
    """Return the picture. ``parts`` are the names of what is stacked, each with its tone; names that would touch are left out."""
    highest = nice_ceiling(max((sum(row.values) for row in rows), default=0))
    figures = [(tick, form(tick)) for tick in ticks(0, highest, 3)]
    left = max(text_width(figure, LETTERS) for _, figure in figures) + 10
    room = (width - left) / max(len(rows), 1)
    wide = min(room * 0.72, WIDEST)
    shapes = []
    for tick, figure in figures:
        y = HEIGHT - tick / highest * HEIGHT
        shapes += [
            line(left, y, width, y, "wb-c-grid"),
            text(figure, left - 8, y + 4, "wb-c-tick", anchor="end"),
        ]
    named_to = float("-inf")
    for at, row in enumerate(rows):
        middle, y = left + room * (at + 0.5), HEIGHT
        for value, (name, tone) in zip(row.values, parts, strict=True):
            if value > 0:
                tall = max(value / highest * HEIGHT, THINNEST)
                y -= tall
                words = f"{row.name}, {said(name)}: {form(value)}"
                shapes.append(
                    rectangle(middle - wide / 2, y, wide, tall, f"wb-c-bar wb-c-{tone}", words=words)
                )
        half = text_width(row.name, LETTERS) / 2
        if middle - half >= max(named_to + 8, 0) and middle + half <= width + 4:
            shapes.append(text(row.name, middle, HEIGHT + 16, "wb-c-tick", anchor="middle"))
            named_to = middle + half
    shapes.append(line(left, HEIGHT, width, HEIGHT, "wb-c-axis"))
    return frame(
        key, title, description, width, HEIGHT + FOOT, Html("").join(shapes),
        headings=[title, *(name for name, _ in parts)],
        rows=[(row.name, *map(form, row.values)) for row in rows],
    )  # fmt: skip
