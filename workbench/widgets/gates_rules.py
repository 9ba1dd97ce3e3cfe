"""GATE RULES: who is let through, as rows: the first rule that fits decides, and its reason is kept with the contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.models.base import JsonValue
from workbench.models.rules import Rule, RuleSet
from workbench.sentence import N_, Sentence, say

from . import look
from .form import Input
from .gates_condition import ConditionInput, Known
from .gates_fields import Part, Word
from .gates_rows import Rows
from .secrets import Changed, Desk

__all__ = ["RulesInput"]

VERDICTS = {"verdict": (("reject", N_("reject")), ("accept", N_("accept")))}
RULE: Mapping[str, Word] = {
    "name": Word(N_("Name of the rule"), "", "no-consent"),
    "verdict": Word(N_("Whom it fits")),
    "reason": Word(N_("Reason"), N_("Kept with each contact that the rule decides."), "No consent to e-mail"),
    "only_for": Word(
        N_("Only for the action"), N_("The identifier of an action: the rule counts only in sendouts that ask for it. Empty: in all."),
        "check-consent",
    ),
}  # fmt: skip
OTHERWISE: Mapping[str, Word] = {
    "otherwise": Word(
        N_("Whom no rule fits"), N_("What becomes of a contact that none of the rules decides.")
    )
}


class _RuleInput:
    """One rule: whom it fits, and what follows."""

    def __init__(self, value: Mapping[str, JsonValue], known: Known, desk: Desk, changed: Changed) -> None:
        when = value.get("when")
        self.when = ConditionInput(when if isinstance(when, Mapping) else None, known, changed)
        self.part = Part(
            Rule,
            RULE,
            value,
            desk,
            changed,
            options=VERDICTS,
            beside=(("name", "verdict"), ("reason", "only_for")),
        )
        self.widget = look.stack(self.when.widget, self.part.widget)

    def value(self) -> JsonValue:
        """Return the rule as a document."""
        return {**self.part.value(), "when": self.when.value()}

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error in the condition or beside the field."""
        if sentence is None:
            self.when.show((), None)
            self.part.show((), None)
        elif rest and rest[0] == "when":
            self.when.show(rest[1:], sentence)
        else:
            self.part.show(rest, sentence)

    def focus(self) -> None:
        """Put the keyboard's focus into the condition."""
        self.when.focus()

    def miss(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""


class RulesInput:
    """The rules of a gate in their order. Its value is the document of a ``RuleSet``."""

    def __init__(self, value: Mapping[str, JsonValue], known: Known, desk: Desk, changed: Changed) -> None:
        def make(rule: Mapping[str, JsonValue]) -> Input:
            return _RuleInput(rule, known, desk, changed)

        self.rows = Rows(
            make, value.get("rules") or (), name=lambda number: say("Rule {number}", number=number), add=N_("Add a rule"),
            empty=N_("No rule yet: every contact is accepted, unless an action says otherwise."), blank={}, changed=changed,
        )  # fmt: skip
        self.otherwise = Part(
            RuleSet, OTHERWISE, value, desk, changed, options={"otherwise": VERDICTS["verdict"][::-1]}
        )
        self.widget = look.stack(self.rows.widget, self.otherwise.widget)

    def __repr__(self) -> str:
        return "<RulesInput>"

    def value(self) -> JsonValue:
        """Return the rules as a document."""
        return {"rules": self.rows.value(), **self.otherwise.value()}

    def show(self, rest: Sequence[str], sentence: Sentence | None) -> None:
        """Show an error in the rule that ``rest`` names (``("rules", "2", "when", ...)``)."""
        if sentence is None:
            self.rows.show((), None)
            self.otherwise.show((), None)
        elif rest and rest[0] == "rules":
            self.rows.show(rest[1:], sentence)
        else:
            self.otherwise.show(rest, sentence)

    def focus(self) -> None:
        """Put the keyboard's focus into the first rule."""
        self.rows.focus()

    def miss(self, absent: set[str]) -> None:
        """Hold no secret, so miss none."""
