"""Decided files: what a gate's rules decide of the contacts of a whole file."""

from __future__ import annotations

from .base import Noun
from .rules import Verdict


class ReasonCount(Noun):
    """How many contacts were decided so, by this rule, for this reason. Where no rule fitted, both are empty."""

    verdict: Verdict
    rule: str = ""
    reason: str = ""
    rows: int = 0


class DecidedFile(Noun):
    """What was decided of a file: ``rows = accepted + rejected + bad``. ``bad`` are rows that are no contact.

    ``files`` are the names of the files with the verdicts, in the order of the rows. ``fell_back`` counts the values about which a live
    check gave no answer, so that its stated fallback counted.
    """

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    bad: int = 0
    reasons: tuple[ReasonCount, ...] = ()
    files: tuple[str, ...] = ()
    fell_back: int = 0
