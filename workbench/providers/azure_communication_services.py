"""Azure Communication Services, SMS (https://learn.microsoft.com/rest/api/communication).

JSON for up to a hundred recipients, signed with an access key; its reports and inbound texts come through Event Grid,
which signs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, ClassVar, Final, Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit
from uuid import NAMESPACE_URL, uuid5

from pydantic import BeforeValidator, Field

from workbench.models.base import JsonValue, SecretRef
from workbench.models.callback import (
    BadItem,
    Callback,
    CallbackItem,
    DeliveryReport,
    Handshake,
    InboundMessage,
    OtherEvent,
)
from workbench.models.credential import Auth, Credential, Signature
from workbench.models.hosts import bare_host
from workbench.models.message import DeliveryState, Message, Taken
from workbench.models.pace import Rate
from workbench.models.payload import PayloadTemplate
from workbench.models.phone import with_plus
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.models.request import Headers, Reply, Request
from workbench.models.sms_dialect import CallbackSetup, ErrorWord, Heard, SmsDialect, SmsEmulation, Values
from workbench.models.wire_values import moment, text_at
from workbench.sentence import N_, Sentence, say

SIGNED_HEADERS: Final = "x-ms-date;host;x-ms-content-sha256"
_AUTHORIZATION: Final = re.compile(
    r"HMAC-SHA256 SignedHeaders=" + SIGNED_HEADERS + r"&Signature=[A-Za-z0-9+/]{43}="
)
_LABEL: Final = "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST: Final = rf"^({_LABEL}\.)+communication\.azure\.com$"


# the connection string and the signature -------------------------------------------------------------------------


class Connection(NamedTuple):
    """The two parts of a connection string; a part that it does not have is empty."""

    host: str
    access_key: str


def connection_of(text: str) -> Connection:
    """Return the host and the access key of a connection string, ``endpoint=https://NAME.communication.azure.com/;accesskey=KEY``.

    https://learn.microsoft.com/en-us/azure/communication-services/quickstarts/create-communication-resource
    """
    found = {
        name.strip().lower(): value.strip()
        for name, _, value in (part.partition("=") for part in text.split(";"))
    }
    endpoint = found.get("endpoint", "")
    try:
        host = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}").hostname or ""
    except ValueError:
        host = ""
    return Connection(host, found.get("accesskey", ""))


def sign(request: Request, values: Values, now: datetime) -> Headers:
    """Return the headers that sign a request with the access key in use, over the body's exact bytes.

    https://learn.microsoft.com/en-us/azure/communication-services/tutorials/hmac-header-tutorial
    """
    url, stamp = urlsplit(request.url), format_datetime(now.astimezone(UTC), usegmt=True)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    content = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    text = f"{request.method}\n{target}\n{stamp};{_host(url)};{content}"
    signed = base64.b64encode(hmac.digest(_access_key(values), text.encode(), "sha256")).decode()
    return (
        ("x-ms-date", stamp),
        ("x-ms-content-sha256", content),
        ("Authorization", f"HMAC-SHA256 SignedHeaders={SIGNED_HEADERS}&Signature={signed}"),
    )


def lets_in(request: Request, values: Values | None) -> bool:
    """Return whether a request carries such a signature: the very one, or without values one of the right shape."""
    given, at = request.header("Authorization") or "", moment(request.header("x-ms-date") or "")
    if at is None or not _AUTHORIZATION.fullmatch(given):
        return False
    return values is None or hmac.compare_digest(dict(sign(request, values, at))["Authorization"], given)


def _access_key(values: Values) -> bytes:
    """Return the key that signs. A key that is not base64 cannot be Azure's: it is used as it is, and is refused there."""
    secondary = values.get("secondary_connection_string", "")
    chosen = secondary if values.get("key_in_use") == "secondary" and secondary else ""
    text = chosen or values.get("primary_connection_string", "")
    key = connection_of(text).access_key or text.strip()
    try:
        return base64.b64decode(key, validate=True)
    except ValueError:
        return key.encode("utf-8", "replace")


def _host(url: SplitResult) -> str:
    """Return the host as it stands in the header Host: small letters, and no port where it is the scheme's own."""
    name = url.hostname or ""
    name = f"[{name}]" if ":" in name else name
    usual = {"https": 443, "http": 80}.get(url.scheme)
    return name if url.port in (None, usual) else f"{name}:{url.port}"


class AzureConnection(Credential):
    """The resource's two connection strings; one signs, the other one is there for the day the keys are changed."""

    kind: ClassVar[str] = "azure_connection"
    label: ClassVar[str] = N_("Connection strings")
    auth: ClassVar[Auth] = Signature(sign=sign)

    primary_connection_string: Annotated[
        SecretRef,
        Field(
            title=N_("Primary connection string"),
            description=N_(
                "Azure portal: your Communication Services resource, Settings, Keys. It begins with endpoint=https:// and holds the key."
            ),
        ),
    ]
    secondary_connection_string: Annotated[
        SecretRef | None,
        Field(
            title=N_("Secondary connection string"),
            description=N_(
                "On the same page below the primary one. It is used while the primary key is changed."
            ),
        ),
    ] = None
    endpoint: Annotated[
        str,
        BeforeValidator(bare_host),
        Field(
            pattern=_HOST,
            max_length=253,
            title=N_("Host name"),
            description=N_("The name that stands in the connection string, without https:// and slash."),
            examples=["contoso.communication.azure.com"],
        ),
    ]
    key_in_use: Annotated[
        Literal["primary", "secondary"],
        Field(
            title=N_("Key in use"),
            description=N_(
                "Choose the secondary one before you regenerate the primary key in the Azure portal."
            ),
        ),
    ] = "primary"


# the message -----------------------------------------------------------------------------------------------------

STATUSES: Final[Mapping[str, DeliveryState]] = {
    "http_202": "queued", "Delivered": "delivered", "Failed": "failed", "2000": "delivered", "4000": "rejected",
    "4001": "rejected", "4002": "rejected", "4003": "rejected", "4004": "rejected", "4005": "undelivered",
    "4006": "undelivered", "4007": "rejected", "4008": "rejected", "4009": "rejected", "4010": "rejected", "5000": "failed",
    "5001": "failed", "5002": "unknown", "9999": "failed",
}  # fmt: skip
"""https://github.com/MicrosoftDocs/azure-docs/blob/main/articles/communication-services/concepts/includes/codes/sms-sdk.md"""
_STATUS_WORDS: Final = {word.lower(): word for word in STATUSES}
_CODE: Final = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])", re.ASCII)
_OPTED_OUT: Final = "4007"
_BLOCKED: Final = ("opted out", "sender blocked for given recipient")


def write(message: Message, values: Values) -> JsonValue:
    """Return the body of a send. Each recipient has an id of its own that is the same for every attempt, so that none gets it twice.

    https://github.com/Azure/azure-rest-api-specs/tree/main/specification/communication/data-plane/Sms

    A report is always asked for: without it nobody would know what became of a text.
    """
    first = format_datetime(message.now.astimezone(UTC), usegmt=True)
    options: dict[str, JsonValue] = {"enableDeliveryReport": True}
    options |= {"tag": message.tag} if message.tag else {}
    return {
        "from": with_plus(message.sender),
        "smsRecipients": [
            {
                "to": with_plus(to),
                "repeatabilityRequestId": str(uuid5(NAMESPACE_URL, f"{message.id} {with_plus(to)}")),
                "repeatabilityFirstSent": first,
            }
            for to in message.to
        ],
        "message": message.body,
        "smsSendOptions": options,
    }


def read_sent(message: Message, reply: Reply, tree: JsonValue) -> tuple[Taken, ...]:
    """Return what the answer says of each recipient: a 202 may hold refusals, and who is not in it is not known to be taken."""
    items = tree.get("value") if isinstance(tree, dict) else None
    if not isinstance(items, list):
        return ()
    left = [item for item in items if isinstance(item, dict)]
    taken = []
    for to in message.to:
        own = next((item for item in left if with_plus(text_at(item, "to")) == with_plus(to)), None)
        left = [item for item in left if item is not own]
        taken.append(_taken(to, own))
    return tuple(taken)


def _taken(to: str, item: JsonValue) -> Taken:
    if item is None:
        return Taken(to=to, accepted=False, state="unknown")
    code, words = text_at(item, "httpStatusCode"), text_at(item, "errorMessage")
    accepted = item.get("successful") is True
    state: DeliveryState = "queued" if accepted else "rejected"
    return Taken(
        to=to,
        accepted=accepted,
        message_id=text_at(item, "messageId"),
        state=state,
        code="" if accepted else _OPTED_OUT if _says_opted_out(words) else code,
        words=words,
    )


# callbacks -------------------------------------------------------------------------------------------------------

_REPORT: Final = "microsoft.communication.smsdeliveryreportreceived"
_RECEIVED: Final = "microsoft.communication.smsreceived"
_VALIDATION: Final = "microsoft.eventgrid.subscriptionvalidationevent"
_ORIGIN: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)


def read_callback(callback: Callback) -> tuple[CallbackItem, ...]:
    """Return the events of a call: a list in Event Grid's schema, one object or a list in CloudEvents', or one of both handshakes.

    https://learn.microsoft.com/en-us/azure/event-grid/communication-services-telephony-sms-events; names are read in any
    case, since Azure's own examples write them so and so.
    """
    if callback.method == "OPTIONS":
        return (_asked_for_origin(callback),)
    events = callback.tree if isinstance(callback.tree, list) else [callback.tree]
    if callback.kind != "json" or not events:
        return (
            BadItem(
                sentence=say("This call is not a list of events. It is kept; nothing was changed."),
                raw=callback.tree,
            ),
        )
    return tuple(_item(index, event, callback, len(events)) for index, event in enumerate(events))  # fmt: skip


def _item(index: int, event: JsonValue, callback: Callback, count: int) -> CallbackItem:
    name = text_at(event, "eventType", "type")
    if not name:
        sentence = say(
            "Event {number} of this call has no type. It is kept; the others were worked on.",
            number=index + 1,
        )
        return BadItem(index=index, sentence=sentence, raw=event)
    kind, data = name.lower(), _data(event)
    if kind not in (_REPORT, _RECEIVED, _VALIDATION):
        return OtherEvent(name=name, raw=event)
    if kind == _VALIDATION:
        return _handshake(event, data, callback, count)
    if not text_at(data, "messageId"):
        sentence = say(
            "Event {number} of this call has no {name}, so nobody can tell which text it speaks of. It is kept; the others were worked on.",
            number=index + 1,
            name="messageId",
        )
        return BadItem(index=index, sentence=sentence, raw=event)
    return _report(event, data) if kind == _REPORT else _inbound(event, data)


def _data(event: JsonValue) -> dict[str, JsonValue]:
    found = next((value for name, value in event.items() if name.lower() == "data"), None)
    return found if isinstance(found, dict) else {}


def _report(event: JsonValue, data: dict[str, JsonValue]) -> DeliveryReport:
    status, words = text_at(data, "deliveryStatus"), text_at(data, "deliveryStatusDetails")
    code = _code(words)
    word = code if code in STATUSES else _STATUS_WORDS.get(status.lower(), "")
    return DeliveryReport(
        provider_id=text_at(data, "messageId"),
        state=STATUSES.get(word, "unknown"),
        raw_state=status,
        code=code,
        words=words,
        to=with_plus(text_at(data, "to")),
        sender=with_plus(text_at(data, "from")),
        tag=text_at(data, "tag"),
        at=moment(text_at(data, "receivedTimestamp") or text_at(event, "eventTime", "time")),
        segments=_segments(data),
        opted_out=code == _OPTED_OUT or _says_opted_out(words),
        raw=event,
    )


def _code(words: str) -> str:
    """Return the code in a report's details: a known one anywhere, or four digits at their beginning."""
    found = _CODE.findall(words)
    known = next((code for code in found if code in STATUSES), "")
    return known or (found[0] if found and words.lstrip().startswith(found[0]) else "")


def _says_opted_out(words: str) -> bool:
    return any(phrase in words.lower() for phrase in _BLOCKED)


def _segments(data: dict[str, JsonValue]) -> int | None:
    """Return how many segments the last attempt had, as its numbers of good and bad ones tell; None where they do not."""
    attempts = next((value for name, value in data.items() if name.lower() == "deliveryattempts"), None)
    last = attempts[-1] if isinstance(attempts, list) and attempts else None
    counts = [text_at(last, name) for name in ("segmentsSucceeded", "segmentsFailed")]
    return sum(map(int, counts)) or None if all(re.fullmatch("[0-9]{1,4}", text) for text in counts) else None


def _inbound(event: JsonValue, data: dict[str, JsonValue]) -> InboundMessage:
    count = text_at(data, "segmentCount")
    return InboundMessage(
        provider_id=text_at(data, "messageId"),
        sender=with_plus(text_at(data, "from")),
        to=with_plus(text_at(data, "to")),
        body=text_at(data, "message"),
        at=moment(text_at(data, "receivedTimestamp") or text_at(event, "eventTime", "time")),
        segments=int(count) or None if re.fullmatch("[0-9]{1,4}", count) else None,
        raw=event,
    )


def _handshake(event: JsonValue, data: dict[str, JsonValue], callback: Callback, count: int) -> Handshake:
    """Return Event Grid's question, answered where it comes alone, with its header and a code. Its URL is never fetched.

    https://learn.microsoft.com/en-us/azure/event-grid/end-point-validation-event-grid-events-schema
    """
    code, problem = text_at(data, "validationCode"), None
    if (callback.header("aeg-event-type") or "").lower() != "subscriptionvalidation":
        problem = say(
            "Event Grid's question came without its header {name}. It was not answered.",
            name="aeg-event-type",
        )
    elif count > 1:
        problem = say(
            "Event Grid's question came together with other events, which it never does. It was not answered."
        )
    elif not code:
        problem = say("Event Grid's question has no {name}. It was not answered.", name="validationCode")
    return Handshake(
        code=code,
        topic=_topic(event),
        validation_url=text_at(data, "validationUrl"),
        at=moment(text_at(event, "eventTime")),
        answer=None if problem else {"validationResponse": code},
        headers=() if problem else (("Content-Type", "application/json"),),
        problem=problem,
        raw=event,
    )  # fmt: skip


def _asked_for_origin(callback: Callback) -> Handshake:
    """Return the question of CloudEvents: whether its origin may call; https://github.com/cloudevents/spec/blob/v1.0/http-webhook.md."""
    origin = callback.header("WebHook-Request-Origin") or ""
    callback_url = callback.header("WebHook-Request-Callback") or ""
    if not _ORIGIN.fullmatch(origin):
        problem = say(
            "The question has no origin in its header {name}. It was not answered.",
            name="WebHook-Request-Origin",
        )
        return Handshake(validation_url=callback_url, at=callback.at, problem=problem)
    allowed = (("WebHook-Allowed-Origin", origin), ("WebHook-Allowed-Rate", "*"))
    return Handshake(code=origin, validation_url=callback_url, at=callback.at, headers=allowed)  # fmt: skip


def _topic(event: JsonValue) -> str:
    """Return where an event comes from: Event Grid's topic, CloudEvents' source."""
    return text_at(event, "topic", "source")


def prove(callback: Callback, values: Values) -> Sentence | None:
    """Return why a call is not from the account's topic. Event Grid signs nothing, so this is all that can be seen of it.

    Where no topic is known, every call is let in that has the secret address.
    """
    wanted = values.get("topic", "").strip().strip("/").lower()
    if not wanted:
        return None
    events = callback.tree if isinstance(callback.tree, list) else [callback.tree]
    named = [_topic(event).strip("/").lower() for event in events if text_at(event, "eventType", "type")]
    # a handshake may name the subscription alone, as Microsoft's example does; whether it is answered is decided for itself
    handshake = len(events) == 1 and text_at(events[0], "eventType").lower() == _VALIDATION
    fits = [
        hmac.compare_digest(topic.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))
        or (handshake and topic.count("/") == 1 and wanted.startswith(f"{topic}/"))
        for topic in named
    ]
    if all(fits):
        return None
    return say(
        "An event of this call is not from this account's topic. If the resource was moved, enter its new resource id as the topic."
    )


def write_reports(reports: tuple[DeliveryReport, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return Event Grid's call with these reports."""
    return _events([_written(report, values, now) for report in reports], url, now, "SmsDeliveryReports")


def _written(report: DeliveryReport, values: Values, now: datetime) -> JsonValue:
    delivered = report.state == "delivered"
    status = (
        report.raw_state
        if report.raw_state in ("Delivered", "Failed")
        else "Delivered"
        if delivered
        else "Failed"
    )
    words = report.words or ("No error." if delivered and not report.code else "")
    details = words if report.code in words else f"{report.code}: {words}"
    count, stamp = report.segments or 1, _stamp(report.at or now)
    good, bad = (count, 0) if status == "Delivered" else (0, count)
    data = {
        "messageId": report.provider_id,
        "from": report.sender.removeprefix("+"),
        "to": report.to,
        "deliveryStatus": status,
        "deliveryStatusDetails": details,
        "receivedTimestamp": stamp,
        "deliveryAttempts": [{"timestamp": stamp, "segmentsSucceeded": good, "segmentsFailed": bad}],
        "tag": report.tag,
    }
    return _event(
        "Microsoft.Communication.SMSDeliveryReportReceived",
        report.provider_id,
        report.sender,
        data,
        values,
        stamp,
    )


def write_inbound(messages: tuple[InboundMessage, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return Event Grid's call with these inbound texts; its numbers have no plus, as in Azure's examples."""
    events = []
    for message in messages:
        stamp = _stamp(message.at or now)
        data = {
            "messageId": message.provider_id,
            "from": message.sender.removeprefix("+"),
            "to": message.to.removeprefix("+"),
            "message": message.body,
            "receivedTimestamp": stamp,
            "segmentCount": message.segments or 1,
        }
        events.append(
            _event(
                "Microsoft.Communication.SMSReceived", message.provider_id, message.to, data, values, stamp
            )
        )
    return _events(events, url, now, "SmsReceived")


def write_handshake(url: str, values: Values, now: datetime) -> Callback:
    """Return Event Grid's question whether its calls are wanted at this address."""
    code = str(uuid5(NAMESPACE_URL, f"{url} {now.isoformat()}"))
    data = {
        "validationCode": code,
        "validationUrl": f"https://rehearsal.eventgrid.azure.net:553/validate?id={code}",
    }
    event = _event("Microsoft.EventGrid.SubscriptionValidationEvent", code, "", data, values, _stamp(now))
    return _events([event | {"subject": ""}], url, now, "Rehearsal", "SubscriptionValidation")


def _event(
    name: str, about: str, number: str, data: JsonValue, values: Values, stamp: str
) -> dict[str, JsonValue]:
    resource = values.get("endpoint", "").partition(".")[0] or "rehearsal"
    topic = values.get("topic") or (
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rehearsal"
        f"/providers/Microsoft.Communication/CommunicationServices/{resource}"
    )
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{name} {about} {json.dumps(data, sort_keys=True)}")),
        "topic": topic,
        "subject": f"/phonenumber/{number.removeprefix('+')}",
        "data": data,
        "eventType": name,
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": stamp,
    }  # fmt: skip


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _events(
    events: list[JsonValue], url: str, now: datetime, name: str, kind: str = "Notification"
) -> Callback:
    body = json.dumps(events, ensure_ascii=False).encode("utf-8", "replace")
    headers = (
        ("Content-Type", "application/json; charset=utf-8"),
        ("aeg-event-type", kind),
        ("aeg-subscription-name", name.upper()),
        ("aeg-delivery-count", "0"),
    )
    return Callback(method="POST", url=url, headers=headers, body=body, kind="json", tree=events, at=now)


# the stand-in ----------------------------------------------------------------------------------------------------


def hear(body: JsonValue) -> Heard:
    """Return what a send asks for."""
    recipients = body.get("smsRecipients") if isinstance(body, dict) else None
    options = body.get("smsSendOptions") if isinstance(body, dict) else None
    return Heard(
        to=tuple(text_at(item, "to") for item in (recipients if isinstance(recipients, list) else [])),
        sender=text_at(body, "from"),
        body=text_at(body, "message"),
        tag=text_at(options, "tag"),
    )


def _error(status: int, code: str, message: str, headers: Headers = ()) -> Answer:
    return Answer(status=status, headers=headers, body={"error": {"code": code, "message": message}})


def _wanted(path: str, field: str) -> Requirement:
    body = {
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "errors": {field: [f"The {field} field is required."]},
    }
    return Requirement(paths=(path,), refusal=Answer(status=400, body=body))


_NO_NUMBER: Final = {
    "to": '{{ request.to | default("") }}',
    "messageId": None,
    "httpStatusCode": 400,
    "errorMessage": "Invalid To phone number format.",
    "repeatabilityResult": "rejected",
    "successful": False,
}
"""What stands in a 202 for a recipient whose number is none."""


# what it says, and what to do ------------------------------------------------------------------------------------

_AGAIN: Final = N_("Send it again in a while.")
_NUMBER: Final = N_("Check the number; if it is right, the recipient cannot be reached by text.")
_SUPPORT: Final = N_("Open a support request in the Azure portal, with the text's id.")
_SLOWER: Final = N_("Send more slowly, or ask Azure for a higher limit.")

ERRORS: Final = {
    "400": ErrorWord(
        meaning=N_("The recipient's number, or another field, is not right."),
        advice=N_("Write numbers with + and country code."),
    ),
    "401": ErrorWord(
        meaning=N_("Azure does not know this access key."),
        advice=N_("Copy the connection string from the Azure portal again."),
    ),
    "429": ErrorWord(meaning=N_("Too many requests came at once."), advice=_SLOWER, retry=True),
    "503": ErrorWord(meaning=N_("Azure could not take it just now."), advice=_AGAIN, retry=True),
    "4000": ErrorWord(
        meaning=N_("Azure took it for fraud."), advice=N_("Check that you do not send more than the number may.")
    ),
    "4001": ErrorWord(
        meaning=N_("The sender's number is not written right."),
        advice=N_("Write it with + and country code; a short code without."),
    ),
    "4002": ErrorWord(
        meaning=N_("The recipient's number is not written right."), advice=N_("Write it with + and country code.")
    ),
    "4003": ErrorWord(
        meaning=N_("Azure does not send to this country from this number."),
        advice=N_("Choose another sender for this country."),
    ),
    "4004": ErrorWord(meaning=N_("The recipient's number is not in use."), advice=_NUMBER),
    "4005": ErrorWord(
        meaning=N_("The recipient's carrier blocks it."),
        advice=N_("Write it in other words, without public short links."),
    ),
    "4006": ErrorWord(meaning=N_("The recipient cannot be reached just now."), advice=_AGAIN, retry=True),
    "4007": ErrorWord(
        meaning=N_("The recipient has opted out of texts from this sender."),
        advice=N_("Send nothing more until the recipient texts START to the sender."),
        opted_out=True,
    ),
    "4008": ErrorWord(meaning=N_("The number has sent more than it may."), advice=_SLOWER, retry=True),
    "4009": ErrorWord(meaning=N_("Azure's checks refused it."), advice=_SUPPORT),
    "4010": ErrorWord(
        meaning=N_("The toll-free number is not verified."), advice=N_("Submit its verification in the Azure portal.")
    ),
    "5000": ErrorWord(meaning=N_("It was not delivered, and Azure gives no reason."), advice=_SUPPORT),
    "5001": ErrorWord(meaning=N_("A system on the way was out of order."), advice=_AGAIN, retry=True),
    "5002": ErrorWord(
        meaning=N_("The carrier gives no reports; it may have arrived."), advice=N_("Do not send it again.")
    ),
    "9999": ErrorWord(meaning=N_("It was not delivered, and nobody knows why."), advice=_AGAIN, retry=True),
}  # fmt: skip
"""Microsoft's table of codes, as they stand in a report's details; and the HTTP statuses of single recipients."""

PROVIDER = Provider(
    key="azure_communication_services",
    name="Azure Communication Services",
    channel="sms",
    about=N_("Azure Communication Services, texts to up to 100 recipients by request; reports come through Event Grid."),
    credentials=(AzureConnection,),
    endpoints=(
        Endpoint(
            key="sms",
            title=N_("Texts"),
            url="https://{endpoint}/sms?api-version=2021-03-07",
            headers=(("Accept", "application/json"),),
            accepted=Answer(
                status=202,
                each="smsRecipients",
                into="value",
                item={
                    "to": "{{ item.to }}",
                    "messageId": "Outgoing_{{ item_uuid }}",
                    "httpStatusCode": 202,
                    "repeatabilityResult": "accepted",
                    "successful": True,
                },
            ),
            requirements=(
                _wanted("from", "From"),
                _wanted("smsRecipients", "SmsRecipients"),
                _wanted("message", "Message"),
                Requirement(paths=("smsRecipients[].to",), refusal=Answer(status=202, body=_NO_NUMBER)),
            ),
        ),
    ),
    hosts=("*.communication.azure.com",),
    reading=Reading(
        ids=("value[].messageId",),
        errors="error",
        code="code",
        words=("errors.From[0]", "errors.SmsRecipients[0]", "errors.Message[0]"),
        refused_unless=("value[].successful", (True,)),
    ),
    emulation=Emulation(
        unauthorized=_error(401, "Denied", "Denied by the resource provider."),
        malformed=_error(400, "BadRequest", "The request body is not valid JSON."),
        throttled=_error(429, "TooManyRequests", "Too many requests."),
        server_error=_error(500, "InternalServerError", "The server encountered an internal error."),
    ),
    templates=(
        PayloadTemplate(
            id="azure-text",
            name=N_("One text"),
            text="""{
  "from": "+18001110000",
  "smsRecipients": [{"to": "${User Identifier}"}],
  "message": "Hello {{ first_name | default(\\"there\\") }}! Reply STOP to opt out.",
  "smsSendOptions": {"enableDeliveryReport": true, "tag": "${dyCampaignName}"}
}""",
            source_url="https://github.com/Azure/azure-rest-api-specs/tree/main/specification/communication/data-plane/Sms",
        ),
    ),
    limits=Limits(recipients=100, recipients_path="smsRecipients", required=("from", "smsRecipients", "message")),
    sources=(
        "https://github.com/Azure/azure-rest-api-specs/tree/main/specification/communication/data-plane/Sms",
        "https://learn.microsoft.com/en-us/azure/communication-services/tutorials/hmac-header-tutorial",
        "https://learn.microsoft.com/en-us/azure/communication-services/concepts/service-limits",
        "https://learn.microsoft.com/en-us/azure/event-grid/communication-services-telephony-sms-events",
    ),
    sms=SmsDialect(
        spelling="plus",
        write=write,
        read_sent=read_sent,
        read_callback=read_callback,
        prove=prove,
        signs=False,
        handshake_methods=("OPTIONS",),
        write_reports=write_reports,
        write_inbound=write_inbound,
        write_handshake=write_handshake,
        most_reports=100,
        setup=CallbackSetup(
            by="you",
            delivery=(
                N_("Open the Azure portal: Subscriptions, your resource group, and the Communication Services resource."),
                N_("Create an Event Grid system topic for the resource, if it has none; then choose it and press + Event Subscription."),
                N_("At Event Types choose SMS Delivery Report Received, and nothing else."),
                N_("At Endpoint Type choose Web Hook, paste the address as its endpoint, and press Create."),
                N_("Azure asks this address once whether it wants the events; the answer is given by itself."),
            ),
            inbound=(
                N_("Choose the same system topic, and press + Event Subscription again."),
                N_("At Event Types choose SMS Received, and nothing else."),
                N_("At Endpoint Type choose Web Hook, paste the address as its endpoint, and press Create."),
                N_("Enter the Communication Services resource's id (its page Properties) as this account's Event Grid topic."),
            ),
            source_url="https://learn.microsoft.com/en-us/azure/communication-services/quickstarts/sms/handle-sms-events",
        ),
        statuses=STATUSES,
        errors=ERRORS,
        sender_types=("toll_free", "short_code", "long_code", "alphanumeric"),
        sender_types_source="https://learn.microsoft.com/en-us/azure/communication-services/concepts/sms/sms-faq",
        most_recipients=100,
        most_characters=2048,
        rates={
            "toll_free": Rate(limit=200, per_s=60),
            "short_code": Rate(limit=6000, per_s=60),
            "alphanumeric": Rate(limit=600, per_s=60),
        },
        loses=(
            N_("There is no later time: a text is sent at once."),
            N_("There is no validity: a late text is delivered late."),
            N_("What became of a text cannot be asked: only its report tells."),
            N_("Reports are not signed: the secret address alone keeps strangers out."),
            N_("Nothing can be called that would only try the connection string: the first text shows whether it is right."),
        ),
        emulation=SmsEmulation(
            hear=hear,
            states=(("delivered", "2000"),),
            failures=(
                ("undelivered", "4006", "4006: The Destination/To number is not reachable."),
                ("undelivered", "4005", "4005: Message is blocked by Destination carrier."),
                ("rejected", "4004", "4004: Destination/To number does not exist."),
                ("rejected", "4007", "4007: The Destination/To number has opted out of receiving messages from you."),
                ("failed", "5000", "5000: Message failed to deliver."),
                ("unknown", "5002", "5002: Carrier does not support delivery report."),
            ),
            lets_in=lets_in,
        ),
    ),
)  # fmt: skip
