"""Reading what a token URL answers: a token, or a sentence of its own for each way it goes wrong (R-ESP-16)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.token_answer import read_token
from workbench.errors import TokenRefused
from workbench.models.base import SecretRef
from workbench.models.credential import OAuth2
from workbench.models.request import Failure, Reply
from workbench.sentence import say

SECRET = "tok-s3cret"


def oauth2(path: str = "access_token") -> OAuth2:
    ref = SecretRef(handle="sec_secret000")
    return OAuth2(token_url="https://auth.example/t", client_id="id", client_secret=ref, token_path=path)


def reply(body: Any, status: int = 200, kind: str = "application/json") -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status=status, headers=(("Content-Type", kind),), body=content)


def refused(answer: Reply | Failure, path: str = "access_token") -> str:
    with pytest.raises(TokenRefused) as error:
        read_token(oauth2(path), answer)
    return str(error.value)


def test_a_token_with_its_life() -> None:
    found = read_token(oauth2(), reply({"access_token": SECRET, "expires_in": 3600, "token_type": "bearer"}))
    assert found.access_token.get_secret_value() == SECRET
    assert (found.expires_in_s, found.token_type) == (3600.0, "bearer")
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("accessToken", {"accessToken": SECRET}),
        ("data.token", {"data": {"token": SECRET}}),
        ("tokens[0].value", {"tokens": [{"value": SECRET}]}),
    ],
)
def test_the_path_of_the_token_can_be_set(path: str, body: Any) -> None:
    assert read_token(oauth2(path), reply(body)).access_token.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("life", "seconds"),
    [(60, 60.0), ("60", 60.0), (0, 0.0), (1.5, 1.5), (-1, None), (10**9, None), ("soon", None), (None, None), ([], None),
     (True, None), (float("nan"), None), (10**400, None)],
)  # fmt: skip
def test_a_life_that_makes_no_sense_is_none(life: Any, seconds: float | None) -> None:
    body = json.dumps({"access_token": "t", "expires_in": life})
    assert read_token(oauth2(), reply(body.encode())).expires_in_s == seconds


def test_the_legacy_names_of_a_life() -> None:
    assert read_token(oauth2("accessToken"), reply({"accessToken": "t", "expiresIn": 5})).expires_in_s == 5.0


HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply({"error": "invalid_client"}, 401), "refused the client id or secret (HTTP 401 invalid_client)"),
        (reply({"error": "invalid_client"}, 400), "refused the client id or secret (HTTP 400 invalid_client)"),
        (reply({"error": "access_denied"}, 403), "refused the client id or secret"),
        (reply({"error": "unsupported_grant_type"}, 400), "refused the request (HTTP 400 unsupported_grant_type)"),
        (reply(b"", 400), "refused the request (HTTP 400"),
        (reply(b"", 404), "nothing at the token URL"),
        (reply(HTML, 404, "text/html"), "nothing at the token URL"),
        (reply({}, 429), "slow down"),
        (reply({}, 500), "fault of its own (HTTP 500)"),
        (reply(HTML, 503, "text/html"), "fault of its own (HTTP 503)"),
        (reply(HTML, 400, "text/html"), "web page instead of a token"),
        (reply(HTML, 200, "text/html"), "web page instead of a token"),
        (reply(HTML, 200), "web page instead of a token"),
        (reply(b"", 200), "empty body"),
        (reply(b"token", 200, "text/plain"), "not with a JSON object"),
        (reply([SECRET], 200), "not with a JSON object"),
        (reply("a token", 200), "not with a JSON object"),
        (reply(b"[" * 100_000, 200), "not with a JSON object"),
        (reply({"token": SECRET}, 200), "no token at “access_token”. The answer has: token."),
        (reply({}, 200), "no token at “access_token”. The answer has: nothing."),
        (reply({"access_token": ""}, 200), "no token at “access_token”"),
        (reply({"access_token": 7}, 200), "no token at “access_token”"),
        (reply({"access_token": None}, 200), "no token at “access_token”"),
        (reply(b"", 302), "Redirects are never followed"),
        (Failure(kind="timeout", sentence=say("It took too long."), sent=True), "gave no answer. It took too long."),
    ],
)  # fmt: skip
def test_every_wrong_answer_has_a_sentence_of_its_own(answer: Reply | Failure, words: str) -> None:
    assert words in refused(answer)


def test_no_sentence_repeats_what_may_be_a_token_or_runs_on() -> None:
    assert SECRET not in refused(reply({"token": SECRET, "id_token": SECRET}))
    many = {f"{index:03}" + "x" * 500: SECRET for index in range(200)}
    assert len(refused(reply(many))) < 1500
    assert len(refused(reply({"error": "x" * 10_000}, 400))) < 1500


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4).map(
        lambda x: json.dumps(x).encode()
    ),
    st.integers(200, 599),
    st.sampled_from(
        ["application/json", "text/html", "text/plain; charset=utf-16", "application/json; charset=nonsense"]
    ),
)
def test_any_answer_is_a_token_or_a_sentence(body: bytes, status: int, kind: str) -> None:
    try:
        assert read_token(oauth2(), reply(body, status, kind)).access_token.get_secret_value()
    except TokenRefused as error:
        assert str(error)  # noqa: PT017 - either may come
