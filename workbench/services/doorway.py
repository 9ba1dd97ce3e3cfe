"""The doorway: the open gates as they stand on the disk, and who may come in. Asked for every hook, so it reads nothing twice."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.errors import MissingSecret
from workbench.models.base import SecretRef
from workbench.models.gate import GATES, Gate, GateSettings
from workbench.models.request import Headers, header

from .fresh import Fresh, marks_of
from .house import House


@dataclass(frozen=True, slots=True)
class Door:
    """One gate with what opens it: the digest of what the platform has to show. Without a digest nobody can come in."""

    gate: Gate
    wanted: bytes | None = field(repr=False)

    @property
    def settings(self) -> GateSettings:
        """The gate's settings."""
        return self.gate.settings


class Doorway:
    """The gates of a home by their key. They are read anew when one of them or the vault has changed, and only then."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._digest_key = secrets.token_bytes(32)
        self._nobody = secrets.token_bytes(32)
        self._doors = Fresh(marks_of(house, GATES, vault=True), self._read)

    async def doors(self) -> Mapping[str, Door]:
        """Return the gates as they are now, by key."""
        return await self._doors.now()

    def may_enter(self, door: Door | None, headers: Headers) -> bool:
        """Return whether the call shows what the gate wants. It takes as long for a gate that is not there as for one that is."""
        settings = door.settings if door else GateSettings(auth="header", header="x")
        shown = self._digest(_shown(settings, headers))
        wanted = door.wanted if door else None
        right = hmac.compare_digest(shown, wanted or self._nobody)
        return door is not None and wanted is not None and right

    def _read(self) -> dict[str, Door]:
        gates = [Gate.model_validate(item) for item in self._house.catalogue.all(GATES)]
        return {
            gate.settings.key: Door(gate, self._wanted(gate.settings)) for gate in gates if gate.settings.key
        }

    def _wanted(self, settings: GateSettings) -> bytes | None:
        """Return the digest of what has to be shown; None where the secret cannot be opened, or the kind of proof is not HTTP's."""
        if settings.auth == "none":
            return self._digest(b"")
        if settings.auth == "basic" and settings.password is not None:
            return self._secret(settings.password, f"{settings.username}:")
        if settings.auth == "header" and settings.header_value is not None:
            return self._secret(settings.header_value, "")
        return None

    def _secret(self, ref: SecretRef, before: str) -> bytes | None:
        try:
            return self._digest((before + self._house.vault.open_text(ref.handle)).encode())
        except MissingSecret:
            return None

    def _digest(self, shown: bytes) -> bytes:
        return hmac.digest(self._digest_key, shown, "sha256")


def may_call_from(allowed: Sequence[str], peer: str) -> bool:
    """Return whether a call may come from this address: one of the addresses or networks allowed; where there are none, any."""
    if not allowed:
        return True
    try:
        address = ipaddress.ip_address(peer.strip("[]").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any(_lies_in(mapped or address, network) for network in allowed)


def _lies_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network.strip(), strict=False)
    except ValueError:  # a form that was kept although it is wrong lets nobody in
        return False


def _shown(settings: GateSettings, headers: Headers) -> bytes:
    """Return what the call shows, in the form in which ``wanted`` was made."""
    if settings.auth == "basic":
        scheme, _, token = (header(headers, "authorization") or "").partition(" ")
        try:
            pair = base64.b64decode(token.strip(), validate=True)
        except (binascii.Error, ValueError):
            pair = b""
        return pair if scheme.lower() == "basic" else b"no pair"
    if settings.auth == "header":
        return (header(headers, settings.header) or "").encode("latin-1", "replace")
    return b""
