"""NOTING: findings as they are gathered from a page, each at its place, and what is repeated of a value."""

from __future__ import annotations

from typing import Final

from workbench.engine.slots import nearest
from workbench.engine.strict_json import clip
from workbench.models.base import Level
from workbench.models.tags import Effect, Finding
from workbench.sentence import Sentence

from .page import Element, Page

MOST: Final = 500
"""Findings of one page; a page with more has one fault in every line."""
SHOWN: Final = 60


class Notes:
    """The findings of one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.findings: list[Finding] = []
        self._near: dict[tuple[str, tuple[str, ...]], str] = {}

    def add(
        self, rule: str, level: Level, effect: Effect, place: Element, tag: str, sentence: Sentence, fix: Sentence, *,
        field: str = "", value: str = "",
    ) -> None:  # fmt: skip
        """Note a finding at an element."""
        self.put(
            rule, level, effect, (place.line, place.column), tag, sentence, fix, field=field, value=value
        )

    def put(
        self, rule: str, level: Level, effect: Effect, place: tuple[int, int], tag: str, sentence: Sentence, fix: Sentence, *,
        field: str = "", value: str = "",
    ) -> None:  # fmt: skip
        """Note a finding at a line and column."""
        full = len(self.findings) >= MOST
        if not full or (level == "error" and not any(one.level == "error" for one in self.findings)):
            self.findings.append(Finding(
                rule=rule, level=level, effect=effect, tag=tag, field=field, value=seen(value), line=place[0], column=place[1],
                sentence=sentence, fix=fix,
            ))  # fmt: skip

    def near(self, name: str, known: tuple[str, ...]) -> str:
        """Return which of ``known`` a name is nearly, an empty text for none; asked once for each name, not for each element."""
        key = (name, known)
        if key not in self._near:
            self._near[key] = nearest(name, known) or ""
        return self._near[key]

    def by_line(self) -> tuple[Finding, ...]:
        """Return the findings in the order of the page."""
        return tuple(sorted(self.findings, key=lambda one: (one.line, one.column)))


def seen(text: str) -> str:
    """Return a value fit for a sentence: in one line, and not longer than is readable."""
    return clip(" ".join(text.split()), SHOWN)
