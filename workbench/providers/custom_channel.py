"""A custom channel of Customer Insights - Journeys: the person's own endpoint takes what the outbound custom API takes.

Each of the contract's calls holds one text, which is JSON: ``payload`` out and ``response`` back, ``notificationPayLoad`` for delivery
reports and ``inboundPayLoad`` for what people text back, with that capital L. A test send has no journey and no user.
https://learn.microsoft.com/dynamics365/customer-insights/journeys/real-time-marketing-custom-channel-custom-api
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final
from uuid import NAMESPACE_URL, uuid5

from pydantic import BeforeValidator, Field

from workbench.models.base import JsonValue, SecretRef
from workbench.models.callback import (
    BadItem,
    Callback,
    CallbackItem,
    DeliveryReport,
    InboundMessage,
    OtherEvent,
)
from workbench.models.credential import Auth, BasicPair, Credential, HeaderKey, NoAuthorization
from workbench.models.message import SENDER_TYPES, DeliveryState, Message, Taken
from workbench.models.payload import PayloadTemplate
from workbench.models.phone import with_plus
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.models.request import Reply
from workbench.models.sms_dialect import CallbackSetup, ErrorWord, Heard, SmsDialect, SmsEmulation, Values
from workbench.models.wire_values import text_at
from workbench.sentence import N_, say

API = "https://learn.microsoft.com/dynamics365/customer-insights/journeys/real-time-marketing-custom-channel-custom-api"
CHANNELS = "https://learn.microsoft.com/dynamics365/customer-insights/journeys/real-time-marketing-extend-outreach-custom-channels"

REPORT: Final = "notificationPayLoad"
INBOUND: Final = "inboundPayLoad"
GUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

STATES: Final[Mapping[str, DeliveryState]] = {
    "Sent": "sent",
    "NotSent": "rejected",
    "Delivered": "delivered",
    "NotDelivered": "undelivered",
}
"""The whole contract. Any other status, such as ``SendingFailed``, is off it and unknown; its words are kept."""
ERRORS: Final[Mapping[str, ErrorWord]] = {
    "NotSent": ErrorWord(
        meaning=N_("Your endpoint refused the message; Journeys does not try again."), advice=N_("Look into your endpoint's own log.")),
    "NotDelivered": ErrorWord(
        meaning=N_("Your endpoint reports that the message did not arrive."), advice=N_("Look into your endpoint's own log.")),
    "SendingFailed": ErrorWord(
        meaning=N_("Your endpoint reports a status that is not in the contract."),
        advice=N_("Report Delivered or NotDelivered, nothing else.")),
}  # fmt: skip


def _guid(text: Any) -> Any:
    """Return a GUID as the contract wants it: small letters, no braces."""
    return text.strip().strip("{}").lower() if isinstance(text, str) else text


class ChannelKeys(Credential):
    """The two ids that every call of the contract names."""

    channel_definition_id: Annotated[
        str,
        BeforeValidator(_guid),
        Field(
            pattern=GUID,
            title=N_("Channel definition id"),
            description=N_(
                "The GUID of the channel definition in your solution: msdyn_channeldefinitionid, in small letters."
            ),
            examples=["4e4e3a4e-7b1c-4f0a-9f39-1d4f4c9f5a10"],
        ),
    ]
    organization_id: Annotated[
        str,
        BeforeValidator(_guid),
        Field(
            pattern=GUID,
            title=N_("Organization id"),
            description=N_(
                "Power Platform: Settings, Session details. Reports and inbound messages name it."
            ),
            examples=["0c4c5f2e-95d9-4f2c-8a4e-3f1c2b6a7d11"],
        ),
    ]


class ChannelOpen(ChannelKeys):
    """The endpoint asks for no authorization."""

    kind: ClassVar[str] = "channel_none"
    label: ClassVar[str] = N_("No Auth")
    about: ClassVar[str] = N_("The endpoint needs no authorization.")
    auth: ClassVar[Auth] = NoAuthorization()


class ChannelBasic(ChannelKeys):
    """User name and password."""

    kind: ClassVar[str] = "channel_basic"
    label: ClassVar[str] = N_("Basic Auth")
    about: ClassVar[str] = N_("A user name and a password, sent with every request.")
    auth: ClassVar[Auth] = BasicPair()

    username: Annotated[
        str,
        Field(
            min_length=1,
            max_length=500,
            pattern=r"^[^:\x00-\x1f\x7f]+$",
            title=N_("User name"),
            description=N_("As your endpoint wants it. A colon is not possible in a Basic Auth user name."),
            examples=["journeys"],
        ),
    ]
    password: Annotated[
        SecretRef,
        Field(title=N_("Password"), description=N_("Encrypted before it is kept; it is never shown again.")),
    ]


class ChannelKey(ChannelKeys):
    """A key in the header ``X-API-Key``."""

    kind: ClassVar[str] = "channel_key"
    label: ClassVar[str] = N_("API key")
    about: ClassVar[str] = N_("A key in the header X-API-Key, sent with every request.")
    auth: ClassVar[Auth] = HeaderKey(header="X-API-Key", value="{api_key}")

    api_key: Annotated[
        SecretRef,
        Field(
            title=N_("API key"), description=N_("Sent in the header X-API-Key. Encrypted before it is kept.")
        ),
    ]


# sending ---------------------------------------------------------------------------------------------------------


def request_id(message: Message) -> str:
    """Return the RequestId of a message to its recipient: the same for every attempt, another for every recipient."""
    return str(uuid5(NAMESPACE_URL, f"{message.id}|{message.to[0]}"))


def write(message: Message, values: Values) -> JsonValue:
    """Return the body: one text ``payload``, which is the JSON of the outbound call. From the workbench it is a test send."""
    return {
        "payload": _text(
            {
                "ChannelDefinitionId": values.get("channel_definition_id", ""),
                "RequestId": request_id(message),
                "From": message.sender,
                "To": with_plus(message.to[0]),
                "Message": {"text": message.body},
                "MarketingAppContext": {
                    "CustomerJourneyId": None,
                    "UserId": None,
                    "UserEntityType": None,
                    "IsTestSend": True,
                },
            }
        )
    }


def read_sent(message: Message, reply: Reply, tree: JsonValue) -> tuple[Taken, ...]:
    """Return the recipient's part of ``response``. A status off the contract is unknown; without MessageId the RequestId stands for it."""
    answer = _inside(tree, "response")
    answer = tree if answer is None else answer
    status, asked = text_at(answer, "Status"), request_id(message)
    state = STATES.get(status, "unknown") if status in ("Sent", "NotSent") else "unknown"
    foreign = text_at(answer, "RequestId") not in ("", asked)
    taken = Taken(
        to=message.to[0],
        accepted=state == "sent" and not foreign,
        message_id=text_at(answer, "MessageId") or (asked if state == "sent" else ""),
        state="unknown" if foreign else state,
        code=status,
        words=_words(answer),
    )
    return (taken, *(Taken(to=number, accepted=False, state="unknown") for number in message.to[1:]))


# reading what it reports -----------------------------------------------------------------------------------------


def read_callback(callback: Callback) -> tuple[CallbackItem, ...]:
    """Return the items of a call: one a call; a list of calls is read as well."""
    tree = callback.tree
    if not isinstance(tree, (dict, list)) or not tree:
        return (
            BadItem(sentence=say("The call is no JSON object: it is not one of the contract's."), raw=tree),
        )
    calls = tree if isinstance(tree, list) else [tree]
    return tuple(_item(call, index, callback) for index, call in enumerate(calls))


def _item(call: JsonValue, index: int, callback: Callback) -> CallbackItem:
    names = list(call) if isinstance(call, dict) else []
    for name, read in ((REPORT, _report), (INBOUND, _inbound)):
        if name in names:
            inside = _inside(call, name)
            if inside is None:
                return BadItem(
                    index=index,
                    sentence=say("{name} must be a text that is a JSON object.", name=name),
                    raw=call,
                )
            return read(inside, index, callback)
        meant = next((given for given in names if str(given).casefold() == name.casefold()), None)
        if meant is not None:
            sentence = say(
                "{given} must be written {name}, with these capital letters.",
                given=str(meant)[:60],
                name=name,
            )
            return BadItem(index=index, sentence=sentence, raw=call)
    return OtherEvent(name=str(names[0])[:60] if names else "", raw=call)


def _report(item: JsonValue, index: int, callback: Callback) -> CallbackItem:
    status = text_at(item, "Status")
    asked = text_at(item, "RequestId")
    id = text_at(item, "MessageId") or asked
    if not id or not status:
        missing = "Status" if id else "RequestId"
        return BadItem(index=index, sentence=say("A delivery report has no {name}.", name=missing), raw=item)
    details = item.get("StatusDetails")
    return DeliveryReport(
        provider_id=id,
        state=STATES.get(status, "unknown"),
        raw_state=status,
        code=text_at(details, "Code") or status,
        words=_words(item),
        to=with_plus(text_at(item, "To")),
        sender=text_at(item, "From"),
        tag=asked,
        raw=item,
    )


def _inbound(item: JsonValue, index: int, callback: Callback) -> CallbackItem:
    """Return a text that came in. The contract gives it no id: then it is a new one by the moment at which it came."""
    sender = text_at(item, "From")
    if not sender or not isinstance(item.get("Message"), dict):
        return BadItem(
            index=index,
            sentence=say("An inbound message has no {name}.", name="Message" if sender else "From"),
            raw=item,
        )
    id = text_at(item, "MessageId", "RequestId")
    return InboundMessage(
        provider_id=id or str(uuid5(NAMESPACE_URL, f"{callback.at.isoformat()}|{index}|{_text(item)}")),
        sender=with_plus(sender),
        to=with_plus(text_at(item, "To")),
        body=text_at(item["Message"], "text"),
        raw=item,
    )


def _inside(tree: JsonValue, name: str) -> dict[str, JsonValue] | None:
    """Return the object in a member whose text is JSON; None where it is none."""
    text = tree.get(name) if isinstance(tree, dict) else None
    if not isinstance(text, str):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _words(item: JsonValue) -> str:
    details = item.get("StatusDetails") if isinstance(item, dict) else None
    return details if isinstance(details, str) else text_at(details, "Message", "Description", "Reason")


# writing what it would report ------------------------------------------------------------------------------------


def write_reports(reports: tuple[DeliveryReport, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call of ``msdyn_D365ChannelsNotification`` with a report: one a call; several are written as a list."""
    return _call(url, [{REPORT: _text(_reported(report, values))} for report in reports], now)


def write_inbound(messages: tuple[InboundMessage, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call of ``msdyn_D365ChannelsInbound`` with a text that came in, and its id, which the contract leaves out."""
    return _call(url, [{INBOUND: _text(_arrived(message, values))} for message in messages], now)


def _call(url: str, calls: list[dict[str, JsonValue]], now: datetime) -> Callback:
    tree = calls[0] if len(calls) == 1 else calls
    headers = (("Content-Type", "application/json"),)
    return Callback(
        method="POST", url=url, headers=headers, body=_text(tree).encode(), kind="json", tree=tree, at=now
    )


def _reported(report: DeliveryReport, values: Values) -> dict[str, JsonValue]:
    good = report.state in ("delivered", "read")
    status = (
        report.raw_state
        or (report.code if report.code in ERRORS else "")
        or ("Delivered" if good else "NotDelivered")
    )
    details = {"Code": report.code if report.code != status else "", "Message": report.words}
    told = {name: value for name, value in details.items() if value}
    return {
        "ChannelDefinitionId": values.get("channel_definition_id", ""),
        "RequestId": report.tag or report.provider_id,
        "MessageId": report.provider_id,
        "From": report.sender,
        "OrganizationId": values.get("organization_id", ""),
        "Status": status,
        **({"To": report.to} if report.to else {}),
        **({"StatusDetails": told} if told else {}),
    }


def _arrived(message: InboundMessage, values: Values) -> dict[str, JsonValue]:
    return {
        "ChannelDefinitionId": values.get("channel_definition_id", ""),
        "To": message.to,
        "From": message.sender,
        "OrganizationId": values.get("organization_id", ""),
        "Message": {"text": message.body},
        "MessageId": message.provider_id,
    }


def _text(tree: JsonValue) -> str:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


# the stand-in ----------------------------------------------------------------------------------------------------


def hear(body: JsonValue) -> Heard:
    """Return what the stand-in understood of the outbound call."""
    inside = _inside(body, "payload") or {}
    return Heard(
        to=(text_at(inside, "To"),),
        sender=text_at(inside, "From"),
        body=text_at(inside.get("Message"), "text"),
        tag=text_at(inside, "RequestId"),
    )


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status=status, body={"error": {"code": code, "message": message}})


_OUTBOUND: Final = (
    '{"ChannelDefinitionId": "4e4e3a4e-7b1c-4f0a-9f39-1d4f4c9f5a10", "RequestId": {{ request_id | default("test-1") | json }}, '
    '"From": "YOUR_SENDER_NUMBER", "To": "${User Identifier}", "Message": {"text": {{ subject | default("Hello") | json }}}, '
    '"MarketingAppContext": {"CustomerJourneyId": null, "UserId": null, "UserEntityType": null, "IsTestSend": true} }'
)


PROVIDER = Provider(
    key="custom_channel",
    name="Custom channel (Customer Insights - Journeys)",
    channel="sms",
    about=N_("Your own endpoint, called as a custom channel of Customer Insights - Journeys calls it."),
    credentials=(ChannelOpen, ChannelBasic, ChannelKey),
    endpoints=(
        Endpoint(
            key="outbound",
            title=N_("Outbound endpoint"),
            url="",
            accepted=Answer(
                status=200,
                body={
                    "response": '{"ChannelDefinitionId": {{ inner.ChannelDefinitionId | default("") | json }}, '
                    '"MessageId": "{{ uuid }}", "RequestId": {{ inner.RequestId | default("") | json }}, "Status": "Sent"}'
                },
            ),
            requirements=(
                Requirement(
                    paths=("payload",),
                    refusal=_error(400, "0x80048d19", "Required field 'payload' is missing"),
                ),
            ),
        ),
    ),
    hosts=("*",),
    reading=Reading(
        inner="response",
        ids=("MessageId", "RequestId"),
        errors="$",
        message="Status",
        more="StatusDetails.Message",
        words=("error.message",),
        refused_unless=("Status", ("Sent",)),
    ),
    emulation=Emulation(
        unauthorized=_error(401, "0x80040220", "The credentials are missing or wrong."),
        malformed=_error(400, "0x80048d19", "The body is not a JSON object."),
        throttled=_error(429, "0x80072322", "Number of requests exceeded the limit."),
        server_error=_error(500, "0x80040216", "An unexpected error occurred."),
    ),
    templates=(
        PayloadTemplate(
            id="custom-channel-outbound",
            name=N_("Outbound call of a custom channel"),
            text='{\n  "payload": ' + json.dumps(_OUTBOUND) + "\n}",
            notes=N_("The payload is one text that is itself JSON; the filter json writes a value with its quotes."),
            source_url=API,
        ),
    ),
    limits=Limits(required=("payload",)),
    sources=(API, CHANNELS),
    sms=SmsDialect(
        spelling="plus",
        write=write,
        read_sent=read_sent,
        read_callback=read_callback,
        tag_of=request_id,
        write_reports=write_reports,
        write_inbound=write_inbound,
        setup=CallbackSetup(
            by="you",
            delivery=(
                N_("Let your endpoint post each delivery report to the address above, as msdyn_D365ChannelsNotification takes it."),
                N_("The body is an object with notificationPayLoad: the report's JSON as a text. Status is Delivered or NotDelivered."),
            ),
            inbound=(
                N_("Let your endpoint post what people text back to the address above, as msdyn_D365ChannelsInbound takes it."),
                N_("The body is an object with inboundPayLoad: the message's JSON as a text. To is your number, From is theirs."),
            ),
            letter=N_(
                "Hello,\n\n"
                "please let the endpoint of our custom channel {account} call back:\n\n"
                "- delivery reports: POST with JSON, a text notificationPayLoad, to {delivery}\n"
                "- inbound messages: POST with JSON, a text inboundPayLoad, to {inbound}\n\n"
                "Both addresses are secret; please do not pass them on.\n\n"
                "Kind regards"
            ),
            source_url=API,
        ),
        statuses=STATES,
        errors=ERRORS,
        sender_types=SENDER_TYPES,
        most_characters=1000,
        loses=(
            N_("A report says Delivered or NotDelivered, and not when or why."),
            N_("A message cannot be scheduled for later, nor told until when it is wanted."),
            N_("A text that came in has no id and no time of its own."),
            N_("Nothing signs its callbacks: the secret address alone tells that a call is your endpoint's."),
        ),
        emulation=SmsEmulation(
            hear=hear,
            states=(("delivered", "Delivered"),),
            failures=(
                ("undelivered", "NotDelivered", "The carrier refused it"),
                ("unknown", "SendingFailed", "A status that is not in the contract"),
            ),
        ),
    ),
)  # fmt: skip
