"""Telesign: its forms and signatures as its own SDK makes them, its callbacks as they are recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.filled import fill
from tests.providers.texts import NOW, account, again, call, dialect_of, golden, message, mutations, recorded
from workbench.engine.sms import message_request, read_sent, read_status, reading_request
from workbench.models.callback import BadItem, Callback, DeliveryReport, InboundMessage, OtherEvent
from workbench.models.credential import Credential
from workbench.models.message import DeliveryState
from workbench.models.request import Reply, Request
from workbench.models.sms_account import SmsSettings
from workbench.models.sms_dialect import Asked, Heard, Held
from workbench.providers import provider
from workbench.providers.telesign import TelesignBasic, TelesignTsa, lets_in, prove, sign

KEY = "telesign"
REQUESTS, CALLBACKS = golden(KEY, "requests"), golden(KEY, "callbacks")
CUSTOMER, API_KEY = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890", REQUESTS["api_key_used"]
DIALECT = dialect_of(KEY)
URL = "https://wb.example/sms/tok/delivery"
VALUES = account(KEY, customer_id=CUSTOMER, api_key=API_KEY)


def sent(model: type[Credential], **given: Any) -> Request:
    credential, secrets = fill(model, customer_id=CUSTOMER, api_key=API_KEY)
    return message_request(SmsSettings(provider=KEY), provider(KEY), credential, secrets, message(**given))


def recorded_call(recording: dict[str, Any]) -> Callback:
    return call(URL, recording["raw_body"], (("Authorization", recording["headers"]["authorization"]),))


# requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "model", "fields"),
    [
        ("send_one_hmac", TelesignTsa, {"body": "Hello café €", "designation": "transactional"}),
        ("send_one_basic", TelesignBasic, {"body": "Hello"}),
    ],
)
def test_a_send_is_the_sdks_byte_for_byte(name: str, model: type[Credential], fields: dict[str, Any]) -> None:
    request, wanted = sent(model, sender="", **fields), recorded(KEY, name)
    assert (request.method, request.url) == ("POST", f"https://rest-api.telesign.com{wanted['path']}")
    assert request.body.decode() == wanted["body_text"]
    assert request.header("Content-Type") == wanted["content_type"]
    if model is TelesignBasic:
        assert request.header("Authorization") == wanted["headers"]["authorization"]


def test_the_rest_of_a_send_follows_behind() -> None:
    request = sent(TelesignBasic, report_url="https://wb.example/r", tag="order-1")
    assert request.text().partition("&message_type=MKT&")[2] == (
        "sender_id=15557122661&callback_url=https%3A%2F%2Fwb.example%2Fr&external_id=order-1"
    )
    assert "sender_id=WORKBENCH" in sent(TelesignBasic, sender="WORKBENCH").text()


@pytest.mark.parametrize("name", ["send_one_hmac", "status_hmac"])
def test_a_recorded_request_is_signed_as_the_sdk_signed_it(name: str) -> None:
    wanted = recorded(KEY, name)
    headers = wanted["headers"]
    request = Request(
        method=wanted["method"],
        url=f"https://rest-api.telesign.com{wanted['raw_target']}",
        headers=(("Content-Type", headers["content-type"]), ("x-ts-nonce", headers["x-ts-nonce"])),
        body=wanted["body_text"].encode(),
    )
    signed = dict(sign(request, VALUES, NOW.replace(second=15)))
    assert signed["Authorization"] == headers["authorization"]
    assert signed["Date"] == headers["date"]
    assert signed["x-ts-auth-method"] == headers["x-ts-auth-method"]


def test_the_sdks_fixed_vector_is_met() -> None:
    vector = REQUESTS["hmac_fixed_vector"]
    request = Request(
        method=vector["method"],
        url=f"https://rest-ww.telesign.com{vector['resource']}",
        headers=(("Content-Type", "application/x-www-form-urlencoded"), ("x-ts-nonce", vector["nonce"])),
        body=vector["fields"].encode(),
    )
    signed = dict(sign(request, VALUES, datetime(2016, 12, 14, 18, 20, 12, tzinfo=UTC)))
    assert signed == {name: value for name, value in vector["headers"].items() if name in signed}


def test_a_signature_is_of_its_request_and_its_moment() -> None:
    one = sent(TelesignTsa)
    assert lets_in(one, VALUES)
    assert lets_in(one, None)
    assert sent(TelesignTsa).headers == one.headers
    nonces = {
        sent(TelesignTsa, **given).header("x-ts-nonce")
        for given in ({}, {"body": "Ho"}, {"to": ("+46701740605",)})
    }
    assert len(nonces) == 3
    assert sent(TelesignTsa, now=NOW.replace(microsecond=1)).header("x-ts-nonce") not in nonces
    assert not lets_in(one.model_copy(update={"body": one.body + b"!"}), VALUES)
    assert not lets_in(one, {**VALUES, "api_key": "YWJj"})
    assert not lets_in(sent(TelesignBasic), None)


def test_the_status_call_is_the_sdks() -> None:
    wanted = recorded(KEY, "status_basic")
    credential, secrets = fill(TelesignBasic, customer_id=CUSTOMER, api_key=API_KEY)
    names = {"message_id": "0123456789ABCDEF0123456789ABCDEF"}
    request = reading_request(DIALECT.status, provider(KEY), credential, secrets, NOW, names=names)
    assert (request.method, request.url) == ("GET", f"https://rest-api.telesign.com{wanted['raw_target']}")
    assert request.header("Authorization") == wanted["headers"]["authorization"]
    tried = reading_request(DIALECT.authenticate, provider(KEY), credential, secrets, NOW)
    assert tried.url.endswith("/v1/messaging/" + "0" * 32)
    assert 404 in DIALECT.let_in


# answers ---------------------------------------------------------------------------------------------------------


def test_the_recorded_answer_is_a_taken_text() -> None:
    body = next(c for c in REQUESTS["cases"] if c["name"] == "send_one_basic")["parsed"]["json"]
    outcome, (taken,) = read_sent(provider(KEY), message(), _reply(200, body), NOW)
    assert outcome.ok
    assert outcome.ids == (body["reference_id"],)
    assert (taken.accepted, taken.message_id, taken.state, taken.code) == (
        True,
        body["reference_id"],
        "sending",
        "290",
    )


@pytest.mark.parametrize("error", REQUESTS["errors"], ids=lambda error: error["name"])
def test_a_recorded_refusal_is_read_with_its_code_and_explained(error: dict[str, Any]) -> None:
    outcome, (taken,) = read_sent(provider(KEY), message(), _reply(error["http"], error["response"]), NOW)
    said = error["response"]["errors"][0]
    assert not taken.accepted
    assert (taken.code, taken.words) == (str(said["code"]), said["description"])
    assert DIALECT.errors[taken.code].advice
    assert outcome.kind == ("throttled" if error["http"] == 429 else "refused")


def test_a_yes_that_says_no_is_not_taken() -> None:
    body = {"reference_id": "A" * 32, "status": {"code": 10032, "description": "Message blocked by Telesign"}}
    (taken,) = read_sent(provider(KEY), message(), _reply(200, body), NOW)[1]
    assert (taken.accepted, taken.state, taken.words) == (False, "rejected", "Message blocked by Telesign")
    (taken,) = read_sent(provider(KEY), message(), _reply(200, {"status": {}}), NOW)[1]
    assert (taken.accepted, taken.state) == (False, "unknown")


def test_the_recorded_status_is_read() -> None:
    body = next(c for c in REQUESTS["cases"] if c["name"] == "status_basic")["parsed"]["json"]
    (report,) = read_status(provider(KEY), _reply(200, body))
    assert (report.provider_id, report.state, report.words) == (
        body["reference_id"],
        "delivered",
        "Delivered to handset",
    )
    assert report.at == datetime(2022, 10, 3, 16, 11, 40, tzinfo=UTC)
    assert read_status(provider(KEY), _reply(200, {"status": {"code": 200}})) == ()
    for status in (302, 401, 404, 500):  # what it says then is of the call, in the same shape
        assert read_status(provider(KEY), _reply(status, body)) == ()


def _reply(status: int, body: Any) -> Reply:
    return Reply(
        status=status, headers=(("Content-Type", "application/json"),), body=json.dumps(body).encode()
    )


# callbacks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recording", CALLBACKS["delivery_report"], ids=lambda r: str(r["body"]["status"]["code"])
)
def test_a_recorded_report_is_genuine_and_read(recording: dict[str, Any]) -> None:
    made, body = recorded_call(recording), recording["body"]
    assert prove(made, VALUES) is None
    (report,) = DIALECT.read_callback(made)
    assert isinstance(report, DeliveryReport)
    code = str(body["status"]["code"])
    assert (report.provider_id, report.raw_state, report.code) == (body["reference_id"], code, code)
    assert report.state == golden(KEY, "statuses")[code]
    assert (report.tag, report.segments, report.price, report.currency) == (
        "CustomExternalID7349",
        2,
        "0.01",
        "USD",
    )
    assert report.at == datetime(2016, 10, 21, 14, 5, 36, 181346, tzinfo=UTC)
    assert report.raw == body


@pytest.mark.parametrize("vector", REQUESTS["callback_signature_vectors"], ids=["sdk"])
@pytest.mark.parametrize("header", ["Authorization", "X-TS-Authorization"])
@pytest.mark.parametrize("prefix", ["", f"TSA {CUSTOMER}:"])
def test_the_sdks_vector_is_proved_bare_and_behind_its_prefix(
    vector: dict[str, Any], header: str, prefix: str
) -> None:
    given = ((header, prefix + vector["signature"]),)
    assert prove(call(URL, vector["body"], given), VALUES) is None
    assert prove(call(URL, vector["body"] + " ", given), VALUES) is not None


def test_a_proxys_own_authorization_does_not_hide_telesigns() -> None:
    vector = REQUESTS["callback_signature_vectors"][0]
    given = (
        ("Authorization", "Basic cHJveHk6eA=="),
        ("X-TS-Authorization", f"TSA {CUSTOMER}:{vector['signature']}"),
    )
    assert prove(call(URL, vector["body"], given), VALUES) is None


@pytest.mark.parametrize(
    ("authorization", "key", "said"),
    [
        ("", API_KEY, "no signature"),
        ("TSA 00000000-0000-0000-0000-000000000000:{signature}", API_KEY, "does not fit"),
        ("tsa " + CUSTOMER + ":{signature}", API_KEY, "does not fit"),
        ("{signature}", "YW5vdGhlcg==", "does not fit"),
        ("{signature}", "not base64", "does not fit"),
        ("{signature}", "", "API key"),
    ],
)
def test_another_signature_is_refused_with_the_reason(authorization: str, key: str, said: str) -> None:
    vector = REQUESTS["callback_signature_vectors"][0]
    given = (("Authorization", authorization.format(signature=vector["signature"])),) if authorization else ()
    assert said in str(prove(call(URL, vector["body"], given), {**VALUES, "api_key": key}))


def test_nobody_may_sign_with_an_empty_key() -> None:
    without = {**VALUES, "api_key": ""}
    made = DIALECT.write_reports((DeliveryReport(provider_id="A" * 32, state="sent"),), URL, without, NOW)
    assert prove(made, without) is not None


def test_no_changed_byte_is_let_in() -> None:
    genuine = recorded_call(CALLBACKS["delivery_report"][1])
    assert prove(genuine, VALUES) is None
    assert [
        made for made in mutations(genuine, "Authorization", 10_000, seed=21) if prove(made, VALUES) is None
    ] == []


@pytest.mark.parametrize(("code", "state"), golden(KEY, "statuses").items())
def test_every_code_is_mapped(code: str, state: DeliveryState) -> None:
    assert DIALECT.statuses[code] == state
    (item,) = DIALECT.read_callback(call(URL, json.dumps(_told(int(code)))))
    if state == "received":
        assert isinstance(item, InboundMessage)
    else:
        assert isinstance(item, DeliveryReport)
        assert (item.state, item.opted_out) == (state, code == "510")


def test_nothing_is_mapped_beyond_the_map() -> None:
    assert dict(DIALECT.statuses) == golden(KEY, "statuses")


def test_an_unknown_code_stays_unknown_and_is_kept() -> None:
    (report,) = DIALECT.read_callback(call(URL, json.dumps(_told(298))))
    assert isinstance(report, DeliveryReport)
    assert (report.state, report.raw_state, report.words) == ("unknown", "298", "w")


def _told(code: Any, **more: Any) -> dict[str, Any]:
    return {"reference_id": "A" * 32, "status": {"code": code, "description": "w"}, **more}


@pytest.mark.parametrize(
    "said",
    [
        {"user_response": {"phone_number": "15558675310", "sender_id": "4442", "mo_message": "Stop", "action": "stop"}},
        {"phone_number": "15558675310", "sender_id": "4442",
         "content": {"end_user_action": {"action": "STOP", "keyword": "stop", "text": "Stop"}}},
        {"phone_number": "15558675310", "sender_id": "4442",
         "content": {"text": "Stop", "end_user_action": {"action": "STOP", "text": "x"}}},
    ],
    ids=["user_response", "end_user_action", "content"],
)  # fmt: skip
def test_an_inbound_text_is_read_in_every_shape(said: dict[str, Any]) -> None:
    tree = _told(
        1500, sub_resource="mo_sms", submit_timestamp="2023-10-31T14:47:10.154000Z", errors={}, **said
    )
    (text,) = DIALECT.read_callback(call(URL, json.dumps(tree)))
    assert isinstance(text, InboundMessage)
    assert (text.sender, text.to, text.body, text.opt_out) == ("+15558675310", "4442", "Stop", "stop")
    assert text.at == datetime(2023, 10, 31, 14, 47, 10, 154000, tzinfo=UTC)


def test_another_channels_message_is_kept_and_what_names_no_text_is_bad() -> None:
    (other,) = DIALECT.read_callback(call(URL, json.dumps(_told(1500, sub_resource="mo_email"))))
    assert isinstance(other, OtherEvent)
    assert other.name == "mo_email"
    for body in ('{"status": {"code": 200}}', "[]", "nonsense", ""):
        (bad,) = DIALECT.read_callback(call(URL, body))
        assert isinstance(bad, BadItem)
        assert "reference_id" in str(bad.sentence)


NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(sorted(set(DIALECT.statuses) - {"1500"})),
    NUMBERS,
    NUMBERS,
    TEXT,
    TEXT,
    MOMENTS,
    st.none() | st.integers(1, 9),
)
def test_a_report_that_is_written_is_read_again(
    code: str, to: str, sender: str, words: str, tag: str, at: datetime, segments: int | None
) -> None:
    report = DeliveryReport(
        provider_id="A" * 32, state=DIALECT.statuses[code], raw_state=code, code=code, words=words, to=to, sender=sender,
        tag=tag, at=at, segments=segments, price="0.01", currency="EUR", opted_out=code == "510",
    )  # fmt: skip
    made = again(DIALECT.write_reports((report,), URL, VALUES, NOW))
    assert prove(made, VALUES) is None
    assert [_plain(item) for item in DIALECT.read_callback(made)] == [report]


@settings(deadline=None, max_examples=40)
@given(NUMBERS, st.just("4442") | NUMBERS, TEXT, MOMENTS, st.sampled_from(["", "stop", "start", "help"]))
def test_an_inbound_text_that_is_written_is_read_again(
    sender: str, to: str, body: str, at: datetime, verdict: Any
) -> None:
    text = InboundMessage(provider_id="A" * 32, sender=sender, to=to, body=body, at=at, opt_out=verdict)
    made = again(DIALECT.write_inbound((text,), URL, VALUES, NOW))
    assert prove(made, VALUES) is None
    assert [_plain(item) for item in DIALECT.read_callback(made)] == [text]


def _plain(item: Any) -> Any:
    return item.model_copy(update={"raw": None})


# the stand-in ----------------------------------------------------------------------------------------------------


def test_a_status_call_of_the_stand_in_has_the_recorded_shape() -> None:
    (route,) = DIALECT.emulation.routes
    reports = (
        DeliveryReport(
            provider_id="A" * 32, state="delivered", code="200", words="Delivered to handset", at=NOW
        ),
    )
    held = Held(
        provider_id="A" * 32, to="1555", heard=Heard(to=("1555",), tag="order-1"), reports=reports, at=NOW
    )
    asked = Asked(names={"message_id": "A" * 32}, query={}, now=NOW)
    answer = route.answer(asked, (held,), ())
    body = next(c for c in REQUESTS["cases"] if c["name"] == "status_basic")["parsed"]["json"]
    assert set(answer.body) >= set(body)
    assert answer.body["status"] == {
        "code": 200, "description": "Delivered to handset", "updated_on": "2026-11-21T19:31:09.000000Z",
    }  # fmt: skip
    assert route.answer(asked, (held.model_copy(update={"reports": ()}),), ()).body["status"]["code"] == 290
    assert route.answer(asked, (), ()).status == 404


def test_the_letter_to_the_support_has_its_places() -> None:
    letter = DIALECT.setup.letter.format(delivery="D", inbound="I", account="A")
    assert "{" not in letter
    assert all(word in DIALECT.setup.letter for word in ("{delivery}", "{inbound}", "{account}"))
