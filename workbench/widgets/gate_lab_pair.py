"""GATE LAB PAIR: two runs side by side: what was set otherwise, what came of it, and whose path changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workbench.models.platform import QUESTIONS
from workbench.models.scenario import Moved, Result, Scenario, Segment
from workbench.sentence import N_, say

from . import look
from .around import Around
from .fold import Place
from .gate_lab_outcome import in_force
from .gate_lab_pictures import flow_of
from .gate_lab_words import (
    FLOWS,
    PATH_WORDS,
    PROFILES,
    SETTING_WORDS,
    SWITCH_WORDS,
    duration,
    length,
    percent,
)
from .language import number
from .look import markup
from .piece import said
from .tables import table, table_markup

__all__ = ["Pair", "differences"]

FIGURES = (
    ("sent", N_("Messages sent")),
    ("accepted", N_("Accepted")),
    ("rejected", N_("Rejected")),
    ("timed_out", N_("Timed out")),
    ("left_flow", N_("Left the flow")),
    ("leaked", N_("Sent although rejected")),
    ("without_code", N_("Sent without a code")),
    ("refused", N_("Calls refused as late")),
)


class Pair:
    """The run that is kept, and the one on the page now."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.kept: Result | None = None
        self._place = Place()
        self.widget = look.stack(self._place.widget)
        self._invite()

    def keep(self, result: Result) -> None:
        """Hold this run, to be compared with what comes."""
        self.kept = result
        self._place.put(
            look.banner("info", N_("This run is kept. Now change something: both stand here side by side."))
        )

    def forget(self) -> None:
        """Let the kept run go."""
        self.kept = None
        self._invite()

    async def look_at(self, result: Result) -> None:
        """Show the kept run beside this one."""
        kept = self.kept
        if kept is None:
            return
        moved = await self.around.bench.lab.compare(kept.scenario, result.scenario)
        if kept is self.kept:
            self._place.put(*_parts(kept, result, moved))

    def _invite(self) -> None:
        text = N_("Choose “Keep this run”, then change a setting: both runs stand here side by side.")
        self._place.put(look.show(markup('<p class="wb-empty">{text}</p>', text=said(text))))


def _parts(kept: Result, now: Result, moved: Sequence[Moved]) -> Iterator[Any]:
    first, second = _name(kept.scenario, N_("Kept run")), _name(now.scenario, N_("This run"))
    yield look.show(
        table_markup(
            (N_("Setting"), first, second),
            differences(kept.scenario, now.scenario),
            caption=N_("What is set otherwise"),
            empty=N_("Both runs have the same settings."),
        )
    )
    yield look.show(
        table_markup(
            ("", first, second, N_("Change")),
            [*(_figure(name, words, kept, now) for name, words in FIGURES), _finish(kept, now)],
            caption=N_("What came of it"),
            numeric=(1, 2, 3),
        )
    )
    yield table(
        (N_("From"), N_("To"), N_("Contacts")),
        [(said(PATH_WORDS[one.before]), said(PATH_WORDS[one.after]), number(one.count)) for one in moved if one.before != one.after],
        caption=N_("Contacts that changed path"),
        empty=N_("No contact changed path."),
        numeric=(2,),
    )  # fmt: skip
    yield look.columns(_picture(first, kept, "kept"), _picture(second, now, "now"), weights=(1, 1))


def _picture(name: str, run: Result, key: str) -> Any:
    head = markup('<h3 class="wb-h3">{name}</h3>', name=name)
    return look.stack(
        look.show(head), look.show(flow_of(run, key, small=True)), look.show(in_force(run.scenario))
    )


def _name(scenario: Scenario, otherwise: str) -> str:
    return scenario.title.strip() or said(otherwise)


def _figure(name: str, words: str, kept: Result, now: Result) -> tuple[object, ...]:
    before, after = int(getattr(kept, name)), int(getattr(now, name))
    change = after - before
    sign = "+" if change > 0 else "−" if change < 0 else "±"
    return said(words), number(before), number(after), f"{sign}{number(abs(change))}"


def _finish(kept: Result, now: Result) -> tuple[object, ...]:
    shown = [None if run.finish_min is None else said(duration(run.finish_min)) for run in (kept, now)]
    return said(N_("The finish is called after")), *shown, ""


def differences(one: Scenario, two: Scenario) -> list[tuple[object, ...]]:
    """Return the settings that differ, by what they are called, each with both values."""
    names = [path for path in _paths() if _kept(one, path) != _kept(two, path)]
    return [(_called(path), _shown(_kept(one, path), path), _shown(_kept(two, path), path)) for path in names]


def _paths() -> Iterator[str]:
    yield from (path for path in SETTING_WORDS if path != "title")
    yield from (f"switches.{question.switch}" for question in QUESTIONS)


def _kept(scenario: Scenario, path: str) -> Any:
    kept: Any = scenario
    for name in path.split("."):
        kept = getattr(kept, name)
    return kept


def _called(path: str) -> object:
    numbers = {f"switches.{question.switch}": question.number for question in QUESTIONS}
    return numbers[path] if path in numbers else said(SETTING_WORDS[path])


def _shown(value: Any, path: str) -> str:
    """Return a setting's value as its field shows it."""
    name = path.rpartition(".")[2]
    match value:
        case bool():
            return said(N_("on") if value else N_("off"))
        case str():
            profiles: dict[str, str] = {profile: label for profile, label, _ in PROFILES}
            words: dict[str, str] = {**FLOWS, **profiles, **SWITCH_WORDS.get(name, {})}
            return said(words[value])
        case tuple() if path == "segments":
            return ", ".join(_segment(one) for one in value)
        case tuple():
            return ", ".join(map(number, value)) or "–"
        case _ if name.startswith("failing"):
            return percent(value)
        case _ if name == "call_ms":
            return said(length(value))
        case _ if name == "start_min":
            return said(duration(value))
        case _:
            return number(value)


def _segment(one: Segment) -> str:
    return said(
        say(
            "{name} {share} (consent {consent})",
            name=one.name,
            share=percent(one.share),
            consent=percent(one.consent),
        )
    )
