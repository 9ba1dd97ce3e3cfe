"""IMPORT ENDS: what a call for a part was answered, how the attempt ended as the runner is told, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from workbench.engine.import_states import GIVE_UP, LONGEST_S, said
from workbench.engine.pace import Learned
from workbench.engine.read import json_of
from workbench.engine.schedule import Verdict
from workbench.models.base import JsonValue
from workbench.models.journal import Entry
from workbench.models.request import Failure, Outcome, OutcomeKind, Reply, Request
from workbench.models.sync import ImportPart, RemoteImport
from workbench.sentence import Sentence, say

from .sync_calling import ShopLine

STOPPING: Final = frozenset({401, 403})
"""What is said of the key holds for every part."""


class Heard(NamedTuple):
    """What a call was answered: read, as the journal keeps it, and what it says about the account's pace."""

    outcome: Outcome
    entry: Entry
    learned: Learned | None = None
    reply: Reply | None = None

    @classmethod
    def of(
        cls, line: ShopLine, call: str, request: Request, answer: Reply | Failure, job_id: str, who: str
    ) -> Heard:
        """Return it. Of calls that only read the journal keeps the outcome alone."""
        outcome, entry = line.record(
            call, request, answer, who=who, job_id=job_id, exchange=request.method != "GET"
        )
        return cls(outcome, entry, line.learned(answer), answer if isinstance(answer, Reply) else None)

    @property
    def status(self) -> int | None:
        """The HTTP status, None without a reply."""
        return self.reply.status if self.reply is not None else None

    @property
    def body(self) -> JsonValue:
        """The JSON value of an answer that was taken; None for every other."""
        return json_of(self.reply) if self.reply is not None and self.outcome.ok else None

    @property
    def stops(self) -> bool:
        """Whether the same would be said of every part: nothing more is to be asked."""
        return self.status in STOPPING or self.outcome.kind in ("blocked", "redirected")


@dataclass(frozen=True, slots=True)
class Ended:
    """How one attempt of a part ended. ``outcome`` is None where the part goes on and nothing went wrong."""

    verdict: Verdict
    heard: Heard | None = None
    sentence: Sentence | None = None
    outcome: Outcome | None = None
    noted: bool = True
    """Whether the journal is told of the call."""


def again(
    wait_s: float, heard: Heard | None = None, sentence: Sentence | None = None, *, noted: bool = True
) -> Ended:
    """Return that a part goes on in so many seconds; this attempt counts as none."""
    return Ended(Verdict("retrying", wait_s, released=True), heard, sentence, noted=noted)


def waits(heard: Heard, *, wrong: bool = True) -> Ended:
    """Return that a part goes on when the platform may be asked again; ``wrong``: what it said counts against its health."""
    wait = max(LONGEST_S, heard.outcome.retry_after_s or 0.0)
    verdict = Verdict("retrying", wait, released=True)
    return Ended(verdict, heard, heard.outcome.sentence, heard.outcome if wrong else None)


def stops(heard: Heard) -> Ended:
    """Return that the whole job rests: what was said holds for every part."""
    return Ended(Verdict("waiting", stop=heard.outcome.sentence, released=True), heard, outcome=heard.outcome)


def at_end(part: ImportPart, heard: Heard | None = None) -> Ended:
    """Return how a part ended: never accepted where a row was refused, and uncertain where nobody can tell which."""
    sentence = part.sentence or said(part)
    if part.state == "finished":
        return Ended(
            Verdict("accepted"),
            heard,
            outcome=Outcome(kind="accepted", sentence=sentence, ids=(part.import_id,)),
        )
    if part.state == "partial" and part.report == "unreadable":
        return Ended(Verdict("uncertain"), heard, sentence)
    kind: OutcomeKind = "check_body" if part.state == "partial" else "refused"
    return Ended(
        Verdict("failed"), heard, outcome=Outcome(kind=kind, sentence=sentence, ids=(part.import_id,))
    )


def standing(found: RemoteImport) -> Sentence:
    """Return how far an import is, in the platform's own word."""
    if found.total:
        return say(
            "At the platform: {status}, {done} of {total} rows.",
            status=found.status or "?", done=found.success + found.errors, total=found.total,
        )  # fmt: skip
    return say("At the platform: {status}.", status=found.status or "?")


def full(queued: int) -> Sentence:
    """Return why a part waits for others."""
    return say(
        "Other files are on their way, or wait at the platform, which lets {queued} wait at once. This one goes when it may.",
        queued=queued,
    )


def looking() -> Sentence:
    """Return why a part is neither asked for nor uploaded."""
    return say(
        "Its upload broke off before the answer came. It is looked for in the platform's list before it is uploaded again."
    )


def several(found: list[RemoteImport]) -> Sentence:
    """Return what is said where nobody but a person can tell which import is ours."""
    return say(
        "Several imports in the platform's list may be this file ({ids}), so it was not uploaded again. Look there, and import its "
        "rows once more if none of them is it.",
        ids=", ".join(one.id for one in found[:5]),
    )


def still_running(found: RemoteImport) -> Sentence:
    """Return what is said of an import that does not end."""
    return say(
        "After {hours} hours the platform still says “{status}”. Its id {id} is kept: look again later.",
        hours=round(GIVE_UP.total_seconds() / 3600), status=found.status or "?", id=found.id,
    )  # fmt: skip


def silent(import_id: str) -> Sentence:
    """Return what is said of an import that arrived, and of which the platform says nothing any more."""
    return say(
        "For {hours} hours the platform did not say how the import {id} stands. Its id is kept: look again later.",
        hours=round(GIVE_UP.total_seconds() / 3600), id=import_id,
    )  # fmt: skip


def not_known() -> Sentence:
    """Return what is said of a file of which nobody knows whether it arrived."""
    return say(
        "It is not known whether this file arrived. Look again later, or look at the platform's list of imports."
    )
