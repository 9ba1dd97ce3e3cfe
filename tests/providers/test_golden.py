"""Golden: what the workbench composes equals what the vendors' own SDKs send."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.golden.cases import Recorded, refusals, sends
from tests.providers.filled import fill, settings_for
from workbench.engine.compose import compose
from workbench.engine.read import read
from workbench.engine.template import compile_template
from workbench.models.contact import Contact
from workbench.models.provider import Endpoint, Provider
from workbench.models.request import Reply, Request
from workbench.providers import provider as provider_of
from workbench.providers.amazon_ses import sign

NOW = datetime(2026, 11, 21, 19, 34, 22, tzinfo=UTC)
KEYS = {
    "sendgrid": {"api_key": "SG.x"},
    "postmark": {"server_token": "SERVER-TOKEN"},
    "sparkpost": {"api_key": "KEY123"},
    "brevo": {"api_key": "xkeysib-x"},
    "mailgun": {"api_key": "key-x", "domain": "example.com"},
    "amazon_ses": {
        "access_key_id": "AKIDEXAMPLE",
        # the example of AWS's documentation, with which the recording was signed
        "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "region": "eu-west-1",
    },
}
AUTHORIZATION = {"postmark": "x-postmark-server-token", "brevo": "api-key"}
BASE_PATH = {"brevo": "/v3"}
"""What the recording cut off: brevo-python has ``/v3`` in its base URL, and was given another one."""
SIZES = {"sendgrid": 2, "postmark": 2, "sparkpost": 3, "brevo": 2, "mailgun": 2, "amazon_ses": 3}


def as_object(recorded: Recorded) -> Any:
    """Return the recorded body as the payload one would write for it: JSON, or an object whose lists repeat a key."""
    if "body_form" not in recorded.request:
        return recorded.request["body_json"]
    body: dict[str, Any] = {}
    for name, value in recorded.request["body_form"]:
        value = json.loads(value) if name == "recipient-variables" else value
        body[name] = [*_list(body[name]), value] if name in body else value
    return body


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def slotted(value: Any, values: dict[str, Any]) -> Any:
    """Return the body with a slot in place of every value, and note the values: so all of them take the template's way."""
    if isinstance(value, dict):
        return {name: slotted(item, values) for name, item in value.items()}
    if isinstance(value, list):
        return [slotted(item, values) for item in value]
    name = f"v{len(values)}"
    values[name] = value
    return "{{ " + name + " }}"


def endpoint_for(provider: Provider, path: str) -> Endpoint:
    path = BASE_PATH.get(provider.key, "") + path
    segments = path.split("/")

    def fits(url: str) -> bool:
        parts = urlsplit(url).path.split("/")
        return len(parts) == len(segments) and all(
            a == b or a.startswith("{") for a, b in zip(parts, segments, strict=True)
        )

    return next(endpoint for endpoint in provider.endpoints if fits(endpoint.url))


def composed(recorded: Recorded, body: Any, values: dict[str, Any]) -> Request:
    provider = provider_of(recorded.provider)
    endpoint = endpoint_for(provider, recorded.request["path"])
    credential, secrets = fill(provider.credentials[0], **KEYS[provider.key])
    return compose(
        settings_for(provider, endpoint),
        provider,
        credential,
        compile_template(json.dumps(body), top_level_object=False),
        Contact(variables=values),
        identifier=None,
        secrets=secrets,
        token=None,
        now=NOW,
    )


def test_every_recorded_send_is_compared() -> None:
    assert {key: sum(case.provider == key for case in sends()) for key in KEYS} == SIZES


@pytest.mark.parametrize("recorded", sends(), ids=str)
def test_a_payload_composes_to_the_sdks_request(recorded: Recorded) -> None:
    values: dict[str, Any] = {}
    body = slotted(as_object(recorded), values)
    wanted = recorded.request

    request = composed(recorded, body, values)

    url = urlsplit(request.url)
    assert request.method == wanted["method"]
    assert url.scheme == "https"
    assert url.path == BASE_PATH.get(recorded.provider, "") + wanted["path"]
    assert parse_qsl(url.query) == wanted["query"] == []
    assert request.header("Content-Type") == wanted["content_type"]
    if wanted["content_type"] == "application/json":
        assert json.loads(request.body) == wanted["body_json"]
    else:
        assert request.body.decode() == wanted["body_text"]


@pytest.mark.parametrize("recorded", [case for case in sends() if case.provider != "amazon_ses"], ids=str)
def test_the_key_stands_where_the_sdk_puts_it(recorded: Recorded) -> None:
    name = AUTHORIZATION.get(recorded.provider, "authorization")

    request = composed(recorded, {"x": 1}, {})

    assert request.header(name) == recorded.request["headers"][name]
    sent = {header.lower() for header, _ in request.headers}
    assert sent <= {name, "content-type", "accept"}


@pytest.mark.parametrize("recorded", [case for case in sends() if case.provider == "amazon_ses"], ids=str)
def test_ses_signs_the_recorded_bytes_as_boto3_did(recorded: Recorded) -> None:
    wanted = recorded.request
    request = Request(
        method=wanted["method"],
        url=f"http://{wanted['host']}{wanted['raw_target']}",
        headers=(("Content-Type", wanted["content_type"]),),
        body=wanted["body_text"].encode(),
    )

    signed = dict(sign(request, KEYS["amazon_ses"], NOW))

    assert signed["X-Amz-Date"] == wanted["headers"]["x-amz-date"]
    assert signed["Authorization"] == wanted["headers"]["authorization"]


def test_the_vendors_own_braces_are_written_doubled() -> None:
    """SparkPost fills {{n}} itself: in a payload the signs are written twice, and go out once."""
    recorded = next(case for case in sends() if case.name == "send_many_substitution")
    text = json.dumps(recorded.request["body_json"]).replace("{{n}}", "{{{{n}}}}")
    assert json.loads(composed(recorded, json.loads(text), {}).body) == recorded.request["body_json"]


def test_mailguns_user_is_api() -> None:
    (first, *_) = [case for case in sends() if case.provider == "mailgun"]
    header = composed(first, {"x": 1}, {}).header("Authorization") or ""
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == first.request["basic_decoded"]


# the refusals ----------------------------------------------------------------------------------------------------

WANTED = {
    ("sendgrid", "400"): ("refused", "The from email does not contain a valid address.", None, "from.email"),
    ("sendgrid", "401"): ("refused", "The provided authorization grant is invalid, expired, or revoked", None, None),
    ("sendgrid", "429"): ("throttled", "too many requests", None, None),
    ("postmark", "422"): ("refused", "Invalid 'From' address: 'f'.", "300", None),
    ("postmark", "401"): ("refused", "No Account or Server API tokens were supplied in the HTTP headers.", "10", None),
    ("postmark", "429"): ("throttled", "Rate limit exceeded", "429", None),
    ("sparkpost", "422"): ("refused", "required field is missing: content object or template_id required", "1400", None),
    ("sparkpost", "401"): ("refused", "Unauthorized.", None, None),
    ("sparkpost", "420"): ("throttled", "Exceed Sending Limit (hourly): ...", "2101", None),
    ("sparkpost", "429"): ("throttled", "Too many requests", None, None),
    ("brevo", "400"): ("refused", "sender is missing", "missing_parameter", None),
    ("brevo", "401"): ("refused", "Key not found", "unauthorized", None),
    ("brevo", "429"): ("throttled", "slow", "too_many_requests", None),
    ("mailgun", "400"): ("refused", "'from' parameter is missing", None, None),
    ("mailgun", "401"): ("refused", "Forbidden", None, None),
    ("mailgun", "429"): ("throttled", "Too many requests", None, None),
    ("amazon_ses", "400"): ("refused", "Email address is not verified.", "MessageRejected", None),
    ("amazon_ses", "403"): ("refused", "...", "InvalidSignatureException", None),
    ("amazon_ses", "429"): ("throttled", "Maximum sending rate exceeded.", "TooManyRequestsException", None),
}  # fmt: skip


def reply_of(recorded: Recorded) -> Reply:
    error = recorded.case
    body, headers = error["response"], {**error.get("headers", {}), **error.get("header", {})}
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "text/plain" if isinstance(body, str) else "application/json"
    return Reply(status=error["http"], headers=(("Content-Type", kind), *headers.items()), body=text.encode())


@pytest.mark.parametrize("recorded", refusals(), ids=str)
def test_a_recorded_refusal_is_read_in_the_vendors_words(recorded: Recorded) -> None:
    kind, message, code, field = WANTED[recorded.provider, recorded.name]

    outcome = read(provider_of(recorded.provider), reply_of(recorded), NOW)

    assert outcome.kind == kind
    assert [(error.message, error.code, error.field) for error in outcome.errors] == [(message, code, field)]
    assert message in str(outcome.sentence)
    assert outcome.ids == ()


def test_every_recorded_refusal_is_compared() -> None:
    assert {(case.provider, case.name) for case in refusals()} == set(WANTED)


def test_recorded_resets_say_how_long_to_wait() -> None:
    waits = {
        case.provider: read(provider_of(case.provider), reply_of(case), NOW).retry_after_s
        for case in refusals()
        if case.case["http"] == 429
    }
    # SendGrid's recorded time of reset lies in 2014, so there is nothing left to wait; Brevo gives seconds
    assert waits == {
        "sendgrid": 0.0,
        "postmark": None,
        "sparkpost": None,
        "brevo": 1.0,
        "mailgun": None,
        "amazon_ses": None,
    }


@pytest.mark.parametrize(
    ("provider", "case", "ids"),
    [
        ("postmark", "send_one", ("0a129aee-e1cd-480d-b08d-4f48548ff48d",)),
        ("brevo", "send_one", ("<201798300811.5787683@relay.domain.com>",)),
        ("mailgun", "send_one", ("<20250101.1@example.com>",)),
        ("amazon_ses", "send_one", ("0100017f-1",)),
    ],
)
def test_the_ids_are_those_the_sdk_reads(provider: str, case: str, ids: tuple[str, ...]) -> None:
    recorded = next(item for item in sends() if (item.provider, item.name) == (provider, case))
    parsed = recorded.case["parsed"]
    body = json.dumps(parsed.get("json", parsed)).encode()

    outcome = read(provider_of(provider), Reply(status=200, body=body), NOW)

    assert (outcome.kind, outcome.ids) == ("accepted", ids)


def test_sparkposts_results_are_unwrapped_as_the_sdk_does() -> None:
    recorded = next(item for item in sends() if item.provider == "sparkpost")
    body = json.dumps({"results": recorded.case["parsed"]}).encode()

    outcome = read(provider_of("sparkpost"), Reply(status=200, body=body), NOW)

    assert (outcome.kind, outcome.ids) == ("accepted", (recorded.case["parsed"]["id"],))


def test_sendgrids_id_is_a_header() -> None:
    reply = Reply(status=202, headers=(("x-message-id", "14c5d75ce93.dfd.64b469"),))
    outcome = read(provider_of("sendgrid"), reply, NOW)
    assert (outcome.kind, outcome.ids) == ("accepted", ("14c5d75ce93.dfd.64b469",))


@pytest.mark.parametrize(("provider", "case"), [("postmark", "send_many_batch"), ("amazon_ses", "send_bulk")])
def test_a_batch_with_a_refused_message_is_not_simply_accepted(provider: str, case: str) -> None:
    recorded = next(item for item in sends() if (item.provider, item.name) == (provider, case))
    parsed = recorded.case["parsed"]

    outcome = read(provider_of(provider), Reply(status=200, body=json.dumps(parsed).encode()), NOW)

    assert outcome.kind == "check_body"
    assert outcome.ids
    if provider == "postmark":
        assert [(error.code, error.message) for error in outcome.errors] == [
            ("406", "You tried to send to a recipient that has been marked as inactive.")
        ]
