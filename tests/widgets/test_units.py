"""For whom somebody works: beside the name, in the list of integrations, and a choice for one who works for several units."""

from __future__ import annotations

from collections.abc import Callable

from tests.widgets.faces import of, read
from workbench import Workbench
from workbench.adapters.remote import ServerClient
from workbench.models.integration import Integration
from workbench.server import make_app
from workbench.widgets import home_page, integrations_page, settle


async def page_of(house: Workbench, *units: str) -> Workbench:
    token = await house.people.add("Bo", "operator", units)
    return Workbench.connect(client=ServerClient.in_process(make_app(house), token))


async def test_one_who_works_for_several_units_chooses_for_which_one(house: Workbench) -> None:
    bench = await page_of(house, "Retail", "Travel")
    page = await home_page(bench)
    (choice,) = [one for one in of(page, "ChoiceField") if one.label == "You work for"]
    assert ([value for value, *_ in choice.options], choice.value) == (["Retail", "Travel"], "Retail")
    choice.value = "Travel"
    await settle()
    assert "belongs to Travel now" in read(page)
    draft = await bench.integrations.start()
    assert (await bench.units.of())[draft.id].unit == "Travel"
    (bar,) = of(page, "TopBar")
    assert bar.words["role"] == "operator for Retail, Travel"


async def test_others_are_not_asked(house: Workbench, connected: Callable[..., Workbench]) -> None:
    for bench in (await page_of(house, "Retail"), connected("operator")):
        page = await home_page(bench)
        assert "You work for" not in [getattr(one, "label", "") for one in of(page, "ChoiceField")]


async def test_a_list_names_the_unit_where_there_are_any(house: Workbench, saved: Integration) -> None:
    plain = await integrations_page(house)
    assert "Unit" not in [column["label"] for one in of(plain, "RowList") for column in one.columns]
    await house.units.move(saved.id, "Retail")
    page = await integrations_page(house)
    (rows,) = [one for one in of(page, "RowList") if one.rows]
    assert rows.columns[-1]["label"] == "Unit"
    assert [row["unit"] for row in rows.rows] == ["Retail"]
