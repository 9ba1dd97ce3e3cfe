"""MESSAGES: a place on a page for what has to be said, and the work whose errors are said there."""

from __future__ import annotations

from collections.abc import Awaitable

from workbench.errors import Invalid, WorkbenchError
from workbench.sentence import Sentence, say

from . import look
from .fold import Place
from .piece import Said, said

__all__ = ["Messages"]


class Messages:
    """A place for what has to be said: one banner at a time, announced to screen readers."""

    def __init__(self) -> None:
        self._place = Place()
        self.widget = self._place.widget

    def show(self, kind: look.Kind, text: Said | look.Html, title: Said = "") -> None:
        """Say ``text`` in place of what stood here."""
        self._place.put(look.banner(kind, text, title))

    def fail(self, error: WorkbenchError) -> None:
        """Say what went wrong; a form's problems are all said."""
        if isinstance(error, Invalid) and len(error.problems) > 1:
            items = look.Html("").join(
                look.markup("<li>{text}</li>", text=said(problem.sentence)) for problem in error.problems
            )
            self.show("error", look.markup("<ul>{items}</ul>", items=items))
        else:
            self.show("error", error.sentence)

    def clear(self) -> None:
        """Say nothing any more."""
        self._place.put()

    async def guard(self, work: Awaitable[object]) -> None:
        """Do ``work`` and say here what went wrong; an error of the program itself is said too, and raised."""
        self.clear()
        try:
            await work
        except WorkbenchError as error:
            self.fail(error)
        except Exception as error:
            self.show("error", _unexpected(error))
            raise


def _unexpected(error: Exception) -> Sentence:
    return say(
        "This is an error of the workbench itself ({kind}); nothing more was done. Reload the page and try again.",
        kind=type(error).__name__,
    )
