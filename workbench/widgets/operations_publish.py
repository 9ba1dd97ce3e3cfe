"""OPERATIONS PUBLISH: what would be unsafe about this server's published pages and its own address, each with its fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.errors import Forbidden
from workbench.models.publish import PublishFinding
from workbench.models.server_state import PublishLook
from workbench.sentence import N_, Sentence, say

from . import look
from .fold import Place
from .language import number
from .messages import Messages
from .operations_words import RULES, for_admins
from .page import Frame
from .piece import said
from .tables import table

__all__ = ["PublishPart"]

ELSEWHERE = N_(
    "How the pages themselves are reached from outside is looked at from there: give the address that your visitors use, "
    "and add the files of your proxy."
)


class PublishPart:
    """The part, for admins. It is looked at when the button is pressed: the server asks itself as a stranger would."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.messages, self.told = Messages(), Place()
        self.button = look.button(N_("Look now"), "primary")
        frame.click(self.button, self._look, self.messages)
        self.command = Place()
        self._offer("")
        cards = look.stack(
            look.card(
                N_("Safe to publish?"),
                look.buttons(self.button, align="start"),
                self.messages.widget,
                self.told.widget,
                subtitle=N_(
                    "The published pages, this server's settings and its own address are read for the unsafe ways."
                ),
            ),
            look.card(N_("Look at the running address too"), look.show(ELSEWHERE), self.command.widget),
        )
        self.widget = cards if frame.may("admin") else for_admins(N_("Safe to publish?"), frame.facts.person)

    async def refresh(self) -> None:
        """Leave what was found: it is looked at when somebody asks."""

    async def go(self, place: str) -> None:
        """Nothing inside this part has a name of its own."""

    async def _look(self) -> None:
        self.messages.show("info", N_("It is being looked at…"))
        try:
            found = await self.frame.bench.upkeep.publish()
        except Forbidden as error:  # an admin of some units only
            self.messages.show("info", error.sentence)
            return
        self.messages.clear()
        self.show(found)

    def show(self, found: PublishLook) -> None:
        """Show what was looked at and what was found."""
        self._offer(found.public)
        if found.found:
            count = say(
                "Do not publish this yet. Unsafe things found: {count}.", count=number(len(found.found))
            )
            result = [
                look.banner("error", count),
                table((N_("What"), N_("Where"), N_("What to do")), _rows(found.found)),
            ]
        else:
            result = [look.banner("ok", N_("Nothing unsafe was found."))]
        missed = [look.banner("warn", found.missed, N_("Not looked at:"))] if found.missed else []
        self.told.put(*result, *missed, look.show(_looked_at(found), "wb-hint"))

    def _offer(self, public: str) -> None:
        address = public or "https://pages.example.com"
        self.command.put(look.code_block(f"workbench check publish --at {address} /etc/nginx/sites-enabled"))


def _looked_at(found: PublishLook) -> Sentence:
    if found.address:
        return say(
            "Looked at: {count} published pages, the server's settings, and the server at {address}.",
            count=number(found.notebooks),
            address=found.address,
        )
    return say("Looked at: {count} published pages and the server's settings.", count=number(found.notebooks))


def _rows(found: Sequence[PublishFinding]) -> list[list[Any]]:
    return [[said(RULES[one.rule]), _where(one), said(one.sentence)] for one in found]


def _where(one: PublishFinding) -> str:
    return (
        one.field if one.line is None else said(say("{where}, line {line}", where=one.field, line=one.line))
    )
