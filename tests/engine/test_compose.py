"""Compose: settings, template and contact become one frozen request, the same for preview, snippet and send."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from workbench.engine.auth import authorize, credential_values
from workbench.engine.compose import (
    Composer,
    body_of,
    compose,
    effective_headers,
    form_encoded,
    url_of,
    values_of,
)
from workbench.engine.template import compile_template
from workbench.models.base import SecretRef
from workbench.models.contact import Contact
from workbench.models.credential import BasicAuth, Credential, HeaderKey, NoAuth, OAuth2, Signature
from workbench.models.integration import Header, Settings
from workbench.models.provider import Answer, Endpoint
from workbench.models.request import Request
from workbench.providers import provider

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
REF = SecretRef(handle="sec_header000", hint="**** 4321")
ANA = Contact(
    identifiers={"email": "ana@example.com", "phone": "+5511987654321"},
    variables={"name": "Ana", "n": 2},
    user_data={"crm": {"city": "São Paulo", "tags": ["a"]}},
)


def endpoint(url: str = "https://api.example.com/send", **more: Any) -> Endpoint:
    return Endpoint(key="post", title="t", url=url, accepted=Answer(status=200), **more)


def made(form: Settings, text: str = '{"to": "${User Identifier}"}', **more: Any) -> Request:
    return compose(
        form, provider("custom"), more.pop("credential", NoAuth()), compile_template(text), ANA,
        identifier="ana@example.com", secrets={REF.handle: "s3cret"}, token=None, now=NOW, **more,
    )  # fmt: skip


# values ------------------------------------------------------------------------------------------------------------


def test_values_have_the_names_of_the_slots() -> None:
    assert values_of(ANA, "ana@example.com", "Spring") == {
        "name": "Ana",
        "n": 2,
        "email": "ana@example.com",
        "phone": "+5511987654321",
        "User data|crm|city": "São Paulo",
        "User data|crm|tags": ["a"],
        "dyCampaignName": "Spring",
        "User Identifier": "ana@example.com",
    }


def test_a_variable_of_an_identifiers_name_wins_and_no_identifier_is_no_value() -> None:
    contact = Contact(identifiers={"email": "a@example.com"}, variables={"email": "other"})
    values = values_of(contact, None)
    assert values["email"] == "other"
    assert "User Identifier" not in values


# the body ----------------------------------------------------------------------------------------------------------


def test_json_is_compact_and_keeps_types() -> None:
    template = compile_template(
        '{"n": "{{ n }}", "s": "{{ n }} of {{ name }}", "list": "${User data|crm|tags}", "é": 1.50}'
    )
    body = body_of(template, "json", values_of(ANA, None))
    assert body.decode() == '{"n":2,"s":"2 of Ana","list":["a"],"é":1.50}'


@pytest.mark.parametrize(
    ("tree", "encoded"),
    [
        ({"to": ["a", "b"], "x": "é &="}, b"to=a&to=b&x=%C3%A9+%26%3D"),
        ({"t": True, "f": False, "n": 1, "z": 1.5}, b"t=true&f=false&n=1&z=1.5"),
        ({"a": None, "b": "", "c": [None, "x"]}, b"b=&c=x"),
        ({"v": {"a": {"n": "é"}}}, b"v=%7B%22a%22%3A+%7B%22n%22%3A+%22%C3%A9%22%7D%7D"),
        ({"l": [["x"], {"y": 1}]}, b"l=%5B%22x%22%5D&l=%7B%22y%22%3A+1%7D"),
        ({}, b""),
    ],
)
def test_a_form_writes_every_kind_of_value(tree: Any, encoded: bytes) -> None:
    assert form_encoded(tree) == encoded


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8),
        st.text(max_size=20) | st.lists(st.text(max_size=8), max_size=3),
        max_size=5,
    )
)
def test_a_form_is_read_as_it_was_written(tree: dict[str, Any]) -> None:
    pairs = [
        (name, item)
        for name, value in tree.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    assert parse_qsl(form_encoded(tree).decode(), keep_blank_values=True) == pairs
    assert form_encoded(tree).decode() == urlencode(pairs)


# the address ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "campaign", "composed"),
    [
        ("https://api.example.com/send", "c", "https://api.example.com/send"),
        (
            "https://api.example.com/${dyCampaignName}/x",
            "Spring sale/é",
            "https://api.example.com/Spring%20sale%2F%C3%A9/x",
        ),
        (
            "https://api.example.com/x?c=${dyCampaignName}",
            "a&b=c#d",
            "https://api.example.com/x?c=a%26b%3Dc%23d",
        ),
        ("https://api.example.com/my path?q=a b", "", "https://api.example.com/my%20path?q=a%20b"),
        ("https://api.example.com/a%20b?x=%26", "", "https://api.example.com/a%20b?x=%26"),
        ("https://api.example.com/ü?ö=1", "", "https://api.example.com/%C3%BC?%C3%B6=1"),
        ("https://api.example.com", "", "https://api.example.com"),
        ("https://api.example.com:8443/a//b/?", "", "https://api.example.com:8443/a//b/"),
        (
            "https://api.example.com/${dyCampaignName}",
            "${dyCampaignName}",
            "https://api.example.com/%24%7BdyCampaignName%7D",
        ),
    ],
)
def test_what_was_typed_is_encoded_and_nothing_twice(url: str, campaign: str, composed: str) -> None:
    assert url_of(Settings(url=url, campaign_name=campaign), endpoint(), {}) == composed


def test_fields_of_the_credential_are_encoded_and_a_typed_url_wins() -> None:
    made_for = endpoint("https://{host}/v3/{domain}/messages")
    values = {"host": "api.example.com", "domain": "a/b {host}"}
    assert url_of(Settings(), made_for, values) == "https://api.example.com/v3/a%2Fb%20%7Bhost%7D/messages"
    assert url_of(Settings(url="https://other.example/{domain}"), made_for, values).endswith(
        "/a%2Fb%20%7Bhost%7D"
    )


@settings(deadline=None)
@given(st.text(max_size=40))
def test_a_campaign_cannot_leave_its_place_in_the_url(campaign: str) -> None:
    url = url_of(
        Settings(
            url="https://api.example.com/a/${dyCampaignName}/b?c=${dyCampaignName}", campaign_name=campaign
        ),
        endpoint(),
        {},
    )
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "api.example.com", "")
    segments = parts.path.split("/")
    assert (segments[1], segments[3], len(segments)) == ("a", "b", 4)
    assert unquote(segments[2]) == campaign
    assert dict(parse_qsl(parts.query, keep_blank_values=True)) == {"c": campaign}
    assert url.isascii()


# headers -------------------------------------------------------------------------------------------------------------


def test_a_typed_header_replaces_ours_in_any_case() -> None:
    form = Settings(
        headers=(
            Header(name="content-type", value="application/vnd.api+json"),
            Header(name="X-Key", value=REF),
        )
    )
    found = effective_headers(form, endpoint(headers=(("Accept", "a/b"),)), {REF.handle: "s3cret"})
    assert found == (("Accept", "a/b"), ("content-type", "application/vnd.api+json"), ("X-Key", "s3cret"))


def test_the_content_type_is_the_encodings() -> None:
    assert effective_headers(Settings(), endpoint(encoding="form"), {})[0] == (
        "Content-Type",
        "application/x-www-form-urlencoded",
    )


# the whole -----------------------------------------------------------------------------------------------------------


def test_the_request_is_complete_and_frozen() -> None:
    form = Settings(url="https://api.example.com/send", headers=(Header(name="X-Key", value=REF),))
    request = made(form, credential=BasicAuth(username="u", password=REF))
    assert request.method == "POST"
    assert json.loads(request.body) == {"to": "ana@example.com"}
    assert [name for name, _ in request.headers] == ["Content-Type", "X-Key", "Authorization"]
    assert request.provider == "custom"
    with pytest.raises(ValidationError):
        request.body = b""  # type: ignore[misc]


def test_masks_and_secrets_go_the_same_way() -> None:
    form = Settings(url="https://api.example.com/send", headers=(Header(name="X-Key", value=REF),))
    masked = compose(
        form, provider("custom"), NoAuth(), compile_template("{}"), ANA,
        identifier=None, secrets={}, token=None, now=NOW,
    )  # fmt: skip
    real = made(form, "{}")
    assert masked.header("X-Key") == "**** 4321"
    assert real.header("X-Key") == "s3cret"
    assert masked.model_copy(update={"headers": ()}) == real.model_copy(update={"headers": ()})


@settings(deadline=None)
@given(st.text(max_size=30))
def test_a_value_reaches_the_body_as_it_is(name: str) -> None:
    contact = Contact(variables={"name": name})
    request = compose(
        Settings(url="https://api.example.com/x"), provider("custom"), NoAuth(),
        compile_template('{"a": "{{ name }}", "b": "x{{ name }}y"}'), contact,
        identifier=None, secrets={}, token=None, now=NOW,
    )  # fmt: skip
    assert json.loads(request.body) == {"a": name, "b": f"x{name}y"}


# many rows -------------------------------------------------------------------------------------------------------------


class Signed(Credential):
    kind = "signed"
    label = "Signed"
    auth = Signature(
        sign=lambda request, values, now: (
            ("X-Sign", f"{values['key']} {len(request.headers)} {request.body!r} {now:%H}"),
        )
    )
    key: SecretRef = REF


class Keyed(Credential):
    kind = "keyed"
    label = "Keyed"
    auth = HeaderKey(header="X-Api-Key", value="{key}")
    key: SecretRef = REF


TOKEN = OAuth2(token_url="https://auth.example/t", client_id="id", client_secret=REF)
CREDENTIALS = [NoAuth(), BasicAuth(username="u", password=REF), Keyed(), TOKEN, Signed()]


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("key", [None, "row-1"])
def test_a_composers_requests_are_put_together_as_one_alone(credential: Credential, key: str | None) -> None:
    form = Settings(
        url="https://api.example.com/${dyCampaignName}", campaign_name="Spring sale", idempotency_header="X-Once",
        headers=(Header(name="X-Key", value=REF),),
    )  # fmt: skip
    secrets = {REF.handle: "s3cret"}
    template = compile_template('{"to": "${User Identifier}", "n": "{{ name }}"}')
    composer = Composer(form, provider("custom"), credential, template, secrets)
    post = provider("custom").endpoint()
    for name in ("Ana", "Bo", 'x"y'):
        values = {"User Identifier": f"{name}@example.com", "name": name}
        headers = effective_headers(form, post, secrets) + ((("X-Once", key),) if key else ())
        bare = Request(
            method="POST", url=url_of(form, post, credential_values(credential, secrets)), headers=headers,
            body=template.render(values), provider="custom",
        )  # fmt: skip
        assert composer.url == bare.url
        for token in ("t1", "t2"):
            made = composer.request(values, token=token, now=NOW, key=key)
            assert made == authorize(bare, credential, secrets, token=token, now=NOW)


def test_an_id_goes_into_the_header_that_takes_it() -> None:
    form = Settings(url="https://api.example.com/send")
    assert made(form, key="row-1").header("Idempotency-Key") is None
    named = form.model_copy(update={"idempotency_header": "Idempotency-Key"})
    assert made(named, key="row-1").header("idempotency-key") == "row-1"
    assert made(named).header("Idempotency-Key") is None
    custom = provider("custom")
    declared = custom.model_copy(update={"endpoints": (endpoint(idempotency_header="X-Message-Id"),)})
    composer = Composer(form, declared, NoAuth(), compile_template("{}"), {})
    assert composer.request({}, token=None, now=NOW, key="row-1").header("X-Message-Id") == "row-1"


def test_an_id_is_signed_with_the_rest() -> None:
    form = Settings(url="https://api.example.com/send", idempotency_header="X-Once")
    assert made(form, "{}", credential=Signed(), key="row-1").header("X-Sign") == "s3cret 2 b'{}' 12"
