"""The vendors' own specifications of texts, where the steering repository lies beside this one: our requests and our stand-ins keep them.

Their known faults (facts/providers-wire.md, sections 0 and 3): Twilio's does not want a sender, Azure's bounds on the list of recipients
have no effect, Telesign's has no list of message types and does not know ``callback_url``.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from jsonschema import Draft4Validator, Draft202012Validator

from tests.providers.test_contract import answer, composed
from tests.providers.test_specs import SPECS
from tests.providers.texts import NOW, account, dialect_of, message
from workbench.models.callback import DeliveryReport
from workbench.models.sms_dialect import Asked, Heard, Held
from workbench.providers import provider

SID = "AC00000000000000000000000000000001"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
FULL = {
    "report_url": "https://wb.example/r",
    "tag": "order-1",
    "valid_s": 600,
    "send_at": NOW + timedelta(hours=1),
}
AZURE = ("acs_sms_2021-03-07.transcribed.json", "acs_sms_2026-01-23.transcribed.json")


@cache
def document(file: str) -> dict[str, Any]:
    path = SPECS / file
    if not path.is_file():
        pytest.skip("The steering repository's folder shared/specs does not lie beside this repository.")
    text = path.read_text("utf-8")
    return dict(json.loads(text) if path.suffix == ".json" else yaml.safe_load(text))


def _with_null(schema: Any) -> Any:
    """OpenAPI 3.0 says ``nullable``, JSON Schema names null among the types."""
    if isinstance(schema, list):
        return [_with_null(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _with_null(item) for name, item in schema.items()}
    return (
        made | {"type": [made["type"], "null"]}
        if made.get("nullable") and isinstance(made.get("type"), str)
        else made
    )


def faults(file: str, schema: dict[str, Any], body: Any) -> list[str]:
    """Return what a schema of a file finds wrong with a body."""
    whole = document(file)
    if "swagger" in whole:
        return [error.message for error in Draft4Validator({**whole, **schema}).iter_errors(body)]
    made = _with_null({"components": whole["components"], **schema})
    return [error.message for error in Draft202012Validator(made).iter_errors(body)]


# Twilio ----------------------------------------------------------------------------------------------------------

TWILIO = "twilio_api_v2010_messages.json"


def twilio_request() -> dict[str, Any]:
    post = document(TWILIO)["paths"][MESSAGES]["post"]
    return dict(post["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"])


def twilio_form(**given: Any) -> dict[str, Any]:
    """Return the form of a send as the specification sees it: the number in it as a number, and what is left out left out."""
    values = account("twilio", messaging_service_sid="MG" + "b" * 32)
    form = {
        name: value
        for name, value in dialect_of("twilio").write(message(**given), values).items()
        if value is not None
    }
    return form | ({"ValidityPeriod": int(form["ValidityPeriod"])} if "ValidityPeriod" in form else {})


@pytest.mark.parametrize("given", [{}, FULL], ids=["plain", "full"])
def test_twilios_form_keeps_its_specification(given: dict[str, Any]) -> None:
    form = twilio_form(**given)
    assert faults(TWILIO, twilio_request(), form) == []
    assert set(form) <= set(twilio_request()["properties"])


@pytest.mark.parametrize(
    "change",
    [{"ScheduleType": "later"}, {"MessagingServiceSid": "MG1"}, {"ValidityPeriod": "600"}, {"Body": 1}],
)
def test_twilios_specification_would_find_a_fault(change: dict[str, Any]) -> None:
    assert faults(TWILIO, twilio_request(), twilio_form() | change)


async def test_twilios_stand_in_answers_in_its_shape() -> None:
    schema = {"$ref": "#/components/schemas/api.v2010.account.message"}
    item = provider("twilio")
    reply = await answer(composed(item, item.endpoint(), item.templates[0]))
    held = Held(
        provider_id="SM" + "a" * 32, to="+15558675310", heard=Heard(to=("+15558675310",), sender="+15557122661", body="Hi"), at=NOW,
        reports=(DeliveryReport(provider_id="SM" + "a" * 32, state="undelivered", code="30003", words="w", price="0.01", at=NOW),),
    )  # fmt: skip
    route = next(r for r in dialect_of("twilio").emulation.routes if r.path.endswith("{message_id}.json"))
    fetched = route.answer(
        Asked(names={"account_sid": SID, "message_id": held.provider_id}, query={}, now=NOW), (held,), ()
    )
    known = set(document(TWILIO)["components"]["schemas"]["api.v2010.account.message"]["properties"])
    for body in (json.loads(reply.body), fetched.body):
        assert faults(TWILIO, schema, body) == []
        assert set(body) == known
    assert faults(TWILIO, schema, {**fetched.body, "status": "lost"})
    assert faults(TWILIO, schema, {**fetched.body, "sid": "SM1"})


def test_twilios_words_for_a_status_are_all_known() -> None:
    words = document(TWILIO)["components"]["schemas"]["message_enum_status"]["enum"]
    assert set(words) == set(dialect_of("twilio").statuses)


# Azure Communication Services ------------------------------------------------------------------------------------


def azure_body(**given: Any) -> Any:
    return dialect_of("azure_communication_services").write(message(**given), {})


@pytest.mark.parametrize("file", AZURE)
@pytest.mark.parametrize(
    "given", [{}, FULL, {"to": ("+46701740605",) * 100}], ids=["plain", "full", "hundred"]
)
def test_azures_body_keeps_its_specification(file: str, given: dict[str, Any]) -> None:
    schema = {"$ref": "#/definitions/SendMessageRequest"}
    body = azure_body(**given)
    assert faults(file, schema, body) == []
    definitions = document(file)["definitions"]
    assert set(body) == set(definitions["SendMessageRequest"]["properties"])
    assert set(body["smsRecipients"][0]) == set(definitions["SmsRecipient"]["properties"])
    assert set(body["smsSendOptions"]) <= set(definitions["SmsSendOptions"]["properties"])


@pytest.mark.parametrize("file", AZURE)
@pytest.mark.parametrize(
    "change",
    [{"message": "x" * 2049}, {"message": None}, {"smsRecipients": [{}]}, {"smsSendOptions": {"tag": "t"}}],
)
def test_azures_specification_would_find_a_fault(file: str, change: dict[str, Any]) -> None:
    assert faults(file, {"$ref": "#/definitions/SendMessageRequest"}, azure_body() | change)


@pytest.mark.parametrize("file", AZURE)
async def test_azures_stand_in_answers_in_its_shape(file: str) -> None:
    item = provider("azure_communication_services")
    schema = {"$ref": "#/definitions/SmsSendResponse"}
    body = json.loads((await answer(composed(item, item.endpoint(), item.templates[0]))).body)
    assert faults(file, schema, body) == []
    assert set(body["value"][0]) <= set(document(file)["definitions"]["SmsSendResponseItem"]["properties"])
    assert faults(file, schema, {"value": [{"to": "+1"}]})


@pytest.mark.parametrize("file", AZURE)
def test_azures_specification_does_not_count_recipients_and_we_do(file: str) -> None:
    many = azure_body(to=("+46701740605",) * 101)
    assert faults(file, {"$ref": "#/definitions/SendMessageRequest"}, many) == []
    item = provider("azure_communication_services")
    assert (item.limits.recipients, dialect_of(item.key).most_recipients) == (100, 100)
    assert dialect_of(item.key).most_characters == 2048


# Telesign --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{}, FULL], ids=["plain", "full"])
def test_telesigns_form_keeps_its_specification(given: dict[str, Any]) -> None:
    (post,) = (
        path["post"]
        for name, path in document("telesign_standard_SMS_API.yaml")["paths"].items()
        if name == "/messaging"
    )
    known = {parameter["name"]: parameter for parameter in post["parameters"]}
    form = {
        name: value
        for name, value in dialect_of("telesign").write(message(**given), {}).items()
        if value is not None
    }
    assert set(form) - {"callback_url"} <= set(known)
    assert set(form) >= {name for name, parameter in known.items() if parameter.get("required")}
    assert all(isinstance(value, str) for value in form.values())
    assert form["message_type"] in known["message_type"]["description"]


def test_telesigns_codes_are_all_known() -> None:
    (path,) = (
        path
        for name, path in document("telesign_standard_SMS_API.yaml")["paths"].items()
        if name == "/messaging"
    )
    rows = path["post"]["responses"]["201"]["description"].splitlines()
    codes = {
        cells[1].strip() for row in rows if len(cells := row.split("|")) > 3 and cells[1].strip().isdigit()
    }
    assert len(codes) > 30
    assert codes <= set(dialect_of("telesign").statuses)


def test_telesigns_report_as_it_is_written_keeps_its_specification() -> None:
    file = "telesign_sms_callbacks.transcribed.json"
    post = document(file)["paths"]["/sms_delivery_reports_endpoint"]["post"]
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    report = DeliveryReport(
        provider_id="A" * 32, state="undelivered", raw_state="207", words="w", to="+15558675310", sender="+15557122661", segments=2,
        price="0.01", currency="USD", at=NOW,
    )  # fmt: skip
    body = json.loads(dialect_of("telesign").write_reports((report,), "https://wb.example/r", {}, NOW).body)
    assert faults(file, schema, body) == []
    assert faults(file, schema, {**body, "reference_id": "A"})
    assert faults(file, schema, {**body, "additional_info": {"message_parts_count": "2"}})


async def test_telesigns_stand_in_answers_in_its_shape() -> None:
    item = provider("telesign")
    request = composed(item, item.endpoint(), item.templates[0])
    body = json.loads((await answer(request)).body)
    wanted = document("telesign_standard_SMS_API.yaml")["definitions"]["postMessagingResponse"]["properties"]
    assert set(body) - {"external_id"} == set(wanted)
    assert set(body["status"]) == set(wanted["status"]["required"])
    assert len(body["reference_id"]) == 32
    assert dict(parse_qsl(request.text()))["message_type"] == "MKT"
