"""Rules: who of a sendout is let through, as data. The first rule that fits decides, and its reason is kept with the contact."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.sentence import N_

from .base import JsonValue, Noun

Verdict = Literal["accept", "reject"]

Operator = Literal[
    "equals",
    "not_equals",
    "in",
    "not_in",
    "contains",
    "starts_with",
    "ends_with",
    "matches",  # RE2: linear in the length of the text, whatever the expression (https://github.com/google/re2/wiki/Syntax)
    "less_than",
    "at_most",
    "more_than",
    "at_least",
    "before",  # a date or a moment in ISO 8601; a date alone begins at midnight UTC
    "after",
    "is_empty",  # absent, null, or a text of blanks alone
    "is_present",
    "on_list",  # the value is the key of an imported consent list
    "not_on_list",
    "consents",  # the value is the key of a live check, which said yes
    "refuses",  # the live check said no
]

OPERATOR_LABELS: dict[Operator, str] = {
    "equals": N_("is"),
    "not_equals": N_("is not"),
    "in": N_("is one of"),
    "not_in": N_("is none of"),
    "contains": N_("contains"),
    "starts_with": N_("begins with"),
    "ends_with": N_("ends with"),
    "matches": N_("matches the expression"),
    "less_than": N_("is less than"),
    "at_most": N_("is at most"),
    "more_than": N_("is more than"),
    "at_least": N_("is at least"),
    "before": N_("is before"),
    "after": N_("is after"),
    "is_empty": N_("is empty"),
    "is_present": N_("is there"),
    "on_list": N_("is on the list"),
    "not_on_list": N_("is not on the list"),
    "consents": N_("has consent by the check"),
    "refuses": N_("has no consent by the check"),
}


class Comparison(Noun):
    """One field against one value. ``field`` is the contact's ``id`` or the name of a property, in its own spelling.

    A field that is absent fits ``is_empty``, ``not_equals``, ``not_in`` and ``not_on_list``, and nothing else. Numbers and dates that are
    written as text are read as such where the operator needs them; what cannot be read so does not fit.
    """

    kind: Literal["comparison"] = "comparison"
    field: Annotated[str, Field(min_length=1, max_length=120)]
    operator: Operator
    value: JsonValue = None


class AllOf(Noun):
    """Every one of them fits; none at all fits everything."""

    kind: Literal["all"] = "all"
    of: tuple[Condition, ...] = ()


class AnyOf(Noun):
    """At least one of them fits; none at all fits nothing."""

    kind: Literal["any"] = "any"
    of: tuple[Condition, ...] = ()


class Not(Noun):
    """The other one does not fit."""

    kind: Literal["not"] = "not"
    of: Condition


Condition = Annotated[Comparison | AllOf | AnyOf | Not, Field(discriminator="kind")]


class Rule(Noun):
    """Whoever fits ``when`` gets the verdict, for the reason.

    ``only_for`` names the identifier of an action: the rule counts only in sendouts that ask for it; empty: in all of them.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)]
    when: Condition
    verdict: Verdict = "reject"
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    only_for: Annotated[str, Field(max_length=120)] = ""


class RuleSet(Noun):
    """The rules in their order, and what becomes of a contact that none of them fits."""

    rules: Annotated[tuple[Rule, ...], Field(max_length=200)] = ()
    otherwise: Verdict = "accept"


class Decision(Noun):
    """What was decided of one contact, and why. ``rule`` is empty where no rule fitted."""

    verdict: Verdict
    rule: str = ""
    reason: str = ""


for _noun in (AllOf, AnyOf, Not, Rule, RuleSet):
    _noun.model_rebuild()
