"""Event addresses: the secret URL's shape, the name as one segment of a path, and the flow's id in a pasted address (R-EVT-04, 07, 14)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.filled import EVENT_URL, fill, handle
from workbench.engine.auth import address_field, credentials_for
from workbench.engine.checks import check_authenticate, check_configure
from workbench.engine.compose import address_of, url_of
from workbench.engine.event_identifiers import identifiers_in
from workbench.engine.event_urls import (
    address_secret,
    check_address,
    check_event_url,
    event_segment,
    flow_id_of,
    masked_address,
    masks_of,
    shared_with,
    trimmed,
)
from workbench.engine.forms import multipart_encoded, nested_encoded
from workbench.engine.redact import Redactor, hint_of
from workbench.models.base import SecretRef
from workbench.models.integration import Header, Settings
from workbench.providers import provider
from workbench.providers.sendpulse import SendPulseApiKey, SendPulseEventUrl, SendPulseKeys
from workbench.sentence import Sentence

SENDPULSE = provider("sendpulse")
HASH = "0123456789abcdef0123456789abcdef"
REF = SecretRef(handle=handle("event_url"), hint="**** 3663")


def by_url(endpoint: str = "raw", **more: Any) -> Settings:
    return Settings(
        name="Cart", channel="event", provider="sendpulse", endpoint=endpoint, url="{event_url}",
        credential_kind="sendpulse_event_url", credential={"event_url": REF.model_dump()},
    ).model_copy(update=more)  # fmt: skip


def by_key(event: str = "registration", **more: Any) -> Settings:
    keys = {"event": event, "client_id": "id", "client_secret": REF.model_dump()}
    return Settings(
        name="Cart", channel="event", provider="sendpulse", url=SENDPULSE.endpoint("rest").url, credential_kind="oauth2", credential=keys,
    ).model_copy(update=more)  # fmt: skip


# the secret URL ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        EVENT_URL,
        EVENT_URL + "/",
        f"https://events.sendpulse.com/events/id/{HASH}",
        f"  {EVENT_URL}\n",
        EVENT_URL.upper().replace("/EVENTS/ID/", "/events/id/"),
    ],
)
def test_a_url_of_the_tab_is_taken(url: str) -> None:
    assert check_event_url(url) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        (EVENT_URL.replace("https", "http"), "must start with https"),
        (EVENT_URL.replace("https", "ftp"), "must start with https"),
        (EVENT_URL.replace("events.sendpulse.com", "events.example.com"), "leads to “events.example.com”"),
        (EVENT_URL.replace("events.sendpulse.com", "sendpulse.com.example.org"), "leads to"),
        (EVENT_URL.replace("events.sendpulse.com", "127.0.0.1:8080"), "Local test"),
        (EVENT_URL.replace("://", "://ana:pw@"), "before “@”"),
        (EVENT_URL + "#part", "“#” part"),
        (EVENT_URL.replace("/events/id/", "/events/ id/"), "blank"),
        (EVENT_URL.replace("/events/id/", "/events/\u200bid/"), "blank"),
        (EVENT_URL + "\nhttps://elsewhere.example", "blank"),
        ("https://events.sendpulse.com/events/id/<hash>/<id>", "only stands for"),
        ("https://events.sendpulse.com/events/id/{hash}/7", "only stands for"),
        ("https://", "cannot be read"),
        ("https://[::1/events", "cannot be read"),
        ("events.sendpulse.com/events/id/x", "cannot be read"),
        (EVENT_URL + "/" + "9" * 2000, "characters"),
        ("https://api.sendpulse.com/events/name/registration", "REST API POST"),
        ("https://events.sendpulse.com:0/events/id/x", "cannot be read"),
    ],
)
def test_what_is_no_such_url_is_refused_without_repeating_it(url: str, words: str) -> None:
    (problem,) = check_event_url(url)
    assert problem.blocks
    assert problem.field == "credential.event_url"
    assert words in str(problem.sentence)
    assert HASH not in str(problem.sentence)
    assert "ana:pw" not in str(problem.sentence)


@pytest.mark.parametrize(
    "url",
    [
        EVENT_URL[:-12],
        EVENT_URL.replace("/id/", "/ident/"),
        EVENT_URL + "?x=1",
        EVENT_URL.replace("events.", "events2."),
        EVENT_URL.replace(".com/", ".com:8443/"),
        f"https://events.sendpulse.com/events/id/{HASH[:-1]}/1",
    ],
)
def test_another_shape_at_the_vendors_host_is_a_warning(url: str) -> None:
    (warning,) = check_event_url(url)
    assert warning.level == "warning"
    assert HASH[:28] not in str(warning.sentence)


def test_a_local_test_may_lead_to_this_machine_alone() -> None:
    local = "http://127.0.0.1:8123/sendpulse/events/id/x/1"
    assert check_event_url(local, local_test=True) == []
    assert check_event_url(local)[0].blocks
    assert check_event_url("https://events.example.com/events/id/x", local_test=True)[0].blocks
    assert check_event_url(EVENT_URL.replace("https", "http"), local_test=True)[0].blocks


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=80) | st.text(max_size=60).map(lambda text: f"https://events.sendpulse.com/{text}"))
def test_no_text_makes_the_check_raise(text: str) -> None:
    assert all(problem.field == "f" for problem in check_event_url(text, field="f"))
    assert isinstance(masks_of(text, "****"), dict)
    assert flow_id_of(text) is None or "/flow/id/" in text


def test_it_is_checked_where_the_settings_are_and_found_behind_its_handle() -> None:
    secrets = {REF.handle: f" {EVENT_URL} \n"}
    assert address_secret(by_url(), SENDPULSE, secrets) == ("event_url", EVENT_URL)
    assert check_address(by_url(), SENDPULSE, secrets) == []
    assert trimmed(by_url(), SENDPULSE, secrets) == {REF.handle: EVENT_URL}
    assert check_address(by_url(), SENDPULSE, {}) == []  # that it is missing is told elsewhere
    (wrong,) = check_address(by_url(), SENDPULSE, {REF.handle: "https://example.com/x"})
    assert wrong.field == "credential.event_url"
    assert check_address(by_key(), SENDPULSE, {REF.handle: "anything"}) == []
    assert address_secret(by_url(credential_kind="none"), SENDPULSE, secrets) is None


def test_the_url_goes_out_as_it_is_and_is_no_problem_of_step_1() -> None:
    endpoint = SENDPULSE.endpoint("form")
    assert url_of(by_url("form"), endpoint, {"event_url": EVENT_URL}) == EVENT_URL
    assert address_of("{event_url}", {"event_url": EVENT_URL + "?a=b%20c"}) == EVENT_URL + "?a=b%20c"
    assert check_configure(by_url(), SENDPULSE) == ()
    assert address_field("{event_url}", SendPulseEventUrl) == "event_url"
    assert address_field("https://{event_url}/x", SendPulseEventUrl) == ""
    assert address_field("{event_url}", SendPulseKeys) == ""


def test_a_mask_shows_the_host_and_four_signs_and_the_hash_alone_is_masked_too() -> None:
    shown = "https://events.sendpulse.com/events/id/**** 3663"
    assert masked_address(EVENT_URL) == shown
    redactor = Redactor(masks_of(EVENT_URL, hint_of(EVENT_URL)))
    assert redactor.url(EVENT_URL) == shown
    assert redactor.text(f"no event {HASH} of 7043663") == "no event **** of 7043663"
    assert HASH not in redactor.text(f"GET /events/id/{HASH}/7043663 and {EVENT_URL.replace('/', '%2F')}")
    assert masks_of("a-plain-secret", "**** cret") == {"a-plain-secret": "**** cret"}
    assert masks_of("https://x.example/a", "****") == {"https://x.example/a": "****"}


def test_a_url_that_serves_two_integrations_is_found() -> None:
    others = {"Test": EVENT_URL + "/ ", "Other": "https://events.sendpulse.com/events/id/x/1"}
    assert shared_with(EVENT_URL, others) == "Test"
    assert shared_with(EVENT_URL + "9", others) is None


# method and endpoint -----------------------------------------------------------------------------------------------


def test_each_endpoint_takes_the_credentials_that_fill_its_address() -> None:
    assert credentials_for(SENDPULSE, SENDPULSE.endpoint("rest")) == (SendPulseKeys, SendPulseApiKey)
    for key in ("raw", "form", "urlencoded"):
        assert credentials_for(SENDPULSE, SENDPULSE.endpoint(key)) == (SendPulseEventUrl,)
    assert (
        credentials_for(provider("mailgun"), provider("mailgun").endpoint())
        == provider("mailgun").credentials
    )


def test_a_method_that_does_not_fit_the_endpoint_is_named_with_the_one_that_does() -> None:
    (wrong,) = check_authenticate(by_key(endpoint="raw"), SENDPULSE)
    assert (wrong.field, wrong.blocks) == ("credential_kind", True)
    assert "Event URL" in str(wrong.sentence)
    (wrong,) = check_authenticate(by_url("rest"), SENDPULSE)
    assert "ID and secret" in str(wrong.sentence)
    assert check_authenticate(by_url(), SENDPULSE) == ()
    assert check_authenticate(by_key(), SENDPULSE) == ()


def test_a_multipart_forms_content_type_cannot_be_typed() -> None:
    typed = (Header(name="content-type", value="application/json"),)
    problems = check_configure(by_url("form", headers=typed), SENDPULSE)
    assert [problem.field for problem in problems if problem.blocks] == ["headers.0.name"]
    assert "boundary" in str(problems[-1].sentence)
    assert not [one for one in check_configure(by_url("raw", headers=typed), SENDPULSE) if one.blocks]


# the event's name --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("registration", "registration"),
        (" registration ", "registration"),
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("a?b", "a%3Fb"),
        ("ação", "a%C3%A7%C3%A3o"),
        ("%2F", "%252F"),
        ("a#b", "a%23b"),
        ("...", "..."),
        ("x" * 100, "x" * 100),
    ],
)
def test_a_name_becomes_one_segment(name: str, segment: str) -> None:
    assert event_segment(name) == segment
    credential, secrets = fill(SendPulseApiKey, event=name)
    url = url_of(by_key(), SENDPULSE.endpoint("rest"), {"event": credential.event, **secrets})  # type: ignore[attr-defined]
    assert url == f"https://api.sendpulse.com/events/name/{segment}"
    assert unquote(urlsplit(url).path.rpartition("/")[2]) == name.strip()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "empty"),
        ("   ", "empty"),
        (".", "another folder"),
        ("..", "another folder"),
        ("a\nb", "invisible"),
        ("a\x00b", "invisible"),
        ("a\ud800b", "invisible"),
        ("x" * 101, "101 characters"),
    ],
)
def test_a_name_that_is_no_segment_is_a_named_error(name: str, words: str) -> None:
    wrong = event_segment(name)
    assert isinstance(wrong, Sentence)
    assert words in str(wrong)
    found = check_authenticate(by_key(name), SENDPULSE)
    assert [problem.field for problem in found if problem.blocks] == ["credential.event"]


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=120))
def test_every_name_is_one_segment_or_a_sentence(name: str) -> None:
    segment = event_segment(name)
    if isinstance(segment, str):
        assert segment.isascii()
        assert not set(segment) & set("/?#\\ ")
        assert unquote(segment) == name.strip()
        assert segment not in (".", "..")


# flows -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("https://login.sendpulse.com/automation/flow/id/12345", 12345),
        ("https://login.sendpulse.com/automation/flow/id/12345/?tab=stats#x", 12345),
        (" /flow/id/7 ", 7),
        ("/flow/id/0", None),
        ("/flow/id/x12", None),
        ("/flow/id/", None),
        ("/flow/id/" + "9" * 40, None),
        ("/flow/id/١٢", None),
        ("12345", None),
        ("", None),
    ],
)
def test_a_flows_id_is_the_digits_in_its_address(text: str, id: int | None) -> None:
    assert flow_id_of(text) == id


# whom a body names -------------------------------------------------------------------------------------------------


def test_whom_a_body_names_is_found_in_every_encoding() -> None:
    body = {
        "email": "ana@example.com",
        "x": "email=no@example.com",
        "phone": "+5511987654321",
        "a": {"phone": "1"},
    }
    wanted = ("ana@example.com", "+5511987654321")
    assert (
        identifiers_in("json", b'{"email":"ana@example.com","phone":"+5511987654321","a":{"phone":"1"}}')
        == wanted
    )
    assert identifiers_in("nested_form", nested_encoded(body)) == wanted
    assert identifiers_in("multipart", multipart_encoded(body)) == wanted
    for encoding in ("json", "multipart", "nested_form"):
        assert identifiers_in(encoding, b"\xff[1") == ()
        assert identifiers_in(encoding, b"[1]") == ()
