"""GATE LAB PICTURES: a result as a flow, as a timeline, and by the rule that decided."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from workbench.engine.hold import hour_ends
from workbench.models.platform import Path, Timing
from workbench.models.scenario import Flow, Result
from workbench.sentence import N_, say

from .charts import Bar, FlowColumn, Mark, Ribbon, Span, bars, flow_picture, timeline
from .gate_lab_words import PATH_WORDS, SENT, VERDICTS, duration
from .language import number
from .look import Html, markup
from .piece import said

__all__ = ["flow_of", "rules_of", "timeline_of"]

RULE_NAMES = {
    "D": N_("documented"),
    "A": N_("an open question: its switch decided"),
    "P": N_("proposed default"),
}


def flow_of(result: Result, key: str = "flow", small: bool = False) -> Html:
    """Return where the contacts of a run go; the small one, for two side by side, leaves the segments out."""
    if not result.flows:
        return markup('<p class="wb-empty">{text}</p>', text=said(N_("No contacts: nothing is held.")))
    columns = [
        FlowColumn(N_("Segment"), {flow.segment: say("{name}", name=flow.segment) for flow in result.flows}),
        FlowColumn(N_("Decision"), VERDICTS),
        FlowColumn(N_("Path"), {str(path): words for path, words in PATH_WORDS.items()}),
        FlowColumn(N_("Message"), {str(sent): words for sent, words in SENT.items()}),
    ]
    ribbons = [
        Ribbon((flow.segment, flow.verdict, flow.path, str(flow.sent)), flow.count, _tone(flow))
        for flow in result.flows
    ]
    if small:
        columns = columns[1:]
        ribbons = [Ribbon(one.way[1:], one.count, one.tone) for one in ribbons]
    return flow_picture(
        key,
        N_("Where each contact ends"),
        _summary(result),
        columns,
        ribbons,
        form=number,
        tall=150 if small else 230,
        width=344 if small else 720,
        last=96 if small else 124,
    )


def _summary(result: Result) -> str:
    return said(
        say(
            "Of {size} contacts {sent} get the message. Accepted path {accepted}, rejected path {rejected}, "
            "timed-out path {timed_out}, left the flow {left_flow}.",
            size=number(result.scenario.size),
            sent=number(result.sent),
            accepted=number(result.accepted),
            rejected=number(result.rejected),
            timed_out=number(result.timed_out),
            left_flow=number(result.left_flow),
        )
    )


def _tone(flow: Flow) -> str:
    return "leak" if flow.sent and flow.verdict == "reject" else flow.path


def timeline_of(result: Result) -> Html:
    """Return what happens when, from the hook to the limit and the next step."""
    scenario = result.scenario
    timing, answering = scenario.timing, scenario.answering
    ends = hour_ends(timing, scenario.switches)
    marks = [Mark(minute, words, _kind(minute, result)) for minute, words in result.timeline]
    spans = [Span(0.0, ends, N_("The platform waits"), "limit")] if isfinite(ends) and ends > 0 else []
    if result.last_answer_min is not None:
        begins = min(
            answering.start_min + result.scenario.size * answering.work_ms / 60_000, result.last_answer_min
        )
        spans.append(Span(begins, result.last_answer_min, N_("Calls are made"), "start"))
    return timeline(
        "timeline",
        N_("What happens when"),
        _story(result),
        marks,
        spans,
        form=lambda minute: said(duration(minute)),
    )


def _story(result: Result) -> str:
    if result.finish_min is None:
        return said(N_("The finish is never called."))
    return said(say("The finish is called after {time}.", time=said(duration(result.finish_min))))


def _kind(minute: float, result: Result) -> str:
    """Return the tone of a moment by what it is."""
    timing: Timing = result.scenario.timing
    ends = hour_ends(timing, result.scenario.switches)
    if minute == result.finish_min:
        return "done" if minute <= ends else "bad"
    if minute in timing.next_steps_min and timing.flow == "campaign_manager":
        return "next"
    return "limit" if minute == ends else "plain"


def rules_of(result: Result) -> Html:
    """Return how many contacts each rule of the sheet decided."""
    rows: Sequence[Bar] = [
        Bar(
            say("{rule} ({kind})", rule=rule, kind=said(RULE_NAMES.get(rule[:1], ""))),
            count,
            _rule_tone(rule),
        )
        for rule, count in sorted(result.decided_by, key=lambda one: -one[1])
    ]
    text = N_("How many contacts each rule of the vendor's sheet decided.")
    return bars("rules", N_("Decided by"), text, rows, form=number)


def _rule_tone(rule: str) -> Path | str:
    return "timed_out" if rule.startswith("A") else "plain"
