"""The planner: what goes how, in which order, how long it takes, and from where on an import is quicker (R-SYNC-17)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from workbench.engine.sync_day import play_day
from workbench.engine.sync_planner import WORTH_S, estimate, looks_in, rate_of, seconds_of_calls
from workbench.models.pace import Rate
from workbench.models.sync_estimate import SyncAsk, SyncEstimate, SyncStep, Way
from workbench.models.sync_platform import ApiCall, Entity, SyncPlatform

PLATFORM = SyncPlatform(
    key="shopside", name="Shopside", about="", base_url="https://api.example.com", authorization="apiKey {api_key}",
    calls=(
        ApiCall(key="contact", title="", method="PATCH", path="/contacts/email/{email}", entity="contact"),
        ApiCall(key="product", title="", method="PATCH", path="/products/{id}", entity="product"),
        ApiCall(key="purchase", title="", method="POST", path="/purchases/", entity="purchase"),
        ApiCall(key="coupon_sets", title="", method="GET", path="/coupon-sets", entity="coupon"),
        ApiCall(key="import", title="", method="POST", path="/imports/", entity="import"),
    ),
    fields={},
)  # fmt: skip


def plan(**rows: int) -> SyncEstimate:
    return estimate(PLATFORM, SyncAsk.model_validate({"rows": rows}))


def step(rows: int, entity: Entity = "contact", **more: object) -> SyncStep:
    return estimate(PLATFORM, SyncAsk.model_validate({"rows": {entity: rows}, **more})).steps[0]


def ways(step: SyncStep) -> tuple[Way, Way]:
    assert step.single is not None
    assert step.imported is not None
    return step.single, step.imported


def test_the_steps_stand_in_the_order_in_which_they_have_to_go() -> None:
    found = plan(coupon=5, purchase=7, product=3, contact=9)
    assert [one.entity for one in found.steps] == ["contact", "product", "purchase", "coupon"]
    assert any("contacts go first" in str(note) for note in found.notes)


def test_nothing_to_sync_is_an_empty_plan() -> None:
    found = plan(contact=0)
    assert (found.steps, found.calls, found.seconds, found.curve, found.calls_per_min) == (
        (),
        0,
        0.0,
        (),
        100,
    )


def test_purchases_only_go_one_by_one_and_coupons_only_by_import() -> None:
    purchases, coupons = plan(purchase=200_000, coupon=3).steps
    assert (purchases.imported, purchases.advice, purchases.break_even) == (None, "single", None)
    assert "each one is a call of its own" in str(purchases.why)
    assert (coupons.single, coupons.advice, coupons.break_even) == (None, "import", None)


def test_a_million_contacts_go_by_import_in_three_files() -> None:
    found = step(1_000_000)
    single, imported = ways(found)
    assert (found.advice, single.calls) == ("import", 1_000_000)
    assert imported.parts == 3  # 120 bytes each, in files of 48 MB
    assert imported.calls < 1_000
    assert "7 days" in str(found.why)


def test_up_to_two_minutes_of_calls_no_import_is_proposed() -> None:
    short, long = step(150), step(400)
    assert ways(short)[0].seconds < WORTH_S < ways(long)[0].seconds
    assert (short.advice, long.advice) == ("single", "import")
    assert "its own answer at once" in str(short.why)


def test_where_an_import_is_never_quicker_there_is_no_break_even() -> None:
    found = step(5_000, import_rows_per_s=1.0)
    assert (found.advice, found.break_even) == ("single", None)
    assert "an import would take about" in str(found.why)


def test_the_plan_counts_what_is_advised() -> None:
    found = plan(contact=1_000_000, purchase=1_000)
    assert found.calls == sum(one.advised.calls for one in found.steps)
    assert found.seconds == pytest.approx(sum(one.advised.seconds for one in found.steps))


def test_another_limit_is_planned_with_where_it_is_asked_for() -> None:
    assert rate_of(PLATFORM, SyncAsk(calls_per_min=600)).limit == 600
    slow, fast = step(1_000), step(1_000, calls_per_min=600)
    assert ways(fast)[0].seconds < ways(slow)[0].seconds / 4


def test_a_platform_that_answers_slowly_counts_more_than_its_limit() -> None:
    assert ways(step(1_000, call_s=60.0, at_once=1))[0].seconds == 60_000


def test_the_curve_of_the_largest_crosses_at_its_break_even() -> None:
    found = plan(contact=300, product=50_000)
    assert found.curve_of == "product"
    even = next(one.break_even for one in found.steps if one.entity == "product")
    assert even is not None
    assert all(point.import_s < point.single_s for point in found.curve if point.rows >= 2 * even)
    assert all(point.import_s > point.single_s for point in found.curve if point.rows <= even / 2)


@given(st.integers(1, 3_000), st.sampled_from([30, 100, 600]))
@settings(max_examples=60, deadline=None)
def test_an_import_is_quicker_from_the_break_even_on(start_s: int, limit: int) -> None:
    even = step(10, import_start_s=start_s, calls_per_min=limit).break_even
    assert even is not None
    single, imported = ways(step(even, import_start_s=start_s, calls_per_min=limit))
    assert imported.seconds < single.seconds
    single, imported = ways(step(max(1, even // 2), import_start_s=start_s, calls_per_min=limit))
    assert even == 1 or imported.seconds >= single.seconds


@pytest.mark.parametrize("rows", [1, 99, 100, 101, 1_000, 5_000])
def test_the_planned_time_of_calls_is_what_a_job_takes(rows: int) -> None:
    played = play_day(rows, call_s=0.01)
    assert played.done == rows
    assert seconds_of_calls(Rate(limit=100, per_s=60.0), rows) == pytest.approx(
        played.seconds, rel=0.02, abs=0.2
    )


@pytest.mark.parametrize(
    ("seconds", "looks"), [(0, 1), (2, 1), (2.1, 2), (5, 2), (9.5, 3), (16.25, 4), (600, 44)]
)
def test_an_import_is_looked_at_after_ever_longer_pauses(seconds: float, looks: int) -> None:
    assert looks_in(seconds) == looks


@given(
    rows=st.integers(1, 10**9),
    rate=st.floats(0.01, 1e6),
    start=st.floats(0, 86_400),
    call=st.floats(0.001, 300),
    size=st.integers(1, 10**6),
)
def test_whatever_may_be_asked_has_an_end(
    rows: int, rate: float, start: float, call: float, size: int
) -> None:
    asked = {
        "import_rows_per_s": rate,
        "import_start_s": start,
        "call_s": call,
        "row_bytes": {"contact": size},
    }
    found = step(rows, **asked)
    for way in (found.single, found.imported):
        assert way is None or math.isfinite(way.seconds)


def test_a_rate_without_an_end_is_refused() -> None:
    with pytest.raises(ValidationError, match="import_rows_per_s"):
        SyncAsk(import_rows_per_s=2e-309)
