"""Events, occurrences and sentences for the tests of the event floor; strategies for whatever people declare and give."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from workbench.engine.event_values import composed
from workbench.models.base import Level
from workbench.models.event import Composed, Event, EventColumn, EventInput, EventVariable

PURCHASE = Event(
    id="evt_1",
    name="purchase",
    variables=(
        EventVariable(name="product_name"),
        EventVariable(name="product_id", type="number"),
        EventVariable(name="event_date", type="date"),
        EventVariable(name="gift", type="boolean"),
        EventVariable(
            name="products",
            type="array",
            columns=(EventColumn(name="id"), EventColumn(name="price", type="number")),
        ),
    ),
)


def compose(*, event: Event = PURCHASE, typed: bool = False, **given: Any) -> Composed:
    """Return one occurrence composed; it has an address unless the test gives an identifier of its own."""
    if not {"email", "phone"} & given.keys():
        given["email"] = "ana@example.com"
    top = {name: given.pop(name, None) for name in ("email", "phone", "automation_id")}
    return composed(event, EventInput(**top, values=given, typed=typed))


def said(made: Composed, field: str, level: Level = "error") -> str:
    """Return what is said of a field at a level, in English; fails where nothing is."""
    found = [
        str(problem.sentence)
        for problem in made.problems
        if problem.field == field and problem.level == level
    ]
    assert found, f"nothing of level {level} is said of {field}: {made.problems}"
    return " ".join(found)


def offers(made: Composed, field: str) -> list[Any]:
    """Return the values that one click puts in a field."""
    return [fix.value for fix in made.fixes if fix.field == field]


def event_of(kind: Any, name: str = "x", **more: Any) -> Event:
    """Return an event with one variable."""
    return Event(name="e", variables=(EventVariable(name=name, type=kind, **more),))


NAMES = st.from_regex(r"[A-Za-zçéß][A-Za-z0-9_ .\[\]-]{0,11}[a-z]", fullmatch=True).filter(
    lambda name: name not in ("email", "phone", "automation_id")
)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
SCALARS = st.sampled_from(["string", "number", "date", "boolean"])
COLUMNS = st.builds(EventColumn, name=NAMES, type=SCALARS)
VARIABLES = st.builds(
    EventVariable,
    name=NAMES,
    type=st.sampled_from(["string", "number", "date", "boolean", "array"]),
    required=st.booleans(),
    used_by=st.sampled_from([(), ("Welcome",)]),
    columns=st.lists(COLUMNS, max_size=3, unique_by=lambda column: column.name).map(tuple),
    sample=st.sampled_from([None, "x", "2021-05-28", 3, True, [{"id": "1"}], "", [], float("nan"), {"a": 1}]),
)
EVENTS = st.builds(
    Event,
    name=st.just("purchase"),
    variables=st.lists(VARIABLES, max_size=5, unique_by=lambda item: item.name).map(tuple),
    automation_id=st.none() | st.integers(1, 99_999),
    identified_by=st.sampled_from([(), ("email",), ("phone",), ("email", "phone")]),
    default_region=st.sampled_from(["", "SE", "BR"]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.decimals()
    | st.dates()
    | st.datetimes()
    | st.binary(max_size=3)
    | st.sampled_from(
        [
            "2021-05-28",
            "28/05/2021",
            "05/06/2021",
            "44344",
            "12,5",
            "1e10",
            "true",
            "+46701740605",
            "a@b.co",
            " a@b.co ",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.just("automation_id") | NAMES, inner, max_size=3)
    ),
    max_leaves=6,
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def occurrences(draw: st.DrawFn, event: Event) -> EventInput:
    """Return anything that may be given for an event: values of the right kind and of all others, declared names and strangers."""
    names = [variable.name for variable in event.variables]
    keys = st.sampled_from(names) | st.text(max_size=6) if names else st.text(max_size=6)
    return EventInput(
        email=draw(
            st.sampled_from(["ana@example.com", " ana@example.com", "ana@bücher.de", "x", "", None]) | VALUES
        ),
        phone=draw(
            st.sampled_from(["+46701740605", "0701740605", "000000000000", "1e10", "", None]) | VALUES
        ),
        automation_id=draw(
            st.none() | st.sampled_from([77, "77", 77.0, True, [77], -1, "https://x/flow/id/77"])
        ),
        values=draw(st.dictionaries(keys, VALUES, max_size=5)),
        typed=draw(st.booleans()),
    )
