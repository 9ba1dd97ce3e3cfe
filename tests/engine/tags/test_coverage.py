"""What is told by which way, and what twice (R-SYNC-26); what a month of it costs (R-SYNC-28)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.tags.cost import cost
from workbench.engine.tags.coverage import EVENTS, OBJECTS, coverage, told_by
from workbench.engine.tags.page import Page
from workbench.models.tags import WAYS

KEYS = [thing.key for thing in (*OBJECTS, *EVENTS)]
CHOICES = st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(WAYS), max_size=4))


def test_there_are_four_objects_and_twelve_events() -> None:
    assert (len(OBJECTS), len(EVENTS)) == (4, 12)
    assert [thing.key for thing in OBJECTS] == ["contacts", "products", "purchases", "coupons"]


def test_a_purchase_by_tag_and_api_is_told_twice() -> None:
    rows = {row.key: row for row in coverage({"purchase": ["tag"], "purchases": ["api"]}).rows}
    assert rows["purchase"].state == "twice"
    assert rows["purchase"].chosen == ("api", "tag")
    assert "purchaseId" in str(rows["purchase"].sentence)
    assert rows["purchases"].state == "covered"


def test_contacts_by_every_way_are_no_fault() -> None:
    rows = {row.key: row for row in coverage({"contacts": ["api", "tag", "js"]}).rows}
    assert rows["contacts"].state == "covered"
    assert rows["coupons"].state == "missing"


@settings(max_examples=25)
@given(CHOICES)
def test_the_figures_are_those_of_the_rows(choices: dict[str, list[str]]) -> None:
    found = coverage(choices)  # type: ignore[arg-type]
    states = [row.state for row in found.rows]
    assert found.covered + found.missing == len(KEYS) == len(states)
    assert found.twice == states.count("twice")
    for row in found.rows:
        assert set(row.chosen) <= set(row.possible)
        assert (row.sentence is None) == (row.state == "covered")


def test_a_page_says_what_its_tags_cover() -> None:
    page = Page(
        '<div class="cn_login"></div><div class="cn_client_info"><b class="primary_key">a@example.com</b></div>'
    )
    assert told_by(page) == {"login": ["tag"], "page-visit": ["tag"], "contact-info": ["tag"]}


def test_activities_are_counted_and_what_is_told_twice_counts_twice() -> None:
    table = cost(
        {"purchase": 100, "page-visit": 10_000, "product-not-found": 50},
        {"purchase": ["tag"], "purchases": ["api"]},
        10_000,
    )
    rows = {row.key: row for row in table.rows}
    assert (rows["purchase"].times, rows["purchase"].activities) == (2, 200)
    assert rows["product-not-found"].activities == 0
    assert (table.total, table.extra) == (10_200, 100)
    assert str(table.sentence) == "10200 activities a month, 200 more than the plan allows."


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from([thing.key for thing in EVENTS]), st.integers(0, 10**9)), CHOICES)
def test_the_total_is_the_sum(volumes: dict[str, int], choices: dict[str, list[str]]) -> None:
    table = cost(volumes, choices)  # type: ignore[arg-type]
    assert table.total == sum(row.activities for row in table.rows)
    assert table.total - table.extra == sum(row.volume for row in table.rows if row.billed)
