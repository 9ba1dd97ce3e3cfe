"""IMPORT STATES: what an import's state at the platform means here, when to ask again, and which of its imports one of ours may be."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from workbench.models.sync import ImportPart, PartState, RemoteImport
from workbench.sentence import Sentence, say

FIRST_S: Final = 2.0
"""Seconds until the first question: what the vendor's own command line waits."""
LONGEST_S: Final = 15.0
GROWTH: Final = 1.5
GIVE_UP: Final = timedelta(hours=6)
"""So long is asked for one import; then its id is kept, and a person asks again."""
SKEW: Final = timedelta(minutes=2)
"""Clocks may differ by this much where the answer has no ``Date``."""
ROUNDING: Final = timedelta(seconds=5)
"""By so much the time may be off that a ``Date`` tells."""
ARRIVES: Final = timedelta(minutes=10)
"""So long after its upload was begun a file may arrive: no other one of the shop is begun meanwhile, until it is known."""
LONGEST_WAIT_S: Final = 600.0
"""Seconds that a part which has to wait for others is left alone at the most."""

_STATES: Final[dict[str, PartState]] = {
    "queued": "queued", "inprogress": "in_progress", "error": "failed", "cancelled": "cancelled", "canceled": "cancelled",
}  # fmt: skip
OPEN_STATES: Final[frozenset[PartState]] = frozenset({"waiting", "queued", "in_progress", "unknown"})
"""The states from which a part goes on by itself."""
AT_PLATFORM: Final[frozenset[PartState]] = frozenset({"queued", "in_progress", "unknown", "still_running"})
"""The states in which the platform may still be at work."""


def state_of(found: RemoteImport) -> PartState:
    """Return what the platform's word means: ``partial`` for one that finished with errors, ``unknown`` for a word we do not know."""
    word = found.status.replace("_", "").replace("-", "").replace(" ", "").lower()
    if word == "finished":
        return "partial" if found.errors else "finished"
    return _STATES.get(word, "unknown")


def told(part: ImportPart, found: RemoteImport, now: datetime) -> ImportPart:
    """Return a part with what the platform says of it now."""
    state = state_of(found)
    if state == "finished" and (found.total not in (None, part.rows) or found.success != part.rows):
        state = (
            "partial"  # it read, or took, another number of rows than the file has: not all were surely taken
        )
    wanted = bool(found.errors) or (found.has_report and state in ("failed", "cancelled"))
    wanted = wanted and state not in OPEN_STATES
    return part.model_copy(update={
        "state": state, "status": found.status, "import_id": found.id or part.import_id, "total": found.total, "success": found.success,
        "errors": found.errors, "report": "wanted" if wanted and part.report == "none" else part.report, "changed_at": now,
    })  # fmt: skip


def said(part: ImportPart) -> Sentence:
    """Return in a sentence how a part that is at its end stands."""
    counts = {"success": part.success, "errors": part.errors, "rows": part.rows}
    match part.state:
        case "finished":
            return say("Every row was taken ({rows}).", rows=part.rows)
        case "partial" if part.errors:
            return say(
                "{success} of {rows} rows were taken, {errors} refused. Mend those and import them again.",
                **counts,
            )
        case "partial" if part.total in (None, part.rows):
            return say(
                "The platform says “{status}” and that {success} of {rows} rows were taken, and nothing of the others. Look there what "
                "became of them.",
                status=part.status, success=part.success, rows=part.rows,
            )  # fmt: skip
        case "partial":
            return say(
                "The platform counted {total} rows, and the file has {rows}: look whether the delimiter is the one it expects.",
                total=part.total or 0,
                rows=part.rows,
            )
        case "cancelled":
            return say(
                "The import was cancelled at the platform. Taken before that: {success} of {rows} rows.",
                **counts,
            )
        case _:
            return say(
                "The platform says “{status}”: the import ended with an error. Taken before that: {success} of {rows} rows.",
                status=part.status, success=part.success, rows=part.rows,
            )  # fmt: skip


def ask_again_s(asked: int) -> float:
    """Return the seconds until the next question after ``asked`` of them: 2, 3, 4.5 ... 15."""
    return min(LONGEST_S, FIRST_S * GROWTH ** min(max(0, asked), 16))


def turn_s(before: int, queued: int) -> float:
    """Return the seconds until a part may try again, with ``before`` others waiting in front of it where ``queued`` may wait there.

    The farther back, the later: what is never its turn would use up the calls that the first need.
    """
    return min(LONGEST_WAIT_S, LONGEST_S * (1 + before // max(1, queued)))


def perhaps_ours(
    listed: Iterable[RemoteImport], kind: str, rows: int, begun: datetime, skew: timedelta, known: Collection[str]
) -> list[RemoteImport]:  # fmt: skip
    """Return the listed imports that may be a part whose upload was begun at ``begun`` (the platform's time), the oldest first.

    One of another type or number of rows, of before that time or long after it, or ``known`` to belong to another part, is none. A number
    that the platform does not tell yet, or a time that cannot be read, excludes nothing.
    """
    first, last = begun - skew, begun + ARRIVES + skew
    found = [
        one for one in listed
        if one.id and one.id not in known and one.type in ("", kind) and one.total in (None, 0, rows) and _within(one, first, last)
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.created_at)


def moment_of(text: str) -> datetime | None:
    """Return a moment as the platform writes it (ISO 8601), aware; None where it cannot be read."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _within(one: RemoteImport, first: datetime, last: datetime) -> bool:
    moment = moment_of(one.created_at)
    return moment is None or first <= moment <= last
