"""Azure Communication Services: its requests and signatures as its own SDK makes them, Event Grid's calls as they are recorded."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.providers.filled import fill, handle
from tests.providers.texts import NOW, account, again, call, dialect_of, golden, message, recorded
from workbench.engine.sms import message_request, read_sent
from workbench.models.base import SecretRef
from workbench.models.callback import BadItem, Callback, DeliveryReport, Handshake, InboundMessage, OtherEvent
from workbench.models.message import DeliveryState, Message
from workbench.models.request import Reply, Request
from workbench.models.sms_account import SmsSettings
from workbench.providers import provider
from workbench.providers.azure_communication_services import (
    AzureConnection,
    Connection,
    connection_of,
    lets_in,
    prove,
    sign,
)

KEY = "azure_communication_services"
REQUESTS, CALLBACKS = golden(KEY, "requests"), golden(KEY, "callbacks")
ACCESS_KEY, HOST = REQUESTS["access_key_used"], "contoso.communication.azure.com"
CONNECTION = f"endpoint=https://{HOST}/;accesskey={ACCESS_KEY}"
DIALECT = dialect_of(KEY)
URL = "https://wb.example/sms/tok/delivery"
TOPIC = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Communication/CommunicationServices/contoso"
VALUES = account(KEY, primary_connection_string=CONNECTION)
VALIDATION = {"aeg-event-type": "SubscriptionValidation"}


def sent(**given: Any) -> Request:
    credential, secrets = fill(AzureConnection, primary_connection_string=CONNECTION)
    return message_request(SmsSettings(provider=KEY), provider(KEY), credential, secrets, message(**given))


def event_call(events: Any, headers: dict[str, str] | None = None) -> Callback:
    return call(URL, json.dumps(events), tuple((headers or {"aeg-event-type": "Notification"}).items()))


# requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("send_one", {"to": ("+11234567890",), "body": "Hello café €"}),
        ("send_many_with_report", {"to": ("+11234567890", "+112345678901"), "tag": "order-1"}),
    ],
)
def test_a_send_is_the_sdks(name: str, fields: dict[str, Any]) -> None:
    request, wanted = sent(sender="+18001110000", **fields), recorded(KEY, name)
    assert (request.method, request.url) == ("POST", f"https://{HOST}{wanted['raw_target']}")
    assert request.header("Content-Type") == wanted["content_type"]
    body, expected = json.loads(request.body), copy.deepcopy(wanted["body_json"])
    for ours, theirs in zip(body["smsRecipients"], expected["smsRecipients"], strict=True):
        assert UUID(ours["repeatabilityRequestId"]).version == 5
        theirs["repeatabilityRequestId"] = ours["repeatabilityRequestId"]
    expected["smsSendOptions"]["enableDeliveryReport"] = (
        True  # the SDK leaves it off unless told; here it is always wanted
    )
    assert body == expected


def test_every_attempt_has_the_same_ids_and_every_recipient_another() -> None:
    def ids(**given: Any) -> list[str]:
        return [r["repeatabilityRequestId"] for r in json.loads(sent(**given).body)["smsRecipients"]]

    two = ("+11234567890", "+46701740605")
    assert ids(to=two) == ids(to=two, now=NOW.replace(hour=23))
    assert ids(to=two)[:1] == ids(to=two[:1])
    assert len({*ids(to=two), *ids(to=two, id="msg_2")}) == 4


@pytest.mark.parametrize("name", ["send_one", "send_many_with_report"])
def test_a_recorded_request_is_signed_as_the_sdk_signed_it(name: str) -> None:
    wanted = recorded(KEY, name)
    request = Request(
        method=wanted["method"],
        url=f"http://{wanted['host']}{wanted['raw_target']}",
        headers=(("Content-Type", wanted["content_type"]),),
        body=wanted["body_text"].encode(),
    )
    signed = dict(sign(request, VALUES, NOW))
    for header, value in signed.items():
        assert value == wanted["headers"][header.lower()], header
    whole = request.model_copy(update={"headers": (*request.headers, *signed.items())})
    assert lets_in(whole, VALUES)
    assert lets_in(whole, None)
    assert not lets_in(whole.model_copy(update={"body": whole.body + b" "}), VALUES)
    assert not lets_in(whole, account(KEY, primary_connection_string="b3RoZXI="))
    assert not lets_in(request, None)


def test_the_usual_port_is_not_signed() -> None:
    def signature(url: str) -> str:
        return dict(sign(Request(method="GET", url=url, headers=()), VALUES, NOW))["Authorization"]

    assert signature(f"https://{HOST}/sms") == signature(f"https://{HOST.upper()}:443/sms")
    assert signature(f"https://{HOST}/sms") != signature(f"https://{HOST}:8443/sms")
    assert signature(f"https://{HOST}/sms") != signature(f"https://{HOST}/sms?a=1")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (CONNECTION, Connection(HOST, ACCESS_KEY)),
        (
            f" Endpoint=https://Contoso.communication.azure.com ; AccessKey={ACCESS_KEY};\n",
            Connection(HOST, ACCESS_KEY),
        ),
        (f"accesskey={ACCESS_KEY};endpoint={HOST}", Connection(HOST, ACCESS_KEY)),
        (f"endpoint=https://{HOST}/", Connection(HOST, "")),
        (ACCESS_KEY, Connection("", "")),
        ("endpoint=https://[;accesskey=", Connection("", "")),
        ("", Connection("", "")),
    ],
)
def test_a_connection_string_is_taken_apart(text: str, parts: Connection) -> None:
    assert connection_of(text) == parts


def test_a_bare_key_signs_as_its_connection_string_does_and_the_other_one_when_it_is_chosen() -> None:
    request = Request(method="GET", url=f"https://{HOST}/sms", headers=())
    first, second = ({"primary_connection_string": CONNECTION}, {"primary_connection_string": ACCESS_KEY})
    assert sign(request, first, NOW) == sign(request, second, NOW)
    both = {"primary_connection_string": "b3RoZXI=", "secondary_connection_string": CONNECTION}
    assert sign(request, {**both, "key_in_use": "primary"}, NOW) != sign(request, first, NOW)
    assert sign(request, {**both, "key_in_use": "secondary"}, NOW) == sign(request, first, NOW)
    assert sign(request, {"primary_connection_string": CONNECTION, "key_in_use": "secondary"}, NOW) == sign(
        request, first, NOW
    )


@pytest.mark.parametrize(
    ("host", "kept"),
    [(f"https://{HOST}/", HOST), (f" {HOST.upper()}", HOST), ("a.europe.communication.azure.com", "a.europe.communication.azure.com"),
     ("example.com", ""), ("communication.azure.com", ""), (f"{HOST}.example.com", ""), (f"a@{HOST}", ""), (f"{HOST}:8080", "")],
)  # fmt: skip
def test_the_host_is_azures_and_tidied(host: str, kept: str) -> None:
    secret = SecretRef(handle=handle("primary_connection_string"))
    if not kept:
        with pytest.raises(ValidationError):
            AzureConnection(primary_connection_string=secret, endpoint=host)
        return
    assert AzureConnection(primary_connection_string=secret, endpoint=host).endpoint == kept


# answers ---------------------------------------------------------------------------------------------------------


def answered(of: Message, *items: dict[str, Any]) -> Any:
    body = json.dumps({"value": list(items)}).encode()
    return read_sent(
        provider(KEY), of, Reply(status=202, headers=(("Content-Type", "application/json"),), body=body), NOW
    )


def test_a_202_is_read_recipient_by_recipient() -> None:
    case = next(c for c in REQUESTS["cases"] if c["name"] == "send_many_with_report")
    items = [
        {"to": p["to"], "messageId": p["message_id"], "httpStatusCode": p["http_status_code"], "successful": p["successful"],
         "errorMessage": p["error_message"]}
        for p in case["parsed"]
    ]  # fmt: skip
    outcome, taken = answered(message(to=("+11234567890", "+112345678901")), *items)
    assert outcome.kind == "check_body"
    assert [(t.to, t.accepted, t.state, t.code) for t in taken] == [
        ("+11234567890", True, "queued", ""), ("+112345678901", False, "rejected", "400"),
    ]  # fmt: skip
    assert taken[0].message_id == case["parsed"][0]["message_id"]
    assert taken[1].words == "Invalid To phone number format."
    assert DIALECT.errors["400"].advice


def test_a_202_in_another_order_or_of_fewer_is_not_mixed_up() -> None:
    two = message(to=("+11234567890", "+46701740605", "+46701740606"))
    items = (
        {"to": "+46701740605", "messageId": "B", "successful": True},
        {"to": "11234567890", "messageId": "A", "successful": True},
    )
    _, taken = answered(two, *items)
    assert [(t.message_id, t.state) for t in taken] == [("A", "queued"), ("B", "queued"), ("", "unknown")]


def test_a_number_that_is_named_twice_has_two_texts() -> None:
    items = [{"to": "+15558675310", "messageId": name, "successful": True} for name in "AB"]
    _, taken = answered(message(to=("+15558675310",) * 2), *items)
    assert [t.message_id for t in taken] == ["A", "B"]


def test_a_recipient_who_opted_out_is_told_so() -> None:
    item = {
        "to": "+15558675310",
        "httpStatusCode": 400,
        "successful": False,
        "errorMessage": "Sender blocked for given recipient.",
    }
    _, (taken,) = answered(message(), item)
    assert taken.code == "4007"
    assert DIALECT.errors[taken.code].opted_out


def test_an_answer_that_is_none_leaves_the_end_unknown() -> None:
    reply = Reply(status=202, body=b"[]")
    (taken,) = read_sent(provider(KEY), message(), reply, NOW)[1]
    assert (taken.accepted, taken.state) == (False, "unknown")


@pytest.mark.parametrize("error", REQUESTS["errors"], ids=lambda error: error["name"])
def test_a_recorded_refusal_is_read(error: dict[str, Any]) -> None:
    reply = Reply(
        status=error["http"],
        headers=(("Content-Type", "application/json"),),
        body=json.dumps(error["response"]).encode(),
    )
    outcome, (taken,) = read_sent(provider(KEY), message(), reply, NOW)
    assert not taken.accepted
    assert outcome.kind == ("throttled" if error["http"] == 429 else "refused")
    assert taken.words
    assert taken.code == error["response"].get("error", {}).get("code", "")


# callbacks -------------------------------------------------------------------------------------------------------


def test_the_recorded_report_is_read() -> None:
    (event,) = CALLBACKS["delivery_report_event_grid_schema"]
    (report,) = DIALECT.read_callback(event_call([event]))
    assert report == DeliveryReport(
        provider_id=event["id"], state="delivered", raw_state="Delivered", words="No error.", to="+15555555555",
        sender="+15555555555", tag="order-1", at=datetime(2020, 9, 18, 0, 22, 20, 285574, tzinfo=UTC), segments=1, raw=event,
    )  # fmt: skip


def test_the_recorded_report_of_cloud_events_is_read_alone_and_in_a_list() -> None:
    event = CALLBACKS["delivery_report_cloud_events_schema"]
    for body in (event, [event]):
        (report,) = DIALECT.read_callback(event_call(body))
        assert isinstance(report, DeliveryReport)
        assert (report.provider_id, report.state, report.sender) == (
            "Outgoing_x",
            "delivered",
            "+15555555555",
        )
        assert report.segments == 1


@pytest.mark.parametrize("name", ["tag", "Tag", "TAG"])
def test_names_are_read_in_any_case(name: str) -> None:
    (event,) = copy.deepcopy(CALLBACKS["delivery_report_event_grid_schema"])
    event["data"] = {key.upper(): value for key, value in event["data"].items() if key != "tag"} | {
        name: "order-2"
    }
    (report,) = DIALECT.read_callback(event_call([{key.upper(): value for key, value in event.items()}]))
    assert isinstance(report, DeliveryReport)
    assert (report.tag, report.state, report.to) == ("order-2", "delivered", "+15555555555")


def test_the_recorded_stop_is_read_with_its_plus() -> None:
    (text,) = DIALECT.read_callback(event_call(CALLBACKS["inbound_event_grid_schema"]))
    assert isinstance(text, InboundMessage)
    assert (text.sender, text.to, text.body, text.segments) == ("+15555555555", "+15555555555", "STOP", 1)
    assert text.at == datetime(2020, 9, 18, 0, 27, 45, 320000, tzinfo=UTC)


STATUSES = golden(KEY, "statuses")
CODES = STATUSES["_codes_in_deliveryStatusDetails"]


def report_of(status: str, details: str) -> DeliveryReport:
    data = {"messageId": "M", "deliveryStatus": status, "deliveryStatusDetails": details}
    (report,) = DIALECT.read_callback(
        event_call([_event("Microsoft.Communication.SMSDeliveryReportReceived", data)])
    )
    assert isinstance(report, DeliveryReport)
    return report


@pytest.mark.parametrize(("code", "state"), CODES.items())
def test_every_code_is_mapped(code: str, state: DeliveryState) -> None:
    assert DIALECT.statuses[code] == state
    for details in (code, f"{code}: why", f"Error code {code}."):
        report = report_of("Failed", details)
        assert (report.state, report.code, report.opted_out) == (state, code, code == "4007")
    assert code == "2000" or DIALECT.errors[code].meaning


def test_nothing_is_mapped_beyond_the_map() -> None:
    words = {name: state for name, state in STATUSES.items() if not name.startswith("_")}
    assert dict(DIALECT.statuses) == words | CODES


@pytest.mark.parametrize(
    ("status", "details", "state", "code"),
    [
        ("Expired", "", "unknown", ""),
        ("", "", "unknown", ""),
        ("delivered", "No error.", "delivered", ""),
        ("Failed", "4999: new", "failed", "4999"),
        ("Failed", "It failed in 2025.", "failed", ""),
        ("Failed", "Sender blocked for given recipient.", "failed", ""),
    ],
)
def test_an_unknown_word_stays_unknown(status: str, details: str, state: DeliveryState, code: str) -> None:
    report = report_of(status, details)
    assert (report.state, report.raw_state, report.code, report.words) == (state, status, code, details)
    assert report.opted_out is details.startswith("Sender blocked")


def _event(name: str, data: Any, topic: str = TOPIC) -> dict[str, Any]:
    return {"id": "1", "topic": topic, "eventType": name, "data": data, "eventTime": "2026-11-21T19:31:09Z"}


def test_a_batch_with_bad_items_and_unknown_events_gives_the_rest() -> None:
    good = CALLBACKS["delivery_report_event_grid_schema"][0]
    events = [
        good, None, {"eventType": "Microsoft.Communication.SMSReceived", "data": []}, {"no": "type"},
        _event("Microsoft.Communication.ChatMessageReceived", {}), good,
    ]  # fmt: skip
    items = DIALECT.read_callback(event_call(events))
    assert [item.kind for item in items] == ["report", "bad", "bad", "bad", "other", "report"]
    assert [item.index for item in items if isinstance(item, BadItem)] == [1, 2, 3]
    (other,) = (item for item in items if isinstance(item, OtherEvent))
    assert (other.name, other.raw) == ("Microsoft.Communication.ChatMessageReceived", events[4])


@pytest.mark.parametrize("body", ["", "nonsense", "[]", "7", "<a/>"])
def test_what_is_no_list_of_events_is_a_bad_item(body: str) -> None:
    (bad,) = DIALECT.read_callback(call(URL, body))
    assert isinstance(bad, BadItem)


# handshakes ------------------------------------------------------------------------------------------------------

ASKED = CALLBACKS["validation_request"]


def handshake(events: Any, headers: dict[str, str] | None = None) -> Handshake:
    items = DIALECT.read_callback(event_call(events, headers if headers is not None else ASKED["headers"]))
    return next(item for item in items if isinstance(item, Handshake))


def test_the_recorded_question_has_the_recorded_answer() -> None:
    found = handshake(ASKED["body"])
    assert found.problem is None
    assert found.answer == CALLBACKS["validation_response"]["body"]
    assert found.headers == (("Content-Type", "application/json"),)
    assert found.topic == ASKED["body"][0]["topic"]
    assert found.validation_url == ASKED["body"][0]["data"]["validationUrl"]
    assert found.at == datetime(2022, 10, 28, 4, 23, 35, 198177, tzinfo=UTC)


@pytest.mark.parametrize(
    ("events", "headers", "said"),
    [
        (ASKED["body"], {"aeg-event-type": "Notification"}, "aeg-event-type"),
        (ASKED["body"], {}, "aeg-event-type"),
        ([*ASKED["body"], *CALLBACKS["inbound_event_grid_schema"]], VALIDATION, "together"),
        ([*ASKED["body"], *ASKED["body"]], VALIDATION, "together"),
        ([_event("Microsoft.EventGrid.SubscriptionValidationEvent", {})], VALIDATION, "validationCode"),
        ([_event("Microsoft.EventGrid.SubscriptionValidationEvent", None)], VALIDATION, "validationCode"),
    ],
    ids=["another header", "no header", "with another", "twice", "no code", "no data"],
)
def test_a_question_that_event_grid_would_not_ask_is_not_answered(
    events: Any, headers: dict[str, str], said: str
) -> None:
    found = handshake(events, headers)
    assert found.answer is None
    assert found.headers == ()
    assert said in str(found.problem)


def test_the_question_of_cloud_events_is_answered_with_its_origin() -> None:
    asked = CALLBACKS["cloud_events_validation"]
    headers = tuple(asked["request"]["headers"].items())
    (found,) = DIALECT.read_callback(call(URL, "", headers, method="OPTIONS", kind=""))
    assert isinstance(found, Handshake)
    assert dict(found.headers) == asked["response"]["headers"]
    assert (found.answer, found.problem) == (None, None)
    assert DIALECT.handshake_methods == ("OPTIONS",)


@pytest.mark.parametrize("origin", ["", "a b", "a\r\nSet-Cookie: x", "*", "x" * 300, "-a"])
def test_an_origin_that_is_none_is_not_repeated(origin: str) -> None:
    (found,) = DIALECT.read_callback(
        call(URL, "", (("WebHook-Request-Origin", origin),), method="OPTIONS", kind="")
    )
    assert isinstance(found, Handshake)
    assert found.problem is not None
    assert found.headers == ()


# the topic -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "fits"),
    [
        (TOPIC, True),
        (TOPIC.lower() + "/", True),
        ("", True),
        (TOPIC + "2", False),
        ("/subscriptions/x", False),
    ],
)
def test_events_of_another_topic_are_refused_where_one_is_known(topic: str, fits: bool) -> None:
    values = {**VALUES, "topic": topic}
    events = [_event("Microsoft.Communication.SMSReceived", {"messageId": "M"})]
    for made in (
        event_call(events),
        event_call([*events, None, {}]),
        event_call({"type": "T", "source": TOPIC}),
    ):
        assert (prove(made, values) is None) is fits
    assert (prove(event_call([*events, {"type": "T"}]), values) is None) is (topic == "")
    assert not DIALECT.signs


def test_an_event_of_a_stranger_among_ones_own_is_refused() -> None:
    events = [_event("T", {}), _event("T", {}, topic="/subscriptions/other")]
    assert "topic" in str(prove(event_call(events), {**VALUES, "topic": TOPIC}))


# what is written -------------------------------------------------------------------------------------------------

NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
REPORTS = st.builds(
    lambda code, to, sender, tag, at, segments: DeliveryReport(
        provider_id=f"Outgoing_{tag}", state=CODES[code], raw_state="Delivered" if code == "2000" else "Failed", code=code,
        words=f"{code}: why", to=to, sender=sender, tag=tag, at=at, segments=segments, opted_out=code == "4007",
    ),
    st.sampled_from(sorted(CODES)), NUMBERS, NUMBERS, TEXT, MOMENTS, st.integers(1, 9),
)  # fmt: skip
TEXTS = st.builds(
    lambda sender, to, body, at, segments: InboundMessage(
        provider_id="Incoming_1", sender=sender, to=to, body=body, at=at, segments=segments
    ),
    NUMBERS, NUMBERS, TEXT, MOMENTS, st.integers(1, 9),
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(st.lists(REPORTS, min_size=1, max_size=3), st.sampled_from(["", TOPIC]))
def test_reports_that_are_written_are_read_again(reports: list[DeliveryReport], topic: str) -> None:
    values = {**VALUES, "topic": topic}
    made = again(DIALECT.write_reports(tuple(reports), URL, values, NOW))
    assert prove(made, values) is None
    assert [_plain(item) for item in DIALECT.read_callback(made)] == reports


@settings(deadline=None, max_examples=40)
@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_inbound_texts_that_are_written_are_read_again(texts: list[InboundMessage]) -> None:
    made = again(DIALECT.write_inbound(tuple(texts), URL, {**VALUES, "topic": TOPIC}, NOW))
    assert [_plain(item) for item in DIALECT.read_callback(made)] == texts


def test_a_question_that_is_written_is_answered() -> None:
    assert DIALECT.write_handshake is not None
    made = again(DIALECT.write_handshake(URL, {**VALUES, "topic": TOPIC}, NOW))
    assert prove(made, {**VALUES, "topic": TOPIC}) is None
    (found,) = DIALECT.read_callback(made)
    assert isinstance(found, Handshake)
    assert found.problem is None
    assert found.answer == {"validationResponse": found.code}
    assert (found.topic, found.at) == (TOPIC, NOW)


def test_a_report_without_words_is_written_as_azure_words_it() -> None:
    report = DeliveryReport(provider_id="M", state="delivered", at=NOW)
    (read,) = DIALECT.read_callback(DIALECT.write_reports((report,), URL, VALUES, NOW))
    assert isinstance(read, DeliveryReport)
    assert (read.state, read.words) == ("delivered", "No error.")
    failed = DeliveryReport(provider_id="M", state="undelivered", code="4006", words="not reachable", at=NOW)
    (read,) = DIALECT.read_callback(DIALECT.write_reports((failed,), URL, VALUES, NOW))
    assert isinstance(read, DeliveryReport)
    assert (read.state, read.code, read.words) == ("undelivered", "4006", "4006: not reachable")


def _plain(item: Any) -> Any:
    return item.model_copy(update={"raw": None})
