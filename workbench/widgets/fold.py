"""FOLDS: parts of a page that are not always there."""

from __future__ import annotations

import ipywidgets

from workbench.sentence import N_

from . import look
from .piece import Said, said

__all__ = ["Fold", "Place", "close", "visible"]


class Fold:
    """A part of a form that most people never need: closed until it is asked for, or until something in it is wrong."""

    def __init__(self, title: Said, *children: ipywidgets.Widget, opened: bool = False) -> None:
        self._title = said(title)
        self.button = look.button("", "quiet")
        self.button.add_class("wb-fold")
        self.body = look.stack(*children)
        self.widget = look.stack(self.button, self.body, gap="small")
        self.opened = opened
        self._draw()
        self.button.on_click(lambda _button: self.open(not self.opened))

    def __repr__(self) -> str:
        return f"<Fold {self._title!r}>"

    def open(self, opened: bool = True) -> None:
        """Open it, or close it."""
        self.opened = opened
        self._draw()

    def _draw(self) -> None:
        self.button.description = ("▾ " if self.opened else "▸ ") + self._title
        self.button.tooltip = said(N_("Click to close")) if self.opened else said(N_("Click to open"))
        visible(self.body, self.opened)


class Place:
    """A place on a page that is empty at times: what is put in replaces, and closes, what was there."""

    def __init__(self) -> None:
        self.widget = look.stack()
        visible(self.widget, False)

    def __repr__(self) -> str:
        return f"<Place of {len(self.widget.children)}>"

    def put(self, *children: ipywidgets.Widget) -> None:
        """Show the children here; none at all makes the place vanish."""
        before = self.widget.children
        self.widget.children = children
        visible(self.widget, bool(children))
        for child in before:
            if child not in children:
                close(child)


def visible(widget: ipywidgets.DOMWidget, shown: bool) -> None:
    """Show a widget or take it off the page; what is off the page is in no tab order."""
    widget.layout.display = None if shown else "none"


def close(widget: ipywidgets.Widget) -> None:
    """Close a widget and all it is composed of, so that nothing of it stays in the kernel's state."""
    for child in getattr(widget, "children", ()):
        close(child)
    widget.close()
