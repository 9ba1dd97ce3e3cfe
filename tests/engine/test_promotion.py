"""Definitions without secrets, what one environment takes over from another, and what is its own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.promotion import (
    changes,
    definition_of,
    leaves,
    plain_values,
    promoted,
    put,
    secrets_of,
    settings_of,
    text_of,
)
from workbench.engine.secret_places import wanted
from workbench.errors import Refused
from workbench.models.base import SecretRef
from workbench.models.integration import Header, Settings

ONE, TWO = (
    SecretRef(handle="sec_0123456789", hint="**** abcd"),
    SecretRef(handle="sec_9876543210", hint="****"),
)
DEV = Settings(
    name="Cart", url="https://dev.example.com", headers=(Header(name="X-Tenant", value="t1"), Header(name="X.Key", value=ONE)),
    credential_kind="oauth2",
    credential={
        "token_url": "https://dev.example.com/token", "client_secret": TWO.model_dump(),
        "parameters": [{"name": "scope", "value": "a"}, {"name": "pin", "value": ONE.model_dump()}],
    },
    payload='{\n  "to": [{"email": "${User Identifier}"}],\n  "tags": ["a", "b"]\n}\n', total_s=12.0,
)  # fmt: skip


def test_a_definition_holds_places_in_the_stead_of_secrets() -> None:
    definition = definition_of(DEV)
    assert wanted(definition) == (
        "credential.client_secret",
        "credential.parameters.1.value",
        "headers.X.Key",
    )
    assert set(secrets_of(DEV)) == set(wanted(definition))
    text = text_of(definition)
    assert "sec_" not in text
    assert "****" not in text
    assert json.loads(text)["payload"][1] == '  "to": [{"email": "${User Identifier}"}],'
    assert settings_of(definition, secrets_of(DEV)) == DEV
    with pytest.raises(Refused, match=r"credential\.client_secret"):
        settings_of(definition, {"headers.X.Key": ONE})


@settings(max_examples=40)
@given(
    payload=st.text(st.characters(blacklist_categories=["Cs"]), max_size=40),
    headers=st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8) | st.just(ONE), max_size=4),
    credential=st.dictionaries(
        st.from_regex(r"\A[a-z_]{1,8}\Z"), st.text(max_size=8) | st.just(TWO.model_dump()) | st.integers(), max_size=4
    ),
)  # fmt: skip
def test_every_definition_is_its_settings_again(
    payload: str, headers: dict[str, str | SecretRef], credential: dict[str, object]
) -> None:
    made = Settings(
        payload=payload,
        headers=tuple(Header(name=name, value=value) for name, value in headers.items()),
        credential=credential,
    )
    definition = json.loads(json.dumps(definition_of(made)))
    assert settings_of(definition, secrets_of(made)) == made
    assert changes(definition, definition_of(made)) == ()


def test_structure_is_taken_over_and_values_stay() -> None:
    prod = DEV.model_copy(
        update={
            "name": "Cart (prod)", "url": "https://prod.example.com", "payload": "{}", "total_s": 5.0,
            "credential": {**DEV.credential, "token_url": "https://prod.example.com/token"},
        }
    )  # fmt: skip
    made, kept = promoted(
        definition_of(DEV), definition_of(prod), {"headers.X-Tenant": "t9", "headers.gone": 1}
    )
    assert made["payload"] == definition_of(DEV)["payload"]
    assert (made["name"], made["url"], made["total_s"]) == ("Cart (prod)", "https://prod.example.com", 12.0)
    assert made["credential"]["token_url"] == "https://prod.example.com/token"
    assert made["headers"]["X-Tenant"] == "t9"
    assert set(kept) == {"name", "url", "local_test", "credential.token_url", "headers.X-Tenant"}
    assert definition_of(DEV)["headers"]["X-Tenant"] == "t1"


def test_a_change_names_the_place_inside_the_payload() -> None:
    after = DEV.model_copy(update={"payload": '{"to": [{"email": "x"}], "tags": ["a","b"]}', "url": "https://x.example.com"})  # fmt: skip
    found = changes(definition_of(DEV), definition_of(after))
    assert [(one.place, one.kind, one.own) for one in found] == [
        ("payload.to[0].email", "changed", False),
        ("url", "changed", True),
    ]
    broken = DEV.model_copy(update={"payload": "no JSON\nat all"})
    assert changes(definition_of(broken), definition_of(broken)) == ()
    assert {one.kind for one in changes(None, definition_of(DEV))} == {"added"}
    assert leaves(definition_of(DEV))["payload.tags[1]"] == "b"
    assert leaves(definition_of(DEV))["headers.X.Key"] == {"$secret": "headers.X.Key"}


def test_only_plain_values_can_be_set() -> None:
    definition = definition_of(DEV)
    for place in (
        "payload",
        "headers.X.Key",
        "credential.client_secret",
        "credential.parameters",
        "nowhere",
        "headers",
    ):
        assert place not in plain_values(definition)
        assert put(definition, place, "x") is False
    assert definition == definition_of(DEV)
    assert put(definition, "credential.token_url", "y")
    assert definition["credential"]["token_url"] == "y"
