"""``workbench sms``: senders, send, consent, callbacks, export and load, as scripts use them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import document
from tests.sms_room import RECIPIENT, SENDER, TOKEN, twilio_account

NAME = "Twilio Sweden"


@pytest.fixture
def account(bench: Callable[..., Any]) -> Any:
    return bench(twilio_account)


@pytest.mark.usefixtures("account")
def test_senders_are_listed_and_added(run: Callable[..., Any]) -> None:
    (listed,) = document(run("sms", "senders", "--json"))
    assert listed["name"] == NAME
    assert [one["value"] for one in listed["senders"]] == [SENDER]
    added = run("sms", "senders", NAME, "--add", "0701 234 568", "--type", "mobile", "--name", "Store")
    assert added.exit_code == 2, "a national number does not say its country"
    added = run(
        "sms", "senders", NAME, "--add", "+46 70 123 45 68", "--type", "mobile", "--name", "Store", "--json"
    )
    assert [one["value"] for one in document(added)[0]["senders"]] == [SENDER, "+46701234568"]


@pytest.mark.usefixtures("account")
def test_without_consent_nothing_is_sent_and_the_reason_is_said(run: Callable[..., Any]) -> None:
    result = run(
        "sms", "send", NAME, "--to", RECIPIENT, "--text", "Spring sale. Reply STOP to opt out.", "--json"
    )
    assert result.exit_code == 6
    told = document(result)
    assert [one["outcome"] for one in told["sent"]] == ["blocked"]
    assert told["recipients"][0]["goes"] is False


@pytest.mark.usefixtures("account")
def test_a_consented_text_goes_out_in_the_rehearsal_and_a_dry_run_sends_none(run: Callable[..., Any]) -> None:
    words = (
        "sms",
        "send",
        NAME,
        "--to",
        RECIPIENT,
        "--text",
        "Hello {{ name }}. Reply STOP to opt out.",
        "--var",
        "name=Ada",
    )
    given = run("sms", "consent", RECIPIENT, "--set", "opted_in", "--reason", "asked at the till")
    assert given.exit_code == 0
    dry = document(run(*words, "--dry-run", "--json"))
    assert dry["sent"] is False
    assert dry["request"]["url"].startswith("https://api.twilio.com/2010-04-01/Accounts/AC")
    result = run(*words, "--json")
    assert result.exit_code == 0
    (sent,) = document(result)["sent"]
    assert sent["outcome"] == "accepted"
    assert sent["ids"][0].startswith("SM")
    assert TOKEN not in result.output + json.dumps(dry)


@pytest.mark.usefixtures("account")
def test_consent_says_why_changes_and_keeps_the_history(run: Callable[..., Any], tmp_path: Path) -> None:
    assert run("sms", "consent", RECIPIENT).exit_code == 1
    assert run("sms", "consent", RECIPIENT, "--designation", "transactional").exit_code == 0
    assert run("sms", "consent", RECIPIENT, "--set", "opted_in").exit_code == 2, "a reason is asked for"
    run("sms", "consent", "0046 70 123 45 67", "--set", "opted_in", "--reason", "form of May")
    told = document(run("sms", "consent", RECIPIENT, "--history", "--json"))
    assert told["send"] is True
    assert [event["status"] for event in told["history"]] == ["opted_in"]
    file = tmp_path / "audit.csv"
    assert run("sms", "consent", "--export", str(file)).exit_code == 0
    assert "form of May" in file.read_text()


@pytest.mark.usefixtures("account")
def test_callbacks_tell_the_addresses_and_rotation_makes_new_ones(run: Callable[..., Any]) -> None:
    assert document(run("sms", "callbacks", "--json")) == []
    first = document(run("sms", "callbacks", NAME, "--addresses", "--json"))
    second = document(run("sms", "callbacks", NAME, "--rotate", "2", "--json"))
    assert first["delivery"].endswith("/delivery")
    assert first["delivery"] != second["delivery"]
    assert second["old_until"] is not None
    assert run("sms", "callbacks", "--addresses").exit_code == 6


@pytest.mark.usefixtures("account")
def test_accounts_are_carried_without_their_secrets(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "sms.json"
    assert run("sms", "export", str(file)).exit_code == 0
    assert TOKEN not in file.read_text()
    assert "sec_" not in file.read_text()
    assert document(run("sms", "load", str(file), "--json"))[0]["wanted"] == [], (
        "the account here has its secret"
    )
    (loaded,) = document(run("sms", "load", str(file), "--json", "--home", str(tmp_path / "other")))
    assert loaded["name"] == NAME
    assert loaded["wanted"] == ["credential.auth_token"]
