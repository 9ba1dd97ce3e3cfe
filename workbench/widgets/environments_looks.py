"""LOOKS: the card of a promotion with its changes and the secrets it asks for, and the card of a roll-back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from workbench.errors import Invalid
from workbench.models.environment import EnvironmentSet, Promotion, RollBack
from workbench.sentence import N_, say

from . import look
from .around import Around
from .environments_words import TITLES, changes_table, kept_line, secret_name, usual_addresses
from .fields import SecretField, TextField
from .headline import Headline
from .language import when
from .messages import Messages
from .piece import said
from .secrets import Desk, KeptSecret

Done = Callable[[EnvironmentSet | None], Awaitable[object]]
"""Called with what came of it, or with None when it was put away."""


class PromotionLook:
    """What a promotion changes, and one button that carries it out once every secret it asks for is typed."""

    def __init__(self, around: Around, promotion: Promotion, done: Done) -> None:
        self.around, self.promotion = around, promotion
        self.desk = Desk(around.bench.secrets)
        self.messages = Messages()
        self._done = done
        self.secrets = {
            place: KeptSecret(self.desk, SecretField(secret_name(promotion.definition, place), required=True))
            for place in promotion.missing
        }
        source, target = said(TITLES[promotion.source]), said(TITLES[promotion.target])
        self.url = TextField(
            say("Address in {environment}", environment=target), value=str(promotion.definition.get("url", "")), monospace=True,
            hint=N_("Give each environment its own address, so that a test reaches no real contact."),
        )  # fmt: skip
        first = not promotion.target_mark and self.url.value not in usual_addresses(promotion.definition)
        go = look.button(say("Promote to {environment}", environment=target), "primary")
        leave = look.button(N_("Leave it as it is"), "quiet")
        around.click(go, self.apply, self.messages)
        around.click(leave, lambda: done(None), self.messages)
        kept = [look.show(kept_line(promotion.kept, promotion.target))] if promotion.kept else []
        why = N_("Secrets never travel from one environment to another. Type each one and lock it.")
        asked = [look.heading(N_("Its secrets"), 3, why)] if self.secrets else []
        self.widget = look.card(
            "",
            Headline(
                say("Promote {source} to {target}", source=source, target=target), N_("Nothing is changed before you press the button."),
            ),
            changes_table(promotion.changes, say("What changes in {environment}", environment=target)),
            *kept, *([self.url] if first else []), *asked, *(one.widget for one in self.secrets.values()),
            self.messages.widget, look.buttons(go, leave, align="start"),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<PromotionLook {self.promotion.source} {self.promotion.target}>"

    async def open(self) -> None:
        """Get the key that secrets are sealed with."""
        await self.desk.open()

    async def apply(self) -> None:
        """Carry it out; a secret that lacks is said beside its field."""
        await self.desk.idle()
        refs = {place: kept.ref for place, kept in self.secrets.items() if kept.ref is not None}
        environments, promotion = self.around.bench.environments, self.promotion
        self.url.error = ""
        try:
            if self.url.value != promotion.definition.get("url"):
                own = {"url": self.url.value}
                promotion = await environments.promote(
                    promotion.set_id, promotion.source, promotion.target, own
                )
            found = await environments.apply(promotion, refs)
        except Invalid as error:
            others = [one for one in error.problems if one.field not in {*self.secrets, "url"}]
            for problem in error.problems:
                if problem.field in self.secrets:
                    self.secrets[problem.field].show((), say("Type this secret and lock it."))
                elif problem.field == "url":
                    self.url.error = problem.sentence
            if others:
                raise Invalid(others) from None
            return
        await self._done(found)


class RollBackLook:
    """What a roll-back changes, and the one button that does it."""

    def __init__(self, around: Around, back: RollBack, done: Done) -> None:
        self.around, self.back = around, back
        self.messages = Messages()
        self._done = done
        where = said(TITLES[back.environment])
        go = look.button(say("Roll {environment} back", environment=where), "danger")
        leave = look.button(N_("Leave it as it is"), "quiet")
        around.click(go, self.apply, self.messages)
        around.click(leave, lambda: done(None), self.messages)
        self.widget = look.card(
            "",
            Headline(
                say("Roll {environment} back", environment=where),
                say("To what it was before {at} UTC, with the secrets of then. Done again, it undoes itself.", at=when(back.at)),
            ),
            changes_table(back.changes, say("What changes in {environment}", environment=where)),
            self.messages.widget, look.buttons(go, leave, align="start"),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<RollBackLook {self.back.environment}>"

    async def apply(self) -> None:
        """Roll back to what was looked at."""
        back = self.back
        await self._done(await self.around.bench.environments.roll_back(back.set_id, back.environment, back.mark))  # fmt: skip
