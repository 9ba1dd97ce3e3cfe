"""The contract in other forms: its JSON Schema, its samples, its drift; each has to say the same as ``composed`` (R-EVT-21)."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.engine.event_contracts import EVENTS, PURCHASE, compose, event_of, occurrences
from workbench.engine.event_drift import MOST_NAMES, drift
from workbench.engine.event_samples import sample
from workbench.engine.event_schema import json_schema
from workbench.engine.event_values import composed
from workbench.models.event import Event, EventColumn, EventInput, EventVariable

SLOW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def takes(event: Event, body: Any) -> bool:
    return bool(Draft202012Validator(json_schema(event)).is_valid(body))


# -- Samples -------------------------------------------------------------------------------------------------------------


@SLOW
@given(EVENTS, st.integers(-(10**12), 10**12))
def test_a_sample_always_composes_fits_the_schema_and_does_not_drift(event: Event, seed: int) -> None:
    given_ = sample(event, seed)
    made = composed(event, given_)
    assert made.body is not None, made.problems
    assert not any(problem.level == "note" for problem in made.problems)
    assert {variable.name for variable in event.variables} <= made.body.keys()
    assert takes(event, made.body)
    assert drift(event, [made.body]).none
    assert sample(event, seed) == given_


def test_samples_of_other_seeds_are_others() -> None:
    assert len({sample(PURCHASE, seed).model_dump_json() for seed in range(20)}) == 20


def test_a_variables_own_sample_is_taken_where_it_fits() -> None:
    event = Event(
        name="e",
        automation_id=77,
        variables=(
            EventVariable(name="a", sample="own"),
            EventVariable(name="b", type="number", sample="no number"),
            EventVariable(name="c", type="array", sample=[{"id": "7"}]),
            EventVariable(name="d", type="array", columns=(EventColumn(name="sku", sample="S1"),)),
        ),
    )
    made = sample(event)
    assert made.automation_id == 77
    assert made.values["a"] == "own"
    assert type(made.values["b"]) is int
    assert made.values["c"] == [{"id": "7"}]
    assert made.values["d"] == [{"sku": "S1"}]


# -- Schema --------------------------------------------------------------------------------------------------------------


@SLOW
@given(st.data())
def test_the_schema_takes_what_is_composed(data: st.DataObject) -> None:
    event = data.draw(EVENTS)
    Draft202012Validator.check_schema(json_schema(event))
    made = composed(event, data.draw(occurrences(event)))
    if made.body is not None:
        assert takes(event, made.body)


@SLOW
@given(st.data())
def test_the_schema_refuses_what_composing_refuses(data: st.DataObject) -> None:
    """A body with one declared value of another type, or without what is required: neither of the two lets it out."""
    event = data.draw(EVENTS.filter(lambda event: event.variables))
    body = composed(event, sample(event)).body
    assert body is not None
    broken = copy.deepcopy(body)
    variable = data.draw(st.sampled_from(event.variables))
    others = {
        "string": [1, True, [], {}],
        "number": ["1", False, []],
        "boolean": ["true", 1, []],
        "date": [1, "x", "2021-13-01"],
        "array": ["x", 1, {}, [1]],
    }
    broken[variable.name] = data.draw(st.sampled_from(others[variable.type]))
    values = {
        name: value for name, value in broken.items() if name not in ("email", "phone", "automation_id")
    }
    assert composed(event, EventInput(email=body["email"], phone=body["phone"], values=values)).body is None
    assert not takes(event, broken)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"email": None},
        {"email": 1},
        {"phone": 46701740605},
        {"phone": "1e10"},
        {"phone": "0701740605"},
        {"email": "a@b.co", "phone": "123456"},
        {"email": "ana"},
        {"email": "a b@c.de"},
        {"email": "a" * 250 + "@b.co"},
        {"email": "a@b.co", "automation_id": "77"},
        {"email": "a@b.co", "automation_id": 77.5},
        {"email": "a@b.co", "automation_id": True},
        {"email": "a@b.co", "automation_id": 0},
        {"email": "a@b.co", "products": [{"automation_id": 1}]},
        {"email": "a@b.co", "more": {"deep": [{"automation_id": 1}]}},
        {"email": "a@b.co", "event_date": "28/05/2021"},
        {"email": "a@b.co", "k" * 101: 1},
        {"email": "a@b.co", "x": None},
        {"email": "a@b.co", "product_name": "a\x00"},
    ],
)
def test_the_schema_refuses_what_never_goes_out(body: Any) -> None:
    assert not takes(PURCHASE, body)


def test_the_schema_asks_for_what_is_required() -> None:
    event = event_of("string", required=True).model_copy(update={"identified_by": ("phone",)})
    assert takes(event, {"phone": "+123456789", "x": "a"})
    for body in ({"phone": "+123456789"}, {"phone": "+123456789", "x": " "}, {"email": "a@b.co", "x": "a"}):
        assert not takes(event, body)


# -- Drift ---------------------------------------------------------------------------------------------------------------


def test_drift_counts_what_lacks_what_is_new_and_what_has_another_type() -> None:
    bodies = [
        compose(
            product_name="a",
            product_id=1,
            event_date="2021-05-28",
            gift=True,
            products=[{"id": "1", "price": 2}],
        ).body,
        {
            "email": "a@b.co",
            "product_name": 5,
            "color": "red",
            "products": [{"id": 1, "size": 3}, {"id": "2", "price": 1}],
        },
        {"color": "blue", "phone": 5, "automation_id": "77", "event_date": "28/05/2021", "products": "x"},
    ]
    found = drift(PURCHASE, [body for body in bodies if body is not None])
    assert found.seen == 3
    assert found.missing == {
        "product_id": 2,
        "event_date": 1,
        "gift": 2,
        "products[].price": 1,
        "product_name": 1,
    }
    assert found.undeclared == {"color": 2, "products[].size": 1}
    assert found.mistyped == {
        "product_name": 1,
        "products[].id": 1,
        "phone": 1,
        "automation_id": 1,
        "event_date": 1,
        "products": 1,
    }
    assert not found.none
    proposed = {variable.name: variable for variable in found.proposed}
    assert proposed["color"].type == "string"
    assert proposed["product_name"].type == "number"
    assert "products" not in proposed


def test_a_body_without_identifier_lacks_one() -> None:
    assert drift(Event(name="e"), [{}, {"email": " "}, {"phone": "+1"}]).missing == {"email": 2}
    assert drift(Event(name="e", identified_by=("phone",)), [{"email": "a@b.co"}]).missing == {"phone": 1}


@pytest.mark.parametrize("body", [None, [], "x", {"email": "a@b.co", "x": None, "y": {"a": 1}, "z": [1]}])
def test_drift_takes_any_body(body: Any) -> None:
    assert drift(Event(name="e"), [body]).seen == 1


def test_drift_of_very_many_names_is_bounded() -> None:
    found = drift(Event(name="e"), ({"email": "a@b.co", f"x{number}": 1} for number in range(MOST_NAMES * 3)))
    assert len(found.undeclared) == MOST_NAMES + 1
    assert sum(found.undeclared.values()) == MOST_NAMES * 3


@SLOW
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(["x", "2021-05-28", 1, 2.5, True, [{"id": 1}, {"sku": "x"}]]),
            max_size=3,
        ),
        max_size=5,
    )
)
def test_what_drift_proposes_ends_it_where_the_bodies_agree(rows: list[dict[str, Any]]) -> None:
    bodies = [{"email": "a@b.co", **row} for row in rows]
    found = drift(Event(name="e"), bodies)
    after = drift(Event(name="e", variables=found.proposed), bodies)
    assert not after.mistyped
    assert all(
        len({str(type(body[name])) for body in bodies if name in body}) > 1 for name in after.undeclared
    )
