"""Vibes, Connect HTTP Message API: XML both ways (https://developer-aggregation.vibes.com/reference/send-an-sms-message).

Its Platform API (JSON, campaigns and persons) cannot send one text to one number; this one can. United States and Canada only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final
from xml.sax.saxutils import escape, quoteattr

from pydantic import BeforeValidator, Field

from workbench.models.base import JsonValue, SecretRef
from workbench.models.callback import (
    Acknowledgement,
    BadItem,
    Callback,
    CallbackItem,
    DeliveryReport,
    InboundMessage,
    OtherEvent,
)
from workbench.models.credential import Auth, BasicPair, Credential
from workbench.models.hosts import bare_host
from workbench.models.message import DeliveryState, Message, Taken
from workbench.models.payload import PayloadTemplate
from workbench.models.phone import digits, is_number, with_plus
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

SEND = "https://developer-aggregation.vibes.com/reference/send-an-sms-message"
CALLBACKS = "https://developer-aggregation.vibes.com/reference/callbacks"
INBOUND = "https://developer-aggregation.vibes.com/reference/receiving-messages"
HTTP_CODES = "https://developer-aggregation.vibes.com/reference/http-error-and-status-codes"
RECEIPT_CODES = "https://developer-aggregation.vibes.com/reference/delivery-receipt-response-codes"

XML: Final = (("Content-Type", "text/xml"),)
_NO_CHARACTER: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is no character of XML 1.0 (https://www.w3.org/TR/xml/#charsets)."""
LONGEST_ID: Final = 40
"""Characters of a submitterMessageId."""

STATES: Final[Mapping[str, DeliveryState]] = {
    "mtMessageRsp": "queued",
    "type=System,isError=false": "queued",
    "type=Carrier,isError=false": "sent",
    "type=Handset,isError=false": "delivered",
    "type=System,isError=true": "failed",
    "type=Carrier,isError=true": "undelivered",
    "type=Handset,isError=true": "undelivered",
}
_BY_CODE: Final[Mapping[str, DeliveryState]] = {"7": "canceled", "9": "rejected", "12": "rejected"}
"""What Vibes' own system refused, by its internal code, where that says more than "failed"."""
_OF_STATE: Final[Mapping[DeliveryState, tuple[str, bool]]] = {
    "accepted": ("System", False), "queued": ("System", False), "scheduled": ("System", False), "sending": ("System", False),
    "sent": ("Carrier", False), "delivered": ("Handset", False), "read": ("Handset", False),
    "failed": ("System", True), "rejected": ("System", True), "canceled": ("System", True), "expired": ("System", True),
    "undelivered": ("Carrier", True),
}  # fmt: skip
"""How the stand-in says a state."""

_LATER = N_("Send again later.")
_SETUP = N_("Ask Vibes: live@vibes.com.")
ERRORS: Final[Mapping[str, ErrorWord]] = {
    "1000": ErrorWord(meaning=N_("Vibes has a fault of its own."), advice=_SETUP),
    "1001": ErrorWord(meaning=N_("Vibes has a fault of its own."), advice=_LATER, retry=True),
    "1002": ErrorWord(meaning=N_("Too many texts at once."), advice=N_("Send slower."), retry=True),
    "1010": ErrorWord(meaning=N_("The user name or password is wrong."), advice=N_("Check both, as Vibes sent them.")),
    "1011": ErrorWord(meaning=N_("This user may not send from this code."), advice=_SETUP),
    "1020": ErrorWord(meaning=N_("The request is not as Vibes wants it."), advice=N_("Read what it says is wrong.")),
    "1022": ErrorWord(meaning=N_("A value of the request is not valid."), advice=N_("Read which one it names.")),
    "1023": ErrorWord(meaning=N_("The request is too large."), advice=N_("Send to fewer recipients at once.")),
    "1024": ErrorWord(meaning=N_("Vibes knows no such message."), advice=N_("Check the message's id.")),
    "1025": ErrorWord(meaning=N_("The code is not set up with this carrier."), advice=_SETUP),
    "1026": ErrorWord(meaning=N_("Vibes wants XML."), advice=N_("Send it as text/xml.")),
    "1027": ErrorWord(meaning=N_("Texts that the recipient pays for are not possible."), advice=_SETUP),
    "1028": ErrorWord(meaning=N_("A value of the request cannot be worked with."), advice=N_("Read which one it names.")),
    "1029": ErrorWord(meaning=N_("Your company may not use this code."), advice=_SETUP),
    "1030": ErrorWord(meaning=N_("This user is not one of this company."), advice=_SETUP),
    "1031": ErrorWord(
        meaning=N_("The number is no mobile number, or its carrier is not served."), advice=N_("Take the number off your lists.")),
    "1032": ErrorWord(meaning=N_("The text is longer than 160 characters."), advice=N_("Shorten it, or let it be split.")),
    "1033": ErrorWord(meaning=N_("A long text cannot be delivered that way."), advice=_SETUP),
    "1034": ErrorWord(meaning=N_("Vibes does not take this kind of call there."), advice=_SETUP),
    "1": ErrorWord(meaning=N_("There is no route from this code to the carrier."), advice=_SETUP),
    "2": ErrorWord(meaning=N_("Texts that the recipient pays for are not possible."), advice=_SETUP),
    "7": ErrorWord(meaning=N_("The message was stopped before it was delivered."), advice=_SETUP),
    "8": ErrorWord(meaning=N_("There is no route from this code to the carrier."), advice=_SETUP),
    "9": ErrorWord(meaning=N_("The number is on a block list."), advice=N_("Do not text this number again."), opted_out=True),
    "10": ErrorWord(meaning=N_("A part of a long text was missing."), advice=N_("Send again."), retry=True),
    "12": ErrorWord(meaning=N_("The recipient has got as many texts as allowed."), advice=N_("Wait before you text it again.")),
    "13": ErrorWord(meaning=N_("A part of a long text did not come in time."), advice=N_("Send again."), retry=True),
    "14": ErrorWord(meaning=N_("A part of a long text came twice."), advice=N_("Nothing is to be done.")),
    "15": ErrorWord(meaning=N_("The number is not on the list."), advice=N_("Have it sign up first.")),
    "16": ErrorWord(meaning=N_("Your company has no lease of this code."), advice=_SETUP),
    "107": ErrorWord(meaning=N_("The carrier failed to take the text."), advice=_LATER, retry=True),
}  # fmt: skip
"""From 1000 on the codes of a refused call, below 100 Vibes' own codes of a receipt; 107 is a carrier's, as the page's example has it."""


class VibesAccount(Credential):
    """What Vibes sends by e-mail: a user, the company key, and the environment."""

    kind: ClassVar[str] = "vibes_account"
    label: ClassVar[str] = N_("Account integration details")
    about: ClassVar[str] = N_("Ask dynamics@vibes.com for an account, or live@vibes.com if you have one.")
    auth: ClassVar[Auth] = BasicPair()

    username: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            pattern=r"^[^:\x00-\x1f\x7f]+$",
            title=N_("User name"),
            description=N_("As Vibes sent it."),
            examples=["user@example.com"],
        ),
    ]
    password: Annotated[SecretRef, Field(title=N_("Password"), description=N_("As Vibes sent it."))]
    company_key: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100,
            pattern=r"^\S+$",
            title=N_("Company key"),
            description=N_("As Vibes sent it: it names your company."),
            examples=["Xa2VQ9"],
        ),
    ]
    environment: Annotated[
        str,
        BeforeValidator(bare_host),
        Field(
            max_length=253,
            pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*\.vibesapps\.com$",
            title=N_("Environment"),
            description=N_(
                "The address of the Message API; leave it as it is unless Vibes gave you another one."
            ),
            examples=["messageapi.vibesapps.com"],
        ),
    ] = "messageapi.vibesapps.com"


# sending ---------------------------------------------------------------------------------------------------------


def write(message: Message, values: Values) -> JsonValue:
    """Return the tree of ``<mtMessage>``: Vibes may split a long text, which it refuses otherwise; receipts go to ``callbackUrl``.

    The tag is what Vibes hands back as submitterMessageId; where it is too long or none, our own id is. Signs that XML cannot hold, which
    no handset shows either, are left out.
    """
    one: dict[str, JsonValue] = {"@submitterMessageId": _plain(_own_id(message)), "@splitLongMessage": "true"}
    one["destination"] = {"@address": with_plus(message.to[0]), "@type": "MDN"}
    one["source"] = {"@address": _plain(_code(message.sender)), "@type": "SC"}
    one["text"] = _plain(message.body)
    if message.report_url:
        one["receiptOption"] = {"@callbackUrl": _plain(message.report_url), "#text": "ALL"}
    return {"mtMessage": one}


def _plain(text: str) -> str:
    return _NO_CHARACTER.sub("", text)


def _own_id(message: Message) -> str:
    return message.tag if 0 < len(message.tag) <= LONGEST_ID else message.id[:LONGEST_ID]


def _code(sender: str) -> str:
    return digits(sender) if is_number(sender) else sender.strip()


def read_sent(message: Message, reply: Reply, tree: JsonValue) -> tuple[Taken, ...]:
    """Return the recipient's part of ``<mtMessageRsp messageId="...">``."""
    answer = _under(tree, "mtMessageRsp")
    error = _under(tree, "error")
    id = text_at(answer, "@messageId")
    taken = Taken(
        to=message.to[0],
        accepted=bool(id),
        message_id=id,
        state="queued" if id else "rejected" if error else "unknown",
        code=text_at(error, "@code"),
        words=text_at(error, "@description"),
    )
    return (taken, *(Taken(to=number, accepted=False, state="unknown") for number in message.to[1:]))


# reading what it reports -----------------------------------------------------------------------------------------


def read_callback(callback: Callback) -> tuple[CallbackItem, ...]:
    """Return the items of a call: a receipt, an inbound message as it is today, or one of the old version 1."""
    tree = callback.tree
    if callback.kind != "xml" or not isinstance(tree, dict) or len(tree) != 1:
        return (BadItem(sentence=say("The call is no XML: it is not one of Vibes'."), raw=tree),)
    ((name, inside),) = tree.items()
    receipts = _each(tree if name == "mtMessageResponse" else inside, "mtMessageResponse")
    arrived = _each(tree if name == "moMessage" else inside, "moMessage")
    if name in ("mtMessageResponse", "mtMessageResponses"):
        items = [_receipt(item, index) for index, item in enumerate(receipts or [None])]
    elif name in ("moMessage", "moMessages"):  # several under one root are written by the stand-in alone
        items = [_inbound(item, index) for index, item in enumerate(arrived or [None])]
    elif name == "deliver":
        items = [_inbound_of_old(inside)]
    else:
        items = [OtherEvent(name=str(name), raw=tree)]
    return tuple(items)


def read_reports(tree: JsonValue) -> tuple[DeliveryReport, ...]:
    """Return the receipts in the answer of ``GET /mt/messages/{id}/responses``, oldest first as Vibes lists them."""
    found = (
        _receipt(item, index)
        for index, item in enumerate(_each(_under(tree, "mtMessageResponses"), "mtMessageResponse"))
    )
    return tuple(item for item in found if isinstance(item, DeliveryReport))


def _receipt(item: JsonValue, index: int) -> CallbackItem:
    status, multipart = _under(item, "status"), _under(item, "multipart")
    kind, wrong = text_at(item, "type"), text_at(status, "@isError").lower()
    id = text_at(multipart, "@originalMessageId") or text_at(item, "@messageId")
    if not id:
        return BadItem(
            index=index,
            sentence=say("A receipt has no messageId, so it is not known what it is about."),
            raw=item,
        )
    internal = text_at(status, "internalErrorCode")
    code = (internal if kind == "System" else "") or text_at(status, "errorCode")
    own = f"type={kind},isError={wrong}"
    state = STATES.get(own, "unknown")
    if state == "failed":
        state = _BY_CODE.get(internal, state)
    return DeliveryReport(
        provider_id=id,
        part=text_at(multipart, "@partNumber"),
        state=state,
        raw_state=own,
        code=code,
        words=text_at(status, "description"),
        tag=text_at(item, "@submitterMessageId"),
        at=moment(text_at(item, "@receiptDate")),
        segments=_whole(text_at(multipart, "@noOfParts")),
        opted_out=kind == "System" and internal in ERRORS and ERRORS[internal].opted_out,
        raw=item,
    )


def _inbound(item: JsonValue, index: int) -> CallbackItem:
    source, destination = _under(item, "source"), _under(item, "destination")
    if not text_at(item, "@messageId") or not text_at(source, "@address"):
        return BadItem(
            index=index, sentence=say("An inbound message has no messageId or no source."), raw=item
        )
    words = _under(item, "message")
    return InboundMessage(
        provider_id=text_at(item, "@messageId"),
        sender=with_plus(text_at(source, "@address")),
        to=text_at(destination, "@address"),
        body=words if isinstance(words, str) else text_at(words, "#text", "@text"),
        at=moment(text_at(item, "@receiptDate")),
        raw=item,
    )


def _inbound_of_old(item: JsonValue) -> CallbackItem:
    """Return an inbound message of version 1: national numbers, no date, ids in elements of their own."""
    source, destination = _under(item, "source"), _under(item, "destination")
    id = text_at(_under(item, "transaction"), "@id")
    if not id or not text_at(source, "@address"):
        return BadItem(sentence=say("An inbound message has no transaction id or no source."), raw=item)
    return InboundMessage(
        provider_id=id,
        sender=_american(text_at(source, "@address")),
        to=text_at(destination, "@address"),
        body=text_at(_under(item, "message"), "@text", "#text"),
        raw=item,
    )


def _american(number: str) -> str:
    """Return a number of ten digits, as version 1 writes them, with the country code of the United States and Canada."""
    plain = digits(number)
    return f"+1{plain}" if len(plain) == 10 and not number.startswith("+") else with_plus(number)


# writing what it would report ------------------------------------------------------------------------------------


def write_reports(reports: tuple[DeliveryReport, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call with a receipt: one a call; several are written as the status call lists them."""
    receipts = [_received(report) for report in reports]
    tree = {"mtMessageResponse": receipts[0]} if len(receipts) == 1 else _responses(receipts)
    return _call(url, tree, now)


def write_inbound(messages: tuple[InboundMessage, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call with an inbound message: one a call; several are written under one root."""
    arrived = [_arrived(message) for message in messages]
    return _call(
        url, {"moMessage": arrived[0]} if len(arrived) == 1 else {"moMessages": {"moMessage": arrived}}, now
    )


def _responses(receipts: list[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    inside = receipts[0] if len(receipts) == 1 else receipts
    return {"mtMessageResponses": {"mtMessageResponse": inside} if receipts else None}


def _received(report: DeliveryReport) -> dict[str, JsonValue]:
    if report.state == "unknown":
        kind, wrong = report.raw_state or "Unknown", False  # a type that nobody knows yet
    else:
        kind, wrong = _OF_STATE.get(report.state, ("Handset", True))
    for own in (report.raw_state, report.code):
        if own.startswith("type=") and ",isError=" in own:
            kind, _, told = own.removeprefix("type=").partition(",isError=")
            wrong = told == "true"
    status: dict[str, JsonValue] = {"@isError": str(wrong).lower()}
    if report.words:
        status["description"] = report.words
    if report.code and not report.code.startswith("type="):
        status["internalErrorCode" if kind == "System" else "errorCode"] = report.code
    receipt: dict[str, JsonValue] = {"@messageId": report.provider_id}
    if report.tag:
        receipt["@submitterMessageId"] = report.tag
    if report.at is not None:
        receipt["@receiptDate"] = _stamp(report.at)
    if report.part or report.segments is not None:
        receipt["multipart"] = {
            "@isMultipart": str((report.segments or 1) > 1 or bool(report.part)).lower(),
            "@originalMessageId": report.provider_id,
            **({"@noOfParts": str(report.segments)} if report.segments is not None else {}),
            **({"@partNumber": report.part} if report.part else {}),
        }
    receipt["type"] = kind or None
    receipt["status"] = status
    return receipt


def _arrived(message: InboundMessage) -> dict[str, JsonValue]:
    return {
        "@messageId": message.provider_id,
        **({"@receiptDate": _stamp(message.at)} if message.at is not None else {}),
        "@attemptNumber": "1",
        "source": {"@address": message.sender, "@type": "MDN"},
        "destination": {"@address": message.to, "@type": "SC"},
        "message": message.body or None,
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _call(url: str, tree: dict[str, JsonValue], now: datetime) -> Callback:
    ((name, inside),) = tree.items()
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{_element(name, inside)}'.encode()
    return Callback(method="POST", url=url, headers=XML, body=body, kind="xml", tree=tree, at=now)


def _element(name: str, value: JsonValue) -> str:
    """Return one element of a tree as XML: its attributes, then its text or elements, as ``engine.xml_values`` reads them."""
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    inside = value if isinstance(value, dict) else {"#text": value}
    attributes = "".join(
        f" {key[1:]}={quoteattr(item)}" for key, item in inside.items() if key.startswith("@")
    )
    children = "".join(_element(key, item) for key, item in inside.items() if key[0] not in "@#")
    text = escape(inside.get("#text") or "", {"\r": "&#13;"})
    return f"<{name}{attributes}>{text}{children}</{name}>" if text or children else f"<{name}{attributes}/>"


# the stand-in ----------------------------------------------------------------------------------------------------


def hear(body: JsonValue) -> Heard:
    """Return what the stand-in understood of a ``<mtMessage>``."""
    one = _under(body, "mtMessage")
    text = _under(one, "text")
    return Heard(
        to=tuple(text_at(place, "@address") for place in _each(one, "destination")),
        sender=text_at(_under(one, "source"), "@address"),
        body=text if isinstance(text, str) else text_at(text, "#text"),
        report_url=text_at(_under(one, "receiptOption"), "@callbackUrl"),
        tag=text_at(one, "@submitterMessageId"),
    )


def _status(asked: Asked, held: tuple[Held, ...], inbound: tuple[InboundMessage, ...]) -> Answer:
    found = next((message for message in held if message.provider_id == asked.names.get("message_id")), None)
    if found is None:
        return _error(404, "1024", "Resource not found")
    return Answer(status=200, headers=XML, body=_responses([_received(report) for report in found.reports]))


def _error(http: int, code: str, description: str, *, retriable: bool = False) -> Answer:
    error = {"@code": code, "@description": description, "@retriable": str(retriable).lower()}
    return Answer(status=http, headers=XML, body={"error": error})


# small things ----------------------------------------------------------------------------------------------------


def _under(tree: JsonValue, name: str) -> JsonValue:
    return tree.get(name) if isinstance(tree, dict) else None


def _each(tree: JsonValue, name: str) -> list[JsonValue]:
    found = _under(tree, name)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


PROVIDER = Provider(
    key="vibes",
    name="Vibes",
    channel="sms",
    about=N_("Vibes, text messages in the United States and Canada; XML."),
    credentials=(VibesAccount,),
    endpoints=(
        Endpoint(
            key="message",
            title=N_("Text message"),
            url="https://{environment}/MessageApi/mt/messages",
            encoding="xml",
            accepted=Answer(
                status=200, headers=XML, body={"mtMessageRsp": {"@messageId": "{{ uuid }}", "@carrier": "102"}}
            ),
            requirements=(
                Requirement(
                    paths=("mtMessage.destination.@address",),
                    refusal=_error(400, "1020", "Invalid request: destination is missing"),
                ),
                Requirement(
                    paths=("mtMessage.source.@address",),
                    refusal=_error(400, "1020", "Invalid request: source is missing"),
                ),
                Requirement(paths=("mtMessage.text",), refusal=_error(400, "1020", "Invalid request: text is missing")),
            ),
        ),
    ),
    hosts=("*.vibesapps.com",),
    reading=Reading(ids=("mtMessageRsp.@messageId",), errors="error", message="@description", code="@code"),
    emulation=Emulation(
        unauthorized=_error(401, "1010", "Invalid User/Password"),
        malformed=_error(400, "1020", "Invalid request format/content"),
        throttled=_error(429, "1002", "Throughput exceeded. Try again later.", retriable=True),
        server_error=_error(500, "1001", "Processing error while handling request", retriable=True),
    ),
    templates=(
        PayloadTemplate(
            id="vibes-message",
            name=N_("One text message"),
            encoding="xml",
            text="""{
  "mtMessage": {
    "@submitterMessageId": "${dyCampaignName}",
    "@splitLongMessage": "true",
    "destination": {"@address": "${User Identifier}", "@type": "MDN"},
    "source": {"@address": "98765", "@type": "SC"},
    "text": "Hello {{ first_name | default(\\"there\\") }}. Reply STOP to quit."
  }
}""",
            notes=N_("Sent as XML: a key with @ becomes an attribute, every other key an element."),
            source_url=SEND,
        ),
    ),
    limits=Limits(body_bytes=500_000, required=("mtMessage",)),
    notes=(
        N_("Vibes takes XML, not JSON: Reconnect's own wizard cannot use it, because JSON is its prerequisite. "
           "The workbench writes the payload as JSON and sends it as XML."),
    ),
    sources=(SEND, CALLBACKS, INBOUND, HTTP_CODES, RECEIPT_CODES),
    sms=SmsDialect(
        spelling="plus",
        write=write,
        read_sent=read_sent,
        read_callback=read_callback,
        write_reports=write_reports,
        write_inbound=write_inbound,
        acknowledgement=Acknowledgement(content_type="text/plain", body=""),
        setup=CallbackSetup(
            by="support",
            delivery=(
                N_("Each message names its own report address, so delivery reports come without any setting."),
                N_("Write to live@vibes.com to set the address for reports of messages that other systems send."),
            ),
            inbound=(
                N_("Write to live@vibes.com, or to your customer success manager, with the letter below."),
                N_("Ask that inbound messages of each of your codes go to the address above."),
            ),
            contact="live@vibes.com",
            letter=N_(
                "Hello Vibes team,\n\n"
                "please set up callbacks for our account {account}:\n\n"
                "- outgoing message carrier responses (receipts): POST to {delivery}\n"
                "- incoming messages (MO) of all our codes: POST to {inbound}\n\n"
                "Both addresses are secret; please do not pass them on. If we have no account for Dynamics 365 yet, please forward this to "
                "dynamics@vibes.com.\n\n"
                "Kind regards"
            ),
            per_message=True,
            source_url=CALLBACKS,
        ),
        statuses=STATES,
        errors=ERRORS,
        sender_types=("short_code", "toll_free"),
        regions=("US", "CA"),
        most_characters=900,
        status="https://{environment}/MessageApi/mt/messages/{message_id}/responses",
        status_headers=(("Accept", "text/xml"),),
        read_status=read_reports,
        # the receipts of a message that cannot be: not found, so let in
        authenticate="https://{environment}/MessageApi/mt/messages/00000000-0000-0000-0000-000000000000/responses",
        let_in=(404,),
        loses=(
            N_("The United States and Canada only."),
            N_("Short codes and toll-free numbers only: no name as sender."),
            N_("A text over 160 characters is split by Vibes, up to about 900."),
            N_("Control signs are left out of a text, because XML cannot hold them."),
            N_("A message cannot be scheduled for later, nor told until when it is wanted."),
            N_("Nothing signs its callbacks: the secret address alone tells that a call is Vibes'."),
        ),
        emulation=SmsEmulation(
            hear=hear,
            routes=(StandInRoute(method="GET", path="/MessageApi/mt/messages/{message_id}/responses", answer=_status),),
            states=(
                ("queued", "type=System,isError=false"),
                ("sent", "type=Carrier,isError=false"),
                ("delivered", "type=Handset,isError=false"),
            ),
            failures=(
                ("undelivered", "107", "Carrier failed while submitting message"),
                ("rejected", "9", "MDN blocked"),
                ("rejected", "12", "Message capped"),
                ("canceled", "7", "Message stopped"),
                ("failed", "8", "No carrier route found for code"),
            ),
        ),
    ),
)  # fmt: skip
