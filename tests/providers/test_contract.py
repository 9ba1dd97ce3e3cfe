"""The contract that every provider keeps: its declaration, its stand-in and its reading fit each other."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.providers.broken import break_rule
from tests.providers.filled import SECRET, fill, fill_for, settings_for, values_let_in
from workbench.adapters.wire import Wire
from workbench.engine.auth import authorize, credential_values
from workbench.engine.compose import (
    CONTENT_TYPES,
    body_of,
    compose,
    content_type_of,
    encoded,
    url_of,
    values_of,
)
from workbench.engine.paths import first
from workbench.engine.read import read
from workbench.engine.template import check_template, compile_template
from workbench.engine.xml_values import xml_read
from workbench.errors import NotFound
from workbench.models.contact import SAMPLE, Contact
from workbench.models.credential import BearerToken, Credential, HeaderKey, NoAuthorization, Signature
from workbench.models.event import EVENT_SAMPLE
from workbench.models.payload import PayloadTemplate
from workbench.models.provider import Endpoint, Provider, Requirement
from workbench.models.request import Outcome, Reply, Request
from workbench.providers import every, provider
from workbench.sandbox.app import Sandbox
from workbench.sandbox.faults import Fault, FaultKind
from workbench.sandbox.providers import stands_in_for

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PROVIDERS = list(every().values())
ENDPOINTS = [(item, endpoint) for item in PROVIDERS for endpoint in item.endpoints]
TEMPLATES = [(item, template) for item in PROVIDERS for template in item.templates]
RULES = [(item, endpoint, rule) for item, endpoint in ENDPOINTS for rule in endpoint.requirements]
CREDENTIALS = [(item, credential) for item in PROVIDERS for credential in item.credentials]
EMAIL = "ana.lima@example.com"

BODIES: dict[tuple[str, str], Any] = {
    ("postmark", "batch"): [
        {"From": "a@example.com", "To": EMAIL, "TextBody": "1"},
        {"From": "a@example.com", "To": EMAIL, "TextBody": "2"},
    ],
    ("postmark", "template"): {"From": "a@example.com", "To": EMAIL, "TemplateId": 1, "TemplateModel": {}},
    ("amazon_ses", "bulk"): {
        "FromEmailAddress": "a@example.com",
        "DefaultContent": {"Template": {"TemplateName": "t", "TemplateData": "{}"}},
        "BulkEmailEntries": [{"Destination": {"ToAddresses": [EMAIL]}}],
    },
    **{
        ("custom", key): {"to": EMAIL, "n": "1"}
        for key in ("form", "nested_form", "multipart", "put", "patch")
    },
    **{("sendpulse", key): EVENT_SAMPLE.variables["event"] for key in ("raw", "form", "urlencoded")},
}
"""Accepted bodies of the endpoints that no template is for."""

ANYWHERE = ("custom", "custom_channel")
"""The providers whose host is a person's own choice."""

by_key = partial(pytest.mark.parametrize, "item", PROVIDERS, ids=lambda item: item.key)


def named(value: Any) -> str | None:
    if isinstance(value, (Provider, Endpoint)):
        return value.key
    if isinstance(value, PayloadTemplate):
        return value.id
    if isinstance(value, Requirement):
        return f"{value.rule}-{value.most or ''}-{'|'.join(value.paths)}"[:60]
    return value.kind if isinstance(value, type) and issubclass(value, Credential) else None


def sample(item: Provider) -> Contact:
    return EVENT_SAMPLE if item.channel == "event" else SAMPLE


def composed(item: Provider, endpoint: Endpoint, template: PayloadTemplate) -> Request:
    credential, secrets = fill_for(item, endpoint)
    return compose(
        settings_for(item, endpoint),
        item,
        credential,
        compile_template(template.text),
        sample(item),
        identifier=EMAIL,
        secrets=secrets,
        token="any-token",
        now=NOW,
    )


def with_body(item: Provider, endpoint: Endpoint, body: Any) -> Request:
    """Return a request of a ready body, with the first credential that the endpoint takes."""
    credential, secrets = fill_for(item, endpoint)
    form = endpoint.encoding == "form"
    content = urlencode(body, doseq=True).encode() if form else encoded(body, endpoint.encoding)
    request = Request(
        method=endpoint.method,
        url=url_of(settings_for(item, endpoint), endpoint, credential_values(credential, secrets)),
        headers=(("Content-Type", content_type_of(endpoint.encoding, content)), *endpoint.headers),
        body=content,
        provider=item.key,
    )
    return authorize(request, credential, secrets, token="any-token", now=NOW)


async def answer(request: Request, sandbox: Sandbox | None = None) -> Reply:
    wire = Wire.rehearsal((sandbox or Sandbox()).route)
    reply = await wire.send(request)
    assert isinstance(reply, Reply), reply
    return reply


async def outcome_of(request: Request, sandbox: Sandbox | None = None) -> Outcome:
    return read(provider(request.provider), await answer(request, sandbox), datetime.now(UTC))


async def taker(item: Provider, template: PayloadTemplate) -> Endpoint:
    """Return the endpoint that a template is for: the first that takes it."""
    for endpoint in item.endpoints:
        if (await outcome_of(composed(item, endpoint, template))).ok:
            return endpoint
    raise AssertionError(f"no endpoint of {item.key} takes {template.id}")


async def good_body(item: Provider, endpoint: Endpoint) -> Any:
    if (item.key, endpoint.key) in BODIES:
        return BODIES[item.key, endpoint.key]
    for template in item.templates:
        if await taker(item, template) is endpoint:
            return compile_template(template.text).tree(values_of(sample(item), EMAIL, "Spring sale"))
    raise AssertionError(f"no body for {item.key} {endpoint.key}")


# what is declared ------------------------------------------------------------------------------------------------


def test_the_catalogue_holds_all_of_them_and_custom_first() -> None:
    assert list(every()) == [
        "custom", "amazon_ses", "azure_communication_services", "braze", "brevo", "custom_channel", "infobip", "klaviyo",
        "link_mobility", "mailgun", "postmark", "salesforce_marketing_cloud", "sendgrid", "sendpulse", "sparkpost", "telesign",
        "twilio", "vibes",
    ]  # fmt: skip


def test_an_unknown_provider_is_named_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match=r"“mandrill”.*sendgrid"):
        provider("mandrill")


@by_key()
def test_it_has_titles_and_sources(item: Provider) -> None:
    assert item.name
    assert item.about
    assert all(endpoint.title for endpoint in item.endpoints)
    assert item.sources
    assert all(source.startswith("https://") for source in item.sources)
    assert len({endpoint.key for endpoint in item.endpoints}) == len(item.endpoints)
    assert len({template.id for template in item.templates}) == len(item.templates)


@pytest.mark.parametrize(("item", "model"), CREDENTIALS, ids=named)
def test_a_credential_can_be_shown_as_a_form(item: Provider, model: type[Credential]) -> None:
    assert model.kind
    assert model.label
    for name, field in model.model_fields.items():
        assert field.title, name
        assert field.description, name
    kinds = [credential.kind for credential in item.credentials]
    assert len(set(kinds)) == len(kinds)
    assert item.credential(model.kind) is model


@by_key()
def test_the_fields_in_urls_and_headers_are_fields_of_a_credential(item: Provider) -> None:
    fields = {name for model in item.credentials for name in model.model_fields}
    texts = [endpoint.url for endpoint in item.endpoints]
    texts += [model.auth.value for model in item.credentials if isinstance(model.auth, HeaderKey)]
    assert {name for text in texts for name in re.findall(r"\{(\w+)\}", text)} <= fields


@pytest.mark.parametrize(("item", "endpoint"), ENDPOINTS, ids=named)
def test_the_stand_in_answers_for_the_urls_host(item: Provider, endpoint: Endpoint) -> None:
    credential, secrets = fill_for(item, endpoint)
    url = url_of(settings_for(item, endpoint), endpoint, credential_values(credential, secrets))
    assert urlsplit(url).scheme == "https"
    assert "{" not in url
    assert stands_in_for(item, urlsplit(url).hostname or "")
    others = [other for other in PROVIDERS if other.key not in (item.key, *ANYWHERE)]
    assert item.key in ANYWHERE or not any(stands_in_for(o, urlsplit(url).hostname or "") for o in others)


def test_every_region_is_stood_in_for() -> None:
    for item, model in CREDENTIALS:
        host = model.model_fields.get("host")
        for name in getattr(host.annotation, "__args__", ()) if host else ():
            assert stands_in_for(item, name), name


@pytest.mark.parametrize("host", ["rest.fra-02.braze.eu", "rest.iad-01.braze.com", "rest.au-01.braze.com"])
def test_brazes_instances_lie_under_two_names(host: str) -> None:
    item = provider("braze")
    credential, secrets = fill(item.credentials[0], host=host)
    url = url_of(settings_for(item, item.endpoint()), item.endpoint(), credential_values(credential, secrets))
    assert url == f"https://{host}/campaigns/trigger/send"
    assert stands_in_for(item, host)


# templates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("item", "template"), TEMPLATES, ids=named)
def test_a_template_has_no_problem_and_names_its_recipient(item: Provider, template: PayloadTemplate) -> None:
    assert check_template(template.text, sample(item).variables) == ()
    compiled = compile_template(template.text)
    # a payload that is one slot: the body that it stands for names the recipient
    alone = any(slot.whole and not slot.path for slot in compiled.slots)
    assert alone or {slot.kind for slot in compiled.slots} >= {"identifier"}
    assert template.encoding == item.endpoint().encoding
    assert template.name
    assert template.source_url is None or template.source_url.startswith("https://")


@pytest.mark.parametrize(("item", "template"), TEMPLATES, ids=named)
async def test_a_template_is_accepted_and_its_id_is_read(item: Provider, template: PayloadTemplate) -> None:
    endpoint = await taker(item, template)

    outcome = await outcome_of(composed(item, endpoint, template))

    assert outcome.kind == "accepted"
    assert outcome.errors == ()
    assert item.name in str(outcome.sentence)
    # Klaviyo's 202 has no body (https://developers.klaviyo.com/en/reference/create_event), SendPulse's 200 says result: true
    gives_an_id = item.key not in ("klaviyo", "sendpulse")
    assert bool(outcome.ids) is gives_an_id
    assert all("{" not in found and found for found in outcome.ids)


@by_key()
async def test_the_first_template_belongs_to_the_first_endpoint(item: Provider) -> None:
    assert await taker(item, item.templates[0]) is item.endpoints[0]


@by_key()
async def test_a_value_cannot_change_the_shape_of_the_payload(item: Provider) -> None:
    plain_one = sample(item)
    nasty = plain_one.model_copy(
        update={
            "variables": {
                **plain_one.variables,
                "first_name": '","x":"{{ subject }}${dyCampaignName}',
                "subject": "\\\n",
            }
        }
    )
    endpoint = await taker(item, item.templates[0])
    compiled = compile_template(item.templates[0].text)
    plain = compiled.tree(values_of(plain_one, EMAIL, "c"))
    hostile = compiled.tree(values_of(nasty, EMAIL, "c"))
    assert _shape(plain) == _shape(hostile)
    assert body_of(compiled, endpoint.encoding, values_of(nasty, EMAIL, "c"))


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items()}
    return [_shape(item) for item in value] if isinstance(value, list) else type(value).__name__


# refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("item", "endpoint"), ENDPOINTS, ids=named)
async def test_every_endpoint_takes_a_good_body(item: Provider, endpoint: Endpoint) -> None:
    assert (await outcome_of(with_body(item, endpoint, await good_body(item, endpoint)))).kind == "accepted"


@pytest.mark.parametrize(("item", "endpoint", "rule"), RULES, ids=named)
async def test_every_requirement_is_refused_in_the_vendors_words(
    item: Provider, endpoint: Endpoint, rule: Requirement
) -> None:
    request = with_body(item, endpoint, break_rule(await good_body(item, endpoint), rule))

    reply = await answer(request)
    outcome = read(item, reply, NOW)

    each = endpoint.accepted.each
    of_an_item = each is not None and rule.paths[0].startswith("[]." if each == "$" else f"{each}[].")
    assert outcome.kind == ("check_body" if of_an_item else "refused")
    assert reply.status == (endpoint.accepted.status if of_an_item else rule.refusal.status)
    if of_an_item and item.sms is not None:  # what a text's recipient is told is read by the dialect
        assert rule.refusal.body["errorMessage"] in reply.text()
        return
    assert re.search(_as_pattern(rule.refusal.body, item), reply.text()), reply.text()
    assert outcome.errors
    words = outcome.errors[0].message
    assert words[:300] in str(outcome.sentence)
    tree = xml_read(reply.body) if endpoint.encoding == "xml" else json.loads(reply.text())
    assert words.split(":")[0][:40] in json.dumps(tree, ensure_ascii=False).replace('\\"', '"')


def _as_pattern(body: Any, item: Provider) -> str:
    """Return the declared message of a refusal, its slots open."""
    path = (item.reading.errors.replace("$", "") + "." if item.reading.errors not in ("", "$") else "") + "0."
    error = body
    for name in path.split("."):
        error = (
            error.get(name, error)
            if isinstance(error, dict)
            else error[0]
            if isinstance(error, list)
            else error
        )
    shapes = (
        item.reading.message,
        *item.reading.words,
        "title",
    )  # an answer of another shape: problem details
    said = next(found for shape in shapes if (found := first(error, shape)))
    text = json.dumps(said, ensure_ascii=False)[1:-1]
    return ".*".join(re.escape(part) for part in re.split(r"\{\{.*?\}\}", text))


@pytest.mark.parametrize(
    ("item", "model"),
    [pair for pair in CREDENTIALS if not isinstance(pair[1].auth, NoAuthorization)],
    ids=named,
)
async def test_a_wrong_key_is_refused(item: Provider, model: type[Credential]) -> None:
    endpoint = item.endpoints[0]
    right, secrets = fill(model)
    sandbox = Sandbox(expected={item.key: values_let_in(right, secrets)})
    wrong = dict.fromkeys(secrets, "wrong")
    good = with_body(item, endpoint, await good_body(item, endpoint))
    bare = good.model_copy(update={"headers": (("Content-Type", CONTENT_TYPES[endpoint.encoding]),)})

    def keyed(values: dict[str, str], token: str) -> Request:
        return authorize(bare, right, values, token=token, now=NOW)

    assert (await outcome_of(keyed(secrets, "any-token"), sandbox)).kind == "accepted"
    for request in (keyed(wrong, "wrong"), bare):
        outcome = await outcome_of(request, sandbox)
        if request is bare and item.key in ANYWHERE:  # they also take No Auth
            continue
        assert outcome.kind == "refused"
        assert outcome.errors
        assert outcome.errors[0].message in str(outcome.sentence)
        assert (await answer(request, sandbox)).status in (401, 403)
    if not isinstance(
        model.auth, Signature
    ):  # a signature does not show the key, so only a strict stand-in can tell
        assert (await outcome_of(keyed(wrong, "wrong"))).kind == "refused"


@by_key()
async def test_a_body_that_cannot_be_read_is_refused(item: Provider) -> None:
    request = composed(item, item.endpoints[0], item.templates[0])
    outcome = await outcome_of(request.model_copy(update={"body": b'{"to": \xff'}))
    assert outcome.kind == "refused"
    assert outcome.errors


@pytest.mark.parametrize("kind", ["throttled", "throttled_bare"])
@by_key()
async def test_throttling_is_read_with_its_wait(item: Provider, kind: FaultKind) -> None:
    sandbox = Sandbox(faults={item.key: (Fault(kind=kind, seconds=7),)})

    outcome = await outcome_of(composed(item, item.endpoints[0], item.templates[0]), sandbox)

    assert outcome.kind == "throttled"
    assert outcome.errors
    wait = 120.0 if item.key == "mailgun" else None  # Mailgun says it in its text, so it cannot be left out
    assert outcome.retry_after_s == (7.0 if kind == "throttled" else wait)


@pytest.mark.parametrize("key", ["sendgrid", "braze"])
async def test_a_time_of_reset_is_a_wait(key: str) -> None:
    item = provider(key)
    reply = await answer(
        composed(item, item.endpoints[0], item.templates[0]),
        Sandbox(faults={key: (Fault(kind="throttled"),)}),
    )
    without = reply.model_copy(
        update={"headers": tuple(pair for pair in reply.headers if pair[0].lower() != "retry-after")}
    )
    wait = read(item, without, datetime.now(UTC)).retry_after_s
    assert wait is not None
    assert 0 <= wait <= 2


@by_key()
async def test_its_own_failure_is_a_server_error(item: Provider) -> None:
    sandbox = Sandbox(faults={"*": (Fault(kind="server_error"),)})
    outcome = await outcome_of(composed(item, item.endpoints[0], item.templates[0]), sandbox)
    assert outcome.kind == "server_error"
    assert outcome.errors


# secrets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("item", "model"), CREDENTIALS, ids=named)
def test_no_secret_is_in_any_representation(item: Provider, model: type[Credential]) -> None:
    credential, secrets = fill(model)
    bare = with_body(item, item.endpoints[0], {"a": "b"}).model_copy(update={"headers": ()})
    request = authorize(bare, credential, secrets, token=f"{SECRET}-token", now=NOW)
    shown = " ".join(
        [
            repr(credential),
            str(credential),
            credential.model_dump_json(),
            repr(request),
            str(request),
            f"{request}",
        ]
    )
    assert SECRET not in shown
    if not isinstance(model.auth, NoAuthorization):
        assert len(request.headers) > 0


@by_key()
def test_a_bearer_token_comes_from_oauth2_alone(item: Provider) -> None:
    for model in item.credentials:
        assert isinstance(model.auth, BearerToken) == (model.kind == "oauth2")


def test_the_catalogue_is_sorted_by_name_behind_custom() -> None:
    names = [item.name.lower() for item in PROVIDERS[1:]]
    assert all(before < after for before, after in pairwise(names))
