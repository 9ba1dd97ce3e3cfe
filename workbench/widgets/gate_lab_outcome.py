"""GATE LAB OUTCOME: how a run ends: in one sentence, in numbers, in pictures, with what to do about it and what it was played with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workbench.models.platform import QUESTIONS
from workbench.models.scenario import Result, Scenario
from workbench.sentence import N_, Sentence, say

from . import look
from .gate_lab_pictures import flow_of, rules_of, timeline_of
from .gate_lab_words import SWITCH_WORDS, duration, switch_defaults
from .language import number
from .look import Html, Kind, banner_markup, markup
from .piece import said

__all__ = ["Outcome", "advice_of", "figures_of", "in_force", "verdict_of"]

FIGURES = (
    ("sent", N_("Messages sent"), "accepted"),
    ("rejected", N_("Rejected"), "rejected"),
    ("timed_out", N_("Timed out"), "timed_out"),
    ("left_flow", N_("Left the flow"), "left_flow"),
    ("leaked", N_("Sent although rejected"), "leak"),
    ("without_code", N_("Sent without a code"), "leak"),
    ("refused", N_("Calls refused as late"), "timed_out"),
)


class Outcome:
    """The part of the page that changes with every move of a slider: each picture keeps its place and gets new markup."""

    def __init__(self) -> None:
        self.verdict, self.figures, self.flow, self.timeline, self.rules, self.played = (
            look.show("") for _ in range(6)
        )
        self.widget = look.stack(
            _card("", self.verdict, self.figures),
            _card(N_("Where each contact ends"), self.flow),
            _card(N_("What happens when"), self.timeline),
            _card(N_("Decided by"), self.rules, self.played),
        )

    def show(self, result: Result) -> None:
        """Show a run."""
        self.verdict.value = verdict_of(result)
        self.figures.value = figures_of(result)
        self.flow.value = flow_of(result)
        self.timeline.value = timeline_of(result)
        self.rules.value = rules_of(result)
        self.played.value = in_force(result.scenario)


def _card(title: str, *children: Any) -> look.Stack:
    card = look.card(title, *children)
    card.add_class("wb-lab-card")
    return card


def verdict_of(result: Result) -> Html:
    """Return how it ends in one sentence, and below it what to do."""
    kind, sentence = _verdict(result)
    below = (_list(N_("What to know"), result.warnings), _list(N_("What to do"), tuple(advice_of(result))))
    return markup("{banner}{below}", banner=banner_markup(kind, sentence), below=Html("").join(below))


def _list(title: str, sentences: Sequence[Sentence]) -> Html:
    if not sentences:
        return Html("")
    items = Html("").join(markup("<li>{text}</li>", text=said(sentence)) for sentence in sentences)
    return markup(
        '<div class="wb-lab-todo"><h3 class="wb-h3">{title}</h3><ul>{items}</ul></div>',
        title=said(title),
        items=items,
    )


def _verdict(result: Result) -> tuple[Kind, Sentence]:
    if not result.scenario.size:
        return "info", say("There are no contacts: the finish is allowed, and nothing is sent.")
    if result.leaked:
        return "error", say("People who should have been rejected get the message.")
    late = result.timed_out + result.left_flow
    if result.finish_min is None:
        return "error", say(
            "The finish is never called: nobody is accepted, and {count} contacts get no answer.",
            count=number(late),
        )
    if late:
        return "warn", say(
            "{count} contacts end without an answer in time; the finish comes after {time}.",
            count=number(late),
            time=said(duration(result.finish_min)),
        )
    return "ok", say(
        "Everybody is answered in time: the finish comes after {time}.",
        time=said(duration(result.finish_min)),
    )


def advice_of(result: Result) -> Iterator[Sentence]:
    """Give what can be done about each figure that should be nothing."""
    scenario = result.scenario
    answering, timing = scenario.answering, scenario.timing
    late = result.timed_out + result.left_flow
    if result.leaked and not answering.leak_guard:
        yield say("Turn the leak guard on: then the finish waits until every reject was taken.")
    if result.without_code and scenario.switches.properties_used == "at_generation":
        yield say("Ask the vendor question A-7: if messages are rendered before, no code can reach them.")
    elif result.without_code > result.leaked and not answering.code_guard:
        yield say("Turn the code guard on: then the finish waits until every code is stored.")
    if late and answering.profile in ("partial", "crash_half", "never"):
        yield say("The system stops before its end. Let it go on where it stopped, and call the finish then.")
    elif late and result.finish_min is None:
        yield say("A guard keeps the finish back because calls failed. Repeat the failed calls, then finish.")
    elif late and timing.flow == "campaign_manager" and result.left_flow:
        yield say("Leave more time between the steps, or answer sooner.")
    elif late:
        yield say("Answer sooner: begin earlier, make more calls at once, or send to fewer people at a time.")


def figures_of(result: Result) -> Html:
    """Return the numbers, each with its colour where there is something to see."""
    cells = []
    for name, words, tone in FIGURES:
        count = int(getattr(result, name))
        cells.append(
            markup(
                '<div class="{state}"><dt><span class="wb-swatch wb-lab-swatch wb-c-{tone}" aria-hidden="true"></span>'
                "{words}</dt><dd>{count}</dd></div>",
                state="wb-count-none" if not count else "wb-lab-bad" if tone == "leak" else "",
                tone=tone,
                words=said(words),
                count=number(count),
            )
        )
    return markup('<dl class="wb-counts wb-lab-figures">{cells}</dl>', cells=Html("").join(cells))


def in_force(scenario: Scenario) -> Html:
    """Return the answers to the open questions that a run was played with; what is no default stands out."""
    kept, defaults = scenario.switches.model_dump(), switch_defaults()
    items = []
    for question in QUESTIONS:
        value = str(kept[question.switch])
        changed = value != defaults[question.switch]
        items.append(
            markup(
                '<li class="{state}" title="{question}"><b>{number}</b> {answer}</li>',
                state="wb-lab-changed" if changed else "",
                question=said(question.sentence),
                number=question.number,
                answer=said(SWITCH_WORDS[question.switch][value]),
            )
        )
    return markup(
        '<p class="wb-caption">{title}</p><ul class="wb-lab-switches">{items}</ul>',
        title=said(say("Played with these answers to the open questions, seed {seed}:", seed=scenario.seed)),
        items=Html("").join(items),
    )
