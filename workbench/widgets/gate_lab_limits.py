"""GATE LAB LIMITS: how far each setting can go with everything still answered in time, and the curves to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ipywidgets

from workbench.engine.scenario_settings import SETTINGS
from workbench.models.scenario import BreakEven, Curve, Result, Scenario
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .charts import curve
from .gate_lab_words import duration, length, percent
from .language import number
from .look import Html, markup
from .piece import Said, said

__all__ = ["Limits", "limits_markup", "setting_of"]

FACTS = (
    ("largest_call_ms", N_("Slowest call that is in time"), length),
    ("largest_size", N_("Largest sendout that is in time"), number),
    ("latest_start_min", N_("Latest safe start"), duration),
    ("latest_finish_min", N_("Latest safe finish"), duration),
    ("smallest_gap_min", N_("Smallest safe gap to the next step"), duration),
)


class Limits:
    """The numbers and the curves; they are made when they are looked at."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.facts, self.curves = look.show(""), look.show("")
        text = N_(
            "Each setting alone is moved, the others stay as they are, until somebody is no longer answered in time."
        )
        self.widget: ipywidgets.Widget = look.stack(look.show(text, "wb-hint"), self.facts, self.curves)

    async def look_at(self, result: Result) -> None:
        """Show how far the settings of a run can go."""
        found = await self.around.bench.lab.break_even(result.scenario)
        self.facts.value = limits_markup(found)
        self.curves.value = Html("").join(
            _curve(f"curve-{at}", one, result.scenario) for at, one in enumerate(found.curves)
        )


def limits_markup(found: BreakEven) -> Html:
    """Return the numbers; a dash where nothing, or anything, will do."""
    cells = []
    for name, words, form in FACTS:
        value = getattr(found, name)
        shown = "–" if value is None else said(form(value))
        cells.append(markup("<div><dt>{words}</dt><dd>{value}</dd></div>", words=said(words), value=shown))
    return markup('<dl class="wb-counts wb-lab-limits">{cells}</dl>', cells=Html("").join(cells))


def _curve(key: str, one: Curve, scenario: Scenario) -> Html:
    if not one.points:
        return Html("")
    form = _form(one.unit)
    setting, figure = said(SETTINGS[one.setting].title), said(one.figure)
    title = say("{figure} by “{setting}”", figure=figure, setting=setting)
    return markup(
        '<h3 class="wb-h3 wb-lab-curve">{title}</h3>{picture}',
        title=said(title),
        picture=curve(
            key,
            title,
            _words(one, figure, setting, form),
            one.points,
            across=setting,
            upward=figure,
            form=number,
            form_across=lambda value: said(form(value)),
            turns_at=one.turns_at,
            turn_words=_turn(one, form),
            now=setting_of(scenario, one.setting),
            height=200,
        ),
    )


def _words(one: Curve, figure: str, setting: str, form: Callable[[float], Said]) -> Sentence:
    if one.turns_at is None:
        return say("{figure} does not turn where “{setting}” moves.", figure=figure, setting=setting)
    return say(
        "{figure} turns where “{setting}” passes {value}.",
        figure=figure,
        setting=setting,
        value=said(form(one.turns_at)),
    )


def _form(unit: str) -> Callable[[float], Said]:
    forms: Mapping[str, Callable[[float], Said]] = {"ms": length, "min": duration, "share": percent}
    return forms.get(unit, number)


def _turn(one: Curve, form: Callable[[float], Said]) -> Said:
    """Return the words at the turn: how far it goes well, or from where on it does."""
    if one.turns_at is None:
        return ""
    value = said(form(one.turns_at))
    before = [figure for place, figure in one.points if place < one.turns_at]
    after = [figure for place, figure in one.points if place > one.turns_at]
    rises = bool(before and after) and before[-1] < after[-1] and one.unit == "min"
    return say("in time from {value} on", value=value) if rises else say("in time up to {value}", value=value)


def setting_of(scenario: Scenario, name: str) -> float | None:
    """Return where a setting of a scenario stands; None where it is no single number."""
    part = SETTINGS[name].part
    if part == "next_steps":
        steps = scenario.timing.next_steps_min
        return min(steps) if steps else None
    if part == "segments":
        return None
    kept = getattr(scenario if part == "scenario" else getattr(scenario, part), name)
    return float(kept)
