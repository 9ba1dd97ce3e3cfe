"""Authorization: a credential becomes headers, and the token request has the shape its settings ask for."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.auth import authorize, basic, credential_values, opened, token_request
from workbench.models.base import SecretRef
from workbench.models.credential import (
    Auth,
    BasicAuth,
    Credential,
    HeaderKey,
    NoAuth,
    OAuth2,
    Placement,
    Signature,
    TokenParameter,
)
from workbench.models.request import Request

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
REF = SecretRef(handle="sec_password0", hint="**** word")
SCOPE = SecretRef(handle="sec_scope0000")
SECRETS = {REF.handle: "pa:ss wörd", SCOPE.handle: "locked-scope"}
REQUEST = Request(method="POST", url="https://api.example/x?y=1", headers=(("A", "b"),), body=b"body")


class Key(Credential):
    """A key in a header of its own."""

    kind: ClassVar[str] = "key"
    label: ClassVar[str] = "Key"
    auth: ClassVar[Auth] = HeaderKey(header="X-Key", value="{account}:{key}")

    account: str = "acme"
    key: SecretRef = REF
    tries: int = 3
    spare: SecretRef | None = None


def headers(credential: Credential, token: str | None = None, secrets: dict[str, str] = SECRETS) -> Any:
    return authorize(REQUEST, credential, secrets, token=token, now=NOW).headers


def oauth2(**fields: Any) -> OAuth2:
    return OAuth2(
        **{"token_url": "https://auth.example/t", "client_id": "my id&", "client_secret": REF, **fields}
    )


def test_a_secret_is_opened_a_plain_value_stays() -> None:
    assert opened("plain", SECRETS) == "plain"
    assert opened(REF, SECRETS) == "pa:ss wörd"
    assert opened(REF, {}) == "**** word"


def test_only_texts_are_values_and_an_empty_secret_is_left_out() -> None:
    assert credential_values(Key(), SECRETS) == {"account": "acme", "key": "pa:ss wörd"}


def test_no_auth_adds_nothing() -> None:
    assert authorize(REQUEST, NoAuth(), SECRETS, token="t", now=NOW) is REQUEST


def test_a_header_key_is_written_as_declared() -> None:
    assert headers(Key()) == (("A", "b"), ("X-Key", "acme:pa:ss wörd"))


def test_a_bearer_token_is_the_one_that_is_given() -> None:
    assert headers(oauth2(), token="abc")[-1] == ("Authorization", "Bearer abc")


def test_the_rfcs_own_examples_of_basic() -> None:
    # https://www.rfc-editor.org/rfc/rfc7617#section-2 and section 2.1
    assert basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert basic("test", "123£") == "Basic dGVzdDoxMjPCow=="


def test_basic_auth_is_user_and_password() -> None:
    (name, value) = headers(BasicAuth(username="ana", password=REF))[-1]
    assert name == "Authorization"
    assert base64.b64decode(value.removeprefix("Basic ")).decode() == "ana:pa:ss wörd"


def test_a_signature_sees_the_exact_request_the_values_and_the_time() -> None:
    seen: list[Any] = []

    def sign(request: Request, values: Any, now: datetime) -> Any:
        seen.append((request, dict(values), now))
        return (("X-Signature", "s"),)

    class Signed(Credential):
        """Signs."""

        kind: ClassVar[str] = "signed"
        label: ClassVar[str] = "Signed"
        auth: ClassVar[Auth] = Signature(sign=sign)
        key: SecretRef = REF

    assert headers(Signed())[-1] == ("X-Signature", "s")
    assert seen == [(REQUEST, {"key": "pa:ss wörd"}, NOW)]


@pytest.mark.parametrize("credential", [Key(), BasicAuth(username="u", password=REF), oauth2()])
def test_body_and_url_stay_as_they_are(credential: Credential) -> None:
    made = authorize(REQUEST, credential, SECRETS, token="t", now=NOW)
    assert (made.method, made.url, made.body) == (REQUEST.method, REQUEST.url, REQUEST.body)
    assert made.headers[: len(REQUEST.headers)] == REQUEST.headers
    assert "pa:ss" not in repr(made)


# the token request -------------------------------------------------------------------------------------------------


def asked(**fields: Any) -> Request:
    return token_request(oauth2(**fields), SECRETS, "oauth2")


def test_form_is_the_default() -> None:
    request = asked()
    assert request.body == b"grant_type=client_credentials&client_id=my+id%26&client_secret=pa%3Ass+w%C3%B6rd"
    assert request.header("Content-Type") == "application/x-www-form-urlencoded"
    assert request.header("Accept") == "application/json"
    assert request.header("Authorization") is None
    assert (request.method, request.url, request.provider) == ("POST", "https://auth.example/t", "oauth2")


def test_json_is_compact() -> None:
    request = asked(placement="json")
    assert (
        request.text()
        == '{"grant_type":"client_credentials","client_id":"my id&","client_secret":"pa:ss wörd"}'
    )
    assert request.header("Content-Type") == "application/json"


def test_basic_encodes_id_and_secret_before_it_joins_them() -> None:
    # https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
    request = asked(placement="basic")
    user, _, password = base64.b64decode((request.header("Authorization") or "")[6:]).decode().partition(":")
    assert (unquote_plus(user), unquote_plus(password)) == ("my id&", "pa:ss wörd")
    assert ":" not in password
    assert request.body == b"grant_type=client_credentials"


def test_headers_carry_them_under_their_own_names() -> None:
    request = asked(placement="headers", client_id_key="X-Id", client_secret_key="X-Secret")
    assert request.header("X-Id") == "my id&"
    assert request.header("X-Secret") == "pa:ss wörd"
    assert request.body == b"grant_type=client_credentials"


@pytest.mark.parametrize("placement", ["form", "json"])
def test_renamed_keys_and_more_parameters(placement: Placement) -> None:
    request = asked(
        placement=placement,
        client_id_key="clientId",
        client_secret_key="clientSecret",
        grant_type="",
        parameters=(TokenParameter(name="account_id", value="1"), TokenParameter(name="scope", value=SCOPE)),
    )
    pairs = json.loads(request.body) if placement == "json" else dict(parse_qsl(request.body.decode()))
    assert pairs == {
        "clientId": "my id&",
        "clientSecret": "pa:ss wörd",
        "account_id": "1",
        "scope": "locked-scope",
    }


def test_a_missing_secret_shows_its_mask() -> None:
    assert b"pa%3Ass" not in token_request(oauth2(), {}, "oauth2").body
    assert "**** word" in dict(parse_qsl(token_request(oauth2(), {}, "oauth2").text())).values()


@settings(deadline=None)
@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_any_id_and_secret_survive_every_body(client_id: str, secret: str) -> None:
    for placement in ("form", "json", "basic"):
        request = token_request(
            oauth2(placement=placement, client_id=client_id), {REF.handle: secret}, "oauth2"
        )
        if placement == "form":
            pairs = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
            assert (pairs["client_id"], pairs["client_secret"]) == (client_id, secret)
        elif placement == "json":
            assert json.loads(request.body)["client_secret"] == secret
        else:
            joined = base64.b64decode((request.header("Authorization") or "")[6:]).decode()
            assert [unquote_plus(part) for part in joined.split(":")] == [client_id, secret]
