"""EFFECTS: what a sendout's actions make happen for each contact that is let through, beside the decision itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.models.base import JsonValue
from workbench.models.gate import Action, AddCode, AddTag, CallEndpoint, GateSettings, SetProperty
from workbench.models.integration import IdentifierType

TAGS = "tags"
"""The property that holds tags, with commas between them: the platform's contacts have properties alone (facts A8)."""
NAMES: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "emailAddress", "email_address"),
    "phone": ("phone", "mobileNumber", "mobile", "phone_number"),
    "email_sha256": ("email_sha256", "emailSha256", "hashedEmail"),
}
"""The properties in which a platform keeps each type of identifier, the first that is there."""


@dataclass(frozen=True, slots=True)
class Effects:
    """``codes`` are pairs of pool and property, ``properties`` are the same for everybody, ``sends`` name integrations.

    ``unknown`` are identifiers that nobody gave a meaning, or one that names nothing.
    """

    codes: tuple[tuple[str, str], ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    sends: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether anything is written back."""
        return bool(self.codes or self.properties)

    @property
    def calls_each(self) -> int:
        """The calls that each accepted contact costs."""
        return int(self.writes) + len(self.sends)


def effects_of(settings: GateSettings, actions: Sequence[Action]) -> Effects:
    """Return what the actions ask for, in their order; of equal properties the last counts."""
    codes: dict[tuple[str, str], None] = {}
    properties: dict[str, str] = {}
    tags: dict[str, None] = {}
    sends: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for action in actions:
        meant = [one.does for one in settings.meanings if one.identifier == action.identifier]
        if not meant:
            unknown[action.identifier] = None
        for does in meant:
            if isinstance(does, AddCode):
                codes[does.pool, does.property] = None
            elif isinstance(does, AddTag):
                if tag := (does.tag or action.details).strip():
                    tags[tag] = None
                else:
                    unknown[action.identifier] = None
            elif isinstance(does, SetProperty):
                properties[does.property] = does.value or action.details
            elif isinstance(does, CallEndpoint):
                sends[does.integration_id] = None
    if tags:
        properties[TAGS] = ",".join(tags)
    return Effects(tuple(codes), properties, tuple(sends), tuple(unknown))


def identifier_of(kind: IdentifierType, contact_id: str, properties: Mapping[str, JsonValue]) -> str:
    """Return what names a contact to an integration: the property of that type, else the id itself."""
    for name in (kind.key, *NAMES.get(kind.kind, ())):
        value = properties.get(name)
        if isinstance(value, str) and value:
            return value
    return contact_id
