"""READINESS WORDS: what states and sources of evidence are called, for the page and for the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.models.readiness import Source
from workbench.models.request import Mode
from workbench.sentence import N_

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "open": (N_("Nothing yet"), "○"), "partly": (N_("In part"), "◐"), "passed": (N_("Proven"), "✓"), "failed": (N_("Not so"), "✕"),
    "left_out": (N_("Left out"), "–"), "live_only": (N_("Only live"), "–"),
}  # fmt: skip
"""What a state is called, and its sign."""
SOURCES: Final[Mapping[Source, str]] = {
    "answer": N_("Answer of the platform"), "page": N_("A page, as the platform's script reads it"), "call": N_("Call of the platform"),
    "run": N_("An import of this workbench"), "settings": N_("The shop's settings"), "browser": N_("What a browser said"),
    "word": N_("A person's word"),
}  # fmt: skip
MODES: Final[Mapping[Mode, str]] = {"rehearsal": N_("Rehearsal"), "live": N_("LIVE")}
"""What a mode is called; in a rehearsal a stand-in answers in the platform's place."""
SCORE: Final = N_(
    "Each check counts its points when its newest evidence holds. A person's word counts half where the workbench could look itself. What "
    "was left out, with its reason, and what a rehearsal cannot show, count neither for nor against."
)
