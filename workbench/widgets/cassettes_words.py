"""CASSETTES, THEIR WORDS: what checks, verdicts and differences are called, as rows of lists and tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

import ipywidgets

from workbench.engine.kept_answer import shown
from workbench.models.assertion import Assertion, Operator, Subject, VerdictState
from workbench.models.base import JsonValue
from workbench.models.cassette import CassetteListed, Change, ChangeKind, Report, ReportSource
from workbench.sentence import N_, Sentence, say

from . import look
from .journal import MODES
from .language import hour, when
from .listing import provider_name
from .look import Html, Kind
from .piece import said
from .tables import table

COLUMNS: Final[list[Mapping[str, str]]] = [
    {"key": "name", "label": N_("Name"), "kind": "strong"},
    {"key": "integration", "label": N_("Integration")},
    {"key": "status", "label": N_("Status"), "kind": "number"},
    {"key": "kept", "label": N_("Kept answer")},
    {"key": "played", "label": N_("Last play")},
    {"key": "at", "label": N_("Recorded (UTC)"), "kind": "muted"},
]
SUBJECTS: Final[Mapping[Subject, str]] = {
    "json": N_("JSON of the answer"), "status": N_("Status"), "header": N_("Header"), "text": N_("Text of the body"), "time": N_("Time"),
}  # fmt: skip
OPERATORS: Final[Mapping[str, str]] = {
    "equals": N_("is"), "exists": N_("is there"), "absent": N_("is not there"), "matches": N_("matches"),
    "type": N_("is of type"), "length": N_("has the length"), "one_of": N_("is one of"),
    "contains": N_("contains"), "below": N_("is below"),
}  # fmt: skip
"""What the operators are called; ``absent`` is ``exists`` turned round."""
STATES: Final[Mapping[VerdictState, tuple[str, Kind]]] = {
    "passed": (N_("holds"), "ok"), "failed": (N_("does not hold"), "error"), "broken": (N_("cannot be checked"), "warn"),
}  # fmt: skip
CHANGES: Final[Mapping[ChangeKind, tuple[str, Kind]]] = {
    "added": (N_("new"), "warn"), "removed": (N_("gone"), "warn"),
    "changed": (N_("changed"), "warn"), "type": (N_("another type"), "error"),
}  # fmt: skip
WHY_VOLATILE: Final[Mapping[str, str]] = {
    "learned": N_("means nothing: changes each time (learned)"),
    "looks": N_("means nothing: looks like an id, a time or a token"),
    "": N_("means something"),
}
SOURCES: Final[Mapping[ReportSource, str]] = {
    "kept": N_("Checks of the kept answer: nothing was sent"),
    "played": N_("Checks of the answer to the request, sent again"),
}


def cassette_row(one: CassetteListed) -> dict[str, Any]:
    """Return a cassette as a row of the list, with the columns of ``COLUMNS``."""
    kept = say("{passed} of {total} hold", passed=one.passed, total=one.checks)
    played = None
    if one.last_holds is not None:
        played = {
            "text": said(N_("holds") if one.last_holds else N_("does not hold")),
            "kind": "ok" if one.last_holds else "error",
        }
    return {
        "id": one.id, "name": one.name, "integration": one.integration_name or provider_name(one.provider), "status": one.status,
        "kept": {"text": said(kept), "kind": "ok" if one.holds else "error"}, "played": played, "at": hour(one.recorded_at),
    }  # fmt: skip


def verdict_banner(report: Report) -> ipywidgets.HTML:
    """Return in one line how a report ended."""
    total, passed = len(report.verdicts), report.count("passed")
    if report.status is None:
        return look.banner("error", say("There was no answer."))
    if report.passed:
        return look.banner(
            "ok",
            say("All {total} checks hold.", total=total) if total else say("There is nothing to check yet."),
        )
    return look.banner("error", say("{passed} of {total} checks hold.", passed=passed, total=total))


def report_facts(report: Report) -> Html:
    """Return when, where and how fast the answer came."""
    facts: list[Sentence] = [
        say("{at} UTC", at=when(report.at)), Sentence(MODES[report.mode]),
        *([say("HTTP status {status}", status=report.status)] if report.status is not None else []),
        say("{time} ms", time=round(report.elapsed_ms)),
    ]  # fmt: skip
    return Html(" · ").join(said(one) for one in facts)


def verdict_table(report: Report) -> ipywidgets.HTML:
    """Return the checks of a report with what came of each; those that do not hold stand first."""
    ordered = sorted(report.verdicts, key=lambda one: one.passed)
    rows = [
        (
            look.badge(*STATES[one.state]), said(one.title), "" if one.passed else said(one.sentence),
            look.markup('<span class="wb-value">{text}</span>', text=one.found) if one.found else None,
        )
        for one in ordered
    ]  # fmt: skip
    return table(
        (N_("Verdict"), N_("Check"), N_("Why"), N_("Found")),
        rows,
        N_("Checks"),
        N_("No checks yet: add one, or take the proposals."),
    )


def change_table(changes: Sequence[Change], caption: str, before: str, after: str) -> ipywidgets.HTML:
    """Return the differences of two answers: first those that mean something, then the volatile ones, in grey and with the reason."""
    ordered = sorted(changes, key=lambda one: bool(one.volatile))
    rows = [_change(one) for one in ordered]
    columns = (N_("Place"), N_("Difference"), before, after, N_("Meaning"))
    return table(columns, rows, caption, N_("No difference."))


def _change(change: Change) -> list[Html | None]:
    word, kind = CHANGES[change.kind]
    shade = "wb-volatile" if change.volatile else ""
    return [
        _grey(look.markup("<code>{path}</code>", path=change.path), shade),
        look.badge(word, "quiet" if change.volatile else kind),
        _grey(_value(change.before), shade) if change.kind != "added" else None,
        _grey(_value(change.after), shade) if change.kind != "removed" else None,
        _grey(look.escape(said(WHY_VOLATILE[change.volatile])), shade),
    ]


def _grey(cell: Html, shade: str) -> Html:
    return look.markup('<span class="{shade}">{cell}</span>', shade=shade, cell=cell) if shade else cell


def _value(value: JsonValue) -> Html:
    return look.markup('<span class="wb-value">{text}</span>', text=shown(value))


# -- a check as it is typed --------------------------------------------------------------------------------------------


def operator_of(assertion: Assertion) -> str:
    """Return the operator as the form names it."""
    return "absent" if assertion.operator == "exists" and assertion.expected is False else assertion.operator


def typed(assertion: Assertion) -> str:
    """Return what a check compares with, as it is typed: a text stands bare unless it could be taken for another value."""
    expected = assertion.expected
    if assertion.operator == "exists" or (expected is None and assertion.operator != "equals"):
        return ""
    if isinstance(expected, str) and (assertion.subject in ("header", "text") or _reads_as_text(expected)):
        return expected
    return json.dumps(expected, ensure_ascii=False)


def assertion_of(subject: str, path: str, operator: str, text: str) -> Assertion:
    """Return the check that was typed; whether it can be carried out is said elsewhere."""
    expected: JsonValue = None
    if operator == "absent":
        expected = False
    elif operator == "exists":
        expected = True
    elif operator in ("type", "matches") or (
        subject in ("header", "text") and operator in ("equals", "contains")
    ):
        expected = text
    elif operator == "one_of":
        whole = _read(text)
        expected = (
            whole
            if isinstance(whole, list)
            else [_read(part.strip()) for part in text.split(",") if part.strip()]
        )
    else:
        expected = _read(text)
    chosen = cast(Operator, "exists" if operator == "absent" else operator)
    return Assertion(subject=cast(Subject, subject), path=path.strip(), operator=chosen, expected=expected)


def _read(text: str) -> JsonValue:
    """Return the JSON value that is typed; what is none is a text."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return text


def _no_number(_: str) -> JsonValue:
    raise ValueError


def _reads_as_text(text: str) -> bool:
    return _read(text) == text and isinstance(_read(text), str)


def texts(lines: Iterable[Sentence]) -> list[ipywidgets.Widget]:
    """Return sentences as banners of a note each."""
    return [look.banner("info", line) for line in lines]
