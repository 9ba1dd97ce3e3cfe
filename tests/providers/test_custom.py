"""The endpoint of one's own: what goes out by each of its endpoints and credentials, and what is wrong before it does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.providers.filled import fill, handle
from workbench.engine.checks import check_authenticate, check_configure
from workbench.engine.compose import compose
from workbench.engine.event_urls import address_secret
from workbench.engine.template import compile_template
from workbench.models.base import SecretRef
from workbench.models.contact import Contact
from workbench.models.credential import NoAuth
from workbench.models.integration import Header, Settings
from workbench.models.request import Request
from workbench.providers import provider

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CUSTOM = provider("custom")
URL = "https://api.example.com/v1/send"
KEY = "k3y/with + signs&more="
PAYLOAD = '{"to": "${User Identifier}", "n": [1, 2], "o": {"a": true, "b": null}}'


def sent(endpoint: str, kind: str = "none", url: str = URL, **given: str) -> Request:
    credential, secrets = fill(CUSTOM.credential(kind), **given)
    return compose(
        Settings(url=url, endpoint=endpoint, credential_kind=kind), CUSTOM, credential, compile_template(PAYLOAD), Contact(),
        identifier="ana@example.com", secrets=secrets, token=None, now=NOW,
    )  # fmt: skip


def filled(kind: str, url: str = URL, headers: tuple[Header, ...] = (), **credential: Any) -> Settings:
    secret = {
        name: SecretRef(handle=handle(name)).model_dump() for name in CUSTOM.credential(kind).secret_fields()
    }
    return Settings(
        name="n", url=url, credential_kind=kind, credential={**secret, **credential}, headers=headers
    )


JSON = b'{"to":"ana@example.com","n":[1,2],"o":{"a":true,"b":null}}'
FORM = b"to=ana%40example.com&n=1&n=2&o=%7B%22a%22%3A+true%2C+%22b%22%3A+null%7D"
NESTED = b"to=ana%40example.com&n%5B0%5D=1&n%5B1%5D=2&o%5Ba%5D=1"


@pytest.mark.parametrize(
    ("endpoint", "method", "kind", "body"),
    [
        ("", "POST", "application/json", JSON),
        ("post", "POST", "application/json", JSON),
        ("put", "PUT", "application/json", JSON),
        ("patch", "PATCH", "application/json", JSON),
        ("form", "POST", "application/x-www-form-urlencoded", FORM),
        ("nested_form", "POST", "application/x-www-form-urlencoded", NESTED),
    ],
)
def test_each_endpoint_has_its_method_and_body(endpoint: str, method: str, kind: str, body: bytes) -> None:
    request = sent(endpoint)
    assert (request.method, request.url, request.body) == (method, URL, body)
    assert request.headers == (("Content-Type", kind),)


def test_a_multipart_form_names_its_boundary() -> None:
    request = sent("multipart")
    boundary = request.body.partition(b"\r\n")[0].removeprefix(b"--").decode()
    assert request.headers == (("Content-Type", f"multipart/form-data; boundary={boundary}"),)
    assert b'name="n[1]"\r\n\r\n2\r\n' in request.body


def test_the_default_is_what_it_was() -> None:
    assert CUSTOM.endpoint("").key == CUSTOM.endpoint("post").key == "post"
    assert [model.kind for model in CUSTOM.credentials[:3]] == ["none", "basic", "oauth2"]


@pytest.mark.parametrize(
    ("kind", "given", "header"),
    [
        ("bearer", {"token": KEY}, ("Authorization", f"Bearer {KEY}")),
        ("header_key", {"header": " X-Shop-Key ", "key": KEY}, ("X-Shop-Key", KEY)),
    ],
)
def test_a_key_goes_into_its_header(kind: str, given: dict[str, str], header: tuple[str, str]) -> None:
    assert sent("form", kind, **given).headers[1:] == (header,)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (URL + "?key={key}&a=1", URL + "?key=k3y%2Fwith%20%2B%20signs%26more%3D&a=1"),
        (
            "https://api.example.com/hooks/{key}/send",
            "https://api.example.com/hooks/k3y%2Fwith%20%2B%20signs%26more%3D/send",
        ),
    ],
)
def test_a_key_goes_into_the_address_encoded(url: str, wanted: str) -> None:
    request = sent("post", "address_key", url=url, key=KEY)
    assert request.url == wanted
    assert [name for name, _ in request.headers] == ["Content-Type"]


def problems(settings: Settings) -> list[tuple[str, str, str]]:
    found = (*check_configure(settings, CUSTOM), *check_authenticate(settings, CUSTOM))
    return [(problem.field, problem.level, str(problem.sentence)) for problem in found]


@pytest.mark.parametrize(
    "settings",
    [
        filled("bearer"),
        filled("header_key", header="X-Api-Key"),
        filled("address_key", URL + "?key={key}"),
        filled("address_key", "https://api.example.com/{key}?x={key}"),
        filled("none"),
    ],
)
def test_what_is_right_has_no_problem(settings: Settings) -> None:
    assert problems(settings) == []


@pytest.mark.parametrize(
    ("settings", "field", "word"),
    [
        (
            filled("bearer", headers=(Header(name="authorization", value="x"),)),
            "headers.0.name",
            "Step 2 already makes",
        ),
        (
            filled("header_key", header="X-Own", headers=(Header(name="x-own", value="x"),)),
            "headers.0.name",
            "Step 2 already makes",
        ),
        (filled("header_key", header="Host"), "credential.header", "set by the connection"),
        (filled("header_key", header="two words"), "credential.header", "not a possible header name"),
        (filled("header_key", header="Content-Type"), "credential.header", "cannot carry a key"),
        (filled("header_key", header=" "), "credential.header", "empty"),
        (filled("header_key"), "credential.header", "empty"),
        (filled("address_key"), "credential_kind", "Write {key} where the key belongs"),
        (
            filled("address_key", "https://{key}.example.com/send?key={key}"),
            "credential_kind",
            "hosts are shown",
        ),
        (filled("address_key", "{key}"), "url", "must start with https://"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(settings: Settings, field: str, word: str) -> None:
    assert any(
        at == field and level == "error" and word in sentence for at, level, sentence in problems(settings)
    )


def test_a_place_that_nothing_fills_is_a_warning() -> None:
    (found,) = problems(filled("none", URL + "?key={key}"))
    assert found[:2] == ("credential_kind", "warning")
    assert "{key}" in found[2]
    assert "No Auth" in found[2]


def test_the_address_of_ones_own_is_never_a_secret_as_a_whole() -> None:
    settings = filled("address_key", "{key}")
    assert address_secret(settings, CUSTOM, {handle("key"): "https://events.sendpulse.com/x"}) is None


@pytest.mark.parametrize(
    ("endpoint", "value", "word"),
    [
        ("post", "application/x-www-form-urlencoded", "sends JSON"),
        ("put", "text/plain", "sends JSON"),
        ("post", "application/vnd.api+json", None),
        ("form", "application/x-www-form-urlencoded; charset=utf-8", None),
        ("form", "application/json", "goes out as application/x-www-form-urlencoded"),
        ("multipart", "application/json", "names the form's boundary"),
    ],
)
def test_a_typed_content_type_is_compared_with_the_body(endpoint: str, value: str, word: str | None) -> None:
    settings = Settings(
        name="n", url=URL, endpoint=endpoint, headers=(Header(name="Content-Type", value=value),)
    )
    found = [str(problem.sentence) for problem in check_configure(settings, CUSTOM)]
    assert found == [] if word is None else word in found[0]


def test_no_auth_is_still_the_first() -> None:
    assert CUSTOM.credentials[0] is NoAuth
