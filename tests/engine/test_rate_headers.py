"""Every spelling that is about is read; what makes no sense says nothing, and never raises."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.pace import TAKEN, Learned, State, grant, learn, with_rates
from workbench.engine.rate_headers import learned
from workbench.models.pace import Rate
from workbench.models.request import Headers
from workbench.providers.brevo import PROVIDER as BREVO

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def read(
    status: int = 200, /, retry_after_s: float | None = None, now: datetime = NOW, **headers: str
) -> Learned | None:
    """Header names are given with underscores."""
    pairs: Headers = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return learned(pairs, status, retry_after_s, now)


def test_an_answer_without_a_word_of_it_was_taken_or_says_nothing() -> None:
    assert read(200) is TAKEN
    assert read(202, Content_Type="application/json", Date=http_date(NOW)) is TAKEN
    assert read(400) is TAKEN
    assert read(500) is None
    assert read(502, Date=http_date(NOW)) is None
    assert read(429) == Learned(throttled=True)


@pytest.mark.parametrize(
    ("value", "hold_s"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (http_date(at(90)), 90.0),
        (http_date(at(-90)), 0.0),
        ("Sunday, 01-Mar-26 12:01:30 GMT", 90.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("9" * 400, None),
        ("Mon, 99 Foo 99999 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, hold_s: float | None) -> None:
    assert read(429, Retry_After=value) == Learned(throttled=True, hold_s=hold_s)
    assert read(429, RETRY_AFTER=value) == read(429, retry_after=value)


def test_the_answers_own_date_counts_not_this_machines_clock() -> None:
    for wrong in (at(86_400), at(-86_400), NOW.astimezone(timezone(timedelta(hours=5)))):
        assert read(429, now=wrong, Date=http_date(NOW), Retry_After=http_date(at(30))) == Learned(
            throttled=True, hold_s=30.0
        )
        counted = read(
            now=wrong,
            Date=http_date(NOW),
            X_RateLimit_Remaining="3",
            X_RateLimit_Reset=str(int(at(20).timestamp())),
        )
        assert counted == Learned(taken=True, remaining=3, reset_s=20.0)


def test_a_wait_from_the_body_is_used_where_no_header_names_one() -> None:
    assert read(429, 12.0) == Learned(throttled=True, hold_s=12.0)
    assert read(400, 12.0) == Learned(throttled=True, hold_s=12.0)
    assert read(429, 12.0, Retry_After="3") == Learned(throttled=True, hold_s=3.0)
    assert read(429, float("nan")) == read(429, float("inf")) == read(429, -1.0) == Learned(throttled=True)


def test_a_failing_server_rests_the_account_only_when_it_names_a_time() -> None:
    assert read(503, Retry_After="20") == Learned(throttled=True, hold_s=20.0)
    assert read(403, Retry_After="20") == Learned(throttled=True, hold_s=20.0)
    assert read(500, 20.0) is None  # a body's wait, or a reset that is in every answer
    assert read(301, Retry_After="20") == TAKEN


@pytest.mark.parametrize(
    "names",
    [
        ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
        ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
        ("X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset"),
        ("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
        ("x-sib-ratelimit-limit", "x-sib-ratelimit-remaining", "x-sib-ratelimit-reset"),
        ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
    ],
    ids=lambda names: names[0],
)
@pytest.mark.parametrize(
    ("reset", "reset_s"),
    [
        ("45", 45.0),
        ("0.25", 0.25),
        (str(int(at(45).timestamp())), 45.0),
        (str(int(at(45).timestamp() * 1000)), 45.0),
        (str(int(at(-45).timestamp())), 0.0),
        ("6m0s", 360.0),
        ("1h2m3.5s", 3723.5),
        ("120ms", 0.12),
        ("2d", 172_800.0),
        (http_date(at(45)), 45.0),
    ],
)
def test_three_headers_in_every_spelling(names: tuple[str, str, str], reset: str, reset_s: float) -> None:
    answer = learned(tuple(zip(names, ("100", "98", reset), strict=True)), 200, None, NOW)
    assert answer == Learned(taken=True, limit=100, remaining=98, reset_s=pytest.approx(reset_s))


def test_a_refusal_that_names_only_its_reset_is_over_then() -> None:
    assert read(429, X_RateLimit_Remaining="0", X_RateLimit_Reset="30") == Learned(
        throttled=True, hold_s=30.0, remaining=0, reset_s=30.0
    )
    assert read(429, X_RateLimit_Reset="30") == Learned(throttled=True, hold_s=30.0)
    assert read(429, X_RateLimit_Remaining="7", X_RateLimit_Reset="30") == Learned(
        throttled=True, remaining=7, reset_s=30.0
    )


def test_the_drafts_of_the_ietf() -> None:
    assert read(RateLimit='"default";r=50;t=30', RateLimit_Policy='"default";q=100;w=60') == Learned(
        taken=True, remaining=50, reset_s=30.0, rates=(Rate(limit=100, per_s=60.0),)
    )
    several = read(
        RateLimit='"burst";r=50;t=3, "day;q=1;w=1,";r=40;t=3000',
        RateLimit_Policy='"burst";q=100;w=60, "day";q=5000;w=86400',
    )
    assert several == Learned(
        taken=True,
        remaining=40,
        reset_s=3000.0,
        rates=(Rate(limit=100, per_s=60.0), Rate(limit=5000, per_s=86_400.0)),
    )
    assert read(
        RateLimit_Limit="100, 100;w=60, 1000;w=3600", RateLimit_Remaining="50", RateLimit_Reset="30"
    ) == Learned(
        taken=True,
        limit=100,
        remaining=50,
        reset_s=30.0,
        rates=(Rate(limit=100, per_s=60.0), Rate(limit=1000, per_s=3600.0)),
    )
    assert read(RateLimit="limit=100, remaining=50, reset=30", RateLimit_Policy="100;w=60") == Learned(
        taken=True, remaining=50, reset_s=30.0, rates=(Rate(limit=100, per_s=60.0),)
    )
    two_lines = (("RateLimit-Policy", '"a";q=5;w=1'), ("ratelimit-policy", '"b";q=50;w=60'))
    assert learned(two_lines, 200, None, NOW) == Learned(
        taken=True, rates=(Rate(limit=5), Rate(limit=50, per_s=60.0))
    )


def test_a_limit_that_nobody_could_reach_is_none() -> None:
    for stated in ("10000001", "99999999999"):
        assert read(X_RateLimit_Limit=stated) == TAKEN
    state = learn(State(), 0.0, read(X_RateLimit_Limit="10000000") or TAKEN)
    assert learn(state, 1.0, read(X_RateLimit_Limit="10000001") or TAKEN) is not None, "it raises nothing"


def test_a_limit_in_bytes_or_without_sense_says_nothing() -> None:
    for policy in (
        "q=0;w=60",
        "q=100;w=0",
        "q=100",
        "w=60",
        "q=100;w=999999",
        "q=-1;w=60",
        "q=1.5;w=60",
        '"q=100;w=60"',
        ";=",
        '"',
    ):
        assert read(RateLimit_Policy=f'"a";{policy}') == TAKEN
    assert read(RateLimit_Policy='"a";q=1000000;qu="content-bytes";w=60') == TAKEN
    assert read(RateLimit_Policy='"a";q=9;qu="requests";w=60') == Learned(
        taken=True, rates=(Rate(limit=9, per_s=60.0),)
    )
    assert read(X_RateLimit_Remaining="3") == TAKEN  # until when?
    assert read(X_RateLimit_Reset="3") == TAKEN
    assert read(X_RateLimit_Limit="many", X_RateLimit_Remaining="-3", X_RateLimit_Reset="never") == TAKEN


def test_the_least_that_is_left_counts() -> None:
    least = read(
        X_RateLimit_Remaining="9",
        X_RateLimit_Reset="10",
        RateLimit_Remaining="4",
        RateLimit_Reset="60",
        X_Rate_Limit_Remaining="1",
    )
    assert least == Learned(taken=True, remaining=4, reset_s=60.0)


def test_what_brevos_stand_in_says_is_understood_and_not_tighter_than_what_it_documents() -> None:
    answer = BREVO.emulation.throttled
    said = learned(answer.headers, answer.status, None, NOW)
    assert said == Learned(throttled=True, hold_s=1.0, remaining=0, reset_s=1.0, limit=1000)
    state = learn(with_rates(State(), 0.0, BREVO.limits.rates, "provider"), 0.0, said)
    assert state.effective == (Rate(limit=1000, per_s=1.0),)
    assert grant(state, 0.0, 5).wait_s == pytest.approx(1.0)


names = st.sampled_from(
    [
        "Retry-After", "RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Date",
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "x-ratelimit-reset-requests", "x-sib-ratelimit-reset",
    ]
)  # fmt: skip
sense = st.text(alphabet='0123456789";=,qwrt. -smhd\\', max_size=40)
anything = st.one_of(st.text(), sense, st.integers().map(str), st.floats().map(str), st.datetimes().map(str))


@given(
    st.lists(st.tuples(st.one_of(names, st.text()), anything)),
    st.integers(100, 599),
    st.one_of(st.none(), st.floats()),
)
def test_garbage_is_ignored_and_never_raises(
    headers: list[tuple[str, str]], status: int, retry_after_s: float | None
) -> None:
    said = learned(tuple(headers), status, retry_after_s, NOW)
    if said is None:
        return
    assert hash(said) == hash(learned(tuple(headers), status, retry_after_s, NOW))
    assert all(
        value is None or 0 <= value < math.inf
        for value in (said.hold_s, said.reset_s, said.remaining, said.limit)
    )
    given_then = grant(learn(State(), 0.0, said), 0.0, 64)
    assert 0 <= given_then.wait_s <= 86_400.0


def test_a_header_that_is_made_to_be_slow_is_read_in_part() -> None:
    policy = '"a";q=5;w=1'
    assert read(RateLimit_Policy="," * 400 + policy) == Learned(taken=True, rates=(Rate(limit=5),))
    assert read(RateLimit_Policy="," * 1_000_000 + policy) == TAKEN
    assert read(RateLimit='"' + '\\"' * 1_000_000, X_RateLimit_Reset="1" * 1_000_000) == TAKEN
