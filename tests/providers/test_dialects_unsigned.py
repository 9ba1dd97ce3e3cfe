"""What the providers whose calls are not signed have in common: nothing that comes makes them raise, and their stand-ins work."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.filled import fill
from tests.providers.test_contract import answer
from tests.providers.texts import NOW, again, call, dialect_of, message
from workbench.engine.compose import address_of, encoded
from workbench.engine.sms import callback_of, message_request, read_sent, reading_request, values_of_account
from workbench.engine.xml_values import xml_written
from workbench.models.base import JsonValue
from workbench.models.callback import DeliveryReport, InboundMessage
from workbench.models.message import FINAL
from workbench.models.phone import number_key
from workbench.models.request import Reply
from workbench.models.sms_account import SmsSettings
from workbench.providers import provider
from workbench.sandbox.bodies import parse_body

KEYS = ("custom_channel", "infobip", "link_mobility", "vibes")
URL = "https://wb.example/sms/tok/delivery"
BY_KEY = pytest.mark.parametrize("key", KEYS)
KINDS = [(key, model) for key in KEYS for model in provider(key).credentials]
WORDS = [
    "results", "result", "messages", "destinations", "status", "error", "price", "content", "webhooks", "messageId", "id", "groupId",
    "from", "to", "text", "resultCode", "source", "destination", "userData", "sendRequestMessages", "refId", "timestamp", "segments",
    "mtMessageResponse", "mtMessageResponses", "mtMessageRsp", "mtMessage", "moMessage", "deliver", "message", "transaction", "multipart",
    "type", "@messageId", "@isError", "@address", "#text", "@text", "notificationPayLoad", "inboundPayLoad", "response", "payload",
    "Status", "MessageId", "RequestId", "StatusDetails", "From", "Message",
]  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6) | st.sampled_from(
    ["²", "1001", "5", '{"Status": "Sent"}', '{"From": 5, "Message": {"text": []}}', '{"MessageId": [], "Status": {}}',
     "2019-13-40T00:00:00Z"]
)  # fmt: skip
TREES: st.SearchStrategy[JsonValue] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=10,
)


def values_for(key: str) -> dict[str, str]:
    credential, secrets = fill(provider(key).credentials[0])
    return values_of_account(SmsSettings(provider=key), credential, secrets)


@BY_KEY
@settings(deadline=None, max_examples=60)
@given(
    tree=TREES,
    content=st.binary(max_size=60),
    kind=st.sampled_from(["application/json", "text/xml", "application/x-www-form-urlencoded", ""]),
)
def test_nothing_that_comes_makes_it_raise(key: str, tree: JsonValue, content: bytes, kind: str) -> None:
    dialect = dialect_of(key)
    for body in (content, json.dumps(tree).encode(), as_xml(tree)):
        for method in ("POST", "GET", "PUT"):
            assert dialect.read_callback(
                callback_of(method, f"{URL}?id=1&x", (("Content-Type", kind),), body, NOW)
            )
    dialect.emulation.hear(tree)
    two = message(to=("+15551230001", "+15551230002"))
    for answered in (json.dumps(tree).encode(), as_xml(tree), content):
        _, taken = read_sent(provider(key), two, Reply(status=200, body=answered), NOW)
        assert [each.to for each in taken] == list(two.to)
    if dialect.read_status is not None:
        dialect.read_status(tree)


def as_xml(tree: JsonValue) -> bytes:
    try:
        return xml_written(tree)
    except ValueError:
        return b""


@pytest.mark.parametrize(("key", "model"), KINDS, ids=lambda value: getattr(value, "kind", value))
async def test_a_send_is_taken_by_the_stand_in_for_each_recipient(key: str, model: Any) -> None:
    item, dialect = provider(key), dialect_of(key)
    credential, secrets = fill(model)
    recipients = ("+15551230001", "+15551230002", "+15551230003")[: min(3, dialect.most_recipients)]
    told = message(to=recipients, body="Olá € & <b>", report_url=URL, tag="order-1")
    where = SmsSettings(provider=key, url="" if item.endpoint().url else "https://sms.example.com/out")
    reply = await answer(message_request(where, item, credential, secrets, told))
    outcome, taken = read_sent(item, told, reply, NOW)
    assert outcome.kind == "accepted", reply.text()
    assert [each.to for each in taken] == list(recipients)
    assert all(each.accepted and each.message_id for each in taken)
    assert len({each.message_id for each in taken}) == len(recipients)
    assert set(outcome.ids) >= {each.message_id for each in taken}


@BY_KEY
async def test_the_credential_is_tried_without_sending(key: str) -> None:
    item, dialect = provider(key), dialect_of(key)
    if not dialect.authenticate:
        assert key == "custom_channel"  # a person's own endpoint has nothing that only reads
        return
    credential, secrets = fill(item.credentials[0])
    right = await answer(reading_request(dialect.authenticate, item, credential, secrets, NOW))
    wrong = await answer(
        reading_request(dialect.authenticate, item, credential, dict.fromkeys(secrets, "wrong"), NOW)
    )
    assert right.status in (200, *dialect.let_in)
    assert wrong.status == 401


@BY_KEY
@pytest.mark.parametrize("sender", ["+15557122661", "12345", "WORKBENCH"])
def test_the_stand_in_hears_what_was_sent(key: str, sender: str) -> None:
    item, dialect = provider(key), dialect_of(key)
    told = message(sender=sender, body="Olá € 😀", report_url=URL, to=("+15558675310",))
    encoding = item.endpoint().encoding
    heard = dialect.emulation.hear(
        parse_body(encoded(dialect.write(told, values_for(key)), encoding), "", encoding)
    )
    assert [number_key(to) for to in heard.to] == ["15558675310"]
    assert (number_key(heard.sender), heard.body) == (number_key(sender), told.body)
    assert heard.report_url == (URL if dialect.setup.per_message else "")


@BY_KEY
def test_its_course_comes_however_the_studio_writes_it(key: str) -> None:
    """The studio fills raw_state, code or both with the provider's own code."""
    dialect = dialect_of(key)
    course = [(state, code, "") for state, code in dialect.emulation.states] + list(
        dialect.emulation.failures
    )
    for state, code, words in course:
        for own in ({"raw_state": code, "code": code}, {"code": code}):
            report = DeliveryReport(
                provider_id="A" * 32,
                state=state,
                words=words,
                to="+15558675310",
                sender="+15557122661",
                at=NOW,
                **own,
            )
            (read,) = dialect.read_callback(
                again(dialect.write_reports((report,), URL, values_for(key), NOW))
            )
            assert isinstance(read, DeliveryReport)
            assert (read.state, read.provider_id) == (state, "A" * 32), code
            if words:
                assert (read.code, read.words) == (code, words)
                assert code in dialect.errors
    assert dialect.emulation.states[-1][0] in FINAL


@BY_KEY
def test_a_state_without_a_code_is_written_as_what_it_is(key: str) -> None:
    dialect = dialect_of(key)
    for state in ("sent", "delivered", "undelivered"):
        report = DeliveryReport(provider_id="m", state=state, at=NOW)
        (read,) = dialect.read_callback(again(dialect.write_reports((report,), URL, values_for(key), NOW)))
        assert isinstance(read, DeliveryReport)
        assert read.state == (
            state if (key, state) != ("custom_channel", "sent") else "undelivered"
        )  # it has two words alone


@BY_KEY
def test_a_word_that_nobody_knows_is_written_and_stays_unknown(key: str) -> None:
    dialect = dialect_of(key)
    report = DeliveryReport(provider_id="m", state="unknown", raw_state="98765", at=NOW)
    (read,) = dialect.read_callback(again(dialect.write_reports((report,), URL, values_for(key), NOW)))
    assert isinstance(read, DeliveryReport)
    assert read.state == "unknown"
    assert "98765" in read.raw_state
    bare = report.model_copy(update={"raw_state": ""})
    (read,) = dialect.read_callback(again(dialect.write_reports((bare,), URL, values_for(key), NOW)))
    assert isinstance(read, DeliveryReport)
    assert read.state == ("undelivered" if key == "custom_channel" else "unknown")  # it has two words alone


@BY_KEY
def test_a_text_that_comes_in_is_read_as_it_was(key: str) -> None:
    dialect = dialect_of(key)
    text = InboundMessage(provider_id="B" * 32, sender="+15558675310", to="12345", body=" STOP é\n", at=NOW)
    (read,) = dialect.read_callback(again(dialect.write_inbound((text,), URL, values_for(key), NOW)))
    assert isinstance(read, InboundMessage)
    assert (read.provider_id, read.sender, read.to, read.body) == ("B" * 32, text.sender, text.to, text.body)


@BY_KEY
def test_it_says_what_a_person_must_know(key: str) -> None:
    dialect, item = dialect_of(key), provider(key)
    assert dialect.prove is None
    assert dialect.setup.delivery
    assert dialect.setup.inbound
    assert (dialect.setup.by == "support") is bool(dialect.setup.contact)
    letter = dialect.setup.letter.format(delivery="D", inbound="I", account="A")
    assert "{" not in letter
    sentences = [*dialect.setup.delivery, *dialect.setup.inbound, *dialect.loses]
    sentences += [text for word in dialect.errors.values() for text in (word.meaning, word.advice)]
    assert all(sentence.endswith(".") for sentence in sentences)
    credential, secrets = fill(item.credentials[0])
    for url in (dialect.status, dialect.authenticate):
        assert "{" not in address_of(url, {**values_for(key), "message_id": "M"})
    assert bool(dialect.status) is (dialect.read_status is not None)
    assert credential.secret_fields() or not secrets


@BY_KEY
def test_no_call_has_more_than_the_provider_puts_into_one(key: str) -> None:
    dialect = dialect_of(key)
    assert dialect.most_reports == (100 if key == "infobip" else 1)
    many = tuple(DeliveryReport(provider_id=f"m{turn}", state="delivered", at=NOW) for turn in range(3))
    read = dialect.read_callback(again(dialect.write_reports(many, URL, values_for(key), NOW)))
    assert [item.provider_id for item in read if isinstance(item, DeliveryReport)] == ["m0", "m1", "m2"]
    assert call(URL, b"x").kind == "unreadable"
