"""HTML REPORT: reports as one page that needs nothing else: no script, no font, no picture; it reads offline, in light and dark, on paper.

Whatever an answer said stands as text. A policy in the page forbids scripts and loading besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from workbench.models.assertion import Verdict
from workbench.models.base import JsonValue
from workbench.models.cassette import Change, Report
from workbench.models.request import Mode
from workbench.sentence import N_, Sentence, say

from .html_page import Say, document, row, table, text
from .kept_answer import shown

MOST_CHANGES: Final = 200
STATES: Final[Mapping[str, tuple[str, str]]] = {
    "passed": (N_("passed"), "✓"),
    "failed": (N_("failed"), "✕"),
    "broken": (N_("could not be checked"), "!"),
}
MODES: Final[Mapping[Mode, str]] = {"rehearsal": N_("Rehearsal"), "live": N_("LIVE")}
KINDS: Final[Mapping[str, str]] = {
    "added": N_("new"),
    "removed": N_("gone"),
    "changed": N_("changed"),
    "type": N_("another type"),
}
WHY: Final[Mapping[str, str]] = {
    "learned": N_("changes each time, learned from repeated answers"),
    "looks": N_("looks like an id, a time or a token"),
}


def html_report(
    reports: Iterable[Report], *, title: Sentence | None = None, language: str = "en", words: Say = str
) -> str:
    """Return the reports as a page of HTML; ``words`` puts sentences into the language whose code is ``language``."""
    found = list(reports)
    heading = words(title or say("Checks of answers"))
    passed = sum(report.passed for report in found)
    told = words(say("{passed} of {total} answers hold.", passed=passed, total=len(found)))
    rows = "".join(_summary(report, number, words) for number, report in enumerate(found, 1))
    return document(
        heading,
        f'<p class="total {"passed" if passed == len(found) else "failed"}">{text(told)}</p>\n'
        f"{table((N_('Cassette'), N_('Answer'), N_('When (UTC)'), N_('Status'), N_('Checks'), N_('Verdict')), rows, words)}"
        f"{''.join(_report(report, number, words) for number, report in enumerate(found, 1))}",
        language=language,
    )


def _summary(report: Report, number: int, words: Say) -> str:
    checks = words(say("{passed} of {total}", passed=report.count("passed"), total=len(report.verdicts)))
    cells = (
        f'<a href="#r{number}">{text(report.name)}</a>', text(_source(report, words)), text(_when(report)),
        text(report.status if report.status is not None else "–"), text(checks), _badge("passed" if report.passed else "failed", words),
    )  # fmt: skip
    return row(cells)


def _report(report: Report, number: int, words: Say) -> str:
    parts = [
        f'<section id="r{number}"><h2>{text(report.name)} {_badge("passed" if report.passed else "failed", words)}</h2>',
        f'<p class="hint">{text(_source(report, words))} · {text(_when(report))} UTC · {text(words(Sentence(MODES[report.mode])))}'
        f" · {text(words(say('{time} ms', time=round(report.elapsed_ms))))}</p>",
    ]
    if report.outcome is not None:
        parts.append(f"<p>{text(words(report.outcome.sentence))}</p>")
    parts += [f'<p class="note">{text(words(note))}</p>' for note in report.notes]
    verdicts = "".join(_verdict(verdict, words) for verdict in report.verdicts)
    parts.append(table((N_("Verdict"), N_("Check"), N_("Why"), N_("Found")), verdicts, words, N_("Checks")))
    if report.captured:
        rows = "".join(
            row((text(name), f"<code>{text(value)}</code>")) for name, value in report.captured.items()
        )
        parts.append(table((N_("Name"), N_("Value")), rows, words, N_("Captured values")))
    if report.source == "played":
        parts.append(_changes(report.changes, words))
    return "\n".join([*parts, "</section>\n"])


def _verdict(verdict: Verdict, words: Say) -> str:
    why = "" if verdict.passed else words(verdict.sentence)
    cells = (
        _badge(verdict.state, words),
        text(words(verdict.title)),
        text(why),
        f"<code>{text(verdict.found)}</code>",
    )
    return row(cells)


def _changes(changes: tuple[Change, ...], words: Say) -> str:
    caption = N_("Differences from the kept answer")
    if not changes:
        return f'<p class="hint">{text(words(say("The new answer does not differ from the kept one.")))}</p>'
    rows = "".join(_change(change, words) for change in changes[:MOST_CHANGES])
    more = len(changes) - MOST_CHANGES
    left = (
        f'<p class="hint">{text(words(say("{count} more are not listed.", count=more)))}</p>'
        if more > 0
        else ""
    )
    return (
        table((N_("Place"), N_("Difference"), N_("Before"), N_("After"), N_("Meaning")), rows, words, caption)
        + left
    )


def _change(change: Change, words: Say) -> str:
    why = WHY.get(change.volatile, "")
    cells = (
        f"<code>{text(change.path)}</code>", text(words(Sentence(KINDS[change.kind]))), _value(change.before, change.kind != "added"),
        _value(change.after, change.kind != "removed"), text(words(Sentence(why))) if why else "",
    )  # fmt: skip
    return row(cells, "volatile" if change.volatile else "")


def _value(value: JsonValue, there: bool) -> str:
    return f"<code>{text(shown(value))}</code>" if there else "–"


def _source(report: Report, words: Say) -> str:
    return words(
        say("The answer to the request, sent again")
        if report.source == "played"
        else say("The kept answer; nothing was sent")
    )


def _when(report: Report) -> str:
    return report.at.strftime("%Y-%m-%d %H:%M:%S")


def _badge(state: str, words: Say) -> str:
    name, sign = STATES[state]
    return f'<span class="badge {state}"><span aria-hidden="true">{sign}</span> {text(words(Sentence(name)))}</span>'
