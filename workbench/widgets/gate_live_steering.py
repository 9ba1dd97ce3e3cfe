"""HOLD STEERING: what a person may do with a held sendout: answer it, release it over the leak guard, accept or reject everybody.

A kernel holds only the buttons its person may press: a hidden button can be pressed all the same (measured).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from workbench.models.hold import WAITING, Hold, HoldConfirmation
from workbench.models.person import Role
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fold import Place, visible
from .headline import Headline
from .language import number
from .messages import Messages

__all__ = ["HoldSteering"]

Work = Callable[[], Awaitable[object]]
BY_HAND = frozenset({"ready", "held_back"})


@dataclass(frozen=True)
class Lever:
    """A button: what it says, who may press it, in which states it is offered, and what it does."""

    text: str
    kind: look.Role
    role: Role
    offered: Callable[[Hold], bool]
    work: Work


class HoldSteering:
    """The buttons of one hold and what they ask. ``look_again`` is called after each change."""

    def __init__(self, around: Around, hold: Hold, look_again: Work) -> None:
        self.around, self.hold, self._look = around, hold, look_again
        self.messages, self.action = Messages(), Place()
        self.buttons = [
            (lever, look.button(lever.text, lever.kind)) for lever in self._levers() if around.may(lever.role)
        ]
        for lever, button in self.buttons:
            around.click(button, lever.work, self.messages)
        self.widget = look.stack(
            look.buttons(*(button for _, button in self.buttons), align="start"),
            self.messages.widget,
            self.action.widget,
        )
        self.show(hold)

    def __repr__(self) -> str:
        return "<HoldSteering>"

    def show(self, hold: Hold) -> None:
        """Offer what can be done with a hold as it stands."""
        if hold.state != self.hold.state:
            self.action.put()  # the question was about another state
        self.hold = hold
        for lever, button in self.buttons:
            visible(button, lever.offered(hold))
        visible(self.widget.children[0], any(lever.offered(hold) for lever, _ in self.buttons))

    async def answer(self) -> None:
        """Say what goes out, and ask."""
        tally = self.hold.tally
        text = say(
            "{accepted} contacts are accepted and {rejected} rejected, as decided. The sendout is released when every reject was taken.",
            accepted=number(tally.accepted), rejected=number(tally.rejected),
        )  # fmt: skip
        sure = say(
            "Release {accepted}, reject {rejected}",
            accepted=number(tally.accepted),
            rejected=number(tally.rejected),
        )
        holds = self.around.bench.holds
        self._ask(
            N_("Answer now?"),
            "info",
            text,
            sure,
            "primary",
            lambda: holds.answer(self.hold.id, self._confirmed),
        )

    async def finish_anyway(self) -> None:
        """Say what the leak guard keeps back and what follows without it, and ask."""
        text = say(
            "The leak guard stopped here, because not every reject or write-back was taken. If you release the sendout now, contacts whose "
            "reject was not taken are sent to in spite of the rejection, and messages whose code was not written leave without one. "
            "This cannot be undone, and the journal names you."
        )
        sure = say(
            "Release “{name}” with {contacts} contacts anyway",
            name=self.hold.sendout_name,
            contacts=number(self.hold.tally.contacts),
        )
        holds = self.around.bench.holds
        self._ask(
            N_("Release it over the leak guard?"),
            "error",
            text,
            sure,
            "danger",
            lambda: holds.finish_anyway(self.hold.id, self._confirmed),
        )

    async def accept_all(self) -> None:
        """Say that the rules are overruled, and ask."""
        text = say(
            "All {contacts} contacts are sent to, also the {rejected} that the rules rejected. The sendout is answered at once.",
            contacts=number(self.hold.tally.contacts), rejected=number(self.hold.tally.rejected),
        )  # fmt: skip
        sure = say("Accept all {contacts} contacts", contacts=number(self.hold.tally.contacts))
        holds = self.around.bench.holds
        self._ask(
            N_("Accept everybody?"),
            "warn",
            text,
            sure,
            "danger",
            lambda: holds.accept_all(self.hold.id, self._confirmed),
        )

    async def reject_all(self) -> None:
        """Say that nobody is sent to, and ask."""
        text = say(
            "None of the {contacts} contacts is sent to. Each is rejected, then the empty sendout is released.",
            contacts=number(self.hold.tally.contacts),
        )
        sure = say("Reject all {contacts} contacts", contacts=number(self.hold.tally.contacts))
        holds = self.around.bench.holds
        self._ask(
            N_("Reject everybody?"),
            "warn",
            text,
            sure,
            "danger",
            lambda: holds.reject_all(self.hold.id, self._confirmed),
        )

    async def forget(self) -> None:
        """Say what is forgotten, and ask."""
        text = N_(
            "Forgotten are the platform's addresses and the contacts' ids, for good. Counts, reasons and the timeline stay."
        )
        holds = self.around.bench.holds
        self._ask(
            N_("Forget the contacts?"),
            "warn",
            text,
            N_("Forget the contacts"),
            "danger",
            lambda: holds.forget(self.hold.id),
        )

    # ----------------------------------------------------------------------------------------------------------------

    @property
    def _confirmed(self) -> HoldConfirmation:
        """What the person read in the question: the sendout's name, and how many contacts it has."""
        return HoldConfirmation(sendout_name=self.hold.sendout_name, contacts=self.hold.tally.contacts)

    def _levers(self) -> Sequence[Lever]:
        return (
            Lever(N_("Answer now"), "primary", "operator", _by_hand, self.answer),
            Lever(N_("Accept everybody"), "secondary", "operator", _by_hand, self.accept_all),
            Lever(N_("Reject everybody"), "secondary", "operator", _by_hand, self.reject_all),
            Lever(
                N_("Release it anyway"),
                "danger",
                "operator",
                lambda hold: hold.state == "held_back",
                self.finish_anyway,
            ),
            Lever(
                N_("Forget the contacts"),
                "quiet",
                "admin",
                lambda hold: hold.state not in WAITING,
                self.forget,
            ),
        )

    def _ask(
        self,
        title: str,
        kind: look.Kind,
        text: str | Sentence,
        sure: str | Sentence,
        role: look.Role,
        work: Work,
    ) -> None:
        go, leave = look.button(sure, role), look.button(N_("Leave it"))

        async def once() -> None:
            self.action.put()
            await work()
            await self._look()

        self.around.click(go, once, self.messages)
        leave.on_click(lambda _: self.action.put())
        facts = [
            (N_("Sendout"), self.hold.sendout_name),
            (N_("Contacts"), number(self.hold.tally.contacts)),
            (N_("Platform"), self.hold.host),
        ]
        panel = look.stack(
            Headline(title, level=3),
            look.banner(kind, text),
            look.key_value_table(facts),
            look.buttons(leave, go, align="start"),
        )
        panel.add_class("wb-panel")
        self.action.put(panel)


def _by_hand(hold: Hold) -> bool:
    return hold.state in BY_HAND
