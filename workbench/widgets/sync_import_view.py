"""SYNC IMPORT VIEW: how an import stands, to look at: rows as a bar with words, its files as a strip, and one sentence of it all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engine.import_states import AT_PLATFORM, OPEN_STATES
from workbench.models.sync import ImportPart, ImportReport
from workbench.sentence import N_, Sentence, say

from . import look
from .language import number
from .look import Html, markup
from .piece import said
from .segments import Segment, segmented
from .sync_words import PART_STATES, PART_TONES

__all__ = ["PART_COLUMNS", "part_row", "report_banner", "rows_markup", "strip_markup"]

PART_COLUMNS: list[Mapping[str, str]] = [
    {"key": "file", "label": N_("File"), "kind": "strong"},
    {"key": "rows", "label": N_("Rows of the table")},
    {"key": "state", "label": N_("State")},
    {"key": "taken", "label": N_("Taken"), "kind": "number"},
    {"key": "refused", "label": N_("Refused"), "kind": "number"},
    {"key": "size", "label": N_("Size"), "kind": "number"},
    {"key": "told", "label": N_("What was said")},
    {"key": "import_id", "label": N_("Import there"), "kind": "code"},
]


def rows_markup(report: ImportReport) -> Html:
    """Return the rows of all files as one bar with every count beside it: taken is green, refused is red, what is not known amber."""
    waiting = sum(part.rows for part in report.parts if part.state == "waiting")
    apart = sum(_untold(part) for part in report.parts if part.state in ("unknown", "still_running"))
    lost = sum(_untold(part) for part in report.parts if part.state in ("failed", "cancelled"))
    under_way = max(0, report.rows - report.success - report.errors - waiting - apart - lost)
    return segmented(
        [
            Segment(N_("Taken"), "accepted", report.success),
            Segment(N_("Refused"), "failed", report.errors),
            Segment(N_("At the platform"), "in_flight", under_way),
            Segment(N_("Not uploaded yet"), "waiting", waiting),
            *([Segment(N_("Not known"), "uncertain", apart)] if apart else []),
            *([Segment(N_("Not taken"), "cancelled", lost)] if lost else []),
        ],
        N_("All rows"), report.rows,
    )  # fmt: skip


def _untold(part: ImportPart) -> int:
    return max(0, part.rows - part.success - part.errors)


def strip_markup(report: ImportReport) -> Html:
    """Return the files side by side, each as wide as it has rows, in the colour of its state; what the colours say, the words say too."""
    counts: dict[str, int] = {}
    for part in report.parts:
        counts[part.state] = counts.get(part.state, 0) + 1
    words = Html(" · ").join(
        f"{said(PART_STATES[state][0])}: {number(counts[state])}" for state in PART_STATES if state in counts
    )
    files = Html("").join(
        markup(
            '<span class="wb-sync-part wb-segment-{tone}" style="flex-grow: {rows}" title="{words}"></span>',
            tone=PART_TONES[part.state], rows=max(part.rows, 1), words=said(_of_part(part)),
        )
        for part in report.parts
    )  # fmt: skip
    return markup(
        '<p class="wb-caption">{title}</p><div class="wb-sync-strip" role="img" aria-label="{words}">{files}</div>'
        '<p class="wb-sync-legend">{words}</p>',
        title=said(say("Files: {count}", count=number(len(report.parts)))), words=words, files=files,
    )  # fmt: skip


def _of_part(part: ImportPart) -> Sentence:
    return say(
        "File {number}, rows {first} to {last}: {state}", number=part.number, first=number(part.first), last=number(part.last),
        state=said(PART_STATES[part.state][0]),
    )  # fmt: skip


def report_banner(report: ImportReport) -> tuple[look.Kind, Sentence]:
    """Return how the import stands in one sentence, and its kind: green only where every row was taken."""
    if not report.parts:
        return "info", say("The table is cut into files.")
    lasting = [part for part in report.parts if part.state == "still_running"]
    if lasting:
        return "warn", say(
            "{count} files are still being read by the platform. Their ids are kept: ask again later.", count=number(len(lasting))
        )  # fmt: skip
    if not report.done:
        there = sum(part.state in AT_PLATFORM for part in report.parts)
        left = sum(part.state in OPEN_STATES for part in report.parts)
        return "info", say(
            "{left} of {all} files are not at their end; {there} are at the platform now. It goes on whether this page is open or not.",
            left=number(left), all=number(len(report.parts)), there=number(there),
        )  # fmt: skip
    if report.clean:
        return "ok", say("Everything was taken: {rows} rows.", rows=number(report.success))
    failed = sum(part.state in ("failed", "cancelled") for part in report.parts)
    if failed and not report.success:
        return "error", say("Nothing was taken: look at what is said of each file.")
    if not report.errors:
        return "warn", say(
            "Partly taken: {taken} of {rows} rows. {failed} files were not taken; look at what is said of each.",
            taken=number(report.success), rows=number(report.rows), failed=number(failed),
        )  # fmt: skip
    return "warn", say(
        "Partly taken: {taken} of {rows} rows. {refused} were refused: mend them, and import those again.",
        taken=number(report.success), rows=number(report.rows), refused=number(report.errors),
    )  # fmt: skip


def part_row(part: ImportPart) -> dict[str, Any]:
    """Return a file as a row of the list; where the platform's word says more than our state, it is shown as well."""
    text, kind = PART_STATES[part.state]
    words: Sentence | str = part.sentence or ""
    if part.state == "unknown" and part.status:
        words = say("The platform says “{word}”.", word=part.status)
    elif not words and part.report == "unreadable":
        words = say("Its error report could not be read.")
    return {
        "id": str(part.number), "file": number(part.number), "rows": f"{number(part.first)} – {number(part.last)}",
        "state": {"text": said(text), "kind": kind}, "taken": number(part.success), "refused": number(part.errors),
        "size": said(_size(part.size)), "told": words, "import_id": part.import_id,
    }  # fmt: skip


def _size(size: int) -> Sentence:
    if size >= 1_000_000:
        return say("{size} MB", size=number(round(size / 1_000_000, 1)))
    return say("{size} kB", size=number(max(round(size / 1_000), 1)))
