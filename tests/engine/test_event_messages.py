"""Event messages: a small template filled with a body; what it lacks and leaves unused is listed; its work is bounded (R-EVT-22)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.event_contracts import JSON
from workbench.engine.event_messages import LONGEST, preview_message
from workbench.models.event import EventMessage, MessagePreview

BODY: dict[str, Any] = {
    "email": "ana@example.com",
    "automation_id": 77,
    "name": "Ana",
    "total": 12.5,
    "gift": True,
    "order": {"id": 5},
    "products": [{"name": "Shirt", "price": 2}, {"name": "Shoes"}],
}


def preview(text: str, body: Any = BODY) -> MessagePreview:
    return preview_message(EventMessage(name="Welcome", text=text), body)


def test_variables_and_loops_are_filled() -> None:
    made = preview(
        "Hi {{ name }}, {{total}} {{ gift }} #{{ order.id }}:{% for item in products %}\n- {{ item.name }} {{item.price}}{% endfor %}!"
    )
    assert made.text == "Hi Ana, 12.5 true #5:\n- Shirt 2\n- Shoes !"
    assert made.missing == ("products[].price",)
    assert made.unused == ()
    assert made.problems == ()


def test_what_lacks_and_what_is_left_over_is_listed_once() -> None:
    made = preview(
        "{{ nobody }} {{ nobody }} {{ order.x }} {% for a in nothing %}x{% endfor %}{% for a in name %}y{% endfor %}"
    )
    assert made.missing == ("nobody", "order.x", "nothing", "name[]")
    assert made.unused == ("total", "gift", "products")
    assert "x" not in made.text
    assert "y" not in made.text


def test_elements_can_be_named_and_loops_nested() -> None:
    assert preview("{{ products[0].name }} {{ products.1.name }}").text == "Shirt Shoes"
    body = {"rows": [{"cells": [1, 2]}, {"cells": [3]}]}
    assert (
        preview("{% for row in rows %}({% for c in row.cells %}{{ c }}{% endfor %}){% endfor %}", body).text
        == "(12)(3)"
    )
    assert preview("{{ products }}").text.startswith('[{"name"')


@pytest.mark.parametrize(
    ("text", "line", "words", "shown"),
    [
        ("a\n{% for x in products %}b", 2, "never ends", "a\nbb"),
        ("{% endfor %}", 1, "never opened", ""),
        ("\n\n{% if gift %}x", 3, "does not know", "\n\n{% if gift %}x"),
        ("{{ name | upper }}", 1, "no filters", "Ana"),
        ("{{ 5x }}", 1, "no variable", "{{ 5x }}"),
        ("{{}}", 1, "no variable", "{{}}"),
        ("{% for x in products %}" * 7, 1, "deeper", ""),
    ],
)
def test_what_the_preview_does_not_know_is_told_with_its_line(
    text: str, line: int, words: str, shown: str
) -> None:
    made = preview(text)
    found = [problem for problem in made.problems if words in str(problem.sentence)]
    assert found
    assert found[0].line == line
    assert made.text == shown


def test_nothing_is_made_of_a_value_that_looks_like_a_tag() -> None:
    assert preview("{{ name }}", {"name": "{{ email }}{% for %}<b>"}).text == "{{ email }}{% for %}<b>"


def test_the_work_is_bounded() -> None:
    rows = [{"a": list(range(1000))} for _ in range(1000)]
    made = preview(
        "{% for r in rows %}{% for a in r.a %}{{ a }}{% for b in r.a %}{{ b }}{% endfor %}{% endfor %}{% endfor %}",
        {"rows": rows},
    )
    assert len(made.text) <= LONGEST
    assert any("ends here" in str(problem.sentence) for problem in made.problems)
    silent = preview("{% for a in rows %}{% for b in rows %}{% endfor %}{% endfor %}", {"rows": [1] * 500})
    assert any("ends here" in str(problem.sentence) for problem in silent.problems)
    long = preview("x" * (LONGEST + 5))
    assert len(long.text) == LONGEST
    assert "reads the first" in str(long.problems[0].sentence)
    assert len(preview("{{" * 100_000).text) == LONGEST
    assert len(preview("{{ 5 }}\n" * 1000).problems) <= 20


@settings(max_examples=40)
@given(
    st.text(alphabet="{}% abforinxend.[]0|\n", max_size=60),
    JSON.filter(lambda value: isinstance(value, dict)),
)
def test_a_preview_never_fails(text: str, body: dict[str, Any]) -> None:
    made = preview(text, body)
    assert set(made.unused) <= body.keys()


@given(st.text(alphabet=st.characters(exclude_characters="{}"), max_size=60))
def test_a_text_without_tags_stays_as_it_is(text: str) -> None:
    assert preview(text).text == text
