"""Verification: the pass or fail sheet of an endpoint that a platform with a Send Gate would call."""

from __future__ import annotations

from typing import Literal

from workbench.sentence import Sentence

from .base import Noun

CheckState = Literal["passed", "failed", "left_out"]


class Check(Noun):
    """One thing an endpoint has to do: ``title`` says what, ``sentence`` what was seen, ``measured`` its figure where there is one."""

    key: str
    title: Sentence
    state: CheckState
    sentence: Sentence
    measured: str = ""


class Sheet(Noun):
    """All checks of one endpoint, in the order they were made."""

    url: str
    checks: tuple[Check, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[str, ...]:
        """The titles of the checks that failed."""
        return tuple(str(check.title) for check in self.checks if check.state == "failed")

    @property
    def states(self) -> dict[str, CheckState]:
        """The state of each check, by its key."""
        return {check.key: check.state for check in self.checks}

    @property
    def seen(self) -> dict[str, str]:
        """What was seen in each check, by its key."""
        return {check.key: str(check.sentence) for check in self.checks}
