"""MESSAGE COST: what texts cost and how long they take, over an audience counted by country (R-SMS-33, 38).

Nothing is counted person by person: an audience of a hundred million takes as long as one of ten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Final

from workbench.models.base import Problem
from workbench.models.message import SenderType
from workbench.models.message_draft import AudiencePart, CostLine, Estimate, Lengths, Price, PriceTable
from workbench.models.pace import Rate
from workbench.models.provider import Provider
from workbench.sentence import Sentence, say

from .phones import region_of
from .senders import rate_of, seconds_to_send

Shares = Sequence[tuple[int, float]]
"""Which part of the people takes how many segments."""

PREFIX: Final = 8
"""Characters of a number, its plus among them, that say its country for all numbers that begin so: the North American area code is 5."""

_CENTS: Final[Mapping[str, str]] = {
    "US": "0.010", "CA": "0.010", "GB": "0.045", "SE": "0.055", "NO": "0.060", "DK": "0.045", "FI": "0.070", "DE": "0.085", "FR": "0.070",
    "ES": "0.060", "PT": "0.045", "IT": "0.080", "NL": "0.090", "BE": "0.090", "PL": "0.035", "BR": "0.030", "MX": "0.045", "IN": "0.025",
    "AU": "0.040", "": "0.100",
}  # fmt: skip
EXAMPLE_PRICES: Final = PriceTable(
    prices=tuple(Price(region=region, amount=Decimal(amount)) for region, amount in _CENTS.items())
)
"""Round figures to begin with, made up for this example: no provider's prices. ``note`` says so wherever they are used."""


def price_of(table: PriceTable, region: str, provider: str) -> Decimal | None:
    """Return what a segment costs: the provider's price to the country, else anybody's, else to any other country; None without one."""
    known = {(price.region.upper(), price.provider): price.amount for price in table.prices}
    wanted = ((region.upper(), provider), (region.upper(), ""), ("", provider), ("", ""))
    return next((known[key] for key in wanted if key in known), None)


def estimate(
    provider: Provider,
    sender_type: SenderType,
    lengths: Lengths,
    audience: Sequence[AudiencePart],
    prices: PriceTable = EXAMPLE_PRICES,
    *,
    senders: int = 1,
) -> Estimate:
    """Return cost and time of a text over an audience: each country has the shares of segments that the sample rows have.

    The amount is exact where everybody gets as many segments as the share says, rounded to whole people.
    """
    parts = merged(audience)
    rate = rate_of(provider, sender_type)
    lines = [_line(part, lengths.shares, prices, provider.key, rate, senders) for part in parts]
    people = sum(part.count for part in parts)
    return Estimate(
        provider=provider.key,
        sender_type=sender_type,
        currency=prices.currency,
        note=prices.note,
        lines=tuple(lines),
        people=people,
        segments=sum(line.segments for line in lines),
        amount=_sum(line.amount for line in lines),
        least=_sum(_amount(line.price, line.people * lengths.least.segments) for line in lines),
        most=_sum(_amount(line.price, line.people * lengths.most.segments) for line in lines),
        seconds=seconds_for(people, rate, senders),
        rate=_rate_words(rate),
        shares=lengths.shares,
        problems=tuple(_unpriced(lines)),
    )


def merged(audience: Iterable[AudiencePart]) -> list[AudiencePart]:
    """Return an audience with each country once, the largest first; countries without anybody are left out."""
    counts: Counter[str] = Counter()
    for part in audience:
        counts[part.region.strip().upper()] += part.count
    return [AudiencePart(region=region, count=count) for region, count in counts.most_common() if count]


def audience_of(numbers: Iterable[str]) -> list[AudiencePart]:
    """Return how many normal numbers there are by country. Numbers with the same first digits are looked up once, for all of them."""
    begins = Counter(map(itemgetter(slice(0, PREFIX)), kept := list(numbers)))
    example = {number[:PREFIX]: number for number in kept}
    counts: Counter[str] = Counter()
    for begin, count in begins.items():
        counts[region_of(example[begin])] += count
    return [AudiencePart(region=region, count=count) for region, count in counts.most_common()]


def spread(people: int, shares: Shares) -> dict[int, int]:
    """Return how many people take how many segments: whole people, together all of them; what is left over goes to the largest parts."""
    exact = [(count, people * share) for count, share in shares]
    found = {count: int(part) for count, part in exact}
    rest = people - sum(found.values())
    for count, _ in sorted(exact, key=lambda one: int(one[1]) - one[1])[: max(rest, 0)]:
        found[count] += 1
    return found


def seconds_for(people: int, rate: Rate | None, senders: int = 1) -> float | None:
    """Return the seconds that so many texts take from senders that share them; None where no rate is declared."""
    return None if rate is None else seconds_to_send(rate, -(-people // senders))


def _line(
    part: AudiencePart, shares: Shares, prices: PriceTable, provider: str, rate: Rate | None, senders: int
) -> CostLine:
    segments = sum(count * people for count, people in spread(part.count, shares).items())
    price = price_of(prices, part.region, provider)
    return CostLine(
        region=part.region,
        people=part.count,
        segments=segments,
        price=price,
        amount=_amount(price, segments),
        seconds=seconds_for(part.count, rate, senders),
    )


def _unpriced(lines: Sequence[CostLine]) -> Iterator[Problem]:
    """Yield which countries have no price."""
    open_ = [line.region or "*" for line in lines if line.price is None]
    if open_:
        sentence = say(
            "No price is known for {regions}, so the cost stays open. Add one, or one for everywhere else ({star}).",
            regions=", ".join(open_[:10]),
            star="*",
        )
        yield Problem(field="prices", sentence=sentence, level="warning")


def _amount(price: Decimal | None, segments: int) -> Decimal | None:
    return None if price is None else price * segments


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum; None where a part of it is not known: a sum without it would look like the whole."""
    found = list(amounts)
    known = [amount for amount in found if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(found) else None


def _rate_words(rate: Rate | None) -> Sentence | None:
    if rate is None:
        return None
    return say("{limit} in {seconds} s for each sender", limit=rate.limit, seconds=f"{rate.per_s:g}")
