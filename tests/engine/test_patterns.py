"""Regular expressions: what is wrong with them is told, and none can take more than linear time."""

from __future__ import annotations

import re

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.patterns import LONGEST, check_pattern, compile_pattern
from workbench.errors import Refused


@pytest.mark.parametrize(
    ("expression", "sentence", "column"),
    [
        ("", "The expression is empty", None),
        ("a(b", "The bracket “(” at position 2 is never closed.", 2),
        (r"\((a)(b|[(]", "The bracket “(” at position 6 is never closed.", 6),
        ("a)b", "closes a bracket “)” that was never opened", None),
        ("ab[c", "The list of signs “[c” at position 3 is never closed.", 3),
        ("a|*b", "At position 3, “*” repeats nothing.", 3),
        ("ab**", "At position 3, “**” repeats a repetition.", 3),
        ("a{1001}", "At position 2, “{1001}” repeats too often", 2),
        ("x(a{1000}){1000}", "repeats too often", 11),
        ("[z-a]", "At position 2, the range “z-a” runs backwards.", 2),
        ("a(?=b)", "At position 2 stands “(?=”, which is not possible here: no back references", 2),
        (r"(a)\1", r"At position 4 stands “\1”, which is not possible here", 4),
        ("a\\", "ends with a single “\\”", None),
        ("é\ud800", "half of a character at position 2", 2),
        ("a" * (LONGEST + 1), f"has {LONGEST + 1} characters; at most {LONGEST}", None),
        ("((((a{30}){30}){30}){30})", "repeats too often", 21),
        (r"(\pL{100}\pN{100}){5}", "The expression is too large.", None),
    ],
)
def test_what_is_wrong_is_told(expression: str, sentence: str, column: int | None) -> None:
    problem = check_pattern(expression, field="rules.0.when.value")
    assert problem is not None
    assert sentence in str(problem.sentence)
    assert problem.column == column
    assert problem.field == "rules.0.when.value"
    assert problem.blocks
    with pytest.raises(Refused):
        compile_pattern(expression)


def test_a_good_expression_has_no_problem() -> None:
    assert check_pattern(r"^\w+@(?i:EXAMPLE)\.com$", field="f") is None


def test_an_expression_that_ruins_backtracking_is_quick() -> None:
    fits = compile_pattern("^(a+)+$|(x+x+)+y")
    assert fits("a" * 50_000)
    assert not fits("a" * 50_000 + "!")  # two to the power of 50,000 steps by backtracking
    assert not fits("x" * 50_000)


def test_it_looks_anywhere_in_the_text_and_knows_letters_of_all_scripts() -> None:
    assert compile_pattern("é+")("caféé 😀")
    assert compile_pattern(r"^\pL+$")("Ägare")
    assert not compile_pattern("^b")("ab\nb")
    assert compile_pattern("(?m)^b")("ab\nb")
    assert not compile_pattern("b$")("ab\n")


def test_half_a_character_in_a_text_fits_nothing_and_breaks_nothing() -> None:
    assert compile_pattern("a+$")("\ud800aa")
    assert not compile_pattern("^a+$")("\ud800aa")


SIGNS = "abé.|()$^@-"
PLAIN = st.lists(
    st.sampled_from(["a", "b", "é", r"\.", r"\|", r"\$", r"\\", "@", "-", "(a|b)", "(?:é|ab|)", "()", "(b)", "\n", " "]),
    max_size=6,
).map("".join)  # fmt: skip


@given(
    st.tuples(st.sampled_from(("", "^")), PLAIN, st.sampled_from(("", "$"))),
    st.text(alphabet="abé.|$\\@-\n ", max_size=8),
)
@settings(max_examples=150, deadline=None)
def test_plain_words_are_found_as_the_library_finds_them(parts: tuple[str, str, str], text: str) -> None:
    expression = "".join(parts)
    if expression:
        assert compile_pattern(expression)(text) is (re2.search(expression, text) is not None)


@given(
    st.text(alphabet="ab.|()$^\\[]*+?{}1,-é", min_size=1, max_size=8), st.text(alphabet="ab1.|$^", max_size=6)
)
@settings(max_examples=200, deadline=None)
def test_any_expression_is_refused_with_a_place_in_it_or_found_as_the_library_finds_it(
    expression: str, text: str
) -> None:
    problem = check_pattern(expression, field="f")
    options = re2.Options()
    options.log_errors = False
    if problem is None:
        assert compile_pattern(expression)(text) is (re2.search(expression, text, options) is not None)
    else:
        assert problem.column is None or 1 <= problem.column <= len(expression)
        assert not re.search(
            r"\{\w+\}", problem.sentence.text.format_map(dict.fromkeys(problem.sentence.values, ""))
        )
        with pytest.raises(re2.error):
            re2.compile(expression, options)
