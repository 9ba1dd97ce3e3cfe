"""The door to the languages: gettext catalogues read by Babel; dates and numbers as each language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from workbench.sentence import Sentence, Value

LANGUAGES: Mapping[str, str] = {"en": "English", "pt": "Português", "fr": "Français", "es": "Español"}
"""The languages of the workbench, by code, each with its own name."""


class Language:
    """One language: ``text`` for a label, ``say`` for a sentence, ``date`` and ``number`` for values."""

    def __init__(self, code: str = "en") -> None:
        self.code = code if code in LANGUAGES else "en"
        self.locale = Locale.parse(self.code)
        self.texts = catalogue(self.code)

    def text(self, text: str) -> str:
        """Return a label in this language; the English text where the catalogue has none."""
        return self.texts.get(text) or text

    def say(self, sentence: Sentence | str) -> str:
        """Return a sentence in this language, its numbers written as the language writes them."""
        return (
            sentence.render(self.text, self._form) if isinstance(sentence, Sentence) else self.text(sentence)
        )

    def date(self, at: datetime, form: str = "medium") -> str:
        """Return a moment as this language writes it, in UTC."""
        return format_datetime(at, form, locale=self.locale)

    def number(self, value: float) -> str:
        """Return a number with this language's separators."""
        return format_decimal(value, locale=self.locale)

    def _form(self, value: Value) -> str:
        # whole numbers below 100,000 (an HTTP status, a port, a year) are written as they are
        if (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and (abs(value) >= 100_000 or isinstance(value, float))
        ):
            return self.number(value)
        return str(value)


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """Return the texts of a language by their English; empty for English."""
    if code == "en":
        return {}
    with (files("workbench") / "locale" / f"{code}.po").open("rb") as file:
        found = read_po(file, locale=code)
    return {
        str(message.id): str(message.string)
        for message in found
        if message.id and message.string and not message.fuzzy
    }


def choose(*wanted: str | None) -> Language:
    """Return the first language that is there: codes like ``pt-BR``, ``fr_FR.UTF-8`` or an Accept-Language header."""
    for text in wanted:
        for part in (text or "").split(","):
            code = part.split(";")[0].strip().replace("_", "-").split("-")[0].split(".")[0].lower()
            try:
                if code in LANGUAGES and Locale.parse(code):
                    return Language(code)
            except (UnknownLocaleError, ValueError):
                continue
    return Language("en")
