"""Imports: OpenAPI 3.0 and 3.1 in JSON and YAML: servers, ways in, samples of schemas, references that stay inside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.engine.imports.carried import composed, read, said

SHOP = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers:
  - url: https://{env}.example.com/v1/
    variables: {env: {default: api}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Api-Key}
  schemas:
    Message:
      allOf:
        - $ref: '#/components/schemas/Person'
        - type: object
          properties:
            n: {type: [integer, 'null'], minimum: 3}
            kind: {enum: [no, yes]}
            on: {const: 2020-01-01}
            tags: {type: array, items: {type: string, example: sale}}
            id: {type: string, readOnly: true}
            address: {oneOf: [{type: 'null'}, {type: object, properties: {city: {type: string, default: Paris}}}]}
    Person:
      type: object
      properties:
        email: {type: string, format: email}
        friend: {$ref: '#/components/schemas/Person'}
security: [{key: []}]
paths:
  /send/{channel}:
    parameters:
      - {in: path, name: channel, required: true, schema: {enum: [mail]}}
    get: {responses: {200: {description: ok}}}
    post:
      summary: Send a message
      tags: [mail]
      parameters:
        - {in: query, name: mode, required: true, schema: {type: string, default: fast}}
        - {in: query, name: trace, schema: {type: string}}
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Message'}}
"""


def description(call: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "https://api.example.com"}],
        "paths": {"/send": {"post": call}},
        **more,
    }


def body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def test_a_call_becomes_an_integration_with_slots_and_samples() -> None:
    found = read(SHOP)
    (request,) = found.requests
    assert (found.format, found.title, found.problems) == ("openapi", "Shop", ())
    assert (request.name, request.folder) == ("Send a message", ("mail",))
    assert request.settings.url == "https://api.example.com/v1/send/mail?mode=fast"
    assert json.loads(request.settings.payload) == {
        "email": "{{ email }}", "n": "{{ n }}", "kind": "no", "on": "2020-01-01", "tags": ["{{ tags }}"], "address": {"city": "Paris"},
        "friend": {"email": "{{ friend_email }}"},
    }  # fmt: skip
    assert request.variables == {
        "email": "ana@example.com",
        "friend_email": "ana@example.com",
        "n": 3,
        "tags": "sale",
    }
    assert [secret.header for secret in found.secrets] == ["X-Api-Key"]
    assert "trace" in said(request, "parameter")[0]
    assert "1 requests only read" in said(found, "method")[0]
    sent = composed(found, request, {"s1": "k3y-of-the-test"})
    assert json.loads(sent.body)["n"] == 3
    assert sent.header("X-Api-Key") == "k3y-of-the-test"


def test_json_and_yaml_say_the_same() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    text = json.dumps(description(body(schema)), indent=1)
    assert read("# a comment, which JSON does not have\n" + text).requests == read(text).requests != ()


@pytest.mark.parametrize(
    ("scheme", "kind", "headers"),
    [
        ({"type": "http", "scheme": "basic"}, "basic", []),
        ({"type": "http", "scheme": "Bearer"}, "bearer", []),
        ({"type": "apiKey", "in": "header", "name": "X-K"}, "header_key", []),
        (
            {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "https://auth.example.com/t", "scopes": {}}},
            },
            "oauth2",
            [],
        ),
        ({"type": "openIdConnect", "openIdConnectUrl": "https://x"}, "none", []),
        ({"type": "mutualTLS"}, "none", []),
        ({"type": "apiKey", "in": "query", "name": "api_key"}, "address_key", []),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, "none", []),
    ],
    ids=["basic", "bearer", "header", "oauth2", "openid", "tls", "query", "cookie"],
)
def test_ways_in(scheme: dict[str, Any], kind: str, headers: list[str]) -> None:
    found = read(
        json.dumps(
            description(
                {**body({}), "security": [{"s": ["w"]}]}, components={"securitySchemes": {"s": scheme}}
            )
        )
    )
    (request,) = found.requests
    assert request.settings.credential_kind == kind
    assert [header.name for header in request.settings.headers] == headers
    assert bool(request.fills) == (kind != "none" or bool(headers))
    if not request.fills:
        assert said(request, "auth") or said(request, "secret")
    if kind == "oauth2":
        assert request.settings.credential["parameters"] == [{"name": "scope", "value": "w"}]


def test_an_example_goes_before_the_schema() -> None:
    content = {
        "application/json": {
            "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
            "example": {"to": "Ana", "n": 1.5},
        }
    }
    (request,) = read(json.dumps(description({"requestBody": {"content": content}}))).requests
    assert json.loads(request.settings.payload) == {"to": "Ana", "n": 1.5}


def test_references_stay_in_the_document_and_end() -> None:
    schema = {
        "type": "object",
        "properties": {
            "out": {"$ref": "https://evil.example/x.json#/a"},
            "gone": {"$ref": "#/components/schemas/Gone"},
            "loop": {"$ref": "#/components/schemas/A"},
        },
    }
    loop = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    found = read(json.dumps(description(body(schema), components={"schemas": loop})))
    assert len(found.requests) == 1
    told = said(found, "reference")
    assert any("outside" in sentence for sentence in told)
    assert any("leads to nothing" in sentence for sentence in told)


def test_a_schema_that_grows_is_cut() -> None:
    wide = {
        f"L{level}": {
            "type": "object",
            "properties": {f"p{at}": {"$ref": f"#/components/schemas/L{level + 1}"} for at in range(10)},
        }
        for level in range(12)
    }
    found = read(
        json.dumps(description(body({"$ref": "#/components/schemas/L0"}), components={"schemas": wide}))
    )
    (request,) = found.requests
    assert said(request, "schema")
    assert len(request.settings.payload) < 500_000


def test_a_bomb_of_yaml_aliases_is_read_within_bounds() -> None:
    lines = ["openapi: 3.0.0", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    lines += ["paths: {/x: {post: {requestBody: {content: {application/json: {example: {deep: *a11}}}}}}}"]
    found = read("\n".join(lines))
    (request,) = found.requests
    assert said(request, "schema")
    assert len(request.settings.payload) < 2_000_000


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("openapi: 3.0.0\na: *nobody", "line 2"),
        ("openapi: [", "YAML"),
        ("openapi: 3.0.0\nx: !!python/object/apply:os.system [echo]", "YAML"),
        ("openapi: 2.0.0\npaths: {}", "3.0 and 3.1"),
        ("swagger: '2.0'\npaths: {}", "Swagger 2.0"),
        ("openapi: 3.0.0\npaths: {}", "no call that sends"),
        ("openapi: 3.0.0\npaths: [1, 2]", "no call that sends"),
        ("openapi: " + "[" * 50_000, "too deeply"),
        ("openapi:\n" + "".join(" " * n + "a:\n" for n in range(1, 1000)), "too deeply"),
        ("openapi:\n  " + "- " * 5000 + "x", "too deeply"),
        ('{"openapi": ' + "[" * 100_000, "too deeply"),
    ],
    ids=[
        "alias",
        "open",
        "object",
        "version",
        "swagger",
        "empty",
        "list",
        "brackets",
        "indents",
        "dashes",
        "json",
    ],
)
def test_what_cannot_be_read_is_said(text: str, word: str) -> None:
    found = read(text)
    assert word in str(found.problems[0].sentence)
    assert found.requests == ()


def test_a_form_and_a_plain_text_are_told_apart() -> None:
    form = {
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "properties": {"To": {"type": "string", "format": "phone"}}}
        }
    }
    url = {"url": "https://api.twilio.com"}
    path = "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json"
    document = description({"requestBody": {"content": form}}, servers=[url])
    document["paths"] = {path: document["paths"]["/send"]}
    (request,) = read(json.dumps(document)).requests
    assert (request.settings.provider, request.variables) == ("twilio", {"To": "+15551234567"})
    (other,) = read(json.dumps(description({"requestBody": {"content": {"text/csv": {}}}}))).requests
    assert "text/csv" in said(other, "body")[0]


def test_a_server_without_a_host_and_a_part_of_the_path_are_asked_for() -> None:
    document = description(body({}), servers=[{"url": "/v1"}])
    document["paths"] = {"/send/{id}": document["paths"]["/send"]}
    (request,) = read(json.dumps(document)).requests
    told = said(request, "variable")
    assert any("without a host" in sentence for sentence in told)
    assert any("“id”" in sentence for sentence in told)
