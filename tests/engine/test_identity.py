"""Who may be believed: trusted networks, names and groups of headers, rules in their order, and what is wrong with settings."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.identity import (
    admitted,
    as_text,
    capped,
    check_identity,
    check_person,
    groups_of,
    name_of,
    trusts,
)
from workbench.models.person import RANK, HubIdentity, IdentitySettings, Person, ProxyIdentity, Role, Rule

ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")


@pytest.mark.parametrize(
    ("networks", "peer", "wanted"),
    [
        (("10.1.0.5",), "10.1.0.5", True),
        (("10.1.0.5",), "10.1.0.50", False),
        (("10.1.0.0/24",), "10.1.0.255", True),
        (("10.1.0.0/24",), "10.1.1.0", False),
        (("10.1.0.0/24",), "::ffff:10.1.0.7", True),
        (("fd00:1::/64",), "fd00:1::9", True),
        (("fd00:1::/64",), "fd00:2::9", False),
        (("fe80::/64",), "fe80::1%eth0", True),
        (("::/16",), "10.1.0.5", False),
        (("nonsense", "127.0.0.1"), "127.0.0.1", True),
        (("127.0.0.1",), "0x7f.1", False),
        (("127.0.0.1",), "127.1", False),
        (("127.0.0.1",), "2130706433", False),
        (("127.0.0.1",), "", False),
        (("127.0.0.1",), "testclient", False),
        ((), "127.0.0.1", False),
    ],
)  # fmt: skip
def test_only_addresses_of_the_networks_are_trusted(
    networks: tuple[str, ...], peer: str, wanted: bool
) -> None:
    assert trusts(networks, peer) is wanted


@given(st.ip_addresses(), st.ip_addresses(v=4).map(str), st.integers(8, 32))
def test_trust_is_membership(peer: object, base: str, prefix: int) -> None:
    network = ip_network(f"{base}/{prefix}", strict=False)
    mapped = getattr(ip_address(str(peer)), "ipv4_mapped", None) or ip_address(str(peer))
    assert trusts((str(network),), str(peer)) is (mapped.version == 4 and mapped in network)


@pytest.mark.parametrize(
    ("value", "name"),
    [("ada", "ada"), (" ada@example.com ", "ada@example.com"), ("Zoë", "Zoë"), ("", None), ("  ", None), ("a\tb", None),
     ("a\x00", None), ("a\u202eb", None), ("x" * 200, "x" * 200), ("x" * 201, None)],
)  # fmt: skip
def test_a_name_is_one_that_can_be_read(value: str, name: str | None) -> None:
    assert name_of(value) == name


@given(st.text(st.characters(codec="utf-8"), max_size=50))
def test_a_header_is_read_as_the_proxy_wrote_it(text: str) -> None:
    assert as_text(text.encode().decode("latin-1")) == text


def test_groups_are_parted_by_commas() -> None:
    assert groups_of("marketing, brand a ,,ops") == ("marketing", "brand a", "ops")
    assert groups_of("") == ()
    assert len(groups_of("g," * 100_000)) == 500


RULES = (
    Rule(of="person", name="ada", role="admin"),
    Rule(of="group", name="marketing", role="operator"),
    Rule(of="group", name="ops", role="admin"),
    Rule(of="anyone", role="viewer"),
)


@pytest.mark.parametrize(
    ("name", "groups", "role"),
    [
        ("ada", (), "admin"), ("Ada", (), "viewer"), ("bo", ("marketing",), "operator"), ("bo", ("ops",), "admin"),
        ("bo", ("ops", "marketing"), "operator"), ("marketing", (), "viewer"), ("bo", ("Marketing", "ada", "anyone"), "viewer"),
    ],
)  # fmt: skip
def test_the_first_rule_that_fits_decides(name: str, groups: tuple[str, ...], role: Role) -> None:
    found = admitted(RULES, name, groups)
    assert found is not None
    assert (found.name, found.role) == (name, role)


def test_who_fits_no_rule_stays_outside() -> None:
    assert admitted(RULES[:3], "bo", ("sales",)) is None
    assert admitted((), "ada", ()) is None


UNITS = st.lists(st.sampled_from("abc"), unique=True).map(tuple)
PEOPLE = st.builds(Person, name=st.just("a"), role=st.sampled_from(ROLES), units=UNITS)


@given(PEOPLE, PEOPLE)
def test_a_page_gives_no_more_rights_than_it_has(person: Person, page: Person) -> None:
    """No units means all of them: two that have none in common let nobody in, instead of letting him see everything."""
    found = capped(person, page)
    both = set(person.units or "abc") & set(page.units or "abc")
    assert (found is None) is (not both)
    if found is not None:
        assert RANK[found.role] == min(RANK[person.role], RANK[page.role])
        assert set(found.units or "abc") == both


def fields(settings: IdentitySettings) -> list[str]:
    return [problem.field for problem in check_identity(settings) if problem.blocks]


def test_good_settings_have_no_problem() -> None:
    proxy = ProxyIdentity(trusted=("10.1.0.5", "fd00:1::/64"))
    assert check_identity(IdentitySettings(proxy=proxy, rules=RULES)) == []
    assert (
        check_identity(IdentitySettings(hub=HubIdentity(url="http://127.0.0.1:8081/hub/api"), rules=RULES))
        == []
    )
    assert check_identity(IdentitySettings()) == []
    [warning] = check_identity(IdentitySettings(proxy=proxy))
    assert (warning.field, warning.level) == ("rules", "warning")


@pytest.mark.parametrize(
    "wide", ["0.0.0.0/0", "0.0.0.0/7", "::/0", "2000::/3", "10.1.0.5/24", "10.1.0", "all", ""]
)
def test_a_proxy_is_named_narrowly(wide: str) -> None:
    assert fields(IdentitySettings(proxy=ProxyIdentity(trusted=("10.1.0.5", wide)), rules=RULES)) == [
        "proxy.trusted.1"
    ]


@pytest.mark.parametrize(
    "header",
    ["", "Remote User", "Remote-User:", "Authorization", "x-forwarded-for", "X-Workbench-Visitor", "Zoë"],
)
def test_a_name_stands_in_a_header_of_its_own(header: str) -> None:
    proxy = ProxyIdentity(trusted=("10.1.0.5",), name_header=header)
    assert fields(IdentitySettings(proxy=proxy, rules=RULES)) == ["proxy.name_header"]


def test_groups_stand_in_another_header_or_in_none() -> None:
    same = ProxyIdentity(trusted=("10.1.0.5",), name_header="Remote-User", groups_header="remote-user")
    assert fields(IdentitySettings(proxy=same, rules=RULES)) == ["proxy.groups_header"]
    assert fields(IdentitySettings(proxy=same.model_copy(update={"groups_header": ""}), rules=RULES)) == []
    assert fields(IdentitySettings(proxy=ProxyIdentity(trusted=()), rules=RULES)) == ["proxy.trusted"]


@pytest.mark.parametrize(
    "url", ["", "hub", "ftp://hub/api", "http://", "http://user:pw@hub/api", "http://hub/api?x=1", "http://hub:99999/", "http://h ub/"]
)  # fmt: skip
def test_a_hub_is_a_plain_address(url: str) -> None:
    assert fields(IdentitySettings(hub=HubIdentity(url=url), rules=RULES)) == ["hub.url"]


def test_rules_name_somebody_and_the_one_for_anyone_is_last() -> None:
    rules = (
        Rule(of="person"),
        Rule(of="anyone"),
        Rule(of="group", name=" "),
        Rule(of="group", name="a", units=("x", "")),
    )
    assert fields(IdentitySettings(rules=rules)) == [
        "rules.0.name",
        "rules.1.of",
        "rules.2.name",
        "rules.3.units.1",
    ]


def test_a_person_with_a_token_has_a_name_too() -> None:
    assert check_person("Ada", ("brand a",)) == []
    assert [problem.field for problem in check_person(" ", ("brand a", " "))] == ["name", "units.1"]
