"""Which addresses a live request may reach: first Convoy's two tables (addresses and verdicts), then ours."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.addresses import verdict
from workbench.sentence import Sentence

# The private guard: 12 cases (github.com/frain-dev/convoy, net/dispatcher_test.go).
PRIVATE_GUARD = [
    ("1.1.1.1", False),
    ("2606:4700:4700::1111", False),
    ("127.0.0.1", True),
    ("::1", True),
    ("10.0.0.5", True),
    ("192.168.1.10", True),
    ("172.16.0.1", True),
    ("169.254.169.254", True),
    ("0.0.0.0", True),
    ("fd00::1", True),
    ("::ffff:127.0.0.1", True),
    ("not-an-ip", True),
]

# The metadata guard: 17 cases. Private hosts pass here, as a host that is allowed by its exact name does.
METADATA_GUARD = [
    ("169.254.169.254", True),
    ("169.254.0.1", True),
    ("fe80::1", True),
    ("ff02::1", True),
    ("fd00:ec2::254", True),
    ("::ffff:169.254.169.254", True),
    ("64:ff9b::a9fe:a9fe", True),
    ("2002:a9fe:a9fe::1", True),
    ("not-an-ip", True),
    ("10.0.0.5", False),
    ("192.168.1.10", False),
    ("172.16.0.1", False),
    ("fd12:3456::1", False),
    ("1.1.1.1", False),
    ("2606:4700:4700::1111", False),
    ("64:ff9b::808:808", False),
    ("2002:0808:0808::1", False),
]

REFUSED = [
    # every block, at both ends
    *("0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255"),
    *("127.0.0.0", "127.255.255.255", "169.254.0.0", "169.254.255.255", "172.16.0.0", "172.31.255.255"),
    *(
        "192.0.0.0",
        "192.0.0.255",
        "192.0.2.0",
        "192.0.2.255",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
    ),
    *("198.18.0.0", "198.19.255.255", "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255"),
    *("224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.254", "255.255.255.255"),
    *(
        "::",
        "::1",
        "100::",
        "100::ffff:ffff:ffff:ffff",
        "100:0:0:1::1",
        "2001:2::1",
        "2001:db8::1",
        "3fff::1",
    ),
    *(
        "3fff:fff:ffff::1",
        "5f00::1",
        "5fff::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "feff::1",
    ),
    *("ff00::1", "ff0e::1", "2001:1::5", "4000::1", "1000::1", "200::1", "64:ff9b:1::808:808"),
    # clouds
    *("100.100.100.200", "168.63.129.16", "192.0.0.192", "169.254.170.2", "fd00:ec2::23", "fd20:ce::254"),
    # a refused IPv4 address inside an IPv6 one
    *("::ffff:7f00:1", "::ffff:10.0.0.1", "::127.0.0.1", "::a00:1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b::192.168.0.1", "2002:7f00:1::", "2002:c0a8:1::1", "2002:6440:1::1"),
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo, client 10.0.0.1
    "2001:0:7f00:1:8000:63bf:fefe:fefe",  # Teredo, server 127.0.0.1
    # a zone changes nothing
    *("fe80::1%eth0", "::1%lo"),
    # spellings that are no address: a name is judged after it was resolved
    *("", "localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "127.0.0.1:80", " 1.1.1.1"),
    "１２７.０.０.１",
]

ALLOWED = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
    *(
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.1",
    ),
    *("192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0"),
    *(
        "223.255.255.255",
        "168.63.129.15",
        "2000::1",
        "2606:4700::1",
        "2a00:1450:4001:80b::200e",
        "2001:4860::8888",
    ),
    *("::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:200::1"),
    "2001:0:4136:e378:8000:63bf:f7f7:f7f7",  # Teredo, server 65.54.227.120, client 8.8.8.8
]

OWN = ["127.0.0.1", "::1", "10.1.2.3", "100.64.1.1", "fd12::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"]
NEVER = ["0.0.0.0", "::", "255.255.255.255", "240.0.0.1", "100.100.100.200", "203.0.113.9", "5f00::1"]


@pytest.mark.parametrize(("ip", "refused"), PRIVATE_GUARD)
def test_the_private_guard_judges_as_in_the_table(ip: str, refused: bool) -> None:
    assert (verdict(ip) is not None) is refused


@pytest.mark.parametrize(("ip", "refused"), METADATA_GUARD)
def test_a_host_allowed_by_name_still_reaches_no_metadata(ip: str, refused: bool) -> None:
    assert (verdict(ip, private_ok=True) is not None) is refused


@pytest.mark.parametrize("ip", REFUSED)
def test_refused(ip: str) -> None:
    assert verdict(ip) is not None


@pytest.mark.parametrize("ip", ALLOWED)
def test_allowed(ip: str) -> None:
    assert verdict(ip) is None


@pytest.mark.parametrize("ip", OWN)
def test_own_servers_pass_when_allowed_by_name(ip: str) -> None:
    assert verdict(ip) is not None
    assert verdict(ip, private_ok=True) is None


@pytest.mark.parametrize("ip", NEVER)
def test_what_is_nobodys_own_server_never_passes(ip: str) -> None:
    assert verdict(ip, private_ok=True) is not None


def test_the_sentence_names_the_address_the_rule_and_one_fix() -> None:
    assert str(verdict("10.0.0.5")) == (
        "10.0.0.5 lies in a private network. A live request goes to public addresses only. "
        "If it is your own server, allow its exact name."
    )
    assert str(verdict("64:ff9b::a9fe:a9fe")) == (
        "64:ff9b::a9fe:a9fe leads to 169.254.169.254. 169.254.169.254 is the address where a cloud gives out "
        "its own keys. A live request goes to public addresses only. Check the host in the address."
    )


def test_every_part_of_the_sentence_can_be_translated() -> None:
    said: list[str] = []

    def note(text: str) -> str:
        said.append(text)
        return text

    refusal = verdict("2002:7f00:1::")
    assert isinstance(refusal, Sentence)
    refusal.render(note)
    assert len(said) == 3
    assert all("127.0.0.1" not in text and "2002" not in text for text in said)


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_wrapping(address: IPv4Address) -> None:
    number = int(address)
    wrapped = [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x0064_FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80) | 1),
    ]
    plain = verdict(str(address)) is None
    assert [verdict(str(one)) is None for one in wrapped] == [plain] * 3


@settings(deadline=None)
@given(st.ip_addresses())
def test_what_python_calls_not_global_is_refused(address: IPv4Address | IPv6Address) -> None:
    wraps = isinstance(address, IPv6Address) and (address.ipv4_mapped or address.sixtofour or address.teredo)
    if not ip_address(address).is_global and not wraps and address.version == 4:
        assert verdict(str(address)) is not None
