"""Event arrays: rows with fields of their types; ragged, nested, empty and long ones are told with the row's number (R-EVT-10)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.event_contracts import PURCHASE, compose, event_of, offers, said
from workbench.engine.event_arrays import MOST_ROWS
from workbench.engine.event_pasted_rows import MOST_PASTED, pasted_rows
from workbench.models.event import EventColumn

ROW = {"id": "1", "price": 2.5}
BOTH = pytest.mark.parametrize("typed", [False, True], ids=["api", "form"])
COLUMNS = (EventColumn(name="id"), EventColumn(name="price", type="number"))


@BOTH
def test_rows_go_out_in_their_order(typed: bool) -> None:
    rows = [ROW, {"id": "2", "price": 3}]
    made = compose(products=rows, typed=typed)
    assert made.body == {"email": "ana@example.com", "products": rows}
    assert made.problems == ()
    assert compose(products=tuple(rows)).body == made.body


def test_cells_are_read_by_their_type() -> None:
    assert compose(products=[{"id": "1", "price": "2.5"}], typed=True).body == {
        "email": "ana@example.com",
        "products": [ROW],
    }
    made = compose(products=[ROW, {"id": 2, "price": "3"}])
    assert made.body is None
    assert "declared as String" in said(made, "products[1].id")
    assert "declared as Number" in said(made, "products[1].price")
    assert offers(made, "products[1].price") == [3]


@BOTH
@pytest.mark.parametrize("row", ["x", 1, None, [ROW], True])
def test_a_row_is_an_object(row: Any, typed: bool) -> None:
    made = compose(products=[ROW, row], typed=typed)
    assert made.body is None
    assert "Row 2" in said(made, "products[1]")


def test_what_is_unusual_is_told_with_its_row() -> None:
    assert "empty list" in said(compose(products=[]), "products", "warning")
    assert "Row 2" in said(compose(products=[ROW, {"id": "2"}]), "products[1]", "warning")
    assert "“color”" in said(compose(products=[ROW, {**ROW, "color": "red"}]), "products[1]", "warning")
    assert "101 rows" in said(compose(products=[ROW] * (MOST_ROWS + 1)), "products", "warning")
    assert "Row 1" in said(
        compose(products=[{**ROW, "options": {"size": 1}}]), "products[0].options", "warning"
    )
    for made in (compose(products=[]), compose(products=[ROW, {"id": "2"}]), compose(products=[ROW] * 101)):
        assert made.ok


def test_without_declared_fields_the_first_row_is_the_measure() -> None:
    event = event_of("array")
    assert compose(event=event, x=[{"a": 1}, {"a": 2}]).problems == ()
    assert "“a”" in said(compose(event=event, x=[{"a": 1}, {"b": 2}]), "x[1]", "warning")


def test_an_empty_cell_is_left_out() -> None:
    made = compose(products=[{"id": "1", "price": None}, {"id": "", "price": " "}], typed=True)
    assert made.body == {"email": "ana@example.com", "products": [{"id": "1"}, {}]}
    assert compose(products=[{"id": "", "price": 1}]).body == {
        "email": "ana@example.com",
        "products": [{"id": "", "price": 1}],
    }


@pytest.mark.parametrize(
    ("value", "offered"),
    [
        ("[]", [[]]),
        ('[{"id":"1"}]', [[{"id": "1"}]]),
        ('{"id":"1"}', [[{"id": "1"}]]),
        ({"id": "1"}, [[{"id": "1"}]]),
        ("id;1", []),
        ("[1", []),
        (5, []),
        (True, []),
        ("", []),
        (b"[]", []),
    ],
)
def test_what_is_no_list_is_refused_and_mended_where_it_holds_one(value: Any, offered: list[Any]) -> None:
    made = compose(products=value)
    assert made.body is None
    assert said(made, "products")
    assert offers(made, "products") == offered


@pytest.mark.parametrize(
    "value", ['[{"id":"1","price":2.5}]', ' [ {"id": "1", "price": "2.5"} ] ', '{"id":"1","price":2.5}']
)
def test_a_cell_may_hold_a_list_as_json(value: str) -> None:
    assert compose(products=value, typed=True).body == {"email": "ana@example.com", "products": [ROW]}


@pytest.mark.parametrize(
    "value",
    ['[{"id":"1","id":"2"}]', '[{"price":NaN}]', '[{"price":1e999}]', "[{'id':1}]", '[{"id":"\\ud800"}]'],
)
def test_a_cell_with_loose_json_is_refused(value: str) -> None:
    assert compose(products=value, typed=True).body is None


def test_a_list_that_is_wrong_throughout_is_told_in_part() -> None:
    made = compose(products=[{"id": 1}] * 50_000)
    assert made.body is None
    assert len(made.problems) < 500


def test_a_declared_field_named_automation_id_is_refused_all_the_same() -> None:
    event = event_of(
        "array", columns=(EventColumn(name="automation_id", type="number"), EventColumn(name="id"))
    )
    made = compose(event=event, x=[{"id": "1", "automation_id": 77}])
    assert "top of the body" in said(made, "x[0].automation_id")


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=9),
                "price": st.integers(-999, 999),
            }
        ),
        max_size=8,
    )
)
def test_rows_arrive_as_they_were_given(rows: list[dict[str, Any]]) -> None:
    made = compose(event=PURCHASE, products=rows)
    assert made.body == {"email": "ana@example.com", "products": rows}
    assert json.loads(json.dumps(made.body)) == made.body


# -- Pasted tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_pasted_table_becomes_rows(delimiter: str) -> None:
    text = "\ufeffid,price,name\r\n1,2.5,Shirt\r\n\r\n2,,\r\n".replace(",", delimiter)
    rows, problems = pasted_rows(text, COLUMNS)
    assert rows == [{"id": "1", "price": 2.5, "name": "Shirt"}, {"id": "2"}]
    assert problems == []


def test_a_row_that_cannot_be_read_is_told_with_its_line_and_left_out() -> None:
    rows, problems = pasted_rows("id,price\n1,x\n2,3,4\n3,5\n", COLUMNS)
    assert rows == [{"id": "3", "price": 5}]
    assert [(problem.line, problem.blocks) for problem in problems] == [(2, True), (3, True)]
    assert pasted_rows("id,id\n1,2\n")[0] == []
    assert pasted_rows("") == ([], [])
    assert "quotes" in str(pasted_rows('id,price\n"1,2\n')[1][0].sentence)
    assert pasted_rows('a,b\n"x\x00",2\n')[0] == [{"a": "x\ufffd", "b": "2"}]


def test_a_very_long_table_is_cut() -> None:
    rows, _ = pasted_rows("id,price\n" + "1,2\n" * (MOST_PASTED + 5), COLUMNS)
    assert len(rows) == MOST_PASTED


@given(st.text(alphabet='ab,;\t|"\n\r 1.\x00', max_size=40))
def test_reading_a_pasted_table_never_fails(text: str) -> None:
    rows, problems = pasted_rows(text, COLUMNS)
    assert all(isinstance(row, dict) for row in rows)
    assert all(problem.sentence for problem in problems)
