"""Environment checks: values and secrets at places that do not exist, the mark of a state, and what two environments share."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from itertools import combinations
from typing import Any

from workbench.engine.promotion import Definition, plain_values, text_of
from workbench.errors import Invalid
from workbench.models.base import JsonValue, Problem, SecretRef
from workbench.models.environment import ENVIRONMENTS, EnvironmentName
from workbench.models.integration import Settings
from workbench.providers import provider as provider_of
from workbench.sentence import say


def check_values(values: Mapping[str, JsonValue], definition: Definition) -> None:
    """Raise Invalid for each place that the definition does not have as a plain value."""
    known = plain_values(definition)
    wrong = [place for place in values if place not in known]
    if wrong:
        raise Invalid([
            Problem(field=place, sentence=say(
                "“{place}” cannot be set for one environment. It can be one of: {places}.", place=place[:60], places=", ".join(known),
            )) for place in wrong
        ])  # fmt: skip


def check_places(secrets: Mapping[str, Any], places: tuple[str, ...]) -> None:
    """Raise Invalid for each secret at a place that wants none."""
    wrong = [place for place in secrets if place not in places]
    if wrong:
        raise Invalid([
            Problem(field=place, sentence=say("There is no secret at “{place}”.", place=place[:60])) for place in wrong
        ])  # fmt: skip


def mark_of(definition: Definition, refs: Mapping[str, SecretRef]) -> str:
    """Return what changes whenever the definition does, or the handle of a secret."""
    text = text_of(definition) + "".join(f"{place}={ref.handle}\n" for place, ref in sorted(refs.items()))
    return blake2b(text.encode(), digest_size=12).hexdigest()


def shared(
    settings: Mapping[EnvironmentName, Settings], values: Mapping[EnvironmentName, Mapping[str, str]]
) -> list[Problem]:
    """Return a warning for each address or secret that serves two environments (R-EVT-14)."""
    problems: list[Problem] = []
    for first, second in combinations([name for name in ENVIRONMENTS if name in settings], 2):
        url, usual = settings[first].url, provider_of(settings[first].provider).endpoints
        # A provider's own address serves all of them by nature: there the secrets tell the accounts apart.
        if url and url == settings[second].url and url not in {endpoint.url for endpoint in usual}:
            problems.append(_same_address("url", first, second))
        for place, value in values[first].items():
            if value not in values[second].values():
                continue
            if value.startswith("https://"):  # an event's address is a secret
                problems.append(_same_address(place, first, second))
            else:
                problems.append(Problem(field=place, level="warning", sentence=say(
                    "The secret “{place}” is the same in {first} and {second}. Give each its own, so that one can be changed alone.",
                    place=place, first=first, second=second,
                )))  # fmt: skip
    return problems


def _same_address(place: str, first: EnvironmentName, second: EnvironmentName) -> Problem:
    return Problem(field=place, level="warning", sentence=say(
        "The same address serves {first} and {second}: a test would reach real contacts. Give each its own.", first=first, second=second
    ))  # fmt: skip
