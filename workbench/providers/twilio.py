"""Twilio, Programmable Messaging (https://www.twilio.com/docs/messaging/api/message-resource).

A form per recipient, Basic auth, and callbacks signed with the auth token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, ClassVar, Final
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from pydantic import Field

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
from workbench.models.message import DeliveryState, Message, Taken
from workbench.models.pace import Rate
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
from workbench.sentence import N_, Sentence, say

API: Final = "/2010-04-01/Accounts/{account_sid}"
LONGEST_VALID_S: Final = 36_000
"""Seconds; https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource, ValidityPeriod."""
LONGEST_CODE: Final = 6
FORM: Final = "application/x-www-form-urlencoded"


# credentials -----------------------------------------------------------------------------------------------------


class _TwilioAccount(Credential):
    """What both ways of authorization ask for."""

    account_sid: Annotated[
        str,
        Field(
            pattern=r"^AC[0-9a-fA-F]{32}$",
            title=N_("Account SID"),
            description=N_(
                "Twilio Console: the start page, Account Info; or Account, General settings. AC and 32 letters or digits."
            ),
            examples=["AC00000000000000000000000000000001"],
        ),
    ]
    auth_token: Annotated[
        SecretRef,
        Field(
            title=N_("Auth token"),
            description=N_(
                "Twilio Console: beside the Account SID, hidden until you press Show. Twilio signs its callbacks with it."
            ),
        ),
    ]
    webhook_key: Annotated[
        SecretRef | None,
        Field(
            title=N_("Shared key of webhooks"),
            description=N_(
                "Only if your account signs its callbacks with a shared key (HMAC-SHA256) instead of the auth token."
            ),
        ),
    ] = None
    messaging_service_sid: Annotated[
        str,
        Field(
            pattern=r"^(MG[0-9a-fA-F]{32})?$",
            title=N_("Messaging Service SID"),
            description=N_(
                "Only for texts at a later time: Messaging, Services. MG and 32 letters or digits."
            ),
        ),
    ] = ""


class TwilioToken(_TwilioAccount):
    """Account SID and auth token; what Dynamics 365 asks for."""

    kind: ClassVar[str] = "twilio_token"
    label: ClassVar[str] = N_("Account SID and auth token")
    auth: ClassVar[Auth] = BasicPair(username="{account_sid}", password="{auth_token}")  # noqa: S106 - a field's name


class TwilioApiKey(_TwilioAccount):
    """An API key beside the account: it can be taken back without changing the auth token."""

    kind: ClassVar[str] = "twilio_api_key"
    label: ClassVar[str] = N_("API key")
    auth: ClassVar[Auth] = BasicPair(username="{key_sid}", password="{key_secret}")  # noqa: S106 - a field's name

    key_sid: Annotated[
        str,
        Field(
            pattern=r"^SK[0-9a-fA-F]{32}$",
            title=N_("API key SID"),
            description=N_("Twilio Console: Account, API keys and tokens. SK and 32 letters or digits."),
            examples=["SK00000000000000000000000000000001"],
        ),
    ]
    key_secret: Annotated[
        SecretRef,
        Field(title=N_("API key secret"), description=N_("Shown once, when the key is made.")),
    ]


# the message -----------------------------------------------------------------------------------------------------

STATUSES: Final[Mapping[str, DeliveryState]] = {
    "accepted": "accepted",
    "scheduled": "scheduled",
    "queued": "queued",
    "sending": "sending",
    "sent": "sent",
    "delivered": "delivered",
    "partially_delivered": "delivered",
    "read": "read",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "canceled",
    "receiving": "received",
    "received": "received",
}
"""https://www.twilio.com/docs/messaging/api/message-resource#message-status-values"""
_ENDS: Final[Mapping[str, DeliveryState]] = {"21610": "rejected", "30036": "expired"}
"""What a failure's code says more exactly: opted out before sending, validity period over."""
_OPTED_OUT: Final = "21610"
TAG: Final = "tag"
"""The name in the report's address under which a text's tag comes back."""


def _report_url(message: Message) -> str:
    """Return where a text is reported. The tag goes along in the address, which Twilio signs whole: it hands nothing else back."""
    url = message.report_url
    return f"{url}{'&' if '?' in url else '?'}{urlencode({TAG: message.tag})}" if url and message.tag else url


def write(message: Message, values: Values) -> JsonValue:
    """Return the form of a send, its keys in the order of Twilio's SDKs; to the first recipient, since one call carries one."""
    service = values.get("messaging_service_sid", "") if message.send_at else ""
    return {
        "To": with_plus(message.to[0]),
        "StatusCallback": _report_url(message) or None,
        "ValidityPeriod": str(min(message.valid_s, LONGEST_VALID_S)) if message.valid_s else None,
        "ScheduleType": "fixed" if message.send_at else None,
        "SendAt": message.send_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if message.send_at else None,
        "From": with_plus(message.sender) or None,
        "MessagingServiceSid": service or None,
        "Body": message.body,
    }


def read_sent(message: Message, reply: Reply, tree: JsonValue) -> tuple[Taken, ...]:
    """Return what the Message resource in the answer says; nothing where there is none."""
    sid, status = text_at(tree, "sid"), text_at(tree, "status")
    if not sid:
        return ()
    state = _state(status, code := text_at(tree, "error_code"))
    taken = Taken(
        to=message.to[0],
        accepted=state not in ("failed", "undelivered", "rejected", "canceled", "expired"),
        message_id=sid,
        state=state,
        code=code,
        words=text_at(tree, "error_message"),
        segments=_count(tree, "num_segments"),
    )
    return (taken,)


def read_status(tree: JsonValue) -> tuple[DeliveryReport, ...]:
    """Return the report in a Message resource as it is fetched. ``price`` is a cost, which Twilio writes as a negative number."""
    sid, status, code = text_at(tree, "sid"), text_at(tree, "status"), text_at(tree, "error_code")
    if not sid:
        return ()
    report = DeliveryReport(
        provider_id=sid,
        state=_state(status, code),
        raw_state=status,
        code=code,
        words=text_at(tree, "error_message"),
        to=with_plus(text_at(tree, "to")),
        sender=with_plus(text_at(tree, "from")),
        at=moment(text_at(tree, "date_updated")),
        segments=_count(tree, "num_segments"),
        price=text_at(tree, "price").removeprefix("-"),
        currency=text_at(tree, "price_unit").upper(),
        opted_out=code == _OPTED_OUT,
        raw=tree,
    )
    return (report,)


def _state(status: str, code: str) -> DeliveryState:
    state = STATUSES.get(status.lower(), "unknown")
    return _ENDS.get(code, state) if state in ("failed", "undelivered") else state


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_CODE


def _count(tree: JsonValue, name: str) -> int | None:
    """Return the number of segments; Twilio says 0 as long as it does not know it."""
    text = text_at(tree, name)
    return int(text) or None if text.isascii() and text.isdigit() and len(text) < 5 else None


# callbacks -------------------------------------------------------------------------------------------------------


def read_callback(callback: Callback) -> tuple[CallbackItem, ...]:
    """Return the one report or inbound text of a call. Parameters that are not known here are kept in ``raw``.

    https://www.twilio.com/docs/messaging/guides/webhook-request: parameters are added without notice.
    """
    form = callback.tree
    sid = text_at(form, "MessageSid", "SmsSid", "SmsMessageSid")
    if callback.kind != "form" or not sid:
        sentence = say(
            "This call has no {name}, so nobody can tell which text it speaks of. It is kept; nothing was changed.",
            name="MessageSid",
        )
        return (BadItem(sentence=sentence, raw=form),)
    status = text_at(form, "MessageStatus", "SmsStatus")
    if STATUSES.get(status.lower()) == "received" or (not status and "Body" in form):
        return (_inbound(sid, form),)
    if not status:
        return (OtherEvent(name=text_at(form, "EventType"), raw=form),)
    code = text_at(form, "ErrorCode")
    report = DeliveryReport(
        provider_id=sid,
        state=_state(status, code),
        raw_state=status,
        code=code,
        words=text_at(form, "ErrorMessage"),
        to=with_plus(text_at(form, "To")),
        sender=with_plus(text_at(form, "From")),
        opted_out=code == _OPTED_OUT,
        tag=parse_qs(urlsplit(callback.url).query).get(TAG, [""])[0],
        raw=form,
    )
    return (report,)


def _inbound(sid: str, form: JsonValue) -> InboundMessage:
    verdict = text_at(form, "OptOutType").lower()
    return InboundMessage(
        provider_id=sid,
        sender=with_plus(text_at(form, "From")),
        to=with_plus(text_at(form, "To")),
        body=form.get("Body", ""),
        segments=_count(form, "NumSegments"),
        opt_out="stop" if verdict == "stop" else "start" if verdict == "start" else "help" if verdict == "help" else "",
        raw=form,
    )  # fmt: skip


def signature(key: str, url: str, pairs: Iterable[tuple[str, str]], algorithm: str = "sha1") -> str:
    """Return Twilio's signature: the URL, then every name and value in the order of the names, in base64.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.digest(key.encode(), text.encode("utf-8", "replace"), algorithm)).decode()


def prove(callback: Callback, values: Values) -> Sentence | None:
    """Return why a call is not Twilio's own. A form is signed with its parameters, any other body by ``bodySHA256`` in the URL.

    The URL is tried as it is, without its port and with the usual one, since it depends on the product which of them Twilio signs.
    """
    key, algorithm, problem = _key(callback.header("X-Twilio-Webhooks-Signature-Settings") or "", values)
    if problem is not None:
        return problem
    given = callback.header("X-Twilio-Signature") or ""
    if not given:
        return say("The call has no X-Twilio-Signature, so it is not from Twilio. It was refused.")
    if not _body_fits(callback):
        return say("The call's body is not the one that Twilio signed. It was refused.")
    pairs = callback.pairs if callback.kind == "form" and callback.method == "POST" else ()
    fits = [_same(signature(key, url, pairs, algorithm), given) for url in _spellings(callback.url)]
    if any(fits):
        return None
    return say(
        "The call's X-Twilio-Signature does not fit. If it came from Twilio, compare the auth token with the one in the Twilio Console,"
        " and the callback address with the one that Twilio calls."
    )


def _key(settings: str, values: Values) -> tuple[str, str, Sentence | None]:
    """Return the key and the hash of a call: the auth token and SHA-1, unless its header names another algorithm."""
    named = dict(part.strip().partition("=")[::2] for part in settings.split(","))
    algorithm = named.get("algorithm", "HMAC_SHA1")
    if algorithm == "HMAC_SHA1":
        return values.get("auth_token", ""), "sha1", _missing(values, "auth_token", N_("Auth token"))
    if algorithm == "HMAC_SHA256":
        problem = _missing(values, "webhook_key", N_("Shared key of webhooks"))
        return values.get("webhook_key", ""), "sha256", problem
    return "", "", say("Twilio signed with {algorithm}, which is not known here.", algorithm=algorithm[:40])


def _missing(values: Values, name: str, title: str) -> Sentence | None:
    """Return a sentence where a key is not entered: nobody may sign with an empty one."""
    if values.get(name):
        return None
    return say(
        "The call cannot be checked: “{field}” is empty. Enter it among the account's credentials.",
        field=Sentence(title),
    )


def _body_fits(callback: Callback) -> bool:
    """Return whether the body is covered by the signature: a form is part of it, another one by its hash in the URL."""
    hashes = parse_qs(urlsplit(callback.url).query).get("bodySHA256")
    if hashes:
        return _same(hashlib.sha256(callback.body).hexdigest(), hashes[0])
    return callback.kind in ("form", "empty") and (callback.method == "POST" or not callback.body)


def _spellings(url: str) -> tuple[str, ...]:
    """Return the URL as it is, without its port, and with its scheme's own port where it names none."""
    parts = urlsplit(url)
    try:
        port, usual = parts.port, {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return (url,)
    if port is not None:
        return url, _at(url, parts, parts.netloc.rpartition(":")[0])
    return (url, _at(url, parts, f"{parts.netloc}:{usual}")) if usual else (url,)


def _at(url: str, parts: SplitResult, netloc: str) -> str:
    """Return the URL at another host or port, its other signs exactly as they are."""
    return url.replace(f"//{parts.netloc}", f"//{netloc}", 1)


def _same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode("utf-8", "replace"), given.encode("utf-8", "replace"))


def write_reports(reports: tuple[DeliveryReport, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the status callback of one report. Raises ValueError for several: Twilio makes a call for each.

    It has the failure's code and not its words: those are in the Message resource alone.
    """
    (report,) = reports
    if report.state == "unknown":
        status = report.raw_state or "unknown"  # a word that nobody knows yet
    else:
        status = report.raw_state if report.raw_state in STATUSES else _word(report.state)
    form = {
        "SmsSid": report.provider_id,
        "SmsStatus": status,
        "MessageStatus": status,
        "To": report.to,
        "MessageSid": report.provider_id,
        "AccountSid": values.get("account_sid", ""),
        "From": report.sender,
        "ApiVersion": "2010-04-01",
    }
    form |= {"ErrorCode": report.code} if _is_code(report.code) else {}
    return _signed(form, url, values, now)


def _word(state: DeliveryState) -> str:
    """Return Twilio's word for a state; a refusal before sending, and the end of the validity, are failures with a code."""
    return next((word for word, meant in STATUSES.items() if meant == state), "failed")


def write_inbound(messages: tuple[InboundMessage, ...], url: str, values: Values, now: datetime) -> Callback:
    """Return the call of one inbound text. Raises ValueError for several: Twilio makes a call for each."""
    (message,) = messages
    form = {
        "SmsMessageSid": message.provider_id,
        "NumMedia": "0",
        "SmsSid": message.provider_id,
        "SmsStatus": "received",
        "Body": message.body,
        "To": message.to,
        "NumSegments": str(message.segments or 0),
        "MessageSid": message.provider_id,
        "AccountSid": values.get("account_sid", ""),
        "From": message.sender,
        "ApiVersion": "2010-04-01",
    }
    form |= {"OptOutType": message.opt_out.upper()} if message.opt_out else {}
    return _signed(form, url, values, now)


def _signed(form: dict[str, str], url: str, values: Values, now: datetime) -> Callback:
    pairs = tuple(form.items())
    headers: list[tuple[str, str]] = [("Content-Type", FORM)]
    if values.get("webhook_key"):
        headers.append(
            ("X-Twilio-Webhooks-Signature-Settings", "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256")
        )
        signed = signature(values["webhook_key"], url, pairs, "sha256")
    else:
        signed = signature(values.get("auth_token", ""), url, pairs)
    return Callback(
        method="POST", url=url, headers=(*headers, ("X-Twilio-Signature", signed)), body=urlencode(pairs).encode(),
        kind="form", tree=form, pairs=pairs, at=now,
    )  # fmt: skip


# the stand-in ----------------------------------------------------------------------------------------------------


def hear(body: JsonValue) -> Heard:
    """Return what a send asks for."""
    return Heard(
        to=(text_at(body, "To"),),
        sender=text_at(body, "From", "MessagingServiceSid"),
        body=text_at(body, "Body"),
        report_url=text_at(body, "StatusCallback"),
        scheduled=bool(text_at(body, "SendAt")),
    )


def _resource(account: str, held: Held) -> dict[str, JsonValue]:
    """Return the Message resource of what the stand-in holds, every member that Twilio's SDKs read."""
    last = held.reports[-1] if held.reports else None
    word = (last.raw_state if last.raw_state in STATUSES else _word(last.state)) if last else "queued"
    ended = word in ("failed", "undelivered") and last is not None and _is_code(last.code)
    uri = f"/2010-04-01/Accounts/{account}/Messages/{held.provider_id}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": held.heard.body,
        "date_created": format_datetime(held.at),
        "date_sent": format_datetime(held.at) if word not in ("queued", "accepted", "scheduled", "canceled") else None,
        "date_updated": format_datetime(last.at if last and last.at else held.at),
        "direction": "outbound-api",
        "error_code": int(last.code) if ended and last else None,
        "error_message": last.words or None if ended and last else None,
        "from": held.heard.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(last.segments if last and last.segments else 1),
        "price": f"-{last.price}" if last and last.price else None,
        "price_unit": last.currency if last and last.currency else "USD",
        "sid": held.provider_id,
        "status": word,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": held.to,
        "uri": f"{uri}.json",
    }  # fmt: skip


def _came(account: str, message: InboundMessage, now: datetime) -> dict[str, JsonValue]:
    """Return the Message resource of an inbound text."""
    received = DeliveryReport(
        provider_id=message.provider_id, state="received", raw_state="received", at=message.at
    )
    heard = Heard(to=(message.to,), sender=message.sender, body=message.body)
    held = Held(
        provider_id=message.provider_id, to=message.to, heard=heard, reports=(received,), at=message.at or now
    )
    return _resource(account, held) | {"direction": "inbound"}


def _one(held: tuple[Held, ...], sid: str) -> Held | None:
    return next((item for item in held if item.provider_id == sid), None)


def _fetched(asked: Asked, held: tuple[Held, ...], inbound: tuple[InboundMessage, ...]) -> Answer:
    account, sid = asked.names["account_sid"], asked.names["message_id"]
    found = _one(held, sid)
    if found is not None:
        return Answer(status=200, body=_resource(account, found))
    came = next((item for item in inbound if item.provider_id == sid), None)
    if came is not None:
        return Answer(status=200, body=_came(account, came, asked.now))
    path = f"/2010-04-01/Accounts/{account}/Messages/{sid}.json"
    return _error(404, 20404, f"The requested resource {path} was not found")


def _canceled(asked: Asked, held: tuple[Held, ...], inbound: tuple[InboundMessage, ...]) -> Answer:
    answer = _fetched(asked, held, inbound)
    canceling = text_at(asked.body, "Status") == "canceled" and answer.status == 200
    return answer.model_copy(update={"body": answer.body | {"status": "canceled"}}) if canceling else answer


def _cancels(asked: Asked) -> Mapping[str, DeliveryState]:
    return {asked.names["message_id"]: "canceled"} if text_at(asked.body, "Status") == "canceled" else {}


def _listed(asked: Asked, held: tuple[Held, ...], inbound: tuple[InboundMessage, ...]) -> Answer:
    """Return one page of the messages, narrowed by To and From as Twilio does it."""
    account = asked.names["account_sid"]
    found = [_resource(account, item) for item in held] + [
        _came(account, item, asked.now) for item in inbound
    ]
    for name in ("to", "from"):
        wanted = text_at(asked.query, name)
        found = [item for item in found if not wanted or item[name] == wanted]
    size = text_at(asked.query, "PageSize")
    most = min(max(int(size), 1), 1000) if size.isascii() and size.isdigit() and len(size) < 6 else 50
    uri = f"/2010-04-01/Accounts/{account}/Messages.json?PageSize={most}&Page=0"
    page = {
        "first_page_uri": uri, "uri": uri, "next_page_uri": None, "previous_page_uri": None, "page": 0, "page_size": most,
        "start": 0, "end": max(len(found[:most]) - 1, 0), "messages": found[:most],
    }  # fmt: skip
    return Answer(status=200, body=page)


def _error(status: int, code: int, message: str) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status=status, body={"code": code, "message": message, "more_info": more, "status": status})


# what it says, and what to do ------------------------------------------------------------------------------------

_AGAIN: Final = N_("Send it again in a while.")
_NUMBER: Final = N_("Check the number; if it is right, the recipient cannot be reached by text.")
_CONTENT: Final = N_("Write it in other words, without public short links, and ask Twilio if it stays so.")
_REGISTER: Final = N_("Register the number at Twilio for this country and kind of text, then send it again.")

ERRORS: Final = {
    "20003": ErrorWord(
        meaning=N_("Twilio does not know this Account SID with this auth token."),
        advice=N_("Copy both from the Twilio Console again; a test account has its own pair."),
    ),
    "20404": ErrorWord(
        meaning=N_("Twilio does not have this text or account."),
        advice=N_("Check that the Account SID is the one that sent it."),
    ),
    "20429": ErrorWord(
        meaning=N_("Too many requests came at once."), advice=N_("Send more slowly."), retry=True
    ),
    "21211": ErrorWord(meaning=N_("The recipient's number is not a phone number."), advice=_NUMBER),
    "21408": ErrorWord(
        meaning=N_("The account may not send to this country."),
        advice=N_("Allow the country in the Twilio Console: Messaging, Settings, Geo permissions."),
    ),
    "21602": ErrorWord(meaning=N_("The text is empty."), advice=N_("Write a text.")),
    "21603": ErrorWord(meaning=N_("The sender is missing."), advice=N_("Choose a sender.")),
    "21604": ErrorWord(meaning=N_("The recipient is missing."), advice=N_("Enter a phone number.")),
    "21606": ErrorWord(
        meaning=N_("The sender is not a number of this account that can send texts."),
        advice=N_("Choose a number that is listed in the Twilio Console under Phone Numbers."),
    ),
    "21608": ErrorWord(
        meaning=N_("A trial account sends to verified numbers only."),
        advice=N_("Verify the number in the Twilio Console, or upgrade the account."),
    ),
    "21610": ErrorWord(
        meaning=N_("The recipient has opted out of texts from this sender."),
        advice=N_("Send nothing more until the recipient texts START to the sender."),
        opted_out=True,
    ),
    "21612": ErrorWord(
        meaning=N_("This sender cannot reach this recipient."), advice=N_("Choose another sender for this country.")
    ),
    "21614": ErrorWord(meaning=N_("The recipient's number is not a mobile number."), advice=_NUMBER),
    "21617": ErrorWord(
        meaning=N_("The text is longer than 1600 characters."), advice=N_("Write a shorter text.")
    ),
    "30001": ErrorWord(meaning=N_("Twilio's queue was full."), advice=_AGAIN, retry=True),
    "30002": ErrorWord(meaning=N_("The account is suspended."), advice=N_("Ask Twilio's support.")),
    "30003": ErrorWord(
        meaning=N_("The handset could not be reached: it is switched off, or out of reach."), advice=_AGAIN, retry=True
    ),
    "30004": ErrorWord(
        meaning=N_("The recipient, or the carrier, blocks texts from this sender."),
        advice=N_("Ask the recipient; do not send again by yourself."),
    ),
    "30005": ErrorWord(meaning=N_("The recipient's number is not in use."), advice=_NUMBER),
    "30006": ErrorWord(
        meaning=N_("The recipient's number is a landline, or its carrier cannot be reached."), advice=_NUMBER
    ),
    "30007": ErrorWord(meaning=N_("The carrier's filter took the text for spam."), advice=_CONTENT),
    "30008": ErrorWord(meaning=N_("The carrier refused it and gave no reason."), advice=_AGAIN, retry=True),
    "30032": ErrorWord(meaning=N_("The toll-free number is not verified."), advice=_REGISTER),
    "30034": ErrorWord(meaning=N_("The long code is not registered for texts to the USA."), advice=_REGISTER),
    "30036": ErrorWord(
        meaning=N_("It was not delivered before its validity ended."),
        advice=N_("Give it a longer validity, or send more slowly."),
    ),
}  # fmt: skip
"""https://www.twilio.com/docs/api/errors; what is not here is shown with Twilio's own words."""

PROVIDER = Provider(
    key="twilio",
    name="Twilio",
    channel="sms",
    about=N_("Twilio, texts by its Messages API; one request for each recipient."),
    credentials=(TwilioToken, TwilioApiKey),
    endpoints=(
        Endpoint(
            key="messages",
            title=N_("One text"),
            url=f"https://api.twilio.com{API}/Messages.json",
            encoding="form",
            headers=(("Accept", "application/json"),),
            accepted=Answer(
                status=201,
                body={
                    "account_sid": "{{ account_sid }}", "api_version": "2010-04-01", "body": '{{ request.Body | default("") }}',
                    "date_created": None, "date_sent": None, "date_updated": None, "direction": "outbound-api",
                    "error_code": None, "error_message": None, "from": '{{ request.From | default("") }}',
                    "messaging_service_sid": None, "num_media": "0", "num_segments": "1", "price": None, "price_unit": "USD",
                    "sid": "SM{{ hex }}{{ hex }}", "status": "queued", "subresource_uris": {}, "to": "{{ request.To }}",
                    "uri": "/2010-04-01/Accounts/{{ account_sid }}/Messages/SM{{ hex }}{{ hex }}.json",
                },
            ),
            requirements=(
                Requirement(paths=("To",), refusal=_error(400, 21604, "A 'To' phone number is required.")),
                Requirement(
                    paths=("From", "MessagingServiceSid"),
                    refusal=_error(400, 21603, "A 'From' phone number is required."),
                ),
                Requirement(
                    paths=("Body", "MediaUrl", "ContentSid"),
                    refusal=_error(400, 21602, "Message body is required."),
                ),
            ),
        ),
    ),
    hosts=("api.twilio.com",),
    reading=Reading(ids=("sid",), errors="$", code="code"),
    emulation=Emulation(
        unauthorized=_error(401, 20003, "Authenticate"),
        malformed=_error(400, 21604, "A 'To' phone number is required."),
        throttled=_error(429, 20429, "Too Many Requests"),
        server_error=_error(500, 20500, "Internal Server Error"),
    ),
    templates=(
        PayloadTemplate(
            id="twilio-text",
            name=N_("One text"),
            text="""{
  "To": "${User Identifier}",
  "From": "+15557122661",
  "Body": "Hello {{ first_name | default(\\"there\\") }}! Reply STOP to opt out."
}""",
            encoding="form",
            source_url="https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource",
        ),
    ),
    limits=Limits(required=("To", "Body")),
    sources=(
        "https://www.twilio.com/docs/messaging/api/message-resource",
        "https://www.twilio.com/docs/usage/security",
        "https://www.twilio.com/docs/messaging/guides/webhook-request",
        "https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks",
    ),
    sms=SmsDialect(
        spelling="plus",
        write=write,
        read_sent=read_sent,
        read_callback=read_callback,
        prove=prove,
        write_reports=write_reports,
        write_inbound=write_inbound,
        acknowledgement=Acknowledgement(content_type="text/xml", body="<Response></Response>"),
        setup=CallbackSetup(
            by="you",
            per_message=True,
            delivery=(
                N_("Nothing need be set: each text that is sent from here names this address as its status callback."),
                N_("For texts sent from elsewhere: Messaging, Services, your service, Integration, Delivery status callback."),
            ),
            inbound=(
                N_("Open the Twilio Console: Phone Numbers, Manage, Active numbers, and choose the number."),
                N_("Under Messaging Configuration, at A MESSAGE COMES IN, choose Webhook and HTTP POST."),
                N_("Paste the address and press Save configuration. Do so for each number."),
                N_("If the number is in a Messaging Service: set its Integration to defer to the sender's webhook."),
            ),
            source_url="https://www.twilio.com/docs/messaging/guides/webhook-request",
        ),
        statuses=STATUSES,
        errors=ERRORS,
        sender_types=("toll_free", "short_code", "long_code", "mobile", "alphanumeric"),
        sender_types_source="https://www.twilio.com/docs/messaging/api/message-resource",
        rates={
            "long_code": Rate(limit=1), "mobile": Rate(limit=1), "toll_free": Rate(limit=3), "short_code": Rate(limit=100),
            "alphanumeric": Rate(limit=10),
        },
        status=f"https://api.twilio.com{API}/Messages/{{message_id}}.json",
        status_headers=(("Accept", "application/json"),),
        read_status=read_status,
        authenticate=f"https://api.twilio.com{API}/Messages.json?PageSize=1",
        loses=(
            N_("A text at a later time needs a Messaging Service."),
            N_("A validity is at most ten hours."),
        ),
        emulation=SmsEmulation(
            hear=hear,
            routes=(
                StandInRoute(method="GET", path=f"{API}/Messages/{{message_id}}.json", answer=_fetched),
                StandInRoute(method="POST", path=f"{API}/Messages/{{message_id}}.json", answer=_canceled, states=_cancels),
                StandInRoute(method="GET", path=f"{API}/Messages.json", answer=_listed),
            ),
            states=(("sending", "sending"), ("sent", "sent"), ("delivered", "delivered")),
            failures=(
                ("undelivered", "30003", "Unreachable destination handset"),
                ("undelivered", "30005", "Unknown destination handset"),
                ("undelivered", "30007", "Message filtered"),
                ("failed", "30008", "Unknown error"),
                ("expired", "30036", "Validity Period Expired"),
                ("rejected", "21610", "Attempt to send to unsubscribed recipient"),
            ),
        ),
    ),
)  # fmt: skip
