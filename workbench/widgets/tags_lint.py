"""TAGS LINT: a page that is pasted, read as the platform's script reads it: what is lost, line by line, and what would be sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import ipywidgets

from workbench.models.tags import Finding, LintReport, Simulated, TagSeen
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import ChoiceField, TextField
from .fold import Fold, Place
from .headline import Headline
from .look import Html
from .messages import Messages
from .page import Frame
from .piece import said
from .tables import table
from .tags_words import EFFECTS, LEVELS
from .upload import TextFile

__all__ = ["TagLinter", "findings_table"]

EXAMPLE: Final = """<!doctype html>
<title>Bread knife</title>
<div class="cn_product_visited" style="display:none">
  <span class="product_id">P-1</span>
  <span class="name">Bread knife</span>
  <span class="url">https://shop.example.com/p/1</span>
  <span class="unit_price">€60.25</span>
</div>
<div class="cn_cart" style="display:none">
  <span class="cart_id">CART-7</span>
  <span class="total_quantity">1</span>
  <span class="total_price">60,25</span>
</div>
<div class="cn_client_info" style="display:none">
  <span class="primary_key hidden">ana.lima@example.com</span>
</div>
"""
MOST_TAGS: Final = 100


class TagLinter:
    """The part of the page. What is pasted stays on the page and in this kernel; it is kept nowhere."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.report: LintReport | None = None
        self.messages, self.result = Messages(), Place()
        self.html = TextField(
            N_("The page's source"), multiline=True, rows=12, monospace=True, placeholder="<!doctype html>…",
            hint=N_("As the browser gets it. For tags that a script adds, copy the elements from the browser's tools."),
        )  # fmt: skip
        self.file = TextFile(N_("Choose a file"), self.take, ".html,.htm,.txt")
        self.before = TextField(
            N_("The page that the visitor saw before"), multiline=True, rows=5, monospace=True,
            hint=N_("With it, what has not changed is left out, as the platform's script does."),
        )  # fmt: skip
        self.url = TextField(
            N_("Address of the page"), placeholder="https://shop.example.com/p/1", input_type="url"
        )
        self.loads = ChoiceField(
            N_("When"), [("load", said(N_("the page is opened"))), ("again", said(N_("its tags were changed by a script")))],
            value="load", style="segmented",
        )  # fmt: skip
        check, example = look.button(N_("Check the page"), "primary"), look.button(N_("An example"), "quiet")
        frame.click(check, self.check, self.messages)
        frame.click(example, self.show_example, self.messages)
        more = Fold(N_("What happened before"), self.before, look.columns(self.loads, self.url))
        asked = look.card(
            N_("Paste a page"), self.html, more.widget,
            look.buttons(check, self.file, example, align="start"), self.messages.widget,
        )  # fmt: skip
        asked.add_class("wb-tags-wide")
        self.widget: ipywidgets.Widget = look.stack(asked, self.result.widget)

    def __repr__(self) -> str:
        return "<TagLinter>"

    async def refresh(self) -> None:
        """Nothing is kept, so nothing is to be read anew."""

    async def go(self, place: str) -> None:
        """Stay: this part has one place."""

    async def show_example(self) -> None:
        """Check a page with three faults, so that one sees what is found."""
        self.html.value = EXAMPLE
        await self.check()

    async def take(self, text: str) -> None:
        """Check a page from a file."""
        self.html.value = text
        await self.messages.guard(self.check())

    async def check(self) -> None:
        """Say what the platform's script would make of the page."""
        self.html.error = ""
        if not self.html.value.strip():
            self.html.error = N_("Paste a page here, or choose a file.")
            self.html.focus()
            return
        bench = self.frame.bench
        report = self.report = await bench.tags.lint(self.html.value)
        sent = await bench.tags.simulate(
            self.html.value, self.before.value or None, self.url.value.strip(), self.loads.value == "load"
        )
        self.result.put(_found(report), _tags(report.tags), _sent(sent))


def findings_table(findings: Sequence[Finding]) -> ipywidgets.Widget:
    """Return the findings as a table, in the order of the page."""
    rows = [
        (
            one.line,
            look.badge(*LEVELS[one.level]),
            look.markup(
                "<code>{tag}</code>{field}<small>{effect}</small>", tag=one.tag or "–",
                field=look.markup(" <code>{field}</code>", field=one.field) if one.field else Html(""), effect=said(EFFECTS[one.effect]),
            ),
            look.markup(
                '<span class="wb-tags-said">{said}</span><span class="wb-tags-fix">{fix}</span>', said=said(one.sentence), fix=said(one.fix)
            ),
        )
        for one in findings
    ]  # fmt: skip
    columns = (N_("Line"), N_("How bad"), N_("Where"), N_("What happens, and what to do"))
    return table(columns, rows, caption=N_("What the platform's script would do"), numeric=(0,))


def _found(report: LintReport) -> ipywidgets.Widget:
    errors = sum(one.level == "error" for one in report.findings)
    arrived = sum(tag.kept for tag in report.tags)
    told: Sentence
    if errors:
        told = say("Lost on the way: {errors}. Tags that arrive: {kept} of {all}.",
                   errors=errors, kept=arrived, all=len(report.tags))  # fmt: skip
    elif report.findings:
        told = say("Nothing is lost. To be looked at: {count}.", count=len(report.findings))
    else:
        told = say("Everything arrives as it is written.")
    kind: look.Kind = (
        "error" if errors else "warn" if any(one.level == "warning" for one in report.findings) else "ok"
    )
    parts = [findings_table(report.findings)] if report.findings else []
    return look.card("", Headline(N_("What was found")), look.banner(kind, told), *parts)


def _tags(tags: Sequence[TagSeen]) -> ipywidgets.Widget:
    rows = [
        (
            tag.line,
            look.markup("<code>{tag}</code>", tag=tag.tag),
            look.badge(N_("arrives"), "ok") if tag.kept else look.badge(N_("lost"), "error"),
            look.markup('<span class="wb-value">{text}</span>', text=_short(tag.value)) if tag.kept else None,
        )
        for tag in tags[:MOST_TAGS]
    ]
    columns = (N_("Line"), N_("Tag"), N_("Arrives"), N_("As"))
    shown = table(columns, rows, caption=N_("The tags of the page"), empty=N_("There is none."), numeric=(0,))
    more = (
        say("The first {shown} of {all} tags.", shown=MOST_TAGS, all=len(tags))
        if len(tags) > MOST_TAGS
        else ""
    )
    return look.card(N_("Tags"), shown, *([look.show(more, "wb-hint")] if more else []))


def _sent(sent: Simulated) -> ipywidgets.Widget:
    parts: list[Any] = [look.banner("info" if sent.body is not None else "warn", sent.sentence)]
    if sent.body is not None:
        parts.append(look.code_block(json.dumps(sent.body, ensure_ascii=False, indent=2), "JSON"))
    note = N_("Beside it goes what the browser alone knows: its size, its language, a push subscription.")
    return look.card(N_("What would be sent"), *parts, subtitle=note)


def _short(value: object) -> str:
    if value is True:
        return said(N_("yes"))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:299] + "…"
