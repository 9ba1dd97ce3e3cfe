"""SYNC PLANNER VIEW: a sync's estimate to look at: what goes in which order and how, both ways beside each other, and the break-even."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.engine.standing import lasting
from workbench.models.sync_estimate import SyncEstimate, SyncStep, Way
from workbench.models.sync_platform import Entity
from workbench.sentence import N_, Sentence, say

from . import look
from .charts import curve
from .language import number
from .look import Html, markup
from .piece import Said, said
from .sync_words import ENTITY_NAMES, WAYS

__all__ = ["break_even", "steps_markup", "totals_markup"]

THINNEST = 1.5
"""Percent of a bar that is drawn at the least: what is there is seen."""
NAMES: Mapping[Entity, str] = ENTITY_NAMES


def totals_markup(found: SyncEstimate) -> Html:
    """Return the whole plan in four figures."""
    files = sum(step.advised.parts for step in found.steps)
    figures: list[tuple[Said, Said]] = [
        (N_("Time, one after the other"), lasting(found.seconds)), (N_("Calls"), number(found.calls)),
        (N_("Files"), number(files)), (N_("Calls a minute"), number(found.calls_per_min)),
    ]  # fmt: skip
    tiles = Html("").join(
        markup("<div><dt>{name}</dt><dd>{figure}</dd></div>", name=said(name), figure=said(figure))
        for name, figure in figures
    )
    return markup('<dl class="wb-counts wb-sync-totals">{tiles}</dl>', tiles=tiles)


def steps_markup(found: SyncEstimate) -> Html:
    """Return the steps in their order, each with both of its ways as bars and words, and why the one is advised."""
    items = Html("").join(_step(at, step) for at, step in enumerate(found.steps, 1))
    return markup(
        '<ol class="wb-sync-steps" aria-label="{label}">{items}</ol>', label=said(N_("Steps, in their order")), items=items
    )  # fmt: skip


def _step(at: int, step: SyncStep) -> Html:
    longest = max(way.seconds for way in (step.single, step.imported) if way is not None)
    ways = Html("").join(
        _way(kind, way, longest, step.advice == kind)
        for kind, way in (("single", step.single), ("import", step.imported))
        if way is not None
    )
    even = Html("")
    if step.break_even is not None:
        words = say("An import is quicker from {rows} rows on.", rows=number(step.break_even))
        even = markup(" <span>{words}</span>", words=said(words))
    return markup(
        '<li class="wb-sync-step"><span class="wb-sync-at" aria-hidden="true">{at}</span>'
        '<div class="wb-sync-what"><strong>{name}</strong><span>{rows}</span></div>'
        '<div class="wb-sync-ways">{ways}</div><p class="wb-sync-why">{why}{even}</p></li>',
        at=at, name=said(NAMES[step.entity]), rows=said(say("{count} rows", count=number(step.rows))), ways=ways,
        why=said(step.why), even=even,
    )  # fmt: skip


def _way(kind: str, way: Way, longest: float, advised: bool) -> Html:
    share = max(100 * way.seconds / longest if longest else 0.0, THINNEST)
    return markup(
        '<div class="wb-sync-way{chosen}"><span class="wb-sync-way-name">{name}{badge}</span>'
        '<span class="wb-sync-track"><span class="wb-sync-fill" style="width: {share}%"></span></span>'
        '<span class="wb-sync-figure">{time}</span><span class="wb-sync-calls">{calls}</span></div>',
        chosen=" wb-sync-advised" if advised else "", name=said(WAYS[kind]),
        badge=look.badge(N_("Advised"), "info") if advised else Html(""), share=f"{share:.1f}", time=said(lasting(way.seconds)),
        calls=said(_calls(way)),
    )  # fmt: skip


def _calls(way: Way) -> Sentence:
    if way.parts:
        return say("{calls} calls · files: {files}", calls=number(way.calls), files=number(way.parts))
    return say("{calls} calls", calls=number(way.calls))


def break_even(found: SyncEstimate) -> Html:
    """Return the picture of both ways over the number of rows; nothing where nothing goes both ways."""
    step = next((one for one in found.steps if one.entity == found.curve_of), None)
    if step is None or not found.curve:
        return Html("")
    name = said(NAMES[step.entity])
    if step.break_even is None:
        told = say("{entity}: an import is never quicker at this limit.", entity=name)
    else:
        told = say(
            "{entity}: from {rows} rows on an import is quicker.", entity=name, rows=number(step.break_even)
        )
    return curve(
        "break-even", N_("Break-even"), told, [(point.rows, point.single_s / 60) for point in found.curve],
        across=N_("Rows"), upward=N_("Minutes"), form=_short, form_across=lambda rows: number(round(rows)), turns_at=step.break_even,
        turn_words=say("from {rows} rows", rows=number(step.break_even or 0)), now=step.rows,
        beside=[(point.rows, point.import_s / 60) for point in found.curve], names=(said(WAYS["single"]), said(WAYS["import"])),
    )  # fmt: skip


def _short(minutes: float) -> str:
    return number(round(minutes, 1) if minutes < 10 else round(minutes))
