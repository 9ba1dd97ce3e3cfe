"""DOUBTS: which of the vendor's open questions this scenario hangs on, and which contacts change their path between two scenarios."""

from __future__ import annotations

from typing import get_args

import numpy as np

from workbench.models.platform import PATHS, QUESTIONS, Question, Switches
from workbench.models.scenario import Doubt, Moved, Scenario

from .crowd import Crowd
from .simulation import Played, play


def doubts(scenario: Scenario, crowd: Crowd | None = None) -> list[Doubt]:
    """Return for each open question what each of its answers makes of the scenario; the first answer is the default."""
    base = play(scenario, crowd)
    return [_doubt(base, question) for question in QUESTIONS]


def _doubt(base: Played, question: Question) -> Doubt:
    answers: tuple[str, ...] = get_args(Switches.model_fields[question.switch].annotation)
    plays = [_answered(base, question.switch, answer) for answer in answers]
    default = plays[0].paths()
    return Doubt(
        number=question.number,
        switch=question.switch,
        question=question.sentence,
        answers=tuple(
            (answer, one.figures.sent, int(np.count_nonzero(one.paths() != default)))
            for answer, one in zip(answers, plays, strict=True)
        ),
        matters=any(one.figures != plays[0].figures or (one.paths() != default).any() for one in plays[1:]),
    )


def _answered(base: Played, switch: str, answer: str) -> Played:
    scenario = base.scenario
    if getattr(scenario.switches, switch) == answer:
        return base
    switches = scenario.switches.model_copy(update={switch: answer})
    return play(scenario.model_copy(update={"switches": switches}), base.crowd)


def moved(one: Played, two: Played) -> list[Moved]:
    """Return how many contacts end on which path before and after, of those that both have, and that change it; the most first."""
    size = min(one.scenario.size, two.scenario.size)
    pairs = one.paths()[:size].astype(np.intp) * len(PATHS) + two.paths()[:size]
    counts = np.bincount(pairs, minlength=len(PATHS) ** 2)
    found = [
        Moved(before=PATHS[pair // len(PATHS)], after=PATHS[pair % len(PATHS)], count=int(counts[pair]))
        for pair in np.flatnonzero(counts).tolist()
        if pair // len(PATHS) != pair % len(PATHS)
    ]
    return sorted(found, key=lambda each: -each.count)
