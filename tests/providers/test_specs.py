"""The vendors' own specifications, where the steering repository lies beside this one: our payloads and our stand-ins keep them.

Which specification can be trusted with what is written in facts/providers-wire.md, section 3. Left out there and here: the
OpenAPI file of SparkPost (it refuses the official SDK's own request), and SES, Braze, Klaviyo and Salesforce, which have none.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator, Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

from tests.golden.cases import sends
from tests.providers.test_contract import (
    EMAIL,
    RULES,
    answer,
    break_rule,
    composed,
    good_body,
    taker,
    with_body,
)
from workbench.engine.compose import values_of
from workbench.engine.template import compile_template
from workbench.models.contact import SAMPLE
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Endpoint, Provider, Requirement
from workbench.providers import provider

SPECS = Path(__file__).parents[3] / "shared" / "specs"


@dataclass(frozen=True)
class Spec:
    """One specification: its file, and where in it the schemas lie of the request, a yes and a refusal."""

    file: str
    request: str
    accepted: str | None
    refused: str
    validator: Callable[..., Validator] = Draft202012Validator
    mistaken: tuple[str, ...] = ()
    tidy: Callable[[Any], Any] = lambda body: body


def _drop_nulls(value: Any) -> Any:
    """The real service takes nulls, its Swagger 2.0 file cannot say so."""
    if isinstance(value, dict):
        return {name: _drop_nulls(item) for name, item in value.items() if item is not None}
    return [_drop_nulls(item) for item in value] if isinstance(value, list) else value


def _listed(body: Any) -> Any:
    """A form has no lists: a key that stands there once is a list of one where the specification speaks of lists."""
    repeatable = ("to", "cc", "bcc", "o:tag")
    return {
        name: value if isinstance(value, list) or name not in repeatable else [value]
        for name, value in body.items()
    }


OF = {
    "sendgrid": Spec(
        "sendgrid_tsg_mail_v3.json",
        "#/components/requestBodies/PostMailSend/content/application~1json/schema",
        None,
        "#/components/schemas/ErrorResponse",
        mistaken=(
            "is not of type 'object'",
        ),  # of errors[].help: the vendor sends an address, its file says object
    ),
    "brevo": Spec(
        "brevo_transactional_emails.api-evangelist.yml",
        "#/components/schemas/SendTransactionalEmail",
        "#/components/schemas/SendEmailResponse",
        "#/components/schemas/ErrorResponse",
    ),
    "postmark": Spec(
        "postmark_server_openapi.yml",
        "#/definitions/SendEmailRequest",
        "#/definitions/SendEmailResponse",
        "#/definitions/StandardPostmarkResponse",
        validator=Draft4Validator,
        tidy=_drop_nulls,
    ),
    "mailgun": Spec(
        "mailgun_messages.json",
        "#/components/schemas/POST-v3-domain_name-messages-multipart-form-data-RequestBody",
        "#/components/schemas/github.com-mailgun-influx-httpapi-SendMessageResponse",
        "#/components/schemas/github.com-mailgun-influx-httpapi-GetMessageResponseNotFound",
        tidy=_listed,
    ),
}
EVERY = pytest.mark.parametrize("key", OF)
TEMPLATES = [(provider(key), template) for key in OF for template in provider(key).templates]
REFUSALS = [
    (item, endpoint, rule)
    for item, endpoint, rule in RULES
    if item.key in OF and not rule.paths[0].startswith("[]")
]
UNTRUE = {("brevo", "brevo-template"), ("brevo", "send_template_params")}
"""The third-party file wants a sender always; the vendor's SDK sends none with a template, and its types make it optional."""


@cache
def document(file: str) -> dict[str, Any]:
    path = SPECS / file
    if not path.is_file():
        pytest.skip("The steering repository's folder shared/specs does not lie beside this repository.")
    text = path.read_text("utf-8")
    return dict(json.loads(text) if path.suffix == ".json" else yaml.safe_load(text))


def faults(key: str, place: str, body: Any) -> list[str]:
    """Return what the specification finds wrong with a body."""
    spec = OF[key]
    validator = spec.validator({**document(spec.file), "$ref": place}, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(body)]


def true_faults(key: str, place: str, body: Any) -> list[str]:
    """Return the faults of an answer but for those where the specification itself is known to be mistaken."""
    return [
        fault
        for fault in faults(key, place, body)
        if not any(fault.endswith(end) for end in OF[key].mistaken)
    ]


def filled(template: PayloadTemplate) -> Any:
    return compile_template(template.text).tree(values_of(SAMPLE, EMAIL, "Spring sale"))


@pytest.mark.parametrize(
    ("item", "template"), TEMPLATES, ids=lambda value: getattr(value, "id", None) or value.key
)
def test_a_template_keeps_the_vendors_specification(item: Provider, template: PayloadTemplate) -> None:
    found = faults(item.key, OF[item.key].request, OF[item.key].tidy(filled(template)))
    assert found == (["'sender' is a required property"] if (item.key, template.id) in UNTRUE else [])


@pytest.mark.parametrize(
    "recorded",
    [case for case in sends() if case.provider in OF and "batch" not in case.name],
    ids=str,
)
def test_the_specification_takes_what_the_sdk_sends(recorded: Any) -> None:
    body = recorded.request.get("body_json")
    if body is None:
        body = {}
        for name, value in recorded.request["body_form"]:
            body[name] = [*body.get(name, []), value] if name in ("to", "o:tag") else value
    found = faults(recorded.provider, OF[recorded.provider].request, OF[recorded.provider].tidy(body))
    untrue = (recorded.provider, recorded.name) in UNTRUE
    assert found == (["'sender' is a required property"] if untrue else [])


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("sendgrid", {"from": "a@example.com"}),
        ("sendgrid", {"from": {"email": "no address"}}),
        ("sendgrid", {"personalizations": [{"to": [{"email": "a@example.com"}]}] * 1001}),
        ("sendgrid", {"content": None}),
        ("brevo", {"to": "a@example.com"}),
        ("brevo", {"to": [{"name": "A"}]}),
        ("brevo", {"tags": "t"}),
        ("postmark", {"To": ["a@example.com"]}),
        ("postmark", {"TrackLinks": "Sometimes"}),
        ("mailgun", {"from": ["a@example.com"]}),
        ("mailgun", {"o:testmode": "perhaps"}),
    ],
)  # fmt: skip
def test_the_specification_would_find_a_fault(key: str, change: dict[str, Any]) -> None:
    """So that the tests above cannot pass by looking at the wrong place of the file."""
    body = {**filled(provider(key).templates[0]), **change}
    assert faults(key, OF[key].request, OF[key].tidy(body))


@EVERY
async def test_a_stand_ins_yes_has_the_shape_of_the_vendors(key: str) -> None:
    item, place = provider(key), OF[key].accepted
    for template in item.templates:
        reply = await answer(composed(item, await taker(item, template), template))
        if place is None:
            assert (reply.status, reply.body) == (202, b"")
            assert "202" in document(OF[key].file)["paths"]["/v3/mail/send"]["post"]["responses"]
            continue
        body = json.loads(reply.body)
        assert faults(key, place, body) == []
        assert set(body) <= set(_schema(key, place)["properties"])


@pytest.mark.parametrize(
    ("item", "endpoint", "rule"), REFUSALS, ids=lambda value: getattr(value, "key", None)
)
async def test_a_stand_ins_refusal_has_the_shape_of_the_vendors(
    item: Provider, endpoint: Endpoint, rule: Requirement
) -> None:
    reply = await answer(with_body(item, endpoint, break_rule(await good_body(item, endpoint), rule)))
    body = json.loads(reply.body)
    assert true_faults(item.key, OF[item.key].refused, body) == []
    assert set(body) <= set(_schema(item.key, OF[item.key].refused)["properties"])


def _schema(key: str, place: str) -> dict[str, Any]:
    found: Any = document(OF[key].file)
    for name in place.removeprefix("#/").split("/"):
        found = found[name.replace("~1", "/")]
    return dict(found)


def test_sparkposts_words_are_in_its_own_blueprint() -> None:
    path = SPECS / "sparkpost_transmissions.apib"
    if not path.is_file():
        pytest.skip("The steering repository's folder shared/specs does not lie beside this repository.")
    text = path.read_text("utf-8") + path.with_name("sparkpost_index.apib").read_text("utf-8")
    (content,) = [
        rule.refusal.body["errors"][0]
        for rule in provider("sparkpost").endpoints[0].requirements
        if rule.paths == ("content",)
    ]
    assert all(json.dumps(value) in text for value in content.values())
    assert "code `420`" in text


def test_mailguns_words_are_in_its_own_specification() -> None:
    text = json.dumps(document("mailgun_messages.json"))
    messages = [rule.refusal.body["message"] for rule in provider("mailgun").endpoints[0].requirements]
    assert messages[-1] in text
    throttled = provider("mailgun").emulation.throttled.body["message"]
    assert throttled.replace('{{ domain | default("example.com") }}', "example.com") in text
