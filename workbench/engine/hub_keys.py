"""HUB KEYS: the names under which gates ask the hub's consent ledger in place of an imported list."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from workbench.models.message import Designation
from workbench.sentence import N_, Sentence, say

HubChannel = Literal["sms", "email"]


class HubKey(NamedTuple):
    """What a name asks the ledger. ``allowed``: who may be written to, else who may not."""

    channel: HubChannel
    designation: Designation
    allowed: bool


def _named() -> dict[str, HubKey]:
    channels: tuple[HubChannel, ...] = ("sms", "email")
    designations: tuple[Designation, ...] = ("commercial", "transactional")
    return {
        f"hub-{channel}-{designation}{'-allowed' if allowed else ''}": HubKey(channel, designation, allowed)
        for channel in channels
        for designation in designations
        for allowed in (False, True)
    }


_KEYS: Final = _named()
_DESIGNATIONS: Final[dict[Designation, str]] = {
    "commercial": N_("commercial"),
    "transactional": N_("transactional"),
}


def hub_keys() -> tuple[str, ...]:
    """Return all the names."""
    return tuple(_KEYS)


def hub_key(name: str) -> HubKey | None:
    """Return what a name asks the ledger, or None for a list of another name."""
    return _KEYS.get(name)


def hub_meaning(name: str) -> Sentence | None:
    """Return what is on the list of a name, for people who choose one; None for a list of another name."""
    found = _KEYS.get(name)
    if found is None:
        return None
    kind = Sentence(_DESIGNATIONS[found.designation])
    if found.channel == "sms":
        if found.allowed:
            return say(
                "{name}: who may get {designation} texts, by the hub's ledger", name=name, designation=kind
            )
        return say(
            "{name}: who may not get {designation} texts, by the hub's ledger", name=name, designation=kind
        )
    if found.allowed:
        return say(
            "{name}: who may get {designation} e-mail, by the hub's ledger", name=name, designation=kind
        )
    return say(
        "{name}: who may not get {designation} e-mail, by the hub's ledger", name=name, designation=kind
    )
