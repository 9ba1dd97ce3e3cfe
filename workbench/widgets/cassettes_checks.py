"""CASSETTES, THEIR CHECKS: the form in which checks are written without code, and the proposals to tick."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from workbench.engine.assertions import title_of
from workbench.models.assertion import JSON_TYPES, OPERATORS, Assertion, Capture
from workbench.models.base import Problem
from workbench.sentence import N_, Sentence, say

from . import look
from .cassettes_words import OPERATORS as OPERATOR_WORDS
from .cassettes_words import SUBJECTS, assertion_of, operator_of, typed
from .fields import ChoiceField, SwitchField, TextField
from .fold import Place, visible
from .piece import said

__all__ = ["CaptureRow", "CheckRow", "Checks", "Proposals"]

EXPECTED: Final = {
    "length": N_("A number, >=1, <=5 or 1..5"),
    "one_of": N_("Values with commas, or a JSON list"),
    "matches": N_("A regular expression"),
    "below": N_("A number"),
}
"""What the field for the value asks for, where that is not plain."""
WITHOUT_PATH: Final = ("status", "text", "time")


class CheckRow:
    """One check: what is looked at, where, what is asked, and the value. ``on_removed`` is called with the row."""

    def __init__(
        self, assertion: Assertion, on_removed: Callable[[CheckRow], object], on_changed: Callable[[], object]
    ) -> None:
        self.subject = ChoiceField(
            N_("Look at"), [(key, said(text)) for key, text in SUBJECTS.items()], value=assertion.subject
        )
        self.path = TextField(N_("Place"), value=assertion.path, monospace=True, placeholder="results[0].id")
        self.operator = ChoiceField(N_("Check"), _operators(assertion.subject), value=operator_of(assertion))
        self.expected = TextField(N_("Value"), value=typed(assertion), monospace=True)
        self.kind = ChoiceField(
            N_("Type"),
            [*JSON_TYPES],
            value=str(assertion.expected) if assertion.operator == "type" else "string",
        )
        remove = look.button(N_("Remove"), "quiet", tooltip=N_("Remove this check"))
        remove.on_click(lambda _button: on_removed(self))
        self.widget = look.Row([self.subject, self.path, self.operator, self.expected, self.kind, remove])
        self.widget.add_class("wb-check-row")
        self._changed = on_changed
        self.subject.observe(lambda _: self._subject_changed(), "value")
        self.operator.observe(lambda _: self._draw(), "value")
        for field in (self.subject, self.path, self.operator, self.expected, self.kind):
            field.observe(lambda _: self._told(), "value")
        self._draw()

    def __repr__(self) -> str:
        return "<CheckRow>"

    def assertion(self) -> Assertion:
        """Return the check as it is written now."""
        operator = self.operator.value
        text = self.kind.value if operator == "type" else self.expected.value
        path = "" if self.subject.value in WITHOUT_PATH else self.path.value
        return assertion_of(self.subject.value, path, operator, text)

    def show(self, field: str, sentence: Sentence) -> None:
        """Show what is wrong beside the field that it is about."""
        places = {"path": self.path, "operator": self.operator, "expected": self.expected}
        places.get(field, self.path).error = sentence

    def clear(self) -> None:
        """Take all errors away."""
        for field in (self.subject, self.path, self.operator, self.expected):
            field.error = ""

    def _told(self) -> None:
        self.clear()
        self._changed()

    def _subject_changed(self) -> None:
        options = _operators(self.subject.value)
        known = {value for value, _ in options}
        keep = self.operator.value if self.operator.value in known else options[0][0]
        with self.operator.hold_trait_notifications():
            self.operator.options = options
            self.operator.value = keep
        self._draw()

    def _draw(self) -> None:
        operator = self.operator.value
        visible(self.path, self.subject.value not in WITHOUT_PATH)
        self.path.label = N_("Header") if self.subject.value == "header" else N_("Place")
        visible(self.kind, operator == "type")
        visible(self.expected, operator not in ("type", "exists", "absent"))
        self.expected.placeholder = said(EXPECTED.get(operator, ""))
        self.expected.label = N_("Milliseconds") if self.subject.value == "time" else N_("Value")


class CaptureRow:
    """One capture: the name, and where its value stands."""

    def __init__(
        self, capture: Capture, on_removed: Callable[[CaptureRow], object], on_changed: Callable[[], object]
    ) -> None:
        self.name = TextField(N_("Name"), value=capture.name, monospace=True)
        subjects = [(key, said(SUBJECTS[key])) for key in ("json", "header", "status", "text")]
        self.subject = ChoiceField(N_("Look at"), subjects, value=capture.subject)
        self.path = TextField(N_("Place"), value=capture.path, monospace=True, placeholder="results[0].id")
        remove = look.button(N_("Remove"), "quiet", tooltip=N_("Remove this capture"))
        remove.on_click(lambda _button: on_removed(self))
        self.widget = look.Row([self.name, self.subject, self.path, remove])
        self.widget.add_class("wb-check-row")
        for field in (self.name, self.subject, self.path):
            field.observe(lambda _: self._told(on_changed), "value")

    def __repr__(self) -> str:
        return "<CaptureRow>"

    def capture(self) -> Capture:
        """Return the capture as it is written now."""
        return Capture.model_validate(
            {"name": self.name.value.strip(), "subject": self.subject.value, "path": self.path.value.strip()}
        )

    def show(self, field: str, sentence: Sentence) -> None:
        """Show what is wrong beside the field that it is about."""
        (self.name if field == "name" else self.path).error = sentence

    def clear(self) -> None:
        """Take all errors away."""
        self.name.error = self.path.error = ""

    def _told(self, on_changed: Callable[[], object]) -> None:
        self.clear()
        on_changed()


class Checks:
    """The rows of checks and captures. ``on_changed`` is called whenever something is typed, added or removed."""

    def __init__(
        self, assertions: Sequence[Assertion], captures: Sequence[Capture], on_changed: Callable[[], object]
    ) -> None:
        self._changed = on_changed
        self.rows: list[CheckRow] = []
        self.captures: list[CaptureRow] = []
        self._rows, self._captures = look.stack(gap="small"), look.stack(gap="small")
        add, capture = (
            look.button(N_("Add a check")),
            look.button(
                N_("Capture a value"),
                tooltip=N_("Name a value of the answer, for use in a later request as {{ name }}"),
            ),
        )
        add.on_click(lambda _button: self.add(Assertion()))
        capture.on_click(lambda _button: self.add_capture(Capture(name="")))
        self.widget = look.stack(self._rows, self._captures, look.buttons(add, capture, align="start"))
        for one in assertions:
            self.rows.append(self._row(one))
        for kept in captures:
            self.captures.append(self._capture(kept))
        self._draw()

    def __repr__(self) -> str:
        return f"<Checks of {len(self.rows)}>"

    def add(self, assertion: Assertion) -> None:
        """Add a check at the end."""
        self.rows.append(self._row(assertion))
        self._draw()
        self._changed()

    def add_capture(self, capture: Capture) -> None:
        """Add a capture at the end."""
        self.captures.append(self._capture(capture))
        self._draw()
        self._changed()

    def values(self) -> tuple[list[Assertion], list[Capture]]:
        """Return checks and captures as they are written now."""
        return [row.assertion() for row in self.rows], [row.capture() for row in self.captures]

    def show(self, problems: Sequence[Problem]) -> list[Problem]:
        """Show each problem beside its field; return those that found none."""
        left: list[Problem] = []
        for problem in problems:
            kind, _, rest = problem.field.partition(".")
            number, _, field = rest.partition(".")
            rows: Sequence[CheckRow | CaptureRow] = self.rows if kind == "assertions" else self.captures
            if number.isdigit() and int(number) < len(rows):
                rows[int(number)].show(field, problem.sentence)
            else:
                left.append(problem)
        return left

    def _row(self, assertion: Assertion) -> CheckRow:
        return CheckRow(assertion, self._remove, lambda: self._changed())

    def _capture(self, capture: Capture) -> CaptureRow:
        return CaptureRow(capture, self._remove_capture, lambda: self._changed())

    def _remove(self, row: CheckRow) -> None:
        self.rows.remove(row)
        self._draw()
        self._changed()

    def _remove_capture(self, row: CaptureRow) -> None:
        self.captures.remove(row)
        self._draw()
        self._changed()

    def _draw(self) -> None:
        self._rows.children = tuple(row.widget for row in self.rows)
        self._captures.children = tuple(row.widget for row in self.captures)


class Proposals:
    """Checks proposed from the answer, each with a switch. The page lets ``take`` call ``give``: ``on_taken`` gets those that are on."""

    def __init__(
        self, proposed: Sequence[Assertion], on_taken: Callable[[list[Assertion]], Awaitable[object]]
    ) -> None:
        self.switches = [(one, SwitchField(said(title_of(one)), value=True)) for one in proposed]
        self._on_taken = on_taken
        self.take = look.button(N_("Take those that are ticked"), "primary")
        none, every = look.button(N_("Tick none"), "quiet"), look.button(N_("Tick all"), "quiet")
        none.on_click(lambda _button: self.tick(False))
        every.on_click(lambda _button: self.tick(True))
        told = Place()
        if not proposed:
            told.put(
                look.show(N_("There is nothing more to propose: each stable place has its check."), "wb-hint")
            )
        rows = look.stack(*(switch for _, switch in self.switches), gap="small")
        rows.add_class("wb-proposals")
        parts = [rows, look.buttons(self.take, every, none, align="start")] if proposed else []
        hint = say(
            "{count} checks that hold for this answer. Ids, times and tokens are checked by their shape.",
            count=len(proposed),
        )
        self.widget = look.stack(
            *([look.show(hint, "wb-hint")] if proposed else []), told.widget, *parts, gap="small"
        )

    def __repr__(self) -> str:
        return f"<Proposals of {len(self.switches)}>"

    async def give(self) -> None:
        """Hand over those that are switched on."""
        await self._on_taken(self.ticked())

    def ticked(self) -> list[Assertion]:
        """Return the checks that are switched on."""
        return [one for one, switch in self.switches if switch.value]

    def tick(self, on: bool) -> None:
        """Switch all on or off."""
        for _, switch in self.switches:
            switch.value = on


def _operators(subject: str) -> list[tuple[str, str]]:
    """Return the operators that a subject takes, as the form offers them."""
    known: dict[str, tuple[str, ...]] = {key: tuple(value) for key, value in OPERATORS.items()}
    offered: list[tuple[str, str]] = []
    for operator in known[subject]:
        offered.append((operator, said(OPERATOR_WORDS[operator])))
        if operator == "exists":
            offered.append(("absent", said(OPERATOR_WORDS["absent"])))
    return offered
