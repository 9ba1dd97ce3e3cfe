"""BLAMING: what goes wrong in a form of several steps: beside its field, or in a banner that says in which step it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from workbench.errors import Invalid, WorkbenchError
from workbench.models.base import Problem

from . import look
from .fold import Place
from .piece import Said

__all__ = ["Blaming", "StepShown"]


class StepShown(Protocol):
    """A step, as far as problems are shown in it."""

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its field and return the other problems."""


class Blaming(ABC):
    """A form with a step that is open, and a banner above it."""

    banner: Place

    @abstractmethod
    def _open_step(self) -> StepShown | None:
        """Return the step that is open."""

    @abstractmethod
    def _elsewhere(self, problem: Problem) -> Said:
        """Return a problem's sentence, with the step it belongs to where another one is open."""

    async def _attempt(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do ``work``; what goes wrong becomes a sentence on the page."""
        try:
            await work()
        except Invalid as error:
            self._blame(error.problems)
        except WorkbenchError as error:
            self.banner.put(look.banner("error", error.sentence))

    def _blame(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its field, and in the banner those whose field is not in this step; return what was not beside one."""
        step = self._open_step()
        left = step.show(problems) if step is not None else list(problems)
        self.banner.put(*(look.banner("error", self._elsewhere(one)) for one in left if one.blocks))
        return left
