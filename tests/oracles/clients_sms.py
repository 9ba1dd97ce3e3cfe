"""Runs in the oracles' environment: the official SDKs of providers that send texts, against two addresses of the sandbox.

``python clients_sms.py SDK ADDRESS THROTTLED`` prints what came of each call as JSON; the stand-ins at THROTTLED answer every call with
429. ``python clients_sms.py callbacks`` reads signed calls from standard input and prints what the SDKs' own validators say of them.
Nothing of the workbench is imported here, and the SDKs are used as their manuals say, but for the address.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable
from typing import Any

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "f" * 32
API_KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER_KEY = base64.b64encode(b"fedcba9876543210fedcba9876543210").decode()
CUSTOMER = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"
INFOBIP_KEY = "right-key"
WRONG = "not-the-one"
REPORTS = "http://127.0.0.1:9/sms/tok3n/delivery?x=1"
"""Where one text asks for its reports; the test takes them in process."""
FROM, TO = "+15557122661", "+15558675310"
REFUSED, UNREACHABLE = "+15558699400", "+15558699001"
TEXT = "Hello café €"
Cases = dict[str, Callable[[], Any]]


def until(found: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    """Return what is found once it is as wanted; what there was at last, where that takes too long."""
    for _ in range(200):
        value = found()
        if wanted(value):
            return value
        time.sleep(0.02)
    return value


def twilio(address: str, throttled: str) -> Cases:
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    class Here(TwilioHttpClient):  # type: ignore[misc]
        """What Twilio's manual calls a custom HTTP client: it only goes to another address."""

        def __init__(self, host: str) -> None:
            super().__init__()
            self.host = host

        def request(self, method: str, url: str, *rest: Any, **more: Any) -> Any:
            return super().request(
                method, url.replace("https://api.twilio.com", f"{self.host}/twilio"), *rest, **more
            )

    def client(host: str = address, token: str = TOKEN) -> Any:
        return Client(ACCOUNT, token, http_client=Here(host))

    def told(message: Any) -> dict[str, Any]:
        names = ("sid", "status", "to", "from_", "body", "error_code", "num_segments", "direction")
        return {name: getattr(message, name) for name in names} | {"dated": message.date_created is not None}

    def send(host: str = address, token: str = TOKEN, to: str = TO, **more: Any) -> Any:
        return told(client(host, token).messages.create(to=to, from_=FROM, body=TEXT, **more))

    def fetched(to: str) -> Any:
        sid = send(to=to)["sid"]
        return until(
            lambda: told(client().messages(sid).fetch()),
            lambda one: one["status"] in ("delivered", "undelivered"),
        )

    def cancelled() -> Any:
        made = client().messages.create(
            to=TO,
            messaging_service_sid="MG" + "b" * 32,
            body="later",
            schedule_type="fixed",
            send_at="2030-01-02T03:04:05Z",
        )
        return told(client().messages(made.sid).update(status="canceled"))

    return {
        "send_one": send,
        "send_many": lambda: [send(to=number) for number in (TO, "+15558675311")],
        "status": lambda: fetched(TO),
        "status_failed": lambda: fetched(UNREACHABLE),
        "list": lambda: [told(one) for one in client().messages.list(to=TO, limit=2)],
        "cancel": cancelled,
        "inbox": lambda: [
            told(one) for one in client().messages.list(limit=20) if one.direction == "inbound"
        ],
        "reported": lambda: send(status_callback=REPORTS),
        "400": lambda: send(to=REFUSED),
        "404": lambda: told(client().messages("SM" + "0" * 32).fetch()),
        "401": lambda: send(token=WRONG),
        "429": lambda: send(throttled),
    }


def azure_communication_services(address: str, throttled: str) -> Cases:
    from azure.communication.sms import SmsClient
    from azure.core.credentials import AzureKeyCredential

    def send(*to: str, host: str = address, key: str = API_KEY, message: str = TEXT, **more: Any) -> Any:
        # it signs its whole address as the host, so that there is no room for a path: the sandbox knows the path
        client = SmsClient(host, AzureKeyCredential(key), retry_total=1)
        answers = client.send(from_="+18001110000", to=list(to or (TO,)), message=message, **more)
        names = ("to", "message_id", "http_status_code", "successful", "error_message")
        return [{name: getattr(answer, name) for name in names} for answer in answers]

    return {
        "send_one": send,
        "send_many": lambda: send(TO, REFUSED, "+15558675311", enable_delivery_report=True, tag="order-1"),
        "400": lambda: send(message=""),
        "401": lambda: send(key=OTHER_KEY),
        "429": lambda: send(host=throttled),
    }


def infobip(address: str, throttled: str) -> Cases:
    from infobip_api_client.api.sms_api import SmsApi
    from infobip_api_client.api_client import ApiClient, Configuration
    from infobip_api_client.models import (
        SmsDestination,
        SmsMessage,
        SmsMessageContent,
        SmsRequest,
        SmsTextContent,
    )

    def api(host: str = address, key: str = INFOBIP_KEY) -> Any:
        return SmsApi(ApiClient(Configuration(host=f"{host}/infobip", api_key=key)))

    def told(answer: Any) -> Any:
        return answer.model_dump(mode="json", by_alias=True, exclude_none=True)

    def send(*to: str, host: str = address, key: str = INFOBIP_KEY) -> Any:
        places = [SmsDestination(to=number) for number in to or ("41793026727",)]
        content = SmsMessageContent(SmsTextContent(text=TEXT))
        message = SmsMessage(sender="InfoSMS", destinations=places, content=content)
        return told(api(host, key).send_sms_messages(SmsRequest(messages=[message])))

    def reports() -> Any:
        (one,) = send()["messages"]
        ask = api().get_outbound_sms_message_delivery_reports
        return until(
            lambda: told(ask(message_id=one["messageId"])),
            lambda answer: [item["status"]["groupId"] for item in answer["results"]] == [3],
        )

    return {
        "send_one": send,
        "send_many": lambda: send("41793026727", "41793026728"),
        "reports": reports,
        "logs": lambda: told(api().get_outbound_sms_message_logs(limit=2)),
        "inbox": lambda: told(api().get_inbound_sms_messages(limit=10)),
        "400": lambda: send("15558699400"),
        "401": lambda: send(key=WRONG),
        "429": lambda: send(host=throttled),
    }


def telesign(address: str, throttled: str) -> Cases:
    from telesign.messaging import MessagingClient

    def client(host: str = address, key: str = API_KEY, **more: Any) -> Any:
        # it signs the path without what comes before it in the address: the sandbox knows the path
        return MessagingClient(CUSTOMER, key, rest_endpoint=host, **more)

    def told(answer: Any) -> Any:
        return {"status_code": answer.status_code, "ok": answer.ok, "json": answer.json}

    def send(to: str = TO, host: str = address, **more: Any) -> Any:
        return told(client(host, **more).message(to.removeprefix("+"), TEXT, "ARN"))

    def status(to: str, **more: Any) -> Any:
        id = send(to)["json"]["reference_id"]
        return until(
            lambda: told(client(**more).status(id)),
            lambda answer: answer["json"]["status"]["code"] in (200, 207),
        )

    return {
        "send_one": send,
        "send_one_basic": lambda: send(auth_method="Basic"),
        "send_many": lambda: [send(number) for number in (TO, "+15558675311")],
        "status": lambda: status(TO),
        "status_failed": lambda: status(UNREACHABLE, auth_method="Basic"),
        "400": lambda: send(REFUSED),
        "401": lambda: send(key=OTHER_KEY),
        "401_basic": lambda: send(key=WRONG, auth_method="Basic"),
        "429": lambda: send(host=throttled),
    }


SDKS = {
    "twilio": twilio,
    "azure_communication_services": azure_communication_services,
    "infobip": infobip,
    "telesign": telesign,
}


# -- the SDKs' own validators ------------------------------------------------------------------------------------------


def verdict(call: dict[str, Any]) -> Any:
    """Return what a provider's SDK says of a call that came: genuine or not, or what it parses of it."""
    body, headers = base64.b64decode(call["body"]), {name.lower(): value for name, value in call["headers"]}
    if call["provider"] == "twilio":
        from urllib.parse import parse_qsl

        from twilio.request_validator import RequestValidator

        parameters = dict(parse_qsl(body.decode(), keep_blank_values=True))
        return RequestValidator(call["key"]).validate(
            call["url"], parameters, headers["x-twilio-signature"], *call.get("more", [])
        )
    if call["provider"] == "telesign":
        from telesign.util import verify_telesign_callback_signature

        signature = headers["authorization"].rpartition(":")[2]
        return verify_telesign_callback_signature(call["key"], signature, body.decode())
    from azure.eventgrid import EventGridEvent, SystemEventNames

    known = {name.value for name in SystemEventNames}
    events = [EventGridEvent.from_dict(one) for one in json.loads(body)]
    return [
        {
            "type": one.event_type,
            "known": one.event_type in known,
            "data": one.data,
            "timed": one.event_time is not None,
        }
        for one in events
    ]


def outcome(case: Callable[[], Any]) -> dict[str, Any]:
    """Return what the SDK gave, or what can be told of the exception it raised."""
    try:
        return {"parsed": case()}
    except Exception as error:  # noqa: BLE001 - which one it is, is the question
        names = ("status", "status_code", "code", "msg", "reason", "body")
        told = {name: getattr(error, name, None) for name in names}
        return {
            "exception": type(error).__name__,
            "text": str(error),
            **{name: value for name, value in told.items() if value},
        }


if __name__ == "__main__":
    sdk, *addresses = sys.argv[1:]
    if sdk == "callbacks":
        print(json.dumps([verdict(call) for call in json.load(sys.stdin)], default=str))
    else:
        print(json.dumps({name: outcome(case) for name, case in SDKS[sdk](*addresses).items()}, default=str))
