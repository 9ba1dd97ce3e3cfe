"""The contract that every provider of texts keeps: what it writes it reads, what it hears is what was sent, and nothing makes it raise."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.filled import fill
from tests.providers.texts import NOW, again, call, message
from workbench.engine.compose import address_of, encoded
from workbench.engine.sms import dialect, values_of_account
from workbench.models.callback import CallbackItem, DeliveryReport, InboundMessage
from workbench.models.message import FINAL, SENDER_TYPES
from workbench.models.phone import number_key
from workbench.models.provider import Provider
from workbench.models.sms_account import SmsSettings
from workbench.models.sms_dialect import SmsDialect
from workbench.providers import every, provider
from workbench.sandbox.bodies import parse_body
from workbench.sandbox.providers import stands_in_for

KEYS = ("azure_communication_services", "telesign", "twilio")
URL = "https://wb.example/sms/tok/delivery"
BY_KEY = pytest.mark.parametrize("key", KEYS)
KINDS = [(key, model.kind) for key in KEYS for model in every()[key].credentials]


@cache
def declared(key: str) -> tuple[Provider, SmsDialect, dict[str, str]]:
    item = provider(key)
    credential, secrets = fill(item.credentials[0])
    return item, dialect(item), values_of_account(SmsSettings(provider=key), credential, secrets)


def report_for(key: str, state: Any, code: str, words: str) -> DeliveryReport:
    return DeliveryReport(
        provider_id="A" * 32, state=state, raw_state=code, code=code, words=words, to="+15558675310", sender="+15557122661",
        tag="", at=NOW, segments=1,
    )  # fmt: skip


@pytest.mark.parametrize(("key", "kind"), KINDS)
def test_its_addresses_are_its_own(key: str, kind: str) -> None:
    item, declared_, _ = declared(key)
    credential, secrets = fill(item.credential(kind))
    values = values_of_account(SmsSettings(provider=key), credential, secrets)
    for url in (declared_.status, declared_.authenticate):
        filled = address_of(url, {**values, "message_id": "M"})
        assert "{" not in filled
        assert not url or stands_in_for(item, urlsplit(filled).hostname or "")
        assert not url or urlsplit(filled).scheme == "https"
    assert bool(declared_.status) is (declared_.read_status is not None)


@BY_KEY
def test_its_course_and_its_ends_come_as_they_are_told(key: str) -> None:
    _, declared_, values = declared(key)
    emulation = declared_.emulation
    course = [(state, code, "") for state, code in emulation.states] + list(emulation.failures)
    for state, code, words in course:
        made = again(declared_.write_reports((report_for(key, state, code, words),), URL, values, NOW))
        assert declared_.prove is None or declared_.prove(made, values) is None
        (read,) = declared_.read_callback(made)
        assert isinstance(read, DeliveryReport), code
        assert (read.state, read.provider_id) == (state, "A" * 32), code
        if words:
            assert read.code == code
            assert code in declared_.errors, code
            assert read.words in (words, "")  # Twilio's callbacks have the code alone
    assert emulation.states[-1][0] in FINAL
    assert any(declared_.errors[code].opted_out for _, code, _ in emulation.failures)


@pytest.mark.parametrize("key", ["telesign", "twilio"])
def test_a_word_that_nobody_knows_is_written_and_stays_unknown(key: str) -> None:
    _, declared_, values = declared(key)
    for word in ("98765", "" if key == "twilio" else "98765"):
        made = again(declared_.write_reports((report_for(key, "unknown", word, ""),), URL, values, NOW))
        (read,) = declared_.read_callback(made)
        assert isinstance(read, DeliveryReport)
        assert (read.state, word in read.raw_state) == ("unknown", True)


@BY_KEY
def test_a_text_that_comes_in_is_read_as_it_was(key: str) -> None:
    _, declared_, values = declared(key)
    text = InboundMessage(provider_id="B" * 32, sender="+15558675310", to="12345", body="STOP é\n", at=NOW)
    made = again(declared_.write_inbound((text,), URL, values, NOW))
    (read,) = declared_.read_callback(made)
    assert isinstance(read, InboundMessage)
    assert (read.sender, read.to, read.body) == (text.sender, text.to, text.body)


@BY_KEY
@pytest.mark.parametrize("sender", ["+15557122661", "12345", "WORKBENCH"])
def test_the_stand_in_hears_what_was_sent(key: str, sender: str) -> None:
    item, declared_, values = declared(key)
    told = message(sender=sender, body="Olá € 😀", report_url=URL, tag="order-1", to=("+15558675310",))
    endpoint = item.endpoint()
    body = encoded(declared_.write(told, values), endpoint.encoding)
    heard = declared_.emulation.hear(parse_body(body, "", endpoint.encoding))
    assert [number_key(to) for to in heard.to] == ["15558675310"]
    assert number_key(heard.sender) == number_key(sender)
    assert heard.body == told.body
    assert heard.tag in ("", "order-1")
    assert heard.report_url.partition("?")[0] == (URL if declared_.setup.per_message else "")


@BY_KEY
def test_it_says_what_a_person_must_know(key: str) -> None:
    _, declared_, _ = declared(key)
    assert declared_.setup.delivery
    assert declared_.setup.inbound
    assert declared_.setup.source_url.startswith("https://")
    assert (declared_.setup.by == "support") is bool(declared_.setup.contact)
    assert set(declared_.sender_types) <= set(SENDER_TYPES)
    assert set(declared_.rates) <= set(declared_.sender_types)
    assert declared_.loses
    for code, word in declared_.errors.items():
        assert word.meaning.endswith("."), code
        assert word.advice.endswith("."), code
    sentences = [*declared_.setup.delivery, *declared_.setup.inbound, *declared_.loses]
    assert all(sentence.endswith(".") and "{" not in sentence for sentence in sentences)
    assert set(re.findall(r"\{(\w+)\}", declared_.setup.letter)) in (
        set(),
        {"delivery", "inbound", "account"},
    )


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["data", "eventType", "messageId", "deliveryAttempts", "status", "code", "reference_id", "sub_resource", "user_response",
             "content", "additional_info", "message_parts_count", "MessageSid", "SmsStatus", "Body", "source", "topic", "segmentCount"]
        ),
        inner
        | st.sampled_from(
            ["Microsoft.Communication.SMSReceived", "Microsoft.Communication.SMSDeliveryReportReceived", "mo_sms", "received", "²", "200",
             "Microsoft.EventGrid.SubscriptionValidationEvent"]
        ),
        max_size=6,
    ),
    max_leaves=8,
)  # fmt: skip


FORMS = st.dictionaries(
    st.sampled_from(
        ["MessageSid", "SmsStatus", "MessageStatus", "Body", "ErrorCode", "NumSegments", "OptOutType"]
    ),
    st.text(max_size=6),
    max_size=5,
).map(lambda form: urlencode(form, errors="replace").encode())
KINDS_OF_BODY = st.sampled_from(["application/x-www-form-urlencoded", "application/json", "text/xml", ""])
METHODS = st.sampled_from(["POST", "POST", "POST", "GET", "OPTIONS"])


@BY_KEY
@settings(deadline=None, max_examples=30)
@given(body=ANYTHING, method=METHODS)
def test_no_json_makes_it_raise(key: str, body: Any, method: str) -> None:
    _checked_json(key, body, method)


@BY_KEY
@settings(deadline=None, max_examples=30)
@given(body=st.binary(max_size=60) | FORMS, kind=KINDS_OF_BODY)
def test_no_bytes_make_it_raise(key: str, body: bytes, kind: str) -> None:
    _checked_bytes(key, body, kind)


@pytest.mark.soak
@BY_KEY
@settings(deadline=None, max_examples=2000)
@given(body=ANYTHING, method=METHODS, raw=st.binary(max_size=60) | FORMS, kind=KINDS_OF_BODY)
def test_nothing_makes_it_raise_in_a_long_run(
    key: str, body: Any, method: str, raw: bytes, kind: str
) -> None:
    _checked_json(key, body, method)
    _checked_bytes(key, raw, kind)


def _checked_json(key: str, body: Any, method: str) -> None:
    headers = (("X-Twilio-Signature", "é"), ("Authorization", "TSA é"))
    _checked(key, call(URL, json.dumps(body), headers, method=method))


def _checked_bytes(key: str, body: bytes, kind: str) -> None:
    _checked(key, call(URL + "?bodySHA256=x", body, (("X-Twilio-Signature", "x"),), kind=kind))


def _checked(key: str, callback: Any) -> None:
    _, declared_, values = declared(key)
    items: tuple[CallbackItem, ...] = declared_.read_callback(callback)
    assert len(items) >= 1
    assert declared_.prove is not None
    if declared_.signs:
        assert declared_.prove(callback, values) is not None
    else:
        declared_.prove(callback, {**values, "topic": "/subscriptions/x"})
