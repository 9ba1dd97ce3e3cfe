"""The official SDKs of providers that send texts, pointed at the sandbox on a port, work unchanged; and they believe the calls it makes."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.oracles import clients_sms as clients
from tests.oracles.test_sdks import run
from tests.sandbox.running import running
from tests.sandbox.texting import Postbox
from workbench.engine.sms import dialect, items_of
from workbench.engine.studio_courses import courses, stops_of
from workbench.models.callback import Callback, DeliveryReport, InboundMessage
from workbench.providers import every
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault

pytestmark = pytest.mark.oracle

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
EXPECTED = {
    "twilio": {"account_sid": clients.ACCOUNT, "auth_token": clients.TOKEN},
    "azure_communication_services": {
        "primary_connection_string": f"endpoint=https://contoso.communication.azure.com/;accesskey={clients.API_KEY}",
        "endpoint": "contoso.communication.azure.com",
    },
    "infobip": {"host": "x.api.infobip.com", "api_key": clients.INFOBIP_KEY},
    "telesign": {"customer_id": clients.CUSTOMER, "api_key": clients.API_KEY},
}
CALLS = {"azure_communication_services": 2}
"""How often an SDK calls when it is throttled: Azure's once more, as the client was told; all others once."""
REPORTS = {"twilio": 3}
"""The calls that a stand-in makes: one text asks for its reports."""
TEXTED = InboundMessage(
    provider_id="SM" + "c" * 32, sender=clients.TO, to=clients.FROM, body="QUIZ Paris", at=NOW, segments=1
)


async def played(python: Path, sdk: str) -> tuple[dict[str, Any], Postbox]:
    """Return what came of an SDK's calls, and the calls that its stand-in made."""
    strict = Sandbox(expected=EXPECTED, pace_s=0.05)
    throttled = Sandbox(faults={sdk: (Fault(kind="throttled", seconds=1),)})
    box = Postbox()
    strict.sms[sdk].courier.deliver = box.deliver
    strict.sms[sdk].messages.hear(TEXTED)
    async with running(strict) as address, running(throttled) as slow:
        script = Path(clients.__file__)
        results = await run(python, str(script), sdk, address, slow)
        async with asyncio.timeout(30):
            await box.reach(REPORTS.get(sdk, 0))
    assert throttled.apps[sdk].drawings[0].used == CALLS.get(sdk, 1)
    assert {key for key, emulator in strict.emulators.items() if emulator.taken} == {sdk}
    await strict.close()
    refused = {name: found for name, found in results.items() if name[:3].isdigit()}
    failed = {name: found for name, found in results.items() if "parsed" not in found and name not in refused}
    assert failed == {}
    return results, box


def held(results: dict[str, Any], name: str) -> Any:
    return results[name]["parsed"]


async def test_twilios_sdk_works_unchanged(sms: Path) -> None:
    results, box = await played(sms, "twilio")
    one = held(results, "send_one")
    assert (one["status"], one["to"], one["from_"], one["body"]) == (
        "queued",
        clients.TO,
        clients.FROM,
        clients.TEXT,
    )
    assert one["sid"].startswith("SM")
    assert len({each["sid"] for each in held(results, "send_many")}) == 2
    assert held(results, "status")["status"] == "delivered"
    assert held(results, "status")["dated"]
    failed = held(results, "status_failed")
    assert (failed["status"], failed["error_code"]) == ("undelivered", 30003)
    assert [each["to"] for each in held(results, "list")] == [clients.TO] * 2
    assert held(results, "cancel")["status"] == "canceled"
    assert [(each["sid"], each["status"], each["body"]) for each in held(results, "inbox")] == [
        (TEXTED.provider_id, "received", TEXTED.body)
    ]
    refusals = {"400": (400, 21604), "401": (401, 20003), "404": (404, 20404), "429": (429, 20429)}
    for name, (status, code) in refusals.items():
        found = results[name]
        assert (found["exception"], found["status"], found["code"]) == ("TwilioRestException", status, code)
    reports = [item for call in box.calls for item in items_of(every()["twilio"], call)]
    mine = [item for item in reports if isinstance(item, DeliveryReport)]
    assert [item.state for item in mine] == ["sending", "sent", "delivered"]
    assert {item.provider_id for item in mine} == {held(results, "reported")["sid"]}
    assert {call.url for call in box.calls} == {clients.REPORTS}


async def test_azures_sdk_works_unchanged(sms: Path) -> None:
    results, _ = await played(sms, "azure_communication_services")
    (one,) = held(results, "send_one")
    assert (one["to"], one["http_status_code"], one["successful"], one["error_message"]) == (
        clients.TO,
        202,
        True,
        None,
    )
    assert one["message_id"].startswith("Outgoing_")
    told = [(each["http_status_code"], each["successful"]) for each in held(results, "send_many")]
    assert told == [(202, True), (400, False), (202, True)]
    assert held(results, "send_many")[1]["error_message"] == "Invalid To phone number format."
    for name, exception in (
        ("400", "HttpResponseError"),
        ("401", "ClientAuthenticationError"),
        ("429", "HttpResponseError"),
    ):
        assert (results[name]["exception"], results[name]["status_code"]) == (exception, int(name))


async def test_infobips_sdk_works_unchanged(sms: Path) -> None:
    results, _ = await played(sms, "infobip")
    (one,) = held(results, "send_one")["messages"]
    assert (one["destination"], one["status"]["name"]) == ("41793026727", "PENDING_ACCEPTED")
    assert [each["destination"] for each in held(results, "send_many")["messages"]] == [
        "41793026727",
        "41793026728",
    ]
    (report,) = held(results, "reports")["results"]
    assert (report["to"], report["status"]["groupName"]) == ("41793026727", "DELIVERED")
    assert len(held(results, "logs")["results"]) == 2
    (came,) = held(results, "inbox")["results"]
    assert (came["from"], came["text"]) == (clients.TO.removeprefix("+"), TEXTED.body)
    exceptions = {"400": "BadRequestException", "401": "UnauthorizedException", "429": "ApiException"}
    for name, exception in exceptions.items():
        assert (results[name]["exception"], results[name]["status"]) == (exception, int(name))


async def test_telesigns_sdk_works_unchanged(sms: Path) -> None:
    results, _ = await played(sms, "telesign")
    for one in (held(results, "send_one"), held(results, "send_one_basic"), *held(results, "send_many")):
        assert (one["status_code"], one["ok"], one["json"]["status"]["code"]) == (200, True, 290)
        assert len(one["json"]["reference_id"]) == 32
    assert held(results, "status")["json"]["status"]["code"] == 200
    assert held(results, "status_failed")["json"]["status"]["code"] == 207
    for name in ("400", "401", "401_basic", "429"):  # it raises nothing, and gives the answer back
        assert (held(results, name)["status_code"], held(results, name)["ok"]) == (int(name[:3]), False)


def test_every_sdk_is_played() -> None:
    assert set(clients.SDKS) == set(EXPECTED)


# -- the SDKs' own validators ------------------------------------------------------------------------------------------


def written(key: str, values: dict[str, str], url: str) -> list[Callback]:
    """Return a call of every stop of every course, and of a text, as the provider's declaration writes them."""
    provider, spoken = every()[key], dialect(every()[key])
    made = []
    for course in courses(provider):
        for stop in stops_of(provider, course) if course.kind == "report" else ():
            report = DeliveryReport(
                provider_id="SM" + "a" * 32, state=stop.state, raw_state=stop.raw_state, code=stop.code, words=stop.words,
                to=clients.TO, sender=clients.FROM, tag="order 1 & é", at=NOW, segments=2,
            )  # fmt: skip
            made.append(spoken.write_reports((report,), url, values, NOW))
    for body in ("STOP", "Olá, tudo bem? & = % + 😀", ""):
        made.append(spoken.write_inbound((TEXTED.model_copy(update={"body": body}),), url, values, NOW))
    return made


def as_input(key: str, secret: str, call: Callback, **more: Any) -> dict[str, Any]:
    """Return a call as the script reads it."""
    body = base64.b64encode(call.body).decode()
    return {"provider": key, "key": secret, "url": call.url, "headers": call.headers, "body": body, **more}


async def judged(python: Path, calls: list[dict[str, Any]]) -> list[Any]:
    process = await asyncio.create_subprocess_exec(
        str(python), "-I", clients.__file__, "callbacks",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await process.communicate(json.dumps(calls).encode())
    assert process.returncode == 0, error.decode()
    found: list[Any] = json.loads(out)
    assert len(found) == len(calls)
    return found


async def test_the_sdks_own_validators_believe_our_calls_and_no_changed_ones(sms: Path) -> None:
    url = "https://wb.example/sms/tok3n/delivery?b=2&a=1"
    twilio, telesign = EXPECTED["twilio"], EXPECTED["telesign"]
    calls = [as_input("twilio", clients.TOKEN, call) for call in written("twilio", twilio, url)]
    calls += [as_input("telesign", clients.API_KEY, call) for call in written("telesign", telesign, url)]
    right = len(calls)
    calls += [{**call, "key": clients.OTHER_KEY} for call in calls]
    assert await judged(sms, calls) == [True] * right + [False] * right


async def test_event_grids_own_parser_reads_our_events(sms: Path) -> None:
    key, values = "azure_communication_services", {**EXPECTED["azure_communication_services"], "topic": ""}
    spoken = dialect(every()[key])
    assert spoken.write_handshake is not None
    calls = written(key, values, "https://wb.example/sms/tok3n/delivery")
    calls.append(spoken.write_handshake("https://wb.example/sms/tok3n/delivery", values, NOW))
    found = await judged(sms, [as_input(key, "", call) for call in calls])
    assert all(len(events) == 1 and events[0]["known"] and events[0]["timed"] for events in found)
    types = {events[0]["type"].rpartition(".")[2] for events in found}
    assert types == {"SMSDeliveryReportReceived", "SMSReceived", "SubscriptionValidationEvent"}
    for (event,), call in zip(found, calls, strict=True):
        (item,) = items_of(every()[key], call)
        if isinstance(item, DeliveryReport):
            assert event["data"]["messageId"] == item.provider_id
            assert event["data"]["deliveryStatus"] in ("Delivered", "Failed")
