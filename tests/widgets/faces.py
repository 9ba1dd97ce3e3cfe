"""What a test does with a page without a browser: look at it, press its buttons, seal a secret as the browser does."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import ipywidgets
from ipywidgets.widgets.widget import _instances

from workbench.adapters.sealed_box import seal_box
from workbench.widgets.spawn import settle


def walk(widget: Any) -> Iterator[Any]:
    """Return the widget and everything shown in it; what is taken off the page is left out."""
    if getattr(widget.layout, "display", None) == "none":
        return
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def plain(one: Any) -> Any:
    """Return a widget's state but for the widgets it holds: each of those is looked at by itself."""
    return one.get_state(
        [key for key in one.keys if key not in ("children", "layout", "style", "_editor", "_code")]
    )


_before: set[str] = set()
"""The widgets that earlier tests of this process left behind."""


def begin() -> None:
    """From here on only what is made anew counts as this test's; for a fixture."""
    _before.clear()
    _before.update(_instances)


class Held:
    """Everything that this test's open widgets hold as state, shown or not: ``word in held``. A failure shows none of it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __contains__(self, word: str) -> bool:
        return word in self._text

    def __repr__(self) -> str:
        return f"<{len(self._text)} signs of state>"


def kernel_state() -> Held:
    """Return what this test's open widgets hold as state.

    What an earlier test closed may still be held by a widget of its page: so each widget is read without the others in it.
    """
    mine = [one for id, one in list(_instances.items()) if id not in _before and one.comm is not None]
    return Held(json.dumps([plain(one) for one in mine], default=str))


def of(widget: Any, kind: str) -> list[Any]:
    """Return the shown widgets whose class is called ``kind``."""
    return [one for one in walk(widget) if type(one).__name__ == kind]


def read(widget: Any) -> str:
    """Return what a person reads, as text: markup, headings, links, buttons, rows."""
    parts: list[str] = []
    for one in walk(widget):
        match type(one).__name__:
            case "Markup" if not one.value.startswith("<style>"):
                parts.append(html.unescape(re.sub(r"<[^>]+>", " ", one.value)))
            case "Headline":
                parts += [one.title, one.subtitle]
            case "PageLinks":
                parts += [f"{item['label']} {item['text']}" for item in one.items]
            case "Button":
                parts.append(one.description)
            case "Download":
                parts.append(one.label)
            case "TextFile":
                parts += [one.label, one.note, one.error]
            case "RowList":
                parts += [str(cell) for row in one.rows for cell in row.values()]
                parts += [] if one.rows else [one.empty]
            case "TopBar":
                parts += [str(word) for word in one.words.values()]
            case "TextField" | "SecretField" | "ChoiceField" | "SwitchField":
                parts += [one.label, one.error]
    return re.sub(r"\s+", " ", " ".join(parts))


def markup(widget: Any) -> str:
    """Return the markup of every HTML widget, style left out."""
    return " ".join(one.value for one in of(widget, "Markup") if not one.value.startswith("<style>"))


def button(widget: Any, text: str) -> ipywidgets.Button:
    """Return the one shown button with this text."""
    [found] = [one for one in of(widget, "Button") if one.description == text]
    return found


async def press(widget: Any, text: str) -> None:
    """Press the button with this text and wait for what it does."""
    button(widget, text).click()
    await settle()


def offered(widget: Any) -> set[str]:
    """Return the texts of all shown buttons."""
    return {one.description for one in of(widget, "Button")} | {one.label for one in of(widget, "Download")}


def field(widget: Any, label: str) -> Any:
    """Return the shown field with this label."""
    [found] = [one for one in walk(widget) if getattr(one, "label", None) == label and hasattr(one, "error")]
    return found


async def lock(secret: Any, text: str) -> None:
    """Type a secret into a field and lock it, as the browser does."""
    secret._receive({"sealed": seal_box(secret.public_key, text)})
    await settle()


async def tell(widget: Any, message: object) -> None:
    """Let the widget receive a message of the browser."""
    widget._handle_custom_msg(message, [])
    await settle()
