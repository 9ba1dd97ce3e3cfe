"""LANGUAGE: in which language a page speaks, and how it writes a date.

The choice kept in the browser comes first, then ``WORKBENCH_LANGUAGE``, then what the browser asks for, then English.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from workbench.adapters.language import LANGUAGES, Language, choose
from workbench.sentence import Sentence, Value

from . import piece

__all__ = ["LANGUAGES", "begin", "decide", "hour", "number", "speak_in", "when"]

SETTING = "WORKBENCH_LANGUAGE"

_spoken: Language | None = None


def decide(
    kept: str | None = None, browser: Sequence[str] = (), environ: Mapping[str, str] = os.environ
) -> str:
    """Return the code of the language that a page is to speak."""
    return choose(kept, environ.get(SETTING), ",".join(browser)).code


def speak_in(code: str) -> str:
    """Let every widget made from now on speak this language (an unknown code is English), and return its code."""
    global _spoken
    language = _spoken = Language(code)

    def form(value: Value) -> str:
        return language.say(Sentence("{value}", {"value": value}))

    piece.speak(language.text, form, language.code)
    return language.code


def begin() -> str:
    """Speak as the pages of this kernel do already, or as the setting says; return the language's code."""
    return speak_in(_spoken.code if _spoken else decide())


def when(at: datetime) -> str:
    """Return a moment as the language of the page writes it, in UTC."""
    return (_spoken or Language("en")).date(at)


def hour(at: datetime) -> str:
    """Return a moment without its year and seconds, in UTC: when something is due."""
    return (_spoken or Language("en")).date(at, "d MMM, HH:mm")


def number(value: float) -> str:
    """Return a number as the language of the page writes it, however small it is: where numbers stand one below the other."""
    return (_spoken or Language("en")).number(value)
