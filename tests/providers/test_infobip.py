"""Infobip: its requests as its own SDK makes them, its callbacks and answers as its own specification says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.providers.filled import fill
from tests.providers.texts import NOW, account, again, call, dialect_of, golden, message, recorded
from workbench.engine.read import read
from workbench.engine.sms import message_request, read_sent, read_status, reading_request
from workbench.engine.xml_values import xml_read, xml_written
from workbench.models.callback import BadItem, DeliveryReport, InboundMessage, OtherEvent
from workbench.models.message import STATES, DeliveryState
from workbench.models.request import Reply, Request
from workbench.models.sms_account import SmsSettings
from workbench.models.sms_dialect import Asked, Heard, Held
from workbench.providers import provider
from workbench.providers.infobip import ERRORS, FAULTS, STATUSES, InfobipKey, state_of

KEY = "infobip"
INFOBIP = provider(KEY)
DIALECT = dialect_of(KEY)
URL = "https://wb.example/sms/tok/delivery"
HOST = "abc12.api.infobip.com"
HELLO = {"sender": "InfoSMS", "sender_type": "alphanumeric", "to": ("+41793026727",), "body": "Hello café €"}
REPORTS = golden(KEY, "callbacks")["webhooks"]["receive-outbound-sms-message-reports-v3"]["example"]
OLD_REPORTS = golden(KEY, "callbacks")["webhooks"]["receive-outbound-sms-message-reports"]["example"]
INBOUND = golden(KEY, "callbacks")["webhooks"]["receive-inbound-sms-messages"]["example"]
SPEC = Path(__file__).parents[3] / "shared" / "specs" / "infobip_sms_openapi.json"
WEBHOOK = "#/webhooks/{}/post/requestBody/content/application~1json/schema"


def sent(**fields: Any) -> Request:
    credential, secrets = fill(InfobipKey, host=HOST, api_key="KEY123")
    return message_request(
        SmsSettings(provider=KEY), INFOBIP, credential, secrets, message(**{**HELLO, **fields})
    )


def body(**fields: Any) -> Any:
    return json.loads(sent(**fields).body)


# requests --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "to"),
    [("send_one", HELLO["to"]), ("send_many_recipients", ("+41793026727", "0041 79 302 68 34"[2:]))],
)
def test_a_send_is_the_sdks(name: str, to: tuple[str, ...]) -> None:
    request, wanted = sent(to=to), recorded(KEY, name)
    assert (request.method, request.url) == (wanted["method"], f"https://{HOST}{wanted['raw_target']}")
    assert json.loads(request.body) == wanted["body_json"]
    assert request.header("Authorization") == wanted["headers"]["authorization"]
    assert request.header("Content-Type") == wanted["content_type"]


def test_reports_go_to_their_address_with_the_tag() -> None:
    assert "webhooks" not in body()["messages"][0]
    assert body(report_url=URL, tag="t1")["messages"][0]["webhooks"] == {
        "delivery": {"url": URL, "intermediateReport": True},
        "contentType": "application/json",
        "callbackData": "t1",
    }
    assert body(tag="t1")["messages"][0]["webhooks"] == {"callbackData": "t1"}


def test_time_and_validity_and_a_number_as_sender() -> None:
    made = body(sender="+44 7491 163443", send_at=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), valid_s=600)
    assert made["messages"][0]["sender"] == "447491163443"
    assert made["messages"][0]["options"] == {"validityPeriod": {"amount": 600, "timeUnit": "SECONDS"}}
    assert made["options"] == {"schedule": {"sendAt": "2030-01-02T03:04:05.000+0000"}}


@pytest.mark.parametrize(
    "typed",
    [
        HOST,
        f"https://{HOST}",
        f"https://{HOST}/",
        f" HTTPS://{HOST.upper()}/sms/3/messages?x=1 ",
        f"http://{HOST}#top",
    ],
)
def test_a_base_url_is_taken_as_it_is_copied(typed: str) -> None:
    credential, secrets = fill(InfobipKey, host=typed, api_key="k")
    assert isinstance(credential, InfobipKey)
    assert credential.host == HOST
    request = message_request(SmsSettings(provider=KEY), INFOBIP, credential, secrets, message())
    assert request.url == f"https://{HOST}/sms/3/messages"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "example.com",
        "api.infobip.com.evil.example",
        "u:p@x.api.infobip.com",
        "x.api.infobip.com:8443",
        "x y",
    ],
)
def test_another_host_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="host"):
        fill(InfobipKey, host=typed)


def test_the_calls_that_only_read() -> None:
    credential, secrets = fill(InfobipKey, host=HOST, api_key="KEY123")
    asked = reading_request(
        DIALECT.status, INFOBIP, credential, secrets, NOW, names={"message_id": "MESSAGE-ID-123-xyz"}
    )
    wanted = recorded(KEY, "delivery_reports")
    assert asked.url + "&limit=10" == f"https://{HOST}{wanted['raw_target']}"
    assert asked.header("Authorization") == wanted["headers"]["authorization"]
    tried = reading_request(DIALECT.authenticate, INFOBIP, credential, secrets, NOW)
    assert (tried.method, tried.url, tried.body) == ("GET", f"https://{HOST}/sms/3/logs?limit=1", b"")


# answers ---------------------------------------------------------------------------------------------------------------------------------


def replied(tree: Any, status: int = 200, *, xml: bool = False) -> Reply:
    content = xml_written(tree) if xml else json.dumps(tree).encode()
    kind = "application/xml" if xml else "application/json"
    return Reply(status=status, headers=(("Content-Type", kind),), body=content)


def test_the_recorded_answer_is_read_for_each_recipient() -> None:
    asked = message(**{**HELLO, "to": ("+41793026727", "+41793026834")})
    outcome, taken = read_sent(INFOBIP, asked, replied(golden(KEY, "requests")["success_response_body"]), NOW)
    assert outcome.kind == "accepted"
    assert outcome.ids == ("2250be2d4219-3af1-78856-aabe-1362af1edfd2",)
    assert [(each.to, each.accepted, each.state, each.message_id[:8], each.segments) for each in taken] == [
        ("+41793026727", True, "accepted", "2250be2d", 1),
        ("+41793026834", False, "unknown", "", None),  # the answer does not name it
    ]


def test_a_rejected_recipient_is_not_taken_in_either_version() -> None:
    rejected = {
        "groupId": 5,
        "groupName": "REJECTED",
        "id": 51,
        "name": "MISSING_TO",
        "description": "Missing destination.",
    }
    accepted = {
        "groupId": 1,
        "groupName": "PENDING",
        "id": 26,
        "name": "PENDING_ACCEPTED",
        "description": "Sent",
    }
    asked = message(to=("+15551230001", "+15551230002"))
    for named in ("destination", "to"):
        answer = {
            "messages": [
                {named: "15551230002", "messageId": "b", "status": rejected},
                {named: "15551230001", "messageId": "a", "status": accepted},
            ]
        }
        _, taken = read_sent(INFOBIP, asked, replied(answer), NOW)
        assert [(each.accepted, each.state, each.code, each.message_id) for each in taken] == [
            (True, "accepted", "PENDING_ACCEPTED", "a"),
            (False, "rejected", "MISSING_TO", "b"),
        ]


@pytest.mark.parametrize("error", golden(KEY, "requests")["errors"], ids=lambda error: error["name"])
def test_a_recorded_refusal_is_read(error: dict[str, Any]) -> None:
    headers = (
        ("Content-Type", "application/json"),
        *(("Retry-After", v) for k, v in error["headers"].items() if k == "Retry-After"),
    )
    outcome = read(
        INFOBIP,
        Reply(status=error["http"], headers=headers, body=json.dumps(error["response"]).encode()),
        NOW,
    )
    said = error["response"]
    assert outcome.kind == ("throttled" if error["http"] == 429 else "refused")
    assert outcome.retry_after_s == (1.0 if error["http"] == 429 else None)
    (found,) = outcome.errors
    if "errorCode" in said:
        assert (found.code, found.message.startswith(said["description"])) == (said["errorCode"], True)
        assert ERRORS[said["errorCode"]].advice
    else:
        assert found.message == said["requestError"]["serviceException"]["text"]
    if error["name"] == "bad":
        assert found.field == "messages[0].destinations"
        assert found.message == "Request cannot be processed.: may not be empty"


# statuses --------------------------------------------------------------------------------------------------------------------------------


def test_every_recorded_status_is_mapped() -> None:
    statuses = golden(KEY, "statuses")
    overriding = {int(id): state for id, state in statuses["_id_override"].items()}
    for group, state in statuses["_group"].items():
        assert state_of({"groupId": int(group)}) == state
        assert state_of({"groupId": int(group), "id": 4711}) == state
        for id, instead in overriding.items():
            assert state_of({"groupId": int(group), "id": id}) == instead
            assert state_of({"groupId": group, "id": str(id)}) == instead  # XML has texts
    assert set(DIALECT.statuses.values()) <= set(STATES)


@pytest.mark.parametrize(
    "status",
    [{}, {"groupId": 9}, {"groupId": True}, {"id": 9.5}, {"name": "NEW_WORD"}, None, "x", {"groupId": "³"}],
)
def test_an_unknown_status_stays_unknown(status: Any) -> None:
    assert state_of(status) == "unknown"


def test_the_stand_ins_words_are_the_vendors() -> None:
    path = SPEC.with_name("infobip_status_and_error_codes.yml")
    if not path.is_file():
        pytest.skip("The steering repository's folder shared/specs does not lie beside this repository.")
    general = {
        code["name"]: (group["group_id"], code["id"])
        for family in yaml.safe_load(path.read_text("utf-8"))["families"]
        if family["family"].startswith("General")
        for group in family["groups"]
        for code in group["codes"]
    }
    for name, (group, id, _) in {**STATUSES, **FAULTS}.items():
        assert general[name] == (group, id), name


# what it reports -------------------------------------------------------------------------------------------------------------------------


def as_xml(tree: Any, root: str) -> bytes:
    """Return a webhook as Infobip's XML has it: ``<results><result>...</result></results>``."""
    return xml_written({root: {**tree, "results": {"result": tree["results"]}}})


def test_recorded_reports_are_read_from_json_and_from_xml() -> None:
    from_json = DIALECT.read_callback(call(URL, json.dumps(REPORTS)))
    from_xml = DIALECT.read_callback(call(URL, as_xml(REPORTS, "DeliveryReports"), kind="application/xml"))
    for first, second in (from_json, from_xml):
        assert isinstance(first, DeliveryReport)
        assert isinstance(second, DeliveryReport)
        assert first.model_dump(exclude={"raw"}) == {
            "kind": "report", "provider_id": "MESSAGE-ID-123-xyz", "state": "delivered", "raw_state": "DELIVERED_TO_HANDSET",
            "code": "DELIVERED_TO_HANDSET", "words": "Message delivered to handset", "to": "+41793026727", "sender": "InfoSMS",
            "tag": "callbackData", "part": "", "at": datetime(2019, 11, 9, 15, 0, tzinfo=UTC), "segments": 1, "price": "0.01",
            "currency": "EUR", "opted_out": False,
        }  # fmt: skip
        assert first.raw["platform"]["entityId"] == "promotional-traffic-entity"
        assert (second.provider_id, second.tag) == ("12db39c3-7822-4e72-a3ec-c87442c0ffc5", "")
    one = {"results": REPORTS["results"][:1]}
    assert len(DIALECT.read_callback(call(URL, as_xml(one, "DeliveryReports"), kind="application/xml"))) == 1


def test_the_old_webhooks_reports_are_read_too() -> None:
    first, _ = DIALECT.read_callback(call(URL, json.dumps(OLD_REPORTS)))
    assert isinstance(first, DeliveryReport)
    assert (first.state, first.segments, first.tag) == ("delivered", 1, "callbackData")


def test_a_failure_keeps_the_errors_name_and_an_opt_out_is_told() -> None:
    failed = {
        **REPORTS["results"][0],
        "status": {
            "groupId": 2,
            "groupName": "UNDELIVERABLE",
            "id": 9,
            "name": "UNDELIVERABLE_NOT_DELIVERED",
            "description": "Not delivered",
        },
        "error": {
            "groupId": 1,
            "groupName": "HANDSETFAULTS",
            "id": 27,
            "name": "EC_ABSENT_SUBSCRIBER",
            "description": "Absent Subscriber",
            "permanent": False,
        },
    }
    blocked = {
        **REPORTS["results"][0],
        "status": {
            "groupId": 5,
            "groupName": "REJECTED",
            "id": 10,
            "name": "REJECTED_DND",
            "description": "DND",
        },
    }
    one, two = DIALECT.read_callback(call(URL, json.dumps({"results": [failed, blocked]})))
    assert isinstance(one, DeliveryReport)
    assert (one.state, one.raw_state, one.code, one.words) == (
        "undelivered", "UNDELIVERABLE_NOT_DELIVERED", "EC_ABSENT_SUBSCRIBER", "Absent Subscriber",
    )  # fmt: skip
    assert ERRORS[one.code].retry
    assert isinstance(two, DeliveryReport)
    assert (two.state, two.opted_out, one.opted_out) == ("rejected", True, False)


def test_a_recorded_inbound_message_is_read_from_json_and_from_xml() -> None:
    for body, kind in (
        (json.dumps(INBOUND).encode(), "application/json"),
        (as_xml(INBOUND, "reportResponse"), "application/xml"),
    ):
        (item,) = DIALECT.read_callback(call(URL, body, kind=kind))
        assert isinstance(item, InboundMessage)
        assert item.model_dump(exclude={"raw", "kind", "opt_out"}) == {
            "provider_id": "817790313235066447", "sender": "+385916242493", "to": "+385921004026",
            "body": "QUIZ Correct answer is Paris", "at": datetime(2019, 11, 9, 16, 0, tzinfo=UTC), "segments": 1,
        }  # fmt: skip


def test_one_bad_item_does_not_spoil_the_batch() -> None:
    results = [
        REPORTS["results"][0],
        {"status": {}},
        None,
        "x",
        {"messageId": "m", "notificationType": "CLICKED"},
        REPORTS["results"][1],
    ]
    items = DIALECT.read_callback(call(URL, json.dumps({"results": results})))
    assert [type(item) for item in items] == [
        DeliveryReport,
        BadItem,
        BadItem,
        BadItem,
        OtherEvent,
        DeliveryReport,
    ]
    assert [item.index for item in items if isinstance(item, BadItem)] == [1, 2, 3]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"5", b'{"results": []}', b'{"results": 5}', b"<a/>", b"<a><results/></a>"],
)
def test_what_is_no_call_of_theirs_is_a_bad_item(content: bytes) -> None:
    items = DIALECT.read_callback(call(URL, content))
    assert items
    assert all(isinstance(item, BadItem) for item in items)


# reading what is written -----------------------------------------------------------------------------------------------------------------

MOMENTS = st.none() | st.integers(0, 4_000_000_000_000).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
NUMBERS = st.integers(10**7, 10**14).map(lambda number: f"+{number}")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
SEGMENTS = st.integers(1, 9)


@st.composite
def reports(draw: Any) -> DeliveryReport:
    """Reports as they are read: the state is that of the status's id, the code the error's name or else the status's."""
    status = draw(st.sampled_from(sorted(STATUSES)))
    fault = draw(st.none() | st.sampled_from(sorted(FAULTS)))
    group, id, _ = STATUSES[status]
    price = draw(st.none() | st.integers(1, 999))
    return DeliveryReport(
        provider_id=draw(WORDS),
        state=state_of({"groupId": group, "id": id}),
        raw_state=status,
        code=fault or status,
        words=draw(WORDS),
        to=draw(NUMBERS),
        sender=draw(NUMBERS | st.just("InfoSMS")),
        tag=draw(st.just("") | WORDS),
        at=draw(MOMENTS),
        segments=draw(st.none() | SEGMENTS),
        price="" if price is None else str(price / 1000),
        currency="" if price is None else "EUR",
        opted_out=any(name in ERRORS and ERRORS[name].opted_out for name in (status, fault)),
    )


INBOUNDS = st.builds(
    InboundMessage,
    provider_id=WORDS,
    sender=NUMBERS,
    to=NUMBERS,
    body=WORDS,
    at=MOMENTS,
    segments=SEGMENTS,
    opt_out=st.just(""),
)


def bare(items: Any) -> list[Any]:
    return [item.model_copy(update={"raw": None}) for item in items]


@given(st.lists(reports(), min_size=1, max_size=4), st.lists(INBOUNDS, min_size=1, max_size=4))
@settings(max_examples=40)
def test_what_is_written_is_read_again(told: list[DeliveryReport], heard: list[InboundMessage]) -> None:
    for items, made in (
        (told, DIALECT.write_reports(tuple(told), URL, account(KEY), NOW)),
        (heard, DIALECT.write_inbound(tuple(heard), URL, account(KEY), NOW)),
    ):
        assert made.tree == again(made).tree
        assert bare(DIALECT.read_callback(again(made))) == items
        assert bare(DIALECT.read_callback(made)) == items


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [*((state, own, "") for state, own in DIALECT.emulation.states), *DIALECT.emulation.failures],
)
def test_the_stand_ins_courses_are_read_as_their_states(state: DeliveryState, code: str, words: str) -> None:
    """The stand-in gives a good stop its word as raw_state, a failure its code and words alone."""
    own = {"code": code, "words": words} if words else {"raw_state": code}
    made = DIALECT.write_reports(
        (DeliveryReport(provider_id="m", state=state, to="+15551230001", at=NOW, **own),), URL, {}, NOW
    )
    (item,) = DIALECT.read_callback(again(made))
    assert isinstance(item, DeliveryReport)
    assert (item.state, item.code) == (state, code)
    assert not words or item.words == words


def test_a_word_that_nobody_knows_is_written_and_stays_unknown() -> None:
    made = DIALECT.write_reports(
        (DeliveryReport(provider_id="m", state="unknown", raw_state="NEW_WORD"),), URL, {}, NOW
    )
    (item,) = DIALECT.read_callback(again(made))
    assert isinstance(item, DeliveryReport)
    assert (item.state, item.raw_state, item.code) == ("unknown", "NEW_WORD", "NEW_WORD")


# the stand-in ----------------------------------------------------------------------------------------------------------------------------


def test_the_stand_in_hears_what_was_written() -> None:
    fields = {**HELLO, "to": ("+41793026727", "+41793026834"), "report_url": URL, "tag": "t1", "send_at": NOW}
    heard = DIALECT.emulation.hear(DIALECT.write(message(**fields), account(KEY)))
    assert heard == Heard(
        to=fields["to"], sender="InfoSMS", body=HELLO["body"], report_url=URL, tag="t1", scheduled=True
    )


def held(id: str, *, told: bool) -> Held:
    to = f"+4179302672{id}"
    report = DeliveryReport(
        provider_id=id,
        state="delivered",
        raw_state="DELIVERED_TO_HANDSET",
        to=to,
        sender="InfoSMS",
        segments=1,
        at=NOW,
    )
    return Held(
        provider_id=id,
        to=to,
        heard=Heard(to=(to,), sender="InfoSMS", body="Hi"),
        at=NOW,
        reports=(report,) if told else (),
    )


HELD = (held("3", told=False), held("2", told=True), held("1", told=True))
ARRIVED = (
    InboundMessage(provider_id="i1", sender="+385916242493", to="+385921004026", body="STOP now", at=NOW),
)


def answered(path: str, **query: str) -> Any:
    route = next(route for route in DIALECT.emulation.routes if route.path == path)
    return route.answer(Asked(names={}, query=query, now=NOW), HELD, ARRIVED).body


def test_the_other_routes_answer_in_the_vendors_shape() -> None:
    assert [item["messageId"] for item in answered("/sms/3/reports")["results"]] == ["2", "1"]
    assert [item["messageId"] for item in answered("/sms/3/reports", messageId="1")["results"]] == ["1"]
    assert [item["messageId"] for item in answered("/sms/3/logs", limit="2")["results"]] == ["3", "2"]
    assert answered("/sms/3/logs")["results"][0]["status"]["name"] == "PENDING_ACCEPTED"
    assert answered("/sms/1/inbox/reports")["results"][0]["text"] == "STOP now"
    (report,) = read_status(INFOBIP, replied(answered("/sms/3/reports", messageId="1")))
    assert (report.provider_id, report.state, report.at) == ("1", "delivered", NOW)
    (logged,) = read_status(INFOBIP, replied(answered("/sms/3/logs", messageId="1")))
    assert (logged.to, logged.state) == ("+41793026721", "delivered")
    recorded_reports = read_status(INFOBIP, replied(golden(KEY, "requests")["delivery_report_body"]))
    assert [(each.provider_id, each.state) for each in recorded_reports] == [
        ("MESSAGE-ID-123-xyz", "delivered")
    ]
    assert read_status(INFOBIP, Reply(status=200, body=b"<html>")) == ()


# the vendor's own specification ----------------------------------------------------------------------------------------------------------


@cache
def spec() -> dict[str, Any]:
    if not SPEC.is_file():
        pytest.skip("The steering repository's folder shared/specs does not lie beside this repository.")
    return dict(json.loads(SPEC.read_text("utf-8")))


def faults(place: str, tree: Any) -> list[str]:
    """What the specification finds wrong, and the first names that it does not know: it leaves unknown ones open."""
    schema = {**spec(), "$ref": place}
    return [error.message for error in Draft202012Validator(schema).iter_errors(tree)]


def names_of(place: str) -> set[str]:
    """The names that a schema, or that of its ``results``, knows."""
    found: Any = spec()
    for name in place.removeprefix("#/").split("/"):
        found = found[name.replace("~1", "/")]
    while "$ref" in found:
        found = spec()["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    return set(found["properties"])


DELIVERY, ARRIVING = (
    WEBHOOK.format("receive-outbound-sms-message-reports-v3"),
    WEBHOOK.format("receive-inbound-sms-messages"),
)
NOUNS = "#/components/schemas/20085a4036d67f66ebf204560d55d58a7c131c15d42c8ed9442747c488e08630."
SEND = "#/paths/~1sms~13~1messages/post/requestBody/content/application~1json/schema"


def response(path: str) -> str:
    return f"#/paths/{path.replace('/', '~1')}/get/responses/200/content/application~1json/schema"


def test_the_webhooks_examples_are_the_recorded_ones_and_are_read() -> None:
    for name, wanted in (
        ("receive-outbound-sms-message-reports-v3", REPORTS),
        ("receive-inbound-sms-messages", INBOUND),
    ):
        examples = spec()["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]["examples"]
        for example in examples.values():
            assert example["value"] == wanted
            assert not any(
                isinstance(item, BadItem)
                for item in DIALECT.read_callback(call(URL, json.dumps(example["value"])))
            )


def test_the_specifications_own_xml_is_read_as_its_json() -> None:
    content = spec()["webhooks"]["receive-outbound-sms-message-reports-v3"]["post"]["requestBody"]["content"]
    (xml,) = (example["value"] for example in content["application/xml"]["examples"].values())
    from_xml = DIALECT.read_callback(call(URL, xml, kind="application/xml"))
    assert bare(from_xml) == bare(DIALECT.read_callback(call(URL, json.dumps(REPORTS))))
    for path, root in (("/sms/3/logs", "LogResponse"), ("/sms/1/inbox/reports", "reportResponse")):
        examples = spec()["paths"][path]["get"]["responses"]["200"]["content"]["application/xml"]["examples"]
        for example in examples.values():
            tree = xml_read(example["value"])
            assert list(tree) == [root]


@given(st.lists(reports(), min_size=1, max_size=3), st.lists(INBOUNDS, min_size=1, max_size=3))
@settings(max_examples=15)
def test_what_is_written_keeps_the_webhooks_schema(
    told: list[DeliveryReport], heard: list[InboundMessage]
) -> None:
    made = DIALECT.write_reports(tuple(told), URL, {}, NOW).tree
    assert faults(DELIVERY, made) == []
    assert set().union(*made["results"]) <= names_of(NOUNS + "DeliveryReport")
    made = DIALECT.write_inbound(tuple(heard), URL, {}, NOW).tree
    assert faults(ARRIVING, made) == []
    assert set().union(*made["results"]) <= names_of(NOUNS + "SmsMoReport")


def test_the_schema_would_find_a_fault() -> None:
    """So that the test above cannot pass by looking at the wrong place of the file."""
    made = DIALECT.write_reports((DeliveryReport(provider_id="m", state="delivered"),), URL, {}, NOW).tree
    made["results"][0]["status"]["groupName"] = "NO_SUCH_GROUP"
    assert faults(DELIVERY, made)
    assert faults(ARRIVING, {"results": [{"smsCount": "one"}]})
    assert faults(SEND, {"messages": [{"destinations": [{"to": "1"}]}]})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"to": ("+41793026727", "+41793026834")},
        {"report_url": URL, "tag": "t"},
        {"valid_s": 60},
        {"send_at": NOW},
    ],
    ids=["one", "two", "report", "validity", "time"],
)
def test_what_is_sent_keeps_the_specification(fields: dict[str, Any]) -> None:
    assert faults(SEND, body(**fields)) == []


def test_what_the_stand_in_answers_keeps_the_specification() -> None:
    for path in ("/sms/3/reports", "/sms/3/logs", "/sms/1/inbox/reports"):
        assert faults(response(path), answered(path)) == []
