"""The verdict on a gate's settings: R-GATE-4, 8, 19, 30; each sentence names the place and one fix."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.gate_checks import (
    Stock,
    check_gate,
    check_stock_key,
    loopback,
    read_settings,
    secrets_of,
    tidy_gate,
)
from workbench.models.base import Problem, SecretRef
from workbench.models.gate import (
    CAMPAIGN_MANAGER_LIMIT_MIN,
    SOURCE_IPS,
    AddCode,
    AddTag,
    AnswerOptions,
    CallEndpoint,
    CheckConsent,
    GateSettings,
    LiveCheck,
    Meaning,
    SetProperty,
    TimeLimit,
    WriteBack,
)
from workbench.models.rules import AllOf, Comparison, Not, Rule, RuleSet
from workbench.sentence import say

REF = SecretRef(handle="sec_0123456789abcdef", hint="**** wxyz")
STOCK = Stock(pools={"spring"}, lists={"newsletter"}, integrations={"int_1"})
QUEUE = "https://sqs.eu-north-1.amazonaws.com/123456789012/gate"


def settings(**more: Any) -> GateSettings:
    """Return settings with which nothing is wrong, changed by ``more``."""
    right: dict[str, Any] = {
        "name": "Newsletter gate", "key": "newsletter", "auth": "header", "header": "X-Gate-Token", "header_value": REF,
    }  # fmt: skip
    return GateSettings(**{**right, **more})


def sqs(**more: Any) -> GateSettings:
    return settings(**{
        "kind": "sqs", "auth": "iam", "header": "", "header_value": None, "queue_url": QUEUE, "access_key_id": "AKIAEXAMPLE",
        "secret_access_key": REF, **more,
    })  # fmt: skip


def found(wanted: GateSettings, level: str = "error") -> dict[str, str]:
    """Return the problems of a level: field to sentence."""
    return {one.field: str(one.sentence) for one in check_gate(wanted, STOCK) if one.level == level}


def errors(**more: Any) -> dict[str, str]:
    return found(settings(**more))


def test_settings_that_are_right_have_no_problem_at_all() -> None:
    assert check_gate(settings(), STOCK) == []
    assert check_gate(sqs(), STOCK) == []
    assert found(settings(auth="basic", username="symplify", password=REF)) == {}


def test_an_empty_form_names_every_field_that_is_needed() -> None:
    assert {"name", "key"} <= set(found(GateSettings()))
    assert "auth" in found(
        GateSettings(), "warning"
    )  # whoever knows the address comes in: said, not forbidden


# -- the endpoint (R-GATE-4) -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", ["basic", "header"])
def test_a_queue_takes_neither_password_nor_header(auth: str) -> None:
    assert "AWS IAM" in found(sqs(auth=auth))["auth"]


def test_http_takes_no_iam() -> None:
    assert "queue" in errors(auth="iam")["auth"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"auth": "basic", "password": REF}, "username"),
        ({"auth": "basic", "username": "a:b", "password": REF}, "username"),
        ({"auth": "basic", "username": "a"}, "password"),
        ({"header": ""}, "header"),
        ({"header": "X Gate"}, "header"),
        ({"header": "Host"}, "header"),
        ({"header": "X-Gate:"}, "header"),
        ({"header_value": None}, "header_value"),
    ],
)
def test_what_lets_the_platform_in_is_whole(more: dict[str, Any], field: str) -> None:
    assert set(errors(**more)) == {field}


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("", "queue_url"),
        ("sqs://gate", "queue_url"),
        ("http://sqs.eu-north-1.amazonaws.com/123456789012/gate", "queue_url"),
        ("https://sqs.eu-north-1.amazonaws.com/gate", "queue_url"),
        ("https://sqs.eu-north-1.amazonaws.com/123456789012/gate?x=1", "queue_url"),
        ("https://sqs.eu-north-1.amazonaws.com/123456789012/a b", "queue_url"),
        ("https://10.0.0.7/123456789012/gate", "queue_url"),
        ("https://queue.example.com/123456789012/gate", "queue_region"),
    ],
)
def test_a_queue_url_has_the_shape_that_aws_documents(url: str, field: str) -> None:
    assert set(found(sqs(queue_url=url))) == {field}


def test_a_queue_on_this_machine_needs_neither_https_nor_region() -> None:
    for url in (
        "http://127.0.0.1:9324/000000000000/gate",
        "http://localhost:8868/sqs/000000000000/send-gate",
    ):
        assert found(sqs(queue_url=url)) == {}


def test_a_region_fits_the_queue() -> None:
    assert "eu-north-1" in found(sqs(queue_region="us-east-1"))["queue_region"]
    assert "queue_region" in found(sqs(queue_region="north"))
    assert found(sqs(queue_region="eu-north-1")) == {}


def test_iam_needs_both_halves_of_the_key() -> None:
    assert set(found(sqs(access_key_id=" ", secret_access_key=None))) == {
        "access_key_id",
        "secret_access_key",
    }
    assert "environment" in found(sqs(auth="none"), "note")["auth"]


# -- names and addresses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["ab", "a" * 41, "Shop", "shop_1", "shöp", "shop/x", "shop ", "a.b"])
def test_a_key_is_a_part_of_an_address(key: str) -> None:
    wanted = settings(key=key[:40])
    assert "key" in found(wanted.model_copy(update={"key": key}))


@given(st.from_regex(r"\A[a-z0-9-]{3,40}\Z"))
def test_every_key_of_the_documented_form_is_taken(key: str) -> None:
    assert errors(key=key) == {}


def test_a_name_holds_nothing_invisible() -> None:
    assert "name" in errors(name="a\nb")
    assert "name" in errors(name="   ")


@pytest.mark.parametrize(
    "host",
    [
        "https://a.example",
        "a.example/x",
        "*.example",
        "a b",
        "a.example:0",
        "a.example:99999",
        "u@a.example",
        "",
    ],
)
def test_a_host_is_named_alone_and_whole(host: str) -> None:
    assert set(errors(hosts=("ok.example.com", host))) == {"hosts.1"}


@pytest.mark.parametrize(
    "host",
    [
        "a.example",
        "a.example:8443",
        "localhost:8868",
        "127.0.0.1:8868",
        "[::1]:8868",
        "eu-proxy-1.symplifymail.com",
    ],
)
def test_hosts_with_and_without_a_port_are_taken(host: str) -> None:
    assert errors(hosts=(host,)) == {}


def test_source_addresses_are_addresses() -> None:
    assert set(errors(source_ips=("192.165.55.111", "192.165.55.999", "10.0.0.0/8"))) == {
        "source_ips.1",
        "source_ips.2",
    }
    assert "source_ips.1" in found(settings(source_ips=("192.165.55.111", "192.165.55.111")), "warning")


def test_source_addresses_without_one_of_the_platform_are_doubted_with_all_four_named() -> None:
    told = found(settings(source_ips=("203.0.113.9",)), "warning")["source_ips"]
    assert all(address in told for address in SOURCE_IPS.values())
    assert found(settings(source_ips=("127.0.0.1",)), "warning") == {}
    assert found(settings(source_ips=(SOURCE_IPS["TWO"],)), "warning") == {}


# -- limits (R-GATE-19) ------------------------------------------------------------------------------------------------


@given(st.integers(1, 43_200).filter(lambda minutes: minutes != CAMPAIGN_MANAGER_LIMIT_MIN))
def test_campaign_manager_always_waits_one_hour(minutes: int) -> None:
    wanted = settings(
        limits=(TimeLimit(flow="campaign_manager", minutes=minutes),), answering=AnswerOptions(margin_min=0)
    )
    assert set(found(wanted)) == {"limits.0.minutes"}
    assert (
        found(
            settings(
                limits=(TimeLimit(flow="journey", minutes=minutes),), answering=AnswerOptions(margin_min=0)
            )
        )
        == {}
    )


def test_a_limit_that_never_counts_is_said() -> None:
    journey = TimeLimit(journey_name="Spring", flow="journey", minutes=30)
    told = found(settings(limits=(TimeLimit(), journey)), "warning")
    assert "Move it up" in told["limits.1.journey_name"]
    assert "limits.1.journey_name" in found(
        settings(limits=(journey, journey.model_copy(update={"journey_name": "SPRING"}))), "warning"
    )
    assert "60 minutes" in found(settings(limits=()), "warning")["limits"]


def test_the_margin_is_shorter_than_the_shortest_limit() -> None:
    assert "answering.margin_min" in errors(
        limits=(TimeLimit(flow="journey", minutes=5),), answering=AnswerOptions(margin_min=5)
    )


# -- meanings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("does", "fields"),
    [
        (CheckConsent(), {"consent_list"}),
        (CheckConsent(consent_list="newsletter", live_check="x"), {"consent_list"}),
        (CheckConsent(consent_list="gone"), {"consent_list"}),
        (CheckConsent(live_check="gone"), {"live_check"}),
        (CheckConsent(consent_list="newsletter", field=" "), {"field"}),
        (AddCode(pool="", property=""), {"pool", "property"}),
        (AddCode(pool="gone", property="code"), {"pool"}),
        (SetProperty(property=" "), {"property"}),
        (CallEndpoint(integration_id=""), {"integration_id"}),
        (CallEndpoint(integration_id="int_2"), {"integration_id"}),
        (CheckConsent(consent_list="newsletter"), set()),
        (AddCode(pool="spring", property="code"), set()),
        (AddTag(), set()),
        (SetProperty(property="segment"), set()),
        (CallEndpoint(integration_id="int_1"), set()),
    ],
)
def test_what_an_action_means_is_whole_and_names_what_there_is(does: Any, fields: set[str]) -> None:
    assert set(errors(meanings=(Meaning(identifier="a", does=does),))) == {
        f"meanings.0.does.{name}" for name in fields
    }


def test_each_identifier_means_one_thing() -> None:
    tag = AddTag(tag="x")
    told = errors(meanings=(Meaning(identifier="tag", does=tag), Meaning(identifier="tag", does=tag)))
    assert set(told) == {"meanings.1.identifier"}
    assert errors(meanings=(Meaning(identifier=" tag", does=tag),)).keys() == {"meanings.0.identifier"}
    both = settings(meanings=(Meaning(identifier="tag", does=tag), Meaning(identifier="Tag", does=tag)))
    assert "capital" in found(both, "warning")["meanings.1.identifier"]


def test_what_is_not_known_is_not_checked() -> None:
    wanted = settings(meanings=(Meaning(identifier="a", does=AddCode(pool="gone", property="code")),))
    assert [one for one in check_gate(wanted) if one.blocks] == []


# -- rules -------------------------------------------------------------------------------------------------------------


def rules(condition: Any, **more: Any) -> RuleSet:
    return RuleSet(rules=(Rule(name="r", when=condition, reason="Because", **more),))


def test_the_problems_of_rules_stand_at_their_place_in_the_form() -> None:
    condition = AllOf(
        of=(
            Comparison(field="id", operator="equals", value="1"),
            Comparison(field="age", operator="less_than", value="x"),
        )
    )
    assert set(errors(rules=rules(condition))) == {"rules.rules.0.when.of.1.value"}
    assert set(errors(rules=rules(Not(of=Comparison(field="id", operator="on_list", value="gone"))))) == {
        "rules.rules.0.when.of.value"
    }


def test_a_rule_names_lists_and_checks_that_there_are() -> None:
    check = LiveCheck(key="consent", url="https://consent.example.com/{value}")
    right = rules(Comparison(field="id", operator="consents", value="consent"))
    assert errors(rules=right, live_checks=(check,)) == {}
    assert set(errors(rules=right)) == {"rules.rules.0.when.value"}
    assert errors(rules=rules(Comparison(field="id", operator="on_list", value="newsletter"))) == {}


def test_a_rule_for_an_action_without_a_meaning_is_doubted() -> None:
    wanted = settings(rules=rules(Comparison(field="id", operator="is_present"), only_for="check-consent"))
    assert "rules.rules.0.only_for" in found(wanted, "warning")


# -- live checks, write-back, answering --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": "http://consent.example.com/{value}"}, "url"),
        ({"url": "https://consent.example.com/"}, "url"),
        ({"url": "https://10.0.0.7/{value}"}, "url"),
        ({"url": "https://user:pw@consent.example.com/{value}"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"header": "X Key", "header_value": REF}, "header"),
        ({"header": "X-Key"}, "header_value"),
        ({"header": "X-Key", "header_value": "a\nb"}, "header_value"),
        ({"header_value": "a"}, "header"),
        ({"yes": ()}, "yes"),
    ],
)
def test_a_live_check_can_be_asked(more: dict[str, Any], field: str) -> None:
    right: dict[str, Any] = {"key": "consent", "url": "https://consent.example.com/v1/{value}"}
    assert set(errors(live_checks=(LiveCheck(**{**right, **more}),))) == {f"live_checks.0.{field}"}
    assert errors(live_checks=(LiveCheck(**right),)) == {}


def test_a_live_check_may_lie_on_this_machine_without_https() -> None:
    assert errors(live_checks=(LiveCheck(key="consent", url="http://127.0.0.1:9000/{value}"),)) == {}


def test_two_live_checks_have_two_names() -> None:
    check = LiveCheck(key="consent", url="https://consent.example.com/{value}")
    assert set(errors(live_checks=(check, check))) == {"live_checks.1.key"}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"base_url": "http://rest.example.com"}, "base_url"),
        ({"base_url": "https://rest.example.com/rest/1?x=1"}, "base_url"),
        ({"list_id": ""}, "list_id"),
        ({"list_id": "../1"}, "list_id"),
    ],
)
def test_a_write_back_has_a_place_to_go(more: dict[str, Any], field: str) -> None:
    right: dict[str, Any] = {"base_url": "https://rest.example.com/rest/1", "list_id": "7", "token": REF}
    assert set(errors(write_back=WriteBack(**{**right, **more}))) == {f"write_back.{field}"}
    assert check_gate(settings(write_back=WriteBack(**right)), STOCK) == []


def test_codes_without_a_place_to_write_them_and_an_open_leak_guard_are_doubted() -> None:
    wanted = settings(
        meanings=(Meaning(identifier="code", does=AddCode(pool="spring", property="code")),),
        answering=AnswerOptions(leak_guard=False, on_failed_write="finish"),
    )
    assert {"write_back.base_url", "answering.leak_guard", "answering.on_failed_write"} <= set(
        found(wanted, "warning")
    )


# -- reading a form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"limits": [{"minutes": 0}]}, "limits.0.minutes"),
        ({"limits": [{"minutes": "soon"}]}, "limits.0.minutes"),
        ({"limits": [{"minutes": 43_201}]}, "limits.0.minutes"),
        ({"meanings": [{"identifier": "a", "does": {"kind": "add_code", "property": "x"}}]}, "meanings.0.does.pool"),
        ({"meanings": [{"identifier": "", "does": {"kind": "tag"}}]}, "meanings.0.identifier"),
        ({"meanings": [{"identifier": "a", "does": {"kind": "tag", "tag": 7}}]}, "meanings.0.does.tag"),
        ({"rules": {"rules": [{"name": "r", "reason": "x", "when": {"kind": "comparison", "field": "", "operator": "equals"}}]}},
         "rules.rules.0.when.field"),
        ({"rules": {"rules": [{"name": "r", "reason": "x", "when": "no json"}]}}, "rules.rules.0.when"),
        ({"rules": {"rules": [{"name": "r", "reason": "x", "when": {"kind": "not", "of": {"kind": "any", "of": [
            {"kind": "comparison", "field": "a", "operator": "near"}]}}}]}}, "rules.rules.0.when.of.of.0.operator"),
        ({"answering": {"margin_min": float("nan")}}, "answering.margin_min"),
        ({"answering": {"margin_min": -1}}, "answering.margin_min"),
        ({"live_checks": [{"key": "A B", "url": "x"}]}, "live_checks.0.key"),
        ({"live_checks": [{"key": "a", "url": "x", "header_value": 7}]}, "live_checks.0.header_value"),
        ({"name": "x" * 121}, "name"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_by_the_field_of_the_form(document: dict[str, Any], field: str) -> None:
    settings_read, problems = read_settings(document)
    assert settings_read is None
    assert [problem.field for problem in problems] == [field]


def test_a_sentence_never_repeats_a_secret_that_was_typed_in_a_wrong_place() -> None:
    _, problems = read_settings({"password": "pl4nted-S3cret", "access_key_id": 7})
    assert problems
    assert "pl4nted" not in repr(problems)


@given(st.lists(st.sampled_from(["a", " a ", "", "  ", "B.example"]), max_size=5))
def test_tidying_is_done_once_for_all(lines: list[str]) -> None:
    once = tidy_gate(settings(hosts=tuple(lines), source_ips=tuple(lines)))
    assert tidy_gate(once) == once
    assert all(host and host == host.strip().lower() for host in once.hosts)


NAMES = st.sampled_from(
    ["kind", "of", "does", "name", "rules", "limits", "minutes", "when", "meanings", "hosts"]
)


def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=8), deeper, max_leaves=12))
def test_no_document_whatever_raises(document: Any) -> None:
    wanted = document if isinstance(document, dict) else {"rules": document}
    made, problems = read_settings(wanted)
    assert (made is None) == bool(problems)
    for problem in problems if made is None else check_gate(made, STOCK):
        assert isinstance(problem, Problem)
        assert str(problem.sentence)


def test_secrets_are_all_found() -> None:
    wanted = settings(
        password=REF, secret_access_key=REF, account_token=REF, write_back=WriteBack(token=REF),
        live_checks=(LiveCheck(key="a", url="https://a.example/{value}", header="X", header_value=REF),
                     LiveCheck(key="b", url="x", header_value="plain")),
    )  # fmt: skip
    assert secrets_of(wanted) == [REF] * 6


@pytest.mark.parametrize(("url", "here"), [
    ("http://127.0.0.1:1/x", True), ("http://localhost/x", True), ("http://a.localhost/x", True), ("http://[::1]/", True),
    ("http://10.0.0.1/", False), ("http://a.internal/", False), ("https://a.example/", False), ("http://[", False), ("", False),
])  # fmt: skip
def test_this_machine_is_told_from_a_private_network(url: str, here: bool) -> None:
    assert loopback(url) is here


def test_the_name_of_a_pool_is_short_and_plain() -> None:
    assert check_stock_key("spring-2026", say("code pool")) is None
    for wrong in ("", "Spring", "a b", "../x", "-a", "a" * 41):
        assert check_stock_key(wrong, say("code pool")) is not None
