"""EVENT LOOK: what goes out, live while it is typed: the exact request, and the flow's messages filled with it."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets

from workbench.models.base import Problem
from workbench.models.event import MessagePreview
from workbench.models.event_look import Looked
from workbench.sentence import N_, Sentence, say

from . import look
from .exchange import findings
from .fold import Place, visible
from .look import Html
from .request_sheet import RequestSheet

__all__ = ["OccurrenceLook"]


class OccurrenceLook:
    """The cards beside the form. Their parts stay and only change their text: a keystroke makes nothing flicker.

    ``ways`` stand below the request, as long as there is one.
    """

    def __init__(self, *ways: ipywidgets.Widget) -> None:
        self.state = look.show("")
        self.rest = Place()
        self.sheet = RequestSheet(*ways)
        self._problems: tuple[Problem, ...] | None = None
        self.messages = look.show("")
        self.message_card = look.card(
            N_("In the flow's messages"),
            self.messages,
            subtitle=N_(
                "The texts of the contract, filled with these values. SendPulse itself fills the real ones."
            ),
        )
        self.widget = look.stack(
            look.card(N_("What goes out"), self.state, self.rest.widget, self.sheet.widget), self.message_card
        )
        visible(self.message_card, False)

    def __repr__(self) -> str:
        return "<OccurrenceLook>"

    def invite(self) -> None:
        """Say what to do first."""
        self.state.value = look.banner_markup(
            "info", N_("Choose an event, and type an e-mail address or a phone number.")
        )
        self.rest.put()
        self._problems = None
        self.sheet.show(None)
        visible(self.message_card, False)

    def show(self, looked: Looked, rest: Sequence[Problem]) -> None:
        """Show an occurrence; ``rest`` is what is said of no field."""
        self.state.value = _state(looked)
        problems = (*rest, *looked.request.problems) if looked.composed.ok else tuple(rest)
        if problems != self._problems:
            self._problems = problems
            self.rest.put(*findings(problems))
        self.sheet.show(looked.request)
        self.messages.value = _messages(looked.messages)
        visible(self.message_card, bool(looked.messages))


def _state(looked: Looked) -> Html:
    """Return in one banner whether it can go, and what is in its way."""
    made = looked.composed
    wrong = sum(1 for problem in made.problems if problem.blocks)
    if wrong:
        return look.banner_markup(
            "error", say("Not ready: {count} to correct. Each is said beside its field.", count=wrong)
        )
    if looked.held_back is not None:
        return look.banner_markup("error", looked.held_back, N_("Consent"))
    if looked.request.request is None:
        return look.banner_markup("info", N_("The values are in order. It cannot be sent yet."))
    if looked.earlier is not None:
        return look.banner_markup("warn", gone_before(looked), N_("Sent already"))
    doubts = sum(1 for problem in made.problems if problem.level == "warning")
    if doubts:
        return look.banner_markup(
            "warn", say("It can go out. Worth a look: {count}.", count=doubts), N_("Ready")
        )
    return look.banner_markup("ok", N_("It goes out exactly as shown here."), N_("Ready"))


def gone_before(looked: Looked) -> Sentence:
    """Return when the same went before."""
    assert looked.earlier is not None
    return say(
        "The same event went to the same contact at {at} UTC. Within {minutes} minutes it needs a second word.",
        at=f"{looked.earlier.at:%H:%M:%S}",
        minutes=looked.earlier.minutes,
    )


def _messages(found: Sequence[MessagePreview]) -> Html:
    return Html("").join(_message(one) for one in found)


def _message(one: MessagePreview) -> Html:
    """Return one message: its text as it would read, what it lacks, what it leaves unused."""
    told: list[tuple[look.Kind, Sentence]] = []
    if one.missing:
        told.append(("error", say("Missing: {names}", names=", ".join(one.missing))))
    told += [("warn" if problem.level != "error" else "error", problem.sentence) for problem in one.problems]
    if one.unused:
        told.append(("quiet", say("Not used here: {names}", names=", ".join(one.unused))))
    badges = Html("").join(
        look.markup("<li>{badge}</li>", badge=look.badge(text, kind)) for kind, text in told
    )
    return look.markup(
        '<section class="wb-event-message"><h3 class="wb-h4">{name}</h3><div class="wb-event-text">{text}</div>'
        '<ul class="wb-event-told">{badges}</ul></section>',
        name=one.name,
        text=one.text,
        badges=badges,
    )
