"""The contract of a custom channel: what goes out in both contexts, and every departure of what comes back (R-SMS-31, 32)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.channel_designs import CUSTOM, DEFINITION, OTHER, SMS, part
from workbench.engine.channel_contract import (
    check_parts,
    judge,
    outbound,
    sample_inbound,
    sample_report,
    text_at,
    wrapped,
)
from workbench.models.custom_channel import ContractKind, ContractTry

ASK = ContractTry(message={"text": "Hello"})
ORGANIZATION = "0c4c5f2e-95d9-4f2c-8a4e-3f1c2b6a7d11"
PAYLOAD = outbound(SMS, ASK, "req-1", "journey-1", "user-1")
GOOD = {"ChannelDefinitionId": DEFINITION, "MessageId": "m-1", "RequestId": "req-1", "Status": "Sent"}
RESPONSE = json.dumps({"response": json.dumps(GOOD)})
REPORT = {
    "ChannelDefinitionId": DEFINITION, "RequestId": "req-1", "MessageId": "m-1", "From": "+15550100", "OrganizationId": ORGANIZATION,
    "Status": "Delivered",
}  # fmt: skip
INBOUND = {
    "ChannelDefinitionId": DEFINITION, "To": "+15550100", "From": "+15550123", "OrganizationId": ORGANIZATION, "Message": {"text": "STOP"},
}  # fmt: skip
WHOLE: dict[ContractKind, dict[str, Any]] = {"response": GOOD, "report": REPORT, "inbound": INBOUND}


def found(kind: ContractKind, document: Any, **more: str) -> dict[str, str]:
    text = document if isinstance(document, str) else json.dumps(document)
    verdict = judge(SMS, kind, text, **more)
    return {problem.field: str(problem.sentence) for problem in verdict.problems if problem.blocks}


def levels(kind: ContractKind, document: Any, **more: str) -> list[tuple[str, str]]:
    return [(one.field, one.level) for one in judge(SMS, kind, json.dumps(document), **more).problems]


# -- what goes out ---------------------------------------------------------------------------------------------------------


def test_the_payload_of_a_journey_and_of_a_test_send() -> None:
    tested = outbound(SMS, ASK.model_copy(update={"test_send": True}), "req-2", "journey-1", "user-1")

    assert json.loads(PAYLOAD.document) == {
        "ChannelDefinitionId": DEFINITION, "RequestId": "req-1", "From": "+15550100", "To": "+15550123", "Message": {"text": "Hello"},
        "MarketingAppContext": {"CustomerJourneyId": "journey-1", "UserId": "user-1", "UserEntityType": "contact", "IsTestSend": False},
    }  # fmt: skip
    assert json.loads(tested.document)["MarketingAppContext"] == {
        "CustomerJourneyId": None, "UserId": None, "UserEntityType": None, "IsTestSend": True,
    }  # fmt: skip
    assert (PAYLOAD.test_send, tested.test_send) == (False, True)
    assert PAYLOAD.custom_api == "/cr65f_OutboundCustomApi"
    assert json.loads(json.loads(wrapped(PAYLOAD))["payload"]) == json.loads(PAYLOAD.document)


def test_our_own_payloads_keep_to_the_contract() -> None:
    for test_send in (False, True):
        payload = outbound(
            SMS, ASK.model_copy(update={"test_send": test_send}), "req-1", "journey-1", "user-1"
        )

        assert judge(SMS, "outbound", wrapped(payload)).problems == ()


@pytest.mark.parametrize(
    ("context", "field"),
    [
        ({"IsTestSend": "yes"}, "MarketingAppContext"),
        ([], "MarketingAppContext"),
        (
            {"IsTestSend": True, "CustomerJourneyId": "j", "UserId": None, "UserEntityType": None},
            "MarketingAppContext.CustomerJourneyId",
        ),
        (
            {"IsTestSend": False, "CustomerJourneyId": "j", "UserId": None, "UserEntityType": "contact"},
            "MarketingAppContext.UserId",
        ),
    ],
)
def test_a_context_is_whole_or_empty(context: Any, field: str) -> None:
    document = {**json.loads(PAYLOAD.document), "MarketingAppContext": context}

    assert field in found("outbound", document)


def test_the_sales_app_sends_no_context() -> None:
    document = json.loads(PAYLOAD.document)
    del document["MarketingAppContext"]

    assert found("outbound", document) == {}


def test_the_parts_of_a_message() -> None:
    design = CUSTOM.model_copy(
        update={"parts": (part(max_length=5), part(id="", name="title", required=False))}
    )

    assert check_parts(design, {"text": "12345"}) == []
    assert [one.field for one in check_parts(design, {})] == ["message.text"]
    assert "6 characters; the channel takes 5" in str(check_parts(design, {"text": "123456"})[0].sentence)
    assert "Its parts are: text, title" in str(check_parts(design, {"text": "x", "footer": "y"})[0].sentence)
    assert json.loads(outbound(design, ContractTry(message={"text": "x"}), "r", "j", "u").document)[
        "Message"
    ] == {"text": "x"}
    assert "Message.text" in found(
        "outbound", {**json.loads(PAYLOAD.document), "Message": {"text": "x" * 1001}}
    )
    assert "Message" in found("outbound", {**json.loads(PAYLOAD.document), "Message": "x"})


# -- what comes back -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WHOLE)
def test_a_right_document_keeps_to_the_contract(kind: ContractKind) -> None:
    verdict = judge(SMS, kind, json.dumps(WHOLE[kind]), payload=PAYLOAD.document, response=RESPONSE)

    assert verdict.problems == ()
    assert verdict.kept
    assert json.loads(verdict.document) == WHOLE[kind]


def test_a_right_call_keeps_to_the_contract_too() -> None:
    report = json.dumps({"notificationPayLoad": json.dumps(REPORT)})
    inbound = json.dumps({"inboundPayLoad": json.dumps(INBOUND)})

    assert judge(SMS, "response", RESPONSE, payload=wrapped(PAYLOAD)).problems == ()
    assert judge(SMS, "report", report, payload=PAYLOAD.document, response=RESPONSE).problems == ()
    assert judge(SMS, "inbound", inbound, payload=PAYLOAD.document).problems == ()


@pytest.mark.parametrize("kind", WHOLE)
def test_every_missing_key_is_flagged_by_its_name(kind: ContractKind) -> None:
    for name in WHOLE[kind]:
        missing = {key: value for key, value in WHOLE[kind].items() if key != name}
        optional = (kind, name) == ("response", "MessageId")

        assert (name in found(kind, missing)) is not optional, name


@pytest.mark.parametrize("kind", WHOLE)
def test_every_key_in_the_wrong_case_is_flagged_with_the_right_one(kind: ContractKind) -> None:
    for name in WHOLE[kind]:
        wrong = name[0].lower() + name[1:]
        document = {wrong if key == name else key: value for key, value in WHOLE[kind].items()}

        assert found(kind, document)[wrong] == f"“{wrong}” is spelled “{name}”, letter by letter."


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("value", [None, 1, "", [], {}, True])
def test_every_value_of_the_wrong_kind_is_flagged(kind: ContractKind, value: Any) -> None:
    for name in WHOLE[kind]:
        if (kind, name, value) == ("response", "MessageId", None):
            continue  # that one may be null

        assert name in found(kind, {**WHOLE[kind], name: value}), name


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("response", "SendingFailed", "takes Sent, NotSent"),
        ("response", "Delivered", "takes Sent, NotSent"),
        ("response", "sent", "it is spelled “Sent”"),
        ("response", "NOTSENT", "it is spelled “NotSent”"),
        ("report", "Sent", "takes Delivered, NotDelivered"),
        ("report", "delivered", "it is spelled “Delivered”"),
        ("report", "Failed", "takes Delivered, NotDelivered"),
    ],
)
def test_a_status_off_the_contract_is_flagged(kind: ContractKind, status: str, words: str) -> None:
    assert words in found(kind, {**WHOLE[kind], "Status": status})["Status"]


@pytest.mark.parametrize(("kind", "status"), [("response", "NotSent"), ("report", "NotDelivered")])
def test_a_refusal_keeps_to_the_contract(kind: ContractKind, status: str) -> None:
    assert found(kind, {**WHOLE[kind], "Status": status}) == {}


@pytest.mark.parametrize(
    ("kind", "parameter", "wrong"),
    [
        ("report", "notificationPayLoad", "notificationPayload"),
        ("report", "notificationPayLoad", "NotificationPayLoad"),
        ("inbound", "inboundPayLoad", "inboundPayload"),
        ("response", "response", "Response"),
    ],
)
def test_the_parameter_is_spelled_as_the_platform_does(
    kind: ContractKind, parameter: str, wrong: str
) -> None:
    flagged = found(kind, {wrong: json.dumps(WHOLE[kind])})

    assert flagged == {
        wrong: f"The parameter is “{wrong}”; the platform wants “{parameter}”, letter by letter."
    }


def test_the_parameter_holds_a_text() -> None:
    assert (
        "has to be a text that holds the JSON"
        in found("report", {"notificationPayLoad": REPORT})["notificationPayLoad"]
    )
    assert "no text that holds JSON" in found("report", {"notificationPayLoad": 5})["notificationPayLoad"]
    assert found("report", {"notificationPayLoad": "{"})


def test_ids_have_to_be_the_same_as_before() -> None:
    sent = {"payload": PAYLOAD.document, "response": RESPONSE}

    assert "req-9" in found("response", {**GOOD, "RequestId": "req-9"}, payload=PAYLOAD.document)["RequestId"]
    assert "RequestId" in found("report", {**REPORT, "RequestId": "req-9"}, **sent)
    assert "MessageId" in found("report", {**REPORT, "MessageId": "m-9"}, **sent)
    assert "From" in found("report", {**REPORT, "From": "+15550123"}, **sent)
    assert (
        "of another channel"
        in found("report", {**REPORT, "ChannelDefinitionId": OTHER})["ChannelDefinitionId"]
    )
    assert "is no id" in found("report", {**REPORT, "ChannelDefinitionId": "channel"})["ChannelDefinitionId"]
    assert found("report", {**REPORT, "ChannelDefinitionId": f"{{{DEFINITION.upper()}}}"}, **sent) == {}


def test_what_is_beside_the_contract_is_no_error() -> None:
    assert levels("report", {**REPORT, "StatusDetails": {}}) == [("StatusDetails", "note")]
    assert levels("response", {**GOOD, "Price": 1}) == [("Price", "warning")]
    assert levels("response", {key: value for key, value in GOOD.items() if key != "MessageId"}) == [
        ("MessageId", "note")
    ]


def test_a_channel_without_reports_or_inbound_takes_none() -> None:
    silent = SMS.model_copy(update={"has_delivery_receipt": False, "has_inbound": False})

    assert [one.field for one in judge(silent, "report", json.dumps(REPORT)).problems] == ["document"]
    assert [one.field for one in judge(silent, "inbound", json.dumps(INBOUND)).problems] == ["document"]


def test_an_inbound_message_has_parts_of_the_channel() -> None:
    assert "Its parts are: text" in found("inbound", {**INBOUND, "Message": {"body": "x"}})["Message"]
    assert "is empty" in found("inbound", {**INBOUND, "Message": {}})["Message"]


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "5", '"x"', "{", '{"Status": "Sent",}', '{"Status": 1, "Status": 2}', "x" * 200_001],
)
@pytest.mark.parametrize("kind", WHOLE)
def test_what_is_no_object_is_told_with_its_place(kind: ContractKind, text: str) -> None:
    verdict = judge(SMS, kind, text)

    assert not verdict.kept
    assert len(verdict.document) <= 200_000


@given(st.text(max_size=200), st.sampled_from(["outbound", "response", "report", "inbound"]))
def test_any_text_is_judged_without_an_error(text: str, kind: ContractKind) -> None:
    assert not judge(SMS, kind, text, payload=text, response=text).kept


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.dictionaries(
    st.sampled_from([*REPORT, "Message", "MarketingAppContext", "response", "notificationPayload", "x"]), inner, max_size=5))  # fmt: skip


@given(JSON, st.sampled_from(["outbound", "response", "report", "inbound"]))
def test_any_object_is_judged_without_an_error(document: Any, kind: ContractKind) -> None:
    verdict = judge(SMS, kind, json.dumps(document), payload=PAYLOAD.document)

    assert all(str(problem.sentence) for problem in verdict.problems)


# -- samples ---------------------------------------------------------------------------------------------------------------


def test_our_samples_keep_to_the_contract() -> None:
    report = sample_report(SMS, PAYLOAD.document, message_id="m-1", organization_id=ORGANIZATION)
    inbound = sample_inbound(SMS, wrapped(PAYLOAD), text="STOP", organization_id=ORGANIZATION)

    assert judge(SMS, "report", report, payload=PAYLOAD.document, response=RESPONSE).problems == ()
    assert judge(SMS, "inbound", inbound, payload=PAYLOAD.document).problems == ()
    assert json.loads(json.loads(inbound)["inboundPayLoad"])["To"] == "+15550100"


def test_a_text_is_read_out_of_a_document() -> None:
    assert text_at(RESPONSE, "MessageId") == "m-1"
    assert (
        text_at("", "MessageId")
        == text_at("no JSON", "MessageId")
        == text_at('{"MessageId": 5}', "MessageId")
        == ""
    )
