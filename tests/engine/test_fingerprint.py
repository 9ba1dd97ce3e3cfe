"""Two settings have one fingerprint exactly when they are sent and authorized alike: R-ESP-17, R-ESP-30."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.engine.fingerprint import credential_fingerprint, fingerprint
from workbench.models.base import SecretRef
from workbench.models.integration import Header, IdentifierType, Settings

REF, OTHER = SecretRef(handle="sec_aaaaaaaa"), SecretRef(handle="sec_bbbbbbbb")
BASE = Settings(
    name="A",
    url="https://a.example/",
    credential_kind="basic",
    credential={"username": "u", "password": REF.model_dump()},
)


@pytest.mark.parametrize("change", [{"name": "B"}, {"allow_several": True}, {"channel": "sms"}])
def test_what_changes_nothing_on_the_wire_keeps_it(change: dict[str, Any]) -> None:
    assert fingerprint(BASE.model_copy(update=change)) == fingerprint(BASE)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://b.example/"}, {"payload": "{}"}, {"headers": (Header(name="X", value="1"),)},
        {"headers": (Header(name="X", value=REF),)},
        {"identifier": IdentifierType(kind="phone")}, {"credential": {"username": "u", "password": OTHER.model_dump()}}, {"total_s": 9.0},
        {"campaign_name": "Spring"}, {"idempotency_header": "X-Once"}, {"endpoint": "batch"}, {"provider": "braze"}, {"local_test": True},
    ],
)  # fmt: skip
def test_what_changes_the_request_changes_it(change: dict[str, Any]) -> None:
    assert fingerprint(BASE.model_copy(update=change)) != fingerprint(BASE)


def test_a_new_secret_drops_the_cached_token_and_another_header_does_not() -> None:
    changed = BASE.model_copy(update={"credential": {"username": "u", "password": OTHER.model_dump()}})
    assert credential_fingerprint(changed) != credential_fingerprint(BASE)
    assert credential_fingerprint(
        BASE.model_copy(update={"headers": (Header(name="X", value="1"),)})
    ) == credential_fingerprint(BASE)


def test_what_was_saved_before_a_field_was_there_keeps_its_fingerprint() -> None:
    assert fingerprint(Settings(name="A", url="https://a.example/")) == "929937656b2810d3"
