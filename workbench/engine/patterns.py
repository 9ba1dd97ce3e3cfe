"""PATTERNS: regular expressions whose time grows with the length of the text and with nothing else, whatever the expression.

They are RE2's (https://github.com/google/re2/wiki/Syntax): no backtracking, so none can hang a gate; what only backtracking can do
(back references, looking ahead or behind) is refused with a sentence. This is the only module that knows the library.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from operator import methodcaller
from typing import Final

import re2

from workbench.errors import Refused
from workbench.models.base import Problem
from workbench.sentence import Sentence, say

LONGEST: Final = 1000
"""Characters of an expression."""
MEMORY: Final = 1 << 20
"""Bytes that an expression may take, its automaton included; an expression that wants more is refused."""
MOST_WORDS: Final = 64
"""An expression that says no more than this many plain words is searched without an automaton."""

Search = Callable[[str], bool]


def check_pattern(expression: str, *, field: str) -> Problem | None:
    """Return what is wrong with an expression, at which character of it where that is known; or None."""
    try:
        compile_pattern(expression)
    except Refused as refused:
        at = refused.sentence.values.get("at")
        return Problem(field=field, sentence=refused.sentence, column=at if isinstance(at, int) else None)
    return None


def compile_pattern(expression: str) -> Search:
    """Return the function that tells whether the expression fits anywhere in a text, in time linear to the text's length.

    Raises:
        Refused: the expression is empty, longer than ``LONGEST``, larger than ``MEMORY``, or none of RE2; the sentence says where.
    """
    if not expression:
        raise Refused(say("The expression is empty: it would fit every text. Write what the text must hold."))
    if len(expression) > LONGEST:
        raise Refused(
            say(
                "The expression has {length} characters; at most {most} are allowed. Use a list of values in its place.",
                length=len(expression),
                most=LONGEST,
            )
        )
    automaton = _automaton(expression)
    return _plain(expression) or _searching(automaton)


def _automaton(expression: str) -> re2._Regexp:
    options = re2.Options()
    options.max_mem = MEMORY
    options.never_capture = True  # whether it fits is all that is asked
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise Refused(_why(expression, error)) from None


def _searching(automaton: re2._Regexp) -> Search:
    # The library's own "search" makes a match object that nobody looks at, which takes as long as the search.
    match, anywhere, nowhere = automaton._regexp.Match, re2._Anchor.UNANCHORED, re2._NULL_SPAN

    def fits(text: str) -> bool:
        try:
            data = text.encode()
        except UnicodeEncodeError:  # half a character, which no expression can name
            data = text.encode("utf-8", "replace")
        found: bool = match(anywhere, data, 0, len(data))[0] != nowhere
        return found

    return fits


# -- Plain words -------------------------------------------------------------------------------------------------------

_PIECE = re.compile(
    r"""
    (?P<sign> [^\\^$.|?*+()\[\]{}] | \\[!-/:-@\[-`{-~] )
  | \( (?:\?:)? (?P<words> (?: [^\\^$.|?*+()\[\]{}] | \\[!-/:-@\[-`{-~] | \| )*+ ) \)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def _plain(expression: str) -> Search | None:
    r"""Return a search without an automaton for what are plain words, as in ``@(example|test)\.com$``; None for any other expression.

    Many expressions are of this kind, and RE2 costs some microseconds at each call, however short the text.
    """
    body = expression.removeprefix("^")
    at_start = body is not expression
    at_end = body.endswith("$") and not body.endswith("\\$")
    words = _words(body[:-1] if at_end else body)
    if words is None:
        return None
    # Callables of C throughout: a function of our own would cost more than what it does.
    if at_start and at_end:
        return frozenset(words).__contains__
    if at_start:
        return methodcaller("startswith", words)
    if at_end:
        return methodcaller("endswith", words)
    if len(words) == 1:
        return methodcaller("__contains__", words[0])
    return lambda text: any(word in text for word in words)


def _words(body: str) -> tuple[str, ...] | None:
    choices: list[list[str]] = []
    at, count = 0, 1
    while at < len(body):
        found = _PIECE.match(body, at)
        if found is None:
            return None
        at = found.end()
        sign = found["sign"]
        pieces = [sign] if sign is not None else found["words"].split("|")
        choices.append([_ESCAPE.sub(r"\1", piece) for piece in pieces])
        count *= len(pieces)
        if count > MOST_WORDS:
            return None
    return tuple("".join(word) for word in itertools.product(*choices))


# -- What is wrong -----------------------------------------------------------------------------------------------------


def _why(expression: str, error: Exception) -> Sentence:
    if isinstance(error, UnicodeEncodeError):
        return say(
            "The expression holds half of a character at position {at}. Type it again.", at=error.start + 1
        )
    told = error.args[0].decode("utf-8", "replace") if error.args else ""
    cause, _, part = told.partition(": ")
    # Where repetitions are nested, the outer one is too much, and it stands behind the others.
    find = expression.rfind if cause == "invalid repetition size" else expression.find
    found = find(part) if part else -1
    at = found + 1 if found >= 0 else len(expression)
    if cause == "missing )":
        return say(
            "The bracket “(” at position {at} is never closed. Add “)”, or write “\\(” for the sign.",
            at=_unclosed(expression),
        )
    if cause == "unexpected )":
        return say(
            "The expression closes a bracket “)” that was never opened. Remove it, or write “\\)” for the sign."
        )
    if cause == "missing ]":
        return say("The list of signs “{part}” at position {at} is never closed. Add “]”.", part=part, at=at)
    if cause == "no argument for repetition operator":
        return say(
            "At position {at}, “{part}” repeats nothing. Put before it what is to be repeated, or write “\\{part}” for the sign.",
            at=at,
            part=part,
        )
    if cause == "bad repetition operator":
        return say("At position {at}, “{part}” repeats a repetition. Keep one of them.", at=at, part=part)
    if cause == "invalid repetition size":
        return say(
            "At position {at}, “{part}” repeats too often; at most 1000 times are possible, also where repetitions are nested.",
            at=at,
            part=part,
        )
    if cause == "invalid character class range":
        return say("At position {at}, the range “{part}” runs backwards. Turn it round.", at=at, part=part)
    if cause in (
        "invalid perl operator",
        "invalid escape sequence",
        "invalid group name",
        "invalid named capture group",
    ):
        return say(
            "At position {at} stands “{part}”, which is not possible here: no back references, and no looking ahead or behind.",
            at=at,
            part=part,
        )
    if cause.startswith("trailing"):
        return say("The expression ends with a single “\\”. Write “\\\\” for the sign, or remove it.")
    if "too large" in cause:
        return say("The expression is too large. Repeat less often, or split it into several rules.")
    return say("The expression cannot be read at position {at}: {cause}.", at=at, cause=told or "?")


def _unclosed(expression: str) -> int:
    """Return the place, from 1, of the innermost bracket that is never closed."""
    opened: list[int] = []
    in_list = False
    escaped = False
    for place, sign in enumerate(expression, 1):
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif in_list:
            in_list = sign != "]"
        elif sign == "[":
            in_list = True
        elif sign == "(":
            opened.append(place)
        elif sign == ")" and opened:
            opened.pop()
    return opened[-1] if opened else len(expression)
