"""Read: every answer and every failure becomes an outcome, with the provider's own words beside it (R-ESP-28, R-CMN-06)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.read import SHORT, is_json, json_of, read
from workbench.models.provider import Provider, Reading
from workbench.models.request import Failure, FailureKind, FieldError, Headers, Outcome, Reply
from workbench.providers import every, provider
from workbench.sentence import say

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HTML = b"<!doctype html><title>Sign in</title><script>alert(1)</script>"


def reading(**fields: Any) -> Provider:
    """Return the custom provider with a reading of one's own."""
    return provider("custom").model_copy(update={"reading": Reading(**fields)})


def reply(
    status: int = 200, body: Any = None, headers: Headers = (), kind: str = "application/json"
) -> Reply:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Reply(status=status, headers=(("Content-Type", kind), *headers), body=content)


def told(item: Provider, answer: Reply | Failure) -> Outcome:
    return read(item, answer, NOW)


CUSTOM = provider("custom")


# failures ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", get_args(FailureKind))
@pytest.mark.parametrize("sent", [True, False])
def test_a_failure_is_unreachable_or_uncertain(kind: FailureKind, sent: bool) -> None:
    sentence = say("The line went dead.")
    outcome = told(CUSTOM, Failure(kind=kind, sentence=sentence, sent=sent))
    wanted = "blocked" if kind == "blocked" else "uncertain" if sent else "unreachable"
    assert (outcome.kind, outcome.sentence, outcome.ids, outcome.errors) == (wanted, sentence, (), ())


# kinds ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, "accepted"), (201, "accepted"), (204, "accepted"), (299, "accepted"), (300, "redirected"), (302, "redirected"),
     (308, "redirected"), (400, "refused"), (404, "refused"), (422, "refused"), (429, "throttled"), (499, "refused"),
     (500, "server_error"), (503, "server_error"), (599, "server_error")],
)  # fmt: skip
def test_the_status_decides(status: int, kind: str) -> None:
    assert told(CUSTOM, reply(status)).kind == kind


def test_a_provider_may_have_another_number_for_throttling() -> None:
    assert told(reading(throttled=(420, 429)), reply(420)).kind == "throttled"


@pytest.mark.parametrize(
    ("body", "says_no"),
    [
        ({"id": "1"}, False),
        ({"error": "no"}, True),
        ({"Error": {"message": "no"}}, True),
        ({"errors": [{"message": "no"}]}, True),
        ({"errors": []}, False),
        ({"error": None}, False),
        ({"is_error": True}, True),
        ({"success": False}, True),
        ({"success": True}, False),
        ({"ok": False}, True),
        ({"status": "error"}, True),
        ({"status": "FAILED"}, True),
        ({"status": "queued"}, False),
        ([{"error": "no"}], False),
        ("error", False),
        (None, False),
    ],
)
def test_a_yes_whose_body_says_no_is_to_be_checked(body: Any, says_no: bool) -> None:
    assert told(CUSTOM, reply(200, body)).kind == ("check_body" if says_no else "accepted")


def test_the_providers_own_mark_comes_first() -> None:
    item = reading(
        errors="$",
        message="Message",
        code="ErrorCode",
        refused_unless=("ErrorCode", (0,)),
        ids=("ID", "[].ID"),
    )
    fine, bad = {"ErrorCode": 0, "Message": "OK", "ID": "1"}, {"ErrorCode": 406, "Message": "Inactive"}
    assert told(item, reply(200, fine)).kind == "accepted"
    assert told(item, reply(200, bad)).errors == (FieldError(message="Inactive", code="406"),)
    mixed = told(item, reply(200, [fine, bad, {**fine, "ID": "2"}]))
    assert (mixed.kind, mixed.ids) == ("check_body", ("1", "2"))
    assert [error.message for error in mixed.errors] == ["Inactive"]
    assert told(item, reply(200, [fine, fine])).kind == "accepted"
    assert told(item, reply(200, {"no": "mark"})).kind == "accepted"
    # a refusal may carry the mark of a yes: Salesforce's 401 has errorcode 0
    assert (
        told(item, reply(401, {"ErrorCode": 0, "Message": "Not Authorized"})).errors[0].message
        == "Not Authorized"
    )


def test_brazes_minor_errors_are_to_be_checked() -> None:
    # https://www.braze.com/docs/api/errors: success with non-fatal errors
    outcome = told(
        provider("braze"), reply(201, {"message": "success", "dispatch_id": "d", "errors": ["no such user"]})
    )
    assert (outcome.kind, outcome.ids) == ("check_body", ("d",))
    assert outcome.errors[0].message == "no such user"
    assert told(provider("braze"), reply(201, {"message": "success", "dispatch_id": "d"})).kind == "accepted"


def test_sparkposts_partial_success_keeps_its_id() -> None:
    # the sample of the vendor's blueprint, sparkpost_transmissions.apib
    body = {
        "errors": [{"message": "transmission created, but with validation errors", "code": "2000"}],
        "results": {
            "total_rejected_recipients": 1,
            "total_accepted_recipients": 1,
            "id": "11668787484950530",
        },
    }
    outcome = told(provider("sparkpost"), reply(200, body))
    assert (outcome.kind, outcome.ids) == ("check_body", ("11668787484950530",))
    assert outcome.errors == (
        FieldError(message="transmission created, but with validation errors", code="2000"),
    )


# errors --------------------------------------------------------------------------------------------------------------

DECLARED = reading(errors="errors", message="title", field="source.pointer", code="code")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"errors": [{"title": "a", "code": 7, "source": {"pointer": "/x"}}]}, [("a", "/x", "7")]),
        ({"errors": [{"title": "a"}, {"title": "b"}]}, [("a", None, None), ("b", None, None)]),
        ({"errors": {"title": "a"}}, [("a", None, None)]),
        ({"errors": ["a", "b"]}, [("a", None, None), ("b", None, None)]),
        ({"errors": "a"}, [("a", None, None)]),
        ({"errors": [None, 7, {"title": 8}, [], {"title": "a"}]}, [("a", None, None)]),
        ({"errors": [{"title": "a", "description": "more"}]}, [("a: more", None, None)]),
        ({"errors": [{"title": "a", "description": "a"}]}, [("a", None, None)]),
        ({"errors": [{"title": "a", "description": 7}]}, [("a", None, None)]),
    ],
)
def test_errors_are_read_where_they_are_declared(body: Any, errors: list[Any]) -> None:
    found = told(DECLARED, reply(400, body)).errors
    assert [(error.message, error.field, error.code) for error in found] == errors


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"message": "m"}, "application/json", "m"),
        ({"error": "e", "error_description": "d"}, "application/json", "d"),
        ({"error": {"message": "m"}}, "application/json", "m"),
        ({"detail": "d"}, "application/json", "d"),
        ({"title": "t"}, "application/json", "t"),
        ("Forbidden", "application/json", "Forbidden"),
        (b"Forbidden", "text/plain", "Forbidden"),
        (b" Forbidden\n", "", "Forbidden"),
        (HTML, "text/html", None),
        (HTML, "text/plain", None),
        (b"", "text/plain", None),
        (b"x" * (SHORT + 1), "text/plain", None),
        ({"message": "x" * (SHORT + 1)}, "application/json", "x" * (SHORT + 1)),
        ({"message": 7}, "application/json", None),
        ({"message": ""}, "application/json", None),
        ([], "application/json", None),
        (7, "application/json", None),
        (None, "application/json", None),
    ],
)
def test_a_refusal_is_heard_wherever_it_speaks(body: Any, kind: str, words: str | None) -> None:
    for item in (DECLARED, reading(), CUSTOM):
        outcome = told(item, reply(400, body, kind=kind))
        assert [error.message for error in outcome.errors] == ([words] if words else [])
        assert words is None or words[:SHORT] in str(outcome.sentence)


def test_a_plain_yes_is_not_taken_for_an_error() -> None:
    for body in (b"OK", b"Accepted", HTML):
        assert told(CUSTOM, reply(200, body, kind="text/plain")).errors == ()
    assert (
        told(provider("mailgun"), reply(200, {"id": "<1@x>", "message": "Queued. Thank you."})).errors == ()
    )


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("MessageRejected", "MessageRejected"),
        ("MessageRejected:http://internal.amazon.com/x", "MessageRejected"),
        ("com.amazonaws.ses#MessageRejected", "MessageRejected"),
        ("", None),
    ],
)
def test_a_code_may_be_in_a_header(value: str, code: str | None) -> None:
    headers = (("x-amzn-ErrorType", value),) if value else ()
    outcome = told(provider("amazon_ses"), reply(400, {"message": "no"}, headers))
    assert outcome.errors == (FieldError(message="no", code=code),)


# ids -----------------------------------------------------------------------------------------------------------------


def test_ids_are_read_from_headers_and_every_path() -> None:
    item = reading(ids=("header:X-Id", "id", "list[].id"))
    body = {"id": 7, "list": [{"id": "a"}, {"id": None}, {"id": "b"}]}
    assert told(item, reply(202, body, (("x-id", "h"),))).ids == ("h", "7", "a", "b")
    assert told(item, reply(202, b"not json", (("X-ID", "h"),))).ids == ("h",)
    assert told(item, reply(400, body, (("X-Id", "h"),))).ids == ()


def test_an_id_that_body_and_header_name_is_one() -> None:
    item = reading(ids=("id", "header:X-Id"))
    assert told(item, reply(202, {"id": "same"}, (("X-Id", "same"),))).ids == ("same",)


# waiting ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (" 7 ", 7.0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("9" * 400, None),
        ("soon", None),
        ("", None),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Sat, 21 Nov 2026 12:00:30", 30.0),
        ("Sat, 99 Nov 2026 12:00:30 GMT", None),
        ("Fri, 31 Dec 999999999999 23:59:59 GMT", None),
        ("limit exceeded, try again after 120 seconds", 120.0),
    ],
)
def test_retry_after_in_all_its_forms(value: str, seconds: float | None) -> None:
    # https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    assert told(CUSTOM, reply(429, {}, (("retry-after", value),))).retry_after_s == seconds


def test_a_time_of_reset_is_seconds_or_an_epoch() -> None:
    item = reading(reset_at=("header:X-Reset",))
    waits = {"5": 5.0, "0": 0.0, str(int(NOW.timestamp()) + 40): 40.0, "1392815263": 0.0, "x": None}
    for value, seconds in waits.items():
        assert told(item, reply(429, {}, (("X-Reset", value),))).retry_after_s == seconds
    both = reply(429, {}, (("X-Reset", "5"), ("Retry-After", "9")))
    assert told(item, both).retry_after_s == 9.0


def test_only_who_must_wait_is_told_how_long() -> None:
    header = (("Retry-After", "9"),)
    assert told(CUSTOM, reply(503, {}, header)).retry_after_s == 9.0
    assert told(CUSTOM, reply(200, {}, header)).retry_after_s is None
    assert told(CUSTOM, reply(400, {}, header)).retry_after_s is None


def test_mailgun_says_it_in_its_text() -> None:
    message = "Domain example.com is not allowed to send: account-requests-per-sec limit exceeded, try again after 120 seconds"
    assert told(provider("mailgun"), reply(429, {"message": message})).retry_after_s == 120.0
    assert told(provider("mailgun"), reply(429, {"message": 10**400})).retry_after_s is None
    assert told(provider("mailgun"), reply(429, ["message"])).retry_after_s is None


# sentences -------------------------------------------------------------------------------------------------------------


def test_a_redirect_names_its_host_only() -> None:
    sentence = str(
        told(CUSTOM, reply(302, None, (("Location", "https://elsewhere.example/a?token=s3cret"),))).sentence
    )
    assert "elsewhere.example" in sentence
    assert "s3cret" not in sentence
    assert str(told(CUSTOM, reply(302)).sentence)


@pytest.mark.parametrize("item", every().values(), ids=list(every()))
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 413, 422, 429, 500, 503])
def test_every_outcome_is_a_sentence_with_the_providers_name(item: Provider, status: int) -> None:
    sentence = str(told(item, reply(status, {"error": "no"})).sentence)
    assert item.name in sentence
    assert str(status) in sentence
    assert "{" not in sentence


def test_the_words_of_a_provider_are_cut_short_in_the_sentence() -> None:
    outcome = told(DECLARED, reply(400, {"errors": [{"title": "x" * 5000}]}))
    assert len(str(outcome.sentence)) < 1000
    assert len(outcome.errors[0].message) == 5000


# whatever comes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00", b"\xff\xfe", b"{", b"[" * 100_000, b"9" * 5000, b'{"a":' * 5000, HTML, b"x" * 2_000_000],
)
@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_no_answer_is_too_strange_to_be_read(body: bytes, status: int) -> None:
    for item in every().values():
        assert str(told(item, reply(status, body)).sentence)


@pytest.mark.parametrize(
    "charset",
    ["latin-1", "utf-16", "utf-7", "idna", "punycode", "zip", "rot13", "nonsense", "", "'", "x" * 5000],
)
def test_no_charset_is_too_strange(charset: str) -> None:
    for body in (b"caf\xe9", b"\xff\xfea\x00", b'{"message": "no"}', b""):
        assert told(CUSTOM, reply(400, body, kind=f"application/json; charset={charset}")).kind == "refused"


PLAIN_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)
KINDS = st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-8",
        "text/x; charset=latin-1",
        "a/b; charset=utf-16",
        "a/b;charset=no",
        "",
    ]
)


@settings(deadline=None)
@given(
    PLAIN_JSON.map(lambda value: json.dumps(value).encode()) | PLAIN_JSON.map(lambda value: json.dumps(value, ensure_ascii=False).encode())
    | st.binary(max_size=12) | st.text("0123456789.eE+-[]{},: \"\\unaNIfity", max_size=24).map(str.encode)
    | st.sampled_from([b"\xef\xbb\xbf{}", b"1e400", b"-0", b"12345678901234567890123", b'{"a":1,"a":2}', b'"\x7f"', b'"\x01"', b"nul"]),
    KINDS,
)  # fmt: skip
def test_a_body_is_parsed_as_the_standard_library_parses_its_text(body: bytes, kind: str) -> None:
    answer = reply(200, body, kind=kind)
    try:
        wanted = json.loads(answer.text())
    except ValueError:
        assert not is_json(json_of(answer))
        return
    found = json_of(answer)
    if "\\ud" not in answer.text().lower():  # half a character is replaced, see below
        assert repr(found) == repr(wanted)
    json.dumps(found, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (b'{"id":"\\ud800x"}', ("?x",)),
        (b'{"id":"\\ud83d\\ude00"}', ("\U0001f600",)),
        (b'{"id":12345678901234567890123}', ("12345678901234567890123",)),
    ],
)
def test_an_id_can_be_written_again(body: bytes, ids: tuple[str, ...]) -> None:
    outcome = told(CUSTOM, reply(200, body))
    assert outcome.ids == ids
    assert Outcome.model_validate_json(outcome.model_dump_json()) == outcome


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "raw_unicode_escape"])
def test_a_charset_that_gives_half_a_character_is_read_all_the_same(charset: str) -> None:
    body = b"+2AA-" if charset == "utf-7" else b"\\ud800"
    outcome = told(CUSTOM, reply(400, body, kind=f"text/plain; charset={charset}"))
    assert outcome.model_dump_json().encode()


def test_json_null_is_json_and_rubbish_is_not() -> None:
    assert is_json(json_of(reply(200, b"null")))
    assert json_of(reply(200, b"null")) is None
    assert not is_json(json_of(reply(200, b"nil")))
    assert not is_json(json_of(reply(200, b"")))


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["errors", "error", "message", "Message", "ErrorCode", "id", "results", "code", "status", "title",
                 "errorcode", "responses", "description", "BulkEmailEntryResults", "Status", "MessageId"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=20,
    ),
    st.integers(200, 599),
    st.sampled_from(list(every().values())),
)  # fmt: skip
def test_any_json_is_read_by_any_provider(body: Any, status: int, item: Provider) -> None:
    outcome = told(item, reply(status, body))
    assert str(outcome.sentence)
    assert all(isinstance(found, str) for found in outcome.ids)
    assert outcome.ok is (outcome.kind == "accepted")


@settings(deadline=None)
@given(st.binary(max_size=100), st.integers(100, 599), st.text(max_size=30))
def test_any_bytes_are_read(body: bytes, status: int, header: str) -> None:
    answer = Reply(
        status=status,
        headers=(("Retry-After", header), ("Content-Type", header), ("Location", header)),
        body=body,
    )
    assert str(told(CUSTOM, answer).sentence)


def test_a_web_page_is_no_receipt() -> None:
    outcome = told(CUSTOM, reply(200, HTML, kind="text/html; charset=utf-8"))
    assert outcome.kind == "check_body"
    assert "web page" in str(outcome.sentence)
    assert told(CUSTOM, reply(200, b"", kind="text/html")).kind == "accepted"
