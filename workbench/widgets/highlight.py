"""HIGHLIGHT: a snippet's text with comments, strings, variables and words told apart. The text itself stays what it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import ipywidgets

from . import look
from .look import Html
from .piece import Said

__all__ = ["code", "highlighted"]

_WORDS: Final[Mapping[str, str]] = {
    "python": "as import from with for in if else lambda None True False print",
    "php": "foreach as if exit require use new class implements public private function return echo try catch true false null unset",
    "javascript": "const let await for of if in throw new true false null import",
    "shell": "printf base64 tr",
}
_COMMENTS: Final[Mapping[str, str]] = {
    "python": r"#[^\n]*", "php": r"//[^\n]*|<\?php", "javascript": r"//[^\n]*", "shell": r"^\#[^\n]*"
}  # fmt: skip
_STRING: Final = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`"
_SHELL_STRING: Final = r"'[^']*'"
_VARIABLES: Final[Mapping[str, str]] = {
    "python": r"os\.environ\[\"[A-Z0-9_]+\"\]", "php": r"getenv\('[A-Z0-9_]+'\)|\$[a-z_]+", "javascript": r"process\.env\.[A-Z0-9_]+",
    "shell": r"\"\$[A-Z0-9_]+\"",
}  # fmt: skip


def highlighted(text: str, language: str) -> Html:
    """Return the text as markup, each piece of it escaped; a language that is not known is shown plain."""
    pattern = _PATTERNS.get(language)
    if pattern is None:
        return look.escape(text)
    parts: list[Html] = []
    at = 0
    for found in pattern.finditer(text):
        parts.append(look.escape(text[at : found.start()]))
        parts.append(
            look.markup('<span class="wb-lit-{kind}">{text}</span>', kind=found.lastgroup, text=found[0])
        )
        at = found.end()
    parts.append(look.escape(text[at:]))
    return Html("").join(parts)


def code(text: str, language: str, title: str, label: Said) -> ipywidgets.Widget:
    """Return a text as a code block with a button that copies it, told apart by colour."""
    block = look.code_block(text, title, label)
    block.children[1].value = look.markup(
        '<pre class="wb-code wb-lit" tabindex="0" role="region" aria-label="{name}"><code>{text}</code></pre>',
        name=title, text=highlighted(text, language),
    )  # fmt: skip
    return block


def _pattern(language: str) -> re.Pattern[str]:
    words = "|".join(_WORDS[language].split())
    string = _SHELL_STRING if language == "shell" else _STRING
    option = r"|(?P<option>(?<=\s)--?[a-z][a-z-]*)" if language == "shell" else ""
    return re.compile(
        rf"(?P<comment>{_COMMENTS[language]})|(?P<variable>{_VARIABLES[language]})|(?P<string>{string}){option}"
        rf"|(?P<word>\b(?:{words})\b)|(?P<number>\b[0-9][0-9_.]*\b)",
        re.MULTILINE,
    )


_PATTERNS: Final = {language: _pattern(language) for language in _WORDS}
