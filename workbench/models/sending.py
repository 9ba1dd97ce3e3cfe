"""What a test or a send gives back, and what a person must confirm before anything leaves the machine."""

from __future__ import annotations

from .base import Noun, Problem
from .journal import Entry
from .request import Outcome, ReplyView, RequestView


class Confirmation(Noun):
    """The deliberate second step of a live call: the host and the recipient, as the person read them."""

    host: str
    recipient: str


class Preview(Noun):
    """The request as it would go out now, masked; nothing was sent. ``problems`` say what keeps it back or deserves a look."""

    request: RequestView | None
    problems: tuple[Problem, ...] = ()
    host: str = ""
    recipient: str = ""
    curl: str = ""


class Sent(Noun):
    """A test or a send that was made: the masked request and reply in full, the outcome, and the journal's entry of it."""

    entry: Entry
    request: RequestView
    reply: ReplyView | None
    outcome: Outcome
    curl: str
    problems: tuple[Problem, ...] = ()


class TokenCheck(Noun):
    """How the token URL answered (R-ESP-16): the masked exchange, and a sentence in ``outcome``."""

    request: RequestView | None
    reply: ReplyView | None
    outcome: Outcome | None
    token_hint: str = ""
    expires_in_s: float | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether a token was given, or none is needed."""
        return not any(problem.blocks for problem in self.problems)
