"""Nobody who unsubscribed is subscribed again in bulk without a proof (R-SYNC-29)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.engine.shop_tables import NOW, plan, record
from workbench.engine.shop_consent import (
    EMAIL_STATUS,
    SMS_STATUS,
    Proof,
    guarded,
    overwrites,
    proof_of,
    raises,
)

SUBSCRIBES = record({"_email": "ana@example.com", EMAIL_STATUS: "subscribed", SMS_STATUS: "none"})
GIVEN = Proof("web form", datetime(2026, 1, 2, tzinfo=UTC))
WITH_PROOF = plan(proof=("where", "when"))


def levels(before: dict[str, str] | None, proof: Proof = Proof(), **sync: Any) -> list[str]:  # noqa: B008 - a value
    return [one.level for one in guarded(SUBSCRIBES, before, proof, plan(**sync))]


def test_who_subscribes() -> None:
    assert raises(SUBSCRIBES) == (EMAIL_STATUS,)
    assert raises(record({"_email": "ana@example.com", EMAIL_STATUS: "unsubscribed"})) == ()


def test_an_opt_out_stays_without_a_proof() -> None:
    [kept_back] = guarded(SUBSCRIBES, {EMAIL_STATUS: "unsubscribed"}, Proof())
    assert (kept_back.field, kept_back.level) == (EMAIL_STATUS, "error")
    assert "prove where and when" in str(kept_back.sentence)
    assert levels({EMAIL_STATUS: "none"}) == levels({EMAIL_STATUS: "subscribed"}) == levels({}) == []
    assert levels({SMS_STATUS: "unsubscribed"}) == [], "another channel's opt-out is another's"


def test_with_a_proof_the_conflict_is_listed_and_goes() -> None:
    [told] = guarded(SUBSCRIBES, {EMAIL_STATUS: "unsubscribed"}, GIVEN, WITH_PROOF)
    assert told.level == "warning"
    assert "2026-01-02" in str(told.sentence)
    assert "web form" in str(told.sentence)


def test_of_whom_nothing_is_known_nothing_is_written_over() -> None:
    assert levels(None) == ["error"]
    assert levels(None, GIVEN) == []
    assert levels(None, how="import") == ["error"]
    assert levels(None, how="import", override_existing=False) == []
    assert levels(None, how="import", update_only_empty=True) == []
    assert [overwrites(plan(how="import", override_existing=on)) for on in (True, False)] == [True, False]


@pytest.mark.parametrize(
    "cells", [{"where": "web", "when": "2026-01-02T10:00:00Z"}, {"where": "2026-01-02", "when": "web"}]
)
def test_source_and_time_in_either_order(cells: dict[str, str]) -> None:
    proof = proof_of(cells, WITH_PROOF, NOW)
    assert (proof.source, proof.given, proof.problems) == ("web", True, ())


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"where": "web", "when": ""}, "“when” is empty"),
        ({"when": "2026-01-02"}, "“where” is empty"),
        ({"where": "web", "when": "2026-01-02T10:00:00"}, "No column of the proof holds a time"),
        ({"where": "web", "when": "2030-01-02"}, "in the future"),
        ({"where": "web", "when": "last year"}, "No column of the proof holds a time"),
    ],
)
def test_half_a_proof_is_none(cells: dict[str, str], words: str) -> None:
    proof = proof_of(cells, WITH_PROOF, NOW)
    assert not proof.given
    assert words in str(proof.problems[0].sentence)
    found = guarded(SUBSCRIBES, {EMAIL_STATUS: "unsubscribed"}, proof, WITH_PROOF)
    assert [one.level for one in found] == ["error", "warning"], "what lacks is told beside what it costs"


def test_no_columns_no_proof() -> None:
    assert proof_of({"where": "web"}, plan(), NOW) == Proof()
