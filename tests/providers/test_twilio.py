"""Twilio: its requests and signatures as its own SDK makes them, its callbacks as they are recorded."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.filled import fill
from tests.providers.texts import NOW, account, again, call, dialect_of, golden, message, mutations, recorded
from workbench.engine.auth import basic
from workbench.engine.compose import form_encoded
from workbench.engine.sms import message_request, read_sent, read_status, reading_request
from workbench.models.callback import BadItem, Callback, DeliveryReport, InboundMessage, OtherEvent
from workbench.models.message import DeliveryState
from workbench.models.request import Headers, Reply, Request
from workbench.models.sms_account import SmsSettings
from workbench.models.sms_dialect import Asked, Heard, Held
from workbench.providers import provider
from workbench.providers.twilio import FORM, TwilioApiKey, TwilioToken, prove, signature

KEY = "twilio"
SID, TOKEN = "AC00000000000000000000000000000001", "f" * 32
DIALECT = dialect_of(KEY)
URL = "https://wb.example/sms/tok/delivery"
REQUESTS, CALLBACKS = golden(KEY, "requests"), golden(KEY, "callbacks")
VECTORS = [vector for vector in REQUESTS["signature_vectors"] if "params" in vector]


def values(**given: str) -> dict[str, str]:
    return account(KEY, account_sid=SID, **{"auth_token": TOKEN, **given})


def sent(**given: Any) -> Request:
    service = given.pop("messaging_service_sid", "")
    credential, secrets = fill(TwilioToken, account_sid=SID, auth_token=TOKEN, messaging_service_sid=service)
    return message_request(SmsSettings(provider=KEY), provider(KEY), credential, secrets, message(**given))


def signed_call(url: str, pairs: dict[str, str], given: str, more: Headers = ()) -> Callback:
    return call(url, urlencode(pairs), (("X-Twilio-Signature", given), *more), kind=FORM)


# requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("send_one", {"body": "Hello café €"}),
        ("send_alphanumeric_sender", {"to": ("+447700900123",), "sender": "WORKBENCH"}),
        ("send_scheduled", {"sender": "", "send_at": datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
                            "messaging_service_sid": "MG" + "b" * 32}),
    ],
)  # fmt: skip
def test_a_send_is_the_sdks_byte_for_byte(name: str, fields: dict[str, Any]) -> None:
    request, wanted = sent(**fields), recorded(KEY, name)
    assert request.method == wanted["method"]
    assert request.url == f"https://api.twilio.com{wanted['raw_target']}"
    assert request.body.decode() == wanted["body_text"]
    assert request.header("Content-Type") == wanted["content_type"]
    assert request.header("Authorization") == wanted["headers"]["authorization"]


def test_a_report_address_and_a_validity_stand_where_the_sdk_puts_them() -> None:
    request = sent(report_url="https://example.com/cb?x=1", valid_s=600)
    pairs = recorded(KEY, "send_with_status_callback")["body_form"]
    not_sent_from_here = ("ProvideFeedback", "SmartEncoded")
    ours = [(name, value) for name, value in pairs if name not in not_sent_from_here]
    assert request.body.decode() == urlencode(ours)
    assert "ValidityPeriod=36000" in sent(valid_s=604_800).text()


@pytest.mark.parametrize(
    "case", [c for c in REQUESTS["cases"] if c["request"].get("body_form")], ids=lambda c: c["name"]
)
def test_every_recorded_form_is_encoded_as_the_sdk_does_it(case: dict[str, Any]) -> None:
    body: dict[str, Any] = {}
    for name, value in case["request"]["body_form"]:
        body[name] = [body[name], value] if name in body else value
    assert form_encoded(body).decode() == case["request"]["body_text"]


def test_an_api_key_is_the_user_and_the_account_stays_in_the_path() -> None:
    credential, secrets = fill(TwilioApiKey, account_sid=SID, key_sid="SK" + "1" * 32, key_secret="k")
    request = message_request(SmsSettings(provider=KEY), provider(KEY), credential, secrets, message())
    assert SID in request.url
    assert request.header("Authorization") == basic("SK" + "1" * 32, "k")


def test_the_status_call_is_the_sdks_fetch_and_a_try_only_lists() -> None:
    credential, secrets = fill(TwilioToken, account_sid=SID, auth_token=TOKEN)
    sid = "SM" + "a" * 32
    fetch = reading_request(
        DIALECT.status, provider(KEY), credential, secrets, NOW, names={"message_id": sid}
    )
    assert (fetch.method, urlsplit(fetch.url).path) == ("GET", recorded(KEY, "fetch_status")["raw_target"])
    tried = reading_request(DIALECT.authenticate, provider(KEY), credential, secrets, NOW)
    assert (tried.method, urlsplit(tried.url).path) == ("GET", recorded(KEY, "list")["path"])


# answers ---------------------------------------------------------------------------------------------------------


def test_the_recorded_answer_is_a_taken_text() -> None:
    body = REQUESTS["success_response_body"]
    outcome, (taken,) = read_sent(provider(KEY), message(), _reply(201, body), NOW)
    assert outcome.ok
    assert (taken.accepted, taken.message_id, taken.state, taken.segments) == (True, body["sid"], "queued", 1)
    assert taken.to == "+15558675310"


@pytest.mark.parametrize("error", REQUESTS["errors"], ids=lambda error: error["name"])
def test_a_recorded_refusal_is_read_with_its_code_and_explained(error: dict[str, Any]) -> None:
    outcome, (taken,) = read_sent(provider(KEY), message(), _reply(error["http"], error["response"]), NOW)
    assert not taken.accepted
    assert taken.state == "rejected"
    assert taken.code == str(error["code"])
    assert taken.words == error["response"]["message"]
    assert DIALECT.errors[taken.code].advice
    assert outcome.kind == ("throttled" if error["http"] == 429 else "refused")


def test_a_text_that_failed_at_once_is_not_taken() -> None:
    body = {**REQUESTS["success_response_body"], "status": "failed", "error_code": 21610, "num_segments": "0"}
    (taken,) = read_sent(provider(KEY), message(), _reply(201, body), NOW)[1]
    assert (taken.accepted, taken.state, taken.code, taken.segments) == (False, "rejected", "21610", None)


def test_an_answer_that_names_no_text_leaves_its_end_unknown() -> None:
    (taken,) = read_sent(provider(KEY), message(), _reply(201, {"fine": True}), NOW)[1]
    assert (taken.accepted, taken.state) == (False, "unknown")


def test_a_fetched_text_tells_its_price_and_time() -> None:
    body = {
        **REQUESTS["success_response_body"], "status": "undelivered", "error_code": 30003, "error_message": "Unreachable",
        "price": "-0.00750", "price_unit": "USD", "num_segments": "3",
    }  # fmt: skip
    (report,) = read_status(provider(KEY), _reply(200, body))
    assert (report.state, report.raw_state, report.code, report.words) == (
        "undelivered",
        "undelivered",
        "30003",
        "Unreachable",
    )
    assert (report.price, report.currency, report.segments) == ("0.00750", "USD", 3)
    assert report.at == datetime(2023, 8, 24, 5, 1, 45, tzinfo=UTC)
    assert read_status(provider(KEY), _reply(200, {"code": 1})) == ()


def _reply(status: int, body: Any) -> Reply:
    return Reply(
        status=status, headers=(("Content-Type", "application/json"),), body=json.dumps(body).encode()
    )


# signatures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_vector_of_the_sdk_is_met_and_proved(vector: dict[str, Any]) -> None:
    algorithm = "sha256" if vector["algorithm"] == "HMAC_SHA256" else "sha1"
    assert (
        signature(vector["auth_token"], vector["url"], vector["params"].items(), algorithm)
        == vector["signature"]
    )
    settings: Headers = ()
    given = {"auth_token": vector["auth_token"]}
    if algorithm == "sha256":
        settings = (
            ("X-Twilio-Webhooks-Signature-Settings", "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"),
        )
        given = {"auth_token": "another", "webhook_key": vector["auth_token"]}
    made = signed_call(vector["url"], vector["params"], vector["signature"], settings)
    assert prove(made, given) is None
    changed = {**vector["params"], "From": "+15550000000"}
    assert prove(signed_call(vector["url"], changed, vector["signature"], settings), given) is not None


def test_the_vectors_are_all_there() -> None:
    assert [vector["name"] for vector in REQUESTS["signature_vectors"]] == [
        "docs_example", "status_callback", "inbound_utf8", "empty_param", "url_with_port_443", "sha256_sharedkey",
        "json_body_bodySHA256", "negative_changed_param",
    ]  # fmt: skip


def test_a_json_body_is_signed_by_its_hash_in_the_url() -> None:
    vector = next(v for v in REQUESTS["signature_vectors"] if v["name"] == "json_body_bodySHA256")
    given: Headers = (("X-Twilio-Signature", vector["signature"]),)
    values = {"auth_token": vector["auth_token"]}
    assert prove(call(vector["url"], vector["body"], given), values) is None
    assert prove(call(vector["url"], vector["body"].replace("true", "false"), given), values) is not None
    other = vector["url"].replace("bodySHA256=0", "bodySHA256=1")
    assert prove(call(other, vector["body"], given), values) is not None


def test_a_body_that_no_signature_covers_is_refused() -> None:
    bare = signature("12345", "https://example.com/in", ())
    given: Headers = (("X-Twilio-Signature", bare),)
    assert prove(call("https://example.com/in", "", given, kind=""), {"auth_token": "12345"}) is None
    assert (
        prove(call("https://example.com/in", '{"MessageSid": "SM1"}', given), {"auth_token": "12345"})
        is not None
    )
    assert (
        prove(call("https://example.com/in", b"Body=\xff", given, kind=FORM), {"auth_token": "12345"})
        is not None
    )


@pytest.mark.parametrize(
    ("signed", "called", "fits"),
    [
        ("https://example.com:443/in?a=1&b=2", "https://example.com/in?a=1&b=2", True),
        ("https://example.com/in?a=1&b=2", "https://example.com:443/in?a=1&b=2", True),
        ("http://example.com/in", "http://example.com:80/in", True),
        ("https://example.com/in", "https://example.com:8443/in", True),
        ("https://example.com:8443/in", "https://example.com/in", False),
        ("https://example.com/in?a=1&b=2", "https://example.com/in?b=2&a=1", False),
        ("https://example.com/in", "http://example.com/in", False),
        ("https://example.com/in", "https://example.com/in/", False),
        ("https://example.com/in?a=%2B", "https://example.com/in?a=+", False),
    ],
)
def test_the_url_is_tried_with_and_without_its_port_and_otherwise_as_it_is(
    signed: str, called: str, fits: bool
) -> None:
    made = signed_call(called, {"A": "1"}, signature(TOKEN, signed, [("A", "1")]))
    assert (prove(made, values()) is None) is fits


@pytest.mark.parametrize(
    ("given", "settings", "said"),
    [
        ({"auth_token": ""}, "", "Auth token"),
        ({}, "key=k,algorithm=HMAC_SHA256", "Shared key of webhooks"),
        ({"webhook_key": "s"}, "key=k,algorithm=HMAC_MD5", "HMAC_MD5"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_the_reason(
    given: dict[str, str], settings: str, said: str
) -> None:
    signed = signature(given.get("webhook_key", ""), URL, [("A", "1")], "sha256" if settings else "sha1")
    made = signed_call(URL, {"A": "1"}, signed, (("X-Twilio-Webhooks-Signature-Settings", settings),))
    assert said in str(prove(made, {"auth_token": TOKEN, **given}))


def test_a_call_without_signature_is_refused() -> None:
    assert "X-Twilio-Signature" in str(prove(call(URL, "A=1", kind=FORM), values()))


@pytest.mark.parametrize("which", ["report", "inbound"])
def test_no_changed_byte_is_let_in(which: str) -> None:
    """10,000 of them. Accepted may only be what says the very same: ``%2b`` for ``%2B``, a name without its ``=``."""
    recording = CALLBACKS["status_callback"][2] if which == "report" else CALLBACKS["inbound"]
    genuine = signed_call(recording["url"], recording["form"], recording["headers"]["x-twilio-signature"])
    assert prove(genuine, values()) is None
    let_in = [
        made
        for made in mutations(genuine, "X-Twilio-Signature", 5000, seed=20)
        if prove(made, values()) is None
    ]
    assert all(made.pairs == genuine.pairs and made.headers == genuine.headers for made in let_in)
    assert len(let_in) < 50


def test_no_changed_byte_is_let_in_with_a_shared_key_nor_of_a_body_signed_by_its_hash() -> None:
    given = values(webhook_key="k" * 32)
    genuine = DIALECT.write_reports((DeliveryReport(provider_id="SM1", state="sent"),), URL, given, NOW)
    body = b'{"MessageSid": "SM1"}'
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    hashed = call(url, body, (("X-Twilio-Signature", signature(TOKEN, url, ())),))
    for made, opened in ((genuine, given), (hashed, values())):
        assert prove(made, opened) is None
        let_in = [
            one for one in mutations(made, "X-Twilio-Signature", 1000, seed=22) if prove(one, opened) is None
        ]
        assert all(one.pairs == made.pairs and one.headers == made.headers for one in let_in)
        assert made.pairs or not let_in


# callbacks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recording", CALLBACKS["status_callback"], ids=lambda r: r["form"]["MessageStatus"])
def test_a_recorded_report_is_genuine_and_read(recording: dict[str, Any]) -> None:
    form = recording["form"]
    made = signed_call(recording["url"], form, recording["headers"]["x-twilio-signature"])
    assert prove(made, values()) is None
    (report,) = DIALECT.read_callback(made)
    assert isinstance(report, DeliveryReport)
    assert (report.provider_id, report.raw_state) == (form["MessageSid"], form["MessageStatus"])
    assert report.state == golden(KEY, "statuses")[form["MessageStatus"]]
    assert report.code == form.get("ErrorCode", "")
    assert (report.to, report.sender) == (form["To"], form["From"])
    assert report.raw == form


def test_the_recorded_stop_is_genuine_and_read() -> None:
    recording = CALLBACKS["inbound"]
    made = signed_call(recording["url"], recording["form"], recording["headers"]["x-twilio-signature"])
    assert prove(made, values()) is None
    (text,) = DIALECT.read_callback(made)
    assert isinstance(text, InboundMessage)
    assert (text.sender, text.to, text.body, text.opt_out) == ("+15558675310", "+15557122661", "STOP", "stop")
    assert text.segments == 1


@pytest.mark.parametrize(("word", "state"), golden(KEY, "statuses").items())
def test_every_status_is_mapped(word: str, state: DeliveryState) -> None:
    assert DIALECT.statuses[word] == state
    (item,) = DIALECT.read_callback(
        call(URL, urlencode({"MessageSid": "SM1", "MessageStatus": word}), kind=FORM)
    )
    if state == "received":
        assert isinstance(item, InboundMessage)
    else:
        assert isinstance(item, DeliveryReport)
        assert (item.state, item.raw_state) == (state, word)


def test_nothing_is_mapped_beyond_the_map() -> None:
    assert dict(DIALECT.statuses) == golden(KEY, "statuses")


def test_an_unknown_status_stays_unknown_and_keeps_its_word() -> None:
    (report,) = DIALECT.read_callback(call(URL, "MessageSid=SM1&MessageStatus=teleported&New=1", kind=FORM))
    assert isinstance(report, DeliveryReport)
    assert (report.state, report.raw_state) == ("unknown", "teleported")
    assert report.raw["New"] == "1"


@pytest.mark.parametrize(
    ("status", "code", "state", "opted_out"),
    [("failed", "21610", "rejected", True), ("undelivered", "30036", "expired", False), ("delivered", "30036", "delivered", False)],
)  # fmt: skip
def test_a_code_tells_a_failure_more_exactly(
    status: str, code: str, state: DeliveryState, opted_out: bool
) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": code}
    (report,) = DIALECT.read_callback(call(URL, urlencode(form), kind=FORM))
    assert isinstance(report, DeliveryReport)
    assert (report.state, report.opted_out) == (state, opted_out)


@pytest.mark.parametrize(("word", "verdict"), [("START", "start"), ("HELP", "help"), ("NEW", ""), ("", "")])
def test_the_verdict_on_an_inbound_text_is_kept(word: str, verdict: str) -> None:
    form = {
        "SmsSid": "SM1",
        "From": "15558675310",
        "To": "12345",
        "Body": "",
        "OptOutType": word,
        "NumSegments": "0",
    }
    (text,) = DIALECT.read_callback(call(URL, urlencode(form), kind=FORM))
    assert isinstance(text, InboundMessage)
    assert (text.sender, text.to, text.opt_out, text.segments) == ("+15558675310", "12345", verdict, None)


def test_what_names_no_text_is_a_bad_item_and_what_is_neither_is_kept() -> None:
    (bad,) = DIALECT.read_callback(call(URL, "MessageStatus=sent", kind=FORM))
    assert isinstance(bad, BadItem)
    assert "MessageSid" in str(bad.sentence)
    (odd,) = DIALECT.read_callback(call(URL, '{"MessageSid": "SM1"}'))
    assert isinstance(odd, BadItem)
    (other,) = DIALECT.read_callback(call(URL, "MessageSid=SM1&EventType=READ", kind=FORM))
    assert isinstance(other, OtherEvent)
    assert other.name == "READ"


def test_the_answer_is_empty_twiml() -> None:
    assert DIALECT.acknowledgement.body == "<Response></Response>"
    assert DIALECT.acknowledgement.content_type == "text/xml"


NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(sorted(set(DIALECT.statuses) - {"receiving", "received"})),
    st.sampled_from(["", "30003", "21610", "30036"]), NUMBERS, NUMBERS, st.booleans(),
)  # fmt: skip
def test_a_report_that_is_written_is_read_again(
    status: str, code: str, to: str, sender: str, shared: bool
) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": code, "To": to, "From": sender}
    (report,) = DIALECT.read_callback(call(URL, urlencode(form), kind=FORM))
    assert isinstance(report, DeliveryReport)
    given = values(webhook_key="shared") if shared else values()
    made = again(DIALECT.write_reports((report,), URL, given, NOW))
    assert prove(made, given) is None
    (read,) = DIALECT.read_callback(made)
    assert _plain(read) == _plain(report)


@settings(deadline=None, max_examples=40)
@given(NUMBERS, NUMBERS, TEXT, st.sampled_from(["", "stop", "start", "help"]), st.none() | st.integers(1, 9))
def test_an_inbound_text_that_is_written_is_read_again(
    sender: str, to: str, body: str, verdict: Any, segments: int | None
) -> None:
    text = InboundMessage(
        provider_id="SM1", sender=sender, to=to, body=body, opt_out=verdict, segments=segments
    )
    made = again(DIALECT.write_inbound((text,), URL, values(), NOW))
    assert prove(made, values()) is None
    assert [_plain(item) for item in DIALECT.read_callback(made)] == [_plain(text)]


def _plain(item: Any) -> Any:
    return item.model_copy(update={"raw": None})


def test_a_written_callback_has_the_members_of_the_recorded_one() -> None:
    report = DeliveryReport(provider_id="SM1", state="undelivered", code="30003", words="why")
    made = DIALECT.write_reports((report,), URL, values(), NOW)
    assert set(made.tree) == set(CALLBACKS["status_callback"][2]["form"])


def test_one_call_carries_one_report() -> None:
    report = DeliveryReport(provider_id="SM1", state="sent")
    with pytest.raises(ValueError):
        DIALECT.write_reports((report, report), URL, values(), NOW)


# the stand-in ----------------------------------------------------------------------------------------------------


def held(*states: tuple[DeliveryState, str], sid: str = "SM1", to: str = "+15558675310") -> Held:
    reports = tuple(
        DeliveryReport(provider_id=sid, state=state, code=code, words="why" if code else "", at=NOW)
        for state, code in states
    )
    return Held(
        provider_id=sid,
        to=to,
        heard=Heard(to=(to,), sender="+15557122661", body="Hi {{ x }}"),
        reports=reports,
        at=NOW,
    )


def routed(method: str, **given: Any) -> Any:
    wanted = "message_id" in given
    route = next(
        r for r in DIALECT.emulation.routes if r.method == method and ("{message_id}" in r.path) is wanted
    )
    names = {"account_sid": SID} | ({"message_id": given["message_id"]} if wanted else {})
    asked = Asked(names=names, query=given.get("query", {}), body=given.get("body"), now=NOW)
    answer = route.answer(asked, given.get("held", ()), given.get("inbound", ()))
    return answer, route.states(asked) if route.states else {}


def test_a_fetched_resource_has_every_member_of_the_recorded_one() -> None:
    answer, _ = routed("GET", message_id="SM1", held=(held(("sent", ""), ("undelivered", "30003")),))
    assert answer.status == 200
    assert set(answer.body) == set(REQUESTS["success_response_body"])
    assert (answer.body["status"], answer.body["error_code"], answer.body["error_message"]) == (
        "undelivered",
        30003,
        "why",
    )
    assert answer.body["date_created"] == "Sat, 21 Nov 2026 19:31:09 +0000"
    assert routed("GET", message_id="SM2")[0].status == 404


def test_a_cancel_changes_the_state_and_says_so() -> None:
    answer, states = routed("POST", message_id="SM1", held=(held(),), body={"Status": "canceled"})
    assert answer.body["status"] == "canceled"
    assert states == {"SM1": "canceled"}
    answer, states = routed("POST", message_id="SM1", held=(held(),), body={"Body": ""})
    assert (answer.body["status"], states) == ("queued", {})


def test_a_list_is_one_page_narrowed_as_asked() -> None:
    text = InboundMessage(provider_id="SM9", sender="+15558675310", to="+15557122661", body="STOP")
    all_of_it = {"held": (held(), held(sid="SM2", to="+15550000001")), "inbound": (text,)}
    answer, _ = routed("GET", **all_of_it)
    assert [(m["sid"], m["direction"]) for m in answer.body["messages"]] == [
        ("SM1", "outbound-api"), ("SM2", "outbound-api"), ("SM9", "inbound"),
    ]  # fmt: skip
    answer, _ = routed("GET", query={"To": "+15550000001"}, **all_of_it)
    assert [m["sid"] for m in answer.body["messages"]] == ["SM2"]
    answer, _ = routed("GET", query={"PageSize": "1"}, **all_of_it)
    assert [m["sid"] for m in answer.body["messages"]] == ["SM1"]
    assert answer.body["next_page_uri"] is None
