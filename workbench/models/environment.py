"""The environment: the same integration with other values in dev, staging and prod, and what a promotion changes."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime, Field

from .base import JsonValue, Noun, Problem

EnvironmentName = Literal["dev", "staging", "prod"]
ENVIRONMENTS: Final[tuple[EnvironmentName, ...]] = ("dev", "staging", "prod")


class Change(Noun):
    """One place where two definitions differ (``payload.to[0].email``, ``headers.X-Tenant``); None where it exists on one side only.

    ``own``: the place belongs to each environment, so that a promotion leaves it as it is.
    """

    place: str
    kind: Literal["added", "removed", "changed"]
    before: JsonValue = None
    after: JsonValue = None
    own: bool = False


class Variant(Noun):
    """The integration as it is in one environment. Without ``integration_id`` it is not there yet.

    ``definition`` holds no secret: ``{"$secret": PLACE}`` stands where one belongs, ``secrets`` holds the masks by place, ``missing`` the
    places whose secret this vault cannot open. ``own`` are values that a person set for this environment alone. ``mark`` changes whenever
    the definition or one of its secrets does. ``back`` says to when it can be rolled back.
    """

    environment: EnvironmentName
    integration_id: str | None = None
    definition: dict[str, JsonValue] = Field(default_factory=dict)
    secrets: dict[str, str] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    own: dict[str, JsonValue] = Field(default_factory=dict)
    mark: str = ""
    back: AwareDatetime | None = None


class EnvironmentSet(Noun):
    """One integration in all environments. ``warnings`` say where two of them share an event URL or a secret (R-EVT-14)."""

    id: str
    name: str
    variants: tuple[Variant, ...]
    warnings: tuple[Problem, ...] = ()

    def variant(self, environment: EnvironmentName) -> Variant:
        """Return the variant of one environment; one that is not there yet has no ``integration_id``."""
        return next(one for one in self.variants if one.environment == environment)


class Promotion(Noun):
    """What a promotion would make of an environment: nothing is changed until it is applied.

    ``missing`` are the places whose secret has to be typed for ``target``; secrets never travel from one environment to another.
    ``kept`` are the places at which ``target`` keeps its own, ``values`` those it gets with the promotion. The marks say what it was made
    from: it is refused once that changed.
    """

    set_id: str
    source: EnvironmentName
    target: EnvironmentName
    definition: dict[str, JsonValue]
    changes: tuple[Change, ...] = ()
    kept: tuple[str, ...] = ()
    values: dict[str, JsonValue] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    source_mark: str = ""
    target_mark: str = ""


class RollBack(Noun):
    """What a roll-back would change in an environment; ``mark`` is the present state's, from which it was made."""

    set_id: str
    environment: EnvironmentName
    changes: tuple[Change, ...] = ()
    at: AwareDatetime
    mark: str = ""
