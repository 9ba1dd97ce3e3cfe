"""The strict reader: what it takes, what it refuses, and exactly where (R-ESP-19)."""

from __future__ import annotations

import json
import math
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.engine.strict_json import (
    LARGEST_INTEGER,
    MAX_DEPTH,
    MAX_PROBLEMS,
    SMALLEST_INTEGER,
    ListNode,
    Node,
    ObjectNode,
    ScalarNode,
    TextNode,
    parse,
    plain,
    read,
)
from workbench.errors import Invalid
from workbench.models.base import JsonValue

# Text, line and column of each problem, and words that its sentence must hold: the fix, or the reason.
REFUSED = [
    # duplicate keys, also when only their spelling differs, and in inner objects
    ('{"a":1,"a":2}', [(1, 8, "stands twice")]),
    ('{"a":1,\n "\\u0061":2}', [(2, 2, "first in line 1")]),
    ('{"x":{"a":1,"b":2,"a":3}}', [(1, 19, "stands twice")]),
    ('{"a":1,\n"a":2,\n"a":3}', [(2, 1, "first in line 1"), (3, 1, "first in line 1")]),
    # numbers
    ('{"a":NaN}', [(1, 6, "no NaN")]),
    ('{"a":Infinity}', [(1, 6, "no Infinity")]),
    ('{"a":[1,\n  -Infinity]}', [(2, 3, "no -Infinity")]),
    ('{"a":1e999}', [(1, 6, "larger than")]),
    ('{"a":-1e999}', [(1, 6, "larger than")]),
    ('{"a":18446744073709551616}', [(1, 6, "double quotes")]),
    ('{"a":-9223372036854775809}', [(1, 6, "double quotes")]),
    ('{"a":01}', [(1, 6, "not a number of JSON")]),
    ('{"a":+1}', [(1, 6, "not a number of JSON")]),
    ('{"a":.5}', [(1, 6, "not a number of JSON")]),
    ('{"a":1.}', [(1, 6, "not a number of JSON")]),
    ('{"a":0x1F}', [(1, 6, "not a number of JSON")]),
    ('{"a":+46701740605}', [(1, 6, "phone number")]),
    ('{"a":2026-01-31}', [(1, 6, "double quotes")]),
    ('{"a":-}', [(1, 6, "A value is expected")]),
    # commas
    ('{"a":1,}', [(1, 7, "Delete it")]),
    ('{"a":[1,2, ]}', [(1, 10, "Delete it")]),
    ('{"a":[,1]}', [(1, 7, "Nothing stands before")]),
    ('{"a":[1,,2]}', [(1, 9, "Nothing stands before")]),
    ('{"a":1 "b":2}', [(1, 8, "comma is missing")]),
    ('{"a":[1 2]}', [(1, 9, "comma is missing")]),
    ('{"a":[[1] [2]]}', [(1, 11, "comma is missing")]),
    # quotes and words
    ("{'a':1}", [(1, 2, "straight double quotes")]),
    ("{\"a\":'b'}", [(1, 6, "straight double quotes")]),
    ("{“a”:1}", [(1, 2, "straight double quotes")]),
    ("{a:1}", [(1, 2, "double quotes")]),
    ('{"a":hello}', [(1, 6, "double quotes")]),
    ('{"a":True}', [(1, 6, "JSON writes true")]),
    ('{"a":None}', [(1, 6, "JSON writes null")]),
    ('{"a":undefined}', [(1, 6, "JSON writes null")]),
    ('{"a":{{ total }}}', [(1, 6, "Write {{ total }} in double quotes")]),
    ('{"a":${Total}}', [(1, 6, "Write ${Total} in double quotes")]),
    ('{"a":"x"y"}', [(1, 9, 'write \\"')]),
    ('{"a":"{{ n | default("5") }}"}', [(1, 23, 'write \\"')]),
    # comments, marks, invisible characters
    ('{"a":1} // note', [(1, 9, "no comments")]),
    ('{"a":/* note\n */1}', [(1, 6, "no comments")]),
    ('# note\n{"a":1}', [(1, 1, "no comments")]),
    ('{"a":/1}', [(1, 6, "no /")]),
    ('{"a":1 /* never closed', [(1, 8, "no /")]),
    ('\ufeff{"a":1}', [(1, 1, "byte order mark")]),
    ('{"a":\u00a01}', [(1, 6, "U+00A0")]),
    ('{\u200b"a":1}', [(1, 2, "U+200B")]),
    # inside of texts
    (r'{"a":"\ud800"}', [(1, 7, "half of a character")]),
    (r'{"a":"xy\udc00"}', [(1, 9, "half of a character")]),
    (r'{"a":"\ud83d\ud83d\ude00"}', [(1, 7, "half of a character")]),
    (r'{"a":"\ud800A"}', [(1, 7, "half of a character")]),
    ('{"a":"x\ud800"}', [(1, 8, "half of a character")]),
    (r'{"\ud83d":1}', [(1, 3, "half of a character")]),
    ('{"a":"x\ty"}', [(1, 8, "U+0009")]),
    ('{"a":"x\x00y"}', [(1, 8, "U+0000")]),
    ('{"a":"x\ny"}', [(1, 8, r"\n")]),
    ('{"a":"x\r\ny"}', [(1, 8, r"\n")]),
    (r'{"a":"C:\dir"}', [(1, 9, "not an escape")]),
    (r'{"a":"\u12G4"}', [(1, 7, "not an escape")]),
    # unterminated things and what follows the end
    ('{"a":"x', [(1, 6, "never closed")]),
    ('{"a":"x\\', [(1, 6, "never closed")]),
    ('{"a":\n"x\\"', [(2, 1, "never closed")]),
    ('{"a":[1,2', [(1, 10, "Add ]")]),
    ('{"a":1', [(1, 7, "Add }")]),
    ('{"a":\n{"b":1}\n', [(3, 1, "line 1, column 1")]),
    ('{"a":', [(1, 6, "Add the value")]),
    ('{"a"', [(1, 5, "a colon")]),
    ('{"a" 1}', [(1, 6, "a colon")]),
    ('{"a":}', [(1, 6, "A value is missing")]),
    ('{"a":1]', [(1, 7, "A comma or }")]),
    ('{"a":1}}', [(1, 8, "has ended")]),
    ('{"a":1} {"b":2}', [(1, 9, "has ended")]),
    ("{1:2}", [(1, 2, "A name in double quotes")]),
    ("", [(1, 1, "There is no JSON")]),
    ("  \n ", [(2, 2, "There is no JSON")]),
    # the top level
    ("[1,2]", [(1, 1, "is a list")]),
    ('\n "text"', [(2, 2, "single value")]),
    ("null", [(1, 1, "single value")]),
    # several at once, in the order of the text
    (
        '{\'a\': 01,\n "b": True,\n "b": NaN,}',
        [
            (1, 2, "quotes"),
            (1, 7, "number"),
            (2, 7, "true"),
            (3, 2, "twice"),
            (3, 7, "NaN"),
            (3, 10, "comma"),
        ],
    ),
    ('[1e999, "\\ud800",]', [(1, 1, "list"), (1, 2, "larger"), (1, 10, "half"), (1, 17, "comma")]),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED, ids=[repr(text)[:40] for text, _ in REFUSED])
def test_refuses_with_place_and_fix(text: str, expected: list[tuple[int, int, str]]) -> None:
    with pytest.raises(Invalid) as raised:
        parse(text)
    problems = raised.value.problems
    assert [(problem.line, problem.column) for problem in problems] == [
        (line, column) for line, column, _ in expected
    ]
    for problem, (_, _, words) in zip(problems, expected, strict=True):
        assert words in str(problem.sentence)
        assert problem.field == "payload"
        assert problem.blocks


def test_a_line_break_in_a_text_is_told_once_and_first() -> None:
    problems = read('{"html":"<p>\n<b>\n</p>","a":01}').problems
    assert [(problem.line, problem.column) for problem in problems] == [(1, 13), (3, 11)]


def test_lines_end_with_any_of_the_three_breaks() -> None:
    for line_end in ("\n", "\r", "\r\n"):
        problem = read(line_end.join(["{", '"a":1,', ' "b":x}'])).problems[0]
        assert (problem.line, problem.column) == (3, 6)


def test_columns_count_characters_not_bytes() -> None:
    problem = read('{"é😀":"\u2028", "b":x}').problems[0]
    assert (problem.line, problem.column) == (1, 16)


def test_an_array_or_value_may_be_the_top_level_if_asked() -> None:
    assert plain(parse('[1,"x"]', top_level_object=False)) == [1, "x"]
    assert plain(parse(" null ", top_level_object=False)) is None


def test_the_field_is_named_as_asked() -> None:
    assert read("", field="settings.json").problems[0].field == "settings.json"


def test_numbers_at_the_limits_are_taken() -> None:
    text = f'{{"a":{LARGEST_INTEGER},"b":{SMALLEST_INTEGER},"c":1e308,"d":1e-999,"e":-0}}'
    assert plain(parse(text)) == json.loads(text)


def test_a_hundred_levels_are_taken_and_one_more_is_not() -> None:
    def nested(depth: int) -> str:
        return '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)

    assert plain(parse(nested(MAX_DEPTH))) == json.loads(nested(MAX_DEPTH))
    (problem,) = read(nested(MAX_DEPTH + 1)).problems
    assert (problem.line, problem.column) == (1, 5 * MAX_DEPTH + 1)
    assert "100" in str(problem.sentence)


def nodes(node: Node) -> list[Node]:
    inner: list[Node] = []
    if isinstance(node, ObjectNode):
        inner = [part for pair in node.members for part in pair]
    if isinstance(node, ListNode):
        inner = list(node.items)
    return [node, *(found for part in inner for found in nodes(part))]


def test_every_value_knows_where_it_stands() -> None:
    tree = parse('{\n  "name": "Ana",\n  "list": [1.50, null,\n {"k": true}]}')
    assert [(type(node).__name__, node.line, node.column) for node in nodes(tree)] == [
        ("ObjectNode", 1, 1),
        ("TextNode", 2, 3),
        ("TextNode", 2, 11),
        ("TextNode", 3, 3),
        ("ListNode", 3, 11),
        ("ScalarNode", 3, 12),
        ("ScalarNode", 3, 18),
        ("ObjectNode", 4, 2),
        ("TextNode", 4, 3),
        ("ScalarNode", 4, 8),
    ]
    spellings = [node.spelling for node in nodes(tree) if isinstance(node, ScalarNode)]
    assert spellings == ["1.50", "null", "true"]


def test_a_character_of_a_text_is_found_behind_escapes() -> None:
    source = r'"a\nb\u00e9c\ud83d\ude00d"'
    text = parse(source, top_level_object=False)
    assert isinstance(text, TextNode)
    assert text.value == "a\nbéc😀d"
    columns = [text.place(index)[1] for index in range(len(text.value) + 1)]
    assert [source[column - 1 :][:1] for column in columns] == ["a", "\\", "b", "\\", "c", "\\", "d", '"']
    assert columns == [2, 3, 5, 6, 12, 13, 25, 26]


# -- in general: json.loads, less what is refused on purpose ----------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers(SMALLEST_INTEGER, LARGEST_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


def same(one: JsonValue, other: JsonValue) -> bool:
    """Compare types too, which == does not: 1, 1.0 and True."""
    return repr(one) == repr(other)


@given(values, st.booleans(), st.sampled_from([None, 0, 2, "\t"]))
@settings(deadline=None)
def test_reads_what_json_writes(value: JsonValue, ascii_only: bool, indent: int | str | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert same(plain(parse(text, top_level_object=False)), value)


class RefusedOnPurposeError(Exception):
    pass


def refused_on_purpose(text: str) -> bool:
    """Return whether ``text``, which json.loads takes, is one of those that the strict reader must refuse."""

    def number(value: float) -> float:
        if isinstance(value, int) and not SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
            raise RefusedOnPurposeError
        if not math.isfinite(value):
            raise RefusedOnPurposeError
        return value

    def pairs(found: list[tuple[str, JsonValue]]) -> None:
        if len({key for key, _ in found}) < len(found):
            raise RefusedOnPurposeError

    def constant(_: str) -> None:
        raise RefusedOnPurposeError

    try:
        json.loads(
            text,
            object_pairs_hook=pairs,
            parse_constant=constant,
            parse_int=lambda spelling: number(int(spelling)),
            parse_float=lambda spelling: number(float(spelling)),
        )
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except (RefusedOnPurposeError, UnicodeEncodeError):
        return True
    return False


SIGNS = "{}[],:\"'\\-1# \n\t\x00é“\u00a0\ufeff\ud800"
WORDS = r"""a "a": "\ud800" "\ud83d\ude00" \u 01 1.5 1e5 1e999 NaN true null None // /* {{ }} ${ "x\"y" [1,2] {"a":1}"""
scraps = st.lists(st.sampled_from([*SIGNS, *WORDS.split(), "9" * 30]), max_size=12).map("".join)


@given(scraps | st.text(max_size=30))
@settings(deadline=None, max_examples=1500)
@example('{"a":1,"a":1}')
@example("-0")
@example("1E+2")
@example('"\u2028\x7f"')
@example("[1]\x0b")
@example('"\ud83d\ude00"')
def test_agrees_with_json_loads_on_any_text(text: str) -> None:
    reading = read(text, top_level_object=False)
    try:
        expected = json.loads(text)
    except ValueError:
        assert reading.problems
        return
    if refused_on_purpose(text):
        assert reading.problems
    else:
        assert reading.problems == ()
        assert reading.node is not None
        assert same(plain(reading.node), expected)


@given(scraps)
@settings(deadline=None, max_examples=500)
def test_every_problem_lies_in_the_text_and_in_order(text: str) -> None:
    lines = re.split("\r\n|\r|\n", text)
    places = [(problem.line or 0, problem.column or 0) for problem in read(text).problems]
    assert places == sorted(places)
    for line, column in places:
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1


# -- hostile texts end, whatever they are ----------------------------------------------------------------------

HOSTILE = {
    "open brackets": "[" * 1_000_000,
    "open objects": '{"a":' * 200_000,
    "quotes": '"' * 1_000_000,
    "escapes": '{"a":"' + "\\n" * 500_000 + '"}',
    "broken escapes": '{"a":"' + "\\x" * 500_000 + '"}',
    "line breaks in a text": '{"a":"' + "\n" * 500_000,
    "digits": '{"a":' + "1" * 1_000_000 + "}",
    "digits, then a letter": '{"a":' + "1" * 1_000_000 + "x}",
    "decimals, then a letter": '{"a":1.' + "1" * 1_000_000 + "x}",
    "commas": "[" + "," * 1_000_000,
    "words": "[" + "a," * 500_000,
    "comments": "/*" * 500_000,
    "slots": '{"a":' + "{{" * 500_000,
    "marks": "\ufeff" * 500_000,
    "curly quotes": '{"a":' + "“" * 500_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_end_with_few_problems(text: str) -> None:
    reading = read(text)
    assert len(reading.problems) <= MAX_PROBLEMS
    assert reading.problems or reading.node


def test_sentences_stay_short_whatever_the_text_holds() -> None:
    word = "a" * 100_000
    for text in (
        f'{{"{word}":1,"{word}":2}}',
        f'{{"x":{word}}}',
        f"{{{word}:1}}",
        f'{{"x":{"9" * 100_000}}}',
        f'{{"{word}" 1}}',
    ):
        assert all(len(str(problem.sentence)) < 300 for problem in read(text).problems)
