"""Event mapping: every path of a nested sample leads to its value; mappings carry values over as they are (R-EVT-23)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.event_contracts import EVENTS, JSON, NAMES, PURCHASE
from workbench.engine.event_mapping import mapped, paths_in, propose, propose_columns
from workbench.engine.event_names import likeness
from workbench.engine.event_paths import Step, path_of, steps_of, values_at
from workbench.engine.event_paths_found import MOST_PATHS
from workbench.engine.event_samples import sample
from workbench.engine.event_values import composed
from workbench.models.event import Event, EventColumn, EventVariable, FieldPath
from workbench.models.run import Mapped, Target

FEW = settings(max_examples=30)
WEBHOOK: dict[str, Any] = {
    "id": 17,
    "created_at": "2021-05-28",
    "customer": {
        "e-mail": "ana@example.com",
        "phone": "+46701740605",
        "first.name": "Ana",
        "tags": ["a", "b"],
    },
    "order": {
        "total": 99.5,
        "gift": False,
        "items": [{"sku": "A1", "unit_price": 3.5}, {"sku": "B2", "unit_price": 7, "size": None}],
    },
}


def fields(**paths: str) -> list[FieldPath]:
    return [FieldPath(variable=variable, path=path) for variable, path in paths.items()]


# -- Paths ---------------------------------------------------------------------------------------------------------------


def test_every_path_is_found_with_type_and_example() -> None:
    assert paths_in(WEBHOOK) == [
        ("id", "number", 17),
        ("created_at", "date", "2021-05-28"),
        ("customer.e-mail", "string", "ana@example.com"),
        ("customer.phone", "string", "+46701740605"),
        ('customer["first.name"]', "string", "Ana"),
        ("customer.tags", "list", ["a", "b"]),
        ("customer.tags[]", "string", "a"),
        ("order.total", "number", 99.5),
        ("order.gift", "boolean", False),
        ("order.items", "array", WEBHOOK["order"]["items"]),
        ("order.items[].sku", "string", "A1"),
        ("order.items[].unit_price", "number", 3.5),
        ("order.items[].size", "null", None),
    ]


@FEW
@given(JSON)
def test_every_path_leads_to_its_example(value: Any) -> None:
    for path, _, example in paths_in(value):
        steps = steps_of(path)
        assert steps is not None
        assert any(found is example or found == example for found in values_at(value, steps))


@given(st.lists(st.text(min_size=1, max_size=8) | st.none() | st.integers(0, 999), min_size=1, max_size=6))
def test_a_path_is_read_as_it_was_written(steps: list[Step]) -> None:
    assert steps_of(path_of(tuple(steps))) == tuple(steps)


@given(st.text(alphabet='ab.[]"$0 \\', max_size=12))
def test_reading_a_path_never_fails(text: str) -> None:
    steps = steps_of(text)
    assert steps is None or steps_of(path_of(steps)) == steps


@pytest.mark.parametrize("path", ["a[", "a]", "a..b", "a[x]", "a[1", 'a["b]', "a" * 2001, "a]b"])
def test_what_is_no_path_is_none(path: str) -> None:
    assert steps_of(path) is None


def test_very_many_paths_are_cut() -> None:
    assert len(paths_in({f"k{number}": number for number in range(MOST_PATHS * 2)})) == MOST_PATHS
    deep: Any = 1
    for _ in range(200):
        deep = {"a": deep}
    assert len(paths_in(deep)) == 1


# -- Mapping -------------------------------------------------------------------------------------------------------------


def test_values_are_carried_over_with_their_types() -> None:
    mapping = fields(
        email="customer.e-mail",
        phone="customer.phone",
        automation_id="id",
        name='customer["first.name"]',
        total="order.total",
        gift="$.order.gift",
    )
    made, problems = mapped(mapping, WEBHOOK)
    assert problems == []
    assert (made.email, made.phone, made.automation_id, made.typed) == (
        "ana@example.com",
        "+46701740605",
        17,
        False,
    )
    assert made.values == {"name": "Ana", "total": 99.5, "gift": False}


def test_rows_are_filled_from_the_elements_of_a_list() -> None:
    mapping = [
        FieldPath(variable="products[].id", path="order.items[].sku"),
        FieldPath(variable="products[].price", path="order.items[].unit_price"),
        FieldPath(variable="products[].date", path="created_at"),
        FieldPath(variable="whole", path="order.items"),
        FieldPath(variable="whole_too", path="order.items[]"),
    ]
    made, problems = mapped(mapping, WEBHOOK)
    assert problems == []
    assert made.values["products"] == [
        {"id": "A1", "price": 3.5, "date": "2021-05-28"},
        {"id": "B2", "price": 7, "date": "2021-05-28"},
    ]
    assert made.values["whole"] == made.values["whole_too"] == WEBHOOK["order"]["items"]


def test_what_could_not_be_carried_over_is_told() -> None:
    mapping = [
        *fields(email="customer.mail", tag="customer.tags[]", bad="a[", last="order.items[].sku"),
        FieldPath(variable="bad", path="id"),
        FieldPath(variable="products[].x", path="order.items[].nothing"),
        FieldPath(variable="products[].tag", path="customer.tags[]"),
        FieldPath(variable="products[].one", path="order.items[0].sku"),
    ]
    made, problems = mapped(mapping, WEBHOOK)
    assert {problem.field for problem in problems} == {"email", "tag", "bad", "last", "products[].x"}
    assert [problem.blocks for problem in problems if problem.field == "bad"] == [True, True]
    assert made.email is None
    assert made.values["tag"] == "a"
    assert made.values["products"] == [{"tag": "a", "one": "A1"}, {"tag": "b", "one": "A1"}]


def test_lists_of_different_lengths_are_told() -> None:
    mapping = [FieldPath(variable="p[].a", path="x[]"), FieldPath(variable="p[].b", path="y[]")]
    made, problems = mapped(mapping, {"x": [1, 2], "y": [3]})
    assert made.values == {"p": [{"a": 1, "b": 3}, {"a": 2}]}
    assert "different lengths" in str(problems[0].sentence)


@FEW
@given(
    JSON,
    st.lists(
        st.builds(
            FieldPath,
            variable=NAMES | st.sampled_from(["email", "p[].a", "p[].b"]),
            path=st.text(alphabet='ab.[]"0', max_size=8),
        ),
        max_size=4,
    ),
)
def test_mapping_never_fails(value: Any, mapping: list[FieldPath]) -> None:
    made, problems = mapped(mapping, value)
    assert all(problem.field for problem in problems)
    assert None not in made.values.values()


# -- Proposals -----------------------------------------------------------------------------------------------------------


def test_a_mapping_is_proposed_by_names_and_words_that_mean_the_same() -> None:
    event = PURCHASE.model_copy(
        update={
            "variables": (
                *PURCHASE.variables,
                EventVariable(name="order_total", type="number"),
                EventVariable(name="first_name"),
            )
        }
    )
    proposed = {item.variable: item.path for item in propose(event, WEBHOOK)}
    assert proposed == {
        "email": "customer.e-mail",
        "phone": "customer.phone",
        "order_total": "order.total",
        "first_name": 'customer["first.name"]',
        "event_date": "created_at",
        "gift": "order.gift",
        "products[].id": "order.items[].sku",
        "products[].price": "order.items[].unit_price",
    }
    made = composed(event, mapped(propose(event, WEBHOOK), WEBHOOK)[0])
    assert made.ok


def test_a_list_at_the_top_and_an_array_without_fields_are_proposed_too() -> None:
    assert {item.path for item in propose(PURCHASE, [{"id": "1", "price": 2}])} == {"[].id", "[].price"}
    event = Event(name="e", variables=(EventVariable(name="products", type="array"),))
    assert propose(event, WEBHOOK)[-1] == FieldPath(variable="products", path="order.items")


@FEW
@given(JSON)
def test_what_is_proposed_lies_in_the_sample(value: Any) -> None:
    known = {path for path, _, _ in paths_in(value)}
    for item in propose(PURCHASE, value):
        assert item.path in known


@FEW
@given(EVENTS, st.integers(0, 50))
def test_a_source_with_the_variables_own_names_is_mapped_whole(event: Event, seed: int) -> None:
    """Round trip: nested as a source has it, proposed, mapped, composed: the body is the one of the sample itself."""
    body = composed(event, sample(event, seed)).body
    assert body is not None
    mapping = [
        FieldPath(variable=name, path=path_of(("data", name)))
        for name, value in body.items()
        if not (isinstance(value, list) and value and "[]." in name)
    ]
    made, problems = mapped(mapping, {"data": body})
    assert problems == []
    assert composed(event, made).body == body


@FEW
@given(EVENTS)
def test_a_table_with_the_variables_own_names_is_mapped_whole(event: Event) -> None:
    names = ["email", "phone", *(variable.name for variable in event.variables)]
    made = propose_columns([Target(key=name) for name in names], list(reversed(names)))
    assert made == tuple(Mapped(target=name, column=name) for name in names)


def test_columns_are_proposed_once_each() -> None:
    targets = [
        Target(key=key)
        for key in (
            "email",
            "phone",
            "product_name",
            "products[].id",
            "products[].price",
            "event_date",
            "unknown",
        )
    ]
    columns = ["E-mail", "Telefone", "Product Name", "id", "product_id", "products.price", "Date", "Mail"]
    assert {item.target: item.column for item in propose_columns(targets, columns)} == {
        "email": "E-mail",
        "phone": "Telefone",
        "product_name": "Product Name",
        "products[].id": "product_id",
        "products[].price": "products.price",
        "event_date": "Date",
    }
    assert propose_columns([], columns) == propose_columns(targets, []) == ()


@pytest.mark.parametrize(
    ("wanted", "given_", "sure"),
    [
        ("email", "E_Mail", True),
        ("phone", "celular", True),
        ("product_name", "productname", True),
        ("event_date", "evnet_date", True),
        ("id", "price", False),
        ("name", "email", False),
        ("a", "b", False),
        ("", "x", False),
        ("total", "total_price", True),
    ],
)
def test_names_are_compared_as_people_would(wanted: str, given_: str, sure: bool) -> None:
    assert (likeness(wanted, given_) >= 75) is sure


def test_a_column_for_an_array_without_declared_fields() -> None:
    event = Event(
        name="e",
        variables=(
            EventVariable(name="lines", type="array", columns=(EventColumn(name="qty", type="number"),)),
        ),
    )
    assert propose(event, {"lines": [{"quantity": 2}], "others": [{"quantity": 3}]}) == (
        FieldPath(variable="lines[].qty", path="lines[].quantity"),
    )


def test_a_field_of_an_array_is_found_by_its_name_with_and_without_the_arrays() -> None:
    columns = (EventColumn(name="product_id"), EventColumn(name="name"), EventColumn(name="product_url"))
    event = Event(name="e", variables=(EventVariable(name="products", type="array", columns=columns),))
    source = {"items": [{"id": "1", "product_name": "Shirt", "url": "https://shop.example.com/1"}]}
    assert {item.variable: item.path for item in propose(event, source)} == {
        "products[].product_id": "items[].id",
        "products[].name": "items[].product_name",
        "products[].product_url": "items[].url",
    }
