"""The stand-ins under hostile input, strict and lenient keys, batches, and answers that the vendor would give."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.filled import fill, values_let_in
from workbench.adapters.wire import Wire
from workbench.engine.auth import authorize
from workbench.models.credential import Credential
from workbench.models.request import Reply, Request
from workbench.providers import every, provider
from workbench.sandbox.app import Sandbox
from workbench.sandbox.providers import BATCH_BYTES, BODY_BYTES, stands_in_for

NOW = datetime(2026, 11, 21, 19, 34, 22, tzinfo=UTC)
MB = 1_000_000
ADDRESSES = {
    "custom": "https://api.example.com/any/path?x=1",
    "amazon_ses": "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails",
    "braze": "https://rest.iad-01.braze.com/campaigns/trigger/send",
    "brevo": "https://api.brevo.com/v3/smtp/email",
    "klaviyo": "https://a.klaviyo.com/api/events",
    "mailgun": "https://api.mailgun.net/v3/mg.example.com/messages",
    "postmark": "https://api.postmarkapp.com/email",
    "salesforce_marketing_cloud": "https://x.rest.marketingcloudapis.com/messaging/v1/email/messages/",
    "sendgrid": "https://api.sendgrid.com/v3/mail/send",
    "sendpulse": "https://api.sendpulse.com/events/name/registration",
    "sparkpost": "https://api.sparkpost.com/api/v1/transmissions",
    "azure_communication_services": "https://contoso.communication.azure.com/sms?api-version=2021-03-07",
    "custom_channel": "https://api.example.com/outbound",
    "infobip": "https://xxxxx.api.infobip.com/sms/3/messages",
    "link_mobility": "https://wsx.sp247.net/sms/send",
    "telesign": "https://rest-api.telesign.com/v1/messaging",
    "twilio": "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json",
    "vibes": "https://messageapi.vibesapps.com/MessageApi/mt/messages",
}
ANYWHERE = ("custom", "custom_channel")
"""The stand-ins of a person's own endpoint: any path is theirs, and they also take No Auth."""
EVERY = pytest.mark.parametrize("key", ADDRESSES)


@dataclass
class Client:
    """Sends to one stand-in with a key that is let in."""

    key: str
    sandbox: Sandbox

    async def post(
        self,
        body: bytes,
        content_type: str | None = "application/json",
        *,
        method: str = "POST",
        url: str = "",
        keyed: bool = True,
    ) -> Reply:
        headers = (("Content-Type", content_type),) if content_type else ()
        request = Request(
            method=method, url=url or ADDRESSES[self.key], headers=headers, body=body, provider=self.key
        )
        if keyed:
            credential, secrets = fill(provider(self.key).credentials[0])
            request = authorize(request, credential, secrets, token="any", now=NOW)
        answer = await Wire.rehearsal(self.sandbox.route).send(request, total_s=60)
        assert isinstance(answer, Reply), answer
        return answer

    async def json(self, body: Any, **more: Any) -> Reply:
        return await self.post(json.dumps(body).encode(), **more)


def client(key: str) -> Client:
    return Client(key, Sandbox())


def test_every_provider_has_an_address_here() -> None:
    assert set(ADDRESSES) == set(every())


# hostile input -----------------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize(
    "body",
    [b"", b"\x00", b"{", b"not json", b"\xff\xfe\xff", b"[" * 100_000, b'{"a":' * 5_000, b"null", b"<a/>"],
)
async def test_rubbish_is_refused_and_not_taken(key: str, body: bytes) -> None:
    at = client(key)
    answer = await at.post(body)
    assert 400 <= answer.status < 500
    assert at.sandbox.emulators[key].taken == 0


@EVERY
async def test_deep_json_is_read_or_refused(key: str) -> None:
    body = b'{"a":' * 200 + b"1" + b"}" * 200
    assert (await client(key).post(body)).status < 500


@EVERY
async def test_31_megabytes_are_too_much_or_read(key: str) -> None:
    at = client(key)
    most = provider(key).limits.body_bytes or BODY_BYTES
    answer = await at.json({"filler": "x" * 31 * MB})
    assert (answer.status == 413) is (most < 31 * MB)
    if answer.status == 413:
        assert str(most) in json.loads(answer.body)["message"]
    assert at.sandbox.emulators[key].taken == (1 if key == "custom" and most > 31 * MB else 0)


async def test_a_batch_may_be_longer_than_one_message() -> None:
    at = client("postmark")
    item = {"From": "a@example.com", "To": "b@example.com", "TextBody": "x" * 6 * MB}
    assert (await at.json([item] * 2, url="https://api.postmarkapp.com/email/batch")).status == 200
    assert (await at.json({**item, "TextBody": "x" * 12 * MB})).status == 413
    too_much = b" " * (BATCH_BYTES + 1)
    assert (await at.post(too_much, url="https://api.postmarkapp.com/email/batch")).status == 413


@EVERY
@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "multipart/form-data", "x" * 5000])
async def test_any_content_type_gets_an_answer(key: str, kind: str | None) -> None:
    assert (await client(key).post(b"a=b&c=d", kind)).status in (400, 422)


LISTED = {("twilio", "GET"), ("custom", "PUT"), ("custom", "PATCH")}
"""What another route of the stand-in answers: a list of messages that has the address of the send, other calls of one's own endpoint."""


@pytest.mark.parametrize(
    ("key", "method"),
    [
        (key, method)
        for key in ADDRESSES
        for method in ("GET", "PUT", "DELETE", "PATCH", "BREW")
        if (key, method) not in LISTED
    ],
)
async def test_another_method_is_405_and_names_the_right_one(key: str, method: str) -> None:
    at = client(key)
    answer = await at.post(b"", method=method)
    assert answer.status == 405
    assert answer.header("Allow") == ("PATCH, POST, PUT" if key == "custom" else "POST")
    assert at.sandbox.emulators[key].taken == 0


@pytest.mark.parametrize("key", [key for key in ADDRESSES if key not in ANYWHERE])
@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/v3/mail/send/more", "//v3//mail//send", "/../etc/passwd", "/%00"]
)
async def test_an_unknown_path_is_404_and_names_the_known_ones(key: str, path: str) -> None:
    host = ADDRESSES[key].split("/")[2]
    answer = await client(key).post(b"{}", url=f"https://{host}{path}")
    assert answer.status == 404
    known = json.loads(answer.body)["known"]
    assert len(known) == len(provider(key).endpoints)
    assert all(entry.startswith("POST /") for entry in known)


@EVERY
async def test_a_missing_key_is_refused_before_the_body_is_looked_at(key: str) -> None:
    answer = await client(key).post(b"rubbish", keyed=False)
    assert answer.status == (400 if key in ANYWHERE else provider(key).emulation.unauthorized.status)


@settings(deadline=None, max_examples=30)
@given(
    body=st.binary(max_size=200),
    key=st.sampled_from(list(ADDRESSES)),
    kind=st.sampled_from(
        ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    ),
)
async def test_no_bytes_bring_a_stand_in_down(body: bytes, key: str, kind: str) -> None:
    assert (await client(key).post(body, kind)).status < 500


@settings(deadline=None, max_examples=30)
@given(
    tree=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["From", "To", "to", "from", "email", "personalizations", "recipients", "content", "sender", "subject",
                 "Content", "Destination", "data", "attributes", "BulkEmailEntries", "campaign_id", "recipient"]
            ),
            inner,
            max_size=5,
        ),
        max_leaves=25,
    ),
    key=st.sampled_from(list(ADDRESSES)),
)  # fmt: skip
async def test_no_json_brings_a_stand_in_down(tree: Any, key: str) -> None:
    at = client(key)
    for endpoint in provider(key).endpoints:
        path = endpoint.url.partition("://")[2].partition("/")[2] or "x"
        host = ADDRESSES[key].split("/")[2]
        url = f"https://{host}/{path}".replace("{domain}", "mg.example.com")
        assert (await at.json(tree, url=url)).status < 500


# keys --------------------------------------------------------------------------------------------------------------


async def test_a_strict_stand_in_takes_one_key_only() -> None:
    credential, secrets = fill(provider("sendgrid").credentials[0], api_key="SG.right")
    sandbox = Sandbox(expected={"sendgrid": values_let_in(credential, secrets)})
    statuses = []
    for key in ("SG.right", "SG.righ", "SG.right ", "sg.right", "SG.rïght"):
        scope_headers = [(b"authorization", f"Bearer {key}".encode())]
        statuses.append(await _status(sandbox, scope_headers))
    assert statuses == [400, 401, 401, 401, 401]


async def _status(sandbox: Sandbox, headers: list[tuple[bytes, bytes]]) -> int:
    """Return the status of an empty object, past the wire, which would not let odd headers out."""
    seen: list[int] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        seen.append(message.get("status"))

    scope = {
        "type": "http", "method": "POST", "path": "/v3/mail/send", "raw_path": b"/v3/mail/send",
        "query_string": b"", "headers": headers, "scheme": "https",
    }  # fmt: skip
    await sandbox.apps["sendgrid"](scope, receive, send)
    return seen[0]


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 202),
        ("apiKey mine", 202),
        ("App wrong", 401),
        ("Basic dXNlcjpwYXNz", 202),
        ("basic dXNlcjpwYXNz", 202),
        ("Basic dXNlcjo=", 401),
        ("Basic dXNlcjp3cm9uZw==", 401),
        ("Basic !", 401),
        ("Basic", 401),
        ("Bearer abc", 202),
        ("Bearer revoked", 401),
        ("Bearer", 401),
    ],
)
async def test_a_custom_endpoint_takes_every_scheme_but_no_wrong_word(
    authorization: str | None, status: int
) -> None:
    request = Request(
        method="POST",
        url=ADDRESSES["custom"],
        headers=(("Authorization", authorization),) if authorization else (),
        body=b"{}",
        provider="custom",
    )
    answer = await Wire.rehearsal(Sandbox().route).send(request)
    assert isinstance(answer, Reply)
    assert answer.status == status


FORM = "application/x-www-form-urlencoded"
PARTS = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("method", "kind", "body", "words"),
    [
        ("POST", "application/json", b'{"a": 1}', ""),
        ("POST", "application/json", b"a=1", "The body is not a JSON object."),
        ("POST", "application/vnd.api+json", b'{"a": 1}', ""),
        ("POST", None, b'{"a": 1}', ""),
        ("POST", FORM, b"a=1&b%5Bc%5D=2", ""),
        ("POST", f"{FORM}; charset=UTF-8", b"a=1", ""),
        ("POST", FORM, b"\xff\xfe", "The body is not a form."),
        ("POST", "multipart/form-data; boundary=b", PARTS, ""),
        ("POST", "multipart/form-data; boundary=c", PARTS, "The body is not a form in parts."),
        ("PUT", "application/json", b'{"a": 1}', ""),
        ("PUT", FORM, b"a=1", "The body is not a JSON object."),
        ("PATCH", "application/json", b'{"a": 1}', ""),
        ("PATCH", "application/json", b"", "The body is not a JSON object."),
    ],
)
async def test_a_custom_endpoint_is_chosen_by_method_and_content_type(
    method: str, kind: str | None, body: bytes, words: str
) -> None:
    at = client("custom")
    answer = await at.post(body, kind, method=method)
    assert answer.status == (400 if words else 202)
    said = json.loads(answer.body)
    assert said["message"] == words if words else said["answered_by"] == "integration workbench rehearsal"
    assert at.sandbox.emulators["custom"].taken == (0 if words else 1)


@pytest.mark.parametrize(("value", "status"), [("k3y", 202), ("revoked", 401)])
async def test_a_custom_endpoint_refuses_a_wrong_word_in_a_header_of_keys(value: str, status: int) -> None:
    request = Request(
        method="POST", url=ADDRESSES["custom"], headers=(("X-Api-Key", value),), body=b"{}", provider="custom"
    )
    answer = await Wire.rehearsal(Sandbox().route).send(request)
    assert isinstance(answer, Reply)
    assert answer.status == status


@pytest.mark.parametrize(("name", "status"), [("X-Own", 202), ("x-own", 202), ("X-Other", 202)])
async def test_a_strict_custom_endpoint_knows_the_header_of_its_key(name: str, status: int) -> None:
    sandbox = Sandbox(expected={"custom": {"header": "X-Own", "key": "right"}})
    for value, wanted in (("right", status), ("other", 401 if name.lower() == "x-own" else status)):
        request = Request(
            method="POST", url=ADDRESSES["custom"], headers=((name, value),), body=b"{}", provider="custom"
        )
        answer = await Wire.rehearsal(sandbox.route).send(request)
        assert isinstance(answer, Reply)
        assert answer.status == wanted


@pytest.mark.parametrize(("token", "status"), [("right", 202), ("other", 401)])
async def test_a_strict_custom_endpoint_takes_one_bearer_token_only(token: str, status: int) -> None:
    request = Request(
        method="POST", url=ADDRESSES["custom"], headers=(("Authorization", f"Bearer {token}"),), body=b"{}", provider="custom"
    )  # fmt: skip
    answer = await Wire.rehearsal(Sandbox(expected={"custom": {"token": "right"}}).route).send(request)
    assert isinstance(answer, Reply)
    assert answer.status == status


SES: type[Credential] = provider("amazon_ses").credentials[0]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"body": b'{"FromEmailAddress":"x@example.com"}'}, 403),
        ({"url": ADDRESSES["amazon_ses"] + "?x=1"}, 403),
        ({"drop": "X-Amz-Date"}, 403),
        ({"drop": "Content-Type"}, 403),
        ({"date": "20261121T193423Z"}, 403),
        ({"date": "20261399T999999Z"}, 403),
        ({"date": "yesterday"}, 403),
    ],
)
@pytest.mark.parametrize("token", [None, "session-token-of-the-test"])
async def test_a_signature_covers_body_url_and_time(
    change: dict[str, Any], status: int, token: str | None
) -> None:
    credential, secrets = fill(SES, **({"session_token": token} if token else {}))
    body = {
        "FromEmailAddress": "a@example.com",
        "Destination": {"ToAddresses": ["b@example.com"]},
        "Content": {"Raw": {"Data": "x"}},
    }
    request = Request(
        method="POST",
        url=ADDRESSES["amazon_ses"],
        headers=(("Content-Type", "application/json"),),
        body=json.dumps(body).encode(),
        provider="amazon_ses",
    )
    signed = authorize(request, credential, secrets, token=None, now=NOW)
    headers = [pair for pair in signed.headers if pair[0] != change.get("drop")]
    headers = [
        (name, change["date"]) if name == "X-Amz-Date" and "date" in change else (name, value)
        for name, value in headers
    ]
    fields = {name: value for name, value in change.items() if name in ("body", "url")}
    sent = signed.model_copy(update={"headers": tuple(headers), **fields})
    sandbox = Sandbox(expected={"amazon_ses": values_let_in(credential, secrets)})
    answer = await Wire.rehearsal(sandbox.route).send(sent)
    assert isinstance(answer, Reply)
    assert answer.status == status


# answers -----------------------------------------------------------------------------------------------------------


async def test_postmark_refuses_single_messages_of_a_batch() -> None:
    good = {"From": "Ana <a@example.com>", "To": "b@example.com, c@example.com", "TextBody": "t"}
    batch = [good, {**good, "From": "f"}, {**good, "To": None}, {**good, "TextBody": ""}, good, "x"]
    answer = await client("postmark").json(batch, url="https://api.postmarkapp.com/email/batch")
    results = json.loads(answer.body)
    assert answer.status == 200
    assert [result["ErrorCode"] for result in results] == [0, 300, 300, 300, 0, 300]
    assert results[1] == {"ErrorCode": 300, "Message": "Invalid 'From' address: 'f'."}
    assert results[2]["Message"] == "Zero recipients specified"
    assert results[3]["Message"] == "Provide either email TextBody or HtmlBody or both."
    ids = [result["MessageID"] for result in results if result["ErrorCode"] == 0]
    assert len(set(ids)) == 2
    assert results[0]["To"] == good["To"]


async def test_ses_answers_each_entry_of_a_bulk() -> None:
    entry = {"Destination": {"ToAddresses": ["a@example.com"]}}
    body = {
        "FromEmailAddress": "a@example.com",
        "DefaultContent": {"Template": {}},
        "BulkEmailEntries": [entry] * 3,
    }
    url = "https://email.eu-west-1.amazonaws.com/v2/email/outbound-bulk-emails"
    answer = await client("amazon_ses").json(body, url=url)
    results = json.loads(answer.body)["BulkEmailEntryResults"]
    assert [result["Status"] for result in results] == ["SUCCESS"] * 3
    assert len({result["MessageId"] for result in results}) == 3


async def test_sparkpost_counts_the_recipients() -> None:
    body = {
        "recipients": [{"address": "a@example.com"}, {"address": {"email": "b@example.com"}}],
        "content": {"template_id": "t"},
        "unknown_field": "is ignored, says the vendor",
    }
    answer = await client("sparkpost").json(body)
    assert json.loads(answer.body)["results"]["total_accepted_recipients"] == 2
    stored = await client("sparkpost").json({**body, "recipients": {"list_id": "l"}})
    assert stored.status == 200


async def test_sendgrid_says_how_many_personalizations_it_was_given() -> None:
    body = {"personalizations": [{"to": [{"email": "a@example.com"}]}] * 1001}
    answer = await client("sendgrid").json(body)
    assert "You have provided 1001 personalizations." in json.loads(answer.body)["errors"][0]["message"]


async def test_what_the_request_holds_is_echoed_as_a_value_only() -> None:
    nasty = '"}}{{ uuid }}${dyCampaignName}\\\r\nX-Evil: 1'
    answer = await client("postmark").json({"From": nasty, "To": "b@example.com", "TextBody": "t"})
    assert json.loads(answer.body)["Message"] == f"Invalid 'From' address: '{nasty}'."
    assert answer.header("X-Evil") is None


async def test_mailgun_takes_a_form_a_multipart_form_and_files() -> None:
    at = client("mailgun")
    form = b"from=A+%3Ca%40example.com%3E&to=b%40example.com&to=c%40example.com&text=t"
    assert (await at.post(form, "application/x-www-form-urlencoded")).status == 200
    fields = {"from": "a@example.com", "to": "b@example.com", "text": "x"}
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    body += (
        '--b\r\nContent-Disposition: form-data; name="attachment"; filename="a.txt"\r\n\r\nhi\r\n--b--\r\n'
    )
    answer = await at.post(body.encode(), "multipart/form-data; boundary=b")
    assert answer.status == 200
    assert json.loads(answer.body)["id"].endswith("@mg.example.com>")
    assert at.sandbox.emulators["mailgun"].taken == 2


async def test_a_route_is_for_the_providers_own_hosts() -> None:
    sandbox = Sandbox()

    def routed(key: str, url: str) -> bool:
        return sandbox.route(Request(method="POST", url=url, headers=(), provider=key)) is not None

    assert routed("sendgrid", "https://API.sendgrid.com/v3/mail/send")
    assert routed("sendgrid", "https://api.eu.sendgrid.com/v3/mail/send")
    assert not routed("sendgrid", "https://api.sendgrid.com.evil.example/v3/mail/send")
    assert not routed("sendgrid", "https://api.postmarkapp.com/email")
    assert not routed("nobody", "https://api.sendgrid.com/")
    assert routed("custom", "https://any.example/")
    assert routed("oauth2", "https://any.example/")
    assert stands_in_for(provider("amazon_ses"), "email.us-east-1.amazonaws.com")
    assert not stands_in_for(provider("amazon_ses"), "sqs.us-east-1.amazonaws.com")
