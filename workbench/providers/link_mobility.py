"""LINK Mobility, SMS REST API of its "Common" platform: JSON out; reports and inbound messages as the gate is set, nothing signed.

Read in the vendor's papers "LINK SMS REST API, MT and Delivery Reports" 1.18, "MO" 1.7 and "Common Gate API" 1.2
(https://github.com/deveel/deveel.lm.client/tree/main/docs). One recipient goes to ``/sms/send``, several to ``/sms/sendbatch``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import BeforeValidator, Field

from workbench.models.base import JsonValue, SecretRef
from workbench.models.callback import (
    Acknowledgement,
    BadItem,
    Callback,
    CallbackItem,
    DeliveryReport,
    InboundMessage,
)
from workbench.models.credential import Auth, BasicPair, Credential
from workbench.models.hosts import bare_host
from workbench.models.message import SENDER_TYPES, DeliveryState, Message, SenderType, Taken
from workbench.models.payload import PayloadTemplate
from workbench.models.phone import with_plus
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.models.request import Reply
from workbench.models.sms_dialect import (
    Asked,
    CallbackSetup,
    ErrorWord,
    Heard,
    Held,
    SmsDialect,
    SmsEmulation,
    StandInRoute,
    Values,
)
from workbench.models.wire_values import moment, text_at
from workbench.sentence import N_, say

PAPERS = "https://github.com/deveel/deveel.lm.client/tree/main/docs"
CONNECTOR = "https://learn.microsoft.com/en-us/connectors/linkmobility/"

_GATE: Final = "/gate/partnergate/platform/{platform_id}/partner/{platform_partner_id}/id"
LONGEST_VALID_MS: Final = 172_800_000
"""Milliseconds: it tries for 48 hours at most."""
QUEUED: Final = 1005
_TON: Final[Mapping[SenderType, str]] = {"alphanumeric": "ALPHANUMERIC", "short_code": "SHORTNUMBER"}
"""Types of number of a sender; every other one is an MSISDN. The vendor's word is SHORTNUMBER, whatever other people's files say."""

_LATER = N_("Send again later.")
_NONE = N_("Nothing is to be done.")
_OFF = N_("Take the number off your lists.")
_ASK = N_("Ask LINK Mobility's support, with the message's id.")
_PAYMENT = N_("This is about texts that the recipient pays for; ask LINK Mobility's support.")
CODES: Final[Mapping[str, tuple[DeliveryState, ErrorWord]]] = {
    "0": ("failed", ErrorWord(meaning=N_("Unknown error."), advice=_ASK)),
    "1": ("failed", ErrorWord(meaning=N_("A temporary fault of the route."), advice=_LATER, retry=True)),
    "2": ("failed", ErrorWord(meaning=N_("There is no route to this number."), advice=_ASK)),
    "3": ("failed", ErrorWord(meaning=N_("Too many texts at once."), advice=N_("Send slower."), retry=True)),
    "4": ("unknown", ErrorWord(meaning=N_("No answer in time: it may have arrived or not."), advice=N_("Do not count it as delivered."))),
    "5": ("unknown", ErrorWord(
        meaning=N_("The operator gave an unknown error: it may have arrived or not."), advice=N_("Do not count it as delivered."))),
    "6": ("failed", ErrorWord(meaning=N_("The operator had an error."), advice=_LATER, retry=True)),
    "104": ("failed", ErrorWord(meaning=N_("Your account is not set up for this."), advice=_ASK)),
    "105": ("failed", ErrorWord(meaning=N_("LINK Mobility has a fault of its own."), advice=_LATER, retry=True)),
    "1000": ("sent", ErrorWord(meaning=N_("Sent to the operator."), advice=_NONE)),
    "1001": ("delivered", ErrorWord(meaning=N_("Delivered."), advice=_NONE)),
    "1002": ("expired", ErrorWord(meaning=N_("The message's validity ended before it could be delivered."), advice=_LATER, retry=True)),
    "1003": ("canceled", ErrorWord(meaning=N_("The message was deleted."), advice=_NONE)),
    "1004": ("undelivered", ErrorWord(meaning=N_("The phone's memory is full."), advice=_LATER, retry=True)),
    "1005": ("queued", ErrorWord(meaning=N_("Queued."), advice=_NONE)),
    "1006": ("undelivered", ErrorWord(meaning=N_("The text did not reach the phone."), advice=_LATER, retry=True)),
    "1007": ("delivered", ErrorWord(meaning=N_("Delivered; payment follows."), advice=_NONE)),
    "1008": ("queued", ErrorWord(meaning=N_("Paid, and about to be sent."), advice=_NONE)),
    "1009": ("undelivered", ErrorWord(meaning=N_("Paid, and not delivered."), advice=_ASK)),
    "1010": ("unknown", ErrorWord(
        meaning=N_("No report came from the operator in time: it may have arrived or not."), advice=N_("Do not count it as delivered."))),
    "1011": ("sent", ErrorWord(meaning=N_("Paid, and sent to the operator."), advice=_NONE)),
    "1012": ("queued", ErrorWord(meaning=N_("Delayed; LINK Mobility tries again by itself."), advice=_NONE)),
    "1013": ("sent", ErrorWord(meaning=N_("Sent to the operator; payment follows."), advice=_NONE)),
    "2000": ("rejected", ErrorWord(meaning=N_("The sender is not one that you may use."), advice=N_("Check the sender and its type."))),
    "2001": ("rejected", ErrorWord(meaning=N_("A short code cannot text this number."), advice=N_("Use another sender."))),
    "2002": ("rejected", ErrorWord(meaning=N_("A name as sender cannot text this number."), advice=N_("Use another sender."))),
    "2003": ("rejected", ErrorWord(meaning=N_("A phone number as sender cannot text this number."), advice=N_("Use another sender."))),
    "2100": ("rejected", ErrorWord(meaning=N_("A short code cannot be texted."), advice=_OFF)),
    "2101": ("rejected", ErrorWord(meaning=N_("A name cannot be texted."), advice=_OFF)),
    "2102": ("rejected", ErrorWord(meaning=N_("This number cannot be texted."), advice=_OFF)),
    "2103": ("rejected", ErrorWord(meaning=N_("What you wanted is blocked for your account."), advice=_ASK)),
    "2104": ("undelivered", ErrorWord(meaning=N_("The number does not exist, or nobody has it."), advice=_OFF)),
    "2105": ("rejected", ErrorWord(
        meaning=N_("The number is barred for good."), advice=N_("Do not text this number again."), opted_out=True)),
    "2106": ("rejected", ErrorWord(
        meaning=N_("The number is not one that can be texted."), advice=N_("Write it with plus and country code, such as +4799999999."))),
    "2107": ("undelivered", ErrorWord(meaning=N_("The number is barred for now."), advice=_LATER, retry=True)),
    "2200": ("rejected", ErrorWord(meaning=N_("The payment failed."), advice=_PAYMENT)),
    "2201": ("rejected", ErrorWord(meaning=N_("The recipient has too little credit."), advice=_PAYMENT)),
    "2202": ("rejected", ErrorWord(meaning=N_("The recipient is barred from paid texts."), advice=_PAYMENT)),
    "2203": ("rejected", ErrorWord(meaning=N_("The recipient is too young for this content."), advice=_PAYMENT)),
    "2204": ("rejected", ErrorWord(meaning=N_("Prepaid subscribers cannot get this text."), advice=_PAYMENT)),
    "2205": ("rejected", ErrorWord(
        meaning=N_("The recipient refused the service."), advice=N_("Do not text this number again."), opted_out=True)),
    "2206": ("rejected", ErrorWord(meaning=N_("The recipient is not registered for payments."), advice=_PAYMENT)),
    "2207": ("rejected", ErrorWord(meaning=N_("The recipient has reached the most that may be spent."), advice=_PAYMENT)),
    "3000": ("rejected", ErrorWord(meaning=N_("This operator takes no GSM-7 texts."), advice=_ASK)),
    "3001": ("rejected", ErrorWord(
        meaning=N_("This operator takes no Unicode texts."), advice=N_("Write the text with the letters of GSM-7 only."))),
    "3002": ("rejected", ErrorWord(meaning=N_("This operator takes no binary messages."), advice=_ASK)),
    "4000": ("rejected", ErrorWord(meaning=N_("This operator gives no delivery reports."), advice=N_("Send without asking for a report."))),
    "4001": ("rejected", ErrorWord(meaning=N_("The text is not allowed."), advice=N_("Change the text, above all its links."))),
    "4002": ("rejected", ErrorWord(meaning=N_("The price is not valid."), advice=_PAYMENT)),
    "4003": ("rejected", ErrorWord(meaning=N_("The text cannot be sent as it is."), advice=N_("Look for emoji and other unusual signs."))),
    "4004": ("rejected", ErrorWord(meaning=N_("The header of the text is not valid."), advice=_ASK)),
    "4005": ("rejected", ErrorWord(meaning=N_("The encoding of the text is not valid."), advice=_ASK)),
    "4006": ("rejected", ErrorWord(meaning=N_("The value-added tax is not valid."), advice=_PAYMENT)),
    "4007": ("rejected", ErrorWord(meaning=N_("This content cannot go to this number."), advice=_ASK)),
}  # fmt: skip
"""All result codes of the paper, section "Result Codes", with our state and what they mean."""

REFUSALS: Final[Mapping[str, ErrorWord]] = {
    "106000": ErrorWord(meaning=N_("Unknown error."), advice=_ASK),
    "106100": ErrorWord(meaning=N_("The user name or password is wrong."), advice=N_("Check both, as support sent them.")),
    "106101": ErrorWord(meaning=N_("This user may not send."), advice=N_("Check user name and password, as support sent them.")),
    "106200": ErrorWord(meaning=N_("The platform id is missing or wrong."), advice=N_("Check it, as support sent it.")),
    "106201": ErrorWord(meaning=N_("The platform partner id is missing or wrong."), advice=N_("Check it, as support sent it.")),
    "106202": ErrorWord(meaning=N_("The currency is missing or wrong."), advice=_PAYMENT),
    "106300": ErrorWord(meaning=N_("There is no gate for reports."), advice=N_("Ask support for a gate, and put its id into the account.")),
    "106301": ErrorWord(meaning=N_("The gate is not there."), advice=N_("Check the gate id, as support sent it.")),
}  # fmt: skip
"""The codes of a refused call."""

STATES: Final[Mapping[str, DeliveryState]] = {code: state for code, (state, _) in CODES.items()}
ERRORS: Final[Mapping[str, ErrorWord]] = {**{code: word for code, (_, word) in CODES.items()}, **REFUSALS}
_OF_STATE: Final[Mapping[DeliveryState, str]] = {
    "accepted": "1005", "scheduled": "1005", "queued": "1005", "sending": "1000", "sent": "1000", "delivered": "1001", "read": "1001",
    "undelivered": "1006", "failed": "6", "rejected": "2106", "expired": "1002", "canceled": "1003", "unknown": "1010",
}  # fmt: skip
"""How the stand-in says a state."""


class LinkAccount(Credential):
    """What LINK Mobility's support sends: a user, the platform's ids, and the address."""

    kind: ClassVar[str] = "link_account"
    label: ClassVar[str] = N_("Integration credentials")
    about: ClassVar[str] = N_("LINK Mobility's support sends all of them when the account is set up.")
    auth: ClassVar[Auth] = BasicPair()

    username: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            pattern=r"^[^:\x00-\x1f\x7f]+$",
            title=N_("User name"),
            description=N_("As LINK Mobility's support sent it."),
            examples=["acme"],
        ),
    ]
    password: Annotated[
        SecretRef, Field(title=N_("Password"), description=N_("As LINK Mobility's support sent it."))
    ]
    platform_id: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100,
            pattern=r"^\S+$",
            title=N_("Platform id"),
            description=N_("As LINK Mobility's support sent it: platformId."),
            examples=["0"],
        ),
    ]
    platform_partner_id: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100,
            pattern=r"^\S+$",
            title=N_("Platform partner id"),
            description=N_("As LINK Mobility's support sent it: platformPartnerId."),
            examples=["0"],
        ),
    ]
    gate_id: Annotated[
        str,
        Field(
            max_length=100,
            pattern=r"^\S*$",
            title=N_("Gate id"),
            description=N_(
                "Support gives it when you send the callback address. Without it no delivery reports are asked for."
            ),
            examples=["BVldZyQt"],
        ),
    ] = ""
    host: Annotated[
        str,
        BeforeValidator(bare_host),
        Field(
            max_length=253,
            pattern=r"^(wsx\.sp247\.net|[a-z0-9-]+(\.[a-z0-9-]+)*\.linkmobility\.io)$",
            title=N_("Assigned address"),
            description=N_(
                "The one address that support assigned to your account, such as n-eu.linkmobility.io; https:// in front of it is fine."
            ),
            examples=["wsx.sp247.net"],
        ),
    ] = "wsx.sp247.net"


# sending ---------------------------------------------------------------------------------------------------------


def write(message: Message, values: Values) -> JsonValue:
    """Return the body of ``/sms/send`` for one recipient, of ``/sms/sendbatch`` for several.

    ``ignoreResponse`` is always said to be false: the paper's default is true, and then there is no messageId. ``dcs`` is TEXT, with which
    LINK chooses the encoding and splits long texts; with GSM or UCS2 it would do neither. Reports need a gate.
    """
    gate = values.get("gate_id", "")
    shared: dict[str, JsonValue] = {
        "platformId": values.get("platform_id", ""),
        "platformPartnerId": values.get("platform_partner_id", ""),
        "useDeliveryReport": bool(gate),
        "ignoreResponse": False,
    }
    if gate:
        shared["deliveryReportGates"] = [gate]
    if message.valid_s is not None:
        shared["relativeValidityTime"] = min(message.valid_s * 1000, LONGEST_VALID_MS)
    if message.send_at is not None:
        shared["customParameters"] = {"scheduledTime": _stamp(message.send_at)}
    texts = [_text(message, number) for number in message.to]
    return {**texts[0], **shared} if len(texts) == 1 else {**shared, "sendRequestMessages": texts}


def _text(message: Message, number: str) -> dict[str, JsonValue]:
    return {
        "source": with_plus(message.sender),
        "sourceTON": _TON.get(message.sender_type, "MSISDN"),
        "destination": with_plus(number),
        "dcs": "TEXT",
        "userData": message.body,
        "refId": message.tag or message.id,
    }


def read_sent(message: Message, reply: Reply, tree: JsonValue) -> tuple[Taken, ...]:
    """Return each recipient's part: a batch is answered in its order. A 204 took the message and gives no id."""
    if reply.status == 204:
        return tuple(Taken(to=number, accepted=True) for number in message.to)
    answers = tree if isinstance(tree, list) else [tree]
    told = [*answers, *([None] * len(message.to))]
    return tuple(_taken(number, answer) for number, answer in zip(message.to, told, strict=False))


def _taken(number: str, answer: JsonValue) -> Taken:
    code = text_at(answer, "resultCode")
    state = STATES.get(code, "unknown")
    segments = text_at(answer, "smsCount")
    return Taken(
        to=number,
        accepted=bool(text_at(answer, "messageId")) and state in ("queued", "sent", "delivered"),
        message_id=text_at(answer, "messageId"),
        state=state,
        code=code,
        words=text_at(answer, "description", "message"),
        segments=int(segments) if segments.isdigit() else None,
    )


# reading what it reports -----------------------------------------------------------------------------------------


def read_callback(callback: Callback) -> tuple[CallbackItem, ...]:
    """Return the items of a call, in whichever form the gate brings it: JSON, XML, a form, or the query of a GET or PUT."""
    tree = callback.tree
    if tree is None and callback.kind == "empty":
        tree = dict(parse_qsl(urlsplit(callback.url).query, keep_blank_values=True)) or None
    if callback.kind == "xml" and isinstance(tree, dict) and len(tree) == 1:
        tree = next(iter(tree.values()))  # the papers do not name the root
    if tree is None or tree == []:
        return (
            BadItem(
                sentence=say("The call holds nothing that can be read: it is not one of LINK Mobility's."),
                raw=tree,
            ),
        )
    return tuple(_item(item, index) for index, item in enumerate(tree if isinstance(tree, list) else [tree]))


def _item(item: JsonValue, index: int) -> CallbackItem:
    if text_at(item, "resultCode"):
        if not text_at(item, "id", "messageId"):
            return BadItem(
                index=index,
                sentence=say("A delivery report has no id, so it is not known what it is about."),
                raw=item,
            )
        return _report(item)
    if text_at(item, "messageId", "id") and text_at(item, "source") and text_at(item, "destination"):
        return _inbound(item)
    return BadItem(
        index=index,
        sentence=say("A part of the call is neither a delivery report nor an inbound message."),
        raw=item,
    )


def _report(item: JsonValue) -> DeliveryReport:
    whole, _, part = text_at(item, "id", "messageId").partition("$")
    code, segments = text_at(item, "resultCode"), text_at(item, "segments")
    word = CODES[code][1] if code in CODES else None
    return DeliveryReport(
        provider_id=whole,
        part=part,
        state=STATES.get(code, "unknown"),
        raw_state=code,
        code=code,
        words=text_at(item, "description"),
        to=with_plus(text_at(item, "destination")),
        sender=text_at(item, "source"),
        tag=text_at(item, "refId"),
        at=moment(text_at(item, "timestamp", "sentTimestamp")),
        segments=int(segments) if segments.isdigit() else None,
        opted_out=word is not None and word.opted_out,
        raw=item,
    )


def _inbound(item: JsonValue) -> InboundMessage:
    content = item.get("content") if isinstance(item, dict) else None
    return InboundMessage(
        provider_id=text_at(item, "messageId", "id"),
        sender=with_plus(text_at(item, "source")),
        to=text_at(item, "destination"),
        body=text_at(content, "userData") or text_at(item, "userData", "content.userData", "content"),
        at=moment(text_at(item, "timestamp")),
        raw=item,
    )


# writing what it would report ------------------------------------------------------------------------------------


def write_reports(reports: tuple[DeliveryReport, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call with a report, as a JSON gate brings it: one a call; several are written as a list."""
    return _call(url, [_reported(report) for report in reports], now)


def write_inbound(messages: tuple[InboundMessage, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call with an inbound message, as a JSON gate brings it: one a call; several are written as a list."""
    return _call(url, [_arrived(message, values) for message in messages], now)


def _call(url: str, items: list[JsonValue], now: datetime) -> Callback:
    tree = items[0] if len(items) == 1 else items
    return Callback(
        method="POST",
        url=url,
        headers=(("Content-Type", "application/json"),),
        body=json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode(),
        kind="json",
        tree=tree,
        at=now,
    )


def _reported(report: DeliveryReport) -> dict[str, JsonValue]:
    own = report.code or report.raw_state or _OF_STATE.get(report.state, "1010")
    return {
        "refId": report.tag or None,
        "id": f"{report.provider_id}${report.part}" if report.part else report.provider_id,
        "operator": None,
        "sentTimestamp": _stamp(report.at),
        "timestamp": _stamp(report.at),
        "resultCode": int(own) if own.isascii() and own.isdigit() else own,
        "operatorResultCode": None,
        "segments": report.segments,
        "gateCustomParameters": {},
        "customParameters": {},
        **({"description": report.words} if report.words else {}),
        **({"destination": report.to} if report.to else {}),
        **({"source": report.sender} if report.sender else {}),
    }


def _arrived(message: InboundMessage, values: Values) -> dict[str, JsonValue]:
    return {
        "destination": message.to,
        "subNumber": None,
        "source": message.sender,
        "content": {"type": "SMS", "userData": message.body, "encoding": "TEXT"},
        "operator": None,
        "timestamp": _stamp(message.at),
        "messageId": message.provider_id,
        "route": {
            "type": "KEYWORD_ROUTE",
            "keywordType": "FIRST_WORD",
            "number": message.to,
            "gateIds": [values["gate_id"]] if values.get("gate_id") else [],
            "platformId": values.get("platform_id", ""),
            "platformPartnerId": values.get("platform_partner_id", ""),
            "shared": False,
        },
        "gateCustomParameters": {},
        "customParameters": {},
    }


def _stamp(at: datetime | None) -> str | None:
    """Return a moment by RFC 3339 in UTC: to the second, as in the papers, or to where it has something to say."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


# the stand-in ----------------------------------------------------------------------------------------------------


def hear(body: JsonValue) -> Heard:
    """Return what the stand-in understood of a send or a batch."""
    tree = body if isinstance(body, dict) else {}
    several = tree.get("sendRequestMessages")
    texts = several if isinstance(several, list) and several else [tree]
    one = texts[0]
    return Heard(
        to=tuple(text_at(text, "destination") for text in texts),
        sender=text_at(one, "source"),
        body=text_at(one, "userData"),
        tag=text_at(one, "refId"),
        scheduled=bool(text_at(tree.get("customParameters"), "scheduledTime")),
    )


def _gate(asked: Asked, held: tuple[Held, ...], inbound: tuple[InboundMessage, ...]) -> Answer:
    """Return a gate as the Gate API has it, whichever is asked for; without an id there is none."""
    id = asked.names.get("gate_id", "")
    if not id:
        return _error(404, 106301, "Specified gate unavailable")
    return Answer(status=200, body={"id": id, "gateType": "ALL", "destinations": [], "acknowledge": True})


def _error(http: int, status: int, description: str) -> Answer:
    return Answer(
        status=http,
        body={"status": status, "description": description, "translatedDescription": description},
    )


_ACCOUNT = (
    Requirement(paths=("platformId",), refusal=_error(400, 106200, "Invalid or missing platformId")),
    Requirement(
        paths=("platformPartnerId",), refusal=_error(400, 106201, "Invalid or missing platformPartnerId")
    ),
)


PROVIDER = Provider(
    key="link_mobility",
    name="LINK Mobility",
    channel="sms",
    about=N_("LINK Mobility, text messages in Europe and beyond."),
    credentials=(LinkAccount,),
    endpoints=(
        Endpoint(
            key="send",
            title=N_("Text message"),
            url="https://{host}/sms/send",
            accepted=Answer(
                status=200, body={"messageId": "{{ id }}", "resultCode": QUEUED, "description": "Queued"}
            ),
            requirements=(
                Requirement(paths=("source",), refusal=_error(400, 106000, "source is missing")),
                Requirement(paths=("destination",), refusal=_error(400, 106000, "destination is missing")),
                *_ACCOUNT,
            ),
        ),
        Endpoint(
            key="batch",
            title=N_("Text messages to several recipients"),
            url="https://{host}/sms/sendbatch",
            accepted=Answer(
                status=200,
                each="sendRequestMessages",
                item={
                    "messageId": "{{ item_uuid }}",
                    "refId": '{{ item.refId | default("") }}',
                    "resultCode": QUEUED,
                    "message": "Queued",
                },
            ),
            requirements=(
                Requirement(
                    paths=("sendRequestMessages",),
                    refusal=_error(400, 106000, "sendRequestMessages is missing"),
                ),
                Requirement(
                    paths=("sendRequestMessages",),
                    most=1000,
                    refusal=_error(400, 106000, "sendRequestMessages holds more than 1000 messages"),
                ),
                *_ACCOUNT,
            ),
        ),
    ),
    hosts=("wsx.sp247.net", "*.linkmobility.io"),
    reading=Reading(
        ids=("messageId", "[].messageId"),
        errors="$",
        code="status",
        message="description",
        refused_unless=("resultCode", (1000, 1001, 1005, 1007, 1008, 1011, 1012, 1013)),
    ),
    emulation=Emulation(
        unauthorized=_error(401, 106100, "Invalid authentication"),
        malformed=_error(400, 106000, "The request cannot be read"),
        throttled=_error(429, 106000, "Too many requests"),
        server_error=_error(500, 106000, "Unknown Error"),
    ),
    templates=(
        PayloadTemplate(
            id="link-text",
            name=N_("One text message"),
            text="""{
  "source": "LINK",
  "sourceTON": "ALPHANUMERIC",
  "destination": "${User Identifier}",
  "userData": "Hello {{ first_name | default(\\"there\\") }}",
  "platformId": "YOUR_PLATFORM_ID",
  "platformPartnerId": "YOUR_PLATFORM_PARTNER_ID",
  "useDeliveryReport": false,
  "ignoreResponse": false,
  "refId": "${dyCampaignName}"
}""",
            notes=N_(
                "Numbers have a plus and the country code. Without ignoreResponse false there would be no message id."
            ),
            source_url=PAPERS,
        ),
        PayloadTemplate(
            id="link-batch",
            name=N_("Text messages to several recipients"),
            text="""{
  "platformId": "YOUR_PLATFORM_ID",
  "platformPartnerId": "YOUR_PLATFORM_PARTNER_ID",
  "useDeliveryReport": false,
  "ignoreResponse": false,
  "sendRequestMessages": [
    {
      "source": "LINK",
      "destination": "${User Identifier}",
      "userData": "Hello {{ first_name | default(\\"there\\") }}",
      "refId": "${dyCampaignName}"
    }
  ]
}""",
            notes=N_("At most 1,000 messages in one call."),
            source_url=PAPERS,
        ),
    ),
    limits=Limits(required=("platformId", "platformPartnerId")),
    sources=(PAPERS, CONNECTOR),
    sms=SmsDialect(
        spelling="plus",
        write=write,
        read_sent=read_sent,
        read_callback=read_callback,
        callback_methods=("POST", "GET", "PUT"),
        write_reports=write_reports,
        write_inbound=write_inbound,
        acknowledgement=Acknowledgement(content_type="text/plain", body="OK"),
        setup=CallbackSetup(
            by="support",
            delivery=(
                N_(
                    "Ask LINK Mobility's support for a gate that brings delivery reports to the address above, as JSON."
                ),
                N_(
                    "They answer with a gate id: put it into this account's credentials, or no reports are asked for."
                ),
            ),
            inbound=(
                N_(
                    "Ask LINK Mobility's support for a gate that brings inbound messages to the address above, as JSON."
                ),
                N_("Ask for a keyword or number route to that gate for each of your numbers."),
            ),
            contact="LINK Mobility",
            letter=N_(
                "Hello LINK Mobility support,\n\n"
                "please set up two gates for our account {account}:\n\n"
                "- delivery reports: HTTP POST with application/json to {delivery}\n"
                "- inbound messages (MO) of all our numbers and keywords: HTTP POST with application/json to {inbound}\n\n"
                "Both answer with 200 OK; no body need be checked. Please tell us the id of the gate for delivery reports. "
                "Both addresses are secret; please do not pass them on.\n\n"
                "Kind regards"
            ),
            source_url=PAPERS,
        ),
        statuses=STATES,
        errors=ERRORS,
        sender_types=SENDER_TYPES,
        most_recipients=1000,
        most_characters=254 * 153,
        takes_wide=False,  # Common API, SMS MT 1.18, section “Character encoding”
        batch="batch",
        # reading a gate is all that the interface has to read; without a gate id, or with a wrong one, it is not found: still let in
        authenticate="https://{host}/gate/partnergate/platform/{platform_id}/partner/{platform_partner_id}/id/{gate_id}",
        let_in=(404,),
        loses=(
            N_("Emoji and other four-byte characters are not supported."),
            N_("It tries for 48 hours at most, even if a message may live longer."),
            N_(
                "A message cannot name its own report address: the one that LINK Mobility set up holds for all."
            ),
            N_("Its state cannot be asked for: only reports tell it."),
            N_("Nothing signs its callbacks: the secret address alone tells that a call is LINK Mobility's."),
        ),
        emulation=SmsEmulation(
            hear=hear,
            routes=(
                StandInRoute(method="GET", path=f"{_GATE}/{{gate_id}}", answer=_gate),
                StandInRoute(method="GET", path=_GATE, answer=_gate),
            ),
            states=(("sent", "1000"), ("delivered", "1001")),
            failures=(
                ("undelivered", "1004", "Mobile full"),
                ("undelivered", "2104", "Unknown subscriber"),
                ("rejected", "2105", "Destination blocked"),
                ("rejected", "2106", "Number error"),
                ("expired", "1002", "Expired"),
                ("unknown", "1010", "Expired, absence of operator delivery report"),
                ("failed", "6", "Operator error"),
                ("canceled", "1003", "Deleted"),
            ),
        ),
    ),
)
