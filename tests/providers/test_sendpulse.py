"""SendPulse: what goes out equals what its own SDKs send, and each answer is read for what it says (R-EVT-01, 02, 03, 11, 15, 16, 17)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.golden.cases import FOLDER
from tests.providers.filled import EVENT_URL, fill, fill_for, settings_for
from workbench.adapters.tokens import Tokens
from workbench.engine.auth import token_request
from workbench.engine.compose import compose
from workbench.engine.fingerprint import account_of, credential_fingerprint, fingerprint
from workbench.engine.forms import multipart_encoded
from workbench.engine.read import read
from workbench.engine.schedule import judge
from workbench.engine.template import compile_template
from workbench.engine.token_answer import read_token
from workbench.models.contact import Contact
from workbench.models.credential import OAuth2
from workbench.models.event import EVENT_PAYLOAD
from workbench.models.integration import Settings
from workbench.models.pace import Rate
from workbench.models.request import Failure, OutcomeKind, Reply, Request
from workbench.providers import provider
from workbench.providers.sendpulse import STATUSES, SendPulseApiKey, SendPulseKeys
from workbench.sentence import say

SENDPULSE = provider("sendpulse")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
GOLDEN = json.loads((FOLDER / "sendpulse" / "sendpulse.json").read_text("utf-8"))
CASES = {case["name"]: case for case in GOLDEN["cases"]}
SEED = {
    "email": "test1@test1.com", "phone": "+123456789", "product_name": "product_name value", "product_id": 123,
    "event_date": "2021-05-28",
}  # fmt: skip
"""The body of the vendor's own sample (seed 003), its leading blank trimmed."""


def sent(endpoint: str, body: dict[str, Any], kind: str = "", token: str = "tok-1", **given: str) -> Request:
    """Return the request in which an event's body goes out."""
    at = SENDPULSE.endpoint(endpoint)
    credential, secrets = fill(SENDPULSE.credential(kind), **given) if kind else fill_for(SENDPULSE, at)
    return compose(
        settings_for(SENDPULSE, at), SENDPULSE, credential, compile_template(EVENT_PAYLOAD), Contact(variables={"event": body}),
        identifier=None, secrets=secrets, token=token, now=NOW,
    )  # fmt: skip


def reply(status: int, body: Any = None, kind: str = "application/json") -> Reply:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Reply(status=status, headers=(("Content-Type", kind),), body=content)


# what goes out -----------------------------------------------------------------------------------------------------


def test_an_event_is_the_recorded_request_but_for_the_double_slash() -> None:
    recorded = CASES["send_event"]["request"]
    request = sent("rest", recorded["body_json"])
    assert request.method == recorded["method"]
    assert request.url == "https://api.sendpulse.com/events/name/registration"
    assert urlsplit(request.url).path == recorded["path"].replace("//", "/")
    assert json.loads(request.body) == recorded["body_json"]
    assert dict(request.headers) == {
        "Content-Type": recorded["content_type"],
        "Authorization": recorded["headers"]["authorization"],
    }


def test_the_token_request_is_the_recorded_one() -> None:
    recorded = CASES["token"]["request"]
    credential, secrets = fill(SendPulseKeys, client_id="id-1", client_secret="secret-1")
    assert isinstance(credential, OAuth2)
    request = token_request(credential, secrets, "oauth2")
    assert (request.method, request.url) == (
        recorded["method"],
        f"https://api.sendpulse.com{recorded['path']}",
    )
    assert json.loads(request.body) == recorded["body_json"]
    assert request.header("Content-Type") == recorded["content_type"]


def test_an_api_key_is_the_bearer_itself() -> None:
    request = sent("rest", SEED, SendPulseApiKey.kind, api_key="sp_key", event="a b/c")
    assert request.header("Authorization") == "Bearer sp_key"
    assert request.url == "https://api.sendpulse.com/events/name/a%20b%2Fc"


def test_post_raw_is_the_request_of_the_seed() -> None:
    recorded = GOLDEN["raw_event_url_cases_from_seed_003"][0]["request"]
    request = sent("raw", recorded["body_json"])
    assert (request.method, request.url) == (recorded["method"], EVENT_URL)
    assert {name.lower(): value for name, value in request.headers} == recorded["headers"]
    assert json.loads(request.body) == recorded["body_json"]


def test_post_form_data_goes_out_in_either_encoding() -> None:
    form, plain = sent("form", SEED), sent("urlencoded", SEED)
    assert form.url == plain.url == EVENT_URL
    assert form.body == multipart_encoded(SEED)
    kind = form.header("Content-Type") or ""
    assert kind.startswith("multipart/form-data; boundary=")
    assert form.body.startswith(b"--" + kind.partition("boundary=")[2].encode() + b"\r\n")
    assert plain.header("Content-Type") == "application/x-www-form-urlencoded"
    assert parse_qsl(plain.body.decode()) == [(name, str(value)) for name, value in SEED.items()]
    for request in (form, plain):
        assert [name for name, _ in request.headers] == ["Content-Type"]
        assert sent("form", SEED).body == form.body


def test_arrays_are_written_as_php_writes_them() -> None:
    body = {
        "email": "a@example.com",
        "automation_id": 77,
        "products": [{"id": "1"}, {"id": "2"}],
        "vip": True,
        "x": None,
    }
    assert parse_qsl(sent("urlencoded", body).body.decode()) == [
        ("email", "a@example.com"), ("automation_id", "77"), ("products[0][id]", "1"), ("products[1][id]", "2"), ("vip", "1"),
    ]  # fmt: skip


# answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(200, {"result": True}), "accepted"),
        (reply(201, {"result": True, "id": 1}), "accepted"),
        (reply(200, {}), "unconfirmed"),
        (reply(200), "unconfirmed"),
        (reply(204), "unconfirmed"),
        (reply(200, b"   "), "unconfirmed"),
        (reply(200, []), "unconfirmed"),
        (reply(200, b"OK", "text/plain"), "unconfirmed"),
        (reply(200, b'{"result": tr'), "unconfirmed"),
        (reply(200, {"result": 1}), "unconfirmed"),
        (reply(200, {"data": {"result": True}}), "unconfirmed"),
        (reply(200, {"result": False}), "check_body"),
        (reply(200, {"result": "true"}), "check_body"),
        (reply(200, {"result": None}), "check_body"),
        (reply(200, {"is_error": True, "message": "no"}), "check_body"),
        (reply(200, b"<html>Sign in</html>", "text/html"), "check_body"),
        (reply(302), "redirected"),
        (reply(500, {"message": "x"}), "server_error"),
        (reply(400, {"message": "x"}), "refused"),
        (reply(429, {"message": "x"}), "throttled"),
    ],
)
def test_only_result_true_is_a_yes(answer: Reply, kind: OutcomeKind) -> None:
    outcome = read(SENDPULSE, answer, NOW)
    assert outcome.kind == kind
    assert outcome.ok is (kind == "accepted")
    if kind == "unconfirmed":
        assert "accepted, not confirmed" in str(outcome.sentence)
        for repeatable in (True, False):
            assert (
                judge(outcome, answer.status, attempts=1, key="k", repeatable=repeatable).state == "uncertain"
            )


def test_an_answer_that_never_came_is_uncertain() -> None:
    lost = Failure(kind="timeout", sentence=say("x"), sent=True)
    assert read(SENDPULSE, lost, NOW).kind == "uncertain"


def test_no_other_provider_has_unconfirmed_answers() -> None:
    assert read(provider("custom"), reply(200, {}), NOW).kind == "accepted"


@pytest.mark.parametrize("recorded", GOLDEN["errors"], ids=lambda error: str(error["http"]))
def test_a_recorded_refusal_keeps_the_servers_words(recorded: dict[str, Any]) -> None:
    outcome = read(SENDPULSE, reply(recorded["http"], recorded["response"]), NOW)
    (error,) = outcome.errors
    assert (error.message, error.code) == (
        recorded["response"]["message"],
        str(recorded["response"]["error_code"]),
    )
    assert error.message in str(outcome.sentence)


@pytest.mark.parametrize(
    ("status", "cause", "step"),
    [
        (400, "could not use this event", "Check its name"),
        (401, "rejected the credentials", "Account settings"),
        (403, "does not allow this", "account's owner"),
        (404, "knows no such event", "Events Manager"),
        (422, "cannot take", "email and phone are texts"),
        (429, "slow down", "lower its pace"),
        (500, "fault of its own (HTTP 500)", "Try again later"),
        (503, "fault of its own (HTTP 503)", "Try again later"),
    ],
)
def test_each_status_says_a_cause_and_a_next_step_and_the_servers_words(
    status: int, cause: str, step: str
) -> None:
    for body, words in (({"message": "field {x} of %s"}, "field {x} of %s"), (b"plain words", "plain words")):
        said = str(read(SENDPULSE, reply(status, body, "text/plain"), NOW).sentence)
        assert cause in said
        assert step in said
        assert words in said
    assert "SendPulse" in str(read(SENDPULSE, reply(status), NOW).sentence)


def test_every_declared_sentence_ends_and_names_its_places() -> None:
    for status, text in STATUSES:
        assert text.endswith(". {words}"), status
        assert text.startswith("{provider} "), status


# one account, one token --------------------------------------------------------------------------------------------


def keyed(
    event: str, handle: str = "sec_secret00", hint: str = "**** 1234", client_id: str = "id-1"
) -> Settings:
    return Settings(
        provider="sendpulse", url=SENDPULSE.endpoint().url, credential_kind="oauth2",
        credential={"event": event, "client_id": client_id, "client_secret": {"handle": handle, "hint": hint}},
    )  # fmt: skip


def test_every_event_of_an_account_shares_its_pace_and_its_token() -> None:
    one, other = keyed("registration"), keyed("purchase")
    assert account_of(one) == account_of(other)
    assert credential_fingerprint(one) == credential_fingerprint(other)
    assert fingerprint(one) != fingerprint(other)
    typed_again = keyed("purchase", handle="sec_secret11")
    assert account_of(typed_again) == account_of(one)
    assert credential_fingerprint(typed_again) != credential_fingerprint(one)
    assert account_of(keyed("registration", client_id="id-2")) != account_of(one)


def test_event_urls_of_one_account_share_its_pace() -> None:
    def by_url(handle: str, hint: str) -> Settings:
        secret = {"handle": handle, "hint": hint}
        return Settings(
            provider="sendpulse",
            endpoint="raw",
            url="{event_url}",
            credential_kind="sendpulse_event_url",
            credential={"event_url": secret},
        )

    assert account_of(by_url("sec_one00000", "**** 3663")) == account_of(by_url("sec_two00000", "**** 3663"))
    assert account_of(by_url("sec_one00000", "**** 3663")) != account_of(by_url("sec_two00000", "**** 0001"))


def test_the_rates_are_both_that_the_vendor_names() -> None:
    assert SENDPULSE.limits.rates == (Rate(limit=10, per_s=1.0), Rate(limit=1000, per_s=60.0))


class Ticking:
    """A clock that stands where it is put."""

    at = 0.0

    def monotonic(self) -> float:
        return self.at


@pytest.mark.parametrize("stated", [{"expires_in": 3600}, {}])
async def test_a_token_is_used_for_55_minutes(stated: dict[str, int]) -> None:
    clock, asked = Ticking(), 0
    credential, secrets = fill(SendPulseKeys)
    assert isinstance(credential, OAuth2)

    async def send(_: Request) -> Reply:
        nonlocal asked
        asked += 1
        return reply(200, {"access_token": f"tok-{asked}", **stated})

    tokens = Tokens(clock, send)
    request = token_request(credential, secrets, "oauth2")

    async def token() -> str:
        return await tokens.token("key", request, lambda answer: read_token(credential, answer))

    assert await token() == "tok-1"
    clock.at = 55 * 60 - 1
    assert await token() == "tok-1"
    clock.at = 55 * 60 + 1
    assert await token() == "tok-2"
