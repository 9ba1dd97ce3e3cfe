"""AROUND: what a part of a page needs of what is around it: the workbench, who is at work, and clicks whose errors are said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import ipywidgets

from workbench.bench import Workbench
from workbench.models.person import Role
from workbench.services.about import Facts

from .messages import Messages
from .spawn import button_click, spawn

__all__ = ["Around"]


class Around:
    """A workbench and who is at work on it. ``bench`` and ``facts`` may be given later, but before they are asked for."""

    def __init__(self, bench: Workbench | None = None, facts: Facts | None = None) -> None:
        self._bench, self._facts = bench, facts

    @property
    def bench(self) -> Workbench:
        """The workbench that is worked with."""
        assert self._bench is not None
        return self._bench

    @property
    def facts(self) -> Facts:
        """Mode, person and home, as they were when the page was opened."""
        assert self._facts is not None
        return self._facts

    def may(self, role: Role) -> bool:
        """Return whether the person may do what needs ``role``: what is not allowed is not offered, and the server refuses it too."""
        return self.facts.person.may(role)

    def start(self, work: Coroutine[Any, Any, object], messages: Messages) -> None:
        """Begin ``work``; what goes wrong is said in ``messages``."""
        spawn(messages.guard(work))

    def click(
        self, button: ipywidgets.Button, work: Callable[[], Awaitable[object]], messages: Messages
    ) -> None:
        """Run ``work`` at each click; what goes wrong is said in ``messages``."""
        button_click(button, lambda: messages.guard(work()))
