"""``workbench gate``: vectors, simulate, replay, verify and serve, as scripts use them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import document
from tests.loopback import quiet_port
from workbench import Workbench
from workbench.models.gate import GateSettings
from workbench.models.hold import Hold
from workbench.models.platform import Sendout
from workbench.models.rules import Comparison, Rule, RuleSet

GOLDEN = Path(__file__).parents[1] / "golden" / "gate_vectors.csv"
HEAD = "flow;split;next_step_min;answer;answer_min;message;contact_ends"
RULES = RuleSet(
    rules=(
        Rule(
            name="consent",
            when=Comparison(field="consent", operator="not_equals", value="yes"),
            reason="No consent",
        ),
    )
)


def table(folder: Path, *rows: str) -> str:
    file = folder / "vectors.csv"
    file.write_text("\n".join([HEAD, *rows]) + "\n")
    return str(file)


def test_the_golden_rows_end_as_they_say(run: Callable[..., Any]) -> None:
    result = run("gate", "vectors", str(GOLDEN), "--json")
    assert result.exit_code == 0
    assert document(result) == {"rows": 40, "differing": [], "unreadable": []}


def test_a_row_that_ends_otherwise_is_printed_and_the_code_is_1(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    file = table(
        tmp_path, "journey;on;-;accept;10;NOT SENT;rejected path", "cm;on;-;-;-;NOT SENT;timed-out path"
    )
    result = run("gate", "vectors", file)
    assert result.exit_code == 1
    assert "Line 2" in result.stdout
    assert "Line 3" not in result.stdout
    (differing,) = document(run("gate", "vectors", file, "--json"))["differing"]
    assert differing["gives"] == ["SENT", "accepted path"]


def test_another_answer_to_an_open_question_changes_the_rows(run: Callable[..., Any], tmp_path: Path) -> None:
    file = table(tmp_path, "journey;on;-;accept;60;SENT;accepted path")
    assert run("gate", "vectors", file).exit_code == 0
    assert run("gate", "vectors", file, "--switch", "on_the_limit=late").exit_code == 1
    unknown = run("gate", "vectors", file, "--switch", "on_the_limit=perhaps")
    assert unknown.exit_code == 2
    assert "switch.on_the_limit" in unknown.stderr or "choices" in unknown.stderr


@pytest.mark.parametrize("text", ["", "a;b;c\n", f"{HEAD}\nplane;on;-;accept;1;SENT;accepted path\n"])
def test_what_cannot_be_read_is_code_2(run: Callable[..., Any], tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    assert run("gate", "vectors", str(file)).exit_code == 2


def test_a_scenario_is_played_the_same_each_time(run: Callable[..., Any], tmp_path: Path) -> None:
    words = ["gate", "simulate", "--set", "size=500", "--set", "answering.call_ms=50", "--json"]
    first, second = run(*words), run(*words)
    assert first.exit_code == 0
    assert first.stdout == second.stdout
    result = document(first)
    assert result["accepted"] + result["rejected"] + result["timed_out"] + result["left_flow"] == 500
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({"size": 500, "answering": {"call_ms": 50}}))
    assert document(run("gate", "simulate", str(file), "--json")) == result


def test_a_leak_is_code_1_and_the_questions_to_the_vendor_are_listed(run: Callable[..., Any]) -> None:
    leaky = run(
        "gate", "simulate", "--set", "size=300", "--set", "answering.failing=0.5", "--set", "answering.leak_guard=false"
    )  # fmt: skip
    assert leaky.exit_code == 1
    assert "sent although rejected" in leaky.stdout
    late = run(
        "gate", "simulate", "--doubts", "--set", "size=300", "--set", "answering.start_min=45",
        "--set", "timing.flow=campaign_manager", "--set", "timing.next_steps_min=[30]",
    )  # fmt: skip
    assert "A-4" in late.stdout


@pytest.mark.parametrize(
    ("setting", "word"),
    [("size=-1", "size"), ("answering.at_once=none", "at_once"), ("nonsense", "nonsense"), ("size.x=1", "size"), ("colour=red", "colour")],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_told_by_its_field(
    run: Callable[..., Any], setting: str, word: str
) -> None:
    result = run("gate", "simulate", "--set", setting)
    assert result.exit_code == 2
    assert word in result.stderr


def test_a_recorded_hold_is_played_again_under_other_circumstances(
    run: Callable[..., Any], bench: Callable[..., Any]
) -> None:
    async def record(opened: Workbench) -> Hold:
        await opened.gates.create(GateSettings(name="Shop", key="shop", rules=RULES))
        await opened.rehearsal.fire("shop", Sendout(size=60))
        (hold,) = await opened.holds.holds()
        return await opened.holds.settle(hold.id)

    hold = bench(record)
    result = run("gate", "replay", hold.id[:8], "--set", "answering.profile=never", "--json")
    assert result.exit_code == 0
    told = document(result)
    assert (told["before"]["accepted"], told["before"]["rejected"]) == (
        hold.tally.accepted,
        hold.tally.rejected,
    )
    assert told["after"]["timed_out"] == 60
    assert sum(moved["count"] for moved in told["moved"]) == 60
    assert run("gate", "replay", "hold-of-nobody").exit_code == 3


def test_codes_and_consent_come_in_from_files(
    run: Callable[..., Any], tmp_path: Path, bench: Callable[..., Any]
) -> None:
    codes, people = tmp_path / "codes.txt", tmp_path / "people.txt"
    codes.write_text("A-1\n\nA-2\nA-1\n")
    people.write_text("ada@example.com\nADA@example.com\n\nbob@example.com\n")
    assert document(run("gate", "codes", "spring", str(codes), "--json"))["left"] == 2
    kept = document(run("gate", "consent", "news", str(people), "--json"))
    assert (kept["size"], kept["doubles"], kept["skipped"]) == (2, 1, 1)
    listed = bench(lambda opened: opened.gates.consent_lists())
    assert [one.key for one in listed if not one.ledger] == ["news"]
    assert run("gate", "codes", "Not A Key", str(codes)).exit_code == 2
    assert run("gate", "consent", "news", str(tmp_path / "none.txt")).exit_code == 3


def test_an_endpoint_elsewhere_is_not_verified_in_a_rehearsal(run: Callable[..., Any]) -> None:
    result = run("gate", "verify", "https://gate.shop.example/hook")
    assert result.exit_code == 6
    assert run("gate", "verify", "no address").exit_code == 6
    assert run("gate", "verify", "http://127.0.0.1:1/x", "--auth", "iam").exit_code == 2


def test_a_served_gate_is_verified(home: Path, bench: Callable[..., Any]) -> None:
    """Two real processes: one receives and answers, the other plays the platform and gives the sheet."""
    bench(lambda opened: opened.gates.create(GateSettings(name="Shop", key="shop", rules=RULES)))
    port, stand_in = str(quiet_port()), str(quiet_port())
    environ = os.environ | {"WORKBENCH_HOME": str(home)}
    words = [sys.executable, "-m", "workbench", "gate"]
    serve = [*words, "serve", "--port", port, "--sandbox-port", stand_in, "--no-sandbox", "--json"]
    with subprocess.Popen(
        serve, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    ) as serving:
        try:
            assert serving.stdout is not None
            at = json.loads(serving.stdout.readline())["gates"]["shop"]
            verify = [*words, "verify", at, "--port", stand_in, "--rows", "50", "--wait", "60", "--json"]
            told = subprocess.run(verify, capture_output=True, text=True, env=environ, check=False)
        finally:
            serving.send_signal(signal.SIGTERM)
            serving.communicate()
    checks = {check["key"]: check["state"] for check in json.loads(told.stdout)["checks"]}
    slow = {"acknowledged"}  # a busy machine is not the endpoint's fault
    assert {key for key, state in checks.items() if state != "passed"} <= slow, told.stdout
    assert len(checks) > 10
