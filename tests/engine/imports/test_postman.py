"""Imports: Postman's collections with folders, variables and authorization, and its environments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.engine.imports.carried import composed, read, said
from workbench.models.imported import Imported, ImportedRequest

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
TOKEN = "tok-s3cret-value-123"


def collection(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"info": {"name": "Shop", "schema": SCHEMA}, "item": list(items), **more}


def item(name: str = "Send", url: Any = "https://api.example.com/send", **request: Any) -> dict[str, Any]:
    return {"name": name, "request": {"method": "POST", "url": url, **request}}


def raw(text: str) -> dict[str, Any]:
    return {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}


def of(*documents: dict[str, Any]) -> Imported:
    return read("\n".join(json.dumps(document) for document in documents))


def one(request: dict[str, Any], **more: Any) -> ImportedRequest:
    found = of(collection(request, **more))
    assert not found.problems
    return found.requests[0]


ENVIRONMENT = {
    "name": "dev",
    "_postman_variable_scope": "environment",
    "values": [
        {"key": "token", "value": TOKEN, "type": "secret", "enabled": True},
        {"key": "region", "value": "eu", "enabled": True},
        {"key": "name", "value": "Eva", "enabled": True},
        {"key": "off", "value": "x", "enabled": False},
    ],
}


def test_folders_variables_and_the_authorization_around_a_request() -> None:
    folder = {"name": "Mail", "item": [item(url="{{base}}/send/:account", body=raw('{"name": "{{name}}"}'))]}
    folder["item"][0]["request"]["url"] = {
        "raw": "{{base}}/send/:account?debug=1",
        "query": [
            {"key": "debug", "value": "1"},
            {"key": "off", "value": "2", "disabled": True},
        ],
        "variable": [{"key": "account", "value": "a 1"}],
    }
    found = of(
        collection(
            folder,
            auth={"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}"}]},
            variable=[
                {"key": "base", "value": "https://{{region}}.example.com"},
                {"key": "region", "value": "us"},
            ],
        ),
        ENVIRONMENT,
    )
    (request,) = found.requests
    assert found.title == "Shop"
    assert request.folder == ("Mail",)
    assert request.settings.url == "https://eu.example.com/send/a%201?debug=1"
    assert request.settings.payload == '{\n  "name": "{{ name }}"\n}'
    assert request.variables == {"name": "Eva"}
    assert [fill.place for fill in request.fills] == ["credential.token"]
    assert TOKEN not in found.model_dump_json()
    sent = composed(found, request, {"s1": TOKEN})
    assert (sent.url, sent.body) == (request.settings.url, b'{"name":"Eva"}')
    assert sent.header("Authorization") == f"Bearer {TOKEN}"


def test_a_request_of_its_own_authorization_and_one_of_none() -> None:
    around = {
        "type": "basic",
        "basic": [{"key": "username", "value": "u"}, {"key": "password", "value": TOKEN}],
    }
    found = of(
        collection(
            item("inherits"),
            item("none", auth={"type": "noauth"}),
            item(
                "key",
                auth={
                    "type": "apikey",
                    "apikey": [{"key": "key", "value": "X-K"}, {"key": "value", "value": TOKEN + "2"}],
                },
            ),
            auth=around,
        )
    )
    kinds = [request.settings.credential_kind for request in found.requests]
    assert kinds == ["basic", "none", "header_key"]
    assert found.requests[2].settings.credential == {"header": "X-K"}
    assert [fill.place for fill in found.requests[2].fills] == ["credential.key"]
    assert TOKEN not in found.model_dump_json()


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (raw('{"age": {{age}}, "n": 1.50, "s": "Hi {{name}}!"}'), '{"age": "{{ age }}", "n": 1.50, "s": "Hi {{ name }}!"}'),
        (raw('// who\n{"a": "{{first name}}"}'), '{"a": "{{ first_name }}"}'),
        (raw('{"a": "{{$guid}}", "b": "${x}", "c": "{{{{"}'), '{"a": "{{ guid }}", "b": "$${x}", "c": "{{{{{{{{"}'),
        ({"mode": "graphql", "graphql": {"query": "mutation { a }", "variables": '{"n": {{n}}}'}},
         '{"query": "mutation { a }", "variables": {"n": "{{ n }}"}}'),
        ({"mode": "raw", "raw": ""}, "{}"),
    ],
    ids=["types", "comment", "escapes", "graphql", "empty"],
)  # fmt: skip
def test_bodies_become_payloads(body: dict[str, Any], payload: str) -> None:
    made = one(item(body=body)).settings.payload
    assert json.loads(made) == json.loads(payload)
    assert ("1.50" in made) == ("1.50" in payload)


def test_a_form_keeps_its_fields_and_says_what_is_switched_off() -> None:
    request = one(
        item(
            url="https://api.mailgun.net/v3/mg.example.com/messages",
            auth={"type": "basic", "basic": {"username": "api", "password": "key-" + "0" * 32}},
            body={
                "mode": "urlencoded",
                "urlencoded": [
                    {"key": "to", "value": "ana@example.com"},
                    {"key": "o:tag", "value": "a"},
                    {"key": "o:tag", "value": "b"},
                    {"key": "bcc", "value": "x", "disabled": True},
                ],
            },
        )
    )
    assert request.settings.provider == "mailgun"
    assert request.settings.credential == {"host": "api.mailgun.net", "domain": "mg.example.com"}
    assert json.loads(request.settings.payload) == {"to": "${User Identifier}", "o:tag": ["a", "b"]}
    assert "bcc" in said(request, "parameter")[0]


def test_what_only_postman_does_is_listed_with_the_reason() -> None:
    event = [
        {"listen": "prerequest", "script": {"exec": ["pm.variables.set('a', 1)"]}},
        {"listen": "test", "script": {"exec": ["pm.test('x')"]}},
        {"listen": "test", "script": {"exec": [""]}},
    ]
    given = {
        **item(
            body={"mode": "formdata", "formdata": [{"key": "f", "type": "file", "src": "/x"}]},
            certificate={"key": "x"},
            proxy={"match": "*"},
        ),
        "event": event,
        "response": [{"name": "ok"}],
        "protocolProfileBehavior": {"strictSSL": False, "followRedirects": True},
    }
    found = of(collection(given, event=event[:1]))
    (request,) = found.requests
    kinds = [left.what for left in request.left_out]
    assert kinds.count("script") == 2
    assert {"file", "certificate", "proxy", "insecure", "redirect", "example"} <= set(kinds)
    assert said(found, "script")
    assert "pm.variables" not in found.model_dump_json()


def test_client_credentials_are_carried_over_with_their_scope() -> None:
    fields = {
        "grant_type": "client_credentials", "accessTokenUrl": "https://auth.example.com/t", "clientId": "me", "clientSecret": TOKEN,
        "scope": "a b", "client_authentication": "body",
    }  # fmt: skip
    auth = {"type": "oauth2", "oauth2": [{"key": key, "value": value} for key, value in fields.items()]}
    request = one(item(auth=auth))
    assert request.settings.credential_kind == "oauth2"
    assert request.settings.credential == {
        "token_url": "https://auth.example.com/t", "client_id": "me", "placement": "form",
        "parameters": [{"name": "scope", "value": "a b"}],
    }  # fmt: skip
    assert [fill.place for fill in request.fills] == ["credential.client_secret"]
    assert not request.problems


@pytest.mark.parametrize("kind", ["digest", "hawk", "ntlm", "oauth1", "jwt", "asap", "edgegrid", "surprise"])
def test_ways_in_that_the_workbench_has_not_are_said(kind: str) -> None:
    assert len(said(one(item(auth={"type": kind, kind: []})), "auth")) == 1


def test_version_2_0_and_plain_addresses_are_read() -> None:
    old = collection(
        {"name": "plain", "request": "https://api.example.com/get"},
        item("old", header="X-A: 1\nX-B: {{b}}", url="https://api.example.com/send"),
        variable=[{"id": "b", "value": "2"}],
    )
    old["info"]["schema"] = SCHEMA.replace("2.1.0", "2.0.0")
    found = of(old)
    assert [request.usable for request in found.requests] == [False, True]
    assert [(header.name, header.value) for header in found.requests[1].settings.headers] == [
        ("X-A", "1"),
        ("X-B", "2"),
    ]


def test_variables_without_a_value_are_asked_for() -> None:
    request = one(item(url="{{base}}/send", header=[{"key": "X-Tenant", "value": "{{tenant}}"}]))
    told = said(request, "variable")
    assert any("“base”" in sentence for sentence in told)
    assert any("“tenant”" in sentence for sentence in told)
    assert request.problems  # the address cannot be sent to as it is


def test_variables_that_name_each_other_end() -> None:
    request = one(
        item(url="{{a}}/x"), variable=[{"key": "a", "value": "{{b}}"}, {"key": "b", "value": "{{a}}"}]
    )
    assert len(request.settings.url) < 200


def test_an_environment_alone_and_an_empty_collection_are_said() -> None:
    assert "without a collection" in str(of(ENVIRONMENT).problems[0].sentence)
    assert "no request" in str(of(collection()).problems[0].sentence)


def test_a_dump_holds_collections_and_environments() -> None:
    found = of(
        {
            "version": 1,
            "collections": [collection(item(body=raw('{"a": "{{name}}"}')))],
            "environments": [ENVIRONMENT],
        }
    )
    assert found.format == "postman"
    assert found.requests[0].variables == {"name": "Eva"}


def test_a_secret_in_the_body_becomes_a_slot_and_is_said() -> None:
    request = one(item(body=raw(json.dumps({"password": TOKEN, "password_hint": "dog"}))))
    assert json.loads(request.settings.payload) == {"password": "{{ password }}", "password_hint": "dog"}
    assert "password" in said(request, "secret")[0]
    assert request.variables == {}
