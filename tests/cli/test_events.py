"""``workbench events`` and ``workbench send`` for events, as scripts use them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import document
from tests.events_room import EMAIL, event_of

SEND = ("send", "purchase", "--to", EMAIL, "--var", "product_name=Blue shirt", "--var", "product_id=12")


@pytest.fixture(autouse=True)
def event(bench: Callable[..., Any]) -> Any:
    return bench(event_of)


def test_events_are_listed_with_their_variables(run: Callable[..., Any]) -> None:
    (listed,) = document(run("events", "list", "--json"))
    assert listed["name"] == "purchase"
    assert "product_name: String, required" in run("events", "list").stdout


def test_a_sample_fits_the_schema(run: Callable[..., Any]) -> None:
    schema = document(run("events", "schema", "purchase"))
    for seed in range(3):
        body = document(run("events", "sample", "purchase", "--seed", str(seed)))
        Draft202012Validator(schema).validate(body)


def test_one_event_is_sent_and_a_second_time_on_purpose_alone(run: Callable[..., Any]) -> None:
    looked = document(run(*SEND, "--dry-run", "--json"))
    assert looked["request"]["url"] == "https://api.sendpulse.com/events/name/purchase"
    assert '"product_id":12' in looked["request"]["body"]
    assert document(run(*SEND, "--json"))["outcome"]["kind"] == "accepted"
    again = run(*SEND, "--json")
    assert again.exit_code == 6
    assert "Nothing was sent" in document(again)["error"]["sentence"]
    assert run(*SEND, "--again").exit_code == 0


def test_a_file_says_its_types_itself(run: Callable[..., Any], tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    words = ("events", "send", "purchase", "--body", str(body), "--json")
    body.write_text(f'{{"email": "{EMAIL}", "product_name": "Shirt", "product_id": "12"}}')
    refused = run(*words)
    assert refused.exit_code == 2
    assert document(refused)["error"]["problems"][0]["field"] == "product_id"
    body.write_text(
        f'{{"email": "{EMAIL}", "product_name": "Shirt", "product_id": 12, "automation_id": 12345}}'
    )
    assert '"automation_id":12345' in document(run(*words))["request"]["body"]


def test_a_flow_is_named_by_its_address(run: Callable[..., Any]) -> None:
    flow = "https://login.sendpulse.com/automations/flow/id/12345"
    words = ("events", "send", "purchase", "--email", EMAIL, "--flow", flow, "--var", "product_name=Shirt")
    assert '"automation_id":12345' in document(run(*words, "--dry-run", "--json"))["request"]["body"]


def test_a_payload_of_ones_own_is_not_an_events(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text("{}")
    refused = run("send", "purchase", "--to", EMAIL, "--payload", str(file))
    assert refused.exit_code == 6
    assert "events send --body" in refused.stderr


def test_drift_is_told_and_is_the_exit_code(run: Callable[..., Any], tmp_path: Path) -> None:
    bodies = tmp_path / "bodies.jsonl"
    assert run("events", "drift", "purchase").exit_code == 0, "nothing was sent yet"
    bodies.write_text('{"email": "a@example.com", "product_name": 12, "colour": "red"}\n')
    told = run("events", "drift", "purchase", str(bodies))
    assert told.exit_code == 1
    assert "colour: not declared" in told.stdout
    assert "product_name: of another type" in told.stdout
    assert "event_date: missing" in told.stdout
    bodies.write_text("nothing\n")
    broken = run("events", "drift", "purchase", str(bodies))
    assert broken.exit_code == 2
    assert "no JSON object" in broken.stderr
