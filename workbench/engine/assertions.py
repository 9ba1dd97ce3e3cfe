"""ASSERTIONS: what came of checks on an answer. Data never makes them raise: a check that cannot be carried out is ``broken``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from workbench.models.assertion import JSON_TYPES, OPERATORS, Assertion, Verdict, VerdictState
from workbench.models.base import JsonValue, Problem
from workbench.models.cassette import Answer
from workbench.models.request import header
from workbench.sentence import N_, Sentence, say

from .kept_answer import body_text, json_type, same, shown
from .paths import find
from .patterns import Search, check_pattern, compile_pattern

MOST_ASSERTIONS: Final = 200
LONGEST_EXPECTED: Final = 5000
"""Characters that a check may compare with, written as JSON."""
_RANGE = re.compile(r"\s*(?:(>=|<=|>|<|=)?\s*(\d{1,9})|(\d{1,9})\s*\.\.\s*(\d{1,9}))\s*")

TITLES: Final = {
    ("status", "equals"): N_("The status is {expected}"),
    ("status", "one_of"): N_("The status is one of {expected}"),
    ("status", "below"): N_("The status is below {expected}"),
    ("header", "equals"): N_("Header {path} is {expected}"),
    ("header", "exists"): N_("Header {path} is there"),
    ("header", "absent"): N_("Header {path} is not there"),
    ("header", "matches"): N_("Header {path} matches {expected}"),
    ("header", "contains"): N_("Header {path} contains {expected}"),
    ("header", "one_of"): N_("Header {path} is one of {expected}"),
    ("json", "equals"): N_("{path} is {expected}"),
    ("json", "exists"): N_("{path} is there"),
    ("json", "absent"): N_("{path} is not there"),
    ("json", "matches"): N_("{path} matches {expected}"),
    ("json", "type"): N_("{path} is of type {expected}"),
    ("json", "length"): N_("The length of {path} is {expected}"),
    ("json", "one_of"): N_("{path} is one of {expected}"),
    ("json", "contains"): N_("{path} contains {expected}"),
    ("json", "below"): N_("{path} is below {expected}"),
    ("text", "contains"): N_("The body contains {expected}"),
    ("text", "matches"): N_("The body matches {expected}"),
    ("text", "equals"): N_("The body is {expected}"),
    ("text", "length"): N_("The length of the body is {expected}"),
    ("time", "below"): N_("It took less than {expected} ms"),
}
"""What each check says, by subject and operator."""

HOLDS = say("It holds.")


def run_checks(assertions: Iterable[Assertion], answer: Answer | None) -> tuple[Verdict, ...]:
    """Return a verdict for each check, in their order; without an answer every one is broken."""
    return tuple(check_answer(assertion, answer) for assertion in assertions)


def check_answer(assertion: Assertion, answer: Answer | None) -> Verdict:
    """Return what came of one check."""
    wrong = check_assertion(assertion)
    if wrong:
        return _verdict(assertion, "broken", wrong[0].sentence)
    if answer is None:
        return _verdict(assertion, "broken", say("There was no answer to look at."))
    values = _values(assertion, answer)
    if isinstance(values, Sentence):
        return _verdict(assertion, "broken", values)
    if assertion.operator == "exists":
        return _existence(assertion, answer, values)
    if not values:
        return _verdict(assertion, "failed", say("Nothing is there."))
    if lacking := _lacking(assertion, answer, len(values)):
        return _verdict(assertion, "failed", lacking)
    for value in values:
        if why := _why_not(assertion, value):
            return _verdict(assertion, "failed", why, shown(value))
    return _verdict(assertion, "passed", HOLDS, shown(values[0]))


def check_assertion(assertion: Assertion, field: str = "") -> list[Problem]:
    """Return what keeps a check from being carried out, whatever the answer is; nothing where it can be."""
    dot = f"{field}." if field else ""
    if assertion.operator not in OPERATORS[assertion.subject]:
        known = ", ".join(OPERATORS[assertion.subject])
        sentence = say(
            "“{operator}” cannot be asked here. Choose one of: {known}.",
            operator=assertion.operator,
            known=known,
        )
        return [Problem(field=f"{dot}operator", sentence=sentence)]
    if assertion.subject in ("header", "json") and not assertion.path.strip():
        sentence = (
            say("Name the header to look at, such as Content-Type.")
            if assertion.subject == "header"
            else say("Name the place in the JSON, such as results[0].id; $ is the whole answer.")
        )
        return [Problem(field=f"{dot}path", sentence=sentence)]
    if assertion.subject == "json" and (wrong := _bad_path(assertion.path)):
        return [Problem(field=f"{dot}path", sentence=wrong)]
    if wrong := _bad_expectation(assertion):
        return [Problem(field=f"{dot}expected", sentence=wrong)]
    if assertion.operator == "matches":
        found = check_pattern(str(assertion.expected), field=f"{dot}expected")
        return [found] if found else []
    return []


def title_of(assertion: Assertion) -> Sentence:
    """Return what a check says, in words."""
    operator: str = assertion.operator
    if operator == "exists" and assertion.expected is False:
        operator = "absent"
    text = TITLES.get((assertion.subject, operator), N_("{path}: {expected}"))
    expected = assertion.expected
    words = str(expected) if operator in ("type", "length", "matches") else shown(expected, 120)
    return Sentence(text, {"path": assertion.path, "expected": words})


# -- what is looked at -------------------------------------------------------------------------------------------------


def _values(assertion: Assertion, answer: Answer) -> list[JsonValue] | Sentence:
    """Return the values that are looked at (none where nothing is there), or why they cannot be."""
    match assertion.subject:
        case "status":
            return [answer.status]
        case "time":
            return [round(answer.elapsed_ms, 1)]
        case "header":
            value = header(answer.headers, assertion.path.strip())
            return [] if value is None else [value]
        case "text":
            return [body_text(answer)]
        case _:
            if not answer.is_json:
                return (
                    say("The answer was cut, because it is longer than 64 kB: its JSON cannot be read whole.")
                    if answer.cut
                    else say("The answer is no JSON. Check its text instead.")
                )
            return find(answer.tree, assertion.path.strip())


def _lacking(assertion: Assertion, answer: Answer, count: int) -> Sentence | None:
    """Return that some elements of a list lack what a check looks at in every one of them; None where all have it."""
    if assertion.subject != "json" or "[]" not in assertion.path:
        return None
    path = assertion.path.strip()
    every = len(find(answer.tree, path[: path.rindex("[]") + 2]))
    return (
        None
        if count >= every
        else say("It is missing in {missing} of {every} elements.", missing=every - count, every=every)
    )


def _bad_path(path: str) -> Sentence | None:
    plain = re.sub(r"\[\d*\]", "", path.strip())
    if re.search(r"[\[\]]", plain) or ".." in plain or plain.endswith("."):
        return say(
            "“{path}” is no place. Write names with dots and numbers in brackets: results[0].id; [] is every element.",
            path=path[:80],
        )
    return None


def _bad_expectation(assertion: Assertion) -> Sentence | None:
    expected, operator = assertion.expected, assertion.operator
    if len(shown(expected, LONGEST_EXPECTED)) > LONGEST_EXPECTED:
        return say(
            "The value to compare with is longer than {most} characters. Check a part of it.",
            most=LONGEST_EXPECTED,
        )
    if operator == "one_of" and not (isinstance(expected, list) and expected):
        return say("Give a list of values, such as [200, 201].")
    if operator == "type" and expected not in JSON_TYPES:
        return say("Choose a type: {types}.", types=", ".join(JSON_TYPES))
    if operator == "length" and _range(expected) is None:
        return say("Give a length: a number, >=1, <=5 or 1..5.")
    if operator == "below" and (isinstance(expected, bool) or not isinstance(expected, (int, float))):
        return say("Give a number to stay below.")
    if operator == "matches" and not isinstance(expected, str):
        return say("Give a regular expression as text.")
    if (
        assertion.subject in ("header", "text")
        and operator in ("equals", "contains")
        and not isinstance(expected, str)
    ):
        return say("Give a text to compare with.")
    if operator == "exists" and expected not in (None, True, False):
        return say("Choose whether it has to be there or not.")
    return None


# -- one value against what is expected --------------------------------------------------------------------------------


def _existence(assertion: Assertion, answer: Answer, values: list[JsonValue]) -> Verdict:
    wanted = assertion.expected is not False
    if wanted and values and (lacking := _lacking(assertion, answer, len(values))):
        return _verdict(assertion, "failed", lacking)
    if bool(values) is wanted:
        return _verdict(assertion, "passed", HOLDS, shown(values[0]) if values else "")
    sentence = say("Nothing is there.") if wanted else say("It is there: {found}", found=shown(values[0]))
    return _verdict(assertion, "failed", sentence, shown(values[0]) if values else "")


def _why_not(assertion: Assertion, value: JsonValue) -> Sentence | None:
    """Return why a value is not as expected; None where it is."""
    expected, found = assertion.expected, shown(value)
    match assertion.operator:
        case "equals":
            return None if same(value, expected) else _other(value, expected)
        case "one_of":
            if any(same(value, one) for one in expected):
                return None
            return say("It is {found}, which is none of them.", found=found)
        case "type":
            kind = json_type(value)
            if kind == expected or (kind == "integer" and expected == "number"):
                return None
            return say("It is of type {kind}: {found}", kind=kind, found=found)
        case "below":
            return _not_below(value, expected)
        case "length":
            return _wrong_length(value, expected)
        case "contains":
            if _contains(value, expected):
                return None
            return say("It is {found}, which does not contain it.", found=found)
        case _:
            return _no_match(value, str(expected))


def _other(value: JsonValue, expected: JsonValue) -> Sentence:
    """Return what a value is instead; a value of another type is told, for 77 and "77" look alike."""
    kind, wanted = json_type(value), json_type(expected)
    if kind != wanted and {kind, wanted} != {"integer", "number"}:
        return say(
            "It is {found} ({kind}), not {expected} ({wanted}).",
            found=shown(value),
            kind=kind,
            expected=shown(expected),
            wanted=wanted,
        )
    return say("It is {found}, not {expected}.", found=shown(value), expected=shown(expected))


def _not_below(value: JsonValue, expected: JsonValue) -> Sentence | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return say("It is no number: {found}", found=shown(value))
    if value < expected:
        return None
    return say("It is {found}, not below {expected}.", found=shown(round(value, 3)), expected=shown(expected))


def _wrong_length(value: JsonValue, expected: JsonValue) -> Sentence | None:
    if not isinstance(value, (str, list, dict)):
        return say("It has no length: {found}", found=shown(value))
    least, most = _range(expected) or (0, 0)
    if least <= len(value) and (most is None or len(value) <= most):
        return None
    return say("Its length is {length}, not {expected}.", length=len(value), expected=str(expected))


def _contains(value: JsonValue, expected: JsonValue) -> bool:
    if isinstance(value, str):
        return (expected if isinstance(expected, str) else shown(expected, LONGEST_EXPECTED)) in value
    if isinstance(value, list):
        return any(same(item, expected) for item in value)
    return isinstance(value, dict) and isinstance(expected, str) and expected in value


def _no_match(value: JsonValue, expression: str) -> Sentence | None:
    if isinstance(value, (dict, list)):
        return say("It is of type {kind}, and an expression needs a text.", kind=json_type(value))
    text = value if isinstance(value, str) else shown(value)
    return (
        None
        if _compiled(expression)(text)
        else say("It is {found}, which does not match.", found=shown(value))
    )


@lru_cache(maxsize=128)
def _compiled(expression: str) -> Search:
    """Return the search for an expression that ``check_assertion`` found right."""
    return compile_pattern(expression)


def _range(expected: JsonValue) -> tuple[int, int | None] | None:
    """Return the least and the greatest length that are meant (None: no limit); None where nothing is."""
    if isinstance(expected, bool):
        return None
    found = _RANGE.fullmatch(str(expected))
    if found is None:
        return None
    if found[3]:
        return int(found[3]), int(found[4])
    sign, number = found[1] or "=", int(found[2])
    return {
        ">=": (number, None), ">": (number + 1, None), "<=": (0, number), "<": (0, number - 1), "=": (number, number),
    }[sign]  # fmt: skip


def _verdict(assertion: Assertion, state: VerdictState, sentence: Sentence, found: str = "") -> Verdict:
    return Verdict(
        assertion=assertion, state=state, title=title_of(assertion), sentence=sentence, found=found
    )
