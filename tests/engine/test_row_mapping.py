"""Rows as event inputs and contacts: identifiers, arrays, constants, and mappings that cannot work."""

from __future__ import annotations

import pytest

from workbench.engine.row_mapping import (
    check_mapping,
    mapped_row,
    targets_of,
    targets_of_payload,
)
from workbench.engine.template import compile_template
from workbench.models.event import Event, EventColumn, EventVariable
from workbench.models.integration import IdentifierType
from workbench.models.run import Mapped, Target

EVENT = Event(
    id="evt_1", name="purchase",
    variables=(
        EventVariable(name="total", type="number", required=True),
        EventVariable(name="products", type="array", columns=(EventColumn(name="id"), EventColumn(name="price", type="number"))),
    ),
)  # fmt: skip
TARGETS = targets_of(EVENT)


def maps(**columns: str) -> tuple[Mapped, ...]:
    return tuple(
        Mapped(target=target.replace("__", "[].").replace("_0_", "[0]."), column=column)
        for target, column in columns.items()
    )


def test_targets_name_identifiers_flow_variables_and_fields_of_arrays() -> None:
    keys = [target.key for target in TARGETS]
    assert keys == [
        "email",
        "phone",
        "automation_id",
        "total",
        "products",
        "products[].id",
        "products[].price",
    ]
    assert [target.key for target in TARGETS if target.required] == ["total"]


def test_texts_stay_texts_and_empty_cells_are_left_out() -> None:
    row = mapped_row(maps(email="e", phone="p", total="t"), TARGETS, {"e": "ana@example.com", "p": "", "t": "12"})  # fmt: skip
    given = row.event_input(typed=True)
    assert (given.email, given.phone, given.values, given.typed) == (
        "ana@example.com",
        None,
        {"total": "12"},
        True,
    )
    assert row.problems == ()


@pytest.mark.parametrize("value", [5511987654321, 5511987654321.0])
def test_a_number_that_names_a_contact_becomes_its_digits(value: float) -> None:
    assert mapped_row(maps(phone="p"), TARGETS, {"p": value}).identifiers == {"phone": "5511987654321"}


@pytest.mark.parametrize("text", ["1e10", "5.51199E+12", "5,51E+12"])
def test_a_phone_that_a_spreadsheet_shortened_is_told_and_kept(text: str) -> None:
    targets = targets_of_payload((), IdentifierType(kind="phone"))
    row = mapped_row(maps(phone="p"), targets, {"p": text})
    assert row.identifiers == {"phone": text}
    assert "powers of ten" in str(row.problems[0].sentence)
    assert row.problems[0].field == "phone"
    event = mapped_row(maps(phone="p"), TARGETS, {"p": text})
    assert (event.identifiers, event.problems) == ({"phone": text}, ()), "the event's contract says it itself"


def test_a_value_that_names_nobody_is_told() -> None:
    row = mapped_row(maps(email="e"), TARGETS, {"e": ["ana@example.com"]})
    assert row.identifiers == {}
    assert row.problems[0].field == "email"


def test_an_array_comes_whole_by_fields_or_by_number() -> None:
    whole = mapped_row(maps(products="p"), TARGETS, {"p": '[{"id": "1"}]'})
    assert whole.values == {"products": [{"id": "1"}]}
    fields = mapped_row(maps(products__id="i", products__price="c"), TARGETS, {"i": '["1", "2"]', "c": [3, 4]})  # fmt: skip
    assert fields.values == {"products": [{"id": "1", "price": 3}, {"id": "2", "price": 4}]}
    one = mapped_row(maps(products__id="i"), TARGETS, {"i": "7"})
    assert one.values == {"products": [{"id": "7"}]}
    numbered = mapped_row(maps(products_0_id="i"), TARGETS, {"i": "7"})
    assert numbered.values == {"products": [{"id": "7"}]}
    assert mapped_row(maps(products__id="i"), TARGETS, {"i": ""}).values == {}


def test_an_array_that_is_none_is_told() -> None:
    row = mapped_row(maps(products="p"), TARGETS, {"p": "blue"})
    assert "JSON list" in str(row.problems[0].sentence)
    uneven = mapped_row(maps(products__id="i", products__price="c"), TARGETS, {"i": [1, 2], "c": [3]})
    assert "id 2, price 1" in str(uneven.problems[0].sentence)


def test_a_constant_is_for_all_rows() -> None:
    mapping = (
        *maps(email="e"),
        Mapped(target="total", constant=5),
        Mapped(target="automation_id", constant=77),
    )
    row = mapped_row(mapping, TARGETS, {"e": "a@example.com"})
    assert (row.values, row.automation_id) == ({"total": 5}, 77)


def test_a_payloads_slots_are_targets_once() -> None:
    text = (
        '{"to": "${User Identifier}", "n": "{{ name | default(\\"x\\") }}", "m": "{{ name }}", '
        '"f": "${User data|crm|city}", "c": "${dyCampaignName}"}'
    )
    targets = targets_of_payload(compile_template(text).slots, IdentifierType())
    assert [(target.key, target.required) for target in targets] == [
        ("email", True),
        ("name", True),
        ("User data|crm|city", True),
    ]
    mapping = (*maps(email="e", name="n"), Mapped(target="User data|crm|city", column="c"))
    contact = mapped_row(mapping, targets, {"e": "ana@example.com", "n": "", "c": "Porto"}).contact()
    assert contact.identifiers == {"email": "ana@example.com"}
    assert contact.variables == {"name": ""}
    assert contact.user_data == {"crm": {"city": "Porto"}}


def test_a_mapping_that_cannot_work_is_told_before_any_row() -> None:
    wrong = (Mapped(target="email", column="Emial"), Mapped(target="email", column="x"), Mapped(target="colour", column="x"))  # fmt: skip
    told = [
        (problem.field, str(problem.sentence)) for problem in check_mapping(wrong, TARGETS, ["email", "x"])
    ]
    assert ("email", "The table has no column “Emial”. Did you mean “email”?") in told
    assert any("filled twice" in text for _, text in told)
    assert any(field == "colour" for field, _ in told)
    assert any(field == "total" and "needed" in text for field, text in told)
    assert check_mapping(maps(email="email", total="x"), TARGETS, ["email", "x"]) == []
    assert [problem.field for problem in check_mapping(maps(total="x"), TARGETS, ["x"])] == ["email"]
    both = maps(email="x", total="x", products="x", products__id="x")
    assert any("as a whole" in str(problem.sentence) for problem in check_mapping(both, TARGETS, ["x"]))
    assert check_mapping((), (Target(key="a"),), []) == []
