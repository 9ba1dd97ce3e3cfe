"""Shops as a person sets them up: the form in steps, paths, fields, the key's trial, addresses, calls, carrying; without a browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.responses import JSONResponse

from tests.shop_room import KEY, PUBLIC, Answers
from tests.widgets.conftest import Connected
from tests.widgets.faces import button, field, kernel_state, lock, markup, of, offered, press, read, walk
from workbench import Workbench
from workbench.adapters.wire import Wire
from workbench.models.person import Person, Role
from workbench.models.shop import Shop, ShopSettings
from workbench.models.sync_platform import ShopField
from workbench.services.shops import Shops
from workbench.widgets.page import Frame
from workbench.widgets.shops import ShopShelf
from workbench.widgets.shops_words import FORM_STEPS, STEPS, SUBTITLES
from workbench.widgets.spawn import settle
from workbench.widgets.unsaved import Unsaved

PAGE = {"links": {"next": None}, "results": []}


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def bench(house: Workbench, answers: Answers) -> Workbench:
    """The workbench, its shops' platform played by the test."""
    own = replace(house.house, wire=Wire.rehearsal(answers.route))
    house.shops = Shops(own, public_at=PUBLIC, consent=house.consent)
    return house


async def shelf(bench: Workbench, role: Role = "operator", mode: str = "") -> ShopShelf:
    """Return the shops of a workbench as the page shows them."""
    frame = Frame("sync", "Sync", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    facts = await bench.about.facts()
    frame._facts = facts.model_copy(
        update={"person": Person(name="Ada", role=role), "mode": mode or facts.mode}
    )
    made = ShopShelf(frame)
    await made.refresh()
    return made


async def saved(bench: Workbench, name: str = "Our shop", **more: Any) -> Shop:
    return await bench.shops.save(ShopSettings(name=name, api_key=bench.secrets.keep_text(KEY), **more))


async def to_access(page: ShopShelf, name: str = "Our shop") -> None:
    await press(page.widget, "New shop")
    field(page.widget, "Name").value = name
    field(page.widget, "Address of the shop").value = "https://www.shop.example"
    await press(page.widget, "Next")


async def to_paths(page: ShopShelf, key: str = KEY, **more: str) -> None:
    await to_access(page, **more)
    await lock(field(page.widget, "API key"), key)
    await press(page.widget, "Next")


# -- the form ------------------------------------------------------------------------------------------------------------


async def test_a_shop_is_set_up_step_by_step_and_stands_in_the_list(bench: Workbench) -> None:
    page = await shelf(bench)
    assert "Set up your first shop" in read(page.widget)
    await to_paths(page)
    assert SUBTITLES["paths"] in page.guest.widget.children[1].children[1].subtitle
    field(page.widget, "List the coupon sets").value = "/v2/coupon-sets"
    await press(page.widget, "Next")
    field(page.widget, "Allowed domains").value = "https://www.shop.example/all\nshop.example"
    await press(page.widget, "Add a field")
    field(page.widget, "Field id").value = "loyalty_level"
    field(page.widget, "Type").value = "radio"
    field(page.widget, "Choices").value = "gold\nsilver"
    field(page.widget, "Newsletter calls change the consent to e-mail kept here").value = True
    await press(page.widget, "Next")
    shown = read(page.widget)
    for words in (
        "Our shop",
        "Connectif",
        "**** 89cd",
        "/v2/coupon-sets",
        "loyalty_level",
        "gold, silver",
        "change the consent",
    ):
        assert words in shown, words
    await press(page.widget, "Save the shop")
    (shop,) = await bench.shops.list()
    assert shop.settings.paths == {"coupon_sets": "/v2/coupon-sets"}
    assert shop.settings.domains == ("www.shop.example", "shop.example")
    assert shop.settings.fields == (
        ShopField(id="loyalty_level", type="radio", choices=("gold", "silver"), custom=True),
    )
    assert shop.settings.newsletter_consent
    assert shop.settings.calls_per_min == 0
    assert (page.place, page.list.selected) == (f"shop={shop.id}", shop.id)
    assert "is saved. Try its key next" in read(page.widget)
    assert KEY not in kernel_state()


async def test_a_step_is_left_when_it_is_right_and_each_error_stands_beside_its_field(
    bench: Workbench,
) -> None:
    await saved(bench)
    page = await shelf(bench)
    await to_access(page, "our shop")
    assert "already is a shop" in field(page.widget, "Name").error
    field(page.widget, "Name").value = "Another"
    field(page.widget, "Address of the shop").value = "shop"
    await press(page.widget, "Next")
    assert "must start with https" in field(page.widget, "Address of the shop").error
    field(page.widget, "Address of the shop").value = ""
    await press(page.widget, "Next")
    await press(page.widget, "Next")
    assert "missing" in field(page.widget, "API key").error
    await lock(field(page.widget, "API key"), KEY)
    field(page.widget, "Calls a minute").value = "many"
    await press(page.widget, "Next")
    assert "no whole number" in field(page.widget, "Calls a minute").error
    field(page.widget, "Calls a minute").value = "60"
    field(page.widget, "Address of the API").value = "http://api.connectif.cloud"
    await press(page.widget, "Next")
    assert "https" in field(page.widget, "Address of the API").error
    field(page.widget, "Address of the API").value = ""
    await press(page.widget, "Next")
    field(page.widget, "Delete a contact").value = "/contacts"
    await press(page.widget, "Next")
    assert "{email}" in field(page.widget, "Delete a contact").error
    field(page.widget, "Delete a contact").value = "/contacts/{email}"
    await press(page.widget, "Next")
    field(page.widget, "Allowed domains").value = "*.shop.example"
    await press(page.widget, "Add a field")
    await press(page.widget, "Next")
    assert "not a domain" in field(page.widget, "Allowed domains").error
    assert "has no id" in field(page.widget, "Field id").error
    assert len(await bench.shops.list()) == 1


async def test_back_keeps_what_was_typed_right_or_wrong(bench: Workbench) -> None:
    page = await shelf(bench)
    await to_access(page)
    await lock(field(page.widget, "API key"), KEY)
    field(page.widget, "Calls a minute").value = "x1"
    await press(page.widget, "Back")
    assert field(page.widget, "Name").value == "Our shop"
    await press(page.widget, "Next")
    assert field(page.widget, "Calls a minute").value == "x1"
    assert field(page.widget, "API key").masked == "**** 89cd"
    assert [one.typed for one in walk(page.widget) if isinstance(one, Unsaved)] == [True], (
        "a reload is asked about"
    )
    await press(page.widget, "Leave without saving")
    assert "New shop" in offered(page.widget)
    assert await bench.shops.list() == []


async def test_what_deserves_a_look_is_said_while_it_is_typed_and_keeps_nobody(bench: Workbench) -> None:
    page = await shelf(bench)
    await to_paths(page, key="some-other-key-0123456789")
    await press(page.widget, "Back")
    assert "does not look like the keys" in read(page.widget)
    field(page.widget, "Address of the API").value = "https://eu.connectif.example"
    await settle()
    assert "is not a server of Connectif that we know" in read(page.widget)
    for _ in range(3):
        await press(page.widget, "Next")
    assert "does not look like the keys" in read(page.widget), "the review says it once more"
    await press(page.widget, "Save the shop")
    assert len(await bench.shops.list()) == 1


async def test_paths_that_no_document_shows_are_marked_and_a_change_is_seen_at_once(bench: Workbench) -> None:
    page = await shelf(bench)
    await to_paths(page)
    assert "Not verified" in read(page.widget)
    doubtful = {
        "Write a contact by its external id",
        "Delete a contact",
        "Read a product",
        "List the coupon sets",
        "Read a coupon set",
    }
    assert {one.label for one in of(page.widget, "TextField")} == doubtful
    assert markup(page.widget).count("not verified") >= len(doubtful)
    field(page.widget, "Read a product").value = "/products/{id}"
    assert "changed" in markup(page.widget)
    await press(page.widget, "▸ Documented paths")
    assert field(page.widget, "Create a purchase").value == "/purchases/"
    assert "documented" in markup(page.widget)
    field(page.widget, "Read a product").value = "/products/product-id/{id}"
    await press(page.widget, "Next")
    await press(page.widget, "Next")
    await press(page.widget, "Save the shop")
    (shop,) = await bench.shops.list()
    assert shop.settings.paths == {}


async def test_many_fields_come_by_one_paste_and_a_line_that_cannot_be_read_is_named(
    bench: Workbench,
) -> None:
    page = await shelf(bench)
    await to_paths(page)
    await press(page.widget, "Next")
    await press(page.widget, "▸ Paste many at once")
    text = field(page.widget, "Fields, one a line")
    text.value = "id,type\nshoe_size,number"
    await press(page.widget, "Take them over")
    assert "Line 2: “number” is not a type" in text.error
    text.value = "id\ttype\ttitle\tchoices\nlevel\tradio\tLevel\tgold | silver\n\nshoe_size\tinteger\nnick"
    await press(page.widget, "Take them over")
    assert "3 fields were added" in read(page.widget)
    await press(page.widget, "Next")
    await press(page.widget, "Save the shop")
    (shop,) = await bench.shops.list()
    assert [(one.id, one.type, one.title, one.choices) for one in shop.settings.fields] == [
        ("level", "radio", "Level", ("gold", "silver")), ("shoe_size", "integer", "", ()), ("nick", "text", "", ()),
    ]  # fmt: skip


async def test_a_changed_shop_keeps_what_the_form_does_not_ask(bench: Workbench) -> None:
    shop = await saved(bench, vapid_public_key="BAbc", worker_url="https://www.shop.example/sw.js")
    page = await shelf(bench)
    await page.go(f"shop={shop.id}")
    await press(page.widget, "Change")
    field(page.widget, "Name").value = "Renamed"
    for _ in range(4):
        await press(page.widget, "Next")
    await press(page.widget, "Save the shop")
    changed = await bench.shops.open(shop.id)
    assert changed.settings == shop.settings.model_copy(update={"name": "Renamed"})


# -- one shop ------------------------------------------------------------------------------------------------------------


async def test_the_key_is_tried_and_a_refusal_is_told_with_what_to_do(
    bench: Workbench, answers: Answers
) -> None:
    shop = await saved(bench)
    page = await shelf(bench)
    await page.go(f"shop={shop.id}")
    answers.reply = JSONResponse({"status": 403, "title": "Forbidden"}, 403)
    await press(page.widget, "Try the key")
    assert "imports: read" in read(page.widget)
    assert "the stand-in answered" in read(page.widget)
    await press(page.widget, "Close")
    answers.reply = JSONResponse(PAGE)
    await press(page.widget, "Try the key")
    assert "Accepted" in markup(page.widget)
    assert KEY not in kernel_state()


async def test_in_live_mode_the_host_is_named_before_anybody_is_asked(
    bench: Workbench, answers: Answers
) -> None:
    shop = await saved(bench)
    page = await shelf(bench, mode="live")
    await page.go(f"shop={shop.id}")
    await press(page.widget, "Try the key")
    assert "api.connectif.cloud is really asked" in read(page.widget)
    assert answers.asked == []
    answers.reply = JSONResponse(PAGE)
    await press(page.widget, "Ask api.connectif.cloud")
    assert len(answers.asked) == 1


async def test_addresses_are_shown_to_copy_and_replaced_after_a_question(bench: Workbench) -> None:
    shop = await saved(bench)
    page = await shelf(bench)
    await page.go(f"shop={shop.id}")
    await press(page.widget, "Callback addresses")
    before = await bench.shops.addresses(shop.id)
    assert before.subscribe in markup(page.widget)
    assert before.unsubscribe in markup(page.widget)
    await press(page.widget, "Replace the addresses")
    field(page.widget, "How long the old addresses still work").value = "168"
    await press(page.widget, "Replace them now")
    after = await bench.shops.addresses(shop.id)
    assert after.subscribe in markup(page.widget)
    assert before.subscribe not in markup(page.widget)
    assert "The addresses before these work until" in read(page.widget)
    await press(page.widget, "Close")
    assert after.subscribe not in kernel_state(), "closed, the page holds no address any more"


async def test_calls_that_came_in_are_listed_masked_a_page_at_a_time(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.widgets.shops_calls.STEP", 4)
    shop = await saved(bench)
    token = (await bench.shops.addresses(shop.id)).subscribe.split("/")[-2]
    page = await shelf(bench)
    await page.go(f"shop={shop.id}")
    await settle()
    assert "No call came in yet" in read(page.widget)
    for number in range(3):
        await bench.shops.newsletter.taken(token, "subscribe", f"email=person{number}@example.com".encode())
    await bench.shops.newsletter.taken(token, "unsubscribe", b"email=person2@example.com")
    await bench.shops.newsletter.taken(token, "unsubscribe", b"email=person2@example.com")
    await bench.shops.newsletter.taken(token, "unsubscribe", b"email=planted")
    await press(page.widget, "Look again")
    shown = read(page.widget)
    for words in (
        "p***@example.com #",
        "known already",
        "turned away",
        "not an e-mail address",
        "Unsubscribed",
        "taken",
    ):
        assert words in shown, words
    assert "Later calls" not in offered(page.widget)
    await press(page.widget, "Earlier calls")
    assert markup(page.widget).count("p***@example.com") == 2
    await press(page.widget, "Later calls")
    assert markup(page.widget).count("p***@example.com") == 3
    assert "person2" not in kernel_state()


async def test_a_shop_goes_out_without_its_key_and_comes_back_asking_for_it(bench: Workbench) -> None:
    shop = await saved(bench, domains=("www.shop.example",))
    page = await shelf(bench)
    await page.go(f"shop={shop.id}")
    assert page.face is not None
    text = await page.face._document()
    assert KEY not in text
    assert "sec_" not in text
    await press(page.widget, "Delete")
    await press(page.widget, "Delete “Our shop”")
    assert await bench.shops.list() == []
    assert "is deleted" in read(page.widget)
    await press(page.widget, "Import")
    field(page.widget, "Exported shop").value = "{}"
    await press(page.widget, "Import it")
    assert "no exported shop" in field(page.widget, "Exported shop").error
    field(page.widget, "Exported shop").value = text
    await press(page.widget, "Import it")
    assert "came in without its key" in read(page.widget)
    assert "Key missing" in read(page.widget)
    await press(page.widget, "Try the key")
    assert "The shop has no API key yet" in read(page.widget)


async def test_a_viewer_sees_the_shops_and_is_offered_nothing_that_changes_them(
    house: Workbench, connected: Connected
) -> None:
    shop = await saved(house)
    page = await shelf(connected("viewer"), "viewer")
    await page.go("new")
    assert page.guest.widget.children == ()
    await page.go(f"shop={shop.id}")
    await settle()
    assert offered(page.widget) == {"Export", "Look again"}
    assert "Our shop" in read(page.widget)


async def test_a_shop_that_is_gone_is_shown_no_more(bench: Workbench) -> None:
    shop, other = await saved(bench), await saved(bench, "Another")
    page = await shelf(bench)
    await page.go(f"shop={shop.id}")
    await bench.shops.delete(shop.id)
    await page.refresh()
    assert (page.face, page.place, page.list.selected) == (None, "", "")
    await page.go(f"shop={other.id}")
    assert page.place == f"shop={other.id}"
    assert button(page.widget, "Try the key") is not None


def test_every_step_has_its_words() -> None:
    assert list(STEPS) == list(SUBTITLES) == list(FORM_STEPS)
