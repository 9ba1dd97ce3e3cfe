"""The shelf of events: a contract is described with its way to be sent, changed, mapped, compared with bodies, carried away."""

from __future__ import annotations

import json
from typing import Any

from tests.events_room import API_KEY, EMAIL, EVENT_URL, contract, event_of, occurrence, way
from tests.widgets.faces import button, field, lock, markup, of, press, read
from tests.widgets.test_events_compose import HOSTILE, frame_of
from workbench import Workbench
from workbench.sandbox.app import Sandbox
from workbench.widgets import settle
from workbench.widgets.events_contract import EventShelf
from workbench.widgets.events_contract_tools import bodies_in


async def shelf_of(bench: Workbench) -> EventShelf:
    shelf = EventShelf(await frame_of(bench))
    await shelf.refresh()
    return shelf


async def write(shelf: EventShelf, label: str, value: Any) -> None:
    field(shelf.widget, label).value = value
    await settle()


async def chosen(shelf: EventShelf, id: str, tool: str = "facts") -> None:
    shelf.list.selected = id
    await settle()
    await write(shelf, "Tool", tool)


async def test_a_first_event_is_described_with_its_way_and_sent(house: Workbench, sandbox: Sandbox) -> None:
    shelf = await shelf_of(house)
    assert "Describe your first event" in read(shelf.widget)
    await press(shelf.widget, "New event")
    await write(shelf, "Event name", "purchase")
    await press(shelf.widget, "Set up a way to send it")
    await write(shelf, "Which tab of the Events Manager do you use?", "key")
    await lock(field(shelf.widget, "API key"), API_KEY)
    await press(shelf.widget, "Save this way")
    assert field(shelf.widget, "Sent through").chosen_label == "Event purchase · REST API POST"
    await press(shelf.widget, "Add a variable")
    await write(shelf, "Name", "products")
    await write(shelf, "Type", "array")
    await write(shelf, "Fields of each row", "id, price: number")
    await press(shelf.widget, "Save the event")
    [event] = await house.events.list()
    assert [(column.name, column.type) for column in event.variables[0].columns] == [
        ("id", "string"),
        ("price", "number"),
    ]
    assert "“purchase” is saved." in read(shelf.widget)
    assert "id, price: number" in read(shelf.widget)
    assert (
        await house.events.send(event.id, occurrence(values={"products": [{"id": "B-1", "price": 2}]}))
    ).outcome.ok
    assert len(sandbox.events.received) == 1
    assert await house.integrations.drafts() == []


async def test_a_name_or_an_address_that_is_none_is_said_beside_its_field(house: Workbench) -> None:
    """R-EVT-04 and 14 from the form."""
    shelf = await shelf_of(house)
    await press(shelf.widget, "New event")
    for name, words in (
        ("", "name"),
        ("..", "another folder"),
        ("a\x07b", "invisible"),
        ("x" * 101, "101 characters"),
    ):
        await write(shelf, "Event name", name)
        await press(shelf.widget, "Save the event")
        assert words in field(shelf.widget, "Event name").error
    await write(shelf, "Event name", "a/b?c")
    await press(shelf.widget, "Set up a way to send it")
    await write(shelf, "Which tab of the Events Manager do you use?", "raw")
    for address, words in (
        (EVENT_URL.replace("https", "http"), "must start with https://"),
        (EVENT_URL.replace("sendpulse.com", "example.com"), "leads to"),
        (EVENT_URL.replace("//", "//me:pass@"), "user name or password"),
        (EVENT_URL + "#x", "“#”"),
    ):
        await lock(field(shelf.widget, "Event URL"), address)
        await press(shelf.widget, "Save this way")
        assert words in field(shelf.widget, "Event URL").error
        assert "eb561baa" not in read(shelf.widget)
    assert await house.integrations.list_all() == []
    assert await house.integrations.drafts() == []
    await lock(field(shelf.widget, "Event URL"), EVENT_URL)
    await press(shelf.widget, "Save this way")
    await press(shelf.widget, "Save the event")
    assert [event.name for event in await house.events.list()] == ["a/b?c"]


async def test_a_contract_is_changed_and_its_parts_are_checked_in_place(house: Workbench) -> None:
    stop = await house.events.save(contract(name="refunded"))
    event = await event_of(house)
    shelf = await shelf_of(house)
    await shelf.go(f"event={event.id}")
    await settle()
    assert shelf.place == f"event={event.id}"
    await press(shelf.widget, "Edit")
    [form] = shelf.guest.widget.children
    rows = [one for one in of(form, "TextField") if one.label == "Name" and one.monospace]
    assert [one.value for one in rows] == ["product_name", "product_id", "event_date", "member", "products"]
    rows[1].value = "product_name"
    rows[2].value = "email"
    await press(shelf.widget, "Save the event")
    assert rows[1].error
    assert rows[2].error
    assert "Not saved. To correct: 2." in read(shelf.widget)
    rows[1].value, rows[2].value = "product_id", "event_date"
    flow = next(one for one in of(form, "TextField") if one.label == "Number or address")
    flow.value = "no number"
    await press(shelf.widget, "Save the event")
    assert flow.error
    flow.value = "https://login.sendpulse.com/automations/flow/id/778/dashboard"
    await write(shelf, "Stopped by", stop.id)
    await press(shelf.widget, "▸ More settings")
    await write(shelf, "Double-send guard, in minutes", "0")
    await write(shelf, "Country of numbers without a code", "br")
    await write(shelf, "Whom it is for", "email")
    await press(shelf.widget, "Save the event")
    kept = await house.events.get(event.id)
    assert [one.id for one in kept.flows] == [778, 12347]
    assert (kept.stopped_by, kept.guard_min, kept.default_region, kept.identified_by) == (
        stop.id,
        0,
        "BR",
        ("email",),
    )
    assert kept.variables == event.variables


async def test_drift_of_pasted_bodies_is_declared_with_one_click(house: Workbench) -> None:
    """R-EVT-21."""
    event = await event_of(house)
    shelf = await shelf_of(house)
    await chosen(shelf, event.id, "drift")
    await press(shelf.widget, "Compare what was last sent")
    assert "no body to compare yet" in read(shelf.widget)
    await write(shelf, "Bodies", '{"email": 1')
    await press(shelf.widget, "Compare these")
    assert "Line 1 is no JSON" in field(shelf.widget, "Bodies").error
    whole = json.dumps({**occurrence().values, "email": EMAIL, "coupon": "MAY-10"})
    await write(shelf, "Bodies", f'{whole}\n{{"email": "{EMAIL}", "product_name": 3}}')
    await press(shelf.widget, "Compare these")
    shown = read(shelf.widget)
    assert "coupon ! Not declared" in shown or "coupon Not declared 1 of 2" in shown
    assert "product_name Of another type 1 of 2" in shown
    await press(shelf.widget, "Declare what was found")
    await press(shelf.widget, "Save the event")
    assert (await house.events.get(event.id)).variable("coupon") is not None


def test_bodies_are_read_from_what_people_paste() -> None:
    assert bodies_in('{"a": 1}') == ([{"a": 1}], None)
    assert bodies_in('[{"a": 1}, {"b": 2}]') == ([{"a": 1}, {"b": 2}], None)
    assert bodies_in('{"a": 1}\n\n{"b": 2}') == ([{"a": 1}, {"b": 2}], None)
    for text, words in (
        ("", "at least one"),
        ("[1]", "must be a JSON object"),
        ('{"a": 1}\n{', "Line 2"),
        ("[" * 9000, "Line 1"),
    ):
        assert words in str(bodies_in(text)[1])


async def test_a_nested_sample_is_mapped_by_picking_and_tested_on_several(house: Workbench) -> None:
    """R-EVT-23."""
    event = await event_of(house)
    shelf = await shelf_of(house)
    await chosen(shelf, event.id, "mapping")
    good = {"customer": {"email": EMAIL}, "title": "Shirt", "items": [{"sku": "B-1", "price": 2}]}
    await write(shelf, "A sample of the source", json.dumps([good, {"customer": {"email": EMAIL}}]))
    await press(shelf.widget, "Find the fields")
    paths = [value for value, *_ in field(shelf.widget, "product_name").options]
    assert {"customer.email", "title", "items[].sku"} <= set(paths)
    await write(shelf, "email", "customer.email")
    await write(shelf, "product_name", "title")
    await write(shelf, "products[].id", "items[].sku")
    await press(shelf.widget, "Test on the samples")
    shown = read(shelf.widget)
    assert "Ready to send: 1 of 2 samples." in shown
    assert "Sample 1: ready" in shown
    assert "Sample 2: to correct" in shown
    await press(shelf.widget, "Save the mapping")
    kept = {one.variable: one.path for one in (await house.events.get(event.id)).mapping}
    assert kept["products[].id"] == "items[].sku"
    assert "The mapping is saved." in read(shelf.widget)


async def test_schema_and_samples_are_shown_and_carried_away(house: Workbench) -> None:
    event = await event_of(house)
    shelf = await shelf_of(house)
    await chosen(shelf, event.id, "schema")
    assert "https://json-schema.org/draft/2020-12/schema" in read(shelf.widget)
    await press(shelf.widget, "Another sample")
    sent: list[dict[str, Any]] = []
    [download] = of(shelf.widget, "Download")
    download.send = sent.append
    await download.give()
    assert json.loads(sent[0]["text"]) == await house.events.schema(event.id)
    assert sent[0]["name"] == "purchase.schema.json"


async def test_an_event_is_deleted_after_a_question_and_nothing_is_markup(house: Workbench) -> None:
    event = await house.events.save(contract((await way(house)).id, notes=HOSTILE))
    shelf = await shelf_of(house)
    await chosen(shelf, event.id)
    assert "<script>" not in markup(shelf.widget)
    await press(shelf.widget, "Delete")
    await press(shelf.widget, "Cancel")
    button(shelf.widget, "Delete").click()
    await settle()
    await press(shelf.widget, "Delete “purchase”")
    assert await house.events.list() == []
    assert "“purchase” is deleted." in read(shelf.widget)
