"""Infobip, SMS API v3 (https://www.infobip.com/docs/api/channels/sms): JSON out, JSON or XML back, nothing signed.

A status has a group (1 PENDING, 2 UNDELIVERABLE, 3 DELIVERED, 4 EXPIRED, 5 REJECTED) and an id. The group decides our state, but for
a few ids that say more: 2 DELIVERED_TO_OPERATOR lies in the group DELIVERED and is no delivery to a handset.
https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final

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
from workbench.models.credential import Auth, Credential, HeaderKey
from workbench.models.hosts import bare_host
from workbench.models.message import SENDER_TYPES, DeliveryState, Message, Taken
from workbench.models.payload import PayloadTemplate
from workbench.models.phone import digits, is_number, number_key, with_plus
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

DOCS = "https://www.infobip.com/docs/api/channels/sms"
CODES = "https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes"

MOST_REPORTS: Final = 1000
"""Reports, logs or inbound messages that one call gives."""

GROUPS: Final[Mapping[int, tuple[str, DeliveryState]]] = {
    0: ("ACCEPTED", "accepted"),
    1: ("PENDING", "queued"),
    2: ("UNDELIVERABLE", "undelivered"),
    3: ("DELIVERED", "delivered"),
    4: ("EXPIRED", "expired"),
    5: ("REJECTED", "rejected"),
}
IDS: Final[Mapping[int, DeliveryState]] = {
    2: "sent", 3: "sent", 7: "sent", 26: "accepted", 29: "unknown", 31: "failed", 98: "canceled",
}  # fmt: skip
"""Ids that say more than their group."""

STATUSES: Final[Mapping[str, tuple[int, int, str]]] = {
    "PENDING_WAITING_DELIVERY": (1, 3, "Message sent, waiting for delivery report"),
    "PENDING_ENROUTE": (1, 7, "Message sent to next instance"),
    "PENDING_ACCEPTED": (1, 26, "Pending Accepted"),
    "UNDELIVERABLE_REJECTED_OPERATOR": (2, 4, "Message rejected by operator"),
    "UNDELIVERABLE_NOT_DELIVERED": (2, 9, "Message sent not delivered"),
    "UNDELIVERABLE_NOT_SENT": (2, 31, "Message not sent"),
    "CANCELLED": (2, 98, "Message cancelled"),
    "DELIVERED_TO_OPERATOR": (3, 2, "Message delivered to operator"),
    "DELIVERED_TO_HANDSET": (3, 5, "Message delivered to handset"),
    "EXPIRED_EXPIRED": (4, 15, "Message expired"),
    "EXPIRED_DLR_UNKNOWN": (4, 29, "Message expired, delivery report unknown"),
    "REJECTED_NETWORK": (5, 6, "Network is forbidden"),
    "REJECTED_PREFIX_MISSING": (5, 8, "Number prefix missing"),
    "REJECTED_DND": (5, 10, "Destination on DND list"),
    "REJECTED_SOURCE": (5, 11, "Invalid source address"),
    "REJECTED_NOT_ENOUGH_CREDITS": (5, 12, "Not enough credits"),
    "REJECTED_SENDER": (5, 13, "By sender"),
    "REJECTED_DESTINATION_BLOCKLISTED": (5, 14, "Destination on block list"),
    "REJECTED_PREPAID_PACKAGE_EXPIRED": (5, 17, "Prepaid package expired"),
    "REJECTED_DESTINATION_NOT_REGISTERED": (5, 18, "Destination not registered"),
    "REJECTED_ROUTE_NOT_AVAILABLE": (5, 19, "Route not available"),
    "REJECTED_FLOODING_FILTER": (5, 20, "Rejected flooding"),
    "REJECTED_SYSTEM_ERROR": (5, 21, "System error"),
    "REJECTED_DUPLICATE_MESSAGE_ID": (5, 23, "Duplicate message ID"),
    "REJECTED_INVALID_UDH": (5, 24, "Invalid UDH"),
    "REJECTED_MESSAGE_TOO_LONG": (5, 25, "Message too long"),
    "MISSING_TO": (5, 51, "Missing destination"),
    "REJECTED_DESTINATION": (5, 52, "Invalid destination address"),
    "REJECTED": (5, 99, "Rejected"),
    "UNDELIVERABLE_REJECTED_PLATFORM": (5, 100, "Rejected by platform"),
}
"""The general statuses: group, id and words, by name. Voice has more; 87 SIGNALS_BLOCKED lies in two groups, and its group decides."""

_OF_STATE: Final[Mapping[DeliveryState, str]] = {
    "accepted": "PENDING_ACCEPTED",
    "sent": "PENDING_ENROUTE",
    "delivered": "DELIVERED_TO_HANDSET",
    "undelivered": "UNDELIVERABLE_NOT_DELIVERED",
    "failed": "UNDELIVERABLE_NOT_SENT",
    "rejected": "REJECTED",
    "expired": "EXPIRED_EXPIRED",
    "canceled": "CANCELLED",
    "unknown": "EXPIRED_DLR_UNKNOWN",
}
"""How the stand-in says a state."""

HANDSET, USER, OPERATOR = 1, 2, 3
ERROR_GROUPS: Final[Mapping[int, str]] = {
    0: "OK",
    HANDSET: "HANDSET_ERRORS",
    USER: "USER_ERRORS",
    OPERATOR: "OPERATOR_ERRORS",
}
FAULTS: Final[Mapping[str, tuple[int, int, ErrorWord]]] = {
    "EC_UNKNOWN_SUBSCRIBER": (HANDSET, 1, ErrorWord(
        meaning=N_("The number does not exist, or nobody has it."), advice=N_("Check the number, and take it off your lists."))),
    "EC_ABSENT_SUBSCRIBER_SM": (HANDSET, 6, ErrorWord(
        meaning=N_("The phone is switched off or out of reach."), advice=N_("Send again later."), retry=True)),
    "EC_ILLEGAL_SUBSCRIBER": (HANDSET, 9, ErrorWord(
        meaning=N_("The network turned the subscriber away."), advice=N_("Take the number off your lists."))),
    "EC_TELESERVICE_NOT_PROVISIONED": (HANDSET, 11, ErrorWord(
        meaning=N_("The subscription takes no texts."), advice=N_("Reach this contact by another channel."))),
    "EC_CALL_BARRED": (HANDSET, 13, ErrorWord(
        meaning=N_("The subscriber has texts barred."), advice=N_("Reach this contact by another channel."))),
    "EC_ABSENT_SUBSCRIBER": (HANDSET, 27, ErrorWord(
        meaning=N_("The phone is switched off or out of reach."), advice=N_("Send again later."), retry=True)),
    "EC_SUBSCRIBER_BUSY_FOR_MT_SMS": (HANDSET, 31, ErrorWord(
        meaning=N_("The phone was busy with another text."), advice=N_("Send again later."), retry=True)),
    "EC_SM_DELIVERY_FAILURE": (HANDSET, 32, ErrorWord(
        meaning=N_("The handset did not take the text."), advice=N_("Send again later."), retry=True)),
    "EC_MESSAGE_WAITING_LIST_FULL": (HANDSET, 33, ErrorWord(
        meaning=N_("Too many texts wait for this phone."), advice=N_("Send again later."), retry=True)),
    "EC_SM_DF_MEMORYCAPACITYEXCEEDED": (HANDSET, 256, ErrorWord(
        meaning=N_("The phone's memory is full."), advice=N_("Send again later."), retry=True)),
    "EC_SC_BLOCKED_BY_END_USER": (HANDSET, 573, ErrorWord(
        meaning=N_("The recipient has blocked this sender."), advice=N_("Do not text this number again."), opted_out=True)),
    "EC_USER_OUT_OF_CREDIT": (HANDSET, 581, ErrorWord(
        meaning=N_("The recipient has no credit left."), advice=N_("Send again later."), retry=True)),
    "EC_INVALID_DESTINATION_ADDRESS": (USER, 351, ErrorWord(
        meaning=N_("The number is not one that can be texted."), advice=N_("Write it with its country code, such as 447415774332."))),
    "EC_MSG_TEXT_TOO_LONG": (USER, 355, ErrorWord(
        meaning=N_("The text is too long."), advice=N_("Shorten it."))),
    "EC_INVALID_SOURCE_ADDRESS": (USER, 368, ErrorWord(
        meaning=N_("The sender is not one that you may use."), advice=N_("Check the sender, or register it with Infobip."))),
    "EC_LIMIT_REACHED": (USER, 541, ErrorWord(
        meaning=N_("A limit of your account is reached."), advice=N_("Send slower, or ask Infobip for more."), retry=True)),
    "EC_CONTENT_BLOCKED": (USER, 603, ErrorWord(
        meaning=N_("The text was blocked for what it says."), advice=N_("Change the text, above all its links."))),
    "EC_IMSI_BLACKLISTED": (USER, 2049, ErrorWord(
        meaning=N_("The subscriber is on a block list."), advice=N_("Do not text this number again."), opted_out=True)),
    "EC_BLACKLISTED_DESTINATIONADDRESS": (USER, 2052, ErrorWord(
        meaning=N_("The number is on a block list."), advice=N_("Do not text this number again."), opted_out=True)),
    "EC_BLACKLISTED_SENDERADDRESS": (USER, 2053, ErrorWord(
        meaning=N_("The sender is on a block list."), advice=N_("Use another sender, or ask Infobip why."))),
    "EC_MESSAGE_CANCELED": (USER, 4100, ErrorWord(
        meaning=N_("The message was canceled."), advice=N_("Nothing is to be done."))),
    "EC_VALIDITY_EXPIRED": (USER, 4101, ErrorWord(
        meaning=N_("The message's validity ended before it could be delivered."), advice=N_("Give it more time."), retry=True)),
    "EC_DESTINATION_FLOODING": (USER, 4103, ErrorWord(
        meaning=N_("Too many texts went to this number."), advice=N_("Wait before you text it again."), retry=True)),
    "EC_SOURCE_ADDRESS_IS_BLOCKED": (OPERATOR, 375, ErrorWord(
        meaning=N_("The operator blocks this sender."), advice=N_("Use another sender, or ask Infobip why."))),
    "EC_TF_NUMBER_NOT_VERIFIED": (OPERATOR, 488, ErrorWord(
        meaning=N_("The toll-free number is not verified yet."), advice=N_("Have it verified with Infobip."))),
    "EC_CONTENT_BLOCKED_BY_OPERATOR": (OPERATOR, 561, ErrorWord(
        meaning=N_("The operator blocked the text for what it says."), advice=N_("Change the text, above all its links."))),
    "EC_DESTINATION_BLOCKED_BY_OPERATOR": (OPERATOR, 566, ErrorWord(
        meaning=N_("The operator blocks this number."), advice=N_("Take the number off your lists."))),
    "EC_DEST_ADDRESS_BLACKLISTED": (OPERATOR, 2050, ErrorWord(
        meaning=N_("The number is on the operator's block list."), advice=N_("Do not text this number again."), opted_out=True)),
}  # fmt: skip
"""The errors seen most: group, id, and what they mean, by name."""

_WORDS: Final[Mapping[str, ErrorWord]] = {
    "E400": ErrorWord(meaning=N_("The request is not as Infobip wants it."), advice=N_("Read which field it names.")),
    "E401": ErrorWord(meaning=N_("The API key is wrong, or was revoked."), advice=N_("Copy the key again, from Developers, API keys.")),
    "E403": ErrorWord(meaning=N_("The API key may not send texts."), advice=N_("Give the key a scope that may send SMS.")),
    "E429": ErrorWord(meaning=N_("Too many requests."), advice=N_("Send slower."), retry=True),
    "E500": ErrorWord(meaning=N_("Infobip has a fault of its own."), advice=N_("Send again later."), retry=True),
    "UNDELIVERABLE_REJECTED_OPERATOR": ErrorWord(
        meaning=N_("The operator refused the text."), advice=N_("Ask Infobip for the operator's reason.")),
    "UNDELIVERABLE_NOT_DELIVERED": ErrorWord(
        meaning=N_("The text did not reach the phone."), advice=N_("Check the number, then send again later."), retry=True),
    "UNDELIVERABLE_NOT_SENT": ErrorWord(meaning=N_("The text was not sent."), advice=N_("Send again."), retry=True),
    "EXPIRED_EXPIRED": ErrorWord(
        meaning=N_("The message's validity ended before it could be delivered."), advice=N_("Give it more time."), retry=True),
    "EXPIRED_DLR_UNKNOWN": ErrorWord(
        meaning=N_("No report came from the operator in time: it may have arrived or not."), advice=N_("Do not count it as delivered.")),
    "REJECTED_NETWORK": ErrorWord(
        meaning=N_("Your account may not send to this network."), advice=N_("Ask Infobip to open the country or network.")),
    "REJECTED_PREFIX_MISSING": ErrorWord(
        meaning=N_("The number has no country code."), advice=N_("Write it with its country code, such as 447415774332.")),
    "REJECTED_DND": ErrorWord(
        meaning=N_("The number is on a do-not-disturb list."), advice=N_("Do not text this number again."), opted_out=True),
    "REJECTED_SOURCE": ErrorWord(
        meaning=N_("The sender is not one that you may use."), advice=N_("Check the sender, or register it with Infobip.")),
    "REJECTED_NOT_ENOUGH_CREDITS": ErrorWord(
        meaning=N_("Your Infobip account has no credit left."), advice=N_("Top it up, then send again."), retry=True),
    "REJECTED_SENDER": ErrorWord(
        meaning=N_("The sender is on a block list of your account."), advice=N_("Use another sender, or ask Infobip why.")),
    "REJECTED_DESTINATION_BLOCKLISTED": ErrorWord(
        meaning=N_("The number is on a block list."), advice=N_("Do not text this number again."), opted_out=True),
    "REJECTED_PREPAID_PACKAGE_EXPIRED": ErrorWord(
        meaning=N_("Your prepaid package has expired."), advice=N_("Extend it, then send again."), retry=True),
    "REJECTED_DESTINATION_NOT_REGISTERED": ErrorWord(
        meaning=N_("A trial account texts registered numbers only."), advice=N_("Register the number with Infobip, or leave the trial.")),
    "REJECTED_ROUTE_NOT_AVAILABLE": ErrorWord(
        meaning=N_("There is no route to this number."), advice=N_("Ask Infobip to open the country or network.")),
    "REJECTED_FLOODING_FILTER": ErrorWord(
        meaning=N_("Too many texts went to this number."), advice=N_("Wait before you text it again."), retry=True),
    "REJECTED_SYSTEM_ERROR": ErrorWord(meaning=N_("Infobip has a fault of its own."), advice=N_("Send again later."), retry=True),
    "REJECTED_MESSAGE_TOO_LONG": ErrorWord(meaning=N_("The text is too long."), advice=N_("Shorten it.")),
    "REJECTED_DESTINATION": ErrorWord(
        meaning=N_("The number is not one that can be texted."), advice=N_("Write it with its country code, such as 447415774332.")),
}  # fmt: skip


class InfobipKey(Credential):
    """An API key, and the account's own host."""

    kind: ClassVar[str] = "infobip_key"
    label: ClassVar[str] = N_("API key")
    auth: ClassVar[Auth] = HeaderKey(value="App {api_key}")

    host: Annotated[
        str,
        BeforeValidator(bare_host),
        Field(
            max_length=253,
            pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*\.infobip\.com$",
            title=N_("API Base URL"),
            description=N_(
                "Infobip: the home page of your account, Developers. It looks like xxxxx.api.infobip.com; https:// in front of it is fine."
            ),
            examples=["xxxxx.api.infobip.com"],
        ),
    ]
    api_key: Annotated[
        SecretRef,
        Field(
            title=N_("API key"),
            description=N_(
                "Infobip: the home page of your account, Developers. It needs a scope that may send SMS."
            ),
        ),
    ]


# sending ---------------------------------------------------------------------------------------------------------


def _address(text: str) -> str:
    """Return a number as its digits; an alphanumeric sender stays."""
    return digits(text) if is_number(text) else text.strip()


def write(message: Message, values: Values) -> JsonValue:
    """Return the body of ``POST /sms/3/messages``: one message to all recipients, digits only, as the official SDK writes it."""
    one: dict[str, JsonValue] = {
        "sender": _address(message.sender),
        "destinations": [{"to": _address(number)} for number in message.to],
        "content": {"text": message.body},
    }
    if message.valid_s is not None:
        one["options"] = {"validityPeriod": {"amount": message.valid_s, "timeUnit": "SECONDS"}}
    webhooks: dict[str, JsonValue] = {}
    if message.report_url:
        webhooks["delivery"] = {"url": message.report_url, "intermediateReport": True}
        webhooks["contentType"] = "application/json"
    if message.tag:
        webhooks["callbackData"] = message.tag
    if webhooks:
        one["webhooks"] = webhooks
    body: dict[str, JsonValue] = {"messages": [one]}
    if message.send_at is not None:
        body["options"] = {"schedule": {"sendAt": _stamp(message.send_at)}}
    return body


def read_sent(message: Message, reply: Reply, tree: JsonValue) -> tuple[Taken, ...]:
    """Return each recipient's part of the answer: v3 names it ``destination``, v2 ``to``. One that is not named is not known."""
    told = {number_key(text_at(item, "destination", "to")): item for item in _list(tree, "messages")}
    return tuple(_taken(number, told.get(number_key(number))) for number in message.to)


def _taken(number: str, item: JsonValue) -> Taken:
    status = _child(item, "status")
    state = state_of(status) if status else "unknown"
    accepted = bool(item) and state not in ("rejected", "failed", "undelivered", "unknown")
    return Taken(
        to=number,
        accepted=accepted,
        message_id=text_at(item, "messageId"),
        state=state,
        code=text_at(status, "name"),
        words=text_at(status, "description"),
        segments=_whole(text_at(_child(item, "details"), "messageCount") or text_at(item, "smsCount")),
    )


# reading what it reports -----------------------------------------------------------------------------------------


def state_of(status: JsonValue) -> DeliveryState:
    """Return our state of a status object: by its id where that says more, else by its group; what is in no group is unknown."""
    id, group = _whole(text_at(status, "id")), _whole(text_at(status, "groupId"))
    if id is not None and id in IDS:
        return IDS[id]
    if group is not None and group in GROUPS:
        return GROUPS[group][1]
    return STATES.get(text_at(status, "groupName").upper(), "unknown")


STATES: Final[Mapping[str, DeliveryState]] = {
    **dict(GROUPS.values()),
    "OK": "accepted",
    **{name: IDS.get(id, GROUPS[group][1]) for name, (group, id, _) in STATUSES.items()},
}
"""Our states by the names of groups and statuses."""


def read_callback(callback: Callback) -> tuple[CallbackItem, ...]:
    """Return the items of a call: delivery reports and inbound messages come in a list ``results``, in JSON and in XML."""
    results = _results(callback.tree)
    if not results:
        sentence = say("The call holds no results: it is not one of Infobip's.")
        return (BadItem(sentence=sentence, raw=callback.tree),)
    return tuple(_item(item, index) for index, item in enumerate(results))


def read_reports(tree: JsonValue) -> tuple[DeliveryReport, ...]:
    """Return the reports in the answer of the status call or of the logs."""
    items = (_item(item, index) for index, item in enumerate(_results(tree)))
    return tuple(item for item in items if isinstance(item, DeliveryReport))


def _results(tree: JsonValue) -> list[JsonValue]:
    """Return the results of a body: JSON has a list, XML ``<results><result>`` under a root, or one result as a lone object."""
    found = _list(tree, "results")
    if not found and isinstance(tree, dict) and len(tree) == 1:
        found = _list(next(iter(tree.values())), "results")
    inner = [deeper for item in found for deeper in _list(item, "result")]
    return inner or found


def _item(item: JsonValue, index: int) -> CallbackItem:
    if not isinstance(item, dict) or not text_at(item, "messageId"):
        return BadItem(
            index=index,
            sentence=say("A result has no messageId, so it is not known what it is about."),
            raw=item,
        )
    if isinstance(_child(item, "status"), dict):
        return _report(item)
    if text_at(item, "from") or "text" in item:
        return _inbound(item)
    return OtherEvent(name=text_at(item, "notificationType"), raw=item)


def _report(item: JsonValue) -> DeliveryReport:
    status, error, price = _child(item, "status"), _child(item, "error"), _child(item, "price")
    name, fault = text_at(status, "name"), text_at(error, "name")
    broken = text_at(error, "id") not in ("", "0")
    return DeliveryReport(
        provider_id=text_at(item, "messageId"),
        state=state_of(status),
        raw_state=name or text_at(status, "groupName"),
        code=fault if broken and fault else name,
        words=text_at(error if broken and fault else status, "description"),
        to=with_plus(text_at(item, "to", "destination")),
        sender=with_plus(text_at(item, "sender", "from")),
        tag=text_at(item, "callbackData"),
        at=moment(text_at(item, "doneAt", "sentAt")),
        segments=_whole(text_at(item, "messageCount", "smsCount")),
        price=text_at(price, "pricePerMessage"),
        currency=text_at(price, "currency"),
        opted_out=any(_words(code).opted_out for code in (name, fault if broken else "")),
        raw=item,
    )


def _inbound(item: JsonValue) -> InboundMessage:
    return InboundMessage(
        provider_id=text_at(item, "messageId"),
        sender=with_plus(text_at(item, "from", "sender")),
        to=with_plus(text_at(item, "to", "destination")),
        body=text_at(item, "text"),
        at=moment(text_at(item, "receivedAt")),
        segments=_whole(text_at(item, "smsCount", "messageCount")),
        raw=item,
    )


ERRORS: Final[Mapping[str, ErrorWord]] = {**_WORDS, **{name: word for name, (_, _, word) in FAULTS.items()}}


def _words(code: str) -> ErrorWord:
    return ERRORS.get(code, ErrorWord(meaning=""))


# writing what it would report ------------------------------------------------------------------------------------


def write_reports(reports: tuple[DeliveryReport, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call with these reports: up to 100 come in one."""
    return _call(url, {"results": [_result(report) for report in reports]}, now)


def write_inbound(messages: tuple[InboundMessage, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call with these inbound messages."""
    results = [_arrived(message) for message in messages]
    return _call(url, {"results": results, "messageCount": len(results), "pendingMessageCount": 0}, now)


def _call(url: str, tree: JsonValue, now: datetime) -> Callback:
    return Callback(
        method="POST",
        url=url,
        headers=(("Content-Type", "application/json"),),
        body=json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode(),
        kind="json",
        tree=tree,
        at=now,
    )


def _result(report: DeliveryReport) -> dict[str, JsonValue]:
    """Return a report as the webhook and ``GET /sms/3/reports`` hold it; what is not known is left out."""
    result: dict[str, JsonValue] = {
        "messageId": report.provider_id,
        "to": _address(report.to),
        "sender": _address(report.sender),
        "sentAt": _stamp(report.at),
        "doneAt": _stamp(report.at),
        "messageCount": report.segments,
        "price": _price_of(report),
        "status": _status_of(report),
        "error": _error_of(report),
        "callbackData": report.tag,
    }
    return {name: value for name, value in result.items() if value not in (None, "")}


def _price_of(report: DeliveryReport) -> dict[str, JsonValue] | None:
    """Return the price as a number; None where there is none."""
    try:
        return {"pricePerMessage": float(report.price), "currency": report.currency or "EUR"}
    except ValueError:
        return None


def _status_of(report: DeliveryReport) -> dict[str, JsonValue]:
    named = next((name for name in (report.raw_state, report.code) if name in STATUSES), None)
    name = named or _OF_STATE.get(report.state, "PENDING_WAITING_DELIVERY")
    if named is None and report.raw_state and report.raw_state not in FAULTS:
        return {"name": report.raw_state, "description": report.words}  # a word that nobody knows yet
    group, id, words = STATUSES[name]
    said = report.words if report.words and report.code in ("", name) else words
    return {"groupId": group, "groupName": GROUPS[group][0], "id": id, "name": name, "description": said}


def _error_of(report: DeliveryReport) -> dict[str, JsonValue]:
    if report.code not in FAULTS:
        return {
            "groupId": 0,
            "groupName": "OK",
            "id": 0,
            "name": "NO_ERROR",
            "description": "No Error",
            "permanent": False,
        }
    group, id, word = FAULTS[report.code]
    said = report.words or report.code.removeprefix("EC_").replace("_", " ").capitalize()
    return {
        "groupId": group, "groupName": ERROR_GROUPS[group], "id": id, "name": report.code, "description": said, "permanent": not word.retry,
    }  # fmt: skip


def _arrived(message: InboundMessage) -> dict[str, JsonValue]:
    """Return an inbound message as webhook and inbox hold it; its first word is the keyword where more follow."""
    first, _, rest = message.body.strip().partition(" ")
    arrived: dict[str, JsonValue] = {
        "messageId": message.provider_id,
        "from": _address(message.sender),
        "to": _address(message.to),
        "text": message.body,
        "cleanText": rest or message.body,
        "keyword": first.upper() if rest else "",
        "receivedAt": _stamp(message.at),
        "smsCount": message.segments or 1,
        "price": {"pricePerMessage": 0, "currency": "EUR"},
    }
    return {name: value for name, value in arrived.items() if value not in (None, "")}


# the stand-in ----------------------------------------------------------------------------------------------------


def hear(body: JsonValue) -> Heard:
    """Return what the stand-in understood of a send: the first message, with the recipients of all."""
    messages = _list(body, "messages")
    one = messages[0] if messages else {}
    webhooks = _child(one, "webhooks")
    schedule = _child(_child(body, "options"), "schedule")
    return Heard(
        to=tuple(
            with_plus(text_at(place, "to")) for each in messages for place in _list(each, "destinations")
        ),
        sender=with_plus(text_at(one, "sender")),
        body=text_at(_child(one, "content"), "text"),
        report_url=text_at(_child(webhooks, "delivery"), "url"),
        tag=text_at(webhooks, "callbackData"),
        scheduled=bool(text_at(schedule, "sendAt")),
    )


def _chosen(asked: Asked, held: tuple[Held, ...]) -> list[Held]:
    """Return the messages that a query asks for: by id where it names one, and no more than its limit."""
    wanted = {id for id in asked.query.get("messageId", "").split(",") if id}
    limit = _whole(asked.query.get("limit", "")) or 50
    return [message for message in held if not wanted or message.provider_id in wanted][
        : min(limit, MOST_REPORTS)
    ]


def _reports(asked: Asked, held: tuple[Held, ...], inbound: tuple[InboundMessage, ...]) -> Answer:
    reports = [message.reports[-1] for message in _chosen(asked, held) if message.reports]
    return Answer(status=200, body={"results": [_result(report) for report in reports]})


def _logs(asked: Asked, held: tuple[Held, ...], inbound: tuple[InboundMessage, ...]) -> Answer:
    return Answer(status=200, body={"results": [_log(message) for message in _chosen(asked, held)]})


def _log(message: Held) -> dict[str, JsonValue]:
    """Return a message as ``GET /sms/3/logs`` holds it: as a report, but for the recipient's name and with the text."""
    waiting = DeliveryReport(
        provider_id=message.provider_id,
        state="accepted",
        raw_state="PENDING_ACCEPTED",
        to=message.to,
        sender=message.heard.sender,
        at=message.at,
    )
    report = message.reports[-1] if message.reports else waiting
    result = _result(report)
    result["destination"] = result.pop("to", _address(message.to))
    return {**result, "sentAt": _stamp(message.at), "content": {"text": message.heard.body}}


def _inbox(asked: Asked, held: tuple[Held, ...], inbound: tuple[InboundMessage, ...]) -> Answer:
    limit = min(_whole(asked.query.get("limit", "")) or 50, MOST_REPORTS)
    results = [_arrived(message) for message in inbound[:limit]]
    return Answer(
        status=200,
        body={
            "results": results,
            "messageCount": len(results),
            "pendingMessageCount": len(inbound) - len(results),
        },
    )


# small things ----------------------------------------------------------------------------------------------------


def _child(tree: JsonValue, name: str) -> JsonValue:
    return tree.get(name) if isinstance(tree, dict) else None


def _list(tree: JsonValue, name: str) -> list[JsonValue]:
    """Return the elements under a name: a list, or the one thing that XML has there."""
    found = _child(tree, name)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _stamp(at: datetime | None) -> str | None:
    """Return a moment as Infobip writes it: ``2019-11-09T16:00:00.000+0000``, no colon in the offset."""
    if at is None:
        return None
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}+0000"


def _error(
    status: int, code: str, description: str, action: str, place: str = "", violation: str = ""
) -> Answer:
    violations = [{"property": place, "violation": violation}] if place else []
    body = {
        "errorCode": code,
        "description": description,
        "action": action,
        "violations": violations,
        "resources": [],
    }
    return Answer(status=status, body=body)


def _bad(place: str, violation: str) -> Answer:
    return _error(
        400,
        "E400",
        "Request cannot be processed.",
        "Check the syntax, violations and adjust the request.",
        place,
        violation,
    )


PROVIDER = Provider(
    key="infobip",
    name="Infobip",
    channel="sms",
    about=N_("Infobip, text messages to most countries."),
    credentials=(InfobipKey,),
    endpoints=(
        Endpoint(
            key="messages",
            title=N_("Text message"),
            url="https://{host}/sms/3/messages",
            headers=(("Accept", "application/json"),),
            accepted=Answer(
                status=200,
                each="messages[0].destinations",
                item={
                    "messageId": "{{ item_uuid }}",
                    "status": {
                        "groupId": 1,
                        "groupName": "PENDING",
                        "id": 26,
                        "name": "PENDING_ACCEPTED",
                        "description": "Message sent to next instance",
                    },
                    "destination": "{{ item.to }}",
                    "details": {"messageCount": 1},
                },
                into="messages",
            ),
            requirements=(
                Requirement(paths=("messages",), refusal=_bad("messages", "must not be empty")),
                Requirement(
                    paths=("messages[].destinations",),
                    refusal=_bad("messages[0].destinations", "may not be empty"),
                ),
                Requirement(
                    paths=("messages[].destinations[].to",),
                    refusal=_bad("messages[0].destinations[0].to", "must not be blank"),
                ),
                Requirement(
                    paths=("messages[].content.text", "messages[].content.hex"),
                    refusal=_bad("messages[0].content", "must not be null"),
                ),
            ),
        ),
    ),
    hosts=("*.infobip.com",),
    reading=Reading(
        ids=("messages[].messageId",),
        errors="$",
        message="description",
        more="violations[0].violation",
        field="violations[0].property",
        code="errorCode",
        words=("requestError.serviceException.text",),
    ),
    emulation=Emulation(
        unauthorized=_error(
            401,
            "E401",
            "The request lacks valid authentication credentials for the requested resource.",
            "Check the resources and adjust authentication credentials.",
        ),
        malformed=_bad("body", "is not readable"),
        throttled=Answer(
            status=429,
            body={
                "requestError": {
                    "serviceException": {"messageId": "TOO_MANY_REQUESTS", "text": "Too many requests"}
                }
            },
        ),
        server_error=_error(
            500, "E500", "Something went wrong.", "Contact support and provide information of what happened."
        ),
    ),
    templates=(
        PayloadTemplate(
            id="infobip-text",
            name=N_("One text message"),
            text="""{
  "messages": [
    {
      "sender": "InfoSMS",
      "destinations": [{"to": "${User Identifier}"}],
      "content": {"text": "Hello {{ first_name | default(\\"there\\") }}"},
      "webhooks": {"callbackData": "${dyCampaignName}"}
    }
  ]
}""",
            notes=N_("Infobip wants numbers as digits, with country code and without a plus."),
            source_url="https://www.infobip.com/docs/api/channels/sms/outbound-sms/send-sms-messages",
        ),
    ),
    limits=Limits(required=("messages",)),
    sources=(DOCS, CODES, "https://www.infobip.com/docs/developer-resources/quickstart"),
    sms=SmsDialect(
        spelling="digits",
        write=write,
        read_sent=read_sent,
        read_callback=read_callback,
        write_reports=write_reports,
        write_inbound=write_inbound,
        setup=CallbackSetup(
            by="support",
            delivery=(
                N_(
                    "Each message names its own report address, so delivery reports come without any setting."
                ),
                N_(
                    "Ask Infobip's support to set the address for reports of messages that other systems send."
                ),
            ),
            inbound=(
                N_("Ask Infobip's support to forward inbound messages of your numbers to the address above."),
                N_("Ask for HTTP POST with JSON."),
            ),
            contact="support@infobip.com",
            letter=N_(
                "Hello Infobip team,\n\n"
                "please set up callbacks for our account {account}:\n\n"
                "- SMS delivery reports: HTTP POST with JSON to {delivery}\n"
                "- inbound SMS of all our numbers: HTTP POST with JSON to {inbound}\n\n"
                "Both addresses are secret; please do not pass them on.\n\n"
                "Kind regards"
            ),
            per_message=True,
            source_url="https://www.infobip.com/docs/sms/api",
        ),
        statuses=STATES,
        errors=ERRORS,
        sender_types=SENDER_TYPES,
        most_recipients=1000,
        most_reports=100,
        status="https://{host}/sms/3/reports?messageId={message_id}",
        status_headers=(("Accept", "application/json"),),
        read_status=read_reports,
        # logs, not reports: a report is handed out once only, and looking at the credential may not take one away
        authenticate="https://{host}/sms/3/logs?limit=1",
        loses=(N_("Nothing signs its callbacks: the secret address alone tells that a call is Infobip's."),),
        emulation=SmsEmulation(
            hear=hear,
            routes=(
                StandInRoute(method="GET", path="/sms/3/reports", answer=_reports),
                StandInRoute(method="GET", path="/sms/3/logs", answer=_logs),
                StandInRoute(method="GET", path="/sms/1/inbox/reports", answer=_inbox),
            ),
            states=(("sent", "PENDING_ENROUTE"), ("delivered", "DELIVERED_TO_HANDSET")),
            failures=(
                ("undelivered", "EC_ABSENT_SUBSCRIBER", "Absent Subscriber"),
                ("undelivered", "EC_UNKNOWN_SUBSCRIBER", "Unknown Subscriber"),
                ("rejected", "REJECTED_DND", "Destination on DND list"),
                ("rejected", "REJECTED_NOT_ENOUGH_CREDITS", "Not enough credits"),
                ("expired", "EXPIRED_EXPIRED", "Message expired"),
                ("unknown", "EXPIRED_DLR_UNKNOWN", "Message expired, delivery report unknown"),
                ("failed", "UNDELIVERABLE_NOT_SENT", "Message not sent"),
            ),
        ),
    ),
)
