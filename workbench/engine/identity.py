"""IDENTITY: what may be believed of who calls: from which address, by which name, and what that person may do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from workbench.models.base import Problem
from workbench.models.person import RANK, HubIdentity, IdentitySettings, Person, ProxyIdentity, Rule
from workbench.sentence import say

LONGEST_NAME: Final = 200
MOST_GROUPS: Final = 500
WIDEST: Final = {4: 8, 6: 16}
"""The shortest prefix of a trusted network: a wider one would let half the internet say who it is."""

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name, https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2"""

_TAKEN: Final = frozenset({
    "authorization", "connection", "content-length", "content-type", "cookie", "forwarded", "host", "transfer-encoding",
    "x-forwarded-for", "x-workbench-visitor", "x-workbench-visitor-groups",
})  # fmt: skip
"""Headers that mean something else."""

Network = IPv4Network | IPv6Network


def trusts(networks: Iterable[str], peer: str) -> bool:
    """Return whether a call from the address ``peer`` comes from one of the networks; what is no address comes from none."""
    address = _address(peer)
    if address is None:
        return False
    return any(
        network.version == address.version and address in network
        for network in map(network_of, networks)
        if network is not None
    )


def _address(peer: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped  # a socket of both families writes ::ffff:10.0.0.1
    return address


@lru_cache(maxsize=256)
def network_of(text: str) -> Network | None:
    """Return the network that a text names (``10.1.0.5``, ``10.1.0.0/24``), or None. Bits of a host in it are an error of the writer."""
    try:
        return ip_network(text.strip())
    except ValueError:
        return None


def name_of(value: str) -> str | None:
    """Return the name in a text, or None where nobody can be called so: empty, too long, or with control characters."""
    name = value.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return None
    return name


def groups_of(value: str) -> tuple[str, ...]:
    """Return the groups in a text: commas between them, blanks around them left away."""
    found = (part.strip() for part in value.split(","))
    return tuple(part for part in found if part)[:MOST_GROUPS]


def as_text(value: str) -> str:
    """Return a header's text: servers read its bytes as Latin-1, proxies write UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def admitted(rules: Iterable[Rule], name: str, groups: Sequence[str]) -> Person | None:
    """Return the person as the first rule that fits says, or None where none fits. Names and groups are compared letter by letter."""
    for rule in rules:
        fits = (
            rule.of == "anyone"
            or (rule.of == "person" and rule.name == name)
            or (rule.of == "group" and rule.name in groups)
        )
        if fits:
            return Person(name=name, role=rule.role, units=rule.units)
    return None


def capped(person: Person, most: Person) -> Person | None:
    """Return the person with no more rights than ``most`` has, and for its units only; None where they have no unit in common."""
    role = min(person.role, most.role, key=lambda one: RANK[one])
    if not (person.units and most.units):
        return Person(name=person.name, role=role, units=person.units or most.units)
    units = tuple(unit for unit in person.units if unit in most.units)
    return Person(name=person.name, role=role, units=units) if units else None


def check_identity(settings: IdentitySettings) -> list[Problem]:
    """Return what is wrong with the settings, in the order of the form."""
    found: list[Problem] = []
    if settings.proxy is not None:
        found += _check_proxy(settings.proxy)
    if settings.hub is not None:
        found += _check_hub(settings.hub)
    found += _check_rules(settings.rules)
    if (settings.proxy or settings.hub) and not settings.rules:
        found.append(
            Problem(
                field="rules",
                sentence=say("Without a rule nobody is let in. Add one for a person, a group, or anyone."),
                level="warning",
            )
        )
    return found


def _check_proxy(proxy: ProxyIdentity) -> Iterator[Problem]:
    if not proxy.trusted:
        yield Problem(
            field="proxy.trusted",
            sentence=say("No address is trusted, so the proxy's header is refused. Add the address the proxy calls from."),
        )  # fmt: skip
    for number, text in enumerate(proxy.trusted):
        field, network = f"proxy.trusted.{number}", network_of(text)
        if network is None:
            yield Problem(
                field=field,
                sentence=say("“{value}” is no address and no network. Write it like 10.1.0.5 or 10.1.0.0/24.", value=text),
            )  # fmt: skip
        elif network.prefixlen < WIDEST[network.version]:
            yield Problem(
                field=field,
                sentence=say(
                    "“{value}” is too wide: everybody in it could say who he is. Name the proxy's own address.", value=text
                ),
            )  # fmt: skip
    for field, header in (("name_header", proxy.name_header), ("groups_header", proxy.groups_header)):
        if field == "groups_header" and not header:
            continue
        if not _TOKEN.fullmatch(header) or header.lower() in _TAKEN:
            yield Problem(
                field=f"proxy.{field}",
                sentence=say("“{value}” cannot be the header that names people. Use one like Remote-User.", value=header),
            )  # fmt: skip
    if proxy.groups_header.lower() == proxy.name_header.lower():
        yield Problem(
            field="proxy.groups_header",
            sentence=say("The groups cannot stand in the header of the name. Use one like Remote-Groups."),
        )


def _check_hub(hub: HubIdentity) -> Iterator[Problem]:
    if not _is_plain_address(hub.url):
        yield Problem(
            field="hub.url",
            sentence=say(
                "“{value}” is not the address of a hub's API. Write it like http://127.0.0.1:8081/hub/api.", value=hub.url
            ),
        )  # fmt: skip


def _is_plain_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username or parts.password) and url.isprintable()
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and plain and " " not in url
    )


def _check_rules(rules: Sequence[Rule]) -> Iterator[Problem]:
    for number, rule in enumerate(rules):
        if rule.of != "anyone" and name_of(rule.name) != rule.name:
            yield Problem(
                field=f"rules.{number}.name",
                sentence=say("Rule {number} names nobody. Write the person or the group as the proxy or the hub does.", number=number + 1),
            )  # fmt: skip
        yield from _check_units(f"rules.{number}.units", rule.units)
        if rule.of == "anyone" and number + 1 < len(rules):
            yield Problem(
                field=f"rules.{number}.of",
                sentence=say(
                    "The rule for anyone fits everybody, so those after it never count. Move it to the end."
                ),
            )


def check_person(name: str, units: Sequence[str]) -> list[Problem]:
    """Return what is wrong with a person who is to get a token."""
    found: list[Problem] = []
    if name_of(name) is None:
        sentence = say(
            "A person has a name of up to {most} letters: the journal shows it.", most=LONGEST_NAME
        )
        found.append(Problem(field="name", sentence=sentence))
    return [*found, *_check_units("units", units)]


def _check_units(field: str, units: Sequence[str]) -> Iterator[Problem]:
    for number, unit in enumerate(units):
        if name_of(unit) != unit:
            yield Problem(
                field=f"{field}.{number}",
                sentence=say("A unit has a name. Write it, or leave units out: then it is for all of them."),
            )
