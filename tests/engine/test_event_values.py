"""Event values: what goes out is a body that the rules allow, whatever was given, and everything else is said (R-EVT-05 to 13)."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.event_contracts import EVENTS, PURCHASE, compose, event_of, occurrences, offers, said
from workbench.engine.event_plan import MOST_PLANS, plan_of
from workbench.engine.event_values import MOST_BYTES, MOST_SENT, composed, event_fingerprint, mended
from workbench.models.event import Composed, Event, EventInput, EventVariable, Fix, Flow
from workbench.sentence import say

SEED = EventInput(
    email=" test1@test1.com",
    phone="+123456789",
    values={"product_name": "product_name value", "product_id": 123, "event_date": "2021-05-28"},
)


def test_the_vendors_own_sample_passes_and_its_blank_is_told() -> None:
    made = composed(PURCHASE, SEED)
    assert made.ok
    assert made.body == {
        "email": "test1@test1.com",
        "phone": "+123456789",
        "product_name": "product_name value",
        "product_id": 123,
        "event_date": "2021-05-28",
    }
    assert made.identifiers == {"email": "test1@test1.com", "phone": "+123456789"}
    assert "removed" in said(made, "email", "note")
    assert offers(made, "email") == ["test1@test1.com"]
    assert made.size == len(json.dumps(made.body, separators=(",", ":")).encode())


@pytest.mark.parametrize("blank", [None, "", "   ", "\u00a0\u200b"])
def test_one_identifier_is_needed_and_blanks_are_none(blank: Any) -> None:
    made = compose(email=blank, phone=blank)
    assert not made.ok
    assert made.body is None
    assert "Neither" in said(made, "email")
    assert compose(email=blank, phone="+123456789").body == {"phone": "+123456789"}
    assert compose(email="ana@example.com", phone=blank).body == {"email": "ana@example.com"}


def test_an_event_may_ask_for_one_of_the_identifiers() -> None:
    event = PURCHASE.model_copy(update={"identified_by": ("phone",)})
    made = compose(event=event, email="ana@example.com")
    assert "goes by it" in said(made, "phone")
    assert compose(event=event, phone="+123456789").ok


def test_the_order_of_the_body_is_fixed() -> None:
    event = PURCHASE.model_copy(update={"automation_id": 77})
    made = compose(
        event=event, other="z", event_date="2021-05-28", product_name="a", phone="+123456789", email="a@b.co"
    )
    assert made.body is not None
    assert list(made.body) == ["email", "phone", "automation_id", "product_name", "event_date", "other"]
    assert "not declared" in said(made, "other", "warning")


def test_the_events_own_flow_is_used_where_none_is_given() -> None:
    event = PURCHASE.model_copy(
        update={"automation_id": 77, "flows": (Flow(id=77, name="Cart"), Flow(id=78, active=False))}
    )
    assert compose(event=event).body == {"email": "ana@example.com", "automation_id": 77}
    assert compose(event=event, automation_id=" ").body == {"email": "ana@example.com", "automation_id": 77}
    assert "does not run" in said(compose(event=event, automation_id=78), "automation_id", "warning")
    assert "not in this event's list" in said(
        compose(event=event, automation_id=79), "automation_id", "warning"
    )
    assert not compose(event=event).problems


def test_a_required_variable_is_missed_whatever_blank_stands_for_it() -> None:
    event = event_of("string", required=True, used_by=("Welcome",))
    for blank in (None, "", "  "):
        assert "required" in said(compose(event=event, x=blank), "x")
        assert "required" in said(compose(event=event, x=blank, typed=True), "x")
    assert "Welcome" in said(compose(event=event_of("string", used_by=("Welcome",))), "x", "warning")
    assert compose(event=event_of("string")).problems == ()


def test_a_blank_cell_is_nothing_and_a_blank_text_of_json_is_a_text() -> None:
    event = event_of("string")
    assert compose(event=event, x="", typed=True).body == {"email": "ana@example.com"}
    assert compose(event=event, x="").body == {"email": "ana@example.com", "x": ""}
    assert compose(event=event, x=None).body == {"email": "ana@example.com"}


@pytest.mark.parametrize("name", ["email", "phone", "automation_id"])
def test_what_has_a_field_of_its_own_is_no_variable(name: str) -> None:
    given = EventInput(email="ana@example.com", values={name: 5})
    made = composed(PURCHASE, given)
    assert "field of its own" in said(made, name)
    assert offers(made, name) == [5]
    assert name not in mended(given, made.fixes[-1]).values
    assert composed(PURCHASE, EventInput(email="ana@example.com", values={name: None})).ok


def test_names_that_differ_in_capitals_are_told() -> None:
    assert "capitals count" in said(compose(Product_ID="1"), "Product_ID", "warning")
    assert "capitals count" in said(compose(Email="x"), "Email", "warning")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "k" * 101, "\ud800", " x", "x "])
def test_what_cannot_be_a_name_blocks(name: str) -> None:
    made = composed(PURCHASE, EventInput(email="ana@example.com", values={name: "v"}))
    assert made.body is None
    assert said(made, name)


def test_a_large_body_is_told_and_a_very_large_one_refused() -> None:
    event = event_of("string")
    assert compose(event=event, x="a" * (MOST_BYTES - 100)).problems == ()
    large = compose(event=event, x="a" * MOST_BYTES)
    assert large.ok
    assert "bytes" in said(large, "body", "warning")
    assert "not sent" in said(compose(event=event, x="a" * MOST_SENT), "body")
    assert compose(event=event, x="é" * 10).size == len('{"email":"ana@example.com","x":""}') + 20


def test_a_plan_is_made_once_for_an_event_and_not_kept_for_ever() -> None:
    plan = plan_of(PURCHASE)
    assert plan_of(PURCHASE) is plan
    assert plan_of(PURCHASE.model_copy()) is not plan
    for number in range(MOST_PLANS):
        plan_of(Event(name=f"event {number}"))
    assert plan_of(PURCHASE) is not plan


@pytest.mark.parametrize("variable", ["automation_id", "email", "", " x", "k" * 101])
def test_a_contract_with_an_unfit_name_composes_as_if_it_were_not_there(variable: str) -> None:
    event = Event(name="e", variables=(EventVariable(name=variable, required=True),))
    assert compose(event=event).body == {"email": "ana@example.com"}


# -- Fixes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"product_id": "12"}, "product_id"),
        ({"product_name": 12}, "product_name"),
        ({"gift": "yes"}, "gift"),
        ({"event_date": 44344}, "event_date"),
        ({"event_date": "05/06/2021"}, "event_date"),
        ({"products": '[{"id": "1", "price": 2}]'}, "products"),
        ({"products": {"id": "1", "price": 2}}, "products"),
        ({"products": [{"id": "1", "price": 1}, {"id": 2, "price": 1}]}, "products[1].id"),
        ({"product_name": "a\x00b"}, "product_name"),
        ({"product_id": math.nan}, "product_id"),
    ],
)
def test_one_click_mends(values: dict[str, Any], field: str) -> None:
    given = EventInput(email="ana@example.com", values=values)
    made = composed(PURCHASE, given)
    assert made.body is None
    assert [fix.field for fix in made.fixes][:1] == [field]
    assert composed(PURCHASE, mended(given, made.fixes[0])).ok


@pytest.mark.parametrize(
    "given",
    [
        EventInput(email=" a@b.co"),
        EventInput(email="Ana <ana@example.com>"),
        EventInput(email="ana@example.com", automation_id="77"),
        EventInput(email="ana@example.com", automation_id="https://login.example.com/a360/flow/id/77?x"),
        EventInput(phone=79991234567),
        EventInput(email="ana@example.com", phone="000000000000"),
    ],
)
def test_one_click_mends_what_stands_at_the_top(given: EventInput) -> None:
    made = composed(PURCHASE, given)
    again = composed(PURCHASE, mended(given, made.fixes[0]))
    assert again.ok
    assert again.fixes == ()


def test_a_fix_for_a_row_that_is_gone_sets_a_variable_of_that_name() -> None:
    given = EventInput(values={"products": [{"id": "1"}]})
    fix = Fix(field="products[4].id", sentence=say("Put it."), value="2")
    assert mended(given, fix).values["products[4].id"] == "2"
    assert mended(given, fix.model_copy(update={"field": "products[0]", "value": {"id": "3"}})).values == {
        "products": [{"id": "3"}]
    }


# -- No sentence gives a contact away ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "secret",
    [
        "maria.silva@example.com",
        "+46701740605",
        "46 70 174 06 05",
        "46701740605",
        "0701740605",
        "4.6701740605E+10",
        "maria.silva@@example.com",
        "Maria <maria.silva@example.com>",
    ],
)
@pytest.mark.parametrize("typed", [False, True])
def test_no_sentence_repeats_a_contact_whole(secret: str, typed: bool) -> None:
    """Sentences are kept, in runs and journals: an address that was put in a wrong column must not come along."""
    names = [variable.name for variable in PURCHASE.variables]
    given = [
        *(EventInput(email="ana@example.com", values={name: secret}, typed=typed) for name in names),
        EventInput(
            email="ana@example.com",
            values={"products": [{"price": secret, "id": [secret]}, secret]},
            typed=typed,
        ),
        EventInput(email=secret, phone=secret, automation_id=secret, typed=typed),
        EventInput(email=[secret], phone=secret + "x", automation_id={"a": secret}, typed=typed),
        EventInput(email=secret + " x", phone=secret + ".0", typed=typed),
    ]
    for one in given:
        made = composed(PURCHASE, one)
        sentences = [str(item.sentence) for item in (*made.problems, *made.fixes)]
        for part in ("maria.silva", "maria.s", "701740605", "70 174 06 05", "6701740"):
            assert not any(part in sentence for sentence in sentences), sentences


# -- What holds for everything -------------------------------------------------------------------------------------------


def _names_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(name for one in value.values() for name in _names_in(one))]
    return [name for one in value for name in _names_in(one)] if isinstance(value, list) else []


def _is_right(event: Event, given: EventInput, made: Composed) -> None:
    if made.body is None:
        assert any(problem.blocks for problem in made.problems)
        return
    written = json.dumps(made.body, allow_nan=False, ensure_ascii=False).encode()
    assert json.loads(written) == made.body
    assert made.size > 0
    assert {"email", "phone"} & made.body.keys()
    assert "email" in made.body or made.body["phone"].startswith("+")
    assert {name: made.body[name] for name in made.identifiers} == made.identifiers
    assert all(type(value) is str and value for value in made.identifiers.values())
    flow = made.body.get("automation_id", 1)
    assert type(flow) is int
    assert flow > 0
    assert "automation_id" not in _names_in(list(made.body.values()))
    assert all(0 < len(name) <= 100 for name in _names_in(made.body))
    declared = {variable.name: variable for variable in event.variables}
    for name, value in made.body.items():
        if name in declared and declared[name].type == "string" and type(given.values.get(name)) is str:
            assert value == given.values[name]
        if name in declared and declared[name].type == "date":
            assert date.fromisoformat(value).isoformat() == value


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_given_what_comes_out_keeps_the_rules(data: st.DataObject) -> None:
    _whatever_is_given(data)


@pytest.mark.soak
@settings(max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_given_what_comes_out_keeps_the_rules_for_long(data: st.DataObject) -> None:
    _whatever_is_given(data)


def _whatever_is_given(data: st.DataObject) -> None:
    event = data.draw(EVENTS)
    occurrence = data.draw(occurrences(event))
    made = composed(event, occurrence)
    _is_right(event, occurrence, made)
    for fix in made.fixes[:3]:
        mended_one = mended(occurrence, fix)
        _is_right(event, mended_one, composed(event, mended_one))
    for problem in made.problems:
        assert str(problem.sentence).encode()
    assert Composed.model_validate(made.model_dump()) == made


@settings(max_examples=40)
@given(st.data())
def test_what_was_composed_composes_to_the_same_again(data: st.DataObject) -> None:
    event = data.draw(EVENTS)
    made = composed(event, data.draw(occurrences(event)))
    if made.body is None:
        return
    values = {
        name: value for name, value in made.body.items() if name not in ("email", "phone", "automation_id")
    }
    top = {name: made.body.get(name) for name in ("email", "phone", "automation_id")}
    again = composed(event, EventInput(**top, values=values))
    assert again.body == made.body
    assert not any(problem.level == "note" for problem in again.problems)


# -- Fingerprint ---------------------------------------------------------------------------------------------------------


def test_a_fingerprint_is_the_same_for_the_same_in_any_order_and_for_nothing_else() -> None:
    body = {"email": "a@b.co", "price": 1.5, "products": [{"id": "1", "x": None}]}
    turned = {"products": [{"x": None, "id": "1"}], "price": 1.5, "email": "a@b.co"}
    mark = event_fingerprint("purchase", {"email": "a@b.co"}, body, "salt")
    assert mark == event_fingerprint("purchase", {"email": "a@b.co"}, turned, b"salt")
    others = [
        event_fingerprint("purchases", {"email": "a@b.co"}, body, "salt"),
        event_fingerprint("purchase", {"phone": "a@b.co"}, body, "salt"),
        event_fingerprint("purchase", {"email": "a@b.co"}, {**body, "price": "1.5"}, "salt"),
        event_fingerprint("purchase", {"email": "a@b.co"}, body, "salt2"),
        event_fingerprint("purchase", {"email": "a@b.co"}, body, "s" * 200),
    ]
    assert len({mark, *others}) == 6
    assert len(mark) == 32
    assert "a@b.co" not in mark
