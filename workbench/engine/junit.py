"""JUNIT: reports as the XML that CI systems read: a suite for each cassette, a case for each check.

The format has no standard; this keeps to what Jenkins, GitLab, GitHub's and Azure's readers share
(https://github.com/testmoapp/junitxml, https://llg.cubic.org/docs/junit/).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from workbench.models.assertion import Verdict
from workbench.models.cassette import Report
from workbench.sentence import Sentence, say

Say = Callable[[Sentence], str]

CLASS: Final = "workbench.cassettes"
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, in no spelling: https://www.w3.org/TR/xml/#charsets."""
_ODD_SPACE = re.compile("[\u0085\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What some readers take for the end of a line, or turn the letters around with."""


def clean(text: str) -> str:
    """Return a text with a question mark for each character that XML cannot hold or that would turn a line around."""
    return _ODD_SPACE.sub("?", _FORBIDDEN.sub("\ufffd", text))


def junit_xml(reports: Iterable[Report], *, name: str = "workbench", words: Say = str) -> str:
    """Return the reports as JUnit XML; ``words`` puts sentences into a language.

    A check that does not hold is a failure, one that could not be carried out an error. A report without an answer has one more case, an
    error that says why.
    """
    suites = list(reports)
    cases = [_cases(report, words) for report in suites]
    body = "".join(_suite(report, lines, words) for report, lines in zip(suites, cases, strict=True))
    total, failed, broken = (sum(_count(one)[at] for one in suites) for at in range(3))
    seconds = sum(report.elapsed_ms for report in suites) / 1000
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name={_attribute(name)} tests="{total}" failures="{failed}" errors="{broken}" time="{seconds:.3f}">\n'
        f"{body}</testsuites>\n"
    )


def _suite(report: Report, cases: Sequence[str], words: Say) -> str:
    total, failed, broken = _count(report)
    at = report.at.strftime("%Y-%m-%dT%H:%M:%S")
    properties = [
        ("source", report.source), ("mode", report.mode), ("cassette", report.cassette_id),
        *([("status", str(report.status))] if report.status is not None else []),
        *([("outcome", words(report.outcome.sentence))] if report.outcome else []),
        *(("note", words(note)) for note in report.notes),
    ]  # fmt: skip
    kept = "".join(
        f"      <property name={_attribute(key)} value={_attribute(value)}/>\n" for key, value in properties
    )
    return (
        f'  <testsuite name={_attribute(report.name)} tests="{total}" failures="{failed}" errors="{broken}" skipped="0"'
        f' time="{report.elapsed_ms / 1000:.3f}" timestamp="{at}">\n'
        f"    <properties>\n{kept}    </properties>\n"
        f"{''.join(cases)}  </testsuite>\n"
    )


def _cases(report: Report, words: Say) -> list[str]:
    """Return the cases; names that are there twice get a number, for CI systems tell cases by their names."""
    cases: list[str] = []
    seen: dict[str, int] = {}
    for verdict in report.verdicts:
        title = words(verdict.title)
        seen[title] = seen.get(title, 0) + 1
        cases.append(
            _case(report, title if seen[title] == 1 else f"{title} ({seen[title]})", _result(verdict, words))
        )
    if report.status is None:
        why = words(report.outcome.sentence if report.outcome else NO_ANSWER)
        cases.append(_case(report, words(NO_ANSWER), _told("error", "no-answer", why, "")))
    return cases


NO_ANSWER: Final = say("There was an answer to look at")


def _case(report: Report, title: str, inside: str) -> str:
    head = f'    <testcase classname={_attribute(f"{CLASS}.{report.name}")} name={_attribute(title)} time="0.000"'
    return f"{head}>\n{inside}    </testcase>\n" if inside else f"{head}/>\n"


def _result(verdict: Verdict, words: Say) -> str:
    if verdict.passed:
        return ""
    element = "failure" if verdict.state == "failed" else "error"
    return _told(element, verdict.assertion.operator, words(verdict.sentence), verdict.found)


def _told(element: str, kind: str, message: str, found: str) -> str:
    detail = escape(clean(f"{message}\n{found}" if found else message))
    return f"      <{element} type={_attribute(kind)} message={_attribute(message)}>{detail}</{element}>\n"


def _count(report: Report) -> tuple[int, int, int]:
    """Return how many cases a report has, how many of them failed, and how many were broken."""
    lost = int(report.status is None)
    return len(report.verdicts) + lost, report.count("failed"), report.count("broken") + lost


def _attribute(text: str) -> str:
    return quoteattr(clean(text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
