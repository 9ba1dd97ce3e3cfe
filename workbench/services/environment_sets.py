"""Environment sets: what the catalogue keeps of an integration's environments, as readable JSON without secrets."""

from __future__ import annotations

from typing import Final

from pydantic import AwareDatetime, Field

from workbench.models.base import JsonValue, Noun, SecretRef
from workbench.models.environment import EnvironmentName

SETS: Final = "environments"
"""The kind in the catalogue."""


class Step(Noun):
    """What an environment was before its last change: the definition, and copies of its secrets' handles by place."""

    definition: dict[str, JsonValue]
    secrets: dict[str, SecretRef] = Field(default_factory=dict)
    own: dict[str, JsonValue] = Field(default_factory=dict)
    source: str = ""
    at: AwareDatetime
    who: str = ""


class Joined(Noun):
    """One integration's environments: the integration of each, the values that are its own, and the state before its last change."""

    id: str
    name: str
    members: dict[EnvironmentName, str] = Field(default_factory=dict)
    own: dict[EnvironmentName, dict[str, JsonValue]] = Field(default_factory=dict)
    before: dict[EnvironmentName, Step] = Field(default_factory=dict)

    def with_own(self, environment: EnvironmentName, values: dict[str, JsonValue]) -> Joined:
        """Return the set with these values as one environment's own."""
        own = {**self.own, environment: {**self.own.get(environment, {}), **values}}
        return self.model_copy(update={"own": own})
