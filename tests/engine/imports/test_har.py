"""Imports: a browser's recording: what sends, without the browser's own headers, and without its secrets."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.engine.imports.carried import composed, read, said

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"


def entry(method: str = "POST", url: str = "https://api.example.com/send", **more: Any) -> dict[str, Any]:
    return {"request": {"method": method, "url": url, "headers": [], **more}}


def har(*entries: dict[str, Any]) -> str:
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "Firefox"}, "entries": list(entries)}})


def headers(**given: str) -> list[dict[str, str]]:
    return [{"name": name.replace("_", "-"), "value": value} for name, value in given.items()]


def test_a_recording_becomes_integrations_without_its_secrets() -> None:
    given = headers(
        Authorization=f"Bearer {JWT}",
        Cookie="sid=s3cretcookie",
        User_Agent="Mozilla/5.0",
        Origin="https://x",
        X_Trace="1",
    )
    given += [{"name": ":authority", "value": "api.example.com"}, {"name": "Sec-Fetch-Mode", "value": "cors"}]
    text = json.dumps({"email": "ana@example.com", "accessToken": JWT, "n": 1})
    found = read(
        har(
            entry("GET"),
            entry(
                headers=given,
                cookies=[{"name": "sid"}],
                postData={"mimeType": "application/json", "text": text},
            ),
            entry(headers=given, postData={"mimeType": "application/json", "text": text}),
        )
    )
    (request,) = found.requests
    assert (found.format, found.title) == ("har", "Firefox")
    assert [header.name for header in request.settings.headers] == ["X-Trace"]
    assert [fill.place for fill in request.fills] == ["credential.token"]
    assert json.loads(request.settings.payload) == {
        "email": "${User Identifier}",
        "accessToken": "{{ accessToken }}",
        "n": 1,
    }
    assert said(request, "cookie")
    assert len(said(found, "method")) == 1
    assert len(said(found, "example")) == 1
    shown = found.model_dump_json()
    assert JWT not in shown
    assert "s3cretcookie" not in shown


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        ({"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "b c"}]}, {"a": "b c"}),
        ({"mimeType": "application/x-www-form-urlencoded", "text": "a=b+c&a=d"}, {"a": ["b c", "d"]}),
        ({"mimeType": "application/json", "text": base64.b64encode(b'{"a": 1}').decode(), "encoding": "base64"}, {"a": 1}),
        ({"mimeType": "application/json", "text": "not base64", "encoding": "base64"}, {}),
        ({"mimeType": "text/plain;charset=UTF-8", "text": '{"a": 1}'}, {"a": 1}),
        ({"mimeType": "multipart/form-data; boundary=x",
          "text": '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x\r\nContent-Disposition: form-data; name="f"; '
                  'filename="q.txt"\r\nContent-Type: text/plain\r\n\r\nzzz\r\n--x--\r\n'}, {"a": "b"}),
    ],
    ids=["params", "form", "base64", "no base64", "text", "multipart"],
)  # fmt: skip
def test_bodies(data: dict[str, Any], payload: dict[str, Any]) -> None:
    (request,) = read(har(entry(postData=data))).requests
    assert json.loads(request.settings.payload) == payload


def test_a_provider_is_recognised_in_a_recording() -> None:
    data = {"mimeType": "application/json", "text": '{"to": [{"email": "ana@example.com"}]}'}
    found = read(
        har(
            entry(
                url="https://api.brevo.com/v3/smtp/email",
                headers=headers(api_key="xkeysib-0123456789abcdef"),
                postData=data,
            )
        )
    )
    (request,) = found.requests
    assert request.settings.provider == "brevo"
    assert composed(found, request, {"s1": "xkeysib-0"}).header("api-key") == "xkeysib-0"


@pytest.mark.parametrize(
    "log",
    [None, 5, {}, {"entries": 5}, {"entries": [1, {}, {"request": 7}, {"request": {"method": "POST"}}]}],
)
def test_a_recording_of_nothing_is_said(log: object) -> None:
    found = read(json.dumps({"log": log}))
    assert found.problems
    assert not found.requests
