"""A shop's syncs on the page: planned, looked through, imported with errors, mended and imported again; each role sees what it may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.sync_room import API_KEY, ENVIRON, purchase, shop_of
from tests.widgets.faces import field, kernel_state, of, offered, press, read
from workbench import Workbench
from workbench.adapters.clock import VirtualClock
from workbench.adapters.remote import ServerClient
from workbench.models.person import Person
from workbench.models.shop import Shop
from workbench.sandbox.app import Sandbox
from workbench.server import make_app
from workbench.widgets.page import Frame
from workbench.widgets.spawn import settle
from workbench.widgets.sync_import import ImportBoard
from workbench.widgets.sync_runs import SyncRuns
from workbench.widgets.sync_runs_new import NewSync

CONTACTS = "_email,_name\n" + "".join(f"ana{n}@example.com,Ana {n}\n" for n in range(1, 9))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def sandbox(clock: VirtualClock) -> Sandbox:
    return Sandbox(clock=clock)


@pytest.fixture
async def house(tmp_path: Path, sandbox: Sandbox, clock: VirtualClock) -> AsyncIterator[Workbench]:
    async with Workbench.open(tmp_path / "home", sandbox=sandbox, clock=clock, environ=ENVIRON) as bench:
        yield bench


@pytest.fixture
async def shop(house: Workbench) -> Shop:
    return await shop_of(house, house.shops)


def frame_of(bench: Workbench, facts: Any) -> Frame:
    frame = Frame("sync", "Sync", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = facts
    return frame


async def board(bench: Workbench) -> SyncRuns:
    """Return the syncs of a workbench as the page shows them."""
    made = SyncRuns(frame_of(bench, await bench.about.facts()))
    await made.refresh()
    return made


async def until(clock: VirtualClock, there: Callable[[], Awaitable[bool]]) -> None:
    """Let time pass until something is so."""
    async with asyncio.timeout(30):
        while not await there():
            await clock.advance(1.0)
            await asyncio.sleep(0.002)


async def pasted(page: SyncRuns, text: str) -> NewSync:
    """Paste rows into the form that is open."""
    await press(page.widget, "▸ Paste rows instead")
    field(page.widget, "Rows").value = text
    await press(page.widget, "Read the rows")
    assert isinstance(page.form, NewSync)
    return page.form


async def looked_through(page: SyncRuns, clock: VirtualClock) -> None:
    async def done() -> bool:
        if page.face is not None and page.face.run.state == "checking":
            await page.face.look()
        return page.face is not None and page.face.run.state == "checked"

    if page.face is None:
        await press(page.widget, "Look at every row")
    await until(clock, done)
    await settle()


async def imported(page: SyncRuns, clock: VirtualClock) -> ImportBoard:
    """Start the run that is open, and wait for its import's end."""
    await press(page.widget, "Start the sync")
    face = page.face
    assert face is not None

    async def done() -> bool:
        await face.again()
        shown = face.outcomes
        return isinstance(shown, ImportBoard) and shown.report is not None and shown.report.done

    await until(clock, done)
    await settle()
    assert isinstance(face.outcomes, ImportBoard)
    assert face.job is not None
    job = face.job

    async def ended() -> bool:
        await job.look()
        return job.progress.job.state == "done"

    await until(clock, ended)
    await settle()
    return face.outcomes


async def test_an_import_with_errors_is_read_mended_and_imported_again(
    house: Workbench, shop: Shop, sandbox: Sandbox, clock: VirtualClock
) -> None:
    page = await board(house)
    assert "Nothing was synced yet" in read(page.widget)
    await press(page.widget, "New sync")
    assert isinstance(page.form, NewSync)
    assert page.form.shop.value == shop.id, "the only one there is"
    field(page.widget, "How its rows go").value = "import"
    await settle()
    assert not page.form.unsaved.typed
    form = await pasted(page, CONTACTS.replace("Ana 3", "e0201").replace("Ana 7", "http500"))
    assert form.unsaved.typed, "a reload is asked about"
    assert "About 8 rows." in read(page.widget)
    await looked_through(page, clock)
    assert page.face is not None
    assert page.face.run.preflight is not None
    assert page.face.run.preflight.ready == 8
    shown = await imported(page, clock)
    told = read(page.widget)
    assert "Partly taken: 6 of 8 rows. 2 were refused" in told
    assert "Everything was taken" not in told
    [strip] = [one for one in of(page.widget, "Markup") if "wb-sync-strip" in one.value]
    assert "wb-segment-uncertain" in strip.value, "partial is amber"
    assert "wb-segment-accepted" not in strip.value, "and never green"
    assert (shown.parts.rows[0]["state"]["text"], shown.parts.rows[0]["state"]["kind"]) == (
        "Partly taken",
        "warn",
    )
    assert page.list.rows[0]["state"]["kind"] == "warn"
    assert [row["row"] for row in shown.refused.list.rows] == ["3", "7"]
    assert [row["row"] for row in shown.outcomes.list.rows] == [str(number) for number in range(1, 9)]
    assert len({str(row["state"]) for row in shown.outcomes.list.rows}) == 2, "taken, and refused"
    shown.refused.list.selected = "0"
    await settle()
    told = read(page.widget)
    assert "Row 3 of the table" in told
    assert "ana3@example.com" in told
    assert "on purpose" in told
    files = [one for one in of(page.widget, "Download") if "Refused rows" in one.label]
    assert [(await one._prepare()).count("\n") for one in files] == [3, 3]
    await press(page.widget, "Mend and import again")
    await looked_through(page, clock)
    face = page.face
    assert face is not None
    assert face.rows is not None
    assert face.run.plan.title.endswith("failed rows")
    for at, name in enumerate(("Ana 3", "Ana 7")):
        face.rows.which.value = "ready"
        await settle()
        face.rows.list.selected = face.rows.list.rows[at]["id"]
        await settle()
        field(page.widget, "_name").value = name
        await press(page.widget, "Save and look again")
    shown = await imported(page, clock)
    assert "Everything was taken: 2 rows." in read(page.widget)
    assert "Refused rows" not in offered(page.widget)
    assert {one["_name"] for one in sandbox.shops.contacts.values()} == {f"Ana {n}" for n in range(1, 9)}
    assert API_KEY not in kernel_state()


async def test_who_may_only_look_sees_masks_and_no_way_to_change(
    house: Workbench, shop: Shop, clock: VirtualClock
) -> None:
    page = await board(house)
    await press(page.widget, "New sync")
    field(page.widget, "How its rows go").value = "import"
    await settle()
    await pasted(page, CONTACTS.replace("Ana 3", "e0201"))
    await looked_through(page, clock)
    await imported(page, clock)
    token = sha256(b"viewer").hexdigest()
    app = make_app(house, {token: Person(name="a viewer", role="viewer")})
    async with Workbench.connect(client=ServerClient.in_process(app, "viewer")) as bench:
        seen = await board(bench)
        await seen.open(seen.found[0].id)
        await settle()
        assert isinstance(seen.face and seen.face.outcomes, ImportBoard)
        told = read(seen.widget)
        assert "Partly taken: 7 of 8 rows" in told
        assert not {"Mend and import again", "New sync", "Ask again", "Delete"} & offered(seen.widget)
        assert "ana3@example.com" not in told


async def test_purchases_go_one_by_one_and_loud_ones_are_asked_about(
    house: Workbench, shop: Shop, sandbox: Sandbox, clock: VirtualClock
) -> None:
    page = await board(house)
    await press(page.widget, "New sync")
    field(page.widget, "What the table holds").value = "purchase"
    await settle()
    assert "imports no purchases" in read(page.widget)
    field(page.widget, "Start the platform's automations").value = "yes"
    assert "Every purchase of this table starts" in read(page.widget)
    await pasted(
        page, "".join(json.dumps(purchase(n, purchaseDate="2026-01-02T12:00:00Z")) + "\n" for n in (1, 2))
    )
    await looked_through(page, clock)
    await press(page.widget, "Start the sync")
    assert page.face is not None
    assert page.face.run.state == "checked", "it is asked first"
    await press(page.widget, "Start it, and the automations with it")

    async def started() -> bool:
        assert page.face is not None
        await page.face.again()
        return page.face.job is not None

    await until(clock, started)
    assert page.face.run.plan.sync is not None
    assert page.face.run.plan.sync.fire == "yes"


async def test_what_does_not_go_together_is_said_beside_its_field(house: Workbench, shop: Shop) -> None:
    page = await board(house)
    await press(page.widget, "New sync")
    form = page.form
    assert isinstance(form, NewSync)
    field(page.widget, "What the table holds").value = "coupon"
    await settle()
    assert "Coupons only go by import." in read(page.widget)
    await pasted(page, "code\nA1\nA2\n")
    await press(page.widget, "Look at every row")
    assert "Choose one" in form.options.coupons.typed.error
    await press(page.widget, "Read the sets")
    form.options.coupons.choice.value = form.options.coupons.choice.options[1][0]
    assert form.options.coupons.value == form.options.coupons.choice.value
    assert form._own()["sync"]["coupon_set_id"] == form.options.coupons.value
    field(page.widget, "What the table holds").value = "contact"
    await settle()
    field(page.widget, "How its rows go").value = "import"
    await settle()
    assert form._own()["sync"]["coupon_set_id"] == "", "it is for coupons alone"
    form.options.only_empty.value = True
    form.options.override.value = False
    assert not form.options.only_empty.value, "it goes with the other alone"
    field(page.widget, "Rows").value = CONTACTS
    await press(page.widget, "Read the rows")
    form.options.source.value = "_name"
    await press(page.widget, "Look at every row")
    assert "two columns" in form.options.source.error
    assert form.options.proof.opened
    form.more.open()
    form.part_bytes.value = "few"
    assert form._read(form.table.table) is None  # type: ignore[arg-type]  # it was given above
    assert "whole number of bytes" in form.part_bytes.error


async def test_lines_of_purchases_are_gathered_into_one_row_each(house: Workbench, shop: Shop) -> None:
    page = await board(house)
    await press(page.widget, "New sync")
    field(page.widget, "What the table holds").value = "purchase"
    await settle()
    head = "purchaseId,cartId,contactEmail,purchaseDate,totalQuantity,totalPrice,productId,quantity,price\n"
    lines = "".join(f"P-1,C-1,ana@example.com,2026-01-02T12:00:00Z,2,3.00,{id},1,1.50\n" for id in ("A", "B"))
    form = await pasted(page, head + lines)
    before = form.table.table
    assert before is not None
    assert form.options.lines.opened, "without products no purchase goes, so this is not left to be found"
    assert field(page.widget, "Column of the purchase's id").value == "purchaseId", "found by its name"
    await press(page.widget, "Gather the rows")
    after = form.table.table
    assert after is not None
    assert (after.format, "products" in after.columns) == ("jsonl", True)
    assert len(after.sample) == 1


async def test_the_platforms_own_list_is_read_when_asked_for(
    house: Workbench, shop: Shop, sandbox: Sandbox, clock: VirtualClock
) -> None:
    page = await board(house)
    await press(page.widget, "▸ Imports as the platform lists them")
    assert "Read the list to see" in read(page.widget)
    assert not [one for one in sandbox.shops.received if one["call"] == "imports"]
    await press(page.widget, "Read the list")
    assert "The platform lists no import." in read(page.widget)
    sandbox.shops.end_imports("archiving")
    await press(page.widget, "New sync")
    field(page.widget, "How its rows go").value = "import"
    await settle()
    await pasted(page, CONTACTS)
    await looked_through(page, clock)
    await press(page.widget, "Start the sync")
    face = page.face
    assert face is not None

    async def unknown() -> bool:
        await face.again()
        shown = face.outcomes
        return (
            isinstance(shown, ImportBoard)
            and bool(shown.parts.rows)
            and shown.parts.rows[0]["state"]["text"] == "Unknown state"
        )

    await until(clock, unknown)
    assert "archiving" in read(page.widget)
    await press(page.widget, "Read the list")
    assert page.remote.list.rows[0]["state"] == {"text": "archiving", "kind": "warn"}
    assert isinstance(face.outcomes, ImportBoard)
    assert await face.outcomes.look() == 2.0
    face.shown = False
    assert await face.outcomes.look() is None, "nobody sees it"


async def test_purchases_that_wait_say_for_whom(
    house: Workbench, shop: Shop, sandbox: Sandbox, clock: VirtualClock
) -> None:
    page = await board(house)
    await page._form(None, "purchase")
    rows = [purchase(n, purchaseDate="2026-01-02T12:00:00Z") for n in (1, 2)]
    await pasted(page, "".join(json.dumps(row) + "\n" for row in rows))
    await looked_through(page, clock)
    await press(page.widget, "Start the sync")
    face = page.face
    assert face is not None

    async def over() -> bool:
        await face.again()
        return face.job is not None and face.job.progress.job.state == "done"

    await until(clock, over)
    assert face.outcomes is not None
    await face.outcomes.read()
    told = read(page.widget)
    assert "Rows that wait" in told
    assert "E0101" in told
    assert "a***@example.com" in told
    assert "ana@example.com" not in told
    await page.refresh()
    assert page.list.rows[0]["state"]["kind"] == "error"
    assert sandbox.shops.purchases == {}


async def test_consent_that_differs_is_shown_and_what_was_sent_is_forgotten_after_a_question(
    house: Workbench, shop: Shop, clock: VirtualClock
) -> None:
    await house.consent.record("ana2@example.com", "opted_out", "asked for it", "email")
    page = await board(house)
    await page._form(None, "contact")
    field(page.widget, "How its rows go").value = "single"
    await settle()
    rows = "".join(f"ana{n}@example.com,{status}\n" for n, status in ((1, "none"), (2, "subscribed")))
    await pasted(page, "_email,_newsletterSubscriptionStatus\n" + rows)
    await looked_through(page, clock)
    assert page.face is not None
    await press(page.widget, "▸ Contacts whose consent differs from what is known here")
    await press(page.widget, "Compare the consent")
    [listed] = [one for one in of(page.widget, "RowList") if one.label == "Contacts whose consent differs"]
    [row] = listed.rows
    assert (row["row"], row["field"]) == ("2", "_newsletterSubscriptionStatus")
    assert row["goes"]["text"] == "no"
    assert row["since"] != "–"
    assert row["recipient"].startswith("a***@example.com")

    scope = f"rehearsal/{shop.id}"
    await house.sync.send(shop.id, "contact", {"_email": "ana1@example.com"})
    marks = house.sync.doors.marks
    assert await marks.count(f"{scope}/contact") == 1
    await press(page.widget, "Forget what was sent")
    assert "Forgotten is what was last sent of all records of this shop" in read(page.widget)
    await press(page.widget, "Leave it")
    assert await marks.count(f"{scope}/contact") == 1
    await press(page.widget, "Forget what was sent")
    await press(page.widget, "Forget it")
    assert "What was sent to this shop is forgotten." in read(page.widget)
    assert await marks.count(f"{scope}/contact") == 0
