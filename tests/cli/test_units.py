"""Units on the command line: what belongs to whom, and how it gets there."""

from __future__ import annotations

from tests.cli.conftest import document


def test_a_thing_is_given_to_a_unit_and_taken_back(run, shop):
    assert run("units", "list").output.startswith("Nothing belongs to a unit yet.")
    moved = run("units", "move", shop, "Retail", "--json")
    assert document(moved) == {"id": shop, "unit": "Retail", "things": 1, "records": 1}
    assert run("units", "list").stdout == f"Retail  {shop}  Shop mail\n"
    assert document(run("units", "list", "--json")) == {"units": {"Retail": [shop]}, "chosen": ""}
    assert "belong to nobody in particular now" in run("units", "move", shop, "").stdout
    assert document(run("units", "list", "--json"))["units"] == {}


def test_what_is_not_there_cannot_be_moved(run):
    for id in ("int_0000000000", "nothing"):
        assert run("units", "move", id, "Retail").exit_code == 3
