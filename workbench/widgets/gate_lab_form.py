"""GATE LAB FORM: the scenario: whom the sendout goes to, how the connected system answers, how the platform waits, the open questions.

Each input holds one path of the document that ``Scenario`` reads, so that the form has no rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from workbench.models.base import JsonValue, Problem
from workbench.models.gate import CAMPAIGN_MANAGER_LIMIT_MIN
from workbench.models.platform import QUESTIONS
from workbench.models.scenario import Scenario
from workbench.sentence import N_, say

from . import look
from .fields import TextField
from .fold import Fold, Place, visible
from .gate_lab_fields import Changed, Entry, Ready, choice, figure, minutes_list, problems_of, scale, toggle
from .gate_lab_segments import Segments
from .gate_lab_words import FLOWS, PROFILES, SWITCH_WORDS, duration, length
from .gate_lab_words import SETTING_WORDS as NAMES
from .language import number

__all__ = ["ScenarioForm"]

CALL_MS = (
    0, 5, 10, 20, 50, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10_000, 20_000, 30_000, 60_000,
)  # fmt: skip
AT_ONCE = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
FOLDED = ("work_ms", "spread", "failing", "failing_writes", "code_guard", "acknowledged")
START_MIN = (0, 1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 58, 60, 65, 75, 90, 120, 180, 240)


class ScenarioForm:
    """The form; ``changed`` is called whenever anything in it is. ``read`` gives the scenario, or what is wrong."""

    def __init__(self, scenario: Scenario, changed: Changed) -> None:
        self._changed = changed
        self._quiet = False
        self._notes: tuple[Problem, ...] = ()
        self._told: list[Problem] = []
        self.title = Entry("title", TextField(NAMES["title"], value=scenario.title), self._heard)
        self.segments = Segments(scenario.segments, self._heard)
        self.entries: dict[str, Entry] = {
            one.path: one
            for one in (
                self.title,
                *self._sendout(scenario),
                *self._answering(scenario),
                *self._platform(scenario),
                *self._questions(scenario),
            )
        }
        limit = N_("Campaign Manager always waits one hour; that cannot be changed.")
        self.fixed = TextField(
            NAMES["timing.limit_min"],
            value=str(CAMPAIGN_MANAGER_LIMIT_MIN),
            hint=limit,
            disabled=True,
        )
        self.banner = Place()
        more = [self._of(f"answering.{name}") for name in FOLDED[:4]]
        guards = [self._of(f"answering.{name}") for name in FOLDED[4:]]
        self.more = Fold(N_("More about its calls"), *_pairs(more), *guards)
        self.questions = Fold(
            N_("Open questions (A-1 to A-11)"),
            look.show(
                N_("The vendor's documents leave these open. Each answer is a switch; the first one is the default."),
                "wb-hint",
            ),
            *(self._of(f"switches.{question.switch}") for question in QUESTIONS),
        )  # fmt: skip
        self.widget = look.stack(self.banner.widget, *self._cards())
        self.widget.add_class("wb-lab-form")
        self._fit()

    def __repr__(self) -> str:
        return "<ScenarioForm>"

    def document(self) -> dict[str, JsonValue]:
        """Return what is filled in, as the document of a scenario."""
        document: dict[str, Any] = {"segments": self.segments.value()}
        for path, entry in self.entries.items():
            *groups, name = path.split(".")
            place = document
            for group in groups:
                place = place.setdefault(group, {})
            place[name] = entry.value()
        if document["timing"]["flow"] == "campaign_manager":
            document["timing"]["limit_min"] = CAMPAIGN_MANAGER_LIMIT_MIN
        else:
            document["timing"]["next_steps_min"] = []
        return document

    def read(self) -> Ready:
        """Return the scenario, or what keeps it from being one; that is shown beside the fields too."""
        try:
            scenario = Scenario.model_validate(self.document())
        except ValidationError as error:
            problems = problems_of(error, self._times)
            self.show(problems)
            return Ready(None, problems)
        self.show(self._notes)
        return Ready(scenario, ())

    def show(self, problems: Iterable[Problem]) -> None:
        """Show each error beside its field, those of no field and the notes on top."""
        problems = tuple(problems)
        self._notes = tuple(problem for problem in problems if not problem.blocks)
        for entry in self.entries.values():
            entry.show(None)
        self.segments.show((), None)
        left = [problem for problem in problems if not self._beside(problem)]
        if left != self._told:  # what is said already does not flicker
            self._told = left
            self.banner.put(
                *(look.banner("error" if problem.blocks else "info", problem.sentence) for problem in left)
            )

    def fill(self, scenario: Scenario) -> None:
        """Show another scenario, and say once that everything changed."""
        self._quiet = True
        try:
            for path, entry in self.entries.items():
                kept: Any = scenario
                for name in path.split("."):
                    kept = getattr(kept, name)
                entry.fill(kept)
            self.segments.fill(scenario.segments)
        finally:
            self._quiet = False
        self._heard()

    def _heard(self) -> None:
        if not self._quiet:
            self._fit()
            self._changed()

    def _beside(self, problem: Problem) -> bool:
        head, _, rest = problem.field.partition(".")
        if not problem.blocks:
            return False
        if head == "segments":
            return self.segments.show(rest.split(".") if rest else [], problem.sentence)
        fitting = [path for path in self.entries if f"{problem.field}.".startswith(f"{path}.")]
        if not fitting:
            return False
        path = max(fitting, key=len)
        self.entries[path].show(problem.sentence)
        if path.startswith("answering."):
            self.more.open(self.more.opened or path.split(".")[1] in FOLDED)
        return True

    def _times(self, path: str) -> float:
        if path.startswith("segments."):
            return self.segments.times(path.split(".")[-1])
        return self.entries[path].times if path in self.entries else 1.0

    def _of(self, path: str) -> Any:
        return self.entries[path].widget

    def _fit(self) -> None:
        """Show what the flow has: a journey its own limit, Campaign Manager the fixed one and its next steps."""
        manager = self.entries["timing.flow"].value() == "campaign_manager"
        visible(self._of("timing.limit_min"), not manager)
        visible(self.fixed, manager)
        visible(self._of("timing.next_steps_min"), manager)

    def _sendout(self, now: Scenario) -> list[Entry]:
        return [
            figure("size", NAMES["size"], now.size, self._heard),
            toggle(
                "codes", NAMES["codes"], now.codes, self._heard,
                hint=N_("Each accepted contact gets a code written back before the finish."),
            ),
            figure("seed", NAMES["seed"], now.seed, self._heard),
        ]  # fmt: skip

    def _answering(self, now: Scenario) -> list[Entry]:
        kept, heard = now.answering, self._heard
        return [
            choice("answering.profile", NAMES["answering.profile"], PROFILES, kept.profile, heard),
            scale("answering.call_ms", NAMES["answering.call_ms"], CALL_MS, kept.call_ms, length, heard),
            scale("answering.at_once", NAMES["answering.at_once"], AT_ONCE, kept.at_once, number, heard),
            scale("answering.start_min", NAMES["answering.start_min"], START_MIN, kept.start_min, duration, heard),
            toggle(
                "answering.leak_guard", NAMES["answering.leak_guard"], kept.leak_guard, heard,
                hint=N_("Finish only if every reject was taken."),
            ),
            toggle(
                "answering.code_guard", NAMES["answering.code_guard"], kept.code_guard, heard,
                hint=N_("Finish only if every code was stored."),
            ),
            toggle(
                "answering.acknowledged", NAMES["answering.acknowledged"], kept.acknowledged, heard,
                hint=N_("Within one second; else A-11 counts."),
            ),
            figure(
                "answering.work_ms", NAMES["answering.work_ms"], kept.work_ms, heard,
                hint=N_("Download and decision, before its call."),
            ),
            figure(
                "answering.spread", NAMES["answering.spread"], kept.spread, heard,
                hint=N_("0: every call takes the same; 3: wildly apart."),
            ),
            figure("answering.failing", NAMES["answering.failing"], kept.failing, heard, times=100),
            figure("answering.failing_writes", NAMES["answering.failing_writes"], kept.failing_writes, heard, times=100),
        ]  # fmt: skip

    def _platform(self, now: Scenario) -> list[Entry]:
        kept, heard = now.timing, self._heard
        flows = [(value, label) for value, label in FLOWS.items()]
        return [
            choice("timing.flow", NAMES["timing.flow"], flows, kept.flow, heard, style="segmented"),
            toggle("timing.split", NAMES["timing.split"], kept.split, heard, hint=N_("Three paths. Off: only the accepted go on.")),
            figure("timing.limit_min", NAMES["timing.limit_min"], kept.limit_min, heard, hint=N_("1 minute to 30 days (43,200)")),
            minutes_list(
                "timing.next_steps_min", NAMES["timing.next_steps_min"], kept.next_steps_min, heard,
                hint=N_("One for all branches, or three: accepted, rejected, timed out. Empty: the last step."),
            ),
            figure(
                "timing.generated_min", NAMES["timing.generated_min"], kept.generated_min, heard, times=-1
            ),
            figure("timing.scheduled_min", NAMES["timing.scheduled_min"], kept.scheduled_min, heard),
            figure(
                "margin_min", NAMES["margin_min"], now.margin_min, heard,
                hint=N_("A warning comes where less than this is left."),
            ),
        ]  # fmt: skip

    def _questions(self, now: Scenario) -> list[Entry]:
        kept = now.switches.model_dump()
        return [
            choice(
                f"switches.{question.switch}",
                say("{number}: {question}", number=question.number, question=question.sentence),
                [(value, words) for value, words in SWITCH_WORDS[question.switch].items()],
                str(kept[question.switch]),
                self._heard,
            )
            for question in QUESTIONS
        ]

    def _cards(self) -> Sequence[Any]:
        answering = [
            self._of(f"answering.{name}")
            for name in ("profile", "call_ms", "at_once", "start_min", "leak_guard")
        ]
        timing = [self._of(f"timing.{name}") for name in ("flow", "split", "limit_min")]
        steps = [
            self._of("timing.next_steps_min"),
            *_pairs([self._of("timing.generated_min"), self._of("timing.scheduled_min")]),
        ]
        return (
            _card(N_("The connected system"), *answering, self.more.widget),
            _card(N_("The sendout"), *_pairs([self._of("size"), self._of("seed")]), self.segments.widget, self._of("codes")),
            _card(N_("The platform"), *timing, self.fixed, *steps, self._of("margin_min")),
            _card("", self._of("title"), self.questions.widget),
        )  # fmt: skip


def _card(title: str, *children: Any) -> Any:
    card = look.card(title, *children)
    card.add_class("wb-lab-card")
    return card


def _pairs(widgets: Sequence[Any]) -> list[Any]:
    """Return the widgets two side by side."""
    rows = [look.columns(*widgets[at : at + 2]) for at in range(0, len(widgets), 2)]
    for row in rows:
        row.add_class("wb-lab-pair")
    return rows
