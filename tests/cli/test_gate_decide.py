"""Gate decide on the command line: the tally by reason, the verdicts' folder, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.cli.conftest import document
from workbench.models.gate import GateSettings
from workbench.models.rules import Comparison, Rule, RuleSet

NO = Rule(
    name="consent", when=Comparison(field="consent", operator="equals", value="no"), reason="No consent"
)


@pytest.fixture
def gate(bench: Callable[..., Any]) -> str:
    settings = GateSettings(name="Spring", key="spring", rules=RuleSet(rules=(NO,)))
    return str(bench(lambda opened: opened.gates.create(settings)).settings.key)


def test_a_file_is_decided_and_told_by_reason(run: Callable[..., Result], gate: str, tmp_path: Path) -> None:
    people, out = tmp_path / "people.csv", tmp_path / "out"
    people.write_text("id,consent\na,yes\nb,no\nc,no\n")
    told = run("gate", "decide", gate, str(people), "--output", str(out))
    assert told.exit_code == 0, told.output
    assert "Decided: 1 accepted, 2 rejected, 0 rows that are no contact." in told.stdout
    assert "2  reject  consent: No consent" in told.stdout
    assert "1  accept  –: No rule fits." in told.stdout
    lines = [json.loads(line) for line in (out / "verdicts-00001.ndjson").read_text().splitlines()]
    found = [(one["row"], one["id"], one["verdict"]) for one in lines]
    assert found == [(1, "a", "accept"), (2, "b", "reject"), (3, "c", "reject")]
    again = document(run("--json", "gate", "decide", gate, str(people), "--output", str(out)))
    assert (again["accepted"], again["files"]) == (1, ["verdicts-00001.ndjson"])


def test_rows_that_are_no_contact_end_with_code_2(
    run: Callable[..., Result], gate: str, tmp_path: Path
) -> None:
    people = tmp_path / "people.jsonl"
    people.write_text('{"id": "a"}\n{"mail": "x"}\n')
    told = run("gate", "decide", gate, str(people), "--output", str(tmp_path / "out"), "--csv")
    assert told.exit_code == 2
    assert (
        (tmp_path / "out" / "verdicts-00001.csv")
        .read_text()
        .startswith("row,id,verdict,rule,reason\n1,a,accept")
    )
    none = run("gate", "decide", gate, str(tmp_path / "none"), "--output", str(tmp_path / "other"))
    assert none.exit_code == 3
    assert "There is no file" in none.stderr
