"""The custom channel: its calls as the contract of Customer Insights - Journeys has them (facts, part C6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.filled import fill
from tests.providers.test_contract import answer
from tests.providers.texts import NOW, account, again, call, dialect_of, message
from workbench.engine.read import read
from workbench.engine.sms import message_request, read_sent
from workbench.models.callback import BadItem, DeliveryReport, InboundMessage, OtherEvent
from workbench.models.message import DeliveryState
from workbench.models.request import Reply, Request
from workbench.models.sms_account import SmsSettings
from workbench.models.sms_dialect import Heard
from workbench.providers import provider
from workbench.providers.custom_channel import ChannelBasic, ChannelKey, ChannelOpen, request_id

KEY = "custom_channel"
CHANNEL = provider(KEY)
DIALECT = dialect_of(KEY)
URL = "https://wb.example/sms/tok/delivery"
OUTBOUND = "https://sms.example.com/outbound"
DEFINITION, ORGANIZATION = "4e4e3a4e-7b1c-4f0a-9f39-1d4f4c9f5a10", "0c4c5f2e-95d9-4f2c-8a4e-3f1c2b6a7d11"
VALUES = {"channel_definition_id": DEFINITION, "organization_id": ORGANIZATION}
ASKED = message(sender="+15557122661", to=("+15558675310",), body='Hello "café" \\ €')


def sent(model: Any = ChannelOpen, **given: str) -> Request:
    credential, secrets = fill(model, **given)
    return message_request(SmsSettings(provider=KEY, url=OUTBOUND), CHANNEL, credential, secrets, ASKED)


# the outbound call -----------------------------------------------------------------------------------------------------------------------


def test_the_outbound_call_is_one_text_that_is_json() -> None:
    request = sent()
    assert (request.method, request.url, request.header("Content-Type")) == (
        "POST",
        OUTBOUND,
        "application/json",
    )
    body = json.loads(request.body)
    assert list(body) == ["payload"]
    assert json.loads(body["payload"]) == {
        "ChannelDefinitionId": DEFINITION,
        "RequestId": request_id(ASKED),
        "From": "+15557122661",
        "To": "+15558675310",
        "Message": {"text": 'Hello "café" \\ €'},
        "MarketingAppContext": {
            "CustomerJourneyId": None,
            "UserId": None,
            "UserEntityType": None,
            "IsTestSend": True,
        },
    }


def test_each_attempt_has_the_same_request_id_and_each_recipient_another() -> None:
    later = ASKED.model_copy(update={"now": NOW.replace(year=2030), "body": "x"})
    other = ASKED.model_copy(update={"to": ("+15558675311",)})
    another = ASKED.model_copy(update={"id": "msg_2"})
    assert request_id(later) == request_id(ASKED)
    assert len({request_id(ASKED), request_id(other), request_id(another)}) == 3


def test_its_endpoint_is_asked_as_it_wants_to_be() -> None:
    assert sent().header("Authorization") is None
    assert (sent(ChannelBasic).header("Authorization") or "").startswith("Basic ")
    assert sent(ChannelKey, api_key="k-1").header("X-API-Key") == "k-1"


@pytest.mark.parametrize("typed", [DEFINITION.upper(), "{" + DEFINITION + "}", f" {DEFINITION}\n"])
def test_a_guid_is_written_in_small_letters(typed: str) -> None:
    credential, _ = fill(ChannelOpen, channel_definition_id=typed)
    assert isinstance(credential, ChannelOpen)
    assert credential.channel_definition_id == DEFINITION


def test_what_is_no_guid_is_refused() -> None:
    for typed in ("", "x", DEFINITION[:-1], DEFINITION.replace("-", "")):
        with pytest.raises(ValueError, match="channel_definition_id"):
            fill(ChannelOpen, channel_definition_id=typed)


# the response ----------------------------------------------------------------------------------------------------------------------------


def replied(status: int = 200, **inside: Any) -> Reply:
    return Reply(status=status, body=json.dumps({"response": json.dumps(inside)}).encode())


def test_sent_is_taken_with_its_message_id() -> None:
    reply = replied(
        ChannelDefinitionId=DEFINITION, MessageId="m-1", RequestId=request_id(ASKED), Status="Sent"
    )
    outcome, (taken,) = read_sent(CHANNEL, ASKED, reply, NOW)
    assert (outcome.kind, outcome.ids) == ("accepted", ("m-1", request_id(ASKED)))
    assert (taken.accepted, taken.state, taken.message_id) == (True, "sent", "m-1")


def test_without_a_message_id_the_request_id_names_it() -> None:
    _, (taken,) = read_sent(CHANNEL, ASKED, replied(RequestId=request_id(ASKED), Status="Sent"), NOW)
    assert (taken.accepted, taken.message_id) == (True, request_id(ASKED))


@pytest.mark.parametrize(
    ("inside", "kind", "state"),
    [
        ({"Status": "NotSent", "StatusDetails": {"Message": "blocked"}}, "check_body", "rejected"),
        ({"Status": "SendingFailed"}, "check_body", "unknown"),  # a plugin in the wild answers so
        ({"Status": "sent"}, "check_body", "unknown"),
        ({"Status": "Delivered"}, "check_body", "unknown"),
        ({}, "accepted", "unknown"),
        ({"Status": "Sent", "RequestId": "of another message"}, "accepted", "unknown"),
    ],
    ids=["NotSent", "SendingFailed", "small letters", "a report's word", "nothing", "another RequestId"],
)
def test_anything_but_sent_is_not_taken(inside: dict[str, Any], kind: str, state: str) -> None:
    outcome, (taken,) = read_sent(CHANNEL, ASKED, replied(**inside), NOW)
    assert (outcome.kind, taken.accepted, taken.state) == (kind, False, state)
    assert taken.code == inside.get("Status", "")
    assert taken.words == inside.get("StatusDetails", {}).get("Message", "")
    if kind == "check_body":
        assert inside["Status"] in str(outcome.sentence)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"response": 5}', b'{"response": "x"}', b'{"response": "[1]"}', b"<html>"]
)
def test_an_answer_off_the_contract_is_not_taken(body: bytes) -> None:
    _, (taken,) = read_sent(CHANNEL, ASKED, Reply(status=200, body=body), NOW)
    assert (taken.accepted, taken.state, taken.message_id) == (False, "unknown", "")


def test_a_bare_object_is_read_like_the_wrapped_one() -> None:
    reply = Reply(
        status=200,
        body=json.dumps({"MessageId": "m-1", "Status": "Sent", "RequestId": request_id(ASKED)}).encode(),
    )
    outcome, (taken,) = read_sent(CHANNEL, ASKED, reply, NOW)
    assert (outcome.kind, taken.accepted, taken.message_id) == ("accepted", True, "m-1")


def test_dataverses_own_error_is_read() -> None:
    error = {"error": {"code": "0x80040265", "message": "ISV code aborted the operation."}}
    outcome = read(CHANNEL, Reply(status=400, body=json.dumps(error).encode()), NOW)
    assert (outcome.kind, outcome.errors[0].message) == ("refused", "ISV code aborted the operation.")


# reports and inbound messages ------------------------------------------------------------------------------------------------------------

REPORT = {
    "ChannelDefinitionId": DEFINITION,
    "RequestId": "r-1",
    "MessageId": "m-1",
    "From": "+15557122661",
    "OrganizationId": ORGANIZATION,
    "Status": "Delivered",
}
ARRIVED = {
    "ChannelDefinitionId": DEFINITION,
    "To": "+15557122661",
    "From": "+15558675310",
    "OrganizationId": ORGANIZATION,
    "Message": {"text": "STOP"},
}


def read_one(tree: Any) -> Any:
    (item,) = DIALECT.read_callback(call(URL, json.dumps(tree)))
    return item


def reported(**given: Any) -> Any:
    return read_one({"notificationPayLoad": json.dumps({**REPORT, **given})})


@pytest.mark.parametrize(
    ("status", "state"),
    [("Delivered", "delivered"), ("NotDelivered", "undelivered"), ("Sent", "sent"), ("NotSent", "rejected")],
)
def test_a_report_is_read(status: str, state: str) -> None:
    item = reported(Status=status)
    assert isinstance(item, DeliveryReport)
    assert (item.provider_id, item.tag, item.state, item.raw_state, item.code) == (
        "m-1",
        "r-1",
        state,
        status,
        status,
    )
    assert (item.sender, item.at) == ("+15557122661", None)
    assert DIALECT.statuses[status] == state


def test_without_a_message_id_a_report_is_of_the_request() -> None:
    assert reported(MessageId=None).provider_id == "r-1"


@pytest.mark.parametrize("status", ["SendingFailed", "delivered", "DELIVERED", "Failed", "x" * 500])
def test_a_status_off_the_contract_is_unknown_with_its_words(status: str) -> None:
    item = reported(Status=status, StatusDetails={"Code": "30007", "Message": "carrier violation"})
    assert (item.state, item.raw_state, item.code, item.words) == (
        "unknown",
        status,
        "30007",
        "carrier violation",
    )
    assert item.raw["StatusDetails"]["Code"] == "30007"


def test_an_inbound_message_is_read() -> None:
    item = read_one({"inboundPayLoad": json.dumps(ARRIVED)})
    assert isinstance(item, InboundMessage)
    assert (item.sender, item.to, item.body, item.at) == ("+15558675310", "+15557122661", "STOP", None)


def test_a_text_without_an_id_is_a_new_one_at_each_moment() -> None:
    first = call(URL, json.dumps({"inboundPayLoad": json.dumps(ARRIVED)}))
    later = first.model_copy(update={"at": NOW.replace(year=2030)})
    ids = [DIALECT.read_callback(each)[0].provider_id for each in (first, first, later)]  # type: ignore[union-attr]
    assert ids[0] == ids[1] != ids[2]
    assert read_one({"inboundPayLoad": json.dumps({**ARRIVED, "MessageId": "i-1"})}).provider_id == "i-1"


@pytest.mark.parametrize(
    ("tree", "named"),
    [
        ({"notificationPayload": json.dumps(REPORT)}, "notificationPayLoad"),
        ({"InboundPayLoad": json.dumps(ARRIVED)}, "inboundPayLoad"),
        ({"notificationPayLoad": REPORT}, "notificationPayLoad"),
        ({"notificationPayLoad": "x"}, "notificationPayLoad"),
        ({"notificationPayLoad": "[]"}, "notificationPayLoad"),
        ({"notificationPayLoad": "[" * 100_000}, "notificationPayLoad"),
        ({"notificationPayLoad": json.dumps({"Status": "Delivered"})}, "RequestId"),
        ({"notificationPayLoad": json.dumps({"MessageId": "m"})}, "Status"),
        ({"inboundPayLoad": json.dumps({"Message": {"text": "x"}})}, "From"),
        ({"inboundPayLoad": json.dumps({"From": "+1555", "Message": "x"})}, "Message"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_off_the_contract_is_named(tree: Any, named: str) -> None:
    item = read_one(tree)
    assert isinstance(item, BadItem)
    assert named in str(item.sentence)


@pytest.mark.parametrize("content", [b"", b"{", b"5", b"null", b"{}", b"[]", b"<a/>", b'"x"'])
def test_what_is_no_object_is_a_bad_item(content: bytes) -> None:
    (item,) = DIALECT.read_callback(call(URL, content))
    assert isinstance(item, BadItem)


def test_another_call_is_kept_and_one_bad_item_does_not_spoil_the_rest() -> None:
    assert isinstance(read_one({"somethingElse": 1}), OtherEvent)
    good = {"notificationPayLoad": json.dumps(REPORT)}
    items = DIALECT.read_callback(call(URL, json.dumps([good, 5, {"notificationPayLoad": 5}, good])))
    assert [type(item) for item in items] == [DeliveryReport, OtherEvent, BadItem, DeliveryReport]


# reading what is written -----------------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=30)
NUMBERS = st.integers(10**7, 10**14).map(lambda number: f"+{number}")
STATUS = st.sampled_from(["Delivered", "NotDelivered", "SendingFailed", "Sent"])
REPORTS = st.tuples(STATUS, TEXTS, TEXTS, st.just("") | TEXTS, st.just("") | NUMBERS, NUMBERS | st.just("Shop")).map(
    lambda drawn: DeliveryReport(
        provider_id=drawn[1], tag=drawn[2], state=DIALECT.statuses.get(drawn[0], "unknown"), raw_state=drawn[0], code=drawn[0],
        words=drawn[3], to=drawn[4], sender=drawn[5],
    )
)  # fmt: skip
INBOUNDS = st.builds(
    InboundMessage, provider_id=TEXTS, sender=NUMBERS, to=NUMBERS, body=TEXTS, at=st.none(), segments=st.none(), opt_out=st.just("")
)  # fmt: skip


def bare(items: Any) -> list[Any]:
    return [item.model_copy(update={"raw": None}) for item in items]


@given(st.lists(REPORTS, min_size=1, max_size=3), st.lists(INBOUNDS, min_size=1, max_size=3))
@settings(max_examples=40)
def test_what_is_written_is_read_again(told: list[DeliveryReport], heard: list[InboundMessage]) -> None:
    for items, made in (
        (told, DIALECT.write_reports(tuple(told), URL, VALUES, NOW)),
        (heard, DIALECT.write_inbound(tuple(heard), URL, VALUES, NOW)),
    ):
        assert made.tree == again(made).tree
        assert bare(DIALECT.read_callback(again(made))) == items


def test_a_written_call_names_channel_and_organization() -> None:
    made = DIALECT.write_reports(
        (DeliveryReport(provider_id="m-1", state="delivered", tag="r-1", sender="+15557122661"),),
        URL,
        VALUES,
        NOW,
    )
    assert json.loads(made.tree["notificationPayLoad"]) == REPORT
    heard = InboundMessage(provider_id="i-1", sender="+15558675310", to="+15557122661", body="STOP")
    made = DIALECT.write_inbound((heard,), URL, VALUES, NOW)
    assert json.loads(made.tree["inboundPayLoad"]) == {**ARRIVED, "MessageId": "i-1"}


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [*((state, own, "") for state, own in DIALECT.emulation.states), *DIALECT.emulation.failures],
)
def test_the_stand_ins_courses_are_read_as_their_states(state: DeliveryState, code: str, words: str) -> None:
    own = {"code": code, "words": words} if words else {"raw_state": code}
    made = DIALECT.write_reports((DeliveryReport(provider_id="m", state=state, **own),), URL, VALUES, NOW)
    (item,) = DIALECT.read_callback(again(made))
    assert isinstance(item, DeliveryReport)
    assert (item.state, item.code, item.words) == (state, code, words)


# the stand-in ----------------------------------------------------------------------------------------------------------------------------


async def test_the_stand_in_keeps_the_contract() -> None:
    request = sent(ChannelKey)
    reply = await answer(request)
    inside = json.loads(json.loads(reply.body)["response"])
    assert set(inside) == {"ChannelDefinitionId", "MessageId", "RequestId", "Status"}
    assert (inside["ChannelDefinitionId"], inside["RequestId"], inside["Status"]) == (
        DEFINITION,
        request_id(ASKED),
        "Sent",
    )
    _, (taken,) = read_sent(CHANNEL, ASKED, reply, NOW)
    assert (taken.accepted, taken.message_id) == (True, inside["MessageId"])


def test_the_stand_in_hears_what_was_written() -> None:
    heard = DIALECT.emulation.hear(DIALECT.write(ASKED, account(KEY)))
    assert heard == Heard(to=ASKED.to, sender=ASKED.sender, body=ASKED.body, tag=request_id(ASKED))
    assert DIALECT.emulation.hear({"payload": "{"}) == Heard(to=("",))
