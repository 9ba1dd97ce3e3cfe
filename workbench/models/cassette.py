"""The cassette: one exchange that was kept, masked, with the checks on its answer; it can be checked again, played again and compared.

No secret and no contact is in it: contacts that are needed to play it live are sealed elsewhere.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workbench.sentence import Sentence

from .assertion import Assertion, Capture, Verdict
from .base import JsonValue, Noun
from .contact import Contact
from .request import Headers, Mode, Outcome, RequestView

ReportSource = Literal["kept", "played"]
"""``kept``: the checks were run on the answer in the cassette, nothing was sent. ``played``: on the answer to the request sent again."""

ChangeKind = Literal["added", "removed", "changed", "type"]
"""``type``: a value became one of another JSON type, which breaks programs more often than another value does."""


class Answer(Noun):
    """An answer as it is checked and kept. A JSON body is ``tree`` (``is_json``), any other, and one that was cut, is ``text``.

    Secrets, identifiers and what came from the contact are masked.
    """

    status: int
    headers: Headers = ()
    is_json: bool = False
    tree: JsonValue = None
    text: str = ""
    elapsed_ms: float = 0.0
    cut: bool = False


class Change(Noun):
    """One place in which two answers differ. ``path`` begins with ``status``, ``header`` or ``body``.

    ``volatile`` says why the difference means nothing: it was learned from repeated answers, or the value looks like an id, a time or a
    token. Such a difference is shown as such and never dropped.
    """

    path: str
    kind: ChangeKind
    before: JsonValue = None
    after: JsonValue = None
    volatile: Literal["", "learned", "looks"] = ""


class AnswerDiff(Noun):
    """Two answers side by side: every place that differs, in the order of the first; ``cut`` says that there were more than are listed."""

    before: str
    after: str
    changes: tuple[Change, ...] = ()
    cut: bool = False

    @property
    def real(self) -> tuple[Change, ...]:
        """The differences that mean something."""
        return tuple(change for change in self.changes if not change.volatile)


class Report(Noun):
    """What the checks of one cassette said about one answer. ``changes`` compares a played answer with the kept one.

    ``captured`` are the named values, masked and clipped. ``notes`` say what a reader has to know: another contact, changed settings.
    """

    cassette_id: str
    name: str
    source: ReportSource
    mode: Mode
    at: AwareDatetime
    verdicts: tuple[Verdict, ...] = ()
    outcome: Outcome | None = None
    status: int | None = None
    elapsed_ms: float = 0.0
    captured: dict[str, str] = Field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    notes: tuple[Sentence, ...] = ()
    entry_id: str | None = None

    def count(self, state: str) -> int:
        """Return how many checks ended in this state."""
        return sum(verdict.state == state for verdict in self.verdicts)

    @property
    def passed(self) -> bool:
        """Whether there was an answer and every check on it holds."""
        return self.status is not None and all(verdict.passed for verdict in self.verdicts)

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each check: its verdict and what it checks, in English; the same for the same verdicts, whatever was found."""
        return tuple(f"{verdict.state}  {verdict.title}" for verdict in self.verdicts)

    def __repr__(self) -> str:
        told = ", ".join(f"{self.count(state)} {state}" for state in ("passed", "failed", "broken"))
        return f"<Report {'passed' if self.passed else 'FAILED'}: {told}>"

    __str__ = __repr__


class Cassette(Noun):
    """One kept exchange and its checks. ``example`` is a made-up contact of the same shape, with which a rehearsal plays it.

    ``integration_id`` names through what it is played; ``fingerprint`` the settings of then. ``volatile`` are places (``body.id``, every
    element as ``[]``) whose values change from answer to answer. ``contact_kept`` says that the contact of then is kept, sealed.
    ``played`` are the journal's entries of the last plays, ``last`` is the last play's report.
    """

    id: str
    name: Annotated[str, Field(max_length=120)]
    mode: Mode = "rehearsal"
    integration_id: str | None = None
    integration_name: str = ""
    provider: str = "custom"
    fingerprint: str = ""
    entry_id: str | None = None
    job_id: str | None = None
    recipient: str = ""
    recorded_at: AwareDatetime
    request: RequestView | None = None
    answer: Answer | None = None
    outcome: Outcome | None = None
    assertions: tuple[Assertion, ...] = ()
    captures: tuple[Capture, ...] = ()
    volatile: tuple[str, ...] = ()
    example: Contact = Contact()
    contact_kept: bool = False
    played: tuple[str, ...] = ()
    last: Report | None = None
    who: str = ""
    created_at: AwareDatetime
    changed_at: AwareDatetime

    def __repr__(self) -> str:
        return f"<Cassette {self.name!r}: {len(self.assertions)} checks>"

    __str__ = __repr__


class CassetteListed(Noun):
    """A cassette as a list shows it: without its exchange, with what its checks say of the kept answer now and of the last play."""

    id: str
    name: str
    integration_name: str = ""
    provider: str = ""
    mode: Mode = "rehearsal"
    status: int | None = None
    recorded_at: AwareDatetime
    checks: int = 0
    passed: int = 0
    holds: bool = False
    last_played_at: AwareDatetime | None = None
    last_holds: bool | None = None
