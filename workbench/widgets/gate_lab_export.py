"""GATE LAB EXPORT: contacts of a run as CSV, and the open questions as a text to send to the vendor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from workbench.engine.spreadsheet import csv_text
from workbench.models.platform import QUESTIONS
from workbench.models.scenario import Doubt, Scenario, Traced
from workbench.sentence import N_, say

from .gate_lab_words import SWITCH_WORDS
from .language import number
from .piece import said

__all__ = ["contacts_csv", "questions_text"]

WIDTH = 88
INDENT = " " * 6
HEAD = (
    "contact", "segment", "decision", "answered_minute", "path", "sent", "reason", "rule",
)  # fmt: skip


def contacts_csv(scenario: Scenario, contacts: Iterable[Traced]) -> str:
    """Return the contacts with their path, reason and rule; each row ends with the answers to the open questions it was played with."""
    switches = scenario.switches.model_dump()
    numbers = [question.number for question in QUESTIONS]
    answers = [str(switches[question.switch]) for question in QUESTIONS]
    return csv_text((*HEAD, *numbers), (_row(one, answers) for one in contacts), spreadsheet=True)


def _row(one: Traced, answers: Sequence[str]) -> list[object]:
    answered = "" if one.answered_min is None else round(one.answered_min, 4)
    sent = "yes" if one.sent else "no"
    return [
        one.number,
        one.segment,
        one.verdict,
        answered,
        one.path,
        sent,
        one.words,
        one.decided_by,
        *answers,
    ]


def questions_text(scenario: Scenario, doubts: Sequence[Doubt]) -> str:
    """Return the questions to ask the vendor: first those that change this run, each with what hangs on the answer."""
    kept = scenario.switches.model_dump()
    urgent = [doubt for doubt in doubts if doubt.matters]
    others = [doubt for doubt in doubts if not doubt.matters]
    lines = [said(N_("Questions about Send Gate Plus")), ""]
    lines.append(
        said(say("They come from a rehearsal of a sendout to {size} contacts.", size=number(scenario.size)))
    )
    for title, group in (
        (N_("The answers to these change the outcome:"), urgent),
        (N_("These change nothing in this case, and are good to know:"), others),
    ):
        if group:
            lines += ["", said(title), ""]
        for doubt in group:
            assumed = str(kept[doubt.switch])
            words = said(SWITCH_WORDS[doubt.switch][assumed])
            lines += wrap(
                said(doubt.question), WIDTH, initial_indent=f"{doubt.number:<6}", subsequent_indent=INDENT
            )
            for line in (said(say("We assumed: {answer}.", answer=words)), *_hangs(doubt, assumed)):
                lines += wrap(line, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    return "\n".join(lines) + "\n"


def _hangs(doubt: Doubt, assumed: str) -> Iterable[str]:
    """Give what another answer would make of the run, where it makes anything else of it."""
    for answer, sent, moved in doubt.answers:
        if answer != assumed and doubt.matters:
            words = said(SWITCH_WORDS[doubt.switch][answer])
            yield said(
                say(
                    "Otherwise ({answer}): {sent} messages sent, {moved} contacts end elsewhere.",
                    answer=words,
                    sent=number(sent),
                    moved=number(moved),
                )
            )
