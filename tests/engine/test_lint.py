"""What a provider would refuse, or a marketer would regret, in a payload that is otherwise fine: R-ESP-22, R-ESP-24."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.engine.lint import lint
from workbench.engine.template import compile_template
from workbench.models.integration import IdentifierType
from workbench.models.provider import Provider
from workbench.providers import every, provider

EMAIL = IdentifierType(kind="email")
KLAVIYO = {
    "data": {
        "type": "event",
        "attributes": {
            "metric": {"data": {"type": "metric", "attributes": {"name": "Cart"}}},
            "profile": {"data": {"type": "profile", "attributes": {"email": "${User Identifier}"}}},
            "properties": {},
        },
    }
}


def found(
    one: Provider, payload: Any, values: dict[str, Any] | None = None, size: int | None = None
) -> dict[str, str]:
    """Return the sentences by level, joined."""
    template = compile_template(payload if isinstance(payload, str) else json.dumps(payload))
    given = {"User Identifier": "ana@example.com", **(values or {})}
    tree = template.tree(given)
    problems = lint(one, template, tree, size or len(template.render(given)), given, EMAIL)
    return {
        level: " | ".join(str(p.sentence) for p in problems if p.level == level)
        for level in ("error", "warning", "note")
    }


def klaviyo(properties: dict[str, Any]) -> dict[str, str]:
    payload = json.loads(json.dumps(KLAVIYO))
    payload["data"]["attributes"]["properties"] = properties
    return found(provider("klaviyo"), payload)


def test_nothing_to_say_of_a_good_payload() -> None:
    assert klaviyo({"items": 2}) == {"error": "", "warning": "", "note": ""}


def test_everybody_would_get_the_same_address() -> None:
    said = found(provider("custom"), {"to": "ana@example.com"})["warning"]
    assert "${User Identifier}" in said
    assert "same address" in said
    assert found(provider("custom"), {"to": "{{ email }}"}, {"email": "a@example.com"})["warning"] == ""


def test_empty_values_are_sent_and_listed() -> None:
    said = found(
        provider("custom"),
        {"to": "${User Identifier}", "a": "{{ name }}", "b": "{{ city }}"},
        {"name": "", "city": None},
    )
    assert "city, name" in said["note"]
    assert said["warning"] == ""


def test_a_placeholder_that_was_left() -> None:
    assert (
        "YOUR_" in found(provider("custom"), {"to": "${User Identifier}", "id": "YOUR_CAMPAIGN"})["warning"]
    )


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({f"p{n}": n for n in range(301)}, "301 properties"),
        ({"long": "x" * 100_001}, "longer than"),
        ({"many": list(range(4001))}, "4001 items"),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}, "levels deep"),
    ],
)
def test_klaviyos_limits(properties: dict[str, Any], words: str) -> None:
    assert words in klaviyo(properties)["warning"]


def test_recipients_and_size() -> None:
    many = {"campaign_id": "c", "recipients": [{"email": "${User Identifier}"}] * 51}
    assert "51 recipients; Braze takes at most 50" in found(provider("braze"), many)["warning"]
    assert (
        "bytes; Postmark takes at most"
        in found(provider("postmark"), {"From": "a", "To": "${User Identifier}"}, size=10_000_001)["warning"]
    )


@pytest.mark.parametrize("key", [key for key, one in every().items() if one.limits.required])
def test_what_the_provider_expects_is_named(key: str) -> None:
    said = found(provider(key), {"x": "${User Identifier}"})["warning"]
    for path in provider(key).limits.required:
        assert f"“{path}”" in said
