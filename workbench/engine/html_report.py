"""HTML REPORT: reports as one page that needs nothing else: no script, no font, no picture; it reads offline, in light and dark, on paper.

Whatever an answer said stands as text. A policy in the page forbids scripts and loading besides.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from workbench.models.assertion import Verdict
from workbench.models.base import JsonValue
from workbench.models.cassette import Change, Report
from workbench.models.request import Mode
from workbench.sentence import N_, Sentence, say

from .html_report_style import STYLE
from .junit import clean
from .kept_answer import shown

Say = Callable[[Sentence], str]

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
    return (
        "<!DOCTYPE html>\n"
        f'<html lang="{_text(language)}"><head><meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(heading)}</title>\n<style>{STYLE}</style></head>\n<body><main>\n"
        f"<h1>{_text(heading)}</h1>\n"
        f'<p class="total {"passed" if passed == len(found) else "failed"}">{_text(told)}</p>\n'
        f"{_table((N_('Cassette'), N_('Answer'), N_('When (UTC)'), N_('Status'), N_('Checks'), N_('Verdict')), rows, words)}"
        f"{''.join(_report(report, number, words) for number, report in enumerate(found, 1))}"
        "</main></body></html>\n"
    )


def _summary(report: Report, number: int, words: Say) -> str:
    checks = words(say("{passed} of {total}", passed=report.count("passed"), total=len(report.verdicts)))
    cells = (
        f'<a href="#r{number}">{_text(report.name)}</a>', _text(_source(report, words)), _text(_when(report)),
        _text(report.status if report.status is not None else "–"), _text(checks), _badge("passed" if report.passed else "failed", words),
    )  # fmt: skip
    return _row(cells)


def _report(report: Report, number: int, words: Say) -> str:
    parts = [
        f'<section id="r{number}"><h2>{_text(report.name)} {_badge("passed" if report.passed else "failed", words)}</h2>',
        f'<p class="hint">{_text(_source(report, words))} · {_text(_when(report))} UTC · {_text(words(Sentence(MODES[report.mode])))}'
        f" · {_text(words(say('{time} ms', time=round(report.elapsed_ms))))}</p>",
    ]
    if report.outcome is not None:
        parts.append(f"<p>{_text(words(report.outcome.sentence))}</p>")
    parts += [f'<p class="note">{_text(words(note))}</p>' for note in report.notes]
    verdicts = "".join(_verdict(verdict, words) for verdict in report.verdicts)
    parts.append(_table((N_("Verdict"), N_("Check"), N_("Why"), N_("Found")), verdicts, words, N_("Checks")))
    if report.captured:
        rows = "".join(
            _row((_text(name), f"<code>{_text(value)}</code>")) for name, value in report.captured.items()
        )
        parts.append(_table((N_("Name"), N_("Value")), rows, words, N_("Captured values")))
    if report.source == "played":
        parts.append(_changes(report.changes, words))
    return "\n".join([*parts, "</section>\n"])


def _verdict(verdict: Verdict, words: Say) -> str:
    why = "" if verdict.passed else words(verdict.sentence)
    cells = (
        _badge(verdict.state, words),
        _text(words(verdict.title)),
        _text(why),
        f"<code>{_text(verdict.found)}</code>",
    )
    return _row(cells)


def _changes(changes: tuple[Change, ...], words: Say) -> str:
    caption = N_("Differences from the kept answer")
    if not changes:
        return f'<p class="hint">{_text(words(say("The new answer does not differ from the kept one.")))}</p>'
    rows = "".join(_change(change, words) for change in changes[:MOST_CHANGES])
    more = len(changes) - MOST_CHANGES
    left = (
        f'<p class="hint">{_text(words(say("{count} more are not listed.", count=more)))}</p>'
        if more > 0
        else ""
    )
    return (
        _table(
            (N_("Place"), N_("Difference"), N_("Before"), N_("After"), N_("Meaning")), rows, words, caption
        )
        + left
    )


def _change(change: Change, words: Say) -> str:
    why = WHY.get(change.volatile, "")
    cells = (
        f"<code>{_text(change.path)}</code>", _text(words(Sentence(KINDS[change.kind]))), _value(change.before, change.kind != "added"),
        _value(change.after, change.kind != "removed"), _text(words(Sentence(why))) if why else "",
    )  # fmt: skip
    return _row(cells, "volatile" if change.volatile else "")


def _value(value: JsonValue, there: bool) -> str:
    return f"<code>{_text(shown(value))}</code>" if there else "–"


def _source(report: Report, words: Say) -> str:
    return words(
        say("The answer to the request, sent again")
        if report.source == "played"
        else say("The kept answer; nothing was sent")
    )


def _when(report: Report) -> str:
    return report.at.strftime("%Y-%m-%d %H:%M:%S")


def _badge(state: str, words: Say) -> str:
    text, sign = STATES[state]
    return f'<span class="badge {state}"><span aria-hidden="true">{sign}</span> {_text(words(Sentence(text)))}</span>'


def _table(columns: Iterable[str], rows: str, words: Say, caption: str = "") -> str:
    head = "".join(f'<th scope="col">{_text(words(Sentence(column)))}</th>' for column in columns)
    name = words(Sentence(caption)) if caption else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(name or words(say("Table")))}"><table>'
        f"{f'<caption>{_text(name)}</caption>' if name else ''}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n"
    )


def _row(cells: Iterable[str], kind: str = "") -> str:
    """Return a row of cells that are markup already."""
    return f"<tr{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"


def _text(value: object) -> str:
    """Return a value as text of the page: escaped, without control characters."""
    return html.escape(clean(str(value)))
