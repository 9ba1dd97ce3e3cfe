"""The page of a shop's tags: built, checked, told, held against each other and counted, without a browser, embedded and by a viewer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from tests.widgets.conftest import Connected
from tests.widgets.faces import field, kernel_state, markup, of, press, read, tell
from workbench import Workbench
from workbench.models.shop import ShopSettings
from workbench.models.tags import SCRIPT_KINDS, TAG_KINDS
from workbench.widgets import settle
from workbench.widgets.page import PAGES, Frame
from workbench.widgets.tags import PARTS, PLACES, ShopTagsPage, shop_tags
from workbench.widgets.tags_build import TagBuilder
from workbench.widgets.tags_coverage import CoverageBoard
from workbench.widgets.tags_events import EventBuilder
from workbench.widgets.tags_lint import TagLinter
from workbench.widgets.tags_same import TagCompare, paths_of
from workbench.widgets.tags_words import SCRIPTS, TAGS, WAY_NAMES


@pytest.fixture
async def page(connected: Connected) -> AsyncIterator[ShopTagsPage]:
    """The page as a viewer's dashboard opens it."""
    frame = Frame("shop_tags", PAGES["shop_tags"], shop_tags, connected("viewer"), (*PARTS, *PLACES))
    await frame.open()
    await settle()
    assert isinstance(frame.content, ShopTagsPage)
    yield frame.content
    await settle()


async def part(page: ShopTagsPage, key: str) -> object:
    page.part.value = key
    await settle()
    return page.made[key][0]


def code(widget: object) -> str:
    """Return the text that the copy button copies."""
    [copy] = of(widget, "CopyButton")
    return str(copy.text)


async def test_a_tag_is_written_while_its_values_are_typed(page: ShopTagsPage) -> None:
    builder = page.made["tags"][0]
    assert isinstance(builder, TagBuilder)
    assert '<span class="total_price">84.25</span>' in code(builder.widget)
    field(builder.widget, "Cart id").value = "<CART>"
    await settle()
    assert "&lt;CART&gt;" in code(builder.widget)
    await press(builder.widget, "The emptied cart")
    assert '<span class="total_quantity">0</span>' in code(builder.widget)
    assert "product_basket_item" not in code(builder.widget)


async def test_what_is_wrong_stands_at_its_field_and_no_tag_is_offered(page: ShopTagsPage) -> None:
    builder = page.made["tags"][0]
    assert isinstance(builder, TagBuilder)
    field(builder.widget, "Cart id").value = ""
    grid = builder.written.form.fields["products"]
    grid.rows = [{**grid.rows[0], "unitPrice": "1,234", "name": ""}]  # type: ignore[union-attr]
    await settle()
    assert "empty" in field(builder.widget, "Cart id").error
    assert "1234 or 1.234" in grid.errors["0.unitPrice"]
    assert of(builder.widget, "CopyButton") == []
    assert "Put the fields right" in read(builder.widget)
    await press(builder.widget, "An example")
    assert field(builder.widget, "Cart id").error == ""
    assert code(builder.widget)


async def test_every_tag_and_every_event_can_be_chosen(page: ShopTagsPage) -> None:
    assert set(TAGS) == set(TAG_KINDS)
    assert set(SCRIPTS) == set(SCRIPT_KINDS)
    builder = page.made["tags"][0]
    assert isinstance(builder, TagBuilder)
    for kind in TAG_KINDS:
        builder.kind.value = kind
        await settle()
        assert "class=" in builder.written.text, kind
    events = await part(page, "events")
    assert isinstance(events, EventBuilder)
    for script in SCRIPT_KINDS:
        events.kind.value = script
        await settle()
        assert "sendEvents" in events.written.text, script


async def test_an_event_says_who_and_the_loader_wants_an_id(page: ShopTagsPage) -> None:
    events = await part(page, "events")
    assert isinstance(events, EventBuilder)
    events.contact.fields["primaryKey"].value = "ana"  # type: ignore[union-attr]
    await settle()
    assert events.who.opened
    assert events.contact.fields["primaryKey"].error  # type: ignore[union-attr]
    events.contact.fields["primaryKey"].value = "ana@example.com"  # type: ignore[union-attr]
    await settle()
    assert '"primaryKey": "ana@example.com"' in events.written.text
    await press(events.widget, "Show the loader")
    assert "no id" in field(events.widget, "Id of the platform's script").error
    events.script_id.value = "eu8/0f3c6a1e-77aa"
    await press(events.widget, "Show the loader")
    assert "__cn_generic_script__0f3c6a1e-77aa" in markup(events.loaded.widget)


async def test_the_scripts_id_comes_from_a_shop_where_one_has_it(
    page: ShopTagsPage, house: Workbench
) -> None:
    key = house.house.vault.seal_text("1234567890123456789012:1234567890123456789012")
    settings = ShopSettings(
        name="Knives", api_key=key, domains=("shop.example.com",), script_id="0f3c6a1e-77aa"
    )
    await house.shops.save(settings)
    events = await part(page, "events")
    assert isinstance(events, EventBuilder)
    assert events.script_id.value == "0f3c6a1e-77aa"


async def test_a_payload_that_is_no_json_is_said_at_its_field(page: ShopTagsPage) -> None:
    events = await part(page, "events")
    assert isinstance(events, EventBuilder)
    events.kind.value = "custom"
    await settle()
    for wrong in ('{"size": ', "[" * 3000):
        events.written.form.fields["payload"].value = wrong  # type: ignore[union-attr]
        await settle()
        assert field(events.widget, "Payload").error


async def test_a_pasted_page_is_read_and_its_losses_are_shown_by_line(page: ShopTagsPage) -> None:
    linter = await part(page, "lint")
    assert isinstance(linter, TagLinter)
    await press(linter.widget, "Check the page")
    assert "Paste a page" in field(linter.widget, "The page's source").error
    await press(linter.widget, "An example")
    told = read(linter.widget)
    assert "“€60.25” is read as no number, so the whole cn_product_visited is dropped without a word." in told
    assert "“60,25” is read as 60" in told
    assert "Write 60.25." in told
    assert "primary_key hidden" in told
    assert linter.report is not None
    assert [one.line for one in linter.report.findings if one.level == "error"] == [7, 12, 15]
    assert json.loads(code(linter.widget))["cart"]["totalPrice"] == 60


async def test_nothing_that_is_pasted_runs_or_is_sent_when_nothing_changed(page: ShopTagsPage) -> None:
    linter = await part(page, "lint")
    assert isinstance(linter, TagLinter)
    hostile = '<div class="cn_search" hidden><b class="search_text"><img src=x onerror=alert(1)>&lt;script&gt;</b></div>'
    linter.html.value = hostile
    linter.before.value = hostile
    linter.loads.value = "again"
    await press(linter.widget, "Check the page")
    assert "nothing is sent" in read(linter.widget)
    assert "<script>" not in markup(linter.result.widget)


async def test_a_purchase_stands_side_by_side_and_is_the_same(page: ShopTagsPage) -> None:
    same = await part(page, "same")
    assert isinstance(same, TagCompare)
    assert "Tag, JavaScript and API say the same. Values that only the API has a place for: 1." in read(
        same.widget
    )
    shown = markup(same.values.widget)
    assert shown.count("only one way") == 1
    assert "contactEmail" in shown
    same.kind.value = "cart"
    await settle()
    assert "The API takes no carts" in read(same.widget)
    field(same.widget, "Cart id").value = ""
    await settle()
    assert same.found is None
    assert dict(paths_of({"a": [{"b": 1}], "c": []})) == {"a[0].b": 1}


async def test_coverage_is_ticked_and_what_is_told_twice_costs_twice(page: ShopTagsPage) -> None:
    board = await part(page, "coverage")
    assert isinstance(board, CoverageBoard)
    assert "none twice" in read(board.widget)
    assert len(board.matrix.rows) == 16
    await tell(board.matrix, {"key": "purchase", "way": "tag", "on": True})
    assert "1 of them twice" in read(board.widget)
    assert "1500 of them only because something is told twice." in read(board.widget)
    await tell(board.matrix, {"key": "coupons", "way": "tag", "on": True})
    await tell(board.matrix, {"key": "x", "way": 1})
    assert [row["chosen"] for row in board.matrix.rows if row["key"] == "coupons"] == [["api"]]
    field(board.widget, "Activities of the plan in a month").value = "1000"
    await settle()
    assert "more than the plan allows" in read(board.widget)
    board.volumes["search"].value = "many"
    await settle()
    assert "whole number" in board.volumes["search"].error
    board.page.value = '<div class="cn_product_searched"></div><div class="cn_login"></div>'
    await press(board.widget, "Tick nothing")
    board.page.value = '<div class="cn_login"></div>'
    await board.take_page()
    assert board.choices == {"login": ["tag"], "page-visit": ["tag"]}


async def test_a_link_leads_to_a_part_and_inside_it(page: ShopTagsPage) -> None:
    await page.go("event=login")
    await settle()
    assert page.part.value == "events"
    assert page.made["events"][0].kind.value == "login"  # type: ignore[attr-defined]
    await page.go("tag=search")
    await settle()
    assert page.made["tags"][0].kind.value == "search"  # type: ignore[attr-defined]


async def test_ways_have_names_and_no_secret_is_in_the_kernel(page: ShopTagsPage, house: Workbench) -> None:
    assert set(WAY_NAMES) == {"api", "tag", "js"}
    assert "api_key" not in kernel_state()
