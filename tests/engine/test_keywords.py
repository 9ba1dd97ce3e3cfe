"""Keywords: the whole text has to be the word, in any spelling of it; what only sounds like an opt-out is never acted on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.keywords import (
    DEFAULT_SETTINGS,
    STOP,
    WORDS,
    check_settings,
    conflicts,
    plain,
    settings_of,
    tidy_settings,
    verdict,
)
from workbench.models.consent import ConsentSettings
from workbench.models.sms_account import Keyword

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FACTS = "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REMOVE OPTOUT OPT-OUT ARRET TD PARAR SAIR CANCELAR BAJA"


def a_keyword(word: str) -> Keyword:
    return Keyword(id="kwd_1", word=word, updated_at=NOW)


PIZZA = a_keyword("Pizza")


@pytest.mark.parametrize("text", [
    "STOP", "stop", " Stop ", "stop.", "STOP!!!", "stop ?", "Stop…", "ＳＴＯＰ", "s\u200btop", "STOP\n", "\ufeffSTOP", "stop。", "STOP'",
])  # fmt: skip
def test_each_spelling_of_stop_opts_out(text: str) -> None:
    assert verdict(text, DEFAULT_SETTINGS).meaning == "stop"


@pytest.mark.parametrize(
    "text", ["please stop by", "STOP PLEASE", "don't stop", "nonstop", "bus stop?", "", " ", "...", "S T O P"]
)
def test_a_text_that_is_not_the_word_alone_never_opts_out(text: str) -> None:
    assert verdict(text, DEFAULT_SETTINGS, [PIZZA]).meaning == "none"


def test_every_word_of_the_facts_counts_in_its_list() -> None:
    assert {verdict(word.lower(), DEFAULT_SETTINGS).meaning for word in FACTS.split()} == {"stop"}
    assert {verdict(word, DEFAULT_SETTINGS).meaning for word in ("Start", "yes", "UNSTOP")} == {"start"}
    assert {verdict(word, DEFAULT_SETTINGS).meaning for word in ("help", "INFO")} == {"help"}
    assert set(WORDS) == {"en", "fr", "pt", "es"}
    assert verdict("arrêt", DEFAULT_SETTINGS).word == "ARRÊT"


def test_stop_counts_whatever_the_settings_say() -> None:
    nothing = ConsentSettings()
    assert verdict("Stop", nothing).meaning == "stop"
    assert verdict("cancel", nothing).meaning == "none"
    assert tidy_settings(nothing).opt_out == (STOP,)
    assert tidy_settings(ConsentSettings(opt_out=("bye ", "Bye.", "stop", ""))).opt_out == (STOP, "bye")


def test_a_journeys_keyword_comes_after_the_words_of_consent() -> None:
    assert verdict("PIZZA!", DEFAULT_SETTINGS, [PIZZA]).model_dump() == {
        "meaning": "keyword", "word": "Pizza", "likely": False,
    }  # fmt: skip
    assert verdict("yes", DEFAULT_SETTINGS, [a_keyword("YES")]).meaning == "start"


@pytest.mark.parametrize("text", [
    "please stop by", "STOP PLEASE", "STPO", "sotp", "Stopp", "leave me alone", "Do not text me", "não quero mais", "no quiero más",
    "ne plus recevoir de sms", "remove me from your list", "unsubscribe me", "parar de receber", "opt out",
])  # fmt: skip
def test_what_sounds_like_an_opt_out_is_for_a_person(text: str) -> None:
    found = verdict(text, DEFAULT_SETTINGS)
    assert (found.meaning, found.likely) == ("none", True)


@pytest.mark.parametrize(
    "text", ["shop", "thanks!", "when does it open", "the end", "step 2", "olá", "yes please"]
)
def test_what_does_not_sound_so_is_left_alone(text: str) -> None:
    found = verdict(text, DEFAULT_SETTINGS)
    assert (found.meaning, found.likely) == ("none", False)


@given(
    word=st.sampled_from(FACTS.split()),
    upper=st.booleans(),
    before=st.text(" \t\n\u200b", max_size=3),
    after=st.text(" .!?…,;\n", max_size=5),
)
def test_blanks_case_and_end_punctuation_make_no_difference(
    word: str, upper: bool, before: str, after: str
) -> None:
    assert verdict(before + (word if upper else word.lower()) + after, DEFAULT_SETTINGS).meaning == "stop"


@given(text=st.text(max_size=60))
def test_a_verdict_is_the_same_for_what_is_compared_alike(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert (
        verdict(text, DEFAULT_SETTINGS, [PIZZA]).meaning
        == verdict(plain(text), DEFAULT_SETTINGS, [PIZZA]).meaning
    )


@given(text=st.text(min_size=1, max_size=30), more=st.from_regex(r"[a-z]{2,8}", fullmatch=True))
def test_a_word_more_makes_no_keyword(text: str, more: str) -> None:
    found = verdict(f"{plain(text)} qq{more}", DEFAULT_SETTINGS)
    assert found.meaning == "none"


@pytest.mark.parametrize(("word", "why"), [
    ("stop", "always opts people out"), ("Cancel.", "opts people out"), ("yes", "opts people in"), ("INFO", "asks for help"),
    ("PIZZA", "capital letters do not count"), ("Pizza", "already is a keyword"), ("  ", "is empty"), ("x" * 41, "longer than 40"),
])  # fmt: skip
def test_a_keyword_that_means_something_already_is_refused(word: str, why: str) -> None:
    said = conflicts(word, DEFAULT_SETTINGS, [PIZZA])
    assert said is not None
    assert why in str(said)


def test_a_word_of_its_own_is_taken() -> None:
    assert conflicts("Pasta", DEFAULT_SETTINGS, [PIZZA]) is None
    assert conflicts("cancel", ConsentSettings(opt_out=("STOP",))) is None


def test_a_word_in_two_lists_or_of_a_journey_is_a_problem() -> None:
    wrong = DEFAULT_SETTINGS.model_copy(update={"help": ("HELP", "yes", "!!", "pizza")})
    assert [(one.field, str(one.sentence).partition(".")[0]) for one in check_settings(wrong, [PIZZA])] == [
        ("help", "“yes” is in the opt-in words and in the help words"),
        ("help", "“!!” in the help words cannot be a word that people text: it needs a letter or a digit, and at most 40 of them"),
        ("help", "“pizza” is a journey's keyword already"),
    ]  # fmt: skip
    assert check_settings(DEFAULT_SETTINGS) == []


def test_without_a_document_the_settings_are_those_of_the_first_day() -> None:
    assert settings_of(None) == DEFAULT_SETTINGS
    assert settings_of({"opt_out": ["BYE"]}).opt_out == ("BYE",)


def test_a_text_of_any_length_is_looked_at_quickly() -> None:
    assert verdict("a " * 100_000 + "stop", DEFAULT_SETTINGS).meaning == "none"
