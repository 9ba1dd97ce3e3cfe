"""ADDRESSES: whose endpoint an address is: a provider of the catalogue is found by its host, its endpoint by path, method and body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import unquote

from workbench.models.provider import Encoding, Endpoint, Provider

from .found import BodyKind

FITTING: Final[Mapping[BodyKind, tuple[Encoding, ...]]] = {
    "none": ("json", "form", "xml", "multipart", "nested_form"),
    "json": ("json",),
    "form": ("form", "nested_form"),
    "multipart": ("multipart",),
    "xml": ("xml",),
    "text": (),
}
"""The encodings in which a body of a kind can go out as it was."""
_FIELD: Final = re.compile(r"\{([a-z_]+)\}|(YOUR_[A-Z]+)")


@dataclass(frozen=True, slots=True)
class Address:
    """An address in its parts; texts with marks stay as they are."""

    scheme: str
    user: str
    host: str
    path: str
    query: str

    @property
    def base(self) -> str:
        """The address without user name, query and fragment."""
        return (f"{self.scheme}://" if self.scheme else "") + self.host + self.path


@dataclass(frozen=True, slots=True)
class Match:
    """The endpoint that an address belongs to, and the credential's fields in the address. ``exact``: body and method fit too."""

    provider: Provider
    endpoint: Endpoint
    fields: Mapping[str, str] = field(default_factory=dict)
    exact: bool = True


def address_of_text(url: str) -> Address:
    """Return the parts of an address, without judging it; the fragment is dropped, as it is never sent."""
    rest = url.strip().partition("#")[0]
    scheme, sign, behind = rest.partition("://")
    if not sign:
        scheme, behind = "", rest
    rest, _, query = behind.partition("?")
    authority, slash, path = rest.partition("/")
    user, _, host = authority.rpartition("@")
    return Address(scheme.lower(), user, host, slash + path, query)


def provider_of_host(host: str, providers: Iterable[Provider]) -> Provider | None:
    """Return the catalogue's provider whose host this is; those that take any host are nobody's."""
    name = host.partition(":")[0].lower()
    for provider in providers:
        if "*" not in provider.hosts and any(fnmatchcase(name, pattern) for pattern in provider.hosts):
            return provider
    return None


def match(address: Address, method: str, kind: BodyKind, provider: Provider) -> Match | None:
    """Return the provider's endpoint for an address, the best one where several have it; None where the path is none of its endpoints'."""
    found: list[tuple[int, Match]] = []
    for endpoint in provider.endpoints:
        fields = _fields(address, endpoint, provider)
        if fields is None:
            continue
        fits = endpoint.encoding in FITTING[kind]
        exact = fits and endpoint.method == method
        found.append((-2 * (endpoint.method == method) - fits, Match(provider, endpoint, fields, exact)))
    return min(found, key=lambda one: one[0])[1] if found else None


def _fields(address: Address, endpoint: Endpoint, provider: Provider) -> dict[str, str] | None:
    """Return the fields that an endpoint's address names, as they stand in ``address``; None where it is another address."""
    if whole := re.fullmatch(r"\{([a-z_]+)\}", endpoint.url):
        own = {address_of_text(other.url).host for other in provider.endpoints}
        return None if address.host.lower() in own or not address.path.strip("/") else {whole[1]: ""}
    template = address_of_text(endpoint.url)
    pattern = _pattern(f"{template.host}{template.path.rstrip('/')}")
    more = "(?:/[^/]*)?" if template.path.endswith("/") else "/?"
    found = re.fullmatch(pattern + more, address.host.lower() + address.path)
    return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


def _pattern(template: str) -> str:
    pieces, at = [], 0
    seen: set[str] = set()
    for found in _FIELD.finditer(template):
        pieces.append(re.escape(template[at : found.start()]))
        name = found[1]
        pieces.append("[^/.]+" if not name else f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+)")
        seen |= {name} if name else set()
        at = found.end()
    return "".join([*pieces, re.escape(template[at:])])
