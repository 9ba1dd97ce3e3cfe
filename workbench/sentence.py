"""SENTENCE: what a person reads, kept apart from the language it is read in.

A sentence is its English text with ``{named}`` places and the values for them. The text is also the key under which
``workbench/adapters/language.py`` finds the Portuguese, French and Spanish wording, so it is written once, here in
the code, by ``say("...", field=...)`` (or ``N_("...")`` for a title or a label that has no values).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Union

Value = Union[str, int, float, bool, None, "Sentence"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its values; ``str()`` gives it in English. A brace that is meant as such is written twice."""

    text: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.render(lambda text: text)

    def render(self, translate: Callable[[str], str], form: Callable[[Value], str] = str) -> str:
        """Return the sentence in the language of ``translate``, its values written by ``form``."""
        said = {
            name: value.render(translate, form) if isinstance(value, Sentence) else form(value)
            for name, value in self.values.items()
        }
        return translate(self.text).format_map(said)


def say(text: str, /, **values: Value) -> Sentence:
    """Return the sentence ``text`` (English, with ``{named}`` places) for ``values``. The catalogue test finds it here."""
    return Sentence(text, values)


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark ``text`` for translation and return it unchanged: titles, labels and hints that carry no values."""
    return text
