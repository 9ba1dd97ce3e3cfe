"""The designer of custom channels without a browser: form, parts, problems beside the fields, export, reading back, contract simulator."""

from __future__ import annotations

import json
from typing import Any

from tests.engine.channel_designs import CUSTOM, FORM, MICROSOFTS, SMS
from tests.widgets.conftest import Connected
from tests.widgets.faces import field, of, offered, press, read, tell
from workbench import Workbench
from workbench.engine.customizations import read_customizations
from workbench.models.custom_channel import ChannelSettings
from workbench.widgets.page import Frame
from workbench.widgets.sms_channel import ChannelDesigner
from workbench.widgets.spawn import settle


async def designer(bench: Workbench) -> ChannelDesigner:
    frame = Frame("sms", "SMS", lambda _: None, bench)  # type: ignore[arg-type,return-value]
    frame._facts = await bench.about.facts()
    made = ChannelDesigner(frame)
    await made.refresh()
    return made


async def shown(bench: Workbench, settings: ChannelSettings = CUSTOM) -> ChannelDesigner:
    """Return the designer with one design kept and chosen."""
    kept = await bench.channels.save(settings)
    made = await designer(bench)
    await made.go(kept.id)
    return made


async def test_a_channel_is_designed_from_nothing_to_its_file(connected: Connected) -> None:
    page = await designer(connected("operator"))
    assert "Bring a provider of your own" in read(page.widget)
    await press(page.widget, "New channel")
    assert "Before it can be exported" in read(page.widget)

    await press(page.widget, "Save the design")
    assert "Give the channel a name" in field(page.widget, "Name of the channel").error
    assert "Name the custom API" in field(page.widget, "Outbound custom API").error

    field(page.widget, "Name of the channel").value = "Acme Chat"
    await press(page.widget, "Save the design")
    assert (
        "Saved, but it cannot be exported yet. What is still missing is shown beside the fields: 3"
        in read(page.widget)
    )
    assert field(page.widget, "Name of the channel").error == ""
    assert "Paste the id of the form" in field(page.widget, "Form of the channel instance").error

    [before] = await connected("viewer").channels.list()
    await press(page.widget, "Save the design")
    [after] = await connected("viewer").channels.list()
    assert after.design.settings == before.design.settings, "saved twice, it keeps its ids"

    field(page.widget, "Outbound custom API").value = "cr65f_Outbound"
    field(page.widget, "Table of the channel instance").value = "cr65f_channelinstance"
    field(page.widget, "Form of the channel instance").value = f"{{{FORM.upper()}}}"
    await settle()
    assert "The design keeps to every rule" in read(page.widget)
    await press(page.widget, "Save the design")

    [listed] = await connected("viewer").channels.list()
    assert listed.ready
    assert (listed.design.settings.outbound_api, listed.design.settings.instance_form_id) == (
        "/cr65f_Outbound",
        FORM,
    )
    assert page.place == f"channel={listed.design.id}"
    assert "It can be exported" in read(page.widget)
    sent: list[Any] = []
    [download] = of(page.widget, "Download")
    download.send = sent.append
    await tell(download, {"wanted": True})
    assert sent[0]["name"] == "customizations.xml"
    assert read_customizations(sent[0]["text"]).channels == (listed.design.settings,)


async def test_what_follows_from_the_type_follows_it_and_a_taken_name_is_told(connected: Connected) -> None:
    page = await shown(connected("operator"))
    await press(page.widget, "New channel")

    field(page.widget, "Type of the channel").value = "SMS"
    assert field(page.widget, "Supports accounts").value
    field(page.widget, "Inbound messages").value = True
    field(page.widget, "Form of the message editor").value = FORM
    field(page.widget, "Name of the channel").value = CUSTOM.display_name
    await press(page.widget, "Save the design")
    assert "already is a channel named" in field(page.widget, "Name of the channel").error
    assert "platform's own editor" in field(page.widget, "Form of the message editor").error

    field(page.widget, "Type of the channel").value = "Custom"
    assert not field(page.widget, "Supports accounts").value
    assert not field(page.widget, "Inbound messages").value
    await press(page.widget, "Close without saving")
    assert len(await connected("viewer").channels.list()) == 1


async def test_parts_come_and_go_with_their_problems_beside_them(connected: Connected) -> None:
    bench = connected("operator")
    kept = await bench.channels.save(CUSTOM)
    page = await designer(bench)
    await page.go(kept.id)
    await press(page.widget, "Change")
    await press(page.widget, "Add a part")
    names = [one for one in of(page.widget, "TextField") if one.label == "Name of the part"]
    lengths = [one for one in of(page.widget, "TextField") if one.label == "Greatest length"]
    kinds = [one for one in of(page.widget, "ChoiceField") if one.label == "Type of the part"]
    assert not [one for one in of(page.widget, "TextField") if one.label == "Table of the record"]
    kinds[1].value = "record"
    assert len([one for one in of(page.widget, "TextField") if one.label == "Table of the record"]) == 1
    kinds[1].value = "plaintext"
    names[1].value, lengths[1].value = "text", "0"

    await press(page.widget, "Save the design")
    assert "two parts named “text”" in names[1].error
    assert "from 1 to" in lengths[1].error
    assert names[0].error == ""

    names[1].value, lengths[1].value = "title", "long"
    await press(page.widget, "Save the design")
    assert "“long” is no whole number" in lengths[1].error
    lengths[1].value = "80"
    await press(page.widget, "Save the design")
    found = (await bench.channels.get(kept.id)).settings

    assert [(part.name, part.max_length) for part in found.parts] == [("text", 1000), ("title", 80)]
    assert found.parts[0].id == CUSTOM.parts[0].id, "a part keeps its id"
    assert found.definition_id == CUSTOM.definition_id


async def test_a_file_is_read_and_kept_only_when_it_is_saved(connected: Connected) -> None:
    bench = connected("operator")
    page = await designer(bench)
    await page.take(MICROSOFTS)
    assert "not written in small letters" in read(page.widget)
    assert await bench.channels.list() == []

    await press(page.widget, "Open “Sample custom channel”")
    await press(page.widget, "Save the design")
    assert [one.ready for one in await bench.channels.list()] == [True]

    await page.take("no XML")
    assert "The file is no XML" in read(page.widget)
    await press(page.widget, "Delete")
    assert "What you imported into a solution stays there" in read(page.widget)
    await press(page.widget, "Delete the channel")
    assert await bench.channels.list() == []
    assert page.place == ""


async def test_the_simulator_shows_both_contexts_and_finds_what_is_wrong(connected: Connected) -> None:
    page = await shown(connected("operator"), SMS)
    await press(page.widget, "Show the payloads")
    text = read(page.widget)
    assert "In a journey" in text
    assert "In a test send" in text
    assert '"IsTestSend": true' in text
    assert '"IsTestSend": false' in text

    await press(page.widget, "Check the document")
    assert "Paste a document here" in field(page.widget, "Document").error
    await press(page.widget, "Put in a sample")
    await press(page.widget, "Check the document")
    assert "It keeps to the contract of /cr65f_OutboundCustomApi" in read(page.widget)

    box = field(page.widget, "Document")
    box.value = box.value.replace("Sent", "SendingFailed")
    await press(page.widget, "Check the document")
    assert "“Status” is “SendingFailed”, which the contract does not know" in read(page.widget)

    field(page.widget, "What came back").value = "report"
    await press(page.widget, "Put in a sample")
    box.value = json.dumps({"notificationPayload": json.loads(box.value)["notificationPayLoad"]})
    await press(page.widget, "Check the document")
    assert "the platform wants “notificationPayLoad”, letter by letter" in read(page.widget)

    [fold] = [one for one in of(page.widget, "Button") if "Call a handler that runs here" in one.description]
    fold.click()
    field(page.widget, "Address of the handler").value = "http://127.0.0.1:9/"
    await press(page.widget, "Call the handler")
    assert "from a workbench of your own" in read(page.widget), (
        "through a server nobody looks around in its network"
    )


async def test_a_viewer_reads_and_simulates(connected: Connected) -> None:
    kept = await connected("operator").channels.save(CUSTOM)
    page = await designer(connected("viewer"))
    await page.go(f"channel={kept.id}")

    assert {"Download customizations.xml", "Show the payloads", "Check the document"} <= offered(page.widget)
    assert not {"New channel", "Change", "Delete", "Call the handler", "Read a customizations.xml"} & offered(
        page.widget
    )
