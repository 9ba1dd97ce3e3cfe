"""RULE CHECKS: whether rules can be decided by, before the first contact comes. Each problem names the place in the form and one fix."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from workbench.models.base import JsonValue, Problem
from workbench.models.rules import OPERATOR_LABELS, AllOf, AnyOf, Comparison, Condition, Not, RuleSet
from workbench.sentence import Sentence, say

from .patterns import check_pattern
from .rule_values import moment_of, number_of
from .strict_json import clip

MAX_DEPTH: Final = 20
"""Levels of conditions within conditions."""
MAX_COMPARISONS: Final = 2000
"""Comparisons of all rules together."""
MAX_VALUES: Final = 10_000
"""Values of one comparison; more than that is a consent list."""
LONGEST_TEXT: Final = 1000

_TEXTS = frozenset({"contains", "starts_with", "ends_with"})
_NUMBERS = frozenset({"less_than", "at_most", "more_than", "at_least"})
_MOMENTS = frozenset({"before", "after"})
_LISTS = frozenset({"on_list", "not_on_list"})
_CHECKS = frozenset({"consents", "refuses"})
_NOTHING = frozenset({"is_empty", "is_present"})


def check_rules(rules: RuleSet, *, lists: Collection[str], checks: Collection[str]) -> list[Problem]:
    """Return what is wrong with the rules, in their order; none of level error means that they can be decided by.

    Args:
        rules: the rules as the form holds them. A problem's field is ``rules.2.when.of.0.value``, counted from 0.
        lists: the keys of the consent lists that are imported.
        checks: the keys of the gate's live checks.
    """
    problems: list[Problem] = []
    names: set[str] = set()
    settled: dict[str, str] = {}
    count = 0
    for number, rule in enumerate(rules.rules):
        place = f"rules.{number}"
        if rule.name in names:
            problems.append(
                _warning(
                    f"{place}.name",
                    say(
                        "Two rules are named “{name}”. Rename one, so that reasons can be told apart.",
                        name=rule.name,
                    ),
                )
            )
        names.add(rule.name)
        first = settled.get("") or settled.get(rule.only_for)
        if first is not None:
            problems.append(
                _warning(
                    place,
                    say(
                        "This rule is never reached: “{first}” before it fits everybody. Move it up, or narrow the other.",
                        first=first,
                    ),
                )
            )
        elif settles(rule.when) is True:
            settled[rule.only_for] = rule.name
        if depth_of(rule.when) > MAX_DEPTH:
            problems.append(
                _error(
                    f"{place}.when",
                    say(
                        "The conditions are nested deeper than {limit} levels. Split the rule into several.",
                        limit=MAX_DEPTH,
                    ),
                )
            )
            continue
        for where, comparison in comparisons(rule.when, f"{place}.when"):
            count += 1
            problems.extend(_check(comparison, where, lists, checks))
    if count > MAX_COMPARISONS:
        problems.append(
            _error(
                "rules",
                say(
                    "The rules hold {count} comparisons; at most {most} are possible. Use a list of values or a consent list.",
                    count=count,
                    most=MAX_COMPARISONS,
                ),
            )
        )
    return problems


def depth_of(condition: Condition) -> int:
    """Return how many levels of conditions there are; one for a comparison. As deep as it may be, it does not recurse."""
    deepest = 0
    waiting: list[tuple[Condition, int]] = [(condition, 1)]
    while waiting:
        it, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(it, Not):
            waiting.append((it.of, depth + 1))
        elif isinstance(it, (AllOf, AnyOf)):
            waiting.extend((part, depth + 1) for part in it.of)
    return deepest


def comparisons(condition: Condition, where: str = "") -> Iterator[tuple[str, Comparison]]:
    """Give each comparison of a condition and its place in the form."""
    if isinstance(condition, Comparison):
        yield where, condition
    elif isinstance(condition, Not):
        yield from comparisons(condition.of, f"{where}.of")
    else:
        for number, part in enumerate(condition.of):
            yield from comparisons(part, f"{where}.of.{number}")


def settles(condition: Condition) -> bool | None:
    """Return whether a condition fits everybody (True) or nobody (False), whoever it is; None where that depends on the contact."""
    if depth_of(condition) > MAX_DEPTH or isinstance(condition, Comparison):
        return None
    if isinstance(condition, Not):
        inner = settles(condition.of)
        return None if inner is None else not inner
    wanted = isinstance(condition, AnyOf)
    parts = [settles(part) for part in condition.of]
    if wanted in parts:
        return wanted
    return None if None in parts else not wanted


# -- One comparison ----------------------------------------------------------------------------------------------------


def _check(it: Comparison, where: str, lists: Collection[str], checks: Collection[str]) -> Iterator[Problem]:
    if not it.field.strip():
        yield _error(f"{where}.field", say("No field is named. Write “id” or the name of a property."))
    elif it.field != it.field.strip():
        yield _warning(
            f"{where}.field",
            say(
                "The field “{field}” begins or ends with a blank, which counts. Remove it if it is not in the property's name.",
                field=it.field,
            ),
        )
    if any(ord(sign) < 32 or 0xD800 <= ord(sign) <= 0xDFFF for sign in it.field):
        yield _error(
            f"{where}.field", say("The name of the field holds a sign that cannot be seen. Type it again.")
        )
    place = f"{where}.value"
    if it.operator == "matches" and isinstance(it.value, str):
        problem = check_pattern(it.value, field=place)
        if problem is not None:
            yield problem
        return
    sentence = _wrong_value(it, lists, checks)
    if sentence is not None:
        yield _error(place, sentence)


def _wrong_value(it: Comparison, lists: Collection[str], checks: Collection[str]) -> Sentence | None:
    operator, value = it.operator, it.value
    label = Sentence(OPERATOR_LABELS[operator])
    if operator in _NOTHING:
        return None if value in (None, "") else say("“{operator}” takes no value. Remove it.", operator=label)
    if value is None or (isinstance(value, (str, list)) and not value):
        return say("“{operator}” needs a value. Write one, or use “is empty”.", operator=label)
    if operator in ("in", "not_in"):
        return _wrong_values(value, label)
    if operator in ("equals", "not_equals"):
        return _wrong_scalar(value, label)
    if operator in _NUMBERS:
        if number_of(value) is None:
            return say(
                "“{operator}” needs a number, like 18 or 12.5. “{value}” is none.",
                operator=label,
                value=_shown(value),
            )
        return None
    if operator in _MOMENTS:
        if moment_of(value) is None:
            return say(
                "“{operator}” needs a date like 2026-05-31, or a moment like 2026-05-31T18:00+02:00. “{value}” is none.",
                operator=label,
                value=_shown(value),
            )
        return None
    if not isinstance(value, str):
        return say("“{operator}” needs a text. “{value}” is none.", operator=label, value=_shown(value))
    if operator in _TEXTS:
        return _wrong_scalar(value, label)
    known = lists if operator in _LISTS else checks
    if operator in _LISTS and value not in known:
        return say(
            "The consent list “{name}” is not there. Import it, or choose another one.", name=clip(value)
        )
    if operator in _CHECKS and value not in known:
        return say("The gate has no live check “{name}”. Add it, or choose another one.", name=clip(value))
    return None


def _wrong_values(values: JsonValue, label: Sentence) -> Sentence | None:
    if not isinstance(values, list):
        return say("“{operator}” needs a list of values. Give each on its own line.", operator=label)
    if len(values) > MAX_VALUES:
        return say(
            "“{operator}” has {count} values; at most {most} are possible. Import them as a consent list.",
            operator=label,
            count=len(values),
            most=MAX_VALUES,
        )
    for value in values:
        if value is None or value == "":
            return say("One of the values of “{operator}” is empty. Remove it.", operator=label)
        if (wrong := _wrong_scalar(value, label)) is not None:
            return wrong
    return None


def _wrong_scalar(value: JsonValue, label: Sentence) -> Sentence | None:
    if not isinstance(value, (str, int, float)):
        return say(
            "“{operator}” compares with a text, a number, true or false. “{value}” is none of them.",
            operator=label,
            value=_shown(value),
        )
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return say(
            "The value has {length} characters; at most {most} are possible. Shorten it.",
            length=len(value),
            most=LONGEST_TEXT,
        )
    if isinstance(value, float) and number_of(value) is None:
        return say("“{value}” is no number that can be compared with. Write one like 12.5.", value=str(value))
    return None


def _shown(value: JsonValue) -> str:
    return clip(value if isinstance(value, str) else repr(value))


def _error(field: str, sentence: Sentence) -> Problem:
    return Problem(field=field, sentence=sentence)


def _warning(field: str, sentence: Sentence) -> Problem:
    return Problem(field=field, sentence=sentence, level="warning")
