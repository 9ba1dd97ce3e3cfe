"""Effects: what the actions of a sendout make happen for each contact that is let through."""

from __future__ import annotations

from workbench.engine.effects import effects_of, identifier_of
from workbench.models.gate import (
    Action,
    AddCode,
    AddTag,
    CallEndpoint,
    CheckConsent,
    GateSettings,
    Meaning,
    SetProperty,
)
from workbench.models.integration import IdentifierType

SETTINGS = GateSettings(
    meanings=(
        Meaning(identifier="code", does=AddCode(pool="spring", property="code")),
        Meaning(identifier="code", does=AddTag(tag="has-code")),
        Meaning(identifier="tag", does=AddTag()),
        Meaning(identifier="set", does=SetProperty(property="wave")),
        Meaning(identifier="tell", does=CallEndpoint(integration_id="int_1")),
        Meaning(identifier="consent", does=CheckConsent(consent_list="sms")),
    )
)


def test_every_meaning_of_every_action_counts() -> None:
    actions = [
        Action(identifier=name, details="vip") for name in ("code", "tag", "set", "tell", "consent", "code")
    ]
    effects = effects_of(SETTINGS, actions)
    assert effects.codes == (("spring", "code"),)
    assert effects.properties == {"wave": "vip", "tags": "has-code,vip"}
    assert (effects.sends, effects.unknown) == (("int_1",), ())
    assert (effects.writes, effects.calls_each) == (True, 2)


def test_what_says_nothing_is_unknown() -> None:
    effects = effects_of(SETTINGS, [Action(identifier="Code"), Action(identifier="tag")])
    assert effects.unknown == ("Code", "tag")
    assert (effects.writes, effects.calls_each) == (False, 0)


def test_a_contact_is_named_by_its_property_else_by_its_id() -> None:
    email = IdentifierType(kind="email")
    assert identifier_of(email, "7", {"emailAddress": "ana@example.com"}) == "ana@example.com"
    assert identifier_of(email, "7", {"email": 3}) == "7"
    assert identifier_of(IdentifierType(kind="custom", name="number"), "7", {"number": "n-7"}) == "n-7"
