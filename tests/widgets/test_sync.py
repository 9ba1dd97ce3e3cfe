"""The page of a shop's sync: it opens at the right part, plans while one types, sends one record, and shows coupon sets."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.sync_room import API_KEY, shop_of
from tests.widgets.conftest import Connected
from tests.widgets.faces import field, kernel_state, markup, of, offered, press, read, tell
from workbench import Workbench
from workbench.models.run import Run, RunPlan
from workbench.models.shop import Shop, ShopSettings
from workbench.models.shop_data import CouponSet
from workbench.models.sync import BeforeAfter, ImportPart, ImportReport, PartState, SyncPlan
from workbench.models.work import JobConfirmation
from workbench.sandbox.app import Sandbox
from workbench.widgets import page as page_frame
from workbench.widgets.page import Frame
from workbench.widgets.spawn import settle
from workbench.widgets.sync import PARTS, SyncPage, sync
from workbench.widgets.sync_changes import effect_markup
from workbench.widgets.sync_coupons import CouponShelf
from workbench.widgets.sync_import_view import part_row, report_banner, rows_markup, strip_markup
from workbench.widgets.sync_one import SyncOne
from workbench.widgets.sync_one_form import totals_of
from workbench.widgets.sync_planner import SyncPlanner
from workbench.widgets.sync_runs import SyncRuns
from workbench.widgets.sync_runs_face import SyncFace


async def frame_of(bench: Workbench) -> Frame:
    frame = Frame("sync", "Sync", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    return frame


@pytest.fixture
async def shop(house: Workbench) -> Shop:
    return await shop_of(house, house.shops)


# -- the page ----------------------------------------------------------------------------------------------------------


async def test_without_a_shop_the_page_begins_with_one(house: Workbench) -> None:
    page = await sync(await frame_of(house))
    assert page.part.value == "shops"
    for part in ("one", "coupons", "runs"):
        await page.go(part)
        if part == "runs":
            await press(page.widget, "New sync")
        assert "there is no shop yet" in read(page.widget), part
        assert "Add a shop" in read(page.widget)


async def test_the_plan_leads_on_to_the_sync_that_it_advises(connected: Connected, shop: Shop) -> None:
    page = await sync(await frame_of(connected("operator")))
    assert page.part.value == "runs"
    await page.go("plan=contact=50000")
    await settle()
    told = read(page.widget)
    assert "8 h 30 min" in told
    assert "An import is quicker from 61 rows on." in told
    assert 'class="wb-c-curve wb-c-beside"' in markup(page.widget)
    await press(page.widget, "Prepare: Contacts")
    form = _runs(page).form
    assert form is not None
    assert form._own()["sync"]["how"] == "import"
    assert form._own()["sync"]["shop_id"] == shop.id


def _runs(page: SyncPage) -> SyncRuns:
    [found] = page.made["runs"]
    assert isinstance(found, SyncRuns)
    return found


async def test_each_part_opens_for_who_may_only_look(connected: Connected, shop: Shop) -> None:
    page = await sync(await frame_of(connected("viewer")))
    for part in PARTS:
        await page.go(part)
        await settle()
    assert not {"New sync", "Send it", "Delete the contact there", "New shop"} & offered(page.widget)


# -- the plan ----------------------------------------------------------------------------------------------------------


async def test_what_cannot_be_planned_is_said_beside_its_field(house: Workbench, shop: Shop) -> None:
    page = SyncPlanner(await frame_of(house))
    await page.refresh()
    await settle()
    assert "Type a number above" in read(page.widget)
    field(page.widget, "Contacts").value = "many"
    await settle()
    assert "whole number" in field(page.widget, "Contacts").error
    field(page.widget, "Contacts").value = "-3"
    await settle()
    assert "too small" in field(page.widget, "Contacts").error
    field(page.widget, "Contacts").value = "90"
    await settle()
    assert field(page.widget, "Contacts").error == ""
    assert page.found is not None
    assert [one.advice for one in page.found.steps] == ["single"]
    page.more.open()
    field(page.widget, "Calls a minute").value = "10"
    await settle()
    assert page.found.calls_per_min == 10
    assert [one.advice for one in page.found.steps] == ["import"]


# -- one record --------------------------------------------------------------------------------------------------------


async def test_one_contact_is_typed_sent_and_read_back(
    house: Workbench, shop: Shop, sandbox: Sandbox
) -> None:
    page = SyncOne(await frame_of(house))
    await page.refresh()
    await press(page.widget, "Send it")
    assert "Fill in the fields first" in read(page.widget)
    await press(page.widget, "Fill in an example")
    assert "It goes out exactly as shown here." in read(page.widget)
    assert "/contacts/email/" in read(page.widget)
    field(page.widget, "Email").value = "not an address"
    await settle()
    assert field(page.widget, "Email").error
    await press(page.widget, "Send it")
    assert "Nothing was sent. To correct: 1." in read(page.widget)
    assert sandbox.shops.contacts == {}
    field(page.widget, "Email").value = "ana+1@example.com"
    await settle()
    await press(page.widget, "Send it")
    assert "Accepted" in read(page.widget)
    [contact] = sandbox.shops.contacts.values()
    assert contact["_name"] == "Ana"
    await press(page.widget, "Read it back")
    assert "What the platform has" in read(page.widget)
    await press(page.widget, "Delete the contact there")
    await press(page.widget, "Delete ana+1@example.com there")
    assert sandbox.shops.contacts == {}
    assert API_KEY not in kernel_state()


async def test_a_purchase_has_lines_totals_and_a_word_on_automations(
    house: Workbench, shop: Shop, sandbox: Sandbox
) -> None:
    page = SyncOne(await frame_of(house))
    await page.refresh()
    field(page.widget, "What it is").value = "purchase"
    await settle()
    await press(page.widget, "Fill in an example")
    assert "triggerPurchaseEvent=true" in read(page.widget), "it is of this moment"
    page.form.fill(
        {
            "products": [
                {"productId": "P-1", "quantity": "2", "price": "0.10"},
                {"productId": "P-2", "quantity": "1", "price": "0.20"},
            ]
        }
    )
    await settle()
    assert field(page.widget, "Total price").error
    await press(page.widget, "Work out the totals")
    assert (field(page.widget, "Total quantity").value, field(page.widget, "Total price").value) == (
        "3",
        "0.30",
    )
    field(page.widget, "Start the platform's automations").value = "no"
    await settle()
    assert "triggerPurchaseEvent=false" in read(page.widget)
    await press(page.widget, "Send it")
    assert "E0101" in read(page.widget)
    assert sandbox.shops.purchases == {}
    page.form.fill({"products": [{"productId": "P-1", "quantity": "0", "price": "1"}]})
    await settle()
    [grid] = of(page.widget, "ArrayGrid")
    assert "0.quantity" in grid.errors, "said at its cell"


def test_totals_are_exact() -> None:
    lines = [{"quantity": "1", "price": "0.10"}, {"quantity": 2, "price": "0.20"}]
    assert totals_of(lines) == ("3", "0.30")
    assert totals_of([{"quantity": "one", "price": "1"}]) is None
    assert totals_of([{"quantity": "1"}]) is None


# -- coupon sets -------------------------------------------------------------------------------------------------------


async def test_coupon_sets_are_read_when_asked_for(house: Workbench, shop: Shop, sandbox: Sandbox) -> None:
    page = CouponShelf(await frame_of(house))
    await page.refresh()
    assert not [one for one in sandbox.shops.received if one["call"] == "coupon_sets"], "a look costs no call"
    await press(page.widget, "Read the sets")
    told = read(page.widget)
    assert "Welcome 10 %" in told
    assert "unlimited" in told
    assert "up to ten seconds" in told
    page._put([CouponSet(id="<b>", name="<script>")], None)
    page.list.value = ""
    assert "<script>" not in markup(page.widget)


async def test_codes_are_prepared_from_the_coupon_sets(house: Workbench, shop: Shop) -> None:
    wanted: list[tuple[str, str]] = []

    async def use(shop_id: str, place: str) -> None:
        wanted.append((shop_id, place))

    page = CouponShelf(await frame_of(house), use)
    await page.refresh()
    await press(page.widget, "Prepare: Coupons")
    assert wanted == [(shop.id, "coupon=import")]


async def test_a_page_that_was_made_ready_early_shows_what_is_there_when_a_visitor_comes(
    house: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    monkeypatch.setattr(page_frame, "STALE_S", -1.0)
    frame = Frame("sync", "Sync", sync, house)
    widget = await frame.open()
    [bar] = of(widget, "TopBar")
    assert shown_part(frame) == "shops"
    saved = await house.shops.save(ShopSettings(name="Later", api_key=house.house.vault.seal_text(API_KEY)))
    await tell(bar, ARRIVED)
    assert shown_part(frame) == "runs"
    assert isinstance(frame.content, SyncPage)
    await frame.content.go("shops")
    await tell(bar, ARRIVED)
    assert shown_part(frame) == "shops", "who turned to a part stays there"
    assert saved.name in read(widget)


ARRIVED = {"arrived": {"kept": None, "browser": ["en"], "dismissed": [], "place": ""}}


def shown_part(frame: Frame) -> str:
    assert isinstance(frame.content, SyncPage)
    return frame.content.part.value


# -- how an import stands ----------------------------------------------------------------------------------------------


def part(number: int, state: PartState, success: int = 0, errors: int = 0, **more: object) -> ImportPart:
    told = {
        "number": number,
        "first": 10 * number - 9,
        "last": 10 * number,
        "rows": 10,
        "size": 900,
        "state": state,
    }
    return ImportPart.model_validate({**told, "success": success, "errors": errors, **more})


def report(*parts: ImportPart, done: bool = True) -> ImportReport:
    return ImportReport(
        run_id="run_1", parts=parts, rows=sum(one.rows for one in parts), success=sum(one.success for one in parts),
        errors=sum(one.errors for one in parts), done=done,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "done", "kind", "words"),
    [
        ([], False, "info", "cut into files"),
        ([part(1, "in_progress"), part(2, "waiting")], False, "info", "2 of 2 files are not at their end; 1 are at the platform"),
        ([part(1, "finished", 10)], True, "ok", "Everything was taken: 10 rows."),
        ([part(1, "finished", 10), part(2, "partial", 8, 2)], True, "warn", "Partly taken: 18 of 20 rows. 2 were refused"),
        ([part(1, "finished", 10), part(2, "failed")], True, "warn", "1 files were not taken"),
        ([part(1, "failed")], True, "error", "Nothing was taken"),
        ([part(1, "still_running", 4)], True, "warn", "still being read"),
        ([part(1, "finished", 10), part(2, "cancelled")], True, "warn", "1 files were not taken"),
    ],
)  # fmt: skip
def test_only_what_was_taken_whole_is_green(
    parts: Sequence[ImportPart], done: bool, kind: str, words: str
) -> None:
    found = report(*parts, done=done)
    assert report_banner(found)[0] == kind
    assert words in str(report_banner(found)[1])
    green = "wb-segment-accepted" in strip_markup(found)
    assert green == any(one.state == "finished" for one in parts)


def test_every_row_is_in_one_count_of_the_bar() -> None:
    found = report(
        part(1, "finished", 10), part(2, "partial", 7, 3), part(3, "in_progress", 2), part(4, "waiting"), part(5, "unknown", 1),
        part(6, "failed"), done=False,
    )  # fmt: skip
    words = rows_markup(found)
    for told in (
        "Taken: 20",
        "Refused: 3",
        "At the platform: 8",
        "Not uploaded yet: 10",
        "Not known: 9",
        "Not taken: 10",
    ):
        assert told in words


def test_an_unknown_state_is_shown_in_the_platforms_own_word() -> None:
    row = part_row(part(1, "unknown", status="<archiving>"))
    assert row["state"] == {"text": "Unknown state", "kind": "warn"}
    assert "<archiving>" in str(row["told"])
    assert (
        str(part_row(part(1, "partial", 8, 2, report="unreadable"))["told"])
        == "Its error report could not be read."
    )


def test_before_and_after_say_what_happens_to_each_field() -> None:
    one = BeforeAfter(
        key="a***",
        fields=(("_name", "Ana", "Anna", "Anna"), ("_surname", "", "Lima", "Lima"), ("_points", 3, 4, 3), ("note", "x", None, "x")),
    )  # fmt: skip
    shown = effect_markup(one)
    for word in ("Replaced", "Filled", "Kept as it was", "Stays"):
        assert word in shown
    assert shown.count("wb-sync-changed") == 2
    hostile = effect_markup(BeforeAfter(key="<b>", fields=(("<i>", "<u>", "<s>", "<q>"),)))
    assert not any(tag in hostile for tag in ("<b>", "<i>", "<u>", "<s>", "<q>"))
    assert "has nothing of it yet" in effect_markup(BeforeAfter(key="k", fields=(("a", None, 1, 1),)))


async def test_a_live_sync_asks_with_host_and_number(house: Workbench, shop: Shop) -> None:
    frame = await frame_of(house)
    face = SyncFace(frame, _planned(shop), _nothing, _nothing, _nothing, _nothing)
    card, go = face._question(JobConfirmation(host="api.connectif.cloud", rows=12))
    assert go.description == "Send 12 records to api.connectif.cloud"
    assert "12 real records change at the platform" in read(card)


def _planned(shop: Shop) -> Run:
    plan = RunPlan(title="Ours", sync=SyncPlan(shop_id=shop.id))
    return Run(id="run_1", plan=plan, created_at=shop.created_at, changed_at=shop.created_at)


async def _nothing(*_: object) -> None:
    """Do nothing."""
