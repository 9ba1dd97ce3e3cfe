"""LINK Mobility: its requests and callbacks as the vendor's papers print them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

from tests.providers.filled import fill
from tests.providers.test_contract import answer
from tests.providers.texts import NOW, account, again, call, dialect_of, golden, message, recorded
from workbench.engine.auth import basic
from workbench.engine.read import read
from workbench.engine.sms import callback_of, message_request, read_sent, reading_request
from workbench.engine.xml_values import xml_written
from workbench.models.callback import BadItem, DeliveryReport, InboundMessage
from workbench.models.message import DeliveryState
from workbench.models.request import Reply, Request
from workbench.models.sms_account import SmsSettings
from workbench.models.sms_dialect import Heard
from workbench.providers import provider
from workbench.providers.link_mobility import CODES, ERRORS, LinkAccount

KEY = "link_mobility"
LINK = provider(KEY)
DIALECT = dialect_of(KEY)
URL = "https://wb.example/sms/tok/delivery"
CALLBACKS = golden(KEY, "callbacks")
HELLO = {"sender": "LINK", "sender_type": "alphanumeric", "to": ("+4799999999",), "body": "Hello world"}
ALWAYS = {"ignoreResponse": False}
OF_EACH = {"sourceTON": "ALPHANUMERIC", "dcs": "TEXT"}
"""What the papers' minimal examples leave to a default, and is said here."""


def sent(gate: str = "", **fields: Any) -> Request:
    credential, secrets = fill(
        LinkAccount, username="user", password="pass", platform_id="0", platform_partner_id="0", gate_id=gate
    )
    return message_request(
        SmsSettings(provider=KEY), LINK, credential, secrets, message(**{**HELLO, **fields})
    )


def body(gate: str = "", **fields: Any) -> Any:
    return json.loads(sent(gate, **fields).body)


# requests --------------------------------------------------------------------------------------------------------------------------------


def test_one_recipient_is_the_papers_request() -> None:
    request, wanted = sent(), recorded(KEY, "send_one")
    assert (request.method, request.url) == (wanted["method"], f"https://wsx.sp247.net{wanted['path']}")
    assert request.header("Authorization") == wanted["headers"]["authorization"] == basic("user", "pass")
    assert request.header("Content-Type") == wanted["headers"]["content-type"]
    assert json.loads(request.body) == {**wanted["body_json"], **ALWAYS, **OF_EACH, "refId": "msg_1"}


def test_a_scheduled_message_is_the_papers_request() -> None:
    made = body(send_at=datetime(2017, 6, 7, 15, 30, tzinfo=UTC))
    assert made == {**recorded(KEY, "send_scheduled")["body_json"], **ALWAYS, **OF_EACH, "refId": "msg_1"}


def test_several_recipients_are_the_papers_batch() -> None:
    request, wanted = sent(to=("+4799999999", "47 99 99 99 98"), tag="a"), recorded(KEY, "send_many")
    assert request.url == f"https://wsx.sp247.net{wanted['path']}"
    texts = [
        {**text, **OF_EACH, "userData": "Hello world", "refId": "a"}
        for text in wanted["body_json"]["sendRequestMessages"]
    ]
    assert json.loads(request.body) == {**wanted["body_json"], **ALWAYS, "sendRequestMessages": texts}


def test_reports_are_asked_for_where_there_is_a_gate() -> None:
    made = body("BVldZyQt")
    assert (made["useDeliveryReport"], made["deliveryReportGates"]) == (True, ["BVldZyQt"])
    assert "deliveryReportGates" not in body()


@pytest.mark.parametrize(
    ("sender", "kind", "source", "ton"),
    [
        ("2333", "short_code", "2333", "SHORTNUMBER"),
        ("+47 415 60067", "long_code", "+4741560067", "MSISDN"),
        ("+47 415 60067", "mobile", "+4741560067", "MSISDN"),
        ("LINK", "alphanumeric", "LINK", "ALPHANUMERIC"),
    ],
)
def test_a_sender_has_its_type_of_number(sender: str, kind: str, source: str, ton: str) -> None:
    made = body(sender=sender, sender_type=kind)
    assert (made["source"], made["sourceTON"]) == (source, ton)


def test_it_lives_for_48_hours_at_most() -> None:
    assert body(valid_s=600)["relativeValidityTime"] == 600_000
    assert body(valid_s=604_800)["relativeValidityTime"] == 172_800_000
    assert "relativeValidityTime" not in body()


@pytest.mark.parametrize(
    "host", [url.removeprefix("https://") for url in golden(KEY, "requests")["base_urls"]]
)
def test_every_assigned_address_is_taken_with_or_without_its_path(host: str) -> None:
    for typed in (host, f"https://{host}/sms", f"https://{host}/sms/send"):
        credential, secrets = fill(LinkAccount, host=typed)
        request = message_request(SmsSettings(provider=KEY), LINK, credential, secrets, message())
        assert request.url == f"https://{host}/sms/send"


@pytest.mark.parametrize(
    "typed", ["", "example.com", "linkmobility.io.evil.example", "a@no.linkmobility.io", "sp247.net"]
)
def test_another_host_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="host"):
        fill(LinkAccount, host=typed)


# answers ---------------------------------------------------------------------------------------------------------------------------------


def replied(tree: Any, status: int = 200) -> Reply:
    return Reply(
        status=status, headers=(("Content-Type", "application/json"),), body=json.dumps(tree).encode()
    )


def test_the_papers_answer_is_read() -> None:
    (case,) = (case for case in golden(KEY, "requests")["cases"] if case["name"] == "send_one")
    outcome, (taken,) = read_sent(LINK, message(), replied(case["response"]["body"]), NOW)
    assert (outcome.kind, outcome.ids) == ("accepted", ("Dcshuhod0PMAAAFQ+/PbnR3x",))
    assert (taken.accepted, taken.state, taken.code, taken.words) == (True, "queued", "1005", "Queued")


def test_a_batch_is_read_in_its_order_and_a_refused_one_is_told() -> None:
    asked = message(to=("+4799999991", "+4799999992", "+4799999993"))
    answers = [
        {"messageId": "a", "refId": "x", "resultCode": 1005, "message": "Queued", "smsCount": 2},
        {"messageId": "b", "refId": "x", "resultCode": 2106, "message": "Number error"},
    ]
    outcome, taken = read_sent(LINK, asked, replied(answers), NOW)
    assert outcome.kind == "check_body"
    assert [(each.accepted, each.state, each.message_id, each.segments) for each in taken] == [
        (True, "queued", "a", 2),
        (False, "rejected", "b", None),
        (False, "unknown", "", None),
    ]


def test_an_answer_without_a_body_took_it_but_gives_no_id() -> None:
    outcome, (taken,) = read_sent(LINK, message(), Reply(status=204), NOW)
    assert (outcome.kind, taken.accepted, taken.message_id) == ("accepted", True, "")


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"<html>", b'{"resultCode": 1005}', b'{"messageId": "a", "resultCode": 9}'],
)
def test_an_answer_that_says_nothing_is_not_a_yes(content: bytes) -> None:
    _, (taken,) = read_sent(LINK, message(), Reply(status=200, body=content), NOW)
    assert not taken.accepted


@pytest.mark.parametrize("code", golden(KEY, "requests")["errors"]["codes"])
def test_a_refusal_has_its_code_and_an_advice(code: str) -> None:
    words = golden(KEY, "requests")["errors"]["codes"][code]
    refusal = {"status": int(code), "description": words, "translatedDescription": words}
    outcome = read(LINK, replied(refusal, 401), NOW)
    assert outcome.kind == "refused"
    assert [(error.code, error.message) for error in outcome.errors] == [(code, words)]
    assert ERRORS[code].advice


# statuses --------------------------------------------------------------------------------------------------------------------------------


def test_every_recorded_code_is_mapped_and_explained() -> None:
    statuses = golden(KEY, "statuses")
    assert dict(DIALECT.statuses) == statuses
    assert len(statuses) == 54
    assert all(ERRORS[code].meaning for code in statuses)


def test_an_unknown_code_stays_unknown() -> None:
    (item,) = DIALECT.read_callback(
        call(URL, json.dumps({**CALLBACKS["delivery_report_json"], "resultCode": 9999}))
    )
    assert isinstance(item, DeliveryReport)
    assert (item.state, item.code, item.raw_state) == ("unknown", "9999", "9999")


# what it reports -------------------------------------------------------------------------------------------------------------------------


def told(**given: Any) -> dict[str, Any]:
    return {**CALLBACKS["delivery_report_json"], **given}


def test_the_papers_reports_are_read() -> None:
    good, bad = (
        DIALECT.read_callback(call(URL, json.dumps(CALLBACKS[name])))[0]
        for name in ("delivery_report_json", "delivery_report_failed")
    )
    assert isinstance(good, DeliveryReport)
    assert (good.provider_id, good.part, good.tag, good.state) == ("0", "", "0", "delivered")
    assert (good.at, good.segments, good.code) == (datetime(2015, 11, 19, 9, 37, tzinfo=UTC), 1, "1001")
    assert good.raw == CALLBACKS["delivery_report_json"]
    assert isinstance(bad, DeliveryReport)
    assert (bad.state, bad.code, bad.opted_out) == ("rejected", "2106", False)


def test_a_report_is_the_same_in_every_form_of_the_gate() -> None:
    tree = told(id="abc123$2", refId="tag", resultCode=2105)
    flat = {name: value for name, value in tree.items() if isinstance(value, (str, int))}
    forms = [
        call(URL, json.dumps(tree)),
        call(URL, xml_written({"deliveryReport": flat}), kind="application/xml"),
        call(URL, xml_written({"ANYNAME": flat}), kind=""),
        call(URL, urlencode(flat), kind="application/x-www-form-urlencoded"),
        callback_of("GET", f"{URL}?{urlencode(flat)}", (), b"", NOW),
        callback_of("PUT", f"{URL}?{urlencode(flat)}", (), b"", NOW),
        call(
            URL,
            urlencode({name.upper(): value for name, value in flat.items()}),
            kind="application/x-www-form-urlencoded",
        ),
    ]
    for form in forms:
        assert form.method in DIALECT.callback_methods
        (item,) = DIALECT.read_callback(form)
        assert isinstance(item, DeliveryReport)
        assert (item.provider_id, item.part, item.tag, item.state, item.segments) == (
            "abc123",
            "2",
            "tag",
            "rejected",
            1,
        )
        assert (item.at, item.opted_out) == (datetime(2015, 11, 19, 9, 37, tzinfo=UTC), True)


def test_a_gates_own_template_is_read() -> None:
    (item,) = DIALECT.read_callback(callback_of("GET", f"{URL}?id=abc&resultCode=1001", (), b"", NOW))
    assert isinstance(item, DeliveryReport)
    assert (item.provider_id, item.state, item.at) == ("abc", "delivered", None)


def test_the_papers_inbound_message_is_read_in_every_form() -> None:
    tree = CALLBACKS["inbound_keyword"]
    flat = {
        **{name: tree[name] for name in ("destination", "source", "timestamp", "messageId")},
        "userData": "Bclt hello",
    }
    xml = {**flat, "content": tree["content"]}
    del xml["userData"]
    for form in (
        call(URL, json.dumps(tree)),
        call(URL, xml_written({"mo": xml}), kind="text/xml"),
        call(URL, urlencode(flat), kind="application/x-www-form-urlencoded"),
        callback_of("GET", f"{URL}?{urlencode(flat)}", (), b"", NOW),
    ):
        (item,) = DIALECT.read_callback(form)
        assert isinstance(item, InboundMessage)
        assert (item.provider_id, item.sender, item.to, item.body) == (
            "0",
            "+4741560067",
            "NO-2333",
            "Bclt hello",
        )
        assert item.at == datetime(2015, 11, 17, 14, 28, 40, tzinfo=UTC)


def test_one_bad_item_does_not_spoil_the_batch() -> None:
    content = json.dumps([told(id="a"), {"resultCode": 1001}, {"x": 1}, 5, None, told(id="b")])
    items = DIALECT.read_callback(call(URL, content))
    assert [type(item) for item in items] == [
        DeliveryReport,
        BadItem,
        BadItem,
        BadItem,
        BadItem,
        DeliveryReport,
    ]
    assert [item.index for item in items if isinstance(item, BadItem)] == [1, 2, 3, 4]


@pytest.mark.parametrize("content", [b"", b"{", b"5", b"null", b"{}", b"<a/>", b"<a", b"\xff"])
def test_what_is_no_call_of_theirs_is_a_bad_item(content: bytes) -> None:
    (item,) = DIALECT.read_callback(call(URL, content))
    assert isinstance(item, BadItem)


# reading what is written -----------------------------------------------------------------------------------------------------------------

MOMENTS = st.none() | st.integers(0, 4_000_000_000).map(
    lambda s: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
NUMBERS = st.integers(10**7, 10**14).map(lambda number: f"+{number}")
IDS = st.from_regex(r"[A-Za-z0-9+/_-]{1,30}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=30)
PARTS = st.sampled_from(["", "0", "1", "12"])
REPORTS = st.tuples(st.sampled_from(sorted(CODES)), IDS, PARTS, st.just("") | IDS, MOMENTS, WORDS | st.just("")).map(
    lambda drawn: DeliveryReport(
        provider_id=drawn[1], part=drawn[2], state=CODES[drawn[0]][0], raw_state=drawn[0], code=drawn[0], words=drawn[5], tag=drawn[3],
        to="+4799999999", sender="LINK", at=drawn[4], segments=1, opted_out=CODES[drawn[0]][1].opted_out,
    )
)  # fmt: skip
INBOUNDS = st.builds(
    InboundMessage, provider_id=IDS, sender=NUMBERS, to=st.just("NO-2333") | NUMBERS, body=WORDS, at=MOMENTS, segments=st.none(),
    opt_out=st.just(""),
)  # fmt: skip


def bare(items: Any) -> list[Any]:
    return [item.model_copy(update={"raw": None}) for item in items]


@given(st.lists(REPORTS, min_size=1, max_size=3), st.lists(INBOUNDS, min_size=1, max_size=3))
@settings(max_examples=40)
def test_what_is_written_is_read_again(reports: list[DeliveryReport], heard: list[InboundMessage]) -> None:
    for items, made in (
        (reports, DIALECT.write_reports(tuple(reports), URL, account(KEY), NOW)),
        (heard, DIALECT.write_inbound(tuple(heard), URL, account(KEY), NOW)),
    ):
        assert made.tree == again(made).tree
        assert bare(DIALECT.read_callback(again(made))) == items


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [*((state, own, "") for state, own in DIALECT.emulation.states), *DIALECT.emulation.failures],
)
def test_the_stand_ins_courses_are_read_as_their_states(state: DeliveryState, code: str, words: str) -> None:
    own = {"code": code, "words": words} if words else {"raw_state": code}
    made = DIALECT.write_reports((DeliveryReport(provider_id="m", state=state, **own),), URL, {}, NOW)
    (item,) = DIALECT.read_callback(again(made))
    assert isinstance(item, DeliveryReport)
    assert (item.state, item.code, item.words) == (state, code, words)


def test_a_written_report_has_the_papers_names() -> None:
    made = DIALECT.write_reports(
        (DeliveryReport(provider_id="m", state="delivered", at=NOW),), URL, {}, NOW
    ).tree
    assert set(made) == set(CALLBACKS["delivery_report_json"])
    heard = InboundMessage(provider_id="i", sender="+4741560067", to="NO-2333", body="Bclt hello", at=NOW)
    made = DIALECT.write_inbound((heard,), URL, account(KEY, gate_id="g"), NOW).tree
    assert set(made) <= set(CALLBACKS["inbound_keyword"])
    assert set(made["route"]) <= set(CALLBACKS["inbound_keyword"]["route"])


# the stand-in ----------------------------------------------------------------------------------------------------------------------------


def test_the_stand_in_hears_one_and_several() -> None:
    one = message(**HELLO, tag="t1")
    assert DIALECT.emulation.hear(DIALECT.write(one, {})) == Heard(
        to=("+4799999999",), sender="LINK", body="Hello world", tag="t1"
    )
    several = message(**{**HELLO, "to": ("+4799999999", "+4799999998")}, send_at=NOW)
    heard = DIALECT.emulation.hear(DIALECT.write(several, {}))
    assert (heard.to, heard.tag, heard.scheduled) == (("+4799999999", "+4799999998"), "msg_1", True)


def test_it_is_set_up_by_its_support_with_a_letter() -> None:
    assert DIALECT.setup.by == "support"
    for place in ("{delivery}", "{inbound}", "{account}"):
        assert place in DIALECT.setup.letter
    assert DIALECT.prove is None
    assert DIALECT.status == ""


@pytest.mark.parametrize(("gate", "status"), [("g1", 200), ("", 404)])
async def test_the_credential_is_tried_by_reading_a_gate(gate: str, status: int) -> None:
    credential, secrets = fill(LinkAccount, gate_id=gate)
    tried = reading_request(DIALECT.authenticate, LINK, credential, secrets, NOW)
    assert (tried.method, tried.url) == (
        "GET",
        f"https://wsx.sp247.net/gate/partnergate/platform/0/partner/0/id/{gate}",
    )
    assert (await answer(tried)).status == status
    refused = reading_request(DIALECT.authenticate, LINK, credential, dict.fromkeys(secrets, "wrong"), NOW)
    assert (await answer(refused)).status == 401
    assert DIALECT.let_in == (404,)


# other people's specifications: where they agree with the papers -------------------------------------------------------------------------

CONNECTOR, CLIENT = (
    "linkmobility_powerplatform_connector.swagger.json",
    "linkmobility_link-api-v1.deveel-unofficial.json",
)
MISTAKEN = ("'SHORTNUMBER' is not one of", "is not of type 'object'")
"""The client's file says SHORTCODE where the papers say SHORTNUMBER, and wants objects as the values of customParameters."""


@cache
def document(file: str) -> dict[str, Any]:
    path = Path(__file__).parents[3] / "shared" / "specs" / file
    if not path.is_file():
        pytest.skip("The steering repository's folder shared/specs does not lie beside this repository.")
    return dict(json.loads(path.read_text("utf-8")))


def client_faults(schema: str, tree: Any) -> list[str]:
    whole = {**document(CLIENT), "$ref": f"#/components/schemas/{schema}"}
    found = [error.message for error in Draft202012Validator(whole).iter_errors(tree)]
    return [fault for fault in found if not any(words in fault for words in MISTAKEN)]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"sender": "2333", "sender_type": "short_code"},
        {"send_at": NOW, "valid_s": 600},
        {"to": ("+4799999999", "+4799999998")},
    ],
    ids=["one", "short code", "time", "several"],
)
def test_what_is_sent_keeps_the_clients_file(fields: dict[str, Any]) -> None:
    schema = "SmsBatchSendRequest" if "to" in fields else "SmsMessageRequest"
    made = body("BVldZyQt", **fields)
    assert client_faults(schema, made) == []
    known = document(CLIENT)["components"]["schemas"]
    assert set(made) <= set(known[schema]["properties"])
    each = set().union(*made.get("sendRequestMessages", []))
    assert each - {"refId"} <= set(known["SmsBatchMessage"]["properties"])  # the papers have a refId in each
    assert client_faults(schema, {**made, "platformId": 1})  # it would find a fault


def test_what_is_sent_and_refused_keeps_microsofts_connector() -> None:
    post = document(CONNECTOR)["paths"]["/"]["post"]
    request, refusal = post["parameters"][0]["schema"], post["responses"]["400"]["schema"]
    assert list(Draft4Validator(request).iter_errors(body())) == []
    assert list(Draft4Validator(request).iter_errors({"source": "LINK"}))
    for rule in LINK.endpoint().requirements:
        assert list(Draft4Validator(refusal).iter_errors(rule.refusal.body)) == []
        assert set(rule.refusal.body) == set(refusal["properties"])
    assert set(LINK.endpoint().accepted.body) == set(post["responses"]["200"]["schema"]["properties"])
