"""OPERATIONS UPKEEP: how long things are kept, what is due to go by that before it goes, letting it go now, and what went last."""

from __future__ import annotations

from workbench.errors import Forbidden
from workbench.models.upkeep import Retention, UpkeepState
from workbench.sentence import N_, Sentence, say

from . import look
from .fields import TextField
from .fold import Place, visible
from .language import number, when
from .messages import Messages
from .operations_words import due_rows
from .page import Frame
from .piece import said
from .sure import Sure

__all__ = ["UpkeepPart"]

MOST_DAYS = 36_500
WRONG = N_("Type a whole number of days from 1 to 36500, or leave it empty: then it is kept for good.")
WHO_MAY = N_("Somebody with the role admin can change this.")


class UpkeepPart:
    """The part. What is typed stays until it is saved; what is due is read anew whenever the part is shown."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.state: UpkeepState | None = None
        self.messages, self.done_messages = Messages(), Messages()
        self.sure = Sure(frame, self.done_messages)
        self.fields = {
            name: TextField(
                field.title or "",
                hint=field.description or "",
                input_type="number",
                placeholder=N_("for good"),
            )
            for name, field in Retention.model_fields.items()
        }
        self.kept, self.due, self.last = Place(), Place(), Place()
        self.save, self.clean = (
            look.button(N_("Keep it this long"), "primary"),
            look.button(N_("Let it go now…")),
        )
        frame.click(self.save, self._save, self.messages)
        frame.click(self.clean, self._ask, self.done_messages)
        may = frame.may("admin")
        self.form = (
            look.stack(*self.fields.values(), look.buttons(self.save, align="start")) if may else look.stack()
        )
        self.why = look.show("", "wb-hint")
        self.cards = look.stack(
            look.card(
                N_("How long things are kept"),
                self.kept.widget,
                self.form,
                self.messages.widget,
                subtitle=N_(
                    "Nothing goes until somebody says so here. What is older goes within a day, while the server runs."
                ),
            ),
            look.card(
                N_("Due to go"),
                self.due.widget,
                look.buttons(self.clean, align="start"),
                self.sure.widget,
                self.done_messages.widget,
                self.last.widget,
                subtitle=N_("Older than it is to be kept, and not under way."),
            ),
        )
        self.widget = look.stack(self.why, self.cards)
        visible(self.why, False)

    async def refresh(self) -> None:
        """Read how long things are kept and what is due."""
        try:
            state = await self.frame.bench.upkeep.state()
        except Forbidden as error:  # somebody who works for some units only
            self.why.value = look.banner_markup("info", error.sentence)
            visible(self.why, True)
            visible(self.cards, False)
            return
        if self.state is None or state.retention != self.state.retention:
            for name, field in self.fields.items():
                days = getattr(state.retention, name)
                field.value = "" if days is None else f"{days}"
        self._show(state)

    async def go(self, place: str) -> None:
        """Nothing inside this part has a name of its own."""

    async def _save(self) -> None:
        days = {name: _days(field.value) for name, field in self.fields.items()}
        for name, field in self.fields.items():
            field.error = WRONG if days[name] == 0 else ""
        if 0 in days.values():
            return
        self._show(await self.frame.bench.upkeep.set_retention(Retention.model_validate(days)))
        self.messages.show("ok", N_("Kept. Below stands what is due by that; nothing has gone yet."))

    async def _ask(self) -> None:
        await self.refresh()
        assert self.state is not None, "it was read just now"
        text = say(
            "These {count} things go for good and cannot be brought back. Make a backup first where you may want them again.",
            count=self.state.due.total,
        )
        self.sure.ask(N_("Let this go for good?"), text, N_("Let it go"), self._clean)

    async def _clean(self) -> None:
        gone = await self.frame.bench.upkeep.clean_now()
        await self.refresh()
        self.done_messages.show("ok", say("{count} things went for good.", count=gone.total))

    def _show(self, state: UpkeepState) -> None:
        self.state = state
        if not self.frame.may("admin"):
            pairs = [
                (field.label, _kept(getattr(state.retention, name))) for name, field in self.fields.items()
            ]
            self.kept.put(look.key_value_table(pairs), look.show(WHO_MAY, "wb-hint"))
        self.due.put(
            look.key_value_table(due_rows(state.due)) if state.due.total else look.show(N_("Nothing is due."))
        )
        visible(self.clean, self.frame.may("admin") and state.due.total > 0)
        self.last.put(*_last(state))


def _last(state: UpkeepState) -> list[look.Markup]:
    if state.done_at is None:
        return [look.show(N_("The upkeep was not done yet."), "wb-hint")]
    if state.done is None or not state.done.total:
        return [look.show(say("Done last on {at} UTC: nothing was due.", at=when(state.done_at)), "wb-hint")]
    return [
        look.key_value_table(
            due_rows(state.done), say("Done last on {at} UTC. What went:", at=when(state.done_at))
        )
    ]


def _days(text: str) -> int | None:
    """Return the days that are typed, None for good, 0 for what is no number of days."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) <= 6 and 1 <= int(text) <= MOST_DAYS else 0


def _kept(days: int | None) -> str | Sentence:
    return said(N_("for good")) if days is None else say("{days} days", days=number(days))
