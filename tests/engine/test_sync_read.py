"""What a platform's answers are read as: outcomes, codes, pace, imports, coupon sets, pages; and answers that are none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.pace import State, grant, learn, with_rates
from workbench.engine.sync_read import (
    LONGEST_WAIT_S,
    coupon_set,
    decoded,
    field_of,
    learned_of,
    page,
    read_answer,
    remote_import,
    report_url,
    stated_limit,
)
from workbench.errors import Refused
from workbench.models.request import Failure, Headers, Outcome, OutcomeKind, Reply
from workbench.providers.connectif import PLATFORM
from workbench.sentence import say

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
JSON: Headers = (("Content-Type", "application/json"),)
KINDS = get_args(OutcomeKind)


def reply(status: int, body: Any = None, headers: Headers = JSON) -> Reply:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Reply(status=status, headers=headers, body=content)


def error(code: str, **more: Any) -> Reply:
    return reply(400, {"status": 400, "title": "Bad Request", "detail": "Words.", "code": code, **more})


def read(answer: Reply | Failure, call: str = "purchase") -> Outcome:
    return read_answer(PLATFORM, call, answer, NOW)


# -- codes (R-SYNC-18) -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "more", "ids", "domains", "waits_for", "kind"),
    [
        ("E0101", {}, (), (), ("contact",), "refused"),
        ("E0102", {"productIds": ["1", "2", "1"]}, ("1", "2"), (), ("product",), "refused"),
        ("E0102", {"productsId": ["1", 2]}, ("1", "2"), (), ("product",), "refused"),
        ("E0103", {"productsId": ["1"], "allowedDomains": ["a.com"]}, ("1",), ("a.com",), (), "refused"),
        ("E0103", {"productIds": "1", "allowedDomains": "a.com"}, ("1",), ("a.com",), (), "refused"),
        ("E0103", {"productIds": None, "allowedDomains": [{}, 1.5]}, (), (), (), "refused"),
        ("E0201", {"allowedDomains": ["a.com", "b.com"]}, (), ("a.com", "b.com"), (), "refused"),
        ("E0301", {}, (), (), (), "throttled"),
        ("E0401", {}, (), (), (), "throttled"),
    ],
)
def test_each_code_is_read_with_its_lists_and_says_what_to_do(
    code: str, more: dict[str, Any], ids: tuple[str, ...], domains: tuple[str, ...], waits_for: tuple[str, ...], kind: str
) -> None:  # fmt: skip
    told = decoded(PLATFORM, error(code, **more))
    assert (told.code, told.ids, told.domains, told.waits_for) == (code, ids, domains, waits_for)
    assert told.full is (kind == "throttled")
    assert (told.meaning, told.advice) != (None, None)
    outcome = read(error(code, **more))
    assert outcome.kind == kind
    assert str(outcome.sentence).startswith(f"{code}: {told.meaning} {told.advice}")
    assert all(name in str(outcome.sentence) for name in (*ids, *domains))
    assert [(one.code, one.message) for one in outcome.errors] == [(code, "Words.")]


def test_a_code_that_nobody_knows_keeps_the_platforms_own_words() -> None:
    outcome = read(error("E0999"))
    assert outcome.kind == "refused"
    assert "Words." in str(outcome.sentence)
    assert outcome.errors[0].code == "E0999"


def test_of_many_ids_the_first_ten_are_named() -> None:
    outcome = read(error("E0102", productIds=[f"p{number}" for number in range(300)]))
    assert "p9 …" in str(outcome.sentence)
    assert len(decoded(PLATFORM, error("E0102", productIds=[str(n) for n in range(300)])).ids) == 100


def test_a_full_queue_holds_no_other_calls_up() -> None:
    news = learned_of(error("E0401"), NOW)
    assert news is not None
    assert not news.throttled


def test_values_that_are_not_taken_are_told_by_field() -> None:
    wrong = [
        {"name": "_points", "path": "/_points", "reason": "must be integer."},
        {"name": "unitPrice", "path": "/products/0/unitPrice", "reason": "must be >= 0"},
    ]
    answer = reply(
        422, {"detail": "One or more validation error occurred.", "status": 422, "validationErrors": wrong}
    )
    told = decoded(PLATFORM, answer)
    assert [tuple(one) for one in told.validation] == [
        ("/_points", "_points", "must be integer"),
        ("/products/0/unitPrice", "products.0.unitPrice", "must be >= 0"),
    ]
    outcome = read(answer)
    assert [(one.field, one.message) for one in outcome.errors] == [
        ("_points", "must be integer"), ("products.0.unitPrice", "must be >= 0"),
    ]  # fmt: skip
    assert "“_points” (HTTP 422): must be integer. 1 more" in str(outcome.sentence)


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/_points", "_points"),
        ("/products/12/price", "products.12.price"),
        ("/a~1b/c~0d/~01", "a/b.c~d.~1"),
        ("#/a%20b", "a b"),
        ("/body/_name", "_name"),
        ("/filters/segmentId", "filters.segmentId"),
        ("body", "body"),
        ("", ""),
    ],
)
def test_a_pointer_becomes_a_field_of_the_row(pointer: str, field: str) -> None:
    assert field_of(pointer) == field


@pytest.mark.parametrize(
    "errors",
    [None, [], {}, "x", [None, 1, "x", {}], [{"path": 3}], [{"name": None, "path": [], "reason": {}}]],
)
def test_odd_lists_of_values_are_read_without_a_fault(errors: Any) -> None:
    outcome = read(reply(422, {"status": 422, "detail": "Words.", "validationErrors": errors}))
    assert outcome.kind == "refused"
    assert outcome.errors


# -- statuses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [
        (401, "refused", "does not know this API key"),
        (403, "refused", "purchases: write"),
        (404, "refused", "nothing at this address"),
        (413, "refused", "smaller parts"),
        (415, "refused", "in parts"),
        (422, "refused", "not right"),
        (429, "throttled", "waits and goes on"),
        (400, "refused", "HTTP 400"),
        (409, "refused", "HTTP 409"),
        (500, "server_error", "Try again later"),
        (503, "server_error", "HTTP 503"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"Unauthorized", b"<html><p>No", b"[1]", b'{"detail": "Own words"}'])
def test_each_status_says_cause_and_next_step_whatever_the_body_is(
    status: int, kind: str, word: str, body: bytes
) -> None:
    outcome = read(reply(status, body, (("Content-Type", "text/plain"),)))
    assert outcome.kind == kind
    assert word in str(outcome.sentence)
    assert "<" not in str(outcome.sentence)
    assert ("Own words" in str(outcome.sentence)) is (b"Own" in body)


@pytest.mark.parametrize("call", [call.key for call in PLATFORM.calls])
def test_a_permission_that_is_missing_is_named(call: str) -> None:
    assert PLATFORM.call(call).permission in str(read(reply(403), call).sentence)


def test_200_and_201_and_204_are_alike() -> None:
    for status in (200, 201, 202):
        outcome = read(reply(status, {"id": "65c1"}))
        assert (outcome.kind, outcome.ids) == ("accepted", ("65c1",))
    assert read(reply(204)).kind == "accepted"


def test_an_import_that_failed_is_an_answer_like_any() -> None:
    body = {"id": "65c1", "status": "error", "success": 1, "errors": 9}
    assert read(reply(200, body), "import_get").kind == "accepted"


# -- hostile bodies ----------------------------------------------------------------------------------------------------

HTML: Headers = (("Content-Type", "text/html"),)


@pytest.mark.parametrize(
    ("answer", "writing", "reading"),
    [
        (reply(200, b""), "accepted", "check_body"),
        (reply(200, b"<!doctype html><p>Sign in", HTML), "check_body", "check_body"),
        (reply(200, b"  <html>"), "check_body", "check_body"),
        (reply(200, [1, 2]), "unconfirmed", "accepted"),
        (reply(200, b'{"id": "abc", "status": '), "unconfirmed", "check_body"),
        (reply(200, b"OK", (("Content-Type", "text/plain"),)), "unconfirmed", "check_body"),
        (reply(200, b'"a text"'), "unconfirmed", "check_body"),
        (reply(200, b"null"), "unconfirmed", "check_body"),
        (reply(200, {"status": 400, "detail": "x"}), "check_body", "check_body"),
        (reply(200, {"code": "E0101"}), "check_body", "check_body"),
        (reply(200, '{"id": "é"}'.encode("latin-1")), "accepted", "accepted"),
        (reply(200, b'{"id": "x"}', (("Content-Type", "application/json; charset=nonsense"),)), "accepted", "accepted"),
        (reply(200, '{"id": "x"}'.encode("utf-16"), (("Content-Type", "application/json; charset=utf-16"),)), "accepted", "accepted"),
        (reply(200, b"\x00\xff\xfe"), "unconfirmed", "check_body"),
        (reply(200, b"[" * 100_000), "unconfirmed", "check_body"),
        (reply(302, b"", (("Location", "https://elsewhere.example/x"),)), "redirected", "redirected"),
        (reply(199), "refused", "refused"),
        (Reply(status=200, body=b'{"filler": "' + b"x" * 1_000_000, truncated=True), "unconfirmed", "check_body"),
    ],
)  # fmt: skip
def test_hostile_answers_are_never_taken_for_a_yes(answer: Reply, writing: str, reading: str) -> None:
    assert read(answer, "purchase").kind == writing
    assert read(answer, "purchase_get").kind == reading
    assert len(str(read(answer).sentence)) < 1000


@settings(max_examples=60)
@given(
    st.sampled_from([call.key for call in PLATFORM.calls]),
    st.integers(100, 599),
    st.binary(max_size=80) | st.sampled_from([b"{}", b"[]", b"null", b'{"code":[]}', b'{"links":1,"results":{}}', b'{"id":{}}']),
    st.sampled_from(["application/json", "text/html", "text/plain; charset=utf-7", "x", "application/json; charset=idna"]),
)  # fmt: skip
def test_any_answer_is_read_and_every_sentence_can_be_said(
    call: str, status: int, body: bytes, kind: str
) -> None:
    answer = Reply(status=status, headers=(("Content-Type", kind),), body=body)
    outcome = read(answer, call)
    assert outcome.kind in KINDS
    assert str(outcome.sentence)
    if outcome.ok:
        assert 200 <= status < 300


def test_a_failure_says_whether_it_may_have_arrived() -> None:
    for sent, kind in ((True, "uncertain"), (False, "unreachable")):
        failure = Failure(kind="timeout", sentence=say("No answer."), sent=sent)
        assert read(failure).kind == kind
    assert read(Failure(kind="blocked", sentence=say("No."))).kind == "blocked"


# -- pace (R-SYNC-16) --------------------------------------------------------------------------------------------------


def limits(limit: object, remaining: object, reset: object, *more: tuple[str, str]) -> Headers:
    return (
        ("X-RateLimit-Limit", str(limit)), ("X-RateLimit-Remaining", str(remaining)), ("X-RateLimit-Reset", str(reset)), *more,
    )  # fmt: skip


EPOCH = int(NOW.timestamp())
names = st.sampled_from(
    ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "Date"]
)
values = st.integers(-(10**13), 10**13).map(str) | st.text(max_size=12)


@pytest.mark.parametrize(
    ("headers", "hold_s"),
    [
        ((), None),
        (limits(100, 0, EPOCH + 30), 30.0),
        (limits(100, 0, 30), 30.0),
        (limits(100, 0, EPOCH - 500), None),
        (limits(100, 0, 0), None),
        (limits(100, 0, EPOCH + 9_000), LONGEST_WAIT_S),
        (limits(100, 0, 86_400), LONGEST_WAIT_S),
        (limits(100, 0, -30), None),
        (limits("many", "no", "soon"), None),
        ((("Retry-After", "7"),), 7.0),
        ((("Retry-After", "99999"),), LONGEST_WAIT_S),
        ((("Retry-After", "-5"),), None),
        ((("Retry-After", format_datetime(NOW + timedelta(seconds=20))),), 20.0),
        ((("Retry-After", format_datetime(NOW - timedelta(hours=1))),), None),
        (limits(100, 0, EPOCH + 90, ("Retry-After", "3")), 3.0),
    ],
)
def test_a_429_waits_as_it_says_and_never_back_or_long(headers: Headers, hold_s: float | None) -> None:
    answer = reply(429, {"status": 429}, headers)
    news = learned_of(answer, NOW)
    assert news is not None
    assert news.throttled
    assert news.hold_s == hold_s
    assert read(answer).retry_after_s == hold_s


def test_a_limit_that_is_none_is_not_learned() -> None:
    for stated, limit in (("10000001", None), ("9999999", 9_999_999), ("0", None), ("-5", None)):
        news = learned_of(reply(200, {}, limits(stated, 5, 30)), NOW)
        assert news is not None
        assert news.limit == limit
        learn(with_rates(State(), 0.0, (PLATFORM.rate,), "provider"), 0.0, news)


def test_a_clock_that_is_wrong_here_does_not_matter() -> None:
    server = NOW + timedelta(hours=3)
    headers = limits(100, 0, int(server.timestamp()) + 12, ("Date", format_datetime(server, usegmt=True)))
    news = learned_of(reply(429, None, headers), NOW)
    assert news is not None
    assert news.hold_s == 12.0


@settings(max_examples=50)
@given(st.sampled_from([200, 201, 400, 403, 429, 500, 503]), st.lists(st.tuples(names, values), max_size=5))
def test_no_headers_ever_make_an_account_wait_longer_than_two_minutes(
    status: int, headers: list[tuple[str, str]]
) -> None:
    answer = Reply(status=status, headers=tuple(headers))
    news = learned_of(answer, NOW)
    state = with_rates(State(), 0.0, (PLATFORM.rate,), "provider")
    if news is not None:
        assert news.hold_s is None or 0 <= news.hold_s <= LONGEST_WAIT_S
        state = learn(state, 0.0, news)
    given_now = grant(state, 0.0, 1)
    assert 0 <= given_now.wait_s <= LONGEST_WAIT_S
    assert grant(given_now.state, LONGEST_WAIT_S + 60, 1).granted == 1
    waits = read(answer).retry_after_s
    assert waits is None or 0 <= waits <= LONGEST_WAIT_S


@pytest.mark.parametrize(
    ("value", "limit"),
    [("100", 100), (" 250 ", 250), ("0", None), ("-1", None), ("1e3", None), ("٣", None), ("99999999", None), ("", None)],
)  # fmt: skip
def test_the_stated_limit_is_a_plain_number_or_none(value: str, limit: int | None) -> None:
    assert stated_limit(reply(200, {}, (("X-RateLimit-Limit", value),))) == limit


# -- resources ---------------------------------------------------------------------------------------------------------


def test_an_import_is_read_with_its_own_word_for_how_it_stands() -> None:
    body = {
        "id": "65c1", "type": "contacts", "origin": "api", "status": "somethingNew", "total": "12", "success": 5, "errors": None,
        "errorReportFileUrl": "https://files.example/x.csv?sig=1", "createdAt": "2026-01-05T09:00:00Z",
    }  # fmt: skip
    found = remote_import(body)
    assert found is not None
    assert (found.status, found.total, found.success, found.errors, found.has_report) == (
        "somethingNew",
        12,
        5,
        0,
        True,
    )
    assert report_url(body) == "https://files.example/x.csv?sig=1"


@pytest.mark.parametrize("body", [None, [], {}, {"id": None}, {"id": {}}, {"id": ""}, "x", 3])
def test_what_has_no_id_is_no_import_and_no_coupon_set(body: Any) -> None:
    assert remote_import(body) is None
    assert coupon_set(body) is None
    assert report_url(body) == ""


def test_a_coupon_set_without_a_quantity_is_unlimited() -> None:
    found = coupon_set({
        "id": "1", "name": "Free", "type": "single", "code": "FREE", "quantity": None, "available": None, "assigned": 42,
        "usedInWorkflows": [{"workflowId": "w1"}, {}, None, "w2"], "createdAt": "a", "updatedAt": "b",
    })  # fmt: skip
    assert found is not None
    assert (found.quantity, found.available, found.assigned, found.workflows) == (None, None, 42, ("w1",))


@pytest.mark.parametrize("number", [-1, 1.5, True, "many", 10**20, float("nan"), [], {}])
def test_a_count_that_is_none_is_left_out(number: Any) -> None:
    assert coupon_set({"id": "1", "quantity": number}).quantity is None  # type: ignore[union-attr]
    assert remote_import({"id": "1", "success": number}).success == 0  # type: ignore[union-attr]


BASE = "https://api.connectif.cloud"


def test_a_page_gives_its_objects_and_the_next_address() -> None:
    body = {
        "links": {"next": f"{BASE}/imports?from=2", "prev": None},
        "results": [{"id": "1"}, None, "x", {"id": "2"}],
    }
    assert page(body, BASE) == (({"id": "1"}, {"id": "2"}), f"{BASE}/imports?from=2")
    assert page({**body, "links": {"next": "/imports?from=2"}}, BASE).next == f"{BASE}/imports?from=2"
    assert page({**body, "links": {"next": "?from=2"}}, f"{BASE}/v2").next == f"{BASE}/v2/?from=2"


@pytest.mark.parametrize(
    ("body", "count"),
    [({"links": {"next": None}, "results": [{}]}, 1), ([{}, {}], 2), ({}, 0), (None, 0), ({"links": [], "results": {}}, 0), ("x", 0)],
)  # fmt: skip
def test_the_last_page_has_no_next_whatever_its_form(body: Any, count: int) -> None:
    found = page(body, BASE)
    assert (len(found.items), found.next) == (count, "")


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/imports", "//evil.example/x", "http://api.connectif.cloud/x", "javascript:alert(1)", "https://[half", "https://api.connectif.cloud@evil.example/"],
)  # fmt: skip
def test_a_next_link_to_another_server_is_refused(link: str) -> None:
    with pytest.raises(Refused, match="was not followed"):
        page({"links": {"next": link}, "results": []}, BASE)
