"""LOOK: one look for every page: the style, and the pieces a page is composed of.

Text is escaped wherever it is shown. ``Html`` marks what this package itself has composed; nothing that
came from a provider, a payload or a person becomes ``Html`` except through ``escape`` or ``markup``.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any, Literal, TypeVar

import ipywidgets

from workbench.sentence import N_, Sentence

from .piece import COPY, CopyButton, Said, said

__all__ = [
    "CopyButton",
    "Html",
    "Kind",
    "badge",
    "banner",
    "banner_markup",
    "button",
    "buttons",
    "card",
    "code_block",
    "columns",
    "escape",
    "heading",
    "key_value_table",
    "markup",
    "page",
    "show",
    "stack",
    "stepper",
    "stepper_markup",
    "style",
]

Kind = Literal["info", "ok", "warn", "error", "quiet"]
Role = Literal["primary", "secondary", "danger", "quiet"]
W = TypeVar("W", bound=Any)


_ICONS: dict[str, str] = {"info": "i", "ok": "✓", "warn": "!", "error": "✕", "quiet": "•"}


class Html(str):
    """Markup composed by this package: shown as it is."""

    __slots__ = ()

    def join(self, parts: Iterable[Any], /) -> Html:
        """Return the parts, each escaped, with this between them."""
        return Html(str.join(self, (escape(part) for part in parts)))


def escape(text: object) -> Html:
    """Return ``text`` so that it shows as text; what is ``Html`` already stays as it is."""
    return text if isinstance(text, Html) else Html(html.escape(str(text)))


def markup(template: str, /, **values: object) -> Html:
    """Return ``template`` with every value escaped into its ``{named}`` place."""
    return Html(template.format_map({name: escape(value) for name, value in values.items()}))


class Markup(ipywidgets.HTML):  # type: ignore[misc]  # ipywidgets is untyped
    """An HTML widget whose repr is short, so that a notebook's saved output stays the same."""

    def __repr__(self) -> str:
        return "<Markup>"


class Stack(ipywidgets.VBox):  # type: ignore[misc]
    """A column of widgets whose repr is short."""

    def __repr__(self) -> str:
        return f"<Stack of {len(self.children)}>"


class Row(ipywidgets.HBox):  # type: ignore[misc]
    """A row of widgets whose repr is short."""

    def __repr__(self) -> str:
        return f"<Row of {len(self.children)}>"


def show(text: Said | Html, css_class: str = "") -> ipywidgets.HTML:
    """Return a widget that shows ``text``: escaped, unless it is ``Html``."""
    widget = Markup(value=escape(text if isinstance(text, Html) else said(text)))
    widget.add_class("wb-html")
    if css_class:
        widget.add_class(css_class)
    return widget


def style() -> ipywidgets.HTML:
    """Return the widget that gives the page its look; a page shows it once (``page`` does)."""
    return sheets("look.css")


def sheets(*names: str) -> ipywidgets.HTML:
    """Return the widget that adds style sheets to a page's look; ``names`` are files beside this one."""
    here = files(__package__)
    css = "\n".join((here / name).read_text(encoding="utf-8") for name in names)
    widget = Markup(value=f"<style>{css}</style>")
    widget.add_class("wb-style")
    return widget


def stack(*children: ipywidgets.Widget, gap: Literal["small", "normal", "large"] = "normal") -> Stack:
    """Return the children one under the other."""
    return _classed(Stack(list(children)), "wb-stack", f"wb-gap-{gap}")


def columns(*children: ipywidgets.Widget, weights: Sequence[int] = ()) -> Row:
    """Return the children side by side, one under the other on a narrow page; ``weights`` share the width."""
    row = _classed(Row(list(children)), "wb-columns")
    for child, weight in zip(children, weights, strict=False):
        child.layout.flex = f"{weight} 1 0"
    return row


def page(title: Said, *children: ipywidgets.Widget, subtitle: Said = "") -> Stack:
    """Return a whole page: the look, its heading, and the children."""
    return _classed(Stack([style(), heading(title, 1, subtitle), *children]), "wb-page", "wb-stack")


def heading(title: Said, level: Literal[1, 2, 3] = 2, subtitle: Said = "") -> ipywidgets.HTML:
    """Return a heading of ``level`` with a line of explanation under it."""
    return show(_heading(title, level, subtitle))


def _heading(title: Said, level: int, subtitle: Said) -> Html:
    below = markup('<p class="wb-subtitle">{text}</p>', text=said(subtitle)) if subtitle else Html("")
    return markup(
        '<div class="wb-heading"><{tag} class="wb-h{level}">{title}</{tag}>{below}</div>',
        tag=f"h{level}",
        level=level,
        title=said(title),
        below=below,
    )


def card(title: Said, *children: ipywidgets.Widget, subtitle: Said = "") -> Stack:
    """Return a card: a titled group of what belongs together. The empty title gives a card without one."""
    head = [heading(title, 2, subtitle)] if title else []
    return _classed(Stack([*head, *children]), "wb-card", "wb-stack")


def stepper_markup(names: Sequence[Said], current: int) -> Html:
    """Return the steps of a wizard as markup; ``current`` counts from 0, the steps before it are done."""
    done = markup('<span class="wb-hidden"> ({done})</span>', done=said(N_("done")))
    items = []
    for at, name in enumerate(names):
        state = "done" if at < current else "current" if at == current else "next"
        items.append(
            markup(
                '<li class="wb-step wb-step-{state}"{here}>'
                '<span class="wb-step-mark" aria-hidden="true">{mark}</span>'
                '<span class="wb-step-name">{name}</span>{note}</li>',
                state=state,
                here=Html(' aria-current="step"' if state == "current" else ""),
                mark="✓" if state == "done" else at + 1,
                name=said(name),
                note=done if state == "done" else "",
            )
        )
    return markup(
        '<nav aria-label="{name}"><ol class="wb-stepper">{items}</ol></nav>',
        name=said(N_("Steps")),
        items=Html("").join(items),
    )


def stepper(names: Sequence[Said], current: int = 0) -> ipywidgets.HTML:
    """Return ``stepper_markup`` as a widget; set its ``value`` to a new one when the step changes."""
    return show(stepper_markup(names, current))


def banner_markup(kind: Kind, text: Said | Html, title: Said = "") -> Html:
    """Return a banner as markup: an icon, a title in bold when given, and the text."""
    return markup(
        '<div class="wb-banner wb-{kind}" role="{role}">'
        '<span class="wb-icon" aria-hidden="true">{icon}</span>'
        '<div class="wb-banner-text">{title}<span>{text}</span></div></div>',
        kind=kind,
        role="alert" if kind == "error" else "status",
        icon=_ICONS[kind],
        title=markup("<strong>{title}</strong> ", title=said(title)) if title else Html(""),
        text=text if isinstance(text, Html) else said(text),
    )


def banner(kind: Kind, text: Said | Html, title: Said = "") -> ipywidgets.HTML:
    """Return ``banner_markup`` as a widget. Errors are announced at once, others when the reader is free."""
    return show(banner_markup(kind, text, title))


def badge(text: Said, kind: Kind = "quiet") -> Html:
    """Return a small label with a kind's colour; the text itself says what it means."""
    return markup('<span class="wb-badge wb-{kind}">{text}</span>', kind=kind, text=said(text))


def button(text: Said, role: Role = "secondary", tooltip: Said = "") -> ipywidgets.Button:
    """Return a button; a page has one ``primary`` at most in view."""
    return _classed(
        ipywidgets.Button(description=said(text), tooltip=said(tooltip) or None), "wb-button", f"wb-{role}"
    )


def buttons(*children: ipywidgets.Widget, align: Literal["start", "end", "between"] = "end") -> Row:
    """Return a row of buttons."""
    return _classed(Row(list(children)), "wb-buttons", f"wb-align-{align}")


def code_block(text: str, language: str = "", label: Said = COPY) -> Stack:
    """Return ``text`` as it is, in fixed-width letters, with a button that copies it."""
    block = markup(
        '<pre class="wb-code" tabindex="0" role="region" aria-label="{name}"><code>{text}</code></pre>',
        name=language or said(N_("Code")),
        text=text,
    )
    head = _classed(Row([show(escape(language)), CopyButton(text, label)]), "wb-code-head")
    return _classed(Stack([head, show(block)]), "wb-code-block")


def key_value_table(pairs: Iterable[tuple[Said, Any]], caption: Said = "") -> ipywidgets.HTML:
    """Return names and values in two columns; None and the empty text show as a dash."""
    rows = Html("").join(
        markup("<div><dt>{key}</dt><dd>{value}</dd></div>", key=said(key), value=_value(value))
        for key, value in pairs
    )
    head = markup('<p class="wb-caption">{text}</p>', text=said(caption)) if caption else Html("")
    return show(markup('{head}<dl class="wb-pairs">{rows}</dl>', head=head, rows=rows))


def _value(value: Any) -> Html:
    if value is None or value == "":
        return Html("–")
    return escape(said(value) if isinstance(value, Sentence) else value)


def _classed(widget: W, *names: str) -> W:
    for name in names:
        widget.add_class(name)
    return widget
