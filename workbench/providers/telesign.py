"""Telesign, SMS API (https://developer.telesign.com/enterprise/reference/sms): a form for each recipient.

Let in by Basic auth or by a signature of Telesign's own (TSA); its callbacks are signed over their body.
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
from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field

from workbench.models.base import JsonValue, SecretRef
from workbench.models.callback import (
    BadItem,
    Callback,
    CallbackItem,
    DeliveryReport,
    InboundMessage,
    OtherEvent,
)
from workbench.models.credential import Auth, BasicPair, Credential, Signature
from workbench.models.message import DeliveryState, Message, Taken
from workbench.models.payload import PayloadTemplate
from workbench.models.phone import digits, is_number, with_plus
from workbench.models.provider import Answer, Emulation, Endpoint, Limits, Provider, Reading, Requirement
from workbench.models.request import Headers, Reply, Request
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
from workbench.sentence import N_, Sentence, say

_METHOD: Final = "HMAC-SHA256"
_TSA: Final = re.compile(r"TSA [^:\s]+:[A-Za-z0-9+/]{43}=")


# the signature ---------------------------------------------------------------------------------------------------


def sign(request: Request, values: Values, now: datetime) -> Headers:
    """Return the headers of Telesign's digest authentication, over the body's exact bytes.

    The nonce is made of the request and its moment, so that the same request has the same one; one that the request
    carries is kept. https://developer.telesign.com/enterprise/docs/authentication#digest-authentication
    """
    stamp = format_datetime(now.astimezone(UTC), usegmt=True)
    made = f"{now.isoformat()} {request.method} {request.url} {hashlib.sha256(request.body).hexdigest()}"
    nonce = request.header("x-ts-nonce") or str(uuid5(NAMESPACE_URL, made))
    head = (request.method, request.header("Content-Type") or "", stamp, f"x-ts-auth-method:{_METHOD}")
    lines = [*(line.encode() for line in head), f"x-ts-nonce:{nonce}".encode()]
    lines += [request.body] if request.body else []
    lines.append((urlsplit(request.url).path or "/").encode())
    signed = _digest(values.get("api_key", ""), b"\n".join(lines))
    return (
        ("Date", stamp),
        ("x-ts-auth-method", _METHOD),
        ("x-ts-nonce", nonce),
        ("Authorization", f"TSA {values.get('customer_id', '')}:{signed}"),
    )


def lets_in(request: Request, values: Values | None) -> bool:
    """Return whether a request carries a TSA signature: the very one, or without values one of the right shape."""
    given, at = request.header("Authorization") or "", moment(request.header("Date") or "")
    if at is None or not request.header("x-ts-nonce") or not _TSA.fullmatch(given):
        return False
    return values is None or _same(dict(sign(request, values, at))["Authorization"], given)


def _digest(api_key: str, text: bytes) -> str:
    """Return the HMAC in base64. A key that is not base64 cannot be Telesign's: it is used as it is, and is refused there."""
    try:
        key = base64.b64decode(api_key, validate=True)
    except ValueError:
        key = api_key.encode("utf-8", "replace")
    return base64.b64encode(hmac.digest(key, text, "sha256")).decode()


def _same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode("utf-8", "replace"), given.encode("utf-8", "replace"))


# credentials -----------------------------------------------------------------------------------------------------


class _TelesignAccount(Credential):
    """What both ways of authorization ask for."""

    host: Annotated[
        Literal["rest-api.telesign.com", "rest-ww.telesign.com"],
        Field(
            title=N_("Kind of account"),
            description=N_(
                "A standard (self-service) account uses rest-api.telesign.com, an enterprise account rest-ww."
            ),
        ),
    ] = "rest-api.telesign.com"
    customer_id: Annotated[
        str,
        Field(
            pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
            title=N_("Customer ID"),
            description=N_("Telesign portal: the dashboard of your account, beside the API key."),
            examples=["FFFFFFFF-EEEE-DDDD-1234-AB1234567890"],
        ),
    ]
    api_key: Annotated[
        SecretRef,
        Field(
            title=N_("API key"),
            description=N_(
                "Telesign portal: the dashboard of your account. A long text in base64; Telesign signs with it."
            ),
        ),
    ]


class TelesignBasic(_TelesignAccount):
    """Customer ID and API key as user and password."""

    kind: ClassVar[str] = "telesign_basic"
    label: ClassVar[str] = N_("Basic")
    about: ClassVar[str] = N_("Customer ID and API key are sent with each request.")
    auth: ClassVar[Auth] = BasicPair(username="{customer_id}", password="{api_key}")  # noqa: S106 - names the field


class TelesignTsa(_TelesignAccount):
    """Customer ID and a signature made with the API key, which itself is never sent."""

    kind: ClassVar[str] = "telesign_tsa"
    label: ClassVar[str] = N_("Digest (TSA)")
    about: ClassVar[str] = N_("Each request is signed with the API key, which itself is never sent.")
    auth: ClassVar[Auth] = Signature(sign=sign)


# the message -----------------------------------------------------------------------------------------------------

STATUSES: Final[Mapping[str, DeliveryState]] = {
    "200": "delivered", "201": "delivered", "203": "sent", "207": "undelivered", "210": "undelivered", "211": "undelivered",
    "220": "undelivered", "221": "expired", "222": "undelivered", "230": "rejected", "231": "rejected", "233": "rejected",
    "237": "rejected", "238": "rejected", "250": "unknown", "251": "unknown", "286": "rejected", "290": "sending",
    "291": "queued", "292": "queued", "295": "unknown", "500": "failed", "501": "rejected", "502": "failed", "503": "failed",
    "504": "undelivered", "505": "failed", "506": "failed", "507": "rejected", "508": "rejected", "509": "rejected",
    "510": "rejected", "511": "undelivered", "512": "undelivered", "513": "undelivered", "514": "undelivered",
    "515": "rejected", "517": "rejected", "518": "rejected", "519": "failed", "520": "rejected", "521": "rejected",
    "599": "unknown", "10000": "failed", "10030": "rejected", "10031": "rejected", "10032": "rejected", "11000": "rejected",
    "1500": "received",
}  # fmt: skip
"""https://developer.telesign.com/enterprise/docs/all-status-and-error-codes. 251 has changed its meaning: its end is unknown."""
_REFUSED: Final = frozenset({"undelivered", "failed", "rejected", "expired"})
_OPTED_OUT: Final = "510"
LONGEST_CODE: Final = 6
_VERDICTS: Final[Mapping[str, Literal["stop", "start", "help"]]] = {
    "stop": "stop",
    "start": "start",
    "help": "help",
}


def write(message: Message, values: Values) -> JsonValue:
    """Return the form of a send, as Telesign's SDK writes it; to the first recipient, since one call carries one."""
    sender = digits(message.sender) if is_number(message.sender) else message.sender
    return {
        "phone_number": digits(message.to[0]),
        "message": message.body,
        "message_type": "MKT" if message.designation == "commercial" else "ARN",
        "sender_id": sender or None,
        "callback_url": message.report_url or None,
        "external_id": message.tag or None,
    }


def read_sent(message: Message, reply: Reply, tree: JsonValue) -> tuple[Taken, ...]:
    """Return what the answer's status says; nothing where it names no text."""
    reference, code, words = _told(tree)
    if not reference:
        return ()
    state = STATUSES.get(code, "unknown")
    taken = Taken(
        to=message.to[0],
        accepted=state not in _REFUSED,
        message_id=reference,
        state=state,
        code=code,
        words=words,
    )
    return (taken,)


def read_status(tree: JsonValue) -> tuple[DeliveryReport, ...]:
    """Return the report in the answer of a status call."""
    return (_report(tree),) if _told(tree)[0] else ()


def _told(tree: JsonValue) -> tuple[str, str, str]:
    """Return the reference id, the status code and its words."""
    status = _object(tree, "status")
    return text_at(tree, "reference_id"), text_at(status, "code"), text_at(status, "description")


def _object(tree: JsonValue, name: str) -> dict[str, JsonValue]:
    found = tree.get(name) if isinstance(tree, dict) else None
    return found if isinstance(found, dict) else {}


def _report(tree: JsonValue) -> DeliveryReport:
    (reference, code, words), more = _told(tree), _object(tree, "additional_info")
    parts = text_at(more, "message_parts_count")
    return DeliveryReport(
        provider_id=reference,
        state=STATUSES.get(code, "unknown"),
        raw_state=code,
        code=code,
        words=words,
        to=with_plus(text_at(more, "cleansed_phone_number")),
        sender=with_plus(text_at(more, "sender_id")),
        tag=text_at(tree, "external_id"),
        at=moment(text_at(_object(tree, "status"), "updated_on")),
        segments=int(parts) if parts.isascii() and parts.isdigit() and len(parts) < 5 else None,
        price=text_at(more, "price"),
        currency=text_at(more, "currency"),
        opted_out=code == _OPTED_OUT,
        raw=tree,
    )


# callbacks -------------------------------------------------------------------------------------------------------


def read_callback(callback: Callback) -> tuple[CallbackItem, ...]:
    """Return the one report or inbound text of a call.

    Telesign calls one address with texts of several channels: what is neither a report nor a text is kept as another event.
    """
    tree = callback.tree
    reference, code, _ = _told(tree)
    kind = text_at(tree, "sub_resource")
    if callback.kind != "json" or not isinstance(tree, dict) or not reference:
        sentence = say(
            "This call has no {name}, so nobody can tell which text it speaks of. It is kept; nothing was changed.",
            name="reference_id",
        )
        return (BadItem(sentence=sentence, raw=tree),)
    if kind == "mo_sms" or (STATUSES.get(code) == "received" and not kind):
        return (_inbound(reference, tree),)
    if kind.startswith("mo_") or not code:
        return (OtherEvent(name=kind, raw=tree),)
    return (_report(tree),)


def _inbound(reference: str, tree: JsonValue) -> InboundMessage:
    """Return the text of a call: ``user_response`` as the SMS channel has it, or ``content`` as the other channels have it.

    https://developer.telesign.com/enterprise/docs/inbound-sms-get-started
    """
    said, content = _object(tree, "user_response"), _object(tree, "content")
    action = _object(content, "end_user_action")
    body = text_at(said, "mo_message") or text_at(content, "text") or text_at(action, "text")
    verdict = text_at(said, "action") or text_at(action, "action")
    return InboundMessage(
        provider_id=reference,
        sender=with_plus(text_at(said, "phone_number") or text_at(tree, "phone_number")),
        to=with_plus(text_at(said, "sender_id") or text_at(tree, "sender_id")),
        body=body,
        at=moment(text_at(tree, "submit_timestamp")),
        opt_out=_VERDICTS.get(verdict.lower(), ""),
        raw=tree,
    )


def prove(callback: Callback, values: Values) -> Sentence | None:
    """Return why a call is not Telesign's own: it is signed with the API key over the body, in one of two headers.

    Before the signature stands ``TSA`` and the customer id. https://developer.telesign.com/enterprise/docs/authenticate-callbacks
    """
    if not values.get("api_key"):
        return say(
            "The call cannot be checked: “{field}” is empty. Enter it among the account's credentials.",
            field=Sentence(N_("API key")),
        )
    # a proxy may have put its own Authorization in place of Telesign's; the other header is never touched
    given = callback.header("X-TS-Authorization") or callback.header("Authorization") or ""
    if not given:
        return say("The call has no signature of Telesign, so it is not from Telesign. It was refused.")
    wanted = _digest(values["api_key"], callback.body)
    if _same(wanted, given.removeprefix(f"TSA {values.get('customer_id', '')}:")):
        return None
    return say(
        "The call's signature does not fit. If it came from Telesign, compare customer ID and API key with the Telesign portal's."
    )


def write_reports(reports: tuple[DeliveryReport, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call of one report. Raises ValueError for several: Telesign makes a call for each."""
    (report,) = reports
    code = next((text for text in (report.raw_state, report.code) if text.isdigit()), "") or _code(
        report.state
    )
    more: dict[str, JsonValue] = {
        "price": report.price,
        "currency": report.currency,
        "message_parts_count": report.segments,
        "cleansed_phone_number": digits(report.to) if is_number(report.to) else report.to,
        "sender_id": digits(report.sender) if is_number(report.sender) else report.sender,
    }
    tree: JsonValue = {
        "reference_id": report.provider_id,
        "status": {"code": int(code), "description": report.words, "updated_on": _stamp(report.at or now)},
        "submit_timestamp": _stamp(report.at or now),
        "errors": [],
        "sub_resource": "sms",
        "additional_info": {name: value for name, value in more.items() if value},
        "external_id": report.tag or None,
    }
    return _signed(tree, url, values, now)


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_CODE


def _code(state: DeliveryState) -> str:
    """Return the first code of a state; a state that Telesign has none for is one whose end is unknown."""
    return next((code for code, meant in STATUSES.items() if meant == state), "250")


def write_inbound(messages: tuple[InboundMessage, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call of one inbound text. Raises ValueError for several: Telesign makes a call for each."""
    (message,) = messages
    tree: JsonValue = {
        "reference_id": message.provider_id,
        "status": {"code": 1500, "description": "Delivered", "updated_on": _stamp(message.at or now)},
        "submit_timestamp": _stamp(message.at or now),
        "errors": {},
        "sub_resource": "mo_sms",
        "user_response": {
            "phone_number": digits(message.sender),
            "sender_id": digits(message.to) if is_number(message.to) else message.to,
            "mo_message": message.body,
            "action": message.opt_out or "generic",
            "keyword": message.body.strip().lower() if message.opt_out else "",
            "iso_country_code": "",
            "price": "",
        },
    }
    return _signed(tree, url, values, now)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _signed(tree: JsonValue, url: str, values: Values, now: datetime) -> Callback:
    body = json.dumps(tree, ensure_ascii=False).encode("utf-8", "replace")
    signed = f"TSA {values.get('customer_id', '')}:{_digest(values.get('api_key', ''), body)}"
    headers = (
        ("Content-Type", "application/json"),
        ("Authorization", signed),
        ("X-TS-Authorization", signed),
    )
    return Callback(method="POST", url=url, headers=headers, body=body, kind="json", tree=tree, at=now)


# the stand-in ----------------------------------------------------------------------------------------------------


def hear(body: JsonValue) -> Heard:
    """Return what a send asks for."""
    return Heard(
        to=(text_at(body, "phone_number"),),
        sender=text_at(body, "sender_id"),
        body=text_at(body, "message"),
        report_url=text_at(body, "callback_url"),
        tag=text_at(body, "external_id"),
    )


def _fetched(asked: Asked, held: tuple[Held, ...], inbound: tuple[InboundMessage, ...]) -> Answer:
    found = next((item for item in held if item.provider_id == asked.names["message_id"]), None)
    if found is None:
        return _error(404, 10017, "Customer ID / Reference ID not found", -10001, "Invalid parameter passed")
    last = found.reports[-1] if found.reports else None
    code = (last.raw_state if _is_code(last.raw_state) else _code(last.state)) if last else "290"
    status = {
        "code": int(code),
        "description": last.words if last else "Message in progress",
        "updated_on": _stamp(last.at if last and last.at else found.at),
    }
    tree: JsonValue = {
        "reference_id": found.provider_id, "sub_resource": "sms", "errors": [], "status": status,
        "external_id": found.heard.tag or None, "submit_timestamp": _stamp(found.at),
    }  # fmt: skip
    return Answer(status=200, body=tree)


_NOW: Final = '{{ now | date("YYYY-MM-DDTHH:mm:ss.SSS[000Z]") }}'


def _error(status: int, code: int, words: str, error: int, description: str) -> Answer:
    body = {
        "reference_id": "{{ hex | upper }}{{ hex | upper }}",
        "external_id": None,
        "status": {"code": code, "description": words, "updated_on": _NOW},
        "errors": [{"code": error, "description": description}],
    }
    return Answer(status=status, body=body)


def _wanted(name: str, code: int) -> Requirement:
    words = f"Missing required parameter {name}"
    return Requirement(paths=(name,), refusal=_error(400, code, words, -10001, f"{words}."))


# what it says, and what to do ------------------------------------------------------------------------------------

_AGAIN: Final = N_("Send it again in a while.")
_NUMBER: Final = N_("Check the number; if it is right, the recipient cannot be reached by text.")
_SUPPORT: Final = N_("Ask Telesign's support, with the text's id.")
_FIELD: Final = N_("Correct it, and send it again.")

ERRORS: Final = {
    "207": ErrorWord(meaning=N_("It was not delivered, and nobody knows why."), advice=_AGAIN, retry=True),
    "210": ErrorWord(meaning=N_("The handset could not take it: switched off, or full."), advice=_AGAIN, retry=True),
    "211": ErrorWord(meaning=N_("The handset cannot take texts."), advice=_NUMBER),
    "220": ErrorWord(meaning=N_("There is no way to this recipient's network."), advice=_NUMBER),
    "221": ErrorWord(meaning=N_("It was not delivered before its validity ended."), advice=_AGAIN, retry=True),
    "222": ErrorWord(meaning=N_("This phone, or its plan, takes no texts."), advice=_NUMBER),
    "230": ErrorWord(meaning=N_("Telesign blocks this number."), advice=_SUPPORT),
    "231": ErrorWord(meaning=N_("The text has signs that cannot be sent."), advice=N_("Write it in plain letters.")),
    "237": ErrorWord(
        meaning=N_("The account blocks this country."), advice=N_("Have Telesign allow the country for your account.")
    ),
    "238": ErrorWord(
        meaning=N_("The account blocks numbers that begin so."), advice=N_("Have Telesign allow them for your account.")
    ),
    "250": ErrorWord(meaning=N_("Its end cannot be known; it may have arrived."), advice=N_("Do not send it again.")),
    "251": ErrorWord(
        meaning=N_("The network took it and confirms nothing; it may not have arrived."), advice=N_("Do not send it again.")
    ),
    "286": ErrorWord(meaning=N_("This kind of phone is not sent to."), advice=_NUMBER),
    "500": ErrorWord(meaning=N_("Telesign did not try to send it."), advice=_SUPPORT),
    "502": ErrorWord(meaning=N_("Something is wrong with the short code's campaign."), advice=_SUPPORT),
    "503": ErrorWord(meaning=N_("The carrier could not take it just now."), advice=_AGAIN, retry=True),
    "504": ErrorWord(meaning=N_("The carrier does not take it."), advice=_SUPPORT),
    "505": ErrorWord(meaning=N_("A gateway on the way was out of order."), advice=_AGAIN, retry=True),
    "506": ErrorWord(meaning=N_("A gateway on the way does not take it."), advice=_SUPPORT),
    "507": ErrorWord(meaning=N_("The recipient's number is not in use."), advice=_NUMBER),
    "508": ErrorWord(meaning=N_("The sender is missing, or not yours."), advice=N_("Choose a sender that Telesign has allowed.")),
    "509": ErrorWord(meaning=N_("The request has something that is not taken."), advice=_SUPPORT),
    "510": ErrorWord(
        meaning=N_("The recipient has blocked texts, or opted out."),
        advice=N_("Send nothing more until the recipient texts START to the sender."),
        opted_out=True,
    ),
    "511": ErrorWord(meaning=N_("The recipient has no credit left for texts."), advice=_AGAIN, retry=True),
    "512": ErrorWord(meaning=N_("The recipient is abroad and gets no texts there."), advice=_AGAIN, retry=True),
    "513": ErrorWord(meaning=N_("The number was taken to another carrier and cannot be found."), advice=_NUMBER),
    "514": ErrorWord(meaning=N_("The recipient cannot be reached just now."), advice=_AGAIN, retry=True),
    "515": ErrorWord(
        meaning=N_("The carrier took the text for spam."),
        advice=N_("Write it in other words, without public short links."),
    ),
    "10030": ErrorWord(meaning=N_("The account has no credit left."), advice=N_("Top it up in the Telesign portal.")),
    "10032": ErrorWord(meaning=N_("Telesign blocks this text."), advice=_SUPPORT),
    "10033": ErrorWord(
        meaning=N_("A trial account sends to verified numbers only."),
        advice=N_("Verify the number in the Telesign portal, or upgrade the account."),
    ),
    "11000": ErrorWord(meaning=N_("The recipient's number is not a phone number."), advice=_NUMBER),
    "-10001": ErrorWord(meaning=N_("A field of the request is not right."), advice=_FIELD),
    "-30006": ErrorWord(
        meaning=N_("Telesign does not know this customer ID with this API key."),
        advice=N_("Copy both from the Telesign portal again."),
    ),
    "-40007": ErrorWord(meaning=N_("Too many requests came at once."), advice=N_("Send more slowly."), retry=True),
}  # fmt: skip
"""What is not here is shown with Telesign's own words."""

_STATUS = "https://{host}/v1/messaging/{message_id}"
_LETTER = N_(
    "Please set up these callback addresses for our account {account}.\n\n"
    "Delivery reports (Transaction Callback): {delivery}\n"
    "Inbound SMS (MO callback): {inbound}\n\n"
    "Please also enable Status Callback and the MO keyword handling. Both addresses answer with HTTP 200.\n"
)

PROVIDER = Provider(
    key="telesign",
    name="Telesign",
    channel="sms",
    about=N_("Telesign, texts by its SMS API; one request for each recipient."),
    credentials=(TelesignBasic, TelesignTsa),
    endpoints=(
        Endpoint(
            key="messaging",
            title=N_("One text"),
            url="https://{host}/v1/messaging",
            encoding="form",
            headers=(("Accept", "application/json"),),
            accepted=Answer(
                status=200,
                body={
                    "reference_id": "{{ hex | upper }}{{ hex | upper }}",
                    "external_id": "{{ request.external_id | default(null) }}",
                    "status": {"code": 290, "description": "Message in progress", "updated_on": _NOW},
                },
            ),
            requirements=(
                _wanted("phone_number", 12000),
                _wanted("message", 12009),
                _wanted("message_type", 12017),
            ),
        ),
    ),
    hosts=("rest-api.telesign.com", "rest-ww.telesign.com"),
    reading=Reading(ids=("reference_id",), errors="errors", message="description", code="code"),
    emulation=Emulation(
        unauthorized=_error(401, 500, "Transaction not attempted", -30006, "Invalid Signature."),
        malformed=_error(400, 12000, "Missing required parameter phone_number", -10001, "Invalid parameter passed"),
        throttled=_error(429, 500, "Transaction not attempted", -40007, "Rate Limit Exceeded"),
        server_error=_error(500, 500, "Transaction not attempted", -90001, "Internal error"),
    ),
    templates=(
        PayloadTemplate(
            id="telesign-text",
            name=N_("One text"),
            text="""{
  "phone_number": "${User Identifier}",
  "message": "Hello {{ first_name | default(\\"there\\") }}! Reply STOP to opt out.",
  "message_type": "MKT"
}""",
            encoding="form",
            source_url="https://developer.telesign.com/enterprise/reference/sms",
        ),
    ),
    limits=Limits(required=("phone_number", "message", "message_type")),
    sources=(
        "https://developer.telesign.com/enterprise/reference/sms",
        "https://developer.telesign.com/enterprise/docs/authentication",
        "https://developer.telesign.com/enterprise/docs/authenticate-callbacks",
        "https://developer.telesign.com/enterprise/docs/inbound-sms-get-started",
    ),
    sms=SmsDialect(
        spelling="digits",
        write=write,
        read_sent=read_sent,
        read_callback=read_callback,
        prove=prove,
        write_reports=write_reports,
        write_inbound=write_inbound,
        setup=CallbackSetup(
            by="support",
            per_message=True,
            delivery=(
                N_("Standard account: Telesign portal, SMS, Settings, and switch Status Callback to Enabled."),
                N_("Under Customer Callback URLs press Edit, Add a URL, paste the address, and Save."),
                N_("Enterprise account: ask Telesign to enable Status Callback, with the letter below."),
            ),
            inbound=(
                N_("Standard account: Telesign portal, SMS, Settings, and switch SMS 2-Way Inbound to Enabled."),
                N_("Ask Telesign to call the address for inbound texts, with the letter below; it takes about a business day."),
            ),
            contact="support@telesign.com",
            letter=_LETTER,
            source_url="https://developer.telesign.com/enterprise/docs/inbound-sms-get-started",
        ),
        statuses=STATUSES,
        errors=ERRORS,
        sender_types=("toll_free", "short_code", "long_code", "mobile", "alphanumeric"),
        sender_types_source="https://developer.telesign.com/enterprise/reference/sms",
        status=_STATUS,
        status_headers=(("Accept", "application/json"),),
        read_status=read_status,
        authenticate=_STATUS.replace("{message_id}", "0" * 32),
        let_in=(404,),
        loses=(
            N_("There is no later time: a text is sent at once."),
            N_("There is no validity: a late text is delivered late."),
            N_("What became of a text can be asked for twelve hours only."),
            N_("The sender can be replaced by Telesign where a country wants it."),
        ),
        emulation=SmsEmulation(
            hear=hear,
            routes=(StandInRoute(method="GET", path="/v1/messaging/{message_id}", answer=_fetched),),
            states=(("queued", "292"), ("sent", "203"), ("delivered", "200")),
            failures=(
                ("undelivered", "207", "Error delivering SMS to handset (reason unknown)"),
                ("undelivered", "210", "Temporary phone error"),
                ("expired", "221", "Message expired before delivery"),
                ("rejected", "510", "Message blocked by subscriber action or request"),
                ("failed", "505", "Error on gateway - temporary error"),
                ("unknown", "250", "Final status unknown"),
            ),
            lets_in=lets_in,
        ),
    ),
)  # fmt: skip
