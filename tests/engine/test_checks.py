"""The verdict on settings without any widget: R-ESP-1, 2, 5, 6, 7, 13, 14, 15, 18."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.checks import check_authenticate, check_configure, check_headers, credential_of, tidy
from workbench.models.base import Problem, SecretRef
from workbench.models.integration import Header, IdentifierType, Settings
from workbench.providers import provider

CUSTOM = provider("custom")
REF = SecretRef(handle="sec_abcdefgh1234", hint="**** wxyz")
FINE = Settings(name="Cart", url="https://api.example.com/send")


def words(problems: list[Problem] | tuple[Problem, ...]) -> dict[str, str]:
    return {problem.field: str(problem.sentence) for problem in problems if problem.blocks}


def test_fine_settings_pass() -> None:
    assert check_configure(FINE, CUSTOM) == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "Give the integration a name"), ("  ", "Give"), ("x" * 101, "at most 100"), ("a\nb", "line break")],
)
def test_names(name: str, said: str) -> None:
    assert said in words(check_configure(FINE.model_copy(update={"name": name}), CUSTOM))["name"]


def test_a_name_may_exist_once_whatever_its_case_and_blanks() -> None:
    found = words(check_configure(FINE.model_copy(update={"name": " CART "}), CUSTOM, [("cart", "sms")]))
    assert "already is an integration" in found["name"]


def test_one_integration_per_channel_unless_several_are_allowed() -> None:
    taken = [("Other", "email")]
    assert "channel" in words(check_configure(FINE, CUSTOM, taken))
    assert check_configure(FINE.model_copy(update={"allow_several": True}), CUSTOM, taken) == ()


BAD_HEADERS = {
    ("", "x"): "no name",
    ("X A", "x"): "not a possible header name",
    ("X:A", "x"): "not a possible header name",
    ("Ünï", "x"): "not a possible header name",
    ("X\nA", "x"): "not a possible header name",
    ("Host", "x"): "set by the connection",
    ("content-length", "5"): "set by the connection",
    ("Transfer-Encoding", "chunked"): "set by the connection",
    ("Connection", "close"): "set by the connection",
    ("X-A", "a\r\nX-B: c"): "line break",
    ("X-A", "caf\u00e9"): "cannot carry",
    ("X-A", "\U0001f600"): "cannot carry",
    ("X-A", "a\x00b"): "cannot carry",
    ("X-A", ""): "no value",
}


@pytest.mark.parametrize(("row", "said"), BAD_HEADERS.items())
def test_bad_headers_are_refused_by_the_form(row: tuple[str, str], said: str) -> None:
    problems = check_headers([Header(name=row[0], value=row[1])])
    assert any(said in str(problem.sentence) for problem in problems if problem.blocks)


def test_the_same_name_twice() -> None:
    problems = check_headers([Header(name="X-A", value="1"), Header(name="x-a", value="2")])
    assert "there twice" in words(problems)["headers.1.name"]


def test_authorization_is_one_thing_only() -> None:
    rows = [Header(name="authorization", value=REF)]
    assert words(check_headers(rows, made="Authorization"))
    assert not words(check_headers(rows))
    both = FINE.model_copy(
        update={
            "headers": tuple(rows),
            "credential_kind": "basic",
            "credential": {"username": "u", "password": REF.model_dump()},
        }
    )
    assert "Step 2 already" in words(check_authenticate(both, CUSTOM))["headers.0.name"]


def test_a_providers_own_key_header_is_not_typed_twice() -> None:
    settings = Settings(
        provider="postmark",
        credential_kind="postmark_token",
        headers=(Header(name="x-postmark-server-token", value="k"),),
    )
    assert "Step 2 already" in words(check_configure(settings, provider("postmark")))["headers.0.name"]


def test_what_looks_like_a_secret_or_is_not_json_is_warned_of() -> None:
    levels = {
        p.field: p.level
        for p in check_headers(
            [Header(name="X-Api-Key", value="k"), Header(name="Content-Type", value="text/xml")]
        )
    }
    assert levels == {"headers.0.value": "warning", "headers.1.value": "warning"}


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_the_form_takes_httpx_takes(name: str, value: str) -> None:
    """R-ESP-7: none of httpx's three errors for bad headers can be reached from the form."""
    header = tidy(FINE.model_copy(update={"headers": (Header(name=name, value=value),)})).headers
    if header and not any(problem.blocks for problem in check_headers(header)):
        request = httpx.Request(
            "POST", "https://example.com", headers=[(header[0].name, str(header[0].value))]
        )
        assert request.headers[header[0].name] == header[0].value


def test_tidy_trims_and_drops_empty_rows() -> None:
    messy = FINE.model_copy(
        update={"name": " Cart ", "headers": (Header(name=" X-A ", value=" 1 "), Header(name="", value=""))}
    )
    assert tidy(messy).headers == (Header(name="X-A", value="1"),)
    assert tidy(messy).name == "Cart"


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "Name the custom"), ("email", "ready identifier type"), ("Email", "capital letters")],
)
def test_custom_identifier_names(name: str, said: str) -> None:
    settings = FINE.model_copy(update={"identifier": IdentifierType(kind="custom", name=name)})
    assert said in words(check_configure(settings, CUSTOM))["identifier.name"]


def test_basic_auth_wants_both_and_no_colon_in_the_user() -> None:
    settings = FINE.model_copy(update={"credential_kind": "basic", "credential": {"username": "a:b"}})
    found = words(check_authenticate(settings, CUSTOM))
    assert "“User name” does not have the right form" in found["credential.username"]
    assert "“Password” is empty" in found["credential.password"]


OAUTH = {"token_url": "https://auth.example.com/token", "client_id": "app", "client_secret": REF.model_dump()}


def oauth(**more: object) -> dict[str, str]:
    return words(
        check_authenticate(
            FINE.model_copy(update={"credential_kind": "oauth2", "credential": {**OAUTH, **more}}), CUSTOM
        )
    )


def test_oauth2_is_fine_with_its_three() -> None:
    assert oauth() == {}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"client_id_key": "key", "client_secret_key": "key"}, "used twice"),
        ({"client_id_key": "grant_type"}, "used twice"),
        ({"parameters": [{"name": "client_id", "value": "x"}]}, "used twice"),
        ({"client_id_key": ""}, "is empty"),
        ({"parameters": [{"name": "", "value": "x"}]}, "no name"),
        ({"token_url": "http://auth.example.com/token"}, "must use https"),
        ({"token_url": "https://u:p@auth.example.com/"}, "before “@”"),
        ({"client_id": ""}, "“Client id” is empty"),
        ({"placement": "cookie"}, "must be one of"),
        ({"placement": "headers", "client_id_key": "a b"}, "not a possible header name"),
    ],
)
def test_oauth2_rules(more: dict[str, object], said: str) -> None:
    assert any(said in sentence for sentence in oauth(**more).values())


def test_a_wrong_secret_is_never_repeated() -> None:
    settings = FINE.model_copy(
        update={"credential_kind": "basic", "credential": {"username": "u", "password": "hunter2hunter2"}}
    )
    _, problems = credential_of(settings, CUSTOM)
    assert problems
    assert "hunter2" not in "".join(str(problem) + repr(problem) for problem in problems)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Idempotency Key", "not a possible header name"),
        ("é", "not a possible header name"),
        ("Host", "another purpose"),
        ("content-type", "another purpose"),
        ("AUTHORIZATION", "another purpose"),
        ("x-tenant", "also among the header parameters"),
    ],
)
def test_the_header_for_ids_is_one_that_nothing_else_fills(name: str, said: str) -> None:
    form = FINE.model_copy(
        update={
            "idempotency_header": name,
            "headers": (Header(name="X-Tenant", value="t1"),),
            "credential_kind": "basic",
        }
    )
    assert said in words(check_configure(form, CUSTOM))["idempotency_header"]


def test_a_header_for_ids_is_taken_and_trimmed() -> None:
    form = tidy(FINE.model_copy(update={"idempotency_header": " Idempotency-Key "}))
    assert form.idempotency_header == "Idempotency-Key"
    assert check_configure(form, CUSTOM) == ()


def test_a_typed_row_cannot_take_the_place_of_the_id_that_the_endpoint_documents() -> None:
    post = CUSTOM.endpoint().model_copy(
        update={"idempotency_header": "X-Once", "headers": (("Accept", "a/b"),)}
    )
    declared = CUSTOM.model_copy(update={"endpoints": (post,)})
    assert check_configure(FINE, declared) == ()
    typed = FINE.model_copy(
        update={"headers": (Header(name="A", value="b"), Header(name="x-once", value="1"))}
    )
    assert "id of each message" in words(check_configure(typed, declared))["headers.1.name"]
    other = FINE.model_copy(update={"idempotency_header": "accept"})
    assert "another purpose" in words(check_configure(other, declared))["idempotency_header"]
