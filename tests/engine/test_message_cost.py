"""Cost and time: whole people, exact amounts, the provider's own price first, and a hundred million as fast as ten."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.message_cost import (
    EXAMPLE_PRICES,
    audience_of,
    estimate,
    merged,
    price_of,
    seconds_for,
    spread,
)
from workbench.engine.message_text import MessageText
from workbench.engine.segments import lengths
from workbench.models.message_draft import AudiencePart, Price, PriceTable
from workbench.models.pace import Rate
from workbench.providers import provider

ACS = provider("azure_communication_services")
TABLE = PriceTable(
    currency="SEK",
    prices=(
        Price(region="SE", amount=Decimal("0.40")),
        Price(region="SE", provider=ACS.key, amount=Decimal("0.50")),
        Price(region="US", amount=Decimal("0.07")),
    ),
)
ANN = lengths(MessageText("Hi {{ name }}"), [{"name": "Ann"}, {"name": "x" * 200}])
"""Half of the people get one segment, half two."""


def test_the_closest_price_counts() -> None:
    assert price_of(TABLE, "se", ACS.key) == Decimal("0.50")
    assert price_of(TABLE, "SE", "twilio") == Decimal("0.40")
    assert price_of(TABLE, "NO", "twilio") is None
    assert price_of(EXAMPLE_PRICES, "NO", "twilio") is not None
    assert price_of(EXAMPLE_PRICES, "ZZ", "twilio") is not None


def test_the_example_table_says_that_it_is_one() -> None:
    assert "example" in EXAMPLE_PRICES.note
    assert "no provider's prices" in EXAMPLE_PRICES.note


def test_an_estimate_over_an_audience_by_country() -> None:
    found = estimate(
        ACS,
        "toll_free",
        ANN,
        [AudiencePart(region="SE", count=1000), AudiencePart(region="us", count=11)],
        TABLE,
    )
    [sweden, states] = found.lines
    assert (sweden.people, sweden.segments, sweden.amount) == (1000, 1500, Decimal("750.00"))
    assert (states.region, states.segments, states.amount) == ("US", 6 + 5 * 2, Decimal("1.12"))
    assert found.amount == Decimal("751.12")
    assert found.segments == 1516
    assert found.least == Decimal("500.77")
    assert found.most == Decimal("1001.54")
    # 200 in 60 s for a toll-free number: five full minutes for the first 1,000
    assert found.seconds == 5 * 60.0
    assert found.currency == "SEK"


def test_a_country_without_a_price_leaves_the_sum_open() -> None:
    found = estimate(ACS, "toll_free", ANN, [AudiencePart(region="NO", count=10)], TABLE)
    assert found.amount is None
    assert found.lines[0].amount is None
    assert "No price is known for NO" in str(found.problems[0].sentence)


def test_senders_share_the_work() -> None:
    rate = Rate(limit=200, per_s=60)
    assert seconds_for(1000, rate) == 4 * 60
    assert seconds_for(1000, rate, 5) == 0
    assert seconds_for(1001, rate, 5) == 60
    assert seconds_for(10, None) is None


def test_a_hundred_million_are_counted_and_not_walked() -> None:
    audience = [AudiencePart(region=region, count=100_000_000) for region in ("SE", "US", "BR")]
    found = estimate(ACS, "short_code", ANN, audience, EXAMPLE_PRICES)
    assert found.people == 300_000_000
    assert found.segments == 450_000_000


def test_countries_are_named_once_the_largest_first() -> None:
    parts = [
        AudiencePart(region="se", count=2),
        AudiencePart(region="NO", count=3),
        AudiencePart(region="SE ", count=2),
    ]
    assert [(one.region, one.count) for one in merged([*parts, AudiencePart(region="DK", count=0)])] == [
        ("SE", 4),
        ("NO", 3),
    ]


def test_numbers_are_counted_by_country() -> None:
    numbers = ["+46701740605", "+46701740606", "+14155550123", "+16475550123", "+390612345678", "72345"]
    found = {one.region: one.count for one in audience_of(numbers)}
    assert found == {"SE": 2, "US": 1, "CA": 1, "IT": 1, "": 1}


@given(
    people=st.integers(0, 10**9),
    weights=st.lists(st.integers(1, 1000), min_size=1, max_size=12),
)
def test_everybody_gets_one_text(people: int, weights: list[int]) -> None:
    shares = [(count, weight / sum(weights)) for count, weight in enumerate(weights, 1)]
    found = spread(people, shares)
    assert sum(found.values()) == people
    assert min(found.values()) >= 0
    assert all(abs(found[count] - people * share) <= 1.01 for count, share in shares)


@pytest.mark.parametrize("currency", ["", "eur", "EURO"])
def test_a_currency_is_three_capitals(currency: str) -> None:
    with pytest.raises(ValueError, match="currency"):
        PriceTable(currency=currency)
