"""Names that look alike: what an export of a shop calls a field is found for the platform's own name of it."""

from __future__ import annotations

import pytest

from workbench.engine.event_names import SURE, likeness
from workbench.engine.event_proposals import propose_columns
from workbench.models.run import Target

COLUMNS = [
    ("purchaseId", "orderid"), ("purchaseId", "order_id"), ("purchaseId", "Order number"), ("purchaseId", "PurchaseID"),
    ("_name", "firstname"), ("_name", "first_name"), ("_name", "First name"), ("_name", "name"),
    ("_surname", "surname"), ("_surname", "last_name"), ("_surname", "Last name"),
    ("_email", "e-mail"), ("_email", "mail"), ("_email", "Email address"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "column"), COLUMNS)
def test_a_column_is_found_for_the_field_that_it_means(wanted: str, column: str) -> None:
    assert likeness(wanted, column) >= SURE
    [mapped] = propose_columns([Target(key=wanted, type="string")], [column])
    assert (mapped.target, mapped.column) == (wanted, column)


def test_a_first_name_wins_over_a_name_and_a_surname_is_none() -> None:
    targets = [Target(key=key, type="string") for key in ("_email", "_name", "_surname")]
    found = propose_columns(targets, ["name", "last_name", "first_name", "mail"])
    assert {one.target: one.column for one in found} == {
        "_email": "mail", "_name": "first_name", "_surname": "last_name"
    }  # fmt: skip


def test_an_event_s_name_of_a_thing_is_no_first_name() -> None:
    assert likeness("name", "firstname") < SURE
    assert likeness("_name", "surname") < SURE
    assert likeness("_name", "email") < SURE
