"""COMPOSE COMPARE: the same text as each provider would get it, side by side, with what it loses there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets

from workbench.engine.standing import lasting
from workbench.models.message_draft import Compared, MessageDraft
from workbench.sentence import N_, Sentence, say

from . import look
from .exchange import request_view
from .fold import Fold, Place
from .look import Html
from .messages import Messages
from .page import Frame
from .piece import said
from .sms_compose_words import ENCODINGS, checks_markup, list_markup, money, one_line, whole
from .tables import table

__all__ = ["ComposeCompare"]


class ComposeCompare:
    """A button, and the table of all providers."""

    def __init__(self, frame: Frame, draft: Callable[[], MessageDraft]) -> None:
        self.frame, self._draft = frame, draft
        self.messages, self.rows = Messages(), Place()
        self.button = look.button(N_("Compare all providers"))
        frame.click(self.button, self.compare, self.messages)
        self.widget = look.card(
            N_("Side by side"),
            look.buttons(self.button, align="start"),
            self.messages.widget,
            self.rows.widget,
            subtitle=N_(
                "The same text as each provider would get it, through an account of yours or an example."
            ),
        )
        self.widget.add_class("wb-sms-compare")

    def __repr__(self) -> str:
        return "<ComposeCompare>"

    async def compare(self) -> None:
        """Show the draft by every provider."""
        found = await self.frame.bench.messages.compare(self._draft())
        self.rows.put(
            _table(found),
            *(Fold(_fold_title(one), request_view(one.request)).widget for one in found if one.request),
        )


def _table(found: Sequence[Compared]) -> ipywidgets.Widget:
    heads = [
        N_("Provider"), N_("From, and to as it wants it"), N_("Length, cost, time"), N_("What stands against it, and what it loses"),
    ]  # fmt: skip
    rows = [[_name(one), _ends(one), _facts(one), _against(one)] for one in found]
    return table(heads, rows, N_("The same text by provider"))


def _facts(one: Compared) -> Html:
    """Return how long it is, in how many requests it goes, and what it costs and takes: a line each."""
    lines = [
        _length(one),
        said(say("Requests: {count}", count=one.requests)),
        money(one.amount, one.currency),
    ]
    if one.seconds is not None:
        lines.append(said(lasting(one.seconds)))
    return look.Html("<br>").join(one_line(line) for line in lines if line)


def _ends(one: Compared) -> Html:
    return look.markup("{sender}<br>{to}", sender=whole(one.sender), to=whole(one.to))


def _against(one: Compared) -> Html:
    told = checks_markup(one.problems) if one.problems else Html("")
    return look.markup(
        '<div class="wb-sms-against">{told}{loses}</div>', told=told, loses=list_markup(one.loses)
    )


def _name(one: Compared) -> Html:
    badge = look.badge(say("{account}", account=one.account), "ok") if one.own else look.badge(N_("Example"))
    return look.markup('<strong class="wb-sms-whole">{name}</strong> {badge}', name=one.name, badge=badge)


def _length(one: Compared) -> str:
    if one.meter is None:
        return ""
    return said(
        say("{encoding}, segments: {count}", encoding=ENCODINGS[one.meter.encoding], count=one.meter.segments)
    )


def _fold_title(one: Compared) -> Sentence:
    return say("The request to {provider}", provider=one.name)
