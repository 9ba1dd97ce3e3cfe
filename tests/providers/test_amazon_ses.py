"""SigV4 without botocore at hand: vectors that it computed once, and what a signature must do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.signing import cases, request_of
from workbench.models.request import Request
from workbench.providers.amazon_ses import sign

VECTORS = json.loads(Path(__file__).with_name("sigv4_vectors.json").read_text("utf-8"))["vectors"]
NOW = datetime(2026, 11, 21, 19, 34, 22, tzinfo=UTC)
VALUES = {"region": "eu-west-1", "access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}


@pytest.mark.parametrize("vector", VECTORS, ids=[str(index) for index in range(len(VECTORS))])
def test_a_vector_of_botocore_is_met(vector: dict[str, Any]) -> None:
    assert dict(sign(*request_of(vector["case"]))) == vector["headers"]


def test_the_vectors_are_the_ones_of_their_seed() -> None:
    assert [vector["case"] for vector in VECTORS] == cases(seed=1, count=12)
    tokens = [bool(vector["case"]["token"]) for vector in VECTORS]
    assert any(tokens)
    assert not all(tokens)


def signed(body: bytes, region: str = "eu-west-1", now: datetime = NOW, token: str = "") -> dict[str, str]:
    request = Request(
        method="POST",
        url=f"https://email.{region}.amazonaws.com/v2/email/outbound-emails",
        headers=(("Content-Type", "application/json"),),
        body=body,
    )
    return dict(sign(request, {**VALUES, "region": region, "session_token": token}, now))


@settings(deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from(["eu-west-1", "us-east-2"]))
def test_two_bodies_have_two_signatures(one: bytes, other: bytes, region: str) -> None:
    first, second = signed(one, region)["Authorization"], signed(other, region)["Authorization"]
    assert (first == second) is (one == other)
    assert f"/20261121/{region}/ses/aws4_request" in first
    assert first == signed(one, region)["Authorization"]


@settings(deadline=None)
@given(st.integers(1, 10**6))
def test_a_signature_is_of_its_second(seconds: int) -> None:
    later = signed(b"{}", now=NOW + timedelta(seconds=seconds))
    assert later["Authorization"] != signed(b"{}")["Authorization"]
    assert signed(b"{}", now=NOW + timedelta(microseconds=5)) == signed(b"{}")


def test_a_session_token_is_sent_and_signed() -> None:
    with_token, without = signed(b"{}", token="token"), signed(b"{}")
    assert with_token["X-Amz-Security-Token"] == "token"
    assert "content-type;host;x-amz-date;x-amz-security-token" in with_token["Authorization"]
    assert "X-Amz-Security-Token" not in without
    assert "SignedHeaders=content-type;host;x-amz-date," in without["Authorization"]


def test_neither_secret_nor_token_is_in_the_authorization() -> None:
    authorization = signed(b"{}", token="the-session-token")["Authorization"]
    assert "secret" not in authorization
    assert "the-session-token" not in authorization
