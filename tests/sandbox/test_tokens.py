"""The token stand-in: four placements, renamed keys, refusals with the codes of RFC 6749, expiry."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.adapters.wire import Wire
from workbench.engine.auth import token_request
from workbench.engine.token_answer import read_token
from workbench.errors import TokenRefused
from workbench.models.base import SecretRef
from workbench.models.credential import OAUTH2_PRESETS, OAuth2, Placement, TokenParameter
from workbench.models.request import Reply, Request
from workbench.sandbox.app import Sandbox
from workbench.sandbox.tokens import PREFIX, TokenServer

REF = SecretRef(handle="sec_clientsecret")
URL = "https://auth.example.com/oauth/token"
PLACEMENTS: tuple[Placement, ...] = ("form", "json", "basic", "headers")
AWKWARD = "s:e%c +r/e=t&ß"


def oauth2(**fields: Any) -> OAuth2:
    return OAuth2(**{"token_url": URL, "client_id": "reconnect-app", "client_secret": REF, **fields})


async def asked(sandbox: Sandbox, request: Request) -> Reply:
    answer = await Wire.rehearsal(sandbox.route).send(request)
    assert isinstance(answer, Reply), answer
    return answer


async def fetched(sandbox: Sandbox, credential: OAuth2, secret: str) -> Reply:
    return await asked(sandbox, token_request(credential, {REF.handle: secret}, "oauth2"))


def strict(secret: str, client_id: str = "reconnect-app") -> Sandbox:
    return Sandbox(tokens=TokenServer({client_id: secret}))


def posting(body: bytes, headers: Mapping[str, str] | None = None, method: str = "POST") -> Request:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request(
        method=method,
        url=URL,
        headers=tuple({**kind, **(headers or {})}.items()),
        body=body,
        provider="oauth2",
    )


@pytest.mark.parametrize("placement", PLACEMENTS)
async def test_a_token_is_given_in_every_placement(placement: Placement) -> None:
    sandbox = strict("plain-secret")
    credential = oauth2(placement=placement)

    token = read_token(credential, await fetched(sandbox, credential, "plain-secret"))

    assert token.access_token.get_secret_value().startswith(PREFIX)
    assert token.expires_in_s == 3600
    assert sandbox.tokens.valid(token.access_token.get_secret_value())
    with pytest.raises(TokenRefused, match="refused the client id or secret"):
        read_token(credential, await fetched(sandbox, credential, "other-secret"))


@pytest.mark.parametrize("placement", ["form", "json", "basic"])
async def test_id_and_secret_arrive_whole_whatever_signs_they_hold(placement: Placement) -> None:
    credential = oauth2(placement=placement, client_id="a:b c&d=é")
    sandbox = strict(AWKWARD, "a:b c&d=é")
    assert (await fetched(sandbox, credential, AWKWARD)).status == 200
    assert (await fetched(sandbox, credential, AWKWARD + "x")).status == 401


@pytest.mark.parametrize("placement", ["form", "json", "headers"])
@pytest.mark.parametrize(
    "keys", [("clientId", "clientSecret"), ("app", "pass"), ("X-App", "X-Key"), ("secret_id", "id")]
)
async def test_renamed_keys_are_found(placement: Placement, keys: tuple[str, str]) -> None:
    credential = oauth2(
        placement=placement,
        client_id_key=keys[0],
        client_secret_key=keys[1],
        parameters=(TokenParameter(name="scope", value="send"), TokenParameter(name="tenant", value="t1")),
    )
    sandbox = strict("plain-secret")
    assert (await fetched(sandbox, credential, "plain-secret")).status == 200
    assert (await fetched(sandbox, credential, "no-secret")).status == 401


@pytest.mark.parametrize("preset", OAUTH2_PRESETS.values(), ids=list(OAUTH2_PRESETS))
async def test_the_presets_get_a_token(preset: Mapping[str, object]) -> None:
    credential = oauth2(**preset)
    reply = await fetched(strict("plain-secret"), credential, "plain-secret")
    assert read_token(credential, reply).access_token.get_secret_value().startswith(PREFIX)


@pytest.mark.parametrize("word", ["wrong", "INVALID", "my-revoked-one"])
async def test_without_known_clients_any_secret_but_a_wrong_one_will_do(word: str) -> None:
    for placement in PLACEMENTS:
        assert (await fetched(Sandbox(), oauth2(placement=placement), "anything")).status == 200
        assert (await fetched(Sandbox(), oauth2(placement=placement), word)).status == 401


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        (posting(b"", method="GET"), 405, "invalid_request"),
        (posting(b"grant_type=password&client_id=a&client_secret=b"), 400, "unsupported_grant_type"),
        (posting(b"grant_type=client_credentials"), 401, "invalid_client"),
        (posting(b""), 401, "invalid_client"),
        (posting(b"client_id=a&client_secret="), 401, "invalid_client"),
        (posting(b"client_id=a&client_secret=b&client_id=c"), 400, "invalid_request"),
        (posting(b"\xff=\xfe"), 400, "invalid_request"),
        (posting(b"{", {"Content-Type": "application/json"}), 400, "invalid_request"),
        (posting(b"[]", {"Content-Type": "application/json"}), 400, "invalid_request"),
        (posting(b"[" * 100_000, {"Content-Type": "application/json"}), 400, "invalid_request"),
        (posting(b"a=" + b"x" * 1_000_001), 400, "invalid_request"),
        (posting(b"&".join(b"k%d=v" % index for index in range(101))), 400, "invalid_request"),
        (posting(b"", {"Authorization": "Basic !!!"}), 401, "invalid_client"),
        (posting(b"", {"Authorization": "Basic " + base64.b64encode(b"only-id").decode()}), 401, "invalid_client"),
        (
            posting(b"client_id=a&client_secret=b", {"Authorization": "Basic " + base64.b64encode(b"a:b").decode()}),
            400,
            "invalid_request",
        ),
    ],
)  # fmt: skip
async def test_refusals_have_the_codes_of_the_standard(request_: Request, status: int, error: str) -> None:
    sandbox = Sandbox()
    reply = await asked(sandbox, request_)
    body = json.loads(reply.body)
    assert (reply.status, body["error"]) == (status, error)
    assert body["error_description"]
    assert (reply.header("WWW-Authenticate") == "Basic") is (status == 401)
    assert sandbox.tokens.issued == {}


async def test_the_answer_may_not_be_cached_and_counts() -> None:
    sandbox = Sandbox()
    reply = await fetched(sandbox, oauth2(), "b")
    assert reply.header("Cache-Control") == "no-store"
    assert sandbox.tokens.calls == 1


async def send_with(sandbox: Sandbox, token: str) -> int:
    request = Request(
        method="POST",
        url="https://api.example.com/send",
        headers=(("Authorization", f"Bearer {token}"), ("Content-Type", "application/json")),
        body=b"{}",
        provider="custom",
    )
    return (await asked(sandbox, request)).status


async def test_a_token_runs_out_with_the_clock() -> None:
    time = [1000.0]
    sandbox = Sandbox(tokens=TokenServer(lifetime_s=60, clock=lambda: time[0]))
    token = json.loads((await fetched(sandbox, oauth2(), "b")).body)["access_token"]
    statuses = []
    for time[0] in (1000.0, 1059.9, 1060.0, 2000.0):
        statuses.append(await send_with(sandbox, token))
    assert statuses == [202, 202, 401, 401]
    await fetched(sandbox, oauth2(), "b")
    assert token not in sandbox.tokens.issued


async def test_a_revoked_token_is_refused_and_a_foreign_one_is_not_ours_to_judge() -> None:
    sandbox = Sandbox()
    token = json.loads((await fetched(sandbox, oauth2(), "b")).body)["access_token"]
    assert await send_with(sandbox, token) == 202
    sandbox.tokens.revoke_all()
    assert await send_with(sandbox, token) == 401
    assert await send_with(sandbox, PREFIX + "never-given") == 401
    assert await send_with(sandbox, "somebody-elses") == 202
    assert await send_with(sandbox, "wrong-one") == 401


@settings(deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain", ""]),
)
async def test_whatever_is_posted_is_answered(body: bytes, kind: str) -> None:
    reply = await asked(Sandbox(), posting(body, {"Content-Type": kind} if kind else {}))
    assert reply.status in (200, 400, 401)


@settings(deadline=None)
@given(client_id=st.text(min_size=1, max_size=30), secret=st.text(min_size=1, max_size=30))
async def test_a_basic_pair_survives_the_way(client_id: str, secret: str) -> None:
    sandbox = strict(secret, client_id)
    credential = oauth2(placement="basic", client_id=client_id)
    assert (await fetched(sandbox, credential, secret)).status == 200


async def test_a_form_is_read_as_browsers_write_it() -> None:
    body = urlencode(
        {"grant_type": "client_credentials", "client_id": "a b", "client_secret": AWKWARD}
    ).encode()
    assert (await asked(strict(AWKWARD, "a b"), posting(body))).status == 200
