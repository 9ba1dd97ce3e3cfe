"""DRAFT ROW: one thing begun and not saved yet, on a catalogue page: resume it, or discard it after a second look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fold import visible
from .messages import Messages
from .piece import said

__all__ = ["draft_row"]


def draft_row(
    around: Around,
    messages: Messages,
    name: str,
    line: Sentence | str,
    *,
    resume: Callable[[], Awaitable[object]],
    discard: Callable[[], Awaitable[object]],
) -> look.Row:
    """Return the row. ``discard`` runs once it was asked and meant; it says itself what became of the draft."""
    text = look.show(
        look.markup(
            '<div class="wb-item"><strong>{name}</strong><span>{line}</span></div>',
            name=name,
            line=said(line),
        )
    )
    on = look.button(N_("Resume"), tooltip=say("Resume “{name}”", name=name))
    off = look.button(N_("Discard"), "quiet", tooltip=say("Discard “{name}”", name=name))
    sure = look.button(N_("Really discard"), "danger", tooltip=say("Discard “{name}”", name=name))
    keep = look.button(N_("Keep it"), "quiet", tooltip=say("Keep “{name}”", name=name))
    row = look.buttons(text, on, off, sure, keep, align="between")
    row.add_class("wb-item-row")

    def ask(asked: bool) -> None:
        for button in (on, off):
            visible(button, not asked)
        for button in (sure, keep):
            visible(button, asked)

    ask(False)
    around.click(on, resume, messages)
    around.click(sure, discard, messages)
    off.on_click(lambda _: ask(True))
    keep.on_click(lambda _: ask(False))
    return row
