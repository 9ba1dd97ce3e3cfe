"""Event lint: names, types, pairs, and what each method loses of a body (R-EVT-04, 08, 11, 25, 26)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings

from tests.engine.event_contracts import EVENTS, PURCHASE
from workbench.engine.event_lint import check_event, compare_methods
from workbench.engine.event_methods import MOST_SAID
from workbench.engine.event_samples import sample
from workbench.engine.event_values import composed
from workbench.models.base import Problem
from workbench.models.event import Event, EventColumn, EventMessage, EventVariable, FieldPath, Flow


def told(problems: list[Problem], field: str) -> str:
    return " ".join(f"{problem.level}: {problem.sentence}" for problem in problems if problem.field == field)


def declaring(*names: str) -> Event:
    return Event(name="e", variables=tuple(EventVariable(name=name) for name in names))


def test_a_good_event_has_no_problems() -> None:
    assert check_event(PURCHASE) == []
    assert check_event(PURCHASE, [PURCHASE]) == []


@pytest.mark.parametrize("name", ["a b", "a/b", "a?b", "ação", "%2F"])
def test_a_name_that_can_be_encoded_passes(name: str) -> None:
    assert check_event(Event(name=name)) == []


@pytest.mark.parametrize("name", ["", "  ", "..", ".", "a\nb", "a" * 101])
def test_a_name_that_is_no_segment_is_refused(name: str) -> None:
    assert told(check_event(Event(name=name)), "name").startswith("error")


def test_an_events_name_with_blanks_or_a_twin_is_told() -> None:
    assert told(check_event(Event(name=" a ")), "name").startswith("warning")
    assert "Another event" in told(check_event(PURCHASE, [Event(id="evt_2", name="Purchase")]), "name")


@pytest.mark.parametrize(
    ("names", "at", "words"),
    [
        (("",), 0, "error: A variable has no name"),
        ((" ",), 0, "error: A variable has no name"),
        ((" a",), 0, "error: The name “a” begins"),
        (("a", "a"), 1, "declared twice"),
        (("a", "a "), 1, "declared twice"),
        (("Size", "size"), 1, "warning"),
        (("email",), 0, "error"),
        (("phone",), 0, "error"),
        (("automation_id",), 0, "error"),
        (("Email",), 0, "warning"),
        (("k" * 101,), 0, "error"),
        (("a\tb",), 0, "error"),
        (("a\ud800",), 0, "error"),
    ],
)
def test_the_names_of_variables_follow_rules(names: tuple[str, ...], at: int, words: str) -> None:
    assert words in told(check_event(declaring(*names)), f"variables.{at}.name")


def test_fields_of_an_array_follow_the_same_rules() -> None:
    columns = (
        EventColumn(name="id"),
        EventColumn(name="id"),
        EventColumn(name="automation_id"),
        EventColumn(name="price", type="number", sample="x"),
    )
    problems = check_event(
        Event(name="e", variables=(EventVariable(name="p", type="array", columns=columns),))
    )
    assert "declared twice" in told(problems, "variables.0.columns.1.name")
    assert "top of the body" in told(problems, "variables.0.columns.2.name")
    assert "does not fit" in told(problems, "variables.0.columns.3.sample")
    assert "no array" in told(
        check_event(Event(name="e", variables=(EventVariable(name="p", columns=columns[:1]),))),
        "variables.0.columns",
    )
    assert "email" not in told(
        check_event(
            Event(
                name="e",
                variables=(EventVariable(name="p", type="array", columns=(EventColumn(name="email"),)),),
            )
        ),
        "variables.0.columns.0.name",
    )


def test_the_rest_of_the_contract_is_looked_at() -> None:
    event = Event(
        name="e",
        default_region="Sweden",
        variables=(EventVariable(name="a", type="date", sample="31/02/2021", used_by=("Nobody", "Hi")),),
        automation_id=5,
        flows=(Flow(id=7), Flow(id=7)),
        messages=(EventMessage(name="Hi"), EventMessage(name="Hi"), EventMessage(name=" ")),
        mapping=(
            FieldPath(variable="a", path="x"),
            FieldPath(variable="a", path="y"),
            FieldPath(variable="b[].c", path="z[].c"),
        ),
    )
    problems = check_event(event)
    assert "two letters" in told(problems, "default_region")
    assert "does not fit" in told(problems, "variables.0.sample")
    assert "“Nobody”" in told(problems, "variables.0.used_by")
    assert "“Hi”" not in told(problems, "variables.0.used_by")
    assert "not in this event's list" in told(problems, "automation_id")
    assert "listed twice" in told(problems, "flows.1.id")
    assert "Two messages" in told(problems, "messages.1.name")
    assert "no name" in told(problems, "messages.2.name")
    assert "mapped twice" in told(problems, "mapping.1.variable")
    assert "not declared" in told(problems, "mapping.2.variable")
    assert check_event(event.model_copy(update={"default_region": "XX"}))[0].field == "default_region"
    assert told(check_event(Event(name="e", automation_id=-5)), "automation_id").startswith("error")
    assert told(check_event(declaring(*[f"v{number}" for number in range(201)])), "variables").startswith(
        "error"
    )


def _pair(start: dict[str, Any], stop: dict[str, Any]) -> str:
    first = Event(id="evt_1", name="start", stopped_by="evt_2", **start)
    second = Event(id="evt_2", name="stop", **stop)
    return told(check_event(first, [first, second]), "stopped_by")


def test_a_start_and_its_stop_carry_the_same_identifier() -> None:
    assert _pair({"identified_by": ("email",)}, {"identified_by": ("email", "phone")}) == ""
    assert _pair({"identified_by": ("email",)}, {"identified_by": ("phone",)}).startswith("error")
    assert _pair({"identified_by": ("email",)}, {}).startswith("warning")
    assert _pair({}, {"identified_by": ("phone",)}).startswith("warning")
    by_mapping = {"mapping": (FieldPath(variable="phone", path="customer.tel"),)}
    assert _pair({"identified_by": ("email",)}, by_mapping).startswith("error")
    assert _pair(by_mapping, by_mapping) == ""


def test_a_pair_means_the_same_flow_and_two_events() -> None:
    both = {"identified_by": ("email",)}
    assert "the flow 7" in _pair({**both, "automation_id": 5}, {**both, "automation_id": 7})
    assert "stop each other" in _pair(both, {**both, "stopped_by": "evt_1"})
    assert "cannot stop" in told(check_event(Event(id="a", name="e", stopped_by="a")), "stopped_by")
    assert "does not exist" in told(
        check_event(Event(id="a", name="e", stopped_by="b"), [PURCHASE]), "stopped_by"
    )


# -- Methods -------------------------------------------------------------------------------------------------------------

BODY = {
    "email": "ana@example.com",
    "automation_id": 77,
    "price": 2.5,
    "gift": True,
    "nothing": None,
    "none": [],
    "a.b": "x",
    "products": [{"id": "1", "price": 3}],
}


def test_the_four_methods_are_shown_with_what_each_loses() -> None:
    rest, raw, form, urlencoded = compare_methods(BODY)
    assert [item.method for item in (rest, raw, form, urlencoded)] == ["rest", "raw", "form", "urlencoded"]
    assert json.loads(rest.text) == json.loads(raw.text) == BODY
    assert rest.lost == raw.lost == ()
    assert dict(parse_qsl(urlencoded.text))["products[0][id]"] == "1"
    assert 'name="products[0][price]"' in form.text
    assert all(item.size == len(item.text.encode()) for item in (rest, raw, form, urlencoded))
    lost = list(form.lost)
    assert form.lost == urlencoded.lost
    assert [problem.field for problem in lost] == [
        "automation_id",
        "price",
        "gift",
        "nothing",
        "none",
        "a.b",
        "products[0].price",
    ]
    assert "wants a number" in told(lost, "automation_id")
    assert "“2.5”" in told(lost, "price")
    assert "“1”" in told(lost, "gift")
    assert "left out" in told(lost, "nothing")
    assert "left out" in told(lost, "none")
    assert "“3”" in told(lost, "products[0].price")
    assert any("PHP" in str(problem.sentence) for problem in lost)
    assert all(problem.level == "warning" for problem in lost)


def test_of_very_many_losses_the_first_are_told() -> None:
    lost = compare_methods({"email": "a@b.co", "products": [{"n": number} for number in range(100)]})[2].lost
    assert len(lost) == MOST_SAID + 1
    assert "80 more" in str(lost[-1].sentence)


@settings(max_examples=40)
@given(EVENTS)
def test_a_body_of_texts_alone_loses_nothing(event: Event) -> None:
    body = composed(event, sample(event)).body
    assert body is not None
    texts = {
        name: value for name, value in body.items() if isinstance(value, str) and not set(name) & set(" .[")
    }
    for item in compare_methods(texts):
        assert item.lost == ()
        if item.method == "urlencoded":
            assert dict(parse_qsl(item.text, keep_blank_values=True)) == texts
