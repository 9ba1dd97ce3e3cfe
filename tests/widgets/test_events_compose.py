"""The composer of events: fields follow the contract, errors stand beside them, a click mends, a test is sent, a double asks first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.events_room import EMAIL, PHONE, contract, event_of, occurrence
from tests.widgets.faces import field, markup, of, offered, press, read
from workbench import Workbench
from workbench.adapters.wire import Wire
from workbench.models.event import Event, EventVariable
from workbench.models.person import Role
from workbench.models.request import Reply, Request
from workbench.sandbox.app import Sandbox
from workbench.widgets import settle
from workbench.widgets.events_compose import EventComposer
from workbench.widgets.events_compose_array import ArrayField, rows_of_csv
from workbench.widgets.events_contract import EventShelf
from workbench.widgets.page import Frame

Connected = Callable[[Role], Workbench]
HOSTILE = "<script>alert(1)</script>"


async def frame_of(bench: Workbench) -> Frame:
    async def nothing(_frame: Frame) -> Any:
        raise AssertionError

    frame = Frame("events", "Events", nothing, bench)
    frame._facts = await bench.about.facts()
    return frame


async def composer(bench: Workbench) -> EventComposer:
    page = EventComposer(await frame_of(bench))
    await page.refresh()
    await settle()
    return page


async def write(page: EventComposer, label: str, value: Any) -> None:
    field(page.widget, label).value = value
    await settle()


async def fill(page: EventComposer, **more: Any) -> None:
    page.form.fill(occurrence(**more))
    await settle()


def grid(page: EventComposer) -> Any:
    [found] = of(page.widget, "ArrayGrid")
    return found


async def test_without_an_event_it_leads_to_the_first_contract(house: Workbench) -> None:
    page = await composer(house)
    assert "There is no event yet" in read(page.widget)
    assert [item["place"] for links in of(page.widget, "PageLinks") for item in links.items] == ["new"]
    await house.events.save(contract())
    await page.refresh()
    await settle()
    assert "There is no event yet" not in read(page.widget)
    assert "Choose an event, and type an e-mail address" in read(page.widget)


async def test_what_is_typed_is_shown_as_it_goes_out_and_is_sent_so(
    house: Workbench, sandbox: Sandbox
) -> None:
    await event_of(house)
    page = await composer(house)
    await press(page.widget, "Fill in an example")
    first = page.form.given()
    await press(page.widget, "Fill in an example")
    assert page.form.given() != first
    await fill(page)
    assert "Ready It goes out exactly as shown here." in read(page.look.widget)
    assert "https://api.sendpulse.com/events/name/purchase" in read(page.look.widget)
    assert "Hi ana.lima@example.com, thanks for Blue shirt, until 2021-05-28." in read(page.look.widget)
    assert "Not used here: product_name, product_id, member" in read(page.look.widget)
    exact = page.look.sheet.copy.text
    await press(page.widget, "Send a test")
    [arrived] = sandbox.events.received
    assert arrived.body == (await house.events.compose("purchase", occurrence())).body
    [entry] = [entry for entry in await house.activity.entries() if entry.kind == "send"]
    assert entry.request is not None
    assert len(exact.encode()) == entry.request.size
    assert "Accepted" in read(page.send.widget)
    assert "HTTP status 200" in read(page.send.widget)
    await press(page.widget, "Empty the fields")
    assert page.form.given().values == {}
    assert "Choose an event" in read(page.look.widget)


WRONG = [
    ("Phone", "7.99912E+10", "spreadsheet"),  # R-EVT-06
    ("Flow (automation_id)", "77.0", "77"),  # R-EVT-07
    ("Flow (automation_id)", "-5", "automation_id"),
    ("Flow (automation_id)", "true", "automation_id"),
    ("Flow (automation_id)", "[77]", "automation_id"),
    ("event_date", "05/04/2021", "2021-04-05"),  # R-EVT-09
    ("event_date", "2021-02-30", "event_date"),
    ("event_date", "44344", "event_date"),
    ("product_id", "NaN", "product_id"),  # R-EVT-12
    ("product_id", "12a", "such as 12.5"),
    ("product_name", "bell\x07", "control character"),
    ("E-mail", "ana@@example.com", "more than one"),  # R-EVT-13
    ("E-mail", "ana@localhost", "no dot"),
]


async def test_an_error_stands_beside_its_field_and_keeps_it_back(house: Workbench, sandbox: Sandbox) -> None:
    """R-EVT-06, 07, 09, 12, 13 from the form."""
    await event_of(house)
    page = await composer(house)
    for label, value, words in WRONG:
        await fill(page)
        await write(page, label, value)
        assert words in field(page.widget, label).error, (label, value)
        assert "Not ready: 1 to correct." in read(page.look.widget), (label, value)
        await press(page.widget, "Send a test")
        assert "Nothing was sent. To correct: 1." in read(page.send.widget)
    assert not sandbox.events.received
    await fill(page)
    assert not any(one.error for one in of(page.widget, "TextField"))


async def test_a_click_mends_a_field_or_a_cell(house: Workbench) -> None:
    await event_of(house)
    page = await composer(house)
    await fill(page, email="ana@gmial.com")
    assert "Was “gmail.com” meant?" in read(page.widget)
    await press(page.widget, "Change the domain to gmail.com.")
    assert field(page.widget, "E-mail").value == "ana@gmail.com"
    await write(page, "Flow (automation_id)", "https://login.sendpulse.com/automations/flow/id/12345/dash")
    assert page.look.sheet.copy.text.count('"automation_id":12345')
    await write(page, "event_date", "05/04/2021")
    await press(page.widget, "Put 2021-04-05 in “event_date”.")
    assert field(page.widget, "event_date").value == "2021-04-05"
    grid(page).rows = [{"id": "B-1", "name": "Shirt", "price": "1.234,50"}]
    await settle()
    if grid(page).errors:
        await press(page.widget, next(text for text in sorted(offered(page.widget)) if "price" in text))
    assert not grid(page).errors
    assert "Ready" in read(page.look.widget)


async def test_rows_are_added_pasted_ordered_and_their_cells_named(house: Workbench) -> None:
    """R-EVT-10."""
    await event_of(house)
    page = await composer(house)
    await fill(page)
    assert [column["name"] for column in grid(page).columns] == ["id", "name", "price"]
    [array] = [one for one in page.form.fields.values() if isinstance(one, ArrayField)]
    array.text.value = "price;id;colour\n19.90;B-2;blue\n;B-3;"
    array._take(add=True)
    await settle()
    assert [row["id"] for row in grid(page).rows] == ["B-1", "B-2", "B-3"]
    assert '{"id":"B-2","price":19.9' in page.look.sheet.copy.text.replace('"name":"",', "")
    grid(page).rows = grid(page).rows[::-1]
    await settle()
    assert page.look.sheet.copy.text.index("B-3") < page.look.sheet.copy.text.index("B-1")
    grid(page).rows = [{"id": "B-1", "price": "abc"}, {"id": "B-2", "automation_id": "5"}]
    await settle()
    assert "Row 1, price" in grid(page).errors["0.price"]
    assert "automation_id stands inside of" in " ".join(grid(page).errors.values())
    grid(page).rows = []
    await settle()
    assert '"products"' not in page.look.sheet.copy.text


def test_a_pasted_table_is_read_or_says_what_is_wrong() -> None:
    columns = ["id", "name"]
    assert rows_of_csv('id\tname\nB-1\t"Two\nlines"', columns) == (
        [{"id": "B-1", "name": "Two\nlines"}],
        None,
    )
    assert rows_of_csv("B-1,Shirt\n\nB-2,", columns) == (
        [{"id": "B-1", "name": "Shirt"}, {"id": "B-2", "name": ""}],
        None,
    )
    for text, words in (
        ("", "at least one row"),
        ('id,name\n"open', "quotation mark"),
        ("id,id\n1,2", "same name"),
        ("1,2,3", "more cells"),
        ("\n".join(f"{number},x" for number in range(501)), "500 fit here"),
    ):
        assert words in str(rows_of_csv(text, columns)[1])


async def test_undeclared_variables_are_json_and_may_not_hide_a_flow(
    house: Workbench, connected: Connected
) -> None:
    """R-EVT-07 and 12 from the form, on a published page."""
    await event_of(house)
    page = await composer(connected("operator"))
    await fill(page)
    page.form.more.open()
    for text, words in (
        ("{", "This is no JSON"),
        ("[1]", "must be a JSON object"),
        ("3", "must be a JSON object"),
    ):
        await write(page, "Variables that the contract does not declare", text)
        assert words in page.form.others.error
        await press(page.widget, "Send a test")
        assert "Nothing was sent" in read(page.widget)
    for text, words in (
        ('{"more": {"automation_id": 5}}', "automation_id stands inside of"),
        ('{"score": NaN}', "which JSON has no way to write"),
        ('{"half": "\\ud800"}', "half of a character"),
    ):
        await write(page, "Variables that the contract does not declare", text)
        assert words in read(page.look.widget)
    await write(page, "Variables that the contract does not declare", '{"coupon": "MAY-10"}')
    assert page.look.sheet.copy.text.endswith('"coupon":"MAY-10"}')
    assert "is not declared in this event" in read(page.look.widget)


async def test_a_second_time_is_asked_for_and_consent_is_said(house: Workbench, sandbox: Sandbox) -> None:
    """R-EVT-19, 27 from the form."""
    await event_of(house)
    page = await composer(house)
    await fill(page)
    await press(page.widget, "Send a test")
    assert "Sent already The same event went to the same contact" in read(page.look.widget)
    await press(page.widget, "Send a test")
    assert len(sandbox.events.received) == 1
    await press(page.widget, "Do not send")
    assert "Send it a second time" not in offered(page.widget)
    await press(page.widget, "Send a test")
    await press(page.widget, "Send it a second time")
    assert len(sandbox.events.received) == 2
    await house.consent.record(point=PHONE, status="opted_out", reason="a test")
    await write(page, "product_name", "Red shirt")
    assert "Consent By the consent ledger" in read(page.look.widget)
    await press(page.widget, "Send a test")
    assert "Not sent By the consent ledger" in read(page.send.widget)
    assert len(sandbox.events.received) == 2


async def test_an_answer_that_confirms_nothing_is_said_so(house: Workbench, tmp_path: Path) -> None:
    """R-EVT-15: 200 with {} is accepted, not confirmed; nobody repeats it by itself."""
    asked: list[Request] = []

    async def empty(request: Request, **_limits: float) -> Reply:
        asked.append(request)
        return Reply(status=200, headers=(("content-type", "application/json"),), body=b"{}")

    await event_of(house)
    page = await composer(house)
    await fill(page)
    house.house.wire.send = empty  # type: ignore[method-assign]
    await press(page.widget, "Send a test")
    assert "Accepted, not confirmed" in read(page.send.widget)
    assert "HTTP status 200" in read(page.send.widget)
    assert len(asked) == 1
    await press(page.widget, "Send a test")  # it may have arrived: a second word is wanted
    assert len(asked) == 1


async def test_the_flow_is_checked_and_the_methods_compared(house: Workbench) -> None:
    """R-EVT-20, 25 from the form."""
    await event_of(house)
    page = await composer(house)
    await fill(page)
    await press(page.widget, "Check the flow")
    assert "The flow “Welcome” (12345) runs." in read(page.send.widget)
    await write(page, "Flow (automation_id)", "12347")
    await press(page.widget, "Check the flow")
    assert "does not run" in read(page.send.flow.widget)
    await write(page, "product_id", "12a")
    await press(page.widget, "Compare the methods")
    assert "Nothing to compare yet. To correct: 1." in read(page.compare.widget)
    await write(page, "product_id", "12")
    await press(page.widget, "Compare the methods")
    shown = read(page.compare.widget)
    for words in (
        "REST API POST", "This event's own", "POST raw", "POST form-data (multipart)", "POST form-data (urlencoded)",
        "automation_id goes out as the text", "None: who knows the address may send.", "The address itself is the secret.",
    ):  # fmt: skip
        assert words in shown


async def test_a_live_event_is_asked_for_and_names_whom_it_is_for(tmp_path: Path) -> None:
    gone: list[Request] = []

    async def send(request: Request, **_limits: float) -> Reply:
        gone.append(request)
        return Reply(status=200, headers=(("content-type", "application/json"),), body=b'{"result": true}')

    async with Workbench.open(tmp_path / "live", live=True, environ={"WORKBENCH_KEYRING": "off"}) as bench:
        bench.house.wire.send = send  # type: ignore[method-assign]
        assert isinstance(bench.house.wire, Wire)
        await event_of(bench)
        page = await composer(bench)
        await fill(page)
        assert "You are asked before anything leaves this machine" in read(page.send.widget)
        await press(page.widget, "Send a test")
        assert not gone
        await press(page.widget, f"Send to {EMAIL} through api.sendpulse.com")
        assert len(gone) == 1
        await press(page.widget, "Send a test")
        await press(page.widget, "Send it a second time")
        assert len(gone) == 1  # the second word is not the confirmation
        await press(page.widget, f"Send to {EMAIL} through api.sendpulse.com")
        assert len(gone) == 2


async def test_a_viewer_looks_and_sends_nothing(house: Workbench, connected: Connected) -> None:
    viewer = connected("viewer")
    page, shelf = await composer(viewer), EventShelf(await frame_of(viewer))
    await shelf.refresh()
    for part in (page, shelf):
        assert "No event has been described here yet" in read(part.widget)
    event = await event_of(house)
    await page.refresh()
    await fill(page)
    assert "Ready" in read(page.look.widget)
    assert "Send a test" not in offered(page.widget)
    assert "Sending needs the role of an operator" in read(page.send.widget)
    await shelf.refresh()
    shelf.list.selected = event.id
    await settle()
    assert {"Edit", "Delete", "New event"}.isdisjoint(offered(shelf.widget))


async def test_what_is_typed_stays_and_is_never_markup(house: Workbench) -> None:
    event = await event_of(house)
    page = await composer(house)
    await write(page, "product_name", HOSTILE)
    await write(page, "E-mail", EMAIL)
    assert "<script>" not in markup(page.widget)
    variables = (*event.variables, EventVariable(name="city"))
    await house.events.save(event.model_copy(update={"variables": variables}))
    await page.refresh()
    await settle()
    assert field(page.widget, "product_name").value == HOSTILE
    assert field(page.widget, "city").value == ""
    other = await house.events.save(Event(name="refund"))
    await page.refresh()
    await page.go(f"event={other.id}")
    await settle()
    assert "The contract declares no variable" in read(page.widget)
    assert field(page.widget, "E-mail").value == EMAIL


async def test_an_event_without_a_way_says_so(house: Workbench) -> None:
    await house.events.save(contract())
    page = await composer(house)
    await fill(page)
    assert "The values are in order. It cannot be sent yet." in read(page.look.widget)
    await press(page.widget, "Send a test")
    assert "has no integration to be sent through" in read(page.send.widget)
