"""What the rules mean, said once in examples, and what is wrong with rules that cannot be decided by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.engine.items import Item
from workbench.engine.rule_values import key_of, moment_of, number_of, text_of, truth_of
from workbench.engine.rules import UNANSWERED, check_rules, decide_plainly, fits, rules_of
from workbench.errors import Refused
from workbench.models.gate import Action, AddTag, CheckConsent, GateSettings, Meaning
from workbench.models.rules import AllOf, AnyOf, Comparison, Condition, Decision, Not, Rule, RuleSet


class Members:
    def __init__(self, *members: str) -> None:
        self.members = members

    def contain(self, values: Sequence[str]) -> Sequence[bool]:
        return [value in self.members for value in values]


def one(operator: str, value: object = None, field: str = "f") -> Comparison:
    return Comparison(field=field, operator=operator, value=value)  # type: ignore[arg-type]


def item(contact: str = "c1", **properties: Any) -> Item:
    return Item(contact, "https://gate.example/x", properties)


LISTS = {"mail": Members("c1", "5", "a@x.se")}
LIVE = {("crm", "c1"): True, ("crm", "5"): False}


# -- Operators --------------------------------------------------------------------------------------------------------

EVERY = (
    *(
        ("equals", "x"),
        ("not_equals", "x"),
        ("in", ["x"]),
        ("not_in", ["x"]),
        ("contains", "x"),
        ("starts_with", "x"),
    ),
    *(
        ("ends_with", "x"),
        ("matches", "x"),
        ("less_than", 1),
        ("at_most", 1),
        ("more_than", 1),
        ("at_least", 1),
    ),
    *(("before", "2026-01-01"), ("after", "2026-01-01"), ("is_empty", None), ("is_present", None)),
    *(("on_list", "mail"), ("not_on_list", "mail"), ("consents", "crm"), ("refuses", "crm")),
)


@pytest.mark.parametrize(("operator", "value"), EVERY)
@pytest.mark.parametrize("contact", [item(), item(f=None)])
def test_a_field_that_is_absent_fits_four_operators_alone(
    operator: str, value: object, contact: Item
) -> None:
    wanted = operator in ("is_empty", "not_equals", "not_in", "not_on_list")
    assert fits(one(operator, value), contact, LISTS, LIVE) is wanted


@pytest.mark.parametrize(
    ("operator", "wanted", "yes", "no"),
    [
        ("equals", "SE", ["SE"], ["se", " SE", 5, True, [], ["SE"], {}]),
        ("equals", "5", ["5", 5, 5.0], ["5.0", "05", True]),
        ("equals", 5, [5, 5.0, "5", "5.0", " 5 ", "5e0"], ["five", "", True, [5]]),
        ("equals", 1, [1, "1"], [True, "true"]),
        ("equals", True, [True, "true", "TRUE", " True "], [1, "1", "yes", False]),
        ("equals", "true", [True, "true"], ["True", 1]),
        ("equals", 0.1, [0.1, "0.1", "1e-1"], [0.2, "0,1"]),
        ("equals", "é", ["é"], ["e\u0301"]),
        ("in", ["SE", 5, False], ["SE", 5, "5", False, "false"], ["NO", 4, True, 0, [], None]),
        ("contains", "an", ["Jane", "an", ["x", "an"]], ["JANE", ["Jane"], {"an": 1}, True]),
        ("contains", "7", [1700, "17", [7]], [1600, True]),
        ("starts_with", "46", ["4670", 46701740605], ["+46", [46]]),
        ("ends_with", "@x.se", ["ana@x.se"], ["ana@x.se ", "x.se"]),
        ("matches", r"^\d{3}$", ["123", 123], ["1234", "", True, None]),
        ("less_than", 18, [17, 17.9, "17", " -1 ", "1e1"], [18, "18", "young", "", True, [1]]),
        ("at_most", "18", [18, "18.0", 10], [18.1, 10**30]),
        ("more_than", 18, [18.5, "19", 10**30], [18, "18", "inf", "nan"]),
        ("at_least", 18, [18, "18"], ["17", "1 8", "9" * 70]),
        ("before", "2026-05-31", ["2026-05-30", "2026-05-30T23:59:59.9Z"], ["2026-05-31", "soon", 20260530]),
        ("before", "2026-05-31", ["2026-05-31T01:00+02:00"], ["2026-05-31T00:00"]),
        (
            "after",
            "2026-05-31T12:00+02:00",
            ["2026-05-31T10:00:01Z", "2026-06-01"],
            ["2026-05-31T10:00", "2026-05-31", "2026-13-01"],
        ),
        ("is_empty", None, ["", " ", "\t\n", "\u3000"], [0, False, [], {}, "x"]),
        ("on_list", "mail", ["5", 5, 5.0, "a@x.se"], ["6", " ", "", True, [5]]),
        ("consents", "crm", ["c1"], ["5", 5, " ", True]),
        ("refuses", "crm", ["5", 5], ["c1", "", []]),
    ],
)
def test_operators(operator: str, wanted: object, yes: list[object], no: list[object]) -> None:
    opposite = {"equals": "not_equals", "in": "not_in", "is_empty": "is_present", "on_list": "not_on_list"}
    for value, answer in [*((value, True) for value in yes), *((value, False) for value in no)]:
        assert fits(one(operator, wanted), item(f=value), LISTS, LIVE) is answer, value
        if operator in opposite:
            assert fits(one(opposite[operator], wanted), item(f=value), LISTS, LIVE) is not answer, value


def test_the_field_id_is_the_contact_and_a_name_is_its_own_spelling() -> None:
    assert fits(one("equals", "c1", field="id"), item(id="other"), {}, {})
    assert not fits(one("is_present", field="Email"), item(email="x"), {}, {})


# -- Combining --------------------------------------------------------------------------------------------------------

YES = one("is_empty")
NO = one("is_present")
OPEN = one("consents", "dpo", field="id")


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        (AllOf(), True),
        (AnyOf(), False),
        (AllOf(of=(YES, NO)), False),
        (AnyOf(of=(NO, YES)), True),
        (Not(of=YES), False),
        (OPEN, None),
        (Not(of=OPEN), None),
        (AllOf(of=(OPEN, NO)), False),
        (AllOf(of=(OPEN, YES)), None),
        (AnyOf(of=(OPEN, YES)), True),
        (AnyOf(of=(OPEN, NO)), None),
        (Not(of=AllOf(of=(OPEN, NO))), True),
    ],
)
def test_conditions_combine_as_kleene_says(condition: Condition, answer: bool | None) -> None:
    assert fits(condition, item(), LISTS, LIVE) is answer


def rule(when: Condition, name: str = "r", **more: Any) -> Rule:
    return Rule(name=name, when=when, reason=f"why {name}", **more)


def decide(
    *rules: Rule, actions: tuple[str, ...] = (), live: Mapping[tuple[str, str], bool] = LIVE
) -> Decision:
    return decide_plainly(RuleSet(rules=rules), item(), actions=actions, lists=LISTS, live=live)


def test_the_first_rule_that_fits_decides_and_its_reason_is_kept() -> None:
    assert decide(rule(NO, "a"), rule(YES, "b", verdict="accept"), rule(YES, "c")) == Decision(
        verdict="accept", rule="b", reason="why b"
    )
    assert decide(rule(NO)) == Decision(verdict="accept")
    otherwise = decide_plainly(RuleSet(otherwise="reject"), item(), actions=(), lists={}, live={})
    assert otherwise == Decision(verdict="reject")


def test_a_rule_for_an_action_counts_only_where_it_is_asked_for() -> None:
    assert decide(rule(YES, only_for="vip")).verdict == "accept"
    assert decide(rule(YES, only_for="vip"), actions=("vip",)).rule == "r"


def test_a_check_without_an_answer_rejects_unless_a_rule_before_decides() -> None:
    assert decide(rule(OPEN, "a"), rule(YES, "b", verdict="accept")) == UNANSWERED
    assert decide(rule(YES, "b", verdict="accept"), rule(OPEN, "a")).rule == "b"
    assert decide(rule(OPEN, "a"), live={("dpo", "c1"): True}).rule == "a"
    assert UNANSWERED.verdict == "reject"


def test_a_list_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="“gone” is not there"):
        decide(rule(one("on_list", "gone")))


# -- The consent that actions ask for ---------------------------------------------------------------------------------


def settings(*meanings: Meaning, rules: tuple[Rule, ...] = ()) -> GateSettings:
    return GateSettings(meanings=meanings, rules=RuleSet(rules=rules, otherwise="accept"))


def asked(*identifiers: str) -> list[Action]:
    return [Action(identifier=identifier) for identifier in identifiers]


def test_consent_comes_before_the_gates_own_rules_in_the_order_of_the_actions() -> None:
    gate = settings(
        Meaning(identifier="live", does=CheckConsent(live_check="crm", field="email", reason="Said no.")),
        Meaning(identifier="list", does=CheckConsent(consent_list="mail")),
        Meaning(identifier="tag", does=AddTag(tag="x")),
        rules=(rule(YES, "own"), rule(YES, "vip", only_for="vip")),
    )
    rules = rules_of(gate, asked("list", "tag", "live", "unknown", "list")).rules
    assert [(one.name, one.reason) for one in rules] == [
        ("check_consent: list", "Not on the consent list “mail”."),
        ("check_consent: live", "Said no."),
        ("own", "why own"),
    ]
    assert [one.name for one in rules_of(gate, asked("vip")).rules] == ["own", "vip"]
    assert rules_of(gate, []).rules == (rule(YES, "own"),)


@pytest.mark.parametrize(
    ("does", "passes", "stopped"),
    [
        (CheckConsent(consent_list="mail"), [item("c1")], [item("c2")]),
        (
            CheckConsent(consent_list="mail", field="e"),
            [item(e="a@x.se")],
            [item(e="b@x.se"), item(), item(e=" "), item(e=[1])],
        ),
        (CheckConsent(live_check="crm"), [item("c1")], [item("5")]),
        (
            CheckConsent(live_check="crm", field="e"),
            [item(e="c1")],
            [item(e="5"), item(), item(e=""), item(e=True)],
        ),
        (CheckConsent(live_check="crm", consent_list="mail"), [item("c1")], [item("5"), item("c2")]),
    ],
)
def test_who_has_no_consent_is_stopped_and_so_is_who_has_nothing_to_look_up(
    does: CheckConsent, passes: list[Item], stopped: list[Item]
) -> None:
    rules = rules_of(settings(Meaning(identifier="consent", does=does)), asked("consent"))
    for contacts, verdict in ((passes, "accept"), (stopped, "reject")):
        for contact in contacts:
            found = decide_plainly(rules, contact, actions=("consent",), lists=LISTS, live=LIVE)
            assert found.verdict == verdict
            assert (found.rule == "check_consent: consent") is (verdict == "reject" and found != UNANSWERED)


def test_a_consent_check_that_names_nothing_is_refused_since_all_would_pass() -> None:
    gate = settings(Meaning(identifier="consent", does=CheckConsent()))
    with pytest.raises(Refused, match="“consent” checks consent, but no list"):
        rules_of(gate, asked("consent"))
    assert rules_of(gate, asked("other")).rules == ()


def test_long_identifiers_and_two_hundred_rules_of_ones_own_fit() -> None:
    own = tuple(rule(YES, f"r{number}") for number in range(200))
    gate = settings(
        Meaning(identifier="x" * 255, does=CheckConsent(consent_list="m" * 500, reason="y" * 300)), rules=own
    )
    rules = rules_of(gate, asked("x" * 255)).rules
    assert len(rules) == 201
    assert len(rules[0].name) == 80
    assert len(rules[0].reason) == 200


# -- Checks -----------------------------------------------------------------------------------------------------------


def problems(*rules: Rule) -> list[tuple[str, str, str]]:
    found = check_rules(RuleSet(rules=rules), lists=("mail",), checks=("crm",))
    return [(problem.level, problem.field, str(problem.sentence)) for problem in found]


@pytest.mark.parametrize(("operator", "value"), EVERY)
def test_good_rules_have_no_problem(operator: str, value: object) -> None:
    assert problems(rule(one(operator, value))) == []


@pytest.mark.parametrize(
    ("operator", "value", "sentence"),
    [
        ("equals", None, "“is” needs a value. Write one, or use “is empty”."),
        ("equals", "", "needs a value"),
        ("equals", ["a"], "compares with a text, a number, true or false. “['a']” is none of them."),
        ("equals", float("nan"), "“nan” is no number"),
        ("not_equals", "x" * 1001, "The value has 1001 characters; at most 1000"),
        ("in", "SE", "“is one of” needs a list of values."),
        ("in", [], "needs a value"),
        ("in", ["SE", ""], "One of the values of “is one of” is empty."),
        ("not_in", [None], "One of the values"),
        ("in", [["a"]], "is none of them"),
        ("in", list(range(10_001)), "has 10001 values; at most 10000"),
        ("contains", 5, "“contains” needs a text. “5” is none."),
        ("starts_with", "", "needs a value"),
        ("ends_with", "x" * 1001, "at most 1000"),
        ("matches", "(", "The bracket “(” at position 1 is never closed."),
        ("matches", "", "The expression is empty"),
        ("matches", None, "needs a value"),
        ("less_than", "young", "“is less than” needs a number, like 18 or 12.5. “young” is none."),
        ("at_most", True, "needs a number"),
        ("more_than", float("inf"), "needs a number"),
        ("before", "31.05.2026", "needs a date like 2026-05-31"),
        ("after", "2026-02-31", "needs a date"),
        ("after", 2026, "needs a date"),
        ("is_empty", "x", "“is empty” takes no value. Remove it."),
        ("on_list", "gone", "The consent list “gone” is not there."),
        ("not_on_list", 5, "needs a text"),
        ("consents", "gone", "The gate has no live check “gone”."),
        ("refuses", "mail", "no live check “mail”"),
    ],
)
def test_wrong_values_are_told(operator: str, value: object, sentence: str) -> None:
    found = problems(rule(NO, "first"), rule(AllOf(of=(YES, Not(of=one(operator, value))))))
    assert [(level, field) for level, field, _ in found] == [("error", "rules.1.when.of.1.of.value")]
    assert sentence in found[0][2]


def test_fields() -> None:
    assert problems(rule(one("is_empty", field=" ")))[0][:2] == ("error", "rules.0.when.field")
    assert problems(rule(one("is_empty", field="a ")))[0][0] == "warning"
    assert "cannot be seen" in problems(rule(one("is_empty", field="a\nb")))[0][2]


def test_rules_that_are_never_reached_are_warned_of() -> None:
    everybody = AnyOf(of=(NO, Not(of=AnyOf())))
    found = problems(rule(YES, "a"), rule(everybody, "b"), rule(YES, "c"), rule(AllOf(), "d"))
    assert [(level, field) for level, field, _ in found] == [("warning", "rules.2"), ("warning", "rules.3")]
    assert "“b” before it fits everybody" in found[0][2]


def test_a_rule_for_one_action_hides_only_those_for_the_same() -> None:
    found = problems(
        rule(AllOf(), "a", only_for="x"),
        rule(YES, "b"),
        rule(YES, "c", only_for="x"),
        rule(YES, "d", only_for="y"),
    )
    assert [field for _, field, _ in found] == ["rules.2"]


def test_two_rules_of_one_name_are_warned_of() -> None:
    assert problems(rule(YES), rule(NO)) == [
        ("warning", "rules.1.name", "Two rules are named “r”. Rename one, so that reasons can be told apart.")
    ]


def test_conditions_that_are_too_deep_or_too_many_are_errors() -> None:
    deep: Condition = YES
    for _ in range(19):
        deep = Not(of=deep)
    assert problems(rule(deep)) == []
    assert "deeper than 20" in problems(rule(Not(of=deep)))[0][2]
    many = rule(AnyOf(of=(YES,) * 2001))
    ((level, field, sentence),) = problems(many)
    assert (level, field) == ("error", "rules")
    assert "hold 2001 comparisons; at most 2000" in sentence


# -- Reading values ---------------------------------------------------------------------------------------------------


def test_values_are_read_where_they_can_be() -> None:
    numbers = {"12": 12, " -3.5 ": -3.5, "1e3": 1000, ".5": 0.5, "5.": 5, "+7": 7}
    numbers |= dict.fromkeys(("1e999", "١", "0x1", "1_0", "", "9" * 61, True), None)
    assert {value: number_of(value) for value in numbers} == numbers
    assert number_of(float("nan")) is None
    assert [truth_of(value) for value in (True, "FALSE", "1", 1, None)] == [True, False, None, None, None]
    assert [text_of(value) for value in ("a", 5, 5.0, 0.5, True, None, 10**5000)] == [
        "a",
        "5",
        "5",
        "0.5",
        None,
        None,
        None,
    ]
    assert [key_of(value) for value in ("a ", 5, " ", True, [])] == ["a ", "5", None, None, None]
    noon = datetime(2026, 5, 31, 12, tzinfo=UTC)
    for text in (
        "2026-05-31T12:00Z",
        "2026-05-31 12:00:00",
        "2026-05-31t14:00+0200",
        "2026-05-31T12:00:00,000000000z",
    ):
        assert moment_of(text) == noon
    for wrong in (
        "2026-5-31",
        "2026-05-31T24:00",
        "2026-W22-7",
        "0001-01-01T00:00+14:00",
        "2026-05-31T12:00:60",
        "2026-05-31T12",
        5,
    ):
        assert moment_of(wrong) is None
