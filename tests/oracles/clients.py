"""Runs in the oracles' environment: one official SDK against two addresses of the sandbox; prints what came of it as JSON.

``python clients.py SDK ADDRESS THROTTLED`` where the stand-ins at THROTTLED answer every call with 429. Nothing of the
workbench is imported here, and the SDKs are used as their manuals say, but for the address.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

KEYS = {
    "sendgrid": "SG.right",
    "postmark": "right-token",
    "sparkpost": "right-key",
    "brevo": "xkeysib-right",
    "mailgun": "key-right",
    "amazon_ses": "right+secret/key",
}
WRONG = "not-the-one"
Cases = dict[str, Callable[[], Any]]


def sendgrid(address: str, throttled: str) -> Cases:
    from sendgrid import SendGridAPIClient
    from sendgrid.helpers.mail import Mail, To

    def mail(sender: str = "from@example.com") -> Mail:
        return Mail(
            from_email=sender, to_emails="to@example.com", subject="Hello",
            plain_text_content="text", html_content="<b>café</b>",
        )  # fmt: skip

    def many() -> Mail:
        people = [To(email=f"{name}@example.com", substitutions={"-n-": name.upper()}) for name in ("a", "b")]
        return Mail(
            from_email="from@example.com", to_emails=people, subject="Hello -n-",
            html_content="<b>-n-</b>", is_multiple=True,
        )  # fmt: skip

    def send(host: str, key: str, message: Mail) -> Any:
        answer = SendGridAPIClient(key, host=f"{host}/sendgrid").send(message)
        return {
            "status_code": answer.status_code,
            "x-message-id": answer.headers["X-Message-Id"],
            "body": answer.body.decode(),
        }

    key = KEYS["sendgrid"]
    return {
        "send_one": lambda: send(address, key, mail()),
        "send_many_personalizations": lambda: send(address, key, many()),
        "400": lambda: send(address, key, mail("from@nowhere")),
        "401": lambda: send(address, WRONG, mail()),
        "429": lambda: send(throttled, key, mail()),
    }


def postmark(address: str, throttled: str) -> Cases:
    from postmarker.core import PostmarkClient

    one = {
        "From": "from@example.com", "To": "to@example.com", "Subject": "Hello", "HtmlBody": "<b>café</b>",
        "TextBody": "text", "Tag": "t1", "Metadata": {"workbench_id": "w-1"}, "Headers": {"X-Foo": "bar"},
        "TrackOpens": True, "TrackLinks": "None", "MessageStream": "outbound",
    }  # fmt: skip

    def client(host: str = address, token: str = KEYS["postmark"]) -> Any:
        # it joins its base address with "/email", so that a path in the address is lost: the sandbox knows the path
        return PostmarkClient(server_token=token, root_api_url=f"{host}/")

    def batch() -> Any:
        good = {"From": "from@example.com", "Subject": "s", "TextBody": "t"}
        return client().emails.send_batch(
            {**good, "To": "a@example.com"}, {**good, "To": "b@example.com", "From": "f"}
        )

    return {
        "send_one": lambda: client().emails.send(**one),
        "send_many_batch": batch,
        "send_template": lambda: client().emails.send_with_template(
            From="from@example.com", To="to@example.com", TemplateId=7, TemplateModel={"n": "Ana"}
        ),
        "422": lambda: client().emails.send(**{**one, "From": "f"}),
        "401": lambda: client(token=WRONG).emails.send(**one),
        "429": lambda: client(throttled).emails.send(**one),
    }


def sparkpost(address: str, throttled: str) -> Cases:
    from sparkpost import SparkPost

    def send(host: str = address, key: str = KEYS["sparkpost"], **message: Any) -> Any:
        client = SparkPost(key)
        # its constructor puts https:// before every host
        client.transmissions.base_uri = f"{host}/sparkpost/api/v1"
        return client.transmissions.send(**message)

    one = {
        "recipients": ["to@example.com"], "html": "<b>café</b>", "text": "text",
        "from_email": "F <from@example.com>", "subject": "Hello", "campaign": "c1", "track_opens": True,
        "transactional": True, "metadata": {"workbench_id": "w-1"},
    }  # fmt: skip
    many = [
        {"address": {"email": f"{name}@example.com"}, "substitution_data": {"n": name.upper()}}
        for name in ("a", "b")
    ]
    return {
        "send_one": lambda: send(**one),
        "send_many_substitution": lambda: send(
            recipients=many, html="{{n}}", subject="Hi {{n}}", from_email="from@example.com"
        ),
        "send_template": lambda: send(
            recipients=["to@example.com"], template="t-1", substitution_data={"n": 1}
        ),
        "422": lambda: send(recipients=["to@example.com"]),
        "401": lambda: send(key=WRONG, **one),
        "429": lambda: send(throttled, **one),
    }


def brevo(address: str, throttled: str) -> Cases:
    from brevo import Brevo, SendTransacEmailRequestSender, SendTransacEmailRequestToItem

    def send(host: str = address, key: str = KEYS["brevo"], **message: Any) -> Any:
        client = Brevo(api_key=key, base_url=f"{host}/brevo/v3")
        answer = client.transactional_emails.send_transac_email(**message)
        return {"messageId": answer.message_id}

    def to(*names: str) -> Any:
        return [SendTransacEmailRequestToItem(email=f"{name}@example.com") for name in names]

    sender = SendTransacEmailRequestSender(email="from@example.com", name="F")
    one = {
        "html_content": "<b>café</b>", "sender": sender, "subject": "Hello", "to": to("to"), "tags": ["t1"],
        "headers": {"X-Foo": "bar"},
    }  # fmt: skip
    return {
        "send_one": lambda: send(**one),
        "send_template_params": lambda: send(template_id=8, to=to("a", "b"), params={"n": "Ana"}),
        "400": lambda: send(html_content="<b>x</b>", subject="Hello", to=to("to")),
        "401": lambda: send(key=WRONG, **one),
        "429": lambda: send(throttled, **one),
    }


def mailgun(address: str, throttled: str) -> Cases:
    from mailgun.client import Client

    def send(host: str = address, key: str = KEYS["mailgun"], files: Any = None, **message: Any) -> Any:
        client = Client(auth=("api", key), api_url=f"{host}/mailgun")
        answer = client.messages.create(data=message, domain="example.com", files=files)
        kind = answer.headers.get("content-type", "")
        return {"status": answer.status_code, "json": answer.json() if "json" in kind else answer.text}

    one = {
        "from": "F <from@example.com>", "to": "to@example.com", "subject": "Hello", "text": "text",
        "html": "<b>café</b>", "o:tag": "t1", "o:testmode": "yes", "v:workbench_id": "w-1", "h:X-Foo": "bar",
    }  # fmt: skip
    variables = json.dumps({"a@example.com": {"n": "A"}, "b@example.com": {"n": "B"}})
    many = {
        "from": "from@example.com", "to": ["a@example.com", "b@example.com"], "subject": "Hi %recipient.n%",
        "text": "x", "recipient-variables": variables,
    }  # fmt: skip
    return {
        "send_one": lambda: send(**one),
        "send_many_recipient_variables": lambda: send(**many),
        "send_with_attachment": lambda: send(files=[("attachment", ("a.txt", b"hi"))], **one),
        "400": lambda: send(**{name: value for name, value in one.items() if name != "from"}),
        "401": lambda: send(key=WRONG, **one),
        "429": lambda: send(throttled, **one),
    }


def amazon_ses(address: str, throttled: str) -> Cases:
    import boto3
    from botocore.config import Config

    def client(host: str = address, secret: str = KEYS["amazon_ses"], token: str | None = None) -> Any:
        return boto3.client(
            "sesv2", region_name="eu-west-1", endpoint_url=f"{host}/amazon_ses",
            aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key=secret, aws_session_token=token,
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )  # fmt: skip

    simple = {
        "Simple": {
            "Subject": {"Data": "Hello"},
            "Body": {"Html": {"Data": "<b>café</b>"}, "Text": {"Data": "t"}},
            "Headers": [{"Name": "X-Foo", "Value": "bar"}],
        }
    }
    template = {"Template": {"TemplateName": "t", "TemplateData": '{"n": "Ana"}'}}

    def send(content: Any, to: str | None = "to@example.com", **who: Any) -> Any:
        answer = client(**who).send_email(
            FromEmailAddress="from@example.com",
            Destination={"ToAddresses": [to] if to else []},
            Content=content,
            EmailTags=[{"Name": "workbench_id", "Value": "w-1"}],
        )
        return {"MessageId": answer["MessageId"]}

    def bulk() -> Any:
        answer = client().send_bulk_email(
            FromEmailAddress="from@example.com",
            DefaultContent={"Template": {"TemplateName": "t", "TemplateData": "{}"}},
            BulkEmailEntries=[
                {"Destination": {"ToAddresses": [f"{name}@example.com"]}} for name in ("a", "b")
            ],
        )
        return {"BulkEmailEntryResults": answer["BulkEmailEntryResults"]}

    return {
        "send_one": lambda: send(simple),
        "send_template": lambda: send(template),
        "send_bulk": bulk,
        "400": lambda: send(simple, to=None),
        "403": lambda: send(simple, secret=WRONG),
        "403-token": lambda: send(simple, token="a-session-token"),
        "429": lambda: send(simple, host=throttled),
    }


SDKS = {
    "sendgrid": sendgrid,
    "postmark": postmark,
    "sparkpost": sparkpost,
    "brevo": brevo,
    "mailgun": mailgun,
    "amazon_ses": amazon_ses,
}


def outcome(case: Callable[[], Any]) -> dict[str, Any]:
    """Return what the SDK gave, or what can be told of the exception it raised."""
    try:
        return {"parsed": case()}
    except Exception as error:  # noqa: BLE001 - which one it is, is the question
        told = {
            name: value
            for name in ("status", "status_code", "error_code", "errors", "body")
            if (value := getattr(error, name, None)) is not None
        }
        if hasattr(error, "response") and isinstance(error.response, dict):
            told["code"] = error.response["Error"]["Code"]
            told["message"] = error.response["Error"]["Message"]
        told = {name: value.decode() if isinstance(value, bytes) else value for name, value in told.items()}
        return {"exception": type(error).__name__, "text": str(error), **told}


if __name__ == "__main__":
    sdk, *addresses = sys.argv[1:]
    print(json.dumps({name: outcome(case) for name, case in SDKS[sdk](*addresses).items()}, default=str))
