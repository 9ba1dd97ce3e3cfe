"""The payload template: its grammar, its lint, and that no value can break what goes out (R-ESP-19 to R-ESP-22)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.filling import MAX_NAMED
from workbench.engine.template import (
    MAX_SLOTS,
    MAX_TEXT_BYTES,
    Template,
    check_template,
    compile_template,
)
from workbench.errors import Invalid, MissingVariable, Refused
from workbench.models.base import JsonValue, Problem
from workbench.models.payload import PayloadTemplate, Slot


def template(**strings: JsonValue) -> Template:
    """Compile an object of these fields."""
    return compile_template(json.dumps(strings))


def filled(string: str, **values: JsonValue) -> JsonValue:
    """Return what a string becomes; render and tree must agree on it."""
    made = template(it=string)
    tree = made.tree(values)
    assert repr(json.loads(made.render(values))) == repr(tree)
    return tree["it"]


def told(problems: tuple[Problem, ...]) -> list[tuple[str, int | None, int | None, str]]:
    return [(problem.level, problem.line, problem.column, str(problem.sentence)) for problem in problems]


# -- R-ESP-20: hostile values ----------------------------------------------------------------------------------

HOSTILE = {
    "quote": 'say "hello"',
    "backslash": "C:\\new\\table\\",
    "newline": "one\ntwo\r\nthree",
    "slot of Reconnect": "${n} ${User Identifier}",
    "slot": "{{ n }} {{{{ }}}} $${",
    "emoji": "👋🏽 é ñ 日本",
    "100 kB": 'x"\\\n' * 25_000,
    "line separators": "\u2028\u2029\x85",
    "control characters": "".join(map(chr, range(32))) + "\x7f",
    "JSON": '","injected":"yes","x":"',
    "the renderer's own cut": '",\n  "x\n]',
    "percent signs": "100 % %s %b %%",
    "markup": "</script><!-- &amp; -->",
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_value_arrives_as_it_is(value: str) -> None:
    made = template(a="{{ v }}", b="<{{ v }}|{{ n }}>", c="${v}", d="100 % %b", e="{{ v | trim }}")
    values = {"v": value, "n": 1}
    expected = {"a": value, "b": f"<{value}|1>", "c": value, "d": "100 % %b", "e": value.strip()}
    assert json.loads(made.render(values)) == expected
    assert made.tree(values) == expected


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(sorted(HOSTILE)).map(HOSTILE.__getitem__)
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
# What a literal part may hold, and what it means. A comma between two keeps braces apart.
SIGNS = {sign: sign for sign in ["a", "{", "}", "$", "%", "%b", '"', "\\", "\n", "|", "é", "😀", "\u2028"]}
SIGNS |= {"{{{{": "{{", "}}}}": "}}", "$${": "${"}
literals = st.lists(st.sampled_from(sorted(SIGNS)), max_size=6)


@dataclass(frozen=True)
class Drawn:
    """A string of a template: a slot alone, or among literal parts."""

    name: str
    slot: str
    around: tuple[list[str], list[str]] | None

    def source(self) -> str:
        slot = self.slot.replace("name", self.name)
        return slot if self.around is None else ",".join(["", *self.around[0], slot, *self.around[1]])

    def meaning(self, values: dict[str, JsonValue]) -> JsonValue:
        value = values[self.name]
        if self.around is None:
            return value
        before, after = ([SIGNS[sign] for sign in part] for part in self.around)
        inside = value if isinstance(value, str) else "" if value is None else orjson.dumps(value).decode()
        return ",".join(["", *before, inside, *after])


names = st.sampled_from(["v1", "v2", "v3"])
slot_forms = st.sampled_from(["{{ name }}", "{{name}}", "${name}"])
shapes = st.recursive(
    st.builds(Drawn, names, slot_forms, st.none() | st.tuples(literals, literals))
    | st.sampled_from([1, 2.5, True, None, "fixed %"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from('ab%"é'), inner, max_size=4),
    max_leaves=8,
)


def grown(shape: JsonValue, make: Callable[[Drawn], JsonValue]) -> JsonValue:
    if isinstance(shape, Drawn):
        return make(shape)
    if isinstance(shape, list):
        return [grown(item, make) for item in shape]
    if isinstance(shape, dict):
        return {key: grown(item, make) for key, item in shape.items()}
    return shape


@given(
    shapes, st.fixed_dictionaries({"v1": json_values, "v2": json_values, "v3": json_values}), st.booleans()
)
@settings(deadline=None, max_examples=250)
def test_any_values_make_the_tree_that_they_should(
    shape: JsonValue, values: dict[str, JsonValue], ascii_only: bool
) -> None:
    made = compile_template(json.dumps({"root": grown(shape, Drawn.source)}, ensure_ascii=ascii_only))
    expected = {"root": grown(shape, lambda drawn: drawn.meaning(values))}
    rendered = made.render(values)
    assert repr(json.loads(rendered)) == repr(made.tree(values)) == repr(expected)
    assert b"\n" not in rendered
    dropped = made.render(values, drop_empty_keys=True)
    assert repr(json.loads(dropped)) == repr(made.tree(values, drop_empty_keys=True))


@given(json_values)
@settings(deadline=None, max_examples=200)
def test_a_whole_slot_keeps_value_and_type(value: JsonValue) -> None:
    assert repr(filled("{{ v }}", v=value)) == repr(value)
    assert repr(filled("${v}", v=value)) == repr(value)


@given(json_values)
@settings(deadline=None, max_examples=200)
def test_a_slot_among_words_makes_a_text(value: JsonValue) -> None:
    text = filled("<{{ v }}>", v=value)
    assert isinstance(text, str)
    inner = text[1:-1]
    if value is None:
        assert inner == ""
    elif isinstance(value, str):
        assert inner == value
    else:
        assert repr(json.loads(inner)) == repr(value)


def test_render_is_compact_and_keeps_spelling_and_order() -> None:
    made = compile_template(
        '{ "z" : 1.50, "a": [ 1E3 , -0, true , { } , [ ] ],\n "n": null, "é": "\\u00e9{{ v }}" }'
    )
    assert made.render({"v": "ñ"}) == '{"z":1.50,"a":[1E3,-0,true,{},[]],"n":null,"é":"éñ"}'.encode()
    assert made.render({"v": ""}, drop_empty_keys=True).startswith(b'{"z":1.50,"a":[1E3,-0,')


def test_the_tree_is_the_callers_own() -> None:
    made = template(list="{{ tags }}", fixed={"a": [1]})
    tags = ["x"]
    tree = made.tree({"tags": tags})
    tree["list"].append("y")
    tree["fixed"]["a"].append(2)
    assert tags == ["x"]
    assert made.tree({"tags": tags}) == {"list": ["x"], "fixed": {"a": [1]}}


# -- where values come from ------------------------------------------------------------------------------------

ORDER = {"order": {"total": 12.5, "items": [{"price": 3, "0": "zero"}], "note": None}}


@pytest.mark.parametrize(
    ("string", "expected"),
    [
        ("{{ order.total }}", 12.5),
        ("{{order.items.0.price}}", 3),
        ("{{\torder.items.0.0\n}}", "zero"),
        ("{{ order.note }}", None),
        ("{{ order.items }}", [{"price": 3, "0": "zero"}]),
        ("Total {{ order.total }} for {{ order.items.0.price }}", "Total 12.5 for 3"),
        ("${{ order.total }}", "$12.5"),
        ("{{ order.items.1.price | default(0) }}", 0),
        ("{{ order.total.cents | default(0) }}", 0),
        ("{{ order.items.x | default(0) }}", 0),
        ("{{ order.items.-1 | default(0) }}", 0),
        ('{{ nobody | upper | default("x") }}', "x"),
        ('{{ order.note | default("none") | upper }}', "NONE"),
        ("{{ order.total | json }}", "12.5"),
        ('{{ phone | e164("SE") }}', "+46701740605"),
    ],
)
def test_a_path_leads_into_objects_and_lists(string: str, expected: JsonValue) -> None:
    assert filled(string, **ORDER, phone="070-174 06 05") == expected


def test_a_flat_name_comes_before_a_path() -> None:
    assert filled("{{ order.total }}", **ORDER, **{"order.total": "flat"}) == "flat"


def test_names_may_have_any_letters_and_hyphens() -> None:
    assert (
        filled("{{ förnamn }}{{ first-name }}{{ _x1 }}", **{"förnamn": "Å", "first-name": "b", "_x1": 3})
        == "Åb3"
    )


def test_reconnects_variables() -> None:
    values: dict[str, JsonValue] = {
        "User Identifier": "ana@example.com",
        "User data|CRM feed|vip": True,
        "dyCampaignName": "Spring",
        "Head line!": "Hello",
    }
    made = template(
        to="${User Identifier}",
        vip="${User data|CRM feed|vip}",
        c="${dyCampaignName}: ${Head line!} ${Head line!}",
    )
    assert made.tree(values) == {"to": "ana@example.com", "vip": True, "c": "Spring: Hello Hello"}
    assert [(slot.key, slot.kind, slot.whole) for slot in made.slots] == [
        ("User Identifier", "identifier", True),
        ("User data|CRM feed|vip", "user_data", True),
        ("dyCampaignName", "campaign", False),
        ("Head line!", "text", False),
        ("Head line!", "text", False),
    ]
    assert made.text_variables() == ("Head line!",)
    assert [slot.column for slot in made.uses("Head line!")] == [slot.column for slot in made.slots[3:]]


@pytest.mark.parametrize(
    ("string", "expected"),
    [
        ("{{{{n}}}}", "{{n}}"),
        ("{{{{ {{ n }} }}}}", "{{ 7 }}"),
        ("{{{{{{ n }}}}}}", "{{7}}"),
        ("$${n}", "${n}"),
        ("$${User Identifier} ${n}", "${User Identifier} 7"),
        ("${{ n }}", "$7"),
        ("$${{ n }}", "$$7"),
        ("${{{{n}}}}", "${{n}}"),
        ("{ {n} } $ $n }{", "{ {n} } $ $n }{"),
        ('{"k":{{ n }}}', '{"k":7}'),
        ('{"k":{"k":1}}', '{"k":{"k":1}}'),
        ("{{{ n }}}", "{7}"),
        ("", ""),
    ],
)
def test_signs_that_stand_for_themselves(string: str, expected: str) -> None:
    assert filled(string, n=7) == expected


def test_a_value_is_never_read_for_slots() -> None:
    assert filled("{{ a }}{{ b }}", a="{{", b=" a }}") == "{{ a }}"
    assert filled("${a}", a="${a}") == "${a}"
    assert filled('{{ x | default("{{ a }} }} ${a}") }}') == "{{ a }} }} ${a}"


# -- the slots, and what is empty ------------------------------------------------------------------------------


def test_slots_know_their_place_and_their_path() -> None:
    made = compile_template(
        '{\n "personalizations": [{"to": [{"email": "${User Identifier}"}]}],\n'
        ' "a.b": {"o:tag": "\\n\\u00e9\\ud83d\\ude00{{ x | default(\\"é\\") }}"}\n}'
    )
    lines = made.text.splitlines()
    assert made.slots == (
        Slot(
            key="User Identifier",
            kind="identifier",
            source="${User Identifier}",
            line=2,
            column=lines[1].index("${") + 1,
            whole=True,
            path="personalizations[0].to[0].email",
        ),
        Slot.model_validate(
            {
                "key": "x",
                "kind": "variable",
                "filters": [{"name": "default", "arguments": ["é"]}],
                "source": '{{ x | default("é") }}',
                "line": 3,
                "column": lines[2].index("{{") + 1,
                "whole": False,
                "path": '["a.b"].o:tag',
            }
        ),
    )
    assert str(made.slots[1].filters[0]) == 'default("é")'
    assert "2 slots" in repr(made)


def test_empty_values_are_sent_and_listed() -> None:
    made = template(
        a="{{ a }}", b="{{ b }}", c="x{{ a }}", d="{{ a }}{{ b }}", e="", f=["{{ a }}", {"g": "{{ b }}"}], h=0
    )
    values = {"a": "", "b": None}
    assert made.tree(values) == {
        "a": "",
        "b": None,
        "c": "x",
        "d": "",
        "e": "",
        "f": ["", {"g": None}],
        "h": 0,
    }
    assert [slot.path for slot in made.empty_slots(values)] == ["a", "b", "c", "d", "d", "f[0]", "f[1].g"]
    assert made.empty_slots({"a": 0, "b": []}) == ()
    dropped = {"c": "x", "e": "", "f": ["", {}], "h": 0}
    assert made.tree(values, drop_empty_keys=True) == dropped
    assert json.loads(made.render(values, drop_empty_keys=True)) == dropped


# -- values that do not fit ------------------------------------------------------------------------------------


def test_one_missing_value_is_named_with_its_place_and_the_nearest_name() -> None:
    made = compile_template('{"a": 1,\n "b": "Hi {{ first_name }}"}')
    with pytest.raises(MissingVariable) as raised:
        made.render({"firstname": "Ana", "other": 1})
    assert str(raised.value) == (
        "There is no value for {{ first_name }} in line 2, column 11. Did you mean “firstname”?"
    )
    with pytest.raises(MissingVariable, match=r"\{\{ first_name \| default\(\"\"\) \}\}"):
        made.tree({})


def test_a_missing_part_of_an_object_is_looked_for_there() -> None:
    with pytest.raises(MissingVariable, match=r"Did you mean “order\.total”"):
        template(a="{{ order.totl }}").render(ORDER)


@pytest.mark.parametrize(
    ("string", "advice"),
    [
        ("${User Identifier}", "identifier of the integration's type"),
        ("${User data|CRM|vip}", "user data"),
        ("${dyCampaignName}", "campaign a name"),
        ("${Headline}", "list of text variables"),
    ],
)
def test_each_kind_of_slot_has_its_own_advice(string: str, advice: str) -> None:
    with pytest.raises(MissingVariable, match=advice):
        template(a=string).render({})


def test_several_missing_values_are_all_named_once() -> None:
    made = template(a="{{ one }}", b="{{ surname }} {{ one }}", c="${Three}", d='{{ four | default("") }}')
    for use in (made.render, made.tree, made.empty_slots):
        with pytest.raises(MissingVariable) as raised:
            use({"sur_nam": 2})
        sentence = str(raised.value)
        assert sentence.startswith(
            "There are no values for 3 slots: {{ one }} in line 1, column 8; {{ surname }} in"
        )
        assert "did you mean “sur_nam”?" in sentence
        assert sentence.count("{{ one }}") == 1
        assert "${Three} in line 1" in sentence
    assert [problem.column for problem in made.problems({"sur_nam": 2})] == [
        slot.column for slot in made.slots[:4]
    ]


def test_very_many_missing_values_are_counted() -> None:
    made = template(a=[f"{{{{ v{index} }}}}" for index in range(80)])
    with pytest.raises(MissingVariable) as raised:
        made.render({})
    sentence = str(raised.value)
    assert "80 slots" in sentence
    assert f"v{MAX_NAMED - 1} " in sentence
    assert f"; {80 - MAX_NAMED} more. " in sentence


class Loud(str):
    __slots__ = ()


@pytest.mark.parametrize("string", ["{{ v }}", "x{{ v }}", "{{ v | default(1) }}"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "JSON has no nan"),
        (float("inf"), "JSON has no inf"),
        ([1, {"a": float("nan")}], "JSON has no nan"),
        ("half \ud800", "half of a character"),
        (["\udfff"], "half of a character"),
        ({"\ud800": 1}, "half of a character"),
        (2**64, "larger than"),
        (Decimal("1"), "JSON has no Decimal"),
        ((1, 2), "JSON has no tuple"),
        (b"x", "JSON has no bytes"),
        (Loud("x"), "JSON has no Loud"),
        ({1: 2}, "The name 1"),
    ],
)
def test_a_value_that_json_does_not_have_is_refused(string: str, value: object, words: str) -> None:
    made = template(fine="{{ ok }}", it=string)
    for use in (made.render, made.tree, made.empty_slots):
        with pytest.raises(Invalid) as raised:
            use({"ok": 1, "v": value})
        (problem,) = raised.value.problems
        assert words in str(problem.sentence)
        assert string[string.index("{{") :] in str(problem.sentence)
        assert (problem.field, problem.line) == ("payload", 1)
        assert problem.column == made.slots[1].column
    assert made.problems({"ok": 1, "v": value}) == (problem,)
    assert made.problems({"ok": 1, "v": "fine"}) == ()


def test_every_value_that_its_filter_cannot_take_is_named() -> None:
    made = template(a="{{ n | number }}", b="{{ d | date }}", c="{{ p | e164 }}", d="{{ ok }}")
    with pytest.raises(Invalid) as raised:
        made.render({"n": "12,5", "d": "31/01/2026", "p": "070", "ok": 1})
    assert [problem.column for problem in raised.value.problems] == [slot.column for slot in made.slots[:3]]


# -- R-ESP-19: the JSON ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('{"a": 1,\n "a": 2}', 2, 2, "twice"),
        ('{"a": NaN}', 1, 7, "NaN"),
        ('{"a": -Infinity}', 1, 7, "Infinity"),
        ('{"a": 1e999}', 1, 7, "larger"),
        ('\ufeff{"a": 1}', 1, 1, "byte order mark"),
        ('["{{ a }}"]', 1, 1, "list"),
        ('"a {{ a }}"', 1, 1, "single value"),
        ("", 1, 1, "no JSON"),
        ('{"a": "\\ud800"}', 1, 8, "half of a character"),
        ('{"a": "\ud800"}', 1, 8, "half of a character"),
        ('{"a": {{ total }}}', 1, 7, "in double quotes"),
        ('{"a": "{{ x | default("y") }}"}', 1, 24, '\\"'),
    ],
)
def test_the_json_must_be_strict(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(Invalid) as raised:
        compile_template(text)
    problem = raised.value.problems[0]
    assert (problem.line, problem.column) == (line, column)
    assert words in str(problem.sentence)
    assert check_template(text)[0] == problem


def test_a_stand_ins_answer_may_be_a_list() -> None:
    assert compile_template('["{{ a }}"]', top_level_object=False).render({"a": 1}) == b"[1]"


# -- R-ESP-21: the grammar and its lint -------------------------------------------------------------------------

ERRORS = [
    ("{{ name", 1, "never closed"),
    ("x {{ name } y", 3, "never closed"),
    ("{{ a {{ b }}", 1, "never closed"),
    ("${name", 1, "never closed"),
    ("${a ${b}", 1, "never closed"),
    ("${a {{ b }}", 1, "never closed"),
    ("x {{ }}", 3, "no name"),
    ("{{}}", 1, "no name"),
    ("${}", 1, "no name"),
    ("x ${  }", 3, "no name"),
    ("${User data}", 1, "${User data|FEED|PROPERTY}"),
    ("${User data|FEED}", 1, "${User data|FEED|PROPERTY}"),
    ("x ${User data|FEED|P|Q}", 3, "${User data|FEED|PROPERTY}"),
    ("${User data||P}", 1, "${User data|FEED|PROPERTY}"),
    ("${User Identifier|x}", 1, "${User Identifier}"),
    ("${dyCampaignName|x}", 1, "${dyCampaignName}"),
    ("{{ User Identifier }}", 1, "${User Identifier}"),
    ("{{ User data|a|b }}", 1, "${User data|FEED|PROPERTY}"),
    ("{{ first name }}", 10, "A name has no blanks"),
    ("{{ 1st }}", 4, "cannot begin with “1”"),
    ("{{1}}", 3, "{{{{ }}}}"),
    ("{{ .a }}", 4, "cannot begin with “.”"),
    ("{{ a..b }}", 5, "is expected"),
    ("{{ #if a }}", 4, "cannot begin with “#”"),
    ("{{ a | }}", 8, "name of a filter"),
    ("{{ a | uper }}", 8, "Did you mean upper?"),
    ("{{ a | Lower }}", 8, "Did you mean lower?"),
    ("{{ a | SHA-256 }}", 8, "Did you mean sha256?"),
    ("{{ a | reverse }}", 8, "There are default, lower"),
    ("{{ a | default }}", 8, 'default("friend")'),
    ('{{ a | upper("x") }}', 8, "Write it like upper"),
    ("{{ a | default('x') }}", 16, '\\"'),
    ("{{ a | default(x) }}", 16, "in double quotes"),
    ("{{ a | default(01) }}", 16, "not a number of JSON"),
    ("{{ a | default(1e999) }}", 16, "larger than"),
    ("{{ a | default(True) }}", 16, "JSON writes true"),
    ("{{ a | default([1]) }}", 16, "A text in double quotes"),
    ('{{ a | default("\\q") }}', 16, "not an escape"),
    ('{{ a | default("\\ud800") }}', 16, "half of a character"),
    ('{{ a | default("x" "y") }}', 20, "A comma or a closing bracket"),
    ('{{ a | default("x" }}', 20, "A comma or a closing bracket"),
    ('{{ a | default("x") b }}', 21, "is expected"),
    ('{{ a | e164("UK") }}', 8, "GB"),
    ('{{ a | date("yyyy") }}', 8, "YYYY"),
    ("{{ a" + " | trim" * 11 + " }}", 77, "at most 10 filters"),
]


@pytest.mark.parametrize(("string", "column", "words"), ERRORS, ids=[string for string, _, _ in ERRORS])
def test_a_broken_slot_is_told_at_its_place(string: str, column: int, words: str) -> None:
    text = json.dumps({"é": string}, ensure_ascii=False)
    with pytest.raises(Invalid) as raised:
        compile_template(text)
    (problem,) = raised.value.problems
    assert words in str(problem.sentence)
    # Each quote and backslash before that place is one character longer in the JSON.
    before = string[: column - 1]
    assert (problem.line, problem.column) == (1, 7 + column + before.count('"') + before.count("\\"))


def test_ten_filters_are_taken() -> None:
    assert filled("{{ a" + " | trim" * 10 + " }}", a=" x ") == "x"


def test_all_errors_are_told_with_line_and_column_behind_escapes() -> None:
    text = '{\n "a": "\\u00e9\\n{{ }} ok {{ b | uper }}",\n "b": ["${}", 01],\n "{{ k }}": 1, "k ${x}": 2\n}'
    lines = text.splitlines()
    marks = [(1, "{{ }}"), (1, "uper"), (2, "${}"), (2, "01"), (3, "{{ k"), (3, "${x}")]
    assert [(problem.line, problem.column) for problem in check_template(text)] == [
        (line + 1, lines[line].index(mark) + 1) for line, mark in marks
    ]


WARNINGS = [
    ("${User Identifer}", "Did you mean ${User Identifier}?"),
    ("${user identifier}", "Did you mean ${User Identifier}?"),
    ("${User_Identifier}", "Did you mean ${User Identifier}?"),
    ("${ User Identifier }", "Did you mean ${User Identifier}?"),
    ("${user data|CRM|vip}", "Did you mean ${User data|FEED|PROPERTY}?"),
    ("${Userdata|CRM}", "Did you mean ${User data|FEED|PROPERTY}?"),
    ("${User date|CRM|vip}", "Did you mean ${User data|FEED|PROPERTY}?"),
    ("${DYCampaignName}", "Did you mean ${dyCampaignName}?"),
    ("${dyCampaingName}", "Did you mean ${dyCampaignName}?"),
    ("${ Headline}", "blanks"),
    ("{{{ name }}}", "three braces"),
    ("name }}", "Nothing is open"),
    ('{"a":{"b":{"c":{"d":1}}}}', "}}}} is sent as }}"),
]


@pytest.mark.parametrize(("string", "words"), WARNINGS, ids=[string for string, _ in WARNINGS])
def test_a_near_miss_is_a_warning(string: str, words: str) -> None:
    made = template(it=string)
    (problem,) = made.warnings
    assert words in str(problem.sentence)
    assert problem.level == "warning"
    assert check_template(made.text) == (problem,)


def test_a_near_miss_stays_a_text_variable() -> None:
    made = template(it="${User Identifer}", other="${User data of ours|x}")
    assert made.text_variables() == ("User Identifer", "User data of ours|x")
    assert made.warnings[0].column == 9


def test_variables_that_differ_in_capitals_alone_are_told_once() -> None:
    problems = template(a="${Title} ${title} ${Title} ${title}").warnings
    assert told(problems) == [
        (
            "warning",
            1,
            17,
            "“title” and “Title” are two different variables, as capitals count. Write both alike if they are one.",
        )
    ]


@pytest.mark.parametrize(
    "string",
    ["${Headline}", "${Name}", "${Campaign}", "{{ name }}", "{{{{n}}}}", "$${n}", "100 % {x} ${Price (SEK)}"],
)
def test_what_is_fine_is_not_warned_of(string: str) -> None:
    assert check_template(json.dumps({"it": string}), known=["name"]) == ()


def test_a_value_that_nobody_has_is_a_warning_with_the_nearest_name() -> None:
    text = json.dumps(
        {
            "a": "{{ frist_name }}",
            "b": "{{ zzz }}",
            "c": "{{ zzz | default(1) }}",
            "d": "{{ order.x }} ${zzz}",
            "e": "{{ cart.x }}",
        }
    )
    problems = check_template(text, known={"first_name": 1, "order.total": 2, "cart": {}})
    assert told(problems) == [
        ("warning", 1, 8, "No value is called “frist_name”. Did you mean “first_name”?"),
        (
            "warning",
            1,
            33,
            'No value is called “zzz”. Add it to the contact, or give the slot a default: {{ zzz | default("") }}.',
        ),
    ]
    assert check_template(text) == ()


def test_a_key_cannot_hold_a_slot() -> None:
    for key in ("{{ a }}", "x ${a}", "{{{{a}}}}"):
        (problem,) = check_template(json.dumps({key: 1}))
        assert "cannot hold a slot" in str(problem.sentence)
        assert problem.blocks


# -- no template runs without bound -----------------------------------------------------------------------------


def wrapped(string: str) -> str:
    return '{"a":"' + string + '"}'


ROOM = MAX_TEXT_BYTES - len(wrapped(""))
ENDLESS = {
    "open braces": wrapped("{" * ROOM),
    "closed braces": wrapped("}" * ROOM),
    "escaped dollars": wrapped("$${" * (ROOM // 3)),
    "open slots": wrapped("{{ a " * (ROOM // 5)),
    "open variables": wrapped("${" * (ROOM // 2)),
    "open variables, one end": wrapped("${" * (ROOM // 2 - 1) + "}"),
    "open arguments": wrapped('{{a|default(\\"' * (ROOM // 14)),
    "a long argument": wrapped('{{a|default(\\"' + "x" * (ROOM - 20)),
    "slots": wrapped("{{a}}" * (ROOM // 5)),
    "different variables": "{"
    + ",".join(f'"{index}":"${{v{index}}}"' for index in range(MAX_SLOTS + 1))
    + "}",
    "filters": wrapped("{{a" + "|trim" * ((ROOM - 5) // 5) + "}}"),
    "arguments": wrapped("{{a|default(" + "1," * ((ROOM - 20) // 2) + "1)}}"),
    "a long path": wrapped("{{a" + ".a" * ((ROOM - 5) // 2) + "}}"),
    "a long name": wrapped("${" + "a" * (ROOM - 3) + "}"),
    "near misses": wrapped("${User Identifer}" * (ROOM // 17)),
    "escapes": wrapped("\\u007b" * (ROOM // 6)),
    "deep nesting": '{"a":' * (MAX_TEXT_BYTES // 5),
    "too long": wrapped("x" * (ROOM + 1)),
    "too long in bytes": wrapped("é" * (ROOM // 2 + 1)),
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS.keys())
def test_hostile_templates_end_and_agree(text: str) -> None:
    problems = check_template(text, known=["name"])
    errors = [problem for problem in problems if problem.blocks]
    assert len(problems) <= 200
    assert all(len(str(problem.sentence)) < 400 for problem in problems)
    if errors:
        with pytest.raises(Invalid) as raised:
            compile_template(text)
        assert list(raised.value.problems) == errors
    else:
        assert len(compile_template(text).slots) <= MAX_SLOTS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("too long", "1000 kB"),
        ("too long in bytes", "1000 kB"),
        ("slots", "10000 slots"),
        ("different variables", "10000 slots"),
    ],
)
def test_limits_are_told(name: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        compile_template(ENDLESS[name])


def test_a_full_template_is_taken() -> None:
    made = compile_template(wrapped("{{a}}" * MAX_SLOTS))
    assert made.tree({"a": 1}) == {"a": "1" * MAX_SLOTS}
    assert len(compile_template(wrapped("x" * ROOM)).render({})) == MAX_TEXT_BYTES


def test_errors_are_not_lost_behind_warnings() -> None:
    text = json.dumps({"a": "}} x " * 150 + "{{ }}", "b": "}} x " * 150 + "{{ b }}"})
    problems = check_template(text)
    assert [problem.level for problem in problems].count("error") == 1
    assert len(problems) == 101
    warned = template(b="}} x " * 150 + "{{ b }}")
    assert warned.tree({"b": 7})["b"].endswith("x 7")


@pytest.mark.parametrize("string", ["{{ big }}", "x{{ big }}", "{{ big | upper }}"])
def test_a_payload_cannot_grow_without_bound(string: str) -> None:
    for made in (template(a=[string] * 400), template(a=string * 400)):
        with pytest.raises(Refused, match="larger than 25 MB"):
            made.render({"big": "x" * 100_000})
    with pytest.raises(Refused, match="larger than 25 MB"):
        template(a=["{{ big }}"] * 400).tree({"big": ["x" * 1000] * 100})


def test_filters_cannot_blow_a_value_up() -> None:
    with pytest.raises(Invalid, match="larger than 25 MB"):
        template(a="{{ v" + " | json" * 10 + " }}").render({"v": '"' * 100_000})


# -- the noun ---------------------------------------------------------------------------------------------------


def test_the_kept_template_is_strict_about_its_name_only() -> None:
    kept = PayloadTemplate(id="t1", name="  Welcome ", text="not yet JSON")
    assert (kept.name, kept.encoding, kept.notes, kept.source_url) == ("Welcome", "json", "", None)
    assert PayloadTemplate.model_validate(kept.model_dump()) == kept
    for wrong in ({"name": " "}, {"name": "x" * 101}, {"encoding": "yaml"}, {"extra": 1}):
        with pytest.raises(ValueError):
            PayloadTemplate.model_validate({"id": "t1", "name": "x", "text": "{}"} | wrong)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


TEXTS = [
    '{"x":"{{ a }}","y":[1.50,"{{ b }}"],"z":"%{{ c }}%{{ a }}"}',
    '{"x":"{{ a | upper }}","y":"{{ o.p }}"}',
    '{"x":"{{ a }}"}',
    "{}",
]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", "c", "o.p"]), ANYTHING), st.sampled_from(TEXTS))
def test_the_quick_way_gives_what_the_thorough_one_gives(values: dict[str, JsonValue], text: str) -> None:
    quick, thorough = compile_template(text), compile_template(text)
    thorough._quick = lambda values: None  # type: ignore[method-assign]

    def told(template: Template) -> object:
        try:
            return template.render(values)
        except (Invalid, MissingVariable, Refused) as error:
            return str(error)

    assert told(quick) == told(thorough)


def test_a_payload_may_be_one_slot_whose_value_is_the_whole_object() -> None:
    template = compile_template('"{{ event }}"')
    event = {"email": "ana@example.com", "products": [{"id": "1"}], "price": 1.5}
    assert (
        template.render({"event": event})
        == b'{"email":"ana@example.com","products":[{"id":"1"}],"price":1.5}'
    )
    assert template.tree({"event": event}) == event
    assert not check_template('"{{ event }}"')


@pytest.mark.parametrize("value", ["text", 3, None, True, ["a"]])
def test_a_payload_of_one_slot_wants_an_object(value: object) -> None:
    with pytest.raises(Invalid, match="no object"):
        compile_template('"{{ event }}"').render({"event": value})
