"""Imports: every cURL snippet of the workbench, imported again, composes the request that it was made of."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.imports.carried import NOW, composed, ordered, read, said
from tests.golden.cases import FOLDER, Recorded, sends
from tests.providers.filled import fill_for, settings_for
from workbench.engine.compose import compose
from workbench.engine.imports.payloads import escaped
from workbench.engine.redact import Redactor
from workbench.engine.slots import split
from workbench.engine.snippets import curl
from workbench.engine.template import compile_template
from workbench.models.base import SecretRef
from workbench.models.contact import Contact
from workbench.models.credential import BearerToken, NoAuth
from workbench.models.integration import Header, Settings
from workbench.models.provider import Endpoint, Provider
from workbench.models.request import Request
from workbench.providers import every

BODIES: dict[str, Any] = {
    "json": {
        "to": "ana@example.com",
        "é": "“quoted” 'it''s' \\ \n {{ x }} ${y} }}",
        "n": [1, 2.5, None, True],
        "o": {},
    },
    "form": {
        "To": "+15558675310",
        "Body": "a & b = c\n+ 100% é",
        "MediaUrl": ["https://a.example/1?x=1&y=2", "https://b.example"],
    },
    "xml": {"mtMessage": {"@xmlns": "urn:x", "text": "a < b & c", "n": ["1", "2"]}},
    "multipart": {"email": "ana@example.com", "products": [{"id": "1", "name": "é \n x"}], "empty": ""},
    "nested_form": {"email": "ana@example.com", "products": [{"id": "1", "name": "é & ="}], "a": {"b": "c"}},
}


def every_endpoint() -> list[tuple[Provider, Endpoint]]:
    """Return each endpoint of the catalogue that an ordinary integration uses."""
    return [
        (item, endpoint)
        for item in every().values()
        if item.key != "custom_channel"
        for endpoint in item.endpoints
    ]


def credential_values(item: Provider, endpoint: Endpoint) -> tuple[dict[str, str], dict[str, Any]]:
    """Return an endpoint's secrets by their field, and the plain fields of its credential."""
    credential, secrets = fill_for(item, endpoint)
    fields = {name: getattr(credential, name) for name in type(credential).model_fields}
    by_field = {name: secrets[value.handle] for name, value in fields.items() if isinstance(value, SecretRef)}
    return by_field, {name: value for name, value in fields.items() if name not in by_field}


def wanted(item: Provider, endpoint: Endpoint, placeholders: Mapping[str, str]) -> Request:
    """Return a request of an endpoint with placeholders for its secrets."""
    credential, secrets = fill_for(item, endpoint)
    token = "token-of-the-test" if isinstance(type(credential).auth, BearerToken) else None
    chosen = settings_for(item, endpoint).model_copy(
        update={"headers": (Header(name="X-Own", value="a 'b' \"c\""),)}
    )
    made = compose(
        chosen, item, credential, compile_template('"{{ tree }}"'), Contact(variables={"tree": BODIES[endpoint.encoding]}), identifier=None,
        secrets=secrets, token=token, now=NOW,
    )  # fmt: skip
    return Redactor({**placeholders, **({token: "$ACCESS_TOKEN"} if token else {})}).blank(made)


@pytest.mark.parametrize(("item", "endpoint"), every_endpoint(), ids=lambda one: one.key)
def test_a_snippet_imported_again_composes_the_same_request(item: Provider, endpoint: Endpoint) -> None:
    secrets, plain = credential_values(item, endpoint)
    placeholders = {value: f"$SECRET_{number}" for number, value in enumerate(secrets.values(), 1)}
    blank = wanted(item, endpoint, placeholders)

    imported = read(curl(blank, [*placeholders.values(), "$ACCESS_TOKEN"]))

    assert not imported.problems
    (request,) = imported.requests
    assert request.usable
    assert request.settings.provider == item.key
    assert request.settings.endpoint in ("", endpoint.key)
    given = {name.removeprefix("$"): value for value, name in placeholders.items()}
    given |= {fill.secret: secrets[fill.place.removeprefix("credential.")] for fill in request.fills}
    made = composed(imported, request, given, "token-of-the-test", plain)
    assert ordered(Redactor({**placeholders, "token-of-the-test": "$ACCESS_TOKEN"}).blank(made)) == ordered(
        blank
    )


# -- what the workbench did not write ------------------------------------------------------------------------------


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet='{}$ |ax"\\é\n', max_size=30))
def test_a_text_that_only_looks_like_slots_is_sent_as_it_is(text: str) -> None:
    assert "".join(part for part in split(escaped(text)).parts if isinstance(part, str)) == text
    assert all(isinstance(part, str) for part in split(escaped(text)).parts)


LEAVES = (
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.integers(-(2**53), 2**53)
    | st.booleans()
    | st.none()
)
NAMES = st.text(alphabet="abé_-. 'x\"\\", min_size=1, max_size=8)
TREES = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3),
    max_leaves=10,
)
HEADERS = st.dictionaries(
    st.sampled_from(["X-A", "X-Shop", "Accept-Language", "User-Agent"]),
    st.text(alphabet=[chr(code) for code in range(0x20, 0x7F)], min_size=1, max_size=20)
    .map(str.strip)
    .filter(bool),
    max_size=3,
)


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(NAMES, TREES, max_size=4), HEADERS, st.text(alphabet="abc-é '\"&=%$`", max_size=10))
def test_any_body_and_header_of_an_own_endpoint_comes_back(
    body: dict[str, Any], headers: dict[str, str], query: str
) -> None:
    own = Settings(
        name="Own",
        url="https://api.example.com/send?q=" + quote(query, safe=""),
        headers=tuple(Header(name=name, value=value) for name, value in headers.items()),
    )
    made = compose(
        own, every()["custom"], NoAuth(), compile_template('"{{ body }}"'), Contact(variables={"body": body}), identifier=None, secrets={},
        token=None, now=NOW,
    )  # fmt: skip
    imported = read(curl(made))
    (request,) = imported.requests
    if not imported.secrets and not any(one.what == "header" for one in request.left_out):
        assert ordered(composed(imported, request, {})) == ordered(made)


# -- what the vendors' own clients sent -----------------------------------------------------------------------------

HOSTS = {
    "sendgrid": "api.sendgrid.com", "postmark": "api.postmarkapp.com", "sparkpost": "api.sparkpost.com", "brevo": "api.brevo.com/v3",
    "mailgun": "api.mailgun.net", "amazon_ses": "email.eu-west-1.amazonaws.com",
}  # fmt: skip


def recorded_texts() -> list[tuple[str, dict[str, Any]]]:
    """Return the recorded sends of the texts' providers, with the host that each was meant for."""
    found = []
    for folder in sorted((FOLDER / "sms").iterdir()):
        cases = json.loads((folder / "requests.json").read_text("utf-8")).get("cases", [])
        found += [
            (folder.name, case)
            for case in cases
            if case.get("original_host") and case["request"]["method"] == "POST"
        ]
    return found


def as_curl(url: str, request: dict[str, Any]) -> str:
    """Return a recorded request as a developer would write it down."""
    options = [f"--header {shlex.quote(f'{name}: {value}')}" for name, value in request["headers"].items()]
    words = [
        "curl " + shlex.quote(url),
        f"-X {request['method']}",
        *options,
        "--data-raw " + shlex.quote(request["body_text"]),
    ]
    return " \\\n  ".join(words)


@pytest.mark.parametrize("recorded", sends(), ids=str)
def test_what_an_sdk_sent_becomes_its_providers_integration(recorded: Recorded) -> None:
    request = recorded.request
    found = read(as_curl(f"https://{HOSTS[recorded.provider]}{request['path']}", request))

    (made,) = found.requests
    assert not found.problems
    assert made.settings.provider == recorded.provider
    assert made.recognised
    assert made.usable
    item = every()[recorded.provider]
    assert made.settings.credential_kind in {model.kind for model in item.credentials}
    shown = found.model_dump_json()
    for name in ("authorization", "api-key", "x-postmark-server-token"):
        value = request["headers"].get(name, "")
        assert len(value) < 12 or value not in shown
    tree = compile_template(made.settings.payload, top_level_object=False).tree(
        {**made.variables, "User Identifier": made.recipient}
    )
    if request["content_type"] == "application/json":
        assert tree == request["body_json"]
    else:
        pairs = [
            (name, one)
            for name, value in tree.items()
            for one in (value if isinstance(value, list) else [value])
        ]
        assert pairs == [tuple(pair) for pair in request["body_form"]]


@pytest.mark.parametrize(
    ("key", "case"), recorded_texts(), ids=lambda one: one if isinstance(one, str) else one["name"]
)
def test_what_an_sdk_of_texts_sent_is_recognised(key: str, case: dict[str, Any]) -> None:
    url = case["original_host"].rstrip("/") + case["request"]["raw_target"]
    found = read(as_curl(url, case["request"]))
    (made,) = found.requests
    assert made.settings.provider in (key, "custom")
    if made.settings.provider == "custom":
        assert said(made, "parameter")  # it says that the provider has other calls
    assert "recorder" not in made.url
