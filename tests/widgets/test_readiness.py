"""The page of readiness: it begins red, turns green on evidence, unfolds what it rests on, and asks before anything live."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.widgets.faces import field, kernel_state, markup, offered, press, read
from workbench import Workbench
from workbench.models.person import Role
from workbench.models.readiness import Ask
from workbench.models.sending import Confirmation
from workbench.models.shop import Shop, ShopSettings
from workbench.sentence import say
from workbench.widgets import settle
from workbench.widgets.language import begin
from workbench.widgets.messages import Messages
from workbench.widgets.page import Frame
from workbench.widgets.readiness import ReadinessPage, readiness
from workbench.widgets.readiness_check import asked
from workbench.widgets.readiness_history import moved

Connected = Callable[[Role], Workbench]
API_KEY = "AbCdEfGhIjKlMnOpQrStUv:ZyXwVuTsRqPoNmLkJiHgFe"
PLANTED = "planted.person@example.org"
LOGIN = f'<div class="cn_client_info"><span class="primary_key">{PLANTED}</span></div><div class="cn_login"></div><b>&lt;script&gt;</b>'


@pytest.fixture
async def shop(house: Workbench) -> Shop:
    settings = ShopSettings(
        name="Shoes <b>", api_key=house.house.vault.seal_text(API_KEY), site="https://shop.example.com", domains=("shop.example.com",),
        calls_per_min=100_000,
    )  # fmt: skip
    return await house.shops.save(settings)


async def opened(bench: Workbench) -> ReadinessPage:
    """Return the page's content, as its frame makes it."""
    begin()
    frame = Frame("readiness", "Readiness", readiness, bench, ("shop", "validation"))
    await frame.open()
    assert isinstance(frame.content, ReadinessPage), read(frame.widget)
    await settle()
    return frame.content


def tile(page: ReadinessPage, key: str) -> str:
    """Return what a step's tile says."""
    return str(page.board.tiles[key].description)


async def test_it_begins_red_and_turns_green_step_by_step(connected: Connected, shop: Shop) -> None:
    page = await opened(connected("operator"))
    assert "Is this shop ready?" in read(page.widget)
    await press(page.widget, "Begin a validation")
    assert page.place.startswith("validation=val_")
    assert "0 %" in markup(page.widget)
    assert "Nothing yet" in tile(page, "key")
    assert "Only live" in tile(page, "paths")
    await press(page.widget, "Check all that needs nothing from me")
    assert tile(page, "key").startswith("✓")
    assert "wb-ready-passed" in page.board.tiles["key"]._dom_classes
    assert "wb-ready-turned" in page.board.tiles["key"]._dom_classes
    assert "Nothing yet" in tile(page, "import"), "what nobody could know yet is not red"
    assert tile(page, "push").startswith("✕"), "this shop has no worker yet, and that is known"

    page.board.tiles["login"].click()
    await settle()
    assert page.step is not None
    await press(page.step.widget, "Read the page")
    assert "Paste the page's source" in read(page.step.widget)
    field(page.step.widget, "Page, or what the browser posted").value = '<div class="cn_login"></div>'
    await press(page.step.widget, "Read the page")
    assert tile(page, "login").startswith("✕")
    assert "Next step:" in markup(page.step.widget)
    field(page.step.widget, "Page, or what the browser posted").value = LOGIN
    await press(page.step.widget, "Read the page")
    assert tile(page, "login").startswith("✓")
    shown = markup(page.step.widget)
    assert "<details" in shown
    assert "What was found before (1)" in shown
    assert "p***@example.org" in shown
    assert PLANTED not in shown, "the evidence names nobody"
    assert API_KEY not in kernel_state()
    page.board.tiles["login"].click()
    await settle()
    assert page.step is None, "a second press puts the step away"


async def test_a_word_is_kept_with_its_name_and_counts_half(connected: Connected, shop: Shop) -> None:
    page = await opened(connected("operator"))
    await press(page.widget, "Begin a validation")
    page.board.tiles["register"].click()
    await settle()
    assert page.step is not None
    await press(page.step.widget, "▸ Give your word instead (counts half)")
    await press(page.step.widget, "I saw it")
    assert "in a month nobody will know" in read(page.step.widget)
    field(page.step.widget, "What you saw, and where").value = "The network panel shows <register>."
    await press(page.step.widget, "I saw it")
    assert "1 / 2" in tile(page, "register")
    shown = markup(page.step.widget)
    assert "a operator" in shown
    assert "&lt;register&gt;" in shown
    await press(page.step.widget, "▸ Leave it out")
    field(page.step.widget, "Why it is left out").value = "Nobody can register in this shop."
    await press(page.step.widget, "Leave it out")
    assert tile(page, "register").startswith("–")


async def test_a_record_is_looked_up_or_written_first(connected: Connected, shop: Shop) -> None:
    page = await opened(connected("operator"))
    await press(page.widget, "Begin a validation")
    page.board.tiles["contacts"].click()
    await settle()
    assert page.step is not None
    await press(page.step.widget, "Look it up")
    assert "Give the address of a contact" in field(page.step.widget, "Address of a contact").error
    field(page.step.widget, "Address of a contact").value = PLANTED
    await press(page.step.widget, "Look it up")
    assert tile(page, "contacts").startswith("✕")
    await press(page.step.widget, "Write it, then look it up")
    assert tile(page, "contacts").startswith("✓")
    assert "PATCH https://api.connectif.cloud/contacts/email/" in markup(page.step.widget)
    assert PLANTED not in markup(page.step.widget)


async def test_who_may_only_look_sees_all_and_is_offered_nothing(
    connected: Connected, house: Workbench, shop: Shop
) -> None:
    empty = await opened(connected("viewer"))
    assert "Nobody has begun" in read(empty.widget)
    made = await house.readiness.begin(shop.id)
    await house.readiness.do(made.id, "login.page", {"page": LOGIN})
    page = await opened(connected("viewer"))
    assert offered(page.widget) >= {"Download the report"}
    assert "Begin" not in " ".join(offered(page.widget))
    page.board.tiles["login"].click()
    await settle()
    assert page.step is not None
    assert offered(page.step.widget) == set()
    assert "tells “login”, and who it was" in markup(page.step.widget)
    report: list[Any] = []
    page.report.send = lambda content, buffers=None: report.append(content)
    await page.report.give()
    assert report[0]["name"] == "readiness.html"
    assert "Shoes &lt;b&gt;" in report[0]["text"]
    assert PLANTED not in report[0]["text"]


async def test_what_somebody_else_adds_is_seen_and_runs_are_laid_side_by_side(
    connected: Connected, house: Workbench, shop: Shop
) -> None:
    first = await house.readiness.begin(shop.id)
    second = await house.readiness.begin(shop.id)
    page = await opened(connected("operator"))
    assert page.validation is not None
    assert page.validation.id == second.id, "the newest is shown"
    await house.readiness.do(second.id, "login.page", {"page": LOGIN})
    assert await page.look() is not None
    assert tile(page, "login").startswith("✓")
    lines = await house.readiness.runs(shop.id)
    assert moved(lines[0], lines[1]) == [("login", "open", "passed")]
    assert "Otherwise than the time before" in markup(page.history.widget)
    page.history.list.selected = first.id
    await settle()
    assert page.place == f"validation={first.id}"
    assert "Nothing yet" in tile(page, "login")
    await page.go(f"validation={second.id}")
    assert page.place == f"validation={second.id}"
    await page.go("validation=val_gone")
    assert "nothing under" in read(page.messages.widget)


async def test_without_a_shop_the_way_to_one_is_shown(connected: Connected) -> None:
    page = await opened(connected("operator"))
    assert "There is no shop yet" in read(page.widget)
    assert "Begin a validation" not in offered(page.widget)


async def test_a_live_call_is_asked_about_first() -> None:
    begin()
    done: list[Confirmation | None] = []
    away: list[str] = []

    async def do(confirmation: Confirmation | None) -> None:
        done.append(confirmation)

    frame = cast("Frame", SimpleNamespace(click=Frame.click.__get__(SimpleNamespace())))
    told = Ask(
        check="key.let_in", sentence=say("It is read."), host="api.example.com", recipient="Shoes", live=True
    )
    card = asked(frame, told, do, lambda: away.append("away"), Messages())
    assert "api.example.com" in read(card)
    await press(card, "Do not ask")
    assert (done, away) == ([], ["away"])
    await press(card, "Ask api.example.com for Shoes")
    assert done == [Confirmation(host="api.example.com", recipient="Shoes")]


async def test_it_leads_to_the_step_that_is_next(connected: Connected, shop: Shop) -> None:
    page = await opened(connected("operator"))
    await press(page.widget, "Begin a validation")
    assert page.onward.description == "Next: Key"
    await press(page.widget, "Check all that needs nothing from me")
    assert page.step is not None, "what is left needs somebody, and is open"
    assert page.step.key == "push", "what is not so comes first"
    following = page.onward.description
    assert following.startswith("Next: ")
    assert "push" not in following
    await press(page.widget, following)
    assert page.step.key != "push"
    assert page.onward.description == "Next: Web push"


async def test_an_administrator_deletes_a_validation_after_a_question(
    connected: Connected, shop: Shop
) -> None:
    page = await opened(connected("operator"))
    await press(page.widget, "Begin a validation")
    assert "Delete" not in offered(page.widget)
    page = await opened(connected("admin"))
    await press(page.widget, "Delete")
    assert "cannot be taken back" in read(page.widget)
    await press(page.question.widget, "Leave it")
    assert page.validation is not None
    await press(page.widget, "Delete")
    await press(page.question.widget, "Delete")
    assert page.validation is None
    assert "Is this shop ready?" in read(page.widget)


async def test_a_page_that_was_made_ready_before_the_shop_finds_it(
    house: Workbench, connected: Connected
) -> None:
    page = await opened(connected("operator"))
    assert "There is no shop yet" in read(page.widget)
    await house.shops.save(ShopSettings(name="Later", api_key=house.house.vault.seal_text(API_KEY)))
    await page.look()
    assert "There is no shop yet" not in read(page.widget)
    assert "Is this shop ready?" in read(page.widget)
