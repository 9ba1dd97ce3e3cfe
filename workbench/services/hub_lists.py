"""Hub lists: what gates look contacts up in: the imported consent lists, and beside them the hub's one ledger of consent, without a copy.

``hub-sms-commercial`` holds who may not be written to, ``hub-sms-commercial-allowed`` who may; the same for e-mail and for transactional
messages. Each look asks the ledger as it is then: a STOP that comes while a sendout is decided counts for the contacts after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from workbench.engine.consent_profiles import check_point
from workbench.engine.hub_keys import HubKey, hub_key, hub_keys
from workbench.errors import Refused
from workbench.models.consent import ComplianceProfile, ConsentAsk, ConsentSettings
from workbench.models.gate import ConsentList
from workbench.sentence import say

if TYPE_CHECKING:
    from workbench.engine.consent import Standing
    from workbench.engine.rules import Membership

    from .consent_house import ConsentHouse


class Lists(Protocol):
    """What a gate looks contacts up in. Calls block: make them from a thread."""

    def lists(self) -> list[ConsentList]:
        """Return what there is, in the order of the keys."""

    def open(self, key: str) -> Membership:
        """Return a list to be asked. Raises NotFound, Damaged."""

    def import_lines(self, key: str, lines: Iterable[str] | Iterable[bytes], now: datetime) -> ConsentList:
        """Keep a list in place of the one with this key."""

    def delete(self, key: str) -> None:
        """Delete a list. Raises NotFound."""


class HubLists:
    """The imported lists, and the ledger's. What the ledger says cannot be imported over, nor deleted."""

    def __init__(self, imported: Lists, consent: ConsentHouse) -> None:
        self._imported, self._consent = imported, consent

    def lists(self) -> list[ConsentList]:
        """Return the imported lists, and after them what the ledger offers."""
        now = self._consent.house.clock.now()
        own = [one for one in self._imported.lists() if hub_key(one.key) is None]
        return [*own, *(ConsentList(key=key, imported_at=now, ledger=True) for key in hub_keys())]

    def open(self, key: str) -> Membership:
        """Return a list to be asked. Raises NotFound, Damaged; Refused where the ledger's profile has no such purpose."""
        found = hub_key(key)
        return self._imported.open(key) if found is None else LedgerMembership(self._consent, found)

    def import_lines(self, key: str, lines: Iterable[str] | Iterable[bytes], now: datetime) -> ConsentList:
        """Keep a list in place of the one with this key. Refused for a name that is the ledger's."""
        _refuse_ledger(key)
        return self._imported.import_lines(key, lines, now)

    def delete(self, key: str) -> None:
        """Delete a list. Refused for a name that is the ledger's."""
        _refuse_ledger(key)
        self._imported.delete(key)


class LedgerMembership:
    """The ledger, asked like a list. A value that is no contact point may not be written to."""

    def __init__(self, consent: ConsentHouse, key: HubKey) -> None:
        self._consent, self._key = consent, key
        self._settings: ConsentSettings = consent.settings_now()
        self._profiles: Sequence[ComplianceProfile] = consent.profiles_now()
        self._unknown = self._allows("", ())  # raises here, not in the middle of a sendout

    def contain(self, values: Sequence[str]) -> list[bool]:
        """Return for each value whether it is on the list; one look into the ledger for all of them."""
        channel = self._key.channel
        digests = [
            None if check_point(channel, value) else self._consent.digest(channel, value) for value in values
        ]
        standing = self._consent.log.standing_now([digest for digest in digests if digest is not None])
        found = []
        for value, digest in zip(values, digests, strict=True):
            if digest is None:
                allowed = False
            else:
                stands = standing.get(digest)
                allowed = self._allows(value, stands) if stands else self._unknown
            found.append(allowed is self._key.allowed)
        return found

    def _allows(self, value: str, standing: Standing) -> bool:
        ask = ConsentAsk(channel=self._key.channel, point=value, designation=self._key.designation)
        return self._consent.decided(ask, standing, self._profiles, self._settings).send


def _refuse_ledger(key: str) -> None:
    if hub_key(key) is not None:
        raise Refused(say(
            "“{key}” is what the hub's consent ledger says; it cannot be imported or deleted. Choose another name.", key=key
        ))  # fmt: skip
