"""RULES: who of a sendout is let through. This is the plain reading of the rules: what they mean, written for people.

``rules_compiled`` decides a million contacts by the same meaning; a property test holds the two together.

A decision may hang on a live check that nobody has asked yet. Such a check is neither yes nor no, and what is combined from it follows
Kleene's logic: a part that settles the whole settles it, else the whole is open. A contact whose decision stays open is rejected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

from workbench.errors import Refused
from workbench.models.base import JsonValue
from workbench.models.gate import Action, CheckConsent, GateSettings
from workbench.models.rules import AnyOf, Comparison, Condition, Decision, Not, Rule, RuleSet
from workbench.sentence import N_, say

from .items import Item
from .patterns import compile_pattern
from .rule_checks import check_rules
from .rule_values import is_absent, key_of, moment_of, number_of, text_of, truth_of

__all__ = ["UNANSWERED", "Membership", "check_rules", "decide_plainly", "rules_of"]

Live = Mapping[tuple[str, str], bool]
"""What live checks said: by the check's key and the value that was looked up."""

UNANSWERED: Final = Decision(
    verdict="reject", reason=N_("A live check gave no answer, and the decision hangs on it.")
)
"""What becomes of a contact whose decision hangs on a check without an answer: nobody is let through by a silence."""

NAME_LENGTH: Final = 80
REASON_LENGTH: Final = 200


class Membership(Protocol):
    """An imported consent list, opened for looking up."""

    def contain(self, values: Sequence[str]) -> Sequence[bool]:
        """Return for each value, in their order, whether it is on the list."""


# -- The rules of a sendout --------------------------------------------------------------------------------------------


def rules_of(settings: GateSettings, actions: Sequence[Action]) -> RuleSet:
    """Return the rules that count for a sendout with these actions: the consent that they ask for, then the gate's own.

    A rule that is ``only_for`` an action which the sendout does not ask for is left out; one consent is checked once.

    Raises:
        Refused: an action asks for a consent check that names neither a list nor a live check: everybody would pass.
    """
    asked = dict.fromkeys(action.identifier for action in actions)
    first: dict[Rule, None] = {}
    for identifier in asked:
        for meaning in settings.meanings:
            if meaning.identifier == identifier and isinstance(meaning.does, CheckConsent):
                first.update(dict.fromkeys(_consent_rules(identifier, meaning.does)))
    own = (rule for rule in settings.rules.rules if not rule.only_for or rule.only_for in asked)
    # More than the 200 rules a form may hold is fine here: the meanings' own come on top.
    return RuleSet.model_construct(rules=(*first, *own), otherwise=settings.rules.otherwise)


def _consent_rules(identifier: str, does: CheckConsent) -> list[Rule]:
    made: list[tuple[Condition, str]] = []
    if does.consent_list:
        listed = Comparison(field=does.field, operator="not_on_list", value=does.consent_list)
        made.append((listed, str(say("Not on the consent list “{name}”.", name=does.consent_list))))
    if does.live_check:
        # "refuses" would let through whoever has no value to be looked up
        agreed = Comparison(field=does.field, operator="consents", value=does.live_check)
        made.append(
            (Not(of=agreed), str(say("No consent by the live check “{name}”.", name=does.live_check)))
        )
    if not made:
        raise Refused(
            say(
                "The action “{identifier}” checks consent, but no list and no live check is named. Choose one in the gate's actions.",
                identifier=identifier,
            )
        )
    name = f"check_consent: {identifier}"[:NAME_LENGTH]
    return [
        Rule(name=name, when=when, verdict="reject", reason=(does.reason or reason)[:REASON_LENGTH])
        for when, reason in made
    ]


# -- The plain reading -------------------------------------------------------------------------------------------------


def decide_plainly(
    rules: RuleSet,
    item: Item,
    *,
    actions: Collection[str],
    lists: Mapping[str, Membership],
    live: Live,
) -> Decision:
    """Return what is decided of one contact: by the first rule that fits, else ``otherwise``.

    Args:
        rules: the rules in their order, as ``check_rules`` passes them.
        item: the contact.
        actions: the identifiers that the sendout asks for; rules that are only for others are passed over.
        lists: the consent lists by their keys.
        live: what the live checks said. A decision that hangs on one without an answer is ``UNANSWERED``.

    Raises:
        Refused: a list that is not there, or an expression that cannot be read.
    """
    for rule in rules.rules:
        if rule.only_for and rule.only_for not in actions:
            continue
        fitted = fits(rule.when, item, lists, live)
        if fitted is None:
            return UNANSWERED
        if fitted:
            return Decision(verdict=rule.verdict, rule=rule.name, reason=rule.reason)
    return Decision(verdict=rules.otherwise)


def fits(condition: Condition, item: Item, lists: Mapping[str, Membership], live: Live) -> bool | None:
    """Return whether a contact fits; None where that hangs on a live check without an answer."""
    if isinstance(condition, Comparison):
        return _compare(condition, item, lists, live)
    if isinstance(condition, Not):
        inner = fits(condition.of, item, lists, live)
        return None if inner is None else not inner
    settles = isinstance(condition, AnyOf)
    parts = [fits(part, item, lists, live) for part in condition.of]
    if settles in parts:
        return settles
    return None if None in parts else not settles


def _compare(it: Comparison, item: Item, lists: Mapping[str, Membership], live: Live) -> bool | None:
    value = value_of(item, it.field)
    match it.operator:
        case "is_empty":
            return is_absent(value)
        case "is_present":
            return not is_absent(value)
        case "equals":
            return same(value, it.value)
        case "not_equals":
            return not same(value, it.value)
        case "in":
            return any(same(value, one) for one in it.value)
        case "not_in":
            return not any(same(value, one) for one in it.value)
        case "contains" if isinstance(value, list):
            return it.value in [text_of(one) for one in value]
        case "contains" | "starts_with" | "ends_with" | "matches":
            text = text_of(value)
            return text is not None and _text_fits(it, text)
        case "less_than" | "at_most" | "more_than" | "at_least":
            return _ordered(it.operator, number_of(value), number_of(it.value))
        case "before" | "after":
            return _ordered(it.operator, moment_of(value), moment_of(it.value))
        case "on_list":
            return _listed(it, value, lists)
        case "not_on_list":
            return not _listed(it, value, lists)
        case "consents" | "refuses":
            key = key_of(value)
            said = False if key is None else live.get((it.value, key))
            if key is None or said is None:
                return said
            return said is (it.operator == "consents")


def value_of(item: Item, field: str) -> JsonValue:
    """Return what a contact has in a field; None where it has nothing there."""
    return item.id if field == "id" else item.properties.get(field)


def same(value: JsonValue, wanted: JsonValue) -> bool:
    """Return whether a contact's value is the rule's: the same text, the same number, the same truth. Null is like nothing."""
    if type(value) is str and type(wanted) is str:
        return value == wanted
    if type(value) is bool or type(wanted) is bool:
        return (truth := truth_of(value)) is not None and truth is truth_of(wanted)
    number = number_of(value)
    return number is not None and number == number_of(wanted)


def _text_fits(it: Comparison, text: str) -> bool:
    if it.operator == "contains":
        return it.value in text
    if it.operator == "starts_with":
        return text.startswith(it.value)
    if it.operator == "ends_with":
        return text.endswith(it.value)
    return compile_pattern(it.value)(text)


def _ordered(operator: str, value: object, bound: object) -> bool:
    if value is None or bound is None:
        return False
    if operator in ("less_than", "before"):
        return value < bound  # type: ignore[operator, no-any-return]  # both are numbers, or both are moments
    if operator in ("more_than", "after"):
        return value > bound  # type: ignore[operator, no-any-return]
    return value <= bound if operator == "at_most" else value >= bound  # type: ignore[operator, no-any-return]


def _listed(it: Comparison, value: JsonValue, lists: Mapping[str, Membership]) -> bool:
    members = lists.get(it.value)
    if members is None:
        raise no_list(it.value)
    key = key_of(value)
    return key is not None and bool(members.contain([key])[0])


def no_list(name: str) -> Refused:
    """Return the refusal of rules that look something up on a list that is not there."""
    return Refused(
        say(
            "The consent list “{name}” is not there. Import it, or choose another one in the rule.", name=name
        )
    )
