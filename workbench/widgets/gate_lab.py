"""GATE LAB: rehearse how a held sendout ends: a scenario on the left, what becomes of it on the right, at once with every move.

The scenario stands in the address, so that a run can be found again and sent to a colleague.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Awaitable, Callable

import ipywidgets
from pydantic import ValidationError

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.scenario import Result, Scenario, Segment
from workbench.sentence import N_, say

from . import look
from .fields import ChoiceField
from .fold import Place, visible
from .gate_lab_contacts import Contacts
from .gate_lab_form import ScenarioForm
from .gate_lab_limits import Limits
from .gate_lab_outcome import Outcome
from .gate_lab_pair import Pair
from .gate_lab_questions import Questions
from .headline import Headline
from .latest import Latest
from .messages import Messages
from .page import Frame
from .piece import said

__all__ = ["BEGIN", "GateLab", "gate_lab", "scenario_from", "token_of"]

BEGIN = Scenario(
    segments=(Segment(name="new", share=0.3, consent=0.6), Segment(name="regular", share=0.7, consent=0.9)),
    codes=True,
)
"""What stands there at first."""
MOST_OF_A_TOKEN = 20_000
"""A scenario in an address is never longer, packed or unpacked."""
VIEWS = (
    ("contacts", N_("Contacts")),
    ("limits", N_("Break-even")),
    ("questions", N_("Open questions")),
    ("pair", N_("Side by side")),
)


class GateLab:
    """The content of the page."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.result: Result | None = None
        self.messages, self.stale = Messages(), Place()
        self.form = ScenarioForm(BEGIN, self._changed)
        self.outcome = Outcome()
        self.contacts, self.limits = Contacts(frame), Limits(frame)
        self.questions, self.pair = Questions(frame), Pair(frame)
        self.runs = Latest(lambda: self.messages.guard(self._run()))
        self.looks = Latest(lambda: self.closer_messages.guard(self._look()))
        self.closer_messages = Messages()
        self.view = ChoiceField(
            N_("Look closer"),
            [(value, said(words)) for value, words in VIEWS],
            value="contacts",
            style="segmented",
        )
        self.view.observe(lambda _: self._turn(), "value")
        self.keep, self.again = look.button(N_("Keep this run")), look.button(N_("Start over"), "quiet")
        frame.click(self.keep, self._keep, self.messages)
        frame.click(self.again, self._start_over, self.messages)
        self.title = Headline(
            N_("Gate lab"),
            N_(
                "Rehearse how a held sendout ends before a customer feels it. Move a slider: the result follows."
            ),
            level=1,
            focus=False,
        )
        self.widget = look.stack(self.title, self._board())
        self._turn()

    @property
    def place(self) -> str:
        """The scenario as it stands, for the address; nothing where it is the one at first."""
        if self.result is None or self.result.scenario == BEGIN:
            return ""
        return f"scenario={token_of(self.result.scenario)}"

    async def go(self, place: str) -> None:
        """Show the scenario that an address holds; raises Invalid where it holds none."""
        self.form.fill(scenario_from(place.partition("=")[2]))

    async def open(self) -> None:
        """Play the scenario that stands there at first."""
        await self._run()
        self.looks.ask()

    def _board(self) -> ipywidgets.Widget:
        closer = look.card(
            "",
            self.view,
            self.closer_messages.widget,
            self.contacts.widget,
            self.limits.widget,
            self.questions.widget,
            self.pair.widget,
        )
        closer.add_class("wb-lab-card")
        buttons = look.buttons(self.keep, self.again, align="start")
        results = look.stack(buttons, self.messages.widget, self.stale.widget, self.outcome.widget, closer)
        results.add_class("wb-lab-results")
        board = look.columns(self.form.widget, results)
        board.add_class("wb-lab")
        return board

    def _changed(self) -> None:
        self.runs.ask()

    async def _run(self) -> None:
        """Play what is filled in, if it can be played; else the fields say why, and the last run stays, marked as old."""
        ready = self.form.read()
        if ready.value is None:
            self._old(True)
            return
        try:
            result = await self.frame.bench.lab.run(ready.value)
        except Invalid as error:
            self.form.show(error.problems)
            self._old(True)
            return
        self._old(False)
        if result != self.result:
            self.result = result
            self.outcome.show(result)
            self.frame.stand(self.place)
            self.looks.ask()

    def _old(self, old: bool) -> None:
        """Say that what stands there is of the run before, or that it no longer is."""
        text = N_("These figures are of the run before. Put right what is marked in the form.")
        if old and not self.stale.widget.children:
            self.stale.put(look.banner("warn", text))
        elif not old:
            self.stale.put()
        (self.outcome.widget.add_class if old else self.outcome.widget.remove_class)("wb-lab-old")

    async def _look(self) -> None:
        """Bring what is looked at closer up to the run on the page."""
        if self.result is None or self.runs.busy:
            return  # the run that is under way asks again
        shown: dict[str, Callable[[Result], Awaitable[None]]] = {
            "contacts": self.contacts.look_at,
            "limits": self.limits.look_at,
            "questions": self.questions.look_at,
            "pair": self.pair.look_at,
        }
        result = self.result
        await shown[self.view.value](result)
        if result is self.result and not self.runs.busy:
            self.form.show(await self.frame.bench.lab.check(result.scenario))

    def _turn(self) -> None:
        parts = (self.contacts.widget, self.limits.widget, self.questions.widget, self.pair.widget)
        for (value, _), part in zip(VIEWS, parts, strict=True):
            visible(part, value == self.view.value)
        if self.result is not None:
            self.looks.ask()

    async def _keep(self) -> None:
        if self.result is not None:
            self.pair.keep(self.result)
            self.view.value = "pair"

    async def _start_over(self) -> None:
        self.pair.forget()
        self.form.fill(BEGIN)


def token_of(scenario: Scenario) -> str:
    """Return a scenario as a short text of letters that an address takes as they are."""
    text = scenario.model_dump_json(exclude_defaults=True).encode()
    return base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")


def scenario_from(token: str) -> Scenario:
    """Return the scenario of a token; raises Invalid where it is none. What an address holds is not trusted."""
    try:
        packed = base64.b64decode(
            token[:MOST_OF_A_TOKEN] + "=" * (-len(token) % 4), altchars=b"-_", validate=True
        )
        reader = zlib.decompressobj()
        text = reader.decompress(packed, MOST_OF_A_TOKEN)
        return Scenario.model_validate_json(text)
    except (binascii.Error, zlib.error, ValidationError, ValueError) as error:
        sentence = say("The address holds no scenario that can be read, so the page stays as it is.")
        raise Invalid([Problem(field="scenario", sentence=sentence)]) from error


async def gate_lab(frame: Frame) -> GateLab:
    """Return the gate lab with its first run."""
    page = GateLab(frame)
    await page.open()
    return page
