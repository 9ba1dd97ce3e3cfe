"""Readiness: what counts and why, what pages and records show, and that kept evidence names nobody (R-SYNC-25)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.hostile_markup import HOSTILE
from workbench.engine.readiness_gathered import (
    domains_judged,
    double_judged,
    paths_judged,
    product_hosts,
    unproven_paths,
    ways_of,
)
from workbench.engine.readiness_kept import LONGEST_TEXT, MOST_ITEMS, cut, kept_body
from workbench.engine.readiness_pages import Seen, judge, posted
from workbench.engine.readiness_plan import CHECKS, STEPS, checks_of
from workbench.engine.readiness_records import differing
from workbench.engine.readiness_report import readiness_report
from workbench.engine.readiness_score import added, line_of, newest, standing
from workbench.engine.tags.coverage import coverage
from workbench.models.readiness import MOST_EVIDENCE, Evidence, Validation
from workbench.models.shop import ShopSettings
from workbench.providers import platform
from workbench.sentence import say

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SALT = b"salt of this home, thirty-two by"
SOURCES = ["answer", "page", "call", "run", "settings", "browser", "word"]


def validation(*evidence: Evidence, mode: str = "rehearsal") -> Validation:
    return Validation.model_validate(
        {
            "id": "val_1", "shop_id": "shp_1", "shop_name": "Shoes", "mode": mode, "by": "Ada", "begun_at": NOON, "changed_at": NOON,
            "evidence": evidence,
        }
    )  # fmt: skip


def found(
    check: str, state: str = "passed", source: str = "answer", minute: int = 0, **more: Any
) -> Evidence:
    return Evidence.model_validate(
        {
            "id": f"evd_{minute}", "check": check, "source": source, "state": state, "sentence": say("Found."), "who": "Ada",
            "at": NOON + timedelta(minutes=minute), "mode": "rehearsal", **more,
        }
    )  # fmt: skip


evidence = st.builds(
    found,
    st.sampled_from(sorted(CHECKS)),
    st.sampled_from(["passed", "failed", "left_out"]),
    st.sampled_from(SOURCES),
    st.integers(0, 500),
)


# -- the score -------------------------------------------------------------------------------------------------------------


@given(st.lists(evidence, max_size=40), st.sampled_from(["rehearsal", "live"]))
@settings(max_examples=30)
def test_the_score_adds_up_whatever_was_found(all_of_it: list[Evidence], mode: str) -> None:
    made = added(validation(mode=mode), all_of_it)
    stood = standing(made)
    assert 0 <= stood.points <= stood.of
    assert 0 <= stood.percent <= 100
    assert stood.ready is (stood.of > 0 and stood.points == stood.of)
    assert stood.proven + stood.failed + stood.open + stood.left_out == len(CHECKS)
    for step in stood.steps:
        assert step.points == sum(check.points for check in step.checks)
        for check in step.checks:
            assert check.points <= check.of <= check.plan.points
            assert len(check.evidence) <= MOST_EVIDENCE
            latest = newest(made, check.plan.key)
            assert (check.evidence[0] if check.evidence else None) == latest, "the newest counts"
            if check.state == "passed":
                assert latest is not None, "no check is proven without evidence"
            if mode == "rehearsal" and not check.plan.rehearsed:
                assert check.of == 0, "what a rehearsal cannot show never counts in one"
    line = line_of(made)
    assert (line.percent, len(line.states)) == (stood.percent, len(STEPS))


def test_a_word_counts_half_where_the_workbench_could_look_itself() -> None:
    live = standing(
        validation(found("login.page", source="word"), found("cart.seen", source="word"), mode="live")
    )
    points = {check.plan.key: (check.points, check.of) for step in live.steps for check in step.checks}
    assert points["login.page"] == (1.0, 2)
    assert points["cart.seen"] == (1, 1)
    assert live.words == 2


def test_all_proven_is_ready_and_a_word_alone_is_never_all() -> None:
    every = [found(key, minute=at) for at, key in enumerate(CHECKS)]
    assert standing(validation(*every, mode="live")).ready
    assert "is ready" in str(standing(validation(*every, mode="live")).sentence)
    assert "do it once more live" in str(standing(validation(*every)).sentence)
    words = [found(key, source="word", minute=at) for at, key in enumerate(CHECKS)]
    spoken = standing(validation(*words, mode="live"))
    assert not spoken.ready
    assert spoken.percent < 100
    out = [found(key, "left_out", "word", at) for at, key in enumerate(CHECKS)]
    assert not standing(validation(*out)).ready, "to leave everything out proves nothing"


def test_steps_and_checks_are_found_by_their_keys() -> None:
    assert [one.key for one in checks_of("cart.page")] == ["cart.page"]
    assert {one.key.partition(".")[0] for one in checks_of("cart")} == {"cart"}
    assert len(checks_of("")) == len(CHECKS)
    with pytest.raises(KeyError):
        checks_of("none")


# -- pages -----------------------------------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["events", "type", "cart", "products", "entityInfo", "primaryKey", "product", "purchase", "email"]),
        inner,
        max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip


@given(_JSON, st.sampled_from([key for key, plan in CHECKS.items() if plan.needs in ("page", "pages")]))
@settings(max_examples=30)
def test_whatever_a_browser_posted_gets_a_verdict(value: Any, check: str) -> None:
    body = posted(json.dumps(value))
    verdict = judge(check, Seen(body=body if body is not None else {}))
    assert str(verdict.sentence)


def test_a_page_is_no_posted_body() -> None:
    assert posted("<html>{}</html>") is None
    assert posted('{"other": 1}') is None
    assert posted('{"events": [') is None
    assert posted(' {"events": []}') == {"events": []}


# -- what is kept ----------------------------------------------------------------------------------------------------------


@given(
    st.from_regex(r"[a-z]{3,8}\.[a-z]{3,8}@[a-z]{3,8}\.example", fullmatch=True),
    st.text(alphabet="abcdefghij", min_size=6, max_size=12),
    st.sampled_from(["query", "event", "deep"]),
)
@settings(max_examples=30)
def test_a_kept_page_names_nobody(email: str, name: str, where: str) -> None:
    body: dict[str, Any] = {
        "entityInfo": {"primaryKey": email, "_name": name, "custom": [name]}, "pushSubscription": {"endpoint": "https://x.example/c4p"},
        "events": [{"type": "newsletter-subscribe", "email": email}], "browserInfo": {"url": "https://shop.example.com/"},
    }  # fmt: skip
    if where == "query":
        body["browserInfo"]["url"] = f"https://shop.example.com/a?mail={email}#x"
    if where == "deep":
        body["cart"] = {"products": [{"description": f"for {email.upper()}"}]}
    kept = json.dumps(kept_body(body, SALT)).lower()
    assert email not in kept
    assert name not in json.dumps(kept_body(body, SALT)["entityInfo"])  # type: ignore[index]
    assert "c4p" not in kept


@given(_JSON)
@settings(max_examples=30)
def test_what_is_kept_is_short(value: Any) -> None:
    assert json.dumps(cut(value)) == json.dumps(value), "what is short stays as it is"
    long = cut({"text": "x" * 10_000, "list": list(range(1000))})
    assert isinstance(long, dict)
    assert len(long["text"]) == LONGEST_TEXT + 1
    assert len(long["list"]) == MOST_ITEMS + 1
    deep: Any = "end"
    for _ in range(200):
        deep = [deep]
    assert len(json.dumps(cut(deep))) < 100


# -- what a whole validation says ------------------------------------------------------------------------------------------


def test_paths_are_proven_by_live_answers_alone() -> None:
    connectif, shop = platform("connectif"), ShopSettings()
    left = unproven_paths(connectif, shop, validation())
    assert left
    assert all("/" in path for _, path in left)
    rehearsed = found("key.areas", calls=("coupon_sets",))
    assert unproven_paths(connectif, shop, validation(rehearsed)) == left, "a stand-in proves no path"
    live = found("key.areas", calls=("coupon_sets",), mode="live")
    assert len(unproven_paths(connectif, shop, validation(live, mode="live"))) == len(left) - 1
    changed = ShopSettings(paths={"product": "/v2/products/{id}"})
    assert len(unproven_paths(connectif, changed, validation())) == len(left) + 1, (
        "a path of one's own is not documented either"
    )
    assert not paths_judged(left).ok
    assert len(paths_judged(left).notes) == len(left)
    assert paths_judged([]).ok


def test_domains_are_those_of_all_products_seen() -> None:
    seen = found(
        "product.page", body={"events": [{"product": {"productDetailUrl": "https://shop.example.com/a"}}]}
    )
    other = found(
        "cart.page", body={"cart": {"products": [{"productDetailUrl": "https://cdn.example.com/b"}]}}
    )
    shop = ShopSettings(domains=("shop.example.com",))
    assert domains_judged(shop, product_hosts(validation())) is None
    good = domains_judged(shop, product_hosts(validation(seen)))
    bad = domains_judged(shop, product_hosts(validation(seen, other)))
    assert good is not None
    assert good.ok
    assert bad is not None
    assert not bad.ok
    assert "cdn.example.com" in str(bad.sentence)


def test_what_is_told_by_two_ways_is_named() -> None:
    written = {"method": "POST", "url": "https://x.example", "headers": (), "body": "", "size": 0}
    made = validation(
        found("purchase.page", source="page"), found("login.page", source="browser", minute=1),
        found("purchase.api", request=written, minute=2), found("register.page", source="word", minute=3),
        found("search.page", "failed", "page", 4),
    )  # fmt: skip
    assert ways_of(made) == {"purchase": ["tag"], "login": ["js"]}, "a test record is no way of the shop's"
    assert double_judged(coverage(ways_of(made))).ok
    both = double_judged(coverage(ways_of(made, {"purchases"})))
    assert not both.ok
    assert "purchase" in str(both.sentence)
    assert both.next_step is not None


def test_records_are_compared_by_what_they_are_worth() -> None:
    assert (
        differing(
            {"price": "1.00", "name": "a", "at": "2026-11-22T10:00:00Z"},
            {"price": 1, "at": "2026-11-22T11:00:00+01:00"},
        )
        == ()
    )
    assert differing({"price": "1.00", "name": "a"}, {"price": 2, "name": "b"}) == ("price", "name")


# -- the report ------------------------------------------------------------------------------------------------------------


class Markup(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("text", HOSTILE)
def test_the_report_runs_nothing_and_loads_nothing(text: str) -> None:
    view = {"method": "GET", "url": text, "headers": ((text, text),), "body": text, "size": 1}
    reply = {"status": 200, "headers": (), "body": text, "elapsed_ms": 1.0}
    hostile = found(
        "cart.page", "failed", sentence=say("{text}", text=text), next_step=say("{text}", text=text), note=text, who=text, request=view,
        reply=reply, body={text: [text]}, notes=(say("{text}", text=text),),
    )  # fmt: skip
    page = readiness_report(
        validation(hostile, found("cart.page", "failed", minute=1), hostile).model_copy(
            update={"shop_name": text}
        )
    )
    seen = Markup()
    seen.feed(page)
    assert not seen.tags & {"script", "img", "iframe", "object", "link", "form", "input", "base"}
    assert not {
        name for name in seen.attributes if name.startswith("on") or name in ("src", "action", "formaction")
    }
    assert "default-src 'none'" in page


def test_the_report_says_what_counts_and_why() -> None:
    page = readiness_report(
        validation(
            found("key.let_in"), found("login.page", source="word", note="Seen in the panel.", minute=1)
        )
    )
    for words in (
        "Readiness of Shoes",
        "points",
        "half",
        "Seen in the panel.",
        "Ada",
        "2026-11-22 12:01",
        "stand-in answered",
    ):
        assert words in page
