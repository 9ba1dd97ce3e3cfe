"""READINESS BOARD: the score as a ring that fills, what counts and why, and a tile for each step, from red to green."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import ipywidgets

from workbench.engine.readiness_words import SCORE, STATES
from workbench.models.readiness import Standing, StepStanding, Validation
from workbench.sentence import N_, say

from . import look
from .fold import visible
from .language import number, when
from .look import Html, markup
from .piece import said
from .readiness_evidence import points_of

__all__ = ["Board", "ring"]

RADIUS: Final = 50
HALF: Final = 50
"""Percent from which on the ring is no longer red."""


class Board:
    """The head of a validation. ``chosen`` is called with the key of a step that is pressed."""

    def __init__(self, chosen: Callable[[str], object]) -> None:
        self._chosen = chosen
        self._drawn: dict[str, tuple[str, str]] = {}
        self.tiles: dict[str, ipywidgets.Button] = {}
        self.head = look.show("", "wb-ready-hero")
        self.rehearsed = look.banner(
            "info",
            N_(
                "A stand-in answers in the platform's place: this proves the form and the order of things, not that the platform took them."
            ),
            N_("Rehearsal."),
        )
        self.grid = look.Row([])
        self.grid.add_class("wb-ready-tiles")
        why = markup(
            '<details class="wb-ready-more"><summary>{title}</summary><p>{text}</p></details>',
            title=said(N_("What the score counts")), text=said(SCORE),
        )  # fmt: skip
        self.widget = look.stack(self.head, self.rehearsed, self.grid, look.show(why))

    def __repr__(self) -> str:
        return f"<Board of {len(self.tiles)}>"

    def show(self, validation: Validation, stood: Standing, opened: str) -> None:
        """Show how a validation stands; a tile whose state changed says so once by its movement."""
        self.head.value = _hero(validation, stood)
        visible(self.rehearsed, validation.mode == "rehearsal")
        if list(self.tiles) != [step.plan.key for step in stood.steps]:
            self.tiles = {step.plan.key: self._tile(step.plan.key) for step in stood.steps}
            self.grid.children = tuple(self.tiles.values())
        for step in stood.steps:
            self._draw(step, opened)

    def _tile(self, key: str) -> ipywidgets.Button:
        tile = look.button("")
        tile.add_class("wb-ready-tile")
        tile.on_click(lambda _: self._chosen(key))
        return tile

    def _draw(self, step: StepStanding, opened: str) -> None:
        tile = self.tiles[step.plan.key]
        words, sign = STATES[step.state]
        tile.description = (
            f"{sign} {said(step.plan.title)}\n{said(words)} · {points_of(step.points, step.of)}"
        )
        tile.tooltip = said(step.plan.about)
        before = self._drawn.get(step.plan.key)
        now = (step.state, "open" if opened == step.plan.key else "")
        if before == now:
            return
        for state in STATES:
            (tile.add_class if state == step.state else tile.remove_class)(f"wb-ready-{state}")
        (tile.add_class if now[1] else tile.remove_class)("wb-ready-chosen")
        (tile.add_class if before and before[0] != step.state else tile.remove_class)("wb-ready-turned")
        self._drawn[step.plan.key] = now


def _hero(validation: Validation, stood: Standing) -> Html:
    figures = [
        (stood.proven, N_("proven"), "ok"), (stood.failed, N_("not so"), "error"), (stood.open, N_("without evidence"), "quiet"),
        (stood.left_out, N_("not counted"), "quiet"), (stood.words, N_("by a word"), "warn"),
    ]  # fmt: skip
    shown = Html("").join(
        markup(
            '<li class="wb-ready-figure wb-{tone}"><strong>{count}</strong> {words}</li>',
            tone=tone,
            count=number(count),
            words=said(words),
        )
        for count, words, tone in figures
        if count
    )
    told = said(say(
        "Begun {begun} by {who}, last changed {changed} (UTC).", begun=when(validation.begun_at), who=validation.by,
        changed=when(validation.changed_at),
    ))  # fmt: skip
    points = said(say("{points} of {of} points", points=number(stood.points), of=stood.of))
    return markup(
        '{ring}<div class="wb-ready-words"><h2 class="wb-h2">{shop}</h2><p class="wb-ready-sentence" role="status">{sentence}</p>'
        '<ul class="wb-ready-figures"><li class="wb-ready-figure"><strong>{points}</strong></li>{figures}</ul>'
        '<p class="wb-ready-told">{told}</p></div>',
        ring=ring(stood), shop=validation.shop_name, sentence=said(stood.sentence), points=points, figures=shown, told=told,
    )  # fmt: skip


def ring(stood: Standing) -> Html:
    """Return the score as a ring, with its words for who cannot see it."""
    around = 2 * math.pi * RADIUS
    kind = "full" if stood.ready else "half" if stood.percent >= HALF and not stood.failed else "low"
    return markup(
        '<svg class="wb-ready-ring wb-ready-ring-{kind}" viewBox="0 0 120 120" role="img" aria-label="{name}">'
        '<circle cx="60" cy="60" r="{radius}"/>'
        '<circle class="wb-ready-arc" cx="60" cy="60" r="{radius}" stroke-dasharray="{arc} {around}" transform="rotate(-90 60 60)"{none}/>'
        '<text x="60" y="68" text-anchor="middle">{percent} %</text></svg>',
        kind=kind, name=said(say("{percent} % of what counts is proven", percent=stood.percent)), radius=RADIUS,
        arc=f"{around * stood.percent / 100:.1f}", around=f"{around:.1f}", percent=stood.percent,
        none=Html("" if stood.percent else ' opacity="0"'),
    )  # fmt: skip
