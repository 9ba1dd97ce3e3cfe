"""DRAWING: what every chart is made of: how wide a text is, shapes, texts, axes, and the frame with its table."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence

from workbench.widgets.look import Html, escape, markup
from workbench.widgets.piece import Said, said

__all__ = [
    "Form",
    "fit",
    "frame",
    "line",
    "nice_ceiling",
    "px",
    "rectangle",
    "text",
    "text_width",
    "ticks",
]

Form = Callable[[float], str]
"""Writes a figure as the language of the page writes it."""

_NARROW = frozenset("iIljtfr.,:;'|!()[]{}-· ")
_BROAD = frozenset("mwMW@%—…")


def text_width(words: str, size: float) -> float:
    """Return about how wide ``words`` are in pixels, in letters of ``size``: rather too wide than too narrow.

    The browser's letters are not known here, so each kind of letter has the width of a generous one.
    """
    return size * sum(map(_em, words))


def _em(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if letter in _NARROW:
        return 0.38
    if letter in _BROAD:
        return 0.98
    if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0x2E7F:
        return 1.25
    return 0.72 if letter.isupper() else 0.61


def fit(words: str, room: float, size: float) -> str:
    """Return ``words``, shortened with an ellipsis where they would be wider than ``room``; never the empty text for a text."""
    if text_width(words, size) <= room:
        return words
    kept = words
    while len(kept) > 1 and text_width(kept.rstrip() + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def px(value: float) -> str:
    """Return a coordinate, short."""
    return f"{value:.1f}".removesuffix(".0")


def text(
    words: Said, x: float, y: float, css_class: str = "", *, anchor: str = "start", whole: Said = ""
) -> Html:
    """Return a text at its baseline; ``whole`` is shown when the pointer rests on one that was shortened."""
    return markup(
        '<text x="{x}" y="{y}" class="wb-c-text {css_class}" text-anchor="{anchor}">{words}{whole}</text>',
        x=px(x),
        y=px(y),
        css_class=css_class,
        anchor=anchor,
        words=said(words),
        whole=markup("<title>{whole}</title>", whole=said(whole)) if whole else Html(""),
    )


def line(x1: float, y1: float, x2: float, y2: float, css_class: str) -> Html:
    """Return a straight line."""
    return markup(
        '<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="{css_class}"/>',
        x1=px(x1),
        y1=px(y1),
        x2=px(x2),
        y2=px(y2),
        css_class=css_class,
    )


def rectangle(
    x: float, y: float, width: float, height: float, css_class: str, *, radius: float = 0, words: Said = ""
) -> Html:
    """Return a rectangle; ``words`` are shown when the pointer rests on it."""
    return markup(
        '<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" class="{css_class}">{words}</rect>',
        x=px(x),
        y=px(y),
        width=px(max(width, 0)),
        height=px(max(height, 0)),
        radius=px(radius),
        css_class=css_class,
        words=markup("<title>{words}</title>", words=said(words)) if words else Html(""),
    )


def nice_ceiling(value: float) -> float:
    """Return the next round figure (1, 2, 2.5 or 5 times a power of ten) at or above ``value``; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * (1 - 1e-9))


def ticks(low: float, high: float, at_most: int) -> list[float]:
    """Return round figures from ``low`` to ``high``, at most ``at_most`` + 1 of them, evenly apart."""
    if high <= low:
        return [low]
    step = nice_ceiling((high - low) / max(at_most, 1))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def frame(
    key: str,
    title: Said,
    description: Said,
    width: float,
    height: float,
    shapes: Html,
    *,
    headings: Sequence[Said],
    rows: Sequence[Sequence[object]],
) -> Html:
    """Return the whole picture: an image with its words, and behind it the same figures as a table for those who do not see it.

    ``key`` names the picture among those of a page.
    """
    head = Html("").join(markup('<th scope="col">{name}</th>', name=said(heading)) for heading in headings)
    body = Html("").join(
        markup(
            "<tr>{cells}</tr>",
            cells=Html("").join(markup("<td>{cell}</td>", cell=escape(cell)) for cell in row),
        )
        for row in rows
    )
    return markup(
        '<figure class="wb-chart"><svg viewBox="0 0 {width} {height}" role="img" style="max-width: {widest}px"'
        ' aria-labelledby="wb-chart-{key}-title wb-chart-{key}-text">'
        '<title id="wb-chart-{key}-title">{title}</title><desc id="wb-chart-{key}-text">{description}</desc>'
        "{shapes}</svg>"
        '<div class="wb-hidden"><table><caption>{title}</caption><thead><tr>{head}</tr></thead>'
        "<tbody>{body}</tbody></table></div></figure>",
        width=px(width),
        height=px(height),
        widest=px(width * 1.2),
        key=key,
        title=said(title),
        description=said(description),
        shapes=shapes,
        head=head,
        body=body,
    )
