"""Languages: every sentence of the code stands in every catalogue, with the same places; dates and numbers follow."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import workbench
from workbench import errors
from workbench.adapters.language import LANGUAGES, Language, catalogue, choose
from workbench.sentence import Sentence, say

PACKAGE = Path(workbench.__file__).parent
KEYWORDS = {"say": None, "N_": None}
OTHERS = [code for code in LANGUAGES if code != "en"]


def messages() -> set[str]:
    """Return every text that ``say`` and ``N_`` mark in the package."""
    found = extract_from_dir(
        str(PACKAGE), method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=()
    )
    return {str(message) for _, _, message, _, _ in found}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


MESSAGES = messages()


def test_there_are_messages() -> None:
    assert len(MESSAGES) > 200


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_missing(code: str) -> None:
    missing = sorted(MESSAGES - set(catalogue(code)))
    assert missing == [], (
        f"{len(missing)} texts have no {LANGUAGES[code]} wording; `make languages` adds them to the catalogue"
    )


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_left_over_or_fuzzy(code: str) -> None:
    with (PACKAGE / "locale" / f"{code}.po").open("rb") as file:
        kept = {str(message.id): message for message in read_po(file, locale=code) if message.id}
    assert sorted(set(kept) - MESSAGES) == []
    assert [text for text, message in kept.items() if message.fuzzy] == []


@pytest.mark.parametrize("code", OTHERS)
def test_the_places_are_the_same(code: str) -> None:
    wrong = {}
    for text, translated in catalogue(code).items():
        try:
            if places(text) != places(translated):
                wrong[text] = translated
        except ValueError:  # a text with a lone brace is never formatted; its wording must be alike
            if text.count("{") != translated.count("{"):
                wrong[text] = translated
    assert wrong == {}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def test_no_sentence_goes_past_the_catalogue() -> None:
    """An error raised with a bare text, or ``say`` with a composed one, could not be translated."""
    bare = []
    for where, call in calls():
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        first = call.args[0] if call.args else None
        if name in errors.__all__ and isinstance(first, (ast.Constant, ast.JoinedStr, ast.BinOp)):
            bare.append(where)
        said = isinstance(call.func, ast.Name) and name == "say"
        if said and not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
            bare.append(where)
    assert bare == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_sentence_is_said_in_each_language(code: str) -> None:
    sentence = say(
        "The name has {length} characters; at most {most} are allowed. Shorten it.", length=101, most=100
    )
    said = Language(code).say(sentence)
    assert "101" in said
    assert (said == str(sentence)) is (code == "en")


def test_dates_and_numbers_follow() -> None:
    at = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
    assert Language("en").date(at).startswith("Mar 1, 2026")
    assert Language("fr").date(at).startswith("1 mars 2026")
    assert {Language(code).number(12345.5) for code in ("en", "es", "pt")} == {"12,345.5", "12.345,5"}
    assert Language("pt").say(Sentence("{n}", {"n": 25_000_000})) == "25.000.000"
    assert Language("pt").say(Sentence("{n}", {"n": 2026})) == "2026"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (("pt-BR",), "pt"),
        (("fr_FR.UTF-8",), "fr"),
        (("de", "es"), "es"),
        (("xx,en;q=0.5",), "en"),
        ((None, ""), "en"),
        (("../etc",), "en"),
    ],
)
def test_choosing(wanted: tuple[str | None, ...], code: str) -> None:
    assert choose(*wanted).code == code
