"""What an import's options make of a record that exists (R-SYNC-30)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.shop_tables import plan
from workbench.engine.import_effect import changes, effect, option_told

BEFORE = {"_name": "Ana", "_surname": "", "_points": 5, "other": "kept"}
ROW = {"_name": "Anna", "_surname": "Silva", "_points": 7}


def after(before: dict[str, Any] = BEFORE, row: dict[str, Any] = ROW, **sync: Any) -> dict[str, Any]:
    return {name: value for name, _, _, value in effect(before, row, plan(how="import", **sync)).fields}


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ({"override_existing": True}, {"_name": "Anna", "_surname": "Silva", "_points": 7}),
        (
            {"override_existing": True, "update_only_empty": True},
            {"_name": "Ana", "_surname": "Silva", "_points": 5},
        ),
        ({"override_existing": False}, {"_name": "Ana", "_surname": "", "_points": 5}),
    ],
)
def test_each_option(options: dict[str, bool], made: dict[str, Any]) -> None:
    assert after(**options) == made


def test_a_new_record_is_created_whatever_the_options() -> None:
    for options in ({"override_existing": False}, {"override_existing": True, "update_only_empty": True}):
        assert after({}, **options) == ROW


def test_a_single_call_writes_what_it_names() -> None:
    found = effect(BEFORE, ROW, plan(override_existing=False))
    assert {name: value for name, _, _, value in found.fields} == ROW


def test_blank_cells_change_nothing() -> None:
    assert after(row={"_name": "", "_points": None}) == {}


def test_what_changes_is_told_and_spellings_do_not_count() -> None:
    found = effect(
        {"a": 1.5, "b": "2024-05-01T10:00:00.000Z", "c": None, "d": "x"},
        {"a": Decimal("1.50"), "b": "2024-05-01T12:00:00+02:00", "c": 1, "d": "y"}, plan(), key="ana",
    )  # fmt: skip
    assert (found.key, changes(found)) == ("ana", ("c", "d"))


def test_each_choice_of_options_is_one_sentence() -> None:
    plans = [
        plan(),
        plan(how="import"),
        plan(how="import", update_only_empty=True),
        plan(how="import", override_existing=False),
    ]
    assert len({str(option_told(one)) for one in plans}) == 4


@settings(max_examples=50)
@given(
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from([None, "", "x", 0, 1, False]), min_size=1),
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["y", 2, True])),
)
def test_only_empty_fields_are_filled_and_nothing_without_leave(
    before: dict[str, Any], row: dict[str, Any]
) -> None:
    filled = after(before, row, update_only_empty=True)
    assert all(
        filled[name] == (row[name] if before.get(name) in (None, "") else before[name]) for name in row
    )
    assert after(before, row, override_existing=False) == {name: before.get(name) for name in row}
