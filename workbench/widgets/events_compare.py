"""EVENT COMPARE: the same occurrence over the methods, side by side: the call, what is lost, what it puts at risk (R-EVT-25)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets

from workbench.engine.checks import blocking
from workbench.engine.event_values import composed
from workbench.models.event import Event, EventInput
from workbench.models.event_look import MethodLook
from workbench.sentence import N_, say

from . import look
from .exchange import body_text, headers_markup
from .fold import Fold, Place
from .look import Html
from .messages import Messages
from .page import Frame
from .piece import said
from .tables import table

__all__ = ["EventCompare"]

Chosen = Callable[[], tuple[Event, EventInput] | None]


class EventCompare:
    """A button, and the methods side by side. ``chosen`` gives the event and what is typed; None where there is nothing to compare."""

    def __init__(self, frame: Frame, chosen: Chosen) -> None:
        self.frame, self._chosen = frame, chosen
        self.messages, self.rows = Messages(), Place()
        self.button = look.button(N_("Compare the methods"))
        frame.click(self.button, self.compare, self.messages)
        self.widget = look.card(
            N_("Side by side"),
            look.buttons(self.button, align="start"),
            self.messages.widget,
            self.rows.widget,
            subtitle=N_(
                "The same event by each tab of SendPulse's Events Manager: what goes out, what is lost, what is at risk."
            ),
        )
        self.widget.add_class("wb-event-compare")

    def __repr__(self) -> str:
        return "<EventCompare>"

    async def compare(self) -> None:
        """Show what is typed by every method."""
        self.rows.put()
        chosen = self._chosen()
        if chosen is None:
            return
        event, given = chosen
        wrong = blocking(composed(event, given).problems)
        if wrong:
            self.rows.put(
                look.banner("error", say("Nothing to compare yet. To correct: {count}.", count=len(wrong)))
            )
            return
        found = await self.frame.bench.events.compare(event.id, given)
        self.rows.put(_table(found), *(_whole(one) for one in found))


def _table(found: Sequence[MethodLook]) -> ipywidgets.Widget:
    heads = [N_("Method"), N_("Authorization"), N_("What is lost"), N_("What is at risk")]
    rows = [
        [
            _name(one),
            look.markup("<span>{text}</span>", text=said(one.auth)),
            _lost(one),
            look.markup("<span>{text}</span>", text=said(one.risk)),
        ]
        for one in found
    ]
    return table(heads, rows, N_("The same event by method"))


def _name(one: MethodLook) -> Html:
    badge = look.badge(N_("This event's own"), "ok") if one.chosen else Html("")
    size = said(say("{size} bytes", size=one.size))
    return look.markup(
        '<strong>{title}</strong><br><span class="wb-hint">{size}</span> {badge}',
        title=said(one.title),
        size=size,
        badge=badge,
    )


def _lost(one: MethodLook) -> Html:
    if not one.problems:
        return look.badge(N_("Nothing"), "ok")
    items = Html("").join(
        look.markup("<li>{text}</li>", text=said(problem.sentence)) for problem in one.problems
    )
    return look.markup('<ul class="wb-event-lost">{items}</ul>', items=items)


def _whole(one: MethodLook) -> ipywidgets.Widget:
    line = look.markup(
        '<p class="wb-mono"><strong>{method}</strong> <span class="wb-address">{url}</span></p>',
        method="POST",
        url=one.url,
    )
    parts = (
        look.show(line),
        look.show(headers_markup(one.headers, N_("Request headers"))),
        look.code_block(body_text(one.body), said(say("Request body, {size} bytes", size=one.size))),
    )
    return Fold(say("The call by {method}", method=one.title), look.stack(*parts, gap="small")).widget
