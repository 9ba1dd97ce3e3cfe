"""The compiled rules decide as the plain reading does, contact for contact, whatever rules and contacts are drawn."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from workbench.engine.items import Item
from workbench.engine.rule_checks import comparisons
from workbench.engine.rule_values import key_of
from workbench.engine.rules import UNANSWERED, decide_plainly, fits, value_of
from workbench.engine.rules_compiled import compile_rules
from workbench.errors import Refused
from workbench.models.rules import AllOf, AnyOf, Comparison, Condition, Decision, Not, Rule, RuleSet

LISTS = ("mail", "sms")
CHECKS = ("crm", "dpo")
FIELDS = ("id", "a", "b", "c", "é")


class Members:
    """A consent list that remembers what it was asked."""

    def __init__(self, *members: str) -> None:
        self.members = frozenset(members)
        self.asked: list[list[str]] = []

    def contain(self, values: Sequence[str]) -> Sequence[bool]:
        self.asked.append(list(values))
        return [value in self.members for value in values]


# -- What is drawn: values that meet each other, spelt in many ways --------------------------------------------------

TEXTS = (
    *(
        "",
        " ",
        "\t",
        "5",
        "5.0",
        " 5 ",
        "05",
        "1e2",
        "-3",
        "nan",
        "inf",
        "9" * 70,
        "true",
        "True",
        " FALSE ",
        "yes",
        "Yes",
    ),
    *("é", "e\u0301", "😀", "\u2028", "a\nb", "SE", "se", "ana@example.com", "x' + str", "{v0}", "k1"),
    *(
        "2026-05-31",
        "2026-05-31T00:00Z",
        "2026-05-31T02:00+02:00",
        "2026-05-30T22:00:00.5-02:00",
        "2026-05-31 00:00",
    ),
    *("2026-02-31", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "20260531", "2026-05-31x00:00"),
)
SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    (*TEXTS, True, False, 0, 1, 5, -3, 100, 5.0, 5.5, 1e2, 1e300, 10**30, 10**80)
) | st.text(max_size=3)
VALUES: st.SearchStrategy[Any] = (
    SCALARS | st.none() | st.lists(SCALARS, max_size=3) | st.just({"x": 1}) | st.just(float("nan"))
)
TYPED: dict[str, st.SearchStrategy[Any]] = {
    "equals": SCALARS,
    "not_equals": SCALARS,
    "in": st.lists(SCALARS, max_size=4),
    "not_in": st.lists(SCALARS, max_size=4),
    "contains": st.sampled_from([text for text in TEXTS if text]),
    "starts_with": st.sampled_from([text for text in TEXTS if text]),
    "ends_with": st.sampled_from([text for text in TEXTS if text]),
    "matches": st.sampled_from(
        (r"^\d+$", r"@example\.com$", "(?i)se", "^(yes|no)$", "é", r"\s", "^$", "a|5", r"[^\x00-\x7f]", "^2026-(05|06)")
    ),
    "less_than": st.sampled_from((5, "5", 5.5, 0, "1e2", 10**30)),
    "before": st.sampled_from(("2026-05-31", "2026-05-31T02:00+02:00", "2026-05-30T23:59:59.999999Z", "1970-01-01")),
    "on_list": st.sampled_from(LISTS),
    "consents": st.sampled_from(CHECKS),
    "is_empty": st.none(),
}  # fmt: skip
for operators in (
    ("less_than", "at_most", "more_than", "at_least"),
    ("before", "after"),
    ("on_list", "not_on_list"),
    ("consents", "refuses"),
    ("is_empty", "is_present"),
):
    TYPED.update(dict.fromkeys(operators, TYPED[operators[0]]))


@st.composite
def comparison(draw: st.DrawFn) -> Comparison:
    operator = draw(st.sampled_from(sorted(TYPED)))
    return Comparison(field=draw(st.sampled_from(FIELDS)), operator=operator, value=draw(TYPED[operator]))  # type: ignore[arg-type]


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    comparison(),
    lambda part: st.one_of(
        st.lists(part, max_size=3).map(lambda parts: AllOf(of=tuple(parts))),
        st.lists(part, max_size=3).map(lambda parts: AnyOf(of=tuple(parts))),
        part.map(lambda one: Not(of=one)),
    ),
    max_leaves=8,
)
VERDICTS = st.sampled_from(("accept", "reject"))


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    rules = [
        Rule(name=f"r{number}", when=condition, verdict=draw(VERDICTS), reason=f"why {number}")
        for number, condition in enumerate(draw(st.lists(CONDITIONS, max_size=5)))
    ]
    return RuleSet(rules=tuple(rules), otherwise=draw(VERDICTS))


ITEMS = st.lists(
    st.builds(
        lambda id_, properties: Item(id_, "https://gate.example/x", properties),
        st.sampled_from(TEXTS),
        st.dictionaries(st.sampled_from(FIELDS[1:]), VALUES, max_size=4),
    ),
    min_size=1,
    max_size=6,
)
MEMBERS = st.lists(st.sampled_from(TEXTS), max_size=8)
ANSWERS = st.dictionaries(
    st.tuples(st.sampled_from(CHECKS), st.sampled_from((*TEXTS, "100", "-3"))), st.booleans()
)


def plainly(
    rules: RuleSet,
    items: Sequence[Item],
    lists: Mapping[str, Members],
    live: Mapping[tuple[str, str], bool],
) -> list[Decision]:
    return [decide_plainly(rules, item, actions=(), lists=lists, live=live) for item in items]


@given(rule_sets(), ITEMS, MEMBERS, MEMBERS, ANSWERS)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
def test_both_readings_agree(
    rules: RuleSet,
    items: list[Item],
    mail: list[str],
    sms: list[str],
    live: dict[tuple[str, str], bool],
) -> None:
    lists = {"mail": Members(*mail), "sms": Members(*sms)}
    compiled = compile_rules(rules, lists=lists)
    assert [compiled.decisions[place] for place in compiled.decide(items, live)] == plainly(rules, items, lists, live)  # fmt: skip


@given(rule_sets(), ITEMS, MEMBERS, ANSWERS, st.randoms(use_true_random=False))
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
def test_what_is_asked_is_enough_and_not_too_much(
    rules: RuleSet,
    items: list[Item],
    members: list[str],
    known: dict[tuple[str, str], bool],
    chance: Any,
) -> None:
    lists = {"mail": Members(*members), "sms": Members()}
    compiled = compile_rules(rules, lists=lists)
    asked = compiled.asks(items, known)
    open_now = [compiled.decisions[place] is UNANSWERED for place in compiled.decide(items, known)]
    assert [bool(pairs) for pairs in asked] == open_now
    answers = known | {pair: chance.random() < 0.5 for pairs in asked for pair in pairs}
    assert UNANSWERED not in [compiled.decisions[place] for place in compiled.decide(items, answers)]
    for pairs in asked:
        assert len(set(pairs)) == len(pairs)
        assert not known.keys() & set(pairs)


@given(CONDITIONS, ITEMS, MEMBERS)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
def test_each_check_that_is_asked_can_turn_the_decision(
    condition: Condition, items: list[Item], members: list[str]
) -> None:
    """Where no check is named twice: some answers to the others leave the decision to this one alone."""
    asking = [
        (it.value, it.field) for _, it in comparisons(condition) if it.operator in ("consents", "refuses")
    ]
    assume(asking and len(set(asking)) == len(asking))
    lists = {"mail": Members(*members), "sms": Members()}
    compiled = compile_rules(RuleSet(rules=(Rule(name="r", when=condition, reason="why"),)), lists=lists)
    for item in items:
        keys = [(check, key_of(value_of(item, field))) for check, field in asking]
        (pairs,) = compiled.asks([item])
        if len(set(keys)) < len(keys) or len(pairs) > 6:
            continue
        for pair in pairs:
            others = [other for other in pairs if other != pair]
            assert any(
                fits(condition, item, lists, dict(zip(others, said, strict=True)) | {pair: True})
                is not fits(condition, item, lists, dict(zip(others, said, strict=True)) | {pair: False})
                for said in itertools.product((True, False), repeat=len(others))
            )


# -- Examples ---------------------------------------------------------------------------------------------------------


def one(field: str, operator: str, value: object = None) -> Comparison:
    return Comparison(field=field, operator=operator, value=value)  # type: ignore[arg-type]


def rule(when: Condition, name: str = "r") -> Rule:
    return Rule(name=name, when=when, reason=f"why {name}")


def item(contact: str = "1", **properties: Any) -> Item:
    return Item(contact, "https://gate.example/x", properties)


def test_a_list_is_looked_up_once_for_all_and_only_when_a_rule_needs_it() -> None:
    mail = Members("1", "3")
    rules = RuleSet(
        rules=(
            rule(one("country", "equals", "NO"), "country"),
            rule(AllOf(of=(one("vip", "equals", True), one("id", "not_on_list", "mail"))), "list"),
        )
    )
    compiled = compile_rules(rules, lists={"mail": mail})
    assert compiled.decide([item("1", country="NO"), item("2", vip=False)]) == [0, 2]
    assert mail.asked == []
    assert compiled.decide([item(str(number), vip=True) for number in range(5)]) == [1, 2, 1, 2, 1]
    assert mail.asked == [["0", "1", "2", "3", "4"]]


def test_only_checks_on_which_the_decision_hangs_are_asked() -> None:
    rules = RuleSet(
        rules=(
            rule(one("country", "equals", "NO")),
            rule(AnyOf(of=(AllOf(of=(one("vip", "equals", "yes"), one("mail", "refuses", "crm"))), one("id", "refuses", "dpo")))),
            rule(one("vip", "equals", "yes")),
            rule(one("mail", "consents", "crm")),
        )
    )  # fmt: skip
    asked = compile_rules(rules, lists={}).asks(
        [item(country="NO", mail="a"), item(vip="yes", mail="a"), item(vip="no", mail="a"), item(vip="no")]
    )
    assert asked == [[], [("crm", "a"), ("dpo", "1")], [("dpo", "1"), ("crm", "a")], [("dpo", "1")]]
    answered = compile_rules(rules, lists={}).asks([item(vip="yes", mail="a")], {("crm", "a"): True})
    assert answered == [[("dpo", "1")]]


def test_rules_without_live_checks_ask_nothing() -> None:
    compiled = compile_rules(RuleSet(rules=(rule(one("a", "is_empty")),)), lists={})
    assert compiled.asks([item(), item(a=1)]) == [[], []]


def test_a_silence_lets_nobody_through() -> None:
    rules = RuleSet(rules=(rule(one("id", "refuses", "crm")),), otherwise="accept")
    compiled = compile_rules(rules, lists={})
    (place,) = compiled.decide([item()])
    assert compiled.decisions[place] == UNANSWERED
    assert compiled.decisions[place].verdict == "reject"


def test_what_a_person_wrote_never_becomes_source() -> None:
    hostile = "'); raise SystemExit  # \n\x00\\"
    rules = RuleSet(
        rules=(
            rule(one(hostile, "equals", hostile)),
            rule(one("x", "in", [hostile, "b"])),
            rule(one("x", "contains", hostile)),
            rule(one("__class__", "is_present")),
        )
    )
    compiled = compile_rules(rules, lists={})
    items = [item(**{hostile: hostile}), item(x=hostile), item(x=f"-{hostile}-"), item(__class__=1), item()]
    assert compiled.decide(items) == [0, 1, 2, 3, 4]


def test_many_rules_and_many_values_compile() -> None:
    wide = AnyOf(of=tuple(one("a", "equals", f"x{number}") for number in range(1000)))
    deep: Condition = one("a", "equals", "y")
    for _ in range(19):
        deep = Not(of=AllOf(of=())) if deep is None else Not(of=deep)
    rules = RuleSet(rules=(rule(wide), *(rule(deep, f"d{number}") for number in range(199))))
    compiled = compile_rules(rules, lists={})
    assert compiled.decide([item(a="x999"), item(a="z"), item(a="y")]) == [0, 1, 200]


def test_conditions_that_are_too_deep_and_lists_that_are_not_there_are_refused() -> None:
    deep: Condition = one("a", "is_empty")
    for _ in range(25):
        deep = Not(of=deep)
    with pytest.raises(Refused, match="nested deeper than 20"):
        compile_rules(RuleSet(rules=(rule(deep),)), lists={})
    with pytest.raises(Refused, match="“gone” is not there"):
        compile_rules(RuleSet(rules=(rule(one("id", "on_list", "gone")),)), lists={})
    with pytest.raises(Refused, match="never closed"):
        compile_rules(RuleSet(rules=(rule(one("a", "matches", "(")),)), lists={})


def test_deciding_keeps_nothing_of_the_contacts() -> None:
    rules = RuleSet(
        rules=(rule(one("born", "after", "2010-01-01")), rule(one("mail", "matches", r"^[a-z]+\d+@x\.se$")))
    )
    compiled = compile_rules(rules, lists={})

    def decide(start: int) -> None:
        compiled.decide(
            [
                item(str(n), born=f"19{n % 90 + 10}-01-01", mail=f"u{n}@x.se")
                for n in range(start, start + 2000)
            ]
        )

    decide(0)
    tracemalloc.start()
    try:
        decide(2000)
        before = tracemalloc.get_traced_memory()[0]
        for start in range(4000, 20_000, 2000):
            decide(start)
        assert tracemalloc.get_traced_memory()[0] - before < 200_000
    finally:
        tracemalloc.stop()
