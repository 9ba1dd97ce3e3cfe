"""Numbers and texts as the page's script reads them: as JavaScript does, to the digit."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.tags.javascript import (
    BLANKS,
    as_json,
    cut,
    length,
    parse_float,
    parse_int,
    trim,
)

FLOATS = {
    "60.25": (60.25, ""), "60,25": (60, ",25"), "1.234,56": (1.234, ",56"), "€60.25": (None, "€60.25"), "60.25 €": (60.25, " €"),
    "": (None, ""), ".5": (0.5, ""), "5.": (5, ""), ".": (None, "."), "-": (None, "-"), "+3": (3, ""), "-0": (0, ""), "1e3": (1000, ""),
    "1e": (1, "e"), "1e+": (1, "e+"), "1.5e-2x": (0.015, "x"), "Infinity": (None, ""), "-Infinity": (None, ""), "inf": (None, "inf"),
    "NaN": (None, "NaN"), "0x10": (0, "x10"), "1_000": (1, "_000"), "1 000": (1, " 000"), "\ufeff 7": (7, ""), "\x857": (None, "\x857"),
    "１２": (None, "１２"), "٣": (None, "٣"), "1e999": (None, ""), "12.5.6": (12.5, ".6"), "--1": (None, "--1"),
}  # fmt: skip
INTS = {
    "2": (2, ""), "2.9": (2, ".9"), "1e3": (1, "e3"), "0x1f": (0, "x1f"), "": (None, ""), "-3 items": (-3, " items"), "1,5": (1, ",5"),
    "08": (8, ""), ".5": (None, ".5"), "9" * 400: (None, ""), "٣": (None, "٣"), "9007199254740993": (9007199254740992, ""),
}  # fmt: skip


@pytest.mark.parametrize("text", FLOATS)
def test_a_decimal_number_is_read_as_parse_float_reads_it(text: str) -> None:
    assert parse_float(text) == FLOATS[text]


@pytest.mark.parametrize("text", INTS, ids=lambda text: text[:20])
def test_a_whole_number_is_read_as_parse_int_reads_it(text: str) -> None:
    assert parse_int(text) == INTS[text]


def test_numbers_and_blanks_are_those_of_a_real_engine() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; the tables above stand in")
    texts = ["".join(parts) for parts in product(
        ("", " ", "\ufeff", "\x85", "\x1c", "\u2003", "€", "-", "+", "\n-"),
        ("", "0", "60", "1.234", ".5", "5.", "007", "Infinity", "12345678901234567"),
        ("", ",25", ".25", "e3", "e-400", "e400", "E", " 5", "_0", "x10", "n", "\u00a0", ".1.2", "\x1f"),
    )]  # fmt: skip
    program = (
        "const say = v => isNaN(v) || !isFinite(v) ? null : v;"
        "const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(texts.map(t => [say(parseFloat(t)), say(parseInt(t, 10)), t.trim(), t.length, t.substring(0, 5)])));"
    )
    ran = subprocess.run(
        [node, "-e", program], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    for text, (number, whole, trimmed, units, start) in zip(texts, json.loads(ran.stdout), strict=True):
        here = [parse_float(text).value, parse_int(text).value]
        assert here == [None if one is None else float(one) for one in (number, whole)], repr(text)
        assert [as_json(one) for one in here if one is not None] == [
            one for one in (number, whole) if one is not None
        ]
        assert (trim(text), length(text), cut(text, 5)) == (trimmed, units, start), repr(text)


@given(st.text())
def test_what_is_read_and_what_is_left_make_the_text(text: str) -> None:
    for read in (parse_float(text), parse_int(text)):
        assert text.lstrip(BLANKS).endswith(read.rest)
        assert read.value is None or read.value == read.value


@given(st.text(), st.integers(0, 30))
def test_a_text_is_cut_in_units_and_stays_writable(text: str, units: int) -> None:
    short = cut(text, units)
    assert length(short) <= units
    short.encode()
    assert short == text or length(text) > units or "\ufffd" in short


def test_half_a_character_is_not_kept() -> None:
    assert cut("abc😀", 4) == "abc\ufffd"
