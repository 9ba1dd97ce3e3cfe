"""ADDRESSES: which IP addresses a live request may go to.

A host name proves nothing (``127.1``, ``0x7f.1``, ``2130706433`` and any name in the public DNS can mean this
machine), so the wire asks for a verdict on the address it is about to connect to, never on the text of a URL.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from workbench.sentence import N_, Sentence, say

Address = IPv4Address | IPv6Address

MACHINE = N_("{address} is this machine itself.")
PRIVATE = N_("{address} lies in a private network.")
SHARED = N_("{address} lies in the shared network of an internet provider.")
METADATA = N_("{address} is the address where a cloud gives out its own keys.")
LINK = N_("{address} reaches the neighbouring devices of this machine only.")
NOBODY = N_("{address} means no machine in particular.")
MANY = N_("{address} reaches many machines at once.")
EXAMPLE = N_("{address} is set aside for examples in documentation.")
BENCH = N_("{address} is set aside for measuring network devices.")
DISCARD = N_("{address} is set aside for traffic that is thrown away.")
ROUTING = N_("{address} is set aside for the inside of networks.")
RESERVED = N_("{address} is reserved and belongs to no server.")


@dataclass(frozen=True, slots=True)
class _Block:
    """A network that is refused; ``own``: it may hold somebody's own server, which can be allowed by name."""

    network: IPv4Network | IPv6Network
    why: str
    own: bool = False


def _blocks(why: str, *networks: str, own: bool = False) -> tuple[_Block, ...]:
    return tuple(_Block(ip_network(text), why, own) for text in networks)


# The special-purpose registries, https://www.iana.org/assignments/iana-ipv4-special-registry/ and
# https://www.iana.org/assignments/iana-ipv6-special-registry/ ; the first block with the address speaks for it.
_REFUSED: Final[tuple[_Block, ...]] = (
    # Clouds: AWS, Google and Azure, AWS containers, Alibaba, Azure's host agent, Oracle; AWS and Google by IPv6.
    *_blocks(METADATA, "169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", "100.100.100.200/32"),
    *_blocks(METADATA, "168.63.129.16/32", "192.0.0.192/32"),
    *_blocks(METADATA, "fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128"),
    *_blocks(MACHINE, "127.0.0.0/8", "::1/128", own=True),
    *_blocks(PRIVATE, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", own=True),
    *_blocks(SHARED, "100.64.0.0/10", own=True),
    *_blocks(LINK, "169.254.0.0/16", "fe80::/10", "fec0::/10"),
    *_blocks(NOBODY, "0.0.0.0/8", "::/128"),
    *_blocks(MANY, "224.0.0.0/4", "255.255.255.255/32", "ff00::/8"),
    *_blocks(EXAMPLE, "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
    *_blocks(BENCH, "198.18.0.0/15", "2001:2::/48"),
    *_blocks(DISCARD, "100::/64", "100:0:0:1::/64"),
    *_blocks(ROUTING, "192.0.0.0/24", "192.88.99.0/24", "5f00::/16", "64:ff9b:1::/48"),
    *_blocks(RESERVED, "240.0.0.0/4", "2001::/23"),
)

_NAT64 = IPv6Network("64:ff9b::/96")
_IN_THE_LAST_FOUR_BYTES: Final = (
    _NAT64,  # RFC 6052
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped, RFC 4291
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated, RFC 7915
    IPv6Network("::/96"),  # IPv4-compatible, RFC 4291 (given up)
)
_SIX_TO_FOUR = IPv6Network("2002::/16")  # RFC 3056
_TEREDO = IPv6Network("2001::/32")  # RFC 4380
_GIVEN_OUT = IPv6Network("2000::/3")  # the only part of IPv6 from which public addresses are given out
_ALONE: Final = (IPv6Address("::"), IPv6Address("::1"))


def verdict(ip: str, *, private_ok: bool = False) -> Sentence | None:
    """Return why a live request may not connect to the address ``ip``, or None when it may.

    Args:
        ip: An IP address in any spelling that ``ipaddress`` reads; a zone (``%eth0``) is ignored. Anything else
            is refused: a name must be resolved first.
        private_ok: The host was allowed by its exact name, so loopback, private, shared and unique-local
            addresses pass. Link-local, metadata, multicast, unspecified and reserved ones never do.
    """
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return say("This is not an address that a request can go to. Use the address of a public server.")
    inner = _embedded(address)
    for one in (address, *inner):
        block = _block(one, has_inner=bool(inner))
        if block is not None and not (private_ok and block.own):
            return _refusal(address, one, block)
    return None


def _refusal(address: Address, culprit: Address, block: _Block) -> Sentence:
    """Return the sentence: what the address is, and the one way out where there is one."""
    why = Sentence(block.why, {"address": str(culprit)})
    if culprit != address:
        why = say("{address} leads to {inner}. {why}", address=str(address), inner=str(culprit), why=why)
    if block.own:
        return say(
            "{why} A live request goes to public addresses only. If it is your own server, allow its exact name.",
            why=why,
        )
    return say("{why} A live request goes to public addresses only. Check the host in the address.", why=why)


def _block(address: Address, *, has_inner: bool) -> _Block | None:
    """Return the refused block of ``address``; one that carries an IPv4 address is judged by that address."""
    found = next((block for block in _REFUSED if _holds(block.network, address)), None)
    if has_inner and isinstance(address, IPv6Address):
        return None
    if found is None and isinstance(address, IPv6Address) and address not in _GIVEN_OUT:
        return _Block(IPv6Network("::/0"), RESERVED)
    return found


def _holds(network: IPv4Network | IPv6Network, address: Address) -> bool:
    return network.version == address.version and address in network


def _embedded(address: Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that an IPv6 address carries and that a gateway would connect to."""
    if isinstance(address, IPv4Address) or address in _ALONE:
        return ()
    packed = address.packed
    if any(address in network for network in _IN_THE_LAST_FOUR_BYTES):
        return (IPv4Address(packed[12:]),)
    if address in _SIX_TO_FOUR:
        return (IPv4Address(packed[2:6]),)
    if address in _TEREDO:  # the server, and the client with every bit turned
        return (IPv4Address(packed[4:8]), IPv4Address(bytes(byte ^ 0xFF for byte in packed[12:])))
    return ()
