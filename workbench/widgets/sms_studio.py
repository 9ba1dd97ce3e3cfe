"""SMS STUDIO: what a provider would call with, played to the real receiver: as it should come, and as it should not."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from workbench.models.message import Delivery, DeliveryFilter
from workbench.models.studio import StudioCourse, StudioPlan
from workbench.sentence import N_, say

from . import look
from .fields import ChoiceField, TextField
from .fold import Fold, Place, visible
from .language import number
from .messages import Messages
from .page import Frame
from .piece import said
from .sms_studio_words import (
    HOWS,
    LIMITS,
    call_face,
    course_name,
    delivery_name,
    numbers_markup,
    played_face,
    results,
    shown_title,
    tally,
)

__all__ = ["Studio"]

OFFERED: Final = 25
"""Deliveries that can be chosen one by one, the newest first."""
SHOWN: Final = 40
"""Calls that are shown with all their bytes; of more, the table alone."""
SEVERAL: Final = (10, 100)


class Studio:
    """The studio. Everybody may look at what would be called; an operator plays it, in a rehearsal."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.courses: dict[str, StudioCourse] = {}
        self.deliveries: list[Delivery] = []
        self._filling = False
        self._turning = asyncio.Lock()
        self.messages, self.result = Messages(), Place()
        self.account = ChoiceField(N_("Account"), required=True)
        self.course = ChoiceField(N_("What happens"), required=True)
        self.delivery = ChoiceField(
            N_("Deliveries"),
            hint=N_("Which text the reports are about. A text that comes in is from its recipient."),
        )
        self.how = ChoiceField(N_("How it comes"), style="radio", required=True)
        self.late_h = TextField(N_("Hours late"), value="6", input_type="number")
        self.sender = TextField(
            N_("From the number"), input_type="tel", hint=N_("Empty: whom the delivery went to."), placeholder="+15005550006",
        )  # fmt: skip
        self.body = TextField(N_("Text"), multiline=True, rows=2, value="YES please")
        look_at, play = look.button(N_("Show the calls")), look.button(N_("Play the calls"), "primary")
        frame.click(look_at, self.preview, self.messages)
        frame.click(play, self.play, self.messages)
        self.numbers = look.show("")
        self.endings = Fold(N_("Numbers that end a rehearsed text otherwise"), self.numbers).widget
        may_play = frame.may("operator") and frame.facts.mode == "rehearsal"
        self.form = look.stack(
            look.columns(self.account, self.course),
            look.columns(self.delivery, self.sender),
            self.body,
            self.how,
            self.late_h,
            look.buttons(look_at, *([play] if may_play else []), align="start"),
        )
        self.empty = look.banner(
            "info", N_("There is no account yet. Set one up under “Accounts”, then play its calls here.")
        )
        live = [
            look.banner(
                "info",
                N_(
                    "The studio plays in a rehearsal only: in live mode a made-up report would change real records."
                ),
            )
        ]
        self.account.observe(lambda _: self._moved(self._turn()), "value")
        self.course.observe(lambda _: self._fit(), "value")
        self.how.observe(lambda _: self._fit(), "value")
        self.widget = look.card(
            N_("Callback studio"),
            *(live if frame.facts.mode == "live" else []),
            self.empty,
            self.form,
            self.messages.widget,
            self.result.widget,
            self.endings,
            subtitle=N_(
                "Play what a provider would call with, to the real receiver. Nothing leaves this machine."
            ),
        )

    def __repr__(self) -> str:
        return f"<Studio of {len(self.courses)} courses>"

    async def refresh(self) -> None:
        """Read accounts and deliveries anew; what is chosen stays chosen."""
        listed = [one.account for one in await self.frame.bench.sms_accounts.list()]
        options = [(one.id, one.name) for one in listed if not one.read_only]
        visible(self.empty, not options)
        visible(self.form, bool(options))
        visible(self.endings, bool(options))
        self._choose(self.account, options)
        if options:
            await self._turn()

    async def go(self, place: str) -> None:
        """Choose what a link names: ``account=…``, or ``delivery=…`` with its account."""
        kind, _, id = place.partition("=")
        if kind == "delivery":
            found = await self.frame.bench.callbacks.delivery(id)
            await self._at_account(found.account_id)
            if id not in {one.id for one in self.deliveries}:
                self.deliveries = [found, *self.deliveries]
            self._offer_deliveries(id)
        elif kind == "account":
            await self._at_account(id)

    async def preview(self) -> None:
        """Show the calls as they would be made."""
        plan = await self._settled_plan()
        if plan is not None:
            shown = list(await self.frame.bench.studio.preview(plan))
            self.result.put(
                look.heading(shown_title(len(shown)), 3),
                *(call_face(at, call, opened=at == 1) for at, call in enumerate(shown[:SHOWN], 1)),
            )

    async def play(self) -> None:
        """Make the calls, and show what came of each."""
        plan = await self._settled_plan()
        if plan is None:
            return
        played = list(await self.frame.bench.studio.play(plan))
        refused = sum(not 200 <= one.status < 300 for one in played)
        self.messages.show("ok" if not refused else "info", tally(len(played), refused))
        self.result.put(results(played), *(played_face(at, one) for at, one in enumerate(played[:SHOWN], 1)))

    # ------------------------------------------------------------------------------------------------------------------

    async def _at_account(self, id: str) -> None:
        if id not in {value for value, _, _ in self.account.options}:
            return
        self._filling = True
        self.account.value = id
        self._filling = False
        await self._turn()

    def _moved(self, work: object) -> None:
        """Begin ``work`` after a person chose something; what the page itself fills in needs none."""
        if self._filling:
            work.close()  # type: ignore[attr-defined]  # a coroutine that is not wanted
        else:
            self.frame.start(work, self.messages)  # type: ignore[arg-type]

    async def _turn(self) -> None:
        """Offer what can be played with the chosen account, and of which deliveries."""
        async with self._turning:
            await self._offer(self.account.value)

    async def _offer(self, id: str) -> None:
        """Offer what can be played with an account."""
        self.courses = {one.key: one for one in await self.frame.bench.studio.courses(id)}
        wanted = DeliveryFilter(account_id=id, limit=max(SEVERAL))
        self.deliveries = list(await self.frame.bench.callbacks.deliveries(wanted))
        self.numbers.value = numbers_markup(await self.frame.bench.studio.numbers(id))
        self._choose(self.course, [(key, course_name(one)) for key, one in self.courses.items()])
        self._offer_deliveries(self.delivery.value)
        self._fit()

    def _offer_deliveries(self, chosen: str) -> None:
        several = [
            (
                f"newest:{count}",
                said(say("The newest {count}", count=number(min(count, len(self.deliveries))))),
            )
            for count in SEVERAL
            if len(self.deliveries) > 1
        ]
        each = [(one.id, delivery_name(one)) for one in self.deliveries[:OFFERED]]
        options = [*each, *several, ("", said(N_("None: a message that nobody sent")))]
        self._choose(self.delivery, options, chosen)

    def _choose(
        self, field: ChoiceField, options: Sequence[tuple[str, str]], wanted: str | None = None
    ) -> None:
        """Offer options in a field; the value that is wanted, or chosen, stays where it is among them."""
        wanted = field.value if wanted is None else wanted
        values = [value for value, _ in options]
        self._filling = True
        field.options = list(options)
        field.value = wanted if wanted in values and wanted else values[0] if values else ""
        self._filling = False

    def _fit(self) -> None:
        """Show the fields that the chosen course and way need."""
        course = self.courses.get(self.course.value)
        if course is None or self._filling:
            return
        self._filling = True
        options = [(how, said(HOWS[how][0]), said(HOWS[how][1])) for how in course.hows]
        chosen = self.how.value if self.how.value in course.hows else course.hows[0]
        self.how.options = options
        self.how.value = chosen
        self._filling = False
        visible(self.late_h, chosen == "late")
        visible(self.delivery, course.kind != "handshake")
        visible(self.sender, course.kind == "inbound")
        visible(self.body, course.key == "text")

    async def _settled_plan(self) -> StudioPlan | None:
        """Return what is chosen, once what an account offers is there: who clicks at once means what he sees a moment later."""
        async with self._turning:
            return self._plan()

    def _plan(self) -> StudioPlan | None:
        """Return what is chosen; None where something cannot be, which stands beside its field."""
        course = self.courses.get(self.course.value)
        self.late_h.error = self.body.error = self.sender.error = ""
        if course is None:
            return None
        inbound = course.kind == "inbound"
        if course.key == "text" and not self.body.value.strip():
            self.body.error = N_("Write what somebody texts.")
            return None
        try:
            late_h = float(self.late_h.value) if self.how.value == "late" else 0.0
            if not math.isfinite(late_h):
                raise ValueError(late_h)
            return StudioPlan(
                account_id=self.account.value, course=course.key, how=self.how.value,
                delivery_ids=() if course.kind == "handshake" else self._chosen_deliveries(),
                sender=self.sender.value.strip() if inbound else "", body=self.body.value if course.key == "text" else "",
                late_h=late_h,
            )  # fmt: skip
        except ValidationError as error:
            wrong = {str(item["loc"][0]) for item in error.errors(include_url=False, include_input=False)}
            fields = {"late_h": self.late_h, "body": self.body, "sender": self.sender}
            for name in wrong & fields.keys():
                fields[name].error = LIMITS[name]
        except ValueError:
            self.late_h.error = LIMITS["late_h"]
        return None

    def _chosen_deliveries(self) -> tuple[str, ...]:
        kind, _, count = self.delivery.value.partition(":")
        if kind == "newest":
            return tuple(one.id for one in self.deliveries[: int(count)])
        return (self.delivery.value,) if self.delivery.value else ()
