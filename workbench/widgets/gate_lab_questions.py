"""GATE LAB QUESTIONS: which open questions of the vendor's sheet change this run, and the list to send to the vendor."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.models.scenario import Doubt, Result, Scenario
from workbench.sentence import N_, say

from . import look
from .around import Around
from .download import Download
from .fold import Fold, Place
from .gate_lab_export import questions_text
from .gate_lab_words import SWITCH_WORDS
from .language import number
from .look import Html, markup
from .messages import Messages
from .piece import CopyButton, said
from .tables import table_markup

__all__ = ["Questions", "doubts_markup"]


class Questions:
    """The table of A-1 to A-11, and the text; each is played with every answer when it is looked at."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.messages = Messages()
        self.text = ""
        self.summary, self.table, self.shown = look.show(""), look.show(""), Place()
        self.copy = CopyButton("", N_("Copy the questions to ask the vendor"))
        self.save = Download(
            N_("Download them"), "questions.txt", self._give, self.messages.guard, type="text/plain"
        )
        self.widget = look.stack(
            self.summary,
            self.table,
            self.messages.widget,
            look.buttons(self.copy, self.save, align="start"),
            Fold(N_("Read them here"), self.shown.widget).widget,
        )

    async def look_at(self, result: Result) -> None:
        """Show what hangs on each question in a run."""
        doubts = await self.around.bench.lab.doubts(result.scenario)
        mattering = [doubt.number for doubt in doubts if doubt.matters]
        self.summary.value = look.banner_markup(
            "warn" if mattering else "ok",
            say("The answers to these change how this run ends: {numbers}.", numbers=", ".join(mattering))
            if mattering
            else say("No open question changes how this run ends."),
        )
        self.table.value = doubts_markup(doubts, result.scenario, result.sent)
        self.text = self.copy.text = questions_text(result.scenario, doubts)
        self.shown.put(look.code_block(self.text, said(N_("Questions to ask the vendor"))))

    async def _give(self) -> str:
        return self.text


def doubts_markup(doubts: Sequence[Doubt], scenario: Scenario, sent: int) -> Html:
    """Return each question with the answer in force and what every other answer would change."""
    kept = scenario.switches.model_dump()
    rows = [_row(doubt, str(kept[doubt.switch]), sent) for doubt in doubts]
    columns = (N_("Number"), N_("Question"), N_("In force"), N_("With another answer"), N_("Here"))
    return table_markup(columns, rows, caption=N_("Open questions"))


def _row(doubt: Doubt, assumed: str, sent: int) -> list[object]:
    words = SWITCH_WORDS[doubt.switch]
    others = Html("").join(
        markup("<li>{text}</li>", text=_other(said(words[answer]), there - sent, moved, doubt.matters))
        for answer, there, moved in doubt.answers
        if answer != assumed
    )
    return [
        markup("<b>{number}</b>", number=doubt.number),
        said(doubt.question),
        said(words[assumed]),
        markup('<ul class="wb-lab-others">{others}</ul>', others=others),
        look.badge(N_("matters here"), "warn") if doubt.matters else look.badge(N_("no effect"), "quiet"),
    ]


def _other(answer: str, more: int, moved: int, matters: bool) -> str:
    if not more and not moved and matters:
        return said(say("{answer}: nobody ends elsewhere, but what the messages hold changes", answer=answer))
    if not more and not moved:
        return said(say("{answer}: no change", answer=answer))
    sign = "+" if more >= 0 else "−"
    return said(
        say(
            "{answer}: {change} messages, {moved} contacts end elsewhere",
            answer=answer,
            change=f"{sign}{number(abs(more))}",
            moved=number(moved),
        )
    )
