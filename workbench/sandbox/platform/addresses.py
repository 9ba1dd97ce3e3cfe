"""Addresses: what decides about a hold or a contact is whoever knows its address, so nobody can guess one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final, Literal, NamedTuple

Call = Literal["finish", "cancel", "reject", "items"]
CALLS: Final[tuple[Call, ...]] = ("finish", "cancel", "reject", "items")

REST: Final = "/rest/1234"
"""Where the platform's API begins, with the number of the account, as in the vendor's."""

_NAME = re.compile(r"([0-9a-f]{1,6})-([0-9a-f]{1,6})-([A-Za-z0-9_-]{24})")


class Named(NamedTuple):
    """What an address names: which call, of which hold of the sendout, for the contact at which place of it."""

    call: Call
    hold: int
    place: int


class Addresses:
    """The addresses of one sendout: made and read with a key of its own, so that a million of them need no room."""

    def __init__(self, base_url: str, id: str) -> None:
        self._root = f"{base_url.rstrip('/')}{REST}/sendgate/{id}"
        self._key = secrets.token_bytes(32)

    def address(self, call: Call, hold: int, index: int = 0) -> str:
        """Return the address of a call for a hold, and for the contact at ``index`` of it."""
        return f"{self._root}/{call}/{hold:x}-{index:x}-{self._mark(call, hold, index)}"

    def read(self, call: Call, name: str) -> Named | None:
        """Return what the last part of an address names, or None where it was never given out."""
        parts = _NAME.fullmatch(name)
        if parts is None:
            return None
        hold, index = int(parts[1], 16), int(parts[2], 16)
        genuine = hmac.compare_digest(self._mark(call, hold, index), parts[3])
        return Named(call, hold, index) if genuine and name.startswith(f"{hold:x}-{index:x}-") else None

    def _mark(self, call: Call, hold: int, index: int) -> str:
        named = f"{call}/{hold}/{index}".encode()
        mark = hashlib.blake2b(
            named, key=self._key, digest_size=18
        ).digest()  # keyed: a MAC, in half of HMAC's time
        return base64.urlsafe_b64encode(mark).decode("ascii")
